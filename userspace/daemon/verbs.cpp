#include "daemon/verbs.h"

#include <unistd.h>

#include <cstdio>

#include "base/file.h"
#include "daemon/ban_list.h"
#include "daemon/explanation.h"
#include "daemon/undo_verbs.h"
#include "policy/digest.h"
#include "sluice/abi/cookie.h"
#include "telemetry/reasons.h"

namespace sluice::daemon {
namespace {

using control::at_once;
using control::Request;
using control::Respond;
using control::Response;

constexpr std::size_t kEventsAtOnce = 256;
constexpr const char* kLines = "application/x-ndjson";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

// Resident memory of this process; 0 where nobody can say.
std::uint64_t resident_bytes()
{
	const auto text = read_file("/proc/self/statm", 4096);
	unsigned long size = 0;
	unsigned long resident = 0;
	if (!text || std::sscanf(text->c_str(), "%lu %lu", &size, &resident) != 2)
		return 0;
	return static_cast<std::uint64_t>(resident) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void append(std::vector<std::string>& to, std::vector<std::string> more)
{
	to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Reads on in the log, from a place of its own.
class EventReader {
public:
	// `reason`: only drops of it; null: everything.
	EventReader(const telemetry::EventLog& log, const telemetry::Reason* reason) : log_(log), reason_(reason) {}

	// The next lines; empty: there is nothing more now.
	std::string next()
	{
		std::string lines;
		while (lines.empty() && cursor_ < log_.last()) {
			const auto page = log_.after(cursor_, kEventsAtOnce);
			cursor_ = page.cursor;
			if (page.lost > 0)
				lines += control::line_of({{"kind", "lost"}, {"lost", page.lost}});
			for (const auto& event : page.events) {
				if (reason_ == nullptr || event.is_drop_of(reason_->number))
					lines += control::line_of(telemetry::to_json(event));
			}
		}
		return lines;
	}
	// What was overwritten before anybody asked is not lost to who asks now.
	void skip_what_is_gone() { cursor_ = log_.after(0, 0).cursor; }

private:
	const telemetry::EventLog& log_;
	const telemetry::Reason* reason_;
	std::uint64_t cursor_ = 0;
};

}  // namespace

void Verbs::add_to(control::Server& server)
{
	server.route("GET", "/v1/status", at_once([this](const Request&) { return status(); }));
	server.route("GET", "/v1/stats", at_once([this](const Request&) { return show_stats(false); }));
	server.route("GET", "/v1/metrics", at_once([this](const Request&) { return show_stats(true); }));
	server.route("GET", "/v1/events", at_once([this](const Request& request) { return events(request); }));
	server.route("GET", "/v1/bans", at_once([this](const Request&) { return bans(); }));
	server.route("POST", "/v1/bans", at_once([this](const Request& request) { return ban(request); }));
	server.route("DELETE", "/v1/bans", at_once([this](const Request& request) { return unban(request); }));
	server.route("POST", "/v1/policy", [this](const Request& request, const Respond& respond) { apply(request, respond); });
	server.route("POST", "/v1/explain", at_once([this](const Request& request) { return explain(request); }));
	server.route("POST", "/v1/diff", [this](const Request& request, const Respond& respond) { diff(request, respond); });
	server.route("POST", "/v1/interfaces", at_once([this](const Request& request) { return attach(request); }));
	server.route("DELETE", "/v1/interfaces/*", at_once([this](const Request& request) { return detach(request); }));
}

Result<telemetry::Stats> Verbs::stats()
{
	SLUICE_TRY_ASSIGN(const auto counters, setting_.datapath.counters());
	const datapath::Running* running = setting_.policies.running();
	if (running == nullptr)
		return telemetry::sum(counters, {}, {});
	return telemetry::sum(counters, running->services, running->rules);
}

Result<std::optional<control::Cookies>> Verbs::cookies()
{
	SLUICE_TRY_ASSIGN(const datapath::Answering answering, setting_.datapath.answering());
	if (!answering.wanted)
		return std::optional<control::Cookies>();
	control::Cookies out{answering.ready, answering.why_not, {}, answering.taken, answering.refused};
	const std::uint64_t ago_ns = setting_.datapath.now_mono_ns() - answering.sent_mono_ns;
	if (answering.sent_mono_ns != 0 && ago_ns < SLUICE_COOKIE_AWAITED_NS)
		out.last_sent_ago_ns = ago_ns;
	return std::optional(out);
}

Result<Response> Verbs::status()
{
	control::Status out;
	out.version = SLUICE_VERSION;
	if (const datapath::Running* running = setting_.policies.running()) {
		out.mode = running->config.observe ? policy::Mode::kObserve : policy::Mode::kEnforce;
		out.default_action = running->config.default_deny ? policy::Action::kDeny : policy::Action::kAllow;
		out.generation = running->meta.generation;
		out.digest = policy::digest_text(running->meta);
		out.installed_unix_ns = running->meta.installed_unix_ns;
		out.prefixes = running->meta.prefixes;
	}
	out.policy_path = setting_.policies.installed_path();
	out.uptime_ns = setting_.clock.mono_ns() - started_mono_ns_;
	SLUICE_TRY_ASSIGN(out.interfaces, setting_.datapath.interfaces());
	const auto& rates = setting_.meter.rates();
	out.rates = {rates.packets_per_second, rates.passed_per_second, rates.dropped_per_second, rates.bits_per_second};
	SLUICE_TRY_ASSIGN(const auto memory, setting_.datapath.memory());
	out.kernel_bytes = memory.kernel_bytes;
	out.daemon_bytes = resident_bytes();
	out.degraded = setting_.policies.degraded() || setting_.attachments.degraded() || setting_.identity_port.degraded() ||
		       setting_.leasing.degraded() || setting_.revocation_files.degraded();
	append(out.warnings, setting_.policies.warnings());
	append(out.warnings, setting_.attachments.warnings());
	append(out.warnings, setting_.warnings());
	out.waiting = setting_.policies.waiting();
	out.shadow = setting_.policies.shadow();
	out.applying = setting_.policies.applying();
	SLUICE_TRY_ASSIGN(out.cookies, cookies());
	if (out.cookies && !out.cookies->ready)
		out.warnings.push_back("SYN cookies are not sent, past their budgets SYNs are dropped: " + out.cookies->why_not);
	if (setting_.policies.has_identities())
		out.leases = setting_.leasing.use();
	append(out.warnings, setting_.leasing.warnings());
	append(out.warnings, setting_.identity_port.warnings());
	append(out.warnings, setting_.revocation_files.warnings());
	control::Json json = control::to_json(out);
	json["lists"] = to_json(setting_.policies.feeds(), setting_.clock.unix_ns());
	return Response::json(json);
}

Result<std::optional<telemetry::ShadowStats>> Verbs::shadow_stats()
{
	const auto shadow = setting_.policies.shadow();
	if (!shadow)
		return std::optional<telemetry::ShadowStats>();
	SLUICE_TRY_ASSIGN(const auto counters, setting_.datapath.shadow_counters());
	telemetry::ShadowStats sums = telemetry::sum(counters, setting_.policies.running()->services);
	sums.path = shadow->path;
	sums.digest = shadow->digest;
	sums.since_unix_ns = shadow->since_unix_ns;
	return std::optional(std::move(sums));
}

Result<Response> Verbs::show_stats(bool prometheus)
{
	SLUICE_TRY_ASSIGN(auto sums, stats());
	SLUICE_TRY_ASSIGN(sums.shadow, shadow_stats());
	if (!prometheus)
		return Response::json(telemetry::to_json(sums));
	Response response;
	response.content_type = kMetrics;
	response.body = telemetry::to_prometheus(sums) + to_prometheus(setting_.policies.feeds(), setting_.clock.unix_ns());
	return response;
}

Result<Response> Verbs::events(const Request& request)
{
	const telemetry::Reason* reason = nullptr;
	bool follow = false;
	for (const auto& [name, value] : request.query) {
		if (name == "follow" && (value == "1" || value == "0")) {
			follow = value == "1";
			continue;
		}
		if (name != "reason")
			return Error(ErrorCode::kInvalid, "events take follow=1 and reason=NAME, not " + name + "=" + value);
		reason = telemetry::find_reason(value);
		if (reason == nullptr)
			return Error(ErrorCode::kInvalid, "there is no reason '" + value + "'", "`sluice stats --all` lists them");
	}

	EventReader reader(setting_.journal.log(), reason);
	reader.skip_what_is_gone();
	Response response;
	response.content_type = kLines;
	if (follow) {
		response.more = [reader]() mutable { return reader.next(); };
		return response;
	}
	for (std::string lines = reader.next(); !lines.empty(); lines = reader.next())
		response.body += lines;
	return response;
}

Result<Response> Verbs::bans()
{
	SLUICE_TRY_ASSIGN(const auto rows, list_bans(setting_.datapath, setting_.clock));
	return Response::json(control::to_json(rows));
}

Result<Response> Verbs::ban(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_ban_request(request.body));
	SLUICE_TRY(set_bans(setting_.datapath, setting_.clock, wanted));
	for (const auto& prefix : wanted.prefixes) {
		telemetry::BanEvent event{prefix, std::nullopt, wanted.why};
		if (wanted.duration_ns)
			event.expires_unix_ns = setting_.clock.unix_ns() + *wanted.duration_ns;
		setting_.journal.record(std::move(event));
	}
	return Response::json(control::to_json("banned", wanted.prefixes));
}

Result<Response> Verbs::unban(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_unban_request(request.body));
	SLUICE_TRY(lift_bans(setting_.datapath, wanted.prefixes));
	for (const auto& prefix : wanted.prefixes)
		setting_.journal.record(telemetry::UnbanEvent{prefix});
	return Response::json(control::to_json("unbanned", wanted.prefixes));
}

void Verbs::apply(const Request& request, const Respond& respond)
{
	const auto wanted = control::parse_apply_request(request.body);
	if (!wanted) {
		respond(Response::error(wanted.error()));
		return;
	}
	setting_.policies.apply(*wanted, answer_with(respond), caller_of(request, wanted->session));
}

Result<Response> Verbs::explain(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto packet, control::parse_explain_request(request.body));
	SLUICE_TRY_ASSIGN(const auto frame, net::frame_of(packet));
	SLUICE_TRY_ASSIGN(const auto explanation, setting_.datapath.explain(std::as_bytes(std::span(frame))));
	const datapath::Running* running = setting_.policies.running();
	if (running == nullptr)
		return Error(ErrorCode::kNotFound, "no policy is installed", "sluice apply FILE");
	const std::uint64_t now_unix_ns = setting_.clock.unix_ns();
	return Response::json(control::to_json(put_in_words(explanation, *running, setting_.policies.provenance(), now_unix_ns)));
}

void Verbs::diff(const Request& request, const Respond& respond)
{
	const auto wanted = control::parse_diff_request(request.body);
	if (!wanted) {
		respond(Response::error(wanted.error()));
		return;
	}
	setting_.comparison.compare(*wanted, [respond](const Result<control::DiffReply>& reply) {
		if (!reply) {
			respond(Response::error(reply.error()));
			return;
		}
		if (const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply))
			respond(Response::json(control::to_json(*diagnostics), 422));
		else
			respond(Response::json(control::to_json(std::get<control::Difference>(*reply))));
	});
}

Result<Response> Verbs::attach(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_attach_request(request.body));
	SLUICE_TRY_ASSIGN(const auto attached, setting_.attachments.attach(wanted.name, wanted.mode));
	return Response::json(control::to_json(attached));
}

Result<Response> Verbs::detach(const Request& request)
{
	SLUICE_TRY(setting_.attachments.detach(request.last));
	return Response::json({{"detached", request.last}});
}

}  // namespace sluice::daemon
