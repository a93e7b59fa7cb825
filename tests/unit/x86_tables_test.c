/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64 tables: built by hand and read by the library, built by the library and read by hand.
 * Halves of one root, rights over levels, reserved bits on the way, what is not present, and which
 * changes can be expressed.
 */
#include <pagewalk/x86.h>
#include <stdlib.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define BIT(n)	 (1ull << (n))
#define UPPER_48 0xffff800000000000ull
#define UPPER_57 0xff00000000000000ull
#define TOP	 0xffffffffffffffffull
#define NEW	 0x27ull /* P, R/W, U/S, A: what leads to a table */
#define ADDR	 0x000ffffffffff000ull
#define PA_BASE	 0x40000000ull

static struct world w;

static bool open_world(bool hooked, uint32_t va_bits, uint32_t flags, uint32_t caps)
{
	struct world_options o = { .hooked = hooked,
				   .va_bits = va_bits,
				   .flags = flags,
				   .caps = caps,
				   .mair = PW_X86_PAT_RESET,
				   .pa_base = PA_BASE };

	return world_open(&w, &world_formats[WORLD_X86_64], &o);
}

/* Again over the same root, with what an option does not say. */
static void reopen(uint64_t enc_mask, uint32_t pa_bits, uint32_t leaf_levels)
{
	w.cfg.enc_mask = enc_mask;
	w.cfg.pa_bits = pa_bits;
	w.cfg.leaf_levels = leaf_levels;
	EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
}

static void close_world(void)
{
	EXPECT_EQ(w.violations, 0);
	world_close(&w);
}

static uint64_t raw_at(uint64_t table, uint64_t index)
{
	return *world_slot(&w, table & ADDR, index);
}

static struct pw_attr attr_of(uint32_t perm)
{
	return (struct pw_attr){ .perm = perm, .flags = PW_ATTR_VALID };
}

static int map(uint64_t va, uint64_t len, uint64_t pa, uint32_t perm, struct pw_result *res)
{
	struct pw_attr attr = attr_of(perm);

	return pw_map(&w.pt, pw_range_len(va, len), pw_pa_of(pa), &attr, 0, NULL, res);
}

static int unmap(uint64_t va, uint64_t len, uint32_t flags)
{
	return pw_unmap(&w.pt, pw_range_len(va, len), flags, NULL, NULL);
}

/* Tables from the root to level @stop for address 0 of the half; the last one's address. */
static uint64_t tables_to(unsigned int stop, uint64_t bits)
{
	uint64_t table = w.base, index = w.pt.root_skip;

	for (unsigned int level = (unsigned int)w.pt.levels - 1; level > stop; level--) {
		uint64_t next = world_page(&w);

		*world_slot(&w, table, index) = next | bits;
		table = next;
		index = 0;
	}
	return table;
}

static uint64_t *slot_to(unsigned int stop, uint64_t bits)
{
	uint64_t table = tables_to(stop, bits);

	return world_slot(&w, table, stop + 1 == w.pt.levels ? w.pt.root_skip : 0);
}

/* Halves ------------------------------------------------------------------------------------- */

/* The first and the last page of a half, and the entries of the root that lead there. */
static void expect_half(uint64_t first, uint64_t last, uint64_t index)
{
	EXPECT_EQ(w.pt.first.v, first);
	EXPECT_EQ(w.pt.last.v, last);
	EXPECT_EQ(map(first, 0x1000, 0x5000, PW_PERM_R, NULL), 0);
	EXPECT_EQ(map(last - 0xfff, 0x1000, 0x6000, PW_PERM_R, NULL), 0);
	for (uint64_t i = 0; i < 512; i++)
		EXPECT_EQ(raw_at(w.base, i) & ~ADDR, i == index || i == index + 255 ? NEW : 0);
	EXPECT_EQ(unmap(first, 0x1000, PW_STRICT), 0);
	EXPECT_EQ(unmap(last - 0xfff, 0x1000, PW_STRICT), 0);
	EXPECT_EQ(w.balance, 0);
}

static void expect_edges(uint64_t lower_last, uint64_t upper_first, bool upper)
{
	struct pw_translation t;
	uint64_t in = upper ? upper_first : lower_last, out = upper ? lower_last : upper_first;

	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(in), &t), PW_ENOENT);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(out), &t), PW_ERANGE);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(lower_last + 1), &t), PW_EINVAL);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(upper_first - 1), &t), PW_EINVAL);
	EXPECT_EQ(unmap(lower_last - 0xfff, 0x2000, 0), PW_EINVAL);
	EXPECT_EQ(unmap(upper_first - 0x1000, 0x2000, 0), PW_EINVAL);
	EXPECT_EQ(unmap(out & ~0xfffull, 0x1000, 0), PW_ERANGE);
}

TEST(halves_of_one_root)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool upper = i & 1u, wide = i & 2u, hooked = i & 4u;
		uint64_t low = wide ? BIT(56) - 1 : BIT(47) - 1;
		uint64_t high = wide ? UPPER_57 : UPPER_48;

		harness_note("i", i);
		if (!open_world(hooked, wide ? 57 : 48, upper ? PW_TABLE_UPPER : 0, 0))
			return;
		EXPECT_EQ(w.pt.levels, wide ? 5 : 4);
		EXPECT_EQ(w.pt.root_bytes, 4096);
		expect_half(upper ? high : 0, upper ? TOP : low, upper ? 256 : 0);
		expect_edges(low, high, upper);
		close_world();
	}
}

/* What one half does, the other does not see, and does not free. */
TEST(halves_are_apart)
{
	struct pw_table_config c;
	struct pw_table upper;
	struct pw_attr attr = attr_of(PW_PERM_R | PW_PERM_W);
	struct pw_pa pa;

	if (!open_world(false, 48, 0, 0))
		return;
	c = w.cfg;
	c.flags |= PW_TABLE_UPPER;
	EXPECT_EQ(pw_table_init(&upper, &c), 0);
	EXPECT_EQ(map(0, 0x1000, 0x1000, PW_PERM_R, NULL), 0);
	EXPECT_EQ(pw_map(&upper, pw_range_len(TOP - 0xfff, 0x1000), pw_pa_of(0x2000), &attr, 0,
			 NULL, NULL),
		  0);
	EXPECT_EQ(pw_unmap(&w.pt, (struct pw_range){ w.pt.first, w.pt.last }, 0, NULL, NULL), 0);
	EXPECT_EQ(w.balance, 3);
	EXPECT_EQ(pw_translate_pa(&upper, pw_va_of(TOP), &pa), 0);
	EXPECT_EQ(pa.v, 0x2fff);
	EXPECT_EQ(pw_unmap(&upper, (struct pw_range){ upper.first, upper.last }, 0, NULL, NULL), 0);
	EXPECT_EQ(w.balance, 0);
	close_world();
}

TEST(sizes_of_handles)
{
	struct pw_table bad;

	if (!open_world(false, 0, 0, 0))
		return;
	EXPECT_EQ(w.pt.levels, 5);
	for (uint32_t bits = 1; bits < 70; bits++) {
		w.cfg.va_bits = bits;
		EXPECT_EQ(pw_table_init(&bad, &w.cfg), bits == 48 || bits == 57 ? 0 : PW_ERANGE);
	}
	w.cfg.va_bits = 48;
	w.cfg.levels = 5;
	EXPECT_EQ(pw_table_init(&bad, &w.cfg), PW_ERANGE);
	w.cfg.levels = 0;
	w.cfg.leaf_levels = 4;
	EXPECT_EQ(pw_table_init(&bad, &w.cfg), PW_ERANGE);
	w.cfg.leaf_levels = 0;
	w.cfg.pa_bits = 53;
	EXPECT_EQ(pw_table_init(&bad, &w.cfg), PW_ERANGE);
	w.cfg.pa_bits = 0;
	for (uint32_t r = 0; r < PW_NR_REGIMES; r++) {
		w.cfg.regime = r;
		EXPECT_EQ(pw_table_init(&bad, &w.cfg),
			  !r || r == PW_REGIME_X86 ? 0 : PW_EOPNOTSUPP);
		EXPECT_EQ(bad.regime, PW_REGIME_X86);
	}
	close_world();
}

/* Processors set A and D whenever they like: of live tables no plain store may lose them. */
TEST(live_handles_know_who_writes)
{
	struct pw_table pt;

	if (!open_world(false, 48, 0, 0))
		return;
	w.cfg.flags |= PW_TABLE_LIVE;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), 0);
	EXPECT_EQ(pt.caps.flags & (PW_CAP_HAF | PW_CAP_HD), PW_CAP_HAF | PW_CAP_HD);
	w.cfg.exec = NULL;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	close_world();
}

/* Tables that the library builds -------------------------------------------------------------- */

/* 4K, 2M and 1G leaves of one mapping, read from memory. */
static void expect_built(void)
{
	uint64_t va = w.pt.first.v + 0x3ffff000, l3, l2, l1, l0;
	struct pw_result res;

	EXPECT_EQ(raw_at(w.base, w.pt.root_skip), 0);
	EXPECT_EQ(map(va, 0x40202000, 0x7ffff000, PW_PERM_R | PW_PERM_W, &res), 0);
	EXPECT_EQ(res.nr_entries, 1 + 1 + 1 + 1);
	EXPECT_EQ(res.nr_tables, w.pt.levels + 1);
	l3 = raw_at(w.base, w.pt.root_skip);
	EXPECT_EQ(l3 & ~ADDR, NEW);
	if (w.pt.levels == 5)
		l3 = raw_at(l3, 0);
	EXPECT_EQ(l3 & ~ADDR, NEW);
	l2 = raw_at(l3, 0);
	EXPECT_EQ(l2 & ~ADDR, NEW);
	EXPECT_EQ(raw_at(l3, 1), 0x8000000080000083ull);
	l1 = raw_at(l2, 511);
	EXPECT_EQ(l1 & ~ADDR, NEW);
	EXPECT_EQ(raw_at(l1, 511), 0x800000007ffff003ull);
	l2 = raw_at(l3, 2);
	EXPECT_EQ(raw_at(l2, 0), 0x80000000c0000083ull);
	l0 = raw_at(l2, 1);
	EXPECT_EQ(raw_at(l0, 0), 0x80000000c0200003ull);
	EXPECT_EQ(raw_at(l0, 1), 0);
}

/* One protect over all of it; the iterator; and every table comes back. */
static void expect_changed(void)
{
	uint64_t va = w.pt.first.v + 0x3ffff000, len = 0x40202000;
	struct pw_range range = pw_range_len(va, len);
	struct pw_change c = { .perm_clear = PW_PERM_W,
			       .perm_set = PW_PERM_X,
			       .flags_set = PW_ATTR_GLOBAL | PW_ATTR_DIRTY | PW_ATTR_VALID };
	static const uint64_t size[] = { 0x1000, 0x40000000, 0x200000, 0x1000 };
	struct pw_translation t;
	struct pw_result res;
	struct pw_iter it;
	struct pw_run run;
	unsigned int n = 0;

	EXPECT_EQ(pw_protect(&w.pt, range, &c, PW_STRICT, NULL, &res), 0);
	EXPECT_EQ(res.changed, len);
	EXPECT_EQ(pw_iter_init(&it, &w.pt, range, PW_WANT_LEAVES, 0), 0);
	for (; pw_iter_next(&it, &run) > 0 && n < 4; n++) {
		EXPECT_EQ(run.kind, PW_RUN_LEAF);
		EXPECT_EQ(run.last.v - run.first.v + 1, size[n]);
		EXPECT_EQ(run.pa.v, run.first.v - va + 0x7ffff000);
		EXPECT_EQ(run.perm, PW_PERM_R | PW_PERM_X);
		EXPECT_EQ(run.entry & ~ADDR, size[n] > 0x1000 ? 0x1c1 : 0x141);
	}
	EXPECT_EQ(n, 4);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va + 0x12345678), &t), 0);
	EXPECT_EQ(t.pa.v, 0x7ffff000ull + 0x12345678ull);
	EXPECT_EQ(t.level, 2);
	/* a large leaf is not covered in part, one that is identical stays */
	EXPECT_EQ(unmap(va, 0x2000, 0), PW_EBUSY);
	EXPECT_EQ(map(va + 0x1000, 0x1000, 0x80001000, PW_PERM_R, &res), PW_EEXIST);
	EXPECT_EQ(pw_unmap(&w.pt, range, PW_STRICT, NULL, NULL), 0);
	EXPECT_EQ(w.balance, 0);
	EXPECT_EQ(raw_at(w.base, w.pt.root_skip), 0);
}

TEST(map_protect_iterate_unmap)
{
	for (unsigned int i = 0; i < 8; i++) {
		harness_note("i", i);
		if (!open_world(i & 1u, i & 2u ? 57 : 48, i & 4u ? PW_TABLE_UPPER : 0, 0))
			return;
		expect_built();
		expect_changed();
		close_world();
	}
}

/* No 1G pages: neither made nor read. */
TEST(leaf_levels_of_the_cpu)
{
	struct pw_result res;
	struct pw_pa pa;

	if (!open_world(false, 48, 0, 0))
		return;
	reopen(0, 0, 2);
	EXPECT_EQ(map(0, 0x40000000, 0, PW_PERM_R, &res), 0);
	EXPECT_EQ(res.nr_entries, 512);
	EXPECT_EQ(unmap(0, 0x40000000, 0), 0);
	*slot_to(2, NEW) = 0x40000083;
	EXPECT_EQ(pw_translate_pa(&w.pt, pw_va_of(0), &pa), PW_EDOM);
	reopen(0, 0, 3);
	EXPECT_EQ(pw_translate_pa(&w.pt, pw_va_of(0x1234), &pa), 0);
	EXPECT_EQ(pa.v, 0x40001234);
	close_world();
}

/* The bit that says encrypted: in what leads to tables, in leaves on demand, never in addresses. */
TEST(encryption_in_tables)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool shared = i & 1u;
		struct pw_attr attr = attr_of(PW_PERM_R);
		struct pw_change c = { .flags_clear = PW_ATTR_ENCRYPTED };
		struct pw_translation t;
		uint64_t e;

		harness_note("i", i);
		if (!open_world(i & 2u, 48, 0, 0))
			return;
		w.cfg.flags |= shared ? PW_TABLE_SHARED_BIT : 0;
		reopen(BIT(47), 0, 0);
		attr.flags |= PW_ATTR_ENCRYPTED;
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 0x202000), pw_pa_of(0x600000), &attr, 0,
				 NULL, NULL),
			  0);
		e = raw_at(w.base, 0);
		EXPECT_EQ(e & BIT(47), shared ? 0 : BIT(47));
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x200fff), &t), 0);
		EXPECT_EQ(t.pa.v, 0x800fff);
		EXPECT_EQ(t.entry & BIT(47), shared ? 0 : BIT(47));
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x202000), &c, PW_STRICT, NULL, NULL),
			  0);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x1fffff), &t), 0);
		EXPECT_EQ(t.pa.v, 0x7fffff);
		EXPECT_EQ(t.entry & BIT(47), shared ? BIT(47) : 0);
		/* an address with the bit is none */
		EXPECT_EQ(map(0x400000, 0x1000, BIT(47), PW_PERM_R, NULL), PW_ERANGE);
		EXPECT_EQ(map(0x400000, 0x2000, BIT(47) - 0x1000, PW_PERM_R, NULL), PW_ERANGE);
		EXPECT_EQ(map(0x400000, 0x1000, BIT(47) - 0x1000, PW_PERM_R, NULL), 0);
		EXPECT_EQ(unmap(0, 0x401000, 0), 0);
		EXPECT_EQ(w.balance, 0);
		close_world();
	}
}

/* Rights over levels -------------------------------------------------------------------------- */

/* SDM 4.6.1 for one access of each kind, by the bits of all entries of the walk. */
static uint32_t sdm_perm(uint32_t caps, const uint64_t *entry, unsigned int nr)
{
	bool user = true, writable = true, xd = false, super;
	uint32_t perm = 0;

	for (unsigned int i = 0; i < nr; i++) {
		user = user && (entry[i] & BIT(2));
		writable = writable && (entry[i] & BIT(1));
		xd = xd || (entry[i] & BIT(63));
	}
	super = !user || !(caps & PW_CAP_SMAP);
	if (super)
		perm |= PW_PERM_R;
	if (super && (writable || (caps & PW_CAP_NO_WP)))
		perm |= PW_PERM_W;
	if (!xd && (!user || !(caps & PW_CAP_SMEP)))
		perm |= PW_PERM_X;
	if (user)
		perm |= PW_PERM_USER_R | (writable ? PW_PERM_USER_W : 0) |
			(xd ? 0 : PW_PERM_USER_X);
	return perm;
}

/* Each level with each combination of R/W, U/S and XD. */
static void every_walk(unsigned int stop)
{
	unsigned int nr = (unsigned int)w.pt.levels - stop;
	uint64_t *slot[5], entry[5], base[5];

	*slot_to(stop, NEW) = stop ? 0x40000081 : 0x40000001;
	for (unsigned int i = 0; i < nr; i++) {
		slot[i] = i ? world_slot(&w, entry[i - 1] & ADDR, 0) : world_slot(&w, w.base, 0);
		entry[i] = *slot[i];
		base[i] = entry[i] & ~(BIT(1) | BIT(2) | BIT(63));
	}
	for (unsigned int n = 0; n < 1u << 3 * nr; n++) {
		for (unsigned int i = 0; i < nr; i++) {
			uint64_t three = n >> 3 * i & 7u;

			entry[i] = base[i] | (three & 3u) << 1 | (three & 4u) << 61;
			*slot[i] = entry[i];
		}
		harness_note("n", n);
		for (unsigned int c = 0; c < 8; c++) {
			struct pw_translation t;

			w.pt.caps.flags = (c & 1u ? PW_CAP_NO_WP : 0) | (c & 2u ? PW_CAP_SMEP : 0) |
					  (c & 4u ? PW_CAP_SMAP : 0);
			EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0), &t), 0);
			EXPECT_EQ(t.perm, sdm_perm(w.pt.caps.flags, entry, nr));
		}
	}
}

TEST(permissions_fold_over_levels)
{
	for (unsigned int stop = 0; stop < 3; stop++) {
		harness_note("stop", stop);
		if (!open_world(false, 48, 0, 0))
			return;
		every_walk(stop);
		world_close(&w);
	}
	if (!open_world(false, 57, 0, 0))
		return;
	every_walk(1);
	close_world();
}

/* A run does not go on where tables take something else away. */
TEST(runs_end_where_rights_do)
{
	struct pw_iter it;
	struct pw_run run;

	if (!open_world(false, 48, 0, 0))
		return;
	EXPECT_EQ(map(0x1ff000, 0x2000, 0x7ff000, PW_PERM_R | PW_PERM_W, NULL), 0);
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int n = 0;

		EXPECT_EQ(pw_iter_init(&it, &w.pt, pw_range_len(0, 0x400000), PW_WANT_LEAVES, 0),
			  0);
		for (; pw_iter_next(&it, &run) > 0; n++)
			EXPECT_EQ(run.perm, PW_PERM_R | (n ? 0 : PW_PERM_W));
		EXPECT_EQ(n, i + 1);
		*world_slot(&w, raw_at(raw_at(w.base, 0), 0) & ADDR, 1) &= ~BIT(1);
	}
	close_world();
}

/* Two neighbours that differ in one bit: are they one run? */
TEST(runs_and_what_they_ignore)
{
	static const uint64_t ignored[] = { 0, 0x60, 0x07f0000000000e00ull, 0, ADDR & ~BIT(45) };

	for (unsigned int n = 0; n < 3 * 5; n++) {
		unsigned int level = n % 3;
		uint64_t size = 0x1000ull << 9 * level, *slot;
		uint64_t mask = ignored[n / 3] & ~(ADDR & (size - 1));

		if (!open_world(false, 48, 0, 0))
			return;
		reopen(BIT(45), 0, 0);
		slot = slot_to(level, NEW);
		for (unsigned int bit = 1; bit < 64; bit++) {
			uint64_t e = 0x80000001 | (level ? BIT(7) : 0);
			struct pw_iter it;
			struct pw_run run;
			unsigned int runs = 0;

			slot[0] = e;
			slot[1] = (e + size) ^ BIT(bit);
			if ((level && bit == 7) || pw_entry_reserved(&w.pt, slot[1], level))
				continue;
			harness_note("n", n);
			harness_note("bit", bit);
			EXPECT_EQ(pw_iter_init(&it, &w.pt, pw_range_len(0, 2 * size),
					       PW_WANT_LEAVES, 1u << n / 3 >> 1),
				  0);
			while (pw_iter_next(&it, &run) > 0)
				runs++;
			EXPECT_EQ(runs, mask & BIT(bit) ? 1 : 2);
		}
		close_world();
	}
}

/* Reserved bits and what is not present ------------------------------------------------------- */

/* One reserved bit anywhere on the way is a fault, and only that. */
TEST(reserved_bits_end_a_walk)
{
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t caps = i & 1u ? PW_CAP_NO_NX : 0;

		if (!open_world(i & 2u, 57, 0, caps))
			return;
		reopen(BIT(45), 40, 0);
		for (unsigned int level = 1; level < 6; level++) {
			unsigned int at = level == 5 ? 0 : level;
			uint64_t *slot = slot_to(at, NEW);

			*slot = at ? world_page(&w) | NEW : 0x40000001;
			for (unsigned int bit = 0; bit < 64; bit++) {
				bool bad = (bit >= 40 && bit <= 51 && bit != 45) ||
					   (bit == 63 && caps) || (bit == 7 && at >= 3);
				struct pw_translation t;
				struct pw_pa pa;
				int err;

				/* a large leaf is another test, another table not ours */
				if (at && ((at < 3 && bit == 7) || (bit >= 12 && bit < 40)))
					continue;
				harness_note("level", at);
				harness_note("bit", bit);
				*slot ^= BIT(bit);
				err = pw_translate(&w.pt, pw_va_of(0), &t);
				EXPECT_EQ(err == PW_EDOM, bad);
				EXPECT_EQ(t.kind == PW_KIND_BAD, bad);
				if (bad) {
					EXPECT_EQ(t.level, at);
					EXPECT_EQ(pw_entry_reserved(&w.pt, t.entry, at), BIT(bit));
				}
				EXPECT_EQ(pw_translate_pa(&w.pt, pw_va_of(0), &pa), err);
				*slot ^= BIT(bit);
			}
		}
		close_world();
	}
}

/* A bad entry among leaves: protect passes over it, unmap takes it along. */
TEST(bad_entries_among_leaves)
{
	struct pw_change c = { .perm_clear = PW_PERM_W };
	uint64_t page, bad = 0x8000010000123063ull;
	struct pw_result res;

	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		if (!open_world(hooked, 48, 0, 0))
			return;
		reopen(0, 40, 0);
		EXPECT_EQ(map(0, 0x8000, 0x120000, PW_PERM_R | PW_PERM_W, NULL), 0);
		page = raw_at(raw_at(raw_at(w.base, 0), 0), 0);
		*world_slot(&w, page & ADDR, 3) = bad;
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x8000), &c, PW_STRICT, NULL, &res),
			  PW_EDOM);
		EXPECT_EQ(res.where.first.v, 0x3000);
		EXPECT_EQ(res.entry, bad);
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x8000), &c, 0, NULL, &res), 0);
		EXPECT_EQ(res.changed, 0x7000);
		EXPECT_EQ(res.holes, 0x1000);
		for (unsigned int i = 0; i < 8; i++)
			EXPECT_EQ(raw_at(page, i),
				  i == 3 ? bad : 0x8000000000120001ull + i * 0x1000);
		EXPECT_EQ(map(0x3000, 0x1000, 0x123000, PW_PERM_R, NULL), PW_EDOM);
		EXPECT_EQ(unmap(0, 0x8000, 0), 0);
		EXPECT_EQ(w.balance, 0);
		close_world();
	}
}

/* P clear and anything else set: somebody's, at every level, until it is unmapped. */
TEST(what_is_not_present_is_opaque)
{
	struct pw_change c = { .perm_clear = PW_PERM_W, .perm_set = PW_PERM_X };

	if (!open_world(false, 48, 0, 0))
		return;
	for (unsigned int level = 0; level < 4; level++) {
		uint64_t size = level < 3 ? 0x1000ull << 9 * level : 0x1000ull << 27;
		uint64_t *slot = slot_to(level, NEW);

		for (unsigned int bit = 1; bit < 64; bit++) {
			struct pw_range range = pw_range_len(0, size);
			struct pw_translation t;
			struct pw_result res;

			harness_note("level", level);
			harness_note("bit", bit);
			*slot = BIT(bit);
			EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0), &t), PW_ENOENT);
			EXPECT_EQ(t.kind, PW_KIND_NONPRESENT);
			EXPECT_EQ(pw_entry_reserved(&w.pt, *slot, level), 0);
			EXPECT_EQ(map(0, 0x1000, 0, PW_PERM_R, NULL), PW_EEXIST);
			EXPECT_EQ(pw_protect(&w.pt, range, &c, PW_STRICT, NULL, &res), PW_ENOENT);
			EXPECT_EQ(pw_protect(&w.pt, range, &c, 0, NULL, &res), 0);
			EXPECT_EQ(*slot, BIT(bit));
			EXPECT_EQ(unmap(0, size, PW_KEEP_TABLES), 0);
			EXPECT_EQ(*slot, 0);
		}
	}
	close_world();
}

/* Changes ------------------------------------------------------------------------------------- */

static uint64_t *change_slot; /* of the page at 0 */

static uint64_t page_of(unsigned int i)
{
	return 0x40000001 | (i & 1u ? BIT(1) : 0) | (i & 2u ? BIT(2) : 0) | (i & 4u ? BIT(63) : 0);
}

static uint32_t perm_of(uint64_t e)
{
	return sdm_perm(w.pt.caps.flags, &e, 1);
}

/*
 * The rules of x86.h, each as a reason to refuse. @on and @off do not overlap.
 */
static bool may_change(uint32_t off, uint32_t on)
{
	bool wp = !(w.pt.caps.flags & PW_CAP_NO_WP), nx = !(w.pt.caps.flags & PW_CAP_NO_NX);
	bool smep = w.pt.caps.flags & PW_CAP_SMEP, smap = w.pt.caps.flags & PW_CAP_SMAP;
	bool w_on = on & PW_PERM_W, w_off = off & PW_PERM_W;
	bool x_on = on & PW_PERM_X, x_off = off & PW_PERM_X;
	bool uw_on = on & PW_PERM_USER_W, uw_off = off & PW_PERM_USER_W;
	bool ux_on = on & PW_PERM_USER_X, ux_off = off & PW_PERM_USER_X;

	if (off & PW_PERM_R)
		return false;
	if ((w_off && !wp) || ((x_off || ux_off) && !nx))
		return false; /* cannot be taken away */
	if (on & PW_PERM_USER_R) {
		if (!(w_on || w_off || uw_on || uw_off) || !(x_on || x_off || ux_on || ux_off))
			return false; /* not said */
		if (smap && ((on & PW_PERM_R) || w_on))
			return false;
		if (smep && x_on)
			return false;
		/* one bit for both, except for what SMAP, SMEP and CR0.WP hold apart */
		if (w_on && uw_off)
			return false;
		if (uw_on && w_off && !smap)
			return false;
		if (x_on && ux_off)
			return false;
		return !(ux_on && x_off && !smep);
	}
	if (uw_on || ux_on)
		return false;
	if (off & PW_PERM_USER_R)
		return (!smep || x_on || x_off) && (!smap || w_on || w_off);
	return !(uw_off && !w_off) && !(ux_off && !x_off);
}

/* What a change that went through must have done to the page that was @before. */
static void expect_change(uint32_t off, uint32_t on, uint64_t before, uint64_t after)
{
	uint32_t was = perm_of(before), now = perm_of(after), user = PW_PERM_USER_R;
	uint32_t implied = 0, named = off | on;

	EXPECT_EQ((before ^ after) & ~(BIT(1) | BIT(2) | BIT(63)), 0);
	if (!(on & user)) /* supervisors lose what is taken from them */
		EXPECT_EQ(was & ~off & ~now & (PW_PERM_R | PW_PERM_W | PW_PERM_X), 0);
	if (named & user) { /* the result is what was said */
		EXPECT_EQ(on & ~now, 0);
		EXPECT_EQ(off & now, 0);
		return;
	}
	EXPECT_EQ((before ^ after) & BIT(2), 0);
	EXPECT_EQ(off & now, 0);
	/* a user page: a right that SMAP or SMEP keeps from supervisors is the user's alone */
	if (was & user) {
		implied = (on & PW_PERM_W ? PW_PERM_USER_W : 0) |
			  (on & PW_PERM_X ? PW_PERM_USER_X : 0);
		EXPECT_EQ(implied & ~now, 0);
	} else {
		EXPECT_EQ(on & ~now, 0);
	}
	EXPECT_EQ(now & ~was & ~on & ~implied, 0); /* nothing else was gained */
}

static void every_change(void)
{
	struct pw_change c = { 0 };

	for (unsigned int n = 0; n < 64u * 64u; n++) {
		bool may;

		c.perm_clear = n & 63u;
		c.perm_set = n >> 6;
		may = may_change(c.perm_clear & ~c.perm_set, c.perm_set);
		harness_note("clear", c.perm_clear);
		harness_note("set", c.perm_set);
		for (unsigned int i = 0; i < 8; i++) {
			uint64_t before = page_of(i);

			if (i & 4u && w.pt.caps.flags & PW_CAP_NO_NX)
				continue;
			*change_slot = before;
			EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL),
				  may ? 0 : PW_EOPNOTSUPP);
			if (may)
				expect_change(c.perm_clear & ~c.perm_set, c.perm_set, before,
					      *change_slot);
			else
				EXPECT_EQ(*change_slot, before);
		}
	}
}

TEST(changes_of_every_permission)
{
	if (!open_world(false, 48, 0, 0))
		return;
	change_slot = slot_to(0, NEW);
	for (unsigned int i = 0; i < 16; i++) {
		w.pt.caps.flags = (i & 1u ? PW_CAP_NO_NX : 0) | (i & 2u ? PW_CAP_NO_WP : 0) |
				  (i & 4u ? PW_CAP_SMEP : 0) | (i & 8u ? PW_CAP_SMAP : 0);
		harness_note("caps", w.pt.caps.flags);
		every_change();
	}
	close_world();
}

TEST(changes_of_every_flag)
{
	static const struct {
		uint32_t flag;
		uint64_t bit;
	} known[] = { { PW_ATTR_GLOBAL, BIT(8) },
		      { PW_ATTR_ACCESSED, BIT(5) },
		      { PW_ATTR_DIRTY, BIT(6) } };

	if (!open_world(false, 48, 0, 0))
		return;
	change_slot = slot_to(0, NEW);
	for (uint32_t flag = 1; flag < PW_ATTR_ALL; flag <<= 1) {
		for (unsigned int set = 0; set < 2; set++) {
			struct pw_change c = { .flags_clear = set ? 0 : flag,
					       .flags_set = set ? flag : 0 };
			int want = flag == PW_ATTR_VALID && set ? 0 : PW_EOPNOTSUPP;
			uint64_t bit = 0;

			for (unsigned int i = 0; i < 3; i++)
				if (known[i].flag == flag)
					bit = known[i].bit;
			harness_note("flag", flag);
			*change_slot = 0x40000001 | (set ? 0 : bit);
			EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL),
				  bit ? 0 : want);
			EXPECT_EQ(*change_slot, 0x40000001 | (set ? bit : 0));
		}
	}
	close_world();
}

/* Raw masks: neither the address nor what makes an entry a leaf, or one that faults. */
TEST(raw_changes_bit_by_bit)
{
	for (unsigned int i = 0; i < 6; i++) {
		unsigned int level = i % 3;
		uint32_t caps = i / 3 ? PW_CAP_NO_NX : 0;
		uint64_t *slot;

		if (!open_world(false, 48, 0, caps))
			return;
		reopen(BIT(46), 0, 0);
		slot = slot_to(level, NEW);
		for (unsigned int bit = 0; bit < 64; bit++) {
			/* PW_MAX levels that have leaves are asked for, so the strictest counts */
			bool fixed = bit == 0 || bit == 7 || (bit == 63 && caps) ||
				     (bit >= 12 && bit <= 51 && bit != 46);
			struct pw_change c = { .raw_set = BIT(bit) };
			uint64_t was = 0x40000001 | (level ? BIT(7) : 0);

			harness_note("bit", bit);
			*slot = was;
			EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000ull << 9 * level), &c, 0,
					     NULL, NULL),
				  fixed ? PW_EINVAL : 0);
			EXPECT_EQ(*slot, fixed ? was : was | BIT(bit));
		}
		close_world();
	}
}

TEST(writable_and_executable_is_refused)
{
	struct pw_change c = { .perm_set = PW_PERM_X };

	if (!open_world(false, 48, PW_TABLE_NO_WX, 0))
		return;
	EXPECT_EQ(map(0, 0x1000, 0, PW_PERM_R | PW_PERM_W | PW_PERM_X, NULL), PW_EPERM);
	EXPECT_EQ(map(0, 0x1000, 0, PW_PERM_R | PW_PERM_W, NULL), 0);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL), PW_EPERM);
	c.perm_clear = PW_PERM_W;
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL), 0);
	EXPECT_EQ(unmap(0, 0x1000, 0), 0);
	close_world();
}
