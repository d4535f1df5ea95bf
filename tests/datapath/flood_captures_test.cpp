// Captured floods with captured honest traffic among them, at a host that has the honest ones' sockets: what of the flood gets
// through, and which honest packets are lost, exactly.
#include <sys/resource.h>

#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "datapath/table.h"
#include "kernel/run_packet.h"
#include "net/address.h"
#include "sluice/core/parse.h"
#include "support/capture.h"
#include "support/own_network.h"

namespace sluice::test {

namespace {

constexpr std::uint8_t kIcmp = 1;
using Counts = std::map<std::string, std::uint64_t>;

struct Mixed {
	Bytes frame;
	sluice_packet packet{};  // zero where it is none
	bool honest = false;
};

struct Tally {
	std::uint64_t honest = 0;
	std::uint64_t flood = 0;
	Counts honest_lost;               // by reason
	std::uint64_t honest_asked = 0;   // a cookie
	std::uint64_t flood_passed = 0;

	bool operator==(const Tally&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Tally& tally)
{
	out << tally.honest << " honest, lost:";
	for (const auto& [reason, packets] : tally.honest_lost)
		out << " " << reason << " " << packets;
	return out << "; asked for a cookie " << tally.honest_asked << "; " << tally.flood << " of the flood, passed: " << tally.flood_passed;
}

sluice_packet packet_of(const Bytes& frame)
{
	sluice_packet packet{};
	(void)sluice_parse(frame.data(), frame.data() + frame.size(), static_cast<std::uint32_t>(frame.size()), &packet);
	return packet;
}

net::Address address_of(const sluice_addr& address)
{
	std::array<std::uint8_t, 16> bytes{};
	std::memcpy(bytes.data(), &address, bytes.size());
	return net::Address::from_bytes(bytes);
}

const std::vector<std::string> kHonest = {"normal/web-https.pcap", "normal/dns-large-answers.pcap", "normal/ntp.pcap",
					   "normal/snmp-walk.pcap", "normal/quic-video.pcap", "normal/video-call.pcapng"};

class FloodCaptures : public TableTest {
protected:
	using IsFlood = std::function<bool(const sluice_packet&)>;

	void SetUp() override
	{
		directory_ = captures_directory();
		if (!directory_)
			GTEST_SKIP() << "the captures are not there: expected in ../shared/data beside the source tree";
		const rlimit files{16384, 16384};
		ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
		auto network = OwnNetwork::open();
		ASSERT_TRUE(network) << network.error().sentence();
		network_.emplace(std::move(*network));
		GateTest::SetUp();
	}

	std::vector<Mixed> frames_of(const std::string& file, const IsFlood& is_flood)
	{
		std::vector<Mixed> frames;
		const auto capture = read_capture(*directory_ + "/" + file);
		EXPECT_TRUE(capture) << capture.error().sentence();
		if (!capture)
			return frames;
		for (const auto& captured : capture->frames) {
			Mixed mixed{capture->ethernet ? captured.bytes : with_ethernet(captured.bytes), {}, false};
			mixed.packet = packet_of(mixed.frame);
			mixed.honest = !is_flood(mixed.packet);
			frames.push_back(std::move(mixed));
		}
		return frames;
	}

	// The flood, and the honest captures' frames among it, evenly and in their order.
	std::vector<Mixed> mix(const std::string& flood, const IsFlood& is_flood, const std::vector<std::string>& honest)
	{
		std::vector<Mixed> beside;
		for (const auto& file : honest) {
			auto frames = frames_of(file, [](const sluice_packet&) { return false; });
			std::move(frames.begin(), frames.end(), std::back_inserter(beside));
		}
		std::vector<Mixed> all;
		std::size_t next = 0;
		auto attack = frames_of(flood, is_flood);
		for (std::size_t i = 0; i < attack.size(); i++) {
			all.push_back(std::move(attack[i]));
			for (; next * attack.size() < beside.size() * (i + 1); next++)
				all.push_back(std::move(beside[next]));
		}
		return all;
	}

	// Somebody listens for every honest datagram, and for every SYN: floods are aimed at what is there.
	void listen_for(const std::vector<Mixed>& frames)
	{
		std::set<std::pair<std::uint8_t, std::uint16_t>> ports;
		for (const Mixed& mixed : frames) {
			const sluice_packet& packet = mixed.packet;
			const bool datagram = mixed.honest && packet.has_ports && packet.protocol == SLUICE_PROTO_UDP;
			if ((datagram || packet.opens_connection) && ports.insert({packet.protocol, packet.destination_port}).second)
				keep(datagram ? network_->bind_udp(packet.destination_port) : network_->listen(packet.destination_port));
		}
	}

	// The connection that an honest segment belongs to is there when it comes, as if its SYN had got in.
	void connect_for(const sluice_packet& packet)
	{
		if (packet.protocol != SLUICE_PROTO_TCP || !packet.has_ports || packet.opens_connection)
			return;
		const OwnNetwork::End here{address_of(packet.destination), packet.destination_port};
		const OwnNetwork::End there{address_of(packet.source), packet.source_port};
		if (connections_.insert({here.address.to_string(), here.port, there.address.to_string(), there.port}).second)
			keep(network_->resume(here, there));
	}

	// What becomes of the flood and of kHonest among it.
	Tally meet(const std::string& flood, const IsFlood& is_flood, const std::string& policy)
	{
		const std::vector<Mixed> frames = mix(flood, is_flood, kHonest);
		listen_for(frames);
		install(policy);
		Tally tally;
		for (const Mixed& mixed : frames) {
			if (mixed.honest)
				judge_honest(mixed, tally);
			else
				judge_flood(mixed, tally);
		}
		return tally;
	}

private:
	void judge_honest(const Mixed& mixed, Tally& tally)
	{
		connect_for(mixed.packet);
		const auto judgement = gate_->judge(mixed.frame);
		ASSERT_TRUE(judgement) << judgement.error().sentence();
		tally.honest++;
		tally.honest_asked += judgement->replies ? 1 : 0;
		if (!judgement->passes && !judgement->replies)
			tally.honest_lost[judgement->reason]++;
	}
	void judge_flood(const Mixed& mixed, Tally& tally)
	{
		constexpr std::uint32_t kPass = 2;
		const auto run = kernel::run_packet(gate_->program(), std::as_bytes(Frame(mixed.frame)));
		ASSERT_TRUE(run) << run.error().sentence();
		tally.flood++;
		tally.flood_passed += run->action == kPass ? 1 : 0;
	}
	void keep(Result<Fd> socket)
	{
		EXPECT_TRUE(socket) << socket.error().sentence();
		if (socket)
			sockets_.push_back(std::move(*socket));
	}

	std::optional<std::string> directory_;
	std::optional<OwnNetwork> network_;
	std::vector<Fd> sockets_;
	std::set<std::tuple<std::string, std::uint16_t, std::string, std::uint16_t>> connections_;
};

std::string policy(const std::string& fragments, const std::string& beyond = "drop")
{
	return "version: 1\n"
	       "fragments: " + fragments + "\n"
	       "services:\n"
	       "  - {name: tcp, protocol: tcp, ports: [1-65535], unproved: {connections: {rate: 1/h, burst: 4000}, beyond: " + beyond + "}}\n"
	       "  - {name: udp, protocol: udp, ports: [1-65535], unproved: {packets: {rate: 1/h, burst: 20000}}}\n";
}

}  // namespace

bool is_any(const sluice_packet&)
{
	return true;
}

// Their resets, and the ICMP errors that belong to them, are the flood's.
bool is_reflected(const sluice_packet& packet)
{
	const bool segment = packet.protocol == SLUICE_PROTO_TCP && !packet.opens_connection && packet.tcp_flags & (kSyn | kRst);
	return segment || packet.protocol == kIcmp;
}

// The 15 packets of IPv6 in there are a resolver's answers and a scan.
bool is_amplified_dns(const sluice_packet& packet)
{
	const bool answer = packet.protocol == SLUICE_PROTO_UDP && packet.source_port == 53;
	return packet.family == SLUICE_IPV4 && (packet.fragment || answer);
}

// Of 37 841 SYNs the budget holds 4000, one of them an honest one's. Whoever has a connection loses nothing.
TEST_F(FloodCaptures, SpoofedSynsCostNewClientsTheirSyns)
{
	EXPECT_EQ(meet("attacks/syn-flood-spoofed.pcap", is_any, policy("allow")), (Tally{2343, 37841, {{"unproved", 6}}, 0, 3999}));
}

TEST_F(FloodCaptures, WithCookiesTheyAreAskedForOne)
{
	EXPECT_EQ(meet("attacks/syn-flood-spoofed.pcap", is_any, policy("allow", "cookie")), (Tally{2343, 37841, {}, 6, 3999}));
}

// What passes are ICMP errors, which no service here holds.
TEST_F(FloodCaptures, ReflectedSynAcksBelongToNobody)
{
	EXPECT_EQ(meet("attacks/synack-reflection.pcap", is_reflected, policy("allow")), (Tally{2521, 7822, {}, 0, 153}));
}

TEST_F(FloodCaptures, AnswersThatNobodyAskedForEndWhereNobodyListens)
{
	EXPECT_EQ(meet("attacks/snmp-amplification.pcap", is_any, policy("allow")), (Tally{2343, 4373, {}, 0, 294}));
}

// Most of the flood are fragments, whose sockets nobody can tell before they are whole.
TEST_F(FloodCaptures, FragmentedAnswersGetInWhereFragmentsDo)
{
	EXPECT_EQ(meet("attacks/dns-rrsig-fragmented.pcap", is_amplified_dns, policy("allow")), (Tally{5486, 1269, {}, 0, 1209}));
}

TEST_F(FloodCaptures, WhereFragmentsAreDroppedHonestOnesAreLost)
{
	EXPECT_EQ(meet("attacks/dns-rrsig-fragmented.pcap", is_amplified_dns, policy("drop")), (Tally{5486, 1269, {{"fragment", 14}}, 0, 0}));
}

}  // namespace sluice::test
