// CookieLinks: what takes SYN cookies back (bpf/cookie.bpf.c), on the ingress of every guarded interface, by pinned links
// that outlive the daemon. Whether it stands there is a word in the map `cookies`: as long as it does not, the program on the
// wire sends none, and past the unproved budget SYNs are dropped.
//
// Nothing here makes anything else fail. Thread rule: as Datapath.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/calls.h"
#include "kernel/pins.h"
#include "kernel/state_maps.h"
#include "kernel/xdp_link.h"

namespace sluice::kernel {

class CookieLinks {
public:
	// Adopts what is pinned.
	CookieLinks(Calls& calls, const Pins& pins);

	// One link on each of `guarded` where cookies are `wanted`, none otherwise; then says whether cookies may be sent. What
	// somebody else took away is put back, and noted.
	void settle(const std::vector<XdpLink>& guarded, bool wanted, const StateMaps& state, std::vector<std::string>& notes);
	Result<datapath::Answering> read(const StateMaps& state) const;

private:
	struct Link {
		std::string interface;
		Fd fd;
		bool renewed = false;  // runs this object's program, not that of a daemon before it
	};
	void sweep(const std::vector<XdpLink>& guarded, std::vector<std::string>& notes);
	Result<void> settle_links(const std::vector<XdpLink>& guarded, const StateMaps& state);
	Result<void> attach(const XdpLink& guarded);
	// What takes back has to be of one make with what sends.
	Result<void> renew(Link& link, const StateMaps& state);
	Result<void> load(const StateMaps& state);
	void remove(const Link& link);
	bool stands_on(const Link& link, std::uint32_t interface_index) const;

	Calls* calls_;
	Pins pins_;
	std::vector<Link> links_;
	Fd program_;
	bool wanted_ = false;
	std::string why_not_;  // cookies are wanted and not sent
};

}  // namespace sluice::kernel
