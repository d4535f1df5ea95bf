#include "lab/receive_core.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <set>
#include <string>

#include "base/file.h"
#include "lab/process.h"
#include "lab/wire.h"

namespace sluice::lab {

namespace {

std::string thread_name()
{
	return std::string("napi/") + kInterface + "-";
}

// Of every interface of that name, whosever it is.
std::set<pid_t> receiving_threads()
{
	std::set<pid_t> threads;
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
		const std::string name = entry.path().filename();
		pid_t pid = 0;
		if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc())
			continue;
		const auto comm = read_file(entry.path() / "comm", 64);
		if (comm && comm->starts_with(thread_name()))
			threads.insert(pid);
	}
	return threads;
}

}  // namespace

Result<void> receive_on(const NetworkNamespace& space, unsigned processor)
{
	const std::set<pid_t> before = receiving_threads();
	// A mount of /sys of its own shows the namespace's interfaces.
	const std::string file = std::string("/sys/class/net/") + kInterface + "/threaded";
	if (const auto set = run_checked({{"ip", "netns", "exec", space.name(), "sh", "-c", "echo 1 > " + file}, {}, {}}); !set)
		return Error(ErrorCode::kUnsupported, "no thread that receives: " + set.error().message());
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(processor % static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)), &one);
	bool found = false;
	for (const pid_t pid : receiving_threads()) {
		if (before.contains(pid))
			continue;
		found = true;
		if (::sched_setaffinity(pid, sizeof(one), &one) != 0)
			return error_of_errno(errno, "put " + thread_name() + " on processor " + std::to_string(processor));
	}
	if (!found)
		return Error(ErrorCode::kUnsupported, "no thread that receives appeared");
	return {};
}

}  // namespace sluice::lab
