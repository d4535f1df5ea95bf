// BareProgram: an XDP program of hardly an instruction on an interface: what no gate can be faster than, and at the far end
// of a link what a veth wants before it takes frames that an XDP program sends back. It goes with the object.
#pragma once

#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "lab/network_namespace.h"
#include "net/address.h"

struct floor_bpf;
struct bpf_program;

namespace sluice::lab {

class BareProgram {
public:
	enum class Verdict { kDrop, kPass };

	// On kInterface of the namespace, in native mode.
	static Result<BareProgram> attach(NetworkNamespace& where, Verdict verdict);
	// The same, of one that passes what is for the first address's /16 or the second's /48, and what is no IP, and drops
	// everything else. Requires IPv4, IPv6.
	static Result<BareProgram> attach_for(NetworkNamespace& where, const net::Address& ipv4, const net::Address& ipv6);

	int program_fd() const { return program_; }

private:
	struct Destroy {
		void operator()(floor_bpf* skeleton) const;
	};

	static Result<BareProgram> open();
	Result<void> put_on(NetworkNamespace& where, const bpf_program* program);

	std::unique_ptr<floor_bpf, Destroy> skeleton_;
	Fd link_;
	int program_ = -1;
};

}  // namespace sluice::lab
