/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The bare guest: QEMU's "virt" machine with 256 MiB and one hart.
 */
#ifndef PW_TESTS_METAL_RISCV_BOARD_H
#define PW_TESTS_METAL_RISCV_BOARD_H

#include "boot.h"
#include "traps.h"

/* RAM that the tests map: each page begins with "ret", and says which one it is. */
#define METAL_DATA_FIRST 0x8c000000ull
#define METAL_DATA_LAST	 (BOOT_RAM_END - 1)

/* Where QEMU loads the guest's command line ("-device loader"): text and a zero byte. */
#define METAL_WORDS 0x8bfff000ull

uint64_t metal_page_word(uint64_t pa);

/*
 * One access. Returns the cause of an exception (metal_tval is then set), or METAL_NO_FAULT: *@val
 * was written, or is what was read. A fetch must hit the beginning of a page.
 */
uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val);
extern uint64_t metal_tval;

/* The page with the code of users: map it for them to execute, and say here where. */
extern char metal_user_page[];
extern uint64_t metal_user_at;

/* sstatus.SUM and sstatus.MXR as these PW_CAP_* say. */
void metal_set_caps(uint32_t caps);

/* trap.S calls it. */
void metal_fatal(uint64_t cause, uint64_t pc, uint64_t tval) __attribute__((noreturn));

#endif
