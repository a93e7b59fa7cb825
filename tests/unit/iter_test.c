/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The iterator: what it yields and merges, at the edges of ranges, in damaged tables, and while the
 * caller changes what it was given.
 */
#include "../harness/harness.h"
#include "../ref/observe.h"

#define MAX_RUNS  64
#define TABLE(pa) ((pa) | 3)
#define SWAP	  0x1234567080ull /* not present, and not ours */
#define LEAVES	  (PW_WANT_LEAVES | PW_WANT_HOLES | PW_WANT_INVALID | PW_WANT_NONPRESENT)

static struct world w;
static struct pw_run run[MAX_RUNS];
static unsigned int nr_runs;

/* All runs of a range into run[]. */
static void collect(const struct world *x, struct pw_range range, uint32_t want, uint32_t ignore)
{
	struct pw_iter it;
	struct pw_run r;
	int err = pw_iter_init(&it, &x->pt, range, want, ignore);

	nr_runs = 0;
	EXPECT_EQ(err, 0);
	while (!err && nr_runs < MAX_RUNS && (err = pw_iter_next(&it, &r)) > 0) {
		run[nr_runs++] = r;
		err = 0;
	}
	EXPECT_EQ(err, 0);
	EXPECT(nr_runs < MAX_RUNS);
}

static void expect_run(unsigned int n, uint32_t kind, uint64_t first, uint64_t last)
{
	harness_note("run", n);
	if (!EXPECT(n < nr_runs))
		return;
	EXPECT_EQ(run[n].kind, kind);
	EXPECT_EQ(run[n].first.v, first);
	EXPECT_EQ(run[n].last.v, last);
}

static void map(struct world *x, uint64_t va, uint64_t len, uint64_t pa, uint32_t perm)
{
	struct pw_attr attr = world_attr(x, perm);

	EXPECT_EQ(pw_map(&x->pt, pw_range_len(va, len), pw_pa_of(pa), &attr, 0, NULL, NULL), 0);
}

static struct pw_range all_of(const struct world *x)
{
	return pw_range_of(x->pt.first.v, x->pt.last.v);
}

/* What is yielded ---------------------------------------------------------------------------- */

static void yields_what_is_wanted(struct world *x)
{
	uint64_t page = world_page_bytes(x), base = x->pt.first.v;
	struct pw_change invalid = { .flags_clear = PW_ATTR_VALID };
	unsigned int inv = x->format->can_be_invalid ? PW_RUN_INVALID : PW_RUN_NONPRESENT;
	struct pw_translation t;

	map(x, base + page, 4 * page, page, PW_PERM_W);
	if (x->format->can_be_invalid) {
		EXPECT_EQ(pw_protect(&x->pt, pw_range_len(base + 3 * page, page), &invalid, 0, NULL,
				     NULL),
			  0);
	} else {
		EXPECT_EQ(pw_translate(&x->pt, pw_va_of(base + 3 * page), &t), 0);
		*world_slot(x, t.step[t.nr_steps - 1].entry_pa.v, 0) = world_foreign(x, 0);
	}
	collect(x, all_of(x), LEAVES, 0);
	expect_run(0, PW_RUN_HOLE, base, base + page - 1);
	expect_run(1, PW_RUN_LEAF, base + page, base + 3 * page - 1);
	expect_run(2, inv, base + 3 * page, base + 4 * page - 1);
	expect_run(3, PW_RUN_LEAF, base + 4 * page, base + 5 * page - 1);
	EXPECT_EQ(run[1].nr, 2);
	EXPECT_EQ(run[1].pa.v, page);
	EXPECT_EQ(run[1].level, 0);
	EXPECT_EQ(run[1].perm, PW_PERM_R | PW_PERM_W);
	EXPECT_EQ(*world_slot(x, run[1].entry_pa.v, 0), run[1].entry);
	if (x->format->can_be_invalid)
		EXPECT_EQ(run[2].pa.v, 3 * page);
	/* Holes of each level behind it, up to the end. */
	for (unsigned int n = 4; n < nr_runs; n++) {
		expect_run(n, PW_RUN_HOLE, run[n - 1].last.v + 1, run[n].last.v);
		EXPECT_EQ(run[n].level, n - 4);
	}
	EXPECT_EQ(run[nr_runs - 1].last.v, x->pt.last.v);
	collect(x, all_of(x), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 2);
	collect(x, all_of(x), x->format->can_be_invalid ? PW_WANT_INVALID : PW_WANT_NONPRESENT, 0);
	EXPECT_EQ(nr_runs, 1);
	collect(x, all_of(x), PW_WANT_BAD, 0);
	EXPECT_EQ(nr_runs, 0);
	collect(x, pw_range_len(base + page + 1, 1), LEAVES, 0);
	EXPECT_EQ(nr_runs, 1);
	expect_run(0, PW_RUN_LEAF, base + page, base + 2 * page - 1);
	EXPECT(run[0].partial != 0);
}

TEST(runs_are_what_is_wanted)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, yields_what_is_wanted);
	world_each(&upper, yields_what_is_wanted);
}

static void partly_covered(struct world *x)
{
	uint64_t page = world_page_bytes(x), block = pw_table_leaf_size(&x->pt, 1);
	uint64_t base = x->pt.last.v - (block - 1); /* the last block of all */
	struct pw_range middle = pw_range_len(base + page, page);

	map(x, base, block, block, 0);
	collect(x, middle, PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 1);
	expect_run(0, PW_RUN_LEAF, base, x->pt.last.v);
	EXPECT_EQ(run[0].pa.v, block);
	EXPECT(run[0].partial != 0);
	EXPECT_EQ(run[0].level, 1);
	collect(x, middle, PW_WANT_LEAVES | PW_WANT_PARTIAL, 0);
	EXPECT_EQ(nr_runs, 1);
	expect_run(0, PW_RUN_LEAF, middle.first.v, middle.last.v);
	EXPECT(run[0].partial != 0);
	EXPECT_EQ(run[0].pa.v, block + page);
	collect(x, pw_range_of(base, x->pt.last.v), PW_WANT_LEAVES, 0);
	EXPECT_EQ(run[0].partial, 0);
	collect(x, pw_range_of(base + block - 1, x->pt.last.v), PW_WANT_LEAVES | PW_WANT_PARTIAL,
		0);
	expect_run(0, PW_RUN_LEAF, x->pt.last.v, x->pt.last.v);
	EXPECT_EQ(run[0].pa.v, 2 * block - 1);
	/* Holes are clipped. */
	collect(x, pw_range_of(base - 5, base - 4), PW_WANT_HOLES, 0);
	EXPECT_EQ(nr_runs, 1);
	expect_run(0, PW_RUN_HOLE, base - 5, base - 4);
}

TEST(leaves_partly_covered)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, partly_covered);
	world_each(&upper, partly_covered);
}

/* Merging ------------------------------------------------------------------------------------ */

static void merges_across_tables(struct world *x)
{
	uint64_t page = world_page_bytes(x), block = pw_table_leaf_size(&x->pt, 1);
	uint64_t va = x->pt.first.v + block - 2 * page;

	map(x, va, 4 * page, 16 * page, 0);
	collect(x, all_of(x), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 1);
	expect_run(0, PW_RUN_LEAF, va, va + 4 * page - 1);
	EXPECT_EQ(run[0].nr, 4);
	/* With table hooks no run crosses a table. */
	collect(x, all_of(x), PW_WANT_LEAVES | PW_WANT_TABLE_POST, 0);
	for (unsigned int n = 0; n < nr_runs; n++)
		if (run[n].kind == PW_RUN_LEAF)
			EXPECT_EQ(run[n].nr, 2);
	collect(x, all_of(x), PW_WANT_LEAVES | PW_WANT_TABLE_PRE, 0);
	for (unsigned int n = 0; n < nr_runs; n++)
		if (run[n].kind == PW_RUN_LEAF)
			EXPECT_EQ(run[n].nr, 2);
	/* A gap in the output addresses, unless that is ignored. */
	map(x, va + 4 * page, page, 32 * page, 0);
	collect(x, all_of(x), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 2);
	collect(x, all_of(x), PW_WANT_LEAVES, PW_IGNORE_PA);
	EXPECT_EQ(nr_runs, 1);
	EXPECT_EQ(run[0].nr, 5);
}

TEST(runs_merge_across_tables)
{
	world_each(NULL, merges_across_tables);
}

/* The last output address and the first one are no neighbours. */
static void output_wraps(struct world *x)
{
	uint64_t page = world_page_bytes(x);

	map(x, x->pt.first.v, page, x->pt.pa_max - (page - 1), 0);
	map(x, x->pt.first.v + page, page, 0, 0);
	collect(x, all_of(x), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 2);
	EXPECT_EQ(run[1].pa.v, 0);
}

TEST(runs_do_not_wrap_output_addresses)
{
	world_each(NULL, output_wraps);
}

TEST(runs_merge_under_a_mask)
{
	static const struct {
		uint64_t bits; /* in which the second of three pages differs */
		uint32_t ignore;
	} row[] = {
		{ 1ull << 10, PW_IGNORE_AD },	/* AF */
		{ 1ull << 57, PW_IGNORE_SOFT }, /* software */
		{ 1ull << 52, PW_IGNORE_CONTIGUOUS },
		{ 1ull << 13, PW_IGNORE_PA }, /* another address */
		{ 1ull << 53, 0 },	      /* rights: never */
		{ 1ull << 2, 0 },	      /* memory type: never */
	};

	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct world_options o = { .va_bits = 21 };

		harness_note("row", i);
		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		for (uint64_t n = 0; n < 3; n++)
			*world_slot(&w, w.base, n) = 0x0060000000000703ull + n * 4096;
		*world_slot(&w, w.base, 1) ^= row[i].bits;
		collect(&w, all_of(&w), PW_WANT_LEAVES, 0);
		EXPECT_EQ(nr_runs, 3);
		collect(&w, all_of(&w), PW_WANT_LEAVES, PW_IGNORE_ALL & ~row[i].ignore);
		EXPECT_EQ(nr_runs, 3);
		collect(&w, all_of(&w), PW_WANT_LEAVES, PW_IGNORE_ALL);
		EXPECT_EQ(nr_runs, row[i].ignore ? 1 : 3);
		collect(&w, all_of(&w), PW_WANT_LEAVES, row[i].ignore);
		EXPECT_EQ(nr_runs, row[i].ignore ? 1 : 3);
		world_close(&w);
	}
}

/* The same for every format, with what each can hold: the middle one of three pages differs. */
static void differs(struct world *x, const struct pw_attr *middle, uint32_t ignore)
{
	struct pw_attr attr = world_attr(x, PW_PERM_W);
	uint64_t page = world_page_bytes(x), raw[2] = { 0 }, slot;
	struct pw_translation t;

	EXPECT_EQ(pw_attr_encode(&x->pt, &attr, 0, &raw[0]), 0);
	EXPECT_EQ(pw_attr_encode(&x->pt, middle, 0, &raw[1]), 0);
	map(x, x->pt.first.v, 3 * page, 0, PW_PERM_W);
	EXPECT_EQ(pw_translate(&x->pt, pw_va_of(x->pt.first.v + page), &t), 0);
	slot = t.step[t.nr_steps - 1].entry_pa.v;
	*world_slot(x, slot, 0) ^= raw[0] ^ raw[1];
	collect(x, all_of(x), PW_WANT_LEAVES, PW_IGNORE_ALL & ~(PW_IGNORE_PA | ignore));
	EXPECT_EQ(nr_runs, 3);
	collect(x, all_of(x), PW_WANT_LEAVES, ignore);
	EXPECT_EQ(nr_runs, 1);
	EXPECT_EQ(pw_unmap(&x->pt, pw_range_len(x->pt.first.v, 3 * page), 0, NULL, NULL), 0);
}

static void merges_what_may_differ(struct world *x)
{
	struct pw_attr attr = world_attr(x, PW_PERM_W);

	attr.flags &= ~(uint32_t)PW_ATTR_ACCESSED;
	differs(x, &attr, PW_IGNORE_AD);
	if (x->format->flags & PW_ATTR_DIRTY && !(x->format->flags & PW_ATTR_DBM)) {
		attr = world_attr(x, PW_PERM_W);
		attr.flags |= PW_ATTR_DIRTY;
		differs(x, &attr, PW_IGNORE_AD);
	}
	for (uint32_t soft = 1; soft < x->format->nr_soft; soft <<= 1) {
		attr = world_attr(x, PW_PERM_W);
		attr.soft = soft;
		differs(x, &attr, PW_IGNORE_SOFT);
	}
}

TEST(runs_merge_what_may_differ)
{
	world_each(NULL, merges_what_may_differ);
}

/* The dirty state is AP[2] where DBM is set, and only there. */
TEST(runs_merge_clean_and_dirty)
{
	struct world_options o = { .va_bits = 21 };

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	*world_slot(&w, w.base, 0) = 0x0068000000000703ull;
	*world_slot(&w, w.base, 1) = 0x0068000000001783ull;
	collect(&w, all_of(&w), PW_WANT_LEAVES, PW_IGNORE_AD);
	EXPECT_EQ(nr_runs, 1);
	*world_slot(&w, w.base, 0) = 0x0060000000000703ull;
	*world_slot(&w, w.base, 1) = 0x0060000000001783ull;
	collect(&w, all_of(&w), PW_WANT_LEAVES, PW_IGNORE_AD);
	EXPECT_EQ(nr_runs, 2);
	world_close(&w);
}

TEST(runs_end_where_tables_limit_differently)
{
	struct world_options o = { .va_bits = 30 };
	uint64_t pte[2];

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	for (uint64_t t = 0; t < 2; t++) {
		pte[t] = world_page(&w);
		*world_slot(&w, w.base, t) = TABLE(pte[t]);
		for (uint64_t n = 0; n < 512; n++)
			*world_slot(&w, pte[t], n) = 0x703 + (t * 512 + n) * 4096;
	}
	collect(&w, all_of(&w), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 1);
	EXPECT_EQ(run[0].nr, 1024);
	*world_slot(&w, w.base, 1) = TABLE(pte[1]) | 1ull << 62; /* no write below */
	collect(&w, all_of(&w), PW_WANT_LEAVES, 0);
	EXPECT_EQ(nr_runs, 2);
	EXPECT_EQ(run[0].last.v, 0x1fffff);
	EXPECT(run[0].perm & PW_PERM_W);
	EXPECT(!(run[1].perm & PW_PERM_W));
	EXPECT_EQ(run[0].inherited, 0);
	EXPECT(run[1].inherited != 0);
	world_close(&w);
}

/* Tables ------------------------------------------------------------------------------------- */

static void tables_and_skip(struct world *x)
{
	uint64_t page = world_page_bytes(x), block = pw_table_leaf_size(&x->pt, 1);
	unsigned int pre = 0, post = 0, leaves = 0;
	struct pw_iter it;
	struct pw_run r;

	map(x, x->pt.first.v, page, 0, 0);
	map(x, x->pt.first.v + block, page, 0, 0);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, all_of(x),
			       PW_WANT_LEAVES | PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST, 0),
		  0);
	while (pw_iter_next(&it, &r) > 0) {
		pre += r.kind == PW_RUN_TABLE_PRE;
		post += r.kind == PW_RUN_TABLE_POST;
		leaves += r.kind == PW_RUN_LEAF;
		/* Pass over the first of the two leaf tables. */
		if (r.kind == PW_RUN_TABLE_PRE && r.level == 1 && r.first.v == x->pt.first.v)
			pw_iter_skip(&it);
	}
	EXPECT_EQ(pre, x->pt.levels);
	EXPECT_EQ(post, pre - 1);
	EXPECT_EQ(leaves, 1);
}

TEST(tables_are_skipped_without_post)
{
	world_each(NULL, tables_and_skip);
}

/* The table that ends with the last address: behind it there is nothing. */
static void skip_the_last(struct world *x)
{
	uint64_t page = world_page_bytes(x);
	struct pw_iter it;
	struct pw_run r;

	map(x, x->pt.last.v - (page - 1), page, 0, 0);
	for (uint64_t depth = 1; depth < x->pt.levels; depth++) {
		uint64_t pre = 0;

		EXPECT_EQ(pw_iter_init(&it, &x->pt, all_of(x), PW_WANT_LEAVES | PW_WANT_TABLE_PRE,
				       0),
			  0);
		/* Where no table is open there is none to pass over. */
		pw_iter_skip(&it);
		while (pw_iter_next(&it, &r) > 0 && pre < 16) {
			EXPECT_EQ(r.kind, PW_RUN_TABLE_PRE);
			if (++pre == depth)
				pw_iter_skip(&it);
		}
		EXPECT_EQ(pre, depth);
	}
}

TEST(tables_at_the_top_are_skipped)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, skip_the_last);
	world_each(&upper, skip_the_last);
}

/* Changes ------------------------------------------------------------------------------------ */

static void unmap_what_is_yielded(struct world *x)
{
	uint64_t page = world_page_bytes(x), block = pw_table_leaf_size(&x->pt, 1);
	uint64_t va = x->pt.first.v, seen = 0;
	struct pw_iter it;
	struct pw_run r;

	map(x, va, 3 * page, 0, 0);
	map(x, va + 5 * page, 3 * page, page, PW_PERM_W);
	map(x, va + block, 2 * block, 8 * block, 0);
	map(x, x->pt.last.v - (page - 1), page, 0, 0);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, all_of(x), PW_WANT_LEAVES, 0), 0);
	while (pw_iter_next(&it, &r) > 0) {
		seen += r.last.v - r.first.v + 1;
		EXPECT_EQ(pw_unmap(&x->pt, pw_range_of(r.first.v, r.last.v), PW_STRICT, NULL, NULL),
			  0);
	}
	EXPECT_EQ(seen, 7 * page + 2 * block);
	EXPECT_EQ(x->balance, 0);
}

TEST(runs_may_be_unmapped_when_yielded)
{
	world_each(NULL, unmap_what_is_yielded);
}

/* Damage ------------------------------------------------------------------------------------- */

TEST(bad_tables_are_runs)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .va_bits = 39, .hooked = hooked };
		uint64_t pmd, pte;

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		pmd = world_page(&w);
		pte = world_page(&w);
		*world_slot(&w, w.base, 0) = TABLE(pmd);
		*world_slot(&w, w.base, 511) = TABLE(0x4000); /* outside */
		*world_slot(&w, pmd, 0) = TABLE(pte);
		*world_slot(&w, pte, 0) = 0x703;
		*world_slot(&w, pte, 1) = 0x1701; /* reserved */
		*world_slot(&w, pte, 2) = SWAP;
		*world_slot(&w, pte, 3) = 0x3703;
		collect(&w, all_of(&w), PW_WANT_LEAVES | PW_WANT_NONPRESENT, 0);
		EXPECT_EQ(nr_runs, 5);
		expect_run(0, PW_RUN_LEAF, 0, 0xfff);
		expect_run(1, PW_RUN_BAD, 0x1000, 0x1fff);
		EXPECT_EQ(run[1].err, PW_EDOM);
		EXPECT_EQ(run[1].entry, 0x1701);
		EXPECT_EQ(run[1].entry_pa.v, pte + 8);
		EXPECT_EQ(run[1].level, 0);
		expect_run(2, PW_RUN_NONPRESENT, 0x2000, 0x2fff);
		EXPECT_EQ(run[2].entry, SWAP);
		expect_run(3, PW_RUN_LEAF, 0x3000, 0x3fff);
		expect_run(4, PW_RUN_BAD, 511ull << 30, (512ull << 30) - 1);
		EXPECT_EQ(run[4].err, PW_EFAULT);
		EXPECT_EQ(run[4].entry, TABLE(0x4000));
		EXPECT_EQ(run[4].entry_pa.v, w.base + 511ull * 8);
		EXPECT_EQ(run[4].level, 2);
		EXPECT_EQ(w.violations, 0);
		world_close(&w);
	}
}

/* A table that contains itself ends the descent there, with its location; the rest is shown. */
TEST(cyclic_tables_are_runs)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .va_bits = 48, .hooked = hooked };
		uint64_t pud, loops = 0, leaves = 0;
		struct pw_iter it;
		struct pw_run r;

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		pud = world_page(&w);
		*world_slot(&w, w.base, 0) = TABLE(pud);
		*world_slot(&w, w.base, 256) = TABLE(w.base);
		*world_slot(&w, pud, 0) = TABLE(pud);
		*world_slot(&w, pud, 1) = TABLE(w.base);
		*world_slot(&w, pud, 2) = 0x40000701;
		EXPECT_EQ(pw_iter_init(&it, &w.pt, all_of(&w), PW_WANT_LEAVES, 0), 0);
		for (unsigned int n = 0; n < 10000 && pw_iter_next(&it, &r) > 0; n++) {
			if (r.kind == PW_RUN_BAD && r.err == PW_ELOOP) {
				loops++;
				EXPECT_EQ(*world_slot(&w, r.entry_pa.v, 0), r.entry);
			}
			leaves += r.kind == PW_RUN_LEAF && r.first.v == 2ull << 30;
		}
		EXPECT(loops > 0 && loops < 10000);
		EXPECT_EQ(leaves, 1);
		world_close(&w);
	}
}

/* Nor is one of several roots side by side a table further down, for nobody but a CPU. */
TEST(roots_side_by_side_lead_to_none_of_them)
{
	struct world_options o = { .va_bits = 42 };
	struct pw_translation t;
	uint64_t loops = 0;
	struct pw_iter it;
	struct pw_run r;

	if (!world_open(&w, &world_formats[WORLD_S2_4K], &o))
		return;
	EXPECT_EQ(w.root_pages, 8);
	*world_slot(&w, w.base, 1) = TABLE(w.base + 4096);
	*world_slot(&w, w.base + 4096, 0) = 0x400007fd; /* a leaf where the root has it */
	EXPECT_EQ(pw_iter_init(&it, &w.pt, all_of(&w), PW_WANT_LEAVES, 0), 0);
	while (pw_iter_next(&it, &r) > 0)
		loops += r.kind == PW_RUN_BAD && r.err == PW_ELOOP;
	EXPECT_EQ(loops, 1);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(1ull << 30), &t), 0);
	EXPECT_EQ(t.level, 1);
	world_close(&w);
}

/* Arguments ---------------------------------------------------------------------------------- */

static void refuses(struct world *x)
{
	uint64_t first = x->pt.first.v, last = x->pt.last.v;
	bool upper = x->pt.flags & PW_TABLE_UPPER;
	uint64_t beside = upper ? first - 1 : last + 1;
	struct pw_iter it;

	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(first + 1, first), PW_WANT_ALL, 0),
		  PW_EINVAL);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(beside, beside), PW_WANT_ALL, 0),
		  world_beside(x));
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(first, 1ull << 62), PW_WANT_ALL, 0),
		  world_beside(x));
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(first, first), 0x100, 0), PW_EINVAL);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(first, first), PW_WANT_ALL, 0x10),
		  PW_EINVAL);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(~first, ~first), PW_WANT_ALL, 0),
		  PW_ERANGE);
	EXPECT_EQ(pw_iter_init(&it, &x->pt, pw_range_of(first, last), PW_WANT_ALL | PW_WANT_BAD,
			       PW_IGNORE_ALL),
		  0);
}

TEST(iter_init_refuses)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, refuses);
	world_each(&upper, refuses);
}
