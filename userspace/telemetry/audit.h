// Audit: lines of JSON that nobody can change, drop or reorder unseen: each has a number and the SHA-256 of the line before
// it, which for the first is empty. Pure.
//
// What the chain does not show is that lines were cut off at its end; whoever must know that keeps the last hash elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace sluice::telemetry {

// Where a chain stands.
struct AuditEnd {
	std::uint64_t sequence = 0;  // of the last line; 0: there is none
	std::string hash;            // of the last line, 64 digits; empty: there is none
};

// The next line, with its line feed; `end` is what it ends in. `fields` may have neither sequence nor previous.
struct AuditLine {
	std::string text;
	AuditEnd end;
};
Result<AuditLine> next_line(const AuditEnd& end, nlohmann::ordered_json fields);

// Where a file ends, from its last line. Error kInvalid when that is no whole line of ours.
Result<AuditEnd> end_of(std::string_view text);

// What a file goes on from: the line before its first, as that tells. An empty file goes on from nothing. Error kInvalid
// when the first line is none of ours.
Result<AuditEnd> beginning_of(std::string_view text);

// The end of a file whose every line follows from the one before, and whose first follows from `from`. Error kInvalid names
// the first line that does not.
Result<AuditEnd> verify_audit(std::string_view text, AuditEnd from);

}  // namespace sluice::telemetry
