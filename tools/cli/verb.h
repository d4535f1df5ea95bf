// A verb of the command: what it is given, what it works with, how it ends.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/output.h"

namespace sluice::cli {

// The process's exit codes; part of the contract with scripts.
enum class ExitCode : int {
	kDone = 0,
	kFailed = 1,
	kWrong = 2,        // usage, or diagnostics of a policy
	kUnreachable = 3,  // the daemon does not answer
};

// What stands before the verb, or after it.
struct Globals {
	std::string socket = "/run/sluice/control.sock";
	std::string pins = "/sys/fs/bpf/sluice";
	bool json = false;
};

struct Context {
	const Globals& globals;
	text::Output& out;
	text::Output& err;
};

using Run = std::function<ExitCode(Context&)>;

// "sluice: what: why (what to do)" on `err`, in one line; the code that the error asks for.
ExitCode fail(Context& context, std::string_view what, const Error& error);

}  // namespace sluice::cli
