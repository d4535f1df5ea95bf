// What a failsafe no longer covers: each hit beside its nearest miss.
#include <gtest/gtest.h>

#include "policy/failsafe_gap.h"

namespace sluice::policy {
namespace {

Failsafe entry(std::optional<net::Protocol> protocol, const std::vector<std::string>& ports, const std::vector<std::string>& from)
{
	Failsafe out;
	out.protocol = protocol;
	for (const auto& port : ports)
		out.ports.push_back(*net::PortRange::parse(port));
	for (const auto& prefix : from)
		out.from.push_back(*net::Prefix::parse(prefix));
	return out;
}

const Failsafe kSsh = entry(net::kTcp, {"22"}, {"192.0.2.0/24"});

struct Case {
	const char* sentence;
	std::vector<Failsafe> before;
	std::vector<Failsafe> after;
	const char* gap;  // empty: none
};

const std::vector<Case> kCases = {
    {"the same", {kSsh}, {kSsh}, ""},
    {"nothing of nothing", {}, {}, ""},
    {"removed", {kSsh}, {}, "tcp port 22 from 192.0.2.0/24"},
    {"another port", {kSsh}, {entry(net::kTcp, {"23"}, {"192.0.2.0/24"})}, "tcp port 22 from 192.0.2.0/24"},
    {"another protocol", {kSsh}, {entry(net::kUdp, {"22"}, {"192.0.2.0/24"})}, "tcp port 22 from 192.0.2.0/24"},
    {"wider in every way", {kSsh}, {entry(std::nullopt, {}, {"192.0.0.0/16"})}, ""},
    {"every port of the protocol", {kSsh}, {entry(net::kTcp, {}, {"192.0.2.0/24"})}, ""},
    {"the upper half of the prefix gone", {kSsh}, {entry(net::kTcp, {"22"}, {"192.0.2.0/25"})}, "tcp port 22 from 192.0.2.128/25"},
    {"both halves in two entries",
     {kSsh},
     {entry(net::kTcp, {"22"}, {"192.0.2.0/25"}), entry(net::kTcp, {"20-30"}, {"192.0.2.128/25"})},
     ""},
    {"one host missing among 256",
     {kSsh},
     {entry(net::kTcp, {"22"}, {"192.0.2.0/25", "192.0.2.128/26", "192.0.2.192/27", "192.0.2.224/28", "192.0.2.240/29", "192.0.2.248/30",
                                "192.0.2.252/31", "192.0.2.255"})},
     "tcp port 22 from 192.0.2.254"},
    {"ports from two entries, prefixes around and within",
     {entry(net::kTcp, {"22-25"}, {"192.0.2.0/24"})},
     {entry(net::kTcp, {"22-23"}, {"192.0.0.0/16"}), entry(net::kTcp, {"24", "25"}, {"192.0.2.0/25", "192.0.2.128/25"})},
     ""},
    {"near miss: a port is missing in one half",
     {entry(net::kTcp, {"22-25"}, {"192.0.2.0/24"})},
     {entry(net::kTcp, {"22-23"}, {"192.0.0.0/16"}), entry(net::kTcp, {"24", "25"}, {"192.0.2.0/25"}), entry(net::kTcp, {"25"}, {"192.0.2.128/25"})},
     "tcp port 22-25 from 192.0.2.128/25"},
    {"every port is more than all ports: fragments have none",
     {entry(net::kTcp, {}, {"192.0.2.0/24"})},
     {entry(net::kTcp, {"1-65535"}, {"192.0.2.0/24"})},
     "tcp from 192.0.2.0/24"},
    {"every protocol is more than tcp and udp",
     {entry(std::nullopt, {}, {"2001:db8::/32"})},
     {entry(net::kTcp, {}, {"2001:db8::/32"}), entry(net::kUdp, {}, {"2001:db8::/32"})},
     "every protocol from 2001:db8::/32"},
    {"all of IPv6 is not all of IPv4", {kSsh}, {entry(net::kTcp, {"22"}, {"::/0"})}, "tcp port 22 from 192.0.2.0/24"},
    {"all of IPv6 with a hole in it",
     {entry(net::kTcp, {"22"}, {"::/0"})},
     {entry(net::kTcp, {"22"}, {"::/1", "192.0.2.0/24"})},
     "tcp port 22 from 8000::/1"},
};

TEST(PolicyFailsafeGap, EachWayToNarrowIsFound)
{
	for (const Case& row : kCases)
		EXPECT_EQ(failsafe_gap(row.before, row.after).value_or(""), row.gap) << row.sentence;
}

}  // namespace
}  // namespace sluice::policy
