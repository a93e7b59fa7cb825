/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Lazy MMU mode, the barriers that entries owe, apply_to_page_range() and set_memory_*().
 */
#include "stage.h"

#define A	KERNEL_START
#define PUBLISH stage.counter.n.publish

/* The states of kernel-side lazy MMU mode, by name. */
TEST(lazy_mode_states)
{
	stage_reset();
	EXPECT(!is_lazy_mmu_mode_active());
	lazy_mmu_mode_enable();
	EXPECT(is_lazy_mmu_mode_active()); /* active after enable */
	lazy_mmu_mode_enable();
	EXPECT(is_lazy_mmu_mode_active()); /* after a nested enable */
	lazy_mmu_mode_disable();
	EXPECT(is_lazy_mmu_mode_active()); /* after a nested disable */
	lazy_mmu_mode_pause();
	EXPECT(!is_lazy_mmu_mode_active()); /* inactive in pause */
	lazy_mmu_mode_enable();
	EXPECT(!is_lazy_mmu_mode_active());
	lazy_mmu_mode_disable();
	EXPECT(!is_lazy_mmu_mode_active());
	lazy_mmu_mode_pause();
	EXPECT(!is_lazy_mmu_mode_active());
	lazy_mmu_mode_resume();
	EXPECT(!is_lazy_mmu_mode_active()); /* all of these stay inactive */
	lazy_mmu_mode_resume();
	EXPECT(is_lazy_mmu_mode_active()); /* active after resume */
	lazy_mmu_mode_disable();
	EXPECT(!is_lazy_mmu_mode_active()); /* inactive after the last disable */
}

TEST(which_entries_owe_a_barrier)
{
	uint64_t *slot = stage.frame[NR_FRAMES - 1];

	stage_reset();
	set_pte((pte_t *)(void *)slot, __pte(PAGE_KERNEL));
	EXPECT_EQ(PUBLISH, 1);
	set_pte((pte_t *)(void *)slot, __pte(PAGE_KERNEL | PTE_USER));
	EXPECT_EQ(PUBLISH, 1); /* a user's page may fault */
	set_pte((pte_t *)(void *)slot, __pte(0));
	set_pte((pte_t *)(void *)slot, __pte((PAGE_KERNEL & ~PTE_VALID)));
	EXPECT_EQ(PUBLISH, 1); /* becoming invalid owes nothing here */
	set_pmd((pmd_t *)(void *)slot, __pmd(SECT_KERNEL));
	set_pud((pud_t *)(void *)slot, __pud(SECT_KERNEL));
	EXPECT_EQ(PUBLISH, 3);
	set_pmd((pmd_t *)(void *)slot, __pmd(0));
	set_pud((pud_t *)(void *)slot, __pud(0));
	EXPECT_EQ(PUBLISH, 3);
	set_p4d((p4d_t *)(void *)slot, __p4d(0));
	set_pgd((pgd_t *)(void *)slot, __pgd(0));
	EXPECT_EQ(PUBLISH, 5); /* any P4D, any PGD */
}

TEST(lazy_mode_defers_and_every_disable_pays)
{
	pte_t *pte = (pte_t *)(void *)stage.frame[NR_FRAMES - 1];

	stage_reset();
	lazy_mmu_mode_enable();
	lazy_mmu_mode_enable();
	set_pte(pte, __pte(PAGE_KERNEL));
	set_pte(pte + 1, __pte(PAGE_KERNEL));
	EXPECT_EQ(PUBLISH, 0);
	lazy_mmu_mode_disable();
	EXPECT_EQ(PUBLISH, 1); /* a nested disable flushes */
	lazy_mmu_mode_disable();
	EXPECT_EQ(PUBLISH, 1); /* nothing left */
	lazy_mmu_mode_enable();
	set_pte(pte, __pte(PAGE_KERNEL));
	lazy_mmu_mode_pause();
	EXPECT_EQ(PUBLISH, 2); /* so does a pause */
	set_pte(pte, __pte(PAGE_KERNEL));
	EXPECT_EQ(PUBLISH, 3); /* at once while paused */
	lazy_mmu_mode_resume();
	lazy_mmu_mode_disable();
	EXPECT_EQ(PUBLISH, 3);
}

TEST(interrupts_and_atomic_installs_pay_at_once)
{
	pte_t *pte = (pte_t *)(void *)stage.frame[NR_FRAMES - 1];

	stage_reset();
	*pte = __pte(0);
	lazy_mmu_mode_enable();
	stage.interrupt = true;
	EXPECT(in_interrupt());
	EXPECT(!is_lazy_mmu_mode_active());
	set_pte(pte, __pte(PAGE_KERNEL));
	EXPECT_EQ(PUBLISH, 1);
	lazy_mmu_mode_disable(); /* nothing happens in an interrupt */
	stage.interrupt = false;
	EXPECT(is_lazy_mmu_mode_active());
	*pte = __pte(0);
	EXPECT(ptep_try_set(pte, __pte(PAGE_KERNEL)));
	EXPECT_EQ(PUBLISH, 2);
	EXPECT(!ptep_try_set(pte, __pte(PAGE_KERNEL)));
	EXPECT_EQ(PUBLISH, 2);
	lazy_mmu_mode_disable();
}

/* The origin patch's code: three entry callbacks, two hooks. */
static int ro_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	__set_pte(pte, set_pte_bit(clear_pte_bit(__ptep_get(pte), __pgprot(PTE_WRITE)),
				   __pgprot(PTE_RDONLY)));
	return 0;
}

static void enter(void)
{
	arch_enter_lazy_mmu_mode();
}

static void leave(void)
{
	arch_leave_lazy_mmu_mode();
}

TEST(publish_barriers_for_n_ptes_in_t_tables)
{
	const unsigned long n = 2 * PTRS_PER_PTE, t = 3;
	struct mm_walk_ops ops = { .pte_entry = ro_pte, .walk_lock = PGWALK_NOLOCK };
	unsigned long start = A + PMD_SIZE / 2, end = start + n * PAGE_SIZE;
	uint64_t before;

	stage_reset();
	EXPECT_EQ(stage_map(start, n * PAGE_SIZE), 0);
	before = PUBLISH;
	EXPECT_EQ(walk_page_range_novma(&init_mm, start, end, &ops, NULL, NULL), 0);
	EXPECT_EQ(PUBLISH - before, n); /* no hooks */
	ops.pre_pte_table = enter;
	ops.post_pte_table = leave;
	before = PUBLISH;
	EXPECT_EQ(walk_page_range_novma(&init_mm, start, end, &ops, NULL, NULL), 0);
	EXPECT_EQ(PUBLISH - before, t); /* the origin patch's hooks */
	before = PUBLISH;
	enter();
	EXPECT_EQ(walk_page_range_novma(&init_mm, start, end, &ops, NULL, NULL), 0);
	leave();
	EXPECT_EQ(PUBLISH - before, t); /* both: a nested disable flushes */
	ops.pre_pte_table = NULL;
	ops.post_pte_table = NULL;
	before = PUBLISH;
	enter();
	EXPECT_EQ(walk_page_range_novma(&init_mm, start, end, &ops, NULL, NULL), 0);
	leave();
	EXPECT_EQ(PUBLISH - before, 1); /* the whole bracketed */
	EXPECT_EQ(pte_val(ptep_get(stage_pte(start))) & (PTE_RDONLY | PTE_WRITE), PTE_RDONLY);
}

static int count(pte_t *pte, unsigned long addr, void *data)
{
	unsigned int *n = data;

	(void)pte, (void)addr;
	return ++*n == 100 ? -5 : 0;
}

TEST(apply_batches_by_table_and_stops_on_errors)
{
	unsigned int n = 0;
	uint64_t before;

	stage_reset();
	before = PUBLISH;
	EXPECT_EQ(stage_map(A, 2 * PMD_SIZE), 0);
	/* one for each PTE table, and one for each table that was linked, the PTE tables too */
	EXPECT_EQ(PUBLISH - before, 2 + 2 + (PGTABLE_LEVELS - 2));
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A, PMD_SIZE, count, &n), -5);
	EXPECT_EQ(n, 100);
	EXPECT(!is_lazy_mmu_mode_active());
	n = 0;
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A + 2 * PMD_SIZE, PMD_SIZE, count, &n), 0);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(apply_to_page_range(&init_mm, A, 0, count, &n), -22);
	EXPECT_EQ(apply_to_page_range(&init_mm, A, 0 - PAGE_SIZE, count, &n), -22);
}

TEST(apply_runs_out_of_pages)
{
	stage_reset();
	stage.limit = stage.used;
	EXPECT_EQ(stage_map(A, PAGE_SIZE), -12);
	stage.limit = NR_FRAMES;
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	set_pmd(stage_pmd(A), __pmd(0x80000000 | SECT_KERNEL));
	EXPECT_EQ(stage_map(A, PAGE_SIZE), -22); /* a leaf is no place for PTEs */
	EXPECT_EQ(apply_to_existing_page_range(&init_mm, A, PAGE_SIZE, NULL, NULL), -22);
}

TEST(set_memory_changes_rights_and_pays_once)
{
	struct pw_arm64_counts before;
	pteval_t val;

	stage_reset();
	EXPECT_EQ(stage_map(A, 8 * PAGE_SIZE), 0);
	before = stage.counter.n;
	EXPECT_EQ(set_memory_ro(A + PAGE_SIZE, 4), 0);
	EXPECT_EQ(stage.counter.n.publish - before.publish, 1);
	EXPECT_EQ(stage.counter.n.tlbi - before.tlbi, 4);
	EXPECT_EQ(stage.counter.n.plans - before.plans, 1);
	val = pte_val(ptep_get(stage_pte(A + PAGE_SIZE)));
	EXPECT_EQ(val & (PTE_RDONLY | PTE_WRITE), PTE_RDONLY);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(A))) & PTE_RDONLY, 0);
	EXPECT_EQ(set_memory_rw(A + PAGE_SIZE, 4), 0);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(A + PAGE_SIZE))) & (PTE_RDONLY | PTE_WRITE),
		  PTE_WRITE);
	EXPECT_EQ(set_memory_x(A, 1), 0);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(A))) & PTE_PXN, 0);
	EXPECT_EQ(set_memory_nx(A, 1), 0);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(A))) & PTE_PXN, PTE_PXN);
	EXPECT_EQ(set_memory_ro(A, 0), 0);
	EXPECT_EQ(set_memory_ro(A, -1), -22);
}

/*
 * The area and its aliases are one commit. stage_map() gives addresses 256 MiB apart the same
 * memory, so the linear map can be the next 256 MiB.
 */
TEST(set_memory_pays_once_for_the_aliases_too)
{
	struct pw_linux_config cfg = stage_config();
	unsigned long linear = (A & ~0xffffffful) + 0x10000000;
	unsigned long alias = linear + (A & 0xffffffful);
	struct pw_arm64_counts before;

	stage_reset();
	EXPECT_EQ(stage_map(A, 8 * PAGE_SIZE), 0);
	EXPECT_EQ(stage_map(alias, 8 * PAGE_SIZE), 0);
	cfg.rodata_full = true;
	cfg.linear_start = linear;
	cfg.linear_end = linear + 0x10000000;
	cfg.linear_pa = 0x80000000;
	EXPECT_EQ(pw_linux_init(&cfg), 0);
	before = stage.counter.n;
	EXPECT_EQ(set_memory_ro(A + PAGE_SIZE, 4), 0);
	EXPECT_EQ(stage.counter.n.plans - before.plans, 1);
	EXPECT_EQ(stage.counter.n.dsb_ishst - before.dsb_ishst, 1);
	EXPECT_EQ(stage.counter.n.dsb_ish - before.dsb_ish, 1);
	EXPECT_EQ(stage.counter.n.isb - before.isb, 1);
	EXPECT_EQ(stage.counter.n.tlbi - before.tlbi, 8);
	for (unsigned long i = 0; i < 8; i++) {
		uint64_t want = i >= 1 && i < 5 ? PTE_RDONLY : PTE_WRITE;
		unsigned long at = i * PAGE_SIZE;

		EXPECT_EQ(pte_val(ptep_get(stage_pte(A + at))) & (PTE_RDONLY | PTE_WRITE), want);
		EXPECT_EQ(pte_val(ptep_get(stage_pte(alias + at))) & (PTE_RDONLY | PTE_WRITE),
			  want);
	}
	/* execution is the area's own */
	before = stage.counter.n;
	EXPECT_EQ(set_memory_x(A, 1), 0);
	EXPECT_EQ(stage.counter.n.tlbi - before.tlbi, 1);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(alias))) & PTE_PXN, PTE_PXN);
}

/* With range operations 16 pages are one, and 17 are two: one by itself. */
TEST(set_memory_uses_range_operations)
{
	struct pw_arm64_counts before;

	stage_reset();
	stage.counter.e.caps = PW_CAP_TLBIRANGE;
	EXPECT_EQ(stage_map(A, 17 * PAGE_SIZE), 0);
	before = stage.counter.n;
	EXPECT_EQ(set_memory_ro(A, 16), 0);
	EXPECT_EQ(stage.counter.n.tlbi_range - before.tlbi_range, 1);
	EXPECT_EQ(stage.counter.n.tlbi - before.tlbi, 1);
	EXPECT_EQ(set_memory_ro(A, 17), 0);
	EXPECT_EQ(stage.counter.n.tlbi_range - before.tlbi_range, 2);
	EXPECT_EQ(stage.counter.n.tlbi - before.tlbi, 3);
}

TEST(set_memory_leaves_empty_entries_empty)
{
	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	EXPECT_EQ(set_memory_ro(A, 4), 0);
	EXPECT(pte_none(ptep_get(stage_pte(A + PAGE_SIZE))));
}

TEST(set_memory_valid_round_trips)
{
	uint64_t tlbi;
	pteval_t val;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	val = pte_val(ptep_get(stage_pte(A)));
	tlbi = stage.counter.n.tlbi;
	EXPECT_EQ(set_memory_valid(A, 1, 0), 0);
	EXPECT(!pte_valid(ptep_get(stage_pte(A))));
	EXPECT(pte_present(ptep_get(stage_pte(A))));
	EXPECT_EQ(stage.counter.n.tlbi - tlbi, 1);
	EXPECT_EQ(set_memory_valid(A, 1, 1), 0);
	EXPECT_EQ(pte_val(ptep_get(stage_pte(A))), val);
	EXPECT_EQ(stage.counter.n.tlbi - tlbi, 1); /* invalid to valid: cached nowhere */
}

TEST(set_memory_refuses_part_of_a_block)
{
	pmdval_t before;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	set_pmd(stage_pmd(A), __pmd(0x80000000 | SECT_KERNEL));
	before = pmd_val(pmdp_get(stage_pmd(A)));
	EXPECT_EQ(set_memory_ro(A, 1), -22);
	EXPECT_EQ(pmd_val(pmdp_get(stage_pmd(A))), before);
	EXPECT_EQ(set_memory_ro(A, PTRS_PER_PTE), 0);
	EXPECT_EQ(pmd_val(pmdp_get(stage_pmd(A))) & PTE_RDONLY, PTE_RDONLY);
}

TEST(direct_map_of_a_page)
{
	struct page *page = (struct page *)(uintptr_t)A;
	uint64_t tlbi;

	stage_reset();
	EXPECT_EQ(stage_map(A, PAGE_SIZE), 0);
	EXPECT(kernel_page_present(page));
	tlbi = stage.counter.n.tlbi;
	EXPECT_EQ(set_direct_map_invalid_noflush(page), 0);
	EXPECT(!kernel_page_present(page));
	EXPECT_EQ(stage.counter.n.tlbi, tlbi);
	EXPECT_EQ(set_direct_map_default_noflush(page), 0);
	EXPECT(kernel_page_present(page));
	EXPECT_EQ(stage.counter.n.tlbi, tlbi);
	EXPECT_EQ(set_direct_map_valid_noflush(page, 1, false), 0);
	EXPECT_EQ(stage.counter.n.tlbi, tlbi + 1); /* this one flushes */
	EXPECT(!kernel_page_present(page));
}

TEST(flush_is_done_on_return)
{
	uint64_t tlbi;

	stage_reset();
	tlbi = stage.counter.n.tlbi;
	lazy_mmu_mode_enable();
	flush_tlb_kernel_range(A, A + 3 * PAGE_SIZE);
	EXPECT_EQ(stage.counter.n.tlbi - tlbi, 3);
	flush_tlb_kernel_range(A, A);
	EXPECT_EQ(stage.counter.n.tlbi - tlbi, 3);
	lazy_mmu_mode_disable();
	EXPECT_EQ(stage.counter.n.tlbi - tlbi, 3);
	flush_tlb_kernel_range(A, A + 512 * PAGE_SIZE + PAGE_SIZE);
	EXPECT_EQ(stage.counter.n.tlbi_full, 1); /* beyond the threshold */
}

TEST(another_geometry_is_refused)
{
	struct pw_linux_config cfg = { .size = sizeof(cfg),
				       .geometry = PW_LINUX_GEOMETRY + 1,
				       .env = &stage.env,
				       .gather = &stage.gather };

	EXPECT_EQ(pw_linux_init(&cfg), -22);
	EXPECT_EQ(pw_linux_init(NULL), -22);
	cfg.geometry = PW_LINUX_GEOMETRY;
	cfg.gather = NULL;
	EXPECT_EQ(pw_linux_init(&cfg), -22);
}
