// What a policy asks of list files: how it is written, and when a file lost too much.
#include <gtest/gtest.h>

#include "policy/upkeep.h"
#include "policy/provenance.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

std::string said(const std::string& keys)
{
	return all_of(parse_text("version: 1\nsources:\n  - {name: a, action: deny, " + keys + "}\n", {{"/etc/sluice/list", "192.0.2.1\n"}}).diagnostics);
}

TEST(PolicyUpkeep, IsReadAsWritten)
{
	const Policy policy = right_policy("sources:\n  - {name: a, action: deny, files: [list], max-age: 1h30m, stale: drop, max-shrink: 10%}\n"
					   "  - {name: b, action: deny, files: [list]}\n",
					   {{"/etc/sluice/list", "192.0.2.1\n"}});
	const Upkeep& asked = policy.sources[0].upkeep;
	EXPECT_EQ(asked.max_age_ns, 5400'000'000'000u);
	EXPECT_EQ(asked.stale, Stale::kDrop);
	EXPECT_EQ(asked.max_shrink, 10u);
	EXPECT_EQ(policy.sources[0].files, std::vector<std::uint16_t>{1});
	EXPECT_EQ(policy.sources[1].upkeep.max_age_ns, std::nullopt);
	EXPECT_EQ(policy.sources[1].upkeep.stale, Stale::kKeep);
}

TEST(PolicyUpkeep, WhatIsWrongIsSaid)
{
	EXPECT_EQ(said("files: [list], stale: drop"), "/etc/sluice/policy.yaml:3:51: error: stale without max-age: no file ever is (say when it is, such as max-age: 24h)\n");
	EXPECT_EQ(said("files: [list], max-age: soon"), "/etc/sluice/policy.yaml:3:53: error: max-age: \"soon\" is not a duration (write 10s, 5m, 2h, 1d or 1h30m)\n");
	EXPECT_EQ(said("files: [list], max-shrink: 101%"), "/etc/sluice/policy.yaml:3:56: error: max-shrink is '101%', not a percentage (from 0% to 100%, such as 50%)\n");
	EXPECT_NE(said("files: [list], max-shrink: 50"), "");
	EXPECT_EQ(said("files: [list], max-age: 1h, stale: deny").find("/etc/sluice/policy.yaml:3:64: error: stale"), 0u);
	EXPECT_EQ(said("prefixes: [192.0.2.1], max-shrink: 5%"), "/etc/sluice/policy.yaml:3:64: error: max-shrink is about files, and the list has none (leave it out, or name files)\n");
	EXPECT_EQ(said("files: [list], max-age: 1h, stale: keep, max-shrink: 100%"), "");
}

TEST(PolicyUpkeep, TooMuchIsMoreThanTheFraction)
{
	const Upkeep silent;
	EXPECT_FALSE(shrank_too_much(silent, 100, 50));
	EXPECT_TRUE(shrank_too_much(silent, 100, 49));
	EXPECT_FALSE(shrank_too_much(silent, 99, 0)) << "few entries, and nothing said";
	EXPECT_FALSE(shrank_too_much(silent, 100, 100));
	EXPECT_FALSE(shrank_too_much(silent, 100, 1000));
	EXPECT_TRUE(shrank_too_much({.max_shrink = 10}, 10, 8));
	EXPECT_FALSE(shrank_too_much({.max_shrink = 10}, 10, 9));
	EXPECT_TRUE(shrank_too_much({.max_shrink = 0}, 2, 1));
	EXPECT_FALSE(shrank_too_much({.max_shrink = 100}, 1000, 0));
}

TEST(PolicyComments, AreKeptBehindTheirEntries)
{
	const Policy policy = right_policy(
	    "sources:\n  - {name: a, action: deny, files: [one, two]}\n  - {name: b, action: deny, prefixes: [203.0.113.1]}\n",
	    {{"/etc/sluice/one", "# of the file\n192.0.2.1 # a login, seen 2026-11-20\n192.0.2.2\t;  a login, seen 2026-11-20 \r\n192.0.2.3\n192.0.2.4#\n"},
	     {"/etc/sluice/two", "192.0.2.5 # scans # twice\n2001:db8::1 # over IPv6\n"}});
	const Provenance provenance(policy);
	const auto comment = [&](const char* address) { return provenance.find(*net::Address::parse(address))->comment; };
	EXPECT_EQ(comment("192.0.2.1"), "a login, seen 2026-11-20");
	EXPECT_EQ(comment("192.0.2.2"), "a login, seen 2026-11-20");
	EXPECT_EQ(policy.sources[0].prefixes[0].comment, policy.sources[0].prefixes[1].comment) << "a run of equal ones is kept once";
	EXPECT_EQ(comment("192.0.2.3"), "");
	EXPECT_EQ(comment("192.0.2.4"), "");
	EXPECT_EQ(comment("192.0.2.5"), "scans # twice");
	EXPECT_EQ(comment("2001:db8::1"), "over IPv6");
	EXPECT_EQ(comment("203.0.113.1"), "");
}

TEST(PolicyComments, AreNoMoreThanSoLong)
{
	const Policy policy = right_policy("sources:\n  - {name: a, action: deny, files: [one]}\n",
					   {{"/etc/sluice/one", "192.0.2.1 # " + std::string(500, 'x') + "\n192.0.2.2 # y" + std::string(1, '\0') + "z\n"}});
	const Provenance provenance(policy);
	EXPECT_EQ(provenance.find(*net::Address::parse("192.0.2.1"))->comment, std::string(199, 'x'));
	EXPECT_EQ(provenance.find(*net::Address::parse("192.0.2.2"))->comment, "y");
}

}  // namespace
}  // namespace sluice::policy
