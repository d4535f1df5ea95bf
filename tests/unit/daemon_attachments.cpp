// Which interfaces are judged, and what becomes of those that go away.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/attachments.h"
#include "datapath/memory_datapath.h"

namespace sluice::daemon {
namespace {

class DaemonAttachments : public testing::Test {
protected:
	DaemonAttachments()
	{
		spdlog::set_level(spdlog::level::off);
		datapath_.add_interface("test-eth1");
		EXPECT_TRUE(datapath_.install(policy::Image{}));
		index_ = attachments_.attach("test-eth1", std::nullopt)->index;
	}
	std::size_t attached() { return datapath_.interfaces()->size(); }

	SystemClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	Journal journal_{clock_, [] {}};
	std::uint32_t index_ = 0;  // what the host says of test-eth1
	Attachments attachments_{datapath_, journal_, [this](const std::string&) { return index_; }};
};

TEST_F(DaemonAttachments, OneThatSomebodyDetachedStaysDetached)
{
	ASSERT_TRUE(datapath_.detach("test-eth1"));  // as `sluice panic` does, past the daemon
	attachments_.mend();
	attachments_.mend();
	EXPECT_EQ(attached(), 0u);
	EXPECT_FALSE(attachments_.degraded());
	const auto events = journal_.log().after(0, 10).events;
	ASSERT_EQ(events.size(), 2u);
	EXPECT_FALSE(std::get<telemetry::InterfaceEvent>(events[1].what).attached);
}

TEST_F(DaemonAttachments, OneThatGoesAwayAndComesBackIsAttachedAgain)
{
	datapath_.remove_interface("test-eth1");
	const auto before = std::exchange(index_, 0);
	attachments_.mend();
	EXPECT_TRUE(attachments_.degraded());
	ASSERT_EQ(attachments_.warnings().size(), 1u);
	EXPECT_NE(attachments_.warnings()[0].find("test-eth1 is not judged"), std::string::npos);

	datapath_.add_interface("test-eth1");
	index_ = before + 1;
	attachments_.mend();
	EXPECT_FALSE(attachments_.degraded());
	EXPECT_EQ(attached(), 1u);
}

TEST_F(DaemonAttachments, OneThatIsGoneCanBeGivenUp)
{
	datapath_.remove_interface("test-eth1");
	index_ = 0;
	attachments_.mend();
	EXPECT_TRUE(attachments_.detach("test-eth1"));
	EXPECT_FALSE(attachments_.degraded());
	EXPECT_EQ(attachments_.detach("test-eth1").error().code(), ErrorCode::kNotFound);
}

TEST_F(DaemonAttachments, AFailureToDetachLeavesItWanted)
{
	datapath_.fail_at(2);  // interfaces, detach
	EXPECT_FALSE(attachments_.detach("test-eth1"));
	datapath_.fail_at(0);
	EXPECT_EQ(attached(), 1u);
	EXPECT_EQ(attachments_.interfaces().size(), 1u);
}

}  // namespace
}  // namespace sluice::daemon
