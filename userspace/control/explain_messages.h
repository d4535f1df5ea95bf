// Messages of `explain`: a packet that is described, and what the program that runs says of it; their JSON.
//
// POST /v1/explain. Read as messages.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/messages.h"
#include "control/overlay_messages.h"
#include "net/described_packet.h"

namespace sluice::control {

Json to_json(const net::DescribedPacket& packet);
Result<net::DescribedPacket> parse_explain_request(const Json& json);

// One counted quantity of a limit that has a say. Levels are in its unit, before the packet, rounded up.
struct LimitSay {
	std::string name;       // "api/each-source"
	std::string unit;       // "packets", "bits", "connections"
	std::string algorithm;  // "token-bucket"
	std::string rate;       // "2k/s"
	std::uint64_t burst = 0;
	std::uint64_t level = 0;
	std::uint64_t cost = 0;  // of this packet
	bool refuses = false;
	std::optional<std::uint64_t> recovers_in_ns;  // if it refuses: until the packet fits; none: it never does
};

struct SourceSay {
	std::string address;
	std::string listed;                 // "denied", "allowed" or "no"
	std::optional<std::string> list;    // its name
	std::optional<std::string> prefix;  // the entry that matched, and where it is written
	std::optional<std::string> file;
	std::uint64_t line = 0;
	std::optional<std::string> comment;  // that stands behind it there
	std::optional<std::string> note;    // why there is no place
};

// The lease that names the packet.
struct IdentitySay {
	std::string name;
	std::string lease;               // "in-force", "expired" or "revoked"
	std::string binding;             // "flow", "192.0.2.7", "2001:db8:1:2::/64"
	std::vector<std::string> roles;  // none unless it is in force
};

struct Explained {
	std::string verdict;  // "pass", "drop", "reply": what would become of the packet
	std::string reason;
	std::string sentence;  // what the reason means
	bool observed = false;  // the policy only observes: a drop passes
	std::uint32_t generation = 0;
	std::string service;                 // "-": none
	std::optional<std::string> rule;     // what decided
	std::string rule_kind;               // "list", "failsafe", "limit", "-"
	std::optional<policy::Place> rule_place;  // of a list's entry or a failsafe entry
	SourceSay source;
	std::optional<IdentitySay> identity; // none: nobody's, or the service does not ask
	std::optional<BanRow> ban;           // that stands, whether it decided or not
	std::string path = "not-asked";      // what is known of its way back: telemetry::path_name()
	std::optional<OverlayRow> overlay;   // the longest that stands, likewise
	std::vector<LimitSay> limits;        // in the order in which they are asked
	std::optional<std::size_t> limit;    // of `limits`: the first that refuses, else the one nearest to it
	std::optional<std::uint64_t> recovers_in_ns;  // if a limit or a ban refuses: until the packet would pass; none: never
	std::uint32_t length = 0;            // bytes of the frame
};

Json to_json(const Explained& explained);
Result<Explained> parse_explained(const Json& json);

}  // namespace sluice::control
