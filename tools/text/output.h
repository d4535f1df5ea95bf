// Output: where a program's text goes. A reader that went away (EPIPE) is no failure: what follows is dropped, and
// `closed` tells loops to end. Any other failure is kept in `failure` for the end of the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/style.h"

namespace sluice::text {

class Output {
public:
	// `fd` stays the caller's. SIGPIPE has to be ignored by the process.
	explicit Output(int fd) : Output(fd, Style::of(fd)) {}
	Output(int fd, Style style) : fd_(fd), style_(style) {}
	// Into `text`, which outlives this.
	Output(std::string& text, Style style) : text_(&text), style_(style) {}

	const Style& style() const { return style_; }
	void write(std::string_view text);
	bool closed() const { return closed_; }
	const std::optional<Error>& failure() const { return failure_; }

private:
	int fd_ = -1;
	std::string* text_ = nullptr;
	Style style_;
	bool closed_ = false;
	std::optional<Error> failure_;
};

}  // namespace sluice::text
