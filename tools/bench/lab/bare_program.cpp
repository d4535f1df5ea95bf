#include "lab/bare_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "floor.skel.h"
#include "lab/wire.h"

namespace sluice::lab {

void BareProgram::Destroy::operator()(floor_bpf* skeleton) const
{
	floor_bpf__destroy(skeleton);
}

Result<BareProgram> BareProgram::open()
{
	BareProgram bare;
	bare.skeleton_.reset(floor_bpf__open());
	if (!bare.skeleton_)
		return error_of_errno(errno, "open a bare program");
	return bare;
}

Result<void> BareProgram::put_on(NetworkNamespace& where, const bpf_program* program)
{
	if (floor_bpf__load(skeleton_.get()) != 0)
		return error_of_errno(errno, "load a bare program");
	program_ = bpf_program__fd(program);
	return where.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(kInterface));
		LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
		link_.reset(::bpf_link_create(program_, static_cast<int>(index), BPF_XDP, &options));
		if (!link_)
			return error_of_errno(errno, "attach a bare program");
		return {};
	});
}

Result<BareProgram> BareProgram::attach(NetworkNamespace& where, Verdict verdict)
{
	SLUICE_TRY_ASSIGN(BareProgram bare, open());
	const auto& programs = bare.skeleton_->progs;
	SLUICE_TRY(bare.put_on(where, verdict == Verdict::kPass ? programs.floor_pass : programs.floor_drop));
	return bare;
}

Result<BareProgram> BareProgram::attach_for(NetworkNamespace& where, const net::Address& ipv4, const net::Address& ipv6)
{
	SLUICE_TRY_ASSIGN(BareProgram bare, open());
	auto* networks = bare.skeleton_->rodata;
	std::memcpy(&networks->floor_ipv4_network, ipv4.bytes().data() + 12, sizeof(networks->floor_ipv4_network));
	std::memcpy(&networks->floor_ipv6_network, ipv6.bytes().data(), sizeof(networks->floor_ipv6_network));
	SLUICE_TRY(bare.put_on(where, bare.skeleton_->progs.floor_answers));
	return bare;
}

}  // namespace sluice::lab
