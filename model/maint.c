/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Invalidation.
 *
 * An operation covers what it names, with three exceptions that are the usual mistakes:
 *
 *   - the store that made an entry stale is not visible to every walker yet: a walker may read the
 *     old value again right after the operation (A64-TLBI-2);
 *   - the entry can be filled again through a stale table pointer that the operation leaves;
 *   - the operation does not reach a CPU that may hold the entry.
 *
 * And what it leaves must be kept: behind a stale pointer that goes away lie leaves and further
 * pointers that were never recorded, because the pointer implied them. Those that the operation
 * does not cover itself are written out before.
 *
 * What came near and did not do it is noted in the entry, so that a report can say why.
 */
#include "private.h"

static void note_op(struct pwm *m, struct ent *e, uint32_t cpu)
{
	e->miss_step = m->step;
	e->miss_site = m->now.site;
	e->miss_op = m->now.op;
	e->miss_kind = m->now.kind;
	e->miss_cpu = (uint8_t)cpu;
}

/*
 * Of another CPU's operation that was local only that much is known. One of the address on a CPU
 * that still holds the entry says more, whatever it lacks: it was meant for it.
 */
static bool says_more(const struct ent *e, uint32_t cpu, const struct op *op, enum miss why)
{
	if (why >= e->miss)
		return true;
	return e->miss == MISS_LOCAL && !op->all && op->cpus == CPU_BIT(cpu) &&
	       (e->live & CPU_BIT(cpu));
}

static void note_miss(struct pwm *m, struct ent *e, uint32_t cpu, const struct op *op,
		      enum miss why)
{
	if (!says_more(e, cpu, op, why))
		return;
	e->miss = (uint8_t)why;
	note_op(m, e, cpu);
}

/*
 * Would the tables give the same today? Hardware may have set the access flag or made the entry
 * dirty since, without a step of anybody's.
 */
bool pwm_ent_differs(struct pwm *m, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];
	unsigned int level, hier;
	uint64_t val, src;
	struct dec a, b;

	val = pwm_walk_now(m, s, e->va, e->level, &level, &hier, &src);
	if (level != e->level || hier != e->hier)
		return true;
	if (pwm_key(m, e->space, val, level) == pwm_key(m, e->space, e->val, level))
		return false;
	pwm_decode(m, e->space, e->val, level, &a);
	pwm_decode(m, e->space, val, level, &b);
	if (a.kind == K_LEAF && b.kind == K_LEAF && a.hw_dirty && !a.dirty && b.dirty &&
	    a.perm == b.perm && a.oa == b.oa)
		return false;
	return true;
}

/* Writing out what a stale pointer implied ---------------------------------------------------- */

static bool covers_va(const struct pwm *m, const struct op *op, const struct ent *of,
		      const struct path *p, unsigned int kind, bool global)
{
	struct ent e = *of;

	e.va = p->va;
	e.level = p->level;
	e.kind = (uint8_t)kind;
	e.global = global;
	if (op->first > e.va + (level_size(m, e.level) - 1) || op->last < e.va)
		return kind == K_TABLE && op->every_table &&
		       m->arch->covers(m, op, &e) == MISS_NONE;
	return m->arch->covers(m, op, &e) == MISS_NONE;
}

/* One entry behind the pointer; the table to go down into, or 0. */
static uint64_t write_out(struct pwm *m, const struct op *op, const struct ent *of, struct path *p,
			  uint64_t src, cpumask live)
{
	uint64_t val = pwm_mem_read(m, src);
	struct ent *e;
	struct dec d;
	uint32_t i;

	pwm_decode(m, p->space, val, p->level, &d);
	d.global |= p->hier & P_GLOBAL && d.kind == K_LEAF;
	if (d.kind == K_TABLE) {
		if (covers_va(m, op, of, p, K_TABLE, false)) {
			p->hier |= d.perm;
			return d.oa;
		}
	} else if (d.kind != K_LEAF || !d.cacheable || covers_va(m, op, of, p, K_LEAF, d.global)) {
		return 0;
	}
	/* whichever entry it stood in */
	i = pwm_ent_find(m, p->va, p->level, p->space, d.kind, val, p->hier, 0);
	e = i == NIL ? pwm_ent_add(m, p, d.kind, val, src, d.global, live) : &m->ents[i];
	if (!e)
		return 0;
	if (e->written_at != m->step)
		e->written = 0;
	if (i == NIL) {
		e->visible = 1; /* nothing in memory is old: the pointer was */
		e->since = of->since;
		e->site = of->site;
		e->cpu = of->cpu;
		e->written = live;
		if (!pwm_ent_differs(m, e)) {
			pwm_ent_drop(m, e);
			return 0;
		}
	} else {
		/* nothing was filled: CPUs that have it keep what is under way for it */
		e->written |= live & ~pwm_holders(m, e);
		e->live |= e->written;
	}
	if (e->written_at != m->step) {
		e->written_at = m->step;
		e->written_next = m->written;
		m->written = ent_index(m, e);
	}
	return 0;
}

static void write_out_below(struct pwm *m, const struct op *op, uint32_t which, cpumask live)
{
	struct {
		uint64_t table;
		uint32_t index;
		uint8_t hier;
	} stack[PWM_MAX_LEVELS];
	const struct ent of = m->ents[which];
	unsigned int depth = 0;
	uint64_t va = of.va;
	struct dec d;

	pwm_decode(m, of.space, of.val, of.level, &d);
	stack[0].table = d.oa;
	stack[0].index = 0;
	stack[0].hier = of.hier | d.perm;
	for (;;) {
		unsigned int level = of.level - 1u - depth;
		struct path p = { .space = of.space, .level = (uint8_t)level };
		uint32_t i = stack[depth].index;
		uint64_t next;

		if (i >> m->index_lg2) {
			if (!depth)
				return;
			/* back to the entry that led down, and on */
			stack[--depth].index++;
			continue;
		}
		if (!pwm_look_below(m))
			return;
		p.va = (va & ~(level_size(m, level + 1) - 1)) +
		       ((uint64_t)i << level_shift(m, level));
		p.hier = stack[depth].hier;
		next = write_out(m, op, &of, &p, stack[depth].table + (uint64_t)i * 8, live);
		if (next && level) {
			va = p.va;
			depth++;
			stack[depth].table = next;
			stack[depth].index = 0;
			stack[depth].hier = p.hier;
			continue;
		}
		stack[depth].index++;
	}
}

/* Coverage ----------------------------------------------------------------------------------- */

/*
 * Which pointers count: those that the operation leaves, or that what is under way leaves, or those
 * that are stamped. Never one that is in use only: behind the barrier that completed its
 * invalidation no TLB has it, and none is filled through it (the sequence for stage 2, of IPA, dsb,
 * VA and a single isb at the end, relies on that).
 */
enum left { LEFT_NOW, LEFT_OLDER, LEFT_UNDER_WAY, STAMPED, STAMPED_OLDER };

static cpumask left_of(const struct pwm *m, const struct ent *w, enum left which)
{
	bool stamped = w->join == m->joins;
	cpumask live = w->live & ~w->own;

	if (which == STAMPED || which == STAMPED_OLDER)
		return stamped ? live & w->join_mask : 0;
	if (which == LEFT_UNDER_WAY)
		return live & ~(stamped ? w->join_mask : 0);
	return live & ~(w->mark == m->step ? w->mask : 0);
}

/*
 * CPUs on which a stale pointer that is left could bring @e back: the table below it has @e's value
 * now, or, with *_OLDER, is the one that @e's value stood in.
 */
static cpumask pointers_to(const struct pwm *m, const struct ent *e, enum left which)
{
	bool older = which == LEFT_OLDER || which == STAMPED_OLDER;
	cpumask cpus = 0;
	unsigned int l;

	if (!m->nr_tables_stale)
		return 0;
	for (l = e->level + 1u; l < PWM_MAX_LEVELS; l++) {
		uint64_t va;
		uint32_t i;

		if (!m->at_level[l]) /* a level that there may not be, and no size of it */
			continue;
		va = e->va & ~(level_size(m, l) - 1);
		for (i = m->hash[pwm_hash_of(m, va, l)]; i != NIL; i = m->ents[i].next) {
			const struct ent *w = &m->ents[i];
			unsigned int level, hier;
			cpumask left;
			uint64_t val, src;
			struct dec d;

			if (w->kind != K_TABLE || w->va != va || w->level != l ||
			    w->space != e->space)
				continue;
			left = left_of(m, w, which);
			if (!(left & ~cpus))
				continue;
			pwm_decode(m, w->space, w->val, l, &d);
			hier = w->hier | d.perm;
			val = pwm_walk_from(m, e->space, d.oa, l - 1, e->va, e->level, &level,
					    &hier, &src);
			if (level == e->level && hier == e->hier &&
			    (older ? src == e->src :
				     pwm_key(m, e->space, val, level) ==
					     pwm_key(m, e->space, e->val, level)))
				cpus |= left;
		}
	}
	return cpus;
}

static bool nothing_under_way(const struct pwm *m)
{
	uint32_t c;

	for (c = 0; c < m->cfg.nr_cpus; c++)
		if (m->cpu[c].pend != NIL || m->cpu[c].own != NIL)
			return false;
	return true;
}

/*
 * Pointer @w may have been filled again, while invalidations are under way: then what can be read
 * behind it may have been as well, from the top down.
 */
void pwm_refill_behind(struct pwm *m, struct ent *w, cpumask live)
{
	uint64_t last = w->va + (level_size(m, w->level) - 1);
	unsigned int l;

	if (w->kind != K_TABLE || nothing_under_way(m))
		return;
	m->joins++;
	w->join = m->joins;
	w->join_mask = live;
	for (l = w->level; l-- > 0;) {
		struct ent_iter it = { 0 };
		uint32_t i;

		while ((i = pwm_ent_next_in(m, w->va, last, &it)) != NIL) {
			struct ent *e = &m->ents[i];
			cpumask cpus;

			if (e->level != l || (e->kind != K_LEAF && e->kind != K_TABLE))
				continue;
			cpus = pointers_to(m, e, STAMPED);
			if (!e->visible)
				cpus |= pointers_to(m, e, STAMPED_OLDER);
			if (!cpus)
				continue;
			pwm_ent_refilled(m, e, cpus);
			e->join_mask = cpus;
			e->join = m->joins;
		}
	}
}

/* Which CPUs the operation reaches, of those that may hold @e. */
static cpumask reach(struct pwm *m, uint32_t cpu, const struct op *op, struct ent *e)
{
	enum miss why = m->arch->covers(m, op, e);
	/* what only waits for its CPU's synchronisation is in no TLB any more */
	cpumask cpus = op->cpus & e->live & ~e->own;

	if (why != MISS_NONE) {
		note_miss(m, e, cpu, op, why);
		return 0;
	}
	if (e->live & ~op->cpus)
		note_miss(m, e, cpu, op, MISS_LOCAL);
	return cpus;
}

static void mark_one(struct pwm *m, uint32_t cpu, const struct op *op, uint32_t i, bool tables)
{
	struct ent *e = &m->ents[i];

	if ((e->kind == K_TABLE) != tables)
		return;
	e->mask = reach(m, cpu, op, e);
	if (!e->mask)
		return;
	e->mark = m->step;
	e->mark_next = m->marked[tables];
	m->marked[tables] = i;
}

/* Mark what the operation covers: pointers first, for they decide what leaves can come back. */
static void mark(struct pwm *m, uint32_t cpu, const struct op *op, bool tables)
{
	struct ent_iter it = { 0 };
	uint32_t i;

	m->marked[tables] = NIL;
	if (tables ? !m->nr_tables_stale : m->nr_tables_stale == m->nr_ents)
		return;
	if (op->all || (tables && op->every_table)) {
		for (i = 0; i < m->nr_ents; i++)
			mark_one(m, cpu, op, m->all[i], tables);
		return;
	}
	while ((i = pwm_ent_next_in(m, op->first, op->last, &it)) != NIL)
		mark_one(m, cpu, op, i, tables);
}

/*
 * CPUs that may read the old value again, because the store over it is not visible and they have a
 * way to the entry: through memory, or through a stale pointer that the operation leaves.
 */
static cpumask reread(const struct pwm *m, uint32_t cpu, const struct op *op, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];
	unsigned int level, hier;
	cpumask cpus = 0;
	uint64_t src;

	if (e->visible)
		return 0;
	pwm_walk_now(m, s, e->va, e->level, &level, &hier, &src);
	if (level == e->level && src == e->src)
		cpus = e->global ? s->ran | s->ran_g : s->ran;
	cpus |= pointers_to(m, e, LEFT_OLDER);
	/* a CPU whose own store went over it does not read it again, where that counts */
	if (op->local_order && (e->writers & CPU_BIT(cpu)))
		cpus &= ~CPU_BIT(cpu);
	return cpus & ~e->past;
}

/* What comes back at once is not covered. */
static void keep_what_returns(struct pwm *m, uint32_t cpu, const struct op *op, struct ent *e)
{
	cpumask again = reread(m, cpu, op, e), back = pointers_to(m, e, LEFT_NOW);

	if (!((again | back) & e->mask))
		return;
	note_miss(m, e, cpu, op, again & e->mask ? MISS_INVISIBLE : MISS_REFILLED);
	e->mask &= ~(again | back);
}

/* An earlier operation of this CPU takes it already, with whatever barrier takes this one. */
static bool awaited(const struct pwm *m, const struct ent *e, uint32_t cpu)
{
	return e->pend_by == cpu + 1 && !(e->mask & ~e->pend_mask) &&
	       !(m->cfg.features & PWM_REPEAT);
}

/* Cover it: at once, or when this CPU's next completing barrier comes. */
static void take(struct pwm *m, uint32_t cpu, const struct op *op, uint32_t i)
{
	struct ent *e = &m->ents[i];

	m->perf_useful = true;
	if (op->immediate) {
		pwm_kill_on(m, e, e->mask);
		return;
	}
	if (!op->nxs && awaited(m, e, cpu))
		return;
	e->pend_mask = e->mask;
	e->pend_by = (uint8_t)(cpu + 1);
	if (e->miss == MISS_NONE)
		note_op(m, e, cpu);
	e->pended = 1;
	pwm_rec_add(m, &m->cpu[cpu].pend, i | (op->nxs ? REC_NXS : 0), e->gen, e->mask);
}

/* Pointers from the top down, then leaves: what comes back depends on the pointers above it. */
static void keep_all_that_returns(struct pwm *m, uint32_t cpu, const struct op *op)
{
	unsigned int l;
	uint32_t i;

	for (l = PWM_MAX_LEVELS; m->marked[1] != NIL && l-- > 1;)
		for (i = m->marked[1]; i != NIL; i = m->ents[i].mark_next)
			if (m->ents[i].level == l)
				keep_what_returns(m, cpu, op, &m->ents[i]);
	for (i = m->marked[0]; i != NIL; i = m->ents[i].mark_next)
		keep_what_returns(m, cpu, op, &m->ents[i]);
}

static void take_all(struct pwm *m, uint32_t cpu, const struct op *op, bool tables)
{
	uint32_t i = m->marked[tables], next;

	for (; i != NIL; i = next) {
		next = m->ents[i].mark_next;
		if (m->ents[i].mask)
			take(m, cpu, op, i);
	}
}

static void forget_spaces(struct pwm *m, uint32_t cpu, const struct op *op)
{
	uint32_t i;

	for (i = pwm_space_next(m, 0); i != NIL; i = pwm_space_next(m, i + 1)) {
		struct space *s = &m->spaces[i];
		struct rec r = { .mask = op->cpus };

		if (s->regime == PWM_STAGE2 ? !op->stage2 : !op->stage1 || s->regime != op->regime)
			continue;
		if (op->vmid != PWM_ANY_ASID && op->vmid != s->vmid)
			continue;
		if (op->asid != PWM_ANY_ASID && op->asid != s->asid)
			continue;
		if (op->by_root && op->root != s->root)
			continue;
		r.ent = REC_SPACE | (op->globals ? REC_GLOBALS : 0) | (op->nxs ? REC_NXS : 0) | i;
		r.gen = s->gen;
		if (!op->immediate) {
			pwm_rec_add(m, &m->cpu[cpu].pend, r.ent, r.gen, r.mask);
			continue;
		}
		s->ran &= ~r.mask | s->cur;
		if (op->globals)
			s->ran_g &= ~r.mask | s->cur;
		if (!s->ran && !s->ran_g && !s->cur)
			pwm_space_retire(m, i);
	}
}

static void remember(struct pwm *m, uint32_t cpu, const struct op *op)
{
	struct cpu *c = &m->cpu[cpu];
	uint32_t at = c->ring_at++ % NR_RING;

	c->ring[at].step = m->step;
	c->ring[at].first = op->all ? 0 : op->first;
	c->ring[at].last = op->all ? ~(uint64_t)0 : op->last;
	c->ring[at].op = m->now.op;
	c->ring[at].kind = m->now.kind;
}

/*
 * A pointer that an earlier operation of this CPU takes already: what that one leaves was written
 * out then, and what it covers goes with it at the same barrier.
 */
static bool under_way(const struct ent *e, uint32_t cpu)
{
	return e->pend_by == cpu + 1 && !(e->mask & ~e->pend_mask);
}

/* Stamp the pointers that invalidations of @cpu under way take, and where. */
static void stamp_pending(struct pwm *m, uint32_t cpu)
{
	uint32_t i;

	m->joins++;
	for (i = m->cpu[cpu].pend; i != NIL; i = m->recs[i].next) {
		const struct rec *r = &m->recs[i];
		struct ent *e = &m->ents[r->ent & REC_INDEX];

		if (r->ent & REC_SPACE || e->gen != r->gen)
			continue;
		e->join_mask = r->mask | (e->join == m->joins ? e->join_mask : 0);
		e->join = m->joins;
	}
}

/*
 * What was written out stood behind a pointer. Where earlier invalidations that are under way, of
 * whatever CPU, take that pointer and every other one that leads there, they take it as well: what
 * they had left was written out then.
 */
static void join_pending(struct pwm *m)
{
	uint32_t cpu, i;

	for (cpu = 0; m->written != NIL && cpu < m->cfg.nr_cpus; cpu++) {
		if (m->cpu[cpu].pend == NIL)
			continue;
		stamp_pending(m, cpu);
		for (i = m->written; i != NIL; i = m->ents[i].written_next) {
			struct ent *e = &m->ents[i];
			cpumask cpus = e->written & pointers_to(m, e, STAMPED) &
				       ~pointers_to(m, e, LEFT_UNDER_WAY);

			if (!cpus)
				continue;
			e->pended = 1;
			pwm_rec_add(m, &m->cpu[cpu].pend, i, e->gen, cpus);
		}
	}
}

void pwm_maint_run(struct pwm *m, uint32_t cpu, const struct op *op)
{
	uint32_t i;

	remember(m, cpu, op);
	m->written = NIL;
	if (m->nr_ents && op->first <= op->last) {
		mark(m, cpu, op, true);
		mark(m, cpu, op, false);
		keep_all_that_returns(m, cpu, op);
		if (!op->all || !op->globals)
			for (i = m->marked[1]; i != NIL; i = m->ents[i].mark_next)
				if (m->ents[i].mask && !under_way(&m->ents[i], cpu))
					write_out_below(m, op, i, m->ents[i].mask);
		join_pending(m);
		take_all(m, cpu, op, false);
		take_all(m, cpu, op, true);
	}
	if (op->all && !op->writes)
		forget_spaces(m, cpu, op);
	if (!m->perf_useful && (m->cfg.features & PWM_PERF))
		pwm_say_at(m, "ALL-PERF-1", PWM_REDUNDANT, op->first, 0, 0, 0, 0);
}
