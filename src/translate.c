/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Translation of one address.
 */
#include <pagewalk/translate.h>

#include "instance.h"

int pw_translate_aim(const struct pw_table *pt, struct pw_va va, uint64_t *ia)
{
	*ia = va.v - pt->first.v;
	if (*ia >> pt->va_bits == 0)
		return 0;
	if (pt->caps.flags & PW_CAP_TBI) {
		/* bits [63:56] are a tag: the address is what bit 55 extends to */
		va.v = (uint64_t)((int64_t)(va.v << 8) >> 8);
		*ia = va.v - pt->first.v;
		if (*ia >> pt->va_bits == 0)
			return 0;
	}
	return pw_range_check(pt, pw_range_of(va.v, va.v), 1);
}

/* Keep what the walk saw at each level. */
static void translate_keep(const struct pw_table *pt, struct pw_translation *t,
			   const struct pw_spot *s, int err)
{
	unsigned int level = (unsigned int)pt->levels;

	while (level-- > s->level) {
		struct pw_step *step = &t->step[t->nr_steps++];

		step->entry_pa.v = s->step[level].entry_pa;
		step->entry = s->step[level].entry;
		step->level = level;
		/* one that points out of reach is a table all the same */
		step->kind = level == s->level && !err ? (uint32_t)s->kind : PW_KIND_TABLE;
	}
	t->entry = s->step[s->level].entry;
	t->level = s->level;
	t->leaf_size = 1ull << s->shift;
}

/* What an entry that ends a walk means for the address. */
static int verdict(enum pw_kind kind)
{
	if (kind == PW_KIND_BAD)
		return PW_EDOM;
	return kind == PW_KIND_LEAF ? 0 : PW_ENOENT;
}

int pw_translate(const struct pw_table *pt, struct pw_va va, struct pw_translation *t)
{
	const struct pw_instance *inst = pt->instance;
	struct pw_spot s;
	uint64_t ia;
	int err = pw_translate_aim(pt, va, &ia);

	__builtin_memset(t, 0, sizeof(*t));
	if (err)
		return err;
	err = inst->walk(pt, &s, ia, PW_SPOT_AS_CPU);
	t->kind = (uint32_t)s.kind;
	if (!s.slot)
		return err;
	translate_keep(pt, t, &s, err);
	if (s.kind == PW_KIND_LEAF || s.kind == PW_KIND_INVALID) {
		t->pa.v = s.pa | (ia & (t->leaf_size - 1u));
		t->perm = inst->perm(pt, t->entry, s.level, s.step[s.level].acc);
	}
	return err ? err : verdict(s.kind);
}

int pw_translate_pa(const struct pw_table *pt, struct pw_va va, struct pw_pa *pa)
{
	struct pw_spot s;
	uint64_t ia;
	int err = pw_translate_aim(pt, va, &ia);

	if (!err)
		err = pt->instance->walk(pt, &s, ia, PW_SPOT_AS_CPU);
	if (!err)
		err = verdict(s.kind);
	if (!err)
		pa->v = s.pa | (ia & ((1ull << s.shift) - 1u));
	return err;
}
