/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The iterator: what is in a range, as runs; and the callback form with table hooks.
 *
 * A run is a stretch of equal neighbours: leaves of one level with consecutive output addresses
 * and equal attributes (but for those the caller ignores), or holes of one level, and so on. It is
 * a snapshot: each entry was read once. The caller may change the run it was just given; the
 * cursor descends from the root again after each yield, and goes on behind the run.
 *
 *     struct pw_iter it;
 *     struct pw_run run;
 *
 *     err = pw_iter_init(&it, pt, range, PW_WANT_LEAVES, 0);
 *     while (!err && (err = pw_iter_next(&it, &run)) > 0)
 *             use(&run);
 *
 * Bad tables do not stop an iteration: they are runs of kind PW_RUN_BAD, with the location.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_ITER_H
#define PAGEWALK_ITER_H

#include <pagewalk/translate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to yield. */
#define PW_WANT_LEAVES	   0x01u /* valid leaves */
#define PW_WANT_HOLES	   0x02u /* empty entries */
#define PW_WANT_INVALID	   0x04u /* present-but-invalid leaves */
#define PW_WANT_NONPRESENT 0x08u /* non-present entries that are not ours */
#define PW_WANT_TABLE_PRE  0x10u /* a table entry, before what is below it */
#define PW_WANT_TABLE_POST 0x20u /* its addresses and level again, after what is below it */
#define PW_WANT_PARTIAL \
	0x40u /* leaves that the range covers in part are clipped to it; else
				    they are yielded whole and may reach beyond the range */
#define PW_WANT_ALL 0x7fu
#define PW_WANT_BAD 0x80u /* always on; accepted for clarity */

/* What may differ between the leaves of one run. */
#define PW_IGNORE_AD	     0x1u /* access and dirty state */
#define PW_IGNORE_SOFT	     0x2u /* software bits */
#define PW_IGNORE_CONTIGUOUS 0x4u /* the contiguous hint */
#define PW_IGNORE_PA	     0x8u /* output addresses need not be consecutive */
#define PW_IGNORE_ALL	     0xfu

enum pw_run_kind {
	PW_RUN_HOLE = 0,
	PW_RUN_LEAF,
	PW_RUN_TABLE_PRE,
	PW_RUN_INVALID,
	PW_RUN_NONPRESENT,
	PW_RUN_BAD,
	PW_RUN_TABLE_POST,
};

struct pw_run {
	struct pw_va first; /* closed; whole entries (clipped to the range for holes, and for
			       leaves under PW_WANT_PARTIAL) */
	struct pw_va last;
	struct pw_pa pa;       /* leaves: where first maps to; TABLE_PRE: the table */
	uint64_t entry;	       /* the first entry, raw */
	struct pw_pa entry_pa; /* where it lies */
	uint64_t nr;	       /* entries in the run */
	uint32_t kind;	       /* enum pw_run_kind */
	uint32_t level;	       /* of the entries */
	uint32_t perm;	       /* leaves: effective PW_PERM_*, table attributes and WXN applied */
	uint32_t inherited;    /* format's word for what the tables above take away */
	int32_t err;	       /* PW_RUN_BAD: PW_EFAULT, PW_EDOM or PW_ELOOP */
	uint32_t partial;      /* non-zero: a leaf reaches beyond the range */
};

/* The cursor. Treat as opaque; pw_iter_init() fills it in. */
struct pw_iter {
	uint32_t size;
	uint32_t want;
	uint32_t ignore;
	uint32_t state;
	const struct pw_table *pt;
	struct pw_range range;
	uint64_t pos;			/* where to go on, as an offset in the handle's half */
	uint64_t last;			/* the range's last offset */
	uint64_t anchor[PW_MAX_LEVELS]; /* where each open table was entered, by level */
	uint32_t open; /* level of the innermost open table; the root's without PRE and POST */
	uint32_t done; /* nothing is left but tables to close */
};

/*
 * pw_iter_init - start over a range
 * @it:      the cursor
 * @pt:      the handle
 * @range:   bytes, closed; any alignment
 * @want:    PW_WANT_*
 * @ignore:  PW_IGNORE_*
 *
 * Context:   any; reads no tables yet.
 * Return:    0; PW_EINVAL reversed or non-canonical range, unknown bits; PW_ERANGE not inside the
 *            handle's addresses.
 */
int pw_iter_init(struct pw_iter *it, const struct pw_table *pt, struct pw_range range,
		 uint32_t want, uint32_t ignore) PW_MUST_CHECK;

/*
 * pw_iter_next - the next run
 * @it:   the cursor
 * @run:  filled in
 *
 * Runs come in address order. No run crosses a table while PW_WANT_TABLE_PRE or _POST is set.
 * Adjacent stretches in different tables are merged otherwise, except where the inherited
 * attributes differ.
 *
 * Context:   lock-free, as pw_translate().
 * Return:    1 a run; 0 the end.
 */
int pw_iter_next(struct pw_iter *it, struct pw_run *run) PW_MUST_CHECK;

/* pw_iter_skip - after PW_RUN_TABLE_PRE: pass over what is below (no POST for that table) */
void pw_iter_skip(struct pw_iter *it);

/* What a callback of pw_walk() may return; negative values stop the walk and are returned. */
enum pw_walk_ctl {
	PW_WALK_NEXT = 0,  /* go on */
	PW_WALK_SKIP = 1,  /* pre_table: pass over this table, without post; run: as NEXT */
	PW_WALK_AGAIN = 2, /* run: post for the innermost table, then that table again from the
			      run's first address (its entry is read anew) */
	PW_WALK_STOP = 3,  /* end the walk; pw_walk() returns 0 */
};

struct pw_walk {
	const struct pw_table *pt;
	const struct pw_walk_ops *ops;
	void *priv;
};

struct pw_walk_ops {
	uint32_t want;	 /* PW_WANT_*, for run(); tables are hooked below */
	uint32_t ignore; /* PW_IGNORE_* */
	/* each run: enum pw_walk_ctl or a negative error */
	int (*run)(struct pw_walk *walk, const struct pw_run *run);
	/*
	 * Around every table, the root included; @level is the level of the table's entries
	 * (0: the leaf-most), @range the part of it that is walked, closed. A negative error from
	 * pre_table, or STOP, ends the walk without post for that table; post runs on every other
	 * way out, in reverse order of pre, and before a table is walked again.
	 */
	int (*pre_table)(struct pw_walk *walk, unsigned int level, struct pw_range range);
	void (*post_table)(struct pw_walk *walk, unsigned int level, struct pw_range range);
};

/*
 * pw_walk_range - the callback form
 * @pt, @range: as pw_iter_init()
 * @ops:        callbacks, each may be NULL
 * @priv:       for the callbacks
 *
 * AGAIN is honoured 100 times in a row at one address; then the walk ends with PW_EAGAIN.
 *
 * Context:   as pw_iter_next(); callbacks may change the run they were given.
 * Return:    0; what a callback returned if negative; PW_EINVAL, PW_ERANGE as pw_iter_init();
 *            PW_EAGAIN.
 */
int pw_walk_range(const struct pw_table *pt, struct pw_range range, const struct pw_walk_ops *ops,
		  void *priv) PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
