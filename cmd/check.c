/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk check: what should not be there. Adding a check is one row in the table.
 */
#include <stdlib.h>
#include <string.h>

#include "alias.h"

#define BOTH "both" /* halves, where there is a kernel's and a user's */

/* One check at work on one half. */
struct checking {
	const struct options *o;
	const struct half *h;
	const char *name;
	uint64_t findings; /* pages of the granule's size, or entries */
	uint64_t ranges;
	struct tally tally;
};

static uint64_t pages_of(const struct half *h, const struct pw_run *run)
{
	return ((run->last.v - run->first.v) >> h->pt.granule_lg2) + 1;
}

/* Remember, where it may be met again. */
static void count(struct checking *c, uint64_t first, uint64_t findings, uint64_t ranges)
{
	c->findings += findings;
	c->ranges += ranges;
	if (!tally_add(&c->tally, (struct found){ first, findings, ranges }))
		complain("no memory to remember findings: repetitions are not counted");
}

static void json_finding(const struct checking *c, uint64_t first, uint64_t last)
{
	out_text("{\"check\":\"");
	out_text(c->name);
	out_text("\",\"half\":\"");
	out_text(c->h->name);
	out_text("\",\"first\":\"0x");
	out_hex(first, 1);
	out_text("\",\"last\":\"0x");
	out_hex(last, 1);
	out_char('"');
}

static void finding(struct checking *c, const struct pw_run *run, uint64_t findings)
{
	count(c, run->first.v, findings, 1);
	if (c->o->verbose < 0)
		return;
	if (c->o->format == FORMAT_JSON) {
		json_finding(c, run->first.v, run->last.v);
		out_text(",\"pages\":");
		out_dec(pages_of(c->h, run), 0);
		out_text(",\"entry\":\"0x");
		out_hex(run->entry, 1);
		out_text("\"}\n");
		return;
	}
	out_text(c->name);
	out_text(": ");
	if (run->kind == PW_RUN_BAD)
		out_bad(c->h, run);
	else
		out_run(c->h, run);
}

/* Writable and executable at one privilege, by effective permission. */
static void check_wx(struct checking *c, const struct pw_run *run)
{
	uint32_t k = PW_PERM_W | PW_PERM_X, u = PW_PERM_USER_W | PW_PERM_USER_X;

	if (run->kind != PW_RUN_LEAF || ((run->perm & k) != k && (run->perm & u) != u))
		return;
	finding(c, run, pages_of(c->h, run));
}

/* Kernel addresses that user code may read, write or execute. */
static void check_user_kernel(struct checking *c, const struct pw_run *run)
{
	uint32_t user = PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X;

	if (run->kind != PW_RUN_LEAF || !(c->h->pt.flags & PW_TABLE_UPPER) || !(run->perm & user))
		return;
	finding(c, run, pages_of(c->h, run));
}

/* Tables outside the dump, tables that contain themselves, reserved encodings. */
static void check_tables(struct checking *c, const struct pw_run *run)
{
	if (run->kind != PW_RUN_BAD)
		return;
	finding(c, run, 1);
}

/* Bits that must be zero in a valid leaf. */
static void check_reserved(struct checking *c, const struct pw_run *run)
{
	if (run->kind != PW_RUN_LEAF || !pw_entry_reserved(&c->h->pt, run->entry, run->level))
		return;
	finding(c, run, run->nr);
}

/* Of runs as they come, or (@alias) of all mappings against each other. */
static const struct check {
	const char *name;
	const char *unit;
	const char *what;
	void (*run)(struct checking *c, const struct pw_run *run);
	const struct alias_rule *alias;
	bool on_request; /* what healthy systems have as well: with --only */
} checks[] = {
	{ "wx", "page", "writable and executable, by effective permission", check_wx, NULL, false },
	{ "user", "page", "kernel addresses that user code may read, write or execute",
	  check_user_kernel, NULL, false },
	{ "tables", "entry", "tables outside memory, loops, reserved encodings", check_tables, NULL,
	  false },
	{ "reserved", "entry", "reserved bits set in valid leaves", check_reserved, NULL, false },
	{ "alias", "page", "writable at one address, executable at another", NULL, &alias_wx,
	  false },
	{ "types", "page", "mapped with two memory types", NULL, &alias_types, true },
};

#define NR (sizeof(checks) / sizeof(checks[0]))

static void summary(const struct options *o, const char *half, const struct check *k,
		    const struct checking *c)
{
	if (o->format == FORMAT_JSON) {
		out_text("{\"check\":\"");
		out_text(k->name);
		out_text("\",\"half\":\"");
		out_text(half);
		out_text("\",\"findings\":");
		out_dec(c->findings, 0);
		out_text(",\"ranges\":");
		out_dec(c->ranges, 0);
		out_text("}\n");
		return;
	}
	out_text("Checked ");
	out_text(half);
	out_text(!strcmp(half, BOTH) ? " halves, " : " half, ");
	out_text(k->name);
	out_text(" (");
	out_text(k->what);
	out_text("): ");
	if (c->findings == 0) {
		out_text("none\n");
		return;
	}
	out_dec(c->findings, 0);
	out_char(' ');
	out_text(c->findings == 1 ? k->unit : !strcmp(k->unit, "entry") ? "entries" : "pages");
	out_text(" in ");
	out_dec(c->ranges, 0);
	out_text(c->ranges == 1 ? " range\n" : " ranges\n");
}

/* A half under work. */
struct checks_of {
	struct checking at[NR];
	const struct options *o;
	const struct half *h;
	struct aliases *aliases; /* NULL: nobody asked */
	uint64_t runs;
	int status;
};

static bool wanted(const struct options *o, size_t i)
{
	return o->only ? !strcmp(o->only, checks[i].name) : !checks[i].on_request;
}

/* All checks in one pass over the tables. */
static bool check_part(void *ctx, struct pw_range part)
{
	struct checks_of *c = ctx;
	struct pw_iter it;
	struct pw_run run;
	size_t i;

	if (pw_iter_init(&it, &c->h->pt, part, PW_WANT_LEAVES | PW_WANT_PARTIAL,
			 PW_IGNORE_AD | PW_IGNORE_SOFT))
		return false;
	while (pw_iter_next(&it, &run) > 0) {
		if (c->runs++ == MAX_RUNS) {
			c->status = out_too_many(c->o, c->h);
			return false;
		}
		for (i = 0; i < NR; i++) {
			if (wanted(c->o, i) && checks[i].run)
				checks[i].run(&c->at[i], &run);
		}
		if (c->aliases && run.kind == PW_RUN_LEAF)
			aliases_add(c->aliases, c->h, &run);
	}
	return true;
}

/* What was found there the first time is found here as often as it says. */
static void check_again(struct checking *c, const struct repeat *r)
{
	struct found sum = tally_of(&c->tally, r->of);

	if (!sum.ranges)
		return;
	count(c, r->span.first.v, sum.findings * r->times, sum.ranges * r->times);
	if (c->o->verbose < 0)
		return;
	if (c->o->format == FORMAT_JSON) {
		json_finding(c, r->span.first.v, r->span.last.v);
		out_text(",\"findings\":");
		out_dec(sum.findings * r->times, 0);
		out_text(",\"of_first\":\"0x");
		out_hex(r->of.first.v, 1);
		out_text("\",\"of_last\":\"0x");
		out_hex(r->of.last.v, 1);
		out_text("\"}\n");
		return;
	}
	out_text(c->name);
	out_text(": ");
	out_repeat(c->h, r);
}

static bool check_repeat(void *ctx, const struct repeat *r)
{
	struct checks_of *c = ctx;
	size_t i;

	for (i = 0; i < NR; i++) {
		if (wanted(c->o, i) && checks[i].run)
			check_again(&c->at[i], r);
	}
	return true;
}

static int check_half(const struct options *o, const struct half *h, struct aliases *aliases)
{
	static const struct visitor v = { check_part, check_repeat };
	struct checks_of c = { .o = o, .h = h, .aliases = aliases };
	struct repeats repeats;
	struct pw_range range;
	size_t i;

	if (!space_range(o, h, &range))
		return EXIT_FINE;
	repeats_find(h, range, &repeats);
	for (i = 0; i < NR; i++)
		c.at[i] = (struct checking){
			.o = o, .h = h, .name = checks[i].name, .tally.on = repeats.nr
		};
	repeats_visit(&repeats, range, &v, &c);
	repeats_free(&repeats);
	for (i = 0; i < NR; i++) {
		if (!wanted(o, i) || !checks[i].run)
			continue;
		summary(o, h->name, &checks[i], &c.at[i]);
		if (c.at[i].findings)
			c.status = EXIT_FINDINGS;
		free(c.at[i].tally.list);
	}
	return c.status;
}

/* A row for each of the two. */
static void alias_finding(void *ctx, const struct mapping *a, const struct mapping *b, uint64_t pa,
			  uint64_t last_pa)
{
	struct pw_run run = mapping_run(a, pa, last_pa), other = mapping_run(b, pa, last_pa);
	struct checking *c = ctx;

	c->h = a->h;
	count(c, run.first.v, pages_of(a->h, &run), 1);
	if (c->o->verbose < 0)
		return;
	if (c->o->format == FORMAT_JSON) {
		json_finding(c, run.first.v, run.last.v);
		out_text(",\"pages\":");
		out_dec(pages_of(a->h, &run), 0);
		out_text(",\"pa\":\"0x");
		out_hex(pa, 1);
		out_text("\",\"other_half\":\"");
		out_text(b->h->name);
		out_text("\",\"other_first\":\"0x");
		out_hex(other.first.v, 1);
		out_text("\",\"other_last\":\"0x");
		out_hex(other.last.v, 1);
		out_text("\"}\n");
		return;
	}
	out_text(c->name);
	out_text(": ");
	out_run(a->h, &run);
	out_text(c->name);
	out_text(": ");
	out_run(b->h, &other);
}

static int check_aliases(const struct options *o, const char *half, struct aliases *aliases)
{
	int status = EXIT_FINE;
	size_t i;

	for (i = 0; i < NR; i++) {
		struct checking c = { .o = o, .name = checks[i].name };

		if (!wanted(o, i) || !checks[i].alias)
			continue;
		if (aliases->lost) {
			complain("%s: no memory for all mappings: not checked for %s", o->source,
				 c.name);
			return EXIT_SOURCE;
		}
		aliases_find(aliases, checks[i].alias, alias_finding, &c);
		summary(o, half, &checks[i], &c);
		if (c.findings)
			status = EXIT_FINDINGS;
	}
	return status;
}

static bool known_check(const char *name)
{
	size_t i;

	for (i = 0; i < NR; i++) {
		if (!strcmp(name, checks[i].name))
			return true;
	}
	return false;
}

static int check_space(const struct options *o, const struct space *sp)
{
	struct aliases aliases = { 0 };
	const char *half = NULL;
	int status = EXIT_FINE, s;
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR; i++)
		any = any || (wanted(o, i) && checks[i].alias);
	for (i = 0; i < 2; i++) {
		if (!space_wants(o, sp, i))
			continue;
		s = check_half(o, &sp->half[i], any ? &aliases : NULL);
		status = s > status ? s : status;
		half = half ? BOTH : sp->half[i].name;
	}
	s = half ? check_aliases(o, half, &aliases) : EXIT_FINE;
	aliases_free(&aliases);
	return s > status ? s : status;
}

static int run_check(const struct options *o)
{
	struct space sp;
	unsigned int i;
	int status, s;

	if (o->list) {
		for (i = 0; i < NR; i++)
			printf("%-10s %s\n", checks[i].name, checks[i].what);
		return EXIT_FINE;
	}
	if (o->nr_args) {
		complain("check: '%s' is too much: one source at a time", o->args[0]);
		return EXIT_USAGE;
	}
	if (o->only && !known_check(o->only)) {
		complain("check: no check '%s'; --list names them", o->only);
		return EXIT_USAGE;
	}
	if (o->format == FORMAT_PTDUMP) {
		complain("check: --format is text or json");
		return EXIT_USAGE;
	}
	status = space_open(o, &sp);
	if (status)
		return status;
	status = space_check_range(o, &sp);
	s = check_space(o, &sp);
	status = s > status ? s : status;
	s = space_missing(o, &sp);
	status = s > status ? s : status;
	s = space_close(o, &sp);
	return s > status ? s : status;
}

const struct command cmd_check = {
	.name = "check",
	.usage = "[options] SOURCE",
	.summary = "Look for mappings and tables that should not be there.",
	.help = "Every finding is a row, and every check ends with a line that counts. The exit "
		"status is\n"
		"1 when there is any finding. --list names the checks.\n",
	.options = "ABrckuRfOlq",
	.run = run_check,
};
