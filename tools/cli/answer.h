// An answer of the daemon, shown: as it came with --json, else parsed and put in words.
#pragma once

#include <string>

#include "cli/render.h"
#include "cli/verb.h"
#include "control/messages.h"

namespace sluice::cli {

// `parse`: Json to a Result; `words`: what it holds to text. `what` names the verb in errors.
template <typename Parse, typename Words>
ExitCode show_answer(Context& context, const std::string& what, const Result<control::Json>& answer, Parse parse, Words words)
{
	if (!answer)
		return fail(context, what, answer.error());
	if (context.globals.json) {
		context.out.write(print_json(*answer));
		return ExitCode::kDone;
	}
	const auto value = parse(*answer);
	if (!value)
		return fail(context, what, value.error());
	context.out.write(words(*value));
	return ExitCode::kDone;
}

}  // namespace sluice::cli
