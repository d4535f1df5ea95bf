#include "control/shadow_messages.h"

#include "control/optional_json.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {

using Json = nlohmann::json;

Json to_json(const std::optional<Shadow>& shadow)
{
	if (!shadow)
		return nullptr;
	return {{"path", shadow->path}, {"digest", shadow->digest}, {"since", telemetry::timestamp(shadow->since_unix_ns)}};
}

Json to_json(const PromoteRequest& request)
{
	return {{"confirm_ns", or_null(request.confirm_ns)}, {"force", request.force}, {"session", to_json(request.session)}};
}

Result<Shadow> parse_shadow(const Json& json)
{
	Reader reader(json, "shadow");
	Shadow shadow;
	shadow.path = reader.text("path");
	shadow.digest = reader.text("digest");
	const auto since = telemetry::parse_timestamp(reader.text("since"));
	if (!since)
		reader.refuse("since", "a time, as in RFC 3339");
	shadow.since_unix_ns = since ? *since : 0;
	if (const auto error = reader.error())
		return *error;
	return shadow;
}

Result<PromoteRequest> parse_promote_request(const Json& json)
{
	Reader reader(json, "promotion request");
	PromoteRequest request;
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
	return request;
}

}  // namespace sluice::control
