/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The walk under every change: one pass over a range, table by table, run by run.
 *
 *        level 2   [ . . T . ]          A pass is handed a run's first slot and how many slots of
 *                        |              this table the range still covers. It works on as many as
 *        level 1   [ . L T . . ]        are alike, in a loop of its own without calls, and says
 *                        |              how many that were. Tables in between are the walk's
 *        level 0   [ . L L L L L ]      business: it descends, and on the way up tells the pass.
 *
 * The passes (enum pw_pass) share one walk: which one it is, is asked once a run, never once an
 * entry. Everything here is always-inline and takes the format and the kind of environment as
 * constants; an instance compiles to one function without an indirect call.
 *
 * Inside, an address is its offset in the handle's half ("ia"): 0 to 2^va_bits - 1. The top of the
 * address space is then an ordinary place, and nothing can wrap.
 */
#ifndef PW_SRC_PASS_H
#define PW_SRC_PASS_H

#include "mem.h"

/* Levels that can have leaves, from level 0 on; a format has no more. */
#define PW_LEAF_LEVELS 4u

enum pw_pass {
	PW_PASS_MAP_CHECK,
	PW_PASS_MAP,
	PW_PASS_EDIT_CHECK, /* of unmap and protect */
	PW_PASS_UNMAP,
	PW_PASS_PROTECT,
};

/* One operation under way; lives on the stack of its entry point. */
struct pw_op {
	enum pw_pass pass;
	const struct pw_table *pt;
	const struct pw_env *env;
	uint64_t first; /* the range as ia, closed */
	uint64_t last;
	uint32_t flags;
	uint32_t fresh; /* bit l: the table being filled at level l is new and not yet linked */

	/* map */
	uint64_t delta;		       /* output address - ia, modulo 2^64 */
	unsigned int top_leaf;	       /* the largest leaf that alignment and format allow */
	uint32_t identical;	       /* the check met entries that are there already */
	uint64_t bits[PW_LEAF_LEVELS]; /* a leaf's raw attributes */
	uint64_t nr_needed;	       /* tables to reserve */
	uint64_t *pool;		       /* reserved tables, linked through their first slots */
	uint64_t pool_pa;

	/* protect */
	bool protect; /* the check asks what protect asks, too */
	uint64_t clear[PW_LEAF_LEVELS];
	uint64_t set[PW_LEAF_LEVELS];
	bool scan; /* the check must look at every leaf */

	/* unmap */
	struct pw_gather *gather;

	uint32_t doomed; /* bit l: the table at level l goes as a whole, its slots need no store */

	/* where the walk is */
	uint64_t table_pa[PW_MAX_LEVELS];

	/* what happened */
	struct pw_result res;

	/* debt */
	uint32_t publish;
	uint32_t stale_tables; /* a table was unlinked */
	uint64_t stale_first;  /* ia, closed; empty when first > last */
	uint64_t stale_last;
	unsigned int stale_min; /* lowest and highest level of a stale leaf */
	unsigned int stale_max;
};

/* A run's first slot, where it is, and what it holds. */
struct pw_place {
	uint64_t *slot;
	uint64_t ia;	   /* covered from here on */
	uint64_t left;	   /* slots of this table that the range covers, this one included */
	uint64_t e;	   /* the entry; 0 in a table that is new */
	enum pw_kind kind; /* of the entry; never PW_KIND_TABLE */
	unsigned int level;
};

PW_INLINE uint32_t pw_table_bytes(const struct pw_fmt *f)
{
	return 8u << f->index_lg2;
}

PW_INLINE uint64_t pw_index(const struct pw_fmt *f, const struct pw_table *pt, uint64_t ia,
			    unsigned int level)
{
	uint64_t i = ia >> pw_shift(f, level);

	return level + 1u == pt->levels ? i : i & ((1ull << f->index_lg2) - 1u);
}

/* The last ia that an entry of @level, entered at @ia, spans. */
PW_INLINE uint64_t pw_entry_last(const struct pw_fmt *f, uint64_t ia, unsigned int level)
{
	return ia | ((1ull << pw_shift(f, level)) - 1u);
}

/* Bytes that an entry of @level spans. */
static inline uint64_t pw_leaf_size(const struct pw_table *pt, unsigned int level)
{
	return 1ull << (pt->granule_lg2 + level * pt->index_lg2);
}

/* Bytes of the top table: it has only the entries that the input address size asks for. */
PW_INLINE uint32_t pw_root_bytes(const struct pw_fmt *f, const struct pw_table *pt)
{
	return (uint32_t)(8ull << (pt->va_bits - pw_shift(f, (unsigned int)pt->levels - 1u)));
}

/* change.c: is the range closed, aligned, canonical and in the handle's half? */
int pw_range_check(const struct pw_table *pt, struct pw_range range, uint64_t align);

/* change.c: remember where and why an operation is refused; [first, last] as ia. */
void pw_refuse(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level, uint64_t e);
/* change.c: is the table below @level one that the walk came through? A change would take its
   entries for leaves, or free it twice. */
bool pw_came_through(const struct pw_op *op, unsigned int level);
/* change.c: leaves that may be cached: [first, last] as ia, all of @level. */
void pw_note_stale(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level);
/* change.c: a table was unlinked */
void pw_unlinked(struct pw_op *op, uint64_t pa, uint64_t *virt);
/* change.c: effective permissions that W^X forbids */
bool pw_writable_and_executable(uint32_t perm);
/* change.c: tables that [first, last] needs below one empty entry of @level. */
uint64_t pw_map_tables(const struct pw_op *op, unsigned int level, uint64_t first, uint64_t last);

/* Bytes that @n slots of @level cover, from @ia on, as far as the range goes. */
PW_INLINE uint64_t pw_run_last(const struct pw_fmt *f, const struct pw_op *op,
			       const struct pw_place *at, uint64_t n)
{
	unsigned int shift = pw_shift(f, at->level);
	uint64_t last = (((at->ia >> shift) + n) << shift) - 1u;

	return last < op->last ? last : op->last;
}

#endif
