// Verbs: what the control socket answers, route by route. The event loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/explain_messages.h"
#include "control/server.h"
#include "daemon/attachments.h"
#include "daemon/comparison.h"
#include "daemon/identity_port.h"
#include "daemon/journal.h"
#include "daemon/leasing.h"
#include "daemon/policies.h"
#include "daemon/revocation_files.h"
#include "datapath/datapath.h"
#include "telemetry/rate_meter.h"
#include "telemetry/stats.h"

namespace sluice::daemon {

class Verbs {
public:
	// All of it outlives the object.
	struct Setting {
		datapath::Datapath& datapath;
		const Clock& clock;
		Policies& policies;
		Comparison& comparison;
		Attachments& attachments;
		Journal& journal;
		Leasing& leasing;
		IdentityPort& identity_port;
		const RevocationFiles& revocation_files;
		const telemetry::RateMeter& meter;
		std::function<std::vector<std::string>()> warnings;  // the daemon's own
	};

	explicit Verbs(Setting setting) : setting_(std::move(setting)), started_mono_ns_(setting_.clock.mono_ns()) {}

	void add_to(control::Server& server);

	// The counters with the running generation's names.
	Result<telemetry::Stats> stats();

private:
	Result<control::Response> status();
	Result<std::optional<telemetry::ShadowStats>> shadow_stats();
	Result<std::optional<control::Cookies>> cookies();
	Result<control::Response> show_stats(bool prometheus);
	Result<control::Response> events(const control::Request& request);
	Result<control::Response> bans();
	Result<control::Response> ban(const control::Request& request);
	Result<control::Response> unban(const control::Request& request);
	void apply(const control::Request& request, const control::Respond& respond);
	Result<control::Response> explain(const control::Request& request);
	void diff(const control::Request& request, const control::Respond& respond);
	Result<control::Response> attach(const control::Request& request);
	Result<control::Response> detach(const control::Request& request);

	Setting setting_;
	std::uint64_t started_mono_ns_;
};

}  // namespace sluice::daemon
