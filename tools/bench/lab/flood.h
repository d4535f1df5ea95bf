// Flood: frames at full speed into a link, from a thread on one processor, made by a kernel program in live-frame test
// runs. What a source is, and what does not vary, the shape says.
//
// Frames that find the link's ring full are lost before the other end: `offered` counts what was made; what arrived, the
// receiving interface or whoever judges there counts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "lab/frame.h"
#include "lab/network_namespace.h"

namespace sluice::lab {

struct FloodShape {
	Frame frame;                 // frame.source is the first source; the others follow it
	std::uint32_t sources = 1;   // 0: any of 2^32; IPv6: as many networks of 64 bits
	bool zipf = false;           // the k-th source sends a share of 1/k, by powers of two; else all send alike
	bool vary_port = true;       // source ports at random
	std::uint64_t seed = 1;
	std::optional<std::uint64_t> packets_per_second;  // none: as fast as it goes
	struct Marked {
		net::Address source;  // IPv4
		std::uint16_t port;   // if vary_port
		std::uint32_t every;  // at least 1
	};
	std::optional<Marked> marked;  // every so many frames one bears this source: an honest one in the midst of them
	unsigned processor = 0;      // modulo what there is
};

class Flood {
public:
	// Loads the generator in `space`, aimed out of `interface`. Sends nothing yet.
	static Result<Flood> open(const NetworkNamespace& space, const std::string& interface, const FloodShape& shape);
	// The same in the namespace that this thread is in.
	static Result<Flood> open_here(const std::string& interface, const FloodShape& shape);
	Flood(Flood&&) noexcept;
	Flood& operator=(Flood&&) noexcept;
	~Flood();  // stops

	// Sends until stop(), or until `packets` are offered; 0: no end. Requires that it does not run.
	Result<void> start(std::uint64_t packets = 0);
	// Waits for the thread; the error that ended it, if one did.
	Result<void> stop();
	// Waits until the number given to start() is offered.
	Result<void> finish();
	std::uint64_t offered() const;
	// Of these, the marked ones; since open().
	std::uint64_t marked() const;

	// The same frames through `program_fd` (an "xdp.frags" program) by test runs, without a link: mean nanoseconds of one,
	// the generator's own included. Requires that the flood does not run.
	Result<double> judge(int program_fd, std::uint32_t packets);

private:
	struct State;
	explicit Flood(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

}  // namespace sluice::lab
