/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The kernel vocabulary: page table walks, lazy MMU mode and set_memory_*() under the names that
 * Linux code uses. C only (struct mm_walk has a member "private"), one geometry at a time.
 *
 * Geometry: arm64. Unless the compiler is told otherwise PW_LINUX_PAGE_SHIFT is 12 (14: 16K pages,
 * 16: 64K) and PW_LINUX_VA_BITS 48; both must be the same for the library and for the code that
 * uses it (pw_linux_init() checks). Levels, by address bits:
 *
 *              2          3          4          5
 *      4K   22 to 30   31 to 39   40 to 48   49 to 52 (LPA2 descriptors)
 *     16K   26 to 36   37 to 47   48 to 52 (beyond 48: LPA2 descriptors)
 *     64K   30 to 42   43 to 52 (beyond 48: LPA descriptors)
 *
 * What is here. C: complete, as in Linux but for what stands in the list "ours" below; O: opaque,
 * for passing around only.
 *
 *   walks      C walk_page_range  walk_page_range_vma  walk_page_vma  walk_page_mapping
 *                walk_page_range_mm_unsafe  walk_page_range_vma_unsafe  walk_page_range_novma
 *                walk_kernel_page_table_range  walk_kernel_page_table_range_lockless
 *                walk_page_range_debug  struct mm_walk_ops  struct mm_walk
 *                enum page_walk_action  enum page_walk_lock
 *   VMAs       C struct vm_area_struct, struct mm_struct, struct address_space: the members that
 *                walkers and their callbacks look at  find_vma  vma_pages  is_vm_hugetlb_page
 *                vma_is_anonymous  VM_READ VM_WRITE VM_EXEC VM_SHARED VM_PFNMAP VM_HUGETLB
 *   apply      C apply_to_page_range  apply_to_existing_page_range  pte_fn_t
 *   lazy       C arch_enter_lazy_mmu_mode  arch_leave_lazy_mmu_mode  lazy_mmu_mode_enable
 *                lazy_mmu_mode_disable  lazy_mmu_mode_pause  lazy_mmu_mode_resume
 *                is_lazy_mmu_mode_active  in_interrupt
 *   pageattr   C set_memory_ro set_memory_rw set_memory_x set_memory_nx set_memory_valid
 *                set_direct_map_invalid_noflush set_direct_map_default_noflush
 *                set_direct_map_valid_noflush kernel_page_present flush_tlb_kernel_range
 *                flush_tlb_range
 *   entries    C pte_t pmd_t pud_t p4d_t pgd_t pgprot_t, pXd_val __pXd pXd_none pXd_present
 *                pXd_leaf pXd_valid pXd_table, pXd_pte and pte_pXd (pmd, pud), ptep_get __ptep_get
 *                pmdp_get pudp_get p4dp_get pgdp_get, set_pte __set_pte set_pte_at set_pmd set_pud
 *                set_p4d set_pgd ptep_try_set ptep_modify_prot_start ptep_modify_prot_commit,
 *                set_pte_bit clear_pte_bit pte_write pte_dirty pte_hw_dirty pte_mkclean
 *                pte_wrprotect, pXd_index pXd_offset pte_offset_kernel pte_offset_map_lock
 *                pte_unmap_unlock pXd_addr_end, pfn_pte pte_pfn, the PTE_* bits;  O spinlock_t
 *   geometry   C PAGE_SHIFT PAGE_SIZE PAGE_MASK, the same of PMD PUD P4D PGDIR, PTRS_PER_*,
 *                PGTABLE_LEVELS, VA_BITS
 *   other      C init_mm  WARN_ON WARN_ON_ONCE;  O struct page
 *
 * Ours, where it differs from Linux 7.3:
 *
 *   - walk_page_range_novma() and the four table hooks exist. PGWALK_NOLOCK (4) is taken by
 *     walk_page_range_novma() only, and asserts nothing; the others answer -EINVAL.
 *   - arch_enter/leave_lazy_mmu_mode() are names for the counted enable and disable.
 *   - pre_table and post_table: level 0 is the PTE table, the root the highest. A non-zero value
 *     from pre_table stops the walk, without post for that table; post runs on every other way
 *     out and before ACTION_AGAIN repeats an entry. pre_pte_table runs inside pre_table.
 *   - Nothing "bad" is ever cleared. A leaf that is legal at the P4D (LPA2) is told to p4d_entry
 *     and never descended into.
 *   - A range that ends below PAGE_SIZE stops where it should, and one that leaves its half of the
 *     address space is -EINVAL: Linux runs past the table in both. A table outside memory ends the
 *     walk with -EFAULT.
 *   - install_pte without pte_entry passes over PTEs that are not empty (Linux calls NULL); over a
 *     top-level entry that is neither empty nor a table it is -EINVAL.
 *   - A VMA walk passes over an entry that is neither empty, table nor leaf after asking its
 *     callback once; Linux asks again until it changes.
 *   - A huge page is split into entries that map the same memory, a file's and a PUD's, too, and
 *     that may fail with -ENOMEM (Linux unmaps those two and keeps a table at hand for the rest).
 *   - walk_page_mapping() over no pages visits nothing; an end beyond the last index is the last.
 *   - set_memory_*() skip empty entries, and pay for a range and its aliases with one commit.
 *     A leaf that is covered in part is -EINVAL with a warning: nothing is split.
 *
 * Concurrency: as Linux documents it for each function; nothing here takes a lock.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_LINUX_H
#define PAGEWALK_LINUX_H

#ifdef __cplusplus
#error "<pagewalk/linux.h> is for C: struct mm_walk has a member named private"
#endif

#include <pagewalk/gather.h>

#include <pagewalk/linux/walk.h>

struct page;

/*
 * What the layer needs to know, once. Pointers must stay good; hooks get @ctx.
 */
struct pw_linux_config {
	uint32_t size;	   /* sizeof(struct pw_linux_config) */
	uint32_t geometry; /* PW_LINUX_GEOMETRY */
	const struct pw_env
		*env; /* direct: phys_offset, memory, get_table, put_table, in_interrupt */
	struct pw_gather *gather; /* owes what entries and flushes leave; lazy MMU mode's counter */
	void *ctx;
	bool kpti;		    /* kernel entries are non-global: PTE_MAYBE_NG */
	bool bti;		    /* kernel code is guarded: PTE_MAYBE_GP */
	bool rodata_full;	    /* set_memory_ro/rw change the linear map's alias, too */
	bool direct_map;	    /* can_set_direct_map() */
	unsigned long linear_start; /* the linear map: [start, end) maps from linear_pa on */
	unsigned long linear_end;
	uint64_t linear_pa;
	/* (optional) a broken assertion or WARN_ON; without it nothing is said */
	void (*warn)(void *ctx, const char *file, int line, const char *what);
	/* (optional) is the mmap lock of @mm held, for writing if @write? */
	bool (*mmap_locked)(void *ctx, const struct mm_struct *mm, bool write);
	/* (optional) is the lock of @vma held, for writing if @write? */
	bool (*vma_locked)(void *ctx, const struct vm_area_struct *vma, bool write);
	/* (optional) take the lock of @vma for writing until the mmap lock is given back */
	void (*vma_start_write)(void *ctx, struct vm_area_struct *vma);
	/* (optional) is the i_mmap lock of @mapping held? */
	bool (*i_mmap_locked)(void *ctx, const struct address_space *mapping);
	/* (optional) take and give back the hugetlb lock of @vma, for reading: around its pages */
	void (*hugetlb_vma_lock_read)(void *ctx, struct vm_area_struct *vma);
	void (*hugetlb_vma_unlock_read)(void *ctx, struct vm_area_struct *vma);
	/*
	 * (optional) take and give back the lock of the table at @level (0: PTEs) that holds
	 * @entry: around the loop over each PTE table in walks over VMAs and in apply_to_*() of
	 * another mm than init_mm, and while a huge page is split. Nothing is called under it but
	 * the callbacks and table hooks of that PTE table.
	 */
	void (*ptl_lock)(void *ctx, struct mm_struct *mm, const void *entry, int level);
	void (*ptl_unlock)(void *ctx, struct mm_struct *mm, const void *entry, int level);
	/* (optional) does [addr, end) lie in one vmalloc area whose pages may be changed? */
	bool (*vm_area_ok)(void *ctx, unsigned long addr, unsigned long end);
	/* the linear-map address of a page; needed by set_direct_map_*(), kernel_page_present() */
	unsigned long (*page_address)(void *ctx, const struct page *page);
};

/*
 * pw_linux_init - set the layer up; fill init_mm.pgd in yourself
 *
 * Members behind @cfg->size are taken as unset, so that a caller may be older than a hook.
 *
 * Return: 0; -EINVAL an unset size, env or gather, or another geometry than the library's.
 */
int pw_linux_init(const struct pw_linux_config *cfg);

#define init_mm pw_linux_init_mm
extern struct mm_struct init_mm;

/*
 * apply_to_page_range, apply_to_existing_page_range - @fn for every PTE of [addr, addr + size)
 *
 * The first makes the tables that are missing and calls @fn for empty PTEs, too; the other passes
 * over what is missing or empty. Runs in lazy MMU mode around each PTE table. Nothing is undone
 * after an error, and nothing is flushed.
 *
 * Return: 0; what @fn returned; -EINVAL a range that is empty, wraps or leaves its half of the
 *         address space, a leaf above the PTE level; -ENOMEM; -EFAULT a table outside memory.
 */
typedef int (*pte_fn_t)(pte_t *pte, unsigned long addr, void *data);

#define apply_to_page_range	     pw_linux_apply_to_page_range
#define apply_to_existing_page_range pw_linux_apply_to_existing_page_range
int apply_to_page_range(struct mm_struct *mm, unsigned long addr, unsigned long size, pte_fn_t fn,
			void *data);
int apply_to_existing_page_range(struct mm_struct *mm, unsigned long addr, unsigned long size,
				 pte_fn_t fn, void *data);

/*
 * Lazy MMU mode: the counter of the configured gather (gather.h). Every disable flushes, a nested
 * one too; in an interrupt handler all of these do nothing.
 */
#define lazy_mmu_mode_enable	pw_linux_lazy_mmu_mode_enable
#define lazy_mmu_mode_disable	pw_linux_lazy_mmu_mode_disable
#define lazy_mmu_mode_pause	pw_linux_lazy_mmu_mode_pause
#define lazy_mmu_mode_resume	pw_linux_lazy_mmu_mode_resume
#define is_lazy_mmu_mode_active pw_linux_is_lazy_mmu_mode_active
#define in_interrupt()		pw_linux_in_interrupt() /* struct pw_env has a member of the name */
void lazy_mmu_mode_enable(void);
void lazy_mmu_mode_disable(void);
void lazy_mmu_mode_pause(void);
void lazy_mmu_mode_resume(void);
bool is_lazy_mmu_mode_active(void);
bool pw_linux_in_interrupt(void);

static inline void arch_enter_lazy_mmu_mode(void)
{
	lazy_mmu_mode_enable();
}

static inline void arch_leave_lazy_mmu_mode(void)
{
	lazy_mmu_mode_disable();
}

/*
 * Writing entries. A valid kernel PTE (valid, not user-accessible), a valid PMD or PUD, and any
 * P4D or PGD owes the publish barrier: paid at once, or when lazy MMU mode is left. Making an entry
 * invalid owes nothing here; flushing is the caller's business.
 */
#define __set_pte pw_linux_set_pte
#define set_pmd	  pw_linux_set_pmd
#define set_pud	  pw_linux_set_pud
#define set_p4d	  pw_linux_set_p4d
#define set_pgd	  pw_linux_set_pgd
void __set_pte(pte_t *ptep, pte_t pte);
void set_pmd(pmd_t *pmdp, pmd_t pmd);
void set_pud(pud_t *pudp, pud_t pud);
void set_p4d(p4d_t *p4dp, p4d_t p4d);
void set_pgd(pgd_t *pgdp, pgd_t pgd);

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	__set_pte(ptep, pte);
}

/*
 * Of a user address space the contiguous hint is taken off the group first, if the entry is in one:
 * break-before-make, paid at once (all 16 entries must change together, Arm ARM D8.7.1); and off
 * @pte, which was read while it still was, say: one entry alone must not have it. The others write
 * what they are given.
 */
#define set_pte_at pw_linux_set_pte_at
void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte);

/*
 * ptep_modify_prot_start, ptep_modify_prot_commit - change the entry of a page that is in use
 *
 * The first takes the entry away and returns what it was, by an exchange: hardware may set the
 * access flag or the dirty state until then, and what it set is in the result. The other puts the
 * changed entry there. Between the two the page is not mapped, and the table's lock is held. The
 * contiguous hint goes as with set_pte_at(). Flushing is the caller's business.
 */
#define ptep_modify_prot_start	pw_linux_ptep_modify_prot_start
#define ptep_modify_prot_commit pw_linux_ptep_modify_prot_commit
pte_t ptep_modify_prot_start(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);
void ptep_modify_prot_commit(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t old,
			     pte_t pte);

/* Install an entry where there is none: true if it was empty. A synchronisation point: it pays its
   barrier at once, in lazy MMU mode too. */
#define ptep_try_set pw_linux_ptep_try_set
bool ptep_try_set(pte_t *ptep, pte_t pte);

/*
 * Page attributes of kernel mappings: @numpages pages from @addr. One commit for the range and,
 * where rodata_full says so, its aliases in the linear map.
 *
 * Return: 0 (also for 0 pages); -EINVAL not one vmalloc area, or a leaf that is covered in part.
 */
#define set_memory_ro	 pw_linux_set_memory_ro
#define set_memory_rw	 pw_linux_set_memory_rw
#define set_memory_x	 pw_linux_set_memory_x
#define set_memory_nx	 pw_linux_set_memory_nx
#define set_memory_valid pw_linux_set_memory_valid
int set_memory_ro(unsigned long addr, int numpages);
int set_memory_rw(unsigned long addr, int numpages);
int set_memory_x(unsigned long addr, int numpages);
int set_memory_nx(unsigned long addr, int numpages);
int set_memory_valid(unsigned long addr, int numpages, int enable);

/* The linear map. Without direct_map they do nothing and succeed; the first two never flush. */
#define set_direct_map_invalid_noflush pw_linux_set_direct_map_invalid_noflush
#define set_direct_map_default_noflush pw_linux_set_direct_map_default_noflush
#define set_direct_map_valid_noflush   pw_linux_set_direct_map_valid_noflush
#define kernel_page_present	       pw_linux_kernel_page_present
int set_direct_map_invalid_noflush(struct page *page);
int set_direct_map_default_noflush(struct page *page);
int set_direct_map_valid_noflush(struct page *page, unsigned int nr, bool valid);
bool kernel_page_present(struct page *page);

/* Invalidate kernel translations of [start, end), last level only, every ASID; done on return. */
#define flush_tlb_kernel_range pw_linux_flush_tlb_kernel_range
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

/* The same for a part of a VMA, [start, end): for every ASID, as nothing here knows the VMA's. */
#define flush_tlb_range pw_linux_flush_tlb_range
void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/*
 * pte_offset_map_lock - the PTE of @addr, with its table's lock held
 *
 * For a pmd_entry that looks at PTEs itself. Give it back with pte_unmap_unlock(), any PTE of the
 * same table.
 *
 * Return: the PTE; NULL when the PMD leads to no table (any more), with nothing held: set
 *         walk->action to ACTION_AGAIN and return.
 */
typedef struct pw_linux_ptl spinlock_t;
#define pte_offset_map_lock pw_linux_pte_offset_map_lock
#define pte_unmap_unlock    pw_linux_pte_unmap_unlock
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp);
void pte_unmap_unlock(pte_t *pte, spinlock_t *ptl);

/* Warnings. */
void pw_linux_warn(const char *file, int line, const char *what);

#define WARN_ON(cond)                                             \
	__extension__({                                           \
		bool pw_warn_ = (cond);                           \
		if (pw_warn_)                                     \
			pw_linux_warn(__FILE__, __LINE__, #cond); \
		pw_warn_;                                         \
	})

#define WARN_ON_ONCE(cond)                                        \
	__extension__({                                           \
		static bool pw_warned_;                           \
		bool pw_warn_once_ = (cond);                      \
		if (pw_warn_once_ && !pw_warned_) {               \
			pw_warned_ = true;                        \
			pw_linux_warn(__FILE__, __LINE__, #cond); \
		}                                                 \
		pw_warn_once_;                                    \
	})

#endif
