#include "port/setup_json.h"

#include "base/json_reader.h"
#include "identity/base64url.h"
#include "net/digits.h"

namespace sluice::port {
namespace {

using Json = nlohmann::json;

// ---- to JSON ----

Json to_json(const File& file)
{
	return {{"path", file.path}, {"data", identity::encode_base64url(identity::bytes_of(file.text))}, {"problem", file.problem}};
}

Json to_json(const Anchors& anchors);
Json to_json(const Pki& pki);
Json to_json(const TokenIssuer& issuer);
Json to_json(const Transmitter& transmitter);
Json to_json(const identity::Mapping& mapping);
Json to_json(const identity::RoleRule& rule);
Json to_json(const RequestLimit& limit);

template <typename T>
Json list_of(const std::vector<T>& values)
{
	Json list = Json::array();
	for (const T& value : values)
		list.push_back(to_json(value));
	return list;
}

Json to_json(const Anchors& anchors)
{
	return {{"name", anchors.name}, {"authorities", list_of(anchors.authorities)}, {"crls", list_of(anchors.crls)}};
}

const char* kind_name(identity::NameKind kind)
{
	switch (kind) {
	case identity::NameKind::kUri:
		return "uri";
	case identity::NameKind::kDns:
		return "dns";
	case identity::NameKind::kEmail:
		break;
	}
	return "email";
}

Json to_json(const identity::Mapping& mapping)
{
	if (const auto* name = std::get_if<identity::Name>(&mapping.by))
		return {{"by", kind_name(name->kind)}, {"value", name->value}, {"identity", mapping.identity}};
	const auto& digest = std::get<identity::Thumbprint>(mapping.by).digest;
	return {{"by", "thumbprint"}, {"value", identity::encode_base64url(digest)}, {"identity", mapping.identity}};
}

Json to_json(const Pki& pki)
{
	return {{"anchors", to_json(pki.anchors)}, {"mappings", list_of(pki.mappings)}};
}

Json to_json(const TokenIssuer& issuer)
{
	Json algorithms = Json::array();
	for (const identity::Algorithm algorithm : issuer.algorithms)
		algorithms.push_back(std::string(identity::name_of(algorithm)));
	return {{"name", issuer.name}, {"keys", to_json(issuer.keys)}, {"audiences", issuer.audiences}, {"algorithms", algorithms}};
}

Json to_json(const Transmitter& transmitter)
{
	return {{"issuer", to_json(transmitter.issuer)}, {"subjects", transmitter.scope.subjects}, {"certificates", transmitter.scope.certificates}};
}

Json to_json(const identity::RoleRule& rule)
{
	if (const auto* pattern = std::get_if<identity::NamePattern>(&rule.by))
		return {{"role", rule.role}, {"by", "name"}, {"path", Json::array()}, {"value", pattern->text}};
	if (const auto* scope = std::get_if<identity::Scope>(&rule.by))
		return {{"role", rule.role}, {"by", "scope"}, {"path", Json::array()}, {"value", scope->word}};
	const auto& claim = std::get<identity::ClaimValue>(rule.by);
	return {{"role", rule.role}, {"by", "claim"}, {"path", claim.path}, {"value", claim.value}};
}

Json to_json(const identity::Demand& demand)
{
	return {{"token", demand.token}, {"unbound_is_enough", demand.unbound_is_enough}};
}

Json to_json(const RequestLimit& limit)
{
	const sluice_meter& meter = limit.meter;
	return {{"header", limit.header}, {"requests", limit.requests}, {"period_seconds", limit.period_seconds},
		{"speed", meter.speed},   {"cost", meter.cost},         {"burst", meter.burst},
		{"horizon", meter.horizon}, {"window_seconds", meter.window_s}, {"algorithm", meter.algorithm}};
}

Json to_json(const Authorization& authorization)
{
	return {{"socket", authorization.socket},
		{"users", authorization.users},
		{"groups", authorization.groups},
		{"demand", to_json(authorization.demand)},
		{"anonymous", authorization.anonymous},
		{"limits", list_of(authorization.limits)}};
}

// ---- from JSON ----

Result<File> parse_file(const Json& json)
{
	JsonReader reader(json, "file");
	File file;
	file.path = reader.text("path");
	const auto data = identity::decode_base64url(reader.text("data"));
	file.problem = reader.text("problem");
	if (!data)
		reader.refuse("data", "base64url");
	if (auto error = reader.error_if_unknown())
		return *error;
	file.text = identity::text_of(*data);
	return file;
}

template <typename T>
Result<std::vector<T>> parse_list(const Json& list, Result<T> (*parse)(const Json&))
{
	std::vector<T> values;
	for (const Json& item : list) {
		SLUICE_TRY_ASSIGN(T value, parse(item));
		values.push_back(std::move(value));
	}
	return values;
}

Result<Anchors> parse_anchors(const Json& json)
{
	JsonReader reader(json, "anchors");
	Anchors anchors;
	anchors.name = reader.text("name");
	const Json& authorities = reader.array("authorities");
	const Json& crls = reader.array("crls");
	if (auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(anchors.authorities, parse_list(authorities, parse_file));
	SLUICE_TRY_ASSIGN(anchors.crls, parse_list(crls, parse_file));
	return anchors;
}

Result<identity::Mapping> parse_mapping(const Json& json)
{
	using identity::NameKind;

	JsonReader reader(json, "mapping");
	const std::string by = reader.text("by");
	std::string value = reader.text("value");
	identity::Mapping mapping;
	mapping.identity = reader.text("identity");
	const auto thumbprint = identity::decode_thumbprint(value);
	if (by == "thumbprint" && thumbprint)
		mapping.by = *thumbprint;
	else if (by == "uri" || by == "dns" || by == "email")
		mapping.by = identity::Name{by == "uri" ? NameKind::kUri : by == "dns" ? NameKind::kDns : NameKind::kEmail, std::move(value)};
	else
		reader.refuse("by", "uri, dns, email or thumbprint, with a value that is one");
	if (auto error = reader.error_if_unknown())
		return *error;
	return mapping;
}

Result<Pki> parse_pki(const Json& json)
{
	JsonReader reader(json, "PKI");
	const Json& anchors = reader.object("anchors");
	const Json& mappings = reader.array("mappings");
	if (auto error = reader.error_if_unknown())
		return *error;
	Pki pki;
	SLUICE_TRY_ASSIGN(pki.anchors, parse_anchors(anchors));
	SLUICE_TRY_ASSIGN(pki.mappings, parse_list(mappings, parse_mapping));
	return pki;
}

Result<TokenIssuer> parse_issuer(const Json& json)
{
	JsonReader reader(json, "issuer");
	TokenIssuer issuer;
	issuer.name = reader.text("name");
	const Json& keys = reader.object("keys");
	issuer.audiences = reader.texts("audiences");
	for (const std::string& name : reader.texts("algorithms")) {
		if (const auto algorithm = identity::parse_algorithm(name))
			issuer.algorithms.push_back(*algorithm);
		else
			reader.refuse("algorithms", "names of algorithms, not " + net::quoted(name));
	}
	if (auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(issuer.keys, parse_file(keys));
	return issuer;
}

Result<Transmitter> parse_transmitter(const Json& json)
{
	JsonReader reader(json, "transmitter");
	Transmitter transmitter;
	const Json& issuer = reader.object("issuer");
	transmitter.scope = {reader.texts("subjects"), reader.flag("certificates")};
	if (auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(transmitter.issuer, parse_issuer(issuer));
	return transmitter;
}

Result<identity::RoleRule> parse_role(const Json& json)
{
	JsonReader reader(json, "role rule");
	identity::RoleRule rule;
	const std::uint64_t role = reader.count("role");
	const std::string by = reader.text("by");
	std::vector<std::string> path = reader.texts("path");
	std::string value = reader.text("value");
	if (role >= 64)
		reader.refuse("role", "a bit below 64");
	rule.role = static_cast<unsigned>(role);
	if (by == "name")
		rule.by = identity::NamePattern{std::move(value)};
	else if (by == "scope")
		rule.by = identity::Scope{std::move(value)};
	else if (by == "claim")
		rule.by = identity::ClaimValue{std::move(path), std::move(value)};
	else
		reader.refuse("by", "name, scope or claim");
	if (auto error = reader.error_if_unknown())
		return *error;
	return rule;
}

Result<identity::Demand> parse_demand(const Json& json)
{
	JsonReader reader(json, "demand");
	identity::Demand demand;
	demand.token = reader.flag("token");
	demand.unbound_is_enough = reader.flag("unbound_is_enough");
	if (auto error = reader.error_if_unknown())
		return *error;
	return demand;
}

Result<std::uint32_t> parse_id(const Json& json)
{
	if (!json.is_number_unsigned() || json.get<std::uint64_t>() > ~0u)
		return Error(ErrorCode::kInvalid, "authorization: the number of a user or group is none");
	return json.get<std::uint32_t>();
}

// A meter that counts: nothing is divided by nothing.
Result<RequestLimit> parse_request_limit(const Json& json)
{
	JsonReader reader(json, "request limit");
	RequestLimit limit;
	limit.header = reader.text("header");
	limit.requests = reader.count("requests");
	limit.period_seconds = reader.count("period_seconds");
	limit.meter.speed = reader.count("speed");
	limit.meter.cost = reader.count("cost");
	limit.meter.burst = reader.count("burst");
	limit.meter.horizon = reader.count("horizon");
	const std::uint64_t window = reader.count("window_seconds");
	const std::uint64_t algorithm = reader.count("algorithm");
	const bool in_windows = algorithm == SLUICE_FIXED_WINDOW || algorithm == SLUICE_SLIDING_LOG;
	if (limit.requests == 0 || limit.period_seconds == 0 || limit.meter.speed == 0 || limit.meter.cost == 0)
		reader.refuse("speed", "more than nothing, as requests, period_seconds and cost");
	if (limit.meter.burst > SLUICE_READING_MASK / 4 || limit.meter.horizon > SLUICE_READING_MASK / 2)
		reader.refuse("burst", "less than a quarter of a turn");
	if (algorithm >= SLUICE_ALGORITHMS || in_windows != (window != 0) || window > 3600)
		reader.refuse("algorithm", "one that is known, with the window that it has");
	if (auto error = reader.error_if_unknown())
		return *error;
	limit.meter.window_s = static_cast<__u32>(window);
	limit.meter.algorithm = static_cast<__u8>(algorithm);
	return limit;
}

Result<Authorization> parse_authorization(const Json& json)
{
	JsonReader reader(json, "authorization");
	Authorization authorization;
	authorization.socket = reader.text("socket");
	const Json& users = reader.array("users");
	const Json& groups = reader.array("groups");
	const Json& demand = reader.object("demand");
	authorization.anonymous = reader.flag("anonymous");
	const Json& limits = reader.array("limits");
	if (limits.size() > kMostRequestLimits)
		reader.refuse("limits", "at most " + std::to_string(kMostRequestLimits));
	if (auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(authorization.limits, parse_list(limits, parse_request_limit));
	SLUICE_TRY_ASSIGN(authorization.users, parse_list(users, parse_id));
	SLUICE_TRY_ASSIGN(authorization.groups, parse_list(groups, parse_id));
	SLUICE_TRY_ASSIGN(authorization.demand, parse_demand(demand));
	return authorization;
}

}  // namespace

Json to_json(const Setup& setup)
{
	return {{"type", "setup"},
		{"serial", setup.serial},
		{"listeners", setup.listeners},
		{"certificate", to_json(setup.certificate)},
		{"key", to_json(setup.key)},
		{"trust_domains", list_of(setup.trust_domains)},
		{"pkis", list_of(setup.pkis)},
		{"issuers", list_of(setup.issuers)},
		{"transmitters", list_of(setup.transmitters)},
		{"roles", list_of(setup.roles)},
		{"demand", to_json(setup.demand)},
		{"authorization", setup.authorization ? to_json(*setup.authorization) : Json()}};
}

Result<Setup> parse_setup(const Json& json)
{
	JsonReader reader(json, "setup");
	reader.text("type");
	Setup setup;
	setup.serial = reader.count("serial");
	setup.listeners = reader.texts("listeners");
	const Json& certificate = reader.object("certificate");
	const Json& key = reader.object("key");
	const Json& domains = reader.array("trust_domains");
	const Json& pkis = reader.array("pkis");
	const Json& issuers = reader.array("issuers");
	const Json& transmitters = reader.array("transmitters");
	const Json& roles = reader.array("roles");
	const Json& demand = reader.object("demand");
	const Json* authorization = reader.optional_object("authorization");
	if (setup.listeners.size() > kMostListeners)
		reader.refuse("listeners", "at most " + std::to_string(kMostListeners));
	if (auto error = reader.error_if_unknown())
		return *error;
	SLUICE_TRY_ASSIGN(setup.certificate, parse_file(certificate));
	SLUICE_TRY_ASSIGN(setup.key, parse_file(key));
	SLUICE_TRY_ASSIGN(setup.trust_domains, parse_list(domains, parse_anchors));
	SLUICE_TRY_ASSIGN(setup.pkis, parse_list(pkis, parse_pki));
	SLUICE_TRY_ASSIGN(setup.issuers, parse_list(issuers, parse_issuer));
	SLUICE_TRY_ASSIGN(setup.transmitters, parse_list(transmitters, parse_transmitter));
	SLUICE_TRY_ASSIGN(setup.roles, parse_list(roles, parse_role));
	SLUICE_TRY_ASSIGN(setup.demand, parse_demand(demand));
	if (authorization != nullptr) {
		SLUICE_TRY_ASSIGN(setup.authorization, parse_authorization(*authorization));
	}
	return setup;
}

}  // namespace sluice::port
