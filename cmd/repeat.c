/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Tables that are reached again and again.
 *
 * A kernel with KASAN maps most of its shadow, terabytes of it, with one zero page, one table of
 * it, one table of that table, and so on:
 *
 *        root   [ . P P P P . ]        what is below P is the same each time, and below D, and
 *                   |                  below T: three tables and a page look like 2^27 pages
 *          P    [ D D D D D D ]
 *                 |
 *          D    [ T T T T T T ]
 *                 |
 *          T    [ z z z z z z ]
 *
 * Whoever goes through it page by page does not come back. So look at the tables first, each of
 * them once: an entry that was met before, at the same level and with the same above it, leads to
 * what was seen there. Where that makes a difference the spans of such entries are handed on as
 * what they are, repetitions; elsewhere (a few tables are shared on every machine) nothing changes.
 */
#include <stdlib.h>

#include "cmd.h"

/* Tables that are looked at before we give up: of 4 TiB in pages of 4K. */
#define MAX_TABLES (1u << 21)

/* A table, by the entry that led to it. */
struct met {
	uint64_t entry;
	uint64_t first;	 /* address of the first time */
	uint64_t tables; /* at it and below, those that are met again each time */
	uint32_t inherited;
	uint32_t level; /* of the entry */
};

struct scan {
	const struct half *h;
	struct met *met; /* by hash; those with no tables are free */
	size_t room;	 /* a power of two */
	size_t nr;
	size_t entered;
	size_t list_room;
	struct repeats *found;
	struct met open[PW_MAX_LEVELS + 1]; /* on the way down, by level of the entry */
};

static struct met *met_slot(const struct scan *s, const struct met *m)
{
	uint64_t key = (m->entry ^ (uint64_t)m->level << 56 ^ (uint64_t)m->inherited << 48) *
		       0x9e3779b97f4a7c15ull;
	size_t i = key >> 32 & (s->room - 1);

	while (s->met[i].tables && (s->met[i].entry != m->entry || s->met[i].level != m->level ||
				    s->met[i].inherited != m->inherited))
		i = (i + 1) & (s->room - 1);
	return &s->met[i];
}

/* Room for one more; false without memory. */
static bool met_room(struct scan *s)
{
	struct scan old = *s;
	size_t i;

	if (s->nr * 2 < s->room)
		return true;
	s->room = s->room ? s->room * 2 : 1024;
	s->met = calloc(s->room, sizeof(*s->met));
	for (i = 0; s->met && i < old.room; i++) {
		if (old.met[i].tables)
			*met_slot(s, &old.met[i]) = old.met[i];
	}
	free(old.met);
	return s->met;
}

/* @run leads to what was met at @m: one more time, or the first of a row of them. */
static bool again(struct scan *s, const struct pw_run *run, const struct met *m)
{
	struct repeats *f = s->found;
	struct repeat *r = f->list && f->nr ? &f->list[f->nr - 1] : NULL;
	uint64_t in_entry = run->last.v - run->first.v;

	if (r && r->of.first.v == m->first && r->level == run->level &&
	    r->span.last.v + 1 == run->first.v) {
		r->span.last = run->last;
		r->times++;
		return true;
	}
	if (!f->list || f->nr == s->list_room) {
		s->list_room = s->list_room ? s->list_room * 2 : 64;
		r = realloc(f->list, s->list_room * sizeof(*r));
		if (!r)
			return false;
		f->list = r;
	}
	f->list[f->nr++] = (struct repeat){
		.span = { run->first, run->last },
		.of = pw_range_of(m->first, m->first + in_entry),
		.times = 1,
		.level = run->level,
	};
	return true;
}

/* Down into a table, unless it was met. False: give up. */
static bool enter(struct scan *s, struct pw_iter *it, const struct pw_run *run)
{
	struct met m = { .entry = run->entry,
			 .first = run->first.v,
			 .inherited = run->inherited,
			 .level = run->level };
	const struct met *seen;

	if (run->last.v - run->first.v + 1 != pw_table_leaf_size(&s->h->pt, run->level)) {
		m.level = PW_MAX_LEVELS; /* the range covers a part: as if it were not there */
	} else {
		if (!met_room(s))
			return false;
		seen = met_slot(s, &m);
		if (seen->tables) {
			s->open[run->level + 1].tables += seen->tables;
			pw_iter_skip(it);
			return again(s, run, seen);
		}
	}
	if (s->entered++ == MAX_TABLES)
		return false;
	m.tables = 1;
	s->open[run->level] = m;
	return true;
}

static void leave(struct scan *s, const struct pw_run *run)
{
	const struct met *m = &s->open[run->level];

	s->open[run->level + 1].tables += m->tables;
	if (m->level == PW_MAX_LEVELS || !s->met)
		return;
	*met_slot(s, m) = *m;
	s->nr++;
}

/* Every table once. How many more there are with repetitions? */
static uint64_t scan(struct scan *s, struct pw_range range)
{
	struct met *root = &s->open[s->h->pt.levels];
	struct pw_iter it;
	struct pw_run run;

	if (pw_iter_init(&it, &s->h->pt, range, PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST, 0))
		return 0;
	while (pw_iter_next(&it, &run) > 0) {
		if (run.kind == PW_RUN_TABLE_POST)
			leave(s, &run);
		if (run.kind == PW_RUN_TABLE_PRE && !enter(s, &it, &run))
			return 0;
	}
	return root->tables - s->entered;
}

void repeats_find(const struct half *h, struct pw_range range, struct repeats *found)
{
	struct scan s = { .h = h, .found = found };

	*found = (struct repeats){ 0 };
	/* as many entries as nobody goes through run by run */
	if (scan(&s, range) <= MAX_RUNS >> h->pt.index_lg2)
		repeats_free(found);
	free(s.met);
}

void repeats_free(struct repeats *r)
{
	free(r->list);
	*r = (struct repeats){ 0 };
}

void repeats_visit(const struct repeats *r, struct pw_range range, const struct visitor *v,
		   void *ctx)
{
	uint64_t at = range.first.v;
	size_t i;

	for (i = 0; i < r->nr; i++) {
		struct pw_range span = r->list[i].span;

		if (span.first.v > at && !v->runs(ctx, pw_range_of(at, span.first.v - 1)))
			return;
		if (!v->repeat(ctx, &r->list[i]))
			return;
		at = span.last.v + 1;
		if (span.last.v == range.last.v)
			return;
	}
	(void)v->runs(ctx, pw_range_of(at, range.last.v));
}

bool tally_add(struct tally *t, struct found f)
{
	void *more;

	if (!t->on)
		return true;
	if (!(t->nr & (t->nr - 1))) { /* full: the room is the next power of two */
		more = realloc(t->list, (t->nr ? 2 * t->nr : 1) * sizeof(*t->list));
		if (!more) {
			t->on = false;
			return false;
		}
		t->list = more;
	}
	t->list[t->nr++] = f;
	return true;
}

struct found tally_of(const struct tally *t, struct pw_range range)
{
	struct found sum = { .first = range.first.v };
	size_t low = 0, high = t->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->list[mid].first < range.first.v)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < t->nr && t->list[low].first <= range.last.v; low++) {
		sum.findings += t->list[low].findings;
		sum.ranges += t->list[low].ranges;
	}
	return sum;
}
