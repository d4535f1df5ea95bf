// What do leases cost: granted and renewed a second, a revocation, memory, and a packet that is somebody's.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "bench.h"
#include "contestant.h"
#include "daemon/lease_book.h"
#include "kernel/calls.h"
#include "kernel/kernel_datapath.h"
#include "measure.h"
#include "policy/compile.h"
#include "policy/parse.h"
#include "policy/validate.h"
#include "text/number.h"

namespace sluice::bench {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t kIdentities = 1000;
constexpr std::size_t kRevoked = 500;
constexpr std::size_t kFlows[] = {100'000, 1'000'000};
constexpr std::uint16_t kLeased = 443, kOpen = 8443;
constexpr const char* kPolicy = R"(version: 1
identity:
  roles: [{name: reader, identities: ["spiffe://prod.example/**"]}]
services:
  - {name: leased, protocol: tcp, ports: [443], admit: {roles: [reader]}, each-identity: {packets: 20/s, burst: 40}}
  - {name: open, protocol: tcp, ports: [8443], each-source: {packets: 20/s, burst: 40}}
)";

double elapsed_since(std::chrono::steady_clock::time_point start)
{
	return Seconds(std::chrono::steady_clock::now() - start).count();
}

// Of the heap, in use: pages that were given back or kept say nothing here.
std::uint64_t allocated_bytes()
{
	const auto heap = ::mallinfo2();
	return heap.uordblks + heap.hblkhd;
}

std::string sentences(const policy::Diagnostics& diagnostics)
{
	std::string all;
	for (const auto& diagnostic : diagnostics)
		all += diagnostic.to_string() + "; ";
	return all;
}

// The datapath alone, with room for so many flows; its pins go with it.
class Gate {
public:
	static Result<std::unique_ptr<Gate>> open(std::size_t flows)
	{
		std::unique_ptr<Gate> gate(new Gate);
		kernel::Options options;
		options.pins = gate->pins_;
		options.lease_capacity = static_cast<std::uint32_t>(flows);
		SLUICE_TRY_ASSIGN(gate->datapath_, kernel::KernelDatapath::open(options, gate->clock_, gate->calls_));
		SLUICE_TRY(gate->install());
		return gate;
	}
	~Gate()
	{
		datapath_.reset();
		std::error_code ignored;
		std::filesystem::remove_all(pins_, ignored);
	}

	kernel::KernelDatapath& datapath() { return *datapath_; }
	const Clock& clock() const { return clock_; }

private:
	Gate() : pins_("/sys/fs/bpf/sluice-lab-" + std::to_string(::getpid()) + "-identity") {}

	Result<void> install()
	{
		auto parsed = policy::parse(kPolicy, "policy.yaml", [](const std::string& path) -> Result<std::string> {
			return Error(ErrorCode::kNotFound, path);
		});
		if (!parsed.policy)
			return Error(ErrorCode::kFailed, sentences(parsed.diagnostics));
		SLUICE_TRY_ASSIGN(const auto heritage, datapath_->heritage());
		policy::CompileOptions options;
		options.bucket_sets = datapath_->bucket_sets();
		options.now_mono_ns = clock_.coarse_mono_ns();
		SLUICE_TRY_ASSIGN(policy::Image image, policy::compile(*parsed.policy, heritage, options));
		SLUICE_TRY(datapath_->install(std::move(image)));
		return {};
	}

	std::string pins_;
	SystemClock clock_;
	kernel::Calls calls_;
	std::unique_ptr<kernel::KernelDatapath> datapath_;
};

identity::Identity identity_of(std::size_t number, const Clock& clock)
{
	identity::Identity identity;
	identity.name = "spiffe://prod.example/workload-" + std::to_string(number);
	identity.authority = "prod.example";
	identity.roles = identity::Roles{1} << SLUICE_ROLE_FIRST;
	identity.until = identity::moment_of_unix_ns(clock.unix_ns()) + std::chrono::hours(1);
	return identity;
}

// Flow 0 is the one whose packets are judged.
datapath::Flow flow_of(std::size_t number)
{
	const lab::Frame frame = api_flood(1, false).frame;
	std::array<std::uint8_t, 16> source = frame.source.bytes();
	const auto host = static_cast<std::uint32_t>(number / 50'000);
	source[14] = static_cast<std::uint8_t>(source[14] + (host >> 8));
	source[15] = static_cast<std::uint8_t>(source[15] + host);
	return {net::Address::from_bytes(source), frame.destination, static_cast<std::uint16_t>(frame.source_port - number % 50'000 % 40'000), kLeased, net::kTcp};
}

// Seconds for a lease of every flow, by turns of the identities.
Result<double> lease_all(daemon::LeaseBook& book, const Clock& clock, std::size_t flows)
{
	std::vector<identity::Identity> identities;
	for (std::size_t i = 0; i < kIdentities; i++)
		identities.push_back(identity_of(i, clock));
	const auto started = std::chrono::steady_clock::now();
	for (std::size_t i = 0; i < flows; i++) {
		const auto granted = book.grant(identities[i % kIdentities], flow_of(i));
		if (!granted)
			return Error(ErrorCode::kFailed, "flow " + std::to_string(i) + ": " + std::string(name_of(granted.error().refusal)) + " " + granted.error().detail);
	}
	return elapsed_since(started);
}

// Microseconds of each of kRevoked revocations, and whether the next packet of a flow of the last is nobody's.
Result<std::vector<double>> revoke_some(daemon::LeaseBook& book)
{
	std::vector<double> took;
	for (std::size_t i = 1; i <= kRevoked; i++) {
		const std::string name = "spiffe://prod.example/workload-" + std::to_string(i);
		const auto started = std::chrono::steady_clock::now();
		SLUICE_TRY_ASSIGN(const std::size_t ended, book.revoke(name));
		took.push_back(1e6 * elapsed_since(started));
		if (ended == 0)
			return Error(ErrorCode::kFailed, name + " had no lease to end");
	}
	std::sort(took.begin(), took.end());
	return took;
}

Result<std::vector<double>> judge(Contestant& floor, Gate& gate, std::uint16_t port, const Options& options)
{
	lab::FloodShape shape = api_flood(1, false);
	shape.frame.destination_port = port;
	shape.vary_port = false;
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open(floor.wire().world(), lab::kInterface, shape));
	const auto packets = static_cast<std::uint32_t>(2e7 * options.seconds);
	std::vector<double> over;
	for (unsigned round = 0; round < options.rounds; round++) {
		SLUICE_TRY_ASSIGN(const double alone, flood.judge(floor.program_fd(), packets));
		SLUICE_TRY_ASSIGN(const double judged, flood.judge(gate.datapath().program_fd(), packets));
		over.push_back(judged - alone);
	}
	return over;
}

void add(Answer& answer, const std::string& flows, const char* what, const std::string& text, nlohmann::json value)
{
	answer.rows.push_back({flows, what, text});
	answer.json["rows"].push_back({{"flows", flows}, {"what", what}, {"value", std::move(value)}});
}

std::string per_second(std::size_t count, double seconds)
{
	return text::grouped(static_cast<std::uint64_t>(static_cast<double>(count) / seconds)) + " /s";
}

std::string microseconds(double value)
{
	char text[32];
	std::snprintf(text, sizeof(text), "%.0f us", value);
	return text;
}

Result<void> measure(Answer& answer, Contestant& floor, std::size_t flows, const Options& options)
{
	SLUICE_TRY_ASSIGN(auto gate, Gate::open(flows));
	const std::string name = text::grouped(flows);
	const std::uint64_t before = allocated_bytes();
	daemon::LeaseBook book(gate->datapath(), gate->clock());
	book.set_terms({.longest_ns = 300ull * 1'000'000'000, .each_identity = flows, .each_authority = kIdentities, .unshared = {}});
	SLUICE_TRY(book.reconcile());
	SLUICE_TRY_ASSIGN(const double granting, lease_all(book, gate->clock(), flows));
	SLUICE_TRY_ASSIGN(const double renewing, lease_all(book, gate->clock(), flows));
	add(answer, name, "granted", per_second(flows, granting), static_cast<double>(flows) / granting);
	add(answer, name, "renewed", per_second(flows, renewing), static_cast<double>(flows) / renewing);
	const std::uint64_t daemon_bytes = allocated_bytes() - std::min(allocated_bytes(), before);
	SLUICE_TRY_ASSIGN(const auto memory, gate->datapath().memory());
	add(answer, name, "memory of the book; of the kernel, everything", text::bytes(daemon_bytes) + "; " + text::bytes(memory.kernel_bytes),
	    {{"daemon_bytes", daemon_bytes}, {"kernel_bytes", memory.kernel_bytes}});
	SLUICE_TRY_ASSIGN(const auto somebodys, judge(floor, *gate, kLeased, options));
	SLUICE_TRY_ASSIGN(const auto nobodys, judge(floor, *gate, kOpen, options));
	add(answer, name, "a packet of a leased flow over its limit", to_string(spread_of(somebodys), 0) + " ns", to_json(spread_of(somebodys)));
	add(answer, name, "the same, anonymous", to_string(spread_of(nobodys), 0) + " ns", to_json(spread_of(nobodys)));
	SLUICE_TRY_ASSIGN(const auto revoking, revoke_some(book));
	const double half = revoking[revoking.size() / 2], most = revoking[revoking.size() * 99 / 100];
	add(answer, name, "a revocation, median and 99th percentile", microseconds(half) + ", " + microseconds(most), {{"p50_us", half}, {"p99_us", most}});
	return {};
}

}  // namespace

Result<Answer> run_identity(const Options& options)
{
	SLUICE_TRY_ASSIGN(auto floor, open_floor_drop());
	Answer answer{"Leases of 1 000 identities, by the number of flows",
		      {"flows", "what", "figure (least to most)"},
		      {},
		      {"The daemon's book over the kernel's tables, one call after another, without certificates and without the audit log. A "
		       "revocation is in force for every packet that comes after the call.",
		       "Packets: nanoseconds over an empty program, by test runs, of one flow."},
		      {}};
	for (const std::size_t flows : kFlows) {
		if (options.quick && flows > kFlows[0])
			break;
		SLUICE_TRY(measure(answer, *floor, flows, options));
	}
	return answer;
}

}  // namespace sluice::bench
