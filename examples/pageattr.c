/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Code as an arm64 kernel writes it: the permissions of kernel mappings are changed by a walk with
 * three entry callbacks, and two hooks put lazy MMU mode around each PTE table, as the origin
 * patch does. It runs here over small tables in ordinary memory, with a counter in the place of
 * the barriers, and prints how many a change of 3 tables' pages takes four ways.
 */
#include <pagewalk/arm64.h>
#include <pagewalk/linux.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * As in a kernel
 */

struct page_change_data {
	pgprot_t set_mask;
	pgprot_t clear_mask;
};

static pteval_t set_pageattr_masks(pteval_t val, struct mm_walk *walk)
{
	struct page_change_data *masks = walk->private;

	/* clear first: the two may name the same bit */
	return (val & ~pgprot_val(masks->clear_mask)) | pgprot_val(masks->set_mask);
}

static int pageattr_pud_entry(pud_t *pud, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	pud_t val = pudp_get(pud);

	if (pud_leaf(val)) {
		if (WARN_ON_ONCE(next - addr != PUD_SIZE))
			return -22;
		set_pud(pud, __pud(set_pageattr_masks(pud_val(val), walk)));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int pageattr_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	pmd_t val = pmdp_get(pmd);

	if (pmd_leaf(val)) {
		if (WARN_ON_ONCE(next - addr != PMD_SIZE))
			return -22;
		set_pmd(pmd, __pmd(set_pageattr_masks(pmd_val(val), walk)));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int pageattr_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	pte_t val = __ptep_get(pte);

	(void)addr, (void)next;
	if (!pte_none(val))
		__set_pte(pte, __pte(set_pageattr_masks(pte_val(val), walk)));
	return 0;
}

static void pte_lazy_mmu_enter(void)
{
	arch_enter_lazy_mmu_mode();
}

static void pte_lazy_mmu_leave(void)
{
	arch_leave_lazy_mmu_mode();
}

static const struct mm_walk_ops plain_ops = {
	.pud_entry = pageattr_pud_entry,
	.pmd_entry = pageattr_pmd_entry,
	.pte_entry = pageattr_pte_entry,
	.walk_lock = PGWALK_NOLOCK,
};

static const struct mm_walk_ops pageattr_ops = {
	.pud_entry = pageattr_pud_entry,
	.pmd_entry = pageattr_pmd_entry,
	.pte_entry = pageattr_pte_entry,
	.walk_lock = PGWALK_NOLOCK,
	.pre_pte_table = pte_lazy_mmu_enter,
	.post_pte_table = pte_lazy_mmu_leave,
};

static int update_range_prot(unsigned long start, unsigned long size, const struct mm_walk_ops *ops,
			     bool bracket)
{
	struct page_change_data data = { __pgprot(PTE_RDONLY), __pgprot(PTE_WRITE) };
	int ret;

	if (bracket)
		arch_enter_lazy_mmu_mode();
	ret = walk_page_range_novma(&init_mm, start, start + size, ops, NULL, &data);
	if (bracket)
		arch_leave_lazy_mmu_mode();
	return ret;
}

/*
 * The stage: memory, tables, a counter
 */

#define PA_BASE	  0x40000000ul
#define NR_FRAMES 16
#define START	  0xffff800000100000ul /* in the middle of a PTE table */
#define SIZE	  0x400000ul	       /* three tables */

static char *frames;
static unsigned int frames_used;
static struct pw_env env;
static struct pw_gather gather;
static struct pw_arm64_counter counter;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	if (frames_used == NR_FRAMES)
		return NULL;
	pa->v = PA_BASE + frames_used * PAGE_SIZE;
	return frames + frames_used++ * PAGE_SIZE;
}

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	unsigned long *nr = data;

	set_pte(pte, pfn_pte(0x80000 + (addr >> PAGE_SHIFT & 0xffff),
			     __pgprot(PTE_TYPE_PAGE | PTE_AF | PTE_SHARED | PTE_NG | PTE_WRITE |
				      PTE_PXN | PTE_UXN)));
	++*nr;
	return 0;
}

static int fail(const char *what)
{
	fprintf(stderr, "pageattr: %s failed\n", what);
	return 1;
}

int main(void)
{
	struct pw_linux_config cfg = { .size = sizeof(cfg),
				       .geometry = PW_LINUX_GEOMETRY,
				       .env = &env,
				       .gather = &gather,
				       .kpti = true };
	static const struct {
		const char *name;
		const struct mm_walk_ops *ops;
		bool bracket;
	} ways[] = {
		{ "no hooks", &plain_ops, false },
		{ "hooks around each PTE table", &pageattr_ops, false },
		{ "the whole operation bracketed", &plain_ops, true },
		{ "bracketed, with the hooks", &pageattr_ops, true },
	};
	unsigned long nr = 0;
	struct pw_pa root;
	unsigned int i;

	frames = aligned_alloc(PAGE_SIZE, NR_FRAMES * PAGE_SIZE);
	if (!frames)
		return fail("memory");
	env.size = sizeof(env);
	env.phys_offset = (uint64_t)(uintptr_t)frames - PA_BASE;
	env.get_table = get_table;
	pw_arm64_counter_init(&counter);
	if (pw_gather_init(&gather, &counter.e.x, NULL, 0) || pw_linux_init(&cfg))
		return fail("set-up");
	init_mm.pgd = get_table(NULL, &root);
	memset(init_mm.pgd, 0, PAGE_SIZE);
	if (apply_to_page_range(&init_mm, START, SIZE, map_one, &nr))
		return fail("apply_to_page_range");

	printf("%lu pages in 3 PTE tables are made read-only:\n", nr);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		uint64_t before = counter.n.publish;

		if (update_range_prot(START, SIZE, ways[i].ops, ways[i].bracket))
			return fail("walk_page_range_novma");
		printf("  %-32s %5lu publish barriers (dsb ishst; isb)\n", ways[i].name,
		       (unsigned long)(counter.n.publish - before));
	}
	free(frames);
	return 0;
}
