/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk dump: every mapping, runs merged.
 */
#include <string.h>

#include "arch.h"

/* Bytes of the UTF-8 character at @s, 0 where there is none: names of files are any bytes. */
static size_t utf8_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4, i;

	/* too long for what they say, surrogates, beyond the last character */
	if (u[0] > 0xf4 || (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	for (i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

static void json_string(const char *s)
{
	out_char('"');
	while (*s) {
		size_t len = utf8_len(s);

		if (len == 0) {
			out_text("\\ufffd"); /* the replacement character */
		} else if ((unsigned char)*s < ' ') {
			out_text("\\u");
			out_hex((unsigned char)*s, 4);
		} else {
			if (*s == '"' || *s == '\\')
				out_char('\\');
			out_bytes(s, len);
		}
		s += len ? len : 1;
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

static void json_flag(const char *key, bool value)
{
	out_text(",\"");
	out_text(key);
	out_text(value ? "\":true" : "\":false");
}

/* One more of an array; attr_words() puts a space before it. */
static void json_word(const char *word)
{
	out_text("\",\"");
	out_text(word + 1);
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
	json_flag("global", attr.flags & PW_ATTR_GLOBAL);
	json_flag("accessed", attr.flags & PW_ATTR_ACCESSED);
	json_flag("dirty", attr.flags & PW_ATTR_DIRTY);
	json_flag("contiguous", attr.flags & PW_ATTR_CONTIGUOUS);
	json_number("key", attr.key);
	json_addr("soft", attr.soft);
	out_text(",\"words\":[\"");
	out_text(memtype_name(h, &attr));
	attr_words(h, &attr, json_word);
	out_text("\"]");
}

/* @times: more than 1: every entry leads to the same page. */
static void json_run(const struct half *h, const struct pw_run *run, uint64_t times)
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
	json_number("entries", times > 1 ? times : run->nr);
	if (times > 1)
		out_text(",\"same\":true");
	json_attr(h, run);
	json_addr("entry", run->entry);
	json_addr("entry_pa", run->entry_pa.v);
	if (run->kind == PW_RUN_BAD)
		json_text("error", pw_errname(run->err));
	out_text("}\n");
}

static void json_repeat(const struct half *h, const struct repeat *r)
{
	out_text("{\"kind\":\"repeat\"");
	json_text("half", h->name);
	json_addr("first", r->span.first.v);
	json_addr("last", r->span.last.v);
	json_text("level", level_name(h, r->level));
	json_number("entries", r->times);
	json_addr("of_first", r->of.first.v);
	json_addr("of_last", r->of.last.v);
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

/* A half on its way out. */
struct dumping {
	const struct options *o;
	const struct half *h;
	const struct repeats *repeats;
	uint64_t rows;
	int status;
	/* where tables repeat themselves: leaves of one page, not yet written */
	struct pw_run same;
	uint64_t times;
};

/* May one more row be written? */
static bool row(struct dumping *d)
{
	if (d->rows++ < (d->o->max_rows ? d->o->max_rows : MAX_RUNS))
		return true;
	if (!d->o->max_rows)
		d->status = out_too_many(d->o, d->h);
	if (d->o->header && d->o->format == FORMAT_TEXT)
		out_text("# ... and more\n");
	return false;
}

static bool write_run(struct dumping *d, const struct pw_run *run)
{
	if (!row(d))
		return false;
	if (run->kind == PW_RUN_BAD) {
		report_bad(d->o, d->h, run);
		d->status = EXIT_FINDINGS;
	}
	if (d->o->format == FORMAT_JSON)
		json_run(d->h, run, 1);
	else if (run->kind == PW_RUN_BAD)
		out_bad(d->h, run);
	else
		out_run(d->h, run);
	return true;
}

/* One page for many addresses: a row. */
static bool write_same(struct dumping *d)
{
	uint64_t times = d->times;

	d->times = 0;
	if (times < 2)
		return !times || write_run(d, &d->same);
	if (!row(d))
		return false;
	if (d->o->format == FORMAT_JSON)
		json_run(d->h, &d->same, times);
	else
		out_same_page(d->h, &d->same, times);
	return true;
}

static bool dump_run(struct dumping *d, const struct pw_run *run)
{
	const struct pw_run *same = &d->same;

	if (run->kind != PW_RUN_LEAF || run->nr != 1)
		return write_same(d) && write_run(d, run);
	if (d->times && same->last.v + 1 == run->first.v && same->entry == run->entry &&
	    same->level == run->level && same->perm == run->perm) {
		d->same.last = run->last;
		d->times++;
		return true;
	}
	if (!write_same(d))
		return false;
	d->same = *run;
	d->times = 1;
	return true;
}

static bool next_run(struct dumping *d, const struct pw_run *run)
{
	return d->repeats->nr ? dump_run(d, run) : write_run(d, run);
}

/* Of a run's pages those that lead to o->phys; they are looked up again, with their own entries. */
static bool next_phys(struct dumping *d, const struct pw_run *run)
{
	uint64_t in_page = (1ull << d->h->pt.granule_lg2) - 1;
	uint64_t first = d->o->phys.first.v & ~in_page, last = d->o->phys.last.v | in_page;
	uint64_t at = run->first.v - run->pa.v; /* from physical to virtual */
	bool go_on = true;
	struct pw_iter it;
	struct pw_run part;

	if (run->kind != PW_RUN_LEAF || last < run->pa.v || first > run->last.v - at)
		return run->kind != PW_RUN_BAD || next_run(d, run);
	if (first < run->pa.v)
		first = run->pa.v;
	if (last > run->last.v - at)
		last = run->last.v - at;
	if (pw_iter_init(&it, &d->h->pt, pw_range_of(first + at, last + at),
			 PW_WANT_LEAVES | PW_WANT_PARTIAL, PW_IGNORE_AD | PW_IGNORE_SOFT)) {
		d->status = EXIT_USAGE;
		return false;
	}
	while (go_on && pw_iter_next(&it, &part) > 0)
		go_on = next_run(d, &part);
	return go_on;
}

static bool dump_part(void *ctx, struct pw_range part)
{
	struct dumping *d = ctx;
	uint32_t want = PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_NONPRESENT | PW_WANT_PARTIAL |
			(d->o->holes ? PW_WANT_HOLES : 0);
	bool go_on = true;
	struct pw_iter it;
	struct pw_run run;

	if (pw_iter_init(&it, &d->h->pt, part, want, PW_IGNORE_AD | PW_IGNORE_SOFT)) {
		d->status = EXIT_USAGE;
		return false;
	}
	while (go_on && pw_iter_next(&it, &run) > 0)
		go_on = d->o->has_phys ? next_phys(d, &run) : next_run(d, &run);
	return go_on && write_same(d);
}

static bool dump_repeat(void *ctx, const struct repeat *r)
{
	struct dumping *d = ctx;

	if (!row(d))
		return false;
	if (d->o->format == FORMAT_JSON)
		json_repeat(d->h, r);
	else
		out_repeat(d->h, r);
	return true;
}

static int dump_half(const struct options *o, const struct half *h)
{
	static const struct visitor v = { dump_part, dump_repeat };
	struct repeats repeats;
	struct dumping d = { .o = o, .h = h, .repeats = &repeats };
	struct pw_range range;

	if (!space_range(o, h, &range))
		return EXIT_FINE;
	if (o->header && o->format == FORMAT_TEXT)
		out_space_header(h);
	if (o->header && o->format == FORMAT_JSON)
		json_header(o, h);
	repeats_find(h, range, &repeats);
	repeats_visit(&repeats, range, &v, &d);
	repeats_free(&repeats);
	return d.status;
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
	if (o->format == FORMAT_PTDUMP && (o->max_rows || o->has_phys)) {
		complain("dump: --%s: not with --format=ptdump, which is the kernel's whole text",
			 o->has_phys ? "phys" : "rows");
		return EXIT_USAGE;
	}
	status = space_open(o, &sp);
	if (status)
		return status;
	if (o->format == FORMAT_PTDUMP) {
		status = dump_ptdump(o, &sp);
	} else {
		status = space_check_range(o, &sp);
		for (i = 0; i < 2; i++) {
			if (!space_wants(o, &sp, i))
				continue;
			s = dump_half(o, &sp.half[i]);
			status = s > status ? s : status;
		}
	}
	s = space_missing(o, &sp);
	status = s > status ? s : status;
	s = space_close(o, &sp);
	return s > status ? s : status;
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
	.options = "ABrckuRPfHNnq",
	.run = run_dump,
};
