/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the command knows of an architecture: where its roots are, what it calls things, and what
 * its kernel's own page-table dump looks like. Adding one is a file arch_NAME.c and a row in
 * arch.c; no other file asks which architecture it is.
 */
#ifndef PAGEWALK_CMD_ARCH_H
#define PAGEWALK_CMD_ARCH_H

#include <pagewalk/arm64.h>
#include <pagewalk/riscv_plan.h>
#include <pagewalk/x86_plan.h>

#include "cmd.h"

/* A system register that an option gives: --name=VALUE. */
struct arch_reg {
	const char *name;
	const char *help;
};

/* A flag of struct pw_attr in words. */
struct arch_word {
	uint32_t flag;
	const char *set, *clear;
};

/* A row of the kernel's own dump. */
struct ptdump_row {
	uint64_t start, end; /* the end is not included, 0 for the top */
	uint64_t pa;	     /* of the first entry, where it is a leaf */
	uint64_t bits;	     /* what bits() made of the entries */
	unsigned int level;
};

/*
 * The kernel's own dump. A row is a stretch of entries of one level for which bits() is the same,
 * and whose effective protection is.
 */
struct arch_ptdump {
	const char *kernel; /* whose text it is */
	bool both_halves;
	unsigned int skip_root_entries; /* at the bottom of the kernel half, not looked at */
	uint64_t (*bits)(uint64_t e, unsigned int level);
	/* What @e under tables with @above lets through; NULL where the kernel does not ask. At
	   the root @above is ~0. */
	uint64_t (*effective)(uint64_t above, uint64_t e);
	/* Above level 0: does the kernel take this non-present entry for a leaf, and show it? */
	bool (*noted)(uint64_t e);
	void (*print)(const struct half *h, const struct ptdump_row *row);
};

/* The library's counter of maintenance instructions. */
union counter {
	struct pw_arm64_counter arm64;
	struct pw_riscv_counter riscv;
	struct pw_x86_counter x86;
};

/* What the ledger shows of it. */
struct arch_ledger {
	const char *columns; /* titles, as wide as row() prints */
	const char *note;    /* what they mean, whole lines */
	/* Raw bits of a leaf that say it is one of a contiguous group; 0: a group's entries are
	   something else without them. */
	uint64_t hint;
	const struct pw_reshaper *reshaper; /* where those have to be broken; or NULL */
	const struct pw_executor *(*start)(union counter *c);
	void (*row)(const union counter *c);
};

struct arch {
	const char *name;
	const char *option;   /* --arch=: the name without its width */
	unsigned int machine; /* ELF machine number */
	const struct arch_reg *regs;
	unsigned int nr_regs;
	const char *telltale;	    /* of a registers file: no other architecture has it */
	const char *root_option[2]; /* what to give when the root of a half is missing */

	/*
	 * Find the roots and fill in both halves: cfg (all but size and env), state, from, shape,
	 * types_known, fields. 0, or an exit status with the reason on stderr.
	 */
	int (*roots)(const struct options *o, struct space *sp, const struct pw_registers *file);
	/* Say on stderr what whoever looks at these roots should know; NULL: nothing ever. */
	void (*mention)(const struct options *o, const struct space *sp);

	/* The memory type of a leaf, in the architecture's own words. */
	const char *(*memtype)(const struct half *h, const struct pw_attr *attr);
	const struct arch_word *words;
	unsigned int nr_words;
	const char *share[4]; /* by enum pw_share */
	bool cpu_notes;	      /* a dump may tell the roots of its CPUs */
	bool one_exec;	      /* one bit for who may execute: the user, or else the supervisor */

	const struct arch_ptdump *ptdump;
	const struct arch_ledger *ledger;
};

extern const struct arch arch_arm64;
extern const struct arch arch_riscv;
extern const struct arch arch_x86;

/* arch.c */
#define MAX_ARCHS     4u
#define MAX_ARCH_REGS 16u
extern const struct arch *const archs[];
extern const unsigned int nr_archs;
const struct arch *arch_of_machine(unsigned int machine);
/* By its name or its option's; NULL when there is none. */
const struct arch *arch_of_name(const char *name);
/* The value of --NAME for register @reg of @arch; false when it was not given. */
bool arch_given(const struct options *o, const struct arch *arch, unsigned int reg, uint64_t *v);

/* A line of the VMCOREINFO note as a number; false when it is not there. */
bool note_number(const struct pw_source *s, const char *key, uint64_t *value);

#endif
