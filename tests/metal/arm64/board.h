/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The bare guest: QEMU's "virt" machine, one CPU at EL1, RAM mapped to itself in the lower half,
 * an upper half for the tests to play in.
 */
#ifndef PW_TESTS_METAL_ARM64_H
#define PW_TESTS_METAL_ARM64_H

#include <pagewalk/arm64.h>

#include "../metal.h"

#define METAL_VA_BITS 39 /* of both halves: three levels */
#define METAL_ASID    0x12

/* Fault status codes: bits [5:0] of a data abort's syndrome. */
#define METAL_NO_FAULT	    0
#define METAL_TRANSLATION_0 0x04 /* plus the level, in Arm's count */
#define METAL_PERMISSION_0  0x0c

/* The top tables, one page each; [0] and [1] of the lower one map devices and RAM. */
extern uint64_t metal_lower[512];
extern uint64_t metal_upper[512];

/* One access; its fault status, or METAL_NO_FAULT. @val is kept when it faults. */
uint32_t metal_read(uint64_t va, uint64_t *val);
uint32_t metal_write(uint64_t va, uint64_t val);

/* Levels above EL1 that executed a plan on the way down: bit 2, bit 3. */
extern uint32_t metal_visited;
/* The level the guest was entered at. */
extern uint32_t metal_entry_level;

/* The real instructions, counted on the way. */
extern struct pw_arm64_counts metal_counts;
extern struct pw_arm64_executor metal_exec;

/* Called by start.S. */
int metal_main(uint64_t level);
void metal_visit(uint64_t level);
uint64_t metal_fault(uint64_t esr, uint64_t elr, uint64_t far);
void metal_fatal(void);

#endif
