/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Break, make: how a live entry becomes another one.
 *
 * A CPU that holds the old entry while it may already read the new one can mix the two up, where
 * they differ in more than rights. What may be stored over what is the format's to say
 * (pw_fmt.how); there are three ways:
 *
 *     in place    store                                  the invalidation follows, before rights
 *                                                        change
 *     by nT       store with nT, invalidate, store       arm64 FEAT_BBM 1: a block with nT is not
 *                                                        cached in a way that could conflict; and
 *                                                        a CPU may fault on it, so the environment
 *                                                        is asked as below, and what ends nT is
 *                                                        published as if it had been invalid
 *     broken      invalid, invalidate, make              nobody may use the range meanwhile: the
 *                                                        check has asked the environment
 *
 * Hardware may write too (accessed, dirty): what it wrote is taken out by an exchange, which
 * nothing it does later can undo, and put into what is made. A contiguous group has one use for all
 * of its entries: hardware writes it to any of them.
 */
#include "gather.h"
#include "instance.h"
#include "reshape.h"

PW_SMALL uint64_t *pw_tree_table(const struct pw_table *pt, uint64_t pa)
{
	uint32_t len = (uint32_t)(8ull << pt->index_lg2);

	return pt->instance->hooked ? pw_env_table(pt->env, pa, len) :
				      pw_env_direct_table(pt->env, pa, len);
}

/* The span as the environment knows it. */
static struct pw_range range_of(const struct pw_table *pt, uint64_t first, uint64_t last)
{
	return pw_range_of(pt->first.v + first, pt->first.v + last);
}

/* What is stale may be global: the tag does not say whose it is (struct pw_op.stale_flags). */
static uint8_t global_of(const struct pw_table *pt, uint64_t leaf)
{
	return pw_is_global(pt->instance->geo, leaf) ? PW_FLUSH_ANY_ASID : 0;
}

static uint64_t span_last(const struct pw_span *s)
{
	return s->ia + (s->nr << s->shift) - 1u;
}

PW_SMALL enum pw_how pw_span_how(const struct pw_table *pt, uint64_t leaf, bool hint, bool to_table,
				 unsigned int level)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t old = leaf | (hint ? f->contig_mask(level) : 0);
	enum pw_how how = f->how(pt, old, leaf, level), size;

	if (!to_table)
		return how;
	/* what a table's entry looks like does not depend on where the table is */
	size = f->how(pt, old, f->make_table(pt, 0, level), level);
	return size > how ? size : how;
}

/* A leaf of a group, as its slot holds it. */
static uint64_t grouped(const struct pw_fmt *f, uint64_t leaf, unsigned int level)
{
	leaf |= f->contig_mask(level);
	return f->group ? f->group(leaf, level) : leaf;
}

PW_SMALL enum pw_how pw_group_how(const struct pw_table *pt, uint64_t leaf, unsigned int level)
{
	const struct pw_fmt *f = pt->reshaper->f;

	return f->how(pt, leaf, grouped(f, leaf, level), level);
}

PW_SMALL int pw_may_break(struct pw_op *op, const struct pw_place *at)
{
	const struct pw_env *env = op->env;

	if (!op->pt->reshaper || !env->may_fault ||
	    !env->may_fault(env->ctx, range_of(op->pt, at->ia, at->last)))
		return PW_EBUSY;
	return 0;
}

/*
 * Break the leaves from @at on that match, by the bits of the format's broken_mask: the rest of
 * each entry stays where it is, so that nothing has to be remembered until they are made. A group
 * is broken as a whole, in whatever its entries differ: hardware may hold it as one (A64-CONT-3).
 * Returns how many there are.
 */
static uint64_t break_run(struct pw_op *op, const struct pw_place *at, uint64_t mask,
			  uint64_t pattern)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t broken = f->broken_mask(at->level), index = at->ia >> at->shift, n;
	uint64_t in_group = (1ull << pw_hinted_lg2(op->pt, at->level, at->shift)) - 1u;
	const struct pw_env *env = op->env;
	bool group = false; /* is the entry before @n one of a group? */

	for (n = 0; n < at->left; n++) {
		uint64_t *slot = at->slot + n, e = pw_env_read(env, slot);

		if ((e & mask) != pattern && !(group && (index + n) & in_group))
			break;
		group = e & f->contig_mask(at->level);
		while (!pw_env_try(env, slot, &e, e & ~broken))
			;
	}
	pw_env_sync(env, at->slot, n);
	return n;
}

/* What hardware cannot write to any more is made by plain stores. */
PW_SMALL uint64_t pw_break(struct pw_op *op, struct pw_place *at, uint64_t mask, uint64_t pattern)
{
	uint64_t broken = op->pt->reshaper->f->broken_mask(at->level), i;
	uint64_t n = break_run(op, at, mask, pattern);

	op->stale_flags |= global_of(op->pt, at->e);
	pw_note_stale(op, at, n);
	pw_op_pay(op);
	for (i = 0; i < n; i++) {
		uint64_t e = pw_env_read(op->env, at->slot + i) | broken;

		pw_env_write(op->env, at->slot + i,
			     (e & ~op->clear[at->level]) | op->set[at->level]);
	}
	at->e &= ~broken; /* nothing of it is stale any more */
	return n;
}

/* Add @use to the entry. Hardware may write to it meanwhile, and that stays, too (A64-AD-1). */
static void merge_use(const struct pw_op *op, uint64_t *slot, uint64_t use, unsigned int level)
{
	const struct pw_env *env = op->env;
	uint64_t old = pw_env_read(env, slot), now;

	do {
		now = op->pt->reshaper->f->merge(op->pt, old, use, level);
	} while (now != old && !pw_env_try(env, slot, &old, now));
}

/* The use of @e to every leaf of the tables below a head: they were made before it was known. */
static void heads_merge(struct pw_op *op, const struct pw_span *s, uint64_t e)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t nr = 1ull << pt->index_lg2, i;
	unsigned int h, level;

	for (h = 0; h < s->nr_heads; h++) {
		uint64_t *path[PW_MAX_LEVELS], at[PW_MAX_LEVELS];

		level = s->level - 1u;
		path[level] = s->head[h].table;
		at[level] = 0;
		while (level < s->level) {
			uint64_t *slot, old;

			i = at[level]++;
			if (i == nr) {
				level++;
				continue;
			}
			slot = path[level] + i;
			old = pw_env_read(op->env, slot);
			if (f->kind(pt, old, level) == PW_KIND_TABLE) {
				path[level - 1u] = pw_tree_table(pt, f->table_pa(pt, old, level));
				level--;
				at[level] = 0;
			} else {
				/* use has the same bits at every level, child() does not move it */
				merge_use(op, slot, e, level);
			}
		}
		pw_env_sync(op->env, s->head[h].table, nr);
	}
}

/* The table that slot @i becomes, or NULL. */
static const struct pw_head *head_of(const struct pw_span *s, uint64_t i)
{
	unsigned int h;

	for (h = 0; h < s->nr_heads; h++) {
		if (s->head[h].index == i)
			return &s->head[h];
	}
	return NULL;
}

PW_SMALL uint64_t pw_span_leaf(const struct pw_table *pt, const struct pw_span *s, uint64_t i,
			       uint64_t e, uint64_t use)
{
	const struct pw_fmt *f = pt->reshaper->f;

	if (f->flat)
		e = f->flat(e, s->index + i, s->level);
	return f->merge(pt, e & ~f->contig_mask(s->level), use, s->level);
}

/*
 * What slot @i is to hold where it held @e: what is its own (software bits, and what nobody knows)
 * stays; the use is that of all.
 */
static uint64_t span_entry(const struct pw_table *pt, const struct pw_span *s, uint64_t i,
			   uint64_t e, uint64_t use)
{
	const struct pw_fmt *f = pt->reshaper->f;
	const struct pw_head *head = head_of(s, i);

	if (head)
		return head->entry;
	e = pw_span_leaf(pt, s, i, e, use);
	return s->group ? grouped(f, e, s->level) : e;
}

/*
 * @leaf stands where something was broken, for [first, last]: to be published, and fenced where
 * entries that are not valid may be cached (RISC-V).
 */
static void made(struct pw_op *op, uint64_t first, uint64_t last, uint64_t leaf, unsigned int level)
{
	const struct pw_fmt *f = op->pt->reshaper->f;

	if (f->publish(op->pt, leaf, level))
		op->publish = true;
	if (!f->stale(op->pt, 0, leaf, level))
		return;
	op->stale_flags |= global_of(op->pt, leaf);
	pw_op_stale(op, first, last, level);
}

/* Make: every slot gets what it is to hold, tables complete before they can be found. @broken: what
   it was broken by. */
static void span_make(struct pw_op *op, const struct pw_span *s, uint64_t use, uint64_t broken)
{
	uint64_t i;

	for (i = 0; i < s->nr; i++) {
		uint64_t e = pw_env_read(op->env, s->slot + i) | broken;

		pw_env_link(op->env, s->slot + i, span_entry(op->pt, s, i, e, use));
	}
	pw_env_sync(op->env, s->slot, s->nr);
	if (s->live)
		made(op, s->ia, span_last(s), use, s->level);
}

/*
 * Broken: all slots invalid, invalidated, and what hardware wrote into them. Where a leaf cannot be
 * broken by some bits of it there are no groups, and the one slot becomes a table.
 */
static uint64_t span_break(struct pw_op *op, const struct pw_span *s, uint64_t broken)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t i, keep = broken ? ~broken : 0, use = s->leaf;

	for (i = 0; i < s->nr; i++) {
		uint64_t old = pw_env_read(op->env, s->slot + i);

		while (!pw_env_try(op->env, s->slot + i, &old, old & keep))
			;
		use = f->merge(op->pt, use, old, s->level);
	}
	pw_env_sync(op->env, s->slot, s->nr);
	pw_op_stale(op, s->ia, span_last(s), s->level);
	pw_op_pay(op);
	return use;
}

/*
 * In place, slot by slot. Hardware may have written since the leaf was read: what an exchange
 * brings out is merged into everything, and seen by the invalidation that follows at the latest.
 */
static uint64_t span_in_place(struct pw_op *op, const struct pw_span *s, uint64_t nt)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t i, use = s->leaf;

	for (i = 0; i < s->nr; i++) {
		uint64_t old = pw_env_read(op->env, s->slot + i), now;

		do {
			now = nt && head_of(s, i) ? pw_span_leaf(op->pt, s, i, old, use) | nt :
						    span_entry(op->pt, s, i, old, use);
		} while (!pw_env_try(op->env, s->slot + i, &old, now));
		use = f->merge(op->pt, use, old, s->level);
	}
	pw_env_sync(op->env, s->slot, s->nr);
	pw_op_stale(op, s->ia, span_last(s), s->level);
	return use;
}

/* The tables over the blocks that have nT by now. */
static uint64_t span_heads(struct pw_op *op, const struct pw_span *s, uint64_t use)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	unsigned int h;

	for (h = 0; h < s->nr_heads; h++) {
		uint64_t *slot = s->slot + s->head[h].index, old = pw_env_read(op->env, slot);

		while (!pw_env_try(op->env, slot, &old, s->head[h].entry))
			;
		use = f->merge(op->pt, use, old, s->level);
	}
	pw_env_sync(op->env, s->slot, s->nr);
	pw_op_stale(op, s->ia, span_last(s), s->level);
	return use;
}

/*
 * A CPU that still holds a group writes the use of any of its pages to any of its entries, and each
 * of those stands for itself by now. So where there was a hint, what they hold after the
 * invalidation counts for all of them.
 */
static void span_settle(struct pw_op *op, const struct pw_span *s, uint64_t merged)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t i;

	for (i = 0; s->hint && i < s->nr; i++) {
		uint64_t e = pw_env_read(op->env, s->slot + i);

		if (f->kind(op->pt, e, s->level) != PW_KIND_TABLE)
			merged = f->merge(op->pt, merged, e, s->level);
	}
	if (merged == s->leaf)
		return;
	heads_merge(op, s, merged);
	for (i = 0; i < s->nr; i++) {
		uint64_t *slot = s->slot + i, e = pw_env_read(op->env, slot);

		if (f->kind(op->pt, e, s->level) != PW_KIND_TABLE)
			merge_use(op, slot, merged, s->level);
	}
}

/* Tables over what was not valid, which may be cached all the same (RISC-V): see map.h. */
static void heads_linked(struct pw_op *op, const struct pw_span *s)
{
	if (s->nr_heads && (op->pt->flags & PW_TABLE_LIVE) &&
	    op->pt->reshaper->f->stale(op->pt, 0, s->head[0].entry, s->level)) {
		op->stale_flags |= PW_FLUSH_TABLES;
		pw_op_stale(op, s->ia, span_last(s), s->level);
	}
}

PW_SMALL void pw_replace(struct pw_op *op, struct pw_span *s)
{
	const struct pw_fmt *f = op->pt->reshaper->f;
	uint64_t broken = f->broken_mask(s->level), use;
	enum pw_how how;

	op->stale_flags |= global_of(op->pt, s->leaf);
	if (!s->live) {
		span_make(op, s, s->leaf, 0);
		heads_linked(op, s);
		return;
	}
	how = s->group ? pw_group_how(op->pt, s->leaf, s->level) :
			 pw_span_how(op->pt, s->leaf, s->hint, s->nr_heads, s->level);
	switch (how) {
	case PW_HOW_BREAK:
		use = span_break(op, s, broken);
		if (use != s->leaf)
			heads_merge(op, s, use);
		span_make(op, s, use, broken);
		return;
	case PW_HOW_NT:
		use = span_in_place(op, s, f->nt);
		pw_op_pay(op);
		use = span_heads(op, s, use);
		span_settle(op, s, use);
		if (f->publish(op->pt, use, s->level))
			op->publish = true;
		return;
	case PW_HOW_STORE:
	default:
		use = span_in_place(op, s, 0);
		if (s->hint && (op->pt->caps.flags & (PW_CAP_HAF | PW_CAP_HD)))
			pw_op_pay(op); /* else it can wait for the other end */
		span_settle(op, s, use);
		return;
	}
}

/* The use of all leaves of a table that nothing leads to, to @leaf of the level above. */
static uint64_t joint_use(const struct pw_table *pt, const struct pw_joint *j)
{
	const struct pw_fmt *f = pt->reshaper->f;
	uint64_t i, nr = 1ull << pt->index_lg2, child = j->child;

	for (i = 0; i < nr; i++)
		child = f->merge(pt, child, pw_env_read(pt->env, j->table + i), j->level - 1u);
	return f->parent(child, j->level - 1u);
}

/* The table goes back, after a grace period where the environment has one. */
static void joint_free(struct pw_op *op, const struct pw_joint *j)
{
	op->res.nr_tables++;
	op->res.nr_entries++;
	op->res.changed += pw_leaf_size(op->pt, j->level);
	if (op->gather)
		pw_gather_queue_table(op->gather, op->pt, pw_pa_of(j->table_pa), j->table);
	else
		pw_env_put_table(op->env, j->table_pa, j->table);
}

/*
 * Hardware may walk the old table, and write to its leaves, until the invalidation is complete. So
 * that comes at once, in lazy MMU mode too, and only then is their use known.
 */
PW_SMALL void pw_join(struct pw_op *op, const struct pw_joint *j)
{
	const struct pw_table *pt = op->pt;
	const struct pw_fmt *f = pt->reshaper->f;
	bool live = pt->flags & PW_TABLE_LIVE;
	enum pw_how how = live ? f->how(pt, j->old, j->leaf, j->level) : PW_HOW_STORE;
	uint64_t now = j->leaf, leaf, old;

	if (how == PW_HOW_BREAK)
		now = 0;
	else if (how == PW_HOW_NT)
		now |= f->nt;
	pw_env_link(op->env, j->slot, now);
	pw_env_sync(op->env, j->slot, 1);
	if (live) {
		pw_op_stale(op, j->ia, j->ia + pw_leaf_size(pt, j->level) - 1u, j->level - 1u);
		op->stale_flags |= PW_FLUSH_TABLES | global_of(pt, j->child);
		pw_op_pay(op);
		leaf = joint_use(pt, j);
		old = now;
		/* what hardware has written to the new leaf stays */
		do {
			now = how == PW_HOW_BREAK ? leaf : f->merge(pt, leaf, old, j->level);
		} while (now != old && !pw_env_try(op->env, j->slot, &old, now));
		pw_env_sync(op->env, j->slot, 1);
		if (how != PW_HOW_STORE)
			made(op, j->ia, j->ia + pw_leaf_size(pt, j->level) - 1u, leaf, j->level);
		pw_op_note(op);
	}
	joint_free(op, j);
}
