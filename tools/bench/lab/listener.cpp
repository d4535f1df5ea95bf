#include "lab/listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace sluice::lab {

namespace {

constexpr int kBacklog = 1024;

Result<Fd> listen_here(std::uint16_t port)
{
	Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	const int yes = 1;
	sockaddr_in6 address{};
	address.sin6_family = AF_INET6;
	address.sin6_port = htons(port);
	if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || ::listen(socket.get(), kBacklog) != 0)
		return error_of_errno(errno, "listen at port " + std::to_string(port));
	return socket;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const NetworkNamespace& space, std::uint16_t port)
{
	Fd socket;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(socket, listen_here(port));
		return {};
	}));
	Fd end(::eventfd(0, EFD_CLOEXEC));
	if (!end)
		return error_of_errno(errno, "eventfd");
	return std::unique_ptr<Listener>(new Listener(std::move(socket), std::move(end)));
}

Listener::Listener(Fd socket, Fd end) : socket_(std::move(socket)), end_(std::move(end)), thread_([this] { serve(); }) {}

Listener::~Listener()
{
	const std::uint64_t one = 1;
	if (::write(end_.get(), &one, sizeof(one)) == sizeof(one))
		thread_.join();
	else
		thread_.detach();
}

void Listener::serve() const
{
	pollfd waits[] = {{socket_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
	while (::poll(waits, 2, -1) >= 0 && waits[1].revents == 0) {
		for (Fd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); peer;
		     peer = Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)))
			(void)::send(peer.get(), ".", 1, MSG_NOSIGNAL);
	}
}

}  // namespace sluice::lab
