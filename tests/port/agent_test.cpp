// `sluice lease`, the real one, at the real identity port.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "port/fixture.h"

extern char** environ;

namespace sluice::test {
namespace {

// A process, and what it writes.
class Running {
public:
	explicit Running(std::vector<std::string> arguments)
	{
		int out[2];
		EXPECT_EQ(0, ::pipe2(out, O_CLOEXEC));
		std::vector<char*> argv;
		for (std::string& argument : arguments)
			argv.push_back(argument.data());
		argv.push_back(nullptr);
		posix_spawn_file_actions_t actions;
		::posix_spawn_file_actions_init(&actions);
		::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
		::posix_spawn_file_actions_adddup2(&actions, out[1], 2);
		EXPECT_EQ(0, ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ));
		::posix_spawn_file_actions_destroy(&actions);
		::close(out[1]);
		output_ = Fd(out[0]);
	}
	~Running()
	{
		if (pid_ > 0) {
			::kill(pid_, SIGKILL);
			::waitpid(pid_, nullptr, 0);
		}
	}

	// The next line; empty at the end, or after ten seconds.
	std::string line()
	{
		pollfd more{output_.get(), POLLIN, 0};
		char room[4096];
		while (text_.find('\n') == std::string::npos && ::poll(&more, 1, 10'000) == 1) {
			const ssize_t got = ::read(output_.get(), room, sizeof room);
			if (got <= 0)
				break;
			text_.append(room, static_cast<std::size_t>(got));
		}
		const auto end = text_.find('\n');
		std::string line = text_.substr(0, end);
		text_.erase(0, end == std::string::npos ? text_.size() : end + 1);
		return line;
	}
	void tell(int signal) const { ::kill(pid_, signal); }
	int wait()
	{
		int status = 0;
		::waitpid(std::exchange(pid_, -1), &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	}

private:
	pid_t pid_ = -1;
	Fd output_;
	std::string text_;
};

class PortAgent : public PortTest {
protected:
	void SetUp() override
	{
		PortTest::SetUp();
		char name[] = "/tmp/sluice-agent-XXXXXX";
		directory_ = ::mkdtemp(name);
		put("ca.pem", pem_of(world_.root));
		rotate(world_.billing);
	}
	void TearDown() override { std::filesystem::remove_all(directory_); }

	void put(const std::string& name, const std::string& text) const
	{
		std::ofstream(directory_ / (name + ".new")) << text;
		std::filesystem::rename(directory_ / (name + ".new"), directory_ / name);
	}
	void rotate(const Issued& to) const
	{
		put("svid.pem", pem_of(to) + pem_of(world_.middle));
		put("svid.key", pem_of(to.key));
	}
	std::vector<std::string> command(std::vector<std::string> more) const
	{
		std::vector<std::string> all = {std::filesystem::path(identity_program()).replace_filename("sluice").string(), "lease", "--cert",
						directory_ / "svid.pem", "--key", directory_ / "svid.key"};
		const bool elsewhere = std::find(more.begin(), more.end(), "--server") != more.end();
		if (!elsewhere)
			all.insert(all.end(), {"--server", "203.0.113.10:8440"});
		all.insert(all.end(), more.begin(), more.end());
		return all;
	}
	std::string ca() const { return directory_ / "ca.pem"; }
	// Its only line, and how it ended.
	std::pair<std::string, int> run(const std::vector<std::string>& more) const
	{
		Running agent(command(more));
		std::string line = agent.line();
		return {line, agent.wait()};
	}

	std::filesystem::path directory_;
};

TEST_F(PortAgent, OnceLeasesAndSaysSo)
{
	set_up();
	const auto [line, code] = run({"--ca", ca(), "--once"});
	EXPECT_EQ(0, code);
	EXPECT_EQ("leased 203.0.113.10 to spiffe://prod.example/billing for 60 s", line) << "this network's address to itself";
	put("token", world_.bound_token(world_.billing) + "\n");
	EXPECT_EQ(0, run({"--ca", ca(), "--once", "--token-file", directory_ / "token", "--bind", "prefix"}).second);
	const auto requests = started_->requests();
	ASSERT_EQ(2u, requests.size());
	EXPECT_EQ("token-1", requests[1].identity.token_id);
	EXPECT_EQ(port::Bind::kPrefix, std::get<port::Visitor>(requests[1].at).bind);
}

TEST_F(PortAgent, ItBelievesNoOtherServer)
{
	set_up();
	put("other.pem", pem_of(issue(World::authority("other", 1), nullptr, make_ec_key())));
	const auto [line, code] = run({"--ca", directory_ / "other.pem", "--once"});
	EXPECT_EQ(1, code);
	EXPECT_TRUE(line.starts_with("sluice: lease: the server's certificate is not believed: ")) << line;
	EXPECT_EQ(1, run({"--ca", ca(), "--server-name", "other.example", "--once"}).second) << "another name";
	EXPECT_EQ(0, run({"--ca", ca(), "--server-name", "port.example", "--once"}).second);
	EXPECT_EQ(1, run({"--system-ca", "--once"}).second);
	EXPECT_EQ(1u, started_->requests().size());
	const auto [unsaid, wrong] = run({"--once"});
	EXPECT_EQ(2, wrong);
	EXPECT_NE(std::string::npos, unsaid.find("--ca FILE, or --system-ca")) << unsaid;
}

TEST_F(PortAgent, ExitCodesSayWhoseFaultItIs)
{
	set_up();
	put("token", world_.bound_token(world_.client(World::workload(44))));
	const auto [refused, failed] = run({"--ca", ca(), "--token-file", directory_ / "token"});
	EXPECT_EQ(1, failed) << "no lease in force: it does not try again";
	EXPECT_EQ("sluice: lease: refused: token-stolen: The token is bound to another certificate than the one presented.", refused);
	const auto [lost, unreachable] = run({"--ca", ca(), "--server", "203.0.113.10:9", "--once"});
	EXPECT_EQ(3, unreachable) << lost;
	put("svid.key", pem_of(make_ec_key()));
	EXPECT_EQ(2, run({"--ca", ca(), "--once"}).second) << "another's key";
}

TEST_F(PortAgent, ItTellsTheServiceManager)
{
	set_up();
	const std::string path = directory_ / "notify.sock";
	const Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	path.copy(address.sun_path, sizeof address.sun_path - 1);
	ASSERT_EQ(0, ::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
	::setenv("NOTIFY_SOCKET", path.c_str(), 1);
	Running agent(command({"--ca", ca()}));
	::unsetenv("NOTIFY_SOCKET");
	const auto told = [&manager] {
		pollfd more{manager.get(), POLLIN, 0};
		char room[512];
		const ssize_t got = ::poll(&more, 1, 10'000) == 1 ? ::recv(manager.get(), room, sizeof room, 0) : 0;
		return std::string(room, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
	};
	EXPECT_EQ("READY=1\nSTATUS=leased 203.0.113.10 to spiffe://prod.example/billing, for 60 s at a time", told());
	agent.tell(SIGTERM);
	EXPECT_EQ(0, agent.wait());
	EXPECT_EQ("STOPPING=1", told());
}

TEST_F(PortAgent, ItRenewsReadsRotatedFilesAndEndsCleanly)
{
	set_up();
	started_->answer_by([](const port::LeaseRequest& request) {
		return port::LeaseAnswer{request.id, port::Granted{std::get<port::Visitor>(request.at).peer.to_string(), 2, false}};
	});
	Wanted wanted = World::workload(50);
	wanted.names = {"URI:spiffe://prod.example/renamed"};
	Running agent(command({"--ca", ca(), "--json"}));
	const auto first = nlohmann::json::parse(agent.line(), nullptr, false);
	EXPECT_EQ("leased", first.value("event", ""));
	EXPECT_EQ("spiffe://prod.example/billing", first.value("identity", ""));
	rotate(world_.client(wanted));
	const auto second = nlohmann::json::parse(agent.line(), nullptr, false);
	EXPECT_EQ("leased", second.value("event", ""));
	EXPECT_EQ("spiffe://prod.example/renamed", second.value("identity", ""));
	agent.tell(SIGTERM);
	EXPECT_EQ(0, agent.wait());
}

}  // namespace
}  // namespace sluice::test
