#include "control/progress_messages.h"

#include "control/reader.h"

namespace sluice::control {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, kStages> kNames = {"reading", "compiling", "keeping", "installing"};

std::string times_key(std::size_t stage)
{
	return std::string(kNames[stage]) + "_ns";
}

}  // namespace

const char* stage_name(Stage stage)
{
	return kNames[static_cast<std::size_t>(stage)];
}

Json to_json(const std::optional<Applying>& applying)
{
	if (!applying)
		return nullptr;
	return {{"path", applying->path},   {"stage", stage_name(applying->stage)}, {"lists", applying->lists},
		{"bytes", applying->bytes}, {"prefixes", applying->prefixes},       {"elapsed_ns", applying->elapsed_ns}};
}

Json to_json(const std::optional<Times>& times)
{
	if (!times)
		return nullptr;
	Json json = {{"took_ns", times->took_ns}};
	for (std::size_t i = 0; i < kStages; i++)
		json[times_key(i)] = times->stages[i];
	return json;
}

Result<Applying> parse_applying(const Json& json)
{
	Reader reader(json, "applying");
	Applying out;
	out.path = reader.text("path");
	const std::string stage = reader.text("stage");
	for (std::size_t i = 0; i < kStages; i++) {
		if (stage == kNames[i])
			out.stage = static_cast<Stage>(i);
	}
	out.lists = reader.count("lists");
	out.bytes = reader.count("bytes");
	out.prefixes = reader.count("prefixes");
	out.elapsed_ns = reader.count("elapsed_ns");
	if (const auto error = reader.error())
		return *error;
	return out;
}

Result<Times> parse_times(const Json& json)
{
	Reader reader(json, "times");
	Times out;
	out.took_ns = reader.count("took_ns");
	for (std::size_t i = 0; i < kStages; i++)
		out.stages[i] = reader.count(times_key(i).c_str());
	if (const auto error = reader.error())
		return *error;
	return out;
}

}  // namespace sluice::control
