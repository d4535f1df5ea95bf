#include "policy/diagnostic.h"

#include <algorithm>

namespace sluice::policy {

std::string Diagnostic::to_string() const
{
	std::string text = place.file;
	if (place.line != 0)
		text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
	text += severity == Severity::kError ? ": error: " : ": warning: ";
	text += message;
	if (!hint.empty())
		text += " (" + hint + ")";
	return text;
}

bool has_errors(const Diagnostics& diagnostics)
{
	return std::any_of(diagnostics.begin(), diagnostics.end(),
			   [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::kError; });
}

}  // namespace sluice::policy
