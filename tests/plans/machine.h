/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A machine for the table of plans: a world (tests/env) with the executor of its architecture, and
 * a log of all that a change does to the machine, in order:
 *
 *     write N             stores to entries that a walker can reach; those next to each other in
 *                         time are one line
 *     plan publish        a plan comes, and what it owes: publish, invalidate, publish+invalidate
 *     dsb ish             what the printer of the architecture prints for it: an instruction a line
 *     free N              tables that went back to the environment
 */
#ifndef PW_TESTS_PLANS_MACHINE_H
#define PW_TESTS_PLANS_MACHINE_H

#include "../env/env.h"

#define MACHINE_MAX_LINES 512u
#define MACHINE_LINE	  96u

struct machine_log {
	uint64_t nr;
	bool counts; /* instructions without their operands, and how many of each */
	struct {
		char text[MACHINE_LINE];
		uint64_t count;
	} line[MACHINE_MAX_LINES];
};

extern struct world machine_world;
extern struct machine_log machine_log;

/*
 * @words: the name of a format of tests/env, and what the machine is like, in any order: see
 * machine.c. Nothing is mapped. False is a failed expectation.
 */
bool machine_open(const char *words, bool hooked);
void machine_close(void);

/* The log begins here; the tables of now are those that a walker can reach. */
void machine_log_begin(bool counts);
void machine_log_line(const char *text, uint64_t n);

/* Line @i as text: "write 512", "dsb ish", with counts "512 dsb ish". */
void machine_log_text(uint64_t i, char *text, size_t len);

#endif
