#include "policy/parse_identity.h"

#include <algorithm>

#include "net/digits.h"
#include "net/rate.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kMostQuota = 1u << 24;
constexpr const char* kDefaultListen = "[::]:8440";

// "90s", "5m", "1h".
std::optional<std::uint64_t> seconds_of(std::string_view text)
{
	const auto count = net::take_digits(text, 1u << 20);
	if (!count || text.size() != 1)
		return std::nullopt;
	switch (text.front()) {
	case 's':
		return *count;
	case 'm':
		return *count * 60;
	case 'h':
		return *count * 3600;
	default:
		return std::nullopt;
	}
}

}  // namespace

std::string IdentityReader::text_of(const Yaml& node, std::string_view key, std::string_view what)
{
	if (const Yaml* value = node.find(key))
		return read_text(findings_, *value, key).value_or("");
	findings_.error(node, std::string(what) + " has no " + std::string(key));
	return "";
}

std::vector<std::string> IdentityReader::read_texts(const Yaml& node, std::string_view what)
{
	std::vector<std::string> texts;
	for (const Yaml* item : read_list(findings_, node, what, true)) {
		if (auto text = read_text(findings_, *item, what))
			texts.push_back(std::move(*text));
	}
	return texts;
}

Identities IdentityReader::read(const Yaml& node)
{
	Identities identities;
	identities.place = findings_.place(node);
	if (!check_mapping(findings_, node, "identity", {"trust-domains", "pkis", "issuers", "events", "roles", "unshared", "lease", "revocations", "port", "authorize"}))
		return identities;
	const auto each = [&](std::string_view key, auto read_one) {
		if (const Yaml* list = node.find(key)) {
			for (const Yaml* item : read_list(findings_, *list, key))
				read_one(*item);
		}
	};
	each("trust-domains", [&](const Yaml& item) { identities.trust_domains.push_back(read_trust_domain(item)); });
	each("pkis", [&](const Yaml& item) { identities.pkis.push_back(read_pki(item)); });
	each("issuers", [&](const Yaml& item) { identities.issuers.push_back(read_issuer(item)); });
	each("events", [&](const Yaml& item) { identities.transmitters.push_back(read_transmitter(item)); });
	each("roles", [&](const Yaml& item) { identities.roles.push_back(read_role(item)); });
	if (const Yaml* unshared = node.find("unshared")) {
		for (const Yaml* item : read_list(findings_, *unshared, "unshared", true)) {
			const auto text = read_text(findings_, *item, "unshared");
			const auto prefix = text ? net::Prefix::parse(*text) : Result<net::Prefix>(net::Prefix());
			if (!prefix)
				findings_.error(*item, "unshared", prefix.error());
			else if (text)
				identities.unshared.push_back(*prefix);
		}
	}
	if (const Yaml* lease = node.find("lease"))
		read_lease(*lease, identities.lease);
	if (const Yaml* files = node.find("revocations")) {
		for (const Yaml* item : read_list(findings_, *files, "revocations", true)) {
			if (auto file = open_file_(*item, Use::kApart))
				identities.revocations.push_back(std::move(file->path));
		}
	}
	if (const Yaml* port = node.find("port"))
		identities.port = read_port(*port);
	if (const Yaml* authorize = node.find("authorize"))
		identities.authorization = read_authorization(*authorize);
	return identities;
}

Authorities IdentityReader::read_authorities(const Yaml& node, std::string_view what)
{
	Authorities authorities;
	const Yaml* files = node.find("authorities");
	if (files == nullptr)
		findings_.error(node, std::string(what) + " has no authorities", "name the PEM files of those who issue its certificates");
	else
		for (const Yaml* item : read_list(findings_, *files, "authorities", true)) {
			if (auto file = open_file_(*item, Use::kContent))
				authorities.certificates.push_back(std::move(*file));
		}
	if (const Yaml* crls = node.find("crls")) {
		for (const Yaml* item : read_list(findings_, *crls, "crls", true)) {
			if (auto file = open_file_(*item, Use::kWatched))
				authorities.crls.push_back(std::move(*file));
		}
	}
	return authorities;
}

TrustDomain IdentityReader::read_trust_domain(const Yaml& node)
{
	TrustDomain domain;
	domain.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a trust domain", {"name", "authorities", "crls"}, {"ocsp"}))
		return domain;
	domain.name = text_of(node, "name", "a trust domain");
	domain.authorities = read_authorities(node, "a trust domain");
	return domain;
}

PlainPki IdentityReader::read_pki(const Yaml& node)
{
	PlainPki pki;
	pki.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a PKI", {"name", "authorities", "crls", "names"}, {"ocsp"}))
		return pki;
	pki.name = text_of(node, "name", "a PKI");
	pki.authorities = read_authorities(node, "a PKI");
	const Yaml* names = node.find("names");
	if (names == nullptr) {
		findings_.error(node, "a PKI has no names", "say which certificate is whose, such as names: [{dns: a.example, identity: a}]");
		return pki;
	}
	for (const Yaml* item : read_list(findings_, *names, "names")) {
		if (auto mapping = read_mapping(*item))
			pki.names.push_back(std::move(*mapping));
	}
	return pki;
}

// {dns: a.partner.example, identity: partner-a}
std::optional<MappedName> IdentityReader::read_mapping(const Yaml& node)
{
	constexpr std::pair<std::string_view, NameKind> kKinds[] = {
		{"dns", NameKind::kDns}, {"email", NameKind::kEmail}, {"uri", NameKind::kUri}, {"fingerprint", NameKind::kFingerprint}};
	if (!check_mapping(findings_, node, "a name", {"dns", "email", "uri", "fingerprint", "identity"}))
		return std::nullopt;
	MappedName mapping;
	mapping.place = findings_.place(node);
	mapping.identity = text_of(node, "identity", "a name");
	unsigned given = 0;
	for (const auto& [key, kind] : kKinds) {
		const Yaml* value = node.find(key);
		if (value == nullptr)
			continue;
		given++;
		mapping.kind = kind;
		mapping.value = read_text(findings_, *value, key).value_or("");
	}
	if (given != 1)
		findings_.error(node, "a name is " + std::to_string(given) + " of dns, email, uri and fingerprint", "write exactly one of them");
	return mapping;
}

TokenIssuer IdentityReader::read_issuer(const Yaml& node)
{
	TokenIssuer issuer;
	issuer.place = findings_.place(node);
	if (check_mapping(findings_, node, "an issuer", {"name", "keys", "audiences", "algorithms"}, {"introspection"}))
		read_signer(node, "an issuer", issuer);
	return issuer;
}

EventTransmitter IdentityReader::read_transmitter(const Yaml& node)
{
	EventTransmitter transmitter;
	transmitter.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a transmitter of events", {"name", "keys", "audiences", "algorithms", "subjects", "certificates"}))
		return transmitter;
	read_signer(node, "a transmitter of events", transmitter);
	if (const Yaml* subjects = node.find("subjects"))
		transmitter.subjects = read_texts(*subjects, "subjects");
	if (const Yaml* certificates = node.find("certificates"))
		transmitter.certificates = read_word(findings_, *certificates, "certificates", {"refused", "accepted"}) == "accepted";
	return transmitter;
}

// What who signs tokens and who signs events have in common.
void IdentityReader::read_signer(const Yaml& node, const std::string& what, TokenIssuer& issuer)
{
	issuer.name = text_of(node, "name", what);
	if (const Yaml* keys = node.find("keys")) {
		if (auto file = open_file_(*keys, Use::kWatched))
			issuer.keys = std::move(*file);
	} else {
		findings_.error(node, what + " has no keys", "name the file of its key set (JWKS)");
	}
	const auto texts = [&](std::string_view key, std::vector<std::string>& into, const char* hint) {
		if (const Yaml* list = node.find(key))
			into = read_texts(*list, key);
		else
			findings_.error(node, what + " has no " + std::string(key), hint);
	};
	texts("audiences", issuer.audiences, "name what its tokens' aud must hold");
	texts("algorithms", issuer.algorithms, "name those it signs with, such as algorithms: [ES256]");
}

Role IdentityReader::read_role(const Yaml& node)
{
	Role role;
	role.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a role", {"name", "identities", "scopes", "claims"}))
		return role;
	if (const Yaml* name = node.find("name"))
		role.name = read_name(findings_, *name, "the name of a role").value_or("");
	else
		findings_.error(node, "a role has no name", "services admit it by its name");
	if (const Yaml* identities = node.find("identities"))
		role.identities = read_texts(*identities, "identities");
	if (const Yaml* scopes = node.find("scopes"))
		role.scopes = read_texts(*scopes, "scopes");
	if (const Yaml* claims = node.find("claims")) {
		for (const Yaml* item : read_list(findings_, *claims, "claims")) {
			if (auto claim = read_claim(*item))
				role.claims.push_back(std::move(*claim));
		}
	}
	if (node.find("identities") == nullptr && node.find("scopes") == nullptr && node.find("claims") == nullptr)
		findings_.error(node, "nobody has the role", "write identities: [\"spiffe://prod.example/billing\"], scopes or claims");
	return role;
}

// {path: [realm_access, roles], value: reader}
std::optional<ClaimedRole> IdentityReader::read_claim(const Yaml& node)
{
	if (!check_mapping(findings_, node, "a claim", {"path", "value"}))
		return std::nullopt;
	ClaimedRole claim;
	if (const Yaml* path = node.find("path"))
		claim.path = read_texts(*path, "path");
	else
		findings_.error(node, "a claim has no path", "write path: [realm_access, roles]");
	claim.value = text_of(node, "value", "a claim");
	return claim;
}

void IdentityReader::read_lease(const Yaml& node, LeaseTerms& terms)
{
	if (!check_mapping(findings_, node, "lease", {"longest", "each-identity", "each-authority"}))
		return;
	if (const Yaml* longest = node.find("longest")) {
		const auto text = read_text(findings_, *longest, "longest");
		const auto seconds = text ? seconds_of(*text) : std::optional<std::uint64_t>(terms.longest_seconds);
		if (!seconds || *seconds < kShortestLease || *seconds > kLongestLease)
			findings_.error(*longest, "longest is " + net::quoted(text.value_or("")) + ", no time from 10s to 5m", "write longest: 5m");
		else
			terms.longest_seconds = *seconds;
	}
	const auto quota = [&](std::string_view key, std::uint64_t& into) {
		const Yaml* value = node.find(key);
		if (value == nullptr)
			return;
		into = read_count(findings_, *value, key).value_or(1);
		if (into == 0 || into > kMostQuota)
			findings_.error(*value, std::string(key) + " is out of range", "from 1 to " + std::to_string(kMostQuota));
	};
	quota("each-identity", terms.each_identity);
	quota("each-authority", terms.each_authority);
}

std::optional<net::Endpoint> IdentityReader::read_endpoint(const Yaml& node)
{
	const auto text = read_text(findings_, node, "listen");
	if (!text)
		return std::nullopt;
	const auto endpoint = net::Endpoint::parse(*text);
	if (!endpoint)
		findings_.error(node, "listen", endpoint.error());
	else if (endpoint->port.value_or(0) == 0)
		findings_.error(node, "listen: " + net::quoted(*text) + " has no port", std::string("such as \"") + kDefaultListen + "\"");
	else
		return *endpoint;
	return std::nullopt;
}

NamedFile IdentityReader::read_port_file(const Yaml& node, std::string_view key, const char* hint)
{
	if (const Yaml* file = node.find(key))
		return open_file_(*file, Use::kWatched).value_or(NamedFile());
	findings_.error(node, "the identity port has no " + std::string(key), hint);
	return {};
}

IdentityPort IdentityReader::read_port(const Yaml& node)
{
	IdentityPort port;
	port.place = findings_.place(node);
	if (!check_mapping(findings_, node, "port", {"listen", "certificate", "key", "token", "unbound-tokens"}))
		return port;
	if (const Yaml* listen = node.find("listen")) {
		for (const Yaml* item : read_list(findings_, *listen, "listen", true)) {
			if (auto endpoint = read_endpoint(*item))
				port.listen.push_back(*endpoint);
		}
	} else {
		port.listen.push_back(*net::Endpoint::parse(kDefaultListen));
	}
	port.certificate = read_port_file(node, "certificate", "name the PEM file of the certificate that clients will see, its chain behind it");
	port.key = read_port_file(node, "key", "name the PEM file of the certificate's key");
	read_demand(node, port.needs_token, port.takes_unbound_tokens);
	return port;
}

void IdentityReader::read_admit(const Yaml& node, Service& service)
{
	service.admit = Admit::kRoles;
	if (!check_mapping(findings_, node, "admit", {"roles", "identities"}))
		return;
	if (const Yaml* roles = node.find("roles"))
		service.roles = read_texts(*roles, "roles");
	if (const Yaml* identities = node.find("identities"))
		service.identities = read_texts(*identities, "identities");
	if (node.find("roles") == nullptr && node.find("identities") == nullptr)
		findings_.error(node, "admit names neither roles nor identities", "write admit: {roles: [reader]}, anyone, or listed");
}

}  // namespace sluice::policy
