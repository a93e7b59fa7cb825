/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The bare guest: QEMU's "virt" machine, one CPU at EL1, RAM mapped to itself in the lower half,
 * an upper half for the tests to play in.
 */
#ifndef PW_TESTS_METAL_ARM64_H
#define PW_TESTS_METAL_ARM64_H

#include "boot.h"

#define METAL_VA_BITS 39 /* of both halves on the first tables: three levels */
#define METAL_ASID    0x12

/* Fault status codes: bits [5:0] of an abort's syndrome, and bits [6:1] of PAR_EL1. */
#define METAL_NO_FAULT	    0
#define METAL_TRANSLATION_0 0x04 /* plus the level, in Arm's count */
#define METAL_ACCESS_FLAG_0 0x08
#define METAL_PERMISSION_0  0x0c

/* ESR_ELx: exception class; of a data abort, was it a write? */
#define METAL_EC(esr)	   ((esr) >> 26 & 0x3f)
#define METAL_EC_SVC	   0x15u
#define METAL_EC_HVC	   0x16u
#define METAL_EC_FETCH_LOW 0x20u /* instruction abort from a lower level, */
#define METAL_EC_FETCH	   0x21u /* or this one */
#define METAL_EC_DATA_LOW  0x24u /* data abort likewise */
#define METAL_EC_DATA	   0x25u
#define METAL_WNR(esr)	   ((esr) >> 6 & 1)

/*
 * The first tables: a page at the top of each half. [0] and [1] of the lower one map devices and
 * RAM. The CPU is on them when main() begins; metal_first_tables() puts it there again.
 */
extern uint64_t metal_lower[512];
extern uint64_t metal_upper[512];
void metal_first_tables(void);

/*
 * One access, as EL1 or as EL0, and what came of it: its fault status, or METAL_NO_FAULT. *@val is
 * written, or is what was read. A fetch must hit "svc #imm16": *@val is the number.
 */
#define METAL_READ  0x0u
#define METAL_WRITE 0x1u
#define METAL_FETCH 0x2u
#define METAL_USER  0x4u
uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val);

/* The registers of the exception that the last probe ended in; zero when there was none. */
struct metal_trap {
	uint64_t esr;
	uint64_t far;
	uint64_t elr;
};
extern struct metal_trap metal_trap;

/* The same for EL1 alone. */
uint32_t metal_read(uint64_t va, uint64_t *val);
uint32_t metal_write(uint64_t va, uint64_t val);

/* At EL2: run what lies at @addr at EL1, with @arg in x0, until it comes back by an exception to
   EL2: see metal_trap. Returns x0 as it was then. */
uint64_t metal_enter_el1(uint64_t addr, uint64_t arg);

/* Levels above EL1 that executed a plan on the way down: bit 2, bit 3. */
extern uint32_t metal_visited;
/* The level the guest was entered at. */
extern uint32_t metal_entry_level;

/* The real instructions, counted on the way. */
extern struct pw_arm64_counts metal_counts;
extern struct pw_arm64_executor metal_exec;

/* start.S */
uint64_t metal_semihost(uint64_t op, void *block);
uint64_t metal_enter(uint64_t addr, uint64_t spsr, uint64_t arg);
void metal_hvc(void (*fn)(void));
extern char metal_back[], metal_load_el1[], metal_store_el1[];

/* Registers of what was interrupted, as start.S stores them: x0 to x18, x29, x30. */
struct metal_frame {
	uint64_t x[21];
	uint64_t elr;
	uint64_t spsr;
};

/* Called by start.S. */
int metal_main(uint64_t level);
void metal_visit(uint64_t level);
void metal_sync(uint64_t esr, uint64_t far, struct metal_frame *frame);
void metal_fatal(void);

#endif
