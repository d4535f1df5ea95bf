#include <memory>

#include "base/file.h"
#include "cli/command_line.h"
#include "cli/expectations.h"
#include "cli/render.h"
#include "policy/load_meaning.h"
#include "policy/yaml.h"
#include "telemetry/reasons.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

struct Tested {
	const Expectation& expectation;
	policy::Judged judged;
	std::vector<std::string> wrong;
};

// Everything that a run needs, or what is wrong with either file.
struct Bench {
	std::optional<Expectations> expectations;
	std::optional<policy::Meaning> policy;
	policy::Diagnostics diagnostics;
};

Result<Bench> prepare(const std::string& path)
{
	SLUICE_TRY_ASSIGN(const std::string text, read_file(path, policy::kMostPolicyBytes));
	Bench bench;
	ParsedExpectations parsed = parse_expectations(text, path);
	bench.diagnostics = std::move(parsed.diagnostics);
	bench.expectations = std::move(parsed.expectations);
	if (!bench.expectations)
		return bench;
	auto loaded = policy::load_meaning(bench.expectations->policy);
	bench.diagnostics.insert(bench.diagnostics.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
	bench.policy = std::move(loaded.meaning);
	return bench;
}

control::Json json_of(const Tested& tested)
{
	control::Json limits = control::Json::array();
	for (const policy::LimitAsked& limit : tested.judged.limits)
		limits.push_back(limit.name);
	return {{"name", tested.expectation.name},
		{"line", tested.expectation.place.line},
		{"as_expected", tested.wrong.empty()},
		{"wrong", tested.wrong},
		{"verdict", tested.judged.passes ? "pass" : "drop"},
		{"reason", telemetry::reason_name(tested.judged.reason)},
		{"rule", tested.judged.rule},
		{"service", tested.judged.service},
		{"limits", std::move(limits)}};
}

std::string failure_line(const Tested& tested)
{
	std::string text = tested.expectation.place.file + ":" + std::to_string(tested.expectation.place.line) + ":" +
			   std::to_string(tested.expectation.place.column) + ": failed: " + tested.expectation.name + ": ";
	for (std::size_t i = 0; i < tested.wrong.size(); i++)
		text += (i == 0 ? "" : "; ") + tested.wrong[i];
	return text::printable(text) + "\n";
}

void report(Context& context, const std::string& file, const std::vector<Tested>& all, std::size_t failed)
{
	if (context.globals.json) {
		control::Json tests = control::Json::array();
		for (const Tested& tested : all)
			tests.push_back(json_of(tested));
		context.out.write(print_json({{"file", file}, {"tests", std::move(tests)}, {"passed", all.size() - failed}, {"failed", failed}}));
		return;
	}
	for (const Tested& tested : all) {
		if (!tested.wrong.empty())
			context.out.write(failure_line(tested));
	}
	const std::string count = text::counted(all.size(), "test", "tests");
	context.out.write(text::printable(file) + ": " +
			  (failed == 0 ? count + ", all as expected" : std::to_string(failed) + " of " + count + " failed") + "\n");
}

ExitCode run_test(Context& context, const std::string& file)
{
	auto bench = prepare(file);
	if (!bench)
		return fail(context, "test", Error(ErrorCode::kInvalid, bench.error().message(), bench.error().advice()));
	if (!bench->policy) {
		if (context.globals.json)
			context.out.write(print_json(control::to_json(bench->diagnostics)));
		else
			context.err.write(render(bench->diagnostics, context.err.style()));
		return ExitCode::kWrong;
	}
	if (!context.globals.json)
		context.err.write(render(bench->diagnostics, context.err.style()));
	std::vector<Tested> all;
	std::size_t failed = 0;
	for (const Expectation& expectation : bench->expectations->list) {
		policy::Judged judged = policy::judge(bench->policy->image, expectation.frame, {bench->expectations->bans, {}});
		auto wrong = mismatches(expectation, judged);
		failed += wrong.empty() ? 0 : 1;
		all.push_back({expectation, std::move(judged), std::move(wrong)});
	}
	report(context, file, all, failed);
	return failed == 0 ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void add_test(CommandLine& line)
{
	auto file = std::make_shared<std::string>();
	CLI::App& verb = line.add(
	    {.name = "test",
	     .summary = "unit tests of a policy: packets, and what has to become of them",
	     .text = "Judges the packets that the file describes by the policy that it names, with the code that the kernel\n"
	             "runs, and prints one line for each that does not end as expected. Needs neither root nor the daemon,\n"
	             "so that it can run in CI. Limits are taken to admit: a test can say which of them are asked. What\n"
	             "mode: observe would let through counts as dropped. sluice-test(5) describes the file.",
	     .example = "  sluice test policy.test.yaml\n"
	                "  sluice --json test policy.test.yaml | jq '.tests[] | select(.as_expected | not)'\n"},
	    [file](Context& context) { return run_test(context, *file); });
	verb.add_option("FILE", *file, "the tests")->required()->type_name("");
}

}  // namespace sluice::cli
