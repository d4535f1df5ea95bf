#include "lab/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace sluice::lab {

namespace {

constexpr const char* kBpffs = "/sys/fs/bpf";
constexpr const char* kScratch = "/tmp";
constexpr std::string_view kPrefix = "sluice-lab-";
constexpr auto kPatience = std::chrono::seconds(20);

Error with_errors(Error error, const Process& process)
{
	return Error(error.code(), error.message() + "; sluiced wrote: " + process.errors() + process.output());
}

Result<nlohmann::json> parse_answer(const std::string& what, const Finished& finished)
{
	if (finished.code != 0) {
		return Error(ErrorCode::kFailed, what + ": exit code " + std::to_string(finished.code) + ": " +
						     finished.errors + finished.output);
	}
	nlohmann::json json = nlohmann::json::parse(finished.output, nullptr, false);
	if (json.is_discarded())
		return Error(ErrorCode::kFailed, what + ": not JSON: " + finished.output);
	return json;
}

void remove_of_the_dead(const std::string& directory)
{
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
		const std::string name = entry.path().filename();
		pid_t pid = 0;
		if (!name.starts_with(kPrefix))
			continue;
		std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), pid);
		if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH)
			std::filesystem::remove_all(entry.path(), error);
	}
}

}  // namespace

std::string program(const std::string& name)
{
	std::error_code error;
	return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
}

Daemon::Daemon(const NetworkNamespace& space, Setup setup) : space_(&space), setup_(std::move(setup))
{
	static std::atomic<unsigned> next = 0;
	const std::string name = std::string(kPrefix) + std::to_string(::getpid()) + "-" + std::to_string(next++);
	directory_ = std::string(kScratch) + "/" + name;
	pins_ = std::string(kBpffs) + "/" + name;
}

Daemon::~Daemon()
{
	if (directory_.empty())
		return;
	process_.reset();
	std::error_code error;
	std::filesystem::remove_all(pins_, error);
	std::filesystem::remove_all(directory_, error);
}

Result<Daemon> Daemon::start(const NetworkNamespace& space, const Setup& setup)
{
	remove_daemon_leftovers();
	Daemon daemon(space, setup);
	std::error_code error;
	std::filesystem::create_directory(daemon.directory_, error);
	std::filesystem::permissions(daemon.directory_, std::filesystem::perms::owner_all, error);
	for (const auto& [name, text] : setup.files)
		SLUICE_TRY(daemon.write_file(name, text));
	SLUICE_TRY(daemon.write_file("policy.yaml", setup.policy));
	SLUICE_TRY(daemon.launch());
	return daemon;
}

Command Daemon::command_line() const
{
	Command command = space_->command({program("sluiced"), "--policy", policy_path(), "--socket",
					   directory_ + "/control.sock", "--pins", pins_, "--state", directory_ + "/state"});
	if (!setup_.interface.empty())
		command.arguments.insert(command.arguments.end(), {"--interface", setup_.interface});
	command.arguments.insert(command.arguments.end(), setup_.options.begin(), setup_.options.end());
	return command;
}

Result<void> Daemon::launch()
{
	SLUICE_TRY_ASSIGN(Process process, Process::start(command_line()));
	process_ = std::move(process);
	const auto until = std::chrono::steady_clock::now() + kPatience;
	for (;;) {
		SLUICE_TRY_ASSIGN(const Finished answer, command({"--json", "status"}));
		if (answer.code == 0)
			return {};
		if (!process_->running())
			return with_errors(Error(ErrorCode::kFailed, "sluiced ended"), *process_);
		if (std::chrono::steady_clock::now() > until)
			return with_errors(Error(ErrorCode::kFailed, "sluiced does not answer: " + answer.errors), *process_);
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
}

Result<Finished> Daemon::command(std::vector<std::string> arguments) const
{
	arguments.insert(arguments.begin(), {program("sluice"), "--socket", directory_ + "/control.sock", "--pins", pins_});
	Command command = space_->command(std::move(arguments));
	command.environment = {{"SSH_CONNECTION", ""}};  // whoever runs the lab is not in it
	return run(command, kPatience);
}

Result<nlohmann::json> Daemon::ask(std::vector<std::string> arguments) const
{
	const std::string what = "sluice " + arguments.front();
	arguments.insert(arguments.begin(), "--json");
	SLUICE_TRY_ASSIGN(const Finished finished, command(std::move(arguments)));
	return parse_answer(what, finished);
}

Result<nlohmann::json> Daemon::dump(std::vector<std::string> arguments) const
{
	arguments.insert(arguments.begin(), {program("sluice-dump"), "--pins", pins_, "--json"});
	SLUICE_TRY_ASSIGN(const Finished finished, run(space_->command(std::move(arguments)), kPatience));
	return parse_answer("sluice-dump", finished);
}

Result<std::uint64_t> Daemon::counted(const std::string& reason, const std::optional<std::string>& service) const
{
	SLUICE_TRY_ASSIGN(const nlohmann::json report, dump({"counters"}));
	std::uint64_t packets = 0;
	for (const nlohmann::json& each : report.at("counters").at("services")) {
		for (const nlohmann::json& row : each.at("reasons")) {
			if (row.at("reason") == reason && (!service || each.at("service") == *service))
				packets += row.at("packets").get<std::uint64_t>();
		}
	}
	return packets;
}

void Daemon::kill()
{
	process_->signal(SIGKILL);
	(void)process_->wait(kPatience);
}

Result<void> Daemon::restart()
{
	process_.reset();
	return launch();
}

Result<void> Daemon::write_file(const std::string& name, const std::string& text) const
{
	// Aside, then renamed: a reader sees the old text or the new one.
	const std::filesystem::path path = directory_ + "/" + name;
	std::error_code error;
	std::filesystem::create_directories(path.parent_path(), error);
	std::ofstream(path.string() + ".new") << text;
	std::filesystem::rename(path.string() + ".new", path, error);
	if (error)
		return Error(ErrorCode::kFailed, path.string() + ": " + error.message());
	return {};
}

void remove_daemon_leftovers()
{
	remove_of_the_dead(kBpffs);
	remove_of_the_dead(kScratch);
}

}  // namespace sluice::lab
