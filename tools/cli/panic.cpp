#include "kernel/panic.h"

#include "cli/command_line.h"
#include "cli/render.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

ExitCode run_panic(Context& context)
{
	const auto report = kernel::panic(context.globals.pins);
	if (!report)
		return fail(context, "panic", report.error());
	if (context.globals.json) {
		context.out.write(print_json({{"done", report->done}, {"failed", report->failed}}));
	} else {
		for (const auto& sentence : report->done)
			context.out.write(text::printable(sentence) + "\n");
		if (report->done.empty() && report->failed.empty())
			context.out.write("nothing of Sluice was on any interface\n");
	}
	for (const auto& sentence : report->failed)
		context.err.write(text::printable("sluice: panic: " + sentence) + "\n");
	return report->failed.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void add_panic(CommandLine& line)
{
	line.add({.name = "panic",
	          .summary = "take Sluice off every interface, daemon or no daemon",
	          .text = "Takes every Sluice program off every interface, at once. It asks the daemon nothing: it works on\n"
	                  "the kernel alone, also when the daemon hangs or is dead. Policies, counters and bans stay.\n"
	                  "Nothing is judged any more until you `sluice attach` again or restart the daemon. Needs root.",
	          .example = "  sluice panic\n"},
	         run_panic);
}

}  // namespace sluice::cli
