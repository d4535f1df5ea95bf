// XdpLink: one interface whose packets a program judges, by a BPF link that a pin keeps.
//
// An unpinned link detaches when its last descriptor closes. Thread rule: as Datapath.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/calls.h"
#include "kernel/undo.h"

namespace sluice::kernel {

struct XdpLink {
	std::string interface;
	Fd fd;
	std::uint32_t interface_index = 0;  // 0: the interface is gone
	std::uint32_t program_id = 0;
};

// The interface of that name in this network namespace. Error kNotFound.
Result<std::uint32_t> interface_index(const std::string& name);

// Attaches, not yet pinned. Native first, then generic, unless `only` names one; why native was refused goes to `notes`.
// Error kExists, naming who holds the interface, when it has another XDP program.
Result<XdpLink> attach_xdp(Calls& calls, int program, const std::string& interface,
			   std::optional<datapath::AttachMode> only, std::vector<std::string>& notes);

// The pinned link of that name, as the kernel knows it now.
Result<XdpLink> open_xdp_link(Calls& calls, const std::string& path, const std::string& interface);
// Asks the kernel again.
Result<void> refresh(Calls& calls, XdpLink& link);

// How the kernel runs this link's program on its interface. Error when the interface is not in this network namespace.
Result<datapath::AttachMode> mode_of(const XdpLink& link);

// Who judges the packets of an interface now, as a sentence's end: "XDP program 'name' (id 7)". Empty: nobody.
std::string holder_of(Calls& calls, std::uint32_t interface_index);

// Moves a link from one program to another, and `undo` back. Error when it runs another than `old_program`.
Result<void> move_link(Calls& calls, XdpLink& link, int old_program, int program, std::uint32_t program_id, Undo& undo);

}  // namespace sluice::kernel
