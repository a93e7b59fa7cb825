/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Order: when a store is visible to table walkers, when an invalidation has completed, and when a
 * CPU is past what it fetched or speculated before.
 *
 * arm64. A store is visible to every walker once a DSB for stores (or everything) of the CPU that
 * made it has completed; another CPU's DSB does nothing for it. A TLBI has completed with the next
 * full DSB of its CPU: other CPUs are past it then, its own is with its next context
 * synchronisation. An "invalid" that a walker read may be used until then as well. (Arm ARM,
 * D8.17 "TLB maintenance requirements", R_DDMVT; "Ordering and completion of TLB maintenance".)
 *
 * x86. Stores drain in order; invalidations are local, serialising, and complete at once.
 * RISC-V. SFENCE.VMA is local, orders this hart's own stores, and completes at once.
 *
 * Two times of each CPU say what an access may still see in play mode: cse, its last context
 * synchronisation, and dwin, the last barrier behind which its explicit loads wait.
 */
#include "private.h"

/* The entry is dead on these CPUs. */
void pwm_kill_on(struct pwm *m, struct ent *e, cpumask cpus)
{
	uint32_t c;

	cpus &= e->live;
	if (!cpus)
		return;
	e->live &= ~cpus;
	e->own &= ~cpus;
	m->perf_useful = true;
	if (m->cfg.features & PWM_PLAY) {
		for (c = 0; c < m->cfg.nr_cpus; c++)
			if (cpus & CPU_BIT(c))
				m->kills[(size_t)ent_index(m, e) * m->cfg.nr_cpus + c] = m->step;
		if (e->kind != K_TABLE)
			return;
	}
	if (!e->live)
		pwm_ent_drop(m, e);
}

/* Another store went over what @e holds. */
void pwm_order_store(struct pwm *m, uint32_t cpu, struct ent *e)
{
	if (e->visible || (e->writers & CPU_BIT(cpu)))
		return;
	e->writers |= CPU_BIT(cpu);
	pwm_rec_add(m, &m->cpu[cpu].novis, ent_index(m, e), e->gen, 0);
}

/* A stale "invalid" is used by each of @cpus until its context is synchronised. */
static void sync_later(struct pwm *m, uint32_t cpu, struct ent *e, cpumask cpus)
{
	uint32_t c;

	if (m->cfg.features & PWM_ETS2) {
		uint32_t gen = e->gen;

		pwm_kill_on(m, e, CPU_BIT(cpu));
		if (e->gen != gen)
			return;
	}
	for (c = 0; c < m->cfg.nr_cpus; c++)
		if (e->live & cpus & CPU_BIT(c))
			pwm_rec_add(m, &m->cpu[c].own, ent_index(m, e), e->gen, CPU_BIT(c));
}

/* This CPU's stores are visible to every walker: what they went over is not filled again. */
void pwm_order_visible(struct pwm *m, uint32_t cpu)
{
	struct rec r;

	m->cpu[cpu].lazy_store = 0;
	m->cpu[cpu].irq_store = 0;
	while (pwm_rec_pop(m, &m->cpu[cpu].novis, &r) != NIL) {
		struct ent *e = &m->ents[r.ent];

		if (e->gen != r.gen || e->stores != r.stores || e->visible)
			continue;
		e->visible = 1;
		m->perf_useful = true;
		/* RISC-V keeps a stale "invalid" until a fence */
		if (e->kind == K_INVALID && m->cfg.arch == PWM_ARM64)
			sync_later(m, cpu, e, m->cpus);
	}
}

/* They are visible to this CPU's own walker: it does not fill again what they went over. */
static void own_visible(struct pwm *m, uint32_t cpu)
{
	uint32_t keep = NIL;
	struct rec r;

	while (pwm_rec_pop(m, &m->cpu[cpu].novis, &r) != NIL) {
		struct ent *e = &m->ents[r.ent];

		if (e->gen != r.gen || e->stores != r.stores || e->visible)
			continue;
		pwm_rec_put(m, &keep, &r);
		if (e->past & CPU_BIT(cpu))
			continue;
		e->past |= CPU_BIT(cpu);
		m->perf_useful = true;
		if (e->kind == K_INVALID)
			sync_later(m, cpu, e, CPU_BIT(cpu));
	}
	m->cpu[cpu].novis = keep;
}

/* A space's translations were invalidated as a whole. */
static void spaces_done(struct pwm *m, const struct rec *r)
{
	struct space *s = &m->spaces[r->ent & REC_INDEX];

	if (!s->used || s->gen != r->gen)
		return;
	s->ran &= ~r->mask | s->cur;
	if (r->ent & REC_GLOBALS)
		s->ran_g &= ~r->mask | s->cur;
	if (!s->ran_g)
		pwm_space_retire(m, r->ent & REC_INDEX);
}

static void finish(struct pwm *m, uint32_t cpu, const struct rec *r)
{
	struct ent *e = &m->ents[r->ent & REC_INDEX];
	/* on arm64 this CPU is past it with its context synchronisation */
	cpumask later = m->cfg.arch == PWM_ARM64 ? e->live & r->mask & CPU_BIT(cpu) : 0;

	if (!(e->live & r->mask))
		return;
	if (m->cfg.features & PWM_REPEAT && ++e->repeats < 2)
		return;
	if (later) {
		e->own |= later;
		pwm_rec_add(m, &m->cpu[cpu].own, r->ent & REC_INDEX, r->gen, later);
		m->perf_useful = true;
	}
	if (e->pend_by == cpu + 1)
		e->pend_mask = 0;
	pwm_kill_on(m, e, r->mask & ~later);
}

/*
 * Invalidations of this CPU have completed. @local: only what they did to itself; @nxs: only those
 * that need not wait for accesses with the XS attribute.
 */
void pwm_order_complete(struct pwm *m, uint32_t cpu, bool local, bool nxs)
{
	uint32_t keep = NIL;
	struct rec r;

	while (pwm_rec_pop(m, &m->cpu[cpu].pend, &r) != NIL) {
		cpumask rest = local ? r.mask & ~CPU_BIT(cpu) : 0;

		if (pwm_rec_void(m, &r))
			continue;
		if (nxs && !(r.ent & REC_NXS))
			rest = r.mask;
		if (rest)
			pwm_rec_put(m, &keep, &r);
		else if (r.ent & REC_SPACE)
			spaces_done(m, &r);
		else
			finish(m, cpu, &r);
	}
	m->cpu[cpu].pend = keep;
}

/*
 * "invalid" that this CPU read before is forgotten; with @all, its own invalidated translations as
 * well.
 */
static void forget(struct pwm *m, uint32_t cpu, bool all)
{
	uint32_t keep = NIL;
	struct rec r;

	while (pwm_rec_pop(m, &m->cpu[cpu].own, &r) != NIL) {
		struct ent *e = &m->ents[r.ent];

		if (pwm_rec_void(m, &r) || (e->kind != K_INVALID && !(e->own & r.mask)))
			continue;
		if (e->kind == K_INVALID || all)
			pwm_kill_on(m, e, r.mask);
		else
			pwm_rec_add(m, &keep, r.ent, r.gen, r.mask);
	}
	m->cpu[cpu].own = keep;
}

void pwm_order_sync(struct pwm *m, uint32_t cpu)
{
	struct cpu *c = &m->cpu[cpu];

	c->cse = m->step;
	c->root_step = 0;
	forget(m, cpu, true);
}

/* What a barrier does. */
#define B_VISIBLE  0x01u /* own stores are visible to walkers */
#define B_COMPLETE 0x02u /* own invalidations have completed */
#define B_LOCAL	   0x04u /* ... as far as this CPU goes */
#define B_SYNC	   0x08u /* context synchronisation */
#define B_LOADS	   0x10u /* later explicit loads wait */
#define B_STORES   0x20u /* earlier stores before later ones */
#define B_DSB	   0x40u
#define B_OLDER	   0x80u  /* older loads have completed */
#define B_NXS	   0x200u /* ... those of TLBI nXS */
#define B_OWN	   0x100u /* earlier stores before later ones, for this CPU's walker alone */

/*
 * The domains: the CPUs of a trace are in one inner shareable domain, which the outer shareable one
 * and the full system contain, and the non-shareable one of a CPU is itself (Arm ARM, B2.3,
 * "Shareability and access limitations on the data barrier operations").
 */
static const uint16_t effects[PWM_NR_BARRIERS] = {
	[PWM_DSB_ISH] = B_VISIBLE | B_COMPLETE | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_ISHST] = B_VISIBLE | B_STORES | B_DSB,
	[PWM_DSB_ISHLD] = B_LOADS | B_DSB | B_OLDER,
	[PWM_DSB_NSH] = B_COMPLETE | B_LOCAL | B_LOADS | B_OWN | B_DSB | B_OLDER,
	[PWM_DSB_NSHST] = B_OWN | B_DSB,
	[PWM_DSB_NSHLD] = B_LOADS | B_DSB | B_OLDER,
	[PWM_DSB_OSH] = B_VISIBLE | B_COMPLETE | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_OSHST] = B_VISIBLE | B_STORES | B_DSB,
	[PWM_DSB_OSHLD] = B_LOADS | B_DSB | B_OLDER,
	[PWM_DMB_ISH] = B_LOADS | B_STORES | B_OLDER,
	[PWM_DMB_ISHST] = B_STORES,
	[PWM_DMB_ISHLD] = B_LOADS | B_OLDER,
	[PWM_ISB] = B_SYNC,
	[PWM_ERET] = B_SYNC,
	[PWM_EXCEPTION] = B_SYNC,
	[PWM_MFENCE] = B_VISIBLE | B_STORES | B_LOADS,
	[PWM_SERIALISE] = B_VISIBLE | B_STORES | B_LOADS | B_SYNC,
	[PWM_FENCE] = B_VISIBLE | B_STORES | B_LOADS,
	[PWM_FENCE_W] = B_VISIBLE | B_STORES,
	[PWM_FENCE_I] = B_SYNC,
	[PWM_DSB_SY] = B_VISIBLE | B_COMPLETE | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_ST] = B_VISIBLE | B_STORES | B_DSB,
	[PWM_DSB_LD] = B_LOADS | B_DSB | B_OLDER,
	[PWM_DMB_SY] = B_LOADS | B_STORES | B_OLDER,
	[PWM_DMB_ST] = B_STORES,
	[PWM_DMB_LD] = B_LOADS | B_OLDER,
	[PWM_DMB_OSH] = B_LOADS | B_STORES | B_OLDER,
	[PWM_DMB_OSHST] = B_STORES,
	[PWM_DMB_OSHLD] = B_LOADS | B_OLDER,
	[PWM_DMB_NSH] = B_OWN,
	[PWM_DMB_NSHST] = B_OWN,
	[PWM_DMB_NSHLD] = 0,
	[PWM_STORE_FENCE] = B_STORES,
	[PWM_LOAD_FENCE] = B_LOADS,
	[PWM_FENCE_R] = B_LOADS,
	[PWM_FENCE_TSO] = B_VISIBLE | B_STORES | B_LOADS,
	/* tables are write-back memory, whose XS attribute is 0 */
	[PWM_DSB_SY_NXS] = B_VISIBLE | B_COMPLETE | B_NXS | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_ISH_NXS] = B_VISIBLE | B_COMPLETE | B_NXS | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_OSH_NXS] = B_VISIBLE | B_COMPLETE | B_NXS | B_LOADS | B_STORES | B_DSB | B_OLDER,
	[PWM_DSB_NSH_NXS] = B_COMPLETE | B_LOCAL | B_NXS | B_LOADS | B_OWN | B_DSB | B_OLDER,
};

void pwm_order_barrier(struct pwm *m, uint32_t cpu, uint32_t kind)
{
	uint32_t does = effects[kind];
	struct cpu *c = &m->cpu[cpu];

	if (does & (B_STORES | B_OWN))
		pwm_dirty_clear(m, cpu, does & B_OWN);
	if (does & B_OLDER)
		c->ignored_load = 0;
	if (does & B_VISIBLE)
		pwm_order_visible(m, cpu);
	else if ((does & B_OWN) && (does & B_DSB))
		own_visible(m, cpu);
	if (does & B_COMPLETE)
		pwm_order_complete(m, cpu, does & B_LOCAL, does & B_NXS);
	if (does & B_LOADS)
		c->dwin = m->step;
	if ((does & B_COMPLETE) && (m->cfg.features & PWM_ETS2))
		forget(m, cpu, false);
	if (does & B_SYNC)
		pwm_order_sync(m, cpu);
	if (kind == PWM_TLBSYNC || kind == PWM_SFENCE_IR)
		pwm_order_complete(m, cpu, false, false);
	if (kind == PWM_SFENCE_W || kind == PWM_SFENCE_IR)
		c->svinval = kind == PWM_SFENCE_W;
	if (!(does & B_DSB))
		return;
	/* A second one without work between the two does nothing. */
	if (c->last_dsb == m->step - 1 && !m->perf_useful && (m->cfg.features & PWM_PERF))
		pwm_say_at(m, "ALL-PERF-1", PWM_REDUNDANT, 0, 0, 0, 0, 0);
	c->last_dsb = m->step;
}
