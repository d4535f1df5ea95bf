// What the probe says of a kernel that lacks something: each question refused in turn.
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "kernel/probe.h"

namespace sluice::kernel {
namespace {

class InstallProbe : public testing::Test {
protected:
	void SetUp() override
	{
		if (::geteuid() != 0)
			GTEST_SKIP() << "needs root: it asks the kernel about programs and maps";
	}
};

TEST_F(InstallProbe, ThisKernelHasEverything)
{
	Calls calls;
	const auto found = probe(calls);
	ASSERT_TRUE(found) << found.error().sentence();
	EXPECT_EQ(kernel_release(), found->release);
	EXPECT_TRUE(found->missing.empty()) << found->missing.front();
	EXPECT_EQ(12u, calls.made()) << "a question without a row below";
}

TEST_F(InstallProbe, WithoutBpfThereIsNothingToAsk)
{
	Calls calls;
	calls.fail_at(1, EPERM);
	const auto denied = probe(calls);
	ASSERT_FALSE(denied);
	EXPECT_EQ(ErrorCode::kDenied, denied.error().code());
	EXPECT_EQ("on Linux " + kernel_release() + ": the kernel does not let this process load BPF programs", denied.error().message());
	calls.fail_at(1, ENOSYS);
	const auto absent = probe(calls);
	ASSERT_FALSE(absent);
	EXPECT_EQ("on Linux " + kernel_release() + ": the kernel was built without BPF", absent.error().message());
}

TEST_F(InstallProbe, WhatIsMissingIsNamedWithTheFirstKernelThatHasIt)
{
	struct Row {
		std::uint64_t call;
		const char* sentence;
	};
	constexpr Row kRows[] = {
		{2, "the kernel, or this process's permissions, allow no XDP programs"},
		{3, "the kernel has no map type array (Linux 3.19 and later have it)"},
		{4, "the kernel has no map type hash (Linux 3.19 and later have it)"},
		{5, "the kernel has no map type program array (Linux 4.2 and later have it)"},
		{6, "the kernel has no map type per-processor array (Linux 4.6 and later have it)"},
		{7, "the kernel has no map type ring buffer (Linux 5.8 and later have it)"},
		{8, "the kernel has no helper bpf_tail_call (Linux 4.2 and later have it)"},
		{9, "the kernel has no helper bpf_jiffies64 (Linux 5.6 and later have it)"},
		{10, "the kernel has no helper bpf_ktime_get_coarse_ns (Linux 5.11 and later have it)"},
		{11, "the kernel has no helper bpf_ringbuf_reserve (Linux 5.8 and later have it)"},
		{12, "the kernel has no helper bpf_xdp_get_buff_len (Linux 5.18 and later have it)"},
	};
	for (const Row& row : kRows) {
		Calls calls;
		calls.fail_at(row.call, EINVAL);
		const auto found = probe(calls);
		ASSERT_TRUE(found) << found.error().sentence();
		EXPECT_EQ(std::vector<std::string>{row.sentence}, found->missing);
	}
}

TEST_F(InstallProbe, NeedsBecomeOneSentence)
{
	Calls calls;
	EXPECT_TRUE(require_kernel(calls));
	calls.fail_at(12, EINVAL);
	const auto lacking = require_kernel(calls);
	ASSERT_FALSE(lacking);
	EXPECT_EQ(ErrorCode::kUnsupported, lacking.error().code());
	EXPECT_EQ("on Linux " + kernel_release() + ": the kernel has no helper bpf_xdp_get_buff_len (Linux 5.18 and later have it)",
		  lacking.error().message());
}

}  // namespace
}  // namespace sluice::kernel
