// Job: one policy that is to be tried, who wants it and how.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "control/messages.h"
#include "daemon/ledger.h"
#include "daemon/progress.h"

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
	std::shared_ptr<Progress> progress;  // once it has begun

	bool undoes() const { return cause == Cause::kRollback || cause == Cause::kTimeout; }
	// Nobody asked for it.
	bool by_itself() const { return cause == Cause::kReload || cause == Cause::kStart; }
};

}  // namespace sluice::daemon
