/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The walk of pass.h: down, along, up. The stack is explicit, one table for each level.
 */
#ifndef PW_SRC_WALK_H
#define PW_SRC_WALK_H

#include "edit_check.h"
#include "map.h"
#include "protect.h"
#include "unmap.h"

/* Work on one run. Slots done, 0 for "a table is needed here" (map), or an error. */
PW_INLINE int64_t pw_pass_slots(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
				const struct pw_place *at)
{
	switch (op->pass) {
	case PW_PASS_MAP_CHECK:
		return pw_map_check_run(f, m, op, at);
	case PW_PASS_MAP:
		return pw_map_run(f, m, op, at);
	case PW_PASS_EDIT_CHECK:
		return pw_edit_check_run(f, m, op, at);
	case PW_PASS_UNMAP:
		return pw_unmap_run(f, m, op, at);
	case PW_PASS_PROTECT:
	default:
		return pw_protect_run(f, m, op, at);
	}
}

/* The slots of the table at @level that the range covers, from @ia on. */
PW_INLINE void pw_pass_enter(const struct pw_fmt *f, const struct pw_op *op, uint64_t *table,
			     uint64_t ia, unsigned int level, struct pw_place *at)
{
	unsigned int shift = pw_shift(f, level);
	uint64_t end = op->last;

	if (level + 1u < op->pt->levels && pw_entry_last(f, ia, level + 1u) < end)
		end = pw_entry_last(f, ia, level + 1u);
	at->level = level;
	at->ia = ia;
	at->slot = table + pw_index(f, op->pt, ia, level);
	at->left = (end >> shift) - (ia >> shift) + 1u;
}

PW_INLINE int pw_pass_run(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op)
{
	uint64_t *table[PW_MAX_LEVELS];
	unsigned int top = (unsigned int)op->pt->levels - 1u, level = top;
	struct pw_place at;
	int64_t n;

	op->table_pa[top] = op->pt->root.v;
	table[top] = m->table(op->env, op->pt->root.v, pw_root_bytes(f, op->pt));
	at.ia = op->first;
	at.e = 0;
	n = PW_EFAULT;
	if (!table[top])
		goto refused;
down:
	pw_pass_enter(f, op, table[level], at.ia, level, &at);
	while (at.left) {
		at.e = op->fresh & (1u << level) ? 0 : m->load(op->env, at.slot);
		at.kind = f->kind(at.e, level);
		if (at.kind != PW_KIND_TABLE) {
			n = pw_pass_slots(f, m, op, &at);
			if (n > 0) {
				at.ia = ((at.ia >> pw_shift(f, level)) + (uint64_t)n)
					<< pw_shift(f, level);
				at.slot += n;
				at.left -= (uint64_t)n;
				continue;
			}
			if (n < 0)
				goto located;
			table[level - 1u] = pw_map_new_table(f, m, op, &at);
		} else {
			op->table_pa[level - 1u] = f->table_pa(at.e, level);
			n = pw_came_through(op, level) ? PW_ELOOP : PW_EFAULT;
			table[level - 1u] =
				m->table(op->env, op->table_pa[level - 1u], pw_table_bytes(f));
			if (n == PW_ELOOP || !table[level - 1u])
				goto refused;
			if (op->pass == PW_PASS_UNMAP)
				pw_unmap_enter(f, op, level, at.ia);
		}
		level--;
		goto down;
	}
	/* up, past every table that ends here */
	while (level < top) {
		uint64_t *child = table[level++];
		uint64_t *slot = table[level] + pw_index(f, op->pt, at.ia - 1u, level);

		if (op->pass == PW_PASS_MAP)
			pw_map_leave(f, m, op, slot, level, at.ia - 1u, child);
		else if (op->pass == PW_PASS_UNMAP)
			pw_unmap_leave(f, m, op, slot, level, at.ia - 1u, child);
		if (at.ia <= op->last && (level == top || pw_index(f, op->pt, at.ia, level)))
			goto down;
	}
	return 0;

refused:
	pw_refuse(op, at.ia, level == top && !at.e ? op->last : pw_entry_last(f, at.ia, level),
		  level, at.e);
	if (!table[top])
		return (int)n;
located:
	op->res.entry_pa.v =
		op->table_pa[level] + pw_index(f, op->pt, at.ia, level) * sizeof(*at.slot);
	return (int)n;
}

#endif
