// "Limits that are not limits": holes that other limiters have or had, one test each, named after the hole.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <latch>
#include <thread>

#include "kernel/run_packet.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

std::string service(const std::string& terms)
{
	return "version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], " + terms + "}\n";
}

Packet from(const std::string& source, std::uint8_t flags = kSyn)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.flags = flags};
}

Packet from6(const std::string& source)
{
	return Ethernet{} / Ipv6{.source = source} / Tcp{};
}

// 10.x.y.z by number.
std::string numbered(unsigned number)
{
	return "10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) + "." + std::to_string(number & 255);
}

std::vector<unsigned> processors()
{
	cpu_set_t set;
	std::vector<unsigned> found;
	if (::sched_getaffinity(0, sizeof(set), &set) != 0)
		return found;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			found.push_back(cpu);
	}
	return found;
}

class LimitsThatAre : public GateTest {
protected:
	// Floods from two processors at once; how many passed in all.
	std::uint64_t flood_on_two(const std::vector<Packet>& packets, std::uint32_t rounds)
	{
		const auto cpus = processors();
		const std::uint64_t before = passed();
		std::atomic<unsigned> failures = 0;
		std::latch both(2);
		std::vector<std::thread> threads;
		for (unsigned i = 0; i < 2; i++) {
			threads.emplace_back([&, i] {
				cpu_set_t set;
				CPU_ZERO(&set);
				CPU_SET(cpus[i % cpus.size()], &set);
				::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
				both.arrive_and_wait();
				for (const auto& packet : packets) {
					const Bytes frame = packet.bytes();
					if (!kernel::run_packet(gate_->program(), std::as_bytes(Frame(frame)), {.repeat = rounds}))
						failures++;
				}
			});
		}
		for (auto& thread : threads)
			thread.join();
		EXPECT_EQ(failures, 0u);
		return passed() - before;
	}

	std::uint64_t passed()
	{
		const auto reasons = gate_->reasons();
		if (!reasons) {
			ADD_FAILURE() << reasons.error().sentence();
			return 0;
		}
		std::uint64_t sum = 0;
		for (const auto& [reason, packets] : *reasons) {
			if (reason == "admitted" || reason == "default-allow" || reason == "listed")
				sum += packets;
		}
		return sum;
	}

	void expect_reason(const Packet& packet, const std::string& reason)
	{
		EXPECT_EQ(judge(packet).reason, reason) << to_string(packet);
	}

	// Sets of the only limit's packet meter.
	std::uint64_t sets() const { return gate_->running().limits.at(1).meter[SLUICE_PACKETS].set_mask + 1ull; }
};

}  // namespace

TEST_F(LimitsThatAre, TwoProcessorsRacingForOneBucket)
{
	if (processors().size() < 2)
		GTEST_SKIP() << "needs two processors";
	// Long enough for both to run at once, whatever else the machine does.
	install(service("each-source: {packets: {rate: 1/h, burst: 4M}}"));
	EXPECT_EQ(flood_on_two({from("192.0.2.1")}, 3'000'000), 4'000'000u);
	EXPECT_EQ(flood_on_two({from("192.0.2.1")}, 100'000), 0u);
}

// A count that each processor reads before the other has written its own.
TEST_F(LimitsThatAre, TwoProcessorsCountingTheSameWindow)
{
	for (const char* limit : {"packets: 64/h, algorithm: sliding-log", "packets: 1M/h, algorithm: fixed-window"}) {
		SCOPED_TRACE(limit);
		install(service("all-sources: {" + std::string(limit) + "}"));
		const std::uint64_t most = limit[9] == '6' ? 64 : 1'000'000;
		const std::uint64_t passed = flood_on_two({from("192.0.2.1"), from("192.0.2.2")}, 600'000);
		EXPECT_LE(passed, most);
		EXPECT_GE(passed, most - 8) << "a packet that never won is contended, and dropped";
		EXPECT_EQ(flood_on_two({from("192.0.2.1")}, 1000), 0u);
		auto gate = Gate::open();
		ASSERT_TRUE(gate) << gate.error().sentence();
		gate_ = std::move(*gate);
	}
}

TEST_F(LimitsThatAre, PerProcessorBucketsThatMultiplyTheBound)
{
	install(service("all-sources: {packets: {rate: 1/h, burst: 1000}}"));
	EXPECT_EQ(flood_on_two({from("192.0.2.1"), from("192.0.2.2"), from("192.0.2.3")}, 10'000), 1000u);
}

TEST_F(LimitsThatAre, TwoProcessorsInsertingTheSameKeysAtOnce)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 1}}"));
	std::vector<Packet> packets;
	for (unsigned i = 0; i < 2000; i++)
		packets.push_back(from(numbered(i)));
	EXPECT_LE(flood_on_two(packets, 1), 2000u);
	EXPECT_EQ(flood_on_two(packets, 1), 0u);
}

TEST_F(LimitsThatAre, WindowsThatAdmitTwiceAtTheirEdge)
{
	install(service("each-source: {packets: {rate: 500/s, burst: 100}}"));
	const Bytes frame = from("192.0.2.1").bytes();
	std::vector<std::pair<std::uint64_t, std::uint64_t>> admitted;  // when, how many
	const std::uint64_t start = gate_->now_mono_ns();
	while (gate_->now_mono_ns() - start < 1'300'000'000) {
		const auto passed = gate_->flood(frame, 200);
		ASSERT_TRUE(passed) << passed.error().sentence();
		if (*passed > 0)
			admitted.emplace_back(gate_->now_mono_ns(), *passed);
	}
	for (std::size_t i = 0; i < admitted.size(); i++) {
		std::uint64_t sum = 0;
		for (std::size_t j = i; j < admitted.size(); j++) {
			sum += admitted[j].second;
			// What is counted at i passed at some moment since i - 1: the window begins there.
			const std::uint64_t begin = i == 0 ? start : admitted[i - 1].first;
			const double window = static_cast<double>(admitted[j].first - begin + 10'000'000) / 1e9;
			ASSERT_LE(static_cast<double>(sum), 100 + 500 * window) << "windows " << i << " to " << j;
		}
	}
}

TEST_F(LimitsThatAre, AFullTableAdmitsNoNewcomersUnlimited)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 2}, keys: 8}"));
	std::uint64_t admitted = 0;
	for (unsigned i = 0; i < 3000; i++)
		admitted += judge(from(numbered(i))).passes;
	EXPECT_LE(admitted, sets() * SLUICE_WAYS * 2);
	EXPECT_GE(admitted, SLUICE_WAYS * 2u);
}

TEST_F(LimitsThatAre, AFullTableRefillsNobody)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 2}, keys: 8}"));
	expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "source-packets");
	for (unsigned i = 0; i < 3000; i++)
		judge(from(numbered(i)));
	expect_reason(from("192.0.2.1"), "source-packets");
}

TEST_F(LimitsThatAre, AReloadThatRefillsEverybody)
{
	const std::string terms = "each-source: {packets: {rate: 1/h, burst: 2}}";
	install(service(terms));
	expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "source-packets");
	install(service(terms));
	expect_reason(from("192.0.2.1"), "source-packets");
	install("version: 1\nsources:\n  - {name: new, action: deny, prefixes: [203.0.113.0/24]}\n"
		"services:\n  - {name: other, protocol: tcp, ports: [80], " + terms + "}\n  - {name: api, protocol: tcp, ports: [443, 444], " + terms + "}\n");
	expect_reason(from("192.0.2.1"), "source-packets");
}

TEST_F(LimitsThatAre, AChangeOfRateThatRefillsEverybody)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 20}}"));
	for (int i = 0; i < 20; i++)
		expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "source-packets");
	install(service("each-source: {packets: {rate: 2/h, burst: 20}}"));
	expect_reason(from("192.0.2.1"), "source-packets");
	install(service("each-source: {packets: {rate: 3/h, burst: 5}}"));
	expect_reason(from("192.0.2.1"), "source-packets");
	// A larger burst gives the difference and no more.
	install(service("each-source: {packets: {rate: 1/h, burst: 23}}"));
	for (int i = 0; i < 3; i++)
		expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "source-packets");
}

TEST_F(LimitsThatAre, ARestartThatRefillsEverybody)
{
	const std::string policy = service("each-source: {packets: {rate: 1/h, burst: 1}}");
	install(policy);
	expect_reason(from("192.0.2.1"), "admitted");
	expect_reason(from("192.0.2.1"), "source-packets");
	const auto reopened = gate_->reopen();
	ASSERT_TRUE(reopened) << reopened.error().sentence();
	expect_reason(from("192.0.2.1"), "source-packets");
	install(policy);
	expect_reason(from("192.0.2.1"), "source-packets");
}

TEST_F(LimitsThatAre, ALimitThatIsTakenOutAndPutBackRefillsNobody)
{
	const std::string policy = service("each-source: {packets: {rate: 1/h, burst: 1}}");
	install(policy);
	expect_reason(from("192.0.2.1"), "admitted");
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443]}\n");
	expect_reason(from("192.0.2.1"), "admitted");
	install(policy);
	expect_reason(from("192.0.2.1"), "source-packets");
}

TEST_F(LimitsThatAre, OneGlobalCounterOfNewConnections)
{
	install(service("each-source: {connections: {rate: 1/h, burst: 3}}"));
	for (int i = 0; i < 100; i++)
		judge(from("192.0.2.66"));
	expect_reason(from("192.0.2.66"), "source-connections");
	expect_reason(from("192.0.2.1"), "admitted");
}

TEST_F(LimitsThatAre, SpoofedSourcesThatSendOnePacketEach)
{
	install(service("each-source: {packets: {rate: 1k/s, burst: 1k}}, all-sources: {packets: {rate: 1/h, burst: 100}}"));
	std::uint64_t admitted = 0;
	for (unsigned i = 0; i < 2000; i++)
		admitted += judge(from(numbered(i * 7919))).passes;
	EXPECT_EQ(admitted, 100u);
}

TEST_F(LimitsThatAre, SpoofedPacketsThatAreRefusedUseUpNobodysBudget)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 3}, connections: {rate: 1/h, burst: 1}}"));
	expect_reason(from("192.0.2.1"), "admitted");
	for (int i = 0; i < 50; i++)
		expect_reason(from("192.0.2.1"), "source-connections");
	expect_reason(from("192.0.2.1", kAck), "admitted");
	expect_reason(from("192.0.2.1", kAck), "admitted");
	expect_reason(from("192.0.2.1", kAck), "source-packets");
}

TEST_F(LimitsThatAre, Ipv6KeyedByItsWholeAddress)
{
	install(service("each-source: {packets: {rate: 1/h, burst: 2}}"));
	expect_reason(from6("2001:db8:1:1::1"), "admitted");
	expect_reason(from6("2001:db8:1:1:ffff::2"), "admitted");
	expect_reason(from6("2001:db8:1:1:1234:5678:9abc:def0"), "source-packets");
	expect_reason(from6("2001:db8:1:2::1"), "admitted");
}

TEST_F(LimitsThatAre, HundredsOfInnocentsBehindOneAddress)
{
	// A carrier's NAT is told apart by a prefix of its own: a list with a limit of its own.
	install("version: 1\nsources:\n  - {name: carrier, action: allow, prefixes: [192.0.2.1], limit: {packets: {rate: 1/h, burst: 5}}}\n"
		"services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: {rate: 1/h, burst: 1}}}\n");
	for (int i = 0; i < 5; i++)
		expect_reason(from("192.0.2.1"), "listed");
	expect_reason(from("192.0.2.1"), "list-packets");
	expect_reason(from("192.0.2.2"), "admitted");
	expect_reason(from("192.0.2.2"), "source-packets");
}

TEST_F(LimitsThatAre, HashSeedsThatAreConstants)
{
	install(service("each-source: {packets: 1/h}"));
	auto other = Gate::open();
	ASSERT_TRUE(other) << other.error().sentence();
	ASSERT_TRUE((*other)->install(service("each-source: {packets: 1/h}")));
	const sluice_hash_key one = gate_->running().config.hash;
	const sluice_hash_key two = (*other)->running().config.hash;
	const sluice_hash_key zero{};
	EXPECT_NE(std::memcmp(&one, &two, sizeof(one)), 0) << "two hosts share their seeds";
	EXPECT_NE(std::memcmp(&one, &zero, sizeof(one)), 0);
	// The next generation finds the buckets again.
	install(service("each-source: {packets: 2/h}"));
	EXPECT_EQ(std::memcmp(&one, &gate_->running().config.hash, sizeof(one)), 0);
}

}  // namespace sluice::test
