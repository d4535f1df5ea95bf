#include "daemon/prepare.h"

#include <algorithm>

#include "policy/compile.h"
#include "policy/load.h"

namespace sluice::daemon {

Prepared prepare(const Prepare& what)
{
	Prepared out;
	out.began_unix_ns = what.now_unix_ns;
	auto loaded = policy::load_policy(what.path);
	out.files = std::move(loaded.files);
	if (std::ranges::find(out.files, what.path) == out.files.end())
		out.files.push_back(what.path);
	out.diagnostics = std::move(loaded.diagnostics);
	if (!loaded.policy)
		return out;

	if (what.observe)
		loaded.policy->mode = policy::Mode::kObserve;
	auto image = policy::compile(*loaded.policy, what.heritage, {.bucket_sets = what.bucket_sets, .now_mono_ns = what.now_mono_ns});
	if (!image) {
		out.failure = std::move(image.error()).within(what.path);
		return out;
	}
	out.provenance = std::make_shared<const policy::Provenance>(*loaded.policy);
	out.meaning = std::make_shared<policy::Meaning>(policy::meaning_of(std::move(*loaded.policy), *image));
	out.image = std::move(*image);
	return out;
}

}  // namespace sluice::daemon
