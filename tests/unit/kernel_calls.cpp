// The gate: what it counts and fails; undo; names of pins. Without root, nothing here reaches the kernel's BPF.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "kernel/bpffs.h"
#include "kernel/calls.h"
#include "kernel/pins.h"
#include "kernel/policy_maps.h"
#include "kernel/undo.h"

namespace sluice::kernel {
namespace {

TEST(KernelCalls, TheChosenCallFailsUnmadeAndOnlyThat)
{
	Calls calls;
	calls.fail_at(2, EIO);
	EXPECT_EQ(-ENOENT, calls.unpin("/nonexistent/pin"));
	EXPECT_EQ(-EIO, calls.unpin("/nonexistent/pin"));
	EXPECT_EQ(-ENOENT, calls.unpin("/nonexistent/pin"));
	EXPECT_EQ(3u, calls.made());
}

TEST(KernelCalls, ZeroTakesItBack)
{
	Calls calls;
	calls.fail_at(1, EIO);
	calls.fail_at(0, 0);
	EXPECT_EQ(0, calls.admit());
}

TEST(KernelUndo, LastStepFirst)
{
	std::string order;
	{
		Undo undo;
		undo.add([&] { order += 'a'; });
		undo.add([&] { order += 'b'; });
	}
	EXPECT_EQ("ba", order);
}

TEST(KernelUndo, WhatIsKeptIsNotUndone)
{
	bool undone = false;
	{
		Undo undo;
		undo.add([&] { undone = true; });
		undo.keep();
	}
	EXPECT_FALSE(undone);
}

TEST(KernelPins, NamesOfInterfacesHaveNoDots)
{
	const Pins pins = Pins::at("/sys/fs/bpf/sluice");
	EXPECT_EQ("/sys/fs/bpf/sluice/links/eth0", pins.link("eth0"));
	EXPECT_EQ("/sys/fs/bpf/sluice/links/eth0%2E100", pins.link("eth0.100"));
	EXPECT_EQ("/sys/fs/bpf/sluice/links/a%252Eb", pins.link("a%2Eb"));
	EXPECT_EQ("/sys/fs/bpf/sluice/generations/7", pins.generation(7));
}

TEST(KernelPins, ADirectoryThatIsNotThereHasNone)
{
	const Pins pins = Pins::at("/nonexistent");
	EXPECT_TRUE(pins.generations().empty());
	EXPECT_TRUE(pins.links().empty());
}

TEST(KernelBpffs, OtherFileSystemsAreNone)
{
	EXPECT_FALSE(is_on_bpffs("/proc/self"));
	EXPECT_FALSE(is_on_bpffs("/proc/nothing/here"));
	EXPECT_FALSE(is_on_bpffs("relative"));
	EXPECT_FALSE(is_on_bpffs(""));
	EXPECT_EQ(ErrorCode::kInvalid, ensure_bpffs("/proc/pins").error().code());
}

TEST(KernelPolicyMaps, EveryMapHasItsContents)
{
	policy::Image image;
	image.classes.resize(3);
	const auto contents = contents_of(image);
	ASSERT_EQ(std::size(kPolicyMaps), contents.size());
	for (std::size_t i = 0; i < contents.size(); i++)
		EXPECT_STREQ(kPolicyMaps[i], contents[i].map);
	EXPECT_EQ(3u, contents[4].count);
	EXPECT_EQ(sizeof(sluice_class), contents[4].value_size);
}

TEST(KernelPolicyMaps, ADamagedImageIsRefused)
{
	policy::Image image;
	EXPECT_FALSE(check_image(image, 8));
	image.ports.resize(SLUICE_PORT_CELLS / SLUICE_CELLS_PER_BLOCK);
	EXPECT_TRUE(check_image(image, 8));
	image.limits.resize(1);
	auto& meter = image.limits[0].meter[SLUICE_BITS];
	meter.first_set = 8;
	EXPECT_TRUE(check_image(image, 8)) << "an absent meter has no region";
	meter.speed = 1;
	EXPECT_FALSE(check_image(image, 8));
	meter.first_set = 4;
	meter.set_mask = 3;
	EXPECT_TRUE(check_image(image, 8));
	meter.set_mask = 2;
	EXPECT_FALSE(check_image(image, 8)) << "not a power of two of sets";
}

}  // namespace
}  // namespace sluice::kernel
