// Room: how many there may be at once, and a place for each for as long as it holds it. The loop's one thread.
#pragma once

#include <cstddef>
#include <memory>

namespace sluice::port {

class Room {
public:
	explicit Room(std::size_t most) : most_(most) {}

	using Place = std::shared_ptr<void>;
	// Null: it is full. A place may outlive the room.
	Place enter()
	{
		if (*taken_ >= most_)
			return nullptr;
		++*taken_;
		return Place(taken_.get(), [taken = taken_](void*) { --*taken; });
	}

private:
	std::size_t most_;
	std::shared_ptr<std::size_t> taken_ = std::make_shared<std::size_t>(0);
};

}  // namespace sluice::port
