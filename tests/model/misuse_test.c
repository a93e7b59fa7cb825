/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What somebody who puts the model under page-table code of his own gets wrong first: registers as
 * they are instead of addresses, another architecture's barriers, numbers that do not fit, CPUs
 * that there are not. Each is refused, counted, and has a word that says what was expected; nothing
 * becomes another step, and nothing is read or written beyond the model.
 */
#include "steps.h"

static uint64_t refused(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s.refused;
}

static uint64_t steps(void)
{
	struct pwm_stats s;

	pwm_get_stats(stage.m, &s);
	return s.steps;
}

/* The last call was refused, counted once, and @expected is a part of what is said. */
static void is_refused(int result, const char *expected)
{
	static uint64_t before;

	if (!expected) {
		before = refused();
		return;
	}
	EXPECT_EQ(result, -1);
	EXPECT_EQ(refused(), before + 1);
	if (!EXPECT(pwm_refused(stage.m) && strstr(pwm_refused(stage.m), expected)))
		printf("  %s\n", pwm_refused(stage.m) ? pwm_refused(stage.m) : "taken");
	before = refused();
}

static bool open_of(uint32_t arch, uint32_t features)
{
	if (!open_with((struct pwm_config){ .arch = arch, .features = features }))
		return false;
	is_refused(0, NULL);
	return true;
}

TEST(registers_are_no_addresses)
{
	if (!open_of(PWM_X86, PWM_PCID))
		return;
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 0x10005, 5), "physical address");
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 1ull << 63 | 0x10000, 5), "physical address");
	EXPECT_EQ(pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 5), 0);
	EXPECT(pwm_refused(stage.m) == NULL);
	EXPECT_EQ(pwm_root(stage.m, 0, PWM_LOWER, 0xfffffffff000, 5), 0);
	EXPECT_EQ(refused(), 2);
	stage_close(&stage);
	if (!open_of(PWM_RISCV, 0))
		return;
	/* MODE 8, ASID 1, and a page number that looks like an address */
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 8ull << 60 | 1ull << 44 | 0x80200, 1),
		   "physical address");
	EXPECT_EQ(pwm_root(stage.m, 0, PWM_LOWER, 0x80200000, 1), 0);
	stage_close(&stage);
	if (!open_of(PWM_ARM64, 0))
		return;
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 1ull << 48 | 0x10000, 1), "physical address");
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 0x10001, 1), "physical address");
	is_refused(pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 0x10000), "an ASID");
	is_refused(pwm_root(stage.m, 0, PWM_GUEST, 0x10000, 0), "PWM_GUEST");
	is_refused(pwm_root_in(stage.m, 0, PWM_LOWER, 0x10000, 0, PWM_STAGE2, 0, 0), "PWM_GUEST");
	is_refused(pwm_root_in(stage.m, 0, PWM_LOWER, 0x10000, 0, 0x100, 0, 0), "");
	is_refused(pwm_root_in(stage.m, 0, PWM_LOWER, 0x10000, 0, 0, 0x10000, 0), "");
	is_refused(pwm_root_in(stage.m, 0, PWM_LOWER, 0x10000, 0, 0, 0, 1u << 16), "");
	is_refused(pwm_do(stage.m, 0, PWM_OP_SYSREG, PWM_VMID, 0x10000, 0, 0), "a VMID");
	EXPECT_EQ(steps(), 0);
	stage_close(&stage);
}

TEST(numbers_that_do_not_fit)
{
	if (!open_of(PWM_ARM64, 0))
		return;
	/* 256 is not CPU 0, nor 0x10000 a store of kind 0 */
	is_refused(pwm_store(stage.m, 256, 0x10000, 0, PWM_PLAIN), "a CPU");
	is_refused(pwm_store(stage.m, 2, 0x10000, 0, PWM_PLAIN), "a CPU");
	is_refused(pwm_store(stage.m, 0, 0x10000, 0, 0x10000), "a step");
	is_refused(pwm_do(stage.m, 0, 0x100 + PWM_OP_STORE, 0, 0x10000, 0, 0), "a step");
	is_refused(pwm_store(stage.m, 0, 0x10004, 0, PWM_PLAIN), "multiple of 8");
	is_refused(pwm_store(stage.m, 0, 0x10000, 0, 0x40), "flags");
	is_refused(pwm_table_new(stage.m, 0, 0x10001), "multiple of 8");
	is_refused(pwm_table_free(stage.m, 0, 0x10001), "multiple of 8");
	is_refused(pwm_do(stage.m, 0, PWM_OP_ACCESS, 0x10, 0, 0, 0), "flags");
	is_refused(pwm_contract(stage.m, 0, PWM_UNMAP | 0x1000, 0, 0), "flags");
	is_refused(pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_RANGED, 0, 1), "pwm_tlbi_raw");
	is_refused(pwm_tlbi(stage.m, 0, PWM_VAE1, 0, 0x10000), "an ASID");
	is_refused(pwm_tlbi(stage.m, 0, PWM_VAE1 | PWM_IS | PWM_OS, 0, 1), "PWM_IS or PWM_OS");
	is_refused(pwm_tlbi(stage.m, 0, PWM_VAE1 | 0x1000, 0, 1), "PWM_IS or PWM_OS");
	is_refused(pwm_tlbi_raw(stage.m, 0, PWM_NR_TLBI, 0), "enum pwm_tlbi");
	is_refused(pwm_tlbi_raw(stage.m, 0, PWM_VMALLE1 | PWM_RANGED, 0), "has an address");
	is_refused(pwm_tlbi_raw(stage.m, 0, PWM_VMALLWS2E1 | PWM_RANGED, 0), "has an address");
	EXPECT_EQ(pwm_tlbi_raw(stage.m, 0, PWM_IPAS2LE1 | PWM_RANGED, 1ull << 46), 0);
	EXPECT_EQ(pwm_tlbi_raw(stage.m, 0, PWM_VALE3 | PWM_RANGED | PWM_OS, 1ull << 46), 0);
	is_refused(pwm_do(stage.m, 0, PWM_OP_LAZY, PWM_LAZY_FLUSH, 1, 0, 0), "a last byte");
	EXPECT_EQ(steps(), 2);
	stage_close(&stage);
}

/* Ranges that reach beyond 2^64, or nothing. */
TEST(ranges_that_wrap)
{
	if (!open_of(PWM_ARM64, 0))
		return;
	tables();
	run("store 0 0x13000 0");
	is_refused(pwm_page_free(stage.m, 0, 0, 0), "at least one");
	is_refused(pwm_page_free(stage.m, 0, ~0xfffull, 0x1001), "below 2^64");
	EXPECT_EQ(pwm_page_free(stage.m, 0, ~0xfffull, 0x1000), 0);
	is_refused(pwm_do(stage.m, 0, PWM_OP_ZERO, 0, ~7ull, 16, 0), "below 2^64");
	is_refused(pwm_do(stage.m, 0, PWM_OP_ZERO, 0, 0, 12, 0), "whole entries");
	EXPECT_EQ(pwm_do(stage.m, 0, PWM_OP_ZERO, 0, ~7ull, 8, 0), 0);
	told("ALL-FREE-2", 0);
	EXPECT_EQ(pwm_page_free(stage.m, 0, 0x80000, 1), 0);
	told("ALL-FREE-2", 1);
	stage_close(&stage);
}

/* Of each architecture the first and the last barrier: no other takes them. */
TEST(barriers_of_another_architecture)
{
	static const struct {
		uint32_t arch, first, last;
	} rows[] = {
		{ PWM_ARM64, PWM_DSB_ISH, PWM_EXCEPTION },
		{ PWM_X86, PWM_MFENCE, PWM_SERIALISE },
		{ PWM_RISCV, PWM_FENCE, PWM_SFENCE_IR },
		{ PWM_X86, PWM_TLBSYNC, PWM_TLBSYNC },
		{ PWM_ARM64, PWM_DSB_SY, PWM_DMB_NSHLD },
		{ PWM_X86, PWM_STORE_FENCE, PWM_LOAD_FENCE },
		{ PWM_RISCV, PWM_FENCE_R, PWM_FENCE_TSO },
		{ PWM_ARM64, PWM_DSB_SY_NXS, PWM_DSB_NSH_NXS },
	};
	uint32_t seen = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		seen += rows[i].last - rows[i].first + 1;
	EXPECT_EQ(seen, PWM_NR_BARRIERS);

	for (uint32_t arch = 0; arch < PWM_NR_ARCHES; arch++) {
		if (!open_of(arch, 0))
			return;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			harness_note("row", i);
			for (uint32_t b = rows[i].first; b <= rows[i].last; b++) {
				if (rows[i].arch == arch)
					EXPECT_EQ(pwm_barrier(stage.m, 0, b), 0);
				else
					is_refused(pwm_barrier(stage.m, 0, b), "architecture");
			}
		}
		is_refused(pwm_barrier(stage.m, 0, PWM_NR_BARRIERS), "architecture");
		stage_close(&stage);
	}
}

/* On or off, and of which architecture. */
TEST(modes_that_there_are_not)
{
	static const uint32_t ops[] = { PWM_OP_POWER, PWM_OP_LAZY_TLB, PWM_OP_GUEST };
	static const bool has[PWM_NR_ARCHES][3] = {
		[PWM_ARM64] = { true, false, false },
		[PWM_X86] = { true, true, true },
		[PWM_RISCV] = { true, false, true },
	};

	for (uint32_t arch = 0; arch < PWM_NR_ARCHES; arch++) {
		if (!open_of(arch, 0))
			return;
		for (size_t i = 0; i < 3; i++) {
			harness_note("operation", i);
			is_refused(pwm_do(stage.m, 0, ops[i], 2, 0, 0, 0), "a step that");
			if (has[arch][i])
				EXPECT_EQ(pwm_do(stage.m, 0, ops[i], 1, 0, 0, 0), 0);
			else
				is_refused(pwm_do(stage.m, 0, ops[i], 1, 0, 0, 0), "a step that");
		}
		stage_close(&stage);
	}
}

TEST(play_without_a_cpu)
{
	struct pwm_outcome o[2] = { { .value = 99 } };

	if (!open_of(PWM_ARM64, 0))
		return;
	tables();
	EXPECT_EQ(pwm_outcomes(stage.m, 2, 0, PWM_R, o, 2), 0);
	is_refused(-1, "a CPU");
	EXPECT_EQ(pwm_outcomes(stage.m, 1u << 31, 0, PWM_R, o, 2), 0);
	is_refused(-1, "a CPU");
	EXPECT_EQ(o[0].value, 99);
	EXPECT_EQ(pwm_access(stage.m, 256, 0, PWM_R).fault, 1);
	is_refused(-1, "a CPU");
	EXPECT_EQ(pwm_access(stage.m, 0, 0, PWM_R | 0x10000).fault, 1);
	is_refused(-1, "flags");
	EXPECT_EQ(pwm_access(stage.m, 0, 0, 0x10).fault, 1);
	is_refused(-1, "flags");
	EXPECT_EQ(pwm_access(stage.m, 0, 0, PWM_R).pa, 0x80000);
	stage_close(&stage);
}

/* An address beyond the space translates to nothing, whatever its low bits would lead to. */
TEST(addresses_beyond_the_space)
{
	static const struct {
		uint32_t arch, fault;
		uint64_t va;
	} rows[] = {
		{ PWM_ARM64, 0, 0x1000 },
		{ PWM_ARM64, 1, 0x0001000000001000 },
		{ PWM_ARM64, 1, 0x7fff000000001000 },
		{ PWM_ARM64, 0, 0xffff000000001000 },
		{ PWM_ARM64, 1, 0xfffe000000001000 },
		{ PWM_ARM64, 1, 0x8000000000001000 },
		{ PWM_X86, 0, 0x1000 },
		{ PWM_X86, 1, 0x0001000000001000 },
		{ PWM_X86, 1, 0x8000000000001000 },
		{ PWM_RISCV, 0, 0x1000 },
		{ PWM_RISCV, 1, 0x8000001000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t arch = rows[i].arch;
		struct pwm_outcome o = { 0 };

		harness_note("row", i);
		if (!open_of(arch, 0))
			return;
		image_write(&stage, 0x10000, arch == PWM_RISCV ? 0x4401 : 0x11067);
		image_write(&stage, 0x11000, arch == PWM_RISCV ? 0x4801 : 0x12067);
		image_write(&stage, 0x12000, 0x13067);
		image_write(&stage, 0x12008, 0x204c7); /* of RISC-V's last level */
		image_write(&stage, 0x13008, arch == PWM_X86 ? 0x81063 : 0x0060000000081f03);
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 0);
		if (arch == PWM_ARM64)
			pwm_root(stage.m, 0, PWM_UPPER, 0x10000, PWM_ANY_ASID);
		EXPECT_EQ(pwm_outcomes(stage.m, 0, rows[i].va, PWM_R, &o, 1), 1);
		EXPECT_EQ(o.fault, rows[i].fault);
		EXPECT_EQ(o.pa, rows[i].fault ? 0 : 0x81000);
		stage_close(&stage);
	}
}

/* A promise about addresses that nobody has would be kept whatever happens. */
TEST(promises_beyond_the_space)
{
	if (!open_of(PWM_X86, 0))
		return;
	is_refused(pwm_contract(stage.m, 0, PWM_UNMAP, 0x800000000000, 0x800000000fff),
		   "sign-extended");
	is_refused(pwm_contract(stage.m, 0, PWM_UNMAP, 0, 0x800000000000), "sign-extended");
	EXPECT_EQ(pwm_contract(stage.m, 0, PWM_UNMAP, 0, 0x7fffffffffff), 0);
	EXPECT_EQ(pwm_contract(stage.m, 0, PWM_UNMAP, 0xffff800000000000, ~0ull), 0);
	EXPECT_EQ(pwm_contract(stage.m, 0, PWM_UNMAP, 0, ~0ull), 0);
	EXPECT_EQ(pwm_contract_in(stage.m, 0, PWM_UNMAP, 0, 1ull << 50, PWM_STAGE2), 0);
	is_refused(pwm_contract_in(stage.m, 0, PWM_UNMAP, 0, 0, PWM_STAGE2 + 1), "a regime");
	stage_close(&stage);
	if (!open_of(PWM_ARM64, 0))
		return;
	is_refused(pwm_contract(stage.m, 0, PWM_UNMAP, 5ull << 56, (5ull << 56) + 1), "tag");
	EXPECT_EQ(pwm_contract(stage.m, 0, PWM_UNMAP, 0, 0xffffffffffff), 0);
	EXPECT_EQ(pwm_contract(stage.m, 0, PWM_UNMAP, 0xffff000000000000, ~0ull), 0);
	stage_close(&stage);
}

/* VTTBR has the VMID: whoever loads it need not say it again for a TLBI to be of that guest. */
TEST(vttbr_has_the_vmid)
{
	if (!open_of(PWM_ARM64, 0))
		return;
	tables();
	EXPECT_EQ(pwm_root_in(stage.m, 0, PWM_GUEST, 0x10000, 0, PWM_STAGE2, 5, 0), 0);
	run("isb 0; store 0 0x13000 0; dsb 0 ish");
	pwm_tlbi(stage.m, 0, PWM_IPAS2E1 | PWM_IS, 0, 0);
	run("dsb 0 ish");
	pwm_tlbi(stage.m, 0, PWM_VMALLE1 | PWM_IS, 0, 0);
	run("dsb 0 ish; isb 0");
	pwm_contract_in(stage.m, 0, PWM_UNMAP, 0, 0xfff, PWM_STAGE2);
	told("", 0);
	/* and another guest's is another VMID */
	run("store 0 0x13008 0; dsb 0 ish");
	pwm_root_in(stage.m, 0, PWM_GUEST, 0x20000, 0, PWM_STAGE2, 6, 0);
	run("isb 0");
	pwm_tlbi(stage.m, 0, PWM_VMALLS12E1 | PWM_IS, 0, 0);
	run("dsb 0 ish; isb 0");
	pwm_root_in(stage.m, 0, PWM_GUEST, 0x10000, 0, PWM_STAGE2, 5, 0);
	pwm_contract_in(stage.m, 0, PWM_UNMAP, 0x1000, 0x1fff, PWM_STAGE2);
	told("A64-TLBI-11", 2);
	stage_close(&stage);
}

/* Fields that contradict each other, and room for what is asked. */
TEST(configurations_that_cannot_be)
{
	struct pwm_config good = { .size = sizeof(good), .nr_cpus = 1 }, c;

	c = good, c.features = 1u << 31;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.features = 0x800000;
	EXPECT_EQ(pwm_size(&c), 0);
	c = good, c.features = PWM_ETS2 | PWM_EXEC_ONLY;
	EXPECT(pwm_size(&c) > 0);
	/* 48 bits are four levels, or three and sixteen tables side by side less one bit */
	c = good, c.levels = 3;
	EXPECT_EQ(pwm_size(&c), 0);
	EXPECT(pwm_init(&c, sizeof(c), &c) == NULL);
	c.va_bits = 44;
	EXPECT_EQ(pwm_size(&c), 0);
	c.va_bits = 43;
	EXPECT(pwm_size(&c) > 0);
	c.arch = PWM_X86;
	EXPECT_EQ(pwm_size(&c), 0);
	c.va_bits = 39;
	EXPECT(pwm_size(&c) > 0);
	c = good, c.levels = 1;
	EXPECT_EQ(pwm_size(&c), 0);
	/* in any order, one after the other */
	c = good;
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_LEVELS, 3), 0);
	EXPECT_EQ(pwm_size(&c), 0);
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_VA_BITS, 39), 0);
	EXPECT(pwm_size(&c) > 0);
	/* what is refused is not set */
	EXPECT_EQ(pwm_config_set(&c, PWM_KEY_VA_BITS, 64), -1);
	EXPECT_EQ(c.va_bits, 39);
}

/* Reserved bits, on the way or at its end, are a fault: play mode goes nowhere with them. */
TEST(reserved_bits_go_nowhere)
{
	static const struct {
		uint64_t pa, val;
		uint32_t features, fault;
	} rows[] = {
		{ 0x13000, 0x80063, 0, 0 },
		{ 0x13000, 1ull << 63 | 0x80063, 0, 1 },
		{ 0x13000, 1ull << 63 | 0x80063, PWM_NX, 0 },
		{ 0x13000, 1ull << 51 | 0x80063, 0, 1 },
		{ 0x12000, 1ull << 63 | 0x13063, 0, 1 },
		{ 0x12000, 1ull << 63 | 0x13063, PWM_NX, 0 },
		{ 0x11000, 1ull << 63 | 0x12063, 0, 1 },
		{ 0x10000, 1ull << 63 | 0x11063, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pwm_outcome o = { 0 };

		harness_note("row", i);
		if (!open_of(PWM_X86, rows[i].features))
			return;
		for (uint64_t pa = 0x10000; pa < 0x13000; pa += 0x1000)
			image_write(&stage, pa, (pa + 0x1000) | 0x63);
		image_write(&stage, 0x13000, 0x80063);
		image_write(&stage, rows[i].pa, rows[i].val);
		pwm_root(stage.m, 0, PWM_LOWER, 0x10000, 0);
		EXPECT_EQ(pwm_outcomes(stage.m, 0, 0x10, PWM_R, &o, 1), 1);
		EXPECT_EQ(o.fault, rows[i].fault);
		EXPECT_EQ(o.pa, rows[i].fault ? 0 : 0x80010);
		stage_close(&stage);
	}
}
