// A candidate beside the running policy: through the command, the daemon and the kernel.
#include <signal.h>

#include "story.h"

namespace sluice::e2e {

namespace {

constexpr const char* kOpen = R"(version: 1
services:
  - {name: api, protocol: udp, ports: [9000], each-source: {packets: {rate: 1/h, burst: 100}}}
)";
constexpr const char* kStrict = R"(version: 1
sources:
  - {name: bad, action: deny, files: [bad.netset]}
services:
  - {name: api, protocol: udp, ports: [9000], each-source: {packets: {rate: 1/h, burst: 30}}}
)";

class ShadowStory : public Story {
protected:
	void begin()
	{
		start(kOpen, {{"bad.netset", "203.0.113.0/24\n"}});
		must(daemon().write_file("new.yaml", kStrict));
		const lab::Finished begun = must(daemon().command({"apply", daemon().directory() + "/new.yaml", "--observe"}));
		ASSERT_EQ(begun.code, 0) << begun.errors;
		EXPECT_NE(begun.output.find("new.yaml is shadowed; generation 1 decides"), std::string::npos) << begun.output;
	}
	nlohmann::json shadow() { return must(daemon().ask({"stats"})).at("shadow"); }
	std::uint64_t pair(const std::string& running, const std::string& candidate)
	{
		const nlohmann::json now = shadow();
		for (const auto& row : now.at("pairs")) {
			if (row.at("running") == running && row.at("candidate") == candidate)
				return row.at("packets");
		}
		return 0;
	}
	bool is_shadowed() { return !must(daemon().ask({"status"})).at("shadow").is_null(); }
};

}  // namespace

TEST_F(ShadowStory, SeenBesideTheRunningPolicyThenPromoted)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	send(frame_from("198.51.100.7"), 150);
	send(frame_from("203.0.113.9"), 7);
	EXPECT_EQ(counted("admitted"), 107u) << "the running policy decides";
	EXPECT_EQ(counted("source-packets"), 50u);
	EXPECT_EQ(pair("admitted", "admitted"), 30u);
	EXPECT_EQ(pair("admitted", "source-packets"), 70u);
	EXPECT_EQ(pair("source-packets", "source-packets"), 50u);
	EXPECT_EQ(pair("admitted", "listed-deny"), 7u);
	EXPECT_EQ(shadow().at("would_drop").at("packets"), 77);
	EXPECT_EQ(shadow().at("missed").at("packets"), 0);
	const lab::Finished stats = must(daemon().command({"stats"}));
	EXPECT_NE(stats.output.find(" packets judged by both, 77 it would drop, 0 it would let pass"), std::string::npos) << stats.output;
	EXPECT_NE(must(daemon().command({"status"})).output.find("new.yaml is judged beside it since"), std::string::npos);

	const lab::Finished promoted = must(daemon().command({"promote"}));
	ASSERT_EQ(promoted.code, 0) << promoted.errors;
	EXPECT_FALSE(is_shadowed());
	EXPECT_EQ(must(daemon().ask({"history"})).at("history").at(0).at("cause"), "promote");
	send(frame_from("203.0.113.9"), 7);
	EXPECT_EQ(counted("listed-deny"), 7u);
	send(frame_from("198.51.100.7"), 20);
	EXPECT_EQ(counted("source-packets"), 70u) << "what the running policy charged stays charged: nobody is refilled";
	EXPECT_EQ(must(daemon().command({"promote"})).code, 1);
}

TEST_F(ShadowStory, KilledAndBackItGoesOnAndARollbackDropsIt)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	daemon().kill();
	send(frame_from("203.0.113.9"), 5);
	EXPECT_EQ(counted("admitted"), 5u) << "with nobody alive the running policy decides";
	EXPECT_EQ(must(daemon().dump({"counters"})).at("counters").at("shadow").at("would_drop").at("packets"), 5);
	must(daemon().restart());
	ASSERT_TRUE(is_shadowed());
	EXPECT_EQ(pair("admitted", "listed-deny"), 5u) << "and the candidate was judged meanwhile";

	daemon().process().signal(SIGHUP);
	must(daemon().write_file("policy.yaml", std::string(kOpen) + "fragments: allow\n"));
	ASSERT_TRUE(until([&] { return generation() == 2; }));
	EXPECT_TRUE(is_shadowed()) << "a file that changes does not end it";
	send(frame_from("203.0.113.9"), 5);
	EXPECT_EQ(pair("admitted", "listed-deny"), 10u);

	const lab::Finished dropped = must(daemon().command({"rollback"}));
	ASSERT_EQ(dropped.code, 0) << dropped.errors;
	EXPECT_NE(dropped.output.find("is no longer shadowed; generation 2 goes on"), std::string::npos) << dropped.output;
	EXPECT_FALSE(is_shadowed());
	EXPECT_EQ(generation(), 2u);
	send(frame_from("203.0.113.9"), 5);
	EXPECT_EQ(counted("admitted"), 15u);
}

TEST_F(ShadowStory, PanicTakesItOffWithTheRest)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	ASSERT_TRUE(guarded());
	ASSERT_EQ(must(daemon().command({"panic"})).code, 0);
	EXPECT_FALSE(guarded());
	ASSERT_EQ(must(daemon().command({"rollback"})).code, 0);
	EXPECT_FALSE(is_shadowed());
}

}  // namespace sluice::e2e
