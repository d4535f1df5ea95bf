// The overlay in the program: the longest prefix decides, over lists and overlay; and what is above and below it.
#include "datapath/table.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

constexpr const char* kPolicy = R"(
version: 1
failsafe:
  - {protocol: tcp, port: 22, from: [198.51.100.9]}
limits:
  slow: {packets: 1/h}
sources:
  - {name: bad, action: deny, prefixes: [198.51.100.0/24, "2001:db8:bad::/48", 0.0.0.0/0]}
  - {name: partners, action: allow, prefixes: [198.51.100.128/26, 203.0.113.0/24], limit: slow}
services:
  - {name: api, protocol: tcp, ports: [443]}
)";

Packet tcp(const char* source, std::uint16_t port = 443)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.destination_port = port};
}

Packet tcp6(const char* source)
{
	return Ethernet{} / Ipv6{.source = source} / Tcp{.destination_port = 443};
}

class Overlay : public TableTest {
protected:
	void SetUp() override
	{
		TableTest::SetUp();
		if (!IsSkipped())
			install(kPolicy);
	}
	void say(const std::string& prefix, bool allows, std::optional<std::uint64_t> for_ns = {})
	{
		datapath::OverlayEntry entry{*net::Prefix::parse(prefix), allows, {}, 1, "a test"};
		if (for_ns)
			entry.expires_mono_ns = gate_->now_mono_ns() + *for_ns;
		const auto said = gate_->datapath().overlay(entry);
		ASSERT_TRUE(said) << said.error().sentence();
	}
	void forget(const std::string& prefix) { ASSERT_TRUE(gate_->datapath().forget(*net::Prefix::parse(prefix))); }
	std::string reason(const Packet& packet) { return judge(packet).reason; }
	std::string rule(const Packet& packet) { return judge(packet).rule; }
};

}  // namespace

TEST_F(Overlay, TheLongestPrefixDecidesWhoeverNamesIt)
{
	say("198.51.100.0/25", true);
	EXPECT_EQ(reason(tcp("198.51.100.7")), "listed") << "longer than the list's /24";
	EXPECT_EQ(rule(tcp("198.51.100.7")), "overlay");
	EXPECT_EQ(reason(tcp("198.51.100.200")), "listed-deny") << "near miss: outside";
	say("198.51.100.0/25", false);
	EXPECT_EQ(reason(tcp("198.51.100.7")), "listed-deny") << "the newer word";
	EXPECT_EQ(rule(tcp("198.51.100.7")), "overlay");

	say("198.51.0.0/16", true);
	EXPECT_EQ(rule(tcp("198.51.100.240")), "bad") << "shorter than the list's /24";
	EXPECT_EQ(rule(tcp("198.51.101.1")), "overlay") << "longer than the list's /0";
	forget("198.51.0.0/16");
	EXPECT_EQ(rule(tcp("198.51.101.1")), "bad");
}

TEST_F(Overlay, OfEqualPrefixesTheOverlaysDecides)
{
	say("198.51.100.0/24", true);
	EXPECT_EQ(rule(tcp("198.51.100.7")), "overlay");
	EXPECT_EQ(rule(tcp("198.51.100.129")), "partners") << "near miss: a longer one of a list";
	say("203.0.113.0/24", false);
	EXPECT_EQ(reason(tcp("203.0.113.1")), "listed-deny");
	say("0.0.0.0/0", true);
	EXPECT_EQ(reason(tcp("192.0.2.77")), "listed") << "the shortest of all";
	say("2001:db8:bad::/48", true);
	EXPECT_EQ(reason(tcp6("2001:db8:bad::1")), "listed");
	say("::/0", false);
	EXPECT_EQ(reason(tcp6("2001:db8:bad::1")), "listed");
	EXPECT_EQ(reason(tcp6("2001:db8:f00::1")), "listed-deny");
}

TEST_F(Overlay, TheFailsafeIsAboveItAndBansAreBelow)
{
	say("198.51.100.9", false);
	EXPECT_EQ(reason(tcp("198.51.100.9", 22)), "failsafe");
	EXPECT_EQ(reason(tcp("198.51.100.9")), "listed-deny");
	say("192.0.2.8", true);
	ASSERT_TRUE(gate_->ban("192.0.2.8"));
	EXPECT_EQ(reason(tcp("192.0.2.8")), "listed") << "a ban does not hit what is allowed, nor replace the word";
	forget("192.0.2.8");
	EXPECT_EQ(reason(tcp("192.0.2.8")), "listed-deny");
	ASSERT_TRUE(gate_->unban("192.0.2.8"));
	EXPECT_EQ((*gate_->datapath().bans()).size(), 0u);
}

TEST_F(Overlay, AListsOwnLimitIsNotTheOverlays)
{
	EXPECT_EQ(reason(tcp("203.0.113.1")), "listed");
	EXPECT_EQ(reason(tcp("203.0.113.1")), "list-packets");
	say("203.0.113.1", true);
	EXPECT_EQ(reason(tcp("203.0.113.1")), "listed");
}

TEST_F(Overlay, OutlivesThePolicyAndTheDaemonUntilItExpires)
{
	say("198.51.100.7", true, 3600'000'000'000);
	say("198.51.100.8", true);
	install("version: 1\ndefault: deny\n");
	EXPECT_EQ(reason(tcp("198.51.100.7")), "listed");
	ASSERT_TRUE(gate_->reopen());
	EXPECT_EQ(reason(tcp("198.51.100.7")), "listed");
	EXPECT_EQ(reason(tcp("198.51.100.8")), "listed");
	say("198.51.100.7", true, 50'000'000);
	const std::uint64_t end = gate_->now_mono_ns() + 5'000'000'000;
	while (gate_->now_mono_ns() < end && reason(tcp("198.51.100.7")) == "listed")
		;
	EXPECT_EQ(reason(tcp("198.51.100.7")), "default-deny");
	// The reader's clock may be a tick behind that of packets.
	while (gate_->now_mono_ns() < end && gate_->datapath().overlay_entries()->size() != 1)
		;
	EXPECT_EQ(gate_->datapath().overlay_entries()->size(), 1u) << "the expired one is removed when they are read";
	EXPECT_EQ(reason(tcp("198.51.100.8")), "listed");
}

TEST_F(Overlay, ExplainNamesTheLongestEntry)
{
	say("198.51.0.0/16", true);
	say("198.51.100.0/26", true);
	const Bytes frame = tcp("198.51.100.7").bytes();
	const auto explained = gate_->datapath().explain(std::as_bytes(Frame(frame)));
	ASSERT_TRUE(explained);
	EXPECT_EQ(explained->found.list, SLUICE_RULE_OVERLAY);
	ASSERT_TRUE(explained->overlay);
	EXPECT_EQ(explained->overlay->prefix.to_string(), "198.51.100.0/26");
	EXPECT_EQ(explained->overlay->why, "a test");
	EXPECT_FALSE(explained->ban);
}

TEST_F(Overlay, RoomIsSharedWithBansAndRefusalsChangeNothing)
{
	const auto unknown = gate_->datapath().forget(*net::Prefix::parse("192.0.2.1"));
	ASSERT_FALSE(unknown);
	EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound);
	for (unsigned length = 1; length <= SLUICE_MAX_BAN_LENGTHS; length++)
		say("::/" + std::to_string(length), false);
	const auto refused = gate_->datapath().overlay({*net::Prefix::parse("::/40"), true, {}, 1, ""});
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted);
	EXPECT_EQ((*gate_->datapath().overlay_entries()).size(), SLUICE_MAX_BAN_LENGTHS);
	say("10.0.0.0/8", true);
	EXPECT_EQ(reason(tcp("10.1.2.3")), "listed") << "the other family has its own";
}

}  // namespace sluice::test
