// core/siphash.h, core/terms.h, core/cookie.h, core/reply.h: SYN cookies, from a SYN's options to the terms that an ACK brings back.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "net/address.h"
#include "sluice/core/reply.h"

namespace sluice::test {

namespace {

constexpr __u64 kKey[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
constexpr std::uint64_t kNow = 1'000'000'000'000'000;
constexpr std::uint64_t kPeriod = 1ull << SLUICE_COOKIE_PERIOD_SHIFT;

sluice_packet packet(const char* source = "198.51.100.7", const char* destination = "203.0.113.10")
{
	sluice_packet packet{};
	packet.source = net::Address::parse(source)->to_abi();
	packet.destination = net::Address::parse(destination)->to_abi();
	packet.family = net::Address::parse(source)->family();
	packet.protocol = SLUICE_PROTO_TCP;
	packet.source_port = 40000;
	packet.destination_port = 443;
	packet.sequence = SLUICE_BE32(0x01020304);
	return packet;
}

sluice_packet ack_of(sluice_packet syn, const sluice_cookie& cookie)
{
	syn.sequence = SLUICE_BE32(SLUICE_BE32(syn.sequence) + 1);
	syn.acknowledgement = SLUICE_BE32(cookie.sequence + 1);
	return syn;
}

sluice_terms read(const std::vector<std::uint8_t>& bytes)
{
	sluice_options options{};
	std::memcpy(options.bytes, bytes.data(), std::min<std::size_t>(bytes.size(), SLUICE_OPTION_ROOM));
	options.length = static_cast<std::uint32_t>(bytes.size());
	for (std::uint32_t i = 0; i < SLUICE_OPTION_ROOM && sluice_option_step(&options); i++) {
	}
	return options.terms;
}

// What the client would read of the answer.
sluice_terms answered(const sluice_terms& offered, const sluice_packet& syn = packet())
{
	sluice_reply reply{};
	const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
	sluice_reply_tcp(&reply, &syn, &offered, &cookie);
	return read({reply.options, reply.options + reply.length - sizeof(reply.tcp)});
}

const std::vector<std::uint8_t> kLinux = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
const std::vector<std::uint8_t> kWindows = {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
const std::vector<std::uint8_t> kBare = {};

}  // namespace

TEST(CoreSiphash, AgreesWithTheReference)
{
	const __u64 message[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	EXPECT_EQ(sluice_siphash(kKey[0], kKey[1], message, 0), 0x726fdb47dd0e0e31u);
	EXPECT_EQ(sluice_siphash(kKey[0], kKey[1], message, 1), 0x93f5f5799a932462u);
	EXPECT_EQ(sluice_siphash(kKey[0], kKey[1], message, 2), 0x3f2acc7f57c29bdbu);
}

TEST(CoreCookie, ReadsTheOptionsOfASyn)
{
	const sluice_terms terms = read(kLinux);
	EXPECT_EQ(terms.mss, 1460);
	EXPECT_TRUE(terms.selective && terms.stamped && terms.scaled);
	EXPECT_EQ(terms.scale, 7);
	EXPECT_EQ(terms.stamp, 0x01020304u);
	EXPECT_EQ(read(kBare).mss, 0);
	EXPECT_EQ(read({0, 2, 4, 5, 0xb4}).mss, 0) << "behind the end";
	EXPECT_EQ(read({1, 1, 1, 254, 6, 0, 0, 0, 0, 2, 4, 5, 0xb4}).mss, 1460) << "behind an unknown one";
	EXPECT_EQ(read({254, 0, 2, 4, 5, 0xb4}).mss, 0) << "a length of none";
	EXPECT_EQ(read({254, 1, 2, 4, 5, 0xb4}).mss, 0);
	EXPECT_EQ(read({2, 4, 5}).mss, 0) << "cut short";
	EXPECT_EQ(read({2, 3, 5, 2, 4, 5, 0xb4}).mss, 1460) << "of the wrong length, then the right one";
	EXPECT_EQ(read({3, 3, 255}).scale, SLUICE_LARGEST_SCALE);
}

TEST(CoreCookie, AnyOptionsAreReadToTheirEnd)
{
	std::mt19937 random(7);
	for (int round = 0; round < 20000; round++) {
		std::vector<std::uint8_t> bytes(random() % (SLUICE_OPTION_ROOM + 1));
		for (auto& byte : bytes)
			byte = static_cast<std::uint8_t>(random() % 12);
		sluice_options options{};
		std::memcpy(options.bytes, bytes.data(), bytes.size());
		options.length = static_cast<std::uint32_t>(bytes.size());
		std::uint32_t steps = 0;
		while (sluice_option_step(&options))
			steps++;
		ASSERT_LE(steps, SLUICE_OPTION_ROOM);
		ASSERT_LE(options.at, options.length);
		ASSERT_LE(options.terms.scale, SLUICE_LARGEST_SCALE);
	}
}

TEST(CoreCookie, ComesBackOnlyAsItWasSent)
{
	for (const auto& [source, destination] : {std::pair("198.51.100.7", "203.0.113.10"), std::pair("2001:db8::7", "2001:db8:10::10")}) {
		const sluice_packet syn = packet(source, destination);
		const sluice_terms offered = read(kLinux);
		const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
		const sluice_packet ack = ack_of(syn, cookie);
		EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, kNow));
		const auto wrong = [&](auto change) {
			sluice_packet other = ack;
			change(other);
			return !sluice_cookie_is_right(kKey, &other, kNow);
		};
		EXPECT_TRUE(wrong([](sluice_packet& p) { p.acknowledgement = SLUICE_BE32(SLUICE_BE32(p.acknowledgement) + 4); }));
		EXPECT_TRUE(wrong([](sluice_packet& p) { p.sequence = SLUICE_BE32(SLUICE_BE32(p.sequence) + 1); }));
		EXPECT_TRUE(wrong([](sluice_packet& p) { p.source_port++; }));
		EXPECT_TRUE(wrong([](sluice_packet& p) { p.destination_port++; }));
		for (unsigned word = syn.family == SLUICE_IPV4 ? 3 : 0; word < 4; word++) {
			EXPECT_TRUE(wrong([word](sluice_packet& p) { p.source.word[word] ^= 0x100; })) << word;
			EXPECT_TRUE(wrong([word](sluice_packet& p) { p.destination.word[word] ^= 0x100; })) << word;
		}
		const __u64 other_key[2] = {kKey[0] ^ 1, kKey[1]};
		EXPECT_FALSE(sluice_cookie_is_right(other_key, &ack, kNow));
	}
}

TEST(CoreCookie, IsOfItsPeriodAndTheNext)
{
	const sluice_packet syn = packet();
	const sluice_terms offered = read(kLinux);
	const std::uint64_t start = kNow / kPeriod * kPeriod;
	const sluice_packet ack = ack_of(syn, sluice_cookie_for(kKey, &syn, &offered, start));
	EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, start));
	EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, start + kPeriod - 1));
	EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, start + 2 * kPeriod - SLUICE_COOKIE_SLACK_NS - 1));
	for (unsigned later = 2; later < 6; later++)
		EXPECT_FALSE(sluice_cookie_is_right(kKey, &ack, start + later * kPeriod)) << later;
	const sluice_cookie again = sluice_cookie_for(kKey, &syn, &offered, start + kPeriod - 1);
	EXPECT_EQ(again.sequence + 1, SLUICE_BE32(ack.acknowledgement)) << "a SYN that is sent again gets the same number";
}

// The program behind the gate goes by another clock, which may not be in the cookie's period yet.
TEST(CoreCookie, IsRightAlsoByAClockThatIsBehind)
{
	const sluice_packet syn = packet();
	const sluice_terms offered = read(kLinux);
	for (const std::uint64_t start : {kNow / kPeriod * kPeriod, kNow / kPeriod * kPeriod + kPeriod}) {
		const sluice_packet ack = ack_of(syn, sluice_cookie_for(kKey, &syn, &offered, start));
		EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, start - 4'000'000));
		EXPECT_TRUE(sluice_cookie_is_right(kKey, &ack, start - SLUICE_COOKIE_SLACK_NS));
		EXPECT_FALSE(sluice_cookie_is_right(kKey, &ack, start - SLUICE_COOKIE_SLACK_NS - 1)) << "near miss";
		EXPECT_FALSE(sluice_cookie_is_right(kKey, &ack, start - kPeriod));
	}
}

TEST(CoreCookie, IsAwaitedAlsoByAClockThatIsBehind)
{
	sluice_cookies state{};
	EXPECT_FALSE(sluice_cookie_is_awaited(&state, kNow)) << "never sent";
	state.sent_mono_ns = kNow;
	EXPECT_TRUE(sluice_cookie_is_awaited(&state, kNow));
	EXPECT_TRUE(sluice_cookie_is_awaited(&state, kNow - 4'000'000));
	EXPECT_TRUE(sluice_cookie_is_awaited(&state, kNow + SLUICE_COOKIE_AWAITED_NS - 1));
	EXPECT_FALSE(sluice_cookie_is_awaited(&state, kNow + SLUICE_COOKIE_AWAITED_NS));
	state.ready = 1;
	EXPECT_TRUE(sluice_cookie_may_be_sent(&state, kNow));
	state.refused_mono_ns = kNow;
	EXPECT_FALSE(sluice_cookie_may_be_sent(&state, kNow));
	EXPECT_FALSE(sluice_cookie_may_be_sent(&state, kNow - 4'000'000));
	EXPECT_TRUE(sluice_cookie_may_be_sent(&state, kNow + SLUICE_COOKIE_REST_NS));
	state.ready = 0;
	EXPECT_FALSE(sluice_cookie_may_be_sent(&state, kNow + SLUICE_COOKIE_REST_NS));
}

TEST(CoreCookie, FalseOnesAreOneInABillion)
{
	const sluice_packet syn = packet();
	const sluice_terms offered = read(kLinux);
	const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
	unsigned right = 0;
	std::mt19937 random(3);
	for (int i = 0; i < 2'000'000; i++) {
		sluice_packet ack = ack_of(syn, cookie);
		ack.acknowledgement = random();
		right += sluice_cookie_is_right(kKey, &ack, kNow) ? 1 : 0;
	}
	EXPECT_LE(right, 1u);
}

TEST(CoreCookie, TermsAreRoundedDownNeverUp)
{
	for (unsigned scale = 0; scale <= SLUICE_LARGEST_SCALE; scale++) {
		for (unsigned mss = 536; mss <= 9000; mss += 7) {
			for (const unsigned family : {SLUICE_IPV4, SLUICE_IPV6}) {
				sluice_terms offered{};
				offered.mss = static_cast<std::uint16_t>(mss);
				offered.scaled = true;
				offered.scale = static_cast<std::uint8_t>(scale);
				const sluice_terms kept = sluice_terms_of(sluice_state_of(&offered, family), family);
				ASSERT_TRUE(kept.scaled);
				ASSERT_EQ(kept.scale, scale) << "a smaller one would halve the window";
				ASSERT_LE(kept.mss, std::max(mss, family == SLUICE_IPV4 ? 536u : 1220u));
			}
		}
	}
	sluice_terms unscaled{};
	EXPECT_FALSE(sluice_terms_of(sluice_state_of(&unscaled, SLUICE_IPV4), SLUICE_IPV4).scaled);
}

TEST(CoreCookie, AnAckBringsBackWhatWasGranted)
{
	for (const auto& [options, mss, scale, selective, stamped] :
	     {std::tuple(kLinux, 1460, 7, true, true), std::tuple(kWindows, 1400, 8, true, false), std::tuple(kBare, 536, -1, false, false),
	      std::tuple(std::vector<std::uint8_t>{2, 4, 5, 0xb4}, 536, -1, false, false)}) {
		const sluice_packet syn = packet();
		const sluice_terms offered = read(options);
		const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
		const sluice_packet ack = ack_of(syn, cookie);
		sluice_terms brought{};
		brought.stamped = offered.stamped;
		brought.stamp = offered.stamp + 1;
		brought.echo = cookie.stamp;
		const sluice_terms terms = sluice_cookie_terms(&ack, &brought);
		EXPECT_EQ(terms.mss, mss);
		EXPECT_EQ(terms.scaled ? terms.scale : -1, scale);
		EXPECT_EQ(terms.selective, selective);
		EXPECT_EQ(terms.stamped, stamped);
	}
}

TEST(CoreCookie, StampsAreNeverAheadAndCloseBehind)
{
	for (std::uint32_t now = 1000; now < 1300; now++) {
		for (std::uint32_t state = 0; state <= SLUICE_STATE_MASK; state++) {
			const std::uint32_t stamp = sluice_cookie_stamp(now, state);
			ASSERT_LE(stamp, now);
			ASSERT_LT(now - stamp, 128u);
			ASSERT_EQ(stamp & SLUICE_STATE_MASK, state);
		}
	}
}

TEST(CoreReply, OffersNoMoreThanTheSynAndNeverIsLonger)
{
	for (const auto& options : {kLinux, kWindows, kBare, std::vector<std::uint8_t>{2, 4, 5, 0xb4}, std::vector<std::uint8_t>{2, 4, 5, 0xb4, 3, 3, 6, 0},
				    std::vector<std::uint8_t>{2, 4, 5, 0xb4, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}}) {
		const sluice_terms offered = read(options), back = answered(offered);
		EXPECT_EQ(back.mss != 0, offered.mss != 0);
		EXPECT_EQ(back.stamped, offered.stamped);
		EXPECT_LE(back.selective, offered.selective);
		EXPECT_LE(back.scaled, offered.scaled);
		if (back.stamped)
			EXPECT_EQ(back.echo, offered.stamp);
		sluice_reply reply{};
		const sluice_packet syn = packet();
		const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
		sluice_reply_tcp(&reply, &syn, &offered, &cookie);
		EXPECT_LE(reply.length, 20 + options.size());
		EXPECT_EQ(reply.tcp.offset >> 4, reply.length / 4);
	}
	EXPECT_EQ(answered(read(kLinux)).scale, SLUICE_COOKIE_OWN_SCALE);
}

TEST(CoreReply, ChecksumsAreRight)
{
	for (const auto& [source, destination] : {std::pair("198.51.100.7", "203.0.113.10"), std::pair("2001:db8::7", "2001:db8:10::10")}) {
		const sluice_packet syn = packet(source, destination);
		for (const auto& options : {kLinux, kWindows, kBare}) {
			const sluice_terms offered = read(options);
			const sluice_cookie cookie = sluice_cookie_for(kKey, &syn, &offered, kNow);
			sluice_reply reply{};
			sluice_reply_tcp(&reply, &syn, &offered, &cookie);
			EXPECT_EQ(sluice_checksum(sluice_pseudo_sum(&syn, reply.length) + sluice_sum(&reply, reply.length / 4)), 0);
		}
		const sluice_wire_ipv4 ip = sluice_reply_ipv4(&syn, 40);
		EXPECT_EQ(sluice_checksum(sluice_sum(&ip, 5)), 0);
	}
}

TEST(CoreReply, GoesNowhereItMustNot)
{
	const auto may = [](const char* source, const char* destination = nullptr) {
		const bool ipv6 = std::string(source).find(':') != std::string::npos;
		const sluice_packet syn = packet(source, destination != nullptr ? destination : ipv6 ? "2001:db8:10::10" : "203.0.113.10");
		return sluice_may_answer(&syn);
	};
	for (const char* good : {"198.51.100.7", "10.1.2.3", "192.168.1.1", "1.0.0.1", "223.255.255.255", "2001:db8::7", "fd00::1"})
		EXPECT_TRUE(may(good)) << good;
	for (const char* bad : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::", "::1",
				"fe80::1", "ff02::1", "64:ff9b::1"})
		EXPECT_FALSE(may(bad)) << bad;
	EXPECT_FALSE(may("203.0.113.10", "203.0.113.10"));
	EXPECT_FALSE(may("2001:db8::1", "2001:db8::1"));
}

}  // namespace sluice::test
