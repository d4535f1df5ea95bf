#include "policy/upkeep.h"

#include "base/duration.h"
#include "net/digits.h"
#include "policy/fields.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kAll = 100;

std::optional<unsigned> read_percent(Findings& findings, const Yaml& node, std::string_view what)
{
	const auto written = read_text(findings, node, what);
	if (!written)
		return std::nullopt;
	std::string_view rest = *written;
	const auto percent = net::take_digits(rest, kAll);
	if (percent && rest == "%")
		return static_cast<unsigned>(*percent);
	findings.error(node, std::string(what) + " is " + net::quoted(*written) + ", not a percentage", "from 0% to 100%, such as 50%");
	return std::nullopt;
}

}  // namespace

Upkeep read_upkeep(Findings& findings, const Yaml& source)
{
	Upkeep upkeep;
	for (const char* key : {"max-age", "stale", "max-shrink"}) {
		const Yaml* node = source.find(key);
		if (node != nullptr && source.find("files") == nullptr)
			findings.error(*node, std::string(key) + " is about files, and the list has none", "leave it out, or name files");
	}
	if (const Yaml* age = source.find("max-age")) {
		const auto written = read_text(findings, *age, "max-age");
		const auto duration = written ? parse_duration(*written) : Result<std::uint64_t>(0);
		if (written && duration)
			upkeep.max_age_ns = *duration;
		else if (written)
			findings.error(*age, "max-age", duration.error());
	}
	if (const Yaml* stale = source.find("stale")) {
		upkeep.stale = read_word(findings, *stale, "stale", {"keep", "drop"}) == "drop" ? Stale::kDrop : Stale::kKeep;
		if (source.find("max-age") == nullptr)
			findings.error(*stale, "stale without max-age: no file ever is", "say when it is, such as max-age: 24h");
	}
	if (const Yaml* shrink = source.find("max-shrink"))
		upkeep.max_shrink = read_percent(findings, *shrink, "max-shrink");
	return upkeep;
}

bool shrank_too_much(const Upkeep& upkeep, std::uint64_t before, std::uint64_t now)
{
	if (now >= before || (!upkeep.max_shrink && before < kFewEntries))
		return false;
	return (before - now) * kAll > before * upkeep.max_shrink.value_or(kMostShrink);
}

}  // namespace sluice::policy
