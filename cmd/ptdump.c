/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The text of the kernel's own page-table dump, from Linux's debugfs.
 *
 * A row is a stretch of entries of one level that the kernel does not tell apart; what it tells
 * apart, and how it prints a row, is the architecture's. The kernel also ends a row at its region
 * markers; a dump does not say where those are, so we do not.
 *
 * Where tables repeat themselves (repeat.c), the rows that they made the first time are made again.
 * Most often that is none: all of it was one row, and goes on being one.
 */
#include <stdlib.h>

#include "arch.h"

/* A change from one row to the next; kept where tables repeat themselves. */
struct turn {
	struct ptdump_row row; /* but for its end */
	uint64_t effective;
};

/* The stretch under construction, and where in the tables we are. */
struct note {
	const struct arch_ptdump *k;
	const struct half *h;
	bool open;
	struct ptdump_row row;
	uint64_t effective;
	uint64_t above[PW_MAX_LEVELS + 1]; /* what the tables let through to each level */

	const struct options *o;
	int status;
	bool stopped;
	uint64_t runs;
	const struct repeats *repeats;
	struct turn *turns; /* in address order */
	size_t nr_turns;
};

/* False without memory. */
static bool keep(struct note *n)
{
	size_t nr = n->nr_turns;
	void *more;

	if (!n->repeats->nr)
		return true;
	if (!(nr & (nr - 1))) { /* full: the room is the next power of two */
		more = realloc(n->turns, (nr ? 2 * nr : 1) * sizeof(*n->turns));
		if (!more) {
			complain("dump: no memory for the rows of tables that repeat themselves");
			n->status = EXIT_SOURCE;
			return false;
		}
		n->turns = more;
	}
	n->turns[n->nr_turns++] = (struct turn){ n->row, n->effective };
	return true;
}

/* Too many: nothing is said of what follows the row. */
static bool stop(struct note *n)
{
	n->status = out_too_many(n->o, n->h);
	n->stopped = true;
	return false;
}

/* From @turn's start on the tables are as it says; false stops. */
static bool turn_to(struct note *n, const struct turn *turn)
{
	if (n->open && n->row.level == turn->row.level && n->row.bits == turn->row.bits &&
	    n->effective == turn->effective)
		return true;
	n->row.end = turn->row.start;
	if (n->runs++ == MAX_RUNS)
		return stop(n);
	if (n->open)
		n->k->print(n->h, &n->row);
	n->open = true;
	n->effective = turn->effective;
	n->row = turn->row;
	return keep(n);
}

static bool note(struct note *n, const struct pw_run *run)
{
	const struct arch_ptdump *k = n->k;
	struct turn turn = { .row = { .start = run->first.v,
				      .pa = run->pa.v,
				      .bits = k->bits(run->entry, run->level),
				      .level = run->level } };

	if (k->effective && run->entry)
		turn.effective = k->effective(n->above[run->level], run->entry);
	return turn_to(n, &turn);
}

static void bad(const struct options *o, const struct pw_run *run)
{
	if (o->verbose >= 0)
		complain("%s: 0x%016llx: entry 0x%llx at physical address 0x%llx: %s", o->source,
			 (unsigned long long)run->first.v, (unsigned long long)run->entry,
			 (unsigned long long)run->entry_pa.v, pw_strerror(run->err));
}

/*
 * The kernel's walker tells of every entry at level 0, but above that only of leaves and holes:
 * what is neither belongs to the row before it, unless the kernel takes it for a leaf.
 */
static bool noted(const struct arch_ptdump *k, const struct pw_run *run)
{
	if (run->level == 0)
		return true;
	if (run->kind == PW_RUN_NONPRESENT)
		return k->noted(run->entry);
	return run->kind != PW_RUN_BAD;
}

static bool note_part(void *ctx, struct pw_range part)
{
	uint32_t want = PW_WANT_ALL & ~(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST);
	struct note *n = ctx;
	uint64_t runs = 0;
	struct pw_iter it;
	struct pw_run run;

	if (n->k->effective)
		want |= PW_WANT_TABLE_PRE;
	n->above[n->h->pt.levels - 1] = ~0ull;
	if (pw_iter_init(&it, &n->h->pt, part, want, PW_IGNORE_PA)) {
		n->status = EXIT_USAGE;
		return false;
	}
	while (pw_iter_next(&it, &run) > 0) {
		if (runs++ == MAX_RUNS) {
			n->row.end = run.first.v;
			return stop(n);
		}
		if (run.kind == PW_RUN_BAD) {
			bad(n->o, &run);
			n->status = EXIT_FINDINGS;
		}
		if (n->k->effective && run.kind == PW_RUN_TABLE_PRE && run.level)
			n->above[run.level - 1] = n->k->effective(n->above[run.level], run.entry);
		else if (noted(n->k, &run) && !note(n, &run))
			return false;
	}
	return true;
}

/* The last turn at @start or before. There is one: a repetition has something before it. */
static size_t turn_at(const struct note *n, uint64_t start)
{
	size_t low = 0, high = n->nr_turns;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (n->turns[mid].row.start <= start)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static bool note_repeat(void *ctx, const struct repeat *r)
{
	struct note *n = ctx;
	size_t first = turn_at(n, r->of.first.v), last = turn_at(n, r->of.last.v), i;
	uint64_t size = r->of.last.v - r->of.first.v + 1, t;

	for (t = 0; t < r->times; t++) {
		uint64_t start = r->span.first.v + t * size;

		for (i = first; i <= last; i++) {
			struct turn turn = n->turns[i];

			turn.row.start = start;
			if (i > first)
				turn.row.start += n->turns[i].row.start - r->of.first.v;
			if (!turn_to(n, &turn))
				return false;
		}
		if (first == last)
			break; /* and so on */
	}
	return true;
}

static void dump_range(struct note *n, struct pw_range range)
{
	static const struct visitor v = { note_part, note_repeat };
	struct repeats repeats;

	repeats_find(n->h, range, &repeats);
	n->repeats = &repeats;
	n->nr_turns = 0;
	if (repeats.nr && n->open)
		(void)keep(n); /* the row from before goes on */
	repeats_visit(&repeats, range, &v, n);
	repeats_free(&repeats);
	if (!n->stopped)
		n->row.end = range.last.v + 1;
}

/* The kernel does not look at the bottom of its half where that is a hypervisor's. */
static void skip_bottom(const struct half *h, const struct arch_ptdump *k, struct pw_range *range)
{
	uint64_t entry = pw_table_leaf_size(&h->pt, (unsigned int)h->pt.levels - 1u);
	uint64_t first = h->pt.first.v + k->skip_root_entries * entry;

	if (h->cfg.flags & PW_TABLE_UPPER && range->first.v < first && range->last.v > first)
		range->first.v = first;
}

int dump_ptdump(const struct options *o, const struct space *sp)
{
	struct note n = { .k = sp->arch->ptdump, .o = o };
	struct pw_range range;
	unsigned int i;
	bool any = false, in_range = false;

	for (i = n.k->both_halves ? 0 : 1; i < 2 && !n.stopped; i++) {
		const struct half *h = &sp->half[i];

		if (h->state == HALF_UNKNOWN || (o->kernel != o->user && (i ? o->user : o->kernel)))
			continue;
		any = true;
		n.h = h;
		if (!space_range(o, h, &range))
			continue;
		in_range = true;
		skip_bottom(h, n.k, &range);
		dump_range(&n, range);
	}
	free(n.turns);
	if (n.open)
		n.k->print(n.h, &n.row);
	if (in_range)
		return n.status;
	if (any) {
		complain(
			"dump: --range: nothing of it is in the halves that --format=ptdump shows");
		return EXIT_USAGE;
	}
	complain("dump: --format=ptdump: the kernel of %s shows its own half, %s", sp->arch->name,
		 o->user ? "never the user half" : "whose root is not known");
	return o->user ? EXIT_USAGE : EXIT_SOURCE;
}
