// Plausible: whether what the port claims could have come of the setup that it was given.
//
// The daemon asks this of every request. A port that has fallen to somebody can still lie, but only within its setup: it
// names no identity that a plain PKI does not map, no trust domain, issuer or role that is not configured, never an
// identity without the token or the certificate that policy demands, and no flow where there are no gateways. Pure.
#pragma once

#include "base/result.h"
#include "port/messages.h"

namespace sluice::port {

// Error kInvalid: no port that works by this setup would say that.
Result<void> check_plausible(const LeaseRequest& request, const Setup& setup);

// The same of an event: no transmitter that is not configured, nobody of whom it may not speak.
Result<void> check_plausible(const identity::SecurityEvent& event, const Setup& setup);

}  // namespace sluice::port
