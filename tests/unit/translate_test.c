/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Translation: edges of every size of address space, leaves at every level, what tables above take
 * away, and tables that are damaged; all against the naive walker.
 */
#include <string.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

#define TABLE(pa) ((pa) | 3)
#define PAGE	  0x0060000000000703ull /* read-write, never executed */

static struct world w;

/* Compare one address of a world with the naive walker. */
static void same_as_walker(const struct world *at_world, uint64_t at)
{
	struct ref_regime r = observe_regime(at_world);
	struct ref_translation want;
	struct pw_translation got;

	ref_translate(&r, at, &want);
	harness_note("at", at);
	harness_note("entry", want.entry);
	harness_note("level", want.level);
	EXPECT_EQ(pw_translate(&at_world->pt, pw_va_of(at_world->pt.first.v + at), &got), want.err);
	EXPECT_EQ(got.kind, want.kind);
	EXPECT_EQ(got.nr_steps, want.steps);
	EXPECT_EQ(got.level, want.level);
	EXPECT_EQ(got.entry, want.entry);
	EXPECT_EQ(got.leaf_size, want.size);
	if (want.kind == PW_KIND_LEAF || want.kind == PW_KIND_INVALID)
		EXPECT_EQ(got.pa.v, want.pa);
	if (want.kind == PW_KIND_LEAF)
		EXPECT_EQ(got.perm, want.perm);
}

/* Edges -------------------------------------------------------------------------------------- */

/* All forms of one translation agree. */
static int translate_in(const struct world *x, uint64_t va)
{
	pw_lookup_fn *lookup = x->hooked ? x->format->hooked_lookup : x->format->direct_lookup;
	struct pw_pa pa = { 1 }, fast = { 1 };
	struct pw_translation t;
	int err = pw_translate(&x->pt, pw_va_of(va), &t);

	EXPECT_EQ(pw_translate_pa(&x->pt, pw_va_of(va), &pa), err);
	EXPECT_EQ(pa.v, err ? 1 : t.pa.v);
	EXPECT_EQ(lookup(&x->pt, pw_va_of(va), &fast), err);
	EXPECT_EQ(fast.v, pa.v);
	return err;
}

static int translate(uint64_t va)
{
	return translate_in(&w, va);
}

/* The first and the last page of everything, mapped; one byte further is somewhere else. */
static void edges_of(bool upper)
{
	uint64_t page = world_page_bytes(&w);
	struct pw_attr attr = world_attr(&w, 0);
	struct pw_translation t;

	EXPECT_EQ(pw_map(&w.pt, pw_range_len(w.pt.first.v, page), pw_pa_of(0), &attr, 0, NULL,
			 NULL),
		  0);
	EXPECT_EQ(pw_map(&w.pt, pw_range_of(w.pt.last.v - (page - 1), w.pt.last.v),
			 pw_pa_of(w.pt.pa_max - (page - 1)), &attr, 0, NULL, NULL),
		  0);
	EXPECT_EQ(translate(w.pt.first.v), 0);
	EXPECT_EQ(translate(w.pt.first.v + page - 1), 0);
	EXPECT_EQ(translate(w.pt.first.v + page), PW_ENOENT);
	EXPECT_EQ(translate(w.pt.last.v - page), PW_ENOENT);
	EXPECT_EQ(pw_translate(&w.pt, w.pt.last, &t), 0);
	EXPECT_EQ(t.pa.v, w.pt.pa_max);
	/* Next to it: neither half. Across: the other half. */
	EXPECT_EQ(translate(upper ? w.pt.first.v - 1 : w.pt.last.v + 1), world_beside(&w));
	EXPECT_EQ(translate(1ull << 63 | (upper ? 0 : 1ull << w.pt.va_bits)), world_beside(&w));
	EXPECT_EQ(translate(upper ? 0 : ~0ull), PW_ERANGE);
	EXPECT_EQ(translate(upper ? (1ull << w.pt.va_bits) - 1 : 0 - (1ull << w.pt.va_bits)),
		  PW_ERANGE);
}

TEST(edges_of_every_size_of_both_halves)
{
	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];

		for (uint32_t bits = f->min_va_bits; bits <= f->max_va_bits; bits += f->va_step) {
			for (unsigned int n = 0; n < 4; n++) {
				struct world_options o = { .va_bits = bits,
							   .hooked = n % 2,
							   .nr_pages = 16,
							   .flags = n / 2 ? PW_TABLE_UPPER : 0 };

				harness_note("format", i);
				harness_note("bits", bits);
				harness_note("upper", n / 2);
				if (!world_open(&w, f, &o))
					return;
				edges_of(w.pt.flags & PW_TABLE_UPPER);
				EXPECT_EQ(w.violations, 0);
				world_close(&w);
			}
		}
	}
}

/* A leaf of each level, at its first and last byte; the steps lead there. */
static void leaf_of_each_level(struct world *x)
{
	struct pw_attr attr = world_attr(x, PW_PERM_W);

	for (unsigned int level = 0; pw_table_leaf_ok(&x->pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&x->pt, level);
		uint64_t va = x->pt.first.v + size * 3, pa = size * 5;
		struct pw_translation t;

		harness_note("level", level);
		EXPECT_EQ(pw_map(&x->pt, pw_range_len(va, size), pw_pa_of(pa), &attr, 0, NULL,
				 NULL),
			  0);
		for (unsigned int n = 0; n < 3; n++) {
			uint64_t in = n == 0 ? 0 : n == 1 ? size - 1 : size / 2 + 7;

			EXPECT_EQ(translate_in(x, va + in), 0);
			EXPECT_EQ(pw_translate(&x->pt, pw_va_of(va + in), &t), 0);
			EXPECT_EQ(t.pa.v, pa + in);
			EXPECT_EQ(t.level, level);
			EXPECT_EQ(t.kind, PW_KIND_LEAF);
			EXPECT_EQ(t.leaf_size, size);
			EXPECT_EQ(t.perm, PW_PERM_R | PW_PERM_W);
		}
		EXPECT_EQ(t.nr_steps, x->pt.levels - level);
		for (unsigned int s = 0; s < t.nr_steps; s++) {
			EXPECT_EQ(t.step[s].level, x->pt.levels - 1 - s);
			EXPECT_EQ(t.step[s].kind,
				  s + 1 < t.nr_steps ? PW_KIND_TABLE : PW_KIND_LEAF);
			EXPECT_EQ(*world_slot(x, t.step[s].entry_pa.v, 0), t.step[s].entry);
		}
		EXPECT_EQ(pw_unmap(&x->pt, pw_range_len(va, size), 0, NULL, NULL), 0);
	}
}

TEST(leaves_of_every_level)
{
	world_each(NULL, leaf_of_each_level);
}

/* Table attributes --------------------------------------------------------------------------- */

/* Two tables with every combination of limits above leaves with every combination of rights. */
static void limits_of(const struct world_format *format, uint32_t regime, uint32_t caps)
{
	struct world_options o = { .va_bits = 39, .regime = regime, .caps = caps, .nr_pages = 8 };
	uint64_t pmd, pte;

	harness_note("regime", regime);
	harness_note("caps", caps);
	if (!world_open(&w, format, &o))
		return;
	pmd = world_page(&w);
	pte = world_page(&w);
	for (uint64_t i = 0; i < 32; i++) { /* AP[2:1], PXN, UXN, DBM */
		uint64_t bits = (i & 3) << 6 | (i >> 2 & 3) << 53 | (i >> 4) << 51;

		if (regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3)
			bits = (bits | 1ull << 6) & ~(1ull << 53);
		*world_slot(&w, pte, i) = 0x100000 | i << 12 | 0x403 | bits;
	}
	for (uint64_t limits = 0; limits < 256; limits++) {
		*world_slot(&w, w.base, 0) = world_table(&w, pmd, 2) | (limits & 15) << 59;
		*world_slot(&w, pmd, 0) = world_table(&w, pte, 1) | (limits >> 4) << 59;
		for (uint64_t i = 0; i < 32; i++)
			same_as_walker(&w, i * 4096);
	}
	world_close(&w);
}

TEST(tables_limit_what_leaves_allow)
{
	static const uint32_t caps[] = { 0, PW_CAP_HPD, PW_CAP_WXN, PW_CAP_WXN | PW_CAP_HPD };

	for (unsigned int i = 0; i < 4; i++) {
		for (uint32_t regime = 0; regime < PW_ARM64_NR_REGIMES; regime++) {
			/* Of one privilege, some limits do not exist: their bits are ignored. */
			if (regime != PW_REGIME_EL2 && regime != PW_REGIME_EL3) {
				limits_of(&world_formats[WORLD_ARM64], regime, caps[i]);
				limits_of(&world_formats[WORLD_LPA2], regime, caps[i]);
			}
		}
	}
}

TEST(tables_limit_a_single_privilege)
{
	limits_of(&world_formats[WORLD_ARM64], PW_REGIME_EL2, 0);
	limits_of(&world_formats[WORLD_ARM64], PW_REGIME_EL3, PW_CAP_WXN);
	limits_of(&world_formats[WORLD_LPA2], PW_REGIME_EL2, PW_CAP_HPD);
}

/* Damage ------------------------------------------------------------------------------------- */

TEST(table_outside_memory)
{
	struct pw_translation t;

	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .hooked = hooked };

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		*world_slot(&w, w.base, 1) = TABLE(0x1000);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(1ull << 39), &t), PW_EFAULT);
		EXPECT_EQ(t.nr_steps, 1);
		EXPECT_EQ(t.entry, TABLE(0x1000));
		EXPECT_EQ(t.level, 3);
		EXPECT_EQ(t.kind, PW_KIND_BAD);
		EXPECT_EQ(translate(1ull << 39), PW_EFAULT);
		EXPECT_EQ(translate(2ull << 39), PW_ENOENT);
		/* One page before memory, one behind. */
		*world_slot(&w, w.base, 1) = TABLE(w.base - 4096);
		EXPECT_EQ(translate(1ull << 39), PW_EFAULT);
		world_close(&w);
		o.pa_base = 0x80000000;
		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		*world_slot(&w, w.base, 1) = TABLE(w.base + w.nr_pages * w.page_size);
		EXPECT_EQ(translate(1ull << 39), PW_EFAULT);
		world_close(&w);
	}
}

TEST(reserved_encodings)
{
	struct world_options o = { .va_bits = 48 };
	struct pw_translation t;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	*world_slot(&w, w.base, 0) = 0x40000401; /* a block of 512G: only with LPA2 */
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0), &t), PW_EDOM);
	EXPECT_EQ(t.kind, PW_KIND_BAD);
	EXPECT_EQ(t.level, 3);
	EXPECT_EQ(t.entry, 0x40000401);
	world_close(&w);
	o.va_bits = 21;
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	*world_slot(&w, w.base, 5) = PAGE & ~2ull;
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x5000), &t), PW_EDOM);
	EXPECT_EQ(t.level, 0);
	*world_slot(&w, w.base, 5) = 0x1234567800; /* swap, or so */
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x5000), &t),
		  PW_ENOENT); /* bit 11 is set: present-but-invalid */
	*world_slot(&w, w.base, 5) = 0x1234567080;
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x5000), &t), PW_ENOENT);
	EXPECT_EQ(t.kind, PW_KIND_NONPRESENT);
	world_close(&w);
}

/* The root as its own table, as some kernels map their tables: the walk ends as hardware's does. */
TEST(root_that_maps_itself)
{
	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	*world_slot(&w, w.base, 511) = TABLE(w.base);
	for (uint64_t n = 0; n < 5; n++)
		same_as_walker(&w, 0xffffffffffffull << 12 * n & 0xffffffffffffull);
	same_as_walker(&w, 0xfffffffff000ull);
	world_close(&w);
}

/* Memory full of entries that point into it: whatever the tables say, the same as the walker. */
static uint64_t random_entry(const struct world *x, uint32_t level)
{
	uint64_t page = x->base + harness_below(x->nr_pages) * x->page_size;
	uint64_t bits = harness_random();

	switch (harness_below(8)) {
	case 0:
		return bits;
	case 1:
		return bits & ~1ull;
	case 2:
		return 0;
	case 3:
		return (bits & 0xfff0fffffffffffcull) | 1;
	case 4:
		return world_table(x, page, level) | (bits & 0xfff0000000000000ull);
	case 5:
		return world_table(x, page, level) | (bits & 0xfff);
	default:
		return world_table(x, page, level);
	}
}

static void random_memory(struct world *x)
{
	struct ref_regime r = observe_regime(x);

	/* Some formats' entries depend on the level: the tables of each are mixed. */
	for (uint32_t page = 0; page < x->nr_pages; page++) {
		x->state[page] = WORLD_TAKEN;
		for (uint64_t i = 0; i < x->page_size / 8; i++)
			*world_slot(x, x->base + page * x->page_size, i) =
				random_entry(x, 1 + (uint32_t)harness_below(x->pt.levels - 1));
	}
	for (unsigned int i = 0; i < 20000; i++)
		same_as_walker(x, harness_random() & (x->pt.last.v - x->pt.first.v));
	EXPECT(r.memory.size > 0);
}

TEST(random_tables_lower)
{
	struct world_options o = { .nr_pages = 16 };

	world_each(&o, random_memory);
}

TEST(random_tables_upper_wxn)
{
	struct world_options o = { .nr_pages = 16, .flags = PW_TABLE_UPPER, .caps = PW_CAP_WXN };

	world_each(&o, random_memory);
}
