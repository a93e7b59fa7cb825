/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * VMAs: the sorted sets that stand in for Linux's trees, and how to find one.
 */
#include "state.h"

/* Is this a size that hugetlb pages have, at a level that exists? */
static bool huge_size_ok(unsigned long size)
{
	if (size == PW_LINUX_GROUP(0) * PAGE_SIZE || size == PMD_SIZE)
		return true;
	if (PTRS_PER_PMD == 1)
		return false;
	/* leaves of PUDs: with 4K pages only */
	return size == PW_LINUX_GROUP(1) * PMD_SIZE || (PAGE_SHIFT == 12 && size == PUD_SIZE);
}

static bool vma_ok(const struct vm_area_struct *vma)
{
	unsigned long size = PAGE_SIZE;

	if (is_vm_hugetlb_page(vma)) {
		size = pw_linux_huge_size(vma);
		if (!huge_size_ok(size))
			return false;
	}
	return vma->vm_start < vma->vm_end && !((vma->vm_start | vma->vm_end) & (size - 1)) &&
	       vma->vm_end <= 1ul << VA_BITS;
}

int pw_linux_set_vmas(struct mm_struct *mm, struct vm_area_struct *vmas, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (!vma_ok(&vmas[i]) || (i > 0 && vmas[i].vm_start < vmas[i - 1].vm_end))
			return -EINVAL;
	}
	for (i = 0; i < nr; i++)
		vmas[i].vm_mm = mm;
	mm->vmas = vmas;
	mm->nr_vmas = nr;
	return 0;
}

int pw_linux_set_mapping(struct address_space *mapping, struct pw_linux_mapped *slots,
			 unsigned long nr)
{
	unsigned long i, past = 0;

	for (i = 0; i < nr; i++) {
		const struct vm_area_struct *vma = slots[i].vma;

		if (vma->vm_mapping != mapping || vma->vm_pgoff + vma_pages(vma) < vma->vm_pgoff ||
		    (i > 0 && vma->vm_pgoff < slots[i - 1].vma->vm_pgoff))
			return -EINVAL;
	}
	for (i = 0; i < nr; i++) {
		unsigned long end = slots[i].vma->vm_pgoff + vma_pages(slots[i].vma);

		past = end > past ? end : past;
		slots[i].past = past;
	}
	mapping->i_mmap = slots;
	mapping->nr_i_mmap = nr;
	return 0;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	unsigned long low = 0, high = mm->nr_vmas;

	pw_linux_assert_locked(mm, false);
	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (mm->vmas[mid].vm_end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low < mm->nr_vmas ? &mm->vmas[low] : NULL;
}

unsigned long pw_linux_first_mapped(const struct address_space *mapping, unsigned long index)
{
	unsigned long low = 0, high = mapping->nr_i_mmap;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (mapping->i_mmap[mid].past > index)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}
