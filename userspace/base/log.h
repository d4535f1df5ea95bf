// Log: one line an event, to standard error, through spdlog's default logger.
//
// Under systemd (JOURNAL_STREAM names standard error) lines carry the priority prefix that the journal reads and no time;
// elsewhere a time and a level.
#pragma once

#include <string_view>

#include <spdlog/spdlog.h>

#include "base/result.h"

namespace sluice {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error". Error kInvalid otherwise.
Result<LogLevel> parse_log_level(std::string_view text);

// Sets the default logger up; call once, before the first line.
void set_up_log(LogLevel level);

}  // namespace sluice
