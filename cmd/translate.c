/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk translate: where do addresses lead?
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

/* The half that an address is in. */
static unsigned int half_of(const struct options *o, const struct space *sp, uint64_t va)
{
	unsigned int i = (unsigned int)(va >> 63), tagged = va >> 55 & 1u;

	/* where the top byte is a tag the bit below it says the half */
	if (sp->half[tagged].pt.caps.flags & PW_CAP_TBI)
		i = tagged;
	if (o->kernel != o->user)
		i = o->kernel;
	return i;
}

static void verbose_step(const struct half *h, const struct pw_step *s)
{
	static const char *const kinds[] = { "hole",	    "leaf", "table", "present-but-invalid",
					     "non-present", "bad" };
	struct pw_attr attr;
	uint64_t reserved = pw_entry_reserved(&h->pt, s->entry, s->level);

	out_text("  ");
	out_text(level_name(h, s->level));
	out_text(" at 0x");
	out_hex(s->entry_pa.v, 12);
	out_text(": 0x");
	out_hex(s->entry, 16);
	out_char(' ');
	out_text(kinds[s->kind]);
	if (pw_attr_decode(&h->pt, s->entry, s->level, &attr) == 0) {
		out_char(' ');
		out_perm(attr.perm);
		out_char(' ');
		out_text(memtype_name(h, &attr));
		out_char(':');
		out_fields(h, s);
	} else if (s->kind == PW_KIND_TABLE) {
		out_fields(h, s);
	}
	if (reserved) {
		out_text(" reserved bits 0x");
		out_hex(reserved, 1);
	}
	out_char('\n');
}

static void verbose_walk(const struct half *h, uint64_t va)
{
	struct pw_translation t = { 0 };
	unsigned int i;
	int err = pw_translate(&h->pt, pw_va_of(va), &t);

	for (i = 0; i < t.nr_steps; i++)
		verbose_step(h, &t.step[i]);
	if (!err) {
		out_text("  effective ");
		out_perm(t.perm);
		out_text(", ");
		out_size(0, t.leaf_size - 1, 0);
		out_text(t.level ? " block\n" : " page\n");
	} else if (err == PW_EINVAL || err == PW_ERANGE) {
		out_text("  no address of the ");
		out_text(h->name);
		out_text(" half: not canonical, or beyond its size\n");
	} else if (err != PW_ENOENT) {
		out_text("  ");
		out_text(pw_strerror(err));
		out_char('\n');
	}
}

struct input {
	const struct options *o;
	const struct space *sp;
	unsigned long line;
	bool unmapped;
	bool malformed;
	bool unknown[2]; /* by half: nobody knows its root, and that was said */
	bool missing;	 /* a table is not in the dump, and that was said */
};

/* Why this address is unknown, once for each reason. */
static void mention_unknown(struct input *in, unsigned int half, uint64_t va)
{
	if (in->sp->half[half].state != HALF_KNOWN) {
		if (!in->unknown[half])
			(void)space_no_root(in->o, in->sp, half);
		in->unknown[half] = true;
		return;
	}
	if (!in->missing)
		complain("%s: 0x%llx: a table on the way is not in the dump; translate -v shows "
			 "which",
			 in->o->source, (unsigned long long)va);
	in->missing = true;
}

/* One answer. */
static void answer(struct input *in, uint64_t va)
{
	unsigned int i = half_of(in->o, in->sp, va);
	const struct half *h = &in->sp->half[i];
	struct pw_pa pa = { 0 };
	/* before anything is written: a line is whole, even where the source is lost */
	int err = h->state == HALF_KNOWN ? h->lookup(&h->pt, pw_va_of(va), &pa) : PW_EFAULT;

	if (err == PW_EFAULT)
		mention_unknown(in, i, va);
	out_bytes("0x", 2);
	out_hex(va, 16);
	if (err == 0) {
		out_bytes(" 0x", 3);
		out_hex(pa.v, 1);
		out_char('\n');
	} else if (err == PW_EFAULT) {
		out_bytes(" unknown\n", 9);
	} else {
		out_bytes(" unmapped\n", 10);
		in->unmapped = true;
	}
	if (in->o->verbose > 0 && h->state == HALF_KNOWN)
		verbose_walk(h, va);
}

static void no_address(struct input *in, const char *text, size_t len)
{
	complain("standard input, line %lu: expected a hexadecimal address, found '%.*s'", in->line,
		 len > 40 ? 40 : (int)len, text);
	in->malformed = true;
}

static void one_line(struct input *in, const char *text, size_t len)
{
	uint64_t va;

	in->line++;
	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (len == 0)
		return;
	if (!parse_address(text, len, &va)) {
		no_address(in, text, len);
		return;
	}
	answer(in, va);
}

/* Lines from standard input, a large piece at a time. Longer ones are no address. */
static int read_lines(struct input *in)
{
	static char buf[1 << 16];
	size_t have = 0;
	bool skip = false; /* the rest of a longer line */

	for (;;) {
		char *p = buf, *eol;
		ssize_t n;

		out_flush(); /* somebody may wait for these answers with the next question */
		n = read(STDIN_FILENO, buf + have, sizeof(buf) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("standard input: %s", strerror(errno));
			return EXIT_SOURCE;
		}
		have += (size_t)n;
		while ((eol = memchr(p, '\n', have - (size_t)(p - buf)))) {
			if (!skip)
				one_line(in, p, (size_t)(eol - p));
			skip = false;
			p = eol + 1;
		}
		have -= (size_t)(p - buf);
		memmove(buf, p, have);
		if (n == 0) {
			if (have && !skip)
				one_line(in, buf, have);
			return 0;
		}
		if (have == sizeof(buf)) {
			if (!skip) {
				in->line++;
				no_address(in, buf, have);
			}
			skip = true;
			have = 0;
		}
	}
}

static int run_translate(const struct options *o)
{
	struct input in = { 0 };
	struct space sp;
	int i, status;

	if (o->nr_args == 0) {
		complain("translate: which addresses? (- reads them from standard input)");
		return EXIT_USAGE;
	}
	status = space_open(o, &sp);
	if (status)
		return status;
	in.o = o;
	in.sp = &sp;
	for (i = 0; i < o->nr_args && !status; i++) {
		uint64_t va;

		if (!strcmp(o->args[i], "-")) {
			status = read_lines(&in);
		} else if (!parse_address(o->args[i], strlen(o->args[i]), &va)) {
			complain("translate: expected a hexadecimal address, found '%s'",
				 o->args[i]);
			in.malformed = true;
		} else {
			answer(&in, va);
		}
	}
	if (space_close(o, &sp))
		status = EXIT_SOURCE;
	if (status || in.unknown[0] || in.unknown[1] || in.missing)
		return EXIT_SOURCE;
	return in.malformed ? EXIT_USAGE : in.unmapped ? EXIT_FINDINGS : EXIT_FINE;
}

const struct command cmd_translate = {
	.name = "translate",
	.usage = "[options] SOURCE VA...",
	.summary = "Print the physical address of each virtual one.",
	.help = "One line each: 0xVA 0xPA, 0xVA unmapped, or 0xVA unknown where the root of its "
		"half, or a\n"
		"table, is not in the dump. - reads addresses from standard input, one a line. "
		"With -v\n"
		"every level is shown: the entry's address, its value and its bits.\n"
		"The half is the address's own (bit 63) unless --kernel or --user says "
		"otherwise.\n",
	.options = "ABrckuvq",
	.run = run_translate,
};
