#include "port/plausible.h"

#include <algorithm>

#include "identity/spiffe_id.h"

namespace sluice::port {
namespace {

bool has_domain(const Setup& setup, const identity::Identity& identity)
{
	const auto id = identity::SpiffeId::parse(identity.name);
	return id && !id->path().empty() && id->trust_domain() == identity.authority &&
	       std::any_of(setup.trust_domains.begin(), setup.trust_domains.end(),
			   [&](const Anchors& domain) { return domain.name == identity.authority; });
}

bool is_mapped(const Setup& setup, const identity::Identity& identity)
{
	const auto names_it = [&](const identity::Mapping& mapping) { return mapping.identity == identity.name; };
	return std::any_of(setup.pkis.begin(), setup.pkis.end(), [&](const Pki& pki) {
		return pki.anchors.name == identity.authority && std::any_of(pki.mappings.begin(), pki.mappings.end(), names_it);
	});
}

bool has_issuer(const Setup& setup, const std::string& name)
{
	return std::any_of(setup.issuers.begin(), setup.issuers.end(), [&](const TokenIssuer& issuer) { return issuer.name == name; });
}

bool is_of_token_alone(const identity::Demand& demand, const identity::Identity& identity)
{
	return demand.unbound_is_enough && !identity.issuer.empty() && identity.authority == identity.issuer &&
	       identity.name.starts_with(identity.issuer + "#");
}

identity::Roles all_roles(const Setup& setup)
{
	identity::Roles roles = 0;
	for (const identity::RoleRule& rule : setup.roles)
		roles |= identity::Roles{1} << rule.role;
	return roles;
}

Error lie(const char* what)
{
	return Error(ErrorCode::kInvalid, std::string("the identity port claims ") + what);
}

Result<void> check_identity(const identity::Identity& identity, const identity::Demand& demand, const Setup& setup)
{
	if ((identity.roles & ~all_roles(setup)) != 0)
		return lie("a role that policy gives nobody");
	if (!identity.issuer.empty() && !has_issuer(setup, identity.issuer))
		return lie("a token of an issuer that is not configured");
	if (identity.issuer.empty() && demand.token)
		return lie("an identity without the token that policy demands");
	if (!identity.thumbprint && !is_of_token_alone(demand, identity))
		return lie("an identity without a certificate");
	if (identity.thumbprint && !has_domain(setup, identity) && !is_mapped(setup, identity))
		return lie("an identity that none of its authorities can vouch for");
	return {};
}

}  // namespace

Result<void> check_plausible(const LeaseRequest& request, const Setup& setup)
{
	if (std::holds_alternative<Visitor>(request.at))
		return setup.certificate.path.empty() ? lie("a visitor, and there is no port") : check_identity(request.identity, setup.demand, setup);
	if (!setup.authorization)
		return lie("a flow, and there are no gateways");
	return check_identity(request.identity, setup.authorization->demand, setup);
}

Result<void> check_plausible(const identity::SecurityEvent& event, const Setup& setup)
{
	const auto transmitter = std::ranges::find_if(setup.transmitters, [&](const Transmitter& each) { return each.issuer.name == event.issuer; });
	if (transmitter == setup.transmitters.end())
		return lie("an event of a transmitter that is not configured");
	if (!identity::covers(transmitter->scope, event.issuer, event.subject))
		return lie("an event about somebody for whom its transmitter does not speak");
	return {};
}

}  // namespace sluice::port
