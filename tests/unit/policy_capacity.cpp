// Policies that are too large: what no file of the corpus could show in a few lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "policy/compile.h"
#include "policy/list_file.h"
#include "policy/yaml.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

std::string repeated(int count, const std::function<std::string(int)>& text)
{
	std::string out;
	for (int i = 0; i < count; i++)
		out += text(i);
	return out;
}

std::string number(int i)
{
	return std::to_string(i);
}

std::string said(const std::string& text, const Files& files = {})
{
	const Parsed parsed = parse_text(text, files);
	return all_of(parsed.policy ? validate(*parsed.policy) : parsed.diagnostics);
}

std::string compile_says(const std::string& text, std::uint32_t bucket_sets = 1u << 19)
{
	const auto image = compile(right_policy(text), {}, {.bucket_sets = bucket_sets});
	return image ? "" : image.error().sentence();
}

TEST(PolicyCapacity, TheText)
{
	EXPECT_EQ(said(std::string(kMostPolicyBytes + 1, '#')), "/etc/sluice/policy.yaml: error: larger than 4 MiB (move long lists of prefixes to files)\n");
	const std::string values = said("a: [" + repeated(kMostValues, [](int) { return "1,"; }) + "]\n");
	EXPECT_NE(values.find(": error: more than 524288 values (move long lists of prefixes to files)\n"), std::string::npos) << values;
}

TEST(PolicyCapacity, DiagnosticsAreCountedPastTheFirst)
{
	const std::string all = said("version: 1\n" + repeated(203, [](int i) { return "key" + number(i) + ": 1\n"; }));
	EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 201);
	EXPECT_NE(all.find("/etc/sluice/policy.yaml: error: 3 more errors are not shown\n"), std::string::npos) << all.substr(all.size() - 200);
	const ListFile list = parse_list(repeated(22, [](int) { return "x\n"; }), "l", 1);
	ASSERT_EQ(list.diagnostics.size(), kMostListErrors + 1);
	EXPECT_EQ(list.diagnostics.back().to_string(), "l: error: 2 more lines are wrong");
}

TEST(PolicyCapacity, ContradictionsAreCountedPastTheFirst)
{
	const std::string prefixes = repeated(22, [](int i) { return "192.0.2." + number(i) + "\n"; });
	const std::string all = validated("sources:\n  - {name: a, action: deny, files: [l]}\n  - {name: b, action: allow, files: [l]}\n",
					  {{"/etc/sluice/l", prefixes}});
	EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 21);
	EXPECT_NE(all.find("/etc/sluice/policy.yaml: error: 2 more prefixes are on two lists that treat them differently\n"), std::string::npos) << all;
}

TEST(PolicyCapacity, Tables)
{
	const auto service = [](int i) { return "  - {name: s" + number(i) + ", protocol: tcp, ports: [" + number(i + 1) + "], "; };
	EXPECT_EQ(validated("services:\n" + repeated(255, [&](int i) { return service(i) + "admit: anyone}\n"; })),
		  "/etc/sluice/policy.yaml: error: 255 services; at most 254 have room (join services that share limits)\n");
	EXPECT_EQ(validated("services:\n" + repeated(200, [&](int i) {
				    return service(i) + "each-source: {packets: 1/s}, all-sources: {packets: 1/s}, each-prefix: {limit: {packets: 1/s}}}\n";
			    })),
		  "/etc/sluice/policy.yaml: error: 600 limits in use; at most 511 have room (join services that share limits)\n");
	EXPECT_EQ(validated("sources:\n" + repeated(960, [](int i) {
				    return "  - {name: l" + number(i) + ", action: deny, prefixes: [10." + number(i / 250) + "." + number(i % 250) + ".1]}\n";
			    })),
		  "/etc/sluice/policy.yaml: error: 960 lists and limits; at most 958 have room (join lists that share a meaning)\n");
	EXPECT_EQ(validated("services:\n  - name: s\n    protocol: tcp\n    addresses:\n" + repeated(4097, [](int i) {
				    return "      - 10.0." + number(i / 250) + "." + number(i % 250) + "\n";
			    })),
		  "/etc/sluice/policy.yaml: error: 4097 addresses of services; at most 4096 have room (name prefixes)\n");
	const std::string files = said("version: 1\nsources:\n  - name: l\n    action: deny\n    files:\n" +
					       repeated(4097, [](int i) { return "      - f" + number(i) + "\n"; }),
				       [] {
					       Files all;
					       for (int i = 0; i < 4097; i++)
						       all["/etc/sluice/f" + number(i)] = "192.0.2.1\n";
					       return all;
				       }());
	EXPECT_EQ(files, "/etc/sluice/policy.yaml:4101:9: error: more than 4096 files (join some of them)\n");
}

TEST(PolicyCapacity, TheLimitersTable)
{
	EXPECT_EQ(compile_says("services:\n  - {name: api, protocol: tcp, each-source: {packets: 10/s, keys: 1M}}\n", 1u << 10),
		  "api/each-source: the limiter's table has no room for it: the limits need 8 MiB of 1 (raise --limiter-memory, or lower 'keys' of some limits)");
}

// Every subset of sixteen failsafe entries holds some source.
TEST(PolicyCapacity, CombinationsOfFailsafeEntries)
{
	Policy policy;
	for (int entry = 0; entry < 16; entry++) {
		policy.failsafe.emplace_back();
		for (int source = 0; source < 1 << 16; source++) {
			if (source >> entry & 1)
				policy.failsafe.back().from.push_back(*net::Prefix::parse("10.0." + number(source >> 8) + "." + number(source & 255)));
		}
	}
	const auto image = compile(policy, {}, {.bucket_sets = 1u << 10});
	ASSERT_FALSE(image);
	EXPECT_EQ(image.error().sentence(),
		  "more than 32768 combinations of lists, prefix lengths and failsafe entries (join failsafe entries whose prefixes overlap)");
}

// Thirteen failsafe entries with the ports whose number has their bit: every port is another combination.
TEST(PolicyCapacity, CombinationsOnOnePort)
{
	Policy policy;
	for (unsigned entry = 0; entry < 13; entry++) {
		policy.failsafe.emplace_back();
		policy.failsafe.back().protocol = net::kTcp;
		for (unsigned port = 0; port < 1u << 13; port++) {
			if (port >> entry & 1)
				policy.failsafe.back().ports.push_back({static_cast<std::uint16_t>(port), static_cast<std::uint16_t>(port)});
		}
	}
	const auto image = compile(policy, {}, {.bucket_sets = 1u << 10});
	ASSERT_FALSE(image);
	EXPECT_EQ(image.error().sentence(),
		  "more than 4096 combinations of services on one port (join services that share addresses and limits)");
}

// Each service has an address of its own and shares one with the next.
TEST(PolicyCapacity, CombinationsOfPortsAndDestinations)
{
	const std::string text = "services:\n" + repeated(250, [](int i) {
		return "  - {name: s" + number(i) + ", protocol: tcp, ports: [" + number(2 * i + 1) + "], addresses: [10.0.0." + number(i) +
		       ", 10.1.0." + number(i) + ", 10.1.0." + number(i + 1) + "]}\n";
	});
	EXPECT_EQ(compile_says(text), "more than 65536 combinations of ports and destinations (join services that share addresses)");
}

}  // namespace
}  // namespace sluice::policy
