/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the examples stand on: some frames of ordinary memory for tables, a counter in the place of
 * barriers and invalidations, and the mmap lock of each address space as a letter.
 */
#ifndef PW_EXAMPLES_MACHINE_H
#define PW_EXAMPLES_MACHINE_H

#include <pagewalk/arm64.h>
#include <pagewalk/linux.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PA_BASE	  0x40000000ul
#define NR_FRAMES 64

#define PROT_KERNEL (PTE_AF | PTE_SHARED | PTE_NG | PTE_WRITE | PTE_UXN)
#define PROT_USER   (PTE_AF | PTE_SHARED | PTE_NG | PTE_WRITE | PTE_USER | PTE_PXN)

static struct {
	char *frames;
	unsigned int used;
	unsigned int warnings;
	struct pw_env env;
	struct pw_gather gather;
	struct pw_flush ranges[16];
	struct pw_arm64_counter counter;
	struct pw_linux_config cfg;
} machine;

static inline void *machine_get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	if (machine.used == NR_FRAMES)
		return NULL;
	pa->v = PA_BASE + machine.used * PAGE_SIZE;
	return machine.frames + machine.used++ * PAGE_SIZE;
}

static inline void machine_warn(void *ctx, const char *file, int line, const char *what)
{
	(void)ctx;
	machine.warnings++;
	printf("warning: %s:%d: %s\n", file, line, what);
}

/* mm->priv: "read" or "write" while the mmap lock is held. */
static inline bool machine_mmap_locked(void *ctx, const struct mm_struct *mm, bool write)
{
	const char *held = mm->priv;

	(void)ctx;
	return held && (!write || !strcmp(held, "write"));
}

static inline int machine_new_mm(struct mm_struct *mm)
{
	struct pw_pa pa;

	memset(mm, 0, sizeof(*mm));
	mm->pgd = machine_get_table(NULL, &pa);
	if (!mm->pgd)
		return -12;
	memset(mm->pgd, 0, PAGE_SIZE);
	return 0;
}

/* To be called first; an example may change machine.cfg and call pw_linux_init() again. */
static inline int machine_init(void)
{
	machine.frames = aligned_alloc(PAGE_SIZE, NR_FRAMES * PAGE_SIZE);
	if (!machine.frames)
		return -12;
	machine.env.size = sizeof(machine.env);
	machine.env.phys_offset = (uint64_t)(uintptr_t)machine.frames - PA_BASE;
	machine.env.get_table = machine_get_table;
	pw_arm64_counter_init(&machine.counter);
	machine.cfg = (struct pw_linux_config){
		.size = sizeof(machine.cfg),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &machine.env,
		.gather = &machine.gather,
		.kpti = true,
		.warn = machine_warn,
		.mmap_locked = machine_mmap_locked,
	};
	if (pw_gather_init(&machine.gather, &machine.counter.e.x, machine.ranges, 16) ||
	    pw_linux_init(&machine.cfg))
		return -22;
	return machine_new_mm(&init_mm);
}

struct machine_map {
	struct mm_struct *mm;
	unsigned long pfn;
	pteval_t prot;
};

static inline int machine_map_pte(pte_t *pte, unsigned long addr, void *data)
{
	struct machine_map *m = data;

	set_pte_at(m->mm, addr, pte, pfn_pte(m->pfn++, __pgprot(m->prot | PTE_TYPE_PAGE)));
	return 0;
}

/* Pages of consecutive memory. */
static inline int machine_map(struct mm_struct *mm, unsigned long addr, unsigned long pages,
			      unsigned long pfn, pteval_t prot)
{
	struct machine_map m = { mm, pfn, prot };

	return apply_to_page_range(mm, addr, pages << PAGE_SHIFT, machine_map_pte, &m);
}

static inline pud_t *machine_pud(struct mm_struct *mm, unsigned long addr)
{
	return pud_offset(p4d_offset(pgd_offset(mm, addr), addr), addr);
}

static inline pmd_t *machine_pmd(struct mm_struct *mm, unsigned long addr)
{
	return pmd_offset(machine_pud(mm, addr), addr);
}

static inline pte_t *machine_pte(struct mm_struct *mm, unsigned long addr)
{
	return pte_offset_kernel(machine_pmd(mm, addr), addr);
}

/* A block in the place of a PTE table's pointer; there is a PMD table. */
static inline void machine_map_block(struct mm_struct *mm, unsigned long addr, unsigned long pfn,
				     pteval_t prot)
{
	uint64_t pa = pw_linux_pa_entry((uint64_t)pfn << PAGE_SHIFT);

	set_pmd(machine_pmd(mm, addr), __pmd(pa | prot | PMD_TYPE_SECT));
}

static inline int machine_fail(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	return 1;
}

/* At the end: nothing was warned about, every debt is paid. */
static inline int machine_done(void)
{
	free(machine.frames);
	return machine.warnings || pw_gather_owes(&machine.gather);
}

#endif
