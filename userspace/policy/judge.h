// Judge: what a compiled policy says of a frame, by the code that the kernel runs (core/parse.h, core/ranges.h,
// core/decide.h) over the same tables, without a kernel. Pure.
//
// It knows no level of any limit: it names the limits that would be asked, and takes them to admit.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/prefix.h"
#include "policy/image.h"
#include "sluice/abi/limit.h"
#include "sluice/abi/policy.h"
#include "sluice/abi/verdict.h"

namespace sluice::policy {

// A limit that would be asked before the packet passes.
struct LimitAsked {
	std::string name;           // "api/each-source"
	std::uint16_t number = 0;   // in Image::limits
	sluice_scope scope = SLUICE_SCOPE_SERVICE;
	std::vector<sluice_dimension> counts;  // what of the packet it would charge; never empty
};

struct Judged {
	std::uint32_t reason = 0;  // enum sluice_reason
	bool passes = false;       // as the reason says, whatever the mode
	std::string rule;          // what decided: a list, "failsafe/1"; empty: no rule of its own
	std::string service;       // "api", "fragments", "-"
	std::string list;          // the list that names the source, whether or not it decided; empty: none
	std::uint16_t slot = 0;    // of the service
	sluice_class source{};     // what the lists say of the source
	std::vector<LimitAsked> limits;  // in the order in which they are asked
};

// What stands beside a policy.
struct Beside {
	std::vector<net::Prefix> bans;
	std::vector<std::pair<net::Prefix, bool>> overlay;  // whether it allows
};

// `frame` from its Ethernet header on. In observe mode (image.config.observe) the kernel passes also what is dropped here.
Judged judge(const Image& image, std::span<const std::uint8_t> frame, const Beside& beside = {});

}  // namespace sluice::policy
