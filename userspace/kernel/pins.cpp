#include "kernel/pins.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "base/file.h"
#include "kernel/bpffs.h"

namespace sluice::kernel {
namespace {

std::string encoded(const std::string& interface)
{
	std::string name;
	for (const char c : interface) {
		if (c == '.')
			name += "%2E";
		else if (c == '%')
			name += "%25";
		else
			name += c;
	}
	return name;
}

std::string decoded(const std::string& name)
{
	std::string interface;
	for (std::size_t i = 0; i < name.size(); i++) {
		const std::string_view code = std::string_view(name).substr(i, 3);
		if (code == "%2E")
			interface += '.';
		else if (code == "%25")
			interface += '%';
		else {
			interface += name[i];
			continue;
		}
		i += 2;
	}
	return interface;
}

// Names in a directory, sorted; empty where it cannot be read.
std::vector<std::string> names_in(const std::string& directory)
{
	std::vector<std::string> names;
	const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
	if (!open)
		return names;
	while (const dirent* entry = ::readdir(open.get())) {
		if (entry->d_name[0] != '.')
			names.emplace_back(entry->d_name);
	}
	std::sort(names.begin(), names.end());
	return names;
}

std::vector<std::string> interfaces_in(const std::string& directory)
{
	std::vector<std::string> interfaces = names_in(directory);
	std::transform(interfaces.begin(), interfaces.end(), interfaces.begin(), decoded);
	return interfaces;
}

Result<void> make_directory(Calls& calls, const std::string& path)
{
	const int code = calls.make_directory(path);
	if (code < 0 && code != -EEXIST)
		return error_of_errno(-code, "make " + path);
	return {};
}

}  // namespace

Result<Pins> Pins::open(Calls& calls, const std::string& root)
{
	std::string path = root;
	while (path.size() > 1 && path.ends_with('/'))
		path.pop_back();
	if (!path.starts_with('/'))
		return Error(ErrorCode::kInvalid, "pins directory '" + root + "' is not an absolute path");
	SLUICE_TRY(ensure_bpffs(path));
	SLUICE_TRY(make_directory(calls, path));
	for (const char* part : {"/state", "/generations", "/links", "/cookies"})
		SLUICE_TRY(make_directory(calls, path + part));
	return Pins(path);
}

std::string Pins::link(const std::string& interface) const
{
	return root_ + "/links/" + encoded(interface);
}

std::string Pins::cookie_link(const std::string& interface) const
{
	return root_ + "/cookies/" + encoded(interface);
}

std::vector<std::uint32_t> Pins::generations() const
{
	std::vector<std::uint32_t> numbers;
	for (const std::string& name : names_in(root_ + "/generations")) {
		std::uint32_t number = 0;
		const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
		if (error == std::errc() && end == name.data() + name.size() && number > 0)
			numbers.push_back(number);
	}
	std::sort(numbers.begin(), numbers.end());
	return numbers;
}

std::vector<std::string> Pins::links() const
{
	return interfaces_in(root_ + "/links");
}

std::vector<std::string> Pins::cookie_links() const
{
	return interfaces_in(root_ + "/cookies");
}

Result<void> remove_pins(Calls& calls, const std::string& directory)
{
	for (const std::string& name : names_in(directory)) {
		const std::string path = directory + "/" + name;
		if (const int code = calls.unpin(path); code < 0 && code != -ENOENT)
			return error_of_errno(-code, "unpin " + path);
	}
	if (const int code = calls.remove_directory(directory); code < 0 && code != -ENOENT)
		return error_of_errno(-code, "remove " + directory);
	return {};
}

}  // namespace sluice::kernel
