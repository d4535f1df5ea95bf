#include "daemon/privileges.h"

#include <sys/capability.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/file.h"

namespace sluice::daemon {
namespace {

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

// The last three start the identity port as somebody who may do nothing, and end it.
constexpr std::array<cap_value_t, 7> kNeeded{CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID, CAP_KILL};

using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)>;

bool is_needed(cap_value_t capability)
{
	for (const cap_value_t needed : kNeeded) {
		if (needed == capability)
			return true;
	}
	return false;
}

bool has(const Capabilities& set, cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;
	return ::cap_get_flag(set.get(), capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
}

// The bounding set narrows only for who holds CAP_SETPCAP; without it there is none to narrow it for either.
Result<void> narrow_bounds(const Capabilities& now)
{
	if (!has(now, CAP_SETPCAP))
		return {};
	for (cap_value_t capability = 0; ::cap_get_bound(capability) >= 0; capability++) {
		if (!is_needed(capability) && ::cap_drop_bound(capability) != 0)
			return error_of_errno(errno, "narrow the capability bounding set");
	}
	return {};
}

}  // namespace

Result<void> shed_privileges()
{
	const Capabilities now(::cap_get_proc(), ::cap_free);
	const Capabilities kept(::cap_init(), ::cap_free);
	if (!now || !kept)
		return error_of_errno(errno, "read this process's capabilities");

	std::vector<cap_value_t> held;
	for (const cap_value_t capability : kNeeded) {
		if (has(now, capability))
			held.push_back(capability);
	}
	const int count = static_cast<int>(held.size());
	if (count > 0 && (::cap_set_flag(kept.get(), CAP_PERMITTED, count, held.data(), CAP_SET) != 0 ||
	                  ::cap_set_flag(kept.get(), CAP_EFFECTIVE, count, held.data(), CAP_SET) != 0))
		return error_of_errno(errno, "choose the capabilities to keep");

	SLUICE_TRY(narrow_bounds(now));
	if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return error_of_errno(errno, "clear the ambient capabilities");
	if (::cap_set_proc(kept.get()) != 0)
		return error_of_errno(errno, "give up capabilities");
	if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_of_errno(errno, "set no_new_privs");
	return {};
}

}  // namespace sluice::daemon
