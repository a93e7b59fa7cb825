/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program: boot.c.
 */
#ifndef PW_TESTS_METAL_ARM64_BOOT_H
#define PW_TESTS_METAL_ARM64_BOOT_H

#include <pagewalk/arm64.h>
#include <pagewalk/format.h>

#include "../metal.h"

/* QEMU's "virt", with "-m 1536". */
#define METAL_UART    0x09000000ull
#define BOOT_UART_LEN 0x10000ull
#define BOOT_RAM      0x40000000ull
#define BOOT_RAM_END  0xa0000000ull

/* What the CPU can do, from its ID registers. */
struct boot_cpu {
	uint32_t pa_bits; /* ID_AA64MMFR0_EL1.PARange */
	uint32_t bbm;	  /* FEAT_BBM level */
	uint32_t ages;	  /* FEAT_HAFDBS: 1 access flag, 2 dirty state as well */
	bool lva;	  /* 64K: 52-bit virtual addresses */
	bool tlbirange;
	bool ttl;
	/* each granule: 0 not there, 1 there, 2 with 52-bit addresses (64K: by pa_bits) */
	uint8_t granule[3];
};

/* One way to translate. */
struct boot_choice {
	const char *name;
	const struct pw_instance *instance;
	const struct pw_reshaper *reshaper;
	uint32_t granule; /* enum pw_arm64_granule */
	uint32_t bits;	  /* of virtual addresses in each half, and of physical ones at most */
};

#define BOOT_NR_CHOICES 6u
extern const struct boot_choice boot_choices[BOOT_NR_CHOICES];

/* The registers that say how to translate; start.S knows their order. */
struct boot_regs {
	uint64_t mair;
	uint64_t tcr;
	uint64_t ttbr0;
	uint64_t ttbr1;
};

extern struct boot_cpu boot_cpu;
extern struct pw_env boot_env;
extern uint32_t boot_nr_free; /* pages left for tables */

/* Why this CPU cannot translate like that; NULL: it can. */
const char *boot_cannot(const struct boot_choice *choice);

/* Registers for a choice, with hardware setting access flags (1) and dirty state (2). */
uint64_t boot_tcr(const struct boot_choice *choice, uint32_t ages);

/* start.S: from one set of tables to another, through no translation at all. */
void boot_translate(const struct boot_regs *regs);

/* The two halves: @lower maps the program, @upper nothing. Both live from here on. */
struct boot_space {
	struct pw_table lower;
	struct pw_table upper;
};

/* No table exists; the CPU must not be on any of ours. @choice: what pages are cut for. */
void boot_init(const struct boot_choice *choice);
void *boot_get_page(struct pw_pa *pa);
int boot_run_on_own_tables(struct boot_space *s, const struct boot_choice *choice,
			   const struct pw_executor *exec, const struct pw_caps *caps);

/* No store to these pages can succeed from here on. */
int boot_seal(struct boot_space *s, uint64_t first, uint64_t size);

#endif
