#include "identity/json.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::identity {

std::optional<nlohmann::json> parse_json_object(std::string_view text)
{
	using Event = nlohmann::json::parse_event_t;
	std::vector<std::set<std::string>> names;
	bool sound = true;
	const auto watch = [&](int depth, Event event, nlohmann::json& parsed) {
		sound = sound && depth < kMaxJsonDepth;
		if (event == Event::object_start)
			names.emplace_back();
		else if (event == Event::object_end)
			names.pop_back();
		else if (event == Event::key)
			sound = sound && names.back().insert(parsed.get_ref<const std::string&>()).second;
		return sound;
	};
	auto json = nlohmann::json::parse(text, watch, false);
	if (!sound || !json.is_object())
		return std::nullopt;
	return json;
}

const std::string* string_member(const nlohmann::json& object, const char* name)
{
	const auto member = object.find(name);
	return member == object.end() ? nullptr : member->get_ptr<const std::string*>();
}

}  // namespace sluice::identity
