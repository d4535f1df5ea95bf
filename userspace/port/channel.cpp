#include "port/channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include <boost/asio/local/stream_protocol.hpp>

#include "base/file.h"
#include "port/descriptors.h"
#include "port/frame.h"
#include "port/messages.h"

namespace sluice::port {
namespace {

namespace asio = boost::asio;
using stream_protocol = asio::local::stream_protocol;

constexpr std::size_t kPiece = 64u << 10;

struct Outgoing {
	std::string frame;
	std::size_t sent = 0;
	std::vector<Fd> descriptors;  // go with the first byte
};

}  // namespace

struct Channel::State : std::enable_shared_from_this<State> {
	State(asio::io_context& loop, Fd fd, Limits given, Events heard)
	    : socket(loop), limits(given), events(std::move(heard)), reader(given.incoming)
	{
		socket.assign(stream_protocol(), fd.release());
		socket.non_blocking(true);
	}

	void await_input();
	void read();
	void deliver();
	void await_room();
	void write();
	void end(Error error);
	void close();

	stream_protocol::socket socket;
	Limits limits;
	Events events;
	FrameReader reader;
	std::deque<Fd> descriptors;
	std::deque<Outgoing> queue;
	std::size_t waiting = 0;
	bool writing = false;
	bool open = true;
};

void Channel::State::close()
{
	open = false;
	boost::system::error_code ignored;
	socket.close(ignored);
	queue.clear();
	descriptors.clear();
}

void Channel::State::end(Error error)
{
	if (!open)
		return;
	close();
	events.ended(std::move(error));
}

void Channel::State::await_input()
{
	socket.async_wait(stream_protocol::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
		if (!error && self->open)
			self->read();
	});
}

void Channel::State::read()
{
	std::array<char, kPiece> piece;
	auto received = receive(socket.native_handle(), piece, limits.descriptors);
	if (!received)
		return end(std::move(received).error());
	if (received->ended)
		return end(Error(ErrorCode::kUnreachable, "the other side closed the channel"));
	for (Fd& descriptor : received->descriptors)
		descriptors.push_back(std::move(descriptor));
	if (descriptors.size() > limits.descriptors)
		return end(Error(ErrorCode::kInvalid, "more descriptors than messages that take them"));
	reader.feed({piece.data(), received->bytes});
	deliver();
	if (open)
		await_input();
}

void Channel::State::deliver()
{
	while (open) {
		auto payload = reader.next();
		if (!payload)
			return end(std::move(payload).error());
		if (!*payload)
			return;
		events.message(*std::move(*payload));
	}
}

void Channel::State::await_room()
{
	writing = true;
	socket.async_wait(stream_protocol::socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
		self->writing = false;
		if (!error && self->open)
			self->write();
	});
}

void Channel::State::write()
{
	while (!queue.empty()) {
		Outgoing& next = queue.front();
		const auto sent = transmit(socket.native_handle(), std::string_view(next.frame).substr(next.sent), next.descriptors);
		if (!sent)
			return end(sent.error());
		if (*sent == 0)
			return await_room();
		next.descriptors.clear();
		next.sent += *sent;
		waiting -= *sent;
		if (next.sent == next.frame.size())
			queue.pop_front();
	}
}

Channel::Limits Channel::of_daemon()
{
	return {.incoming = kMostBytesToDaemon, .waiting = 2 * kMostBytesToPort, .descriptors = 0};
}

Channel::Limits Channel::of_port()
{
	return {.incoming = kMostBytesToPort, .waiting = 4u << 20, .descriptors = 4 * kMostDescriptors};
}

Channel::Channel(asio::io_context& loop, Fd socket, Limits limits, Events events)
    : state_(std::make_shared<State>(loop, std::move(socket), limits, std::move(events)))
{
}

Channel::~Channel()
{
	close();
}

void Channel::start()
{
	state_->await_input();
}

Result<void> Channel::send(const std::string& payload, std::vector<Fd> descriptors)
{
	if (!state_->open)
		return Error(ErrorCode::kUnreachable, "the channel is closed");
	if (payload.empty() || payload.size() > kMostBytesToPort)
		return Error(ErrorCode::kInvalid, "a message of " + std::to_string(payload.size()) + " bytes; from 1 to " + std::to_string(kMostBytesToPort));
	if (state_->waiting > state_->limits.waiting)
		return Error(ErrorCode::kExhausted, std::to_string(state_->waiting) + " bytes wait already: the other side does not read");
	state_->queue.push_back({framed(payload), 0, std::move(descriptors)});
	state_->waiting += state_->queue.back().frame.size();
	// By way of the loop, so that `ended` is never called from within this.
	if (!state_->writing)
		state_->await_room();
	return {};
}

std::vector<Fd> Channel::take_descriptors(std::size_t count)
{
	std::vector<Fd> taken;
	for (; taken.size() < count && !state_->descriptors.empty(); state_->descriptors.pop_front())
		taken.push_back(std::move(state_->descriptors.front()));
	return taken;
}

void Channel::close()
{
	state_->close();
}

}  // namespace sluice::port
