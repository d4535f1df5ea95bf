#include "port/desk.h"

#include <boost/asio/post.hpp>

namespace sluice::port {

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

asio::awaitable<std::optional<Desk::Judgement>> Desk::judge(identity::Credential credential)
{
	if (judging_ >= terms_.judged_at_once)
		co_return std::nullopt;
	judging_++;
	auto slot = std::make_shared<Slot<Judgement>>(loop_);
	const auto now = identity::moment_of_unix_ns(clock_.unix_ns());
	asio::post(workers_, [&loop = loop_, slot, judge = judge_, now, credential = std::move(credential)] {
		const auto thumbprint = identity::thumbprint_of(credential);
		Judgement judgement{judge->judge(credential, now), thumbprint ? *thumbprint : std::nullopt, judge->demand};
		asio::post(loop, [slot, judgement = std::move(judgement)]() mutable { slot->put(std::move(judgement)); });
	});
	// A worker always ends: what it does is bounded by the caps of the credential.
	auto judgement = co_await slot->wait(std::chrono::hours(1));
	judging_--;
	co_return judgement;
}

asio::awaitable<std::optional<LeaseAnswer>> Desk::ask(identity::Identity identity, net::Address peer, Bind bind)
{
	const std::uint64_t id = next_request_++;
	auto slot = std::make_shared<Slot<LeaseAnswer>>(loop_);
	if (!tell_(LeaseRequest{id, std::move(identity), peer, bind}))
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

void Desk::report(std::string_view reason, std::string detail, const net::Address& peer,
		  const std::optional<identity::Thumbprint>& thumbprint)
{
	ReportLimit& limit = limits_.try_emplace(reason, terms_.reports).first->second;
	if (const auto unreported = limit.admit(clock_.mono_ns()))
		tell_(RefusalReport{std::string(reason), std::move(detail), peer, thumbprint, *unreported});
}

}  // namespace sluice::port
