#include "policy/numbering.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

namespace sluice::policy {
namespace {

using Identity = std::pair<std::string, std::uint8_t>;

bool is_free(const sluice_name& name)
{
	return name.text[0] == '\0';
}

// The first number from `from` on that nobody has; the first retired one when all are taken.
std::uint32_t find_number(const std::vector<sluice_name>& names, std::uint32_t first)
{
	const auto begin = names.begin() + first;
	auto found = std::find_if(begin, names.end(), is_free);
	if (found == names.end())
		found = std::find_if(begin, names.end(), [](const sluice_name& name) { return name.retired != 0; });
	return static_cast<std::uint32_t>(found - names.begin());
}

}  // namespace

sluice_name make_name(const std::string& text, sluice_rule_kind kind)
{
	sluice_name name{};
	text.copy(name.text, sizeof(name.text) - 1);
	name.kind = static_cast<std::uint8_t>(kind);
	return name;
}

std::string text_of(const sluice_name& name)
{
	return std::string(name.text, strnlen(name.text, sizeof(name.text)));
}

Result<Numbering> assign_numbers(const std::vector<sluice_name>& inherited, const std::vector<Wanted>& wanted,
				 std::uint32_t first, std::uint32_t capacity)
{
	Numbering numbering;
	if (wanted.size() > capacity - first)
		return Error(ErrorCode::kExhausted, std::to_string(wanted.size()) + " names for " + std::to_string(capacity - first) + " numbers");
	std::vector<sluice_name>& names = numbering.names;
	names = inherited;
	names.resize(capacity);
	std::map<Identity, std::uint32_t> known;
	for (std::uint32_t i = first; i < capacity; i++) {
		names[i].retired = is_free(names[i]) ? 0 : 1;
		if (!is_free(names[i]))
			known.emplace(Identity{text_of(names[i]), names[i].kind}, i);
	}
	// Those who have a number first, so that no newcomer takes it.
	numbering.numbers.assign(wanted.size(), 0);
	for (std::size_t i = 0; i < wanted.size(); i++) {
		const auto own = known.find({wanted[i].name, static_cast<std::uint8_t>(wanted[i].kind)});
		if (own == known.end())
			continue;
		names[own->second].retired = 0;
		numbering.numbers[i] = static_cast<std::uint16_t>(own->second);
	}
	for (std::size_t i = 0; i < wanted.size(); i++) {
		if (numbering.numbers[i] != 0)
			continue;
		const std::uint32_t number = find_number(names, first);
		names[number] = make_name(wanted[i].name, wanted[i].kind);
		numbering.numbers[i] = static_cast<std::uint16_t>(number);
	}
	while (names.size() > first && is_free(names.back()))
		names.pop_back();
	return numbering;
}

std::vector<std::uint32_t> renamed(const std::vector<sluice_name>& before, const std::vector<sluice_name>& next,
				   std::uint32_t first)
{
	std::vector<std::uint32_t> numbers;
	for (std::uint32_t i = first; i < next.size(); i++) {
		const bool same = i < before.size() && text_of(before[i]) == text_of(next[i]) && before[i].kind == next[i].kind;
		if (!is_free(next[i]) && !same)
			numbers.push_back(i);
	}
	return numbers;
}

std::uint64_t renamed_roles(const std::vector<sluice_name>& before, const std::vector<sluice_name>& next)
{
	std::uint64_t roles = 0;
	for (const std::uint32_t role : renamed(before, next, SLUICE_ROLE_FIRST))
		roles |= 1ull << role;
	return roles;
}

}  // namespace sluice::policy
