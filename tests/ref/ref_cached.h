/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Everything that could be cached: the model's own reference. A machine small enough to enumerate
 * (2 CPUs, 2 roots, 2 middle and 3 leaf tables of 2 entries each, shared at will), whose caches
 * hold all that they may: after every step whatever a walker could read is added, and only an
 * invalidation takes away. It shares no idea with the model, which keeps only differences. Nor how
 * conflicts are found: each leaf that a store brings against each that is cached, one by one.
 */
#ifndef PW_TESTS_REF_CACHED_H
#define PW_TESTS_REF_CACHED_H

#include <stdbool.h>
#include <stdint.h>

#define RC_CPUS	  2
#define RC_SPACES 2
#define RC_MID	  2
#define RC_LEAF	  3

/* Values, the same numbers in every table: 0 empty; what else depends on the level. */
enum { RC_EMPTY = 0, RC_A, RC_B, RC_GLOBAL }; /* leaf table: pages */
/* root: 1 + m a middle table; middle: 1 + l a leaf table; both: 4 and 5 blocks */

#define RC_BLOCK 4

/* Locations: roots, middle, leaf tables, two entries each. */
#define RC_LOC_ROOT(s, i) ((s)*2 + (i))
#define RC_LOC_MID(t, j)  (4 + (t)*2 + (j))
#define RC_LOC_LEAF(t, k) (8 + (t)*2 + (k))
#define RC_LOCS		  14

typedef unsigned __int128 rc_set;

/* Elements of a set. */
#define RC_W2(s, i, m)	     ((s)*4 + (i)*2 + (m))
#define RC_W1(s, i, j, l)    (8 + (((s)*2 + (i)) * 2 + (j)) * 3 + (l))
#define RC_TB(s, i, j, b)    (32 + (((s)*2 + (i)) * 2 + (j)) * 2 + (b))
#define RC_TP(s, i, j, k, p) (48 + ((((s)*2 + (i)) * 2 + (j)) * 2 + (k)) * 3 + (p))
#define RC_TG(s, i, b)	     (96 + ((s)*2 + (i)) * 2 + (b))
#define RC_ELEMENTS	     104
#define RC_BIT(e)	     ((rc_set)1 << (e))

/* What one leaf in the place of another breaks. */
enum { RC_CLEAN = 0, RC_EITHER, RC_WRONG };

struct rc {
	bool tagged; /* spaces have a tag, and RC_GLOBAL has none; else it is a third page */
	bool sizes;  /* a conflict is one of sizes only (x86, RISC-V); else arm64's of @bbm */
	unsigned int bbm;
	/*
	 * The worst that may be cached together since the last store; and with what is global in
	 * the other space and as its tables say, which need not be looked at.
	 */
	int clash, clash_all;
	uint8_t now[RC_LOCS];
	uint8_t old[RC_LOCS]
		   [6]; /* by value: CPUs that stored over it, not visible; 0: unreadable */
	bool ran[RC_CPUS][RC_SPACES], cur[RC_CPUS][RC_SPACES];
	rc_set held[RC_CPUS];
	rc_set pend[RC_CPUS][RC_CPUS];	 /* by issuing CPU: what goes at its barrier, where */
	rc_set own[RC_CPUS];		 /* and what goes at its synchronisation */
	uint8_t unrun[RC_CPUS][RC_CPUS]; /* spaces forgotten at the barrier */
};

void rc_store(struct rc *r, unsigned int cpu, unsigned int loc, unsigned int val);
/* Where a block or a page leads: @index of its table, 2 the uppermost level. */
uint64_t rc_output(const struct rc *r, unsigned int level, unsigned int index, unsigned int val);
void rc_visible(struct rc *r, unsigned int cpu);
/* What @covered names is taken on @cpus: at once, or at the next completion. */
void rc_invalidate(struct rc *r, unsigned int cpu, unsigned int cpus, rc_set covered,
		   unsigned int spaces, bool now);
void rc_complete(struct rc *r, unsigned int cpu);
void rc_synchronise(struct rc *r, unsigned int cpu);
/* What @cpu may hold that the tables do not say. */
rc_set rc_stale(const struct rc *r, unsigned int cpu);
void rc_fill(struct rc *r);

#endif
