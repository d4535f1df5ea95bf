#include "lab/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "base/file.h"

namespace sluice::lab {

namespace {

constexpr std::string_view kPrefix = "sluice-lab-";

Result<void> run_ip(std::vector<std::string> arguments)
{
	arguments.insert(arguments.begin(), "ip");
	SLUICE_TRY(run_checked({std::move(arguments), {}, {}}));
	return {};
}

// The pid in a namespace's name; 0 where it is not a lab's.
pid_t owner_of(std::string_view name)
{
	if (!name.starts_with(kPrefix))
		return 0;
	pid_t pid = 0;
	const char* first = name.data() + kPrefix.size();
	const auto [end, error] = std::from_chars(first, name.data() + name.size(), pid);
	const bool ends_there = end != name.data() + name.size() && *end == '-';
	return error == std::errc() && ends_there ? pid : 0;
}

bool is_dead(pid_t pid)
{
	return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::open(const std::string& role)
{
	const std::string name = std::string(kPrefix) + std::to_string(::getpid()) + "-" + role;
	if (std::filesystem::exists("/run/netns/" + name))
		return Error(ErrorCode::kExists, "the network namespace " + name + " exists");
	if (::geteuid() != 0)
		return Error(ErrorCode::kDenied, "network namespaces need root");
	SLUICE_TRY(run_ip({"netns", "add", name}));
	NetworkNamespace made(name);
	SLUICE_TRY(made.ip({"link", "set", "lo", "up"}));
	return made;
}

NetworkNamespace::~NetworkNamespace()
{
	if (!name_.empty())
		(void)run_ip({"netns", "del", name_});
}

Result<void> NetworkNamespace::ip(std::vector<std::string> arguments) const
{
	arguments.insert(arguments.begin(), {"-n", name_});
	return run_ip(std::move(arguments));
}

Result<void> NetworkNamespace::inside(const std::function<Result<void>()>& what) const
{
	const Fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
	const Fd here(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
	if (!home || !here)
		return error_of_errno(errno, path());
	if (::setns(here.get(), CLONE_NEWNET) != 0)
		return error_of_errno(errno, "setns " + name_);
	Result<void> result = what();
	if (::setns(home.get(), CLONE_NEWNET) != 0)
		return error_of_errno(errno, "setns back from " + name_);
	return result;
}

std::size_t remove_leftovers()
{
	std::size_t removed = 0;
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator("/run/netns", error)) {
		const std::string name = entry.path().filename();
		const pid_t pid = owner_of(name);
		if (pid > 0 && is_dead(pid) && run_ip({"netns", "del", name}))
			removed++;
	}
	return removed;
}

}  // namespace sluice::lab
