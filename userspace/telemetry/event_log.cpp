#include "telemetry/event_log.h"

#include <algorithm>

namespace sluice::telemetry {

std::uint64_t EventLog::append(std::uint64_t unix_ns, decltype(Event::what) what)
{
	events_.push_back({++last_, unix_ns, std::move(what)});
	if (events_.size() > capacity_)
		events_.pop_front();
	return last_;
}

EventLog::Page EventLog::after(std::uint64_t cursor, std::size_t most) const
{
	Page page;
	const std::uint64_t oldest = last_ - events_.size() + 1;
	page.cursor = cursor;
	if (cursor + 1 < oldest) {
		page.lost = oldest - 1 - cursor;
		page.cursor = oldest - 1;
	}
	if (page.cursor >= last_)
		return page;

	const auto first = static_cast<std::ptrdiff_t>(page.cursor + 1 - oldest);
	const auto count = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(most, last_ - page.cursor));
	page.events.assign(events_.begin() + first, events_.begin() + first + count);
	page.cursor += static_cast<std::uint64_t>(count);
	return page;
}

}  // namespace sluice::telemetry
