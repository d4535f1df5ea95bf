#include "daemon/watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/fd.h"
#include "base/file.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// The directory's own end: from then on another one may bear its name.
constexpr std::uint32_t kEnd = IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED;
constexpr std::uint32_t kInterest = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

// Directory to the names that matter in it.
using Names = std::map<std::string, std::set<std::string>>;

constexpr unsigned kMostLinks = 16;

// Notes the directory entry of `path`, and of every symbolic link on the way to it.
void trace(const fs::path& path, unsigned links, Names& out)
{
	fs::path walked;
	for (auto part = path.begin(); part != path.end(); ++part) {
		walked /= *part;
		std::error_code ignored;
		const fs::path target = fs::read_symlink(walked, ignored);
		if (ignored)
			continue;
		out[walked.parent_path().string()].insert(walked.filename().string());
		if (links == 0)
			return;
		fs::path real = (walked.parent_path() / target).lexically_normal();
		for (++part; part != path.end(); ++part)
			real /= *part;
		return trace(real, links - 1, out);
	}
	out[path.parent_path().string()].insert(path.filename().string());
}

// Of a directory that is not there: the place where it, or what leads to it, will appear.
void trace_missing(const fs::path& directory, Names& out)
{
	std::error_code ignored;
	for (fs::path missing = directory; missing.has_relative_path() && !fs::exists(missing, ignored); missing = missing.parent_path())
		out[missing.parent_path().string()].insert(missing.filename().string());
}

// Those that are there.
Names directories_of(const std::vector<std::string>& files)
{
	Names traced;
	for (const auto& file : files)
		trace(file, kMostLinks, traced);
	Names out = traced;
	for (const auto& [directory, names] : traced)
		trace_missing(directory, out);
	std::error_code ignored;
	std::erase_if(out, [&](const auto& entry) { return !fs::exists(entry.first, ignored); });
	return out;
}

bool changed_since(const std::string& file, std::uint64_t since_unix_ns)
{
	struct stat status {};
	if (::stat(file.c_str(), &status) != 0)
		return false;
	const auto changed = static_cast<std::uint64_t>(status.st_ctim.tv_sec) * 1'000'000'000 +
	                     static_cast<std::uint64_t>(status.st_ctim.tv_nsec);
	return changed >= since_unix_ns;
}

}  // namespace

struct Watcher::State : std::enable_shared_from_this<Watcher::State> {
	State(asio::io_context& loop, Fd fd, std::chrono::milliseconds quiet_, std::function<void()> changed_)
	    : descriptor(loop, fd.release()), timer(loop), quiet(quiet_), changed(std::move(changed_))
	{
	}

	void read();
	// Whether anything in `size` bytes of inotify's records concerns us.
	bool matters(std::size_t size) const;
	void tell_soon();

	asio::posix::stream_descriptor descriptor;
	asio::steady_timer timer;
	std::chrono::milliseconds quiet;
	std::function<void()> changed;
	std::map<std::string, int> watches;  // directory to watch descriptor
	std::map<int, std::set<std::string>> names;
	alignas(inotify_event) std::array<char, 16384> buffer;
};

void Watcher::State::read()
{
	descriptor.async_read_some(asio::buffer(buffer), [weak = weak_from_this()](const boost::system::error_code& error, std::size_t size) {
		const auto self = weak.lock();
		if (!self || error)
			return;
		if (self->matters(size))
			self->tell_soon();
		self->read();
	});
}

bool Watcher::State::matters(std::size_t size) const
{
	bool found = false;
	for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
		inotify_event record;
		std::memcpy(&record, buffer.data() + at, sizeof(record));
		const char* name = buffer.data() + at + sizeof(record);
		at += sizeof(record) + record.len;
		if (record.mask & IN_Q_OVERFLOW)
			found = true;
		const auto watch = names.find(record.wd);
		if (watch == names.end())
			continue;
		if ((record.mask & kEnd) != 0 || (record.len > 0 && watch->second.contains(name)))
			found = true;
	}
	return found;
}

void Watcher::State::tell_soon()
{
	timer.expires_after(quiet);
	timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
		const auto self = weak.lock();
		if (self && !error)
			self->changed();
	});
}

Watcher::Watcher(std::shared_ptr<State> state) : state_(std::move(state)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

Result<Watcher> Watcher::open(asio::io_context& loop, std::chrono::milliseconds quiet, std::function<void()> changed)
{
	Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	if (!fd)
		return error_of_errno(errno, "watch files");
	auto state = std::make_shared<State>(loop, std::move(fd), quiet, std::move(changed));
	state->read();
	return Watcher(std::move(state));
}

std::vector<std::string> Watcher::watch(const std::vector<std::string>& files, std::uint64_t since_unix_ns)
{
	std::vector<std::string> failures;
	const Names wanted = directories_of(files);
	const int fd = state_->descriptor.native_handle();

	std::map<std::string, int> watches;
	std::map<int, std::set<std::string>> names;
	for (const auto& [directory, in_it] : wanted) {
		const int watch = ::inotify_add_watch(fd, directory.c_str(), kInterest);
		if (watch < 0) {
			failures.push_back("changes in " + directory + " are not noticed: " + std::strerror(errno));
			continue;
		}
		watches[directory] = watch;
		names[watch].insert(in_it.begin(), in_it.end());
	}
	for (const auto& [directory, watch] : state_->watches) {
		if (!names.contains(watch))
			::inotify_rm_watch(fd, watch);
	}
	state_->watches = std::move(watches);
	state_->names = std::move(names);

	for (const auto& file : files) {
		if (changed_since(file, since_unix_ns)) {
			state_->tell_soon();
			break;
		}
	}
	return failures;
}

}  // namespace sluice::daemon
