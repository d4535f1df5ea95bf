// Meanings: what the last two policies say, the running one and the one that a rollback returns to.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "policy/meaning.h"

namespace sluice::daemon {

class Meanings {
public:
	// The latest; one of its digest is replaced.
	void remember(std::shared_ptr<const policy::Meaning> latest)
	{
		std::erase_if(known_, [&latest](const auto& each) { return same(each->image.meta, latest->image.meta); });
		known_.insert(known_.begin(), std::move(latest));
		if (known_.size() > kMost)
			known_.pop_back();
	}
	// Of a generation; null: not known.
	std::shared_ptr<const policy::Meaning> of(const sluice_meta& meta) const
	{
		const auto found = std::ranges::find_if(known_, [&meta](const auto& each) { return same(each->image.meta, meta); });
		return found != known_.end() ? *found : nullptr;
	}

private:
	static constexpr std::size_t kMost = 2;
	static bool same(const sluice_meta& a, const sluice_meta& b)
	{
		return a.abi == b.abi && std::memcmp(a.digest, b.digest, sizeof(a.digest)) == 0;
	}

	std::vector<std::shared_ptr<const policy::Meaning>> known_;  // the latest first
};

}  // namespace sluice::daemon
