// Generation: a program in the kernel together with its own policy maps.
//
// Staged, it is complete and read back but nobody knows it: dropping the object leaves nothing. Pinned and published,
// it is never written again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

// A loaded program, held open.
struct Program {
	static Result<Program> adopt(Calls& calls, Fd program);

	Fd fd;
	std::uint32_t id = 0;
};

// The name under which the program is pinned that hands packets on, beside the generation's own.
inline constexpr const char* kShadowedPin = "shadowed";

class Generation {
public:
	// Loads the program specialised by image.config over the shared `state`, fills its maps from the image, reads them
	// back and freezes them. image.meta and image.config are final.
	// By another entry than that of packets on the wire, at() has the entry's own maps too.
	static Result<Generation> stage(Calls& calls, const policy::Image& image, const StateMaps& state, Entry entry = Entry::kJudge);
	// From its pins in `directory`. One of another ABI version opens too, with its programs alone: see abi().
	static Result<Generation> open(Calls& calls, const std::string& directory, std::uint32_t number, Entry entry = Entry::kJudge);

	// Pins everything in `directory`, which it makes; `undo` removes it.
	Result<void> pin(Calls& calls, const std::string& directory, Undo& undo) const;

	std::uint32_t number() const { return number_; }
	// SLUICE_ABI_VERSION, or that of whoever made it: then only number and program are known.
	std::uint32_t abi() const { return abi_; }
	bool is_readable() const { return abi_ == SLUICE_ABI_VERSION; }
	// Its program, by the entry that it was loaded by.
	const Program& own() const { return own_; }
	// The program that packets are to be judged by: its own, or while a candidate is shadowed the one that hands them on.
	const Program& judge() const { return shadowed_ ? *shadowed_ : own_; }
	int program() const { return judge().fd.get(); }
	// The descriptor of that one of its programs; -1: it is none of them.
	int find(std::uint32_t program_id) const;
	bool is_shadowed() const { return shadowed_.has_value(); }
	void set_shadowed(std::optional<Program> program) { shadowed_ = std::move(program); }

	// Requires is_readable().
	const Map& at(const std::string& map) const { return maps_.at(map); }
	Result<datapath::Running> read() const;
	// Bytes in the kernel of program and maps.
	Result<std::uint64_t> memory() const;

private:
	Generation() = default;

	std::uint32_t number_ = 0;
	std::uint32_t abi_ = 0;
	Program own_;
	std::optional<Program> shadowed_;
	std::map<std::string, Map> maps_;
};

// Bytes that the kernel charges for an open map or program.
Result<std::uint64_t> kernel_bytes(int fd);

}  // namespace sluice::kernel
