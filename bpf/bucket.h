/* A bucket of the table, asked and charged: state and atomicity around core/limiter.h. */
#ifndef SLUICE_BPF_BUCKET_H
#define SLUICE_BPF_BUCKET_H

#include "maps.h"
#include "sluice/core/limiter.h"

/* A charge fails only if another processor charged the same way; each failure is somebody else's success. */
#define CHARGE_ATTEMPTS 8

enum charge_result {
	CHARGE_ADMITTED,
	CHARGE_REFUSED,
	CHARGE_CONTENDED,
	CHARGE_BROKEN,
};

static __always_inline struct sluice_bucket_set *find_set(const struct sluice_meter *meter, __u32 hash)
{
	__u32 index = meter->first_set + (hash & meter->set_mask);

	return bpf_map_lookup_elem(&buckets, &index);
}

/* Asks a bucket. */
static __always_inline int bucket_asked(const struct sluice_meter *meter, struct sluice_bucket_set *set, __u32 tag,
			    __u64 reading, __u64 amount)
{
	if (!set)
		return CHARGE_BROKEN;
	return sluice_limiter_offer(meter, set, tag, reading, amount).admitted
		   ? CHARGE_ADMITTED
		   : CHARGE_REFUSED;
}

/* As bucket_asked, in a frame of its own. verifier: 6.1 gives all calls that stand at once 512 bytes, and the way to a sliding
 * log needs nearly all of them. */
__noinline int bucket_asked_apart(const struct sluice_meter *meter, struct sluice_bucket_set *set, __u32 tag, __u64 reading,
				  __u64 amount)
{
	return config.any_algorithm && meter ? bucket_asked(meter, set, tag, reading, amount) : CHARGE_BROKEN;
}

/* Charges a bucket. A global function: the verifier judges it once. Only packets that pass come here. */
__noinline int bucket_charged(const struct sluice_meter *meter, struct sluice_bucket_set *set, __u32 tag,
			      __u64 now_mono_ns, __u64 amount)
{
	__u64 reading;
	int attempt;

	if (!meter || !set)
		return CHARGE_BROKEN;
	reading = config.any_algorithm ? sluice_meter_reading(meter, now_mono_ns) : sluice_steady_reading(meter, now_mono_ns);
	for (attempt = 0; attempt < CHARGE_ATTEMPTS; attempt++) {
		struct sluice_charge charge = sluice_limiter_offer(meter, set, tag, reading, amount);
		__u64 *way = &set->way[charge.way & (SLUICE_WAYS - 1)];

		if (charge.stale)
			continue;
		if (!charge.admitted)
			return CHARGE_REFUSED;
		if (__sync_val_compare_and_swap(way, charge.seen, charge.next) == charge.seen)
			return CHARGE_ADMITTED;
	}
	return CHARGE_CONTENDED;
}

#endif
