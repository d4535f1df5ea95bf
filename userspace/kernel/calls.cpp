#include "kernel/calls.h"

#include <linux/membarrier.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sluice/abi/policy.h"
// After the types that it names.
#include "cookie.skel.h"
#include "sluice.skel.h"

namespace sluice::kernel {
namespace {

int or_errno(int result)
{
	return result < 0 ? -errno : result;
}

}  // namespace

int Calls::map_create(const std::string& name, const MapShape& shape)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = shape.flags);
	const int refused = admit();
	return refused ? refused
		       : or_errno(::bpf_map_create(static_cast<bpf_map_type>(shape.type), name.c_str(), shape.key_size,
						   shape.value_size, shape.max_entries, &options));
}

int Calls::map_update(int map, const void* key, const void* value, std::uint64_t flags)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_update_elem(map, key, value, flags));
}

int Calls::map_erase(int map, const void* key)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_delete_elem(map, key));
}

int Calls::map_lookup(int map, const void* key, void* value)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_lookup_elem(map, key, value));
}

int Calls::map_next_key(int map, const void* key, void* next)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_get_next_key(map, key, next));
}

int Calls::map_update_batch(int map, const void* keys, const void* values, std::uint32_t& count)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_update_batch(map, keys, values, &count, nullptr));
}

int Calls::map_lookup_batch(int map, void* resume, void* next, void* keys, void* values, std::uint32_t& count)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_lookup_batch(map, resume, next, keys, values, &count, nullptr));
}

int Calls::map_freeze(int map)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_map_freeze(map));
}

int Calls::wait_for_packets()
{
	const int refused = admit();
	return refused ? refused : or_errno(static_cast<int>(::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0)));
}

int Calls::map_info(int map, bpf_map_info& info)
{
	__u32 size = sizeof(info);
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_obj_get_info_by_fd(map, &info, &size));
}

int Calls::program_info(int program, bpf_prog_info& info)
{
	__u32 size = sizeof(info);
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_obj_get_info_by_fd(program, &info, &size));
}

int Calls::link_info(int link, bpf_link_info& info)
{
	__u32 size = sizeof(info);
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_obj_get_info_by_fd(link, &info, &size));
}

int Calls::program_by_id(std::uint32_t id)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_prog_get_fd_by_id(id));
}

int Calls::next_link_id(std::uint32_t id, std::uint32_t& next)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_link_get_next_id(id, &next));
}

int Calls::link_by_id(std::uint32_t id)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_link_get_fd_by_id(id));
}

int Calls::has_program_type(int type)
{
	const int refused = admit();
	return refused ? refused : ::libbpf_probe_bpf_prog_type(static_cast<bpf_prog_type>(type), nullptr);
}

int Calls::has_map_type(int type)
{
	const int refused = admit();
	return refused ? refused : ::libbpf_probe_bpf_map_type(static_cast<bpf_map_type>(type), nullptr);
}

int Calls::has_helper(int program_type, int helper)
{
	const int refused = admit();
	return refused ? refused
		       : ::libbpf_probe_bpf_helper(static_cast<bpf_prog_type>(program_type), static_cast<bpf_func_id>(helper), nullptr);
}

int Calls::program_load(sluice_bpf* skeleton)
{
	const int refused = admit();
	return refused ? refused : sluice_bpf__load(skeleton);
}

int Calls::cookie_load(cookie_bpf* skeleton)
{
	const int refused = admit();
	return refused ? refused : cookie_bpf__load(skeleton);
}

int Calls::pin(int object, const std::string& path)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_obj_pin(object, path.c_str()));
}

int Calls::open_pin(const std::string& path)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_obj_get(path.c_str()));
}

int Calls::unpin(const std::string& path)
{
	const int refused = admit();
	return refused ? refused : or_errno(::unlink(path.c_str()));
}

int Calls::rename(const std::string& from, const std::string& to)
{
	const int refused = admit();
	return refused ? refused : or_errno(::rename(from.c_str(), to.c_str()));
}

int Calls::make_directory(const std::string& path)
{
	const int refused = admit();
	return refused ? refused : or_errno(::mkdir(path.c_str(), 0700));
}

int Calls::remove_directory(const std::string& path)
{
	const int refused = admit();
	return refused ? refused : or_errno(::rmdir(path.c_str()));
}

int Calls::xdp_attach(int program, std::uint32_t interface_index, std::uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	const int refused = admit();
	return refused ? refused
		       : or_errno(::bpf_link_create(program, static_cast<int>(interface_index), BPF_XDP, &options));
}

int Calls::ingress_attach(int program, std::uint32_t interface_index)
{
	constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);  // these headers do not name it
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_link_create(program, static_cast<int>(interface_index), kTcxIngress, nullptr));
}

int Calls::link_update(int link, int program, int old_program)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = static_cast<__u32>(old_program));
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_link_update(link, program, &options));
}

int Calls::link_detach(int link)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_link_detach(link));
}

int Calls::xdp_detach(std::uint32_t interface_index, std::uint32_t flags)
{
	const int refused = admit();
	return refused ? refused : or_errno(::bpf_xdp_detach(static_cast<int>(interface_index), flags, nullptr));
}

}  // namespace sluice::kernel
