// Random policies, as text: what random frames (random_frame.h) hit often. Valid by construction.
//
// Limits are either never reached, or so slow that what drains during a test decides nothing.
#pragma once

#include <string>

#include "model/random_frame.h"

namespace sluice::test {

// `mode` and `default` stand in the first lines, and can be replaced without changing anything else.
struct RandomPolicy {
	std::string head;  // version, mode, default
	std::string body;
	bool asks_identities = false;  // some service does; then leases of kHolders mean something
	std::string text() const { return head + body; }
};

std::string random_head(Dice& dice);
RandomPolicy random_policy(Dice& dice);

// Identities that policies name, and roles that they give.
extern const std::vector<std::string> kHolders, kRoles;

// What lists, failsafe entries and bans name.
extern const std::vector<std::string> kPrefixes;

}  // namespace sluice::test
