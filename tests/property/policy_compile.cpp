// Random policies: the compiler gives the same bytes for the same input, and tables that agree with a reading of the
// policy entry by entry.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "unit/policy_image.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kSeed = 20261124;
constexpr CompileOptions kOptions{1u << 20, 5'000'000'000, 8};

class Generator {
public:
	Policy policy()
	{
		Policy made;
		made.files = {"/p.yaml"};
		for (unsigned i = below(5); i > 0; i--)
			made.failsafe.push_back(failsafe());
		for (unsigned i = below(6); i > 0; i--)
			made.sources.push_back(source("list" + std::to_string(i)));
		for (unsigned i = below(6); i > 0; i--)
			add_service(made, "service" + std::to_string(i));
		return made;
	}

	net::Address address()
	{
		// Few bits vary, so that prefixes meet.
		const std::string tail = std::to_string(below(8) * 32 + below(3));
		return *net::Address::parse(below(2) != 0 ? "192.0.2." + tail : "2001:db8::" + tail);
	}
	std::uint16_t port() { return static_cast<std::uint16_t>(below(12)); }
	unsigned below(unsigned end) { return std::uniform_int_distribution<unsigned>(0, end - 1)(engine_); }

private:
	net::Prefix prefix()
	{
		const net::Address at = address();
		return net::Prefix::of(at, at.bits() - below(10));
	}

	std::vector<net::PortRange> ports()
	{
		std::vector<net::PortRange> ranges;
		for (unsigned i = below(3); i > 0; i--) {
			const auto first = static_cast<std::uint16_t>(1 + below(10));
			ranges.push_back({first, static_cast<std::uint16_t>(first + below(3))});
		}
		return ranges;
	}

	Failsafe failsafe()
	{
		Failsafe entry;
		if (below(3) != 0)
			entry.protocol = below(2) != 0 ? net::kTcp : net::kUdp;
		entry.ports = ports();
		entry.from = {prefix(), prefix()};
		return entry;
	}

	Limit limit()
	{
		Limit made;
		made.packets = Meter{{1 + below(1000), 1}, 1 + below(100)};
		made.keys = 1 + below(1000);
		return made;
	}

	Source source(const std::string& name)
	{
		Source list;
		list.name = name;
		list.action = below(2) != 0 ? Action::kAllow : Action::kDeny;
		for (unsigned i = 1 + below(6); i > 0; i--)
			list.prefixes.push_back({prefix(), 0, 0});
		if (list.action == Action::kAllow && below(2) != 0)
			list.limit = limit();
		return list;
	}

	// One that overlaps with those that are there is left out.
	void add_service(Policy& policy, const std::string& name)
	{
		Service service;
		service.name = name;
		service.protocol = std::array{net::kTcp, net::kUdp, net::kIcmp}[below(3)];
		service.ports = service.protocol.has_ports() ? ports() : std::vector<net::PortRange>();
		for (unsigned i = below(3); i > 0; i--)
			service.addresses.push_back(prefix());
		if (below(2) != 0)
			service.each_source = SourceLimit{32, 64, limit()};
		if (below(2) != 0)
			service.all_sources = limit();
		policy.services.push_back(service);
		for (const Diagnostic& found : validate(policy)) {
			if (found.message.find("overlap") != std::string::npos) {
				policy.services.pop_back();
				return;
			}
		}
	}

	std::mt19937_64 engine_{kSeed};
};

template <typename T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b)
{
	return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same_image(const Image& a, const Image& b)
{
	bool same = std::memcmp(&a.meta, &b.meta, sizeof(a.meta)) == 0 && std::memcmp(&a.config, &b.config, sizeof(a.config)) == 0;
	for (unsigned family = 0; family < SLUICE_FAMILIES; family++)
		same = same && a.sources[family].blocks == b.sources[family].blocks && a.destinations[family].blocks == b.destinations[family].blocks;
	return same && same_bytes(a.classes, b.classes) && same_bytes(a.ports, b.ports) && same_bytes(a.groups, b.groups) &&
	       same_bytes(a.targets, b.targets) && same_bytes(a.services, b.services) && same_bytes(a.limits, b.limits) &&
	       same_bytes(a.service_names, b.service_names) && same_bytes(a.rule_names, b.rule_names);
}

// Entry by entry, as the documentation says it.
const Source* list_of(const Policy& policy, const net::Address& address)
{
	const Source* best = nullptr;
	int length = -1;
	for (const Source& source : policy.sources) {
		for (const ListedPrefix& listed : source.prefixes) {
			if (listed.prefix.contains(address) && static_cast<int>(listed.prefix.length()) > length) {
				best = &source;
				length = static_cast<int>(listed.prefix.length());
			}
		}
	}
	return best;
}

template <typename Range, typename Value>
bool any_holds(const std::vector<Range>& ranges, const Value& value)
{
	return std::any_of(ranges.begin(), ranges.end(), [&value](const Range& range) { return range.contains(value); });
}

bool failsafe_holds(const Policy& policy, const net::Address& source, net::Protocol protocol, std::optional<std::uint16_t> port)
{
	for (const Failsafe& entry : policy.failsafe) {
		const bool right_port = entry.ports.empty() || (port && any_holds(entry.ports, *port));
		if ((!entry.protocol || *entry.protocol == protocol) && right_port && any_holds(entry.from, source))
			return true;
	}
	return false;
}

std::string service_of(const Policy& policy, const net::Address& destination, net::Protocol protocol, std::uint16_t port)
{
	for (const Service& service : policy.services) {
		if (service.protocol == protocol && (service.ports.empty() || any_holds(service.ports, port)) &&
		    (service.addresses.empty() || any_holds(service.addresses, destination)))
			return service.name;
	}
	return "-";
}

void expect_agreement(const Policy& policy, const Image& image, Generator& generator)
{
	const net::Address source = generator.address();
	const net::Address destination = generator.address();
	const std::uint16_t port = generator.port();
	const sluice_class found = class_of(image, source.to_string());
	const Source* list = list_of(policy, source);
	ASSERT_EQ(text_of(image.rule_names.at(found.rule)), list != nullptr ? list->name : "") << source.to_string();
	ASSERT_EQ(found.limit != 0, list != nullptr && list->limit.has_value());
	for (const net::Protocol protocol : {net::kTcp, net::kUdp}) {
		const std::uint32_t cell = protocol == net::kTcp ? tcp(port) : udp(port);
		ASSERT_EQ(service_at(image, cell, destination.to_string()), service_of(policy, destination, protocol, port));
		ASSERT_EQ(failsafe_at(image, cell, source.to_string()), failsafe_holds(policy, source, protocol, port));
		ASSERT_EQ(failsafe_at(image, portless(protocol.number), source.to_string()), failsafe_holds(policy, source, protocol, std::nullopt));
	}
	ASSERT_EQ(service_at(image, portless(1), destination.to_string()), service_of(policy, destination, net::kIcmp, 0));
}

TEST(PolicyCompile, TablesAgreeWithThePolicy)
{
	Generator generator;
	for (int round = 0; round < 100; round++) {
		const Policy policy = generator.policy();
		const auto image = compile(policy, {}, kOptions);
		ASSERT_TRUE(image) << image.error().sentence();
		for (int i = 0; i < 200; i++) {
			expect_agreement(policy, *image, generator);
			ASSERT_FALSE(HasFatalFailure()) << "seed " << kSeed << " round " << round;
		}
	}
}

TEST(PolicyCompile, TheSameInputGivesTheSameBytes)
{
	Generator generator;
	Heritage heritage;
	for (int round = 0; round < 100; round++) {
		const Policy policy = generator.policy();
		const auto one = compile(policy, heritage, kOptions);
		const auto two = compile(policy, heritage, kOptions);
		ASSERT_TRUE(one && two);
		ASSERT_TRUE(same_image(*one, *two)) << "seed " << kSeed << " round " << round;
		heritage = heritage_of(*one, static_cast<std::uint32_t>(round + 1));
	}
}

// Regions that share a set would charge one limit's sources to another.
TEST(PolicyCompile, NoTwoMetersShareASet)
{
	Generator generator;
	Heritage heritage;
	for (int round = 0; round < 100; round++) {
		const auto image = compile(generator.policy(), heritage, {1u << 11, kOptions.now_mono_ns + static_cast<std::uint64_t>(round), 8});
		if (!image)
			continue;
		std::vector<bool> taken(1u << 11);
		for (const sluice_limit& limit : image->limits) {
			for (const sluice_meter& meter : limit.meter) {
				for (std::uint32_t i = 0; meter.speed != 0 && i <= meter.set_mask; i++) {
					ASSERT_FALSE(taken.at(meter.first_set + i)) << "round " << round;
					taken[meter.first_set + i] = true;
				}
			}
		}
		heritage = heritage_of(*image, static_cast<std::uint32_t>(round + 1));
	}
}

}  // namespace
}  // namespace sluice::policy
