/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The machine: serial port, exceptions, what the hart can do, control registers.
 */
#include "board.h"

#include "../../harness/harness.h"

#define UART_DATA (*(volatile uint8_t *)BOOT_UART)
#define UART_LSR  (*(volatile uint8_t *)(BOOT_UART + 5))
#define LSR_EMPTY 0x20u
#define POWEROFF  (*(volatile uint32_t *)BOOT_POWEROFF)
#define EXIT_PASS 0x5555u
#define EXIT_FAIL 0x3333u /* and a status, 16 bits further up */

#define SSTATUS_SUM (1ull << 18)
#define SSTATUS_MXR (1ull << 19)
#define RET	    0x8067ull

/* Entries, written down here once more: this file must not lean on what it tests. */
#define GIGABYTE_RW    0x07ull /* V, R, W */
#define GIGABYTE_RWX   0x0full
#define ACCESSED_DIRTY 0xc0ull

struct boot_cpu boot_cpu;

void metal_puts(const char *text)
{
	for (; *text; text++) {
		while (!(UART_LSR & LSR_EMPTY))
			;
		UART_DATA = (uint8_t)*text;
	}
}

void metal_exit(int status)
{
	POWEROFF = status ? EXIT_FAIL | (uint32_t)status << 16 : EXIT_PASS;
	for (;;)
		__asm__ volatile("wfi");
}

void metal_fatal(uint64_t cause, uint64_t pc, uint64_t tval)
{
	metal_puts("cause ");
	harness_put_dec(cause);
	metal_puts(" is an exception that no test expects, at ");
	harness_put_hex(pc);
	metal_puts(", of ");
	harness_put_hex(tval);
	metal_puts("\n0 passed, 1 failed\n");
	metal_exit(1);
}

void metal_set_caps(uint32_t caps)
{
	uint64_t on = (caps & PW_CAP_SUM ? SSTATUS_SUM : 0) | (caps & PW_CAP_MXR ? SSTATUS_MXR : 0);

	__asm__ volatile("csrc sstatus, %0" : : "r"(SSTATUS_SUM | SSTATUS_MXR) : "memory");
	__asm__ volatile("csrs sstatus, %0" : : "r"(on) : "memory");
}

uint64_t metal_page_word(uint64_t pa)
{
	return RET | pa >> 12 << 32;
}

static void fill_data(void)
{
	for (uint64_t pa = METAL_DATA_FIRST; pa < METAL_DATA_LAST; pa += 4096)
		*(uint64_t *)(uintptr_t)pa = metal_page_word(pa);
	__asm__ volatile("fence.i" : : : "memory");
}

/*
 * Does the hart write A and D? Menvcfg would say so, but not on machines older than that. So: a
 * gigabyte of RAM through an entry that has neither.
 */
static bool updates_ad(void)
{
	static uint64_t root[512] __attribute__((aligned(4096)));
	uint64_t ram = BOOT_RAM >> 2, val = 0;
	bool updates;

	root[0] = GIGABYTE_RW | ACCESSED_DIRTY; /* devices */
	root[2] = ram | GIGABYTE_RWX | ACCESSED_DIRTY;
	root[4] = ram | GIGABYTE_RW;
	boot_paging(boot_satp(root, 39));
	updates = metal_probe(4ull << 30, 0, &val) == METAL_NO_FAULT;
	boot_paging(0);
	return updates;
}

/* No register says which extensions of this kind there are: the command line does. */
static void init_cpu(void)
{
	boot_cpu.svnapot = metal_word("svnapot");
	boot_cpu.svpbmt = metal_word("svpbmt");
	boot_cpu.svinval = metal_word("svinval");
	boot_cpu.updates_ad = updates_ad();
	if (!boot_cpu.updates_ad)
		metal_puts("this hart does not write A and D\n");
}

/* Does @name end with this mode's? */
static bool is_for(const char *name, const char *mode)
{
	size_t nr = 0, len = 0;

	while (mode[len])
		len++;
	while (name[nr])
		nr++;
	return nr >= len && !memcmp(name + nr - len, mode, len);
}

/* Tests named for a mode of translation, or for an extension, are for harts that have it. */
static bool wanted(const char *name)
{
	static const char *const modes[] = { "sv39", "sv48", "sv57" };

	for (uint32_t i = 0; i < 3; i++)
		if (is_for(name, modes[i]) && !(boot_modes >> (PW_RISCV_SV39 + i) & 1)) {
			metal_puts("left out, as the hart has no such mode: ");
			metal_puts(name);
			metal_puts("\n");
			return false;
		}
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

/* In S-mode, without translation still; the tests bring their own tables. */
int boot_main(void)
{
	harness.wanted = wanted;
	harness.put = metal_puts;
	harness.program = "metal";
	metal_options((const char *)METAL_WORDS);
	init_cpu();
	fill_data();
	if (metal_word("engine") && !on_own_tables())
		return 1;
	return harness_main();
}
