// What does judging cost, without a wire: nanoseconds of the whole program over an empty one, by test runs. Each packet ends
// one stage later than the one before it.
#include "measure.h"

namespace sluice::bench {

namespace {

enum class Spreading { kOne, kZipf, kRandom };

struct Stage {
	const char* name;
	net::Protocol protocol;
	std::uint16_t port;
	const char* source;  // IPv4, the first of them
	Spreading spreading;
};

constexpr std::uint32_t kZipfSources = 1u << 16;

// A policy that says nothing.
constexpr Stage kPlain[] = {
    {"policy that says nothing, one source", net::kUdp, 9999, "198.51.100.7", Spreading::kOne},
    {"policy that says nothing, random sources", net::kUdp, 9999, "198.51.100.7", Spreading::kRandom},
};
// policy.h.
constexpr Stage kStages[] = {
    {"malformed: ends in parsing", net::kUdp, 9999, "127.0.0.1", Spreading::kOne},
    {"failsafe", net::kTcp, 22, "192.0.2.7", Spreading::kOne},
    {"denied by a list", net::kTcp, 443, "100.64.0.1", Spreading::kOne},
    {"banned", net::kTcp, 443, "100.127.255.0", Spreading::kOne},
    {"no service, one source", net::kUdp, 9999, "198.51.100.7", Spreading::kOne},
    {"no service, 65 536 sources by Zipf's law", net::kUdp, 9999, "198.51.100.7", Spreading::kZipf},
    {"no service, random sources", net::kUdp, 9999, "198.51.100.7", Spreading::kRandom},
    {"service over its limits, one source", net::kTcp, 443, "198.51.100.7", Spreading::kOne},
    {"service over its limits, 65 536 sources by Zipf's law", net::kTcp, 443, "198.51.100.7", Spreading::kZipf},
    {"service over its limits, random sources", net::kTcp, 443, "198.51.100.7", Spreading::kRandom},
};

lab::FloodShape shape_of(const Stage& stage)
{
	lab::FloodShape shape = api_flood(1, false);
	shape.frame.source = *net::Address::parse(stage.source);
	shape.frame.protocol = stage.protocol;
	shape.frame.destination_port = stage.port;
	shape.zipf = stage.spreading == Spreading::kZipf;
	if (stage.spreading != Spreading::kOne)
		shape.sources = shape.zipf ? kZipfSources : 0;
	return shape;
}

Result<void> measure(Answer& answer, const Contestant& floor, Contestant& sluice, const Stage& stage, const Options& options)
{
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(sluice.wire().world(), lab::kInterface, shape_of(stage)));
	const auto packets = static_cast<std::uint32_t>(2e7 * options.seconds);
	std::vector<double> over, whole, empty;
	for (unsigned round = 0; round < options.rounds; round++) {
		SLUICE_TRY_ASSIGN(const double alone, flood.judge(floor.program_fd(), packets));
		SLUICE_TRY_ASSIGN(const double judged, flood.judge(sluice.program_fd(), packets));
		empty.push_back(alone);
		whole.push_back(judged);
		over.push_back(judged - alone);
	}
	answer.rows.push_back({stage.name, to_string(spread_of(over), 0), to_string(spread_of(whole), 0), to_string(spread_of(empty), 0)});
	answer.json["rows"].push_back({{"packet", stage.name},
				       {"over_empty_ns", to_json(spread_of(over))},
				       {"ns", to_json(spread_of(whole))},
				       {"empty_ns", to_json(spread_of(empty))}});
	return {};
}

}  // namespace

Result<Answer> run_instructions(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto floor, open_floor_drop());
	SLUICE_TRY_ASSIGN(auto plain, open_plain());
	SLUICE_TRY_ASSIGN(auto sluice, open_sluice());
	Answer answer{"Judging a packet, nanoseconds over an empty program",
		      {"packet", "ns (least to most)", "with the generator", "generator alone"},
		      {},
		      {"BPF_PROG_TEST_RUN; each packet is written anew before it is judged, and what that costs is "
		       "measured beside it, by turns, and taken off."},
		      {},
		      {}};
	for (const Stage& stage : kPlain)
		SLUICE_TRY(measure(answer, *floor, *plain, stage, options));
	for (const Stage& stage : kStages)
		SLUICE_TRY(measure(answer, *floor, *sluice, stage, options));
	return answer;
}

}  // namespace sluice::bench
