#include "identity/cache.h"

#include <algorithm>

namespace sluice::identity {
namespace {

std::uint64_t ns_of(std::chrono::seconds seconds)
{
	return static_cast<std::uint64_t>(std::chrono::nanoseconds(seconds).count());
}

bool may_be_given(const Checked<Identity>& answer, Moment wall)
{
	return !answer || wall < answer->until;
}

}  // namespace

Checked<CacheKey> cache_key(std::string_view token, const std::optional<Thumbprint>& thumbprint)
{
	SLUICE_TRY_ASSIGN(const Digest digest, sha256(bytes_of(token)));
	CacheKey key{};
	const auto rest = std::copy(digest.begin(), digest.end(), key.begin());
	if (thumbprint)
		std::copy(thumbprint->digest.begin(), thumbprint->digest.end(), rest);
	return key;
}

void Cache::Table::forget(std::map<CacheKey, Entry>::iterator entry)
{
	used.erase(entry->second.place);
	entries.erase(entry);
}

std::optional<Checked<Identity>> Cache::find(Table& table, const CacheKey& key, const CacheTime& now)
{
	const auto entry = table.entries.find(key);
	if (entry == table.entries.end())
		return std::nullopt;
	Entry& held = entry->second;
	if (held.epoch != now.epoch || now.mono_ns >= held.ends_mono_ns || !may_be_given(held.answer, now.wall)) {
		table.forget(entry);
		return std::nullopt;
	}
	table.used.splice(table.used.begin(), table.used, held.place);
	return held.answer;
}

std::optional<Checked<Identity>> Cache::find(const CacheKey& key, const CacheTime& now)
{
	auto answer = find(identities_, key, now);
	return answer ? answer : find(refusals_, key, now);
}

void Cache::put(const CacheKey& key, const Checked<Identity>& answer, const CacheTime& now)
{
	for (Table* each : {&identities_, &refusals_}) {
		if (const auto old = each->entries.find(key); old != each->entries.end())
			each->forget(old);
	}
	Table& table = answer ? identities_ : refusals_;
	const std::size_t most = answer ? limits_.identities : limits_.refusals;
	if (most == 0 || !may_be_given(answer, now.wall))
		return;
	if (table.entries.size() >= most)
		table.forget(table.entries.find(table.used.back()));
	const auto lifetime = answer ? std::min<std::chrono::seconds>(answer->until - now.wall, limits_.longest) : limits_.longest_refusal;
	table.used.push_front(key);
	table.entries.emplace(key, Entry{answer, now.mono_ns + ns_of(lifetime), now.epoch, table.used.begin()});
}

}  // namespace sluice::identity
