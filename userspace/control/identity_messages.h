// Messages about identities and who revoked whom, as values and their JSON; rules as in messages.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace sluice::control {

inline constexpr std::size_t kMostIdentityBytes = 2048;  // as long as a SPIFFE ID may be
inline constexpr std::size_t kMostReasonBytes = 200;

// How much of the room for leases is in use.
struct LeaseUse {
	std::uint64_t leases = 0;
	std::uint64_t lease_room = 0;
	std::uint64_t identities = 0;  // that have one
	std::uint64_t identity_room = 0;
	std::uint64_t revoked = 0;
};

struct Revoked {
	std::uint64_t unix_ns = 0;  // 0: nobody wrote down when
	std::string by;                 // a person, or a file and its line
	std::string why;
	std::vector<std::string> also;  // who says so as well
};

struct IdentityRow {
	std::string identity;
	std::string authority;           // empty: never leased to since the host's slots were made
	std::vector<std::string> roles;
	std::uint64_t leases = 0;
	std::uint64_t remaining_ns = 0;  // of its longest lease; 0: it has none
	std::optional<Revoked> revoked;
};

struct IdentityList {  // GET /v1/identities
	std::vector<IdentityRow> rows;
	LeaseUse use;
};

struct RevokeRequest {  // POST /v1/identities/revoke
	std::string identity;
	std::string why;
};
struct RevokeReply {
	std::string identity;
	std::uint64_t ended = 0;  // leases
};
struct RestoreRequest {  // POST /v1/identities/restore
	std::string identity;
};

nlohmann::json to_json(const LeaseUse& use);
nlohmann::json to_json(const IdentityList& list);
nlohmann::json to_json(const RevokeRequest& request);
nlohmann::json to_json(const RevokeReply& reply);
nlohmann::json to_json(const RestoreRequest& request);

Result<LeaseUse> parse_lease_use(const nlohmann::json& json);
Result<IdentityList> parse_identity_list(const nlohmann::json& json);
Result<RevokeRequest> parse_revoke_request(const nlohmann::json& json);
Result<RevokeReply> parse_revoke_reply(const nlohmann::json& json);
Result<RestoreRequest> parse_restore_request(const nlohmann::json& json);

}  // namespace sluice::control
