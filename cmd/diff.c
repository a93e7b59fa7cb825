/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk diff: what is mapped otherwise in a second dump, or by a second CPU of the same.
 *
 * Both are gone through side by side, each in runs of its own. Where one of the two runs ends a
 * piece ends, and a piece is the same or not:
 *
 *	old   |------ r-x ------|        |-- rw- --|
 *	new   |- r-x -|- rwx -|--- hole ----|- rw- -|
 *	piece |  same | other |un|       |un|  same |new
 *
 * What repeats itself in both (repeat.c) is what was compared where it first was.
 */
#include <stdlib.h>
#include <string.h>

#include "arch.h"

/* The runs of one of the two, a piece at a time. */
struct side {
	const struct half *h;
	struct pw_iter it;
	struct pw_run run;
	bool more; /* there is @run */
};

enum { CHANGED, MAPPED, UNMAPPED, NR_KINDS };

static const char *const kinds[] = { "changed", "mapped", "unmapped" };

struct comparison {
	const struct options *o;
	const struct half *old, *new;
	struct repeats skip; /* those that both have */
	uint64_t pieces;
	uint64_t pages[NR_KINDS]; /* of the smaller granule */
	struct tally tally[NR_KINDS];
	bool stopped;
};

static bool is_at(const struct side *s, uint64_t va)
{
	return s->more && s->run.first.v <= va;
}

/* The last address before something else begins. */
static uint64_t end_at(const struct side *s, uint64_t va, uint64_t last)
{
	uint64_t end = !s->more ? last : is_at(s, va) ? s->run.last.v : s->run.first.v - 1;

	return end < last ? end : last;
}

static void behind(struct side *s, uint64_t va)
{
	if (s->more && s->run.last.v <= va)
		s->more = pw_iter_next(&s->it, &s->run) > 0;
}

/* At the first run in the part of @part that this one has, if it has any. False: no iteration. */
static bool start(struct side *s, struct pw_range part)
{
	const struct pw_table *pt = &s->h->pt;

	s->more = false;
	if (part.last.v < pt->first.v || part.first.v > pt->last.v)
		return true;
	if (part.first.v < pt->first.v)
		part.first = pt->first;
	if (part.last.v > pt->last.v)
		part.last = pt->last;
	if (pw_iter_init(&s->it, pt, part,
			 PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_NONPRESENT | PW_WANT_PARTIAL,
			 PW_IGNORE_AD | PW_IGNORE_SOFT | PW_IGNORE_CONTIGUOUS))
		return false;
	s->more = pw_iter_next(&s->it, &s->run) > 0;
	return true;
}

/* Where it is one for all, entries have something else there. */
static uint32_t share_of(const struct half *h, const struct pw_attr *attr)
{
	return h->has_share ? h->share : attr->share;
}

static bool same_type(const struct half *a, const struct half *b, const struct pw_attr *x,
		      const struct pw_attr *y)
{
	/* what an index means is known of one of the two, perhaps */
	if (!a->types_known || !b->types_known)
		return x->mem_index == y->mem_index;
	return !strcmp(memtype_name(a, x), memtype_name(b, y));
}

/* Type, shareability and the rest of what a TLB holds; not age, dirt, or in how many pieces. */
static bool same_attr(const struct side *a, const struct side *b)
{
	uint32_t but = PW_ATTR_ACCESSED | PW_ATTR_DIRTY | PW_ATTR_CONTIGUOUS;
	struct pw_attr x, y;

	if (pw_attr_decode(&a->h->pt, a->run.entry, a->run.level, &x) ||
	    pw_attr_decode(&b->h->pt, b->run.entry, b->run.level, &y))
		return a->run.entry == b->run.entry;
	return !((x.flags ^ y.flags) & ~but) && share_of(a->h, &x) == share_of(b->h, &y) &&
	       x.key == y.key && same_type(a->h, b->h, &x, &y);
}

static bool same_at(const struct comparison *c, const struct side *a, const struct side *b,
		    uint64_t va)
{
	const struct pw_run *x = &a->run, *y = &b->run;

	if (!is_at(a, va) || !is_at(b, va))
		return is_at(a, va) == is_at(b, va);
	if (x->kind != y->kind || (c->o->sizes && x->level != y->level))
		return false;
	if (x->kind != PW_RUN_LEAF && x->kind != PW_RUN_INVALID)
		return x->entry == y->entry;
	return x->pa.v + (va - x->first.v) == y->pa.v + (va - y->first.v) && x->perm == y->perm &&
	       same_attr(a, b);
}

/* Of the run what is in the piece. */
static struct pw_run piece_of(const struct side *s, struct pw_range piece)
{
	struct pw_run run = s->run;

	if (run.kind == PW_RUN_LEAF || run.kind == PW_RUN_INVALID)
		run.pa.v += piece.first.v - run.first.v;
	run.first = piece.first;
	run.last = piece.last;
	return run;
}

static void json_side(const char *key, const struct side *s, const struct pw_run *run)
{
	struct pw_attr attr;

	out_text(",\"");
	out_text(key);
	out_text("\":{\"level\":\"");
	out_text(level_name(s->h, run->level));
	out_text("\",\"entry\":\"0x");
	out_hex(run->entry, 1);
	out_char('"');
	if ((run->kind == PW_RUN_LEAF || run->kind == PW_RUN_INVALID) &&
	    !pw_attr_decode(&s->h->pt, run->entry, run->level, &attr)) {
		out_text(",\"pa\":\"0x");
		out_hex(run->pa.v, 1);
		out_text("\",\"perm\":\"");
		out_perm(run->perm);
		out_text("\",\"type\":\"");
		out_text(memtype_name(s->h, &attr));
		out_text(run->kind == PW_RUN_LEAF ? "\",\"valid\":true" : "\",\"valid\":false");
	}
	out_char('}');
}

static void text_side(const char *mark, const struct side *s, const struct pw_run *run)
{
	out_text(mark);
	if (run->kind == PW_RUN_BAD)
		out_bad(s->h, run);
	else
		out_run(s->h, run);
}

static unsigned int kind_at(const struct side *a, const struct side *b, uint64_t va)
{
	return !is_at(a, va) ? MAPPED : !is_at(b, va) ? UNMAPPED : CHANGED;
}

static void tell(const struct comparison *c, const struct side *a, const struct side *b,
		 struct pw_range piece)
{
	bool has_old = is_at(a, piece.first.v), has_new = is_at(b, piece.first.v);
	struct pw_run old = { 0 }, new = { 0 };

	if (has_old)
		old = piece_of(a, piece);
	if (has_new)
		new = piece_of(b, piece);
	if (c->o->format == FORMAT_JSON) {
		out_text("{\"kind\":\"");
		out_text(kinds[kind_at(a, b, piece.first.v)]);
		out_text("\",\"half\":\"");
		out_text(c->old->name);
		out_text("\",\"first\":\"0x");
		out_hex(piece.first.v, 1);
		out_text("\",\"last\":\"0x");
		out_hex(piece.last.v, 1);
		out_char('"');
		if (has_old)
			json_side("old", a, &old);
		if (has_new)
			json_side("new", b, &new);
		out_text("}\n");
		return;
	}
	if (has_old)
		text_side("- ", a, &old);
	if (has_new)
		text_side("+ ", b, &new);
}

static uint64_t granule_lg2(const struct comparison *c)
{
	return c->old->pt.granule_lg2 < c->new->pt.granule_lg2 ? c->old->pt.granule_lg2 :
								 c->new->pt.granule_lg2;
}

static void count(struct comparison *c, unsigned int kind, uint64_t first, uint64_t pages)
{
	c->pages[kind] += pages;
	if (!tally_add(&c->tally[kind], (struct found){ first, pages, 1 })) {
		complain("no memory to remember differences: stopped there");
		c->stopped = true;
	}
}

static void differ(struct comparison *c, const struct side *a, const struct side *b,
		   struct pw_range piece)
{
	uint64_t pages = ((piece.last.v - piece.first.v) >> granule_lg2(c)) + 1;
	unsigned int kind = kind_at(a, b, piece.first.v);

	count(c, kind, piece.first.v, pages);
	if (c->o->verbose >= 0)
		tell(c, a, b, piece);
}

static bool compare_part(void *ctx, struct pw_range part)
{
	struct comparison *c = ctx;
	struct side a = { .h = c->old }, b = { .h = c->new };
	uint64_t va = part.first.v, end, other;

	if (!start(&a, part) || !start(&b, part))
		c->stopped = true;
	while (!c->stopped) {
		end = end_at(&a, va, part.last.v);
		other = end_at(&b, va, part.last.v);
		end = other < end ? other : end;
		if (!same_at(c, &a, &b, va))
			differ(c, &a, &b, pw_range_of(va, end));
		if (end == part.last.v)
			return !c->stopped;
		if (c->pieces++ == MAX_RUNS) {
			(void)out_too_many(c->o, c->old);
			c->stopped = true;
		}
		behind(&a, end);
		behind(&b, end);
		va = end + 1;
	}
	return false;
}

/* What differs where it first was differs here as often as it says. */
static bool compare_again(void *ctx, const struct repeat *r)
{
	struct comparison *c = ctx;
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR_KINDS; i++) {
		struct found sum = tally_of(&c->tally[i], r->of);

		if (!sum.ranges)
			continue;
		any = true;
		count(c, i, r->span.first.v, sum.findings * r->times);
	}
	if (!any)
		return true;
	if (c->o->verbose < 0)
		return true;
	if (c->o->format == FORMAT_JSON) {
		out_text("{\"kind\":\"repeat\",\"half\":\"");
		out_text(c->old->name);
		out_text("\",\"first\":\"0x");
		out_hex(r->span.first.v, 1);
		out_text("\",\"last\":\"0x");
		out_hex(r->span.last.v, 1);
		out_text("\",\"of_first\":\"0x");
		out_hex(r->of.first.v, 1);
		out_text("\",\"of_last\":\"0x");
		out_hex(r->of.last.v, 1);
		out_text("\"}\n");
		return true;
	}
	out_text("! ");
	out_repeat(c->old, r);
	return true;
}

/* The repetitions that both have, of the same. False: no memory. */
static bool common_repeats(struct comparison *c, const struct repeats *a, const struct repeats *b)
{
	size_t i = 0, j = 0;

	if (!a->nr || !b->nr)
		return true;
	c->skip.list = malloc((a->nr + b->nr) * sizeof(*c->skip.list));
	if (!c->skip.list)
		return false;
	while (i < a->nr && j < b->nr) {
		const struct repeat *x = &a->list[i], *y = &b->list[j];
		uint64_t first = x->span.first.v > y->span.first.v ? x->span.first.v :
								     y->span.first.v;
		uint64_t last = x->span.last.v < y->span.last.v ? x->span.last.v : y->span.last.v;
		uint64_t size = x->of.last.v - x->of.first.v;

		/* both begin and end at entries of the level */
		if (first <= last && x->of.first.v == y->of.first.v &&
		    x->of.last.v == y->of.last.v) {
			c->skip.list[c->skip.nr] = *x;
			c->skip.list[c->skip.nr].span = pw_range_of(first, last);
			c->skip.list[c->skip.nr++].times = (last - first) / (size + 1) + 1;
		}
		if (x->span.last.v < y->span.last.v)
			i++;
		else
			j++;
	}
	return true;
}

static bool differs(const struct comparison *c)
{
	return c->pages[CHANGED] | c->pages[MAPPED] | c->pages[UNMAPPED];
}

static void summary(const struct comparison *c)
{
	unsigned int i;

	if (c->o->format == FORMAT_JSON) {
		out_text("{\"compared\":\"");
		out_text(c->old->name);
		out_char('"');
		for (i = 0; i < NR_KINDS; i++) {
			out_text(",\"");
			out_text(kinds[i]);
			out_text("\":");
			out_dec(c->pages[i], 0);
		}
		out_text("}\n");
		return;
	}
	out_text("Compared ");
	out_text(c->old->name);
	out_text(" half: ");
	if (!differs(c)) {
		out_text("the same\n");
		return;
	}
	for (i = 0; i < NR_KINDS; i++) {
		out_dec(c->pages[i], 0);
		out_text(c->pages[i] == 1 ? " page " : " pages ");
		out_text(kinds[i]);
		out_text(i < NR_KINDS - 1 ? ", " : "\n");
	}
}

/* The addresses that either of the two has and that were asked for. */
static bool both_ranges(const struct options *o, const struct half *a, const struct half *b,
			struct pw_range *range)
{
	struct pw_range x = { 0 }, y = { 0 };
	bool has_old = space_range(o, a, &x), has_new = space_range(o, b, &y);

	if (!has_old && !has_new)
		return false;
	*range = !has_old ? y : x;
	if (has_old && has_new) {
		range->first = x.first.v < y.first.v ? x.first : y.first;
		range->last = x.last.v > y.last.v ? x.last : y.last;
	}
	return true;
}

static void header(const char *mark, const char *source, const struct half *h)
{
	out_text(mark);
	out_text(source);
	out_text(": ");
	out_space(h);
}

static int diff_half(const struct options *o, const struct half *old, const struct half *new)
{
	static const struct visitor v = { compare_part, compare_again };
	struct comparison c = { .o = o, .old = old, .new = new };
	struct repeats a = { 0 }, b = { 0 };
	struct pw_range range;
	unsigned int i;

	if (!both_ranges(o, old, new, &range))
		return EXIT_FINE;
	if (o->header && o->format == FORMAT_TEXT) {
		header("# --- ", o->source, old);
		header("# +++ ", o->args[0], new);
		out_columns();
	}
	repeats_find(old, range, &a);
	repeats_find(new, range, &b);
	if (common_repeats(&c, &a, &b)) {
		for (i = 0; i < NR_KINDS; i++)
			c.tally[i].on = c.skip.nr;
		repeats_visit(&c.skip, range, &v, &c);
	} else {
		complain("no memory for what repeats itself");
		c.stopped = true;
	}
	summary(&c);
	repeats_free(&a);
	repeats_free(&b);
	repeats_free(&c.skip);
	for (i = 0; i < NR_KINDS; i++)
		free(c.tally[i].list);
	return c.stopped ? EXIT_SOURCE : differs(&c) ? EXIT_FINDINGS : EXIT_FINE;
}

/* The halves that both have. */
static int diff_spaces(const struct options *o, const struct options *other,
		       const struct space *old, const struct space *new)
{
	int status = EXIT_FINE, s;
	bool any = false, a, b;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		a = space_wants(o, old, i);
		b = space_wants(other, new, i);
		if (a && b) {
			any = true;
			s = diff_half(o, &old->half[i], &new->half[i]);
			status = s > status ? s : status;
		} else if ((a || b) && (i ? o->kernel : o->user)) {
			s = space_no_root(a ? other : o, a ? new : old, i);
			status = s > status ? s : status;
		} else if ((a || b) && o->verbose >= 0) {
			complain("note: %s: no root of the %s half: not compared",
				 a ? other->source : o->source, old->half[i].name);
		}
	}
	if (!any && status == EXIT_FINE) {
		complain("%s and %s: no half of which both roots are known", o->source,
			 other->source);
		return EXIT_SOURCE;
	}
	return status;
}

static int open_both(const struct options *o, const struct options *other, struct space *old,
		     struct space *new)
{
	int status = space_open(o, old);

	if (status)
		return status;
	status = space_open(other, new);
	if (!status && old->arch != new->arch) {
		complain("%s is a dump of %s, and %s of %s", o->source, old->arch->name,
			 other->source, new->arch->name);
		(void)space_close(other, new);
		status = EXIT_USAGE;
	}
	if (status)
		(void)space_close(o, old);
	return status;
}

/* Are there any of the addresses that were asked for? */
static bool in_either(const struct options *o, const struct space *old, const struct space *new)
{
	struct pw_range part;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if ((space_wants(o, old, i) && space_range(o, &old->half[i], &part)) ||
		    (space_wants(o, new, i) && space_range(o, &new->half[i], &part)))
			return true;
	}
	return false;
}

static int run_diff(const struct options *o)
{
	struct options other = *o;
	struct space old, new;
	int status, s;

	if (o->format == FORMAT_PTDUMP) {
		complain("diff: --format is text or json");
		return EXIT_USAGE;
	}
	other.source = o->args[0];
	if (o->new_registers)
		other.registers = o->new_registers;
	if (o->has_new_cpu) {
		other.has_cpu = true;
		other.cpu = o->new_cpu;
	}
	status = open_both(o, &other, &old, &new);
	if (status)
		return status;
	status = in_either(o, &old, &new) ? EXIT_FINE : space_check_range(o, &old);
	s = diff_spaces(o, &other, &old, &new);
	status = s > status ? s : status;
	s = space_missing(o, &old);
	status = s > status ? s : status;
	s = space_missing(&other, &new);
	status = s > status ? s : status;
	s = space_close(&other, &new);
	status = s > status ? s : status;
	s = space_close(o, &old);
	return s > status ? s : status;
}

const struct command cmd_diff = {
	.name = "diff",
	.usage = "[options] OLD NEW",
	.summary = "Say what is mapped otherwise in a second dump.",
	.help = "Rows as dump prints them: what was after a -, what is after a +. Two dumps, or\n"
		"one as two of its CPUs see it (--cpu, --new-cpu). Age and dirt are no\n"
		"difference, and the size of entries with --sizes only. The exit status is 1 when\n"
		"anything differs.\n",
	.options = "ABrcXCkuRfsNq",
	.run = run_diff,
	.two_sources = true,
};
