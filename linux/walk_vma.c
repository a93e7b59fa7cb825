/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Walks over VMAs. The tables below one VMA are pagewalk.c's business, unless they are hugetlb's;
 * here is what goes on around it:
 *
 *     start                                                       end
 *       |  gap   |  VMA                     |  gap  |  VMA         |
 *       |hole -1 |  lock, test, pre, walk,  |       |  ...         |
 *       |        |  post                    |       |              |
 *
 * Each look-up of a VMA asserts the mmap lock, and the next VMA is looked up before this one is
 * walked: its callbacks may drop it.
 */
#include "state.h"

static void assert_vma_locked(const struct vm_area_struct *vma, bool write)
{
	if (pw_linux.vma_locked && !pw_linux.vma_locked(pw_linux.ctx, vma, write))
		pw_linux_warn(__FILE__, __LINE__,
			      write ? "the VMA's lock is not held for writing" :
				      "the VMA's lock is not held");
}

static void lock_mm(const struct mm_struct *mm, enum page_walk_lock lock)
{
	if (lock != PGWALK_VMA_RDLOCK_VERIFY)
		pw_linux_assert_locked(mm, lock != PGWALK_RDLOCK);
}

static void lock_vma(struct vm_area_struct *vma, enum page_walk_lock lock)
{
	if (lock == PGWALK_WRLOCK) {
		if (pw_linux.vma_start_write)
			pw_linux.vma_start_write(pw_linux.ctx, vma);
	} else if (lock != PGWALK_RDLOCK) {
		assert_vma_locked(vma, lock == PGWALK_WRLOCK_VERIFY);
	}
}

/* A gap, or an area of device memory that is passed over. */
static int no_page(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return walk->ops->pte_hole ? walk->ops->pte_hole(addr, next, -1, walk) : 0;
}

/* Is this VMA to be walked? 0 yes, positive no, negative: the end. */
static int test_vma(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	int err;

	if (walk->ops->test_walk)
		return walk->ops->test_walk(start, end, walk);
	if (!(walk->vma->vm_flags & VM_PFNMAP))
		return 0;
	err = no_page(start, end, walk);
	return err < 0 ? err : 1; /* a positive value is dropped, as in Linux */
}

/*
 * The entry of a huge page of @size at @addr; *@slot stays NULL when a table above it is missing.
 * It may be empty itself. The same entry does for a block and for the first of a contiguous group.
 */
static int find_huge(struct mm_struct *mm, unsigned long addr, unsigned long size, void **slot)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!pgd_table(pgdp_get(pgd)))
		return 0;
	if (PTRS_PER_P4D > 1 && !pw_linux_table_ok(pgd_val(pgdp_get(pgd))))
		return -EFAULT;
	p4d = p4d_offset(pgd, addr);
	if (!p4d_table(p4dp_get(p4d)))
		return 0;
	if (PTRS_PER_PUD > 1 && !pw_linux_table_ok(p4d_val(p4dp_get(p4d))))
		return -EFAULT;
	pud = pud_offset(p4d, addr);
	if ((PTRS_PER_PMD > 1 && size == PUD_SIZE) || pud_leaf(pudp_get(pud))) {
		*slot = pud;
		return 0;
	}
	if (!pud_table(pudp_get(pud)))
		return 0;
	if (PTRS_PER_PMD > 1 && !pw_linux_table_ok(pud_val(pudp_get(pud))))
		return -EFAULT;
	pmd = pmd_offset(pud, addr);
	if (size >= PMD_SIZE || pmd_leaf(pmdp_get(pmd))) {
		*slot = pmd;
		return 0;
	}
	if (!pmd_table(pmdp_get(pmd)))
		return 0;
	if (!pw_linux_table_ok(pmd_val(pmdp_get(pmd))))
		return -EFAULT;
	*slot = pte_offset_kernel(pmd, addr);
	return 0;
}

static int walk_hugetlb(unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	unsigned long size = pw_linux_huge_size(walk->vma), next;
	int err;

	if (pw_linux.hugetlb_vma_lock_read)
		pw_linux.hugetlb_vma_lock_read(pw_linux.ctx, walk->vma);
	do {
		void *slot = NULL;

		next = pw_linux_addr_end(addr, end, size);
		err = find_huge(walk->mm, addr & -size, size, &slot);
		if (!err && slot)
			err = walk->ops->hugetlb_entry(slot, -size, addr, next, walk);
		else if (!err)
			err = no_page(addr, next, walk);
		addr = next;
	} while (!err && addr != end);
	if (pw_linux.hugetlb_vma_unlock_read)
		pw_linux.hugetlb_vma_unlock_read(pw_linux.ctx, walk->vma);
	return err;
}

/* A part of walk->vma. */
static int walk_one(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	bool huge = is_vm_hugetlb_page(walk->vma);
	int err;

	if (huge && ops->install_pte)
		return -EINVAL;
	if (ops->pre_vma) {
		err = ops->pre_vma(start, end, walk);
		if (err)
			return err;
	}
	if (!huge)
		err = pw_linux_walk_tables(walk, start, end);
	else
		err = ops->hugetlb_entry ? walk_hugetlb(start, end, walk) : 0;
	if (ops->post_vma)
		ops->post_vma(walk);
	return err;
}

int walk_page_range_mm_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
			      const struct mm_walk_ops *ops, void *private)
{
	struct mm_walk walk = { .ops = ops, .mm = mm, .private = private };
	struct vm_area_struct *vma;
	unsigned long next;
	int err;

	if (start >= end || !mm || ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	lock_mm(mm, ops->walk_lock);
	vma = find_vma(mm, start);
	do {
		if (!vma || start < vma->vm_start) {
			walk.vma = NULL;
			next = vma && vma->vm_start < end ? vma->vm_start : end;
			err = no_page(start, next, &walk);
		} else {
			lock_vma(vma, ops->walk_lock);
			walk.vma = vma;
			next = vma->vm_end < end ? vma->vm_end : end;
			vma = find_vma(mm, vma->vm_end);
			err = test_vma(start, next, &walk);
			if (!err)
				err = walk_one(start, next, &walk);
			else if (err > 0)
				err = 0;
		}
		start = next;
	} while (!err && start < end);
	return err;
}

int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private)
{
	if (ops->install_pte)
		return -EINVAL;
	return walk_page_range_mm_unsafe(mm, start, end, ops, private);
}

/* The locks, then the walk: one VMA, no test. */
static int lock_and_walk(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 const struct mm_walk_ops *ops, void *private)
{
	struct mm_walk walk = { .ops = ops, .mm = vma->vm_mm, .vma = vma, .private = private };

	lock_mm(walk.mm, ops->walk_lock);
	lock_vma(vma, ops->walk_lock);
	return walk_one(start, end, &walk);
}

int walk_page_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			       const struct mm_walk_ops *ops, void *private)
{
	if (start >= end || !vma->vm_mm || ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	if (start < vma->vm_start || end > vma->vm_end)
		return -EINVAL;
	return lock_and_walk(vma, start, end, ops, private);
}

int walk_page_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			const struct mm_walk_ops *ops, void *private)
{
	if (ops->install_pte)
		return -EINVAL;
	return walk_page_range_vma_unsafe(vma, start, end, ops, private);
}

int walk_page_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private)
{
	if (!vma->vm_mm || ops->install_pte || ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	return lock_and_walk(vma, vma->vm_start, vma->vm_end, ops, private);
}

/* The part of walk->vma that maps pages [first, end) of its file; there is one. */
static int walk_mapped(unsigned long first, unsigned long end, struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	unsigned long from = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
	unsigned long to = end - vma->vm_pgoff;

	if (to > vma_pages(vma))
		to = vma_pages(vma);
	return walk_one(vma->vm_start + (from << PAGE_SHIFT), vma->vm_start + (to << PAGE_SHIFT),
			walk);
}

int walk_page_mapping(struct address_space *mapping, unsigned long first_index, unsigned long nr,
		      const struct mm_walk_ops *ops, void *private)
{
	struct mm_walk walk = { .ops = ops, .private = private };
	unsigned long i, end = first_index + nr < first_index ? ~0ul : first_index + nr;
	int err = 0;

	if (ops->install_pte || ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	if (pw_linux.i_mmap_locked && !pw_linux.i_mmap_locked(pw_linux.ctx, mapping))
		pw_linux_warn(__FILE__, __LINE__, "the i_mmap lock is not held");
	for (i = pw_linux_first_mapped(mapping, first_index); i < mapping->nr_i_mmap && !err; i++) {
		struct vm_area_struct *vma = mapping->i_mmap[i].vma;

		if (vma->vm_pgoff >= end || nr == 0)
			break;
		if (vma->vm_pgoff + vma_pages(vma) <= first_index)
			continue;
		walk.vma = vma;
		walk.mm = vma->vm_mm;
		/* the whole VMA is tested, not the part that is walked */
		err = test_vma(vma->vm_start, vma->vm_end, &walk);
		if (err > 0)
			return 0; /* not this VMA, nor any other */
		if (!err)
			err = walk_mapped(first_index, end, &walk);
	}
	return err;
}
