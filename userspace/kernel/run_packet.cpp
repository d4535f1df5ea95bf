#include "kernel/run_packet.h"

#include <linux/bpf.h>

#include <cerrno>

#include <bpf/bpf.h>

#include "base/file.h"

namespace sluice::kernel {

Result<PacketRun> run_packet(int program_fd, std::span<const std::byte> frame, const RunOptions& options)
{
	xdp_md context{};
	context.data_end = static_cast<__u32>(frame.size());
	context.ingress_ifindex = options.interface_index;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.data(), .data_size_in = static_cast<__u32>(frame.size()),
		    .repeat = static_cast<int>(options.repeat));
	if (options.interface_index) {
		run.ctx_in = &context;
		run.ctx_size_in = sizeof(context);
	}
	std::vector<std::byte> left(options.keep_frame ? frame.size() + 256 : 0);
	if (options.keep_frame) {
		run.data_out = left.data();
		run.data_size_out = static_cast<__u32>(left.size());
	}
	if (::bpf_prog_test_run_opts(program_fd, &run) != 0)
		return error_of_errno(errno, "run a packet of " + std::to_string(frame.size()) + " bytes");
	if (options.keep_frame)
		left.resize(run.data_size_out);
	return PacketRun{run.retval, run.duration, std::move(left)};
}

}  // namespace sluice::kernel
