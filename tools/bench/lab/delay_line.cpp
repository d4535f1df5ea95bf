#include "lab/delay_line.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <vector>

#include "base/file.h"

namespace sluice::lab {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTunnel = "slow";
constexpr const char* kClients = "10.8.0.0/16";
constexpr const char* kTable = "20";
constexpr std::size_t kLargest = 65536;

// From the world to the gate, IPv4.
constexpr std::array<std::uint8_t, 14> kLinkHeader = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};

struct Waiting {
	Clock::time_point due;
	std::vector<std::uint8_t> frame;
};

Result<Fd> open_tunnel()
{
	Fd tunnel(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
	ifreq request{};
	std::strncpy(request.ifr_name, kTunnel, IFNAMSIZ - 1);
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (!tunnel || ::ioctl(tunnel.get(), TUNSETIFF, &request) != 0)
		return error_of_errno(errno, "make the tunnel");
	return tunnel;
}

Result<Fd> open_link()
{
	Fd link(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
	SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(kInterface));
	sockaddr_ll here{};
	here.sll_family = AF_PACKET;
	here.sll_ifindex = static_cast<int>(index);
	if (!link || ::bind(link.get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0)
		return error_of_errno(errno, "open the link to the gate");
	return link;
}

Result<void> lead_there(const Wire& wire)
{
	const NetworkNamespace& world = wire.world();
	SLUICE_TRY(world.ip({"link", "set", "lo", "up"}));
	SLUICE_TRY(world.ip({"link", "set", kTunnel, "up"}));
	SLUICE_TRY(world.ip({"route", "add", "local", kClients, "dev", "lo"}));
	SLUICE_TRY(world.ip({"route", "add", "default", "dev", kTunnel, "table", kTable}));
	SLUICE_TRY(world.ip({"rule", "add", "from", kClients, "lookup", kTable}));
	return wire.gate().ip({"route", "add", kClients, "via", kWorldIpv4});
}

}  // namespace

Result<std::unique_ptr<DelayLine>> DelayLine::open(const Wire& wire, std::chrono::milliseconds delay)
{
	Fd tunnel, link;
	SLUICE_TRY(wire.world().inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(tunnel, open_tunnel());
		SLUICE_TRY_ASSIGN(link, open_link());
		return {};
	}));
	SLUICE_TRY(lead_there(wire));
	Fd end(::eventfd(0, EFD_CLOEXEC));
	if (!end)
		return error_of_errno(errno, "eventfd");
	return std::unique_ptr<DelayLine>(new DelayLine(std::move(tunnel), std::move(link), std::move(end), delay));
}

DelayLine::DelayLine(Fd tunnel, Fd link, Fd end, std::chrono::milliseconds delay)
    : tunnel_(std::move(tunnel)), link_(std::move(link)), end_(std::move(end)), delay_(delay), thread_([this] { carry(); })
{
}

DelayLine::~DelayLine()
{
	const std::uint64_t one = 1;
	if (::write(end_.get(), &one, sizeof(one)) == sizeof(one))
		thread_.join();
	else
		thread_.detach();
}

void DelayLine::carry()
{
	std::deque<Waiting> waiting;
	std::vector<std::uint8_t> frame(kLinkHeader.begin(), kLinkHeader.end());
	frame.resize(kLargest);
	std::uint8_t* const packet = frame.data() + kLinkHeader.size();
	const std::size_t room = frame.size() - kLinkHeader.size();
	pollfd waits[] = {{tunnel_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
	while (waits[1].revents == 0) {
		timespec patience{1, 0};
		if (!waiting.empty()) {
			const auto left = std::max<std::int64_t>(0, std::chrono::nanoseconds(waiting.front().due - Clock::now()).count());
			patience = {left / 1'000'000'000, left % 1'000'000'000};
		}
		if (::ppoll(waits, 2, &patience, nullptr) < 0)
			return;
		for (ssize_t size = ::read(tunnel_.get(), packet, room); size > 0; size = ::read(tunnel_.get(), packet, room)) {
			if (packet[0] >> 4 == 4)
				waiting.push_back({Clock::now() + delay_, {frame.data(), packet + size}});
		}
		for (; !waiting.empty() && waiting.front().due <= Clock::now(); waiting.pop_front())
			(void)::send(link_.get(), waiting.front().frame.data(), waiting.front().frame.size(), 0);
	}
}

}  // namespace sluice::lab
