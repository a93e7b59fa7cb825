/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The machine: serial port, exceptions, first translation tables, and the executor that the tests
 * use: each instruction is counted, then executed.
 */
#include "board.h"

#include "../../harness/harness.h"

#define PL011_DATA (*(volatile uint32_t *)METAL_UART)

#define SPSR_EL0T 0x3c0 /* all exceptions masked */
#define SPSR_EL1H 0x3c5
#define SPSR_EL2H 0x3c9

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

/* The probe that is being made, and what came of it. */
static bool probing;
struct metal_trap metal_trap;

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

static uint64_t current_level(void)
{
	uint64_t el;

	__asm__("mrs %0, CurrentEL" : "=r"(el));
	return el >> 2;
}

/* What a probe ran into: on behind an access, back from what metal_enter() entered. */
static void end_of_probe(uint64_t esr, uint64_t far, struct metal_frame *frame)
{
	metal_trap = (struct metal_trap){ .esr = esr, .far = far, .elr = frame->elr };
	probing = false;
	if (METAL_EC(esr) == METAL_EC_DATA) {
		frame->elr += 4;
		return;
	}
	frame->elr = (uint64_t)(uintptr_t)metal_back;
	frame->spsr = current_level() == 2 ? SPSR_EL2H : SPSR_EL1H;
}

void metal_sync(uint64_t esr, uint64_t far, struct metal_frame *frame)
{
	if (probing) {
		end_of_probe(esr, far, frame);
		return;
	}
	if (METAL_EC(esr) == METAL_EC_HVC && (esr & 0xffff) == 0) {
		((void (*)(void))(uintptr_t)frame->x[0])();
		return;
	}
	put_hex("exception: ESR 0x", esr);
	put_hex(" ELR 0x", frame->elr);
	put_hex(" FAR 0x", far);
	metal_puts("\n0 passed, 1 failed\n");
	metal_exit(1);
}

static void begin_probe(void)
{
	metal_trap = (struct metal_trap){ 0 };
	probing = true;
}

static uint64_t access(uint64_t va, uint32_t what, uint64_t val)
{
	switch (what) {
	case METAL_READ:
		__asm__ volatile("ldr %0, [%1]" : "+r"(val) : "r"(va) : "memory");
		break;
	case METAL_READ | METAL_USER:
		__asm__ volatile("ldtr %0, [%1]" : "+r"(val) : "r"(va) : "memory");
		break;
	case METAL_WRITE:
		__asm__ volatile("str %0, [%1]" : : "r"(val), "r"(va) : "memory");
		break;
	default:
		__asm__ volatile("sttr %0, [%1]" : : "r"(val), "r"(va) : "memory");
		break;
	}
	return val;
}

uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val)
{
	begin_probe();
	if (what & METAL_FETCH)
		metal_enter(va, what & METAL_USER ? SPSR_EL0T : SPSR_EL1H, 0);
	else
		*val = access(va, what, *val);
	probing = false;
	if (METAL_EC(metal_trap.esr) == METAL_EC_SVC) {
		*val = metal_trap.esr & 0xffff;
		return METAL_NO_FAULT;
	}
	return metal_trap.esr & 0x3f;
}

uint64_t metal_enter_el1(uint64_t addr, uint64_t arg)
{
	begin_probe();
	return metal_enter(addr, SPSR_EL1H, arg);
}

uint32_t metal_read(uint64_t va, uint64_t *val)
{
	return metal_probe(va, METAL_READ, val);
}

uint32_t metal_write(uint64_t va, uint64_t val)
{
	return metal_probe(va, METAL_WRITE, &val);
}

void metal_first_tables(void)
{
	static const struct boot_regs regs = { .mair = MAIR_VAL, .tcr = TCR_VAL };
	struct boot_regs r = regs;

	metal_lower[0] = BLOCK | AF | ATTR_DEVICE | XN;
	metal_lower[1] = 0x40000000ull | BLOCK | AF | SH_INNER;
	r.ttbr0 = (uint64_t)(uintptr_t)metal_lower | (uint64_t)METAL_ASID << 48;
	r.ttbr1 = (uint64_t)(uintptr_t)metal_upper;
	boot_translate(&r);
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

/* Semihosting SYS_GET_CMDLINE: what QEMU was told with "arg=", the words one after another. */
static void read_options(void)
{
	static char line[512];
	struct {
		char *text;
		uint64_t size;
	} block = { line, sizeof(line) };

	if (!metal_semihost(0x15, &block))
		metal_options(line);
}

/* At EL1: the executor ready, translation on, then every test that is linked in. */
int metal_main(uint64_t level)
{
	if (!metal_entry_level)
		metal_entry_level = (uint32_t)level;
	read_options();
	init_exec();
	metal_first_tables();
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
