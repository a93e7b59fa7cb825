/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a verdict says and how often: which mistake it names of two that look alike, which
 * invalidation it points at, and that one finding is one verdict. Litmus files compare sets of
 * rules; these count, and look into the fields. Each is here because a mutant of the model lived.
 */
#include <stdio.h>
#include <string.h>

#include "steps.h"

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

/* Configuration -------------------------------------------------------------------------------- */

/* A field has 32 bits, and MAIR 64; a key is one that there is. */
TEST(config_values_have_their_width)
{
	struct pwm_config c = { .size = sizeof(c), .nr_cpus = 2 }, before;

	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_FEATURES, PWM_EXEC_ONLY | PWM_ETS2), 0);
	EXPECT_EQ(c.features, PWM_EXEC_ONLY | PWM_ETS2);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_FEATURES, 1ull << 32 | PWM_HAF), -1);
	EXPECT_EQ(c.features, PWM_EXEC_ONLY | PWM_ETS2);
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

/* What a report says --------------------------------------------------------------------------- */

/* The text of the last verdict has @with, and not @without. */
static void says(const char *with, const char *without)
{
	char text[2048] = "";

	if (EXPECT(stage.nr_verdicts && stage.nr_verdicts <= STAGE_VERDICTS))
		pwm_report(stage.m, &stage.verdict[stage.nr_verdicts - 1], text, sizeof(text), NULL,
			   NULL);
	if (!EXPECT(strstr(text, with)) || !EXPECT(!without || !strstr(text, without)))
		puts(text);
}

static void x86_tables(uint32_t features)
{
	if (!open_with((struct pwm_config){ .arch = PWM_X86, .features = features }))
		return;
	run("snapshot 0 0x10000 0x11067; snapshot 0 0x11000 0x12067; snapshot 0 0x12000 0x13067;"
	    "snapshot 0 0x13000 0x80063; snapshot 0 0x20000 0x11067;"
	    "root 0 lower 0x10000 5; root 1 lower 0x10000 5");
}

/* An invalidation of the address on the CPU that is left says more than that others are local. */
TEST(meant_for_the_cpu_that_is_left)
{
	x86_tables(PWM_PCID);
	run("root 1 lower 0x20000 6 noflush; store 0 0x13000 0; invlpg 0 0; ipi 0 1; invlpg 1 0;"
	    "contract 0 unmap 0 0xfff");
	told("X86-TLB-7", 1);
	says("maintenance: invlpg, step 12, CPU 1", NULL);
	stage_close(&stage);
	/* where it is of another address, or of all, nobody meant it */
	x86_tables(PWM_PCID);
	run("root 1 lower 0x20000 6 noflush; store 0 0x13000 0; invlpg 0 0; invlpg 1 0x5000;"
	    "root 1 lower 0x20000 6; contract 0 unmap 0 0xfff");
	told("X86-TLB-3", 1);
	says("maintenance: invlpg, step 10, CPU 0", NULL);
	stage_close(&stage);
	/* a broadcast of something else is of nobody's in particular */
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("root 1 lower 0x10000 1; isb 1; store 0 0x13000 0; dsb 0 ish; tlbi 0 vae1 va=0 asid=1;"
	    "dsb 0 ish; isb 0; tlbi 1 vae1is va=0 asid=2; dsb 1 ish; contract 0 unmap 0 0xfff");
	told("A64-TLBI-5", 1);
	stage_close(&stage);
}

/* What is under way, or waits for its own CPU, is named; of what came before the store, nothing. */
TEST(what_is_under_way_is_named)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; dsb 0 ish; tlbi 0 vae1is va=0 asid=1; contract 0 unmap 0 0xfff");
	told("A64-TLBI-3", 1);
	says("maintenance: tlbi vae1is, step 10, CPU 0", NULL);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13000 0; dsb 0 ish; tlbi 0 vae1is va=0 asid=1; dsb 0 ish;"
	    "contract 0 unmap 0 0xfff");
	told("A64-TLBI-4", 1);
	says("maintenance: tlbi vae1is, step 10, CPU 0", NULL);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("store 0 0x13010 0x0060000000082f03; dsb 0 ish; tlbi 0 vae1is va=0x2000 asid=1;"
	    "store 0 0x13010 0; store 0 0x13010 0x0060000000083f03;"
	    "contract 0 map 0x2000 0x2fff nofault");
	says("held   0x0 (not valid)", "maintenance:");
	stage_close(&stage);
}

/* A tag is called what its architecture calls it, and not named where there is none. */
TEST(tags_by_their_names)
{
	x86_tables(PWM_PCID);
	run("store 0 0x13000 0; contract 0 unmap 0 0xfff");
	says("address 0x0, level 0, PCID 5, entry at 0x13000", "ASID");
	stage_close(&stage);
	x86_tables(0);
	run("store 0 0x13000 0; contract 0 unmap 0 0xfff");
	says("address 0x0, level 0, entry at 0x13000", "guest");
	stage_close(&stage);
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	run("root 0 guest 0x10000 0 vmid=5; isb 0; store 0 0x13000 0; dsb 0 ish;"
	    "tlbi 0 ipas2e1is va=0; dsb 0 ish; isb 0; contract 0 unmap 0 0xfff regime=3");
	told("A64-TLBI-10", 1);
	EXPECT_EQ(stage.verdict[0].vmid, 5);
	EXPECT_EQ(stage.verdict[0].combined, 1);
	says("guest address 0x0, level 0, VMID 5, entry at 0x13000", "global");
	says("CPU 0, combined with the guest's own translations\n", "ASID");
	stage_close(&stage);
}

/* A root in the first page: address 0 and entry 0 are a place like any other. */
TEST(the_first_entry_of_memory)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	run("root 0 lower 0 1; isb 0; store 0 0 0x1003; contract 0 map 0 0xfff nofault");
	says("address 0x0, level 3, ASID 1, entry at 0x0\n", NULL);
	says("held   0x0 (not valid)\n", NULL);
	says("tables 0x1003 (table at 0x1000)\n", NULL);
	stage_close(&stage);
}
