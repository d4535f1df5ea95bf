// Generation: a program in the kernel together with its own policy maps.
//
// Staged, it is complete and read back but nobody knows it: dropping the object leaves nothing. Pinned and published,
// it is never written again.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/map.h"
#include "kernel/pins.h"
#include "kernel/skeleton.h"
#include "kernel/state_maps.h"
#include "kernel/undo.h"
#include "policy/image.h"

namespace sluice::kernel {

class Generation {
public:
	// Loads the program specialised by image.config over the shared `state`, fills its maps from the image, reads them
	// back and freezes them. image.meta and image.config are final.
	// By another entry than that of packets on the wire, at() has the entry's own maps too.
	static Result<Generation> stage(Calls& calls, const policy::Image& image, const StateMaps& state, Entry entry = Entry::kJudge);
	// From its pins. One of another ABI version opens too, with its program alone: see abi().
	static Result<Generation> open(Calls& calls, const Pins& pins, std::uint32_t number);

	// Pins everything in `directory`, which it makes; `undo` removes it.
	Result<void> pin(Calls& calls, const std::string& directory, Undo& undo) const;

	std::uint32_t number() const { return number_; }
	// SLUICE_ABI_VERSION, or that of whoever made it: then only number and program are known.
	std::uint32_t abi() const { return abi_; }
	bool is_readable() const { return abi_ == SLUICE_ABI_VERSION; }
	int program() const { return program_.get(); }
	std::uint32_t program_id() const { return program_id_; }

	// Requires is_readable().
	const Map& at(const std::string& map) const { return maps_.at(map); }
	Result<datapath::Running> read() const;
	// Bytes in the kernel of program and maps.
	Result<std::uint64_t> memory() const;

private:
	Generation() = default;
	Result<void> adopt_program(Calls& calls, Fd program);

	std::uint32_t number_ = 0;
	std::uint32_t abi_ = 0;
	Fd program_;
	std::uint32_t program_id_ = 0;
	std::map<std::string, Map> maps_;
};

// Bytes that the kernel charges for an open map or program.
Result<std::uint64_t> kernel_bytes(int fd);

}  // namespace sluice::kernel
