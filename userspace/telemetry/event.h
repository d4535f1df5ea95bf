// Event: something that happened, for people: a sampled drop, a ban, a policy, an interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

#include "net/address.h"
#include "net/prefix.h"

namespace sluice::telemetry {

struct DropEvent {
	std::uint32_t reason = 0;
	net::Address source;
	net::Address destination;
	std::uint16_t source_port = 0;  // 0: none
	std::uint16_t destination_port = 0;
	std::uint8_t protocol = 0;
	std::string service;  // "-": none
	std::string rule;
	std::uint32_t length = 0;  // bytes of the frame
	std::string interface;
	std::uint32_t generation = 0;
	bool observed = false;  // judged only: the packet passed
	std::string identity;   // whose packet it was; empty: nobody's
};

struct BanEvent {
	net::Prefix prefix;
	std::optional<std::uint64_t> expires_unix_ns;
	std::string why;
};

struct UnbanEvent {
	net::Prefix prefix;
};

// What `sluice allow`, `deny` and `forget` said.
struct OverlayEvent {
	net::Prefix prefix;
	std::string action;  // "allow", "deny", "forget"
	std::optional<std::uint64_t> expires_unix_ns;
	std::string why;
	std::uint32_t uid = 0;  // who said it
};

// A policy was installed, or could not be: then `failure` says why, and the generation is the one that goes on.
struct PolicyEvent {
	std::string path;
	std::uint32_t generation = 0;
	std::string digest;
	std::string failure;
	std::string cause;  // "start", "apply", "reload", "rollback", "timeout", "observe", "promote"
};

// A candidate is judged beside the running policy from now on, or no longer, though it was not promoted.
struct ShadowEvent {
	std::string path;
	std::string digest;
	bool began = false;
};

struct InterfaceEvent {
	std::string name;
	std::uint32_t index = 0;
	bool attached = false;
	std::string mode;  // "native", "generic"; empty when detached
};

// A list file became stale, its entries ceased, it is held back, or it is as it should be again.
struct ListEvent {
	std::string list;
	std::string file;
	std::string state;  // "stale", "dropped", "held-back", "fresh"
	std::uint64_t entries = 0;
	std::optional<std::uint64_t> held_entries;  // of what is held back
};

// A lease was granted or refused, or an identity revoked or restored. Renewals are the audit log's alone.
struct LeaseEvent {
	std::string action;    // "granted", "refused", "revoked", "restored"
	std::string identity;  // empty: unknown
	std::string binding;   // what was leased, or to be leased; empty: none
	std::string reason;    // of a refusal its name, of a revocation somebody's words; empty: none
};

struct Event {
	std::uint64_t sequence = 0;  // from 1, without gaps, per run of the daemon
	std::uint64_t unix_ns = 0;
	std::variant<DropEvent, BanEvent, UnbanEvent, PolicyEvent, ShadowEvent, InterfaceEvent, ListEvent, LeaseEvent, OverlayEvent> what;

	bool is_drop_of(std::uint32_t reason) const
	{
		const auto* drop = std::get_if<DropEvent>(&what);
		return drop != nullptr && drop->reason == reason;
	}
};

// {sequence, at, kind, ...}
nlohmann::json to_json(const Event& event);

}  // namespace sluice::telemetry
