/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Address spaces and their VMAs, as far as the walkers look at them; included by linux.h.
 *
 * Linux keeps VMAs in a tree and files in another. Here both are sorted arrays of the caller's,
 * which a kernel with structures of its own fills from them (and one without has as its own):
 *
 *     mm->vmas           struct vm_area_struct, by address          find_vma(): log n
 *     mapping->i_mmap    slots that point to VMAs, by file offset   by offset:  log n
 *
 *       page of the file   0    4    8    12
 *       slot 0             [---------)              past 8
 *       slot 1                  [---------)         past 12
 *       slot 2                  [--)                past 12: the largest end so far
 *
 * "past" never falls, so the first slot that may reach a page is found by bisection, too.
 *
 * Concurrency: the arrays are protected by the mmap lock of the address space and the i_mmap lock
 * of the mapping, which the caller owns; nothing here changes them but the two set-up functions.
 */
#ifndef PAGEWALK_LINUX_MM_H
#define PAGEWALK_LINUX_MM_H

#include <pagewalk/linux/pgtable.h>

struct vm_area_struct;
struct pw_linux_mapped;

/* One address space. Zero it, set @pgd; pw_linux_set_vmas() fills in the VMAs. */
struct mm_struct {
	pgd_t *pgd;		     /* the root table's host address */
	void *priv;		     /* the caller's */
	struct vm_area_struct *vmas; /* sorted, not overlapping; NULL: none */
	unsigned long nr_vmas;
};

/* What VMAs of several address spaces map: a file, say. pw_linux_set_mapping() fills it in. */
struct address_space {
	struct pw_linux_mapped *i_mmap;
	unsigned long nr_i_mmap;
	void *priv; /* the caller's */
};

typedef unsigned long vm_flags_t;

/* Linux's values. The walkers look at VM_PFNMAP and VM_HUGETLB; the others are for callbacks. */
#define VM_READ	   0x00000001ul
#define VM_WRITE   0x00000002ul
#define VM_EXEC	   0x00000004ul
#define VM_SHARED  0x00000008ul
#define VM_PFNMAP  0x00000400ul
#define VM_HUGETLB 0x00400000ul

/* One area, [vm_start, vm_end), page-aligned. */
struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct mm_struct *vm_mm; /* set by pw_linux_set_vmas() */
	vm_flags_t vm_flags;
	unsigned long vm_pgoff;		  /* the page of the mapping that vm_start maps */
	struct address_space *vm_mapping; /* NULL: anonymous. Linux: vm_file->f_mapping */
	unsigned long huge_page_size;	  /* bytes, of VM_HUGETLB areas; 0: PMD_SIZE */
	void *vm_private_data;		  /* the caller's */
};

/* A place in a mapping's array. */
struct pw_linux_mapped {
	struct vm_area_struct *vma; /* the caller's to set */
	unsigned long past;	    /* the largest end, in pages, of this slot and those before */
};

/* Pages of an area. */
static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline bool is_vm_hugetlb_page(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_mapping;
}

/*
 * pw_linux_set_vmas - give an address space its VMAs
 * @mm:    the address space; every VMA's vm_mm is set to it
 * @vmas:  @nr areas in order of address; must outlive their use, may be changed by the caller
 *         while it holds the mmap lock for writing, if they stay in order
 *
 * On error nothing is changed.
 *
 * Return: 0; -EINVAL an area that is empty, not page-aligned, out of order or overlapping; a
 *         hugetlb area that is not made of whole huge pages. Those are of 64K or 2M (16K pages: 2M,
 *         32M; 64K pages: 2M, 512M), and with three levels or more of 32M and 1G (1G; 16G).
 */
int pw_linux_set_vmas(struct mm_struct *mm, struct vm_area_struct *vmas, unsigned long nr);

/*
 * pw_linux_set_mapping - say which VMAs map a file
 * @mapping:  the file
 * @slots:    @nr slots whose vma is set, in order of vm_pgoff; must outlive their use
 *
 * On error the mapping is unchanged.
 *
 * Return: 0; -EINVAL slots out of order, a VMA of another mapping, or one whose offsets wrap.
 */
int pw_linux_set_mapping(struct address_space *mapping, struct pw_linux_mapped *slots,
			 unsigned long nr);

/*
 * find_vma - the first VMA that ends behind @addr: it holds @addr, or lies above it
 *
 * Asserts the mmap lock, for reading.
 *
 * Return: the VMA, or NULL.
 */
#define find_vma pw_linux_find_vma
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);

#endif
