/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Walks over VMAs that change tables: PTEs that are installed (test 23 of what a kernel's walker
 * promises), huge pages that are split, entries that change under the walk.
 */
#include "stage.h"

#define A	  (128 * PMD_SIZE)
#define P	  PAGE_SIZE
#define HUGE_PA	  0x80000000ul
#define WHOLE	  (A + 4 * PMD_SIZE)
#define VMA(s, e) walk_page_range_vma_unsafe(&area, s, e, &ops, NULL)
#define NR(kind)  stage_count(kind)
#define COUNTS	  stage.counter.n
#define ADDR(e)	  pw_linux_entry_pa(e)

static struct vm_area_struct area;
static struct mm_walk_ops ops;

/* One area of four PMDs; callbacks: all, and install_pte if @install. */
static void set(bool install)
{
	stage_reset();
	area = (struct vm_area_struct){ .vm_start = A, .vm_end = WHOLE };
	ops = stage_vma_ops;
	ops.install_pte = install ? stage_install : NULL;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, &area, 1), 0);
}

/* A huge page at A, with these bits; there is a PMD table around it. */
static void set_huge(bool install, uint64_t bits)
{
	set(install);
	EXPECT_EQ(user_map(A + PMD_SIZE, P), 0);
	stage.ptl_taken = 0;
	*user_pmd(A) = __pmd(HUGE_PA | bits);
	pw_arm64_counter_init(&stage.counter);
	stage_forget();
}

TEST(install_makes_tables_and_fills_empty_ptes)
{
	unsigned int used;

	set(true);
	used = stage.used;
	EXPECT_EQ(VMA(A + P, A + 3 * P), 0);
	EXPECT_EQ(NR(INSTALL), 2);
	EXPECT_EQ(NR(PTE), 0);
	EXPECT_EQ(NR(HOLE), 0); /* what is filled is no hole */
	EXPECT_EQ(stage.used - used, PGTABLE_LEVELS - 1);
	EXPECT_EQ(pte_val(*user_pte(A + P)), PA_BASE | PAGE_USER);
	EXPECT_EQ(pte_val(*user_pte(A)), 0);
	EXPECT_EQ(pte_val(*user_pte(A + 3 * P)), 0);
	EXPECT_EQ(pmd_val(*user_pmd(A)) & (1ul << 59), 1ul << 59); /* PXNTable: a user's */

	stage_forget();
	EXPECT_EQ(VMA(A, A + 4 * P), 0);
	EXPECT_EQ(NR(INSTALL), 2);
	EXPECT_EQ(NR(PTE), 2); /* those that are there go to pte_entry */
	EXPECT_EQ(stage.used - used, PGTABLE_LEVELS - 1);
}

TEST(install_without_pte_entry_passes_over_what_is_there)
{
	set(true);
	ops.pte_entry = NULL;
	EXPECT_EQ(user_map(A, P), 0);
	stage_forget();
	EXPECT_EQ(VMA(A, A + 2 * P), 0);
	EXPECT_EQ(NR(INSTALL), 1);
	EXPECT_EQ(stage_event(INSTALL, 0)->addr, A + P);
}

TEST(install_is_reason_enough_to_go_down)
{
	set(false);
	ops = (struct mm_walk_ops){ .install_pte = stage_install };
	EXPECT_EQ(VMA(A, A + 2 * P), 0);
	EXPECT_EQ(NR(INSTALL), 2);
}

#if PGTABLE_LEVELS > 3
TEST(install_over_a_top_level_entry_that_is_nothing_known_is_refused)
{
	set(true);
	EXPECT_EQ(user_map(A, P), 0);
	stage_forget();
	*p4d_offset(pgd_offset(&user_mm, A), A) = __p4d(0x1234000);
	EXPECT_EQ(VMA(A, A + P), -22);
	EXPECT_EQ(NR(HOLE), 0);
	EXPECT_EQ(NR(INSTALL), 0);
}
#endif

TEST(install_stops_with_a_value_and_keeps_what_was_done)
{
	set(true);
	stage_rule(INSTALL, 2, -1, -12);
	EXPECT_EQ(VMA(A, A + 4 * P), -12);
	EXPECT_EQ(pte_val(*user_pte(A)), PA_BASE | PAGE_USER);
	EXPECT_EQ(pte_val(*user_pte(A + P)), 0); /* not what the callback left behind */
	EXPECT_EQ(NR(POST_VMA), 1);
}

TEST(install_without_a_page_stops_and_keeps_what_was_done)
{
	unsigned int tables;

	for (tables = 0; tables <= PGTABLE_LEVELS; tables++) {
		harness_note("tables", tables);
		set(true);
		stage.limit = stage.used + tables;
		/* two PTE tables: the second needs one page more */
		EXPECT_EQ(VMA(A + PMD_SIZE - P, A + PMD_SIZE + P),
			  tables < PGTABLE_LEVELS ? -12 : 0);
		EXPECT_EQ(NR(INSTALL), tables < PGTABLE_LEVELS - 1 ? 0 :
				       tables < PGTABLE_LEVELS	   ? 1 :
								     2);
	}
}

TEST(install_alone_leaves_a_huge_page_whole)
{
	set_huge(true, SECT_USER);
	ops.pte_entry = NULL;
	EXPECT_EQ(VMA(A, A + PMD_SIZE), 0); /* with a pmd_entry, too */
	EXPECT_EQ(NR(PMD), 1);
	EXPECT_EQ(NR(INSTALL), 0);
	EXPECT_EQ(pmd_val(*user_pmd(A)), HUGE_PA | SECT_USER);
	ops.pte_entry = stage_vma_ops.pte_entry; /* which wants to see below it */
	EXPECT_EQ(VMA(A, A + 2 * P), 0);
	EXPECT(pmd_table(*user_pmd(A)));
	EXPECT_EQ(NR(PTE), 2);
}

TEST(install_is_refused_in_hugetlb_areas_after_test_walk)
{
	set(true);
	area.vm_flags = VM_HUGETLB;
	EXPECT_EQ(walk_page_range_mm_unsafe(&user_mm, A, A + PMD_SIZE, &ops, NULL), -22);
	EXPECT_EQ(NR(TEST_WALK), 1);
	EXPECT_EQ(stage.nr_events, 1); /* no pre_vma, no post_vma */
}

/* Somebody else fills the entry while we look for a page. */
static void *racing_page(void *ctx, struct pw_pa *pa)
{
	static bool inside;
	void *page;

	(void)ctx;
	if (!inside) {
		inside = true;
		EXPECT_EQ(user_map(A, P), 0);
		inside = false;
	}
	pa->v = PA_BASE + stage.used * P;
	page = stage.frame[stage.used++];
	return page;
}

TEST(a_table_that_somebody_else_made_meanwhile_is_used)
{
	set(true);
	stage.env.get_table = racing_page;
	EXPECT_EQ(VMA(A, A + 2 * P), 0);
	EXPECT_EQ(stage.put, 1); /* ours comes back */
	EXPECT_EQ(NR(PTE), 1);	 /* theirs stays */
	EXPECT_EQ(NR(INSTALL), 1);
}

/*
 * Splitting
 */

TEST(a_huge_page_is_split_into_the_same_memory)
{
	unsigned int i;
	const uint64_t *table;

	set_huge(false, SECT_USER);
	EXPECT_EQ(VMA(A + 3 * P, A + 5 * P), 0);
	EXPECT_EQ(NR(PMD), 1);
	EXPECT_EQ(NR(PTE), 2);
	if (!EXPECT(pmd_table(*user_pmd(A))))
		return;
	table = (const uint64_t *)(void *)pte_offset_kernel(user_pmd(A), A);
	for (i = 0; i < PTRS_PER_PTE; i++)
		EXPECT_EQ(table[i], (HUGE_PA + i * P) | PAGE_USER | PTE_CONT);
	/* one break: stores before it, one invalidation, its completion */
	EXPECT_EQ(COUNTS.tlbi, 1);
	EXPECT_EQ(COUNTS.tlbi_full, 0);
	EXPECT_EQ(COUNTS.plans, 2); /* and the publish barrier of the table */
	EXPECT_EQ(COUNTS.publish, 1);
	EXPECT_EQ(stage.ptl_taken, 2); /* of the PMD table, then of the PTE table */
	EXPECT_EQ(stage.ptl_held, 0);
}

/* In lazy MMU mode the invalidation cannot wait: the new table would be cached beside the leaf. */
TEST(the_break_of_a_split_is_paid_in_lazy_mmu_mode_too)
{
	set_huge(false, SECT_USER);
	lazy_mmu_mode_enable();
	EXPECT_EQ(VMA(A, A + P), 0);
	EXPECT_EQ(COUNTS.tlbi, 1);
	EXPECT_EQ(COUNTS.publish, 0);
	lazy_mmu_mode_disable();
	EXPECT_EQ(COUNTS.tlbi, 1);
	EXPECT_EQ(COUNTS.publish, 1);
}

/* What the tables hold when the invalidation is carried out. */
static uint64_t at_the_break;
static void (*count_run)(void *ctx, const struct pw_plan *plan);

static void watch(void *ctx, const struct pw_plan *plan)
{
	if (plan->nr_ranges || plan->full)
		at_the_break = pmd_val(*user_pmd(A));
	count_run(ctx, plan);
}

TEST(the_entry_is_invalid_while_its_translation_goes)
{
	set_huge(false, SECT_USER);
	count_run = stage.counter.e.x.run;
	stage.counter.e.x.run = watch;
	EXPECT_EQ(VMA(A, A + P), 0);
	EXPECT_EQ(at_the_break, (HUGE_PA | SECT_USER) & ~PTE_VALID);
	EXPECT(pmd_present(__pmd(at_the_break)) && pmd_leaf(__pmd(at_the_break)));
}

TEST(an_invalid_huge_page_is_split_without_invalidation)
{
	const uint64_t none = SECT_USER & ~PTE_VALID;

	set_huge(false, none);
	EXPECT_EQ(VMA(A + 16 * P, A + 17 * P), 0);
	EXPECT_EQ(pte_val(*user_pte(A + 16 * P)), (HUGE_PA + 16 * P) | none | PTE_TABLE_BIT);
	EXPECT(pte_present(*user_pte(A)) && !pte_valid(*user_pte(A)));
	EXPECT_EQ(COUNTS.tlbi, 0);
}

TEST(a_split_without_a_page_changes_nothing)
{
	set_huge(false, SECT_USER);
	stage.limit = stage.used;
	EXPECT_EQ(VMA(A, A + P), -12);
	EXPECT_EQ(pmd_val(*user_pmd(A)), HUGE_PA | SECT_USER);
	EXPECT_EQ(COUNTS.plans, 0);
	EXPECT_EQ(NR(PTE), 0);
	EXPECT_EQ(stage.ptl_held, 0);
}

TEST(a_callback_that_continues_or_wants_no_ptes_leaves_it_whole)
{
	set_huge(false, SECT_USER);
	stage_rule(PMD, 1, ACTION_CONTINUE, 0);
	EXPECT_EQ(VMA(A, A + PMD_SIZE), 0);
	stage_forget();
	ops.pte_entry = NULL;
	EXPECT_EQ(VMA(A, A + PMD_SIZE), 0);
	EXPECT_EQ(pmd_val(*user_pmd(A)), HUGE_PA | SECT_USER);
	ops.pte_entry = stage_vma_ops.pte_entry; /* and nothing of a kernel walk is split */
	EXPECT_EQ(walk_page_range_debug(&user_mm, A, A + P, &ops, NULL, NULL), 0);
	EXPECT_EQ(pmd_val(*user_pmd(A)), HUGE_PA | SECT_USER);
}

#if PGTABLE_LEVELS > 2
TEST(a_pud_is_split_into_pmds_and_those_only_where_needed)
{
	set(false);
	EXPECT_EQ(user_map(A, P), 0);
	*user_pud(A) = __pud(PUD_SIZE | SECT_USER);
	stage_forget();
	pw_arm64_counter_init(&stage.counter);
	EXPECT_EQ(VMA(A, A + P), 0);
	EXPECT_EQ(NR(PTE), 1);
	EXPECT(pud_table(*user_pud(A)));
	EXPECT(pmd_table(*user_pmd(A)));
	EXPECT_EQ(pmd_val(*user_pmd(A + PMD_SIZE)),
		  (PUD_SIZE + (A & ~PUD_MASK) + PMD_SIZE) | SECT_USER);
	EXPECT_EQ(pte_val(*user_pte(A)), (PUD_SIZE + (A & ~PUD_MASK)) | PAGE_USER | PTE_CONT);
	EXPECT_EQ(COUNTS.tlbi, 2);
}
#endif

TEST(a_contiguous_block_loses_the_hint_with_its_group_before_it_is_split)
{
	pmd_t *group;
	unsigned int i;

	set(false);
	EXPECT_EQ(user_map(A, P), 0);
	group = user_pmd(A & -(GROUP_PMDS * PMD_SIZE));
	for (i = 0; i < GROUP_PMDS; i++)
		group[i] = __pmd((0x40000000 + i * PMD_SIZE) | SECT_USER | PTE_CONT | PTE_RDONLY);
	group[3] = __pmd(pmd_val(group[3]) & ~PTE_RDONLY); /* hardware saw a write there */
	group[5] = __pmd(pmd_val(group[5]) & ~PTE_AF);	   /* and no access there */
	pw_arm64_counter_init(&stage.counter);
	EXPECT_EQ(VMA(A, A + P), 0);
	for (i = 0; i < GROUP_PMDS; i++) {
		harness_note("block", i);
		EXPECT_EQ(pmd_table(group[i]), &group[i] == user_pmd(A));
		if (!pmd_table(group[i])) /* a write to any may be noted in any */
			EXPECT_EQ(pmd_val(group[i]), (0x40000000 + i * PMD_SIZE) | SECT_USER);
	}
	EXPECT_EQ(COUNTS.tlbi >= 2, 1);
}

TEST(set_pte_at_takes_the_hint_off_a_group_first)
{
	unsigned int i;

	set_huge(false, SECT_USER);
	EXPECT_EQ(VMA(A, A + P), 0);
	pw_arm64_counter_init(&stage.counter);
	set_pte_at(&user_mm, A + (GROUP_PTES + 2) * P, user_pte(A + (GROUP_PTES + 2) * P),
		   __pte(0));
	for (i = 0; i < 4 * GROUP_PTES; i++) {
		bool in_group = i >= GROUP_PTES && i < 2 * GROUP_PTES;

		harness_note("page", i);
		if (i == GROUP_PTES + 2)
			EXPECT_EQ(pte_val(*user_pte(A + i * P)), 0);
		else
			EXPECT_EQ(pte_val(*user_pte(A + i * P)),
				  (HUGE_PA + i * P) | PAGE_USER | (in_group ? 0 : PTE_CONT));
	}
	EXPECT_EQ(COUNTS.publish, 0);
	EXPECT_EQ(COUNTS.tlbi, GROUP_PTES); /* the group's pages, in one plan */
	EXPECT_EQ(COUNTS.plans, 1);
	set_pte_at(&user_mm, A + (GROUP_PTES + 3) * P, user_pte(A + (GROUP_PTES + 3) * P),
		   __pte(0));
	EXPECT_EQ(COUNTS.plans, 1); /* it has no hint any more */
}

/* Who read the entry while it was in the group has the hint in hand; a lone entry must not. */
TEST(an_entry_that_is_written_back_is_in_no_group)
{
	pte_t val;

	set_huge(false, SECT_USER);
	EXPECT_EQ(VMA(A, A + P), 0);
	val = ptep_get(user_pte(A + (GROUP_PTES + 2) * P));
	EXPECT_EQ(pte_val(val) & PTE_CONT, PTE_CONT);
	set_pte_at(&user_mm, A + (GROUP_PTES + 2) * P, user_pte(A + (GROUP_PTES + 2) * P),
		   pte_wrprotect(val));
	EXPECT_EQ(pte_val(*user_pte(A + (GROUP_PTES + 2) * P)), (HUGE_PA + (GROUP_PTES + 2) * P) |
									(PAGE_USER & ~PTE_WRITE) |
									PTE_RDONLY | PTE_DIRTY);
	/* what is not present is not looked into */
	set_pte_at(&user_mm, A + (GROUP_PTES + 2) * P, user_pte(A + (GROUP_PTES + 2) * P),
		   __pte(PTE_CONT | 0x7000));
	EXPECT_EQ(pte_val(*user_pte(A + (GROUP_PTES + 2) * P)), PTE_CONT | 0x7000);
}

TEST(modify_prot_takes_what_hardware_noted_in_the_group)
{
	unsigned int i;
	pte_t old;

	set_huge(false, SECT_USER | PTE_RDONLY);
	area.vm_mm = &user_mm;
	EXPECT_EQ(VMA(A, A + P), 0);
	EXPECT(!pte_dirty(*user_pte(A + 3 * P)));
	*user_pte(A + 5 * P) = clear_pte_bit(*user_pte(A + 5 * P), __pgprot(PTE_RDONLY));
	pw_arm64_counter_init(&stage.counter);
	old = ptep_modify_prot_start(&area, A + 3 * P, user_pte(A + 3 * P));
	EXPECT(pte_none(*user_pte(A + 3 * P)));
	EXPECT_EQ(pte_val(old), (HUGE_PA + 3 * P) | PAGE_USER);
	EXPECT_EQ(COUNTS.plans, 1);
	ptep_modify_prot_commit(&area, A + 3 * P, user_pte(A + 3 * P), old, pte_mkclean(old));
	EXPECT_EQ(pte_val(*user_pte(A + 3 * P)), (HUGE_PA + 3 * P) | PAGE_USER | PTE_RDONLY);
	EXPECT_EQ(COUNTS.plans, 1);
	for (i = 0; i < GROUP_PTES; i++)
		EXPECT_EQ(pte_val(*user_pte(A + i * P)) & PTE_CONT, 0);
	EXPECT_EQ(pte_val(*user_pte(A + GROUP_PTES * P)) & PTE_CONT, PTE_CONT);
}

TEST(dirty_state_survives_write_protection)
{
	const pte_t clean = __pte(PAGE_USER | PTE_RDONLY), written = __pte(PAGE_USER);

	EXPECT(pte_write(clean) && !pte_dirty(clean));
	EXPECT(pte_write(written) && pte_hw_dirty(written) && pte_dirty(written));
	EXPECT(!pte_write(pte_wrprotect(clean)) && !pte_dirty(pte_wrprotect(clean)));
	EXPECT(!pte_write(pte_wrprotect(written)) && pte_dirty(pte_wrprotect(written)));
	EXPECT(!pte_hw_dirty(pte_wrprotect(written)));
	EXPECT(!pte_dirty(pte_mkclean(written)) && pte_write(pte_mkclean(written)));
	EXPECT(!pte_dirty(pte_mkclean(pte_wrprotect(written))));
}

/*
 * Entries that change
 */

static int turns;

/* The first time the PMD empties itself; then it is a hole. */
static int zap(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	turns++;
	*pmd = __pmd(0);
	return 0;
}

TEST(an_entry_that_changes_under_the_callback_is_asked_about_again)
{
	set_huge(false, SECT_USER);
	ops.pmd_entry = zap;
	turns = 0;
	EXPECT_EQ(VMA(A, A + PMD_SIZE), 0);
	EXPECT_EQ(turns, 1);
	EXPECT_EQ(NR(HOLE), 1);
	EXPECT_EQ(NR(PTE), 0);
}

/* A swap entry, say: Linux would ask until it is gone. */
TEST(an_entry_that_is_nothing_known_is_asked_about_once)
{
	set_huge(false, 0);
	*user_pmd(A) = __pmd(0xdead000);
	EXPECT_EQ(VMA(A, A + 2 * PMD_SIZE), 0);
	EXPECT_EQ(NR(PMD), 2);
	EXPECT_EQ(NR(PTE), PTRS_PER_PTE);
	EXPECT_EQ(pmd_val(*user_pmd(A)), 0xdead000);
}

/* The table goes while its lock is waited for. */
static void lock_and_lose(void *ctx, struct mm_struct *mm, const void *entry, int level)
{
	(void)ctx, (void)mm, (void)entry, (void)level;
	stage.ptl_held++;
	if (++turns == 1)
		*user_pmd(A) = __pmd(0);
}

TEST(a_table_that_goes_before_it_is_locked_is_not_walked)
{
	struct pw_linux_config cfg = {
		.size = sizeof(cfg),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &stage.env,
		.gather = &stage.gather,
		.ptl_lock = lock_and_lose,
	};
	spinlock_t *ptl;

	set(false);
	EXPECT_EQ(user_map(A, P), 0);
	EXPECT_EQ(pw_linux_init(&cfg), 0);
	turns = 0;
	EXPECT(pte_offset_map_lock(&user_mm, user_pmd(A), A, &ptl) == NULL);
	EXPECT_EQ(user_map(A, P), 0);
	stage_forget();
	turns = 0;
	EXPECT_EQ(VMA(A, A + P), 0);
	EXPECT_EQ(turns, 1);
	EXPECT_EQ(NR(PMD), 1);
	EXPECT_EQ(NR(PTE), 0);
	EXPECT_EQ(NR(HOLE), 1); /* it came again, empty */
}

TEST(pte_offset_map_lock_gives_ptes_of_a_table_only)
{
	spinlock_t *ptl;
	pte_t *pte;

	set_huge(false, SECT_USER);
	EXPECT(pte_offset_map_lock(&user_mm, user_pmd(A), A, &ptl) == NULL);
	EXPECT(pte_offset_map_lock(&user_mm, user_pmd(A + 2 * PMD_SIZE), A, &ptl) == NULL);
	EXPECT_EQ(stage.ptl_held, 0);
	pte = pte_offset_map_lock(&user_mm, user_pmd(A + PMD_SIZE), A + PMD_SIZE + 7 * P, &ptl);
	EXPECT(pte == user_pte(A + PMD_SIZE + 7 * P));
	EXPECT_EQ(stage.ptl_held, 1);
	pte_unmap_unlock(pte, ptl);
	EXPECT_EQ(stage.ptl_held, 0);
}

TEST(flush_tlb_range_is_done_on_return)
{
	set(false);
	pw_arm64_counter_init(&stage.counter);
	flush_tlb_range(&area, A, A + 5 * P);
	EXPECT_EQ(COUNTS.tlbi, 5);
	lazy_mmu_mode_enable();
	flush_tlb_range(&area, A, A + P);
	EXPECT_EQ(COUNTS.tlbi, 6);
	lazy_mmu_mode_disable();
	flush_tlb_range(&area, A, A);
	EXPECT_EQ(COUNTS.tlbi, 6);
}
