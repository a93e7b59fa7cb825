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

_Static_assert(PW_MAX_LEVELS <= 8, "a bit for each level");

enum pw_pass {
	PW_PASS_MAP_CHECK,
	PW_PASS_MAP,	    /* those of map come first */
	PW_PASS_EDIT_CHECK, /* of unmap and protect */
	PW_PASS_UNMAP,
	PW_PASS_PROTECT,
};

/* The order of an operation's ranges, as far as somebody had to know. */
enum pw_list_order {
	PW_ORDER_UNKNOWN,
	PW_ORDER_ASCENDING, /* and disjoint */
	PW_ORDER_NONE,
};

/* The ranges of an operation. */
union pw_list {
	const struct pw_range *ranges;
	const struct pw_mapping *maps; /* in the passes of map */
};

/* What the ranges are to become. */
union pw_wanted {
	const struct pw_attr *attr;	/* PW_PASS_MAP */
	const struct pw_change *change; /* PW_PASS_PROTECT */
};

/* One operation under way; lives on the stack of its entry point. */
struct pw_op {
	const struct pw_table *pt;
	const struct pw_env *env;
	union pw_list list; /* what the caller asked for */
	size_t nr;
	uint64_t first; /* the range under work as ia, closed */
	uint64_t last;
	uint64_t behind; /* where the range before it in the list ended; 0: there is none */
	uint32_t flags;
	uint8_t pass; /* enum pw_pass */

	bool split;	  /* the edit check met a leaf that has to be cut */
	bool protect;	  /* the edit check asks what protect asks, too */
	bool valid;	  /* entries may become valid that were not */
	bool scan;	  /* and must look at every leaf */
	bool identical;	  /* the map check met entries that are there already */
	uint8_t order;	  /* enum pw_list_order */
	uint8_t top_leaf; /* map: the largest leaf that alignment and format allow */

	/* debt of the range under work: */
	bool publish;	     /* a new entry has to be */
	uint8_t before;	     /* enum pw_before: what the invalidation has to wait for */
	uint8_t stale_flags; /* PW_FLUSH_TABLES: a table was unlinked; _ANY_ASID: some are global */
	uint8_t stale_levels; /* bit l: entries of level l are stale */
	uint64_t stale_first; /* they lie here, as ia */
	uint64_t stale_last;
	struct pw_gather *gather; /* where debts go; NULL: there are none */

	/* protect; map: a leaf's raw attributes are what it sets */
	uint64_t clear[PW_LEAF_LEVELS];
	uint64_t set[PW_LEAF_LEVELS];

	union {
		uint64_t delta; /* map: output address - ia, modulo 2^64 */
		uint64_t index; /* the others: of the range under work in the list */
	};
	uint64_t nr_needed; /* tables to reserve */
	uint64_t *pool;	    /* reserved tables, a list */

	uint64_t table_pa[PW_MAX_LEVELS]; /* where the walk is */
	struct pw_result res;		  /* what happened */
};

/* A run's first slot, where it is, and what it holds. */
struct pw_place {
	uint64_t *slot;
	uint64_t ia;	   /* covered from here on */
	uint64_t last;	   /* what the range covers of the entry; refusals widen both to a group */
	uint64_t left;	   /* slots of this table that the range covers, this one included */
	bool apart;	   /* this table is not part of the tree; map: it is new, and linked when it
			      is filled; unmap: it goes as a whole, and its slots need no store */
	uint64_t e;	   /* the entry; 0 in a table that is new */
	enum pw_kind kind; /* of the entry; never PW_KIND_TABLE */
	unsigned int level;
	unsigned int shift; /* of the level: bytes that the entry spans, as a power of two */
	uint32_t did;	    /* PW_DID_*: what a pass did to the slots that it says are done */
	uint64_t now;	    /* PW_DID_STORE: what the first of them holds now */
};

/* The walk does the accounts, once a run. */
#define PW_DID_PASS   1u /* by: holes and the like */
#define PW_DID_CHANGE 2u /* entries count as changed */
#define PW_DID_STORE  4u /* slots were written */

/* pw_fmt.kind as those take it that ask once a run: an instance has one copy for all of them. */
typedef enum pw_kind pw_kind_fn(const struct pw_table *pt, uint64_t e, unsigned int level);

PW_INLINE uint32_t pw_table_bytes(const struct pw_fmt *f)
{
	return 8u << f->geo->index_lg2;
}

/* Is that one of several tables that are the root, side by side? */
PW_INLINE bool pw_of_root(const struct pw_fmt *f, const struct pw_table *pt, uint64_t pa)
{
	return f->geo->concat_lg2 && pa - pt->root.v < pt->root_bytes;
}

/* Which entry of a table, below the root, stands for @ia? Each spans 2^@shift bytes. */
PW_INLINE uint64_t pw_index(const struct pw_fmt *f, uint64_t ia, unsigned int shift)
{
	return ia >> shift & ((1ull << f->geo->index_lg2) - 1u);
}

/* What the entry at @at spans, less one byte. */
PW_INLINE uint64_t pw_in_entry(const struct pw_place *at)
{
	return (1ull << at->shift) - 1u;
}

/* Bytes that an entry of @level spans. */
static inline uint64_t pw_leaf_size(const struct pw_table *pt, unsigned int level)
{
	return 1ull << (pt->granule_lg2 + level * pt->index_lg2);
}

/* change.c: remember where an operation is refused, and return @err; @table: that of the entry,
   NULL: the root is out of reach */
int pw_refuse(struct pw_op *op, const struct pw_place *at, const uint64_t *table, int err);
/* change.c: what the range covers of @n entries from @at on may be cached. */
void pw_note_stale(struct pw_op *op, const struct pw_place *at, uint64_t n);
/* change.c: the range covers a part of the leaves [first, last], one of them at @at: 0 if the
   handle's reshaper cuts them, else PW_EBUSY. */
int pw_partial(struct pw_op *op, const struct pw_place *at, uint64_t first, uint64_t last);
/* change.c: is the leaf at @at one that a CPU may hold, and has to be broken to become @now? */
bool pw_must_break(const struct pw_op *op, const struct pw_place *at, uint64_t now);
/* change.c: may it be broken for a while? 0, PW_EBUSY. And do it, and make it: see reshape.h */
int pw_breakable(struct pw_op *op, const struct pw_place *at);
uint64_t pw_broken(struct pw_op *op, struct pw_place *at, uint64_t mask, uint64_t pattern);
/* change.c: a page of those that were reserved, which there is, and its address */
uint64_t *pw_pool_take(struct pw_op *op, uint64_t *pa);
/* change.c: @table, which @at led to, was unlinked */
void pw_unlinked(struct pw_op *op, const struct pw_place *at, uint64_t *table);
/* change.c: is what the leaf at @at becomes a leaf still, valid or not? */
bool pw_stays_leaf(const struct pw_op *op, const struct pw_place *at, uint64_t now);
/* change.c: effective permissions that W^X forbids */
bool pw_writable_and_executable(const struct pw_table *pt, uint32_t perm);
/* change.c: reserve the tables that the range needs below the empty entry at @at. */
void pw_map_tables(struct pw_op *op, const struct pw_place *at);
/* change.c: the arguments but for the ranges; these must be there */
int pw_op_arguments(struct pw_op *op, enum pw_pass commit, union pw_wanted wanted);
/* change.c: the @i-th range becomes the one under work: checked, as offsets, nothing owed for it
   yet; of a map also where it leads to and the largest leaf that may be used */
int pw_op_aim(struct pw_op *op, size_t i);
/* change.c: is the range closed, aligned, canonical and in the handle's half? */
int pw_range_check(const struct pw_table *pt, struct pw_range range, uint64_t align);

#endif
