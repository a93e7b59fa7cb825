/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * NAPOT groups (Svnapot): 16 entries that are all alike stand for 16 different pages. Every
 * operation over groups, plain pages, and what only looks like a group.
 */
#include "riscv_env.h"

#define PAGE  4096ull
#define GROUP 65536ull
#define NAPOT (N | PPN(8))

static struct rv rv;

static const struct pw_attr rw = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
};
#define RW (V | R | W | A | D)

/* In the upper half where hooked, so that an index is not an address. */
static bool open_with(unsigned int hooked, uint32_t caps)
{
	harness_note("hooked", hooked);
	return rv_open(&rv, false, hooked, 39, hooked ? PW_TABLE_UPPER : 0, caps);
}

static struct pw_range at(uint64_t ia, uint64_t len)
{
	return pw_range_len(rv.pt.first.v + ia, len);
}

static int map(uint64_t ia, uint64_t len, uint64_t pa, uint32_t flags, struct pw_result *res)
{
	return pw_map(&rv.pt, at(ia, len), pw_pa_of(pa), &rw, flags, NULL, res);
}

static uint64_t *pages(uint64_t ia)
{
	return rv_tables_to(&rv, rv.pt.first.v + ia, 0);
}

/* Map ------------------------------------------------------------------------------------------ */

/* Pages 15 to 50 of a table: whole groups are groups, what is left over is plain. */
TEST(map_makes_whole_groups)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct pw_result res;
		uint64_t *t;

		if (!open_with(hooked, PW_CAP_SVNAPOT))
			continue;
		EXPECT_EQ(map(15 * PAGE, 36 * PAGE, 0x7000f000, PW_CONTIGUOUS, &res), 0);
		EXPECT_EQ(res.nr_entries, 36);
		EXPECT_EQ(res.changed, 36 * PAGE);
		t = pages(0);
		for (uint64_t i = 0; i < 64; i++) {
			uint64_t want = i < 15 || i > 50 ? 0 : PPN(0x70000 + i) | RW;

			if (i >= 16 && i < 48)
				want = PPN(0x70000 + (i & ~15ull)) | NAPOT | RW;
			harness_note("i", i);
			EXPECT_EQ(t[i], want);
		}
	}
}

/* No group: not asked for, not the CPU's, output addresses off, one page there already. */
TEST(map_makes_no_group_where_there_can_be_none)
{
	for (unsigned int row = 0; row < 8; row++) {
		uint32_t caps = row / 2 == 1 ? ALL_RVEXT & ~PW_CAP_SVNAPOT : ALL_RVEXT;
		uint64_t pa = row / 2 == 2 ? 0x70001000 : 0x70000000, *t;

		harness_note("row", row / 2);
		if (!open_with(row & 1, caps))
			continue;
		if (row / 2 == 3)
			EXPECT_EQ(map(3 * PAGE, PAGE, pa + 3 * PAGE, 0, NULL), 0);
		EXPECT_EQ(map(0, GROUP, pa, row / 2 ? PW_CONTIGUOUS : 0, NULL), 0);
		t = pages(0);
		for (uint64_t i = 0; i < 16; i++)
			EXPECT_EQ(t[i], PPN((pa >> 12) + i) | RW);
	}
}

/* What is there already, group or not, is left alone and not even written. */
TEST(map_of_the_same_writes_nothing)
{
	for (unsigned int k = 0; k < 8; k++) {
		uint32_t before = k & 2 ? PW_CONTIGUOUS : 0, now = k & 4 ? PW_CONTIGUOUS : 0;
		struct pw_result res;
		uint64_t was[64], *t;

		if (!open_with(k & 1, PW_CAP_SVNAPOT))
			continue;
		harness_note("k", k);
		EXPECT_EQ(map(0, 3 * GROUP, 0x70000000, before, NULL), 0);
		t = pages(0);
		memcpy(was, t, sizeof(was));
		was[20] &= ~D;
		t[20] &= ~D;
		rv.stores = 0;
		EXPECT_EQ(map(0, 3 * GROUP, 0x70000000, now, &res), 0);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(map(5 * PAGE, 20 * PAGE, 0x70005000, now, &res), 0);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(rv.stores, 0);
		EXPECT(memcmp(t, was, sizeof(was)) == 0);
		/* a page further on, or a group further on, is something else */
		EXPECT_EQ(map(0, GROUP, 0x70001000, now, &res), PW_EEXIST);
		EXPECT_EQ(map(0, GROUP, 0x70010000, now, &res), PW_EEXIST);
		EXPECT_EQ(map(7 * PAGE, PAGE, 0x70008000, now, &res), PW_EEXIST);
		EXPECT_EQ(res.where.first.v, rv.pt.first.v + 7 * PAGE);
		EXPECT_EQ(res.where.last.v, rv.pt.first.v + 8 * PAGE - 1);
		/* room behind them is filled, and they stay */
		EXPECT_EQ(map(0, 4 * GROUP, 0x70000000, now, &res), 0);
		EXPECT_EQ(res.changed, GROUP);
		EXPECT(memcmp(t, was, 48 * sizeof(t[0])) == 0);
		EXPECT_EQ(t[63], PPN(now ? 0x70030 : 0x7003f) | (now ? NAPOT : 0) | RW);
	}
}

/* Translate ------------------------------------------------------------------------------------ */

TEST(translate_inside_a_group)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		if (!open_with(hooked, PW_CAP_SVNAPOT))
			continue;
		EXPECT_EQ(map(GROUP, 2 * GROUP, 0x12340000, PW_CONTIGUOUS, NULL), 0);
		for (uint64_t off = 0; off < 2 * GROUP; off += 0x333) {
			struct pw_va va = pw_va_of(rv.pt.first.v + GROUP + off);
			struct pw_translation t;
			struct pw_pa pa = { 0 };

			EXPECT_EQ(pw_translate(&rv.pt, va, &t), 0);
			EXPECT_EQ(t.pa.v, 0x12340000 + off);
			EXPECT_EQ(t.entry, PPN(0x12340 + (off >> 16) * 16) | NAPOT | RW);
			EXPECT_EQ(t.perm, PW_PERM_R | PW_PERM_W);
			EXPECT_EQ(t.leaf_size, PAGE);
			EXPECT_EQ(pw_translate_pa(&rv.pt, va, &pa), 0);
			EXPECT_EQ(pa.v, 0x12340000 + off);
		}
	}
}

/* The last group of the output addresses, at the last of the input addresses. */
TEST(group_at_the_top)
{
	uint64_t top, pa_top = 0xffffffffffffffull;
	struct pw_iter it;
	struct pw_run run;

	for (unsigned int g = 0; g < 2; g++) {
		struct pw_pa pa = { 0 };

		harness_note("g", g);
		if (!rv_open(&rv, g, g, g ? 59 : 57, g ? 0 : PW_TABLE_UPPER, PW_CAP_SVNAPOT))
			continue;
		top = rv.pt.last.v;
		EXPECT_EQ(pw_map(&rv.pt, pw_range_of(top - (GROUP - 1), top),
				 pw_pa_of(pa_top - (GROUP - 1)), &rw, PW_CONTIGUOUS, NULL, NULL),
			  0);
		EXPECT_EQ(*rv_slot(&rv, top, 0), PPN(0xffffffffff8) | N | RW | (g ? U : 0));
		EXPECT_EQ(pw_translate_pa(&rv.pt, pw_va_of(top), &pa), 0);
		EXPECT_EQ(pa.v, pa_top);
		EXPECT_EQ(pw_iter_init(&it, &rv.pt, pw_range_of(rv.pt.first.v, top), PW_WANT_LEAVES,
				       0),
			  0);
		EXPECT_EQ(pw_iter_next(&it, &run), 1);
		EXPECT_EQ(run.nr, 16);
		EXPECT_EQ(run.pa.v, pa_top - (GROUP - 1));
		EXPECT_EQ(run.last.v, top);
	}
}

/* Iterate -------------------------------------------------------------------------------------- */

#define SLOTS 1024u /* two tables */

/* An entry as the specification reads it, for the slot it is in. */
struct seen {
	enum pw_run_kind kind;
	uint64_t attrs; /* all but the address, N, A, D and software bits */
	uint64_t raw;
	uint64_t ad, soft;
	uint64_t page;
	bool group;
};

static struct seen see(uint64_t e, uint64_t index)
{
	struct seen s = { .raw = e, .page = e >> 10 & 0xfffffffffffull, .group = e >> 63 };
	bool leaf = e & (R | X), well = !(e & W) || (e & R);

	if (s.group && (s.page & 15) != 8)
		well = false;
	if (e & V)
		s.kind = leaf && well ? PW_RUN_LEAF : PW_RUN_BAD;
	else if (e)
		s.kind = leaf && well ? PW_RUN_INVALID : PW_RUN_NONPRESENT;
	else
		s.kind = PW_RUN_HOLE;
	if (s.group)
		s.page = (s.page & ~15ull) | (index & 15);
	s.ad = e & (A | D);
	s.soft = e & (3ull << 8 | 3ull << 59);
	s.attrs = e & ~(PPN(0xfffffffffff) | N | A | D | 3ull << 8 | 3ull << 59);
	return s;
}

/* Does @b, @n slots behind @a, belong to the run that @a began? */
static bool same_run(const struct seen *a, const struct seen *b, uint64_t n, uint32_t ignore)
{
	if (a->kind != b->kind || a->kind == PW_RUN_BAD)
		return false;
	if (a->kind == PW_RUN_HOLE)
		return true;
	if (a->kind == PW_RUN_NONPRESENT)
		return a->raw == b->raw;
	return a->attrs == b->attrs && ((ignore & PW_IGNORE_AD) || a->ad == b->ad) &&
	       ((ignore & PW_IGNORE_SOFT) || a->soft == b->soft) &&
	       ((ignore & PW_IGNORE_CONTIGUOUS) || a->group == b->group) &&
	       ((ignore & PW_IGNORE_PA) || a->page + n == b->page);
}

static uint64_t e_of[SLOTS];

static const uint32_t want_of[] = {
	[PW_RUN_HOLE] = PW_WANT_HOLES,
	[PW_RUN_LEAF] = PW_WANT_LEAVES,
	[PW_RUN_TABLE_PRE] = 0,
	[PW_RUN_INVALID] = PW_WANT_INVALID,
	[PW_RUN_NONPRESENT] = PW_WANT_NONPRESENT,
	[PW_RUN_BAD] = PW_WANT_BAD,
};

/* The iterator's runs are those that one finds entry by entry. */
static void check_runs(uint32_t want, uint32_t ignore)
{
	struct pw_iter it;
	struct pw_run run;
	uint64_t i = 0, n;

	harness_note("want", want);
	harness_note("ignore", ignore);
	EXPECT_EQ(pw_iter_init(&it, &rv.pt, at(0, SLOTS * PAGE), want, ignore), 0);
	for (; i < SLOTS; i += n) {
		struct seen first = see(e_of[i], i), next;

		for (n = 1; i + n < SLOTS; n++) {
			next = see(e_of[i + n], i + n);
			if (!same_run(&first, &next, n, ignore))
				break;
		}
		if (!((want | PW_WANT_BAD) & want_of[first.kind]))
			continue;
		harness_note("slot", i);
		if (!EXPECT_EQ(pw_iter_next(&it, &run), 1))
			return;
		EXPECT_EQ(run.kind, first.kind);
		EXPECT_EQ(run.first.v, rv.pt.first.v + i * PAGE);
		EXPECT_EQ(run.nr, n);
		EXPECT_EQ(run.last.v, rv.pt.first.v + (i + n) * PAGE - 1);
		EXPECT_EQ(run.entry, first.raw);
		if (first.kind == PW_RUN_LEAF || first.kind == PW_RUN_INVALID)
			EXPECT_EQ(run.pa.v, first.page * PAGE);
		if (run.nr != n)
			return;
	}
	EXPECT_EQ(pw_iter_next(&it, &run), 0);
}

static void put_runs(void)
{
	uint64_t *low = pages(0), *high = pages(512 * PAGE);

	memcpy(low, e_of, 4096);
	memcpy(high, e_of + 512, 4096);
}

TEST(runs_over_groups_and_pages)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		if (!open_with(hooked, ALL_RVEXT))
			continue;
		/* pages, groups up to and over the end of a table, pages again */
		for (uint64_t i = 0; i < SLOTS; i++)
			e_of[i] = i >= 480 && i < 560 ? PPN(0x5000 + (i & ~15ull)) | NAPOT | RW :
							PPN(0x5000 + i) | RW;
		put_runs();
		for (uint32_t ignore = 0; ignore <= PW_IGNORE_ALL; ignore++)
			check_runs(PW_WANT_LEAVES, ignore);
	}
}

/* Something near what came before: the next page or group, as it is, or with one bit off. */
static void random_entries(void)
{
	static const uint64_t odd[] = { A, D, 1ull << 8, 1ull << 59, V, W, N, R | X, PBMT_NC };
	uint64_t base = 0x40000, attrs = RW, flat = 0;
	bool group = false;

	for (uint64_t i = 0; i < SLOTS; i++) {
		uint64_t e;

		if (harness_below(8) == 0)
			group = harness_below(2);
		if (harness_below(24) == 0)
			attrs = RW & ~(harness_below(2) ? W : 0) & ~(harness_below(4) ? 0 : V);
		if (harness_below(40) == 0)
			base += 16 * harness_below(3);
		e = attrs | (group ? PPN(base + (i & ~15ull)) | NAPOT : PPN(base + i));
		if (harness_below(12) == 0)
			e ^= odd[harness_below(sizeof(odd) / sizeof(odd[0]))];
		if (harness_below(24) == 0)
			flat = 1 + harness_below(6);
		if (flat && flat--)
			e = attrs | N | PPN(base + i); /* a group's flat form is no entry */
		if (harness_below(24) == 0)
			e = harness_below(2) ? 0 : N | PPN(base + harness_below(2)) | 1ull << 8;
		if (harness_below(24) == 0 && i)
			e = e_of[i - 1];
		/* of equal entries that are no leaves by their address alone each is a run */
		if (!(e & V) && (e & (R | X)) && i && e == e_of[i - 1] &&
		    see(e, i).kind == PW_RUN_NONPRESENT)
			e = 0;
		e_of[i] = e;
	}
}

TEST(runs_over_anything)
{
	for (unsigned int round = 0; round < 200; round++) {
		if (!open_with(round & 1, ALL_RVEXT))
			continue;
		harness_note("round", round);
		random_entries();
		put_runs();
		for (uint32_t ignore = 0; ignore <= PW_IGNORE_ALL; ignore++) {
			check_runs(PW_WANT_ALL & ~(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST), ignore);
			check_runs(PW_WANT_HOLES, ignore);
			check_runs(PW_WANT_LEAVES, ignore);
		}
		if (harness_failures())
			return;
	}
}

/* Without the extension N is a reserved bit, and nothing is a group. */
TEST(no_groups_without_the_extension)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++)
		for (uint32_t ignore = 0; ignore <= PW_IGNORE_ALL; ignore++) {
			struct pw_iter it;
			struct pw_run run;
			uint64_t *t, i = 0;

			harness_note("ignore", ignore);
			if (!open_with(hooked, PW_CAP_SVPBMT))
				continue;
			t = pages(0);
			for (i = 0; i < 32; i++)
				t[i] = PPN(i) | RW;
			for (i = 8; i < 24; i++)
				t[i] = PPN(i & ~15ull) | NAPOT | RW;
			EXPECT_EQ(pw_iter_init(&it, &rv.pt, at(0, 32 * PAGE), PW_WANT_HOLES,
					       ignore),
				  0);
			for (i = 8; pw_iter_next(&it, &run) > 0; i++) {
				EXPECT_EQ(run.kind, PW_RUN_BAD);
				EXPECT_EQ(run.first.v, rv.pt.first.v + i * PAGE);
			}
			EXPECT_EQ(i, 24);
		}
}

/* Unmap and protect ---------------------------------------------------------------------------- */

static const struct pw_change ro = { .perm_clear = PW_PERM_W };

/* Both, over [@first, @last] in pages: refused, @where in pages, and nothing is written. */
static void refuse(uint64_t first, uint64_t last, uint64_t where_first, uint64_t where_last)
{
	struct pw_range range = at(first * PAGE, (last - first + 1) * PAGE);
	uint64_t was[64], *t = pages(0);

	memcpy(was, t, sizeof(was));
	rv.stores = 0;
	for (unsigned int k = 0; k < 4; k++) {
		uint32_t flags = k & 2 ? PW_STRICT : 0;
		struct pw_result res;

		harness_note("k", k);
		EXPECT_EQ(k & 1 ? pw_protect(&rv.pt, range, &ro, flags, NULL, &res) :
				  pw_unmap(&rv.pt, range, flags, NULL, &res),
			  PW_EBUSY);
		EXPECT_EQ(res.where.first.v, rv.pt.first.v + where_first * PAGE);
		EXPECT_EQ(res.where.last.v, rv.pt.first.v + (where_last + 1) * PAGE - 1);
		EXPECT_EQ(res.changed, 0);
		EXPECT(res.entry & N);
	}
	EXPECT_EQ(rv.stores, 0);
	EXPECT(memcmp(was, t, sizeof(was)) == 0);
}

TEST(a_group_changes_as_a_whole_or_not_at_all)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		if (!open_with(hooked, PW_CAP_SVNAPOT))
			continue;
		/* 8 pages, groups at 16 and 32, 8 pages */
		EXPECT_EQ(map(8 * PAGE, 48 * PAGE, 0x70008000, PW_CONTIGUOUS, NULL), 0);
		refuse(16, 30, 16, 30);
		refuse(17, 31, 17, 31);
		refuse(20, 20, 20, 20);
		refuse(8, 16, 16, 16); /* named as far as the range goes */
		refuse(8, 40, 32, 40);
		refuse(31, 55, 31, 31);
		refuse(47, 50, 47, 47);
	}
}

/* All entries of a group change alike, and it stays one. */
TEST(protect_keeps_groups)
{
	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct pw_result res;
		uint64_t *t;

		if (!open_with(hooked, PW_CAP_SVNAPOT))
			continue;
		EXPECT_EQ(map(8 * PAGE, 48 * PAGE, 0x70008000, PW_CONTIGUOUS, NULL), 0);
		EXPECT_EQ(pw_protect(&rv.pt, at(16 * PAGE, 16 * PAGE), &ro, 0, NULL, &res), 0);
		EXPECT_EQ(res.nr_entries, 16);
		t = pages(0);
		for (uint64_t i = 8; i < 56; i++) {
			uint64_t want = PPN(0x70000 + i) | RW;

			if (i >= 16 && i < 48)
				want = PPN(0x70000 + (i & ~15ull)) | NAPOT | RW;
			harness_note("i", i);
			EXPECT_EQ(t[i], i >= 16 && i < 32 ? want & ~W : want);
		}
		EXPECT_EQ(pw_protect(&rv.pt, at(8 * PAGE, 48 * PAGE), &ro, PW_STRICT, NULL, &res),
			  0);
		EXPECT_EQ(res.nr_entries, 32); /* 16 were like that already */
		EXPECT_EQ(t[16], PPN(0x70010) | NAPOT | (RW & ~W));
		EXPECT_EQ(t[33], PPN(0x70020) | NAPOT | (RW & ~W));
		EXPECT_EQ(t[55], PPN(0x70037) | (RW & ~W));
		EXPECT_EQ(pw_unmap(&rv.pt, at(16 * PAGE, 32 * PAGE), PW_STRICT, NULL, &res), 0);
		EXPECT_EQ(res.nr_entries, 32);
		EXPECT_EQ(t[15], PPN(0x7000f) | (RW & ~W));
		EXPECT_EQ(t[16] | t[47], 0);
		EXPECT_EQ(pw_unmap(&rv.pt, at(0, 64 * PAGE), 0, NULL, &res), 0);
		EXPECT_EQ(rv.balance, 0);
	}
}

/* Present-but-invalid groups keep their form, and come back. */
TEST(groups_become_invalid_and_valid_again)
{
	static const struct pw_change off = { .flags_clear = PW_ATTR_VALID };
	static const struct pw_change on = { .flags_set = PW_ATTR_VALID };
	struct pw_translation tr;
	struct pw_va va;

	if (!open_with(1, PW_CAP_SVNAPOT))
		return;
	va = pw_va_of(rv.pt.first.v + 5 * PAGE + 7);
	EXPECT_EQ(map(0, GROUP, 0x70000000, PW_CONTIGUOUS, NULL), 0);
	EXPECT_EQ(pw_protect(&rv.pt, at(0, GROUP), &off, PW_STRICT, NULL, NULL), 0);
	EXPECT_EQ(pw_translate(&rv.pt, va, &tr), PW_ENOENT);
	EXPECT_EQ(tr.kind, PW_KIND_INVALID);
	EXPECT_EQ(tr.pa.v, 0x70005007);
	EXPECT_EQ(pw_protect(&rv.pt, at(PAGE, PAGE), &on, 0, NULL, NULL), PW_EBUSY);
	EXPECT_EQ(pw_protect(&rv.pt, at(0, GROUP), &on, PW_STRICT, NULL, NULL), 0);
	EXPECT_EQ(pw_translate(&rv.pt, va, &tr), 0);
	EXPECT_EQ(tr.entry, PPN(0x70000) | NAPOT | RW);
}

/*
 * An entry with N that is no group, in the middle of a group and in the middle of pages: protect
 * passes it over, PW_STRICT names it, unmap removes it.
 */
TEST(what_only_looks_like_a_group)
{
	for (unsigned int k = 0; k < 8; k++) {
		uint64_t form = k & 2 ? NAPOT : 0, *t;
		uint64_t bad = PPN(k & 4 ? 0x7000c : 0x70005) | N | RW;
		struct pw_result res;

		harness_note("k", k);
		if (!open_with(k & 1, PW_CAP_SVNAPOT))
			continue;
		EXPECT_EQ(map(0, 2 * GROUP, 0x70000000, form ? PW_CONTIGUOUS : 0, NULL), 0);
		t = pages(0);
		EXPECT_EQ(t[5] & NAPOT & N, form & N);
		t[5] = bad;
		EXPECT_EQ(pw_protect(&rv.pt, at(0, 2 * GROUP), &ro, PW_STRICT, NULL, &res),
			  PW_EDOM);
		EXPECT_EQ(res.where.first.v, rv.pt.first.v + 5 * PAGE);
		EXPECT_EQ(pw_protect(&rv.pt, at(0, 2 * GROUP), &ro, 0, NULL, &res), 0);
		EXPECT_EQ(res.nr_entries, 31);
		EXPECT_EQ(res.holes, PAGE);
		EXPECT_EQ(t[5], bad);
		EXPECT_EQ(t[4] & W, 0);
		EXPECT_EQ(t[6] & W, 0);
		EXPECT_EQ(pw_unmap(&rv.pt, at(0, 2 * GROUP), 0, NULL, &res), 0);
		EXPECT_EQ(res.changed, 2 * GROUP);
		EXPECT_EQ(rv.balance, 0);
	}
}
