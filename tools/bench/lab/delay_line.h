// DelayLine: a long way to the gate. What clients of 10.8.0.0/16, who live in the world, send to the gate arrives that much
// later; what they are sent comes at once, so that the delay is their round trip. In userspace, since a kernel need not have
// a queue that delays: it is meant for acknowledgements and requests, not for a flood.
#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "lab/wire.h"

namespace sluice::lab {

class DelayLine {
public:
	// The wire outlives the object. IPv4 alone.
	static Result<std::unique_ptr<DelayLine>> open(const Wire& wire, std::chrono::milliseconds delay);
	DelayLine(const DelayLine&) = delete;
	DelayLine& operator=(const DelayLine&) = delete;
	~DelayLine();

private:
	DelayLine(Fd tunnel, Fd link, Fd end, std::chrono::milliseconds delay);
	void carry();

	Fd tunnel_;
	Fd link_;
	Fd end_;  // an eventfd: readable once it is over
	std::chrono::milliseconds delay_;
	std::thread thread_;
};

}  // namespace sluice::lab
