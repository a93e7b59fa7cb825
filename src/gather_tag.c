/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * All of one address space, instead of everything: what a gather does with ranges that do not fit,
 * where the executor asks for it (struct pw_executor.give_way).
 *
 *     asid 7: [..] [....] [.]   asid 9: [..]        one more of asid 7, and there is no room
 *     asid 7: [=== all of it ===]   asid 9: [..]
 *
 * It costs other address spaces, and the kernel, nothing: their translations stay. What it does not
 * reach is a global entry; ranges that may hold one are for any ASID (PW_FLUSH_ANY_ASID), and
 * neither give way to a tag nor are covered by one.
 *
 * All of a tag is written down as a range over every address, of pages of a megabyte: more of them
 * than any threshold allows. So whatever comes next comes here first, and is let in, or found
 * covered.
 *
 * An object of its own: who does not name it does not link it.
 */
#include "gather.h"

static bool tagged(const struct pw_flush *f)
{
	return !(f->flags & PW_FLUSH_ANY_ASID);
}

static bool same_tag(const struct pw_flush *a, const struct pw_flush *b)
{
	return a->regime == b->regime && a->asid == b->asid && tagged(a) && tagged(b);
}

/* Pages that are invalidated one by one; all of a tag is one operation. */
static uint64_t nr_pages(const struct pw_flush *f)
{
	uint64_t more = (f->last.v - f->first.v) >> f->page_lg2;

	if (f->flags & PW_FLUSH_ALL)
		return 1;
	return (more < UINT32_MAX ? more : UINT32_MAX) + 1u;
}

/* Is there room for @f as it is, after all? */
static bool fits(const struct pw_gather *g, const struct pw_flush *f)
{
	uint64_t pages = nr_pages(f);
	uint32_t i;

	for (i = 0; i < g->owed.nr_ranges; i++)
		pages += nr_pages(&g->ranges[i]);
	return g->owed.nr_ranges < g->max_ranges && (!g->max_pages || pages <= g->max_pages);
}

void pw_gather_by_tag(struct pw_gather *g, const struct pw_flush *f)
{
	struct pw_flush all = { .last.v = UINT64_MAX,
				.asid = f->asid,
				.regime = f->regime,
				.flags = PW_FLUSH_ALL | PW_FLUSH_TABLES,
				.page_lg2 = 20,
				.level = PW_FLUSH_LEVELS };
	uint32_t i, kept = 0, same = 0;

	for (i = 0; i < g->owed.nr_ranges; i++) {
		const struct pw_flush *r = &g->ranges[i];

		if (same_tag(r, f) && (r->flags & PW_FLUSH_ALL))
			return;
		same += same_tag(r, f);
	}
	if (!(f->flags & PW_FLUSH_ALL) && fits(g, f)) {
		g->ranges[g->owed.nr_ranges++] = *f;
		return;
	}
	if (!tagged(f) || g->owed.nr_ranges - same == g->max_ranges) {
		pw_gather_by_regime(g, f);
		return;
	}
	for (i = 0; i < g->owed.nr_ranges; i++) {
		if (!same_tag(&g->ranges[i], f))
			g->ranges[kept++] = g->ranges[i];
	}
	g->ranges[kept++] = all;
	g->owed.nr_ranges = kept;
}
