#include "policy/validate_identity.h"

#include <algorithm>
#include <set>
#include <string>

#include "identity/algorithm.h"
#include "identity/certificate.h"
#include "identity/spiffe_id.h"
#include "net/digits.h"
#include "policy/meter.h"
#include "policy/roles.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kFingerprintDigits = 64;
constexpr std::size_t kMostListeners = 16;

// A SPIFFE ID, some of whose segments may be `*`, the last of them `**`.
bool is_pattern(std::string text)
{
	for (auto star = text.find('*'); star != std::string::npos; star = text.find('*')) {
		const bool both = text.compare(star, std::string::npos, "**") == 0;
		const std::size_t end = star + (both ? 2 : 1);
		if (star == 0 || text[star - 1] != '/' || (end < text.size() && text[end] != '/'))
			return false;
		text.replace(star, end - star, "any");
	}
	const auto id = identity::SpiffeId::parse(text);
	return id && !id->path().empty();
}

bool is_fingerprint(const std::string& text)
{
	return text.size() == kFingerprintDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class Validator {
public:
	explicit Validator(const Policy& policy) : policy_(policy), of_(policy.identities) {}

	Diagnostics validate()
	{
		check_names();
		for (const TrustDomain& domain : of_.trust_domains)
			check_domain(domain);
		for (const PlainPki& pki : of_.pkis)
			check_pki(pki);
		for (const TokenIssuer& issuer : of_.issuers)
			check_issuer(issuer);
		for (const EventTransmitter& transmitter : of_.transmitters)
			check_transmitter(transmitter);
		for (const Role& role : of_.roles)
			check_patterns(role.identities, role.place, "the role '" + role.name + "'");
		for (const Service& service : policy_.services)
			check_service(service);
		if (of_.port)
			check_port(*of_.port);
		if (of_.authorization)
			check_authorization(*of_.authorization);
		if (roles_of(policy_).size() > kMostRoles)
			error(of_.place, std::to_string(roles_of(policy_).size()) + " roles and services that admit identities; at most " +
						 std::to_string(kMostRoles) + " have room", "join roles");
		return std::move(found_);
	}

private:
	void error(const Place& place, std::string message, std::string hint = {})
	{
		found_.push_back({Severity::kError, place, std::move(message), std::move(hint)});
	}

	template <typename Named>
	void check_twice(const std::vector<Named>& all, const char* what)
	{
		std::set<std::string> seen;
		for (const Named& each : all) {
			if (!seen.insert(each.name).second)
				error(each.place, std::string(what) + " '" + each.name + "' is here twice", "join the two");
		}
	}

	void check_names()
	{
		check_twice(of_.trust_domains, "the trust domain");
		check_twice(of_.pkis, "the PKI");
		check_twice(of_.issuers, "the issuer");
		check_twice(of_.transmitters, "the transmitter of events");
		check_twice(of_.roles, "the role");
	}

	void check_authorities(const Authorities& authorities, const Place& place)
	{
		for (const NamedFile& file : authorities.certificates) {
			if (const auto parsed = identity::parse_certificates(file.text); !parsed)
				error(place, file.path + ": " + parsed.error().message(), "certificates as PEM blocks");
		}
	}

	void check_domain(const TrustDomain& domain)
	{
		if (!identity::is_trust_domain(domain.name))
			error(domain.place, net::quoted(domain.name) + " is no name of a trust domain", "as in spiffe://NAME/…: lower-case letters, digits, '.', '_' and '-'");
		check_authorities(domain.authorities, domain.place);
	}

	void check_pki(const PlainPki& pki)
	{
		check_authorities(pki.authorities, pki.place);
		for (const MappedName& mapping : pki.names) {
			if (mapping.kind == NameKind::kFingerprint && !is_fingerprint(mapping.value))
				error(mapping.place, net::quoted(mapping.value) + " is no fingerprint", "64 digits: openssl x509 -noout -fingerprint -sha256, in lower case without colons");
			if (mapping.identity.starts_with(identity::kSpiffeScheme))
				error(mapping.place, "a plain PKI cannot vouch for the SPIFFE ID " + net::quoted(mapping.identity), "only a trust domain's own authorities can");
		}
	}

	void check_issuer(const TokenIssuer& issuer)
	{
		for (const std::string& name : issuer.algorithms) {
			const auto algorithm = identity::parse_algorithm(name);
			if (!algorithm)
				error(issuer.place, net::quoted(name) + " is no algorithm of JSON Web Signatures", "such as ES256, PS256 or EdDSA; there is no none");
			else if (identity::family_of(*algorithm) == identity::AlgorithmFamily::kHmac)
				error(issuer.place, name + " needs a secret that every verifier knows, and could sign with", "use ES256, PS256 or EdDSA");
		}
	}

	void check_transmitter(const EventTransmitter& transmitter)
	{
		check_issuer(transmitter);
		check_patterns(transmitter.subjects, transmitter.place, "the transmitter of events " + net::quoted(transmitter.name));
		if (!of_.port)
			error(transmitter.place, "events would have nowhere to come to", "add port under identity: transmitters push to its POST /v1/events");
	}

	bool is_mapped(const std::string& identity) const
	{
		return std::any_of(of_.pkis.begin(), of_.pkis.end(), [&](const PlainPki& pki) {
			return std::any_of(pki.names.begin(), pki.names.end(), [&](const MappedName& name) { return name.identity == identity; });
		});
	}

	void check_patterns(const std::vector<std::string>& patterns, const Place& place, const std::string& about)
	{
		for (const std::string& pattern : patterns) {
			const bool spiffe = pattern.starts_with(identity::kSpiffeScheme);
			if (spiffe && !is_pattern(pattern))
				error(place, about + ": " + net::quoted(pattern) + " is no pattern of SPIFFE IDs", "'*' stands for one segment, '**' at the end for one or more");
			else if (spiffe && !has_domain(pattern))
				error(place, about + ": " + net::quoted(pattern) + " is of a trust domain that is not there", "add it to trust-domains");
			else if (!spiffe && !is_mapped(pattern))
				error(place, about + ": no PKI has the identity " + net::quoted(pattern), "map a certificate's name to it, or write a SPIFFE ID");
		}
	}

	bool has_domain(const std::string& pattern) const
	{
		const std::string rest = pattern.substr(identity::kSpiffeScheme.size());
		const std::string domain = rest.substr(0, rest.find('/'));
		return std::any_of(of_.trust_domains.begin(), of_.trust_domains.end(), [&](const TrustDomain& each) { return each.name == domain; });
	}

	void check_service(const Service& service)
	{
		for (const std::string& name : service.roles) {
			if (std::none_of(of_.roles.begin(), of_.roles.end(), [&](const Role& role) { return role.name == name; }))
				error(service.place, "the service '" + service.name + "' admits the role " + net::quoted(name) + ", which is not there", "define it under identity: roles");
		}
		check_patterns(service.identities, service.place, "the service '" + service.name + "'");
		const bool asks = service.admit == Admit::kRoles || service.each_identity;
		if (asks && of_.trust_domains.empty() && of_.pkis.empty())
			error(service.place, "the service '" + service.name + "' asks for identities, and nobody can have one", "name trust-domains or pkis under identity");
	}

	void check_port(const IdentityPort& port)
	{
		if (port.listen.size() > kMostListeners)
			error(port.place, std::to_string(port.listen.size()) + " addresses to listen at; at most " + std::to_string(kMostListeners), "listen at \"[::]:8440\", which is all of the host's");
		for (auto one = port.listen.begin(); one != port.listen.end(); ++one) {
			if (std::find(port.listen.begin(), one, *one) != one)
				error(port.place, "the identity port listens twice at " + one->to_string(), "leave one out");
		}
		check_demand(port.place, "the identity port", port.needs_token, port.takes_unbound_tokens);
	}

	void check_authorization(const Authorization& authorization)
	{
		if (!authorization.takes_anonymous)
			check_demand(authorization.place, "authorize", authorization.needs_token, authorization.takes_unbound_tokens);
		for (const RequestLimit& each : authorization.limits) {
			const std::string about = each.header.empty() ? "each-identity" : "each-key";
			if (each.limit.packets->burst == 0)
				error(each.limit.place, about + ": a burst of 0 lets nothing through", "raise it to 1 at least");
			else if (const auto expressed = express(*each.limit.packets, SLUICE_PACKETS, each.limit.algorithm); !expressed)
				error(each.limit.place, about + ": " + expressed.error().message(), expressed.error().advice());
		}
	}

	void check_demand(const Place& place, const std::string& who, bool needs_token, bool takes_unbound_tokens)
	{
		if (of_.trust_domains.empty() && of_.pkis.empty() && !takes_unbound_tokens)
			error(place, who + " would refuse everybody: nobody can have an identity", "name trust-domains or pkis under identity");
		if (of_.issuers.empty() && needs_token)
			error(place, who + " needs a token, and no issuer is there", "name issuers under identity, or write token: optional");
		if (of_.issuers.empty() && takes_unbound_tokens)
			error(place, who + " accepts unbound tokens, and no issuer is there", "name issuers under identity, or leave unbound-tokens out");
	}

	const Policy& policy_;
	const Identities& of_;
	Diagnostics found_;
};

}  // namespace

Diagnostics validate_identities(const Policy& policy)
{
	return Validator(policy).validate();
}

}  // namespace sluice::policy
