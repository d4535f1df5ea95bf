#include "unit/policy_image.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

constexpr CompileOptions kOptions{1u << 19, 1'000'000'000, 8};

Image compiled(const std::string& text, const Heritage& heritage = {}, const CompileOptions& options = kOptions)
{
	auto image = compile(right_policy(text), heritage, options);
	if (!image)
		throw std::runtime_error(image.error().sentence());
	return std::move(*image);
}

TEST(PolicyCompile, ClassesAreThoseOfTheLongestPrefix)
{
	const Image image = compiled(R"(
sources:
  - {name: all, action: deny, prefixes: [0.0.0.0/0, "2001:db8::/32"]}
  - {name: some, action: allow, prefixes: [192.0.2.0/24, "2001:db8:1::/48"], limit: {packets: 5/s}}
  - {name: one, action: deny, prefixes: [192.0.2.7]}
)");
	EXPECT_EQ(class_of(image, "198.51.100.1").listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(class_of(image, "192.0.2.1").listed, SLUICE_SOURCE_ALLOWED);
	EXPECT_EQ(class_of(image, "192.0.2.7").listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(class_of(image, "2001:db8::1").listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(class_of(image, "2001:db8:1::1").listed, SLUICE_SOURCE_ALLOWED);
	EXPECT_EQ(class_of(image, "2001:db9::1").listed, SLUICE_SOURCE_UNLISTED);
	EXPECT_EQ(text_of(image.rule_names.at(class_of(image, "192.0.2.7").rule)), "one");
	EXPECT_EQ(&image.limits.at(class_of(image, "192.0.2.1").limit), &limit_named(image, "some/limit"));
	EXPECT_EQ(class_of(image, "192.0.2.7").limit, 0);
	EXPECT_EQ(image.meta.prefixes, 5u);
	EXPECT_EQ(image.classes.at(0).listed, SLUICE_SOURCE_UNLISTED);
}

TEST(PolicyCompile, FailsafeEntriesAreThoseOfEveryPrefixThatHoldsTheSource)
{
	const Image image = compiled(R"(
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}
  - {protocol: tcp, port: 80, from: [192.0.2.0/28]}
sources:
  - {name: bad, action: deny, prefixes: [192.0.2.4/30, 192.0.0.0/16]}
)");
	EXPECT_EQ(class_of(image, "192.0.2.100").failsafe, 1u);
	EXPECT_EQ(class_of(image, "192.0.2.1").failsafe, 3u);
	EXPECT_EQ(class_of(image, "192.0.2.5").failsafe, 3u) << "a listed prefix inside hides no failsafe entry";
	EXPECT_EQ(class_of(image, "192.0.2.5").listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(class_of(image, "192.0.2.100").listed, SLUICE_SOURCE_DENIED) << "a failsafe prefix hides no list";
	EXPECT_EQ(class_of(image, "192.0.3.1").failsafe, 0u);
	EXPECT_TRUE(failsafe_at(image, tcp(22), "192.0.2.100"));
	EXPECT_FALSE(failsafe_at(image, tcp(80), "192.0.2.100"));
	EXPECT_TRUE(failsafe_at(image, tcp(80), "192.0.2.1"));
	EXPECT_FALSE(failsafe_at(image, udp(22), "192.0.2.100"));
	EXPECT_FALSE(failsafe_at(image, portless(6), "192.0.2.100")) << "a fragment has no port";
	EXPECT_EQ(text_of(image.rule_names.at(SLUICE_RULE_FIRST_FAILSAFE + 1)), "failsafe/2");
}

TEST(PolicyCompile, AFailsafeEntryWithoutPortsHoldsForFragmentsAndEveryProtocolThatItNames)
{
	const Image all = compiled("failsafe: [{from: [192.0.2.1]}]\n");
	for (const std::uint32_t cell : {tcp(0), tcp(65535), udp(7), portless(1), portless(6), portless(17), portless(255)})
		EXPECT_TRUE(failsafe_at(all, cell, "192.0.2.1"));
	const Image udp_only = compiled("failsafe: [{protocol: udp, from: [192.0.2.1]}]\n");
	EXPECT_TRUE(failsafe_at(udp_only, udp(7), "192.0.2.1"));
	EXPECT_TRUE(failsafe_at(udp_only, portless(17), "192.0.2.1"));
	EXPECT_FALSE(failsafe_at(udp_only, portless(6), "192.0.2.1"));
	const Image by_port = compiled("failsafe: [{port: 7, from: [192.0.2.1]}]\n");
	EXPECT_TRUE(failsafe_at(by_port, udp(7), "192.0.2.1"));
	EXPECT_TRUE(failsafe_at(by_port, tcp(7), "192.0.2.1"));
	EXPECT_FALSE(failsafe_at(by_port, portless(1), "192.0.2.1"));
}

TEST(PolicyCompile, ServicesAreFoundByProtocolAndPort)
{
	const Image image = compiled(R"(
services:
  - {name: api, protocol: tcp, ports: [443, 8000-8099]}
  - {name: dns, protocol: udp, ports: [53]}
  - {name: ping, protocol: icmp}
)");
	EXPECT_EQ(service_at(image, tcp(443)), "api");
	EXPECT_EQ(service_at(image, tcp(8000)), "api");
	EXPECT_EQ(service_at(image, tcp(8099)), "api");
	EXPECT_EQ(service_at(image, tcp(8100)), "-");
	EXPECT_EQ(service_at(image, tcp(7999)), "-");
	EXPECT_EQ(service_at(image, udp(443)), "-");
	EXPECT_EQ(service_at(image, udp(53)), "dns");
	EXPECT_EQ(service_at(image, portless(1)), "ping");
	EXPECT_EQ(service_at(image, portless(58)), "-");
	EXPECT_EQ(service_at(image, portless(6)), "-") << "a fragment belongs to no service";
	EXPECT_FALSE(image.config.by_destination);
	EXPECT_EQ(image.destinations[0].blocks.size(), 1u);
}

TEST(PolicyCompile, ServicesAreFoundByDestination)
{
	const Image image = compiled(R"(
services:
  - {name: a, protocol: tcp, ports: [443], addresses: [203.0.113.0/24, "2001:db8::1"]}
  - {name: b, protocol: tcp, ports: [443], addresses: [198.51.100.1]}
  - {name: c, protocol: tcp, ports: [80], addresses: [203.0.113.7]}
  - {name: d, protocol: tcp, ports: [22]}
)");
	EXPECT_TRUE(image.config.by_destination);
	EXPECT_EQ(service_at(image, tcp(443), "203.0.113.1"), "a");
	EXPECT_EQ(service_at(image, tcp(443), "203.0.113.7"), "a") << "the prefix inside belongs to another service as well";
	EXPECT_EQ(service_at(image, tcp(80), "203.0.113.7"), "c");
	EXPECT_EQ(service_at(image, tcp(80), "203.0.113.8"), "-");
	EXPECT_EQ(service_at(image, tcp(443), "198.51.100.1"), "b");
	EXPECT_EQ(service_at(image, tcp(443), "198.51.100.2"), "-");
	EXPECT_EQ(service_at(image, tcp(443), "2001:db8::1"), "a");
	EXPECT_EQ(service_at(image, tcp(443), "2001:db8::2"), "-");
	for (const char* anywhere : {"203.0.113.7", "192.0.2.1", "2001:db8::2"})
		EXPECT_EQ(service_at(image, tcp(22), anywhere), "d");
}

TEST(PolicyCompile, WhoAsksForProofHasABudget)
{
	const Image image = compiled(R"(
services:
  - {name: api, protocol: tcp, each-source: {connections: 9/s}, unproved: {connections: 5/s, burst: 7}}
  - {name: dns, protocol: udp}
)");
	EXPECT_TRUE(image.config.by_proof);
	const sluice_service& api = image.services.at(slot_of(image, tcp(1), "192.0.2.1"));
	const sluice_limit& budget = limit_named(image, "api/unproved");
	EXPECT_EQ(&image.limits.at(api.unproved), &budget);
	EXPECT_EQ(budget.scope, SLUICE_SCOPE_UNPROVED);
	EXPECT_EQ(budget.meter[SLUICE_CONNECTIONS].set_mask, 0u) << "one level for all";
	EXPECT_EQ(budget.mask[SLUICE_IPV4].word[0] | budget.mask[SLUICE_IPV6].word[0], 0u);
	EXPECT_EQ(budget.meter[SLUICE_PACKETS].speed, 0u);
	EXPECT_FALSE(compiled("services:\n  - {name: dns, protocol: udp}\n").config.by_proof);
}

TEST(PolicyCompile, ServicesHaveTheirTerms)
{
	const Image image = compiled(R"(
fragments: {each-source: {packets: 9/s}}
services:
  - {name: api, protocol: tcp, admit: listed, each-source: {packets: 1/s}, all-sources: {bits: 1M/s}}
  - {name: dns, protocol: udp, each-prefix: {ipv4: 20, ipv6: 40, limit: {connections: 1/s, packets: 3/s}}}
)");
	const sluice_service& api = image.services.at(slot_of(image, tcp(1), "192.0.2.1"));
	EXPECT_EQ(api.admit, SLUICE_ADMIT_LISTED);
	EXPECT_EQ(api.each_prefix, 0);
	EXPECT_EQ(&image.limits.at(api.each_source), &limit_named(image, "api/each-source"));
	EXPECT_EQ(&image.limits.at(api.all_sources), &limit_named(image, "api/all-sources"));
	const sluice_limit& all = limit_named(image, "api/all-sources");
	EXPECT_EQ(all.scope, SLUICE_SCOPE_SERVICE);
	EXPECT_EQ(all.meter[SLUICE_BITS].set_mask, 0u);
	EXPECT_EQ(all.meter[SLUICE_PACKETS].speed, 0u);
	EXPECT_EQ(all.mask[SLUICE_IPV4].word[0], 0u) << "one key for all";
	const sluice_limit& prefix = limit_named(image, "dns/each-prefix");
	EXPECT_EQ(prefix.scope, SLUICE_SCOPE_PREFIX);
	EXPECT_EQ(SLUICE_BE32(prefix.mask[SLUICE_IPV4].word[3]), 0xfffff000u);
	EXPECT_EQ(SLUICE_BE32(prefix.mask[SLUICE_IPV6].word[1]), 0xff000000u);
	EXPECT_EQ(prefix.meter[SLUICE_PACKETS].set_mask, (1u << 15) - 1);
	EXPECT_NE(prefix.meter[SLUICE_PACKETS].first_set, prefix.meter[SLUICE_CONNECTIONS].first_set);
	EXPECT_EQ(&image.limits.at(image.services.at(SLUICE_SERVICE_FRAGMENTS).each_source), &limit_named(image, "fragments/each-source"));
	EXPECT_FALSE(image.config.drop_fragments);
}

TEST(PolicyCompile, TheConstantsAreThoseOfThePolicy)
{
	const Image plain = compiled("");
	EXPECT_FALSE(plain.config.observe);
	EXPECT_FALSE(plain.config.default_deny);
	EXPECT_TRUE(plain.config.drop_fragments);
	EXPECT_EQ(plain.config.events_per_window, 8u);
	EXPECT_EQ(plain.meta.abi, SLUICE_ABI_VERSION);
	EXPECT_EQ(plain.meta.services, 2u);
	EXPECT_EQ(plain.meta.limits, 1u);
	EXPECT_STREQ(plain.meta.policy_path, "/etc/sluice/policy.yaml");
	const Image other = compiled("mode: observe\ndefault: deny\nfragments: allow\n");
	EXPECT_TRUE(other.config.observe);
	EXPECT_TRUE(other.config.default_deny);
	EXPECT_FALSE(other.config.drop_fragments);
}

std::string digest(const std::string& text)
{
	const Image image = compiled(text);
	return std::string(reinterpret_cast<const char*>(image.meta.digest), sizeof(image.meta.digest));
}

TEST(PolicyCompile, TheDigestIsThatOfTheMeaning)
{
	const std::string one = digest("limits: {l: {packets: 1k/s}}\nservices: [{name: a, protocol: tcp, ports: [1, 2], each-source: l}, {name: b, protocol: udp}]\n");
	EXPECT_EQ(one, digest("# a comment\nservices: [{name: b, protocol: 17}, {name: a, protocol: tcp, ports: [2, 1], each-source: {packets: 1000/s, burst: 1k}}]\n"));
	EXPECT_NE(one, digest("services: [{name: b, protocol: 17}, {name: a, protocol: tcp, ports: [2, 1], each-source: {packets: 1001/s, burst: 1k}}]\n"));
	EXPECT_NE(one, digest("mode: observe\nservices: [{name: b, protocol: 17}, {name: a, protocol: tcp, ports: [2, 1], each-source: {packets: 1k/s}}]\n"));
	EXPECT_NE(digest("sources: [{name: a, action: deny, prefixes: [192.0.2.1]}]\n"), digest("sources: [{name: a, action: allow, prefixes: [192.0.2.1]}]\n"));
	EXPECT_EQ(digest("sources: [{name: a, action: deny, prefixes: [192.0.2.1, 192.0.2.2]}]\n"),
	          digest("sources: [{name: a, action: deny, prefixes: [192.0.2.2, 192.0.2.1, 192.0.2.1]}]\n"));
}

TEST(PolicyCompile, ATableTooSmallSaysWhatToDo)
{
	const auto image = compile(right_policy("services: [{name: a, protocol: tcp, each-source: {packets: 1/s, bits: 1M/s}}]\n"), {}, {1u << 15, 0, 8});
	ASSERT_FALSE(image);
	EXPECT_EQ(image.error().code(), ErrorCode::kExhausted);
	EXPECT_EQ(image.error().sentence(), "a/each-source: the limiter's table has no room for it: the limits need 4 MiB of 2 "
	                                    "(raise --limiter-memory, or lower 'keys' of some limits)");
}

TEST(PolicyCompile, KeysChooseTheSizeOfARegion)
{
	const auto sets = [](const std::string& keys) {
		return limit_named(compiled("services: [{name: a, protocol: tcp, each-source: {packets: 1/s, keys: " + keys + "}}]\n"), "a/each-source").meter[0].set_mask + 1;
	};
	EXPECT_EQ(sets("1"), 1u);
	EXPECT_EQ(sets("8"), 1u);
	EXPECT_EQ(sets("9"), 2u);
	EXPECT_EQ(sets("100k"), 16384u);
}

}  // namespace
}  // namespace sluice::policy
