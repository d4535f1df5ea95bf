#include "daemon/revocations.h"

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <set>

#include "base/file.h"
#include "control/reader.h"
#include "telemetry/timestamp.h"

namespace sluice::daemon {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostBytes = 64u << 20;
constexpr int kVersion = 1;

Result<Revocations::Names> parse(const std::string& text)
{
	const Json json = Json::parse(text, nullptr, false);
	if (!json.is_object() || !json.contains("version") || json["version"] != kVersion)
		return Error(ErrorCode::kInvalid, "it is no list of revoked identities of version " + std::to_string(kVersion));
	control::Reader reader(json, "list of revoked identities");
	Revocations::Names names;
	for (const Json& row : reader.array("revoked")) {
		control::Reader fields(row, "revoked identity");
		const std::string name = fields.text("identity");
		Revocation revocation{0, fields.text("by"), fields.text("why")};
		const auto at = telemetry::parse_timestamp(fields.text("at"));
		if (!at)
			fields.refuse("at", "a time, as in RFC 3339");
		const Origin origin{fields.text_or("file", ""), fields.text_or("issuer", "")};
		if (const auto error = fields.error())
			return *error;
		revocation.unix_ns = *at;
		names[name][origin] = std::move(revocation);
	}
	if (const auto error = reader.error())
		return *error;
	return names;
}

}  // namespace

Result<void> Revocations::open()
{
	const auto text = read_file(path_, kMostBytes);
	if (!text && text.error().code() == ErrorCode::kNotFound)
		return {};
	if (!text)
		return text.error();
	auto names = parse(*text);
	if (names) {
		names_ = std::move(*names);
		return {};
	}
	SLUICE_TRY_ASSIGN(const std::string aside, set_aside(path_));
	return Error(ErrorCode::kInvalid, path_ + " is damaged: " + names.error().message(),
		     "it is kept as " + aside + "; revoke again whom it names");
}

Result<void> Revocations::add(const std::string& name, Revocation revocation, const Origin& origin)
{
	names_[name][origin] = std::move(revocation);
	auto written = write(names_);
	if (!written)
		trouble_ = written.error();
	return written;
}

void Revocations::flush()
{
	if (!trouble_)
		return;
	if (const auto written = write(names_); !written)
		trouble_ = written.error();
}

Result<void> Revocations::remove(const std::string& name)
{
	const auto words = names_.find(name);
	if (words == names_.end())
		return Error(ErrorCode::kNotFound, "the identity " + name + " is not revoked", "`sluice identity list` lists those that are");
	if (const auto& [origin, said] = *words->second.rbegin(); !origin.file.empty())
		return Error(ErrorCode::kExists, name + " is revoked by " + said.by, "take it out of that file");
	Names next = names_;
	next.erase(name);
	SLUICE_TRY(write(next));
	names_ = std::move(next);
	return {};
}

Revocations::Change Revocations::replace(const std::string& file, std::map<std::string, Revocation> said)
{
	const Origin origin{file, {}};
	Change change;
	bool differs = false;
	for (auto words = names_.begin(); words != names_.end();) {
		const auto old = words->second.find(origin);
		const auto next = old != words->second.end() ? said.find(words->first) : said.end();
		if (next != said.end()) {
			next->second.unix_ns = old->second.unix_ns;
			differs = differs || next->second != old->second;
		} else if (old != words->second.end()) {
			differs = true;
			words->second.erase(old);
		}
		if (words->second.empty())
			change.restored.push_back(words->first);
		words = words->second.empty() ? names_.erase(words) : std::next(words);
	}
	for (auto& [name, revocation] : said) {
		const auto [words, is_new] = names_.try_emplace(name);
		if (is_new)
			change.revoked.push_back(name);
		differs = words->second.insert_or_assign(origin, std::move(revocation)).second || differs;
	}
	if (const auto written = differs ? write(names_) : Result<void>(); !written)
		trouble_ = written.error();
	return change;
}

std::vector<std::string> Revocations::files() const
{
	std::set<std::string> files;
	for (const auto& [name, words] : names_) {
		for (const auto& [origin, revocation] : words)
			files.insert(origin.file);
	}
	files.erase("");
	return {files.begin(), files.end()};
}

Result<void> Revocations::write(const Names& names)
{
	Json rows = Json::array();
	for (const auto& [name, words] : names) {
		for (const auto& [origin, said] : words)
			rows.push_back({{"identity", name}, {"at", telemetry::timestamp(said.unix_ns)}, {"by", said.by}, {"why", said.why}, {"file", origin.file}, {"issuer", origin.issuer}});
	}
	const Json json = {{"version", kVersion}, {"revoked", std::move(rows)}};
	SLUICE_TRY(disk_.replace(path_, json.dump(1, '\t', false, Json::error_handler_t::replace) + "\n"));
	trouble_.reset();
	return {};
}

}  // namespace sluice::daemon
