// Waiting: who is connected, and who has to go when there is no more room.
//
// Bounded for each network (IPv4 /24, IPv6 /48) and in total. Who has proved nothing yet makes room for who comes: the
// one who has waited longest, of the same network where that is full, of all where all is full. Who finished the
// handshake has sent what takes a path and some work, and stays; where only such are left, the newcomer is turned away.
// Pure, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "net/prefix.h"

namespace sluice::port {

// The network that somebody's connections are counted by.
net::Prefix network_of(const net::Address& address);

class Waiting {
public:
	struct Limits {
		std::size_t each_network = 64;
		std::size_t total = 2048;
	};
	explicit Waiting(Limits limits) : limits_(limits) {}

	using Id = std::uint64_t;
	struct Admitted {
		Id id = 0;
		std::optional<Id> makes_room;  // who has to go; still counted until leave()
	};
	// Nothing: there is no room.
	std::optional<Admitted> admit(const net::Address& address);
	// It has finished its handshake.
	void settle(Id id);
	void leave(Id id);

	std::size_t size() const { return members_.size(); }

private:
	using Queue = std::list<Id>;  // those that may have to go, the longest waiting first
	struct Network {
		std::size_t members = 0;
		std::size_t going = 0;  // told to make room, not gone yet
		Queue unproved;
	};
	struct Member {
		std::map<net::Prefix, Network>::iterator network;
		std::optional<Queue::iterator> in_network;  // none: proved, or going
		Queue::iterator in_all;
		bool going = false;
	};

	void forget_place(Member& member);
	void send_away(Id id);

	Limits limits_;
	std::map<net::Prefix, Network> networks_;
	std::map<Id, Member> members_;
	Queue unproved_;
	std::size_t going_ = 0;
	Id next_ = 1;
};

}  // namespace sluice::port
