/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A store to a table: what it breaks at once, and what may be cached afterwards that memory does
 * not say any more.
 */
#include "private.h"

/* Tables that are not linked yet --------------------------------------------------------------- */

/*
 * Rule *-PUB-1: stores into a table before the store that links it. A page with such stores is
 * remembered until a barrier that orders them; direct-mapped, so an old one may be forgotten.
 */
static void dirty_note(struct pwm *m, uint32_t cpu, uint64_t pa, uint32_t kind)
{
	struct cpu *c = &m->cpu[cpu];
	uint64_t page = pa >> m->cfg.page_lg2;
	uint32_t at = (uint32_t)page % NR_DIRTY;

	/* x86 keeps ordinary stores in order */
	if (m->cfg.arch == PWM_X86 && !(kind & PWM_NONTEMP))
		return;
	c->any_dirty = 1;
	c->dirty[at] = page + 1;
}

/* A barrier ordered them, for every observer, or with @own for this CPU's walker alone. */
void pwm_dirty_clear(struct pwm *m, uint32_t cpu, bool own)
{
	struct cpu *c = &m->cpu[cpu];
	uint32_t i;

	if (!c->any_dirty)
		return;
	m->perf_useful = true;
	for (i = 0; own && i < NR_DIRTY; i++)
		c->dirty[i] |= c->dirty[i] ? DIRTY_ELSEWHERE : 0;
	if (own)
		return;
	__builtin_memset(c->dirty, 0, sizeof(c->dirty));
	c->any_dirty = 0;
}

/* CPUs whose walkers may see a page without what @cpu stored there. */
static cpumask dirty_for(const struct pwm *m, uint32_t cpu, uint64_t pa)
{
	uint64_t page = pa >> m->cfg.page_lg2;
	uint64_t d = m->cpu[cpu].dirty[(uint32_t)page % NR_DIRTY];

	if ((d & ~DIRTY_ELSEWHERE) != page + 1)
		return 0;
	return d & DIRTY_ELSEWHERE ? m->cpus & ~CPU_BIT(cpu) : m->cpus;
}

/* Who may walk the entry that is stored to. */
static cpumask walkers(const struct pwm *m)
{
	cpumask cpus = 0;
	uint32_t i;

	for (i = 0; i < m->nr_paths; i++)
		cpus |= m->paths[i].live_g;
	return cpus;
}

static void check_link(struct pwm *m, uint32_t cpu, const struct dec *d, unsigned int level,
		       uint64_t va, uint64_t loc)
{
	uint32_t c;

	for (c = m->cfg.nr_cpus; c-- > 0;) {
		if (!(dirty_for(m, c, d->oa) & walkers(m)))
			continue;
		/* a release store orders this CPU's own */
		if (c == cpu && (m->now.kind & PWM_RELEASE))
			continue;
		pwm_say_at(m, rule_name(m, R_LINK), PWM_ERROR, va, level, loc, 0, m->now.b);
		return;
	}
}

/* Lost updates --------------------------------------------------------------------------------- */

/*
 * Not valid, and else what it was: somebody makes it again from this. Bit 0 is V, P, or valid. What
 * has no attributes is none of these, but an address, as the link of a queue of freed tables.
 */
static bool keeps(struct pwm *m, const struct path *p, const struct dec *od, const struct dec *nd)
{
	struct dec d;

	pwm_decode(m, p->space, m->now.b | 1, p->level, &d);
	return nd->kind == K_INVALID && (m->now.b & (level_size(m, 0) - 1)) && d.kind == K_LEAF &&
	       d.oa == od->oa;
}

static void check_lost(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t old, const struct dec *od,
		       const struct dec *nd, const struct path *p)
{
	struct cpu *c = &m->cpu[cpu];
	uint32_t at = (uint32_t)(pa >> 3) % NR_SEEN;
	uint32_t hw = m->cfg.arch == PWM_ARM64 ? PWM_HAF | PWM_HD : PWM_SVADU;
	bool hw_writes = m->cfg.arch == PWM_X86 || (m->cfg.features & hw);

	if (m->now.kind & PWM_CAS) {
		c->seen_pa[at] = 0;
		return;
	}
	if (c->seen_pa[at] == pa + 1 && c->seen_val[at] != old && !(m->cfg.features & PWM_FOREIGN))
		pwm_say_at(m, m->cfg.arch == PWM_ARM64 ? "A64-BBM-12" : "ALL-LOCK-1", PWM_LOST,
			   p->va, p->level, pa, c->seen_val[at], old);
	c->seen_pa[at] = 0;
	if (od->kind != K_LEAF || !hw_writes || !p->live_g)
		return;
	if (nd->kind != K_LEAF && !keeps(m, p, od, nd))
		return;
	if (!od->accessed || (od->hw_dirty && !od->dirty))
		pwm_say_at(m, rule_in(m, p->space, R_LOST_RMW), PWM_LOST, p->va, p->level, pa, old,
			   m->now.b);
}

/* Conflicts ------------------------------------------------------------------------------------ */

/* Of one address: may one access of one context match both? */
static bool tags_meet(const struct pwm *m, const struct ent *e, const struct path *p, bool global)
{
	const struct space *a = &m->spaces[e->space], *b = &m->spaces[p->space];

	if (!same_context(m, a, b))
		return false;
	return e->global || global || a->asid == b->asid || a->asid == PWM_ANY_ASID ||
	       b->asid == PWM_ANY_ASID;
}

/* The last address that it translates. */
static uint64_t last_of(const struct pwm *m, const struct path *p)
{
	return p->va + (level_size(m, p->level) - 1);
}

/* Rules about the new value alone. */
static void check_value(struct pwm *m, const struct path *p, uint64_t val, const struct dec *d)
{
	unsigned int perm;

	if (m->now.kind & PWM_HALF)
		pwm_say_at(m, rule_in(m, p->space, R_HALF), PWM_ERROR, p->va, p->level, m->now.a, 0,
			   val);
	if (d->reserved)
		pwm_say_at(m, rule_in(m, p->space, R_FORMAT), PWM_ERROR, p->va, p->level, m->now.a,
			   0, val);
	if (d->stray)
		pwm_say_at(m, "A64-CONT-7", PWM_POLICY, p->va, p->level, m->now.a, 0, val);
	if (d->kind == K_LEAF && m->cfg.arch == PWM_X86 && d->nt)
		pwm_say_at(m, "X86-AD-4", PWM_POLICY, p->va, p->level, m->now.a, 0, val);
	/* what a guest does with its memory is its own matter */
	if (d->kind != K_LEAF || !(m->cfg.features & PWM_NO_WX) ||
	    m->spaces[p->space].regime == PWM_STAGE2)
		return;
	perm = d->perm & ~(unsigned int)p->hier;
	if ((perm & (P_KW | P_KX)) == (P_KW | P_KX) || (perm & (P_UW | P_UX)) == (P_UW | P_UX))
		pwm_say_at(m, rule_name(m, R_WX), PWM_POLICY, p->va, p->level, m->now.a, 0, val);
}

/* W -> X while the writable translation is live. */
static void check_wx_stale(struct pwm *m, const struct path *p, const struct dec *nd)
{
	struct ent_iter it = { 0 };
	uint32_t i;

	if (nd->kind != K_LEAF || !(m->cfg.features & PWM_NO_WX) || !(nd->perm & (P_KX | P_UX)) ||
	    m->spaces[p->space].regime == PWM_STAGE2)
		return;
	while ((i = pwm_ent_next_in(m, p->va, p->va, &it)) != NIL) {
		const struct ent *e = &m->ents[i];
		struct dec d;

		pwm_decode(m, e->space, e->val, e->level, &d);
		if (e->live && e->kind == K_LEAF && tags_meet(m, e, p, false) &&
		    (d.perm & (P_KW | P_UW)))
			pwm_say(m, rule_name(m, R_WX_STALE), PWM_ERROR, e);
	}
}

/* What is left --------------------------------------------------------------------------------- */

static cpumask holders(const struct path *p, const struct dec *d)
{
	return d->global ? p->live_g : p->live;
}

static void leave_behind(struct pwm *m, const struct path *p, uint64_t pa, uint64_t old,
			 const struct dec *od, const struct dec *nd)
{
	const struct space *s = &m->spaces[p->space];
	uint32_t kind = od->kind;
	struct ent *e;

	if (kind == K_LEAF && !od->cacheable)
		kind = K_INVALID;
	if (kind == K_INVALID && (m->cfg.arch == PWM_X86 || nd->kind == K_INVALID ||
				  (nd->kind == K_LEAF && !nd->cacheable)))
		return;
	e = pwm_ent_add(m, p, kind, old, pa, od->global, holders(p, od));
	if (e) {
		pwm_order_store(m, m->now.cpu, e);
		pwm_refill_behind(m, e, holders(p, od));
	}
	/* elsewhere what drops an entry of stage 2 drops what was combined from it */
	if (e && m->cfg.arch == PWM_ARM64 && s->regime == PWM_STAGE2 && kind != K_INVALID) {
		e = pwm_ent_add(m, p, K_COMBINED, old, pa, false, p->live);
		if (e)
			pwm_order_store(m, m->now.cpu, e);
	}
}

/* Behind a stale pointer the new value may be filled as well. */
static void fill_new(struct pwm *m, const struct path *p, uint64_t pa, uint64_t val,
		     const struct dec *nd)
{
	uint32_t i;
	struct ent *e;

	if (!p->stale || !(nd->kind == K_TABLE || (nd->kind == K_LEAF && nd->cacheable)))
		return;
	i = pwm_ent_find(m, p->va, p->level, p->space, nd->kind, val, p->hier, pa);
	if (i != NIL && !m->ents[i].visible) {
		pwm_ent_refilled(m, &m->ents[i], holders(p, nd));
		pwm_ent_in_use(m, &m->ents[i], p->own);
		pwm_refill_behind(m, &m->ents[i], holders(p, nd));
		return;
	}
	e = pwm_ent_add(m, p, nd->kind, val, pa, nd->global, holders(p, nd));
	if (!e)
		return;
	e->visible = 1;
	pwm_refill_behind(m, e, holders(p, nd));
}

/* Memory says it again: entries that are as the tables are need no record. */
static void clean_again(struct pwm *m, const struct path *p, uint64_t val, const struct dec *nd)
{
	uint64_t last = last_of(m, p);
	struct ent_iter it = { 0 };
	uint32_t i, same[64], n;

	if (nd->kind == K_INVALID)
		return;
	/* whichever entry it stood in */
	for (;;) {
		i = pwm_ent_find(m, p->va, p->level, p->space, nd->kind, val, p->hier, 0);
		if (i == NIL || pwm_ent_differs(m, &m->ents[i]))
			break;
		pwm_ent_drop(m, &m->ents[i]);
	}
	if (nd->kind != K_TABLE)
		return;
	do {
		__builtin_memset(&it, 0, sizeof(it));
		n = 0;
		while (n < 64 && (i = pwm_ent_next_in(m, p->va, last, &it)) != NIL)
			if (m->ents[i].kind != K_COMBINED && !pwm_ent_differs(m, &m->ents[i]))
				same[n++] = i;
		for (i = 0; i < n; i++)
			pwm_ent_drop(m, &m->ents[same[i]]);
	} while (n == 64);
}

/* Another store over what is stale already, by another CPU perhaps. */
static void over_again(struct pwm *m, const struct path *p, uint64_t pa)
{
	uint32_t i;

	if (!m->at_level[p->level])
		return;
	for (i = m->hash[pwm_hash_of(m, p->va, p->level)]; i != NIL; i = m->ents[i].next) {
		struct ent *e = &m->ents[i];

		if (e->va == p->va && e->level == p->level && e->space == p->space && e->src == pa)
			pwm_order_store(m, m->now.cpu, e);
	}
}

static void one_path(struct pwm *m, const struct path *p, uint64_t pa, uint64_t old, uint64_t val)
{
	struct dec od, nd;

	over_again(m, p, pa);
	if (pwm_key(m, p->space, old, p->level) == pwm_key(m, p->space, val, p->level))
		return;
	pwm_decode(m, p->space, old, p->level, &od);
	pwm_decode(m, p->space, val, p->level, &nd);
	od.global |= p->hier & P_GLOBAL && od.kind == K_LEAF;
	nd.global |= p->hier & P_GLOBAL && nd.kind == K_LEAF;
	leave_behind(m, p, pa, old, &od, &nd);
	fill_new(m, p, pa, val, &nd);
	clean_again(m, p, val, &nd);
}

/*
 * Edges follow what the entry says, at every level that it is reached at. The new one first: stale
 * pointers refer to its table.
 */
static void link_new(struct pwm *m, uint32_t t, uint64_t pa, uint64_t val)
{
	struct dec d;
	uint32_t i;

	for (i = m->nr_paths; i-- > 0;) {
		pwm_decode(m, m->paths[i].space, val, m->paths[i].level, &d);
		if (d.kind == K_TABLE)
			pwm_table_edge(m, arch_of(m, m->paths[i].space), t, pa, d.oa,
				       m->paths[i].level - 1u);
	}
}

/* Does @val point to table @table, on any way to it? */
static bool points_to(const struct pwm *m, uint64_t val, uint64_t table)
{
	struct dec d;
	uint32_t i;

	for (i = m->nr_paths; i-- > 0;) {
		pwm_decode(m, m->paths[i].space, val, m->paths[i].level, &d);
		if (d.kind == K_TABLE && d.oa == table)
			return true;
	}
	return false;
}

static void unlink_old(struct pwm *m, uint64_t pa, uint64_t old, uint64_t val)
{
	uint32_t child, i;
	struct dec d;

	for (i = m->nr_paths; i-- > 0;) {
		pwm_decode(m, m->paths[i].space, old, m->paths[i].level, &d);
		if (d.kind != K_TABLE || points_to(m, val, d.oa))
			continue;
		child = pwm_table_find(m, d.oa);
		pwm_table_unedge(m, pa, d.oa);
		pwm_table_collect(m, child);
	}
}

/* Every way to the entry leads through a pointer that memory does not have any more. */
static void check_reused(struct pwm *m, const struct path *p, uint64_t val, const struct dec *d)
{
	uint32_t i;

	/* not present: nothing is cached, whatever else is in it, such as the link of a queue */
	if (m->cfg.arch != PWM_X86 || (d->kind == K_INVALID && !d->reserved))
		return;
	for (i = m->nr_paths; i-- > 0;)
		if (!m->paths[i].stale)
			return;
	pwm_say_at(m, "X86-WALK-4", PWM_ERROR, p->va, p->level, m->now.a, 0, val);
}

static void check_store(struct pwm *m, const struct path *p, uint64_t pa, uint64_t old,
			uint64_t val)
{
	struct dec od, nd;

	pwm_decode(m, p->space, old, p->level, &od);
	pwm_decode(m, p->space, val, p->level, &nd);
	if (p == &m->paths[0]) {
		check_lost(m, m->now.cpu, pa, old, &od, &nd, p);
		check_value(m, p, val, &nd);
		check_reused(m, p, val, &nd);
		if (nd.kind == K_TABLE)
			check_link(m, m->now.cpu, &nd, p->level, p->va, pa);
	}
	check_wx_stale(m, p, &nd);
	pwm_clash_check(m, p, old, val);
}

/* The last entry of a root went, and no CPU has it loaded: nobody will say more about it. */
static void maybe_retire(struct pwm *m, uint32_t t)
{
	uint32_t i = m->tables[t].roots, next;

	for (; i != NIL; i = next) {
		next = m->spaces[i].next_root;
		pwm_space_retire(m, i);
	}
}

static bool must_publish(const struct dec *d)
{
	return d->cacheable && !(d->perm & P_UR);
}

static bool any_leaf(void *ctx, const struct path *p, uint64_t src, uint64_t val,
		     const struct dec *d)
{
	(void)ctx, (void)p, (void)src, (void)val;
	return must_publish(d);
}

/*
 * Does the store owe anything? Not from one invalid value to another, nor for an empty table, nor
 * for a new mapping of user memory, which may fault.
 */
static bool owes(struct pwm *m, const struct path *p, uint64_t old, uint64_t val)
{
	struct ent e = { .val = val, .va = p->va, .space = p->space, .level = p->level };
	struct dec od, nd;

	pwm_decode(m, p->space, old, p->level, &od);
	pwm_decode(m, p->space, val, p->level, &nd);
	if (od.cacheable || nd.kind != K_TABLE)
		return od.cacheable || must_publish(&nd);
	return pwm_each_below(m, &e, false, any_leaf, NULL);
}

/* What an open batch owes, and what an interrupt handler does meanwhile. */
static void batch_note(struct pwm *m, struct cpu *c, uint64_t old, uint64_t val)
{
	const struct path *p = &m->paths[0];
	uint64_t last = last_of(m, p);

	if (!c->lazy || c->paused || !owes(m, p, old, val))
		return;
	if (c->irq) {
		c->irq_store = m->step;
		return;
	}
	if (!c->lazy_store)
		c->lazy_store = m->step;
	if (!c->lazy_touched || p->va < c->lazy_first)
		c->lazy_first = p->va;
	if (!c->lazy_touched || last > c->lazy_last)
		c->lazy_last = last;
	c->lazy_touched = 1;
}

static void store_one(struct pwm *m, uint64_t pa, uint64_t old, uint64_t val, uint32_t kind)
{
	uint32_t cpu = m->now.cpu, t = pwm_table_find(m, pa), i;

	m->cpu[cpu].last_write = m->step;
	if (t != NIL)
		pwm_paths_find(m, t, pa);
	else
		m->nr_paths = 0;
	if (old != val && m->combined != NIL)
		pwm_combined_store(m, pa);
	if (!m->nr_paths) {
		dirty_note(m, cpu, pa, kind);
		return;
	}
	m->over_pa = pa;
	m->over = true;
	m->over_val = old;
	pwm_clash_begin(m);
	for (i = 0; i < m->nr_paths; i++)
		check_store(m, &m->paths[i], pa, old, val);
	m->over_val = val;
	/* the same value supersedes what lay under it all the same */
	if (old != val)
		m->last_change = m->step;
	link_new(m, t, pa, val);
	for (i = 0; i < m->nr_paths; i++)
		one_path(m, &m->paths[i], pa, old, val);
	unlink_old(m, pa, old, val);
	if (!val && (m->cfg.features & PWM_FOREIGN))
		maybe_retire(m, t);
	m->over = false;
	batch_note(m, &m->cpu[cpu], old, val);
}

void pwm_store_step(struct pwm *m, const struct pwm_step *s)
{
	if (s->op == PWM_OP_ZERO) {
		uint64_t at;

		for (at = 0; at + 8 <= s->b; at += 8)
			store_one(m, s->a + at, pwm_mem_read(m, s->a + at), 0, PWM_PLAIN);
		return;
	}
	store_one(m, s->a & ~(uint64_t)7, s->kind & PWM_OLD ? s->c : pwm_mem_read(m, s->a), s->b,
		  s->kind);
}

/* Memory holds it, and nobody knows since when: no history, but the graph must follow. */
void pwm_snapshot_step(struct pwm *m, const struct pwm_step *s)
{
	uint32_t t = pwm_table_find(m, s->a);

	if (t == NIL)
		return;
	pwm_paths_find(m, t, s->a);
	link_new(m, t, s->a, s->b);
	unlink_old(m, s->a, pwm_mem_read(m, s->a), s->b);
}
