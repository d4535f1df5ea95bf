// GatewayListener: the Unix socket of the authorization endpoint. The daemon opens it and keeps it, the port's process gets
// copies. The event loop's thread only.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::daemon {

class GatewayListener {
public:
	GatewayListener() = default;
	GatewayListener(const GatewayListener&) = delete;
	GatewayListener& operator=(const GatewayListener&) = delete;
	~GatewayListener() { close(); }

	// Everybody may connect; one that is there already stays as it is. Nothing, or why it does not listen, as a sentence;
	// it is tried again with the next call.
	std::optional<std::string> listen_at(const std::string& path);
	void close();

	bool is_open() const { return static_cast<bool>(socket_); }
	Result<Fd> copy() const;

private:
	std::string path_;
	Fd socket_;
};

}  // namespace sluice::daemon
