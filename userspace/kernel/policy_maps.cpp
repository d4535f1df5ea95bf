#include "kernel/policy_maps.h"

#include "sluice/core/limiter.h"

namespace sluice::kernel {
namespace {

template <typename Value>
Contents contents(const char* map, const std::vector<Value>& values)
{
	return Contents{map, values.data(), values.size(), sizeof(Value)};
}

Error invalid(const std::string& what)
{
	return Error(ErrorCode::kInvalid, "the compiled policy is damaged: " + what, "a defect of Sluice: report it with the policy");
}

}  // namespace

std::vector<Contents> contents_of(const policy::Image& image)
{
	return {
		contents("sources_ipv4", image.sources[SLUICE_IPV4].blocks),
		contents("sources_ipv6", image.sources[SLUICE_IPV6].blocks),
		contents("dests_ipv4", image.destinations[SLUICE_IPV4].blocks),
		contents("dests_ipv6", image.destinations[SLUICE_IPV6].blocks),
		contents("classes", image.classes),
		contents("ports", image.ports),
		contents("groups", image.groups),
		contents("targets", image.targets),
		contents("services", image.services),
		contents("limits", image.limits),
		Contents{"meta", &image.meta, 1, sizeof(image.meta)},
		contents("service_names", image.service_names),
		contents("rule_names", image.rule_names),
		contents("role_names", image.role_names),
	};
}

Result<void> check_image(const policy::Image& image, std::uint32_t bucket_sets)
{
	if (image.ports.size() != SLUICE_PORT_CELLS / SLUICE_CELLS_PER_BLOCK)
		return invalid("ports has " + std::to_string(image.ports.size()) + " blocks");
	if (image.services.size() > SLUICE_MAX_SERVICES || image.service_names.size() > SLUICE_MAX_SERVICES)
		return invalid("more services than slots");
	if (image.rule_names.size() > SLUICE_MAX_RULES)
		return invalid("more rules than numbers");
	if (image.role_names.size() > SLUICE_MAX_ROLES)
		return invalid("more roles than bits");
	for (const sluice_limit& limit : image.limits) {
		for (const sluice_meter& meter : limit.meter) {
			const std::uint64_t end = std::uint64_t{meter.first_set} + sluice_meter_lines(&meter);
			if (meter.speed != 0 && (end > bucket_sets || (meter.set_mask & (meter.set_mask + 1)) != 0))
				return invalid("a limit's buckets end at set " + std::to_string(end) + " of " +
					       std::to_string(bucket_sets));
		}
	}
	return {};
}

}  // namespace sluice::kernel
