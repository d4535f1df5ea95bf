// Desk: what every visit needs of the port: who else is there, by what to judge, whom to ask, whom to tell.
//
// The loop's one thread, but for the workers, who verify credentials and nothing else. For gateways, who ask for the same
// client again and again, it remembers what was found and what was granted, and judges nothing twice at once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/clock.h"
#include "identity/cache.h"
#include "port/bound_flows.h"
#include "port/judge.h"
#include "port/reason.h"
#include "port/report_limit.h"
#include "port/request_limiter.h"
#include "port/room.h"
#include "port/slot.h"
#include "port/tls.h"
#include "port/waiting.h"

namespace sluice::port {

struct Terms {
	Waiting::Limits waiting;
	ReportLimit::Terms reports;                   // of each reason
	std::size_t judged_at_once = 256;             // credentials that the workers have or wait for
	std::chrono::milliseconds arrival{2000};      // for handshake and request together
	std::chrono::milliseconds answer{2000};       // for the daemon
	std::chrono::milliseconds farewell{1000};     // for the answer to be taken
	std::size_t gateways = 512;                   // connections of those that policy names
	std::size_t strangers = 32;                   // connections of other processes of the host
	std::chrono::seconds idle{75};                // of a gateway's connection, between two requests
	std::size_t bound_flows = 100'000;            // that are remembered
	LimitSecret secret{};                         // of the hash of limits' keys: random, of this process
};

class Desk {
public:
	// False: it cannot be said now.
	using Tell = std::function<bool(const ToDaemon& message)>;

	// All of it outlives the desk, but for what a loop that is destroyed still holds.
	Desk(asio::io_context& loop, asio::thread_pool& workers, const Clock& clock, Terms terms, Tell tell)
	    : loop_(loop), workers_(workers), clock_(clock), terms_(terms), tell_(std::move(tell)), waiting_(terms.waiting),
	      bound_flows_(terms.bound_flows), limiters_(terms.secret), gateways_(terms.gateways), strangers_(terms.strangers)
	{
	}

	void work_by(std::shared_ptr<const Judge> judge, std::shared_ptr<asio::ssl::context> tls)
	{
		judge_ = std::move(judge);
		tls_ = std::move(tls);
		epoch_++;
		bound_flows_.forget_all();
		limiters_.follow(authorization() == nullptr ? std::vector<RequestLimit>() : authorization()->limits, clock_.mono_ns());
	}
	const std::shared_ptr<asio::ssl::context>& tls() const { return tls_; }
	const Terms& terms() const { return terms_; }
	asio::io_context& loop() const { return loop_; }

	// A visit begins: its number, or nothing where there is no room, which is reported. `make_room` is called when another
	// needs the place.
	std::optional<Waiting::Id> enter(const net::Address& peer, std::function<void()> make_room);
	void move_to(Waiting::Id visit, Stage stage) { waiting_.move_to(visit, stage); }
	void leave(Waiting::Id visit);
	std::size_t visits() const { return waiting_.size(); }

	struct Judgement {
		identity::Checked<identity::Identity> outcome;
		std::optional<identity::Thumbprint> thumbprint;
		identity::Demand demand;  // by which it was judged
	};
	// Of a visitor. Nothing: too many are being judged.
	asio::awaitable<std::optional<Judgement>> judge(identity::Credential credential) { return judge(std::move(credential), judge_->demand); }
	// The same of a security event token.
	asio::awaitable<std::optional<identity::Checked<identity::SecurityEvent>>> judge_event(std::string token);
	bool takes_events() const { return judge_ && !judge_->transmitters.empty(); }
	// Nothing: the daemon did not answer in time.
	asio::awaitable<std::optional<LeaseAnswer>> ask(identity::Identity identity, std::variant<Visitor, net::Flow> at);
	void answered(LeaseAnswer answer);
	// False: not now.
	asio::awaitable<bool> tell_event(identity::SecurityEvent event);
	void answered(const EventAnswer& answer);

	// Who may ask for others; null: there is nobody.
	const Authorization* authorization() const { return judge_ && judge_->authorization ? &*judge_->authorization : nullptr; }
	// Of a gateway's client: what was found before, while it holds. Nothing: too many are being judged. Requires authorization().
	asio::awaitable<std::optional<Judgement>> judge_again(identity::Credential credential, identity::CacheKey key);
	bool is_bound(const net::Flow& flow, const BoundFlows::Holder& holder) const { return bound_flows_.stands(flow, holder, clock_.mono_ns()); }
	void bound(const net::Flow& flow, BoundFlows::Holder holder, std::uint64_t seconds)
	{
		bound_flows_.put(flow, std::move(holder), clock_.mono_ns(), seconds);
	}
	// One more request with such keys, in the order of the authorization's limits.
	std::vector<RequestLimiters::Said> charge(const std::vector<std::optional<std::string>>& keys) { return limiters_.charge(keys, clock_.mono_ns()); }
	// The next request for each flow asks the daemon.
	void ask_again() { bound_flows_.forget_all(); }

	Room& gateways() { return gateways_; }
	Room& strangers() { return strangers_; }

	void report(std::string_view reason, std::string detail, const std::optional<net::Address>& peer,
		    const std::optional<identity::Thumbprint>& thumbprint = {});

private:
	using Flight = std::vector<std::shared_ptr<Slot<std::optional<Judgement>>>>;  // who waits for one judgement

	asio::awaitable<std::optional<Judgement>> judge(identity::Credential credential, identity::Demand demand);
	// What `work` makes of it on a worker; it is bounded by the caps of what it looks at, so that it always ends.
	template <typename T, typename Work>
	asio::awaitable<std::optional<T>> on_worker(Work work);

	asio::io_context& loop_;
	asio::thread_pool& workers_;
	const Clock& clock_;
	Terms terms_;
	Tell tell_;
	std::shared_ptr<const Judge> judge_;
	std::shared_ptr<asio::ssl::context> tls_;
	Waiting waiting_;
	std::map<Waiting::Id, std::function<void()>> make_room_;
	std::map<std::uint64_t, std::shared_ptr<Slot<LeaseAnswer>>> asked_;
	std::map<std::uint64_t, std::shared_ptr<Slot<EventAnswer>>> told_;
	std::map<std::string_view, ReportLimit> limits_;  // by reason: a flood of one hides no other
	std::size_t judging_ = 0;
	std::uint64_t next_request_ = 1;
	std::uint64_t epoch_ = 0;  // of the judge
	identity::Cache cache_{{}};
	std::map<std::pair<std::uint64_t, identity::CacheKey>, Flight> flights_;  // by epoch and credential
	BoundFlows bound_flows_;
	RequestLimiters limiters_;
	Room gateways_, strangers_;
};

}  // namespace sluice::port
