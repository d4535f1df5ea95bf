#include "daemon/archive.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "daemon/ledger_json.h"

namespace sluice::daemon {
namespace {

constexpr std::uint64_t kMostLedgerBytes = 16u << 20;

}  // namespace

Result<void> Archive::open()
{
	const std::scoped_lock turn(turn_);
	SLUICE_TRY(make_directories());
	const auto text = read_file(ledger_path(), kMostLedgerBytes);
	if (!text && text.error().code() == ErrorCode::kNotFound)
		return {};
	if (!text)
		return text.error();
	auto ledger = parse_ledger(*text);
	if (ledger) {
		ledger_ = std::move(*ledger);
		return {};
	}
	SLUICE_TRY_ASSIGN(const std::string aside, set_aside(ledger_path()));
	return Error(ErrorCode::kInvalid, ledger_path() + " is damaged: " + ledger.error().message(),
	             "it is kept as " + aside + "; the history begins anew");
}

// Again before each copy: a state directory that somebody emptied is no reason to refuse policies.
Result<void> Archive::make_directories()
{
	SLUICE_TRY(disk_.make_directory(directory_));
	return disk_.make_directory(directory_ + "/policies");
}

Result<void> Archive::commit(Ledger next)
{
	next.trim();
	const std::scoped_lock turn(turn_);
	SLUICE_TRY(disk_.replace(ledger_path(), to_text(next)));
	ledger_ = std::move(next);
	return {};
}

Result<void> Archive::record(Ledger next)
{
	auto written = commit(next);
	if (!written) {
		next.trim();
		ledger_ = std::move(next);
	}
	return written;
}

Result<Archive::Kept> Archive::keep(const policy::Copy& copy)
{
	SLUICE_TRY_ASSIGN(const std::string bytes, policy::encode(copy));
	SLUICE_TRY_ASSIGN(const std::string name, policy::fingerprint(bytes));
	const Kept kept{name, bytes.size()};
	std::error_code error;
	if (std::filesystem::file_size(path_of(name), error) == bytes.size() && !error)
		return kept;
	const std::scoped_lock turn(turn_);
	SLUICE_TRY(make_directories());
	SLUICE_TRY(disk_.replace(path_of(name), bytes));
	return kept;
}

void Archive::sweep()
{
	std::set<std::string> named;
	for (const Entry& entry : ledger_.entries)
		named.insert(entry.copy);
	if (ledger_.begun)
		named.insert(ledger_.begun->copy);
	if (ledger_.shadow)
		named.insert(ledger_.shadow->copy);
	std::error_code error;
	for (const auto& file : std::filesystem::directory_iterator(directory_ + "/policies", error)) {
		if (named.contains(file.path().filename().string()))
			continue;
		const std::scoped_lock turn(turn_);
		if (const auto removed = disk_.remove(file.path().string()); !removed)
			spdlog::warn("state: {}", removed.error().sentence());
	}
}

Result<policy::Copy> read_copy(const std::string& path)
{
	SLUICE_TRY_ASSIGN(const std::string bytes, read_file(path));
	return policy::decode(bytes);
}

}  // namespace sluice::daemon
