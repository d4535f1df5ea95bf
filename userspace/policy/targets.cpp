#include "policy/targets.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy/port_set.h"

namespace sluice::policy {
namespace {

// Services by position in the policy, in rising order.
using ServiceSet = std::vector<std::size_t>;
// What decides about a protocol and port.
using Signature = std::pair<ServiceSet, std::uint64_t>;

std::vector<sluice_cells> blocks_of(const std::vector<std::uint16_t>& cells)
{
	std::vector<sluice_cells> blocks((cells.size() + SLUICE_CELLS_PER_BLOCK - 1) / SLUICE_CELLS_PER_BLOCK);
	for (std::size_t i = 0; i < cells.size(); i++)
		blocks[i / SLUICE_CELLS_PER_BLOCK].cell[i % SLUICE_CELLS_PER_BLOCK] = cells[i];
	return blocks;
}

class Builder {
public:
	Builder(const Policy& policy, const std::vector<std::uint16_t>& slots) : policy_(policy), slots_(slots)
	{
		for (const Service& service : policy.services)
			service_ports_.emplace_back(service.ports);
		for (const Failsafe& entry : policy.failsafe)
			failsafe_ports_.emplace_back(entry.ports);
	}

	Result<Targets> build();

private:
	void add_columns();
	void add_column(const net::Prefix& prefix);
	Result<void> add_ports(net::Protocol protocol, std::uint32_t first_cell);
	Result<void> add_portless(net::Protocol protocol);
	Result<std::uint16_t> group_of(const Signature& signature);
	Result<std::uint32_t> row_of(const ServiceSet& services);
	std::set<std::uint32_t> boundaries_of(net::Protocol protocol) const;
	ServiceSet services_at(net::Protocol protocol, std::uint32_t port) const;
	std::uint64_t failsafe_at(net::Protocol protocol, std::uint32_t port, bool has_ports) const;

	const Policy& policy_;
	const std::vector<std::uint16_t>& slots_;
	std::vector<PortSet> service_ports_;
	std::vector<PortSet> failsafe_ports_;
	std::vector<ServiceSet> columns_ = {ServiceSet{}};  // services that name an address there
	std::map<ServiceSet, std::uint16_t> column_ids_ = {{ServiceSet{}, 0}};
	std::map<Signature, std::uint16_t> group_ids_;
	std::map<std::vector<std::uint16_t>, std::uint32_t> row_ids_;
	std::vector<std::uint16_t> cells_;  // of `targets`
	std::vector<std::uint16_t> port_cells_;
	Targets built_;
};

Result<Targets> Builder::build()
{
	add_columns();
	SLUICE_TRY(group_of({{}, 0}));
	port_cells_.assign(SLUICE_PORT_CELLS, 0);
	SLUICE_TRY(add_ports(net::kTcp, SLUICE_CELL_TCP));
	SLUICE_TRY(add_ports(net::kUdp, SLUICE_CELL_UDP));
	for (unsigned number = 0; number < 256; number++)
		SLUICE_TRY(add_portless(net::Protocol{static_cast<std::uint8_t>(number)}));
	built_.ports = blocks_of(port_cells_);
	built_.cells = blocks_of(cells_);
	return std::move(built_);
}

void Builder::add_columns()
{
	std::set<net::Prefix> prefixes;
	for (const Service& service : policy_.services)
		prefixes.insert(service.addresses.begin(), service.addresses.end());
	for (const net::Prefix& prefix : prefixes)
		add_column(prefix);
	built_.by_destination = !prefixes.empty();
}

void Builder::add_column(const net::Prefix& prefix)
{
	ServiceSet here;
	for (std::size_t i = 0; i < policy_.services.size(); i++) {
		const auto& addresses = policy_.services[i].addresses;
		if (std::any_of(addresses.begin(), addresses.end(), [&prefix](const net::Prefix& p) { return p.contains(prefix); }))
			here.push_back(i);
	}
	const auto [place, fresh] = column_ids_.try_emplace(here, static_cast<std::uint16_t>(columns_.size()));
	if (fresh)
		columns_.push_back(here);
	built_.destinations[prefix.family()].push_back({prefix, place->second});
}

// Where the answer may change from one port to the next.
std::set<std::uint32_t> Builder::boundaries_of(net::Protocol protocol) const
{
	std::set<std::uint32_t> boundaries = {0, PortSet::kPorts};
	const auto add = [&boundaries](const std::vector<net::PortRange>& ports) {
		for (const net::PortRange& range : ports) {
			boundaries.insert(range.first);
			boundaries.insert(range.last + 1u);
		}
	};
	for (const Service& service : policy_.services) {
		if (service.protocol == protocol)
			add(service.ports);
	}
	for (const Failsafe& entry : policy_.failsafe)
		add(entry.ports);
	return boundaries;
}

ServiceSet Builder::services_at(net::Protocol protocol, std::uint32_t port) const
{
	ServiceSet services;
	for (std::size_t i = 0; i < policy_.services.size(); i++) {
		if (policy_.services[i].protocol == protocol && service_ports_[i].contains(port))
			services.push_back(i);
	}
	return services;
}

std::uint64_t Builder::failsafe_at(net::Protocol protocol, std::uint32_t port, bool has_ports) const
{
	std::uint64_t mask = 0;
	for (std::size_t i = 0; i < policy_.failsafe.size(); i++) {
		const Failsafe& entry = policy_.failsafe[i];
		const bool right_protocol = !entry.protocol || *entry.protocol == protocol;
		if (right_protocol && (has_ports ? failsafe_ports_[i].contains(port) : entry.ports.empty()))
			mask |= 1ull << i;
	}
	return mask;
}

Result<void> Builder::add_ports(net::Protocol protocol, std::uint32_t first_cell)
{
	const std::set<std::uint32_t> boundaries = boundaries_of(protocol);
	for (auto at = boundaries.begin(); *at != PortSet::kPorts; ++at) {
		SLUICE_TRY_ASSIGN(const std::uint16_t group, group_of({services_at(protocol, *at), failsafe_at(protocol, *at, true)}));
		const auto cells = port_cells_.begin() + first_cell;
		std::fill(cells + *at, cells + *std::next(at), group);
	}
	return {};
}

// TCP and UDP without ports are fragments: no service judges those.
Result<void> Builder::add_portless(net::Protocol protocol)
{
	const ServiceSet services = protocol.has_ports() ? ServiceSet{} : services_at(protocol, 0);
	SLUICE_TRY_ASSIGN(const std::uint16_t group, group_of({services, failsafe_at(protocol, 0, false)}));
	port_cells_[SLUICE_CELL_PROTOCOL + protocol.number] = group;
	return {};
}

Result<std::uint16_t> Builder::group_of(const Signature& signature)
{
	const auto known = group_ids_.find(signature);
	if (known != group_ids_.end())
		return known->second;
	if (built_.groups.size() >= SLUICE_MAX_GROUPS)
		return Error(ErrorCode::kExhausted, "more than " + std::to_string(SLUICE_MAX_GROUPS) + " combinations of services on one port",
			     "join services that share addresses and limits");
	SLUICE_TRY_ASSIGN(const std::uint32_t row, row_of(signature.first));
	const auto id = static_cast<std::uint16_t>(built_.groups.size());
	built_.groups.push_back({signature.second, row, 0});
	group_ids_.emplace(signature, id);
	return id;
}

Result<std::uint32_t> Builder::row_of(const ServiceSet& services)
{
	std::vector<std::uint16_t> row(columns_.size(), SLUICE_SERVICE_NONE);
	for (const std::size_t i : services) {
		const bool everywhere = policy_.services[i].addresses.empty();
		for (std::size_t column = 0; column < columns_.size(); column++) {
			if (everywhere || std::binary_search(columns_[column].begin(), columns_[column].end(), i))
				row[column] = slots_[i];
		}
	}
	const auto [place, fresh] = row_ids_.try_emplace(std::move(row), static_cast<std::uint32_t>(cells_.size()));
	if (!fresh)
		return place->second;
	if (cells_.size() + columns_.size() > SLUICE_MAX_TARGETS)
		return Error(ErrorCode::kExhausted, "more than " + std::to_string(SLUICE_MAX_TARGETS) + " combinations of ports and destinations",
			     "join services that share addresses");
	cells_.insert(cells_.end(), place->first.begin(), place->first.end());
	return place->second;
}

}  // namespace

Result<Targets> build_targets(const Policy& policy, const std::vector<std::uint16_t>& slots)
{
	return Builder(policy, slots).build();
}

}  // namespace sluice::policy
