// Calls: the one gate through which Sluice calls the kernel about programs, maps, links and pins.
//
// Each function makes one call, and returns its result, or a negative errno. The gate counts calls, and can be told
// to fail one of them without making it: so that a test can fail the n-th for every n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/fd.h"

struct bpf_map_info;
struct bpf_prog_info;
struct bpf_link_info;
struct cookie_bpf;
struct sluice_bpf;

namespace sluice::kernel {

struct MapShape {
	std::uint32_t type = 0;
	std::uint32_t key_size = 0;
	std::uint32_t value_size = 0;
	std::uint32_t max_entries = 0;
	std::uint32_t flags = 0;

	bool operator==(const MapShape&) const = default;
};

class Calls {
public:
	// The n-th call from now on fails with `error`; 1 is the next one, 0 takes it back.
	void fail_at(std::uint64_t n, int error)
	{
		fail_in_ = n;
		error_ = error;
	}
	std::uint64_t made() const { return made_; }

	// Counts a call; 0, or the negative errno with which it is to fail unmade.
	int admit()
	{
		++made_;
		return fail_in_ != 0 && --fail_in_ == 0 ? -error_ : 0;
	}

	int map_create(const std::string& name, const MapShape& shape);
	int map_update(int map, const void* key, const void* value, std::uint64_t flags);
	int map_erase(int map, const void* key);
	int map_lookup(int map, const void* key, void* value);
	// The key after `key`; null: the first one. -ENOENT at the end.
	int map_next_key(int map, const void* key, void* next);
	// `count`: how many, and on return how many were done.
	int map_update_batch(int map, const void* keys, const void* values, std::uint32_t& count);
	// `resume`: null at the start. -ENOENT: done, `count` of them are valid.
	int map_lookup_batch(int map, void* resume, void* next, void* keys, void* values, std::uint32_t& count);
	int map_freeze(int map);
	// Returns when every packet that is being judged at this moment is judged. -EINVAL: this kernel cannot say when.
	int wait_for_packets();

	int map_info(int map, bpf_map_info& info);
	int program_info(int program, bpf_prog_info& info);
	int link_info(int link, bpf_link_info& info);
	int program_by_id(std::uint32_t id);
	// The first id above `id`.
	int next_link_id(std::uint32_t id, std::uint32_t& next);
	int link_by_id(std::uint32_t id);

	// 1: the kernel has it and lets this process use it; 0: it does not. Enumerators of linux/bpf.h.
	int has_program_type(int type);
	int has_map_type(int type);
	int has_helper(int program_type, int helper);

	int program_load(sluice_bpf* skeleton);
	int cookie_load(cookie_bpf* skeleton);

	int pin(int object, const std::string& path);
	int open_pin(const std::string& path);
	int unpin(const std::string& path);
	int rename(const std::string& from, const std::string& to);
	int make_directory(const std::string& path);
	int remove_directory(const std::string& path);

	// `flags`: XDP_FLAGS_*.
	int xdp_attach(int program, std::uint32_t interface_index, std::uint32_t flags);
	// A link on the interface's ingress, behind XDP; Linux 6.6 and later.
	int ingress_attach(int program, std::uint32_t interface_index);
	// Replaces `old_program`; -EPERM when the link runs another.
	int link_update(int link, int program, int old_program);
	int link_detach(int link);
	int xdp_detach(std::uint32_t interface_index, std::uint32_t flags);

private:
	std::uint64_t made_ = 0;
	std::uint64_t fail_in_ = 0;
	int error_ = 0;
};

}  // namespace sluice::kernel
