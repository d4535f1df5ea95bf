// Sources: the compiled lists, from the range images back to ranges of addresses. Pure.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
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
};

// Every range that a list or a failsafe entry names, IPv4 first, each as long as its class goes. Error kFailed when an
// image is damaged.
Result<std::vector<SourceRange>> report_sources(const Lists& lists);

// What one address gets, and the range in which every address gets the same.
Result<SourceRange> report_range_of(const Lists& lists, const net::Address& source);

// The class of one address: class 0 where nothing names it. Error kFailed when the image is damaged.
Result<sluice_class> class_of(const Lists& lists, const net::Address& source);

}  // namespace sluice::dump
