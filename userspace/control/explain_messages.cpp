#include "control/explain_messages.h"

#include "control/optional_json.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::control {
namespace {

net::Endpoint read_endpoint(Reader& reader, const char* name)
{
	const auto endpoint = net::Endpoint::parse(reader.text(name));
	if (!endpoint)
		reader.refuse(name, "ADDRESS, ADDRESS:PORT or [IPV6]:PORT");
	return endpoint ? *endpoint : net::Endpoint();
}

Json limit_json(const LimitSay& limit)
{
	return {{"name", limit.name},   {"unit", limit.unit}, {"algorithm", limit.algorithm}, {"rate", limit.rate},       {"burst", limit.burst},
	        {"level", limit.level}, {"cost", limit.cost}, {"refuses", limit.refuses}, {"recovers_in_ns", or_null(limit.recovers_in_ns)}};
}

LimitSay read_limit(Reader& reader)
{
	LimitSay limit;
	limit.name = reader.text("name");
	limit.unit = reader.text("unit");
	limit.algorithm = reader.text("algorithm");
	limit.rate = reader.text("rate");
	limit.burst = reader.count("burst");
	limit.level = reader.count("level");
	limit.cost = reader.count("cost");
	limit.refuses = reader.flag("refuses");
	limit.recovers_in_ns = reader.optional_count("recovers_in_ns");
	return limit;
}

Json source_json(const SourceSay& source)
{
	return {{"address", source.address},
	        {"listed", source.listed},
	        {"list", or_null(source.list)},
	        {"prefix", or_null(source.prefix)},
	        {"file", or_null(source.file)},
	        {"line", source.file ? Json(source.line) : Json(nullptr)},
	        {"comment", or_null(source.comment)},
	        {"note", or_null(source.note)}};
}

SourceSay read_source(Reader& reader)
{
	SourceSay source;
	source.address = reader.text("address");
	source.listed = reader.text("listed");
	source.list = reader.optional_text("list");
	source.prefix = reader.optional_text("prefix");
	source.file = reader.optional_text("file");
	source.line = reader.optional_count("line").value_or(0);
	source.comment = reader.optional_text("comment");
	source.note = reader.optional_text("note");
	return source;
}

Json identity_json(const std::optional<IdentitySay>& identity)
{
	if (!identity)
		return nullptr;
	return {{"name", identity->name}, {"lease", identity->lease}, {"binding", identity->binding}, {"roles", identity->roles}};
}

Result<IdentitySay> read_identity(const Json& json)
{
	Reader reader(json, "explanation: identity");
	IdentitySay identity{reader.text("name"), reader.text("lease"), reader.text("binding"), {}};
	for (const auto& role : reader.array("roles")) {
		if (role.is_string())
			identity.roles.push_back(role.get<std::string>());
	}
	if (const auto error = reader.error())
		return *error;
	return identity;
}

}  // namespace

Json to_json(const net::DescribedPacket& packet)
{
	return {{"source", packet.source.to_string()},
	        {"destination", packet.destination.to_string()},
	        {"protocol", packet.protocol.to_string()},
	        {"syn", packet.syn},
	        {"fragment", packet.fragment},
	        {"icmp_type", or_null(packet.icmp_type)},
	        {"length", packet.length != 0 ? Json(packet.length) : Json(nullptr)}};
}

Result<net::DescribedPacket> parse_explain_request(const Json& json)
{
	Reader reader(json, "explain request");
	net::DescribedPacket packet;
	packet.source = read_endpoint(reader, "source");
	packet.destination = read_endpoint(reader, "destination");
	const auto protocol = net::Protocol::parse(reader.text("protocol"));
	if (protocol)
		packet.protocol = *protocol;
	else
		reader.refuse("protocol", "the name or number of a protocol");
	packet.syn = reader.flag("syn");
	packet.fragment = reader.flag("fragment");
	const auto type = reader.optional_count("icmp_type");
	if (type.value_or(0) > 255)
		reader.refuse("icmp_type", "from 0 to 255");
	if (type)
		packet.icmp_type = static_cast<std::uint8_t>(*type);
	const std::uint64_t length = reader.optional_count("length").value_or(0);
	if (length > UINT32_MAX)
		reader.refuse("length", "the bytes of a frame");
	packet.length = static_cast<std::uint32_t>(length);
	if (const auto error = reader.error_if_unknown())
		return *error;
	return packet;
}

Json to_json(const Explained& explained)
{
	Json limits = Json::array();
	for (const auto& limit : explained.limits)
		limits.push_back(limit_json(limit));
	Json ban = nullptr;
	if (explained.ban)
		ban = to_json(std::vector<BanRow>{*explained.ban})["bans"][0];
	Json place = nullptr;
	if (explained.rule_place)
		place = {{"file", explained.rule_place->file}, {"line", explained.rule_place->line}};
	return {{"verdict", explained.verdict},
	        {"reason", explained.reason},
	        {"sentence", explained.sentence},
	        {"observed", explained.observed},
	        {"generation", explained.generation},
	        {"service", explained.service},
	        {"rule", or_null(explained.rule)},
	        {"rule_kind", explained.rule_kind},
	        {"rule_place", std::move(place)},
	        {"source", source_json(explained.source)},
	        {"identity", identity_json(explained.identity)},
	        {"ban", std::move(ban)},
	        {"path", explained.path},
	        {"overlay", explained.overlay ? to_json(*explained.overlay) : Json(nullptr)},
	        {"limit", explained.limit ? limits[*explained.limit] : Json(nullptr)},
	        {"limits", limits},
	        {"recovers_in_ns", or_null(explained.recovers_in_ns)},
	        {"length", explained.length}};
}

Result<Explained> parse_explained(const Json& json)
{
	Reader reader(json, "explanation");
	Explained out;
	out.verdict = reader.text("verdict");
	out.reason = reader.text("reason");
	out.sentence = reader.text("sentence");
	out.observed = reader.flag("observed");
	out.generation = static_cast<std::uint32_t>(reader.count("generation"));
	out.service = reader.text("service");
	out.rule = reader.optional_text("rule");
	out.rule_kind = reader.text("rule_kind");
	out.path = reader.text("path");
	out.recovers_in_ns = reader.optional_count("recovers_in_ns");
	out.length = static_cast<std::uint32_t>(reader.count("length"));
	Reader source(reader.object("source"), "explanation: source");
	out.source = read_source(source);
	for (const auto& item : reader.array("limits")) {
		Reader limit(item, "explanation: limit");
		out.limits.push_back(read_limit(limit));
		if (const auto error = limit.error())
			return *error;
		if (!out.limit && json.contains("limit") && json["limit"] == item)
			out.limit = out.limits.size() - 1;
	}
	if (json.contains("identity") && !json["identity"].is_null()) {
		SLUICE_TRY_ASSIGN(out.identity, read_identity(json["identity"]));
	}
	if (json.contains("ban") && !json["ban"].is_null()) {
		SLUICE_TRY_ASSIGN(const auto bans, parse_bans({{"bans", Json::array({json["ban"]})}}));
		out.ban = bans.front();
	}
	if (json.contains("overlay") && !json["overlay"].is_null()) {
		SLUICE_TRY_ASSIGN(out.overlay, parse_overlay_row(json["overlay"]));
	}
	if (json.contains("rule_place") && !json["rule_place"].is_null()) {
		Reader place(json["rule_place"], "explanation: rule_place");
		out.rule_place = policy::Place{place.text("file"), static_cast<unsigned>(place.count("line")), 0};
	}
	for (const Reader* each : {&reader, &source}) {
		if (const auto error = each->error())
			return *error;
	}
	return out;
}

}  // namespace sluice::control
