// `sluice`: the operator's command. One file per verb stands beside this one.
#include <unistd.h>

#include <csignal>
#include <exception>

#include "cli/command_line.h"

int main(int argc, char** argv)
{
	using namespace sluice;

	// A reader that goes away is an answer of write(), not the end of the process.
	std::signal(SIGPIPE, SIG_IGN);
	text::Output out(STDOUT_FILENO);
	text::Output err(STDERR_FILENO);
	try {
		return static_cast<int>(cli::run({argv + 1, argv + argc}, out, err));
	} catch (const std::exception& error) {
		err.write(std::string("sluice: internal: ") + error.what() + " (this is a defect; please report it)\n");
		return static_cast<int>(cli::ExitCode::kFailed);
	}
}
