// Does a second receive queue help: two processors flood and receive, each on a queue of its own, beside one alone. What
// they share is the limits that they hold together.
#include <chrono>
#include <cstdio>
#include <thread>

#include "measure.h"

namespace sluice::bench {

namespace {

struct Rates {
	std::vector<double> one;
	std::vector<double> two;
};

// Millions a second that `floods` together bring onto the contestant's link.
Result<double> rate_of(Contestant& contestant, std::vector<lab::Flood>& floods, double seconds)
{
	SLUICE_TRY_ASSIGN(const std::uint32_t before, received(contestant.wire()));
	const auto started = std::chrono::steady_clock::now();
	for (lab::Flood& flood : floods)
		SLUICE_TRY(flood.start());
	std::this_thread::sleep_until(started + std::chrono::duration<double>(seconds));
	for (lab::Flood& flood : floods)
		SLUICE_TRY(flood.stop());
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
	SLUICE_TRY_ASSIGN(const std::uint32_t after, received(contestant.wire()));
	return static_cast<double>(after - before) / elapsed.count() / 1e6;
}

Result<std::vector<lab::Flood>> open_floods(Contestant& contestant, std::initializer_list<unsigned> processors)
{
	std::vector<lab::Flood> floods;
	for (const unsigned processor : processors) {
		lab::FloodShape shape = api_flood(1000, false);
		shape.processor = processor;
		shape.seed = processor + 1;
		SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(contestant.wire().world(), lab::kInterface, shape));
		floods.push_back(std::move(flood));
	}
	return floods;
}

Result<void> measure(Contestant& contestant, double seconds, Rates& rates)
{
	SLUICE_TRY_ASSIGN(auto one, open_floods(contestant, {1}));
	SLUICE_TRY_ASSIGN(rates.one.emplace_back(), rate_of(contestant, one, seconds));
	SLUICE_TRY_ASSIGN(auto two, open_floods(contestant, {0, 1}));
	SLUICE_TRY_ASSIGN(rates.two.emplace_back(), rate_of(contestant, two, seconds));
	return {};
}

}  // namespace

Result<Answer> run_queues(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto contestants, gather({open_floor_drop, open_sluice, open_nftables, open_hashlimit}));
	Answer answer{"Flood dropped by one receive queue and by two, IPv4, 1000 sources, millions of frames a second",
		      {"contestant", "one queue (least to most)", "two queues (least to most)", "scaling"},
		      {},
		      {"Each queue has a processor of its own, which makes its frames too. Where there are two processors, nothing is left "
		       "for anybody else."},
		      {},
		      {}};
	std::vector<Rates> rates(contestants.size());
	for (unsigned round = 0; round < options.rounds; round++) {
		for (std::size_t i = 0; i < contestants.size(); i++)
			SLUICE_TRY(measure(*contestants[i], options.seconds, rates[i]));
	}
	for (std::size_t i = 0; i < contestants.size(); i++) {
		const Spread one = spread_of(rates[i].one), two = spread_of(rates[i].two);
		answer.rows.push_back({contestants[i]->name(), to_string(one, 2), to_string(two, 2), times(two.median / one.median)});
		answer.json["rows"].push_back({{"contestant", contestants[i]->name()},
					       {"one_queue_mpps", to_json(one)},
					       {"two_queues_mpps", to_json(two)},
					       {"scaling", two.median / one.median}});
	}
	return answer;
}

}  // namespace sluice::bench
