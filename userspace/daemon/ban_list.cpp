#include "daemon/ban_list.h"

#include <algorithm>
#include <map>
#include <span>

#include "base/log.h"

namespace sluice::daemon {
namespace {

using datapath::Ban;
using Standing = std::map<net::Prefix, Ban>;

Result<Standing> standing(datapath::Datapath& datapath)
{
	SLUICE_TRY_ASSIGN(const auto bans, datapath.bans());
	Standing out;
	for (const auto& ban : bans)
		out.emplace(ban.prefix, ban);
	return out;
}

// What has to be known to undo a request. A single ban is set or not, and needs nothing: thousands a second do not read the
// table each time.
Result<Standing> standing_before(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes)
{
	return prefixes.size() > 1 ? standing(datapath) : Standing();
}

// As it was: the bans of `before` on `prefixes`, and no others.
void restore(datapath::Datapath& datapath, const Standing& before, std::span<const net::Prefix> prefixes)
{
	for (const auto& prefix : prefixes) {
		const auto old = before.find(prefix);
		const auto restored = old != before.end() ? datapath.ban(old->second) : datapath.unban(prefix);
		if (!restored && restored.error().code() != ErrorCode::kNotFound)
			spdlog::error("ban {}: undo: {}", prefix.to_string(), restored.error().sentence());
	}
}

}  // namespace

Result<std::vector<control::BanRow>> list_bans(datapath::Datapath& datapath, const Clock& clock)
{
	SLUICE_TRY_ASSIGN(const auto bans, standing(datapath));
	const std::uint64_t now = datapath.now_mono_ns();
	const std::uint64_t now_unix = clock.unix_ns();
	std::vector<control::BanRow> out;
	for (const auto& [prefix, ban] : bans) {
		control::BanRow row{prefix, ban.created_unix_ns, std::nullopt, std::nullopt, ban.why};
		if (ban.expires_mono_ns) {
			row.remaining_ns = *ban.expires_mono_ns - std::min(*ban.expires_mono_ns, now);
			row.expires_unix_ns = now_unix + *row.remaining_ns;
		}
		out.push_back(std::move(row));
	}
	return out;
}

Result<void> set_bans(datapath::Datapath& datapath, const Clock& clock, const control::BanRequest& request)
{
	if (request.duration_ns.value_or(0) > kLongestBanNs)
		return Error(ErrorCode::kInvalid, "a ban of more than ten years", "ban it until it is lifted: leave the duration out");
	SLUICE_TRY_ASSIGN(const auto before, standing_before(datapath, request.prefixes));
	const std::uint64_t now = datapath.now_mono_ns();

	for (std::size_t i = 0; i < request.prefixes.size(); i++) {
		Ban ban{request.prefixes[i], std::nullopt, clock.unix_ns(), request.why};
		if (request.duration_ns)
			ban.expires_mono_ns = now + *request.duration_ns;
		auto set = datapath.ban(ban);
		if (set)
			continue;
		restore(datapath, before, std::span(request.prefixes).first(i));
		return std::move(set.error()).within("ban " + ban.prefix.to_string());
	}
	return {};
}

Result<void> lift_bans(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes)
{
	if (prefixes.size() == 1)
		return datapath.unban(prefixes.front());
	SLUICE_TRY_ASSIGN(const auto before, standing(datapath));
	for (const auto& prefix : prefixes) {
		if (!before.contains(prefix))
			return Error(ErrorCode::kNotFound, prefix.to_string() + " is not banned", "`sluice bans` lists those that stand");
	}
	for (std::size_t i = 0; i < prefixes.size(); i++) {
		auto lifted = datapath.unban(prefixes[i]);
		if (lifted || lifted.error().code() == ErrorCode::kNotFound)
			continue;
		restore(datapath, before, std::span(prefixes).first(i));
		return std::move(lifted.error()).within("unban " + prefixes[i].to_string());
	}
	return {};
}

}  // namespace sluice::daemon
