/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * set_memory_*() and set_direct_map_*(): attributes of kernel mappings.
 *
 * The entries are changed by the walker with three callbacks, all in one lazy section: one publish
 * barrier, however many entries. A range and its aliases in the linear map are one commit: the
 * invalidations are noted in the gather and paid when the section ends, instead of one round trip
 * for every page.
 */
#include "state.h"

struct masks {
	pteval_t set;
	pteval_t clear;
};

/* Clear first: the masks may name the same bit (PTE_NG and PTE_PRESENT_INVALID). */
static uint64_t change(uint64_t e, const struct mm_walk *walk)
{
	const struct masks *m = walk->private;

	return (e & ~m->clear) | m->set;
}

static int pageattr_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pud_t e = pudp_get(pud);

	if (!pud_leaf(e))
		return 0;
	if (WARN_ON_ONCE(next - addr != PUD_SIZE))
		return -EINVAL;
	set_pud(pud, __pud(change(pud_val(e), walk)));
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int pageattr_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t e = pmdp_get(pmd);

	if (!pmd_leaf(e))
		return 0;
	if (WARN_ON_ONCE(next - addr != PMD_SIZE))
		return -EINVAL;
	set_pmd(pmd, __pmd(change(pmd_val(e), walk)));
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int pageattr_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pte_t e = __ptep_get(pte);

	(void)addr, (void)next;
	if (!pte_none(e)) /* an empty entry stays empty */
		__set_pte(pte, __pte(change(pte_val(e), walk)));
	return 0;
}

static const struct mm_walk_ops pageattr_ops = {
	.pud_entry = pageattr_pud,
	.pmd_entry = pageattr_pmd,
	.pte_entry = pageattr_pte,
};

/* The walk alone: who calls has opened the lazy section. */
static int update_entries(unsigned long start, unsigned long size, pteval_t set, pteval_t clear)
{
	struct masks masks = { set, clear };

	return walk_kernel_page_table_range_lockless(start, start + size, &pageattr_ops, NULL,
						     &masks);
}

static int update_range(unsigned long start, unsigned long size, pteval_t set, pteval_t clear)
{
	int err;

	lazy_mmu_mode_enable();
	err = update_entries(start, size, set, clear);
	lazy_mmu_mode_disable();
	return err;
}

/*
 * In the caller's lazy section, and without one of its own: every disable pays, a nested one too.
 * Entries that were invalid and become valid were cached nowhere. Else flush, after errors too:
 * some entries may have changed.
 */
static int change_range(unsigned long start, unsigned long size, pteval_t set, pteval_t clear)
{
	int err = update_entries(start, size, set, clear);

	if (set != PTE_PRESENT_VALID_KERNEL || clear != PTE_PRESENT_INVALID)
		pw_linux_stale(start, start + size);
	return err;
}

/* Where a kernel address leads: its leaf, or NULL. @size: bytes that the leaf spans. */
static const pteval_t *find_leaf(unsigned long addr, unsigned long *size)
{
	pgd_t *pgd = pgd_offset_k(addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(pgdp_get(pgd)) || pgd_bad(pgdp_get(pgd)))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	*size = P4D_SIZE;
	if (p4d_leaf(p4dp_get(p4d)))
		return &p4d->p4d;
	if (p4d_none(p4dp_get(p4d)) || p4d_bad(p4dp_get(p4d)))
		return NULL;
	pud = pud_offset(p4d, addr);
	*size = PUD_SIZE;
	if (pud_leaf(pudp_get(pud)))
		return &pud->pud;
	if (pud_none(pudp_get(pud)) || pud_bad(pudp_get(pud)))
		return NULL;
	pmd = pmd_offset(pud, addr);
	*size = PMD_SIZE;
	if (pmd_leaf(pmdp_get(pmd)))
		return &pmd->pmd;
	if (pmd_none(pmdp_get(pmd)) || pmd_bad(pmdp_get(pmd)))
		return NULL;
	*size = PAGE_SIZE;
	return &pte_offset_kernel(pmd, addr)->pte;
}

/* The page at @addr as the linear map knows it; 0 when it is not there. */
static unsigned long linear_alias(unsigned long addr)
{
	unsigned long size = 0, alias;
	const pteval_t *leaf = find_leaf(addr, &size);
	uint64_t e = leaf ? pw_linux_read(leaf) : 0, pa;

	if (!pw_linux_present(e))
		return 0;
	pa = (pw_linux_entry_pa(e) & ~(uint64_t)(size - 1)) | (addr & (size - 1) & PAGE_MASK);
	alias = pw_linux.linear_start + (pa - pw_linux.linear_pa);
	if (pa < pw_linux.linear_pa || alias >= pw_linux.linear_end)
		return 0;
	return alias;
}

static int change_aliases(unsigned long start, unsigned long size, pteval_t set, pteval_t clear)
{
	unsigned long addr;
	int err = 0;

	for (addr = start; !err && addr != start + size; addr += PAGE_SIZE) {
		unsigned long alias = linear_alias(addr);

		if (alias && alias != addr)
			err = change_range(alias, PAGE_SIZE, set, clear);
	}
	return err;
}

static int change_memory(unsigned long addr, int numpages, pteval_t set, pteval_t clear)
{
	unsigned long size = (unsigned long)numpages << PAGE_SHIFT;
	int err = 0;

	if (numpages <= 0)
		return numpages ? -EINVAL : 0;
	if (WARN_ON(addr & ~PAGE_MASK))
		addr &= PAGE_MASK;
	if (addr + size - 1 < addr)
		return -EINVAL;
	if (pw_linux.vm_area_ok && !pw_linux.vm_area_ok(pw_linux.ctx, addr, addr + size))
		return -EINVAL;
	/* One section around everything, so that there is one commit. */
	lazy_mmu_mode_enable();
	if (pw_linux.rodata_full && ((set | clear) & PTE_RDONLY))
		err = change_aliases(addr, size, set, clear);
	if (!err)
		err = change_range(addr, size, set, clear);
	lazy_mmu_mode_disable();
	return err;
}

int set_memory_ro(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, PTE_RDONLY, PTE_WRITE);
}

int set_memory_rw(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, PTE_WRITE, PTE_RDONLY);
}

int set_memory_nx(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, PTE_PXN, PTE_MAYBE_GP);
}

int set_memory_x(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, PTE_MAYBE_GP, PTE_PXN);
}

int set_memory_valid(unsigned long addr, int numpages, int enable)
{
	unsigned long size = (unsigned long)numpages << PAGE_SHIFT;
	int err;

	if (numpages <= 0)
		return numpages ? -EINVAL : 0;
	lazy_mmu_mode_enable();
	if (enable)
		err = change_range(addr, size, PTE_PRESENT_VALID_KERNEL, PTE_PRESENT_INVALID);
	else
		err = change_range(addr, size, PTE_PRESENT_INVALID, PTE_PRESENT_VALID_KERNEL);
	lazy_mmu_mode_disable();
	return err;
}

/* The linear-map address of a page; 0, with a warning, when nobody can say. */
static unsigned long page_address(const struct page *page)
{
	if (WARN_ON_ONCE(!pw_linux.page_address))
		return 0;
	return pw_linux.page_address(pw_linux.ctx, page);
}

int set_direct_map_invalid_noflush(struct page *page)
{
	unsigned long addr;

	if (!pw_linux.direct_map)
		return 0;
	addr = page_address(page);
	if (!addr)
		return -EINVAL;
	return update_range(addr, PAGE_SIZE, PTE_PRESENT_INVALID, PTE_PRESENT_VALID_KERNEL);
}

int set_direct_map_default_noflush(struct page *page)
{
	unsigned long addr;

	if (!pw_linux.direct_map)
		return 0;
	addr = page_address(page);
	if (!addr)
		return -EINVAL;
	return update_range(addr, PAGE_SIZE, PTE_PRESENT_VALID_KERNEL | PTE_WRITE,
			    PTE_PRESENT_INVALID | PTE_RDONLY);
}

int set_direct_map_valid_noflush(struct page *page, unsigned int nr, bool valid)
{
	unsigned long addr;

	if (!pw_linux.direct_map)
		return 0;
	addr = page_address(page);
	return addr ? set_memory_valid(addr, (int)nr, valid) : -EINVAL;
}

bool kernel_page_present(struct page *page)
{
	unsigned long size, addr = page_address(page);
	const pteval_t *leaf = addr ? find_leaf(addr, &size) : NULL;

	return leaf && (pw_linux_read(leaf) & PTE_VALID);
}
