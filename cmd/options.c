/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Options. One table for all subcommands; each subcommand names the letters it takes.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"

static const struct {
	const char *name;
	char letter;
	const char *arg; /* NULL: none */
	const char *help;
} table[] = {
	{ "arch", 'A', "NAME", "arm64, x86 or riscv, where the dump does not say" },
	{ "raw", 'B', "ADDR", "SOURCE is raw memory from this physical address on" },
	{ "registers", 'r', "FILE", "system registers, as gdb's `info all-registers` prints them" },
	{ "cpu", 'c', "N", "which CPU's registers (default 0)" },
	{ "new-registers", 'X', "FILE", "the same of NEW (default: --registers)" },
	{ "new-cpu", 'C', "N", "which CPU's, of NEW (default: --cpu)" },
	{ "kernel", 'k', NULL, "the kernel half only" },
	{ "user", 'u', NULL, "the user half only" },
	{ "range", 'R', "A-B|A+LEN", "only these addresses; B is not included" },
	{ "phys", 'P', "A-B|A+LEN", "only what leads to these physical addresses" },
	{ "format", 'f', "text|ptdump|json", "how to print (default text)" },
	{ "sizes", 's', NULL, "what is mapped by entries of another size differs, too" },
	{ "holes", 'H', NULL, "unmapped ranges too" },
	{ "no-header", 'N', NULL, "no comment lines" },
	{ "rows", 'n', "N", "stop after N rows of each half (replay: N reports)" },
	{ "only", 'O', "NAME", "this check only" },
	{ "list", 'l', NULL, "list the checks" },
	{ "output", 'o', "FILE", "write the changed dump to FILE" },
	{ "force", 'F', NULL, "let -o replace an existing file" },
	{ "verbose", 'v', NULL, "say more" },
	{ "quiet", 'q', NULL, "say less" },
	{ "help", 'h', NULL, "this text" },
};

#define NR (sizeof(table) / sizeof(table[0]))

/*
 * Registers are options of every subcommand that has --registers, and come from the architectures'
 * own tables; getopt knows them by numbers beyond those of letters.
 */
#define FIRST_REG   256
#define MAX_OPTIONS (NR + (size_t)MAX_ARCHS * MAX_ARCH_REGS)

static bool takes(const struct command *cmd, char letter)
{
	return letter == 'h' || strchr(cmd->options, letter);
}

static void print_registers(void)
{
	unsigned int i, j;

	for (i = 0; i < nr_archs; i++) {
		printf("\nregisters of %s, where --registers does not say better:\n",
		       archs[i]->name);
		for (j = 0; j < archs[i]->nr_regs; j++)
			printf("      --%s=VALUE%*s %s\n", archs[i]->regs[j].name,
			       (int)(17 - strlen(archs[i]->regs[j].name)), "",
			       archs[i]->regs[j].help);
	}
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
	if (takes(cmd, 'r'))
		print_registers();
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

static int take_register(const struct command *cmd, unsigned int number, const char *value,
			 struct options *o)
{
	struct given_reg *g = &o->given[o->nr_given];

	g->arch = archs[number / MAX_ARCH_REGS];
	g->reg = number % MAX_ARCH_REGS;
	if (!parse_number(value, &g->value))
		return bad_value(cmd, g->arch->regs[g->reg].name, value,
				 "a number (0x... or decimal)");
	if (++o->nr_given == MAX_GIVEN) {
		complain("%s: that is more registers than there are", cmd->name);
		return usage(cmd);
	}
	return 0;
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

static int take_range(const struct command *cmd, const char *name, const char *value,
		      struct pw_range *range)
{
	return parse_range(value, range) ? 0 : bad_value(cmd, name, value, RANGE_WANTED);
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

static int take_arch(const struct command *cmd, const char *value, struct options *o)
{
	o->arch = arch_of_name(value);
	return o->arch ? 0 : bad_value(cmd, "arch", value, "arm64, x86 or riscv");
}

static int take_raw(const struct command *cmd, const char *value, struct options *o)
{
	o->raw = parse_address(value, strlen(value), &o->raw_base);
	return o->raw ? 0 : bad_value(cmd, "raw", value, "a hexadecimal address");
}

static int take(const struct command *cmd, char letter, const char *name, const char *value,
		struct options *o)
{
	switch (letter) {
	case 'A':
		return take_arch(cmd, value, o);
	case 'B':
		return take_raw(cmd, value, o);
	case 'r':
		o->registers = value;
		return 0;
	case 'c':
		o->has_cpu = true;
		return take_count(cmd, name, value, &o->cpu);
	case 'X':
		o->new_registers = value;
		return 0;
	case 'C':
		o->has_new_cpu = true;
		return take_count(cmd, name, value, &o->new_cpu);
	case 's':
		o->sizes = true;
		return 0;
	case 'k':
		o->kernel = true;
		return 0;
	case 'u':
		o->user = true;
		return 0;
	case 'R':
		o->has_range = true;
		return take_range(cmd, name, value, &o->range);
	case 'P':
		o->has_phys = true;
		return take_range(cmd, name, value, &o->phys);
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

static size_t add_registers(struct option *longs, size_t n)
{
	unsigned int i, j;

	for (i = 0; i < nr_archs; i++) {
		for (j = 0; j < archs[i]->nr_regs; j++)
			longs[n++] = (struct option){ archs[i]->regs[j].name, required_argument,
						      NULL,
						      FIRST_REG + (int)(i * MAX_ARCH_REGS + j) };
	}
	return n;
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
	if (takes(cmd, 'r'))
		n = add_registers(longs, n);
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

/* Why getopt stopped; @word is the last that it read, @missing a value. */
static int bad_option(const struct command *cmd, const struct option *longs, const char *word,
		      bool missing)
{
	int len = (int)strcspn(word, "=");
	unsigned int alike = 0;
	const char *why;

	for (; longs->name; longs++) {
		if (!strncmp(word, "--", 2) && !strncmp(longs->name, word + 2, (size_t)len - 2)) {
			alike++;
			if (longs->val == optopt && word[len]) /* with a value */
				optopt = 0;
		}
	}
	if (optopt && !missing) { /* among others, as in -vx, getopt is not at the next word yet */
		complain("-%c: no such option here", optopt);
		return usage(cmd);
	}
	why = missing	 ? "needs a value" :
	      alike > 1	 ? "several options begin like that" :
	      alike == 1 ? "takes no value" :
			   "no such option here";
	complain("%.*s: %s", len, word, why);
	return usage(cmd);
}

int options_parse(const struct command *cmd, int argc, char **argv, struct options *o, bool *leave)
{
	struct option longs[MAX_OPTIONS + 1];
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
		if (c == '?' || c == ':')
			return bad_option(cmd, longs, argv[optind - 1], c == ':');
		err = c >= FIRST_REG ?
			      take_register(cmd, (unsigned int)(c - FIRST_REG), optarg, o) :
			      take(cmd, (char)c, name_of((char)c), optarg, o);
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
	if (cmd->two_sources && o->nr_args != 1) {
		complain(o->nr_args ? "%s: '%s' is too much: two sources" :
				      "%s: and with what shall '%s' be compared?",
			 cmd->name, o->nr_args ? o->args[1] : o->source);
		return usage(cmd);
	}
	*leave = false;
	return 0;
}
