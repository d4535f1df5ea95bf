// IdentityVerbs: the routes that list identities, revoke them and restore them. The event loop's thread only.
#pragma once

#include "control/server.h"
#include "daemon/leasing.h"
#include "daemon/policies.h"

namespace sluice::daemon {

class IdentityVerbs {
public:
	// Both outlive the object.
	IdentityVerbs(Leasing& leasing, const Policies& policies) : leasing_(leasing), policies_(policies) {}

	void add_to(control::Server& server);

private:
	Result<control::Response> list() const;
	Result<control::Response> revoke(const control::Request& request);
	Result<control::Response> restore(const control::Request& request);

	Leasing& leasing_;
	const Policies& policies_;
};

}  // namespace sluice::daemon
