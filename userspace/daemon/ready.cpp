#include "daemon/ready.h"

namespace sluice::daemon {

Ready make_ready(const Prepare& what, Archive& archive)
{
	Ready ready;
	ready.prepared = prepare(what);
	what.progress->enter(control::Stage::kKeeping);
	auto& copy = ready.prepared.copy;
	if (copy && ready.prepared.image) {
		const auto text = policy::fingerprint(copy->text);
		ready.text = text ? *text : "";
		ready.kept = text ? archive.keep(*copy) : text.error();
		copy.reset();
	}
	what.progress->enter(control::Stage::kInstalling);
	return ready;
}

}  // namespace sluice::daemon
