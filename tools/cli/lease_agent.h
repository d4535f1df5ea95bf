// LeaseAgent: keeps a lease: asks, waits until it is time, asks again, until it is told to stop.
//
// Renews at half of the lease's life, a tenth earlier or later by chance. What fails is tried again after 1, 2, 4 … 30
// seconds, or when the server says. A refusal while no lease is in force ends it, since asking again would be refused again;
// while one is, the next token or certificate may be right. Pure but for its seams; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "port/lease_client.h"

namespace sluice::cli {

// Something changed, for people and for --json.
struct LeaseNews {
	enum class Kind { kLeased, kTroubled, kRenewed, kEnded };
	Kind kind = Kind::kLeased;
	port::Lease lease;             // the latest; of kTroubled and kEnded, what is or was in force, if anything
	std::string why;               // of kTroubled
	std::uint64_t seconds_left = 0;
};

class LeaseAgent {
public:
	struct Seams {
		std::function<Result<port::LeaseReply>()> ask;
		std::function<bool(std::chrono::milliseconds)> wait;  // false: it was told to stop
		std::function<double()> chance;                       // from 0 to less than 1
		std::function<std::uint64_t()> boot_ns;
		std::function<void(const LeaseNews&)> tell;
	};
	explicit LeaseAgent(Seams seams) : seams_(std::move(seams)) {}

	// One lease, or why there is none: a refusal is error kFailed.
	Result<port::Lease> once();
	// Until it is told to stop. Error: refused while no lease was in force, or papers that are unusable then.
	Result<void> run();

private:
	void take(const port::Lease& lease);
	// Why it ends; nothing: it goes on.
	std::optional<Error> fail(const Error& error, bool final);
	bool in_force() const { return until_ns_ > seams_.boot_ns(); }
	std::uint64_t seconds_left() const;
	std::chrono::milliseconds next_try(std::uint64_t retry_after_seconds);

	Seams seams_;
	std::optional<port::Lease> lease_;  // what was told last; nothing: none, or ended
	std::uint64_t until_ns_ = 0;
	bool troubled_ = false;
	unsigned failures_ = 0;
};

// "token-stolen: The token is bound to another certificate than the one presented."
Error refusal_error(const port::LeaseRefusal& refusal);

}  // namespace sluice::cli
