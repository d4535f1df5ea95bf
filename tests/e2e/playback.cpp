#include "playback.h"

#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/fd.h"
#include "base/file.h"
#include "lab/wire.h"

namespace sluice::e2e {

namespace {

constexpr std::array<std::uint8_t, 12> kLabMacs = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};  // to the gate, from the world
constexpr std::size_t kBurst = 64;                                                        // what a ring holds several of

Result<Fd> open_link()
{
	Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
	SLUICE_TRY_ASSIGN(const std::uint32_t index, lab::interface_index(lab::kInterface));
	sockaddr_ll link{};
	link.sll_family = AF_PACKET;
	link.sll_ifindex = static_cast<int>(index);
	if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&link), sizeof(link)) != 0)
		return error_of_errno(errno, "open the world's interface");
	return socket;
}

Result<void> send_all(const Fd& link, const test::Capture& capture, std::uint64_t frames_per_second)
{
	const auto started = std::chrono::steady_clock::now();
	std::uint64_t sent = 0;
	for (const auto& captured : capture.frames) {
		test::Bytes frame = captured.bytes;
		std::copy(kLabMacs.begin(), kLabMacs.end(), frame.begin());
		if (::send(link.get(), frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
			return error_of_errno(errno, "send a captured frame");
		if (++sent % kBurst == 0)
			std::this_thread::sleep_until(started + std::chrono::microseconds(sent * 1'000'000 / frames_per_second));
	}
	return {};
}

}  // namespace

Result<void> play(const lab::NetworkNamespace& world, const test::Capture& capture, std::uint64_t frames_per_second)
{
	if (!capture.ethernet)
		return Error(ErrorCode::kInvalid, "the capture has no link headers");
	return world.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(const Fd link, open_link());
		return send_all(link, capture, frames_per_second);
	});
}

}  // namespace sluice::e2e
