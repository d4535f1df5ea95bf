#include "control/peer.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "base/file.h"

namespace sluice::control {
namespace {

std::optional<std::uint32_t> number_of(const std::string& text)
{
	std::uint32_t number = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
	return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// An entry of the host's by name: `find` is getpwnam_r or getgrnam_r.
template <typename Entry, typename Find>
std::optional<Entry> entry_of(const std::string& name, Find find)
{
	std::vector<char> room(4096);
	Entry entry{};
	Entry* found = nullptr;
	while (find(name.c_str(), &entry, room.data(), room.size(), &found) == ERANGE && room.size() < (1u << 20))
		room.resize(room.size() * 2);
	return found != nullptr ? std::optional(*found) : std::nullopt;
}

}  // namespace

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

std::optional<std::uint32_t> user_id(const std::string& name)
{
	const auto entry = entry_of<passwd>(name, ::getpwnam_r);
	return entry ? std::optional<std::uint32_t>(entry->pw_uid) : number_of(name);
}

std::optional<std::uint32_t> group_id(const std::string& name)
{
	const auto entry = entry_of<group>(name, ::getgrnam_r);
	return entry ? std::optional<std::uint32_t>(entry->gr_gid) : number_of(name);
}

}  // namespace sluice::control
