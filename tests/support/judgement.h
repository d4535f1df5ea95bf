// Judgement: what became of a packet, and why.
#pragma once

#include <ostream>
#include <string>

namespace sluice::test {

struct Judgement {
	bool passes = false;
	std::string reason;
	std::string service = "-";
	std::string rule;  // the one that decided; empty: none
	bool replies = false;

	bool operator==(const Judgement&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Judgement& judgement)
{
	return out << (judgement.passes ? "pass, " : judgement.replies ? "reply, " : "drop, ") << judgement.reason << ", service " << judgement.service
		   << ", rule " << (judgement.rule.empty() ? "none" : judgement.rule);
}

}  // namespace sluice::test
