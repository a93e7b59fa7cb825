/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Tables of stage 2 that only combined entries know.
 *
 * A combined entry leads from an address of the guest's to a page, and no walk goes through the
 * tables of stage 2 that it was made with (Arm ARM D8.17, R_TVTYQ). The model keeps one for an
 * unlinked table, and it stands for all that the table maps, which is read where it lies:
 *
 *	unlink      TLBI by IPA, dsb            TLBI by VA, dsb, isb
 *	  |-- pointer --|                              |
 *	  |-- combined: what the table maps -----------|
 *	                |-- the table may be freed, and written
 *
 * Before what was a table becomes something else, each of its entries is given a combined entry of
 * its own, and likewise each that lies beside the way to it. While the pointer is left, the table
 * is one, and a store into it is store.c's. Without it every store looks for its page in the tables
 * above the pages, until the combined entry goes: that is the time of one barrier, or a mistake.
 */
#include "private.h"

struct way {
	uint64_t table, va;
	uint32_t index; /* of the entry that leads on */
};

struct combined {
	struct pwm *m;
	struct way way[PWM_MAX_LEVELS];
	unsigned int depth;
	uint64_t first, last; /* what is written or freed */
	uint64_t pa;	      /* the one entry that is written */
	bool store;
};

/* A walker still has a way to the entry that is stored to, wherever the combined one is held. */
static bool is_walked(const struct combined *x, const struct ent *e, uint64_t va)
{
	const struct pwm *m = x->m;
	uint32_t i;

	for (i = 0; x->store && i < m->nr_paths; i++)
		if (m->paths[i].space == e->space && m->paths[i].va == va &&
		    !(e->live & ~(m->paths[i].live | m->paths[i].own)))
			return true;
	return false;
}

static bool is_hit(const struct combined *x, const struct ent *e, unsigned int level)
{
	const struct way *w = &x->way[x->depth];
	uint64_t size = (uint64_t)1 << x->m->cfg.page_lg2;
	uint64_t index = (x->pa - w->table) / 8;

	if (w->table + (size - 1) < x->first || w->table > x->last)
		return false;
	return !is_walked(x, e, w->va + (index << level_shift(x->m, level)));
}

/* The way from the entry to a table that is written or freed. */
static bool find_way(struct combined *x, const struct ent *e)
{
	struct pwm *m = x->m;
	uint32_t looks = 0;
	struct dec d;

	pwm_decode(m, e->space, e->val, e->level, &d);
	x->depth = 0;
	x->way[0] = (struct way){ d.oa, e->va, 0 };
	if (is_hit(x, e, e->level - 1u))
		return true;
	for (;;) {
		struct way *w = &x->way[x->depth];
		unsigned int level = e->level - 1u - x->depth;

		if (!level || w->index >> m->index_lg2) {
			if (!x->depth)
				return false;
			/* back to the entry that led down, and on */
			x->way[--x->depth].index++;
			continue;
		}
		if (looks++ == LOOKS) {
			m->stats.overflows++;
			return false;
		}
		pwm_decode(m, e->space, pwm_mem_read(m, w->table + w->index * 8ull), level, &d);
		if (d.kind != K_TABLE) {
			w->index++;
			continue;
		}
		x->depth++;
		x->way[x->depth] =
			(struct way){ d.oa, w->va + ((uint64_t)w->index << level_shift(m, level)),
				      0 };
		if (is_hit(x, e, level - 1))
			return true;
	}
}

/* What is under way for @of takes its part as well. */
static void part(struct pwm *m, const struct ent *of, const cpumask *pend, const struct path *p,
		 uint64_t src)
{
	uint64_t val = pwm_mem_read(m, src);
	struct ent *e;
	struct dec d;
	uint32_t c;

	pwm_decode(m, p->space, val, p->level, &d);
	if (!d.cacheable)
		return;
	e = pwm_ent_add(m, p, K_COMBINED, val, src, false, p->live);
	if (!e)
		return;
	e->visible = 1;
	e->since = of->since;
	e->site = of->site;
	e->cpu = of->cpu;
	e->miss = of->miss;
	e->miss_step = of->miss_step;
	e->miss_site = of->miss_site;
	e->miss_op = of->miss_op;
	e->miss_kind = of->miss_kind;
	e->miss_cpu = of->miss_cpu;
	e->repeats = of->repeats;
	e->pend_by = of->pend_by;
	e->pend_mask = of->pend_mask;
	e->pended = of->pended;
	for (c = 0; c < m->cfg.nr_cpus; c++)
		if (pend[c])
			pwm_rec_add(m, &m->cpu[c].pend, ent_index(m, e), e->gen, pend[c]);
}

static void pending(const struct pwm *m, const struct ent *e, cpumask *pend)
{
	uint32_t c, i;

	for (c = 0; c < m->cfg.nr_cpus; c++)
		for (i = m->cpu[c].pend; i != NIL; i = m->recs[i].next)
			if ((m->recs[i].ent & ~REC_NXS) == ent_index(m, e) &&
			    m->recs[i].gen == e->gen)
				pend[c] |= m->recs[i].mask;
}

/* In place of the entry, one for each that the tables on the way have. */
static void take_apart(struct combined *x, struct ent *e)
{
	struct pwm *m = x->m;
	const struct ent of = *e;
	cpumask pend[PWM_MAX_CPUS] = { 0 };
	unsigned int depth;
	uint32_t i;

	pending(m, e, pend);
	pwm_ent_drop(m, e);
	for (depth = 0; depth <= x->depth; depth++) {
		const struct way *w = &x->way[depth];
		struct path p = { .live = of.live & ~of.own,
				  .own = of.own,
				  .space = of.space,
				  .level = (uint8_t)(of.level - 1u - depth),
				  .hier = of.hier }; /* no table of stage 2 adds to it */

		for (i = 0; i < 1u << m->index_lg2; i++) {
			p.va = w->va + ((uint64_t)i << level_shift(m, p.level));
			if (depth == x->depth || i != w->index)
				part(m, &of, pend, &p, w->table + i * 8ull);
		}
	}
}

/* The pointer is left wherever the combined entry is: all of its tables are walked. */
static bool has_pointer(const struct pwm *m, const struct ent *e)
{
	uint32_t i = pwm_ent_find(m, e->va, e->level, e->space, K_TABLE, e->val, e->hier, 0);

	return i != NIL && !(e->live & ~m->ents[i].live);
}

static void keep(struct combined *x)
{
	uint32_t i = x->m->combined;

	while (i != NIL) {
		struct ent *e = &x->m->ents[i];

		i = e->child_next;
		if (has_pointer(x->m, e) || !find_way(x, e))
			continue;
		take_apart(x, e);
		/* its parts may lead there, too */
		i = x->m->combined;
	}
}

/* An entry is about to be written, and m->paths are the ways to it. */
void pwm_combined_store(struct pwm *m, uint64_t pa)
{
	struct combined x = { .m = m, .first = pa, .last = pa, .pa = pa, .store = true };

	keep(&x);
}

/* Memory that nothing is known of from now on. */
void pwm_combined_free(struct pwm *m, uint64_t first, uint64_t last)
{
	struct combined x = { .m = m, .first = first, .last = last };

	keep(&x);
}
