// What does the number of listed prefixes cost: nanoseconds of a packet of no service over an empty program, by test runs.
#include "bench.h"
#include "contestant.h"
#include "feed.h"
#include "measure.h"
#include "text/number.h"

namespace sluice::bench {

namespace {

constexpr std::size_t kCounts[] = {10, 1000, 10'000, 100'000, 1'000'000, 10'000'000};
constexpr std::size_t kMostQuick = 10'000;

lab::FloodShape strangers(bool ipv6)
{
	lab::FloodShape shape = api_flood(0, ipv6);
	shape.frame.protocol = net::kUdp;
	shape.frame.destination_port = 9999;
	return shape;
}

Result<Spread> judge(Contestant& floor, Contestant& sluice, bool ipv6, const Options& options)
{
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(sluice.wire().world(), lab::kInterface, strangers(ipv6)));
	const auto packets = static_cast<std::uint32_t>(2e7 * options.seconds);
	std::vector<double> over;
	for (unsigned round = 0; round < options.rounds; round++) {
		SLUICE_TRY_ASSIGN(const double alone, flood.judge(floor.program_fd(), packets));
		SLUICE_TRY_ASSIGN(const double judged, flood.judge(sluice.program_fd(), packets));
		over.push_back(judged - alone);
	}
	return spread_of(std::move(over));
}

}  // namespace

Result<Answer> run_prefixes(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto floor, open_floor_drop());
	Answer answer{"A packet of no service among listed prefixes, random sources, nanoseconds over an empty program",
		      {"prefixes", "IPv4 ns (least to most)", "IPv6 ns (least to most)"},
		      {},
		      {"Seven in ten of the prefixes are IPv4. BPF_PROG_TEST_RUN; each packet is written anew before it is judged, and what "
		       "that costs is measured beside it, by turns, and taken off."},
		      {},
		      Plot{"prefixes.svg", "One packet among listed prefixes, random sources", "prefixes", "ns over an empty program", {{"IPv4", {}}, {"IPv6", {}}}}};
	for (const std::size_t count : kCounts) {
		if (options.quick && count > kMostQuick)
			break;
		SLUICE_TRY_ASSIGN(auto sluice, open_listed(feed(count, count)));
		std::vector<std::string> row = {text::grouped(count)};
		nlohmann::json json = {{"prefixes", count}};
		for (const bool ipv6 : {false, true}) {
			SLUICE_TRY_ASSIGN(const Spread spread, judge(*floor, *sluice, ipv6, options));
			row.push_back(to_string(spread, 0));
			json[ipv6 ? "ipv6_ns" : "ipv4_ns"] = to_json(spread);
			answer.plot->lines[ipv6 ? 1 : 0].points.push_back({static_cast<double>(count), spread.median});
		}
		answer.rows.push_back(std::move(row));
		answer.json["rows"].push_back(std::move(json));
	}
	return answer;
}

}  // namespace sluice::bench
