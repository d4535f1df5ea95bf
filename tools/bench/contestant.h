// Contestant: something that judges packets at one end of a link of its own, so that several can be measured in turns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "lab/daemon.h"
#include "lab/wire.h"

namespace sluice::bench {

class Contestant {
public:
	Contestant(std::string name, lab::Wire wire) : name_(std::move(name)), wire_(std::move(wire)) {}
	virtual ~Contestant() = default;

	const std::string& name() const { return name_; }
	lab::Wire& wire() { return wire_; }
	// The program to measure by test runs; -1 where there is none.
	virtual int program_fd() const { return -1; }

private:
	std::string name_;
	lab::Wire wire_;
};

using Opened = Result<std::unique_ptr<Contestant>>;

// Bare XDP_DROP and XDP_PASS.
Opened open_floor_drop();
Opened open_floor_pass();
// No program at all.
Opened open_none();
// Sluice with the full example policy (policy.h): lists, bans, a service with every kind of limit.
Opened open_sluice();
// Sluice with a policy that says nothing.
Opened open_plain();
// Sluice with one deny list, and nothing else.
Opened open_listed(const std::string& list);
// nftables, netdev ingress: a dynamic set of sources, each with the same limit. Error kUnsupported, with a sentence, where
// it is not installed or the kernel lacks it.
Opened open_nftables();
// iptables, raw table, hashlimit: the same.
Opened open_hashlimit();
// xdp-filter: a list of what is dropped, here the flood's port; it knows no limits. Error kUnsupported as those.
Opened open_xdp_filter();

// Rules of another tool, loaded by a command inside the gate, which then receives in batches. Error kUnsupported, with a
// sentence, where the command is not installed or the kernel refuses.
Result<void> load_rules(lab::Wire& wire, const std::vector<std::string>& command);

// Those of `openers` that could be opened; a sentence to stderr for each other. An error other than kUnsupported ends it.
Result<std::vector<std::unique_ptr<Contestant>>> gather(const std::vector<Opened (*)()>& openers);

}  // namespace sluice::bench
