/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Edges of the model that no litmus file can say: how often something is told, the fields of a
 * verdict, counters, what is listed as stale, hooks that are missing. Each is here because a mutant
 * of the model lived without it.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;

#define PAGE(pa) (0x0060000000000f03ull | (pa))

static bool open_with(struct pwm_config cfg)
{
	cfg.size = sizeof(cfg);
	if (!cfg.nr_cpus)
		cfg.nr_cpus = 2;
	cfg.max_unclean = 256;
	cfg.max_tables = 64;
	cfg.features |= PWM_PLAY;
	return EXPECT(stage_open(&stage, &cfg));
}

static void store(uint64_t pa, uint64_t val)
{
	struct pwm_step s = { .op = PWM_OP_STORE, .a = pa, .b = val };

	EXPECT_EQ(stage_step(&stage, &s), 0);
}

/* Four levels at 0x10000 to 0x13000, two pages; loaded as @half on CPU 0. */
static void tables(uint32_t half)
{
	bool riscv = stage.cfg.arch == PWM_RISCV, x86 = stage.cfg.arch == PWM_X86;
	uint64_t link = x86 ? 0x67 : riscv ? 1 : 3, at = 0x10000;

	for (unsigned int i = 0; i < (riscv ? 2u : 3u); i++, at += 0x1000)
		image_write(&stage, at, (riscv ? (at + 0x1000) >> 2 : at + 0x1000) | link);
	for (uint64_t i = 0; i < 2; i++)
		image_write(&stage, at + i * 8,
			    riscv ? 0x200c7 + i * 0x400 :
			    x86	  ? 0x80063 + i * 0x1000 :
				    PAGE(0x80000 + i * 0x1000));
	pwm_root(stage.m, 0, half, 0x10000, half == PWM_UPPER ? PWM_ANY_ASID : 1);
	pwm_barrier(stage.m, 0, PWM_ISB);
}

static uint32_t unclean(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s.unclean;
}

static uint32_t spaces(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s.spaces;
}

static void flush(uint32_t op, uint64_t va)
{
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_tlbi(stage.m, 0, op | PWM_IS, va, 1);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_barrier(stage.m, 0, PWM_ISB);
}

/* What is stale -------------------------------------------------------------------------------- */

static struct {
	uint32_t nr, tables, any_asid;
	uint64_t va;
} seen;

static void stale(void *ctx, uint64_t root, uint32_t asid, uint64_t va, uint32_t level,
		  uint64_t value, int table, uint64_t cpus)
{
	(void)ctx, (void)root, (void)level, (void)value, (void)cpus;
	seen.nr++;
	seen.tables += table != 0;
	seen.any_asid += asid == PWM_ANY_ASID;
	seen.va = va;
}

static void list(uint32_t nr, uint32_t nr_tables, uint32_t any_asid)
{
	memset(&seen, 0, sizeof(seen));
	pwm_each_stale(stage.m, stale, NULL);
	EXPECT_EQ(seen.nr, nr);
	EXPECT_EQ(seen.tables, nr_tables);
	EXPECT_EQ(seen.any_asid, any_asid);
}

TEST(stale_is_listed_once)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	list(0, 0, 0);
	store(0x13008, 0);
	list(1, 0, 0);
	EXPECT_EQ(seen.va, 0x1000);
	store(0x12000, 0); /* the pointer, and the page behind it */
	list(3, 1, 0);
	stage_close(&stage);
	/* what a block maps is no table */
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x12008, 0x0060000000400f01);
	image_write(&stage, 0x400000, PAGE(0x81000));
	store(0x12008, 0);
	list(1, 0, 0);
	stage_close(&stage);
}

TEST(global_by_its_table)
{
	if (!open_with((struct pwm_config){ .arch = PWM_RISCV }))
		return;
	tables(PWM_LOWER);
	store(0x11000, 0);
	list(3, 1, 0);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ .arch = PWM_RISCV }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x11000, 0x4821);
	store(0x11000, 0);
	list(3, 1, 2);
	stage_close(&stage);
}

/* Hardware may have made it dirty meanwhile: no difference. */
TEST(dirty_meanwhile_is_the_same)
{
	static const struct {
		uint64_t again;
		uint32_t nr;
	} rows[] = { { 0x0068000000080f03, 0 },
		     { 0x0068000000081f03, 1 },
		     { 0x00e8000000080f83, 0 },
		     { 0x0028000000080f03, 1 } };

	for (unsigned int i = 0; i < 4; i++) {
		harness_note("row", i);
		if (!open_with((struct pwm_config){ .features = PWM_HAF | PWM_HD }))
			return;
		tables(PWM_LOWER);
		image_write(&stage, 0x13000, 0x0068000000080f83);
		store(0x13000, 0);
		store(0x13000, rows[i].again);
		list(rows[i].nr, 0, 0);
		stage_close(&stage);
	}
}

TEST(software_bits_are_no_change)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	store(0x13000, PAGE(0x80000) | 0xfull << 55);
	EXPECT_EQ(unclean(), 0);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ .arch = PWM_RISCV, .features = PWM_SW60 }))
		return;
	tables(PWM_LOWER);
	store(0x12000, 0x203c7);
	EXPECT_EQ(unclean(), 0);
	store(0x12000, 0x200c7 | 3ull << 59);
	EXPECT_EQ(unclean(), 0);
	stage_close(&stage);
}

/* What a TLBI leaves behind a pointer, and the tables say as well, needs no record. */
TEST(left_behind_and_the_same)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x14000, PAGE(0x80000));
	image_write(&stage, 0x14008, PAGE(0x81000));
	store(0x12000, 0x14003);
	flush(PWM_VAE1, 0);
	EXPECT_EQ(unclean(), 0);
	stage_close(&stage);
}

/* However many: what the tables say again needs no record. */
TEST(relinking_cleans_all)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	for (uint64_t i = 0; i < 200; i++)
		image_write(&stage, 0x13000 + i * 8, PAGE(0x80000 + i * 0x1000));
	store(0x12000, 0);
	flush(PWM_VAE1, 0);
	EXPECT_EQ(unclean(), 199);
	store(0x12000, 0x13003);
	pwm_barrier(stage.m, 0, PWM_DSB_ISHST);
	pwm_barrier(stage.m, 0, PWM_ISB);
	EXPECT(unclean() <= 1); /* play mode keeps when the "invalid" went */
	stage_close(&stage);
}

/* Verdicts ------------------------------------------------------------------------------------- */

TEST(verdict_names_the_store_of_the_pointer)
{
	static const char here[] = "here.c";

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	pwm_root(stage.m, 1, PWM_LOWER, 0x10000, 1);
	{
		struct pwm_step s = { .op = PWM_OP_STORE, .cpu = 1, .site = 7, .a = 0x12000 };

		stage_step(&stage, &s); /* step 4 */
	}
	pwm_barrier(stage.m, 1, PWM_DSB_ISH);
	pwm_set_site(stage.m, pwm_site(stage.m, here, 9));
	flush(PWM_VAE1, 0x1000);
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 0xfff);
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		EXPECT_EQ(stage.verdict[0].store.step, 4);
		EXPECT_EQ(stage.verdict[0].store.site, 7);
		EXPECT_EQ(stage.verdict[0].store.cpu, 1);
	}
	stage_close(&stage);
}

TEST(verdict_names_the_maintenance)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	store(0x13000, 0);
	pwm_barrier(stage.m, 1, PWM_DSB_ISH);
	pwm_tlbi(stage.m, 1, PWM_VAE1 | PWM_IS, 0, 9);
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 0xfff);
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		EXPECT_EQ(stage.verdict[0].maintenance.cpu, 1);
		EXPECT_EQ(stage.verdict[0].maintenance_op, PWM_OP_TLBI);
	}
	stage_close(&stage);
}

static void group(uint64_t at, uint64_t pa, unsigned int nr, uint64_t bits)
{
	for (unsigned int i = 0; i < nr; i++)
		image_write(&stage, at + i * 8,
			    (pa + ((uint64_t)i << (stage.cfg.page_lg2 ? stage.cfg.page_lg2 : 12))) |
				    bits);
}

TEST(group_names_its_first_odd_entry)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	group(0x13080, 0xa0000, 16, 0x0070000000000f03);
	pwm_contract(stage.m, 0, PWM_PROTECT, 0x10000, 0x1ffff);
	EXPECT_EQ(stage.nr_verdicts, 0);
	image_write(&stage, 0x13090, PAGE(0xa2000));
	image_write(&stage, 0x130a0, PAGE(0xa4000));
	pwm_contract(stage.m, 0, PWM_PROTECT, 0x10000, 0x1ffff);
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		EXPECT_EQ(stage.verdict[0].src, 0x13090);
		EXPECT_EQ(stage.verdict[0].new_value, PAGE(0xa2000));
	}
	/* consistent, and not aligned */
	group(0x13080, 0xa1000, 16, 0x0070000000000f03);
	pwm_contract(stage.m, 0, PWM_PROTECT, 0x10000, 0x1ffff);
	EXPECT(stage_has(&stage, "A64-CONT-3"));
	stage_close(&stage);
}

TEST(groups_of_each_granule)
{
	static const struct {
		uint32_t page_lg2, va_bits, nr;
	} rows[] = { { 12, 48, 16 }, { 14, 36, 128 }, { 16, 42, 32 } };

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t size = 1ull << rows[i].page_lg2, last = rows[i].nr * size - 1;

		harness_note("row", i);
		if (!open_with((struct pwm_config){
			    .page_lg2 = rows[i].page_lg2,
			    .va_bits = rows[i].page_lg2 == 12 ? 30 : rows[i].va_bits }))
			return;
		image_write(&stage, 0x100000, 0x200000 | 3);
		group(0x200000, 1ull << 30, rows[i].nr, 0x0070000000000f03);
		pwm_root(stage.m, 0, PWM_LOWER, 0x100000, 1);
		pwm_contract(stage.m, 0, PWM_PROTECT, 0, last);
		EXPECT_EQ(stage.nr_verdicts, 0);
		image_write(&stage, 0x200000 + (rows[i].nr - 1) * 8, 0);
		pwm_contract(stage.m, 0, PWM_PROTECT, 0, last);
		EXPECT_EQ(stage.nr_verdicts, 1);
		stage_close(&stage);
	}
}

TEST(dirty_within_the_group_only)
{
	struct pwm_step ask = {
		.op = PWM_OP_CONTRACT, .kind = PWM_QUERY_DIRTY, .a = 0x1f000, .b = 0x1f000
	};

	if (!open_with((struct pwm_config){ .features = PWM_HAF | PWM_HD }))
		return;
	tables(PWM_LOWER);
	group(0x13080, 0xa0000, 16, 0x0078000000000f83);
	image_write(&stage, 0x13100, 0x0078000000000f03);
	image_write(&stage, 0x13078, 0x0078000000000f03);
	stage_step(&stage, &ask);
	EXPECT_EQ(stage.nr_verdicts, 0);
	image_write(&stage, 0x13080, 0x00780000000a0f03);
	stage_step(&stage, &ask);
	EXPECT_EQ(stage.nr_verdicts, 1);
	ask.a = ask.b = 0x10000; /* it is dirty itself */
	stage_step(&stage, &ask);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
}

TEST(an_older_load_is_told_once)
{
	struct pwm_step load = { .op = PWM_OP_ACCESS, .kind = PWM_R };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	stage_step(&stage, &load);
	pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS, 0, 1);
	EXPECT_EQ(stage.nr_verdicts, 1);
	pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS, 0, 1);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
}

/* The audit of aliases: one finding, its address, and every entry of a root. */
static void audit(uint32_t half, uint64_t entry, uint64_t va)
{
	struct pwm_step end = { .op = PWM_OP_END, .kind = 1 };

	if (!open_with((struct pwm_config){ .features = PWM_NO_WX }))
		return;
	tables(half);
	image_write(&stage, 0x13000, 0);
	image_write(&stage, 0x10008, 0x21003);
	image_write(&stage, 0x21000, 0x22003);
	image_write(&stage, 0x22000, 0x23003);
	image_write(&stage, 0x23000, PAGE(0x81000) | 4); /* of another type */
	image_write(&stage, 0x23008, entry);
	stage_step(&stage, &end);
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT(stage_has(&stage, "A64-ALIAS-1"));
	EXPECT_EQ(stage.verdict[0].va, va);
	stage_close(&stage);
}

TEST(audit_of_every_entry)
{
	audit(PWM_LOWER, 0, 1ull << 39);
	audit(PWM_UPPER, 0, 0xffff008000000000);
	audit(PWM_LOWER, PAGE(0x81000) | 8, 1ull << 39);
}

TEST(audit_takes_the_rights_of_the_way)
{
	struct pwm_step end = { .op = PWM_OP_END, .kind = 1 };

	if (!open_with((struct pwm_config){ .features = PWM_NO_WX }))
		return;
	tables(PWM_LOWER);
	/* writable, but for a table two levels up; and executable elsewhere */
	image_write(&stage, 0x10000, 0x4000000000011003);
	image_write(&stage, 0x10008, 0x21003);
	image_write(&stage, 0x21000, 0x22003);
	image_write(&stage, 0x22000, 0x23003);
	image_write(&stage, 0x23000, 0x0040000000080f83);
	stage_step(&stage, &end);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
}

TEST(audit_of_neighbours)
{
	struct pwm_step end = { .op = PWM_OP_END, .kind = 1 };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x13010, PAGE(0x82000) | 4);
	image_write(&stage, 0x13018, PAGE(0x7f000) | 4);
	stage_step(&stage, &end);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
}

/* Pages of tables ------------------------------------------------------------------------------ */

TEST(table_pages_are_counted)
{
	struct pwm_step end = { .op = PWM_OP_END };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (uint64_t i = 0; i < 100; i++)
		pwm_table_new(stage.m, 0, 0x100000 + i * 0x1000);
	/* the odd ones come back, out of order, and twice is once too often */
	for (uint64_t i = 99; i < 100; i -= 2)
		pwm_table_free(stage.m, 0, 0x100000 + i * 0x1000);
	EXPECT_EQ(stage.nr_verdicts, 0);
	pwm_table_free(stage.m, 0, 0x101000);
	EXPECT_EQ(stage.nr_verdicts, 1);
	for (uint64_t i = 1; i < 100; i += 2)
		pwm_table_new(stage.m, 0, 0x100000 + i * 0x1000);
	for (uint64_t i = 0; i < 99; i++)
		pwm_table_free(stage.m, 0, 0x100000 + i * 0x1000);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_step(&stage, &end);
	if (EXPECT_EQ(stage.nr_verdicts, 2))
		EXPECT_EQ(stage.verdict[1].src, 0x100000 + 99 * 0x1000);
	stage_close(&stage);
}

TEST(table_pages_fill_their_room)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (uint64_t i = 0; i < 128; i++)
		pwm_table_new(stage.m, 0, 0x100000 + i * 0x1000);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 0);
	/* the one free place is found from wherever the search begins */
	pwm_table_free(stage.m, 0, 0x100000);
	for (uint64_t i = 0; i < 1000; i++) {
		pwm_table_new(stage.m, 0, 0x2000000 + i * 0x1000);
		pwm_table_free(stage.m, 0, 0x2000000 + i * 0x1000);
	}
	pwm_table_new(stage.m, 0, 0x100000);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 0);
	pwm_table_new(stage.m, 0, 0x1000000);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 1);
	for (uint64_t i = 0; i < 128; i++)
		pwm_table_free(stage.m, 0, 0x100000 + i * 0x1000);
	EXPECT_EQ(stage.nr_verdicts, 0);
	pwm_table_free(stage.m, 0, 0x1000000);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
}

/* A table that nothing leads to is forgotten, and so are those below it. */
TEST(tables_below_are_forgotten)
{
	struct pwm_stats s;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.tables, 4);
	{
		/* unlinked by a snapshot: nobody holds it */
		struct pwm_step gone = { .op = PWM_OP_SNAPSHOT, .a = 0x11000 };

		EXPECT_EQ(stage_step(&stage, &gone), 0);
	}
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.tables, 2);
	stage_close(&stage);
}

TEST(roots_retire)
{
	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	EXPECT_EQ(spaces(), 1);
	pwm_root(stage.m, 0, PWM_LOWER, 0x30000, 2);
	EXPECT_EQ(spaces(), 2);
	flush(PWM_ASIDE1, 0); /* of ASID 1, but for its global entries */
	EXPECT_EQ(spaces(), 2);
	flush(PWM_VMALLE1, 0);
	EXPECT_EQ(spaces(), 1);
	stage_close(&stage);
	if (!open_with((struct pwm_config){ .arch = PWM_RISCV }))
		return;
	tables(PWM_LOWER);
	pwm_root(stage.m, 0, PWM_LOWER, 0x30000, 2);
	pwm_sfence(stage.m, 0, PWM_RS2, 0, 1);
	EXPECT_EQ(spaces(), 2);
	pwm_sfence(stage.m, 0, 0, 0, 0);
	EXPECT_EQ(spaces(), 1);
	stage_close(&stage);
}

TEST(batches_overflow_their_count)
{
	struct pwm_step begin = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_BEGIN };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	for (unsigned int i = 0; i < 254; i++)
		stage_step(&stage, &begin);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_step(&stage, &begin);
	EXPECT(stage_has(&stage, "ALL-LAZY-9"));
	stage_close(&stage);
}

TEST(flush_names_what_is_outside)
{
	struct pwm_step s = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_BEGIN };

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	stage_step(&stage, &s);
	store(0x13000, 0);
	store(0x13008, 0);
	s = (struct pwm_step){ .op = PWM_OP_LAZY, .kind = PWM_LAZY_FLUSH, .b = 0xfff };
	stage_step(&stage, &s);
	if (EXPECT_EQ(stage.nr_verdicts, 1))
		EXPECT_EQ(stage.verdict[0].va, 0x1000);
	stage_close(&stage);
}

/* Play ----------------------------------------------------------------------------------------- */

TEST(outcomes_are_told_once)
{
	struct pwm_outcome o[4];

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	/* read-only twice over: a fault each, of two values */
	image_write(&stage, 0x13000, 0x0060000000080f83);
	store(0x13000, 0x0020000000080f83);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_W, o, 4), 2);
	/* the pointer goes: the page behind it now, and the one before */
	store(0x12000, 0);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, o, 4), 3);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(o[i].stale, o[i].fault != 1);
	/* a second pointer to the same table tells nothing new */
	store(0x11000, 0);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, o, 4), 3);
	stage_close(&stage);
}

TEST(a_fault_has_no_value)
{
	struct pwm_outcome o;

	if (!open_with((struct pwm_config){ 0 }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x13000, 0x80f02);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.fault, 1);
	EXPECT_EQ(o.value, 0);
	stage_close(&stage);
}

TEST(hardware_updates_the_upper_half)
{
	if (!open_with((struct pwm_config){ .features = PWM_HAF }))
		return;
	tables(PWM_UPPER);
	image_write(&stage, 0x13000, 0x0060000000080b03);
	EXPECT_EQ(pwm_access(stage.m, 0, 0xffff000000000000, PWM_R).pa, 0x80000);
	EXPECT_EQ(image_read(&stage, 0x13000), 0x0060000000080f03);
	stage_close(&stage);
}

static uint32_t nr_choices;

static uint32_t count_choices(void *ctx, uint32_t n)
{
	(void)ctx;
	nr_choices++;
	return n - 1;
}

/* A model with what hooks there are; memory is the stage's. */
static struct pwm *bare(struct pwm_config cfg, void **mem)
{
	size_t len;

	cfg.size = sizeof(cfg);
	cfg.nr_cpus = 1;
	cfg.ctx = &stage;
	cfg.read = image_read;
	len = pwm_size(&cfg);
	*mem = malloc(len);
	return pwm_init(*mem, len, &cfg);
}

TEST(hooks_may_be_missing)
{
	struct pwm_stats s;
	struct pwm *m;
	void *mem;

	if (!open_with((struct pwm_config){ .features = PWM_HAF }))
		return;
	tables(PWM_LOWER);
	image_write(&stage, 0x13000, 0x0060000000080b03);
	m = bare((struct pwm_config){ .features = PWM_HAF | PWM_PLAY }, &mem);
	if (!EXPECT(m != NULL))
		return;
	pwm_root(m, 0, PWM_LOWER, 0x10000, 1);
	EXPECT_EQ(pwm_access(m, 0, 0, PWM_R).pa, 0x80000);
	EXPECT_EQ(image_read(&stage, 0x13000), 0x0060000000080b03);
	pwm_store(m, 0, 0x13008, 0, PWM_PLAIN);
	image_write(&stage, 0x13008, 0);
	/* without a chooser, what the tables say */
	EXPECT_EQ(pwm_access(m, 0, 0x1000, PWM_R).fault, 1);
	pwm_contract(m, 0, PWM_UNMAP, 0x1000, 0x1fff); /* nobody to tell */
	pwm_get_stats(m, &s);
	EXPECT_EQ(s.steps, 5);
	EXPECT_EQ(s.verdicts[PWM_ERROR], 1);
	free(mem);
	/* a chooser is asked when there is a choice */
	image_write(&stage, 0x13008, PAGE(0x81000));
	m = bare((struct pwm_config){ .features = PWM_PLAY, .choose = count_choices }, &mem);
	pwm_root(m, 0, PWM_LOWER, 0x10000, 1);
	nr_choices = 0;
	pwm_access(m, 0, 0x1000, PWM_R);
	EXPECT_EQ(nr_choices, 0);
	pwm_store(m, 0, 0x13008, 0, PWM_PLAIN);
	image_write(&stage, 0x13008, 0);
	EXPECT_EQ(pwm_access(m, 0, 0x1000, PWM_R).pa, 0x81000);
	EXPECT_EQ(nr_choices, 1);
	free(mem);
	stage_close(&stage);
}

/* Configuration -------------------------------------------------------------------------------- */

TEST(config_edges)
{
	struct pwm_config good = { .size = sizeof(good), .nr_cpus = 1 }, c;

	c = good, c.va_bits = 13;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.va_bits = 57;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.pa_bits = 32;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.pa_bits = 56;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.levels = PWM_MAX_LEVELS;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.max_unclean = 1u << 24;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.max_tables = 1u << 24;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.max_spaces = 1u << 16;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.bbm = 3;
	EXPECT(pwm_size(&c) > 0);
}

/* The default address sizes: what lies above is reserved. */
TEST(default_addresses)
{
	static const struct {
		uint32_t arch, features;
		uint64_t val;
		bool reserved;
	} rows[] = { { PWM_X86, 0, 0x0000800000080063, false },
		     { PWM_X86, 0, 0x0001000000080063, true },
		     { PWM_RISCV, 0, 0x003ffffffffffcc7, false },
		     { PWM_ARM64, PWM_LPA2, 0x0063000000080e03, false } };

	for (unsigned int i = 0; i < 4; i++) {
		char text[160];

		harness_note("row", i);
		if (!open_with((struct pwm_config){ .arch = rows[i].arch,
						    .features = rows[i].features }))
			return;
		tables(PWM_LOWER);
		store(rows[i].arch == PWM_RISCV ? 0x12010 : 0x13010, rows[i].val);
		EXPECT_EQ(stage.nr_verdicts != 0, rows[i].reserved);
		pwm_describe(stage.m, rows[i].val, 0, text, sizeof(text));
		stage_close(&stage);
	}
}
