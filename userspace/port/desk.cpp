#include "port/desk.h"

#include <boost/asio/post.hpp>

namespace sluice::port {

using identity::Checked;
using identity::SecurityEvent;

std::optional<Waiting::Id> Desk::enter(const net::Address& peer, std::function<void()> make_room)
{
	const auto admitted = waiting_.admit(peer);
	if (!admitted) {
		report(name_of(Reason::kTooManyWaiting), "turned away at the door", peer);
		return std::nullopt;
	}
	make_room_.emplace(admitted->id, std::move(make_room));
	if (admitted->makes_room)
		make_room_.at(*admitted->makes_room)();
	return admitted->id;
}

void Desk::leave(Waiting::Id visit)
{
	waiting_.leave(visit);
	make_room_.erase(visit);
}

template <typename T, typename Work>
asio::awaitable<std::optional<T>> Desk::on_worker(Work work)
{
	if (judging_ >= terms_.judged_at_once)
		co_return std::nullopt;
	judging_++;
	auto slot = std::make_shared<Slot<T>>(loop_);
	asio::post(workers_, [&loop = loop_, slot, work = std::move(work)] {
		asio::post(loop, [slot, made = work()]() mutable { slot->put(std::move(made)); });
	});
	auto made = co_await slot->wait(std::chrono::hours(1));
	judging_--;
	co_return made;
}

asio::awaitable<std::optional<Desk::Judgement>> Desk::judge(identity::Credential credential, identity::Demand demand)
{
	const auto now = identity::moment_of_unix_ns(clock_.unix_ns());
	auto work = [judge = judge_, demand, now, credential = std::move(credential)] {
		const auto thumbprint = identity::thumbprint_of(credential);
		return Judgement{judge->judge(credential, demand, now), thumbprint ? *thumbprint : std::nullopt, demand};
	};
	return on_worker<Judgement>(std::move(work));
}

asio::awaitable<std::optional<Checked<SecurityEvent>>> Desk::judge_event(std::string token)
{
	const auto now = identity::moment_of_unix_ns(clock_.unix_ns());
	auto work = [judge = judge_, now, token = std::move(token)] { return judge->judge_event(token, now); };
	return on_worker<Checked<SecurityEvent>>(std::move(work));
}

asio::awaitable<bool> Desk::tell_event(SecurityEvent event)
{
	const std::uint64_t id = next_request_++;
	auto slot = std::make_shared<Slot<EventAnswer>>(loop_);
	if (!tell_(EventReport{id, std::move(event)}))
		co_return false;
	told_.emplace(id, slot);
	const auto answer = co_await slot->wait(terms_.answer);
	told_.erase(id);
	co_return answer && answer->taken;
}

void Desk::answered(const EventAnswer& answer)
{
	if (const auto told = told_.find(answer.id); told != told_.end())
		told->second->put(answer);
}

asio::awaitable<std::optional<Desk::Judgement>> Desk::judge_again(identity::Credential credential, identity::CacheKey key)
{
	const identity::Demand demand = judge_->authorization->demand;
	const identity::CacheTime now{clock_.mono_ns(), identity::moment_of_unix_ns(clock_.unix_ns()), epoch_};
	if (auto found = cache_.find(key, now)) {
		const auto thumbprint = identity::thumbprint_of(credential);
		co_return Judgement{*std::move(found), thumbprint ? *thumbprint : std::nullopt, demand};
	}
	const auto [flight, is_first] = flights_.try_emplace({epoch_, key});
	if (!is_first) {
		const auto slot = std::make_shared<Slot<std::optional<Judgement>>>(loop_);
		flight->second.push_back(slot);
		auto brought = co_await slot->wait(std::chrono::hours(1));
		co_return brought ? *std::move(brought) : std::nullopt;
	}
	auto judgement = co_await judge(std::move(credential), demand);
	if (judgement)
		cache_.put(key, judgement->outcome, now);
	for (const auto& slot : flights_.extract(flight).mapped())
		slot->put(judgement);
	co_return judgement;
}

asio::awaitable<std::optional<LeaseAnswer>> Desk::ask(identity::Identity identity, std::variant<Visitor, net::Flow> at)
{
	const std::uint64_t id = next_request_++;
	auto slot = std::make_shared<Slot<LeaseAnswer>>(loop_);
	if (!tell_(LeaseRequest{id, std::move(identity), std::move(at)}))
		co_return std::nullopt;
	asked_.emplace(id, slot);
	auto answer = co_await slot->wait(terms_.answer);
	asked_.erase(id);
	co_return answer;
}

void Desk::answered(LeaseAnswer answer)
{
	if (const auto asked = asked_.find(answer.id); asked != asked_.end())
		asked->second->put(std::move(answer));
}

void Desk::report(std::string_view reason, std::string detail, const std::optional<net::Address>& peer,
		  const std::optional<identity::Thumbprint>& thumbprint)
{
	ReportLimit& limit = limits_.try_emplace(reason, terms_.reports).first->second;
	if (const auto unreported = limit.admit(clock_.mono_ns()))
		tell_(RefusalReport{std::string(reason), std::move(detail), peer, thumbprint, *unreported});
}

}  // namespace sluice::port
