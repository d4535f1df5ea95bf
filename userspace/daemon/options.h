// Options: what `sluiced` is told on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

struct Options {
	std::string policy;  // absolute
	std::vector<std::string> interfaces;
	std::string socket;
	std::string socket_group;  // empty: root's alone
	std::string pins;
	std::string state;
	std::optional<datapath::AttachMode> mode;  // none: native, generic where the driver cannot
	std::uint64_t limiter_bytes = 32ull << 20;
	std::uint32_t bans = 65536;
	std::uint32_t identities = 4095;
	std::uint32_t leases = 32768;
	std::string identity_program;  // sluice-identity, beside this one
	bool detach_on_exit = false;
	LogLevel log_level = LogLevel::kInfo;
};

// What to run with, or a text to print (help, version). Error kInvalid for a command line that is wrong.
Result<std::variant<Options, std::string>> parse_options(std::vector<std::string> arguments);

inline constexpr const char* kDefaultState = "/var/lib/sluice";

// "33554432", "512K", "32M", "1G", in powers of 1024. Error kInvalid otherwise.
Result<std::uint64_t> parse_size(const std::string& text);

}  // namespace sluice::daemon
