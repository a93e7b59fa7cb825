/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * main() of the test programs, for those that have none of their own.
 *
 * Arguments: --list, --seed N (default: from the clock), --seconds S (default: $PW_TEST_SECONDS),
 * and NAMEs: only tests whose name contains one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"

static char **names;
static int nr_names;

static void put(const char *text)
{
	fputs(text, stdout);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool wanted(const char *name)
{
	for (int i = 0; i < nr_names; i++)
		if (strstr(name, names[i]))
			return true;
	return !nr_names;
}

static bool number(const char *text, uint64_t *v)
{
	char *end = NULL;

	if (text)
		*v = strtoull(text, &end, 0);
	return text && end != text && !*end;
}

static int usage(void)
{
	fputs("usage: [--list] [--seed N] [--seconds S] [NAME...]\n", stderr);
	return 2;
}

__attribute__((weak)) int main(int argc, char **argv)
{
	bool list = false;
	int i = 1;

	/* What was said before a crash must not be lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	harness.put = put;
	harness.wanted = wanted;
	harness.now_ms = now_ms;
	harness.program = argv[0];
	harness.seed = (uint64_t)time(NULL);
	if (getenv("PW_TEST_SECONDS") && !number(getenv("PW_TEST_SECONDS"), &harness.seconds))
		return usage();
	for (; i < argc && argv[i][0] == '-'; i++) {
		bool seed = !strcmp(argv[i], "--seed");

		if (!strcmp(argv[i], "--list"))
			list = true;
		else if ((!seed && strcmp(argv[i], "--seconds")) ||
			 !number(argv[++i], seed ? &harness.seed : &harness.seconds))
			return usage();
	}
	names = argv + i;
	nr_names = argc - i;
	if (!list)
		return harness_main();
	for (size_t t = 0; t < harness_nr_tests(); t++)
		if (wanted(__start_pw_tests[t].name))
			puts(__start_pw_tests[t].name);
	return 0;
}
