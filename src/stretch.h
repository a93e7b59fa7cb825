/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Stretches: what the passes do to neighbouring slots of one table, once a run is known. The leaf
 * level is where the time goes, so every loop here is written for it: one load, one comparison with
 * a pattern that was worked out once, one store, and nothing that depends on the level, the mode or
 * the kind.
 *
 * A pattern is the value of the bits that decide something. As long as (entry & mask) equals it,
 * the decision is that of the first entry: the same kind, the same change. A change of attributes
 * is then the same exclusive-or for the whole run, because (e & ~clear) | set depends on no bits
 * but clear and set, and they are part of the pattern.
 *
 * None of this knows a format, so it is compiled once for each kind of environment (stretch.c) and
 * called once a run.
 */
#ifndef PW_SRC_STRETCH_H
#define PW_SRC_STRETCH_H

#include "mem.h"

/*
 * The loops take two or four entries a round: what is left of the loop's own bookkeeping is then
 * below one instruction an entry, with any compiler and at any optimisation level.
 */

/* How many of @nr slots have (entry & mask) == pattern, from the first on? */
PW_INLINE uint64_t pw_stretch_same(const struct pw_mem *m, const struct pw_env *env,
				   const uint64_t *slot, uint64_t nr, uint64_t mask,
				   uint64_t pattern)
{
	const uint64_t *p = slot, *end = slot + nr;

	for (; end - p >= 2; p += 2) {
		if (((m->load(env, p) ^ pattern) | (m->load(env, p + 1) ^ pattern)) & mask)
			break;
	}
	while (p < end && !((m->load(env, p) ^ pattern) & mask))
		p++;
	return (uint64_t)(p - slot);
}

/* How many of @nr slots are empty, from the first on? */
PW_INLINE uint64_t pw_stretch_empty(const struct pw_mem *m, const struct pw_env *env,
				    const uint64_t *slot, uint64_t nr)
{
	const uint64_t *p = slot, *end = slot + nr;

	for (; end - p >= 4; p += 4) {
		if (m->load(env, p) | m->load(env, p + 1) | m->load(env, p + 2) |
		    m->load(env, p + 3))
			break;
	}
	while (p < end && m->load(env, p) == 0)
		p++;
	return (uint64_t)(p - slot);
}

PW_INLINE void pw_stretch_zero(const struct pw_mem *m, const struct pw_env *env, uint64_t *slot,
			       uint64_t nr)
{
	uint64_t *end = slot + nr;

	for (; slot < end; slot++)
		m->store(env, slot, 0);
}

/* Flip the bits of @delta in every slot that matches the pattern; how many did? */
PW_INLINE uint64_t pw_stretch_flip(const struct pw_mem *m, const struct pw_env *env, uint64_t *slot,
				   uint64_t nr, uint64_t mask, uint64_t pattern, uint64_t delta)
{
	uint64_t *p = slot, *end = slot + nr;
	uint64_t e, e1;

	for (; end - p >= 2; p += 2) {
		e = m->load(env, p);
		e1 = m->load(env, p + 1);
		if (((e ^ pattern) | (e1 ^ pattern)) & mask)
			break;
		m->store(env, p, e ^ delta);
		m->store(env, p + 1, e1 ^ delta);
	}
	for (; p < end; p++) {
		e = m->load(env, p);
		if ((e ^ pattern) & mask)
			break;
		m->store(env, p, e ^ delta);
	}
	return (uint64_t)(p - slot);
}

/*
 * The same where hardware may set access and dirty bits meanwhile (rule A64-AD-1). Hardware sets
 * each of the two at most once while we look, so the exchange fails at most twice; more than that
 * means that somebody else writes, which exclusive mode forbids.
 */
PW_INLINE uint64_t pw_stretch_flip_cas(const struct pw_mem *m, const struct pw_env *env,
				       uint64_t *slot, uint64_t nr, uint64_t mask, uint64_t pattern,
				       uint64_t clear, uint64_t set)
{
	unsigned int tries;
	uint64_t i;

	for (i = 0; i < nr; i++) {
		uint64_t e = m->load(env, slot + i);

		if ((e & mask) != pattern)
			break;
		for (tries = 0; !m->cas(env, slot + i, &e, (e & ~clear) | set); tries++) {
			if (tries < 8u)
				continue;
			pw_env_bug(env, PW_BUG_FOREIGN_CHANGE);
			return i + 1u;
		}
	}
	return i;
}

#endif
