// Identities: what the running policy says of identities, put into effect: the terms of leases, the identity port's setup,
// the revocation files. The event loop's thread only.
#pragma once

#include "daemon/identity_port.h"
#include "daemon/leasing.h"
#include "daemon/policies.h"
#include "daemon/revocation_files.h"

namespace sluice::daemon {

class Identities {
public:
	// All of it outlives the object.
	Identities(Leasing& leasing, IdentityPort& port, RevocationFiles& revocations) : leasing_(leasing), port_(port), revocations_(revocations) {}

	// The port's files may have changed where the policy has not. What an adopted generation meant nobody knows: then all goes
	// on as before.
	void follow(const Policies& policies);

private:
	Leasing& leasing_;
	IdentityPort& port_;
	RevocationFiles& revocations_;
};

}  // namespace sluice::daemon
