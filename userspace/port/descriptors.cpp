#include "port/descriptors.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "port/messages.h"

namespace sluice::port {
namespace {

using ControlRoom = std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))>;

bool would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// The descriptors of a message that was received, owned.
std::vector<Fd> owned_descriptors(msghdr& message)
{
	std::vector<Fd> owned;
	for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (std::size_t i = 0; i < count; i++) {
			int fd = -1;
			std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
			owned.emplace_back(fd);
		}
	}
	return owned;
}

}  // namespace

Result<std::size_t> transmit(int socket, std::string_view bytes, const std::vector<Fd>& descriptors)
{
	if (descriptors.size() > kMostDescriptors)
		return Error(ErrorCode::kInvalid, "more than " + std::to_string(kMostDescriptors) + " descriptors with one message");
	alignas(cmsghdr) ControlRoom control{};
	iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
	msghdr message{};
	message.msg_iov = &piece;
	message.msg_iovlen = 1;
	if (!descriptors.empty()) {
		message.msg_control = control.data();
		message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
		cmsghdr* part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
		for (std::size_t i = 0; i < descriptors.size(); i++) {
			const int fd = descriptors[i].get();
			std::memcpy(CMSG_DATA(part) + i * sizeof(int), &fd, sizeof fd);
		}
	}
	const ssize_t sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		return static_cast<std::size_t>(sent);
	if (would_block(errno))
		return std::size_t{0};
	if (errno == EPIPE || errno == ECONNRESET)
		return Error(ErrorCode::kUnreachable, "the other side closed the channel");
	return error_of_errno(errno, "send on the channel");
}

Result<Received> receive(int socket, std::span<char> room, std::size_t most_descriptors)
{
	alignas(cmsghdr) ControlRoom control{};
	iovec piece{room.data(), room.size()};
	msghdr message{};
	message.msg_iov = &piece;
	message.msg_iovlen = 1;
	if (most_descriptors > 0) {
		message.msg_control = control.data();
		message.msg_controllen = control.size();
	}
	const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0 && would_block(errno))
		return Received{};
	if (got < 0 && errno == ECONNRESET)
		return Received{.ended = true};
	if (got < 0)
		return error_of_errno(errno, "read the channel");
	Received received{static_cast<std::size_t>(got), got == 0, owned_descriptors(message)};
	if (most_descriptors > 0 && (message.msg_flags & MSG_CTRUNC) != 0)
		return Error(ErrorCode::kInvalid, "more than " + std::to_string(kMostDescriptors) + " descriptors with one message");
	return received;
}

}  // namespace sluice::port
