#include "daemon/prepare.h"

#include <algorithm>
#include <cstring>

#include "daemon/archive.h"
#include "policy/compile.h"
#include "policy/limits.h"
#include "policy/load.h"

namespace sluice::daemon {
namespace {

Result<policy::Loaded> load(const Prepare& what)
{
	if (!what.copy)
		return policy::load_policy(what.path, policy::Texts::kKeep);
	SLUICE_TRY_ASSIGN(const policy::Copy copy, read_copy(*what.copy));
	return policy::load_copy(copy);
}

policy::Copy copy_of(const Prepare& what, std::vector<policy::FileText> texts)
{
	policy::Copy copy{what.path, std::move(texts.front().text), {}};
	copy.lists.assign(std::make_move_iterator(texts.begin() + 1), std::make_move_iterator(texts.end()));
	return copy;
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
	out.diagnostics = std::move(loaded->diagnostics);
	if (!loaded->policy)
		return out;

	if (!what.copy)
		out.copy = copy_of(what, std::move(loaded->texts));
	out.inventory = inventory_of(*loaded->policy);
	out.failsafe = loaded->policy->failsafe;
	auto image = policy::compile(*loaded->policy, what.heritage, {.bucket_sets = what.bucket_sets, .now_mono_ns = what.now_mono_ns});
	if (!image) {
		out.failure = std::move(image.error()).within(what.path);
		return out;
	}
	out.provenance = std::make_shared<const policy::Provenance>(*loaded->policy);
	out.meaning = std::make_shared<policy::Meaning>(policy::meaning_of(std::move(*loaded->policy), *image));
	fill_text(image->meta.policy_path, sizeof(image->meta.policy_path), what.path);
	out.image = std::move(*image);
	return out;
}

}  // namespace sluice::daemon
