// ReportLimit: how many refusals are reported; the rest is counted, and told with the next that is. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::port {

class ReportLimit {
public:
	struct Terms {
		std::uint64_t each_second = 20;
		std::uint64_t burst = 100;
	};
	explicit ReportLimit(Terms terms) : terms_(terms), left_(terms.burst) {}

	// One more refusal. It is to be reported: with how many before it were not. Nothing: it is counted.
	std::optional<std::uint64_t> admit(std::uint64_t mono_ns);

private:
	Terms terms_;
	std::uint64_t left_;
	std::uint64_t filled_ns_ = 0;
	std::uint64_t unreported_ = 0;
};

}  // namespace sluice::port
