/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The callback form of the iterator. Tables open and close with the iterator's PRE and POST events,
 * so the pairing is the iterator's; what is added here is the root, and the tables that are still
 * open at an early end.
 */

#include <pagewalk/iter.h>

#include "instance.h"

#define AGAIN_MAX 100u

/* The part of the open table of @level that is walked. */
static struct pw_range table_range(const struct pw_iter *it, unsigned int level)
{
	uint64_t size = pw_leaf_size(it->pt, level + 1u), base = it->pt->first.v;
	uint64_t first = it->anchor[level], last = first | (size - 1u);
	struct pw_range r = pw_range_of(base + first, base + last);

	if (r.last.v > it->range.last.v)
		r.last = it->range.last;
	return r;
}

static void walk_post(struct pw_walk *walk, unsigned int level, struct pw_range range)
{
	if (walk->ops->post_table)
		walk->ops->post_table(walk, level, range);
}

/* Post for every table that is still open, innermost first. */
static void walk_unwind(struct pw_walk *walk, struct pw_iter *it)
{
	while (it->open + 1u < it->pt->levels) {
		walk_post(walk, it->open, table_range(it, it->open));
		it->open++;
	}
}

/* One event of the iterator; enum pw_walk_ctl or an error. */
static int walk_event(struct pw_walk *walk, struct pw_iter *it, const struct pw_run *run)
{
	const struct pw_walk_ops *ops = walk->ops;
	struct pw_range range = { run->first, run->last };
	int r = PW_WALK_NEXT;

	switch (run->kind) {
	case PW_RUN_TABLE_PRE:
		if (ops->pre_table)
			r = ops->pre_table(walk, run->level - 1u, range);
		if (r == PW_WALK_NEXT)
			return r;
		if (r == PW_WALK_SKIP) {
			pw_iter_skip(it);
			return PW_WALK_NEXT;
		}
		it->open++; /* no post for this one */
		return r == PW_WALK_STOP || r < 0 ? r : PW_EINVAL;
	case PW_RUN_TABLE_POST:
		walk_post(walk, run->level - 1u, range);
		return PW_WALK_NEXT;
	default:
		return ops->run ? ops->run(walk, run) : PW_WALK_NEXT;
	}
}

/* AGAIN: close the innermost table, and go back to where the run began. */
static int walk_again(struct pw_walk *walk, struct pw_iter *it, const struct pw_run *run,
		      uint64_t *last, unsigned int *times)
{
	uint64_t pos = run->first.v < it->range.first.v ? it->range.first.v : run->first.v;

	*times = *last == pos ? *times + 1u : 1u;
	*last = pos;
	if (*times > AGAIN_MAX)
		return PW_EAGAIN;
	if (it->open + 1u < it->pt->levels) {
		walk_post(walk, it->open, table_range(it, it->open));
		it->open++;
	}
	it->pos = pos - it->pt->first.v;
	return PW_WALK_NEXT;
}

static int walk_loop(struct pw_walk *walk, struct pw_iter *it)
{
	uint64_t again_at = 0;
	unsigned int again = 0;
	struct pw_run run;

	while (pw_iter_next(it, &run) > 0) {
		int r = walk_event(walk, it, &run);

		if (r == PW_WALK_AGAIN)
			r = walk_again(walk, it, &run, &again_at, &again);
		if (r == PW_WALK_SKIP)
			r = PW_WALK_NEXT;
		if (r != PW_WALK_NEXT)
			return r;
	}
	return 0;
}

int pw_walk_range(const struct pw_table *pt, struct pw_range range, const struct pw_walk_ops *ops,
		  void *priv)
{
	uint32_t tables = PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST;
	struct pw_walk walk = { pt, ops, priv };
	unsigned int top;
	struct pw_iter it;
	int r;

	if (!ops || !pt)
		return PW_EINVAL;
	if (!ops->pre_table && !ops->post_table)
		tables = 0;
	r = pw_iter_init(&it, pt, range,
			 (ops->want & ~(uint32_t)(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST)) | tables,
			 ops->ignore);
	if (r)
		return r;
	top = (unsigned int)pt->levels - 1u;
	if (ops->pre_table) {
		r = ops->pre_table(&walk, top, range);
		if (r != PW_WALK_NEXT)
			return r < 0 ? r : r == PW_WALK_SKIP || r == PW_WALK_STOP ? 0 : PW_EINVAL;
	}
	r = walk_loop(&walk, &it);
	walk_unwind(&walk, &it);
	walk_post(&walk, top, range);
	return r < 0 ? r : r == PW_WALK_STOP || r == PW_WALK_NEXT ? 0 : PW_EINVAL;
}
