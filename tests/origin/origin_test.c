/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the origin patch saves, on a running machine: kernel pages become read-only while the CPU
 * walks their tables, and a plugin in the emulator counts the barriers and invalidations that are
 * executed meanwhile. Each test opens a row of the count; tests/origin.sh names the rows, and knows
 * what has to be in them.
 *
 * Two situations. 262,144 pages, 1 GiB, are changed by a walk as arm64's pageattr.c does it, with
 * barriers for each entry, for each PTE table (the origin patch's hooks) and for the operation. And
 * 16,384 pages of a vmalloc area are changed together with what the linear map says of the same
 * memory, which lies there in pieces.
 *
 * What the counts are of is checked here: before, pages are written to, so that the TLB holds them
 * as writable; after, the same writes fault, and every entry is read-only.
 */
#include <pagewalk/linux.h>

#include "../harness/harness.h"
#include "../metal/arm64/board.h"

/* The plugin counts for this row from here on; 0: for none. */
#define COUNT_FOR(row) __asm__ volatile("movz xzr, %0" : : "i"(0x5700 + (row)) : "memory")

/* Rows, as in tests/origin.sh. */
enum {
	ROW_SELF_TEST = 1,
	ROW_ENTRY,
	ROW_TABLE,
	ROW_OPERATION,
	ROW_SET_MEMORY,
	ROW_PROTECT,
	ROW_ALIAS_EACH,
	ROW_ALIAS_RUNS,
	ROW_ALIAS_PAGES,
	ROW_ALIAS_FULL,
	ROW_ALIAS_VECTOR,
};

#define RAM	    0x80000000ull /* behind the guest: 1 GiB of pages */
#define NR_PAGES    262144ul
#define KERNEL	    0xffffff8040000000ul
#define LINEAR	    0xffffff9000000000ul
#define LINEAR_SIZE 0x10000000ul

/* Two vmalloc areas: of pieces of 16 pages, and of single ones. */
#define NR_ALIASED 16384ul
#define AREA_RUNS  0xffffffa000000000ul
#define AREA_PAGES 0xffffffb000000000ul
#define RUN_PAGES  16ul
#define NR_RUNS	   (NR_ALIASED / RUN_PAGES)

#define NR_TABLES 768u
#define NR_SLOTS  (NR_ALIASED + 1) /* of the gather: for whatever there is, */
#define FEW_SLOTS 64		   /* or for some */
#define NR_PROBES 64ul

static uint64_t pool[NR_TABLES][512] __attribute__((aligned(4096)));
static uint32_t nr_used;
static struct pw_flush slots[NR_SLOTS];
static struct pw_range ranges[NR_RUNS + 1];
static struct pw_gather gather;
static struct pw_env env;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	if (nr_used == NR_TABLES)
		return NULL;
	pa->v = (uint64_t)(uintptr_t)pool[nr_used];
	return pool[nr_used++];
}

/* Nothing here takes a table away. */
static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)pa, (void)virt;
	EXPECT(false);
}

static pgprot_t kernel_rw(void)
{
	return __pgprot(PTE_TYPE_PAGE | PTE_AF | PTE_SHARED | PTE_WRITE | PTE_PXN | PTE_UXN);
}

/*
 * The memory of an area's page: pieces of @run pages, mixed (the factor is odd, so each comes once)
 * and each followed by as much that belongs to somebody else.
 */
static unsigned long scattered_pa(unsigned long page, unsigned long run)
{
	unsigned long piece = page / run * 389 % (NR_ALIASED / run);

	return RAM + (2 * piece * run + page % run) * PAGE_SIZE;
}

static unsigned long alias_of(unsigned long page, unsigned long run)
{
	return LINEAR + (scattered_pa(page, run) - RAM);
}

/* One after another, or (run) in pieces. */
struct layout {
	unsigned long start;
	unsigned long run;
};

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	const struct layout *l = data;
	unsigned long page = (addr - l->start) / PAGE_SIZE;
	unsigned long pa = l->run ? scattered_pa(page, l->run) : RAM + page * PAGE_SIZE;

	set_pte(pte, pfn_pte(pa >> PAGE_SHIFT, kernel_rw()));
	return 0;
}

static void map_area(unsigned long start, unsigned long nr_pages, unsigned long run)
{
	struct layout l = { start, run };

	EXPECT_EQ(apply_to_page_range(&init_mm, start, nr_pages * PAGE_SIZE, map_one, &l), 0);
}

static void use_gather(uint32_t nr_slots)
{
	EXPECT_EQ(pw_gather_init(&gather, &metal_exec.x, slots, nr_slots), 0);
	gather.max_pages = PW_ARM64_RANGE_MAX;
}

/* @rodata_full: the linear map follows what set_memory_ro() and _rw() do. */
static void setup(bool rodata_full)
{
	struct pw_linux_config cfg = { .size = sizeof(cfg),
				       .geometry = PW_LINUX_GEOMETRY,
				       .env = &env,
				       .gather = &gather,
				       .rodata_full = rodata_full,
				       .linear_start = LINEAR,
				       .linear_end = LINEAR + LINEAR_SIZE,
				       .linear_pa = RAM };

	use_gather(FEW_SLOTS);
	EXPECT_EQ(pw_linux_init(&cfg), 0);
	if (nr_used)
		return;
	env = (struct pw_env){ .size = sizeof(env),
			       .get_table = get_table,
			       .put_table = put_table };
	metal_exec.caps = PW_CAP_TLBIRANGE;
	metal_exec.x.max_pages = PW_ARM64_RANGE_MAX;
	init_mm.pgd = (pgd_t *)(void *)metal_upper;
	map_area(KERNEL, NR_PAGES, 0);
	map_area(LINEAR, LINEAR_SIZE / PAGE_SIZE, 0);
	map_area(AREA_RUNS, NR_ALIASED, RUN_PAGES);
	map_area(AREA_PAGES, NR_ALIASED, 1);
}

/*
 * As arm64's pageattr.c has it
 */

struct masks {
	pteval_t set;
	pteval_t clear;
};

static int change_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	const struct masks *m = walk->private;
	pte_t val = __ptep_get(pte);

	(void)addr, (void)next;
	if (!pte_none(val))
		__set_pte(pte, __pte((pte_val(val) & ~m->clear) | m->set));
	return 0;
}

static void enter(void)
{
	arch_enter_lazy_mmu_mode();
}

static void leave(void)
{
	arch_leave_lazy_mmu_mode();
}

static const struct mm_walk_ops plain_ops = {
	.pte_entry = change_pte,
	.walk_lock = PGWALK_NOLOCK,
};

static const struct mm_walk_ops hooked_ops = {
	.pte_entry = change_pte,
	.walk_lock = PGWALK_NOLOCK,
	.pre_pte_table = enter,
	.post_pte_table = leave,
};

static int walk(unsigned long start, unsigned long nr_pages, const struct mm_walk_ops *ops)
{
	struct masks ro = { PTE_RDONLY, PTE_WRITE };

	return walk_page_range_novma(&init_mm, start, start + nr_pages * PAGE_SIZE, ops, NULL, &ro);
}

static int bracketed(unsigned long start, unsigned long nr_pages)
{
	int err;

	arch_enter_lazy_mmu_mode();
	err = walk(start, nr_pages, &plain_ops);
	arch_leave_lazy_mmu_mode();
	return err;
}

/*
 * Was it done?
 */

static int count_read_only(pte_t *pte, unsigned long addr, void *data)
{
	unsigned long *nr = data;

	(void)addr;
	*nr += (pte_val(__ptep_get(pte)) & (PTE_VALID | PTE_RDONLY | PTE_WRITE)) ==
	       (PTE_VALID | PTE_RDONLY);
	return 0;
}

static void expect_read_only(unsigned long start, unsigned long nr_pages, unsigned long want)
{
	unsigned long nr = 0;

	EXPECT_EQ(apply_to_existing_page_range(&init_mm, start, nr_pages * PAGE_SIZE,
					       count_read_only, &nr),
		  0);
	EXPECT_EQ(nr, want);
}

/* Writes that fill the TLB before, and fault after. */
static void probe(unsigned long addr, uint32_t want)
{
	EXPECT_EQ(metal_write(addr, addr), want);
}

static void probe_area(unsigned long start, unsigned long nr_pages, uint32_t want)
{
	for (unsigned long i = 0; i < NR_PROBES; i++)
		probe(start + nr_pages / NR_PROBES * i * PAGE_SIZE, want);
	probe(start + (nr_pages - 1) * PAGE_SIZE, want);
}

static void begin_kernel(void)
{
	setup(false);
	EXPECT_EQ(set_memory_rw(KERNEL, NR_PAGES), 0);
	expect_read_only(KERNEL, NR_PAGES, 0);
	probe_area(KERNEL, NR_PAGES, METAL_NO_FAULT);
}

static void end_kernel(void)
{
	expect_read_only(KERNEL, NR_PAGES, NR_PAGES);
	probe_area(KERNEL, NR_PAGES, METAL_PERMISSION_0 + 3);
}

static void probe_aliased(unsigned long area, unsigned long run, uint32_t want)
{
	probe_area(area, NR_ALIASED, want);
	for (unsigned long i = 0; i < NR_ALIASED; i += NR_ALIASED / NR_PROBES)
		probe(alias_of(i, run), want);
}

static void begin_aliased(unsigned long area, unsigned long run, uint32_t nr_slots)
{
	setup(true);
	EXPECT_EQ(set_memory_rw(area, NR_ALIASED), 0);
	expect_read_only(area, NR_ALIASED, 0);
	expect_read_only(LINEAR, LINEAR_SIZE / PAGE_SIZE, 0);
	probe_aliased(area, run, METAL_NO_FAULT);
	use_gather(nr_slots);
}

/* The pages of the area, their aliases, and no others: those in between stay writable. */
static void end_aliased(unsigned long area, unsigned long run)
{
	COUNT_FOR(0);
	expect_read_only(area, NR_ALIASED, NR_ALIASED);
	expect_read_only(LINEAR, LINEAR_SIZE / PAGE_SIZE, NR_ALIASED);
	probe_aliased(area, run, METAL_PERMISSION_0 + 3);
	probe(LINEAR + run * PAGE_SIZE, METAL_NO_FAULT);
	use_gather(FEW_SLOTS);
	EXPECT_EQ(set_memory_rw(area, NR_ALIASED), 0);
}

/*
 * The rows
 */

/* 2 publish barriers, 7 dsb, 4 isb, 6 tlbi, 3 of them ranges; what only looks like one is none. */
TEST(the_plugin_counts)
{
	setup(false);
	COUNT_FOR(ROW_SELF_TEST);
	__asm__ volatile(".arch armv8.7-a\n\t"
			 "dsb ishst\n\tisb\n\tnop\n\tdsb ishst\n\tnop\n\tisb\n\t"
			 "dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb\n\t"
			 "dsb sy\n\tisb\n\tdsb osh\n\tdsb nsh\n\t"
			 "tlbi vaale1is, %0\n\ttlbi vale1, %0\n\ttlbi rvaale1is, %0\n\t"
			 "tlbi rvale1, %0\n\ttlbi rvae1os, %0\n\t"
			 "dmb ish\n\tdmb ishst\n\thint #0\n\tcsdb\n\tsb\n\tssbb\n\tpssbb\n\t"
			 "movz x0, #0x5702\n\tdc cvac, %1\n\tat s1e1r, %1"
			 :
			 : "r"(0ull), "r"((uint64_t)(uintptr_t)pool)
			 : "memory", "x0");
	COUNT_FOR(0);
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

TEST(barriers_for_each_entry)
{
	begin_kernel();
	COUNT_FOR(ROW_ENTRY);
	EXPECT_EQ(walk(KERNEL, NR_PAGES, &plain_ops), 0);
	flush_tlb_kernel_range(KERNEL, KERNEL + NR_PAGES * PAGE_SIZE);
	COUNT_FOR(0);
	end_kernel();
}

TEST(hooks_around_each_table)
{
	begin_kernel();
	COUNT_FOR(ROW_TABLE);
	EXPECT_EQ(walk(KERNEL, NR_PAGES, &hooked_ops), 0);
	flush_tlb_kernel_range(KERNEL, KERNEL + NR_PAGES * PAGE_SIZE);
	COUNT_FOR(0);
	end_kernel();
}

TEST(a_bracket_around_the_operation)
{
	begin_kernel();
	COUNT_FOR(ROW_OPERATION);
	EXPECT_EQ(bracketed(KERNEL, NR_PAGES), 0);
	flush_tlb_kernel_range(KERNEL, KERNEL + NR_PAGES * PAGE_SIZE);
	COUNT_FOR(0);
	end_kernel();
}

TEST(set_memory_pays_once)
{
	begin_kernel();
	COUNT_FOR(ROW_SET_MEMORY);
	EXPECT_EQ(set_memory_ro(KERNEL, NR_PAGES), 0);
	COUNT_FOR(0);
	end_kernel();
}

static const struct pw_change ro = { .perm_clear = PW_PERM_W };

static void open_native(struct pw_table *pt)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE | PW_TABLE_UPPER,
		.instance = &pw_arm64_4k_direct,
		.env = &env,
		.exec = &metal_exec.x,
		.root = { (uint64_t)(uintptr_t)metal_upper },
		.va_bits = METAL_VA_BITS,
		.any_asid = 1,
		.mair = 0x00ff,
	};

	EXPECT_EQ(pw_table_init(pt, &cfg), 0);
}

TEST(protect_pays_once)
{
	struct pw_table pt;

	begin_kernel();
	open_native(&pt);
	COUNT_FOR(ROW_PROTECT);
	EXPECT_EQ(pw_protect(&pt, pw_range_len(KERNEL, NR_PAGES * PAGE_SIZE), &ro, 0, NULL, NULL),
		  0);
	COUNT_FOR(0);
	end_kernel();
}

/* One change of a range, with an invalidation of its own. */
static void change_range(unsigned long start, unsigned long nr_pages)
{
	EXPECT_EQ(bracketed(start, nr_pages), 0);
	flush_tlb_kernel_range(start, start + nr_pages * PAGE_SIZE);
}

/* As Linux 7.3 does it: alias by alias, and then the area. */
TEST(each_alias_by_itself)
{
	begin_aliased(AREA_RUNS, RUN_PAGES, NR_SLOTS);
	COUNT_FOR(ROW_ALIAS_EACH);
	for (unsigned long i = 0; i < NR_ALIASED; i++)
		change_range(alias_of(i, RUN_PAGES), 1);
	change_range(AREA_RUNS, NR_ALIASED);
	end_aliased(AREA_RUNS, RUN_PAGES);
}

TEST(aliases_in_runs)
{
	begin_aliased(AREA_RUNS, RUN_PAGES, NR_SLOTS);
	COUNT_FOR(ROW_ALIAS_RUNS);
	EXPECT_EQ(set_memory_ro(AREA_RUNS, NR_ALIASED), 0);
	end_aliased(AREA_RUNS, RUN_PAGES);
}

TEST(aliases_page_by_page)
{
	begin_aliased(AREA_PAGES, 1, NR_SLOTS);
	COUNT_FOR(ROW_ALIAS_PAGES);
	EXPECT_EQ(set_memory_ro(AREA_PAGES, NR_ALIASED), 0);
	end_aliased(AREA_PAGES, 1);
}

/* No room for so many ranges: everything goes, which is one operation. */
TEST(aliases_beyond_the_gathers_room)
{
	begin_aliased(AREA_PAGES, 1, FEW_SLOTS);
	COUNT_FOR(ROW_ALIAS_FULL);
	EXPECT_EQ(set_memory_ro(AREA_PAGES, NR_ALIASED), 0);
	end_aliased(AREA_PAGES, 1);
}

TEST(aliases_as_a_vector)
{
	struct pw_table pt;

	begin_aliased(AREA_RUNS, RUN_PAGES, NR_SLOTS);
	open_native(&pt);
	for (unsigned long i = 0; i < NR_RUNS; i++)
		ranges[i] = pw_range_len(alias_of(i * RUN_PAGES, RUN_PAGES), RUN_PAGES * PAGE_SIZE);
	ranges[NR_RUNS] = pw_range_len(AREA_RUNS, NR_ALIASED * PAGE_SIZE);
	COUNT_FOR(ROW_ALIAS_VECTOR);
	EXPECT_EQ(pw_protect_vec(&pt, ranges, NR_RUNS + 1, &ro, 0, &gather, NULL), 0);
	end_aliased(AREA_RUNS, RUN_PAGES);
}
