// How long does the daemon take to install a policy: by its own clock, from the request to the answer, part by part.
#include <algorithm>
#include <array>
#include <cstdio>

#include "bench.h"
#include "feed.h"
#include "lab/daemon.h"
#include "lab/wire.h"
#include "text/number.h"

namespace sluice::bench {

namespace {

constexpr const char* kPolicy = R"(version: 1
sources:
  - {name: feed, action: deny, files: [lists/feed.netset]}
services:
  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 2000/s}}
)";
constexpr std::array<const char*, 4> kStages = {"reading_ns", "compiling_ns", "keeping_ns", "installing_ns"};

struct Measured {
	std::vector<double> took;
	std::array<std::vector<double>, kStages.size()> stages;
	std::uint64_t prefixes = 0;
	std::uint64_t daemon_bytes = 0;
	std::uint64_t kernel_bytes = 0;
};

double milliseconds(const nlohmann::json& times, const char* name)
{
	return times.at(name).get<double>() / 1e6;
}

Result<Measured> measure(const lab::Daemon& daemon, std::size_t prefixes, unsigned rounds)
{
	Measured out;
	for (unsigned round = 0; round < rounds; round++) {
		const std::string name = "feed-" + std::to_string(round) + ".yaml";
		SLUICE_TRY(daemon.write_file("lists/feed.netset", feed(prefixes, 1 + prefixes * 1000 + round)));
		SLUICE_TRY(daemon.write_file(name, kPolicy));
		SLUICE_TRY_ASSIGN(const nlohmann::json applied, daemon.ask({"apply", daemon.directory() + "/" + name}));
		const nlohmann::json& times = applied.at("times");
		out.took.push_back(milliseconds(times, "took_ns"));
		for (std::size_t i = 0; i < kStages.size(); i++)
			out.stages[i].push_back(milliseconds(times, kStages[i]));
		out.prefixes = applied.at("prefixes").get<std::uint64_t>();
	}
	SLUICE_TRY_ASSIGN(const nlohmann::json status, daemon.ask({"status"}));
	out.daemon_bytes = status.at("memory").at("daemon_bytes").get<std::uint64_t>();
	out.kernel_bytes = status.at("memory").at("kernel_bytes").get<std::uint64_t>();
	return out;
}

void add_row(Answer& answer, const Measured& measured)
{
	std::vector<std::string> row = {text::grouped(measured.prefixes), to_string(spread_of(measured.took), 0)};
	nlohmann::json json = {{"prefixes", measured.prefixes},
			       {"took_ms", to_json(spread_of(measured.took))},
			       {"daemon_bytes", measured.daemon_bytes},
			       {"kernel_bytes", measured.kernel_bytes}};
	for (std::size_t i = 0; i < kStages.size(); i++) {
		const Spread spread = spread_of(measured.stages[i]);
		const std::string stage = std::string(kStages[i], std::string_view(kStages[i]).find('_'));
		row.push_back(to_string(spread, 0));
		json[stage + "_ms"] = to_json(spread);
	}
	row.push_back(text::bytes(measured.daemon_bytes));
	row.push_back(text::bytes(measured.kernel_bytes));
	answer.rows.push_back(std::move(row));
	answer.json["rows"].push_back(std::move(json));
}

}  // namespace

Result<Answer> run_apply(const Options& options)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("apply"));
	SLUICE_TRY_ASSIGN(const lab::Daemon daemon, lab::Daemon::start(wire.gate(), {.policy = "version: 1\n"}));
	Answer answer{"A policy applied, milliseconds of the daemon from the request to the answer",
		      {"prefixes", "ms (least to most)", "reading", "compiling", "keeping", "installing", "daemon", "kernel"},
		      {},
		      {"reading: lists, and what contradicts in them; keeping: the copy that a rollback needs, synced to disk; "
		       "installing: maps filled, read back, and published. Every round has lists of its own.",
		       "daemon: resident after the last round; kernel: everything, this generation and the one before."},
		      {}};
	for (const std::size_t prefixes : {1000u, 10'000u, 100'000u, 1'000'000u}) {
		if (options.quick && prefixes > 10'000)
			break;
		SLUICE_TRY_ASSIGN(const Measured measured, measure(daemon, prefixes, options.rounds));
		add_row(answer, measured);
	}
	return answer;
}

}  // namespace sluice::bench
