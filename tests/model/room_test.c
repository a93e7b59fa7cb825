/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Where room runs out: it is counted, and what was known is not lost; and where it does not, it is
 * found again. Each is here because a mutant of the model lived.
 */
#include <time.h>

#include "steps.h"

/* No more results are written than there is room for; all are counted. */
TEST(results_beyond_room)
{
	struct pwm_outcome o[2] = { { 0 }, { .value = 99 } };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0");
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, o, 1), 2);
	EXPECT_EQ(o[0].fault, 1);
	EXPECT_EQ(o[1].value, 99);
	stage_close(&stage);
}

/* The least model finds each page of a table, and each table, wherever its hash puts it. */
TEST(every_page_is_found)
{
	for (uint64_t i = 0; i < 64; i++) {
		uint64_t va = i << 12, table = 0x100000 + i * 0x1000;

		harness_note("page", i);
		if (!open_with((struct pwm_config){ .max_unclean = 1, .max_tables = 8 }))
			return;
		image_write(&stage, 0x12000, table | 3);
		image_write(&stage, table + i * 8, 0x0060000000080f03);
		run("snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003;"
		    "root 0 lower 0x10000 1; isb 0");
		pwm_store(stage.m, 0, table + i * 8, 0, PWM_PLAIN);
		image_write(&stage, table + i * 8, 0);
		run("dsb 0 ish");
		pwm_store(stage.m, 0, table + i * 8, 0, PWM_PLAIN); /* over it again */
		pwm_contract(stage.m, 0, PWM_UNMAP, va, va + 0xfff);
		told("A64-TLBI-1", 1);
		pwm_tlbi(stage.m, 0, PWM_VALE1, va, 1);
		run("dsb 0 ish; isb 0");
		pwm_contract(stage.m, 0, PWM_UNMAP, va, va + 0xfff);
		told("A64-TLBI-1", 1);
		stage_close(&stage);
	}
}

/* An access has one of the first 32 results. */
TEST(accesses_beyond_room)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	for (uint64_t i = 0; i < 40; i++) {
		struct pwm_step s = { .op = PWM_OP_STORE,
				      .a = 0x13000,
				      .b = 0x0060000000100f03 + i * 0x1000 };

		stage_step(&stage, &s);
	}
	for (uint32_t i = 0; i < 500; i++) {
		struct pwm_outcome o = pwm_access(stage.m, 0, 0x123, PWM_R);

		EXPECT_EQ(o.fault, 0);
		EXPECT(o.pa == 0x80123 || (o.pa >= 0x100123 && o.pa <= 0x127123));
		EXPECT_EQ(o.value, 0x0060000000000f03 | (o.pa & ~0xfffull));
	}
	stage_close(&stage);
}

/* Nor is a page taken for a table, wherever the first table lies. */
TEST(pages_are_no_tables)
{
	struct pwm_stats s;

	for (uint64_t i = 0; i < 64; i++) {
		harness_note("root", i);
		if (!open_with((struct pwm_config){ .max_unclean = 1, .max_tables = 1 }))
			return;
		pwm_root(stage.m, 0, PWM_LOWER, 0x100000 + i * 0x1000, 1);
		for (uint64_t k = 0; k < 64; k++)
			pwm_store(stage.m, 0, 0x400000 + k * 0x1000, 0x13003, PWM_PLAIN);
		pwm_get_stats(stage.m, &s);
		EXPECT_EQ(s.unclean, 0);
		EXPECT_EQ(s.tables, 1);
		stage_close(&stage);
	}
}

/* More ways to one entry than there is room for: that some did not fit is counted. */
TEST(ways_beyond_room)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ .max_spaces = 4 }))
		return;
	for (uint64_t i = 1; i < 100; i++)
		image_write(&stage, 0x12000 + i * 8, 0x13003);
	tables();
	run("store 0 0x13000 0");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.unclean, 68);
	EXPECT_EQ(s.overflows, 1);
	stage_close(&stage);
}

/* So are invalidations under way; the first ones are not lost. */
TEST(invalidations_beyond_room)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; dsb 0 ish");
	for (uint32_t i = 0; i < 1640; i++)
		pwm_tlbi(stage.m, i & 1, PWM_VALE1 | PWM_IS, 0, 1);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 40);
	run("dsb 0 ish; isb 0; contract 0 unmap 0 0xfff");
	told("", 0);
	stage_close(&stage);
}

/*
 * What a TLBI leaves behind a pointer needs room while the TLBI is at work, and gets that of stale
 * "invalid" of a CPU that sleeps, which the same TLBI covers. It goes on with the others: the page
 * at 0x6000 is gone.
 */
TEST(room_is_made_within_an_invalidation)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ .max_unclean = 8 }))
		return;
	for (uint64_t i = 0; i < 4; i++)
		image_write(&stage, 0x14000 + i * 8, 0x0060000000090f03 + i * 0x1000);
	image_write(&stage, 0x13030, 0x0060000000086f03);
	tables();
	run("snapshot 0 0x12008 0x14003; root 1 lower 0x10000 1; isb 1; store 0 0x13008 0;"
	    "store 0 0x13030 0; dsb 0 ish; store 0 0x13010 0x0060000000082f03;"
	    "store 0 0x13018 0x0060000000083f03; store 0 0x13020 0x0060000000084f03;"
	    "store 0 0x13028 0x0060000000085f03; dsb 0 ish; isb 0; store 0 0x12008 0; dsb 0 ish");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.unclean, 7);
	run("tlbi 0 rvaae1is va=0x2000 num=7 scale=1; dsb 0 ish; isb 0");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 0);
	EXPECT_EQ(s.forgotten, 4);
	EXPECT_EQ(s.max_unclean, 8);
	run("contract 0 unmap 0x6000 0x6fff; contract 0 unmap 0x200000 0x201fff");
	told("", 0);
	run("contract 0 unmap 0x202000 0x203fff; contract 0 unmap 0x1000 0x1fff");
	told("A64-TLBI-9", 3);
	stage_close(&stage);
}

/*
 * A record of a stale "invalid" that is gone does not speak for the next one that is kept in its
 * place: here CPU 1 had not synchronised for the first, and does so before the second is visible.
 */
TEST(records_of_what_is_gone)
{
	struct pwm_config cfg = { .size = sizeof(cfg), .nr_cpus = 2 };

	if (!EXPECT(stage_open(&stage, &cfg)))
		return;
	tables();
	run("root 1 lower 0x10000 1; isb 1; store 0 0x13010 0x0060000000082f03; dsb 0 ish;"
	    "tlbi 0 vae1is va=0x2000 asid=1; dsb 0 ish; isb 0;"
	    "store 0 0x13018 0x0060000000083f03; isb 1; access 1 0x3000 r nofault");
	told("A64-PUB-2", 1);
	stage_close(&stage);
}

/*
 * Room is made when there is none, of what is gone by then: here the page comes back as the last
 * record is taken, and nobody waits for the 159 invalidations of it any more.
 */
TEST(room_is_made_of_records_when_it_is_needed)
{
	struct pwm_stats s;

	for (uint32_t more = 0; more < 2; more++) {
		if (!open_with((struct pwm_config){ .max_unclean = 16 }))
			return;
		tables();
		run("store 0 0x13000 0; dsb 0 ish");
		for (uint32_t i = 0; i < 159 + more; i++)
			pwm_tlbi(stage.m, i & 1, PWM_VALE1 | PWM_IS, 0, 1);
		run("store 0 0x13000 0x0060000000080f03; store 0 0x13008 0");
		pwm_get_stats(stage.m, &s);
		EXPECT_EQ(s.overflows, more);
		stage_close(&stage);
	}
}

/*
 * What one CPU maps and unmaps for long costs no room, whatever the other one does not do: it
 * sleeps with the root loaded; it stores, and has no barrier; it invalidates, and has none.
 */
TEST(an_idle_cpu_costs_no_room)
{
	static const char *const rounds[] = {
		"store 0 0x13010 0x0060000000082f03; dsb 0 ish; isb 0;"
		"contract 0 map 0x2000 0x2fff; store 0 0x13010 0; dsb 0 ish;"
		"tlbi 0 vae1is va=0x2000 asid=1; dsb 0 ish; isb 0; contract 0 unmap 0x2000 0x2fff",
		"store 1 0x13010 0x0060000000082f03; store 0 0x13010 0; dsb 0 ish;"
		"tlbi 0 vae1is va=0x2000 asid=1; dsb 0 ish; isb 0; contract 0 unmap 0x2000 0x2fff",
		"store 0 0x13000 0; dsb 0 ish; tlbi 1 vae1is va=0 asid=1; "
		"tlbi 0 vae1is va=0 asid=1; dsb 0 ish; isb 0; contract 0 unmap 0 0xfff;"
		"store 0 0x13000 0x0060000000080f03; dsb 0 ish; isb 0; isb 1",
	};
	struct pwm_config cfg = {
		.size = sizeof(cfg), .nr_cpus = 2, .max_unclean = 16, .max_tables = 16
	};
	struct pwm_stats s;

	for (uint32_t i = 0; i < 3; i++) {
		harness_note("round", i);
		if (!EXPECT(stage_open(&stage, &cfg)))
			return;
		tables();
		run("root 1 lower 0x10000 1; isb 1");
		for (uint32_t n = 0; n < 500; n++)
			run(rounds[i]);
		told("", 0);
		pwm_get_stats(stage.m, &s);
		EXPECT_EQ(s.overflows, 0);
		EXPECT_EQ(s.unclean, 0);
		stage_close(&stage);
	}
}

/* Nor does the TLBI go on to take what is stored over in the place of what gave way. */
TEST(what_gave_way_is_not_taken)
{
	if (!open_with((struct pwm_config){ .max_unclean = 8 }))
		return;
	for (uint64_t i = 0; i < 4; i++)
		image_write(&stage, 0x14000 + i * 8, 0x0060000000090f03 + i * 0x1000);
	image_write(&stage, 0x13030, 0x0060000000086f03);
	tables();
	run("snapshot 0 0x12008 0x14003; root 1 lower 0x10000 1; isb 1; store 0 0x13008 0;"
	    "store 0 0x13030 0; dsb 0 ish;"
	    "store 0 0x13010 0x0060000000082f03; store 0 0x13018 0x0060000000083f03;"
	    "store 0 0x13020 0x0060000000084f03; store 0 0x13028 0x0060000000085f03;"
	    "dsb 0 ish; isb 0; store 0 0x12008 0; dsb 0 ish");
	pwm_tlbi_raw(stage.m, 0, PWM_VAAE1 | PWM_RANGED | PWM_IS,
		     2 | 7ull << 39 | 1ull << 44 | 1ull << 46);
	run("store 0 0x13000 0; store 0 0x13010 0; dsb 0 ish; isb 0; contract 0 unmap 0 0xfff;"
	    "contract 0 unmap 0x2000 0x2fff");
	EXPECT_EQ(stage.nr_verdicts, 2);
	EXPECT_EQ(stage.verdict[0].cpus_lo, 3);
	EXPECT_EQ(stage.verdict[1].cpus_lo, 3);
	stage_close(&stage);
}

/*
 * The last pointer that was taken leaves no leaf unlooked at: what is counted by kind is counted
 * down as well.
 */
TEST(a_leaf_after_a_pointer)
{
	struct pwm_config cfg = { .size = sizeof(cfg), .nr_cpus = 2 };

	if (!EXPECT(stage_open(&stage, &cfg)))
		return;
	tables();
	run("store 0 0x12000 0; dsb 0 ish; tlbi 0 aside1is asid=1; dsb 0 ish; isb 0;"
	    "store 0 0x12000 0x13003; dsb 0 ish; isb 0; store 0 0x13000 0; dsb 0 ish;"
	    "tlbi 0 vae1is va=0 asid=1; dsb 0 ish; isb 0; contract 0 unmap 0 0xfff");
	told("", 0);
	stage_close(&stage);
}

/* And tables linked by more entries than there is room for. */
TEST(links_beyond_room)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (uint64_t i = 1; i < 140; i++)
		image_write(&stage, 0x12000 + i * 8, 0x13003);
	tables();
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 14);
	stage_close(&stage);
}

/* A root that found no room: nothing is known of the CPU, and not what was loaded before. */
TEST(roots_beyond_room)
{
	struct pwm_outcome o;
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ .max_spaces = 2 }))
		return;
	image_write(&stage, 0x12008, 0x13003);
	image_write(&stage, 0x12010, 0x13003);
	tables();
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.pa, 0x80000);
	run("store 0 0x13000 0"); /* three ways lead to it */
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.spaces, 1);
	run("root 1 lower 0x10000 2; store 0 0x13000 0");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.spaces, 2);
	run("root 0 lower 0x30000 2");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 1);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.fault, 1);
	stage_close(&stage);
}

/* Circles, and tables that are linked everywhere ----------------------------------------------- */

static uint32_t overflows(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s.overflows;
}

static void count_stale(void *ctx, uint64_t root, uint32_t asid, uint64_t va, uint32_t level,
			uint64_t value, int table, uint64_t cpus)
{
	(void)root, (void)asid, (void)va, (void)level, (void)value, (void)table, (void)cpus;
	++*(uint64_t *)ctx;
}

/*
 * Every entry of a root leads to the root: 2^36 pages, by 2^27 ways to each entry. Or each table
 * has one table 512 times, as an empty shadow of KASAN's. No step takes for ever, and what was left
 * out is counted.
 */
TEST(circles_end)
{
	for (uint32_t shared = 0; shared < 2; shared++) {
		for (uint32_t arch = PWM_ARM64; arch <= PWM_X86; arch++) {
			uint64_t link = arch == PWM_X86 ? 0x67 : 3, nr = 0;
			uint32_t before;

			harness_note("shared", shared);
			harness_note("architecture", arch);
			if (!open_with((struct pwm_config){ .arch = arch, .max_tables = 1024 }))
				return;
			for (uint64_t i = 0; i < 512; i++) {
				image_write(&stage, 0x10000 + i * 8,
					    (shared ? 0x11000 : 0x10000) | link);
				if (!shared)
					continue;
				image_write(&stage, 0x11000 + i * 8, 0x12000 | link);
				image_write(&stage, 0x12000 + i * 8, 0x13000 | link);
				image_write(&stage, 0x13000 + i * 8, 0x80000 | link);
			}
			pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 0);
			EXPECT_EQ(overflows(), 0);
			run("store 0 0x10000 0");
			before = overflows();
			EXPECT_EQ(before, !shared);
			if (!shared && arch == PWM_ARM64) {
				pwm_page_free(stage.m, 0, 0x999000, 0x1000);
				EXPECT_EQ(overflows(), ++before);
			}
			if (shared && arch == PWM_ARM64) {
				pwm_each_stale(stage.m, count_stale, &nr);
				EXPECT_EQ(overflows(), ++before);
				EXPECT(nr > 0);
				run("end audit");
				EXPECT_EQ(overflows(), ++before);
			}
			if (arch == PWM_X86)
				run("invlpg 0 0");
			else
				run("dsb 0 ish; tlbi 0 vae1is va=0; dsb 0 ish");
			run(shared ? "store 0 0x13000 0" : "store 0 0x10008 0");
			EXPECT(overflows() > before);
			stage_close(&stage);
		}
	}
}

/* A step that runs out of room is not slow as well: it looks for room once. */
TEST(no_room_is_found_out_once)
{
	struct pwm_config cfg = { .max_unclean = 1u << 16, .max_tables = 1024 };
	clock_t began;

	if (!open_with(cfg))
		return;
	/* 2^18 pages behind one pointer, by way of one table 512 times */
	for (uint64_t i = 0; i < 512; i++) {
		image_write(&stage, 0x12000 + i * 8, 0x13003);
		image_write(&stage, 0x13000 + i * 8, 0x0060000000000703 | (0x80000 + i * 0x1000));
	}
	run("snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003; root 0 lower 0x10000 1; isb 0;"
	    "store 0 0x11000 0; dsb 0 ish");
	began = clock();
	run("tlbi 0 aside1is asid=1"); /* and the pages are global */
	EXPECT((double)(clock() - began) / CLOCKS_PER_SEC < 2);
	EXPECT(overflows() > 1u << 17);
	stage_close(&stage);
}

/* Nor is a table that everybody links: 2^16 links to it are as dear as to any other. */
TEST(links_to_one_table)
{
	struct pwm_config cfg = { .max_tables = 1u << 16 };
	clock_t began;

	if (!open_with(cfg))
		return;
	run("snapshot 0 0x10000 0x11003; root 0 lower 0x10000 1; isb 0");
	began = clock();
	/* 128 tables of level 1, each of whose entries is the same table */
	for (uint64_t i = 0; i < 128; i++) {
		for (uint64_t k = 0; k < 512; k++) {
			struct pwm_step s = { .op = PWM_OP_SNAPSHOT,
					      .a = 0x100000 + i * 0x1000 + k * 8,
					      .b = 0x13003 };

			if (i < 4)
				image_write(&stage, s.a, s.b);
			if (!k) {
				struct pwm_step l = { .op = PWM_OP_SNAPSHOT,
						      .a = 0x11000 + i * 8,
						      .b = (0x100000 + i * 0x1000) | 3 };

				stage_step(&stage, &l);
			}
			pwm_take(stage.m, &s);
		}
	}
	EXPECT((double)(clock() - began) / CLOCKS_PER_SEC < 2);
	EXPECT_EQ(overflows(), 0);
	stage_close(&stage);
}

/* A promise is about all of its pages, however many there are: the group with a gap is the last. */
TEST(promises_about_many_pages)
{
	for (uint32_t riscv = 0; riscv < 2; riscv++) {
		uint64_t group = riscv ? 0x80000000000420c7 : 0x00700000000a0f03;

		if (!open_with((struct pwm_config){ .arch = riscv ? PWM_RISCV : PWM_ARM64,
						    .features = PWM_SVNAPOT,
						    .max_tables = 1024 }))
			return;
		/* 512 times the same table, but for the last */
		for (uint64_t i = 0; i < 512; i++) {
			uint64_t table = i < 511 ? 0x13000 : 0x14000;

			image_write(&stage, 0x12000 + i * 8, riscv ? table >> 2 | 1 : table | 3);
			image_write(&stage, 0x13000 + i * 8, riscv ? 0x200c7 : 0x0060000000080f03);
		}
		for (uint64_t i = 496; i < 511; i++)
			image_write(&stage, 0x14000 + i * 8,
				    riscv ? group : group + ((i & 15) << 12));
		image_write(&stage, 0x10000, riscv ? 0x11000 >> 2 | 1 : 0x11003);
		image_write(&stage, 0x11000, riscv ? 0 : 0x12003);
		image_write(&stage, 0x10008, riscv ? 0x12000 >> 2 | 1 : 0);
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
		if (riscv)
			run("sfence 0 all all; contract 0 map 0 0x7fffffff");
		else
			run("isb 0; contract 0 map 0 0x3fffffff");
		told(riscv ? "RV-NAPOT-1" : "A64-CONT-1", 1);
		EXPECT_EQ(overflows(), 0);
		/* and addresses that there are not are not gone through */
		pwm_contract(stage.m, 0, PWM_MAP, 0, riscv ? ~0ull : 0xffffffffffff);
		told(riscv ? "RV-NAPOT-1" : "A64-CONT-1", 2);
		pwm_contract(stage.m, 0, PWM_MAP, 0, ~0ull);
		told(riscv ? "RV-NAPOT-1" : "A64-CONT-1", 3);
		EXPECT_EQ(overflows(), 0);
		stage_close(&stage);
	}
}

/* While thousands of invalidations are under way a store costs what it does without them. */
TEST(stores_beside_what_is_under_way)
{
	clock_t began;

	if (!open_with((struct pwm_config){ .max_unclean = 1u << 15, .max_tables = 1024 }))
		return;
	/* 16384 pages, by way of one table 32 times */
	for (uint64_t i = 0; i < 512; i++) {
		image_write(&stage, 0x13000 + i * 8, 0x0060000000000f03 | (0x80000 + i * 0x1000));
		if (i < 32)
			image_write(&stage, 0x12000 + i * 8, 0x13003);
	}
	run("snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003; root 0 lower 0x10000 1; isb 0;"
	    "snapshot 0 0x11008 0x14003; snapshot 0 0x14000 0x15003");
	for (uint64_t i = 0; i < 512; i++)
		pwm_store(stage.m, 0, 0x13000 + i * 8, 0, PWM_PLAIN);
	for (uint64_t i = 0; i < 512; i++)
		image_write(&stage, 0x13000 + i * 8, 0);
	run("dsb 0 ish");
	for (uint64_t i = 0; i < 16384; i++)
		pwm_tlbi(stage.m, 0, PWM_VALE1 | PWM_IS, i << 12, 1);
	began = clock();
	for (uint64_t i = 0; i < 500000; i++) {
		uint64_t val = i & 1 ? 0 : 0x0060000000082f03;

		pwm_store(stage.m, 0, 0x15000, val, PWM_PLAIN);
		image_write(&stage, 0x15000, val);
	}
	EXPECT((double)(clock() - began) / CLOCKS_PER_SEC < 2);
	stage_close(&stage);
}
