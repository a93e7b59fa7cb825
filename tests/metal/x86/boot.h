/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program: boot.S, boot.c.
 */
#ifndef PW_TESTS_METAL_X86_BOOT_H
#define PW_TESTS_METAL_X86_BOOT_H

#include <pagewalk/format.h>
#include <pagewalk/x86.h>
#include <pagewalk/x86_plan.h>

#include "../metal.h"

#define BOOT_RAM 0x10000000ull /* bytes: "-m 256" */

/* What the CPU can do, from CPUID; board.c. */
struct boot_cpu {
	uint32_t pa_bits;     /* MAXPHYADDR */
	uint32_t leaf_levels; /* 3 with leaves of 1 GiB, else 2 */
	bool la57;	      /* tables of five levels */
	bool smep;
	bool smap;
};

extern struct boot_cpu boot_cpu;
extern uint64_t boot_info; /* physical address of the start info */

/* boot.S */
void boot_paging(uint64_t root, bool five_levels);
extern uint64_t boot_first_tables[512]; /* those that it started with */

/* boot.c */
extern struct pw_env boot_env;
extern struct pw_x86_executor boot_exec;

extern uint32_t boot_nr_free; /* pages left for tables */

void boot_init(void); /* no tables; the CPU must not run on any from here */
uint64_t *boot_new_root(void);
int boot_table_init(struct pw_table *pt, uint64_t *root, uint32_t va_bits, uint32_t flags,
		    uint32_t caps);
int boot_map(struct pw_table *pt);
void boot_leave_own_tables(void); /* back to boot.S's */
int boot_run_on_own_tables(struct pw_table *pt, uint32_t va_bits);
int boot_seal(struct pw_table *pt, uint64_t first, uint64_t size);

/* board.c: called by boot.S */
int boot_main(void);

#endif
