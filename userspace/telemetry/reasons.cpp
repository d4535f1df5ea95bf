#include "telemetry/reasons.h"

namespace sluice::telemetry {
namespace {

constexpr Reason kReasons[] = {
#define SLUICE_REASON(number, identifier, name, verdict, sentence) {number, name, SLUICE_##verdict == SLUICE_PASS, sentence},
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
};

}  // namespace

std::span<const Reason> reasons()
{
	return kReasons;
}

const Reason* find_reason(std::uint32_t number)
{
	for (const auto& reason : kReasons) {
		if (reason.number == number)
			return &reason;
	}
	return nullptr;
}

const Reason* find_reason(std::string_view name)
{
	for (const auto& reason : kReasons) {
		if (reason.name == name)
			return &reason;
	}
	return nullptr;
}

std::string reason_name(std::uint32_t number)
{
	const Reason* reason = find_reason(number);
	return reason != nullptr ? std::string(reason->name) : "#" + std::to_string(number);
}

const char* verdict_name(std::uint32_t number)
{
	return sluice_reason_passes(number) ? "pass" : number == SLUICE_COOKIE ? "reply" : "drop";
}

}  // namespace sluice::telemetry
