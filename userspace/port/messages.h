// Messages: what daemon and identity port say to each other, as values, and their JSON; frame.h says how they travel.
//
// Both sides parse strictly: a field that is missing, unknown, there twice or of the wrong type is an error kInvalid, and
// so is a text that is no UTF-8. The daemon takes what the port sends for claims of a process that reads bytes of
// strangers: sizes, names, times and reasons are checked here; what the claims are worth, plausible.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "identity/security_event.h"
#include "identity/trust.h"
#include "identity/verify.h"
#include "net/flow.h"
#include "sluice/abi/limit.h"

namespace sluice::port {

inline constexpr std::size_t kMostListeners = 16;
inline constexpr std::size_t kMostDescriptors = kMostListeners + 1;  // with one message: listeners, and the authorization endpoint's
inline constexpr std::size_t kMostRequestLimits = 8;
inline constexpr std::size_t kMostProblems = 100;
inline constexpr std::size_t kLongestSentence = 1024;  // bytes of what the port says in words

// ---- daemon to port ----

// A file that the daemon read, since the port opens none. Any bytes.
struct File {
	std::string path;
	std::string text;
	std::string problem;  // why there is no text; empty: there is

	friend bool operator==(const File&, const File&) = default;
};

struct Anchors {
	std::string name;  // of the trust domain or of the PKI
	std::vector<File> authorities;
	std::vector<File> crls;

	friend bool operator==(const Anchors&, const Anchors&) = default;
};

struct Pki {
	Anchors anchors;
	std::vector<identity::Mapping> mappings;
};

struct TokenIssuer {
	std::string name;
	File keys;
	std::vector<std::string> audiences;
	std::vector<identity::Algorithm> algorithms;
};

// Who may push events to the port, and about whom.
struct Transmitter {
	TokenIssuer issuer;
	identity::EventScope scope;
};

// Requests that gateways ask about, as a limit.
struct RequestLimit {
	std::string header;            // of the client's: each of its values is held; empty: each identity is
	std::uint64_t requests = 0;    // in each period, as policy says
	std::uint64_t period_seconds = 1;
	sluice_meter meter{};          // as the kernel's, of packets; not begun, and without a region
};

// Where gateways ask whose a connection is, and who they are: users and groups of this host, as the kernel vouches for them.
struct Authorization {
	std::string socket;  // its path, for people
	std::vector<std::uint32_t> users;
	std::vector<std::uint32_t> groups;
	identity::Demand demand;
	bool anonymous = false;  // requests without any credential are let through, and bind nothing
	std::vector<RequestLimit> limits;
};

// All that the port works by. It replaces the former one whole, or not at all (SetupRefused).
struct Setup {
	std::uint64_t serial = 0;            // the daemon's count of setups; the answer names it
	std::vector<std::string> listeners;  // "[::]:8440": what the sockets that come with this message listen at, in their order
	File certificate;                    // the port's own, its chain behind it; without a path: there is no port
	File key;
	std::vector<Anchors> trust_domains;
	std::vector<Pki> pkis;
	std::vector<TokenIssuer> issuers;
	std::vector<Transmitter> transmitters;
	std::vector<identity::RoleRule> roles;
	identity::Demand demand;
	std::optional<Authorization> authorization;  // its listening Unix socket comes behind those of the listeners
};

// What the client asked for; its address is never its own word.
enum class Bind { kAddress, kPrefix };

struct Granted {
	std::string binding;        // "192.0.2.7", "2001:db8::/64"
	std::uint64_t seconds = 0;  // the lease's length; never 0
	bool renewed = false;
};

enum class DenialKind {
	kForbidden,    // policy does not give this identity what it asks: 403
	kTooMany,      // a quota: 429
	kUnavailable,  // no room, or no state to judge by: 503
};

struct Denied {
	DenialKind kind = DenialKind::kForbidden;
	std::string reason;    // a name: "not-unshared"
	std::string sentence;  // for people
	std::uint64_t retry_after_seconds = 0;  // 0: it will not help
};

struct LeaseAnswer {
	std::uint64_t id = 0;  // the request's
	std::variant<Granted, Denied> outcome;
};

struct EventAnswer {
	std::uint64_t id = 0;  // the report's
	bool taken = false;    // false: not now; whoever brought it is to come again
};

// Somebody's leases ended: what was granted is to be asked for again.
struct AskAgain {};

using ToPort = std::variant<Setup, LeaseAnswer, EventAnswer, AskAgain>;

std::string encode(const ToPort& message);
Result<ToPort> parse_to_port(std::string_view payload);

// ---- port to daemon ----

struct Ready {
	std::uint64_t serial = 0;
	std::vector<std::string> problems;  // what is wrong with single files, each a sentence; what stood there before goes on
};

// The former setup goes on, if there was one.
struct SetupRefused {
	std::uint64_t serial = 0;
	std::string why;
};

// Who proved it on a connection of its own, to the port.
struct Visitor {
	net::Address peer;
	Bind bind = Bind::kAddress;
};

struct LeaseRequest {
	std::uint64_t id = 0;  // one that waits for its answer
	identity::Identity identity;
	std::variant<Visitor, net::Flow> at;  // a flow: as a gateway reports it
};

struct RefusalReport {
	std::string reason;  // of identity/refusals.def or port/reasons.def
	std::string detail;  // holds no text of the peer's
	std::optional<net::Address> peer;  // none: a process of this host
	std::optional<identity::Thumbprint> thumbprint;
	std::uint64_t unreported = 0;  // refusals since the last report that were not reported
};

// An event that revokes somebody was verified.
struct EventReport {
	std::uint64_t id = 0;  // one that waits for its answer
	identity::SecurityEvent event;
};

using ToDaemon = std::variant<Ready, SetupRefused, LeaseRequest, RefusalReport, EventReport>;

std::string encode(const ToDaemon& message);
Result<ToDaemon> parse_to_daemon(std::string_view payload);

const char* name_of(Bind bind);  // "address", "prefix"
std::optional<Bind> parse_bind(std::string_view name);

}  // namespace sluice::port
