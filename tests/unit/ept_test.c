/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * EPT: entries bit by bit, every misconfiguration, rights over levels, changes, tables built and
 * read. What is expected is written down here from the SDM. EPT pointers are x86_test.c's.
 */
#include <pagewalk/fields.h>
#include <pagewalk/x86.h>
#include <string.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define BIT(n)	(1ull << (n))
#define ADDR	0x000ffffffffff000ull
#define NEW	0x107ull /* R, W, X, A: what leads to a table */
#define PA_BASE 0x40000000ull

static struct world w;

static bool open_world(bool hooked, uint32_t va_bits, uint32_t caps)
{
	struct world_options o = {
		.hooked = hooked, .va_bits = va_bits, .caps = caps, .pa_base = PA_BASE
	};

	return world_open(&w, &world_formats[WORLD_EPT], &o);
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

/* The entry of level @stop for address 0, below tables of @bits. */
static uint64_t *slot_to(unsigned int stop, uint64_t bits)
{
	uint64_t table = w.base;

	for (unsigned int level = (unsigned int)w.pt.levels - 1; level > stop; level--) {
		uint64_t next = world_page(&w);

		*world_slot(&w, table, 0) = next | bits;
		table = next;
	}
	return world_slot(&w, table, 0);
}

static int map(uint64_t va, uint64_t len, uint64_t pa, uint32_t perm, struct pw_result *res)
{
	struct pw_attr attr = { .perm = perm, .flags = PW_ATTR_VALID, .memtype = PW_MEM_NORMAL };

	return pw_map(&w.pt, pw_range_len(va, len), pw_pa_of(pa), &attr, 0, NULL, res);
}

/* The two controls that EPT entries depend on, from a number. */
static uint32_t caps_of(unsigned int i)
{
	return (i & 1u ? PW_CAP_MBE : 0) | (i & 2u ? PW_CAP_EXEC_ONLY : 0);
}

static bool open_caps(unsigned int i)
{
	harness_note("caps", caps_of(i));
	return open_world(false, 57, caps_of(i));
}

/* SDM 28.3.2: is the entry present? */
static bool sdm_present(uint64_t e, uint32_t caps)
{
	return (e & 7u) || ((caps & PW_CAP_MBE) && (e & BIT(10)));
}

/* SDM 28.3.3.1: rights of a present entry that are a misconfiguration. */
static bool sdm_bad_rights(uint64_t e, uint32_t caps)
{
	bool r = e & 1u, wr = e & 2u, x = e & 4u, xu = e & BIT(10);

	if (!r && wr)
		return true;
	if (!r && !(caps & PW_CAP_EXEC_ONLY))
		return x || ((caps & PW_CAP_MBE) && xu);
	return false;
}

/* Bits as rights, one by one. */
static uint32_t sdm_perm(uint64_t e, uint32_t caps)
{
	return (e & BIT(0) ? PW_PERM_R : 0) | (e & BIT(1) ? PW_PERM_W : 0) |
	       (e & BIT(2) ? PW_PERM_X : 0) |
	       ((caps & PW_CAP_MBE) && (e & BIT(10)) ? PW_PERM_USER_X : 0);
}

static uint64_t rights(unsigned int i)
{
	return (i & 7u) | (i & 8u ? BIT(10) : 0);
}

static uint64_t leaf_bit(unsigned int level)
{
	return level ? BIT(7) : 0;
}

/* Entries ------------------------------------------------------------------------------------- */

/* Every combination of rights: as a leaf and as a table's entry, at every level. */
TEST(rights_of_an_entry)
{
	for (unsigned int c = 0; c < 4; c++) {
		if (!open_caps(c))
			return;
		for (unsigned int n = 0; n < 16 * 8; n++) {
			unsigned int level = n / 16 % 5;
			bool leaf = n / 16 < 3;
			uint64_t e = rights(n & 15u) | (leaf ? leaf_bit(level) : 0) | 0x40000000;
			bool present = sdm_present(e, caps_of(c));
			bool bad = present && sdm_bad_rights(e, caps_of(c));
			uint64_t reserved = pw_entry_reserved(&w.pt, e, level);
			struct pw_attr a;

			if (!leaf && !level)
				continue;
			harness_note("n", n);
			EXPECT_EQ(pw_attr_decode(&w.pt, e, level, &a), bad	       ? PW_EDOM :
								       present && leaf ? 0 :
											 PW_ENOENT);
			EXPECT_EQ(reserved != 0, bad);
			EXPECT_EQ(reserved & ~(rights(15) & e & ~1ull), 0);
			if (present && leaf && !bad)
				EXPECT_EQ(a.perm, sdm_perm(e, caps_of(c)));
		}
		close_world();
	}
}

TEST(encode_every_permission)
{
	for (unsigned int c = 0; c < 4; c++) {
		if (!open_caps(c))
			return;
		for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
			struct pw_attr attr = { .perm = perm, .flags = PW_ATTR_VALID };
			uint64_t want = 0, raw = 0;
			int err = PW_EOPNOTSUPP;

			/* bit 10 has no say without the control, so it is not set there */
			for (unsigned int i = 0; i < (c & 1u ? 16 : 8); i++) {
				uint64_t e = rights(i);

				if (sdm_perm(e, caps_of(c)) == perm && sdm_present(e, caps_of(c)) &&
				    !sdm_bad_rights(e, caps_of(c))) {
					want = e;
					err = 0;
				}
			}
			harness_note("perm", perm);
			for (unsigned int level = 0; level < 3; level++) {
				EXPECT_EQ(pw_attr_encode(&w.pt, &attr, level, &raw), err);
				if (!err)
					EXPECT_EQ(raw, want | leaf_bit(level));
			}
		}
		close_world();
	}
}

/* Memory type, ignore-PAT, A, D, suppress-#VE and each software bit: to bits and back. */
TEST(encode_every_attribute)
{
	static const unsigned int soft_at[8] = { 11, 52, 53, 54, 55, 56, 59, 62 };
	static const uint32_t name[8] = { PW_MEM_DEVICE_nGnRnE,
					  PW_MEM_NORMAL_NC,
					  0,
					  0,
					  PW_MEM_NORMAL_WT,
					  PW_MEM_WP,
					  PW_MEM_NORMAL,
					  0 };

	if (!open_caps(0))
		return;
	for (uint32_t n = 0; n < 3 * 2 * 8 * 16 * 8; n++) {
		uint32_t level = n % 3, by_name = n / 3 % 2, type = n / 6 % 8, f = n / 48 % 16;
		uint32_t soft = n / 768;
		struct pw_attr back, a = {
			.perm = PW_PERM_R,
			.flags = PW_ATTR_VALID | (f & 1u ? PW_ATTR_IGNORE_PAT : 0) |
				 (f & 2u ? PW_ATTR_ACCESSED : 0) | (f & 4u ? PW_ATTR_DIRTY : 0) |
				 (f & 8u ? PW_ATTR_SUPPRESS_VE : 0),
			.memtype = by_name ? name[type] : PW_MEM_INDEX,
			.mem_index = by_name ? 0 : type,
			.soft = 1u << soft,
		};
		uint64_t raw = 0, want = 1 | leaf_bit(level) | (uint64_t)type << 3 |
					 (f & 1u ? BIT(6) : 0) | (f & 2u ? BIT(8) : 0) |
					 (f & 4u ? BIT(9) : 0) | (f & 8u ? BIT(63) : 0) |
					 BIT(soft_at[soft]);

		harness_note("n", n);
		if (!name[type] && by_name)
			continue;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), name[type] ? 0 : PW_EOPNOTSUPP);
		EXPECT_EQ(pw_attr_decode(&w.pt, want, level, &back), name[type] ? 0 : PW_EDOM);
		EXPECT_EQ(pw_entry_reserved(&w.pt, want, level),
			  name[type] ? 0 : (uint64_t)type << 3);
		if (!name[type])
			continue;
		EXPECT_EQ(raw, want);
		EXPECT_EQ(back.flags, a.flags);
		EXPECT_EQ(back.soft, a.soft);
		EXPECT_EQ(back.mem_index, type);
		EXPECT_EQ(back.memtype, name[type]);
		EXPECT_EQ(back.key | back.share | back.perm_index, 0);
	}
	close_world();
}

TEST(encode_errors)
{
	static const struct {
		struct pw_attr attr;
		int err;
	} row[] = {
		{ { .perm = 0x41, .flags = PW_ATTR_VALID }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID | 0x1000 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .soft = 0x100 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .share = 1 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .share = 4 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .mem_index = 8 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_OTHER }, PW_EINVAL },
		{ { .perm = 1 }, PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .key = 1 }, PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .perm_index = 1 }, PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_UC_MINUS },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_DEVICE_nGnRE },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .soft = 0xff, .share = 3 }, 0 },
	};
	static const uint32_t known = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY |
				      PW_ATTR_IGNORE_PAT | PW_ATTR_SUPPRESS_VE;
	struct pw_attr attr = { .perm = PW_PERM_R };
	uint64_t raw;

	if (!open_caps(0))
		return;
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		harness_note("row", i);
		EXPECT_EQ(pw_attr_encode(&w.pt, &row[i].attr, 0, &raw), row[i].err);
	}
	for (uint32_t flag = 1; flag < PW_ATTR_ALL; flag <<= 1) {
		attr.flags = PW_ATTR_VALID | flag;
		EXPECT_EQ(pw_attr_encode(&w.pt, &attr, 0, &raw), known & flag ? 0 : PW_EOPNOTSUPP);
	}
	attr.flags = PW_ATTR_VALID;
	for (unsigned int level = 0; level < 6; level++)
		EXPECT_EQ(pw_attr_encode(&w.pt, &attr, level, &raw), level < 3 ? 0 :
								     level < 5 ? PW_ERANGE :
										 PW_EINVAL);
	w.pt.leaf_levels = 1;
	EXPECT_EQ(pw_attr_encode(&w.pt, &attr, 1, &raw), PW_ERANGE);
	close_world();
}

/* SDM 28.3.2, the tables: what a leaf, or a table's entry, must not have. */
static bool sdm_reserved(unsigned int level, bool leaf, unsigned int bit, unsigned int maxphyaddr)
{
	if (bit >= maxphyaddr && bit <= 51)
		return true;
	if (leaf)
		return (level == 1 && bit >= 12 && bit <= 20) ||
		       (level == 2 && bit >= 12 && bit <= 29);
	return (bit >= 3 && bit <= 6) || (bit == 7 && level >= 3);
}

TEST(reserved_bit_by_bit)
{
	static const unsigned int sizes[] = { 32, 39, 46, 52 };

	for (unsigned int n = 0; n < 4 * 8; n++) {
		unsigned int level = n / 4 < 3 ? n / 4 : n / 4 - 3;
		bool leaf = n / 4 < 3;

		if ((!leaf && !level) || !open_caps(0))
			continue;
		w.cfg.pa_bits = sizes[n & 3u];
		EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
		for (unsigned int bit = 3; bit < 64; bit++) {
			/* of a leaf's memory type 1 and 4 are types, 2 is not */
			uint64_t e = 1 | (leaf ? leaf_bit(level) : 0) | BIT(bit);
			bool now = leaf || (bit == 7 && level < 3);
			bool bad = sdm_reserved(level, now, bit, sizes[n & 3u]) ||
				   (leaf && bit == 4);
			struct pw_attr a;

			harness_note("n", n);
			harness_note("bit", bit);
			EXPECT_EQ(pw_entry_reserved(&w.pt, e, level), bad ? BIT(bit) : 0);
			EXPECT_EQ(pw_attr_decode(&w.pt, e, level, &a), bad ? PW_EDOM :
								       now ? 0 :
									     PW_ENOENT);
			EXPECT_EQ(pw_entry_reserved(&w.pt, BIT(bit), level), 0);
		}
		close_world();
	}
}

static const struct pw_field *field_at(unsigned int in, unsigned int level, unsigned int bit)
{
	const struct pw_field *found = NULL;

	for (size_t i = 0; i < pw_ept_fields.nr; i++) {
		const struct pw_field *f = &pw_ept_fields.field[i];

		if (!(f->in & in) || !(f->levels >> level & 1u) || bit < f->first || bit > f->last)
			continue;
		EXPECT(!found); /* no two in one place */
		found = f;
	}
	return found;
}

TEST(fields_agree_with_entries)
{
	if (!open_caps(1))
		return;
	for (unsigned int level = 0; level < 3; level++) {
		for (unsigned int bit = 6; bit < 64; bit++) {
			const struct pw_field *f = field_at(PW_IN_LEAF, level, bit);
			uint64_t e = 1 | leaf_bit(level);
			struct pw_attr base, a;

			harness_note("level", level);
			harness_note("bit", bit);
			/* no field: reserved, but for what is ignored and has no name */
			if (bit != 61 && bit != 7)
				EXPECT_EQ(!f, pw_entry_reserved(&w.pt, e | BIT(bit), level) != 0);
			if (!f || bit == 7)
				continue;
			EXPECT_EQ(pw_attr_decode(&w.pt, e, level, &base), 0);
			EXPECT_EQ(pw_attr_decode(&w.pt, e | BIT(bit), level, &a), 0);
			EXPECT_EQ(a.flags ^ base.flags, f->attr);
			EXPECT_EQ(a.soft != base.soft, strcmp(f->name, "ignored (software)") == 0);
		}
	}
	for (unsigned int level = 1; level < 5; level++)
		for (unsigned int bit = 3; bit < 7; bit++)
			EXPECT(field_at(PW_IN_TABLE, level, bit) != NULL &&
			       pw_entry_reserved(&w.pt, 1 | BIT(bit), level));
	close_world();
}

/* Walks -------------------------------------------------------------------------------------- */

/* Each level with each combination of rights: they are ANDed, or the walk ends at the first that
   makes no sense. */
static void every_walk(uint32_t caps, unsigned int stop)
{
	unsigned int nr = (unsigned int)w.pt.levels - stop;
	uint64_t *slot[4], base[4];

	*slot_to(stop, NEW) = stop ? 0x40000081 : 0x40000001;
	for (unsigned int i = 0; i < nr; i++) {
		slot[i] = world_slot(&w, i ? base[i - 1] & ADDR : w.base, 0);
		base[i] = *slot[i] & ~rights(15);
	}
	for (unsigned int n = 0; n < 1u << 4 * nr; n++) {
		uint32_t all = PW_PERM_ALL;
		struct pw_translation t;
		struct pw_pa pa;
		int want = 0;

		for (unsigned int i = 0; i < nr; i++) {
			uint64_t e = base[i] | rights(n >> 4 * i & 15u);

			*slot[i] = e;
			all &= sdm_perm(e, caps);
			if (!want && !sdm_present(e, caps))
				want = PW_ENOENT;
			if (!want && sdm_bad_rights(e, caps))
				want = PW_EDOM;
		}
		harness_note("n", n);
		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x123), &t), want);
		EXPECT_EQ(pw_translate_pa(&w.pt, pw_va_of(0x123), &pa), want);
		if (want)
			continue;
		EXPECT_EQ(t.pa.v, 0x40000123);
		EXPECT_EQ(pa.v, 0x40000123);
		EXPECT_EQ(t.perm, all);
	}
}

TEST(permissions_fold_over_levels)
{
	for (unsigned int i = 0; i < 4 * 3; i++) {
		harness_note("caps", caps_of(i / 3));
		harness_note("stop", i % 3);
		if (!open_world(false, 48, caps_of(i / 3)))
			return;
		every_walk(caps_of(i / 3), i % 3);
		close_world();
	}
}

/* 4 levels and 5; 4K, 2M and 1G; rights changed; every table given back. */
static void map_and_back(void)
{
	struct pw_range range = pw_range_len(0x3ffff000, 0x40202000);
	uint64_t new = NEW | (w.pt.caps.flags & PW_CAP_MBE ? BIT(10) : 0), l3, l2, l1;
	struct pw_change c = { .perm_clear = PW_PERM_W,
			       .perm_set = PW_PERM_R | PW_PERM_X,
			       .flags_set = PW_ATTR_SUPPRESS_VE | PW_ATTR_IGNORE_PAT };
	struct pw_translation t;
	struct pw_result res;
	struct pw_iter it;
	struct pw_run run;
	unsigned int n = 0;

	EXPECT_EQ(map(range.first.v, 0x40202000, 0x7ffff000, PW_PERM_R | PW_PERM_W, &res), 0);
	EXPECT_EQ(res.nr_entries, 4);
	EXPECT_EQ(res.nr_tables, w.pt.levels + 1);
	l3 = raw_at(w.base, 0);
	EXPECT_EQ(l3 & ~ADDR, new);
	if (w.pt.levels == 5)
		l3 = raw_at(l3, 0);
	l2 = raw_at(l3, 0);
	EXPECT_EQ(raw_at(l3, 1), 0x800000b3);
	l1 = raw_at(l2, 511);
	EXPECT_EQ(l1 & ~ADDR, new);
	EXPECT_EQ(raw_at(l1, 511), 0x7ffff033);
	EXPECT_EQ(pw_protect(&w.pt, range, &c, PW_STRICT, NULL, &res), 0);
	EXPECT_EQ(res.changed, 0x40202000);
	EXPECT_EQ(raw_at(l3, 1), 0x80000000800000f5ull);
	EXPECT_EQ(raw_at(l1, 511), 0x800000007ffff075ull);
	EXPECT_EQ(pw_iter_init(&it, &w.pt, range, PW_WANT_LEAVES, 0), 0);
	for (; pw_iter_next(&it, &run) > 0; n++) {
		EXPECT_EQ(run.pa.v, run.first.v + 0x40000000);
		EXPECT_EQ(run.perm, PW_PERM_R | PW_PERM_X);
	}
	EXPECT_EQ(n, 4);
	EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0x7fffffff), &t), 0);
	EXPECT_EQ(t.pa.v, 0xbfffffff);
	EXPECT_EQ(pw_unmap(&w.pt, range, PW_STRICT, NULL, &res), 0);
	EXPECT_EQ(w.balance, 0);
	EXPECT_EQ(raw_at(w.base, 0), 0);
}

TEST(map_protect_iterate_unmap)
{
	for (unsigned int i = 0; i < 8; i++) {
		harness_note("i", i);
		if (!open_world(i & 1u, i & 2u ? 57 : 48, i & 4u ? PW_CAP_MBE : 0))
			return;
		map_and_back();
		close_world();
	}
}

/* No upper half, no life, no encryption, one regime. */
TEST(what_a_handle_cannot_be)
{
	struct pw_table pt;
	struct pw_table_config c;

	if (!open_world(true, 48, 0))
		return;
	EXPECT_EQ(w.pt.first.v, 0);
	EXPECT_EQ(w.pt.last.v, BIT(48) - 1);
	EXPECT_EQ(w.pt.regime, PW_REGIME_EPT);
	EXPECT_EQ(map(BIT(48) - 0x1000, 0x1000, 0, PW_PERM_R, NULL), 0);
	EXPECT_EQ(raw_at(w.base, 511) & ~ADDR, NEW);
	c = w.cfg;
	c.flags = PW_TABLE_UPPER;
	EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
	c.flags = PW_TABLE_LIVE;
	c.exec = NULL;
	EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
	c.flags = 0;
	c.enc_mask = BIT(47);
	EXPECT_EQ(pw_table_init(&pt, &c), PW_EOPNOTSUPP);
	c.enc_mask = 0;
	c.regime = PW_REGIME_X86;
	EXPECT_EQ(pw_table_init(&pt, &c), PW_EOPNOTSUPP);
	c.regime = PW_REGIME_EPT;
	c.va_bits = 47;
	EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
	c.va_bits = 57;
	EXPECT_EQ(pw_table_init(&pt, &c), 0);
	EXPECT_EQ(pt.levels, 5);
	close_world();
}

/* What KVM fills empty tables with is in nobody's way but map's. */
TEST(what_is_not_present_is_opaque)
{
	struct pw_change change = { .perm_set = PW_PERM_R | PW_PERM_W };

	for (unsigned int mbe = 0; mbe < 2; mbe++) {
		if (!open_world(mbe, 48, mbe ? PW_CAP_MBE : 0))
			return;
		for (unsigned int level = 0; level < 4; level++) {
			struct pw_range range = pw_range_len(0, 0x1000ull << 9 * level);
			uint64_t *slot;

			for (unsigned int bit = 3; bit < 64; bit++) {
				struct pw_translation t;

				if (mbe && bit == 10)
					continue;
				slot = slot_to(level, NEW);
				*slot = BIT(bit);
				EXPECT_EQ(pw_translate(&w.pt, pw_va_of(0), &t), PW_ENOENT);
				EXPECT_EQ(t.kind, PW_KIND_NONPRESENT);
				EXPECT_EQ(map(0, 0x1000, 0, PW_PERM_R, NULL), PW_EEXIST);
				EXPECT_EQ(pw_protect(&w.pt, range, &change, PW_STRICT, NULL, NULL),
					  PW_ENOENT);
				EXPECT_EQ(pw_protect(&w.pt, range, &change, 0, NULL, NULL), 0);
				EXPECT_EQ(*slot, BIT(bit));
				EXPECT_EQ(pw_unmap(&w.pt, range, 0, NULL, NULL), 0);
				EXPECT_EQ(w.balance, 0);
			}
		}
		close_world();
	}
}

/* Two neighbours that differ in one bit: are they one run? */
TEST(runs_and_what_they_ignore)
{
	static const uint64_t ignored[] = { 0, 0x300, 0x49f0000000000800ull, 0, ADDR };

	for (unsigned int n = 0; n < 3 * 5; n++) {
		unsigned int level = n % 3;
		uint64_t size = 0x1000ull << 9 * level, *slot;

		if (!open_world(false, 48, 0))
			return;
		slot = slot_to(level, NEW);
		for (unsigned int bit = 1; bit < 64; bit++) {
			uint64_t e = 0x80000001 | leaf_bit(level);
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
			EXPECT_EQ(runs, ignored[n / 3] & BIT(bit) ? 1 : 2);
		}
		close_world();
	}
}

/* Changes ------------------------------------------------------------------------------------ */

static bool sdm_leaf(uint64_t e, uint32_t caps)
{
	return sdm_present(e, caps) && !sdm_bad_rights(e, caps);
}

/* A change of rights goes through when the leaf stays one, and anywhere when one can. */
static void every_change(uint32_t caps)
{
	uint64_t *slot = slot_to(0, NEW);

	for (uint32_t n = 0; n < 64u * 64u; n++) {
		struct pw_change c = { .perm_clear = n & 63u, .perm_set = n >> 6 };
		uint32_t on = c.perm_set, off = c.perm_clear & ~on;
		uint32_t has = PW_PERM_R | PW_PERM_W | PW_PERM_X |
			       (caps & PW_CAP_MBE ? PW_PERM_USER_X : 0);
		bool can = false;

		harness_note("n", n);
		for (unsigned int i = 1; i < 16; i++) {
			uint64_t e = rights(i), now = e;
			bool ok;

			now &= ~(uint64_t)(off & 7u) & ~(off & PW_PERM_USER_X ? BIT(10) : 0);
			now |= (on & 7u) | (on & PW_PERM_USER_X ? BIT(10) : 0);
			ok = !((c.perm_clear | on) & ~has) && sdm_leaf(now, caps);
			if (!sdm_leaf(e, caps))
				continue;
			can = can || ok;
			*slot = 0x40000030 | e;
			EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL),
				  ok ? 0 : PW_EOPNOTSUPP);
			EXPECT_EQ(*slot & ~rights(15), 0x40000030);
			EXPECT_EQ(sdm_perm(*slot, caps), sdm_perm(ok ? now : e, caps));
		}
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(BIT(40), 0x1000), &c, 0, NULL, NULL),
			  can ? 0 : PW_EOPNOTSUPP);
	}
}

TEST(changes_of_every_permission)
{
	for (unsigned int c = 0; c < 4; c++) {
		if (!open_caps(c))
			return;
		every_change(caps_of(c));
		close_world();
	}
}

TEST(changes_of_every_flag)
{
	static const uint64_t bit_of[12] = {
		[2] = BIT(8), [3] = BIT(9), [10] = BIT(6), [11] = BIT(63)
	};
	uint64_t *slot;

	if (!open_caps(0))
		return;
	slot = slot_to(0, NEW);
	for (unsigned int i = 0; i < 12; i++) {
		struct pw_change set = { .flags_set = 1u << i }, clear = { .flags_clear = 1u << i };
		int want = bit_of[i] ? 0 : PW_EOPNOTSUPP;

		harness_note("i", i);
		*slot = 0x40000031;
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &set, 0, NULL, NULL),
			  i ? want : 0);
		EXPECT_EQ(*slot, 0x40000031 | bit_of[i]);
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &clear, 0, NULL, NULL), want);
		EXPECT_EQ(*slot, 0x40000031);
	}
	close_world();
}

/* Raw masks go through when the leaf stays one. */
TEST(raw_changes)
{
	static const struct {
		uint64_t from, clear, set;
		bool ok[2]; /* without execute-only translations, with them */
	} row[] = {
		{ 0x37, 0x38, 0x30, { true, true } }, /* all of the type */
		{ 0x37, 0x38, 0x00, { true, true } },
		{ 0x37, 0x38, 0x10, { false, false } }, /* type 2 */
		{ 0x37, 0x38, 0x18, { false, false } }, /* type 3 */
		{ 0x37, 0x38, 0x38, { false, false } }, /* type 7 */
		{ 0x37, 0x10, 0x00, { true, true } },	/* WB to WT */
		{ 0x37, 0x20, 0x00, { false, false } }, /* WB to type 2 */
		{ 0x27, 0x20, 0x00, { true, true } },	/* WT to UC */
		{ 0x37, 0x00, 0x08, { false, false } }, /* WB to type 7 */
		{ 0x27, 0x00, 0x08, { true, true } },	/* WT to WP */
		{ 0x37, 0x02, 0x00, { true, true } },
		{ 0x37, 0x01, 0x00, { false, false } },
		{ 0x37, 0x04, 0x00, { true, true } },
		{ 0x34, 0x04, 0x00, { false, false } },
		{ 0x34, 0x04, 0x01, { true, true } },
		{ 0x37, 0x07, 0x00, { false, false } },
		{ 0x34, 0x00, 0x02, { false, false } },
		{ 0x37, 0x03, 0x04, { false, true } },
	};

	for (unsigned int xo = 0; xo < 2; xo++) {
		struct pw_range range = pw_range_len(0, 0x1000);
		uint64_t *slot;

		if (!open_caps(xo ? 2 : 0))
			return;
		slot = slot_to(0, NEW);
		for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
			struct pw_change c = { .raw_clear = row[i].clear, .raw_set = row[i].set };
			uint64_t e = 0x40000000 | row[i].from;

			if (!sdm_leaf(e, caps_of(xo ? 2 : 0)))
				continue;
			harness_note("row", i);
			*slot = e;
			EXPECT_EQ(pw_protect(&w.pt, range, &c, 0, NULL, NULL),
				  row[i].ok[xo] ? 0 : PW_EOPNOTSUPP);
			EXPECT_EQ(*slot, row[i].ok[xo] ? (e & ~c.raw_clear) | c.raw_set : e);
		}
		for (unsigned int bit = 6; bit < 64; bit++) {
			struct pw_change c = { .raw_set = BIT(bit) };
			bool fixed = bit == 7 || (bit >= 12 && bit <= 51);

			harness_note("bit", bit);
			*slot = 0x40000037;
			EXPECT_EQ(pw_protect(&w.pt, range, &c, 0, NULL, NULL),
				  fixed ? PW_EINVAL : 0);
			EXPECT_EQ(*slot, 0x40000037 | (fixed ? 0 : BIT(bit)));
		}
		close_world();
	}
}

/* Raw masks come behind neutral words: what those give, these may take away. */
TEST(raw_changes_have_the_last_word)
{
	struct pw_change c = { .perm_set = PW_PERM_R, .raw_clear = BIT(0) };
	uint64_t *slot;

	if (!open_caps(2))
		return;
	slot = slot_to(0, NEW);
	*slot = 0x40000031;
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL), PW_EOPNOTSUPP);
	EXPECT_EQ(*slot, 0x40000031);
	c.perm_set = PW_PERM_R | PW_PERM_X;
	c.raw_clear = BIT(2);
	EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x1000), &c, 0, NULL, NULL), 0);
	EXPECT_EQ(*slot, 0x40000031);
	close_world();
}

/* One leaf in the middle that would be none: all stay as they are, and it is named. */
TEST(changes_that_one_leaf_refuses)
{
	static const struct {
		struct pw_change c;
		uint64_t leaf, odd, after;
	} row[] = {
		{ { .perm_clear = PW_PERM_X }, 0x37, 0x34, 0x33 },
		{ { .raw_clear = BIT(2) }, 0x37, 0x34, 0x33 },
		{ { .perm_set = PW_PERM_R, .raw_clear = BIT(0) }, 0x35, 0x33, 0x34 },
		{ { .raw_clear = BIT(5) }, 0x27, 0x37, 0x07 }, /* WT to UC, WB to type 2 */
		{ { .raw_set = BIT(3) }, 0x27, 0x37, 0x2f },   /* WT to WP, WB to type 7 */
	};
	struct pw_result res;
	uint64_t *slot;

	for (unsigned int n = 0; n < 2 * sizeof(row) / sizeof(row[0]); n++) {
		uint64_t leaf = row[n / 2].leaf, odd = row[n / 2].odd;
		const struct pw_change *c = &row[n / 2].c;

		harness_note("n", n);
		if (!open_world(n & 1u, 48, PW_CAP_EXEC_ONLY))
			return;
		slot = slot_to(0, NEW);
		for (uint64_t i = 0; i < 16; i++)
			slot[i] = 0x40000000 | i << 12 | (i == 7 ? odd : leaf);
		EXPECT_EQ(world_mark_linked(&w), 4);
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x10000), c, 0, NULL, &res),
			  PW_EOPNOTSUPP);
		EXPECT_EQ(res.where.first.v, 0x7000);
		EXPECT_EQ(res.entry, 0x40007000 | odd);
		for (uint64_t i = 0; i < 16; i++)
			EXPECT_EQ(slot[i], 0x40000000 | i << 12 | (i == 7 ? odd : leaf));
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x7000), c, 0, NULL, &res), 0);
		EXPECT_EQ(slot[5], 0x40005000 | row[n / 2].after);
		close_world();
	}
}

/* A misconfigured entry among leaves: protect passes over it, unmap takes it along. */
TEST(bad_entries_among_leaves)
{
	static const uint64_t bad[] = { 0x123032, 0x123013, 0x10000123033ull, 0x123034 };
	struct pw_change c = { .flags_set = PW_ATTR_SUPPRESS_VE };
	struct pw_result res;

	for (unsigned int i = 0; i < 8; i++) {
		uint64_t e = bad[i / 2], page;

		if (!open_world(i & 1u, 48, 0))
			return;
		w.cfg.pa_bits = 40;
		EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
		EXPECT_EQ(map(0, 0x8000, 0x120000, PW_PERM_R | PW_PERM_W, NULL), 0);
		page = raw_at(raw_at(raw_at(w.base, 0), 0), 0);
		*world_slot(&w, page & ADDR, 3) = e;
		EXPECT_EQ(pw_protect(&w.pt, pw_range_len(0, 0x8000), &c, 0, NULL, &res), 0);
		EXPECT_EQ(res.changed, 0x7000);
		EXPECT_EQ(raw_at(page, 3), e);
		EXPECT_EQ(raw_at(page, 4), 0x8000000000124033ull);
		EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(0, 0x8000), 0, NULL, NULL), 0);
		EXPECT_EQ(w.balance, 0);
		close_world();
	}
}
