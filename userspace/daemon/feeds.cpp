#include "daemon/feeds.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "control/optional_json.h"
#include "telemetry/prometheus.h"
#include "telemetry/timestamp.h"

namespace sluice::daemon {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;

std::optional<std::uint64_t> changed_at(const std::string& path)
{
	struct stat status {};
	if (::stat(path.c_str(), &status) != 0)
		return std::nullopt;
	return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kSecond + static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

std::uint64_t age_of(const Feed& feed, std::uint64_t now_unix_ns)
{
	const std::uint64_t changed = feed.changed_unix_ns.value_or(now_unix_ns);
	return now_unix_ns > changed ? now_unix_ns - changed : 0;
}

// "26h 5m", "45m".
std::string hours(std::uint64_t ns)
{
	const std::uint64_t minutes = ns / kMinute;
	const std::string rest = std::to_string(minutes % 60) + "m";
	return minutes < 60 ? rest : std::to_string(minutes / 60) + "h " + rest;
}

std::uint64_t count_of(const std::vector<ListCount>& counts, const std::string& path)
{
	const auto found = std::ranges::find(counts, path, &ListCount::path);
	return found == counts.end() ? 0 : found->entries;
}

}  // namespace

std::vector<Feed> feeds_of(const policy::Loaded& loaded)
{
	std::vector<std::uint64_t> entries(loaded.policy->files.size(), 0);
	for (const policy::Listed& listed : loaded.listing)
		entries[listed.file]++;
	std::vector<Feed> feeds;
	for (const policy::Source& source : loaded.policy->sources) {
		for (const std::uint16_t file : source.files) {
			const std::string& path = loaded.texts[file].path;
			feeds.push_back({source.name, path, file, entries[file], changed_at(path), source.upkeep, std::nullopt, false});
		}
	}
	return feeds;
}

std::vector<ListCount> counts_of(const std::vector<Feed>& feeds)
{
	std::vector<ListCount> counts;
	for (const Feed& feed : feeds)
		counts.push_back({feed.path, feed.entries});
	return counts;
}

std::vector<std::size_t> shrunk(const std::vector<Feed>& feeds, const std::vector<ListCount>& before)
{
	std::vector<std::size_t> out;
	for (std::size_t i = 0; i < feeds.size(); i++) {
		if (policy::shrank_too_much(feeds[i].upkeep, count_of(before, feeds[i].path), feeds[i].entries))
			out.push_back(i);
	}
	return out;
}

bool is_stale(const Feed& feed, std::uint64_t now_unix_ns)
{
	return feed.upkeep.max_age_ns && age_of(feed, now_unix_ns) > *feed.upkeep.max_age_ns;
}

void leave_out_stale(std::vector<Feed>& feeds, std::uint64_t now_unix_ns, policy::Loaded& loaded)
{
	std::set<std::uint16_t> ceased;
	for (Feed& feed : feeds) {
		feed.ceased = feed.upkeep.stale == policy::Stale::kDrop && is_stale(feed, now_unix_ns);
		if (feed.ceased)
			ceased.insert(feed.file);
	}
	if (ceased.empty())
		return;
	for (policy::Source& source : loaded.policy->sources)
		std::erase_if(source.prefixes, [&ceased](const policy::ListedPrefix& listed) { return ceased.contains(listed.file); });
	std::erase_if(loaded.listing, [&ceased](const policy::Listed& listed) { return ceased.contains(listed.file); });
}

std::optional<std::uint64_t> next_stale(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns)
{
	std::optional<std::uint64_t> next;
	for (const Feed& feed : feeds) {
		if (!feed.upkeep.max_age_ns || !feed.changed_unix_ns || is_stale(feed, now_unix_ns))
			continue;
		const std::uint64_t at = *feed.changed_unix_ns + *feed.upkeep.max_age_ns + 1;
		next = std::min(next.value_or(at), at);
	}
	return next;
}

std::vector<std::string> warnings_of(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns)
{
	std::vector<std::string> out;
	for (const Feed& feed : feeds) {
		const std::string about = "list " + feed.list + ": " + feed.path;
		if (feed.held)
			out.push_back(about + " has " + std::to_string(*feed.held) + " entries and had " + std::to_string(feed.entries) +
				      ": it is held back, and what it held before stays in force (`sluice apply --force` takes it)");
		if (is_stale(feed, now_unix_ns))
			out.push_back(about + " was last written " + hours(age_of(feed, now_unix_ns)) + " ago, more than " + hours(*feed.upkeep.max_age_ns) +
				      (feed.ceased ? ": its entries have ceased until it is renewed" : ": its entries go on"));
	}
	return out;
}

const char* state_of(const Feed& feed, std::uint64_t now_unix_ns)
{
	if (feed.held)
		return "held-back";
	if (feed.ceased)
		return "dropped";
	return is_stale(feed, now_unix_ns) ? "stale" : "fresh";
}

nlohmann::json to_json(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns)
{
	using nlohmann::json;
	json rows = json::array();
	for (const Feed& feed : feeds) {
		rows.push_back({{"list", feed.list},
				{"file", feed.path},
				{"entries", feed.entries},
				{"changed_at", feed.changed_unix_ns ? json(telemetry::timestamp(*feed.changed_unix_ns)) : json(nullptr)},
				{"age_ns", feed.changed_unix_ns ? json(age_of(feed, now_unix_ns)) : json(nullptr)},
				{"max_age_ns", control::or_null(feed.upkeep.max_age_ns)},
				{"state", state_of(feed, now_unix_ns)},
				{"held_entries", control::or_null(feed.held)}});
	}
	return rows;
}

std::string to_prometheus(const std::vector<Feed>& feeds, std::uint64_t now_unix_ns)
{
	using telemetry::Metric;
	Metric entries("sluice_list_entries", "gauge", "Entries of a list file that are in force, or were until it became stale.");
	Metric age("sluice_list_age_seconds", "gauge", "Seconds since a list file was last written.");
	Metric stale("sluice_list_stale", "gauge", "1: a list file is older than its max-age.");
	Metric held("sluice_list_held_back", "gauge", "1: a list file lost too many entries at once, and its old content is in force.");
	for (const Feed& feed : feeds) {
		const Metric::Labels labels{{"list", feed.list}, {"file", feed.path}};
		entries.add(labels, feed.entries);
		if (feed.changed_unix_ns)
			age.add(labels, age_of(feed, now_unix_ns) / kSecond);
		stale.add(labels, std::uint64_t{is_stale(feed, now_unix_ns)});
		held.add(labels, std::uint64_t{feed.held.has_value()});
	}
	return entries.text() + age.text() + stale.text() + held.text();
}

}  // namespace sluice::daemon
