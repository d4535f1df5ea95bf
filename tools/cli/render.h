// What the daemon answers, as text for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/messages.h"
#include "policy/diagnostic.h"
#include "text/style.h"

namespace sluice::cli {

std::string render(const control::Status& status, const text::Style& style);
// "no bans\n" where there are none.
std::string render(const std::vector<control::BanRow>& bans, const text::Style& style);
// "file:line:column: error: message (hint)", one a line.
std::string render(const policy::Diagnostics& diagnostics, const text::Style& style);
// One object of GET /v1/events, as one line. An object of a kind that this version does not know is shown as it is.
std::string render_event(const control::Json& event, const text::Style& style);

// The object as --json prints it: two blanks a level, what is no UTF-8 replaced, a line feed at the end.
std::string print_json(const control::Json& json);
// The same in one line.
std::string print_json_line(const control::Json& json);

}  // namespace sluice::cli
