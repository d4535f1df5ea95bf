#include "policy/classes.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace sluice::policy {
namespace {

// One statement about one prefix.
struct Statement {
	net::Prefix prefix;
	std::uint16_t list = 0;  // position of the list, from 1; 0: a failsafe entry's
	std::uint64_t failsafe = 0;
};

// What holds for a prefix, itself and everything around it taken together.
struct Holding {
	net::Prefix prefix;
	std::uint16_t list = 0;
	std::uint8_t length = 0;  // of the list's prefix, in mapped form
	std::uint64_t failsafe = 0;
};

// Of one family, in the order of a listing: what holds a prefix comes before it.
std::vector<Statement> statements_of(const Policy& policy, const Listing& listing, unsigned family)
{
	std::vector<Statement> named;
	for (std::size_t i = 0; i < policy.failsafe.size(); i++) {
		for (const net::Prefix& prefix : policy.failsafe[i].from) {
			if (prefix.family() == family)
				named.push_back({prefix, 0, 1ull << i});
		}
	}
	const auto before = [](const Statement& a, const Statement& b) { return a.prefix < b.prefix; };
	std::stable_sort(named.begin(), named.end(), before);

	const auto ipv6 = std::partition_point(listing.begin(), listing.end(),
					       [](const Listed& listed) { return listed.prefix.family() == SLUICE_IPV4; });
	const auto first = family == SLUICE_IPV4 ? listing.begin() : ipv6;
	const auto end = family == SLUICE_IPV4 ? ipv6 : listing.end();
	std::vector<Statement> statements;
	statements.reserve(static_cast<std::size_t>(end - first) + named.size());
	auto next = named.begin();
	for (auto listed = first; listed != end; ++listed) {
		for (; next != named.end() && next->prefix < listed->prefix; ++next)
			statements.push_back(*next);
		statements.push_back({listed->prefix, static_cast<std::uint16_t>(listed->source + 1), 0});
	}
	statements.insert(statements.end(), next, named.end());
	return statements;
}

class Builder {
public:
	Builder(const Policy& policy, const Listing& listing, const std::vector<ListNumbers>& lists)
	    : policy_(policy), listing_(listing), lists_(lists)
	{
		built_.classes.push_back(sluice_class{});
		ids_.emplace(Key{0, 0, 0}, 0);
	}

	Result<void> add_family(unsigned family);
	Classes take() { return std::move(built_); }

private:
	using Key = std::tuple<std::uint16_t, std::uint8_t, std::uint64_t>;  // list, length, failsafe

	Result<std::uint16_t> class_of(const Holding& holding);

	const Policy& policy_;
	const Listing& listing_;
	const std::vector<ListNumbers>& lists_;
	std::map<Key, std::uint16_t> ids_;
	Classes built_;
};

Result<void> Builder::add_family(unsigned family)
{
	const std::vector<Statement> statements = statements_of(policy_, listing_, family);
	built_.entries[family].reserve(statements.size());
	std::vector<Holding> around;  // from the widest to the narrowest
	for (std::size_t i = 0; i < statements.size();) {
		const net::Prefix& prefix = statements[i].prefix;
		while (!around.empty() && !around.back().prefix.contains(prefix))
			around.pop_back();
		Holding holding = around.empty() ? Holding{} : around.back();
		holding.prefix = prefix;
		std::uint16_t own_list = 0;
		for (; i < statements.size() && statements[i].prefix == holding.prefix; i++) {
			holding.failsafe |= statements[i].failsafe;
			if (own_list == 0)
				own_list = statements[i].list;
		}
		if (own_list != 0) {
			holding.list = own_list;
			holding.length = static_cast<std::uint8_t>(holding.prefix.mapped_length());
		}
		SLUICE_TRY_ASSIGN(const std::uint16_t id, class_of(holding));
		built_.entries[family].push_back({holding.prefix, id});
		around.push_back(holding);
	}
	return {};
}

Result<std::uint16_t> Builder::class_of(const Holding& holding)
{
	const auto [place, fresh] = ids_.try_emplace(Key{holding.list, holding.length, holding.failsafe}, static_cast<std::uint16_t>(built_.classes.size()));
	if (!fresh)
		return place->second;
	if (built_.classes.size() >= SLUICE_MAX_CLASSES)
		return Error(ErrorCode::kExhausted, "more than " + std::to_string(SLUICE_MAX_CLASSES) + " combinations of lists, prefix lengths and failsafe entries",
			     "join failsafe entries whose prefixes overlap");
	sluice_class made{};
	made.failsafe = holding.failsafe;
	made.length = holding.length;
	if (holding.list != 0) {
		const std::size_t index = holding.list - 1u;
		made.rule = lists_[index].rule;
		made.limit = lists_[index].limit;
		made.listed = policy_.sources[index].action == Action::kAllow ? SLUICE_SOURCE_ALLOWED : SLUICE_SOURCE_DENIED;
	}
	built_.classes.push_back(made);
	return place->second;
}

}  // namespace

Result<Classes> build_classes(const Policy& policy, const Listing& listing, const std::vector<ListNumbers>& lists)
{
	Builder builder(policy, listing, lists);
	for (const unsigned family : {SLUICE_IPV4, SLUICE_IPV6})
		SLUICE_TRY(builder.add_family(family));
	return builder.take();
}

}  // namespace sluice::policy
