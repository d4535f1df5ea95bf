// A policy from its file: read, parse, validate. What `sluice check`, `sluice apply` and the daemon begin with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/listing.h"
#include "policy/parse.h"

namespace sluice::policy {

struct FileText {
	std::string path;
	std::string text;
};

struct Loaded {
	std::optional<Policy> policy;    // none if a diagnostic is an error
	std::vector<std::string> files;  // to watch: the policy, then every list it names, also those that cannot be read
	Diagnostics diagnostics;         // all of them
	Listing listing;                 // of the policy
	std::vector<FileText> texts;     // on request: what was read, the policy first, paths as they were read
};

enum class Texts { kDrop, kKeep };

// Hears of every list that was read: its size in bytes.
using ListRead = std::function<void(std::size_t)>;

// A file that cannot be read is a diagnostic too. Diagnostics name files as `path` does; `files` and the policy's own
// are absolute, by the process's working directory.
Loaded load_policy(const std::string& path, Texts texts = Texts::kDrop, const ListRead& told = {});
// The same of a text that is here already; lists are what `read_list` answers. Pure, but for what that does.
Loaded load_text(std::string_view text, const std::string& path, const ReadFile& read_list);

}  // namespace sluice::policy
