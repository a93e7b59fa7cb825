/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * rules: the rules of the model, as a table, one in full, or as the page docs/rules.md.
 */
#include <string.h>
#include <strings.h>

#include <pagewalk/model.h>

#include "cmd.h"

static void print_line(const struct pwm_rule *r)
{
	printf("%-13s %-9s %s\n", r->id, pwm_class_name(r->cls), r->title);
}

/* Words up to column 80. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > 80) {
			putchar('\n');
			column = 0;
		}
		printf("%s%.*s", column ? " " : "  ", (int)word, text);
		column += (column ? 1 : 2) + word;
		text += word;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_rule(const struct pwm_rule *r)
{
	print_line(r);
	print_wrapped(r->sentence);
	printf("  Source: %s\n", r->section);
}

static const char *const groups[][2] = {
	{ "A64-", "arm64" },
	{ "X86-", "x86-64" },
	{ "RV-", "RISC-V" },
	{ "ALL-", "All architectures" },
};

static void print_page(void)
{
	const struct pwm_rule *r;
	uint32_t i, g;

	/* in pieces, or licence checkers would take it for this file's */
	printf("<!-- SPDX-License-"
	       "Identifier: BSD-2-Clause OR GPL-2.0-or-later -->\n"
	       "<!-- SPDX-FileCopyright"
	       "Text: 2026 The pagewalk authors -->\n"
	       "<!-- Made by `pagewalk rules markdown`: change model/rules.c instead. -->\n"
	       "# Rules of the model\n\n"
	       "Classes: ERROR wrong data or rights; UNPRED several translations at once; LOST an "
	       "update is lost;\nSPURIOUS a fault is possible though the tables say valid; POLICY "
	       "legal, and probably not wanted;\nPERF maintenance that nothing needs.\n");
	for (g = 0; g < 4; g++) {
		printf("\n## %s\n\n| rule | class | what | say | source |\n|---|---|---|---|---|\n",
		       groups[g][1]);
		for (i = 0; (r = pwm_rule_at(i)) != NULL; i++)
			if (!strncmp(r->id, groups[g][0], strlen(groups[g][0])))
				printf("| %s | %s | %s | %s | %s |\n", r->id,
				       pwm_class_name(r->cls), r->title, r->sentence, r->section);
	}
}

/* Whose name it is, or, without an exact one, begins like that; in small letters as well. */
static uint32_t print_named(const char *name)
{
	const struct pwm_rule *r;
	size_t len = strlen(name);
	uint32_t i, n = 0;

	for (i = 0; (r = pwm_rule_at(i)) != NULL; i++) {
		if (!strcasecmp(r->id, name)) {
			print_rule(r);
			return 1;
		}
	}
	for (i = 0; (r = pwm_rule_at(i)) != NULL; i++) {
		if (!strncasecmp(r->id, name, len)) {
			print_rule(r);
			n++;
		}
	}
	return n;
}

/* The rules that share the longest beginning with a name that is none's: it may be meant. */
static void complain_none(const char *name)
{
	char near[256] = "";
	const struct pwm_rule *r;
	size_t len, at;
	uint32_t i;

	for (len = strlen(name); len > 4 && !*near; len--) {
		for (i = 0, at = 0; (r = pwm_rule_at(i)) != NULL; i++) {
			size_t n = strlen(r->id);

			if (strncasecmp(r->id, name, len) || at + n + 3 > sizeof(near))
				continue;
			memcpy(near + at, at ? ", " : "", at ? 2 : 0);
			at += at ? 2 : 0;
			memcpy(near + at, r->id, n + 1);
			at += n;
		}
	}
	if (*near)
		complain("rules: no rule '%s'; perhaps %s", name, near);
	else
		complain("rules: no rule '%s'; without one, all are listed", name);
}

static int run_rules(const struct options *o)
{
	const struct pwm_rule *r;
	uint32_t i;

	if (o->nr_args) {
		complain("rules: '%s' is too much: one rule at a time", o->args[0]);
		return EXIT_USAGE;
	}
	if (o->source && !strcmp(o->source, "markdown")) {
		print_page();
		return EXIT_FINE;
	}
	if (!o->source) {
		for (i = 0; (r = pwm_rule_at(i)) != NULL; i++)
			print_line(r);
	} else if (!*o->source || !print_named(o->source)) {
		complain_none(o->source);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

const struct command cmd_rules = {
	.name = "rules",
	.usage = "[ID | markdown]",
	.summary = "Name the rules that replay checks.",
	.help = "All of them as a table; with an ID, or the beginning of one, what they say and "
		"where that\n"
		"stands; \"markdown\" gives the page docs/rules.md.\n",
	.options = "",
	.run = run_rules,
	.no_source = true,
};
