#include "policy/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "net/limit_algorithm.h"
#include "policy/words.h"

namespace sluice::policy {
namespace {

// The canonical form: one statement a line, words separated by blanks; no name holds either.
class Canonical {
public:
	Canonical() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free)
	{
		good_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
	}

	Canonical& operator<<(std::string_view word)
	{
		line_.append(word).push_back(' ');
		return *this;
	}
	Canonical& operator<<(std::uint64_t number) { return *this << std::string_view(std::to_string(number)); }

	void end_line()
	{
		line_.push_back('\n');
		flush();
	}

	// Without a line of its own, of a fixed length.
	void record(const Listed& listed)
	{
		const auto& bytes = listed.prefix.address().bytes();
		line_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
		line_.push_back(static_cast<char>(listed.prefix.length()));
		line_.push_back(static_cast<char>(listed.source >> 8));
		line_.push_back(static_cast<char>(listed.source));
		if (line_.size() >= kPiece)
			flush();
	}

	Result<std::array<std::uint8_t, 32>> finish()
	{
		std::array<std::uint8_t, 32> digest{};
		if (!good_ || EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1)
			return Error(ErrorCode::kFailed, "SHA-256 is not available from OpenSSL");
		return digest;
	}

private:
	static constexpr std::size_t kPiece = 4096;

	void flush()
	{
		good_ = good_ && EVP_DigestUpdate(context_.get(), line_.data(), line_.size()) == 1;
		line_.clear();
	}

	std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
	std::string line_;
	bool good_ = false;
};

void write_meter(Canonical& out, std::string_view what, const std::optional<Meter>& meter)
{
	if (meter)
		out << what << meter->rate.count << meter->rate.period_seconds << meter->burst;
}

void write_limit(Canonical& out, const Limit& limit)
{
	write_meter(out, "packets", limit.packets);
	write_meter(out, "bits", limit.bits);
	write_meter(out, "connections", limit.connections);
	out << net::name_of_algorithm(limit.algorithm) << "keys" << limit.keys;
}

template <typename Keyed>
void write_keyed(Canonical& out, std::string_view what, const std::optional<Keyed>& keyed)
{
	if (!keyed)
		return;
	out << what << keyed->ipv4_length << keyed->ipv6_length;
	write_limit(out, keyed->limit);
}

void write_prefixes(Canonical& out, std::vector<net::Prefix> prefixes)
{
	std::sort(prefixes.begin(), prefixes.end());
	prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
	for (const net::Prefix& prefix : prefixes) {
		out << prefix.to_string();
		out.end_line();
	}
}

void write_ports(Canonical& out, std::vector<net::PortRange> ports)
{
	std::sort(ports.begin(), ports.end());
	ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
	out << "ports";
	for (const net::PortRange& range : ports)
		out << range.first << range.last;
}

void write_failsafe(Canonical& out, const Failsafe& entry)
{
	out << "failsafe" << (entry.protocol ? std::to_string(entry.protocol->number) : "any");
	write_ports(out, entry.ports);
	out.end_line();
	write_prefixes(out, entry.from);
}

void write_source(Canonical& out, const Source& source)
{
	out << "source" << source.name << (source.action == Action::kAllow ? "allow" : "deny");
	if (source.limit)
		write_limit(out, *source.limit);
	out.end_line();
}

// In numbers, not words: there may be millions.
void write_listing(Canonical& out, const Listing& listing)
{
	out << "listing";
	out.end_line();
	const Listed* last = nullptr;
	for (const Listed& listed : listing) {
		if (last == nullptr || last->source != listed.source || last->prefix != listed.prefix)
			out.record(listed);
		last = &listed;
	}
	out.end_line();
}

// Text that may hold anything, so that no two things look alike.
void write_text(Canonical& out, std::string_view text)
{
	out << text.size() << text;
}

void write_texts(Canonical& out, std::string_view what, const std::vector<std::string>& texts)
{
	out << what << texts.size();
	for (const std::string& text : texts)
		write_text(out, text);
}

const char* admit_word(const Service& service)
{
	return service.admit == Admit::kRoles ? "roles" : service.admit == Admit::kListed ? "listed" : "anyone";
}

void write_service(Canonical& out, const Service& service)
{
	out << "service" << service.name << service.protocol.number << admit_word(service);
	if (service.admit == Admit::kRoles) {
		write_texts(out, "roles", service.roles);
		write_texts(out, "identities", service.identities);
	}
	write_ports(out, service.ports);
	write_keyed(out, "each-source", service.each_source);
	write_keyed(out, "each-prefix", service.each_prefix);
	if (service.all_sources) {
		out << "all-sources";
		write_limit(out, *service.all_sources);
	}
	if (service.each_identity) {
		out << "each-identity";
		write_limit(out, *service.each_identity);
	}
	if (service.unproved) {
		out << "unproved" << word_of(service.unproved->beyond);
		write_limit(out, service.unproved->limit);
	}
	out.end_line();
	write_prefixes(out, service.addresses);
}

// Certificates are part of the meaning; lists of revoked ones and sets of keys change beside it.
void write_authorities(Canonical& out, const Authorities& authorities)
{
	for (const NamedFile& file : authorities.certificates)
		write_text(out, file.text);
	for (const NamedFile& file : authorities.crls) {
		out << "crl";
		write_text(out, file.path);
	}
	out.end_line();
}

void write_role(Canonical& out, const Role& role)
{
	out << "role" << role.name;
	write_texts(out, "identities", role.identities);
	write_texts(out, "scopes", role.scopes);
	for (const ClaimedRole& claim : role.claims) {
		write_texts(out, "claim", claim.path);
		write_text(out, claim.value);
	}
	out.end_line();
}

// Its certificate and key are renewed beside the policy.
void write_port(Canonical& out, const IdentityPort& port)
{
	out << "port" << (port.needs_token ? "needed" : "optional") << (port.takes_unbound_tokens ? "accepted" : "refused");
	write_text(out, port.certificate.path);
	write_text(out, port.key.path);
	for (const net::Endpoint& endpoint : port.listen)
		out << endpoint.to_string();
	out.end_line();
}

void write_authorization(Canonical& out, const Authorization& authorization)
{
	out << "authorize" << (authorization.needs_token ? "needed" : "optional") << (authorization.takes_unbound_tokens ? "accepted" : "refused");
	write_text(out, authorization.socket);
	write_texts(out, "users", authorization.users);
	write_texts(out, "groups", authorization.groups);
	out << (authorization.takes_anonymous ? "anonymous" : "credentials");
	for (const RequestLimit& each : authorization.limits) {
		out << "requests";
		write_text(out, each.header);
		write_limit(out, each.limit);
	}
	out.end_line();
}

void write_signer(Canonical& out, const char* what, const TokenIssuer& issuer)
{
	out << what;
	write_text(out, issuer.name);
	write_text(out, issuer.keys.path);
	write_texts(out, "audiences", issuer.audiences);
	write_texts(out, "algorithms", issuer.algorithms);
}

void write_identities(Canonical& out, const Identities& identities)
{
	for (const TrustDomain& domain : identities.trust_domains) {
		out << "trust-domain" << domain.name;
		write_authorities(out, domain.authorities);
	}
	for (const PlainPki& pki : identities.pkis) {
		out << "pki";
		write_text(out, pki.name);
		for (const MappedName& name : pki.names) {
			out << "name" << static_cast<std::uint64_t>(name.kind);
			write_text(out, name.value);
			write_text(out, name.identity);
		}
		write_authorities(out, pki.authorities);
	}
	for (const TokenIssuer& issuer : identities.issuers) {
		write_signer(out, "issuer", issuer);
		out.end_line();
	}
	for (const EventTransmitter& transmitter : identities.transmitters) {
		write_signer(out, "events", transmitter);
		write_texts(out, "subjects", transmitter.subjects);
		out << "certificates" << (transmitter.certificates ? "accepted" : "refused");
		out.end_line();
	}
	for (const Role& role : identities.roles)
		write_role(out, role);
	if (identities.port)
		write_port(out, *identities.port);
	if (identities.authorization)
		write_authorization(out, *identities.authorization);
	out << "lease" << identities.lease.longest_seconds << identities.lease.each_identity << identities.lease.each_authority;
	out.end_line();
	write_prefixes(out, identities.unshared);
	for (const std::string& file : identities.revocations) {
		out << "revocations";
		write_text(out, file);
		out.end_line();
	}
}

}  // namespace

Result<std::array<std::uint8_t, 32>> digest_of(const Policy& policy, const Listing& listing)
{
	Canonical out;
	out << "sluice-policy" << 2u << (policy.mode == Mode::kObserve ? "observe" : "enforce")
	    << (policy.default_action == Action::kAllow ? "allow" : "deny") << "fragments"
	    << (policy.fragments.action == Action::kAllow ? "allow" : "drop");
	write_keyed(out, "each-source", policy.fragments.each_source);
	out.end_line();
	// The order of failsafe entries and of lists has meaning: it says which of two is counted.
	for (const Failsafe& entry : policy.failsafe)
		write_failsafe(out, entry);
	for (const Source& source : policy.sources)
		write_source(out, source);
	write_listing(out, listing);
	std::vector<const Service*> services;
	for (const Service& service : policy.services)
		services.push_back(&service);
	std::sort(services.begin(), services.end(), [](const Service* a, const Service* b) { return a->name < b->name; });
	for (const Service* service : services)
		write_service(out, *service);
	if (!policy.identities.place.file.empty())
		write_identities(out, policy.identities);
	return out.finish();
}

std::string digest_text(const sluice_meta& meta)
{
	constexpr char kHex[] = "0123456789abcdef";
	std::string out;
	for (const __u8 byte : meta.digest) {
		out += kHex[byte >> 4];
		out += kHex[byte & 15];
	}
	return out;
}

Result<std::array<std::uint8_t, 32>> sha256(std::string_view bytes)
{
	std::array<std::uint8_t, 32> digest{};
	if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
		return Error(ErrorCode::kFailed, "SHA-256 is not available from OpenSSL");
	return digest;
}

}  // namespace sluice::policy
