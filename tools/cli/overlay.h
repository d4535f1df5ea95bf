// The overlay's entries in people's words.
#pragma once

#include <string>
#include <vector>

#include "control/overlay_messages.h"
#include "text/style.h"

namespace sluice::cli {

std::string render(const std::vector<control::OverlayRow>& rows, const text::Style& style);
// Who said it: the user's name, or number where the host has no name for it.
std::string user_of(const control::OverlayRow& row);

}  // namespace sluice::cli
