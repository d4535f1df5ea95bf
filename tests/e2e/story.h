// Story: a test that plays in a lab: two namespaces, a link, sluiced, and whoever sends to it. Nothing is slept through:
// what a story waits for, it asks for until a deadline.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "lab/daemon.h"
#include "lab/flood.h"
#include "lab/wire.h"

namespace sluice::e2e {

inline constexpr auto kPatience = std::chrono::seconds(20);

// The value, or the end of the test with the error's sentence.
template <typename T>
T must(Result<T> result)
{
	if (!result)
		throw std::runtime_error(result.error().sentence());
	if constexpr (!std::is_void_v<T>)
		return std::move(*result);
}

// Asks until it is so; false once the patience is over.
bool until(const std::function<bool()>& condition, std::chrono::milliseconds patience = kPatience);

class Story : public testing::Test {
protected:
	void SetUp() override;

	lab::Wire& wire() { return *wire_; }
	// Starts sluiced on the gate; one a story.
	lab::Daemon& start(const std::string& policy, std::vector<std::pair<std::string, std::string>> files = {},
			   std::vector<std::string> options = {});
	lab::Daemon& daemon() { return *daemon_; }

	// Sends `count` such frames from the world; all of them have left when it returns.
	void send(const lab::Frame& frame, std::uint64_t count);
	// A UDP frame from `source` to the gate, of the source's family.
	static lab::Frame frame_from(const std::string& source, std::uint16_t port = 9000);

	// An HTTP server on the gate, port 8080; and whether `source` gets its page.
	void serve_http();
	bool get_page(const std::string& source);

	std::uint64_t counted(const std::string& reason) { return must(daemon().counted(reason)); }
	// Packets counted under any reason, from the kernel; and packets that the gate's interface has received.
	std::uint64_t judged();
	std::uint32_t received();
	// Whether an XDP program stands on the gate's interface.
	bool guarded();
	std::uint32_t generation();

private:
	std::optional<lab::Wire> wire_;
	std::optional<lab::Process> server_;
	std::optional<lab::Daemon> daemon_;
};

}  // namespace sluice::e2e
