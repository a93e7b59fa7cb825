/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Judging: what was promised, against what CPUs may still hold; and why they may.
 */
#include "private.h"

/* How a stale entry differs from what the tables say now. */
enum harm {
	H_NONE = 0, /* age or dirt */
	H_FAULT,    /* "invalid": it may fault */
	H_GAIN,	    /* it has fewer rights: it may fault */
	H_BAD,	    /* more rights, another page, another type */
};

static enum harm harm_of(struct pwm *m, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];
	unsigned int level, hier, pa, pb;
	struct dec a, b;
	uint64_t src, val = pwm_walk_now(m, s, e->va, e->level, &level, &hier, &src);

	if (e->kind == K_INVALID) {
		pwm_decode(m, e->space, val, level, &b);
		return b.kind == K_INVALID || (b.kind == K_LEAF && !b.cacheable) ? H_NONE : H_FAULT;
	}
	pwm_decode(m, e->space, e->val, e->level, &a);
	pwm_decode(m, e->space, val, level, &b);
	if (level != e->level || a.kind != b.kind || a.oa != b.oa)
		return H_BAD;
	if (a.kind == K_TABLE) {
		pa = ~(e->hier | a.perm) & 0x3fu;
		pb = ~(hier | b.perm) & 0x3fu;
	} else {
		if (a.memtype != b.memtype || a.share != b.share || a.global != b.global ||
		    a.contig != b.contig)
			return H_BAD;
		pa = a.perm & ~(unsigned int)e->hier & 0x3f;
		pb = b.perm & ~hier & 0x3f;
		/* read-only until hardware makes it dirty, or until somebody tells it */
		if (!a.accessed && b.accessed)
			return pa & ~pb ? H_BAD : H_GAIN;
	}
	if (pa == pb)
		return H_NONE;
	return pa & ~pb ? H_BAD : H_GAIN;
}

/* Which mistake -------------------------------------------------------------------------------- */

/* An invalidation this many steps before the store was probably meant for it. */
#define SHORTLY 16

/* Invalidations of the storing CPU that name the address: before the store, or after it. */
static bool ring_has(const struct pwm *m, const struct ent *e, bool before, bool ranged)
{
	const struct cpu *c = &m->cpu[e->cpu];
	uint32_t i;

	for (i = 0; i < NR_RING; i++) {
		bool covers = c->ring[i].first <= e->va && e->va <= c->ring[i].last;
		bool is_ranged = c->ring[i].op == PWM_OP_TLBI && (c->ring[i].kind & PWM_RANGED);

		if (!c->ring[i].step || (c->ring[i].step < e->since) != before)
			continue;
		if (before && e->since - c->ring[i].step > SHORTLY)
			continue;
		if (ranged ? is_ranged && !covers : covers)
			return true;
	}
	return false;
}

static enum rule_of why_of(const struct pwm *m, const struct ent *e)
{
	static const uint8_t by_miss[] = {
		[MISS_NONE] = R_STALE,
		[MISS_REGIME] = R_REGIME,
		[MISS_VMID] = R_VMID,
		[MISS_ASID] = R_ASID,
		[MISS_GLOBAL] = R_GLOBAL,
		[MISS_STAGE2] = R_STAGE2,
		[MISS_LEVEL] = R_LEVEL,
		[MISS_RANGE] = R_RANGE,
		[MISS_LAST_LEVEL] = R_TABLE,
		[MISS_INVISIBLE] = R_INVISIBLE,
		[MISS_LOCAL] = R_LOCAL,
		[MISS_REFILLED] = R_TABLE,
		[MISS_UNSYNCED] = R_UNSYNCED,
		[MISS_WRITES] = R_WRITES,
		[MISS_XS] = R_XS,
	};

	if (e->pend_mask & e->live)
		return R_INCOMPLETE;
	if (e->own && !(e->live & ~e->own))
		return R_UNSYNCED;
	if (e->miss == MISS_INVISIBLE &&
	    (e->miss_op == PWM_OP_SINVAL || e->miss_op == PWM_OP_HINVAL_GVMA))
		return R_INCOMPLETE;
	if (e->miss)
		return by_miss[e->miss];
	if (ring_has(m, e, false, true))
		return R_RANGE;
	if (e->kind == K_TABLE && m->cfg.arch == PWM_X86)
		return R_TABLE;
	return ring_has(m, e, true, false) ? R_EARLY : R_STALE;
}

static enum rule_of why_fault(const struct pwm *m, const struct ent *e, uint32_t cpu, bool fetch)
{
	if (e->kind != K_INVALID)
		return R_SPURIOUS;
	if (fetch)
		return R_FETCH;
	if (m->cfg.arch != PWM_ARM64)
		return e->cpu == cpu ? R_NEW : R_NEW_REMOTE;
	if (!e->visible && !(e->past & CPU_BIT(cpu)))
		return R_NEW;
	return e->cpu == cpu ? R_NEW_CSE : R_NEW_REMOTE;
}

/* lg2 of the contiguous group that it is a page of, before the change or after it; 0: of none. */
static unsigned int group_lg2(const struct pwm *m, const struct ent *e)
{
	unsigned int level, hier;
	struct dec a, b;
	uint64_t src;

	if (m->cfg.arch != PWM_ARM64 || e->kind != K_LEAF)
		return 0;
	m->arch->decode(m, e->val, e->level, &a);
	m->arch->decode(m,
			pwm_walk_now(m, &m->spaces[e->space], e->va, e->level, &level, &hier, &src),
			level, &b);
	return a.contig ? a.contig : b.contig;
}

/* It is a page of a group, and an invalidation since then covered another one. */
static bool ring_has_part(const struct pwm *m, const struct ent *e)
{
	unsigned int lg2 = group_lg2(m, e);
	uint64_t span = level_size(m, e->level) << lg2, first = e->va & ~(span - 1);
	const struct cpu *c = &m->cpu[e->cpu];
	uint32_t i;

	for (i = 0; lg2 && i < NR_RING; i++)
		if (c->ring[i].step > e->since && c->ring[i].first <= first + (span - 1) &&
		    c->ring[i].last > first)
			return true;
	return false;
}

static void tell(struct pwm *m, enum rule_of why, uint32_t cls, struct ent *e)
{
	if (e->told)
		return;
	e->told = 1;
	if ((m->cfg.features & PWM_REPEAT) && why == R_INCOMPLETE && e->repeats)
		pwm_say(m, "A64-TLBI-13", cls, e);
	else if (pwm_was_off(m, e))
		pwm_say(m, "ALL-CPU-1", cls, e);
	else if (e->skipped && !(e->live & ~e->skipped) && m->cfg.arch == PWM_X86 &&
		 m->spaces[e->space].regime == PWM_EL1)
		pwm_say(m, "X86-TLB-8", cls, e);
	else if ((m->cfg.features & PWM_SVVPTC) && why == R_NEW && m->cfg.arch == PWM_RISCV)
		pwm_say(m, "RV-PUB-3", PWM_SPURIOUS, e);
	else if ((why == R_STALE || why == R_RANGE) && ring_has_part(m, e))
		pwm_say(m, "A64-CONT-6", cls, e);
	else
		pwm_say(m, rule_in(m, e->space, why), cls, e);
}

/* Contracts ------------------------------------------------------------------------------------ */

static bool concerns(const struct pwm *m, const struct ent *e, uint32_t cpu, uint32_t regime)
{
	const struct space *s = &m->spaces[e->space];
	uint32_t cur = m->cpu[cpu].cur[s->half];

	if (s->regime != regime)
		return false;
	return cur == NIL || e->space == cur || (e->global && m->spaces[cur].vmid == s->vmid) ||
	       m->spaces[cur].root == s->root;
}

static void contract_entry(struct pwm *m, const struct pwm_step *s, struct ent *e)
{
	uint32_t promise = s->kind & 0xff;
	bool nofault = s->kind & PWM_NOFAULT;
	enum harm h = harm_of(m, e);
	struct dec d;

	switch (promise) {
	case PWM_UNMAP:
	case PWM_PROTECT:
		if (h == H_BAD)
			tell(m, why_of(m, e), PWM_ERROR, e);
		else if (h == H_GAIN && promise == PWM_PROTECT)
			tell(m, R_SPURIOUS, nofault ? PWM_ERROR : PWM_SPURIOUS, e);
		if (promise == PWM_UNMAP || h != H_FAULT)
			break;
		/* fallthrough */
	case PWM_MAP:
		if (h == H_FAULT && nofault &&
		    (s->kind & PWM_ALL_CPUS || e->live & CPU_BIT(s->cpu)))
			tell(m, why_fault(m, e, e->live & CPU_BIT(s->cpu) ? s->cpu : 99, false),
			     PWM_ERROR, e);
		break;
	case PWM_CLEAN:
	case PWM_YOUNG_CLEAR:
		pwm_decode(m, e->space, e->val, e->level, &d);
		if (e->kind != K_LEAF)
			break;
		if (promise == PWM_CLEAN && d.dirty && d.hw_dirty)
			tell(m, R_CLEAN, PWM_LOST, e);
		else if (promise == PWM_YOUNG_CLEAR && d.accessed && h != H_BAD)
			tell(m, R_OLD, PWM_REDUNDANT, e);
		break;
	default:
		break;
	}
}

/* RISC-V: is what was promised to a guest there for it, with the root that was loaded for it? */
static void judge_hgatp(struct pwm *m, const struct pwm_step *s, const struct cpu *c)
{
	const char *const *names = m->arch->stage2->rules;

	if (c->guest_root_step && s->kind & PWM_NOFAULT)
		pwm_say_at(m, names[R_ROOT], PWM_ERROR, s->a, 0, 0, 0, 0);
	if (c->guest_reuse_step)
		pwm_say_at(m, names[R_ASID_REUSE], PWM_ERROR, s->a, 0, 0, 0, 0);
}

void pwm_judge_contract(struct pwm *m, const struct pwm_step *s)
{
	uint32_t promise = s->kind & 0xff, i;
	struct cpu *c = &m->cpu[s->cpu];
	struct ent_iter it = { 0 };

	if (promise == PWM_BEGIN)
		m->call_step = m->step;
	if (promise == PWM_FAILED && m->last_change > m->call_step)
		pwm_say_at(m, "ALL-API-1", PWM_ERROR, s->a, 0, 0, 0, 0);
	if (promise == PWM_QUERY_DIRTY)
		pwm_promise_query(m, s);
	if (s->kind & PWM_IMMEDIATE && c->lazy_store && !c->irq)
		pwm_say_at(m, "ALL-LAZY-4", PWM_ERROR, s->a, 0, 0, 0, 0);
	if (s->kind & PWM_LAZY || promise >= PWM_QUERY_DIRTY)
		return;
	if (c->lazy_store && !c->irq) {
		pwm_say_at(m, "ALL-LAZY-1", PWM_ERROR, s->a, 0, 0, 0, 0);
		return;
	}
	if (c->config_step)
		pwm_say_at(m, rule_name(m, R_CONFIG), PWM_ERROR, s->a, 0, 0, 0, 0);
	if (s->c == PWM_STAGE2)
		judge_hgatp(m, s, c);
	while ((i = pwm_ent_next_in(m, s->a, s->b, &it)) != NIL) {
		struct ent *e = &m->ents[i];

		if (e->live && (e->kind != K_COMBINED || s->c == PWM_STAGE2) &&
		    concerns(m, e, s->cpu, (uint32_t)s->c) && pwm_users(m, e))
			contract_entry(m, s, e);
	}
	if (promise == PWM_CLEAN || promise == PWM_YOUNG_CLEAR)
		pwm_promise_age(m, s, promise == PWM_CLEAN);
	if (promise <= PWM_PROTECT)
		pwm_promise_pages(m, s);
}

/* Freeing -------------------------------------------------------------------------------------- */

static uint32_t page_slot(const struct pwm *m, uint64_t pa)
{
	return (uint32_t)((pa * 0x9e3779b97f4a7c15ull) >> 40) & m->page_mask;
}

/* Table pages that are out; 1 behind an address that came back. */
static void page_out(struct pwm *m, uint64_t pa)
{
	uint32_t i = page_slot(m, pa), n;

	for (n = 0; n <= m->page_mask; n++, i = (i + 1) & m->page_mask) {
		if (m->pages[i] && m->pages[i] != 1)
			continue;
		m->pages[i] = pa | 2;
		m->nr_pages++;
		return;
	}
	m->stats.overflows++;
}

static bool page_back(struct pwm *m, uint64_t pa)
{
	uint32_t i = page_slot(m, pa), n;

	for (n = 0; n <= m->page_mask && m->pages[i]; n++, i = (i + 1) & m->page_mask) {
		if (m->pages[i] != (pa | 2))
			continue;
		m->pages[i] = 1;
		return true;
	}
	return false;
}

static bool empty(const struct pwm *m, uint32_t t)
{
	uint64_t at;

	for (at = 0; at < m->tables[t].len; at += 8)
		if (pwm_mem_read(m, m->tables[t].pa + at))
			return false;
	return true;
}

void pwm_judge_table_free(struct pwm *m, const struct pwm_step *s)
{
	uint32_t t = pwm_table_find(m, s->a), i;

	if (s->op == PWM_OP_TABLE_NEW) {
		page_out(m, s->a);
		return;
	}
	if (m->nr_pages && !page_back(m, s->a))
		pwm_say_at(m, "ALL-FREE-3", PWM_ERROR, 0, 0, s->a, 0, 0);
	if (m->cpu[s->cpu].lazy_store && !m->cpu[s->cpu].irq)
		pwm_say_at(m, "ALL-LAZY-1", PWM_ERROR, 0, 0, s->a, 0, 0);
	if (t == NIL) {
		pwm_combined_free(m, s->a, s->a);
		return;
	}
	for (i = m->tables[t].roots; i != NIL; i = m->spaces[i].next_root) {
		if (pwm_flushed_at_load(m) && !m->spaces[i].cur)
			continue;
		if (m->spaces[i].cur | m->spaces[i].ran) {
			pwm_say_at(m, "ALL-FREE-5", PWM_ERROR, 0, m->spaces[i].levels - 1, s->a, 0,
				   0);
			return;
		}
	}
	for (i = m->tables[t].stale; i != NIL; i = m->ents[i].child_next) {
		struct ent *e = &m->ents[i];

		if (!(e->live & ~pwm_excused(m, e, true)))
			continue;
		pwm_say(m,
			!(e->live & ~pwm_excused(m, e, false)) ? "X86-TLB-8" :
			m->cfg.arch == PWM_X86 && empty(m, t)  ? "X86-WALK-2" :
								 "ALL-FREE-1",
			PWM_ERROR, e);
		return;
	}
	if (m->tables[t].parents != NIL)
		pwm_say_at(m, "ALL-FREE-1", PWM_ERROR, 0, 1, s->a, 0,
			   pwm_mem_read(m, m->edges[m->tables[t].parents].loc));
}

struct target {
	const struct pwm *m;
	uint64_t first, last;
	bool combined; /* through both stages: what tables map, not the tables */
};

static bool hits(void *ctx, const struct path *p, uint64_t src, uint64_t val, const struct dec *d)
{
	const struct target *t = ctx;
	/* a table is a page, whatever it maps */
	uint64_t size = level_size(t->m, d->kind == K_TABLE ? 0 : p->level);

	(void)src, (void)val;
	if (t->combined && d->kind == K_TABLE)
		return false;
	return d->cacheable && d->oa <= t->last && d->oa + (size - 1) >= t->first;
}

static void page_freed(struct pwm *m, struct target *t)
{
	uint32_t i;

	for (i = 0; i < m->nr_ents; i++) {
		struct ent *e = &m->ents[m->all[i]];
		struct path p = { .level = e->level };
		struct dec d;

		if (!e->live || e->kind == K_INVALID || e->told)
			continue;
		pwm_decode(m, e->space, e->val, e->level, &d);
		t->combined = e->kind == K_COMBINED;
		if (!pwm_users(m, e))
			continue;
		if (!hits(t, &p, 0, 0, &d) &&
		    (d.kind != K_TABLE || !pwm_each_below(m, e, true, hits, t)))
			continue;
		e->told = 1;
		pwm_say(m, "ALL-FREE-2", PWM_ERROR, e);
		return;
	}
}

void pwm_judge_page_free(struct pwm *m, const struct pwm_step *s)
{
	struct target t = { .m = m, .first = s->a, .last = s->a + s->b - 1 };

	if (m->cpu[s->cpu].lazy_store && !m->cpu[s->cpu].irq)
		pwm_say_at(m, "ALL-LAZY-1", PWM_ERROR, 0, 0, 0, 0, 0);
	page_freed(m, &t);
	pwm_combined_free(m, t.first, t.last);
}

/* Accesses ------------------------------------------------------------------------------------- */

static void access_entry(struct pwm *m, const struct pwm_step *s, struct ent *e)
{
	bool nofault = s->kind & PWM_NOFAULT;
	enum harm h = harm_of(m, e);

	if (e->kind == K_INVALID && e->visible && (s->kind & PWM_DEP) && m->cfg.arch == PWM_ARM64)
		return;
	if (h == H_BAD && (s->kind & PWM_MUST_NEW))
		tell(m, why_of(m, e), PWM_ERROR, e);
	else if (h == H_FAULT || h == H_GAIN)
		tell(m, why_fault(m, e, s->cpu, s->kind & PWM_X),
		     nofault ? PWM_ERROR : PWM_SPURIOUS, e);
}

/* It was left out by who promised, and did not flush. */
static bool used_skipped(struct pwm *m, struct ent *e, uint32_t cpu)
{
	return e->live & e->skipped & CPU_BIT(cpu) &&
	       m->cpu[cpu].cur[m->spaces[e->space].half] != NIL && e->kind != K_INVALID &&
	       harm_of(m, e) == H_BAD;
}

static void access_skipped(struct pwm *m, const struct pwm_step *s)
{
	struct ent_iter it = { 0 };
	uint32_t i;

	while ((i = pwm_ent_next_in(m, s->a, s->a, &it)) != NIL)
		if (concerns(m, &m->ents[i], s->cpu, PWM_EL1) &&
		    used_skipped(m, &m->ents[i], s->cpu))
			tell(m, why_of(m, &m->ents[i]), PWM_ERROR, &m->ents[i]);
}

/* A guest is entered: what its CPU was left out of must have been invalidated. */
void pwm_judge_entry(struct pwm *m, uint32_t cpu)
{
	uint32_t i;

	for (i = 0; i < m->nr_ents; i++) {
		struct ent *e = &m->ents[m->all[i]];

		if (e->kind != K_COMBINED && m->spaces[e->space].cur & CPU_BIT(cpu) &&
		    m->spaces[e->space].regime == PWM_STAGE2 && used_skipped(m, e, cpu))
			tell(m, e->cpu == cpu ? why_of(m, e) : R_LOCAL, PWM_ERROR, e);
	}
}

/* At the end nobody is left who did not flush and could use it. */
static void end_skipped(struct pwm *m)
{
	uint32_t i, c;

	for (i = 0; i < m->nr_ents; i++) {
		struct ent *e = &m->ents[m->all[i]];

		for (c = 0; e->skipped && c < m->cfg.nr_cpus; c++)
			if (used_skipped(m, e, c) && !(pwm_excused(m, e, false) & CPU_BIT(c)))
				tell(m, R_LOCAL, PWM_ERROR, e);
	}
}

void pwm_judge_access(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];
	struct ent_iter it = { 0 };
	uint32_t i;

	if (s->kind & PWM_R)
		c->ignored_load = m->step;
	access_skipped(m, s);
	if (!(s->kind & (PWM_MUST_NEW | PWM_NOFAULT)))
		return;
	if (s->kind & PWM_NOFAULT && c->lazy_store && !c->irq)
		pwm_say_at(m, "ALL-LAZY-1", PWM_ERROR, s->a, 0, 0, 0, 0);
	if (c->root_step)
		pwm_say_at(m, rule_name(m, R_ROOT), PWM_ERROR, s->a, 0, 0, 0, 0);
	if (c->reuse_step)
		pwm_say_at(m, rule_name(m, R_ASID_REUSE), PWM_ERROR, s->a, 0, 0, 0, 0);
	if (c->config_step)
		pwm_say_at(m, rule_name(m, R_CONFIG), PWM_ERROR, s->a, 0, 0, 0, 0);
	while ((i = pwm_ent_next_in(m, s->a, s->a, &it)) != NIL) {
		struct ent *e = &m->ents[i];

		if ((e->live & CPU_BIT(s->cpu)) && e->kind != K_COMBINED &&
		    c->cur[m->spaces[e->space].half] != NIL && concerns(m, e, s->cpu, PWM_EL1))
			access_entry(m, s, e);
	}
}

/* The end -------------------------------------------------------------------------------------- */

struct alias {
	struct pwm *m;
	uint64_t oa, size, src, val;
	uint32_t told;
	bool guest;
	uint8_t perm, memtype;
};

static bool alias_other(void *ctx, const struct path *p, uint64_t src, uint64_t val,
			const struct dec *d)
{
	struct alias *a = ctx;
	uint8_t perm = (uint8_t)(d->perm & ~p->hier);

	/* types and rights of a guest's memory mean something else than those of one's own */
	if ((a->m->spaces[p->space].regime == PWM_STAGE2) != a->guest)
		return false;
	if (d->oa + (level_size(a->m, p->level) - 1) < a->oa || d->oa > a->oa + (a->size - 1) ||
	    src == a->src)
		return false;
	if (d->memtype != a->memtype) {
		pwm_say_at(a->m, rule_name(a->m, R_ALIAS_TYPE), PWM_UNPRED, p->va, p->level, src,
			   a->val, val);
		return true;
	}
	if (a->perm & (P_KW | P_UW) && perm & (P_KX | P_UX) && (a->m->cfg.features & PWM_NO_WX)) {
		pwm_say_at(a->m, rule_name(a->m, R_ALIAS_WX), PWM_POLICY, p->va, p->level, src,
			   a->val, val);
		return true;
	}
	return false;
}

static bool alias_one(void *ctx, const struct path *p, uint64_t src, uint64_t val,
		      const struct dec *d)
{
	struct alias *a = ctx;
	uint32_t i;

	a->guest = a->m->spaces[p->space].regime == PWM_STAGE2;
	a->oa = d->oa;
	a->size = level_size(a->m, p->level);
	a->src = src;
	a->val = val;
	a->perm = (uint8_t)(d->perm & ~p->hier);
	a->memtype = d->memtype;
	for (i = pwm_space_next(a->m, 0); i != NIL && !a->told; i = pwm_space_next(a->m, i + 1))
		a->told = pwm_each_leaf(a->m, i, alias_other, a);
	return a->told;
}

void pwm_judge_end(struct pwm *m, const struct pwm_step *s)
{
	struct alias a = { .m = m };
	uint32_t i;

	for (i = 0; m->nr_pages && i <= m->page_mask; i++)
		if (m->pages[i] > 1 && pwm_table_find(m, m->pages[i] & ~(uint64_t)3) == NIL)
			pwm_say_at(m, "ALL-FREE-4", PWM_ERROR, 0, 0, m->pages[i] & ~(uint64_t)3, 0,
				   0);
	end_skipped(m);
	for (i = 0; i < m->cfg.nr_cpus; i++)
		if (m->cpu[i].lazy)
			pwm_say_at(m, "ALL-LAZY-9", PWM_ERROR, 0, 0, 0, 0, 0);
	if (!s->kind)
		return;
	for (i = pwm_space_next(m, 0); i != NIL && !a.told; i = pwm_space_next(m, i + 1))
		pwm_each_leaf(m, i, alias_one, &a);
}

/* Lazy MMU mode -------------------------------------------------------------------------------- */

static void lazy_flush(struct pwm *m, const struct pwm_step *s, struct cpu *c)
{
	if (c->lazy_touched && (c->lazy_first < s->a || c->lazy_last > s->b))
		pwm_say_at(m, "ALL-LAZY-6", PWM_ERROR,
			   c->lazy_first < s->a ? c->lazy_first : s->b + 1, 0, 0, 0, 0);
	c->lazy_touched = 0;
}

void pwm_lazy_step(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];

	if (s->op == PWM_OP_IRQ) {
		if (!s->kind && c->irq_store)
			pwm_say_at(m, "ALL-LAZY-3", PWM_ERROR, 0, 0, 0, 0, 0);
		c->irq_store = 0;
		c->irq = s->kind != 0;
		return;
	}
	switch (s->kind) {
	case PWM_LAZY_BEGIN:
		c->lazy++;
		if (c->lazy == 255)
			pwm_say_at(m, "ALL-LAZY-9", PWM_ERROR, 0, 0, 0, 0, 0);
		break;
	case PWM_LAZY_END:
	case PWM_LAZY_PAUSE:
		if (!c->lazy) {
			pwm_say_at(m, "ALL-LAZY-9", PWM_ERROR, 0, 0, 0, 0, 0);
			break;
		}
		if (c->lazy_store)
			pwm_say_at(m, "ALL-LAZY-2", PWM_ERROR, 0, 0, 0, 0, 0);
		c->lazy_store = 0;
		if (s->kind == PWM_LAZY_PAUSE)
			c->paused++;
		else
			c->lazy--;
		break;
	case PWM_LAZY_RESUME:
		if (c->paused)
			c->paused--;
		else
			pwm_say_at(m, "ALL-LAZY-9", PWM_ERROR, 0, 0, 0, 0, 0);
		break;
	default:
		lazy_flush(m, s, c);
		break;
	}
}
