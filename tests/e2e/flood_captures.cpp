// Captured spoofed floods over the wire, at the address that they were aimed at, with newcomers who exist among them.
#include <sstream>
#include <thread>

#include "flood_story.h"
#include "lab/listener.h"
#include "lab/newcomers.h"
#include "playback.h"

namespace sluice::e2e {

namespace {

constexpr std::uint64_t kPace = 8000;  // frames a second
constexpr std::uint16_t kPort = 25565;
constexpr std::uint32_t kNewcomers = 150;

class FloodCaptures : public FloodStory {
protected:
	void SetUp() override
	{
		directory_ = test::captures_directory();
		if (!directory_)
			GTEST_SKIP() << "the captures are not there: expected in ../shared/data beside the source tree";
		FloodStory::SetUp();
		if (!IsSkipped())
			build();
	}

	test::Capture capture(const std::string& name) { return must(test::read_capture(*directory_ + "/attacks/" + name)); }
	// Plays it; meanwhile newcomers call. How many of them were answered.
	std::size_t meet(const test::Capture& capture)
	{
		lab::NewcomerPlan plan;
		plan.first = must(net::Address::parse("10.9.0.1"));
		plan.server = must(net::Address::parse(lab::kGateIpv4));
		plan.port = kPort;
		plan.count = kNewcomers;
		plan.per_second = 60;
		Result<void> played;
		std::thread player([&] { played = play(wire().world(), capture, kPace); });
		const auto tally = lab::call_all(wire().world(), plan);
		player.join();
		must(played);
		must(tally);
		EXPECT_EQ(tally->asked, kNewcomers);
		return tally->milliseconds.size();
	}

	// A number of the gate's /proc/net/snmp.
	std::uint64_t stack_count(const std::string& group, const std::string& name)
	{
		const std::string text = must(lab::run_checked(wire().gate().command({"cat", "/proc/net/snmp"})));
		std::istringstream lines(text);
		std::string names, values;
		while (std::getline(lines, names) && std::getline(lines, values)) {
			std::istringstream keys(names), numbers(values);
			std::string key, number;
			while (names.starts_with(group + ":") && keys >> key && numbers >> number) {
				if (key == name)
					return std::stoull(number);
			}
		}
		ADD_FAILURE() << group << " has no " << name;
		return 0;
	}

private:
	void build()
	{
		must(wire().world().ip({"link", "set", "lo", "up"}));
		must(wire().world().ip({"route", "add", "local", "10.9.0.0/16", "dev", "lo"}));
		must(wire().gate().ip({"route", "add", "default", "via", lab::kWorldIpv4}));
		must(wire().gate().ip({"addr", "add", "10.10.10.10/32", "dev", lab::kInterface}));
		answers_.emplace(must(lab::BareProgram::attach(wire().world(), lab::BareProgram::Verdict::kPass)));
		listener_ = must(lab::Listener::open(wire().gate(), kPort));
	}

	std::optional<std::string> directory_;
	std::optional<lab::BareProgram> answers_;
	std::unique_ptr<lab::Listener> listener_;
};

constexpr const char* kPolicy = "version: 1\n"
				"services:\n"
				"  - {name: tcp, protocol: tcp, ports: [1-65535], unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}}\n"
				"  - {name: udp, protocol: udp, ports: [1-65535], unproved: {packets: {rate: 1/h, burst: 1}}}\n";

}  // namespace

TEST_F(FloodCaptures, SpoofedSynsShutNobodyOut)
{
	start(kPolicy);
	const test::Capture syns = capture("syn-flood-spoofed.pcap");
	EXPECT_EQ(meet(syns), kNewcomers) << "not one was lost";
	EXPECT_EQ(counted("cookie") + counted("reply-capped") + counted("unproved"), syns.frames.size() + kNewcomers - 1) << "the budget is one";
	EXPECT_GE(cookies().at("taken").get<std::uint32_t>(), kNewcomers - 1) << "and one who spent the budget needs none";
	EXPECT_EQ(cookies().at("refused"), 0);
}

TEST_F(FloodCaptures, ReflectedSynAcksAreNotAnswered)
{
	const test::Capture synacks = capture("synack-reflection.pcap");
	must(play(wire().world(), synacks, kPace));
	const std::uint64_t resets = stack_count("Tcp", "OutRsts");
	EXPECT_GT(resets, 6000u) << "near miss: a host alone resets them";
	start(kPolicy);
	EXPECT_EQ(meet(synacks), kNewcomers);
	EXPECT_EQ(counted("no-connection"), 6651u + 1018u + 9u) << "SYN-ACKs, RSTs, and segments of connections that this host never had";
	EXPECT_EQ(stack_count("Tcp", "OutRsts"), resets) << "no reset went back to them";
}

TEST_F(FloodCaptures, AmplifiedAnswersReachNobody)
{
	const test::Capture answers = capture("snmp-amplification.pcap");
	must(play(wire().world(), answers, kPace));
	const std::uint64_t errors = stack_count("Icmp", "OutDestUnreachs");
	EXPECT_GT(errors, 0u) << "near miss: a host alone says that nobody is there";
	start(kPolicy);
	EXPECT_EQ(meet(answers), kNewcomers);
	EXPECT_EQ(counted("no-listener"), 4079u);
	EXPECT_EQ(stack_count("Icmp", "OutDestUnreachs"), errors) << "no error went back to them";
}

}  // namespace sluice::e2e
