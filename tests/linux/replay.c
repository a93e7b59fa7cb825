/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The judge of <pagewalk/linux.h>: walks that a real kernel did, with every callback and every
 * return value, done again by ours over the same tables and compared line by line.
 *
 *     replay DIR      DIR: walks.log, ptonly-before.elf, ptonly.elf (tests/captures, unpacked)
 *
 * The tables are laid out at their physical addresses in one sparse mapping. The mutating walks
 * run in order from the first snapshot; each read-only one runs over the second. Tables that are
 * made on the way get other addresses than in that kernel: the first time one shows up its entry
 * is taken to be the log's, and from then on it must stay so.
 *
 * What differs on purpose stands in the list `ours`, and must differ exactly so.
 */
#include <pagewalk/arm64.h>
#include <pagewalk/linux.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../sources/source.h"

#define PHYS_BASE 0x40000000ull
#define PHYS_SIZE 0x100000000ull
#define POOL_PA	  0x100000000ull /* new tables; no RAM of the guest is there */

/* Walks that differ on purpose: how many callbacks ours makes before it returns 0. */
static const struct {
	const char *name;
	unsigned int calls;
	const char *why;
} ours[] = {
	{ "p-short-at-zero-runs-past-table", 2, "a range that ends below PAGE_SIZE stops there" },
	{ "p-short-at-zero-1byte", 1, "a range that ends below PAGE_SIZE stops there" },
};

static char *memory;
static uint64_t pool_next;
static struct pw_env env;
static struct pw_gather gather;
static struct pw_arm64_counter counter;
static struct mm_struct user_mm;
static pgd_t *private_root;
static unsigned int passed, failed, warnings, vma_walks;
static char held_mm, held_init_mm; /* 'n'one, 'r'ead, 'w'rite */

/* The log, as lines. */
static char **lines;
static size_t nr_lines;

/* The walk under way. */
static struct {
	size_t line; /* the next expected one */
	bool agree;
	unsigned int calls[16];
	unsigned int total;
	const char *rule;
	const char *trouble;
	bool on_purpose;
} now;

static struct {
	uint64_t ours, theirs;
} renamed[256];
static unsigned int nr_renamed;

static void *virt(uint64_t pa)
{
	return memory + (pa - PHYS_BASE);
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	pa->v = POOL_PA + pool_next;
	pool_next += PAGE_SIZE;
	return virt(pa->v);
}

static void warn(void *ctx, const char *file, int line, const char *what)
{
	(void)ctx, (void)file, (void)line, (void)what;
	warnings++;
}

static bool mmap_locked(void *ctx, const struct mm_struct *mm, bool write)
{
	char held = mm == &init_mm ? held_init_mm : held_mm;

	(void)ctx;
	return held == 'w' || (held == 'r' && !write);
}

/* The log's name for a value of ours that points to a table made on the way. */
static uint64_t rename_value(uint64_t val, const char *expected)
{
	const char *p = strstr(expected, "val=");
	unsigned int i;

	if ((val & 3) != 3 || (val & 0xfffffffff000) < POOL_PA ||
	    (val & 0xfffffffff000) >= POOL_PA + pool_next)
		return val;
	for (i = 0; i < nr_renamed; i++) {
		if (renamed[i].ours == (val & 0xfffffffff000))
			return renamed[i].theirs;
	}
	if (!p || nr_renamed == 256)
		return val;
	renamed[nr_renamed].ours = val & 0xfffffffff000;
	renamed[nr_renamed].theirs = strtoull(p + 4, NULL, 16);
	return renamed[nr_renamed++].theirs;
}

static void mismatch(const char *got)
{
	if (now.agree && !now.on_purpose)
		printf("  line %zu: expected '%s', got '%s'\n", now.line + 1,
		       now.line < nr_lines ? lines[now.line] : "the end", got);
	now.agree = false;
}

/* One callback of ours against the next line of the log. */
static void tell(bool has_val, uint64_t val, const char *fmt, ...)
{
	const char *expected = now.line < nr_lines ? lines[now.line] : "";
	char got[256];
	va_list args;
	size_t n;

	now.total++;
	if (!now.agree)
		return;
	va_start(args, fmt);
	n = (size_t)vsnprintf(got, sizeof(got), fmt, args);
	va_end(args);
	/* the two short walks at zero are logged without values */
	if (has_val && strstr(expected, "val="))
		snprintf(got + n, sizeof(got) - n, " val=%llx",
			 (unsigned long long)rename_value(val, expected));
	if (strcmp(got, expected)) {
		mismatch(got);
		return;
	}
	now.line++;
}

/* What the rule says about the k-th call of callback @name. */
static int obey(const char *name, unsigned int slot, struct mm_walk *walk, pmd_t *pmd)
{
	unsigned int k = ++now.calls[slot];
	const char *p = now.rule;
	int ret = 0;

	while (p && *p && strcmp(p, "none")) {
		size_t n = strcspn(p, ";");
		char part[128], *field;

		snprintf(part, sizeof(part), "%.*s", (int)n, p);
		p += n + (p[n] == ';');
		field = strchr(part, '#');
		if (!field)
			continue;
		*field++ = '\0';
		if (strcmp(part, name) || (field[0] != '*' && (unsigned int)atoi(field) != k))
			continue;
		for (field = strchr(field, ':'); field; field = strchr(field + 1, ':')) {
			if (!strncmp(field, ":ret=", 5))
				ret = atoi(field + 5);
			else if (!strncmp(field, ":again", 6))
				walk->action = ACTION_AGAIN;
			else if (!strncmp(field, ":continue", 9))
				walk->action = ACTION_CONTINUE;
			else if (!strncmp(field, ":subtree", 8))
				walk->action = ACTION_SUBTREE;
			else if (!strncmp(field, ":split", 6) && pmd) {
				uint64_t old = pmd_val(*pmd), i, *table;
				struct pw_pa pa;

				table = get_table(NULL, &pa);
				for (i = 0; i < PTRS_PER_PTE; i++)
					table[i] = (old | PTE_TABLE_BIT) + i * PAGE_SIZE;
				set_pmd(pmd, __pmd(pa.v | PMD_TYPE_TABLE));
				if (now.line < nr_lines && strstr(lines[now.line], "set pmd"))
					now.line++;
				walk->action = ACTION_SUBTREE;
			}
		}
	}
	return ret;
}

#define ULL(x) ((unsigned long long)(x))

static int on_pgd(pgd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell(true, pgd_val(*e), "  pgd_entry %llx %llx", ULL(addr), ULL(next));
	return obey("pgd_entry", 0, walk, NULL);
}

static int on_p4d(p4d_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell(true, p4d_val(*e), "  p4d_entry %llx %llx", ULL(addr), ULL(next));
	return obey("p4d_entry", 1, walk, NULL);
}

static int on_pud(pud_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell(true, pud_val(*e), "  pud_entry %llx %llx", ULL(addr), ULL(next));
	return obey("pud_entry", 2, walk, NULL);
}

static int on_pmd(pmd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell(true, pmd_val(*e), "  pmd_entry %llx %llx", ULL(addr), ULL(next));
	return obey("pmd_entry", 3, walk, e);
}

static int on_pte(pte_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell(true, pte_val(*e), "  pte_entry %llx %llx", ULL(addr), ULL(next));
	return obey("pte_entry", 4, walk, NULL);
}

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	tell(false, 0, "  pte_hole %llx %llx depth=%d", ULL(addr), ULL(next), depth);
	return obey("pte_hole", 5, walk, NULL);
}

static int on_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	(void)pte, (void)walk;
	tell(false, 0, "  install_pte %llx %llx", ULL(addr), ULL(next));
	return 0;
}

static int on_fn(pte_t *pte, unsigned long addr, void *data)
{
	(void)data;
	tell(true, pte_val(*pte), "  fn %llx", ULL(addr));
	return obey("fn", 6, NULL, NULL);
}

/* The value of KEY= in a line; false when it is not there. */
static bool field(const char *line, const char *key, char *out, size_t size)
{
	size_t n = strlen(key);
	const char *p = line;

	while ((p = strstr(p, key))) {
		if (p > line && p[-1] == ' ' && p[n] == '=') {
			snprintf(out, size, "%.*s", (int)strcspn(p + n + 1, " "), p + n + 1);
			return true;
		}
		p++;
	}
	return false;
}

static uint64_t hex(const char *line, const char *key)
{
	char text[64];

	return field(line, key, text, sizeof(text)) ? strtoull(text, NULL, 16) : 0;
}

static bool has_op(const char *ops, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = ops; (p = strstr(p, name)); p += n) {
		if ((p == ops || p[-1] == ',') && (p[n] == '\0' || p[n] == ','))
			return true;
	}
	return false;
}

static void make_ops(const char *ops, struct mm_walk_ops *o)
{
	memset(o, 0, sizeof(*o));
	o->pgd_entry = has_op(ops, "pgd_entry") ? on_pgd : NULL;
	o->p4d_entry = has_op(ops, "p4d_entry") ? on_p4d : NULL;
	o->pud_entry = has_op(ops, "pud_entry") ? on_pud : NULL;
	o->pmd_entry = has_op(ops, "pmd_entry") ? on_pmd : NULL;
	o->pte_entry = has_op(ops, "pte_entry") ? on_pte : NULL;
	o->pte_hole = has_op(ops, "pte_hole") ? on_hole : NULL;
	o->install_pte = has_op(ops, "install_pte") ? on_install : NULL;
}

/* Do what a line asks for; false for a function that is not ours yet. */
static bool call(const char *line, const char *fn, const char *ops, int *ret)
{
	unsigned long start = hex(line, "start"), end = hex(line, "end");
	struct mm_walk_ops o;
	char root[32] = "";
	bool private, user;
	pgd_t *pgd;
	struct mm_struct *mm;

	(void)field(line, "root", root, sizeof(root));
	private = !strcmp(root, "private");
	user = !strcmp(root, "user");
	pgd = private ? private_root : NULL;
	mm = user ? &user_mm : &init_mm;
	make_ops(ops, &o);
	if (!strcmp(fn, "walk_kernel_page_table_range"))
		*ret = walk_kernel_page_table_range(start, end, &o, pgd, NULL);
	else if (!strcmp(fn, "walk_kernel_page_table_range_lockless"))
		*ret = walk_kernel_page_table_range_lockless(start, end, &o, pgd, NULL);
	else if (!strcmp(fn, "walk_page_range_debug"))
		*ret = walk_page_range_debug(mm, start, end, &o, pgd, NULL);
	else if (!strcmp(fn, "apply_to_page_range"))
		*ret = apply_to_page_range(mm, start, end - start, has_op(ops, "fn") ? on_fn : NULL,
					   NULL);
	else if (!strcmp(fn, "apply_to_existing_page_range"))
		*ret = apply_to_existing_page_range(mm, start, end - start,
						    has_op(ops, "fn") ? on_fn : NULL, NULL);
	else
		return false;
	return true;
}

/* Walks that differ on purpose are prefixes of the log's. */
static bool as_ours(const char *name, int ret, bool *listed)
{
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcmp(name, ours[i].name))
			continue;
		*listed = true;
		return now.agree && ret == 0 && now.total == ours[i].calls;
	}
	*listed = false;
	return false;
}

static size_t replay_walk(size_t at)
{
	char name[96], fn[64], ops[256], rule[128], want[32], got[32];
	const char *line = lines[at];
	bool listed, good;
	size_t end = at + 1;
	int ret = 0;

	sscanf(line, "WALK %95s", name);
	while (end < nr_lines && strncmp(lines[end], "  = ", 4))
		end++;
	if (end == nr_lines || !field(line, "fn", fn, sizeof(fn)) ||
	    !field(line, "ops", ops, sizeof(ops)) || !field(line, "rule", rule, sizeof(rule))) {
		printf("line %zu: a WALK that cannot be read\n", at + 1);
		failed++;
		return end + 1;
	}
	memset(&now, 0, sizeof(now));
	now.line = at + 1;
	now.agree = true;
	now.rule = rule;
	held_mm = held_init_mm = 'w';
	if (!call(line, fn, ops, &ret)) {
		vma_walks++;
		return end + 1;
	}
	good = as_ours(name, ret, &listed);
	if (!listed) {
		snprintf(want, sizeof(want), "%s", lines[end]);
		snprintf(got, sizeof(got), "  = %d", ret);
		good = now.agree && now.line == end && !strcmp(want, got);
		if (now.agree && !good)
			mismatch(got);
	}
	if (!good)
		printf("FAIL %s\n", name);
	passed += good;
	failed += !good;
	return end + 1;
}

/* How many lock assertions does a call break? */
static void replay_lock(size_t at)
{
	const char *line = lines[at];
	char fn[64], mm[16], held[16], number[16], copy[512];
	unsigned int before = warnings;
	bool good;
	int ret;

	(void)field(line, "fn", fn, sizeof(fn));
	(void)field(line, "mm", mm, sizeof(mm));
	held_mm = field(line, "held_mm", held, sizeof(held)) ? held[0] : 'n';
	held_init_mm = field(line, "held_init_mm", held, sizeof(held)) ? held[0] : 'n';
	snprintf(copy, sizeof(copy), "%s root=%s", line, strcmp(mm, "user") ? "swapper" : "user");
	memset(&now, 0, sizeof(now));
	if (!call(copy, fn, hex(line, "install") ? "install_pte" : "none", &ret)) {
		vma_walks++;
		return;
	}
	good = field(line, "warns", number, sizeof(number)) &&
	       warnings - before == (unsigned int)atoi(number) &&
	       field(line, "ret", number, sizeof(number)) && ret == atoi(number);
	if (!good)
		printf("FAIL line %zu: %u warnings, returned %d: %s\n", at + 1, warnings - before,
		       ret, line);
	passed += good;
	failed += !good;
}

static bool load_tables(const char *dir, const char *file)
{
	struct pw_source_error err;
	struct pw_source *s;
	char path[4096];
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (pw_source_open(path, &s, &err)) {
		printf("%s\n", err.text);
		return false;
	}
	for (i = 0; i < pw_source_nr_segments(s); i++) {
		struct pw_segment seg = pw_source_segment(s, i);

		if (seg.pa >= PHYS_BASE && seg.pa - PHYS_BASE < PHYS_SIZE &&
		    seg.len <= PHYS_SIZE - (seg.pa - PHYS_BASE))
			memcpy(virt(seg.pa), pw_source_bytes(s, seg.pa, seg.len), seg.len);
	}
	pw_source_close(s);
	return true;
}

static bool read_log(const char *dir)
{
	char path[4096], *text;
	size_t size, i, room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/walks.log", dir);
	f = fopen(path, "r");
	if (!f || fseek(f, 0, SEEK_END)) {
		perror(path);
		return false;
	}
	size = (size_t)ftell(f);
	rewind(f);
	text = malloc(size + 1);
	if (!text || fread(text, 1, size, f) != size)
		return false;
	text[size] = '\0';
	fclose(f);
	for (i = 0; i < size; i++)
		room += text[i] == '\n';
	lines = calloc(room + 1, sizeof(*lines));
	for (text = strtok(text, "\n"); text && lines; text = strtok(NULL, "\n"))
		lines[nr_lines++] = text;
	return lines != NULL;
}

static bool set_up(void)
{
	struct pw_linux_config cfg = {
		.size = sizeof(cfg),
		.geometry = PW_LINUX_GEOMETRY,
		.env = &env,
		.gather = &gather,
		.warn = warn,
		.mmap_locked = mmap_locked,
	};

	memory = mmap(NULL, PHYS_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	env.size = sizeof(env);
	env.phys_offset = (uint64_t)(uintptr_t)memory - PHYS_BASE;
	env.mem_first.v = PHYS_BASE;
	env.mem_last.v = PHYS_BASE + PHYS_SIZE - 1;
	env.get_table = get_table;
	pw_arm64_counter_init(&counter);
	return pw_gather_init(&gather, &counter.e.x, NULL, 0) == 0 && pw_linux_init(&cfg) == 0;
}

static bool geometry_fits(const char *line)
{
	char levels[8];

	return field(line, "levels", levels, sizeof(levels)) && atoi(levels) == PGTABLE_LEVELS;
}

static bool set_root(const char *line)
{
	char name[32];
	uint64_t pa = hex(line, "pa");

	if (sscanf(line, "ROOT %31s", name) != 1)
		return false;
	if (!strcmp(name, "private"))
		private_root = virt(pa);
	else if (!strcmp(name, "swapper"))
		init_mm.pgd = virt(pa);
	else if (!strcmp(name, "user"))
		user_mm.pgd = virt(pa);
	return true;
}

int main(int argc, char **argv)
{
	const char *dir = argc == 2 ? argv[1] : getenv("PW_WALKS");
	size_t at = 0;

	if (!dir) {
		fprintf(stderr, "usage: replay DIR\n");
		return 2;
	}
	if (!set_up() || !read_log(dir) || !load_tables(dir, "ptonly-before.elf"))
		return 3;
	while (at < nr_lines) {
		const char *line = lines[at];

		if (!strncmp(line, "GEOM ", 5) && !geometry_fits(line)) {
			printf("%s: another geometry than this program's\n", line);
			return 3;
		}
		if (!strncmp(line, "ROOT ", 5))
			(void)set_root(line);
		else if (!strcmp(line, "PHASE readonly") && !load_tables(dir, "ptonly.elf"))
			return 3;
		else if (!strncmp(line, "LOCK ", 5))
			replay_lock(at);
		if (!strncmp(line, "WALK ", 5))
			at = replay_walk(at);
		else
			at++;
	}
	printf("%u of %u walks and lock calls agree (2 differ, on purpose); %u have VMAs\n", passed,
	       passed + failed, vma_walks);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
