#include "port/judge.h"

namespace sluice::port {
namespace {

std::string problem_of(const File& file, const std::string& why, bool goes_on)
{
	return file.path + ": " + why + (goes_on ? "; what stood there before goes on" : "");
}

Result<std::vector<identity::Certificate>> authorities_of(const Anchors& anchors)
{
	std::vector<identity::Certificate> all;
	for (const File& file : anchors.authorities) {
		if (!file.problem.empty())
			return Error(ErrorCode::kInvalid, file.path + ": " + file.problem);
		auto parsed = identity::parse_certificates(file.text);
		if (!parsed)
			return std::move(parsed).error().within(file.path);
		std::move(parsed->begin(), parsed->end(), std::back_inserter(all));
	}
	return all;
}

identity::Revocation revocation_of(const Anchors& anchors)
{
	identity::Revocation revocation;
	for (const File& file : anchors.crls)
		revocation.crl_files.push_back(file.path);
	return revocation;
}

}  // namespace

identity::Checked<identity::Identity> Judge::judge(const identity::Credential& credential, const identity::Demand& of, identity::Moment now) const
{
	return identity::verify(credential, identity::OcspAnswer::kNone, of, {trust, issuers, roles}, now);
}

identity::Checked<identity::SecurityEvent> Judge::judge_event(const std::string& token, identity::Moment now) const
{
	return identity::verify_event(token, transmitters, now);
}

void Setups::take_crl(const File& file, Next& next) const
{
	if (next.crls.contains(file.path))
		return;
	std::string why = file.problem;
	if (why.empty()) {
		const auto parsed = identity::parse_crls(file.text);
		if (parsed) {
			next.crls[file.path] = file.text;
			return;
		}
		why = parsed.error().sentence();
	}
	const auto before = crls_.find(file.path);
	next.problems.push_back(problem_of(file, why, before != crls_.end()));
	if (before != crls_.end())
		next.crls.insert(*before);
}

std::shared_ptr<const identity::KeySet> Setups::take_keys(const File& file, Next& next) const
{
	std::string why = file.problem;
	if (why.empty()) {
		auto parsed = identity::KeySet::parse(file.text);
		if (parsed)
			return next.keys[file.path] = std::make_shared<const identity::KeySet>(*std::move(parsed));
		why = parsed.error().sentence();
	}
	const auto before = keys_.find(file.path);
	next.problems.push_back(problem_of(file, why, before != keys_.end()));
	return before == keys_.end() ? nullptr : next.keys[file.path] = before->second;
}

identity::Issuer Setups::issuer_of(const TokenIssuer& issuer, Next& next) const
{
	return {issuer.name, issuer.audiences, issuer.algorithms, take_keys(issuer.keys, next)};
}

Result<identity::Trust> Setups::trust_of(const Setup& setup, Next& next) const
{
	std::vector<identity::TrustDomain> domains;
	std::vector<identity::PlainPki> pkis;
	for (const Anchors& domain : setup.trust_domains) {
		SLUICE_TRY_ASSIGN(auto authorities, authorities_of(domain));
		domains.push_back({domain.name, std::move(authorities), revocation_of(domain)});
		for (const File& crl : domain.crls)
			take_crl(crl, next);
	}
	for (const Pki& pki : setup.pkis) {
		SLUICE_TRY_ASSIGN(auto authorities, authorities_of(pki.anchors));
		pkis.push_back({pki.anchors.name, std::move(authorities), revocation_of(pki.anchors), pki.mappings});
		for (const File& crl : pki.anchors.crls)
			take_crl(crl, next);
	}
	return identity::Trust::open(std::move(domains), std::move(pkis), [&next](const std::string& path) -> Result<std::string> {
		const auto text = next.crls.find(path);
		return text == next.crls.end() ? Result<std::string>(Error(ErrorCode::kNotFound, "not read")) : Result<std::string>(text->second);
	});
}

Result<Setups::Made> Setups::make(const Setup& setup)
{
	Next next;
	SLUICE_TRY_ASSIGN(identity::Trust trust, trust_of(setup, next));
	std::vector<identity::Issuer> issuers;
	for (const TokenIssuer& issuer : setup.issuers)
		issuers.push_back(issuer_of(issuer, next));
	std::vector<identity::Transmitter> transmitters;
	for (const Transmitter& transmitter : setup.transmitters)
		transmitters.push_back({issuer_of(transmitter.issuer, next), transmitter.scope});
	crls_ = std::move(next.crls);
	keys_ = std::move(next.keys);
	if (next.problems.size() > kMostProblems)
		next.problems.resize(kMostProblems);
	Judge judge{std::move(trust), std::move(issuers), std::move(transmitters), setup.roles, setup.demand, setup.authorization};
	return Made{std::make_shared<const Judge>(std::move(judge)), std::move(next.problems)};
}

}  // namespace sluice::port
