/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The machine: serial port, exceptions, what CPUID says, control registers.
 */
#include "board.h"

#include "../../harness/harness.h"

#define COM1	       0x3f8u
#define COM1_LSR       (COM1 + 5)
#define LSR_EMPTY      0x20u
#define PORT_EXIT      0xf4u /* isa-debug-exit: the status is 2 * value + 1 */
#define PORT_TRANSLATE 0xf8u
#define ANSWERS	       0x4bu /* what reads of that port give where somebody listens */

#define CR0_WP	 (1ull << 16)
#define CR4_SMEP (1ull << 20)
#define CR4_SMAP (1ull << 21)
#define MSR_EFER 0xc0000080u
#define EFER_NXE (1ull << 11)

#define CODE64	    0x18u
#define TSS	    0x30u
#define GATE	    0x8e00u /* present, interrupt gate */
#define TSS_PRESENT 0x89ull
#define RET	    0xc3ull

struct boot_cpu boot_cpu;
uint64_t metal_cr2;

static struct gate {
	uint16_t low;
	uint16_t segment;
	uint16_t type;
	uint16_t middle;
	uint32_t high;
	uint32_t zero;
} idt[32];

static struct {
	uint32_t zero;
	uint32_t rsp0[2]; /* the stack of ring 0, on traps from ring 3 */
	uint32_t rest[23];
} tss;

static uint8_t trap_stack[4096] __attribute__((aligned(16)));

extern uint64_t gdt[];
extern char trap_first[], trap_page_fault[];

static void out8(uint16_t port, uint8_t val)
{
	__asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t val;

	__asm__ volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static void out32(uint16_t port, uint32_t val)
{
	__asm__ volatile("outl %0, %1" : : "a"(val), "Nd"(port) : "memory");
}

void boot_leave_own_tables(void)
{
	boot_paging((uint64_t)(uintptr_t)boot_first_tables, false);
}

void metal_puts(const char *text)
{
	for (; *text; text++) {
		while (!(in8(COM1_LSR) & LSR_EMPTY))
			;
		out8(COM1, (uint8_t)*text);
	}
}

void metal_exit(int status)
{
	out32(PORT_EXIT, (uint32_t)status);
	for (;;)
		__asm__ volatile("hlt");
}

void metal_fatal(uint64_t vector, const uint64_t *stack)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	harness_put_dec(vector);
	metal_puts(" is an exception that no test expects; CR2 ");
	harness_put_hex(cr2);
	metal_puts(", stack");
	for (unsigned int i = 0; i < 6; i++) {
		metal_puts(" ");
		harness_put_hex(stack[i]);
	}
	metal_puts("\n0 passed, 1 failed\n");
	metal_exit(1);
}

static void set_gate(unsigned int vector, const char *to)
{
	uint64_t addr = (uint64_t)(uintptr_t)to;

	idt[vector] = (struct gate){ .low = (uint16_t)addr,
				     .segment = CODE64,
				     .type = GATE,
				     .middle = (uint16_t)(addr >> 16),
				     .high = (uint32_t)(addr >> 32) };
}

static void init_traps(void)
{
	uint64_t at = (uint64_t)(uintptr_t)&tss;
	uint64_t top = (uint64_t)(uintptr_t)(trap_stack + sizeof(trap_stack));
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} idtr = { sizeof(idt) - 1, (uint64_t)(uintptr_t)idt };

	for (unsigned int v = 0; v < 32; v++)
		set_gate(v, trap_first + 16 * v);
	set_gate(14, trap_page_fault);
	tss.rsp0[0] = (uint32_t)top;
	gdt[TSS / 8] = (sizeof(tss) - 1) | (at & 0xffffff) << 16 | TSS_PRESENT << 40 |
		       (at >> 24 & 0xff) << 56;
	gdt[TSS / 8 + 1] = at >> 32;
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("ltr %w0" : : "r"(TSS));
}

static void cpuid(uint32_t leaf, uint32_t r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(0));
}

static void init_cpu(void)
{
	uint32_t r[4];

	cpuid(7, r);
	boot_cpu.smep = r[1] >> 7 & 1;
	boot_cpu.smap = r[1] >> 20 & 1;
	boot_cpu.la57 = r[2] >> 16 & 1;
	cpuid(0x80000001, r);
	boot_cpu.leaf_levels = r[3] >> 26 & 1 ? 3 : 2;
	cpuid(0x80000008, r);
	boot_cpu.pa_bits = r[0] & 0xff;
}

static uint64_t bit_if(bool on, uint64_t bit)
{
	return on ? bit : 0;
}

void metal_set_caps(uint32_t caps)
{
	uint64_t cr0, cr4, smep = bit_if(caps & PW_CAP_SMEP, CR4_SMEP),
			   smap = bit_if(caps & PW_CAP_SMAP, CR4_SMAP);
	uint32_t low, high;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	cr0 = (cr0 & ~CR0_WP) | bit_if(!(caps & PW_CAP_NO_WP), CR0_WP);
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	cr4 = (cr4 & ~(CR4_SMEP | CR4_SMAP)) | smep | smap;
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
	low = (uint32_t)((low & ~EFER_NXE) | bit_if(!(caps & PW_CAP_NO_NX), EFER_NXE));
	__asm__ volatile("wrmsr" : : "a"(low), "d"(high), "c"(MSR_EFER) : "memory");
}

bool metal_translate(struct metal_translation *t)
{
	if (in8(PORT_TRANSLATE) != ANSWERS)
		return false;
	out32(PORT_TRANSLATE, (uint32_t)(uintptr_t)t);
	return true;
}

uint64_t metal_page_word(uint64_t pa)
{
	return RET | pa >> 12 << 32;
}

static void fill_data(void)
{
	for (uint64_t pa = METAL_DATA_FIRST; pa < METAL_DATA_LAST; pa += 4096)
		*(uint64_t *)(uintptr_t)pa = metal_page_word(pa);
}

/* The start info of PVH: its third quadword is where the command line is. */
static void init_options(void)
{
	const uint64_t *info = (const uint64_t *)(uintptr_t)boot_info;

	if (info && info[3])
		metal_options((const char *)(uintptr_t)info[3]);
}

/* Tests named for five levels are for CPUs that have them. */
static bool wanted(const char *name)
{
	for (; *name; name++)
		if (*name == '5')
			return boot_cpu.la57;
	return true;
}

/* The engine's own tests do without: they run on the boot program's, like any other program. */
static bool on_own_tables(void)
{
	static struct pw_table pt;

	boot_init();
	if (!boot_run_on_own_tables(&pt, 48))
		return true;
	metal_puts("the boot program's tables\n0 passed, 1 failed\n");
	return false;
}

/* On boot.S's tables still; the tests bring their own. */
int boot_main(void)
{
	harness.wanted = wanted;
	harness.put = metal_puts;
	harness.program = "metal";
	init_traps();
	init_cpu();
	init_options();
	if (!boot_cpu.la57)
		metal_puts("left out: five levels, which this CPU does not have\n");
	fill_data();
	if (metal_word("engine") && !on_own_tables())
		return 1;
	return harness_main();
}
