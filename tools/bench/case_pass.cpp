// What does a packet that passes pay: the same frames through a bare XDP_PASS and through Sluice, dropped by the stack
// right behind, since they are for nobody there.
#include <cstdio>

#include "measure.h"

namespace sluice::bench {

Result<Answer> run_pass(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_pass, open_sluice}));
	Answer answer{"Packets passed, nanoseconds each from generator to stack",
		      {"family", "sources", "contestant", "ns (least to most)", "over the floor"},
		      {},
		      {"UDP to no service: the default admits it. Floor: an XDP program that returns XDP_PASS."},
		      {}};
	for (const bool ipv6 : {false, true}) {
		for (const std::uint32_t sources : {1u, 0u}) {
			lab::FloodShape shape = api_flood(sources, ipv6);
			shape.frame.protocol = net::kUdp;
			shape.frame.other_host = true;
			SLUICE_TRY_ASSIGN(const auto rates, measure_in_turns(contestants, shape, options));
			double floor = 0;
			for (std::size_t i = 0; i < contestants.size(); i++) {
				std::vector<double> costs;
				for (const double rate : rates[i])
					costs.push_back(1000 / rate);
				const Spread spread = spread_of(costs);
				floor = i == 0 ? spread.median : floor;
				char over[32];
				std::snprintf(over, sizeof(over), "%+.1f", spread.median - floor);
				const std::string family = ipv6 ? "IPv6" : "IPv4";
				answer.rows.push_back({family, sources_text(sources), contestants[i]->name(),
						       to_string(spread, 1), over});
				answer.json["rows"].push_back({{"family", family},
							       {"sources", sources_text(sources)},
							       {"contestant", contestants[i]->name()},
							       {"ns", to_json(spread)},
							       {"over_floor_ns", spread.median - floor}});
			}
		}
	}
	return answer;
}

}  // namespace sluice::bench
