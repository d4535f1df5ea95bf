#include "lab/bare_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <cerrno>

#include "base/file.h"
#include "floor.skel.h"
#include "lab/wire.h"

namespace sluice::lab {

void BareProgram::Destroy::operator()(floor_bpf* skeleton) const
{
	floor_bpf__destroy(skeleton);
}

Result<BareProgram> BareProgram::attach(NetworkNamespace& where, Verdict verdict)
{
	BareProgram bare;
	bare.skeleton_.reset(floor_bpf__open_and_load());
	if (!bare.skeleton_)
		return error_of_errno(errno, "load a bare program");
	const auto& programs = bare.skeleton_->progs;
	bare.program_ = bpf_program__fd(verdict == Verdict::kPass ? programs.floor_pass : programs.floor_drop);
	SLUICE_TRY(where.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(kInterface));
		LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
		bare.link_.reset(::bpf_link_create(bare.program_, static_cast<int>(index), BPF_XDP, &options));
		if (!bare.link_)
			return error_of_errno(errno, "attach a bare program");
		return {};
	}));
	return bare;
}

}  // namespace sluice::lab
