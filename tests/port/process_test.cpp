// The identity port's process: what it has left once it reads what strangers send, how it begins and how it ends.
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/file.h"
#include "port/confine.h"
#include "port/fixture.h"

namespace sluice::test {
namespace {

class PortProcess : public PortTest {};

std::map<std::string, std::string> status_of(const std::string& path)
{
	std::map<std::string, std::string> fields;
	const auto text = read_file(path);
	EXPECT_TRUE(text) << text.error().sentence();
	std::istringstream lines(text ? *text : "");
	for (std::string line; std::getline(lines, line);) {
		const auto colon = line.find(":\t");
		if (colon != std::string::npos)
			fields[line.substr(0, colon)] = line.substr(colon + 2);
	}
	return fields;
}

TEST_F(PortProcess, EveryThreadIsNobodyWithNothing)
{
	set_up();
	ASSERT_EQ(200u, ask(billing()).status);
	std::size_t threads = 0;
	for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(started_->pid()) + "/task")) {
		auto fields = status_of(task.path() / "status");
		SCOPED_TRACE(fields["Pid"]);
		EXPECT_EQ("65534\t65534\t65534\t65534", fields["Uid"]);
		EXPECT_EQ("65534\t65534\t65534\t65534", fields["Gid"]);
		EXPECT_EQ(std::string::npos, fields["Groups"].find_first_of("0123456789")) << fields["Groups"];
		for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
			EXPECT_EQ("0000000000000000", fields[set]) << set;
		EXPECT_EQ("1", fields["NoNewPrivs"]);
		EXPECT_EQ("2", fields["Seccomp"]) << "a filter";
		threads++;
	}
	EXPECT_GE(threads, 3u) << "the loop's and the workers'";
}

TEST_F(PortProcess, ItHoldsNothingOfTheDaemonsButItsSockets)
{
	set_up();
	ASSERT_EQ(200u, ask(billing()).status);
	for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(started_->pid()) + "/fd")) {
		const int fd = std::stoi(entry.path().filename().string());
		std::error_code gone;  // a visit's own, closed meanwhile
		const std::string what = std::filesystem::read_symlink(entry.path(), gone).string();
		EXPECT_TRUE(gone || fd < 3 || what.starts_with("socket:") || what.starts_with("anon_inode:[event") || what.starts_with("anon_inode:[timerfd"))
		    << fd << " is " << what;
	}
}

// Runs `probe` in a process that gave up what the port gives up: the bit of every call that was not refused.
int confined(const std::function<int()>& probe)
{
	const pid_t child = ::fork();
	if (child == 0) {
		if (!port::give_up_privileges({}) || !port::refuse_system_calls())
			::_exit(255);
		::_exit(probe());
	}
	int status = 0;
	::waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool refused(long outcome)
{
	return outcome == -1 && errno == EPERM;
}

TEST_F(PortProcess, WhatItCannotDo)
{
	ASSERT_EQ(0u, ::geteuid());
	// Each by itself, with what it would take to succeed: as root, outside, none of them is refused for want of permission.
	const std::vector<std::pair<const char*, std::function<long()>>> calls = {
	    {"load a program, or make a map",
	     [] {
		     bpf_attr map{};
		     map.map_type = BPF_MAP_TYPE_ARRAY;
		     map.key_size = map.value_size = 4;
		     map.max_entries = 1;
		     return ::syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
	     }},
	    {"run a program", [] { return static_cast<long>(::execl("/bin/true", "true", nullptr)); }},
	    {"read a file", [] { return static_cast<long>(::open("/etc/passwd", O_RDONLY)); }},
	    {"write a file", [] { return static_cast<long>(::open("/tmp", O_RDWR | O_TMPFILE, 0600)); }},
	    {"make a socket", [] { return static_cast<long>(::socket(AF_INET, SOCK_STREAM, 0)); }},
	    {"connect", [] { return static_cast<long>(::connect(0, nullptr, 0)); }},
	    {"begin a process", [] { return static_cast<long>(::fork()); }},
	    {"look into a process", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
	    {"kill one", [] { return static_cast<long>(::kill(::getppid(), 0)); }},
	    {"change its user", [] { return ::syscall(SYS_setuid, 0); }},
	    {"enter a namespace", [] { return ::syscall(SYS_unshare, 0x10000000); }},
	    {"make memory executable",
	     [] { return reinterpret_cast<long>(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); }},
	    {"open by io_uring", [] { return ::syscall(425, 1, nullptr); }},
	};
	for (const auto& [what, call] : calls)
		EXPECT_EQ(0, confined([&call] { return refused(call()) ? 0 : 1; })) << what;
	EXPECT_EQ(0, confined([] { return ::getpid() > 0 && ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : 1; }))
	    << "near miss: what serving takes";
}

TEST_F(PortProcess, ItEndsWithTheChannel)
{
	set_up();
	EXPECT_EQ(0, started_->close());
}

TEST_F(PortProcess, ItEndsWithWhoStartedIt)
{
	int channel[2], born[2];
	ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
	ASSERT_EQ(0, ::pipe2(born, O_CLOEXEC));
	const std::string program = identity_program();
	const pid_t starter = ::fork();
	if (starter == 0) {
		const pid_t started = ::fork();
		if (started == 0) {
			::dup2(channel[1], 3);
			::execl(program.c_str(), program.c_str(), nullptr);
			::_exit(1);
		}
		static_cast<void>(::write(born[1], &started, sizeof started));
		::pause();
		::_exit(0);
	}
	pid_t started = 0;
	ASSERT_EQ(static_cast<ssize_t>(sizeof started), ::read(born[0], &started, sizeof started));
	const Fd watch(static_cast<int>(::syscall(SYS_pidfd_open, started, 0)));
	ASSERT_TRUE(watch);
	// It has given up everything, and so has asked for the signal, once it answers.
	const std::string setup = port::framed(port::encode(world_.setup()));
	ASSERT_EQ(static_cast<ssize_t>(setup.size()), ::send(channel[0], setup.data(), setup.size(), 0));
	pollfd answer{channel[0], POLLIN, 0}, gone{watch.get(), POLLIN, 0};
	ASSERT_EQ(1, ::poll(&answer, 1, 10'000));
	ASSERT_EQ(0, ::poll(&gone, 1, 0));
	::kill(starter, SIGKILL);
	::waitpid(starter, nullptr, 0);
	EXPECT_EQ(1, ::poll(&gone, 1, 10'000)) << "it outlives the daemon";
	for (const int fd : {channel[0], channel[1], born[0], born[1]})
		::close(fd);
}

TEST_F(PortProcess, ByHandItSaysWhatItIsFor)
{
	const std::string command = identity_program() + " 2>&1 3</dev/null";
	FILE* output = ::popen(command.c_str(), "r");
	char line[512] = "";
	ASSERT_NE(nullptr, ::fgets(line, sizeof line, output));
	EXPECT_EQ(2, WEXITSTATUS(::pclose(output)));
	EXPECT_STREQ("sluice-identity: descriptor 3 is no channel to sluiced (sluiced starts this where its policy has identity: port:)\n", line);
}

TEST_F(PortProcess, ADaemonOfAnotherVersionEndsIt)
{
	int channel[2];
	ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
	const std::string program = identity_program();
	const pid_t child = ::fork();
	if (child == 0) {
		::dup2(channel[1], 3);
		::close(2);
		::execl(program.c_str(), program.c_str(), nullptr);
		::_exit(99);
	}
	const std::string news = port::framed(R"({"type":"something new"})");
	ASSERT_EQ(static_cast<ssize_t>(news.size()), ::send(channel[0], news.data(), news.size(), 0));
	int status = 0;
	::waitpid(child, &status, 0);
	EXPECT_EQ(1, WEXITSTATUS(status));
	::close(channel[0]);
	::close(channel[1]);
}

}  // namespace
}  // namespace sluice::test
