/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The native API over the same tables: the entries that the kernel's callbacks were shown, in the
 * same order, each once.
 *
 * An entry is a level, the address where it begins, and its value. The kernel's are read from the
 * log: folded levels are one entry, and one that is asked about again stays one. The native ones
 * are what pw_iter_next() yields over each stretch that the walk covers, as far as the walk's
 * callbacks can see: the kernel goes down only where a callback is interested, and shows holes of
 * the levels it went to.
 *
 *     kernel     pgd_entry  p4d_entry  pud_entry  pmd_entry  pte_entry  (pte_hole: any but PTE)
 *     kind           4          3          2          1          0
 *     level      min(kind, levels - 1)
 *
 * A callback that stops the walk stops the comparison; ACTION_CONTINUE is pw_iter_skip(). Where
 * nothing is skipped pw_walk_range() must come to the same entries, too.
 */
#include "replay.h"

#include <stdio.h>
#include <string.h>

#include <pagewalk/format.h>
#include <pagewalk/iter.h>

#define MAX_VISITS 20000
#define ROOT_LEVEL (PGTABLE_LEVELS - 1)

struct visit {
	unsigned int level;
	unsigned long va;
	uint64_t val;
	bool any_val; /* the log does not say */
};

static struct visit kernel[MAX_VISITS], own[MAX_VISITS];
static unsigned int nr_kernel, nr_own;
static unsigned int stretch; /* where the entries of this stretch begin in own[] */

/* What the walk's callbacks can see. */
static struct {
	bool kind[5];
	bool hole;

	bool all_ptes; /* empty ones too */
	unsigned int calls[5];
} sees;

static const char *const kind_name[5] = { "pte_entry", "pmd_entry", "pud_entry", "p4d_entry",
					  "pgd_entry" };

static unsigned long size_of(unsigned int level)
{
	return PAGE_SIZE << PW_LINUX_TABLE_SHIFT * level;
}

static unsigned int level_of(unsigned int kind)
{
	return kind > ROOT_LEVEL ? ROOT_LEVEL : kind;
}

static void add_kernel(unsigned int level, unsigned long addr, const char *line)
{
	struct visit v = { level, addr & -size_of(level), hex(line, "val"), !strstr(line, "val=") };
	unsigned int i;

	for (i = nr_kernel; i-- > 0;) {
		if (kernel[i].level == v.level && kernel[i].va == v.va)
			return;
	}
	if (nr_kernel < MAX_VISITS)
		kernel[nr_kernel++] = v;
}

static unsigned int level_of_size(unsigned long size)
{
	unsigned int level = 0;

	while (level < ROOT_LEVEL && size_of(level + 1) <= size)
		level++;
	return level;
}

/* One line of the log. */
static void read_visit(const char *line)
{
	char name[32];
	unsigned long addr;
	unsigned int kind;

	if (sscanf(line, " %31s %lx", name, &addr) != 2)
		return;
	for (kind = 0; kind < 5; kind++) {
		if (!strcmp(name, kind_name[kind]))
			add_kernel(level_of(kind), addr, line);
	}
	if (!strcmp(name, "fn"))
		add_kernel(0, addr, line);
	if (!strcmp(name, "hugetlb_entry"))
		add_kernel(level_of_size(-hex(line, "hmask")), addr, line);
	if (!strcmp(name, "pte_hole") && !strstr(line, "depth=-1"))
		add_kernel(level_of(4 - (unsigned int)(strstr(line, "depth=")[6] - '0')), addr,
			   line);
}

static void see(const struct walk *w)
{
	unsigned int kind;

	memset(&sees, 0, sizeof(sees));
	for (kind = 0; kind < 5; kind++)
		sees.kind[kind] = has_op(w->ops, kind_name[kind]);
	sees.hole = has_op(w->ops, "pte_hole");
	sees.all_ptes = strcmp(w->fn, "apply_to_existing_page_range") != 0;
	if (has_op(w->ops, "fn"))
		sees.kind[0] = true;
}

/* Does the kernel look at entries of this level at all? */
static bool reached(unsigned int level)
{
	unsigned int kind;

	for (kind = 0; kind <= level; kind++) {
		if (sees.kind[kind])
			return true;
	}
	return level == 4; /* the PGD, always */
}

/* Kinds that are folded into the root see every entry, empty ones too. */
static bool folded_sees(unsigned int level)
{
	unsigned int kind;

	for (kind = level + 1; level == ROOT_LEVEL && kind < 5; kind++) {
		if (sees.kind[kind])
			return true;
	}
	return false;
}

static bool visible(unsigned int level, uint32_t run)
{
	/* at the upper two levels Linux takes what is neither table nor (LPA2) leaf for a hole */
	bool leaf = run == PW_RUN_LEAF ||
		    (run == PW_RUN_INVALID && PGTABLE_LEVELS > 4 && level == 3);
	bool hole = run == PW_RUN_HOLE || (level > 2 && run != PW_RUN_TABLE_PRE && !leaf);

	if (folded_sees(level))
		return true;
	if (level == 0)
		return sees.kind[0] && (!hole || sees.all_ptes);
	return hole ? sees.hole && reached(level) : sees.kind[level];
}

/* Two stretches may have upper levels in common; one stretch must not come to an entry twice. */
static void add_own(unsigned int level, unsigned long va, uint64_t val)
{
	unsigned int i;

	for (i = 0; i < stretch; i++) {
		if (own[i].level == level && own[i].va == va)
			return;
	}
	if (nr_own < MAX_VISITS)
		own[nr_own++] = (struct visit){ level, va, val, false };
}

/* The @i-th entry of a run: equal but for the address. */
static uint64_t nth(const struct pw_run *run, uint64_t i)
{
	uint64_t bits = run->entry & ~pw_linux_pa_entry(~0ull);

	if (run->kind != PW_RUN_LEAF && run->kind != PW_RUN_INVALID)
		return run->entry;
	return bits | pw_linux_pa_entry(pw_linux_entry_pa(run->entry) + i * size_of(run->level));
}

/* What a callback of the walk would do with it: true to pass over what is below. */
static bool passed_over(const struct walk *w, unsigned int level, bool hole)
{
	unsigned int kind;
	struct act act;

	for (kind = 2; kind >= 1; kind--) { /* with 2 levels the PUD is this entry, and the PMD */
		if (level_of(kind) != level || !sees.kind[kind] || (hole && kind == level))
			continue;
		act = rule_at(w->rule, kind_name[kind], ++sees.calls[kind]);
		if (act.action == ACTION_CONTINUE)
			return true;
	}
	return false;
}

/* Entries by level and kind, as the two native forms count them. */
struct totals {
	uint64_t nr[PW_MAX_LEVELS][PW_RUN_TABLE_POST + 1];
};

static void count(struct totals *t, const struct pw_run *run)
{
	if (run->kind != PW_RUN_TABLE_PRE)
		t->nr[run->level][run->kind] += run->nr;
}

static int count_run(struct pw_walk *walk, const struct pw_run *run)
{
	count(walk->priv, run);
	return PW_WALK_NEXT;
}

/* The callback form must come to the same entries as the cursor did. */
static bool walk_agrees(const struct pw_table *pt, struct pw_range range,
			const struct totals *wanted)
{
	const struct pw_walk_ops ops = {
		.want = PW_WANT_LEAVES | PW_WANT_HOLES | PW_WANT_INVALID | PW_WANT_NONPRESENT,
		.run = count_run,
	};
	struct totals t = { 0 };

	return pw_walk_range(pt, range, &ops, &t) == 0 && !memcmp(&t, wanted, sizeof(t));
}

static bool visit_range(const struct walk *w, const struct pw_table *pt, unsigned long first,
			unsigned long last)
{
	struct pw_range range = { { first }, { last } };
	struct totals totals = { 0 };
	struct pw_iter it;
	struct pw_run run;
	uint64_t i;
	bool skip, skipped = false;
	int err;

	err = pw_iter_init(&it, pt, range, PW_WANT_ALL & ~(PW_WANT_TABLE_POST | PW_WANT_PARTIAL),
			   0);
	while (!err && (err = pw_iter_next(&it, &run)) > 0) {
		unsigned long va = run.first.v & -size_of(run.level);

		err = 0;
		count(&totals, &run);
		for (i = 0; i < run.nr; i++) {
			if (!visible(run.level, run.kind))
				continue;
			skip = passed_over(w, run.level, run.kind == PW_RUN_HOLE);
			add_own(run.level, va + i * size_of(run.level), nth(&run, i));
			if (skip && run.kind == PW_RUN_TABLE_PRE) {
				pw_iter_skip(&it);
				skipped = true;
			}
		}
	}
	return err == 0 && (skipped || walk_agrees(pt, range, &totals));
}

#if PAGE_SHIFT == 12
static const struct pw_instance *const format = VA_BITS > 48 ? &pw_arm64_4k_lpa2_direct :
							       &pw_arm64_4k_direct;
#elif PAGE_SHIFT == 14
static const struct pw_instance *const format = VA_BITS > 48 ? &pw_arm64_16k_lpa2_direct :
							       &pw_arm64_16k_direct;
#else
static const struct pw_instance *const format = VA_BITS > 48 ? &pw_arm64_64k_lpa_direct :
							       &pw_arm64_64k_direct;
#endif

/*
 * A stretch of the walk. Bytes are pages to the native API; the kernel counts pages from where it
 * enters a PTE table, and so misses the last page that an unaligned range within one touches.
 */
static bool visit_stretch(const struct walk *w, unsigned long from, unsigned long to)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = from >> 63 ? PW_TABLE_UPPER : 0,
		.instance = format,
		.env = &env,
		.va_bits = VA_BITS,
	};
	unsigned long first = from & PAGE_MASK, last = (to - 1) | ~PAGE_MASK;
	const pgd_t *root = init_mm.pgd;
	struct pw_table pt;

	if (!strcmp(w->root, "private"))
		root = private_root;
	else if (!strcmp(w->root, "user"))
		root = user_mm.pgd;
	cfg.root.v = phys(root);
	stretch = nr_own;
	if (((from ^ (to - 1)) & PMD_MASK) == 0)
		last = first + ((to - from + ~PAGE_MASK) & PAGE_MASK) - 1;
	return pw_table_init(&pt, &cfg) == 0 && visit_range(w, &pt, first, last);
}

/* The part of a VMA that the walk covers: false, none. */
static bool part(const struct walk *w, const struct vm_area_struct *vma, unsigned long *from,
		 unsigned long *to)
{
	unsigned long first = vma->vm_start, end = vma->vm_end;

	*from = w->from;
	*to = w->to;
	if (!strcmp(w->fn, "walk_page_vma")) {
		*from = 0;
		*to = ~0ul;
	} else if (!strcmp(w->fn, "walk_page_mapping")) {
		if (vma->vm_mapping != &shm1 || w->to <= vma->vm_pgoff)
			return false;
		*from = first;
		if (w->from > vma->vm_pgoff)
			*from += (w->from - vma->vm_pgoff) << PAGE_SHIFT;
		*to = first + ((w->to - vma->vm_pgoff) << PAGE_SHIFT);
	}
	*from = *from > first ? *from : first;
	*to = *to < end ? *to : end;
	return *from < *to && (!w->vma || w->vma == vma);
}

/* The walk's test of a VMA: 0 walk it, positive pass over. */
static int test(const struct walk *w, const struct vm_area_struct *vma, unsigned int k)
{
	if (w->vma)
		return 0; /* walks of one VMA do not test it */
	if (has_op(w->ops, "test_walk"))
		return rule_at(w->rule, "test_walk", k).ret;
	return (vma->vm_flags & VM_PFNMAP) != 0;
}

static bool visit_vmas(const struct walk *w)
{
	unsigned long i, from, to;
	unsigned int k = 0;
	bool ok = true;

	for (i = 0; i < user_mm.nr_vmas && ok; i++) {
		const struct vm_area_struct *vma = &user_mm.vmas[i];
		int tested;

		if (!part(w, vma, &from, &to))
			continue;
		tested = test(w, vma, ++k);
		if (tested < 0 || (tested && !strcmp(w->fn, "walk_page_mapping")))
			return true;
		see(w);
		if (is_vm_hugetlb_page(vma)) { /* its pages, and nothing else */
			memset(&sees, 0, sizeof(sees));
			sees.kind[level_of_size(vma->huge_page_size)] =
				has_op(w->ops, "hugetlb_entry");
			sees.hole = sees.kind[level_of_size(vma->huge_page_size)];
		}
		if (!tested)
			ok = visit_stretch(w, from, to);
	}
	return ok;
}

static bool same(const struct visit *a, const struct visit *b)
{
	return a->level == b->level && a->va == b->va && (a->any_val || a->val == b->val);
}

bool native_agrees(const struct walk *w, unsigned int *entries)
{
	size_t line;
	unsigned int i;

	nr_kernel = nr_own = 0;
	for (line = w->first; line < w->end; line++)
		read_visit(lines[line]);
	see(w);
	if (!(w->vmas ? visit_vmas(w) : visit_stretch(w, w->from, w->to))) {
		printf("  the native walk failed\n");
		return false;
	}
	for (i = 0; i < nr_kernel && i < nr_own; i++) {
		if (!same(&kernel[i], &own[i])) {
			printf("  entry %u: level %u 0x%lx 0x%llx, not level %u 0x%lx 0x%llx\n", i,
			       own[i].level, own[i].va, ULL(own[i].val), kernel[i].level,
			       kernel[i].va, ULL(kernel[i].val));
			return false;
		}
	}
	*entries += nr_kernel;
	/* a callback that ended the walk ended it for both */
	if (nr_own == nr_kernel || (w->ret && nr_own > nr_kernel))
		return true;
	printf("  %u entries, not %u\n", nr_own, nr_kernel);
	return false;
}
