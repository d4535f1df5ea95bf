#include "control/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "control/peer.h"

namespace sluice::control {
namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un> address_of(const std::string& path)
{
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	if (path.empty() || path.size() >= sizeof(address.sun_path))
		return Error(ErrorCode::kInvalid, "the socket's path is empty or longer than 107 bytes: " + path);
	std::memcpy(address.sun_path, path.data(), path.size());
	return address;
}

Result<Fd> open_socket()
{
	Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (!fd)
		return error_of_errno(errno, "make a socket");
	return fd;
}

const sockaddr* plain(const sockaddr_un& address)
{
	return reinterpret_cast<const sockaddr*>(&address);
}

// Makes way at `path`: nothing there, or a socket on which nobody listens, which is removed.
Result<void> make_way(const std::string& path, const sockaddr_un& address)
{
	struct stat status {};
	if (::lstat(path.c_str(), &status) != 0)
		return errno == ENOENT ? Result<void>() : error_of_errno(errno, path);
	if (!S_ISSOCK(status.st_mode))
		return Error(ErrorCode::kExists, path + " is there and is no socket", "remove it, or name another path");
	SLUICE_TRY_ASSIGN(const Fd probe, open_socket());
	if (::connect(probe.get(), plain(address), sizeof(address)) == 0 || errno == EAGAIN)
		return Error(ErrorCode::kExists, "another daemon answers at " + path, "stop it first, or give this one another path");
	if (errno != ECONNREFUSED)
		return error_of_errno(errno, path);
	if (::unlink(path.c_str()) != 0 && errno != ENOENT)
		return error_of_errno(errno, "remove " + path);
	return {};
}

Result<void> make_directory_of(const std::string& path)
{
	const auto directory = std::filesystem::path(path).parent_path();
	if (!directory.empty() && ::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
		return error_of_errno(errno, "make " + directory.string());
	return {};
}

Result<gid_t> find_group(const std::string& name)
{
	const auto id = group_id(name);
	if (!id)
		return Error(ErrorCode::kInvalid, "there is no group '" + name + "'", "make it: groupadd --system " + name);
	return *id;
}

Result<void> give_to(const std::string& path, gid_t group)
{
	if (::lchown(path.c_str(), static_cast<uid_t>(-1), group) != 0)
		return error_of_errno(errno, "give " + path + " to its group");
	if (::chmod(path.c_str(), 0660) != 0)
		return error_of_errno(errno, "open " + path + " to its group");
	return {};
}

}  // namespace

Result<Fd> listen_at(const std::string& path, const std::string& group)
{
	SLUICE_TRY_ASSIGN(const sockaddr_un address, address_of(path));
	std::optional<gid_t> owner;
	if (!group.empty()) {
		SLUICE_TRY_ASSIGN(owner, find_group(group));
	}
	SLUICE_TRY(make_directory_of(path));
	SLUICE_TRY(make_way(path, address));
	SLUICE_TRY_ASSIGN(Fd fd, open_socket());

	const mode_t before = ::umask(0177);
	const int bound = ::bind(fd.get(), plain(address), sizeof(address));
	const int error = errno;
	::umask(before);
	if (bound != 0)
		return error_of_errno(error, "bind " + path);
	if (owner) {
		SLUICE_TRY(give_to(path, *owner));
	}
	if (::listen(fd.get(), kBacklog) != 0)
		return error_of_errno(errno, "listen at " + path);
	return fd;
}

Result<Fd> listen_for_all_at(const std::string& path)
{
	SLUICE_TRY_ASSIGN(const sockaddr_un address, address_of(path));
	SLUICE_TRY(make_directory_of(path));
	SLUICE_TRY(make_way(path, address));
	SLUICE_TRY_ASSIGN(Fd fd, open_socket());
	if (::bind(fd.get(), plain(address), sizeof(address)) != 0)
		return error_of_errno(errno, "bind " + path);
	if (::chmod(path.c_str(), 0666) != 0)
		return error_of_errno(errno, "open " + path + " to all");
	if (::listen(fd.get(), kBacklog) != 0)
		return error_of_errno(errno, "listen at " + path);
	return fd;
}

Result<Fd> connect_to(const std::string& path)
{
	SLUICE_TRY_ASSIGN(const sockaddr_un address, address_of(path));
	SLUICE_TRY_ASSIGN(Fd fd, open_socket());
	if (::connect(fd.get(), plain(address), sizeof(address)) == 0)
		return fd;
	const int error = errno;
	if (error == EACCES || error == EPERM)
		return Error(ErrorCode::kDenied, path + ": not permitted", "use sudo, or join the group that the daemon's --socket-group names");
	return Error(ErrorCode::kUnreachable, "no daemon answers at " + path + ": " + std::strerror(error),
	             "is it running? systemctl status sluiced");
}

}  // namespace sluice::control
