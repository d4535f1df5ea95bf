// The benchmark's cases: each asks one question, and answers with rows that a table and JSON show alike.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plot.h"

namespace sluice::bench {

struct Options {
	bool quick = false;       // proves that it works, briefly; its figures mean little
	unsigned rounds = 7;
	double seconds = 1.0;     // of one measurement
};

// Median, least and most of the rounds.
struct Spread {
	double median = 0;
	double least = 0;
	double most = 0;
};
// Requires at least one.
Spread spread_of(std::vector<double> values);

// "7.03 (6.91 to 7.10)".
std::string to_string(const Spread& spread, int digits);
nlohmann::json to_json(const Spread& spread);

struct Answer {
	std::string title;
	std::vector<std::string> columns;
	std::vector<std::vector<std::string>> rows;
	std::vector<std::string> notes;  // how it was measured, and what was not reached
	nlohmann::json json;
	std::optional<Plot> plot;        // of what a line shows better than a table
};

struct Case {
	const char* name;
	const char* question;
	Result<Answer> (*run)(const Options& options);
};

Result<Answer> run_drop(const Options& options);
Result<Answer> run_flood_case(const Options& options);
Result<Answer> run_frames(const Options& options);
Result<Answer> run_queues(const Options& options);
Result<Answer> run_honest(const Options& options);
Result<Answer> run_handshake(const Options& options);
Result<Answer> run_tcp(const Options& options);
Result<Answer> run_start(const Options& options);
Result<Answer> run_pass(const Options& options);
Result<Answer> run_prefixes(const Options& options);
Result<Answer> run_accuracy(const Options& options);
Result<Answer> run_identity(const Options& options);
Result<Answer> run_instructions(const Options& options);
Result<Answer> run_apply(const Options& options);
Result<Answer> run_overlay(const Options& options);

// Processor, kernel, and how many processors.
nlohmann::json machine();
// "2 processors (AMD EPYC), kernel 6.1.0".
std::string machine_text();

}  // namespace sluice::bench
