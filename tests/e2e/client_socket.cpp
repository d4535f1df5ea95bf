#include "client_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/file.h"
#include "lab/wire.h"

namespace sluice::e2e {

namespace {

sockaddr_in endpoint(const std::string& address, std::uint16_t port)
{
	sockaddr_in out{};
	out.sin_family = AF_INET;
	out.sin_port = htons(port);
	::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
	return out;
}

Result<Fd> bound(int type, const std::string& address, std::uint16_t port)
{
	Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
	const sockaddr_in at = endpoint(address, port);
	const int on = 1;
	if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0)
		return error_of_errno(errno, "bind to " + address);
	return socket;
}

}  // namespace

Result<Fd> take_datagrams(const lab::NetworkNamespace& space, const std::string& address, std::uint16_t port)
{
	Fd socket;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(socket, bound(SOCK_DGRAM | SOCK_NONBLOCK, address, port));
		const int room = 64 << 20;
		if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
			return error_of_errno(errno, "SO_RCVBUFFORCE");
		return {};
	}));
	return socket;
}

Result<Fd> connect_from(const lab::NetworkNamespace& space, const std::string& address, std::uint16_t port, std::uint16_t gate_port)
{
	Fd socket;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(socket, bound(SOCK_STREAM, address, port));
		const sockaddr_in to = endpoint(lab::kGateIpv4, gate_port);
		if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
			return error_of_errno(errno, "connect from " + address);
		return {};
	}));
	return socket;
}

}  // namespace sluice::e2e
