#include <memory>

#include "base/file.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "telemetry/audit.h"

namespace sluice::cli {
namespace {

using telemetry::AuditEnd;

struct AuditOptions {
	std::vector<std::string> files;
	std::string after;
};

struct Verified {
	AuditEnd from;
	AuditEnd end;
};

// A chain over several files, the oldest first. Where it begins in the middle, somebody has to vouch for what went before.
Result<Verified> verify(const AuditOptions& options)
{
	std::optional<Verified> chain;
	for (const std::string& path : options.files) {
		SLUICE_TRY_ASSIGN(const std::string text, read_file(path));
		if (!chain) {
			auto from = telemetry::beginning_of(text);
			if (!from)
				return std::move(from.error()).within(path);
			if (from->hash != options.after)
				return Error(ErrorCode::kInvalid, path + ": line 1 has number " + std::to_string(from->sequence + 1) + " and goes on from " +
				                 (from->hash.empty() ? "nothing" : from->hash),
				             options.after.empty() ? "name the file before it first, or say --after HASH" : "--after names another line");
			chain = Verified{*from, *from};
		}
		auto end = telemetry::verify_audit(text, chain->end);
		if (!end)
			return std::move(end.error()).within(path);
		chain->end = std::move(*end);
	}
	return *chain;
}

ExitCode run_verify(Context& context, const AuditOptions& options)
{
	auto verified = verify(options);
	if (!verified) {
		// A file that was tampered with is no mistake of the command line's.
		const Error& error = verified.error();
		const ErrorCode code = error.code() == ErrorCode::kInvalid ? ErrorCode::kFailed : error.code();
		return fail(context, "audit verify", Error(code, error.message(), error.advice()));
	}
	const std::uint64_t lines = verified->end.sequence - verified->from.sequence;
	if (context.globals.json)
		context.out.write(print_json({{"lines", lines}, {"last_sequence", verified->end.sequence}, {"last_hash", verified->end.hash}}));
	else if (lines == 0)
		context.out.write("no lines\n");
	else
		context.out.write(std::to_string(lines) + " lines, each follows from the one before; the last is number " +
		                  std::to_string(verified->end.sequence) + ", " + verified->end.hash + "\n");
	return ExitCode::kDone;
}

}  // namespace

void add_audit(CommandLine& line)
{
	auto options = std::make_shared<AuditOptions>();
	CLI::App& verb = line.add(
	    {.name = "audit",
	     .summary = "check that an audit file is whole",
	     .text = "Every grant, renewal, refusal and revocation of a lease is a line of /var/lib/sluice/audit.jsonl, with a\n"
	             "number and the SHA-256 of the line before it. `verify` finds the first line that was changed, dropped\n"
	             "or reordered; it needs neither the daemon nor root. Files that were rotated are named oldest first.\n"
	             "That lines are missing at the end it cannot see: compare the last hash with one noted elsewhere.\n"
	             "Exit code 1: it is not whole.",
	     .example = "  sluice audit verify /var/lib/sluice/audit.jsonl\n"
	                "  sluice audit verify audit.jsonl.2 audit.jsonl.1 audit.jsonl\n"
	                "  sluice audit verify audit.jsonl --after 6f1c…    goes on from a line that was verified before\n"},
	    [options](Context& context) { return run_verify(context, *options); });
	verb.require_subcommand(1);
	CLI::App& part = *verb.add_subcommand("verify", "find the first line that does not follow from the one before it");
	part.fallthrough();
	part.add_option("FILE", options->files, "audit files, the oldest first")->required()->type_name("");
	part.add_option("--after", options->after, "the hash of the line before the first")->type_name("HASH");
}

}  // namespace sluice::cli
