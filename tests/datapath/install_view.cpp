// What the pins say without a daemon, and what this kernel can do.
#include <cstring>

#include "install_fixture.h"
#include "kernel/pinned_view.h"
#include "kernel/run_packet.h"

namespace sluice::kernel::test {
namespace {

class InstallView : public InstallTest {};

TEST_F(InstallView, NothingPinned)
{
	const auto view = PinnedView::open(options_.pins);
	ASSERT_FALSE(view);
	EXPECT_EQ(ErrorCode::kNotFound, view.error().code());
	EXPECT_FALSE(view.error().advice().empty());
}

TEST_F(InstallView, EverythingWithTheDaemonDead)
{
	{
		const auto datapath = open();
		policy::Image image = plain_image(true);
		image.sources[SLUICE_IPV4].blocks.resize(3);
		image.sources[SLUICE_IPV4].blocks[2].bytes[63] = 7;
		image.classes.resize(2);
		image.classes[1].listed = SLUICE_SOURCE_DENIED;
		ASSERT_TRUE(datapath->install(image));
		ASSERT_TRUE(datapath->attach("sl0", {}));
		ASSERT_TRUE(datapath->ban({*net::Prefix::parse("203.0.113.9"), 500, 1, "gone"}));
		ASSERT_TRUE(datapath->ban({*net::Prefix::parse("203.0.113.8"), {}, 1, "scan"}));
		ASSERT_TRUE(run_packet(datapath->program_fd(), udp_frame()));
	}
	const auto before = pinned();
	const auto view = PinnedView::open(options_.pins);
	ASSERT_TRUE(view) << view.error().sentence();
	EXPECT_EQ(1u, view->running().config.generation);
	EXPECT_STREQ("fragments", view->running().services.at(1).text);
	const auto counters = view->counters();
	ASSERT_EQ(1u, counters->by_service.size());
	EXPECT_EQ(SLUICE_DEFAULT_DENY, counters->by_service[0].reason);
	ASSERT_EQ(1u, view->bans(501)->size());
	EXPECT_EQ(2u, view->bans(499)->size()) << "reading removes nothing";
	EXPECT_EQ(options_.bucket_bytes / 64, view->buckets()->size());
	EXPECT_EQ(0u, view->buckets()->back().way[7]);
	const auto sources = view->sources();
	ASSERT_EQ(3u, sources->ipv4.blocks.size());
	EXPECT_EQ(7, sources->ipv4.blocks[2].bytes[63]);
	EXPECT_EQ(SLUICE_SOURCE_DENIED, sources->classes.at(1).listed);
	const auto links = view->links();
	ASSERT_EQ(1u, links->size());
	EXPECT_EQ("sl0", links->at(0).interface);
	EXPECT_EQ(1u, links->at(0).generation);
	EXPECT_EQ(before, pinned());
}

TEST_F(InstallView, ATooShortFrameIsAnErrorNotAVerdict)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(true)));
	const auto run = run_packet(datapath->program_fd(), std::vector<std::byte>(6));
	ASSERT_FALSE(run);
	EXPECT_NE(std::string::npos, run.error().message().find("a packet of 6 bytes"));
}

}  // namespace
}  // namespace sluice::kernel::test
