// FloodStory: a server that people want something of, a policy that asks for proof, and floods beside those people.
#pragma once

#include "lab/bare_program.h"
#include "story.h"

namespace sluice::e2e {

// A TCP service `api` on port 8080 whose budget one SYN spends, and a UDP service `udp` on port 9000 whose budget holds ten
// packets; neither refills while a test runs.
std::string proving_policy(const std::string& beyond);

class FloodStory : public Story {
protected:
	static constexpr std::uint64_t kFloodRate = 30'000;  // enough to spend any budget here, and to leave the machine to the clients

	// An HTTP server of both families, a world that takes answers from XDP, and one client that is known, kWorldIpv4: under
	// proving_policy() it has spent the budget.
	void serve(const std::string& policy);
	void start_server();
	void kill_server() { server_.reset(); }

	// Whether `source` gets its page within three seconds.
	bool get(const std::string& source);
	// How many of `count` clients that nobody has seen get their page; the first is 192.0.2.`first` or 2001:db8::`first`.
	unsigned newcomers(unsigned first, unsigned count, bool ipv6 = false);

	// TCP to port 8080, from source ports at random.
	static lab::FloodShape spoofed(const std::string& first, std::uint32_t sources, bool syn);
	lab::Flood flood(const lab::FloodShape& shape);
	void await_spent(const std::string& reason);
	// Sends `count` of them; all have left when it returns. Returns how many of them were marked.
	std::uint64_t send_flood(const lab::FloodShape& shape, std::uint64_t count);

	nlohmann::json cookies() { return must(daemon().ask({"status"})).at("cookies"); }

private:
	std::optional<lab::BareProgram> answered_;
	std::optional<lab::Process> server_;
};

}  // namespace sluice::e2e
