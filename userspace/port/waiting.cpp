#include "port/waiting.h"

namespace sluice::port {
namespace {

std::size_t index_of(Stage stage)
{
	return static_cast<std::size_t>(stage);
}

}  // namespace

net::Prefix network_of(const net::Address& address)
{
	return net::Prefix::of(address, address.is_ipv4() ? 24 : 48);
}

std::optional<Waiting::Id> Waiting::first_to_go(const Queues& queues)
{
	for (const Stage stage : {Stage::kAnswered, Stage::kSilent, Stage::kShaken}) {
		if (const Queue& queue = queues[index_of(stage)]; !queue.empty())
			return queue.front();
	}
	return std::nullopt;
}

void Waiting::put(Id id, Member& member)
{
	Queue& of_network = member.network->second.queues[index_of(member.stage)];
	Queue& of_all = queues_[index_of(member.stage)];
	member.in_network = of_network.insert(of_network.end(), id);
	member.in_all = of_all.insert(of_all.end(), id);
}

void Waiting::take_out(Member& member)
{
	member.network->second.queues[index_of(member.stage)].erase(member.in_network);
	queues_[index_of(member.stage)].erase(member.in_all);
}

void Waiting::send_away(Id id)
{
	Member& member = members_.at(id);
	take_out(member);
	member.going = true;
	member.network->second.members--;
	member.network->second.going++;
	going_++;
}

std::optional<Waiting::Admitted> Waiting::admit(const net::Address& address)
{
	const auto network = networks_.try_emplace(network_of(address)).first;
	Network& of = network->second;
	Admitted admitted;
	const bool network_full = of.members >= limits_.each_network;
	const bool all_full = members_.size() - going_ >= limits_.total;
	if (network_full || all_full) {
		admitted.makes_room = first_to_go(network_full ? of.queues : queues_);
		if (!admitted.makes_room) {
			if (of.members + of.going == 0)
				networks_.erase(network);
			return std::nullopt;
		}
		send_away(*admitted.makes_room);
	}
	admitted.id = next_++;
	of.members++;
	put(admitted.id, members_.emplace(admitted.id, Member{network}).first->second);
	return admitted;
}

void Waiting::move_to(Id id, Stage stage)
{
	const auto at = members_.find(id);
	if (at == members_.end() || at->second.going)
		return;
	take_out(at->second);
	at->second.stage = stage;
	put(id, at->second);
}

void Waiting::leave(Id id)
{
	const auto at = members_.find(id);
	if (at == members_.end())
		return;
	Member& member = at->second;
	Network& network = member.network->second;
	if (member.going) {
		network.going--;
		going_--;
	} else {
		take_out(member);
		network.members--;
	}
	if (network.members + network.going == 0)
		networks_.erase(member.network);
	members_.erase(at);
}

}  // namespace sluice::port
