/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the files of this folder share: the configuration, and how to reach tables. */
#ifndef PW_LINUX_STATE_H
#define PW_LINUX_STATE_H

#include <pagewalk/err.h>
#include <pagewalk/linux.h>

/* The errors of this layer, under the kernel's names. */
#define EINVAL 22
#define ENOMEM 12
#define EFAULT 14

/* Entries of a contiguous group, by level (Arm ARM, "the Contiguous bit"). */
#define PW_LINUX_GROUP(level) (PAGE_SHIFT == 12 ? 16u : PAGE_SHIFT == 14 && !(level) ? 128u : 32u)

/* Bytes that an entry of a level spans. */
#define PW_LINUX_SIZE(level) (PAGE_SIZE << PW_LINUX_TABLE_SHIFT * (level))

/* Set by pw_linux_init(). */
extern struct pw_linux_config pw_linux;

/* Does the table that @entry points to lie in the environment's memory? */
bool pw_linux_table_ok(uint64_t entry);

/* Store an entry, and its barrier if it owes one. */
void pw_linux_write(void *p, uint64_t e, bool barrier);

/* Entries of kernel mappings owe a publish barrier: pay it, or leave it to lazy MMU mode. */
void pw_linux_queue_barriers(void);

/*
 * Link a new table: the store is ordered after those that filled it, so that no walker finds
 * garbage in it (rule A64-PUB-1), and owes a publish barrier like any table entry. The other form
 * links it only where there is nothing, and says whether it did.
 */
void pw_linux_link(void *slot, uint64_t entry);
bool pw_linux_link_new(void *slot, uint64_t entry);

/* An empty table below the empty entry at @slot. Return: 0 (also if one is there now); -ENOMEM. */
int pw_linux_populate(const struct mm_struct *mm, void *slot);

/*
 * A table in the place of the leaf at @entry, of @level, which maps @addr. Return: 0 (also if it
 * is no leaf any more); -ENOMEM, with nothing changed.
 */
int pw_linux_split(struct mm_struct *mm, void *entry, int level, unsigned long addr);

/* Take the contiguous hint off the group of valid leaves that @entry is in. */
void pw_linux_unfold(void *entry, int level, unsigned long addr);

/* The lock of the table that @entry is in. */
void pw_linux_ptl_lock(struct mm_struct *mm, const void *entry, int level);
void pw_linux_ptl_unlock(struct mm_struct *mm, const void *entry, int level);

/* Does [start, end) stay in one half of the address space? A root table has no entries for more. */
static inline bool pw_linux_one_half(unsigned long start, unsigned long end)
{
	return (start ^ (end - 1)) >> VA_BITS == 0;
}

/* The tables of walk->pgd or walk->mm over [start, end). */
int pw_linux_walk_tables(struct mm_walk *walk, unsigned long start, unsigned long end);

/* Bytes of a hugetlb area's pages. */
static inline unsigned long pw_linux_huge_size(const struct vm_area_struct *vma)
{
	return vma->huge_page_size ? vma->huge_page_size : PMD_SIZE;
}

/* The first slot of a mapping that may reach beyond page @index. */
unsigned long pw_linux_first_mapped(const struct address_space *mapping, unsigned long index);

/* Assert that the mmap lock of @mm is held. */
void pw_linux_assert_locked(const struct mm_struct *mm, bool write);

/* Note that kernel translations of [start, end) are stale; pays outside lazy MMU mode. */
void pw_linux_stale(unsigned long start, unsigned long end);

#endif
