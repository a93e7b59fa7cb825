/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The layer's state: one configuration, init_mm, lazy MMU mode, and the writing of entries.
 */
#include "state.h"

struct pw_linux_config pw_linux;
struct mm_struct init_mm;

int pw_linux_init(const struct pw_linux_config *cfg)
{
	uint32_t size = cfg ? cfg->size : 0;

	/* a caller that was built before a member was added does not have it: it is unset */
	if (size < offsetof(struct pw_linux_config, kpti) || cfg->geometry != PW_LINUX_GEOMETRY ||
	    !cfg->env || !cfg->gather)
		return -EINVAL;
	pw_linux = (struct pw_linux_config){ 0 };
	__builtin_memcpy(&pw_linux, cfg, size < sizeof(pw_linux) ? size : sizeof(pw_linux));
	return 0;
}

void pw_linux_warn(const char *file, int line, const char *what)
{
	if (pw_linux.warn)
		pw_linux.warn(pw_linux.ctx, file, line, what);
}

void pw_linux_assert_locked(const struct mm_struct *mm, bool write)
{
	if (pw_linux.mmap_locked && !pw_linux.mmap_locked(pw_linux.ctx, mm, write))
		pw_linux_warn(__FILE__, __LINE__,
			      write ? "the mmap lock is not held for writing" :
				      "the mmap lock is not held");
}

pteval_t pw_linux_maybe_ng(void)
{
	return pw_linux.kpti ? PTE_NG : 0;
}

pteval_t pw_linux_maybe_gp(void)
{
	return pw_linux.bti ? PTE_GP : 0;
}

void *pw_linux_table_virt(uint64_t entry)
{
	return (void *)(uintptr_t)(pw_linux_entry_pa(entry) + pw_linux.env->phys_offset);
}

bool pw_linux_table_ok(uint64_t entry)
{
	uint64_t pa = pw_linux_entry_pa(entry);
	const struct pw_env *env = pw_linux.env;

	if (env->mem_last.v == 0 ||
	    (pa >= env->mem_first.v && pa + (PAGE_SIZE - 1) <= env->mem_last.v))
		return true;
	pw_linux_warn(__FILE__, __LINE__, "a table lies outside memory");
	return false;
}

/*
 * Lazy MMU mode is the gather's counter.
 */

void lazy_mmu_mode_enable(void)
{
	pw_lazy_enable(pw_linux.gather, pw_linux.env);
}

void lazy_mmu_mode_disable(void)
{
	pw_lazy_disable(pw_linux.gather, pw_linux.env);
}

void lazy_mmu_mode_pause(void)
{
	pw_lazy_pause(pw_linux.gather, pw_linux.env);
}

void lazy_mmu_mode_resume(void)
{
	pw_lazy_resume(pw_linux.gather, pw_linux.env);
}

bool is_lazy_mmu_mode_active(void)
{
	return pw_lazy_active(pw_linux.gather, pw_linux.env);
}

bool pw_linux_in_interrupt(void)
{
	return pw_linux.env->in_interrupt && (pw_linux.env->in_interrupt)(pw_linux.env->ctx);
}

/*
 * Entries. The store comes first, then its barrier: dsb ishst makes it visible to the walkers, isb
 * drops a translation fault that was fetched before it.
 */

void pw_linux_queue_barriers(void)
{
	pw_gather_publish(pw_linux.gather, pw_linux.env);
}

static void entry_written(const void *p, bool barrier)
{
	if (pw_linux.env->sync_table)
		pw_linux.env->sync_table(pw_linux.env->ctx, p, sizeof(uint64_t));
	if (barrier)
		pw_linux_queue_barriers();
}

void pw_linux_write(void *p, uint64_t e, bool barrier)
{
	__atomic_store_n((pw_linux_word *)p, e, __ATOMIC_RELAXED);
	entry_written(p, barrier);
}

void pw_linux_link(void *slot, uint64_t entry)
{
	__atomic_store_n((pw_linux_word *)slot, entry, __ATOMIC_RELEASE);
	entry_written(slot, true);
}

bool pw_linux_link_new(void *slot, uint64_t entry)
{
	uint64_t none = 0;

	if (!__atomic_compare_exchange_n((pw_linux_word *)slot, &none, entry, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return false;
	entry_written(slot, true);
	return true;
}

void __set_pte(pte_t *ptep, pte_t pte)
{
	pw_linux_write(ptep, pte_val(pte), (pte_val(pte) & (PTE_VALID | PTE_USER)) == PTE_VALID);
}

void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	pw_linux_write(pmdp, pmd_val(pmd), pmd_val(pmd) & PTE_VALID);
}

void set_pud(pud_t *pudp, pud_t pud)
{
	pw_linux_write(pudp, pud_val(pud), pud_val(pud) & PTE_VALID);
}

void set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	pw_linux_write(p4dp, p4d_val(p4d), true);
}

void set_pgd(pgd_t *pgdp, pgd_t pgd)
{
	pw_linux_write(pgdp, pgd_val(pgd), true);
}

bool ptep_try_set(pte_t *ptep, pte_t pte)
{
	uint64_t none = 0;

	if (!__atomic_compare_exchange_n((pw_linux_word *)(void *)ptep, &none, pte_val(pte), false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	if ((pte_val(pte) & (PTE_VALID | PTE_USER)) == PTE_VALID) {
		/* others go by what this entry says, now: lazy MMU mode cannot hold it back */
		pw_linux_queue_barriers();
		if (is_lazy_mmu_mode_active())
			(void)pw_gather_flush(pw_linux.gather);
	}
	return true;
}

/*
 * Invalidation: leaf entries of kernel mappings, which carry any ASID or none. Executors that have
 * range operations need to know the granule, and with LPA2 descriptors (TCR.DS) the unit, too.
 */
#define TLBI_UNIT_SHIFT (VA_BITS > 48 ? 16 : PAGE_SHIFT)

void pw_linux_stale(unsigned long start, unsigned long end)
{
	struct pw_flush flush = {
		.first = { start & PAGE_MASK },
		.last = { (end - 1) | ~PAGE_MASK },
		.regime = PW_REGIME_EL10,
		.flags = PW_FLUSH_ANY_ASID,
		.page_lg2 = PAGE_SHIFT,
		.level = PW_FLUSH_LEVELS,
		.granule_lg2 = PAGE_SHIFT,
		.unit_lg2 = TLBI_UNIT_SHIFT,
	};

	pw_gather_stale(pw_linux.gather, pw_linux.env, &flush, PW_BEFORE_STORES);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	if (start >= end)
		return;
	pw_linux_stale(start, end);
	if (is_lazy_mmu_mode_active())
		(void)pw_gather_flush(pw_linux.gather);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	(void)vma; /* every ASID */
	flush_tlb_kernel_range(start, end);
}
