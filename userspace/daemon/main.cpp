// `sluiced`: the daemon's composition root. Exit codes: 0 done, 1 failed, 2 the command line or the policy is wrong.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notifier.h"
#include "daemon/daemon.h"
#include "daemon/options.h"
#include "daemon/privileges.h"
#include "kernel/bpffs.h"
#include "kernel/calls.h"
#include "kernel/kernel_datapath.h"
#include "kernel/pin_lock.h"
#include "kernel/probe.h"

namespace sluice::daemon {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrong = 2;

int fail(const Error& error)
{
	std::fprintf(stderr, "sluiced: %s\n", error.sentence().c_str());
	return error.code() == ErrorCode::kInvalid ? kWrong : kFailed;
}

// The pins directory, ours alone: before anything in it is read or written.
Result<kernel::PinLock> own_pins(const std::string& pins)
{
	SLUICE_TRY(kernel::ensure_bpffs(pins));
	std::error_code failure;
	std::filesystem::create_directories(pins, failure);
	if (failure)
		return Error(ErrorCode::kFailed, "make " + pins + ": " + failure.message());
	return kernel::PinLock::take(pins);
}

// Random at every start of the host. A kernel that does not say makes every start of the daemon one of the host: what
// waits for a confirmation is then rolled back, never kept.
std::string boot_name()
{
	const auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
	return text ? text->substr(0, text->find('\n')) : "started at " + std::to_string(SystemClock().boot_ns());
}

std::string beside_this_program(const std::string& name)
{
	std::error_code failure;
	return std::filesystem::read_symlink("/proc/self/exe", failure).replace_filename(name).string();
}

Result<void> serve(Daemon& daemon)
{
	SLUICE_TRY(daemon.start());
	SLUICE_TRY(shed_privileges());
	return daemon.run();
}

int run(const Options& options)
{
	const Notifier notifier = Notifier::take_from_environment();
	const auto lock = own_pins(options.pins);
	if (!lock)
		return fail(lock.error());

	const SystemClock clock;
	kernel::Calls calls;
	if (const auto able = kernel::require_kernel(calls); !able)
		return fail(able.error());
	kernel::Options kernel_options;
	kernel_options.pins = options.pins;
	kernel_options.bucket_bytes = options.limiter_bytes;
	kernel_options.ban_capacity = options.bans;
	kernel_options.identity_capacity = options.identities + 1;
	kernel_options.lease_capacity = options.leases;
	auto datapath = kernel::KernelDatapath::open(kernel_options, clock, calls);
	if (!datapath)
		return fail(datapath.error());

	Daemon daemon(options, {**datapath, clock, notifier, (*datapath)->bucket_sets(), [&datapath] { return (*datapath)->take_notes(); }, boot_name()});
	const auto served = serve(daemon);
	if (served)
		return kDone;
	for (const auto& diagnostic : daemon.diagnostics())
		std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
	return fail(served.error());
}

}  // namespace
}  // namespace sluice::daemon

int main(int argc, char** argv)
{
	using namespace sluice;

	std::signal(SIGPIPE, SIG_IGN);
	try {
		auto parsed = daemon::parse_options({argv + 1, argv + argc});
		if (!parsed)
			return daemon::fail(parsed.error());
		if (const auto* text = std::get_if<std::string>(&*parsed)) {
			std::fputs(text->c_str(), stdout);
			return daemon::kDone;
		}
		auto& options = std::get<daemon::Options>(*parsed);
		options.identity_program = daemon::beside_this_program("sluice-identity");
		set_up_log(options.log_level);
		return daemon::run(options);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "sluiced: internal: %s (this is a defect; please report it)\n", error.what());
		return daemon::kFailed;
	}
}
