/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a verdict says and how often: which mistake it names of two that look alike, which
 * invalidation it points at, and that one finding is one verdict. Litmus files compare sets of
 * rules; these count, and look into the fields. And what happens where room runs out: it is
 * counted, and what was known is not lost. Each is here because a mutant of the model lived.
 */
#include <stdio.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;

static bool open_with(struct pwm_config cfg)
{
	cfg.size = sizeof(cfg);
	if (!cfg.nr_cpus)
		cfg.nr_cpus = 2;
	if (!cfg.max_unclean)
		cfg.max_unclean = 256;
	if (!cfg.max_tables)
		cfg.max_tables = 64;
	cfg.features |= PWM_PLAY;
	return EXPECT(stage_open(&stage, &cfg));
}

/* Steps as in a trace, with ; between them. */
static void run(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ";"), site_len;
		const char *site, *wanted;
		struct pwm_step s;

		if (!EXPECT_EQ(pwm_parse_line(stage.cfg.arch, text, len, &s, &site, &site_len,
					      &wanted),
			       1) ||
		    !EXPECT_EQ(stage_step(&stage, &s), 0))
			printf("  %.*s\n", (int)len, text);
		text += len + (text[len] != 0);
	}
}

/* Every verdict so far is of this rule, and there are so many. */
static void told(const char *rule, uint32_t nr)
{
	EXPECT_EQ(stage.nr_verdicts, nr);
	for (uint32_t i = 0; i < stage.nr_verdicts && i < STAGE_VERDICTS; i++)
		if (!EXPECT(!strcmp(stage.verdict[i].rule->id, rule)))
			printf("  %s and not %s\n", stage.verdict[i].rule->id, rule);
}

/* Four levels at 0x10000 to 0x13000, two pages. */
static void tables(void)
{
	run("snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003; snapshot 0 0x12000 0x13003;"
	    "snapshot 0 0x13000 0x0060000000080f03; snapshot 0 0x13008 0x0060000000081f03;"
	    "root 0 lower 0x10000 1; isb 0");
}

/* Maintenance ---------------------------------------------------------------------------------- */

/* Of two invalidations that missed in the same way the later one is named, with its place. */
TEST(the_later_miss_is_named)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; dsb 0 ish; tlbi 0 vae1is va=0 asid=8");
	pwm_set_site(stage.m, pwm_site(stage.m, "there.c", 3));
	pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS, 0, 9);
	pwm_set_site(stage.m, 0);
	run("dsb 0 ish; isb 0; contract 0 unmap 0 0xfff");
	told("A64-TLBI-6", 1);
	EXPECT_EQ(stage.verdict[0].maintenance.step, 11);
	EXPECT_EQ(stage.verdict[0].maintenance_kind, PWM_VAE1 | PWM_IS);
	EXPECT_EQ(stage.verdict[0].maintenance.site, pwm_site(stage.m, "there.c", 3));
	stage_close(&stage);
}

/* A finding is told once, and again when memory had the value once more. */
TEST(told_once_for_each_store)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; dsb 0 ish; contract 0 unmap 0 0xfff; contract 0 unmap 0 0xfff");
	told("A64-TLBI-1", 1);
	run("snapshot 0 0x13000 0x0060000000080f03; store 0 0x13000 0; dsb 0 ish;"
	    "contract 0 unmap 0 0xfff");
	told("A64-TLBI-1", 2);
	stage_close(&stage);
}

/* A space whose global translations may be held somewhere is kept, whatever else was flushed. */
TEST(spaces_stay_while_globals_may_be_held)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ .arch = PWM_RISCV }))
		return;
	run("root 0 lower 0x30000 2; root 0 lower 0x40000 3; sfence 0 all 2");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.spaces, 2);
	run("sfence 0 all all");
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.spaces, 1);
	stage_close(&stage);
}

/* As many CPUs as there can be: what is broadcast reaches the last one. */
TEST(the_last_cpu_is_reached)
{
	if (!open_with((struct pwm_config){ .nr_cpus = PWM_MAX_CPUS }))
		return;
	tables();
	run("root 63 lower 0x10000 1; isb 63; store 0 0x13000 0; dsb 0 ish; "
	    "tlbi 0 vae1 va=0 asid=1; dsb 0 ish; isb 0; contract 0 unmap 0 0xfff");
	told("A64-TLBI-5", 1);
	run("tlbi 0 vae1is va=0 asid=1; dsb 0 ish");
	stage.nr_verdicts = 0;
	run("contract 63 unmap 0 0xfff");
	told("", 0);
	stage_close(&stage);
}

/* A range may be a whole space: what is stale is looked at, not every page of it. */
TEST(ranges_of_any_size)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; store 0 0x13008 0; dsb 0 ish; contract 0 unmap 0 0xffffffffffff");
	told("A64-TLBI-1", 2);
	stage_close(&stage);
}

/* Groups --------------------------------------------------------------------------------------- */

static const struct granule {
	uint32_t page_lg2, level, nr, va_bits, scale_tg;
} granules[] = { { 12, 0, 16, 30, 2 },
		 { 12, 1, 16, 39, 2 },
		 { 14, 0, 128, 36, 3 },
		 { 14, 1, 32, 47, 3 },
		 { 16, 0, 32, 42, 1 } };

/* A root above one table at 0x200000, in which the group begins with entry @at. */
static void open_group(const struct granule *g, uint32_t at)
{
	uint32_t shift = g->page_lg2 + g->level * (g->page_lg2 - 3);

	if (!open_with((struct pwm_config){
		    .page_lg2 = g->page_lg2, .va_bits = g->va_bits, .bbm = 2 }))
		return;
	image_write(&stage, 0x100000, 0x200003);
	for (uint64_t i = 0; i < g->nr; i++)
		image_write(&stage, 0x200000 + (at + i) * 8,
			    ((1ull << 36) + ((at + i) << shift)) |
				    (g->level ? 0x0070000000000f01 : 0x0070000000000f03));
	run("root 0 lower 0x100000 1; isb 0");
}

/* Entry @gone of the group goes, and entry @named of the table is invalidated. */
static void invalidate_part(const struct granule *g, uint32_t gone, uint32_t named, bool before,
			    const char *rule)
{
	uint32_t shift = g->page_lg2 + g->level * (g->page_lg2 - 3);
	struct pwm_step s = { .op = PWM_OP_STORE, .a = 0x200000 + gone * 8 };

	open_group(g, g->nr);
	if (before) {
		pwm_tlbi(stage.m, 0, PWM_VALE1 | PWM_IS, (uint64_t)named << shift, 1);
		run("dsb 0 ish");
	}
	stage_step(&stage, &s);
	run("dsb 0 ish");
	if (!before)
		pwm_tlbi(stage.m, 0, PWM_VALE1 | PWM_IS, (uint64_t)named << shift, 1);
	run("dsb 0 ish; isb 0");
	pwm_contract(stage.m, 0, PWM_UNMAP, (uint64_t)gone << shift,
		     ((uint64_t)gone << shift) + 0xfff);
	told(rule, 1);
	stage_close(&stage);
}

/*
 * One page of a contiguous group is changed, and only another page of the group is invalidated: the
 * mistake has its own name. A neighbour of the group is no page of it, nor does an invalidation
 * before the store count.
 */
TEST(part_of_a_group_is_invalidated)
{
	for (unsigned int i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
		const struct granule *g = &granules[i];

		harness_note("row", i);
		invalidate_part(g, g->nr, g->nr + 1, false, "A64-CONT-6");
		invalidate_part(g, g->nr, 2 * g->nr - 1, false, "A64-CONT-6");
		invalidate_part(g, 2 * g->nr - 1, g->nr, false, "A64-CONT-6");
		invalidate_part(g, g->nr, g->nr - 1, false, "A64-TLBI-1");
		invalidate_part(g, g->nr, 2 * g->nr, false, "A64-TLBI-1");
		invalidate_part(g, g->nr, g->nr + 1, true, "A64-TLBI-1");
	}
}

/* A range of another granule covers nothing, and no page of the group that is at address 0. */
TEST(range_of_another_granule_is_no_part)
{
	for (unsigned int i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
		const struct granule *g = &granules[i];

		harness_note("row", i);
		open_group(g, 0);
		run("store 0 0x200000 0; dsb 0 ish");
		pwm_tlbi_raw(stage.m, 0, PWM_VALE1 | PWM_RANGED | PWM_IS,
			     1ull << 48 | (uint64_t)g->scale_tg << 46);
		run("dsb 0 ish; isb 0; contract 0 unmap 0 0xfff");
		told("A64-TLBI-9", 1);
		stage_close(&stage);
	}
}

/* A table in the middle of a group of blocks, even one whose page fits: its shape is broken. */
TEST(table_within_a_group_of_blocks)
{
	const struct granule *g = &granules[1];

	open_group(g, 16);
	image_write(&stage, 0x200000 + 18 * 8, 0x300003);
	image_write(&stage, 0x300000, 0x0070000000000f03 | ((1ull << 36) + (18ull << 21)));
	pwm_contract(stage.m, 0, PWM_MAP, 16ull << 21, (32ull << 21) - 1);
	told("A64-CONT-1", 1);
	stage_close(&stage);
}

/* Audits --------------------------------------------------------------------------------------- */

/* One finding is enough, however many there are; it names what the other mapping says. */
TEST(audit_tells_one_alias)
{
	if (!open_with((struct pwm_config){ .features = PWM_NO_WX }))
		return;
	tables();
	run("snapshot 0 0x13010 0x0040000000080f83; snapshot 0 0x13018 0x0040000000080f83");
	run("end audit");
	told("A64-WX-2", 1);
	EXPECT_EQ(stage.verdict[0].src, 0x13010);
	EXPECT_EQ(stage.verdict[0].old_value, 0x0060000000080f03);
	EXPECT_EQ(stage.verdict[0].new_value, 0x0040000000080f83);
	stage_close(&stage);
}

/* A page that is writable and executable is no alias of itself. */
TEST(audit_of_a_page_by_itself)
{
	if (!open_with((struct pwm_config){ .features = PWM_NO_WX }))
		return;
	tables();
	run("snapshot 0 0x13000 0x0040000000080f03; end audit");
	told("", 0);
	stage_close(&stage);
}

/* Every table page that is out is told at the end, wherever the model keeps it. */
TEST(all_pages_that_are_out_are_told)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (uint64_t i = 0; i < 128; i++)
		pwm_table_new(stage.m, 0, 0x100000 + i * 0x1000);
	run("end");
	told("ALL-FREE-4", 128);
	stage_close(&stage);
}

/* With as many pages out as can be remembered, what else there is stays as it is. */
TEST(many_pages_are_out)
{
	if (!open_with((struct pwm_config){ .max_tables = 256 }))
		return;
	tables();
	for (uint64_t i = 0; i < 512; i++)
		pwm_table_new(stage.m, 0, (0x12345678ull << 32) + i * 0x1000);
	run("store 0 0x13000 0; dsb 0 ish; tlbi 0 vae1is va=0 asid=1; "
	    "snapshot 0 0x13000 0x0060000000080f03; store 0 0x13000 0; dsb 0 ish; isb 0;"
	    "contract 0 unmap 0 0xfff");
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
}

/* Batches -------------------------------------------------------------------------------------- */

TEST(batch_is_judged_once)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("lazy 0 begin; store 0 0x13000 0; lazy 0 pause; lazy 0 resume; lazy 0 end");
	told("ALL-LAZY-2", 1);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("lazy 0 begin; irq 0 enter; store 0 0x13000 0; irq 0 leave; irq 0 enter; irq 0 leave");
	told("ALL-LAZY-3", 1);
	stage_close(&stage);
}

/* Room ----------------------------------------------------------------------------------------- */

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

/* More ways to one entry than there is room for: those that did not fit are counted. */
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
	EXPECT_EQ(s.overflows, 32);
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

/* Configuration -------------------------------------------------------------------------------- */

/* A field has 32 bits, and MAIR 64; a key is one that there is. */
TEST(config_values_have_their_width)
{
	struct pwm_config c = { .size = sizeof(c), .nr_cpus = 2 }, before;

	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_FEATURES, UINT32_MAX), 0);
	EXPECT_EQ(c.features, UINT32_MAX);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_FEATURES, 1ull << 32), -1);
	EXPECT_EQ(c.features, UINT32_MAX);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_MAIR, ~0ull), 0);
	EXPECT_EQ(c.mair, ~0ull);
	before = c;
	EXPECT_EQ(pwm_config_set(&c, PWM_NR_KEYS, 1), -1);
	EXPECT(!memcmp(&c, &before, sizeof(c)));
}

/* Spaces --------------------------------------------------------------------------------------- */

/*
 * A real system does not say when a root dies: one that is empty when its CPU leaves it is
 * forgotten. Others say it, and are not second-guessed.
 */
TEST(empty_roots_of_others_are_forgotten)
{
	struct pwm_stats s;

	for (uint32_t i = 0; i < 2; i++) {
		if (!open_with((struct pwm_config){ .features = i ? 0 : PWM_FOREIGN }))
			return;
		run("root 0 lower 0x30000 2; root 0 lower 0x40000 3");
		pwm_get_stats(stage.m, &s);
		EXPECT_EQ(s.spaces, 1 + i);
		stage_close(&stage);
	}
}

/* Without PCIDs a root is one space, whatever is in the low bits of CR3. */
TEST(no_tags_without_pcid)
{
	struct pwm_stats s;

	for (uint32_t i = 0; i < 2; i++) {
		if (!open_with(
			    (struct pwm_config){ .arch = PWM_X86, .features = i ? PWM_PCID : 0 }))
			return;
		run("root 0 lower 0x10000 1; root 1 lower 0x10000 2");
		pwm_get_stats(stage.m, &s);
		EXPECT_EQ(s.spaces, 1 + i);
		stage_close(&stage);
	}
}

/* The shorthand for roots of other regimes: of a guest, with its tag. */
TEST(roots_of_guests)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	pwm_root_in(stage.m, 0, PWM_GUEST, 0x10000, 0, PWM_STAGE2, 5, 0);
	run("sysreg 0 vmid 5; isb 0; store 0 0x13000 0; dsb 0 ish; tlbi 0 vmalle1is; dsb 0 ish");
	run("isb 0; contract 0 unmap 0 0xfff regime=3");
	EXPECT(stage_has(&stage, "A64-TLBI-10"));
	run("tlbi 0 ipas2e1is va=0; dsb 0 ish; tlbi 0 vmalle1is; dsb 0 ish; isb 0");
	stage.nr_verdicts = 0;
	run("contract 0 unmap 0 0xfff regime=3");
	told("", 0);
	stage_close(&stage);
}

/* Second stages and regimes of one privilege have one right to read and one to write. */
TEST(rights_of_guests_in_words)
{
	static const char *const above[PWM_NR_ARCHES] = {
		"snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003;"
		"snapshot 0 0x12000 0x13003",
		"snapshot 0 0x10000 0x11407; snapshot 0 0x11000 0x12407;"
		"snapshot 0 0x12000 0x13407",
		"snapshot 0 0x14000 0x6001; snapshot 0 0x18000 0x4c01",
	};
	static const struct {
		uint32_t arch, features, regime;
		uint64_t old, val;
		const char *root, *want;
	} t[] = {
		{ PWM_X86, 0, 3, 0x80037, 0x80033, "root 0 guest 0x1001e 0",
		  "0x80037 (page at 0x80000, guest rwx, type 0x6)" },
		{ PWM_X86, PWM_MBE, 3, 0x80437, 0x80433, "root 0 guest 0x1001e 0",
		  "0x80433 (page at 0x80000, guest rwx (user), type 0x6)" },
		{ PWM_X86, PWM_MBE, 3, 0x80437, 0x80037, "root 0 guest 0x1001e 0",
		  "0x80037 (page at 0x80000, guest rwx (supervisor), type 0x6)" },
		{ PWM_RISCV, 0, 3, 0x200df, 0x200d7, "root 0 guest 0x14000 0",
		  "0x200df (page at 0x80000, guest rwx, type 0x0, dirty)" },
		{ PWM_ARM64, 0, 3, 0x807ff, 0x202000000807ff, "root 0 guest 0x10000 0",
		  "guest rwx (at EL0), type 0xf" },
		{ PWM_ARM64, 0, 1, 0x80743, 0x400000000807c3, "root 0 hyp 0x10000 0",
		  "0x80743 (page at 0x80000, rwx, type 0x0, global, dirty)" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pwm_step s = {
			.op = PWM_OP_CONTRACT, .kind = PWM_PROTECT, .b = 0xfff, .c = t[i].regime
		};
		char text[2048];

		harness_note("text", i);
		if (!open_with((struct pwm_config){ .arch = t[i].arch, .features = t[i].features }))
			return;
		run(above[t[i].arch]);
		image_write(&stage, 0x13000, t[i].old);
		run(t[i].root);
		pwm_store(stage.m, 0, 0x13000, t[i].val, PWM_PLAIN);
		image_write(&stage, 0x13000, t[i].val);
		EXPECT_EQ(stage_step(&stage, &s), 0);
		if (!EXPECT(stage.nr_verdicts > 0))
			return;
		pwm_report(stage.m, &stage.verdict[0], text, sizeof(text), NULL, NULL);
		if (!EXPECT(strstr(text, t[i].want) != NULL))
			printf("%s", text);
		stage_close(&stage);
	}
}

/* What a trace says of itself is no step. */
TEST(configuration_is_no_step)
{
	struct pwm_step s = { .op = PWM_OP_CONFIG };
	struct pwm_stats stats;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	EXPECT_EQ(stage_step(&stage, &s), 0);
	s.op = PWM_OP_SITE;
	EXPECT_EQ(stage_step(&stage, &s), 0);
	pwm_get_stats(stage.m, &stats);
	EXPECT_EQ(stats.steps, 0);
	stage_close(&stage);
}

/* Two places may begin with the same slot; and when all are taken there is no number left. */
TEST(sites_have_a_number_each)
{
	static const char file[] = "file.c";
	uint32_t first;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	first = pwm_site(stage.m, file, 1);
	EXPECT(first != 0);
	EXPECT(pwm_site(stage.m, file, 257) != 0);
	EXPECT(pwm_site(stage.m, file, 257) != first);
	EXPECT_EQ(pwm_site(stage.m, file, 1), first);
	for (uint32_t i = 2; i < 256; i++)
		EXPECT(pwm_site(stage.m, file, i) != 0);
	EXPECT_EQ(pwm_site(stage.m, file, 256), 0);
	stage_close(&stage);
}

/* A ZERO is of a block at most. */
TEST(zeroes_have_a_limit)
{
	struct pwm_step s = { .op = PWM_OP_ZERO, .a = 0x400000, .b = 1 << 21 };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	EXPECT_EQ(pwm_take(stage.m, &s), 0);
	s.a = 0x400004;
	EXPECT_EQ(pwm_take(stage.m, &s), -1);
	s.a = 0x400000;
	s.b += 8;
	EXPECT_EQ(pwm_take(stage.m, &s), -1);
	stage_close(&stage);
}

/* The least space is of two pages. */
TEST(small_spaces_have_two_pages)
{
	struct pwm_step s = { .op = PWM_OP_ROOT, .a = 0x50000, .b = 1, .c = 12ull << 32 };
	struct pwm_outcome o;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	EXPECT_EQ(stage_step(&stage, &s), -1);
	s.c = 49ull << 32;
	EXPECT_EQ(stage_step(&stage, &s), -1);
	s.c = 13ull << 32;
	EXPECT_EQ(stage_step(&stage, &s), 0);
	image_write(&stage, 0x50008, 0x0060000000081f03);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x1234, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.pa, 0x81234);
	stage_close(&stage);
}
