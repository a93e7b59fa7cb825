/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The text of the kernel's own page-table dump, from Linux's debugfs.
 *
 * A row is a stretch of entries of one level that the kernel does not tell apart; what it tells
 * apart, and how it prints a row, is the architecture's. The kernel also ends a row at its region
 * markers; a dump does not say where those are, so we do not.
 */
#include "arch.h"

/* The stretch under construction, and where in the tables we are. */
struct note {
	const struct arch_ptdump *k;
	const struct half *h;
	bool open;
	struct ptdump_row row;
	uint64_t effective;
	uint64_t above[PW_MAX_LEVELS + 1]; /* what the tables let through to each level */
};

static void note(struct note *n, const struct pw_run *run)
{
	const struct arch_ptdump *k = n->k;
	uint64_t bits = k->bits(run->entry, run->level), effective = 0;

	if (k->effective && run->entry)
		effective = k->effective(n->above[run->level], run->entry);
	if (n->open && n->row.level == run->level && n->row.bits == bits &&
	    n->effective == effective)
		return;
	n->row.end = run->first.v;
	if (n->open)
		k->print(n->h, &n->row);
	n->open = true;
	n->effective = effective;
	n->row.start = run->first.v;
	n->row.pa = run->pa.v;
	n->row.bits = bits;
	n->row.level = run->level;
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

static int dump_range(const struct options *o, struct note *n, struct pw_range range)
{
	uint32_t want = PW_WANT_ALL & ~(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST);
	int status = EXIT_FINE;
	struct pw_iter it;
	struct pw_run run;
	uint64_t runs = 0;

	if (n->k->effective)
		want |= PW_WANT_TABLE_PRE;
	n->above[n->h->pt.levels - 1] = ~0ull;
	if (pw_iter_init(&it, &n->h->pt, range, want, PW_IGNORE_PA))
		return EXIT_USAGE;
	while (pw_iter_next(&it, &run) > 0) {
		if (runs++ == MAX_RUNS)
			return out_too_many(o, n->h);
		if (run.kind == PW_RUN_BAD) {
			bad(o, &run);
			status = EXIT_FINDINGS;
		}
		if (n->k->effective && run.kind == PW_RUN_TABLE_PRE && run.level)
			n->above[run.level - 1] = n->k->effective(n->above[run.level], run.entry);
		else if (noted(n->k, &run))
			note(n, &run);
	}
	n->row.end = range.last.v + 1;
	return status;
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
	struct note n = { .k = sp->arch->ptdump };
	struct pw_range range;
	int status = EXIT_FINE, s;
	unsigned int i;
	bool any = false;

	for (i = n.k->both_halves ? 0 : 1; i < 2; i++) {
		const struct half *h = &sp->half[i];

		if (h->state == HALF_UNKNOWN || (o->kernel != o->user && (i ? o->user : o->kernel)))
			continue;
		any = true;
		n.h = h;
		if (!space_range(o, h, &range))
			continue;
		skip_bottom(h, n.k, &range);
		s = dump_range(o, &n, range);
		status = s > status ? s : status;
	}
	if (n.open)
		n.k->print(n.h, &n.row);
	if (any)
		return status;
	complain("dump: --format=ptdump: the kernel of %s shows its own half, %s", sp->arch->name,
		 o->user ? "never the user half" : "whose root is not known");
	return o->user ? EXIT_USAGE : EXIT_SOURCE;
}
