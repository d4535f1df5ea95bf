// Interfaces: attached, read back, adopted, detached; who is in the way; panic.
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "install_fixture.h"
#include "kernel/panic.h"

namespace sluice::kernel::test {
namespace {

using datapath::AttachMode;

class InstallInterfaces : public InstallTest {
protected:
	void SetUp() override
	{
		InstallTest::SetUp();
		if (IsSkipped() || HasFatalFailure())
			return;
		datapath_ = open();
		ASSERT_TRUE(datapath_->install(plain_image(false)));
	}

	void TearDown() override
	{
		datapath_.reset();
		InstallTest::TearDown();
	}

	std::unique_ptr<KernelDatapath> datapath_;
};

TEST_F(InstallInterfaces, NativeFirst)
{
	const auto interface = datapath_->attach("sl0", {});
	ASSERT_TRUE(interface) << interface.error().sentence();
	EXPECT_EQ(AttachMode::kNative, interface->mode);
	EXPECT_EQ(1u, interface->generation);
	EXPECT_EQ(::if_nametoindex("sl0"), interface->index);
	EXPECT_NE(0u, program_on("sl0"));
}

TEST_F(InstallInterfaces, GenericWhereAsked)
{
	ASSERT_EQ(AttachMode::kGeneric, datapath_->attach("sl0", AttachMode::kGeneric)->mode);
	EXPECT_EQ(AttachMode::kGeneric, datapath_->interfaces()->at(0).mode);
}

// The loopback interface of the test's own namespace.
TEST_F(InstallInterfaces, GenericWhereTheDriverHasNoNativeMode)
{
	const auto interface = datapath_->attach("lo", {});
	ASSERT_TRUE(interface) << interface.error().sentence();
	EXPECT_EQ(AttachMode::kGeneric, interface->mode);
	const auto notes = datapath_->take_notes();
	ASSERT_EQ(1u, notes.size());
	EXPECT_NE(std::string::npos, notes[0].find("attach to lo in native mode: Operation not supported")) << notes[0];
	const auto native = datapath_->detach("lo") ? datapath_->attach("lo", AttachMode::kNative) : Error(ErrorCode::kFailed, "detach");
	ASSERT_FALSE(native);
	EXPECT_EQ(ErrorCode::kUnsupported, native.error().code());
}

TEST_F(InstallInterfaces, TwiceIsOnce)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	const std::uint32_t program = program_on("sl0");
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	EXPECT_EQ(1u, datapath_->interfaces()->size());
	EXPECT_EQ(program, program_on("sl0"));
	const auto other = datapath_->attach("sl0", AttachMode::kGeneric);
	ASSERT_FALSE(other);
	EXPECT_EQ(ErrorCode::kExists, other.error().code());
}

TEST_F(InstallInterfaces, ADotInANameIsPinnedAndAdopted)
{
	ASSERT_TRUE(datapath_->attach("sl.2", {}));
	datapath_.reset();
	datapath_ = open();
	ASSERT_EQ(1u, datapath_->interfaces()->size());
	EXPECT_EQ("sl.2", datapath_->interfaces()->at(0).name);
}

TEST_F(InstallInterfaces, DetachedIsGone)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	ASSERT_TRUE(datapath_->detach("sl0"));
	EXPECT_EQ(0u, program_on("sl0"));
	EXPECT_TRUE(datapath_->interfaces()->empty());
	EXPECT_TRUE(Pins::at(options_.pins).links().empty());
	const auto again = datapath_->detach("sl0");
	ASSERT_FALSE(again);
	EXPECT_EQ(ErrorCode::kNotFound, again.error().code());
}

TEST_F(InstallInterfaces, NoSuchInterface)
{
	const auto interface = datapath_->attach("nowhere", {});
	ASSERT_FALSE(interface);
	EXPECT_EQ(ErrorCode::kNotFound, interface.error().code());
	EXPECT_EQ("there is no interface nowhere", interface.error().message());
}

TEST_F(InstallInterfaces, WhoeverHoldsTheInterfaceIsNamed)
{
	ASSERT_GE(calls_.xdp_attach(datapath_->program_fd(), ::if_nametoindex("sl1"), XDP_FLAGS_DRV_MODE), 0);
	ASSERT_NE(0u, program_on("sl1"));
	const auto interface = datapath_->attach("sl1", {});
	ASSERT_FALSE(interface);
	EXPECT_EQ(ErrorCode::kExists, interface.error().code());
	EXPECT_NE(std::string::npos, interface.error().message().find("sl1 is held by XDP program 'sluice_xdp' (id "));
	EXPECT_NE(std::string::npos, interface.error().advice().find("detach that first"));
}

TEST_F(InstallInterfaces, AFailedAttachLeavesNothing)
{
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto interface = datapath_->attach("sl0", AttachMode::kNative);
		calls_.fail_at(0, 0);
		if (interface)
			break;
		ASSERT_EQ(0u, program_on("sl0"));
		ASSERT_TRUE(Pins::at(options_.pins).links().empty());
		ASSERT_TRUE(datapath_->interfaces()->empty());
	}
	EXPECT_NE(0u, program_on("sl0"));
}

TEST_F(InstallInterfaces, AFailedDetachLeavesItAttached)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto detached = datapath_->detach("sl0");
		calls_.fail_at(0, 0);
		if (detached)
			break;
		ASSERT_NE(0u, program_on("sl0"));
		ASSERT_EQ(std::vector<std::string>{"sl0"}, Pins::at(options_.pins).links());
		ASSERT_EQ(1u, datapath_->interfaces()->size());
	}
	EXPECT_EQ(0u, program_on("sl0"));
}

TEST_F(InstallInterfaces, AnInterfaceThatIsGoneIsForgottenAndTold)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	command("ip link del sl0");
	EXPECT_TRUE(datapath_->interfaces()->empty());
	EXPECT_EQ("interface sl0 is gone, and its link with it", datapath_->take_notes().at(0));
	EXPECT_TRUE(Pins::at(options_.pins).links().empty());
	ASSERT_TRUE(datapath_->install(plain_image(true)));
	command("ip link add sl0 type veth peer name sl1");
	EXPECT_TRUE(datapath_->attach("sl0", {}));
}

TEST_F(InstallInterfaces, WhatPanicTookOffIsNotCalledGone)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	ASSERT_TRUE(panic(options_.pins));
	EXPECT_TRUE(datapath_->interfaces()->empty());
	EXPECT_EQ("interface sl0 was detached by somebody else (sluice panic does that); `sluice attach sl0` puts it back",
		  datapath_->take_notes().at(0));
	EXPECT_TRUE(datapath_->attach("sl0", {}));
}

TEST_F(InstallInterfaces, AnInterfaceMadeAnewIsNotTheOneThatWasAttached)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	command("ip link del sl0");
	command("ip link add sl0 type veth peer name sl1");
	EXPECT_TRUE(datapath_->interfaces()->empty());
	EXPECT_EQ("interface sl0 was made anew, and its link is gone with the old one", datapath_->take_notes().at(0));
}

TEST_F(InstallInterfaces, ALinkThatWasDetachedWhileNobodyLookedIsTold)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	datapath_.reset();
	{
		const Fd link(calls_.open_pin(options_.pins + "/links/sl0"));
		ASSERT_EQ(0, calls_.link_detach(link.get()));
	}
	datapath_ = open();
	EXPECT_NE(std::string::npos, datapath_->take_notes().at(0).find("interface sl0 was detached by somebody else"));
}

TEST_F(InstallInterfaces, PanicTakesAllOff)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	const Fd loose(calls_.xdp_attach(datapath_->program_fd(), ::if_nametoindex("sl1"), XDP_FLAGS_SKB_MODE));
	ASSERT_TRUE(loose);
	command("ip link set dev sl3 xdp pinned " + options_.pins + "/generations/1/program");
	ASSERT_NE(0u, program_on("sl3"));
	const auto report = panic(options_.pins);
	ASSERT_TRUE(report) << report.error().sentence();
	EXPECT_TRUE(report->failed.empty()) << report->failed.front();
	EXPECT_EQ(3u, report->done.size());
	for (const char* name : {"sl0", "sl1", "sl3"})
		EXPECT_EQ(0u, program_on(name)) << name;
	EXPECT_TRUE(Pins::at(options_.pins).links().empty());
	EXPECT_EQ(1u, Pins::at(options_.pins).generations().size());
}

// What a child that is nobody makes of it: 0: nothing was there, 1: it failed and says so.
int panic_as_nobody(const std::string& pins)
{
	const pid_t child = ::fork();
	if (child == 0) {
		if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)
			::_exit(99);
		const auto report = panic(pins);
		::_exit(report && report->failed.empty() ? 0 : 1);
	}
	int status = 0;
	::waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_F(InstallInterfaces, PanicOfWhoMayNotLookDoesNotSayThatNothingWasThere)
{
	ASSERT_TRUE(datapath_->attach("sl0", {}));
	EXPECT_EQ(panic_as_nobody(options_.pins), 1) << "the pins are root's";
	EXPECT_EQ(panic_as_nobody("/tmp/sluice_that_is_not_there"), 1) << "no pins to see, and a program that it may not ask";
	EXPECT_NE(0u, program_on("sl0"));
}

TEST_F(InstallInterfaces, PanicWithNothingToDo)
{
	const auto report = panic("/sys/fs/bpf/sluice_that_is_not_there");
	ASSERT_TRUE(report);
	EXPECT_TRUE(report->done.empty());
	EXPECT_TRUE(report->failed.empty());
}

}  // namespace
}  // namespace sluice::kernel::test
