/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The walkers, with and without VMAs; included by linux.h, which says where they differ from
 * Linux's.
 */
#ifndef PAGEWALK_LINUX_WALK_H
#define PAGEWALK_LINUX_WALK_H

#include <pagewalk/linux/mm.h>

enum page_walk_action {
	ACTION_SUBTREE = 0,  /* descend */
	ACTION_CONTINUE = 1, /* on to the next entry of this level */
	ACTION_AGAIN = 2,    /* this entry again */
};

/*
 * What a walk over VMAs asserts, first for the address space, then for each VMA. A walk goes on
 * after a broken assertion. The walks without VMAs look at PGWALK_NOLOCK only.
 */
enum page_walk_lock {
	PGWALK_RDLOCK = 0,	      /* mmap lock held */
	PGWALK_WRLOCK = 1,	      /* mmap lock held for writing; takes the VMA's, for writing */
	PGWALK_WRLOCK_VERIFY = 2,     /* mmap lock and VMA's lock held for writing */
	PGWALK_VMA_RDLOCK_VERIFY = 3, /* VMA's lock held; nothing about the mmap lock */
	PGWALK_NOLOCK = 4,	      /* walk_page_range_novma() only: nothing */
};

struct mm_walk;

/* All callbacks are optional. A non-zero return ends the walk and is its result. */
struct mm_walk_ops {
	int (*pgd_entry)(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*p4d_entry)(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pud_entry)(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pmd_entry)(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_entry)(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk);
	/*
	 * An empty entry above the PTE level; depth 0 PGD, 1 P4D, 2 PUD, 3 PMD, folded ones up;
	 * -1 between VMAs (walk->vma is NULL), for a VM_PFNMAP area that is passed over, and
	 * where a hugetlb area has no table.
	 */
	int (*pte_hole)(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk);
	/* one huge page of a hugetlb area, which has no other callbacks. @hmask: ~(size - 1) */
	int (*hugetlb_entry)(pte_t *pte, unsigned long hmask, unsigned long addr,
			     unsigned long next, struct mm_walk *walk);
	/*
	 * walk_page_range*() and walk_page_mapping() only: is this VMA to be walked? 0 yes,
	 * positive no (in walk_page_mapping(): nor any other), negative ends the walk. Without
	 * it VM_PFNMAP areas are passed over; a positive value of their pte_hole is dropped.
	 */
	int (*test_walk)(unsigned long addr, unsigned long next, struct mm_walk *walk);
	/* around each VMA; post_vma runs after errors, too, but not after pre_vma's own */
	int (*pre_vma)(unsigned long start, unsigned long end, struct mm_walk *walk);
	void (*post_vma)(struct mm_walk *walk);
	/*
	 * For the "_unsafe" walks only: fill an empty PTE, tables are made on the way; it is set
	 * to *@ptep if this returns 0. Other PTEs go to pte_entry. Huge pages are left alone when
	 * there is no pte_entry.
	 */
	int (*install_pte)(unsigned long addr, unsigned long next, pte_t *ptep,
			   struct mm_walk *walk);
	enum page_walk_lock walk_lock;
	/* around the loop over each PTE table, as in the origin patch */
	void (*pre_pte_table)(void);
	void (*post_pte_table)(void);
	/* around the loop over every table */
	int (*pre_table)(struct mm_walk *walk, int level, unsigned long addr, unsigned long next);
	void (*post_table)(struct mm_walk *walk, int level, unsigned long addr, unsigned long next);
};

struct mm_walk {
	const struct mm_walk_ops *ops;
	struct mm_struct *mm;
	pgd_t *pgd;		    /* the root that was passed in, or NULL: the mm's */
	struct vm_area_struct *vma; /* NULL between VMAs and in walks without */
	enum page_walk_action action;
	bool no_vma;
	void *private;
};

#define walk_page_range_novma		      pw_linux_walk_page_range_novma
#define walk_kernel_page_table_range	      pw_linux_walk_kernel_page_table_range
#define walk_kernel_page_table_range_lockless pw_linux_walk_kernel_page_table_range_lockless
#define walk_page_range_debug		      pw_linux_walk_page_range_debug
#define walk_page_range			      pw_linux_walk_page_range
#define walk_page_range_mm_unsafe	      pw_linux_walk_page_range_mm_unsafe
#define walk_page_range_vma		      pw_linux_walk_page_range_vma
#define walk_page_range_vma_unsafe	      pw_linux_walk_page_range_vma_unsafe
#define walk_page_vma			      pw_linux_walk_page_vma
#define walk_page_mapping		      pw_linux_walk_page_mapping

/*
 * The walks without VMAs, over [start, end); @pgd may name another root. They differ in what they
 * assert: novma by ops->walk_lock (PGWALK_NOLOCK: nothing; else the lock of init_mm for reading,
 * of another mm for writing); kernel: init_mm's lock; lockless: nothing, the caller owns the
 * range; debug: the locks of @mm and of init_mm for writing. The locks of the kernel and debug
 * forms are asserted before arguments are checked.
 *
 * Return: 0; what a callback returned, positive values too; -EINVAL start >= end, a range that is
 *         not in one half of the address space, install_pte set; -EFAULT a table lies outside
 *         memory.
 */
int walk_page_range_novma(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
int walk_kernel_page_table_range(unsigned long start, unsigned long end,
				 const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
int walk_kernel_page_table_range_lockless(unsigned long start, unsigned long end,
					  const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
int walk_page_range_debug(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private);

/*
 * The walks over VMAs. walk_page_range: every VMA of [start, end) and the gaps between them.
 * walk_page_range_vma, walk_page_vma: a part of one VMA, or all of it; no test_walk, and VM_PFNMAP
 * areas are walked. walk_page_mapping: every VMA that maps pages [first_index, first_index + nr) of
 * a file, that part of each; asserts the i_mmap lock and nothing else: ops->walk_lock is not
 * looked at.
 *
 * A huge page is split when a callback of a lower level wants to see below it: break-before-make,
 * the invalidation is paid before this returns, in lazy MMU mode, too. The caller must be able to
 * take the faults that the range raises meanwhile.
 *
 * The "_unsafe" forms take install_pte; the others answer -EINVAL before anything else. New tables
 * are linked by compare-and-swap, so several walks may add tables at once.
 *
 * After an error what was changed stays changed.
 *
 * Return: 0; what a callback returned, positive values too; -EINVAL start >= end, no mm, a range
 *         that leaves the VMA, install_pte in a hugetlb area or over an entry that is neither empty
 *         nor a table nor a leaf, PGWALK_NOLOCK; -ENOMEM no page for a table; -EFAULT a table lies
 *         outside memory.
 */
int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private);
int walk_page_range_mm_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
			      const struct mm_walk_ops *ops, void *private);
int walk_page_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			const struct mm_walk_ops *ops, void *private);
int walk_page_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			       const struct mm_walk_ops *ops, void *private);
int walk_page_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private);
int walk_page_mapping(struct address_space *mapping, unsigned long first_index, unsigned long nr,
		      const struct mm_walk_ops *ops, void *private);

#endif
