/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 stage 2: every size with every start level and its concatenated tables, permissions and
 * memory types against the manual's tables, present-but-invalid leaves, reserved bits.
 */
#include "arm64_arena.h"

#define BOTH(symbol)                                                           \
	{                                                                      \
		&pw_arm64_s2_##symbol##_direct, &pw_arm64_s2_##symbol##_hooked \
	}
#define ABOVE (1ull << 50 | 3ull << 48) /* of leaves */
#define TABLE (0x1full << 59)		/* of tables: no attributes */

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
	  TABLE | 7ull << 48 },
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
	  { 1ull << 50, 1ull << 50 | 0x1ef000, 1ull << 50 | 0x3ffef000, 1ull << 50 | 0x7ffffef000 },
	  TABLE | 1ull << 50 },
	{ "16k",
	  BOTH(16k),
	  14,
	  11,
	  3,
	  2,
	  16,
	  48,
	  48,
	  { 0 },
	  { 7, 5, 0, 0 },
	  { ABOVE | 0x3000, ABOVE | 0x1fef000 },
	  TABLE | 7ull << 48 | 0x3000 },
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
	  { 1ull << 50 | 0x3000, 1ull << 50 | 0x1fef000, 1ull << 50 | 0xffffef000 },
	  TABLE | 1ull << 50 | 0x3000 },
	{ "64k",
	  BOTH(64k),
	  16,
	  13,
	  3,
	  2,
	  17,
	  48,
	  48,
	  { 0 },
	  { 5, 5, 0, 0 },
	  { ABOVE | 0xf000, ABOVE | 0x1ffef000 },
	  TABLE | 7ull << 48 | 0xf000 },
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
	  TABLE | 7ull << 48 },
};

/* Readable, writable, executable by nobody; valid, accessed; write-back; inner shareable. */
static const struct pw_attr rw = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED,
	.memtype = PW_MEM_NORMAL,
	.share = PW_SHARE_INNER,
};
#define RW_BITS(f, level) \
	((1ull << 54) | 0x400 | 0xc0 | 0x3c | ((f)->high.at == 8 ? 0 : 0x300) | ((level) ? 1u : 3u))

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

/* One size from one start level: the first and the last page, and one in each root table. */
static void from_level(const struct arm64_format *f, unsigned int va_bits, unsigned int levels)
{
	uint64_t page = 1ull << f->page, size = 1ull << va_bits;
	uint64_t table = 1ull << (shift_of(f, levels - 1) + f->index);
	uint64_t nr = table < size ? size / table : 1;
	struct pw_translation t;

	EXPECT_EQ(pw_table_root_size(&a.pt), 8ull << (va_bits - shift_of(f, levels - 1)));
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t at = i * table, pa = (i + 1) * page;

		EXPECT_EQ(pw_map(&a.pt, pw_range_len(at, page), pw_pa_of(pa), &rw, PW_MAX_LEVEL(0),
				 NULL, NULL),
			  0);
		EXPECT_EQ(pw_translate(&a.pt, pw_va_of(at + 7), &t), 0);
		EXPECT_EQ(t.pa.v, pa + 7);
		EXPECT_EQ(t.nr_steps, levels);
		EXPECT_EQ(t.perm, PW_PERM_R | PW_PERM_W);
		EXPECT_EQ(*arena_slot(at, 0), RW_BITS(f, 0) | manual_addr(f, pa));
		/* the i-th table of the root, its first slot */
		EXPECT_EQ(t.step[0].entry_pa.v, a.base + (i << (f->index + 3)));
		EXPECT_EQ(pw_unmap(&a.pt, pw_range_len(at, page), 0, NULL, NULL), 0);
	}
	EXPECT_EQ(pw_map(&a.pt, pw_range_len(size - page, page),
			 pw_pa_of((1ull << f->pa_bits) - page), &rw, 0, NULL, NULL),
		  0);
	EXPECT_EQ(pw_translate(&a.pt, pw_va_of(size - 1), &t), 0);
	EXPECT_EQ(t.pa.v, (1ull << f->pa_bits) - 1);
	EXPECT_EQ(pw_translate(&a.pt, pw_va_of(size), &t), PW_ERANGE);
	EXPECT_EQ(pw_unmap(&a.pt, pw_range_len(0, size), 0, NULL, NULL), 0);
	EXPECT_EQ(a.balance, 0);
}

/*
 * The manual's rule: at the start level an address has 1 to index + 4 bits of index, four of them
 * for 16 tables side by side.
 */
static void starts(const struct arm64_format *f, bool hooked)
{
	for (unsigned int va_bits = f->min_va; va_bits <= f->max_va; va_bits++) {
		unsigned int fewest = 0;

		harness_note("va_bits", va_bits);
		for (unsigned int levels = 1; levels <= f->max_levels + 1; levels++) {
			unsigned int below = shift_of(f, levels - 1);
			bool ok = levels <= f->max_levels && va_bits > below &&
				  va_bits <= below + f->index + 4;

			harness_note("levels", levels);
			arena_reset(f, hooked, va_bits);
			a.cfg.levels = levels;
			if (!ok) {
				EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_ERANGE);
				continue;
			}
			if (!fewest)
				fewest = levels;
			if (arena_init())
				from_level(f, va_bits, levels);
		}
		arena_reset(f, hooked, va_bits);
		if (arena_init())
			EXPECT_EQ(a.pt.levels, fewest);
	}
}

TEST(every_size_and_start_level)
{
	each(starts);
}

TEST(limits_of_the_formats)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		const struct arm64_format *f = &formats[i];

		harness_note("format", i);
		arena_reset(f, false, f->min_va - 1);
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_ERANGE);
		arena_reset(f, false, f->max_va + 1);
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_ERANGE);
		arena_reset(f, false, 0);
		a.cfg.flags = PW_TABLE_UPPER; /* one half only */
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_EINVAL);
		a.cfg.flags = PW_TABLE_LIVE; /* the arena has an executor */
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), 0);
		a.cfg.flags = 0;
		a.cfg.regime = PW_REGIME_EL2;
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_EOPNOTSUPP);
		a.cfg.regime = PW_REGIME_STAGE2;
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), 0);
		a.cfg.regime = 0; /* the only one */
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), 0);
		/* aligned to all tables of the root */
		a.cfg.root.v = a.base + pw_table_root_size(&a.pt) / 2;
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), PW_EINVAL);
		a.cfg.root.v = a.base;
		EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), 0);
		EXPECT_EQ(a.pt.regime, PW_REGIME_STAGE2);
		for (unsigned int level = 0; level < 5; level++) {
			EXPECT_EQ(pw_table_leaf_ok(&a.pt, level), level < f->leaf_levels);
			EXPECT_EQ(pw_table_contig_lg2(&a.pt, level),
				  level < 4 ? f->contig[level] : 0);
		}
	}
}

static void open_one(const struct arm64_format *f, uint32_t caps)
{
	arena_reset(f, false, f->max_va);
	a.cfg.levels = f->max_levels;
	a.cfg.caps.flags = caps;
	(void)arena_init();
}

/* Address bits and reserved bits; with and without FEAT_XNX. */
static void bits(const struct arm64_format *f, bool hooked)
{
	struct pw_attr attr;

	(void)hooked;
	for (unsigned int xnx = 0; xnx < 2; xnx++) {
		open_one(f, xnx ? PW_CAP_XNX : 0);
		for (unsigned int level = 0; level < f->max_levels; level++) {
			harness_note("level", level);
			for (unsigned int bit = 2; bit < 64; bit++) {
				uint64_t leaf = (level ? 1 : 3) | 1ull << bit;
				uint64_t table = 3 | 1ull << bit, res0;

				harness_note("bit", bit);
				if (level)
					EXPECT_EQ(pw_entry_reserved(&a.pt, table, level),
						  table & f->table_res0);
				if (level >= f->leaf_levels) {
					EXPECT_EQ(pw_attr_decode(&a.pt, leaf, level, &attr),
						  PW_EDOM);
					continue;
				}
				res0 = f->leaf_res0[level] | (xnx ? 0 : 1ull << 53);
				EXPECT_EQ(pw_entry_reserved(&a.pt, leaf, level), leaf & res0);
			}
		}
	}
}

TEST(reserved_bits_and_block_levels)
{
	each(bits);
}

static void addresses(const struct arm64_format *f, bool hooked)
{
	if (!arena_open(f, hooked, f->max_va))
		return;
	for (unsigned int level = 0; level < f->leaf_levels; level++) {
		uint64_t size = 1ull << shift_of(f, level);

		harness_note("level", level);
		for (unsigned int bit = shift_of(f, level); bit < f->pa_bits; bit++) {
			struct pw_range range = pw_range_len(2 * size, 2 * size);
			uint64_t pa = (1ull << bit) - size;
			struct pw_pa got;

			harness_note("bit", bit);
			EXPECT_EQ(pw_map(&a.pt, range, pw_pa_of(pa), &rw, PW_MAX_LEVEL(level), NULL,
					 NULL),
				  0);
			EXPECT_EQ(*arena_slot(2 * size, level),
				  RW_BITS(f, level) | manual_addr(f, pa));
			EXPECT_EQ(*arena_slot(3 * size, level),
				  RW_BITS(f, level) | manual_addr(f, 1ull << bit));
			EXPECT_EQ(pw_translate_pa(&a.pt, range.last, &got), 0);
			EXPECT_EQ(got.v, (1ull << bit) + size - 1);
			EXPECT_EQ(pw_unmap(&a.pt, range, 0, NULL, NULL), 0);
			a.next = 1ull << f->page;
			if (a.next < pw_table_root_size(&a.pt))
				a.next = pw_table_root_size(&a.pt);
		}
	}
}

TEST(every_address_bit)
{
	each(addresses);
}

/* The manual's tables: S2AP[1:0], and XN[1:0] by privilege; without FEAT_XNX just XN[1]. */
static const uint32_t s2ap[4] = { 0, PW_PERM_R, PW_PERM_W, PW_PERM_R | PW_PERM_W };
static const uint32_t xn[4] = { PW_PERM_X | PW_PERM_USER_X, PW_PERM_USER_X, 0, PW_PERM_X };
static const uint32_t xn_both[4] = { PW_PERM_X, PW_PERM_X, 0, 0 };

TEST(permissions_of_every_encoding)
{
	for (unsigned int xnx = 0; xnx < 2; xnx++) {
		harness_note("xnx", xnx);
		open_one(&formats[0], xnx ? PW_CAP_XNX : 0);
		for (uint64_t ap = 0; ap < 4; ap++) {
			for (uint64_t x = 0; x < 4; x++) {
				uint32_t want = s2ap[ap] | (xnx ? xn[x] : xn_both[x]);
				uint64_t leaf = 0x703 | ap << 6 | x << 53, raw;
				struct pw_attr attr;

				EXPECT_EQ(pw_attr_decode(&a.pt, leaf, 0, &attr), 0);
				EXPECT_EQ(attr.perm, want);
				EXPECT_EQ(attr.flags,
					  PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_GLOBAL);
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
				EXPECT_EQ(raw, xnx ? leaf : leaf & ~(1ull << 53));
				/* DBM: writable, whatever S2AP[1] says */
				EXPECT_EQ(pw_attr_decode(&a.pt, leaf | 1ull << 51, 0, &attr), 0);
				EXPECT_EQ(attr.perm, want | PW_PERM_W);
				EXPECT_EQ(attr.flags & PW_ATTR_DIRTY, ap & 2 ? PW_ATTR_DIRTY : 0);
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
				EXPECT_EQ(raw & ~(1ull << 53), (leaf | 1ull << 51) & ~(1ull << 53));
			}
		}
	}
}

/* What cannot be said is refused, for all 64 combinations. */
TEST(permissions_encoded)
{
	for (unsigned int xnx = 0; xnx < 2; xnx++) {
		uint32_t can = PW_PERM_R | PW_PERM_W | PW_PERM_X | (xnx ? PW_PERM_USER_X : 0);

		open_one(&formats[0], xnx ? PW_CAP_XNX : 0);
		for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
			struct pw_attr attr = rw, got;
			uint64_t raw;

			harness_note("perm", perm);
			attr.perm = perm;
			if (!EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw),
				       perm & ~can ? PW_EOPNOTSUPP : 0) ||
			    perm & ~can)
				continue;
			EXPECT_EQ(pw_attr_decode(&a.pt, raw, 0, &got), 0);
			EXPECT_EQ(got.perm, perm);
			EXPECT_EQ(pw_entry_reserved(&a.pt, raw, 0), 0);
		}
	}
}

/* Every change of permissions on every leaf: what comes out is what was asked for, or it is refused
   without a trace. */
static void change_all(bool xnx, uint32_t clear, uint32_t set)
{
	uint32_t can = PW_PERM_R | PW_PERM_W | PW_PERM_X | (xnx ? PW_PERM_USER_X : 0);
	uint32_t both = clear | set, exec = both & (PW_PERM_X | PW_PERM_USER_X);
	bool ok = !(both & ~can) && (!xnx || !exec || exec == (PW_PERM_X | PW_PERM_USER_X));
	struct pw_change change = { .perm_clear = clear, .perm_set = set };

	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		struct pw_attr attr = rw, got;
		uint64_t raw;

		attr.perm = perm;
		if (pw_attr_encode(&a.pt, &attr, 0, &raw))
			continue;
		*arena_slot(0, 0) = raw | 0x5000;
		EXPECT_EQ(pw_protect(&a.pt, pw_range_len(0, 4096), &change, 0, NULL, NULL),
			  ok ? 0 : PW_EOPNOTSUPP);
		EXPECT_EQ(pw_attr_decode(&a.pt, *arena_slot(0, 0), 0, &got), 0);
		EXPECT_EQ(got.perm, ok ? (perm & ~clear) | set : perm);
		EXPECT_EQ(got.flags, rw.flags | PW_ATTR_GLOBAL);
	}
}

TEST(changes_of_permissions)
{
	for (unsigned int xnx = 0; xnx < 2; xnx++) {
		open_one(&formats[0], xnx ? PW_CAP_XNX : 0);
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, 4096), pw_pa_of(0x5000), &rw, 0, NULL,
				 NULL),
			  0);
		for (uint32_t clear = 0; clear <= PW_PERM_ALL; clear++) {
			for (uint32_t set = 0; set <= PW_PERM_ALL; set++)
				change_all(xnx, clear, set);
		}
	}
}

/* Memory types by name: MemAttr without FEAT_S2FWB and with it; -1: it has no such type. */
static const struct {
	uint32_t type;
	int memattr[2];
} types[] = {
	{ PW_MEM_NORMAL, { 15, 6 } },	   { PW_MEM_NORMAL_NC, { 5, 5 } },
	{ PW_MEM_NORMAL_WT, { 10, -1 } },  { PW_MEM_DEVICE_nGnRnE, { 0, 0 } },
	{ PW_MEM_DEVICE_nGnRE, { 1, 1 } }, { PW_MEM_DEVICE_nGRE, { 2, 2 } },
	{ PW_MEM_DEVICE_GRE, { 3, 3 } },   { PW_MEM_NORMAL_TAGGED, { -1, -1 } },
	{ PW_MEM_UC_MINUS, { -1, -1 } },   { PW_MEM_WP, { -1, -1 } },
};

TEST(memory_types)
{
	for (unsigned int fwb = 0; fwb < 2; fwb++) {
		struct pw_attr attr = rw, got;
		uint64_t raw;

		harness_note("fwb", fwb);
		open_one(&formats[0], fwb ? PW_CAP_FWB : 0);
		for (unsigned int i = 0; i < NR(types); i++) {
			int want = types[i].memattr[fwb];

			harness_note("type", types[i].type);
			attr.memtype = types[i].type;
			if (!EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw),
				       want < 0 ? PW_EOPNOTSUPP : 0) ||
			    want < 0)
				continue;
			EXPECT_EQ(raw >> 2 & 15, want);
		}
		attr.memtype = PW_MEM_INDEX;
		for (uint32_t m = 0; m < 16; m++) {
			uint32_t name = PW_MEM_OTHER;

			harness_note("memattr", m);
			for (unsigned int i = 0; i < NR(types); i++)
				if (types[i].memattr[fwb] == (int)m)
					name = types[i].type;
			attr.mem_index = m;
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
			EXPECT_EQ(raw >> 2 & 15, m);
			EXPECT_EQ(pw_attr_decode(&a.pt, raw, 0, &got), 0);
			EXPECT_EQ(got.mem_index, m);
			EXPECT_EQ(got.memtype, name);
		}
		attr.mem_index = 16;
		EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), PW_EINVAL);
		attr.memtype = PW_MEM_OTHER;
		EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), PW_EINVAL);
	}
}

TEST(flags_shareability_and_software_bits)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		uint32_t can = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY |
			       PW_ATTR_DBM | PW_ATTR_CONTIGUOUS;
		bool in_entry = formats[i].high.at != 8;

		harness_note("format", i);
		open_one(&formats[i], 0);
		for (uint32_t flags = 0; flags <= PW_ATTR_ALL; flags++) {
			struct pw_attr attr = rw, got;
			uint32_t mask = flags & PW_ATTR_DBM ? can : can & ~PW_ATTR_DIRTY;
			uint64_t raw;

			harness_note("flags", flags);
			attr.flags = flags;
			attr.soft = flags & 15;
			attr.share = flags & 1 ? 2 : 0;
			if (!EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw),
				       flags & ~can ? PW_EOPNOTSUPP : 0) ||
			    flags & ~can)
				continue;
			EXPECT_EQ(pw_attr_decode(&a.pt, raw, 0, &got), 0);
			EXPECT_EQ(got.flags & mask, (flags | PW_ATTR_GLOBAL) & mask);
			EXPECT_EQ(got.perm, rw.perm);
			EXPECT_EQ(got.soft, flags & 15);
			EXPECT_EQ(raw >> 55 & 15, flags & 15);
			EXPECT_EQ(got.share, in_entry ? attr.share : 0);
			EXPECT_EQ(raw >> 8 & 3, in_entry ? attr.share : 0);
			EXPECT_EQ(raw & 1, flags & 1);
			EXPECT_EQ(raw >> 50 & 1, ~flags & 1); /* present-but-invalid */
			EXPECT_EQ(raw >> 10 & 1, flags >> 2 & 1);
			EXPECT_EQ(raw >> 52 & 1, flags >> 5 & 1);
		}
	}
}

/* A leaf that goes invalid and back is as it was, FnXS (bit 11) and all; somebody's word is not
   taken for ours. */
static void invalid(const struct arm64_format *f, bool hooked)
{
	struct pw_change off = { .flags_clear = PW_ATTR_VALID },
			 on = { .flags_set = PW_ATTR_VALID };
	struct pw_translation t;

	if (!arena_open(f, hooked, f->max_va))
		return;
	for (unsigned int level = 0; level < f->leaf_levels; level++) {
		uint64_t size = 1ull << shift_of(f, level), *slot, before;
		struct pw_range range = pw_range_len(size, size);

		harness_note("level", level);
		EXPECT_EQ(pw_map(&a.pt, range, pw_pa_of(3 * size), &rw, PW_MAX_LEVEL(level), NULL,
				 NULL),
			  0);
		slot = arena_slot(size, level);
		*slot |= 1ull << 11 | 5ull << 55;
		before = *slot;
		EXPECT_EQ(pw_protect(&a.pt, range, &off, 0, NULL, NULL), 0);
		EXPECT_EQ(*slot, (before & ~1ull) | 1ull << 50);
		EXPECT_EQ(pw_translate(&a.pt, range.first, &t), PW_ENOENT);
		EXPECT_EQ(t.kind, PW_KIND_INVALID);
		EXPECT_EQ(t.pa.v, 3 * size);
		EXPECT_EQ(pw_protect(&a.pt, range, &on, 0, NULL, NULL), 0);
		EXPECT_EQ(*slot, before);
		*slot = 0xffcull; /* an owner, with bit 11 */
		EXPECT_EQ(pw_translate(&a.pt, range.first, &t), PW_ENOENT);
		EXPECT_EQ(t.kind, PW_KIND_NONPRESENT);
		*slot = 1ull << 50 | (level ? 2 : 0); /* a table's form */
		EXPECT_EQ(pw_translate(&a.pt, range.first, &t), PW_ENOENT);
		EXPECT_EQ(t.kind, PW_KIND_NONPRESENT);
		EXPECT_EQ(pw_unmap(&a.pt, range, 0, NULL, NULL), 0);
	}
}

TEST(present_but_invalid)
{
	each(invalid);
}

TEST(changes_of_flags)
{
	struct pw_change change = { .flags_clear = PW_ATTR_GLOBAL };
	struct pw_range page = pw_range_len(0, 4096);

	open_one(&formats[0], 0);
	EXPECT_EQ(pw_map(&a.pt, page, pw_pa_of(0), &rw, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), PW_EOPNOTSUPP);
	for (uint32_t flag = 1; flag <= PW_ATTR_ALL; flag <<= 1) {
		bool ok = flag & (PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DBM);

		change = (struct pw_change){ .flags_set = flag };
		EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), ok ? 0 : PW_EOPNOTSUPP);
	}
	EXPECT_EQ(*arena_slot(0, 0), RW_BITS(&formats[0], 0) | 1ull << 51);
	/* without write there is nothing to manage */
	change = (struct pw_change){ .perm_clear = PW_PERM_W };
	EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), 0);
	EXPECT_EQ(*arena_slot(0, 0), RW_BITS(&formats[0], 0) & ~0x80ull);
	/* the marker, the type and the address are not for raw masks; FnXS is */
	for (unsigned int bit = 0; bit < 64; bit++) {
		bool fixed = bit < 2 || (bit >= 12 && bit < 48) || bit == 50;

		*arena_slot(0, 0) = RW_BITS(&formats[0], 0);
		change = (struct pw_change){ .raw_set = 1ull << bit };
		EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), fixed ? PW_EINVAL : 0);
	}
}

/* Tables of stage 2 take nothing away, whatever is in their upper bits. */
TEST(tables_have_no_attributes)
{
	struct pw_translation t;

	open_one(&formats[0], 0);
	EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, 4096), pw_pa_of(0), &rw, 0, NULL, NULL), 0);
	*arena_slot(0, 1) |= TABLE;
	EXPECT_EQ(pw_translate(&a.pt, pw_va_of(0), &t), 0);
	EXPECT_EQ(t.perm, PW_PERM_R | PW_PERM_W);
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

/* Writing is one right for both privileges, executing may be two (XNX): W^X asks for both. */
static void no_wx(const struct arm64_format *f, bool hooked)
{
	static const uint32_t exec[] = { PW_PERM_X, PW_PERM_USER_X, PW_PERM_X | PW_PERM_USER_X };
	const struct pw_change w_on = { .perm_set = PW_PERM_W };

	arena_reset(f, hooked, f->max_va);
	a.cfg.caps.flags = PW_CAP_XNX;
	a.cfg.flags = PW_TABLE_NO_WX;
	if (!arena_init())
		return;
	for (unsigned int i = 0; i < NR(exec); i++) {
		struct pw_range page = pw_range_len((uint64_t)i << f->page, 1ull << f->page);
		struct pw_attr attr = rw;

		harness_note("exec", exec[i]);
		attr.perm |= exec[i];
		EXPECT_EQ(pw_map(&a.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL), PW_EPERM);
		attr.perm &= ~PW_PERM_W;
		EXPECT_EQ(pw_map(&a.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
		EXPECT_EQ(pw_protect(&a.pt, page, &w_on, 0, NULL, NULL), PW_EPERM);
	}
}

TEST(writable_and_executable_by_privilege)
{
	each(no_wx);
}
