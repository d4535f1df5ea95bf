// Pushed events as HTTP (RFC 8935): what is a push, and what each refusal is called there.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "port/event_http.h"

namespace sluice::port {
namespace {

namespace http = boost::beast::http;

HttpRequest push(const std::string& body = "a.b.c", const std::string& type = "application/secevent+jwt", http::verb method = http::verb::post)
{
	HttpRequest request(method, "/v1/events", 11);
	request.set(http::field::content_type, type);
	request.body() = body;
	return request;
}

TEST(PortEventHttp, APushIsItsToken)
{
	EXPECT_TRUE(is_event_request(push()));
	HttpRequest lease = push();
	lease.target("/v1/lease");
	EXPECT_FALSE(is_event_request(lease));
	for (const char* type : {"application/secevent+jwt", "Application/SecEvent+JWT", "application/secevent+jwt;charset=utf-8"}) {
		const auto read = read_event(push("a.b.c", type));
		ASSERT_TRUE(std::holds_alternative<std::string>(read)) << type;
		EXPECT_EQ(std::get<std::string>(read), "a.b.c");
	}
}

TEST(PortEventHttp, AnythingElseIsNoPush)
{
	const auto refused = [](const HttpRequest& request) {
		const auto read = read_event(request);
		return std::holds_alternative<HttpResponse>(read) ? std::get<HttpResponse>(read).result_int() : 0u;
	};
	EXPECT_EQ(refused(push("a.b.c", "application/jwt")), 400u);
	EXPECT_EQ(refused(push("a.b.c", "")), 400u);
	EXPECT_EQ(refused(push("")), 400u);
	EXPECT_EQ(refused(push("a.b.c", "application/secevent+jwt", http::verb::get)), 405u);
}

TEST(PortEventHttp, ErrorsHaveTheNamesOfTheRfc)
{
	using identity::Refusal;
	const std::pair<Refusal, const char*> all[] = {
	    {Refusal::kSignature, "invalid_key"},        {Refusal::kKeyUnknown, "invalid_key"},   {Refusal::kAlgorithm, "invalid_key"},
	    {Refusal::kIssuerUnknown, "invalid_issuer"}, {Refusal::kAudience, "invalid_audience"}, {Refusal::kEventForeign, "access_denied"},
	    {Refusal::kEventOld, "invalid_request"},     {Refusal::kClaims, "invalid_request"},    {Refusal::kTokenType, "invalid_request"},
	};
	for (const auto& [refusal, code] : all) {
		const HttpResponse response = event_refused_response(refusal);
		EXPECT_EQ(response.result_int(), 400u);
		EXPECT_EQ(response[http::field::content_type], "application/json");
		EXPECT_EQ(response[http::field::content_language], "en");
		const auto body = nlohmann::json::parse(response.body());
		EXPECT_EQ(body["err"], code);
		EXPECT_EQ(body["description"], std::string(identity::sentence_of(refusal)));
	}
	EXPECT_EQ(event_taken_response().result_int(), 202u);
	EXPECT_TRUE(event_taken_response().body().empty());
}

}  // namespace
}  // namespace sluice::port
