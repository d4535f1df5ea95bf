#include "control/messages.h"

#include "control/optional_json.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {
namespace {

using telemetry::timestamp;

constexpr std::size_t kMostWhyBytes = sizeof(sluice_ban::why) - 1;

Json strings(const std::vector<net::Prefix>& prefixes)
{
	Json out = Json::array();
	for (const auto& prefix : prefixes)
		out.push_back(prefix.to_string());
	return out;
}

Result<std::vector<net::Prefix>> read_prefixes(Reader& reader)
{
	const auto texts = reader.texts("prefixes");
	if (reader.error())
		return *reader.error();
	if (texts.empty() || texts.size() > kMostPrefixes)
		return Error(ErrorCode::kInvalid, "'prefixes' must hold 1 to " + std::to_string(kMostPrefixes) + " of them");
	return parse_prefixes(texts);
}

Result<std::optional<datapath::AttachMode>> read_mode(Reader& reader)
{
	using Mode = std::optional<datapath::AttachMode>;
	const auto text = reader.optional_text("mode");
	if (!text)
		return Mode();
	if (*text == "native")
		return Mode(datapath::AttachMode::kNative);
	if (*text == "generic")
		return Mode(datapath::AttachMode::kGeneric);
	return Error(ErrorCode::kInvalid, "'mode' must be native, generic or null");
}

std::uint64_t read_time(Reader& reader, const char* name)
{
	const auto time = telemetry::parse_timestamp(reader.text(name));
	if (!time)
		reader.refuse(name, "a time, as in RFC 3339");
	return time ? *time : 0;
}

policy::Diagnostic read_diagnostic(Reader& reader)
{
	policy::Diagnostic out;
	out.severity = reader.text("severity") == "warning" ? policy::Severity::kWarning : policy::Severity::kError;
	out.place.file = reader.text("file");
	out.place.line = static_cast<unsigned>(reader.count("line"));
	out.place.column = static_cast<unsigned>(reader.count("column"));
	out.message = reader.text("message");
	out.hint = reader.text_or("hint", "");
	return out;
}

}  // namespace

// ---- requests ----

Json to_json(const BanRequest& request)
{
	return {{"prefixes", strings(request.prefixes)}, {"duration_ns", or_null(request.duration_ns)}, {"why", request.why}};
}

Json to_json(const UnbanRequest& request)
{
	return {{"prefixes", strings(request.prefixes)}};
}

Json to_json(const ApplyRequest& request)
{
	return {{"path", request.path},
	        {"observe", request.observe},
	        {"confirm_ns", or_null(request.confirm_ns)},
	        {"force", request.force},
	        {"session", to_json(request.session)}};
}

Json to_json(const AttachRequest& request)
{
	return {{"name", request.name}, {"mode", request.mode ? Json(mode_name(*request.mode)) : Json(nullptr)}};
}

Result<BanRequest> parse_ban_request(const Json& json)
{
	Reader reader(json, "ban request");
	BanRequest request;
	SLUICE_TRY_ASSIGN(request.prefixes, read_prefixes(reader));
	request.duration_ns = reader.optional_count("duration_ns");
	request.why = reader.text_or("why", "");
	if (const auto error = reader.error_if_unknown())
		return *error;
	if (request.duration_ns == 0)
		return Error(ErrorCode::kInvalid, "a ban of no duration", "leave 'duration_ns' out for one until it is lifted");
	if (request.why.size() > kMostWhyBytes || request.why.find('\0') != std::string::npos)
		return Error(ErrorCode::kInvalid, "'why' must be text of at most " + std::to_string(kMostWhyBytes) + " bytes");
	return request;
}

Result<UnbanRequest> parse_unban_request(const Json& json)
{
	Reader reader(json, "unban request");
	UnbanRequest request;
	SLUICE_TRY_ASSIGN(request.prefixes, read_prefixes(reader));
	if (const auto error = reader.error_if_unknown())
		return *error;
	return request;
}

Result<ApplyRequest> parse_apply_request(const Json& json)
{
	Reader reader(json, "policy request");
	ApplyRequest request;
	request.path = reader.text("path");
	request.observe = reader.flag_or("observe", false);
	request.confirm_ns = reader.optional_count("confirm_ns");
	request.force = reader.flag_or("force", false);
	const Json* session = reader.optional_object("session");
	if (const auto error = reader.error_if_unknown())
		return *error;
	if (session != nullptr) {
		SLUICE_TRY_ASSIGN(request.session, parse_session(*session));
	}
	if (request.confirm_ns == 0)
		return Error(ErrorCode::kInvalid, "a confirmation in no time", "leave 'confirm_ns' out for none");
	if (request.observe && request.confirm_ns)
		return Error(ErrorCode::kInvalid, "a candidate decides nothing: there is nothing to confirm", "confirm its promotion: sluice promote --confirm");
	if (request.path.empty() || request.path[0] != '/' || request.path.find('\0') != std::string::npos)
		return Error(ErrorCode::kInvalid, "'path' must be absolute", "the daemon does not know where you stand");
	return request;
}

Result<AttachRequest> parse_attach_request(const Json& json)
{
	Reader reader(json, "interface request");
	AttachRequest request;
	request.name = reader.text("name");
	SLUICE_TRY_ASSIGN(request.mode, read_mode(reader));
	if (const auto error = reader.error_if_unknown())
		return *error;
	if (request.name.empty() || request.name.find('/') != std::string::npos || request.name.find('\0') != std::string::npos)
		return Error(ErrorCode::kInvalid, "'name' must be the name of an interface");
	return request;
}

// ---- replies ----

static Json cookies_json(const std::optional<Cookies>& cookies)
{
	if (!cookies)
		return nullptr;
	return {{"ready", cookies->ready},
	        {"why_not", cookies->why_not},
	        {"last_sent_ago_ns", or_null(cookies->last_sent_ago_ns)},
	        {"taken", cookies->taken},
	        {"refused", cookies->refused}};
}

static Result<Cookies> parse_cookies(const Json& json)
{
	Reader reader(json, "status: cookies");
	Cookies out;
	out.ready = reader.flag("ready");
	out.why_not = reader.text("why_not");
	out.last_sent_ago_ns = reader.optional_count("last_sent_ago_ns");
	out.taken = reader.count("taken");
	out.refused = reader.count("refused");
	if (const auto error = reader.error())
		return *error;
	return out;
}

Json to_json(const Status& status)
{
	Json interfaces = Json::array();
	for (const auto& interface : status.interfaces)
		interfaces.push_back(to_json(interface));
	return {{"version", status.version},
	        {"mode", status.mode == policy::Mode::kObserve ? "observe" : "enforce"},
	        {"default", status.default_action == policy::Action::kDeny ? "deny" : "allow"},
	        {"generation", status.generation},
	        {"digest", status.digest},
	        {"policy",
	         {{"path", status.policy_path},
	          {"installed_at", timestamp(status.installed_unix_ns)},
	          {"prefixes", status.prefixes}}},
	        {"uptime_ns", status.uptime_ns},
	        {"interfaces", std::move(interfaces)},
	        {"rates",
	         {{"packets_per_second", status.rates.packets_per_second},
	          {"passed_per_second", status.rates.passed_per_second},
	          {"dropped_per_second", status.rates.dropped_per_second},
	          {"bits_per_second", status.rates.bits_per_second}}},
	        {"memory", {{"kernel_bytes", status.kernel_bytes}, {"daemon_bytes", status.daemon_bytes}}},
	        {"health", status.degraded ? "degraded" : "ok"},
	        {"warnings", status.warnings},
	        {"waiting", to_json(status.waiting)},
	        {"shadow", to_json(status.shadow)},
	        {"applying", to_json(status.applying)},
	        {"cookies", cookies_json(status.cookies)},
	        {"leases", status.leases ? to_json(*status.leases) : Json(nullptr)}};
}

Json to_json(const std::vector<BanRow>& bans)
{
	Json rows = Json::array();
	for (const auto& ban : bans) {
		rows.push_back({{"prefix", ban.prefix.to_string()},
		                {"created_at", timestamp(ban.created_unix_ns)},
		                {"expires_at", ban.expires_unix_ns ? Json(timestamp(*ban.expires_unix_ns)) : Json(nullptr)},
		                {"remaining_ns", or_null(ban.remaining_ns)},
		                {"why", ban.why}});
	}
	return {{"bans", std::move(rows)}};
}

Json to_json(const Applied& applied)
{
	return {{"generation", applied.generation},
	        {"digest", applied.digest},
	        {"changed", applied.changed},
	        {"services", applied.services},
	        {"limits", applied.limits},
	        {"prefixes", applied.prefixes},
	        {"warnings", applied.warnings},
	        {"waiting", to_json(applied.waiting)},
	        {"restores", or_null(applied.restores)},
	        {"shadow", to_json(applied.shadow)},
	        {"dropped", to_json(applied.dropped)},
	        {"times", to_json(applied.times)}};
}

Json to_json(const policy::Diagnostics& diagnostics)
{
	Json rows = Json::array();
	for (const auto& diagnostic : diagnostics) {
		rows.push_back({{"severity", diagnostic.severity == policy::Severity::kWarning ? "warning" : "error"},
		                {"file", diagnostic.place.file},
		                {"line", diagnostic.place.line},
		                {"column", diagnostic.place.column},
		                {"message", diagnostic.message},
		                {"hint", diagnostic.hint}});
	}
	return {{"diagnostics", std::move(rows)}};
}

Json to_json(const datapath::Interface& interface)
{
	return {{"name", interface.name},
	        {"index", interface.index},
	        {"mode", mode_name(interface.mode)},
	        {"generation", interface.generation}};
}

Json to_json(const Error& error)
{
	return {{"error", {{"code", code_name(error.code())}, {"message", error.message()}, {"advice", error.advice()}}}};
}

Json to_json(const char* name, const std::vector<net::Prefix>& prefixes)
{
	return {{name, strings(prefixes)}};
}

Result<Status> parse_status(const Json& json)
{
	Reader reader(json, "status");
	Status out;
	if (const Json* cookies = reader.optional_object("cookies")) {
		SLUICE_TRY_ASSIGN(out.cookies, parse_cookies(*cookies));
	}
	if (const Json* leases = reader.optional_object("leases")) {
		SLUICE_TRY_ASSIGN(out.leases, parse_lease_use(*leases));
	}
	out.version = reader.text("version");
	out.mode = reader.text("mode") == "observe" ? policy::Mode::kObserve : policy::Mode::kEnforce;
	out.default_action = reader.text("default") == "deny" ? policy::Action::kDeny : policy::Action::kAllow;
	out.generation = static_cast<std::uint32_t>(reader.count("generation"));
	out.digest = reader.text("digest");
	out.uptime_ns = reader.count("uptime_ns");
	out.degraded = reader.text("health") != "ok";
	out.warnings = reader.texts("warnings");

	if (const Json* waiting = reader.optional_object("waiting")) {
		SLUICE_TRY_ASSIGN(out.waiting, parse_waiting(*waiting));
	}
	if (const Json* shadow = reader.optional_object("shadow")) {
		SLUICE_TRY_ASSIGN(out.shadow, parse_shadow(*shadow));
	}
	if (const Json* applying = reader.optional_object("applying")) {
		SLUICE_TRY_ASSIGN(out.applying, parse_applying(*applying));
	}
	Reader policy(reader.object("policy"), "status: policy");
	out.policy_path = policy.text("path");
	out.installed_unix_ns = read_time(policy, "installed_at");
	out.prefixes = policy.count("prefixes");
	Reader rates(reader.object("rates"), "status: rates");
	out.rates = {rates.count("packets_per_second"), rates.count("passed_per_second"), rates.count("dropped_per_second"),
	             rates.count("bits_per_second")};
	Reader memory(reader.object("memory"), "status: memory");
	out.kernel_bytes = memory.count("kernel_bytes");
	out.daemon_bytes = memory.count("daemon_bytes");
	for (const auto& row : reader.array("interfaces")) {
		SLUICE_TRY_ASSIGN(auto interface, parse_interface(row));
		out.interfaces.push_back(std::move(interface));
	}
	for (const Reader* each : {&reader, &policy, &rates, &memory}) {
		if (const auto error = each->error())
			return *error;
	}
	return out;
}

Result<std::vector<BanRow>> parse_bans(const Json& json)
{
	Reader reader(json, "bans");
	std::vector<BanRow> out;
	for (const auto& item : reader.array("bans")) {
		Reader row(item, "ban");
		BanRow ban;
		const auto prefix = net::Prefix::parse(row.text("prefix"));
		if (prefix)
			ban.prefix = *prefix;
		else
			row.refuse("prefix", "an address or a prefix");
		ban.created_unix_ns = read_time(row, "created_at");
		if (row.optional_text("expires_at"))
			ban.expires_unix_ns = read_time(row, "expires_at");
		ban.remaining_ns = row.optional_count("remaining_ns");
		ban.why = row.text_or("why", "");
		if (const auto error = row.error())
			return *error;
		out.push_back(std::move(ban));
	}
	if (const auto error = reader.error())
		return *error;
	return out;
}

Result<policy::Diagnostics> parse_diagnostics(const Json& json)
{
	Reader reader(json, "policy answer");
	policy::Diagnostics out;
	for (const auto& item : reader.array("diagnostics")) {
		Reader row(item, "diagnostic");
		out.push_back(read_diagnostic(row));
		if (const auto error = row.error())
			return *error;
	}
	if (const auto error = reader.error())
		return *error;
	return out;
}

Result<ApplyReply> parse_apply_reply(const Json& json)
{
	Reader reader(json, "policy answer");
	if (json.is_object() && json.contains("diagnostics")) {
		SLUICE_TRY_ASSIGN(auto diagnostics, parse_diagnostics(json));
		return ApplyReply(std::move(diagnostics));
	}
	Applied out;
	out.generation = static_cast<std::uint32_t>(reader.count("generation"));
	out.digest = reader.text("digest");
	out.changed = reader.flag("changed");
	out.services = reader.count("services");
	out.limits = reader.count("limits");
	out.prefixes = reader.count("prefixes");
	out.warnings = reader.texts("warnings");
	if (const auto restores = reader.optional_count("restores"))
		out.restores = static_cast<std::uint32_t>(*restores);
	if (const Json* waiting = reader.optional_object("waiting")) {
		SLUICE_TRY_ASSIGN(out.waiting, parse_waiting(*waiting));
	}
	if (const Json* shadow = reader.optional_object("shadow")) {
		SLUICE_TRY_ASSIGN(out.shadow, parse_shadow(*shadow));
	}
	if (const Json* dropped = reader.optional_object("dropped")) {
		SLUICE_TRY_ASSIGN(out.dropped, parse_shadow(*dropped));
	}
	if (const Json* times = reader.optional_object("times")) {
		SLUICE_TRY_ASSIGN(out.times, parse_times(*times));
	}
	if (const auto error = reader.error())
		return *error;
	return ApplyReply(std::move(out));
}

Result<datapath::Interface> parse_interface(const Json& json)
{
	Reader reader(json, "interface");
	datapath::Interface out;
	out.name = reader.text("name");
	out.index = static_cast<std::uint32_t>(reader.count("index"));
	out.generation = static_cast<std::uint32_t>(reader.count("generation"));
	SLUICE_TRY_ASSIGN(const auto mode, read_mode(reader));
	if (!mode)
		reader.refuse("mode", "native or generic");
	if (const auto error = reader.error())
		return *error;
	out.mode = *mode;
	return out;
}

std::optional<Error> parse_error(const Json& json)
{
	if (!json.is_object() || !json.contains("error"))
		return std::nullopt;
	Reader reader(json, "answer");
	Reader error(reader.object("error"), "answer: error");
	const std::string name = error.text("code");
	ErrorCode code = ErrorCode::kFailed;
	for (int i = 0; i <= static_cast<int>(ErrorCode::kDenied); i++) {
		if (name == code_name(static_cast<ErrorCode>(i)))
			code = static_cast<ErrorCode>(i);
	}
	return Error(code, error.text_or("message", "the daemon gave no reason"), error.text_or("advice", ""));
}

// ---- words ----

const char* code_name(ErrorCode code)
{
	switch (code) {
	case ErrorCode::kFailed:
		return "failed";
	case ErrorCode::kInvalid:
		return "invalid";
	case ErrorCode::kNotFound:
		return "not_found";
	case ErrorCode::kExists:
		return "exists";
	case ErrorCode::kExhausted:
		return "exhausted";
	case ErrorCode::kUnsupported:
		return "unsupported";
	case ErrorCode::kUnreachable:
		return "unreachable";
	case ErrorCode::kDenied:
		break;
	}
	return "denied";
}

unsigned http_status(ErrorCode code)
{
	switch (code) {
	case ErrorCode::kFailed:
		return 500;
	case ErrorCode::kInvalid:
		return 400;
	case ErrorCode::kNotFound:
		return 404;
	case ErrorCode::kExists:
		return 409;
	case ErrorCode::kExhausted:
		return 507;
	case ErrorCode::kUnsupported:
		return 501;
	case ErrorCode::kUnreachable:
		return 503;
	case ErrorCode::kDenied:
		break;
	}
	return 403;
}

const char* mode_name(datapath::AttachMode mode)
{
	return mode == datapath::AttachMode::kNative ? "native" : "generic";
}

Result<std::vector<net::Prefix>> parse_prefixes(const std::vector<std::string>& texts)
{
	std::vector<net::Prefix> out;
	for (const auto& text : texts) {
		SLUICE_TRY_ASSIGN(auto prefix, net::Prefix::parse(text));
		out.push_back(prefix);
	}
	return out;
}

Result<Json> parse_json(const std::string& text)
{
	// The parser is iterative, so that depth costs memory and not stack.
	Json json = Json::parse(text, nullptr, false);
	if (json.is_discarded())
		return Error(ErrorCode::kInvalid, "this is no JSON");
	return json;
}

}  // namespace sluice::control
