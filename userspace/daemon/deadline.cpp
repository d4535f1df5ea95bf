#include "daemon/deadline.h"

#include <algorithm>

namespace sluice::daemon {

void Deadline::set(std::uint64_t boot_ns)
{
	boot_ns_ = boot_ns;
	look();
}

void Deadline::clear()
{
	round_.reset();
	timer_.cancel();
}

void Deadline::look()
{
	const std::uint64_t now = clock_.boot_ns();
	const auto left = std::chrono::nanoseconds(boot_ns_ > now ? boot_ns_ - now : 0);
	round_ = std::make_shared<char>();
	timer_.expires_after(std::min<std::chrono::nanoseconds>(left, kLook));
	timer_.async_wait([this, round = std::weak_ptr<char>(round_)](const boost::system::error_code&) {
		if (round.expired())
			return;
		if (clock_.boot_ns() < boot_ns_) {
			look();
			return;
		}
		clear();
		due_();
	});
}

}  // namespace sluice::daemon
