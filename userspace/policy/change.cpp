#include "policy/change.h"

#include <array>

namespace sluice::policy {
namespace {

// By number.
constexpr std::array kParts = {"mode", "default", "failsafe", "sources", "services", "limits", "fragments", "identity"};
constexpr std::array kKinds = {"changed", "added", "removed", "lost", "gained", "denied", "allowed", "listed", "unlisted", "limited", "moved"};

static_assert(kParts.size() == static_cast<std::size_t>(Part::kIdentity) + 1);
static_assert(kKinds.size() == static_cast<std::size_t>(ChangeKind::kMoved) + 1);

template <typename Value, std::size_t kCount>
std::optional<Value> find(const std::array<const char*, kCount>& names, std::string_view name)
{
	for (std::size_t i = 0; i < kCount; i++) {
		if (name == names[i])
			return static_cast<Value>(i);
	}
	return std::nullopt;
}

}  // namespace

const char* part_name(Part part)
{
	return kParts.at(static_cast<std::size_t>(part));
}

const char* kind_name(ChangeKind kind)
{
	return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<Part> find_part(std::string_view name)
{
	return find<Part>(kParts, name);
}

std::optional<ChangeKind> find_kind(std::string_view name)
{
	return find<ChangeKind>(kKinds, name);
}

}  // namespace sluice::policy
