#include <gtest/gtest.h>

#include "identity/cache.h"

namespace sluice::identity {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kSecond = 1'000'000'000;
const Moment kWall{seconds(1'800'000'000)};

CacheTime at(std::uint64_t mono_seconds, seconds wall_offset, std::uint64_t epoch = 1)
{
	return {mono_seconds * kSecond, kWall + wall_offset, epoch};
}

CacheKey key_of(std::string_view token)
{
	return *cache_key(token, Thumbprint{});
}

Checked<Identity> lasting(seconds time)
{
	Identity identity;
	identity.name = "spiffe://prod.example/a";
	identity.until = kWall + time;
	return identity;
}

bool finds(Cache& cache, const CacheKey& key, const CacheTime& now)
{
	const auto found = cache.find(key, now);
	return found && *found;
}

TEST(IdentityCache, KeyIsTokenAndCertificate)
{
	Thumbprint other;
	other.digest[0] = 1;
	EXPECT_EQ(*cache_key("t", Thumbprint{}), *cache_key("t", Thumbprint{}));
	EXPECT_NE(*cache_key("t", Thumbprint{}), *cache_key("t", other));
	EXPECT_NE(*cache_key("t", Thumbprint{}), *cache_key("u", Thumbprint{}));
}

TEST(IdentityCache, EndsWithTheIdentityOrTheCap)
{
	Cache cache({});
	cache.put(key_of("short"), lasting(seconds(10)), at(0, seconds(0)));
	cache.put(key_of("long"), lasting(seconds(10'000)), at(0, seconds(0)));
	EXPECT_TRUE(finds(cache, key_of("short"), at(9, seconds(9))));
	EXPECT_FALSE(finds(cache, key_of("short"), at(10, seconds(10))));
	EXPECT_TRUE(finds(cache, key_of("long"), at(299, seconds(299))));
	EXPECT_FALSE(finds(cache, key_of("long"), at(300, seconds(300))));
	EXPECT_EQ(0u, cache.identities());
	cache.put(key_of("over"), lasting(seconds(0)), at(0, seconds(0)));
	EXPECT_EQ(0u, cache.identities());
}

TEST(IdentityCache, ClockSteppedBackLengthensNothing)
{
	Cache cache({});
	cache.put(key_of("t"), lasting(seconds(10)), at(0, seconds(0)));
	EXPECT_TRUE(finds(cache, key_of("t"), at(9, seconds(-3600))));
	EXPECT_FALSE(finds(cache, key_of("t"), at(10, seconds(-3600))));
}

TEST(IdentityCache, ClockSteppedForwardEndsAtOnce)
{
	Cache cache({});
	cache.put(key_of("t"), lasting(seconds(10)), at(0, seconds(0)));
	EXPECT_FALSE(finds(cache, key_of("t"), at(0, seconds(10))));
	EXPECT_FALSE(finds(cache, key_of("t"), at(0, seconds(0))));
}

TEST(IdentityCache, AnotherEpochAsksAgain)
{
	Cache cache({});
	cache.put(key_of("t"), lasting(seconds(10)), at(0, seconds(0), 1));
	EXPECT_FALSE(finds(cache, key_of("t"), at(0, seconds(0), 2)));
}

TEST(IdentityCache, RefusalsAreRememberedBriefly)
{
	Cache cache({});
	cache.put(key_of("t"), Refused{Refusal::kSignature}, at(0, seconds(0)));
	const auto found = cache.find(key_of("t"), at(4, seconds(4)));
	ASSERT_TRUE(found.has_value());
	ASSERT_FALSE(*found);
	EXPECT_EQ(Refusal::kSignature, found->error().refusal);
	EXPECT_FALSE(cache.find(key_of("t"), at(5, seconds(5))).has_value());
}

TEST(IdentityCache, AFloodOfRefusalsPushesNoIdentityOut)
{
	Cache cache({2, 3, seconds(300), seconds(5)});
	cache.put(key_of("a"), lasting(seconds(60)), at(0, seconds(0)));
	for (int i = 0; i < 100; ++i)
		cache.put(key_of("bad" + std::to_string(i)), Refused{Refusal::kSignature}, at(0, seconds(0)));
	EXPECT_EQ(3u, cache.refusals());
	EXPECT_TRUE(finds(cache, key_of("a"), at(0, seconds(0))));
	cache.put(key_of("b"), lasting(seconds(60)), at(0, seconds(0)));
	EXPECT_TRUE(finds(cache, key_of("a"), at(0, seconds(0))));
	cache.put(key_of("c"), lasting(seconds(60)), at(0, seconds(0)));
	EXPECT_EQ(2u, cache.identities());
	EXPECT_TRUE(finds(cache, key_of("a"), at(0, seconds(0))));
	EXPECT_FALSE(finds(cache, key_of("b"), at(0, seconds(0))));
}

TEST(IdentityCache, TheLastAnswerReplacesTheOneBefore)
{
	Cache cache({});
	cache.put(key_of("t"), lasting(seconds(60)), at(0, seconds(0)));
	cache.put(key_of("t"), Refused{Refusal::kRevoked}, at(0, seconds(0)));
	EXPECT_FALSE(finds(cache, key_of("t"), at(0, seconds(0))));
	EXPECT_EQ(0u, cache.identities());
	EXPECT_EQ(1u, cache.refusals());
}

}  // namespace
}  // namespace sluice::identity
