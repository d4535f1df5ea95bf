// The control socket as a file: who may use it, and whose it is.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::control {

// Binds and listens at `path`, mode 0600, or 0660 and of `group` when that is not empty; the mode is never wider in
// between. A socket that a dead daemon left is replaced; error kExists for one that answers and for what is no socket.
// Changes the process's umask for a moment: call while there is one thread. Makes the directory, 0755, if its parent is there.
Result<Fd> listen_at(const std::string& path, const std::string& group);

// The same with mode 0666, and no umask touched: everybody may connect, and is asked who he is (peer.h, SO_PEERCRED).
Result<Fd> listen_for_all_at(const std::string& path);

// Connects to `path`. Error kUnreachable when nobody listens there, kDenied when it is not ours to use.
Result<Fd> connect_to(const std::string& path);

}  // namespace sluice::control
