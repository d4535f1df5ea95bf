// Events pushed to the real port: what is signed reaches the daemon, and nothing else does.
#include "port/fixture.h"

namespace sluice::test {
namespace {

using nlohmann::json;

constexpr const char* kBilling = "spiffe://prod.example/billing";

class PortEvents : public PortTest {
protected:
	port::Setup with_transmitter() const
	{
		port::Setup setup = world_.setup();
		const std::string keys = json{{"keys", {jwk_of(key_, "e1")}}}.dump();
		setup.transmitters.push_back({{"https://idp.example", {"idp.jwks", keys, ""}, {"https://gate.example"}, {identity::Algorithm::kEs256}}, {{"spiffe://prod.example/**"}, false}});
		return setup;
	}
	json claims() const
	{
		return {{"iss", "https://idp.example"}, {"aud", "https://gate.example"}, {"jti", "event-1"}, {"iat", world_.now.time_since_epoch().count()},
			{"sub_id", {{"format", "uri"}, {"uri", kBilling}}},
			{"events", {{"https://schemas.openid.net/secevent/caep/event-type/session-revoked", json::object()}}}};
	}
	json with(const std::string& name, const json& value) const
	{
		json all = claims();
		all[name] = value;
		return all;
	}
	std::string sign(const json& all) const { return sign_token({{"alg", "ES256"}, {"kid", "e1"}, {"typ", "secevent+jwt"}}, all.dump(), key_); }
	Reply push(const std::string& token, const Shown& who = {})
	{
		return test::ask(kClient, port_, who, "POST /v1/events HTTP/1.1\r\nHost: port.example\r\nAccept: application/json\r\nContent-Type: application/secevent+jwt\r\nContent-Length: " +
							      std::to_string(token.size()) + "\r\n\r\n" + token);
	}
	void expect_refused(const std::string& token, const std::string& reason, const std::string& code)
	{
		Reply reply;
		const std::size_t before = started_->events().size();
		const auto reports = reports_of([&] { reply = push(token); }, 1);
		ASSERT_EQ(1u, reports.size()) << reply.status << " " << reply.connected << reply.shaken << " " << reply.error;
		EXPECT_EQ(reason, reports[0].reason);
		EXPECT_TRUE(reports[0].detail.starts_with("security event")) << reports[0].detail;
		EXPECT_EQ(400u, reply.status) << reply.error;
		EXPECT_EQ(code, reply.body.value("err", "")) << reply.body;
		EXPECT_EQ(before, started_->events().size()) << "the daemon hears of nothing";
	}

	Key key_ = make_ec_key();
};

TEST_F(PortEvents, WhatATransmitterSignedReachesTheDaemon)
{
	set_up(with_transmitter());
	const Reply reply = push(sign(claims()));
	EXPECT_EQ(202u, reply.status) << reply.error << reply.body;
	EXPECT_EQ("0", reply.fields.at("content-length"));
	const auto events = started_->events();
	ASSERT_EQ(1u, events.size());
	EXPECT_EQ((identity::SecurityEvent{"https://idp.example", "event-1", "session-revoked", kBilling}), events[0].event);
	EXPECT_EQ(202u, push(sign(claims()), billing()).status) << "whose the connection is does not matter";
	const Reply leased = ask(billing());
	EXPECT_EQ(200u, leased.status) << "and who wants a lease is served: " << leased.connected << leased.shaken << " " << leased.error << leased.body;
	EXPECT_TRUE(started_->reports().empty());
}

TEST_F(PortEvents, WhatRevokesNobodyIsTakenAndTheDaemonNotAsked)
{
	set_up(with_transmitter());
	EXPECT_EQ(202u, push(sign(with("events", {{"https://schemas.openid.net/secevent/ssf/event-type/verification", {{"state", "s"}}}}))).status);
	EXPECT_TRUE(started_->events().empty());
}

TEST_F(PortEvents, WhatNoTransmitterMaySayIsRefused)
{
	set_up(with_transmitter());
	const std::int64_t now = world_.now.time_since_epoch().count();
	std::string forged = sign(claims());
	forged[forged.find('.') + 3] ^= 1;
	Reply reply = push(forged);
	EXPECT_EQ(400u, reply.status) << "one bit of the claims";
	(void)started_->await_reports(1);
	expect_refused(sign_token({{"alg", "ES256"}, {"kid", "e1"}, {"typ", "secevent+jwt"}}, claims().dump(), make_ec_key()), "signature", "invalid_key");
	expect_refused(sign(with("aud", "https://other.example")), "audience", "invalid_audience");
	expect_refused(sign(with("iss", "https://nobody.example")), "issuer-unknown", "invalid_issuer");
	expect_refused(sign(with("iat", now - 4000)), "event-old", "invalid_request");
	expect_refused(sign(with("sub_id", {{"format", "uri"}, {"uri", "spiffe://other.example/billing"}})), "event-foreign", "access_denied");
	expect_refused(world_.token(world_.claims({})), "token-type", "invalid_request");
	EXPECT_TRUE(started_->events().empty());
}

TEST_F(PortEvents, ADaemonThatCannotTakeItIsToldAgain)
{
	set_up(with_transmitter());
	started_->take_events(false);
	const Reply reply = push(sign(claims()));
	EXPECT_EQ(503u, reply.status);
	EXPECT_EQ("1", reply.fields.at("retry-after"));
	started_->take_events(true);
	EXPECT_EQ(202u, push(sign(claims())).status);
}

TEST_F(PortEvents, TooLongIsTooLongAndWithoutTransmittersThereIsNoSuchPlace)
{
	set_up(with_transmitter());
	EXPECT_EQ(413u, push(std::string(9000, 'a')).status);
	Shown asks = billing();
	EXPECT_EQ(413u, test::ask(kClient, port_, asks, lease_request(asks, std::string(2000, ' '))).status) << "a lease's body stays as short as it was";
	set_up();
	EXPECT_EQ(404u, push(sign(claims())).status);
	EXPECT_TRUE(started_->events().empty());
}

}  // namespace
}  // namespace sluice::test
