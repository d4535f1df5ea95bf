// Slot: one value that somebody else will bring, and the wait for it. The loop's one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "port/stream.h"

namespace sluice::port {

template <typename T>
class Slot {
public:
	explicit Slot(asio::io_context& loop) : signal_(loop) { signal_.expires_at(asio::steady_timer::time_point::max()); }

	void put(T value)
	{
		value_ = std::move(value);
		signal_.cancel();
	}

	// The value, or nothing when it did not come in time. The slot is to outlive the wait.
	asio::awaitable<std::optional<T>> wait(std::chrono::milliseconds patience)
	{
		if (!value_) {
			signal_.expires_after(patience);
			co_await signal_.async_wait(kNow);
		}
		co_return std::exchange(value_, std::nullopt);
	}

private:
	asio::steady_timer signal_;
	std::optional<T> value_;
};

}  // namespace sluice::port
