// What daemon and identity port say to each other: every message comes out as it went in, and nothing else comes in.
#include <gtest/gtest.h>

#include "port/frame.h"
#include "port/messages.h"
#include "port/reason.h"

namespace sluice::port {
namespace {

identity::Thumbprint thumbprint(std::uint8_t first)
{
	identity::Thumbprint one;
	one.digest[0] = first;
	return one;
}

LeaseRequest request()
{
	LeaseRequest wanted;
	wanted.id = 7;
	wanted.identity = {.name = "spiffe://prod.example/billing",
			   .authority = "prod.example",
			   .thumbprint = thumbprint(9),
			   .issuer = "https://as.example",
			   .token_subject = "alice",
			   .token_id = "j\n1",
			   .roles = 1ull << 63 | 6,
			   .until = identity::Moment(std::chrono::seconds(1'800'000'000))};
	wanted.at = Visitor{*net::Address::parse("2001:db8::7"), Bind::kPrefix};
	return wanted;
}

// A message of the port, as JSON text, with one thing changed.
std::string changed(const std::string& from, const std::string& to, const ToDaemon& message = request())
{
	std::string text = encode(message);
	const auto at = text.find(from);
	EXPECT_NE(std::string::npos, at) << text;
	return text.replace(at, from.size(), to);
}

TEST(PortMessages, ALeaseRequestComesAsItWent)
{
	const auto parsed = parse_to_daemon(encode(request()));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	const auto& got = std::get<LeaseRequest>(*parsed);
	EXPECT_EQ(7u, got.id);
	EXPECT_EQ(request().identity, got.identity);
	EXPECT_EQ("2001:db8::7", std::get<Visitor>(got.at).peer.to_string());
	EXPECT_EQ(Bind::kPrefix, std::get<Visitor>(got.at).bind);
}

TEST(PortMessages, AFlowComesAsItWent)
{
	LeaseRequest wanted = request();
	const net::Flow flow{*net::Address::parse("192.0.2.7"), *net::Address::parse("203.0.113.10"), 40000, 443};
	wanted.at = flow;
	const auto parsed = parse_to_daemon(encode(wanted));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	EXPECT_EQ(flow, std::get<net::Flow>(std::get<LeaseRequest>(*parsed).at));
	EXPECT_FALSE(parse_to_daemon(changed("40000", "0", wanted))) << "no port";
	EXPECT_FALSE(parse_to_daemon(changed("40000", "65536", wanted))) << "no port";
	EXPECT_FALSE(parse_to_daemon(changed("203.0.113.10", "203.0.113", wanted)));
	EXPECT_FALSE(parse_to_daemon(changed("\"type\"", R"("visitor":{"bind":"address","peer":"192.0.2.7"},"type")", wanted))) << "both";
	EXPECT_FALSE(parse_to_daemon(changed("\"flow\"", "\"flaw\"", wanted))) << "neither";
}

TEST(PortMessages, AnAuthorizationComesAsItWentAndItsLimitsCount)
{
	port::Setup setup;
	setup.authorization.emplace();
	setup.authorization->socket = "/run/a.sock";
	setup.authorization->users = {0, 33};
	setup.authorization->groups = {4'294'967'295};
	setup.authorization->demand = {true, false};
	setup.authorization->anonymous = true;
	RequestLimit limit{"X-Api-Key", 100, 60, {}};
	limit.meter.speed = 7;
	limit.meter.cost = 8;
	limit.meter.burst = 9;
	limit.meter.horizon = 10;
	setup.authorization->limits = {limit};
	const auto parsed = parse_to_port(encode(ToPort(setup)));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	EXPECT_EQ(encode(ToPort(setup)), encode(*parsed));
	const Authorization& got = *std::get<port::Setup>(*parsed).authorization;
	EXPECT_EQ(setup.authorization->groups, got.groups);
	EXPECT_EQ(8u, got.limits.at(0).meter.cost);
	const auto is_taken = [&](auto change) {
		port::Setup changed_setup = setup;
		change(changed_setup.authorization->limits[0].meter);
		return static_cast<bool>(parse_to_port(encode(ToPort(changed_setup))));
	};
	EXPECT_TRUE(is_taken([](sluice_meter&) {}));
	EXPECT_FALSE(is_taken([](sluice_meter& meter) { meter.speed = 0; }));
	EXPECT_FALSE(is_taken([](sluice_meter& meter) { meter.cost = 0; }));
	EXPECT_FALSE(is_taken([](sluice_meter& meter) { meter.algorithm = SLUICE_FIXED_WINDOW; })) << "without a window";
	EXPECT_FALSE(is_taken([](sluice_meter& meter) { meter.algorithm = SLUICE_ALGORITHMS; }));
	EXPECT_FALSE(is_taken([](sluice_meter& meter) { meter.horizon = SLUICE_READING_MASK; }));
}

TEST(PortMessages, AskAgainComesAsItWent)
{
	const auto parsed = parse_to_port(encode(AskAgain{}));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	EXPECT_TRUE(std::holds_alternative<AskAgain>(*parsed));
	EXPECT_FALSE(parse_to_port(R"({"type":"ask-again","id":1})"));
}

TEST(PortMessages, AReportOfAProcessHasNoAddress)
{
	const auto parsed = parse_to_daemon(encode(RefusalReport{"caller-unknown", "user 1000", std::nullopt, std::nullopt, 0}));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	EXPECT_FALSE(std::get<RefusalReport>(*parsed).peer);
}

TEST(PortMessages, AnswersComeAsTheyWent)
{
	const auto granted = parse_to_port(encode(LeaseAnswer{3, Granted{"192.0.2.7", 300, true}}));
	ASSERT_TRUE(granted) << granted.error().sentence();
	const auto& lease = std::get<Granted>(std::get<LeaseAnswer>(*granted).outcome);
	EXPECT_EQ(3u, std::get<LeaseAnswer>(*granted).id);
	EXPECT_EQ("192.0.2.7", lease.binding);
	EXPECT_EQ(300u, lease.seconds);
	EXPECT_TRUE(lease.renewed);
	for (const DenialKind kind : {DenialKind::kForbidden, DenialKind::kTooMany, DenialKind::kUnavailable}) {
		const auto denied = parse_to_port(encode(LeaseAnswer{4, Denied{kind, "exhausted", "No room.", 5}}));
		ASSERT_TRUE(denied) << denied.error().sentence();
		const auto& why = std::get<Denied>(std::get<LeaseAnswer>(*denied).outcome);
		EXPECT_EQ(kind, why.kind);
		EXPECT_EQ("exhausted", why.reason);
		EXPECT_EQ("No room.", why.sentence);
		EXPECT_EQ(5u, why.retry_after_seconds);
	}
	EXPECT_FALSE(parse_to_port(encode(LeaseAnswer{3, Granted{"192.0.2.7", 0, true}}))) << "a lease of no length";
	EXPECT_FALSE(parse_to_port(R"({"type":"lease-answer","id":1})")) << "neither granted nor denied";
}

TEST(PortMessages, ReportsComeAsTheyWent)
{
	const auto parsed = parse_to_daemon(encode(RefusalReport{"token-stolen", "detail", *net::Address::parse("192.0.2.1"), thumbprint(1), 12}));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	const auto& report = std::get<RefusalReport>(*parsed);
	EXPECT_EQ("token-stolen", report.reason);
	EXPECT_EQ("detail", report.detail);
	EXPECT_EQ("192.0.2.1", report.peer->to_string());
	EXPECT_EQ(thumbprint(1), report.thumbprint);
	EXPECT_EQ(12u, report.unreported);
	const auto ready = parse_to_daemon(encode(Ready{5, {"a.crl: cut off"}}));
	ASSERT_TRUE(ready);
	EXPECT_EQ(5u, std::get<Ready>(*ready).serial);
	EXPECT_EQ(std::vector<std::string>{"a.crl: cut off"}, std::get<Ready>(*ready).problems);
	const auto refused = parse_to_daemon(encode(SetupRefused{6, "the key is another's"}));
	ASSERT_TRUE(refused);
	EXPECT_EQ("the key is another's", std::get<SetupRefused>(*refused).why);
}

EventReport event()
{
	return {9, {"https://idp.example", "e1", "session-revoked", "spiffe://prod.example/billing"}};
}

TEST(PortMessages, EventsComeAsTheyWent)
{
	const auto parsed = parse_to_daemon(encode(event()));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	EXPECT_EQ(9u, std::get<EventReport>(*parsed).id);
	EXPECT_EQ(event().event, std::get<EventReport>(*parsed).event);
	for (const bool taken : {false, true}) {
		const auto answer = parse_to_port(encode(EventAnswer{9, taken}));
		ASSERT_TRUE(answer) << answer.error().sentence();
		EXPECT_EQ(9u, std::get<EventAnswer>(*answer).id);
		EXPECT_EQ(taken, std::get<EventAnswer>(*answer).taken);
	}
}

TEST(PortMessages, ASetupComesAsItWent)
{
	const std::string any_bytes("\x00\xff\x30\x82\n", 5);
	port::Setup setup;
	setup.serial = 2;
	setup.listeners = {"[::]:8440", "192.0.2.1:8441"};
	setup.certificate = {"/etc/c.pem", "PEM", ""};
	setup.key = {"/etc/k.pem", "KEY", ""};
	setup.trust_domains = {{"prod.example", {{"/a.pem", "A", ""}}, {{"/a.crl", any_bytes, ""}, {"/b.crl", "", "No such file"}}}};
	setup.pkis.push_back({{"partners", {{"/p.pem", "P", ""}}, {}},
			      {{identity::Name{identity::NameKind::kDns, "a.example"}, "a"}, {thumbprint(3), "b"},
			       {identity::Name{identity::NameKind::kEmail, "c@example"}, "c"}, {identity::Name{identity::NameKind::kUri, "urn:d"}, "d"}}});
	setup.issuers.push_back({"https://as.example", {"/k.json", "{}", ""}, {"api"}, {identity::Algorithm::kEs256, identity::Algorithm::kEdDsa}});
	setup.transmitters.push_back({setup.issuers[0], {{"spiffe://prod.example/**", "partner-a"}, true}});
	setup.roles = {{identity::NamePattern{"spiffe://prod.example/**"}, 1}, {identity::Scope{"read"}, 2}, {identity::ClaimValue{{"realm", "roles"}, "x"}, 63}};
	setup.demand = {true, true};

	const auto parsed = parse_to_port(encode(setup));
	ASSERT_TRUE(parsed) << parsed.error().sentence();
	const auto& got = std::get<port::Setup>(*parsed);
	EXPECT_EQ(encode(setup), encode(got));
	EXPECT_EQ(setup.trust_domains, got.trust_domains);
	EXPECT_EQ(any_bytes, got.trust_domains[0].crls[0].text);
	EXPECT_EQ(thumbprint(3), std::get<identity::Thumbprint>(got.pkis.at(0).mappings.at(1).by));
	EXPECT_EQ(63u, got.roles.at(2).role);
	EXPECT_EQ("https://as.example", got.transmitters.at(0).issuer.name);
	EXPECT_EQ(setup.transmitters[0].scope, got.transmitters[0].scope);
	EXPECT_TRUE(got.demand.token && got.demand.unbound_is_enough);
	setup.listeners.assign(kMostListeners + 1, "x");
	EXPECT_FALSE(parse_to_port(encode(setup)));
}

struct Wrong {
	const char* what;
	std::string payload;
	const char* says;
};

TEST(PortMessages, TheDaemonTakesNothingElse)
{
	const RefusalReport report{"too-slow", "", *net::Address::parse("192.0.2.1"), std::nullopt, 0};
	const std::vector<Wrong> all = {
	    {"no JSON", "{", "no JSON object"},
	    {"a list", "[]", "no JSON object"},
	    {"no type", "{}", "no JSON object with a type"},
	    {"a type that is a number", R"({"type":1})", "no JSON object with a type"},
	    {"a type of the other direction", encode(LeaseAnswer{1, Granted{"192.0.2.7", 1, false}}), "its type is not known"},
	    {"no UTF-8", changed("billing", "bill\xff"), "no JSON object"},
	    {"a member twice", changed("\"id\":7", "\"id\":7,\"id\":8"), "a member twice"},
	    {"deep nesting", changed("\"id\":7", "\"id\":" + std::string(5000, '[') + std::string(5000, ']')), "no JSON object"},
	    {"an unknown field", changed("\"id\":7", "\"id\":7,\"admin\":true"), "there is no field 'admin'"},
	    {"an unknown field of the identity", changed("\"roles\"", "\"uid\":0,\"roles\""), "there is no field 'uid'"},
	    {"a negative ID", changed("\"id\":7", "\"id\":-7"), "'id' must be a whole number"},
	    {"an ID with a fraction", changed("\"id\":7", "\"id\":7.5"), "'id' must be a whole number"},
	    {"no address", changed("2001:db8::7", "2001:db8::/64"), "'peer' must be an address"},
	    {"another binding", changed("\"prefix\"", "\"everything\""), "'bind' must be"},
	    {"nobody", changed("spiffe://prod.example/billing", ""), "'name' must be not empty"},
	    {"a name without end", changed("billing", std::string(20'000, 'b')), "'name' must be at most"},
	    {"a time without end", changed("1800000000", "18446744073709551615"), "'until' must be"},
	    {"a short thumbprint", changed("CQAAAA", "CQ"), "'thumbprint' must be"},
	    {"a reason of nobody's list", changed("too-slow", "too-bad", report), "'reason' must be one of the lists"},
	    {"a long detail", changed("\"detail\":\"\"", "\"detail\":\"" + std::string(2000, 'x') + "\"", report), "'detail' must be at most"},
	    {"an event that revokes nobody", changed("session-revoked", "verification", event()), "'event' must be"},
	    {"an event about nobody", changed("spiffe://prod.example/billing", "spiffe://prod.example", event()), "'subject' must be"},
	    {"an event without end", changed("\"e1\"", "\"" + std::string(300, 'e') + "\"", event()), "'token_id' must be at most"},
	    {"a long message", std::string(kMostBytesToDaemon + 1, ' '), "longer than"},
	};
	for (const Wrong& each : all) {
		const auto parsed = parse_to_daemon(each.payload);
		ASSERT_FALSE(parsed) << each.what;
		EXPECT_NE(std::string::npos, parsed.error().message().find(each.says)) << each.what << ": " << parsed.error().message();
	}
}

TEST(PortMessages, ReasonsAndRefusalsShareNoName)
{
	for (const ReasonEntry& entry : reasons()) {
		EXPECT_TRUE(is_reason(entry.name));
		EXPECT_EQ(entry.name, name_of(entry.reason));
		EXPECT_EQ(entry.sentence, sentence_of(entry.reason));
		for (const identity::RefusalEntry& refusal : identity::refusals())
			EXPECT_NE(refusal.name, entry.name);
	}
	EXPECT_TRUE(is_reason("token-stolen"));
	EXPECT_FALSE(is_reason(""));
}

}  // namespace
}  // namespace sluice::port
