// Gate: the real program with a policy on it, asked about single frames by BPF_PROG_TEST_RUN. Nothing is attached anywhere.
//
// Pins of its own, removed with the object. One thread; flood() uses threads of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kernel/kernel_datapath.h"
#include "kernel/map.h"
#include "policy/model.h"
#include "support/judgement.h"
#include "support/packet.h"

namespace sluice::test {

// A policy from text, as if from a file of the current directory. Error: all diagnostics, one a line.
Result<policy::Policy> policy_of(const std::string& text);

class Gate {
public:
	static Result<std::unique_ptr<Gate>> open(kernel::Options options = {});
	~Gate();
	Gate(const Gate&) = delete;
	Gate& operator=(const Gate&) = delete;

	Result<void> install(const policy::Policy& policy);
	Result<void> install(const std::string& text);

	// A candidate beside what runs, as Datapath::shadow.
	Result<void> shadow(const std::string& text);

	// Requires a frame of at least 14 bytes. Error too when not exactly one counter moved by one packet and the frame's
	// bytes, more than one rule counted, or the program answered none of XDP_PASS, XDP_DROP and XDP_TX.
	Result<Judgement> judge(Frame frame);
	// `count` times the same frame on one processor, counted or not as it comes; how many passed, by the counters.
	Result<std::uint64_t> flood(Frame frame, std::uint32_t count);

	Result<void> ban(const std::string& prefix, std::uint64_t duration_ns = 3600'000'000'000);
	Result<void> unban(const std::string& prefix);

	// Packets by reason, over all services, since the pins were made.
	Result<std::map<std::string, std::uint64_t>> reasons();
	// Another datapath on the same pins, as after a restart of the daemon.
	Result<void> reopen();

	std::uint64_t now_mono_ns() const { return clock_.coarse_mono_ns(); }
	kernel::KernelDatapath& datapath() { return *datapath_; }
	int program() const { return datapath_->program_fd(); }
	const std::string& pins() const { return options_.pins; }
	const datapath::Running& running() const { return running_; }
	// An open state map.
	Result<kernel::Map> state(const std::string& name);

private:
	struct Counts {
		std::vector<sluice_counter> by_service;
		std::vector<sluice_counter> by_rule;
	};
	Result<policy::Image> compile(const policy::Policy& policy);
	explicit Gate(kernel::Options options) : options_(std::move(options)) {}
	Result<void> connect();
	Result<Counts> read_counts() const;
	Result<Judgement> explain(const Counts& before, const Counts& after, std::size_t bytes) const;

	kernel::Options options_;
	SystemClock clock_;
	kernel::Calls calls_;
	std::unique_ptr<kernel::KernelDatapath> datapath_;
	datapath::Running running_;
	std::unique_ptr<kernel::Map> counters_;
	std::unique_ptr<kernel::Map> rule_counters_;
};

// A gate a test. Skips where this process may not load programs.
class GateTest : public testing::Test {
protected:
	void SetUp() override;

	void install(const std::string& text);
	// Fails the test, and answers an empty judgement, where the gate could not say.
	Judgement judge(const Packet& packet);

	std::unique_ptr<Gate> gate_;
};

}  // namespace sluice::test
