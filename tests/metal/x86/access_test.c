/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Every combination of what decides about an access, asked of the CPU and of pw_translate().
 *
 * A combination is a number, a bit for each thing that can be one way or the other: bits of the
 * leaf, bits of one table entry above it, the access, the control registers. All numbers are gone
 * through, but for those that say nothing new; the control registers are the upper bits, for they
 * are expensive to change.
 *
 * The library says which entries the walk uses and what rights they give together; from that the
 * table of causes below makes the error code. Compared are: fault or not, error code, CR2; and what
 * the CPU wrote to the entries: accessed in all that it used, dirty in the leaf that was written,
 * and not one other bit.
 *
 * With fewer comparisons wanted than there are combinations, a stride that is coprime to them all
 * is taken: the combinations are then spread over everything.
 */
#include "board.h"

#include "../../harness/harness.h"

#define P     (1ull << 0)
#define RW    (1ull << 1)
#define US    (1ull << 2)
#define A     (1ull << 5)
#define D     (1ull << 6)
#define XD    (1ull << 63)
#define FLAGS (P | RW | US | A | D | XD)

enum {
	LEAF_P,
	LEAF_RW,
	LEAF_US,
	LEAF_A,
	LEAF_D,
	LEAF_XD,
	LEAF_RSVD,
	TABLE_P,
	TABLE_RW,
	TABLE_US,
	TABLE_A,
	TABLE_XD,
	TABLE_RSVD,
	WRITE,
	FETCH,
	USER,
	AC, /* the access's own part of SMAP */
	SMAP,
	SMEP,
	NO_WP,
	NO_NX,
	NR_THINGS
};

#define HAS(n, thing) (((n) >> (thing)) & 1u)

/* In entries of the root that nothing else needs: what is varied, and the code that users run. */
#define VA	  (1ull << (va_bits - 9))
#define USER_PAGE (2 * VA)

static struct place {
	uint32_t leaf_level;
	uint32_t table_level;
	uint64_t va;
	uint64_t leaf; /* without any of what the combinations say */
	uint64_t table;
	uint64_t *leaf_slot;
	uint64_t *table_slot;
} place;

static struct pw_table live;
static uint64_t *root;
static uint32_t va_bits;
static uint64_t nr_compared;
static bool no_p_with_rsvd; /* a deviation */

/* The rights of everything are in the entries: the kernel's own mapping must do without XD, which
   is reserved while EFER.NXE is clear. */
static bool open_tables(void)
{
	static const struct pw_attr kernel = {
		.perm = PW_PERM_R | PW_PERM_W | PW_PERM_X,
		.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
		.memtype = PW_MEM_NORMAL,
	};
	struct pw_attr user = kernel;

	boot_leave_own_tables();
	metal_set_user_page(USER_PAGE);
	boot_init();
	root = boot_new_root();
	user.perm |= PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X;
	if (!EXPECT(root) ||
	    !EXPECT_EQ(boot_table_init(&live, root, va_bits, PW_TABLE_LIVE, 0), 0) ||
	    !EXPECT_EQ(pw_map(&live, pw_range_len(0, BOOT_RAM), pw_pa_of(0), &kernel, 0, NULL,
			      NULL),
		       0) ||
	    !EXPECT_EQ(pw_map(&live, pw_range_len(USER_PAGE, 4096),
			      pw_pa_of((uint64_t)(uintptr_t)metal_user_page), &user, 0, NULL, NULL),
		       0))
		return false;
	boot_paging(live.root.v, va_bits == 57);
	return true;
}

/* One leaf of that level, mapped by the library, and the entry above that is varied with it. */
static bool open_place(uint32_t leaf_level, uint32_t table_level)
{
	static const struct pw_attr attr = {
		.perm = PW_PERM_R | PW_PERM_W | PW_PERM_X | PW_PERM_USER_R | PW_PERM_USER_W |
			PW_PERM_USER_X,
		.flags = PW_ATTR_VALID,
		.memtype = PW_MEM_NORMAL,
	};
	uint64_t size = pw_table_leaf_size(&live, leaf_level);
	struct pw_translation t;

	/* a gigabyte begins at 0; our pages are in it */
	place = (struct place){ .leaf_level = leaf_level,
				.table_level = table_level,
				.va = VA + (leaf_level == 2 ? METAL_DATA_FIRST : 0) };
	if (!EXPECT_EQ(pw_map(&live, pw_range_len(VA, size),
			      pw_pa_of(leaf_level == 2 ? 0 : METAL_DATA_FIRST), &attr,
			      PW_MAX_LEVEL(leaf_level), NULL, NULL),
		       0) ||
	    !EXPECT_EQ(pw_translate(&live, pw_va_of(place.va), &t), 0) ||
	    !EXPECT_EQ(t.level, leaf_level) || !EXPECT_EQ(t.pa.v, METAL_DATA_FIRST))
		return false;
	for (uint32_t i = 0; i < t.nr_steps; i++) {
		uint64_t *slot = (uint64_t *)(uintptr_t)t.step[i].entry_pa.v;

		if (t.step[i].level == leaf_level) {
			place.leaf_slot = slot;
			place.leaf = t.step[i].entry & ~FLAGS;
		}
		if (t.step[i].level == table_level) {
			place.table_slot = slot;
			place.table = t.step[i].entry & ~FLAGS;
		}
	}
	return EXPECT(place.leaf_slot && place.table_slot);
}

/* Back to what pw_map() made, so that pw_unmap() finds its way. */
static void close_place(void)
{
	*place.table_slot = place.table | P | RW | US;
	*place.leaf_slot = place.leaf | P | RW | US;
	EXPECT_EQ(pw_unmap(&live, pw_range_len(VA, pw_table_leaf_size(&live, place.leaf_level)), 0,
			   NULL, NULL),
		  0);
}

static uint64_t flags_of(uint64_t n, unsigned int first, bool table)
{
	return (HAS(n, first + 0) ? P : 0) | (HAS(n, first + 1) ? RW : 0) |
	       (HAS(n, first + 2) ? US : 0) | (HAS(n, first + 3) ? A : 0) |
	       (!table && HAS(n, first + 4) ? D : 0) | (HAS(n, first + 5 - table) ? XD : 0);
}

/* An address bit that is reserved: beyond what the CPU has; or, of a large leaf, below its size. */
static uint64_t reserved_bit(uint32_t level, uint64_t n)
{
	if (level && (HAS(n, LEAF_A) ^ HAS(n, TABLE_A)))
		return 1ull << (12 + 9 * level - 1);
	return boot_cpu.pa_bits < 52 ? 1ull << boot_cpu.pa_bits : 0;
}

static uint64_t leaf_of(uint64_t n)
{
	return place.leaf | flags_of(n, LEAF_P, false) |
	       (HAS(n, LEAF_RSVD) ? reserved_bit(place.leaf_level, n) : 0);
}

/* Of a table entry, address bits beyond the CPU's alone. */
static uint64_t table_of(uint64_t n)
{
	return place.table | flags_of(n, TABLE_P, true) |
	       (HAS(n, TABLE_RSVD) && boot_cpu.pa_bits < 52 ? 1ull << boot_cpu.pa_bits : 0);
}

/*
 * What says nothing new of the entries: the leaf's bits where the table is not present, and
 * anybody's other bits where that one is not. Two of the latter are kept: all clear, all set.
 */
static bool pruned_entries(uint64_t n)
{
	const uint64_t leaf = (1ull << TABLE_P) - 1, table = ((1ull << WRITE) - 1) & ~leaf;
	uint64_t l = n & leaf & ~(1ull << LEAF_P), t = n & table & ~(1ull << TABLE_P);

	if (!HAS(n, TABLE_P) && ((n & leaf) || (t && t != (table & ~(1ull << TABLE_P)))))
		return true;
	return !HAS(n, LEAF_P) && l && l != (leaf & ~(1ull << LEAF_P));
}

/* What cannot be: a fetch that writes; EFLAGS.AC for users, or without SMAP, is pointless. */
static bool pruned_access(uint64_t n)
{
	if (HAS(n, WRITE) && HAS(n, FETCH))
		return true;
	if (HAS(n, AC) && (HAS(n, USER) || !HAS(n, SMAP)))
		return true;
	return (HAS(n, SMAP) && !boot_cpu.smap) || (HAS(n, SMEP) && !boot_cpu.smep);
}

static uint32_t caps_of(uint64_t n)
{
	return (HAS(n, SMAP) ? PW_CAP_SMAP : 0) | (HAS(n, SMEP) ? PW_CAP_SMEP : 0) |
	       (HAS(n, NO_WP) ? PW_CAP_NO_WP : 0) | (HAS(n, NO_NX) ? PW_CAP_NO_NX : 0);
}

static uint32_t wanted_perm(uint64_t n)
{
	uint32_t perm = HAS(n, FETCH) ? PW_PERM_X : HAS(n, WRITE) ? PW_PERM_W : PW_PERM_R;

	return HAS(n, USER) ? perm << 3 : perm;
}

/*
 * The error code, SDM Vol. 3A 4.7 (newer: 5.7): P and RSVD by what the walk came to, the rest by
 * what was asked. I is set where the CPU can forbid fetches at all.
 */
static uint32_t expected(uint64_t n, const struct pw_translation *t, int err)
{
	static const struct {
		int err;
		uint32_t code;
	} cause[] = {
		{ PW_ENOENT, 0 },
		{ PW_EDOM, METAL_PF_P | METAL_PF_RSVD },
		{ 0, METAL_PF_P }, /* there, and not allowed */
	};
	uint32_t code = (HAS(n, WRITE) ? METAL_PF_W : 0) | (HAS(n, USER) ? METAL_PF_U : 0);

	if (!err && (t->perm & wanted_perm(n)))
		return METAL_NO_FAULT;
	if (HAS(n, FETCH) && (!HAS(n, NO_NX) || HAS(n, SMEP)))
		code |= METAL_PF_I;
	if (err == PW_EDOM && no_p_with_rsvd)
		return code | METAL_PF_RSVD;
	for (unsigned int i = 0; i < sizeof(cause) / sizeof(cause[0]); i++)
		if (cause[i].err == err)
			return code | cause[i].code;
	return ~0u;
}

/*
 * What the CPU may have written: see the essay. Which entries a walk makes accessed that ends in a
 * fault, 4.8 (newer: 5.8) leaves open: QEMU does it for tables and for leaves of 1 GiB, whatever is
 * wrong with them. Nothing else may change then, and nothing at all in an entry with P clear.
 */
static void check_entries(uint64_t n, const struct pw_translation *t, bool fault)
{
	for (uint32_t i = 0; i < t->nr_steps; i++) {
		const uint64_t *slot = (const uint64_t *)(uintptr_t)t->step[i].entry_pa.v;
		uint64_t was = t->step[i].entry, now = *slot;
		bool leaf = t->step[i].kind == PW_KIND_LEAF;

		harness_note("step", i);
		if (!fault)
			EXPECT_EQ(now, was | A | (leaf && HAS(n, WRITE) ? D : 0));
		else
			EXPECT_EQ(now & ~(was & P ? A : 0), was & ~(was & P ? A : 0));
	}
}

/* What was cached of the entries has to go, and the library's own executor sees to that. */
static void invalidate(void)
{
	struct pw_flush f = { .first = { VA },
			      .last = { VA + pw_table_leaf_size(&live, place.leaf_level) - 1 },
			      .regime = PW_REGIME_X86,
			      .flags = PW_FLUSH_TABLES,
			      .page_lg2 = (uint8_t)(12 + 9 * place.leaf_level) };
	struct pw_plan plan = { .size = sizeof(plan), .nr_ranges = 1, .ranges = &f };

	boot_exec.x.run(boot_exec.x.ctx, &plan);
}

static void compare(uint64_t n, const struct pw_table *pt)
{
	uint64_t val = metal_page_word(METAL_DATA_FIRST);
	uint32_t what = (HAS(n, WRITE) ? METAL_WRITE : 0) | (HAS(n, FETCH) ? METAL_FETCH : 0) |
			(HAS(n, USER) ? METAL_USER : 0) | (HAS(n, AC) ? METAL_AC : 0);
	struct pw_translation t;
	uint32_t want, got;
	int err;

	*place.leaf_slot = leaf_of(n);
	*place.table_slot = table_of(n);
	invalidate();
	err = pw_translate(pt, pw_va_of(place.va), &t);
	want = expected(n, &t, err);
	metal_cr2 = 0;
	got = metal_probe(place.va, what, &val);
	harness_note("combination", n);
	EXPECT_EQ(got, want);
	if (got == METAL_NO_FAULT)
		EXPECT_EQ(val, metal_page_word(t.pa.v));
	else
		EXPECT_EQ(metal_cr2, place.va);
	check_entries(n, &t, got != METAL_NO_FAULT);
	nr_compared++;
}

/* Every stride-th combination of this place; the CPU's registers and the handle follow. */
static void compare_all(uint64_t stride)
{
	uint64_t registers = ~0ull;
	struct pw_table pt;

	for (uint64_t n = harness_below(stride); n >> NR_THINGS == 0; n += stride) {
		uint32_t caps = caps_of(n);

		if (pruned_entries(n) || pruned_access(n))
			continue;
		if (n >> AC != registers) {
			registers = n >> AC;
			metal_set_caps(caps);
			if (HAS(n, AC)) /* as if SMAP were off */
				caps &= ~(uint32_t)PW_CAP_SMAP;
			if (!EXPECT_EQ(boot_table_init(&pt, root, va_bits, 0, caps), 0))
				return;
		}
		compare(n, &pt);
		if (harness_failures() > 8)
			return;
	}
	metal_set_caps(0);
}

/* How many combinations there are in a place. */
static uint64_t count(void)
{
	uint64_t entries = 0, accesses = 0;

	for (uint64_t n = 0; n >> WRITE == 0; n++)
		entries += !pruned_entries(n);
	for (uint64_t n = 0; n >> NR_THINGS == 0; n += 1ull << WRITE)
		accesses += !pruned_access(n);
	return entries * accesses;
}

static void all_places(uint32_t bits)
{
	uint32_t levels = bits == 57 ? 5 : 4, places = 0;
	uint64_t nr = count(), stride;

	va_bits = bits;
	nr_compared = 0;
	no_p_with_rsvd = metal_deviates("x86-rsvd-without-p");
	for (uint32_t leaf = 0; leaf < boot_cpu.leaf_levels; leaf++)
		places += levels - 1 - leaf;
	/* an odd number: coprime to the power of two that the combinations are */
	stride = (nr * places / (metal_checks ? metal_checks : 1)) | 1;
	if (!open_tables())
		return;
	for (uint32_t leaf = 0; leaf < boot_cpu.leaf_levels; leaf++) {
		for (uint32_t table = leaf + 1; table < levels; table++) {
			harness_note("leaf level", leaf);
			harness_note("table level", table);
			if (!open_place(leaf, table))
				return;
			compare_all(stride);
			close_place();
			if (harness_failures())
				return;
		}
	}
	metal_puts("page faults, ");
	harness_put_dec(levels);
	metal_puts(" levels: ");
	harness_put_dec(nr_compared);
	metal_puts(" of ");
	harness_put_dec(nr * places);
	metal_puts(" combinations compared\n");
	EXPECT(nr_compared * 2 > (metal_checks < nr * places ? metal_checks : nr * places));
}

TEST(page_faults_4_levels)
{
	all_places(48);
}

TEST(page_faults_5_levels)
{
	all_places(57);
}
