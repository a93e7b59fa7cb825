/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Entries and geometry of the kernel vocabulary; included by linux.h. Bits: Arm ARM (DDI 0487),
 * "VMSAv8-64 translation table format descriptors"; present-but-invalid is Linux's convention.
 *
 * A level that the geometry does not have is folded into the one above, as in Linux: it has one
 * entry, which is the entry above itself, never empty and never bad.
 */
#ifndef PAGEWALK_LINUX_PGTABLE_H
#define PAGEWALK_LINUX_PGTABLE_H

#include <pagewalk/types.h>

#ifndef PW_LINUX_PAGE_SHIFT
#define PW_LINUX_PAGE_SHIFT 12
#endif
#ifndef PW_LINUX_VA_BITS
#define PW_LINUX_VA_BITS 48
#endif

#define PAGE_SHIFT	     PW_LINUX_PAGE_SHIFT
#define VA_BITS		     PW_LINUX_VA_BITS
/* Address bits that a table resolves. */
#define PW_LINUX_TABLE_SHIFT (PAGE_SHIFT - 3)
#define PGTABLE_LEVELS	     ((VA_BITS - 4) / PW_LINUX_TABLE_SHIFT)

#if PAGE_SHIFT != 12 && PAGE_SHIFT != 14 && PAGE_SHIFT != 16
#error "PW_LINUX_PAGE_SHIFT: 12, 14 or 16"
#endif
#if PGTABLE_LEVELS < 2 || VA_BITS > 52
#error "PW_LINUX_VA_BITS: at least two levels, at most 52"
#endif

/* For pw_linux_config.geometry. */
#define PW_LINUX_GEOMETRY ((uint32_t)(PAGE_SHIFT << 16 | VA_BITS))

#define PGDIR_SHIFT (PAGE_SHIFT + PW_LINUX_TABLE_SHIFT * (PGTABLE_LEVELS - 1))
#if PGTABLE_LEVELS > 4
#define P4D_SHIFT    (PAGE_SHIFT + PW_LINUX_TABLE_SHIFT * 3)
#define PTRS_PER_P4D PTRS_PER_PTE
#else
#define P4D_SHIFT    PGDIR_SHIFT
#define PTRS_PER_P4D 1
#endif
#if PGTABLE_LEVELS > 3
#define PUD_SHIFT    (PAGE_SHIFT + PW_LINUX_TABLE_SHIFT * 2)
#define PTRS_PER_PUD PTRS_PER_PTE
#else
#define PUD_SHIFT    P4D_SHIFT
#define PTRS_PER_PUD 1
#endif
#if PGTABLE_LEVELS > 2
#define PMD_SHIFT    (PAGE_SHIFT + PW_LINUX_TABLE_SHIFT)
#define PTRS_PER_PMD PTRS_PER_PTE
#else
#define PMD_SHIFT    PUD_SHIFT
#define PTRS_PER_PMD 1
#endif
#define PTRS_PER_PTE (1 << PW_LINUX_TABLE_SHIFT)
#define PTRS_PER_PGD (1 << (VA_BITS - PGDIR_SHIFT))

#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#define PMD_SIZE   (1ul << PMD_SHIFT)
#define PMD_MASK   (~(PMD_SIZE - 1))
#define PUD_SIZE   (1ul << PUD_SHIFT)
#define PUD_MASK   (~(PUD_SIZE - 1))
#define P4D_SIZE   (1ul << P4D_SHIFT)
#define P4D_MASK   (~(P4D_SIZE - 1))
#define PGDIR_SIZE (1ul << PGDIR_SHIFT)
#define PGDIR_MASK (~(PGDIR_SIZE - 1))

typedef uint64_t pteval_t;
typedef uint64_t pmdval_t;
typedef uint64_t pudval_t;
typedef uint64_t p4dval_t;
typedef uint64_t pgdval_t;

typedef struct {
	pteval_t pte;
} pte_t;
typedef struct {
	pmdval_t pmd;
} pmd_t;
typedef struct {
	pudval_t pud;
} pud_t;
typedef struct {
	p4dval_t p4d;
} p4d_t;
typedef struct {
	pgdval_t pgd;
} pgd_t;
typedef struct {
	pteval_t pgprot;
} pgprot_t;

#define pte_val(x)    ((x).pte)
#define __pte(x)      ((pte_t){ (x) })
#define pmd_val(x)    ((x).pmd)
#define __pmd(x)      ((pmd_t){ (x) })
#define pud_val(x)    ((x).pud)
#define __pud(x)      ((pud_t){ (x) })
#define p4d_val(x)    ((x).p4d)
#define __p4d(x)      ((p4d_t){ (x) })
#define pgd_val(x)    ((x).pgd)
#define __pgd(x)      ((pgd_t){ (x) })
#define pgprot_val(x) ((x).pgprot)
#define __pgprot(x)   ((pgprot_t){ (x) })

#define PTE_VALID		 (1ul << 0)
#define PTE_TYPE_MASK		 (3ul << 0)
#define PTE_TYPE_PAGE		 (3ul << 0)
#define PTE_TABLE_BIT		 (1ul << 1)
#define PTE_ATTRINDX_MASK	 (7ul << 2)
#define PTE_ATTRINDX(t)		 ((pteval_t)(t) << 2)
#define PTE_USER		 (1ul << 6)
#define PTE_RDONLY		 (1ul << 7)
#define PTE_SHARED		 (3ul << 8)
#define PTE_AF			 (1ul << 10)
#define PTE_NG			 (1ul << 11)
#define PTE_GP			 (1ul << 50)
#define PTE_DBM			 (1ul << 51)
#define PTE_WRITE		 PTE_DBM /* Linux keeps "may be written" here */
#define PTE_CONT		 (1ul << 52)
#define PTE_PXN			 (1ul << 53)
#define PTE_UXN			 (1ul << 54)
#define PTE_DIRTY		 (1ul << 55) /* noted by software; hardware: DBM without RDONLY */
#define PTE_PRESENT_INVALID	 PTE_NG	     /* with PTE_VALID clear; the same bit as PTE_NG */
#define PTE_MAYBE_NG		 pw_linux_maybe_ng()
#define PTE_MAYBE_GP		 pw_linux_maybe_gp()
#define PTE_PRESENT_VALID_KERNEL (PTE_VALID | PTE_MAYBE_NG)
#define PMD_TYPE_MASK		 (3ul << 0)
#define PMD_TYPE_TABLE		 (3ul << 0)
#define PMD_TYPE_SECT		 (1ul << 0)
#define PUD_TYPE_MASK		 PMD_TYPE_MASK
#define PUD_TYPE_TABLE		 PMD_TYPE_TABLE
#define PUD_TYPE_SECT		 PMD_TYPE_SECT
#define P4D_TYPE_TABLE		 PMD_TYPE_TABLE
#define PGD_TYPE_TABLE		 PMD_TYPE_TABLE

/* Set by pw_linux_init(): kpti, bti. */
pteval_t pw_linux_maybe_ng(void);
pteval_t pw_linux_maybe_gp(void);

/* Memory types by Linux's numbering of AttrIndx. */
#define MT_NORMAL	 0
#define MT_NORMAL_TAGGED 1
#define MT_NORMAL_NC	 2
#define MT_DEVICE_nGnRnE 3
#define MT_DEVICE_nGnRE	 4

/*
 * Output addresses. With LPA2 descriptors (4K and 16K, 52 bits) address bits [51:50] stand in
 * [9:8], with 64K pages and 52 bits [51:48] in [15:12].
 */
#if VA_BITS <= 48
#define PW_LINUX_ADDR_LOW  (0x0000fffffffffffful & PAGE_MASK)
#define PW_LINUX_ADDR_HIGH 0ul
#define PW_LINUX_ADDR_LIFT 0
#elif PAGE_SHIFT == 16
#define PW_LINUX_ADDR_LOW  0x0000ffffffff0000ul
#define PW_LINUX_ADDR_HIGH 0xf000ul
#define PW_LINUX_ADDR_LIFT 36
#else
#define PW_LINUX_ADDR_LOW  (0x0003fffffffffffful & PAGE_MASK)
#define PW_LINUX_ADDR_HIGH PTE_SHARED
#define PW_LINUX_ADDR_LIFT 42
#endif

static inline uint64_t pw_linux_entry_pa(uint64_t e)
{
	return (e & PW_LINUX_ADDR_LOW) | (e & PW_LINUX_ADDR_HIGH) << PW_LINUX_ADDR_LIFT;
}
static inline uint64_t pw_linux_pa_entry(uint64_t pa)
{
	return (pa & PW_LINUX_ADDR_LOW) | (pa >> PW_LINUX_ADDR_LIFT & PW_LINUX_ADDR_HIGH);
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pw_linux_pa_entry((uint64_t)pfn << PAGE_SHIFT) | pgprot_val(prot));
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return (unsigned long)(pw_linux_entry_pa(pte_val(pte)) >> PAGE_SHIFT);
}

/*
 * One read of an entry. Folded levels look at one entry through several types, hence may_alias.
 */
typedef uint64_t __attribute__((may_alias)) pw_linux_word;

static inline uint64_t pw_linux_read(const void *p)
{
	return __atomic_load_n((const pw_linux_word *)p, __ATOMIC_RELAXED);
}

static inline pte_t __ptep_get(pte_t *p)
{
	return __pte(pw_linux_read(p));
}
static inline pte_t ptep_get(pte_t *p)
{
	return __ptep_get(p);
}
static inline pmd_t pmdp_get(pmd_t *p)
{
	return __pmd(pw_linux_read(p));
}
static inline pud_t pudp_get(pud_t *p)
{
	return __pud(pw_linux_read(p));
}
static inline p4d_t p4dp_get(p4d_t *p)
{
	return __p4d(pw_linux_read(p));
}
static inline pgd_t pgdp_get(pgd_t *p)
{
	return __pgd(pw_linux_read(p));
}

/* What a raw entry is, above the PTE level. */
static inline bool pw_linux_present(uint64_t e)
{
	return (e & PTE_VALID) || (e & PTE_PRESENT_INVALID);
}
static inline bool pw_linux_table(uint64_t e)
{
	return (e & PMD_TYPE_MASK) == PMD_TYPE_TABLE;
}
static inline bool pw_linux_leaf(uint64_t e)
{
	return pw_linux_present(e) && !pw_linux_table(e);
}

static inline bool pte_none(pte_t e)
{
	return !pte_val(e);
}
static inline bool pte_valid(pte_t e)
{
	return pte_val(e) & PTE_VALID;
}
static inline bool pte_present(pte_t e)
{
	return pw_linux_present(pte_val(e));
}
static inline bool pte_leaf(pte_t e)
{
	return pte_present(e);
}

static inline pmd_t pte_pmd(pte_t e)
{
	return __pmd(pte_val(e));
}
static inline pte_t pmd_pte(pmd_t e)
{
	return __pte(pmd_val(e));
}
static inline bool pmd_none(pmd_t e)
{
	return !pmd_val(e);
}
static inline bool pmd_valid(pmd_t e)
{
	return pmd_val(e) & PTE_VALID;
}
static inline bool pmd_present(pmd_t e)
{
	return pw_linux_present(pmd_val(e));
}
static inline bool pmd_table(pmd_t e)
{
	return pw_linux_table(pmd_val(e));
}
static inline bool pmd_leaf(pmd_t e)
{
	return pw_linux_leaf(pmd_val(e));
}
static inline bool pmd_bad(pmd_t e)
{
	return !pmd_table(e);
}

/* A folded level's entry is never empty, always a table, never a leaf. */
static inline pud_t pte_pud(pte_t e)
{
	return __pud(pte_val(e));
}
static inline pte_t pud_pte(pud_t e)
{
	return __pte(pud_val(e));
}
static inline bool pud_none(pud_t e)
{
	return PGTABLE_LEVELS > 2 && !pud_val(e);
}
static inline bool pud_valid(pud_t e)
{
	return PGTABLE_LEVELS <= 2 || (pud_val(e) & PTE_VALID);
}
static inline bool pud_present(pud_t e)
{
	return PGTABLE_LEVELS <= 2 || pw_linux_present(pud_val(e));
}
static inline bool pud_table(pud_t e)
{
	return PGTABLE_LEVELS <= 2 || pw_linux_table(pud_val(e));
}
static inline bool pud_leaf(pud_t e)
{
	return PGTABLE_LEVELS > 2 && pw_linux_leaf(pud_val(e));
}
static inline bool pud_bad(pud_t e)
{
	return !pud_table(e);
}

static inline bool p4d_none(p4d_t e)
{
	return PGTABLE_LEVELS > 3 && !p4d_val(e);
}
static inline bool p4d_valid(p4d_t e)
{
	return PGTABLE_LEVELS <= 3 || (p4d_val(e) & PTE_VALID);
}
static inline bool p4d_present(p4d_t e)
{
	return PGTABLE_LEVELS <= 3 || pw_linux_present(p4d_val(e));
}
static inline bool p4d_table(p4d_t e)
{
	return PGTABLE_LEVELS <= 3 || pw_linux_table(p4d_val(e));
}
/* Blocks of 512G come with LPA2, which is what five levels mean here. */
static inline bool p4d_leaf(p4d_t e)
{
	return PGTABLE_LEVELS > 4 && pw_linux_leaf(p4d_val(e));
}
static inline bool p4d_bad(p4d_t e)
{
	return !p4d_table(e);
}

static inline bool pgd_none(pgd_t e)
{
	return PGTABLE_LEVELS > 4 && !pgd_val(e);
}
static inline bool pgd_valid(pgd_t e)
{
	return PGTABLE_LEVELS <= 4 || (pgd_val(e) & PTE_VALID);
}
static inline bool pgd_present(pgd_t e)
{
	return PGTABLE_LEVELS <= 4 || pw_linux_present(pgd_val(e));
}
static inline bool pgd_table(pgd_t e)
{
	return PGTABLE_LEVELS <= 4 || pw_linux_table(pgd_val(e));
}
static inline bool pgd_leaf(pgd_t e)
{
	(void)e;
	return false; /* the architecture has no leaf as large */
}
static inline bool pgd_bad(pgd_t e)
{
	return !pgd_table(e);
}

static inline pte_t set_pte_bit(pte_t pte, pgprot_t prot)
{
	return __pte(pte_val(pte) | pgprot_val(prot));
}
static inline pte_t clear_pte_bit(pte_t pte, pgprot_t prot)
{
	return __pte(pte_val(pte) & ~pgprot_val(prot));
}

/*
 * May a page be written, and was it? Hardware that manages the dirty state clears PTE_RDONLY of a
 * writable entry at the first write (Arm ARM D8.5); to take the right to write away must not lose
 * that, and to make an entry clean sets it again.
 */
static inline bool pte_write(pte_t e)
{
	return pte_val(e) & PTE_WRITE;
}
static inline bool pte_hw_dirty(pte_t e)
{
	return pte_write(e) && !(pte_val(e) & PTE_RDONLY);
}
static inline bool pte_dirty(pte_t e)
{
	return (pte_val(e) & PTE_DIRTY) || pte_hw_dirty(e);
}
static inline pte_t pte_mkclean(pte_t e)
{
	return __pte((pte_val(e) & ~PTE_DIRTY) | PTE_RDONLY);
}
static inline pte_t pte_wrprotect(pte_t e)
{
	return __pte((pte_val(e) & ~PTE_WRITE) | PTE_RDONLY | (pte_hw_dirty(e) ? PTE_DIRTY : 0));
}

/* The end of the entry at @addr, or @end if that comes first; right at the top, too. */
static inline unsigned long pw_linux_addr_end(unsigned long addr, unsigned long end,
					      unsigned long size)
{
	unsigned long next = (addr + size) & ~(size - 1);

	return next - 1 < end - 1 ? next : end;
}
#define pgd_addr_end(addr, end) pw_linux_addr_end(addr, end, PGDIR_SIZE)
#define p4d_addr_end(addr, end) pw_linux_addr_end(addr, end, P4D_SIZE)
#define pud_addr_end(addr, end) pw_linux_addr_end(addr, end, PUD_SIZE)
#define pmd_addr_end(addr, end) pw_linux_addr_end(addr, end, PMD_SIZE)

#define pgd_index(addr) ((addr) >> PGDIR_SHIFT & (PTRS_PER_PGD - 1))
#define p4d_index(addr) ((addr) >> P4D_SHIFT & (PTRS_PER_P4D - 1))
#define pud_index(addr) ((addr) >> PUD_SHIFT & (PTRS_PER_PUD - 1))
#define pmd_index(addr) ((addr) >> PMD_SHIFT & (PTRS_PER_PMD - 1))
#define pte_index(addr) ((addr) >> PAGE_SHIFT & (PTRS_PER_PTE - 1))

/* The host address of the table that an entry points to. */
void *pw_linux_table_virt(uint64_t entry);

#define pgd_offset(mm, addr) ((mm)->pgd + pgd_index(addr))
#define pgd_offset_k(addr)   pgd_offset(&init_mm, addr)

static inline p4d_t *p4d_offset(pgd_t *pgd, unsigned long addr)
{
	if (PGTABLE_LEVELS <= 4)
		return (p4d_t *)(void *)pgd;
	return (p4d_t *)pw_linux_table_virt(pgd_val(pgdp_get(pgd))) + p4d_index(addr);
}
static inline pud_t *pud_offset(p4d_t *p4d, unsigned long addr)
{
	if (PGTABLE_LEVELS <= 3)
		return (pud_t *)(void *)p4d;
	return (pud_t *)pw_linux_table_virt(p4d_val(p4dp_get(p4d))) + pud_index(addr);
}
static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	if (PGTABLE_LEVELS <= 2)
		return (pmd_t *)(void *)pud;
	return (pmd_t *)pw_linux_table_virt(pud_val(pudp_get(pud))) + pmd_index(addr);
}
static inline pte_t *pte_offset_kernel(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)pw_linux_table_virt(pmd_val(pmdp_get(pmd))) + pte_index(addr);
}

#endif
