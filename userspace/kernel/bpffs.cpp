#include "kernel/bpffs.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace sluice::kernel {
namespace {

bool is_under(const std::string& path, const std::string& directory)
{
	return path == directory || path.starts_with(directory + "/");
}

}  // namespace

bool is_on_bpffs(const std::string& path)
{
	struct statfs status {};
	for (std::string at = path;; at.resize(at.rfind('/'))) {
		if (at.empty())
			return false;
		if (::statfs(at.c_str(), &status) == 0)
			return static_cast<unsigned long>(status.f_type) == BPF_FS_MAGIC;
		if (errno != ENOENT || at.find('/') == std::string::npos)
			return false;
	}
}

Result<void> ensure_bpffs(const std::string& path)
{
	if (is_on_bpffs(path))
		return {};
	if (!is_under(path, kBpffs))
		return Error(ErrorCode::kInvalid, path + " is not on a bpffs",
			     std::string("choose a directory under ") + kBpffs + ", or mount one: mount -t bpf bpf DIRECTORY");
	if (::mount("bpf", kBpffs, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
		return Error(code_of_errno(errno), std::string("mount bpffs at ") + kBpffs + ": " + std::strerror(errno),
			     std::string("as root: mount -t bpf bpf ") + kBpffs);
	if (!is_on_bpffs(path))
		return Error(ErrorCode::kFailed, path + " is not on the bpffs that was mounted at " + kBpffs);
	return {};
}

}  // namespace sluice::kernel
