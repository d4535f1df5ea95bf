// Skeleton: the compiled program before it is in the kernel: specialise, size, share maps, load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/calls.h"
#include "sluice/abi/policy.h"

struct sluice_bpf;

namespace sluice::kernel {

// The name under which the program's constants are pinned beside its maps.
inline constexpr const char* kConfigMap = "config";

// The program's ways in (bpf/sluice.bpf.c): one is loaded, with the maps that it needs.
enum class Entry { kJudge, kShadowed, kShadow, kExplain, kReplay };

// Maps that an entry has to itself.
inline constexpr const char* kExplanationMap = "explanation";  // kExplain, kReplay
inline constexpr const char* kReplayClockMap = "replay_clock";  // kReplay
inline constexpr const char* kHandoverMap = "handover";          // kShadow, shared with kShadowed
inline constexpr const char* kCandidateMap = "candidate";        // the same
inline constexpr const char* kPairsMap = "pairs";                // kShadow
inline constexpr const char* kServicePairsMap = "service_pairs"; // kShadow

class Skeleton {
public:
	static Result<Skeleton> open(Entry entry = Entry::kJudge);

	// Before load: the constants; how a map is declared; its number of entries; a kernel map in place of a new one.
	void set_config(const sluice_config& config);
	Result<MapShape> shape(const std::string& map) const;
	Result<void> resize(const std::string& map, std::uint32_t entries);
	Result<void> reuse(const std::string& map, int fd);

	// Once. The Error is a sentence with advice, from what the kernel said.
	Result<void> load(Calls& calls);

	// After load: descriptors of the caller's own, valid when the skeleton is gone.
	Result<Fd> map(const std::string& name) const;
	Result<Fd> program() const;

private:
	struct Destroy {
		void operator()(sluice_bpf* skeleton) const;
	};
	Skeleton(sluice_bpf* skeleton, Entry entry) : skeleton_(skeleton), entry_(entry) {}
	std::unique_ptr<sluice_bpf, Destroy> skeleton_;
	Entry entry_;
};

// The constants inside the value of the map `config`. Error kUnsupported when the value has another size.
Result<sluice_config> config_in(const void* value, std::size_t size);
// Bytes of that value.
std::size_t config_map_bytes();

}  // namespace sluice::kernel
