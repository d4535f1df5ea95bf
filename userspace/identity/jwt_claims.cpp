#include "identity/jwt_claims.h"

#include <algorithm>
#include <cmath>

#include "identity/json.h"

namespace sluice::identity {
namespace {

using nlohmann::json;

constexpr double kLastSecond = 253'402'300'799.0;  // the end of the year 9999

}  // namespace

Refused wrong_claim(std::string_view name)
{
	return {Refusal::kClaims, std::string(name) + " is missing or malformed"};
}

Checked<std::string> text_claim(const json& claims, const char* name)
{
	const std::string* text = string_member(claims, name);
	if (text == nullptr || text->empty())
		return wrong_claim(name);
	return *text;
}

Checked<Moment> moment_claim(const json& claims, const char* name)
{
	const auto claim = claims.find(name);
	if (claim == claims.end() || !claim->is_number())
		return wrong_claim(name);
	const double seconds = claim->get<double>();
	if (!(seconds >= 0 && seconds <= kLastSecond))
		return wrong_claim(name);
	return Moment(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

Checked<void> check_audience(const json& claims, const std::vector<std::string>& ours)
{
	const auto claim = claims.find("aud");
	std::vector<std::string> audiences;
	if (claim != claims.end() && claim->is_string())
		audiences.push_back(claim->get_ref<const std::string&>());
	else if (claim != claims.end() && claim->is_array() && std::all_of(claim->begin(), claim->end(), [](const json& each) { return each.is_string(); }))
		audiences = claim->get<std::vector<std::string>>();
	else
		return wrong_claim("aud");
	if (std::find_first_of(audiences.begin(), audiences.end(), ours.begin(), ours.end()) == audiences.end())
		return Refused{Refusal::kAudience};
	return {};
}

bool is_type(const std::optional<std::string>& type, std::string_view wanted)
{
	constexpr std::string_view kPrefix = "application/";
	if (!type)
		return false;
	std::string lower(*type);
	std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
	std::string_view rest = lower;
	if (rest.starts_with(kPrefix))
		rest.remove_prefix(kPrefix.size());
	return rest == wanted;
}

}  // namespace sluice::identity
