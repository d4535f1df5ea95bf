#include "daemon/revocations.h"

#include <cerrno>
#include <cstdio>

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
		if (const auto error = fields.error())
			return *error;
		revocation.unix_ns = *at;
		names[name] = std::move(revocation);
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
	const std::string aside = path_ + ".damaged";
	if (std::rename(path_.c_str(), aside.c_str()) != 0)
		return error_of_errno(errno, "set " + path_ + " aside");
	return Error(ErrorCode::kInvalid, path_ + " is damaged: " + names.error().message(),
		     "it is kept as " + aside + "; revoke again whom it names");
}

Result<void> Revocations::add(const std::string& name, Revocation revocation)
{
	names_[name] = std::move(revocation);
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
	Names next = names_;
	if (next.erase(name) == 0)
		return Error(ErrorCode::kNotFound, "the identity " + name + " is not revoked", "`sluice identity list` lists those that are");
	SLUICE_TRY(write(next));
	names_ = std::move(next);
	return {};
}

Result<void> Revocations::write(const Names& names)
{
	Json rows = Json::array();
	for (const auto& [name, revocation] : names)
		rows.push_back({{"identity", name}, {"at", telemetry::timestamp(revocation.unix_ns)}, {"by", revocation.by}, {"why", revocation.why}});
	const Json json = {{"version", kVersion}, {"revoked", std::move(rows)}};
	SLUICE_TRY(disk_.replace(path_, json.dump(1, '\t', false, Json::error_handler_t::replace) + "\n"));
	trouble_.reset();
	return {};
}

}  // namespace sluice::daemon
