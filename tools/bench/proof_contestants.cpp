#include "proof_contestants.h"

#include "lab/bare_program.h"
#include "lab/listener.h"
#include "lab/receive_core.h"

namespace sluice::bench {

namespace {

constexpr std::uint16_t kPort = 443;
constexpr unsigned kBudget = 2000;  // SYNs of the unproved a second

std::string policy(const std::string& beyond)
{
	return "version: 1\n"
	       "services:\n"
	       "  - name: api\n"
	       "    protocol: tcp\n"
	       "    ports: [443]\n"
	       "    unproved: {connections: {rate: " + std::to_string(kBudget) + "/s, burst: " + std::to_string(kBudget / 10) + "}, beyond: " + beyond + "}\n";
}

// A server, whoever guards it, and a world in which newcomers live and answers arrive.
class Guarded final : public Contestant {
public:
	using Contestant::Contestant;

	Result<void> open()
	{
		lab::NetworkNamespace& world = wire().world();
		lab::NetworkNamespace& gate = wire().gate();
		SLUICE_TRY(world.ip({"link", "set", "lo", "up"}));
		SLUICE_TRY(world.inside([] { return lab::share_the_queue(lab::kInterface); }));
		SLUICE_TRY(world.ip({"route", "add", "local", "10.9.0.0/16", "dev", "lo"}));
		SLUICE_TRY(world.ip({"-6", "route", "add", "local", "2001:db8:9::/48", "dev", "lo"}));
		// The spoofed have a way back, too: else the stack would not even answer them.
		SLUICE_TRY(gate.ip({"route", "add", "default", "via", lab::kWorldIpv4}));
		SLUICE_TRY(gate.ip({"-6", "route", "add", "default", "via", lab::kWorldIpv6}));
		// Both parse: they are constants.
		SLUICE_TRY_ASSIGN(auto answers, lab::BareProgram::attach_for(world, *net::Address::parse(kNewcomersIpv4), *net::Address::parse(kNewcomersIpv6)));
		answers_.emplace(std::move(answers));
		SLUICE_TRY_ASSIGN(listener_, lab::Listener::open(gate, kPort));
		return {};
	}
	Result<void> drop()
	{
		SLUICE_TRY_ASSIGN(auto floor, lab::BareProgram::attach(wire().gate(), lab::BareProgram::Verdict::kDrop));
		floor_.emplace(std::move(floor));
		return {};
	}
	Result<void> start_sluice(const std::string& beyond)
	{
		lab::Daemon::Setup setup;
		setup.policy = policy(beyond);
		SLUICE_TRY_ASSIGN(lab::Daemon daemon, lab::Daemon::start(wire().gate(), setup));
		daemon_.emplace(std::move(daemon));
		return {};
	}
	Result<void> receive_in_batches()
	{
		return wire().gate().inside([] { return lab::receive_in_batches(lab::kInterface); });
	}

private:
	std::optional<lab::BareProgram> answers_;
	std::optional<lab::BareProgram> floor_;
	std::unique_ptr<lab::Listener> listener_;
	std::optional<lab::Daemon> daemon_;
};

Result<std::unique_ptr<Guarded>> open_guarded(const char* name, const char* role)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open(role));
	auto guarded = std::make_unique<Guarded>(name, std::move(wire));
	SLUICE_TRY(guarded->open());
	return guarded;
}

Opened open_proof(const char* name, const char* role, const char* beyond)
{
	SLUICE_TRY_ASSIGN(auto guarded, open_guarded(name, role));
	SLUICE_TRY(guarded->start_sluice(beyond));
	SLUICE_TRY(lab::receive_on(guarded->wire().gate(), kReceiveCore));
	return Opened(std::move(guarded));
}

}  // namespace

Opened open_proof_cookie()
{
	return open_proof("sluice-cookie", "cookie-", "cookie");
}

Opened open_proof_drop()
{
	return open_proof("sluice-drop", "beyond-", "drop");
}

Opened open_proof_floor()
{
	SLUICE_TRY_ASSIGN(auto guarded, open_guarded("floor", "floor-"));
	SLUICE_TRY(guarded->drop());
	SLUICE_TRY(lab::receive_on(guarded->wire().gate(), kReceiveCore));
	return Opened(std::move(guarded));
}

Opened open_stack()
{
	SLUICE_TRY_ASSIGN(auto guarded, open_guarded("stack", "stack-"));
	SLUICE_TRY(guarded->receive_in_batches());
	SLUICE_TRY(lab::receive_on(guarded->wire().gate(), kReceiveCore));
	return Opened(std::move(guarded));
}

Opened open_syn_limit()
{
	SLUICE_TRY_ASSIGN(auto guarded, open_guarded("nftables", "synlimit-"));
	const std::string rules = "add table netdev bench; add chain netdev bench ingress { type filter hook ingress device eth0 priority 0 ; policy accept ; }"
				  "; add rule netdev bench ingress tcp dport 443 tcp flags & (syn|ack) == syn limit rate over " +
				  std::to_string(kBudget) + "/second burst " + std::to_string(kBudget / 10) + " packets counter drop";
	SLUICE_TRY(load_rules(guarded->wire(), {"nft", rules}));
	SLUICE_TRY(lab::receive_on(guarded->wire().gate(), kReceiveCore));
	return Opened(std::move(guarded));
}

}  // namespace sluice::bench
