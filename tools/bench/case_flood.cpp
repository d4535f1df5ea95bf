// What a spoofed flood meets, and whom it shuts out: SYNs and ACKs of clients that do not exist against a port that is
// listened at, and newcomers who do exist beside them.
#include <chrono>
#include <cstdio>

#include "lab/newcomers.h"
#include "measure.h"
#include "proof_contestants.h"

namespace sluice::bench {

namespace {

constexpr std::uint16_t kPort = 443;
constexpr std::uint32_t kNewcomersPerSecond = 100;
constexpr double kPrompt = 150;  // milliseconds: no retransmission of a SYN fits into it
constexpr double kAtAll = 3000;
constexpr std::uint64_t kOffered[] = {100'000, 300'000, 900'000};

lab::FloodShape spoofed(bool syn, bool ipv6)
{
	lab::FloodShape shape = api_flood(0, ipv6);
	shape.frame.destination_port = kPort;
	shape.frame.syn = syn;
	shape.processor = kFloodCore;
	return shape;
}

std::string percent(const Spread& spread)
{
	char text[64];
	std::snprintf(text, sizeof(text), "%.1f %% (%.1f to %.1f)", 100 * spread.median, 100 * spread.least, 100 * spread.most);
	return text;
}

// ---- how many frames a second ----

Result<void> measure_rates(Answer& answer, std::vector<std::unique_ptr<Contestant>>& contestants, const Options& options)
{
	for (const bool syn : {true, false}) {
		for (const bool ipv6 : {false, true}) {
			SLUICE_TRY_ASSIGN(const auto rates, measure_in_turns(contestants, spoofed(syn, ipv6), options));
			const double floor = spread_of(rates[0]).median;
			for (std::size_t i = 0; i < contestants.size(); i++) {
				const Spread spread = spread_of(rates[i]);
				answer.rows.push_back({syn ? "SYN" : "ACK", ipv6 ? "IPv6" : "IPv4", "as fast as it goes", contestants[i]->name(),
						       to_string(spread, 2) + " Mpps", times(spread.median / floor), "-"});
				answer.json["rates"].push_back({{"flood", syn ? "syn" : "ack"},
								{"family", ipv6 ? "IPv6" : "IPv4"},
								{"contestant", contestants[i]->name()},
								{"mpps", to_json(spread)},
								{"of_floor", spread.median / floor}});
			}
		}
	}
	return {};
}

// ---- who gets through ----

struct Shares {
	std::vector<double> prompt;
	std::vector<double> at_all;
	std::vector<double> taken;  // frames of the flood that were taken off the link a second, thousands
};

struct Beside {
	lab::NewcomerTally tally;
	double taken = 0;
};

lab::NewcomerPlan newcomers(bool ipv6, const Options& options)
{
	lab::NewcomerPlan plan;
	plan.first = *net::Address::parse(ipv6 ? kNewcomersIpv6 : kNewcomersIpv4);
	plan.server = *net::Address::parse(ipv6 ? lab::kGateIpv6 : lab::kGateIpv4);
	plan.port = kPort;
	plan.per_second = kNewcomersPerSecond;
	plan.count = std::max(10u, static_cast<unsigned>(options.seconds * kNewcomersPerSecond));
	return plan;
}

Result<Beside> call_beside(Contestant& contestant, std::uint64_t offered, bool ipv6, const Options& options)
{
	lab::FloodShape shape = spoofed(true, ipv6);
	shape.packets_per_second = offered;
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(contestant.wire().world(), lab::kInterface, shape));
	SLUICE_TRY(flood.start());
	SLUICE_TRY_ASSIGN(const std::uint32_t before, received(contestant.wire()));
	const auto started = std::chrono::steady_clock::now();
	SLUICE_TRY_ASSIGN(auto tally, lab::call_all(contestant.wire().world(), newcomers(ipv6, options)));
	SLUICE_TRY_ASSIGN(const std::uint32_t after, received(contestant.wire()));
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
	SLUICE_TRY(flood.stop());
	return Beside{std::move(tally), static_cast<double>(after - before) / elapsed.count() / 1000};
}

Result<void> measure_newcomers(Answer& answer, std::vector<std::unique_ptr<Contestant>>& contestants, const Options& options)
{
	for (const bool ipv6 : {false, true}) {
		for (const std::uint64_t offered : kOffered) {
			if (options.quick && offered != kOffered[0])
				break;
			std::vector<Shares> shares(contestants.size());
			for (unsigned round = 0; round < options.rounds; round++) {
				for (std::size_t i = 0; i < contestants.size(); i++) {
					SLUICE_TRY_ASSIGN(const Beside beside, call_beside(*contestants[i], offered, ipv6, options));
					shares[i].prompt.push_back(beside.tally.answered_within(kPrompt));
					shares[i].at_all.push_back(beside.tally.answered_within(kAtAll));
					shares[i].taken.push_back(beside.taken);
				}
			}
			for (std::size_t i = 0; i < contestants.size(); i++) {
				const Spread prompt = spread_of(shares[i].prompt);
				const Spread at_all = spread_of(shares[i].at_all);
				answer.rows.push_back({"SYN", ipv6 ? "IPv6" : "IPv4", std::to_string(offered / 1000) + " k/s", contestants[i]->name(), to_string(spread_of(shares[i].taken), 0) + " k/s", "-",
						       percent(prompt) + ", " + percent(at_all)});
				answer.json["newcomers"].push_back({{"family", ipv6 ? "IPv6" : "IPv4"},
								    {"offered_pps", offered},
								    {"taken_kpps", to_json(spread_of(shares[i].taken))},
								    {"contestant", contestants[i]->name()},
								    {"within_150_ms", to_json(prompt)},
								    {"within_3_s", to_json(at_all)}});
			}
		}
	}
	return {};
}

}  // namespace

Result<Answer> run_flood_case(const Options& options)
{
	Answer answer{"A spoofed flood on a port that is listened at: frames taken a second, and newcomers answered beside it",
		      {"flood", "family", "offered", "contestant", "taken", "of floor", "newcomers within 150 ms, within 3 s"},
		      {},
		      {"floor: an XDP program that returns XDP_DROP. stack: nothing but the host, whose own SYN cookies are on. "
		       "nftables: netdev ingress, SYNs beyond the budget dropped.",
		       "sluice-cookie and sluice-drop: unproved: {connections: 2000/s, beyond: …}; the nftables limit is the same.",
		       "One processor makes the flood, another takes it off the link, answers included: what it does not keep up with is "
		       "lost before it. Server and newcomers share both.",
		       "Newcomers: each its own address, 100 a second whatever becomes of them; answered is who got the server's byte."},
		      {}};
	SLUICE_TRY_ASSIGN(auto all, gather({open_proof_floor, open_proof_cookie, open_proof_drop, open_stack, open_syn_limit}));
	SLUICE_TRY(measure_rates(answer, all, options));
	all.erase(all.begin());  // nobody gets past the floor
	SLUICE_TRY(measure_newcomers(answer, all, options));
	return answer;
}

}  // namespace sluice::bench
