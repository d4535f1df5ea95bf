#include "policy/identity_changes.h"

#include <map>
#include <string>

#include "policy/words.h"

namespace sluice::policy {
namespace {

// What each thing says, by its name: "role reader" and who has it.
using Words = std::map<std::string, std::string>;

std::string words_of(const Authorities& authorities)
{
	std::string text = "authorities";
	for (const NamedFile& file : authorities.certificates)
		text += " " + file.path;
	if (!authorities.crls.empty())
		text += ", revocation lists";
	for (const NamedFile& file : authorities.crls)
		text += " " + file.path;
	return text;
}

std::string words_of(const PlainPki& pki)
{
	std::string text = words_of(pki.authorities);
	for (const MappedName& name : pki.names)
		text += "; " + name.value + " is " + name.identity;
	return text;
}

std::string words_of(const TokenIssuer& issuer)
{
	return "keys " + issuer.keys.path + ", audiences " + joined(issuer.audiences) + ", algorithms " + joined(issuer.algorithms);
}

std::string words_of(const EventTransmitter& transmitter)
{
	return words_of(static_cast<const TokenIssuer&>(transmitter)) + "; speaks of " + joined(transmitter.subjects) + ", certificates " +
	       (transmitter.certificates ? "accepted" : "refused");
}

std::string words_of(const Role& role)
{
	std::string text = joined(role.identities);
	if (!role.scopes.empty())
		text += (text.empty() ? "scopes " : "; scopes ") + joined(role.scopes);
	for (const ClaimedRole& claim : role.claims)
		text += (text.empty() ? "claim " : "; claim ") + joined(claim.path) + " is " + claim.value;
	return text;
}

std::string words_of_demand(bool needs_token, bool takes_unbound_tokens)
{
	return std::string("token ") + (needs_token ? "needed" : "optional") + ", unbound tokens " + (takes_unbound_tokens ? "accepted" : "refused");
}

std::string words_of(const Authorization& authorization)
{
	std::string text = authorization.socket;
	if (!authorization.users.empty())
		text += ", users " + joined(authorization.users);
	if (!authorization.groups.empty())
		text += ", groups " + joined(authorization.groups);
	text += ", " + words_of_demand(authorization.needs_token, authorization.takes_unbound_tokens);
	text += std::string(", anonymous ") + (authorization.takes_anonymous ? "accepted" : "refused");
	for (const RequestLimit& each : authorization.limits)
		text += ", each " + (each.header.empty() ? "identity" : each.header) + " " + sluice::policy::words_of(*each.limit.packets, each.limit.algorithm) + " requests";
	return text;
}

std::string words_of(const IdentityPort& port)
{
	std::vector<std::string> places;
	for (const net::Endpoint& endpoint : port.listen)
		places.push_back(endpoint.to_string());
	return joined(places) + ", certificate " + port.certificate.path + ", key " + port.key.path + ", " +
	       words_of_demand(port.needs_token, port.takes_unbound_tokens);
}

Words words_of_all(const Identities& identities)
{
	Words words;
	for (const TrustDomain& domain : identities.trust_domains)
		words["trust domain " + domain.name] = words_of(domain.authorities);
	for (const PlainPki& pki : identities.pkis)
		words["PKI " + pki.name] = words_of(pki);
	for (const TokenIssuer& issuer : identities.issuers)
		words["issuer " + issuer.name] = words_of(issuer);
	for (const EventTransmitter& transmitter : identities.transmitters)
		words["events of " + transmitter.name] = words_of(transmitter);
	for (const Role& role : identities.roles)
		words["role " + role.name] = words_of(role);
	if (!identities.unshared.empty())
		words["unshared"] = sluice::policy::words_of(identities.unshared);
	if (!identities.revocations.empty())
		words["revocations"] = joined(identities.revocations);
	if (identities.port)
		words["port"] = words_of(*identities.port);
	if (identities.authorization)
		words["authorize"] = words_of(*identities.authorization);
	words["lease"] = "at most " + std::to_string(identities.lease.longest_seconds) + " s, " +
			 std::to_string(identities.lease.each_identity) + " of an identity, " +
			 std::to_string(identities.lease.each_authority) + " identities of an authority";
	return words;
}

}  // namespace

Changes identity_changes(const Policy& before, const Policy& after)
{
	const Words old_words = words_of_all(before.identities);
	const Words new_words = words_of_all(after.identities);
	Changes changes;
	for (const auto& [name, words] : old_words) {
		if (!new_words.contains(name))
			changes.push_back({Part::kIdentity, ChangeKind::kRemoved, name, words, {}, {}, false});
	}
	for (const auto& [name, words] : new_words) {
		const auto known = old_words.find(name);
		if (known == old_words.end())
			changes.push_back({Part::kIdentity, ChangeKind::kAdded, name, {}, words, {}, false});
		else if (known->second != words)
			changes.push_back({Part::kIdentity, ChangeKind::kChanged, name, known->second, words, {}, false});
	}
	return changes;
}

}  // namespace sluice::policy
