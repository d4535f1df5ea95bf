#include "port/frame.h"

#include <cstdint>

namespace sluice::port {
namespace {

std::size_t length_at(std::string_view head)
{
	std::size_t length = 0;
	for (const char byte : head.substr(0, kFrameHeadBytes))
		length = length << 8 | static_cast<std::uint8_t>(byte);
	return length;
}

}  // namespace

std::string framed(std::string_view payload)
{
	std::string frame;
	frame.reserve(kFrameHeadBytes + payload.size());
	for (int shift = 24; shift >= 0; shift -= 8)
		frame.push_back(static_cast<char>(payload.size() >> shift & 0xff));
	return frame.append(payload);
}

void FrameReader::feed(std::string_view bytes)
{
	if (broken_)
		return;
	buffer_.erase(0, taken_);
	taken_ = 0;
	buffer_.append(bytes);
}

Result<std::optional<std::string>> FrameReader::next()
{
	using Outcome = std::optional<std::string>;

	if (broken_)
		return *broken_;
	const std::string_view rest = std::string_view(buffer_).substr(taken_);
	if (rest.size() < kFrameHeadBytes)
		return Outcome();
	const std::size_t length = length_at(rest);
	if (length == 0 || length > most_) {
		broken_ = Error(ErrorCode::kInvalid, "a message of " + std::to_string(length) + " bytes; from 1 to " + std::to_string(most_));
		buffer_ = {};
		taken_ = 0;
		return *broken_;
	}
	if (rest.size() < kFrameHeadBytes + length)
		return Outcome();
	taken_ += kFrameHeadBytes + length;
	return Outcome(std::string(rest.substr(kFrameHeadBytes, length)));
}

}  // namespace sluice::port
