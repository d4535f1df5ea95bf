#include "policy/validate.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "policy/limits.h"
#include "policy/meter.h"
#include "policy/parse_limit.h"
#include "policy/port_set.h"
#include "policy/validate_identity.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostServices = SLUICE_MAX_SERVICES - SLUICE_SERVICE_FIRST;
constexpr std::size_t kMostRules = SLUICE_MAX_RULES - SLUICE_RULE_FIRST;
constexpr std::size_t kMostLimits = SLUICE_MAX_LIMITS - 1;
constexpr std::size_t kMostAddresses = 4096;
constexpr std::size_t kMostContradictions = 20;

std::string written_at(const Place& place)
{
	return place.file + ":" + std::to_string(place.line);
}

class Validator {
public:
	Validator(const Policy& policy, const Listing& listing) : policy_(policy), listing_(listing) {}

	Diagnostics validate();

private:
	void check_failsafe();
	void check_lockout();
	void check_names();
	void check_name(const std::string& name, std::string_view what, const Place& place, std::map<std::string, Place>& seen);
	void check_sizes();
	void check_limits();
	void check_limit(const Limit& limit, const std::string& about);
	void check_meter(const std::optional<Meter>& meter, sluice_dimension dimension, const Limit& limit, const std::string& about);
	void check_sources();
	void check_services();
	void check_service(const Service& service);
	void check_unproved(const Service& service);
	void check_overlaps();
	void check_contradictions();
	bool same_meaning(const Source& a, const Source& b) const;
	Place place_of(const Listed& listed) const;

	void error(const Place& place, std::string message, std::string hint = {})
	{
		found_.push_back({Severity::kError, place, std::move(message), std::move(hint)});
	}
	void warn(const Place& place, std::string message, std::string hint = {})
	{
		found_.push_back({Severity::kWarning, place, std::move(message), std::move(hint)});
	}
	Place whole_file() const { return {policy_.files.empty() ? std::string() : policy_.files[0], 0, 0}; }

	const Policy& policy_;
	const Listing& listing_;
	Diagnostics found_;
};

Diagnostics Validator::validate()
{
	check_sizes();
	if (!has_errors(found_)) {
		check_failsafe();
		check_lockout();
		check_names();
		check_limits();
		check_sources();
		check_services();
		check_overlaps();
		check_contradictions();
		for (Diagnostic& diagnostic : validate_identities(policy_))
			found_.push_back(std::move(diagnostic));
	}
	return std::move(found_);
}

// First, and alone: what follows compares everything with everything.
void Validator::check_sizes()
{
	const auto check = [this](std::size_t count, std::size_t most, const char* what, const char* hint) {
		if (count > most)
			error(whole_file(), std::to_string(count) + " " + what + "; at most " + std::to_string(most) + " have room", hint);
	};
	const std::size_t limits = limit_uses(policy_).size();
	std::size_t addresses = 0;
	for (const Service& service : policy_.services)
		addresses += service.addresses.size();
	check(policy_.failsafe.size(), SLUICE_MAX_FAILSAFE, "failsafe entries", "one entry can name many prefixes and ports");
	check(policy_.services.size(), kMostServices, "services", "join services that share limits");
	check(policy_.sources.size() + limits, kMostRules, "lists and limits", "join lists that share a meaning");
	check(limits, kMostLimits, "limits in use", "join services that share limits");
	check(addresses, kMostAddresses, "addresses of services", "name prefixes");
}

void Validator::check_failsafe()
{
	for (const Failsafe& entry : policy_.failsafe) {
		if (entry.from.empty())
			error(entry.place, "a failsafe entry has no 'from'", "name the addresses that you come from");
		if (entry.protocol && !entry.protocol->has_ports() && !entry.ports.empty())
			error(entry.place, "protocol " + entry.protocol->to_string() + " has no ports", "leave the ports out");
	}
}

void Validator::check_lockout()
{
	if (policy_.mode == Mode::kEnforce && policy_.default_action == Action::kDeny && policy_.failsafe.empty())
		warn(whole_file(), "everybody who is on no list is denied, and no failsafe entry lets you in",
		     "name the way you reach this host in 'failsafe'");
}

void Validator::check_name(const std::string& name, std::string_view what, const Place& place, std::map<std::string, Place>& seen)
{
	static const std::map<std::string_view, const char*> kTaken = {
	    {"-", "traffic to no service"},
	    {"fragments", "fragments"},
	    {"replies", "the caps of SYN cookies"},
	    {"overlay", "what `sluice allow` and `sluice deny` decide"},
	};
	if (const auto taken = kTaken.find(name); taken != kTaken.end())
		error(place, "the name '" + name + "' is taken: counters show " + taken->second + " under it",
		      "give it another name");
	const auto [earlier, fresh] = seen.try_emplace(name, place);
	if (!fresh)
		error(place, std::string(what) + " '" + name + "' is here twice", "the first is at " + written_at(earlier->second));
}

void Validator::check_names()
{
	std::map<std::string, Place> lists;
	std::map<std::string, Place> services;
	for (const Source& source : policy_.sources)
		check_name(source.name, "the list", source.place, lists);
	for (const Service& service : policy_.services)
		check_name(service.name, "the service", service.place, services);
}

// Named limits once, whoever uses them; those in place under the name of the place.
void Validator::check_limits()
{
	for (const auto& [name, limit] : policy_.limits)
		check_limit(limit, "limit '" + name + "'");
	for (const LimitUse& use : limit_uses(policy_)) {
		if (use.limit->name.empty())
			check_limit(*use.limit, use.name);
	}
}

void Validator::check_limit(const Limit& limit, const std::string& about)
{
	if (!limit.packets && !limit.bits && !limit.connections)
		error(limit.place, about + " limits nothing", "give it packets, bits or connections, such as packets: 2000/s");
	check_meter(limit.packets, SLUICE_PACKETS, limit, about);
	check_meter(limit.bits, SLUICE_BITS, limit, about);
	check_meter(limit.connections, SLUICE_CONNECTIONS, limit, about);
}

void Validator::check_meter(const std::optional<Meter>& meter, sluice_dimension dimension, const Limit& limit, const std::string& about)
{
	if (!meter)
		return;
	const std::uint64_t least = dimension == SLUICE_BITS ? kFrameBits : 1;
	if (meter->burst < least) {
		const char* what = counts_in_windows(limit.algorithm) ? "window" : "burst";
		error(limit.place, about + ": a " + what + " of " + std::to_string(meter->burst) + " lets nothing through",
		      dimension == SLUICE_BITS ? std::string("bits need a ") + what + " of one full frame at least: 12112" : "raise it to 1 at least");
		return;
	}
	auto expressed = express(*meter, dimension, limit.algorithm);
	if (!expressed)
		error(limit.place, about + ": " + expressed.error().message(), expressed.error().advice());
	const std::uint64_t tick = meter->rate.count / meter->rate.period_seconds / kTicksPerSecond;
	if (meter->burst < tick)
		warn(limit.place, about + ": a burst of " + std::to_string(meter->burst) + " is less than " + meter->rate.to_string() +
					  " gives in one tick of the kernel's clock, so that less than the rate gets through",
		     "raise the burst to " + std::to_string(tick) + " at least");
}

void Validator::check_sources()
{
	for (const Source& source : policy_.sources) {
		if (source.limit && source.action == Action::kDeny)
			error(source.place, "the list '" + source.name + "' is denied, and has a limit", "leave the limit out, or write action: allow");
	}
}

void Validator::check_services()
{
	for (const Service& service : policy_.services)
		check_service(service);
}

void Validator::check_service(const Service& service)
{
	if (!service.protocol.has_ports() && !service.ports.empty())
		error(service.place, "protocol " + service.protocol.to_string() + " has no ports", "leave the ports out");
	const auto check_lengths = [&](const auto& each, const char* what) {
		if (each && (each->ipv4_length < 1 || each->ipv4_length > 32 || each->ipv6_length < 1 || each->ipv6_length > 128))
			error(service.place, std::string(what) + " has a prefix length out of range", "from 1 to 32, and from 1 to 128");
	};
	check_lengths(service.each_source, "each-source");
	check_lengths(service.each_prefix, "each-prefix");
	const auto check_connections = [&](const Limit& limit, const char* what) {
		if (limit.connections && service.protocol != net::kTcp)
			warn(service.place, std::string(what) + " of '" + service.name + "' counts connections, which " +
						    service.protocol.to_string() + " does not have",
			     "limit packets or bits");
	};
	if (service.each_source)
		check_connections(service.each_source->limit, "each-source");
	if (service.each_prefix)
		check_connections(service.each_prefix->limit, "each-prefix");
	if (service.each_identity)
		check_connections(*service.each_identity, "each-identity");
	if (service.all_sources)
		check_connections(*service.all_sources, "all-sources");
	if (service.unproved)
		check_unproved(service);
}

void Validator::check_unproved(const Service& service)
{
	const Limit& limit = service.unproved->limit;
	const std::string about = "unproved of '" + service.name + "'";
	if (!service.protocol.has_ports())
		error(limit.place, about + " asks for proof that " + service.protocol.to_string() + " cannot give", "TCP and UDP can");
	else if (service.protocol == net::kTcp ? limit.packets || !limit.connections : limit.connections || !limit.packets)
		error(limit.place, about + " counts what " + service.protocol.to_string() + " is not held by here",
		      "TCP is held by connections, UDP by packets");
	if (service.unproved->beyond == Beyond::kCookie && service.protocol != net::kTcp)
		error(limit.place, about + " answers with cookies, which only TCP has", "write beyond: drop");
	if (!service.each_source && service.protocol == net::kTcp)
		warn(limit.place, "nothing but all-sources holds the connections of a source of '" + service.name + "' once it is proved",
		     "give it an each-source with connections");
}

// The address that both cover, if there is one.
std::optional<std::string> shared_address(const Service& a, const Service& b)
{
	if (a.addresses.empty() && b.addresses.empty())
		return "every address";
	if (a.addresses.empty())
		return b.addresses.front().to_string();
	if (b.addresses.empty())
		return a.addresses.front().to_string();
	for (const net::Prefix& x : a.addresses) {
		for (const net::Prefix& y : b.addresses) {
			if (x.contains(y) || y.contains(x))
				return (x.contains(y) ? y : x).to_string();
		}
	}
	return std::nullopt;
}

void Validator::check_overlaps()
{
	std::vector<PortSet> ports;
	for (const Service& service : policy_.services)
		ports.emplace_back(service.ports);
	for (std::size_t i = 0; i < policy_.services.size(); i++) {
		for (std::size_t j = 0; j < i; j++) {
			const Service& a = policy_.services[j];
			const Service& b = policy_.services[i];
			if (a.protocol != b.protocol || !ports[i].intersects(ports[j]))
				continue;
			if (const auto shared = shared_address(a, b))
				error(b.place, "the services '" + a.name + "' and '" + b.name + "' overlap: same protocol, port and " + *shared,
				      "'" + a.name + "' is at " + written_at(a.place) + "; give each its own ports or addresses");
		}
	}
}

bool Validator::same_meaning(const Source& a, const Source& b) const
{
	if (a.action != b.action || a.limit.has_value() != b.limit.has_value())
		return false;
	return !a.limit || (a.limit->algorithm == b.limit->algorithm && a.limit->packets == b.limit->packets && a.limit->bits == b.limit->bits &&
			    a.limit->connections == b.limit->connections);
}

Place Validator::place_of(const Listed& listed) const
{
	return {listed.file < policy_.files.size() ? policy_.files[listed.file] : std::string(), listed.line, 1};
}

// The same prefix in two lists that treat it differently.
void Validator::check_contradictions()
{
	std::size_t contradictions = 0;
	for (std::size_t i = 1, first = 0; i < listing_.size(); i++) {
		const Listed& a = listing_[first];
		const Listed& b = listing_[i];
		if (b.prefix != a.prefix) {
			first = i;
			continue;
		}
		if (a.source == b.source)
			continue;
		const Source& one = policy_.sources[a.source];
		const Source& other = policy_.sources[b.source];
		if (same_meaning(one, other) || ++contradictions > kMostContradictions)
			continue;
		error(place_of(b), b.prefix.to_string() + " is on the lists '" + one.name + "' and '" + other.name + "', which treat it differently",
		      "the other is at " + written_at(place_of(a)) + "; take it off one of them");
	}
	if (contradictions > kMostContradictions)
		error(whole_file(), std::to_string(contradictions - kMostContradictions) + " more prefixes are on two lists that treat them differently");
}

}  // namespace

Diagnostics validate(const Policy& policy, const Listing& listing)
{
	return Validator(policy, listing).validate();
}

Diagnostics validate(const Policy& policy)
{
	return validate(policy, listing_of(policy));
}

}  // namespace sluice::policy
