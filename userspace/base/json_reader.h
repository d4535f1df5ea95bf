// JsonReader: takes the fields of a JSON object one by one and remembers the first that is not what it should be.
//
// Reading goes on after an error with empty values, so that a parser is a straight list of fields; ask `error` last.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace sluice {

class JsonReader {
public:
	// `object` outlives the reader. `what` names it in errors: "ban request".
	JsonReader(const nlohmann::json& object, std::string what);

	std::string text(const char* name);
	std::string text_or(const char* name, std::string otherwise);
	// Present, and null or text.
	std::optional<std::string> optional_text(const char* name);
	std::uint64_t count(const char* name);
	// Absent and null are one.
	std::optional<std::uint64_t> optional_count(const char* name);
	bool flag(const char* name);
	bool flag_or(const char* name, bool otherwise);
	std::vector<std::string> texts(const char* name);
	// An array of anything, or an object; an empty one after an error.
	const nlohmann::json& array(const char* name);
	const nlohmann::json& object(const char* name);
	// Present, and null or an object; null otherwise.
	const nlohmann::json* optional_object(const char* name);

	// The first thing that was wrong.
	std::optional<Error> error() const { return error_; }
	// The same; and a key that nobody asked for is one.
	std::optional<Error> error_if_unknown() const;
	void refuse(const std::string& name, const std::string& expected);

private:
	const nlohmann::json* find(const char* name);
	const nlohmann::json* require(const char* name);

	const nlohmann::json& object_;
	std::string what_;
	std::set<std::string> known_;
	std::optional<Error> error_;
};

}  // namespace sluice
