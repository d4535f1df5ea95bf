#include "port/caller.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace sluice::port {

Result<Caller> caller_of(int socket)
{
	constexpr std::size_t kMostGroups = 65536;  // NGROUPS_MAX
	ucred credentials{};
	socklen_t size = sizeof credentials;
	if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return error_of_errno(errno, "ask who is at the other end");
	std::vector<gid_t> groups(64);
	size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
	while (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
		if (errno != ERANGE || size > kMostGroups * sizeof(gid_t))
			return error_of_errno(errno, "ask for the groups of who is at the other end");
		groups.resize(size / sizeof(gid_t));
	}
	groups.resize(size / sizeof(gid_t));
	groups.push_back(credentials.gid);
	return Caller{credentials.uid, {groups.begin(), groups.end()}};
}

bool is_gateway(const Caller& caller, const Authorization& authorization)
{
	const auto is_named = [](const std::vector<std::uint32_t>& named, std::uint32_t id) {
		return std::find(named.begin(), named.end(), id) != named.end();
	};
	return is_named(authorization.users, caller.user) ||
	       std::any_of(caller.groups.begin(), caller.groups.end(), [&](std::uint32_t group) { return is_named(authorization.groups, group); });
}

}  // namespace sluice::port
