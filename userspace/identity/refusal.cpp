#include "identity/refusal.h"

#include <array>

namespace sluice::identity {
namespace {

constexpr std::array kRefusals = {
#define SLUICE_REFUSAL(identifier, name, sentence) RefusalEntry{Refusal::k##identifier, name, sentence},
#include "identity/refusals.def"
#undef SLUICE_REFUSAL
};

}  // namespace

std::span<const RefusalEntry> refusals()
{
	return kRefusals;
}

std::string_view name_of(Refusal refusal)
{
	return kRefusals[static_cast<std::size_t>(refusal)].name;
}

std::string_view sentence_of(Refusal refusal)
{
	return kRefusals[static_cast<std::size_t>(refusal)].sentence;
}

}  // namespace sluice::identity
