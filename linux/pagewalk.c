/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The walker without VMAs: five levels, one function each, from the PGD down.
 *
 *     PGD   empty or bad: hole        entry callback, then down      actions are not looked at
 *     P4D   empty or bad: hole        the same
 *     PUD   empty: hole               entry callback; AGAIN, CONTINUE or down into a table
 *     PMD   empty: hole               the same
 *     PTE   every entry, empty or not, goes to pte_entry
 *
 * A level that the geometry folds away is still walked, as one entry that is never empty: that is
 * how Linux gives each callback its call whatever the configuration. The depth that pte_hole gets
 * is that of the level which really exists (real_depth).
 *
 * Callbacks may change the entry they were given, so it is read again before the descent; and the
 * table below a PUD may go away between the two, so the PMD level looks at its PUD once more and
 * asks for the PUD again when it is no table any longer.
 */
#include "state.h"

/* Is there a callback at this level or below? Nothing is descended into for holes alone. */
static bool wants_pte(const struct mm_walk_ops *ops)
{
	return ops->pte_entry;
}

static bool wants_pmd(const struct mm_walk_ops *ops)
{
	return ops->pmd_entry || wants_pte(ops);
}

static bool wants_pud(const struct mm_walk_ops *ops)
{
	return ops->pud_entry || wants_pmd(ops);
}

static bool wants_p4d(const struct mm_walk_ops *ops)
{
	return ops->p4d_entry || wants_pud(ops);
}

/* A folded level counts as the one above it that exists. */
static int real_depth(int depth)
{
	if (depth == 3 && PTRS_PER_PMD == 1)
		depth = 2;
	if (depth == 2 && PTRS_PER_PUD == 1)
		depth = 1;
	if (depth == 1 && PTRS_PER_P4D == 1)
		depth = 0;
	return depth;
}

static int hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	return walk->ops->pte_hole ? walk->ops->pte_hole(addr, next, real_depth(depth), walk) : 0;
}

/* The hooks around one table; a folded level has none. */
static int enter_table(struct mm_walk *walk, int level, bool folded, unsigned long addr,
		       unsigned long end)
{
	const struct mm_walk_ops *ops = walk->ops;

	return ops->pre_table && !folded ? ops->pre_table(walk, level, addr, end) : 0;
}

static void leave_table(struct mm_walk *walk, int level, bool folded, unsigned long addr,
			unsigned long end)
{
	const struct mm_walk_ops *ops = walk->ops;

	if (ops->post_table && !folded)
		ops->post_table(walk, level, addr, end);
}

/* The table below an entry; where the level is folded the entry itself; NULL outside memory. */
static void *table_below(void *entry, bool folded)
{
	uint64_t e;

	if (folded)
		return entry;
	e = pw_linux_read(entry);
	return pw_linux_table_ok(e) ? pw_linux_table_virt(e) : NULL;
}

static int walk_ptes(pte_t *pte, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;

	for (;; addr += PAGE_SIZE, pte++) {
		int err = ops->pte_entry(pte, addr, addr + PAGE_SIZE, walk);

		/* "end - addr", so that an end below PAGE_SIZE does not wrap */
		if (err || end - addr <= PAGE_SIZE)
			return err;
	}
}

static int walk_pte_table(pmd_t pmd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	int err;

	if (!pw_linux_table_ok(pmd_val(pmd)))
		return -EFAULT;
	err = enter_table(walk, 0, false, addr, end);
	if (err)
		return err;
	if (ops->pre_pte_table)
		ops->pre_pte_table();
	err = walk_ptes((pte_t *)pw_linux_table_virt(pmd_val(pmd)) + pte_index(addr), addr, end,
			walk);
	if (ops->post_pte_table)
		ops->post_pte_table();
	leave_table(walk, 0, false, addr, end);
	return err;
}

/* One PMD, until nobody asks for it again. */
static int walk_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	pmd_t e;
	int err;

	do {
		walk->action = ACTION_SUBTREE;
		if (pmd_none(pmdp_get(pmd)))
			return hole(addr, next, 3, walk);
		if (ops->pmd_entry) {
			err = ops->pmd_entry(pmd, addr, next, walk);
			if (err)
				return err;
		}
		if (walk->action == ACTION_AGAIN)
			continue;
		if (walk->action == ACTION_CONTINUE || !wants_pte(ops))
			return 0;
		e = pmdp_get(pmd);
		if (!pmd_present(e) || pmd_leaf(e))
			return 0;
		err = walk_pte_table(e, addr, next, walk);
		if (err)
			return err;
	} while (walk->action == ACTION_AGAIN);
	return 0;
}

static int walk_pmd_table(pud_t *pud, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const bool folded = PTRS_PER_PMD == 1;
	pud_t e = pudp_get(pud);
	unsigned long next, at = addr;
	pmd_t *pmd;
	int err;

	if (!pud_present(e) || pud_leaf(e)) { /* it was a table a moment ago */
		walk->action = ACTION_AGAIN;
		return 0;
	}
	pmd = table_below(pud, folded);
	if (!pmd)
		return -EFAULT;
	err = enter_table(walk, 1, folded, addr, end);
	if (err)
		return err;
	pmd += pmd_index(addr);
	do {
		next = pmd_addr_end(at, end);
		err = walk_pmd(pmd, at, next, walk);
		pmd++;
		at = next;
	} while (!err && at != end);
	leave_table(walk, 1, folded, addr, end);
	return err;
}

static int walk_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	pud_t e;
	int err;

	do {
		walk->action = ACTION_SUBTREE;
		if (pud_none(pudp_get(pud)))
			return hole(addr, next, 2, walk);
		if (ops->pud_entry) {
			err = ops->pud_entry(pud, addr, next, walk);
			if (err)
				return err;
		}
		if (walk->action == ACTION_AGAIN)
			continue;
		if (walk->action == ACTION_CONTINUE || !wants_pmd(ops))
			return 0;
		e = pudp_get(pud);
		if (!pud_present(e) || pud_leaf(e))
			return 0;
		err = walk_pmd_table(pud, addr, next, walk);
		if (err)
			return err;
	} while (walk->action == ACTION_AGAIN);
	return 0;
}

static int walk_pud_table(p4d_t *p4d, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const bool folded = PTRS_PER_PUD == 1;
	unsigned long next, at = addr;
	pud_t *pud = table_below(p4d, folded);
	int err;

	if (!pud)
		return -EFAULT;
	err = enter_table(walk, 2, folded, addr, end);
	if (err)
		return err;
	pud += pud_index(addr);
	do {
		next = pud_addr_end(at, end);
		err = walk_pud(pud, at, next, walk);
		pud++;
		at = next;
	} while (!err && at != end);
	leave_table(walk, 2, folded, addr, end);
	return err;
}

/*
 * One P4D. Bad entries are holes, as where Linux folds this level and compiles its clearing of
 * them out; a block that LPA2 allows here is told to the callback like any leaf.
 */
static int walk_p4d(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	p4d_t e = p4dp_get(p4d);
	int err = 0;

	if (p4d_none(e) || (p4d_bad(e) && !p4d_leaf(e)))
		return hole(addr, next, 1, walk);
	if (walk->ops->p4d_entry)
		err = walk->ops->p4d_entry(p4d, addr, next, walk);
	e = p4dp_get(p4d);
	if (err || p4d_none(e) || p4d_bad(e) || !wants_pud(walk->ops))
		return err;
	return walk_pud_table(p4d, addr, next, walk);
}

static int walk_p4d_table(pgd_t *pgd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const bool folded = PTRS_PER_P4D == 1;
	unsigned long next, at = addr;
	p4d_t *p4d = table_below(pgd, folded);
	int err;

	if (!p4d)
		return -EFAULT;
	err = enter_table(walk, 3, folded, addr, end);
	if (err)
		return err;
	p4d += p4d_index(addr);
	do {
		next = p4d_addr_end(at, end);
		err = walk_p4d(p4d, at, next, walk);
		p4d++;
		at = next;
	} while (!err && at != end);
	leave_table(walk, 3, folded, addr, end);
	return err;
}

static int walk_pgd(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pgd_t e = pgdp_get(pgd);
	int err = 0;

	if (pgd_none(e) || pgd_bad(e))
		return hole(addr, next, 0, walk);
	if (walk->ops->pgd_entry)
		err = walk->ops->pgd_entry(pgd, addr, next, walk);
	e = pgdp_get(pgd);
	if (err || pgd_none(e) || pgd_bad(e) || !wants_p4d(walk->ops))
		return err;
	return walk_p4d_table(pgd, addr, next, walk);
}

static int walk_pgd_table(struct mm_walk *walk, unsigned long addr, unsigned long end)
{
	pgd_t *pgd = (walk->pgd ? walk->pgd : walk->mm->pgd) + pgd_index(addr);
	unsigned long next, at = addr;
	int err = enter_table(walk, PGTABLE_LEVELS - 1, false, addr, end);

	if (err)
		return err;
	do {
		next = pgd_addr_end(at, end);
		err = walk_pgd(pgd, at, next, walk);
		pgd++;
		at = next;
	} while (!err && at != end);
	leave_table(walk, PGTABLE_LEVELS - 1, false, addr, end);
	return err;
}

static int walk_novma(struct mm_struct *mm, unsigned long start, unsigned long end,
		      const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	struct mm_walk walk = {
		.ops = ops,
		.mm = mm,
		.pgd = pgd,
		.private = private,
		.no_vma = true,
	};

	if (start >= end || ops->install_pte)
		return -EINVAL;
	return walk_pgd_table(&walk, start, end);
}

int walk_page_range_novma(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	if (ops->walk_lock != PGWALK_NOLOCK)
		pw_linux_assert_locked(mm, mm != &init_mm);
	return walk_novma(mm, start, end, ops, pgd, private);
}

int walk_kernel_page_table_range(unsigned long start, unsigned long end,
				 const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	pw_linux_assert_locked(&init_mm, false);
	return walk_kernel_page_table_range_lockless(start, end, ops, pgd, private);
}

int walk_kernel_page_table_range_lockless(unsigned long start, unsigned long end,
					  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	if (ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	return walk_novma(&init_mm, start, end, ops, pgd, private);
}

int walk_page_range_debug(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	pw_linux_assert_locked(mm, true);
	pw_linux_assert_locked(&init_mm, true);
	if (ops->walk_lock == PGWALK_NOLOCK)
		return -EINVAL;
	return walk_novma(mm, start, end, ops, pgd, private);
}
