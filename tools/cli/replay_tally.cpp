#include "cli/replay_tally.h"

#include <algorithm>
#include <cstring>

#include "telemetry/reasons.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using control::Json;
using text::Align;

constexpr std::uint32_t kFirstLimit = SLUICE_SERVICE_PACKETS;
constexpr std::uint32_t kLastLimit = SLUICE_IDENTITY_CONNECTIONS;
static_assert(kLastLimit - kFirstLimit + 1 == std::tuple_size_v<decltype(SourceTally::by_limit)>);

bool is_of_a_limit(std::uint32_t reason)
{
	return reason >= kFirstLimit && reason <= kLastLimit;
}

// Malformed packets have no source that anybody should believe.
bool has_source(std::uint32_t reason)
{
	return reason >= SLUICE_LISTED_DENY || (sluice_reason_passes(reason) && reason != SLUICE_NOT_IP);
}

std::string worst_reason(const SourceTally& source)
{
	const auto worst = std::max_element(source.by_limit.begin(), source.by_limit.end());
	return telemetry::reason_name(kFirstLimit + static_cast<std::uint32_t>(worst - source.by_limit.begin()));
}

std::string share(std::uint64_t part, std::uint64_t whole)
{
	const std::uint64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
	return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string service_name(const std::vector<std::string>& names, std::uint16_t slot)
{
	return slot < names.size() ? names[slot] : "#" + std::to_string(slot);
}

}  // namespace

std::size_t ReplayTally::Hash::operator()(const net::Address& address) const
{
	std::uint64_t halves[2];
	std::memcpy(halves, address.bytes().data(), sizeof(halves));
	return static_cast<std::size_t>((halves[0] ^ (halves[1] >> 7)) * 0x9e3779b97f4a7c15 ^ halves[1] * 0xc2b2ae3d27d4eb4f);
}

void ReplayTally::add(const sluice_explanation& found, std::uint64_t since_start_ns)
{
	const bool passes = sluice_reason_passes(found.reason);
	const auto count = [&found](Count& sum) {
		sum.packets++;
		sum.bytes += found.length;
	};
	packets_++;
	bytes_ += found.length;
	count(by_reason_[found.reason]);
	count(by_service_[found.service][passes]);
	limited_ += is_of_a_limit(found.reason);
	if (!has_source(found.reason))
		return;
	const net::Address address = net::Address::from_abi(found.source);
	const bool full = by_source_.size() >= kMostSources;
	const auto known = full ? by_source_.find(address) : by_source_.try_emplace(address).first;
	if (known == by_source_.end()) {
		untold_++;
		return;
	}
	SourceTally& source = known->second;
	source.packets++;
	source.dropped += !passes;
	if (!is_of_a_limit(found.reason))
		return;
	if (source.limited++ == 0) {
		source.first_drop_ns = since_start_ns;
		limited_sources_++;
	}
	source.by_limit[found.reason - kFirstLimit]++;
}

std::vector<ReplayTally::Row> ReplayTally::heaviest(std::size_t most) const
{
	std::vector<Row> rows(std::min(most, by_source_.size()));
	std::partial_sort_copy(by_source_.begin(), by_source_.end(), rows.begin(), rows.end(), [](const auto& a, const auto& b) {
		return std::pair(b.second.packets, a.first) < std::pair(a.second.packets, b.first);
	});
	return rows;
}

std::vector<ReplayTally::Row> ReplayTally::most_limited(std::size_t most) const
{
	std::vector<Row> rows(std::min<std::size_t>(most, limited_sources_));
	std::partial_sort_copy(by_source_.begin(), by_source_.end(), rows.begin(), rows.end(), [](const auto& a, const auto& b) {
		return std::pair(b.second.limited, a.first) < std::pair(a.second.limited, b.first);
	});
	return rows;
}

ReplayTally::Count ReplayTally::passed() const
{
	Count sum;
	for (const auto& [reason, count] : by_reason_) {
		if (sluice_reason_passes(reason)) {
			sum.packets += count.packets;
			sum.bytes += count.bytes;
		}
	}
	return sum;
}

Json ReplayTally::to_json(const Setting& setting) const
{
	Json reasons = Json::array(), services = Json::array(), top = Json::array(), hit = Json::array();
	for (const auto& [reason, count] : by_reason_)
		reasons.push_back({{"reason", telemetry::reason_name(reason)}, {"verdict", telemetry::verdict_name(reason)},
		                   {"packets", count.packets}, {"bytes", count.bytes}});
	for (const auto& [slot, counts] : by_service_)
		services.push_back({{"service", service_name(setting.services, slot)}, {"passed", counts[1].packets}, {"dropped", counts[0].packets}});
	for (const auto& [address, source] : heaviest(setting.most_sources))
		top.push_back({{"source", address.to_string()}, {"packets", source.packets}, {"dropped", source.dropped}});
	for (const auto& [address, source] : most_limited(setting.most_sources))
		hit.push_back({{"source", address.to_string()}, {"packets", source.packets}, {"limited", source.limited},
		               {"first_drop_ns", source.first_drop_ns}, {"worst", worst_reason(source)}});
	const Count pass = passed();
	return {{"file", setting.file}, {"policy", setting.policy}, {"packets", packets_}, {"bytes", bytes_},
	        {"passed", pass.packets}, {"dropped", packets_ - pass.packets}, {"skipped", skipped_},
	        {"duration_ns", setting.duration_ns}, {"by_reason", std::move(reasons)}, {"by_service", std::move(services)},
	        {"sources", by_source_.size()}, {"untold_packets", untold_}, {"top_sources", std::move(top)},
	        {"hit", {{"allowed_packets", pass.packets + limited_}, {"limited_packets", limited_},
	                 {"limited_sources", limited_sources_}, {"sources", std::move(hit)}}},
	        {"notes", setting.notes}};
}

std::string ReplayTally::to_text(const Setting& setting, const text::Style& style) const
{
	const Count pass = passed();
	std::string out = text::printable(setting.file) + ": " + text::counted(packets_, "packet", "packets") + " in " +
	                  text::duration(setting.duration_ns) + ", under " + text::printable(setting.policy) + "\n" + "passed " +
	                  style.count(pass.packets) + " (" + share(pass.packets, packets_) + "), dropped " + style.count(packets_ - pass.packets) + "\n";
	for (const auto& note : setting.notes)
		out += "note: " + text::printable(note) + "\n";

	text::Table reasons({{"reason"}, {"verdict"}, {"packets", Align::kRight}, {"share", Align::kRight}});
	for (const auto& [reason, count] : by_reason_)
		reasons.add({telemetry::reason_name(reason), telemetry::verdict_name(reason), style.count(count.packets), share(count.packets, packets_)});
	text::Table services({{"service"}, {"passed", Align::kRight}, {"dropped", Align::kRight}});
	for (const auto& [slot, counts] : by_service_)
		services.add({text::printable(service_name(setting.services, slot)), style.count(counts[1].packets), style.count(counts[0].packets)});
	text::Table top({{"heaviest sources"}, {"packets", Align::kRight}, {"dropped", Align::kRight}, {"share", Align::kRight}});
	for (const auto& [address, source] : heaviest(setting.most_sources))
		top.add({address.to_string(), style.count(source.packets), style.count(source.dropped), share(source.dropped, source.packets)});
	for (const text::Table* table : {&reasons, &services, &top}) {
		if (!table->empty())
			out += "\n" + table->to_string(style);
	}

	out += "\nof what the policy allows, limits would have dropped " + style.count(limited_) + " of " + style.count(pass.packets + limited_) +
	       " (" + share(limited_, pass.packets + limited_) + "), from " + text::counted(limited_sources_, "source", "sources") + "\n";
	text::Table hit({{"who would have been hit"}, {"limited", Align::kRight}, {"share", Align::kRight}, {"first after", Align::kRight}, {"mostly"}});
	for (const auto& [address, source] : most_limited(setting.most_sources))
		hit.add({address.to_string(), style.count(source.limited), share(source.limited, source.packets), text::duration(source.first_drop_ns),
		         worst_reason(source)});
	return hit.empty() ? out : out + "\n" + hit.to_string(style);
}

}  // namespace sluice::cli
