// Notifier: tells the service manager how a program is, by the protocol of sd_notify(3).
//
// The protocol is one datagram of text to the socket that NOTIFY_SOCKET names; spoken here, because a whole library
// for one sendto() would be one more thing to trust at start. Without a socket every call does nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

class Notifier {
public:
	Notifier() = default;
	// `watchdog`: how long the manager waits for a sign of life; zero: it does not.
	Notifier(std::string socket, std::chrono::microseconds watchdog) : socket_(std::move(socket)), watchdog_(watchdog) {}
	// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are removed: no child inherits them.
	static Notifier take_from_environment();

	void ready(const std::string& status) const { send("READY=1\nSTATUS=" + status); }
	// `mono_ns`: CLOCK_MONOTONIC. ready() ends it.
	void reloading(std::uint64_t mono_ns) const { send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(mono_ns / 1000)); }
	// What `systemctl status` shows, beside ready().
	void status(const std::string& text) const { send("STATUS=" + text); }
	void stopping() const { send("STOPPING=1"); }
	void alive() const { send("WATCHDOG=1"); }

	// How often to call alive(): a third of the manager's patience. None: it does not wait.
	std::optional<std::chrono::microseconds> alive_every() const;

private:
	void send(const std::string& state) const;

	std::string socket_;
	std::chrono::microseconds watchdog_{0};
};

}  // namespace sluice
