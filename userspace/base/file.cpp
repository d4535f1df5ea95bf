#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace sluice {

ErrorCode code_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
		return ErrorCode::kNotFound;
	case EPERM:
	case EACCES:
		return ErrorCode::kDenied;
	case EEXIST:
	case EBUSY:
		return ErrorCode::kExists;
	case ENOMEM:
	case ENOSPC:
	case E2BIG:
	case EMFILE:
	case ENFILE:
		return ErrorCode::kExhausted;
	case EOPNOTSUPP:
	case ENOSYS:
		return ErrorCode::kUnsupported;
	default:
		return ErrorCode::kFailed;
	}
}

Error error_of_errno(int error, std::string what)
{
	return Error(code_of_errno(error), std::move(what) + ": " + std::strerror(error));
}

Result<std::string> read_file(const std::string& path, std::uint64_t most)
{
	const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (!fd)
		return error_of_errno(errno, path);
	struct stat status {};
	if (::fstat(fd.get(), &status) != 0)
		return error_of_errno(errno, path);

	const auto announced = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
	std::string text;
	std::size_t used = 0;
	text.resize(static_cast<std::size_t>(std::min(announced, most)) + 4096);
	for (;;) {
		if (used > most)
			return Error(ErrorCode::kExhausted, path + ": longer than " + std::to_string(most) + " bytes");
		if (used == text.size())
			text.resize(text.size() * 2);
		const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_of_errno(errno, path);
		if (got == 0)
			break;
		used += static_cast<std::size_t>(got);
	}
	text.resize(used);
	return text;
}

}  // namespace sluice
