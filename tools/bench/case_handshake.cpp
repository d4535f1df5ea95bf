// What does a connection lose that began with a cookie: bytes a second that a client takes who is 20 ms away, after a handshake
// with the stack and after a cookie.
#include <optional>
#include <string>

#include "bench.h"
#include "lab/bare_program.h"
#include "lab/daemon.h"
#include "lab/delay_line.h"
#include "lab/source.h"
#include "lab/wire.h"
#include "measure.h"

namespace sluice::bench {

namespace {

constexpr std::uint16_t kPort = 443;
constexpr std::chrono::milliseconds kRoundTrip{20};
constexpr const char* kKnown = "10.8.0.1";

// The budget is one SYN: whoever is not known gets a cookie.
constexpr const char* kPolicy = "version: 1\n"
				"services:\n"
				"  - {name: api, protocol: tcp, ports: [443], unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}}\n";

struct Lab {
	explicit Lab(lab::Wire made) : wire(std::move(made)) {}

	lab::Wire wire;
	std::optional<lab::BareProgram> answers;
	std::unique_ptr<lab::DelayLine> way;
	std::optional<lab::Daemon> daemon;
	unsigned newcomers = 0;

	Result<std::uint64_t> taken() const
	{
		SLUICE_TRY_ASSIGN(const nlohmann::json status, daemon->ask({"status"}));
		return status.at("cookies").at("taken").get<std::uint64_t>();
	}
	std::string newcomer()
	{
		newcomers++;
		return "10.8." + std::to_string(1 + newcomers / 250) + "." + std::to_string(1 + newcomers % 250);
	}
};

Result<std::unique_ptr<Lab>> open_lab()
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("far-"));
	auto made = std::make_unique<Lab>(std::move(wire));
	SLUICE_TRY_ASSIGN(made->answers, lab::BareProgram::attach(made->wire.world(), lab::BareProgram::Verdict::kPass));
	SLUICE_TRY_ASSIGN(made->way, lab::DelayLine::open(made->wire, kRoundTrip));
	// The host forgets what it learnt of a peer: one that comes again is to have no better start than a newcomer.
	SLUICE_TRY(lab::run_checked(made->wire.gate().command({"sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1"})));
	lab::Daemon::Setup setup;
	setup.policy = kPolicy;
	SLUICE_TRY_ASSIGN(lab::Daemon daemon, lab::Daemon::start(made->wire.gate(), setup));
	made->daemon.emplace(std::move(daemon));
	return made;
}

// Megabytes a second. Error when the connection did not begin as it was to.
Result<double> measure_one(Lab& lab, bool cookie, double seconds)
{
	SLUICE_TRY_ASSIGN(const std::uint64_t before, lab.taken());
	const std::string address = cookie ? lab.newcomer() : kKnown;
	SLUICE_TRY_ASSIGN(const double rate, lab::take_from(lab.wire.world(), address, lab::kGateIpv4, kPort, std::chrono::duration<double>(seconds)));
	SLUICE_TRY_ASSIGN(const std::uint64_t after, lab.taken());
	if (after - before != (cookie ? 1 : 0))
		return Error(ErrorCode::kFailed, "the connection from " + address + " did not begin with " + (cookie ? "a cookie" : "a handshake"));
	return rate / 1e6;
}

Result<void> measure(Answer& answer, Lab& lab, const char* congestion, const Options& options)
{
	SLUICE_TRY_ASSIGN(const auto source, lab::Source::open(lab.wire.gate(), kPort, congestion));
	SLUICE_TRY(lab::take_from(lab.wire.world(), kKnown, lab::kGateIpv4, kPort, std::chrono::milliseconds(100)));
	std::vector<double> handshake, cookie;
	for (unsigned round = 0; round < options.rounds; round++) {
		SLUICE_TRY_ASSIGN(handshake.emplace_back(), measure_one(lab, false, options.seconds));
		SLUICE_TRY_ASSIGN(cookie.emplace_back(), measure_one(lab, true, options.seconds));
	}
	const Spread usual = spread_of(handshake), other = spread_of(cookie);
	answer.rows.push_back({congestion, "handshake", to_string(usual, 1), times(1)});
	answer.rows.push_back({congestion, "cookie", to_string(other, 1), times(other.median / usual.median)});
	answer.json["rows"].push_back({{"congestion", congestion},
				       {"handshake_megabytes_per_second", to_json(usual)},
				       {"cookie_megabytes_per_second", to_json(other)},
				       {"of_handshake", other.median / usual.median}});
	return {};
}

}  // namespace

Result<Answer> run_handshake(const Options& options)
{
	Answer answer{"A client 20 ms away, after a handshake and after a cookie: megabytes a second that it takes",
		      {"congestion control", "began with", "MB/s (least to most)", "of handshake"},
		      {},
		      {"One connection at a time, measured from its first byte on. The delay is made in userspace, of what the client sends; the link "
		       "has no limit of its own, so that windows and processors are what holds it."},
		      {},
		      {}};
	SLUICE_TRY_ASSIGN(const auto lab, open_lab());
	for (const char* congestion : {"cubic", "bbr"})
		SLUICE_TRY(measure(answer, *lab, congestion, options));
	return answer;
}

}  // namespace sluice::bench
