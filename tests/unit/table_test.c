/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The handle: what pw_table_init() takes and refuses, every size of every format, and entries to
 * attributes and back where the rules are arm64's own; for all formats see format_test.c.
 */
#include "../harness/harness.h"
#include "../ref/observe.h"

static struct world w;

/* Handles ------------------------------------------------------------------------------------ */

TEST(init_refuses_what_is_missing)
{
	struct pw_env env;
	struct pw_table pt;
	struct pw_table_config c;

	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .hooked = hooked };

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		EXPECT_EQ(pw_table_init(NULL, &w.cfg), PW_EINVAL);
		EXPECT_EQ(pw_table_init(&pt, NULL), PW_EINVAL);
		c = w.cfg;
		c.size = 0;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c = w.cfg;
		c.instance = NULL;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c = w.cfg;
		c.env = NULL;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		env = w.env;
		env.size = 0;
		c = w.cfg;
		c.env = &env;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c = w.cfg;
		c.flags = 0x10;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c = w.cfg;
		c.flags = PW_TABLE_LIVE;
		c.exec = NULL;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c.flags = 0; /* an inactive table needs none */
		EXPECT_EQ(pw_table_init(&pt, &c), 0);
		c = w.cfg;
		c.root.v += 8;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c.root.v += 2040;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		world_close(&w);
	}
}

/* What one format has and another has not. */
TEST(init_refuses_what_the_format_has_not)
{
	struct pw_table pt;
	struct pw_table_config c;

	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		harness_note("format", i);
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		c = w.cfg;
		c.root.v = 0;
		c.enc_mask = 1ull << 46;
		EXPECT_EQ(pw_table_init(&pt, &c), w.format->enc ? 0 : PW_EOPNOTSUPP);
		c.enc_mask = 3ull << 46;
		EXPECT(pw_table_init(&pt, &c) < 0);
		c = w.cfg;
		c.flags |= PW_TABLE_LIVE;
		EXPECT_EQ(pw_table_init(&pt, &c), 0);
		for (uint32_t regime = 0; regime < PW_NR_REGIMES; regime++) {
			bool has = w.format->regimes >> regime & 1;

			harness_note("regime", regime);
			c = w.cfg;
			c.regime = regime; /* 0: also the only one */
			EXPECT_EQ(pw_table_init(&pt, &c), has || !regime ? 0 : PW_EOPNOTSUPP);
			if (!has)
				continue;
			EXPECT_EQ(pt.regime, regime);
			/* neither a second stage has an upper half, nor EL2 nor EL3 */
			has = w.format->halves != WORLD_LOWER && regime != PW_REGIME_EL2 &&
			      regime != PW_REGIME_EL3;
			c.flags |= PW_TABLE_UPPER;
			EXPECT_EQ(pw_table_init(&pt, &c), has ? 0 : PW_EINVAL);
		}
		c = w.cfg;
		c.flags |= PW_TABLE_SHARED_BIT;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		c = w.cfg;
		c.levels = 7;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c.levels = UINT32_MAX;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c.levels = (uint32_t)w.pt.levels;
		EXPECT_EQ(pw_table_init(&pt, &c), 0);
		c.levels--; /* the root would be several tables side by side */
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c = w.cfg;
		c.leaf_levels = 1;
		EXPECT_EQ(pw_table_init(&pt, &c), 0);
		EXPECT(pw_table_leaf_ok(&pt, 0) && !pw_table_leaf_ok(&pt, 1));
		c.leaf_levels = 6;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c = w.cfg;
		c.pa_bits = 64;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c.pa_bits = w.format->page_lg2;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c.pa_bits = 36;
		c.root.v = 0;
		EXPECT_EQ(pw_table_init(&pt, &c), 0);
		EXPECT_EQ(pt.pa_max, (1ull << 36) - 1);
		c.root.v = 1ull << 36;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		world_close(&w);
	}
}

TEST(init_refuses_missing_hooks)
{
	struct world_options o = { .hooked = true };
	struct pw_table pt;

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	w.env.phys_to_virt = NULL;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	world_close(&w);
	world_open(&w, &world_formats[WORLD_ARM64], &o);
	w.env.load = NULL;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	world_close(&w);
	world_open(&w, &world_formats[WORLD_ARM64], &o);
	w.env.store = NULL;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	world_close(&w);
	world_open(&w, &world_formats[WORLD_ARM64], &o);
	w.env.cas = NULL;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	world_close(&w);
}

TEST(init_refuses_an_environment_that_cannot_be)
{
	struct pw_table pt;

	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	w.env.put_table = NULL; /* pages could be taken and never given back */
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	w.env.get_table = NULL; /* neither: only to look */
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), 0);
	w.env.mem_first.v = w.env.mem_last.v + 1;
	EXPECT_EQ(pw_table_init(&pt, &w.cfg), PW_EINVAL);
	world_close(&w);
}

TEST(init_refuses_what_is_out_of_reach)
{
	struct pw_table pt;
	struct pw_table_config c;

	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		harness_note("format", i);
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		c = w.cfg;
		c.root.v = w.pt.pa_max + 1;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c.root.v = 1ull << 63;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_ERANGE);
		c = w.cfg;
		c.regime = PW_NR_REGIMES;
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EOPNOTSUPP);
		world_close(&w);
	}
}

/* The addresses of a half, of an input address of so many bits. */
static void expect_half(const struct pw_table *pt, uint32_t bits, bool upper)
{
	const struct world_format *f = w.format;
	uint64_t levels = 1, half = bits - (f->halves == WORLD_SIGNED);

	while (f->page_lg2 + f->index_lg2 * levels + f->concat_lg2 < bits)
		levels++;
	EXPECT_EQ(pt->levels, levels);
	EXPECT_EQ(pt->va_bits, half);
	EXPECT_EQ(pt->first.v, upper ? 0 - (1ull << half) : 0);
	EXPECT_EQ(pt->last.v, upper ? ~0ull : (1ull << half) - 1);
	EXPECT_EQ(pt->granule_lg2, f->page_lg2);
	EXPECT_EQ(pt->index_lg2, f->index_lg2);
	EXPECT_EQ(pw_table_root_size(pt),
		  8ull << (bits - f->page_lg2 - f->index_lg2 * (levels - 1)));
}

/* Every input address size, both halves: what the handle translates, and with how many tables. */
static void one_size(uint32_t bits, bool upper)
{
	const struct world_format *f = w.format;
	bool legal = bits >= f->min_va_bits && bits <= f->max_va_bits &&
		     (bits - f->min_va_bits) % f->va_step == 0;
	struct pw_table_config c = w.cfg;
	struct pw_table pt;

	harness_note("bits", bits);
	harness_note("upper", upper);
	c.va_bits = bits;
	c.root.v = 0;
	c.flags = upper ? PW_TABLE_UPPER : 0;
	if (upper && f->halves == WORLD_LOWER) {
		EXPECT_EQ(pw_table_init(&pt, &c), PW_EINVAL);
		return;
	}
	if (!EXPECT_EQ(pw_table_init(&pt, &c), legal ? 0 : PW_ERANGE) || !legal)
		return;
	expect_half(&pt, bits, upper);
	/* A smaller root needs less alignment, and no more. */
	c.root.v += pw_table_root_size(&pt);
	EXPECT_EQ(pw_table_init(&pt, &c), 0);
	c.root.v += 8;
	EXPECT_EQ(pw_table_init(&pt, &c), pw_table_root_size(&pt) == 8 ? 0 : PW_EINVAL);
}

TEST(init_every_size_of_both_halves)
{
	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		harness_note("format", i);
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		EXPECT_EQ(w.va_bits, world_formats[i].max_va_bits);
		for (uint32_t bits = 1; bits <= 66; bits++) {
			one_size(bits, false);
			one_size(bits, true);
		}
		world_close(&w);
	}
}

TEST(sizes_of_leaves_arm64)
{
	for (unsigned int lpa2 = 0; lpa2 < 2; lpa2++) {
		harness_note("lpa2", lpa2);
		if (!world_open(&w, &world_formats[lpa2 ? WORLD_LPA2 : WORLD_ARM64], NULL))
			return;
		EXPECT_EQ(w.pt.levels, lpa2 ? 5 : 4);
		EXPECT_EQ(w.pt.pa_max, lpa2 ? 0xfffffffffffffull : 0xffffffffffffull);
		EXPECT_EQ(pw_table_leaf_size(&w.pt, 0), 0x1000);
		EXPECT_EQ(pw_table_leaf_size(&w.pt, 1), 0x200000);
		EXPECT_EQ(pw_table_leaf_size(&w.pt, 2), 0x40000000);
		EXPECT_EQ(pw_table_leaf_size(&w.pt, 3), 0x8000000000ull);
		for (unsigned int level = 0; level < 8; level++) {
			EXPECT_EQ(pw_table_leaf_ok(&w.pt, level), level < (lpa2 ? 4 : 3));
			EXPECT_EQ(pw_table_contig_lg2(&w.pt, level), level < 3 ? 4 : 0);
		}
		world_close(&w);
	}
}

/* A handle with few levels has no leaves above its root. */
TEST(sizes_of_leaves_of_a_small_handle)
{
	struct world_options o = { .va_bits = 25 };

	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	EXPECT_EQ(w.pt.levels, 2);
	EXPECT(pw_table_leaf_ok(&w.pt, 1));
	EXPECT(!pw_table_leaf_ok(&w.pt, 2));
	world_close(&w);
}

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

TEST(names_and_sizes_of_instances)
{
	EXPECT(same_text(pw_instance_name(&pw_arm64_4k_direct), "arm64-4k (direct)"));
	EXPECT(!same_text(pw_instance_name(&pw_arm64_4k_hooked),
			  pw_instance_name(&pw_arm64_4k_direct)));
	EXPECT(!same_text(pw_instance_name(&pw_arm64_4k_lpa2_direct),
			  pw_instance_name(&pw_arm64_4k_direct)));
	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];

		EXPECT_EQ(pw_instance_granule_lg2(f->direct), f->page_lg2);
		EXPECT_EQ(pw_instance_granule_lg2(f->hooked), f->page_lg2);
		EXPECT_EQ(pw_instance_max_levels(f->direct), f->max_levels);
	}
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 0, 4), "PTE"));
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 1, 4), "PMD"));
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 2, 4), "PUD"));
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 3, 4), "PGD"));
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 2, 3), "PGD"));
	EXPECT(same_text(pw_level_name(&pw_arm64_4k_direct, 1, 2), "PGD"));
}

/* Entries and attributes --------------------------------------------------------------------- */

TEST(encode_memory_types)
{
	static const struct {
		uint32_t memtype, index;
		int err;
	} row[] = {
		{ PW_MEM_NORMAL, 0, 0 },
		{ PW_MEM_DEVICE_nGnRE, 1, 0 },
		{ PW_MEM_NORMAL_NC, 2, 0 },
		{ PW_MEM_NORMAL_TAGGED, 3, 0 },
		{ PW_MEM_DEVICE_nGnRnE, 4, 0 },
		{ PW_MEM_NORMAL_WT, 5, 0 },
		{ PW_MEM_DEVICE_nGRE, 0, PW_EOPNOTSUPP }, /* not in this MAIR */
		{ PW_MEM_DEVICE_GRE, 0, PW_EOPNOTSUPP },
		{ PW_MEM_UC_MINUS, 0, PW_EOPNOTSUPP }, /* x86-64's */
		{ PW_MEM_WP, 0, PW_EOPNOTSUPP },
		{ PW_MEM_OTHER, 0, PW_EINVAL },
		{ PW_NR_MEMTYPES, 0, PW_EINVAL },
	};

	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct pw_attr a = world_attr(&w, 0);
		uint64_t raw = 0;

		a.memtype = row[i].memtype;
		harness_note("type", row[i].memtype);
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), row[i].err);
		if (!row[i].err)
			EXPECT_EQ(raw >> 2 & 7, row[i].index);
	}
	for (uint32_t index = 0; index < 8; index++) {
		struct pw_attr a = world_attr(&w, 0);
		uint64_t raw = 0;

		a.memtype = PW_MEM_INDEX;
		a.mem_index = index;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), 0);
		EXPECT_EQ(raw >> 2 & 7, index);
	}
	world_close(&w);
}

/* What the handle's CPU has no leaves for is refused as what the format has none for. */
TEST(encode_refuses_levels_without_leaves)
{
	struct pw_attr attr;
	uint64_t raw;

	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		harness_note("format", i);
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		attr = world_attr(&w, PW_PERM_W);
		for (unsigned int limit = 1; limit <= 3; limit++) {
			w.cfg.leaf_levels = limit == 3 ? 0 : limit;
			EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
			for (unsigned int level = 0; level < w.pt.levels; level++)
				EXPECT_EQ(pw_attr_encode(&w.pt, &attr, level, &raw),
					  pw_table_leaf_ok(&w.pt, level) ? 0 : PW_ERANGE);
		}
		world_close(&w);
	}
}

TEST(encode_refuses_unknown_bits_and_levels)
{
	struct pw_attr good, a;
	uint64_t raw;

	for (unsigned int i = 0; i < 2; i++) {
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		good = world_attr(&w, PW_PERM_W);
		a = good;
		a.perm |= PW_PERM_ALL + 1;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.flags |= PW_ATTR_ALL + 1;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.memtype = PW_MEM_INDEX;
		a.mem_index = 8;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.soft = 16;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.share = 4;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		EXPECT_EQ(pw_attr_encode(&w.pt, &good, (unsigned int)w.pt.levels, &raw), PW_EINVAL);
		EXPECT_EQ(pw_attr_encode(&w.pt, &good, 64, &raw), PW_EINVAL);
		EXPECT_EQ(pw_attr_encode(&w.pt, &good, (unsigned int)w.pt.levels - 1, &raw),
			  PW_ERANGE);
		world_close(&w);
	}
}

TEST(decode_what_is_no_leaf)
{
	struct pw_attr a;

	for (unsigned int i = 0; i < 2; i++) {
		harness_note("format", i);
		if (!world_open(&w, &world_formats[i], NULL))
			return;
		for (unsigned int level = 0; level < w.pt.levels; level++) {
			harness_note("level", level);
			EXPECT_EQ(pw_attr_decode(&w.pt, 0, level, &a), PW_ENOENT);
			EXPECT_EQ(pw_attr_decode(&w.pt, 0x1234567890ab4000, level, &a), PW_ENOENT);
			if (level)
				EXPECT_EQ(pw_attr_decode(&w.pt, 0x12345003, level, &a), PW_ENOENT);
		}
		EXPECT_EQ(pw_attr_decode(&w.pt, 0x12345401, 0, &a), PW_EDOM);
		EXPECT_EQ(pw_attr_decode(&w.pt, 0x401, (unsigned int)w.pt.levels - 1, &a), PW_EDOM);
		EXPECT_EQ(pw_attr_decode(&w.pt, 0x703, (unsigned int)w.pt.levels, &a), PW_EINVAL);
		EXPECT_EQ(pw_attr_decode(&w.pt, 0x703, ~0u, &a), PW_EINVAL);
		world_close(&w);
	}
}

TEST(reserved_bits_of_an_entry)
{
	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0060000000004703, 0), 0);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0061000000004703, 0), 1ull << 48);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0062000000004703, 0), 1ull << 49);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0060000000200701, 1), 0);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0060000000202701, 1), 1ull << 13);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0060000040000701 | 1ull << 21, 2), 1ull << 21);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x12345003, 1), 0);
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x12345003 | 1ull << 48, 1), 1ull << 48);
	EXPECT_EQ(pw_entry_reserved(&w.pt, ~1ull, 0), 0); /* not valid: software's */
	EXPECT_EQ(pw_entry_reserved(&w.pt, ~0ull, 9), 0);
	world_close(&w);
	if (!world_open(&w, &world_formats[WORLD_LPA2], NULL))
		return;
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0063000000004703, 0), 0); /* output address */
	EXPECT_EQ(pw_entry_reserved(&w.pt, 0x0003000012345303, 1), 0);
	world_close(&w);
}
