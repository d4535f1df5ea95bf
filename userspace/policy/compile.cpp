#include "policy/compile.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "policy/classes.h"
#include "policy/digest.h"
#include "policy/limits.h"
#include "policy/numbering.h"
#include "policy/ranges.h"
#include "policy/roles.h"
#include "policy/targets.h"
#include "sluice/core/decide.h"

namespace sluice::policy {
namespace {

// Numbers by position in the policy.
struct Numbers {
	std::vector<std::uint16_t> slots;       // of the services
	std::vector<std::uint16_t> list_rules;  // of the source lists
	std::vector<std::uint16_t> limit_rules; // of the places that limit
	std::map<std::string, std::uint16_t> roles;  // by name
};

// Limit numbers by name; 0 for a place that does not limit.
class LimitNumbers {
public:
	explicit LimitNumbers(const std::vector<LimitUse>& uses)
	{
		for (std::size_t i = 0; i < uses.size(); i++)
			numbers_.emplace(uses[i].name, static_cast<std::uint16_t>(i + 1));
	}

	std::uint16_t of(const std::string& name) const
	{
		const auto found = numbers_.find(name);
		return found == numbers_.end() ? 0 : found->second;
	}

private:
	std::map<std::string, std::uint16_t> numbers_;
};

Result<std::vector<std::uint16_t>> number_services(const Policy& policy, const Heritage& heritage, Image& image)
{
	std::vector<Wanted> wanted;
	for (const Service& service : policy.services)
		wanted.push_back({service.name, SLUICE_RULE_NONE});
	auto numbering = assign_numbers(heritage.services, wanted, SLUICE_SERVICE_FIRST, SLUICE_MAX_SERVICES);
	if (!numbering)
		return std::move(numbering).error().within("services");
	image.service_names = std::move(numbering->names);
	image.service_names[SLUICE_SERVICE_NONE] = make_name("-", SLUICE_RULE_NONE);
	image.service_names[SLUICE_SERVICE_FRAGMENTS] = make_name("fragments", SLUICE_RULE_NONE);
	return std::move(numbering->numbers);
}

// Failsafe entries have their numbers by position.
void name_failsafe(const Policy& policy, std::vector<sluice_name>& names)
{
	for (std::uint32_t i = 0; i < SLUICE_MAX_FAILSAFE; i++) {
		sluice_name& name = names[SLUICE_RULE_FIRST_FAILSAFE + i];
		if (i < policy.failsafe.size())
			name = make_name("failsafe/" + std::to_string(i + 1), SLUICE_RULE_FAILSAFE);
		else
			name.retired = name.text[0] != '\0' ? 1 : 0;
	}
}

Result<std::map<std::string, std::uint16_t>> number_roles(const Policy& policy, const Heritage& heritage, Image& image)
{
	std::vector<Wanted> wanted;
	for (const RoleUse& use : roles_of(policy))
		wanted.push_back({use.name, SLUICE_RULE_NONE});
	auto numbering = assign_numbers(heritage.roles, wanted, SLUICE_ROLE_FIRST, SLUICE_MAX_ROLES);
	if (!numbering)
		return std::move(numbering).error().within("roles");
	image.role_names = std::move(numbering->names);
	std::map<std::string, std::uint16_t> numbers;
	for (std::size_t i = 0; i < wanted.size(); i++)
		numbers.emplace(wanted[i].name, numbering->numbers[i]);
	return numbers;
}

Result<Numbers> number_everything(const Policy& policy, const std::vector<LimitUse>& uses, const Heritage& heritage, Image& image)
{
	Numbers numbers;
	SLUICE_TRY_ASSIGN(numbers.slots, number_services(policy, heritage, image));
	SLUICE_TRY_ASSIGN(numbers.roles, number_roles(policy, heritage, image));
	std::vector<Wanted> wanted;
	for (const Source& source : policy.sources)
		wanted.push_back({source.name, SLUICE_RULE_LIST});
	for (const LimitUse& use : uses)
		wanted.push_back({use.name, SLUICE_RULE_LIMIT});
	auto numbering = assign_numbers(heritage.rules, wanted, SLUICE_RULE_FIRST, SLUICE_MAX_RULES);
	if (!numbering)
		return std::move(numbering).error().within("lists and limits");
	const auto lists_end = numbering->numbers.begin() + static_cast<std::ptrdiff_t>(policy.sources.size());
	numbers.list_rules.assign(numbering->numbers.begin(), lists_end);
	numbers.limit_rules.assign(lists_end, numbering->numbers.end());
	image.rule_names = std::move(numbering->names);
	image.rule_names[0] = sluice_name{};
	name_failsafe(policy, image.rule_names);
	image.rule_names[SLUICE_RULE_OVERLAY] = make_name("overlay", SLUICE_RULE_LIST);
	return numbers;
}

// Whether the program needs the whole limiter, for a limit of the policy or one that holds beside it.
bool needs_any_algorithm(const std::vector<sluice_limit>& limits)
{
	const auto is_bucket = [](const sluice_meter& meter) {
		return meter.algorithm == SLUICE_TOKEN_BUCKET || meter.algorithm == SLUICE_LEAKY_BUCKET;
	};
	return std::any_of(limits.begin(), limits.end(), [&](const sluice_limit& limit) {
		const bool holds = limit.retired == 0;
		return limit.before != 0 || (holds && !std::all_of(std::begin(limit.meter), std::end(limit.meter), is_bucket));
	});
}

Result<void> add_limits(const std::vector<LimitUse>& uses, const Numbers& numbers, const Heritage& heritage,
			const CompileOptions& options, Image& image)
{
	if (uses.size() >= SLUICE_MAX_LIMITS)
		return Error(ErrorCode::kExhausted, "more than " + std::to_string(SLUICE_MAX_LIMITS - 1) + " limits", "join services");
	SLUICE_TRY_ASSIGN(image.limits, build_limits(uses, numbers.limit_rules, image.rule_names, heritage,
						     {options.bucket_sets, options.now_mono_ns}));
	image.config.any_algorithm = needs_any_algorithm(image.limits);
	return {};
}

Result<void> add_sources(const Policy& policy, const Listing& listing, const Numbers& numbers, const LimitNumbers& limits, Image& image)
{
	std::vector<ListNumbers> lists;
	for (std::size_t i = 0; i < policy.sources.size(); i++)
		lists.push_back({numbers.list_rules[i], limits.of(policy.sources[i].name + "/limit")});
	SLUICE_TRY_ASSIGN(Classes classes, build_classes(policy, listing, lists));
	image.classes = std::move(classes.classes);
	image.meta.prefixes = static_cast<std::uint32_t>(classes.entries[SLUICE_IPV4].size() + classes.entries[SLUICE_IPV6].size());
	image.sources[SLUICE_IPV4] = build_ranges_ipv4(std::move(classes.entries[SLUICE_IPV4]));
	image.sources[SLUICE_IPV6] = build_ranges_ipv6(std::move(classes.entries[SLUICE_IPV6]));
	return {};
}

Result<void> add_targets(const Policy& policy, const Numbers& numbers, Image& image)
{
	SLUICE_TRY_ASSIGN(Targets targets, build_targets(policy, numbers.slots));
	image.ports = std::move(targets.ports);
	image.groups = std::move(targets.groups);
	image.targets = std::move(targets.cells);
	image.config.by_destination = targets.by_destination;
	if (targets.by_destination) {
		image.destinations[SLUICE_IPV4] = build_ranges_ipv4(std::move(targets.destinations[SLUICE_IPV4]));
		image.destinations[SLUICE_IPV6] = build_ranges_ipv6(std::move(targets.destinations[SLUICE_IPV6]));
	} else {
		for (RangeImage& unused : image.destinations)
			unused.blocks.resize(1);
	}
	return {};
}

std::uint8_t admit_of(const Service& service)
{
	switch (service.admit) {
	case Admit::kListed:
		return SLUICE_ADMIT_LISTED;
	case Admit::kRoles:
		return SLUICE_ADMIT_ROLES;
	case Admit::kAnyone:
		break;
	}
	return SLUICE_ADMIT_ANYONE;
}

void add_services(const Policy& policy, const Numbers& numbers, const LimitNumbers& limits, Image& image)
{
	image.services.assign(image.service_names.size(), sluice_service{});
	image.services[SLUICE_SERVICE_FRAGMENTS].each_source = limits.of("fragments/each-source");
	for (std::size_t i = 0; i < policy.services.size(); i++) {
		const Service& service = policy.services[i];
		sluice_service& terms = image.services[numbers.slots[i]];
		terms.all_sources = limits.of(service.name + "/all-sources");
		terms.each_source = limits.of(service.name + "/each-source");
		terms.each_prefix = limits.of(service.name + "/each-prefix");
		terms.each_identity = limits.of(service.name + "/each-identity");
		terms.admit = admit_of(service);
		for (const std::string& role : roles_of(service))
			terms.roles |= 1ull << numbers.roles.at(role);
		image.config.by_identity |= sluice_asks_identity(&terms);
		terms.unproved = limits.of(service.name + "/unproved");
		image.config.by_proof |= terms.unproved != 0;
		terms.beyond = answers_with_cookies(service) ? SLUICE_BEYOND_COOKIE : SLUICE_BEYOND_DROP;
		image.config.cookies |= answers_with_cookies(service);
	}
	image.config.replies_all = limits.of(kRepliesAll);
	image.config.replies_each_prefix = limits.of(kRepliesEachPrefix);
}

Result<void> describe(const Policy& policy, const Listing& listing, const CompileOptions& options, Image& image)
{
	SLUICE_TRY_ASSIGN(const auto digest, digest_of(policy, listing));
	std::copy(digest.begin(), digest.end(), image.meta.digest);
	image.meta.abi = SLUICE_ABI_VERSION;
	image.meta.services = static_cast<std::uint32_t>(image.service_names.size());
	image.meta.rules = static_cast<std::uint32_t>(image.rule_names.size());
	image.meta.limits = static_cast<std::uint32_t>(image.limits.size());
	if (!policy.files.empty())
		policy.files[0].copy(image.meta.policy_path, sizeof(image.meta.policy_path) - 1);
	image.config.events_per_window = options.events_per_window;
	image.config.observe = policy.mode == Mode::kObserve;
	image.config.default_deny = policy.default_action == Action::kDeny;
	image.config.drop_fragments = policy.fragments.action == Action::kDeny;
	return {};
}

}  // namespace

Result<Image> compile(const Policy& policy, const Listing& listing, const Heritage& heritage, const CompileOptions& options)
{
	if (policy.failsafe.size() > SLUICE_MAX_FAILSAFE)
		return Error(ErrorCode::kExhausted, "more than " + std::to_string(SLUICE_MAX_FAILSAFE) + " failsafe entries");
	Image image;
	const std::vector<LimitUse> uses = limit_uses(policy);
	const LimitNumbers limits(uses);
	SLUICE_TRY_ASSIGN(const Numbers numbers, number_everything(policy, uses, heritage, image));
	SLUICE_TRY(add_limits(uses, numbers, heritage, options, image));
	SLUICE_TRY(add_sources(policy, listing, numbers, limits, image));
	SLUICE_TRY(add_targets(policy, numbers, image));
	add_services(policy, numbers, limits, image);
	SLUICE_TRY(describe(policy, listing, options, image));
	return image;
}

Result<Image> compile(const Policy& policy, const Heritage& heritage, const CompileOptions& options)
{
	return compile(policy, listing_of(policy), heritage, options);
}

}  // namespace sluice::policy
