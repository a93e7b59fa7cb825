/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The bare guest: a PC with 256 MiB, one CPU, serial port and exit device. QEMU boots it, and so
 * does kvm.c.
 */
#ifndef PW_TESTS_METAL_X86_BOARD_H
#define PW_TESTS_METAL_X86_BOARD_H

#include "boot.h"
#include "traps.h"

/* Error code of a page fault; SDM Vol. 3A, 4.7 (newer: 5.7). */
#define METAL_PF_P    0x01u
#define METAL_PF_W    0x02u
#define METAL_PF_U    0x04u
#define METAL_PF_RSVD 0x08u
#define METAL_PF_I    0x10u

/* RAM that the tests map: each page begins with "ret", and says which one it is. */
#define METAL_DATA_FIRST 0xc000000ull
#define METAL_DATA_LAST	 (BOOT_RAM - 1)

uint64_t metal_page_word(uint64_t pa);

/*
 * One access. Returns an error code (metal_cr2 is then set), or METAL_NO_FAULT: *@val was written,
 * or is what was read. A fetch must hit the beginning of a page.
 */
uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val);
extern uint64_t metal_cr2;

/*
 * The page with the code of users: map it at @va, for them to execute, and say so. To be called
 * while it is writable: on boot.S's tables.
 */
void metal_set_user_page(uint64_t va);
extern char metal_user_page[];

/* CR0.WP, CR4.SMEP, CR4.SMAP, EFER.NXE as these PW_CAP_* say; the rest of the registers stays. */
void metal_set_caps(uint32_t caps);

/* Translation by who runs this guest: KVM_TRANSLATE (kvm.c). false: nobody answers. */
struct metal_translation {
	uint64_t va;
	uint64_t pa;
	uint64_t valid;
};
bool metal_translate(struct metal_translation *t);

/* traps.S calls it. */
void metal_fatal(uint64_t vector, const uint64_t *stack) __attribute__((noreturn));

#endif
