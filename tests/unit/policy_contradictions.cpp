// Equal prefixes that mean different things, wherever and however they are written: an error that names both places; and
// what looks like it and is none.
#include <gtest/gtest.h>

#include "policy/listing.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

// Two lists: what `validate` says.
std::string between(const std::string& one, const std::string& other, const Files& files = {})
{
	return validated("limits:\n  slow: {packets: 10/s}\n  same: {packets: 10/s}\n  fast: {packets: 20/s}\nsources:\n  - " + one + "\n  - " + other + "\n", files);
}

const std::string kDifferently = ", which treat it differently (the other is at ";

TEST(PolicyContradictions, AcrossFilesBothPlacesAreNamed)
{
	EXPECT_EQ(between("{name: bad, action: deny, files: [one]}", "{name: good, action: allow, files: [two]}",
			  {{"/etc/sluice/one", "# first\n198.51.100.0/24\n2001:db8::/32\n"}, {"/etc/sluice/two", "2001:db8::/32\n\n198.51.100.0/24\n"}}),
		  "/etc/sluice/two:3:1: error: 198.51.100.0/24 is on the lists 'bad' and 'good'" + kDifferently + "/etc/sluice/one:2; take it off one of them)\n"
		  "/etc/sluice/two:1:1: error: 2001:db8::/32 is on the lists 'bad' and 'good'" + kDifferently + "/etc/sluice/one:3; take it off one of them)\n");
}

TEST(PolicyContradictions, AMappedAddressIsTheIpv4AddressThatItIs)
{
	const std::string said = between("{name: bad, action: deny, files: [one]}", "{name: good, action: allow, prefixes: [\"::ffff:198.51.100.7\"]}",
					 {{"/etc/sluice/one", "198.51.100.7\n"}});
	EXPECT_EQ(said, "/etc/sluice/policy.yaml:8:1: error: 198.51.100.7 is on the lists 'bad' and 'good'" + kDifferently + "/etc/sluice/one:1; take it off one of them)\n");
	EXPECT_NE(between("{name: bad, action: deny, prefixes: [198.51.100.0/24]}", "{name: good, action: allow, prefixes: [\"::ffff:198.51.100.0/120\"]}"), "");
	EXPECT_EQ(between("{name: bad, action: deny, prefixes: [198.51.100.0/24]}", "{name: good, action: allow, prefixes: [\"::ffff:198.51.100.0/121\"]}"), "")
	    << "near miss: a longer one";
	EXPECT_EQ(between("{name: bad, action: deny, prefixes: [198.51.100.7]}", "{name: good, action: allow, prefixes: [\"::198.51.100.7\"]}"), "")
	    << "near miss: IPv6 that only ends like it";
}

TEST(PolicyContradictions, ALimitIsAMeaning)
{
	EXPECT_NE(between("{name: a, action: allow, prefixes: [198.51.100.0/24], limit: slow}", "{name: b, action: allow, prefixes: [198.51.100.0/24], limit: fast}"), "");
	EXPECT_NE(between("{name: a, action: allow, prefixes: [198.51.100.0/24], limit: slow}", "{name: b, action: allow, prefixes: [198.51.100.0/24]}"), "");
	EXPECT_EQ(between("{name: a, action: allow, prefixes: [198.51.100.0/24], limit: slow}", "{name: b, action: allow, prefixes: [198.51.100.0/24], limit: same}"), "")
	    << "near miss: limits of two names that say the same";
}

TEST(PolicyContradictions, TheMostSpecificWinsAndIsNone)
{
	EXPECT_EQ(between("{name: bad, action: deny, prefixes: [198.51.100.0/24, \"2001:db8::/32\"]}",
			  "{name: good, action: allow, prefixes: [198.51.100.0/25, \"2001:db8::/33\"]}"),
		  "");
	EXPECT_EQ(between("{name: bad, action: deny, prefixes: [0.0.0.0/0]}", "{name: good, action: allow, prefixes: [\"::/0\"]}"), "") << "two families";
	EXPECT_EQ(between("{name: bad, action: deny, prefixes: [198.51.100.0/24, 198.51.100.0/24]}", "{name: worse, action: deny, prefixes: [198.51.100.0/24]}"), "");
}

TEST(PolicyContradictions, AThirdListIsComparedWithTheFirst)
{
	EXPECT_EQ(validated("sources:\n  - {name: a, action: deny, prefixes: [198.51.100.7]}\n  - {name: b, action: deny, prefixes: [198.51.100.7]}\n"
			    "  - {name: c, action: allow, prefixes: [198.51.100.7]}\n"),
		  "/etc/sluice/policy.yaml:5:1: error: 198.51.100.7 is on the lists 'a' and 'c'" + kDifferently + "/etc/sluice/policy.yaml:3; take it off one of them)\n");
}

TEST(PolicyListing, IsSortedByFamilyAddressLengthAndOrderOfWriting)
{
	const Policy policy = right_policy("sources:\n"
					   "  - {name: a, action: deny, prefixes: [\"2001:db8::/32\", 203.0.113.0/24, 198.51.100.0/25, \"::/0\", 198.51.100.0/24]}\n"
					   "  - {name: b, action: deny, prefixes: [198.51.100.0/24, 0.0.0.0/0, \"2001:db8::1\"]}\n");
	std::string order;
	for (const Listed& listed : listing_of(policy))
		order += listed.prefix.to_string() + " " + policy.sources[listed.source].name + "\n";
	EXPECT_EQ(order, "0.0.0.0/0 b\n198.51.100.0/24 a\n198.51.100.0/24 b\n198.51.100.0/25 a\n203.0.113.0/24 a\n"
			 "::/0 a\n2001:db8::/32 a\n2001:db8::1 b\n");
	EXPECT_TRUE(listing_of(Policy{}).empty());
}

}  // namespace
}  // namespace sluice::policy
