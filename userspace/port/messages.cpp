#include "port/messages.h"

#include <algorithm>

#include "base/json_reader.h"
#include "identity/base64url.h"
#include "identity/json.h"
#include "identity/subject.h"
#include "port/frame.h"
#include "port/reason.h"
#include "port/setup_json.h"

namespace sluice::port {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 16u << 10;     // ISSUER#SUBJECT comes from a token of 8 KiB
constexpr std::uint64_t kLastSecond = 253'402'300'800 + 60;  // of the year 9999, which is all that X.509 can say, and skew

constexpr std::pair<DenialKind, const char*> kDenials[] = {
	{DenialKind::kForbidden, "forbidden"}, {DenialKind::kTooMany, "too-many"}, {DenialKind::kUnavailable, "unavailable"}};

std::string line_of(const Json& json)
{
	return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json thumbprint_json(const std::optional<identity::Thumbprint>& thumbprint)
{
	return thumbprint ? Json(identity::encode_base64url(thumbprint->digest)) : Json();
}

// ---- to the port ----

const char* denial_name(DenialKind kind)
{
	for (const auto& [each, name] : kDenials) {
		if (each == kind)
			return name;
	}
	return "forbidden";
}

Json to_json(const LeaseAnswer& answer)
{
	Json json = {{"type", "lease-answer"}, {"id", answer.id}};
	if (const auto* granted = std::get_if<Granted>(&answer.outcome)) {
		json["granted"] = {{"binding", granted->binding}, {"seconds", granted->seconds}, {"renewed", granted->renewed}};
		return json;
	}
	const Denied& denied = std::get<Denied>(answer.outcome);
	json["denied"] = {{"kind", denial_name(denied.kind)},
			  {"reason", denied.reason},
			  {"sentence", denied.sentence},
			  {"retry_after_seconds", denied.retry_after_seconds}};
	return json;
}

Json to_json(const EventAnswer& answer)
{
	return {{"type", "event-answer"}, {"id", answer.id}, {"taken", answer.taken}};
}

Result<EventAnswer> parse_event_answer(const Json& json)
{
	JsonReader reader(json, "event answer");
	reader.text("type");
	const EventAnswer answer{reader.count("id"), reader.flag("taken")};
	if (auto error = reader.error_if_unknown())
		return *error;
	return answer;
}

Json to_json(const AskAgain&)
{
	return {{"type", "ask-again"}};
}

Result<Granted> parse_granted(const Json& json)
{
	JsonReader reader(json, "granted");
	Granted granted;
	granted.binding = reader.text("binding");
	granted.seconds = reader.count("seconds");
	granted.renewed = reader.flag("renewed");
	if (granted.seconds == 0)
		reader.refuse("seconds", "1 or more");
	if (auto error = reader.error_if_unknown())
		return *error;
	return granted;
}

Result<Denied> parse_denied(const Json& json)
{
	JsonReader reader(json, "denied");
	Denied denied;
	const std::string kind = reader.text("kind");
	denied.reason = reader.text("reason");
	denied.sentence = reader.text("sentence");
	denied.retry_after_seconds = reader.count("retry_after_seconds");
	const auto* const known = std::find_if(std::begin(kDenials), std::end(kDenials), [&](const auto& each) { return each.second == kind; });
	if (known == std::end(kDenials))
		reader.refuse("kind", "forbidden, too-many or unavailable");
	if (auto error = reader.error_if_unknown())
		return *error;
	denied.kind = known->first;
	return denied;
}

Result<LeaseAnswer> parse_lease_answer(const Json& json)
{
	JsonReader reader(json, "lease answer");
	reader.text("type");
	LeaseAnswer answer;
	answer.id = reader.count("id");
	const Json* granted = reader.optional_object("granted");
	const Json* denied = reader.optional_object("denied");
	if ((granted == nullptr) == (denied == nullptr))
		reader.refuse("granted", "there, or else 'denied'");
	if (auto error = reader.error_if_unknown())
		return *error;
	if (granted != nullptr) {
		SLUICE_TRY_ASSIGN(answer.outcome, parse_granted(*granted));
	} else {
		SLUICE_TRY_ASSIGN(answer.outcome, parse_denied(*denied));
	}
	return answer;
}

// ---- to the daemon ----

Json to_json(const Ready& ready)
{
	return {{"type", "ready"}, {"serial", ready.serial}, {"problems", ready.problems}};
}

Json to_json(const SetupRefused& refused)
{
	return {{"type", "setup-refused"}, {"serial", refused.serial}, {"why", refused.why}};
}

Json to_json(const identity::Identity& identity)
{
	const auto until = std::max<std::int64_t>(identity.until.time_since_epoch().count(), 0);
	return {{"name", identity.name},     {"authority", identity.authority}, {"thumbprint", thumbprint_json(identity.thumbprint)},
		{"issuer", identity.issuer}, {"token_subject", identity.token_subject}, {"token_id", identity.token_id}, {"roles", identity.roles},
		{"until", static_cast<std::uint64_t>(until)}};
}

Json to_json(const Visitor& visitor)
{
	return {{"peer", visitor.peer.to_string()}, {"bind", name_of(visitor.bind)}};
}

Json to_json(const net::Flow& flow)
{
	return {{"source", flow.source.to_string()},
		{"source_port", flow.source_port},
		{"destination", flow.destination.to_string()},
		{"destination_port", flow.destination_port}};
}

Json to_json(const LeaseRequest& request)
{
	Json json = {{"type", "lease-request"}, {"id", request.id}, {"identity", to_json(request.identity)}};
	json[std::holds_alternative<Visitor>(request.at) ? "visitor" : "flow"] = std::visit([](const auto& at) { return to_json(at); }, request.at);
	return json;
}

Json to_json(const RefusalReport& report)
{
	return {{"type", "refusal"},
		{"reason", report.reason},
		{"detail", report.detail},
		{"peer", report.peer ? Json(report.peer->to_string()) : Json()},
		{"thumbprint", thumbprint_json(report.thumbprint)},
		{"unreported", report.unreported}};
}

Json to_json(const EventReport& report)
{
	const identity::SecurityEvent& event = report.event;
	return {{"type", "event"},        {"id", report.id},         {"issuer", event.issuer}, {"token_id", event.token_id},
		{"event", event.event},   {"subject", event.subject}};
}

// Text of at most so many bytes.
std::string bounded_text(JsonReader& reader, const char* name, std::size_t most)
{
	std::string text = reader.text(name);
	if (text.size() > most)
		reader.refuse(name, "at most " + std::to_string(most) + " bytes");
	return text;
}

std::optional<identity::Thumbprint> read_thumbprint(JsonReader& reader)
{
	const auto text = reader.optional_text("thumbprint");
	if (!text)
		return std::nullopt;
	const auto thumbprint = identity::decode_thumbprint(*text);
	if (!thumbprint)
		reader.refuse("thumbprint", "a SHA-256 in base64url, or null");
	return thumbprint;
}

net::Address read_address(JsonReader& reader, const char* name)
{
	const auto address = net::Address::parse(reader.text(name));
	if (!address)
		reader.refuse(name, "an address");
	return address ? *address : net::Address();
}

std::optional<net::Address> read_peer(JsonReader& reader)
{
	const auto text = reader.optional_text("peer");
	if (!text)
		return std::nullopt;
	const auto peer = net::Address::parse(*text);
	if (!peer)
		reader.refuse("peer", "an address, or null");
	return peer ? std::optional(*peer) : std::nullopt;
}

std::uint16_t read_port(JsonReader& reader, const char* name)
{
	const std::uint64_t port = reader.count(name);
	if (port == 0 || port > 65535)
		reader.refuse(name, "a port from 1 to 65535");
	return static_cast<std::uint16_t>(port);
}

Result<Ready> parse_ready(const Json& json)
{
	JsonReader reader(json, "ready");
	reader.text("type");
	Ready ready;
	ready.serial = reader.count("serial");
	ready.problems = reader.texts("problems");
	if (ready.problems.size() > kMostProblems)
		reader.refuse("problems", "at most " + std::to_string(kMostProblems));
	if (auto error = reader.error_if_unknown())
		return *error;
	return ready;
}

Result<SetupRefused> parse_setup_refused(const Json& json)
{
	JsonReader reader(json, "setup refused");
	reader.text("type");
	SetupRefused refused;
	refused.serial = reader.count("serial");
	refused.why = bounded_text(reader, "why", kLongestSentence);
	if (auto error = reader.error_if_unknown())
		return *error;
	return refused;
}

Result<identity::Identity> parse_identity(const Json& json)
{
	JsonReader reader(json, "identity");
	identity::Identity identity;
	identity.name = bounded_text(reader, "name", kLongestName);
	identity.authority = bounded_text(reader, "authority", kLongestName);
	identity.thumbprint = read_thumbprint(reader);
	identity.issuer = bounded_text(reader, "issuer", kLongestName);
	identity.token_subject = bounded_text(reader, "token_subject", kLongestName);
	identity.token_id = bounded_text(reader, "token_id", kLongestName);
	identity.roles = reader.count("roles");
	const std::uint64_t until = reader.count("until");
	if (identity.name.empty())
		reader.refuse("name", "not empty");
	if (until > kLastSecond)
		reader.refuse("until", "a second before the year 10000");
	if (auto error = reader.error_if_unknown())
		return *error;
	identity.until = identity::Moment(std::chrono::seconds(until));
	return identity;
}

Result<Visitor> parse_visitor(const Json& json)
{
	JsonReader reader(json, "visitor");
	Visitor visitor;
	visitor.peer = read_address(reader, "peer");
	const auto bind = parse_bind(reader.text("bind"));
	if (!bind)
		reader.refuse("bind", "address or prefix");
	if (auto error = reader.error_if_unknown())
		return *error;
	visitor.bind = *bind;
	return visitor;
}

Result<net::Flow> parse_flow(const Json& json)
{
	JsonReader reader(json, "flow");
	net::Flow flow;
	flow.source = read_address(reader, "source");
	flow.source_port = read_port(reader, "source_port");
	flow.destination = read_address(reader, "destination");
	flow.destination_port = read_port(reader, "destination_port");
	if (auto error = reader.error_if_unknown())
		return *error;
	return flow;
}

Result<LeaseRequest> parse_lease_request(const Json& json)
{
	JsonReader reader(json, "lease request");
	reader.text("type");
	LeaseRequest request;
	request.id = reader.count("id");
	const Json& identity = reader.object("identity");
	const Json* visitor = json.contains("visitor") ? &reader.object("visitor") : nullptr;
	const Json* flow = json.contains("flow") ? &reader.object("flow") : nullptr;
	if ((visitor == nullptr) == (flow == nullptr))
		reader.refuse("visitor", "there, or else 'flow'");
	if (auto error = reader.error_if_unknown())
		return *error;
	if (visitor != nullptr) {
		SLUICE_TRY_ASSIGN(request.at, parse_visitor(*visitor));
	} else {
		SLUICE_TRY_ASSIGN(request.at, parse_flow(*flow));
	}
	SLUICE_TRY_ASSIGN(request.identity, parse_identity(identity));
	return request;
}

Result<RefusalReport> parse_refusal(const Json& json)
{
	JsonReader reader(json, "refusal");
	reader.text("type");
	RefusalReport report;
	report.reason = reader.text("reason");
	report.detail = bounded_text(reader, "detail", kLongestSentence);
	report.peer = read_peer(reader);
	report.thumbprint = read_thumbprint(reader);
	report.unreported = reader.count("unreported");
	if (!is_reason(report.reason))
		reader.refuse("reason", "one of the lists");
	if (auto error = reader.error_if_unknown())
		return *error;
	return report;
}

Result<EventReport> parse_event(const Json& json)
{
	JsonReader reader(json, "event");
	reader.text("type");
	EventReport report;
	report.id = reader.count("id");
	report.event.issuer = bounded_text(reader, "issuer", kLongestName);
	report.event.token_id = bounded_text(reader, "token_id", identity::kLongestEventId);
	report.event.event = reader.text("event");
	report.event.subject = reader.text("subject");
	const auto subject = identity::parse_subject(report.event.subject);
	if (!identity::is_revoking(report.event.event))
		reader.refuse("event", "one by which somebody is revoked");
	if (!subject || *subject != report.event.subject)
		reader.refuse("subject", "somebody who can be revoked");
	if (auto error = reader.error_if_unknown())
		return *error;
	return report;
}

Result<Json> parse_message(std::string_view payload, std::size_t most)
{
	if (payload.size() > most)
		return Error(ErrorCode::kInvalid, "message: longer than " + std::to_string(most) + " bytes");
	auto json = identity::parse_json_object(payload);
	if (!json || identity::string_member(*json, "type") == nullptr)
		return Error(ErrorCode::kInvalid, "message: no JSON object with a type, or one with a member twice");
	return *std::move(json);
}

template <typename Variant, typename T>
Result<Variant> as(Result<T> parsed)
{
	if (!parsed)
		return std::move(parsed).error();
	return Variant(*std::move(parsed));
}

Error unknown_type()
{
	return Error(ErrorCode::kInvalid, "message: its type is not known here", "are both programs of one version?");
}

}  // namespace

std::string encode(const ToPort& message)
{
	return line_of(std::visit([](const auto& each) { return to_json(each); }, message));
}

std::string encode(const ToDaemon& message)
{
	return line_of(std::visit([](const auto& each) { return to_json(each); }, message));
}

Result<ToPort> parse_to_port(std::string_view payload)
{
	SLUICE_TRY_ASSIGN(const Json json, parse_message(payload, kMostBytesToPort));
	const std::string& type = *identity::string_member(json, "type");
	if (type == "setup")
		return as<ToPort>(parse_setup(json));
	if (type == "lease-answer")
		return as<ToPort>(parse_lease_answer(json));
	if (type == "event-answer")
		return as<ToPort>(parse_event_answer(json));
	if (type == "ask-again" && json.size() == 1)
		return ToPort(AskAgain{});
	return unknown_type();
}

Result<ToDaemon> parse_to_daemon(std::string_view payload)
{
	SLUICE_TRY_ASSIGN(const Json json, parse_message(payload, kMostBytesToDaemon));
	const std::string& type = *identity::string_member(json, "type");
	if (type == "ready")
		return as<ToDaemon>(parse_ready(json));
	if (type == "setup-refused")
		return as<ToDaemon>(parse_setup_refused(json));
	if (type == "lease-request")
		return as<ToDaemon>(parse_lease_request(json));
	if (type == "refusal")
		return as<ToDaemon>(parse_refusal(json));
	if (type == "event")
		return as<ToDaemon>(parse_event(json));
	return unknown_type();
}

const char* name_of(Bind bind)
{
	return bind == Bind::kPrefix ? "prefix" : "address";
}

std::optional<Bind> parse_bind(std::string_view name)
{
	for (const Bind bind : {Bind::kAddress, Bind::kPrefix}) {
		if (name == name_of(bind))
			return bind;
	}
	return std::nullopt;
}

}  // namespace sluice::port
