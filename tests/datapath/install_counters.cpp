// A service slot or rule number that goes to another name starts at zero; a failed install loses no count.
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

#include "install_fixture.h"
#include "kernel/run_packet.h"
#include "policy/compile.h"
#include "policy/parse.h"

namespace sluice::kernel::test {
namespace {

// The service of the test's frames, which admits two of them.
std::string small_policy(const std::string& name)
{
	return "version: 1\nservices:\n  - {name: " + name + ", protocol: udp, ports: [53], all-sources: {packets: 1/h, burst: 2}}\n";
}

// Beside it every other slot, on ports that no frame goes to.
std::string crowded_policy(const std::string& name)
{
	std::string text = small_policy(name);
	for (std::uint32_t i = 1; i < SLUICE_MAX_SERVICES - SLUICE_SERVICE_FIRST; i++)
		text += "  - {name: " + name + std::to_string(i) + ", protocol: tcp, ports: [" + std::to_string(i) + "]}\n";
	return text;
}

class InstallCounters : public InstallTest {
protected:
	static policy::Image image_of(const std::string& text, KernelDatapath& datapath)
	{
		return compiled(text, *datapath.heritage(), datapath);
	}

	// Takes the first numbers, whoever has them.
	static policy::Image image_without_heritage(const std::string& text, KernelDatapath& datapath)
	{
		return compiled(text, {}, datapath);
	}

	static policy::Image compiled(const std::string& text, const policy::Heritage& heritage, KernelDatapath& datapath)
	{
		const auto parsed = policy::parse(text, "policy.yaml", [](const std::string& path) {
			return Result<std::string>(Error(ErrorCode::kNotFound, path + " is not there"));
		});
		if (!parsed.policy)
			throw std::runtime_error(parsed.diagnostics.front().to_string());
		auto image = policy::compile(*parsed.policy, heritage, {datapath.bucket_sets(), datapath.now_mono_ns(), 8});
		if (!image)
			throw std::runtime_error(image.error().sentence());
		return std::move(*image);
	}

	// By name, as people are shown them: packets of services and of rules.
	static std::map<std::string, std::uint64_t> counted(KernelDatapath& datapath)
	{
		const auto running = datapath.running();
		const auto counters = datapath.counters();
		if (!running || !*running || !counters)
			throw std::runtime_error("nothing is running");
		std::map<std::string, std::uint64_t> packets;
		for (const auto& row : counters->by_service)
			packets[(*running)->services.at(row.service).text] += row.value.packets;
		for (const auto& row : counters->by_rule)
			packets[(*running)->rules.at(row.rule).text] += row.value.packets;
		return packets;
	}

	static void send(KernelDatapath& datapath, int frames)
	{
		for (int i = 0; i < frames; i++)
			ASSERT_TRUE(run_packet(datapath.program_fd(), udp_frame()));
	}
};

using Packets = std::map<std::string, std::uint64_t>;

TEST_F(InstallCounters, WhatACandidateSaidOfASlotStartsAtZeroToo)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(image_of(crowded_policy("a"), *datapath)));
	ASSERT_TRUE(datapath->shadow(image_of(crowded_policy("a"), *datapath)));
	send(*datapath, 5);
	ASSERT_FALSE(datapath->shadow_counters()->by_service.empty());
	ASSERT_TRUE(datapath->install(image_of("version: 1\n", *datapath), datapath::ShadowFate::kGoesOn));
	ASSERT_FALSE(datapath->shadow_counters()->by_service.empty()) << "a retired name keeps its counters";
	ASSERT_TRUE(datapath->install(image_of(crowded_policy("b"), *datapath), datapath::ShadowFate::kGoesOn));
	EXPECT_TRUE(datapath->shadow_counters()->by_service.empty());
	send(*datapath, 1);
	std::uint64_t packets = 0;
	const auto counters = datapath->shadow_counters();
	for (const auto& row : counters->by_service)
		packets += row.value.packets;
	EXPECT_EQ(1u, packets);
}

TEST_F(InstallCounters, ANameThatTakesOverANumberStartsAtZero)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(image_of(crowded_policy("a"), *datapath)));
	send(*datapath, 5);
	ASSERT_EQ((Packets{{"a", 5}, {"a/all-sources", 3}}), counted(*datapath));
	ASSERT_TRUE(datapath->install(image_of("version: 1\n", *datapath)));
	ASSERT_EQ((Packets{{"a", 5}, {"a/all-sources", 3}}), counted(*datapath)) << "retired names keep their counters";
	ASSERT_TRUE(datapath->install(image_of(crowded_policy("b"), *datapath)));
	EXPECT_EQ((Packets{{"a/all-sources", 3}}), counted(*datapath)) << "rule numbers were free, service slots were not";
	send(*datapath, 2);
	EXPECT_EQ((Packets{{"a/all-sources", 3}, {"b", 2}}), counted(*datapath));
}

TEST_F(InstallCounters, ANameThatReturnsGoesOn)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(image_of(small_policy("a"), *datapath)));
	send(*datapath, 5);
	ASSERT_TRUE(datapath->install(image_of("version: 1\n", *datapath)));
	ASSERT_TRUE(datapath->install(image_of(small_policy("a"), *datapath)));
	EXPECT_EQ((Packets{{"a", 5}, {"a/all-sources", 3}}), counted(*datapath));
}

TEST_F(InstallCounters, ARuleNumberStartsAtZeroToo)
{
	const auto datapath = open();
	policy::Image image = image_of(small_policy("a"), *datapath);
	ASSERT_TRUE(datapath->install(image));
	send(*datapath, 3);
	ASSERT_EQ((Packets{{"a", 3}, {"a/all-sources", 1}}), counted(*datapath));
	std::strncpy(image.rule_names.at(SLUICE_RULE_FIRST).text, "other", SLUICE_NAME_SIZE - 1);
	ASSERT_TRUE(datapath->install(image));
	EXPECT_EQ((Packets{{"a", 3}}), counted(*datapath));
}

// For every kernel call of an install that takes over a number: fail it, and nothing that is shown has changed.
TEST_F(InstallCounters, AFailedInstallLosesNoCount)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(image_of(small_policy("a"), *datapath)));
	ASSERT_TRUE(datapath->attach("sl0", {}));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	send(*datapath, 5);
	ASSERT_TRUE(datapath->install(image_of("version: 1\n", *datapath)));
	const Packets before = counted(*datapath);
	ASSERT_EQ((Packets{{"a", 5}, {"a/all-sources", 3}}), before);

	const policy::Image image = image_without_heritage(small_policy("b"), *datapath);
	unsigned failures = 0;
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto running = datapath->install(image);
		calls_.fail_at(0, 0);
		if (running)
			break;
		failures++;
		ASSERT_EQ(before, counted(*datapath)) << running.error().sentence();
	}
	EXPECT_GT(failures, 100u);
	EXPECT_EQ(Packets{}, counted(*datapath));
}

}  // namespace
}  // namespace sluice::kernel::test
