// SYN cookies past the unproved budget: who is answered, with what, and who is not.
#include <cstring>

#include "datapath/prove_fixture.h"
#include "kernel/run_packet.h"
#include "kernel/typed_map.h"
#include "sluice/abi/cookie.h"
#include "sluice/core/parse.h"
#include "support/gate_state.h"

namespace sluice::test {

namespace {

constexpr const char* kCookies = ", unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}";
const Bytes kLinuxOptions = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};

Packet syn(const std::string& source, std::uint16_t port = 50000)
{
	const Tcp header{.source_port = port, .options = kLinuxOptions, .sequence = 1000};
	if (source.find(':') != std::string::npos)
		return Ethernet{} / Ipv6{.source = source} / header;
	return Ethernet{} / Ipv4{.source = source} / header;
}

class Answer : public ProveTest {
protected:
	// The budget is spent on somebody.
	void guard_and_spend(const std::string& terms = kCookies)
	{
		guard(terms);
		EXPECT_EQ(judge(syn("192.0.2.99")).reason, "admitted");
	}

	// Judges, and gives what the program made of the frame.
	Bytes run(const Packet& packet, std::uint32_t expected_action)
	{
		const Bytes frame = packet.bytes();
		const auto run = kernel::run_packet(gate_->program(), std::as_bytes(Frame(frame)), {.keep_frame = true});
		EXPECT_TRUE(run) << run.error().sentence();
		if (!run)
			return {};
		EXPECT_EQ(run->action, expected_action) << to_string(packet);
		Bytes left(run->frame.size());
		std::memcpy(left.data(), run->frame.data(), left.size());
		return left;
	}
	static constexpr std::uint32_t kDrop = 1, kTransmit = 3;

	static sluice_packet read(const Bytes& frame)
	{
		sluice_packet packet{};
		EXPECT_EQ(sluice_parse(frame.data(), frame.data() + frame.size(), static_cast<std::uint32_t>(frame.size()), &packet), SLUICE_UNDECIDED)
			<< hex(frame);
		return packet;
	}

	void set_cookies(const std::function<void(sluice_cookies&)>& change)
	{
		const auto map = gate_->state("cookies");
		ASSERT_TRUE(map) << map.error().sentence();
		const auto typed = kernel::TypedMap<std::uint32_t, sluice_cookies>::over(*map);
		ASSERT_TRUE(typed) << typed.error().sentence();
		auto state = typed->lookup(0);
		ASSERT_TRUE(state);
		change(*state);
		ASSERT_TRUE(typed->update(0, *state));
	}

	static Judgement sent() { return {false, "cookie", "api", "api/unproved", true}; }
};

std::uint32_t word(std::uint32_t value)
{
	return SLUICE_BE32(value);
}

}  // namespace

TEST_F(Answer, ASynPastTheBudgetGoesBackAsASynAck)
{
	guard_and_spend();
	EXPECT_EQ(judge(syn("198.51.100.9")), sent());
	for (const char* source : {"198.51.100.9", "2001:db8:7::9"}) {
		const Packet asked = syn(source);
		const Bytes was = asked.bytes(), is = run(asked, kTransmit);
		const sluice_packet before = read(was), after = read(is);
		EXPECT_EQ(std::memcmp(&after.source, &before.destination, 16), 0);
		EXPECT_EQ(std::memcmp(&after.destination, &before.source, 16), 0);
		EXPECT_EQ(after.source_port, before.destination_port);
		EXPECT_EQ(after.destination_port, before.source_port);
		EXPECT_EQ(after.tcp_flags, kSyn | kAck);
		EXPECT_EQ(word(after.acknowledgement), 1001u);
		EXPECT_LE(is.size(), was.size());
		EXPECT_TRUE(std::equal(was.begin(), was.begin() + 6, is.begin() + 6) && std::equal(was.begin() + 6, was.begin() + 12, is.begin()));
		EXPECT_EQ(run(asked, kTransmit), is) << "sent again, the same answer";
	}
}

TEST_F(Answer, EveryShapeOfASynIsAnswered)
{
	guard_and_spend();
	const Tcp tcp{.source_port = 50000, .options = kLinuxOptions};
	const Tcp ecn{.source_port = 50000, .flags = kSyn | kEce | kCwr, .options = kLinuxOptions};
	const Packet shapes[] = {
		Ethernet{} / vlan() / Ipv4{} / tcp,
		Ethernet{} / qinq() / vlan() / Ipv4{} / tcp,
		Ethernet{} / Ipv4{.options = {0x94, 4, 0, 0}} / tcp,
		Ethernet{} / Ipv6{} / hop_by_hop() / destination_options() / tcp,
		Ethernet{} / Ipv6{} / Fragment{} / tcp,
		Ethernet{} / Ipv4{} / ecn,
		Ethernet{} / Ipv4{} / tcp / payload(500),
		Packet(Ethernet{} / Ipv4{} / Tcp{.source_port = 50000}).padded(6),
	};
	for (const Packet& shape : shapes) {
		SCOPED_TRACE(to_string(shape));
		EXPECT_EQ(judge(shape), sent());
		const Bytes is = run(shape, kTransmit);
		EXPECT_EQ(read(is).tcp_flags, kSyn | kAck);
		EXPECT_LE(is.size(), shape.bytes().size());
		EXPECT_EQ(read(is).network_at, read(shape.bytes()).network_at) << "the tags stay";
	}
}

TEST_F(Answer, TheAckBringsItBackOnceForTheLimitsOfItsSource)
{
	guard_and_spend(std::string(kCookies) + ", each-source: {connections: {rate: 1/h, burst: 2}}");
	const auto ack_to = [&](std::uint16_t port, std::uint32_t beside = 0, std::uint8_t flags = kAck) {
		const sluice_packet answer = read(run(syn("198.51.100.9", port), kTransmit));
		return Ethernet{} / Ipv4{.source = "198.51.100.9"} /
		       Tcp{.source_port = port, .flags = flags, .sequence = 1001, .acknowledgement = word(answer.sequence) + 1 + beside};
	};
	const auto with_data = [&](std::uint16_t port) {
		return Ethernet{} / Ipv4{.source = "198.51.100.9"} /
		       Tcp{.source_port = port, .flags = kAck | kPsh, .sequence = 1001 + 1448, .acknowledgement = 77};
	};
	EXPECT_EQ(path_of(ack_to(50001)), SLUICE_PATH_ANSWERED);
	expect({
		{"nobody's before", with_data(50001), "no-connection", "api"},
		{"near miss: another number", ack_to(50001, 4), "no-connection", "api"},
		{"near miss: a RST", ack_to(50001, 0, kAck | kRst), "no-connection", "api"},
		{"the right one opens a connection", ack_to(50001), "admitted", "api"},
		{"what comes right behind it is let by", with_data(50001), "admitted", "api"},
		{"near miss: behind nothing", with_data(50002), "no-connection", "api"},
		{"a second connection", ack_to(50002), "admitted", "api"},
		{"and no third", ack_to(50003), "source-connections", "api", "api/each-source"},
	});
	EXPECT_EQ(judge(syn("198.51.100.9", 50004)), sent()) << "a cookie proves no later SYN";
}

TEST_F(Answer, OnlyWhereSomebodyListens)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443, 444], unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}}\n");
	const auto to = [](std::uint16_t port, const char* source = "198.51.100.9") {
		return Ethernet{} / Ipv4{.source = source} / Tcp{.source_port = 50000, .destination_port = port, .options = kLinuxOptions};
	};
	expect({{"the budget", to(443), "admitted", "api"}});
	EXPECT_EQ(judge(to(443)), sent());
	expect({{"a closed port looks closed", to(444), "unproved", "api", "api/unproved"},
		{"link-local", to(443, "169.254.1.1"), "unproved", "api", "api/unproved"},
		{"nobody", to(443, "0.1.2.3"), "unproved", "api", "api/unproved"},
		{"the very address", to(443, "203.0.113.10"), "unproved", "api", "api/unproved"}});
	EXPECT_EQ(judge(to(443, "10.1.2.3")), sent()) << "near miss: a private network";
}

TEST_F(Answer, AVictimGetsNoMoreThanItsNetworksShare)
{
	guard_and_spend();
	unsigned to_victim = 0, capped = 0;
	for (unsigned i = 0; i < 400; i++) {
		const Judgement judged = judge(syn("198.51.100." + std::to_string(1 + i % 200), static_cast<std::uint16_t>(1024 + i)));
		to_victim += judged.reason == "cookie" ? 1 : 0;
		capped += judged.reason == "reply-capped" ? 1 : 0;
		if (judged.reason == "reply-capped") {
			EXPECT_EQ(judged.rule, "replies/each-prefix");
		}
	}
	EXPECT_EQ(to_victim + capped, 400u);
	EXPECT_GE(to_victim, 100u);
	EXPECT_GT(capped, 0u);
	EXPECT_EQ(judge(syn("192.0.2.7")), sent()) << "near miss: another network";
}

TEST_F(Answer, NotWhileNobodyWouldTakeThemBack)
{
	guard_and_spend();
	EXPECT_EQ(judge(syn("198.51.100.9")), sent());
	set_cookies([](sluice_cookies& state) { state.ready = 0; });
	expect({{"nothing stands behind", syn("198.51.100.9"), "unproved", "api", "api/unproved"}});
	set_cookies([this](sluice_cookies& state) {
		state.ready = 1;
		state.refused_mono_ns = gate_->now_mono_ns();
	});
	expect({{"the stack refused one a moment ago", syn("198.51.100.9"), "unproved", "api", "api/unproved"}});
	set_cookies([this](sluice_cookies& state) { state.refused_mono_ns = gate_->now_mono_ns() - SLUICE_COOKIE_REST_NS - 1; });
	EXPECT_EQ(judge(syn("198.51.100.9")), sent()) << "near miss: a while ago";
}

TEST_F(Answer, AcksAreOnlyLookedAtWhileCookiesAreOut)
{
	guard_and_spend();
	const sluice_packet answer = read(run(syn("198.51.100.9"), kTransmit));
	const Packet ack = Ethernet{} / Ipv4{.source = "198.51.100.9"} /
			   Tcp{.source_port = 50000, .flags = kAck, .sequence = 1001, .acknowledgement = word(answer.sequence) + 1};
	EXPECT_EQ(path_of(ack), SLUICE_PATH_ANSWERED);
	set_cookies([this](sluice_cookies& state) { state.sent_mono_ns = gate_->now_mono_ns() - SLUICE_COOKIE_AWAITED_NS - 1'000'000'000; });
	EXPECT_EQ(path_of(ack), SLUICE_PATH_NOBODY);
	set_cookies([](sluice_cookies& state) { state.sent_mono_ns = 0; });
	EXPECT_EQ(path_of(ack), SLUICE_PATH_NOBODY) << "never";
}

TEST_F(Answer, DropAnswersNobodyAndObserveSendsNothing)
{
	guard_and_spend(", unproved: {connections: {rate: 1/h, burst: 1}, beyond: drop}");
	expect({{"drop", syn("198.51.100.9"), "unproved", "api", "api/unproved"}});
	install("version: 1\nmode: observe\nservices:\n  - {name: api, protocol: tcp, ports: [443], unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}}\n");
	const Bytes was = syn("198.51.100.9").bytes();
	EXPECT_EQ(judge(syn("198.51.100.9")).reason, "cookie");
	EXPECT_EQ(run(syn("198.51.100.9"), 2), was) << "passed as it came";
}

TEST_F(Answer, ExplainSendsAndChargesNothing)
{
	guard_and_spend();
	const auto before = state_of(*gate_);
	const Bytes frame = syn("198.51.100.9").bytes();
	const auto explanation = gate_->datapath().explain(std::as_bytes(Frame(frame)));
	const auto after = state_of(*gate_);
	ASSERT_TRUE(before && explanation && after);
	EXPECT_EQ(explanation->found.reason, static_cast<__u32>(SLUICE_COOKIE));
	EXPECT_FALSE(explanation->passes);
	EXPECT_EQ(changes(*before, *after), std::vector<std::string>{});
}

}  // namespace sluice::test
