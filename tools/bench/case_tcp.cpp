// What does an attached gate take from TCP: iperf3 through it, beside a link without any program and beside a bare XDP_PASS.
#include <cstdio>
#include <thread>

#include "measure.h"

namespace sluice::bench {

namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kLook{5};

// Waits until the server says that it listens.
Result<lab::Process> start_server(lab::NetworkNamespace& gate)
{
	SLUICE_TRY_ASSIGN(lab::Process server, lab::Process::start(gate.command({"iperf3", "--server", "--one-off", "--forceflush"})));
	const auto until = std::chrono::steady_clock::now() + kPatience;
	while (server.output().find("listening") == std::string::npos) {
		if (!server.running() || std::chrono::steady_clock::now() > until)
			return Error(ErrorCode::kFailed, "iperf3 --server: " + server.errors());
		std::this_thread::sleep_for(kLook);
	}
	return server;
}

// Gigabits a second that the server took.
Result<double> throughput(Contestant& contestant, bool ipv6, double seconds)
{
	SLUICE_TRY_ASSIGN(lab::Process server, start_server(contestant.wire().gate()));
	char time[32];
	std::snprintf(time, sizeof(time), "%u", std::max(1u, static_cast<unsigned>(seconds)));
	SLUICE_TRY_ASSIGN(const std::string text,
			  lab::run_checked(contestant.wire().world().command({"iperf3", "--json", "--time", time, "--client",
									      ipv6 ? lab::kGateIpv6 : lab::kGateIpv4}),
					   kPatience + std::chrono::seconds(static_cast<unsigned>(seconds))));
	(void)server.wait(kPatience);
	const nlohmann::json report = nlohmann::json::parse(text, nullptr, false);
	if (report.is_discarded() || !report.contains("end"))
		return Error(ErrorCode::kFailed, "iperf3 --json: " + text.substr(0, 200));
	return report.at("end").at("sum_received").at("bits_per_second").get<double>() / 1e9;
}

Result<void> measure(Answer& answer, std::vector<std::unique_ptr<Contestant>>& contestants, bool ipv6, const Options& options)
{
	std::vector<std::vector<double>> rates(contestants.size());
	for (unsigned round = 0; round < options.rounds; round++) {
		for (std::size_t i = 0; i < contestants.size(); i++) {
			SLUICE_TRY_ASSIGN(rates[i].emplace_back(), throughput(*contestants[i], ipv6, options.seconds));
		}
	}
	const double floor = spread_of(rates[0]).median;
	const std::string family = ipv6 ? "IPv6" : "IPv4";
	for (std::size_t i = 0; i < contestants.size(); i++) {
		const Spread spread = spread_of(rates[i]);
		answer.rows.push_back({family, contestants[i]->name(), to_string(spread, 2), times(spread.median / floor)});
		answer.json["rows"].push_back({{"family", family},
					       {"contestant", contestants[i]->name()},
					       {"gigabits_per_second", to_json(spread)},
					       {"of_floor", spread.median / floor}});
	}
	return {};
}

}  // namespace

Result<Answer> run_tcp(const Options& options)
{
	Answer answer{"TCP through the gate, one stream, gigabits a second",
		      {"family", "contestant", "Gbit/s (least to most)", "of floor"},
		      {},
		      {"floor: an XDP program that returns XDP_PASS; none: no program at all. A veth with a program of any kind gives up the "
		       "frames of 64 KiB that it carries without: that is what lies between the two."},
		      {},
		      {}};
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_pass, open_sluice, open_nftables, open_hashlimit, open_none}));
	SLUICE_TRY(measure(answer, contestants, false, options));
	if (!options.quick)
		SLUICE_TRY(measure(answer, contestants, true, options));
	return answer;
}

}  // namespace sluice::bench
