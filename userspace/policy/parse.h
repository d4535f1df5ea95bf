// Text to Policy: positions, types and names. Reports everything that is wrong at once, each with its place; what
// contradicts (validate.h) is another step. A pure function of the text and of what `read_file` answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/diagnostic.h"
#include "policy/model.h"

namespace sluice::policy {

// The content of a list file, by absolute path, or by the path as written if the policy's own is relative.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

struct Parsed {
	std::optional<Policy> policy;      // none if a diagnostic is an error
	std::vector<std::string> files;    // the policy, then every file it names, also those that cannot be read
	Diagnostics diagnostics;
};

// `path` names the policy in diagnostics; relative paths of lists begin at its directory.
Parsed parse(std::string_view text, const std::string& path, const ReadFile& read_file);

}  // namespace sluice::policy
