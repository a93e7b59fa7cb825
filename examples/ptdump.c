/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The kernel's page table dump in its shape: callbacks at every level note what is there, the hole
 * callback what is not, and equal neighbours become one row. Beside an entry's own permission
 * stands the effective one: tables can take writing and execution away from all that is below
 * (Arm ARM, hierarchical permissions: APTable, UXNTable, PXNTable), which an entry does not show.
 *
 *      level   0 PGD   1 P4D   2 PUD   3 PMD   4 PTE      and the depth of holes, the same way
 */
#include "machine.h"

#define TABLE_RO  (1ul << 62)
#define TABLE_PXN (1ul << 59)

#define START 0xffff800000000000ul

enum perm { R = 1, W = 2, X = 4 };

struct pg_state {
	unsigned int above[5]; /* what the tables above each level leave, as enum perm */
	unsigned long start, at;
	int level; /* of the row; -1: no row yet */
	unsigned int own, effective;
	unsigned int wx;
};

static const char *const names[5] = { "PGD", "P4D", "PUD", "PMD", "PTE" };

static unsigned int perm_of(uint64_t val)
{
	if (!(val & PTE_VALID))
		return 0;
	return R | (val & PTE_RDONLY ? 0u : W) | (val & PTE_PXN ? 0u : X);
}

static const char *text(unsigned int perm)
{
	static const char *const all[8] = {
		"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"
	};

	return all[perm];
}

static void end_row(struct pg_state *st)
{
	if (st->level >= 0)
		printf("0x%lx-0x%lx %8luK %s %s %s\n", st->start, st->at,
		       (st->at - st->start) >> 10, names[st->level], text(st->own),
		       text(st->effective));
}

static void note_page(struct pg_state *st, unsigned long addr, unsigned long next, int level,
		      uint64_t val)
{
	unsigned int own = perm_of(val), effective = own & st->above[level];

	if (st->level != level || st->own != own || st->effective != effective) {
		end_row(st);
		st->start = addr;
		st->level = level;
		st->own = own;
		st->effective = effective;
	}
	if ((effective & (W | X)) == (W | X))
		st->wx += (unsigned int)((next - addr) >> PAGE_SHIFT);
	st->at = next;
}

/* An entry that is a table: what it leaves for those below. */
static void descend(struct pg_state *st, int level, uint64_t val)
{
	unsigned int taken = (val & TABLE_RO ? W : 0u) | (val & TABLE_PXN ? X : 0u);

	if (level < 4)
		st->above[level + 1] = st->above[level] & ~taken;
}

static int ptdump_pgd_entry(pgd_t *pgd, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	(void)addr, (void)next;
	if (PTRS_PER_P4D > 1)
		descend(walk->private, 0, pgd_val(pgdp_get(pgd)));
	else
		descend(walk->private, 0, 0); /* folded: the P4D is the same entry */
	return 0;
}

static int ptdump_p4d_entry(p4d_t *p4d, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	p4d_t val = p4dp_get(p4d);

	if (p4d_leaf(val))
		note_page(walk->private, addr, next, 1, p4d_val(val));
	descend(walk->private, 1, p4d_val(val));
	return 0;
}

static int ptdump_pud_entry(pud_t *pud, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	pud_t val = pudp_get(pud);

	if (pud_leaf(val)) {
		note_page(walk->private, addr, next, 2, pud_val(val));
		walk->action = ACTION_CONTINUE;
		return 0;
	}
	descend(walk->private, 2, pud_val(val));
	return 0;
}

static int ptdump_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	pmd_t val = pmdp_get(pmd);

	if (pmd_leaf(val)) {
		note_page(walk->private, addr, next, 3, pmd_val(val));
		walk->action = ACTION_CONTINUE;
		return 0;
	}
	descend(walk->private, 3, pmd_val(val));
	return 0;
}

static int ptdump_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			    struct mm_walk *walk)
{
	note_page(walk->private, addr, next, 4, pte_val(ptep_get(pte)));
	return 0;
}

static int ptdump_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	note_page(walk->private, addr, next, depth, 0);
	return 0;
}

static const struct mm_walk_ops ptdump_ops = {
	.pgd_entry = ptdump_pgd_entry,
	.p4d_entry = ptdump_p4d_entry,
	.pud_entry = ptdump_pud_entry,
	.pmd_entry = ptdump_pmd_entry,
	.pte_entry = ptdump_pte_entry,
	.pte_hole = ptdump_hole,
};

static int set_up_tables(void)
{
	if (machine_map(&init_mm, START, 8, 0x80000, PROT_KERNEL | PTE_PXN) ||
	    machine_map(&init_mm, START + 8 * PAGE_SIZE, 4, 0x80008, PROT_KERNEL | PTE_RDONLY) ||
	    machine_map(&init_mm, START + 2 * PMD_SIZE, 16, 0x90000, PROT_KERNEL) ||
	    machine_map(&init_mm, START + 4 * PMD_SIZE, 16, 0xa0000, PROT_KERNEL) ||
	    machine_map(&init_mm, START + 2 * PUD_SIZE, 1, 0xb0000, PROT_KERNEL | PTE_PXN))
		return -1;
	machine_map_block(&init_mm, START + 3 * PMD_SIZE, 0x98000, PROT_KERNEL | PTE_RDONLY);
	/* the table above the last 16 pages takes execution away */
	set_pmd(machine_pmd(&init_mm, START + 4 * PMD_SIZE),
		__pmd(pmd_val(*machine_pmd(&init_mm, START + 4 * PMD_SIZE)) | TABLE_PXN));
	return 0;
}

int main(void)
{
	struct pg_state st = { .level = -1, .above = { R | W | X } };
	int err;

	if (machine_init() || set_up_tables())
		return machine_fail("set-up");
	init_mm.priv = (char[]){ "write" };
	err = walk_page_range_debug(&init_mm, START, START + 4 * PUD_SIZE, &ptdump_ops, NULL, &st);
	init_mm.priv = NULL;
	if (err)
		return machine_fail("walk_page_range_debug");
	end_row(&st);
	printf("%u pages are writable and executable\n", st.wx);
	return machine_done();
}
