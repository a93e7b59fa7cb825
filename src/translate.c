/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Translation of one address.
 */
#include <pagewalk/translate.h>

#include "instance.h"

/* A byte address as an offset in the handle's half; PW_EINVAL, PW_ERANGE as the header says. */
static int translate_aim(const struct pw_table *pt, struct pw_va va, uint64_t *ia)
{
	*ia = va.v - pt->first.v;
	if (*ia >> pt->va_bits == 0)
		return 0;
	return pw_range_check(pt, pw_range_of(va.v, va.v), 1);
}

/* Keep what the walk saw at one level. */
static void translate_keep(const struct pw_table *pt, struct pw_translation *t,
			   const struct pw_spot *s)
{
	struct pw_step *step = &t->step[t->nr_steps++];

	step->entry_pa.v = s->entry_pa;
	step->entry = s->e;
	step->level = s->level;
	step->kind = (uint32_t)s->kind;
	t->entry = s->e;
	t->level = s->level;
	t->kind = (uint32_t)s->kind;
	t->leaf_size = pw_leaf_size(pt, s->level);
}

int pw_translate(const struct pw_table *pt, struct pw_va va, struct pw_translation *t)
{
	const struct pw_instance *inst = pt->instance;
	struct pw_spot s;
	uint64_t ia;
	int err = translate_aim(pt, va, &ia);

	__builtin_memset(t, 0, sizeof(*t));
	if (err)
		return err;
	err = inst->root(pt, &s);
	while (!err) {
		inst->read(pt, &s, ia);
		translate_keep(pt, t, &s);
		if (s.kind != PW_KIND_TABLE)
			break;
		err = inst->down(pt, &s);
	}
	if (err) {
		t->kind = PW_KIND_BAD;
		return err;
	}
	if (s.kind == PW_KIND_LEAF || s.kind == PW_KIND_INVALID) {
		t->pa.v = s.pa | (ia & (t->leaf_size - 1u));
		t->perm = inst->perm(pt, s.e, s.level, s.acc);
	}
	if (s.kind == PW_KIND_BAD)
		return PW_EDOM;
	return s.kind == PW_KIND_LEAF ? 0 : PW_ENOENT;
}

int pw_translate_pa(const struct pw_table *pt, struct pw_va va, struct pw_pa *pa)
{
	uint64_t ia;
	int err = translate_aim(pt, va, &ia);

	return err ? err : pt->instance->lookup_pa(pt, ia, pa);
}
