/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk check: what should not be there. Adding a check is one row in the table.
 */
#include <string.h>

#include "cmd.h"

/* One check at work on one half. */
struct checking {
	const struct options *o;
	const struct half *h;
	const char *name;
	uint64_t findings; /* pages of the granule's size, or entries */
	uint64_t ranges;
	uint64_t covers; /* end of the last finding, to count neighbours once */
};

static uint64_t pages_of(const struct half *h, const struct pw_run *run)
{
	return ((run->last.v - run->first.v) >> h->pt.granule_lg2) + 1;
}

static void finding(struct checking *c, const struct pw_run *run)
{
	if (c->o->verbose < 0)
		return;
	if (c->o->format == FORMAT_JSON) {
		out_text("{\"check\":\"");
		out_text(c->name);
		out_text("\",\"half\":\"");
		out_text(c->h->name);
		out_text("\",\"first\":\"0x");
		out_hex(run->first.v, 1);
		out_text("\",\"last\":\"0x");
		out_hex(run->last.v, 1);
		out_text("\",\"pages\":");
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
	c->findings += pages_of(c->h, run);
	c->ranges++;
	finding(c, run);
}

/* Kernel addresses that user code may read, write or execute. */
static void check_user_kernel(struct checking *c, const struct pw_run *run)
{
	uint32_t user = PW_PERM_USER_R | PW_PERM_USER_W;

	if (run->kind != PW_RUN_LEAF || !(c->h->pt.flags & PW_TABLE_UPPER) || !(run->perm & user))
		return;
	c->findings += pages_of(c->h, run);
	c->ranges++;
	finding(c, run);
}

/* Tables outside the dump, tables that contain themselves, reserved encodings. */
static void check_tables(struct checking *c, const struct pw_run *run)
{
	if (run->kind != PW_RUN_BAD)
		return;
	c->findings++;
	c->ranges++;
	finding(c, run);
}

/* Bits that must be zero in a valid leaf. */
static void check_reserved(struct checking *c, const struct pw_run *run)
{
	if (run->kind != PW_RUN_LEAF || !pw_entry_reserved(&c->h->pt, run->entry, run->level))
		return;
	c->findings += run->nr;
	c->ranges++;
	finding(c, run);
}

static const struct check {
	const char *name;
	const char *unit;
	const char *what;
	void (*run)(struct checking *c, const struct pw_run *run);
} checks[] = {
	{ "wx", "page", "writable and executable, by effective permission", check_wx },
	{ "user", "page", "kernel addresses that user code may read or write", check_user_kernel },
	{ "tables", "entry", "tables outside memory, loops, reserved encodings", check_tables },
	{ "reserved", "entry", "reserved bits set in valid leaves", check_reserved },
};

#define NR (sizeof(checks) / sizeof(checks[0]))

static void summary(const struct options *o, const struct half *h, const struct check *k,
		    const struct checking *c)
{
	if (o->format == FORMAT_JSON) {
		out_text("{\"check\":\"");
		out_text(k->name);
		out_text("\",\"half\":\"");
		out_text(h->name);
		out_text("\",\"findings\":");
		out_dec(c->findings, 0);
		out_text(",\"ranges\":");
		out_dec(c->ranges, 0);
		out_text("}\n");
		return;
	}
	out_text("Checked ");
	out_text(h->name);
	out_text(" half, ");
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

/* All checks in one pass over the tables. */
static int check_half(const struct options *o, const struct half *h)
{
	struct checking at[NR];
	struct pw_range range;
	struct pw_iter it;
	struct pw_run run;
	int status = EXIT_FINE;
	uint64_t runs = 0;
	size_t i;

	if (!space_range(o, h, &range) ||
	    pw_iter_init(&it, &h->pt, range, PW_WANT_LEAVES | PW_WANT_PARTIAL,
			 PW_IGNORE_AD | PW_IGNORE_SOFT))
		return EXIT_FINE;
	for (i = 0; i < NR; i++)
		at[i] = (struct checking){ .o = o, .h = h, .name = checks[i].name };
	while (pw_iter_next(&it, &run) > 0) {
		if (runs++ == MAX_RUNS) {
			status = out_too_many(o, h);
			break;
		}
		for (i = 0; i < NR; i++) {
			if (!o->only || !strcmp(o->only, checks[i].name))
				checks[i].run(&at[i], &run);
		}
	}
	for (i = 0; i < NR; i++) {
		if (o->only && strcmp(o->only, checks[i].name))
			continue;
		summary(o, h, &checks[i], &at[i]);
		if (at[i].findings)
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
	for (i = 0; i < 2; i++) {
		if (!space_wants(o, &sp, i))
			continue;
		s = check_half(o, &sp.half[i]);
		status = s > status ? s : status;
	}
	space_close(&sp);
	return status;
}

const struct command cmd_check = {
	.name = "check",
	.usage = "[options] SOURCE",
	.summary = "Look for mappings and tables that should not be there.",
	.help = "Every finding is a row, and every check ends with a line that counts. The exit "
		"status is\n"
		"1 when there is any finding. --list names the checks.\n",
	.options = "rckuRfOlvq",
	.run = run_check,
};
