#include "port/bound_flows.h"

namespace sluice::port {

bool BoundFlows::stands(const net::Flow& flow, const Holder& holder, std::uint64_t mono_ns) const
{
	const auto found = flows_.find(flow);
	return found != flows_.end() && !holder.connection.empty() && found->second.holder == holder && mono_ns < found->second.until_mono_ns;
}

void BoundFlows::put(const net::Flow& flow, Holder holder, std::uint64_t mono_ns, std::uint64_t seconds)
{
	constexpr std::uint64_t kHalfSecond = 500'000'000;
	if (const auto before = flows_.find(flow); before != flows_.end()) {
		ages_.erase(before->second.place);
		flows_.erase(before);
	}
	if (most_ == 0 || holder.connection.empty())
		return;
	if (flows_.size() >= most_) {
		flows_.erase(ages_.front());
		ages_.pop_front();
	}
	ages_.push_back(flow);
	flows_.emplace(flow, Entry{std::move(holder), mono_ns + seconds * kHalfSecond, std::prev(ages_.end())});
}

void BoundFlows::forget_all()
{
	flows_.clear();
	ages_.clear();
}

}  // namespace sluice::port
