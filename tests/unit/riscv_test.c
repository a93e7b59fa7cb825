/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Single RISC-V entries: what they are, their rights and attributes, against the privileged
 * specification written out once more, plainly; where the fields stand; and registers.
 */
#include <pagewalk/fields.h>
#include <pagewalk/riscv.h>

#include "riscv_env.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static struct rv rv;

static bool bit(uint64_t e, unsigned int b)
{
	return e >> b & 1u;
}

/* What an entry is ----------------------------------------------------------------------------- */

static bool is_leaf(uint64_t e)
{
	return bit(e, 1) || bit(e, 3);
}

/*
 * "Virtual Address Translation Process", steps 3 to 5, and the chapters on extensions: does a walk
 * end at this valid entry with a page fault, whatever the access?
 */
static bool faults(uint64_t e, unsigned int level, uint32_t caps)
{
	uint64_t pbmt = e >> 61 & 3u;

	if (!bit(e, 1) && bit(e, 2))
		return true;
	for (unsigned int b = 54; b <= 58; b++)
		if (bit(e, b))
			return true;
	if ((bit(e, 59) || bit(e, 60)) && !(caps & PW_CAP_SVRSW60T59B))
		return true;
	if (pbmt && (!(caps & PW_CAP_SVPBMT) || pbmt == 3))
		return true;
	if (bit(e, 63) && !(caps & PW_CAP_SVNAPOT))
		return true;
	if (!is_leaf(e)) /* a pointer */
		return level == 0 || bit(e, 4) || bit(e, 6) || bit(e, 7) || pbmt || bit(e, 63);
	for (unsigned int b = 10; b < 10 + 9 * level; b++)
		if (bit(e, b)) /* misaligned superpage */
			return true;
	/* the only group is 64K of pages */
	return bit(e, 63) && (level || (e >> 10 & 15u) != 8);
}

/* Invalid, an entry in a leaf's form keeps it; all others are somebody else's. */
static int want_decode(uint64_t e, unsigned int level, uint32_t caps)
{
	bool bad = faults(e, level, caps);

	if (!bit(e, 0))
		return is_leaf(e) && !bad ? 0 : PW_ENOENT;
	if (bad)
		return PW_EDOM;
	return is_leaf(e) ? 0 : PW_ENOENT;
}

/* In the G-stage G should be clear, and a leaf without U lets nobody through. */
static bool want_reserved(uint64_t e, int decode)
{
	if (decode == PW_EDOM)
		return true;
	return rv.g && bit(e, 0) && (bit(e, 5) || (is_leaf(e) && !bit(e, 4)));
}

static bool entry_is_right(uint64_t e, unsigned int level)
{
	struct pw_attr attr = { 0 };
	int want = want_decode(e, level, rv.pt.caps.flags);

	return pw_attr_decode(&rv.pt, e, level, &attr) == want &&
	       (pw_entry_reserved(&rv.pt, e, level) != 0) == want_reserved(e, want) &&
	       (want || !!(attr.flags & PW_ATTR_VALID) == bit(e, 0));
}

/* Each low byte x one or two high bits x address bits at the edges of superpages and groups. */
static void every_entry(void)
{
	static const uint64_t ppn[] = {
		0,
		PPN(1),
		PPN(8),
		PPN(9),
		PPN(0x18),
		PPN(0x100),
		PPN(0x200),
		PPN(0x20000),
		PPN(0x40000),
		PPN(1u << 26),
		PPN(1u << 27),
		PPN(1ull << 35),
		PPN(1ull << 36),
		PPN(0xfffffffffff),
	};
	uint64_t wrong = 0;

	for (unsigned int level = 0; level < rv.pt.levels; level++)
		for (unsigned int p = 0; p < NR(ppn); p++)
			for (unsigned int i = 53; i < 64; i++)
				for (unsigned int j = i; j < 64; j++)
					for (uint64_t low = 0; low < 256; low++) {
						uint64_t e = low | ppn[p];

						/* 53 stands for no bit at all */
						e |= i == 53 ? 0 : 1ull << i;
						e |= j == 53 ? 0 : 1ull << j;
						if (entry_is_right(e, level))
							continue;
						harness_note("entry", e);
						harness_note("level", level);
						wrong++;
					}
	EXPECT_EQ(wrong, 0);
}

TEST(entries_are_what_the_specification_says)
{
	for (unsigned int g = 0; g < 2; g++)
		for (unsigned int c = 0; c < 8; c++) {
			uint32_t caps = (c & 1 ? PW_CAP_SVNAPOT : 0) | (c & 2 ? PW_CAP_SVPBMT : 0) |
					(c & 4 ? PW_CAP_SVRSW60T59B : 0);

			harness_note("g", g);
			harness_note("caps", c);
			if (rv_open(&rv, g, c & 1, g ? 59 : 57, 0, caps))
				every_entry();
		}
}

/* Which bits are to blame; one line for each reason. */
TEST(reserved_bits_are_named)
{
	static const struct {
		uint64_t e, bits;
		unsigned int level;
		uint32_t caps;
	} row[] = {
		{ V | W, W, 0, 0 },
		{ V | W | X, W, 2, 0 },
		{ V, R | W | X, 0, 0 }, /* a pointer, and nothing is left to point to */
		{ V | U, U, 1, 0 },
		{ V | A, A, 2, 0 },
		{ V | D, D, 1, 0 },
		{ V | PBMT_NC, PBMT_NC, 1, ALL_RVEXT },
		{ V | N, N, 1, ALL_RVEXT },
		{ V | R | 1ull << 54, 1ull << 54, 0, ALL_RVEXT },
		{ V | R | 1ull << 58, 1ull << 58, 3, ALL_RVEXT },
		{ V | 1ull << 57, 1ull << 57, 3, ALL_RVEXT },
		{ V | R | 1ull << 59, 1ull << 59, 0, PW_CAP_SVNAPOT | PW_CAP_SVPBMT },
		{ V | R | 1ull << 60, 1ull << 60, 0, 0 },
		{ V | R | 3ull << 59, 0, 0, PW_CAP_SVRSW60T59B },
		{ V | 3ull << 59, 0, 1, PW_CAP_SVRSW60T59B },
		{ V | R | PBMT_IO, PBMT_IO, 0, PW_CAP_SVNAPOT | PW_CAP_SVRSW60T59B },
		{ V | R | PBMT_IO, 0, 4, PW_CAP_SVPBMT },
		{ V | R | 3ull << 61, 3ull << 61, 0, ALL_RVEXT },
		{ V | R | N | PPN(8), N, 0, PW_CAP_SVPBMT | PW_CAP_SVRSW60T59B },
		{ V | R | N | PPN(8), 0, 0, PW_CAP_SVNAPOT },
		{ V | R | N | PPN(0), N, 0, ALL_RVEXT },
		{ V | R | N | PPN(12), N | PPN(12), 0, ALL_RVEXT },
		{ V | R | N | PPN(0x17), N | PPN(7), 0, ALL_RVEXT },
		{ V | R | N, N, 1, ALL_RVEXT },
		{ V | R | PPN(0x100), PPN(0x100), 1, 0 },
		{ V | R | PPN(0x200), 0, 1, 0 },
		{ V | R | PPN(0x201), PPN(0x201), 2, 0 },
		{ V | R | PPN(1ull << 35), PPN(1ull << 35), 4, 0 },
		{ R | 1ull << 54, 0, 0, 0 }, /* not valid: nobody looks */
		{ 0, 0, 0, 0 },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		harness_note("row", i);
		if (rv_open(&rv, false, false, 57, 0, row[i].caps))
			EXPECT_EQ(pw_entry_reserved(&rv.pt, row[i].e, row[i].level), row[i].bits);
	}
	if (!rv_open(&rv, true, false, 41, 0, 0))
		return;
	EXPECT_EQ(pw_entry_reserved(&rv.pt, V | R | U, 0), 0);
	EXPECT_EQ(pw_entry_reserved(&rv.pt, V | R, 0), U);
	EXPECT_EQ(pw_entry_reserved(&rv.pt, V | R | U | G, 1), G);
	EXPECT_EQ(pw_entry_reserved(&rv.pt, V | G, 1), G);
	EXPECT_EQ(pw_entry_reserved(&rv.pt, V | U | PPN(1), 1), U);
}

/* Rights --------------------------------------------------------------------------------------- */

/*
 * "Sv39", on U, SUM and MXR; in octal, the user's rights and then the supervisor's, each R 1, W 2,
 * X 4. Columns: neither, MXR, SUM, both.
 */
static const struct {
	uint64_t e;
	uint16_t perm[4];
} right[] = {
	{ R, { 001, 001, 001, 001 } },	       { X, { 004, 005, 004, 005 } },
	{ R | X, { 005, 005, 005, 005 } },     { R | W, { 003, 003, 003, 003 } },
	{ R | W | X, { 007, 007, 007, 007 } }, { U | R, { 010, 010, 011, 011 } },
	{ U | X, { 040, 050, 040, 051 } },     { U | R | X, { 050, 050, 051, 051 } },
	{ U | R | W, { 030, 030, 033, 033 } }, { U | R | W | X, { 070, 070, 073, 073 } },
};

static uint32_t column_caps(unsigned int column)
{
	return (column & 1 ? PW_CAP_MXR : 0) | (column & 2 ? PW_CAP_SUM : 0);
}

static uint32_t perm_of(uint64_t e)
{
	struct pw_attr attr = { 0 };

	EXPECT_EQ(pw_attr_decode(&rv.pt, e, 0, &attr), 0);
	return attr.perm;
}

TEST(rights_by_table)
{
	for (unsigned int column = 0; column < 4; column++) {
		harness_note("column", column);
		if (!rv_open(&rv, false, false, 39, 0, column_caps(column)))
			continue;
		for (unsigned int i = 0; i < NR(right); i++) {
			harness_note("row", i);
			/* A and D are no rights */
			EXPECT_EQ(perm_of(right[i].e | V), right[i].perm[column]);
			EXPECT_EQ(perm_of(right[i].e | V | A), right[i].perm[column]);
			EXPECT_EQ(perm_of(right[i].e | V | A | D | G), right[i].perm[column]);
			EXPECT_EQ(perm_of(right[i].e), right[i].perm[column]);
		}
	}
}

/* In the G-stage every access is a user's; MXR counts, SUM does not. */
TEST(rights_of_the_g_stage)
{
	for (unsigned int column = 0; column < 4; column++) {
		harness_note("column", column);
		if (!rv_open(&rv, true, false, 41, 0, column_caps(column)))
			continue;
		for (unsigned int i = 0; i < NR(right); i++) {
			uint32_t want = right[i].e & U ? right[i].perm[column] >> 3 : 0;

			harness_note("row", i);
			EXPECT_EQ(perm_of(right[i].e | V), want);
		}
	}
}

/* All 64 sets of rights: those of the table can be written, and give that entry; no others. */
static void every_right(unsigned int column)
{
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		struct pw_attr attr = { .perm = perm, .flags = PW_ATTR_VALID };
		uint64_t raw = ~0ull, want = 0;
		int err;

		for (unsigned int i = 0; i < NR(right); i++) {
			uint32_t has = right[i].perm[column];

			if (rv.g)
				has = right[i].e & U ? has >> 3 : 0;
			/* with MXR X alone and R with X are the same: the one that says so */
			if (has && has == perm && (!want || (right[i].e & R)))
				want = right[i].e | V;
		}
		harness_note("perm", perm);
		err = pw_attr_encode(&rv.pt, &attr, 0, &raw);
		EXPECT_EQ(err, want ? 0 : PW_EOPNOTSUPP);
		if (!err)
			EXPECT_EQ(raw, want);
	}
}

TEST(rights_that_can_be_written)
{
	for (unsigned int i = 0; i < 8; i++) {
		harness_note("column", i % 4);
		harness_note("g", i / 4);
		if (rv_open(&rv, i / 4, false, i / 4 ? 41 : 39, 0, column_caps(i % 4)))
			every_right(i % 4);
	}
}

/* Attributes ----------------------------------------------------------------------------------- */

static uint64_t want_raw(const struct pw_attr *a, unsigned int level)
{
	uint64_t e = V | R | W;

	e = a->flags & PW_ATTR_VALID ? e : e & ~V;
	e |= (a->flags & PW_ATTR_GLOBAL ? G : 0) | (a->flags & PW_ATTR_ACCESSED ? A : 0) |
	     (a->flags & PW_ATTR_DIRTY ? D : 0) | (rv.g ? U : 0);
	e |= (uint64_t)(a->soft & 3) << 8 | (uint64_t)(a->soft >> 2) << 59;
	if (a->flags & PW_ATTR_CONTIGUOUS && level == 0)
		e |= N | PPN(8);
	return e | (uint64_t)a->mem_index << 61;
}

static bool same_attr(const struct pw_attr *a, const struct pw_attr *b)
{
	return a->perm == b->perm && a->flags == b->flags && a->memtype == b->memtype &&
	       a->mem_index == b->mem_index && a->soft == b->soft && !b->share && !b->key &&
	       !b->perm_index;
}

static const uint32_t memtypes[] = { PW_MEM_NORMAL, PW_MEM_NORMAL_NC, PW_MEM_DEVICE_nGnRnE };

/* Flags x software bits x memory types x levels, there and back. */
static void there_and_back(uint32_t flag_mask)
{
	for (unsigned int level = 0; level < rv.pt.levels; level++)
		for (uint32_t flags = 0; flags < 64; flags++)
			for (uint32_t soft = 0; soft < 16; soft++)
				for (uint32_t mem = 0; mem < 3; mem++) {
					struct pw_attr back = { 0 }, a = {
						.perm = PW_PERM_R | PW_PERM_W,
						.flags = flags & flag_mask,
						.memtype = memtypes[mem],
						.mem_index = mem,
						.soft = soft,
					};
					uint64_t raw = 0, raw2 = 0;

					if (level && (a.flags & PW_ATTR_CONTIGUOUS))
						continue;
					EXPECT_EQ(pw_attr_encode(&rv.pt, &a, level, &raw), 0);
					EXPECT_EQ(raw, want_raw(&a, level));
					EXPECT_EQ(pw_attr_decode(&rv.pt, raw, level, &back), 0);
					EXPECT(same_attr(&a, &back));
					a.memtype = PW_MEM_INDEX;
					EXPECT_EQ(pw_attr_encode(&rv.pt, &a, level, &raw2), 0);
					EXPECT_EQ(raw2, raw);
				}
}

TEST(attributes_there_and_back)
{
	uint32_t flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_CONTIGUOUS;

	if (rv_open(&rv, false, true, 57, 0, ALL_RVEXT))
		there_and_back(flags | PW_ATTR_GLOBAL);
	if (rv_open(&rv, true, true, 59, 0, ALL_RVEXT))
		there_and_back(flags);
}

struct refusal {
	struct pw_attr attr;
	unsigned int level;
	int err;
};

#define OK_ATTR .perm = PW_PERM_R, .flags = PW_ATTR_VALID
static const struct refusal refusals[] = {
	{ { OK_ATTR }, 0, 0 },
	{ { OK_ATTR }, 4, 0 },
	{ { OK_ATTR }, 5, PW_EINVAL }, /* no such level */
	{ { .perm = 0x41, .flags = PW_ATTR_VALID }, 0, PW_EINVAL },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_ALL + 1u }, 0, PW_EINVAL },
	{ { OK_ATTR, .soft = 16 }, 0, PW_EINVAL },
	{ { OK_ATTR, .share = 1 }, 0, PW_EINVAL },
	{ { OK_ATTR, .share = 4 }, 0, PW_EINVAL },
	{ { OK_ATTR, .share = PW_SHARE_INNER }, 0, 0 }, /* not the entry's: ignored */
	{ { OK_ATTR, .memtype = PW_MEM_OTHER }, 0, PW_EINVAL },
	{ { OK_ATTR, .mem_index = 3 }, 0, PW_EINVAL }, /* reserved */
	{ { OK_ATTR, .mem_index = 4 }, 0, PW_EINVAL },
	{ { OK_ATTR, .memtype = PW_MEM_NORMAL_TAGGED }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .memtype = PW_MEM_NORMAL_WT }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .memtype = PW_MEM_DEVICE_GRE }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .memtype = PW_MEM_WP }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .key = 1 }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .perm_index = 1 }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_DBM }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_GUARDED }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_NS }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_NSE }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_ENCRYPTED }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_IGNORE_PAT }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_SUPPRESS_VE }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_CONTIGUOUS }, 1, PW_ERANGE },
};

/* The same without the extensions. */
static const struct refusal plain_refusals[] = {
	{ { OK_ATTR, .soft = 3 }, 0, 0 },
	{ { OK_ATTR, .soft = 4 }, 0, PW_EINVAL },
	{ { OK_ATTR, .mem_index = 1 }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .memtype = PW_MEM_NORMAL }, 0, 0 },
	{ { OK_ATTR, .memtype = PW_MEM_NORMAL_NC }, 0, PW_EOPNOTSUPP },
	{ { OK_ATTR, .memtype = PW_MEM_DEVICE_nGnRnE }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_CONTIGUOUS }, 0, PW_EOPNOTSUPP },
	{ { .perm = PW_PERM_R, .flags = PW_ATTR_CONTIGUOUS }, 1, PW_ERANGE },
};

static void refuse(const struct refusal *r, unsigned int nr)
{
	uint64_t raw;

	for (; nr; nr--, r++) {
		harness_note("left", nr);
		EXPECT_EQ(pw_attr_encode(&rv.pt, &r->attr, r->level, &raw), r->err);
	}
}

TEST(attributes_refused)
{
	struct pw_attr global = { .perm = PW_PERM_R, .flags = PW_ATTR_GLOBAL };
	uint64_t raw;

	for (unsigned int g = 0; g < 2; g++) {
		harness_note("g", g);
		if (!rv_open(&rv, g, false, g ? 59 : 57, 0, ALL_RVEXT))
			continue;
		refuse(refusals, NR(refusals));
		/* no G-stage entry is for every VMID */
		EXPECT_EQ(pw_attr_encode(&rv.pt, &global, 0, &raw), g ? PW_EOPNOTSUPP : 0);
		if (rv_open(&rv, g, true, g ? 41 : 39, 0, 0))
			refuse(plain_refusals, NR(plain_refusals));
	}
}

/* Each extension opens its own bits, whatever others there are: written, read; else reserved. */
TEST(each_extension_has_its_bits)
{
	static const struct {
		uint32_t cap;
		struct pw_attr attr;
		uint64_t bits;
		int without;
	} ext[] = {
		{ PW_CAP_SVNAPOT,
		  { .perm = PW_PERM_R, .flags = PW_ATTR_VALID | PW_ATTR_CONTIGUOUS },
		  N | PPN(8),
		  PW_EOPNOTSUPP },
		{ PW_CAP_SVPBMT, { OK_ATTR, .mem_index = 1 }, PBMT_NC, PW_EOPNOTSUPP },
		{ PW_CAP_SVRSW60T59B, { OK_ATTR, .soft = 4 }, 1ull << 59, PW_EINVAL },
		{ PW_CAP_SVRSW60T59B, { OK_ATTR, .soft = 8 }, 1ull << 60, PW_EINVAL },
	};

	for (unsigned int i = 0; i < 16; i++) {
		uint32_t caps = (i & 1 ? PW_CAP_SVNAPOT : 0) | (i & 2 ? PW_CAP_SVPBMT : 0) |
				(i & 4 ? PW_CAP_SVRSW60T59B : 0);

		harness_note("extensions", i);
		if (!rv_open(&rv, i & 8, false, i & 8 ? 41 : 39, 0, caps))
			continue;
		for (unsigned int n = 0; n < NR(ext); n++) {
			uint64_t want = V | R | (i & 8 ? U : 0) | ext[n].bits, raw = 0;
			bool has = caps & ext[n].cap;
			struct pw_attr got = { 0 };

			harness_note("row", n);
			EXPECT_EQ(pw_attr_encode(&rv.pt, &ext[n].attr, 0, &raw),
				  has ? 0 : ext[n].without);
			EXPECT_EQ(pw_attr_decode(&rv.pt, want, 0, &got), has ? 0 : PW_EDOM);
			EXPECT_EQ(!pw_entry_reserved(&rv.pt, want, 0), has);
			if (has) {
				EXPECT_EQ(raw, want);
				EXPECT_EQ(got.soft, ext[n].attr.soft);
				EXPECT_EQ(got.flags, ext[n].attr.flags);
				EXPECT_EQ(got.mem_index, ext[n].attr.mem_index);
			}
		}
	}
}

/* Somebody else's entries: Linux' swap entries have bits 3:1 clear, its PROT_NONE pages R set. */
TEST(entries_that_are_not_valid)
{
	struct pw_attr attr;

	if (!rv_open(&rv, false, false, 39, 0, ALL_RVEXT))
		return;
	EXPECT_EQ(pw_attr_decode(&rv.pt, 0, 0, &attr), PW_ENOENT);
	EXPECT_EQ(pw_attr_decode(&rv.pt, 0xfffffffffffffff0ull, 0, &attr), PW_ENOENT);
	EXPECT_EQ(pw_attr_decode(&rv.pt, PPN(0x83aa8) | R | G | A | D, 0, &attr), 0);
	EXPECT_EQ(attr.flags, PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
	/* what would be bad when made valid is none of ours, either */
	EXPECT_EQ(pw_attr_decode(&rv.pt, PPN(0x83aa8) | W, 0, &attr), PW_ENOENT);
	EXPECT_EQ(pw_attr_decode(&rv.pt, PPN(0x83aa8) | R, 1, &attr), PW_ENOENT);
	EXPECT_EQ(pw_attr_decode(&rv.pt, PPN(0x83aa7) | R | N, 0, &attr), PW_ENOENT);
}

/* Fields --------------------------------------------------------------------------------------- */

static uint64_t field_mask(const struct pw_field *f)
{
	return (~0ull >> (63 - (f->last - f->first))) << f->first;
}

static void check_fields(const struct pw_fields *fields, uint64_t all)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];
		struct pw_attr attr = { .perm = PW_PERM_R };
		uint64_t with = 0, without = 0;

		harness_note("field", i);
		if (!EXPECT(f->first <= f->last && f->last < 64))
			continue;
		EXPECT_EQ(seen & field_mask(f), 0);
		seen |= field_mask(f);
		EXPECT(f->name && f->source && f->in && f->levels);
		if (!f->attr)
			continue;
		EXPECT_EQ(pw_attr_encode(&rv.pt, &attr, 0, &without), 0);
		attr.flags = f->attr;
		EXPECT_EQ(pw_attr_encode(&rv.pt, &attr, 0, &with), 0);
		EXPECT_EQ((with ^ without) & ~PPN(15), field_mask(f));
	}
	EXPECT_EQ(seen, all);
}

TEST(fields_are_where_the_code_has_them)
{
	if (rv_open(&rv, false, false, 39, 0, ALL_RVEXT))
		check_fields(&pw_riscv64_fields, ~0ull);
	if (rv_open(&rv, true, false, 41, 0, ALL_RVEXT))
		check_fields(&pw_riscv64_g_fields, ~G);
}

/* Registers ------------------------------------------------------------------------------------ */

#define MODE(m)	  ((uint64_t)(m) << 60)
#define STAT_SUM  (1ull << 18)
#define STAT_MXR  (1ull << 19)
#define KEPT_CAPS (PW_CAP_SVADU | PW_CAP_SVNAPOT)

static struct pw_table_config marked(void)
{
	return (struct pw_table_config){ .size = 7,
					 .flags = PW_TABLE_NO_WX | PW_TABLE_UPPER,
					 .root = { 1 },
					 .va_bits = 2,
					 .asid = 3,
					 .caps = { .flags = KEPT_CAPS | PW_CAP_SUM } };
}

TEST(registers_of_both_halves)
{
	/* Sv57, ASID 0x33, as a real guest had it */
	struct pw_riscv_regs regs = { .satp = 0xa0033000000832e5ull };
	struct pw_table_config cfg = marked();

	EXPECT_EQ(pw_riscv_decode_regs(&regs, false, &cfg), 0);
	EXPECT_EQ(cfg.root.v, 0x832e5000);
	EXPECT_EQ(cfg.va_bits, 57);
	EXPECT_EQ(cfg.asid, 0x33);
	EXPECT_EQ(cfg.flags, PW_TABLE_NO_WX);
	EXPECT_EQ(cfg.caps.flags, KEPT_CAPS);
	EXPECT_EQ(cfg.size, 7);
	regs.satp = MODE(8) | 0xffffull << 44 | 0xfffffffffffull;
	regs.sstatus = STAT_SUM;
	EXPECT_EQ(pw_riscv_decode_regs(&regs, true, &cfg), 0);
	EXPECT_EQ(cfg.root.v, 0xfffffffffff000ull);
	EXPECT_EQ(cfg.va_bits, 39);
	EXPECT_EQ(cfg.asid, 0xffff);
	EXPECT_EQ(cfg.flags, PW_TABLE_NO_WX | PW_TABLE_UPPER);
	EXPECT_EQ(cfg.caps.flags, KEPT_CAPS | PW_CAP_SUM);
	regs.satp = MODE(9) | 1;
	regs.sstatus = STAT_MXR | ~(STAT_SUM | STAT_MXR);
	EXPECT_EQ(pw_riscv_decode_regs(&regs, false, &cfg), 0);
	EXPECT_EQ(cfg.va_bits, 48);
	EXPECT_EQ(cfg.asid, 0);
	EXPECT_EQ(cfg.caps.flags, KEPT_CAPS | PW_CAP_MXR);
}

TEST(registers_of_the_g_stage)
{
	struct pw_riscv_regs regs = { .sstatus = STAT_SUM | STAT_MXR,
				      .hgatp = MODE(8) | 0x3fffull << 44 | 0x80204 };
	struct pw_table_config cfg = marked();

	EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), 0);
	EXPECT_EQ(cfg.root.v, 0x80204000);
	EXPECT_EQ(cfg.va_bits, 41);
	EXPECT_EQ(cfg.asid, 0x3fff);
	EXPECT_EQ(cfg.flags, PW_TABLE_NO_WX);
	EXPECT_EQ(cfg.caps.flags, KEPT_CAPS | PW_CAP_MXR);
	regs.hgatp = MODE(9) | 3ull << 58 | 0x80204; /* reserved bits are not the VMID's */
	EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), 0);
	EXPECT_EQ(cfg.va_bits, 50);
	EXPECT_EQ(cfg.asid, 0);
	regs.hgatp = MODE(10) | 0x80204;
	EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), 0);
	EXPECT_EQ(cfg.va_bits, 59);
	regs.hgatp |= 2;
	EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), PW_EDOM);
	regs.hgatp = MODE(10) | 0x80205;
	EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), PW_EDOM);
}

TEST(registers_refused)
{
	for (uint64_t mode = 0; mode < 16; mode++) {
		struct pw_riscv_regs regs = { .satp = MODE(mode) | 4, .hgatp = MODE(mode) | 4 };
		struct pw_table_config cfg = marked(), was = cfg;
		int want = mode == 0 ? PW_ENOENT : mode >= 8 && mode <= 10 ? 0 : PW_EDOM;

		harness_note("mode", mode);
		EXPECT_EQ(pw_riscv_decode_regs(&regs, true, &cfg), want);
		if (want)
			EXPECT(memcmp(&cfg, &was, sizeof(cfg)) == 0);
		cfg = was;
		EXPECT_EQ(pw_riscv_decode_hgatp(&regs, &cfg), want);
		if (want)
			EXPECT(memcmp(&cfg, &was, sizeof(cfg)) == 0);
	}
}
