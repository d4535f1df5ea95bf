#include "policy/coverage.h"

#include "net/protocol.h"
#include "policy/port_set.h"
#include "policy/words.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostProtocols = 20;

void append(std::string& text, const std::string& more)
{
	text += (text.empty() ? "" : "; ") + more;
}

// Of TCP or UDP: its ports, its fragments, or all of it.
std::string words_with_ports(const CellSet& cells, std::uint32_t first, net::Protocol protocol)
{
	std::vector<net::PortRange> ports;
	std::size_t count = 0;
	for (std::uint32_t port = 0; port < PortSet::kPorts; port++) {
		if (!cells[first + port])
			continue;
		count++;
		const auto number = static_cast<std::uint16_t>(port);
		if (!ports.empty() && ports.back().last + 1u == port)
			ports.back().last = number;
		else
			ports.push_back({number, number});
	}
	const std::string name = protocol.to_string();
	const bool fragments = cells[SLUICE_CELL_PROTOCOL + protocol.number];
	if (count == PortSet::kPorts && fragments)
		return name;
	std::string text;
	if (count == PortSet::kPorts)
		text = name + " without its fragments";
	else if (count != 0)
		text = name + (count == 1 ? " port " : " ports ") + words_of(ports);
	if (fragments)
		append(text, "fragments of " + name);
	return text;
}

std::string words_without_ports(const CellSet& cells)
{
	std::string text;
	std::size_t count = 0;
	for (unsigned number = 0; number < 256; number++) {
		const net::Protocol protocol{static_cast<std::uint8_t>(number)};
		if (protocol.has_ports() || !cells[SLUICE_CELL_PROTOCOL + number])
			continue;
		if (count++ < kMostProtocols)
			text += (text.empty() ? "" : ", ") + protocol.to_string();
	}
	if (count == 254)
		return "every other protocol";
	return count > kMostProtocols ? text + " and " + std::to_string(count - kMostProtocols) + " more protocols" : text;
}

}  // namespace

Coverage::Coverage(const Image& image)
{
	for (std::uint32_t cell = 0; cell < SLUICE_PORT_CELLS; cell++) {
		const std::uint16_t group = image.ports.at(cell / SLUICE_CELLS_PER_BLOCK).cell[cell % SLUICE_CELLS_PER_BLOCK];
		const std::uint64_t failsafe = image.groups.at(group).failsafe;
		if (!runs_.empty() && runs_.back().failsafe == failsafe)
			runs_.back().end = cell + 1;
		else
			runs_.push_back({cell, cell + 1, failsafe});
	}
	std::erase_if(runs_, [](const Run& run) { return run.failsafe == 0; });
}

CellSet Coverage::of(std::uint64_t mask) const
{
	CellSet cells;
	for (const Run& run : runs_) {
		for (std::uint32_t cell = run.first; (run.failsafe & mask) != 0 && cell < run.end; cell++)
			cells.set(cell);
	}
	return cells;
}

std::string words_of(const CellSet& cells)
{
	if (cells.all())
		return "everything";
	std::string text = words_with_ports(cells, SLUICE_CELL_TCP, net::kTcp);
	const std::string udp = words_with_ports(cells, SLUICE_CELL_UDP, net::kUdp);
	const std::string others = words_without_ports(cells);
	if (!udp.empty())
		append(text, udp);
	if (!others.empty())
		append(text, others);
	return text;
}

}  // namespace sluice::policy
