// FeedWatch: tells when a list file becomes stale, is held back, or is as it should be again; and has the policy made anew
// when entries have to cease.
//
// The event loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/deadline.h"
#include "daemon/feeds.h"
#include "daemon/journal.h"

namespace sluice::daemon {

class FeedWatch {
public:
	// `reload` is called from the loop. All of it outlives the object.
	FeedWatch(boost::asio::io_context& loop, const Clock& clock, Journal& journal, std::function<void()> reload)
	    : clock_(clock), journal_(journal), reload_(std::move(reload)), deadline_(loop, clock, [this] { look(); })
	{
	}

	// These from now on, in place of those before.
	void follow(std::vector<Feed> feeds);

private:
	void look();
	void tell();
	void arm();

	const Clock& clock_;
	Journal& journal_;
	std::function<void()> reload_;
	Deadline deadline_;
	std::vector<Feed> feeds_;
	std::map<std::string, std::string> told_;  // path to the state that was told last; none: fresh
};

}  // namespace sluice::daemon
