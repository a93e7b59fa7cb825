/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The iterator: from the cursor's position to the end of one run.
 *
 * Each step descends from the root (at most levels - 1 loads), so the caller may have changed
 * anything between two steps, the tables above included. Inside a step a run grows through the
 * instance's leaf loop to the end of a table, and from there into the next one.
 *
 * With PRE or POST wanted the cursor remembers how deep it stands (it->open) and where each open
 * table was entered (it->anchor, by the level of its entries). A table is opened once, on the way
 * down, and closed once: when the position leaves its span, or when it has vanished under the
 * cursor.
 *
 *        position ->  |<- span of the innermost open table ->|
 *                     ^ anchor                                ^ beyond: POST, and open one up
 */
#include <pagewalk/iter.h>

#include "instance.h"

#define TABLES ((uint32_t)(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST))

/* How a descent ended. */
enum descent {
	AT_ENTRY, /* at a hole, a leaf, or a bad entry */
	ENTERED,  /* a table was opened, and its PRE is due */
	VANISHED, /* the innermost open table is not there any more */
};

PW_SMALL int pw_iter_init(struct pw_iter *it, const struct pw_table *pt, struct pw_range range,
			  uint32_t want, uint32_t ignore)
{
	int err;

	if (!it || !pt || (want & ~(PW_WANT_ALL | PW_WANT_BAD)) || (ignore & ~PW_IGNORE_ALL))
		return PW_EINVAL;
	err = pw_range_check(pt, range, 1);
	if (err)
		return err;
	it->size = sizeof(*it);
	it->want = want;
	it->ignore = ignore;
	it->pt = pt;
	it->range = range;
	it->pos = range.first.v - pt->first.v;
	it->last = range.last.v - pt->first.v;
	it->open = (uint32_t)pt->levels - 1u;
	return 0;
}

void pw_iter_skip(struct pw_iter *it)
{
	if (it->open + 1u >= it->pt->levels)
		return;
	it->open++;
	it->pos = (it->pos | (pw_leaf_size(it->pt, it->open) - 1u)) + 1u;
}

/* The last offset that an entry of @level, at @ia, spans. */
static uint64_t entry_last(const struct pw_iter *it, uint64_t ia, unsigned int level)
{
	return ia | (pw_leaf_size(it->pt, level) - 1u);
}

/* One entry of @level at @ia, as a run. */
static void run_begin(const struct pw_iter *it, struct pw_run *run, enum pw_run_kind kind,
		      unsigned int level, uint64_t ia)
{
	uint64_t last = entry_last(it, ia, level), base = it->pt->first.v;

	__builtin_memset(run, 0, sizeof(*run));
	run->first.v = base + (last + 1u - pw_leaf_size(it->pt, level));
	run->last.v = base + last;
	run->kind = (uint32_t)kind;
	run->level = level;
	run->nr = 1;
}

static void run_entry(struct pw_run *run, const struct pw_spot *s)
{
	run->pa.v = s->pa;
	run->entry = s->e;
	run->entry_pa.v = s->entry_pa;
	run->inherited = s->acc;
}

/* Clip what reaches beyond the range: holes and the like always, leaves when asked to. */
static int run_end(const struct pw_iter *it, struct pw_run *run)
{
	bool leaf = run->kind == PW_RUN_LEAF || run->kind == PW_RUN_INVALID;
	bool clip = !leaf || (it->want & PW_WANT_PARTIAL);

	if (run->first.v < it->range.first.v) {
		run->partial = leaf;
		if (clip && leaf)
			run->pa.v += it->range.first.v - run->first.v;
		if (clip)
			run->first = it->range.first;
	}
	if (run->last.v > it->range.last.v) {
		run->partial = leaf;
		if (clip)
			run->last = it->range.last;
	}
	return 1;
}

/* The table below an entry of @level: the part that is walked, from where it was entered. */
static void run_table(const struct pw_iter *it, struct pw_run *run, enum pw_run_kind kind,
		      unsigned int level)
{
	run_begin(it, run, kind, level, it->anchor[level - 1u]);
	(void)run_end(it, run);
	run->first.v = it->pt->first.v + it->anchor[level - 1u];
}

/* Which run an entry belongs to, and is that wanted? */
static bool run_wanted(const struct pw_iter *it, enum pw_kind kind, enum pw_run_kind *run_kind)
{
	switch (kind) {
	case PW_KIND_LEAF:
		*run_kind = PW_RUN_LEAF;
		return it->want & PW_WANT_LEAVES;
	case PW_KIND_INVALID:
		*run_kind = PW_RUN_INVALID;
		return it->want & PW_WANT_INVALID;
	case PW_KIND_NONPRESENT:
		*run_kind = PW_RUN_NONPRESENT;
		return it->want & PW_WANT_NONPRESENT;
	case PW_KIND_HOLE:
		*run_kind = PW_RUN_HOLE;
		return it->want & PW_WANT_HOLES;
	default:
		*run_kind = PW_RUN_BAD;
		return true;
	}
}

/* Is the table that the entry points to one that we came through? */
static bool came_through(const struct pw_table *pt, const struct pw_spot *s)
{
	unsigned int level;

	for (level = s->level; level < pt->levels; level++) {
		if (s->path[level] == s->pa)
			return true;
	}
	return false;
}

/*
 * Down to the entry that decides about the position; *@err says what is wrong with a bad one.
 * While a run grows (@growing) no table is opened: with tables wanted, a run ends before one.
 */
static enum descent descend(struct pw_iter *it, struct pw_spot *s, bool growing, int *err)
{
	const struct pw_instance *inst = it->pt->instance;
	bool track = (it->want & TABLES) && !growing;

	*err = inst->root(it->pt, s);
	while (!*err) {
		struct pw_spot above;

		inst->read(it->pt, s, it->pos);
		if (s->kind != PW_KIND_TABLE) {
			if (track && s->level > it->open)
				return VANISHED;
			*err = s->kind == PW_KIND_BAD ? PW_EDOM : 0;
			return AT_ENTRY;
		}
		above = *s;
		*err = came_through(it->pt, s) ? PW_ELOOP : inst->down(it->pt, s);
		if (!*err && track && above.level == it->open) {
			it->open--;
			it->anchor[it->open] = it->pos;
			if (it->want & PW_WANT_TABLE_PRE) {
				*s = above;
				return ENTERED;
			}
		}
	}
	s->kind = PW_KIND_BAD;
	return AT_ENTRY;
}

/* Is the innermost open table behind us? */
static bool left_behind(const struct pw_iter *it)
{
	return it->open + 1u < it->pt->levels &&
	       (it->pos > it->last ||
		it->pos > entry_last(it, it->anchor[it->open], it->open + 1u));
}

/* A new run begins at @s, or something that nobody asked for: what goes on like it? */
static bool growth_begin(struct pw_iter *it, const struct pw_spot *s, int err, struct pw_run *run,
			 struct pw_growth *g)
{
	const struct pw_instance *inst = it->pt->instance;
	bool leaf = s->kind == PW_KIND_LEAF || s->kind == PW_KIND_INVALID;
	enum pw_run_kind kind;

	g->expect = s->e;
	if (!run_wanted(it, s->kind, &kind)) {
		g->leaf = false;
		g->mask = leaf ? inst->kind_mask(s->level) : ~0ull;
		return false;
	}
	run_begin(it, run, kind, s->level, it->pos);
	run_entry(run, s);
	run->nr = 0;
	run->err = err;
	g->leaf = leaf;
	g->mask = ~0ull;
	if (leaf) {
		g->mask = inst->compare_mask(it->ignore, s->e, s->level);
		run->perm = inst->perm(it->pt, s->e, s->level, s->acc);
	}
	return true;
}

/* Does the entry at @s continue the run? */
static bool continues(const struct pw_run *run, const struct pw_spot *s, const struct pw_growth *g)
{
	return s->level == run->level && s->acc == run->inherited && s->kind != PW_KIND_BAD &&
	       s->kind != PW_KIND_TABLE && !((s->e ^ g->expect) & g->mask);
}

/* Go on through one table. True when the run, if there is one, ends here. */
static bool grow(struct pw_iter *it, const struct pw_spot *s, struct pw_growth *g, uint64_t *nr)
{
	const struct pw_table *pt = it->pt;
	uint64_t size = pw_leaf_size(pt, s->level), end = it->last, n = 1;

	if (s->level + 1u < pt->levels && entry_last(it, it->pos, s->level + 1u) < end)
		end = entry_last(it, it->pos, s->level + 1u);
	/* a bad entry is a run of its own, and one that changed since it was read stays as read */
	if (s->kind != PW_KIND_BAD)
		n = pt->instance->grow(pt->env, s->table + (s->entry_pa - s->path[s->level]) / 8u,
				       (end & ~(size - 1u)) / size - it->pos / size + 1u, g,
				       s->level);
	n = n ? n : 1;
	*nr += n;
	it->pos = (it->pos & ~(size - 1u)) + n * size;
	return it->pos <= end || s->kind == PW_KIND_BAD || (it->want & TABLES);
}

PW_SMALL int pw_iter_next(struct pw_iter *it, struct pw_run *run)
{
	struct pw_growth g = { 0, 0, false };
	enum descent d = AT_ENTRY;
	uint64_t skipped = 0;
	bool have = false;
	struct pw_spot s;
	int err;

	for (;;) {
		if (d == VANISHED || ((it->want & TABLES) && !have && left_behind(it))) {
			d = AT_ENTRY;
			it->open++;
			if (!(it->want & PW_WANT_TABLE_POST))
				continue;
			run_table(it, run, PW_RUN_TABLE_POST, it->open);
			return 1;
		}
		if (it->pos > it->last)
			break;
		d = descend(it, &s, have, &err);
		if (d == VANISHED)
			continue;
		if (d == ENTERED) {
			run_table(it, run, PW_RUN_TABLE_PRE, s.level);
			run_entry(run, &s);
			return 1;
		}
		if (have && !continues(run, &s, &g))
			break;
		if (!have)
			have = growth_begin(it, &s, err, run, &g);
		if (grow(it, &s, &g, have ? &run->nr : &skipped) && have)
			break;
	}
	if (!have)
		return 0;
	run->last.v = it->pt->first.v + it->pos - 1u;
	return run_end(it, run);
}
