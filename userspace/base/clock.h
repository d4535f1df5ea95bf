// Clock: what time it is, as nanoseconds. Passed in wherever time matters, so that tests own it.
//
// mono is CLOCK_MONOTONIC, boot CLOCK_BOOTTIME (it counts suspended time), unix the wall clock. Coarse readings lag by
// at most one tick of the kernel; the packet path judges by the coarse monotonic clock.
#pragma once

#include <cstdint>

namespace sluice {

class Clock {
public:
	virtual ~Clock() = default;

	virtual std::uint64_t mono_ns() const = 0;
	virtual std::uint64_t coarse_mono_ns() const = 0;
	virtual std::uint64_t boot_ns() const = 0;
	virtual std::uint64_t unix_ns() const = 0;
};

class SystemClock final : public Clock {
public:
	std::uint64_t mono_ns() const override;
	std::uint64_t coarse_mono_ns() const override;
	std::uint64_t boot_ns() const override;
	std::uint64_t unix_ns() const override;
};

// Stands still until it is moved. Monotonic and boot time are one.
class ManualClock final : public Clock {
public:
	explicit ManualClock(std::uint64_t mono_ns = 1'000'000'000, std::uint64_t unix_ns = 1'700'000'000'000'000'000)
	    : mono_ns_(mono_ns), unix_ns_(unix_ns)
	{
	}

	std::uint64_t mono_ns() const override { return mono_ns_; }
	std::uint64_t coarse_mono_ns() const override { return mono_ns_; }
	std::uint64_t boot_ns() const override { return mono_ns_; }
	std::uint64_t unix_ns() const override { return unix_ns_; }

	// Time passes on every clock.
	void advance(std::uint64_t ns)
	{
		mono_ns_ += ns;
		unix_ns_ += ns;
	}
	// Somebody sets the wall clock.
	void set_unix(std::uint64_t ns) { unix_ns_ = ns; }

private:
	std::uint64_t mono_ns_;
	std::uint64_t unix_ns_;
};

}  // namespace sluice
