// Limits of a policy file: those under `limits`, those written in place, and the places that name one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "policy/fields.h"
#include "policy/model.h"

namespace sluice::policy {

class LimitReader {
public:
	explicit LimitReader(Findings& findings) : findings_(findings) {}

	// The mapping under `limits`. Read before everything that names a limit, wherever it stands in the file.
	void read_named(const Yaml& node);
	// A name of `limits`, or a limit in place.
	std::optional<Limit> read(const Yaml& node, std::string_view what);
	// A limit, or {ipv4: 32, ipv6: 64, limit: LIMIT}.
	std::optional<SourceLimit> read_each_source(const Yaml& node);
	// {ipv4: 24, ipv6: 48, limit: LIMIT}.
	std::optional<PrefixLimit> read_each_prefix(const Yaml& node);

	// {connections: 2000/s, beyond: cookie}.
	std::optional<Unproved> read_unproved(const Yaml& node);

	// {requests: 100/m, burst: 20}, and a header where `by_header`: what only gateways count, as packets of a limit.
	std::optional<Limit> read_requests(const Yaml& node, std::string_view what, bool by_header);

	std::map<std::string, Limit> take_named() { return std::move(named_); }

private:
	std::optional<Limit> read_in_place(const Yaml& node, std::string_view what);
	std::optional<Meter> read_meter(const Yaml& node, std::string_view what, sluice_algorithm algorithm);
	bool read_algorithm(const Yaml& node, Limit& limit);
	bool check_log(const Yaml& node, const Limit& limit);
	std::optional<std::uint64_t> read_burst_of_meter(const Yaml& node, sluice_algorithm algorithm);
	void read_burst(const Yaml& limit_node, Limit& limit);
	unsigned read_length(const Yaml* node, std::string_view what, unsigned otherwise, unsigned most);

	Findings& findings_;
	std::map<std::string, Limit> named_;
	std::set<std::string, std::less<>> broken_;  // named, but with errors: naming them is not another one
};

// What a burst must hold for one full Ethernet frame to pass: 1514 bytes.
inline constexpr std::uint64_t kFrameBits = 1514 * 8;

}  // namespace sluice::policy
