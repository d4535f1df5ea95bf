#include "kernel/ring.h"

#include <cerrno>

#include <bpf/libbpf.h>

#include "base/file.h"
#include "kernel/verifier_log.h"

namespace sluice::kernel {

struct Ring::State {
	struct Free {
		void operator()(ring_buffer* ring) const { ::ring_buffer__free(ring); }
	};
	std::unique_ptr<ring_buffer, Free> ring;
	const std::function<void(std::span<const std::byte>)>* take = nullptr;

	static int on_record(void* state, void* data, std::size_t size)
	{
		const auto* self = static_cast<const State*>(state);
		(*self->take)(std::span(static_cast<const std::byte*>(data), size));
		return 0;
	}
};

Ring::Ring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ring::Ring(Ring&&) noexcept = default;
Ring& Ring::operator=(Ring&&) noexcept = default;
Ring::~Ring() = default;

Result<Ring> Ring::open(int map)
{
	const LogCapture log;
	auto state = std::make_unique<State>();
	state->ring.reset(::ring_buffer__new(map, State::on_record, state.get(), nullptr));
	if (!state->ring)
		return error_of_errno(errno, "open the ring of events");
	return Ring(std::move(state));
}

int Ring::fd() const
{
	return ::ring_buffer__epoll_fd(state_->ring.get());
}

Result<void> Ring::drain(const std::function<void(std::span<const std::byte>)>& take)
{
	state_->take = &take;
	const int code = ::ring_buffer__consume(state_->ring.get());
	state_->take = nullptr;
	if (code < 0)
		return error_of_errno(-code, "read the ring of events");
	return {};
}

}  // namespace sluice::kernel
