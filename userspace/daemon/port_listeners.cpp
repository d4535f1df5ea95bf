#include "daemon/port_listeners.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace sluice::daemon {
namespace {

constexpr int kBacklog = 1024;

Result<void> set(int socket, int level, int option, int value)
{
	if (::setsockopt(socket, level, option, &value, sizeof(value)) != 0)
		return error_of_errno(errno, "set a socket option");
	return {};
}

socklen_t address_of(const net::Endpoint& endpoint, sockaddr_storage& into)
{
	const auto& bytes = endpoint.address.bytes();
	if (endpoint.address.is_ipv4()) {
		auto& address = reinterpret_cast<sockaddr_in&>(into);
		address.sin_family = AF_INET;
		address.sin_port = htons(*endpoint.port);
		std::memcpy(&address.sin_addr, bytes.data() + bytes.size() - sizeof(address.sin_addr), sizeof(address.sin_addr));
		return sizeof(address);
	}
	auto& address = reinterpret_cast<sockaddr_in6&>(into);
	address.sin6_family = AF_INET6;
	address.sin6_port = htons(*endpoint.port);
	std::memcpy(&address.sin6_addr, bytes.data(), sizeof(address.sin6_addr));
	return sizeof(address);
}

// [::] takes IPv4 as well, unless an IPv4 endpoint has its port to itself. No other takes any.
bool takes_ipv4(const net::Endpoint& endpoint, const std::vector<net::Endpoint>& all)
{
	return endpoint.address == net::Address() && std::none_of(all.begin(), all.end(), [&endpoint](const net::Endpoint& other) {
		return other.address.is_ipv4() && other.port == endpoint.port;
	});
}

Result<Fd> open_at(const net::Endpoint& endpoint, bool also_ipv4)
{
	const bool ipv4 = endpoint.address.is_ipv4();
	Fd socket(::socket(ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (!socket)
		return error_of_errno(errno, "open a socket");
	SLUICE_TRY(set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1));
	if (!ipv4)
		SLUICE_TRY(set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, also_ipv4 ? 0 : 1));
	sockaddr_storage address{};
	const socklen_t size = address_of(endpoint, address);
	if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
		return error_of_errno(errno, "bind");
	if (::listen(socket.get(), kBacklog) != 0)
		return error_of_errno(errno, "listen");
	return socket;
}

}  // namespace

std::vector<std::string> PortListeners::listen_at(const std::vector<net::Endpoint>& endpoints)
{
	std::map<std::string, Open> kept;
	for (const net::Endpoint& endpoint : endpoints) {
		const auto found = open_.find(endpoint.to_string());
		if (found != open_.end() && found->second.also_ipv4 == takes_ipv4(endpoint, endpoints))
			kept.insert(open_.extract(found));
	}
	// What nobody wants any more ends before others are opened: as long as a copy of it listens, its address is taken.
	for (const auto& [name, open] : open_)
		(void)::shutdown(open.socket.get(), SHUT_RD);
	open_ = std::move(kept);
	std::vector<std::string> problems;
	for (const net::Endpoint& endpoint : endpoints) {
		const std::string name = endpoint.to_string();
		if (open_.contains(name))
			continue;
		const bool also_ipv4 = takes_ipv4(endpoint, endpoints);
		auto opened = open_at(endpoint, also_ipv4);
		if (opened)
			open_[name] = {std::move(*opened), also_ipv4};
		else
			problems.push_back("the identity port does not listen at " + name + ": " + opened.error().sentence() + " (it tries again every few seconds)");
	}
	return problems;
}

std::vector<std::string> PortListeners::names() const
{
	std::vector<std::string> names;
	for (const auto& [name, open] : open_)
		names.push_back(name);
	return names;
}

Result<std::vector<Fd>> PortListeners::copies() const
{
	std::vector<Fd> copies;
	for (const auto& [name, open] : open_) {
		copies.emplace_back(::fcntl(open.socket.get(), F_DUPFD_CLOEXEC, 0));
		if (!copies.back())
			return error_of_errno(errno, "copy the socket of " + name);
	}
	return copies;
}

}  // namespace sluice::daemon
