#include <memory>

#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

std::string joined(const std::vector<std::string>& words)
{
	std::string out;
	for (const std::string& word : words)
		out += (out.empty() ? "" : ", ") + word;
	return out.empty() ? "-" : out;
}

// "revoked 2026-11-24T05:02:41.123Z by root: stolen laptop".
std::string state_of(const control::IdentityRow& row)
{
	if (!row.revoked)
		return "in force";
	std::string out = "revoked";
	if (row.revoked->unix_ns != 0)
		out += " " + telemetry::timestamp(row.revoked->unix_ns);
	if (!row.revoked->by.empty())
		out += " by " + row.revoked->by;
	for (const std::string& other : row.revoked->also)
		out += ", and by " + other;
	return row.revoked->why.empty() ? out : out + ": " + row.revoked->why;
}

std::string render(const control::IdentityList& list, const text::Style& style)
{
	text::Table table({{"IDENTITY"}, {"AUTHORITY"}, {"ROLES"}, {"LEASES", text::Align::kRight}, {"LEFT", text::Align::kRight}, {"STATE"}});
	for (const control::IdentityRow& row : list.rows)
		table.add({text::printable(row.identity), row.authority.empty() ? "-" : text::printable(row.authority), text::printable(joined(row.roles)),
		           std::to_string(row.leases), row.leases == 0 ? "-" : text::duration(row.remaining_ns),
		           text::Cell(text::printable(state_of(row)), row.revoked ? text::Colour::kRed : text::Colour::kNone)});
	return table.empty() ? "nobody has a lease, and nobody is revoked\n" : table.to_string(style);
}

ExitCode run_list(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "identity list", client.get("/v1/identities"), control::parse_identity_list,
	                   [&](const control::IdentityList& list) { return render(list, context.out.style()); });
}

ExitCode run_revoke(Context& context, const control::RevokeRequest& request)
{
	if (const auto checked = control::parse_revoke_request(control::to_json(request)); !checked)
		return fail(context, "identity revoke", checked.error());
	control::Client client(context.globals.socket);
	return show_answer(context, "identity revoke", client.post("/v1/identities/revoke", control::to_json(request)), control::parse_revoke_reply,
	                   [](const control::RevokeReply& reply) {
		                   return "revoked " + text::printable(reply.identity) + ": " + std::to_string(reply.ended) +
		                          (reply.ended == 1 ? " lease" : " leases") + " ended\n";
	                   });
}

ExitCode run_restore(Context& context, const control::RestoreRequest& request)
{
	if (const auto checked = control::parse_restore_request(control::to_json(request)); !checked)
		return fail(context, "identity restore", checked.error());
	control::Client client(context.globals.socket);
	return show_answer(context, "identity restore", client.post("/v1/identities/restore", control::to_json(request)),
	                   [](const control::Json& json) { return Result<control::Json>(json); },
	                   [&](const control::Json&) { return "restored " + text::printable(request.identity) + ": it may get leases again\n"; });
}

}  // namespace

void add_identity(CommandLine& line)
{
	struct Options {
		control::RevokeRequest revoke;
		control::RestoreRequest restore;
		Run run;
	};
	auto options = std::make_shared<Options>();
	CLI::App& verb = line.add(
	    {.name = "identity",
	     .summary = "list identities, revoke them, restore them",
	     .text = "An identity is what a certificate or token proved; a lease says which packets are its own.\n"
	             "\n"
	             "  list          everybody with a lease, and everybody who is revoked\n"
	             "  revoke ID     ends every lease of ID with its next packet, also on connections that are open; it\n"
	             "                gets none until it is restored, also after a restart of the host. Its packets are\n"
	             "                nobody's from then on: services that admit anyone still let them in. ID may be the\n"
	             "                SHA-256 fingerprint of a certificate: the leases that it proved end, it proves no other\n"
	             "  restore ID    takes that back: ID gets leases again when it next proves who it is; whom a\n"
	             "                revocation file of the policy names, that file alone restores",
	     .example = "  sluice identity list\n"
	                "  sluice identity revoke spiffe://prod.example/billing --why 'key on a lost laptop'\n"
	                "  sluice identity restore spiffe://prod.example/billing\n"
	                "  sluice --json identity list | jq -r '.identities[] | select(.revoked) | .identity'\n"},
	    [options](Context& context) { return options->run(context); });
	verb.require_subcommand(1);
	const auto add = [&verb, options](const char* name, const char* summary, Run run) -> CLI::App& {
		CLI::App& part = *verb.add_subcommand(name, summary);
		part.fallthrough();
		part.callback([options, run = std::move(run)] { options->run = run; });
		return part;
	};
	add("list", "everybody with a lease, and everybody who is revoked", run_list);
	CLI::App& revoke = add("revoke", "end every lease of an identity, and grant it none", [options](Context& context) { return run_revoke(context, options->revoke); });
	revoke.add_option("ID", options->revoke.identity, "the identity, as `sluice identity list` names it, or a certificate's fingerprint")->required()->type_name("");
	revoke.add_option("--why", options->revoke.why, "a note for those who read the list and the audit log")->type_name("TEXT");
	CLI::App& restore = add("restore", "let a revoked identity get leases again", [options](Context& context) { return run_restore(context, options->restore); });
	restore.add_option("ID", options->restore.identity, "the identity")->required()->type_name("");
}

}  // namespace sluice::cli
