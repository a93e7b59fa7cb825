/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Options. One table for all subcommands; each subcommand names the letters it takes.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const struct {
	const char *name;
	char letter;
	const char *arg; /* NULL: none */
	const char *help;
} table[] = {
	{ "registers", 'r', "FILE", "system registers, as gdb's `info registers` prints them" },
	{ "cpu", 'c', "N", "which CPU of --registers (default 0)" },
	{ "ttbr0", '0', "VALUE", "TTBR0_EL1: root of the user half" },
	{ "ttbr1", '1', "VALUE", "TTBR1_EL1: root of the kernel half" },
	{ "tcr", 't', "VALUE", "TCR_EL1: granule and size of both halves" },
	{ "mair", 'm', "VALUE", "MAIR_EL1: memory types" },
	{ "sctlr", 's', "VALUE", "SCTLR_EL1: WXN" },
	{ "kernel", 'k', NULL, "the kernel half only" },
	{ "user", 'u', NULL, "the user half only" },
	{ "range", 'R', "A-B|A+LEN", "only these addresses; B is not included" },
	{ "format", 'f', "text|ptdump|json", "how to print (default text)" },
	{ "holes", 'H', NULL, "unmapped ranges too" },
	{ "no-header", 'N', NULL, "no comment lines" },
	{ "rows", 'n', "N", "stop after N rows of each half" },
	{ "only", 'O', "NAME", "this check only" },
	{ "list", 'l', NULL, "list the checks" },
	{ "output", 'o', "FILE", "write the changed core to FILE" },
	{ "force", 'F', NULL, "let -o replace an existing file" },
	{ "verbose", 'v', NULL, "say more" },
	{ "quiet", 'q', NULL, "say less" },
	{ "help", 'h', NULL, "this text" },
};

#define NR (sizeof(table) / sizeof(table[0]))

static bool takes(const struct command *cmd, char letter)
{
	return letter == 'h' || strchr(cmd->options, letter);
}

static void print_help(const struct command *cmd)
{
	size_t i;

	printf("usage: pagewalk %s %s\n\n%s\n\n%s\noptions:\n", cmd->name, cmd->usage, cmd->summary,
	       cmd->help);
	for (i = 0; i < NR; i++) {
		char left[48];

		if (!takes(cmd, table[i].letter))
			continue;
		snprintf(left, sizeof(left), "%s--%s%s%s",
			 strchr("ovqh", table[i].letter) ?
				 (char[]){ '-', table[i].letter, ',', ' ', 0 } :
				 "    ",
			 table[i].name, table[i].arg ? "=" : "", table[i].arg ? table[i].arg : "");
		printf("  %-30s %s\n", left, table[i].help);
	}
}

static int usage(const struct command *cmd)
{
	fprintf(stderr, "usage: pagewalk %s %s\ntry: pagewalk %s --help\n", cmd->name, cmd->usage,
		cmd->name);
	return EXIT_USAGE;
}

static int bad_value(const struct command *cmd, const char *name, const char *value,
		     const char *want)
{
	complain("--%s: expected %s, found '%s'", name, want, value);
	return usage(cmd);
}

static int take_number(const struct command *cmd, const char *name, const char *value, bool *has,
		       uint64_t *v)
{
	*has = true;
	return parse_number(value, v) ? 0 :
					bad_value(cmd, name, value, "a number (0x... or decimal)");
}

static int take_format(const struct command *cmd, const char *value, struct options *o)
{
	static const char *const names[] = { "text", "ptdump", "json" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(value, names[i])) {
			o->format = (enum output_format)i;
			return 0;
		}
	}
	return bad_value(cmd, "format", value, "text, ptdump or json");
}

static int take_count(const struct command *cmd, const char *name, const char *value,
		      unsigned int *n)
{
	uint64_t v;

	if (!parse_number(value, &v) || v > 1u << 30)
		return bad_value(cmd, name, value, "a small number");
	*n = (unsigned int)v;
	return 0;
}

static int take(const struct command *cmd, char letter, const char *name, const char *value,
		struct options *o)
{
	switch (letter) {
	case 'r':
		o->registers = value;
		return 0;
	case 'c':
		return take_count(cmd, name, value, &o->cpu);
	case '0':
		return take_number(cmd, name, value, &o->has_ttbr0, &o->regs.ttbr0);
	case '1':
		return take_number(cmd, name, value, &o->has_ttbr1, &o->regs.ttbr1);
	case 't':
		return take_number(cmd, name, value, &o->has_tcr, &o->regs.tcr);
	case 'm':
		return take_number(cmd, name, value, &o->has_mair, &o->regs.mair);
	case 's':
		return take_number(cmd, name, value, &o->has_sctlr, &o->regs.sctlr);
	case 'k':
		o->kernel = true;
		return 0;
	case 'u':
		o->user = true;
		return 0;
	case 'R':
		o->has_range = true;
		return parse_range(value, &o->range) ?
			       0 :
			       bad_value(cmd, name, value, "A-B or A+LEN, hexadecimal addresses");
	case 'f':
		return take_format(cmd, value, o);
	case 'H':
		o->holes = true;
		return 0;
	case 'N':
		o->header = false;
		return 0;
	case 'n':
		return take_count(cmd, name, value, &o->max_rows);
	case 'O':
		o->only = value;
		return 0;
	case 'l':
		o->list = true;
		return 0;
	case 'o':
		o->output = value;
		return 0;
	case 'F':
		o->force = true;
		return 0;
	case 'v':
		o->verbose = 1;
		return 0;
	default:
		o->verbose = -1;
		return 0;
	}
}

/* getopt's tables for one subcommand: what it does not take is unknown to it. */
static void build(const struct command *cmd, struct option *longs, char *shorts)
{
	size_t i, n = 0;

	*shorts++ = ':'; /* tell a missing argument from an unknown option */
	for (i = 0; i < NR; i++) {
		if (!takes(cmd, table[i].letter))
			continue;
		longs[n].name = table[i].name;
		longs[n].has_arg = table[i].arg ? required_argument : no_argument;
		longs[n].flag = NULL;
		longs[n++].val = (unsigned char)table[i].letter;
		if (strchr("ovqh", table[i].letter)) {
			*shorts++ = table[i].letter;
			if (table[i].arg)
				*shorts++ = ':';
		}
	}
	memset(&longs[n], 0, sizeof(longs[n]));
	*shorts = '\0';
}

static const char *name_of(char letter)
{
	size_t i;

	for (i = 0; i < NR; i++) {
		if (table[i].letter == letter)
			return table[i].name;
	}
	return "?";
}

int options_parse(const struct command *cmd, int argc, char **argv, struct options *o, bool *leave)
{
	struct option longs[NR + 1];
	char shorts[2 * NR + 2];
	int c;

	*leave = true;
	memset(o, 0, sizeof(*o));
	o->command = cmd->name;
	o->header = true;
	build(cmd, longs, shorts);
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int err;

		if (c == 'h') {
			print_help(cmd);
			return EXIT_FINE;
		}
		if (c == '?' || c == ':') {
			complain("%s: %s", argv[optind - 1],
				 c == ':' ? "needs a value" : "no such option here");
			return usage(cmd);
		}
		err = take(cmd, (char)c, name_of((char)c), optarg, o);
		if (err)
			return err;
	}
	if (optind < argc)
		o->source = argv[optind++];
	o->args = argv + optind;
	o->nr_args = argc - optind;
	if (!o->source && !o->list && !cmd->no_source) {
		complain("%s: which source?", cmd->name);
		return usage(cmd);
	}
	*leave = false;
	return 0;
}
