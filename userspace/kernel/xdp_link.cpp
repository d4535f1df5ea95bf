#include "kernel/xdp_link.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/file.h"

namespace sluice::kernel {
namespace {

using datapath::AttachMode;

Result<bpf_xdp_query_opts> query(std::uint32_t index)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, answer);
	if (const int code = ::bpf_xdp_query(static_cast<int>(index), 0, &answer); code < 0)
		return error_of_errno(-code, "ask which XDP program interface " + std::to_string(index) + " has");
	return answer;
}

std::uint32_t flags_of(AttachMode mode)
{
	return mode == AttachMode::kNative ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

Error attach_error(Calls& calls, int code, const std::string& interface, std::uint32_t index, AttachMode mode)
{
	const std::string holder = holder_of(calls, index);
	if ((code == -EBUSY || code == -EEXIST) && !holder.empty())
		return Error(ErrorCode::kExists, interface + " is held by " + holder,
			     "detach that first, with the tool that attached it or: ip link set dev " + interface + " xdp off");
	const char* name = mode == AttachMode::kNative ? "native" : "generic";
	const char* advice = mode == AttachMode::kNative ? "the driver may not support it, or not at this MTU: try generic mode" : "";
	const ErrorCode kind = code == -EINVAL ? ErrorCode::kUnsupported : code_of_errno(-code);
	return Error(kind, "attach to " + interface + " in " + name + " mode: " + std::strerror(-code), advice);
}

// Refusals that say something of the mode, not of the caller or the interface.
bool is_about_the_mode(int code)
{
	return code != -EBUSY && code != -EEXIST && code != -EPERM && code != -ENODEV && code != -ENOMEM;
}

}  // namespace

Result<std::uint32_t> interface_index(const std::string& name)
{
	const unsigned index = ::if_nametoindex(name.c_str());
	if (index == 0)
		return Error(ErrorCode::kNotFound, "there is no interface " + name, "ip link lists those that are");
	return index;
}

Result<XdpLink> attach_xdp(Calls& calls, int program, const std::string& interface, std::optional<AttachMode> only,
			   std::vector<std::string>& notes)
{
	SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(interface));
	AttachMode mode = only.value_or(AttachMode::kNative);
	int fd = calls.xdp_attach(program, index, flags_of(mode));
	if (fd < 0 && !only && is_about_the_mode(fd)) {
		notes.push_back(attach_error(calls, fd, interface, index, mode).message() + "; it runs in generic mode");
		mode = AttachMode::kGeneric;
		fd = calls.xdp_attach(program, index, flags_of(mode));
		if (fd < 0)
			notes.pop_back();
	}
	if (fd < 0)
		return attach_error(calls, fd, interface, index, mode);
	XdpLink link{interface, Fd(fd), index, 0};
	SLUICE_TRY(refresh(calls, link));
	return link;
}

Result<XdpLink> open_xdp_link(Calls& calls, const std::string& path, const std::string& interface)
{
	const int fd = calls.open_pin(path);
	if (fd < 0)
		return error_of_errno(-fd, "open pin " + path);
	XdpLink link{interface, Fd(fd), 0, 0};
	SLUICE_TRY(refresh(calls, link));
	return link;
}

Result<void> refresh(Calls& calls, XdpLink& link)
{
	bpf_link_info info{};
	if (const int code = calls.link_info(link.fd.get(), info); code < 0)
		return error_of_errno(-code, "ask about the link of " + link.interface);
	if (info.type != BPF_LINK_TYPE_XDP)
		return Error(ErrorCode::kInvalid, "the pinned link of " + link.interface + " is not an XDP link");
	link.interface_index = info.xdp.ifindex;
	link.program_id = info.prog_id;
	return {};
}

Result<AttachMode> mode_of(const XdpLink& link)
{
	SLUICE_TRY_ASSIGN(const bpf_xdp_query_opts answer, query(link.interface_index));
	if (answer.drv_prog_id == link.program_id)
		return AttachMode::kNative;
	if (answer.skb_prog_id == link.program_id)
		return AttachMode::kGeneric;
	if (answer.prog_id == link.program_id)
		return answer.attach_mode == XDP_ATTACHED_SKB ? AttachMode::kGeneric : AttachMode::kNative;
	return Error(ErrorCode::kNotFound, "the interface of link " + link.interface + " is not in this network namespace");
}

std::string holder_of(Calls& calls, std::uint32_t index)
{
	const auto answer = query(index);
	if (!answer)
		return {};
	for (const std::uint32_t id : {answer->prog_id, answer->drv_prog_id, answer->skb_prog_id, answer->hw_prog_id}) {
		if (id == 0)
			continue;
		const Fd program(calls.program_by_id(id));
		bpf_prog_info info{};
		if (program && calls.program_info(program.get(), info) == 0)
			return "XDP program '" + std::string(info.name) + "' (id " + std::to_string(id) + ")";
		return "XDP program " + std::to_string(id);
	}
	return {};
}

Result<void> move_link(Calls& calls, XdpLink& link, int old_program, int program, std::uint32_t program_id, Undo& undo)
{
	if (const int code = calls.link_update(link.fd.get(), program, old_program); code < 0)
		return error_of_errno(-code, "publish on " + link.interface);
	const std::uint32_t old_id = std::exchange(link.program_id, program_id);
	undo.add([&calls, &link, old_program, program, old_id] {
		if (calls.link_update(link.fd.get(), old_program, program) == 0)
			link.program_id = old_id;
	});
	return {};
}

}  // namespace sluice::kernel
