#include "support/own_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/file.h"
#include "net/address.h"

namespace sluice::test {

namespace {

constexpr const char* kHost = "203.0.113.10";
constexpr std::size_t kLink = 14, kIp = 20;

Error failed(const std::string& what)
{
	return error_of_errno(errno, what);
}

Result<void> shell(const std::string& command)
{
	if (std::system(command.c_str()) != 0)
		return Error(ErrorCode::kFailed, command);
	return {};
}

sockaddr_in6 at(const net::Address& address, std::uint16_t port)
{
	sockaddr_in6 to{};
	to.sin6_family = AF_INET6;
	to.sin6_port = htons(port);
	std::memcpy(&to.sin6_addr, address.bytes().data(), 16);
	return to;
}

Result<Fd> bound(int type, const net::Address& address, std::uint16_t port)
{
	Fd fd(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
	const int off = 0, on = 1;
	const sockaddr_in6 here = at(address, port);
	if (fd.get() < 0 || ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
	    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0)
		return failed("bind port " + std::to_string(port));
	return fd;
}

// What leaves by "out", seen at its other end.
Result<Fd> watch_far()
{
	Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0800)));
	sockaddr_ll link{};
	link.sll_family = AF_PACKET;
	link.sll_protocol = htons(0x0800);
	link.sll_ifindex = static_cast<int>(::if_nametoindex("far"));
	if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&link), sizeof(link)) != 0)
		return failed("watch the link");
	return fd;
}

// The sequence number of the SYN-ACK to `port`; none within a tenth of a second.
std::optional<std::uint32_t> await_answer(const Fd& far, std::uint16_t port)
{
	pollfd waiting{far.get(), POLLIN, 0};
	std::uint8_t frame[256];
	while (::poll(&waiting, 1, 100) == 1) {
		const ssize_t size = ::recv(far.get(), frame, sizeof(frame), 0);
		const std::uint8_t* tcp = frame + kLink + kIp;
		if (size < static_cast<ssize_t>(kLink + kIp + 20) || frame[kLink + 9] != IPPROTO_TCP || (tcp[13] & 0x12) != 0x12)
			continue;
		if ((tcp[2] << 8 | tcp[3]) != port)
			continue;
		std::uint32_t sequence = 0;
		std::memcpy(&sequence, tcp + 4, sizeof(sequence));
		return ntohl(sequence);
	}
	return std::nullopt;
}

}  // namespace

Result<OwnNetwork> OwnNetwork::open()
{
	Fd before(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
	if (before.get() < 0 || ::unshare(CLONE_NEWNET) != 0)
		return failed("make a network namespace");
	OwnNetwork network(std::move(before));
	SLUICE_TRY(shell("ip link set lo up && ip addr add 203.0.113.10/32 dev lo && ip addr add 198.51.100.7/32 dev lo &&"
			 " ip -6 addr add 2001:db8:10::10/128 dev lo nodad && ip -6 addr add 2001:db8:7::7/128 dev lo nodad &&"
			 " ip link add out type veth peer name far && ip link set out up && ip link set far up &&"
			 " ip addr add 192.0.2.1/24 dev out && ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev out &&"
			 " ip route add default via 192.0.2.2 &&"
			 " ip -6 addr add 2001:db8::1/64 dev out nodad && ip -6 neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev out &&"
			 " ip -6 route add default via 2001:db8::2"));
	SLUICE_TRY(network.set("net.ipv4.conf.all.rp_filter", "0"));
	SLUICE_TRY(network.set("net.ipv4.conf.lo.rp_filter", "0"));
	return network;
}

OwnNetwork::~OwnNetwork()
{
	if (before_.get() >= 0 && ::setns(before_.get(), CLONE_NEWNET) != 0)
		std::abort();  // every later test would run in the wrong place
}

Result<Fd> OwnNetwork::listen(std::uint16_t port) const
{
	SLUICE_TRY_ASSIGN(const net::Address any, net::Address::parse("::"));
	SLUICE_TRY_ASSIGN(Fd fd, bound(SOCK_STREAM, any, port));
	if (::listen(fd.get(), 64) != 0)
		return failed("listen");
	return fd;
}

Result<Fd> OwnNetwork::bind_udp(std::uint16_t port) const
{
	SLUICE_TRY_ASSIGN(const net::Address any, net::Address::parse("::"));
	return bound(SOCK_DGRAM, any, port);
}

Result<Fd> OwnNetwork::resume(const End& here, const End& there) const
{
	const sockaddr_in6 local = at(here.address, here.port), peer = at(there.address, there.port);
	const int on = 1;
	Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd.get() < 0 || ::setsockopt(fd.get(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) != 0 ||
	    ::setsockopt(fd.get(), SOL_IPV6, IPV6_TRANSPARENT, &on, sizeof(on)) != 0 ||
	    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0 ||
	    ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0)
		return failed("resume a connection of " + there.address.to_string());
	return fd;
}

Result<OwnNetwork::Connection> OwnNetwork::connect(const Fd& listener, const std::string& client, std::uint16_t client_port,
						    std::uint16_t port) const
{
	SLUICE_TRY_ASSIGN(const net::Address from, net::Address::parse(client));
	SLUICE_TRY_ASSIGN(const net::Address host, net::Address::parse(from.is_ipv4() ? kHost : "2001:db8:10::10"));
	SLUICE_TRY_ASSIGN(Fd fd, bound(SOCK_STREAM, from, client_port));
	const sockaddr_in6 to = at(host, port);
	if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
		return failed("connect from " + client);
	Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
	if (server.get() < 0)
		return failed("accept");
	return Connection{std::move(fd), std::move(server)};
}

Result<std::optional<std::uint32_t>> OwnNetwork::arrive(const Packet& packet, std::uint16_t peer_port) const
{
	SLUICE_TRY_ASSIGN(const Fd far, watch_far());
	const Bytes bytes = packet.bytes();
	const Fd raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
	sockaddr_in to{};
	to.sin_family = AF_INET;
	::inet_pton(AF_INET, kHost, &to.sin_addr);
	if (raw.get() < 0 || ::sendto(raw.get(), bytes.data() + kLink, bytes.size() - kLink, 0, reinterpret_cast<const sockaddr*>(&to),
				      sizeof(to)) < 0)
		return failed("hand a packet to the stack");
	return await_answer(far, peer_port);
}

Result<void> OwnNetwork::set(const std::string& key, const std::string& value) const
{
	std::string path = key;
	std::replace(path.begin(), path.end(), '.', '/');
	std::ofstream file("/proc/sys/" + path);
	file << value << std::flush;
	if (!file)
		return Error(ErrorCode::kFailed, "set " + key);
	return {};
}

}  // namespace sluice::test
