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

/* One entry of @level at @ia, as a run; @s: what it held, on the way there, or NULL. */
static void run_begin(const struct pw_iter *it, struct pw_run *run, enum pw_run_kind kind,
		      const struct pw_spot *s, unsigned int level, uint64_t ia)
{
	uint64_t in_entry = pw_leaf_size(it->pt, level) - 1u, va = it->pt->first.v + ia;

	run->first.v = va & ~in_entry;
	run->last.v = va | in_entry;
	run->pa.v = 0;
	run->entry = s ? s->step[level].entry : 0;
	run->entry_pa.v = s ? s->step[level].entry_pa : 0;
	run->nr = 1;
	run->kind = (uint32_t)kind;
	run->level = level;
	run->perm = 0;
	run->inherited = s ? s->step[level].acc : 0;
	run->err = 0;
	run->partial = 0;
}

/* Clip what reaches beyond the range: holes and the like always, leaves when asked to. */
static int run_end(const struct pw_iter *it, struct pw_run *run)
{
	uint64_t before = 0;
	bool beyond = run->last.v > it->range.last.v;

	if (run->first.v < it->range.first.v)
		before = it->range.first.v - run->first.v;
	if (run->kind == PW_RUN_LEAF || run->kind == PW_RUN_INVALID) {
		run->partial = before || beyond;
		if (!(it->want & PW_WANT_PARTIAL))
			return 1;
		run->pa.v += before;
	}
	run->first.v += before;
	if (beyond)
		run->last = it->range.last;
	return 1;
}

/* The innermost open table: the part that is walked, from where it was entered. */
static void run_table(const struct pw_iter *it, struct pw_run *run, enum pw_run_kind kind,
		      const struct pw_spot *s)
{
	run_begin(it, run, kind, s, it->open + 1u, it->anchor[it->open]);
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
	if (!*err && s->kind == PW_KIND_BAD)
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
	bool wanted = run_wanted(it, s->kind);
	uint32_t ignore = wanted ? it->ignore : PW_IGNORE_ALL;
	bool leaf = s->kind == PW_KIND_LEAF || s->kind == PW_KIND_INVALID;

	g->expect = s->flat;
	g->leaf = leaf && !(ignore & PW_IGNORE_PA);
	g->mask = leaf ? inst->compare_mask(it->pt, ignore, s->flat, s->level) : ~0ull;
	g->room = g->leaf ? ((it->pt->pa_max - s->pa) >> s->shift) + 1u : UINT64_MAX;
	if (!wanted)
		return false;
	run_begin(it, run, (enum pw_run_kind)s->kind, s, s->level, it->pos);
	run->pa.v = s->pa;
	run->nr = 0;
	run->err = err;
	if (leaf)
		run->perm = inst->perm(it->pt, run->entry, s->level, run->inherited);
	return true;
}

/* Does the entry at @s continue the run? */
static bool continues(const struct pw_run *run, const struct pw_spot *s, const struct pw_growth *g)
{
	return s->level == run->level && s->step[s->level].acc == run->inherited &&
	       (uint32_t)s->kind == run->kind && !((s->flat ^ g->expect) & g->mask) && g->room;
}

/* Go on through one table. True when the run, if there is one, ends here. */
static bool grow(struct pw_iter *it, const struct pw_spot *s, struct pw_growth *g,
		 struct pw_run *run)
{
	const struct pw_table *pt = it->pt;
	uint64_t here = it->pos >> s->shift, end = it->last, n = 1, nr;

	/* to the end of the table */
	if (s->level + 1u < pt->levels && entry_last(it, it->pos, s->level + 1u) < end)
		end = entry_last(it, it->pos, s->level + 1u);
	nr = (end >> s->shift) - here + 1u;
	if (nr > g->room)
		nr = g->room;
	/* a bad entry is a run of its own, and one that changed since it was read stays as read */
	g->index = s->index;
	if (s->kind != PW_KIND_BAD)
		n = pt->instance->grow(pt->env, s->slot, nr, g, s->level);
	n = n ? n : 1;
	g->room -= n;
	run->nr += n;
	it->pos = (here + n) << s->shift;
	return it->pos <= end || s->kind == PW_KIND_BAD || (it->want & TABLES);
}

PW_SMALL int pw_iter_next(struct pw_iter *it, struct pw_run *run)
{
	struct pw_growth g = { 0 };
	enum descent d = AT_ENTRY;
	bool have = false;
	struct pw_spot s;
	int err;

	run->nr = 0;
	for (;;) {
		if (d == VANISHED || ((it->want & TABLES) && left_behind(it))) {
			run_table(it, run, PW_RUN_TABLE_POST, NULL);
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
			run_table(it, run, PW_RUN_TABLE_PRE, &s);
			run->pa.v = s.step[it->open].table_pa;
			return 1;
		}
		if (d != AT_ENTRY)
			continue;
		if (have && !continues(run, &s, &g))
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
