// UndoVerbs: the routes that confirm a policy, promote one that is shadowed, go back, and tell the history. The event loop's thread only.
#pragma once

#include <optional>

#include "control/server.h"
#include "daemon/policies.h"

namespace sluice::daemon {

class UndoVerbs {
public:
	// `policies` outlives the object.
	explicit UndoVerbs(Policies& policies) : policies_(policies) {}

	void add_to(control::Server& server);

private:
	Result<control::Response> confirm();
	void promote(const control::Request& request, const control::Respond& respond);
	void rollback(const control::Request& request, const control::Respond& respond);
	Result<control::Response> history() const;

	Policies& policies_;
};

// Who sent a request: the kernel's word for the user, the command's for the session.
control::Caller caller_of(const control::Request& request, const std::optional<control::Session>& session);
// Answers a request with what came of a policy.
Policies::Reply answer_with(const control::Respond& respond);

}  // namespace sluice::daemon
