#include "lab/newcomers.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "base/file.h"

namespace sluice::lab {

namespace {

using Clock = std::chrono::steady_clock;

struct Caller {
	Fd socket;
	Clock::time_point since;
};

socklen_t fill(sockaddr_storage& into, const net::Address& address, std::uint32_t offset, std::uint16_t port)
{
	std::array<std::uint8_t, 16> moved = address.bytes();
	// IPv4 callers differ in their last 16 bits, IPv6 callers in their /64.
	const std::size_t low = address.is_ipv4() ? 15 : 7;
	const std::uint32_t number = (static_cast<std::uint32_t>(moved[low - 1]) << 8 | moved[low]) + offset;
	moved[low - 1] = static_cast<std::uint8_t>(number >> 8);
	moved[low] = static_cast<std::uint8_t>(number);
	if (address.is_ipv4()) {
		auto& to = reinterpret_cast<sockaddr_in&>(into);
		to.sin_family = AF_INET;
		to.sin_port = htons(port);
		std::memcpy(&to.sin_addr, moved.data() + 12, 4);
		return sizeof(to);
	}
	auto& to = reinterpret_cast<sockaddr_in6&>(into);
	to.sin6_family = AF_INET6;
	to.sin6_port = htons(port);
	std::memcpy(&to.sin6_addr, moved.data(), 16);
	return sizeof(to);
}

Result<Caller> call(const NewcomerPlan& plan, std::uint32_t number)
{
	const int family = plan.first.is_ipv4() ? AF_INET : AF_INET6;
	Caller caller{Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), Clock::now()};
	sockaddr_storage from{};
	sockaddr_storage to{};
	const int yes = 1;
	const socklen_t size = fill(from, plan.first, number, 0);
	(void)fill(to, plan.server, 0, plan.port);
	// IPv6 binds to an address of a local prefix, where none is set, only so.
	if (!caller.socket || ::setsockopt(caller.socket.get(), IPPROTO_IP, IP_FREEBIND, &yes, sizeof(yes)) != 0 ||
	    ::bind(caller.socket.get(), reinterpret_cast<const sockaddr*>(&from), size) != 0)
		return error_of_errno(errno, "a newcomer's address");
	if (::connect(caller.socket.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0 && errno != EINPROGRESS)
		return error_of_errno(errno, "a newcomer's SYN");
	return caller;
}

std::vector<pollfd> waits_of(const std::vector<Caller>& callers)
{
	std::vector<pollfd> waits;
	for (const Caller& caller : callers)
		waits.push_back({caller.socket.get(), POLLIN, 0});
	return waits;
}

// Those with the byte are tallied; those, and the ones that were refused or have lost their patience, go.
void settle(std::vector<Caller>& callers, const std::vector<pollfd>& waits, const NewcomerPlan& plan, NewcomerTally& tally)
{
	const auto now = Clock::now();
	std::vector<Caller> left;
	for (std::size_t i = 0; i < callers.size(); i++) {
		char byte = 0;
		if (waits[i].revents != 0) {
			if (::recv(callers[i].socket.get(), &byte, 1, 0) == 1)
				tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(now - callers[i].since).count());
		} else if (now - callers[i].since < plan.patience) {
			left.push_back(std::move(callers[i]));
		}
	}
	callers = std::move(left);
}

Result<NewcomerTally> call_all_here(const NewcomerPlan& plan)
{
	NewcomerTally tally;
	std::vector<Caller> callers;
	const auto started = Clock::now();
	const auto pause = std::chrono::nanoseconds(1'000'000'000 / std::max(plan.per_second, 1u));
	while (tally.asked < plan.count || !callers.empty()) {
		while (tally.asked < plan.count && Clock::now() >= started + pause * tally.asked) {
			SLUICE_TRY_ASSIGN(Caller caller, call(plan, tally.asked++));
			callers.push_back(std::move(caller));
		}
		std::vector<pollfd> waits = waits_of(callers);
		if (::poll(waits.data(), waits.size(), 1) < 0 && errno != EINTR)
			return error_of_errno(errno, "wait for newcomers");
		settle(callers, waits, plan, tally);
	}
	return tally;
}

}  // namespace

double NewcomerTally::answered_within(double milliseconds_at_most) const
{
	const auto count = std::count_if(milliseconds.begin(), milliseconds.end(), [&](double each) { return each <= milliseconds_at_most; });
	return asked == 0 ? 0.0 : static_cast<double>(count) / asked;
}

Result<NewcomerTally> call_all(const NetworkNamespace& space, const NewcomerPlan& plan)
{
	NewcomerTally tally;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(tally, call_all_here(plan));
		return {};
	}));
	return tally;
}

}  // namespace sluice::lab
