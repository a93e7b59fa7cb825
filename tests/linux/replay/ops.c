/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Callbacks: each tells what it was called with, as the log has it, and follows the walk's rule.
 */
#include "replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum slot { PGD, P4D, PUD, PMD, PTE, HOLE, HUGE, TEST_WALK, PRE_VMA, INSTALL, FN, NR_SLOTS };

static const char *const slot_name[NR_SLOTS] = {
	"pgd_entry",	 "p4d_entry", "pud_entry", "pmd_entry",	  "pte_entry", "pte_hole",
	"hugetlb_entry", "test_walk", "pre_vma",   "install_pte", "fn",
};

/* The walk under way. */
static struct {
	const struct walk *w;
	size_t line; /* the next expected one */
	bool agree;
	unsigned int calls[NR_SLOTS];
} now;

void ops_begin(const struct walk *w)
{
	memset(&now, 0, sizeof(now));
	now.w = w;
	now.line = w->first;
	now.agree = true;
}

size_t ops_line(void)
{
	return now.line;
}

bool ops_agree(void)
{
	return now.agree;
}

static const char *expected(void)
{
	return now.line < now.w->end ? lines[now.line] : "";
}

void ops_mismatch(const char *got)
{
	if (now.agree)
		printf("  walks.log:%zu: expected '%s', got '%s'\n", now.line + 1,
		       now.line < now.w->end ? lines[now.line] : lines[now.w->end], got);
	now.agree = false;
}

static void tell(const char *fmt, ...)
{
	char got[256];
	va_list args;

	if (!now.agree)
		return;
	va_start(args, fmt);
	vsnprintf(got, sizeof(got), fmt, args);
	va_end(args);
	if (strcmp(got, expected()))
		ops_mismatch(got);
	else
		now.line++;
}

/* " val=...", which is left out where callbacks of that kernel ran past the table. */
static const char *value(uint64_t val)
{
	static char text[32];

	text[0] = '\0';
	if (!now.w->cut || strstr(expected(), " val="))
		snprintf(text, sizeof(text), " val=%llx",
			 ULL(in_their_words(val, hex(expected(), "val"))));
	return text;
}

/* " vma=...", in walks over VMAs. */
static const char *area(const struct mm_walk *walk)
{
	static char text[32];

	text[0] = '\0';
	if (!walk->no_vma && walk->vma)
		snprintf(text, sizeof(text), " vma=%lx", walk->vma->vm_start);
	else if (!walk->no_vma)
		snprintf(text, sizeof(text), " vma=-");
	return text;
}

/* The k-th call: what the rule says. */
static struct act next_call(enum slot slot)
{
	return rule_at(now.w->rule, slot_name[slot], ++now.calls[slot]);
}

static int obey(enum slot slot, struct mm_walk *walk)
{
	struct act act = next_call(slot);

	if (act.action >= 0)
		walk->action = (enum page_walk_action)act.action;
	return act.ret;
}

static int entry(enum slot slot, uint64_t val, unsigned long addr, unsigned long next,
		 struct mm_walk *walk)
{
	tell("  %s %lx %lx%s%s", slot_name[slot], addr, next, value(val), area(walk));
	return obey(slot, walk);
}

static int on_pgd(pgd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(PGD, pgd_val(*e), addr, next, walk);
}

static int on_p4d(p4d_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(P4D, p4d_val(*e), addr, next, walk);
}

static int on_pud(pud_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(PUD, pud_val(*e), addr, next, walk);
}

/* The callback itself puts a table in the place of a block, as pageattr does. */
static void split(pmd_t *pmd, struct mm_walk *walk)
{
	uint64_t old = pmd_val(*pmd), i, *table;
	struct pw_pa pa;

	table = new_table(&pa);
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = (old | PTE_TABLE_BIT) + i * PAGE_SIZE;
	set_pmd(pmd, __pmd(pa.v | PMD_TYPE_TABLE));
	tell("  set pmd pa=%llx old=%llx new=%llx", ULL(phys(pmd)), ULL(old),
	     ULL(in_their_words(pmd_val(*pmd), hex(expected(), "new"))));
	walk->action = ACTION_SUBTREE;
}

static int on_pmd(pmd_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	unsigned int k = now.calls[PMD] + 1;
	int ret = entry(PMD, pmd_val(*e), addr, next, walk);

	if (rule_at(now.w->rule, slot_name[PMD], k).split)
		split(e, walk);
	return ret;
}

static int on_pte(pte_t *e, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(PTE, pte_val(*e), addr, next, walk);
}

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	tell("  pte_hole %lx %lx depth=%d%s", addr, next, depth, area(walk));
	return obey(HOLE, walk);
}

static int on_huge(pte_t *e, unsigned long hmask, unsigned long addr, unsigned long next,
		   struct mm_walk *walk)
{
	tell("  hugetlb_entry %lx %lx hmask=%lx%s%s", addr, next, hmask, value(pte_val(*e)),
	     area(walk));
	return obey(HUGE, walk);
}

static int on_test(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	tell("  test_walk %lx %lx%s", addr, next, area(walk));
	return obey(TEST_WALK, walk);
}

static int on_pre(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	tell("  pre_vma %lx %lx%s", start, end, area(walk));
	return obey(PRE_VMA, walk);
}

static void on_post(struct mm_walk *walk)
{
	tell("  post_vma%s", area(walk));
}

/* What is installed is the recorder's choice, so it is read from the log. */
static int on_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	*pte = __pte(hex(expected(), "new"));
	tell("  install_pte %lx %lx new=%llx%s", addr, next, ULL(pte_val(*pte)), area(walk));
	return obey(INSTALL, walk);
}

static int on_fn(pte_t *pte, unsigned long addr, void *data)
{
	(void)data;
	tell("  fn %lx%s", addr, value(pte_val(*pte)));
	return next_call(FN).ret;
}

bool ops_good(const char *ops)
{
	const char *p = ops;

	while (*p) {
		size_t n = strcspn(p, ",");
		unsigned int i;

		for (i = 0; i < NR_SLOTS; i++) {
			if (n == strlen(slot_name[i]) && !strncmp(p, slot_name[i], n))
				break;
		}
		if (i == NR_SLOTS && (n != 8 || strncmp(p, "post_vma", n)) && strcmp(ops, "none"))
			return false;
		p += n + (p[n] == ',');
	}
	return *ops != '\0';
}

void ops_make(const struct walk *w, struct mm_walk_ops *o)
{
	memset(o, 0, sizeof(*o));
	o->pgd_entry = has_op(w->ops, "pgd_entry") ? on_pgd : NULL;
	o->p4d_entry = has_op(w->ops, "p4d_entry") ? on_p4d : NULL;
	o->pud_entry = has_op(w->ops, "pud_entry") ? on_pud : NULL;
	o->pmd_entry = has_op(w->ops, "pmd_entry") ? on_pmd : NULL;
	o->pte_entry = has_op(w->ops, "pte_entry") ? on_pte : NULL;
	o->pte_hole = has_op(w->ops, "pte_hole") ? on_hole : NULL;
	o->hugetlb_entry = has_op(w->ops, "hugetlb_entry") ? on_huge : NULL;
	o->test_walk = has_op(w->ops, "test_walk") ? on_test : NULL;
	o->pre_vma = has_op(w->ops, "pre_vma") ? on_pre : NULL;
	o->post_vma = has_op(w->ops, "post_vma") ? on_post : NULL;
	o->install_pte = has_op(w->ops, "install_pte") ? on_install : NULL;
}

pte_fn_t ops_fn(const struct walk *w)
{
	return has_op(w->ops, "fn") ? on_fn : NULL;
}
