/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program: boot.S, boot.c.
 */
#ifndef PW_TESTS_METAL_RISCV_BOOT_H
#define PW_TESTS_METAL_RISCV_BOOT_H

#include <pagewalk/format.h>
#include <pagewalk/riscv.h>
#include <pagewalk/riscv_plan.h>

#include "../metal.h"

/* The "virt" machine: "-m 256" */
#define BOOT_RAM      0x80000000ull
#define BOOT_RAM_END  0x90000000ull
#define BOOT_UART     0x10000000ull
#define BOOT_POWEROFF 0x00100000ull /* the "test finisher" */

/* What the hart can do; board.c finds out. */
struct boot_cpu {
	bool svnapot;
	bool svpbmt;
	bool svinval;
	bool updates_ad; /* it writes A and D itself; else an access faults that finds them clear */
};

extern struct boot_cpu boot_cpu;
extern uint64_t boot_modes; /* of satp: a bit for each that there is; boot.S */

/* boot.S: in S-mode. */
void boot_paging(uint64_t satp);

/* boot.c */
extern struct pw_env boot_env;
extern struct pw_riscv_executor boot_exec;

extern uint32_t boot_nr_free; /* pages left for tables */

void boot_init(void); /* no tables; the hart must not run on any from here */
uint64_t *boot_new_root(void);
uint64_t boot_satp(const uint64_t *root, uint32_t va_bits);
int boot_table_init(struct pw_table *pt, uint64_t *root, uint32_t va_bits, uint32_t flags,
		    uint32_t caps);
int boot_map(struct pw_table *pt);
int boot_run_on_own_tables(struct pw_table *pt, uint32_t va_bits);
int boot_seal(struct pw_table *pt, uint64_t first, uint64_t size);

/* board.c: called by boot.S */
int boot_main(void);

#endif
