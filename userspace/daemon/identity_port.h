// IdentityPort: the daemon's side of the identity port: it keeps the process running, gives it its setup, asks Leasing for
// what it proved, and says why it is not there when it is not.
//
// The process reads what strangers send, and is not believed beyond its setup (port/plausible.h): one that claims more is
// ended. It is started again after a pause that grows. What packets are judged by does not depend on it: leases that stand
// run to their end. The event loop's thread only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/gateway_listener.h"
#include "daemon/leasing.h"
#include "daemon/port_listeners.h"
#include "daemon/port_process.h"
#include "net/endpoint.h"
#include "port/channel.h"
#include "port/messages.h"

namespace sluice::daemon {

class IdentityPort {
public:
	static constexpr auto kShortestPause = std::chrono::milliseconds(250);
	static constexpr auto kLongestPause = std::chrono::seconds(30);

	// `leasing` outlives the object. `program`: the path of sluice-identity.
	IdentityPort(boost::asio::io_context& loop, Leasing& leasing, std::string program);
	~IdentityPort();

	// What the running policy says now; none: there is neither a port nor a gateway, and the process ends.
	struct Wanted {
		port::Setup setup;
		std::vector<net::Endpoint> listen;
		std::vector<std::string> problems;  // of the policy on this host, for warnings()
	};
	void follow(std::optional<Wanted> wanted);
	void stop() { follow({}); }
	// Listens where it could not, once it can. From time to time.
	void mend();

	bool wanted() const { return wanted_.has_value(); }
	// Whether it is reached and works by the setup that it should.
	bool degraded() const;
	std::vector<std::string> warnings() const;

private:
	void listen();
	void start();
	void start_later();
	void give_up(const std::string& why);
	void send_setup();
	void take(const std::string& payload);
	void take(const port::Ready& ready);
	void take(const port::SetupRefused& refused);
	void take(const port::LeaseRequest& request);
	void take(const port::RefusalReport& report);
	void take(const port::EventReport& report);
	template <typename Claim>
	Result<void> check(const Claim& claim) const;
	void answer(const port::ToPort& answer);

	boost::asio::io_context& loop_;
	Leasing& leasing_;
	std::string program_;
	PortListeners listeners_;
	GatewayListener gateways_;
	std::vector<std::string> unreached_;      // where it does not listen
	std::optional<Wanted> wanted_;
	std::optional<port::Setup> in_force_;     // the last that it took
	std::uint64_t serial_ = 0;
	std::vector<std::string> problems_;       // of the setup in force
	std::string trouble_;                     // why there is no process, or why it works by another setup
	std::unique_ptr<PortProcess> process_;
	std::unique_ptr<port::Channel> channel_;
	boost::asio::steady_timer pause_;
	std::chrono::milliseconds next_pause_ = kShortestPause;
};

}  // namespace sluice::daemon
