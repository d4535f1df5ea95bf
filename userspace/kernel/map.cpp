#include "kernel/map.h"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include <bpf/libbpf.h>

#include "base/file.h"

namespace sluice::kernel {
namespace {

// Elements that one batch call reads: enough to be few calls, little enough to be little memory.
constexpr std::uint32_t kBatch = 4096;

bool is_per_processor(std::uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH;
}

}  // namespace

unsigned possible_processors()
{
	static const int count = ::libbpf_num_possible_cpus();
	return count > 0 ? static_cast<unsigned>(count) : 1;
}

Error Map::error(int code, const char* doing) const
{
	return error_of_errno(-code, std::string(doing) + " map " + name_);
}

Result<Map> Map::create(Calls& calls, const std::string& name, const MapShape& shape)
{
	const int fd = calls.map_create(name, shape);
	if (fd < 0)
		return error_of_errno(-fd, "make map " + name);
	return adopt(calls, Fd(fd), name);
}

Result<Map> Map::adopt(Calls& calls, Fd fd, const std::string& name)
{
	Map map(calls, std::move(fd), name);
	bpf_map_info info{};
	if (const int code = calls.map_info(map.fd(), info); code < 0)
		return map.error(code, "ask about");
	map.shape_ = MapShape{info.type, info.key_size, info.value_size, info.max_entries, info.map_flags};
	return map;
}

Result<Map> Map::open_pin(Calls& calls, const std::string& path, const std::string& name)
{
	const int fd = calls.open_pin(path);
	if (fd < 0)
		return error_of_errno(-fd, "open pin " + path);
	return adopt(calls, Fd(fd), name);
}

Result<void> Map::lookup(const void* key, void* value) const
{
	if (const int code = calls_->map_lookup(fd(), key, value); code < 0)
		return error(code, "read");
	return {};
}

Result<void> Map::update(const void* key, const void* value) const
{
	if (const int code = calls_->map_update(fd(), key, value, BPF_ANY); code < 0)
		return error(code, "write");
	return {};
}

Result<void> Map::erase(const void* key) const
{
	if (const int code = calls_->map_erase(fd(), key); code < 0)
		return error(code, "erase from");
	return {};
}

Result<bool> Map::first_key(void* key) const
{
	const int code = calls_->map_next_key(fd(), nullptr, key);
	if (code < 0 && code != -ENOENT)
		return error(code, "read");
	return code == 0;
}

Result<void> Map::fill(const void* values, std::uint32_t count) const
{
	if (count == 0)
		return {};
	std::vector<std::uint32_t> keys(count);
	std::iota(keys.begin(), keys.end(), 0u);
	std::uint32_t done = count;
	if (const int code = calls_->map_update_batch(fd(), keys.data(), values, done); code < 0)
		return error(code, "fill");
	if (done != count)
		return Error(ErrorCode::kFailed, "fill map " + name_ + ": " + std::to_string(done) + " of " +
							 std::to_string(count) + " elements were written");
	return {};
}

std::size_t Map::element_bytes() const
{
	const std::size_t value = shape_.value_size;
	return is_per_processor(shape_.type) ? (value + 7) / 8 * 8 * possible_processors() : value;
}

Result<std::vector<std::byte>> Map::read(std::uint32_t count) const
{
	const std::size_t element = element_bytes();
	std::vector<std::byte> values(element * count);
	std::vector<std::uint32_t> keys(std::min(count, kBatch));
	std::uint32_t resume = 0;
	for (std::uint32_t at = 0; at < count;) {
		std::uint32_t done = std::min(count - at, kBatch);
		const int code = calls_->map_lookup_batch(fd(), at == 0 ? nullptr : &resume, &resume, keys.data(),
							  values.data() + element * at, done);
		if (code < 0 && code != -ENOENT)
			return error(code, "read");
		at += done;
		if (code == -ENOENT && at < count)
			return Error(ErrorCode::kFailed, "read map " + name_ + ": it has only " + std::to_string(at) + " elements");
	}
	return values;
}

Result<Map::Entries> Map::entries() const
{
	Entries entries;
	std::uint32_t resume = 0;
	for (int code = 0; code != -ENOENT;) {
		entries.keys.resize((entries.count + kBatch) * shape_.key_size);
		entries.values.resize((entries.count + kBatch) * shape_.value_size);
		std::uint32_t done = kBatch;
		code = calls_->map_lookup_batch(fd(), entries.count == 0 ? nullptr : &resume, &resume,
						entries.keys.data() + entries.count * shape_.key_size,
						entries.values.data() + entries.count * shape_.value_size, done);
		if (code < 0 && code != -ENOENT)
			return error(code, "read");
		entries.count += done;
		if (code == 0 && done == 0)
			break;
	}
	entries.keys.resize(entries.count * shape_.key_size);
	entries.values.resize(entries.count * shape_.value_size);
	return entries;
}

Result<void> Map::freeze() const
{
	if (const int code = calls_->map_freeze(fd()); code < 0)
		return error(code, "freeze");
	return {};
}

}  // namespace sluice::kernel
