// How exactly is a limit held: packets admitted by all processors together, over what was configured and over what the limit
// promises never to exceed, under floods from two of them.
#include <time.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "bench.h"
#include "lab/daemon.h"
#include "lab/flood.h"
#include "lab/wire.h"
#include "measure.h"

namespace sluice::bench {

namespace {

using Seconds = std::chrono::duration<double>;

enum class Kind { kBucket, kWindow, kLog };

struct Trial {
	const char* name;
	Kind kind;
	const char* limit;   // of the service
	double rate;         // packets a second of each key
	double burst;
	std::uint32_t sources;
	double keys;
};

constexpr Trial kTrials[] = {
    {"token-bucket", Kind::kBucket, "each-source: {packets: 20k/s, burst: 2000}", 20'000, 2000, 1, 1},
    {"token-bucket", Kind::kBucket, "each-source: {packets: 100/s, burst: 50}", 100, 50, 1000, 1000},
    {"token-bucket", Kind::kBucket, "each-source: {packets: 20/m, burst: 1}", 1.0 / 3, 1, 1'000'000, 1e6},
    {"token-bucket, of the service", Kind::kBucket, "all-sources: {packets: 100k/s, burst: 10k}", 100'000, 10'000, 0, 1},
    {"leaky-bucket", Kind::kBucket, "each-source: {packets: 20k/s, burst: 200, algorithm: leaky-bucket}", 20'000, 200, 1, 1},
    {"leaky-bucket", Kind::kBucket, "each-source: {packets: 100/s, burst: 10, algorithm: leaky-bucket}", 100, 10, 1000, 1000},
    {"fixed-window", Kind::kWindow, "each-source: {packets: 5k/s, algorithm: fixed-window}", 5000, 0, 1, 1},
    {"fixed-window", Kind::kWindow, "each-source: {packets: 100/s, algorithm: fixed-window}", 100, 0, 1000, 1000},
    {"sliding-log", Kind::kLog, "each-source: {packets: 60/s, algorithm: sliding-log}", 60, 0, 1, 1},
    {"sliding-log", Kind::kLog, "each-source: {packets: 60/s, algorithm: sliding-log}", 60, 0, 1000, 1000},
};
constexpr double kShortest = 2;  // seconds of a flood: two whole windows

// The kernel's coarse clock, and the 2^16 ns that meters count in.
double tick()
{
	timespec resolution{};
	::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
	return static_cast<double>(resolution.tv_sec) + 1e-9 * static_cast<double>(resolution.tv_nsec + (1 << 16));
}

double bound_of(const Trial& trial, double window)
{
	switch (trial.kind) {
	case Kind::kBucket:
		return trial.keys * std::ceil(trial.burst + trial.rate * (window + tick()));
	case Kind::kWindow:
		return trial.keys * trial.rate * (std::floor(window + tick()) + 2);
	default:
		return trial.keys * trial.rate * (std::floor(window + tick()) + 1);
	}
}

struct Outcome {
	double window = 0;
	double admitted = 0;
};

Result<lab::Flood> open_flood(lab::Wire& wire, const Trial& trial, unsigned processor)
{
	lab::FloodShape shape = api_flood(trial.sources, false);
	shape.frame.protocol = net::kUdp;
	shape.processor = processor;
	shape.seed = processor + 1;
	return lab::Flood::open(wire.world(), lab::kInterface, shape);
}

// A daemon of its own each time: every key begins with its burst.
Result<Outcome> measure(lab::Wire& wire, const Trial& trial, double seconds)
{
	const std::string policy = std::string("version: 1\nservices:\n  - name: api\n    protocol: udp\n    ports: [443]\n    ") + trial.limit + "\n";
	SLUICE_TRY_ASSIGN(const lab::Daemon daemon, lab::Daemon::start(wire.gate(), {.policy = policy}));
	SLUICE_TRY_ASSIGN(lab::Flood first, open_flood(wire, trial, 0));
	SLUICE_TRY_ASSIGN(lab::Flood second, open_flood(wire, trial, 1));
	const auto started = std::chrono::steady_clock::now();
	SLUICE_TRY(first.start());
	SLUICE_TRY(second.start());
	std::this_thread::sleep_for(Seconds(std::max(seconds, kShortest)));
	SLUICE_TRY(first.stop());
	SLUICE_TRY(second.stop());
	const double window = Seconds(std::chrono::steady_clock::now() - started).count();
	SLUICE_TRY_ASSIGN(const std::uint64_t admitted, daemon.counted("admitted"));
	return Outcome{window, static_cast<double>(admitted)};
}

}  // namespace

Result<Answer> run_accuracy(const Options& options)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("accuracy"));
	Answer answer{"Packets that a limit admitted, under floods from two processors",
		      {"limit", "sources", "of configured (least to most)", "of bound (least to most)"},
		      {},
		      {"configured: rate x time, without the burst; of a million sources only what a flood can ask of each. "
		       "bound: what the limit promises in any window of that length (sluice-policy(5)); never over 1."},
		      {}};
	for (const Trial& trial : kTrials) {
		std::vector<double> of_configured, of_bound;
		for (unsigned round = 0; round < (options.quick ? 1 : options.rounds); round++) {
			SLUICE_TRY_ASSIGN(const Outcome outcome, measure(wire, trial, options.seconds));
			of_configured.push_back(outcome.admitted / (trial.keys * trial.rate * outcome.window));
			of_bound.push_back(outcome.admitted / bound_of(trial, outcome.window));
		}
		const Spread configured = spread_of(of_configured), bound = spread_of(of_bound);
		answer.rows.push_back({trial.name, sources_text(trial.sources), to_string(configured, 3), to_string(bound, 3)});
		answer.json["rows"].push_back({{"limit", trial.name},
					       {"sources", sources_text(trial.sources)},
					       {"of_configured", to_json(configured)},
					       {"of_bound", to_json(bound)}});
	}
	return answer;
}

}  // namespace sluice::bench
