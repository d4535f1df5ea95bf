#include "kernel/pin_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/file.h"

namespace sluice::kernel {

Result<PinLock> PinLock::take(const std::string& pins)
{
	Fd fd(::open(pins.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (!fd)
		return error_of_errno(errno, "open " + pins);
	if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
		return PinLock(std::move(fd));
	if (errno == EWOULDBLOCK)
		return Error(ErrorCode::kExists, "another daemon works with the pins at " + pins,
			     "stop it first, or give this one other pins: --pins DIR");
	return error_of_errno(errno, "lock " + pins);
}

}  // namespace sluice::kernel
