/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The table of plans, tests/plans/plans.txt: what a change of a live table makes a machine do, in
 * order and with every operand. Each row is done by the real engine and the printing executor of
 * its architecture, through both kinds of instance, and compared line by line.
 *
 * A row:
 *
 *     plan NAME               a word; the rows of one architecture begin alike
 *     what TEXT               the situation
 *     rule ID...              which rules of docs/rules.md ask for it
 *     source TEXT             and what else does
 *     on WORDS                the machine: see machine.c
 *     have OPERATION          (any number) before; paid for, and not logged
 *     batch N                 lazy MMU mode around all that is done, with room for N ranges
 *     do OPERATION            (any number) what is logged
 *     counts                  the log is how many of each instruction
 *     <tab>LINE               the log, as machine.h says
 *
 * Operations: map, protect, unmap, collapse, with one or more FIRST+SIZE[*N/STRIDE], and words:
 *
 *     map        rw ro rx user private (not global) invalid old, leaf=N (the largest), cont
 *     protect    ro rw nx x invalid valid old clean private global
 *     unmap      keep (its tables)
 *     collapse   cont
 *     each SIZE  before one of these: done for each SIZE bytes by a call of its own
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pagewalk/model.h>

#include "../harness/harness.h"
#include "machine.h"

#define TABLE	  "tests/plans/plans.txt"
#define MAX_ROWS  192u
#define MAX_OPS	  4u
#define MAX_WANT  64u
#define MAX_RANGE 1024u

struct row {
	char *name, *what, *rules, *source, *on;
	char *have[MAX_OPS], *op[MAX_OPS];
	unsigned int nr_have, nr_op, nr_want;
	unsigned int batch; /* ranges + 1 */
	bool counts;
	char *want[MAX_WANT];
};

static struct row rows[MAX_ROWS];
static unsigned int nr_rows;
static struct pw_range ranges[MAX_RANGE];
static struct pw_flush slots[MAX_RANGE];

/* Reading -------------------------------------------------------------------------------------- */

static void read_line(struct row *r, char *line)
{
	char *rest = strchr(line, ' ');
	size_t word = rest ? (size_t)(rest - line) : strlen(line);

	rest = rest ? rest + 1 : line + word;
	if (line[0] == '\t' && EXPECT(r->nr_want < MAX_WANT))
		r->want[r->nr_want++] = strdup(line + 1);
	else if (!strncmp(line, "what", word))
		r->what = strdup(rest);
	else if (!strncmp(line, "rule", word))
		r->rules = strdup(rest);
	else if (!strncmp(line, "source", word))
		r->source = strdup(rest);
	else if (!strncmp(line, "on", word))
		r->on = strdup(rest);
	else if (!strncmp(line, "have", word) && EXPECT(r->nr_have < MAX_OPS))
		r->have[r->nr_have++] = strdup(rest);
	else if (!strncmp(line, "do", word) && EXPECT(r->nr_op < MAX_OPS))
		r->op[r->nr_op++] = strdup(rest);
	else if (!strncmp(line, "batch", word))
		r->batch = (unsigned int)atoi(rest) + 1;
	else if (!strncmp(line, "counts", word))
		r->counts = true;
	else
		EXPECT_EQ(line[0], 0); /* no line of a row */
}

static void read_table(void)
{
	FILE *f = fopen(TABLE, "r");
	char line[512];

	if (nr_rows || !EXPECT(f != NULL))
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		if (!strncmp(line, "plan ", 5)) {
			if (!EXPECT(nr_rows < MAX_ROWS))
				break;
			rows[nr_rows++].name = strdup(line + 5);
		} else if (EXPECT(nr_rows)) {
			read_line(&rows[nr_rows - 1], line);
		}
	}
	fclose(f);
}

/* Operations ----------------------------------------------------------------------------------- */

struct request {
	const char *verb;
	unsigned int nr_ranges;
	uint64_t each;
	uint32_t flags;
	struct pw_attr attr;
	struct pw_change change;
};

static uint64_t size_of(const char *text, char **end)
{
	uint64_t n = strtoull(text, end, 0);

	switch (**end) {
	case 'K':
		n <<= 10;
		break;
	case 'M':
		n <<= 20;
		break;
	case 'G':
		n <<= 30;
		break;
	default:
		return n;
	}
	++*end;
	return n;
}

/* FIRST+SIZE, or N of them, STRIDE apart */
static bool add_ranges(struct request *q, const char *text)
{
	uint64_t n = 1, stride = 0, size, first;
	char *end;

	first = strtoull(text, &end, 0);
	if (end == text || *end != '+')
		return false;
	size = size_of(end + 1, &end);
	if (*end == '*') {
		n = strtoull(end + 1, &end, 0);
		stride = size_of(end + 1, &end);
	}
	for (; n && q->nr_ranges < MAX_RANGE; n--, first += stride)
		ranges[q->nr_ranges++] = pw_range_len(first, size);
	return EXPECT(!n && !*end);
}

/* EL2 has one privilege, and no rights of the other. */
static uint32_t privileges(void)
{
	return machine_world.pt.regime == PW_REGIME_EL2 ? PW_PERM_R | PW_PERM_W | PW_PERM_X :
							  PW_PERM_ALL;
}

/* Words that say what there is to be, and what is to change. */
static bool attr_word(struct request *q, const char *w)
{
	const struct world_format *f = machine_world.format;

	if (!strcmp(w, "rw")) {
		q->attr.perm |= PW_PERM_W;
		q->change.perm_set |= PW_PERM_W;
	} else if (!strcmp(w, "ro")) {
		q->change.perm_clear |= f->no_write & privileges();
	} else if (!strcmp(w, "rx")) {
		q->attr.perm |= PW_PERM_X;
	} else if (!strcmp(w, "user")) {
		q->attr.perm |= f->user;
	} else if (!strcmp(w, "nx")) {
		q->change.perm_clear |= f->no_exec & privileges();
	} else if (!strcmp(w, "x")) {
		q->change.perm_set |= PW_PERM_X;
	} else if (!strcmp(w, "private")) {
		q->attr.flags &= ~PW_ATTR_GLOBAL;
		q->change.flags_clear |= PW_ATTR_GLOBAL;
	} else if (!strcmp(w, "global")) {
		q->change.flags_set |= PW_ATTR_GLOBAL;
	} else if (!strcmp(w, "invalid")) {
		q->attr.flags &= ~PW_ATTR_VALID;
		q->change.flags_clear |= PW_ATTR_VALID;
	} else if (!strcmp(w, "valid")) {
		q->change.flags_set |= PW_ATTR_VALID | (f->flags & PW_ATTR_GLOBAL);
	} else if (!strcmp(w, "old")) {
		q->attr.flags &= ~PW_ATTR_ACCESSED;
		q->change.flags_clear |= PW_ATTR_ACCESSED;
	} else if (!strcmp(w, "dirty")) {
		q->attr.flags |= PW_ATTR_DIRTY;
	} else if (!strcmp(w, "clean")) {
		q->change.flags_clear |= PW_ATTR_DIRTY;
	} else {
		return false;
	}
	return true;
}

static void parse(const char *text, struct request *q)
{
	char line[256], *save = NULL;
	unsigned int level;

	*q = (struct request){ .attr = world_attr(&machine_world, 0) };
	if (!strncmp(text, "each ", 5)) {
		char *end;

		q->each = size_of(text + 5, &end);
		text = end + 1;
	}
	snprintf(line, sizeof(line), "%s", text);
	q->verb = text;
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (w == line || attr_word(q, w))
			continue;
		if (sscanf(w, "leaf=%u", &level) == 1)
			q->flags |= PW_MAX_LEVEL(level);
		else if (!strcmp(w, "cont"))
			q->flags |= PW_CONTIGUOUS;
		else if (!strcmp(w, "keep"))
			q->flags |= PW_KEEP_TABLES;
		else
			EXPECT(add_ranges(q, w));
	}
	/* a user's page is writable for both or for none */
	if ((q->attr.perm & PW_PERM_W) && (q->attr.perm & PW_PERM_USER_R))
		q->attr.perm |= PW_PERM_USER_W;
}

/* Output addresses: those of the input, in the first half terabyte. */
static int map_them(struct request *q, const struct pw_range *r, unsigned int nr,
		    struct pw_gather *g)
{
	static struct pw_mapping maps[MAX_RANGE];

	for (unsigned int i = 0; i < nr; i++)
		maps[i] = (struct pw_mapping){ r[i], pw_pa_of(r[i].first.v & 0x7fffffffff) };
	return pw_map_vec(&machine_world.pt, maps, nr, &q->attr, q->flags, g, NULL);
}

static int call(struct request *q, const struct pw_range *r, unsigned int nr, struct pw_gather *g)
{
	struct pw_table *pt = &machine_world.pt;
	struct pw_sweep sweep = { .range = *r, .next = r->first, .budget = UINT64_MAX };

	if (!strncmp(q->verb, "map ", 4))
		return map_them(q, r, nr, g);
	if (!strncmp(q->verb, "protect ", 8))
		return pw_protect_vec(pt, r, nr, &q->change, q->flags, g, NULL);
	if (!strncmp(q->verb, "unmap ", 6))
		return pw_unmap_vec(pt, r, nr, q->flags, g, NULL);
	EXPECT(!strncmp(q->verb, "collapse ", 9));
	return pw_collapse(pt, &sweep, q->flags, g, NULL);
}

static int perform(const char *text, struct pw_gather *g)
{
	struct request q;
	int err = 0;

	parse(text, &q);
	if (!q.each)
		return call(&q, ranges, q.nr_ranges, g);
	for (uint64_t at = ranges->first.v; !err && at <= ranges->last.v; at += q.each) {
		struct pw_range one = pw_range_len(at, q.each);

		err = call(&q, &one, 1, g);
	}
	return err;
}

static void do_them(const struct row *r)
{
	struct pw_gather g, *use = NULL;

	if (r->batch) {
		EXPECT_EQ(pw_gather_init(&g, &machine_world.exec, slots, r->batch - 1), 0);
		pw_lazy_enable(&g, &machine_world.env);
		use = &g;
	}
	for (unsigned int i = 0; i < r->nr_op; i++) {
		int err = perform(r->op[i], use);
		char line[MACHINE_LINE];

		snprintf(line, sizeof(line), "refused: %s", pw_errname(err));
		if (err)
			machine_log_line(line, 1);
	}
	if (use)
		pw_lazy_disable(&g, &machine_world.env);
}

/* Comparing ------------------------------------------------------------------------------------ */

/*
 * The next line that is wanted, from *@want on. A direct environment sees no stores: what is freed
 * on both sides of one is one line there.
 */
static bool next_wanted(const struct row *r, bool hooked, unsigned int *want, char *text,
			size_t len)
{
	unsigned int freed = 0, n;

	for (; *want < r->nr_want; ++*want) {
		if (!hooked && !strncmp(r->want[*want], "write ", 6))
			continue;
		if (hooked || sscanf(r->want[*want], "free %u", &n) != 1)
			break;
		freed += n;
	}
	if (freed)
		snprintf(text, len, "free %u", freed);
	else if (*want < r->nr_want)
		snprintf(text, len, "%s", r->want[(*want)++]);
	else
		return false;
	return true;
}

static bool as_wanted(const struct row *r, bool hooked)
{
	char text[MACHINE_LINE + 24], wanted[MACHINE_LINE + 24];
	unsigned int want = 0;

	for (uint64_t i = 0; i < machine_log.nr; i++) {
		machine_log_text(i, text, sizeof(text));
		if (!next_wanted(r, hooked, &want, wanted, sizeof(wanted)) || strcmp(text, wanted))
			return false;
	}
	return !next_wanted(r, hooked, &want, wanted, sizeof(wanted));
}

static void print_log(const struct row *r)
{
	char text[MACHINE_LINE + 24];

	printf("plan %s: the machine does\n", r->name);
	for (uint64_t i = 0; i < machine_log.nr; i++) {
		machine_log_text(i, text, sizeof(text));
		printf("\t%s\n", text);
	}
}

static bool run_row(const struct row *r, bool hooked)
{
	bool same;

	if (!machine_open(r->on, hooked))
		return false;
	for (unsigned int i = 0; i < r->nr_have; i++)
		EXPECT_EQ(perform(r->have[i], NULL), 0);
	machine_log_begin(r->counts);
	do_them(r);
	same = as_wanted(r, hooked);
	if (!same)
		print_log(r);
	machine_close();
	return same;
}

static void rows_of(const char *prefix)
{
	unsigned int n = 0;

	read_table();
	for (unsigned int i = 0; i < nr_rows; i++) {
		if (strncmp(rows[i].name, prefix, strlen(prefix)))
			continue;
		n++;
		harness_note("row", i);
		EXPECT(run_row(&rows[i], true));
		EXPECT(run_row(&rows[i], false));
	}
	EXPECT(n > 0);
}

TEST(plans_of_arm64)
{
	rows_of("a64-");
}

TEST(plans_of_arm64_stage2)
{
	rows_of("s2-");
}

TEST(plans_of_x86)
{
	rows_of("x86-");
}

TEST(plans_of_ept)
{
	rows_of("ept-");
}

TEST(plans_of_riscv)
{
	rows_of("rv-");
}

TEST(plans_of_riscv_g_stage)
{
	rows_of("rvg-");
}

/* Names are unique and of an architecture, rules exist, and nothing is left out. */
TEST(rows_are_complete)
{
	static const char *const families[] = { "a64-", "s2-", "x86-", "ept-", "rv-", "rvg-" };

	read_table();
	for (unsigned int i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];
		bool family = false;

		harness_note("row", i);
		for (unsigned int k = 0; k < 6; k++)
			family |= !strncmp(r->name, families[k], strlen(families[k]));
		EXPECT(family);
		for (unsigned int k = 0; k < i; k++)
			EXPECT(strcmp(rows[k].name, r->name) != 0);
		if (!EXPECT(r->what && ((r->rules && *r->rules) || r->source) && r->on && r->nr_op))
			continue;
		for (const char *p = r->rules; p && *p;) {
			size_t len = strcspn(p, " ");

			EXPECT(pwm_rule_find(p, len) != NULL);
			p += len + strspn(p + len, " ");
		}
	}
}

/* That a difference would be seen: a line less, a line more, another operand. */
TEST(a_wrong_row_is_seen)
{
	read_table();
	if (!EXPECT(nr_rows > 0))
		return;
	for (unsigned int wrong = 0; wrong < 3; wrong++) {
		struct row r = rows[0];
		char line[MACHINE_LINE];

		if (wrong == 0)
			r.nr_want--;
		else if (wrong == 1)
			r.want[r.nr_want++] = (char *)"isb";
		for (unsigned int i = 0; wrong == 2 && i < r.nr_want; i++) {
			if (strncmp(r.want[i], "tlbi", 4))
				continue;
			snprintf(line, sizeof(line), "%s", r.want[i]);
			line[strlen(line) - 1] ^= 1;
			r.want[i] = line;
		}
		if (!machine_open(r.on, true))
			return;
		for (unsigned int i = 0; i < r.nr_have; i++)
			EXPECT_EQ(perform(r.have[i], NULL), 0);
		machine_log_begin(r.counts);
		do_them(&r);
		EXPECT(!as_wanted(&r, true));
		machine_close();
	}
}
