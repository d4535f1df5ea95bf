// Identities, end to end: sluiced with its identity port, the client's agent, a real server, and what happens to leases when
// somebody is revoked, killed, or copies another's files.
#include <signal.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "certified.h"
#include "support/pki.h"

namespace sluice::e2e {

namespace {

constexpr const char* kPolicy =
    "version: 1\n"
    "identity:\n"
    "  trust-domains: [{name: prod.example, authorities: [ca.pem], crls: [ca.crl]}]\n"
    "  roles: [{name: reader, identities: [\"spiffe://prod.example/**\"]}]\n"
    "  port: {certificate: gate.pem, key: gate.key}\n"
    "  unshared: [192.0.2.0/24, \"2001:db8::/48\"]\n"
    "services:\n"
    "  - {name: api, protocol: tcp, ports: [8080], admit: {roles: [reader]}, each-identity: {packets: 10k/s, burst: 20k}}\n"
    "  - {name: metered, protocol: udp, ports: [9000], admit: {roles: [reader]}, each-identity: {packets: 1/h, burst: 10}}\n";

constexpr const char* kOther = "192.0.2.7";

// An echo client: a byte every few milliseconds, and the time of the last that came back, in a file.
constexpr const char* kChatter =
    "import socket, sys, time\n"
    "c = socket.create_connection(('192.0.2.2', 8081), source_address=(sys.argv[1], 0)); c.settimeout(0.2)\n"
    "while True:\n"
    "    c.sendall(b'x')\n"
    "    try:\n"
    "        if c.recv(64): print('.', flush=True)\n"
    "    except TimeoutError: pass\n"
    "    time.sleep(0.005)\n";
constexpr const char* kEcho =
    "import socketserver\n"
    "class Echo(socketserver.BaseRequestHandler):\n"
    "    def handle(self):\n"
    "        while data := self.request.recv(64): self.request.sendall(data)\n"
    "class Server(socketserver.ThreadingTCPServer): allow_reuse_address = True; daemon_threads = True\n"
    "server = Server(('', 8081), Echo)\n"
    "print('listening', flush=True)\n"
    "server.serve_forever()\n";

}  // namespace

class Identities : public Certified {
protected:
	void SetUp() override
	{
		Story::SetUp();
		if (IsSkipped())
			return;
		must(wire().add_client(std::string(kOther) + "/24"));
		serve_http();
		start("version: 1\n");
		make_authority();
		issue("gate", "IP:192.0.2.2", "serverAuth");
		issue("billing", "URI:spiffe://prod.example/billing", "clientAuth");
		issue("audit", "URI:spiffe://prod.example/audit", "clientAuth");
		write_crl();
		must(daemon().write_file("policy.yaml", kPolicy));
		must(daemon().ask({"apply", daemon().policy_path()}));
		ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "ok"; })) << must(daemon().ask({"status"})).dump(1);
	}

	// Of all that were revoked until now, replaced whole.
	void write_crl()
	{
		run("touch index.txt; printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\ndefault_md=sha256\\ndefault_crl_days=9\\n' > ca.cnf; "
		    "openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out next.crl && mv next.crl ca.crl");
	}
	void revoke_certificate(const std::string& name)
	{
		run("openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke " + name + ".pem");
		write_crl();
	}

	lab::Finished lease(const std::string& name, const std::string& from = lab::kWorldIpv4)
	{
		// The agent takes the route's source; so the route is told which.
		must(wire().world().ip({"route", "replace", "192.0.2.2/32", "dev", "eth0", "src", from}));
		const auto at = [&](const char* end) { return daemon().directory() + "/" + name + end; };
		return must(lab::run(wire().world().command({lab::program("sluice"), "--json", "lease", "--once", "--server", "192.0.2.2:8440", "--ca",
							     daemon().directory() + "/ca.pem", "--cert", at(".pem"), "--key", at(".key")})));
	}
	void expect_leased(const std::string& name, const std::string& from = lab::kWorldIpv4)
	{
		const auto done = lease(name, from);
		ASSERT_EQ(done.code, 0) << done.errors << must(daemon().ask({"status"})).dump(1);
		const auto said = nlohmann::json::parse(done.output);
		EXPECT_EQ(said.at("identity"), "spiffe://prod.example/" + name);
		EXPECT_EQ(said.at("binding"), from);
	}
	// The port's process.
	pid_t port_process()
	{
		const auto found = must(lab::run({{"pgrep", "-P", std::to_string(daemon().process().pid()), "-x", "sluice-identity"}, {}, {}}));
		return found.code == 0 ? std::stoi(found.output) : 0;
	}
};

TEST_F(Identities, WhoProvesWhoItIsGetsInAndNobodyElse)
{
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
	EXPECT_GT(counted("unidentified"), 0u);
	expect_leased("billing");
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	EXPECT_FALSE(get_page(kOther)) << "near miss: its neighbour";
	EXPECT_EQ(identity("billing").at("roles")[0], "reader");
	EXPECT_EQ(must(daemon().dump({"leases"})).at("leases").size(), 1u);
}

TEST_F(Identities, OneLimitWhicheverAddressAndARenewalRefillsNothing)
{
	expect_leased("billing");
	expect_leased("billing", kOther);
	expect_leased("billing");
	send(frame_from(lab::kWorldIpv4), 7);
	send(frame_from(kOther), 7);
	EXPECT_EQ(must(daemon().counted("identified", "metered")), 10u);
	EXPECT_EQ(counted("identity-packets"), 4u);
	expect_leased("billing");
	send(frame_from(kOther), 5);
	EXPECT_EQ(must(daemon().counted("identified", "metered")), 10u) << "a renewal refills nothing";
	expect_leased("audit", kOther);
	send(frame_from(kOther), 5);
	EXPECT_EQ(must(daemon().counted("identified", "metered")), 15u) << "near miss: another identity has its own";
}

TEST_F(Identities, RevocationEndsAnOpenConnectionAndNobodyElses)
{
	std::string policy = kPolicy;
	policy.replace(policy.find("[8080]"), 6, "[8080, 8081]");
	must(daemon().write_file("policy.yaml", policy));
	must(daemon().ask({"apply", daemon().policy_path()}));
	lab::Process echo = must(lab::Process::start(wire().gate().command({"python3", "-c", kEcho})));
	ASSERT_TRUE(until([&] { return !echo.output().empty(); })) << echo.errors();
	expect_leased("billing");
	expect_leased("audit", kOther);
	lab::Process revoked = must(lab::Process::start(wire().world().command({"python3", "-c", kChatter, lab::kWorldIpv4})));
	lab::Process victim = must(lab::Process::start(wire().world().command({"python3", "-c", kChatter, kOther})));
	ASSERT_TRUE(until([&] { return revoked.output().size() > 20 && victim.output().size() > 20; })) << revoked.errors() << victim.errors() << echo.errors();

	must(daemon().ask({"identity", "revoke", "spiffe://prod.example/billing", "--why", "lost laptop"}));
	const std::uint64_t before = counted("unidentified");
	const std::size_t heard = revoked.output().size();
	const std::size_t others = victim.output().size();
	ASSERT_TRUE(until([&] { return counted("unidentified") > before; })) << "it goes on sending";
	ASSERT_TRUE(until([&] { return victim.output().size() > others + 20; }));
	EXPECT_LE(revoked.output().size(), heard + 4) << "what was on its way";
	EXPECT_EQ(lease("billing").code, 1);
	EXPECT_NE(lease("billing").errors.find("identity-revoked"), std::string::npos) << lease("billing").errors;
	EXPECT_EQ(identity("billing").at("revoked").at("why"), "lost laptop");
	EXPECT_NE(audit().find("\"event\":\"revoked\""), std::string::npos) << audit();

	must(daemon().ask({"identity", "restore", "spiffe://prod.example/billing"}));
	expect_leased("billing");
	ASSERT_TRUE(until([&] { return revoked.output().size() > heard + 20; })) << "its connection is still open";
}

TEST_F(Identities, ARevocationFileRevokesAndRestoresWithoutAnApply)
{
	std::string policy = kPolicy;
	policy.insert(policy.find("  unshared"), "  revocations: revoked.list\n");
	must(daemon().write_file("revoked.list", "# nobody\n"));
	must(daemon().write_file("policy.yaml", policy));
	must(daemon().ask({"apply", daemon().policy_path()}));
	expect_leased("billing");
	expect_leased("audit", kOther);
	ASSERT_TRUE(get_page(lab::kWorldIpv4) && get_page(kOther));
	const std::uint64_t generation = must(daemon().ask({"status"})).at("generation");

	run("echo 'spiffe://prod.example/billing # lost laptop' > next && mv next revoked.list");
	ASSERT_TRUE(until([&] { return identity("billing").at("revoked").is_object(); }));
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
	EXPECT_TRUE(get_page(kOther)) << "near miss: its neighbour";
	EXPECT_EQ(identity("billing").at("revoked").at("by"), daemon().directory() + "/revoked.list:1");
	EXPECT_NE(lease("billing").errors.find("identity-revoked"), std::string::npos);

	run("echo 'spiffe://' > next && mv next revoked.list");
	ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "degraded"; }));
	EXPECT_EQ(lease("billing").code, 1) << "what is wrong changes nothing";

	run("openssl x509 -noout -fingerprint -sha256 -in audit.pem | cut -d= -f2 > next && mv next revoked.list");
	ASSERT_TRUE(until([&] { return !get_page(kOther); }));
	EXPECT_NE(lease("audit", kOther).errors.find("revoked"), std::string::npos);
	expect_leased("billing");
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	EXPECT_EQ(must(daemon().ask({"status"})).at("health"), "ok");
	EXPECT_EQ(must(daemon().ask({"status"})).at("generation"), generation) << "the policy is what it was";
}

TEST_F(Identities, AnEventOfTheIdentityProviderRevokes)
{
	const test::Key key = test::make_ec_key();
	must(daemon().write_file("idp.jwks", nlohmann::json{{"keys", {test::jwk_of(key, "e1")}}}.dump()));
	std::string policy = kPolicy;
	policy.insert(policy.find("  unshared"), "  events: [{name: \"https://idp.example\", keys: idp.jwks, audiences: gate, algorithms: ES256, subjects: \"spiffe://prod.example/**\"}]\n");
	must(daemon().write_file("policy.yaml", policy));
	must(daemon().ask({"apply", daemon().policy_path()}));
	expect_leased("billing");
	expect_leased("audit", kOther);
	const auto push = [&](const std::string& id, const test::Key& by) {
		const nlohmann::json claims = {{"iss", "https://idp.example"}, {"aud", "gate"}, {"jti", id}, {"iat", std::time(nullptr)},
					       {"sub_id", {{"format", "uri"}, {"uri", "spiffe://prod.example/billing"}}},
					       {"events", {{"https://schemas.openid.net/secevent/caep/event-type/session-revoked", nlohmann::json::object()}}}};
		must(daemon().write_file("event", test::sign_token({{"alg", "ES256"}, {"kid", "e1"}, {"typ", "secevent+jwt"}}, claims.dump(), by)));
		return must(lab::run(wire().world().command({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", daemon().directory() + "/ca.pem", "-H", "Content-Type: application/secevent+jwt",
							     "--data-binary", "@" + daemon().directory() + "/event", "https://192.0.2.2:8440/v1/events"}))).output;
	};
	EXPECT_EQ(push("1", test::make_ec_key()), "400") << "not the transmitter's key";
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	EXPECT_EQ(push("1", key), "202");
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
	EXPECT_TRUE(get_page(kOther)) << "near miss: its neighbour";
	EXPECT_EQ(identity("billing").at("revoked").at("by"), "https://idp.example");
	EXPECT_NE(audit().find("session-revoked, event 1"), std::string::npos) << audit();
	EXPECT_NE(audit().find("\"reason\":\"signature\""), std::string::npos) << audit();
	must(daemon().ask({"identity", "restore", "spiffe://prod.example/billing"}));
	EXPECT_EQ(push("1", key), "202") << "a replay is answered, and changes nothing";
	expect_leased("billing");
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
}

TEST_F(Identities, LeasesOutliveTheDaemonAndAreTakenOver)
{
	expect_leased("billing");
	const std::uint64_t slot_leases = identity("billing").at("leases");
	daemon().kill();
	EXPECT_TRUE(get_page(lab::kWorldIpv4)) << "the kernel judges on";
	must(daemon().restart());
	EXPECT_EQ(identity("billing").at("leases"), slot_leases);
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "ok"; }));
	const auto again = lease("billing");
	ASSERT_EQ(again.code, 0) << again.errors;
	ASSERT_TRUE(until([&] { return audit().find("\"event\":\"renewed\"") != std::string::npos; })) << audit();
	const auto verified = must(daemon().ask({"audit", "verify", daemon().directory() + "/state/audit.jsonl"}));
	EXPECT_EQ(verified.at("lines"), 2);
}

TEST_F(Identities, WhoIsRevokedStaysSoAfterARestart)
{
	expect_leased("billing");
	must(daemon().ask({"identity", "revoke", "spiffe://prod.example/billing"}));
	daemon().kill();
	must(daemon().restart());
	ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "ok"; }));
	EXPECT_EQ(lease("billing").code, 1);
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
}

TEST_F(Identities, APortThatDiesComesBackAndLeasesGoOn)
{
	expect_leased("billing");
	const pid_t first = port_process();
	ASSERT_GT(first, 0);
	std::string status = must(read_file("/proc/" + std::to_string(first) + "/status"));
	EXPECT_NE(status.find("Uid:\t65534\t65534\t65534\t65534"), std::string::npos) << status;
	EXPECT_NE(status.find("CapPrm:\t0000000000000000"), std::string::npos) << status;
	EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
	::kill(first, SIGKILL);
	ASSERT_TRUE(until([&] { return port_process() != first && port_process() != 0; }));
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "ok"; }));
	expect_leased("audit", kOther);
	daemon().kill();
	const pid_t second = port_process();
	ASSERT_TRUE(until([&] { return !std::filesystem::exists("/proc/" + std::to_string(second)) || second == 0; })) << "it ends with the daemon";
}

TEST_F(Identities, ACertificateThatIsRevokedGetsNothingFromTheNextListOn)
{
	expect_leased("billing");
	revoke_certificate("billing");
	ASSERT_TRUE(until([&] { return lease("billing").code == 1; }));
	EXPECT_NE(lease("billing").errors.find("revoked"), std::string::npos) << lease("billing").errors;
	EXPECT_NE(audit().find("\"reason\":\"revoked\""), std::string::npos) << audit();
	expect_leased("audit", kOther);
}

TEST_F(Identities, AnAddressThatPolicyDoesNotCallUnsharedIsNobodys)
{
	std::string policy = kPolicy;
	policy.replace(policy.find("192.0.2.0/24"), 12, "192.0.2.8/29");
	must(daemon().write_file("policy.yaml", policy));
	must(daemon().ask({"apply", daemon().policy_path()}));
	const auto refused = lease("billing");
	EXPECT_EQ(refused.code, 1);
	EXPECT_NE(refused.errors.find("address-shared"), std::string::npos) << refused.errors;
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
	EXPECT_TRUE(identity("billing").is_null());
}

}  // namespace sluice::e2e
