// The client's agent: when it asks again, what it tells, and when it gives up.
#include <gtest/gtest.h>

#include <deque>

#include "base/clock.h"
#include "cli/lease_agent.h"

namespace sluice::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMs = 1'000'000;

// A server of answers that are given beforehand; time passes as the agent waits.
class Told {
public:
	using Answer = Result<port::LeaseReply>;

	LeaseAgent agent()
	{
		return LeaseAgent({[this] {
					   Answer next = answers.front();
					   answers.pop_front();
					   return next;
				   },
				   [this](milliseconds pause) {
					   pauses.push_back(pause.count());
					   clock.advance(static_cast<std::uint64_t>(pause.count()) * kMs);
					   return !answers.empty();
				   },
				   [this] { return chance; }, [this] { return clock.boot_ns(); },
				   [this](const LeaseNews& each) { news.push_back(each); }});
	}
	std::string kinds() const
	{
		std::string all;
		for (const LeaseNews& each : news)
			all += "LTRE"[static_cast<int>(each.kind)];
		return all;
	}

	std::deque<Answer> answers;
	std::vector<std::int64_t> pauses;
	std::vector<LeaseNews> news;
	ManualClock clock;
	double chance = 0.5;
};

port::LeaseReply lease(std::uint64_t seconds = 60, const std::string& binding = "192.0.2.7")
{
	return port::Lease{"spiffe://prod.example/a", binding, seconds, seconds / 2, false};
}

port::LeaseReply refusal(unsigned status, std::uint64_t retry_after = 0)
{
	return port::LeaseRefusal{status, status == 429 ? "each-identity" : "revoked", "No.", retry_after};
}

Error unreachable()
{
	return Error(ErrorCode::kUnreachable, "connect to gate.example: Connection refused");
}

TEST(CliLease, ItRenewsAtHalfOfTheLifeATenthMoreOrLess)
{
	for (const auto& [chance, pause] : std::vector<std::pair<double, std::int64_t>>{{0, 27'000}, {0.5, 30'000}, {0.9999999, 32'999}}) {
		Told told;
		told.chance = chance;
		told.answers = {lease(), lease(), lease()};
		EXPECT_TRUE(told.agent().run());
		EXPECT_EQ((std::vector<std::int64_t>{pause, pause, pause}), told.pauses);
		EXPECT_EQ("L", told.kinds()) << "a renewal is no change";
	}
}

TEST(CliLease, ItTellsWhatChanges)
{
	Told told;
	told.answers = {lease(), lease(60, "192.0.2.8"), unreachable(), unreachable(), lease(60, "192.0.2.8")};
	EXPECT_TRUE(told.agent().run());
	EXPECT_EQ("LLTR", told.kinds());
	EXPECT_EQ("192.0.2.8", told.news[1].lease.binding);
	EXPECT_EQ("connect to gate.example: Connection refused", told.news[2].why);
	EXPECT_EQ(30u, told.news[2].seconds_left);
}

TEST(CliLease, FailuresAreTriedAgainLessAndLessOften)
{
	Told told;
	told.answers = std::deque<Told::Answer>(8, Told::Answer(unreachable()));
	EXPECT_TRUE(told.agent().run()) << "a server that is not there yet may come";
	EXPECT_EQ((std::vector<std::int64_t>{1000, 2000, 4000, 8000, 16'000, 30'000, 30'000, 30'000}), told.pauses);
	EXPECT_EQ("T", told.kinds());
}

TEST(CliLease, TheServersWordOnWhenToComeAgainCounts)
{
	Told told;
	told.answers = {refusal(429, 20), refusal(503)};
	EXPECT_TRUE(told.agent().run());
	EXPECT_EQ((std::vector<std::int64_t>{20'000, 2000}), told.pauses);
}

TEST(CliLease, ARefusalEndsItOnceNoLeaseIsInForce)
{
	Told none;
	none.answers = {refusal(403)};
	const auto at_once = none.agent().run();
	ASSERT_FALSE(at_once);
	EXPECT_EQ("refused: revoked: No.", at_once.error().sentence());
	EXPECT_EQ("", none.kinds());

	Told later;
	later.answers = {lease()};
	later.answers.insert(later.answers.end(), 20, refusal(403));
	const auto in_the_end = later.agent().run();
	ASSERT_FALSE(in_the_end);
	EXPECT_EQ("LTE", later.kinds());
	EXPECT_EQ((std::vector<std::int64_t>{30'000, 1000, 2000, 4000, 8000, 16'000}), later.pauses) << "61 seconds after the lease";

	Told mended;
	mended.answers = {lease(), refusal(401), lease()};
	EXPECT_TRUE(mended.agent().run()) << "the next token was right";
	EXPECT_EQ("LTR", mended.kinds());
}

TEST(CliLease, ALeaseThatEndsIsToldAndSoIsTheNext)
{
	Told told;
	told.answers = {lease(10), unreachable(), unreachable(), unreachable(), unreachable(), lease(10)};
	EXPECT_TRUE(told.agent().run());
	EXPECT_EQ("LTEL", told.kinds());
}

TEST(CliLease, PapersThatAreUnusableAreAnErrorAtTheStartOnly)
{
	const Error torn(ErrorCode::kInvalid, "the key is not the certificate's");
	Told start;
	start.answers = {torn};
	EXPECT_FALSE(start.agent().run());
	Told rotated;
	rotated.answers = {lease(), torn, lease()};
	EXPECT_TRUE(rotated.agent().run()) << "half of a rotation";
	EXPECT_EQ(1000, rotated.pauses.at(1));
}

TEST(CliLease, OnceIsOnce)
{
	Told told;
	told.answers = {lease(), refusal(403), unreachable()};
	LeaseAgent agent = told.agent();
	EXPECT_EQ("192.0.2.7", agent.once()->binding);
	EXPECT_EQ(ErrorCode::kFailed, agent.once().error().code());
	EXPECT_EQ(ErrorCode::kUnreachable, agent.once().error().code());
	EXPECT_TRUE(told.news.empty());
}

TEST(CliLease, ServersAreNamedWithTheirPort)
{
	EXPECT_EQ("gate.example", port::parse_lease_server("gate.example:8440")->host);
	EXPECT_EQ(8440, port::parse_lease_server("192.0.2.1:8440")->port);
	EXPECT_EQ("2001:db8::1", port::parse_lease_server("[2001:db8::1]:8440")->host);
	for (const char* wrong : {"", "gate.example", ":8440", "gate.example:", "gate.example:0", "gate.example:65536", "gate.example:x", "2001:db8::1:8440", "[gate]:1"})
		EXPECT_FALSE(port::parse_lease_server(wrong)) << wrong;
}

}  // namespace
}  // namespace sluice::cli
