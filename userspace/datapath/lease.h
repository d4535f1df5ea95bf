// Identities and leases as values, and as the kernel keeps them (abi/identity.h).
//
// An identity has a slot; a lease says that a flow or a prefix is the identity's until a time. Both are judged by the
// kernel on every packet, by CLOCK_BOOTTIME.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "net/flow.h"
#include "net/prefix.h"
#include "sluice/abi/identity.h"

namespace sluice::datapath {

using Flow = net::Flow;
using Binding = std::variant<Flow, net::Prefix>;

struct Identity {
	std::uint32_t slot = 0;  // from 1 on
	std::string name;        // read back it may be cut off: digest_of() of the whole tells two apart
	std::string authority;
	std::array<std::uint8_t, 32> digest{};
	std::uint64_t roles = 0;
	std::uint64_t expires_boot_ns = 0;
	std::uint32_t generation = 0;  // of the slot; set by the datapath
	bool blocked = false;          // revoked: it gets no lease until it is allowed again
};

struct Lease {
	Binding binding;
	std::uint32_t slot = 0;
	std::uint64_t expires_boot_ns = 0;
	std::uint32_t generation = 0;
};

// What stands, and how much room there is in all.
struct Leases {
	std::vector<Identity> identities;  // every slot that is somebody's, expired or revoked included; by slot
	std::vector<Lease> leases;         // those in force
	std::uint32_t identity_room = 0;   // slots, the first of which is nobody's
	std::uint32_t lease_room = 0;
};

// Whose slot it is: SHA-256 of authority and name.
Result<std::array<std::uint8_t, 32>> digest_of(const std::string& authority, const std::string& name);

// "192.0.2.7:40000 > 203.0.113.10:443 tcp", "192.0.2.0/24".
std::string to_string(const Binding& binding);

sluice_binding_key to_abi(const Binding& binding);
Binding from_abi(const sluice_binding_key& key);
sluice_identity_name name_to_abi(const Identity& identity);
Identity from_abi(std::uint32_t slot, const sluice_identity& value, const sluice_identity_name& name);
bool is_free(const sluice_identity_name& name);

// What would be written: the slot's generation goes on, or ends what the slot was before.
sluice_identity next_of(const sluice_identity& before, const sluice_identity_name& owner, const Identity& identity);

}  // namespace sluice::datapath
