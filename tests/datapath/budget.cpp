#include "budget.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "kernel/probe.h"
#include "support/identity_policy.h"
#include "support/tree.h"

namespace sluice::test {

namespace {

constexpr const char* kFull = R"(
version: 1
mode: observe
default: deny
fragments: {each-source: {packets: 100/s}}
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24, "2001:db8:1::/64"]}
sources:
  - {name: partners, action: allow, prefixes: [198.51.100.64/26, "2001:db8:2::/48"], limit: {packets: 100/s, bits: 100M/s, connections: 10/s}}
services:
  - name: api
    protocol: tcp
    ports: [443]
    addresses: [203.0.113.10, "2001:db8:10::/64"]
    each-source: {packets: 100/s, bits: 100M/s, connections: 10/s}
    each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: 100/s, bits: 100M/s, connections: 10/s}}
    all-sources: {packets: 100/s, bits: 100M/s, connections: 10/s}
    each-identity: {packets: 100/s, bits: 100M/s, connections: 10/s}
    admit: {roles: [reader]}
    unproved: {connections: 10/s, beyond: cookie}
)";

}  // namespace

std::string full_policy()
{
	return kFull + identity_section();
}

std::string kernel_series()
{
	const std::string release = kernel::kernel_release();
	return release.substr(0, release.find('.', release.find('.') + 1));
}

std::map<std::string, std::uint64_t> budgets(const std::string& file)
{
	std::map<std::string, std::uint64_t> budgets;
	std::ifstream lines(in_tree(file));
	for (std::string line; std::getline(lines, line);) {
		const std::size_t number = line.rfind(' ');
		if (!line.empty() && line[0] != '#' && number != std::string::npos)
			budgets[line.substr(0, number)] = std::stoull(line.substr(number + 1));
	}
	return budgets;
}

void expect_within_budget(const std::string& file, const std::string& key, std::uint64_t cost, std::uint64_t elsewhere)
{
	const auto lines = budgets(file);
	const auto budget = lines.find(key);
	const std::uint64_t most = budget == lines.end() ? elsewhere : budget->second + budget->second / 10;
	std::fprintf(stderr, "%s %llu\n", key.c_str(), static_cast<unsigned long long>(cost));
	EXPECT_GT(cost, 0u) << key;
	EXPECT_LE(cost, most) << file << ", " << key;
}

}  // namespace sluice::test
