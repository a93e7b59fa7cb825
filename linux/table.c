/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Tables that walks make: for what is missing, and below a huge page that is split.
 *
 * A leaf that becomes a table changes the size of a translation, so it goes by break-before-make
 * (Arm ARM D8.16.1, FEAT_BBM is not relied on):
 *
 *      leaf  --xchg-->  present-invalid  --dsb, TLBI, dsb-->  fill, release  -->  table
 *
 * The exchange, not the read before it, says what the leaf was: hardware may have set the access
 * flag or the dirty state a moment ago, and sets nothing in an entry that is invalid. Lock-free
 * readers of software see a leaf until they see a table that is complete.
 *
 * The PTEs of a user's huge page carry the contiguous hint, as in Linux: 16 of them at a time (128
 * of 16K, 32 of 64K) change only together, and set_pte_at() takes the hint off first.
 */
#include "state.h"

static uint64_t *get_page(struct pw_pa *pa)
{
	const struct pw_env *env = pw_linux.env;

	return env->get_table ? env->get_table(env->ctx, pa) : NULL;
}

static void put_page(struct pw_pa pa, uint64_t *page)
{
	const struct pw_env *env = pw_linux.env;

	if (env->put_table)
		env->put_table(env->ctx, pa, page);
}

/* Before it is linked, a table is made visible to walkers that are not coherent. */
static void page_filled(const uint64_t *page)
{
	const struct pw_env *env = pw_linux.env;

	if (env->sync_table)
		env->sync_table(env->ctx, page, PAGE_SIZE);
}

/* Kernel tables take user execution away, user tables privileged execution. */
static uint64_t table_entry(const struct mm_struct *mm, struct pw_pa pa)
{
	return pw_linux_pa_entry(pa.v) | PMD_TYPE_TABLE | PTE_AF |
	       (mm == &init_mm ? 1ul << 60 /* UXNTable */ : 1ul << 59 /* PXNTable */);
}

int pw_linux_populate(const struct mm_struct *mm, void *slot)
{
	unsigned int i;
	struct pw_pa pa;
	uint64_t *page = get_page(&pa);

	if (!page)
		return -ENOMEM;
	for (i = 0; i < PAGE_SIZE / sizeof(*page); i++)
		page[i] = 0;
	page_filled(page);
	if (!pw_linux_link_new(slot, table_entry(mm, pa)))
		put_page(pa, page); /* somebody else was faster, and has put a table there */
	return 0;
}

void pw_linux_ptl_lock(struct mm_struct *mm, const void *entry, int level)
{
	if (pw_linux.ptl_lock)
		pw_linux.ptl_lock(pw_linux.ctx, mm, entry, level);
}

void pw_linux_ptl_unlock(struct mm_struct *mm, const void *entry, int level)
{
	if (pw_linux.ptl_unlock)
		pw_linux.ptl_unlock(pw_linux.ctx, mm, entry, level);
}

/* The handle of a PTE table's lock is its address space: the table is known by the PTE. */
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp)
{
	pmd_t e = pmdp_get(pmd);
	pte_t *table;

	if (!pmd_table(e) || !pw_linux_table_ok(pmd_val(e)))
		return NULL;
	table = pw_linux_table_virt(pmd_val(e));
	pw_linux_ptl_lock(mm, table, 0);
	if (pmd_val(pmdp_get(pmd)) != pmd_val(e)) { /* it went away before it was locked */
		pw_linux_ptl_unlock(mm, table, 0);
		return NULL;
	}
	*ptlp = (spinlock_t *)(void *)mm;
	return table + pte_index(addr);
}

void pte_unmap_unlock(pte_t *pte, spinlock_t *ptl)
{
	void *table = (void *)((uintptr_t)pte & PAGE_MASK);

	pw_linux_ptl_unlock((struct mm_struct *)(void *)ptl, table, 0);
}

/*
 * The break: nobody translates through these @n leaves, of @size bytes each, when this returns.
 * @old: what they were.
 */
static void break_leaves(pw_linux_word *entry, unsigned int n, int level, unsigned long addr,
			 uint64_t *old)
{
	unsigned long size = PW_LINUX_SIZE(level);
	struct pw_flush flush = {
		.first = { addr & ~(n * size - 1) },
		.last = { addr | (n * size - 1) },
		.regime = PW_REGIME_EL10,
		.flags = PW_FLUSH_ANY_ASID,
		.page_lg2 = (uint8_t)(PAGE_SHIFT + PW_LINUX_TABLE_SHIFT * level),
		.level = (uint8_t)level,
	};
	bool valid = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint64_t e = pw_linux_read(&entry[i]);

		if (!(e & PTE_VALID)) { /* cached nowhere, and left alone by hardware */
			old[i] = e;
			continue;
		}
		old[i] = __atomic_exchange_n(&entry[i], (e & ~PTE_VALID) | PTE_PRESENT_INVALID,
					     __ATOMIC_RELAXED);
		valid = true;
	}
	if (!valid)
		return;
	if (pw_linux.env->sync_table)
		pw_linux.env->sync_table(pw_linux.env->ctx, entry, n * sizeof(*entry));
	pw_gather_stale(pw_linux.gather, pw_linux.env, &flush, PW_BEFORE_ALL);
	if (is_lazy_mmu_mode_active()) /* the next store must not come before it is paid */
		(void)pw_gather_flush(pw_linux.gather);
}

/* Was a page written, by what hardware keeps in the entry? */
static bool hw_dirty(uint64_t e)
{
	return (e & PTE_DBM) && !(e & PTE_RDONLY);
}

void pw_linux_unfold(void *entry, int level, unsigned long addr)
{
	const unsigned int n = PW_LINUX_GROUP(level);
	pw_linux_word *first = (pw_linux_word *)((uintptr_t)entry & ~(n * sizeof(*first) - 1));
	uint64_t old[PW_LINUX_GROUP(0)], young = 0;
	bool dirty = false;
	unsigned int i;

	break_leaves(first, n, level, addr, old);
	/* hardware may have noted an access to any of the pages in any of the entries */
	for (i = 0; i < n; i++) {
		young |= old[i] & PTE_AF;
		dirty |= hw_dirty(old[i]);
	}
	for (i = 0; i < n; i++) {
		uint64_t e = old[i];

		if (pw_linux_present(e))
			e = (e & ~PTE_CONT) | young;
		if (pw_linux_present(e) && dirty && (e & PTE_DBM))
			e &= ~PTE_RDONLY;
		pw_linux_write(&first[i], e, false); /* a user's page may fault once more */
	}
}

/* The table that maps what the leaf @e of @level mapped. */
static void fill(uint64_t *page, uint64_t e, int level, bool user)
{
	uint64_t size = PW_LINUX_SIZE(level - 1);
	uint64_t pa = pw_linux_entry_pa(e) & -PW_LINUX_SIZE(level);
	uint64_t bits = e & ~pw_linux_pa_entry(~0ul) & ~PTE_CONT;
	unsigned int i;

	if (level == 1) {
		bits |= PTE_TABLE_BIT; /* what makes it a page, not a block */
		if (user && (e & PTE_VALID))
			bits |= PTE_CONT;
	}
	for (i = 0; i < PTRS_PER_PTE; i++)
		page[i] = pw_linux_pa_entry(pa + i * size) | bits;
	page_filled(page);
}

int pw_linux_split(struct mm_struct *mm, void *entry, int level, unsigned long addr)
{
	struct pw_pa pa;
	uint64_t e, *page = get_page(&pa);

	if (!page)
		return -ENOMEM;
	pw_linux_ptl_lock(mm, entry, level);
	e = pw_linux_read(entry);
	if (pw_linux_leaf(e)) {
		if ((e & PTE_VALID) && (e & PTE_CONT))
			pw_linux_unfold(entry, level, addr);
		break_leaves(entry, 1, level, addr, &e);
		fill(page, e, level, mm != &init_mm);
		pw_linux_link(entry, table_entry(mm, pa));
		page = NULL;
	}
	pw_linux_ptl_unlock(mm, entry, level);
	if (page)
		put_page(pa, page); /* it was no leaf any more */
	return 0;
}

/* A PTE of a user address space is about to change: alone. */
static void leave_group(const struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	pteval_t e = pte_val(ptep_get(ptep));

	if (mm != &init_mm && (e & PTE_VALID) && (e & PTE_CONT))
		pw_linux_unfold(ptep, 0, addr);
}

void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte)
{
	leave_group(mm, addr, ptep);
	if (mm != &init_mm && pte_present(pte))
		pte = clear_pte_bit(pte, __pgprot(PTE_CONT));
	__set_pte(ptep, pte);
}

pte_t ptep_modify_prot_start(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	pteval_t old;

	leave_group(vma->vm_mm, addr, ptep);
	old = __atomic_exchange_n((pw_linux_word *)(void *)ptep, 0, __ATOMIC_RELAXED);
	if (pw_linux.env->sync_table)
		pw_linux.env->sync_table(pw_linux.env->ctx, ptep, sizeof(*ptep));
	return __pte(old);
}

void ptep_modify_prot_commit(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t old,
			     pte_t pte)
{
	(void)old;
	set_pte_at(vma->vm_mm, addr, ptep, pte);
}
