// Generations on real kernels: staged, published, adopted, retired; and a failed install changes nothing.
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "install_fixture.h"
#include "kernel/map.h"
#include "kernel/pin_lock.h"
#include "kernel/run_packet.h"

namespace sluice::kernel::test {
namespace {

using datapath::AttachMode;

class InstallGeneration : public InstallTest {};

bool contains(const std::vector<std::string>& all, const std::string& one)
{
	return std::find(all.begin(), all.end(), one) != all.end();
}

bool mentions(const std::vector<std::string>& notes, const std::string& piece)
{
	return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) { return note.find(piece) != std::string::npos; });
}

TEST_F(InstallGeneration, AFreshHostHasNothingToAdopt)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->running());
	EXPECT_FALSE(datapath->running()->has_value());
	EXPECT_EQ(0u, datapath->heritage()->generation);
	EXPECT_TRUE(pinned().empty());
	const auto attached = datapath->attach("sl0", {});
	ASSERT_FALSE(attached);
	EXPECT_NE(std::string::npos, attached.error().message().find("no policy is installed"));
}

TEST_F(InstallGeneration, InstalledIsPinnedAndReadBack)
{
	const auto datapath = open();
	const auto running = datapath->install(plain_image(false));
	ASSERT_TRUE(running) << running.error().sentence();
	EXPECT_EQ(1u, running->config.generation);
	EXPECT_EQ(SLUICE_ABI_VERSION, running->meta.abi);
	EXPECT_EQ(clock_.unix_ns(), running->meta.installed_unix_ns);
	EXPECT_STREQ("partners", running->rules.back().text);
	const auto paths = pinned();
	for (const char* path : {"generations/1/program", "generations/1/config", "generations/1/meta", "state/bans", "state/buckets"})
		EXPECT_TRUE(contains(paths, path)) << path;
	EXPECT_EQ(16u + 15u, paths.size()) << "program, constants and 14 maps; state";
	EXPECT_EQ(1u, datapath->heritage()->generation);
	EXPECT_EQ(options_.bucket_bytes / 64, datapath->bucket_sets());
	EXPECT_GT(datapath->memory()->kernel_bytes, options_.bucket_bytes);
}

TEST_F(InstallGeneration, TheProgramJudgesByItsOwnConstants)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	EXPECT_EQ(static_cast<unsigned>(XDP_PASS), run_packet(datapath->program_fd(), udp_frame())->action);
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_EQ(static_cast<unsigned>(XDP_DROP), run_packet(datapath->program_fd(), udp_frame())->action);
	const auto counters = datapath->counters();
	ASSERT_TRUE(counters) << counters.error().sentence();
	ASSERT_EQ(2u, counters->by_service.size());
	EXPECT_EQ(SLUICE_DEFAULT_ALLOW, counters->by_service[0].reason);
	EXPECT_EQ(SLUICE_DEFAULT_DENY, counters->by_service[1].reason);
	EXPECT_EQ(60u, counters->by_service[1].value.bytes);
}

TEST_F(InstallGeneration, DropsAreReported)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(true)));
	ASSERT_TRUE(run_packet(datapath->program_fd(), udp_frame()));
	std::vector<sluice_event> events;
	ASSERT_TRUE(datapath->drain_events([&](const sluice_event& event) { events.push_back(event); }));
	ASSERT_EQ(1u, events.size());
	EXPECT_EQ(SLUICE_DEFAULT_DENY, events[0].reason);
	EXPECT_EQ(53, events[0].destination_port);
	EXPECT_EQ("192.0.2.7", net::Address::from_abi(events[0].source).to_string());
}

TEST_F(InstallGeneration, OneUpdateMovesEveryInterface)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	ASSERT_TRUE(datapath->attach("sl0", {}));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	const std::uint32_t before = program_on("sl0");
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_NE(before, program_on("sl0"));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	const auto interfaces = datapath->interfaces();
	ASSERT_EQ(2u, interfaces->size());
	for (const auto& interface : *interfaces)
		EXPECT_EQ(2u, interface.generation);
}

TEST_F(InstallGeneration, ThePreviousStaysAndTheOneBeforeItGoes)
{
	const auto datapath = open();
	for (int i = 0; i < 3; i++)
		ASSERT_TRUE(datapath->install(plain_image(false)));
	const auto paths = pinned();
	EXPECT_FALSE(contains(paths, "generations/1/program"));
	EXPECT_TRUE(contains(paths, "generations/2/program"));
	EXPECT_TRUE(contains(paths, "generations/3/program"));
}

TEST_F(InstallGeneration, AnotherDaemonAdoptsEverything)
{
	std::uint32_t program = 0;
	{
		const auto first = open();
		ASSERT_TRUE(first->install(plain_image(true)));
		ASSERT_TRUE(first->attach("sl0", {}));
		ASSERT_TRUE(first->ban({*net::Prefix::parse("203.0.113.0/24"), {}, 1, "scan"}));
		ASSERT_TRUE(run_packet(first->program_fd(), udp_frame()));
		program = program_on("sl0");
	}
	EXPECT_EQ(program, program_on("sl0"));  // nobody lives, and the gate stands
	const auto second = open();
	EXPECT_TRUE(second->take_notes().empty());
	const auto running = second->running();
	ASSERT_TRUE(running && running->has_value());
	EXPECT_EQ(1u, (*running)->config.generation);
	EXPECT_EQ(1u, second->interfaces()->size());
	EXPECT_EQ(1u, second->bans()->size());
	EXPECT_EQ(1u, second->counters()->by_service.at(0).value.packets);
	const sluice_hash_key key = (*running)->config.hash;
	ASSERT_TRUE(second->install(plain_image(true)));
	const sluice_hash_key kept = (*second->running())->config.hash;
	EXPECT_EQ(0, std::memcmp(&key, &kept, sizeof(key))) << "buckets would not be found again";
	EXPECT_EQ(1u, second->counters()->by_service.at(0).value.packets);
}

TEST_F(InstallGeneration, AdoptedSizesAreKeptAndTold)
{
	ASSERT_TRUE(open()->install(plain_image(true)));
	options_.bucket_bytes *= 4;
	const auto datapath = open();
	EXPECT_EQ(options_.bucket_bytes / 4 / 64, datapath->bucket_sets());
	EXPECT_TRUE(mentions(datapath->take_notes(), "buckets keep the size they have"));
}

// For every kernel call of an install: fail it, and compare everything.
TEST_F(InstallGeneration, AFailedInstallChangesNothing)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	ASSERT_TRUE(datapath->attach("sl0", {}));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	const auto paths = pinned();
	const std::uint32_t program = program_on("sl0");
	unsigned failures = 0;
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto running = datapath->install(plain_image(true));
		calls_.fail_at(0, 0);
		if (running)
			break;
		failures++;
		ASSERT_FALSE(running.error().message().empty());
		ASSERT_EQ(paths, pinned());
		ASSERT_EQ(program, program_on("sl0"));
		ASSERT_EQ(program, program_on("sl.2"));
		ASSERT_EQ(1u, datapath->heritage()->generation);
		const auto interfaces = datapath->interfaces();
		for (const auto& interface : *interfaces)
			ASSERT_EQ(1u, interface.generation);
	}
	EXPECT_GT(failures, 60u);
	EXPECT_NE(program, program_on("sl0"));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	EXPECT_EQ(2u, datapath->heritage()->generation);
}

// The same on a fresh host, for the calls after staging: those that pin.
TEST_F(InstallGeneration, AFailedFirstInstallLeavesNoPins)
{
	constexpr std::uint64_t kPinning = 52;
	const std::string pins = std::exchange(options_.pins, options_.pins + "_measured");
	const auto measured = open();
	const std::uint64_t before = calls_.made();
	ASSERT_TRUE(measured->install(plain_image(true)));
	const std::uint64_t made = calls_.made() - before;
	std::filesystem::remove_all(std::exchange(options_.pins, pins));
	ASSERT_GT(made, kPinning);

	const auto datapath = open();
	for (std::uint64_t n = made - kPinning; n <= made; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, ENOMEM);
		const auto running = datapath->install(plain_image(true));
		calls_.fail_at(0, 0);
		if (running)
			break;
		ASSERT_TRUE(pinned().empty()) << pinned().front();
		ASSERT_EQ(0u, datapath->heritage()->generation);
	}
	EXPECT_LE(datapath->heritage()->generation, 1u);
}

// Cleaning up after the old generation is no reason to fail: but it is told, and made good later.
TEST_F(InstallGeneration, AnOldGenerationThatStaysPinnedIsTold)
{
	const auto datapath = open();
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(datapath->install(plain_image(true)));
	const std::uint64_t before = calls_.made();
	ASSERT_TRUE(datapath->install(plain_image(true)));
	const std::uint64_t made = calls_.made() - before;
	calls_.fail_at(made, EIO);
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_TRUE(mentions(datapath->take_notes(), "generation 2 stays pinned"));
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_EQ(2u, Pins::at(options_.pins).generations().size());
}

TEST_F(InstallGeneration, WhatWasPublishedToSomeInterfacesIsPublishedToAll)
{
	{
		const auto datapath = open();
		ASSERT_TRUE(datapath->install(plain_image(false)));
		ASSERT_TRUE(datapath->attach("sl0", {}));
		ASSERT_TRUE(datapath->attach("sl.2", {}));
		ASSERT_TRUE(datapath->install(plain_image(true)));
		const Fd link(calls_.open_pin(options_.pins + "/links/sl0"));
		const Fd old_program(calls_.open_pin(options_.pins + "/generations/1/program"));
		ASSERT_EQ(0, calls_.link_update(link.get(), old_program.get(), datapath->program_fd()));
	}
	ASSERT_NE(program_on("sl0"), program_on("sl.2"));
	const auto datapath = open();
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	EXPECT_EQ(2u, datapath->heritage()->generation);
	EXPECT_TRUE(mentions(datapath->take_notes(), "now all have it"));
}

TEST_F(InstallGeneration, WhatWasStagedAndNeverPublishedIsRemoved)
{
	{
		const auto datapath = open();
		ASSERT_TRUE(datapath->install(plain_image(false)));
		ASSERT_TRUE(datapath->attach("sl0", {}));
		ASSERT_TRUE(datapath->install(plain_image(true)));
		const Fd link(calls_.open_pin(options_.pins + "/links/sl0"));
		const Fd old_program(calls_.open_pin(options_.pins + "/generations/1/program"));
		ASSERT_EQ(0, calls_.link_update(link.get(), old_program.get(), datapath->program_fd()));
	}
	const auto datapath = open();
	EXPECT_EQ(1u, datapath->heritage()->generation);
	EXPECT_EQ(std::vector<std::uint32_t>{1}, Pins::at(options_.pins).generations());
}

TEST_F(InstallGeneration, BansSurviveAnotherAbiVersion)
{
	{
		const auto datapath = open();
		ASSERT_TRUE(datapath->install(plain_image(true)));
		ASSERT_TRUE(datapath->attach("sl0", {}));
		ASSERT_TRUE(datapath->ban({*net::Prefix::parse("203.0.113.0/24"), {}, 1, "scan"}));
		ASSERT_TRUE(run_packet(datapath->program_fd(), udp_frame()));
	}
	const std::uint32_t program = program_on("sl0");
	const std::string meta = options_.pins + "/generations/1/meta";
	auto foreign = Map::create(calls_, "meta", {BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0});
	ASSERT_TRUE(foreign);
	const std::uint32_t zero = 0, value[4] = {SLUICE_ABI_VERSION + 1};
	ASSERT_TRUE(foreign->update(&zero, value));
	ASSERT_EQ(0, calls_.unpin(meta));
	ASSERT_EQ(0, calls_.pin(foreign->fd(), meta));

	const auto datapath = open();
	const auto notes = datapath->take_notes();
	EXPECT_TRUE(mentions(notes, "1 of 1 bans were migrated"));
	EXPECT_TRUE(mentions(notes, "pinned counters are of ABI version " + std::to_string(SLUICE_ABI_VERSION + 1) + ": they start at zero"));
	EXPECT_TRUE(mentions(notes, "limits start anew"));
	EXPECT_EQ(program, program_on("sl0")) << "the old program judges until a policy is installed";
	EXPECT_FALSE(datapath->running()->has_value());
	EXPECT_EQ(1u, datapath->bans()->size());
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_NE(program, program_on("sl0"));
	EXPECT_EQ(2u, datapath->heritage()->generation);
	EXPECT_TRUE(datapath->counters()->by_service.empty());
}

// Up to ABI version 2 there were bans alone, with 48 bytes of why and nothing behind it.
TEST_F(InstallGeneration, BansOfTheOldLayoutSurvive)
{
	struct {
		sluice_addr prefix;
		__u32 length;
	} const key{net::Address::parse("192.0.2.7")->to_abi(), 128};
	struct {
		__u64 expires_mono_ns, created_unix_ns;
		char why[48];
	} value{SLUICE_BAN_FOREVER, 7, {}};
	const std::string why(47, 'w');
	why.copy(value.why, why.size());
	{
		const auto datapath = open();
		ASSERT_TRUE(datapath->install(plain_image(false)));
		ASSERT_TRUE(datapath->attach("sl0", {}));
	}
	const auto pin_in_place = [&](const std::string& name, const Map& map) {
		ASSERT_EQ(0, calls_.unpin(options_.pins + name));
		ASSERT_EQ(0, calls_.pin(map.fd(), options_.pins + name));
	};
	auto bans = Map::create(calls_, "bans", {BPF_MAP_TYPE_HASH, sizeof(key), sizeof(value), 64, 0});
	ASSERT_TRUE(bans);
	ASSERT_TRUE(bans->update(&key, &value));
	pin_in_place("/state/bans", *bans);
	auto meta = Map::create(calls_, "meta", {BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0});
	ASSERT_TRUE(meta);
	const std::uint32_t zero = 0, version[4] = {2};
	ASSERT_TRUE(meta->update(&zero, version));
	pin_in_place("/generations/1/meta", *meta);

	const auto datapath = open();
	EXPECT_TRUE(mentions(datapath->take_notes(), "1 of 1 bans were migrated"));
	const auto migrated = datapath->bans();
	ASSERT_EQ(1u, migrated->size());
	EXPECT_EQ("192.0.2.7", migrated->at(0).prefix.to_string());
	EXPECT_EQ(why, migrated->at(0).why);
	EXPECT_EQ(7u, migrated->at(0).created_unix_ns);
	EXPECT_FALSE(migrated->at(0).expires_mono_ns);
	EXPECT_TRUE(datapath->overlay_entries()->empty());
	ASSERT_TRUE(datapath->install(plain_image(false)));
	EXPECT_EQ(XDP_DROP, run_packet(datapath->program_fd(), udp_frame())->action);
}

TEST_F(InstallGeneration, OneDaemonPerPins)
{
	const auto datapath = open();
	const auto lock = PinLock::take(options_.pins);
	ASSERT_TRUE(lock) << lock.error().sentence();
	const auto second = PinLock::take(options_.pins);
	ASSERT_FALSE(second);
	EXPECT_EQ(ErrorCode::kExists, second.error().code());
}

TEST_F(InstallGeneration, PinsAnywhereButOnABpffsAreRefused)
{
	options_.pins = "/tmp/sluice_pins";
	const auto datapath = KernelDatapath::open(options_, clock_, calls_);
	ASSERT_FALSE(datapath);
	EXPECT_EQ("/tmp/sluice_pins is not on a bpffs", datapath.error().message());
	EXPECT_FALSE(datapath.error().advice().empty());
}

TEST_F(InstallGeneration, AnImageWhoseBucketsReachPastTheTableIsRefused)
{
	const auto datapath = open();
	policy::Image image = plain_image(true);
	image.limits.resize(2);
	image.limits[1].meter[0].speed = 1;
	image.limits[1].meter[0].first_set = datapath->bucket_sets();
	const auto running = datapath->install(image);
	ASSERT_FALSE(running);
	EXPECT_EQ(ErrorCode::kInvalid, running.error().code());
	image.limits[1].meter[0].first_set--;
	EXPECT_TRUE(datapath->install(image));
}

}  // namespace
}  // namespace sluice::kernel::test
