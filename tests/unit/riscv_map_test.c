/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V tables: the shapes of handles, both halves and their edges, superpages, the G-stage, and
 * what a change of rights may make of a leaf. NAPOT groups: riscv_napot_test.c.
 */
#include "riscv_env.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE	  4096ull

static struct rv rv;

static const struct pw_attr rw = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
};
#define RW (V | R | W | A | D)

static int map(uint64_t va, uint64_t len, uint64_t pa, uint32_t flags)
{
	return pw_map(&rv.pt, pw_range_len(va, len), pw_pa_of(pa), &rw, flags, NULL, NULL);
}

static int unmap(uint64_t va, uint64_t len)
{
	return pw_unmap(&rv.pt, pw_range_len(va, len), PW_STRICT, NULL, NULL);
}

/* Handles -------------------------------------------------------------------------------------- */

static const struct shape {
	bool g;
	uint32_t va_bits, levels, root_bytes;
	uint64_t lower_last, upper_first; /* upper_first 0: no upper half */
} shapes[] = {
	{ false, 39, 3, 4096, 0x3fffffffffull, 0xffffffc000000000ull },
	{ false, 48, 4, 4096, 0x7fffffffffffull, 0xffff800000000000ull },
	{ false, 57, 5, 4096, 0xffffffffffffffull, 0xff00000000000000ull },
	{ false, 0, 5, 4096, 0xffffffffffffffull, 0xff00000000000000ull },
	{ true, 41, 3, 16384, 0x1ffffffffffull, 0 },
	{ true, 50, 4, 16384, 0x3ffffffffffffull, 0 },
	{ true, 59, 5, 16384, 0x7ffffffffffffffull, 0 },
	{ true, 0, 5, 16384, 0x7ffffffffffffffull, 0 },
};

static void check_shape(const struct shape *s)
{
	EXPECT_EQ(rv.pt.levels, s->levels);
	EXPECT_EQ(pw_table_root_size(&rv.pt), s->root_bytes);
	EXPECT_EQ(rv.pt.pa_max, 0xffffffffffffffull);
	EXPECT_EQ(rv.pt.regime, s->g ? PW_REGIME_RISCV_G : PW_REGIME_RISCV);
	for (unsigned int level = 0; level < s->levels; level++) {
		EXPECT(pw_table_leaf_ok(&rv.pt, level));
		EXPECT_EQ(pw_table_leaf_size(&rv.pt, level), PAGE << 9 * level);
		EXPECT_EQ(pw_table_contig_lg2(&rv.pt, level), level ? 0 : 4);
	}
	EXPECT(!pw_table_leaf_ok(&rv.pt, s->levels));
}

TEST(shapes_of_handles)
{
	for (unsigned int i = 0; i < NR(shapes); i++) {
		const struct shape *s = &shapes[i];
		struct pw_table_config cfg;

		harness_note("shape", i);
		if (!rv_open(&rv, s->g, i & 1, s->va_bits, 0, PW_CAP_SVNAPOT))
			continue;
		EXPECT_EQ(rv.pt.first.v, 0);
		EXPECT_EQ(rv.pt.last.v, s->lower_last);
		check_shape(s);
		cfg = rv_config(&rv, s->va_bits, PW_TABLE_UPPER, PW_CAP_SVNAPOT);
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), s->upper_first ? 0 : PW_EINVAL);
		if (!s->upper_first)
			continue;
		EXPECT_EQ(rv.pt.first.v, s->upper_first);
		EXPECT_EQ(rv.pt.last.v, ~0ull);
		check_shape(s);
		cfg.caps.flags = 0;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), 0);
		EXPECT_EQ(pw_table_contig_lg2(&rv.pt, 0), 0);
	}
}

static int init(uint32_t va_bits, uint32_t levels, uint64_t root)
{
	struct pw_table_config cfg = rv_config(&rv, va_bits, 0, 0);

	cfg.levels = levels;
	cfg.root.v = root;
	return pw_table_init(&rv.pt, &cfg);
}

TEST(handles_refused)
{
	static const uint32_t first_stage[] = { 1, 30, 38, 40, 41, 47, 49, 50, 56, 58, 59, 64 };
	static const uint32_t g_stage[] = { 1, 39, 40, 42, 48, 49, 51, 57, 58, 60, 64 };

	rv_arena(&rv, false, false);
	for (unsigned int i = 0; i < NR(first_stage); i++)
		EXPECT_EQ(init(first_stage[i], 0, RV_BASE), PW_ERANGE);
	for (uint32_t levels = 1; levels < 7; levels++) {
		EXPECT_EQ(init(39, levels, RV_BASE), levels == 3 ? 0 : PW_ERANGE);
		EXPECT_EQ(init(48, levels, RV_BASE), levels == 4 ? 0 : PW_ERANGE);
		EXPECT_EQ(init(57, levels, RV_BASE), levels == 5 ? 0 : PW_ERANGE);
	}
	EXPECT_EQ(init(39, 0, RV_BASE + 2048), PW_EINVAL);
	EXPECT_EQ(init(39, 0, RV_BASE + 4096), 0);
	EXPECT_EQ(init(39, 0, 1ull << 56), PW_ERANGE);
	rv_arena(&rv, true, false);
	for (unsigned int i = 0; i < NR(g_stage); i++)
		EXPECT_EQ(init(g_stage[i], 0, RV_BASE), PW_ERANGE);
	for (uint32_t levels = 1; levels < 7; levels++) {
		EXPECT_EQ(init(41, levels, RV_BASE), levels == 3 ? 0 : PW_ERANGE);
		EXPECT_EQ(init(50, levels, RV_BASE), levels == 4 ? 0 : PW_ERANGE);
		EXPECT_EQ(init(59, levels, RV_BASE), levels == 5 ? 0 : PW_ERANGE);
	}
	EXPECT_EQ(init(41, 0, RV_BASE + 4096), PW_EINVAL);
	EXPECT_EQ(init(41, 0, RV_BASE + 16384), 0);
}

static void run_nothing(void *ctx, const struct pw_plan *plan)
{
	(void)ctx, (void)plan;
}

TEST(foreign_regimes_are_refused)
{
	static const struct pw_executor exec = { .size = sizeof(exec), .run = run_nothing };

	for (unsigned int i = 0; i < 4; i++) {
		struct pw_table_config cfg;

		rv_arena(&rv, i & 1, i & 2);
		cfg = rv_config(&rv, 0, PW_TABLE_LIVE, 0);
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), PW_EINVAL); /* live, without executor */
		cfg.exec = &exec;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), 0);
		cfg.flags = 0;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), 0);
		cfg.regime = i & 1 ? PW_REGIME_RISCV : PW_REGIME_RISCV_G;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), PW_EOPNOTSUPP);
		cfg.regime = i & 1 ? PW_REGIME_RISCV_G : PW_REGIME_RISCV;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), 0);
		cfg.enc_mask = 1ull << 50;
		EXPECT_EQ(pw_table_init(&rv.pt, &cfg), PW_EOPNOTSUPP);
	}
}

/* Edges of the address space ------------------------------------------------------------------- */

static int translate(uint64_t va, uint64_t *pa)
{
	struct pw_translation t;
	struct pw_pa fast = { 0 };
	int err = pw_translate(&rv.pt, pw_va_of(va), &t);

	EXPECT_EQ(pw_translate_pa(&rv.pt, pw_va_of(va), &fast), err);
	*pa = t.pa.v;
	if (!err)
		EXPECT_EQ(fast.v, t.pa.v);
	return err;
}

/* Pages at both ends of the half: the slots of the one root that they use, and what is beyond. */
static void check_half(const struct shape *s, bool upper)
{
	uint64_t first = rv.pt.first.v, last = rv.pt.last.v, pa;
	uint64_t slots = s->root_bytes / 8, skip = upper ? slots / 2 : 0;
	uint64_t end = upper || s->g ? slots - 1 : slots / 2 - 1;

	EXPECT_EQ(map(first, PAGE, 0x1000, 0), 0);
	EXPECT_EQ(map(last - (PAGE - 1), PAGE, 0xfffffffffff000ull, 0), 0);
	for (uint64_t i = 0; i < slots; i++)
		EXPECT_EQ(!!rv.mem[i], i == skip || i == end);
	EXPECT_EQ(translate(first, &pa), 0);
	EXPECT_EQ(pa, 0x1000);
	EXPECT_EQ(translate(last, &pa), 0);
	EXPECT_EQ(pa, 0xffffffffffffffull);
	EXPECT_EQ(*rv_slot(&rv, last, 0), PPN(0xfffffffffff) | RW | (s->g ? U : 0));
	/* the hole in the middle, and the other half */
	if (s->g) {
		EXPECT_EQ(translate(last + 1, &pa), PW_ERANGE);
		EXPECT_EQ(translate(~0ull, &pa), PW_ERANGE);
		EXPECT_EQ(map(last + 1, PAGE, 0, 0), PW_ERANGE);
		EXPECT_EQ(map(last - (PAGE - 1), 2 * PAGE, 0, 0), PW_ERANGE);
	} else if (upper) {
		EXPECT_EQ(translate(first - 1, &pa), PW_EINVAL);
		EXPECT_EQ(translate(s->lower_last + 1, &pa), PW_EINVAL);
		EXPECT_EQ(translate(s->lower_last, &pa), PW_ERANGE);
		EXPECT_EQ(translate(0, &pa), PW_ERANGE);
		EXPECT_EQ(map(first - PAGE, PAGE, 0, 0), PW_EINVAL);
	} else {
		EXPECT_EQ(translate(last + 1, &pa), PW_EINVAL);
		EXPECT_EQ(translate(s->upper_first - 1, &pa), PW_EINVAL);
		EXPECT_EQ(translate(s->upper_first, &pa), PW_ERANGE);
		EXPECT_EQ(translate(~0ull, &pa), PW_ERANGE);
		EXPECT_EQ(map(last - (PAGE - 1), 2 * PAGE, 0, 0), PW_EINVAL);
	}
	EXPECT_EQ(unmap(first, PAGE), 0);
	EXPECT_EQ(unmap(last - (PAGE - 1), PAGE), 0);
	EXPECT_EQ(rv.balance, 0);
}

TEST(edges_of_both_halves)
{
	for (unsigned int i = 0; i < NR(shapes); i++) {
		for (unsigned int k = 0; k < 4; k++) {
			bool upper = k & 1;

			harness_note("shape", i);
			harness_note("upper, hooked", k);
			if (shapes[i].g && upper)
				continue;
			if (rv_open(&rv, shapes[i].g, k & 2, shapes[i].va_bits,
				    upper ? PW_TABLE_UPPER : 0, 0))
				check_half(&shapes[i], upper);
		}
	}
}

/* Two handles of one root see each other's nothing. */
TEST(halves_of_one_root_do_not_meet)
{
	struct pw_table_config cfg;
	struct pw_table upper;
	uint64_t pa;

	if (!rv_open(&rv, false, false, 39, 0, 0))
		return;
	cfg = rv_config(&rv, 39, PW_TABLE_UPPER, 0);
	EXPECT_EQ(pw_table_init(&upper, &cfg), 0);
	EXPECT_EQ(map(0x3ffffff000, PAGE, 0x5000, 0), 0);
	EXPECT_EQ(pw_map(&upper, pw_range_len(upper.first.v, PAGE), pw_pa_of(0x6000), &rw, 0, NULL,
			 NULL),
		  0);
	EXPECT_EQ(translate(0x3fffffffff, &pa), 0);
	EXPECT_EQ(pa, 0x5fff);
	EXPECT(rv.mem[255] && rv.mem[256]);
	EXPECT_EQ(pw_unmap(&upper, (struct pw_range){ upper.first, upper.last }, 0, NULL, NULL), 0);
	EXPECT(rv.mem[255] && !rv.mem[256]);
	EXPECT_EQ(translate(0x3fffffffff, &pa), 0);
}

/* Superpages ----------------------------------------------------------------------------------- */

/* One leaf of @level: the entry, an address inside, and nothing below; misaligned it is bad. */
static void check_superpage(unsigned int level)
{
	uint64_t size = PAGE << 9 * level, pa_top = 0xffffffffffffffull - (size - 1), pa;
	uint64_t va = rv.pt.last.v - (size - 1), *slot;
	struct pw_translation t;

	EXPECT_EQ(map(va, size, pa_top, 0), 0);
	EXPECT_EQ(rv.balance, rv.pt.levels - 1 - level);
	slot = rv_slot(&rv, va, level);
	EXPECT_EQ(*slot, PPN(pa_top >> 12) | RW | (rv.g ? U : 0));
	EXPECT_EQ(translate(va + size / 2 + 5, &pa), 0);
	EXPECT_EQ(pa, pa_top + size / 2 + 5);
	EXPECT_EQ(map(va, size, pa_top, 0), 0); /* identical */
	if (level) {
		EXPECT_EQ(map(va, PAGE, pa_top, 0), 0); /* a part of it: identical as well */
		EXPECT_EQ(map(va, PAGE, pa_top - PAGE, 0), PW_EEXIST);
		EXPECT_EQ(unmap(va, PAGE), PW_EBUSY);
		for (unsigned int b = 0; b < 9 * level; b++) {
			*slot |= PPN(1ull << b);
			EXPECT_EQ(pw_translate(&rv.pt, pw_va_of(va), &t), PW_EDOM);
			EXPECT_EQ(t.kind, PW_KIND_BAD);
			EXPECT_EQ(t.level, level);
			EXPECT_EQ(pw_entry_reserved(&rv.pt, t.entry, level), PPN(1ull << b));
			*slot &= ~PPN(1ull << b);
		}
	}
	EXPECT_EQ(unmap(va, size), 0);
	EXPECT_EQ(rv.balance, 0);
}

TEST(superpages_of_every_level)
{
	for (unsigned int i = 0; i < NR(shapes); i++)
		for (unsigned int hooked = 0; hooked < 2; hooked++) {
			harness_note("shape", i);
			if (!rv_open(&rv, shapes[i].g, hooked, shapes[i].va_bits, 0, ALL_RVEXT))
				continue;
			for (unsigned int level = 0; level < shapes[i].levels; level++) {
				harness_note("level", level);
				check_superpage(level);
			}
		}
}

/* The largest pieces that fit, as anywhere; and no leaf above the level that was asked for. */
TEST(mixed_sizes)
{
	uint64_t gib = 1ull << 30, mib2 = 1ull << 21, pa;

	if (!rv_open(&rv, false, true, 39, 0, 0))
		return;
	EXPECT_EQ(map(gib - PAGE, PAGE + gib + mib2, 2 * gib - PAGE, 0), 0);
	EXPECT_EQ(*rv_slot(&rv, gib, 2), PPN(2 * gib >> 12) | RW);
	EXPECT_EQ(*rv_slot(&rv, 2 * gib, 1), PPN(3 * gib >> 12) | RW);
	EXPECT_EQ(*rv_slot(&rv, gib - PAGE, 0), PPN((2 * gib >> 12) - 1) | RW);
	EXPECT_EQ(translate(2 * gib + mib2, &pa), PW_ENOENT);
	EXPECT_EQ(unmap(gib - PAGE, PAGE + gib + mib2), 0);
	EXPECT_EQ(map(0, 2 * mib2, 0, PW_MAX_LEVEL(0)), 0);
	EXPECT_EQ(*rv_slot(&rv, mib2, 0), PPN(512) | RW);
}

/* A run stops where an entry is bad, also where addresses and the rest do not count. */
TEST(a_bad_superpage_is_never_inside_a_run)
{
	uint64_t *t, mib2 = 1ull << 21;
	struct pw_iter it;
	struct pw_run run;

	for (uint32_t ignore = 0; ignore <= PW_IGNORE_ALL; ignore++) {
		harness_note("ignore", ignore);
		if (!rv_open(&rv, false, ignore & 1, 39, 0, ALL_RVEXT))
			continue;
		t = rv_tables_to(&rv, 0, 1);
		for (unsigned int i = 0; i < 8; i++)
			t[i] = PPN(512 * i) | RW;
		t[5] |= PPN(1);
		/* of interest are holes only: what is bad comes all the same */
		EXPECT_EQ(pw_iter_init(&it, &rv.pt, pw_range_len(0, 8 * mib2),
				       ignore & 2 ? PW_WANT_LEAVES : PW_WANT_HOLES, ignore),
			  0);
		if (ignore & 2) {
			EXPECT_EQ(pw_iter_next(&it, &run), 1);
			EXPECT_EQ(run.nr, 5);
		}
		EXPECT_EQ(pw_iter_next(&it, &run), 1);
		EXPECT_EQ(run.kind, PW_RUN_BAD);
		EXPECT_EQ(run.err, PW_EDOM);
		EXPECT_EQ(run.first.v, 5 * mib2);
		EXPECT_EQ(run.nr, 1);
		if (ignore & 2) {
			EXPECT_EQ(pw_iter_next(&it, &run), 1);
			EXPECT_EQ(run.nr, 2);
		}
		EXPECT_EQ(pw_iter_next(&it, &run), 0);
	}
}

/* Walks end at what the specification forbids -------------------------------------------------- */

TEST(bad_entries_end_a_walk)
{
	static const struct {
		uint64_t e;
		unsigned int level;
	} bad[] = {
		{ V, 0 },	  { V | W, 0 },	      { V | W | X, 0 }, { V | R | 1ull << 54, 0 },
		{ V | R | N, 0 }, { V | U, 1 },	      { V | A, 1 },	{ V | D, 2 },
		{ V | N, 1 },	  { V | PBMT_NC, 1 }, { V | W, 2 },	{ V | 1ull << 60, 2 },
	};

	for (unsigned int i = 0; i < NR(bad); i++) {
		struct pw_translation t;
		uint64_t pa, *slot;

		harness_note("row", i);
		if (!rv_open(&rv, false, i & 1, 39, 0, 0))
			continue;
		slot = rv_tables_to(&rv, 0x40201000, bad[i].level);
		*slot = bad[i].e | PPN(RV_BASE >> 12);
		EXPECT_EQ(translate(0x40201000, &pa), PW_EDOM);
		EXPECT_EQ(pw_translate(&rv.pt, pw_va_of(0x40201000), &t), PW_EDOM);
		EXPECT_EQ(t.level, bad[i].level);
		EXPECT_EQ(t.entry, *slot);
		EXPECT_EQ(t.kind, PW_KIND_BAD);
		EXPECT_EQ(map(0x40201000, PAGE, 0x1000, 0), PW_EDOM);
	}
}

/* G in a table makes all below it global: told apart, and no right is lost. */
TEST(global_tables_are_inherited)
{
	struct pw_iter it;
	struct pw_run run;

	if (!rv_open(&rv, false, false, 39, 0, 0))
		return;
	EXPECT_EQ(map(0, 2ull << 21, 0x1000, 0), 0);
	rv_tables_to(&rv, 1ull << 21, 1)[0] |= G;
	EXPECT_EQ(pw_iter_init(&it, &rv.pt, pw_range_len(0, 2ull << 21), PW_WANT_LEAVES, 0), 0);
	EXPECT_EQ(pw_iter_next(&it, &run), 1);
	EXPECT_EQ(run.nr, 512);
	EXPECT_EQ(run.inherited, 0);
	EXPECT_EQ(pw_iter_next(&it, &run), 1);
	EXPECT_EQ(run.nr, 512);
	EXPECT(run.inherited);
	EXPECT_EQ(run.perm, PW_PERM_R | PW_PERM_W);
}

/* Changes of rights ---------------------------------------------------------------------------- */

/* A page of each kind of rights, in turn. */
static const uint64_t page_rights[] = { R, R | W, R | X, X, R | W | X };
#define NR_RIGHTS (sizeof(page_rights) / sizeof(page_rights[0]))

/* What protect makes of one page, or its error; @u: the user's page. */
static int protect_one(uint64_t rights, bool u, const struct pw_change *change, uint64_t *now)
{
	uint64_t *slot = rv_tables_to(&rv, 0x1000, 0), was = V | A | PPN(0x1234) | rights;
	struct pw_result res;
	int err;

	was |= u ? U : 0;
	*slot = was;
	slot[1] = 0;
	err = pw_protect(&rv.pt, pw_range_len(0x1000, PAGE), change, 0, NULL, &res);
	*now = *slot & (R | W | X | U);
	if (err) {
		EXPECT_EQ(*slot, was);
		EXPECT_EQ(res.where.first.v, 0x1000);
	} else {
		EXPECT_EQ(*slot & ~(R | W | X | U), V | A | PPN(0x1234));
		EXPECT_EQ(res.changed, *slot == was ? 0 : PAGE);
	}
	return err;
}

/* Every pair of masks that name the supervisor's rights only: the bits, whoever has them. */
static void check_bits(uint32_t clear, uint32_t set)
{
	struct pw_change change = { .perm_clear = clear, .perm_set = set };

	for (unsigned int i = 0; i < 2 * NR_RIGHTS; i++) {
		uint64_t had = page_rights[i / 2], off = (uint64_t)(clear & ~set) << 1, now;
		uint64_t want = (had & ~off) | (uint64_t)set << 1;
		int err;

		if (set & PW_PERM_W)
			want |= R;
		harness_note("clear", clear);
		harness_note("set", set);
		harness_note("page", i);
		err = protect_one(had, i & 1, &change, &now);
		if ((off & R && set & PW_PERM_W) || !(want & (R | X)) ||
		    ((want & W) && !(want & R))) {
			EXPECT_EQ(err, PW_EOPNOTSUPP);
		} else if (EXPECT_EQ(err, 0)) {
			EXPECT_EQ(now, want | (i & 1 ? U : 0));
		}
	}
}

TEST(rights_are_changed_bit_by_bit)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++)
		for (uint32_t clear = 0; clear < 8; clear++)
			for (uint32_t set = 0; set < 8; set++)
				if (rv_open(&rv, false, hooked, 39, 0, 0))
					check_bits(clear, set);
}

/* A right of the user's is taken with the supervisor's, and is not given in passing. */
TEST(rights_of_the_user_alone)
{
	if (!rv_open(&rv, false, false, 39, 0, 0))
		return;
	for (uint32_t clear = 0; clear <= PW_PERM_ALL; clear++)
		for (uint32_t set = 0; set <= PW_PERM_ALL; set++) {
			struct pw_change change = { .perm_clear = clear, .perm_set = set };
			uint32_t off = clear & ~set;
			uint64_t now;

			if ((off | set) == PW_PERM_ALL)
				continue; /* says it all: see below */
			if (!(set >> 3) && !(off >> 3 & ~off))
				continue;
			harness_note("clear", clear);
			harness_note("set", set);
			EXPECT_EQ(protect_one(R | W | X, true, &change, &now), PW_EOPNOTSUPP);
		}
}

TEST(rights_of_both_are_taken_together)
{
	struct pw_change w = { .perm_clear = PW_PERM_W | PW_PERM_USER_W };
	struct pw_change x = { .perm_clear = PW_PERM_X | PW_PERM_USER_X };
	uint64_t now;

	if (!rv_open(&rv, false, false, 39, 0, 0))
		return;
	EXPECT_EQ(protect_one(R | W | X, true, &w, &now), 0);
	EXPECT_EQ(now, R | X | U);
	EXPECT_EQ(protect_one(R | W | X, false, &w, &now), 0);
	EXPECT_EQ(now, R | X);
	EXPECT_EQ(protect_one(R | X, true, &x, &now), 0);
	EXPECT_EQ(now, R | U);
	EXPECT_EQ(protect_one(X, true, &x, &now), PW_EOPNOTSUPP);
}

/* A change that names all rights makes exactly those, whatever the page had. */
TEST(all_rights_at_once)
{
	for (uint32_t set = 0; set <= PW_PERM_ALL; set++) {
		struct pw_change change = { .perm_clear = PW_PERM_ALL, .perm_set = set };
		struct pw_attr attr = { .perm = set };
		uint64_t raw = 0, now;
		int err;

		harness_note("set", set);
		if (!rv_open(&rv, false, set & 1, 39, 0, set & 2 ? PW_CAP_SUM : 0))
			continue;
		err = pw_attr_encode(&rv.pt, &attr, 0, &raw);
		for (unsigned int i = 0; i < 2 * NR_RIGHTS; i++) {
			EXPECT_EQ(protect_one(page_rights[i / 2], i & 1, &change, &now), err);
			if (!err)
				EXPECT_EQ(now, raw);
		}
	}
}

/* One leaf in a long row that would be none: refused before the first store, and named. */
static const struct {
	struct pw_change change;
	uint64_t all, odd;
} unmade[] = {
	{ { .perm_clear = PW_PERM_X }, V | R | X, V | X },
	{ { .perm_clear = PW_PERM_R }, V | R | X, V | R | W | X },
	{ { .perm_clear = PW_PERM_R }, V | R | X, V | R },
	{ { .raw_clear = X }, V | R | X, V | X },
	{ { .raw_clear = R }, V | R | X, V | R },
	{ { .raw_set = W }, V | R | X, V | X },
	{ { .raw_set = PBMT_NC }, V | R | X, V | R | PBMT_IO },
};

static void check_unmade(const struct pw_change *change, uint64_t all, uint64_t odd)
{
	struct pw_range range = pw_range_len(0, 512 * PAGE);
	uint64_t *t = rv_tables_to(&rv, 0, 0);
	struct pw_result res;

	for (unsigned int i = 0; i < 512; i++)
		t[i] = PPN(i) | all;
	t[300] = PPN(300) | odd;
	rv.stores = 0;
	EXPECT_EQ(pw_protect(&rv.pt, range, change, 0, NULL, &res), PW_EOPNOTSUPP);
	EXPECT_EQ(res.where.first.v, 300 * PAGE);
	EXPECT_EQ(res.where.last.v, 301 * PAGE - 1);
	EXPECT_EQ(res.entry, PPN(300) | odd);
	EXPECT_EQ(t[0], all);
	EXPECT_EQ(rv.stores, 0);
	t[300] = PPN(300) | all;
	EXPECT_EQ(pw_protect(&rv.pt, range, change, 0, NULL, &res), 0);
	EXPECT_EQ(res.nr_entries, 512);
}

TEST(a_leaf_without_rights_is_refused_in_time)
{
	static const struct pw_change none = { .perm_clear = 7 };
	static const struct pw_change read_only = { .perm_clear = PW_PERM_X,
						    .perm_set = PW_PERM_R };

	for (unsigned int i = 0; i < 2 * NR(unmade); i++) {
		harness_note("row", i / 2);
		if (rv_open(&rv, false, i & 1, 39, 0, ALL_RVEXT))
			check_unmade(&unmade[i / 2].change, unmade[i / 2].all, unmade[i / 2].odd);
	}
	if (!rv_open(&rv, false, true, 39, 0, 0))
		return;
	EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, PAGE), &none, 0, NULL, NULL), PW_EOPNOTSUPP);
	*rv_tables_to(&rv, 0, 0) = V | X;
	EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, PAGE), &read_only, 0, NULL, NULL), 0);
	EXPECT_EQ(*rv_tables_to(&rv, 0, 0), V | R);
}

/* Present-but-invalid, and back; what is not a leaf's form is not ours. */
TEST(validity_keeps_all_else)
{
	static const struct pw_change off = { .flags_clear = PW_ATTR_VALID };
	static const struct pw_change on = { .flags_set = PW_ATTR_VALID };
	struct pw_result res;
	uint64_t pa, *slot;

	for (unsigned int level = 0; level < 3; level++) {
		uint64_t size = PAGE << 9 * level, e = PPN(3 * (size >> 12)) | RW | G;

		if (!rv_open(&rv, false, true, 39, 0, ALL_RVEXT))
			continue;
		slot = rv_tables_to(&rv, 0, level);
		*slot = e | PBMT_IO;
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, size), &off, PW_STRICT, NULL, NULL),
			  0);
		EXPECT_EQ(*slot, (e | PBMT_IO) & ~V);
		EXPECT_EQ(translate(5, &pa), PW_ENOENT);
		EXPECT_EQ(pa, 3 * size + 5);
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, size), &on, PW_STRICT, NULL, NULL), 0);
		EXPECT_EQ(*slot, e | PBMT_IO);
		*slot = W | PPN(3 * (size >> 12)); /* made valid it would be bad */
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, size), &on, 0, NULL, &res), 0);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(*slot, W | PPN(3 * (size >> 12)));
	}
}

/* Raw bits that may not change, and those that may if the leaf stays one. */
TEST(raw_changes)
{
	static const struct {
		struct pw_change change;
		uint32_t caps;
		int err;
	} row[] = {
		{ { .raw_set = 3ull << 8 }, 0, 0 },
		{ { .raw_clear = V }, 0, PW_EINVAL },
		{ { .raw_set = PPN(1) }, 0, PW_EINVAL },
		{ { .raw_set = N }, ALL_RVEXT, PW_EINVAL },
		{ { .raw_clear = N }, ALL_RVEXT, PW_EINVAL },
		{ { .raw_set = 1ull << 54 }, ALL_RVEXT, PW_EINVAL },
		{ { .raw_set = 1ull << 58 }, ALL_RVEXT, PW_EINVAL },
		{ { .raw_set = 1ull << 59 }, 0, PW_EINVAL },
		{ { .raw_set = 3ull << 59 }, PW_CAP_SVRSW60T59B, 0 },
		{ { .raw_set = PBMT_NC }, 0, PW_EINVAL },
		{ { .raw_set = PBMT_NC }, PW_CAP_SVPBMT, PW_EOPNOTSUPP }, /* the page is PBMT_IO */
		{ { .raw_clear = PBMT_IO, .raw_set = PBMT_NC }, PW_CAP_SVPBMT, 0 },
		{ { .raw_clear = W }, 0, 0 },
		{ { .raw_clear = R }, 0, PW_EOPNOTSUPP },
		{ { .raw_clear = R | W }, 0, PW_EOPNOTSUPP },
		{ { .raw_clear = R | W, .raw_set = X }, 0, 0 },
		{ { .flags_set = PW_ATTR_DBM }, 0, PW_EOPNOTSUPP },
		{ { .flags_clear = PW_ATTR_CONTIGUOUS }, ALL_RVEXT, PW_EOPNOTSUPP },
		{ { .flags_clear = PW_ATTR_DIRTY | PW_ATTR_ACCESSED }, 0, 0 },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		const struct pw_change *c = &row[i].change;
		uint64_t e = PPN(7) | RW, *slot, want;

		harness_note("row", i);
		if (!rv_open(&rv, false, false, 39, 0, row[i].caps))
			continue;
		e |= row[i].caps & PW_CAP_SVPBMT ? PBMT_IO : 0;
		slot = rv_tables_to(&rv, 0, 0);
		*slot = e;
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, PAGE), c, 0, NULL, NULL), row[i].err);
		want = (e & ~c->raw_clear) | c->raw_set;
		if (c->flags_clear)
			want = e & ~(A | D);
		EXPECT_EQ(*slot, row[i].err ? e : want);
	}
}

/* One privilege: no user's rights; U stays set, and G is not to be had. */
TEST(changes_of_the_g_stage)
{
	static const struct {
		struct pw_change change;
		uint64_t now; /* 0: PW_EOPNOTSUPP */
	} row[] = {
		{ { .perm_clear = PW_PERM_W }, R | U },
		{ { .perm_set = PW_PERM_X }, R | W | X | U },
		{ { .perm_clear = 7, .perm_set = PW_PERM_X }, X | U },
		{ { .perm_clear = 7, .perm_set = PW_PERM_R | PW_PERM_X }, R | X | U },
		{ { .perm_clear = 7 }, 0 },
		{ { .perm_clear = PW_PERM_R }, 0 },
		{ { .perm_clear = PW_PERM_ALL, .perm_set = PW_PERM_R }, 0 },
		{ { .perm_clear = PW_PERM_W | PW_PERM_USER_W }, 0 },
		{ { .perm_set = PW_PERM_USER_X }, 0 },
		{ { .flags_set = PW_ATTR_GLOBAL }, 0 },
		{ { .flags_clear = PW_ATTR_GLOBAL }, 0 },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		uint64_t now;

		harness_note("row", i);
		if (!rv_open(&rv, true, i & 1, 41, 0, 0))
			continue;
		EXPECT_EQ(protect_one(R | W, true, &row[i].change, &now),
			  row[i].now ? 0 : PW_EOPNOTSUPP);
		EXPECT_EQ(now, row[i].now ? row[i].now : R | W | U);
	}
}

/* A bad entry among leaves that are changed: passed over, whatever makes it bad. */
TEST(bad_entries_are_no_part_of_a_change)
{
	static const uint64_t bad[] = {
		V | W | A, V | A, RW | 1ull << 54, RW | 1ull << 59, RW | PBMT_NC, RW | N | PPN(8),
	};
	static const struct pw_change old = { .flags_clear = PW_ATTR_ACCESSED };

	for (unsigned int i = 0; i < 2 * NR(bad); i++) {
		struct pw_result res;
		uint64_t *t;

		harness_note("row", i / 2);
		if (!rv_open(&rv, false, i & 1, 39, 0, 0))
			continue;
		t = rv_tables_to(&rv, 0, 0);
		for (unsigned int k = 0; k < 32; k++)
			t[k] = PPN(k) | RW;
		t[13] = bad[i / 2];
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, 32 * PAGE), &old, 0, NULL, &res), 0);
		EXPECT_EQ(res.nr_entries, 31);
		EXPECT_EQ(res.holes, PAGE);
		EXPECT_EQ(t[13], bad[i / 2]);
		EXPECT_EQ(t[14], PPN(14) | (RW & ~A));
	}
	/* PBMT 3 among pages with PBMT */
	if (rv_open(&rv, false, true, 39, 0, ALL_RVEXT)) {
		uint64_t *t = rv_tables_to(&rv, 0, 0);

		t[0] = RW | PBMT_NC;
		t[1] = RW | PPN(1) | PBMT_NC | PBMT_IO;
		EXPECT_EQ(pw_protect(&rv.pt, pw_range_len(0, 2 * PAGE), &old, 0, NULL, NULL), 0);
		EXPECT_EQ(t[1], RW | PPN(1) | PBMT_NC | PBMT_IO);
	}
}

/* Writable and executable is refused where the handle says so, with user's pages as well. */
TEST(writable_and_executable)
{
	static const struct pw_change x = { .perm_set = PW_PERM_X };
	uint64_t now;

	if (!rv_open(&rv, false, false, 39, PW_TABLE_NO_WX, 0))
		return;
	EXPECT_EQ(protect_one(R | W, false, &x, &now), PW_EPERM);
	EXPECT_EQ(protect_one(R | W, true, &x, &now), PW_EPERM);
	EXPECT_EQ(protect_one(R, true, &x, &now), 0);
}
