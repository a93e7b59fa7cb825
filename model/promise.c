/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a promise says of the entries that are there now: that the groups in its range are groups,
 * that clean and old was asked of all of a group, and on RISC-V that what is global is so
 * everywhere, and has been accessed where nobody else sets A. What may still be held beside them is
 * judge.c's.
 */
#include "private.h"

/* The space of the regime that a promise is about, NIL: none is loaded. */
static uint32_t space_of(const struct pwm *m, const struct pwm_step *s)
{
	bool upper = m->cfg.arch == PWM_ARM64 && s->a >> 63;
	uint32_t half = upper ? PWM_UPPER : PWM_LOWER, i;

	if (s->c != PWM_EL1)
		half = s->c == PWM_STAGE2 ? PWM_GUEST : PWM_HYP;
	i = m->cpu[s->cpu].cur[half];
	return i != NIL && m->spaces[i].regime == s->c ? i : NIL;
}

/*
 * A contiguous (NAPOT) group is one translation: its entries must agree in everything but age and
 * dirt. Checked when the caller says that it is done with the range.
 */
static void check_group(struct pwm *m, uint32_t space, uint64_t first, const struct dec *d,
			unsigned int level)
{
	const struct space *s = &m->spaces[space];
	uint64_t size = level_size(m, level), i, n = (uint64_t)1 << d->contig, src, val;
	bool napot = m->cfg.arch == PWM_RISCV;
	unsigned int l, hier, shape = 0, rights = 0;
	struct dec a = { 0 }, b;
	uint64_t odd = 0;

	for (i = 0; i < n; i++) {
		val = pwm_walk_now(m, s, first + i * size, 0, &l, &hier, &src);
		pwm_decode(m, space, val, l, &b);
		if (!i)
			a = b;
		if (l != level || b.kind != K_LEAF || b.contig != d->contig)
			shape = 1;
		else if (a.kind == K_LEAF &&
			 (a.perm != b.perm || a.memtype != b.memtype || a.share != b.share ||
			  a.global != b.global || b.oa != a.oa + (napot ? 0 : i * size)))
			rights = 1;
		if ((shape || rights) && !odd)
			odd = src;
	}
	if (!napot && a.oa & (n * size - 1))
		rights = 1;
	if (shape)
		pwm_say_at(m, rule_name(m, R_GROUP), PWM_UNPRED, first, level, odd, 0,
			   pwm_mem_read(m, odd ? odd : src));
	else if (rights)
		pwm_say_at(m, napot ? rule_name(m, R_GROUP) : "A64-CONT-3",
			   napot ? PWM_UNPRED : PWM_ERROR, first, level, odd ? odd : src, 0,
			   pwm_mem_read(m, odd ? odd : src));
}

/* RISC-V: what is global here, and mapped otherwise elsewhere. */
static bool global_differs(const struct pwm *m, const struct space *here, uint64_t va,
			   const struct dec *d, unsigned int level)
{
	unsigned int l, hier;
	uint64_t src, val;
	struct dec b;
	uint32_t i;

	for (i = pwm_space_next(m, 0); i != NIL; i = pwm_space_next(m, i + 1)) {
		const struct space *s = &m->spaces[i];

		if (s->half != here->half)
			continue;
		val = pwm_walk_now(m, s, va, 0, &l, &hier, &src);
		m->arch->decode(m, val, l, &b);
		if (b.kind != K_LEAF)
			continue;
		b.global |= (hier & P_GLOBAL) != 0;
		if (l != level || b.oa != d->oa || b.perm != d->perm || !b.global)
			return true;
	}
	return false;
}

/* Where a walk over a range is. */
struct spot {
	uint64_t va, src; /* 0: nowhere yet */
	unsigned int level, hier;
};

/* The entry of @va, from the one before where both are of one table. */
static uint64_t step_to(const struct pwm *m, uint32_t space, uint64_t va, struct spot *at,
			struct dec *d)
{
	unsigned int shift = level_shift(m, at->level);
	uint64_t val;

	if (at->src && !((va ^ at->va) >> shift >> m->index_lg2)) {
		at->src += ((va >> shift) - (at->va >> shift)) * 8;
		at->va = va;
		val = pwm_mem_read(m, at->src);
		pwm_decode(m, space, val, at->level, d);
		if (d->kind != K_TABLE || !at->level)
			return val;
	}
	at->va = va;
	val = pwm_walk_now(m, &m->spaces[space], va, 0, &at->level, &at->hier, &at->src);
	pwm_decode(m, space, val, at->level, d);
	return val;
}

/* @va, or behind the end of the lower half where the upper one begins; 0: there is none. */
static uint64_t in_halves(const struct pwm *m, const struct space *s, uint64_t va)
{
	bool sign = m->cfg.arch != PWM_ARM64 && s->regime == PWM_EL1;
	unsigned int bits = s->va_bits - sign;

	if (va >> 63 || !(va >> bits))
		return va;
	return sign ? ~(uint64_t)0 << bits : 0;
}

static void check_entry(struct pwm *m, const struct pwm_step *s, const struct space *sp,
			const struct spot *at, uint64_t val, const struct dec *d)
{
	if (m->cfg.arch != PWM_RISCV || d->kind != K_LEAF)
		return;
	if (s->kind & PWM_NOFAULT && !(m->cfg.features & PWM_SVADU) &&
	    (!d->accessed || (!d->dirty && d->perm & (P_KW | P_UW))))
		pwm_say_at(m, "RV-AD-3", PWM_SPURIOUS, at->va, at->level, at->src, 0, val);
	if ((d->global || at->hier & P_GLOBAL) && global_differs(m, sp, at->va, d, at->level))
		pwm_say_at(m, "RV-G-1", PWM_ERROR, at->va, at->level, at->src, 0, val);
}

void pwm_promise_pages(struct pwm *m, const struct pwm_step *s)
{
	uint32_t i = space_of(m, s);
	struct spot at = { 0 };
	uint64_t va = s->a, next, val;

	/* x86 has no groups, and none of the other rules */
	if (i == NIL || m->cfg.arch == PWM_X86)
		return;
	while (pwm_look_below(m)) {
		uint64_t size;
		struct dec d;

		val = step_to(m, i, va, &at, &d);
		check_entry(m, s, &m->spaces[i], &at, val, &d);
		size = level_size(m, at.level);
		if (d.contig) {
			size <<= d.contig;
			check_group(m, i, va & ~(size - 1), &d, at.level);
		}
		next = (va & ~(size - 1)) + size;
		if (next <= va)
			return;
		next = in_halves(m, &m->spaces[i], next);
		if (!next || next > s->b)
			return;
		va = next;
	}
}

/* Asked whether one entry of a group is dirty, while another one is. */
void pwm_promise_query(struct pwm *m, const struct pwm_step *s)
{
	uint32_t cur = space_of(m, s), i;
	unsigned int level, hier, l;
	uint64_t src, first, size, val;
	struct dec d, b;

	if (cur == NIL)
		return;
	val = pwm_walk_now(m, &m->spaces[cur], s->a, 0, &level, &hier, &src);
	pwm_decode(m, cur, val, level, &d);
	size = level_size(m, level);
	first = s->a & ~((size << d.contig) - 1);
	for (i = 0; i < 1u << d.contig; i++) {
		val = pwm_walk_now(m, &m->spaces[cur], first + i * size, 0, &l, &hier, &src);
		pwm_decode(m, cur, val, l, &b);
		if ((b.dirty && !d.dirty) || (b.accessed && !d.accessed)) {
			pwm_say_at(m, rule_name(m, R_GROUP_DIRTY), PWM_LOST, s->a, level, src, 0,
				   pwm_mem_read(m, src));
			return;
		}
	}
}

/* A part of a group is taken for clean, or old, while another entry of the group is not. */
void pwm_promise_age(struct pwm *m, const struct pwm_step *s, bool clean)
{
	uint32_t cur = space_of(m, s), i;
	unsigned int level, hier, l;
	uint64_t src, first, size, val;
	struct dec d, b;

	if (m->cfg.arch != PWM_ARM64 || cur == NIL)
		return;
	val = pwm_walk_now(m, &m->spaces[cur], s->a, 0, &level, &hier, &src);
	pwm_decode(m, cur, val, level, &d);
	if (!d.contig)
		return;
	size = level_size(m, level);
	first = s->a & ~((size << d.contig) - 1);
	for (i = 0; i < 1u << d.contig; i++) {
		val = pwm_walk_now(m, &m->spaces[cur], first + i * size, 0, &l, &hier, &src);
		pwm_decode(m, cur, val, l, &b);
		if (clean ? b.dirty && b.hw_dirty : b.accessed) {
			pwm_say_at(m, "A64-CONT-5", PWM_LOST, s->a, level, src, 0,
				   pwm_mem_read(m, src));
			return;
		}
	}
}
