// Ring: takes records out of a pinned ring buffer, oldest first. One consumer at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

namespace sluice::kernel {

class Ring {
public:
	// `map` is an open ring buffer; it may be closed afterwards.
	static Result<Ring> open(int map);
	Ring(Ring&&) noexcept;
	Ring& operator=(Ring&&) noexcept;
	~Ring();

	// Polls readable while records wait.
	int fd() const;
	// Hands over all that waits; `take` sees each record while it is still in the ring.
	Result<void> drain(const std::function<void(std::span<const std::byte>)>& take);

private:
	struct State;
	explicit Ring(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

}  // namespace sluice::kernel
