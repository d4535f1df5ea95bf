// A request for a lease as HTTP has it, and the answers.
#include <gtest/gtest.h>

#include "port/lease_http.h"

namespace sluice::port {
namespace {

namespace http = boost::beast::http;
using Json = nlohmann::json;

HttpRequest lease(const std::string& body)
{
	HttpRequest request(http::verb::post, "/v1/lease", 11);
	request.body() = body;
	return request;
}

// 0: it was understood.
unsigned status_of(const HttpRequest& request)
{
	const auto read = read_request(request);
	const auto* response = std::get_if<HttpResponse>(&read);
	return response == nullptr ? 0 : response->result_int();
}

Json body_of(const HttpResponse& response)
{
	return Json::parse(response.body(), nullptr, false);
}

TEST(PortLeaseHttp, WhatIsAsked)
{
	EXPECT_EQ(Bind::kAddress, std::get<Asked>(read_request(lease(""))).bind);
	EXPECT_EQ(Bind::kAddress, std::get<Asked>(read_request(lease("{}"))).bind);
	EXPECT_EQ(Bind::kPrefix, std::get<Asked>(read_request(lease(R"({"bind":"prefix"})"))).bind);
	HttpRequest request = lease("");
	EXPECT_EQ("", std::get<Asked>(read_request(request)).token);
	request.set(http::field::authorization, "bEARER abc.def");
	EXPECT_EQ("abc.def", std::get<Asked>(read_request(request)).token);
}

TEST(PortLeaseHttp, WhatIsNoRequestForALease)
{
	for (const char* body : {"[]", "{", R"({"bind":"everything"})", R"({"bind":1})", R"({"bind":"prefix","address":"192.0.2.1"})",
				 R"({"bind":"prefix","bind":"address"})"})
		EXPECT_EQ(400u, status_of(lease(body))) << body;
	HttpRequest request = lease("");
	request.set(http::field::authorization, "Basic YTpi");
	EXPECT_EQ(400u, status_of(request));
	request.set(http::field::authorization, "Bearer ");
	EXPECT_EQ(400u, status_of(request));
	request.set(http::field::authorization, "Bearer a");
	EXPECT_EQ(0u, status_of(request));
	request.insert(http::field::authorization, "Bearer b");
	EXPECT_EQ(400u, status_of(request)) << "two tokens";
	request = lease("");
	request.method(http::verb::get);
	EXPECT_EQ(405u, status_of(request));
	EXPECT_EQ("POST", std::get<HttpResponse>(read_request(request))[http::field::allow]);
	request = lease("");
	request.target("/v1/lease?bind=prefix");
	EXPECT_EQ(404u, status_of(request));
}

TEST(PortLeaseHttp, AnswersSayWhenToComeAgain)
{
	identity::Identity identity;
	identity.name = "spiffe://prod.example/a";
	const HttpResponse granted = granted_response(identity, {"192.0.2.1", 61, true});
	EXPECT_EQ(200u, granted.result_int());
	EXPECT_FALSE(granted.keep_alive());
	EXPECT_EQ((Json{{"identity", "spiffe://prod.example/a"}, {"binding", "192.0.2.1"}, {"seconds", 61}, {"renew_after_seconds", 30}, {"renewed", true}}),
		  body_of(granted));
	EXPECT_EQ(1, body_of(granted_response(identity, {"192.0.2.1", 1, true}))["renew_after_seconds"]);

	const HttpResponse many = denied_response({DenialKind::kTooMany, "identity-quota", "Too many.", 7});
	EXPECT_EQ(429u, many.result_int());
	EXPECT_EQ("7", many[http::field::retry_after]);
	EXPECT_EQ((Json{{"refused", "identity-quota"}, {"sentence", "Too many."}}), body_of(many));
	EXPECT_EQ(503u, denied_response({DenialKind::kUnavailable, "exhausted", "No room.", 1}).result_int());
	const HttpResponse never = denied_response({DenialKind::kForbidden, "not-unshared", "No.", 0});
	EXPECT_EQ(403u, never.result_int());
	EXPECT_EQ(0u, never.count(http::field::retry_after));
}

TEST(PortLeaseHttp, TokensThatAreMissingOrWrongAreUnauthorized)
{
	using identity::Refusal;
	const auto challenge = [](Refusal refusal, identity::Demand demand = {}) {
		const HttpResponse response = refused_response(refusal, demand);
		return std::to_string(response.result_int()) + " " + std::string(response[http::field::www_authenticate]);
	};
	EXPECT_EQ("401 Bearer", challenge(Refusal::kTokenNeeded));
	EXPECT_EQ("401 Bearer error=\"invalid_token\"", challenge(Refusal::kTokenTooLarge));
	EXPECT_EQ("401 Bearer error=\"invalid_token\"", challenge(Refusal::kBindingUnknown));
	EXPECT_EQ("403 ", challenge(Refusal::kUnmapped));
	EXPECT_EQ("403 ", challenge(Refusal::kInternal));
	EXPECT_EQ("403 ", challenge(Refusal::kNoCredential));
	EXPECT_EQ("401 Bearer", challenge(Refusal::kNoCredential, {false, true})) << "where a token alone would do";
}

}  // namespace
}  // namespace sluice::port
