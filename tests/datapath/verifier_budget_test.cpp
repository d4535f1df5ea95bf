// The verifier budget: what it costs the kernel to accept the program may not creep up unseen.
#include <linux/bpf.h>

#include <string>

#include "budget.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

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
		RecordProperty("verified_" + name, static_cast<int>(info.verified_insns));
		expect_within_budget("tests/datapath/verifier_budget.txt", kernel_series() + " " + name, info.verified_insns, kElsewhere);
	}
};

}  // namespace

TEST_F(VerifierBudget, PlainPolicy)
{
	expect_within("plain", kPlainPolicy);
}

TEST_F(VerifierBudget, PolicyThatUsesEverything)
{
	expect_within("full", full_policy());
}

TEST_F(VerifierBudget, ACandidateAndTheProgramThatHandsPacketsToIt)
{
	ASSERT_NO_FATAL_FAILURE(install(full_policy()));
	ASSERT_TRUE(gate_->shadow(full_policy()));
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
