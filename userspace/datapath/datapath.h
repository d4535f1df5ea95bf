// Datapath: the seam between the daemon and whatever judges packets. One implementation loads the kernel program
// (kernel/kernel_datapath.h), one keeps everything in memory for tests and can be told to fail (datapath/memory_datapath.h).
//
// Thread rule: one caller, the daemon's event loop. Every call either does the whole of what it says or changes nothing
// and says why.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "datapath/lease.h"
#include "net/address.h"
#include "net/prefix.h"
#include "policy/image.h"
#include "sluice/abi/ban.h"
#include "sluice/abi/counter.h"
#include "sluice/abi/event.h"
#include "sluice/abi/explanation.h"
#include "sluice/abi/policy.h"

namespace sluice::datapath {

enum class AttachMode { kNative, kGeneric };

struct Interface {
	std::string name;
	std::uint32_t index = 0;
	AttachMode mode = AttachMode::kNative;  // as the kernel reports it, never guessed
	std::uint32_t generation = 0;           // the one that judges its packets
};

struct Ban {
	net::Prefix prefix;
	std::optional<std::uint64_t> expires_mono_ns;  // none: until lifted
	std::uint64_t created_unix_ns = 0;
	std::string why;  // at most 47 bytes
};

// What the command line says of a prefix beside the lists: an entry of the source table.
struct OverlayEntry {
	net::Prefix prefix;
	bool allows = false;
	std::optional<std::uint64_t> expires_mono_ns;  // none: until forgotten
	std::uint64_t created_unix_ns = 0;
	std::string why;        // at most 47 bytes
	std::uint32_t uid = 0;  // the user who said it
};

// Whether `ban` stands at that time, and longer than `other`.
inline bool stands_longer(const Ban& ban, const std::optional<Ban>& other, std::uint64_t now_mono_ns)
{
	constexpr std::uint64_t kForever = SLUICE_BAN_FOREVER;
	const std::uint64_t until = ban.expires_mono_ns.value_or(kForever);
	return until > now_mono_ns && (!other || until > other->expires_mono_ns.value_or(kForever));
}

struct CounterRow {
	std::uint16_t service = 0;
	std::uint8_t reason = 0;
	sluice_counter value{};  // summed over processors
};

struct RuleRow {
	std::uint16_t rule = 0;
	sluice_counter value{};
};

struct Counters {
	std::vector<CounterRow> by_service;  // rows that are not zero
	std::vector<RuleRow> by_rule;
	std::uint64_t events_lost = 0;
};

// What the running generation says of itself; read back from the kernel.
struct Running {
	sluice_meta meta{};
	sluice_config config{};
	std::vector<sluice_name> services;
	std::vector<sluice_name> rules;
	std::vector<sluice_limit> limits;
	std::vector<sluice_name> roles;  // by bit
};

// What the running generation says of a frame.
struct Explanation {
	sluice_explanation found{};
	bool passes = false;      // what would become of the frame; in observe mode everything passes
	std::optional<Ban> ban;   // the ban of its source that stands longest, whether it decides or not
	std::optional<Identity> identity;  // whose lease names it, in force or not
	std::optional<OverlayEntry> overlay;  // the entry with the longest prefix, likewise
};

// Of the packets that a candidate judged beside the running policy.
struct PairRow {
	std::uint8_t running = 0;  // reasons
	std::uint8_t candidate = 0;
	sluice_counter value{};
};

struct OutcomeRow {
	std::uint16_t service = 0;  // slot, by the running policy
	bool running_passes = false;
	bool candidate_passes = false;
	sluice_counter value{};
};

struct ShadowCounters {
	std::vector<PairRow> pairs;  // rows that are not zero
	std::vector<OutcomeRow> by_service;
	sluice_counter missed{};     // packets that never reached the candidate
};

// What becomes of a shadow when another policy takes the running one's place.
enum class ShadowFate { kEnds, kGoesOn };

struct MemoryUse {
	std::uint64_t kernel_bytes = 0;  // maps and programs, both generations and a shadow
};

// What becomes of SYNs past the budget for the unproved, where a policy wants SYN cookies.
struct Answering {
	bool wanted = false;
	bool ready = false;                  // cookies are sent once a budget is spent
	std::string why_not;                 // of wanted and not ready: such SYNs are dropped
	std::uint64_t sent_mono_ns = 0;      // the last one, give or take a second; 0: never
	std::uint64_t refused_mono_ns = 0;   // when the stack last did not take back one that was right; 0: never
	std::uint64_t taken = 0;             // handshakes completed by one
	std::uint64_t refused = 0;
};

class Datapath {
public:
	virtual ~Datapath() = default;

	// What the generation before leaves to the next; empty on a fresh host.
	virtual Result<policy::Heritage> heritage() = 0;
	// None before the first install.
	virtual Result<std::optional<Running>> running() = 0;

	// Stages `image` beside the running generation, reads it back, and publishes it on every attached interface; then
	// retires the one before the previous. Service slots and rule numbers that go to another name start at zero, and nobody
	// has a role whose bit does. A shadow ends, or goes on beside the new one. On error everything is as before.
	virtual Result<Running> install(policy::Image image, ShadowFate fate) = 0;
	Result<Running> install(policy::Image image) { return install(std::move(image), ShadowFate::kEnds); }

	// The generation before the running one, as long as it stays loaded; none otherwise.
	virtual Result<std::optional<Running>> previous() = 0;
	// That one judges again, as it was loaded: nothing is built or allocated, so that it works where install() finds no
	// room. The two change places, and a shadow ends. Levels of limits whose rates differ may be read wrongly: a last resort.
	// Error kNotFound when there is none.
	virtual Result<Running> revert() = 0;

	// `image`, compiled for the running generation's heritage, judges every packet beside it from now on: it decides nothing,
	// charges levels of its own, which begin as those of all, and is counted from zero. Read back; its generation is 0, and
	// meta says since when. Error kNotFound without a running generation, kExists while there is a shadow.
	virtual Result<Running> shadow(policy::Image image) = 0;
	// Error kNotFound when there is no shadow.
	virtual Result<void> end_shadow() = 0;
	// Of the shadow: none, and zeros, where there is none.
	virtual Result<std::optional<Running>> candidate() = 0;
	virtual Result<ShadowCounters> shadow_counters() = 0;

	// Requires a running generation. Native mode first, generic as fallback; `only` forces one.
	virtual Result<Interface> attach(const std::string& name, std::optional<AttachMode> only) = 0;
	virtual Result<void> detach(const std::string& name) = 0;
	virtual Result<std::vector<Interface>> interfaces() = 0;

	// Sets or replaces. Error kExhausted when there is no room: the bans that stand keep standing.
	virtual Result<void> ban(const Ban& ban) = 0;
	// Error kNotFound when no such ban stands.
	virtual Result<void> unban(const net::Prefix& prefix) = 0;
	// Those that have not expired; expired ones are removed on the way.
	virtual Result<std::vector<Ban>> bans() = 0;

	// Makes `identity.slot` this identity's, with these roles until then: what it was before keeps its leases if it was the
	// same identity, and loses them all if it was another. Error kInvalid when there is no such slot.
	virtual Result<void> put_identity(const Identity& identity) = 0;
	// The binding is the identity's that has `slot` at this moment: set, or renewed. Error kExhausted when there is no room;
	// those that stand keep standing.
	virtual Result<void> put_lease(const Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) = 0;
	// Error kNotFound when no such binding is there.
	virtual Result<void> drop_lease(const Binding& binding) = 0;
	// Every lease of the slot is void from the next packet on, and the identity is blocked: one write. The slot stays the
	// identity's.
	virtual Result<void> revoke(std::uint32_t slot) = 0;
	// The identity that has the slot; none where nobody has.
	virtual Result<std::optional<Identity>> identity(std::uint32_t slot) = 0;
	// Bindings that are void are removed on the way.
	virtual Result<Leases> leases() = 0;
	// The same for overlay entries.
	virtual Result<void> overlay(const OverlayEntry& entry) = 0;
	virtual Result<void> forget(const net::Prefix& prefix) = 0;
	virtual Result<std::vector<OverlayEntry>> overlay_entries() = 0;

	// Judges `frame` by the running generation and the state as it is at this moment. Charges and counts nothing, removes no
	// expired ban. Requires at least 14 bytes. Error kNotFound before the first install.
	virtual Result<Explanation> explain(std::span<const std::byte> frame) = 0;

	virtual Result<Counters> counters() = 0;
	virtual Result<MemoryUse> memory() = 0;
	virtual Result<Answering> answering() = 0;

	// A descriptor that polls readable when events wait, and the call that hands them over, oldest first.
	virtual int events_fd() = 0;
	virtual Result<void> drain_events(const std::function<void(const sluice_event&)>& take) = 0;

	// CLOCK_MONOTONIC, coarse, as the kernel judges by it. Nanoseconds.
	virtual std::uint64_t now_mono_ns() = 0;
	// CLOCK_BOOTTIME, which leases are judged by. Nanoseconds.
	virtual std::uint64_t now_boot_ns() = 0;
};

}  // namespace sluice::datapath
