#include "lab/wire.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/file.h"

namespace sluice::lab {

namespace {

Result<void> set_up(const NetworkNamespace& space, const char* mac, const char* ipv4, const char* ipv6)
{
	SLUICE_TRY(space.ip({"link", "set", kInterface, "address", mac}));
	SLUICE_TRY(space.ip({"addr", "add", std::string(ipv4) + "/24", "dev", kInterface}));
	SLUICE_TRY(space.ip({"addr", "add", std::string(ipv6) + "/64", "dev", kInterface, "nodad"}));
	SLUICE_TRY(space.ip({"link", "set", kInterface, "up"}));
	return {};
}

Result<void> set_offload(const std::string& name, std::uint32_t command, bool on)
{
	const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ethtool_value value{command, on ? 1u : 0u};
	ifreq request{};
	std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
	request.ifr_data = reinterpret_cast<char*>(&value);
	if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0)
		return error_of_errno(errno, "an offload of " + name);
	return {};
}

}  // namespace

Result<Wire> Wire::open(const std::string& role)
{
	remove_leftovers();
	SLUICE_TRY_ASSIGN(NetworkNamespace gate, NetworkNamespace::open(role + "gate"));
	SLUICE_TRY_ASSIGN(NetworkNamespace world, NetworkNamespace::open(role + "world"));
	Wire wire(std::move(gate), std::move(world));
	SLUICE_TRY(wire.connect());
	return wire;
}

Result<void> Wire::connect() const
{
	const std::string queues = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN));
	SLUICE_TRY(gate_.ip({"link", "add", kInterface, "numrxqueues", queues, "numtxqueues", queues, "type", "veth", "peer",
			     "name", kInterface, "numrxqueues", queues, "numtxqueues", queues, "netns", world_.name()}));
	SLUICE_TRY(set_up(gate_, kGateMac, kGateIpv4, kGateIpv6));
	SLUICE_TRY(set_up(world_, kWorldMac, kWorldIpv4, kWorldIpv6));
	// Whoever spoofs gets no answers; the flood is not to fill neighbour tables with them.
	SLUICE_TRY(gate_.ip({"neigh", "replace", kWorldIpv4, "lladdr", kWorldMac, "dev", kInterface}));
	SLUICE_TRY(world_.ip({"neigh", "replace", kGateIpv4, "lladdr", kGateMac, "dev", kInterface}));
	SLUICE_TRY(gate_.ip({"-6", "neigh", "replace", kWorldIpv6, "lladdr", kWorldMac, "dev", kInterface}));
	SLUICE_TRY(world_.ip({"-6", "neigh", "replace", kGateIpv6, "lladdr", kGateMac, "dev", kInterface}));
	return {};
}

Result<void> Wire::add_client(const std::string& address) const
{
	std::vector<std::string> arguments{"addr", "add", address, "dev", kInterface};
	if (address.find(':') != std::string::npos)
		arguments.push_back("nodad");
	return world_.ip(std::move(arguments));
}

Result<std::uint32_t> interface_index(const std::string& name)
{
	const unsigned index = ::if_nametoindex(name.c_str());
	if (index == 0)
		return error_of_errno(errno, name);
	return index;
}

Result<std::uint32_t> received_packets(const std::string& name)
{
	ifaddrs* first = nullptr;
	if (::getifaddrs(&first) != 0)
		return error_of_errno(errno, "getifaddrs");
	const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
	for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
		if (at->ifa_addr != nullptr && at->ifa_addr->sa_family == AF_PACKET && name == at->ifa_name)
			return static_cast<const rtnl_link_stats*>(at->ifa_data)->rx_packets;
	}
	return Error(ErrorCode::kNotFound, "there is no interface " + name);
}

Result<void> receive_in_batches(const std::string& name)
{
	return set_offload(name, ETHTOOL_SGRO, true);
}

Result<void> share_the_queue(const std::string& name)
{
	return set_offload(name, ETHTOOL_STSO, false);
}

}  // namespace sluice::lab
