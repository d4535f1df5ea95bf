// The SSH session that a command runs in: the one of its own environment, or of the nearest process above it, because
// sudo and su do not pass SSH_CONNECTION on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "control/history_messages.h"

namespace sluice::cli {

// "192.0.2.7 50022 203.0.113.10 22", as sshd(8) sets SSH_CONNECTION; none for anything else.
std::optional<control::Session> parse_ssh_connection(std::string_view text);

// `own`: SSH_CONNECTION of this process, or null. `process`: whose ancestors to ask otherwise. `proc`: where procfs is.
// None: no session, or a process above may not be looked into.
std::optional<control::Session> find_ssh_session(const char* own, pid_t process, const std::string& proc = "/proc");

// Of this process.
std::optional<control::Session> ssh_session();

}  // namespace sluice::cli
