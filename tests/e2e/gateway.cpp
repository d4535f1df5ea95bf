// A gateway, end to end: nginx with the shipped snippet before a page, curl as nobody changed it, and what becomes of the
// connections that sluiced bound for it.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "certified.h"
#include "support/tree.h"

namespace sluice::e2e {

namespace {

constexpr const char* kServices =
    "services:\n"
    "  - {name: api, protocol: tcp, ports: [8443], admit: anyone, each-source: {connections: 1k/s}, each-identity: {packets: 10k/s, burst: 20k}}\n";
constexpr const char* kServicesInNeed =
    "services:\n"
    "  - {name: api, protocol: tcp, ports: [8443], admit: {roles: [reader]}, each-identity: {packets: 10k/s, burst: 20k}}\n";

// Requests on one connection, one after another: the status of each, a line.
constexpr const char* kTalker =
    "import http.client, ssl, sys, time\n"
    "context = ssl._create_unverified_context(); context.load_cert_chain(sys.argv[1] + '.pem', sys.argv[1] + '.key')\n"
    "c = http.client.HTTPSConnection('192.0.2.2', 8443, context=context, source_address=('192.0.2.1', int(sys.argv[2])), timeout=10)\n"
    "while True:\n"
    "    c.request('GET', '/index.html'); r = c.getresponse(); r.read(); print(r.status, flush=True); time.sleep(0.01)\n";

std::size_t count(const std::string& text, const std::string& what)
{
	std::size_t found = 0;
	for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
		found++;
	return found;
}

}  // namespace

class Gateway : public Certified {
protected:
	void SetUp() override
	{
		Story::SetUp();
		if (IsSkipped())
			return;
		if (must(lab::run({{"sh", "-c", "command -v nginx && id www-data"}, {}, {}})).code != 0)
			GTEST_SKIP() << "nginx and its user www-data are not there (tools/dev setup servers)";
		directory_ = "/tmp/sluice-gateway-" + std::to_string(::getpid());
		std::filesystem::remove_all(directory_);
		std::filesystem::create_directories(directory_ + "/www");
		write("www/index.html", "hello\n");
		start("version: 1\n");
		make_authority();
		issue("gate", "IP:192.0.2.2", "serverAuth");
		issue("billing", "URI:spiffe://prod.example/billing", "clientAuth");
		issue("audit", "URI:spiffe://prod.example/audit", "clientAuth");
		apply(kServices);
		serve();
	}
	void TearDown() override
	{
		nginx_.reset();
		std::filesystem::remove_all(directory_);
	}

	void write(const std::string& name, const std::string& text) { std::ofstream(directory_ + "/" + name) << text; }

	void apply(const std::string& services, const std::string& lease = "", const std::string& more = "")
	{
		must(daemon().write_file("policy.yaml",
					 "version: 1\n"
					 "identity:\n"
					 "  trust-domains: [{name: prod.example, authorities: [ca.pem]}]\n"
					 "  roles: [{name: reader, identities: [\"spiffe://prod.example/**\"]}]\n"
					 "  authorize: {socket: " + directory_ + "/authorize.sock, callers: {users: [www-data]}" + more + "}\n" + lease + services));
		must(daemon().ask({"apply", daemon().policy_path()}));
		ASSERT_TRUE(until([&] { return must(daemon().ask({"status"})).at("health") == "ok"; })) << must(daemon().ask({"status"})).dump(1);
	}

	// The snippet as it is shipped, but for the socket's path.
	void serve()
	{
		std::string upstream = must(read_file(test::in_tree("packaging/nginx/sluice-upstream.conf")));
		const std::string path = "/run/sluice/authorize.sock";
		for (auto at = upstream.find(path); at != std::string::npos; at = upstream.find(path, at + 1))
			upstream.replace(at, path.size(), directory_ + "/authorize.sock");
		write("upstream.conf", upstream);
		std::string conf = "user www-data; worker_processes 2; daemon off; pid nginx.pid; error_log error.log info;\nevents {}\nhttp {\n  access_log off;\n";
		for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
			conf += std::string("  ") + kind + "_temp_path " + kind + ";\n";
		conf += "  include upstream.conf;\n  server {\n    listen 192.0.2.2:8443 ssl;\n    ssl_certificate " + daemon().directory() +
			"/gate.pem; ssl_certificate_key " + daemon().directory() +
			"/gate.key;\n    ssl_verify_client optional_no_ca; ssl_session_tickets off; ssl_session_cache off;\n    root www;\n    include " +
			test::in_tree("packaging/nginx/sluice-server.conf") + ";\n  }\n}\n";
		write("nginx.conf", conf);
		nginx_.emplace(must(lab::Process::start(wire().gate().command({"nginx", "-p", directory_, "-e", "error.log", "-c", "nginx.conf"}))));
		ASSERT_TRUE(until([&] { return get("").status != "000"; })) << nginx_errors();
	}
	std::string nginx_errors()
	{
		const auto log = read_file(directory_ + "/error.log");
		return nginx_->errors() + (log ? *log : "");
	}

	struct Got {
		std::string status;   // "000": no answer
		std::string headers;  // and the page behind them
	};
	// As curl gets it with somebody's certificate; of nobody where there is no name.
	Got get(const std::string& name, std::vector<std::string> more = {})
	{
		std::vector<std::string> words = {"curl", "-s", "-k", "-i", "-m", "5", "-w", "\n%{http_code}", "https://192.0.2.2:8443/index.html"};
		if (!name.empty())
			words.insert(words.end(), {"--cert", daemon().directory() + "/" + name + ".pem", "--key", daemon().directory() + "/" + name + ".key"});
		words.insert(words.end(), more.begin(), more.end());
		const std::string text = must(lab::run(wire().world().command(std::move(words)))).output;
		const auto end = text.rfind('\n');
		return {text.substr(end + 1), text.substr(0, end)};
	}
	lab::Process talk(const std::string& name, const std::string& port)
	{
		return must(lab::Process::start(wire().world().command({"python3", "-c", kTalker, daemon().directory() + "/" + name, port})));
	}
	std::uint64_t identified() { return must(daemon().counted("identified", "api")); }

	std::string directory_;
	std::optional<lab::Process> nginx_;
};

TEST_F(Gateway, AConnectionIsItsClientsOnceItIsAuthorized)
{
	const Got nobody = get("");
	EXPECT_EQ(nobody.status, "403") << nginx_errors();
	EXPECT_EQ(identified(), 0u);
	const Got page = get("billing");
	EXPECT_EQ(page.status, "200") << page.headers << nginx_errors() << audit();
	EXPECT_NE(page.headers.find("hello"), std::string::npos);
	EXPECT_GT(identified(), 0u) << "from the answer on";
	EXPECT_EQ(identity("billing").at("roles")[0], "reader");

	lab::Process talker = talk("audit", "40001");
	ASSERT_TRUE(until([&] { return count(talker.output(), "200") > 10; })) << talker.errors() << nginx_errors();
	const auto leases = must(daemon().dump({"leases"})).dump();
	EXPECT_NE(leases.find("192.0.2.1:40001 > 192.0.2.2:8443 tcp"), std::string::npos) << leases;
	EXPECT_EQ(count(audit(), "\"event\":\"granted\""), 2u) << "a connection each, however many requests\n" << audit();

	apply(kServicesInNeed);
	const std::size_t before = count(talker.output(), "200");
	ASSERT_TRUE(until([&] { return count(talker.output(), "200") > before + 20; })) << "who is known goes on\n" << talker.errors();
	EXPECT_EQ(get("audit").status, "000") << "a neighbour behind the same address, and even itself, is nobody before it is authorized";
	EXPECT_GT(counted("unidentified"), 0u);
	EXPECT_EQ(count(talker.output(), "40") + count(talker.output(), "50"), 0u) << talker.output();
}

TEST_F(Gateway, WhatAClientWritesIntoHeadersIsNothing)
{
	const Got got = get("", {"-H", "Sluice-Client-Certificate: x", "-H", "Sluice-Source: 192.0.2.9", "-H", "Sluice-Source-Port: 9",
				 "-H", "Sluice-Identity: spiffe://prod.example/billing", "-H", "Sluice-Status: 200", "-H",
				 "X-Forwarded-Client-Cert: URI=spiffe://prod.example/billing"});
	EXPECT_EQ(got.status, "403") << got.headers;
	EXPECT_NE(audit().find("\"reason\":\"no-credential\""), std::string::npos) << audit();
	EXPECT_TRUE(must(daemon().dump({"leases"})).at("leases").empty());
}

TEST_F(Gateway, WhoIsNoGatewayReportsNothing)
{
	const auto report = [&](std::vector<std::string> as) {
		std::vector<std::string> words = {"sh", "-c",
						  "cert=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(open(sys.argv[1]).read()))' \"$1\"); shift; "
						  "exec \"$@\" -s -o /dev/null -w '%{http_code}' -H \"Sluice-Client-Certificate: $cert\" "
						  "-H 'Sluice-Source: 192.0.2.1' -H 'Sluice-Source-Port: 41000' -H 'Sluice-Destination: 192.0.2.2' "
						  "-H 'Sluice-Destination-Port: 8443' http://sluice/v1/authorize",
						  "sh", daemon().directory() + "/billing.pem"};
		words.insert(words.end(), as.begin(), as.end());
		words.insert(words.end(), {"curl", "--unix-socket", directory_ + "/authorize.sock"});
		return must(lab::run({words, {}, {}})).output;
	};
	EXPECT_EQ(report({"env"}), "403") << "root is no gateway, either";
	EXPECT_EQ(report({"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}), "403");
	EXPECT_TRUE(must(daemon().dump({"leases"})).at("leases").empty());
	ASSERT_TRUE(until([&] { return audit().find("\"reason\":\"caller-unknown\"") != std::string::npos; })) << audit();
	EXPECT_EQ(report({"setpriv", "--reuid=www-data", "--regid=nogroup", "--clear-groups"}), "200") << "near miss";
	EXPECT_EQ(must(daemon().dump({"leases"})).at("leases").size(), 1u);
}

TEST_F(Gateway, RevocationEndsItOnAnOpenConnection)
{
	lab::Process revoked = talk("billing", "40002");
	lab::Process other = talk("audit", "40003");
	ASSERT_TRUE(until([&] { return count(revoked.output(), "200") > 10 && count(other.output(), "200") > 10; })) << revoked.errors() << nginx_errors();
	must(daemon().ask({"identity", "revoke", "spiffe://prod.example/billing"}));
	ASSERT_TRUE(until([&] { return count(revoked.output(), "403") > 10; })) << revoked.output();
	EXPECT_EQ(revoked.output().find("200", revoked.output().find("403")), std::string::npos) << "not one more";
	const std::string leases = must(daemon().dump({"leases"})).dump();
	EXPECT_EQ(leases.find(":40002 "), std::string::npos) << leases;
	EXPECT_NE(leases.find(":40003 "), std::string::npos) << leases;
	EXPECT_EQ(count(other.output(), "403"), 0u);
	EXPECT_NE(audit().find("\"reason\":\"identity-revoked\""), std::string::npos) << audit();
	must(daemon().ask({"identity", "restore", "spiffe://prod.example/billing"}));
	const std::size_t before = count(revoked.output(), "200");
	EXPECT_TRUE(until([&] { return count(revoked.output(), "200") > before + 10; })) << "its connection is still open";
}

TEST_F(Gateway, TooManyIs429WithRetryAfterAtTheClient)
{
	apply(kServices, "  lease: {each-identity: 1}\n");
	lab::Process talker = talk("billing", "40004");
	ASSERT_TRUE(until([&] { return count(talker.output(), "200") > 3; })) << talker.errors();
	const Got got = get("billing");
	EXPECT_EQ(got.status, "429") << got.headers;
	EXPECT_NE(got.headers.find("Retry-After: 10"), std::string::npos) << got.headers;
	EXPECT_EQ(get("audit").status, "200") << "near miss: another identity has its own";
}

TEST_F(Gateway, RequestsOfAKeyAreCountedWhereverTheyComeFrom)
{
	apply(kServices, "", ", each-key: {header: X-Api-Key, requests: 3/h, burst: 3}");
	const std::vector<std::string> one = {"-H", "X-Api-Key: one"};
	EXPECT_NE(get("billing", one).headers.find("RateLimit: \"key\";r=2;"), std::string::npos);
	EXPECT_EQ(get("audit", one).status, "200");
	EXPECT_EQ(get("billing", one).status, "200");
	const Got got = get("billing", one);
	EXPECT_EQ(got.status, "429") << got.headers;
	EXPECT_NE(got.headers.find("Retry-After: "), std::string::npos) << got.headers;
	EXPECT_NE(got.headers.find("RateLimit-Policy: \"key\";q=3;w=3600"), std::string::npos) << got.headers;
	EXPECT_NE(got.headers.find("RateLimit: \"key\";r=0;t="), std::string::npos) << got.headers;
	EXPECT_EQ(get("billing", {"-H", "X-Api-Key: other"}).status, "200") << "near miss";
}

TEST_F(Gateway, WithoutTheDaemonItIsClosed)
{
	ASSERT_EQ(get("billing").status, "200");
	daemon().kill();
	EXPECT_EQ(get("billing").status, "500");
	EXPECT_EQ(get("").status, "500");
	must(daemon().restart());
	ASSERT_TRUE(until([&] { return get("billing").status == "200"; })) << nginx_errors();
}

}  // namespace sluice::e2e
