// What the daemon keeps of root's powers is enough for all that it does after it opened its datapath.
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "install_fixture.h"

namespace sluice::kernel::test {
namespace {

class InstallCapabilities : public InstallTest {};

bool keep_only(std::uint64_t capabilities)
{
	__user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
	__user_cap_data_struct data[2]{};
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = static_cast<__u32>(capabilities >> 32 * i);
	return ::syscall(SYS_capset, &header, data) == 0;
}

template <typename T>
bool works(const char* what, const Result<T>& result)
{
	if (!result)
		std::fprintf(stderr, "%s: %s\n", what, result.error().sentence().c_str());
	return result.has_value();
}

bool does_everything(KernelDatapath& datapath)
{
	const auto prefix = *net::Prefix::parse("192.0.2.0/24");
	return works("install", datapath.install(plain_image(false))) && works("attach", datapath.attach("sl0", {})) &&
	       works("attach", datapath.attach("sl.2", datapath::AttachMode::kGeneric)) &&
	       works("install", datapath.install(plain_image(true))) && works("install", datapath.install(plain_image(true))) &&
	       works("interfaces", datapath.interfaces()) && works("ban", datapath.ban({prefix, {}, 0, ""})) &&
	       works("bans", datapath.bans()) && works("unban", datapath.unban(prefix)) &&
	       works("counters", datapath.counters()) && works("memory", datapath.memory()) &&
	       works("heritage", datapath.heritage()) && works("detach", datapath.detach("sl0")) &&
	       works("events", datapath.drain_events([](const sluice_event&) {}));
}

TEST_F(InstallCapabilities, ThreeAreEnough)
{
	const auto datapath = open();
	const pid_t child = ::fork();
	ASSERT_GE(child, 0);
	if (child == 0) {
		const bool kept = keep_only(1ull << CAP_BPF | 1ull << CAP_NET_ADMIN | 1ull << CAP_PERFMON);
		::_exit(kept && does_everything(*datapath) ? 0 : 1);
	}
	int status = 0;
	ASSERT_EQ(child, ::waitpid(child, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace sluice::kernel::test
