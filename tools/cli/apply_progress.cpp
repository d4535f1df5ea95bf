#include "cli/apply_progress.h"

#include <chrono>
#include <future>

#include "control/client.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);
// Longer than any policy takes: who gives up before the daemon does has it installed unseen.
constexpr auto kPatience = std::chrono::minutes(30);
constexpr const char* kClearLine = "\r\033[K";

}  // namespace

std::string sentence(const control::Applying& applying, const text::Style& style)
{
	std::string out = text::printable(applying.path) + ": " + control::stage_name(applying.stage) + ", ";
	if (applying.prefixes > 0)
		out += style.count(applying.prefixes) + (applying.prefixes == 1 ? " prefix" : " prefixes");
	else
		out += text::counted(applying.lists, "list", "lists") + " (" + text::bytes(applying.bytes) + ")";
	return out + ", " + text::duration(applying.elapsed_ns);
}

Result<control::Json> post_with_progress(Context& context, const std::string& target, const control::Json& body)
{
	auto answer = std::async(std::launch::async, [&] { return control::Client(context.globals.socket, kPatience).post(target, body); });
	const bool shows = context.err.style().terminal && !context.globals.json;
	bool shown = false;
	while (shows && answer.wait_for(kLook) != std::future_status::ready) {
		const auto json = control::Client(context.globals.socket).get("/v1/status");
		const auto status = json ? control::parse_status(*json) : Result<control::Status>(json.error());
		if (!status || !status->applying)
			continue;
		context.err.write(kClearLine + sentence(*status->applying, context.err.style()));
		shown = true;
	}
	if (shown)
		context.err.write(kClearLine);
	return answer.get();
}

}  // namespace sluice::cli
