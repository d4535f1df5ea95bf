// Diagnostic: what is wrong with a policy, where, and what to do. All of them are reported at once.
#pragma once

#include <string>
#include <vector>

namespace sluice::policy {

// A place in a file. Lines and columns count from 1; 0 means the whole file.
struct Place {
	std::string file;
	unsigned line = 0;
	unsigned column = 0;

	bool operator==(const Place&) const = default;
};

enum class Severity { kError, kWarning };

struct Diagnostic {
	Severity severity = Severity::kError;
	Place place;
	std::string message;
	std::string hint;  // what to do; empty where the message says it

	// "file:line:column: error: message (hint)"
	std::string to_string() const;
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

}  // namespace sluice::policy
