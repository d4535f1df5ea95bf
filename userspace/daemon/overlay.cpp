#include "daemon/overlay.h"

#include <algorithm>
#include <map>
#include <span>

#include "base/log.h"
#include "control/peer.h"
#include "daemon/ban_list.h"

namespace sluice::daemon {
namespace {

using control::Request;
using control::Response;
using datapath::OverlayEntry;
using Standing = std::map<net::Prefix, OverlayEntry>;

// What has to be known to undo a request. A single entry is set or not, and needs nothing.
Result<Standing> standing_before(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes)
{
	Standing out;
	if (prefixes.size() < 2)
		return out;
	SLUICE_TRY_ASSIGN(const auto entries, datapath.overlay_entries());
	for (const OverlayEntry& entry : entries)
		out.emplace(entry.prefix, entry);
	return out;
}

void restore(datapath::Datapath& datapath, const Standing& before, std::span<const net::Prefix> prefixes)
{
	for (const net::Prefix& prefix : prefixes) {
		const auto old = before.find(prefix);
		const auto restored = old != before.end() ? datapath.overlay(old->second) : datapath.forget(prefix);
		if (!restored && restored.error().code() != ErrorCode::kNotFound)
			spdlog::error("overlay {}: undo: {}", prefix.to_string(), restored.error().sentence());
	}
}

}  // namespace

control::OverlayRow row_of(const OverlayEntry& entry, std::uint64_t now_mono_ns, std::uint64_t now_unix_ns)
{
	control::OverlayRow row{entry.prefix, entry.allows, entry.created_unix_ns, std::nullopt, std::nullopt, entry.why, entry.uid, {}};
	if (entry.expires_mono_ns) {
		row.remaining_ns = *entry.expires_mono_ns - std::min(*entry.expires_mono_ns, now_mono_ns);
		row.expires_unix_ns = now_unix_ns + *row.remaining_ns;
	}
	return row;
}

Result<std::vector<control::OverlayRow>> list_overlay(datapath::Datapath& datapath, const Clock& clock)
{
	SLUICE_TRY_ASSIGN(const auto entries, datapath.overlay_entries());
	const std::uint64_t now_mono = datapath.now_mono_ns(), now_unix = clock.unix_ns();
	std::map<std::uint32_t, std::string> users;
	std::vector<control::OverlayRow> rows;
	for (const OverlayEntry& entry : entries) {
		const auto [user, fresh] = users.try_emplace(entry.uid);
		if (fresh)
			user->second = control::user_name(entry.uid);
		rows.push_back(row_of(entry, now_mono, now_unix));
		rows.back().user = user->second;
	}
	return rows;
}

Result<void> set_overlay(datapath::Datapath& datapath, const Clock& clock, const control::OverlayRequest& request, std::uint32_t uid)
{
	if (request.duration_ns.value_or(0) > kLongestBanNs)
		return Error(ErrorCode::kInvalid, "an entry for more than ten years", "leave the duration out: it stands until it is forgotten");
	SLUICE_TRY_ASSIGN(const auto before, standing_before(datapath, request.prefixes));
	const std::uint64_t now = datapath.now_mono_ns();
	for (std::size_t i = 0; i < request.prefixes.size(); i++) {
		OverlayEntry entry{request.prefixes[i], request.allow, std::nullopt, clock.unix_ns(), request.why, uid};
		if (request.duration_ns)
			entry.expires_mono_ns = now + *request.duration_ns;
		auto set = datapath.overlay(entry);
		if (set)
			continue;
		restore(datapath, before, std::span(request.prefixes).first(i));
		return std::move(set.error()).within(std::string(control::action_name(request.allow)) + " " + entry.prefix.to_string());
	}
	return {};
}

Result<void> forget_overlay(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes)
{
	SLUICE_TRY_ASSIGN(const auto before, standing_before(datapath, prefixes));
	for (const net::Prefix& prefix : prefixes) {
		if (prefixes.size() > 1 && !before.contains(prefix))
			return Error(ErrorCode::kNotFound, prefix.to_string() + " is not in the overlay", "`sluice overlay` lists what is");
	}
	for (std::size_t i = 0; i < prefixes.size(); i++) {
		auto forgotten = datapath.forget(prefixes[i]);
		if (forgotten || (prefixes.size() > 1 && forgotten.error().code() == ErrorCode::kNotFound))
			continue;
		restore(datapath, before, std::span(prefixes).first(i));
		return forgotten;
	}
	return {};
}

// ---- routes ----

void OverlayVerbs::add_to(control::Server& server)
{
	const auto at_once = [](auto work) {
		return [work](const Request& request, const control::Respond& respond) {
			auto response = work(request);
			respond(response ? std::move(*response) : Response::error(response.error()));
		};
	};
	server.route("GET", "/v1/overlay", at_once([this](const Request&) { return list(); }));
	server.route("POST", "/v1/overlay", at_once([this](const Request& request) { return set(request); }));
	server.route("DELETE", "/v1/overlay", at_once([this](const Request& request) { return forget(request); }));
}

Result<Response> OverlayVerbs::list()
{
	SLUICE_TRY_ASSIGN(const auto rows, list_overlay(datapath_, clock_));
	return Response::json(control::to_json(rows));
}

Result<Response> OverlayVerbs::set(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_overlay_request(request.body));
	SLUICE_TRY(set_overlay(datapath_, clock_, wanted, request.peer.uid));
	for (const net::Prefix& prefix : wanted.prefixes) {
		telemetry::OverlayEvent event{prefix, control::action_name(wanted.allow), std::nullopt, wanted.why, request.peer.uid};
		if (wanted.duration_ns)
			event.expires_unix_ns = clock_.unix_ns() + *wanted.duration_ns;
		journal_.record(std::move(event));
	}
	return Response::json(control::to_json(wanted.allow ? "allowed" : "denied", wanted.prefixes));
}

Result<Response> OverlayVerbs::forget(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_unban_request(request.body));
	SLUICE_TRY(forget_overlay(datapath_, wanted.prefixes));
	for (const net::Prefix& prefix : wanted.prefixes)
		journal_.record(telemetry::OverlayEvent{prefix, "forget", std::nullopt, {}, request.peer.uid});
	return Response::json(control::to_json("forgotten", wanted.prefixes));
}

}  // namespace sluice::daemon
