#include "daemon/seen_events.h"

namespace sluice::daemon {

void SeenEvents::forget(std::uint64_t now_ns)
{
	while (!ends_.empty() && (ends_.front().first <= now_ns || keys_.size() > kMost)) {
		keys_.erase(ends_.front().second);
		ends_.pop_front();
	}
}

bool SeenEvents::contains(const std::string& issuer, const std::string& id, std::uint64_t now_ns)
{
	forget(now_ns);
	return keys_.contains({issuer, id});
}

void SeenEvents::add(const std::string& issuer, const std::string& id, std::uint64_t now_ns)
{
	if (!keys_.insert({issuer, id}).second)
		return;
	ends_.emplace_back(now_ns + lifetime_ns_, Key{issuer, id});
	forget(now_ns);
}

}  // namespace sluice::daemon
