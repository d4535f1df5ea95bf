// Requests are read strictly, replies come back as they were.
#include <gtest/gtest.h>

#include "control/client.h"
#include "control/http.h"
#include "control/messages.h"

namespace sluice::control {
namespace {

Json json(const char* text)
{
	return Json::parse(text);
}

TEST(ControlMessages, BanRequestThereAndBack)
{
	BanRequest request{{*net::Prefix::parse("192.0.2.0/24"), *net::Prefix::parse("2001:db8::1")}, 600'000'000'000, "scans"};
	const auto back = parse_ban_request(to_json(request));
	ASSERT_TRUE(back) << back.error().sentence();
	EXPECT_EQ(back->prefixes, request.prefixes);
	EXPECT_EQ(back->duration_ns, request.duration_ns);
	EXPECT_EQ(back->why, "scans");
}

TEST(ControlMessages, ABadBanRequestIsNamed)
{
	const std::pair<const char*, const char*> cases[] = {
	    {R"([])", "not a JSON object"},
	    {R"({})", "'prefixes' is missing"},
	    {R"({"prefixes": "192.0.2.1"})", "'prefixes' must be a list"},
	    {R"({"prefixes": [1]})", "'prefixes' must be a list of texts"},
	    {R"({"prefixes": []})", "'prefixes' must hold"},
	    {R"({"prefixes": ["192.0.2.1/24"]})", "192.0.2"},
	    {R"({"prefixes": ["192.0.2.1"], "duration_ns": -1})", "'duration_ns' must be a whole number"},
	    {R"({"prefixes": ["192.0.2.1"], "duration_ns": 1.5})", "'duration_ns' must be a whole number"},
	    {R"({"prefixes": ["192.0.2.1"], "duration_ns": 0})", "no duration"},
	    {R"({"prefixes": ["192.0.2.1"], "wyh": "x"})", "no field 'wyh'"},
	    {R"({"prefixes": ["192.0.2.1"], "why": "123456789012345678901234567890123456789012345678"})", "at most 47 bytes"},
	};
	for (const auto& [text, expected] : cases) {
		const auto parsed = parse_ban_request(json(text));
		ASSERT_FALSE(parsed) << text;
		EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid) << text;
		EXPECT_NE(parsed.error().message().find(expected), std::string::npos) << text << ": " << parsed.error().message();
	}
}

TEST(ControlMessages, ApplyAndAttachRequests)
{
	EXPECT_TRUE(parse_apply_request(to_json(ApplyRequest{"/etc/p.yaml", true}))->observe);
	EXPECT_FALSE(parse_apply_request(json(R"({"path": "/p"})"))->observe);
	for (const char* text : {R"({"path": "p.yaml"})", R"({"path": "/p", "observe": "yes"})", R"({"path": "/p", "observe": true, "confirm_ns": 1})", R"({"path": "/p", "force": 1})", R"({"path": "/p", "confirm_ns": 0})", R"({"path": "/p", "haste": true})", R"({})"})
		EXPECT_FALSE(parse_apply_request(json(text))) << text;
	EXPECT_EQ(*parse_attach_request(to_json(AttachRequest{"eth1", datapath::AttachMode::kGeneric}))->mode, datapath::AttachMode::kGeneric);
	EXPECT_FALSE(parse_attach_request(json(R"({"name": "eth1"})"))->mode);
	for (const char* text : {R"({"name": ""})", R"({"name": "../x"})", R"({"name": "eth1", "mode": "offload"})"})
		EXPECT_FALSE(parse_attach_request(json(text))) << text;
}

TEST(ControlMessages, StatusThereAndBack)
{
	Status status;
	status.version = "0.1.0";
	status.mode = policy::Mode::kObserve;
	status.default_action = policy::Action::kDeny;
	status.generation = 4;
	status.digest = "ab";
	status.policy_path = "/etc/sluice/policy.yaml";
	status.installed_unix_ns = 1'700'000'000'000'000'000;
	status.interfaces = {{"eth1", 7, datapath::AttachMode::kGeneric, 4}};
	status.rates = {1, 2, 3, 4};
	status.degraded = true;
	status.warnings = {"one"};
	status.cookies = Cookies{false, "Linux 6.1", 5, 7, 1};
	const auto back = parse_status(to_json(status));
	ASSERT_TRUE(back) << back.error().sentence();
	EXPECT_EQ(to_json(*back), to_json(status));
	Json newer = to_json(status);
	newer["moon"] = "full";
	EXPECT_TRUE(parse_status(newer));
	newer.erase("rates");
	EXPECT_FALSE(parse_status(newer));
}

TEST(ControlMessages, ApplyRepliesAreOneOrTheOther)
{
	const auto applied = parse_apply_reply(to_json(Applied{3, "ab", true, 4, 5, 9, {"w"}}));
	ASSERT_TRUE(applied);
	EXPECT_EQ(std::get<Applied>(*applied).services, 4u);
	EXPECT_EQ(std::get<Applied>(*applied).limits, 5u);
	EXPECT_EQ(std::get<Applied>(*applied).prefixes, 9u);
	const policy::Diagnostics diagnostics{{policy::Severity::kError, {"/p.yaml", 3, 7}, "no such limit", "name one"}};
	const auto refused = parse_apply_reply(to_json(diagnostics));
	ASSERT_TRUE(refused);
	EXPECT_EQ(std::get<policy::Diagnostics>(*refused).at(0).to_string(), diagnostics[0].to_string());
}

TEST(ControlMessages, ErrorsKeepCodeAndAdvice)
{
	for (int i = 0; i <= static_cast<int>(ErrorCode::kDenied); i++) {
		const auto code = static_cast<ErrorCode>(i);
		const auto back = parse_error(to_json(Error(code, "what", "do")));
		ASSERT_TRUE(back);
		EXPECT_EQ(back->code(), code);
		EXPECT_EQ(back->sentence(), "what (do)");
		EXPECT_GE(http_status(code), 400u);
	}
	EXPECT_FALSE(parse_error(json(R"({"generation": 1})")));
}

TEST(ControlHttp, TargetsAreDecoded)
{
	const auto request = parse_target("/v1/interfaces/eth1%2E5?a=1&b=x%20y&c");
	ASSERT_TRUE(request);
	EXPECT_EQ(request->path, "/v1/interfaces/eth1.5");
	EXPECT_EQ(request->query.at("b"), "x y");
	EXPECT_EQ(request->query.at("c"), "");
	EXPECT_EQ(path_segment("a/b 1"), "a%2Fb%201");
	for (const char* target : {"", "v1", "/a%", "/a%2", "/a%zz", "/a%00"})
		EXPECT_FALSE(parse_target(target)) << target;
}

TEST(ControlHttp, BytesThatAreNoUtf8DoNotEndTheServer)
{
	EXPECT_NE(line_of({{"why", "\xff\xfe"}}).find("\xEF\xBF\xBD"), std::string::npos);
}

}  // namespace
}  // namespace sluice::control
