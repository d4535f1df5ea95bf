#include "lab/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/file.h"

namespace sluice::lab {

namespace {

constexpr int kCannotStart = 127;

std::string read_all(const Fd& fd)
{
	std::string text;
	char buffer[16384];
	for (;;) {
		const ssize_t size = ::pread(fd.get(), buffer, sizeof(buffer), static_cast<off_t>(text.size()));
		if (size <= 0)
			return text;
		text.append(buffer, static_cast<std::size_t>(size));
	}
}

Result<Fd> open_capture(const char* name)
{
	Fd fd(::memfd_create(name, MFD_CLOEXEC));
	if (!fd)
		return error_of_errno(errno, "memfd_create");
	if (::fcntl(fd.get(), F_SETFL, O_APPEND) != 0)
		return error_of_errno(errno, "fcntl");
	return fd;
}

// Everything that the child needs, made before fork(): after it, only calls that are safe in a threaded program.
struct Launch {
	std::vector<char*> arguments;
	Fd network_namespace;
	const Fd& output;
	const Fd& errors;
	pid_t parent;
};

[[noreturn]] void become(const Launch& launch, const Command& command)
{
	::prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (::getppid() != launch.parent)
		::_exit(kCannotStart);
	if (launch.network_namespace && ::setns(launch.network_namespace.get(), CLONE_NEWNET) != 0)
		::_exit(kCannotStart);
	const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
	::dup2(nothing, STDIN_FILENO);
	::dup2(launch.output.get(), STDOUT_FILENO);
	::dup2(launch.errors.get(), STDERR_FILENO);
	sigset_t none;
	sigemptyset(&none);
	::sigprocmask(SIG_SETMASK, &none, nullptr);
	::signal(SIGPIPE, SIG_DFL);
	for (const auto& [name, value] : command.environment)
		::setenv(name.c_str(), value.c_str(), 1);
	::execvp(launch.arguments[0], launch.arguments.data());
	::dprintf(STDERR_FILENO, "%s: cannot be started (errno %d)\n", launch.arguments[0], errno);
	::_exit(kCannotStart);
}

int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Process> Process::start(const Command& command)
{
	SLUICE_TRY_ASSIGN(Fd output, open_capture("stdout"));
	SLUICE_TRY_ASSIGN(Fd errors, open_capture("stderr"));
	Launch launch{{}, {}, output, errors, ::getpid()};
	for (const std::string& argument : command.arguments)
		launch.arguments.push_back(const_cast<char*>(argument.c_str()));
	launch.arguments.push_back(nullptr);
	if (!command.network_namespace.empty()) {
		launch.network_namespace.reset(::open(command.network_namespace.c_str(), O_RDONLY | O_CLOEXEC));
		if (!launch.network_namespace)
			return error_of_errno(errno, command.network_namespace);
	}
	const pid_t pid = ::fork();
	if (pid < 0)
		return error_of_errno(errno, "fork");
	if (pid == 0)
		become(launch, command);
	return Process(pid, std::move(output), std::move(errors));
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_))
{
}

Process& Process::operator=(Process&& other) noexcept
{
	if (this == &other)
		return *this;
	end();
	pid_ = std::exchange(other.pid_, -1);
	status_ = other.status_;
	output_ = std::move(other.output_);
	errors_ = std::move(other.errors_);
	return *this;
}

Process::~Process()
{
	end();
}

void Process::end()
{
	if (pid_ <= 0 || !running())
		return;
	::kill(pid_, SIGKILL);
	int status = 0;
	while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
	}
	status_ = code_of(status);
}

std::string Process::output() const
{
	return read_all(output_);
}

std::string Process::errors() const
{
	return read_all(errors_);
}

bool Process::running()
{
	if (status_ || pid_ <= 0)
		return false;
	int status = 0;
	if (::waitpid(pid_, &status, WNOHANG) != pid_)
		return true;
	status_ = code_of(status);
	return false;
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline)
{
	const auto until = std::chrono::steady_clock::now() + deadline;
	while (running()) {
		if (std::chrono::steady_clock::now() >= until)
			return std::nullopt;
		std::this_thread::sleep_for(std::chrono::milliseconds(2));
	}
	return status_;
}

void Process::signal(int number)
{
	if (running())
		::kill(pid_, number);
}

Result<Finished> run(const Command& command, std::chrono::milliseconds deadline)
{
	SLUICE_TRY_ASSIGN(Process process, Process::start(command));
	const std::optional<int> code = process.wait(deadline);
	if (!code) {
		return Error(ErrorCode::kFailed, command.arguments[0] + " took longer than " +
						     std::to_string(deadline.count()) + " ms");
	}
	return Finished{*code, process.output(), process.errors()};
}

Result<std::string> run_checked(const Command& command, std::chrono::milliseconds deadline)
{
	SLUICE_TRY_ASSIGN(Finished finished, run(command, deadline));
	if (finished.code == 0)
		return std::move(finished.output);
	std::string line;
	for (const std::string& argument : command.arguments)
		line += (line.empty() ? "" : " ") + argument;
	return Error(ErrorCode::kFailed, line + ": exit code " + std::to_string(finished.code) + ": " + finished.errors +
					     finished.output);
}

}  // namespace sluice::lab
