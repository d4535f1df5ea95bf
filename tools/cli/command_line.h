// CommandLine: the command's grammar. Verbs add themselves; `parse` finds which one runs, with its arguments bound.
#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cli/verb.h"

namespace sluice::cli {

// What a verb's help teaches.
struct Lesson {
	std::string name;
	std::string summary;  // one line, in the list of verbs
	std::string text;     // what it does, in sentences
	std::string example;  // command lines, each with what it is for
};

class CommandLine {
public:
	CommandLine();

	// The verb's own grammar, to add arguments to; `run` is called once they are bound.
	CLI::App& add(const Lesson& lesson, Run run);

	struct Answer {
		std::string text;  // help or version: to be printed, nothing to be run
	};
	// What to run, what to print, or why neither. Errors are kInvalid, one line.
	Result<std::variant<Run, Answer>> parse(std::vector<std::string> arguments);

	const Globals& globals() const { return globals_; }
	std::vector<std::string> verbs() const;

private:
	Error explain(const CLI::Error& error) const;

	Globals globals_;
	CLI::App app_;
	std::map<const CLI::App*, Run> runs_;
};

// The one of `words` that is meant by `word`: the nearest by edits, if it takes no more than a third of its letters.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

// Every verb's place in the grammar; each has its file.
void add_check(CommandLine& line);
void add_test(CommandLine& line);
void add_diff(CommandLine& line);
void add_apply(CommandLine& line);
void add_confirm(CommandLine& line);
void add_promote(CommandLine& line);
void add_rollback(CommandLine& line);
void add_history(CommandLine& line);
void add_status(CommandLine& line);
void add_stats(CommandLine& line);
void add_top(CommandLine& line);
void add_events(CommandLine& line);
void add_ban(CommandLine& line);
void add_unban(CommandLine& line);
void add_bans(CommandLine& line);
void add_allow(CommandLine& line);
void add_deny(CommandLine& line);
void add_forget(CommandLine& line);
void add_overlay(CommandLine& line);
void add_explain(CommandLine& line);
void add_replay(CommandLine& line);
void add_identity(CommandLine& line);
void add_audit(CommandLine& line);
void add_lease(CommandLine& line);
void add_attach(CommandLine& line);
void add_detach(CommandLine& line);
void add_panic(CommandLine& line);

// The whole command: parses, runs, reports. What `main` returns.
ExitCode run(const std::vector<std::string>& arguments, text::Output& out, text::Output& err);

}  // namespace sluice::cli
