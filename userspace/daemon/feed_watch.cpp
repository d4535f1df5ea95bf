#include "daemon/feed_watch.h"

#include <algorithm>

namespace sluice::daemon {

void FeedWatch::follow(std::vector<Feed> feeds)
{
	feeds_ = std::move(feeds);
	std::erase_if(told_, [this](const auto& told) { return std::ranges::find(feeds_, told.first, &Feed::path) == feeds_.end(); });
	tell();
	arm();
}

// What changed since it was last told.
void FeedWatch::tell()
{
	const std::uint64_t now = clock_.unix_ns();
	for (const Feed& feed : feeds_) {
		const std::string state = state_of(feed, now);
		const auto told = told_.find(feed.path);
		if (state == (told == told_.end() ? "fresh" : told->second))
			continue;
		told_[feed.path] = state;
		journal_.record(telemetry::ListEvent{feed.list, feed.path, state, feed.entries, feed.held});
	}
}

void FeedWatch::arm()
{
	const std::uint64_t now = clock_.unix_ns();
	const auto next = next_stale(feeds_, now);
	if (next)
		deadline_.set(clock_.boot_ns() + (*next - std::min(*next, now)));
	else
		deadline_.clear();
}

void FeedWatch::look()
{
	const std::uint64_t now = clock_.unix_ns();
	const bool ceases = std::ranges::any_of(
	    feeds_, [now](const Feed& feed) { return feed.upkeep.stale == policy::Stale::kDrop && !feed.ceased && is_stale(feed, now); });
	arm();
	// What ceases is told once it has.
	if (ceases)
		reload_();
	else
		tell();
}

}  // namespace sluice::daemon
