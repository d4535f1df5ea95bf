#include "lab/flood.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <pthread.h>
#include <endian.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/fd.h"
#include "base/file.h"
#include "bpf/flood_shape.h"
#include "flood.skel.h"
#include "lab/wire.h"

namespace sluice::lab {

namespace {

// Frames of one test run call. A call costs some 25 ms before its first frame, whatever their number; between calls
// stop() is looked at.
constexpr std::uint32_t kRun = 1u << 19;
// A known number of frames goes out in as few calls as this allows, so that what is measured is frames.
constexpr std::uint32_t kLongestRun = 1u << 24;
// Calls a second of a flood with a pace. Fast ones keep it in the kernel, frame by frame, and would lose it between calls;
// slow ones send what is due, and wait.
constexpr std::uint64_t kFastRunsPerSecond = 3;
constexpr std::uint64_t kSlowRunsPerSecond = 10;

// 0: the pace is not kept in the kernel.
std::uint32_t interval_ns(const FloodShape& shape)
{
	if (!shape.packets_per_second)
		return 0;
	const std::uint64_t interval = 1'000'000'000 / std::max<std::uint64_t>(1, *shape.packets_per_second);
	return interval <= FLOOD_LONGEST_INTERVAL_NS ? static_cast<std::uint32_t>(interval) : 0;
}
constexpr std::uint32_t kBatch = 64;

using Clock = std::chrono::steady_clock;

void clear(std::vector<std::uint8_t>& bytes, std::uint32_t at, std::size_t size)
{
	if (at != 0)
		std::memset(bytes.data() + at, 0, size);
}

// The frame without what the generator fills in, and the sums over the rest.
flood_shape to_program(const FloodShape& shape, FrameBytes frame, std::uint32_t interface_index)
{
	flood_shape made{};
	std::uint32_t first = 0;
	std::memcpy(&first, frame.bytes.data() + frame.source_at, sizeof(first));
	clear(frame.bytes, frame.source_at, 4);
	clear(frame.bytes, frame.ip_checksum_at, 2);
	clear(frame.bytes, frame.transport_checksum_at, 2);
	if (shape.vary_port)
		clear(frame.bytes, frame.port_at, 2);
	std::memcpy(made.frame, frame.bytes.data(), std::min<std::size_t>(FLOOD_HEADERS, frame.bytes.size()));
	made.length = std::min<std::uint32_t>(FLOOD_HEADERS, static_cast<std::uint32_t>(frame.bytes.size()));
	made.source_at = frame.source_at;
	made.port_at = shape.vary_port ? frame.port_at : 0;
	made.ip_checksum_at = frame.ip_checksum_at;
	made.ip_sum = ones_sum(frame.bytes.data() + frame.ip_at, frame.ip_checksum_at != 0 ? 20 : 0);
	made.transport_checksum_at = frame.transport_checksum_at;
	made.transport_sum = transport_sum(frame);
	made.sources = shape.sources;
	made.first_source = be32toh(first);
	made.zipf = shape.zipf ? 1 : 0;
	made.interval_ns = interval_ns(shape);
	made.unicast_only = shape.frame.source.is_ipv4() ? 1 : 0;
	made.interface_index = interface_index;
	if (shape.marked) {
		std::memcpy(&first, shape.marked->source.bytes().data() + 12, sizeof(first));
		made.marked_every = shape.marked->every;
		made.marked_source = be32toh(first);
		made.marked_port = shape.marked->port;
	}
	return made;
}

struct Destroy {
	void operator()(flood_bpf* skeleton) const { flood_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<flood_bpf, Destroy>;

Result<Skeleton> load(const flood_shape& shape, std::uint64_t seed)
{
	Skeleton skeleton(flood_bpf__open());
	if (!skeleton)
		return error_of_errno(errno, "open the generator");
	std::memcpy(const_cast<flood_shape*>(&skeleton->rodata->shape), &shape, sizeof(shape));
	skeleton->bss->state = seed;
	if (const int error = flood_bpf__load(skeleton.get()); error != 0)
		return error_of_errno(-error, "load the generator");
	return skeleton;
}

void pin_to(std::thread& thread, unsigned processor)
{
	const auto count = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(processor % count, &set);
	::pthread_setaffinity_np(thread.native_handle(), sizeof(set), &set);
}

}  // namespace

struct Flood::State {
	FloodShape shape;
	std::string space;  // path; empty: where the thread is already
	std::vector<std::uint8_t> bytes;
	Skeleton skeleton;
	std::thread thread;
	std::atomic<bool> stopping = false;
	std::atomic<std::uint64_t> offered = 0;
	std::atomic<int> failure = 0;
	std::uint64_t wanted = 0;

	~State() { join(); }
	void join()
	{
		stopping = true;
		if (thread.joinable())
			thread.join();
	}
	void send();
	bool go_there();
	bool send_once(std::uint32_t packets);
	std::uint32_t next_run() const;
	void keep_pace(Clock::time_point started) const;
};

bool Flood::State::send_once(std::uint32_t packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes.data(),
		    .data_size_in = static_cast<__u32>(bytes.size()), .repeat = static_cast<int>(packets),
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = std::min(packets, kBatch));
	const int error = bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.flood_xdp), &options);
	if (error == 0)
		offered += packets;
	else if (error != -EINTR)
		failure = -error;
	return error == 0 || error == -EINTR;
}

std::uint32_t Flood::State::next_run() const
{
	std::uint64_t run = wanted != 0 ? kLongestRun : kRun;
	if (shape.packets_per_second) {
		const std::uint64_t runs = interval_ns(shape) != 0 ? kFastRunsPerSecond : kSlowRunsPerSecond;
		run = std::clamp<std::uint64_t>(*shape.packets_per_second / runs, 1, kRun);
	}
	return static_cast<std::uint32_t>(wanted != 0 ? std::min(run, wanted - offered) : run);
}

void Flood::State::keep_pace(Clock::time_point started) const
{
	if (!shape.packets_per_second || interval_ns(shape) != 0)
		return;
	const double due = static_cast<double>(offered) / static_cast<double>(*shape.packets_per_second);
	std::this_thread::sleep_until(started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(due)));
}

bool Flood::State::go_there()
{
	if (space.empty())
		return true;
	const Fd there(::open(space.c_str(), O_RDONLY | O_CLOEXEC));
	if (::setns(there.get(), CLONE_NEWNET) == 0)
		return true;
	failure = errno;
	return false;
}

void Flood::State::send()
{
	if (!go_there())
		return;
	const Clock::time_point started = Clock::now();
	while (!stopping && (wanted == 0 || offered < wanted)) {
		if (!send_once(next_run()))
			return;
		keep_pace(started);
	}
}

Flood::Flood(std::unique_ptr<State> state) : state_(std::move(state)) {}
Flood::Flood(Flood&&) noexcept = default;
Flood& Flood::operator=(Flood&&) noexcept = default;
Flood::~Flood() = default;

Result<Flood> Flood::open(const NetworkNamespace& space, const std::string& interface, const FloodShape& shape)
{
	std::optional<Flood> flood;
	SLUICE_TRY(space.inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(flood, open_here(interface, shape));
		return {};
	}));
	flood->state_->space = space.path();
	return std::move(*flood);
}

Result<Flood> Flood::open_here(const std::string& interface, const FloodShape& shape)
{
	const FrameBytes frame = to_bytes(shape.frame);
	SLUICE_TRY_ASSIGN(const std::uint32_t index, interface_index(interface));
	auto state = std::make_unique<State>();
	state->shape = shape;
	state->bytes = frame.bytes;
	SLUICE_TRY_ASSIGN(state->skeleton, load(to_program(shape, frame, index), shape.seed));
	return Flood(std::move(state));
}

Result<void> Flood::start(std::uint64_t packets)
{
	SLUICE_TRY(stop());
	state_->stopping = false;
	state_->offered = 0;
	state_->wanted = packets;
	state_->thread = std::thread([state = state_.get()] { state->send(); });
	pin_to(state_->thread, state_->shape.processor);
	return {};
}

Result<void> Flood::stop()
{
	state_->stopping = true;
	return finish();
}

Result<void> Flood::finish()
{
	if (state_->thread.joinable())
		state_->thread.join();
	if (const int error = state_->failure.exchange(0); error != 0)
		return error_of_errno(error, "the generator's test run");
	return {};
}

Result<double> Flood::judge(int program_fd, std::uint32_t packets)
{
	const std::uint32_t slot = 0;
	const int map = bpf_map__fd(state_->skeleton->maps.judged);
	if (::bpf_map_update_elem(map, &slot, &program_fd, BPF_ANY) != 0)
		return error_of_errno(errno, "put the program behind the generator");
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = state_->bytes.data(),
		    .data_size_in = static_cast<__u32>(state_->bytes.size()), .repeat = static_cast<int>(packets));
	const int error = ::bpf_prog_test_run_opts(bpf_program__fd(state_->skeleton->progs.flood_judged), &options);
	(void)::bpf_map_delete_elem(map, &slot);
	if (error != 0)
		return error_of_errno(-error, "the generator's test run");
	return static_cast<double>(options.duration);
}

std::uint64_t Flood::offered() const
{
	return state_->offered;
}

std::uint64_t Flood::marked() const
{
	return state_->skeleton->bss->marked;
}

}  // namespace sluice::lab
