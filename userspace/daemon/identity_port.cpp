#include "daemon/identity_port.h"

#include <algorithm>

#include "base/log.h"
#include "port/plausible.h"

namespace sluice::daemon {
namespace {

using identity::Refusal;
using identity::Refused;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kRetrySeconds = 10;
constexpr unsigned kIpv6PrefixBits = 64;

// IPv6 hosts change their addresses within a /64; an IPv4 host has no prefix but its address.
datapath::Binding binding_of(const port::LeaseRequest& request)
{
	if (const auto* flow = std::get_if<net::Flow>(&request.at))
		return *flow;
	const auto& [peer, bind] = std::get<port::Visitor>(request.at);
	const bool whole = bind == port::Bind::kPrefix && !peer.is_ipv4();
	return net::Prefix::of(peer, whole ? kIpv6PrefixBits : peer.bits());
}

std::vector<Fd> appended(std::vector<Fd> sockets, Fd socket)
{
	sockets.push_back(std::move(socket));
	return sockets;
}

port::Denied denied(const Refused& refused)
{
	port::Denied out{port::DenialKind::kForbidden, std::string(name_of(refused.refusal)), std::string(sentence_of(refused.refusal)), 0};
	switch (refused.refusal) {
	case Refusal::kIdentityQuota:
	case Refusal::kAuthorityQuota:
		out.kind = port::DenialKind::kTooMany;
		out.retry_after_seconds = kRetrySeconds;
		break;
	case Refusal::kExhausted:
	case Refusal::kInternal:
		out.kind = port::DenialKind::kUnavailable;
		out.retry_after_seconds = kRetrySeconds;
		break;
	default:
		break;
	}
	return out;
}

}  // namespace

IdentityPort::IdentityPort(boost::asio::io_context& loop, Leasing& leasing, std::string program)
    : loop_(loop), leasing_(leasing), program_(std::move(program)), pause_(loop)
{
	leasing_.when_revoked([this] {
		if (channel_ && wanted_ && wanted_->setup.authorization)
			answer(port::AskAgain{});
	});
}

IdentityPort::~IdentityPort()
{
	leasing_.when_revoked({});
}

void IdentityPort::follow(std::optional<Wanted> wanted)
{
	wanted_ = std::move(wanted);
	if (!wanted_) {
		pause_.cancel();
		channel_.reset();
		process_.reset();
		in_force_.reset();
		unreached_ = listeners_.listen_at({});
		gateways_.close();
		problems_.clear();
		trouble_.clear();
		return;
	}
	listen();
	for (const std::string& problem : unreached_)
		spdlog::error("{}", problem);
	for (const std::string& problem : wanted_->problems)
		spdlog::warn("{}", problem);
	if (channel_)
		send_setup();
	else
		start();
}

void IdentityPort::mend()
{
	if (!wanted_ || unreached_.empty())
		return;
	const std::vector<std::string> before = listeners_.names();
	const bool had_gateways = gateways_.is_open();
	listen();
	if ((listeners_.names() != before || gateways_.is_open() != had_gateways) && channel_)
		send_setup();
}

void IdentityPort::listen()
{
	unreached_ = listeners_.listen_at(wanted_->listen);
	if (!wanted_->setup.authorization)
		gateways_.close();
	else if (auto problem = gateways_.listen_at(wanted_->setup.authorization->socket))
		unreached_.push_back(*std::move(problem));
}

// ---- the process ----

void IdentityPort::start()
{
	auto started = PortProcess::start(loop_, program_, [this](const std::string& how) { give_up("its process " + how); });
	if (!started) {
		give_up(started.error().sentence());
		return;
	}
	process_ = std::move(started->process);
	channel_ = std::make_unique<port::Channel>(loop_, std::move(started->channel), port::Channel::of_daemon(),
						   port::Channel::Events{[this](const std::string& payload) { take(payload); },
									 [this](const Error& error) { give_up(error.sentence()); }});
	channel_->start();
	send_setup();
}

// What stands goes on without it; who waits for an answer gets none, and asks again.
void IdentityPort::give_up(const std::string& why)
{
	channel_.reset();
	process_.reset();
	in_force_.reset();
	problems_.clear();
	if (!wanted_)
		return;
	trouble_ = why;
	spdlog::error("identity port: {}", why);
	start_later();
}

void IdentityPort::start_later()
{
	pause_.expires_after(next_pause_);
	next_pause_ = std::min<std::chrono::milliseconds>(next_pause_ * 2, kLongestPause);
	pause_.async_wait([this](const boost::system::error_code& error) {
		if (!error && wanted_ && !channel_)
			start();
	});
}

void IdentityPort::send_setup()
{
	auto sockets = listeners_.copies();
	if (sockets && gateways_.is_open()) {
		auto copy = gateways_.copy();
		sockets = copy ? appended(*std::move(sockets), *std::move(copy)) : Result<std::vector<Fd>>(copy.error());
	}
	if (!sockets) {
		trouble_ = sockets.error().sentence();
		return;
	}
	wanted_->setup.serial = ++serial_;
	wanted_->setup.listeners = listeners_.names();
	port::Setup setup = wanted_->setup;
	if (!gateways_.is_open())
		setup.authorization.reset();
	if (const auto sent = channel_->send(port::encode(port::ToPort(std::move(setup))), std::move(*sockets)); !sent)
		give_up("its setup: " + sent.error().sentence());
}

// ---- what it says ----

void IdentityPort::take(const std::string& payload)
{
	const auto message = port::parse_to_daemon(payload);
	if (!message)
		give_up("it said what no port says: " + message.error().sentence());
	else
		std::visit([this](const auto& each) { take(each); }, *message);
}

void IdentityPort::take(const port::Ready& ready)
{
	if (!wanted_ || ready.serial != wanted_->setup.serial)
		return;
	const bool is_first = !in_force_;
	in_force_ = wanted_->setup;
	problems_ = ready.problems;
	trouble_.clear();
	next_pause_ = kShortestPause;
	for (const std::string& problem : problems_)
		spdlog::warn("identity port: {}", problem);
	if (is_first)
		spdlog::info("identity port: process {} works at {} endpoints", process_->pid(), in_force_->listeners.size());
}

void IdentityPort::take(const port::SetupRefused& refused)
{
	if (!wanted_ || refused.serial != wanted_->setup.serial)
		return;
	trouble_ = "it cannot work by the running policy: " + refused.why;
	spdlog::error("identity port: {}", trouble_);
}

// Between a setup that was sent and its answer, requests may come of either.
template <typename Claim>
Result<void> IdentityPort::check(const Claim& claim) const
{
	if (in_force_ && port::check_plausible(claim, *in_force_))
		return {};
	return port::check_plausible(claim, wanted_->setup);
}

void IdentityPort::take(const port::LeaseRequest& request)
{
	if (const auto checked = check(request); !checked) {
		give_up("it claims what its setup cannot yield: " + checked.error().sentence());
		return;
	}
	const datapath::Binding binding = binding_of(request);
	const auto granted = leasing_.grant(request.identity, binding);
	if (granted)
		answer(port::LeaseAnswer{request.id, port::Granted{datapath::to_string(binding), std::max<std::uint64_t>(granted->length_ns / kSecond, 1), granted->renewed}});
	else
		answer(port::LeaseAnswer{request.id, denied(granted.error())});
}

void IdentityPort::take(const port::EventReport& report)
{
	if (const auto checked = check(report.event); !checked) {
		give_up("it claims what its setup cannot yield: " + checked.error().sentence());
		return;
	}
	const auto taken = leasing_.take_event(report.event);
	if (!taken)
		spdlog::error("a security event of {}: {}", report.event.issuer, taken.error().sentence());
	answer(port::EventAnswer{report.id, taken.has_value()});
}

void IdentityPort::answer(const port::ToPort& answer)
{
	if (const auto sent = channel_->send(port::encode(answer)); !sent)
		give_up("an answer: " + sent.error().sentence());
}

void IdentityPort::take(const port::RefusalReport& report)
{
	leasing_.turned_away({report.reason, report.detail, report.peer, report.thumbprint, report.unreported});
}

// ---- what is said of it ----

bool IdentityPort::degraded() const
{
	return wanted_ && (!trouble_.empty() || !unreached_.empty());
}

std::vector<std::string> IdentityPort::warnings() const
{
	std::vector<std::string> warnings = unreached_;
	if (wanted_)
		warnings.insert(warnings.end(), wanted_->problems.begin(), wanted_->problems.end());
	if (wanted_ && !trouble_.empty())
		warnings.push_back("the identity port: " + trouble_ + (in_force_ ? "; it goes on as before" : "; leases that stand run to their end, and nobody gets another"));
	for (const std::string& problem : problems_)
		warnings.push_back("the identity port: " + problem);
	return warnings;
}

}  // namespace sluice::daemon
