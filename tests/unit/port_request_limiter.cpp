// Limits of requests: each algorithm's bound, exact waits, keys apart, levels that go on, and nothing written by a refusal.
#include <gtest/gtest.h>

#include "policy/meter.h"
#include "port/request_limiter.h"

namespace sluice::port {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kTick = 1u << SLUICE_TICK_SHIFT;
constexpr std::uint64_t kStart = 1000 * kSecond;
constexpr LimitSecret kSecret = {1, 2};

RequestLimit limit_of(std::uint64_t requests, std::uint64_t period, std::uint64_t burst, sluice_algorithm algorithm = SLUICE_TOKEN_BUCKET)
{
	policy::Meter meter;
	meter.rate.count = requests;
	meter.rate.period_seconds = period;
	meter.burst = burst;
	const auto expressed = policy::express(meter, SLUICE_PACKETS, algorithm);
	EXPECT_TRUE(expressed) << expressed.error().sentence();
	return {"X-Api-Key", requests, period, *expressed};
}

// Admitted of so many at that time.
unsigned take(RequestLimiter& limiter, const std::string& key, unsigned count, std::uint64_t at)
{
	unsigned admitted = 0;
	for (unsigned i = 0; i < count; i++) {
		const auto offer = limiter.offer(key, at);
		if (!offer.admitted)
			continue;
		limiter.charge(offer);
		admitted++;
	}
	return admitted;
}

TEST(PortRequestLimiter, ABurstThenTheRateAndTheWaitIsExact)
{
	RequestLimiter limiter(limit_of(60, 60, 5), kSecret, kStart);
	EXPECT_EQ(5u, take(limiter, "a", 9, kStart));
	EXPECT_EQ(5u, take(limiter, "b", 9, kStart)) << "another key";
	const auto refused = limiter.offer("a", kStart);
	EXPECT_FALSE(refused.admitted);
	EXPECT_EQ(0u, refused.remaining);
	EXPECT_GE(refused.wait_ns, kSecond);
	EXPECT_LE(refused.wait_ns, kSecond + kSecond / 100);
	EXPECT_FALSE(limiter.offer("a", kStart + kSecond - kTick).admitted);
	EXPECT_TRUE(limiter.offer("a", kStart + refused.wait_ns).admitted);
	EXPECT_EQ(5u, take(limiter, "a", 100, kStart + 10 * kSecond)) << "no more than the burst";
	EXPECT_NEAR(5.0, static_cast<double>(limiter.offer("b", kStart).reset_ns) / kSecond, 0.1);
}

TEST(PortRequestLimiter, ARefusalWritesNothing)
{
	RequestLimiter limiter(limit_of(60, 60, 1), kSecret, kStart);
	EXPECT_EQ(1u, take(limiter, "a", 1, kStart));
	const std::uint64_t wait = limiter.offer("a", kStart).wait_ns;
	EXPECT_EQ(0u, take(limiter, "a", 1000, kStart));
	EXPECT_EQ(wait, limiter.offer("a", kStart).wait_ns);
}

TEST(PortRequestLimiter, AWindowAdmitsWhatItSaysAndEndsAtItsEdge)
{
	RequestLimiter limiter(limit_of(10, 60, 10, SLUICE_FIXED_WINDOW), kSecret, kStart);
	const std::uint64_t edge = kStart - kStart % (60 * kSecond) + 60 * kSecond;
	EXPECT_EQ(10u, take(limiter, "a", 20, edge - kSecond));
	const auto refused = limiter.offer("a", edge - kSecond);
	EXPECT_EQ(kSecond, refused.wait_ns);
	EXPECT_EQ(0u, take(limiter, "a", 1, edge - 1));
	EXPECT_EQ(10u, take(limiter, "a", 20, edge));
}

TEST(PortRequestLimiter, ALogHoldsEveryWindow)
{
	RequestLimiter limiter(limit_of(3, 60, 3, SLUICE_SLIDING_LOG), kSecret, kStart);
	EXPECT_EQ(1u, take(limiter, "a", 1, kStart));
	EXPECT_EQ(2u, take(limiter, "a", 5, kStart + 59 * kSecond));
	EXPECT_EQ(3u, take(limiter, "b", 5, kStart + 59 * kSecond)) << "another key";
	const auto refused = limiter.offer("a", kStart + 59 * kSecond);
	EXPECT_FALSE(refused.admitted);
	EXPECT_GE(refused.wait_ns, kSecond);
	EXPECT_LE(refused.wait_ns, kSecond + 4 * kTick);
	EXPECT_EQ(1u, take(limiter, "a", 5, kStart + 60 * kSecond + 4 * kTick)) << "the first has left, the other two have not";
	EXPECT_EQ(0u, take(limiter, "a", 5, kStart + 118 * kSecond));
}

TEST(PortRequestLimiter, ManyKeysRefillNobody)
{
	RequestLimiter limiter(limit_of(1, 3600, 1), kSecret, kStart);
	EXPECT_EQ(1u, take(limiter, "victim", 1, kStart));
	for (unsigned i = 0; i < 200'000; i++)
		take(limiter, "key " + std::to_string(i), 1, kStart + i);
	EXPECT_EQ(0u, take(limiter, "victim", 1, kStart + kSecond));
}

TEST(PortRequestLimiters, OneThatRefusesLeavesTheOthersUncharged)
{
	RequestLimiters limiters(kSecret);
	RequestLimit identity = limit_of(60, 60, 100);
	identity.header.clear();
	limiters.follow({limit_of(60, 60, 1), identity}, kStart);
	const auto admitted = [](const std::vector<RequestLimiters::Said>& said) {
		return std::all_of(said.begin(), said.end(), [](const auto& each) { return each.offer.admitted; });
	};
	EXPECT_TRUE(admitted(limiters.charge({"k", "i"}, kStart)));
	for (int i = 0; i < 10; i++)
		EXPECT_FALSE(admitted(limiters.charge({"k", "i"}, kStart)));
	const auto said = limiters.charge({std::nullopt, "i"}, kStart);
	ASSERT_EQ(1u, said.size());
	EXPECT_EQ(98u, said[0].offer.remaining) << "two were charged";
	EXPECT_EQ("", said[0].limit.header);
}

TEST(PortRequestLimiters, ALimitThatIsAsItWasKeepsItsLevels)
{
	RequestLimiters limiters(kSecret);
	limiters.follow({limit_of(60, 60, 1)}, kStart);
	EXPECT_TRUE(limiters.charge({"k"}, kStart)[0].offer.admitted);
	RequestLimit other = limit_of(60, 60, 1);
	other.header = "X-Other";
	limiters.follow({other, limit_of(60, 60, 1)}, kStart);
	const auto said = limiters.charge({"k", "k"}, kStart);
	EXPECT_TRUE(said[0].offer.admitted);
	EXPECT_FALSE(said[1].offer.admitted);
	limiters.follow({limit_of(60, 60, 2)}, kStart);
	EXPECT_TRUE(limiters.charge({"k"}, kStart)[0].offer.admitted) << "near miss: another limit begins anew";
}

}  // namespace
}  // namespace sluice::port
