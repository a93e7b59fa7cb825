/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Shared mode: several changers of disjoint ranges in the same tables.
 *
 *        CPU 0: map [A]     CPU 1: map [B]
 *                 \           /
 *        [ . . . . T . . . . . ]     one of them links T, by compare-and-swap from 0; the other
 *                  |                 one's is given back, and it goes on in the first one's
 *        [ A A A A . . B B B . ]     entries are each one's own
 *
 * The walk goes down from the root for every table, and along it as far as the range covers it.
 * Nothing is checked in advance and nothing reserved, for nothing that was seen before need hold.
 *
 * Counts. A table may be unlinked when nothing is in it and nobody is on the way into it, so both
 * are counted together in one word of the environment's (env->table_users):
 *
 *        0          not counted: made in exclusive mode; never unlinked here
 *        1 + n      n entries that are not empty, and changers that are inside or further down;
 *                   none: PW_KEEP_TABLES left it so
 *        DEAD       to be unlinked by the one who brought it here, for good
 *
 * Whoever goes in takes a count first, from a table that is not dead; whoever fills a slot takes
 * one more, and gives it back when the slot is emptied. The last one to give back finds a table
 * that nobody can enter any more. A changer that read the link before it was cleared finds the word
 * dead, for the page is not handed out again before the grace period that the changer is a reader
 * of. The word is looked at only by functions of this file; so the one who unlinks looks whether
 * the table is empty after all: something may have been mapped there in exclusive mode since.
 */
#include <pagewalk/shared.h>

#include "gather.h"
#include "instance.h"
#include "reshape.h"

#define OWN_RANGES  1u
#define NOT_COUNTED 0u
#define COUNTED	    1u
#define DEAD	    UINT64_MAX
/* Rounds without progress, and exchanges of one entry: hardware sets each use bit once. */
#define MAX_TRIES   8u

/* A table on the way down. */
struct stop {
	uint64_t *table;
	uint64_t pa;
	uint64_t *link;	 /* the slot that leads to it */
	uint64_t *users; /* its count, one of which is ours; NULL: it is not counted */
};

struct shared {
	struct pw_op *op;
	const struct pw_fmt *f;
	bool counts;	    /* tables may be unlinked */
	unsigned int level; /* where we are */
	struct stop stop[PW_MAX_LEVELS];
};

/* Counts */

static uint64_t *users_of(const struct shared *s, uint64_t pa)
{
	const struct pw_env *env = s->op->env;

	return s->counts ? env->table_users(env->ctx, pw_pa_of(pa)) : NULL;
}

/* Go into a table. False: it is dead. @*users becomes NULL where it is not counted. */
static bool hold(uint64_t **users)
{
	uint64_t n;

	if (!*users)
		return true;
	n = __atomic_load_n(*users, __ATOMIC_RELAXED);
	do {
		if (n == NOT_COUNTED)
			*users = NULL;
		if (n == NOT_COUNTED || n == DEAD)
			return n == NOT_COUNTED;
	} while (!__atomic_compare_exchange_n(*users, &n, n + 1u, false, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

/* Out again. True: that was the last count, and the table is dead, unless it is to be kept. */
static bool drop(uint64_t *users, bool keep)
{
	uint64_t n = __atomic_load_n(users, __ATOMIC_RELAXED), now;

	do {
		now = n > COUNTED + 1u || keep ? n - 1u : DEAD;
	} while (!__atomic_compare_exchange_n(users, &n, now, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return now == DEAD;
}

/* An entry of a table that we are in: there before it is written, gone after it is emptied. */
static void count_entry(const struct stop *in, int n)
{
	if (in->users)
		(void)__atomic_fetch_add(in->users, (uint64_t)(int64_t)n, __ATOMIC_RELEASE);
}

/* Entries */

/* What was done to the entry at @at, which held at->e and holds @now. */
static void account(struct shared *s, const struct pw_place *at, uint64_t now)
{
	struct pw_op *op = s->op;

	op->res.changed += 1ull << at->shift;
	op->res.nr_entries++;
	pw_env_sync(op->env, at->slot, 1);
	if (!(op->pt->flags & PW_TABLE_LIVE))
		return;
	if (s->f->publish(op->pt, now, at->level))
		op->publish = true;
	if (!s->f->stale(op->pt, at->e, now, at->level))
		return;
	if (pw_any_tag(s->f->geo, at->e, now))
		op->stale_flags |= PW_FLUSH_ANY_ASID;
	pw_note_stale(op, at, 1);
}

/* Can the empty entry at @at become a leaf? */
static bool leaf_fits(const struct shared *s, const struct pw_place *at)
{
	uint64_t in = pw_in_entry(at);

	return at->level <= s->op->top_leaf && !(at->ia & in) && s->op->last - at->ia >= in;
}

static int map_entry(struct shared *s, struct pw_place *at)
{
	const struct stop *in = &s->stop[at->level];
	struct pw_op *op = s->op;
	uint64_t now;

	if (at->kind == PW_KIND_HOLE) {
		now = s->f->make_leaf(op->set[at->level], at->ia + op->delta, at->level);
		count_entry(in, 1);
		if (pw_env_try(op->env, at->slot, &at->e, now)) {
			account(s, at, now);
			return 0;
		}
		count_entry(in, -1);
		return PW_EAGAIN;
	}
	if (at->kind == PW_KIND_BAD)
		return PW_EDOM;
	return at->kind != PW_KIND_NONPRESENT && pw_map_identical(s->f, op, at) ? 0 : PW_EEXIST;
}

/* The leaf at @at and the group that it is in: inside the range? */
static bool is_covered(const struct shared *s, const struct pw_place *at)
{
	unsigned int lg2 = at->shift;
	uint64_t first;

	if (at->e & s->f->contig_mask(at->level))
		lg2 += s->f->geo->contig_lg2[at->level];
	first = at->ia >> lg2 << lg2;
	return first >= s->op->first && first + ((1ull << lg2) - 1u) <= s->op->last;
}

/* The entry at @at to what the operation makes of it; what hardware does meanwhile stays. */
static int change_entry(struct shared *s, struct pw_place *at)
{
	struct pw_op *op = s->op;
	bool unmap = op->pass == PW_PASS_UNMAP;
	unsigned int tries = 0;
	uint64_t before, now;

	do {
		now = unmap ? 0 : (at->e & ~op->clear[at->level]) | op->set[at->level];
		if (now == at->e)
			return 0;
		before = at->e;
		if (pw_env_try(op->env, at->slot, &at->e, now)) {
			account(s, at, now);
			if (unmap)
				count_entry(&s->stop[at->level], -1);
			return 0;
		}
	} while (++tries < MAX_TRIES && at->kind == PW_KIND_LEAF &&
		 !((before ^ at->e) & s->f->compare_mask(op->pt, PW_IGNORE_AD, before, at->level)));
	return PW_EAGAIN;
}

/* What protect asks of a leaf: see edit_check.h; nothing is broken here. */
static int check_protect(const struct shared *s, const struct pw_place *at)
{
	const struct pw_op *op = s->op;
	uint64_t now = (at->e & ~op->clear[at->level]) | op->set[at->level];

	if (!pw_stays_leaf(op, at, now))
		return PW_EOPNOTSUPP;
	if (pw_must_break(op, at, now))
		return PW_EBUSY;
	if ((op->pt->flags & PW_TABLE_NO_WX) && now != at->e &&
	    pw_writable_and_executable(op->pt, s->f->perm(op->pt, now, at->level, 0)))
		return PW_EPERM;
	return 0;
}

static int edit_entry(struct shared *s, struct pw_place *at)
{
	struct pw_op *op = s->op;
	bool leaf = at->kind == PW_KIND_LEAF || at->kind == PW_KIND_INVALID;
	bool unmap = op->pass == PW_PASS_UNMAP, strict = op->flags & PW_STRICT;
	int err = 0;

	if (at->kind == PW_KIND_BAD && (at->level || strict))
		return PW_EDOM;
	if (at->kind == PW_KIND_HOLE || (!unmap && !leaf)) {
		op->res.holes += at->last - at->ia + 1u;
		return strict ? PW_ENOENT : 0;
	}
	if (leaf && !is_covered(s, at))
		return PW_EBUSY;
	if (!unmap)
		err = check_protect(s, at);
	return err ? err : change_entry(s, at);
}

/* The walk */

/*
 * What is at @at. A link is read before what it leads to, and before that table's count: a count
 * from before the link would say "not counted", and the table be entered by somebody whom nobody
 * waits for. That the count's address depends on the link is not enough for C.
 */
static void look(const struct shared *s, struct pw_place *at)
{
	const struct pw_op *op = s->op;

	at->last = at->ia | pw_in_entry(at);
	if (at->last > op->last)
		at->last = op->last;
	at->e = pw_env_acquire(op->env, at->slot);
	at->kind = s->f->kind(op->pt, at->e, at->level);
}

/* Is the way on from here through a table? A map makes one where there is none. */
static bool wants_table(const struct shared *s, const struct pw_place *at)
{
	return at->kind == PW_KIND_TABLE ||
	       (s->op->pass == PW_PASS_MAP && at->kind == PW_KIND_HOLE && !leaf_fits(s, at));
}

/* A table for the empty slot at @at. Somebody else may be faster: then theirs is used. */
static int install(struct shared *s, const struct pw_place *at, struct stop *below)
{
	struct pw_op *op = s->op;
	const struct pw_env *env = op->env;
	uint64_t i, nr = 1ull << op->pt->index_lg2, old = 0, link;

	below->table = pw_env_get_table(env, &below->pa);
	if (!below->table)
		return PW_ENOMEM;
	if (!pw_tree_table(op->pt, below->pa)) {
		pw_env_put_table(env, below->pa, below->table);
		return PW_EFAULT;
	}
	for (i = 0; i < nr && !(env->flags & PW_ENV_ZEROED); i++)
		pw_env_write(env, below->table + i, 0);
	pw_env_sync(env, below->table, nr);
	below->users = users_of(s, below->pa);
	if (below->users)
		__atomic_store_n(below->users, COUNTED + 1u, __ATOMIC_RELAXED);
	count_entry(&s->stop[at->level], 1);
	link = s->f->make_table(op->pt, below->pa, at->level);
	if (pw_env_try(env, at->slot, &old, link)) {
		pw_env_sync(env, at->slot, 1);
		op->res.nr_tables++;
		if ((op->pt->flags & PW_TABLE_LIVE) && s->f->stale(op->pt, 0, link, at->level)) {
			op->stale_flags |= PW_FLUSH_TABLES;
			pw_note_stale(op, at, 1);
		}
		return 0;
	}
	count_entry(&s->stop[at->level], -1);
	if (below->users)
		__atomic_store_n(below->users, NOT_COUNTED, __ATOMIC_RELAXED);
	pw_env_put_table(env, below->pa, below->table);
	return PW_EAGAIN;
}

/* Into the table that the entry at @at leads to. */
static int enter(struct shared *s, const struct pw_place *at, struct stop *below)
{
	const struct pw_table *pt = s->op->pt;
	unsigned int above;

	below->pa = s->f->table_pa(pt, at->e, at->level);
	if (pw_of_root(s->f, pt, below->pa))
		return PW_ELOOP;
	for (above = at->level; above < pt->levels; above++) {
		if (s->stop[above].pa == below->pa)
			return PW_ELOOP;
	}
	below->table = pw_tree_table(pt, below->pa);
	if (!below->table)
		return PW_EFAULT;
	below->users = users_of(s, below->pa);
	return hold(&below->users) ? 0 : PW_EAGAIN;
}

/* From the root down to the entry that decides about at->ia. */
static int down(struct shared *s, struct pw_place *at)
{
	const struct pw_table *pt = s->op->pt;
	uint64_t index;
	int err;

	s->level = at->level = (unsigned int)pt->levels - 1u;
	at->shift = pw_shift(s->f, at->level);
	index = pt->root_skip + (at->ia >> at->shift);
	for (;;) {
		struct stop *below = &s->stop[at->level] - 1;

		at->slot = s->stop[at->level].table + index;
		look(s, at);
		if (!wants_table(s, at))
			return 0;
		err = at->kind == PW_KIND_TABLE ? enter(s, at, below) : install(s, at, below);
		if (err)
			return err;
		below->link = at->slot;
		s->level = --at->level;
		at->shift -= (unsigned int)pt->index_lg2;
		index = pw_index(s->f, at->ia, at->shift);
	}
}

/* Along one table, to its end or the range's, or to where a table is. */
static int along(struct shared *s, struct pw_place *at)
{
	struct pw_op *op = s->op;
	bool map = op->pass == PW_PASS_MAP, root = at->level + 1u == op->pt->levels;
	int err;

	for (;;) {
		err = map ? map_entry(s, at) : edit_entry(s, at);
		if (err)
			return err;
		at->ia = (at->ia | pw_in_entry(at)) + 1u;
		at->slot++;
		if (at->ia > op->last || (!root && !pw_index(s->f, at->ia, at->shift)))
			return 0;
		look(s, at);
		if (wants_table(s, at))
			return 0;
	}
}

/*
 * Nobody is in the table of @level any more, nor can be; @ia is below it. Entries of exclusive mode
 * keep it.
 */
static void unlink_table(struct shared *s, uint64_t ia, unsigned int level)
{
	struct stop *dead = &s->stop[level];
	struct pw_op *op = s->op;
	struct pw_place parent = { .ia = ia,
				   .level = level + 1u,
				   .shift = pw_shift(s->f, level + 1u) };
	uint64_t i, nr = 1ull << op->pt->index_lg2, link = pw_env_read(op->env, dead->link);

	for (i = 0; i < nr; i++) {
		if (pw_env_read(op->env, dead->table + i)) {
			__atomic_store_n(dead->users, NOT_COUNTED, __ATOMIC_RELEASE);
			return;
		}
	}
	while (!pw_env_try(op->env, dead->link, &link, 0))
		; /* hardware may set a use bit in it */
	pw_env_sync(op->env, dead->link, 1);
	count_entry(&s->stop[level + 1u], -1);
	op->table_pa[level] = dead->pa;
	pw_unlinked(op, &parent, dead->table);
}

/* Back from @ia to the root. Every other table is left, and unlinked by the last one to do so. */
static void up(struct shared *s, uint64_t ia)
{
	unsigned int top = (unsigned int)s->op->pt->levels - 1u;

	for (; s->level < top; s->level++) {
		uint64_t *users = s->stop[s->level].users;

		if (users && drop(users, s->op->flags & PW_KEEP_TABLES))
			unlink_table(s, ia, s->level);
	}
}

static int refuse(const struct shared *s, const struct pw_place *at, int err)
{
	const struct stop *in = &s->stop[at->level];
	struct pw_result *res = &s->op->res;

	res->where.first.v = s->op->pt->first.v + at->ia;
	res->entry = at->e;
	res->level = at->level;
	if (at->slot)
		res->entry_pa.v = in->pa + (uint64_t)(at->slot - in->table) * sizeof(*at->slot);
	return err;
}

static int shared_run(struct shared *s)
{
	struct pw_op *op = s->op;
	struct stop *root = &s->stop[op->pt->levels - 1u];
	struct pw_place at = { .ia = op->first, .last = op->last };
	unsigned int tries = 0;
	uint64_t from;
	int err;

	*root = (struct stop){ .pa = op->pt->root.v };
	at.level = (unsigned int)op->pt->levels - 1u;
	root->table = pw_tree_table(op->pt, root->pa);
	if (!root->table)
		return refuse(s, &at, PW_EFAULT);
	do {
		from = at.ia;
		err = down(s, &at);
		if (!err)
			err = along(s, &at);
		else if (err == PW_EAGAIN && ++tries < MAX_TRIES)
			err = 0; /* a table came or went: look again */
		up(s, from);
		if (at.ia != from)
			tries = 0;
	} while (!err && at.ia <= op->last);
	return err ? refuse(s, &at, err) : 0;
}

/*
 * What the gather owes from before may be about addresses that become valid now: that is paid
 * first, for here nobody asks which they are (A64-BBM-9).
 */
static int shared_op(struct pw_table *pt, union pw_list list, uint32_t flags,
		     struct pw_gather *gather, struct pw_result *res, enum pw_pass pass,
		     union pw_wanted wanted)
{
	struct pw_op op = {
		.pt = pt, .env = pt->env, .list = list, .nr = 1, .flags = flags, .last = UINT64_MAX
	};
	const struct pw_env *env = pt->env;
	struct pw_flush slots[OWN_RANGES];
	struct pw_gather own;
	struct shared s;
	int err = PW_EOPNOTSUPP;

	op.pass = (uint8_t)pass;
	if (pt->reshaper)
		err = flags & PW_CONTIGUOUS ? PW_EINVAL : pw_op_arguments(&op, pass, wanted);
	if (!err)
		err = pw_op_aim(&op, 0);
	if (!err) {
		s.op = &op;
		s.f = pt->reshaper->f;
		s.counts = (pt->flags & PW_TABLE_LIVE) && env->size >= sizeof(*env) &&
			   env->table_users && pt->exec->free_after_grace;
		if (pw_op_gather(&op, gather, &own, slots, OWN_RANGES))
			pw_env_bug(env, PW_BUG_COMMIT);
		if (op.gather && op.valid && op.gather->owed.before)
			(void)pw_gather_flush(op.gather);
		err = shared_run(&s);
		pw_op_note(&op);
		if (op.gather)
			(void)pw_gather_settle(op.gather, env);
		op.gather = NULL;
	}
	if (res)
		*res = op.res;
	return err;
}

int pw_map_shared(struct pw_table *pt, struct pw_range range, struct pw_pa pa,
		  const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
		  struct pw_result *res)
{
	struct pw_mapping map = { range, pa };

	return shared_op(pt, (union pw_list){ .maps = &map }, flags, gather, res, PW_PASS_MAP,
			 (union pw_wanted){ .attr = attr });
}

int pw_unmap_shared(struct pw_table *pt, struct pw_range range, uint32_t flags,
		    struct pw_gather *gather, struct pw_result *res)
{
	return shared_op(pt, (union pw_list){ .ranges = &range }, flags, gather, res, PW_PASS_UNMAP,
			 (union pw_wanted){ .attr = NULL });
}

int pw_protect_shared(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
		      uint32_t flags, struct pw_gather *gather, struct pw_result *res)
{
	return shared_op(pt, (union pw_list){ .ranges = &range }, flags, gather, res,
			 PW_PASS_PROTECT, (union pw_wanted){ .change = change });
}
