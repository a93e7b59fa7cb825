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
	ENTERED,  /* a table was opened, and its PRE is due: it->open is its entries' level */
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

/* What the entry of @level held, on the way to @s. */
static void run_entry(const struct pw_iter *it, struct pw_run *run, const struct pw_spot *s,
		      unsigned int level, uint64_t pa)
{
	run->pa.v = pa;
	run->entry = s->step[level].entry;
	run->entry_pa.v = pw_spot_entry_pa(it->pt, s, it->pos, level);
	run->inherited = s->step[level].acc;
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

/* The innermost open table: the part that is walked, from where it was entered. */
static void run_table(const struct pw_iter *it, struct pw_run *run, enum pw_run_kind kind)
{
	run_begin(it, run, kind, it->open + 1u, it->anchor[it->open]);
	(void)run_end(it, run);
	run->first.v = it->pt->first.v + it->anchor[it->open];
}

/* Kinds of runs are kinds of entries (a closed table apart). Which of them are wanted? */
static bool run_wanted(const struct pw_iter *it, enum pw_kind kind)
{
	static const uint8_t want[] = {
		[PW_KIND_HOLE] = PW_WANT_HOLES,
		[PW_KIND_LEAF] = PW_WANT_LEAVES,
		[PW_KIND_TABLE] = 0,
		[PW_KIND_INVALID] = PW_WANT_INVALID,
		[PW_KIND_NONPRESENT] = PW_WANT_NONPRESENT,
		[PW_KIND_BAD] = PW_WANT_BAD,
	};

	_Static_assert((unsigned int)PW_KIND_LEAF == (unsigned int)PW_RUN_LEAF &&
			       (unsigned int)PW_KIND_TABLE == (unsigned int)PW_RUN_TABLE_PRE &&
			       (unsigned int)PW_KIND_INVALID == (unsigned int)PW_RUN_INVALID &&
			       (unsigned int)PW_KIND_NONPRESENT ==
				       (unsigned int)PW_RUN_NONPRESENT &&
			       (unsigned int)PW_KIND_BAD == (unsigned int)PW_RUN_BAD,
		       "a run's kind is that of its entries");
	return (it->want | PW_WANT_BAD) & want[kind];
}

/* A table that contains itself ends the walk: up to the entry that leads back. */
static bool leave_loop(const struct pw_table *pt, struct pw_spot *s)
{
	unsigned int level;

	for (level = (unsigned int)pt->levels - 1u; level > s->level; level--) {
		uint64_t pa = s->step[level - 1u].table_pa;
		unsigned int above = level;

		while (above < pt->levels && s->step[above].table_pa != pa)
			above++;
		if (above < pt->levels) {
			s->pa = s->step[level - 1u].table_pa;
			s->level = level;
			s->kind = PW_KIND_BAD;
			return true;
		}
	}
	return false;
}

/*
 * Down to the entry that decides about the position; *@err says what is wrong with a bad one.
 * With tables wanted, a run never grows out of its own.
 */
static enum descent descend(struct pw_iter *it, struct pw_spot *s, int *err)
{
	bool track = it->want & TABLES;
	/* one table at a time, where they are events */
	unsigned int stop = track && it->open ? it->open - 1u : 0;

	*err = it->pt->instance->walk(it->pt, s, it->pos, stop);
	if (leave_loop(it->pt, s))
		*err = PW_ELOOP;
	else if (!*err && s->kind == PW_KIND_BAD)
		*err = PW_EDOM;
	if (!track || s->level == it->open)
		return AT_ENTRY;
	if (s->level > it->open)
		return VANISHED;
	it->open--;
	it->anchor[it->open] = it->pos;
	return ENTERED;
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
	unsigned int level = s->level;

	g->expect = s->flat;
	g->leaf = false;
	g->mask = ~0ull;
	if (!run_wanted(it, s->kind)) {
		if (leaf)
			g->mask = inst->compare_mask(it->pt, PW_IGNORE_ALL, g->expect, level);
		return false;
	}
	run_begin(it, run, (enum pw_run_kind)s->kind, level, it->pos);
	run_entry(it, run, s, level, s->pa);
	run->nr = 0;
	run->err = err;
	if (leaf) {
		g->leaf = !(it->ignore & PW_IGNORE_PA);
		g->mask = inst->compare_mask(it->pt, it->ignore, g->expect, level);
		run->perm = inst->perm(it->pt, run->entry, level, s->step[level].acc);
	}
	return true;
}

/* Leaves from the run's end to the last output address: behind it, the first is no neighbour. */
static uint64_t room(const struct pw_iter *it, const struct pw_run *run)
{
	return (it->pt->pa_max - run->pa.v) / pw_leaf_size(it->pt, run->level) + 1u - run->nr;
}

/* Does the entry at @s continue the run? */
static bool continues(const struct pw_iter *it, const struct pw_run *run, const struct pw_spot *s,
		      const struct pw_growth *g)
{
	return s->level == run->level && s->step[s->level].acc == run->inherited &&
	       (uint32_t)s->kind == run->kind && !((s->flat ^ g->expect) & g->mask) &&
	       (!g->leaf || room(it, run));
}

/* Go on through one table. True when the run, if there is one, ends here. */
static bool grow(struct pw_iter *it, const struct pw_spot *s, struct pw_growth *g,
		 struct pw_run *run)
{
	const struct pw_table *pt = it->pt;
	uint64_t size = pw_leaf_size(pt, s->level), end = it->last, n = 1, nr;

	if (s->level + 1u < pt->levels && entry_last(it, it->pos, s->level + 1u) < end)
		end = entry_last(it, it->pos, s->level + 1u);
	nr = end / size - it->pos / size + 1u;
	if (g->leaf && room(it, run) < nr)
		nr = room(it, run);
	/* a bad entry is a run of its own, and one that changed since it was read stays as read */
	g->index = pw_spot_index(pt, it->pos, s->level);
	if (s->kind != PW_KIND_BAD)
		n = pt->instance->grow(pt->env, s->table + g->index, nr, g, s->level);
	n = n ? n : 1;
	run->nr += n;
	it->pos = (it->pos & ~(size - 1u)) + n * size;
	return it->pos <= end || s->kind == PW_KIND_BAD || (it->want & TABLES);
}

PW_SMALL int pw_iter_next(struct pw_iter *it, struct pw_run *run)
{
	struct pw_growth g = { 0, 0, 0, false };
	enum descent d = AT_ENTRY;
	bool have = false;
	struct pw_spot s;
	int err;

	run->nr = 0;
	for (;;) {
		if (d == VANISHED || ((it->want & TABLES) && left_behind(it))) {
			run_table(it, run, PW_RUN_TABLE_POST);
			it->open++;
			d = AT_ENTRY;
			if (it->want & PW_WANT_TABLE_POST)
				return 1;
			continue;
		}
		if (it->pos > it->last)
			break;
		d = descend(it, &s, &err);
		if (d == ENTERED && (it->want & PW_WANT_TABLE_PRE)) {
			run_table(it, run, PW_RUN_TABLE_PRE);
			run_entry(it, run, &s, it->open + 1u, s.step[it->open].table_pa);
			return 1;
		}
		if (d != AT_ENTRY)
			continue;
		if (have && !continues(it, run, &s, &g))
			break;
		if (!have)
			have = growth_begin(it, &s, err, run, &g);
		if (grow(it, &s, &g, run) && have)
			break;
	}
	if (!have)
		return 0;
	run->last.v = it->pt->first.v + it->pos - 1u;
	return run_end(it, run);
}
