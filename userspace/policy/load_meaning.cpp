#include "policy/load_meaning.h"

#include "policy/compile.h"
#include "policy/load.h"

namespace sluice::policy {
namespace {

// The largest that numbers of sets can tell: 128 GiB.
constexpr std::uint32_t kPlentyOfSets = 1u << 31;

}  // namespace

LoadedMeaning load_meaning(const std::string& path)
{
	Loaded loaded = load_policy(path);
	LoadedMeaning out{std::nullopt, std::move(loaded.diagnostics)};
	if (!loaded.policy)
		return out;
	auto image = compile(*loaded.policy, loaded.listing, {}, {.bucket_sets = kPlentyOfSets});
	if (image)
		out.meaning = meaning_of(std::move(*loaded.policy), std::move(*image));
	else
		out.diagnostics.push_back({Severity::kError, {path, 0, 0}, image.error().message(), image.error().advice()});
	return out;
}

}  // namespace sluice::policy
