// A daemon's policies over a datapath in memory, a real state directory, and a clock in the test's hand; it can die and come
// back at any step.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include <boost/asio/io_context.hpp>

#include "base/log.h"
#include "daemon/policies.h"
#include "datapath/memory_datapath.h"
#include "unit/control_fixture.h"

namespace sluice::daemon {

using control::Applied;
using control::ApplyReply;

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint64_t kMinute = 60 * kSecond;

inline constexpr const char* kFirst = "version: 1\nsources:\n  - {name: bad, action: deny, files: [bad.netset]}\n";
inline constexpr const char* kSecondText = "version: 1\ndefault: deny\nfailsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n";

class DaemonUndo : public testing::Test {
protected:
	DaemonUndo() : datapath_(clock_)
	{
		spdlog::set_level(spdlog::level::off);
		directory_.write("policy.yaml", kFirst);
		directory_.write("bad.netset", "203.0.113.0/24\n");
		directory_.write("other.yaml", kSecondText);
	}

	// The daemon comes (back); whatever ran before is dead.
	Outcome come_back()
	{
		die();
		archive_.emplace(directory_.at("state"), disk_);
		records_.emplace(*archive_, clock_, boot_);
		policies_.emplace(Policies::Setting{*loop_, datapath_, clock_, 1u << 19, path(), *records_},
		                  [this](const Outcome& outcome) { told_.push_back(outcome.cause); });
		return policies_->start();
	}
	void die()
	{
		policies_.reset();
		loop_.emplace();
	}
	// The host starts anew: the kernel has forgotten everything, the clock begins again.
	void reboot()
	{
		die();
		boot_ += "'";
		datapath_ = datapath::MemoryDatapath(clock_);
	}
	std::string path() const { return directory_.at("policy.yaml"); }
	std::string other() const { return directory_.at("other.yaml"); }

	// Runs the loop until `done`.
	template <typename Done>
	bool run_until(Done done)
	{
		const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
		while (!done() && std::chrono::steady_clock::now() < end) {
			loop_->restart();
			loop_->run_one_for(std::chrono::milliseconds(20));
		}
		return done();
	}
	Result<ApplyReply> ask(const std::function<void(Policies::Reply)>& what)
	{
		std::optional<Result<ApplyReply>> answer;
		what([&](const Result<ApplyReply>& reply) { answer = reply; });
		run_until([&] { return answer.has_value(); });
		return answer.value_or(Result<ApplyReply>(Error(ErrorCode::kFailed, "no answer")));
	}
	Result<ApplyReply> apply(control::ApplyRequest request)
	{
		return ask([&](Policies::Reply reply) { policies_->apply(request, std::move(reply), control::Caller{0, "root", "192.0.2.7:50022"}); });
	}
	Result<ApplyReply> apply_to_confirm() { return apply({.path = other(), .confirm_ns = kMinute}); }
	Result<ApplyReply> rollback()
	{
		return ask([&](Policies::Reply reply) { policies_->rollback(std::move(reply)); });
	}
	bool denies_by_default() { return (*datapath_.running())->config.default_deny; }
	std::uint32_t generation() { return (*datapath_.running())->meta.generation; }
	std::string fates() const
	{
		std::string out;
		for (const Entry& entry : policies_->ledger().entries)
			out += std::string(out.empty() ? "" : " ") + cause_name(entry.cause) + ":" + fate_name(entry.fate);
		return out;
	}

	test::Directory directory_;
	ManualClock clock_;
	datapath::MemoryDatapath datapath_;
	Disk disk_;
	std::string boot_ = "boot";
	std::optional<boost::asio::io_context> loop_;
	std::optional<Archive> archive_;
	std::optional<Records> records_;
	std::optional<Policies> policies_;
	std::vector<Cause> told_;
};

}  // namespace sluice::daemon
