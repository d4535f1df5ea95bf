// Policies in tests: from text, with list files that exist only here.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

#include "policy/parse.h"
#include "policy/validate.h"

namespace sluice::policy {

using Files = std::map<std::string, std::string>;

inline Parsed parse_text(const std::string& text, const Files& files = {}, const std::string& path = "/etc/sluice/policy.yaml")
{
	return parse(text, path, [&files](const std::string& file) -> Result<std::string> {
		const auto found = files.find(file);
		if (found == files.end())
			return Error(ErrorCode::kNotFound, file + ": No such file or directory");
		return found->second;
	});
}

inline std::string all_of(const Diagnostics& diagnostics)
{
	std::string text;
	for (const Diagnostic& diagnostic : diagnostics)
		text += diagnostic.to_string() + "\n";
	return text;
}

// Requires a policy without errors.
inline Policy right_policy(const std::string& text, const Files& files = {})
{
	Parsed parsed = parse_text("version: 1\n" + text, files);
	if (!parsed.policy)
		throw std::runtime_error(all_of(parsed.diagnostics));
	const Diagnostics found = validate(*parsed.policy);
	if (has_errors(found))
		throw std::runtime_error(all_of(found));
	return std::move(*parsed.policy);
}

// What validate says of a policy that parses.
inline std::string validated(const std::string& text, const Files& files = {})
{
	const Parsed parsed = parse_text("version: 1\n" + text, files);
	return all_of(parsed.policy ? validate(*parsed.policy) : parsed.diagnostics);
}

}  // namespace sluice::policy
