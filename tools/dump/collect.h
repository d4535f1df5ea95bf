// Collect: a report from what the pins say.
#pragma once

#include <cstdint>
#include <optional>

#include "dump/report.h"
#include "kernel/pinned_view.h"
#include "net/address.h"

namespace sluice::dump {

struct Now {
	std::uint64_t mono_ns = 0;
	std::uint64_t boot_ns = 0;
};

struct Wanted {
	bool counters = false;
	bool bans = false;
	bool leases = false;
	bool limits = false;
	bool sources = false;
	bool overlay = false;
	std::optional<net::Address> source;  // narrows bans, overlay, leases, limits and sources to what concerns it
};

Result<Report> collect(const kernel::PinnedView& view, const Wanted& wanted, const Now& now);

}  // namespace sluice::dump
