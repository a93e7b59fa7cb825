/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the model knows of memory: which pages are tables, how often it reads them, what it does
 * when its room is full, and when memory is not what it was told. Each test is here because a
 * mutant of the model lived without it.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;
static uint64_t nr_reads;

#define PAGE(pa) (0x0060000000000f03ull | (pa))

static uint64_t counted_read(void *ctx, uint64_t pa)
{
	nr_reads++;
	return image_read(ctx, pa);
}

static bool open_with(struct pwm_config cfg)
{
	cfg.size = sizeof(cfg);
	if (!cfg.nr_cpus)
		cfg.nr_cpus = 2;
	if (!cfg.max_unclean)
		cfg.max_unclean = 256;
	if (!cfg.max_tables)
		cfg.max_tables = 64;
	return EXPECT(stage_open(&stage, &cfg));
}

static void store(uint64_t pa, uint64_t val)
{
	struct pwm_step s = { .op = PWM_OP_STORE, .a = pa, .b = val };

	EXPECT_EQ(stage_step(&stage, &s), 0);
}

static void snapshot(uint64_t pa, uint64_t val)
{
	struct pwm_step s = { .op = PWM_OP_SNAPSHOT, .a = pa, .b = val };

	EXPECT_EQ(stage_step(&stage, &s), 0);
}

/* Four levels at 0x10000 to 0x13000, and two pages. */
static void tables(void)
{
	for (uint64_t at = 0x10000; at < 0x13000; at += 0x1000)
		image_write(&stage, at, (at + 0x1000) | 3);
	image_write(&stage, 0x13000, PAGE(0x80000));
	image_write(&stage, 0x13008, PAGE(0x81000));
}

static struct pwm_stats stats(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s;
}

/* Reading -------------------------------------------------------------------------------------- */

/* The stage's memory under a model that counts what it reads. */
static struct pwm *counting(uint32_t max_tables, void **mem)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .nr_cpus = 1,
				  .max_unclean = 16,
				  .max_tables = max_tables,
				  .ctx = &stage,
				  .read = counted_read };
	size_t len = pwm_size(&cfg);

	*mem = malloc(len);
	nr_reads = 0;
	return pwm_init(*mem, len, &cfg);
}

/* Every entry leads to the one table below, as in the early shadow of a sanitizer. */
TEST(a_table_is_read_once_however_shared)
{
	struct pwm *m;
	void *mem;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (uint64_t at = 0x10000; at < 0x13000; at += 0x1000)
		for (uint64_t i = 0; i < 512; i++)
			image_write(&stage, at + i * 8, (at + 0x1000) | 3);
	m = counting(1024, &mem);
	if (!EXPECT(m != NULL))
		return;
	pwm_root(m, 0, PWM_LOWER, 0x10000, 1);
	EXPECT_EQ(nr_reads, 3 * 512); /* and nothing of the last level */
	free(mem);
	stage_close(&stage);
}

TEST(a_table_is_read_when_it_is_linked_first)
{
	struct pwm_step link = { .op = PWM_OP_SNAPSHOT, .b = 0x14003 };
	struct pwm *m;
	void *mem;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	m = counting(64, &mem);
	if (!EXPECT(m != NULL))
		return;
	pwm_root(m, 0, PWM_LOWER, 0x10000, 1);
	nr_reads = 0;
	link.a = 0x10008;
	pwm_take(m, &link);
	image_write(&stage, link.a, link.b);
	EXPECT(nr_reads >= 512 && nr_reads < 600);
	nr_reads = 0;
	link.a = 0x10010;
	pwm_take(m, &link);
	image_write(&stage, link.a, link.b);
	EXPECT(nr_reads < 100);
	/* a table of the last level is not read at all */
	nr_reads = 0;
	link.a = 0x12008;
	link.b = 0x15003;
	pwm_take(m, &link);
	EXPECT(nr_reads < 100);
	free(mem);
	stage_close(&stage);
}

/*
 * A trace may lack stores to upper tables: a way that memory does not have any more leads nowhere,
 * and what is stored at its end owes nothing.
 */
TEST(a_way_is_looked_at_again)
{
	static const uint64_t links[] = { 0, 0x14003 };

	for (unsigned int i = 0; i < 2; i++) {
		harness_note("link", links[i]);
		if (!open_with((struct pwm_config){ 0 }))
			return;
		tables();
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
		image_write(&stage, 0x12000, links[i]);
		store(0x13000, 0);
		EXPECT_EQ(stats().unclean, 0);
		stage_close(&stage);
	}
}

/* From one entry that is never cached to another: there is nothing to keep. */
TEST(not_valid_and_not_accessed_is_the_same)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x13010, PAGE(0x82000) & ~0x400ull);
	EXPECT_EQ(stats().unclean, 0);
	store(0x13010, PAGE(0x82000));
	EXPECT_EQ(stats().unclean, 1); /* "invalid" */
	stage_close(&stage);
}

/* A new mapping is a stale "invalid", and needs no other record, not even for a moment. */
TEST(one_record_for_a_new_mapping)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x13000, PAGE(0x80000) | 0x5ull << 55); /* software's bits */
	EXPECT_EQ(stats().max_unclean, 0);
	store(0x13010, PAGE(0x82000));
	EXPECT_EQ(stats().max_unclean, 1);
	stage_close(&stage);
}

/* Behind a stale pointer, and the tables say it as well: that needs no record. */
TEST(by_a_stale_way_and_by_the_tables)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	image_write(&stage, 0x16000, 0x13003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x11000, 0x16003);
	EXPECT_EQ(stats().unclean, 1); /* the pointer */
	store(0x13000, PAGE(0x80000) | 0x80);
	EXPECT_EQ(stats().unclean, 2); /* the page, writable */
	stage_close(&stage);
}

/* The verdict on a store says what was there when it was made. */
TEST(a_verdict_of_a_store_says_what_was_there)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x13000, 0);
	store(0x13010, PAGE(0x82000));
	store(0x13000, PAGE(0x83000));
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		EXPECT_EQ(stage.verdict[0].old_value, PAGE(0x80000));
		EXPECT_EQ(stage.verdict[0].new_value, 0);
	}
	stage_close(&stage);
}

/* A store by one way, after one by two ways, is judged once. */
TEST(a_store_is_judged_by_its_own_ways)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	image_write(&stage, 0x10008, 0x11003);
	image_write(&stage, 0x10010, 0x21003);
	image_write(&stage, 0x21000, 0x22003);
	image_write(&stage, 0x22000, 0x23003);
	image_write(&stage, 0x23000, PAGE(0x90000));
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x13000, PAGE(0x80000) | 0x5ull << 55);
	store(0x23000, PAGE(0x91000));
	EXPECT_EQ(stage.nr_verdicts, 1); /* another address, and not broken before */
	EXPECT_EQ(stats().unclean, 1);
	stage_close(&stage);
}

/*
 * In a trace of a real system nobody says that a root dies: it is taken for dead when its last
 * entry went and no CPU has it. Other users flush what they let go.
 */
TEST(an_empty_root_is_dead_in_foreign_traces)
{
	static const uint32_t features[] = { 0, PWM_FOREIGN };

	for (unsigned int i = 0; i < 2; i++) {
		harness_note("foreign", i);
		if (!open_with((struct pwm_config){ .features = features[i] }))
			return;
		tables();
		pwm_root(stage.m, 1, PWM_LOWER, 0x10000, 1);
		pwm_root(stage.m, 0, PWM_LOWER, 0x30000, 2);
		store(0x30008, 0); /* it is loaded */
		EXPECT_EQ(stats().spaces, 2);
		snapshot(0x30000, 0x11003);
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
		EXPECT_EQ(stats().spaces, 2);
		snapshot(0x30000, 0);
		store(0x30008, 0);
		EXPECT_EQ(stats().spaces, 2 - i);
		stage_close(&stage);
	}
}

/* Behind the step of a store it is memory's again: hardware sets the access flag in it. */
TEST(memory_changes_after_a_store)
{
	static const uint8_t ops[] = { PWM_OP_STORE, PWM_OP_SNAPSHOT };

	for (unsigned int i = 0; i < 2; i++) {
		struct pwm_step s = { .op = ops[i], .a = 0x13010, .b = 0x0060000000082b03 };
		struct pwm_outcome o;

		harness_note("op", ops[i]);
		if (!open_with((struct pwm_config){ .features = PWM_HAF | PWM_PLAY }))
			return;
		tables();
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
		EXPECT_EQ(stage_step(&stage, &s), 0);
		pwm_barrier(stage.m, 0, PWM_DSB_ISH);
		pwm_barrier(stage.m, 0, PWM_ISB);
		EXPECT_EQ(pwm_access(stage.m, 0, 0x2000, PWM_R).pa, 0x82000);
		EXPECT_EQ(image_read(&stage, 0x13010), PAGE(0x82000));
		EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x2000, PWM_R, &o, 1), 1);
		EXPECT_EQ(o.value, PAGE(0x82000));
		stage_close(&stage);
	}
}

/* A root that no CPU can hold anything of any more takes its tables along. */
TEST(a_root_leaves_with_its_tables)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	pwm_root(stage.m, 0, PWM_LOWER, 0x30000, 2);
	EXPECT_EQ(stats().tables, 5);
	pwm_tlbi(stage.m, 0, PWM_VMALLE1 | PWM_IS, 0, 0);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	EXPECT_EQ(stats().spaces, 1);
	EXPECT_EQ(stats().tables, 1);
	stage_close(&stage);
}

/* No room -------------------------------------------------------------------------------------- */

TEST(no_room_for_a_root)
{
	struct pwm_outcome o;

	if (!open_with((struct pwm_config){ .max_spaces = 2 }))
		return;
	tables();
	image_write(&stage, 0x20000, 0x11003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	pwm_root(stage.m, 1, PWM_LOWER, 0x20000, 2);
	store(0x13008, PAGE(0x82000) & ~0x60ull); /* by two ways */
	pwm_root(stage.m, 0, PWM_LOWER, 0x30000, 3);
	EXPECT_EQ(stats().overflows, 1);
	EXPECT_EQ(stats().spaces, 2);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.fault, 1);
	stage_close(&stage);
}

TEST(no_room_for_the_table_of_a_root)
{
	if (!open_with((struct pwm_config){ .max_tables = 1 }))
		return;
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	EXPECT_EQ(stats().overflows, 0);
	pwm_root(stage.m, 1, PWM_LOWER, 0x20000, 2);
	EXPECT_EQ(stats().overflows, 1);
	EXPECT_EQ(stats().spaces, 1);
	stage_close(&stage);
}

/* A table by as many ways as there is room for, and by one more. */
TEST(no_room_for_a_way)
{
	uint64_t i;

	if (!open_with((struct pwm_config){ .max_spaces = 2 }))
		return;
	tables();
	for (i = 0; i < 66; i++)
		image_write(&stage, 0x10000 + i * 8, 0x11003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x13000, 0);
	EXPECT_EQ(stats().overflows, 0);
	EXPECT_EQ(stats().unclean, 66);
	snapshot(0x10000 + i * 8, 0x11003);
	store(0x13008, 0);
	EXPECT_EQ(stats().overflows, 1);
	EXPECT_EQ(stats().unclean, 66 * 2);
	stage_close(&stage);
}

/* What cannot be linked for want of room is not gone into. */
TEST(no_room_for_a_link)
{
	if (!open_with((struct pwm_config){ .max_tables = 16 }))
		return;
	for (uint64_t i = 0; i < 32; i++)
		image_write(&stage, 0x10000 + i * 8, 0x11003);
	image_write(&stage, 0x10100, 0x12003);
	image_write(&stage, 0x12000, 0x13003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	EXPECT_EQ(stats().overflows, 1);
	stage_close(&stage);
}

/* Tables against tables ------------------------------------------------------------------------ */

#define BIG(pa) (0x0060000000000f03ull | (pa))

/*
 * 64K granule: table 0x30000 with @nr tables, each empty but for a page in the last, and 0x40000
 * with as many of the same; the last page of the latter is another one. A store that puts one for
 * the other has two entries to look at for each of the 8192 of nr + 1 pairs.
 */
static void wide_tables(uint64_t nr)
{
	image_write(&stage, 0x20000, 0x30003);
	for (uint64_t i = 0; i < nr; i++) {
		image_write(&stage, 0x30000 + i * 8, (0x10000000 + i * 0x10000) | 3);
		image_write(&stage, 0x40000 + i * 8, (0x20000000 + i * 0x10000) | 3);
	}
	image_write(&stage, 0x10000000 + nr * 0x10000 - 8, BIG(0x80000));
	image_write(&stage, 0x20000000 + nr * 0x10000 - 8, BIG(0x90000));
	pwm_root(stage.m, 0, PWM_LOWER, 0x20000, 1);
}

static bool open_wide(uint64_t nr)
{
	if (!open_with((struct pwm_config){
		    .page_lg2 = 16, .va_bits = 48, .levels = 3, .max_tables = 256 }))
		return false;
	wide_tables(nr);
	return true;
}

/* What a comparison cannot reach it does not find, and says so. */
TEST(tables_are_compared_to_a_limit)
{
	/* 64 pairs of tables, of 16,384 entries each: all is looked at */
	if (!open_wide(63))
		return;
	store(0x20000, 0x40003);
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT_EQ(stats().overflows, 0);
	stage_close(&stage);
	/* the page is in the 66th pair */
	if (!open_wide(65))
		return;
	store(0x20000, 0x40003);
	EXPECT_EQ(stage.nr_verdicts, 0);
	EXPECT_EQ(stats().overflows, 1);
	/* the next store has all of its looks again */
	store(0x20008, 0x50003);
	store(0x50000, BIG(0x80000000) & ~2ull);
	store(0x20008, 0x60003);
	EXPECT_EQ(stage.nr_verdicts, 0);
	image_write(&stage, 0x60000, BIG(0xa0000000) & ~2ull);
	store(0x20008, 0x50003);
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT_EQ(stats().overflows, 1);
	stage_close(&stage);
}

/* To the last of a million, and not one more. */
TEST(a_limit_is_a_limit)
{
	if (!open_wide(63))
		return;
	image_write(&stage, 0x20000000 + 63 * 0x10000 - 8, 0);
	store(0x20000, 0x40003);
	EXPECT_EQ(stage.nr_verdicts, 0);
	EXPECT_EQ(stats().overflows, 0);
	stage_close(&stage);
	if (!open_wide(64))
		return;
	image_write(&stage, 0x20000000 + 64 * 0x10000 - 8, 0);
	store(0x20000, 0x40003);
	EXPECT_EQ(stats().overflows, 1);
	stage_close(&stage);
}

/* The entry that is the first not to be looked at, and the last that is. */
TEST(a_limit_is_met_at_an_entry)
{
	for (uint64_t last = 0; last < 2; last++) {
		if (!open_wide(64))
			return;
		image_write(&stage, 0x20000000 + 64 * 0x10000 - 8, 0);
		/* the other tables, and the first 64 entries of theirs, have been */
		uint64_t index = 8192 - 64 - last;

		image_write(&stage, 0x10000000 + 63 * 0x10000 + index * 8, BIG(0x80000));
		image_write(&stage, 0x20000000 + 63 * 0x10000 + index * 8, BIG(0x90000));
		store(0x20000, 0x40003);
		EXPECT_EQ(stage.nr_verdicts, last);
		EXPECT_EQ(stats().overflows, 1 - last);
		stage_close(&stage);
	}
}

/* At two addresses: a pair of tables without a finding is gone through once, one with it twice. */
TEST(a_conflict_at_two_addresses_is_said_twice)
{
	if (!open_with((struct pwm_config){ .bbm = 2 }))
		return;
	tables();
	image_write(&stage, 0x10008, 0x11003);
	image_write(&stage, 0x12008, 0x0060000000200f01);
	image_write(&stage, 0x14008, 0x15003);
	image_write(&stage, 0x15008, PAGE(0x201000));
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x11000, 0x14003);
	EXPECT_EQ(stage.nr_verdicts, 2);
	stage_close(&stage);
}

/* The model of the stage again, before its first step: one that counts what it reads. */
static void count_reads(void)
{
	stage.cfg.read = counted_read;
	free(stage.mem);
	stage.mem = malloc(pwm_size(&stage.cfg));
	stage.m = pwm_init(stage.mem, pwm_size(&stage.cfg), &stage.cfg);
}

/* Tables that are linked many times are gone through once, at each store anew. */
TEST(shared_tables_are_compared_once)
{
	if (!open_with((struct pwm_config){ .max_tables = 1024 }))
		return;
	tables();
	for (uint64_t i = 0; i < 512; i++) {
		image_write(&stage, 0x12000 + i * 8, 0x13003);
		image_write(&stage, 0x14000 + i * 8, 0x15003);
	}
	image_write(&stage, 0x15000, PAGE(0x80000));
	image_write(&stage, 0x15008, PAGE(0x81000));
	for (uint64_t i = 1; i < 8; i++)
		image_write(&stage, 0x10000 + i * 8, 0x11003);
	count_reads();
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	nr_reads = 0;
	store(0x11000, 0x14003);
	EXPECT_EQ(stage.nr_verdicts, 0);
	EXPECT(nr_reads < 5000);
	image_write(&stage, 0x15008, PAGE(0x85000));
	store(0x11000, 0x12003);
	EXPECT_EQ(stage.nr_verdicts, 8);
	store(0x11000, 0x14003);
	EXPECT_EQ(stage.nr_verdicts, 8 + 8);
	stage_close(&stage);
}

/* By memory and by a stale pointer to the table above: one address, and one verdict. */
TEST(a_conflict_by_two_ways_is_said_once)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	image_write(&stage, 0x14000, 0x13003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x11000, 0x14003);
	EXPECT_EQ(stage.nr_verdicts, 0);
	store(0x13000, PAGE(0x85000));
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
	/* by two stale pointers, and none in memory */
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	image_write(&stage, 0x14000, 0x13003);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x11000, 0x14003);
	store(0x11000, 0);
	EXPECT_EQ(stage.nr_verdicts, 0);
	store(0x13000, PAGE(0x85000));
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT_EQ(stage.verdict[0].old_value, PAGE(0x80000));
	stage_close(&stage);
	/* by a stale pointer, while memory says something else */
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables();
	image_write(&stage, 0x13000, 0);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	store(0x12000, 0);
	store(0x12000, 0x14003);
	store(0x14000, PAGE(0x86000));
	EXPECT_EQ(stage.nr_verdicts, 0);
	store(0x13000, PAGE(0x85000));
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT_EQ(stage.verdict[0].old_value, PAGE(0x86000));
	stage_close(&stage);
}

/* Combined entries ----------------------------------------------------------------------------- */

/* By IPA: the eight gigabytes from address 0 on. */
static void by_ipa(void)
{
	struct pwm_step s = { .op = PWM_OP_TLBI,
			      .kind = PWM_IPAS2E1 | PWM_IS | PWM_RANGED,
			      .cpu = 1,
			      .site = 9,
			      .a = 1ull << 46 | 3ull << 44 | 31ull << 39 };

	pwm_barrier(stage.m, 1, PWM_DSB_ISH);
	EXPECT_EQ(stage_step(&stage, &s), 0);
	pwm_barrier(stage.m, 1, PWM_DSB_ISH);
	pwm_barrier(stage.m, 1, PWM_ISB);
}

static uint64_t unlinked; /* the step */

/* CPU 0 runs the guest, and CPU 1 changes its tables. */
static void guest_on_both(void)
{
	struct pwm_step s = { .op = PWM_OP_SYSREG, .kind = PWM_VMID, .a = 5 };

	for (s.cpu = 0; s.cpu < 2; s.cpu++)
		EXPECT_EQ(stage_step(&stage, &s), 0);
}

/* A guest whose gigabyte is 512 times the same table of pages, unlinked. */
static bool guest_unlinked(uint32_t max_unclean)
{
	if (!open_with((struct pwm_config){ .max_unclean = max_unclean, .max_tables = 512 }))
		return false;
	tables();
	for (uint64_t i = 0; i < 512; i++) {
		image_write(&stage, 0x12000 + i * 8, 0x13003);
		image_write(&stage, 0x13000 + i * 8, PAGE(0x80000 + i * 0x1000));
	}
	count_reads();
	pwm_root_in(stage.m, 0, PWM_GUEST, 0x10000, 0, PWM_STAGE2, 5, 0);
	guest_on_both();
	pwm_set_site(stage.m, 7);
	pwm_store(stage.m, 1, 0x11000, 0, PWM_PLAIN);
	image_write(&stage, 0x11000, 0);
	unlinked = stats().steps;
	return true;
}

/* Where the pointer is left, and where there is none, a store elsewhere reads nothing of it. */
TEST(tables_of_combined_entries_are_searched_when_they_must_be)
{
	if (!guest_unlinked(4096))
		return;
	EXPECT_EQ(stats().unclean, 2);
	nr_reads = 0;
	store(0x99000, 1);
	EXPECT(nr_reads < 20);
	by_ipa();
	EXPECT_EQ(stats().unclean, 1);
	nr_reads = 0;
	store(0x99008, 1);
	EXPECT(nr_reads >= 512 && nr_reads < 600); /* not the pages */
	nr_reads = 0;
	store(0x99008, 1); /* as it is */
	EXPECT(nr_reads < 20);
	/* beside a table is not in it */
	store(0x14000, 1);
	EXPECT_EQ(stats().unclean, 1);
	pwm_tlbi(stage.m, 0, PWM_VMALLE1 | PWM_IS, 0, 0);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_barrier(stage.m, 0, PWM_ISB);
	EXPECT_EQ(stats().unclean, 0);
	nr_reads = 0;
	store(0x99010, 1);
	EXPECT(nr_reads < 20);
	EXPECT_EQ(stats().overflows, 0);
	stage_close(&stage);
}

/* One for each entry that there was: of the upper table those of the others, and all pages. */
TEST(a_combined_entry_is_taken_apart)
{
	if (!guest_unlinked(4096))
		return;
	for (uint64_t i = 1; i < 512; i++)
		image_write(&stage, 0x12000 + i * 8, i == 100 ? 0x14003 : 0);
	by_ipa();
	store(0x99000, 1);
	EXPECT_EQ(stats().unclean, 1);
	store(0x13008, 0);
	EXPECT_EQ(stats().unclean, 1 + 512);
	EXPECT_EQ(stats().overflows, 0);
	pwm_page_free(stage.m, 0, 0x81000, 0x1000);
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		const struct pwm_verdict *v = &stage.verdict[0];

		/* one page, and the rest as it was of all */
		EXPECT_EQ(v->va, 0x1000);
		EXPECT_EQ(v->level, 0);
		EXPECT_EQ(v->src, 0x13008);
		EXPECT_EQ(v->asid, 0);
		EXPECT_EQ(v->cpus_lo, 1);
		EXPECT_EQ(v->store.step, unlinked);
		EXPECT_EQ(v->store.site, 7);
		EXPECT_EQ(v->store.cpu, 1);
		EXPECT_EQ(v->maintenance.step, unlinked + 2);
		EXPECT_EQ(v->maintenance.site, 9);
		EXPECT_EQ(v->maintenance.cpu, 1);
		EXPECT_EQ(v->maintenance_op, PWM_OP_TLBI);
		EXPECT_EQ(v->maintenance_kind, PWM_IPAS2E1 | PWM_IS | PWM_RANGED);
	}
	stage_close(&stage);
	/* the table is there again: what is stored into it has a way */
	if (!guest_unlinked(4096))
		return;
	by_ipa();
	store(0x11000, 0x12003);
	EXPECT_EQ(stats().unclean, 1 + 1); /* "invalid" may be cached for a time */
	store(0x12008, 0);
	EXPECT_EQ(stats().unclean, 1 + 1 + 2);
	stage_close(&stage);
	/* and what there is no room for is missed, and said to be */
	if (!guest_unlinked(600))
		return;
	by_ipa();
	store(0x13008, 0);
	EXPECT_EQ(stats().unclean, 600);
	EXPECT(stats().overflows > 0);
	stage_close(&stage);
}

/* Five levels, 512 times the same table at each: what is searched has its limit. */
TEST(tables_of_combined_entries_are_searched_to_a_limit)
{
	uint32_t n;

	if (!open_with((struct pwm_config){ .va_bits = 52,
					    .levels = 5,
					    .features = PWM_LPA2,
					    .max_unclean = 4096,
					    .max_tables = 1024 }))
		return;
	image_write(&stage, 0x10000, 0x11003);
	for (uint64_t i = 0; i < 3 * 512; i++)
		image_write(&stage, 0x11000 + i * 8, (0x12000 + i / 512 * 0x1000) | 3);
	pwm_root_in(stage.m, 0, PWM_GUEST, 0x10000, 0, PWM_STAGE2, 5, 0);
	guest_on_both();
	store(0x10000, 0);
	store(0x99000, 1);
	EXPECT_EQ(stats().overflows, 0);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	by_ipa();
	EXPECT_EQ(stats().overflows, 0);
	n = stats().unclean;
	store(0x99008, 1);
	EXPECT_EQ(stats().overflows, 1);
	EXPECT_EQ(stats().unclean, n);
	stage_close(&stage);
}
