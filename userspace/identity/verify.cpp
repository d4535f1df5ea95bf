#include "identity/verify.h"

#include <algorithm>
#include <numeric>

#include "identity/subject.h"

namespace sluice::identity {
namespace {

Checked<std::vector<Certificate>> parse_chain(const std::vector<Bytes>& chain)
{
	if (chain.size() > kMaxChainCertificates)
		return Refused{Refusal::kChainTooLong};
	const auto bytes = std::accumulate(chain.begin(), chain.end(), std::size_t{0},
					   [](std::size_t sum, const Bytes& der) { return sum + der.size(); });
	if (bytes > kMaxChainBytes)
		return Refused{Refusal::kChainTooLarge};
	std::vector<Certificate> certificates;
	for (const Bytes& der : chain) {
		SLUICE_TRY_ASSIGN(Certificate certificate, Certificate::parse(der));
		certificates.push_back(std::move(certificate));
	}
	return certificates;
}

Checked<std::optional<Proved>> check_certificate(const Credential& credential, OcspAnswer ocsp, const Rules& rules, Moment now)
{
	if (credential.chain.empty())
		return std::optional<Proved>();
	SLUICE_TRY_ASSIGN(const auto chain, parse_chain(credential.chain));
	SLUICE_TRY_ASSIGN(Proved proved, rules.trust.check(chain, ocsp, now, rules.skew));
	return std::optional(std::move(proved));
}

// Requires that one of them is there.
Identity identity_of(const std::optional<Proved>& proved, const std::optional<Claims>& claims, const std::vector<RoleRule>& roles)
{
	Identity identity;
	identity.until = Moment::max();
	if (proved) {
		identity.name = proved->identity;
		identity.authority = proved->authority;
		identity.thumbprint = proved->thumbprint;
		identity.until = proved->until;
	} else {
		identity.name = subject_of(claims->issuer, claims->subject);
		identity.authority = claims->issuer;
	}
	RoleFacts facts{identity.name, proved && proved->is_spiffe};
	if (claims) {
		identity.issuer = claims->issuer;
		identity.token_subject = claims->subject;
		identity.token_id = claims->token_id;
		identity.until = std::min(identity.until, claims->until);
		facts.scopes = &claims->scopes;
		facts.claims = &claims->all;
	}
	identity.roles = roles_of(roles, facts);
	return identity;
}

}  // namespace

Checked<Identity> verify(const Credential& credential, OcspAnswer ocsp, const Demand& demand, const Rules& rules, Moment now)
{
	if (credential.chain.empty() && credential.token.empty())
		return Refused{Refusal::kNoCredential};
	SLUICE_TRY_ASSIGN(const auto proved, check_certificate(credential, ocsp, rules, now));
	if (credential.token.empty()) {
		if (demand.token)
			return Refused{Refusal::kTokenNeeded};
		return identity_of(proved, std::nullopt, rules.roles);
	}
	SLUICE_TRY_ASSIGN(const Claims claims, verify_token(credential.token, rules.issuers, now, rules.skew));
	const auto presented = proved ? std::optional(proved->thumbprint) : std::nullopt;
	SLUICE_TRY(check_binding(claims, presented, demand.unbound_is_enough));
	return identity_of(proved, claims, rules.roles);
}

Checked<std::optional<Thumbprint>> thumbprint_of(const Credential& credential)
{
	if (credential.chain.empty())
		return std::optional<Thumbprint>();
	SLUICE_TRY_ASSIGN(const Digest digest, sha256(credential.chain.front()));
	return std::optional(Thumbprint{digest});
}

}  // namespace sluice::identity
