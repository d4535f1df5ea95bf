#include "identity/trust.h"

#include <algorithm>

namespace sluice::identity {
namespace {

Checked<void> check_ocsp(OcspMode mode, OcspAnswer answer)
{
	if (answer == OcspAnswer::kRevoked)
		return Refused{Refusal::kRevoked, "says OCSP"};
	if (mode == OcspMode::kHard && answer != OcspAnswer::kGood)
		return Refused{Refusal::kOcspUnknown};
	return {};
}

bool fits(const Mapping& mapping, const Certificate& certificate)
{
	if (const auto* thumbprint = std::get_if<Thumbprint>(&mapping.by))
		return *thumbprint == certificate.thumbprint();
	const auto& names = certificate.names();
	return std::find(names.begin(), names.end(), std::get<Name>(mapping.by)) != names.end();
}

template <typename Named>
Result<void> check_names(const std::vector<Named>& all)
{
	for (auto one = all.begin(); one != all.end(); ++one) {
		if (std::any_of(all.begin(), one, [&](const Named& other) { return other.name == one->name; }))
			return Error(ErrorCode::kInvalid, one->name + ": configured twice");
	}
	return {};
}

}  // namespace

Result<Trust::Anchored> Trust::anchor(std::string name, std::vector<Certificate> authorities, Revocation revocation)
{
	if (authorities.empty())
		return Error(ErrorCode::kInvalid, name + ": no authority", "give at least one certificate of an authority");
	return Anchored{std::move(name), std::make_shared<const std::vector<Certificate>>(std::move(authorities)), nullptr,
			CrlFiles(std::move(revocation.crl_files)), revocation.ocsp};
}

Result<void> Trust::renew(Anchored& anchored)
{
	const auto crls = anchored.files.empty() ? Authorities::Crls::kNotAsked : Authorities::Crls::kDemanded;
	auto opened = Authorities::open(*anchored.anchors, anchored.files.lists(), crls);
	if (!opened)
		return std::move(opened).error().within(anchored.name);
	anchored.authorities = std::make_shared<const Authorities>(*std::move(opened));
	return {};
}

Result<Trust> Trust::open(std::vector<TrustDomain> domains, std::vector<PlainPki> pkis, const ReadFile& read)
{
	Trust trust;
	SLUICE_TRY(check_names(domains));
	SLUICE_TRY(check_names(pkis));
	for (TrustDomain& domain : domains) {
		if (!is_trust_domain(domain.name))
			return Error(ErrorCode::kInvalid, domain.name + ": not a trust domain",
				     "lower-case letters, digits, dots, dashes and underscores");
		SLUICE_TRY_ASSIGN(Anchored anchored, anchor(domain.name, std::move(domain.authorities), std::move(domain.revocation)));
		SLUICE_TRY(renew(anchored));
		trust.domains_.push_back(std::move(anchored));
	}
	for (PlainPki& pki : pkis) {
		SLUICE_TRY_ASSIGN(Anchored anchored, anchor(pki.name, std::move(pki.authorities), std::move(pki.revocation)));
		SLUICE_TRY(renew(anchored));
		trust.pkis_.push_back({std::move(anchored), std::move(pki.mappings)});
	}
	SLUICE_TRY(trust.reload(read));
	return trust;
}

Result<void> Trust::reload(const ReadFile& read)
{
	problems_.clear();
	std::vector<Anchored*> all;
	for (Anchored& domain : domains_)
		all.push_back(&domain);
	for (Mapped& pki : pkis_)
		all.push_back(&pki.anchored);
	for (Anchored* anchored : all) {
		auto done = anchored->files.reload(read);
		std::move(done.problems.begin(), done.problems.end(), std::back_inserter(problems_));
		if (!done.changed)
			continue;
		SLUICE_TRY(renew(*anchored));
		++epoch_;
	}
	return {};
}

Checked<Proved> Trust::check(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const
{
	return claims_spiffe(chain.front()) ? check_spiffe(chain, ocsp, now, skew) : check_plain(chain, ocsp, now, skew);
}

Checked<Proved> Trust::check_spiffe(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const
{
	const Certificate& own = chain.front();
	SLUICE_TRY_ASSIGN(const SpiffeId id, spiffe_id_of(own));
	SLUICE_TRY(check_client_certificate(own));
	const auto domain = std::find_if(domains_.begin(), domains_.end(),
					 [&](const Anchored& each) { return each.name == id.trust_domain(); });
	if (domain == domains_.end())
		return Refused{Refusal::kTrustDomainUnknown};
	SLUICE_TRY_ASSIGN(const Path path, domain->authorities->check(chain, now, skew));
	for (std::size_t i = 1; i < path.certificates.size(); ++i)
		SLUICE_TRY(check_spiffe_authority(path.certificates[i], domain->name));
	SLUICE_TRY(check_ocsp(domain->ocsp, ocsp));
	return Proved{id.text(), true, domain->name, own.thumbprint(), path.until};
}

Checked<Proved> Trust::check_plain(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const
{
	const Certificate& own = chain.front();
	SLUICE_TRY(check_client_certificate(own));
	Refused first{Refusal::kUntrusted, "no plain PKI is configured"};
	for (const Mapped& pki : pkis_) {
		auto path = pki.anchored.authorities->check(chain, now, skew);
		if (!path) {
			// What the PKI that issued it says counts for more than that another did not.
			if (first.refusal == Refusal::kUntrusted)
				first = std::move(path).error();
			continue;
		}
		SLUICE_TRY(check_ocsp(pki.anchored.ocsp, ocsp));
		const auto mapping = std::find_if(pki.mappings.begin(), pki.mappings.end(),
						  [&](const Mapping& each) { return fits(each, own); });
		if (mapping == pki.mappings.end())
			return Refused{Refusal::kUnmapped};
		return Proved{mapping->identity, false, pki.anchored.name, own.thumbprint(), path->until};
	}
	return first;
}

}  // namespace sluice::identity
