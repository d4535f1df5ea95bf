// The audit chain: what is changed, dropped, reordered or cut off is found, with its line.
#include <gtest/gtest.h>

#include "telemetry/audit.h"

namespace sluice::telemetry {
namespace {

std::string chain_of(int lines)
{
	std::string text;
	AuditEnd end;
	for (int i = 1; i <= lines; i++) {
		const auto line = next_line(end, {{"event", "granted"}, {"identity", "spiffe://prod.example/" + std::to_string(i)}});
		EXPECT_TRUE(line);
		text += line->text;
		end = line->end;
	}
	return text;
}

std::string failure_of(const std::string& text)
{
	const auto end = verify_audit(text, {});
	return end ? "" : end.error().message();
}

std::string line_of(const std::string& text, int number)
{
	std::size_t at = 0;
	for (; number > 1; number--)
		at = text.find('\n', at) + 1;
	return text.substr(at, text.find('\n', at) - at + 1);
}

}  // namespace

TEST(TelemetryAudit, AWholeChainEndsWhereItsLastLineDoes)
{
	EXPECT_EQ(verify_audit("", {})->sequence, 0u);
	const auto end = verify_audit(chain_of(3), {});
	ASSERT_TRUE(end);
	EXPECT_EQ(end->sequence, 3u);
	EXPECT_EQ(end->hash.size(), 64u);
	EXPECT_EQ(end_of(chain_of(3))->hash, end->hash);
}

TEST(TelemetryAudit, AChainGoesOnInTheNextFile)
{
	const std::string text = chain_of(3);
	const std::string first = line_of(text, 1);
	const std::string rest = line_of(text, 2) + line_of(text, 3);
	EXPECT_EQ(beginning_of(first)->sequence, 0u);
	EXPECT_EQ(beginning_of("")->sequence, 0u);
	const auto from = beginning_of(rest);
	ASSERT_TRUE(from);
	EXPECT_EQ(from->sequence, 1u);
	EXPECT_EQ(from->hash, end_of(first)->hash);
	EXPECT_EQ(verify_audit(rest, *from)->hash, end_of(text)->hash);
	EXPECT_FALSE(verify_audit(rest, {1, end_of(text)->hash})) << "of another chain";
	EXPECT_FALSE(beginning_of("{}\n"));
	EXPECT_FALSE(beginning_of("{\"sequence\":0,\"previous\":\"\"}\n"));
}

TEST(TelemetryAudit, WhatWasTamperedWithIsFound)
{
	const std::string text = chain_of(3);
	std::string changed = text;
	changed.replace(changed.find("prod.example/2"), 14, "prod.example/9");
	EXPECT_EQ(failure_of(changed).substr(0, 7), "line 3 ");
	EXPECT_EQ(failure_of(line_of(text, 1) + line_of(text, 3)).substr(0, 7), "line 2 ") << "dropped";
	EXPECT_EQ(failure_of(line_of(text, 2) + line_of(text, 1)).substr(0, 7), "line 1 ") << "reordered";
	EXPECT_EQ(failure_of(line_of(text, 2) + line_of(text, 3)).substr(0, 7), "line 1 ") << "cut off at its beginning";
	EXPECT_EQ(failure_of(text.substr(0, text.size() - 1)).substr(0, 7), "line 3 ") << "half a line";
	EXPECT_EQ(failure_of(text + "{}\n").substr(0, 7), "line 4 ");
	EXPECT_EQ(failure_of("no json\n").substr(0, 7), "line 1 ");
}

}  // namespace sluice::telemetry
