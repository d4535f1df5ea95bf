// What does a flood cost: frames taken off a link and dropped, beside the floor and the peers.
#include "measure.h"

namespace sluice::bench {

namespace {

void add_rows(Answer& answer, const std::vector<std::unique_ptr<Contestant>>& contestants,
	      const std::vector<std::vector<double>>& rates, std::uint32_t sources, bool ipv6)
{
	const double floor = spread_of(rates[0]).median;
	for (std::size_t i = 0; i < contestants.size(); i++) {
		const Spread spread = spread_of(rates[i]);
		const std::string family = ipv6 ? "IPv6" : "IPv4";
		answer.rows.push_back({family, sources_text(sources), contestants[i]->name(), to_string(spread, 2),
				       times(spread.median / floor)});
		answer.json["rows"].push_back({{"family", family},
					       {"sources", sources_text(sources)},
					       {"contestant", contestants[i]->name()},
					       {"mpps", to_json(spread)},
					       {"of_floor", spread.median / floor}});
	}
}

// Random sources stand at 2^32.
void add_points(Plot& plot, const std::vector<std::unique_ptr<Contestant>>& contestants,
		const std::vector<std::vector<double>>& rates, std::uint32_t sources)
{
	plot.lines.resize(contestants.size());
	for (std::size_t i = 0; i < contestants.size(); i++) {
		plot.lines[i].name = contestants[i]->name();
		plot.lines[i].points.push_back({sources == 0 ? 4294967296.0 : sources, spread_of(rates[i]).median});
	}
}

}  // namespace

Result<Answer> run_drop(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_drop, open_sluice, open_nftables, open_hashlimit, open_xdp_filter}));
	Answer answer{"Flood dropped, millions of frames a second from one processor",
		      {"family", "sources", "contestant", "Mpps (least to most)", "of floor"},
		      {},
		      {"floor: an XDP program that returns XDP_DROP; nftables: netdev ingress, dynamic set with limit; "
		       "hashlimit: iptables, raw table; xdp-filter: the flood's port is denied, since it knows no limits.",
		       "Sluice and the peers hold each source and the service as a whole to the same limits; Sluice also holds "
		       "prefixes, and looks for 10 000 listed prefixes and for bans.",
		       "Generator and receiver share a processor: every figure includes the making of the frame."},
		      {},
		      Plot{"sources.svg", "A flood dropped, IPv4, one processor", "sources", "Mpps", {}}};
	for (const bool ipv6 : {false, true}) {
		for (const std::uint32_t sources : {1u, 1000u, 1'000'000u, 0u}) {
			SLUICE_TRY_ASSIGN(const auto rates,
					  measure_in_turns(contestants, api_flood(sources, ipv6), options));
			add_rows(answer, contestants, rates, sources, ipv6);
			if (!ipv6)
				add_points(*answer.plot, contestants, rates, sources);
		}
	}
	return answer;
}

}  // namespace sluice::bench
