#include "kernel/links.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "kernel/generation.h"
#include "kernel/history.h"

namespace sluice::kernel {

using datapath::AttachMode;
using datapath::Interface;

namespace {

// Why a link holds no interface any more; `before` is the one that it held when last seen, 0 if it was never seen.
std::string loss_of(const std::string& name, std::uint32_t before)
{
	const auto index = interface_index(name);
	if (!index)
		return "interface " + name + " is gone, and its link with it";
	if (before != 0 && *index != before)
		return "interface " + name + " was made anew, and its link is gone with the old one";
	return "interface " + name + " was detached by somebody else (sluice panic does that); `sluice attach " + name + "` puts it back";
}

}  // namespace

Result<Links> Links::open(Calls& calls, const Pins& pins, std::vector<std::string>& notes)
{
	Links links(calls, pins);
	for (const std::string& name : pins.links()) {
		SLUICE_TRY_ASSIGN(XdpLink link, open_xdp_link(calls, pins.link(name), name));
		links.links_.push_back(std::move(link));
	}
	SLUICE_TRY(links.sweep(notes));
	return links;
}

Result<void> Links::sweep(std::vector<std::string>& notes)
{
	for (auto link = links_.begin(); link != links_.end();) {
		const std::uint32_t before = link->interface_index;
		SLUICE_TRY(refresh(*calls_, *link));
		if (link->interface_index != 0) {
			++link;
			continue;
		}
		const std::string path = pins_.link(link->interface);
		if (const int code = calls_->unpin(path); code < 0 && code != -ENOENT)
			return error_of_errno(-code, "unpin " + path);
		notes.push_back(loss_of(link->interface, before));
		link = links_.erase(link);
	}
	return {};
}

Result<void> Links::publish(const Program& next, const History& history, Undo& undo)
{
	for (XdpLink& link : links_) {
		if (link.program_id == next.id)
			continue;
		int old_program = history.program(link.program_id);
		if (old_program < 0) {
			const auto unknown = std::make_shared<Fd>(calls_->program_by_id(link.program_id));
			if (!*unknown)
				return Error(ErrorCode::kFailed,
					     "the link of " + link.interface + " runs program " + std::to_string(link.program_id) +
						     ", which nobody pinned",
					     "detach it: sluice detach " + link.interface);
			old_program = unknown->get();
			undo.add([unknown] {});
		}
		SLUICE_TRY(move_link(*calls_, link, old_program, next.fd.get(), next.id, undo));
	}
	return {};
}

// What there is already under that name; none: nothing is in the way.
Result<std::optional<Interface>> Links::attached(const std::string& name, std::optional<AttachMode> only,
						 std::uint32_t generation, std::uint32_t index)
{
	const auto link = std::find_if(links_.begin(), links_.end(), [&](const XdpLink& l) { return l.interface == name; });
	if (link == links_.end())
		return std::optional<Interface>();
	if (link->interface_index != index)
		return Error(ErrorCode::kExists, name + " was another interface when it was attached",
			     "detach it first: sluice detach " + name);
	SLUICE_TRY_ASSIGN(const AttachMode mode, mode_of(*link));
	if (only && *only != mode)
		return Error(ErrorCode::kExists, name + " is attached in the other mode", "detach it first: sluice detach " + name);
	return std::optional(Interface{name, index, mode, generation});
}

Result<Interface> Links::attach(const Generation& running, const std::string& name, std::optional<AttachMode> only,
				std::vector<std::string>& notes)
{
	SLUICE_TRY(sweep(notes));
	SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(name));
	SLUICE_TRY_ASSIGN(const std::optional<Interface> known, attached(name, only, running.number(), index));
	if (known)
		return *known;
	std::vector<std::string> refusals;
	SLUICE_TRY_ASSIGN(XdpLink link, attach_xdp(*calls_, running.program(), name, only, refusals));
	SLUICE_TRY_ASSIGN(const AttachMode mode, mode_of(link));
	const std::string path = pins_.link(name);
	if (const int code = calls_->pin(link.fd.get(), path); code < 0)
		return error_of_errno(-code, "pin " + path);
	notes.insert(notes.end(), refusals.begin(), refusals.end());
	links_.push_back(std::move(link));
	return Interface{name, index, mode, running.number()};
}

Result<void> Links::detach(const std::string& name)
{
	const auto link = std::find_if(links_.begin(), links_.end(), [&](const XdpLink& l) { return l.interface == name; });
	if (link == links_.end())
		return Error(ErrorCode::kNotFound, name + " is not attached", "sluice status lists the interfaces that are");
	const std::string path = pins_.link(name);
	Undo undo;
	if (const int code = calls_->unpin(path); code < 0 && code != -ENOENT)
		return error_of_errno(-code, "unpin " + path);
	undo.add([&] { calls_->pin(link->fd.get(), path); });
	if (const int code = calls_->link_detach(link->fd.get()); code < 0)
		return error_of_errno(-code, "detach " + name);
	undo.keep();
	links_.erase(link);
	return {};
}

Result<std::vector<Interface>> Links::interfaces(const History& history, std::vector<std::string>& notes)
{
	SLUICE_TRY(sweep(notes));
	std::vector<Interface> interfaces;
	for (const XdpLink& link : links_) {
		const auto mode = mode_of(link);
		if (mode)
			interfaces.push_back(
				Interface{link.interface, link.interface_index, *mode, history.generation(link.program_id)});
		else if (told_.insert(link.interface).second)
			notes.push_back(mode.error().message());
	}
	return interfaces;
}

}  // namespace sluice::kernel
