// PortTest: a world, the real identity port set up by it, and a network of the test's own, in which clients have addresses.
//
//   198.51.100.7, 2001:db8:7::7    a client       203.0.113.10:8440    the port, at every address
//   198.18.0.0/15                  anybody
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "port/client.h"
#include "port/started_port.h"
#include "port/world.h"
#include "support/own_network.h"

namespace sluice::test {

inline const std::string kClient = "198.51.100.7";

class PortTest : public testing::Test {
protected:
	void SetUp() override;

	// A setup that has to be taken without a word.
	void set_up(const port::Setup& setup);
	void set_up() { set_up(world_.setup()); }

	Shown shown(const Issued& own, const std::string& token = {}) const { return {.chain = {own, world_.middle}, .token = token}; }
	Shown billing(const std::string& token = {}) const { return shown(world_.billing, token); }
	Reply ask(const Shown& what, const std::string& from = kClient) { return test::ask(from, port_, what); }
	// What is shown is refused for this reason, and only reported; nobody is asked for a lease.
	void expect_refused(const std::string& sentence, const Shown& what, const std::string& reason, unsigned status);
	// Only the reports that come by one request.
	std::vector<port::RefusalReport> reports_of(const std::function<void()>& act, std::size_t count);

	World world_;
	net::Endpoint port_ = *net::Endpoint::parse("203.0.113.10:8440");
	std::unique_ptr<OwnNetwork> network_;
	Fd listener_;
	std::unique_ptr<StartedPort> started_;
};

}  // namespace sluice::test
