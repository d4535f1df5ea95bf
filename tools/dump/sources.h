// Sources: the compiled lists, from the range images back to ranges of addresses. Pure.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "dump/report.h"
#include "net/address.h"
#include "policy/image.h"
#include "sluice/abi/limit.h"
#include "sluice/abi/policy.h"

namespace sluice::dump {

struct Lists {
	const policy::RangeImage& ipv4;
	const policy::RangeImage& ipv6;
	std::span<const sluice_class> classes;
	std::span<const sluice_limit> limits;
	std::span<const sluice_name> rules;
	std::span<const datapath::OverlayEntry> overlay = {};  // that stand
};

// Every range that a list or a failsafe entry names, IPv4 first, each as long as that goes; the overlay stands beside
// them, and is not in here. Error kFailed when an image is damaged.
Result<std::vector<SourceRange>> report_sources(const Lists& lists);

// What one address gets, and the range in which every address gets the same; of an address that the overlay decides about,
// itself alone.
Result<SourceRange> report_range_of(const Lists& lists, const net::Address& source);

// The class of one address by lists and overlay: class 0 where nothing names it. Error kFailed when the image is damaged.
Result<sluice_class> class_of(const Lists& lists, const net::Address& source);

}  // namespace sluice::dump
