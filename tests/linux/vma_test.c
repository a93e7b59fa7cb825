/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Walks over VMAs: which are visited, what is asked and asserted, and what hugetlb areas get.
 * (Tests 16 to 20, 24 and 25 of what a kernel's walker promises; install_test.c has 23.)
 *
 *      A ......... A+8p   a gap   A+16p ... A+24p   A+24p ... A+28p   a gap
 *      pages 0, 2 mapped          a file            VM_PFNMAP
 */
#include "stage.h"

#define A	    (128 * PMD_SIZE)
#define P	    PAGE_SIZE
#define END	    (A + 40 * P)
#define HUGE_A	    (A + 8 * PMD_SIZE)
#define RANGE(s, e) walk_page_range(&user_mm, s, e, &ops, NULL)
#define NR(kind)    stage_count(kind)
#define EV(kind, k) (stage_event(kind, k))

static struct vm_area_struct area[4];
static struct address_space file;
static struct pw_linux_mapped slots[3];
static struct mm_walk_ops ops;

/* The address space of the drawing; callbacks: all. */
static void set(void)
{
	stage_reset();
	ops = stage_vma_ops;
	area[0] = (struct vm_area_struct){ .vm_start = A, .vm_end = A + 8 * P };
	area[1] = (struct vm_area_struct){
		.vm_start = A + 16 * P,
		.vm_end = A + 24 * P,
		.vm_pgoff = 4,
		.vm_mapping = &file,
	};
	area[2] = (struct vm_area_struct){
		.vm_start = A + 24 * P,
		.vm_end = A + 28 * P,
		.vm_flags = VM_PFNMAP,
	};
	EXPECT_EQ(user_map(A, 1 * P), 0);
	EXPECT_EQ(user_map(A + 2 * P, 1 * P), 0);
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, area, 3), 0);
	stage.ptl_taken = 0;
	stage_forget();
}

TEST(vma_sets_are_checked)
{
	struct vm_area_struct bad[2];

	set();
	bad[0] = area[0];
	bad[1] = area[0];
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* overlap */
	bad[1].vm_start = bad[0].vm_end;
	bad[1].vm_end = bad[0].vm_end;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* empty */
	bad[1].vm_end = bad[0].vm_end + P + 1;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* not aligned */
	bad[1].vm_start = (1ul << VA_BITS) - P;
	bad[1].vm_end = (1ul << VA_BITS) + P;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* not a user's address */
	bad[1].vm_end = 1ul << VA_BITS;
	bad[1].vm_flags = VM_HUGETLB;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* less than a huge page */
	bad[1].vm_start = (1ul << VA_BITS) - PMD_SIZE;
	bad[1].huge_page_size = 4 * P;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), -22); /* not a huge page's size */
	EXPECT_EQ(user_mm.nr_vmas, 3);			     /* nothing of this was taken */
	bad[1].huge_page_size = 0;
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, bad, 2), 0);
	EXPECT(bad[1].vm_mm == &user_mm);
}

TEST(find_vma_finds_the_first_that_ends_behind)
{
	unsigned long i;

	set();
	for (i = 0; i < 30; i++) {
		const struct vm_area_struct *want = i < 8  ? &area[0] :
						    i < 24 ? &area[1] :
						    i < 28 ? &area[2] :
							     NULL;

		harness_note("page", i);
		EXPECT(find_vma(&user_mm, A + i * P) == want);
		EXPECT(find_vma(&user_mm, A + i * P + P - 1) == want);
	}
	EXPECT(find_vma(&user_mm, 0) == &area[0]);
	user_mm.nr_vmas = 0;
	EXPECT(find_vma(&user_mm, 0) == NULL);
}

TEST(bad_arguments_are_refused_before_anything)
{
	struct vm_area_struct stray = area[0];

	set();
	stage.held_mm = stage.held_vma = 'n';
	stage.held_i_mmap = false;
	EXPECT_EQ(RANGE(A, A), -22);
	EXPECT_EQ(RANGE(A + P, A), -22);
	EXPECT_EQ(RANGE(A, 0), -22);
	EXPECT_EQ(walk_page_range(NULL, A, A + P, &ops, NULL), -22);
	EXPECT_EQ(walk_page_range_vma(&area[0], A, A, &ops, NULL), -22);
	EXPECT_EQ(walk_page_range_vma(&area[0], A - 1, A + P, &ops, NULL), -22);
	EXPECT_EQ(walk_page_range_vma(&area[0], A, A + 8 * P + 1, &ops, NULL), -22);
	stray.vm_mm = NULL;
	EXPECT_EQ(walk_page_range_vma(&stray, A, A + P, &ops, NULL), -22);
	EXPECT_EQ(walk_page_vma(&stray, &ops, NULL), -22);
	ops.walk_lock = PGWALK_NOLOCK;
	EXPECT_EQ(RANGE(A, A + P), -22);
	EXPECT_EQ(walk_page_range_vma(&area[0], A, A + P, &ops, NULL), -22);
	EXPECT_EQ(walk_page_vma(&area[0], &ops, NULL), -22);
	EXPECT_EQ(walk_page_mapping(&file, 0, 1, &ops, NULL), -22);
	ops.walk_lock = PGWALK_RDLOCK;
	ops.install_pte = stage_install;
	EXPECT_EQ(RANGE(A, A + P), -22);
	EXPECT_EQ(walk_page_range_vma(&area[0], A, A + P, &ops, NULL), -22);
	EXPECT_EQ(walk_page_vma(&area[0], &ops, NULL), -22);
	EXPECT_EQ(walk_page_mapping(&file, 0, 1, &ops, NULL), -22);
	EXPECT_EQ(stage.nr_events, 0);
	EXPECT_EQ(stage.warnings, 0);
}

/* Test 20. */
TEST(gaps_before_between_and_after_are_holes_without_a_vma)
{
	set();
	EXPECT_EQ(RANGE(A - 4 * P, END), 0);
	EXPECT_EQ(NR(HOLE), 3); /* and no fourth for the empty PTEs */
	EXPECT_EQ(EV(HOLE, 0)->addr, A - 4 * P);
	EXPECT_EQ(EV(HOLE, 0)->next, A);
	EXPECT_EQ(EV(HOLE, 1)->addr, A + 8 * P);
	EXPECT_EQ(EV(HOLE, 1)->next, A + 16 * P);
	EXPECT_EQ(EV(HOLE, 2)->addr, A + 28 * P);
	EXPECT_EQ(EV(HOLE, 2)->next, END);
	EXPECT_EQ(EV(HOLE, 0)->depth, -1);
	EXPECT(EV(HOLE, 0)->vma == NULL && EV(HOLE, 1)->vma == NULL && EV(HOLE, 2)->vma == NULL);
	EXPECT_EQ(NR(PTE), 8 + 8 + 4);
	EXPECT(EV(PTE, 8)->vma == &area[1]);
	EXPECT_EQ(stage.warnings, 0);

	stage_rule(HOLE, 2, -1, 5); /* the one between */
	EXPECT_EQ(RANGE(A - 4 * P, END), 5);
	EXPECT_EQ(NR(PTE), 8);
	stage_forget();
	user_mm.nr_vmas = 0;
	EXPECT_EQ(RANGE(0, ~0ul), 0);
	EXPECT_EQ(NR(HOLE), 1);
}

/* Test 16. */
TEST(a_pfnmap_area_is_a_hole_unless_test_walk_says_otherwise)
{
	set();
	ops.test_walk = NULL;
	EXPECT_EQ(RANGE(A + 20 * P, A + 32 * P), 0);
	EXPECT_EQ(NR(HOLE), 2);
	EXPECT_EQ(EV(HOLE, 0)->addr, A + 24 * P);
	EXPECT_EQ(EV(HOLE, 0)->depth, -1);
	EXPECT(EV(HOLE, 0)->vma == &area[2]);
	EXPECT_EQ(NR(PTE), 4);
	EXPECT_EQ(NR(PRE_VMA), 1);

	stage_rule(HOLE, 1, -1, 5); /* swallowed: the walk goes on behind it */
	EXPECT_EQ(RANGE(A + 20 * P, A + 32 * P), 0);
	EXPECT_EQ(NR(HOLE), 2);
	stage_rule(HOLE, 1, -1, -5);
	EXPECT_EQ(RANGE(A + 20 * P, A + 32 * P), -5);
	EXPECT_EQ(NR(HOLE), 1);

	stage_forget();
	ops.pte_hole = NULL;
	EXPECT_EQ(RANGE(A + 24 * P, A + 28 * P), 0);
	EXPECT_EQ(NR(PTE), 0);
	ops.test_walk = stage_vma_ops.test_walk;
	EXPECT_EQ(RANGE(A + 24 * P, A + 28 * P), 0);
	EXPECT_EQ(NR(PTE), 4);
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[2], &ops, NULL), 0); /* asks nobody */
	EXPECT_EQ(NR(PTE), 4);
}

/* Test 17. */
TEST(test_walk_skips_and_aborts_and_is_not_asked_about_one_vma)
{
	set();
	stage_rule(TEST_WALK, 1, -1, 1);
	EXPECT_EQ(RANGE(A, END), 0);
	EXPECT_EQ(NR(TEST_WALK), 3);
	EXPECT_EQ(NR(PRE_VMA), 2);
	EXPECT(EV(PTE, 0)->vma == &area[1]);
	stage_rule(TEST_WALK, 2, -1, -3);
	EXPECT_EQ(RANGE(A, END), -3);
	EXPECT_EQ(NR(TEST_WALK), 2);
	EXPECT_EQ(NR(PTE), 8);
	stage_rule(TEST_WALK, 1, -1, -3);
	EXPECT_EQ(walk_page_range_vma(&area[1], A + 17 * P, A + 19 * P, &ops, NULL), 0);
	EXPECT_EQ(walk_page_vma(&area[1], &ops, NULL), 0);
	EXPECT_EQ(NR(TEST_WALK), 0);
	EXPECT_EQ(NR(PTE), 2 + 8);
}

/* Test 18. */
TEST(post_vma_follows_errors_of_the_walk_but_not_of_pre_vma)
{
	set();
	EXPECT_EQ(RANGE(A + P, A + 20 * P), 0);
	EXPECT_EQ(NR(PRE_VMA), 2);
	EXPECT_EQ(NR(POST_VMA), 2);
	EXPECT_EQ(EV(PRE_VMA, 0)->addr, A + P); /* clipped */
	EXPECT_EQ(EV(PRE_VMA, 1)->next, A + 20 * P);
	stage_rule(PRE_VMA, 2, -1, 4);
	EXPECT_EQ(RANGE(A, END), 4);
	EXPECT_EQ(NR(POST_VMA), 1);
	EXPECT_EQ(NR(PTE), 8);
	stage_rule(PTE, 3, -1, -6);
	EXPECT_EQ(RANGE(A, END), -6);
	EXPECT_EQ(NR(PRE_VMA), 1);
	EXPECT_EQ(NR(POST_VMA), 1);
	stage_rule(PTE, 3, -1, -6);
	EXPECT_EQ(walk_page_vma(&area[0], &ops, NULL), -6);
	EXPECT_EQ(NR(POST_VMA), 1);
}

static void set_huge(unsigned long size, unsigned long bytes)
{
	set();
	area[3] = (struct vm_area_struct){
		.vm_start = HUGE_A & -size,
		.vm_end = (HUGE_A & -size) + bytes,
		.vm_flags = VM_HUGETLB,
		.huge_page_size = size,
	};
	EXPECT_EQ(pw_linux_set_vmas(&user_mm, &area[3], 1), 0);
}

/* Test 19. */
TEST(hugetlb_areas_get_their_callback_and_no_other)
{
	set_huge(PMD_SIZE, 4 * PMD_SIZE);
	EXPECT_EQ(user_map(HUGE_A + 4 * PMD_SIZE, P), 0); /* so that there is a PMD table */
	set_pmd(user_pmd(HUGE_A), __pmd(0x80000000 | SECT_USER));
	stage_forget();
	EXPECT_EQ(RANGE(HUGE_A + 5 * P, HUGE_A + PMD_SIZE + 3), 0);
	EXPECT_EQ(NR(HUGE), 2); /* the second is empty, and still an entry */
	EXPECT_EQ(EV(HUGE, 0)->addr, HUGE_A + 5 * P);
	EXPECT_EQ(EV(HUGE, 0)->next, HUGE_A + PMD_SIZE);
	EXPECT_EQ(EV(HUGE, 1)->next, HUGE_A + PMD_SIZE + 3);
	EXPECT_EQ(NR(PGD) + NR(P4D) + NR(PUD) + NR(PMD) + NR(PTE) + NR(HOLE), 0);
	EXPECT_EQ(NR(PRE_VMA), 1);
	EXPECT_EQ(NR(POST_VMA), 1);
	EXPECT_EQ(stage.hugetlb_taken, 1);
	EXPECT_EQ(stage.hugetlb_held, 0);

	stage_rule(HUGE, 1, -1, 3);
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 3);
	EXPECT_EQ(NR(HUGE), 1);
	EXPECT_EQ(NR(POST_VMA), 1);
	EXPECT_EQ(stage.hugetlb_held, 0);

	stage_forget();
	ops.hugetlb_entry = NULL;
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(stage.nr_events, 2); /* pre_vma and post_vma */
}

TEST(hugetlb_without_a_table_is_a_hole_of_depth_minus_one)
{
	const bool root_has_it = PTRS_PER_PMD == 1; /* then there is no table to be missing */

	set_huge(PMD_SIZE, 2 * PMD_SIZE);
	*user_pud(HUGE_A) = __pud(0);
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HUGE), root_has_it ? 2 : 0);
	EXPECT_EQ(NR(HOLE), root_has_it ? 0 : 2);
	if (!root_has_it)
		EXPECT_EQ(EV(HOLE, 1)->depth, -1);
	stage_rule(HOLE, 1, -1, -7);
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), root_has_it ? 0 : -7);
#if PGTABLE_LEVELS > 3
	p4d_offset(pgd_offset(&user_mm, HUGE_A), HUGE_A)->p4d = 0;
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HUGE), 0);
	EXPECT_EQ(NR(HOLE), 2);
#endif
}

TEST(hugetlb_tables_outside_memory_are_not_touched)
{
	const uint64_t far = 0x7000000000;

	set_huge(GROUP_PTES * P, 4 * GROUP_PTES * P);
	EXPECT_EQ(user_map(HUGE_A, 2 * GROUP_PTES * P), 0);
	*user_pmd(HUGE_A) = __pmd(far | PMD_TYPE_TABLE);
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), -14);
#if PGTABLE_LEVELS > 2
	*user_pud(HUGE_A) = __pud(far | PUD_TYPE_TABLE);
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), -14);
#endif
#if PGTABLE_LEVELS > 3
	p4d_offset(pgd_offset(&user_mm, HUGE_A), HUGE_A)->p4d = far | P4D_TYPE_TABLE;
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), -14);
#endif
	EXPECT_EQ(NR(HUGE) + NR(HOLE), 0);
	EXPECT_EQ(NR(POST_VMA), PGTABLE_LEVELS > 3 ? 3 : PGTABLE_LEVELS - 1);
}

static const pte_t *huge_slot;

static int keep_slot(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
		     struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	EXPECT_EQ(hmask, ~(GROUP_PTES * P - 1));
	huge_slot = pte;
	return 0;
}

/* Sizes of the contiguous hint: the first entry of each group is the huge page's. */
TEST(hugetlb_pages_of_a_group_are_ptes)
{
	set_huge(GROUP_PTES * P, 4 * GROUP_PTES * P);
	EXPECT_EQ(user_map(HUGE_A, 2 * GROUP_PTES * P), 0);
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HUGE), 4);
	EXPECT_EQ(EV(HUGE, 1)->addr, HUGE_A + GROUP_PTES * P);
	ops.hugetlb_entry = keep_slot;
	EXPECT_EQ(RANGE(HUGE_A + (GROUP_PTES + 5) * P, HUGE_A + (GROUP_PTES + 6) * P), 0);
	EXPECT(huge_slot == user_pte(HUGE_A + GROUP_PTES * P));
	ops.hugetlb_entry = stage_vma_ops.hugetlb_entry;
	*user_pmd(HUGE_A) = __pmd(0);
	stage_forget();
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HOLE), 4);
}

#if PGTABLE_LEVELS > 2
TEST(hugetlb_pages_of_a_group_of_pmds_and_of_a_pud)
{
	set_huge(GROUP_PMDS * PMD_SIZE, 2 * GROUP_PMDS * PMD_SIZE);
	EXPECT_EQ(user_map(HUGE_A + PUD_SIZE - P, P), 0);
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HUGE), 2);
	if (PAGE_SHIFT > 12)
		return; /* PUDs are no leaves there */
	set_huge(PUD_SIZE, 2 * PUD_SIZE);
	EXPECT_EQ(walk_page_vma(&area[3], &ops, NULL), 0);
	EXPECT_EQ(NR(HUGE), 2);
	EXPECT_EQ(EV(HUGE, 1)->next, (HUGE_A & PUD_MASK) + 2 * PUD_SIZE);
}
#endif

/* Test 24. */
TEST(vma_walks_assert_what_walk_lock_says)
{
	/* for a page in an area: assertions of the mmap lock, for the range and for one VMA; then
	   of the VMA's lock; then whether that is taken. Two look-ups of VMAs assert, too. */
	static const struct {
		enum page_walk_lock lock;
		char held_mm, held_vma;
		unsigned int range, vma, writes;
	} rows[] = {
		{ PGWALK_RDLOCK, 'r', 'n', 0, 0, 0 },
		{ PGWALK_RDLOCK, 'n', 'n', 3, 1, 0 },
		{ PGWALK_WRLOCK, 'w', 'n', 0, 0, 1 },
		{ PGWALK_WRLOCK, 'r', 'n', 1, 1, 1 },
		{ PGWALK_WRLOCK, 'n', 'n', 3, 1, 1 },
		{ PGWALK_WRLOCK_VERIFY, 'w', 'w', 0, 0, 0 },
		{ PGWALK_WRLOCK_VERIFY, 'w', 'r', 1, 1, 0 },
		{ PGWALK_WRLOCK_VERIFY, 'r', 'w', 1, 1, 0 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 'n', 'r', 2, 0, 0 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 'r', 'w', 0, 0, 0 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 'r', 'n', 1, 1, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness_note("row", i);
		set();
		ops.walk_lock = rows[i].lock;
		stage.held_mm = rows[i].held_mm;
		stage.held_vma = rows[i].held_vma;
		EXPECT_EQ(RANGE(A, A + P), 0);
		EXPECT_EQ(stage.warnings, rows[i].range);
		EXPECT_EQ(stage.vma_writes, rows[i].writes);
		stage.warnings = stage.vma_writes = 0;
		EXPECT_EQ(walk_page_range_vma(&area[0], A, A + P, &ops, NULL), 0);
		EXPECT_EQ(walk_page_vma(&area[0], &ops, NULL), 0);
		EXPECT_EQ(stage.warnings, 2 * rows[i].vma);
		EXPECT_EQ(stage.vma_writes, 2 * rows[i].writes);
		EXPECT_EQ(NR(PTE), 10); /* a broken assertion stops nothing */
	}
}

static int ptl_is_held(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)pte, (void)addr, (void)next;
	EXPECT_EQ(stage.ptl_held, walk->no_vma ? 0 : 1);
	return 0;
}

static int fn_ptl(pte_t *pte, unsigned long addr, void *data)
{
	(void)pte, (void)addr;
	EXPECT_EQ(stage.ptl_held, *(int *)data);
	return 0;
}

TEST(the_table_lock_is_held_around_the_ptes_of_vmas)
{
	int held = 1;

	set();
	ops.pte_entry = ptl_is_held;
	EXPECT_EQ(RANGE(A, END), 0);
	EXPECT_EQ(stage.ptl_taken, 3); /* once a PTE table and VMA */
	EXPECT_EQ(stage.ptl_held, 0);
	EXPECT_EQ(walk_page_range_debug(&user_mm, A, A + P, &ops, NULL, NULL), 0);
	EXPECT_EQ(stage.ptl_taken, 3);
	EXPECT_EQ(apply_to_existing_page_range(&user_mm, A, P, fn_ptl, &held), 0);
	EXPECT_EQ(stage.ptl_taken, 4);
	EXPECT_EQ(stage.ptl_held, 0);
	held = 0;
	EXPECT_EQ(stage_map(KERNEL_START, P), 0);
	EXPECT_EQ(apply_to_page_range(&init_mm, KERNEL_START, P, fn_ptl, &held), 0);
	EXPECT_EQ(stage.ptl_taken, 4);
}

/* Test 25. */
static void set_file(void)
{
	set();
	area[2].vm_flags = 0;
	area[2].vm_mapping = &file;
	area[2].vm_pgoff = 6;
	slots[0].vma = &area[1]; /* pages 4 to 12 */
	slots[1].vma = &area[2]; /* pages 6 to 10 */
	EXPECT_EQ(pw_linux_set_mapping(&file, slots, 2), 0);
}

TEST(a_mapping_is_walked_in_every_vma_clipped_to_the_pages)
{
	set_file();
	EXPECT_EQ(walk_page_mapping(&file, 5, 3, &ops, NULL), 0); /* pages 5, 6, 7 */
	EXPECT_EQ(NR(PRE_VMA), 2);
	EXPECT_EQ(EV(PRE_VMA, 0)->addr, A + 17 * P);
	EXPECT_EQ(EV(PRE_VMA, 0)->next, A + 20 * P);
	EXPECT_EQ(EV(PRE_VMA, 1)->addr, A + 24 * P);
	EXPECT_EQ(EV(PRE_VMA, 1)->next, A + 26 * P);
	EXPECT_EQ(EV(TEST_WALK, 0)->addr, A + 16 * P); /* the VMA as it is */
	EXPECT_EQ(EV(TEST_WALK, 0)->next, A + 24 * P);
	EXPECT_EQ(NR(PTE), 5);
	EXPECT_EQ(NR(HOLE), 0);
	stage_forget();
	EXPECT_EQ(walk_page_mapping(&file, 11, 100, &ops, NULL), 0); /* behind the second's end */
	EXPECT_EQ(NR(PTE), 1);
	stage_forget();
	EXPECT_EQ(walk_page_mapping(&file, 10, ~0ul, &ops, NULL), 0); /* beyond the last index */
	EXPECT_EQ(NR(PTE), 2);
	stage_forget();
	EXPECT_EQ(walk_page_mapping(&file, 0, 4, &ops, NULL), 0);
	EXPECT_EQ(walk_page_mapping(&file, 12, 4, &ops, NULL), 0);
	EXPECT_EQ(walk_page_mapping(&file, 7, 0, &ops, NULL), 0);
	EXPECT_EQ(stage.nr_events, 0);
}

TEST(a_positive_test_ends_the_walk_of_a_mapping)
{
	set_file();
	stage_rule(TEST_WALK, 1, -1, 1);
	EXPECT_EQ(walk_page_mapping(&file, 0, 100, &ops, NULL), 0);
	EXPECT_EQ(NR(TEST_WALK), 1);
	EXPECT_EQ(NR(PTE), 0);
	stage_rule(TEST_WALK, 2, -1, -1);
	EXPECT_EQ(walk_page_mapping(&file, 0, 100, &ops, NULL), -1);
	EXPECT_EQ(NR(PTE), 8);
	stage_rule(PTE, 2, -1, 4); /* a callback's value is its result, though */
	EXPECT_EQ(walk_page_mapping(&file, 0, 100, &ops, NULL), 4);
	EXPECT_EQ(NR(POST_VMA), 1);
}

TEST(a_mapping_asserts_its_own_lock_only)
{
	set_file();
	stage.held_mm = stage.held_vma = 'n';
	ops.walk_lock = PGWALK_WRLOCK_VERIFY;
	EXPECT_EQ(walk_page_mapping(&file, 4, 1, &ops, NULL), 0);
	EXPECT_EQ(stage.warnings, 0);
	stage.held_i_mmap = false;
	EXPECT_EQ(walk_page_mapping(&file, 4, 1, &ops, NULL), 0);
	EXPECT_EQ(stage.warnings, 1);
}

TEST(mappings_are_checked)
{
	set_file();
	slots[0].vma = &area[2];
	slots[1].vma = &area[1];
	EXPECT_EQ(pw_linux_set_mapping(&file, slots, 2), -22); /* out of order */
	slots[0].vma = &area[0];
	EXPECT_EQ(pw_linux_set_mapping(&file, slots, 1), -22); /* not of this file */
	area[1].vm_pgoff = ~0ul - 2;
	slots[0].vma = &area[1];
	EXPECT_EQ(pw_linux_set_mapping(&file, slots, 1), -22); /* offsets that wrap */
}

/* Against a linear search: sets of areas, areas of a file that lie in one another. */
TEST(random_mappings_find_what_a_linear_search_finds)
{
	enum { NR_AREAS = 12 };
	struct vm_area_struct some[NR_AREAS];
	struct pw_linux_mapped at[NR_AREAS];
	unsigned int round, i;

	for (round = 0; round < 200; round++) {
		unsigned long pgoff = 0, first = harness_below(40), nr = 1 + harness_below(10);
		unsigned int want = 0;

		set();
		harness_note("round", round);
		for (i = 0; i < NR_AREAS; i++) {
			unsigned long pages = 1 + harness_below(i % 3 ? 4 : 20);

			pgoff += harness_below(4);
			some[i] = (struct vm_area_struct){
				.vm_start = A + i * 32 * P,
				.vm_end = A + (i * 32 + pages) * P,
				.vm_pgoff = pgoff,
				.vm_mapping = &file,
			};
			at[i].vma = &some[i];
			want += pgoff < first + nr && pgoff + pages > first;
		}
		EXPECT_EQ(pw_linux_set_vmas(&user_mm, some, NR_AREAS), 0);
		EXPECT_EQ(pw_linux_set_mapping(&file, at, NR_AREAS), 0);
		EXPECT_EQ(walk_page_mapping(&file, first, nr, &ops, NULL), 0);
		EXPECT_EQ(NR(PRE_VMA), want);
	}
}

/* The configuration of a caller that was built before hooks were added at the end. */
TEST(a_shorter_configuration_has_no_later_hooks)
{
	struct pw_linux_config cfg = stage_config();

	set();
	stage.held_i_mmap = false;
	cfg.size = offsetof(struct pw_linux_config, i_mmap_locked);
	EXPECT_EQ(pw_linux_init(&cfg), 0);
	EXPECT_EQ(walk_page_mapping(&file, 0, 1, &ops, NULL), 0);
	EXPECT_EQ(stage.warnings, 0);
	cfg.size = sizeof(cfg);
	EXPECT_EQ(pw_linux_init(&cfg), 0);
	EXPECT_EQ(walk_page_mapping(&file, 0, 1, &ops, NULL), 0);
	EXPECT_EQ(stage.warnings, 1);
	cfg.size = 8; /* not even what must be there */
	EXPECT_EQ(pw_linux_init(&cfg), -22);
}
