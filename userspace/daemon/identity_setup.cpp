#include "daemon/identity_setup.h"

#include <algorithm>
#include <optional>

#include "identity/subject.h"
#include "policy/numbering.h"
#include "policy/roles.h"

namespace sluice::daemon {
namespace {

port::File read_of(const policy::NamedFile& named, const ReadIdentityFile& read)
{
	auto text = read(named.path);
	if (!text)
		return {named.path, {}, text.error().sentence()};
	return {named.path, *std::move(text), {}};
}

port::Anchors anchors_of(const std::string& name, const policy::Authorities& authorities, const ReadIdentityFile& read)
{
	port::Anchors anchors;
	anchors.name = name;
	for (const policy::NamedFile& file : authorities.certificates)
		anchors.authorities.push_back({file.path, file.text, {}});
	for (const policy::NamedFile& file : authorities.crls)
		anchors.crls.push_back(read_of(file, read));
	return anchors;
}

identity::Mapping mapping_of(const policy::MappedName& name)
{
	switch (name.kind) {
	case policy::NameKind::kDns:
		return {identity::Name{identity::NameKind::kDns, name.value}, name.identity};
	case policy::NameKind::kEmail:
		return {identity::Name{identity::NameKind::kEmail, name.value}, name.identity};
	case policy::NameKind::kUri:
		return {identity::Name{identity::NameKind::kUri, name.value}, name.identity};
	case policy::NameKind::kFingerprint:
		break;
	}
	return {identity::parse_fingerprint(name.value).value_or(identity::Thumbprint()), name.identity};  // as validation left it
}

port::TokenIssuer issuer_of(const policy::TokenIssuer& issuer, const ReadIdentityFile& read)
{
	port::TokenIssuer made{issuer.name, read_of(issuer.keys, read), issuer.audiences, {}};
	for (const std::string& name : issuer.algorithms) {
		if (const auto algorithm = identity::parse_algorithm(name))
			made.algorithms.push_back(*algorithm);
	}
	return made;
}

std::optional<unsigned> bit_of(const std::vector<sluice_name>& names, const std::string& role)
{
	for (std::size_t bit = SLUICE_ROLE_FIRST; bit < std::min<std::size_t>(names.size(), SLUICE_MAX_ROLES); bit++) {
		if (names[bit].retired == 0 && policy::text_of(names[bit]) == role)
			return static_cast<unsigned>(bit);
	}
	return std::nullopt;
}

std::vector<identity::RoleRule> rules_of(const policy::Policy& policy, const std::vector<sluice_name>& names)
{
	std::vector<identity::RoleRule> rules;
	for (const policy::RoleUse& use : policy::roles_of(policy)) {
		const auto bit = bit_of(names, use.name);
		if (!bit)
			continue;
		for (const std::string& pattern : *use.identities)
			rules.push_back({identity::NamePattern{pattern}, *bit});
		if (use.role == nullptr)
			continue;
		for (const std::string& scope : use.role->scopes)
			rules.push_back({identity::Scope{scope}, *bit});
		for (const policy::ClaimedRole& claim : use.role->claims)
			rules.push_back({identity::ClaimValue{claim.path, claim.value}, *bit});
	}
	return rules;
}

void add_port(port::Setup& setup, const policy::IdentityPort& of, const ReadIdentityFile& read)
{
	for (const net::Endpoint& endpoint : of.listen)
		setup.listeners.push_back(endpoint.to_string());
	setup.certificate = read_of(of.certificate, read);
	setup.key = read_of(of.key, read);
	setup.demand = {.token = of.needs_token, .unbound_is_enough = of.takes_unbound_tokens};
}

}  // namespace

port::Setup identity_setup(const policy::Policy& policy, const std::vector<sluice_name>& role_names, std::uint64_t serial,
			   const ReadIdentityFile& read)
{
	const policy::Identities& of = policy.identities;
	port::Setup setup;
	setup.serial = serial;
	if (of.port)
		add_port(setup, *of.port, read);
	for (const policy::TrustDomain& domain : of.trust_domains)
		setup.trust_domains.push_back(anchors_of(domain.name, domain.authorities, read));
	for (const policy::PlainPki& pki : of.pkis) {
		port::Pki made{anchors_of(pki.name, pki.authorities, read), {}};
		for (const policy::MappedName& name : pki.names)
			made.mappings.push_back(mapping_of(name));
		setup.pkis.push_back(std::move(made));
	}
	for (const policy::TokenIssuer& issuer : of.issuers)
		setup.issuers.push_back(issuer_of(issuer, read));
	for (const policy::EventTransmitter& transmitter : of.transmitters)
		setup.transmitters.push_back({issuer_of(transmitter, read), {transmitter.subjects, transmitter.certificates}});
	setup.roles = rules_of(policy, role_names);
	return setup;
}

}  // namespace sluice::daemon
