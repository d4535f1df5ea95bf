// The overlay as people ask for it: several prefixes at once, durations instead of clock readings; and its routes.
//
// The event loop's thread only.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "control/overlay_messages.h"
#include "control/server.h"
#include "daemon/journal.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

// Those that stand, in the order of their prefixes.
Result<std::vector<control::OverlayRow>> list_overlay(datapath::Datapath& datapath, const Clock& clock);
// Said by the user `uid`: all of them or, on error, none: what stood before stands again. Longer than kLongestBanNs is kInvalid.
Result<void> set_overlay(datapath::Datapath& datapath, const Clock& clock, const control::OverlayRequest& request, std::uint32_t uid);
// Likewise. Error kNotFound names the first that is not there.
Result<void> forget_overlay(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes);

// Without the user's name.
control::OverlayRow row_of(const datapath::OverlayEntry& entry, std::uint64_t now_mono_ns, std::uint64_t now_unix_ns);

class OverlayVerbs {
public:
	// All of it outlives the object.
	OverlayVerbs(datapath::Datapath& datapath, const Clock& clock, Journal& journal) : datapath_(datapath), clock_(clock), journal_(journal) {}

	void add_to(control::Server& server);

private:
	Result<control::Response> list();
	Result<control::Response> set(const control::Request& request);
	Result<control::Response> forget(const control::Request& request);

	datapath::Datapath& datapath_;
	const Clock& clock_;
	Journal& journal_;
};

}  // namespace sluice::daemon
