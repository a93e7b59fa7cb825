/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * apply_to_page_range() and apply_to_existing_page_range(): one function for every PTE, lazy MMU
 * mode around each PTE table, tables made on the way where they are missing.
 */
#include "state.h"

struct apply {
	struct mm_struct *mm;
	pte_fn_t fn;
	void *data;
	bool create;
};

/*
 * An entry that a table is to hang below. 1: there is one, go down; 0: pass over; or an error.
 * @leaf, @bad: what is there instead. Nothing bad is cleared: where Linux would, this is -EINVAL.
 */
static int usable(const struct apply *a, bool none, bool leaf, bool bad)
{
	if (none)
		return a->create;
	if (WARN_ON_ONCE(leaf))
		return -EINVAL;
	if (WARN_ON_ONCE(bad))
		return a->create ? -EINVAL : 0;
	return 1;
}

static int apply_ptes(const struct apply *a, pmd_t pmd, unsigned long addr, unsigned long end)
{
	pte_t *table, *pte;
	int err = 0;

	if (!pw_linux_table_ok(pmd_val(pmd)))
		return -EFAULT;
	table = pw_linux_table_virt(pmd_val(pmd));
	pte = table + pte_index(addr);
	if (a->mm != &init_mm)
		pw_linux_ptl_lock(a->mm, table, 0);
	lazy_mmu_mode_enable();
	while (a->fn) {
		if (a->create || !pte_none(ptep_get(pte)))
			err = a->fn(pte, addr, a->data);
		if (err || end - addr <= PAGE_SIZE)
			break;
		addr += PAGE_SIZE;
		pte++;
	}
	lazy_mmu_mode_disable();
	if (a->mm != &init_mm)
		pw_linux_ptl_unlock(a->mm, table, 0);
	return err;
}

static int apply_pmds(const struct apply *a, pud_t *pud, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long next;
	int r;

	for (;; pmd++, addr = next) {
		pmd_t e = pmdp_get(pmd);

		next = pmd_addr_end(addr, end);
		r = usable(a, pmd_none(e), pmd_leaf(e), pmd_bad(e));
		if (r > 0 && pmd_none(e)) {
			if (pw_linux_populate(a->mm, pmd))
				return -ENOMEM;
			e = pmdp_get(pmd);
		}
		if (r > 0)
			r = apply_ptes(a, e, addr, next);
		if (r || next == end)
			return r;
	}
}

static int apply_puds(const struct apply *a, p4d_t *p4d, unsigned long addr, unsigned long end)
{
	pud_t *pud = pud_offset(p4d, addr);
	unsigned long next;
	int r;

	for (;; pud++, addr = next) {
		pud_t e = pudp_get(pud);

		next = pud_addr_end(addr, end);
		r = usable(a, pud_none(e), pud_leaf(e), pud_bad(e));
		if (r > 0 && pud_none(e) && pw_linux_populate(a->mm, pud))
			return -ENOMEM;
		if (r > 0 && PTRS_PER_PMD > 1 && !pw_linux_table_ok(pud_val(pudp_get(pud))))
			return -EFAULT;
		if (r > 0)
			r = apply_pmds(a, pud, addr, next);
		if (r || next == end)
			return r;
	}
}

static int apply_p4ds(const struct apply *a, pgd_t *pgd, unsigned long addr, unsigned long end)
{
	p4d_t *p4d = p4d_offset(pgd, addr);
	unsigned long next;
	int r;

	for (;; p4d++, addr = next) {
		p4d_t e = p4dp_get(p4d);

		next = p4d_addr_end(addr, end);
		r = usable(a, p4d_none(e), p4d_leaf(e), p4d_bad(e));
		if (r > 0 && p4d_none(e) && pw_linux_populate(a->mm, p4d))
			return -ENOMEM;
		if (r > 0 && PTRS_PER_PUD > 1 && !pw_linux_table_ok(p4d_val(p4dp_get(p4d))))
			return -EFAULT;
		if (r > 0)
			r = apply_puds(a, p4d, addr, next);
		if (r || next == end)
			return r;
	}
}

static int apply_range(const struct apply *a, unsigned long addr, unsigned long size)
{
	unsigned long next, end = addr + size;
	pgd_t *pgd;
	int r;

	if (WARN_ON(addr >= end || !pw_linux_one_half(addr, end)))
		return -EINVAL;
	for (pgd = pgd_offset(a->mm, addr);; pgd++, addr = next) {
		pgd_t e = pgdp_get(pgd);

		next = pgd_addr_end(addr, end);
		r = usable(a, pgd_none(e), pgd_leaf(e), pgd_bad(e));
		if (r > 0 && pgd_none(e) && pw_linux_populate(a->mm, pgd))
			return -ENOMEM;
		if (r > 0 && PTRS_PER_P4D > 1 && !pw_linux_table_ok(pgd_val(pgdp_get(pgd))))
			return -EFAULT;
		if (r > 0)
			r = apply_p4ds(a, pgd, addr, next);
		if (r || next == end)
			return r;
	}
}

int apply_to_page_range(struct mm_struct *mm, unsigned long addr, unsigned long size, pte_fn_t fn,
			void *data)
{
	const struct apply a = { mm, fn, data, true };

	return apply_range(&a, addr, size);
}

int apply_to_existing_page_range(struct mm_struct *mm, unsigned long addr, unsigned long size,
				 pte_fn_t fn, void *data)
{
	const struct apply a = { mm, fn, data, false };

	return apply_range(&a, addr, size);
}
