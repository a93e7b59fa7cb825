/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Runs in words.
 */
#include <string.h>

#include "arch.h"

/* rwx of privileged code, then of user code: "r-x/---". */
void out_perm(uint32_t perm)
{
	static const char letters[] = "rwx/rwx";
	static const uint32_t bits[] = { PW_PERM_R,	 PW_PERM_W,	 PW_PERM_X,	0,
					 PW_PERM_USER_R, PW_PERM_USER_W, PW_PERM_USER_X };
	unsigned int i;

	for (i = 0; i < 7; i++)
		out_char(bits[i] == 0 || (perm & bits[i]) ? letters[i] : '-');
}

const char *level_name(const struct half *h, unsigned int level)
{
	return pw_level_name(h->pt.instance, level, (unsigned int)h->pt.levels);
}

const char *memtype_name(const struct half *h, const struct pw_attr *attr)
{
	return h->arch->memtype(h, attr);
}

void attr_words(const struct half *h, const struct pw_attr *attr, void (*each)(const char *word))
{
	const struct arch *arch = h->arch;
	uint32_t share = h->has_share ? h->share : attr->share;
	const char *word;
	unsigned int i;

	for (i = 0; i < arch->nr_words; i++) {
		word = attr->flags & arch->words[i].flag ? arch->words[i].set :
							   arch->words[i].clear;
		if (word[0])
			each(word);
	}
	word = arch->share[share & 3u];
	if (word && word[0])
		each(word);
}

void out_attr_words(const struct half *h, const struct pw_attr *attr)
{
	attr_words(h, attr, out_text);
	if (attr->key) {
		out_text(" key=");
		out_dec(attr->key, 0);
	}
	if (attr->soft) {
		out_text(" soft=");
		out_hex(attr->soft, 1);
	}
}

/* The line says the kind of the entry in words, and where it leads is in the entry. */
static bool worth_saying(const struct pw_field *f)
{
	return f->first != 0 && f->last - f->first < 16 && strcmp(f->name, "type") != 0;
}

void out_fields(const struct half *h, const struct pw_step *s)
{
	unsigned int in = s->kind == PW_KIND_TABLE ? PW_IN_TABLE : PW_IN_LEAF;
	size_t i;

	for (i = 0; i < h->fields->nr; i++) {
		const struct pw_field *f = &h->fields->field[i];
		unsigned int width = f->last - f->first + 1u;
		uint64_t v = s->entry >> f->first & (width < 64 ? (1ull << width) - 1 : ~0ull);

		if (!(f->in & in) || !(f->levels >> s->level & 1u) || !v || !worth_saying(f))
			continue;
		out_char(' ');
		/* of several names, by what is enabled, the first is the usual one */
		out_bytes(f->name, strcspn(f->name, ","));
		if (width > 1) {
			out_char('=');
			out_dec(v, 0);
		}
	}
}

static void out_span(struct pw_va first, struct pw_va last)
{
	out_text("0x");
	out_hex(first.v, 16);
	out_text("-0x");
	out_hex(last.v + 1, 16);
}

/* 0xstart-0xend 0xphys SIZE LEVEL rwx/rwx type flags, without the end of the line */
static void out_row(const struct half *h, const struct pw_run *run)
{
	struct pw_attr attr;

	out_span(run->first, run->last);
	out_text("  ");
	if (run->kind == PW_RUN_LEAF || run->kind == PW_RUN_INVALID) {
		out_text("0x");
		out_hex(run->pa.v, 12);
	} else {
		out_text("             -");
	}
	out_text(" ");
	out_size(run->first.v, run->last.v, 8);
	out_char(' ');
	out_text(level_name(h, run->level));
	out_text("  ");
	if (run->kind == PW_RUN_HOLE) {
		out_text("-");
	} else if (run->kind == PW_RUN_NONPRESENT) {
		out_text("non-present 0x");
		out_hex(run->entry, 16);
	} else if (pw_attr_decode(&h->pt, run->entry, run->level, &attr) == 0) {
		out_perm(run->perm);
		out_text("  ");
		out_text(memtype_name(h, &attr));
		out_attr_words(h, &attr);
	}
}

void out_run(const struct half *h, const struct pw_run *run)
{
	out_row(h, run);
	out_char('\n');
}

void out_same_page(const struct half *h, const struct pw_run *run, uint64_t times)
{
	out_row(h, run);
	out_text(", the same ");
	out_dec(times, 0);
	out_text(" times\n");
}

void out_repeat(const struct half *h, const struct repeat *r)
{
	out_span(r->span.first, r->span.last);
	out_text("               - ");
	out_size(r->span.first.v, r->span.last.v, 8);
	out_char(' ');
	out_text(level_name(h, r->level));
	out_text("  the table of ");
	out_span(r->of.first, r->of.last);
	out_text(" again, ");
	out_dec(r->times, 0);
	out_text(r->times == 1 ? " time\n" : " times\n");
}

/* A bad entry, in its place among the rows. */
void out_bad(const struct half *h, const struct pw_run *run)
{
	out_span(run->first, run->last);
	out_text("  BAD ");
	out_text(level_name(h, run->level));
	out_text(" entry 0x");
	out_hex(run->entry, 16);
	out_text(" at 0x");
	out_hex(run->entry_pa.v, 12);
	out_text(": ");
	out_text(pw_strerror(run->err));
	out_char('\n');
}

void out_space(const struct half *h)
{
	out_text(h->name);
	out_text(" half: ");
	out_text(h->arch->name);
	out_text(", ");
	if (h->shape[0]) {
		out_text(h->shape);
		out_text(", ");
	}
	out_dec(h->cfg.va_bits, 0);
	out_text("-bit addresses, ");
	out_dec(h->pt.levels, 0);
	out_text(" levels, root 0x");
	out_hex(h->pt.root.v, 1);
	out_text(" (");
	out_text(h->from);
	out_text(")\n");
}

void out_columns(void)
{
	out_text("# START-END (not included)  PHYSICAL  SIZE LEVEL  kernel/user rights  "
		 "memory type, attributes\n");
}

void out_space_header(const struct half *h)
{
	out_text("# ");
	out_space(h);
	out_columns();
}

int out_too_many(const struct options *o, const struct half *h)
{
	complain("%s: the %s half has more than %llu runs, as no real machine has: stopped there",
		 o->source, h->name, MAX_RUNS);
	return EXIT_FINDINGS;
}
