#include "daemon/progress.h"

namespace sluice::daemon {

void Progress::enter(control::Stage stage)
{
	const std::scoped_lock turn(turn_);
	const std::uint64_t now = clock_.mono_ns();
	stages_[static_cast<std::size_t>(stage_)] += now - entered_ns_;
	entered_ns_ = now;
	stage_ = stage;
}

void Progress::add_list(std::uint64_t bytes)
{
	const std::scoped_lock turn(turn_);
	lists_++;
	bytes_ += bytes;
}

void Progress::set_prefixes(std::uint64_t prefixes)
{
	const std::scoped_lock turn(turn_);
	prefixes_ = prefixes;
}

control::Applying Progress::now() const
{
	const std::scoped_lock turn(turn_);
	return {path_, stage_, lists_, bytes_, prefixes_, clock_.mono_ns() - began_ns_};
}

control::Times Progress::times() const
{
	const std::scoped_lock turn(turn_);
	const std::uint64_t now = clock_.mono_ns();
	control::Times times{now - began_ns_, stages_};
	times.stages[static_cast<std::size_t>(stage_)] += now - entered_ns_;
	return times;
}

}  // namespace sluice::daemon
