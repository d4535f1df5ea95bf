// BareProgram: an XDP program of one instruction on an interface: what no gate can be faster than, and at the far end of a
// link what a veth wants before it takes frames that an XDP program sends back. It goes with the object.
#pragma once

#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "lab/network_namespace.h"

struct floor_bpf;

namespace sluice::lab {

class BareProgram {
public:
	enum class Verdict { kDrop, kPass };

	// On kInterface of the namespace, in native mode.
	static Result<BareProgram> attach(NetworkNamespace& where, Verdict verdict);

	int program_fd() const { return program_; }

private:
	struct Destroy {
		void operator()(floor_bpf* skeleton) const;
	};

	std::unique_ptr<floor_bpf, Destroy> skeleton_;
	Fd link_;
	int program_ = -1;
};

}  // namespace sluice::lab
