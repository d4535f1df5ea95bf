#include "cli/talkers.h"

#include <algorithm>

namespace sluice::cli {
namespace {

using control::Json;

std::string text_of(const Json& object, const char* key)
{
	const auto found = object.find(key);
	return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t sequence_of(const Json& event)
{
	const auto found = event.is_object() ? event.find("sequence") : event.end();
	return found != event.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

void Talkers::add(const Json& drop)
{
	const std::string reason = text_of(drop, "reason");
	drops_++;
	sources_[text_of(drop, "source")][reason]++;
	if (const std::string identity = text_of(drop, "identity"); !identity.empty())
		identities_[identity][reason]++;
}

void Talkers::take(const std::vector<Json>& events)
{
	std::uint64_t last = 0;
	for (const Json& event : events)
		last = std::max(last, sequence_of(event));
	if (last < latest_)
		latest_ = 0;
	for (const Json& event : events) {
		if (sequence_of(event) > latest_ && text_of(event, "kind") == "drop")
			add(event);
	}
	latest_ = std::max(latest_, last);
}

void Talkers::clear()
{
	drops_ = 0;
	sources_.clear();
	identities_.clear();
}

std::vector<Talker> Talkers::heaviest(const Tally& tally, std::size_t most)
{
	std::vector<Talker> out;
	for (const auto& [name, reasons] : tally) {
		Talker talker{name, 0, {}};
		std::uint64_t of_reason = 0;
		for (const auto& [reason, drops] : reasons) {
			talker.drops += drops;
			if (drops > of_reason)
				talker.reason = reason;
			of_reason = std::max(of_reason, drops);
		}
		out.push_back(std::move(talker));
	}
	std::ranges::stable_sort(out, [](const Talker& a, const Talker& b) { return a.drops > b.drops; });
	out.resize(std::min(out.size(), most));
	return out;
}

}  // namespace sluice::cli
