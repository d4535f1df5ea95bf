// What does judging cost, without a wire: nanoseconds of the whole program over an empty one, by test runs.
#include <cstdio>

#include "measure.h"

namespace sluice::bench {

namespace {

struct Stage {
	const char* name;
	net::Protocol protocol;
	std::uint16_t port;
	const char* source;  // IPv4; none: random ones
};

constexpr Stage kStages[] = {
    {"no service, one source", net::kUdp, 9999, "198.51.100.7"},
    {"no service, random sources", net::kUdp, 9999, nullptr},
    {"denied by a list", net::kTcp, 443, "100.64.0.1"},
    {"service over its limits, one source", net::kTcp, 443, "198.51.100.7"},
    {"service over its limits, random sources", net::kTcp, 443, nullptr},
};

lab::FloodShape shape_of(const Stage& stage)
{
	lab::FloodShape shape = api_flood(stage.source != nullptr ? 1 : 0, false);
	shape.frame.protocol = stage.protocol;
	shape.frame.destination_port = stage.port;
	if (stage.source != nullptr)
		shape.frame.source = *net::Address::parse(stage.source);
	return shape;
}

}  // namespace

Result<Answer> run_instructions(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_drop, open_sluice}));
	const int floor = contestants[0]->program_fd(), sluice = contestants[1]->program_fd();
	const auto packets = static_cast<std::uint32_t>(2e7 * options.seconds);
	Answer answer{"Judging a packet, nanoseconds over an empty program",
		      {"packet", "ns (least to most)", "with the generator", "generator alone"},
		      {},
		      {"BPF_PROG_TEST_RUN; each packet is written anew before it is judged, and what that costs is "
		       "measured beside it, by turns, and taken off."},
		      {}};
	for (const Stage& stage : kStages) {
		SLUICE_TRY_ASSIGN(lab::Flood flood,
				  lab::Flood::open(contestants[1]->wire().world(), lab::kInterface, shape_of(stage)));
		std::vector<double> over, whole, empty;
		for (unsigned round = 0; round < options.rounds; round++) {
			SLUICE_TRY_ASSIGN(const double alone, flood.judge(floor, packets));
			SLUICE_TRY_ASSIGN(const double judged, flood.judge(sluice, packets));
			empty.push_back(alone);
			whole.push_back(judged);
			over.push_back(judged - alone);
		}
		answer.rows.push_back({stage.name, to_string(spread_of(over), 0), to_string(spread_of(whole), 0),
				       to_string(spread_of(empty), 0)});
		answer.json["rows"].push_back({{"packet", stage.name},
					       {"over_empty_ns", to_json(spread_of(over))},
					       {"ns", to_json(spread_of(whole))},
					       {"empty_ns", to_json(spread_of(empty))}});
	}
	return answer;
}

}  // namespace sluice::bench
