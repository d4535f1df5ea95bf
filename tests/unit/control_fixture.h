// A directory that goes away with the test, raw bytes over a Unix socket, and waiting for what another thread does.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "control/socket.h"

namespace sluice::test {

class Directory {
public:
	Directory()
	{
		char name[] = "/tmp/sluice-test-XXXXXX";
		path_ = ::mkdtemp(name);
	}
	Directory(const Directory&) = delete;
	Directory& operator=(const Directory&) = delete;
	~Directory()
	{
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}
	std::string at(const std::string& name) const { return path_ + "/" + name; }
	void write(const std::string& name, const std::string& text) const { std::ofstream(at(name)) << text; }

private:
	std::string path_;
};

// Sends `bytes` as they are, and returns everything that comes back until the other side ends.
inline std::string talk(const std::string& socket, const std::string& bytes)
{
	auto fd = control::connect_to(socket);
	if (!fd)
		return fd.error().sentence();
	std::size_t sent = 0;
	while (sent < bytes.size()) {
		const ssize_t n = ::send(fd->get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += static_cast<std::size_t>(n);
	}
	std::string answer;
	char room[4096];
	for (ssize_t n = 0; (n = ::recv(fd->get(), room, sizeof(room), 0)) > 0;)
		answer.append(room, static_cast<std::size_t>(n));
	return answer;
}

// Whether `condition` comes true within ten seconds.
template <typename Condition>
bool eventually(Condition condition)
{
	const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
	while (!condition()) {
		if (std::chrono::steady_clock::now() > end)
			return false;
		std::this_thread::sleep_for(std::chrono::milliseconds(10));
	}
	return true;
}

}  // namespace sluice::test
