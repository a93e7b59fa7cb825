/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * set_memory_ro() in the shape that riscv gives it: one walk from P4D to PTE with a hole callback
 * that is content with holes, over the range and then over its alias in the linear map, under the
 * mmap lock of init_mm, and one flush at the end, after errors too.
 *
 * A leaf must lie in the range as a whole: "next - addr" is less otherwise, and changing it would
 * change its neighbours. riscv splits such leaves of the linear map before it walks, and changes
 * those of vmalloc as a whole all the same; here both are refused.
 */
#include "machine.h"

#define VMALLOC 0xffff800080000000ul
#define LINEAR	0xffff000000000000ul
#define PFN	0x80000ul

struct pageattr_masks {
	pgprot_t set_mask;
	pgprot_t clear_mask;
	unsigned long changed[4]; /* P4D, PUD, PMD, PTE */
	unsigned long holes;
};

static uint64_t set_pageattr_masks(uint64_t val, struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;

	return (val & ~pgprot_val(masks->clear_mask)) | pgprot_val(masks->set_mask);
}

static bool covered(unsigned long addr, unsigned long next, unsigned long size)
{
	return next - addr == size;
}

static int pageattr_p4d_entry(p4d_t *p4d, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;
	p4d_t val = p4dp_get(p4d);

	if (!p4d_leaf(val))
		return 0;
	if (!covered(addr, next, P4D_SIZE))
		return -22;
	set_p4d(p4d, __p4d(set_pageattr_masks(p4d_val(val), walk)));
	masks->changed[0]++;
	return 0; /* nothing is below it, whatever the action */
}

static int pageattr_pud_entry(pud_t *pud, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;
	pud_t val = pudp_get(pud);

	if (!pud_leaf(val))
		return 0;
	if (!covered(addr, next, PUD_SIZE))
		return -22;
	set_pud(pud, __pud(set_pageattr_masks(pud_val(val), walk)));
	walk->action = ACTION_CONTINUE;
	masks->changed[1]++;
	return 0;
}

static int pageattr_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;
	pmd_t val = pmdp_get(pmd);

	if (!pmd_leaf(val))
		return 0;
	if (!covered(addr, next, PMD_SIZE))
		return -22;
	set_pmd(pmd, __pmd(set_pageattr_masks(pmd_val(val), walk)));
	walk->action = ACTION_CONTINUE;
	masks->changed[2]++;
	return 0;
}

static int pageattr_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;
	pte_t val = ptep_get(pte);

	(void)addr, (void)next;
	if (pte_none(val))
		return 0;
	set_pte(pte, __pte(set_pageattr_masks(pte_val(val), walk)));
	masks->changed[3]++;
	return 0;
}

static int pageattr_pte_hole(unsigned long addr, unsigned long next, int depth,
			     struct mm_walk *walk)
{
	struct pageattr_masks *masks = walk->private;

	(void)addr, (void)next, (void)depth;
	masks->holes++;
	return 0;
}

static const struct mm_walk_ops pageattr_ops = {
	.p4d_entry = pageattr_p4d_entry,
	.pud_entry = pageattr_pud_entry,
	.pmd_entry = pageattr_pmd_entry,
	.pte_entry = pageattr_pte_entry,
	.pte_hole = pageattr_pte_hole,
	.walk_lock = PGWALK_RDLOCK,
};

static int set_memory(unsigned long addr, unsigned long size, struct pageattr_masks *masks)
{
	unsigned long alias = LINEAR + (addr - VMALLOC);
	int ret;

	init_mm.priv = (char[]){ "write" };
	lazy_mmu_mode_enable();
	ret = walk_kernel_page_table_range(addr, addr + size, &pageattr_ops, NULL, masks);
	if (!ret)
		ret = walk_kernel_page_table_range(alias, alias + size, &pageattr_ops, NULL, masks);
	lazy_mmu_mode_disable();
	flush_tlb_kernel_range(addr, addr + size);
	flush_tlb_kernel_range(alias, alias + size);
	init_mm.priv = NULL;
	return ret;
}

static void tell(const char *what, int ret, const struct pageattr_masks *m)
{
	printf("%s: %d; P4D %lu, PUD %lu, PMD %lu, PTE %lu, holes %lu; publish barriers %lu\n",
	       what, ret, m->changed[0], m->changed[1], m->changed[2], m->changed[3], m->holes,
	       (unsigned long)machine.counter.n.publish);
}

/* Pages of a range that are read-only now. */
static int count_ro(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next;
	*(unsigned long *)walk->private += (pte_val(ptep_get(pte)) & PTE_RDONLY) != 0;
	return 0;
}

static unsigned long read_only(unsigned long addr, unsigned long size)
{
	const struct mm_walk_ops ops = { .pte_entry = count_ro };
	unsigned long nr = 0;

	(void)walk_kernel_page_table_range_lockless(addr, addr + size, &ops, NULL, &nr);
	return nr;
}

int main(void)
{
	struct pageattr_masks ro = { .set_mask = __pgprot(PTE_RDONLY),
				     .clear_mask = __pgprot(PTE_WRITE) };
	struct pageattr_masks part = ro, large = ro;
	int ret;

	if (machine_init())
		return machine_fail("set-up");
	/* vmalloc: 6 pages, a hole of 2M behind their table, 4 pages; all of it linear as blocks */
	if (machine_map(&init_mm, VMALLOC, 6, PFN, PROT_KERNEL) ||
	    machine_map(&init_mm, VMALLOC + 2 * PMD_SIZE, 4, PFN, PROT_KERNEL) ||
	    machine_map(&init_mm, LINEAR + 4 * PMD_SIZE, 1, PFN, PROT_KERNEL))
		return machine_fail("apply_to_page_range");
	machine_map_block(&init_mm, LINEAR, PFN, PROT_KERNEL);
	machine_map_block(&init_mm, LINEAR + PMD_SIZE, PFN + 512, PROT_KERNEL);
	machine_map_block(&init_mm, LINEAR + 2 * PMD_SIZE, PFN + 1024, PROT_KERNEL);
	set_pud(machine_pud(&init_mm, LINEAR + PUD_SIZE),
		__pud(0xc0000000 | PROT_KERNEL | PUD_TYPE_SECT));

	pw_arm64_counter_init(&machine.counter);
	ret = set_memory(VMALLOC, 3 * PMD_SIZE, &ro);
	tell("whole blocks", ret, &ro);
	printf("read-only pages: %lu of 6, %lu of 4\n", read_only(VMALLOC, PMD_SIZE),
	       read_only(VMALLOC + 2 * PMD_SIZE, PMD_SIZE));
	/* nothing at all here, whose alias is a block of 1G */
	pw_arm64_counter_init(&machine.counter);
	ret = set_memory(VMALLOC + PUD_SIZE, PUD_SIZE, &large);
	tell("a hole, and a larger block", ret, &large);
	/* the alias of two pages is a part of a block */
	pw_arm64_counter_init(&machine.counter);
	ret = set_memory(VMALLOC, 2 * PAGE_SIZE, &part);
	tell("a part of a block", ret, &part);
	return machine_done();
}
