/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk dump: every mapping, runs merged.
 */
#include <string.h>

#include "arch.h"

/*
 * A hostile dump can make few tables look like very many (each entry leading to the same table
 * below): nobody wants a trillion rows, and no real system has this many.
 */
#define MAX_ROWS (1u << 24)

static void json_string(const char *s)
{
	out_char('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			out_char('\\');
		if ((unsigned char)*s >= ' ')
			out_char(*s);
	}
	out_char('"');
}

static void json_text(const char *key, const char *value)
{
	out_text(",\"");
	out_text(key);
	out_text("\":");
	json_string(value);
}

static void json_addr(const char *key, uint64_t value)
{
	out_text(",\"");
	out_text(key);
	out_text("\":\"0x");
	out_hex(value, 1);
	out_char('"');
}

static void json_number(const char *key, uint64_t value)
{
	out_text(",\"");
	out_text(key);
	out_text("\":");
	out_dec(value, 0);
}

/* "arm64-4k-lpa2 (hooked)": the format's name is what comes before the space. */
static void json_format(const struct half *h)
{
	const char *name = pw_instance_name(h->pt.instance);

	out_text(",\"format\":\"");
	out_bytes(name, strcspn(name, " "));
	out_char('"');
}

static void json_header(const struct options *o, const struct half *h)
{
	out_text("{\"pagewalk\":1");
	json_text("source", o->source);
	json_text("arch", h->arch->name);
	json_text("half", h->name);
	json_format(h);
	json_number("granule", 1ull << h->pt.granule_lg2);
	json_number("va_bits", h->cfg.va_bits);
	json_number("levels", h->pt.levels);
	json_addr("root", h->pt.root.v);
	json_text("root_from", h->from);
	out_text("}\n");
}

static void json_perm(uint32_t perm)
{
	out_text(",\"perm\":\"");
	out_perm(perm);
	out_char('"');
}

static void json_attr(const struct half *h, const struct pw_run *run)
{
	struct pw_attr attr;

	if (pw_attr_decode(&h->pt, run->entry, run->level, &attr))
		return;
	json_addr("pa", run->pa.v);
	json_perm(run->perm);
	json_text("type", memtype_name(h, &attr));
	out_text(attr.flags & PW_ATTR_GLOBAL ? ",\"global\":true" : ",\"global\":false");
	out_text(attr.flags & PW_ATTR_ACCESSED ? ",\"accessed\":true" : ",\"accessed\":false");
	out_text(attr.flags & PW_ATTR_CONTIGUOUS ? ",\"contiguous\":true" :
						   ",\"contiguous\":false");
}

static void json_run(const struct half *h, const struct pw_run *run)
{
	static const char *const kinds[] = { "hole",	   "leaf", "table", "invalid",
					     "nonpresent", "bad",  "table" };

	out_text("{\"kind\":\"");
	out_text(kinds[run->kind]);
	out_char('"');
	json_text("half", h->name);
	json_addr("first", run->first.v);
	json_addr("last", run->last.v);
	json_text("level", level_name(h, run->level));
	json_number("entries", run->nr);
	json_attr(h, run);
	json_addr("entry", run->entry);
	json_addr("entry_pa", run->entry_pa.v);
	if (run->kind == PW_RUN_BAD)
		json_text("error", pw_errname(run->err));
	out_text("}\n");
}

/* A bad entry is told twice: in its place, and to whoever reads stderr only. */
static void report_bad(const struct options *o, const struct half *h, const struct pw_run *run)
{
	if (o->verbose < 0)
		return;
	complain("%s: 0x%016llx: %s entry 0x%llx at physical address 0x%llx: %s", o->source,
		 (unsigned long long)run->first.v, level_name(h, run->level),
		 (unsigned long long)run->entry, (unsigned long long)run->entry_pa.v,
		 pw_strerror(run->err));
}

static int dump_half(const struct options *o, const struct half *h)
{
	uint32_t want = PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_NONPRESENT | PW_WANT_PARTIAL |
			(o->holes ? PW_WANT_HOLES : 0);
	unsigned int rows = 0, limit = o->max_rows ? o->max_rows : MAX_ROWS;
	int status = EXIT_FINE;
	struct pw_range range;
	struct pw_iter it;
	struct pw_run run;

	if (!space_range(o, h, &range))
		return EXIT_FINE;
	if (o->header && o->format == FORMAT_TEXT)
		out_space_header(h);
	if (o->header && o->format == FORMAT_JSON)
		json_header(o, h);
	if (pw_iter_init(&it, &h->pt, range, want, PW_IGNORE_AD | PW_IGNORE_SOFT))
		return EXIT_USAGE;
	while (pw_iter_next(&it, &run) > 0) {
		if (rows++ == limit) {
			if (o->header && o->format == FORMAT_TEXT)
				out_text("# ... and more\n");
			break;
		}
		if (run.kind == PW_RUN_BAD) {
			report_bad(o, h, &run);
			status = EXIT_FINDINGS;
		}
		if (o->format == FORMAT_JSON)
			json_run(h, &run);
		else if (run.kind == PW_RUN_BAD)
			out_bad(h, &run);
		else
			out_run(h, &run);
	}
	return status;
}

static int run_dump(const struct options *o)
{
	struct space sp;
	int status, s;
	unsigned int i;

	if (o->nr_args) {
		complain("dump: '%s' is too much: one source at a time", o->args[0]);
		return EXIT_USAGE;
	}
	status = space_open(o, &sp);
	if (status)
		return status;
	if (o->format == FORMAT_PTDUMP) {
		status = dump_ptdump(o, &sp);
	} else {
		for (i = 0; i < 2; i++) {
			if (!space_wants(o, &sp, i))
				continue;
			s = dump_half(o, &sp.half[i]);
			status = s > status ? s : status;
		}
	}
	space_close(&sp);
	return status;
}

const struct command cmd_dump = {
	.name = "dump",
	.usage = "[options] SOURCE",
	.summary = "Print every mapping, equal neighbours merged into runs.",
	.help = "A row: START-END PHYSICAL SIZE LEVEL rwx/rwx TYPE FLAGS. END is not included; "
		"the first\n"
		"rwx is the kernel's, the second the user's, both effective: what a table above "
		"takes\n"
		"away is taken away. --format=ptdump prints what the kernel's own debugfs file "
		"prints\n"
		"for its half. Damaged tables are shown in their place, and the rest goes on.\n",
	.options = "rckuRfHNnvq",
	.run = run_dump,
};
