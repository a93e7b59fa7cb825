/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk: look at the page tables in a dump.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static const struct command *const commands[] = { &cmd_dump, &cmd_translate, &cmd_check,
						  &cmd_diff, &cmd_protect,   &cmd_replay,
						  &cmd_rules };

#define NR (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *to)
{
	size_t i;

	fputs("usage: pagewalk COMMAND [options] SOURCE ...\n\n", to);
	for (i = 0; i < NR; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nSOURCE is a dump of an arm64, x86-64 or riscv64 machine: an ELF core (QEMU's\n"
	      "dump-guest-memory, /proc/vmcore), a kdump-compressed dump (makedumpfile, QEMU), a\n"
	      "flattened stream of these, a LiME dump, or raw memory (--raw=ADDR).\n"
	      "pagewalk COMMAND --help says more; pagewalk --version.\n"
	      "exit status: 0 fine, 1 findings, differences or unmapped, 2 usage,\n"
	      "3 the source cannot be read\n",
	      to);
}

/* How many letters apart are two words? Small words, so the plain table will do. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[16], n = (unsigned int)strlen(b), i, j;

	if (n > 15)
		return 99;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= n; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown(const char *name)
{
	size_t i, best = 0;

	for (i = 1; i < NR; i++) {
		if (distance(name, commands[i]->name) < distance(name, commands[best]->name))
			best = i;
	}
	if (distance(name, commands[best]->name) <= 3)
		complain("no command '%s'; did you mean '%s'?", name, commands[best]->name);
	else
		complain("no command '%s'", name);
	print_usage(stderr);
	return EXIT_USAGE;
}

static void interrupted(int sig)
{
	pw_source_abort_copy();
	_exit(128 + sig);
}

/* What is being read, for lost(). */
static const char *reading = "?", *reading_also;

/*
 * A source is mapped: where the file got shorter meanwhile, or its disk fails, a load tells. No
 * such load is in the middle of writing output, so what was answered until then can be written.
 */
static void lost(int sig)
{
	(void)sig;
	pw_source_abort_copy();
	complain("%s%s%s: cannot be read any more: it was cut short, or its disk fails", reading,
		 reading_also ? " or " : "", reading_also ? reading_also : "");
	_exit(EXIT_SOURCE);
}

static void catch_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* writing says so */
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	if (signal(SIGHUP, interrupted) == SIG_IGN) /* nohup */
		signal(SIGHUP, SIG_IGN);
	signal(SIGBUS, lost);
}

static int run(int argc, char **argv)
{
	static char help[] = "--help";
	struct options o;
	bool leave;
	size_t i;
	int status;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (argc > 2 && !strcmp(argv[1], "help")) { /* help COMMAND is COMMAND --help */
		argv[1] = argv[2];
		argv[2] = help;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("pagewalk %d.%d.%d\n", PW_VERSION_MAJOR, PW_VERSION_MINOR, PW_VERSION_PATCH);
		return EXIT_FINE;
	}
	for (i = 0; i < NR; i++) {
		if (strcmp(argv[1], commands[i]->name))
			continue;
		status = options_parse(commands[i], argc - 1, argv + 1, &o, &leave);
		if (leave)
			return status;
		if (o.source)
			reading = o.source;
		if (commands[i]->two_sources)
			reading_also = o.args[0];
		return commands[i]->run(&o);
	}
	return unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int status;

	catch_signals();
	status = run(argc, argv);
	out_flush();
	/* help, and other things that are printed by stdio */
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		out_failed(errno ? errno : EIO);
	return status;
}
