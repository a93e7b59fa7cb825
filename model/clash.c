/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Conflicts: may what a store brings be cached together with what may be cached already?
 *
 * A store brings one translation, or with a table as many as lie below it. Against it stands what
 * memory said until now, and each stale entry of the same addresses: a leaf, or a pointer and all
 * that can be read behind it. Both sides are brought to one level and one address, and from there
 * they are gone down together:
 *
 *	   what was             what comes
 *	 +----------+          +----------+
 *	 | table  o-+--> . .   | block    |	a leaf stays beside all that lies below the other,
 *	 | table  o-+--> . .   | table  o-+-->	two tables are compared entry by entry,
 *	 | page     |          | page     |	two leaves are what conflict() of arch judges,
 *	 | invalid  |          | table  o-+-->	and invalid goes with everything
 *	 +----------+          +----------+
 *
 * Leaves of different sizes are handed to conflict() with the output of the first address that both
 * translate: if that is the same, only the sizes differ, and how bad that is the architecture says.
 *
 * What bounds the work: the same table on both sides is the same; a pair of tables that was gone
 * through without a finding is remembered for the rest of the step (tables that are shared many
 * times, such as KASAN's); an error ends it, for nothing is worse. And a store looks at LOOKS
 * entries of tables at most: a comparison that would need more is cut, and counted as an overflow.
 */
#include "private.h"

/* One side: an entry, and what the tables on the way to it say, its own included. */
struct side {
	struct dec d;
	uint8_t level, hier;
};

/* Two entries of one address, of which one at least is a table: what lies behind them. */
struct pair {
	struct side was, now;
	uint64_t va;
	uint32_t index;
	bool found; /* something had been before */
};

struct comparison {
	struct pwm *m;
	const struct path *p;
	bool one_tag;	      /* else only what is global meets what has another tag */
	const struct ent *by; /* what was: a stale entry; NULL: memory */
	uint64_t val;	      /* which then said this */

	/* the worst, and of these the first */
	const char *rule;
	uint32_t cls;
	const struct ent *e;
	uint64_t held;
};

static struct side side_of(const struct pwm *m, uint32_t space, uint64_t val, unsigned int level,
			   unsigned int hier)
{
	struct side s = { .level = (uint8_t)level };

	pwm_decode(m, space, val, level, &s.d);
	/* of all that, a conflict knows only what is global */
	s.hier = (uint8_t)((hier | s.d.perm) & P_GLOBAL);
	if (s.hier)
		s.d.global = 1;
	if (s.d.kind == K_LEAF && !s.d.cacheable)
		s.d.kind = K_INVALID;
	return s;
}

/* Leaves ----------------------------------------------------------------------------------------*/

/* Where @va leads. The pages of a NAPOT group all have the address of the group. */
static uint64_t output(const struct pwm *m, const struct side *s, uint64_t va)
{
	uint64_t span = level_size(m, s->level);

	if (m->cfg.arch == PWM_RISCV)
		span <<= s->d.contig;
	return s->d.oa + (va & (span - 1));
}

static uint32_t class_of(const char *rule)
{
	const struct pwm_rule *r = pwm_rule_of_id(rule);

	return r ? r->cls : PWM_ERROR;
}

/* Two leaves of one address: @va is the first that both translate. */
static void judge(struct comparison *x, const struct side *was, const struct side *now, uint64_t va)
{
	const struct pwm *m = x->m;
	struct dec a = was->d, b = now->d;
	const char *rule;
	uint32_t cls;
	bool differ;

	if (!x->one_tag && !a.global && !b.global)
		return;
	a.oa = output(m, was, va);
	b.oa = output(m, now, va);
	rule = arch_of(m, x->p->space)->conflict(m, &a, was->level, &b, now->level);
	if (!rule || x->cls == PWM_ERROR)
		return;
	cls = class_of(rule);
	differ = a.oa != b.oa || a.memtype != b.memtype || a.share != b.share;
	/* that either may be used, until the invalidation, is of one translation in two sizes */
	if (differ && (x->by || was->level != now->level))
		cls = PWM_ERROR;
	if (x->rule && cls != PWM_ERROR)
		return;
	x->rule = rule;
	x->cls = cls;
	x->e = x->by;
	x->held = x->val;
}

/* Tables ----------------------------------------------------------------------------------------*/

static struct seen_pair *seen_at(const struct comparison *x, const struct side *was,
				 const struct side *now, struct seen_pair *key)
{
	uint64_t h = was->d.oa * 0x9e3779b97f4a7c15ull + now->d.oa * 0xc2b2ae3d27d4eb4full;

	key->was = was->d.oa;
	key->now = now->d.oa;
	key->store = x->m->nr_compared;
	key->how = was->level | (uint32_t)x->one_tag << 8 |
		   (uint32_t)x->m->spaces[x->p->space].regime << 9 | (uint32_t)was->hier << 16 |
		   (uint32_t)now->hier << 24;
	return &x->m->seen_pairs[h >> 40 & (NR_SEEN_PAIRS - 1)];
}

static bool same_key(const struct seen_pair *a, const struct seen_pair *b)
{
	return a->was == b->was && a->now == b->now && a->store == b->store && a->how == b->how;
}

/* Was this pair of tables gone through since the store began, and nothing found? */
static bool seen(const struct comparison *x, const struct side *was, const struct side *now)
{
	struct seen_pair key;
	const struct seen_pair *at = seen_at(x, was, now, &key);

	return same_key(at, &key);
}

static void see(struct comparison *x, const struct pair *f)
{
	struct seen_pair key, *at = seen_at(x, &f->was, &f->now, &key);

	if (f->was.d.kind == K_TABLE && f->now.d.kind == K_TABLE && !f->found && !x->rule)
		*at = key;
}

/* Two entries of one address: is there something to go down into? Two leaves are judged here. */
static bool meet(struct comparison *x, const struct side *was, const struct side *now, uint64_t va)
{
	if (was->d.kind == K_INVALID || now->d.kind == K_INVALID)
		return false;
	if (was->d.kind == K_LEAF && now->d.kind == K_LEAF) {
		judge(x, was, now, va);
		return false;
	}
	if (was->d.kind == K_TABLE && now->d.kind == K_TABLE)
		return was->d.oa != now->d.oa && !seen(x, was, now);
	return true;
}

/* An entry of a table, or the leaf that stands for all of them. */
static struct side below(struct pwm *m, uint32_t space, const struct side *s, uint32_t index,
			 unsigned int level)
{
	if (s->d.kind != K_TABLE)
		return *s;
	m->looks++;
	return side_of(m, space, pwm_mem_read(m, s->d.oa + (uint64_t)index * 8), level, s->hier);
}

/* All that lies below two entries of one address and, where they are tables, of @level. */
static void compare(struct comparison *x, const struct side *was, const struct side *now,
		    unsigned int level, uint64_t va)
{
	struct pair stack[PWM_MAX_LEVELS];
	unsigned int depth = 0;
	struct pwm *m = x->m;

	if (!meet(x, was, now, va))
		return;
	stack[0] = (struct pair){ *was, *now, va, 0, x->rule != NULL };
	while (x->cls != PWM_ERROR) {
		struct pair *f = &stack[depth];
		unsigned int l = level - 1 - depth;
		struct pair next = { .va = f->va + ((uint64_t)f->index << level_shift(m, l)),
				     .found = x->rule != NULL };

		if (f->index >> m->index_lg2) {
			see(x, f);
			if (!depth)
				return;
			depth--;
			continue;
		}
		if (m->looks >= LOOKS) {
			m->stats.overflows++;
			return;
		}
		next.was = below(m, x->p->space, &f->was, f->index, l);
		next.now = below(m, x->p->space, &f->now, f->index, l);
		f->index++;
		if (meet(x, &next.was, &next.now, next.va))
			stack[++depth] = next;
	}
}

/* What stands where ----------------------------------------------------------------------------*/

/* What a table has for @va, from the entry @s that points to it down to level @stop. */
static struct side down_to(const struct pwm *m, uint32_t space, const struct side *s, uint64_t va,
			   unsigned int stop, uint64_t *src)
{
	unsigned int level, hier = s->hier;
	uint64_t val =
		pwm_walk_from(m, space, s->d.oa, s->level - 1u, va, stop, &level, &hier, src);

	return side_of(m, space, val, level, hier);
}

/* A stale entry, or what can be read behind it, against the new one. */
static void compare_stale(struct comparison *x, const struct ent *e, const struct side *now)
{
	const struct path *p = x->p;
	struct side was = side_of(x->m, e->space, e->val, e->level, e->hier), other = *now;
	unsigned int level = p->level;
	uint64_t va = p->va, src = 0;

	x->by = e;
	if (e->level > level && was.d.kind == K_TABLE) {
		was = down_to(x->m, e->space, &was, va, level, &src);
		/* what memory says there until now has been compared */
		if (src == x->m->now.a)
			return;
	} else if (e->level < level) {
		level = e->level;
		va = e->va;
		if (now->d.kind == K_TABLE)
			other = down_to(x->m, p->space, now, va, level, &src);
	}
	compare(x, &was, &other, level, va);
}

/* May one access of one context match both? With other tags only what is global may. */
static bool tags_meet(struct comparison *x, const struct ent *e)
{
	const struct space *a = &x->m->spaces[e->space], *b = &x->m->spaces[x->p->space];

	x->one_tag = a->asid == b->asid || a->asid == PWM_ANY_ASID || b->asid == PWM_ANY_ASID;
	return same_context(x->m, a, b);
}

/* Every stale entry of the addresses. */
static void compare_all_stale(struct comparison *x, const struct side *now)
{
	uint64_t last = x->p->va + (level_size(x->m, x->p->level) - 1);
	struct ent_iter it = { 0 };
	uint32_t i;

	while (x->cls != PWM_ERROR && (i = pwm_ent_next_in(x->m, x->p->va, last, &it)) != NIL) {
		const struct ent *e = &x->m->ents[i];

		/* what only waits for its own CPU's synchronisation is in no TLB */
		if (e->live & ~e->own && e->kind != K_INVALID && tags_meet(x, e))
			compare_stale(x, e, now);
	}
}

/* By a stale pointer only: what memory says of the address is somewhere else. */
static void compare_memory(struct comparison *x, const struct side *now)
{
	const struct path *p = x->p;
	const struct space *s = &x->m->spaces[p->space];
	unsigned int level, hier;
	uint64_t src, val;
	struct side was;

	if (!p->stale || !s->ran_g)
		return;
	val = pwm_walk_now(x->m, s, p->va, p->level, &level, &hier, &src);
	was = side_of(x->m, p->space, val, level, hier);
	x->val = val;
	compare(x, &was, now, p->level, p->va);
}

/* The same address of the same space, by a way that is looked at as well. */
static bool another_way(const struct pwm *m, const struct path *p)
{
	const struct path *q = m->paths;

	for (; p->stale && q < m->paths + m->nr_paths; q++)
		if (q->space == p->space && q->va == p->va && q->level == p->level && q->live_g &&
		    (!q->stale || q < p))
			return true;
	return false;
}

static void say(struct pwm *m, const struct comparison *x, uint64_t val)
{
	const struct cpu *c = &m->cpu[m->now.cpu];
	const struct path *p = x->p;

	if (!x->e) {
		pwm_say_at(m, x->rule, x->cls, p->va, p->level, m->now.a, x->held, val);
	} else if (x->cls != PWM_ERROR) {
		/* either may be used until the invalidation, as since the size changed */
		pwm_say(m, x->rule, x->cls, x->e);
	} else {
		bool batch = c->lazy && !c->paused && !c->irq && c->lazy_store &&
			     x->e->since >= c->lazy_store;

		pwm_say(m, batch ? "ALL-LAZY-8" : rule_in(m, p->space, R_UNCLEAN), PWM_ERROR, x->e);
	}
}

void pwm_clash_check(struct pwm *m, const struct path *p, uint64_t old, uint64_t val)
{
	struct comparison x = { .m = m, .p = p, .one_tag = true, .val = old };
	struct side was = side_of(m, p->space, old, p->level, p->hier);
	struct side now = side_of(m, p->space, val, p->level, p->hier);

	if (!p->live_g || now.d.kind == K_INVALID || another_way(m, p))
		return;
	/* a pointer to the same table brings nothing */
	if (was.d.kind == K_TABLE && now.d.kind == K_TABLE && was.d.oa == now.d.oa)
		return;
	compare(&x, &was, &now, p->level, p->va);
	compare_memory(&x, &now);
	compare_all_stale(&x, &now);
	if (x.rule)
		say(m, &x, val);
}

/* A store begins: nothing has been looked at. */
void pwm_clash_begin(struct pwm *m)
{
	m->nr_compared++;
	m->looks = 0;
}
