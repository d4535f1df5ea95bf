// What differs between two policies, as text for people. Pure.
#pragma once

#include <string>

#include "control/diff_messages.h"
#include "text/style.h"

namespace sluice::cli {

// A line a change: "!" before what may lock the operator out, "+" before what is let in or added, "-" before what is
// kept out or removed, "~" before everything else. Of each part at most kMostShown, and how many more.
std::string render(const control::Difference& difference, const text::Style& style);

inline constexpr std::size_t kMostShown = 40;

}  // namespace sluice::cli
