#include "daemon/attachments.h"

#include <net/if.h>

#include "base/log.h"
#include "control/messages.h"

namespace sluice::daemon {

using datapath::AttachMode;
using datapath::Interface;

Result<void> Attachments::refresh()
{
	SLUICE_TRY_ASSIGN(interfaces_, datapath_.interfaces());
	return {};
}

const Interface* Attachments::find(const std::string& name) const
{
	for (const auto& interface : interfaces_) {
		if (interface.name == name)
			return &interface;
	}
	return nullptr;
}

Result<void> Attachments::adopt()
{
	SLUICE_TRY(refresh());
	for (const auto& interface : interfaces_) {
		spdlog::info("interface {}: adopted, {}", interface.name, control::mode_name(interface.mode));
		wanted_[interface.name] = {std::nullopt, interface.index};
	}
	return {};
}

Result<Interface> Attachments::attach(const std::string& name, std::optional<AttachMode> only)
{
	SLUICE_TRY(refresh());
	if (const Interface* present = find(name)) {
		if (only && *only != present->mode)
			return Error(ErrorCode::kExists, name + " is attached in " + control::mode_name(present->mode) + " mode",
			             "detach it first: sluice detach " + name);
		wanted_[name] = {only, present->index};
		return *present;
	}
	SLUICE_TRY_ASSIGN(const Interface attached, datapath_.attach(name, only));
	wanted_[name] = {only, attached.index};
	missing_.erase(name);
	journal_.record(telemetry::InterfaceEvent{attached.name, attached.index, true, control::mode_name(attached.mode)});
	SLUICE_TRY(refresh());
	return attached;
}

Result<void> Attachments::detach(const std::string& name)
{
	SLUICE_TRY(refresh());
	const Interface* present = find(name);
	const std::uint32_t index = present != nullptr ? present->index : 0;
	if (present != nullptr) {
		SLUICE_TRY(datapath_.detach(name));
		journal_.record(telemetry::InterfaceEvent{name, index, false, {}});
	} else if (!wanted_.contains(name)) {
		return Error(ErrorCode::kNotFound, name + " is not attached", "see `sluice status`");
	}
	wanted_.erase(name);
	missing_.erase(name);
	return refresh();
}

Result<void> Attachments::detach_all()
{
	SLUICE_TRY(refresh());
	const auto all = interfaces_;
	std::optional<Error> first;
	for (const auto& interface : all) {
		auto detached = detach(interface.name);
		if (!detached && !first)
			first = detached.error();
	}
	if (first)
		return *first;
	return {};
}

void Attachments::mend()
{
	if (auto refreshed = refresh(); !refreshed) {
		spdlog::warn("interfaces: {}", refreshed.error().sentence());
		return;
	}
	const auto wanted = wanted_;
	for (const auto& [name, each] : wanted) {
		if (find(name) != nullptr)
			missing_.erase(name);
		else
			mend(name, each);
	}
}

void Attachments::mend(const std::string& name, const Wanted& wanted)
{
	const std::uint32_t index = index_of_(name);
	if (index == 0) {
		note_missing(name, "the interface is gone");
		return;
	}
	if (index == wanted.index) {
		// The interface never went away: somebody took the program off, and meant it.
		wanted_.erase(name);
		missing_.erase(name);
		journal_.record(telemetry::InterfaceEvent{name, index, false, {}});
		return;
	}
	const auto attached = attach(name, wanted.only);
	if (!attached)
		note_missing(name, attached.error().sentence());
}

void Attachments::note_missing(const std::string& name, const std::string& why)
{
	if (missing_[name] != why)
		spdlog::warn("interface {} is not judged: {}", name, why);
	missing_[name] = why;
}

std::string Attachments::name_of(std::uint32_t index) const
{
	for (const auto& interface : interfaces_) {
		if (interface.index == index)
			return interface.name;
	}
	char name[IF_NAMESIZE];
	return ::if_indextoname(index, name) != nullptr ? name : "#" + std::to_string(index);
}

std::vector<std::string> Attachments::warnings() const
{
	std::vector<std::string> out;
	for (const auto& [name, why] : missing_)
		out.push_back(name + " is not judged: " + why);
	for (const auto& interface : interfaces_) {
		if (interface.mode == AttachMode::kGeneric)
			out.push_back(interface.name + " is in generic mode: correct, but slower than its driver could be");
	}
	return out;
}

}  // namespace sluice::daemon
