#include "contestant.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/file.h"
#include "lab/bare_program.h"
#include "policy.h"

namespace sluice::bench {

namespace {

// A bare program on the gate's interface.
class Floor final : public Contestant {
public:
	using Contestant::Contestant;

	Result<void> attach(lab::BareProgram::Verdict verdict)
	{
		SLUICE_TRY_ASSIGN(auto program, lab::BareProgram::attach(wire().gate(), verdict));
		program_.emplace(std::move(program));
		return {};
	}
	int program_fd() const override { return program_->program_fd(); }

private:
	std::optional<lab::BareProgram> program_;
};

Opened open_floor(const char* name, const char* role, lab::BareProgram::Verdict verdict)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open(role));
	auto floor = std::make_unique<Floor>(name, std::move(wire));
	SLUICE_TRY(floor->attach(verdict));
	return Opened(std::move(floor));
}

class Sluice final : public Contestant {
public:
	using Contestant::Contestant;

	Result<void> start(const lab::Daemon::Setup& setup)
	{
		SLUICE_TRY_ASSIGN(lab::Daemon daemon, lab::Daemon::start(wire().gate(), setup));
		daemon_.emplace(std::move(daemon));
		return take_program();
	}
	Result<void> ban_some()
	{
		std::vector<std::string> arguments{"ban"};
		for (unsigned i = 0; i < kBans; i++)
			arguments.push_back(ban(i));
		SLUICE_TRY_ASSIGN(const lab::Finished banned, daemon_->command(arguments));
		if (banned.code != 0)
			return Error(ErrorCode::kFailed, "sluice ban: " + banned.errors);
		return {};
	}
	int program_fd() const override { return program_.get(); }

private:
	Result<void> take_program()
	{
		SLUICE_TRY_ASSIGN(const nlohmann::json status, daemon_->ask({"status"}));
		const std::string generation = std::to_string(status.at("generation").get<std::uint32_t>());
		program_.reset(::bpf_obj_get((daemon_->pins() + "/generations/" + generation + "/program").c_str()));
		if (!program_)
			return error_of_errno(errno, "the running generation's program");
		return {};
	}

	std::optional<lab::Daemon> daemon_;
	Fd program_;
};

Opened open_rules(const char* name, const char* role, const std::vector<std::vector<std::string>>& commands)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open(role));
	auto rules = std::make_unique<Contestant>(name, std::move(wire));
	for (const auto& command : commands)
		SLUICE_TRY(load_rules(rules->wire(), command));
	return Opened(std::move(rules));
}

}  // namespace

Result<void> load_rules(lab::Wire& wire, const std::vector<std::string>& command)
{
	const auto finished = lab::run(wire.gate().command(command));
	if (!finished)
		return finished.error();
	if (finished->code == 127)
		return Error(ErrorCode::kUnsupported, command[0] + " is not installed", "tools/dev setup bench");
	if (finished->code != 0)
		return Error(ErrorCode::kUnsupported, "this kernel refuses the rules: " + finished->errors);
	return wire.gate().inside([] { return lab::receive_in_batches(lab::kInterface); });
}

Opened open_floor_drop()
{
	return open_floor("floor", "drop-", lab::BareProgram::Verdict::kDrop);
}

Opened open_floor_pass()
{
	return open_floor("floor", "pass-", lab::BareProgram::Verdict::kPass);
}

Opened open_none()
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("none-"));
	return Opened(std::make_unique<Contestant>("none", std::move(wire)));
}

Opened open_plain()
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("plain-"));
	auto sluice = std::make_unique<Sluice>("sluice", std::move(wire));
	lab::Daemon::Setup setup;
	setup.policy = "version: 1\n";
	SLUICE_TRY(sluice->start(setup));
	return Opened(std::move(sluice));
}

Opened open_sluice()
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("sluice-"));
	auto sluice = std::make_unique<Sluice>("sluice", std::move(wire));
	lab::Daemon::Setup setup;
	setup.policy = full_policy();
	setup.files = {{"lists/scanners.netset", scanners()}};
	SLUICE_TRY(sluice->start(setup));
	SLUICE_TRY(sluice->ban_some());
	return Opened(std::move(sluice));
}

Opened open_listed(const std::string& list)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("listed-"));
	auto sluice = std::make_unique<Sluice>("sluice", std::move(wire));
	lab::Daemon::Setup setup;
	setup.policy = "version: 1\nsources:\n  - {name: feed, action: deny, files: [lists/feed.netset]}\n";
	setup.files = {{"lists/feed.netset", list}};
	SLUICE_TRY(sluice->start(setup));
	return Opened(std::move(sluice));
}

Opened open_nftables()
{
	const auto limit = [](unsigned rate, unsigned burst) {
		return "limit rate over " + std::to_string(rate) + "/second burst " + std::to_string(burst) + " packets ";
	};
	const std::string rule = "; add rule netdev bench ingress tcp dport { 443, 8443 } ";
	const std::string source = limit(kSourceRate, kSourceBurst) + "} counter drop";
	const std::string rules =
	    "add table netdev bench"
	    "; add set netdev bench sources4 { type ipv4_addr ; size 65536 ; flags dynamic ; timeout 10s ; }"
	    "; add set netdev bench sources6 { type ipv6_addr ; size 65536 ; flags dynamic ; timeout 10s ; }"
	    "; add chain netdev bench ingress { type filter hook ingress device eth0 priority 0 ; policy accept ; }" +
	    rule + limit(kServiceRate, kServiceBurst) + "counter drop" +
	    rule + "update @sources4 { ip saddr " + source +
	    rule + "update @sources6 { ip6 saddr and ffff:ffff:ffff:ffff:: " + source;
	return open_rules("nftables", "nft-", {{"nft", rules}});
}

Opened open_hashlimit()
{
	const auto rule = [](const char* program, const char* name, unsigned rate, unsigned burst) {
		return std::vector<std::string>{
		    program, "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "-m", "multiport", "--dports", "443,8443", "-m",
		    "hashlimit", "--hashlimit-name", name, "--hashlimit-above", std::to_string(rate) + "/second",
		    "--hashlimit-burst", std::to_string(burst), "-j", "DROP"};
	};
	std::vector<std::vector<std::string>> commands;
	for (const auto& [program, mask] : {std::pair{"iptables", "32"}, std::pair{"ip6tables", "64"}}) {
		commands.push_back(rule(program, "service", kServiceRate, kServiceBurst));
		commands.push_back(rule(program, "source", kSourceRate, kSourceBurst));
		commands.back().insert(commands.back().end(), {"--hashlimit-mode", "srcip", "--hashlimit-srcmask", mask,
							       "--hashlimit-htable-max", "65536"});
	}
	return open_rules("hashlimit", "ipt-", commands);
}

Opened open_xdp_filter()
{
	// Its maps are one for the whole host: a bpffs of its own, which goes with the shell, keeps it from an xdp-filter in use.
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("filter-"));
	auto filter = std::make_unique<Contestant>("xdp-filter", std::move(wire));
	SLUICE_TRY(load_rules(filter->wire(),
			      {"unshare", "--mount", "sh", "-c",
			       "mount -t bpf bpf /sys/fs/bpf && { command -v xdp-filter > /dev/null || exit 127; } && "
			       "xdp-filter load eth0 --policy allow --features tcp && xdp-filter port 443 --mode dst --proto tcp"}));
	return Opened(std::move(filter));
}

Result<std::vector<std::unique_ptr<Contestant>>> gather(const std::vector<Opened (*)()>& openers)
{
	std::vector<std::unique_ptr<Contestant>> contestants;
	for (const auto opener : openers) {
		Opened opened = opener();
		if (opened)
			contestants.push_back(std::move(*opened));
		else if (opened.error().code() == ErrorCode::kUnsupported)
			std::fprintf(stderr, "sluice-bench: left out: %s\n", opened.error().sentence().c_str());
		else
			return std::move(opened).error();
	}
	return contestants;
}

}  // namespace sluice::bench
