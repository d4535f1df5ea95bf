// Messages: what the daemon is asked and what it answers, as values, and their JSON.
//
// Requests are read strictly: a field that is missing, of the wrong type or unknown is an error kInvalid that names it.
// Replies are read leniently: a field that a newer daemon added is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "control/history_messages.h"
#include "control/identity_messages.h"
#include "control/shadow_messages.h"
#include "control/progress_messages.h"
#include "datapath/datapath.h"
#include "net/prefix.h"
#include "policy/diagnostic.h"
#include "policy/model.h"

namespace sluice::control {

using Json = nlohmann::json;

inline constexpr const char* kDefaultSocket = "/run/sluice/control.sock";
inline constexpr std::size_t kMostPrefixes = 4096;  // in one ban request

// ---- requests ----

struct BanRequest {  // POST /v1/bans
	std::vector<net::Prefix> prefixes;         // at least one
	std::optional<std::uint64_t> duration_ns;  // none: until lifted; never 0
	std::string why;                           // at most 47 bytes
};
struct UnbanRequest {  // DELETE /v1/bans
	std::vector<net::Prefix> prefixes;
};
struct ApplyRequest {  // POST /v1/policy
	std::string path;  // absolute
	bool observe = false;                     // shadowed: judged beside what runs, and decides nothing
	std::optional<std::uint64_t> confirm_ns;  // rolls itself back unless confirmed in that time; never 0
	bool force = false;                       // also what would cut the session off, or narrow the failsafe
	std::optional<Session> session;
};
struct AttachRequest {  // POST /v1/interfaces
	std::string name;
	std::optional<datapath::AttachMode> mode;
};

Json to_json(const BanRequest& request);
Json to_json(const UnbanRequest& request);
Json to_json(const ApplyRequest& request);
Json to_json(const AttachRequest& request);
Result<BanRequest> parse_ban_request(const Json& json);
Result<UnbanRequest> parse_unban_request(const Json& json);
Result<ApplyRequest> parse_apply_request(const Json& json);
Result<AttachRequest> parse_attach_request(const Json& json);

// ---- replies ----

// SYN cookies: whether they are sent past the budgets for the unproved, and what came of it.
struct Cookies {
	bool ready = false;
	std::string why_not;                         // of those that are not
	std::optional<std::uint64_t> last_sent_ago_ns;  // none: never, or so long ago that none would be taken back
	std::uint64_t taken = 0;                     // handshakes completed
	std::uint64_t refused = 0;                   // right, and yet not taken by the stack
};

struct Status {  // GET /v1/status
	struct Rates {
		std::uint64_t packets_per_second = 0;
		std::uint64_t passed_per_second = 0;
		std::uint64_t dropped_per_second = 0;
		std::uint64_t bits_per_second = 0;
	};

	std::string version;
	policy::Mode mode = policy::Mode::kEnforce;
	policy::Action default_action = policy::Action::kAllow;
	std::uint32_t generation = 0;
	std::string digest;  // hexadecimal
	std::string policy_path;
	std::uint64_t installed_unix_ns = 0;
	std::uint64_t prefixes = 0;
	std::uint64_t uptime_ns = 0;
	std::vector<datapath::Interface> interfaces;
	Rates rates;
	std::uint64_t kernel_bytes = 0;
	std::uint64_t daemon_bytes = 0;
	bool degraded = false;
	std::vector<std::string> warnings;
	std::optional<Waiting> waiting;
	std::optional<Shadow> shadow;
	std::optional<Applying> applying;  // a policy that is on its way
	std::optional<Cookies> cookies;  // where a service wants SYN cookies
	std::optional<LeaseUse> leases;  // where the policy knows identities
};

struct BanRow {  // one of GET /v1/bans
	net::Prefix prefix;
	std::uint64_t created_unix_ns = 0;
	std::optional<std::uint64_t> expires_unix_ns;  // none: until lifted
	std::optional<std::uint64_t> remaining_ns;
	std::string why;
};

struct Applied {  // POST /v1/policy, /v1/promote and /v1/rollback, 200
	std::uint32_t generation = 0;
	std::string digest;
	bool changed = false;  // false: this very policy was running
	std::uint64_t services = 0;
	std::uint64_t limits = 0;  // places that limit
	std::uint64_t prefixes = 0;
	std::vector<std::string> warnings;
	std::optional<Waiting> waiting;         // a confirmation has to come
	std::optional<std::uint32_t> restores;  // of a rollback: the generation whose policy this is again
	std::optional<Shadow> shadow;           // this began to be shadowed; the rest is of the policy that goes on
	std::optional<Shadow> dropped;          // this is no longer; likewise
	std::optional<Times> times;
};

// What POST /v1/policy answers: installed, or why not (422).
using ApplyReply = std::variant<Applied, policy::Diagnostics>;

Json to_json(const Status& status);
Json to_json(const std::vector<BanRow>& bans);          // {bans: [...]}
Json to_json(const Applied& applied);
Json to_json(const policy::Diagnostics& diagnostics);   // {diagnostics: [...]}
Json to_json(const datapath::Interface& interface);
Json to_json(const Error& error);                       // {error: {code, message, advice}}
// {"banned": [...]} or {"unbanned": [...]}.
Json to_json(const char* name, const std::vector<net::Prefix>& prefixes);

Result<Status> parse_status(const Json& json);
Result<std::vector<BanRow>> parse_bans(const Json& json);
Result<ApplyReply> parse_apply_reply(const Json& json);
Result<policy::Diagnostics> parse_diagnostics(const Json& json);
Result<datapath::Interface> parse_interface(const Json& json);
// The error that an answer carries; none when it carries none.
std::optional<Error> parse_error(const Json& json);

// ---- words ----

const char* code_name(ErrorCode code);
// 400, 403, 404, 409, 500, 501, 503, 507.
unsigned http_status(ErrorCode code);
const char* mode_name(datapath::AttachMode mode);  // "native", "generic"
// "192.0.2.7", "2001:db8::/48": error kInvalid names the one that is wrong.
Result<std::vector<net::Prefix>> parse_prefixes(const std::vector<std::string>& texts);
// JSON of any text from a peer; error kInvalid says where it ends to be JSON. Depth and size are the caller's bound.
Result<Json> parse_json(const std::string& text);

}  // namespace sluice::control
