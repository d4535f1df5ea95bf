#include "policy/listing.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::policy {
namespace {

// What is sorted by, the least significant byte first: length, then the address from its end.
constexpr std::size_t kDigits = 17;

struct Row {
	std::array<std::uint8_t, kDigits> digits;
	std::uint32_t at;  // in the order of writing
};

Row row_of(const net::Prefix& prefix, std::uint32_t at)
{
	Row row{{}, at};
	row.digits[0] = static_cast<std::uint8_t>(prefix.length());
	std::reverse_copy(prefix.address().bytes().begin(), prefix.address().bytes().end(), row.digits.begin() + 1);
	return row;
}

using Histogram = std::array<std::uint32_t, 256>;

// Least significant digit first: stable, linear, and free of charge where all digits are equal.
std::vector<Row> sorted(std::vector<Row> rows)
{
	std::array<Histogram, kDigits> counts{};
	for (const Row& row : rows) {
		for (std::size_t digit = 0; digit < kDigits; digit++)
			counts[digit][row.digits[digit]]++;
	}
	std::vector<Row> other(rows.size());
	for (std::size_t digit = 0; digit < kDigits && !rows.empty(); digit++) {
		Histogram& next = counts[digit];
		if (next[rows[0].digits[digit]] == rows.size())
			continue;
		std::uint32_t sum = 0;
		for (std::uint32_t& count : next)
			sum += std::exchange(count, sum);
		for (const Row& row : rows)
			other[next[row.digits[digit]]++] = row;
		rows.swap(other);
	}
	return rows;
}

}  // namespace

Listing listing_of(const Policy& policy)
{
	Listing written;
	for (std::size_t i = 0; i < policy.sources.size(); i++) {
		for (const ListedPrefix& listed : policy.sources[i].prefixes)
			written.push_back({listed.prefix, listed.line, listed.file, static_cast<std::uint16_t>(i), listed.comment});
	}
	Listing listing;
	listing.reserve(written.size());
	for (const unsigned family : {SLUICE_IPV4, SLUICE_IPV6}) {
		std::vector<Row> rows;
		for (std::size_t i = 0; i < written.size(); i++) {
			if (written[i].prefix.family() == family)
				rows.push_back(row_of(written[i].prefix, static_cast<std::uint32_t>(i)));
		}
		for (const Row& row : sorted(std::move(rows)))
			listing.push_back(written[row.at]);
	}
	return listing;
}

}  // namespace sluice::policy
