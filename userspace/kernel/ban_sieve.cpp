#include "kernel/ban_sieve.h"

#include <vector>

#include "sluice/core/sieve.h"

namespace sluice::kernel {

Result<BanSieve> BanSieve::over(const Map& words, const sluice_hash_key& key)
{
	SLUICE_TRY_ASSIGN(const Words typed, Words::over(words));
	return BanSieve(words, typed, key);
}

Result<void> BanSieve::mark(const sluice_addr& prefix) const
{
	const sluice_sieve_mark mark = sluice_sieve_mark_of(&key_, &prefix);
	SLUICE_TRY_ASSIGN(const std::uint64_t word, words_.lookup(mark.word));
	if ((word & mark.bits) == mark.bits)
		return {};
	return words_.update(mark.word, word | mark.bits);
}

Result<void> BanSieve::keep(std::span<const sluice_addr> prefixes) const
{
	std::vector<std::uint64_t> wanted(SLUICE_SIEVE_WORDS);
	for (const sluice_addr& prefix : prefixes) {
		const sluice_sieve_mark mark = sluice_sieve_mark_of(&key_, &prefix);
		wanted[mark.word] |= mark.bits;
	}
	SLUICE_TRY_ASSIGN(const auto words, read_array<std::uint64_t>(*map_));
	for (std::uint32_t i = 0; i < SLUICE_SIEVE_WORDS; i++) {
		if (words[i] != wanted[i])
			SLUICE_TRY(words_.update(i, wanted[i]));
	}
	return {};
}

}  // namespace sluice::kernel
