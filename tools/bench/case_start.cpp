// How soon is a packet judged, and is one ever not: from the start of the daemon to its first verdict, and across its death
// and restart; and what all of it holds of memory.
//
// Packets come at a steady pace all along. What the interface received and the gate did not count went unjudged.
#include <chrono>
#include <optional>

#include "bench.h"
#include "feed.h"
#include "lab/daemon.h"
#include "lab/flood.h"
#include "lab/wire.h"
#include "measure.h"
#include "policy.h"
#include "text/number.h"

namespace sluice::bench {

namespace {

constexpr std::uint64_t kPace = 100'000;

struct Policy {
	const char* name;
	std::string text;
	std::size_t listed;  // prefixes of lists/scanners.netset
};

struct Measured {
	std::vector<double> first_ms;      // from the daemon's start to the first packet judged
	std::vector<double> answer_ms;     // to the first answer to an operator
	std::vector<double> gap;           // packets that went unjudged across a death and a restart
	std::vector<double> back_ms;       // from the restart to the first answer
	std::vector<double> daemon_bytes;
	std::vector<double> kernel_bytes;
};

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point from)
{
	return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

// The pace of packets that pass, and are nobody's.
Result<lab::Flood> open_pace(lab::Wire& wire)
{
	lab::FloodShape shape = api_flood(1, false);
	shape.frame.protocol = net::kUdp;
	shape.frame.destination_port = 9999;
	shape.frame.other_host = true;
	shape.packets_per_second = kPace;
	return lab::Flood::open(wire.world(), lab::kInterface, shape);
}

// Whatever became of them.
Result<std::uint64_t> judged(const lab::Daemon& daemon)
{
	SLUICE_TRY_ASSIGN(const nlohmann::json report, daemon.dump({"counters"}));
	std::uint64_t packets = 0;
	for (const nlohmann::json& service : report.at("counters").at("services")) {
		for (const nlohmann::json& reason : service.at("reasons"))
			packets += reason.at("packets").get<std::uint64_t>();
	}
	return packets;
}

// Calls `what` while packets come; how many of them were not judged.
template <typename What>
Result<double> unjudged_during(lab::Wire& wire, std::optional<lab::Daemon>& daemon, std::uint64_t judged_before, What what)
{
	SLUICE_TRY_ASSIGN(lab::Flood pace, open_pace(wire));
	SLUICE_TRY_ASSIGN(const std::uint32_t before, received(wire));
	SLUICE_TRY(pace.start());
	SLUICE_TRY(what());
	SLUICE_TRY(pace.stop());
	SLUICE_TRY_ASSIGN(const std::uint32_t after, received(wire));
	SLUICE_TRY_ASSIGN(const std::uint64_t judged_after, judged(*daemon));
	return static_cast<double>(after - before) - static_cast<double>(judged_after - judged_before);
}

Result<void> measure_start(lab::Wire& wire, const lab::Daemon::Setup& setup, std::optional<lab::Daemon>& daemon, Measured& out)
{
	SLUICE_TRY(wire.gate().inside([] { return lab::receive_in_batches(lab::kInterface); }));
	SLUICE_TRY_ASSIGN(const double unjudged, unjudged_during(wire, daemon, 0, [&]() -> Result<void> {
		const auto started = Clock::now();
		SLUICE_TRY_ASSIGN(lab::Daemon running, lab::Daemon::start(wire.gate(), setup));
		daemon.emplace(std::move(running));
		out.answer_ms.push_back(milliseconds_since(started));
		return {};
	}));
	out.first_ms.push_back(unjudged * 1000 / kPace);
	return {};
}

Result<void> measure_restart(lab::Wire& wire, std::optional<lab::Daemon>& daemon, Measured& out)
{
	SLUICE_TRY_ASSIGN(const std::uint64_t before, judged(*daemon));
	SLUICE_TRY_ASSIGN(out.gap.emplace_back(), unjudged_during(wire, daemon, before, [&]() -> Result<void> {
		daemon->kill();
		const auto started = Clock::now();
		SLUICE_TRY(daemon->restart());
		out.back_ms.push_back(milliseconds_since(started));
		return {};
	}));
	return {};
}

Result<void> measure(const Policy& policy, Measured& out)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("start-"));
	// What the kernel says by itself to its neighbours would be counted among the packets.
	SLUICE_TRY(lab::run_checked(wire.world().command({"sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"})));
	lab::Daemon::Setup setup;
	setup.policy = policy.text;
	if (policy.listed != 0)
		setup.files = {{"lists/scanners.netset", feed(policy.listed, policy.listed)}};
	std::optional<lab::Daemon> daemon;
	SLUICE_TRY(measure_start(wire, setup, daemon, out));
	SLUICE_TRY(measure_restart(wire, daemon, out));
	SLUICE_TRY_ASSIGN(const nlohmann::json status, daemon->ask({"status"}));
	out.daemon_bytes.push_back(status.at("memory").at("daemon_bytes").get<double>());
	out.kernel_bytes.push_back(status.at("memory").at("kernel_bytes").get<double>());
	return {};
}

void add_row(Answer& answer, const Policy& policy, const Measured& measured)
{
	const Spread daemon = spread_of(measured.daemon_bytes), kernel = spread_of(measured.kernel_bytes);
	answer.rows.push_back({policy.name, to_string(spread_of(measured.first_ms), 0), to_string(spread_of(measured.answer_ms), 0),
			       to_string(spread_of(measured.gap), 0), to_string(spread_of(measured.back_ms), 0),
			       text::bytes(static_cast<std::uint64_t>(daemon.median)), text::bytes(static_cast<std::uint64_t>(kernel.median))});
	answer.json["rows"].push_back({{"policy", policy.name},
				       {"first_judged_ms", to_json(spread_of(measured.first_ms))},
				       {"first_answer_ms", to_json(spread_of(measured.answer_ms))},
				       {"unjudged_across_restart", to_json(spread_of(measured.gap))},
				       {"restart_answer_ms", to_json(spread_of(measured.back_ms))},
				       {"daemon_bytes", to_json(daemon)},
				       {"kernel_bytes", to_json(kernel)}});
}

}  // namespace

Result<Answer> run_start(const Options& options)
{
	Answer answer{"From the daemon's start to the first packet judged, and across its death and restart",
		      {"policy", "first judged, ms (least to most)", "first answer, ms", "unjudged across a restart, packets", "answer after it, ms", "daemon", "kernel"},
		      {},
		      {"100 000 packets a second all along. First judged: from exec, by the packets that the interface received and the gate "
		       "did not count; answers are asked for every 20 ms. daemon: resident, kernel: every map and program."},
		      {},
		      {}};
	const Policy policies[] = {{"version: 1 alone", "version: 1\n", 0},
				   {"the one of the case drop", full_policy(), kListedPrefixes},
				   {"the same with 100 000 listed", full_policy(), 100'000},
				   {"the same with a million", full_policy(), 1'000'000}};
	for (const Policy& policy : policies) {
		if (options.quick && policy.listed > kListedPrefixes)
			break;
		Measured measured;
		for (unsigned round = 0; round < options.rounds; round++)
			SLUICE_TRY(measure(policy, measured));
		add_row(answer, policy, measured);
	}
	return answer;
}

}  // namespace sluice::bench
