#include <csignal>
#include <ctime>
#include <memory>
#include <random>

#include "base/clock.h"
#include "base/file.h"
#include "base/notifier.h"
#include "cli/command_line.h"
#include "cli/lease_agent.h"
#include "cli/render.h"
#include "telemetry/timestamp.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::uint64_t kMostFileBytes = 1u << 20;

struct Asked {
	std::string server;
	std::string certificate;
	std::string key;
	std::string authorities;
	bool system_authorities = false;
	std::string server_name;
	std::string token;
	std::string bind = "address";
	bool once = false;
};

Result<std::string> read_small(const std::string& path)
{
	return read_file(path, kMostFileBytes);
}

// Without what editors and echo leave at its end.
Result<std::string> read_token(const std::string& path)
{
	SLUICE_TRY_ASSIGN(std::string token, read_small(path));
	token.erase(token.find_last_not_of(" \t\r\n") + 1);
	if (token.empty())
		return Error(ErrorCode::kInvalid, path + ": no token");
	return token;
}

// Every file is read at every asking: certificates, keys and tokens are replaced while this runs.
Result<port::LeaseReply> ask(const Asked& asked)
{
	SLUICE_TRY_ASSIGN(port::LeaseServer server, port::parse_lease_server(asked.server));
	server.name = asked.server_name;
	if (!asked.authorities.empty()) {
		SLUICE_TRY_ASSIGN(server.authorities, read_small(asked.authorities));
	}
	port::LeasePapers papers;
	SLUICE_TRY_ASSIGN(papers.certificate, read_small(asked.certificate));
	SLUICE_TRY_ASSIGN(papers.key, read_small(asked.key));
	if (!asked.token.empty()) {
		SLUICE_TRY_ASSIGN(papers.token, read_token(asked.token));
	}
	return port::ask_for_lease(server, papers, *port::parse_bind(asked.bind), kPatience);
}

// Blocks the signals that end it, so that waiting for time is waiting for them too.
class Stop {
public:
	Stop()
	{
		sigemptyset(&signals_);
		sigaddset(&signals_, SIGTERM);
		sigaddset(&signals_, SIGINT);
		pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
	}
	// False: one came.
	bool wait(std::chrono::milliseconds pause) const
	{
		const timespec patience{pause.count() / 1000, pause.count() % 1000 * 1'000'000};
		return sigtimedwait(&signals_, nullptr, &patience) < 0;
	}

private:
	sigset_t signals_;
};

const char* word_of(LeaseNews::Kind kind)
{
	switch (kind) {
	case LeaseNews::Kind::kLeased:
		return "leased";
	case LeaseNews::Kind::kTroubled:
		return "troubled";
	case LeaseNews::Kind::kRenewed:
		return "renewed";
	case LeaseNews::Kind::kEnded:
		break;
	}
	return "ended";
}

control::Json json_of(const LeaseNews& news)
{
	control::Json json = {{"event", word_of(news.kind)}, {"identity", news.lease.identity}, {"binding", news.lease.binding}, {"seconds", news.seconds_left}};
	if (!news.why.empty())
		json["why"] = news.why;
	return json;
}

std::string text_of(const LeaseNews& news)
{
	const std::string left = std::to_string(news.seconds_left) + " s";
	const std::string what = news.lease.binding + " to " + news.lease.identity;
	switch (news.kind) {
	case LeaseNews::Kind::kLeased:
		return "leased " + what + ", for " + left + " at a time";
	case LeaseNews::Kind::kTroubled:
		return (news.lease.binding.empty() ? "no lease yet: " : "cannot renew, " + left + " are left: ") + news.why;
	case LeaseNews::Kind::kRenewed:
		return "renewed again: " + what;
	case LeaseNews::Kind::kEnded:
		break;
	}
	return "the lease of " + what + " has ended: " + news.why;
}

ExitCode run_once(Context& context, LeaseAgent& agent)
{
	const auto lease = agent.once();
	if (!lease)
		return fail(context, "lease", lease.error());
	const LeaseNews news{LeaseNews::Kind::kLeased, *lease, {}, lease->seconds};
	context.out.write(context.globals.json ? print_json(json_of(news))
					       : text::printable("leased " + lease->binding + " to " + lease->identity + " for " + std::to_string(lease->seconds) + " s") + "\n");
	return ExitCode::kDone;
}

ExitCode run_lease(Context& context, const Asked& asked)
{
	if (asked.authorities.empty() != asked.system_authorities) {
		return fail(context, "lease", Error(ErrorCode::kInvalid, "whom to believe that the server is itself has to be said",
						    "--ca FILE, or --system-ca for every authority that this system trusts; not both"));
	}
	if (const auto server = port::parse_lease_server(asked.server); !server)
		return fail(context, "lease", server.error());
	const SystemClock clock;
	const Notifier notifier = Notifier::take_from_environment();
	const Stop stop;
	std::mt19937_64 random{std::random_device()()};
	const auto tell = [&](const LeaseNews& news) {
		const std::string text = text::printable(text_of(news));
		context.out.write(context.globals.json ? print_json_line(json_of(news)) : telemetry::timestamp(clock.unix_ns()) + " " + text + "\n");
		if (news.kind == LeaseNews::Kind::kLeased)
			notifier.ready(text);
		else
			notifier.status(text);
	};
	LeaseAgent agent({[&] { return ask(asked); }, [&](std::chrono::milliseconds pause) { return stop.wait(pause); },
			  [&] { return std::uniform_real_distribution<double>(0, 1)(random); }, [&] { return clock.boot_ns(); }, tell});
	if (asked.once)
		return run_once(context, agent);
	const auto ended = agent.run();
	notifier.stopping();
	return ended ? ExitCode::kDone : fail(context, "lease", ended.error());
}

}  // namespace

void add_lease(CommandLine& line)
{
	auto asked = std::make_shared<Asked>();
	CLI::App& verb = line.add(
	    {.name = "lease",
	     .summary = "prove who this host is to a server, and keep the lease",
	     .text = "Runs on the client. Shows the certificate (and the token) to a server's identity port, which leases this\n"
		     "host's address, as the server sees it, to the identity they prove; then renews the lease at half of its\n"
		     "life until it is stopped (SIGTERM, SIGINT: exit code 0). The files are read again every time, so whoever\n"
		     "rotates them has nothing to tell it. It needs neither root nor a daemon on this host. An address can be\n"
		     "leased where the server's policy says that it is unshared; --bind prefix asks for this host's IPv6 /64.\n"
		     "One line for each change, with --json one object a line. Ready for systemd as Type=notify.",
	     .example = "  sluice lease --server gate.example:8440 --cert svid.pem --key svid.key --ca bundle.pem\n"
			"  sluice lease --server gate.example:8440 --cert c.pem --key c.key --system-ca --token-file token --once\n"},
	    [asked](Context& context) { return run_lease(context, *asked); });
	verb.add_option("--server", asked->server, "the server's identity port")->required()->type_name("HOST:PORT");
	verb.add_option("--cert", asked->certificate, "this host's certificate, its chain behind it")->required()->type_name("FILE");
	verb.add_option("--key", asked->key, "the certificate's key")->required()->type_name("FILE");
	verb.add_option("--ca", asked->authorities, "the authorities that may vouch for the server")->type_name("FILE");
	verb.add_flag("--system-ca", asked->system_authorities, "every authority that this system trusts may");
	verb.add_option("--server-name", asked->server_name, "the name in the server's certificate (default: HOST)")->type_name("NAME");
	verb.add_option("--token-file", asked->token, "an access token to show besides")->type_name("FILE");
	verb.add_option("--bind", asked->bind, "what to lease")->check(CLI::IsMember({"address", "prefix"}))->capture_default_str();
	verb.add_flag("--once", asked->once, "ask once, print the lease, and end");
}

}  // namespace sluice::cli
