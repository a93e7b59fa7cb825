/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Leaves of other sizes: what it takes to split and to collapse them, and to replace live entries.
 *
 * A reshaper is a format's accessors at run time, and the functions of this folder that use them.
 * A handle that names none has no use for any of it, and a link that names none leaves it out; so
 * the engine comes here only through the handle's pointer. Nothing here is in a loop over many
 * entries but filling a table, which is the instance's.
 *
 *     split.c        the ends of a range: which leaves and groups they cut, and what to put there
 *     split_range.c  all of a range, down to leaves of one level
 *     replace.c      break, make: the only way in the engine to replace a live entry
 *     collapse.c     tables back to leaves
 */
#ifndef PW_SRC_RESHAPE_H
#define PW_SRC_RESHAPE_H

#include "map.h"
#include "spot.h"

struct pw_reshaper {
	const struct pw_fmt *f; /* at run time */
	/* @nr leaves that continue each other, beginning with @e, whole groups where it has the
	   hint, to a table that is not in the tree */
	void (*fill)(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t e,
		     unsigned int level);

	/* split.c: of an operation's check: may the leaf at @at, of which [first, last] belong
	   together and the range covers a part, be cut? Counts the tables; 0, PW_EBUSY. */
	int (*check)(struct pw_op *op, const struct pw_place *at, uint64_t first, uint64_t last);
	/* split.c: can all reserved pages be found again, by their addresses? 0, PW_EFAULT */
	int (*reach)(const struct pw_op *op);
	/* split.c: cut at both ends of every range, and pay for it. Cannot fail. */
	void (*cut)(struct pw_op *op);
	/* replace.c: of an operation's check: may the live leaf at @at be broken for a while? */
	int (*may_break)(struct pw_op *op, const struct pw_place *at);
	/* replace.c: break the leaves from @at on that match, and the rest of the last one's group;
	   invalidate; make them what the change says. How many; at->e is what they were broken. */
	uint64_t (*brk)(struct pw_op *op, struct pw_place *at, uint64_t mask, uint64_t pattern);
};

/* An entry of a span that becomes a table. */
struct pw_head {
	uint64_t index; /* in the span */
	uint64_t *table;
	uint64_t entry; /* that leads to it */
};

/* Entries that change together: one leaf, a contiguous group, or an entry that leads to a table. */
struct pw_span {
	uint64_t *slot;
	uint64_t nr;
	uint64_t index; /* of the first slot in its table */
	uint64_t ia;	/* what they map, from here on */
	unsigned int level;
	unsigned int shift;
	uint64_t leaf; /* the first as a flat leaf without the hint, with the use of all */
	bool live;     /* a CPU may hold what is there now */
	bool hint;     /* they have the hint now */
	bool group;    /* they are to have it; no heads then */
	unsigned int nr_heads;
	struct pw_head head[2];
};

/* A table that becomes a leaf: all of its leaves are alike. */
struct pw_joint {
	uint64_t *slot;	   /* the entry that leads to it */
	uint64_t old;	   /* and its value */
	uint64_t ia;	   /* what it maps, from here on */
	uint64_t *table;   /* and its address: */
	uint64_t table_pa; /* given back after the invalidation */
	uint64_t child;	   /* the table's first leaf, flat, without the hint, with the use of all */
	uint64_t leaf;	   /* the leaf for it */
	unsigned int level;
};

/* replace.c: a table becomes a leaf; what hardware wrote about use meanwhile is kept */
void pw_join(struct pw_op *op, const struct pw_joint *j);
/* replace.c: how does a leaf of a group get its hint? */
enum pw_how pw_group_how(const struct pw_table *pt, uint64_t leaf, unsigned int level);
/* replace.c: the leaf of slot @i, which holds @e, of a span: flat, without the hint, and with this
   use beside its own */
uint64_t pw_span_leaf(const struct pw_table *pt, const struct pw_span *s, uint64_t i, uint64_t e,
		      uint64_t use);
/* replace.c: give and take the hint, and write the heads, over what is there. */
void pw_replace(struct pw_op *op, struct pw_span *s);
/* replace.c: how do the entries of a span change? The strictest of its slots. */
enum pw_how pw_span_how(const struct pw_table *pt, uint64_t leaf, bool hint, bool to_table,
			unsigned int level);
/* replace.c: those of struct pw_reshaper */
int pw_may_break(struct pw_op *op, const struct pw_place *at);
uint64_t pw_break(struct pw_op *op, struct pw_place *at, uint64_t mask, uint64_t pattern);

/* split.c: those of struct pw_reshaper */
int pw_split_check(struct pw_op *op, const struct pw_place *at, uint64_t first, uint64_t last);
int pw_split_reach(const struct pw_op *op);
void pw_split_cut(struct pw_op *op);

/* split.c: the leaf, or the group, that the entry at @spot, of @ia, belongs to */
void pw_span_at(const struct pw_table *pt, const struct pw_spot *spot, uint64_t ia,
		struct pw_span *s);

/* change.c: the debt of the range under work, now, whatever the mode */
void pw_op_pay(struct pw_op *op);
/* change.c: the debt of the range under work to the gather, which may wait with it */
void pw_op_note(struct pw_op *op);
/* change.c: the gather that an operation notes its debt in: the caller's, the task's, or @own */
int pw_op_gather(struct pw_op *op, struct pw_gather *gather, struct pw_gather *own,
		 struct pw_flush *slots, uint32_t nr);
/* change.c: [first, last] as ia, all of @level, may be cached */
void pw_op_stale(struct pw_op *op, uint64_t first, uint64_t last, unsigned int level);

/*
 * Entries that belong together where one has the hint, as a power of two; of leaves, too, that the
 * handle would not make. A root may be smaller than a group of its level: a hint there is a mistake
 * of whoever made it, and stands for nothing.
 */
static inline unsigned int pw_hinted_lg2(const struct pw_table *pt, unsigned int level,
					 unsigned int shift)
{
	unsigned int lg2 = pw_contig_lg2(pt->reshaper->f, level);

	return shift + lg2 <= pt->va_bits ? lg2 : 0;
}

/* replace.c: host address of a table that was there, or was made, a moment ago */
uint64_t *pw_tree_table(const struct pw_table *pt, uint64_t pa);

/* Filling a table, for each instance. */
PW_INLINE void pw_reshape_fill(const struct pw_fmt *f, const struct pw_mem *m,
			       const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t e,
			       unsigned int level)
{
	if (f->group && (e & f->contig_mask(level)))
		pw_map_groups(f, m, env, slot, nr, e, level);
	else
		pw_map_leaves(f, m, env, slot, nr, e, level);
}

#endif
