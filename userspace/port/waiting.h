// Waiting: who is connected, and who has to go when there is no more room.
//
// Bounded for each network (IPv4 /24, IPv6 /48) and in total. Who costs little to turn away makes room for who comes, of
// the same network where that is full, of all where all is full: first who has his answer and lingers, then who has said
// nothing yet, then who has shaken hands and asks for nothing; of these, who is there longest. Who is being answered
// stays; where only such are left, the newcomer is turned away. Pure, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "net/prefix.h"

namespace sluice::port {

// The network that somebody's connections are counted by.
net::Prefix network_of(const net::Address& address);

// In the order in which they have to go; kAsking does not.
enum class Stage : unsigned { kAnswered, kSilent, kShaken, kAsking };

class Waiting {
public:
	struct Limits {
		std::size_t each_network = 64;
		std::size_t total = 1024;  // each may hold up to 300 KiB by what it sends of a handshake
	};
	explicit Waiting(Limits limits) : limits_(limits) {}

	using Id = std::uint64_t;
	struct Admitted {
		Id id = 0;
		std::optional<Id> makes_room;  // who has to go; still there until leave()
	};
	// Begins as kSilent. Nothing: there is no room.
	std::optional<Admitted> admit(const net::Address& address);
	// Of one that is told to go, nothing changes.
	void move_to(Id id, Stage stage);
	void leave(Id id);

	std::size_t size() const { return members_.size(); }

private:
	using Queue = std::list<Id>;  // the longest there first
	using Queues = std::array<Queue, 4>;
	struct Network {
		std::size_t members = 0;  // without those that are told to go
		std::size_t going = 0;
		Queues queues;
	};
	struct Member {
		std::map<net::Prefix, Network>::iterator network;
		Stage stage = Stage::kSilent;
		bool going = false;  // in no queue
		Queue::iterator in_network;
		Queue::iterator in_all;
	};

	static std::optional<Id> first_to_go(const Queues& queues);
	void put(Id id, Member& member);
	void take_out(Member& member);
	void send_away(Id id);

	Limits limits_;
	std::map<net::Prefix, Network> networks_;
	std::map<Id, Member> members_;
	Queues queues_;
	std::size_t going_ = 0;
	Id next_ = 1;
};

}  // namespace sluice::port
