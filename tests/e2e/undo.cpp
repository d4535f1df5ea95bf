// A policy that is tried, confirmed, or comes off again: through the command, the daemon and the kernel.
#include <signal.h>

#include "story.h"

namespace sluice::e2e {

namespace {

using Undo = Story;

constexpr const char* kOpen = R"(version: 1
services:
  - name: api
    protocol: udp
    ports: [9000]
    each-source: {packets: {rate: 1/s, burst: 5000}}
)";
constexpr const char* kClosed = R"(version: 1
default: deny
services:
  - name: api
    protocol: udp
    ports: [9000]
    each-source: {packets: {rate: 100/s, burst: 5000}}
)";

class UndoStory : public Undo {
protected:
	std::string tried() { return daemon().directory() + "/tried.yaml"; }
	lab::Finished try_for(const std::string& duration)
	{
		must(daemon().write_file("tried.yaml", kClosed));
		return must(daemon().command({"apply", tried(), "--confirm", duration}));
	}
	bool closed() { return must(daemon().ask({"status"})).at("default") == "deny"; }
	nlohmann::json newest(std::size_t back = 0) { return must(daemon().ask({"history"})).at("history").at(back); }
};

}  // namespace

TEST_F(UndoStory, ConfirmedInTimeItStays)
{
	start(kOpen);
	const lab::Finished applied = try_for("60s");
	ASSERT_EQ(applied.code, 0) << applied.errors;
	EXPECT_NE(applied.output.find("waits for its confirmation"), std::string::npos) << applied.output;
	const lab::Finished second = must(daemon().command({"apply", daemon().policy_path()}));
	EXPECT_EQ(second.code, 1);
	EXPECT_NE(second.errors.find("sluice confirm"), std::string::npos) << second.errors;
	EXPECT_EQ(must(daemon().command({"confirm"})).code, 0);
	EXPECT_TRUE(closed());
	EXPECT_EQ(newest().at("state"), "confirmed");
	EXPECT_EQ(newest().at("caller").at("uid"), 0);
	EXPECT_EQ(must(daemon().command({"confirm"})).code, 1);
}

TEST_F(UndoStory, NotConfirmedItComesOffByItselfAndNobodyIsRefilled)
{
	start(kOpen);
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66"})).code, 0);
	send(frame_from("198.51.100.7"), 20000);
	const std::uint64_t admitted = counted("admitted");
	ASSERT_GE(admitted, 5000u);
	ASSERT_EQ(try_for("1s").code, 0);
	ASSERT_TRUE(until([&] { return !closed(); }));
	EXPECT_EQ(newest().at("cause"), "timeout");
	EXPECT_EQ(newest(1).at("state"), "rolled-back-by-itself");
	EXPECT_EQ(must(daemon().ask({"bans"})).at("bans").at(0).at("prefix"), "203.0.113.66");
	// The tried policy drained a hundred a second, and no longer than it judged: the limit is not full again.
	send(frame_from("198.51.100.7"), 20000);
	EXPECT_GE(counted("admitted"), admitted);
	EXPECT_LE(counted("admitted"), admitted + 2500);
}

TEST_F(UndoStory, KilledWhileItWaitsTheNextDaemonTakesItOff)
{
	start(kOpen);
	ASSERT_EQ(try_for("2s").code, 0);
	daemon().kill();
	send(frame_from("198.51.100.7"), 10);
	EXPECT_EQ(counted("default-deny"), 10u) << "the tried policy judges while nobody lives";
	must(daemon().restart());
	ASSERT_TRUE(until([&] { return !closed(); }));
	EXPECT_EQ(newest(1).at("state"), "rolled-back-by-itself");
	send(frame_from("198.51.100.7"), 10);
	EXPECT_EQ(counted("admitted"), 10u);
}

TEST_F(UndoStory, RollbackReturnsAndTheFileStaysOut)
{
	start(kOpen);
	must(daemon().write_file("policy.yaml", kClosed));
	ASSERT_TRUE(until([&] { return closed(); })) << "the file that changed is read";
	const lab::Finished back = must(daemon().command({"rollback"}));
	ASSERT_EQ(back.code, 0) << back.errors;
	EXPECT_NE(back.output.find("the policy of generation 1"), std::string::npos) << back.output;
	EXPECT_FALSE(closed());
	daemon().process().signal(SIGHUP);
	EXPECT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "degraded"; }));
	EXPECT_FALSE(closed());
	daemon().kill();
	must(daemon().restart());
	EXPECT_FALSE(closed()) << "a restart brought back what was rolled back";
	ASSERT_EQ(must(daemon().command({"apply", daemon().policy_path()})).code, 0);
	EXPECT_TRUE(closed());
}

TEST_F(UndoStory, ThePolicyThatWouldCutOffItsSessionIsRefused)
{
	start(kOpen);
	must(daemon().write_file("tried.yaml", kClosed));
	const auto apply_from = [&](const std::string& connection, std::vector<std::string> more) {
		lab::Command command = wire().gate().command(
		    {lab::program("sluice"), "--socket", daemon().directory() + "/control.sock", "apply", tried()});
		command.arguments.insert(command.arguments.end(), more.begin(), more.end());
		command.environment = {{"SSH_CONNECTION", connection}};
		return must(lab::run(command));
	};
	const lab::Finished refused = apply_from("198.51.100.7 50022 192.0.2.1 22", {});
	EXPECT_EQ(refused.code, 1);
	EXPECT_NE(refused.errors.find("cut off your session from 198.51.100.7:50022: default-deny"), std::string::npos) << refused.errors;
	EXPECT_FALSE(closed());
	EXPECT_EQ(apply_from("198.51.100.7 50022 192.0.2.1 22", {"--force"}).code, 0);
	EXPECT_TRUE(closed());
	EXPECT_EQ(newest().at("caller").at("ssh"), "198.51.100.7:50022");
}

}  // namespace sluice::e2e
