// DiffMessages: what `sluice diff` asks the daemon, and what it is told.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/result.h"
#include "control/messages.h"
#include "policy/change.h"
#include "policy/diagnostic.h"

namespace sluice::control {

struct DiffRequest {  // POST /v1/diff
	std::string path;  // absolute
};

// One of the two policies.
struct DiffSide {
	std::string path;
	std::uint32_t generation = 0;  // 0: it does not run
	std::string digest;            // hexadecimal
};

struct Difference {  // 200
	DiffSide before;
	DiffSide after;
	policy::Changes changes;
	std::vector<std::string> warnings;  // of the candidate
};

// What POST /v1/diff answers: the difference, or what is wrong with the file (422).
using DiffReply = std::variant<Difference, policy::Diagnostics>;

Json to_json(const DiffRequest& request);
Json to_json(const Difference& difference);
Result<DiffRequest> parse_diff_request(const Json& json);
Result<DiffReply> parse_diff_reply(const Json& json);

}  // namespace sluice::control
