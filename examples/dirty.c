/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Dirty tracking over a mapping, two ways: every process that maps a file loses the right to write,
 * so that the next write faults and can be noted; or what was written so far is recorded in a
 * bitmap, and made clean. pre_vma opens a VMA's section and post_vma closes it, with the flush of
 * what was changed: that must happen after an error, too, or stale translations stay writable, and
 * writes through them stay unseen.
 *
 *     walk_page_mapping()
 *        process 1   pre_vma  pte_entry ...           post_vma: flush
 *        process 2   pre_vma  pte_entry ... error     post_vma: flush all the same
 *
 * Hardware may make an entry dirty at any moment, so it is taken out by an exchange before anything
 * is concluded from it; with the contiguous hint that may have been noted in a neighbour.
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

static void wp_changed(struct wp_walk *wp, unsigned long addr, unsigned long next)
{
	wp->total++;
	wp->first = addr < wp->first ? addr : wp->first;
	wp->past = next > wp->past ? next : wp->past;
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
	pte_t old = ptep_get(pte);

	if (!pte_present(old) || !pte_write(old))
		return 0;
	if (wp->stop_at && wp->total == wp->stop_at)
		return -4;
	old = ptep_modify_prot_start(walk->vma, addr, pte);
	ptep_modify_prot_commit(walk->vma, addr, pte, old, pte_wrprotect(old));
	wp_changed(wp, addr, next);
	return 0;
}

/* The other way; @wp comes first, so that both have the same callbacks around a VMA. */
struct clean_walk {
	struct wp_walk wp;
	unsigned long pgoff; /* the page of the file that bit 0 stands for */
	unsigned long bitmap;
};

static int clean_pte_entry(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct clean_walk *clean = walk->private;
	unsigned long page = ((addr - walk->vma->vm_start) >> PAGE_SHIFT) + walk->vma->vm_pgoff;
	pte_t old = ptep_get(pte);

	if (!pte_present(old) || !(pte_write(old) || pte_dirty(old)))
		return 0;
	old = ptep_modify_prot_start(walk->vma, addr, pte);
	if (pte_dirty(old)) {
		clean->bitmap |= 1ul << (page - clean->pgoff);
		wp_changed(&clean->wp, addr, next);
		ptep_modify_prot_commit(walk->vma, addr, pte, old, pte_mkclean(old));
	} else {
		ptep_modify_prot_commit(walk->vma, addr, pte, old, old);
	}
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

static const struct mm_walk_ops clean_ops = {
	.pte_entry = clean_pte_entry,
	.pmd_entry = wp_pmd_entry,
	.pud_entry = wp_pud_entry,
	.test_walk = wp_test_walk,
	.pre_vma = wp_pre_vma,
	.post_vma = wp_post_vma,
};

/* @wp is what @ops want as their private; what it says of an earlier walk is dropped. */
static int wp_file(const char *what, struct address_space *file, unsigned long first,
		   unsigned long nr, const struct mm_walk_ops *ops, struct wp_walk *wp)
{
	uint64_t before = machine.counter.n.tlbi;
	int err;

	wp->total = wp->flushes = 0;
	printf("%s:\n", what);
	err = walk_page_mapping(file, first, nr, ops, wp);
	printf("  returned %d, %lu pages, %u flushes, %lu pages invalidated, %u sections open\n",
	       err, wp->total, wp->flushes, (unsigned long)(machine.counter.n.tlbi - before),
	       wp->open);
	return err;
}

static int clean_file(const char *what, struct address_space *file, unsigned long wanted)
{
	struct clean_walk clean = { .pgoff = 0 };

	if (wp_file(what, file, 0, FILE_PAGES, &clean_ops, &clean.wp))
		return -1;
	printf("  pages that were written: 0x%lx\n", clean.bitmap);
	return clean.bitmap == wanted ? 0 : -1;
}

int main(void)
{
	struct mm_struct mm[2];
	struct address_space file = { 0 };
	struct vm_area_struct vma[2];
	struct pw_linux_mapped mapped[2] = { { .vma = &vma[0] }, { .vma = &vma[1] } };
	struct wp_walk wp = { 0 };
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
	if (wp_file("pages 0 to 4", &file, 0, 4, &wp_ops, &wp) || wp.total != 6)
		return machine_fail("the first walk");
	/* 3 more of the first process, then one of the second, then an error */
	wp.stop_at = 4;
	if (wp_file("all, with an error in the second process", &file, 0, FILE_PAGES, &wp_ops,
		    &wp) != -4)
		return machine_fail("the error");
	wp.stop_at = 0;
	if (wp_file("all", &file, 0, FILE_PAGES, &wp_ops, &wp) || wp.total != 2)
		return machine_fail("the rest");
	/* every page but the last was writable, and dirty: not to be forgotten with the right */
	if (clean_file("what was written", &file, 0x7f) || clean_file("and since", &file, 0))
		return machine_fail("the record");
	/* the second process writes page 3 of the file, with hardware that says so */
	set_pte_at(&mm[1], vma[1].vm_start + PAGE_SIZE,
		   machine_pte(&mm[1], vma[1].vm_start + PAGE_SIZE),
		   pfn_pte(0x80003, __pgprot(PROT_USER | PTE_TYPE_PAGE)));
	if (clean_file("a write later", &file, 1ul << 3))
		return machine_fail("the record of one page");
	return machine_done();
}
