// What the kernel and libbpf say when a load fails, turned into one sentence with advice.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::kernel {

// What to do about a kernel that lacks something.
inline constexpr const char* kOldestKernel = "Sluice needs Linux 5.18 or later";

// Collects what libbpf prints in this thread, the verifier's log among it; keeps the last 256 KiB. Nestable; outside
// of one, once there was one, what libbpf prints is discarded.
class LogCapture {
public:
	LogCapture();
	~LogCapture();
	LogCapture(const LogCapture&) = delete;
	LogCapture& operator=(const LogCapture&) = delete;

	const std::string& text() const { return text_; }
	void append(std::string_view piece);

private:
	LogCapture* outer_;
	std::string text_;
};

// `error` is the errno of the failed call. Known failures get their own sentence; an unknown one the last line of the log
// that says something.
Error explain_load_failure(int error, std::string_view log, std::string_view release);

}  // namespace sluice::kernel
