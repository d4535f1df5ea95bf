// InstallTest: a network namespace of its own with two veth pairs, pins of its own, and images made by hand.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "kernel/kernel_datapath.h"
#include "kernel/pins.h"
#include "policy/image.h"

namespace sluice::kernel::test {

class InstallTest : public testing::Test {
protected:
	// Skips where this process may not use BPF and namespaces.
	void SetUp() override;
	void TearDown() override;

	// Requires success: fails the test otherwise and throws it out.
	std::unique_ptr<KernelDatapath> open();
	static void command(const std::string& line);
	// Every path under the pins, sorted.
	std::vector<std::string> pinned() const;
	// Program id of the XDP program on an interface; 0: none.
	static std::uint32_t program_on(const std::string& interface);

	Options options_;
	ManualClock clock_;
	Calls calls_;

private:
	Fd outside_;
};

// Judges everything by the default; services "-" and "fragments", one list that no prefix is on.
policy::Image plain_image(bool default_deny);

// A UDP frame from 192.0.2.7 to 198.51.100.1.
std::vector<std::byte> udp_frame();

}  // namespace sluice::kernel::test
