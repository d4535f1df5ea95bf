#include "support/gate.h"

#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "kernel/run_packet.h"
#include "kernel/typed_map.h"
#include "policy/compile.h"
#include "policy/parse.h"
#include "policy/validate.h"
#include "sluice/abi/verdict.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

std::string counted_as(std::size_t reason)
{
	const std::string name = reason_name(reason);
	return name.empty() ? "reason " + std::to_string(reason) : name;
}

std::string sentences(const policy::Diagnostics& diagnostics)
{
	std::string text;
	for (const auto& diagnostic : diagnostics)
		text += diagnostic.to_string() + "\n";
	return text;
}

std::string text_of(const std::vector<sluice_name>& names, std::size_t index)
{
	return index < names.size() ? std::string(names[index].text) : "number " + std::to_string(index);
}

std::string unique_pins()
{
	static int count = 0;
	return "/sys/fs/bpf/sluice_gate_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

void add_counter(sluice_counter& sum, const sluice_counter& one)
{
	sum.packets += one.packets;
	sum.bytes += one.bytes;
}

bool moved(const sluice_counter& before, const sluice_counter& after)
{
	return before.packets != after.packets || before.bytes != after.bytes;
}

// Indices at which two rows of counters differ. `before` may be shorter.
std::vector<std::size_t> moves(const std::vector<sluice_counter>& before, const std::vector<sluice_counter>& after)
{
	std::vector<std::size_t> found;
	for (std::size_t i = 0; i < after.size(); i++) {
		if (moved(i < before.size() ? before[i] : sluice_counter{}, after[i]))
			found.push_back(i);
	}
	return found;
}

std::span<const std::byte> as_bytes(Frame frame)
{
	return std::as_bytes(frame);
}

}  // namespace

Result<policy::Policy> policy_of(const std::string& text)
{
	auto parsed = policy::parse(text, "policy.yaml", [](const std::string& path) -> Result<std::string> {
		return read_file(path);
	});
	if (!parsed.policy)
		return Error(ErrorCode::kInvalid, sentences(parsed.diagnostics));
	const auto contradictions = policy::validate(*parsed.policy);
	if (policy::has_errors(contradictions))
		return Error(ErrorCode::kInvalid, sentences(contradictions));
	return std::move(*parsed.policy);
}

Result<std::unique_ptr<Gate>> Gate::open(kernel::Options options)
{
	options.pins = unique_pins();
	std::unique_ptr<Gate> gate(new Gate(std::move(options)));
	SLUICE_TRY(gate->connect());
	return gate;
}

Gate::~Gate()
{
	datapath_.reset();
	std::error_code ignored;
	std::filesystem::remove_all(options_.pins, ignored);
}

Result<void> Gate::connect()
{
	SLUICE_TRY_ASSIGN(datapath_, kernel::KernelDatapath::open(options_, clock_, calls_));
	return {};
}

Result<void> Gate::reopen()
{
	datapath_.reset();
	SLUICE_TRY(connect());
	SLUICE_TRY_ASSIGN(auto running, datapath_->running());
	if (!running)
		return Error(ErrorCode::kNotFound, "nothing runs after reopening");
	running_ = std::move(*running);
	return {};
}

Result<kernel::Map> Gate::state(const std::string& name)
{
	return kernel::Map::open_pin(calls_, options_.pins + "/state/" + name, name);
}

Result<void> Gate::install(const std::string& text)
{
	SLUICE_TRY_ASSIGN(const auto policy, policy_of(text));
	return install(policy);
}

Result<policy::Image> Gate::compile(const policy::Policy& policy)
{
	SLUICE_TRY_ASSIGN(const auto heritage, datapath_->heritage());
	policy::CompileOptions options;
	options.bucket_sets = datapath_->bucket_sets();
	options.now_mono_ns = clock_.coarse_mono_ns();
	return policy::compile(policy, heritage, options);
}

Result<void> Gate::shadow(const std::string& text)
{
	SLUICE_TRY_ASSIGN(const auto policy, policy_of(text));
	SLUICE_TRY_ASSIGN(auto image, compile(policy));
	SLUICE_TRY(datapath_->shadow(std::move(image)));
	return {};
}

Result<void> Gate::install(const policy::Policy& policy)
{
	SLUICE_TRY_ASSIGN(auto image, compile(policy));
	SLUICE_TRY_ASSIGN(running_, datapath_->install(std::move(image)));
	if (!counters_) {
		SLUICE_TRY_ASSIGN(auto counters, state("counters"));
		counters_ = std::make_unique<kernel::Map>(std::move(counters));
		SLUICE_TRY_ASSIGN(auto rules, state("rule_counters"));
		rule_counters_ = std::make_unique<kernel::Map>(std::move(rules));
	}
	return {};
}

Result<Gate::Counts> Gate::read_counts() const
{
	Counts counts;
	const auto services = static_cast<std::uint32_t>(running_.services.size());
	const auto rules = static_cast<std::uint32_t>(running_.rules.size());
	SLUICE_TRY_ASSIGN(counts.by_service,
			  kernel::read_summed<sluice_counter>(*counters_, services * SLUICE_REASONS, add_counter));
	SLUICE_TRY_ASSIGN(counts.by_rule, kernel::read_summed<sluice_counter>(*rule_counters_, rules, add_counter));
	return counts;
}

Result<Judgement> Gate::judge(Frame frame)
{
	SLUICE_TRY_ASSIGN(const Counts before, read_counts());
	SLUICE_TRY_ASSIGN(const kernel::PacketRun run, kernel::run_packet(program(), as_bytes(frame)));
	SLUICE_TRY_ASSIGN(const Counts after, read_counts());
	if (run.action != XDP_PASS && run.action != XDP_DROP && run.action != XDP_TX)
		return Error(ErrorCode::kFailed, "the program answered action " + std::to_string(run.action));
	SLUICE_TRY_ASSIGN(Judgement judgement, explain(before, after, frame.size()));
	judgement.passes = run.action == XDP_PASS;
	judgement.replies = run.action == XDP_TX;
	return judgement;
}

Result<Judgement> Gate::explain(const Counts& before, const Counts& after, std::size_t bytes) const
{
	const auto counted = moves(before.by_service, after.by_service);
	const auto rules = moves(before.by_rule, after.by_rule);
	if (counted.size() != 1 || rules.size() > 1)
		return Error(ErrorCode::kFailed, std::to_string(counted.size()) + " counters and " +
							 std::to_string(rules.size()) + " rules moved for one packet");
	const auto check = [&](const sluice_counter& was, const sluice_counter& is) {
		return is.packets - was.packets == 1 && is.bytes - was.bytes == bytes;
	};
	if (!check(before.by_service[counted[0]], after.by_service[counted[0]]) ||
	    (!rules.empty() && !check(before.by_rule[rules[0]], after.by_rule[rules[0]])))
		return Error(ErrorCode::kFailed, "a counter moved by something else than one packet of " +
							 std::to_string(bytes) + " bytes");
	Judgement judgement;
	judgement.reason = counted_as(counted[0] % SLUICE_REASONS);
	judgement.service = text_of(running_.services, counted[0] / SLUICE_REASONS);
	judgement.rule = rules.empty() ? "" : text_of(running_.rules, rules[0]);
	return judgement;
}

Result<std::uint64_t> Gate::flood(Frame frame, std::uint32_t count)
{
	SLUICE_TRY_ASSIGN(const Counts before, read_counts());
	SLUICE_TRY(kernel::run_packet(program(), as_bytes(frame), {.repeat = count}));
	SLUICE_TRY_ASSIGN(const Counts after, read_counts());
	std::uint64_t passed = 0;
	for (std::size_t i = 0; i < after.by_service.size(); i++) {
		if (sluice_reason_passes(i % SLUICE_REASONS))
			passed += after.by_service[i].packets - before.by_service[i].packets;
	}
	return passed;
}

Result<void> Gate::ban(const std::string& prefix, std::uint64_t duration_ns)
{
	SLUICE_TRY_ASSIGN(const auto banned, net::Prefix::parse(prefix));
	return datapath_->ban({banned, clock_.mono_ns() + duration_ns, clock_.unix_ns(), "test"});
}

Result<void> Gate::unban(const std::string& prefix)
{
	SLUICE_TRY_ASSIGN(const auto banned, net::Prefix::parse(prefix));
	return datapath_->unban(banned);
}

Result<std::map<std::string, std::uint64_t>> Gate::reasons()
{
	SLUICE_TRY_ASSIGN(const auto counters, datapath_->counters());
	std::map<std::string, std::uint64_t> sums;
	for (const auto& row : counters.by_service)
		sums[counted_as(row.reason)] += row.value.packets;
	return sums;
}

void GateTest::SetUp()
{
	auto gate = Gate::open();
	if (!gate && gate.error().code() == ErrorCode::kDenied)
		GTEST_SKIP() << "needs to load programs: " << gate.error().sentence();
	ASSERT_TRUE(gate) << gate.error().sentence();
	gate_ = std::move(*gate);
}

void GateTest::install(const std::string& text)
{
	const auto installed = gate_->install(text);
	ASSERT_TRUE(installed) << installed.error().sentence();
}

Judgement GateTest::judge(const Packet& packet)
{
	const auto judgement = gate_->judge(packet.bytes());
	if (!judgement) {
		ADD_FAILURE() << judgement.error().sentence() << " for " << to_string(packet);
		return {};
	}
	return *judgement;
}

}  // namespace sluice::test
