// Outcome: what came of trying a policy, and how it is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/messages.h"
#include "daemon/ledger.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

// `reply` is Diagnostics when the files are wrong.
struct Outcome {
	Cause cause = Cause::kStart;
	std::string path;
	Result<control::ApplyReply> reply;
	std::vector<std::string> files;
	std::uint64_t began_unix_ns = 0;
	bool undone = false;  // refused because this very text was rolled back
};

// The first of them, and how many more there are.
std::vector<std::string> sentences(const policy::Diagnostics& diagnostics);
// Why a policy was not used, a sentence each; empty when it was.
std::vector<std::string> failures(const Result<control::ApplyReply>& reply);
// The answer to who applied what runs.
control::Applied describe_running(const datapath::Running& running, bool changed);

}  // namespace sluice::daemon
