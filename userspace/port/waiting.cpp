#include "port/waiting.h"

namespace sluice::port {

net::Prefix network_of(const net::Address& address)
{
	return net::Prefix::of(address, address.is_ipv4() ? 24 : 48);
}

void Waiting::forget_place(Member& member)
{
	if (!member.in_network)
		return;
	member.network->second.unproved.erase(*member.in_network);
	unproved_.erase(member.in_all);
	member.in_network.reset();
}

void Waiting::send_away(Id id)
{
	Member& member = members_.at(id);
	forget_place(member);
	member.going = true;
	member.network->second.going++;
	going_++;
}

std::optional<Waiting::Admitted> Waiting::admit(const net::Address& address)
{
	const auto network = networks_.try_emplace(network_of(address)).first;
	Network& of = network->second;
	Admitted admitted;
	const bool network_full = of.members - of.going >= limits_.each_network;
	const bool all_full = members_.size() - going_ >= limits_.total;
	if (network_full || all_full) {
		const Queue& queue = network_full ? of.unproved : unproved_;
		if (queue.empty()) {
			if (of.members == 0)
				networks_.erase(network);
			return std::nullopt;
		}
		admitted.makes_room = queue.front();
		send_away(queue.front());
	}
	admitted.id = next_++;
	of.members++;
	Member member{network, of.unproved.insert(of.unproved.end(), admitted.id), unproved_.insert(unproved_.end(), admitted.id)};
	members_.emplace(admitted.id, member);
	return admitted;
}

void Waiting::settle(Id id)
{
	if (const auto member = members_.find(id); member != members_.end())
		forget_place(member->second);
}

void Waiting::leave(Id id)
{
	const auto at = members_.find(id);
	if (at == members_.end())
		return;
	Member& member = at->second;
	forget_place(member);
	Network& network = member.network->second;
	if (member.going) {
		network.going--;
		going_--;
	}
	if (--network.members == 0)
		networks_.erase(member.network);
	members_.erase(at);
}

}  // namespace sluice::port
