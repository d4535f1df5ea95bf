#include "datapath/table.h"

#include "sluice/abi/verdict.h"

namespace sluice::test {

bool reason_passes(const std::string& name)
{
#define SLUICE_REASON(number, identifier, text, verdict, sentence) \
	if (name == text)                                          \
		return sluice_reason_passes(number);
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	ADD_FAILURE() << name << " is no reason";
	return false;
}

void TableTest::expect(const std::vector<Row>& rows)
{
	for (const auto& row : rows) {
		const Judgement expected{reason_passes(row.reason), row.reason, row.service, row.rule};
		EXPECT_EQ(judge(row.packet), expected) << row.sentence << "\n" << to_string(row.packet);
	}
}

void TableTest::expect_observed(const std::vector<Row>& rows)
{
	for (const auto& row : rows) {
		const Judgement expected{true, row.reason, row.service, row.rule};
		EXPECT_EQ(judge(row.packet), expected) << row.sentence << "\n" << to_string(row.packet);
	}
}

}  // namespace sluice::test
