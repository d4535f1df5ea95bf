// What do honest clients feel while a flood runs: newcomers' requests beside each kind of flood, and without one.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "lab/newcomers.h"
#include "measure.h"
#include "proof_contestants.h"

namespace sluice::bench {

namespace {

constexpr std::uint16_t kPort = 443;
constexpr std::uint16_t kClosedPort = 9999;
constexpr std::uint64_t kFlooded = 900'000;  // a second
constexpr std::uint32_t kRequests = 100;     // a second

struct Kind {
	const char* name;
	net::Protocol protocol;
	bool syn;
	std::uint16_t port;
};

constexpr Kind kQuiet = {"none", net::kTcp, false, 0};
constexpr Kind kKinds[] = {kQuiet,
			   {"SYN", net::kTcp, true, kPort},
			   {"ACK", net::kTcp, false, kPort},
			   {"UDP to nobody", net::kUdp, false, kClosedPort}};

struct Felt {
	std::vector<double> taken;     // frames that came off the link, thousands a second
	std::vector<double> answered;  // shares
	std::vector<double> median_ms;
	std::vector<double> p99_ms;
};

// Of what was answered at all; the longest patience where nothing was.
double quantile(std::vector<double> values, double share, double otherwise)
{
	if (values.empty())
		return otherwise;
	std::sort(values.begin(), values.end());
	const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
	return values[std::min(values.size() - 1, at == 0 ? 0 : at - 1)];
}

Result<std::optional<lab::Flood>> start_flood(Contestant& contestant, const Kind& kind, bool ipv6)
{
	if (kind.port == 0)
		return std::optional<lab::Flood>();
	lab::FloodShape shape = api_flood(0, ipv6);
	shape.frame.protocol = kind.protocol;
	shape.frame.destination_port = kind.port;
	shape.frame.syn = kind.syn;
	shape.processor = kFloodCore;
	shape.packets_per_second = kFlooded;
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(contestant.wire().world(), lab::kInterface, shape));
	SLUICE_TRY(flood.start());
	return std::optional<lab::Flood>(std::move(flood));
}

Result<void> feel(Contestant& contestant, const Kind& kind, bool ipv6, double seconds, Felt& felt)
{
	lab::NewcomerPlan plan;
	plan.first = *net::Address::parse(ipv6 ? kNewcomersIpv6 : kNewcomersIpv4);
	plan.server = *net::Address::parse(ipv6 ? lab::kGateIpv6 : lab::kGateIpv4);
	plan.port = kPort;
	plan.per_second = kRequests;
	plan.count = std::max(20u, static_cast<unsigned>(seconds * kRequests));
	const double longest = static_cast<double>(plan.patience.count());
	SLUICE_TRY_ASSIGN(auto flood, start_flood(contestant, kind, ipv6));
	SLUICE_TRY_ASSIGN(const std::uint32_t before, received(contestant.wire()));
	const auto started = std::chrono::steady_clock::now();
	SLUICE_TRY_ASSIGN(const auto tally, lab::call_all(contestant.wire().world(), plan));
	SLUICE_TRY_ASSIGN(const std::uint32_t after, received(contestant.wire()));
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
	if (flood)
		SLUICE_TRY(flood->stop());
	felt.taken.push_back(static_cast<double>(after - before) / elapsed.count() / 1000);
	felt.answered.push_back(tally.answered_within(longest));
	felt.median_ms.push_back(quantile(tally.milliseconds, 0.5, longest));
	felt.p99_ms.push_back(quantile(tally.milliseconds, 0.99, longest));
	return {};
}

void add_row(Answer& answer, const std::string& name, const std::string& family, const Kind& kind, const Felt& felt, double quiet_p99)
{
	const Spread answered = spread_of(felt.answered), median = spread_of(felt.median_ms), p99 = spread_of(felt.p99_ms);
	char share[64];
	std::snprintf(share, sizeof(share), "%.1f %% (%.1f to %.1f)", 100 * answered.median, 100 * answered.least, 100 * answered.most);
	answer.rows.push_back({family, name, kind.name, to_string(spread_of(felt.taken), 0), share, to_string(median, 2), to_string(p99, 2), times(p99.median / quiet_p99)});
	answer.json["rows"].push_back({{"family", family},
				       {"contestant", name},
				       {"flood", kind.name},
				       {"taken_kpps", to_json(spread_of(felt.taken))},
				       {"answered", to_json(answered)},
				       {"median_ms", to_json(median)},
				       {"p99_ms", to_json(p99)},
				       {"p99_of_quiet", p99.median / quiet_p99}});
}

Result<void> measure(Answer& answer, std::vector<std::unique_ptr<Contestant>>& contestants, bool ipv6, const Options& options)
{
	std::vector<std::vector<Felt>> felt(contestants.size(), std::vector<Felt>(std::size(kKinds)));
	for (unsigned round = 0; round < options.rounds; round++) {
		for (std::size_t kind = 0; kind < std::size(kKinds); kind++) {
			for (std::size_t i = 0; i < contestants.size(); i++)
				SLUICE_TRY(feel(*contestants[i], kKinds[kind], ipv6, options.seconds, felt[i][kind]));
		}
	}
	for (std::size_t i = 0; i < contestants.size(); i++) {
		const double quiet = spread_of(felt[i][0].p99_ms).median;
		for (std::size_t kind = 0; kind < std::size(kKinds); kind++)
			add_row(answer, contestants[i]->name(), ipv6 ? "IPv6" : "IPv4", kKinds[kind], felt[i][kind], quiet);
	}
	return {};
}

}  // namespace

Result<Answer> run_honest(const Options& options)
{
	Answer answer{"Honest newcomers beside a flood of 900 000 frames a second: who is answered, and after how long",
		      {"family", "contestant", "flood", "k/s taken", "answered", "median ms (least to most)", "p99 ms (least to most)", "p99 of quiet"},
		      {},
		      {"Each request is a connection of an address that was not seen before, 100 a second whatever becomes of them; times are "
		       "of those that were answered, from the first SYN to the server's byte.",
		       "Contestants as in the case flood. Flood, receiving, server and newcomers share the processors."},
		      {},
		      {}};
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_proof_cookie, open_proof_drop, open_stack, open_syn_limit}));
	SLUICE_TRY(measure(answer, contestants, false, options));
	if (!options.quick)
		SLUICE_TRY(measure(answer, contestants, true, options));
	return answer;
}

}  // namespace sluice::bench
