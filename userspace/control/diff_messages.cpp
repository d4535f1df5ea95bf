#include "control/diff_messages.h"

#include "control/reader.h"

namespace sluice::control {
namespace {

Json to_json(const DiffSide& side)
{
	return {{"path", side.path}, {"generation", side.generation}, {"digest", side.digest}};
}

// IPv6 counts go beyond what JSON readers hold: they are text.
Json to_json(const policy::Extent& extent)
{
	return {{"ipv4_addresses", std::stoull(extent.ipv4.to_string())},
		{"ipv6_addresses", extent.ipv6.to_string()},
		{"prefixes", extent.prefixes},
		{"first", extent.first}};
}

Json to_json(const policy::Change& change)
{
	Json json = {{"part", policy::part_name(change.part)},
		     {"change", policy::kind_name(change.kind)},
		     {"subject", change.subject},
		     {"before", change.before},
		     {"after", change.after},
		     {"grave", change.grave}};
	if (change.sources)
		json["sources"] = to_json(*change.sources);
	return json;
}

DiffSide read_side(const Json& json, const char* what, std::optional<Error>& error)
{
	Reader reader(json, what);
	DiffSide side;
	side.path = reader.text("path");
	side.generation = static_cast<std::uint32_t>(reader.count("generation"));
	side.digest = reader.text("digest");
	if (!error)
		error = reader.error();
	return side;
}

Result<policy::Extent> parse_extent(const Json& json)
{
	Reader reader(json, "extent of a change");
	policy::Extent extent;
	const auto ipv4 = policy::AddressCount::parse(std::to_string(reader.count("ipv4_addresses")));
	const auto ipv6 = policy::AddressCount::parse(reader.text("ipv6_addresses"));
	extent.prefixes = reader.count("prefixes");
	extent.first = reader.texts("first");
	if (!ipv4 || !ipv6)
		reader.refuse("ipv6_addresses", "a number as text");
	if (const auto error = reader.error())
		return *error;
	extent.ipv4 = *ipv4;
	extent.ipv6 = *ipv6;
	return extent;
}

Result<policy::Change> parse_change(const Json& json)
{
	Reader reader(json, "change");
	policy::Change change;
	const std::string part = reader.text("part");
	const std::string kind = reader.text("change");
	change.subject = reader.text("subject");
	change.before = reader.text("before");
	change.after = reader.text("after");
	change.grave = reader.flag("grave");
	const auto known_part = policy::find_part(part);
	const auto known_kind = policy::find_kind(kind);
	if (!known_part)
		reader.refuse("part", "a part of a policy");
	if (!known_kind)
		reader.refuse("change", "a kind of change");
	if (const auto error = reader.error())
		return *error;
	change.part = *known_part;
	change.kind = *known_kind;
	if (json.contains("sources")) {
		SLUICE_TRY_ASSIGN(change.sources, parse_extent(json["sources"]));
	}
	return change;
}

}  // namespace

Json to_json(const DiffRequest& request)
{
	return {{"path", request.path}};
}

Json to_json(const Difference& difference)
{
	Json changes = Json::array();
	for (const policy::Change& change : difference.changes)
		changes.push_back(to_json(change));
	return {{"before", to_json(difference.before)},
		{"after", to_json(difference.after)},
		{"differs", !difference.changes.empty()},
		{"changes", std::move(changes)},
		{"warnings", difference.warnings}};
}

Result<DiffRequest> parse_diff_request(const Json& json)
{
	Reader reader(json, "diff request");
	DiffRequest request;
	request.path = reader.text("path");
	if (const auto error = reader.error_if_unknown())
		return *error;
	if (request.path.empty() || request.path[0] != '/' || request.path.find('\0') != std::string::npos)
		return Error(ErrorCode::kInvalid, "'path' must be absolute", "the daemon does not know where you stand");
	return request;
}

Result<DiffReply> parse_diff_reply(const Json& json)
{
	if (json.is_object() && json.contains("diagnostics")) {
		SLUICE_TRY_ASSIGN(auto diagnostics, parse_diagnostics(json));
		return DiffReply(std::move(diagnostics));
	}
	Reader reader(json, "diff answer");
	Difference difference;
	std::optional<Error> wrong;
	difference.before = read_side(reader.object("before"), "diff answer's 'before'", wrong);
	difference.after = read_side(reader.object("after"), "diff answer's 'after'", wrong);
	for (const Json& item : reader.array("changes")) {
		SLUICE_TRY_ASSIGN(auto change, parse_change(item));
		difference.changes.push_back(std::move(change));
	}
	difference.warnings = reader.texts("warnings");
	if (const auto error = reader.error())
		return *error;
	if (wrong)
		return *wrong;
	return DiffReply(std::move(difference));
}

}  // namespace sluice::control
