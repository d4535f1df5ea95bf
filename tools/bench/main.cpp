// `sluice-bench`: one question a case, one table an answer, and JSON beside it.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <fstream>

#include "bench.h"
#include "flood_verb.h"
#include "text/table.h"

namespace {

using namespace sluice;

constexpr bench::Case kCases[] = {
    {"drop", "what does a flood cost, beside the floor and the peers?", bench::run_drop},
    {"frames", "do length and tags of a frame matter?", bench::run_frames},
    {"queues", "does a second receive queue help?", bench::run_queues},
    {"flood", "what does a spoofed flood meet, and whom does it shut out?", bench::run_flood_case},
    {"honest", "what do honest clients feel while a flood runs?", bench::run_honest},
    {"pass", "what does a packet that passes pay?", bench::run_pass},
    {"tcp", "what does TCP through an attached gate pay?", bench::run_tcp},
    {"handshake", "what does a connection lose that began with a cookie?", bench::run_handshake},
    {"instructions", "what does judging cost, without a wire?", bench::run_instructions},
    {"prefixes", "what does the number of listed prefixes cost?", bench::run_prefixes},
    {"accuracy", "how exactly is a limit held?", bench::run_accuracy},
    {"identity", "what do leases cost?", bench::run_identity},
    {"start", "how soon is a packet judged, and is one ever not?", bench::run_start},
    {"apply", "how long does a policy take to install?", bench::run_apply},
    {"overlay", "how many bans and overlay entries a second does the daemon take?", bench::run_overlay},
};

struct Request {
	bench::Options options;
	std::string json_path;
	std::string plots;  // a directory; empty: none
	std::string markdown_path;
	std::vector<const bench::Case*> cases;
	bool flood = false;
	bench::FloodRequest flood_request;
};

int failed(const Error& error)
{
	std::fprintf(stderr, "sluice-bench: %s\n", error.sentence().c_str());
	return 1;
}

void print(const bench::Answer& answer)
{
	std::vector<text::Column> columns;
	for (const std::string& heading : answer.columns)
		columns.push_back({heading, text::Align::kLeft});
	text::Table table(std::move(columns));
	for (const auto& row : answer.rows)
		table.add({row.begin(), row.end()});
	std::printf("\n%s\n%s", answer.title.c_str(), table.to_string(text::Style::of(STDOUT_FILENO)).c_str());
	for (const std::string& note : answer.notes)
		std::printf("  %s\n", note.c_str());
	std::fflush(stdout);
}

void add_row(std::string& text, const std::vector<std::string>& cells)
{
	for (const std::string& cell : cells)
		text += "| " + cell + " ";
	text += "|\n";
}

// As a section of a document, under the case's name.
std::string to_markdown(const std::string& name, const bench::Answer& answer)
{
	std::string text = "\n## " + name + "\n\n" + answer.title + ".\n\n";
	add_row(text, answer.columns);
	add_row(text, std::vector<std::string>(answer.columns.size(), "---"));
	for (const auto& row : answer.rows)
		add_row(text, row);
	for (const std::string& note : answer.notes)
		text += "\n" + note + "\n";
	if (answer.plot)
		text += "\n![" + answer.plot->title + "](" + answer.plot->file + ")\n";
	return text;
}

int write(const std::string& path, const std::string& text)
{
	std::ofstream file(path);
	file << text;
	file.close();
	return file ? 0 : failed(Error(ErrorCode::kFailed, path + ": cannot be written"));
}

int run_cases(const Request& request)
{
	nlohmann::json all = {{"machine", bench::machine()}, {"version", SLUICE_VERSION}, {"quick", request.options.quick}};
	std::string document = "# Measured\n\nWritten by `sluice-bench --markdown`, " + std::to_string(request.options.rounds) +
			       " rounds: " + bench::machine_text() + ". What it means says performance.md.\n";
	std::printf("%s\n", bench::machine_text().c_str());
	for (const bench::Case* question : request.cases) {
		auto answer = question->run(request.options);
		if (!answer)
			return failed(std::move(answer).error().within(question->name));
		print(*answer);
		all["cases"][question->name] = answer->json;
		document += to_markdown(question->name, *answer);
		if (answer->plot && !request.plots.empty() && write(request.plots + "/" + answer->plot->file, bench::to_svg(*answer->plot)) != 0)
			return 1;
	}
	if (!request.markdown_path.empty() && write(request.markdown_path, document) != 0)
		return 1;
	return request.json_path.empty() ? 0 : write(request.json_path, all.dump(1, '\t') + "\n");
}

int run_generator(const bench::FloodRequest& request)
{
	const auto offered = bench::run_flood(request);
	if (!offered)
		return failed(offered.error());
	std::printf("%llu frames offered\n", static_cast<unsigned long long>(*offered));
	return 0;
}

void add_options(CLI::App& app, Request& request)
{
	app.add_flag("--quick", request.options.quick, "briefly: proves that it works, its figures mean little");
	app.add_option("--rounds", request.options.rounds, "measurements of each")->check(CLI::Range(1, 1000));
	app.add_option("--seconds", request.options.seconds, "length of one measurement")->check(CLI::Range(0.01, 60.0));
	app.add_option("--json", request.json_path, "also write everything to this file");
	app.add_option("--markdown", request.markdown_path, "also write every table to this file, as a document");
	app.add_option("--plots", request.plots, "also write plots (SVG) into this directory")->check(CLI::ExistingDirectory);
}

void add_flood(CLI::App& app, Request& request)
{
	CLI::App* flood = app.add_subcommand("send", "send a flood out of an interface of this network namespace");
	bench::FloodRequest& to = request.flood_request;
	flood->add_option("--interface", to.interface, "where it goes out; at the other end an XDP program has to stand")
	    ->capture_default_str();
	flood->add_option("--from", to.from, "the first source")->capture_default_str();
	flood->add_option("--to", to.to, "destination address")->required();
	flood->add_option("--protocol", to.protocol, "tcp or udp")->capture_default_str();
	flood->add_option("--port", to.port, "destination port")->capture_default_str();
	flood->add_option("--sources", to.sources, "how many sources; 0: any of 2^32")->capture_default_str();
	flood->add_option("--seconds", to.seconds, "how long")->capture_default_str();
	flood->add_option("--rate", to.rate, "packets per second; otherwise as fast as it goes");
	flood->add_option("--processor", to.processor, "the processor that sends")->capture_default_str();
	flood->callback([&request] { request.flood = true; });
}

void add_cases(CLI::App& app, Request& request)
{
	for (const bench::Case& question : kCases) {
		CLI::App* verb = app.add_subcommand(question.name, question.question);
		add_options(*verb, request);
		verb->callback([&request, &question] { request.cases.push_back(&question); });
	}
	CLI::App* all = app.add_subcommand("all", "every question");
	add_options(*all, request);
	all->callback([&request] {
		for (const bench::Case& question : kCases)
			request.cases.push_back(&question);
	});
}

int run(int argc, char** argv)
{
	Request request;
	CLI::App app("Measures Sluice beside the floor and the peers, in a lab that it makes itself.", "sluice-bench");
	app.require_subcommand(1);
	add_cases(app, request);
	add_flood(app, request);
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError& error) {
		return app.exit(error) == 0 ? 0 : 2;
	}
	if (::geteuid() != 0)
		return failed(Error(ErrorCode::kDenied, "namespaces and kernel programs need root", "sudo sluice-bench"));
	if (request.flood)
		return run_generator(request.flood_request);
	if (request.options.quick) {
		request.options.rounds = 2;
		request.options.seconds = 0.1;
	}
	return run_cases(request);
}

}  // namespace

int main(int argc, char** argv)
{
	try {
		return run(argc, argv);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "sluice-bench: internal: %s (this is a defect; please report it)\n", error.what());
		return 1;
	}
}
