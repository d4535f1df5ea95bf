#include "daemon/gateway_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "control/socket.h"

namespace sluice::daemon {

std::optional<std::string> GatewayListener::listen_at(const std::string& path)
{
	if (is_open() && path == path_)
		return std::nullopt;
	close();
	auto opened = control::listen_for_all_at(path);
	if (!opened)
		return "the authorization endpoint does not listen at " + path + ": " + opened.error().sentence() + " (it tries again every few seconds)";
	path_ = path;
	socket_ = *std::move(opened);
	return std::nullopt;
}

void GatewayListener::close()
{
	if (!is_open())
		return;
	// Copies of it listen no more, either.
	(void)::shutdown(socket_.get(), SHUT_RD);
	(void)::unlink(path_.c_str());
	socket_.reset();
}

Result<Fd> GatewayListener::copy() const
{
	Fd copy(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
	if (!copy)
		return error_of_errno(errno, "copy the socket of " + path_);
	return copy;
}

}  // namespace sluice::daemon
