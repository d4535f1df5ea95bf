#include "daemon/revocation_files.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "policy/revocation_list.h"

namespace sluice::daemon {
namespace {

// What is wrong with the file, or its entries.
std::pair<std::vector<std::string>, std::vector<policy::RevokedLine>> read_revocations(const std::string& path)
{
	const auto text = read_file(path, policy::kMostRevocationBytes);
	if (!text)
		return {{text.error().sentence()}, {}};
	policy::RevocationList list = policy::parse_revocations(*text, path);
	std::vector<std::string> problems;
	for (const policy::Diagnostic& diagnostic : list.diagnostics)
		problems.push_back(diagnostic.to_string());
	return {std::move(problems), std::move(list.entries)};
}

}  // namespace

void RevocationFiles::follow(std::vector<std::string> files)
{
	files_ = std::move(files);
	look();
}

// Where symbolic links lead may have changed with them.
void RevocationFiles::look()
{
	const std::uint64_t began = clock_.unix_ns();
	read();
	watch(began);
}

void RevocationFiles::read()
{
	std::map<std::string, std::vector<std::string>> problems;
	for (const std::string& file : files_) {
		auto [wrong, lines] = read_revocations(file);
		if (wrong.empty())
			leasing_.follow_file(file, lines);
		else
			problems[file] = std::move(wrong);
	}
	for (const auto& [file, wrong] : problems) {
		const auto told = problems_.find(file);
		for (const std::string& each : wrong) {
			if (told == problems_.end() || told->second != wrong)
				spdlog::error("revocations: {}", each);
		}
	}
	problems_ = std::move(problems);
	if (!problems_.empty())
		return;
	for (const std::string& file : leasing_.revocation_files()) {
		if (std::ranges::find(files_, file) == files_.end())
			leasing_.follow_file(file, {});
	}
}

void RevocationFiles::watch(std::uint64_t since_unix_ns)
{
	unwatched_.clear();
	if (files_.empty()) {
		watcher_.reset();
		return;
	}
	if (!watcher_) {
		auto opened = Watcher::open(loop_, kQuiet, [this] { look(); });
		if (!opened) {
			unwatched_.push_back("changes of revocation files are not noticed: " + opened.error().sentence());
			return;
		}
		watcher_.emplace(std::move(*opened));
	}
	unwatched_ = watcher_->watch(files_, since_unix_ns);
}

std::vector<std::string> RevocationFiles::warnings() const
{
	std::vector<std::string> warnings = unwatched_;
	for (const auto& [file, wrong] : problems_) {
		for (const std::string& each : wrong)
			warnings.push_back("revocations: " + each);
		warnings.push_back("revocations: " + file + " is not followed as it is: whom it revoked before stays revoked, and nobody else");
	}
	return warnings;
}

}  // namespace sluice::daemon
