// Expectations: what a file for `sluice test` wants of a policy: packets, and what has to become of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/described_packet.h"
#include "net/prefix.h"
#include "policy/diagnostic.h"
#include "policy/judge.h"

namespace sluice::cli {

struct Expectation {
	std::string name;
	policy::Place place;
	net::FrameBytes frame;
	bool passes = false;
	std::optional<std::string> reason;   // of reasons.def
	std::optional<std::string> rule;     // "partners", "failsafe/1"; "none": no rule of its own
	std::optional<std::string> service;  // "api", "fragments", "-"
	std::optional<std::vector<std::string>> limits;  // each is asked; empty: none is
};

struct Expectations {
	std::string policy;              // as a path from where the process stands
	std::vector<net::Prefix> bans;   // that stand while the packets come
	std::vector<Expectation> list;
};

struct ParsedExpectations {
	std::optional<Expectations> expectations;  // none if a diagnostic is an error
	policy::Diagnostics diagnostics;           // all of them
};

// `path` names the file in diagnostics; the policy's relative path begins at its directory.
ParsedExpectations parse_expectations(std::string_view text, const std::string& path);

// What is not as it should be, a sentence each; empty when everything is.
std::vector<std::string> mismatches(const Expectation& expectation, const policy::Judged& judged);

}  // namespace sluice::cli
