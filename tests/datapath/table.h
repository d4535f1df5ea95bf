// Rows of a datapath table: a sentence, a packet, and what has to become of it. A row's nearest miss stands beside it.
#pragma once

#include <string>
#include <vector>

#include "support/gate.h"

namespace sluice::test {

struct Row {
	const char* sentence;
	Packet packet;
	const char* reason;
	const char* service = "-";
	const char* rule = "";
};

class TableTest : public GateTest {
protected:
	// Judges every row by the installed policy. What a reason's verdict is, reasons.def says.
	void expect(const std::vector<Row>& rows);
	// As expect(), in observe mode: judged as if, and everything passes.
	void expect_observed(const std::vector<Row>& rows);
};

// Whether reasons.def lets packets of this reason pass.
bool reason_passes(const std::string& name);

}  // namespace sluice::test
