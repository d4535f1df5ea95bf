// Journal: what happens, written down once: in the event log that clients read, and, but for drops, in the daemon's log.
// The event loop's thread only.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "telemetry/event_log.h"

namespace sluice::daemon {

class Journal {
public:
	// `news` is called after every entry. `clock` outlives the journal.
	Journal(const Clock& clock, std::function<void()> news) : clock_(clock), news_(std::move(news)) {}

	void record(telemetry::DropEvent event, std::uint64_t mono_ns);
	void record(telemetry::BanEvent event);
	void record(telemetry::UnbanEvent event);
	void record(telemetry::PolicyEvent event);
	void record(telemetry::ShadowEvent event);
	void record(telemetry::InterfaceEvent event);
	void record(telemetry::ListEvent event);
	void record(telemetry::LeaseEvent event);
	void record(telemetry::OverlayEvent event);

	const telemetry::EventLog& log() const { return log_; }

private:
	void append(std::uint64_t unix_ns, decltype(telemetry::Event::what) what);

	const Clock& clock_;
	std::function<void()> news_;
	telemetry::EventLog log_;
};

}  // namespace sluice::daemon
