// Messages of confirm, rollback and history, as values and their JSON; rules as in messages.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "net/address.h"

namespace sluice::control {

// The SSH session in which a command runs: sshd's view, so `peer` is the client. As SSH_CONNECTION says it.
struct Session {
	net::Address peer;
	std::uint16_t peer_port = 0;
	net::Address host;
	std::uint16_t host_port = 0;
};

// Who asked.
struct Caller {
	std::uint32_t uid = 0;
	std::string user;  // its name; empty: it has none
	std::string ssh;   // the session's client, "192.0.2.7:50022"; empty: none
};

// What a policy holds, in numbers.
struct Inventory {
	std::uint64_t denied = 0;    // prefixes
	std::uint64_t allowed = 0;   // prefixes
	std::uint64_t services = 0;
	std::uint64_t limits = 0;    // places that limit
	std::uint64_t failsafe = 0;  // entries

	bool operator==(const Inventory&) const = default;
};

// A policy that waits for `sluice confirm`.
struct Waiting {
	std::uint32_t generation = 0;
	std::uint64_t remaining_ns = 0;
	std::uint32_t returns_to = 0;  // the generation whose policy comes back otherwise
};

struct HistoryRow {
	std::uint32_t generation = 0;
	std::string digest;
	std::string path;
	std::uint64_t unix_ns = 0;
	std::string cause;  // "start", "apply", "reload", "rollback", "timeout", "promote"
	std::string fate;   // "installed", "awaiting", "confirmed", "rolled-back", "rolled-back-by-itself"
	std::optional<Caller> caller;          // none: nobody asked
	Inventory holds;
	std::optional<Inventory> held_before;     // the policy that it replaced; none: there was none
	std::optional<std::uint32_t> restores; // the generation whose policy this is again
	bool kept = false;                     // a rollback could bring it back
};

struct History {  // GET /v1/history
	std::vector<HistoryRow> rows;  // newest first
	std::optional<Waiting> waiting;
};

struct Confirmed {  // POST /v1/confirm
	std::uint32_t generation = 0;
	std::string digest;
};

struct RollbackRequest {  // POST /v1/rollback
	std::optional<Session> session;
};

nlohmann::json to_json(const std::optional<Session>& session);
nlohmann::json to_json(const std::optional<Caller>& caller);
nlohmann::json to_json(const Inventory& inventory);
nlohmann::json to_json(const std::optional<Waiting>& waiting);
nlohmann::json to_json(const History& history);
nlohmann::json to_json(const Confirmed& confirmed);
nlohmann::json to_json(const RollbackRequest& request);

// Null: none.
Result<std::optional<Session>> parse_session(const nlohmann::json& json);
Result<std::optional<Caller>> parse_caller(const nlohmann::json& json);
Result<Inventory> parse_inventory(const nlohmann::json& json);
Result<std::optional<Waiting>> parse_waiting(const nlohmann::json& json);
Result<History> parse_history(const nlohmann::json& json);
Result<Confirmed> parse_confirmed(const nlohmann::json& json);
Result<RollbackRequest> parse_rollback_request(const nlohmann::json& json);

// "192.0.2.7:50022", "[2001:db8::1]:50022".
std::string peer_text(const Session& session);

}  // namespace sluice::control
