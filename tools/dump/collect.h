// Collect: a report from what the pins say.
#pragma once

#include <cstdint>
#include <optional>

#include "dump/report.h"
#include "kernel/pinned_view.h"
#include "net/address.h"

namespace sluice::dump {

struct Wanted {
	bool counters = false;
	bool bans = false;
	bool limits = false;
	bool sources = false;
	std::optional<net::Address> source;  // narrows bans, limits and sources to those that concern it
};

Result<Report> collect(const kernel::PinnedView& view, const Wanted& wanted, std::uint64_t now_mono_ns);

}  // namespace sluice::dump
