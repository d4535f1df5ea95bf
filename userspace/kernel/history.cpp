#include "kernel/history.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/shadow.h"
#include "kernel/undo.h"

namespace sluice::kernel {
namespace {

bool any_runs(const std::vector<XdpLink>& links, const Generation& generation)
{
	return std::any_of(links.begin(), links.end(), [&](const XdpLink& link) { return generation.find(link.program_id) >= 0; });
}

bool all_run(const std::vector<XdpLink>& links, const Program& program)
{
	return std::all_of(links.begin(), links.end(), [&](const XdpLink& link) { return link.program_id == program.id; });
}

}  // namespace

History History::look(Calls& calls, const Pins& pins, const std::vector<XdpLink>& links, std::vector<std::string>& notes)
{
	std::vector<Generation> found;
	for (const std::uint32_t number : pins.generations()) {
		auto generation = Generation::open(calls, pins.generation(number), number);
		if (generation)
			found.push_back(std::move(*generation));
		else
			notes.push_back("generation " + std::to_string(number) + " is damaged: " + generation.error().message());
	}
	History history;
	history.choose(std::move(found), links);
	return history;
}

Result<History> History::open(Calls& calls, const Pins& pins, Links& links, std::vector<std::string>& notes)
{
	SLUICE_TRY(remove_pins(calls, pins.staging()));
	History history = look(calls, pins, links.all(), notes);
	if (!history.running_) {
		if (!links.all().empty())
			notes.emplace_back("the attached program has no pins: it judges until the next policy is installed");
		return history;
	}
	if (!all_run(links.all(), history.running_->judge())) {
		Undo undo;
		SLUICE_TRY(links.publish(history.running_->judge(), history, undo));
		undo.keep();
		notes.push_back("generation " + std::to_string(history.running_->number()) +
				" was published to some interfaces only; now all have it");
	}
	history.retire_others(calls, pins, notes);
	return history;
}

// `found` ascends by number.
void History::choose(std::vector<Generation> found, const std::vector<XdpLink>& links)
{
	auto running = found.rbegin();
	if (!links.empty())
		running = std::find_if(found.rbegin(), found.rend(), [&](const Generation& g) { return any_runs(links, g); });
	if (running == found.rend())
		return;
	if (const auto before = std::next(running); before != found.rend())
		previous_ = std::move(*before);
	running_ = std::move(*running);
}

const Generation* History::find(std::uint32_t program_id) const
{
	for (const auto* generation : {&running_, &previous_}) {
		if (*generation && (*generation)->find(program_id) >= 0)
			return &**generation;
	}
	return nullptr;
}

int History::program(std::uint32_t id) const
{
	const Generation* generation = find(id);
	return generation ? generation->find(id) : -1;
}

std::uint32_t History::generation(std::uint32_t program_id) const
{
	const Generation* generation = find(program_id);
	return generation ? generation->number() : 0;
}

std::uint32_t History::next_number(const Pins& pins) const
{
	const std::vector<std::uint32_t> pinned = pins.generations();
	return std::max(pinned.empty() ? 0 : pinned.back(), running_ ? running_->number() : 0) + 1;
}

void History::advance(Calls& calls, const Pins& pins, Generation next, std::vector<std::string>& notes)
{
	previous_ = std::move(running_);
	running_ = std::move(next);
	if (previous_)
		unshadow(*previous_, calls, pins, notes);
	retire_others(calls, pins, notes);
}

void History::unshadow(Generation& generation, Calls& calls, const Pins& pins, std::vector<std::string>& notes)
{
	if (!generation.is_shadowed())
		return;
	const std::string path = shadowed_pin(pins, generation);
	if (const int code = calls.unpin(path); code < 0 && code != -ENOENT)
		notes.push_back(path + " stays pinned: " + std::strerror(-code));
	generation.set_shadowed(std::nullopt);
}

void History::unshadow(Calls& calls, const Pins& pins, std::vector<std::string>& notes)
{
	for (auto* generation : {&running_, &previous_}) {
		if (*generation)
			unshadow(**generation, calls, pins, notes);
	}
}

void History::retire_others(Calls& calls, const Pins& pins, std::vector<std::string>& notes) const
{
	for (const std::uint32_t number : pins.generations()) {
		if (number == running_->number() || (previous_ && number == previous_->number()))
			continue;
		if (auto removed = remove_pins(calls, pins.generation(number)); !removed)
			notes.push_back("generation " + std::to_string(number) + " stays pinned: " + removed.error().message());
	}
}

}  // namespace sluice::kernel
