#include "control/peer.h"

#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "base/file.h"

namespace sluice::control {

Result<Peer> peer_of(int socket)
{
	ucred credentials{};
	socklen_t size = sizeof(credentials);
	if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return error_of_errno(errno, "ask who is at the other end");
	return Peer{credentials.uid, credentials.pid};
}

std::string user_name(std::uint32_t uid)
{
	std::vector<char> room(4096);
	passwd entry{};
	passwd* found = nullptr;
	while (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == ERANGE && room.size() < (1u << 20))
		room.resize(room.size() * 2);
	return found != nullptr ? found->pw_name : "";
}

}  // namespace sluice::control
