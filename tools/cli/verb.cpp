#include "cli/verb.h"

#include "text/table.h"

namespace sluice::cli {

ExitCode fail(Context& context, std::string_view what, const Error& error)
{
	const std::string line = "sluice: " + std::string(what) + ": " + error.sentence();
	context.err.write(text::printable(line) + "\n");
	switch (error.code()) {
	case ErrorCode::kUnreachable:
		return ExitCode::kUnreachable;
	case ErrorCode::kInvalid:
		return ExitCode::kWrong;
	case ErrorCode::kFailed:
	case ErrorCode::kNotFound:
	case ErrorCode::kExists:
	case ErrorCode::kExhausted:
	case ErrorCode::kUnsupported:
	case ErrorCode::kDenied:
		break;
	}
	return ExitCode::kFailed;
}

}  // namespace sluice::cli
