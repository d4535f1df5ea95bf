#include "base/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fd.h"
#include "base/file.h"

namespace sluice {

// Counts a call; false, and errno set, where it is to fail unmade.
bool Disk::admit()
{
	++made_;
	if (fail_in_ == 0 || --fail_in_ != 0)
		return true;
	errno = error_;
	return false;
}

Result<void> Disk::write_synced(const std::string& path, std::string_view bytes)
{
	const Fd fd(admit() ? ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1);
	if (!fd)
		return error_of_errno(errno, "write " + path);
	while (!bytes.empty()) {
		const ssize_t written = admit() ? ::write(fd.get(), bytes.data(), bytes.size()) : -1;
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_of_errno(errno, "write " + path);
		bytes.remove_prefix(static_cast<std::size_t>(written));
	}
	if (!admit() || ::fsync(fd.get()) != 0)
		return error_of_errno(errno, "sync " + path);
	return {};
}

Result<void> Disk::sync_directory_of(const std::string& path)
{
	const std::string directory = std::filesystem::path(path).parent_path().string();
	const Fd fd(admit() ? ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
	if (!fd || !admit() || ::fsync(fd.get()) != 0)
		return error_of_errno(errno, "sync " + directory);
	return {};
}

Result<void> Disk::replace(const std::string& path, std::string_view bytes)
{
	const std::string aside = path + ".new";
	auto written = write_synced(aside, bytes);
	if (written && (!admit() || ::rename(aside.c_str(), path.c_str()) != 0))
		written = error_of_errno(errno, "rename " + aside);
	if (!written) {
		::unlink(aside.c_str());
		return written;
	}
	return sync_directory_of(path);
}

Result<void> Disk::remove(const std::string& path)
{
	if ((!admit() || ::unlink(path.c_str()) != 0) && errno != ENOENT)
		return error_of_errno(errno, "remove " + path);
	return {};
}

Result<std::string> set_aside(const std::string& path)
{
	const std::string first = path + ".damaged";
	std::string aside = first;
	for (int number = 2; ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, aside.c_str(), RENAME_NOREPLACE) != 0; number++) {
		if (errno != EEXIST)
			return error_of_errno(errno, "set " + path + " aside");
		aside = first + "." + std::to_string(number);
	}
	return aside;
}

Result<void> Disk::make_directory(const std::string& path)
{
	if ((!admit() || ::mkdir(path.c_str(), 0700) != 0) && errno != EEXIST)
		return error_of_errno(errno, "make " + path);
	return {};
}

}  // namespace sluice
