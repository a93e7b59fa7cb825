/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Guard pages, as madvise() installs and removes them: markers in PTEs that are not present, so
 * that an access faults and nothing needs a VMA of its own.
 *
 * Installing fills empty PTEs, tables included, by install_pte. Whatever is mapped is in the way: a
 * callback says so with a positive value, the caller unmaps the range and tries again. Removing
 * clears markers and leaves everything else alone, huge pages included.
 */
#include "machine.h"

#define AREA   0x10000000ul
#define MARKER 0x7000ul /* neither valid nor present-but-invalid */
#define TRIES  3

static bool is_guard(pte_t pte)
{
	return pte_val(pte) == MARKER;
}

struct guard {
	unsigned int installed, kept, removed, zapped;
};

static int guard_install_pud(pud_t *pud, unsigned long addr, unsigned long next,
			     struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	return pud_leaf(pudp_get(pud)); /* in the way */
}

static int guard_install_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
			     struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	return pmd_leaf(pmdp_get(pmd));
}

static int guard_install_pte(pte_t *pte, unsigned long addr, unsigned long next,
			     struct mm_walk *walk)
{
	struct guard *g = walk->private;

	(void)addr, (void)next;
	if (!is_guard(ptep_get(pte)))
		return 1;
	g->kept++;
	return 0;
}

static int guard_set_pte(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	struct guard *g = walk->private;

	(void)addr, (void)next;
	*pte = __pte(MARKER);
	g->installed++;
	return 0;
}

static const struct mm_walk_ops guard_install_ops = {
	.pud_entry = guard_install_pud,
	.pmd_entry = guard_install_pmd,
	.pte_entry = guard_install_pte,
	.install_pte = guard_set_pte,
	.walk_lock = PGWALK_RDLOCK,
};

/* Unmapping for the retry: huge pages as a whole where the range has all of one. */
static int zap_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct guard *g = walk->private;

	if (!pmd_leaf(pmdp_get(pmd)) || next - addr != PMD_SIZE)
		return 0; /* a part of a huge page: the walker splits it */
	set_pmd(pmd, __pmd(0));
	g->zapped += 512;
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int zap_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct guard *g = walk->private;

	(void)next;
	if (pte_present(ptep_get(pte))) {
		set_pte_at(walk->mm, addr, pte, __pte(0));
		g->zapped++;
	}
	return 0;
}

static const struct mm_walk_ops zap_ops = {
	.pmd_entry = zap_pmd,
	.pte_entry = zap_pte,
	.walk_lock = PGWALK_RDLOCK,
};

static int zap(struct vm_area_struct *vma, unsigned long start, unsigned long end, struct guard *g)
{
	int err = walk_page_range_vma(vma, start, end, &zap_ops, g);

	flush_tlb_range(vma, start, end);
	return err;
}

static int guard_install(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 struct guard *g)
{
	int err, try;

	for (try = 0; try < TRIES; try++) {
		g->installed = g->kept = 0;
		err = walk_page_range_mm_unsafe(vma->vm_mm, start, end, &guard_install_ops, g);
		if (err <= 0)
			return err;
		err = zap(vma, start, end, g);
		if (err)
			return err;
	}
	return -11;
}

static int guard_remove_pud(pud_t *pud, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	(void)addr, (void)next;
	if (pud_leaf(pudp_get(pud)))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int guard_remove_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	(void)addr, (void)next;
	if (pmd_leaf(pmdp_get(pmd)))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int guard_remove_pte(pte_t *pte, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	struct guard *g = walk->private;

	(void)next;
	if (is_guard(ptep_get(pte))) { /* was cached nowhere: nothing to flush */
		set_pte_at(walk->mm, addr, pte, __pte(0));
		g->removed++;
	}
	return 0;
}

static const struct mm_walk_ops guard_remove_ops = {
	.pud_entry = guard_remove_pud,
	.pmd_entry = guard_remove_pmd,
	.pte_entry = guard_remove_pte,
	.walk_lock = PGWALK_RDLOCK,
};

static unsigned int tables(unsigned int before)
{
	return machine.used - before;
}

int main(void)
{
	struct vm_area_struct vma = { .vm_start = AREA, .vm_end = AREA + 4 * PMD_SIZE };
	struct guard g = { 0 };
	struct mm_struct mm;
	unsigned int used;
	int err;

	if (machine_init() || machine_new_mm(&mm) || pw_linux_set_vmas(&mm, &vma, 1))
		return machine_fail("set-up");
	mm.priv = (char[]){ "read" };
	used = machine.used;
	err = guard_install(&vma, AREA, AREA + 4 * PAGE_SIZE, &g);
	printf("into nothing: %d, installed %u, tables made %u\n", err, g.installed, tables(used));

	err = guard_install(&vma, AREA + 2 * PAGE_SIZE, AREA + 6 * PAGE_SIZE, &g);
	printf("over guards: %d, installed %u, kept %u\n", err, g.installed, g.kept);

	/* a huge page, of which 8 pages become guards */
	machine_map_block(&mm, AREA + PMD_SIZE, 0x90000, PROT_USER);
	used = machine.used;
	err = guard_install(&vma, AREA + PMD_SIZE, AREA + PMD_SIZE + 8 * PAGE_SIZE, &g);
	printf("into a huge page: %d, installed %u, unmapped %u, tables made %u\n", err,
	       g.installed, g.zapped, tables(used));

	machine_map_block(&mm, AREA + 2 * PMD_SIZE, 0xa0000, PROT_USER);
	err = walk_page_range_vma(&vma, vma.vm_start, vma.vm_end, &guard_remove_ops, &g);
	printf("removal: %d, removed %u, the huge page is %s\n", err, g.removed,
	       pmd_leaf(*machine_pmd(&mm, AREA + 2 * PMD_SIZE)) ? "whole" : "split");
	err = walk_page_range(&mm, AREA, AREA + PAGE_SIZE, &guard_install_ops, &g);
	printf("installation by the public walk: %d\n", err);
	mm.priv = NULL;
	return machine_done();
}
