#include "policy/meaning.h"

#include <utility>

namespace sluice::policy {

Meaning meaning_of(Policy policy, Image image)
{
	for (Source& source : policy.sources)
		std::vector<ListedPrefix>().swap(source.prefixes);
	std::string().swap(policy.comments);
	return {std::move(policy), std::move(image)};
}

}  // namespace sluice::policy
