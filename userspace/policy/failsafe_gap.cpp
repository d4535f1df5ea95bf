#include "policy/failsafe_gap.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "sluice/abi/policy.h"

namespace sluice::policy {
namespace {

// Bit i: entry i.
using Entries = std::uint64_t;

net::Prefix half_of(const net::Prefix& whole, bool upper)
{
	std::array<std::uint8_t, 16> bytes = whole.address().bytes();
	const unsigned bit = whole.mapped_length();
	if (upper)
		bytes[bit / 8] |= static_cast<std::uint8_t>(0x80u >> (bit % 8));
	return net::Prefix::of(net::Address::from_bytes(bytes), whole.length() + 1);
}

class Cover {
public:
	explicit Cover(const std::vector<Failsafe>& entries) : entries_(entries)
	{
		for (std::size_t i = 0; i < entries.size() && i < SLUICE_MAX_FAILSAFE; i++) {
			for (const net::Prefix& prefix : entries[i].from)
				named_[prefix.family()][prefix] |= Entries{1} << i;
		}
	}

	// The first part of `from` that no entry lets in as `wanted` does.
	std::optional<net::Prefix> gap(const Failsafe& wanted, const net::Prefix& from) const
	{
		Entries around = 0;
		for (unsigned length = 0; length < from.length(); length++)
			around |= at(net::Prefix::of(from.address(), length));
		return gap_within(wanted, from, around);
	}

private:
	Entries at(const net::Prefix& prefix) const
	{
		const auto found = named_[prefix.family()].find(prefix);
		return found == named_[prefix.family()].end() ? 0 : found->second;
	}
	bool names_within(const net::Prefix& prefix) const
	{
		const auto next = named_[prefix.family()].upper_bound(prefix);
		return next != named_[prefix.family()].end() && prefix.contains(next->first);
	}
	std::optional<net::Prefix> gap_within(const Failsafe& wanted, const net::Prefix& from, Entries around) const
	{
		around |= at(from);
		if (lets_in(wanted, around))
			return std::nullopt;
		if (from.is_host() || !names_within(from))
			return from;
		const auto lower = gap_within(wanted, half_of(from, false), around);
		return lower ? lower : gap_within(wanted, half_of(from, true), around);
	}

	// Whether these entries together take every protocol and port that `wanted` takes.
	bool lets_in(const Failsafe& wanted, Entries some) const
	{
		if (wanted.protocol)
			return lets_in(wanted, *wanted.protocol, some);
		// Every protocol: there are more of them than entries, so that one of these has to take every protocol too.
		if (wanted.ports.empty())
			return lets_in(wanted, std::nullopt, some);
		return lets_in(wanted, net::kTcp, some) && lets_in(wanted, net::kUdp, some);
	}
	bool lets_in(const Failsafe& wanted, std::optional<net::Protocol> protocol, Entries some) const
	{
		std::vector<net::PortRange> ports;
		for (std::size_t i = 0; i < entries_.size() && i < SLUICE_MAX_FAILSAFE; i++) {
			const bool takes_protocol = !entries_[i].protocol || entries_[i].protocol == protocol;
			if (!(some >> i & 1) || !takes_protocol)
				continue;
			if (entries_[i].ports.empty())
				return true;
			ports.insert(ports.end(), entries_[i].ports.begin(), entries_[i].ports.end());
		}
		return !wanted.ports.empty() && holds(ports, wanted.ports);
	}
	static bool holds(std::vector<net::PortRange> ports, const std::vector<net::PortRange>& wanted);

	const std::vector<Failsafe>& entries_;
	std::array<std::map<net::Prefix, Entries>, SLUICE_FAMILIES> named_;
};

bool Cover::holds(std::vector<net::PortRange> ports, const std::vector<net::PortRange>& wanted)
{
	std::sort(ports.begin(), ports.end());
	for (const net::PortRange& range : wanted) {
		std::uint32_t next = range.first;  // the first port not seen yet
		for (const net::PortRange& each : ports) {
			if (each.first <= next && each.last >= next)
				next = std::uint32_t{each.last} + 1;
		}
		if (next <= range.last)
			return false;
	}
	return true;
}

std::string in_words(const Failsafe& entry, const net::Prefix& from)
{
	std::string ports;
	for (const net::PortRange& range : entry.ports)
		ports += (ports.empty() ? "" : ", ") + range.to_string();
	return (entry.protocol ? entry.protocol->to_string() : "every protocol") + (ports.empty() ? "" : " port " + ports) + " from " +
	       from.to_string();
}

}  // namespace

std::optional<std::string> failsafe_gap(const std::vector<Failsafe>& before, const std::vector<Failsafe>& after)
{
	const Cover cover(after);
	for (const Failsafe& entry : before) {
		for (const net::Prefix& from : entry.from) {
			if (const auto gap = cover.gap(entry, from))
				return in_words(entry, *gap);
		}
	}
	return std::nullopt;
}

}  // namespace sluice::policy
