/* What the generator writes: shared by the program and lab/flood.cpp. */
#ifndef SLUICE_BENCH_FLOOD_SHAPE_H
#define SLUICE_BENCH_FLOOD_SHAPE_H

#include <linux/types.h>

/* As much of a frame as carries headers; what follows stays as it was handed in. */
#define FLOOD_HEADERS 96u

/* Frames further apart are not for the generator to wait for. */
#define FLOOD_LONGEST_INTERVAL_NS 50000u

struct flood_shape {
	__u64 frame[FLOOD_HEADERS / 8]; /* source bits that vary, source port and checksums zero */
	__u32 length;                   /* bytes that are rewritten: a multiple of 4, at most FLOOD_HEADERS */
	__u32 source_at;                /* where the four bytes that vary between sources stand */
	__u32 port_at;                  /* source port; 0: there is none */
	__u32 ip_checksum_at;           /* 0: there is none */
	__u32 ip_sum;                   /* ones' complement sum of the header, as native 16-bit words */
	__u32 transport_checksum_at;    /* 0: there is none */
	__u32 transport_sum;            /* the same of pseudo header and transport */
	__u32 sources;                  /* how many; 0: any of 2^32 */
	__u32 first_source;             /* the first of them, host order */
	__u32 zipf;                     /* 1: by Zipf's law, see choose_rank(); else all alike */
	__u32 unicast_only;             /* IPv4: never 0/8, 127/8, 224/3 */
	__u32 interface_index;          /* where the frame goes out */
	__u32 interval_ns;              /* from one frame to the next; 0: none, as fast as it goes */
	__u32 marked_every;             /* every so many frames one has the marked source and port; 0: none has */
	__u32 marked_source;            /* host order */
	__u32 marked_port;              /* host order; if port_at */
};

#endif
