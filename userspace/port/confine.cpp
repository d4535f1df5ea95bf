#include "port/confine.h"

#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"

namespace sluice::port {
namespace {

using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)>;
using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

// What a server needs that holds its sockets already.
constexpr int kServing[] = {
	SCMP_SYS(read),          SCMP_SYS(write),        SCMP_SYS(readv),         SCMP_SYS(writev),
	SCMP_SYS(recvfrom),      SCMP_SYS(recvmsg),      SCMP_SYS(sendto),        SCMP_SYS(sendmsg),
	SCMP_SYS(accept),        SCMP_SYS(accept4),      SCMP_SYS(shutdown),      SCMP_SYS(close),
	SCMP_SYS(getsockname),   SCMP_SYS(getpeername),  SCMP_SYS(getsockopt),    SCMP_SYS(setsockopt),
	SCMP_SYS(ioctl),         SCMP_SYS(fcntl),        SCMP_SYS(poll),          SCMP_SYS(ppoll),
	SCMP_SYS(epoll_wait),    SCMP_SYS(epoll_pwait),  SCMP_SYS(epoll_ctl),     SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep),     SCMP_SYS(clock_nanosleep),
	SCMP_SYS(futex),         SCMP_SYS(sched_yield),  SCMP_SYS(getrandom),     SCMP_SYS(getpid),
	SCMP_SYS(gettid),        SCMP_SYS(tgkill),       SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),  SCMP_SYS(munmap),        SCMP_SYS(mremap),
	SCMP_SYS(madvise),       SCMP_SYS(brk),          SCMP_SYS(restart_syscall), SCMP_SYS(exit),
	SCMP_SYS(exit_group),    SCMP_SYS(listen),       SCMP_SYS(time),
};
// Those of memory, as long as it cannot be executed.
constexpr int kMapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

Result<void> limit(__rlimit_resource resource, rlim_t most, const char* what)
{
	rlimit now{};
	if (::getrlimit(resource, &now) != 0)
		return error_of_errno(errno, what);
	const rlim_t value = std::min(most, now.rlim_max);
	const rlimit wanted{value, value};
	return ::setrlimit(resource, &wanted) == 0 ? Result<void>() : error_of_errno(errno, what);
}

Result<void> change_user(const Confinement& to)
{
	if (::geteuid() != 0)
		return {};
	const char* advice = "sluiced has to keep CAP_SETUID and CAP_SETGID until it has started this";
	if (to.uid == 0 || to.gid == 0)
		return Error(ErrorCode::kInvalid, "the identity port runs as anybody but root");
	if (::setgroups(0, nullptr) != 0 || ::setresgid(to.gid, to.gid, to.gid) != 0 || ::setresuid(to.uid, to.uid, to.uid) != 0) {
		const Error failed = error_of_errno(errno, "become user " + std::to_string(to.uid));
		return Error(failed.code(), failed.message(), advice);
	}
	return {};
}

// Narrowing the bounding set takes CAP_SETPCAP; without it, no_new_privs alone keeps what others would give back.
Result<void> narrow_bounds()
{
	for (cap_value_t capability = 0; ::cap_get_bound(capability) >= 0; capability++) {
		if (::cap_drop_bound(capability) != 0 && errno != EPERM)
			return error_of_errno(errno, "narrow the capability bounding set");
	}
	return {};
}

Result<void> drop_capabilities()
{
	const Capabilities none(::cap_init(), ::cap_free);
	if (!none || ::cap_set_proc(none.get()) != 0)
		return error_of_errno(errno, "give up capabilities");
	if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return error_of_errno(errno, "clear the ambient capabilities");
	return {};
}

Error refused(int error, const char* what)
{
	return error_of_errno(-error, std::string("seccomp: ") + what);
}

Result<void> allow_all(scmp_filter_ctx filter)
{
	for (const int call : kServing) {
		if (const int error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); error != 0)
			return refused(error, "allow a system call");
	}
	for (const int call : kMapping) {
		const scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
		if (const int error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, not_executable); error != 0)
			return refused(error, "allow memory");
	}
	return {};
}

}  // namespace

Result<void> give_up_privileges(const Confinement& confinement)
{
	SLUICE_TRY(limit(RLIMIT_CORE, 0, "allow no core"));
	SLUICE_TRY(limit(RLIMIT_NOFILE, confinement.files, "limit descriptors"));
	SLUICE_TRY(narrow_bounds());
	SLUICE_TRY(change_user(confinement));
	SLUICE_TRY(drop_capabilities());
	if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_of_errno(errno, "set no_new_privs");
	if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return error_of_errno(errno, "be not dumpable");
	// After the change of user, which takes it back.
	if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return error_of_errno(errno, "end with the parent");
	return {};
}

Result<void> refuse_system_calls()
{
	SLUICE_TRY(limit(RLIMIT_NPROC, 0, "begin no process"));
	const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release);
	if (!filter)
		return Error(ErrorCode::kFailed, "seccomp: make a filter");
	if (const int error = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0)
		return refused(error, "for every thread");
	SLUICE_TRY(allow_all(filter.get()));
	if (const int error = ::seccomp_load(filter.get()); error != 0)
		return refused(error, "load the filter");
	return {};
}

}  // namespace sluice::port
