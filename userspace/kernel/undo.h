// Undo: what to do, last step first, unless everything succeeded.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace sluice::kernel {

class Undo {
public:
	Undo() = default;
	Undo(const Undo&) = delete;
	Undo& operator=(const Undo&) = delete;
	~Undo()
	{
		for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
			(*step)();
	}

	// Best effort: `step` must not fail loudly.
	void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
	// Everything succeeded: nothing is undone.
	void keep() { steps_.clear(); }

private:
	std::vector<std::function<void()>> steps_;
};

}  // namespace sluice::kernel
