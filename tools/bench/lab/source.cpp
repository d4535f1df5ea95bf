#include "lab/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file.h"

namespace sluice::lab {

namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr int kPatienceMs = 5000;

sockaddr_in endpoint(const std::string& address, std::uint16_t port)
{
	sockaddr_in out{};
	out.sin_family = AF_INET;
	out.sin_port = htons(port);
	::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
	return out;
}

Result<Fd> listen_here(std::uint16_t port, const std::string& congestion)
{
	Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	const int yes = 1;
	const sockaddr_in at = endpoint("0.0.0.0", port);
	if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, congestion.data(), static_cast<socklen_t>(congestion.size())) != 0 ||
	    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0 || ::listen(socket.get(), 16) != 0)
		return error_of_errno(errno, "send by " + congestion + " at port " + std::to_string(port));
	return socket;
}

Result<Fd> connect_from(const std::string& address, const std::string& server, std::uint16_t port)
{
	Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const sockaddr_in from = endpoint(address, 0), to = endpoint(server, port);
	const timeval patience{kPatienceMs / 1000, 0};
	if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof(from)) != 0 ||
	    ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
		return error_of_errno(errno, "connect from " + address);
	return socket;
}

}  // namespace

Result<std::unique_ptr<Source>> Source::open(const NetworkNamespace& space, std::uint16_t port, const std::string& congestion)
{
	Fd socket;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(socket, listen_here(port, congestion));
		return {};
	}));
	Fd end(::eventfd(0, EFD_CLOEXEC));
	if (!end)
		return error_of_errno(errno, "eventfd");
	return std::unique_ptr<Source>(new Source(std::move(socket), std::move(end)));
}

Source::Source(Fd socket, Fd end) : socket_(std::move(socket)), end_(std::move(end)), thread_([this] { serve(); }) {}

Source::~Source()
{
	const std::uint64_t one = 1;
	if (::write(end_.get(), &one, sizeof(one)) == sizeof(one))
		thread_.join();
	else
		thread_.detach();
}

void Source::serve() const
{
	const std::vector<char> chunk(kChunk);
	pollfd waits[] = {{socket_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
	while (::poll(waits, 2, -1) >= 0 && waits[1].revents == 0) {
		const Fd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
		const timeval patience{kPatienceMs / 1000, 0};
		if (!peer || ::setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
			continue;
		while (::send(peer.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) {
		}
	}
}

Result<double> take_from(const NetworkNamespace& space, const std::string& address, const std::string& server, std::uint16_t port,
			 std::chrono::duration<double> length)
{
	double rate = 0;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(const Fd socket, connect_from(address, server, port));
		std::vector<char> chunk(kChunk);
		const auto started = std::chrono::steady_clock::now();
		std::uint64_t taken = 0;
		std::chrono::duration<double> elapsed{};
		for (; elapsed < length; elapsed = std::chrono::steady_clock::now() - started) {
			const ssize_t size = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
			if (size <= 0)
				return error_of_errno(size < 0 ? errno : ECONNRESET, "take from " + server);
			taken += static_cast<std::uint64_t>(size);
		}
		rate = static_cast<double>(taken) / elapsed.count();
		return {};
	}));
	return rate;
}

}  // namespace sluice::lab
