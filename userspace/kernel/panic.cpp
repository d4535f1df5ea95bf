#include "kernel/panic.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/file.h"
#include "kernel/calls.h"
#include "kernel/pins.h"
#include "kernel/verifier_log.h"
#include "kernel/xdp_link.h"

namespace sluice::kernel {
namespace {

constexpr const char* kProgramNames[] = {"sluice_xdp", "sluice_shadowed"};

std::string reason(int code)
{
	return std::strerror(-code);
}

void detach_pinned(Calls& calls, const Pins& pins, PanicReport& report)
{
	for (const std::string& name : pins.links()) {
		auto link = open_xdp_link(calls, pins.link(name), name);
		if (!link) {
			report.failed.push_back(name + ": " + link.error().message());
			continue;
		}
		const bool gone = link->interface_index == 0;
		if (const int code = gone ? 0 : calls.link_detach(link->fd.get()); code < 0) {
			report.failed.push_back(name + ": detach: " + reason(code));
			continue;
		}
		if (const int code = calls.unpin(pins.link(name)); code < 0)
			report.failed.push_back(name + ": detached, but its link stays pinned: " + reason(code));
		else
			report.done.push_back(name + (gone ? ": the interface is gone; unpinned" : ": detached"));
	}
}

// What takes SYN cookies back has nothing to take back now.
void detach_cookies(Calls& calls, const Pins& pins, PanicReport& report)
{
	for (const std::string& name : pins.cookie_links()) {
		const std::string path = pins.cookie_link(name);
		const Fd link(calls.open_pin(path));
		const int code = link ? calls.link_detach(link.get()) : -ENOENT;
		if (code < 0 || calls.unpin(path) < 0)
			report.failed.push_back(name + ": take cookies back no more: " + reason(code));
		else
			report.done.push_back(name + ": takes no cookies back");
	}
}

// Error where nobody tells: who may not ask is not to believe that nothing is there.
Result<bool> is_ours(Calls& calls, std::uint32_t program_id)
{
	const int opened = calls.program_by_id(program_id);
	if (opened == -ENOENT)
		return false;
	const Fd program(opened);
	bpf_prog_info info{};
	const int told = program ? calls.program_info(program.get(), info) : opened;
	if (told < 0)
		return error_of_errno(-told, "ask what program " + std::to_string(program_id) + " is");
	return std::ranges::any_of(kProgramNames, [&info](const char* name) { return std::strcmp(info.name, name) == 0; });
}

// The link through which a program is on an interface; none: it was attached without one.
Fd find_link(Calls& calls, std::uint32_t program_id, std::uint32_t interface_index)
{
	for (std::uint32_t id = 0; calls.next_link_id(id, id) == 0;) {
		Fd link(calls.link_by_id(id));
		bpf_link_info info{};
		if (!link || calls.link_info(link.get(), info) < 0)
			continue;
		if (info.type == BPF_LINK_TYPE_XDP && info.prog_id == program_id && info.xdp.ifindex == interface_index)
			return link;
	}
	return Fd();
}

void detach_program(Calls& calls, const std::string& name, std::uint32_t index, std::uint32_t program_id,
		    std::uint32_t flags, PanicReport& report)
{
	if (program_id == 0)
		return;
	const auto ours = is_ours(calls, program_id);
	if (!ours)
		report.failed.push_back(name + ": " + ours.error().message());
	if (!ours || !*ours)
		return;
	const Fd link = find_link(calls, program_id, index);
	const int code = link ? calls.link_detach(link.get()) : calls.xdp_detach(index, flags);
	if (code < 0)
		report.failed.push_back(name + ": detach program " + std::to_string(program_id) + ": " + reason(code));
	else
		report.done.push_back(name + ": detached program " + std::to_string(program_id) + ", which no pin knew");
}

}  // namespace

Result<PanicReport> panic(const std::string& pins)
{
	const std::unique_ptr<DIR, int (*)(DIR*)> seen(::opendir(pins.c_str()), ::closedir);
	if (!seen && errno != ENOENT)
		return Error(ErrorCode::kDenied, "what is pinned under " + pins + " cannot be seen: " + reason(-errno), "run it as root");
	const LogCapture quiet;
	Calls calls;
	PanicReport report;
	detach_pinned(calls, Pins::at(pins), report);
	detach_cookies(calls, Pins::at(pins), report);

	const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> interfaces(::if_nameindex(), ::if_freenameindex);
	if (!interfaces)
		return error_of_errno(errno, "list the interfaces");
	for (const auto* interface = interfaces.get(); interface->if_index != 0; interface++) {
		LIBBPF_OPTS(bpf_xdp_query_opts, answer);
		if (::bpf_xdp_query(static_cast<int>(interface->if_index), 0, &answer) < 0)
			continue;
		std::uint32_t native = answer.drv_prog_id, generic = answer.skb_prog_id;
		if (answer.attach_mode == XDP_ATTACHED_DRV)
			native = answer.prog_id;
		if (answer.attach_mode == XDP_ATTACHED_SKB)
			generic = answer.prog_id;
		detach_program(calls, interface->if_name, interface->if_index, native, XDP_FLAGS_DRV_MODE, report);
		detach_program(calls, interface->if_name, interface->if_index, generic, XDP_FLAGS_SKB_MODE, report);
	}
	return report;
}

}  // namespace sluice::kernel
