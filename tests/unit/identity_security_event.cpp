// Security event tokens: what each says, and the attacks: every one is refused by its own name, beside a near miss.
#include <gtest/gtest.h>

#include "identity/base64url.h"
#include "identity/security_event.h"
#include "identity/subject.h"
#include "support/pki.h"

namespace sluice::identity {
namespace {

using nlohmann::json;
using std::chrono::seconds;

const Moment kNow{seconds(1'800'000'000)};
constexpr const char* kCaep = "https://schemas.openid.net/secevent/caep/event-type/";
constexpr const char* kBilling = "spiffe://prod.example/billing";
const std::string kPrint = encode_base64url(Digest{1, 2, 3});

class IdentitySecurityEvent : public testing::Test {
protected:
	IdentitySecurityEvent()
	{
		transmitters_.push_back({issuer("https://idp.example", key_), {{"spiffe://prod.example/**", "partner-a"}, false}});
		transmitters_.push_back({issuer("https://other.example", other_key_), {{}, true}});
	}

	static Issuer issuer(const std::string& name, const test::Key& key)
	{
		auto keys = KeySet::parse(json{{"keys", {test::jwk_of(key, "k1")}}}.dump());
		EXPECT_TRUE(keys);
		return {name, {"https://gate.example"}, {Algorithm::kEs256}, std::make_shared<const KeySet>(*std::move(keys))};
	}
	static json uri(const std::string& text) { return {{"format", "uri"}, {"uri", text}}; }
	static json claims(const json& subject = uri(kBilling), const std::string& event = "session-revoked", const json& what = json::object())
	{
		return {{"iss", "https://idp.example"}, {"aud", "https://gate.example"}, {"jti", "e1"}, {"iat", kNow.time_since_epoch().count()},
			{"sub_id", subject}, {"events", {{kCaep + event, what}}}};
	}
	static json with(json all, const std::string& name, const json& value)
	{
		all[name] = value;
		return all;
	}
	static json without(json all, const std::string& name)
	{
		all.erase(name);
		return all;
	}
	static json of_other(json all) { return with(std::move(all), "iss", "https://other.example"); }

	std::string judge_text(const std::string& token, Moment now = kNow) const
	{
		const auto event = verify_event(token, transmitters_, now);
		return event ? event->event + " " + event->subject : std::string(name_of(event.error().refusal));
	}
	std::string judge(const json& all, const test::Key& key, const json& header = {{"alg", "ES256"}, {"kid", "k1"}, {"typ", "secevent+jwt"}}) const
	{
		return judge_text(test::sign_token(header, all.dump(), key));
	}
	std::string judge(const json& all) const { return judge(all, all.value("iss", "") == "https://other.example" ? other_key_ : key_); }

	test::Key key_ = test::make_ec_key();
	test::Key other_key_ = test::make_ec_key();
	std::vector<Transmitter> transmitters_;
};

TEST_F(IdentitySecurityEvent, WhoIsRevoked)
{
	const std::string revoked = "session-revoked ";
	EXPECT_EQ(judge(claims()), revoked + kBilling);
	EXPECT_EQ(judge(claims({{"format", "opaque"}, {"id", "partner-a"}})), revoked + "partner-a");
	EXPECT_EQ(judge(claims({{"format", "iss_sub"}, {"iss", "https://idp.example"}, {"sub", "alice"}})), revoked + "https://idp.example#alice");
	EXPECT_EQ(judge(of_other(claims({{"format", "x509_thumbprint"}, {"x5t#S256", kPrint}}))), revoked + subject_of(Thumbprint{{1, 2, 3}}));
	for (const char* change : {"revoke", "delete"})
		EXPECT_EQ(judge(claims(uri(kBilling), "credential-change", {{"credential_type", "x509"}, {"change_type", change}})), std::string("credential-change ") + kBilling);
}

TEST_F(IdentitySecurityEvent, WhatRevokesNobodyIsTaken)
{
	for (const char* change : {"create", "update"})
		EXPECT_EQ(judge(claims(uri(kBilling), "credential-change", {{"change_type", change}})), "credential-change ");
	const json check = {{"https://schemas.openid.net/secevent/ssf/event-type/verification", {{"state", "x"}}}};
	EXPECT_EQ(judge(with(without(claims(), "sub_id"), "events", check)), "verification ");
}

TEST_F(IdentitySecurityEvent, WhatIsNotTheTransmittersWordIsRefused)
{
	EXPECT_EQ(judge(claims(), test::make_ec_key()), "signature");
	EXPECT_EQ(judge(claims(), other_key_), "signature") << "another transmitter's key";
	EXPECT_EQ(judge(with(claims(), "iss", "https://nobody.example")), "issuer-unknown");
	EXPECT_EQ(judge(with(claims(), "aud", "https://other-gate.example")), "audience");
	EXPECT_EQ(judge(with(claims(), "aud", json::array({"x", "https://gate.example"}))), std::string("session-revoked ") + kBilling) << "near miss";
	EXPECT_EQ(judge(claims(), key_, {{"alg", "RS256"}, {"kid", "k1"}, {"typ", "secevent+jwt"}}), "algorithm");
	EXPECT_EQ(judge(claims(), key_, {{"alg", "ES256"}, {"kid", "k2"}, {"typ", "secevent+jwt"}}), "key-unknown");
	EXPECT_EQ(judge(claims(), key_, {{"alg", "none"}, {"typ", "secevent+jwt"}}), "algorithm");
	for (const char* type : {"at+jwt", "JWT", "secevent"})
		EXPECT_EQ(judge(claims(), key_, {{"alg", "ES256"}, {"kid", "k1"}, {"typ", type}}), "token-type") << type;
	EXPECT_EQ(judge(claims(), key_, {{"alg", "ES256"}, {"kid", "k1"}}), "token-type") << "an event for an access token, or the other way round";
	EXPECT_EQ(judge(claims(), key_, {{"alg", "ES256"}, {"kid", "k1"}, {"typ", "application/SecEvent+JWT"}}), std::string("session-revoked ") + kBilling) << "near miss";
	EXPECT_EQ(judge_text(""), "token-malformed");
	EXPECT_EQ(judge_text(std::string(kMaxTokenBytes + 1, 'a')), "token-too-large");
	transmitters_[0].issuer.keys = nullptr;
	EXPECT_EQ(judge(claims()), "key-unknown");
}

TEST_F(IdentitySecurityEvent, OldAndEarlyOnesAreRefused)
{
	const std::string token = test::sign_token({{"alg", "ES256"}, {"kid", "k1"}, {"typ", "secevent+jwt"}}, claims().dump(), key_);
	const std::string taken = std::string("session-revoked ") + kBilling;
	EXPECT_EQ(judge_text(token, kNow + kOldestEvent + Skew::kMost), "event-old");
	EXPECT_EQ(judge_text(token, kNow + kOldestEvent + Skew::kMost - seconds(1)), taken) << "near miss: the last second";
	EXPECT_EQ(judge_text(token, kNow - Skew::kMost - seconds(1)), "token-early");
	EXPECT_EQ(judge_text(token, kNow - Skew::kMost), taken) << "near miss: another's clock";
	EXPECT_EQ(judge(with(claims(), "exp", kNow.time_since_epoch().count() - 61)), "token-expired");
	EXPECT_EQ(judge(without(claims(), "iat")), "claims");
}

TEST_F(IdentitySecurityEvent, NobodySpeaksForWhomHeMayNot)
{
	EXPECT_EQ(judge(claims(uri("spiffe://other.example/billing"))), "event-foreign");
	EXPECT_EQ(judge(claims({{"format", "opaque"}, {"id", "partner-b"}})), "event-foreign");
	EXPECT_EQ(judge(claims({{"format", "iss_sub"}, {"iss", "https://other.example"}, {"sub", "alice"}})), "event-foreign") << "another issuer's holder";
	EXPECT_EQ(judge(claims({{"format", "iss_sub"}, {"iss", "https://idp.example.evil"}, {"sub", "alice"}})), "event-foreign");
	EXPECT_EQ(judge(claims({{"format", "x509_thumbprint"}, {"x5t#S256", kPrint}})), "event-foreign") << "certificates only where policy says so";
	EXPECT_EQ(judge(of_other(claims())), "event-foreign");
}

TEST_F(IdentitySecurityEvent, WhatIsMalformedIsRefused)
{
	for (const json& subject : {json("alice"), json::object(), uri(""), uri("spiffe://prod.example"), uri("spiffe://prod.example/*"), uri("https://prod.example/billing"),
	                            json{{"format", "opaque"}, {"id", kBilling}}, json{{"format", "opaque"}, {"id", "sha256:" + fingerprint_of(Thumbprint{{1}})}},
	                            json{{"format", "opaque"}, {"id", "a\nb"}}, json{{"format", "iss_sub"}, {"iss", "https://idp.example"}}, json{{"format", "email"}, {"email", "a@b.example"}},
	                            json{{"format", "x509_thumbprint"}, {"x5t#S256", "AQID"}},
	                            json{{"format", "iss_sub"}, {"iss", "spiffe://prod.example/billing"}, {"sub", "x"}}})
		EXPECT_EQ(judge(claims(subject)), "claims") << subject;
	EXPECT_EQ(judge(without(claims(), "sub_id")), "claims");
	EXPECT_EQ(judge(without(claims(), "jti")), "claims");
	EXPECT_EQ(judge(with(claims(), "jti", std::string(kLongestEventId + 1, 'j'))), "claims");
	EXPECT_EQ(judge(without(claims(), "events")), "claims");
	json two = claims();
	two["events"]["https://example.org/another"] = json::object();
	EXPECT_EQ(judge(two), "claims") << "one event a token";
	EXPECT_EQ(judge(with(claims(), "events", {{std::string(kCaep) + "session-revoked", "now"}})), "claims");
	EXPECT_EQ(judge(claims(uri(kBilling), "token-claims-change")), "event-unknown");
	EXPECT_EQ(judge(claims(uri(kBilling), "credential-change", {{"change_type", "explode"}})), "claims");
	EXPECT_EQ(judge(claims(uri(kBilling), "credential-change")), "claims");
}

}  // namespace
}  // namespace sluice::identity
