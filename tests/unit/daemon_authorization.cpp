// The daemon's part of the authorization endpoint: names of the host's, the socket as a file, and what the process is for.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "control/peer.h"
#include "control/socket.h"
#include "daemon/gateway_listener.h"
#include "daemon/port_terms.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

const Accounts kAccounts = {[](const std::string& name) { return name == "www-data" ? std::optional<std::uint32_t>(33) : std::nullopt; },
			    [](const std::string& name) { return name == "gateways" ? std::optional<std::uint32_t>(77) : std::nullopt; }};

policy::Authorization policy_of(std::vector<std::string> users, std::vector<std::string> groups)
{
	policy::Authorization policy;
	policy.socket = "/run/a.sock";
	policy.users = std::move(users);
	policy.groups = std::move(groups);
	policy.needs_token = true;
	return policy;
}

TEST(DaemonAuthorization, NamesAreThoseOfTheHost)
{
	const AuthorizationSetup made = authorization_setup(policy_of({"www-data", "gateways"}, {"gateways"}), kAccounts);
	EXPECT_EQ("/run/a.sock", made.authorization.socket);
	EXPECT_EQ(std::vector<std::uint32_t>{33}, made.authorization.users);
	EXPECT_EQ(std::vector<std::uint32_t>{77}, made.authorization.groups);
	EXPECT_TRUE(made.authorization.demand.token);
	EXPECT_FALSE(made.authorization.demand.unbound_is_enough);
	EXPECT_EQ(std::vector<std::string>{"authorize: there is no user 'gateways' on this host, so nobody asks as one"}, made.problems);
}

TEST(DaemonAuthorization, LimitsAreTheKernelsMeters)
{
	policy::Authorization policy = policy_of({"www-data"}, {});
	policy.takes_anonymous = true;
	policy::RequestLimit limit;
	limit.header = "X-Api-Key";
	limit.limit.packets = policy::Meter{{.count = 100, .period_seconds = 60}, 20};
	policy.limits = {limit};
	const port::Authorization made = authorization_setup(policy, kAccounts).authorization;
	EXPECT_TRUE(made.anonymous);
	ASSERT_EQ(1u, made.limits.size());
	EXPECT_EQ("X-Api-Key", made.limits[0].header);
	EXPECT_EQ(100u, made.limits[0].requests);
	EXPECT_EQ(60u, made.limits[0].period_seconds);
	EXPECT_EQ(20u, made.limits[0].meter.burst / made.limits[0].meter.cost);
}

TEST(DaemonAuthorization, TheHostKnowsNamesAndNumbers)
{
	EXPECT_EQ(0u, control::user_id("root"));
	EXPECT_EQ(4711u, control::user_id("4711"));
	EXPECT_EQ(0u, control::group_id("root"));
	EXPECT_FALSE(control::user_id("nobody-of-that-name"));
	EXPECT_FALSE(control::group_id("-1"));
}

TEST(DaemonAuthorization, AProcessIsForAPortForGatewaysOrForBoth)
{
	const auto read = [](const std::string& path) { return Result<std::string>(path); };
	policy::Policy policy;
	EXPECT_FALSE(port_terms(policy, {}, read, kAccounts));
	policy.identities.authorization = policy_of({"www-data"}, {"no-such"});
	auto terms = port_terms(policy, {}, read, kAccounts);
	ASSERT_TRUE(terms);
	EXPECT_TRUE(terms->listen.empty());
	EXPECT_EQ("", terms->setup.certificate.path);
	EXPECT_EQ(1u, terms->setup.authorization->users.size());
	EXPECT_EQ(1u, terms->problems.size());
	policy.identities.port.emplace().certificate.path = "/c.pem";
	EXPECT_EQ("/c.pem", port_terms(policy, {}, read, kAccounts)->setup.certificate.path);
	policy.identities.authorization.reset();
	EXPECT_FALSE(port_terms(policy, {}, read, kAccounts)->setup.authorization);
}

TEST(DaemonGatewayListener, EverybodyMayConnectAndNothingIsLeft)
{
	test::Directory directory;
	const std::string path = directory.at("run/a.sock");
	GatewayListener listener;
	ASSERT_FALSE(listener.listen_at(path));
	struct stat status {};
	ASSERT_EQ(0, ::stat(path.c_str(), &status));
	EXPECT_EQ(0666u, status.st_mode & 07777u);
	EXPECT_TRUE(control::connect_to(path));
	EXPECT_FALSE(listener.listen_at(path)) << "the same again";
	auto copy = listener.copy();
	ASSERT_TRUE(copy);
	ASSERT_FALSE(listener.listen_at(directory.at("run/b.sock")));
	EXPECT_FALSE(std::filesystem::exists(path));
	listener.close();
	EXPECT_FALSE(std::filesystem::exists(directory.at("run/b.sock")));
}

TEST(DaemonGatewayListener, WhatADeadDaemonLeftIsReplacedAndNothingElse)
{
	test::Directory directory;
	const std::string path = directory.at("a.sock");
	{
		const auto left = control::listen_for_all_at(path);
		ASSERT_TRUE(left);
	}
	ASSERT_TRUE(std::filesystem::exists(path));
	GatewayListener listener;
	EXPECT_FALSE(listener.listen_at(path));
	GatewayListener other;
	const auto taken = other.listen_at(path);
	ASSERT_TRUE(taken);
	EXPECT_NE(std::string::npos, taken->find("another daemon answers at")) << *taken;
	directory.write("file", "x");
	EXPECT_TRUE(other.listen_at(directory.at("file")));
	EXPECT_TRUE(std::filesystem::exists(directory.at("file")));
}

}  // namespace
}  // namespace sluice::daemon
