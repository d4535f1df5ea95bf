/* A set of a sliding log: its words, asked and charged, around core/sliding_log.h. */
#ifndef SLUICE_BPF_SLIDING_LOG_H
#define SLUICE_BPF_SLIDING_LOG_H

#include "bucket.h"
#include "maps.h"
#include "sluice/core/sliding_log.h"

static __always_inline __u32 log_first_line(const struct sluice_meter *meter, __u32 hash)
{
	return meter->first_set + (hash & meter->set_mask) * SLUICE_LOG_LINES;
}

/* Reads a whole set; false if the table has not all of it. A global function: the verifier judges it once. */
__noinline int log_viewed(struct sluice_log_view *view, const struct sluice_meter *meter, __u32 first_line, __u32 tag,
			  __u64 reading)
{
	__u32 line, way;

	if (!config.any_algorithm || !view || !meter)
		return false;
	for (line = 0; line < SLUICE_LOG_LINES; line++) {
		__u32 index = first_line + line;
		const volatile struct sluice_bucket_set *set = bpf_map_lookup_elem(&buckets, &index);

		if (!set)
			return false;
		for (way = 0; way < SLUICE_WAYS; way++)
			sluice_log_see(view, meter, set->way[way], line * SLUICE_WAYS + way, tag, reading);
	}
	return true;
}

static __always_inline __u64 *log_word(__u32 first_line, __u32 place)
{
	__u32 index = first_line + place / SLUICE_WAYS;
	struct sluice_bucket_set *set = bpf_map_lookup_elem(&buckets, &index);

	return set ? &set->way[place & (SLUICE_WAYS - 1)] : 0;
}

/* Asks, and with `commit` charges. A global function: the verifier judges it once. */
__noinline int log_met(const struct sluice_meter *meter, __u32 first_line, __u32 tag, __u64 reading, bool commit)
{
	int attempt;

	if (!config.any_algorithm || !meter)
		return CHARGE_BROKEN;
	for (attempt = 0; attempt < CHARGE_ATTEMPTS; attempt++) {
		struct sluice_log_view view = {};
		__u64 *word, seen;

		if (!log_viewed(&view, meter, first_line, tag, reading))
			return CHARGE_BROKEN;
		if (!sluice_log_admits(&view, meter))
			return CHARGE_REFUSED;
		if (!commit)
			return CHARGE_ADMITTED;
		word = log_word(first_line, sluice_log_place(&view));
		if (!word)
			return CHARGE_BROKEN;
		seen = *(volatile __u64 *)word;
		if (!sluice_log_stands(&view, meter, seen, reading))
			continue;
		if (__sync_val_compare_and_swap(word, seen, sluice_log_stamp(meter, tag, reading)) == seen)
			return CHARGE_ADMITTED;
	}
	return CHARGE_CONTENDED;
}

#endif
