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

/* A table on the way: where it is, and the slot of it that leads on. */
struct pw_frame {
	uint64_t *table;
	uint32_t index;
	uint32_t left; /* slots that the range covers, that one included */
	bool apart;    /* see struct pw_place */
};

/* Work on one run. Slots done, 0 for "a table is needed here" (map), or an error. */
PW_INLINE int64_t pw_pass_slots(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
				struct pw_place *at)
{
	at->did = 0;
	switch ((enum pw_pass)op->pass) {
	case PW_PASS_MAP_CHECK:
		return pw_map_check_run(f, m, op, at);
	case PW_PASS_MAP:
		return pw_map_run(f, m, op, at);
	case PW_PASS_EDIT_CHECK:
		return pw_edit_check_run(f, op, at);
	case PW_PASS_UNMAP:
		return pw_unmap_run(f, m, op, at);
	case PW_PASS_PROTECT:
	default:
		return pw_protect_run(f, m, op, at);
	}
}

/* @n slots are done: what that changed, and what it owes. */
PW_INLINE void pw_pass_account(const struct pw_fmt *f, struct pw_op *op, const struct pw_place *at,
			       uint64_t n)
{
	if (at->did & PW_DID_PASS)
		op->res.holes += at->last - at->ia + 1u;
	if (!(at->did & PW_DID_CHANGE))
		return;
	op->res.changed += n << at->shift;
	op->res.nr_entries += n;
	if (at->did & PW_DID_STORE)
		pw_env_sync(op->env, at->slot, n);
	if (!(op->pt->flags & PW_TABLE_LIVE))
		return;
	if (f->publish(op->pt, at->now, at->level))
		op->publish = true;
	if (f->stale(op->pt, at->e, at->now, at->level)) {
		if (pw_any_tag(f->geo, at->e, at->now))
			op->stale_flags |= PW_FLUSH_ANY_ASID;
		pw_note_stale(op, at, n);
	}
}

/* The table below @at: the one that its entry points to, or a new one. 0, PW_ELOOP, PW_EFAULT. */
PW_INLINE int pw_pass_table(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
			    const struct pw_place *at, struct pw_frame *below)
{
	uint64_t pa = f->table_pa(op->pt, at->e, at->level);
	unsigned int above;

	if (at->kind != PW_KIND_TABLE) {
		below->table = pw_map_new_table(f, m, op, at);
		below->apart = true;
		return 0;
	}
	op->table_pa[at->level - 1u] = pa;
	/* one that we came through: its entries would be taken for leaves, or it be freed twice */
	if (pw_of_root(f, op->pt, pa))
		return PW_ELOOP;
	for (above = at->level; above < op->pt->levels; above++) {
		if (op->table_pa[above] == pa)
			return PW_ELOOP;
	}
	below->table = m->table(op->env, pa, pw_table_bytes(f));
	if (!below->table)
		return PW_EFAULT;
	below->apart = op->pass == PW_PASS_UNMAP && pw_unmap_doomed(op, at);
	return 0;
}

/* Along one table: up to its end or the range's (1), to a table (0), or to an error. */
PW_INLINE int pw_pass_along(const struct pw_fmt *f, const struct pw_mem *m, pw_kind_fn *kind,
			    struct pw_op *op, struct pw_place *at)
{
	int64_t n;

	while (at->left) {
		at->last = at->ia | pw_in_entry(at);
		if (at->last > op->last)
			at->last = op->last;
		at->e = at->apart && op->pass == PW_PASS_MAP ? 0 : m->load(op->env, at->slot);
		at->kind = kind(op->pt, at->e, at->level);
		if (at->kind == PW_KIND_TABLE)
			return 0;
		n = pw_pass_slots(f, m, op, at);
		if (n == 0 && op->pass == PW_PASS_PROTECT)
			continue; /* hardware wrote since: once more */
		if (n <= 0)
			return (int)n;
		pw_pass_account(f, op, at, (uint64_t)n);
		at->ia = ((at->ia >> at->shift) + (uint64_t)n) << at->shift;
		at->slot += n;
		at->left -= (uint64_t)n;
	}
	return 1;
}

/* The end of a table: up to the entry of the one above, @fr, and behind that. */
PW_INLINE void pw_pass_up(const struct pw_fmt *f, const struct pw_mem *m, struct pw_op *op,
			  struct pw_place *at, const struct pw_frame *fr)
{
	bool apart = at->apart;

	at->apart = fr->apart;
	at->level++;
	at->shift += f->geo->index_lg2;
	at->ia--; /* back into what the entry spans */
	at->slot = fr->table + fr->index;
	if (op->pass == PW_PASS_UNMAP)
		pw_unmap_leave(f, m, op, at, fr[-1].table, apart);
	else if (apart)
		pw_map_leave(f, m, op, at, fr[-1].table);
	at->ia++;
	at->slot++;
	at->left = fr->left - 1u;
}

PW_INLINE int pw_pass_run(const struct pw_fmt *f, const struct pw_mem *m, pw_kind_fn *kind,
			  struct pw_op *op)
{
	struct pw_frame frame[PW_MAX_LEVELS], *fr;
	struct pw_place at = { .ia = op->first, .last = op->last };
	unsigned int top = (unsigned int)op->pt->levels - 1u;
	uint64_t index;
	int err;

	at.level = top;
	at.shift = pw_shift(f, top);
	op->table_pa[top] = op->pt->root.v;
	fr = &frame[top];
	fr->apart = false;
	fr->table = m->table(op->env, op->pt->root.v, (uint32_t)op->pt->root_bytes);
	if (!fr->table)
		return pw_refuse(op, &at, NULL, PW_EFAULT);
	index = op->pt->root_skip + (at.ia >> at.shift);
	for (;;) {
		at.slot = fr->table + index;
		at.left = (at.last >> at.shift) - (at.ia >> at.shift) + 1u;
		while ((err = pw_pass_along(f, m, kind, op, &at)) > 0) {
			if (at.level == top)
				return 0;
			fr++;
			pw_pass_up(f, m, op, &at, fr);
		}
		if (!err)
			err = pw_pass_table(f, m, op, &at, fr - 1);
		if (err)
			return pw_refuse(op, &at, fr->table, err);
		fr->index = (uint32_t)(at.slot - fr->table); /* down */
		fr->left = (uint32_t)at.left;
		fr--;
		at.apart = fr->apart;
		at.level--;
		at.shift -= f->geo->index_lg2;
		index = pw_index(f, at.ia, at.shift);
	}
}

#endif
