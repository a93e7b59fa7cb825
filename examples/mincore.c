/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * mincore(): one byte for each page, is it in memory? The PMD callback looks at PTEs itself, with
 * the table's lock held; a huge page fills its bytes and is passed over; a table that goes away
 * before it is locked makes the walker ask again. Holes and gaps are zeroes, hugetlb pages have a
 * callback of their own.
 *
 *     1 page byte     pages 0..15 of the area, as the table is looked at
 */
#include "machine.h"

#define AREA 0x10000000ul
#define HUGE 0x20000000ul

struct mincore {
	unsigned char vec[2048];
	unsigned long done; /* bytes so far */
	unsigned int asked; /* PMD callbacks */
};

static void fill(struct mincore *mc, unsigned long pages, unsigned char byte)
{
	memset(mc->vec + mc->done, byte, pages);
	mc->done += pages;
}

static int mincore_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	(void)depth;
	fill(walk->private, (next - addr) >> PAGE_SHIFT, 0);
	return 0;
}

static int mincore_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	(void)hmask;
	fill(walk->private, (next - addr) >> PAGE_SHIFT, pte_present(ptep_get(pte)));
	return 0;
}

static int mincore_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	if (pud_leaf(pudp_get(pud))) {
		fill(walk->private, (next - addr) >> PAGE_SHIFT, 1);
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int mincore_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct mincore *mc = walk->private;
	pte_t *pte, *first;
	spinlock_t *ptl;

	mc->asked++;
	if (pmd_leaf(pmdp_get(pmd))) {
		fill(mc, (next - addr) >> PAGE_SHIFT, 1);
		walk->action = ACTION_CONTINUE;
		return 0;
	}
	first = pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!first) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (pte = first; addr != next; pte++, addr += PAGE_SIZE)
		fill(mc, 1, pte_present(ptep_get(pte)));
	pte_unmap_unlock(first, ptl);
	return 0;
}

static const struct mm_walk_ops mincore_ops = {
	.pud_entry = mincore_pud,
	.pmd_entry = mincore_pmd,
	.pte_hole = mincore_hole,
	.hugetlb_entry = mincore_hugetlb,
	.walk_lock = PGWALK_RDLOCK,
};

/* The other CPU: a table is taken away just before its lock is had. */
static pmd_t *victim;

static void lock_table(void *ctx, struct mm_struct *mm, const void *entry, int level)
{
	(void)ctx, (void)mm, (void)entry, (void)level;
	if (victim)
		set_pmd(victim, __pmd(0));
	victim = NULL;
}

/* A run of equal bytes is one number: "+3" there, "-2" not. */
static void print_vec(const char *what, const struct mincore *mc)
{
	unsigned long i, from = 0;

	printf("%s:", what);
	for (i = 1; i <= mc->done; i++) {
		if (i < mc->done && mc->vec[i] == mc->vec[from])
			continue;
		printf(" %c%lu", mc->vec[from] ? '+' : '-', i - from);
		from = i;
	}
	printf("; PMDs asked %u\n", mc->asked);
}

static int mincore(const char *what, struct vm_area_struct *vma, unsigned long pages)
{
	static struct mincore mc;
	int err;

	memset(&mc, 0, sizeof(mc));
	err = walk_page_range_vma(vma, vma->vm_start, vma->vm_start + pages * PAGE_SIZE,
				  &mincore_ops, &mc);
	if (!err)
		print_vec(what, &mc);
	return err || mc.done != pages;
}

int main(void)
{
	struct vm_area_struct vma[2] = {
		{ .vm_start = AREA, .vm_end = AREA + 4 * PMD_SIZE },
		{ .vm_start = HUGE, .vm_end = HUGE + 2 * PMD_SIZE, .vm_flags = VM_HUGETLB },
	};
	struct mm_struct mm;

	if (machine_init() || machine_new_mm(&mm) || pw_linux_set_vmas(&mm, vma, 2))
		return machine_fail("set-up");
	machine.cfg.ptl_lock = lock_table;
	if (pw_linux_init(&machine.cfg))
		return machine_fail("pw_linux_init");
	/* 3 pages, 2 not, 5; then a huge page, a hole, and one page */
	if (machine_map(&mm, AREA, 3, 0x80000, PROT_USER) ||
	    machine_map(&mm, AREA + 5 * PAGE_SIZE, 5, 0x80005, PROT_USER) ||
	    machine_map(&mm, AREA + 3 * PMD_SIZE, 1, 0x81000, PROT_USER) ||
	    machine_map(&mm, HUGE + 4 * PMD_SIZE, 1, 0x81000, PROT_USER))
		return machine_fail("apply_to_page_range");
	machine_map_block(&mm, AREA + PMD_SIZE, 0x90000, PROT_USER);
	machine_map_block(&mm, HUGE + PMD_SIZE, 0xa0000, PROT_USER);

	mm.priv = (char[]){ "read" };
	if (mincore("area", &vma[0], 1537) || mincore("hugetlb", &vma[1], 1024))
		return machine_fail("mincore");
	victim = machine_pmd(&mm, AREA);
	if (mincore("a table goes away", &vma[0], 1024))
		return machine_fail("mincore");
	printf("the huge page is whole: %s\n",
	       pmd_leaf(*machine_pmd(&mm, AREA + PMD_SIZE)) ? "yes" : "no");
	mm.priv = NULL;
	return machine_done();
}
