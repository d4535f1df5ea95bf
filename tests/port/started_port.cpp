#include "port/started_port.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "port/descriptors.h"

extern char** environ;

namespace sluice::test {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

Result<std::pair<Fd, Fd>> make_pair()
{
	int fds[2];
	if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return error_of_errno(errno, "socketpair");
	return std::pair(Fd(fds[0]), Fd(fds[1]));
}

}  // namespace

std::string identity_program()
{
	return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sluice-identity").string();
}

Result<std::unique_ptr<StartedPort>> StartedPort::start()
{
	SLUICE_TRY_ASSIGN(auto pair, make_pair());
	posix_spawn_file_actions_t actions;
	::posix_spawn_file_actions_init(&actions);
	::posix_spawn_file_actions_adddup2(&actions, pair.second.get(), 3);
	std::string program = identity_program();
	std::array<char*, 2> arguments{program.data(), nullptr};
	pid_t pid = -1;
	const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
	::posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		return error_of_errno(error, "start " + program);
	return std::unique_ptr<StartedPort>(new StartedPort(pid, std::move(pair.first)));
}

StartedPort::StartedPort(pid_t pid, Fd channel)
    : pid_(pid), channel_(std::move(channel)), answer_([](const port::LeaseRequest& request) {
	      return port::LeaseAnswer{request.id, port::Granted{std::get<port::Visitor>(request.at).peer.to_string(), 60, false}};
      })
{
	auto pair = make_pair();
	EXPECT_TRUE(pair);
	stop_ = std::move(pair->first);
	stopped_ = std::move(pair->second);
	thread_ = std::thread([this] { hear(); });
}

StartedPort::~StartedPort()
{
	close();
}

int StartedPort::close()
{
	if (pid_ < 0)
		return 0;
	stop_.reset();
	thread_.join();
	channel_.reset();
	int status = 0;
	::waitpid(std::exchange(pid_, -1), &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void StartedPort::hear()
{
	port::FrameReader reader(port::kMostBytesToDaemon);
	std::array<char, 65536> room;
	std::array<pollfd, 2> both{pollfd{channel_.get(), POLLIN, 0}, pollfd{stopped_.get(), POLLIN, 0}};
	while (::poll(both.data(), both.size(), -1) > 0 && both[1].revents == 0) {
		const auto received = port::receive(channel_.get(), room, 0);
		if (!received || received->ended)
			return;
		reader.feed({room.data(), received->bytes});
		for (;;) {
			const auto next = reader.next();
			ASSERT_TRUE(next) << next.error().sentence();
			if (!*next)
				break;
			take(**next);
		}
	}
}

void StartedPort::take(const std::string& payload)
{
	auto message = port::parse_to_daemon(payload);
	ASSERT_TRUE(message) << message.error().sentence() << "\n" << payload;
	std::optional<port::ToPort> answer;
	{
		const std::lock_guard lock(mutex_);
		if (const auto* request = std::get_if<port::LeaseRequest>(&*message)) {
			requests_.push_back(*request);
			if (auto made = answer_(*request))
				answer = *std::move(made);
		} else if (const auto* report = std::get_if<port::RefusalReport>(&*message)) {
			reports_.push_back(*report);
		} else if (const auto* event = std::get_if<port::EventReport>(&*message)) {
			events_.push_back(*event);
			answer = port::EventAnswer{event->id, takes_events_};
		} else {
			setups_.push_back(*message);
		}
	}
	changed_.notify_all();
	if (answer)
		send(port::encode(*answer), {});
}

void StartedPort::send(const std::string& payload, const std::vector<Fd>& descriptors)
{
	const std::lock_guard lock(sending_);
	const std::string frame = port::framed(payload);
	const std::vector<Fd> none;
	for (std::size_t sent = 0; sent < frame.size();) {
		const auto more = port::transmit(channel_.get(), std::string_view(frame).substr(sent), sent == 0 ? descriptors : none);
		ASSERT_TRUE(more) << more.error().sentence();
		sent += *more;
		pollfd room{channel_.get(), POLLOUT, 0};
		if (*more == 0)
			::poll(&room, 1, -1);
	}
}

port::ToDaemon StartedPort::set_up(const port::Setup& setup, const std::vector<const Fd*>& listeners, const Fd* gateways)
{
	std::vector<Fd> descriptors;
	for (const Fd* listener : listeners)
		descriptors.emplace_back(::fcntl(listener->get(), F_DUPFD_CLOEXEC, 0));
	if (gateways != nullptr)
		descriptors.emplace_back(::fcntl(gateways->get(), F_DUPFD_CLOEXEC, 0));
	port::Setup sent = setup;
	sent.listeners.assign(listeners.size(), "listener");
	std::unique_lock lock(mutex_);
	const std::size_t before = setups_.size();
	lock.unlock();
	send(port::encode(sent), descriptors);
	lock.lock();
	const bool there = changed_.wait_for(lock, kPatience, [&] { return setups_.size() > before; });
	EXPECT_TRUE(there) << "no answer to a setup";
	return there ? setups_.back() : port::ToDaemon();
}

void StartedPort::answer_by(Answer answer)
{
	const std::lock_guard lock(mutex_);
	answer_ = std::move(answer);
}

std::vector<port::LeaseRequest> StartedPort::requests() const
{
	const std::lock_guard lock(mutex_);
	return requests_;
}

std::vector<port::RefusalReport> StartedPort::reports() const
{
	const std::lock_guard lock(mutex_);
	return reports_;
}

std::vector<port::EventReport> StartedPort::events() const
{
	const std::lock_guard lock(mutex_);
	return events_;
}

void StartedPort::take_events(bool taken)
{
	const std::lock_guard lock(mutex_);
	takes_events_ = taken;
}

std::vector<port::RefusalReport> StartedPort::await_reports(std::size_t count)
{
	std::unique_lock lock(mutex_);
	EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return reports_.size() >= count; })) << reports_.size() << " reports of " << count;
	return reports_;
}

}  // namespace sluice::test
