// Attacks on the identity port: each is refused with its own reason, reported with it, and asks nobody for a lease.
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <sys/socket.h>

#include "port/fixture.h"

namespace sluice::test {
namespace {

using nlohmann::json;
using std::chrono::hours;

class PortAttacks : public PortTest {
protected:
	Shown with(const std::function<void(Wanted&)>& change) const
	{
		Wanted wanted = World::workload();
		change(wanted);
		return shown(world_.client(wanted));
	}
	// Without TLS; waits for the end.
	void send_plain(const std::string& text) const
	{
		const Fd plain = connect_from(kClient, port_);
		ASSERT_EQ(static_cast<ssize_t>(text.size()), ::send(plain.get(), text.data(), text.size(), MSG_NOSIGNAL));
		char room[256];
		while (::recv(plain.get(), room, sizeof room, 0) > 0) {
		}
	}
};

TEST_F(PortAttacks, CertificatesThatAreNoClients)
{
	set_up();
	expect_refused("no certificate", {}, "no-credential", 403);
	expect_refused("expired", with([&](Wanted& wanted) { wanted.until = world_.now - hours(1); }), "certificate-expired", 403);
	expect_refused("early", with([&](Wanted& wanted) { wanted.from = world_.now + hours(1); }), "certificate-early", 403);
	expect_refused("a server's", with([](Wanted& wanted) { wanted.extended = "serverAuth"; }), "no-client-usage", 403);
	expect_refused("two URIs", with([](Wanted& wanted) { wanted.names.push_back("URI:spiffe://prod.example/admin"); }), "uri-names", 403);
	expect_refused("an authority's", with([](Wanted& wanted) { wanted.basic = "critical,CA:TRUE"; }), "ca-leaf", 403);
	expect_refused("one that signs", with([](Wanted& wanted) { wanted.usage = "critical,digitalSignature,cRLSign"; }), "signing-usage", 403);
	expect_refused("foreign trust domain under our root", with([](Wanted& wanted) { wanted.names = {"URI:spiffe://other.example/billing"}; }), "trust-domain-unknown", 403);
	expect_refused("nobody's name", with([](Wanted& wanted) { wanted.names = {"DNS:b.partner.example"}; }), "unmapped", 403);
	Wanted wanted = World::workload();
	expect_refused("signed by itself", {.chain = {issue(wanted, nullptr, make_ec_key())}}, "untrusted", 403);
	expect_refused("a chain that lacks its middle", {.chain = {world_.billing}}, "untrusted", 403);
	EXPECT_EQ(200u, ask(billing()).status) << "near miss";
}

TEST_F(PortAttacks, RevocationCountsFromTheSetupThatBringsIt)
{
	set_up();
	ASSERT_EQ(200u, ask(billing()).status);
	port::Setup setup = world_.setup();
	setup.trust_domains[0].crls[1] = world_.revoked({42});
	set_up(setup);
	expect_refused("revoked", billing(), "revoked", 403);
	EXPECT_EQ(200u, ask(shown(world_.client(World::workload(43)))).status) << "near miss: the next serial number";
	setup.trust_domains[0].crls.pop_back();
	set_up(setup);
	expect_refused("no list of its authority", billing(), "crl-missing", 403);
}

TEST_F(PortAttacks, TokensThatAreNotTheirs)
{
	set_up();
	const Issued other = world_.client(World::workload(44));
	const auto claims = [this] { return world_.claims(world_.billing.parsed().thumbprint()); };
	const auto changed = [&](const char* name, const json& value) {
		json all = claims();
		all[name] = value;
		return billing(world_.token(all));
	};
	expect_refused("stolen: bound to another certificate", billing(world_.bound_token(other)), "token-stolen", 401);
	expect_refused("bound, without its certificate", {.token = world_.bound_token(other)}, "token-alone", 401);
	expect_refused("unbound", billing(world_.token(world_.claims(std::nullopt))), "token-unbound", 401);
	expect_refused("alg none", billing(world_.token(claims(), {{"alg", "none"}, {"typ", "at+jwt"}})), "algorithm", 401);
	expect_refused("RS to HS", billing(world_.token(claims(), {{"alg", "HS256"}, {"kid", "k1"}, {"typ", "at+jwt"}})), "algorithm", 401);
	expect_refused("a key ID that is a path", billing(world_.token(claims(), {{"alg", "ES256"}, {"kid", "../../etc/passwd"}, {"typ", "at+jwt"}})), "key-unknown", 401);
	expect_refused("an ID token", billing(world_.token(claims(), {{"alg", "ES256"}, {"kid", "k1"}, {"typ", "JWT"}})), "token-type", 401);
	expect_refused("unknown crit", billing(world_.token(claims(), {{"alg", "ES256"}, {"kid", "k1"}, {"typ", "at+jwt"}, {"crit", {"x"}}})), "token-critical", 401);
	expect_refused("expired", changed("exp", world_.now.time_since_epoch().count() - 100), "token-expired", 401);
	expect_refused("for somebody else", changed("aud", "elsewhere"), "audience", 401);
	expect_refused("another issuer's", changed("iss", "https://evil.example"), "issuer-unknown", 401);
	expect_refused("no token at all", billing("not.a.token"), "token-malformed", 401);
	expect_refused("long", billing(std::string(9000, 'a')), "token-too-large", 401);
	EXPECT_EQ(200u, ask(billing(world_.bound_token(world_.billing))).status) << "near miss";
}

TEST_F(PortAttacks, ATokenWhereOneIsNeeded)
{
	port::Setup setup = world_.setup();
	setup.demand.token = true;
	set_up(setup);
	expect_refused("none", billing(), "token-needed", 401);
	EXPECT_EQ("Bearer", ask(billing()).fields.at("www-authenticate"));
	EXPECT_EQ("Bearer error=\"invalid_token\"", ask(billing("x")).fields.at("www-authenticate"));
	EXPECT_EQ(200u, ask(billing(world_.bound_token(world_.billing))).status);
}

TEST_F(PortAttacks, ACertificateWithoutItsKey)
{
	set_up();
	// The public half is the certificate's, so that OpenSSL takes it; the private half is another's.
	BIGNUM* secret = nullptr;
	EVP_PKEY_get_bn_param(make_ec_key().get(), OSSL_PKEY_PARAM_PRIV_KEY, &secret);
	unsigned char point[65];
	std::size_t size = 0;
	ASSERT_EQ(1, EVP_PKEY_get_octet_string_param(world_.billing.key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &size));
	OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, size);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
	EVP_PKEY* forged = nullptr;
	ASSERT_EQ(1, EVP_PKEY_fromdata_init(context));
	ASSERT_EQ(1, EVP_PKEY_fromdata(context, &forged, EVP_PKEY_KEYPAIR, parameters));
	Shown thief = billing();
	thief.key = Key(forged, EVP_PKEY_free);
	expect_refused("a copied certificate", thief, "tls-failed", 0);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(secret);
}

TEST_F(PortAttacks, OlderTlsIsRefused)
{
	set_up();
	Shown old = billing();
	old.highest_tls = TLS1_2_VERSION;
	expect_refused("TLS 1.2", old, "tls-version", 0);
	EXPECT_EQ("tlsv1 alert protocol version", ask(old).error);
}

TEST_F(PortAttacks, NothingIsResumed)
{
	set_up();
	Shown again = billing();
	again.psk = true;
	const Reply reply = ask(again);
	EXPECT_EQ(200u, reply.status) << reply.error;
	EXPECT_FALSE(reply.resumed);
	EXPECT_EQ(0u, reply.tickets) << "there is nothing to resume by";
	Shown nobody;
	nobody.psk = true;
	expect_refused("a made-up session in place of a certificate", nobody, "no-credential", 403);
}

TEST_F(PortAttacks, HugeChains)
{
	set_up();
	Shown longer = billing();
	for (int i = 0; i < 7; i++)
		longer.chain.push_back(world_.middle);
	expect_refused("nine certificates", longer, "chain-too-long", 403);
	longer.chain.pop_back();
	EXPECT_EQ(200u, ask(longer).status) << "near miss: eight";

	const auto stuffed = [&](std::size_t names) {
		Wanted wanted = World::authority("stuffed", 9);
		for (std::size_t i = 0; i < names; i++)
			wanted.names.push_back("DNS:" + std::to_string(i) + ".example");
		Shown large = billing();
		for (int i = 0; i < 3; i++)
			large.chain.push_back(issue(wanted, &world_.root, make_ec_key()));
		return large;
	};
	expect_refused("more bytes than a chain may have", stuffed(900), "chain-too-large", 403);
	expect_refused("more than the handshake takes", stuffed(2500), "chain-too-large", 0);
}

TEST_F(PortAttacks, WhatIsNoRequest)
{
	set_up();
	const auto status_of = [&](const std::string& request, const std::string& reason) {
		Reply reply;
		const auto reports = reports_of([&] { reply = test::ask(kClient, port_, billing(), request); }, 1);
		EXPECT_EQ(reason, reports.at(0).reason) << request.substr(0, 80);
		return reply.status;
	};
	EXPECT_EQ(404u, status_of("POST /v1/ban HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "request-malformed"));
	EXPECT_EQ(405u, status_of("GET /v1/lease HTTP/1.1\r\n\r\n", "request-malformed"));
	EXPECT_EQ(400u, status_of("not HTTP at all\r\n\r\n", "request-malformed"));
	EXPECT_EQ(400u, status_of(lease_request(billing(), R"({"bind":"192.0.2.1"})"), "request-malformed"));
	EXPECT_EQ(413u, status_of(lease_request(billing(), std::string(2000, ' ')), "request-too-large"));
	EXPECT_EQ(413u, status_of("POST /v1/lease HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "request-too-large"));
	EXPECT_EQ(400u, status_of("POST /v1/lease HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "request-malformed"));
	EXPECT_TRUE(started_->requests().empty());
	EXPECT_EQ(200u, ask(billing()).status);
}

TEST_F(PortAttacks, NoTlsAtAll)
{
	set_up();
	const auto reports = reports_of([&] { send_plain(lease_request({})); }, 1);
	EXPECT_EQ("tls-failed", reports.at(0).reason);
	EXPECT_EQ("http request", reports.at(0).detail);
}

// A million refusals are one line a while, with their number, and hide no other reason.
TEST_F(PortAttacks, AFloodOfRefusalsIsCounted)
{
	set_up();
	const std::size_t many = 400;
	for (std::size_t i = 0; i < many; i++)
		send_plain("no TLS\n");
	const auto some = started_->reports().size();
	EXPECT_GE(some, 100u);
	EXPECT_LT(some, many);
	const auto reports = reports_of([&] { ask(billing("x")); }, 1);
	EXPECT_EQ("token-malformed", reports.back().reason);
	EXPECT_EQ(0u, reports.back().unreported);
}

}  // namespace
}  // namespace sluice::test
