#include "policy/diff.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "policy/identity_changes.h"
#include "policy/service_changes.h"
#include "policy/source_changes.h"
#include "policy/words.h"

namespace sluice::policy {
namespace {

void append(Changes& to, Changes more)
{
	to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Result<Changes> diff(const Meaning& before, const Meaning& after)
{
	Changes changes;
	const Policy& a = before.policy;
	const Policy& b = after.policy;
	if (a.mode != b.mode)
		changes.push_back({Part::kMode, ChangeKind::kChanged, {}, word_of(a.mode), word_of(b.mode), {}, false});
	if (a.default_action != b.default_action)
		changes.push_back({Part::kDefault, ChangeKind::kChanged, {}, word_of(a.default_action), word_of(b.default_action), {},
				   b.default_action == Action::kDeny && b.failsafe.empty()});
	SLUICE_TRY_ASSIGN(Changes sources, source_changes(before, after));
	// Of failsafe what is lost, of sources who is denied comes first.
	std::stable_sort(sources.begin(), sources.end(), [](const Change& x, const Change& y) {
		return std::tie(x.part, x.kind, x.before, x.after, x.subject) < std::tie(y.part, y.kind, y.before, y.after, y.subject);
	});
	append(changes, std::move(sources));
	append(changes, service_changes(a, b));
	append(changes, limit_changes(a, b));
	append(changes, fragment_changes(a, b));
	append(changes, identity_changes(a, b));
	return changes;
}

}  // namespace sluice::policy
