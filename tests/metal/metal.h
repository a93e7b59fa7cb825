/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What every bare guest has: its board's board.c and start-up code offer this to tests that do not
 * care which architecture they run on.
 */
#ifndef PW_TESTS_METAL_H
#define PW_TESTS_METAL_H

#include <pagewalk/pagewalk.h>

/* Comparisons with the machine's own answers that a long test should make ("checks=N" on the
   guest's command line). */
extern uint64_t metal_checks;

/* To the serial port. */
void metal_puts(const char *text);
/* The guest ends; its emulator too, with this exit status if it can. */
void metal_exit(int status) __attribute__((noreturn));

/* options.c: reads the command line into metal_checks, the harness's seed and seconds, and what
   follows; and gives the harness a clock, of a sort: to ask for the time takes a millisecond. */
void metal_options(const char *text);
/* Is this word on it? */
bool metal_word(const char *name);
/* Is the emulator known to be wrong like that? A name from tests/oracle/deviations.txt. */
bool metal_deviates(const char *name);

/* mem.c: what freestanding code may still call. */
void *memcpy(void *to, const void *from, size_t nr);
void *memset(void *to, int val, size_t nr);
int memcmp(const void *a, const void *b, size_t nr);

#endif
