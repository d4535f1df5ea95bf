#include "control/overlay_messages.h"

#include "control/optional_json.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {
namespace {

using telemetry::timestamp;

std::uint64_t read_time(Reader& reader, const char* name)
{
	const auto time = telemetry::parse_timestamp(reader.text(name));
	if (!time)
		reader.refuse(name, "a time, as in RFC 3339");
	return time ? *time : 0;
}

bool read_action(Reader& reader)
{
	const std::string action = reader.text("action");
	if (action != "allow" && action != "deny")
		reader.refuse("action", "allow or deny");
	return action == "allow";
}

}  // namespace

const char* action_name(bool allow)
{
	return allow ? "allow" : "deny";
}

// What is said of prefixes for a time, and an action: a ban request with one key more.
Json to_json(const OverlayRequest& request)
{
	Json json = to_json(BanRequest{request.prefixes, request.duration_ns, request.why});
	json["action"] = action_name(request.allow);
	return json;
}

Result<OverlayRequest> parse_overlay_request(const Json& json)
{
	Reader reader(json, "overlay request");
	const bool allow = read_action(reader);
	if (const auto error = reader.error())
		return *error;
	Json rest = json;
	rest.erase("action");
	SLUICE_TRY_ASSIGN(BanRequest said, parse_ban_request(rest));
	return OverlayRequest{allow, std::move(said.prefixes), said.duration_ns, std::move(said.why)};
}

Json to_json(const OverlayRow& row)
{
	return {{"prefix", row.prefix.to_string()},
	        {"action", action_name(row.allow)},
	        {"created_at", timestamp(row.created_unix_ns)},
	        {"expires_at", row.expires_unix_ns ? Json(timestamp(*row.expires_unix_ns)) : Json(nullptr)},
	        {"remaining_ns", or_null(row.remaining_ns)},
	        {"uid", row.uid},
	        {"user", row.user},
	        {"why", row.why}};
}

Json to_json(const std::vector<OverlayRow>& rows)
{
	Json out = Json::array();
	for (const OverlayRow& row : rows)
		out.push_back(to_json(row));
	return {{"overlay", std::move(out)}};
}

Result<OverlayRow> parse_overlay_row(const Json& json)
{
	Reader reader(json, "overlay entry");
	OverlayRow row;
	const auto prefix = net::Prefix::parse(reader.text("prefix"));
	if (prefix)
		row.prefix = *prefix;
	else
		reader.refuse("prefix", "an address or a prefix");
	row.allow = read_action(reader);
	row.created_unix_ns = read_time(reader, "created_at");
	if (reader.optional_text("expires_at"))
		row.expires_unix_ns = read_time(reader, "expires_at");
	row.remaining_ns = reader.optional_count("remaining_ns");
	row.why = reader.text_or("why", "");
	row.uid = static_cast<std::uint32_t>(reader.count("uid"));
	row.user = reader.text("user");
	if (const auto error = reader.error())
		return *error;
	return row;
}

Result<std::vector<OverlayRow>> parse_overlay(const Json& json)
{
	Reader reader(json, "overlay");
	std::vector<OverlayRow> out;
	for (const Json& item : reader.array("overlay")) {
		SLUICE_TRY_ASSIGN(OverlayRow row, parse_overlay_row(item));
		out.push_back(std::move(row));
	}
	if (const auto error = reader.error())
		return *error;
	return out;
}

}  // namespace sluice::control
