/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The kernel vocabulary: page table walks, lazy MMU mode and set_memory_*() under the names that
 * Linux code uses. C only (struct mm_walk has a member "private"), one geometry at a time.
 *
 * Geometry: arm64, 4K pages; PW_LINUX_VA_BITS is 48 unless the compiler is told otherwise, and
 * must be the same for the library and for the code that uses it (pw_linux_init() checks). 22 to
 * 30 bits are 2 levels, to 39 are 3, to 48 are 4; 49 to 52 are 5, with LPA2 descriptors.
 *
 * What is here. C: complete, as in Linux but for what stands in the list "ours" below; O: opaque,
 * for passing around only.
 *
 *   walks      C walk_page_range_novma  walk_kernel_page_table_range
 *                walk_kernel_page_table_range_lockless  walk_page_range_debug
 *                struct mm_walk_ops (no VMA callbacks)  struct mm_walk  enum page_walk_action
 *                enum page_walk_lock  pre_pte_table post_pte_table pre_table post_table
 *   apply      C apply_to_page_range  apply_to_existing_page_range  pte_fn_t
 *   lazy       C arch_enter_lazy_mmu_mode  arch_leave_lazy_mmu_mode  lazy_mmu_mode_enable
 *                lazy_mmu_mode_disable  lazy_mmu_mode_pause  lazy_mmu_mode_resume
 *                is_lazy_mmu_mode_active  in_interrupt
 *   pageattr   C set_memory_ro set_memory_rw set_memory_x set_memory_nx set_memory_valid
 *                set_direct_map_invalid_noflush set_direct_map_default_noflush
 *                set_direct_map_valid_noflush kernel_page_present flush_tlb_kernel_range
 *   entries    C pte_t pmd_t pud_t p4d_t pgd_t pgprot_t, pXd_val __pXd pXd_none pXd_present
 *                pXd_leaf pXd_valid pXd_table, pXd_pte and pte_pXd (pmd, pud), ptep_get __ptep_get
 *                pmdp_get pudp_get p4dp_get pgdp_get, set_pte __set_pte set_pte_at set_pmd set_pud
 *                set_p4d set_pgd ptep_try_set, set_pte_bit clear_pte_bit, pXd_index pXd_offset
 *                pte_offset_kernel pXd_addr_end, pfn_pte pte_pfn, the PTE_* bits
 *   geometry   C PAGE_SHIFT PAGE_SIZE PAGE_MASK, the same of PMD PUD P4D PGDIR, PTRS_PER_*,
 *                PGTABLE_LEVELS, VA_BITS
 *   other      C init_mm  WARN_ON WARN_ON_ONCE;  O struct page  struct vm_area_struct
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
 *   - A range that ends below PAGE_SIZE stops where it should; a table outside memory ends the
 *     walk with -EFAULT; install_pte is refused with -EINVAL, as public entry points do.
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

#include <pagewalk/linux/pgtable.h>

struct page;
struct vm_area_struct;

/* One address space. @pgd is the root table's host address. */
struct mm_struct {
	pgd_t *pgd;
	void *priv; /* the caller's */
};

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
	/* (optional) does [addr, end) lie in one vmalloc area whose pages may be changed? */
	bool (*vm_area_ok)(void *ctx, unsigned long addr, unsigned long end);
	/* the linear-map address of a page; needed by set_direct_map_*(), kernel_page_present() */
	unsigned long (*page_address)(void *ctx, const struct page *page);
};

/*
 * pw_linux_init - set the layer up; fill init_mm.pgd in yourself
 *
 * Return: 0; -EINVAL an unset size, env or gather, or another geometry than the library's.
 */
int pw_linux_init(const struct pw_linux_config *cfg);

#define init_mm pw_linux_init_mm
extern struct mm_struct init_mm;

/*
 * Walks
 */

enum page_walk_action {
	ACTION_SUBTREE = 0,  /* descend */
	ACTION_CONTINUE = 1, /* on to the next entry of this level */
	ACTION_AGAIN = 2,    /* this entry again */
};

enum page_walk_lock {
	PGWALK_RDLOCK = 0,
	PGWALK_WRLOCK = 1,
	PGWALK_WRLOCK_VERIFY = 2,
	PGWALK_VMA_RDLOCK_VERIFY = 3,
	PGWALK_NOLOCK = 4,
};

struct mm_walk;

/* All callbacks are optional. A non-zero return ends the walk and is its result. */
struct mm_walk_ops {
	int (*pgd_entry)(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*p4d_entry)(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pud_entry)(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pmd_entry)(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_entry)(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk);
	/* an empty entry above the PTE level; depth 0 PGD, 1 P4D, 2 PUD, 3 PMD, folded ones up */
	int (*pte_hole)(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk);
	/* refused by every entry point here: -EINVAL */
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
	struct vm_area_struct *vma; /* NULL: these walks know no VMAs */
	enum page_walk_action action;
	bool no_vma;
	void *private;
};

#define walk_page_range_novma		      pw_linux_walk_page_range_novma
#define walk_kernel_page_table_range	      pw_linux_walk_kernel_page_table_range
#define walk_kernel_page_table_range_lockless pw_linux_walk_kernel_page_table_range_lockless
#define walk_page_range_debug		      pw_linux_walk_page_range_debug

/*
 * The walks without VMAs, over [start, end); @pgd may name another root. They differ in what they
 * assert: novma by ops->walk_lock (PGWALK_NOLOCK: nothing; else the lock of init_mm for reading,
 * of another mm for writing); kernel: init_mm's lock; lockless: nothing, the caller owns the
 * range; debug: the locks of @mm and of init_mm for writing. Locks are asserted before arguments
 * are checked.
 *
 * Return: 0; what a callback returned, positive values too; -EINVAL start >= end, install_pte set;
 *         -EFAULT a table lies outside memory.
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
 * apply_to_page_range, apply_to_existing_page_range - @fn for every PTE of [addr, addr + size)
 *
 * The first makes the tables that are missing and calls @fn for empty PTEs, too; the other passes
 * over what is missing or empty. Runs in lazy MMU mode around each PTE table. Nothing is undone
 * after an error, and nothing is flushed.
 *
 * Return: 0; what @fn returned; -EINVAL an empty or wrapping range, a leaf above the PTE level;
 *         -ENOMEM; -EFAULT a table outside memory.
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

static inline void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte)
{
	(void)mm, (void)addr;
	__set_pte(ptep, pte);
}

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
