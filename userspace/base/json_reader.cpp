#include "base/json_reader.h"

namespace sluice {
namespace {

const nlohmann::json kEmptyArray = nlohmann::json::array();
const nlohmann::json kEmptyObject = nlohmann::json::object();

}  // namespace

JsonReader::JsonReader(const nlohmann::json& object, std::string what) : object_(object), what_(std::move(what))
{
	if (!object_.is_object())
		error_ = Error(ErrorCode::kInvalid, what_ + ": not a JSON object");
}

void JsonReader::refuse(const std::string& name, const std::string& expected)
{
	if (!error_)
		error_ = Error(ErrorCode::kInvalid, what_ + ": '" + name + "' must be " + expected);
}

const nlohmann::json* JsonReader::find(const char* name)
{
	known_.insert(name);
	if (!object_.is_object())
		return nullptr;
	const auto at = object_.find(name);
	return at == object_.end() || at->is_null() ? nullptr : &*at;
}

const nlohmann::json* JsonReader::require(const char* name)
{
	const nlohmann::json* value = find(name);
	if (value == nullptr && !error_)
		error_ = Error(ErrorCode::kInvalid, what_ + ": '" + std::string(name) + "' is missing");
	return value;
}

std::string JsonReader::text(const char* name)
{
	const nlohmann::json* value = require(name);
	if (value == nullptr)
		return {};
	if (!value->is_string()) {
		refuse(name, "text");
		return {};
	}
	return value->get<std::string>();
}

std::optional<std::string> JsonReader::optional_text(const char* name)
{
	if (find(name) == nullptr)
		return std::nullopt;
	return text(name);
}

std::string JsonReader::text_or(const char* name, std::string otherwise)
{
	return optional_text(name).value_or(std::move(otherwise));
}

std::uint64_t JsonReader::count(const char* name)
{
	const nlohmann::json* value = require(name);
	if (value == nullptr)
		return 0;
	if (!value->is_number_unsigned()) {
		refuse(name, "a whole number, 0 or more");
		return 0;
	}
	return value->get<std::uint64_t>();
}

std::optional<std::uint64_t> JsonReader::optional_count(const char* name)
{
	if (find(name) == nullptr)
		return std::nullopt;
	return count(name);
}

bool JsonReader::flag(const char* name)
{
	const nlohmann::json* value = require(name);
	if (value == nullptr)
		return false;
	if (!value->is_boolean()) {
		refuse(name, "true or false");
		return false;
	}
	return value->get<bool>();
}

bool JsonReader::flag_or(const char* name, bool otherwise)
{
	return find(name) == nullptr ? otherwise : flag(name);
}

std::vector<std::string> JsonReader::texts(const char* name)
{
	std::vector<std::string> out;
	for (const auto& item : array(name)) {
		if (!item.is_string()) {
			refuse(name, "a list of texts");
			return {};
		}
		out.push_back(item.get<std::string>());
	}
	return out;
}

const nlohmann::json& JsonReader::array(const char* name)
{
	const nlohmann::json* value = require(name);
	if (value == nullptr)
		return kEmptyArray;
	if (!value->is_array()) {
		refuse(name, "a list");
		return kEmptyArray;
	}
	return *value;
}

const nlohmann::json& JsonReader::object(const char* name)
{
	const nlohmann::json* value = require(name);
	if (value == nullptr)
		return kEmptyObject;
	if (!value->is_object()) {
		refuse(name, "an object");
		return kEmptyObject;
	}
	return *value;
}

const nlohmann::json* JsonReader::optional_object(const char* name)
{
	return find(name) == nullptr ? nullptr : &object(name);
}

std::optional<Error> JsonReader::error_if_unknown() const
{
	if (error_)
		return error_;
	for (const auto& [key, value] : object_.items()) {
		if (!known_.contains(key))
			return Error(ErrorCode::kInvalid, what_ + ": there is no field '" + key.substr(0, 64) + "'");
	}
	return std::nullopt;
}

}  // namespace sluice
