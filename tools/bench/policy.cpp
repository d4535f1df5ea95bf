#include "policy.h"

namespace sluice::bench {

namespace {

std::string packets(unsigned rate, unsigned burst)
{
	return "{packets: " + std::to_string(rate) + "/s, burst: " + std::to_string(burst) + "}";
}

}  // namespace

std::string full_policy()
{
	return R"(version: 1
mode: enforce
default: allow
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24, "2001:db8:1::/48"]}
limits:
  partner: {packets: 50k/s}
sources:
  - {name: scanners, action: deny,  files: [lists/scanners.netset]}
  - {name: partners, action: allow, prefixes: [203.0.113.0/24, "2001:db8:2::/48"], limit: partner}
services:
  - name: api
    protocol: tcp
    ports: [443, 8443]
    each-source: )" +
	       packets(kSourceRate, kSourceBurst) + R"(
    each-prefix: {ipv4: 24, ipv6: 48, limit: )" +
	       packets(kServiceRate / 20, kServiceBurst / 2) + R"(}
    all-sources: )" +
	       packets(kServiceRate, kServiceBurst) + "\n";
}

std::string scanners()
{
	std::string text = "# made for the benchmark\n";
	for (unsigned i = 0; i < kListedPrefixes; i++) {
		const unsigned at = i * 64;  // of 2^22 addresses: /27, every second one
		text += "100." + std::to_string(64 + (at >> 16)) + "." + std::to_string(at >> 8 & 255) + "." +
			std::to_string(at & 255) + "/27\n";
	}
	return text;
}

std::string ban(unsigned i)
{
	return i % 2 == 0 ? "100.127.255." + std::to_string(i) : "2001:db8:ffff::" + std::to_string(i);
}

}  // namespace sluice::bench
