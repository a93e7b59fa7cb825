/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Reading what lies below a table, and the list of everything that is stale.
 */
#include "private.h"

struct below {
	uint64_t table, va;
	uint32_t index, nr;
	uint8_t hier;
};

/* Leaves, and with @tables the entries that lead on; ends early when @fn says true. */
static bool descend(struct pwm *m, struct below top, unsigned int level, uint32_t space,
		    bool tables, leaf_fn fn, void *ctx)
{
	struct below stack[PWM_MAX_LEVELS];
	unsigned int depth = 0;

	stack[0] = top;
	for (;;) {
		struct below *b = &stack[depth];
		unsigned int l = level - depth;
		struct path p = { .space = space, .level = (uint8_t)l, .hier = b->hier };
		uint64_t src, val;
		struct dec d;

		if (b->index == b->nr) {
			if (!depth)
				return false;
			depth--;
			continue;
		}
		if (!pwm_look_below(m))
			return false;
		p.va = b->va + ((uint64_t)b->index << level_shift(m, l));
		src = b->table + (uint64_t)b->index * 8;
		b->index++;
		val = pwm_mem_read(m, src);
		pwm_decode(m, space, val, l, &d);
		if (d.kind == K_INVALID)
			continue;
		if (d.kind == K_LEAF) {
			d.global |= (p.hier & P_GLOBAL) != 0;
			if (fn(ctx, &p, src, val, &d))
				return true;
			continue;
		}
		if (tables && fn(ctx, &p, src, val, &d))
			return true;
		depth++;
		stack[depth] = (struct below){ d.oa, p.va, 0, 1u << m->index_lg2,
					       (uint8_t)(b->hier | d.perm) };
	}
}

bool pwm_each_below(struct pwm *m, const struct ent *e, bool tables, leaf_fn fn, void *ctx)
{
	struct dec d;

	pwm_decode(m, e->space, e->val, e->level, &d);
	return descend(m,
		       (struct below){ d.oa, e->va, 0, 1u << m->index_lg2,
				       (uint8_t)(e->hier | d.perm) },
		       e->level - 1u, e->space, tables, fn, ctx);
}

bool pwm_each_leaf(struct pwm *m, uint32_t space, leaf_fn fn, void *ctx)
{
	const struct space *s = &m->spaces[space];
	uint64_t base = 0;
	uint32_t nr = 1;

	if (s->va_bits > level_shift(m, s->levels - 1))
		nr = 1u << (s->va_bits - level_shift(m, s->levels - 1));
	if (m->cfg.arch == PWM_ARM64 && s->half == PWM_UPPER)
		base = ~(uint64_t)0 << s->va_bits;
	return descend(m, (struct below){ s->root, base, 0, nr, 0 }, s->levels - 1, space, false,
		       fn, ctx);
}

/* Everything stale ------------------------------------------------------------------------- */

struct stale {
	struct pwm *m;
	pwm_stale_fn fn;
	void *ctx;
	const struct ent *via;
};

static void tell(const struct stale *x, const struct ent *e)
{
	const struct space *s = &x->m->spaces[e->space];

	if (e->live && pwm_ent_differs(x->m, e))
		x->fn(x->ctx, s->root, e->global ? PWM_ANY_ASID : s->asid, e->va, e->level, e->val,
		      e->kind == K_TABLE, e->live);
}

static bool tell_below(void *ctx, const struct path *p, uint64_t src, uint64_t val,
		       const struct dec *d)
{
	const struct stale *x = ctx;
	struct ent e = *x->via;

	(void)src;
	e.va = p->va;
	e.level = p->level;
	e.hier = p->hier;
	e.val = val;
	e.kind = d->kind;
	e.global = d->global;
	if (d->cacheable)
		tell(x, &e);
	return false;
}

void pwm_each_stale(struct pwm *m, pwm_stale_fn fn, void *ctx)
{
	struct stale x = { m, fn, ctx, NULL };
	uint32_t i;

	m->looks_below = LOOKS_BELOW;
	for (i = 0; i < m->nr_ents; i++) {
		const struct ent *e = &m->ents[m->all[i]];

		if (e->kind == K_INVALID || e->kind == K_COMBINED)
			continue;
		tell(&x, e);
		x.via = e;
		if (e->kind == K_TABLE && e->live)
			pwm_each_below(m, e, true, tell_below, &x);
	}
}
