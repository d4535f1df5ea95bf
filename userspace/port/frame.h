// Frame: a message on the channel between daemon and identity port: its length as four bytes, big-endian, then that many.
//
// Pure. Neither side believes the other's lengths: a frame that is empty or longer than its reader takes is an error,
// after which the reader gives nothing more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::port {

inline constexpr std::size_t kFrameHeadBytes = 4;
inline constexpr std::size_t kMostBytesToPort = 64u << 20;    // a setup, with its revocation lists
inline constexpr std::size_t kMostBytesToDaemon = 64u << 10;  // whatever the port sends

// Requires a payload of 1 to kMostBytesToPort bytes.
std::string framed(std::string_view payload);

class FrameReader {
public:
	explicit FrameReader(std::size_t most) : most_(most) {}

	// Bytes as they came.
	void feed(std::string_view bytes);
	// The next payload; nothing while it is not complete. Error kInvalid, from then on always.
	Result<std::optional<std::string>> next();
	// What was fed and not taken.
	std::size_t buffered() const { return buffer_.size() - taken_; }

private:
	std::size_t most_;
	std::string buffer_;
	std::size_t taken_ = 0;
	std::optional<Error> broken_;
};

}  // namespace sluice::port
