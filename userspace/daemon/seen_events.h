// SeenEvents: which events were taken, by transmitter and `jti`, as long as one could be brought again: so that who is
// restored is not revoked by the same event twice. At most kMost; beyond, the oldest are forgotten. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>

namespace sluice::daemon {

class SeenEvents {
public:
	static constexpr std::size_t kMost = 16'384;

	// `lifetime_ns`: how long one is kept. Times are of a clock that never goes back.
	explicit SeenEvents(std::uint64_t lifetime_ns) : lifetime_ns_(lifetime_ns) {}

	bool contains(const std::string& issuer, const std::string& id, std::uint64_t now_ns);
	void add(const std::string& issuer, const std::string& id, std::uint64_t now_ns);

private:
	using Key = std::pair<std::string, std::string>;

	void forget(std::uint64_t now_ns);

	std::uint64_t lifetime_ns_;
	std::set<Key> keys_;
	std::deque<std::pair<std::uint64_t, Key>> ends_;  // the first to be forgotten first
};

}  // namespace sluice::daemon
