#include "model/random_policy.h"

#include <utility>

#include "support/identity_policy.h"

namespace sluice::test {

const std::vector<std::string> kPrefixes = {
	"192.0.2.0/24",	 "192.0.2.0/25",  "192.0.2.128/25",  "192.0.2.1",      "192.0.2.2",	      "198.51.100.0/24",
	"198.51.100.8/29", "198.51.100.7", "0.0.0.0/0",	      "10.0.0.0/8",	"203.0.113.99",	      "192.0.0.0/9",
	"2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::/64", "2001:db8:1::1", "2001:db8:1:8000::/49", "2001:db8:2::/48",
	"fe80::/10",	 "::/0",	   "64:ff9b::/96",    "2001:db8:2:1::9"};

const std::vector<std::string> kHolders = {"spiffe://prod.example/billing", "spiffe://prod.example/search", "spiffe://prod.example/mail"};
const std::vector<std::string> kRoles = {"reader", "writer"};

namespace {

template <typename T>
std::vector<T> shuffled(Dice& dice, std::vector<T> items)
{
	for (std::size_t i = items.size(); i > 1; i--)
		std::swap(items[i - 1], items[dice.roll(i)]);
	return items;
}

std::string number(std::uint64_t value)
{
	return std::to_string(value);
}

// A window that a few packets fill. Of bits, one and a bit.
std::string random_window(Dice& dice, const std::string& dimension)
{
	return dimension + ": " + (dimension == "bits" ? number(12112 + 8 * dice.roll(4000)) : number(1 + dice.roll(12))) + "/h";
}

// A meter that a few packets fill, or one that nothing does.
std::string random_meter(Dice& dice, const std::string& dimension)
{
	if (dice.one_in(4))
		return dimension + ": 1G/s";
	const std::uint64_t burst = dimension == "bits" ? 12112 + 8 * dice.roll(4000) : 1 + dice.roll(12);
	return dimension + ": {rate: " + (dimension == "bits" ? "360" : "6") + "/h, burst: " + number(burst) + "}";
}

std::string random_limit(Dice& dice)
{
	static const std::vector<std::string> algorithms = {"token-bucket", "token-bucket", "leaky-bucket", "fixed-window", "sliding-log"};
	const std::string algorithm = dice.pick(algorithms);
	const bool is_log = algorithm == "sliding-log";
	const bool windows = is_log || algorithm == "fixed-window";
	const auto random = [&](const char* dimension) { return (windows ? random_window : random_meter)(dice, dimension) + ", "; };
	std::string meters;
	for (const char* dimension : {"packets", "bits", "connections"}) {
		if (dice.one_in(2) && !(is_log && dimension == std::string("bits")))
			meters += random(dimension);
	}
	if (meters.empty())
		meters = random("packets");
	return "{" + meters + "algorithm: " + algorithm + ", keys: " + (is_log ? "60}" : "500}");
}

std::string random_fragments(Dice& dice)
{
	switch (dice.roll(4)) {
	case 0:
		return "fragments: allow\n";
	case 1:
		return "fragments: {each-source: " + random_limit(dice) + "}\n";
	case 2:
		return "fragments: drop\n";
	default:
		return "";
	}
}

std::string random_failsafe(Dice& dice)
{
	static const std::vector<std::string> names = {"protocol: tcp, ", "protocol: udp, ", "protocol: icmp, ", "protocol: 47, ", ""};
	std::string text;
	for (std::uint64_t i = 0; i < dice.roll(4); i++) {
		const std::string protocol = dice.pick(names);
		const bool has_ports = protocol.empty() || protocol.find("tcp") != std::string::npos ||
				       protocol.find("udp") != std::string::npos;
		std::string ports;
		if (has_ports && dice.one_in(2))
			ports = "port: " + number(dice.pick(kPorts)) + ", ";
		else if (has_ports && dice.one_in(3))
			ports = "ports: [22, 80-8080], ";
		text += "  - {" + protocol + ports + "from: [\"" + dice.pick(kPrefixes) + "\"]}\n";
	}
	return text.empty() ? "" : "failsafe:\n" + text;
}

// Each prefix is on one list only: which of two lists decides is nobody's promise.
std::string random_sources(Dice& dice)
{
	std::vector<std::string> prefixes = shuffled(dice, kPrefixes);
	std::string text;
	const std::uint64_t lists = dice.roll(5);
	for (std::uint64_t i = 0; i < lists; i++) {
		const bool allow = dice.one_in(2);
		text += "  - {name: list" + number(i) + ", action: " + (allow ? "allow" : "deny") + ", prefixes: [";
		const std::uint64_t count = 1 + dice.roll(4);
		for (std::uint64_t j = 0; j < count; j++) {
			text += (j == 0 ? "\"" : ", \"") + prefixes.back() + "\"";
			prefixes.pop_back();
		}
		text += std::string("]") + (allow && dice.one_in(2) ? ", limit: " + random_limit(dice) : "") + "}\n";
	}
	return text.empty() ? "" : "sources:\n" + text;
}

std::string random_identity_terms(Dice& dice, bool& admits)
{
	std::string text;
	if (dice.one_in(2))
		text += "    each-identity: " + random_limit(dice) + "\n";
	admits = dice.one_in(2);
	if (!admits)
		return text;
	text += "    admit: {";
	const bool by_name = dice.one_in(2);
	if (by_name)
		text += "identities: [\"" + dice.pick(kHolders) + "\"], ";
	if (!by_name || dice.one_in(2))
		text += "roles: [" + dice.pick(kRoles) + "], ";
	text.erase(text.size() - 2);
	return text + "}\n";
}

std::string random_terms(Dice& dice, bool identities)
{
	std::string text;
	if (dice.one_in(2))
		text += "    each-source: " + (dice.one_in(3) ? "{ipv4: 25, ipv6: 49, limit: " + random_limit(dice) + "}"
							      : random_limit(dice)) + "\n";
	if (dice.one_in(3))
		text += "    each-prefix: {ipv4: " + number(8 + dice.roll(25)) + ", ipv6: " + number(16 + dice.roll(113)) +
			", limit: " + random_limit(dice) + "}\n";
	if (dice.one_in(3))
		text += "    all-sources: " + random_limit(dice) + "\n";
	bool admits = false;
	if (identities && dice.one_in(2))
		text += random_identity_terms(dice, admits);
	if (!admits && dice.one_in(5))
		text += "    admit: listed\n";
	return text;
}

std::string random_service(Dice& dice, const std::string& name, const std::string& where, bool identities)
{
	return "  - name: " + name + "\n" + where + random_terms(dice, identities);
}

// TCP and UDP ports are dealt out, so that no two services overlap; one pair shares a port under two addresses.
std::string random_services(Dice& dice, bool identities)
{
	std::string text;
	for (const char* protocol : {"tcp", "udp"}) {
		if (dice.one_in(6)) {
			text += random_service(dice, std::string(protocol) + "-all", "    protocol: " + std::string(protocol) + "\n", identities);
			continue;
		}
		const auto ports = shuffled(dice, kPorts);
		for (std::size_t i = 0; i + 1 < ports.size(); i += 2) {
			const std::string where = "    protocol: " + std::string(protocol) + "\n    ports: [" +
						  number(ports[i]) + ", " + number(ports[i + 1]) + "]\n";
			const std::string name = std::string(protocol) + number(i);
			if (dice.one_in(3)) {
				text += random_service(dice, name + "-a", where + "    addresses: [203.0.113.10, \"2001:db8:10::10\"]\n", identities);
				text += random_service(dice, name + "-b", where + "    addresses: [203.0.113.128/25, \"2001:db8:10::11\"]\n", identities);
			} else if (dice.one_in(2)) {
				text += random_service(dice, name, where, identities);
			}
		}
	}
	for (const char* protocol : {"icmp", "icmpv6", "gre", "50"}) {
		if (dice.one_in(2))
			text += random_service(dice, std::string("other-") + protocol, "    protocol: " + std::string(protocol) + "\n", identities);
	}
	return text.empty() ? "" : "services:\n" + text;
}

}  // namespace

std::string random_head(Dice& dice)
{
	return std::string("version: 1\nmode: ") + (dice.one_in(6) ? "observe" : "enforce") +
	       "\ndefault: " + (dice.one_in(4) ? "deny" : "allow") + "\n";
}

RandomPolicy random_policy(Dice& dice)
{
	RandomPolicy policy;
	policy.head = random_head(dice);
	policy.asks_identities = dice.one_in(2);
	policy.body = random_fragments(dice) + random_failsafe(dice) + random_sources(dice) + random_services(dice, policy.asks_identities);
	if (policy.asks_identities)
		policy.body = identity_section() + policy.body;
	return policy;
}

}  // namespace sluice::test
