// The verifier budget: what it costs the kernel to accept the program may not creep up unseen.
#include <linux/bpf.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "kernel/probe.h"
#include "support/gate.h"
#include "support/identity_policy.h"
#include "support/tree.h"

namespace sluice::test {

namespace {

// Nothing that a specialised program could leave out, and everything.
constexpr const char* kPlain = "version: 1\n";
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

// The same with such limits; by one algorithm after another, each has one before it.
std::string with_algorithm(const std::string& limit)
{
	return R"(
version: 1
mode: observe
default: deny
fragments: {each-source: {packets: 10/s}}
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24, "2001:db8:1::/64"]}
sources:
  - {name: partners, action: allow, prefixes: [198.51.100.64/26, "2001:db8:2::/48"], limit: )" + limit + R"(}
services:
  - name: api
    protocol: tcp
    ports: [443]
    addresses: [203.0.113.10, "2001:db8:10::/64"]
    each-source: )" + limit + R"(
    each-prefix: {ipv4: 24, ipv6: 48, limit: )" + limit + R"(}
    all-sources: )" + limit + "\n";
}

// What a kernel without a line of its own may need: half of what any kernel accepts.
constexpr std::uint64_t kElsewhere = 500'000;

// "6.1" of "6.1.0-18-amd64".
std::string kernel_series()
{
	const std::string release = kernel::kernel_release();
	return release.substr(0, release.find('.', release.find('.') + 1));
}

std::map<std::string, std::uint64_t> budgets()
{
	std::map<std::string, std::uint64_t> budgets;
	std::ifstream file(in_tree("tests/datapath/verifier_budget.txt"));
	std::string line, kernel, policy;
	std::uint64_t instructions = 0;
	while (std::getline(file, line)) {
		std::istringstream fields(line);
		if (line.empty() || line[0] == '#')
			continue;
		if (fields >> kernel >> policy >> instructions)
			budgets[kernel + " " + policy] = instructions;
	}
	return budgets;
}

class VerifierBudget : public GateTest {
protected:
	void expect_within(const std::string& name, const std::string& policy)
	{
		ASSERT_NO_FATAL_FAILURE(install(policy));
		expect_within(name, gate_->program());
	}
	void expect_within(const std::string& name, int program)
	{
		bpf_prog_info info{};
		kernel::Calls calls;
		ASSERT_EQ(calls.program_info(program, info), 0);
		const std::string key = kernel_series() + " " + name;
		const auto lines = budgets();
		const auto budget = lines.find(key);
		const std::uint64_t most = budget == lines.end() ? kElsewhere : budget->second + budget->second / 10;
		RecordProperty("verified_" + name, static_cast<int>(info.verified_insns));
		std::fprintf(stderr, "%s %u\n", key.c_str(), info.verified_insns);
		EXPECT_GT(info.verified_insns, 0u);
		EXPECT_LE(info.verified_insns, most) << "tests/datapath/verifier_budget.txt, " << key;
	}
};

}  // namespace

TEST_F(VerifierBudget, PlainPolicy)
{
	expect_within("plain", kPlain);
}

TEST_F(VerifierBudget, PolicyThatUsesEverything)
{
	expect_within("full", kFull + identity_section());
}

TEST_F(VerifierBudget, ACandidateAndTheProgramThatHandsPacketsToIt)
{
	const std::string full = kFull + identity_section();
	ASSERT_NO_FATAL_FAILURE(install(full));
	ASSERT_TRUE(gate_->shadow(full));
	expect_within("shadowed", gate_->program());
	kernel::Calls calls;
	const Fd candidate(calls.open_pin(gate_->pins() + "/shadow/program"));
	ASSERT_TRUE(candidate);
	expect_within("shadow", candidate.get());
}

TEST_F(VerifierBudget, PolicyThatChangesEveryAlgorithm)
{
	ASSERT_NO_FATAL_FAILURE(install(with_algorithm("{packets: 10/s, bits: 100M/s, connections: 10/s, algorithm: fixed-window}")));
	expect_within("changed", with_algorithm("{packets: 10/s, connections: 10/s, algorithm: sliding-log}"));
}

}  // namespace sluice::test
