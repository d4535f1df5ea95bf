#include "identity/spiffe_id.h"

#include <algorithm>

namespace sluice::identity {
namespace {

bool is_lower(char character)
{
	return character >= 'a' && character <= 'z';
}

bool is_domain_character(char character)
{
	return is_lower(character) || (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_';
}

bool is_path_character(char character)
{
	return is_domain_character(character) || (character >= 'A' && character <= 'Z');
}

bool is_segment(std::string_view segment)
{
	return !segment.empty() && segment != "." && segment != ".." && std::all_of(segment.begin(), segment.end(), is_path_character);
}

// Empty, or segments with a slash before each.
bool is_path(std::string_view path)
{
	while (!path.empty()) {
		path.remove_prefix(1);
		const std::size_t slash = std::min(path.find('/'), path.size());
		if (!is_segment(path.substr(0, slash)))
			return false;
		path.remove_prefix(slash);
	}
	return true;
}

}  // namespace

bool is_trust_domain(std::string_view text)
{
	return !text.empty() && text.size() <= kMaxTrustDomainBytes && std::all_of(text.begin(), text.end(), is_domain_character);
}

std::optional<SpiffeId> SpiffeId::parse(std::string_view text)
{
	if (text.size() > kMaxSpiffeIdBytes || text.substr(0, kSpiffeScheme.size()) != kSpiffeScheme)
		return std::nullopt;
	const std::string_view rest = text.substr(kSpiffeScheme.size());
	const std::size_t slash = std::min(rest.find('/'), rest.size());
	if (!is_trust_domain(rest.substr(0, slash)) || !is_path(rest.substr(slash)))
		return std::nullopt;
	return SpiffeId(text, slash);
}

}  // namespace sluice::identity
