#include "cli/ssh_session.h"

#include <unistd.h>

#include <cstdlib>
#include <limits>

#include "base/file.h"
#include "net/digits.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t kMostBytes = 1u << 20;
constexpr int kMostAncestors = 64;
constexpr std::string_view kName = "SSH_CONNECTION=";

std::string_view take_word(std::string_view& rest)
{
	const std::size_t end = std::min(rest.find(' '), rest.size());
	const std::string_view word = rest.substr(0, end);
	rest.remove_prefix(std::min(end + 1, rest.size()));
	return word;
}

std::optional<std::uint16_t> port_in(std::string_view word)
{
	const auto port = net::take_digits(word, std::numeric_limits<std::uint16_t>::max());
	return port && word.empty() ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

// The parent's id; 0: none.
pid_t parent_of(pid_t process, const std::string& proc)
{
	const auto stat = read_file(proc + "/" + std::to_string(process) + "/stat", kMostBytes);
	if (!stat)
		return 0;
	// "PID (NAME) STATE PARENT ...", and NAME may hold anything.
	const std::size_t name_end = stat->rfind(')');
	if (name_end == std::string::npos || stat->size() < name_end + 4)
		return 0;
	std::string_view rest = std::string_view(*stat).substr(name_end + 4);
	const auto parent = net::take_digits(rest, std::numeric_limits<pid_t>::max());
	return parent ? static_cast<pid_t>(*parent) : 0;
}

std::optional<control::Session> session_of(pid_t process, const std::string& proc)
{
	const auto environment = read_file(proc + "/" + std::to_string(process) + "/environ", kMostBytes);
	if (!environment)
		return std::nullopt;
	std::string_view rest = *environment;
	while (!rest.empty()) {
		const std::string_view line = rest.substr(0, rest.find('\0'));
		if (line.starts_with(kName))
			return parse_ssh_connection(line.substr(kName.size()));
		rest.remove_prefix(std::min(line.size() + 1, rest.size()));
	}
	return std::nullopt;
}

}  // namespace

std::optional<control::Session> parse_ssh_connection(std::string_view text)
{
	const auto peer = net::Address::parse(take_word(text));
	const auto peer_port = port_in(take_word(text));
	const auto host = net::Address::parse(take_word(text));
	const auto host_port = port_in(take_word(text));
	if (!peer || !peer_port || !host || !host_port || !text.empty())
		return std::nullopt;
	return control::Session{*peer, *peer_port, *host, *host_port};
}

std::optional<control::Session> find_ssh_session(const char* own, pid_t process, const std::string& proc)
{
	if (own != nullptr)
		return parse_ssh_connection(own);
	for (int i = 0; i < kMostAncestors && (process = parent_of(process, proc)) > 0; i++) {
		if (auto session = session_of(process, proc))
			return session;
	}
	return std::nullopt;
}

std::optional<control::Session> ssh_session()
{
	return find_ssh_session(std::getenv("SSH_CONNECTION"), ::getpid());
}

}  // namespace sluice::cli
