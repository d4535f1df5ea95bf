// What `explain` answers, as text for people. Pure.
#pragma once

#include <string>

#include "control/explain_messages.h"
#include "text/style.h"

namespace sluice::cli {

std::string render(const net::DescribedPacket& packet, const control::Explained& explained, const text::Style& style);

}  // namespace sluice::cli
