#include "kernel/ban_sieve.h"

#include <vector>

#include "sluice/core/addr.h"

namespace sluice::kernel {

Result<BanSieve> BanSieve::over(const Map& words, const sluice_hash_key& key)
{
	SLUICE_TRY_ASSIGN(const Words typed, Words::over(words));
	return BanSieve(words, typed, key);
}

Result<void> BanSieve::mark(const sluice_addr& prefix) const
{
	const sluice_sieve_mark mark = mark_of(prefix);
	SLUICE_TRY_ASSIGN(const std::uint64_t word, words_.lookup(mark.word));
	const std::uint64_t marked = word | 1ull << mark.bit;
	return marked == word ? Result<void>() : words_.update(mark.word, marked);
}

Result<void> BanSieve::keep(std::span<const sluice_addr> prefixes) const
{
	std::vector<std::uint64_t> wanted(SLUICE_SIEVE_WORDS);
	for (const sluice_addr& prefix : prefixes) {
		const sluice_sieve_mark mark = mark_of(prefix);
		wanted[mark.word] |= 1ull << mark.bit;
	}
	SLUICE_TRY_ASSIGN(const auto words, read_array<std::uint64_t>(*map_));
	for (std::uint32_t i = 0; i < SLUICE_SIEVE_WORDS; i++) {
		if (words[i] != wanted[i])
			SLUICE_TRY(words_.update(i, wanted[i]));
	}
	return {};
}

sluice_sieve_mark BanSieve::mark_of(const sluice_addr& prefix) const
{
	const sluice_halves halves = sluice_addr_halves(&prefix);
	return sluice_sieve_mark_of(&key_, &halves);
}

}  // namespace sluice::kernel
