#include "control/identity_messages.h"

#include <algorithm>

#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {
namespace {

using Json = nlohmann::json;

Json to_json(const std::optional<Revoked>& revoked)
{
	if (!revoked)
		return nullptr;
	return {{"at", revoked->unix_ns == 0 ? Json(nullptr) : Json(telemetry::timestamp(revoked->unix_ns))}, {"by", revoked->by}, {"why", revoked->why}, {"also", revoked->also}};
}

Result<Revoked> parse_revoked(const Json& json)
{
	Reader reader(json, "revocation");
	Revoked revoked;
	revoked.by = reader.text("by");
	revoked.why = reader.text("why");
	revoked.also = reader.texts("also");
	if (const auto at = reader.optional_text("at")) {
		const auto time = telemetry::parse_timestamp(*at);
		if (!time)
			reader.refuse("at", "a time, as in RFC 3339");
		revoked.unix_ns = time ? *time : 0;
	}
	if (const auto error = reader.error())
		return *error;
	return revoked;
}

Result<IdentityRow> parse_row(const Json& json)
{
	Reader reader(json, "identity");
	IdentityRow row;
	row.identity = reader.text("identity");
	row.authority = reader.text("authority");
	row.roles = reader.texts("roles");
	row.leases = reader.count("leases");
	row.remaining_ns = reader.count("remaining_ns");
	const Json* revoked = reader.optional_object("revoked");
	if (const auto error = reader.error())
		return *error;
	if (revoked != nullptr) {
		SLUICE_TRY_ASSIGN(row.revoked, parse_revoked(*revoked));
	}
	return row;
}

Result<void> check_name(const std::string& name)
{
	const bool is_text = std::all_of(name.begin(), name.end(), [](unsigned char byte) { return byte >= 0x20 && byte != 0x7f; });
	if (!name.empty() && name.size() <= kMostIdentityBytes && is_text)
		return {};
	return Error(ErrorCode::kInvalid, "'identity' must be a name of 1 to " + std::to_string(kMostIdentityBytes) + " bytes without control characters",
		     "`sluice identity list` lists those with leases");
}

}  // namespace

Json to_json(const LeaseUse& use)
{
	return {{"leases", use.leases},
	        {"lease_room", use.lease_room},
	        {"identities", use.identities},
	        {"identity_room", use.identity_room},
	        {"revoked", use.revoked}};
}

Json to_json(const IdentityList& list)
{
	Json rows = Json::array();
	for (const IdentityRow& row : list.rows)
		rows.push_back({{"identity", row.identity},
		                {"authority", row.authority},
		                {"roles", row.roles},
		                {"leases", row.leases},
		                {"remaining_ns", row.remaining_ns},
		                {"revoked", to_json(row.revoked)}});
	return {{"identities", std::move(rows)}, {"use", to_json(list.use)}};
}

Json to_json(const RevokeRequest& request)
{
	return {{"identity", request.identity}, {"why", request.why}};
}

Json to_json(const RevokeReply& reply)
{
	return {{"revoked", reply.identity}, {"ended_leases", reply.ended}};
}

Json to_json(const RestoreRequest& request)
{
	return {{"identity", request.identity}};
}

Result<LeaseUse> parse_lease_use(const Json& json)
{
	Reader reader(json, "leases");
	const LeaseUse use{reader.count("leases"), reader.count("lease_room"), reader.count("identities"), reader.count("identity_room"),
			   reader.count("revoked")};
	if (const auto error = reader.error())
		return *error;
	return use;
}

Result<IdentityList> parse_identity_list(const Json& json)
{
	Reader reader(json, "identities");
	IdentityList list;
	for (const Json& row : reader.array("identities")) {
		SLUICE_TRY_ASSIGN(IdentityRow parsed, parse_row(row));
		list.rows.push_back(std::move(parsed));
	}
	SLUICE_TRY_ASSIGN(list.use, parse_lease_use(reader.object("use")));
	if (const auto error = reader.error())
		return *error;
	return list;
}

Result<RevokeRequest> parse_revoke_request(const Json& json)
{
	Reader reader(json, "revocation request");
	RevokeRequest request{reader.text("identity"), reader.text_or("why", "")};
	if (const auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY(check_name(request.identity));
	if (request.why.size() > kMostReasonBytes)
		return Error(ErrorCode::kInvalid, "'why' must be text of at most " + std::to_string(kMostReasonBytes) + " bytes");
	return request;
}

Result<RevokeReply> parse_revoke_reply(const Json& json)
{
	Reader reader(json, "revocation");
	RevokeReply reply{reader.text("revoked"), reader.count("ended_leases")};
	if (const auto error = reader.error())
		return *error;
	return reply;
}

Result<RestoreRequest> parse_restore_request(const Json& json)
{
	Reader reader(json, "restoration request");
	RestoreRequest request{reader.text("identity")};
	if (const auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY(check_name(request.identity));
	return request;
}

}  // namespace sluice::control
