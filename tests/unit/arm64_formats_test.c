/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 stage 1, every granule: sizes, levels, where each address bit is, reserved bits, groups,
 * and maintenance of pages that are not 4K. Permissions and flags are arm64_regimes_test.c's.
 */
#include "arm64_arena.h"

#define BOTH(symbol)                                                     \
	{                                                                \
		&pw_arm64_##symbol##_direct, &pw_arm64_##symbol##_hooked \
	}
#define ABOVE (3ull << 48) /* of leaves: bits that an address of 48 bits leaves unused */

static const struct arm64_format formats[] = {
	{ "4k",
	  BOTH(4k),
	  12,
	  9,
	  4,
	  3,
	  16,
	  48,
	  48,
	  { 0 },
	  { 4, 4, 4, 0 },
	  { ABOVE, ABOVE | 0x1ef000, ABOVE | 0x3ffef000 },
	  7ull << 48 },
	{ "4k-lpa2",
	  BOTH(4k_lpa2),
	  12,
	  9,
	  5,
	  4,
	  16,
	  52,
	  52,
	  LPA2_HIGH,
	  { 4, 4, 4, 0 },
	  { 0, 0x1ef000, 0x3ffef000, 0x7ffffef000 },
	  1ull << 50 },
	{ "16k",
	  BOTH(16k),
	  14,
	  11,
	  4,
	  2,
	  16,
	  48,
	  48,
	  { 0 },
	  { 7, 5, 0, 0 },
	  { ABOVE | 0x3000, ABOVE | 0x1fef000 },
	  7ull << 48 | 0x3000 },
	{ "16k-lpa2",
	  BOTH(16k_lpa2),
	  14,
	  11,
	  4,
	  3,
	  16,
	  52,
	  52,
	  LPA2_HIGH,
	  { 7, 5, 0, 0 },
	  { 0x3000, 0x1fef000, 0xffffef000 },
	  1ull << 50 | 0x3000 },
	{ "64k",
	  BOTH(64k),
	  16,
	  13,
	  3,
	  2,
	  17,
	  52,
	  48,
	  { 0 },
	  { 5, 5, 0, 0 },
	  { ABOVE | 0xf000, ABOVE | 0x1ffef000 },
	  7ull << 48 | 0xf000 },
	{ "64k-lpa",
	  BOTH(64k_lpa),
	  16,
	  13,
	  3,
	  3,
	  17,
	  52,
	  52,
	  LPA_HIGH,
	  { 5, 5, 0, 0 },
	  { ABOVE, ABOVE | 0x1ffe0000, ABOVE | 0x3fffffe0000 },
	  7ull << 48 },
};

/* Privileged, valid, accessed, write-back, inner shareable: these bits at a page. */
static const struct pw_attr rw = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
	.memtype = PW_MEM_NORMAL,
	.share = PW_SHARE_INNER,
};
#define RW_BITS(f, level) \
	((3ull << 53) | 0x400 | ((f)->high.at == 8 ? 0 : 0x300) | ((level) ? 1u : 3u))

static void each(void (*test)(const struct arm64_format *f, bool hooked))
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		harness_note("format", i);
		for (unsigned int hooked = 0; hooked < 2; hooked++) {
			harness_note("hooked", hooked);
			test(&formats[i], hooked);
		}
	}
}

/* How many levels the manual's lookup takes: index bits after index bits, down to the page. */
static unsigned int levels_of(const struct arm64_format *f, unsigned int va_bits)
{
	unsigned int levels = 1;

	for (unsigned int bits = f->page + f->index; bits < va_bits; bits += f->index)
		levels++;
	return levels;
}

/* First and last page of every input address size, in both halves. */
static void sizes(const struct arm64_format *f, bool hooked)
{
	for (unsigned int va_bits = 0; va_bits <= 56; va_bits++) {
		uint64_t page = 1ull << f->page, last,
			 pa[2] = { page, (1ull << f->pa_bits) - page };
		unsigned int levels = levels_of(f, va_bits);
		struct pw_translation t;

		harness_note("va_bits", va_bits);
		arena_reset(f, hooked, va_bits);
		a.cfg.flags = va_bits & 1 ? PW_TABLE_UPPER : 0;
		if (va_bits && (va_bits < f->min_va || va_bits > f->max_va)) {
			EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_ERANGE);
			continue;
		}
		if (!arena_init())
			return;
		if (!va_bits) {
			EXPECT_EQ(a.pt.va_bits, f->max_va);
			continue;
		}
		EXPECT_EQ(a.pt.levels, levels);
		EXPECT_EQ(pw_table_root_size(&a.pt), 8ull << (va_bits - shift_of(f, levels - 1)));
		last = a.pt.last.v - page + 1;
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(a.pt.first.v, page), pw_pa_of(pa[0]), &rw, 0,
				 NULL, NULL),
			  0);
		if (levels > 1 || va_bits > f->page)
			EXPECT_EQ(pw_map(&a.pt, pw_range_len(last, page), pw_pa_of(pa[1]), &rw, 0,
					 NULL, NULL),
				  0);
		EXPECT_EQ(a.balance, levels == 1 ? 0 : 2 * levels - 2);
		EXPECT_EQ(pw_translate(&a.pt, pw_va_of(a.pt.first.v + 5), &t), 0);
		EXPECT_EQ(t.pa.v, pa[0] + 5);
		EXPECT_EQ(t.nr_steps, levels);
		EXPECT_EQ(pw_translate(&a.pt, a.pt.last, &t), 0);
		EXPECT_EQ(t.pa.v, pa[1] + page - 1);
		EXPECT_EQ(t.leaf_size, page);
		EXPECT_EQ(*arena_slot((1ull << va_bits) - page, 0),
			  RW_BITS(f, 0) | manual_addr(f, pa[1]));
		EXPECT_EQ(pw_unmap(&a.pt, pw_range_of(a.pt.first.v, a.pt.last.v), 0, NULL, NULL),
			  0);
		EXPECT_EQ(a.balance, 0);
	}
}

TEST(every_input_size)
{
	each(sizes);
}

TEST(numbers_of_the_formats)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		const struct arm64_format *f = &formats[i];

		harness_note("format", i);
		EXPECT_EQ(pw_instance_granule_lg2(f->inst[0]), f->page);
		EXPECT_EQ(pw_instance_max_levels(f->inst[0]), f->max_levels);
		EXPECT_EQ(pw_instance_max_levels(f->inst[1]), f->max_levels);
		if (!arena_open(f, false, f->max_va))
			continue;
		EXPECT_EQ(a.pt.levels, f->max_levels);
		EXPECT_EQ(a.pt.pa_max, (1ull << f->pa_bits) - 1);
		for (unsigned int level = 0; level < 5; level++) {
			EXPECT_EQ(pw_table_leaf_ok(&a.pt, level), level < f->leaf_levels);
			EXPECT_EQ(pw_table_contig_lg2(&a.pt, level),
				  level < 4 ? f->contig[level] : 0);
			EXPECT_EQ(pw_table_leaf_size(&a.pt, level),
				  level < f->max_levels ? 1ull << shift_of(f, level) : 0);
		}
	}
}

/*
 * Every bit of an output address at every level, written by the engine and read by hand, and the
 * other way round. Two leaves, the second one behind a carry into that bit.
 */
static void one_address_bit(const struct arm64_format *f, unsigned int level, unsigned int bit)
{
	uint64_t size = 1ull << shift_of(f, level), pa = (1ull << bit) - size, first = 6 * size;
	struct pw_iter it;
	struct pw_run run;
	struct pw_pa got;

	harness_note("bit", bit);
	if (!EXPECT_EQ(pw_map(&a.pt, pw_range_len(first, 2 * size), pw_pa_of(pa), &rw,
			      PW_MAX_LEVEL(level), NULL, NULL),
		       0))
		return;
	EXPECT_EQ(*arena_slot(first, level), RW_BITS(f, level) | manual_addr(f, pa));
	EXPECT_EQ(*arena_slot(first + size, level),
		  RW_BITS(f, level) | manual_addr(f, 1ull << bit));
	EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(first + 2 * size - 1), &got), 0);
	EXPECT_EQ(got.v, (1ull << bit) + size - 1);
	EXPECT_EQ(pw_iter_init(&it, &a.pt, pw_range_of(0, a.pt.last.v), PW_WANT_LEAVES, 0), 0);
	EXPECT_EQ(pw_iter_next(&it, &run), 1);
	EXPECT_EQ(run.nr, 2);
	EXPECT_EQ(run.pa.v, pa);
	EXPECT_EQ(run.level, level);
	/* mapping it again is the same; elsewhere is not */
	EXPECT_EQ(pw_map(&a.pt, pw_range_len(first, 2 * size), pw_pa_of(pa), &rw,
			 PW_MAX_LEVEL(level), NULL, NULL),
		  0);
	EXPECT_EQ(pw_map(&a.pt, pw_range_len(first, size), pw_pa_of(1ull << bit), &rw,
			 PW_MAX_LEVEL(level), NULL, NULL),
		  PW_EEXIST);
	EXPECT_EQ(pw_unmap(&a.pt, pw_range_len(first, 2 * size), 0, NULL, NULL), 0);
	EXPECT_EQ(a.balance, 0);
	a.next = 1ull << f->page;
	if (a.next < pw_table_root_size(&a.pt))
		a.next = pw_table_root_size(&a.pt);
}

static void addresses(const struct arm64_format *f, bool hooked)
{
	if (!arena_open(f, hooked, f->max_va))
		return;
	for (unsigned int level = 0; level < f->leaf_levels; level++) {
		harness_note("level", level);
		for (unsigned int bit = shift_of(f, level); bit < f->pa_bits; bit++)
			one_address_bit(f, level, bit);
	}
}

TEST(every_address_bit)
{
	each(addresses);
}

/* The attributes of a leaf at address 0, and what is wrong with each bit added. */
static void reserved(const struct arm64_format *f, bool hooked)
{
	if (!arena_open(f, hooked, f->max_va))
		return;
	for (unsigned int level = 0; level < f->max_levels; level++) {
		harness_note("level", level);
		for (unsigned int bit = 2; bit < 64; bit++) {
			uint64_t leaf = (level ? 1 : 3) | 1ull << bit;
			uint64_t table = 3 | 1ull << bit;
			struct pw_attr attr;

			harness_note("bit", bit);
			if (level < f->leaf_levels) {
				EXPECT_EQ(pw_entry_reserved(&a.pt, leaf, level),
					  leaf & f->leaf_res0[level]);
				EXPECT_EQ(pw_attr_decode(&a.pt, leaf, level, &attr), 0);
			} else {
				EXPECT_EQ(pw_attr_decode(&a.pt, leaf, level, &attr), PW_EDOM);
			}
			if (level)
				EXPECT_EQ(pw_entry_reserved(&a.pt, table, level),
					  table & f->table_res0);
			EXPECT_EQ(pw_entry_reserved(&a.pt, 1ull << bit, level), 0);
		}
	}
}

TEST(reserved_bits_and_block_levels)
{
	each(reserved);
}

/* A walk does not look at reserved bits, and not at a block's nT. */
static void junk(const struct arm64_format *f, bool hooked)
{
	uint64_t page = 1ull << f->page, table;
	struct pw_pa got;

	if (!arena_open(f, hooked, f->max_va))
		return;
	EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, page), pw_pa_of(page), &rw, 0, NULL, NULL), 0);
	table = *arena_slot(0, 1);
	*arena_slot(0, 1) = table | f->table_res0;
	*arena_slot(0, 0) |= f->leaf_res0[0];
	EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(1), &got), 0);
	EXPECT_EQ(got.v, page + 1);
	for (unsigned int level = 1; level < f->leaf_levels; level++) {
		uint64_t size = 1ull << shift_of(f, level), block = size * 3;

		*arena_slot(block, level) = RW_BITS(f, level) | manual_addr(f, size) |
					    f->leaf_res0[level] | 1 << 16;
		EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(block + 1), &got), 0);
		EXPECT_EQ(got.v, size + 1);
		*arena_slot(block, level) = 0;
	}
}

TEST(reserved_bits_do_not_lead_astray)
{
	each(junk);
}

/* Whole groups get the hint, and nothing else does; a group is not changed in part. */
static void groups(const struct arm64_format *f, bool hooked)
{
	if (!arena_open(f, hooked, f->max_va))
		return;
	for (unsigned int level = 0; level < f->leaf_levels; level++) {
		uint64_t size = 1ull << shift_of(f, level), nr = 1ull << f->contig[level];
		struct pw_range range = pw_range_len((nr - 1) * size, (nr + 2) * size);
		struct pw_change ro = { .perm_clear = PW_PERM_W };
		uint64_t cont = f->contig[level] ? 1ull << 52 : 0;

		harness_note("level", level);
		EXPECT_EQ(pw_map(&a.pt, range, pw_pa_of((nr - 1) * size), &rw,
				 PW_CONTIGUOUS | PW_MAX_LEVEL(level), NULL, NULL),
			  0);
		for (uint64_t i = nr - 1; i <= 2 * nr; i++) {
			bool inside = cont && i >= nr && i < 2 * nr;

			EXPECT_EQ(*arena_slot(i * size, level), RW_BITS(f, level) |
									manual_addr(f, i * size) |
									(inside ? cont : 0));
		}
		if (cont)
			EXPECT_EQ(pw_protect(&a.pt, pw_range_len(nr * size, size), &ro, 0, NULL,
					     NULL),
				  PW_EBUSY);
		EXPECT_EQ(pw_protect(&a.pt, range, &ro, 0, NULL, NULL), 0);
		EXPECT_EQ(*arena_slot(nr * size, level) & (cont | 0x80), cont | 0x80);
		EXPECT_EQ(pw_unmap(&a.pt, range, 0, NULL, NULL), 0);
	}
}

TEST(contiguous_groups)
{
	each(groups);
}

/* Operands are in units of 4K whatever the granule; one operation for each page or block. */
static struct {
	uint64_t operand[8];
	enum pw_arm64_tlbi op[8];
	unsigned int nr;
} tlbi;

static void log_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	(void)ctx;
	if (tlbi.nr < NR(tlbi.op)) {
		tlbi.op[tlbi.nr] = op;
		tlbi.operand[tlbi.nr] = operand;
	}
	tlbi.nr++;
}

static void log_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	(void)ctx, (void)kind;
}

static void log_isb(void *ctx)
{
	(void)ctx;
}

static const struct pw_arm64_ops log_ops = { log_dsb, log_isb, log_tlbi };

static void maintenance(const struct arm64_format *f, bool hooked)
{
	struct pw_arm64_executor x;
	struct pw_change ro = { .perm_clear = PW_PERM_W };

	pw_arm64_executor_init(&x, &log_ops, NULL);
	for (unsigned int level = 0; level < f->leaf_levels; level++) {
		uint64_t size = 1ull << shift_of(f, level);
		struct pw_range range;
		struct pw_gather g;
		struct pw_flush ranges[4];

		harness_note("level", level);
		arena_reset(f, hooked, f->max_va);
		a.cfg.flags = PW_TABLE_LIVE | PW_TABLE_UPPER;
		a.cfg.exec = &x.x;
		a.cfg.asid = 0x77;
		if (!arena_init())
			return;
		range = pw_range_len(a.pt.first.v + 4 * size, 3 * size);
		EXPECT_EQ(pw_gather_init(&g, &x.x, ranges, NR(ranges)), 0);
		EXPECT_EQ(pw_map(&a.pt, range, pw_pa_of(8 * size), &rw, PW_MAX_LEVEL(level), &g,
				 NULL),
			  0);
		tlbi.nr = 0;
		EXPECT_EQ(pw_protect(&a.pt, range, &ro, 0, &g, NULL), 0);
		EXPECT_EQ(tlbi.nr, 3);
		for (unsigned int i = 0; i < 3; i++) {
			/* global: of any ASID */
			EXPECT_EQ(tlbi.op[i], PW_ARM64_VAALE1IS);
			EXPECT_EQ(tlbi.operand[i], (range.first.v + i * size) << 8 >> 20);
		}
		tlbi.nr = 0;
		EXPECT_EQ(pw_unmap(&a.pt, range, 0, &g, NULL), 0);
		EXPECT(tlbi.nr >= 1);
		EXPECT_EQ(tlbi.op[0],
			  level + 1 == a.pt.levels ? PW_ARM64_VAALE1IS : PW_ARM64_VAAE1IS);
		EXPECT_EQ(a.balance, 0);
	}
}

TEST(maintenance_of_every_leaf_size)
{
	each(maintenance);
}

/* Shareability is in the entry where the address is not. */
TEST(shareability_and_break_before_make)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		const struct arm64_format *f = &formats[i];
		struct pw_change sh = { .raw_clear = 0x300 };
		struct pw_attr attr = rw, got;
		uint64_t page = 1ull << f->page, raw;
		bool in_entry = f->high.at != 8;

		harness_note("format", i);
		arena_reset(f, false, f->max_va);
		a.cfg.flags = PW_TABLE_LIVE;
		if (!arena_init())
			return;
		attr.share = PW_SHARE_OUTER;
		EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
		EXPECT_EQ(raw & 0x300, in_entry ? 0x200 : 0);
		EXPECT_EQ(pw_attr_decode(&a.pt, raw | 0x300, 0, &got), 0);
		EXPECT_EQ(got.share, in_entry ? PW_SHARE_INNER : 0);
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, page), pw_pa_of(page), &rw, 0, NULL, NULL),
			  0);
		/* another shareability of a live leaf; part of an address */
		EXPECT_EQ(pw_protect(&a.pt, pw_range_len(0, page), &sh, 0, NULL, NULL),
			  in_entry ? PW_EBUSY : PW_EINVAL);
		sh.raw_clear = 0x1000;
		EXPECT_EQ(pw_protect(&a.pt, pw_range_len(0, page), &sh, 0, NULL, NULL), PW_EINVAL);
		sh.raw_clear = 1ull << 58;
		EXPECT_EQ(pw_protect(&a.pt, pw_range_len(0, page), &sh, 0, NULL, NULL), 0);
	}
}

/* The hint is an attribute where there are groups, and elsewhere neither written nor read. */
TEST(contiguous_hint_by_level)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		const struct arm64_format *f = &formats[i];
		struct pw_attr attr = rw, got;
		uint64_t raw;

		harness_note("format", i);
		if (!arena_open(f, false, f->max_va))
			return;
		attr.flags |= PW_ATTR_CONTIGUOUS;
		for (unsigned int level = 0; level < f->leaf_levels; level++) {
			bool groups = f->contig[level];

			harness_note("level", level);
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, level, &raw),
				  groups ? 0 : PW_ERANGE);
			if (groups)
				EXPECT_EQ(raw, RW_BITS(f, level) | 1ull << 52);
			raw = RW_BITS(f, level) | 1ull << 52;
			EXPECT_EQ(pw_attr_decode(&a.pt, raw, level, &got), 0);
			EXPECT_EQ(got.flags & PW_ATTR_CONTIGUOUS, groups ? PW_ATTR_CONTIGUOUS : 0);
		}
	}
}
