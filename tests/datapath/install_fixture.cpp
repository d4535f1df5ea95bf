#include "install_fixture.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <bpf/libbpf.h>

namespace sluice::kernel::test {
namespace {

sluice_name name_of(const char* text, std::uint8_t kind = SLUICE_RULE_NONE)
{
	sluice_name name{};
	std::strncpy(name.text, text, sizeof(name.text) - 1);
	name.kind = kind;
	return name;
}

}  // namespace

void InstallTest::SetUp()
{
	if (::geteuid() != 0)
		GTEST_SKIP() << "needs root: it makes a network namespace and loads programs";
	outside_ = Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	ASSERT_EQ(0, ::unshare(CLONE_NEWNET)) << std::strerror(errno);
	// No packets but those of the test.
	std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
	command("ip link add sl0 type veth peer name sl1");
	command("ip link add sl.2 type veth peer name sl3");
	for (const char* name : {"sl0", "sl1", "sl.2", "sl3"})
		command(std::string("ip link set ") + name + " up");
	options_.pins = "/sys/fs/bpf/sluice_test_" + std::to_string(::getpid());
	options_.bucket_bytes = 1u << 16;
	options_.ban_capacity = 64;
}

void InstallTest::TearDown()
{
	if (!outside_)
		return;
	std::error_code ignored;
	std::filesystem::remove_all(options_.pins, ignored);
	EXPECT_EQ(0, ::setns(outside_.get(), CLONE_NEWNET));
}

std::unique_ptr<KernelDatapath> InstallTest::open()
{
	auto datapath = KernelDatapath::open(options_, clock_, calls_);
	if (!datapath)
		throw std::runtime_error(datapath.error().sentence());
	return std::move(*datapath);
}

void InstallTest::command(const std::string& line)
{
	ASSERT_EQ(0, std::system(line.c_str())) << line;
}

std::vector<std::string> InstallTest::pinned() const
{
	std::vector<std::string> paths;
	for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.pins)) {
		if (!entry.is_directory())
			paths.push_back(std::filesystem::relative(entry.path(), options_.pins));
	}
	std::sort(paths.begin(), paths.end());
	return paths;
}

std::uint32_t InstallTest::program_on(const std::string& interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, answer);
	::bpf_xdp_query(static_cast<int>(::if_nametoindex(interface.c_str())), 0, &answer);
	return answer.prog_id;
}

policy::Image plain_image(bool default_deny)
{
	policy::Image image;
	image.ports.resize(SLUICE_PORT_CELLS / SLUICE_CELLS_PER_BLOCK);
	image.classes.resize(1);
	image.groups.resize(1);
	image.targets.resize(1);
	image.services.resize(SLUICE_SERVICE_FIRST);
	image.limits.resize(1);
	image.service_names = {name_of("-"), name_of("fragments")};
	image.rule_names.resize(SLUICE_RULE_FIRST + 1);
	image.rule_names.back() = name_of("partners", SLUICE_RULE_LIST);
	image.meta.services = SLUICE_SERVICE_FIRST;
	image.config.default_deny = default_deny;
	image.config.events_per_window = 8;
	return image;
}

std::vector<std::byte> udp_frame()
{
	constexpr std::array<std::uint8_t, 60> kFrame{
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,                                           // Ethernet
		0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 7, 198, 51, 100, 1,                  // IPv4
		0x9c, 0x40, 0, 53, 0, 26, 0, 0,                                                           // UDP
	};
	std::vector<std::byte> frame(kFrame.size());
	std::memcpy(frame.data(), kFrame.data(), kFrame.size());
	return frame;
}

}  // namespace sluice::kernel::test
