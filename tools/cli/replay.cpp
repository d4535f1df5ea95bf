#include <memory>

#include "cli/capture.h"
#include "cli/capture_clock.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "cli/replay_tally.h"
#include "control/client.h"
#include "kernel/replay_gate.h"
#include "policy/compile.h"
#include "policy/load.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

// Where the capture's clock begins: the limits' meters do, too.
constexpr std::uint64_t kStartNs = 3600ull * 1'000'000'000;
constexpr std::size_t kShortestFrame = 14;
// What the kernel takes for a test run: most of a page, and 17 more in fragments.
constexpr std::size_t kLongestFrame = 72'000;
constexpr std::uint32_t kFirstSets = 1u << 19;
constexpr std::uint32_t kMostSets = 1u << 26;
constexpr std::uint64_t kProgressEvery = 1u << 16;

struct ReplayOptions {
	std::string file;
	std::string policy;
	std::size_t top = 10;
};

// Which policy: the one named, else that of the daemon.
struct Chosen {
	std::string path;
	std::string digest;  // of the one that runs; empty: it was named
};

struct Compiled {
	policy::Image image;
	std::uint32_t bucket_sets = 0;
	std::vector<std::string> notes;
};

struct Replayed {
	ReplayTally tally;
	std::uint64_t duration_ns = 0;
	std::vector<std::string> notes;
};

Result<Chosen> choose(Context& context, const ReplayOptions& options)
{
	if (!options.policy.empty())
		return Chosen{options.policy, ""};
	control::Client client(context.globals.socket);
	auto json = client.get("/v1/status");
	if (!json)
		return Error(json.error().code(), "which policy runs? " + json.error().message(), "name one: --policy FILE");
	SLUICE_TRY_ASSIGN(const auto status, control::parse_status(*json));
	return Chosen{status.policy_path, status.digest};
}

std::string hex(const sluice_meta& meta)
{
	constexpr char kDigits[] = "0123456789abcdef";
	std::string text;
	for (const std::uint8_t byte : meta.digest)
		text += {kDigits[byte >> 4], kDigits[byte & 15]};
	return text;
}

// By a table as large as the policy's limits need.
Result<Compiled> compile(const policy::Policy& policy, const Chosen& chosen)
{
	for (std::uint32_t sets = kFirstSets;; sets *= 2) {
		auto image = policy::compile(policy, {}, {.bucket_sets = sets, .now_mono_ns = kStartNs, .events_per_window = 0});
		if (!image && (image.error().code() != ErrorCode::kExhausted || sets == kMostSets))
			return std::move(image).error();
		if (!image)
			continue;
		Compiled compiled{std::move(*image), sets, {}};
		if (!chosen.digest.empty() && hex(compiled.image.meta) != chosen.digest)
			compiled.notes.push_back(chosen.path + " says something else by now than the policy that runs");
		return compiled;
	}
}

void show_progress(Context& context, const Capture& capture, std::uint64_t packets)
{
	if (!context.err.style().terminal)
		return;
	const auto done = capture.progress();
	const std::string percent = done ? ", " + std::to_string(static_cast<int>(*done * 100)) + " %" : "";
	context.err.write("\r" + text::grouped(packets) + " packets" + percent + "   ");
}

Result<Replayed> replay(Context& context, Capture& capture, kernel::ReplayGate& gate)
{
	Replayed out;
	CaptureClock clock(kStartNs);
	std::uint64_t now = kStartNs, read = 0;
	for (;; read++) {
		const auto frame = capture.next();
		if (!frame && read == 0)
			return frame.error();
		if (!frame)
			out.notes.push_back("the file breaks off: " + frame.error().message());
		if (!frame || !*frame)
			break;
		if (read % kProgressEvery == kProgressEvery - 1)
			show_progress(context, capture, read + 1);
		now = clock.at((*frame)->unix_ns);
		if ((*frame)->bytes.size() < kShortestFrame || (*frame)->bytes.size() > kLongestFrame) {
			out.tally.skip();
			continue;
		}
		SLUICE_TRY_ASSIGN(const auto* found, gate.judge((*frame)->bytes, now));
		out.tally.add(*found, now - kStartNs);
	}
	if (read >= kProgressEvery && context.err.style().terminal)
		context.err.write("\r\x1b[K");
	if (capture.headless() > 0)
		out.notes.push_back(text::counted(capture.headless(), "frame", "frames") + " cut within the headers, judged as cut: capture more of each");
	if (clock.early() > 0)
		out.notes.push_back("the capture's clock went back " + text::counted(clock.early(), "time", "times") + "; the limits' did not");
	out.duration_ns = now - kStartNs;
	return out;
}

Result<Replayed> open_and_replay(Context& context, const ReplayOptions& options, Compiled& compiled)
{
	SLUICE_TRY_ASSIGN(Capture capture, Capture::open(options.file));
	kernel::Calls calls;
	SLUICE_TRY_ASSIGN(auto gate, kernel::ReplayGate::open(calls, compiled.image, compiled.bucket_sets));
	return replay(context, capture, gate);
}

ReplayTally::Setting setting_of(const ReplayOptions& options, const Chosen& chosen, const Compiled& compiled, const Replayed& replayed)
{
	ReplayTally::Setting setting{options.file, chosen.path, {}, compiled.notes, replayed.duration_ns, options.top};
	for (const sluice_name& name : compiled.image.service_names)
		setting.services.emplace_back(name.text);
	setting.notes.insert(setting.notes.end(), replayed.notes.begin(), replayed.notes.end());
	return setting;
}

ExitCode run_replay(Context& context, const ReplayOptions& options)
{
	const std::string what = "replay " + options.file;
	const auto chosen = choose(context, options);
	if (!chosen)
		return fail(context, what, chosen.error());
	const auto loaded = policy::load_policy(chosen->path);
	context.err.write(render(loaded.diagnostics, context.err.style()));
	if (!loaded.policy)
		return ExitCode::kWrong;
	auto compiled = compile(*loaded.policy, *chosen);
	if (!compiled)
		return fail(context, what, compiled.error());
	const auto replayed = open_and_replay(context, options, *compiled);
	if (!replayed)
		return fail(context, what, replayed.error());
	const auto setting = setting_of(options, *chosen, *compiled, *replayed);
	context.out.write(context.globals.json ? print_json(replayed->tally.to_json(setting)) : replayed->tally.to_text(setting, context.out.style()));
	return ExitCode::kDone;
}

}  // namespace

void add_replay(CommandLine& line)
{
	auto options = std::make_shared<ReplayOptions>();
	CLI::App& verb = line.add(
	    {.name = "replay",
	     .summary = "what a policy would have done with a capture",
	     .text = "Runs every frame of a capture through the real program, at the time that the capture says, with limits\n"
	             "that begin empty, and reports what would have become of them: by reason, by service, by source, and\n"
	             "who of the allowed would have been hit by a limit. Needs root, attaches to nothing, and leaves the gate\n"
	             "that runs alone: its limits, counters and bans have no part in it. Without --policy it is the policy\n"
	             "that runs, as its files are now; with --policy no daemon is needed.",
	     .example = "  tcpdump -i eth0 -s 128 -w friday.pcap -c 1000000\n"
	                "  sluice replay friday.pcap --policy candidate.yaml\n"
	                "  sluice --json replay friday.pcap | jq '.hit.sources[]'\n"},
	    [options](Context& context) { return run_replay(context, *options); });
	verb.add_option("FILE", options->file, "pcap or pcapng, Ethernet or bare IP; - is the standard input")->required()->type_name("");
	verb.add_option("--policy", options->policy, "this policy and not the one that runs")->type_name("FILE");
	verb.add_option("--top", options->top, "how many sources to list")->capture_default_str()->type_name("N");
}

}  // namespace sluice::cli
