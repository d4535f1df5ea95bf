// Fragments of what libbpf 1.1 and kernels 5.10 to 6.18 print, and the sentence that people get.
#include <gtest/gtest.h>

#include <cerrno>

#include "kernel/verifier_log.h"

namespace sluice::kernel {
namespace {

struct Row {
	const char* what;
	int error;
	const char* log;
	ErrorCode code;
	const char* message;
	const char* advice;  // a piece of it
};

const Row kRows[] = {
	{"no permission at all", EPERM,
	 "libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load trivial BPF program. Make sure "
	 "your kernel supports BPF (CONFIG_BPF_SYSCALL=y) and/or that RLIMIT_MEMLOCK is set to big enough value.\n",
	 ErrorCode::kDenied, "on Linux 6.1.0: the kernel does not let this process load BPF programs", "CAP_BPF"},
	{"locked memory", EPERM,
	 "libbpf: permission error while running as root; try raising 'ulimit -l'? current value: 64.0 KiB\n"
	 "libbpf: map 'buckets': failed to create: Operation not permitted(-1)\n",
	 ErrorCode::kExhausted, "on Linux 6.1.0: the limit on locked memory is too low for the maps", "LimitMEMLOCK=infinity"},
	{"no pointer leaks without CAP_PERFMON", EACCES,
	 "libbpf: prog 'sluice_xdp': BPF program load failed: Permission denied\nlibbpf: prog 'sluice_xdp': -- BEGIN PROG LOAD LOG --\n"
	 "12: (1f) r2 -= r3\nR2 pointer -= pointer prohibited for !root\nprocessed 13 insns (limit 1000000)\n-- END PROG LOAD LOG --\n",
	 ErrorCode::kDenied, "on Linux 6.1.0: the verifier does not trust this process with pointers", "CAP_PERFMON"},
	{"no BTF", ESRCH, "libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?\n"
	 "libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3\n",
	 ErrorCode::kUnsupported, "on Linux 6.1.0: this kernel carries no BTF", "CONFIG_DEBUG_INFO_BTF=y"},
	{"an old kernel's BTF", EINVAL, "libbpf: BTF loading error: -22\nlibbpf: Error loading .BTF into kernel: -22.\n",
	 ErrorCode::kUnsupported, "on Linux 6.1.0: this kernel does not understand the program's type information", "5.18"},
	{"an unknown helper, by name", EINVAL,
	 "libbpf: prog 'sluice_xdp': -- BEGIN PROG LOAD LOG --\n3: (85) call bpf_xdp_get_buff_len#188\n"
	 "unknown func bpf_xdp_get_buff_len#188\nprocessed 4 insns (limit 1000000)\n-- END PROG LOAD LOG --\n",
	 ErrorCode::kUnsupported,
	 "on Linux 6.1.0: this kernel does not offer the helper bpf_xdp_get_buff_len#188 to XDP programs", "5.18"},
	{"an unknown helper, newer wording", EINVAL,
	 "3: (85) call bpf_ktime_get_coarse_ns#160\nprogram of this type cannot use helper bpf_ktime_get_coarse_ns#160\n",
	 ErrorCode::kUnsupported,
	 "on Linux 6.1.0: this kernel does not offer the helper bpf_ktime_get_coarse_ns#160 to XDP programs", "5.18"},
	{"too many instructions", E2BIG,
	 "BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000) max_states_per_insn 4\n",
	 ErrorCode::kUnsupported, "on Linux 6.1.0: the program is too complex for this kernel's verifier", "newer kernel"},
	{"too many jumps", E2BIG, "The sequence of 8193 jumps is too complex.\n", ErrorCode::kUnsupported,
	 "on Linux 6.1.0: the program is too complex for this kernel's verifier", "newer kernel"},
	{"no loops", EINVAL, "back-edge from insn 73 to 12\n", ErrorCode::kUnsupported,
	 "on Linux 6.1.0: this kernel's verifier takes a loop of the program for an endless one", "5.18"},
	{"the stack", EACCES, "combined stack size of 3 calls is 544. Too large\n", ErrorCode::kUnsupported,
	 "on Linux 6.1.0: the program needs more stack than this kernel allows", "uname -r"},
	{"no memory for a map", ENOMEM,
	 "libbpf: map 'buckets': failed to create: Cannot allocate memory(-12)\nlibbpf: failed to load object 'sluice_bpf'\n",
	 ErrorCode::kExhausted, "on Linux 6.1.0: there is no memory for map buckets", "smaller bucket table"},
	{"a map too large", E2BIG, "libbpf: map 'sources_ipv4': failed to create: Argument list too long(-7)\n",
	 ErrorCode::kExhausted, "on Linux 6.1.0: map sources_ipv4 is larger than this kernel allows", "policy smaller"},
	{"map flags", EINVAL, "libbpf: map 'events': failed to create: Invalid argument(-22)\n", ErrorCode::kUnsupported,
	 "on Linux 6.1.0: this kernel refuses the type, the size or a flag of map events", "5.18"},
	{"another trouble with a map", EBUSY, "libbpf: map 'bans': failed to create: Device or resource busy(-16)\n",
	 ErrorCode::kFailed, "on Linux 6.1.0: the kernel refuses map bans: Device or resource busy", ""},
	{"what nobody foresaw", EACCES,
	 "libbpf: prog 'sluice_xdp': BPF program load failed: Permission denied\nlibbpf: prog 'sluice_xdp': -- BEGIN PROG LOAD LOG --\n"
	 "func#0 @0\n0: R1=ctx(off=0,imm=0) R10=fp0\n0: (61) r2 = *(u32 *)(r1 +0)\n; if (end < at)\n"
	 "invalid access to packet, off=14 size=1, R2(id=0,off=14,r=13)\nR2 offset is outside of the packet\n"
	 "processed 12 insns (limit 1000000) max_states_per_insn 0\n-- END PROG LOAD LOG --\n"
	 "libbpf: prog 'sluice_xdp': failed to load: -13\n",
	 ErrorCode::kFailed, "on Linux 6.1.0: the verifier refuses the program: R2 offset is outside of the packet", "report"},
	{"no BPF", ENOSYS, "", ErrorCode::kUnsupported, "on Linux 6.1.0: the kernel was built without BPF", "5.18"},
	{"no memory", ENOMEM, "", ErrorCode::kExhausted, "on Linux 6.1.0: the kernel has no memory for the program", "free memory"},
	{"silence", EIO, "", ErrorCode::kFailed, "on Linux 6.1.0: Input/output error", ""},
};

TEST(KernelVerifierLog, EveryKnownFailureIsASentenceWithAdvice)
{
	for (const Row& row : kRows) {
		SCOPED_TRACE(row.what);
		const Error error = explain_load_failure(row.error, row.log, "6.1.0");
		EXPECT_EQ(row.code, error.code());
		EXPECT_EQ(row.message, error.message());
		EXPECT_NE(std::string::npos, error.advice().find(row.advice)) << error.advice();
		EXPECT_EQ(std::string::npos, error.sentence().find('\n'));
	}
}

TEST(KernelVerifierLog, CapturesKeepTheEndAndNest)
{
	LogCapture outer;
	outer.append("outer");
	{
		LogCapture inner;
		inner.append(std::string(300 * 1024, 'a') + "end");
		EXPECT_EQ(256u * 1024, inner.text().size());
		EXPECT_TRUE(inner.text().ends_with("aend"));
	}
	EXPECT_EQ("outer", outer.text());
}

}  // namespace
}  // namespace sluice::kernel
