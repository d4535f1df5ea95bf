// Deadline: calls once when the boot clock (CLOCK_BOOTTIME, which counts suspended time) has reached a moment.
//
// Looks at the clock every kLook, because the loop's own timers stand still while the host sleeps. The event loop's
// thread only; `due` is called from the loop, never from set().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"

namespace sluice::daemon {

class Deadline {
public:
	static constexpr auto kLook = std::chrono::milliseconds(250);

	// `clock` outlives the object.
	Deadline(boost::asio::io_context& loop, const Clock& clock, std::function<void()> due)
	    : timer_(loop), clock_(clock), due_(std::move(due))
	{
	}
	Deadline(const Deadline&) = delete;
	Deadline& operator=(const Deadline&) = delete;

	// In place of one that was set before; a moment that is past is due at once.
	void set(std::uint64_t boot_ns);
	void clear();

private:
	void look();

	boost::asio::steady_timer timer_;
	const Clock& clock_;
	std::function<void()> due_;
	std::uint64_t boot_ns_ = 0;
	// Dies with the object, and is replaced by every set() and clear(): a look that is on its way then finds nobody.
	std::shared_ptr<char> round_;
};

}  // namespace sluice::daemon
