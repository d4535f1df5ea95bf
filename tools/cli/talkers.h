// Talkers: who stands behind the sampled drops, the heaviest first. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/messages.h"

namespace sluice::cli {

struct Talker {
	std::string name;         // an address; an identity
	std::uint64_t drops = 0;  // sampled ones
	std::string reason;       // of most of them
};

class Talkers {
public:
	// An answer of GET /v1/events. Takes the drops that are later than every one taken before; numbers that begin anew are those
	// of another daemon.
	void take(const std::vector<control::Json>& events);
	// Counts from nothing; what was taken is not taken again.
	void clear();

	std::uint64_t drops() const { return drops_; }
	std::vector<Talker> sources(std::size_t most) const { return heaviest(sources_, most); }
	std::vector<Talker> identities(std::size_t most) const { return heaviest(identities_, most); }

private:
	using Tally = std::map<std::string, std::map<std::string, std::uint64_t>>;  // by name and reason

	static std::vector<Talker> heaviest(const Tally& tally, std::size_t most);
	void add(const control::Json& drop);

	std::uint64_t latest_ = 0;
	std::uint64_t drops_ = 0;
	Tally sources_;
	Tally identities_;
};

}  // namespace sluice::cli
