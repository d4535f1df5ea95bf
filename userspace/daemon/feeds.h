// Feeds: the list files of a policy as they are watched over: how old they are, how many entries they have, which of them is
// held back because it lost too many at once. Values and rules; the files' times are the only thing that is looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/ledger.h"
#include "policy/load.h"

namespace sluice::daemon {

struct Feed {
	std::string list;
	std::string path;           // as the policy's reader names it
	std::uint16_t file = 0;     // index into Policy::files
	std::uint64_t entries = 0;  // of the content in force, also where its entries ceased
	std::optional<std::uint64_t> changed_unix_ns;  // when the file was last written; none: it is not there
	policy::Upkeep upkeep;
	std::optional<std::uint64_t> held;  // entries of the file as it is now, which is held back
	bool ceased = false;                // stale when the policy was made, and its entries left out
};

// Of a policy that was loaded; `loaded` has its texts.
std::vector<Feed> feeds_of(const policy::Loaded& loaded);
// What the next policy is compared with.
std::vector<ListCount> counts_of(const std::vector<Feed>& feeds);
// Of `feeds`, by position, those that lost more than they may since `before`.
std::vector<std::size_t> shrunk(const std::vector<Feed>& feeds, const std::vector<ListCount>& before);

// Whether a file is older than it may be. One that is not there, or from the future, is not.
bool is_stale(const Feed& feed, std::uint64_t now_unix_ns);
// Marks those that are stale and are to be dropped, and takes their entries out of the policy and its listing.
void leave_out_stale(std::vector<Feed>& feeds, std::uint64_t now_unix_ns, policy::Loaded& loaded);
// When the next one becomes stale, of those that are not.
std::optional<std::uint64_t> next_stale(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns);

// What people should know, one sentence each.
std::vector<std::string> warnings_of(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns);
// "fresh", "stale", "dropped" or "held-back".
const char* state_of(const Feed& feed, std::uint64_t now_unix_ns);
// [{list, file, entries, changed_at, age_ns, max_age_ns, state, held_entries}]
nlohmann::json to_json(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns);
std::string to_prometheus(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns);

}  // namespace sluice::daemon
