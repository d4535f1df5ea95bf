#include "measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace sluice::bench {

namespace {

constexpr std::uint64_t kWarmUp = 1u << 18;
constexpr std::uint64_t kMost = 1u << 24;

struct Taken {
	double frames = 0;
	double seconds = 0;
};

Result<Taken> send(Contestant& contestant, lab::Flood& flood, std::uint64_t frames)
{
	SLUICE_TRY_ASSIGN(const std::uint32_t before, received(contestant.wire()));
	const auto started = std::chrono::steady_clock::now();
	SLUICE_TRY(flood.start(frames));
	SLUICE_TRY(flood.finish());
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
	SLUICE_TRY_ASSIGN(const std::uint32_t after, received(contestant.wire()));
	return Taken{static_cast<double>(after - before), elapsed.count()};
}

// One generator on a contestant's link, and how many frames last as long as is asked for.
struct Lane {
	lab::Flood flood;
	std::uint64_t frames = kWarmUp;
};

Result<Lane> open_lane(Contestant& contestant, const lab::FloodShape& shape, double seconds)
{
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(contestant.wire().world(), lab::kInterface, shape));
	Lane lane{std::move(flood)};
	for (int i = 0; i < 2; i++) {  // the second estimate no longer pays for first touches
		SLUICE_TRY_ASSIGN(const Taken taken, send(contestant, lane.flood, lane.frames));
		const double wanted = static_cast<double>(lane.frames) * seconds / taken.seconds;
		lane.frames = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), kWarmUp, kMost);
	}
	return lane;
}

}  // namespace

lab::FloodShape api_flood(std::uint32_t sources, bool ipv6)
{
	lab::FloodShape shape;
	// Both parse: they are constants of the documentation ranges.
	shape.frame.source = *net::Address::parse(ipv6 ? "2001:db8:a000::1" : "198.51.100.0");
	shape.frame.destination = *net::Address::parse(ipv6 ? lab::kGateIpv6 : lab::kGateIpv4);
	shape.frame.protocol = net::kTcp;
	shape.sources = sources;
	shape.processor = 1;
	return shape;
}

std::string sources_text(std::uint32_t sources)
{
	return sources == 0 ? "random" : std::to_string(sources);
}

std::string times(double value)
{
	char text[32];
	std::snprintf(text, sizeof(text), "%.2f x", value);
	return text;
}

Result<std::uint32_t> received(lab::Wire& wire)
{
	std::uint32_t packets = 0;
	SLUICE_TRY(wire.gate().inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(packets, lab::received_packets(lab::kInterface));
		return {};
	}));
	return packets;
}

Result<std::vector<std::vector<double>>> measure_in_turns(std::vector<std::unique_ptr<Contestant>>& contestants,
							  const lab::FloodShape& shape, const Options& options)
{
	std::vector<Lane> lanes;
	for (auto& contestant : contestants) {
		SLUICE_TRY_ASSIGN(Lane lane, open_lane(*contestant, shape, options.seconds));
		lanes.push_back(std::move(lane));
	}
	std::vector<std::vector<double>> rates(contestants.size());
	for (unsigned round = 0; round < options.rounds; round++) {
		for (std::size_t i = 0; i < contestants.size(); i++) {
			SLUICE_TRY_ASSIGN(const Taken taken, send(*contestants[i], lanes[i].flood, lanes[i].frames));
			rates[i].push_back(taken.frames / taken.seconds / 1e6);
		}
	}
	return rates;
}

}  // namespace sluice::bench
