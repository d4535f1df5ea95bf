// An image as the packet path reads it: the same tables in the same order, without the packet.
#pragma once

#include <cstdint>
#include <string>

#include "policy/compile.h"
#include "policy/numbering.h"
#include "policy/ranges.h"
#include "sluice/core/addr.h"

namespace sluice::policy {

inline sluice_class class_of(const Image& image, const std::string& source)
{
	const net::Address address = *net::Address::parse(source);
	return image.classes.at(find_range(image.sources[address.family()], address.to_abi(), address.family()));
}

inline std::uint32_t column_of(const Image& image, const std::string& destination)
{
	const net::Address address = *net::Address::parse(destination);
	return image.config.by_destination ? find_range(image.destinations[address.family()], address.to_abi(), address.family()) : 0;
}

inline std::uint16_t cell_of(const std::vector<sluice_cells>& cells, std::uint32_t index)
{
	return cells.at(index / SLUICE_CELLS_PER_BLOCK).cell[index % SLUICE_CELLS_PER_BLOCK];
}

// Cells of `ports`.
inline std::uint32_t tcp(std::uint16_t port) { return SLUICE_CELL_TCP + port; }
inline std::uint32_t udp(std::uint16_t port) { return SLUICE_CELL_UDP + port; }
inline std::uint32_t portless(std::uint8_t protocol) { return SLUICE_CELL_PROTOCOL + protocol; }

inline std::uint16_t slot_of(const Image& image, std::uint32_t cell, const std::string& destination)
{
	return cell_of(image.targets, image.groups.at(cell_of(image.ports, cell)).row + column_of(image, destination));
}

// The name of the service that gets it; "-" for none.
inline std::string service_at(const Image& image, std::uint32_t cell, const std::string& destination = "203.0.113.1")
{
	return text_of(image.service_names.at(slot_of(image, cell, destination)));
}

inline bool failsafe_at(const Image& image, std::uint32_t cell, const std::string& source)
{
	return (image.groups.at(cell_of(image.ports, cell)).failsafe & class_of(image, source).failsafe) != 0;
}

// What the generation of `image` leaves to the next, as the datapath reads it back.
inline Heritage heritage_of(const Image& image, std::uint32_t generation = 1)
{
	return inherit(generation, {image.service_names, image.rule_names, image.role_names}, image.limits);
}

inline const sluice_limit& limit_named(const Image& image, const std::string& name)
{
	for (const sluice_limit& limit : image.limits) {
		if (limit.rule != 0 && text_of(image.rule_names.at(limit.rule)) == name)
			return limit;
	}
	return image.limits.at(0);
}

}  // namespace sluice::policy
