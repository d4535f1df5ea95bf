#include "daemon/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include "control/messages.h"
#include "kernel/kernel_datapath.h"
#include "net/digits.h"

namespace sluice::daemon {
namespace {

constexpr const char* kAbout =
    "The daemon of Sluice: compiles the policy, installs it in the kernel, watches, and answers `sluice`.\n"
    "It attaches to no interface that was not named. What is attached goes on judging packets when it ends.";

constexpr std::uint64_t kLeastLimiterBytes = 64ull << 10;
constexpr std::uint64_t kMostLimiterBytes = 16ull << 30;

struct Raw {
	std::string mode = "auto";
	std::string limiter_memory = "32M";
	std::string log_level = "info";
};

void describe(CLI::App& app, Options& options, Raw& raw)
{
	app.set_version_flag("--version", std::string("sluiced ") + SLUICE_VERSION, "print the version");
	app.add_option("--policy", options.policy, "the policy file")->required()->type_name("FILE");
	app.add_option("--interface", options.interfaces, "attach to this interface; may be repeated")->type_name("IF");
	app.add_option("--socket", options.socket, "the control socket")->capture_default_str()->type_name("PATH");
	app.add_option("--socket-group", options.socket_group, "a group that may use the socket, beside root")->type_name("GROUP");
	app.add_option("--pins", options.pins, "where maps, programs and links are pinned")->capture_default_str()->type_name("DIR");
	app.add_option("--state", options.state, "where the history and what a rollback needs is kept; root's alone")
	    ->capture_default_str()->type_name("DIR");
	app.add_option("--mode", raw.mode, "auto, native or generic")
	    ->check(CLI::IsMember({"auto", "native", "generic"}))->capture_default_str()->type_name("MODE");
	app.add_option("--limiter-memory", raw.limiter_memory, "kernel memory for the levels of limits")
	    ->capture_default_str()->type_name("SIZE");
	app.add_option("--bans", options.bans, "room for so many bans")
	    ->check(CLI::Range(1u, 16u << 20))->capture_default_str()->type_name("N");
	app.add_option("--identities", options.identities, "room for so many identities at once")
	    ->check(CLI::Range(1u, 1u << 20))->capture_default_str()->type_name("N");
	app.add_option("--leases", options.leases, "room for so many leases")
	    ->check(CLI::Range(1u, 16u << 20))->capture_default_str()->type_name("N");
	app.add_flag("--detach-on-exit", options.detach_on_exit, "leave no program attached at a clean end");
	app.add_option("--log-level", raw.log_level, "debug, info, warning or error")->capture_default_str()->type_name("LEVEL");
	app.footer("SIGHUP reloads the policy. Exit codes: 0 done, 1 failed, 2 the command line or the policy is wrong.");
}

Result<void> finish(Options& options, const Raw& raw)
{
	if (raw.mode != "auto")
		options.mode = raw.mode == "native" ? datapath::AttachMode::kNative : datapath::AttachMode::kGeneric;
	SLUICE_TRY_ASSIGN(options.limiter_bytes, parse_size(raw.limiter_memory));
	if (options.limiter_bytes < kLeastLimiterBytes || options.limiter_bytes > kMostLimiterBytes)
		return Error(ErrorCode::kInvalid, "--limiter-memory " + raw.limiter_memory, "from 64K to 16G");
	SLUICE_TRY_ASSIGN(options.log_level, parse_log_level(raw.log_level));

	std::error_code failure;
	const auto path = std::filesystem::absolute(options.policy, failure);
	if (failure)
		return Error(ErrorCode::kInvalid, "--policy " + options.policy + ": " + failure.message());
	options.policy = path.lexically_normal().string();
	std::ranges::sort(options.interfaces);
	const auto twice = std::ranges::unique(options.interfaces);
	options.interfaces.erase(twice.begin(), twice.end());
	return {};
}

}  // namespace

Result<std::uint64_t> parse_size(const std::string& text)
{
	const Error error(ErrorCode::kInvalid, net::quoted(text) + " is no size", "write 33554432, 512K, 32M or 1G");
	std::string_view rest = text;
	const auto count = net::take_digits(rest, 1ull << 40);
	if (!count || rest.size() > 1)
		return error;
	if (rest.empty())
		return *count;
	const auto at = std::string_view("KMG").find(rest[0]);
	if (at == std::string_view::npos)
		return error;
	return *count << (10 * (at + 1));
}

Result<std::variant<Options, std::string>> parse_options(std::vector<std::string> arguments)
{
	using Outcome = std::variant<Options, std::string>;

	Options options;
	options.socket = control::kDefaultSocket;
	options.pins = kernel::kDefaultPins;
	options.state = kDefaultState;
	Raw raw;
	CLI::App app(kAbout, "sluiced");
	describe(app, options, raw);

	std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
	try {
		app.parse(arguments);
	} catch (const CLI::CallForVersion& version) {
		return Outcome(std::string(version.what()) + "\n");
	} catch (const CLI::CallForHelp&) {
		return Outcome(app.help());
	} catch (const CLI::Error& error) {
		std::string why = error.what();
		std::replace(why.begin(), why.end(), '\n', ' ');
		return Error(ErrorCode::kInvalid, why, "see `sluiced --help`");
	}
	SLUICE_TRY(finish(options, raw));
	return Outcome(std::move(options));
}

}  // namespace sluice::daemon
