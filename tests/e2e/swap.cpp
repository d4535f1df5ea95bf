// Policies change places a thousand times under a flood: no packet is judged by half of one, none passes unjudged.
//
// In both policies the flood is denied, each by a list of its own and at a service of its own. They are made so that a
// mixture would show: the class that is "denied" in one is "allowed" in the other, and the slots of the services differ.
#include <algorithm>
#include <filesystem>
#include <map>

#include "kernel/kernel_datapath.h"
#include "policy/compile.h"
#include "policy/load.h"
#include "policy/parse.h"
#include "story.h"
#include "telemetry/names.h"
#include "telemetry/reasons.h"

namespace sluice::e2e {

namespace {

constexpr unsigned kSwaps = 1000;
constexpr unsigned kOfOneInstall = 10;  // a generation that is loaded goes on as often, before the next one is built
constexpr const char* kOne = R"(version: 1
sources:
  - {name: bad-one, action: deny, prefixes: [198.51.100.0/24]}
  - {name: good-one, action: allow, prefixes: [203.0.113.0/24]}
services:
  - {name: one, protocol: udp, ports: [9000]}
)";
constexpr const char* kOther = R"(version: 1
sources:
  - {name: bad-other, action: deny, prefixes: [198.51.100.0/24]}
  - {name: good-other, action: allow, prefixes: [192.0.2.128/25]}
services:
  - {name: other, protocol: udp, ports: [9000]}
)";

class Swap : public Story {
protected:
	void SetUp() override
	{
		Story::SetUp();
		if (IsSkipped())
			return;
		lab::remove_daemon_leftovers();
		options_.pins = "/sys/fs/bpf/sluice-lab-" + std::to_string(::getpid()) + "-swap";
		options_.bucket_bytes = 1u << 20;
		options_.ban_capacity = 64;
	}
	void TearDown() override
	{
		datapath_.reset();
		std::error_code ignored;
		std::filesystem::remove_all(options_.pins, ignored);
	}

	policy::Image image_of(const char* text)
	{
		const std::string name = text == kOne ? "one" : "other";
		auto loaded = policy::load_text(text, "policy.yaml", [](const std::string&) { return Result<std::string>(std::string()); });
		const policy::Heritage heritage = must(datapath_->heritage());
		policy::Image image = must(policy::compile(*loaded.policy, heritage, {.bucket_sets = datapath_->bucket_sets()}));
		std::fill(std::begin(image.meta.policy_path), std::end(image.meta.policy_path), '\0');
		name.copy(image.meta.policy_path, sizeof(image.meta.policy_path) - 1);
		return image;
	}

	// Back to the generation before, which is loaded: the same one link update, without what it takes to build one.
	void swap_back()
	{
		must(wire().gate().inside([&]() -> Result<void> {
			SLUICE_TRY_ASSIGN(running_, datapath_->revert());
			return {};
		}));
	}

	void install(policy::Image image)
	{
		must(wire().gate().inside([&]() -> Result<void> {
			SLUICE_TRY_ASSIGN(running_, datapath_->install(std::move(image)));
			return {};
		}));
	}

	struct Seen {
		std::map<std::pair<std::string, std::string>, std::uint64_t> services;  // service and reason
		std::map<std::string, std::uint64_t> rules;
		std::uint64_t packets = 0;
	};
	Seen seen()
	{
		const datapath::Counters counters = must(datapath_->counters());
		Seen out;
		for (const auto& row : counters.by_service) {
			out.services[{telemetry::name_of(running_.services, row.service), telemetry::reason_name(row.reason)}] += row.value.packets;
			out.packets += row.value.packets;
		}
		for (const auto& row : counters.by_rule)
			out.rules[telemetry::name_of(running_.rules, row.rule)] += row.value.packets;
		return out;
	}

	kernel::Options options_;
	SystemClock clock_;
	kernel::Calls calls_;
	std::unique_ptr<kernel::KernelDatapath> datapath_;
	datapath::Running running_;
};

}  // namespace

TEST_F(Swap, AThousandTimesUnderAFlood)
{
	must(wire().gate().inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(datapath_, kernel::KernelDatapath::open(options_, clock_, calls_));
		return {};
	}));
	install(image_of(kOne));
	must(wire().gate().inside([&]() -> Result<void> {
		SLUICE_TRY(datapath_->attach(lab::kInterface, {}));
		return {};
	}));
	// Each knows the other's names, so that numbers stay where they are.
	install(image_of(kOther));
	const policy::Image one = image_of(kOne);
	install(one);
	const policy::Image other = image_of(kOther);

	const std::uint64_t judged_before = seen().packets;
	const std::uint32_t received_before = received();
	lab::FloodShape shape;
	shape.frame = frame_from("198.51.100.0");
	shape.sources = 256;
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start());
	std::uint64_t offered = 0;
	for (unsigned i = 0; i < kSwaps; i++) {
		if (i % kOfOneInstall == 0)
			install(running_.meta.policy_path == std::string("one") ? other : one);
		else
			swap_back();
		if (i % 100 == 99) {
			EXPECT_GT(flood.offered(), offered) << "the flood stood still after swap " << i;
			offered = flood.offered();
		}
	}
	must(flood.stop());

	// None passed unjudged: what arrived is what was counted.
	EXPECT_TRUE(until([&] { return static_cast<std::uint32_t>(seen().packets - judged_before) == received() - received_before; }))
	    << seen().packets - judged_before << " judged, " << received() - received_before << " received";
	// None was judged by a half: service, reason and list of every one belong together.
	Seen all = seen();
	const std::uint64_t by_one = all.services[{"one", "listed-deny"}];
	const std::uint64_t by_other = all.services[{"other", "listed-deny"}];
	EXPECT_EQ(all.rules["bad-one"], by_one);
	EXPECT_EQ(all.rules["bad-other"], by_other);
	EXPECT_GT(by_one, 0u);
	EXPECT_GT(by_other, 0u);
	for (const auto& [where, packets] : all.services) {
		if (where.first == "one" || where.first == "other") {
			EXPECT_EQ(where.second, "listed-deny") << where.first << ": " << packets;
		}
	}
	EXPECT_EQ(all.rules["good-one"] + all.rules["good-other"], 0u);
	EXPECT_GT(by_one + by_other, flood.offered() / 2);
	std::printf("%u swaps, %llu packets judged by the one, %llu by the other\n", kSwaps, static_cast<unsigned long long>(by_one),
		    static_cast<unsigned long long>(by_other));
}

}  // namespace sluice::e2e
