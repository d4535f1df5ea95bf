// The attacks of the design that are about verification: each is refused with its own reason, beside a near miss.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "identity/base64url.h"
#include "identity/verify.h"
#include "support/pki.h"

namespace sluice::identity {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::seconds;
using test::Issued;
using test::Key;
using test::Wanted;

const Moment kNow{seconds(1'800'000'000)};
constexpr const char* kBilling = "spiffe://prod.example/billing";

// One trust domain, prod.example, with a root, an intermediate and a client; one issuer of tokens.
class IdentityAttacks : public testing::Test {
protected:
	IdentityAttacks()
	{
		middle_ = test::issue(authority("middle", 7), &root_, test::make_ec_key());
		client_ = test::issue(workload(), &middle_, test::make_ec_key());
		publish("root", root_, {});
		publish("middle", middle_, {});
		auto keys = KeySet::parse(json{{"keys", {test::jwk_of(issuer_key_, "k1")}}}.dump());
		EXPECT_TRUE(keys);
		issuers_.push_back({"https://id.example", {"sluice"}, {Algorithm::kEs256}, std::make_shared<const KeySet>(*std::move(keys))});
	}

	static Wanted authority(const std::string& subject, long serial)
	{
		return {subject, {}, "critical,CA:TRUE", "critical,keyCertSign,cRLSign", "", kNow - hours(100), kNow + hours(100), serial};
	}
	static Wanted workload()
	{
		Wanted wanted;
		wanted.names = {std::string("URI:") + kBilling};
		wanted.from = kNow - hours(1);
		wanted.until = kNow + hours(1);
		wanted.serial = 42;
		return wanted;
	}
	void publish(const std::string& path, const Issued& issuer, const std::vector<long>& serials, Moment until = kNow + hours(24))
	{
		files_[path] = test::revocation_list(issuer, serials, kNow - hours(24), until);
	}
	ReadFile reader()
	{
		return [this](const std::string& path) -> Result<std::string> {
			const auto file = files_.find(path);
			if (file == files_.end())
				return Error(ErrorCode::kNotFound, "No such file or directory");
			return file->second;
		};
	}
	Trust trust(OcspMode ocsp = OcspMode::kOff)
	{
		std::vector<TrustDomain> domains;
		domains.push_back({"prod.example", {}, {{"root", "middle"}, ocsp}});
		domains.back().authorities.push_back(root_.parsed());
		auto opened = Trust::open(std::move(domains), {}, reader());
		EXPECT_TRUE(opened);
		return *std::move(opened);
	}
	std::string judge(const Trust& trust, const Credential& credential, Moment now = kNow, OcspAnswer ocsp = OcspAnswer::kNone)
	{
		const auto identity = verify(credential, ocsp, demand_, {trust, issuers_, roles_}, now);
		return identity ? identity->name : std::string(name_of(identity.error().refusal));
	}
	std::string judge(const Credential& credential, Moment now = kNow) { return judge(trust(), credential, now); }
	Credential presented(const Issued& own, std::string token = {}) const { return {{own.der(), middle_.der()}, std::move(token)}; }
	// The client's certificate, but for what a test changes.
	std::string judge_certificate(const Wanted& wanted) { return judge(presented(test::issue(wanted, &middle_, test::make_ec_key()))); }

	json claims(const std::optional<Thumbprint>& bound) const
	{
		const std::int64_t now = kNow.time_since_epoch().count();
		json all = {{"iss", "https://id.example"}, {"aud", "sluice"}, {"sub", "billing"}, {"client_id", "c"}, {"jti", "1"},
			    {"iat", now - 10}, {"exp", now + 300}, {"scope", "read write"}};
		if (bound)
			all["cnf"] = {{"x5t#S256", encode_base64url(bound->digest)}};
		return all;
	}
	json bound_claims() const { return claims(client_.parsed().thumbprint()); }
	static json header(const std::string& algorithm = "ES256") { return {{"alg", algorithm}, {"kid", "k1"}, {"typ", "at+jwt"}}; }
	std::string token(const json& all, const json& head = header()) const { return test::sign_token(head, all.dump(), issuer_key_); }
	std::string judge_token(const std::string& text) { return judge(presented(client_, text)); }

	Issued root_ = test::issue(authority("root", 1), nullptr, test::make_ec_key());
	Issued middle_;
	Issued client_;
	Key issuer_key_ = test::make_ec_key();
	std::map<std::string, std::string> files_;
	std::vector<Issuer> issuers_;
	std::vector<RoleRule> roles_;
	Demand demand_;
};

TEST_F(IdentityAttacks, HonestClientIsAccepted)
{
	EXPECT_EQ(kBilling, judge(presented(client_)));
	EXPECT_EQ(kBilling, judge_token(token(bound_claims())));
	EXPECT_EQ("no-credential", judge(Credential{}));
	demand_.token = true;
	EXPECT_EQ("token-needed", judge(presented(client_)));
}

TEST_F(IdentityAttacks, BoundTokenWithoutItsCertificate)
{
	EXPECT_EQ("token-alone", judge(Credential{{}, token(bound_claims())}));
	demand_.unbound_is_enough = true;
	EXPECT_EQ("token-alone", judge(Credential{{}, token(bound_claims())}));
}

TEST_F(IdentityAttacks, BoundTokenWithAnotherValidCertificate)
{
	const Issued other = test::issue(workload(), &middle_, test::make_ec_key());
	EXPECT_EQ(kBilling, judge(presented(other)));
	EXPECT_EQ("token-stolen", judge(presented(other, token(bound_claims()))));
}

TEST_F(IdentityAttacks, UnboundToken)
{
	EXPECT_EQ("token-unbound", judge_token(token(claims({}))));
	EXPECT_EQ("token-unbound", judge(Credential{{}, token(claims({}))}));
	json proof = claims({});
	proof["cnf"] = {{"jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}};
	demand_.unbound_is_enough = true;
	EXPECT_EQ(kBilling, judge_token(token(claims({}))));
	EXPECT_EQ("https://id.example#billing", judge(Credential{{}, token(claims({}))}));
	EXPECT_EQ("binding-unknown", judge_token(token(proof)));
}

TEST_F(IdentityAttacks, ExpiredAndEarlyLeaf)
{
	const auto path_until = kNow + hours(1) + seconds(1) + Skew::kMost;
	EXPECT_EQ(kBilling, judge(presented(client_), path_until - seconds(1)));
	EXPECT_EQ("certificate-expired", judge(presented(client_), path_until));
	EXPECT_EQ(kBilling, judge(presented(client_), kNow - hours(1) - Skew::kMost));
	EXPECT_EQ("certificate-early", judge(presented(client_), kNow - hours(1) - Skew::kMost - seconds(1)));
	const auto identity = verify(presented(client_), OcspAnswer::kNone, {}, {trust(), issuers_, roles_}, kNow);
	ASSERT_TRUE(identity);
	EXPECT_EQ(path_until, identity->until);
}

TEST_F(IdentityAttacks, RevokedLeafAndIntermediate)
{
	publish("middle", middle_, {42});
	EXPECT_EQ("revoked", judge(presented(client_)));
	publish("middle", middle_, {43});
	EXPECT_EQ(kBilling, judge(presented(client_)));
	publish("root", root_, {7});
	EXPECT_EQ("revoked", judge(presented(client_)));
}

TEST_F(IdentityAttacks, StaleMissingAndForgedCrl)
{
	publish("middle", middle_, {}, kNow - hours(1));
	EXPECT_EQ("crl-stale", judge(presented(client_)));
	files_.erase("middle");
	EXPECT_EQ("crl-missing", judge(presented(client_)));
	Issued forger = middle_;
	forger.key = test::make_ec_key();
	publish("middle", forger, {});
	EXPECT_EQ("crl-invalid", judge(presented(client_)));
}

TEST_F(IdentityAttacks, CrlFileIsReadAgain)
{
	Trust kept = trust();
	const Trust snapshot = kept;
	const auto epoch = kept.epoch();
	EXPECT_TRUE(kept.reload(reader()));
	EXPECT_EQ(epoch, kept.epoch());
	publish("middle", middle_, {42});
	EXPECT_EQ(kBilling, judge(kept, presented(client_)));
	EXPECT_TRUE(kept.reload(reader()));
	EXPECT_LT(epoch, kept.epoch());
	EXPECT_EQ("revoked", judge(kept, presented(client_)));
	EXPECT_EQ(kBilling, judge(snapshot, presented(client_)));
	files_["middle"].resize(files_["middle"].size() / 2);
	EXPECT_TRUE(kept.reload(reader()));
	ASSERT_EQ(1u, kept.problems().size());
	EXPECT_EQ(0u, kept.problems()[0].message().find("middle: "));
	EXPECT_EQ("revoked", judge(kept, presented(client_)));
}

TEST_F(IdentityAttacks, OcspUnknownHardAndSoft)
{
	const Trust hard = trust(OcspMode::kHard);
	const Trust soft = trust(OcspMode::kSoft);
	for (const auto answer : {OcspAnswer::kNone, OcspAnswer::kUnknown}) {
		EXPECT_EQ("ocsp-unknown", judge(hard, presented(client_), kNow, answer));
		EXPECT_EQ(kBilling, judge(soft, presented(client_), kNow, answer));
	}
	EXPECT_EQ(kBilling, judge(hard, presented(client_), kNow, OcspAnswer::kGood));
	EXPECT_EQ("revoked", judge(hard, presented(client_), kNow, OcspAnswer::kRevoked));
	EXPECT_EQ("revoked", judge(soft, presented(client_), kNow, OcspAnswer::kRevoked));
	EXPECT_EQ("revoked", judge(trust(), presented(client_), kNow, OcspAnswer::kRevoked));
}

TEST_F(IdentityAttacks, LeavesThatAreNoWorkloads)
{
	Wanted wanted = workload();
	wanted.extended = "serverAuth";
	EXPECT_EQ("no-client-usage", judge_certificate(wanted));
	wanted.extended = "serverAuth,clientAuth";
	EXPECT_EQ(kBilling, judge_certificate(wanted));
	wanted = workload();
	wanted.names.emplace_back("URI:spiffe://prod.example/admin");
	EXPECT_EQ("uri-names", judge_certificate(wanted));
	wanted = workload();
	wanted.basic = "critical,CA:TRUE";
	EXPECT_EQ("ca-leaf", judge_certificate(wanted));
	wanted = workload();
	wanted.usage = "critical,digitalSignature,cRLSign";
	EXPECT_EQ("signing-usage", judge_certificate(wanted));
	wanted.usage = "critical,keyAgreement";
	EXPECT_EQ("no-signature-usage", judge_certificate(wanted));
	for (const char* id : {"spiffe://prod.example", "spiffe://prod.example/", "spiffe://prod.example/a/../b", "SPIFFE://prod.example/a"}) {
		wanted = workload();
		wanted.names = {std::string("URI:") + id};
		EXPECT_EQ("spiffe-id", judge_certificate(wanted)) << id;
	}
}

TEST_F(IdentityAttacks, ForeignTrustDomainUnderOurRoot)
{
	Wanted wanted = workload();
	wanted.names = {"URI:spiffe://other.example/billing"};
	EXPECT_EQ("trust-domain-unknown", judge_certificate(wanted));
	Wanted foreign = authority("foreign", 8);
	foreign.names = {"URI:spiffe://other.example"};
	middle_ = test::issue(foreign, &root_, test::make_ec_key());
	publish("middle", middle_, {});
	EXPECT_EQ("foreign-authority", judge_certificate(workload()));
}

TEST_F(IdentityAttacks, ForeignRootAndBrokenSignature)
{
	const Issued stranger = test::issue(authority("stranger", 1), nullptr, test::make_ec_key());
	EXPECT_EQ("untrusted", judge({{test::issue(workload(), &stranger, test::make_ec_key()).der(), stranger.der()}, {}}));
	Credential credential = presented(client_);
	credential.chain[0].back() ^= 1;
	EXPECT_EQ("path-signature", judge(credential));
	credential.chain[0].push_back(0);
	EXPECT_EQ("certificate-malformed", judge(credential));
}

TEST_F(IdentityAttacks, HugeChains)
{
	Credential credential = presented(client_);
	credential.chain.resize(kMaxChainCertificates, middle_.der());
	EXPECT_EQ(kBilling, judge(credential));
	credential.chain.push_back(middle_.der());
	EXPECT_EQ("chain-too-long", judge(credential));
	credential = presented(client_);
	credential.chain.emplace_back(kMaxChainBytes);
	EXPECT_EQ("chain-too-large", judge(credential));
}

TEST_F(IdentityAttacks, SmallAndStrangeKeys)
{
	EXPECT_EQ("key-kind", judge(presented(test::issue(workload(), &middle_, test::make_rsa_key(1024)))));
	EXPECT_EQ(kBilling, judge(presented(test::issue(workload(), &middle_, test::make_rsa_key()))));
}

TEST_F(IdentityAttacks, AlgNoneAndConfusion)
{
	const std::string none = encode_base64url(bytes_of(header("none").dump())) + "." + encode_base64url(bytes_of(bound_claims().dump())) + ".";
	EXPECT_EQ("algorithm", judge_token(none));
	EXPECT_EQ("algorithm", judge_token(token(bound_claims(), header("HS256"))));
	// Listed by mistake, HMAC still finds no key: the public one is no secret.
	issuers_[0].algorithms.push_back(Algorithm::kHs256);
	EXPECT_EQ("key-unknown", judge_token(token(bound_claims(), header("HS256"))));
	EXPECT_EQ("algorithm", judge_token(token(bound_claims(), header("RS256"))));
}

TEST_F(IdentityAttacks, SignatureOfZeros)
{
	const std::string good = token(bound_claims());
	const std::string signed_part = good.substr(0, good.rfind('.') + 1);
	EXPECT_EQ("signature", judge_token(signed_part + encode_base64url(Bytes(64))));
	EXPECT_EQ("signature", judge_token(signed_part));
	EXPECT_EQ("signature", judge_token(signed_part + encode_base64url(Bytes(65, 1))));
}

TEST_F(IdentityAttacks, KeysThatTheHeaderBrings)
{
	const Key own = test::make_ec_key();
	json head = header();
	head["jwk"] = test::jwk_of(own, "k1");
	head["jku"] = "https://attacker.example/keys";
	head["x5u"] = "https://attacker.example/chain";
	EXPECT_EQ("signature", judge_token(test::sign_token(head, bound_claims().dump(), own)));
	EXPECT_EQ(kBilling, judge_token(token(bound_claims(), head)));
}

TEST_F(IdentityAttacks, KeyIdIsNoPath)
{
	json head = header();
	for (const char* id : {"../../../../dev/null", "/proc/self/environ", "'; DROP TABLE keys", ""}) {
		head["kid"] = id;
		EXPECT_EQ("key-unknown", judge_token(token(bound_claims(), head))) << id;
	}
	head["kid"] = std::string("k1\0", 3);
	EXPECT_EQ("key-unknown", judge_token(token(bound_claims(), head)));
	head["kid"] = 1;
	EXPECT_EQ("token-malformed", judge_token(token(bound_claims(), head)));
}

TEST_F(IdentityAttacks, HeadersAndClaimsThatMislead)
{
	json head = header();
	head["crit"] = {"exp"};
	EXPECT_EQ("token-critical", judge_token(token(bound_claims(), head)));
	head = header();
	head["typ"] = "JWT";
	EXPECT_EQ("token-type", judge_token(token(bound_claims(), head)));
	head["typ"] = "application/AT+JWT";
	EXPECT_EQ(kBilling, judge_token(token(bound_claims(), head)));
	std::string twice = bound_claims().dump();
	twice.insert(1, R"("s\u0075b":"admin",)");
	EXPECT_EQ("token-malformed", judge_token(test::sign_token(header(), twice, issuer_key_)));
	EXPECT_EQ("token-malformed", judge_token(token(bound_claims()) + "="));
	json all = bound_claims();
	all["pad"] = std::string(kMaxTokenBytes, 'x');
	EXPECT_EQ("token-too-large", judge_token(token(all)));
}

TEST_F(IdentityAttacks, ClaimsForSomebodyElseOrAnotherTime)
{
	const std::int64_t now = kNow.time_since_epoch().count();
	const auto with = [&](const char* name, const json& value) {
		json all = bound_claims();
		all[name] = value;
		return judge_token(token(all));
	};
	EXPECT_EQ("issuer-unknown", with("iss", "https://id.example/"));
	EXPECT_EQ("audience", with("aud", "sluice2"));
	EXPECT_EQ(kBilling, with("aud", json{"other", "sluice"}));
	EXPECT_EQ("claims", with("aud", json{"sluice", 1}));
	EXPECT_EQ("token-expired", with("exp", now - 60));
	EXPECT_EQ(kBilling, with("exp", now - 59));
	EXPECT_EQ("token-early", with("nbf", now + 61));
	EXPECT_EQ(kBilling, with("nbf", now + 60));
	EXPECT_EQ("token-early", with("iat", now + 61));
	EXPECT_EQ("claims", with("exp", "never"));
	EXPECT_EQ("claims", with("exp", 1e300));
	EXPECT_EQ("claims", with("cnf", json{{"x5t#S256", "AAAA"}}));
	EXPECT_EQ("claims", with("jti", nullptr));
}

TEST_F(IdentityAttacks, RolesComeFromWhatWasProved)
{
	roles_ = {{Scope{"read"}, 0}, {Scope{"rea"}, 1}, {NamePattern{"spiffe://prod.example/*"}, 2}, {NamePattern{"spiffe://*/billing"}, 3},
		  {NamePattern{"spiffe://prod.example/billing/**"}, 4}, {ClaimValue{{"realm", "roles"}, "admin"}, 5},
		  {ClaimValue{{"sub"}, "billing"}, 6}, {NamePattern{kBilling}, 7}};
	const auto roles = [&](const Credential& credential) {
		const auto identity = verify(credential, OcspAnswer::kNone, demand_, {trust(), issuers_, roles_}, kNow);
		return identity ? identity->roles : ~Roles{0};
	};
	EXPECT_EQ(0b1000'1100u, roles(presented(client_)));
	json all = bound_claims();
	all["realm"] = {{"roles", {"user", "admin"}}};
	EXPECT_EQ(0b1110'1101u, roles(presented(client_, token(all))));
}

}  // namespace
}  // namespace sluice::identity
