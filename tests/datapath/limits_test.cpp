// Every reason that a limit gives: the last packet that fits is the nearest miss of the first that does not.
#include "datapath/table.h"

namespace sluice::test {

namespace {

struct LimitCase {
	const char* sentence;
	std::string terms;       // of the service
	std::string list_limit;  // of the list that the source is on; empty: it is on none
	Packet packet;
	int fits;
	const char* reason;
	const char* rule;
};

Packet syn(std::size_t bytes = 0)
{
	return Ethernet{} / Ipv4{} / Tcp{} / payload(bytes);
}

// 1514 bytes in all.
Packet full_frame()
{
	return Ethernet{} / Ipv4{} / Tcp{.flags = kAck} / payload(1460);
}

std::vector<LimitCase> cases()
{
	const std::string packets = "{packets: {rate: 1/h, burst: 3}}";
	const std::string bits = "{bits: {rate: 1k/h, burst: 24224}}";
	const std::string connections = "{connections: {rate: 1/h, burst: 2}}";
	const auto terms = [](const std::string& key, const std::string& limit) { return ", " + key + ": " + limit; };
	const auto prefix = [&](const std::string& limit) {
		return terms("each-prefix", "{ipv4: 24, ipv6: 48, limit: " + limit + "}");
	};
	return {
		{"the service's packets", terms("all-sources", packets), "", syn(), 3, "service-packets", "api/all-sources"},
		{"the service's bits", terms("all-sources", bits), "", full_frame(), 2, "service-bits", "api/all-sources"},
		{"the service's connections", terms("all-sources", connections), "", syn(), 2, "service-connections", "api/all-sources"},
		{"the source's packets", terms("each-source", packets), "", syn(), 3, "source-packets", "api/each-source"},
		{"the source's bits", terms("each-source", bits), "", full_frame(), 2, "source-bits", "api/each-source"},
		{"the source's connections", terms("each-source", connections), "", syn(), 2, "source-connections", "api/each-source"},
		{"the prefix's packets", prefix(packets), "", syn(), 3, "prefix-packets", "api/each-prefix"},
		{"the prefix's bits", prefix(bits), "", full_frame(), 2, "prefix-bits", "api/each-prefix"},
		{"the prefix's connections", prefix(connections), "", syn(), 2, "prefix-connections", "api/each-prefix"},
		{"the list's packets", "", packets, syn(), 3, "list-packets", "partners/limit"},
		{"the list's bits", "", bits, full_frame(), 2, "list-bits", "partners/limit"},
		{"the list's connections", "", connections, syn(), 2, "list-connections", "partners/limit"},
		{"a leaky bucket paces: one at once", terms("each-source", "{packets: 1/h, algorithm: leaky-bucket}"), "", syn(), 1, "source-packets", "api/each-source"},
		{"unless it has a burst", terms("each-source", "{packets: 1/h, burst: 4, algorithm: leaky-bucket}"), "", syn(), 4, "source-packets", "api/each-source"},
		{"a window's packets", terms("each-source", "{packets: 5/h, algorithm: fixed-window}"), "", syn(), 5, "source-packets", "api/each-source"},
		{"a window's bits", terms("all-sources", "{bits: 24224/h, algorithm: fixed-window}"), "", full_frame(), 2, "service-bits", "api/all-sources"},
		{"a window's connections", prefix("{connections: 2/h, algorithm: fixed-window}"), "", syn(), 2, "prefix-connections", "api/each-prefix"},
		{"a log's packets, as many as have room", terms("each-source", "{packets: 64/h, algorithm: sliding-log}"), "", syn(), 64, "source-packets", "api/each-source"},
		{"a log's connections", terms("all-sources", "{connections: 7/h, algorithm: sliding-log}"), "", syn(), 7, "service-connections", "api/all-sources"},
		{"the list's log", "", "{packets: 3/h, algorithm: sliding-log}", syn(), 3, "list-packets", "partners/limit"},
	};
}

std::string policy_of_case(const LimitCase& c)
{
	std::string policy = "version: 1\n";
	if (!c.list_limit.empty())
		policy += "sources:\n  - {name: partners, action: allow, prefixes: [198.51.100.0/24], limit: " + c.list_limit + "}\n";
	return policy + "services:\n  - {name: api, protocol: tcp, ports: [443]" + c.terms + "}\n";
}

class Limits : public TableTest {};

}  // namespace

TEST_F(Limits, EveryScopeAndDimension)
{
	for (const auto& c : cases()) {
		SCOPED_TRACE(c.sentence);
		auto gate = Gate::open();
		ASSERT_TRUE(gate) << gate.error().sentence();
		gate_ = std::move(*gate);
		ASSERT_NO_FATAL_FAILURE(install(policy_of_case(c)));
		const std::string passing = c.list_limit.empty() ? "admitted" : "listed";
		for (int i = 0; i < c.fits; i++)
			EXPECT_EQ(judge(c.packet).reason, passing) << "packet " << i;
		for (int i = 0; i < 3; i++)
			EXPECT_EQ(judge(c.packet), (Judgement{false, c.reason, "api", c.rule})) << "packet " << c.fits + i;
	}
}

TEST_F(Limits, OnlySynCountsAsAConnection)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {connections: {rate: 1/h, burst: 1}}}\n");
	const auto tcp = [](std::uint8_t flags) { return Ethernet{} / Ipv4{} / Tcp{.flags = flags}; };
	expect({
		{"the one that fits", tcp(kSyn), "admitted", "api"},
		{"one too many", tcp(kSyn), "source-connections", "api", "api/each-source"},
		{"near miss: SYN and ACK", tcp(kSyn | kAck), "admitted", "api"},
		{"near miss: ACK", tcp(kAck), "admitted", "api"},
		{"near miss: RST", tcp(kRst), "admitted", "api"},
	});
}

TEST_F(Limits, AFrameLargerThanTheBurstNeverPasses)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {bits: {rate: 1G/s, burst: 12112}}}\n");
	expect({
		{"one byte more than the burst", Ethernet{} / Ipv4{} / Tcp{} / payload(1461), "source-bits", "api", "api/each-source"},
		{"near miss: exactly the burst", full_frame(), "admitted", "api"},
	});
}

TEST_F(Limits, WhoIsRefusedByOneLimitIsChargedByNone)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {connections: {rate: 1/h, burst: 1}},"
		" all-sources: {packets: {rate: 1/h, burst: 3}}}\n");
	const Packet ack = Ethernet{} / Ipv4{} / Tcp{.flags = kAck};
	expect({{"the first connection", syn(), "admitted", "api"}});
	for (int i = 0; i < 10; i++)
		expect({{"refused, and the service is not charged", syn(), "source-connections", "api", "api/each-source"}});
	expect({
		{"the service's second packet", ack, "admitted", "api"},
		{"its third", ack, "admitted", "api"},
		{"and no fourth", ack, "service-packets", "api", "api/all-sources"},
	});
}

TEST_F(Limits, AListsOwnLimitReplacesThoseOnSources)
{
	install("version: 1\n"
		"sources:\n"
		"  - {name: partners, action: allow, prefixes: [198.51.100.0/25], limit: {packets: {rate: 1/h, burst: 4}}}\n"
		"  - {name: friends, action: allow, prefixes: [198.51.100.128/25]}\n"
		"services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: {rate: 1/h, burst: 1}},"
		" each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: {rate: 1/h, burst: 2}}}, all-sources: {packets: {rate: 1/h, burst: 6}}}\n");
	const auto from = [](const char* source) { return Ethernet{} / Ipv4{.source = source} / Tcp{}; };
	for (int i = 0; i < 4; i++)
		expect({{"its own limit", from("198.51.100.7"), "listed", "api", "partners"}});
	expect({
		{"and not more", from("198.51.100.7"), "list-packets", "api", "partners/limit"},
		{"a list without a limit is under each-source", from("198.51.100.200"), "listed", "api", "friends"},
		{"which allows one", from("198.51.100.200"), "source-packets", "api", "api/each-source"},
		{"the partners' packets did not count against the prefix", from("198.51.100.201"), "listed", "api", "friends"},
		{"all-sources holds lists too", from("198.51.100.202"), "service-packets", "api", "api/all-sources"},
	});
}

// From a bucket to a log and back, in the kernel: who was refused is refused still; who was not, is held by both.
TEST_F(Limits, AChangeOfAlgorithmRefillsNobody)
{
	const auto policy = [](const char* limit) {
		return std::string("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {") + limit + "}}\n";
	};
	const auto take = [this](const char* source, int fits) {
		const Packet packet = Ethernet{} / Ipv4{.source = source} / Tcp{};
		for (int i = 0; i < fits; i++)
			EXPECT_EQ(judge(packet).reason, "admitted") << source << " packet " << i;
		EXPECT_EQ(judge(packet), (Judgement{false, "source-packets", "api", "api/each-source"})) << source;
	};
	install(policy("packets: {rate: 1/h, burst: 5}"));
	take("203.0.113.1", 5);
	EXPECT_EQ(judge(Ethernet{} / Ipv4{.source = "203.0.113.2"} / Tcp{}).reason, "admitted");
	install(policy("packets: 9/h, algorithm: sliding-log"));
	take("203.0.113.1", 0);
	take("203.0.113.2", 4);
	take("203.0.113.3", 5);
	install(policy("packets: 9/h, algorithm: sliding-log"));
	take("203.0.113.3", 0);
	install(policy("packets: {rate: 1/h, burst: 6}"));
	take("203.0.113.1", 1);
	take("203.0.113.3", 1);
	take("203.0.113.4", 6);
	install(policy("packets: 9/h, algorithm: sliding-log"));
	take("203.0.113.4", 0);
	install(policy("packets: 7/h, algorithm: fixed-window"));
	take("203.0.113.4", 1);
	install(policy("packets: {rate: 1/h, burst: 8}, algorithm: leaky-bucket"));
	take("203.0.113.4", 1);
}

TEST_F(Limits, ALogsFullSetAdmitsNobodyMore)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {keys: 1, packets: 50/h, algorithm: sliding-log}}\n");
	int admitted = 0;
	for (int source = 1; source <= 4; source++) {
		for (int i = 0; i < 51; i++)
			admitted += judge(Ethernet{} / Ipv4{.source = "203.0.113." + std::to_string(source)} / Tcp{}).passes;
	}
	EXPECT_EQ(admitted, 128) << "words of a set";
}

TEST_F(Limits, WhatRunsOutComesBackAtTheRate)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: {rate: 50/s, burst: 25}}}\n");
	const Bytes frame = syn().bytes();
	const std::uint64_t start = gate_->now_mono_ns();
	std::uint64_t passed = 0, elapsed = 0;
	// The last flood begins when the time is over: nothing that came back by then is left out, however late it runs.
	do {
		elapsed = gate_->now_mono_ns() - start;
		const auto flood = gate_->flood(frame, 100);
		ASSERT_TRUE(flood) << flood.error().sentence();
		passed += *flood;
	} while (elapsed < 400'000'000);
	// Two ticks of the slowest kernel clock (HZ=100): one of the limiter, one of this test.
	const double seconds = static_cast<double>(gate_->now_mono_ns() - start + 20'000'000) / 1e9;
	EXPECT_LE(static_cast<double>(passed), 25 + 50 * seconds);
	EXPECT_GE(static_cast<double>(passed), 25 + 50 * 0.4 * 0.98 - 2);
}

}  // namespace sluice::test
