// Comparison: a policy file beside the policy that runs. Files are read and compiled on a thread of their own, one
// comparison at a time; nothing that runs is touched.
//
// The event loop's thread only.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/result.h"
#include "control/diff_messages.h"
#include "daemon/policies.h"

namespace sluice::daemon {

class Comparison {
public:
	using Reply = std::function<void(const Result<control::DiffReply>&)>;

	// Both outlive the object.
	Comparison(boost::asio::io_context& loop, const Policies& policies) : loop_(loop), policies_(policies) {}
	~Comparison();

	// Error kExists while another one is made, kNotFound when nobody knows what the running policy says.
	void compare(const control::DiffRequest& request, Reply reply);

private:
	boost::asio::io_context& loop_;
	const Policies& policies_;
	bool busy_ = false;
	std::unique_ptr<boost::asio::thread_pool> worker_;  // made with the first: privileges are shed before
	std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::daemon
