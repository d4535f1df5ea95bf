#include "kernel/generation.h"

#include <linux/bpf.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "kernel/policy_maps.h"
#include "kernel/skeleton.h"
#include "kernel/typed_map.h"

namespace sluice::kernel {
namespace {

constexpr const char* kProgram = "program";

Result<void> prepare(Skeleton& skeleton, const policy::Image& image, const StateMaps& state)
{
	skeleton.set_config(image.config);
	for (const Contents& contents : contents_of(image)) {
		const auto entries = static_cast<std::uint32_t>(std::max<std::size_t>(contents.count, 1));
		SLUICE_TRY(skeleton.resize(contents.map, entries));
	}
	for (const char* name : kStateMaps)
		SLUICE_TRY(skeleton.reuse(name, state.at(name).fd()));
	return {};
}

// Writes, reads back, compares, freezes.
Result<void> settle(const Map& map, const Contents& contents)
{
	SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), contents.value_size));
	const auto count = static_cast<std::uint32_t>(contents.count);
	SLUICE_TRY(map.fill(contents.values, count));
	SLUICE_TRY_ASSIGN(const std::vector<std::byte> back, map.read(count));
	if (count > 0 && std::memcmp(back.data(), contents.values, back.size()) != 0)
		return Error(ErrorCode::kFailed, "map " + map.name() + " does not read back as it was written");
	return map.freeze();
}

std::vector<std::string> own_maps(Entry entry)
{
	switch (entry) {
	case Entry::kJudge:
	case Entry::kShadowed:
		return {};
	case Entry::kShadow:
		return {kBucketsMap, kHandoverMap, kCandidateMap, kPairsMap, kServicePairsMap};
	case Entry::kExplain:
		return {kExplanationMap};
	case Entry::kReplay:
		break;
	}
	return {kExplanationMap, kReplayClockMap};
}

Result<Program> open_program(Calls& calls, const std::string& path)
{
	const int program = calls.open_pin(path);
	if (program < 0)
		return error_of_errno(-program, "open pin " + path);
	return Program::adopt(calls, Fd(program));
}

Result<sluice_config> read_config(const Map& map)
{
	SLUICE_TRY_ASSIGN(const std::vector<std::byte> value, map.read(1));
	return config_in(value.data(), value.size());
}

}  // namespace

Result<Program> Program::adopt(Calls& calls, Fd program)
{
	bpf_prog_info info{};
	if (const int code = calls.program_info(program.get(), info); code < 0)
		return error_of_errno(-code, "ask about the program");
	return Program{std::move(program), info.id};
}

Result<Generation> Generation::stage(Calls& calls, const policy::Image& image, const StateMaps& state, Entry entry)
{
	SLUICE_TRY_ASSIGN(Skeleton skeleton, Skeleton::open(entry));
	SLUICE_TRY(prepare(skeleton, image, state));
	SLUICE_TRY(skeleton.load(calls));

	Generation generation;
	generation.number_ = image.config.generation;
	generation.abi_ = SLUICE_ABI_VERSION;
	SLUICE_TRY_ASSIGN(Fd program, skeleton.program());
	SLUICE_TRY_ASSIGN(generation.own_, Program::adopt(calls, std::move(program)));
	for (const Contents& contents : contents_of(image)) {
		SLUICE_TRY_ASSIGN(Fd fd, skeleton.map(contents.map));
		SLUICE_TRY_ASSIGN(Map map, Map::adopt(calls, std::move(fd), contents.map));
		SLUICE_TRY(settle(map, contents));
		generation.maps_.emplace(contents.map, std::move(map));
	}
	SLUICE_TRY_ASSIGN(Fd fd, skeleton.map(kConfigMap));
	SLUICE_TRY_ASSIGN(Map config_map, Map::adopt(calls, std::move(fd), kConfigMap));
	SLUICE_TRY_ASSIGN(const sluice_config config, read_config(config_map));
	if (std::memcmp(&config, &image.config, sizeof(config)) != 0)
		return Error(ErrorCode::kFailed, "the program's constants do not read back as they were set");
	generation.maps_.emplace(kConfigMap, std::move(config_map));
	for (const std::string& name : own_maps(entry)) {
		SLUICE_TRY_ASSIGN(Fd own, skeleton.map(name));
		SLUICE_TRY_ASSIGN(Map map, Map::adopt(calls, std::move(own), name));
		generation.maps_.emplace(name, std::move(map));
	}
	return generation;
}

Result<Generation> Generation::open(Calls& calls, const std::string& directory, std::uint32_t number, Entry entry)
{
	Generation generation;
	generation.number_ = number;
	SLUICE_TRY_ASSIGN(generation.own_, open_program(calls, directory + "/" + kProgram));
	auto shadowed = open_program(calls, directory + "/" + kShadowedPin);
	if (shadowed)
		generation.shadowed_ = std::move(*shadowed);
	else if (shadowed.error().code() != ErrorCode::kNotFound)
		return std::move(shadowed).error();

	// The first word of meta is the ABI version in every version.
	SLUICE_TRY_ASSIGN(Map meta, Map::open_pin(calls, directory + "/meta", "meta"));
	SLUICE_TRY_ASSIGN(const std::vector<std::byte> value, meta.read(1));
	if (value.size() < sizeof(generation.abi_))
		return Error(ErrorCode::kUnsupported, "map meta in " + directory + " is too short");
	std::memcpy(&generation.abi_, value.data(), sizeof(generation.abi_));
	if (!generation.is_readable())
		return generation;
	generation.maps_.emplace("meta", std::move(meta));
	std::vector<std::string> names = own_maps(entry);
	names.insert(names.end(), std::begin(kPolicyMaps), std::end(kPolicyMaps));
	names.emplace_back(kConfigMap);
	for (const std::string& name : names) {
		if (generation.maps_.contains(name))
			continue;
		SLUICE_TRY_ASSIGN(Map map, Map::open_pin(calls, directory + "/" + name, name));
		generation.maps_.emplace(name, std::move(map));
	}
	return generation;
}

Result<void> Generation::pin(Calls& calls, const std::string& directory, Undo& undo) const
{
	if (const int code = calls.make_directory(directory); code < 0)
		return error_of_errno(-code, "make " + directory);
	undo.add([&calls, directory] { (void)remove_pins(calls, directory); });
	if (const int code = calls.pin(own_.fd.get(), directory + "/" + kProgram); code < 0)
		return error_of_errno(-code, "pin the program in " + directory);
	if (const int code = shadowed_ ? calls.pin(shadowed_->fd.get(), directory + "/" + kShadowedPin) : 0; code < 0)
		return error_of_errno(-code, "pin the program that hands packets on in " + directory);
	for (const auto& [name, map] : maps_) {
		if (const int code = calls.pin(map.fd(), directory + "/" + name); code < 0)
			return error_of_errno(-code, "pin map " + name + " in " + directory);
	}
	return {};
}

int Generation::find(std::uint32_t program_id) const
{
	if (own_.id == program_id)
		return own_.fd.get();
	return shadowed_ && shadowed_->id == program_id ? shadowed_->fd.get() : -1;
}

Result<datapath::Running> Generation::read() const
{
	datapath::Running running;
	SLUICE_TRY_ASSIGN(const auto meta, read_array<sluice_meta>(at("meta"), 1));
	running.meta = meta.front();
	SLUICE_TRY_ASSIGN(running.config, read_config(at(kConfigMap)));
	SLUICE_TRY_ASSIGN(running.services, read_array<sluice_name>(at("service_names")));
	SLUICE_TRY_ASSIGN(running.rules, read_array<sluice_name>(at("rule_names")));
	SLUICE_TRY_ASSIGN(running.roles, read_array<sluice_name>(at("role_names")));
	SLUICE_TRY_ASSIGN(running.limits, read_array<sluice_limit>(at("limits")));
	return running;
}

Result<std::uint64_t> Generation::memory() const
{
	SLUICE_TRY_ASSIGN(std::uint64_t bytes, kernel_bytes(own_.fd.get()));
	if (shadowed_) {
		SLUICE_TRY_ASSIGN(const std::uint64_t more, kernel_bytes(shadowed_->fd.get()));
		bytes += more;
	}
	for (const auto& [name, map] : maps_) {
		SLUICE_TRY_ASSIGN(const std::uint64_t more, kernel_bytes(map.fd()));
		bytes += more;
	}
	return bytes;
}

Result<std::uint64_t> kernel_bytes(int fd)
{
	SLUICE_TRY_ASSIGN(const std::string text, read_file("/proc/self/fdinfo/" + std::to_string(fd)));
	constexpr std::string_view kField = "memlock:";
	const std::size_t at = text.find(kField);
	std::uint64_t bytes = 0;
	if (at != std::string::npos) {
		const std::size_t digits = text.find_first_not_of(" \t", at + kField.size());
		std::from_chars(text.data() + std::min(digits, text.size()), text.data() + text.size(), bytes);
	}
	return bytes;
}

}  // namespace sluice::kernel
