/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "stage.h"

struct stage stage;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	unsigned int i;

	(void)ctx;
	if (stage.used >= stage.limit)
		return NULL;
	for (i = 0; i < 512; i++)
		stage.frame[stage.used][i] = 0xdeadbeefdeadbeef; /* contents are undefined */
	pa->v = PA_BASE + stage.used * PAGE_SIZE;
	return stage.frame[stage.used++];
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
	(void)ctx, (void)mm;
	return stage.held_init_mm == 'w' || (stage.held_init_mm == 'r' && !write);
}

static unsigned long page_address(void *ctx, const struct page *page)
{
	(void)ctx;
	return (unsigned long)(uintptr_t)page; /* here a page is known by its address */
}

static void configure(void)
{
	struct pw_linux_config cfg = {
		.size = sizeof(cfg),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &stage.env,
		.gather = &stage.gather,
		.kpti = true,
		.direct_map = true,
		.warn = warn,
		.mmap_locked = locked,
		.page_address = page_address,
	};

	stage.env.size = sizeof(stage.env);
	stage.env.phys_offset = (uint64_t)(uintptr_t)stage.frame - PA_BASE;
	stage.env.mem_first.v = PA_BASE;
	stage.env.mem_last.v = PA_BASE + sizeof(stage.frame) - 1;
	stage.env.get_table = get_table;
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
	for (i = 0; i < 10; i++)
		stage.seen[i] = 0;
}

void stage_reset(void)
{
	unsigned int i;

	stage.used = 1;
	stage.limit = NR_FRAMES;
	for (i = 0; i < 512; i++)
		stage.frame[0][i] = 0;
	stage.interrupt = false;
	stage.warnings = 0;
	stage.held_init_mm = 'w';
	stage_forget();
	configure();
	init_mm.pgd = (pgd_t *)(void *)stage.frame[0];
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
	static const struct event none = { PGD, 1, 0, -99 };
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
		stage.event[stage.nr_events++] = (struct event){ kind, addr, next, depth };
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

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	(void)data;
	set_pte(pte, pfn_pte(0x80000 + (addr >> PAGE_SHIFT & 0xffff), __pgprot(PAGE_KERNEL)));
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
