#include "port/report_limit.h"

#include <algorithm>
#include <utility>

namespace sluice::port {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

}  // namespace

std::optional<std::uint64_t> ReportLimit::admit(std::uint64_t mono_ns)
{
	const std::uint64_t each_ns = kSecond / terms_.each_second;
	const std::uint64_t due = mono_ns > filled_ns_ ? (mono_ns - filled_ns_) / each_ns : 0;
	filled_ns_ += due * each_ns;
	left_ = std::min(terms_.burst, left_ + std::min(due, terms_.burst));
	if (left_ == 0) {
		unreported_++;
		return std::nullopt;
	}
	left_--;
	return std::exchange(unreported_, 0);
}

}  // namespace sluice::port
