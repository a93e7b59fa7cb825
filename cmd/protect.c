/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pagewalk protect: change permissions in a private copy of the tables, with the library's own
 * code, and show what it would cost on a live machine.
 */
#include <stdlib.h>
#include <string.h>

#include "arch.h"

static const struct word {
	const char *name;
	struct pw_change kernel, user;
} words[] = {
	{ "ro", { .perm_clear = PW_PERM_W }, { .perm_clear = PW_PERM_W } },
	{ "rw", { .perm_set = PW_PERM_W }, { .perm_set = PW_PERM_W } },
	{ "x", { .perm_set = PW_PERM_X }, { .perm_set = PW_PERM_USER_X } },
	{ "nx", { .perm_clear = PW_PERM_X }, { .perm_clear = PW_PERM_USER_X } },
};

/*
 * Where one bit says whether whoever has the page executes it, a user's right is not for itself:
 * it is set as the supervisor's, and cleared with it.
 */
static struct pw_change change_of(const struct space *sp, unsigned int half,
				  const struct word *word)
{
	struct pw_change c = half ? word->kernel : word->user;

	if (!half && sp->arch->one_exec) {
		c.perm_set |= c.perm_set & PW_PERM_USER_X ? PW_PERM_X : 0;
		c.perm_set &= ~(uint32_t)PW_PERM_USER_X;
		c.perm_clear |= c.perm_clear & PW_PERM_USER_X ? PW_PERM_X : 0;
	}
	return c;
}

static void show_runs(const struct half *h, struct pw_range range)
{
	struct pw_iter it;
	struct pw_run run;

	if (pw_iter_init(&it, &h->pt, range,
			 PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_NONPRESENT | PW_WANT_HOLES |
				 PW_WANT_PARTIAL,
			 PW_IGNORE_AD | PW_IGNORE_SOFT))
		return;
	while (pw_iter_next(&it, &run) > 0) {
		out_text("  ");
		if (run.kind == PW_RUN_BAD)
			out_bad(h, &run);
		else
			out_run(h, &run);
	}
}

/* The entries say so now, and still it may not be: something else takes it away. */
static void mention_less(const struct half *h, struct pw_range range, const struct word *word)
{
	bool user = !(h->pt.flags & PW_TABLE_UPPER);
	uint32_t set = user ? word->user.perm_set : word->kernel.perm_set;
	struct pw_iter it;
	struct pw_run run;

	if (user && set & PW_PERM_W)
		set = PW_PERM_USER_W;
	if (!set || pw_iter_init(&it, &h->pt, range, PW_WANT_LEAVES, PW_IGNORE_ALL))
		return;
	while (pw_iter_next(&it, &run) > 0) {
		if (run.kind != PW_RUN_LEAF || (run.perm & set))
			continue;
		complain("note: 0x%llx-0x%llx is not %s by effective permission: a table above or "
			 "a control register takes it away; translate -v shows every level",
			 (unsigned long long)run.first.v, (unsigned long long)run.last.v + 1,
			 word->name);
		return;
	}
}

/* What @res is a part of: a block, or a contiguous group. */
static struct pw_range whole(const struct half *h, const struct pw_result *res)
{
	uint64_t size = pw_table_leaf_size(&h->pt, res->level);
	struct pw_attr attr;

	if (!pw_attr_decode(&h->pt, res->entry, res->level, &attr) &&
	    (attr.flags & PW_ATTR_CONTIGUOUS))
		size <<= pw_table_contig_lg2(&h->pt, res->level);
	return pw_range_len(res->where.first.v & ~(size - 1), size);
}

/* Why the library refused, in words for somebody who wanted something else. */
static void explain(const struct half *h, int err, const struct pw_result *res)
{
	char hint[160] = "";

	if (err == PW_EBUSY)
		snprintf(hint, sizeof(hint),
			 "; the range must cover whole blocks and whole contiguous groups: "
			 "0x%llx-0x%llx here",
			 (unsigned long long)whole(h, res).first.v,
			 (unsigned long long)whole(h, res).last.v + 1);
	else if (err == PW_EINVAL || err == PW_ERANGE)
		snprintf(hint, sizeof(hint),
			 "; a range is whole %lluK pages in one half of the address space",
			 1ull << (h->pt.granule_lg2 - 10));
	complain("protect: 0x%llx-0x%llx: %s%s", (unsigned long long)res->where.first.v,
		 (unsigned long long)res->where.last.v + 1, pw_strerror(err), hint);
	if (res->entry_pa.v)
		complain("protect: the %s entry at physical address 0x%llx is 0x%llx",
			 level_name(h, res->level), (unsigned long long)res->entry_pa.v,
			 (unsigned long long)res->entry);
	/* the same range with its last byte named, as the library's own are */
	if (err == PW_EINVAL && !((res->where.last.v + 2) & ((1ull << h->pt.granule_lg2) - 1)))
		complain("protect: the end is not included: did you mean 0x%llx-0x%llx?",
			 (unsigned long long)res->where.first.v,
			 (unsigned long long)res->where.last.v + 2);
	complain("protect: nothing was changed");
}

static int write_result(const struct options *o, struct space *sp, const struct half *h)
{
	struct pw_source_error err;
	struct pw_patch *patches;
	size_t nr = 0;
	int r;

	if (!o->output)
		return EXIT_FINE;
	patches = memory_patches(h->memory, &nr);
	if (!patches)
		return EXIT_SOURCE;
	r = pw_source_write_copy(sp->source, o->output, o->force, patches, nr, &err);
	free(patches);
	if (r) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	out_text("\nwrote ");
	out_text(o->output);
	out_text(": ");
	out_dec(nr, 0);
	out_text(nr == 1 ? " table differs\n" : " tables differ\n");
	return EXIT_FINE;
}

/* Through few tables as many entries as nobody goes through one by one? */
static bool endless(const struct half *h, struct pw_range range)
{
	struct repeats repeats;
	bool any;

	repeats_find(h, range, &repeats);
	any = repeats.nr;
	repeats_free(&repeats);
	return any;
}

static int apply(const struct options *o, struct space *sp, unsigned int half,
		 struct pw_range range, const struct word *word)
{
	const struct pw_change change = change_of(sp, half, word);
	struct half *h = &sp->half[half];
	struct pw_result res;
	int err;

	if (endless(h, range)) {
		complain(
			"protect: tables that are reached again and again stand for more than "
			"%llu entries there, and would be changed as often: choose a smaller range",
			MAX_RUNS);
		return EXIT_FINDINGS;
	}
	if (o->header)
		out_space_header(h);
	out_text("before:\n");
	show_runs(h, range);
	err = pw_protect(&h->pt, range, &change, 0, NULL, &res);
	if (err) {
		out_flush();
		explain(h, err, &res);
		return EXIT_FINDINGS;
	}
	if (res.holes == range.last.v - range.first.v + 1) {
		out_text("nothing to change: nothing is mapped there\n");
		return EXIT_FINDINGS;
	}
	out_text("after ");
	out_text(word->name);
	out_text(":\n");
	show_runs(h, range);
	if (o->verbose >= 0)
		mention_less(h, range, word);
	if (res.changed == 0)
		out_text("nothing to change: every page was like that already\n");
	else if (ledger(o, sp, half, range, &change))
		return EXIT_SOURCE;
	return write_result(o, sp, h);
}

static int run_protect(const struct options *o)
{
	const struct word *word = NULL;
	struct pw_range range;
	struct space sp;
	unsigned int half;
	size_t i;
	int status, s;

	if (o->nr_args != 2) {
		complain("protect: expected SOURCE RANGE ro|rw|x|nx");
		return EXIT_USAGE;
	}
	if (!parse_range(o->args[0], &range)) {
		complain("protect: expected %s, found '%s'", RANGE_WANTED, o->args[0]);
		return EXIT_USAGE;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(o->args[1], words[i].name))
			word = &words[i];
	}
	if (!word) {
		complain("protect: expected ro, rw, x or nx, found '%s'", o->args[1]);
		return EXIT_USAGE;
	}
	status = space_open(o, &sp);
	if (status)
		return status;
	half = (unsigned int)(range.first.v >> 63);
	if (o->output && !pw_source_can_copy(sp.source)) {
		complain("protect: -o: no changed copy of this can be written, a %s: make an ELF "
			 "core of it first (makedumpfile -E)",
			 pw_source_kind(sp.source));
		status = EXIT_SOURCE;
	} else if (sp.half[half].state != HALF_KNOWN) {
		status = space_no_root(o, &sp, half);
	} else {
		status = apply(o, &sp, half, range, word);
	}
	s = space_close(o, &sp);
	return s > status ? s : status;
}

const struct command cmd_protect = {
	.name = "protect",
	.usage = "[options] SOURCE RANGE ro|rw|x|nx",
	.summary = "Change permissions in a private copy of the tables, and show the cost.",
	.help = "RANGE is A-B (B not included) or A+LEN; hexadecimal addresses, LEN with K, M, "
		"G, T.\n"
		"Prints the runs before and after, and the ledger: what the same change costs "
		"on a live\n"
		"machine entry by entry, with the origin patch's hooks around each PTE table, "
		"and with\n"
		"the whole operation bracketed. SOURCE is never written to; -o writes a changed "
		"copy.\n",
	.options = "ABrckuNoFvq",
	.run = run_protect,
};
