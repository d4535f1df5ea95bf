#include "daemon/port_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/file.h"
#include "base/log.h"

namespace sluice::daemon {
namespace {

constexpr int kChannel = 3;

std::string how_it_ended(const siginfo_t& info)
{
	return info.si_code == CLD_EXITED ? "ended with " + std::to_string(info.si_status) : "was killed by signal " + std::to_string(info.si_status);
}

// Only kChannel and the standard three cross: everything else of the daemon is closed on exec.
Result<pid_t> spawn(const std::string& program, int channel)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (::posix_spawn_file_actions_init(&actions) != 0)
		return Error(ErrorCode::kExhausted, "start " + program + ": no memory");
	::posix_spawnattr_init(&attributes);
	::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	::posix_spawn_file_actions_adddup2(&actions, channel, kChannel);
	sigset_t none;
	sigset_t all;
	sigemptyset(&none);
	sigfillset(&all);
	::posix_spawnattr_setsigmask(&attributes, &none);
	::posix_spawnattr_setsigdefault(&attributes, &all);
	::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	std::string name = "sluice-identity";
	std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char* const arguments[] = {name.data(), nullptr};
	char* const environment[] = {path.data(), nullptr};
	pid_t pid = 0;
	const int failed = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environment);
	::posix_spawn_file_actions_destroy(&actions);
	::posix_spawnattr_destroy(&attributes);
	if (failed != 0)
		return error_of_errno(failed, "start " + program);
	return pid;
}

}  // namespace

struct PortProcess::State {
	State(boost::asio::io_context& loop, pid_t pid_, int pidfd, Ended ended_) : pid(pid_), watch(loop, pidfd), ended(std::move(ended_)) {}
	void reap();

	pid_t pid;
	boost::asio::posix::stream_descriptor watch;
	Ended ended;  // null once nobody asks
	bool is_reaped = false;
};

void PortProcess::State::reap()
{
	siginfo_t info{};
	if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0) {
		spdlog::error("identity port: {}", error_of_errno(errno, "wait for it").sentence());
		return;
	}
	is_reaped = true;
	const std::string how = how_it_ended(info);
	if (const Ended tell = std::move(ended))
		tell(how);
	else
		spdlog::info("identity port: process {} {}", pid, how);
}

Result<PortProcess::Started> PortProcess::start(boost::asio::io_context& loop, const std::string& program, Ended ended)
{
	int ends[2];
	if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return error_of_errno(errno, "make the channel of the identity port");
	Fd ours(ends[0]);
	Fd theirs(ends[1]);
	// dup2 of a descriptor onto itself would leave it closed on exec.
	if (theirs.get() == kChannel)
		theirs = Fd(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, kChannel + 1));
	if (!theirs)
		return error_of_errno(errno, "make the channel of the identity port");
	SLUICE_TRY_ASSIGN(const pid_t pid, spawn(program, theirs.get()));
	const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
	if (watch < 0) {
		const int error = errno;
		ours.reset();
		theirs.reset();
		(void)::waitpid(pid, nullptr, 0);
		return error_of_errno(error, "watch the identity port");
	}
	auto state = std::make_shared<State>(loop, pid, watch, std::move(ended));
	state->watch.async_wait(boost::asio::posix::stream_descriptor::wait_read, [state](const boost::system::error_code& error) {
		if (!error)
			state->reap();
	});
	return Started{std::unique_ptr<PortProcess>(new PortProcess(std::move(state))), std::move(ours)};
}

PortProcess::~PortProcess()
{
	state_->ended = nullptr;
	if (!state_->is_reaped)
		(void)::syscall(SYS_pidfd_send_signal, state_->watch.native_handle(), SIGKILL, nullptr, 0);
}

pid_t PortProcess::pid() const
{
	return state_->pid;
}

}  // namespace sluice::daemon
