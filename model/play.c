/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Play mode: what an access may give, as a set.
 *
 * A CPU may use whatever it may hold, and what it stopped holding after its window began: an access
 * that stands behind an invalidation in program order may have been translated before it. For
 * invalidations of other CPUs the window begins at the last barrier that explicit loads wait
 * behind, or now if the address depends on the news; for its own, and for an "invalid" that was
 * read, at the last context synchronisation.
 */
#include "private.h"

struct set {
	struct pwm *m;
	uint64_t va;
	uint32_t cpu, flags;
	struct pwm_outcome *out;
	uint32_t nr, max;
};

static void add(struct set *x, const struct pwm_outcome *o)
{
	uint32_t i;

	for (i = 0; i < x->nr && i < x->max; i++)
		if (x->out[i].value == o->value && x->out[i].fault == o->fault &&
		    x->out[i].level == o->level && x->out[i].pa == o->pa)
			return;
	if (x->nr < x->max)
		x->out[x->nr] = *o;
	x->nr++;
}

static unsigned int needed(uint32_t flags)
{
	unsigned int rights = flags & (PWM_R | PWM_W | PWM_X);

	return flags & PWM_USER ? rights << 3 : rights;
}

static void add_value(struct set *x, uint64_t val, unsigned int level, unsigned int hier,
		      bool stale)
{
	struct pwm_outcome o = { .value = val, .level = level, .stale = stale };
	struct dec d;

	x->m->arch->decode(x->m, val, level, &d);
	/* reserved bits are a fault, and never in a TLB */
	if (d.kind != K_LEAF || d.reserved) {
		o.fault = 1;
		o.value = 0;
		o.level = 0;
	} else if (!d.cacheable || (x->m->cfg.arch == PWM_RISCV && !d.accessed &&
				    !(x->m->cfg.features & PWM_SVADU))) {
		o.fault = 3;
	} else if (needed(x->flags) & ~(d.perm & ~hier)) {
		o.fault = 2;
	} else {
		o.pa = d.oa + (x->va & (level_size(x->m, level) - 1));
	}
	add(x, &o);
}

/* May this CPU still use @e? */
static bool usable(const struct set *x, const struct ent *e)
{
	const struct pwm *m = x->m;
	const struct cpu *c = &m->cpu[x->cpu];
	uint64_t kill, window = x->flags & PWM_DEP ? m->step : c->dwin;

	if (e->live & CPU_BIT(x->cpu))
		return e->kind != K_INVALID || !e->visible || !(x->flags & PWM_DEP) ||
		       m->cfg.arch != PWM_ARM64;
	/* elsewhere invalidations are serialising, and local */
	if (!(m->cfg.features & PWM_PLAY) || e->kind == K_INVALID || m->cfg.arch != PWM_ARM64)
		return false;
	kill = m->kills[(size_t)ent_index(m, e) * m->cfg.nr_cpus + x->cpu];
	return kill > window && kill > c->cse;
}

static bool mine(const struct pwm *m, const struct ent *e, uint32_t cpu)
{
	const struct space *s = &m->spaces[e->space];

	return s->regime == PWM_EL1 && (m->cpu[cpu].cur[s->half] == e->space || e->global);
}

static void add_stale(struct set *x)
{
	struct pwm *m = x->m;
	struct ent_iter it = { 0 };
	unsigned int level, hier;
	uint64_t val, src;
	struct dec d;
	uint32_t i;

	while ((i = pwm_ent_next_in(m, x->va, x->va, &it)) != NIL) {
		const struct ent *e = &m->ents[i];

		if (e->kind == K_COMBINED || !mine(m, e, x->cpu) || !usable(x, e))
			continue;
		if (e->kind != K_TABLE) {
			add_value(x, e->val, e->level, e->hier, true);
			continue;
		}
		m->arch->decode(m, e->val, e->level, &d);
		hier = e->hier | d.perm;
		val = pwm_walk_from(m, e->space, d.oa, e->level - 1u, x->va, 0, &level, &hier,
				    &src);
		add_value(x, val, level, hier, true);
	}
}

/* Is it sign-extended, as the size of the space wants it? Else no table is looked at. */
static bool in_space(const struct pwm *m, const struct space *s, uint64_t va)
{
	unsigned int bits = m->cfg.arch == PWM_ARM64 ? s->va_bits : s->va_bits - 1;
	uint64_t high = va >> bits;

	return !high || high == ~(uint64_t)0 >> bits;
}

/* Has a table on the way to @level an entry with reserved bits? */
static bool way_is_reserved(const struct pwm *m, const struct space *s, uint64_t va,
			    unsigned int level)
{
	unsigned int l, at, hier;
	uint64_t src, val;
	struct dec d;

	for (l = s->levels; l-- > level + 1;) {
		val = pwm_walk_now(m, s, va, l, &at, &hier, &src);
		m->arch->decode(m, val, at, &d);
		if (d.reserved)
			return true;
	}
	return false;
}

uint32_t pwm_outcomes(struct pwm *m, uint32_t cpu, uint64_t va, uint32_t flags,
		      struct pwm_outcome *out, uint32_t max)
{
	struct set x = { m, va, cpu, flags, out, 0, max };
	uint32_t half = m->cfg.arch == PWM_ARM64 && va >> 63 ? PWM_UPPER : PWM_LOWER, cur;
	unsigned int level, hier;
	uint64_t val, src;

	if (cpu >= m->cfg.nr_cpus) {
		pwm_refuse(m, "a CPU that the configuration has");
		return 0;
	}
	cur = m->cpu[cpu].cur[half];
	if (cur == NIL || !in_space(m, &m->spaces[cur], va)) {
		struct pwm_outcome o = { .fault = 1 };

		add(&x, &o);
		return x.nr;
	}
	val = pwm_walk_now(m, &m->spaces[cur], va, 0, &level, &hier, &src);
	if (way_is_reserved(m, &m->spaces[cur], va, level))
		val = 0;
	add_value(&x, val, level, hier, false);
	add_stale(&x);
	return x.nr;
}

/* Hardware writes the entry: access flag at any time, dirty state at a write. */
static void update(struct pwm *m, uint32_t cpu, uint64_t va, uint32_t flags)
{
	uint32_t half = m->cfg.arch == PWM_ARM64 && va >> 63 ? PWM_UPPER : PWM_LOWER;
	const struct space *s = &m->spaces[m->cpu[cpu].cur[half]];
	unsigned int level, hier;
	uint64_t src, val = pwm_walk_now(m, s, va, 0, &level, &hier, &src), was = val;
	struct dec d;

	m->arch->decode(m, val, level, &d);
	if (d.kind != K_LEAF || !m->cfg.write)
		return;
	switch (m->cfg.arch) {
	case PWM_ARM64:
		if (m->cfg.features & PWM_HAF)
			val |= (uint64_t)1 << 10;
		if (flags & PWM_W && d.hw_dirty)
			val &= ~((uint64_t)1 << 7);
		break;
	case PWM_X86:
		val |= (uint64_t)1 << 5;
		if (flags & PWM_W && d.hw_dirty)
			val |= (uint64_t)1 << 6;
		break;
	default:
		if (m->cfg.features & PWM_SVADU)
			val |= (uint64_t)1 << 6;
		if (flags & PWM_W && d.hw_dirty)
			val |= (uint64_t)1 << 7;
		break;
	}
	if (val != was)
		m->cfg.write(m->cfg.ctx, src, val);
}

struct pwm_outcome pwm_access(struct pwm *m, uint32_t cpu, uint64_t va, uint32_t flags)
{
	struct pwm_outcome out[32];
	struct pwm_step s = { .op = PWM_OP_ACCESS,
			      .cpu = (uint8_t)cpu,
			      .kind = (uint16_t)flags,
			      .site = m->site,
			      .a = va };
	uint32_t n, pick = 0;

	if (cpu >= m->cfg.nr_cpus || flags > UINT16_MAX) {
		pwm_refuse(m, "a CPU that the configuration has, and flags that an access has");
		return (struct pwm_outcome){ .fault = 1 };
	}
	if (pwm_take(m, &s))
		return (struct pwm_outcome){ .fault = 1 };
	n = pwm_outcomes(m, cpu, va, flags, out, 32);
	if (!n)
		return (struct pwm_outcome){ .fault = 1 };
	if (n > 32)
		n = 32;
	if (n > 1 && m->cfg.choose)
		pick = m->cfg.choose(m->cfg.ctx, n) % n;
	if (!out[pick].stale && !out[pick].fault)
		update(m, cpu, va, flags);
	return out[pick];
}
