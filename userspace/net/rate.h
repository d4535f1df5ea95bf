// Rate: an exact number of events per period, as a policy writes it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct Rate {
	std::uint64_t count = 0;           // >= 1 once parsed
	std::uint64_t period_seconds = 1;  // 1, 60 or 3600

	// "2000/s", "50k/s", "30/m", "1G/h". k, M and G are powers of 1000. Error kInvalid otherwise, for 0 and past 2^53.
	static Result<Rate> parse(std::string_view text);
	// As short as it goes without loss: "50k/s".
	std::string to_string() const;
	double per_second() const { return static_cast<double>(count) / static_cast<double>(period_seconds); }

	bool operator==(const Rate&) const = default;
};

// "4000", "20k", "1M": a plain count with the same suffixes. Error kInvalid otherwise.
Result<std::uint64_t> parse_count(std::string_view text);

}  // namespace sluice::net
