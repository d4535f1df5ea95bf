#include "kernel/probe.h"

#include <linux/bpf.h>
#include <sys/utsname.h>

#include <array>

#include "base/fd.h"
#include "base/file.h"
#include "kernel/verifier_log.h"

namespace sluice::kernel {
namespace {

struct Need {
	int number;
	const char* name;
	const char* since;
};

constexpr std::array kMapTypes{
	Need{BPF_MAP_TYPE_ARRAY, "array", "3.19"},
	Need{BPF_MAP_TYPE_HASH, "hash", "3.19"},
	Need{BPF_MAP_TYPE_PROG_ARRAY, "program array", "4.2"},
	Need{BPF_MAP_TYPE_PERCPU_ARRAY, "per-processor array", "4.6"},
	Need{BPF_MAP_TYPE_RINGBUF, "ring buffer", "5.8"},
};

constexpr std::array kHelpers{
	Need{BPF_FUNC_tail_call, "bpf_tail_call", "4.2"},
	Need{BPF_FUNC_jiffies64, "bpf_jiffies64", "5.6"},
	Need{BPF_FUNC_ktime_get_coarse_ns, "bpf_ktime_get_coarse_ns", "5.11"},
	Need{BPF_FUNC_ringbuf_reserve, "bpf_ringbuf_reserve", "5.8"},
	Need{BPF_FUNC_xdp_get_buff_len, "bpf_xdp_get_buff_len", "5.18"},
};

std::string lacks(const char* kind, const Need& need)
{
	return std::string("the kernel has no ") + kind + " " + need.name + " (Linux " + need.since + " and later have it)";
}

}  // namespace

std::string kernel_release()
{
	utsname name{};
	return ::uname(&name) == 0 ? name.release : "unknown";
}

Result<Probe> probe(Calls& calls)
{
	const LogCapture log;
	const int map = calls.map_create("sluice_probe", {BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0});
	if (map < 0)
		return explain_load_failure(-map, log.text(), kernel_release());
	const Fd closed_at_the_end(map);

	Probe found{kernel_release(), {}};
	if (calls.has_program_type(BPF_PROG_TYPE_XDP) != 1)
		found.missing.emplace_back("the kernel, or this process's permissions, allow no XDP programs");
	for (const Need& need : kMapTypes) {
		if (calls.has_map_type(need.number) != 1)
			found.missing.push_back(lacks("map type", need));
	}
	for (const Need& need : kHelpers) {
		if (calls.has_helper(BPF_PROG_TYPE_XDP, need.number) != 1)
			found.missing.push_back(lacks("helper", need));
	}
	return found;
}

Result<void> require_kernel(Calls& calls)
{
	SLUICE_TRY_ASSIGN(const Probe found, probe(calls));
	if (found.missing.empty())
		return {};
	std::string all;
	for (const std::string& sentence : found.missing)
		all += (all.empty() ? "" : "; ") + sentence;
	return Error(ErrorCode::kUnsupported, "on Linux " + found.release + ": " + all, kOldestKernel);
}

}  // namespace sluice::kernel
