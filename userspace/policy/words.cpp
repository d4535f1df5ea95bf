#include "policy/words.h"

#include <algorithm>

#include "net/limit_algorithm.h"
#include "policy/meter.h"
#include "policy/port_set.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostAddresses = 8;

void append(std::string& text, const char* between, const std::string& more)
{
	text += (text.empty() ? "" : between) + more;
}

// Sorted, without what another one holds.
std::vector<net::Prefix> normal(std::vector<net::Prefix> prefixes)
{
	std::sort(prefixes.begin(), prefixes.end());
	std::vector<net::Prefix> kept;
	for (const net::Prefix& prefix : prefixes) {
		if (kept.empty() || !kept.back().contains(prefix))
			kept.push_back(prefix);
	}
	return kept;
}

}  // namespace

std::string words_of(const Meter& meter, sluice_algorithm algorithm)
{
	return meter.rate.to_string() + (counts_in_windows(algorithm) ? "" : ", burst " + std::to_string(meter.burst));
}

std::string words_of(const Limit& limit)
{
	std::string text;
	if (limit.packets)
		append(text, "; ", "packets " + words_of(*limit.packets, limit.algorithm));
	if (limit.bits)
		append(text, "; ", "bits " + words_of(*limit.bits, limit.algorithm));
	if (limit.connections)
		append(text, "; ", "connections " + words_of(*limit.connections, limit.algorithm));
	if (limit.algorithm != SLUICE_TOKEN_BUCKET)
		text = std::string(net::name_of_algorithm(limit.algorithm)) + ": " + text;
	return text;
}

std::string words_of(const std::vector<net::PortRange>& ports)
{
	if (ports.empty())
		return "every port";
	const PortSet set(ports);
	std::string text;
	for (std::uint32_t port = 0; port < PortSet::kPorts; port++) {
		if (!set.contains(port))
			continue;
		const std::uint32_t first = port;
		while (port + 1 < PortSet::kPorts && set.contains(port + 1))
			port++;
		append(text, ", ", net::PortRange{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(port)}.to_string());
	}
	return text;
}

std::string words_of(std::vector<net::Prefix> addresses)
{
	if (addresses.empty())
		return "every address";
	const std::vector<net::Prefix> kept = normal(std::move(addresses));
	std::string text;
	for (std::size_t i = 0; i < std::min(kept.size(), kMostAddresses); i++)
		append(text, ", ", kept[i].to_string());
	if (kept.size() > kMostAddresses)
		text += " and " + std::to_string(kept.size() - kMostAddresses) + " more";
	return text;
}

const char* word_of(Mode mode)
{
	return mode == Mode::kObserve ? "observe" : "enforce";
}

const char* word_of(Action action)
{
	return action == Action::kDeny ? "deny" : "allow";
}

const char* word_of(Beyond beyond)
{
	return beyond == Beyond::kCookie ? "cookie" : "drop";
}

std::string joined(const std::vector<std::string>& words)
{
	std::string text;
	for (const std::string& word : words)
		append(text, ", ", word);
	return text;
}

std::string words_of_admit(const Service& service)
{
	if (service.admit != Admit::kRoles)
		return service.admit == Admit::kListed ? "listed" : "anyone";
	std::string text;
	if (!service.roles.empty())
		append(text, "; ", "roles " + joined(service.roles));
	if (!service.identities.empty())
		append(text, "; ", "identities " + joined(service.identities));
	return text;
}

}  // namespace sluice::policy
