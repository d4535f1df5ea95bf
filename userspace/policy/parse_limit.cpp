#include "policy/parse_limit.h"

#include <algorithm>

#include "net/digits.h"
#include "net/limit_algorithm.h"
#include "policy/meter.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kMostKeys = 1u << 26;

// Of a token bucket, what the rate gives in one second; of a leaky bucket, what it gives in one tick of the kernel's clock:
// as even as that clock can tell; but never less than the smallest charge. Of a window, all that it admits.
std::uint64_t default_burst(const net::Rate& rate, bool bits, sluice_algorithm algorithm)
{
	if (counts_in_windows(algorithm))
		return rate.count;
	const std::uint64_t second = rate.count / rate.period_seconds;
	return std::max(algorithm == SLUICE_LEAKY_BUCKET ? second / kTicksPerSecond : second, bits ? kFrameBits : std::uint64_t{1});
}

}  // namespace

void LimitReader::read_named(const Yaml& node)
{
	if (node.kind != Yaml::Kind::kMapping) {
		findings_.error(node, std::string("limits is ") + node.what() + ", not a mapping", "write NAME: {packets: 2000/s}");
		return;
	}
	for (std::size_t i = 0; i < node.keys.size(); i++) {
		const auto name = read_name(findings_, node.keys[i], "the name of a limit");
		if (!name)
			continue;
		if (named_.count(*name) + broken_.count(*name) != 0) {
			findings_.error(node.keys[i], "limit '" + *name + "' is here twice", "give one of them another name");
			continue;
		}
		auto limit = read_in_place(node.items[i], "limit '" + *name + "'");
		if (!limit) {
			broken_.insert(*name);
			continue;
		}
		limit->name = *name;
		named_.emplace(*name, std::move(*limit));
	}
}

std::optional<Limit> LimitReader::read(const Yaml& node, std::string_view what)
{
	if (node.kind == Yaml::Kind::kMapping)
		return read_in_place(node, what);
	if (node.kind != Yaml::Kind::kScalar) {
		findings_.error(node, std::string(what) + " is " + node.what() + ", not a limit", "write the name of a limit, or {packets: 2000/s}");
		return std::nullopt;
	}
	const auto name = read_text(findings_, node, what);
	if (!name || broken_.count(*name) != 0)
		return std::nullopt;
	const auto found = named_.find(*name);
	if (found != named_.end())
		return found->second;
	std::vector<std::string_view> known;
	for (const auto& [known_name, limit] : named_)
		known.push_back(known_name);
	findings_.error(node, std::string(what) + " names the limit " + net::quoted(*name) + ", which is not there",
			nearest(findings_, *name, known, "define it under 'limits', or write {packets: 2000/s} in its place"));
	return std::nullopt;
}

std::optional<Limit> LimitReader::read_in_place(const Yaml& node, std::string_view what)
{
	if (!check_mapping(findings_, node, what, {"packets", "bits", "connections", "burst", "keys", "algorithm"}))
		return std::nullopt;
	Limit limit;
	limit.place = findings_.place(node);
	bool whole = read_algorithm(node, limit);
	const auto meter = [&](std::string_view key, std::optional<Meter>& into) {
		if (const Yaml* value = node.find(key)) {
			into = read_meter(*value, key, limit.algorithm);
			whole = whole && into;
		}
	};
	meter("packets", limit.packets);
	meter("bits", limit.bits);
	meter("connections", limit.connections);
	if (const Yaml* keys = node.find("keys")) {
		limit.keys = read_count(findings_, *keys, "keys").value_or(1);
		if (limit.keys == 0 || limit.keys > kMostKeys)
			findings_.error(*keys, "keys is out of range", "how many sources the limit tells apart, from 1 to " + std::to_string(kMostKeys));
	}
	whole = check_log(node, limit) && whole;
	if (!whole)
		return std::nullopt;
	read_burst(node, limit);
	return limit;
}

bool LimitReader::read_algorithm(const Yaml& node, Limit& limit)
{
	const Yaml* algorithm = node.find("algorithm");
	if (algorithm == nullptr)
		return true;
	const auto word = read_word(findings_, *algorithm, "algorithm", {"token-bucket", "leaky-bucket", "fixed-window", "sliding-log"});
	limit.algorithm = net::parse_limit_algorithm(word.value_or("")).value_or(SLUICE_TOKEN_BUCKET);
	return word.has_value();
}

std::optional<Limit> LimitReader::read_requests(const Yaml& node, std::string_view what, bool by_header)
{
	const bool known = by_header ? check_mapping(findings_, node, what, {"header", "requests", "burst", "algorithm"})
				     : check_mapping(findings_, node, what, {"requests", "burst", "algorithm"});
	if (!known)
		return std::nullopt;
	Limit limit;
	limit.place = findings_.place(node);
	const Yaml* requests = node.find("requests");
	if (requests == nullptr) {
		findings_.error(node, std::string(what) + " has no requests", "write requests: 100/m");
		return std::nullopt;
	}
	if (!read_algorithm(node, limit))
		return std::nullopt;
	limit.packets = read_meter(*requests, "requests", limit.algorithm);
	if (!limit.packets)
		return std::nullopt;
	if (limit.algorithm == SLUICE_SLIDING_LOG && limit.packets->rate.count > SLUICE_LOG_STAMPS) {
		findings_.error(*requests, "a sliding-log keeps the time of each of " + std::to_string(limit.packets->rate.count) + " requests; at most " +
						   std::to_string(SLUICE_LOG_STAMPS) + " have room",
				"lower the rate, give it in a shorter period, or write algorithm: fixed-window");
		return std::nullopt;
	}
	if (const Yaml* burst = node.find("burst")) {
		if (requests->find("burst") != nullptr)
			findings_.error(*burst, "burst is given twice for requests", "leave one of them out");
		limit.packets->burst = read_burst_of_meter(*burst, limit.algorithm).value_or(limit.packets->burst);
	}
	return limit;
}

// A sliding log keeps the time of every charge: as many as there is room for, and bits are no charges.
bool LimitReader::check_log(const Yaml& node, const Limit& limit)
{
	if (limit.algorithm != SLUICE_SLIDING_LOG)
		return true;
	bool fits = true;
	if (const Yaml* bits = node.find("bits")) {
		findings_.error(*bits, "a sliding-log counts packets and connections, not bits", "leave the bits out, or write another algorithm");
		fits = false;
	}
	const auto check = [&](const char* key, const std::optional<Meter>& meter) {
		if (!meter || meter->rate.count <= SLUICE_LOG_STAMPS)
			return;
		findings_.error(*node.find(key), "a sliding-log keeps the time of each of " + std::to_string(meter->rate.count) + " " + key + "; at most " +
							 std::to_string(SLUICE_LOG_STAMPS) + " have room",
				"lower the rate, give it in a shorter period, or write algorithm: fixed-window");
		fits = false;
	};
	check("packets", limit.packets);
	check("connections", limit.connections);
	return fits;
}

// "2000/s", or {rate: 2000/s, burst: 4000}.
std::optional<Meter> LimitReader::read_meter(const Yaml& node, std::string_view what, sluice_algorithm algorithm)
{
	const Yaml* rate_node = &node;
	const Yaml* burst_node = nullptr;
	if (node.kind == Yaml::Kind::kMapping) {
		check_mapping(findings_, node, what, {"rate", "burst"});
		rate_node = node.find("rate");
		burst_node = node.find("burst");
		if (rate_node == nullptr) {
			findings_.error(node, std::string(what) + " has no rate", "write " + std::string(what) + ": {rate: 2000/s, burst: 4000}");
			return std::nullopt;
		}
	}
	const auto text = read_text(findings_, *rate_node, what);
	if (!text)
		return std::nullopt;
	const auto rate = net::Rate::parse(*text);
	if (!rate) {
		findings_.error(*rate_node, what, rate.error());
		return std::nullopt;
	}
	Meter meter{*rate, default_burst(*rate, what == "bits", algorithm)};
	if (burst_node != nullptr) {
		const auto burst = read_burst_of_meter(*burst_node, algorithm);
		if (!burst)
			return std::nullopt;
		meter.burst = *burst;
	}
	return meter;
}

std::optional<std::uint64_t> LimitReader::read_burst_of_meter(const Yaml& node, sluice_algorithm algorithm)
{
	if (!counts_in_windows(algorithm))
		return read_count(findings_, node, "burst");
	findings_.error(node, "a " + std::string(net::name_of_algorithm(algorithm)) + " has no burst",
			"leave it out: each second, minute or hour of the rate admits what the rate says");
	return std::nullopt;
}

// The burst of the whole limit is that of its packets; without packets, of its only quantity.
void LimitReader::read_burst(const Yaml& limit_node, Limit& limit)
{
	const Yaml* node = limit_node.find("burst");
	if (node == nullptr)
		return;
	const auto burst = read_burst_of_meter(*node, limit.algorithm);
	if (!burst)
		return;
	std::optional<Meter>& meter = limit.packets ? limit.packets : limit.bits ? limit.bits : limit.connections;
	if (!limit.packets && limit.bits && limit.connections) {
		findings_.error(*node, "burst could be that of bits or of connections", "write bits: {rate: 1G/s, burst: 10M}");
		return;
	}
	const char* key = limit.packets ? "packets" : limit.bits ? "bits" : "connections";
	const Yaml* own = limit_node.find(key);
	if (own != nullptr && own->find("burst") != nullptr)
		findings_.error(*node, std::string("burst is given twice for ") + key, "leave one of them out");
	if (meter)
		meter->burst = *burst;
}

unsigned LimitReader::read_length(const Yaml* node, std::string_view what, unsigned otherwise, unsigned most)
{
	if (node == nullptr)
		return otherwise;
	const auto text = read_text(findings_, *node, what);
	if (!text)
		return otherwise;
	std::string_view rest = *text;
	const auto length = net::take_digits(rest, most);
	if (length && rest.empty() && *length > 0)
		return static_cast<unsigned>(*length);
	const bool is_zero = *text == "0";
	findings_.error(*node, std::string(what) + " is " + net::quoted(*text) + ", no prefix length from 1 to " + std::to_string(most),
			is_zero ? "for one limit over all sources, write all-sources" : "write " + std::string(what) + ": " + std::to_string(otherwise));
	return otherwise;
}

std::optional<SourceLimit> LimitReader::read_each_source(const Yaml& node)
{
	SourceLimit each;
	const Yaml* limit_node = &node;
	const bool wrapped = node.find("limit") != nullptr || node.find("ipv4") != nullptr || node.find("ipv6") != nullptr;
	if (wrapped) {
		check_mapping(findings_, node, "each-source", {"ipv4", "ipv6", "limit"});
		each.ipv4_length = read_length(node.find("ipv4"), "ipv4", each.ipv4_length, 32);
		each.ipv6_length = read_length(node.find("ipv6"), "ipv6", each.ipv6_length, 128);
		limit_node = node.find("limit");
		if (limit_node == nullptr) {
			findings_.error(node, "each-source has no limit", "write each-source: {ipv4: 32, ipv6: 64, limit: {packets: 2000/s}}");
			return std::nullopt;
		}
	}
	auto limit = read(*limit_node, "each-source");
	if (!limit)
		return std::nullopt;
	each.limit = std::move(*limit);
	return each;
}

std::optional<PrefixLimit> LimitReader::read_each_prefix(const Yaml& node)
{
	PrefixLimit each;
	const char* hint = "write each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: 20k/s}}";
	if (node.kind != Yaml::Kind::kMapping) {
		findings_.error(node, std::string("each-prefix is ") + node.what() + ", not a mapping", hint);
		return std::nullopt;
	}
	check_mapping(findings_, node, "each-prefix", {"ipv4", "ipv6", "limit"});
	each.ipv4_length = read_length(node.find("ipv4"), "ipv4", each.ipv4_length, 32);
	each.ipv6_length = read_length(node.find("ipv6"), "ipv6", each.ipv6_length, 128);
	const Yaml* limit_node = node.find("limit");
	if (limit_node == nullptr) {
		findings_.error(node, "each-prefix has no limit", hint);
		return std::nullopt;
	}
	auto limit = read(*limit_node, "each-prefix");
	if (!limit)
		return std::nullopt;
	each.limit = std::move(*limit);
	return each;
}

std::optional<Unproved> LimitReader::read_unproved(const Yaml& node)
{
	const char* hint = "write unproved: {connections: 2000/s, beyond: cookie}";
	if (node.kind != Yaml::Kind::kMapping) {
		findings_.error(node, std::string("unproved is ") + node.what() + ", not a mapping", hint);
		return std::nullopt;
	}
	if (!check_mapping(findings_, node, "unproved", {"connections", "packets", "burst", "beyond"}))
		return std::nullopt;
	Unproved unproved;
	unproved.limit.place = findings_.place(node);
	if (const Yaml* connections = node.find("connections"))
		unproved.limit.connections = read_meter(*connections, "connections", SLUICE_TOKEN_BUCKET);
	if (const Yaml* packets = node.find("packets"))
		unproved.limit.packets = read_meter(*packets, "packets", SLUICE_TOKEN_BUCKET);
	if (node.find("connections") == nullptr && node.find("packets") == nullptr)
		findings_.error(node, "unproved has no budget", hint);
	read_burst(node, unproved.limit);
	if (const Yaml* beyond = node.find("beyond"))
		unproved.beyond = read_word(findings_, *beyond, "beyond", {"cookie", "drop"}) == "cookie" ? Beyond::kCookie : Beyond::kDrop;
	if (!unproved.limit.connections && !unproved.limit.packets)
		return std::nullopt;
	return unproved;
}

}  // namespace sluice::policy
