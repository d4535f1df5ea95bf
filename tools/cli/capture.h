// Capture: the frames of a pcap or pcapng file, one after the other, as Ethernet frames of their whole length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

struct pcap;

namespace sluice::cli {

struct CapturedFrame {
	std::span<const std::byte> bytes;  // valid until the next one is read
	std::uint64_t unix_ns = 0;
};

class Capture {
public:
	// "-" is the standard input. Error kNotFound, kInvalid for what is no capture, kUnsupported, with advice, for frames that
	// are neither Ethernet nor bare IP.
	static Result<Capture> open(const std::string& path);

	// None at the end. What the capture cut off behind a frame's headers is zeroes; a frame that was cut within them stays
	// cut. Bare IP gets an Ethernet header. Error kInvalid where the file breaks off.
	Result<std::optional<CapturedFrame>> next();

	// Frames until now that were cut within their headers.
	std::uint64_t headless() const { return headless_; }
	// Of the file, from 0 to 1; none where its size is not known.
	std::optional<double> progress() const;

private:
	struct Close {
		void operator()(pcap* file) const;
	};
	Capture(pcap* file, bool ethernet, std::uint64_t size) : file_(file), ethernet_(ethernet), size_(size) {}

	std::unique_ptr<pcap, Close> file_;
	bool ethernet_;
	std::uint64_t size_;
	std::uint64_t headless_ = 0;
	std::vector<std::byte> frame_;
};

}  // namespace sluice::cli
