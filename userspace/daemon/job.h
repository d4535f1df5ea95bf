// Job: one policy that is to be tried, who wants it and how; and what it is made into before it can be.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "control/messages.h"
#include "daemon/archive.h"
#include "daemon/ledger.h"
#include "daemon/prepare.h"

namespace sluice::daemon {

struct Job {
	using Reply = std::function<void(const Result<control::ApplyReply>&)>;

	Cause cause = Cause::kReload;
	std::string path;
	bool force = false;
	std::optional<std::uint64_t> confirm_ns;
	std::optional<control::Session> session;
	std::optional<control::Caller> caller;
	std::uint64_t restores = 0;  // the entry whose copy it is made from; 0: none
	Reply reply;

	bool undoes() const { return cause == Cause::kRollback || cause == Cause::kTimeout; }
	// Nobody asked for it.
	bool by_itself() const { return cause == Cause::kReload || cause == Cause::kStart; }
};

struct Ready {
	Prepared prepared;
	std::string text;  // fingerprint of the policy's own text
	Result<Archive::Kept> kept = Archive::Kept{};
};

}  // namespace sluice::daemon
