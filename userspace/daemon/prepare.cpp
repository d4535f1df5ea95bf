#include "daemon/prepare.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "daemon/archive.h"
#include "policy/compile.h"
#include "policy/limits.h"
#include "policy/load.h"

namespace sluice::daemon {
namespace {

policy::Copy copy_of(const Prepare& what, std::vector<policy::FileText> texts)
{
	policy::Copy copy{what.path, std::move(texts.front().text), {}};
	copy.lists.assign(std::make_move_iterator(texts.begin() + 1), std::make_move_iterator(texts.end()));
	return copy;
}

// With its texts.
policy::Loaded load_kept(policy::Copy copy)
{
	policy::Loaded loaded = policy::load_copy(copy);
	loaded.texts.push_back({copy.path, std::move(copy.text)});
	std::ranges::move(copy.lists, std::back_inserter(loaded.texts));
	return loaded;
}

Result<policy::Loaded> load(const Prepare& what)
{
	if (!what.copy)
		return policy::load_policy(what.path, policy::Texts::kKeep, [&what](std::size_t bytes) { what.progress->add_list(bytes); });
	SLUICE_TRY_ASSIGN(policy::Copy copy, read_copy(*what.copy));
	return load_kept(std::move(copy));
}

// The same policy, with what is in force in place of the files at `held`.
Result<policy::Loaded> load_held(const Prepare& what, std::vector<policy::FileText> texts, const std::vector<Feed>& feeds,
				 const std::vector<std::size_t>& held)
{
	SLUICE_TRY_ASSIGN(const policy::Copy standing, read_copy(what.standing_copy));
	policy::Copy copy = copy_of(what, std::move(texts));
	for (const std::size_t at : held) {
		policy::FileText& list = copy.lists[feeds[at].file - 1u];
		const auto old = std::ranges::find(standing.lists, list.path, &policy::FileText::path);
		if (old == standing.lists.end())
			return Error(ErrorCode::kNotFound, "what " + list.path + " held is not in the copy of the running policy");
		list.text = old->text;
	}
	return load_kept(std::move(copy));
}

struct Fed {
	policy::Loaded loaded;
	std::vector<Feed> feeds;
};

// Lists that lost too much keep what they had; lists that are stale and to be dropped lose what they have.
Result<Fed> feed(const Prepare& what, policy::Loaded loaded)
{
	Fed fed{std::move(loaded), {}};
	fed.feeds = feeds_of(fed.loaded);
	const auto held = what.force ? std::vector<std::size_t>() : shrunk(fed.feeds, what.standing);
	if (!held.empty()) {
		const std::vector<Feed> found = fed.feeds;
		auto kept = load_held(what, std::move(fed.loaded.texts), found, held);
		if (!kept)
			return std::move(kept.error()).within("hold back " + found[held.front()].path + ", which lost too many of its entries (--force takes it)");
		fed.loaded = std::move(*kept);
		if (!fed.loaded.policy)
			return fed;
		fed.feeds = feeds_of(fed.loaded);
		for (const std::size_t at : held)
			fed.feeds[at].held = found[at].entries;
	}
	leave_out_stale(fed.feeds, what.now_unix_ns, fed.loaded);
	return fed;
}

void fill_text(char* to, std::size_t size, const std::string& text)
{
	std::memset(to, 0, size);
	text.copy(to, size - 1);
}

control::Inventory inventory_of(const policy::Policy& policy)
{
	control::Inventory inventory;
	for (const auto& source : policy.sources)
		(source.action == policy::Action::kDeny ? inventory.denied : inventory.allowed) += source.prefixes.size();
	inventory.services = policy.services.size();
	inventory.limits = policy::limit_uses(policy).size();
	inventory.failsafe = policy.failsafe.size();
	return inventory;
}

// From a policy without errors on.
void compile_into(Prepared& out, const Prepare& what, policy::Loaded loaded)
{
	if (!what.copy)
		out.copy = copy_of(what, std::move(loaded.texts));
	out.inventory = inventory_of(*loaded.policy);
	out.failsafe = loaded.policy->failsafe;
	what.progress->set_prefixes(loaded.listing.size());
	what.progress->enter(control::Stage::kCompiling);
	auto image = policy::compile(*loaded.policy, loaded.listing, what.heritage,
				     {.bucket_sets = what.bucket_sets, .now_mono_ns = what.now_mono_ns});
	if (!image) {
		out.failure = std::move(image.error()).within(what.path);
		return;
	}
	out.provenance = std::make_shared<const policy::Provenance>(*loaded.policy, loaded.listing);
	out.meaning = std::make_shared<policy::Meaning>(policy::meaning_of(std::move(*loaded.policy), *image));
	fill_text(image->meta.policy_path, sizeof(image->meta.policy_path), what.path);
	out.image = std::move(*image);
}

}  // namespace

Prepared prepare(const Prepare& what)
{
	Prepared out;
	out.began_unix_ns = what.now_unix_ns;
	out.files = {what.path};
	auto loaded = load(what);
	if (!loaded) {
		out.failure = std::move(loaded.error()).within("the stored copy of " + what.path);
		return out;
	}
	out.files = std::move(loaded->files);
	if (std::ranges::find(out.files, what.path) == out.files.end())
		out.files.push_back(what.path);
	out.diagnostics = loaded->diagnostics;
	if (!loaded->policy)
		return out;
	auto fed = feed(what, std::move(*loaded));
	if (!fed) {
		out.failure = std::move(fed.error());
		return out;
	}
	out.feeds = std::move(fed->feeds);
	out.diagnostics = std::move(fed->loaded.diagnostics);
	if (fed->loaded.policy)
		compile_into(out, what, std::move(fed->loaded));
	return out;
}

}  // namespace sluice::daemon
