/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "stage.h"

struct stage stage;
struct mm_struct user_mm;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	unsigned int i;

	(void)ctx;
	if (stage.used >= stage.limit)
		return NULL;
	for (i = 0; i < PTRS_PER_PTE; i++)
		stage.frame[stage.used][i] = 0xdeadbeefdeadbeef; /* contents are undefined */
	pa->v = PA_BASE + stage.used * PAGE_SIZE;
	return stage.frame[stage.used++];
}

static void put_table(void *ctx, struct pw_pa pa, void *page)
{
	(void)ctx, (void)page, (void)pa;
	stage.put++;
}

static bool interrupt(void *ctx)
{
	(void)ctx;
	return stage.interrupt;
}

static void warn(void *ctx, const char *file, int line, const char *what)
{
	(void)ctx, (void)file, (void)line, (void)what;
	stage.warnings++;
}

static bool locked(void *ctx, const struct mm_struct *mm, bool write)
{
	char held = mm == &init_mm ? stage.held_init_mm : stage.held_mm;

	(void)ctx;
	return held == 'w' || (held == 'r' && !write);
}

static bool vma_locked(void *ctx, const struct vm_area_struct *vma, bool write)
{
	(void)ctx, (void)vma;
	return stage.held_vma == 'w' || (stage.held_vma == 'r' && !write);
}

static void vma_start_write(void *ctx, struct vm_area_struct *vma)
{
	(void)ctx, (void)vma;
	stage.vma_writes++;
}

static bool i_mmap_locked(void *ctx, const struct address_space *mapping)
{
	(void)ctx, (void)mapping;
	return stage.held_i_mmap;
}

static void hugetlb_lock(void *ctx, struct vm_area_struct *vma)
{
	(void)ctx, (void)vma;
	stage.hugetlb_held++;
	stage.hugetlb_taken++;
}

static void hugetlb_unlock(void *ctx, struct vm_area_struct *vma)
{
	(void)ctx, (void)vma;
	stage.hugetlb_held--;
}

static void ptl_lock(void *ctx, struct mm_struct *mm, const void *entry, int level)
{
	(void)ctx, (void)mm, (void)entry, (void)level;
	stage.ptl_held++;
	stage.ptl_taken++;
}

static void ptl_unlock(void *ctx, struct mm_struct *mm, const void *entry, int level)
{
	(void)ctx, (void)mm, (void)entry, (void)level;
	stage.ptl_held--;
}

static unsigned long page_address(void *ctx, const struct page *page)
{
	(void)ctx;
	return (unsigned long)(uintptr_t)page; /* here a page is known by its address */
}

struct pw_linux_config stage_config(void)
{
	return (struct pw_linux_config){
		.size = sizeof(struct pw_linux_config),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &stage.env,
		.gather = &stage.gather,
		.kpti = true,
		.direct_map = true,
		.warn = warn,
		.mmap_locked = locked,
		.vma_locked = vma_locked,
		.vma_start_write = vma_start_write,
		.i_mmap_locked = i_mmap_locked,
		.hugetlb_vma_lock_read = hugetlb_lock,
		.hugetlb_vma_unlock_read = hugetlb_unlock,
		.ptl_lock = ptl_lock,
		.ptl_unlock = ptl_unlock,
		.page_address = page_address,
	};
}

static void configure(void)
{
	struct pw_linux_config cfg = stage_config();

	stage.env.size = sizeof(stage.env);
	stage.env.phys_offset = (uint64_t)(uintptr_t)stage.frame - PA_BASE;
	stage.env.mem_first.v = PA_BASE;
	stage.env.mem_last.v = PA_BASE + sizeof(stage.frame) - 1;
	stage.env.get_table = get_table;
	stage.env.put_table = put_table;
	stage.env.in_interrupt = interrupt;
	pw_arm64_counter_init(&stage.counter);
	(void)EXPECT_EQ(pw_gather_init(&stage.gather, &stage.counter.e.x, stage.slots, 8), 0);
	(void)EXPECT_EQ(pw_linux_init(&cfg), 0);
}

void stage_forget(void)
{
	unsigned int i;

	stage.nr_events = 0;
	stage.rule_call = 0;
	for (i = 0; i < NR_KINDS; i++)
		stage.seen[i] = 0;
}

void stage_reset(void)
{
	unsigned int i;

	stage.used = 2;
	stage.limit = NR_FRAMES;
	for (i = 0; i < PTRS_PER_PTE; i++)
		stage.frame[0][i] = stage.frame[1][i] = 0;
	stage.put = 0;
	stage.interrupt = false;
	stage.warnings = 0;
	stage.held_init_mm = stage.held_mm = stage.held_vma = 'w';
	stage.held_i_mmap = true;
	stage.vma_writes = stage.ptl_taken = stage.hugetlb_taken = 0;
	stage.ptl_held = stage.hugetlb_held = 0;
	stage_forget();
	configure();
	init_mm.pgd = (pgd_t *)(void *)stage.frame[0];
	user_mm = (struct mm_struct){ .pgd = (pgd_t *)(void *)stage.frame[1] };
}

void stage_rule(enum event_kind kind, unsigned int call, int action, int ret)
{
	stage_forget();
	stage.rule_kind = kind;
	stage.rule_call = call;
	stage.rule_action = action;
	stage.rule_ret = ret;
}

unsigned int stage_count(enum event_kind kind)
{
	unsigned int i, n = 0;

	for (i = 0; i < stage.nr_events; i++)
		n += stage.event[i].kind == kind;
	return n;
}

const struct event *stage_event(enum event_kind kind, unsigned int k)
{
	static const struct event none = { PGD, 1, 0, -99, NULL };
	unsigned int i;

	for (i = 0; i < stage.nr_events; i++) {
		if (stage.event[i].kind == kind && k-- == 0)
			return &stage.event[i];
	}
	return &none;
}

static int record(enum event_kind kind, unsigned long addr, unsigned long next, int depth,
		  struct mm_walk *walk)
{
	if (stage.nr_events < sizeof(stage.event) / sizeof(stage.event[0]))
		stage.event[stage.nr_events++] =
			(struct event){ kind, addr, next, depth, walk ? walk->vma : NULL };
	if (++stage.seen[kind] != stage.rule_call || kind != stage.rule_kind)
		return 0;
	if (stage.rule_action >= 0)
		walk->action = (enum page_walk_action)stage.rule_action;
	return stage.rule_ret;
}

static int on_pgd(pgd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)e;
	return record(PGD, addr, next, 0, walk);
}

static int on_p4d(p4d_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)e;
	return record(P4D, addr, next, 0, walk);
}

static int on_pud(pud_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)e;
	return record(PUD, addr, next, 0, walk);
}

static int on_pmd(pmd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)e;
	return record(PMD, addr, next, 0, walk);
}

static int on_pte(pte_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)e;
	return record(PTE, addr, next, 0, walk);
}

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	return record(HOLE, addr, next, depth, walk);
}

static int pre_table(struct mm_walk *walk, int level, unsigned long addr, unsigned long next)
{
	return record(PRE, addr, next, level, walk);
}

static void post_table(struct mm_walk *walk, int level, unsigned long addr, unsigned long next)
{
	(void)record(POST, addr, next, level, walk);
}

static void pre_pte_table(void)
{
	(void)record(PRE_PTE, 0, 0, 0, NULL);
}

static void post_pte_table(void)
{
	(void)record(POST_PTE, 0, 0, 0, NULL);
}

static int on_huge(pte_t *e, unsigned long hmask, unsigned long addr, unsigned long next,
		   struct mm_walk *walk)
{
	(void)e, (void)hmask;
	EXPECT_EQ(stage.hugetlb_held, 1);
	return record(HUGE, addr, next, 0, walk);
}

static int on_test(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return record(TEST_WALK, addr, next, 0, walk);
}

static int on_pre_vma(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return record(PRE_VMA, start, end, 0, walk);
}

static void on_post_vma(struct mm_walk *walk)
{
	(void)record(POST_VMA, 0, 0, 0, walk);
}

int stage_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	*pte = __pte(PA_BASE | PAGE_USER);
	return record(INSTALL, addr, next, 0, walk);
}

const struct mm_walk_ops stage_ops = {
	.pgd_entry = on_pgd,
	.p4d_entry = on_p4d,
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
	.pre_table = pre_table,
	.post_table = post_table,
	.pre_pte_table = pre_pte_table,
	.post_pte_table = post_pte_table,
};

const struct mm_walk_ops stage_vma_ops = {
	.pgd_entry = on_pgd,
	.p4d_entry = on_p4d,
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
	.hugetlb_entry = on_huge,
	.test_walk = on_test,
	.pre_vma = on_pre_vma,
	.post_vma = on_post_vma,
};

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	(void)data;
	set_pte(pte,
		pfn_pte((0x80000000 + (addr & 0xfffffff)) >> PAGE_SHIFT, __pgprot(PAGE_KERNEL)));
	return 0;
}

int stage_map(unsigned long addr, unsigned long size)
{
	return apply_to_page_range(&init_mm, addr, size, map_one, NULL);
}

pud_t *stage_pud(unsigned long addr)
{
	return pud_offset(p4d_offset(pgd_offset_k(addr), addr), addr);
}

pmd_t *stage_pmd(unsigned long addr)
{
	return pmd_offset(stage_pud(addr), addr);
}

pte_t *stage_pte(unsigned long addr)
{
	return pte_offset_kernel(stage_pmd(addr), addr);
}

static int map_user(pte_t *pte, unsigned long addr, void *data)
{
	(void)data;
	set_pte(pte, pfn_pte((0x80000000 + (addr & 0xfffffff)) >> PAGE_SHIFT, __pgprot(PAGE_USER)));
	return 0;
}

int user_map(unsigned long addr, unsigned long size)
{
	return apply_to_page_range(&user_mm, addr, size, map_user, NULL);
}

pud_t *user_pud(unsigned long addr)
{
	return pud_offset(p4d_offset(pgd_offset(&user_mm, addr), addr), addr);
}

pmd_t *user_pmd(unsigned long addr)
{
	return pmd_offset(user_pud(addr), addr);
}

pte_t *user_pte(unsigned long addr)
{
	return pte_offset_kernel(user_pmd(addr), addr);
}
