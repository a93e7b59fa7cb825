/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Every combination of what decides about an access, asked of the hart, of pw_translate(), and of
 * the manual: walk() below is its "Virtual Address Translation Process", step by step, and shares
 * nothing with the library.
 *
 * A combination is a number: bits of the leaf, one of the things that can be odd about it, the same
 * for one table entry above it, the access, sstatus. All numbers are gone through, but for those
 * that say nothing new.
 *
 *   library     has to say what the manual says, always: error, rights, address
 *   hart        has to do what the manual says: fault or not, cause, tval, the word read, and what
 *               it wrote to the entries: A, D, and not one other bit. Where the emulator is known
 *               to follow other rules (tests/oracle/deviations.txt), exactly those.
 *
 * With fewer comparisons wanted than there are combinations, an odd stride is taken: it has no
 * factor in common with the power of two that the numbers are, so that it comes by everything.
 */
#include "board.h"

#include "../../harness/harness.h"

#define V    (1ull << 0)
#define R    (1ull << 1)
#define W    (1ull << 2)
#define X    (1ull << 3)
#define U    (1ull << 4)
#define G    (1ull << 5)
#define A    (1ull << 6)
#define D    (1ull << 7)
#define RSW  (3ull << 8)
#define PBMT (3ull << 61)
#define N    (1ull << 63)

#define PPN_LG2	    10u
#define PPN	    0x3ffffffffffc00ull
#define PPN_LOW	    (0xfull << PPN_LG2) /* what N says something about */
#define ALWAYS_ZERO (0x1full << 54)
#define SOFT	    (3ull << 59) /* Svrsw60t59b alone gives them a meaning */

/* Where the fields of a combination begin. */
enum {
	LEAF_BITS, /* the leaf's V, R, W, X, U */
	LEAF_AD = LEAF_BITS + 5,
	LEAF_ODD = LEAF_AD + 2,
	TABLE_V = LEAF_ODD + 4,
	TABLE_ODD = TABLE_V + 1,
	WRITE = TABLE_ODD + 4,
	FETCH,
	USER,
	MPRV,
	SUM,
	MXR,
	NR_BITS
};

#define HAS(n, bit)    (((n) >> (bit)) & 1u)
#define FIELD(n, from) ((unsigned int)((n) >> (from)) & 15u)

/* What can be odd about a leaf: these bits; and PPN[3:0], if that is not 0 here, like so. */
static const struct odd {
	uint64_t bits;
	uint64_t low; /* of PPN[3:0] */
} leaf_odd[16] = {
	{ 0, 0 },
	{ 1ull << 54, 0 },
	{ 1ull << 58, 0 },
	{ 1ull << 59, 0 },
	{ 1ull << 60, 0 },
	{ 1ull << 61, 0 }, /* PBMT: NC, */
	{ 2ull << 61, 0 }, /* IO, */
	{ 3ull << 61, 0 }, /* reserved */
	{ N, 0 },
	{ N, 8 }, /* the one that Svnapot has */
	{ N, 4 },
	{ N | 1ull << 61, 8 },
	{ 0, 1 },		/* not aligned, above level 0 */
	{ 1ull << PPN_LG2, 0 }, /* stands for the highest PPN bit below the leaf's size */
	{ G, 0 },
	{ RSW, 0 },
};
#define ODD_HIGH_BIT 13u

static const uint64_t table_odd[16] = {
	0,	    G | RSW,	U,	    A, D,	   W,	      1ull << 54, 1ull << 58,
	1ull << 59, 1ull << 60, 1ull << 61, N, 3ull << 61, U | A | D, N | W,	  N | A,
};
#define TABLE_GOOD 2u /* so many of them are fine */

/* How entries are judged: by the manual, and by the emulator. */
struct rules {
	uint64_t zero;	      /* reserved in valid entries */
	bool any_pbmt;	      /* 3 is fine, too */
	bool no_napot;	      /* N means nothing */
	bool ad_before_napot; /* a bad N is a fault after A and D were written */
};

enum verdict { FINE, NOT_VALID, RESERVED, NO_RIGHT, NO_AD };

struct outcome {
	enum verdict verdict;
	uint64_t pa;
	uint64_t *slot; /* where the walk ended */
	uint64_t entry; /* what is there afterwards */
};

static struct place {
	uint32_t leaf_level;
	uint64_t va;
	uint64_t leaf; /* address, and nothing else */
	uint64_t table;
	uint64_t *leaf_slot;
	uint64_t *table_slot; /* NULL: the leaf is in the root */
} place;

/* The page that leaves lead to: the PPN's lowest bits are 5, so that N has something to replace. */
#define PAGE (METAL_DATA_FIRST + 0x5000)

/* Entries of the root that nothing else needs: what is varied, and the code that users run. */
#define VA	  (4ull << (va_bits - 9))
#define USER_PAGE (8ull << (va_bits - 9))

static struct pw_table live;
static uint64_t *root;
static uint32_t va_bits;
static uint32_t levels;
static uint64_t nr_compared;
static struct rules manual, machine;
static uint64_t empty[512] __attribute__((aligned(4096))); /* a table */

static void set_rules(void)
{
	manual = (struct rules){ .zero = ALWAYS_ZERO | SOFT | (boot_cpu.svpbmt ? 0 : PBMT) |
					 (boot_cpu.svnapot ? 0 : N) };
	machine = manual;
	if (metal_deviates("riscv-reserved-bits") && (boot_cpu.svnapot || boot_cpu.svpbmt)) {
		machine.zero = boot_cpu.svpbmt ? 0 : PBMT;
		machine.no_napot = !boot_cpu.svnapot;
	}
	machine.any_pbmt = metal_deviates("riscv-pbmt-3");
	machine.ad_before_napot = metal_deviates("riscv-bad-napot-is-accessed");
}

static bool rights(uint64_t e, uint64_t n)
{
	if (e & U ? !HAS(n, USER) && (!HAS(n, SUM) || HAS(n, FETCH)) : HAS(n, USER))
		return false;
	if (HAS(n, FETCH))
		return e & X;
	if (HAS(n, WRITE))
		return e & W;
	return e & (HAS(n, MXR) ? R | X : R);
}

/* What of a valid leaf is reserved, the bits apart that are so in any entry. */
static bool bad_leaf(const struct rules *r, uint64_t e, uint32_t level)
{
	uint64_t low = ((1ull << 9 * level) - 1) << PPN_LG2;

	return (!r->any_pbmt && (e & PBMT) == PBMT) || (e & low);
}

static bool bad_napot(const struct rules *r, uint64_t e, uint32_t level)
{
	return (e & N) && !r->no_napot && (level || (e & PPN_LOW) != 8ull << PPN_LG2);
}

static enum verdict judge(const struct rules *r, uint64_t n, struct outcome *o, uint32_t level)
{
	uint64_t e = o->entry;
	uint64_t ad = A | (HAS(n, WRITE) ? D : 0);

	if (bad_leaf(r, e, level))
		return RESERVED;
	if (bad_napot(r, e, level)) {
		if (r->ad_before_napot && rights(e, n))
			o->entry |= ad;
		return RESERVED;
	}
	if (!rights(e, n))
		return NO_RIGHT;
	if (!boot_cpu.updates_ad && (e & ad) != ad)
		return NO_AD;
	o->entry |= ad;
	return FINE;
}

/* The walk, for this combination's access. */
static struct outcome walk(const struct rules *r, uint64_t n)
{
	uint64_t *table = root, offset, page;
	struct outcome o = { 0 };

	for (uint32_t level = levels; level-- > 0;) {
		o.slot = table + (place.va >> (12 + 9 * level) & 511);
		o.entry = *o.slot;
		o.verdict = o.entry & V ? RESERVED : NOT_VALID;
		if (!(o.entry & V) || (o.entry & (R | W)) == W || (o.entry & r->zero))
			return o;
		if (o.entry & (R | X)) {
			o.verdict = judge(r, n, &o, level);
			offset = place.va & ((4096ull << 9 * level) - 1);
			page = o.entry & PPN;
			if ((o.entry & N) && !r->no_napot)
				page = (page & ~PPN_LOW) | (place.va >> 12 & 15) << PPN_LG2;
			o.pa = (page << 2) + offset;
			return o;
		}
		if (o.entry & (U | A | D | PBMT | N))
			return o;
		table = (uint64_t *)(uintptr_t)((o.entry & PPN) << 2);
	}
	return o; /* a table below the last level */
}

/* On the boot program's tables, which let users execute one page. */
static bool open_tables(uint32_t bits)
{
	static const struct pw_attr user = {
		.perm = PW_PERM_USER_R | PW_PERM_USER_X,
		.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED,
		.memtype = PW_MEM_NORMAL,
	};

	va_bits = bits;
	levels = (bits - 12) / 9;
	metal_set_caps(0);
	boot_paging(0);
	boot_init();
	set_rules();
	metal_user_at = USER_PAGE;
	if (!EXPECT_EQ(boot_run_on_own_tables(&live, bits), 0))
		return false;
	root = (uint64_t *)(uintptr_t)live.root.v;
	return EXPECT_EQ(pw_map(&live, pw_range_len(USER_PAGE, 4096),
				pw_pa_of((uint64_t)(uintptr_t)metal_user_page), &user, 0, NULL,
				NULL),
			 0);
}

/* One leaf of that level, mapped by the library, and the entry above that is varied with it; at
   level @levels there is none. */
static bool open_place(uint32_t leaf_level, uint32_t table_level)
{
	static const struct pw_attr attr = { .perm = PW_PERM_R,
					     .flags = PW_ATTR_VALID,
					     .memtype = PW_MEM_NORMAL };
	uint64_t size = pw_table_leaf_size(&live, leaf_level), pa = PAGE & ~(size - 1);
	struct pw_translation t;

	place = (struct place){ .leaf_level = leaf_level,
				.va = VA + (leaf_level ? PAGE - pa : PAGE % 0x10000) };
	if (!EXPECT_EQ(pw_map(&live, pw_range_len(place.va & ~(size - 1), size), pw_pa_of(pa),
			      &attr, PW_MAX_LEVEL(leaf_level), NULL, NULL),
		       0) ||
	    !EXPECT_EQ(pw_translate(&live, pw_va_of(place.va), &t), 0) ||
	    !EXPECT_EQ(t.level, leaf_level) || !EXPECT_EQ(t.pa.v, PAGE))
		return false;
	for (uint32_t i = 0; i < t.nr_steps; i++) {
		uint64_t *slot = (uint64_t *)(uintptr_t)t.step[i].entry_pa.v;

		if (t.step[i].level == leaf_level) {
			place.leaf_slot = slot;
			place.leaf = t.step[i].entry & PPN;
		}
		if (t.step[i].level == table_level) {
			place.table_slot = slot;
			place.table = t.step[i].entry & PPN;
		}
	}
	return EXPECT(place.leaf_slot) && EXPECT(place.table_slot || table_level == levels);
}

/* Back to what pw_map() made, so that pw_unmap() finds its way. */
static void close_place(void)
{
	uint64_t size = pw_table_leaf_size(&live, place.leaf_level);

	if (place.table_slot)
		*place.table_slot = place.table | V;
	*place.leaf_slot = place.leaf | R | V;
	EXPECT_EQ(pw_unmap(&live, pw_range_len(place.va & ~(size - 1), size), 0, NULL, NULL), 0);
}

/* A valid entry without R, W and X points to a table, above level 0: an empty one. */
static uint64_t leaf_of(uint64_t n)
{
	const struct odd *odd = &leaf_odd[FIELD(n, LEAF_ODD)];
	uint64_t e = (n >> LEAF_BITS & 31) | (n >> LEAF_AD & 3) << 6, bits = odd->bits;

	if (FIELD(n, LEAF_ODD) == ODD_HIGH_BIT)
		bits = place.leaf_level ? bits << (9 * place.leaf_level - 1) : 0;
	if (place.leaf_level && !(e & (R | W | X)))
		return e | (uint64_t)(uintptr_t)empty >> 2 | (bits & ~PPN);
	e |= place.leaf | bits;
	return odd->low ? (e & ~PPN_LOW) | odd->low << PPN_LG2 : e;
}

static uint64_t table_of(uint64_t n)
{
	return place.table | (HAS(n, TABLE_V) ? V : 0) | table_odd[FIELD(n, TABLE_ODD)];
}

#define LEAF_MASK  ((1ull << TABLE_V) - 1)
#define LEAF_USUAL (V | R | W | X | U)

/*
 * What says nothing new: a leaf's other bits where it is not valid (two are kept: all clear, all
 * set); and below a table entry that leads nowhere any leaf but two good ones, the supervisor's and
 * the user's.
 */
static bool pruned_entries(uint64_t n)
{
	uint64_t leaf = n & LEAF_MASK;
	bool good = HAS(n, TABLE_V) && FIELD(n, TABLE_ODD) < TABLE_GOOD;

	if (!place.table_slot && (!HAS(n, TABLE_V) || FIELD(n, TABLE_ODD)))
		return true;
	if (!good)
		return leaf != LEAF_USUAL && leaf != (LEAF_USUAL & ~U);
	return !(leaf & V) && leaf && leaf != (LEAF_MASK & ~V);
}

/* What cannot be: a fetch that writes; a fetch by M-mode for somebody else. */
static bool pruned_access(uint64_t n)
{
	return HAS(n, FETCH) && (HAS(n, WRITE) || HAS(n, MPRV));
}

static uint32_t caps_of(uint64_t n)
{
	return (HAS(n, SUM) ? PW_CAP_SUM : 0) | (HAS(n, MXR) ? PW_CAP_MXR : 0);
}

static uint32_t wanted_perm(uint64_t n)
{
	uint32_t perm = HAS(n, FETCH) ? PW_PERM_X : HAS(n, WRITE) ? PW_PERM_W : PW_PERM_R;

	return HAS(n, USER) ? perm << 3 : perm;
}

/* What was cached of the entries has to go, and the library's own executor sees to that. */
static void invalidate(void)
{
	struct pw_flush f = { .first = { place.va },
			      .last = { place.va },
			      .regime = PW_REGIME_RISCV,
			      .flags = PW_FLUSH_TABLES | PW_FLUSH_ANY_ASID,
			      .page_lg2 = 12 };
	struct pw_plan plan = { .size = sizeof(plan), .nr_ranges = 1, .ranges = &f };

	boot_exec.x.run(boot_exec.x.ctx, &plan);
}

/* The library against the manual. Its rights are those of R, W and X, whatever A and D. */
static void compare_library(uint64_t n, const struct pw_table *pt, const struct outcome *o)
{
	struct pw_translation t;
	int err = pw_translate(pt, pw_va_of(place.va), &t);
	int want = o->verdict == NOT_VALID ? PW_ENOENT : o->verdict == RESERVED ? PW_EDOM : 0;

	EXPECT_EQ(err, want);
	if (!EXPECT(t.nr_steps))
		return;
	EXPECT_EQ(t.step[t.nr_steps - 1].entry_pa.v, (uint64_t)(uintptr_t)o->slot);
	if (err)
		return;
	EXPECT_EQ(t.pa.v, o->pa);
	EXPECT_EQ(!!(t.perm & wanted_perm(n)), o->verdict != NO_RIGHT);
}

/* The hart against the manual, as far as the emulator is known to follow it. */
static void compare_machine(uint64_t n)
{
	uint32_t what = (HAS(n, WRITE) ? METAL_WRITE : 0) | (HAS(n, FETCH) ? METAL_FETCH : 0) |
			(HAS(n, USER) ? METAL_USER : 0) | (HAS(n, MPRV) ? METAL_MPRV : 0);
	uint32_t cause = HAS(n, FETCH) ? METAL_FETCH_PAGE_FAULT :
			 HAS(n, WRITE) ? METAL_STORE_PAGE_FAULT :
					 METAL_LOAD_PAGE_FAULT;
	struct outcome o = walk(&machine, n);
	uint64_t leaf = *place.leaf_slot, table = place.table_slot ? *place.table_slot : 0;
	uint64_t val = metal_page_word(o.pa); /* if it is written: what is there already */

	metal_tval = 0;
	if (o.verdict == FINE) {
		EXPECT_EQ(metal_probe(place.va, what, &val), METAL_NO_FAULT);
		EXPECT_EQ(val, metal_page_word(o.pa));
	} else {
		EXPECT_EQ(metal_probe(place.va, what, &val), cause);
		EXPECT_EQ(metal_tval, place.va);
	}
	EXPECT_EQ(*place.leaf_slot, o.slot == place.leaf_slot ? o.entry : leaf);
	if (place.table_slot)
		EXPECT_EQ(*place.table_slot, table);
}

static void compare(uint64_t n, const struct pw_table *pt)
{
	struct outcome o;

	*place.leaf_slot = leaf_of(n);
	if (place.table_slot)
		*place.table_slot = table_of(n);
	invalidate();
	harness_note("combination", n);
	o = walk(&manual, n);
	compare_library(n, pt, &o);
	compare_machine(n);
	nr_compared++;
}

/* Every stride-th combination of this place; sstatus and the handle follow. */
static void compare_all(uint64_t stride)
{
	uint64_t registers = ~0ull;
	struct pw_table pt;

	for (uint64_t n = harness_below(stride); n >> NR_BITS == 0; n += stride) {
		if (pruned_entries(n) || pruned_access(n))
			continue;
		if (n >> SUM != registers) {
			registers = n >> SUM;
			metal_set_caps(caps_of(n));
			if (!EXPECT_EQ(boot_table_init(&pt, root, va_bits, 0, caps_of(n)), 0))
				return;
		}
		compare(n, &pt);
		if (harness_failures() > 8)
			return;
	}
	metal_set_caps(0);
}

/* How many combinations there are in this place. */
static uint64_t count(void)
{
	uint64_t entries = 0, accesses = 0;

	for (uint64_t n = 0; n >> WRITE == 0; n++)
		entries += !pruned_entries(n);
	for (uint64_t n = 0; n >> NR_BITS == 0; n += 1ull << WRITE)
		accesses += !pruned_access(n);
	return entries * accesses;
}

/* @stride: 0: count only. */
static uint64_t all_places(uint64_t stride)
{
	uint64_t nr = 0;

	for (uint32_t leaf = 0; leaf < levels; leaf++) {
		for (uint32_t table = leaf + 1; table <= levels; table++) {
			if (table == levels && leaf != levels - 1)
				continue;
			harness_note("leaf level", leaf);
			harness_note("table level", table);
			if (!open_place(leaf, table))
				return 0;
			if (stride)
				compare_all(stride);
			else
				nr += count();
			close_place();
			if (harness_failures())
				return 0;
		}
	}
	return nr;
}

static void page_faults(uint32_t bits)
{
	uint64_t nr, most;

	nr_compared = 0;
	if (!open_tables(bits))
		return;
	nr = all_places(0);
	if (!EXPECT(nr))
		return;
	(void)all_places((nr / (metal_checks ? metal_checks : 1)) | 1);
	metal_puts("page faults, Sv");
	harness_put_dec(bits);
	metal_puts(": ");
	harness_put_dec(nr_compared);
	metal_puts(" of ");
	harness_put_dec(nr);
	metal_puts(" combinations compared\n");
	most = metal_checks < nr ? metal_checks : nr;
	EXPECT(nr_compared * 2 > most);
}

TEST(page_faults_sv39)
{
	page_faults(39);
}

TEST(page_faults_sv48)
{
	page_faults(48);
}

TEST(page_faults_sv57)
{
	page_faults(57);
}
