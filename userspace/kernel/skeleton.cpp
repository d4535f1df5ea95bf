#include "kernel/skeleton.h"

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <bpf/libbpf.h>

#include "base/file.h"
#include "kernel/probe.h"
#include "kernel/verifier_log.h"
#include "sluice.skel.h"

namespace sluice::kernel {
namespace {

using Constants = std::remove_pointer_t<decltype(sluice_bpf::rodata)>;

Result<bpf_map*> find(const sluice_bpf& skeleton, const std::string& name)
{
	if (name == kConfigMap)
		return skeleton.maps.rodata;
	bpf_map* map = ::bpf_object__find_map_by_name(skeleton.obj, name.c_str());
	if (!map)
		return Error(ErrorCode::kFailed, "the program has no map " + name);
	return map;
}

bpf_program* program_of(const sluice_bpf& skeleton, Entry entry)
{
	switch (entry) {
	case Entry::kShadowed:
		return skeleton.progs.sluice_shadowed;
	case Entry::kShadow:
		return skeleton.progs.sluice_shadow;
	case Entry::kExplain:
		return skeleton.progs.sluice_explain;
	case Entry::kReplay:
		return skeleton.progs.sluice_replay;
	case Entry::kJudge:
		break;
	}
	return skeleton.progs.sluice_xdp;
}

void choose(const sluice_bpf& skeleton, Entry entry)
{
	for (const Entry each : {Entry::kJudge, Entry::kShadowed, Entry::kShadow, Entry::kExplain, Entry::kReplay})
		::bpf_program__set_autoload(program_of(skeleton, each), each == entry);
	::bpf_map__set_autocreate(skeleton.maps.explanation, entry == Entry::kExplain || entry == Entry::kReplay);
	::bpf_map__set_autocreate(skeleton.maps.replay_clock, entry == Entry::kReplay);
	for (bpf_map* map : {skeleton.maps.handover, skeleton.maps.candidate})
		::bpf_map__set_autocreate(map, entry == Entry::kShadow || entry == Entry::kShadowed);
	for (bpf_map* map : {skeleton.maps.pairs, skeleton.maps.service_pairs})
		::bpf_map__set_autocreate(map, entry == Entry::kShadow);
}

Result<Fd> own(int fd, const std::string& what)
{
	const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return error_of_errno(errno, "keep " + what);
	return Fd(copy);
}

}  // namespace

void Skeleton::Destroy::operator()(sluice_bpf* skeleton) const
{
	sluice_bpf__destroy(skeleton);
}

Result<Skeleton> Skeleton::open(Entry entry)
{
	const LogCapture log;
	sluice_bpf* skeleton = sluice_bpf__open();
	if (!skeleton)
		return error_of_errno(errno, "open the program");
	choose(*skeleton, entry);
	return Skeleton(skeleton, entry);
}

void Skeleton::set_config(const sluice_config& config)
{
	std::memcpy(const_cast<sluice_config*>(&skeleton_->rodata->config), &config, sizeof(config));
}

Result<MapShape> Skeleton::shape(const std::string& name) const
{
	SLUICE_TRY_ASSIGN(const bpf_map* map, find(*skeleton_, name));
	return MapShape{static_cast<std::uint32_t>(::bpf_map__type(map)), ::bpf_map__key_size(map), ::bpf_map__value_size(map),
			::bpf_map__max_entries(map), ::bpf_map__map_flags(map)};
}

Result<void> Skeleton::resize(const std::string& name, std::uint32_t entries)
{
	SLUICE_TRY_ASSIGN(bpf_map* map, find(*skeleton_, name));
	if (const int code = ::bpf_map__set_max_entries(map, entries); code < 0)
		return error_of_errno(-code, "size map " + name);
	return {};
}

Result<void> Skeleton::reuse(const std::string& name, int fd)
{
	SLUICE_TRY_ASSIGN(bpf_map* map, find(*skeleton_, name));
	if (const int code = ::bpf_map__reuse_fd(map, fd); code < 0)
		return error_of_errno(-code, "share map " + name);
	return {};
}

Result<void> Skeleton::load(Calls& calls)
{
	const LogCapture log;
	const int code = calls.program_load(skeleton_.get());
	if (code < 0)
		return explain_load_failure(-code, log.text(), kernel_release()).within("load the program");
	return {};
}

Result<Fd> Skeleton::map(const std::string& name) const
{
	SLUICE_TRY_ASSIGN(const bpf_map* map, find(*skeleton_, name));
	return own(::bpf_map__fd(map), "map " + name);
}

Result<Fd> Skeleton::program() const
{
	return own(::bpf_program__fd(program_of(*skeleton_, entry_)), "the program");
}

Result<sluice_config> config_in(const void* value, std::size_t size)
{
	if (size != sizeof(Constants))
		return Error(ErrorCode::kUnsupported, "the pinned program's constants are " + std::to_string(size) +
							      " bytes, not " + std::to_string(sizeof(Constants)),
			     "it was loaded by another version of Sluice");
	sluice_config config{};
	std::memcpy(&config, static_cast<const std::byte*>(value) + offsetof(Constants, config), sizeof(config));
	return config;
}

std::size_t config_map_bytes()
{
	return sizeof(Constants);
}

}  // namespace sluice::kernel
