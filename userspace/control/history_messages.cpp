#include "control/history_messages.h"

#include <limits>

#include "control/optional_json.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {
namespace {

using Json = nlohmann::json;

// A field that may be null or absent.
const Json& field(const Json& json, const char* name)
{
	static const Json kNull;
	const auto at = json.is_object() ? json.find(name) : json.end();
	return json.is_object() && at != json.end() ? *at : kNull;
}

std::uint16_t read_port(Reader& reader, const char* name)
{
	const std::uint64_t port = reader.count(name);
	if (port > std::numeric_limits<std::uint16_t>::max())
		reader.refuse(name, "a port");
	return static_cast<std::uint16_t>(port);
}

net::Address read_address(Reader& reader, const char* name)
{
	const auto address = net::Address::parse(reader.text(name));
	if (!address)
		reader.refuse(name, "an address");
	return address ? *address : net::Address{};
}

Json json_of(const HistoryRow& row)
{
	return {{"generation", row.generation},
	        {"digest", row.digest},
	        {"path", row.path},
	        {"at", telemetry::timestamp(row.unix_ns)},
	        {"cause", row.cause},
	        {"state", row.fate},
	        {"caller", to_json(row.caller)},
	        {"holds", to_json(row.holds)},
	        {"held_before", row.held_before ? to_json(*row.held_before) : Json(nullptr)},
	        {"restores", or_null(row.restores)},
	        {"kept", row.kept}};
}

Result<HistoryRow> read_row(const Json& json)
{
	Reader reader(json, "history: row");
	HistoryRow row;
	row.generation = static_cast<std::uint32_t>(reader.count("generation"));
	row.digest = reader.text("digest");
	row.path = reader.text("path");
	const auto at = telemetry::parse_timestamp(reader.text("at"));
	if (!at)
		reader.refuse("at", "a time, as in RFC 3339");
	row.unix_ns = at ? *at : 0;
	row.cause = reader.text("cause");
	row.fate = reader.text("state");
	if (const auto restores = reader.optional_count("restores"))
		row.restores = static_cast<std::uint32_t>(*restores);
	row.kept = reader.flag("kept");
	if (const auto error = reader.error())
		return *error;
	SLUICE_TRY_ASSIGN(row.caller, parse_caller(field(json, "caller")));
	SLUICE_TRY_ASSIGN(row.holds, parse_inventory(field(json, "holds")));
	if (!field(json, "held_before").is_null()) {
		SLUICE_TRY_ASSIGN(row.held_before, parse_inventory(field(json, "held_before")));
	}
	return row;
}

}  // namespace

Json to_json(const std::optional<Session>& session)
{
	if (!session)
		return nullptr;
	return {{"peer", session->peer.to_string()},
	        {"peer_port", session->peer_port},
	        {"host", session->host.to_string()},
	        {"host_port", session->host_port}};
}

Json to_json(const std::optional<Caller>& caller)
{
	if (!caller)
		return nullptr;
	return {{"uid", caller->uid}, {"user", caller->user}, {"ssh", caller->ssh}};
}

Json to_json(const Inventory& inventory)
{
	return {{"denied", inventory.denied},
	        {"allowed", inventory.allowed},
	        {"services", inventory.services},
	        {"limits", inventory.limits},
	        {"failsafe", inventory.failsafe}};
}

Json to_json(const std::optional<Waiting>& waiting)
{
	if (!waiting)
		return nullptr;
	return {{"generation", waiting->generation}, {"remaining_ns", waiting->remaining_ns}, {"returns_to", waiting->returns_to}};
}

Json to_json(const History& history)
{
	Json rows = Json::array();
	for (const HistoryRow& row : history.rows)
		rows.push_back(json_of(row));
	return {{"history", std::move(rows)}, {"waiting", to_json(history.waiting)}};
}

Json to_json(const Confirmed& confirmed)
{
	return {{"generation", confirmed.generation}, {"digest", confirmed.digest}};
}

Json to_json(const RollbackRequest& request)
{
	return {{"session", to_json(request.session)}};
}

Result<std::optional<Session>> parse_session(const Json& json)
{
	if (json.is_null())
		return std::optional<Session>();
	Reader reader(json, "session");
	Session session;
	session.peer = read_address(reader, "peer");
	session.peer_port = read_port(reader, "peer_port");
	session.host = read_address(reader, "host");
	session.host_port = read_port(reader, "host_port");
	if (const auto error = reader.error_if_unknown())
		return *error;
	return std::optional(session);
}

Result<std::optional<Caller>> parse_caller(const Json& json)
{
	if (json.is_null())
		return std::optional<Caller>();
	Reader reader(json, "caller");
	Caller caller;
	caller.uid = static_cast<std::uint32_t>(reader.count("uid"));
	caller.user = reader.text("user");
	caller.ssh = reader.text("ssh");
	if (const auto error = reader.error())
		return *error;
	return std::optional(std::move(caller));
}

Result<Inventory> parse_inventory(const Json& json)
{
	Reader reader(json, "what a policy holds");
	Inventory inventory;
	inventory.denied = reader.count("denied");
	inventory.allowed = reader.count("allowed");
	inventory.services = reader.count("services");
	inventory.limits = reader.count("limits");
	inventory.failsafe = reader.count("failsafe");
	if (const auto error = reader.error())
		return *error;
	return inventory;
}

Result<std::optional<Waiting>> parse_waiting(const Json& json)
{
	if (json.is_null())
		return std::optional<Waiting>();
	Reader reader(json, "waiting");
	Waiting waiting;
	waiting.generation = static_cast<std::uint32_t>(reader.count("generation"));
	waiting.remaining_ns = reader.count("remaining_ns");
	waiting.returns_to = static_cast<std::uint32_t>(reader.count("returns_to"));
	if (const auto error = reader.error())
		return *error;
	return std::optional(waiting);
}

Result<History> parse_history(const Json& json)
{
	Reader reader(json, "history");
	History history;
	for (const Json& item : reader.array("history")) {
		SLUICE_TRY_ASSIGN(HistoryRow row, read_row(item));
		history.rows.push_back(std::move(row));
	}
	if (const auto error = reader.error())
		return *error;
	SLUICE_TRY_ASSIGN(history.waiting, parse_waiting(field(json, "waiting")));
	return history;
}

Result<Confirmed> parse_confirmed(const Json& json)
{
	Reader reader(json, "confirmation");
	Confirmed confirmed;
	confirmed.generation = static_cast<std::uint32_t>(reader.count("generation"));
	confirmed.digest = reader.text("digest");
	if (const auto error = reader.error())
		return *error;
	return confirmed;
}

Result<RollbackRequest> parse_rollback_request(const Json& json)
{
	RollbackRequest request;
	if (json.is_null())
		return request;
	Reader reader(json, "rollback request");
	(void)reader.optional_object("session");
	if (const auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(request.session, parse_session(field(json, "session")));
	return request;
}

std::string peer_text(const Session& session)
{
	const std::string address = session.peer.to_string();
	return (session.peer.is_ipv4() ? address : "[" + address + "]") + ":" + std::to_string(session.peer_port);
}

}  // namespace sluice::control
