// From one generation to the next: numbers, regions and readings stay; nobody is refilled.
#include "policy/limits.h"
#include "sluice/core/limiter.h"
#include "unit/policy_image.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kSets = 1u << 17;

Image compiled(const std::string& text, const Heritage& heritage, std::uint64_t now, std::uint32_t sets = kSets)
{
	auto image = compile(right_policy(text), heritage, {sets, now, 8});
	if (!image)
		throw std::runtime_error(image.error().sentence());
	return std::move(*image);
}

std::string service(const std::string& name, const std::string& limit, int port = 1)
{
	return "  - {name: " + name + ", protocol: tcp, ports: [" + std::to_string(port) + "], each-source: {" + limit + "}}\n";
}

TEST(PolicyHeritage, NamesKeepTheirNumbers)
{
	const Image one = compiled("services:\n" + service("a", "packets: 1/s") + service("b", "packets: 1/s", 2), {}, kSecond);
	const Image two = compiled("services:\n" + service("c", "packets: 1/s", 3) + service("b", "packets: 1/s", 2), heritage_of(one), 2 * kSecond);
	EXPECT_EQ(text_of(two.service_names.at(2)), "a");
	EXPECT_EQ(two.service_names.at(2).retired, 1);
	EXPECT_EQ(text_of(two.service_names.at(3)), "b");
	EXPECT_EQ(two.service_names.at(3).retired, 0);
	EXPECT_EQ(text_of(two.service_names.at(4)), "c");
	EXPECT_EQ(limit_named(one, "b/each-source").rule, limit_named(two, "b/each-source").rule);
	EXPECT_EQ(service_at(two, tcp(1)), "-");
	EXPECT_EQ(service_at(two, tcp(2)), "b");
}

TEST(PolicyHeritage, AListAndALimitOfOneNameAreTwo)
{
	const std::vector<Wanted> wanted = {{"x", SLUICE_RULE_LIST}, {"x", SLUICE_RULE_LIMIT}};
	const auto numbering = assign_numbers({}, wanted, 1, 8);
	ASSERT_TRUE(numbering);
	EXPECT_NE(numbering->numbers[0], numbering->numbers[1]);
}

TEST(PolicyHeritage, RetiredNumbersAreUsedWhenNoneIsFree)
{
	auto first = assign_numbers({}, {{"a"}, {"b"}, {"c"}}, 1, 4);
	ASSERT_TRUE(first);
	auto second = assign_numbers(first->names, {{"c"}, {"d"}}, 1, 4);
	ASSERT_TRUE(second);
	EXPECT_EQ(second->numbers, (std::vector<std::uint16_t>{3, 1}));
	EXPECT_EQ(second->names[2].retired, 1);
	EXPECT_FALSE(assign_numbers(first->names, {{"a"}, {"b"}, {"c"}, {"d"}}, 1, 4));
}

TEST(PolicyHeritage, ANumberIsRenamedWhenItsNameIsAnother)
{
	const auto name = [](const char* text, sluice_rule_kind kind = SLUICE_RULE_LIST) { return make_name(text, kind); };
	const std::vector<sluice_name> before = {name(""), name("kept"), name("gone"), name("kind"), name("left"), name("")};
	const std::vector<sluice_name> next = {name("below"), name("kept"), name("new"), name("kind", SLUICE_RULE_LIMIT), name(""), name("free"), name("more")};
	EXPECT_EQ(renamed(before, next, 1), (std::vector<std::uint32_t>{2, 3, 5, 6}));
	std::vector<sluice_name> retired = before;
	for (sluice_name& each : retired)
		each.retired = 1;
	EXPECT_TRUE(renamed(retired, before, 0).empty()) << "a name that returns goes on counting";
}

TEST(PolicyHeritage, AMeterGoesOnWithTheSameReading)
{
	const Image one = compiled("services:\n" + service("a", "packets: 1000/s"), {}, kSecond);
	const std::uint64_t now = 90 * kSecond;
	const Image two = compiled("services:\n" + service("new", "packets: 9/s", 2) + service("a", "packets: 50/s"), heritage_of(one), now);
	const sluice_meter& before = limit_named(one, "a/each-source").meter[SLUICE_PACKETS];
	const sluice_meter& after = limit_named(two, "a/each-source").meter[SLUICE_PACKETS];
	EXPECT_EQ(after.first_set, before.first_set);
	EXPECT_EQ(after.set_mask, before.set_mask);
	EXPECT_EQ(after.cost, before.cost);
	EXPECT_LT(after.speed, before.speed);
	EXPECT_EQ(sluice_meter_reading(&after, now), sluice_meter_reading(&before, now));
	EXPECT_EQ(after.horizon, before.horizon);
	const sluice_meter& other = limit_named(two, "new/each-source").meter[SLUICE_PACKETS];
	EXPECT_NE(other.first_set, after.first_set);
}

TEST(PolicyHeritage, TheSamePolicyAgainChangesNoMeter)
{
	const std::string text = "services:\n" + service("a", "packets: 1/h, burst: 100k") + service("b", "bits: 7M/s, connections: 3/m", 2);
	const Image one = compiled(text, {}, kSecond);
	const Image two = compiled(text, heritage_of(one), 7 * kSecond);
	for (const char* name : {"a/each-source", "b/each-source"}) {
		for (unsigned dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
			const sluice_meter& before = limit_named(one, name).meter[dimension];
			const sluice_meter& after = limit_named(two, name).meter[dimension];
			EXPECT_EQ(after.cost, before.cost);
			EXPECT_EQ(after.speed, before.speed);
			EXPECT_EQ(after.first_set, before.first_set);
			EXPECT_EQ(after.horizon, before.horizon);
			EXPECT_EQ(sluice_meter_reading(&after, 9 * kSecond) / 10000, sluice_meter_reading(&before, 9 * kSecond) / 10000);
		}
	}
}

TEST(PolicyHeritage, WhatLeavesAndReturnsFindsItsLevels)
{
	const Image one = compiled("services:\n" + service("a", "packets: 1000/s"), {}, kSecond);
	const Image two = compiled("services:\n" + service("b", "packets: 9/s", 2), heritage_of(one), 2 * kSecond);
	const Image three = compiled("services:\n" + service("a", "packets: 1000/s"), heritage_of(two, 2), 3 * kSecond);
	const sluice_meter& before = limit_named(one, "a/each-source").meter[SLUICE_PACKETS];
	const sluice_meter& after = limit_named(three, "a/each-source").meter[SLUICE_PACKETS];
	EXPECT_EQ(after.first_set, before.first_set);
	EXPECT_EQ(sluice_meter_reading(&after, 3 * kSecond), sluice_meter_reading(&before, 3 * kSecond));
	EXPECT_NE(limit_named(two, "b/each-source").meter[SLUICE_PACKETS].first_set, before.first_set);
}

TEST(PolicyHeritage, AQuantityThatLeavesAndReturnsFindsItsLevels)
{
	const std::string both = "services:\n" + service("a", "packets: 1000/s, connections: 30/m");
	const std::string one = "services:\n" + service("a", "packets: 1000/s");
	const Image first = compiled(both, {}, kSecond);
	const sluice_meter& before = limit_named(first, "a/each-source").meter[SLUICE_CONNECTIONS];
	Image without = compiled(one, heritage_of(first), 2 * kSecond);
	EXPECT_EQ(limit_named(without, "a/each-source").meter[SLUICE_CONNECTIONS].speed, 0u) << "no packet is held by it";
	without = compiled(one, heritage_of(without, 2), 3 * kSecond);
	const Image again = compiled(both, heritage_of(without, 3), 4 * kSecond);
	const sluice_meter& after = limit_named(again, "a/each-source").meter[SLUICE_CONNECTIONS];
	EXPECT_EQ(after.first_set, before.first_set);
	EXPECT_EQ(sluice_meter_reading(&after, 4 * kSecond), sluice_meter_reading(&before, 4 * kSecond));
	EXPECT_EQ(again.limits.size(), first.limits.size());
}

TEST(PolicyHeritage, AQuantityThatLeftGivesItsRegionToWhoNeedsIt)
{
	const std::uint32_t sets = 2 * kDefaultSets;
	const Image first = compiled("services:\n" + service("a", "packets: 1000/s, connections: 30/m"), {}, kSecond, sets);
	const Image next = compiled("services:\n" + service("a", "packets: 1000/s") + service("b", "packets: 1/s", 2), heritage_of(first), 2 * kSecond, sets);
	EXPECT_EQ(limit_named(next, "b/each-source").meter[0].first_set, limit_named(first, "a/each-source").meter[SLUICE_CONNECTIONS].first_set);
	EXPECT_EQ(next.limits.size(), 3u);
}

TEST(PolicyHeritage, ARegionThatIsNeededIsTakenFromTheRetired)
{
	const std::uint32_t sets = kDefaultSets;
	const Image one = compiled("services:\n" + service("a", "packets: 1000/s"), {}, kSecond, sets);
	const Image two = compiled("services:\n" + service("b", "packets: 1000/s"), heritage_of(one), 100 * kSecond, sets);
	const sluice_meter& old = limit_named(one, "a/each-source").meter[SLUICE_PACKETS];
	const sluice_meter& next = limit_named(two, "b/each-source").meter[SLUICE_PACKETS];
	EXPECT_EQ(next.first_set, old.first_set);
	EXPECT_EQ(two.limits.size(), 2u);
	// Whatever the former owner can have left: it is in the past for the new one.
	const std::uint64_t reading = sluice_meter_reading(&next, 100 * kSecond);
	for (const std::uint64_t left : {sluice_meter_reading(&old, 100 * kSecond) + old.horizon, sluice_meter_reading(&old, 50 * kSecond)})
		EXPECT_EQ(sluice_bucket_level(&next, left & SLUICE_READING_MASK, reading), 0u);
}

TEST(PolicyHeritage, OtherKeysStartAnew)
{
	const Image one = compiled("services:\n" + service("a", "packets: 1000/s, keys: 8000"), {}, kSecond);
	const Image two = compiled("services:\n" + service("a", "packets: 1000/s, keys: 80000"), heritage_of(one), 2 * kSecond);
	EXPECT_EQ(limit_named(two, "a/each-source").meter[0].set_mask, 16383u);
}

TEST(PolicyHeritage, AnAlgorithmThatKeepsLevelsGoesOnWithThoseOfAnother)
{
	Image image = compiled("services:\n" + service("a", "packets: 1000/m, burst: 1000"), {}, kSecond);
	std::uint64_t now = kSecond;
	for (const char* limit : {"packets: 1000/m, algorithm: leaky-bucket", "packets: 500/m, algorithm: fixed-window", "packets: 1000/m"}) {
		SCOPED_TRACE(limit);
		now += 90 * kSecond;
		const Image next = compiled("services:\n" + service("a", limit), heritage_of(image), now);
		const sluice_meter& before = limit_named(image, "a/each-source").meter[SLUICE_PACKETS];
		const sluice_meter& after = limit_named(next, "a/each-source").meter[SLUICE_PACKETS];
		EXPECT_EQ(sluice_meter_reading(&after, now), sluice_meter_reading(&before, now));
		EXPECT_EQ(after.first_set, before.first_set);
		EXPECT_EQ(after.cost, before.cost);
		EXPECT_EQ(limit_named(next, "a/each-source").before, 0u);
		EXPECT_EQ(next.limits.size(), 2u);
		EXPECT_EQ(next.config.any_algorithm, after.algorithm == SLUICE_FIXED_WINDOW);
		image = next;
	}
}

TEST(PolicyHeritage, ALogHasTheBucketBeforeItUntilThatHasRecovered)
{
	const std::string bucket = "services:\n" + service("a", "packets: 10/s, burst: 600");
	const std::string log = "services:\n" + service("a", "packets: 50/m, algorithm: sliding-log");
	const Image one = compiled(bucket, {}, kSecond);
	const Image two = compiled(log, heritage_of(one), 100 * kSecond);
	const sluice_limit& now_log = limit_named(two, "a/each-source");
	ASSERT_EQ(now_log.before, 2u);
	const sluice_limit& before = two.limits.at(2);
	EXPECT_TRUE(two.config.any_algorithm);
	EXPECT_EQ(before.retired, 1);
	EXPECT_EQ(before.rule, now_log.rule);
	EXPECT_EQ(before.meter[SLUICE_PACKETS].first_set, limit_named(one, "a/each-source").meter[SLUICE_PACKETS].first_set);
	EXPECT_GE(now_log.before_until_mono_ns, 160 * kSecond) << "a full bucket";
	EXPECT_LE(now_log.before_until_mono_ns, 165 * kSecond) << "and what a processor may be late";
	// The same again within that time, another rate, and after it.
	const Image three = compiled("services:\n" + service("a", "packets: 40/h, algorithm: sliding-log"), heritage_of(two, 2), 130 * kSecond);
	EXPECT_EQ(limit_named(three, "a/each-source").before_until_mono_ns, now_log.before_until_mono_ns);
	EXPECT_EQ(limit_named(three, "a/each-source").meter[SLUICE_PACKETS].first_set, now_log.meter[SLUICE_PACKETS].first_set);
	const Image four = compiled(log, heritage_of(three, 3), 166 * kSecond);
	EXPECT_EQ(limit_named(four, "a/each-source").before, 0u);
	EXPECT_EQ(four.limits.size(), 2u);
}

TEST(PolicyHeritage, ThereAndBackFindsTheLevelsOfBoth)
{
	const std::string bucket = "services:\n" + service("a", "packets: 10/s, burst: 600");
	const std::string log = "services:\n" + service("a", "packets: 50/m, algorithm: sliding-log");
	const Image one = compiled(bucket, {}, kSecond);
	const Image two = compiled(log, heritage_of(one), 100 * kSecond);
	const Image three = compiled(bucket, heritage_of(two, 2), 110 * kSecond);
	const sluice_limit& again = limit_named(three, "a/each-source");
	EXPECT_EQ(again.meter[SLUICE_PACKETS].first_set, limit_named(one, "a/each-source").meter[SLUICE_PACKETS].first_set);
	EXPECT_EQ(sluice_meter_reading(&again.meter[SLUICE_PACKETS], 110 * kSecond),
		  sluice_meter_reading(&limit_named(one, "a/each-source").meter[SLUICE_PACKETS], 110 * kSecond));
	ASSERT_EQ(again.before, 2u);
	EXPECT_EQ(three.limits.at(2).meter[SLUICE_PACKETS].first_set, limit_named(two, "a/each-source").meter[SLUICE_PACKETS].first_set);
	EXPECT_GE(again.before_until_mono_ns, 170 * kSecond);
	// Gone meanwhile, and back: both still stand.
	const Image gone = compiled("services:\n" + service("b", "packets: 1/s", 2), heritage_of(three, 3), 120 * kSecond);
	const Image back = compiled(bucket, heritage_of(gone, 4), 130 * kSecond);
	EXPECT_EQ(limit_named(back, "a/each-source").meter[SLUICE_PACKETS].first_set, again.meter[SLUICE_PACKETS].first_set);
	EXPECT_EQ(limit_named(back, "a/each-source").before_until_mono_ns, again.before_until_mono_ns);
}

TEST(PolicyHeritage, ALogsRegionIsItsSetsLinesAndNobodyElses)
{
	const Image image = compiled("services:\n" + service("a", "packets: 50/m, connections: 5/m, keys: 100, algorithm: sliding-log") +
					     service("b", "packets: 1/s, keys: 1000", 2), {}, kSecond);
	const auto& log = limit_named(image, "a/each-source").meter;
	EXPECT_EQ(log[SLUICE_PACKETS].set_mask, 127u);
	EXPECT_EQ(sluice_meter_lines(&log[SLUICE_PACKETS]), 2048u);
	EXPECT_EQ(log[SLUICE_CONNECTIONS].first_set, 2048u);
	EXPECT_EQ(limit_named(image, "b/each-source").meter[SLUICE_PACKETS].first_set, 4096u);
	const auto small = compile(right_policy("services:\n" + service("a", "packets: 50/m, keys: 100, algorithm: sliding-log")), {}, {1024, kSecond, 8});
	ASSERT_FALSE(small);
	EXPECT_EQ(small.error().code(), ErrorCode::kExhausted);
}

TEST(PolicyHeritage, AHeritageThatCannotBeIsNotBelieved)
{
	Heritage heritage = heritage_of(compiled("services:\n" + service("a", "packets: 1000/s") + service("b", "packets: 1000/s", 2), {}, kSecond));
	for (auto& [name, limit] : heritage.limits) {
		limit.meter[0].first_set = kSets - 1;  // past the table's end
		limit.meter[1] = limit.meter[0];
	}
	const Image image = compiled("services:\n" + service("a", "packets: 1000/s"), heritage, 2 * kSecond);
	const sluice_meter& meter = limit_named(image, "a/each-source").meter[0];
	EXPECT_LE(meter.first_set + meter.set_mask + 1, kSets);
	Heritage future = heritage_of(compiled("services:\n" + service("a", "packets: 1000/s"), {}, 500 * kSecond));
	EXPECT_EQ(limit_named(compiled("services:\n" + service("a", "packets: 1000/s"), future, kSecond), "a/each-source").meter[0].epoch_mono_ns, kSecond);
}

}  // namespace
}  // namespace sluice::policy
