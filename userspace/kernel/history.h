// History: the generation that runs and the one before it.
//
// Which runs is what the links run: the newest pinned generation that any of them has. Where there is no link, the newest
// that is pinned: a generation gets its number only when it is complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/generation.h"
#include "kernel/links.h"

namespace sluice::kernel {

class History {
public:
	// As it is; changes nothing. What cannot be opened is told in `notes`.
	static History look(Calls& calls, const Pins& pins, const std::vector<XdpLink>& links, std::vector<std::string>& notes);
	// Removes what was staged and never published, and finishes what was published to some links only.
	static Result<History> open(Calls& calls, const Pins& pins, Links& links, std::vector<std::string>& notes);

	const std::optional<Generation>& running() const { return running_; }
	const std::optional<Generation>& previous() const { return previous_; }

	// By program id: the descriptor, or -1; the generation's number, or 0.
	int program(std::uint32_t id) const;
	std::uint32_t generation(std::uint32_t program_id) const;
	// Of the next generation.
	std::uint32_t next_number(const Pins& pins) const;

	// `next` runs; what ran is the previous one. Unpins all others; what stays pinned is told in `notes`.
	void advance(Calls& calls, const Pins& pins, Generation next, std::vector<std::string>& notes);

	// `program` of the running one hands packets on to a candidate from now on. Requires a running one.
	void shadow(Program program) { running_->set_shadowed(std::move(program)); }
	// No generation hands packets on any more: requires that no link runs a program that does.
	void unshadow(Calls& calls, const Pins& pins, std::vector<std::string>& notes);

	// The previous one runs, and the one that ran is the previous. Requires both. Without a link nothing but this object
	// knows: the next to look finds the higher number running.
	void swap() { std::swap(running_, previous_); }

private:
	const Generation* find(std::uint32_t program_id) const;
	void choose(std::vector<Generation> found, const std::vector<XdpLink>& links);
	static void unshadow(Generation& generation, Calls& calls, const Pins& pins, std::vector<std::string>& notes);
	void retire_others(Calls& calls, const Pins& pins, std::vector<std::string>& notes) const;

	std::optional<Generation> running_;
	std::optional<Generation> previous_;
};

}  // namespace sluice::kernel
