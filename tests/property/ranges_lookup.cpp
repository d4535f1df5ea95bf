// Random sets of prefixes: the image answers as the reference does, at every boundary, beside it and in between.
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/class_ranges.h"
#include "property/ranges_reference.h"

namespace sluice::test {
namespace {

using Random = std::mt19937_64;

constexpr std::uint64_t kSeed = 20;

Number any_number(Random& random)
{
	return static_cast<Number>(random()) << 64 | random();
}

std::uint64_t below(Random& random, std::uint64_t bound)
{
	return random() % bound;
}

// How a set is made: where its addresses lie, which lengths it has, how many classes.
struct Recipe {
	const char* sentence;
	unsigned shared_bits;  // all addresses share these
	unsigned shortest;
	unsigned longest;
	unsigned step;  // between lengths
	unsigned classes;
	unsigned most;
};

Reference make_set(Random& random, unsigned bits, const Recipe& recipe)
{
	Reference set(bits);
	const Number root = any_number(random) & all_ones(bits);
	const std::uint64_t count = below(random, recipe.most + 1);
	for (std::uint64_t i = 0; i < count; i++) {
		const Number free = all_ones(bits - recipe.shared_bits);
		Number number = (root & ~free) | (any_number(random) & free);
		const std::uint64_t lengths = (recipe.longest - recipe.shortest) / recipe.step + 1;
		unsigned length = recipe.shortest + recipe.step * static_cast<unsigned>(below(random, lengths));
		if (!set.prefixes().empty()) {
			const NumberedPrefix& other = set.prefixes()[below(random, set.prefixes().size())];
			switch (below(random, 8)) {
			case 0:  // its neighbour
				number = other.last + 1;
				length = other.length;
				break;
			case 1:  // inside it
				number = other.first | (any_number(random) & (other.last - other.first));
				break;
			case 2:  // itself
				number = other.first;
				length = other.length;
				break;
			case 3:  // at its end
				number = other.last;
				break;
			}
		}
		set.add(number, length, static_cast<std::uint16_t>(below(random, recipe.classes)));
	}
	return set;
}

// The class of the range that holds a number.
std::uint16_t class_in(const std::vector<policy::ClassRange>& ranges, policy::AddressKey key)
{
	const auto after = std::upper_bound(ranges.begin(), ranges.end(), key,
					    [](policy::AddressKey k, const policy::ClassRange& range) { return k < range.first; });
	return after == ranges.begin() ? 0xffff : std::prev(after)->number;
}

void expect_agreement(const Reference& set, Random& random)
{
	const policy::RangeImage image = set.image();
	const auto ranges = policy::class_ranges(image, set.bits() == 32 ? SLUICE_IPV4 : SLUICE_IPV6);
	ASSERT_TRUE(ranges);
	for (std::size_t i = 1; i < ranges->size(); i++)
		ASSERT_TRUE((*ranges)[i - 1].first < (*ranges)[i].first && (*ranges)[i - 1].number != (*ranges)[i].number);
	const auto ask = [&](Number number) {
		number &= all_ones(set.bits());
		ASSERT_EQ(set.find_in(image, number), set.find(number)) << address_of(set.bits(), number).to_string();
		ASSERT_EQ(class_in(*ranges, number << (128 - set.bits())), set.find(number)) << address_of(set.bits(), number).to_string();
	};
	ask(0);
	ask(~Number{0});
	for (const NumberedPrefix& prefix : set.prefixes()) {
		for (const Number edge : {prefix.first, prefix.last}) {
			ask(edge - 1);
			ask(edge);
			ask(edge + 1);
			ask(edge ^ Number{1} << below(random, set.bits()));
		}
		ask(prefix.first | (any_number(random) & (prefix.last - prefix.first)));
	}
	for (unsigned i = 0; i < 16; i++)
		ask(any_number(random));
}

void run(unsigned bits, const Recipe& recipe, unsigned sets)
{
	Random random(kSeed);
	for (unsigned i = 0; i < sets; i++) {
		SCOPED_TRACE(testing::Message() << recipe.sentence << ", seed " << kSeed << ", set " << i);
		expect_agreement(make_set(random, bits, recipe), random);
		if (testing::Test::HasFatalFailure())
			return;
	}
}

TEST(RangesLookup, AgreesOnIpv4)
{
	const Recipe recipes[] = {
	    {"few of any length", 0, 0, 32, 1, 4, 6},
	    {"some of any length", 0, 0, 32, 1, 32768, 60},
	    {"hosts everywhere", 0, 32, 32, 1, 2, 60},
	    {"hosts of one /16", 16, 32, 32, 1, 2, 200},
	    {"hosts of one /24", 24, 24, 32, 1, 3, 200},
	    {"networks as announced", 2, 8, 24, 1, 1000, 200},
	    {"the whole and its ends", 0, 0, 32, 32, 3, 10},
	};
	for (const Recipe& recipe : recipes)
		run(32, recipe, 4000);
}

TEST(RangesLookup, AgreesOnIpv6)
{
	const Recipe recipes[] = {
	    {"few of any length", 0, 0, 128, 1, 4, 6},
	    {"some of any length", 0, 0, 128, 1, 32768, 60},
	    {"hosts everywhere", 0, 128, 128, 1, 2, 60},
	    {"hosts of one /32", 32, 128, 128, 1, 2, 120},
	    {"hosts of one /64", 64, 64, 128, 1, 3, 120},
	    {"hosts of one /112", 112, 120, 128, 1, 3, 120},
	    {"/48, /56, /64 of one /32", 32, 48, 64, 8, 5, 200},
	    {"both sides of /64", 56, 60, 68, 1, 3, 100},
	    {"networks as announced", 3, 20, 48, 1, 1000, 200},
	    {"the whole, the half and the ends", 0, 0, 128, 64, 3, 10},
	};
	for (const Recipe& recipe : recipes)
		run(128, recipe, 3000);
}

TEST(RangesLookup, AgreesOnLargeSets)
{
	const Recipe large[] = {
	    {"many IPv4 of any length", 0, 0, 32, 1, 50, 6000},
	    {"many IPv4 in one /12", 12, 20, 32, 1, 50, 6000},
	};
	for (const Recipe& recipe : large)
		run(32, recipe, 4);
	const Recipe large_ipv6[] = {
	    {"many IPv6 of any length", 0, 0, 128, 1, 50, 6000},
	    {"many IPv6 in one /40", 40, 48, 128, 16, 50, 6000},
	    {"many hosts of one /64", 64, 128, 128, 1, 50, 6000},
	};
	for (const Recipe& recipe : large_ipv6)
		run(128, recipe, 4);
}

// The order of different prefixes does not matter, not even to the bytes.
TEST(RangesLookup, OrderChangesNoByte)
{
	Random random(kSeed);
	for (unsigned bits : {32u, 128u}) {
		for (unsigned i = 0; i < 200; i++) {
			Reference set(bits);
			for (unsigned k = 1; k <= 32; k++)
				set.add(any_number(random), k * bits / 32, static_cast<std::uint16_t>(k));
			Reference reversed(bits);
			for (auto prefix = set.prefixes().rbegin(); prefix != set.prefixes().rend(); ++prefix)
				reversed.add(prefix->first, prefix->length, prefix->value);
			ASSERT_TRUE(set.image().blocks == reversed.image().blocks) << "seed " << kSeed << ", set " << i;
		}
	}
}

}  // namespace
}  // namespace sluice::test
