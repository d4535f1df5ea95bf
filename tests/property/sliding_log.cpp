// core/sliding_log.h against a reference that keeps every charge: any order of arrivals, clocks that are late, several keys in
// one set, several threads, and changes of the policy.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "policy/meter.h"
#include "sluice/core/sliding_log.h"
#include "support/random.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kSeed = 20261124;
constexpr std::uint64_t kTick = 1ull << SLUICE_TICK_SHIFT;
constexpr std::uint64_t kSecond = 1'000'000'000;

Meter meter_of(std::uint64_t most, std::uint64_t seconds)
{
	return {{most, seconds}, most};
}

sluice_meter running(const Meter& meter, std::uint64_t now, std::uint64_t reading = kLogStart)
{
	return begun(*express(meter, SLUICE_PACKETS, SLUICE_SLIDING_LOG), reading, now);
}

using Charges = std::vector<std::uint64_t>;

// A set, as bpf/sliding_log.h reads and writes it.
class Log {
public:
	bool charge(const sluice_meter& meter, std::uint32_t tag, std::uint64_t now)
	{
		const std::uint64_t reading = sluice_meter_reading(&meter, now);
		for (int attempt = 0; attempt < 8; attempt++) {
			const sluice_log_view view = viewed(meter, tag, reading);
			if (!sluice_log_admits(&view, &meter))
				return false;
			std::uint64_t& word = words_[sluice_log_place(&view)];
			std::uint64_t seen = __atomic_load_n(&word, __ATOMIC_RELAXED);
			if (sluice_log_stands(&view, &meter, seen, reading) &&
			    __sync_val_compare_and_swap(&word, seen, sluice_log_stamp(&meter, tag, reading)) == seen)
				return true;
		}
		return false;
	}

	sluice_log_view viewed(const sluice_meter& meter, std::uint32_t tag, std::uint64_t reading) const
	{
		sluice_log_view view{};
		for (std::uint32_t i = 0; i < SLUICE_LOG_WORDS; i++)
			sluice_log_see(&view, &meter, __atomic_load_n(&words_[i], __ATOMIC_RELAXED), i, tag, reading);
		return view;
	}

	std::array<std::uint64_t, SLUICE_LOG_WORDS> words_{};
};

std::uint64_t adversarial_pause(test::Random& random, const Charges& charges, std::uint64_t now, std::uint64_t window)
{
	switch (random.below(6)) {
	case 0:
		return 0;
	case 1:
		return random.below(3);
	case 2:  // when one of its charges is about to leave, or has just left
		if (!charges.empty()) {
			const std::uint64_t leaves = charges[random.below(charges.size())] + window + random.below(5 * kTick);
			return leaves > now + kTick ? leaves - kTick - now : 0;
		}
		return 0;
	case 3:
		return kTick - 1 + random.below(3);
	case 4:
		return random.below(window / 3);
	default:
		return random.below(30) == 0 ? random.below(5 * window) : 0;
	}
}

// No window holds more than `most`.
void expect_bound(Charges charges, std::uint64_t most, std::uint64_t window)
{
	std::sort(charges.begin(), charges.end());
	for (std::size_t i = 0; i + most < charges.size(); i++)
		ASSERT_GE(charges[i + most] - charges[i], window) << "charges " << i << " to " << i + most;
}

TEST(SlidingLog, AdmitsExactlyWhatTheReferenceDoes)
{
	test::Random random(kSeed);
	for (int round = 0; round < 200; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const std::uint64_t seconds = std::array{1, 60, 3600}[random.below(3)], window = seconds * kSecond;
		const std::uint64_t most = 1 + random.below(SLUICE_LOG_STAMPS);
		std::uint64_t now = random.below(1ull << 50);
		const sluice_meter meter = running(meter_of(most, seconds), now, random.below(1ull << SLUICE_READING_BITS));
		Log log;
		log.words_.fill(meter.base);  // never used, wherever the meter begins
		Charges admitted;
		for (int i = 0; i < 600; i++) {
			now += adversarial_pause(random, admitted, now, window);
			const auto within = [&](std::uint64_t length) {
				return static_cast<std::uint64_t>(std::count_if(admitted.begin(), admitted.end(), [&](std::uint64_t at) { return now - at < length; }));
			};
			const bool said = log.charge(meter, 7, now);
			// Between the window and two ticks more, rounding decides.
			if (within(window) == within(window + 2 * kTick)) {
				ASSERT_EQ(said, within(window) < most) << "arrival " << i;
			}
			if (said)
				admitted.push_back(now);
		}
		ASSERT_NO_FATAL_FAILURE(expect_bound(admitted, most, window));
	}
}

TEST(SlidingLog, ARefusedChargeWritesNothing)
{
	const sluice_meter meter = running(meter_of(2, 60), kSecond);
	Log log;
	EXPECT_TRUE(log.charge(meter, 1, kSecond) && log.charge(meter, 1, kSecond));
	const auto before = log.words_;
	for (int i = 0; i < 100; i++)
		EXPECT_FALSE(log.charge(meter, 1, kSecond + static_cast<std::uint64_t>(i)));
	EXPECT_EQ(log.words_, before);
	EXPECT_TRUE(log.charge(meter, 2, kSecond)) << "near miss: another key";
}

// Many keys in one set: nobody beyond his bound, and nobody held while there is room.
TEST(SlidingLog, KeysOfOneSetHoldOnlyThemselvesUntilItIsFull)
{
	test::Random random(kSeed);
	for (int round = 0; round < 60; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const std::uint64_t most = 1 + random.below(30);
		const std::uint32_t keys = static_cast<std::uint32_t>(2 + random.below(30));
		std::uint64_t now = 1000 * kSecond;
		const sluice_meter meter = running(meter_of(most, 1), now);
		Log log;
		std::map<std::uint32_t, Charges> admitted;
		Charges all;
		unsigned full = 0;
		for (int i = 0; i < 3000; i++) {
			const auto tag = static_cast<std::uint32_t>(1 + random.below(keys));
			now += random.below(8) == 0 ? adversarial_pause(random, all, now, kSecond / 4) : 0;
			const auto view = log.viewed(meter, tag, sluice_meter_reading(&meter, now));
			full += sluice_log_is_full(&view, &meter);
			const auto recent = [now](std::uint64_t at) { return now - at < kSecond + 2 * kTick; };
			const bool room = std::count_if(all.begin(), all.end(), recent) < SLUICE_LOG_WORDS;
			const auto own = static_cast<std::uint64_t>(std::count_if(admitted[tag].begin(), admitted[tag].end(), recent));
			if (log.charge(meter, tag, now)) {
				admitted[tag].push_back(now);
				all.push_back(now);
			} else {
				ASSERT_TRUE(!room || own >= most) << "refused for no reason";
			}
		}
		for (const auto& [tag, charges] : admitted)
			ASSERT_NO_FATAL_FAILURE(expect_bound(charges, most, kSecond));
		if (most * keys < SLUICE_LOG_WORDS) {
			EXPECT_EQ(full, 0u);
		}
	}
}

// A clock that is behind sees charges of the future, and they count.
TEST(SlidingLog, LateProcessorsStayInTheBound)
{
	test::Random random(kSeed);
	for (int round = 0; round < 100; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const std::uint64_t most = 1 + random.below(20);
		std::uint64_t now = 1000 * kSecond;
		const sluice_meter meter = running(meter_of(most, 1), now - 10 * kSecond);
		Log log;
		Charges admitted;
		for (int i = 0; i < 1500; i++) {
			now += adversarial_pause(random, admitted, now, kSecond);
			const std::uint64_t believed = now - random.below(2) * random.below(3 * kSecond);
			if (log.charge(meter, 7, believed))
				admitted.push_back(believed);
		}
		ASSERT_NO_FATAL_FAILURE(expect_bound(admitted, most, kSecond));
		EXPECT_GT(admitted.size(), most);
	}
}

// Threads on one set, with several keys that displace each other's old charges; the clock is one, and read before the charge.
// Each waits for its turn at every step of the clock, so that no clock is late by a step.
TEST(SlidingLog, ProcessorsTogetherStayInTheBound)
{
	constexpr std::uint64_t kMost = 9, kSteps = 4000, kStep = 10'000'000;
	constexpr unsigned kThreads = 4, kKeys = 13;
	const sluice_meter meter = running(meter_of(kMost, 1), 0);
	alignas(64) Log log;
	std::array<std::map<std::uint32_t, Charges>, kThreads> admitted;
	std::atomic<std::uint64_t> arrived = 0;
	std::vector<std::thread> threads;
	for (unsigned self = 0; self < kThreads; self++) {
		threads.emplace_back([&, self] {
			for (std::uint64_t step = 0; step < kSteps; step++) {
				arrived++;
				while (arrived < (step + 1) * kThreads)
					std::this_thread::yield();
				for (std::uint32_t tag = 1; tag <= kKeys; tag++) {
					if (log.charge(meter, tag, step * kStep))
						admitted[self][tag].push_back(step * kStep);
				}
			}
		});
	}
	for (auto& thread : threads)
		thread.join();
	for (std::uint32_t tag = 1; tag <= kKeys; tag++) {
		Charges all;
		for (auto& of : admitted)
			all.insert(all.end(), of[tag].begin(), of[tag].end());
		ASSERT_NO_FATAL_FAILURE(expect_bound(all, kMost, kSecond));
		EXPECT_GT(all.size(), kMost * kSteps * kStep / kSecond * 9 / 10) << "and not by refusing";
	}
}

TEST(SlidingLog, TheWaitIsUntilTheChargeIsAdmitted)
{
	test::Random random(kSeed);
	for (int round = 0; round < 300; round++) {
		const std::uint64_t most = 1 + random.below(12);
		std::uint64_t now = 1000 * kSecond;
		const sluice_meter meter = running(meter_of(most, 1), now);
		Log log;
		for (unsigned i = 0; i < 400; i++, now += random.below(kTick)) {
			const auto tag = static_cast<std::uint32_t>(1 + random.below(20));
			const std::uint64_t reading = sluice_meter_reading(&meter, now);
			const auto view = log.viewed(meter, tag, reading);
			if (!sluice_log_admits(&view, &meter)) {
				const std::uint64_t wait = sluice_log_wait(&view, &meter);
				const auto early = log.viewed(meter, tag, reading + wait - 1), then = log.viewed(meter, tag, reading + wait);
				ASSERT_FALSE(sluice_log_admits(&early, &meter));
				ASSERT_TRUE(sluice_log_admits(&then, &meter));
			}
			log.charge(meter, tag, now);
		}
	}
}

// Whatever counts and windows policies gave it: a charge that has left none of the windows since still counts.
TEST(SlidingLog, AChangeOfPolicyRefillsNobody)
{
	test::Random random(kSeed);
	for (int round = 0; round < 500; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		std::uint64_t now = random.below(1ull << 45);
		std::uint64_t most = 1 + random.below(SLUICE_LOG_STAMPS), seconds = 3600;
		sluice_meter meter = running(meter_of(most, seconds), now);
		Log log;
		std::vector<std::pair<std::uint64_t, std::uint64_t>> charges;  // when, and the shortest window since, in seconds
		for (int change = 0; change < 6; change++) {
			for (int i = 0; i < 40; i++, now += random.below(2) * random.below(seconds * kSecond / 30)) {
				if (log.charge(meter, 7, now))
					charges.emplace_back(now, seconds);
			}
			const std::uint64_t next_seconds = std::array{1, 60, 3600}[random.below(3)];
			most = 1 + random.below(SLUICE_LOG_STAMPS);
			const auto next = express(meter_of(most, next_seconds), SLUICE_PACKETS, SLUICE_SLIDING_LOG);
			ASSERT_TRUE(next && can_continue(*next, meter));
			meter = continued(*next, meter, now);
			for (auto& [at, shortest] : charges)
				shortest = std::min(shortest, next_seconds);
			const auto recent = static_cast<std::uint64_t>(std::count_if(
				charges.begin(), charges.end(), [&](const auto& charge) { return now - charge.first < charge.second * kSecond; }));
			const auto view = log.viewed(meter, 7, sluice_meter_reading(&meter, now));
			ASSERT_GE(view.level, recent) << "change " << change;
			ASSERT_FALSE(recent >= most && sluice_log_admits(&view, &meter));
			seconds = next_seconds;
		}
	}
}

TEST(SlidingLog, ALongerWindowFindsNoChargesThatNeverWere)
{
	const std::uint64_t now = 5 * kSecond;
	const sluice_meter second = running(meter_of(3, 1), now);
	Log log;
	ASSERT_TRUE(log.charge(second, 7, now));
	const sluice_meter hour = continued(*express(meter_of(3, 3600), SLUICE_PACKETS, SLUICE_SLIDING_LOG), second, now + kSecond / 2);
	const auto view = log.viewed(hour, 7, sluice_meter_reading(&hour, now + kSecond / 2));
	EXPECT_EQ(view.level, 1u);
	EXPECT_FALSE(sluice_log_is_full(&view, &hour));
	const std::uint64_t leaves = now + 3600 * kSecond;
	EXPECT_EQ(log.viewed(hour, 7, sluice_meter_reading(&hour, leaves - 2 * kTick)).level, 1u) << "an hour after it was charged, not sooner";
	EXPECT_EQ(log.viewed(hour, 7, sluice_meter_reading(&hour, leaves + 3 * kTick)).level, 0u);
}

}  // namespace
}  // namespace sluice::policy
