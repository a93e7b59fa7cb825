/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * CPUs that hold something stale and cannot use it: a shootdown may leave them out, if they flush
 * before they can.
 *
 * Lazy TLB mode (x86). A kernel thread runs on the tables of whoever ran before, and uses nothing
 * of the lower half. Speculation still may: it reads what a stale translation leads to, which does
 * no harm, and goes down into tables that are freed, which does. So a freed table is for all CPUs.
 *
 * Out of the guest (EPT, G-stage). Guest-physical translations are made and used while a guest
 * runs. A hypervisor asks the CPUs outside to invalidate before they enter, and interrupts others.
 *
 * MMU off, CPU off. Nothing translates there, and what is in the TLB stays: the CPU invalidates it
 * before it turns its MMU on again. Broadcasts do not reach a CPU that is off. On x86 turning
 * paging off drops everything.
 *
 * Another PCID (x86). What is tagged with one is used while CR3 has it. Loading it without a flush
 * is judged there (X86-TLB-7). A program that promises is taken at its word, and this excuses real
 * systems only (PWM_FOREIGN), which leave the flush to the load. Those may also load it while
 * another CPU's IPI is on its way: what no promise has left out yet is for the promise to judge.
 *
 * Sources: SDM 3A, 4.10.2 and 4.10.3 (what is cached, and used with which PCID); 3C, 28.4.2 and
 * 28.4.3 (29.4); 4.10.4.1 (CR0.PG); RISC-V hypervisor extension, hgatp; Arm ARM, D8.2 "stage 1
 * address translation disabled", D8.17 (TLBs after reset).
 */
#include "private.h"

/* x86: PCIDs that are not loaded are left to whoever loads them. */
bool pwm_flushed_at_load(const struct pwm *m)
{
	return m->cfg.arch == PWM_X86 && !(~m->cfg.features & (PWM_PCID | PWM_FOREIGN));
}

/* CPUs that cannot use @e now, nor, with @table_freed, read through it. */
cpumask pwm_excused(const struct pwm *m, const struct ent *e, bool table_freed)
{
	const struct space *s = &m->spaces[e->space];
	bool guest = s->regime == PWM_STAGE2;
	cpumask cpus = 0;
	uint32_t c;

	for (c = 0; c < m->cfg.nr_cpus; c++) {
		bool none = m->cpu[c].cur[s->half] == NIL;
		bool lazy = !guest && !e->global && !(e->va >> 63) && !table_freed;

		if (none || (guest && m->cpu[c].outside) ||
		    (lazy && m->cpu[c].lazy_space == e->space))
			cpus |= CPU_BIT(c);
	}
	if (pwm_flushed_at_load(m) && !guest && !e->global)
		cpus |= ~s->cur;
	return cpus;
}

/* CPUs that may use it. Those that are excused owe a flush. */
cpumask pwm_users(const struct pwm *m, struct ent *e)
{
	cpumask excused = pwm_excused(m, e, false) & e->live;

	e->skipped |= excused;
	return e->live & ~excused;
}

/* EPT: entries made with the other setting of the A/D flag, and the root the same. */
static void check_ad(struct pwm *m, uint32_t cpu)
{
	uint32_t cur = m->cpu[cpu].cur[PWM_GUEST], i;

	for (i = pwm_space_next(m, 0); i != NIL && cur != NIL; i = pwm_space_next(m, i + 1)) {
		const struct space *s = &m->spaces[i];

		if (s->regime != PWM_STAGE2 || s->root != m->spaces[cur].root ||
		    s->arch == m->spaces[cur].arch || !(s->ran & CPU_BIT(cpu)))
			continue;
		pwm_say_at(m, "X86-EPT-6", PWM_ERROR, 0, 0, s->root, 0, 0);
		return;
	}
}

/* Whoever may hold it was off when it became stale, or since, and has not dropped it. */
bool pwm_was_off(const struct pwm *m, const struct ent *e)
{
	uint32_t c;

	for (c = 0; c < m->cfg.nr_cpus; c++)
		if (e->live & CPU_BIT(c) && m->cpu[c].on_step <= e->since)
			return false;
	return e->live != 0;
}

/* Nothing translates there any more on this CPU. */
void pwm_root_off(struct pwm *m, const struct pwm_step *s, uint32_t half)
{
	struct cpu *c = &m->cpu[s->cpu];
	uint32_t old = c->cur[half];

	c->cur[half] = NIL;
	if (half == PWM_GUEST)
		c->guest_root_step = c->guest_reuse_step = 0;
	if (half == PWM_LOWER) {
		c->reuse_step = 0;
		c->root_step = 0;
		c->lazy_space = NIL;
	}
	if (old == NIL)
		return;
	m->spaces[old].cur &= ~CPU_BIT(s->cpu);
	if ((m->cfg.features & PWM_FOREIGN) && pwm_space_empty(m, &m->spaces[old]))
		pwm_space_retire(m, old);
}

static void power(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];
	uint32_t half;

	if (s->kind) {
		m->off &= ~CPU_BIT(s->cpu);
		c->on_step = m->step;
		return;
	}
	m->off |= CPU_BIT(s->cpu);
	for (half = 0; half < PWM_NR_HALVES; half++)
		pwm_root_off(m, s, half);
	c->config_step = 0;
}

void pwm_mode_step(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];

	if (s->op == PWM_OP_POWER) {
		power(m, s);
		return;
	}
	if (s->op == PWM_OP_LAZY_TLB) {
		c->lazy_space = s->kind ? c->cur[PWM_LOWER] : NIL;
		return;
	}
	c->outside = !s->kind;
	if (!s->kind)
		return;
	if (m->cfg.arch == PWM_X86)
		check_ad(m, s->cpu);
	pwm_judge_entry(m, s->cpu);
}
