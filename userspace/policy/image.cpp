#include "policy/image.h"

#include "policy/numbering.h"

namespace sluice::policy {

Heritage inherit(std::uint32_t generation, const Names& names, const std::vector<sluice_limit>& limits)
{
	const std::vector<sluice_name>& rules = names.rules;
	Heritage heritage{names.services, rules, names.roles, {}, {}, generation};
	for (std::size_t i = 1; i < limits.size(); i++) {
		const sluice_limit& limit = limits[i];
		if (limit.rule >= rules.size())
			continue;
		if (limit.retired != 0 && limit.before_until_mono_ns != 0) {
			heritage.before.emplace(text_of(rules[limit.rule]), limit);
			continue;
		}
		const auto [known, is_first] = heritage.limits.emplace(text_of(rules[limit.rule]), limit);
		if (is_first)
			continue;
		// A limit that lost a quantity: what it lost stands in a row of its own.
		for (unsigned dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
			sluice_meter& meter = known->second.meter[dimension];
			if (meter.speed == 0)
				meter = limit.meter[dimension];
		}
	}
	return heritage;
}

}  // namespace sluice::policy
