// What `sluice stats` shows of a candidate.
#include <gtest/gtest.h>

#include "cli/shadow_counters.h"

namespace sluice::cli {
namespace {

control::Json example()
{
	return control::Json::parse(R"({"path": "/etc/new.yaml", "digest": "cd", "since": "2026-05-01T10:00:00Z",
	  "missed": {"packets": 2, "bytes": 120},
	  "pairs": [{"running": "admitted", "running_verdict": "pass", "candidate": "admitted", "candidate_verdict": "pass", "packets": 90, "bytes": 9000},
	            {"running": "admitted", "running_verdict": "pass", "candidate": "listed", "candidate_verdict": "pass", "packets": 4, "bytes": 400},
	            {"running": "admitted", "running_verdict": "pass", "candidate": "listed-deny", "candidate_verdict": "drop", "packets": 7, "bytes": 700},
	            {"running": "banned", "running_verdict": "drop", "candidate": "listed", "candidate_verdict": "pass", "packets": 1, "bytes": 60}],
	  "services": [{"service": "api", "agreed": {"packets": 94}, "would_drop": {"packets": 7}, "would_pass": {"packets": 0}},
	               {"service": "-", "agreed": {"packets": 3}, "would_drop": {"packets": 0}, "would_pass": {"packets": 0}}]})");
}

TEST(CliShadowCounters, DisagreementsAreShownAndAgreementWithAll)
{
	const auto counters = parse_shadow_counters(example());
	ASSERT_TRUE(counters) << counters.error().sentence();
	EXPECT_EQ(render(*counters, false, {}),
	          "\nshadow /etc/new.yaml since 2026-05-01T10:00:00.000Z: 102 packets judged by both, 7 it would drop, 1 it would let pass; "
	          "2 packets never reached it\n"
	          "\nRUNNING   CANDIDATE    VERDICT     PACKETS  BYTES\n"
	          "admitted  listed       passes too        4    400\n"
	          "admitted  listed-deny  would drop        7    700\n"
	          "banned    listed       would pass        1     60\n"
	          "\nSERVICE  WOULD DROP  WOULD PASS  AGREED\n"
	          "api               7           0      94\n");
	const std::string all = render(*counters, true, {});
	EXPECT_NE(all.find("admitted  admitted     passes too       90"), std::string::npos) << all;
	EXPECT_NE(all.find("-                 0           0       3"), std::string::npos) << all;
}

TEST(CliShadowCounters, AnAnswerThatIsNoneIsAnError)
{
	for (const char* missing : {"path", "missed", "pairs", "services"}) {
		auto json = example();
		json.erase(missing);
		EXPECT_FALSE(parse_shadow_counters(json)) << missing;
	}
	auto json = example();
	json["pairs"][0]["packets"] = "many";
	EXPECT_FALSE(parse_shadow_counters(json));
}

}  // namespace
}  // namespace sluice::cli
