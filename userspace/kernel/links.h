// Links: the pinned XDP links of one set of pins.
//
// A link whose interface is gone is unpinned when it is noticed, and told in `notes`.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/calls.h"
#include "kernel/pins.h"
#include "kernel/undo.h"
#include "kernel/xdp_link.h"

namespace sluice::kernel {

class Generation;
class History;
struct Program;

class Links {
public:
	static Result<Links> open(Calls& calls, const Pins& pins, std::vector<std::string>& notes);

	const std::vector<XdpLink>& all() const { return links_; }

	// Asks the kernel about each again.
	Result<void> sweep(std::vector<std::string>& notes);
	// Every link to that program; `undo` puts back those that were moved. `undo` must outlive neither this nor `next`.
	Result<void> publish(const Program& next, const History& history, Undo& undo);
	// As Datapath::attach. An interface that has a link already keeps it.
	Result<datapath::Interface> attach(const Generation& running, const std::string& name,
					   std::optional<datapath::AttachMode> only, std::vector<std::string>& notes);
	// As Datapath::detach.
	Result<void> detach(const std::string& name);
	// As Datapath::interfaces; without those that are in another network namespace.
	Result<std::vector<datapath::Interface>> interfaces(const History& history, std::vector<std::string>& notes);

private:
	Links(Calls& calls, const Pins& pins) : calls_(&calls), pins_(pins) {}
	Result<std::optional<datapath::Interface>> attached(const std::string& name, std::optional<datapath::AttachMode> only,
							    std::uint32_t generation, std::uint32_t index);

	Calls* calls_;
	Pins pins_;
	std::vector<XdpLink> links_;
	std::set<std::string> told_;  // links of other network namespaces: told once
};

}  // namespace sluice::kernel
