// Policy: what a policy file means. Values only; parse.h makes one from text, validate.h finds what contradicts,
// compile.h turns it into map contents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/endpoint.h"
#include "net/port_range.h"
#include "net/prefix.h"
#include "net/protocol.h"
#include "net/rate.h"
#include "policy/diagnostic.h"
#include "policy/upkeep.h"
#include "sluice/abi/limit.h"

namespace sluice::policy {

enum class Mode { kEnforce, kObserve };
enum class Action { kDeny, kAllow };
enum class Admit { kAnyone, kListed, kRoles };
enum class Beyond { kDrop, kCookie };

// A prefix and where it was written.
struct ListedPrefix {
	net::Prefix prefix;
	std::uint32_t line = 0;    // in the file below, or in the policy
	std::uint16_t file = 0;    // index into Policy::files
	std::uint32_t comment = 0;  // what was written behind it: where in Policy::comments; 0: nothing
};

// One counted quantity of a limit. Burst is in the limit's own unit (packets, bits, connections).
struct Meter {
	net::Rate rate;
	std::uint64_t burst = 0;  // never 0 once parsed: without one in the file, as its algorithm has it (parse_limit.cpp)

	bool operator==(const Meter&) const = default;
};

// At least one meter is there once validated.
struct Limit {
	std::string name;  // empty when written in place
	std::optional<Meter> packets;
	std::optional<Meter> bits;
	std::optional<Meter> connections;
	sluice_algorithm algorithm = SLUICE_TOKEN_BUCKET;
	std::uint64_t keys = 0;  // how many sources at once it tells apart, at least; 0: the default
	Place place;
};

struct Failsafe {
	std::optional<net::Protocol> protocol;  // none: every protocol
	std::vector<net::PortRange> ports;      // empty: every port, and fragments
	std::vector<net::Prefix> from;
	Place place;
};

struct Source {
	std::string name;
	Action action = Action::kDeny;
	std::vector<ListedPrefix> prefixes;  // those written in place and those of its files, in that order
	std::optional<Limit> limit;          // allow only
	std::vector<std::uint16_t> files;    // indices into Policy::files
	Upkeep upkeep;                       // of those
	Place place;
};

// Holds each prefix of a service's sources.
struct PrefixLimit {
	unsigned ipv4_length = 24;
	unsigned ipv6_length = 48;
	Limit limit;
};

// Holds each source of a service.
struct SourceLimit {
	unsigned ipv4_length = 32;
	unsigned ipv6_length = 64;
	Limit limit;
};

// Asks for path proof, and holds together all whose path is not proved.
struct Unproved {
	Limit limit;  // connections of a TCP service, packets of a UDP one
	Beyond beyond = Beyond::kDrop;
};

struct Service {
	std::string name;
	net::Protocol protocol;
	std::vector<net::PortRange> ports;     // empty: every port
	std::vector<net::Prefix> addresses;    // empty: every destination
	std::optional<SourceLimit> each_source;
	std::optional<PrefixLimit> each_prefix;
	std::optional<Limit> all_sources;
	std::optional<Limit> each_identity;
	std::optional<Unproved> unproved;
	Admit admit = Admit::kAnyone;
	std::vector<std::string> roles;       // kRoles: who has one of these,
	std::vector<std::string> identities;  // or is one of these: names, and patterns of SPIFFE IDs
	Place place;
};

// What happens to fragments: they have no ports, so no service can judge them.
struct Fragments {
	Action action = Action::kDeny;
	std::optional<SourceLimit> each_source;  // allow only
};

// ---- whom certificates and tokens are believed from: identity/trust.h and identity/token.h as they are written ----

// A file that the policy names; its content where it is part of what the policy means.
struct NamedFile {
	std::string path;
	std::string text;
};

struct Authorities {
	std::vector<NamedFile> certificates;
	std::vector<NamedFile> crls;  // read by the daemon, again whenever they change
};

struct TrustDomain {
	std::string name;
	Authorities authorities;
	Place place;
};

enum class NameKind { kDns, kEmail, kUri, kFingerprint };

struct MappedName {
	NameKind kind = NameKind::kDns;
	std::string value;
	std::string identity;
	Place place;
};

struct PlainPki {
	std::string name;
	Authorities authorities;
	std::vector<MappedName> names;
	Place place;
};

struct TokenIssuer {
	std::string name;
	NamedFile keys;  // read by the daemon, again whenever it changes
	std::vector<std::string> audiences;
	std::vector<std::string> algorithms;
	Place place;
};

// Who may say, by events that are pushed to the port, that somebody is revoked: as an issuer, and of whom.
struct EventTransmitter : TokenIssuer {
	std::vector<std::string> subjects;  // names, and patterns of SPIFFE IDs, besides the holders of its own tokens
	bool certificates = false;          // and any certificate
};

struct ClaimedRole {
	std::vector<std::string> path;
	std::string value;
};

// Who has it: any of these.
struct Role {
	std::string name;
	std::vector<std::string> identities;  // names, and patterns of SPIFFE IDs
	std::vector<std::string> scopes;
	std::vector<ClaimedRole> claims;
	Place place;
};

inline constexpr std::uint64_t kShortestLease = 10;  // seconds
inline constexpr std::uint64_t kLongestLease = 300;

struct LeaseTerms {
	std::uint64_t longest_seconds = kLongestLease;
	std::uint64_t each_identity = 64;     // leases of one identity at once
	std::uint64_t each_authority = 1024;  // identities of one authority at once
};

// Where clients prove who they are.
struct IdentityPort {
	std::vector<net::Endpoint> listen;  // each with a port
	NamedFile certificate;              // both read by the daemon, again whenever they change
	NamedFile key;
	bool needs_token = false;           // besides the certificate
	bool takes_unbound_tokens = false;  // tokens that are bound to no certificate, and those without one
	Place place;
};

// Requests, which only gateways see.
struct RequestLimit {
	std::string header;  // of the client's: each of its values is held; empty: each identity is
	Limit limit;         // its packets are requests
};

// Where gateways ask whose a connection is, and bind it.
struct Authorization {
	std::string socket;               // a path
	std::vector<std::string> users;   // of the host, by name or number: who may ask
	std::vector<std::string> groups;
	bool needs_token = false;
	bool takes_unbound_tokens = false;
	bool takes_anonymous = false;     // requests without any credential, which bind nothing
	std::vector<RequestLimit> limits;
	Place place;
};

struct Identities {
	std::vector<TrustDomain> trust_domains;
	std::vector<PlainPki> pkis;
	std::vector<TokenIssuer> issuers;
	std::vector<EventTransmitter> transmitters;
	std::vector<Role> roles;
	std::vector<net::Prefix> unshared;  // where an address is one host's, and can be leased as a whole
	LeaseTerms lease;
	std::vector<std::string> revocations;  // files, absolute; the daemon reads them, apart from the policy
	std::optional<IdentityPort> port;
	std::optional<Authorization> authorization;
	Place place;
};

struct Policy {
	Mode mode = Mode::kEnforce;
	Action default_action = Action::kAllow;
	Fragments fragments;
	std::vector<Failsafe> failsafe;
	std::map<std::string, Limit> limits;
	std::vector<Source> sources;
	std::vector<Service> services;
	Identities identities;
	std::vector<std::string> files;  // [0] the policy itself, then every file that it names, as absolute paths
	std::string comments;            // of list entries, each ended by a zero byte; the first is empty
};

}  // namespace sluice::policy
