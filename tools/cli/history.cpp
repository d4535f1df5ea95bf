#include "cli/answer.h"
#include "cli/applied.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"
#include "telemetry/timestamp.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

std::string who(const control::HistoryRow& row)
{
	if (!row.caller)
		return "-";
	const std::string user = row.caller->user.empty() ? std::to_string(row.caller->uid) : row.caller->user;
	return row.caller->ssh.empty() ? user : user + " from " + row.caller->ssh;
}

// "+3 denied, -1 services".
std::string change(const control::HistoryRow& row)
{
	if (!row.held_before)
		return "";
	struct Counted {
		const char* name;
		std::uint64_t now;
		std::uint64_t before;
	};
	const control::Inventory &now = row.holds, &before = *row.held_before;
	const Counted all[] = {{"denied", now.denied, before.denied},
	                       {"allowed", now.allowed, before.allowed},
	                       {"services", now.services, before.services},
	                       {"limits", now.limits, before.limits},
	                       {"failsafe", now.failsafe, before.failsafe}};
	std::string out;
	for (const auto& [name, is, was] : all) {
		if (is != was)
			out += (out.empty() ? "" : ", ") + (is > was ? "+" + std::to_string(is - was) : "-" + std::to_string(was - is)) + " " + name;
	}
	return out.empty() ? "same counts" : out;
}

std::string how(const control::HistoryRow& row)
{
	return row.restores ? row.cause + " to " + std::to_string(*row.restores) : row.cause;
}

std::string render(const control::History& history, const text::Style& style)
{
	text::Table table({{"GENERATION", text::Align::kRight}, {"AT"}, {"HOW"}, {"STATE"}, {"WHO"}, {"CHANGE"}, {"DIGEST"}, {"POLICY"}});
	for (const auto& row : history.rows)
		table.add({std::to_string(row.generation), telemetry::timestamp(row.unix_ns), text::printable(how(row)), text::printable(row.fate),
		           text::printable(who(row)), change(row), text::printable(row.digest.substr(0, 12)),
		           text::printable(row.path)});
	return (table.empty() ? "no history\n" : table.to_string(style)) + (history.waiting ? sentence(*history.waiting) + "\n" : "");
}

ExitCode run_history(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "history", client.get("/v1/history"), control::parse_history,
	                   [&](const control::History& history) { return render(history, context.out.style()); });
}

}  // namespace

void add_history(CommandLine& line)
{
	line.add({.name = "history",
	          .summary = "which policies were installed, by whom, and what became of them",
	          .text = "Lists the last hundred policies, newest first: when and how each was installed and by whom, what\n"
	                  "changed in numbers, and whether it was confirmed or rolled back. The counts are of prefixes denied\n"
	                  "and allowed, services, limits and failsafe entries.",
	          .example = "  sluice history\n"
	                     "  sluice --json history | jq '.history[] | select(.kept)'\n"},
	         run_history);
}

}  // namespace sluice::cli
