#include "cli/lease_agent.h"

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kLongestBackoff = 30;  // seconds

std::chrono::milliseconds about(std::uint64_t seconds, double chance)
{
	return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(seconds) * 1000 * (0.9 + 0.2 * chance)));
}

}  // namespace

Error refusal_error(const port::LeaseRefusal& refusal)
{
	return Error(ErrorCode::kFailed, "refused: " + refusal.refused + ": " + refusal.sentence);
}

std::uint64_t LeaseAgent::seconds_left() const
{
	const std::uint64_t now = seams_.boot_ns();
	return until_ns_ > now ? (until_ns_ - now) / kSecondNs : 0;
}

void LeaseAgent::take(const port::Lease& lease)
{
	const bool same = lease_ && lease_->binding == lease.binding && lease_->identity == lease.identity;
	const bool was_troubled = std::exchange(troubled_, false);
	lease_ = lease;
	until_ns_ = seams_.boot_ns() + lease.seconds * kSecondNs;
	failures_ = 0;
	if (!same || was_troubled)
		seams_.tell({same ? LeaseNews::Kind::kRenewed : LeaseNews::Kind::kLeased, lease, {}, lease.seconds});
}

std::optional<Error> LeaseAgent::fail(const Error& error, bool final)
{
	failures_++;
	if (!in_force()) {
		if (lease_)
			seams_.tell({LeaseNews::Kind::kEnded, *std::exchange(lease_, std::nullopt), error.sentence(), 0});
		if (final)
			return error;
	}
	if (!std::exchange(troubled_, true))
		seams_.tell({LeaseNews::Kind::kTroubled, lease_.value_or(port::Lease()), error.sentence(), seconds_left()});
	return std::nullopt;
}

std::chrono::milliseconds LeaseAgent::next_try(std::uint64_t retry_after_seconds)
{
	const std::uint64_t backoff = std::min<std::uint64_t>(kLongestBackoff, 1ull << std::min(failures_ - 1, 5u));
	return about(std::max(backoff, retry_after_seconds), seams_.chance());
}

Result<port::Lease> LeaseAgent::once()
{
	SLUICE_TRY_ASSIGN(const port::LeaseReply reply, seams_.ask());
	if (const auto* refusal = std::get_if<port::LeaseRefusal>(&reply))
		return refusal_error(*refusal);
	return std::get<port::Lease>(reply);
}

Result<void> LeaseAgent::run()
{
	for (;;) {
		const auto reply = seams_.ask();
		std::chrono::milliseconds pause{0};
		if (!reply) {
			if (auto over = fail(reply.error(), reply.error().code() == ErrorCode::kInvalid))
				return *over;
			pause = next_try(0);
		} else if (const auto* refusal = std::get_if<port::LeaseRefusal>(&*reply)) {
			if (auto over = fail(refusal_error(*refusal), !refusal->passes()))
				return *over;
			pause = next_try(refusal->retry_after_seconds);
		} else {
			const auto& lease = std::get<port::Lease>(*reply);
			take(lease);
			pause = about(std::max<std::uint64_t>(lease.renew_after_seconds, 1), seams_.chance());
		}
		if (!seams_.wait(pause))
			return {};
	}
}

}  // namespace sluice::cli
