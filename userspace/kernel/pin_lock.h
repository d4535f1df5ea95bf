// PinLock: at most one daemon on a set of pins.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::kernel {

class PinLock {
public:
	// Takes the lock of the pins directory, which must exist; it falls with the object or the process. Error kExists when
	// another process holds it.
	static Result<PinLock> take(const std::string& pins);

private:
	explicit PinLock(Fd fd) : fd_(std::move(fd)) {}
	Fd fd_;
};

}  // namespace sluice::kernel
