// The whole command with its output kept: what it wrote, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"

namespace sluice::cli {

struct Ran {
	ExitCode code;
	std::string out;
	std::string err;
};

inline Ran run_command(const std::vector<std::string>& arguments)
{
	Ran ran{};
	text::Output out(ran.out, {});
	text::Output err(ran.err, {});
	ran.code = run(arguments, out, err);
	return ran;
}

}  // namespace sluice::cli
