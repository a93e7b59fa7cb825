/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The machine: serial port, exceptions, first translation tables, and the executor that the tests
 * use: each instruction is counted, then executed.
 */
#include "board.h"

#include "../../harness/harness.h"

#define PL011_DATA    (*(volatile uint32_t *)0x09000000)
#define ESR_EC(esr)   ((esr) >> 26 & 0x3f)
#define EC_DATA_ABORT 0x25 /* taken without a change of level */

/* Descriptors, written down here once more: this file must not lean on what it tests. */
#define BLOCK	    0x1ull
#define AF	    (1ull << 10)
#define SH_INNER    (3ull << 8)
#define ATTR_DEVICE (1ull << 2)
#define XN	    (3ull << 53)

#define MAIR_VAL 0x00ffull /* 0: normal, write-back; 1: Device-nGnRnE */
/* TxSZ 25, write-back, inner shareable walks, 4K in both halves, 40-bit addresses, 16-bit ASID */
#define TCR_HALF (25ull | 1ull << 8 | 1ull << 10 | 3ull << 12)
#define TCR_VAL	 (TCR_HALF | TCR_HALF << 16 | 2ull << 30 | 2ull << 32 | 1ull << 36)

uint64_t metal_lower[512] __attribute__((aligned(4096)));
uint64_t metal_upper[512] __attribute__((aligned(4096)));
uint32_t metal_visited;
uint32_t metal_entry_level;
struct pw_arm64_counts metal_counts;
struct pw_arm64_executor metal_exec;

static struct {
	bool expected;
	uint32_t status;
} fault;

void metal_puts(const char *text)
{
	for (; *text; text++)
		PL011_DATA = (unsigned char)*text;
}

static void put_hex(const char *name, uint64_t val)
{
	char text[2] = "";

	metal_puts(name);
	for (unsigned int shift = 64; shift; shift -= 4) {
		text[0] = "0123456789abcdef"[val >> (shift - 4) & 0xf];
		metal_puts(text);
	}
}

void metal_fatal(void)
{
	metal_puts(
		"exception at a level, or of a kind, that no test expects\n0 passed, 1 failed\n");
	metal_exit(1);
}

uint64_t metal_fault(uint64_t esr, uint64_t elr, uint64_t far)
{
	if (fault.expected && ESR_EC(esr) == EC_DATA_ABORT) {
		fault.status = esr & 0x3f;
		return elr + 4; /* behind the access */
	}
	put_hex("exception: ESR 0x", esr);
	put_hex(" ELR 0x", elr);
	put_hex(" FAR 0x", far);
	metal_puts("\n0 passed, 1 failed\n");
	metal_exit(1);
}

uint32_t metal_read(uint64_t va, uint64_t *val)
{
	uint64_t got = *val;

	fault.expected = true;
	fault.status = METAL_NO_FAULT;
	__asm__ volatile("ldr %0, [%1]" : "+r"(got) : "r"(va) : "memory");
	fault.expected = false;
	*val = got;
	return fault.status;
}

uint32_t metal_write(uint64_t va, uint64_t val)
{
	fault.expected = true;
	fault.status = METAL_NO_FAULT;
	__asm__ volatile("str %0, [%1]" : : "r"(val), "r"(va) : "memory");
	fault.expected = false;
	return fault.status;
}

#define MSR(reg, val) __asm__ volatile("msr " reg ", %0" : : "r"((uint64_t)(val)) : "memory")

static void mmu_on(void)
{
	uint64_t sctlr;

	metal_lower[0] = BLOCK | AF | ATTR_DEVICE | XN;
	metal_lower[1] = 0x40000000ull | BLOCK | AF | SH_INNER;
	MSR("mair_el1", MAIR_VAL);
	MSR("tcr_el1", TCR_VAL);
	MSR("ttbr0_el1", (uint64_t)(uintptr_t)metal_lower | (uint64_t)METAL_ASID << 48);
	MSR("ttbr1_el1", (uint64_t)(uintptr_t)metal_upper);
	__asm__ volatile("dsb ishst\n\tisb\n\ttlbi vmalle1\n\tdsb ish\n\tisb" : : : "memory");
	__asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
	MSR("sctlr_el1", sctlr | 1ull << 0 | 1ull << 2 | 1ull << 12); /* M, C, I */
	__asm__ volatile("isb" : : : "memory");
}

static void counted_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	if (kind == PW_ARM64_DSB_ISHST)
		metal_counts.dsb_ishst++;
	else
		metal_counts.dsb_ish++;
	pw_arm64_insns.dsb(ctx, kind);
}

static void counted_isb(void *ctx)
{
	metal_counts.isb++;
	pw_arm64_insns.isb(ctx);
}

static void counted_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	metal_counts.tlbi++;
	pw_arm64_insns.tlbi(ctx, op, operand);
}

static void init_exec(void)
{
	static const struct pw_arm64_ops ops = {
		.dsb = counted_dsb,
		.isb = counted_isb,
		.tlbi = counted_tlbi,
	};

	pw_arm64_executor_init(&metal_exec, &ops, NULL);
}

/* At EL1: the executor ready, translation on, then every test that is linked in. */
int metal_main(uint64_t level)
{
	if (!metal_entry_level)
		metal_entry_level = (uint32_t)level;
	init_exec();
	mmu_on();
	harness.put = metal_puts;
	harness.program = "metal";
	return harness_main();
}

/* Every operation of a level above, executed there: it must exist and must not trap. */
void metal_visit(uint64_t level)
{
	struct pw_flush f[2] = { { .last = { 0xffff }, .page_lg2 = 12 },
				 { .last = { 0xffff }, .page_lg2 = 12, .flags = PW_FLUSH_TABLES } };
	struct pw_plan plan = { .size = sizeof(plan),
				.publish = 1,
				.before = PW_BEFORE_STORES,
				.nr_ranges = 2,
				.ranges = f };

	if (!metal_entry_level)
		metal_entry_level = (uint32_t)level;
	f[0].regime = f[1].regime = level == 3 ? PW_REGIME_EL3 : PW_REGIME_EL2;
	init_exec();
	metal_exec.x.run(metal_exec.x.ctx, &plan);
	plan.full = 1u << f[0].regime;
	metal_exec.x.run(metal_exec.x.ctx, &plan);
	if (metal_counts.tlbi == 33) /* two times 16 pages, and everything */
		metal_visited |= 1u << level;
	metal_counts = (struct pw_arm64_counts){ 0 };
}
