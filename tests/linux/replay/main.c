/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The judge of <pagewalk/linux.h>: walks that a real kernel did, with every callback and every
 * return value, done again by ours over the same tables and VMAs and compared line by line.
 *
 *     replay DIR      DIR: walks.log, ptonly-before.elf, ptonly.elf
 *
 * The mutating walks run in order from the first snapshot, and must arrive at the second one; each
 * read-only walk runs over that, by the kernel's vocabulary and by the native API. Lock calls make
 * no callbacks: what counts is how many lock assertions they break.
 *
 * Ends with "N of M walks agree"; the exit status is 0 if all do, and everything else agrees too.
 */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct score {
	unsigned int agree, all;
};

static struct score walks, lock_calls, native;
static unsigned int on_purpose, entries, other_failures;
static bool readonly;
static unsigned long region, vmalloc_end;

static bool ends_in_first_page(const struct walk *w)
{
	return !w->vmas && w->from < w->to && w->to < PAGE_SIZE && has_op(w->ops, "pte_entry");
}

/*
 * Walks that differ on purpose, and how: the log's lines as far as the first call of a callback,
 * and then a return of 0.
 */
static const struct {
	bool (*is)(const struct walk *w);
	const char *last;
	const char *why;
} ours[] = {
	{ ends_in_first_page, "  pte_entry ",
	  "a range that ends below PAGE_SIZE stops there, Linux runs past the table" },
};

/* How much of a walk that differs on purpose is ours. */
static void cut(struct walk *w)
{
	size_t i, row;

	for (row = 0; row < sizeof(ours) / sizeof(ours[0]); row++) {
		for (i = w->first; ours[row].is(w) && i + 1 < w->end; i++) {
			if (strncmp(lines[i], ours[row].last, strlen(ours[row].last)))
				continue;
			w->end = i + 1;
			w->cut = true;
			w->ret = 0;
			on_purpose++;
			printf("on purpose: %s: %s\n", w->name, ours[row].why);
		}
	}
}

static struct held locks_of(const struct walk *w, const struct mm_walk_ops *ops)
{
	struct held held = { 'n', 'n', false };

	if (!strcmp(w->fn, "walk_kernel_page_table_range"))
		held.init_mm = 'r';
	else if (!strcmp(w->fn, "walk_page_range_debug"))
		held.mm = held.init_mm = 'w';
	else if (!strcmp(w->fn, "walk_page_mapping"))
		held.i_mmap = true;
	else if (w->vmas)
		held.mm = ops->walk_lock == PGWALK_WRLOCK ? 'w' : 'r';
	return held;
}

static bool call_novma(const struct walk *w, const struct mm_walk_ops *o, long *ret)
{
	struct mm_struct *mm = !strcmp(w->root, "user") ? &user_mm : &init_mm;
	pgd_t *pgd = !strcmp(w->root, "private") ? private_root : NULL;
	unsigned long start = w->from, end = w->to;

	if (!strcmp(w->fn, "walk_kernel_page_table_range"))
		*ret = walk_kernel_page_table_range(start, end, o, pgd, NULL);
	else if (!strcmp(w->fn, "walk_kernel_page_table_range_lockless"))
		*ret = walk_kernel_page_table_range_lockless(start, end, o, pgd, NULL);
	else if (!strcmp(w->fn, "walk_page_range_debug"))
		*ret = walk_page_range_debug(mm, start, end, o, pgd, NULL);
	else if (!strcmp(w->fn, "apply_to_page_range"))
		*ret = apply_to_page_range(mm, start, end - start, ops_fn(w), NULL);
	else if (!strcmp(w->fn, "apply_to_existing_page_range"))
		*ret = apply_to_existing_page_range(mm, start, end - start, ops_fn(w), NULL);
	else
		return false;
	return true;
}

static bool call_vma(const struct walk *w, const struct mm_walk_ops *o, long *ret)
{
	unsigned long start = w->from, end = w->to;

	if (!strcmp(w->fn, "walk_page_range"))
		*ret = walk_page_range(&user_mm, start, end, o, NULL);
	else if (!strcmp(w->fn, "walk_page_range_mm_unsafe"))
		*ret = walk_page_range_mm_unsafe(&user_mm, start, end, o, NULL);
	else if (!strcmp(w->fn, "walk_page_range_vma") && w->vma)
		*ret = walk_page_range_vma(w->vma, start, end, o, NULL);
	else if (!strcmp(w->fn, "walk_page_range_vma_unsafe") && w->vma)
		*ret = walk_page_range_vma_unsafe(w->vma, start, end, o, NULL);
	else if (!strcmp(w->fn, "walk_page_vma") && w->vma)
		*ret = walk_page_vma(w->vma, o, NULL);
	else if (!strcmp(w->fn, "walk_page_mapping"))
		*ret = walk_page_mapping(&shm1, start, end - start, o, NULL);
	else
		return false;
	return true;
}

static bool call(const struct walk *w, const struct mm_walk_ops *o, long *ret)
{
	return w->vmas ? call_vma(w, o, ret) : call_novma(w, o, ret);
}

static bool over_vmas(const char *fn)
{
	return !strncmp(fn, "walk_page_", 10) && strcmp(fn, "walk_page_range_debug") != 0;
}

/* The table that a walk starts from; NULL: the log has no such root. */
static const pgd_t *root_of(const char *root)
{
	if (!strcmp(root, "private"))
		return private_root;
	if (!strcmp(root, "user"))
		return user_mm.pgd;
	return !strcmp(root, "swapper") ? init_mm.pgd : NULL;
}

/* What belongs to the walk before line @at: everything that is indented. */
static size_t end_of_walk(size_t at)
{
	while (at < nr_lines && !strncmp(lines[at], "  ", 2))
		at++;
	return at;
}

/* A WALK line and what belongs to it. NULL, or what is wrong with it. */
static const char *read_walk(size_t at, struct walk *w)
{
	const char *line = lines[at];
	char *end = NULL;

	memset(w, 0, sizeof(*w));
	w->first = at + 1;
	w->end = end_of_walk(at + 1) - 1;
	if (sscanf(line, "WALK %95s", w->name) != 1 || !field(line, "fn", w->fn, sizeof(w->fn)) ||
	    !field(line, "root", w->root, sizeof(w->root)) ||
	    !field(line, "ops", w->ops, sizeof(w->ops)) ||
	    !field(line, "rule", w->rule, sizeof(w->rule)))
		return "name, fn=, root=, ops= or rule= is missing";
	if (!is_hex(line, "start") || !is_hex(line, "end"))
		return "start= or end= is no number";
	if (!ops_good(w->ops) || !rule_good(w->rule))
		return "ops= or rule= is not known";
	if (!root_of(w->root))
		return "root= is none of the roots";
	if (w->end > at && !strncmp(lines[w->end], "  = ", 4))
		w->ret = strtol(lines[w->end] + 4, &end, 10);
	if (!end || end == lines[w->end] + 4 || *end)
		return "it does not end with a return value";
	w->from = hex(line, "start");
	w->to = hex(line, "end");
	w->vma = vma_at(hex(line, "vma"));
	w->vmas = over_vmas(w->fn);
	if (strstr(line, " vma=") && !w->vma)
		return "vma= is none of the VMAs";
	cut(w);
	return NULL;
}

/* An address that this geometry has: of one half or the other. */
static bool canonical(unsigned long addr)
{
	return addr >> VA_BITS == 0 || addr >> VA_BITS == ~0ul >> VA_BITS;
}

static void replay_native(const struct walk *w)
{
	if (w->first == w->end && w->ret)
		return; /* refused for its arguments: no entries */
	if (!w->vmas && !(canonical(w->from) && canonical(w->to - 1)))
		return; /* the kernel ignores the bits above, natively there is no such address */
	native.all++;
	if (native_agrees(w, &entries))
		native.agree++;
	else
		printf("FAIL %s, by the native API\n", w->name);
}

static bool replay_walk(const struct walk *w)
{
	unsigned int before = warnings;
	struct mm_walk_ops ops;
	char got[32];
	long ret = 0;

	ops_make(w, &ops);
	if (strstr(w->fn, "_unsafe"))
		ops.walk_lock = PGWALK_WRLOCK;
	ops_begin(w);
	locks_take(locks_of(w, &ops));
	if (!call(w, &ops, &ret)) {
		printf("  walks.log:%zu: fn= cannot be called\n", w->first);
		return false;
	}
	locks_drop();
	snprintf(got, sizeof(got), "  = %ld", ret);
	if (ops_agree() && (ops_line() != w->end || ret != w->ret))
		ops_mismatch(got);
	/* apply_to_*() warn about leaves; nothing else has anything to say */
	if (strncmp(w->fn, "apply_", 6) && warnings != before) {
		printf("  %u warnings\n", warnings - before);
		return false;
	}
	return ops_agree();
}

static size_t replay(size_t at)
{
	struct walk w;
	const char *wrong = read_walk(at, &w);
	bool ok = !wrong;

	walks.all++;
	if (wrong)
		printf("  walks.log:%zu: %s\n", at + 1, wrong);
	ok = ok && replay_walk(&w);
	if (ok)
		walks.agree++;
	else
		printf("FAIL %s\n", w.name);
	if (ok && readonly)
		replay_native(&w);
	return end_of_walk(at + 1);
}

static bool read_lock(const char *text, enum page_walk_lock *lock)
{
	static const char *const names[] = { "RDLOCK", "WRLOCK", "WRLOCK_VERIFY",
					     "VMA_RDLOCK_VERIFY" };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (!strcmp(text, names[i])) {
			*lock = (enum page_walk_lock)i;
			return true;
		}
	}
	return false;
}

/* Does a line say KEY=number, in decimals? */
static bool says(const char *line, const char *key, long number)
{
	char text[32], want[32];

	snprintf(want, sizeof(want), "%ld", number);
	return field(line, key, text, sizeof(text)) && !strcmp(text, want);
}

/* How many lock assertions does a call break? */
static void replay_lock(size_t at)
{
	const char *line = lines[at];
	struct held held = { 'n', 'n', true };
	char mm[16], text[32];
	unsigned int before = warnings;
	struct mm_walk_ops ops;
	struct walk w = { .first = at, .end = at, .rule = "none" };
	bool good;
	long ret = 0;

	lock_calls.all++;
	good = field(line, "fn", w.fn, sizeof(w.fn)) && field(line, "mm", mm, sizeof(mm)) &&
	       is_hex(line, "start") && is_hex(line, "end");
	snprintf(w.root, sizeof(w.root), "%s", good && !strcmp(mm, "user") ? "user" : "swapper");
	snprintf(w.ops, sizeof(w.ops), "%s", hex(line, "install") ? "install_pte" : "none");
	w.from = hex(line, "start");
	w.to = hex(line, "end");
	w.vma = vma_at(hex(line, "vma"));
	w.vmas = over_vmas(w.fn);
	held.mm = field(line, "held_mm", text, sizeof(text)) ? text[0] : 'n';
	held.init_mm = field(line, "held_init_mm", text, sizeof(text)) ? text[0] : 'n';
	ops_make(&w, &ops);
	good = good && root_of(w.root) && field(line, "walk_lock", text, sizeof(text)) &&
	       read_lock(text, &ops.walk_lock);
	ops_begin(&w);
	locks_take(held);
	good = good && call(&w, &ops, &ret);
	locks_drop();
	good = good && says(line, "warns", warnings - before) && says(line, "ret", ret);
	if (good)
		lock_calls.agree++;
	else
		printf("FAIL walks.log:%zu: %u warnings, returned %ld: %s\n", at + 1,
		       warnings - before, ret, line);
}

static bool geometry_fits(const char *line)
{
	char levels[8], bits[8], page[8], range[64];

	if (!field(line, "levels", levels, sizeof(levels)) ||
	    !field(line, "va_bits", bits, sizeof(bits)) || !field(line, "page", page, sizeof(page)))
		return false;
	if (atoi(levels) != PGTABLE_LEVELS || atoi(bits) != VA_BITS ||
	    atoi(page) != 1 << PAGE_SHIFT)
		return false;
	if (field(line, "vmalloc", range, sizeof(range)) && strstr(range, ".."))
		vmalloc_end = strtoul(strstr(range, "..") + 2, NULL, 16) - 1;
	return true;
}

/* The size of a huge page, from a mask that a hugetlb_entry was given; else the usual one. */
static unsigned long huge_page_size(void)
{
	size_t i;

	for (i = 0; i < nr_lines; i++) {
		uint64_t mask = hex(lines[i], "hmask");

		if (mask)
			return -mask;
	}
	return PMD_SIZE;
}

/* Before the read-only walks: did the mutating ones arrive at the second snapshot? */
static bool begin_readonly(const char *dir)
{
	unsigned int differ = compare_tables(dir, "ptonly.elf", region, vmalloc_end);

	readonly = true;
	if (differ) {
		printf("FAIL %u entries differ from the snapshot after the mutating walks\n",
		       differ);
		other_failures++;
	}
	return load_tables(dir, "ptonly.elf");
}

/* A line that is neither a walk nor a lock call. NULL, or what is wrong with it. */
static const char *read_line(const char *dir, const char *line)
{
	if (!strncmp(line, "GEOM ", 5))
		return geometry_fits(line) ? NULL : "another geometry than this program's";
	if (!strncmp(line, "ROOT ", 5))
		return set_root(line) ? NULL : "no root table that is known";
	if (!strncmp(line, "VMA ", 4))
		return add_vma(line, huge_page_size()) ? NULL : "no VMA, one too many, or too late";
	if (!strncmp(line, "REGION ", 7)) {
		region = hex(line, "B");
		return NULL;
	}
	if (!strncmp(line, "PHASE ", 6) && !vmas_complete())
		return "the VMAs are not in order, not page-aligned, or out of reach";
	if (!strcmp(line, "PHASE readonly"))
		return begin_readonly(dir) ? NULL : "the second snapshot cannot be read";
	if (line[0] == ' ')
		return "this belongs to no walk";
	if (line[0] && strncmp(line, "PHASE ", 6) && strncmp(line, "SNAP ", 5) &&
	    strncmp(line, "LOG-", 4))
		printf("passed over: %s\n", line);
	return NULL;
}

/* One line of the log, or a walk; false: it cannot be gone on with. */
static bool replay_line(const char *dir, size_t *at)
{
	const char *line = lines[*at], *wrong = NULL;
	bool walk = !strncmp(line, "WALK ", 5), lock = !strncmp(line, "LOCK ", 5);

	if ((walk || lock) && !vmas_complete())
		wrong = "the VMAs are not in order, not page-aligned, or out of reach";
	else if (!walk && !lock)
		wrong = read_line(dir, line);
	if (wrong) {
		printf("walks.log:%zu: %s: %s\n", *at + 1, wrong, line);
		return false;
	}
	if (walk) {
		*at = replay(*at);
		return true;
	}
	if (lock)
		replay_lock(*at);
	++*at;
	return true;
}

static bool set_up(void)
{
	struct pw_linux_config cfg = {
		.size = sizeof(cfg),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &env,
		.gather = &gather,
	};

	locks_configure(&cfg);
	locks_drop();
	return memory_init() && pw_linux_init(&cfg) == 0;
}

int main(int argc, char **argv)
{
	size_t at = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: replay DIR\n");
		return 2;
	}
	if (!set_up() || !read_log(argv[1]) || !load_tables(argv[1], "ptonly-before.elf"))
		return 3;
	while (at < nr_lines) {
		if (!replay_line(argv[1], &at))
			return 3;
	}
	printf("%u of %u read-only walks visit the same %u entries by the native API\n",
	       native.agree, native.all, entries);
	printf("%u of %u lock calls agree\n", lock_calls.agree, lock_calls.all);
	printf("%u walks differ on purpose, and exactly so\n", on_purpose);
	printf("%u of %u walks agree\n", walks.agree, walks.all);
	return walks.agree != walks.all || lock_calls.agree != lock_calls.all ||
	       native.agree != native.all || other_failures || !walks.all;
}
