// What a gateway reports of a connection, as HTTP has it; what is no report; and what each dialect is answered.
#include <gtest/gtest.h>

#include "port/authorize_http.h"
#include "port/escaped_certificate.h"
#include "support/pki.h"
#include "support/escaped.h"
#include "unit/port_pem.h"

namespace sluice::port {
namespace {

namespace http = boost::beast::http;

using Fields = std::vector<std::pair<std::string, std::string>>;

const Fields kFlow = {{"Sluice-Source", "192.0.2.7"}, {"Sluice-Source-Port", "40000"}, {"Sluice-Destination", "203.0.113.10"}, {"Sluice-Destination-Port", "443"}};

HttpRequest request_of(const Fields& fields, const std::string& target = "/v1/authorize")
{
	HttpRequest request(http::verb::get, target, 11);
	for (const auto& [name, value] : fields)
		request.insert(name, value);
	return request;
}

Fields with(const std::string& name, const std::string& value)
{
	Fields fields = kFlow;
	for (auto& [each, old] : fields) {
		if (each == name) {
			old = value;
			return fields;
		}
	}
	fields.emplace_back(name, value);
	return fields;
}

unsigned status_of(const HttpRequest& request)
{
	const auto read = read_report(request);
	const auto* response = std::get_if<HttpResponse>(&read);
	return response == nullptr ? 200 : response->result_int();
}

TEST(PortAuthorizeHttp, AReportIsAFlowACredentialAndANumber)
{
	Fields fields = kFlow;
	fields.emplace_back("Sluice-Connection", "17");
	fields.emplace_back("Authorization", "bearer abc.def.ghi");
	fields.emplace_back("X-Forwarded-Client-Cert", "By=spiffe://prod.example/admin");
	fields.emplace_back("X-Forwarded-For", "198.51.100.1");
	auto read = read_report(request_of(fields, "/v1/auth-request"));
	const Report& report = std::get<Report>(read);
	EXPECT_EQ(Dialect::kNginx, report.dialect);
	EXPECT_EQ((net::Flow{*net::Address::parse("192.0.2.7"), *net::Address::parse("203.0.113.10"), 40000, 443}), report.flow);
	EXPECT_EQ("17", report.connection);
	EXPECT_EQ("abc.def.ghi", report.credential.token);
	EXPECT_TRUE(report.credential.chain.empty()) << "what other headers say is nothing";
}

TEST(PortAuthorizeHttp, EnvoysPathMayGoOn)
{
	for (const std::string& target : {"/v1/authorize", "/v1/authorize/", "/v1/authorize/orders/7?x=1", "/v1/authorize?x=1"}) {
		auto read = read_report(request_of(kFlow, target));
		ASSERT_TRUE(std::holds_alternative<Report>(read)) << target;
		EXPECT_EQ(Dialect::kPlain, std::get<Report>(read).dialect);
	}
	for (const std::string& target : {"/", "/v1/authorizer", "/v1", "/v1/lease"})
		EXPECT_EQ(404u, status_of(request_of(kFlow, target))) << target;
}

TEST(PortAuthorizeHttp, EveryFieldIsThereOnceAndRight)
{
	EXPECT_EQ(200u, status_of(request_of(kFlow)));
	for (const auto& [name, value] : kFlow) {
		Fields twice = kFlow;
		twice.emplace_back(name, value);
		EXPECT_EQ(400u, status_of(request_of(twice))) << name << " twice";
		EXPECT_EQ(400u, status_of(request_of(with(name, "")))) << name;
	}
	EXPECT_EQ(400u, status_of(request_of(with("Sluice-Source", "client.example"))));
	EXPECT_EQ(400u, status_of(request_of(with("Sluice-Source", "2001:db8::7")))) << "of two families";
	for (const char* port : {"0", "65536", "-1", "443x", "4 43", "0x1bb"})
		EXPECT_EQ(400u, status_of(request_of(with("Sluice-Source-Port", port)))) << port;
	Fields twice = with("Authorization", "Bearer a");
	twice.emplace_back("Authorization", "Bearer b");
	EXPECT_EQ(400u, status_of(request_of(twice)));
	EXPECT_EQ(400u, status_of(request_of(with("Sluice-Client-Certificate", "abc"))));
	EXPECT_EQ(400u, status_of(request_of(with("Sluice-Connection", std::string(65, '1')))));
	EXPECT_EQ(200u, status_of(request_of(with("Sluice-Connection", std::string(64, '1')))));
}

TEST(PortAuthorizeHttp, AnotherSchemesCredentialsAreTheApplications)
{
	auto read = read_report(request_of(with("Authorization", "Basic YTpi")));
	EXPECT_EQ("", std::get<Report>(read).credential.token);
}

TEST(PortAuthorizeHttp, NginxIsToldInStatusesThatItKnows)
{
	const Denied many{DenialKind::kTooMany, "identity-quota", "Too many.", 10};
	const HttpRequest nginx = request_of(kFlow, "/v1/auth-request");
	const HttpResponse mapped = for_gateway(denied_response(many), nginx);
	EXPECT_EQ(403u, mapped.result_int());
	EXPECT_EQ("429", mapped["Sluice-Status"]);
	EXPECT_EQ("10", mapped["Retry-After"]);
	EXPECT_EQ("identity-quota", mapped["Sluice-Reason"]);
	const HttpResponse plain = for_gateway(denied_response(many), request_of(kFlow));
	EXPECT_EQ(429u, plain.result_int());
	EXPECT_EQ("429", plain["Sluice-Status"]);
	EXPECT_EQ(401u, for_gateway(refused_response(identity::Refusal::kTokenNeeded, {}), nginx).result_int());
	EXPECT_EQ(200u, for_gateway(authorized_response({.name = "a"}), nginx).result_int());
}

TEST(PortAuthorizeHttp, WhoAsksByHeadGetsNoBody)
{
	HttpRequest head = request_of(kFlow);
	EXPECT_NE("", for_gateway(turned_away_response(Reason::kNotReady), head).body());
	head.method(http::verb::head);
	const HttpResponse made = for_gateway(turned_away_response(Reason::kNotReady), head);
	EXPECT_EQ("", made.body());
	EXPECT_EQ("0", made["Content-Length"]);
	EXPECT_EQ(503u, made.result_int());
}

TEST(PortAuthorizeHttp, ANameEndsNoHeader)
{
	const HttpResponse made = authorized_response({.name = "https://as.example#a\r\nSluice-Status: 200 %"});
	EXPECT_EQ("https://as.example#a%0D%0ASluice-Status:%20200%20%25", made["Sluice-Identity"]);
}

RequestLimit by_header(const std::string& name)
{
	RequestLimit limit;
	limit.header = name;
	limit.requests = 100;
	limit.period_seconds = 60;
	return limit;
}

TEST(PortAuthorizeHttp, AKeyIsTheOnlyValueOfItsHeader)
{
	const std::vector<RequestLimit> limits = {by_header(""), by_header("x-api-key")};
	const auto keys = [&](const Fields& fields) {
		auto read = read_report(request_of(fields), limits);
		return std::holds_alternative<Report>(read) ? std::get<Report>(read).keys : std::vector<std::string>{"refused"};
	};
	EXPECT_EQ((std::vector<std::string>{"", "abc"}), keys(with("X-Api-Key", "abc")));
	EXPECT_EQ((std::vector<std::string>{"", ""}), keys(kFlow)) << "all without one are one key";
	Fields twice = with("X-Api-Key", "abc");
	twice.emplace_back("X-API-KEY", "def");
	EXPECT_EQ(std::vector<std::string>{"refused"}, keys(twice)) << "the application may take the other";
}

TEST(PortAuthorizeHttp, LimitsSayHowTheyStandAndWhenToComeAgain)
{
	const RequestLimit key = by_header("X-Api-Key");
	const RequestLimit identity = by_header("");
	RequestLimiter::Offer open{.admitted = true, .remaining = 12, .wait_ns = 0, .reset_ns = 4'000'000'001};
	RequestLimiter::Offer shut{.admitted = false, .remaining = 0, .wait_ns = 1'500'000'000, .reset_ns = 60'000'000'000};
	HttpResponse passed = anonymous_response();
	say_limits(passed, {{key, open}});
	EXPECT_EQ("\"key\";q=100;w=60", passed["RateLimit-Policy"]);
	EXPECT_EQ("\"key\";r=12;t=5", passed["RateLimit"]);
	EXPECT_EQ("", passed["Retry-After"]);
	HttpResponse refused = turned_away_response(Reason::kRequestsExceeded);
	say_limits(refused, {{key, open}, {identity, shut}});
	EXPECT_EQ(429u, refused.result_int());
	EXPECT_EQ("\"key\";r=12;t=5, \"identity\";r=0;t=60", refused["RateLimit"]);
	EXPECT_EQ("2", refused["Retry-After"]);
	HttpResponse none = anonymous_response();
	say_limits(none, {});
	EXPECT_EQ("", none["RateLimit"]);
}

// ---- certificates in a header ----

TEST(PortEscapedCertificate, WholeCertificatesAndNothingElse)
{
	const test::Issued one = test::self_signed();
	const std::string pem = test::pem_text(one);
	const std::string escaped = test::escaped_pem(pem);
	const auto chain = chain_of_escaped(escaped);
	ASSERT_TRUE(chain) << chain.error().sentence();
	ASSERT_EQ(1u, chain->size());
	EXPECT_EQ(one.der(), chain->front());
	EXPECT_EQ(2u, chain_of_escaped(escaped + escaped)->size());
	EXPECT_TRUE(chain_of_escaped("")->empty());
	EXPECT_FALSE(chain_of_escaped("nothing"));
	EXPECT_FALSE(chain_of_escaped(escaped.substr(0, escaped.size() / 2))) << "cut off";
	EXPECT_FALSE(chain_of_escaped(escaped + "%")) << "half an escape";
	EXPECT_FALSE(chain_of_escaped(escaped + "%zz"));
	EXPECT_FALSE(chain_of_escaped("%00" + escaped));
	EXPECT_FALSE(chain_of_escaped("-----BEGIN%20PRIVATE%20KEY-----%0AMAA=%0A-----END%20PRIVATE%20KEY-----%0A"));
	std::string eight;
	for (int i = 0; i < 8; i++)
		eight += escaped;
	EXPECT_EQ(8u, chain_of_escaped(eight)->size());
	EXPECT_FALSE(chain_of_escaped(eight + escaped)) << "nine";
}

}  // namespace
}  // namespace sluice::port
