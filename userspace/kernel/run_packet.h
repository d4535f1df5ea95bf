// run_packet: one frame through a loaded program by BPF_PROG_TEST_RUN. State maps are charged as by a packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace sluice::kernel {

struct PacketRun {
	std::uint32_t action = 0;       // enum xdp_action
	std::uint32_t duration_ns = 0;  // mean of one run
	std::vector<std::byte> frame{};  // as the program left it, if it was to be kept
};

struct RunOptions {
	std::uint32_t repeat = 1;
	// Interface that the packet comes in on, in this network namespace; 0: none.
	std::uint32_t interface_index = 0;
	bool keep_frame = false;
};

// Requires a frame of at least an Ethernet header's 14 bytes: the kernel refuses shorter ones.
Result<PacketRun> run_packet(int program_fd, std::span<const std::byte> frame, const RunOptions& options = {});

}  // namespace sluice::kernel
