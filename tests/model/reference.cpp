#include "model/reference.h"

#include <algorithm>

namespace sluice::test {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

unsigned __int128 period_ns(const policy::Meter& meter)
{
	return static_cast<unsigned __int128>(meter.rate.period_seconds) * kSecond;
}

bool in_any(const std::vector<net::Prefix>& prefixes, const net::Address& address)
{
	return std::any_of(prefixes.begin(), prefixes.end(),
			   [&](const net::Prefix& prefix) { return prefix.contains(address); });
}

bool in_any(const std::vector<net::PortRange>& ranges, std::uint16_t port)
{
	return std::any_of(ranges.begin(), ranges.end(),
			   [&](const net::PortRange& range) { return range.contains(port); });
}

// Ports of an entry: none means all; a packet without ports is in no range.
bool ports_match(const std::vector<net::PortRange>& ranges, const std::optional<std::uint16_t>& port)
{
	return ranges.empty() || (port && in_any(ranges, *port));
}

net::Prefix prefix_of(const net::Address& source, unsigned ipv4_length, unsigned ipv6_length)
{
	return net::Prefix::of(source, source.is_ipv4() ? ipv4_length : ipv6_length);
}

bool passes(const std::string& reason)
{
	static const std::vector<std::string> passing = {"not-ip",  "neighbour-discovery", "failsafe",      "listed",
							 "admitted", "default-allow",	   "fragment-allow", "identified"};
	return std::find(passing.begin(), passing.end(), reason) != passing.end();
}

bool asks_identity(const policy::Service& service)
{
	return service.admit == policy::Admit::kRoles || service.each_identity;
}

bool admits(const policy::Service& service, const Holder& holder)
{
	return std::any_of(service.roles.begin(), service.roles.end(), [&](const auto& role) { return holder.roles.contains(role); }) ||
	       std::find(service.identities.begin(), service.identities.end(), holder.name) != service.identities.end();
}

Judgement judged(const std::string& reason, const std::string& service, const std::string& rule)
{
	return {passes(reason), reason, service, rule};
}

}  // namespace

void Reference::ban(const net::Prefix& prefix, std::optional<std::uint64_t> expires_mono_ns)
{
	bans_[prefix] = expires_mono_ns;
}

void Reference::unban(const net::Prefix& prefix)
{
	bans_.erase(prefix);
}

void Reference::revoke(const std::string& name)
{
	std::erase_if(leases_, [&](const auto& lease) { return lease.second.name == name; });
}

Judgement Reference::judge(Frame frame, std::uint64_t now_mono_ns)
{
	const FrameReading reading = read_frame(frame);
	Judgement judgement = judged(reading.ends_as, "-", "");
	if (reading.ends_as.empty()) {
		const Found found = find(reading, now_mono_ns);
		judgement = decide(reading, found);
		const bool limited = judgement.passes && judgement.reason != "neighbour-discovery" &&
				     judgement.reason != "failsafe";
		if (limited) {
			const auto refusing = refused(tolls(reading, found, frame.size()), now_mono_ns);
			static const char* const dimensions[] = {"-packets", "-bits", "-connections"};
			if (refusing)
				judgement = judged(refusing->scope + dimensions[refusing->dimension], judgement.service,
						   refusing->limit);
		}
	}
	if (policy_.mode == policy::Mode::kObserve)
		judgement.passes = true;
	return judgement;
}

Reference::Found Reference::find(const FrameReading& reading, std::uint64_t now_mono_ns)
{
	Found found;
	found.list = longest_list(reading.source);
	found.service = service_of(reading);
	found.banned = is_banned(reading.source, now_mono_ns);
	found.holder = holder_of(reading, found.service);
	return found;
}

// Whoever the very flow is leased to, or else the longest prefix of the source; asked only for services that ask. A new
// connection has no part in the flow that had its ports before, and ends that flow's lease.
std::optional<Holder> Reference::holder_of(const FrameReading& reading, const policy::Service* service)
{
	if (service == nullptr || !asks_identity(*service))
		return std::nullopt;
	if (reading.source_port && reading.destination_port) {
		const auto flow = leases_.find(datapath::Flow{reading.source, reading.destination, *reading.source_port,
							      *reading.destination_port, net::Protocol{reading.protocol}});
		if (flow != leases_.end() && !reading.opens_connection)
			return flow->second;
		if (flow != leases_.end())
			leases_.erase(flow);
	}
	const Holder* longest = nullptr;
	int length = -1;
	for (const auto& [binding, holder] : leases_) {
		const auto* prefix = std::get_if<net::Prefix>(&binding);
		if (prefix != nullptr && prefix->contains(reading.source) && static_cast<int>(prefix->length()) > length) {
			longest = &holder;
			length = static_cast<int>(prefix->length());
		}
	}
	return longest != nullptr ? std::optional(*longest) : std::nullopt;
}

const policy::Source* Reference::longest_list(const net::Address& source) const
{
	const policy::Source* longest = nullptr;
	int length = -1;
	for (const auto& list : policy_.sources) {
		for (const auto& listed : list.prefixes) {
			if (listed.prefix.contains(source) && static_cast<int>(listed.prefix.length()) > length) {
				longest = &list;
				length = static_cast<int>(listed.prefix.length());
			}
		}
	}
	static const policy::Source allowed{.name = "overlay", .action = policy::Action::kAllow};
	static const policy::Source denied{.name = "overlay", .action = policy::Action::kDeny};
	for (const auto& [prefix, action] : overlay_) {
		if (prefix.contains(source) && static_cast<int>(prefix.length()) >= length) {
			longest = action == policy::Action::kAllow ? &allowed : &denied;
			length = static_cast<int>(prefix.length());
		}
	}
	return longest;
}

const policy::Service* Reference::service_of(const FrameReading& reading) const
{
	if (reading.fragment)
		return nullptr;
	for (const auto& service : policy_.services) {
		if (service.protocol.number == reading.protocol &&
		    ports_match(service.ports, reading.destination_port) &&
		    (service.addresses.empty() || in_any(service.addresses, reading.destination)))
			return &service;
	}
	return nullptr;
}

// The first entry that names the packet. A fragment has no ports, so only an entry without any names it.
std::optional<std::size_t> Reference::failsafe_of(const FrameReading& reading) const
{
	for (std::size_t i = 0; i < policy_.failsafe.size(); i++) {
		const auto& entry = policy_.failsafe[i];
		if ((!entry.protocol || entry.protocol->number == reading.protocol) &&
		    ports_match(entry.ports, reading.destination_port) && in_any(entry.from, reading.source))
			return i;
	}
	return std::nullopt;
}

bool Reference::is_banned(const net::Address& source, std::uint64_t now_mono_ns) const
{
	return std::any_of(bans_.begin(), bans_.end(), [&](const auto& ban) {
		return ban.first.contains(source) && (!ban.second || now_mono_ns < *ban.second);
	});
}

Judgement Reference::decide(const FrameReading& reading, const Found& found) const
{
	const std::string service = reading.fragment ? "fragments" : found.service ? found.service->name : "-";
	const bool allowed = found.list && found.list->action == policy::Action::kAllow;
	const std::string list = found.list ? found.list->name : "";
	const bool by_role = found.service && found.service->admit == policy::Admit::kRoles;
	const bool has_role = by_role && found.holder && admits(*found.service, *found.holder);
	if (reading.neighbour)
		return judged("neighbour-discovery", service, "");
	if (const auto entry = failsafe_of(reading))
		return judged("failsafe", service, "failsafe/" + std::to_string(*entry + 1));
	if (found.list && !allowed)
		return judged("listed-deny", service, list);
	if (found.banned && !allowed)
		return judged("banned", service, "");
	if (reading.fragment && policy_.fragments.action == policy::Action::kDeny)
		return judged("fragment", service, "");
	if (found.service && found.service->admit == policy::Admit::kListed && !allowed)
		return judged("not-admitted", service, "");
	if (by_role && !allowed && !has_role)
		return judged(found.holder ? "role-missing" : "unidentified", service, "");
	if (policy_.default_action == policy::Action::kDeny && !allowed && !has_role)
		return judged("default-deny", service, "");
	if (reading.fragment)
		return judged("fragment-allow", service, list);
	if (allowed)
		return judged("listed", service, list);
	if (found.holder)
		return judged("identified", service, "");
	return judged(found.service ? "admitted" : "default-allow", service, "");
}

std::vector<Reference::Toll> Reference::tolls(const FrameReading& reading, const Found& found, std::uint64_t bytes) const
{
	std::vector<Toll> tolls;
	const auto add = [&](const policy::Limit& limit, const std::string& scope, const std::string& name,
			     const net::Prefix& key, const std::string& holder = {}) {
		if (limit.packets)
			tolls.push_back({name, scope, kPackets, limit.algorithm, *limit.packets, key, holder, 1});
		if (limit.bits)
			tolls.push_back({name, scope, kBits, limit.algorithm, *limit.bits, key, holder, bytes * 8});
		if (limit.connections && reading.opens_connection)
			tolls.push_back({name, scope, kConnections, limit.algorithm, *limit.connections, key, holder, 1});
	};
	const auto add_source = [&](const std::optional<policy::SourceLimit>& limit, const std::string& service) {
		if (limit)
			add(limit->limit, "source", service + "/each-source",
			    prefix_of(reading.source, limit->ipv4_length, limit->ipv6_length));
	};
	const bool own = found.list && found.list->limit;
	if (!own && found.holder && found.service->each_identity) {
		add(*found.service->each_identity, "identity", found.service->name + "/each-identity", {}, found.holder->name);
		return tolls;
	}
	if (found.service && found.service->all_sources)
		add(*found.service->all_sources, "service", found.service->name + "/all-sources", {});
	if (own)
		add(*found.list->limit, "list", found.list->name + "/limit", prefix_of(reading.source, 32, 64));
	else if (reading.fragment)
		add_source(policy_.fragments.each_source, "fragments");
	else if (found.service)
		add_source(found.service->each_source, found.service->name);
	if (found.service && found.service->each_prefix && !own)
		add(found.service->each_prefix->limit, "prefix", found.service->name + "/each-prefix",
		    prefix_of(reading.source, found.service->each_prefix->ipv4_length,
			      found.service->each_prefix->ipv6_length));
	return tolls;
}

// Asks all, charges all or none.
std::optional<Reference::Toll> Reference::refused(const std::vector<Toll>& tolls, std::uint64_t now_mono_ns)
{
	for (const auto& toll : tolls) {
		if (!fits(toll, now_mono_ns))
			return toll;
	}
	for (const auto& toll : tolls)
		charge(toll, now_mono_ns);
	return std::nullopt;
}

bool Reference::fits(const Toll& toll, std::uint64_t now_mono_ns) const
{
	if (toll.algorithm == SLUICE_FIXED_WINDOW || toll.algorithm == SLUICE_SLIDING_LOG)
		return counted_at(toll, now_mono_ns) + toll.amount <= toll.meter.rate.count;
	return level_at(toll, now_mono_ns) + toll.amount * period_ns(toll.meter) <= toll.meter.burst * period_ns(toll.meter);
}

void Reference::charge(const Toll& toll, std::uint64_t now_mono_ns)
{
	const auto level = level_at(toll, now_mono_ns) + toll.amount * period_ns(toll.meter);
	const std::uint64_t count = counted_at(toll, now_mono_ns) + toll.amount;
	Level& known = levels_[key_of(toll)];
	known.level = level;
	known.at_mono_ns = now_mono_ns;
	known.window = now_mono_ns / static_cast<std::uint64_t>(period_ns(toll.meter));
	known.count = count;
	known.charges_mono_ns.push_back(now_mono_ns);
}

// In the window that now is in; or in the period that ends now, and the rounding of a log.
std::uint64_t Reference::counted_at(const Toll& toll, std::uint64_t now_mono_ns) const
{
	const auto found = levels_.find(key_of(toll));
	if (found == levels_.end())
		return 0;
	const auto period = static_cast<std::uint64_t>(period_ns(toll.meter));
	if (toll.algorithm == SLUICE_FIXED_WINDOW)
		return found->second.window == now_mono_ns / period ? found->second.count : 0;
	constexpr std::uint64_t kRounding = 131'072;
	const auto& charges = found->second.charges_mono_ns;
	return static_cast<std::uint64_t>(
		std::count_if(charges.begin(), charges.end(), [&](std::uint64_t at) { return now_mono_ns - at < period + kRounding; }));
}

unsigned __int128 Reference::level_at(const Toll& toll, std::uint64_t now_mono_ns) const
{
	const auto found = levels_.find(key_of(toll));
	if (found == levels_.end())
		return 0;
	const auto drained =
		static_cast<unsigned __int128>(now_mono_ns - found->second.at_mono_ns) * toll.meter.rate.count;
	return found->second.level > drained ? found->second.level - drained : 0;
}

}  // namespace sluice::test
