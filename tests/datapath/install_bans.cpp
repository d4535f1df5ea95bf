// Bans in the kernel: set, judged, lifted, expired; no room; and a failed one changes nothing.
#include <linux/bpf.h>

#include <bit>
#include <cerrno>

#include "install_fixture.h"
#include "kernel/run_packet.h"
#include "kernel/typed_map.h"
#include "sluice/abi/ban.h"
#include "sluice/core/addr.h"

namespace sluice::kernel::test {
namespace {

class InstallBans : public InstallTest {
protected:
	void SetUp() override
	{
		InstallTest::SetUp();
		if (IsSkipped() || HasFatalFailure())
			return;
		SystemClock now;
		clock_ = ManualClock(now.coarse_mono_ns());
		datapath_ = open();
		ASSERT_TRUE(datapath_->install(plain_image(false)));
	}

	void TearDown() override
	{
		datapath_.reset();
		InstallTest::TearDown();
	}

	Result<void> ban(const std::string& prefix, std::optional<std::uint64_t> for_ns = {}, const std::string& why = "")
	{
		std::optional<std::uint64_t> expires;
		if (for_ns)
			expires = clock_.coarse_mono_ns() + *for_ns;
		return datapath_->ban({*net::Prefix::parse(prefix), expires, clock_.unix_ns(), why});
	}

	bool drops() { return run_packet(datapath_->program_fd(), udp_frame())->action == XDP_DROP; }

	sluice_ban_lengths lengths()
	{
		const auto map = Map::open_pin(calls_, options_.pins + "/state/ban_lengths", "ban_lengths");
		return read_array<sluice_ban_lengths>(*map)->at(0);
	}

	// Bits that stand in the sieve.
	int marks()
	{
		const auto map = Map::open_pin(calls_, options_.pins + "/state/ban_sieve", "ban_sieve");
		const auto words = read_array<std::uint64_t>(*map);
		int bits = 0;
		for (const std::uint64_t word : *words)
			bits += std::popcount(word);
		return bits;
	}

	std::unique_ptr<KernelDatapath> datapath_;
};

TEST_F(InstallBans, TheNextPacketIsDropped)
{
	EXPECT_FALSE(drops());
	ASSERT_TRUE(ban("192.0.2.0/24", {}, "scan"));
	EXPECT_TRUE(drops());
	const auto bans = datapath_->bans();
	ASSERT_EQ(1u, bans->size());
	EXPECT_EQ("192.0.2.0/24", bans->at(0).prefix.to_string());
	EXPECT_EQ("scan", bans->at(0).why);
	EXPECT_FALSE(bans->at(0).expires_mono_ns);
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("192.0.2.0/24")));
	EXPECT_FALSE(drops());
}

TEST_F(InstallBans, TheNeighbourIsNot)
{
	ASSERT_TRUE(ban("192.0.2.8"));
	ASSERT_TRUE(ban("192.0.2.0/30"));
	EXPECT_FALSE(drops());
	ASSERT_TRUE(ban("192.0.2.7"));
	EXPECT_TRUE(drops());
}

TEST_F(InstallBans, TheKernelJudgesExpiryAndReadingRemoves)
{
	ASSERT_TRUE(ban("192.0.2.7", 0));
	EXPECT_FALSE(drops());
	ASSERT_TRUE(ban("192.0.2.7", 3'600'000'000'000));
	EXPECT_TRUE(drops());
	clock_.advance(3'600'000'000'001);
	EXPECT_TRUE(datapath_->bans()->empty());
	EXPECT_FALSE(drops());
	EXPECT_EQ(0u, lengths().count[SLUICE_IPV4]) << "no ban is left: the list of lengths starts anew";
}

TEST_F(InstallBans, LengthsAreAppendedWhileAnyBanStands)
{
	ASSERT_TRUE(ban("192.0.2.7"));
	ASSERT_TRUE(ban("2001:db8::/32"));
	ASSERT_TRUE(ban("198.51.100.0/24"));
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("192.0.2.7")));
	EXPECT_EQ(2u, lengths().count[SLUICE_IPV4]);
	EXPECT_EQ(128, lengths().length[SLUICE_IPV4][0]);
	EXPECT_EQ(120, lengths().length[SLUICE_IPV4][1]);
	EXPECT_EQ((std::uint64_t{SLUICE_BE32(0xffffff00u)} << 32 | 0xffffffffu), lengths().mask[SLUICE_IPV4][1].half[1]);
	EXPECT_EQ(1u, lengths().count[SLUICE_IPV6]);
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("2001:db8::/32")));
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("198.51.100.0/24")));
	EXPECT_EQ(0u, lengths().count[SLUICE_IPV4] + lengths().count[SLUICE_IPV6]);
}

TEST_F(InstallBans, NoRoomForAnotherLength)
{
	for (unsigned length = 1; length <= SLUICE_MAX_BAN_LENGTHS; length++)
		ASSERT_TRUE(ban(net::Prefix::of(*net::Address::parse("2001:db8::"), length).to_string()));
	const auto refused = ban("2001:db8:1:2::/64");
	ASSERT_FALSE(refused);
	EXPECT_EQ(ErrorCode::kExhausted, refused.error().code());
	EXPECT_FALSE(refused.error().advice().empty());
	EXPECT_EQ(SLUICE_MAX_BAN_LENGTHS, datapath_->bans()->size());
	EXPECT_TRUE(ban("192.0.2.7")) << "the other family has its own list";
}

TEST_F(InstallBans, NoRoomForAnotherBan)
{
	for (unsigned i = 0; i < options_.ban_capacity; i++)
		ASSERT_TRUE(ban("198.51.100." + std::to_string(i), i == 5 ? std::optional<std::uint64_t>(10) : std::nullopt));
	const auto refused = ban("203.0.113.1");
	ASSERT_FALSE(refused);
	EXPECT_EQ(ErrorCode::kExhausted, refused.error().code());
	EXPECT_EQ("all 64 bans and overlay entries are in use", refused.error().message());
	EXPECT_TRUE(ban("198.51.100.7", {}, "again")) << "one that stands can be replaced";
	clock_.advance(11);
	EXPECT_TRUE(ban("203.0.113.1")) << "an expired one makes room";
	EXPECT_EQ(options_.ban_capacity, datapath_->bans()->size());
}

TEST_F(InstallBans, LiftingWhatDoesNotStandIsAnError)
{
	const auto lifted = datapath_->unban(*net::Prefix::parse("192.0.2.9"));
	ASSERT_FALSE(lifted);
	EXPECT_EQ(ErrorCode::kNotFound, lifted.error().code());
	EXPECT_EQ("192.0.2.9 is not banned", lifted.error().message());
}

TEST_F(InstallBans, AFailedBanChangesNothing)
{
	ASSERT_TRUE(ban("198.51.100.0/24", {}, "stands"));
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto banned = ban("192.0.2.7");
		calls_.fail_at(0, 0);
		if (banned)
			break;
		ASSERT_FALSE(drops());
		ASSERT_EQ(1u, datapath_->bans()->size());
		ASSERT_EQ(1u, lengths().count[SLUICE_IPV4]);
	}
	EXPECT_TRUE(drops());
}

TEST_F(InstallBans, AFailedOverlayEntryChangesNothing)
{
	const datapath::OverlayEntry before{*net::Prefix::parse("192.0.2.0/24"), true, {}, 1, "stands", 0};
	ASSERT_TRUE(datapath_->overlay(before));
	ASSERT_TRUE(ban("192.0.2.7")) << "another length: the entry's has to be told that it is of both kinds";
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto said = datapath_->overlay({*net::Prefix::parse("192.0.2.7"), false, {}, 2, "new", 0});
		calls_.fail_at(0, 0);
		if (said)
			break;
		ASSERT_FALSE(drops());
		const auto entries = datapath_->overlay_entries();
		ASSERT_EQ(1u, entries->size());
		ASSERT_EQ("stands", entries->at(0).why);
		ASSERT_EQ(SLUICE_SAYS_BAN, lengths().kinds[SLUICE_IPV4][1]);
	}
	EXPECT_TRUE(drops());
	EXPECT_EQ(SLUICE_SAYS_BAN | SLUICE_SAYS_OVERLAY, lengths().kinds[SLUICE_IPV4][1]);
}

TEST_F(InstallBans, WhatIsSaidAndABanOfOnePrefixAreTwo)
{
	const net::Prefix prefix = *net::Prefix::parse("192.0.2.7");
	ASSERT_TRUE(ban("192.0.2.7", {}, "a ban"));
	ASSERT_TRUE(datapath_->overlay({prefix, true, {}, 1, std::string(60, 'x'), 1000}));
	EXPECT_FALSE(drops()) << "a ban does not hit what is allowed";
	ASSERT_EQ(1u, datapath_->bans()->size());
	const auto entries = datapath_->overlay_entries();
	ASSERT_EQ(1u, entries->size());
	EXPECT_EQ(47u, entries->at(0).why.size());
	EXPECT_EQ(1000u, entries->at(0).uid);
	EXPECT_TRUE(entries->at(0).allows);
	ASSERT_TRUE(datapath_->forget(prefix));
	EXPECT_TRUE(drops());
	EXPECT_EQ(1u, lengths().count[SLUICE_IPV4]);
	ASSERT_TRUE(datapath_->unban(prefix));
	EXPECT_EQ(0u, lengths().count[SLUICE_IPV4]);
}

// The daemon died between a ban and its length.
TEST_F(InstallBans, ABanWhoseLengthIsNotListedIsFoundAgain)
{
	ASSERT_TRUE(ban("192.0.2.7"));
	{
		const auto map = Map::open_pin(calls_, options_.pins + "/state/ban_lengths", "ban_lengths");
		const std::uint32_t zero = 0;
		const sluice_ban_lengths none{};
		ASSERT_TRUE(map->update(&zero, &none));
	}
	EXPECT_FALSE(drops());
	datapath_.reset();
	datapath_ = open();
	EXPECT_TRUE(drops());
}

// Marks that nobody needs cost packets a lookup: they go when the bans are read.
TEST_F(InstallBans, WhatIsGoneLeavesTheSieve)
{
	ASSERT_TRUE(ban("192.0.2.7"));
	const int one = marks();
	EXPECT_GT(one, 0);
	ASSERT_TRUE(ban("198.51.100.0/24"));
	ASSERT_TRUE(ban("2001:db8::/32", 1000));
	EXPECT_GT(marks(), one);
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("198.51.100.0/24")));
	clock_.advance(1001);
	EXPECT_EQ(1u, datapath_->bans()->size());
	EXPECT_EQ(one, marks());
	EXPECT_TRUE(drops());
	ASSERT_TRUE(datapath_->unban(*net::Prefix::parse("192.0.2.7")));
	EXPECT_TRUE(datapath_->bans()->empty());
	EXPECT_EQ(0, marks());
}

// The daemon died before the mark, or the sieve was made anew: no ban may be overlooked.
TEST_F(InstallBans, ABanWithoutAMarkIsFoundAgain)
{
	ASSERT_TRUE(ban("192.0.2.7"));
	{
		const auto map = Map::open_pin(calls_, options_.pins + "/state/ban_sieve", "ban_sieve");
		const std::vector<std::uint64_t> none(SLUICE_SIEVE_WORDS);
		ASSERT_TRUE(map->fill(none.data(), SLUICE_SIEVE_WORDS));
	}
	EXPECT_FALSE(drops()) << "the sieve is asked first";
	datapath_.reset();
	datapath_ = open();
	EXPECT_TRUE(drops());
}

TEST_F(InstallBans, BothFamiliesAtTheirWidest)
{
	ASSERT_TRUE(ban("::/0"));
	EXPECT_FALSE(drops());
	ASSERT_TRUE(ban("0.0.0.0/0", {}, std::string(60, 'x')));
	EXPECT_TRUE(drops());
	const auto bans = datapath_->bans();
	ASSERT_EQ(2u, bans->size());
	EXPECT_EQ("::/0", bans->at(0).prefix.to_string());
	EXPECT_EQ("0.0.0.0/0", bans->at(1).prefix.to_string());
	EXPECT_EQ(47u, bans->at(1).why.size());
}

}  // namespace
}  // namespace sluice::kernel::test
