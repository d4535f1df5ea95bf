#include "base/notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"

namespace sluice {
namespace {

std::string take(const char* name)
{
	const char* value = std::getenv(name);
	std::string out = value != nullptr ? value : "";
	::unsetenv(name);
	return out;
}

}  // namespace

Notifier Notifier::take_from_environment()
{
	const std::string socket = take("NOTIFY_SOCKET");
	const std::string microseconds = take("WATCHDOG_USEC");
	const std::string pid = take("WATCHDOG_PID");
	const bool ours = pid.empty() || pid == std::to_string(::getpid());
	const auto watchdog = ours ? std::strtoll(microseconds.c_str(), nullptr, 10) : 0;
	return Notifier(socket, std::chrono::microseconds(std::max(watchdog, 0LL)));
}

std::optional<std::chrono::microseconds> Notifier::alive_every() const
{
	if (watchdog_.count() <= 0 || socket_.empty())
		return std::nullopt;
	return std::max(watchdog_ / 3, std::chrono::microseconds(1000));
}

void Notifier::send(const std::string& state) const
{
	sockaddr_un address{};
	if (socket_.empty() || socket_.size() >= sizeof(address.sun_path))
		return;
	address.sun_family = AF_UNIX;
	std::memcpy(address.sun_path, socket_.data(), socket_.size());
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';  // a name in the abstract space
	const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
	if (fd)
		::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace sluice
