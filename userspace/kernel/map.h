// Map: an open kernel map whose shape is known. Values cross as bytes; typed_map.h gives them types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/calls.h"

namespace sluice::kernel {

class Map {
public:
	// `calls` outlives the map.
	static Result<Map> create(Calls& calls, const std::string& name, const MapShape& shape);
	// Takes over an open descriptor and reads the shape from the kernel.
	static Result<Map> adopt(Calls& calls, Fd fd, const std::string& name);
	static Result<Map> open_pin(Calls& calls, const std::string& path, const std::string& name);

	int fd() const { return fd_.get(); }
	const std::string& name() const { return name_; }
	const MapShape& shape() const { return shape_; }

	// Errors name the map; kNotFound: no such key; kExhausted: the map is full.
	Result<void> lookup(const void* key, void* value) const;
	Result<void> update(const void* key, const void* value) const;
	Result<void> erase(const void* key) const;
	// Hashes: false when there is none.
	Result<bool> first_key(void* key) const;
	// Arrays: elements 0 to count - 1 at once. Requires count <= max_entries.
	Result<void> fill(const void* values, std::uint32_t count) const;
	// Arrays: elements 0 to count - 1; of a per-processor array the values of every possible processor, one after
	// the other, each rounded up to 8 bytes.
	Result<std::vector<std::byte>> read(std::uint32_t count) const;
	// Hashes: every entry, keys and values apart, in the same order.
	struct Entries {
		std::vector<std::byte> keys;
		std::vector<std::byte> values;
		std::size_t count = 0;
	};
	Result<Entries> entries() const;
	// No more writes from user space, ever.
	Result<void> freeze() const;

	// Bytes that `read` gives for one element.
	std::size_t element_bytes() const;

private:
	Map(Calls& calls, Fd fd, std::string name) : calls_(&calls), fd_(std::move(fd)), name_(std::move(name)) {}
	Error error(int code, const char* doing) const;

	Calls* calls_;
	Fd fd_;
	std::string name_;
	MapShape shape_;
};

// Processors that the kernel keeps values for.
unsigned possible_processors();

}  // namespace sluice::kernel
