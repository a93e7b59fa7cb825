/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The tables of fields against the formats: every bit of a leaf and of a table, at every level, is
 * in one field, reserved or ignored; a flag's bit is that flag's and no other's; an address is
 * where the table says.
 */
#include <pagewalk/fields.h>
#include <pagewalk/pagewalk.h>

#include <string.h>

#include "../harness/harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define FORMAT(symbol, levels, leaf_levels, pa_bits, stage2)                               \
	{                                                                                  \
#symbol, &pw_arm64_##symbol##_direct, &pw_arm64_##symbol##_fields, levels, \
			leaf_levels, pa_bits, stage2                                       \
	}

static const struct {
	const char *name;
	const struct pw_instance *inst;
	const struct pw_fields *fields;
	unsigned int levels, leaf_levels, pa_bits;
	bool stage2;
} formats[] = {
	FORMAT(4k, 4, 3, 48, false),	FORMAT(4k_lpa2, 5, 4, 52, false),
	FORMAT(16k, 4, 2, 48, false),	FORMAT(16k_lpa2, 4, 3, 52, false),
	FORMAT(64k, 3, 2, 48, false),	FORMAT(64k_lpa, 3, 3, 52, false),
	FORMAT(s2_4k, 4, 3, 48, true),	FORMAT(s2_4k_lpa2, 5, 4, 52, true),
	FORMAT(s2_16k, 3, 2, 48, true), FORMAT(s2_16k_lpa2, 4, 3, 52, true),
	FORMAT(s2_64k, 3, 2, 48, true), FORMAT(s2_64k_lpa, 3, 3, 52, true),
};

static struct pw_env no_env = { .size = sizeof(no_env) };
static struct pw_table pt;

static bool open_format(unsigned int i)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.instance = formats[i].inst,
		.env = &no_env,
		.levels = formats[i].levels,
		.caps = { .flags = formats[i].stage2 ? PW_CAP_XNX : 0 },
	};

	harness_note("format", i);
	return EXPECT_EQ(pw_table_init(&pt, &cfg), 0);
}

static uint64_t mask_of(const struct pw_field *f)
{
	return (~0ull >> (63 - (f->last - f->first))) << f->first;
}

/* The field of bit @bit; at most one. */
static const struct pw_field *field_at(const struct pw_fields *fields, uint8_t in,
				       unsigned int level, unsigned int bit)
{
	const struct pw_field *found = NULL;

	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];

		if (!(f->in & in) || !(f->levels >> level & 1) || !(mask_of(f) >> bit & 1))
			continue;
		EXPECT(!found);
		found = f;
	}
	return found;
}

/* What no row has and nobody reserves: ignored by hardware, or another feature's. */
static uint64_t ignored_of(uint8_t in, unsigned int level)
{
	if (in == PW_IN_TABLE) /* [58:51]; [11:2], but for what an address has of it */
		return 0xffull << 51 | 0xffcu;
	/* [63]; Contiguous where there are no groups */
	if (level >= (pt.granule_lg2 == 12 ? 3u : 2u))
		return 1ull << 63 | 1ull << 52;
	return 1ull << 63;
}

static void every_bit(unsigned int i, uint8_t in, unsigned int level)
{
	uint64_t type = in == PW_IN_LEAF && level ? 1 : 3;
	uint64_t ignored = ignored_of(in, level), fields = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct pw_field *f = field_at(formats[i].fields, in, level, bit);
		uint64_t raw = type | 1ull << bit;
		bool reserved = bit > 1 && pw_entry_reserved(&pt, raw, level) == 1ull << bit;

		harness_note("bit", bit);
		if (f) {
			fields |= 1ull << bit;
			/* the one that has a mark of its own there */
			EXPECT_EQ(reserved, formats[i].stage2 && in == PW_IN_LEAF && bit == 50);
			EXPECT(f->first <= f->last && f->last < 64);
			EXPECT(f->name[0] && f->source[0]);
			EXPECT(!f->attr || f->first == f->last);
		} else {
			EXPECT(reserved != !!(ignored >> bit & 1));
		}
	}
	EXPECT_EQ(fields & 3, 3);
}

TEST(every_bit_has_one_place)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		if (!open_format(i))
			continue;
		for (unsigned int level = 0; level < formats[i].levels; level++) {
			harness_note("level", level);
			if (level < formats[i].leaf_levels)
				every_bit(i, PW_IN_LEAF, level);
			if (level)
				every_bit(i, PW_IN_TABLE, level);
		}
		for (size_t n = 0; n < formats[i].fields->nr; n++) {
			const struct pw_field *f = &formats[i].fields->field[n];

			/* no level that is not there; no flag of a table */
			EXPECT_EQ(f->levels >> formats[i].levels, 0);
			EXPECT(f->levels && (f->in == PW_IN_LEAF || f->in == PW_IN_TABLE));
			if (f->in == PW_IN_LEAF)
				EXPECT_EQ(f->levels >> formats[i].leaf_levels, 0);
			else
				EXPECT(!(f->levels & 1) && !f->attr);
		}
	}
}

/* A flag asked for is that bit and no other; and the other way round. */
static void flags_of(unsigned int i, unsigned int level)
{
	uint32_t base = PW_ATTR_VALID | PW_ATTR_DIRTY, seen = 0;

	for (size_t n = 0; n < formats[i].fields->nr; n++) {
		const struct pw_field *f = &formats[i].fields->field[n];
		struct pw_attr attr = { .perm = PW_PERM_R | PW_PERM_W, .flags = base };
		uint64_t without, with, mark = 0;

		if (!f->attr || !(f->levels >> level & 1))
			continue;
		harness_note("field", n);
		seen |= f->attr;
		attr.flags &= ~f->attr;
		EXPECT_EQ(pw_attr_encode(&pt, &attr, level, &without), 0);
		attr.flags |= f->attr;
		EXPECT_EQ(pw_attr_encode(&pt, &attr, level, &with), 0);
		if (f->attr == PW_ATTR_VALID && formats[i].stage2)
			mark = 1ull << 50;
		EXPECT_EQ(with ^ without, mask_of(f) | mark);
	}
	EXPECT_EQ(seen,
		  PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DBM |
			  (pw_table_contig_lg2(&pt, level) ? PW_ATTR_CONTIGUOUS : 0) |
			  (formats[i].stage2 ? 0 : PW_ATTR_GLOBAL | PW_ATTR_GUARDED | PW_ATTR_NS));
}

TEST(flags_are_their_bits)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		if (!open_format(i))
			continue;
		for (unsigned int level = 0; level < formats[i].leaf_levels; level++) {
			harness_note("level", level);
			flags_of(i, level);
		}
	}
}

/* As many address bits as an output address has above the leaf's size, or the table's. */
TEST(addresses_are_complete)
{
	for (unsigned int i = 0; i < NR(formats); i++) {
		if (!open_format(i))
			continue;
		for (unsigned int n = 0; n < 2 * formats[i].levels; n++) {
			uint8_t in = n & 1 ? PW_IN_TABLE : PW_IN_LEAF;
			unsigned int level = n / 2, bits = 0, want;

			harness_note("level", level);
			if (in == PW_IN_LEAF ? level >= formats[i].leaf_levels : !level)
				continue;
			for (unsigned int bit = 0; bit < 64; bit++) {
				const struct pw_field *f =
					field_at(formats[i].fields, in, level, bit);

				if (f && strstr(f->name, "address"))
					bits++;
			}
			want = formats[i].pa_bits - (unsigned int)pt.granule_lg2;
			if (in == PW_IN_LEAF)
				want -= level * (unsigned int)pt.index_lg2;
			EXPECT_EQ(bits, want);
		}
	}
}
