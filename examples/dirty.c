/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Dirty tracking over a mapping: every process that maps a file loses the right to write, so that
 * the next write faults and can be noted. pre_vma opens a VMA's section and post_vma closes it,
 * with the flush of what was changed: that must happen after an error, too, or stale translations
 * stay writable.
 *
 *     walk_page_mapping()
 *        process 1   pre_vma  pte_entry ...           post_vma: flush
 *        process 2   pre_vma  pte_entry ... error     post_vma: flush all the same
 */
#include "machine.h"

#define FILE_PAGES 8

struct wp_walk {
	unsigned long start, end; /* of the VMA under way; what to flush: [first, past) */
	unsigned long first, past;
	unsigned long total;
	unsigned long stop_at; /* the error that is injected: at this many pages; 0: none */
	unsigned int open;     /* sections, must be 0 or 1 */
	unsigned int flushes;
};

/* Only what can be written and is shared; anything else would end the walk of this mapping. */
static int wp_test_walk(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	const vm_flags_t mask = VM_SHARED | VM_WRITE | VM_HUGETLB;

	(void)start, (void)end;
	return (walk->vma->vm_flags & mask) != (VM_SHARED | VM_WRITE);
}

static int wp_pre_vma(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	struct wp_walk *wp = walk->private;

	wp->start = start;
	wp->end = end;
	wp->first = end;
	wp->past = start;
	wp->open++;
	return 0;
}

static void wp_post_vma(struct mm_walk *walk)
{
	struct wp_walk *wp = walk->private;

	if (wp->past > wp->first) {
		flush_tlb_range(walk->vma, wp->first, wp->past);
		wp->flushes++;
	}
	printf("  0x%lx-0x%lx: flush of %lu pages\n", wp->start, wp->end,
	       wp->past > wp->first ? (wp->past - wp->first) >> PAGE_SHIFT : 0);
	wp->open--;
}

/* Huge pages are not tracked here, and must not be split for it. */
static int wp_pud_entry(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next;
	if (pud_leaf(pudp_get(pud)))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int wp_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next;
	if (pmd_leaf(pmdp_get(pmd)))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int wp_pte_entry(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct wp_walk *wp = walk->private;
	pte_t val = ptep_get(pte);

	if (!pte_present(val) || !(pte_val(val) & PTE_WRITE))
		return 0;
	if (wp->stop_at && wp->total == wp->stop_at)
		return -4;
	val = clear_pte_bit(val, __pgprot(PTE_WRITE));
	set_pte_at(walk->mm, addr, pte, set_pte_bit(val, __pgprot(PTE_RDONLY)));
	wp->total++;
	wp->first = addr < wp->first ? addr : wp->first;
	wp->past = next > wp->past ? next : wp->past;
	return 0;
}

static const struct mm_walk_ops wp_ops = {
	.pte_entry = wp_pte_entry,
	.pmd_entry = wp_pmd_entry,
	.pud_entry = wp_pud_entry,
	.test_walk = wp_test_walk,
	.pre_vma = wp_pre_vma,
	.post_vma = wp_post_vma,
};

static int wp_file(const char *what, struct address_space *file, unsigned long first,
		   unsigned long nr, unsigned long stop_at, struct wp_walk *wp)
{
	uint64_t before = machine.counter.n.tlbi;
	int err;

	*wp = (struct wp_walk){ .stop_at = stop_at };
	printf("%s:\n", what);
	err = walk_page_mapping(file, first, nr, &wp_ops, wp);
	printf("  returned %d, %lu pages, %u flushes, %lu pages invalidated, %u sections open\n",
	       err, wp->total, wp->flushes, (unsigned long)(machine.counter.n.tlbi - before),
	       wp->open);
	return err;
}

int main(void)
{
	struct mm_struct mm[2];
	struct address_space file = { 0 };
	struct vm_area_struct vma[2];
	struct pw_linux_mapped mapped[2] = { { .vma = &vma[0] }, { .vma = &vma[1] } };
	struct wp_walk wp;
	unsigned long i;

	if (machine_init())
		return machine_fail("set-up");
	for (i = 0; i < 2; i++) {
		/* the second process maps the file from page 2 on, and elsewhere */
		vma[i] = (struct vm_area_struct){
			.vm_start = 0x10000000 * (i + 1),
			.vm_end = 0x10000000 * (i + 1) + (FILE_PAGES - 2 * i) * PAGE_SIZE,
			.vm_flags = VM_READ | VM_WRITE | VM_SHARED,
			.vm_pgoff = 2 * i,
			.vm_mapping = &file,
		};
		if (machine_new_mm(&mm[i]) || pw_linux_set_vmas(&mm[i], &vma[i], 1) ||
		    machine_map(&mm[i], vma[i].vm_start, vma_pages(&vma[i]) - 1, 0x80000 + 2 * i,
				PROT_USER))
			return machine_fail("a process");
	}
	if (pw_linux_set_mapping(&file, mapped, 2))
		return machine_fail("the mapping");
	if (wp_file("pages 0 to 4", &file, 0, 4, 0, &wp) || wp.total != 6)
		return machine_fail("the first walk");
	/* 3 more of the first process, then one of the second, then an error */
	if (wp_file("all, with an error in the second process", &file, 0, FILE_PAGES, 4, &wp) != -4)
		return machine_fail("the error");
	if (wp_file("all", &file, 0, FILE_PAGES, 0, &wp) || wp.total != 2)
		return machine_fail("the rest");
	return machine_done();
}
