/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The model's functions by themselves: configuration, refusals, descriptors in words, the sets of
 * outcomes and what hardware writes in play mode, and what happens when memory runs out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;

static bool open_as(uint32_t arch, uint32_t features, uint32_t pa_bits)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .arch = arch,
				  .nr_cpus = 2,
				  .features = features,
				  .pa_bits = pa_bits,
				  .max_unclean = 128,
				  .max_tables = 64 };

	return EXPECT(stage_open(&stage, &cfg));
}

static int take(struct pwm_step s)
{
	return stage_step(&stage, &s);
}

TEST(config_is_checked)
{
	struct pwm_config good = { .size = sizeof(good), .nr_cpus = 2, .read = image_read };
	struct pwm_config c;
	size_t len = pwm_size(&good);
	void *mem = malloc(len + 8);

	EXPECT(len > 0);
	EXPECT(pwm_init(mem, len, &good) != NULL);
	EXPECT(pwm_init(mem, len - 1, &good) == NULL);
	EXPECT(pwm_init((char *)mem + 4, len, &good) == NULL);
	EXPECT(pwm_init(NULL, len, &good) == NULL);
	c = good, c.read = NULL;
	EXPECT(pwm_init(mem, len, &c) == NULL);
	c = good, c.size--;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.arch = PWM_NR_ARCHES;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.nr_cpus = 0;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.nr_cpus = 64;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.nr_cpus = 65;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.page_lg2 = 13;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.page_lg2 = 16;
	EXPECT(pwm_size(&c) > 0);
	c.arch = PWM_X86;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.bbm = 4;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.va_bits = 58;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.va_bits = 12;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.pa_bits = 31;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.pa_bits = 57;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.levels = 7;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good;
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_BBM, 2), 0);
	EXPECT_EQ(c.bbm, 2);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_BBM, 9), (uint64_t)-1);
	c = good;
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_MAIR, 1ull << 40), 0);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_CPUS, 1ull << 32), (uint64_t)-1);
	EXPECT_EQ(pwm_config_set(&c, PWM_NR_KEYS, 0), (uint64_t)-1);
	free(mem);
}

/* Roots of guest-physical addresses: their pointers, sizes and regimes. */
static void guest_roots(void)
{
	static const struct {
		uint64_t root, c;
		uint32_t arch, half;
		bool good;
	} roots[] = {
		/* EPT pointers: memory type, length of walks, A/D flag; the rest is reserved */
		{ 0x1001e, PWM_STAGE2, PWM_X86, PWM_GUEST, true },
		{ 0x10018, PWM_STAGE2, PWM_X86, PWM_GUEST, true },
		{ 0x10066, PWM_STAGE2, PWM_X86, PWM_GUEST, true },
		{ 0x1009e, PWM_STAGE2, PWM_X86, PWM_GUEST, true },
		{ 0x1001b, PWM_STAGE2, PWM_X86, PWM_GUEST, false },
		{ 0x1000e, PWM_STAGE2, PWM_X86, PWM_GUEST, false },
		{ 0x1002e, PWM_STAGE2, PWM_X86, PWM_GUEST, false },
		{ 0x1011e, PWM_STAGE2, PWM_X86, PWM_GUEST, false },
		{ 1ull << 52 | 0x1001e, PWM_STAGE2, PWM_X86, PWM_GUEST, false },
		{ 0x1001e, PWM_STAGE2 | 48ull << 32, PWM_X86, PWM_GUEST, false },
		{ 0x1001e, PWM_EL1, PWM_X86, PWM_GUEST, false },
		{ 0x10000, PWM_STAGE2, PWM_X86, PWM_LOWER, false },
		/* hgatp: 16K, of three sizes */
		{ 0x10000, PWM_STAGE2, PWM_RISCV, PWM_GUEST, true },
		{ 0x10000, PWM_STAGE2 | 41ull << 32, PWM_RISCV, PWM_GUEST, true },
		{ 0x10000, PWM_STAGE2 | 50ull << 32, PWM_RISCV, PWM_GUEST, true },
		{ 0x10000, PWM_STAGE2 | 59ull << 32, PWM_RISCV, PWM_GUEST, true },
		{ 0x10000, PWM_STAGE2 | 39ull << 32, PWM_RISCV, PWM_GUEST, false },
		{ 0x12000, PWM_STAGE2, PWM_RISCV, PWM_GUEST, false },
		{ 0x10000, PWM_EL1, PWM_RISCV, PWM_GUEST, false },
		{ 0x10000, PWM_STAGE2, PWM_RISCV, PWM_LOWER, false },
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct pwm_step s = { .op = PWM_OP_ROOT,
				      .kind = (uint16_t)roots[i].half,
				      .a = roots[i].root,
				      .c = roots[i].c };

		harness_note("root", i);
		if (!open_as(roots[i].arch, 0, 0))
			return;
		EXPECT_EQ(take(s), roots[i].good ? 0 : (uint64_t)-1);
		stage_close(&stage);
	}
}

TEST(senseless_steps_are_refused)
{
	static const struct pwm_step bad[] = {
		{ .op = PWM_OP_NONE },
		{ .op = PWM_NR_OPS },
		{ .op = PWM_OP_STORE, .cpu = 2 },
		{ .op = PWM_OP_STORE, .a = 4 },
		{ .op = PWM_OP_LOAD, .a = 1 },
		{ .op = PWM_OP_SNAPSHOT, .a = 7 },
		{ .op = PWM_OP_ZERO, .a = 4, .b = 8 },
		{ .op = PWM_OP_ZERO, .b = (1 << 21) + 1 },
		{ .op = PWM_OP_BARRIER, .kind = PWM_NR_BARRIERS },
		{ .op = PWM_OP_TLBI, .kind = PWM_NR_TLBI },
		{ .op = PWM_OP_INVLPG },
		{ .op = PWM_OP_SFENCE },
		{ .op = PWM_OP_ROOT, .kind = PWM_NR_HALVES },
		{ .op = PWM_OP_ROOT, .a = 32 },
		{ .op = PWM_OP_ROOT, .c = PWM_STAGE2 + 1 },
		{ .op = PWM_OP_ROOT, .c = 49ull << 32 },
		{ .op = PWM_OP_SYSREG, .kind = PWM_NR_SYSREGS },
		{ .op = PWM_OP_SYSREG, .kind = PWM_CR4_PGE },
		{ .op = PWM_OP_IPI, .a = 2 },
		{ .op = PWM_OP_CONTRACT, .kind = PWM_NR_PROMISES },
		{ .op = PWM_OP_CONTRACT, .a = 1 },
		{ .op = PWM_OP_CONTRACT, .c = PWM_STAGE2 + 1 },
		{ .op = PWM_OP_LAZY, .kind = PWM_NR_LAZY },
	};
	struct pwm_stats s;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		harness_note("step", i);
		EXPECT_EQ(take(bad[i]), (uint64_t)-1);
	}
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.steps, 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_ROOT, .c = 48ull << 32 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_IPI, .a = 1 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_TLBI, .kind = PWM_NR_TLBI - 1 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_ZERO, .b = 64 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_CONFIG }), 0);
	stage_close(&stage);
	/* modes are those of a machine that has them */
	for (uint32_t arch = 0; arch < PWM_NR_ARCHES; arch++) {
		const uint64_t no = (uint64_t)-1;

		if (!open_as(arch, 0, 0))
			return;
		EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_LAZY_TLB, .kind = 1 }),
			  arch == PWM_X86 ? 0 : no);
		EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_GUEST, .kind = 1 }),
			  arch == PWM_ARM64 ? no : 0);
		EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_LAZY_TLB, .kind = 2 }), no);
		EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_GUEST, .kind = 2 }), no);
		stage_close(&stage);
	}
	if (!open_as(PWM_X86, 0, 0))
		return;
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVPCID, .kind = 4 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVPCID, .kind = 3 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_TLBI }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_SYSREG, .kind = PWM_CR4_PGE }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVEPT, .kind = 0 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVEPT, .kind = 1 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVEPT, .kind = 2 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVEPT, .kind = 3 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVVPID, .kind = 3 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVVPID, .kind = 4 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_HFENCE_GVMA }), (uint64_t)-1);
	stage_close(&stage);
	guest_roots();
	if (!open_as(PWM_RISCV, 0, 0))
		return;
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_INVEPT, .kind = 1 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_HFENCE_VVMA, .kind = 3 }), 0);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_HINVAL_GVMA, .kind = 4 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_SINVAL, .kind = 4 }), (uint64_t)-1);
	EXPECT_EQ(take((struct pwm_step){ .op = PWM_OP_SINVAL, .kind = 3 }), 0);
	stage_close(&stage);
}

/* Descriptors ---------------------------------------------------------------------------------- */

static const struct words {
	uint32_t arch, features, pa_bits, level;
	uint64_t val;
	const char *text;
} words[] = {
	{ PWM_ARM64, 0, 0, 0, 0x0060000000080f03,
	  "(page at 0x80000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_ARM64, 0, 0, 0, 0x0070000000080783,
	  "(page at 0x80000, kernel r--, user ---, type 0x0, global, contiguous)" },
	{ PWM_ARM64, 0, 0, 0, 0x0000000000080b0f,
	  "(page at 0x80000, kernel rwx, user --x, type 0x3, not accessed, dirty)" },
	{ PWM_ARM64, 0, 0, 0, 0x0020000000080fc3,
	  "(page at 0x80000, kernel r--, user r-x, type 0x0)" },
	{ PWM_ARM64, 0, 0, 0, 0x0000000000080f43,
	  "(page at 0x80000, kernel rw-, user rwx, type 0x0, dirty)" },
	{ PWM_ARM64, PWM_HD, 0, 0, 0x0068000000080f83,
	  "(page at 0x80000, kernel rw-, user ---, type 0x0)" },
	{ PWM_ARM64, 0, 0, 0, 0x0068000000080f83,
	  "(page at 0x80000, kernel r--, user ---, type 0x0)" },
	{ PWM_ARM64, PWM_WXN, 0, 0, 0x0000000000080f43,
	  "(page at 0x80000, kernel rw-, user rw-, type 0x0, dirty)" },
	{ PWM_ARM64, 0, 0, 1, 0x0060000000200f01,
	  "(block at 0x200000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_ARM64, 0, 0, 2, 0x0060000040000f01,
	  "(block at 0x40000000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_ARM64, 0, 0, 3, 0x0060000040000f01, "(reserved encoding)" },
	{ PWM_ARM64, PWM_LPA2, 0, 3, 0x0060008000000f01,
	  "(block at 0xc008000000000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_ARM64, PWM_LPA2, 0, 0, 0x0063000000080e03,
	  "(page at 0xb000000080000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_ARM64, 0, 0, 0, 0x80f01, "(reserved encoding)" },
	{ PWM_ARM64, 0, 0, 1, 0x80003, "(table at 0x80000)" },
	{ PWM_ARM64, 0, 40, 0, 0x0060010000080f03, "(reserved encoding)" },
	{ PWM_ARM64, 0, 0, 0, 0x80f02, "(not valid)" },
	{ PWM_X86, PWM_NX, 0, 0, 0x8000000000080063,
	  "(page at 0x80000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_X86, PWM_NX, 0, 0, 0x80121,
	  "(page at 0x80000, kernel r-x, user ---, type 0x0, global)" },
	{ PWM_X86, PWM_NX, 0, 0, 0x8009d,
	  "(page at 0x80000, kernel r-x, user r-x, type 0x7, not accessed)" },
	{ PWM_X86, PWM_NX, 0, 0, 0x80067,
	  "(page at 0x80000, kernel rwx, user rwx, type 0x0, dirty)" },
	{ PWM_X86, PWM_NX, 0, 1, 0x2010e3,
	  "(block at 0x200000, kernel rwx, user ---, type 0x4, dirty)" },
	{ PWM_X86, PWM_NX, 0, 1, 0x2020e3, "(reserved encoding)" },
	{ PWM_X86, PWM_NX, 0, 2, 0x400000e3,
	  "(block at 0x40000000, kernel rwx, user ---, type 0x0, dirty)" },
	{ PWM_X86, PWM_NX, 0, 3, 0xe3, "(reserved encoding)" },
	{ PWM_X86, PWM_NX, 0, 1, 0x80063, "(table at 0x80000)" },
	{ PWM_X86, 0, 0, 0, 0x80062, "(not valid)" },
	{ PWM_RISCV, 0, 0, 0, 0x200c7, "(page at 0x80000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_RISCV, 0, 0, 0, 0x200fb,
	  "(page at 0x80000, kernel ---, user r-x, type 0x0, global, dirty)" },
	{ PWM_RISCV, 0, 0, 0, 0x20003,
	  "(page at 0x80000, kernel r--, user ---, type 0x0, not accessed)" },
	{ PWM_RISCV, PWM_SVPBMT, 0, 0, 0x40000000000200c7,
	  "(page at 0x80000, kernel rw-, user ---, type 0x2, dirty)" },
	{ PWM_RISCV, PWM_SVPBMT, 0, 0, 0x60000000000200c7, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 0, 0x20000000000200c7, "(reserved encoding)" },
	{ PWM_RISCV, PWM_SVNAPOT, 0, 0, 0x80000000000220c7,
	  "(page at 0x80000, kernel rw-, user ---, type 0x0, contiguous, dirty)" },
	{ PWM_RISCV, PWM_SVNAPOT, 0, 0, 0x80000000000200c7, "(reserved encoding)" },
	{ PWM_RISCV, PWM_SVNAPOT, 0, 1, 0x80000000000820c7, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 1, 0x800c7,
	  "(block at 0x200000, kernel rw-, user ---, type 0x0, dirty)" },
	{ PWM_RISCV, 0, 0, 1, 0x804c7, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 1, 0x20001, "(table at 0x80000)" },
	{ PWM_RISCV, 0, 0, 0, 0x20001, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 1, 0x20041, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 1, 0x20081, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 1, 0x20011, "(reserved encoding)" },
	{ PWM_RISCV, 0, 0, 0, 0x200c5, "(reserved encoding)" },
	{ PWM_RISCV, PWM_SW60, 0, 0, 0x18000000000200c7,
	  "(page at 0x80000, kernel rw-, user ---, type 0x0, dirty)" },
};

TEST(descriptors_in_words)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char text[160];
		size_t len;

		harness_note("row", i);
		if (!open_as(words[i].arch, words[i].features, words[i].pa_bits))
			return;
		len = pwm_describe(stage.m, words[i].val, words[i].level, text, sizeof(text));
		EXPECT_EQ(len, strlen(text));
		if (!EXPECT(!strcmp(strchr(text, '('), words[i].text)))
			puts(text);
		EXPECT(pwm_describe(stage.m, words[i].val, words[i].level, text, 8) > 8);
		EXPECT_EQ(strlen(text), 7);
		stage_close(&stage);
	}
}

/* Play ----------------------------------------------------------------------------------------- */

static void tables(uint64_t leaf)
{
	bool riscv = stage.cfg.arch == PWM_RISCV, x86 = stage.cfg.arch == PWM_X86;
	uint64_t link = x86 ? 0x67 : riscv ? 1 : 3;

	for (unsigned int i = 0; i < (riscv ? 2u : 3u); i++) {
		uint64_t next = 0x11000ull + i * 0x1000;

		image_write(&stage, 0x10000 + i * 0x1000, (riscv ? next >> 2 : next) | link);
	}
	image_write(&stage, riscv ? 0x12000 : 0x13000, leaf);
	pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 1);
	pwm_barrier(stage.m, 0, PWM_ISB);
}

static uint64_t leaf_now(void)
{
	return image_read(&stage, stage.cfg.arch == PWM_RISCV ? 0x12000 : 0x13000);
}

TEST(hardware_updates)
{
	static const struct {
		uint32_t arch, features, access;
		uint64_t was, is;
	} rows[] = {
		{ PWM_ARM64, PWM_HAF, PWM_R, 0x0060000000080b03, 0x0060000000080f03 },
		{ PWM_ARM64, 0, PWM_R, 0x0060000000080b03, 0x0060000000080b03 },
		{ PWM_ARM64, PWM_HAF | PWM_HD, PWM_W, 0x0068000000080f83, 0x0068000000080f03 },
		{ PWM_ARM64, PWM_HAF | PWM_HD, PWM_R, 0x0068000000080f83, 0x0068000000080f83 },
		{ PWM_ARM64, PWM_HAF | PWM_HD, PWM_W, 0x0060000000080f83, 0x0060000000080f83 },
		{ PWM_X86, 0, PWM_R, 0x80003, 0x80023 },
		{ PWM_X86, 0, PWM_W, 0x80003, 0x80063 },
		{ PWM_X86, 0, PWM_W, 0x80001, 0x80001 },
		{ PWM_RISCV, PWM_SVADU, PWM_R, 0x20007, 0x20047 },
		{ PWM_RISCV, PWM_SVADU, PWM_W, 0x20047, 0x200c7 },
		{ PWM_RISCV, 0, PWM_R, 0x20007, 0x20007 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pwm_outcome o;

		harness_note("row", i);
		if (!open_as(rows[i].arch, rows[i].features | PWM_PLAY, 0))
			return;
		tables(rows[i].was);
		o = pwm_access(stage.m, 0, 0x123, rows[i].access);
		EXPECT_EQ(leaf_now(), rows[i].is);
		EXPECT(o.fault ? o.pa == 0 : o.pa == 0x80123);
		EXPECT_EQ(o.stale, 0);
		stage_close(&stage);
	}
}

TEST(outcomes_are_a_set)
{
	struct pwm_outcome o[4];
	unsigned int seen = 0;

	if (!open_as(PWM_ARM64, PWM_PLAY, 0))
		return;
	/* no root at all */
	EXPECT_EQ(pwm_outcomes(stage.m, 1, 0x123, PWM_R, o, 4), 1);
	EXPECT_EQ(o[0].fault, 1);
	tables(0x0060000000080f03);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x123, PWM_R, o, 4), 1);
	EXPECT_EQ(o[0].pa, 0x80123);
	EXPECT_EQ(o[0].value, 0x0060000000080f03);
	EXPECT_EQ(o[0].level, 0);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x123, PWM_X, o, 4), 1);
	EXPECT_EQ(o[0].fault, 2);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x200000, PWM_R, o, 4), 1);
	EXPECT_EQ(o[0].fault, 1);
	EXPECT_EQ(o[0].level, 0);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x13000, .b = 0x0060000000080f83 });
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x123, PWM_W, o, 4), 2);
	EXPECT_EQ(o[0].fault, 2);
	EXPECT_EQ(o[0].stale, 0);
	EXPECT_EQ(o[1].fault, 0);
	EXPECT_EQ(o[1].stale, 1);
	EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x123, PWM_W, o, 1), 2);
	/* the chooser sees both */
	for (unsigned int i = 0; i < 64; i++)
		seen |= 1u << pwm_access(stage.m, 0, 0x123, PWM_W).fault;
	EXPECT_EQ(seen, 1u << 0 | 1u << 2);
	stage_close(&stage);
}

/* Contents, room ------------------------------------------------------------------------------- */

static int same_contents(void *ctx, uint64_t pa, uint64_t pb, uint64_t len)
{
	(void)ctx;
	return len == 4096 && (pa ^ pb) == 0x5000;
}

static uint32_t after_store(uint64_t was, uint64_t is)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .nr_cpus = 2,
				  .same_contents = same_contents };
	uint32_t n;

	if (!EXPECT(stage_open(&stage, &cfg)))
		return 99;
	tables(was);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x13000, .b = is });
	n = stage.nr_verdicts;
	stage_close(&stage);
	return n;
}

TEST(equal_contents_may_be_exchanged)
{
	EXPECT_EQ(after_store(0x0060000000080f83, 0x0060000000085f83), 0);
	EXPECT_EQ(after_store(0x0060000000080f83, 0x0060000000086f83), 1);
	EXPECT_EQ(after_store(0x0060000000080f03, 0x0060000000085f83), 1);
	EXPECT_EQ(after_store(0x0060000000080f83, 0x0060000000085f03), 1);
}

TEST(room)
{
	struct pwm_stats s;

	/* stale "invalid" of a CPU that sleeps gives way */
	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0);
	pwm_root(stage.m, 1, PWM_LOWER, 0x10000, 1);
	for (unsigned int i = 0; i < 500; i++) {
		take((struct pwm_step){ .op = PWM_OP_STORE,
					.a = 0x13000 + i * 8,
					.b = 0x0060000000000f03 | (uint64_t)i << 12 });
		pwm_barrier(stage.m, 0, PWM_DSB_ISHST);
		pwm_barrier(stage.m, 0, PWM_ISB);
	}
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 0);
	EXPECT(s.forgotten > 0 && s.forgotten < 500);
	EXPECT(s.unclean <= 128 && s.max_unclean <= 128);
	/* what is dangerous does not: it is said that the result is incomplete */
	for (unsigned int i = 0; i < 500; i++)
		take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x13000 + i * 8 });
	pwm_get_stats(stage.m, &s);
	EXPECT(s.overflows > 0);
	EXPECT_EQ(s.unclean, 128);
	/* and it goes on */
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_tlbi(stage.m, 0, PWM_VMALLE1 | PWM_IS, 0, 0);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_barrier(stage.m, 0, PWM_ISB);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.unclean, 0);
	EXPECT_EQ(s.tables, 4);
	EXPECT_EQ(s.spaces, 1);
	stage_close(&stage);
}

TEST(tables_are_forgotten)
{
	struct pwm_stats s;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0x0060000000080f03);
	for (unsigned int i = 0; i < 300; i++) {
		uint64_t pa = 0x20000 + i * 0x1000;

		image_write(&stage, pa, 0x0060000000080f03);
		take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12008, .b = pa | 3 });
		pwm_barrier(stage.m, 0, PWM_DSB_ISHST);
		pwm_barrier(stage.m, 0, PWM_ISB);
		take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12008 });
		pwm_barrier(stage.m, 0, PWM_DSB_ISH);
		pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS, 0x200000, 1);
		pwm_barrier(stage.m, 0, PWM_DSB_ISH);
		pwm_barrier(stage.m, 0, PWM_ISB);
	}
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.overflows, 0);
	EXPECT_EQ(s.tables, 4);
	EXPECT_EQ(s.unclean, 0);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
}

TEST(findings_are_told_once)
{
	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0x0060000000080f03);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x13000 });
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 4095);
	EXPECT_EQ(stage.nr_verdicts, 1);
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 4095);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0x0060000000080f03);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x13000 });
	pwm_page_free(stage.m, 0, 0x80000, 4096);
	EXPECT_EQ(stage.nr_verdicts, 1);
	pwm_page_free(stage.m, 0, 0x80000, 4096);
	EXPECT_EQ(stage.nr_verdicts, 1);
	stage_close(&stage);
}

/* A conflict has the class of its rule: at level 2 of FEAT_BBM, unpredictable and no error. */
TEST(classes)
{
	struct pwm_config cfg = { .size = sizeof(cfg), .nr_cpus = 2, .bbm = 2 };

	if (!EXPECT(stage_open(&stage, &cfg)))
		return;
	tables(0x0060000000000f03);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12000, .b = 0x0060000000000f01 });
	if (EXPECT_EQ(stage.nr_verdicts, 1))
		EXPECT_EQ(stage.verdict[0].cls, PWM_UNPRED);
	stage_close(&stage);
}

/* Where the size is not all that changes, a rule of sizes is broken worse than its class says. */
TEST(classes_of_sizes)
{
	static const struct {
		uint32_t arch;
		uint64_t block, page, table, type;
	} x[] = {
		{ PWM_X86, 0x4000e3, 0x400063, 0x14063, 0x10 },
		{ PWM_RISCV, 0x1000c7, 0x1000c7, 0x5001, 1ull << 61 },
	};

	for (unsigned int i = 0; i < 2 * 4; i++) {
		uint64_t page = x[i / 4].page;
		struct pwm_config cfg = { .size = sizeof(cfg),
					  .nr_cpus = 2,
					  .va_bits = 39,
					  .levels = 3,
					  .features = PWM_SVPBMT,
					  .arch = x[i / 4].arch };

		if (!EXPECT(stage_open(&stage, &cfg)))
			return;
		/* the same; another address; another type; fewer rights */
		page = i % 4 == 1 ? page + (x[i / 4].arch == PWM_X86 ? 0x1000 : 0x400) :
		       i % 4 == 2 ? page | x[i / 4].type :
				    page;
		page = i % 4 == 3 ? page & ~(x[i / 4].arch == PWM_X86 ? 2ull : 4ull) : page;
		image_write(&stage, 0x12000, x[i / 4].block);
		image_write(&stage, 0x14000, page);
		image_write(&stage, 0x11000, x[i / 4].arch == PWM_X86 ? 0x12063 : 0x4801);
		pwm_root(stage.m, 0, PWM_LOWER, 0x11000, 1);
		take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12000, .b = x[i / 4].table });
		if (EXPECT_EQ(stage.nr_verdicts, 1))
			EXPECT_EQ(stage.verdict[0].cls,
				  i % 4 == 0 || i % 4 == 3 ? PWM_UNPRED : PWM_ERROR);
		stage_close(&stage);
	}
}

TEST(more_tables_than_room)
{
	struct pwm_stats s;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0x0060000000080f03);
	for (unsigned int i = 1; i < 200; i++)
		take((struct pwm_step){ .op = PWM_OP_STORE,
					.a = 0x12000 + i * 8,
					.b = (0x20000 + i * 0x1000) | 3 });
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.tables, 64);
	EXPECT(s.overflows > 0);
	stage_close(&stage);
}

/* A space of 39 bits begins one level down. */
TEST(small_spaces)
{
	struct pwm_outcome o;

	if (!open_as(PWM_ARM64, PWM_PLAY, 0))
		return;
	image_write(&stage, 0x50008, 0x0060000080000f01);
	pwm_root_in(stage.m, 1, PWM_LOWER, 0x50000, 3, PWM_EL1, 0, 39);
	EXPECT_EQ(pwm_outcomes(stage.m, 1, 0x40000123, PWM_R, &o, 1), 1);
	EXPECT_EQ(o.pa, 0x80000123);
	EXPECT_EQ(o.level, 2);
	stage_close(&stage);
}

/* What the tables say again needs no record. */
TEST(relinking_cleans)
{
	struct pwm_stats s;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	tables(0x0060000000080f03);
	image_write(&stage, 0x13008, 0x0060000000081f03);
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12000 });
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS, 0, 1);
	pwm_barrier(stage.m, 0, PWM_DSB_ISH);
	pwm_barrier(stage.m, 0, PWM_ISB);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.unclean, 1); /* the leaf that the TLBI left */
	take((struct pwm_step){ .op = PWM_OP_STORE, .a = 0x12000, .b = 0x13003 });
	pwm_barrier(stage.m, 0, PWM_DSB_ISHST);
	pwm_barrier(stage.m, 0, PWM_ISB);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.unclean, 0);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
}

TEST(sites_are_named)
{
	static const char here[] = "here.c";
	uint32_t a, b;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	a = pwm_site(stage.m, here, 1);
	b = pwm_site(stage.m, here, 2);
	EXPECT(a && b && a != b);
	EXPECT_EQ(pwm_site(stage.m, here, 1), a);
	for (uint32_t i = 3; i <= 256; i++)
		EXPECT(pwm_site(stage.m, here, i) != 0);
	EXPECT_EQ(pwm_site(stage.m, here, 257), 0);
	EXPECT_EQ(pwm_site(stage.m, here, 2), b);
	stage_close(&stage);
}

/* The shorthands make the steps that they are named after. */
TEST(shorthands)
{
	static const char here[] = "here.c";
	struct pwm_stats s;
	uint32_t site;

	if (!open_as(PWM_ARM64, 0, 0))
		return;
	site = pwm_site(stage.m, here, 5);
	tables(0x0060000000080f03);
	pwm_table_new(stage.m, 0, 0x40000);
	pwm_table_free(stage.m, 0, 0x40000);
	EXPECT_EQ(stage.nr_verdicts, 0);
	pwm_set_site(stage.m, site);
	pwm_table_free(stage.m, 1, 0x40000);
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		EXPECT_EQ(stage.verdict[0].trigger.site, site);
		EXPECT_EQ(stage.verdict[0].trigger.cpu, 1);
		EXPECT_EQ(stage.verdict[0].trigger_op, PWM_OP_TABLE_FREE);
	}
	pwm_load(stage.m, 0, 0x13000, 1);
	pwm_store(stage.m, 0, 0x13000, 0, PWM_PLAIN);
	EXPECT(stage_has(&stage, "A64-BBM-12"));
	pwm_page_free(stage.m, 0, 0x80000, 4096);
	EXPECT(stage_has(&stage, "ALL-FREE-2"));
	/* a small space of another regime and VMID, which the model then tells apart */
	pwm_root_in(stage.m, 1, PWM_GUEST, 0x50000, 0, PWM_STAGE2, 7, 39);
	pwm_get_stats(stage.m, &s);
	EXPECT_EQ(s.spaces, 2);
	image_write(&stage, 0x50008, 0x51003);
	image_write(&stage, 0x51000, 0x0060000040000f01);
	pwm_store(stage.m, 1, 0x50008, 0, PWM_PLAIN);
	stage_close(&stage);
	if (!open_as(PWM_X86, 0, 0))
		return;
	tables(0x80063);
	pwm_store(stage.m, 0, 0x13000, 0, PWM_PLAIN);
	image_write(&stage, 0x13000, 0);
	pwm_invlpg(stage.m, 0, 0);
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 4095);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
	if (!open_as(PWM_RISCV, 0, 0))
		return;
	tables(0x200c7);
	pwm_store(stage.m, 0, 0x12000, 0, PWM_PLAIN);
	image_write(&stage, 0x12000, 0);
	pwm_sfence(stage.m, 0, PWM_RS1 | PWM_RS2, 0, 1);
	pwm_contract(stage.m, 0, PWM_UNMAP, 0, 4095);
	EXPECT_EQ(stage.nr_verdicts, 0);
	stage_close(&stage);
}

/* Any steps ------------------------------------------------------------------------------------ */

/* Tables that point to themselves, to each other, to roots; every operation, every order. */
static struct pwm_step any_step(uint32_t arch)
{
	static const uint64_t bits[] = {
		0x60000000000f03, 0xf01, 3, 1, 0x63, 0xe3, 0xc7, 0x21, 0x37, 0xb7, 7, 0
	};
	uint64_t page = 0x10000 + harness_below(8) * 0x1000;
	uint64_t to = 0x10000 + harness_below(8) * 0x1000;
	struct pwm_step s = {
		.op = (uint8_t)harness_below(PWM_NR_OPS),
		.cpu = (uint8_t)harness_below(3),
		.kind = (uint16_t)(harness_below(4) ? harness_below(24) : harness_random()),
		.a = harness_below(3) ? page + harness_below(3) * 8 : harness_below(5) << 12,
		.b = harness_below(4)
	};

	if (s.op == PWM_OP_STORE || s.op == PWM_OP_SNAPSHOT || harness_below(3) == 0) {
		s.op = PWM_OP_STORE;
		s.kind &= 0x2f;
		s.b = (arch == PWM_RISCV ? to >> 2 : to) | bits[harness_below(12)];
	}
	if (s.op == PWM_OP_ROOT)
		s.a = page;
	if (s.op == PWM_OP_ROOT && harness_below(2)) {
		s.kind = PWM_GUEST;
		s.c = PWM_STAGE2 | harness_below(3) << 16;
		if (arch == PWM_X86)
			s.a |= harness_below(2) ? 0x1e : 0x66;
		if (arch == PWM_RISCV)
			s.a &= ~0x3fffull;
	}
	if (s.op == PWM_OP_ZERO || s.op == PWM_OP_PAGE_FREE)
		s.b = harness_below(64) * 8;
	if (s.op == PWM_OP_CONTRACT)
		s.b = s.a + (harness_below(2) ? 0xfff : 0x3fffffff);
	if (s.op == PWM_OP_TLBI && harness_below(2))
		s.a = harness_random();
	return s;
}

static void any_steps(uint32_t arch)
{
	for (unsigned int round = 0; round < 40; round++) {
		struct pwm_outcome o[8];

		if (!open_as(arch, (uint32_t)harness_random() & 0x37fffff, 0))
			return;
		for (unsigned int n = 0; n < 1500; n++) {
			struct pwm_step s = any_step(arch);

			harness_note("step", n);
			harness_note("operation", s.op);
			take(s);
			if (n % 64 == 0)
				EXPECT(pwm_outcomes(stage.m, 0, s.a, PWM_R, o, 8) > 0);
		}
		stage_close(&stage);
	}
}

TEST(any_steps_arm64)
{
	any_steps(PWM_ARM64);
}

TEST(any_steps_x86)
{
	any_steps(PWM_X86);
}

TEST(any_steps_riscv)
{
	any_steps(PWM_RISCV);
}
