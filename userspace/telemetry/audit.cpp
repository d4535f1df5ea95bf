#include "telemetry/audit.h"

#include "policy/copy.h"

namespace sluice::telemetry {
namespace {

using Json = nlohmann::ordered_json;

Error wrong(std::uint64_t line, const std::string& why)
{
	return Error(ErrorCode::kInvalid, "line " + std::to_string(line) + " " + why);
}

// The end of a chain whose last line is `line`, number `at` of its file; and what that line says of the one before.
struct Link {
	AuditEnd end;
	std::string previous;
};

Result<Link> read_link(std::string_view line, std::uint64_t at)
{
	const Json json = Json::parse(line, nullptr, false);
	const bool whole = json.is_object() && json.contains("sequence") && json["sequence"].is_number_unsigned() &&
			   json["sequence"] != 0u && json.contains("previous") && json["previous"].is_string();
	if (!whole)
		return wrong(at, "is no line of an audit file");
	SLUICE_TRY_ASSIGN(std::string hash, policy::fingerprint(line));
	return Link{{json["sequence"].get<std::uint64_t>(), std::move(hash)}, json["previous"].get<std::string>()};
}

}  // namespace

Result<AuditLine> next_line(const AuditEnd& end, Json fields)
{
	Json line = {{"sequence", end.sequence + 1}, {"previous", end.hash}};
	line.update(fields);
	std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
	SLUICE_TRY_ASSIGN(std::string hash, policy::fingerprint(text));
	return AuditLine{text + "\n", {end.sequence + 1, std::move(hash)}};
}

Result<AuditEnd> end_of(std::string_view text)
{
	if (text.empty())
		return AuditEnd{};
	if (text.back() != '\n')
		return Error(ErrorCode::kInvalid, "the last line is cut off");
	text.remove_suffix(1);
	const std::size_t feed = text.rfind('\n');
	SLUICE_TRY_ASSIGN(Link link, read_link(text.substr(feed == std::string_view::npos ? 0 : feed + 1), 0));
	return link.end;
}

Result<AuditEnd> beginning_of(std::string_view text)
{
	if (text.empty())
		return AuditEnd{};
	SLUICE_TRY_ASSIGN(Link link, read_link(text.substr(0, text.find('\n')), 1));
	return AuditEnd{link.end.sequence - 1, std::move(link.previous)};
}

Result<AuditEnd> verify_audit(std::string_view text, AuditEnd from)
{
	AuditEnd end = std::move(from);
	for (std::uint64_t at = 1; !text.empty(); at++) {
		const std::size_t feed = text.find('\n');
		if (feed == std::string_view::npos)
			return wrong(at, "is cut off");
		SLUICE_TRY_ASSIGN(Link link, read_link(text.substr(0, feed), at));
		if (link.end.sequence != end.sequence + 1)
			return wrong(at, "has number " + std::to_string(link.end.sequence) + " and follows " + std::to_string(end.sequence));
		if (link.previous != end.hash)
			return wrong(at, "does not follow from the one before it: one of the two was changed");
		end = std::move(link.end);
		text.remove_prefix(feed + 1);
	}
	return end;
}

}  // namespace sluice::telemetry
