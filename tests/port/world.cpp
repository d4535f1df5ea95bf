#include "port/world.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "identity/base64url.h"

namespace sluice::test {
namespace {

using std::chrono::hours;

std::string text_of(BIO* bio)
{
	char* data = nullptr;
	const long size = BIO_get_mem_data(bio, &data);
	std::string text(data, static_cast<std::size_t>(size));
	BIO_free(bio);
	return text;
}

identity::Moment this_second()
{
	return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string pem_of(const Issued& issued)
{
	BIO* bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, issued.certificate.get());
	return text_of(bio);
}

std::string pem_of(const Key& key)
{
	BIO* bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
	return text_of(bio);
}

World::World() : now(this_second()), root(issue(authority("root", 1), nullptr, make_ec_key())), issuer_key(make_ec_key())
{
	middle = issue(authority("middle", 7), &root, make_ec_key());
	billing = client(workload());
	Wanted wanted = workload(2);
	wanted.subject = "port.example";
	wanted.names = {"DNS:port.example", "IP:203.0.113.10"};
	wanted.extended = "serverAuth";
	server = issue(wanted, &root, make_ec_key());
}

Wanted World::authority(const std::string& subject, long serial)
{
	const auto now = this_second();
	return {subject, {}, "critical,CA:TRUE", "critical,keyCertSign,cRLSign", "", now - hours(100), now + hours(100), serial};
}

Wanted World::workload(long serial)
{
	Wanted wanted;
	wanted.names = {"URI:spiffe://prod.example/billing"};
	wanted.from = this_second() - hours(1);
	wanted.until = this_second() + hours(1);
	wanted.serial = serial;
	return wanted;
}

port::File World::revoked(const std::vector<long>& serials) const
{
	return {"middle.crl", revocation_list(middle, serials, now - hours(24), now + hours(24)), ""};
}

port::Setup World::setup() const
{
	port::Setup setup;
	setup.serial = 1;
	setup.certificate = {"port.pem", pem_of(server), ""};
	setup.key = {"port.key", pem_of(server.key), ""};
	const port::File anchor{"root.pem", pem_of(root), ""};
	const port::File root_list{"root.crl", revocation_list(root, {}, now - hours(24), now + hours(24)), ""};
	setup.trust_domains = {{"prod.example", {anchor}, {root_list, revoked({})}}};
	setup.pkis.push_back({{"partners", {anchor}, {}}, {{identity::Name{identity::NameKind::kDns, "a.partner.example"}, "partner-a"}}});
	const std::string keys = nlohmann::json{{"keys", {jwk_of(issuer_key, "k1")}}}.dump();
	setup.issuers.push_back({"https://as.example", {"as.jwks", keys, ""}, {"sluice"}, {identity::Algorithm::kEs256}});
	setup.roles = {{identity::Scope{"read"}, kReader}, {identity::NamePattern{"spiffe://prod.example/edge/**"}, kEdge}};
	return setup;
}

nlohmann::json World::claims(const std::optional<identity::Thumbprint>& bound) const
{
	const std::int64_t second = now.time_since_epoch().count();
	nlohmann::json all = {{"iss", "https://as.example"}, {"aud", "sluice"}, {"sub", "billing"}, {"client_id", "c"}, {"jti", "token-1"},
			      {"iat", second - 10}, {"exp", second + 300}, {"scope", "read write"}};
	if (bound)
		all["cnf"] = {{"x5t#S256", identity::encode_base64url(bound->digest)}};
	return all;
}

std::string World::token(const nlohmann::json& all, const nlohmann::json& header) const
{
	return sign_token(header, all.dump(), issuer_key);
}

}  // namespace sluice::test
