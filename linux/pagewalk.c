/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The walker: five levels, one function each, from the PGD down.
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
 *
 * Below a VMA there is more to do: a huge page is split for the sake of callbacks below it, a
 * missing table is made when PTEs are to be installed, and PTEs are looked at with their table's
 * lock held. A kernel mapping is never split and never locked.
 */
#include "state.h"

/*
 * Is there a callback at this level or below? Nothing is descended into for holes alone. To install
 * PTEs is a reason of its own, but not to look below huge pages: those are left alone then.
 */
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

/* The table that the entry @e at @entry leads to; where the level below is folded the entry itself;
   NULL outside memory. */
static void *table_below(void *entry, uint64_t e, bool folded)
{
	if (folded)
		return entry;
	return pw_linux_table_ok(e) ? pw_linux_table_virt(e) : NULL;
}

/* Fill an empty PTE with what the callback makes. */
static int install(pte_t *pte, unsigned long addr, struct mm_walk *walk)
{
	pte_t made = __pte(0);
	int err = walk->ops->install_pte(addr, addr + PAGE_SIZE, &made, walk);

	if (!err)
		set_pte_at(walk->mm, addr, pte, made);
	return err;
}

static int walk_ptes(pte_t *pte, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;

	for (;; addr += PAGE_SIZE, pte++) {
		int err = 0;

		if (ops->install_pte && pte_none(ptep_get(pte)))
			err = install(pte, addr, walk);
		else if (ops->pte_entry)
			err = ops->pte_entry(pte, addr, addr + PAGE_SIZE, walk);

		/* "end - addr", so that an end below PAGE_SIZE does not wrap */
		if (err || end - addr <= PAGE_SIZE)
			return err;
	}
}

static int walk_pte_table(pte_t *table, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	int err = enter_table(walk, 0, false, addr, end);

	if (err)
		return err;
	if (ops->pre_pte_table)
		ops->pre_pte_table();
	err = walk_ptes(table + pte_index(addr), addr, end, walk);
	if (ops->post_pte_table)
		ops->post_pte_table();
	leave_table(walk, 0, false, addr, end);
	return err;
}

/* The PTE table that the PMD pointed to a moment ago. */
static int walk_below_pmd(pmd_t *pmd, pmd_t e, unsigned long addr, unsigned long end,
			  struct mm_walk *walk)
{
	pte_t *table;
	int err = 0;

	if (!pw_linux_table_ok(pmd_val(e)))
		return -EFAULT;
	table = pw_linux_table_virt(pmd_val(e));
	if (walk->no_vma)
		return walk_pte_table(table, addr, end, walk);
	pw_linux_ptl_lock(walk->mm, table, 0);
	if (pmd_val(pmdp_get(pmd)) == pmd_val(e))
		err = walk_pte_table(table, addr, end, walk);
	else
		walk->action = ACTION_AGAIN; /* the table went away before it was locked */
	pw_linux_ptl_unlock(walk->mm, table, 0);
	return err;
}

/*
 * What is at @entry, of @level, when a callback below wants to see it: split if it is a huge page
 * of a VMA. @seen: what it was when its callback was asked. *@below: the entry if it leads to a
 * table now, else 0.
 */
static int open_entry(void *entry, uint64_t seen, int level, unsigned long addr,
		      struct mm_walk *walk, uint64_t *below)
{
	uint64_t e = pw_linux_read(entry);
	int err;

	if (!walk->no_vma && pw_linux_leaf(e)) {
		err = pw_linux_split(walk->mm, entry, level, addr);
		if (err)
			return err;
		e = pw_linux_read(entry);
	}
	*below = pw_linux_table(e) ? e : 0;
	if (!*below && !walk->no_vma && e != seen)
		walk->action = ACTION_AGAIN; /* it changed under us: ask about what it is now */
	return 0;
}

/* Is there a table to make? 1: no, @entry is not empty now; 0: it is a hole; or an error. */
static int fill_hole(void *entry, bool none, struct mm_walk *walk)
{
	int err;

	if (!none)
		return 1;
	if (!walk->ops->install_pte)
		return 0;
	err = pw_linux_populate(walk->mm, entry);
	return err ? err : 1;
}

/* One PMD, until nobody asks for it again. */
static int walk_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	uint64_t seen, below;
	int err;

	do {
		walk->action = ACTION_SUBTREE;
		err = fill_hole(pmd, pmd_none(pmdp_get(pmd)), walk);
		if (err <= 0)
			return err ? err : hole(addr, next, 3, walk);
		seen = pw_linux_read(pmd);
		if (ops->pmd_entry) {
			err = ops->pmd_entry(pmd, addr, next, walk);
			if (err)
				return err;
		}
		if (walk->action == ACTION_AGAIN)
			continue;
		if (walk->action == ACTION_CONTINUE)
			return 0;
		if (!wants_pte(ops) && (!ops->install_pte || pmd_leaf(pmdp_get(pmd))))
			return 0;
		err = open_entry(pmd, seen, 1, addr, walk, &below);
		if (!err && below)
			err = walk_below_pmd(pmd, __pmd(below), addr, next, walk);
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
	pmd = table_below(pud, pud_val(e), folded);
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
	uint64_t seen, below;
	int err;

	do {
		walk->action = ACTION_SUBTREE;
		err = fill_hole(pud, pud_none(pudp_get(pud)), walk);
		if (err <= 0)
			return err ? err : hole(addr, next, 2, walk);
		seen = pw_linux_read(pud);
		if (ops->pud_entry) {
			err = ops->pud_entry(pud, addr, next, walk);
			if (err)
				return err;
		}
		if (walk->action == ACTION_AGAIN)
			continue;
		if (walk->action == ACTION_CONTINUE)
			return 0;
		if (!wants_pmd(ops) && (!ops->install_pte || pud_leaf(pudp_get(pud))))
			return 0;
		below = 1; /* folded: the same entry comes again, as PMD */
		err = PTRS_PER_PMD > 1 ? open_entry(pud, seen, 2, addr, walk, &below) : 0;
		if (!err && below)
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
	p4d_t e = p4dp_get(p4d);
	pud_t *pud;
	int err;

	if (!p4d_table(e)) /* a leaf (LPA2), or what the callback left */
		return 0;
	pud = table_below(p4d, p4d_val(e), folded);
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
	int err = fill_hole(p4d, p4d_none(p4dp_get(p4d)), walk);

	if (err > 0 && p4d_bad(p4dp_get(p4d)) && !p4d_leaf(p4dp_get(p4d)))
		err = walk->ops->install_pte ? -EINVAL : 0;
	if (err <= 0)
		return err ? err : hole(addr, next, 1, walk);
	err = walk->ops->p4d_entry ? walk->ops->p4d_entry(p4d, addr, next, walk) : 0;
	if (err || !(wants_pud(walk->ops) || walk->ops->install_pte))
		return err;
	return walk_pud_table(p4d, addr, next, walk);
}

static int walk_p4d_table(pgd_t *pgd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const bool folded = PTRS_PER_P4D == 1;
	unsigned long next, at = addr;
	pgd_t e = pgdp_get(pgd);
	p4d_t *p4d;
	int err;

	if (!pgd_table(e))
		return 0;
	p4d = table_below(pgd, pgd_val(e), folded);
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
	int err = fill_hole(pgd, pgd_none(pgdp_get(pgd)), walk);

	if (err > 0 && pgd_bad(pgdp_get(pgd)))
		err = walk->ops->install_pte ? -EINVAL : 0;
	if (err <= 0)
		return err ? err : hole(addr, next, 0, walk);
	err = walk->ops->pgd_entry ? walk->ops->pgd_entry(pgd, addr, next, walk) : 0;
	if (err || !(wants_p4d(walk->ops) || walk->ops->install_pte))
		return err;
	return walk_p4d_table(pgd, addr, next, walk);
}

int pw_linux_walk_tables(struct mm_walk *walk, unsigned long start, unsigned long end)
{
	pgd_t *pgd = (walk->pgd ? walk->pgd : walk->mm->pgd) + pgd_index(start);
	unsigned long next, at = start;
	int err = enter_table(walk, PGTABLE_LEVELS - 1, false, start, end);

	if (err)
		return err;
	do {
		next = pgd_addr_end(at, end);
		err = walk_pgd(pgd, at, next, walk);
		pgd++;
		at = next;
	} while (!err && at != end);
	leave_table(walk, PGTABLE_LEVELS - 1, false, start, end);
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

	if (start >= end || ops->install_pte || !pw_linux_one_half(start, end))
		return -EINVAL;
	return pw_linux_walk_tables(&walk, start, end);
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
