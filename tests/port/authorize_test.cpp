// The authorization endpoint of the real identity port: who may ask, whose word counts, what is asked of the daemon, and
// what of the client is answered.
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <sstream>

#include "port/fixture.h"
#include "support/escaped.h"

namespace sluice::test {
namespace {

constexpr uid_t kGatewayUser = 33;
constexpr gid_t kGatewayGroup = 4711;
constexpr uid_t kOther = 65534;

using Fields = std::map<std::string, std::string>;

struct Answered {
	unsigned status = 0;  // 0: none
	Fields fields;        // names in lower case
};

Answered parse(const std::string& text)
{
	Answered answered;
	std::istringstream lines(text);
	std::string line;
	std::getline(lines, line);
	if (line.starts_with("HTTP/1."))
		answered.status = static_cast<unsigned>(std::stoul(line.substr(9, 3)));
	while (std::getline(lines, line) && line != "\r") {
		const auto colon = line.find(": ");
		std::string name = line.substr(0, colon);
		for (char& each : name)
			each = static_cast<char>(std::tolower(each));
		if (colon != std::string::npos)
			answered.fields[name] = line.substr(colon + 2, line.size() - colon - 3);
	}
	return answered;
}

class PortAuthorize : public PortTest {
protected:
	void SetUp() override
	{
		PortTest::SetUp();
		socket_path_ = "/tmp/sluice-authorize-" + std::to_string(::getpid()) + ".sock";
		std::filesystem::remove(socket_path_);
		gateway_listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		const sockaddr_un address = address_of_endpoint();
		ASSERT_EQ(0, ::bind(gateway_listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
		ASSERT_EQ(0, ::chmod(socket_path_.c_str(), 0666));
		ASSERT_EQ(0, ::listen(gateway_listener_.get(), 64));
		started_->answer_by([this](const port::LeaseRequest& request) {
			asked_++;
			return answer_(request);
		});
	}
	void TearDown() override { std::filesystem::remove(socket_path_); }

	sockaddr_un address_of_endpoint() const
	{
		sockaddr_un address{};
		address.sun_family = AF_UNIX;
		socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
		return address;
	}

	// The world's setup with the endpoint, and no port.
	void open(const identity::Demand& demand = {}, std::uint64_t serial = 1)
	{
		port::Setup setup = world_.setup();
		setup.serial = serial;
		setup.certificate = {};
		setup.key = {};
		setup.authorization = port::Authorization{socket_path_, {kGatewayUser}, {kGatewayGroup}, demand, anonymous_, limits_};
		const auto answer = started_->set_up(setup, {}, &gateway_listener_);
		ASSERT_TRUE(std::holds_alternative<port::Ready>(answer)) << std::get<port::SetupRefused>(answer).why;
	}

	// What a process of that user is answered, word by word; several requests on one connection.
	std::string say(const std::string& bytes, uid_t user = kGatewayUser, std::vector<gid_t> groups = {}) const
	{
		int ends[2];
		EXPECT_EQ(0, ::pipe(ends));
		const pid_t child = ::fork();
		if (child == 0) {
			if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(kOther, kOther, kOther) != 0 || ::setresuid(user, user, user) != 0)
				::_exit(1);
			const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
			const sockaddr_un address = address_of_endpoint();
			if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
				::_exit(2);
			(void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
			char room[4096];
			for (ssize_t got = 0; (got = ::read(socket, room, sizeof room)) > 0;) {
				if (::write(ends[1], room, static_cast<std::size_t>(got)) != got)
					::_exit(3);
			}
			::_exit(0);
		}
		::close(ends[1]);
		std::string text;
		char room[4096];
		for (ssize_t got = 0; (got = ::read(ends[0], room, sizeof room)) > 0;)
			text.append(room, static_cast<std::size_t>(got));
		::close(ends[0]);
		int status = 0;
		::waitpid(child, &status, 0);
		EXPECT_EQ(0, status);
		return text;
	}

	static Fields flow(const std::string& port = "40000")
	{
		return {{"Sluice-Source", kClient}, {"Sluice-Source-Port", port}, {"Sluice-Destination", "203.0.113.10"}, {"Sluice-Destination-Port", "443"}};
	}
	Fields with_certificate(const Issued& issued, Fields fields = flow()) const
	{
		fields["Sluice-Client-Certificate"] = escaped_pem(pem_of(issued) + pem_of(world_.middle));
		return fields;
	}
	static std::string request_of(const Fields& fields, const std::string& target = "/v1/authorize", bool last = true)
	{
		std::string text = "GET " + target + " HTTP/1.1\r\nHost: sluice\r\n";
		for (const auto& [name, value] : fields)
			text += name + ": " + value + "\r\n";
		return text + (last ? "Connection: close\r\n\r\n" : "\r\n");
	}
	Answered ask(const Fields& fields, uid_t user = kGatewayUser, std::vector<gid_t> groups = {}) const
	{
		return parse(say(request_of(fields), user, std::move(groups)));
	}

	// So many a minute, all at once.
	static port::RequestLimit limit(const std::string& header, std::uint64_t requests)
	{
		port::RequestLimit limit{header, requests, 60, {}};
		limit.meter.cost = limit.meter.speed = 1u << 16;
		limit.meter.burst = requests * limit.meter.cost;
		limit.meter.speed = requests * limit.meter.cost;
		limit.meter.horizon = 2 * limit.meter.burst;
		limit.meter.window_s = 3600;
		limit.meter.algorithm = SLUICE_FIXED_WINDOW;
		return limit;
	}

	bool anonymous_ = false;
	std::vector<port::RequestLimit> limits_;
	std::string socket_path_;
	Fd gateway_listener_;
	std::atomic<unsigned> asked_ = 0;
	std::function<port::LeaseAnswer(const port::LeaseRequest&)> answer_ = [](const port::LeaseRequest& request) {
		return port::LeaseAnswer{request.id, port::Granted{"flow", 60, false}};
	};
};

TEST_F(PortAuthorize, TheFlowOfAClientIsBound)
{
	open();
	const Answered answered = ask(with_certificate(world_.billing));
	EXPECT_EQ(200u, answered.status);
	EXPECT_EQ("spiffe://prod.example/billing", answered.fields.at("sluice-identity"));
	const auto requests = started_->requests();
	ASSERT_EQ(1u, requests.size());
	EXPECT_EQ((net::Flow{*net::Address::parse(kClient), *net::Address::parse("203.0.113.10"), 40000, 443}), std::get<net::Flow>(requests[0].at));
	EXPECT_EQ("spiffe://prod.example/billing", requests[0].identity.name);
	EXPECT_EQ(world_.billing.parsed().thumbprint(), requests[0].identity.thumbprint);
}

TEST_F(PortAuthorize, OnlyTheUsersAndGroupsOfThePolicyAreAnswered)
{
	open();
	Fields spoofed = with_certificate(world_.billing);
	spoofed["X-Forwarded-Client-Cert"] = "URI=spiffe://prod.example/admin";
	spoofed["X-Forwarded-For"] = kClient;
	for (const uid_t user : {kOther, uid_t{0}}) {
		const Answered answered = ask(spoofed, user);
		EXPECT_EQ(403u, answered.status) << user;
		EXPECT_EQ("caller-unknown", answered.fields.at("sluice-reason"));
	}
	EXPECT_EQ(403u, parse(say("GET / HTTP/1.0\r\n\r\n", kOther)).status) << "whatever is asked";
	EXPECT_EQ(0u, asked_);
	const auto reports = started_->await_reports(3);
	EXPECT_EQ("caller-unknown", reports[0].reason);
	EXPECT_EQ("user 65534", reports[0].detail);
	EXPECT_FALSE(reports[0].peer);
	EXPECT_EQ(200u, ask(spoofed, kOther, {1, kGatewayGroup}).status) << "near miss: one of its other groups is named";
	EXPECT_EQ("spiffe://prod.example/billing", started_->requests().at(0).identity.name);
}

TEST_F(PortAuthorize, WhatAnotherHeaderSaysIsNoCertificate)
{
	open();
	Fields fields = flow();
	fields["X-Forwarded-Client-Cert"] = "Cert=\"" + escaped_pem(pem_of(world_.billing)) + "\"";
	fields["X-SSL-Cert"] = escaped_pem(pem_of(world_.billing));
	const Answered answered = ask(fields);
	EXPECT_EQ(403u, answered.status);
	EXPECT_EQ("no-credential", answered.fields.at("sluice-reason"));
	EXPECT_EQ(0u, asked_);
}

TEST_F(PortAuthorize, RefusalsAreReportedWithTheClientsAddress)
{
	open({.token = true});
	Answered answered = ask(with_certificate(world_.billing));
	EXPECT_EQ(401u, answered.status);
	EXPECT_EQ("Bearer", answered.fields.at("www-authenticate"));
	Fields stolen = with_certificate(world_.client(World::workload(43)));
	stolen["Authorization"] = "Bearer " + world_.bound_token(world_.billing);
	answered = ask(stolen);
	EXPECT_EQ(401u, answered.status);
	EXPECT_EQ("token-stolen", answered.fields.at("sluice-reason"));
	Fields right = with_certificate(world_.billing);
	right["Authorization"] = "Bearer " + world_.bound_token(world_.billing);
	EXPECT_EQ(200u, ask(right).status);
	const auto reports = started_->await_reports(2);
	EXPECT_EQ("token-needed", reports[0].reason);
	EXPECT_EQ("token-stolen", reports[1].reason);
	EXPECT_EQ(kClient, reports[1].peer->to_string());
}

TEST_F(PortAuthorize, ARequestOnABoundFlowAsksNobody)
{
	open();
	Fields fields = with_certificate(world_.billing);
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(2u, asked_) << "a connection without a number";
	fields["Sluice-Connection"] = "17";
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(3u, asked_);
	fields["Sluice-Connection"] = "18";
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(4u, asked_) << "its ports are another connection's";
	open({}, 2);
	EXPECT_EQ(200u, ask(fields).status);
	EXPECT_EQ(5u, asked_) << "another setup may give other roles";
}

TEST_F(PortAuthorize, AfterARevocationTheDaemonIsAskedAgain)
{
	open();
	Fields fields = with_certificate(world_.billing);
	fields["Sluice-Connection"] = "17";
	EXPECT_EQ(200u, ask(fields).status);
	answer_ = [](const port::LeaseRequest& request) {
		return port::LeaseAnswer{request.id, port::Denied{port::DenialKind::kForbidden, "identity-revoked", "It is revoked.", 0}};
	};
	started_->say(port::AskAgain{});
	Answered answered;
	const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
	do {
		answered = ask(fields);
	} while (answered.status == 200 && std::chrono::steady_clock::now() < deadline);
	EXPECT_EQ(403u, answered.status);
	EXPECT_EQ("identity-revoked", answered.fields.at("sluice-reason"));
}

TEST_F(PortAuthorize, WhatTheDaemonDeniesIsSaidInTheGatewaysWords)
{
	open();
	answer_ = [](const port::LeaseRequest& request) {
		return port::LeaseAnswer{request.id, port::Denied{port::DenialKind::kTooMany, "identity-quota", "Too many.", 10}};
	};
	Answered answered = ask(with_certificate(world_.billing));
	EXPECT_EQ(429u, answered.status);
	answered = parse(say(request_of(with_certificate(world_.billing), "/v1/auth-request")));
	EXPECT_EQ(403u, answered.status);
	EXPECT_EQ("429", answered.fields.at("sluice-status"));
	EXPECT_EQ("10", answered.fields.at("retry-after"));
}

TEST_F(PortAuthorize, EachKeyAndEachIdentityHasItsRequests)
{
	limits_ = {limit("X-Api-Key", 2), limit("", 3)};
	open();
	Fields fields = with_certificate(world_.billing);
	fields["X-Api-Key"] = "secret-of-one";
	EXPECT_EQ("\"key\";r=1;t=", ask(fields).fields.at("ratelimit").substr(0, 12));
	EXPECT_EQ(200u, ask(fields).status);
	Answered answered = ask(fields);
	EXPECT_EQ(429u, answered.status);
	EXPECT_EQ("requests-exceeded", answered.fields.at("sluice-reason"));
	EXPECT_EQ("\"key\";q=2;w=60, \"identity\";q=3;w=60", answered.fields.at("ratelimit-policy"));
	EXPECT_GT(std::stoul(answered.fields.at("retry-after")), 0u);
	EXPECT_EQ(2u, asked_) << "nobody is asked for what is refused here";
	fields["X-Api-Key"] = "secret-of-another";
	EXPECT_EQ(200u, ask(fields).status) << "near miss: another key";
	answered = parse(say(request_of(fields, "/v1/auth-request")));
	EXPECT_EQ(403u, answered.status) << "the identity's are used up, whatever its keys";
	EXPECT_EQ("429", answered.fields.at("sluice-status"));
	const auto reports = started_->await_reports(2);
	EXPECT_EQ("requests-exceeded", reports[0].reason);
	for (const port::RefusalReport& report : reports)
		EXPECT_EQ(std::string::npos, report.detail.find("secret")) << report.detail;
	open({}, 2);
	EXPECT_EQ(429u, ask(fields).status) << "the same limits again refill nothing";
}

TEST_F(PortAuthorize, RequestsWithoutCredentialsPassWhereThePolicySaysSoAndBindNothing)
{
	open();
	EXPECT_EQ(403u, ask(flow()).status);
	anonymous_ = true;
	limits_ = {limit("X-Api-Key", 2)};
	open({}, 2);
	EXPECT_EQ(200u, ask(flow()).status);
	EXPECT_EQ(200u, ask(flow()).status);
	EXPECT_EQ(429u, ask(flow()).status) << "all without a key are one";
	EXPECT_EQ(0u, asked_);
	Fields wrong = flow();
	wrong["Authorization"] = "Bearer abc";
	EXPECT_EQ(401u, ask(wrong).status) << "near miss: a credential that is worth nothing";
}

TEST_F(PortAuthorize, OneConnectionTakesRequestAfterRequest)
{
	open();
	const Fields fields = with_certificate(world_.billing);
	const std::string one = request_of(fields, "/v1/authorize", false);
	const std::string text = say(one + one + request_of(flow()));
	std::size_t answers = 0;
	for (auto at = text.find("HTTP/1.1 200"); at != std::string::npos; at = text.find("HTTP/1.1 200", at + 1))
		answers++;
	EXPECT_EQ(2u, answers) << text;
	EXPECT_NE(std::string::npos, text.find("HTTP/1.1 403")) << text;
	EXPECT_TRUE(say("GET /v1/authorize HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 400")) << "in the version of who asks";
}

TEST_F(PortAuthorize, ARequestThatDripsIsPartedWith)
{
	open();
	EXPECT_EQ("", say("GET /v1/authorize HTTP/1.1\r\nHost: s")) << "closed after two seconds, without a word";
	EXPECT_EQ("", say("", kOther)) << "a stranger that says nothing";
}

TEST_F(PortAuthorize, StrangersTakeNoGatewaysPlace)
{
	open();
	std::vector<Fd> held;
	const sockaddr_un address = address_of_endpoint();
	for (int i = 0; i < 200; i++) {
		held.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		ASSERT_EQ(0, ::connect(held.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));  // as root
	}
	EXPECT_EQ(200u, ask(with_certificate(world_.billing)).status);
}

}  // namespace
}  // namespace sluice::test
