#include "daemon/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/disk.h"
#include "base/file.h"
#include "base/log.h"
#include "telemetry/timestamp.h"

namespace sluice::daemon {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Longer than any line.
constexpr off_t kTail = 256 << 10;

// The end of a file; where there is none, an empty text.
Result<std::string> tail_of(const std::string& path)
{
	const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (!file && errno == ENOENT)
		return std::string();
	struct stat about {};
	if (!file || ::fstat(file.get(), &about) != 0)
		return error_of_errno(errno, "read " + path);
	std::string text(static_cast<std::size_t>(std::min<off_t>(about.st_size, kTail)), '\0');
	const ssize_t size = ::pread(file.get(), text.data(), text.size(), about.st_size - static_cast<off_t>(text.size()));
	if (size != static_cast<ssize_t>(text.size()))
		return error_of_errno(size < 0 ? errno : EIO, "read " + path);
	return text;
}

}  // namespace

Result<void> AuditLog::open()
{
	SLUICE_TRY_ASSIGN(end_, find_end());
	file_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	if (!file_)
		return error_of_errno(errno, "open " + path_);
	return {};
}

Result<telemetry::AuditEnd> AuditLog::find_end()
{
	SLUICE_TRY_ASSIGN(const std::string text, tail_of(path_));
	if (text.empty()) {
		SLUICE_TRY_ASSIGN(const std::string moved, tail_of(path_ + ".1"));
		const auto end = telemetry::end_of(moved);
		return end ? *end : telemetry::AuditEnd{};
	}
	auto end = telemetry::end_of(text);
	if (end)
		return end;
	SLUICE_TRY_ASSIGN(const std::string aside, set_aside(path_));
	spdlog::error("audit: {}: {}; it stays as {}, and a new chain begins", path_, end.error().message(), aside);
	return telemetry::AuditEnd{};
}

bool AuditLog::admit(Kind kind)
{
	if (kind == Kind::kChange)
		return true;
	const std::uint64_t now = clock_.mono_ns();
	if (now - second_mono_ns_ >= kSecond) {
		second_mono_ns_ = now;
		refusals_ = 0;
	}
	return refusals_++ < kMostRefusals;
}

void AuditLog::record(Kind kind, nlohmann::ordered_json fields)
{
	if (!admit(kind)) {
		lost_++;
		return;
	}
	auto written = write(std::move(fields));
	if (!written)
		lost_++;
	note(std::move(written));
}

Result<void> AuditLog::write(nlohmann::ordered_json fields)
{
	if (!file_)
		SLUICE_TRY(open());
	fields["at"] = telemetry::timestamp(clock_.unix_ns());
	fields["boot_ns"] = clock_.boot_ns();
	if (lost_ > 0)
		fields["lost"] = lost_;
	SLUICE_TRY_ASSIGN(const telemetry::AuditLine line, telemetry::next_line(end_, std::move(fields)));
	SLUICE_TRY(append(line.text));
	end_ = line.end;
	lost_ = 0;
	dirty_ = true;
	return {};
}

void AuditLog::note(Result<void> done)
{
	if (done) {
		trouble_.reset();
		return;
	}
	if (!trouble_)
		spdlog::error("audit: {}", done.error().sentence());
	trouble_ = std::move(done).error();
}

// Whole or not at all: what was written of a line is taken back.
Result<void> AuditLog::append(const std::string& text)
{
	const off_t before = ::lseek(file_.get(), 0, SEEK_END);
	const ssize_t written = ::write(file_.get(), text.data(), text.size());
	if (written == static_cast<ssize_t>(text.size()))
		return {};
	const int error = written < 0 ? errno : ENOSPC;
	if (before >= 0 && ::ftruncate(file_.get(), before) != 0)
		file_ = Fd();
	return error_of_errno(error, "write " + path_);
}

bool AuditLog::is_moved() const
{
	struct stat ours {};
	struct stat there {};
	if (::fstat(file_.get(), &ours) != 0)
		return true;
	return ::stat(path_.c_str(), &there) != 0 || there.st_dev != ours.st_dev || there.st_ino != ours.st_ino;
}

void AuditLog::flush()
{
	if (!file_)
		return;
	if (std::exchange(dirty_, false) && ::fdatasync(file_.get()) != 0)
		note(error_of_errno(errno, "sync " + path_));
	if (!is_moved())
		return;
	Fd next(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	if (!next)
		note(error_of_errno(errno, "open " + path_));
	else
		file_ = std::move(next);
}

}  // namespace sluice::daemon
