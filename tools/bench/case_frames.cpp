// Does it matter what a frame looks like: a flood dropped, of frames of several lengths, and behind VLAN tags.
#include <span>

#include "measure.h"

namespace sluice::bench {

namespace {

struct Look {
	const char* name;
	std::size_t length;
	std::vector<std::uint16_t> tags;
};

const Look kUntagged[] = {{"60 bytes", 60, {}}, {"512 bytes", 512, {}}, {"1514 bytes", 1514, {}}};
const Look kTagged[] = {{"one VLAN tag", 64, {100}}, {"two VLAN tags", 68, {100, 200}}};

lab::FloodShape shape_of(const Look& look, bool ipv6)
{
	lab::FloodShape shape = api_flood(1000, ipv6);
	shape.frame.length = look.length;
	shape.frame.tags = look.tags;
	return shape;
}

void add_rows(Answer& answer, const std::vector<std::unique_ptr<Contestant>>& contestants,
	      const std::vector<std::vector<double>>& rates, const Look& look, bool ipv6)
{
	const double floor = spread_of(rates[0]).median;
	const std::string family = ipv6 ? "IPv6" : "IPv4";
	for (std::size_t i = 0; i < contestants.size(); i++) {
		const Spread spread = spread_of(rates[i]);
		answer.rows.push_back({family, look.name, contestants[i]->name(), to_string(spread, 2), times(spread.median / floor)});
		answer.json["rows"].push_back({{"family", family},
					       {"frame", look.name},
					       {"contestant", contestants[i]->name()},
					       {"mpps", to_json(spread)},
					       {"of_floor", spread.median / floor}});
	}
}

Result<void> measure_looks(Answer& answer, std::vector<std::unique_ptr<Contestant>>& contestants, std::span<const Look> looks,
			   const Options& options)
{
	for (const bool ipv6 : {false, true}) {
		if (options.quick && ipv6)
			break;
		for (const Look& look : looks) {
			SLUICE_TRY_ASSIGN(const auto rates, measure_in_turns(contestants, shape_of(look, ipv6), options));
			add_rows(answer, contestants, rates, look, ipv6);
		}
	}
	return {};
}

}  // namespace

Result<Answer> run_frames(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_drop, open_sluice, open_nftables, open_hashlimit}));
	Answer answer{"Frames of several looks dropped, 1000 sources, millions a second from one processor",
		      {"family", "frame", "contestant", "Mpps (least to most)", "of floor"},
		      {},
		      {"As the case drop, with 1000 sources. Peers are left out behind tags: their rules would have to be others there."},
		      {},
		      {}};
	SLUICE_TRY(measure_looks(answer, contestants, kUntagged, options));
	contestants.erase(contestants.begin() + 2, contestants.end());
	SLUICE_TRY(measure_looks(answer, contestants, kTagged, options));
	return answer;
}

}  // namespace sluice::bench
