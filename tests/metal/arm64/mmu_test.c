/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Plans with real instructions, on tables that a real walker uses. QEMU keeps translations until
 * they are invalidated, as hardware may; the first test makes sure, so the others can fail.
 */
#include "board.h"

#include "../../harness/harness.h"

#define PAGE_DESC  0x3ull
#define TABLE_DESC 0x3ull
#define AF	   (1ull << 10)
#define SH_INNER   (3ull << 8)
#define NG	   (1ull << 11)
#define RO	   (1ull << 7)
#define XN	   (3ull << 53)
#define FAULT_L3   (METAL_TRANSLATION_0 + 3)
#define PERM_L3	   (METAL_PERMISSION_0 + 3)
#define NR_PAGES   16

/* The last 2M of each half: in the upper one they end with the last byte of all. */
static uint64_t pmd[2][512] __attribute__((aligned(4096)));
static uint64_t pte[2][512] __attribute__((aligned(4096)));
static uint64_t page[2][512] __attribute__((aligned(4096)));

static const uint64_t base[2] = { 0x7fffe00000ull, 0xffffffffffe00000ull };

static uint64_t addr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void set(uint64_t *slot, uint64_t val)
{
	__atomic_store_n(slot, val, __ATOMIC_RELAXED);
}

static uint64_t leaf(unsigned int n, uint64_t bits)
{
	return addr(page[n]) | PAGE_DESC | AF | SH_INNER | XN | bits;
}

static void run(uint32_t publish, const struct pw_flush *f, uint32_t full)
{
	struct pw_plan plan = { .size = sizeof(plan),
				.publish = publish,
				.full = full,
				.before = PW_BEFORE_ALL,
				.nr_ranges = f ? 1 : 0,
				.ranges = f };

	metal_exec.x.run(metal_exec.x.ctx, &plan);
}

static void link_tables(void)
{
	uint64_t *root[2] = { metal_lower, metal_upper };

	for (unsigned int h = 0; h < 2; h++) {
		set(&pmd[h][511], addr(pte[h]) | TABLE_DESC);
		set(&root[h][511], addr(pmd[h]) | TABLE_DESC);
		page[h][0] = 0xaaaa + h;
	}
	run(1, NULL, 0);
}

TEST(emulator_keeps_stale_translations)
{
	uint64_t val = 0;
	unsigned int h = 1;

	link_tables();
	set(&pte[h][7], leaf(0, 0));
	run(1, NULL, 0);
	EXPECT_EQ(metal_read(base[h] + 7 * 4096, &val), METAL_NO_FAULT);
	EXPECT_EQ(val, 0xaaaa);
	set(&pte[h][7], leaf(1, 0));
	run(1, NULL, 0);
	metal_read(base[h] + 7 * 4096, &val);
	EXPECT(val == 0xaaaa || val == 0xaaab); /* no invalidation yet */
	if (metal_deviates("arm64-keeps-stale"))
		EXPECT_EQ(val, 0xaaaa);
	run(0, NULL, 1u << PW_REGIME_EL10);
	metal_read(base[h] + 7 * 4096, &val);
	EXPECT_EQ(val, 0xaaab);
	set(&pte[h][7], 0);
	run(0, NULL, 1u << PW_REGIME_EL10);
}

/* Map, unmap, map elsewhere, each with what it owes. */
static void remap(unsigned int h, unsigned int n, const struct pw_flush *f, uint32_t full,
		  uint64_t bits)
{
	uint64_t va = base[h] + n * 4096ull;
	uint64_t val = 0;

	set(&pte[h][n], leaf(0, bits));
	run(1, NULL, 0);
	EXPECT_EQ(metal_read(va, &val), METAL_NO_FAULT);
	EXPECT_EQ(val, 0xaaaa);
	set(&pte[h][n], 0);
	run(0, f, full);
	EXPECT_EQ(metal_read(va, &val), FAULT_L3);
	set(&pte[h][n], leaf(1, bits));
	run(1, NULL, 0);
	EXPECT_EQ(metal_read(va, &val), METAL_NO_FAULT);
	EXPECT_EQ(val, 0xaaab);
	set(&pte[h][n], 0);
	run(0, f, full);
	EXPECT_EQ(metal_read(va, &val), FAULT_L3);
}

TEST(remap_by_address_in_both_halves)
{
	link_tables();
	for (unsigned int h = 0; h < 2; h++) {
		for (unsigned int n = 0; n < 512; n += 73) {
			for (uint8_t flags = 0; flags < 4; flags++) {
				uint64_t va = base[h] + n * 4096ull;
				struct pw_flush f = { .first = { va },
						      .last = { va + 4095 },
						      .asid = METAL_ASID,
						      .flags = flags,
						      .page_lg2 = 12 };

				remap(h, n, &f, 0, 0);
				remap(h, n, &f, 0, NG);
			}
		}
	}
}

TEST(remap_by_everything)
{
	link_tables();
	for (unsigned int h = 0; h < 2; h++)
		remap(h, 511, NULL, 1u << PW_REGIME_EL10, 0);
}

TEST(remap_by_asid)
{
	uint64_t val = 0;

	link_tables();
	set(&pte[0][3], leaf(0, NG));
	run(1, NULL, 0);
	metal_read(base[0] + 3 * 4096, &val);
	EXPECT_EQ(val, 0xaaaa);
	set(&pte[0][3], 0);
	pw_arm64_insns.dsb(NULL, PW_ARM64_DSB_ISHST);
	pw_arm64_insns.tlbi(NULL, PW_ARM64_ASIDE1IS, (uint64_t)METAL_ASID << 48);
	pw_arm64_insns.dsb(NULL, PW_ARM64_DSB_ISH);
	pw_arm64_insns.isb(NULL);
	EXPECT_EQ(metal_read(base[0] + 3 * 4096, &val), FAULT_L3);
}

TEST(range_that_ends_with_the_address_space)
{
	uint64_t first = 0ull - NR_PAGES * 4096;
	struct pw_flush f = { .first = { first },
			      .last = { ~0ull },
			      .asid = METAL_ASID,
			      .flags = PW_FLUSH_ANY_ASID,
			      .page_lg2 = 12 };
	uint64_t val = 0;
	uint64_t tlbi;

	link_tables();
	for (unsigned int n = 0; n < NR_PAGES; n++)
		set(&pte[1][511 - n], leaf(0, 0));
	run(1, NULL, 0);
	for (unsigned int n = 0; n < NR_PAGES; n++)
		EXPECT_EQ(metal_read(first + n * 4096, &val), METAL_NO_FAULT);
	for (unsigned int n = 0; n < NR_PAGES; n++)
		set(&pte[1][511 - n], 0);
	tlbi = metal_counts.tlbi;
	run(0, &f, 0);
	EXPECT_EQ(metal_counts.tlbi - tlbi, NR_PAGES);
	for (unsigned int n = 0; n < NR_PAGES; n++)
		EXPECT_EQ(metal_read(first + n * 4096, &val), FAULT_L3);
}

TEST(write_protection_takes_effect)
{
	uint64_t va = base[1] + 5 * 4096;
	struct pw_flush f = { .first = { va }, .last = { va + 4095 }, .page_lg2 = 12 };

	link_tables();
	set(&pte[1][5], leaf(0, 0));
	run(1, NULL, 0);
	EXPECT_EQ(metal_write(va, 0xaaaa), METAL_NO_FAULT);
	set(&pte[1][5], leaf(0, RO));
	run(1, &f, 0);
	EXPECT_EQ(metal_write(va, 1), PERM_L3);
	EXPECT_EQ(page[0][0], 0xaaaa);
	set(&pte[1][5], 0);
	run(0, &f, 0);
}

/* A table goes: the form for table entries, and no leaf of it is left either. */
TEST(unlinked_table_is_gone)
{
	struct pw_flush f = { .first = { base[1] },
			      .last = { base[1] + 0x1fffff },
			      .flags = PW_FLUSH_TABLES | PW_FLUSH_ANY_ASID,
			      .page_lg2 = 12 };
	uint64_t val = 0;

	link_tables();
	set(&pte[1][9], leaf(0, 0));
	run(1, NULL, 0);
	EXPECT_EQ(metal_read(base[1] + 9 * 4096, &val), METAL_NO_FAULT);
	set(&pmd[1][511], 0);
	run(0, &f, 0);
	EXPECT_EQ(metal_read(base[1] + 9 * 4096, &val), METAL_TRANSLATION_0 + 2);
	set(&pte[1][9], 0);
	link_tables();
}

TEST(levels_above_ran_their_plans)
{
	uint32_t want = metal_entry_level == 3 ? 1u << 3 | 1u << 2 :
			metal_entry_level == 2 ? 1u << 2 :
						 0;

	EXPECT_EQ(metal_visited, want);
}
