/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Which pages are tables, and how a walker gets to them.
 *
 * The tables that a root reaches, or a stale pointer, form a graph: a node for each table, an edge
 * for each entry that points to one. From an entry that is stored to, the way up gives every
 * address and space that it translates, shared tables several. A table's level is a matter of the
 * way: one that is linked at two levels has two. Nodes that nothing reaches any more are dropped,
 * with their edges; their page is memory like any other then.
 *
 * Tables may be smaller than a page (top tables), several to a page, so they are found by page and
 * then by address.
 */
#include "private.h"

static uint32_t table_slot(const struct pwm *m, uint64_t pa)
{
	return (uint32_t)(((pa >> m->cfg.page_lg2) * 0x9e3779b97f4a7c15ull) >> 40) & m->table_mask;
}

static uint32_t find_by(const struct pwm *m, uint64_t page, uint64_t pa)
{
	uint32_t i;

	for (i = m->table_hash[table_slot(m, page)]; i != NIL; i = m->tables[i].next)
		if (pa - m->tables[i].pa < m->tables[i].len)
			return i;
	return NIL;
}

/*
 * Root tables of several pages (concatenated; four on RISC-V's G-stage) are found by each of them:
 * they are aligned to their size.
 */
uint32_t pwm_table_find(const struct pwm *m, uint64_t pa)
{
	uint32_t t = find_by(m, pa, pa), lg2;

	for (lg2 = 1; t == NIL && lg2 < 32 && m->big_roots >> lg2; lg2++)
		if (m->big_roots >> lg2 & 1)
			t = find_by(m, pa & ~(((uint64_t)1 << (m->cfg.page_lg2 + lg2)) - 1), pa);
	return t;
}

static uint32_t table_new(struct pwm *m, uint64_t pa, uint64_t len)
{
	uint32_t i = m->free_table, slot = table_slot(m, pa);

	if (i == NIL) {
		m->stats.overflows++;
		return NIL;
	}
	m->free_table = m->tables[i].next;
	m->tables[i] = (struct table){ .pa = pa,
				       .len = (uint32_t)len,
				       .next = m->table_hash[slot],
				       .parents = NIL,
				       .kids = NIL,
				       .stale = NIL,
				       .roots = NIL };
	m->table_hash[slot] = i;
	m->nr_tables++;
	return i;
}

static void table_delete(struct pwm *m, uint32_t t)
{
	uint32_t *link = &m->table_hash[table_slot(m, m->tables[t].pa)];

	while (*link != t)
		link = &m->tables[*link].next;
	*link = m->tables[t].next;
	m->tables[t].next = m->free_table;
	m->free_table = t;
	m->nr_tables--;
}

/* Edges -------------------------------------------------------------------------------------- */

/*
 * By the child's list or the parent's, side by side: one of them is short, though a table may be
 * linked from everywhere, and a table have many children.
 */
static uint32_t edge_find(const struct pwm *m, uint32_t parent, uint64_t loc, uint32_t child)
{
	uint32_t up = m->tables[child].parents, down = m->tables[parent].kids;

	while (up != NIL && down != NIL) {
		if (m->edges[up].loc == loc)
			return up;
		if (m->edges[down].loc == loc && m->edges[down].child == child)
			return down;
		up = m->edges[up].up_next;
		down = m->edges[down].kid_next;
	}
	return NIL;
}

static void edge_delete(struct pwm *m, uint32_t i)
{
	struct edge *e = &m->edges[i];

	if (e->up_prev != NIL)
		m->edges[e->up_prev].up_next = e->up_next;
	else
		m->tables[e->child].parents = e->up_next;
	if (e->up_next != NIL)
		m->edges[e->up_next].up_prev = e->up_prev;
	if (e->kid_prev != NIL)
		m->edges[e->kid_prev].kid_next = e->kid_next;
	else
		m->tables[e->parent].kids = e->kid_next;
	if (e->kid_next != NIL)
		m->edges[e->kid_next].kid_prev = e->kid_prev;
	e->up_next = m->free_edge;
	m->free_edge = i;
}

static bool edge_add(struct pwm *m, uint32_t parent, uint64_t loc, uint32_t child)
{
	uint32_t i = m->free_edge;
	struct edge *e = &m->edges[i];

	if (i == NIL) {
		m->stats.overflows++;
		return false;
	}
	m->free_edge = e->up_next;
	*e = (struct edge){ .loc = loc,
			    .parent = parent,
			    .child = child,
			    .up_next = m->tables[child].parents,
			    .up_prev = NIL,
			    .kid_next = m->tables[parent].kids,
			    .kid_prev = NIL };
	if (e->up_next != NIL)
		m->edges[e->up_next].up_prev = i;
	if (e->kid_next != NIL)
		m->edges[e->kid_next].kid_prev = i;
	m->tables[child].parents = i;
	m->tables[parent].kids = i;
	return true;
}

/* Linking ------------------------------------------------------------------------------------ */

struct visit {
	uint32_t table, index;
	unsigned int level;
};

/* The child that entry @index of @t leads to, linked with an edge; NIL when it is no table. */
static uint32_t visit_entry(struct pwm *m, const struct arch *arch, const struct visit *v)
{
	uint64_t loc = m->tables[v->table].pa + (uint64_t)v->index * 8;
	uint64_t page = ((uint64_t)1 << m->cfg.page_lg2) - 1;
	uint32_t child;
	struct dec d;

	arch->decode(m, pwm_mem_read(m, loc), v->level, &d);
	if (d.kind != K_TABLE)
		return NIL;
	child = pwm_table_find(m, d.oa);
	if (child == NIL)
		child = table_new(m, d.oa & ~page, page + 1);
	if (child == NIL)
		return NIL;
	if (edge_find(m, v->table, loc, child) == NIL && !edge_add(m, v->table, loc, child))
		return NIL;
	return child;
}

static bool scanned(struct pwm *m, const struct arch *arch, uint32_t t, unsigned int level)
{
	uint32_t bit = 1u << (level + 8u * arch->tables), was = m->tables[t].scanned & bit;

	m->tables[t].scanned |= bit;
	return was != 0;
}

/* Read table @t at @level and all below that were not read at theirs. */
static void scan(struct pwm *m, const struct arch *arch, uint32_t t, unsigned int level)
{
	struct visit stack[PWM_MAX_LEVELS];
	int depth = 0;

	if (!level || scanned(m, arch, t, level))
		return;
	stack[0] = (struct visit){ t, 0, level };
	while (depth >= 0) {
		struct visit *v = &stack[depth];
		uint32_t child;

		if ((uint64_t)v->index * 8 >= m->tables[v->table].len) {
			depth--;
			continue;
		}
		child = visit_entry(m, arch, v);
		v->index++;
		if (child == NIL || v->level <= 1 || scanned(m, arch, child, v->level - 1))
			continue;
		stack[depth + 1] = (struct visit){ child, 0, v->level - 1 };
		depth++;
	}
}

uint32_t pwm_table_link(struct pwm *m, const struct arch *arch, uint64_t pa, unsigned int level)
{
	uint64_t page = (uint64_t)1 << m->cfg.page_lg2;
	uint32_t t = pwm_table_find(m, pa);

	if (t == NIL)
		t = table_new(m, pa & ~(page - 1), page);
	if (t != NIL)
		scan(m, arch, t, level);
	return t;
}

void pwm_table_edge(struct pwm *m, const struct arch *arch, uint32_t parent, uint64_t loc,
		    uint64_t child_pa, unsigned int child_level)
{
	uint32_t child = pwm_table_link(m, arch, child_pa, child_level);

	if (child != NIL && edge_find(m, parent, loc, child) == NIL)
		edge_add(m, parent, loc, child);
}

void pwm_table_unedge(struct pwm *m, uint64_t loc, uint64_t child_pa)
{
	uint32_t child = pwm_table_find(m, child_pa), parent = pwm_table_find(m, loc), e;

	if (child == NIL || parent == NIL)
		return;
	e = edge_find(m, parent, loc, child);
	if (e != NIL)
		edge_delete(m, e);
}

static bool reached(const struct pwm *m, uint32_t t)
{
	const struct table *n = &m->tables[t];

	return n->parents != NIL || n->stale != NIL || n->roots != NIL;
}

/*
 * Drop @t if nothing leads to it, and then its children likewise. The way down needs no stack:
 * tables that are to be dropped are chained.
 */
void pwm_table_collect(struct pwm *m, uint32_t t)
{
	uint32_t todo = NIL;

	if (t == NIL || reached(m, t))
		return;
	m->tables[t].todo = NIL;
	todo = t;
	while (todo != NIL) {
		uint32_t now = todo, e = m->tables[now].kids, child;

		if (e == NIL) {
			todo = m->tables[now].todo;
			table_delete(m, now);
			continue;
		}
		child = m->edges[e].child;
		edge_delete(m, e);
		if (!reached(m, child)) {
			m->tables[child].todo = todo;
			todo = child;
		}
	}
}

/* Ways up ------------------------------------------------------------------------------------ */

#define TOP (PWM_MAX_LEVELS - 1) /* a root of all levels, from a table of level 0 */

/* A step of the way: which entry of which table led on. */
struct climb {
	uint32_t table;
	uint32_t edge;	/* next to try */
	uint32_t index; /* of the entry below in this table */
};

static uint64_t canonical(const struct pwm *m, const struct space *s, uint64_t va)
{
	if (s->regime == PWM_STAGE2)
		return va;
	if (m->cfg.arch != PWM_ARM64) {
		uint64_t sign = (uint64_t)1 << (s->va_bits - 1);

		return (va ^ sign) - sign;
	}
	return s->half == PWM_UPPER ? va | ~(uint64_t)0 << s->va_bits : va;
}

/* Rights taken away by the table entries on the way, and whether each still is one. */
static bool way_is_good(const struct pwm *m, const struct climb *c, unsigned int depth,
			unsigned int bottom, uint32_t space, uint8_t *hier)
{
	unsigned int i;
	struct dec d;

	for (i = depth; i > 0; i--) {
		uint64_t loc = m->tables[c[i].table].pa + (uint64_t)c[i].index * 8;

		pwm_decode(m, space, pwm_mem_read(m, loc), bottom + i, &d);
		if (d.kind != K_TABLE || pwm_table_find(m, d.oa) != c[i - 1].table)
			return false;
		*hier |= d.perm;
	}
	return true;
}

/* False: there is no room for more. */
static bool add_path(struct pwm *m, const struct climb *c, unsigned int depth, unsigned int bottom,
		     uint64_t base, uint32_t space, cpumask live, cpumask live_g, cpumask own,
		     unsigned int hier, bool stale)
{
	uint8_t taken = (uint8_t)hier;
	struct path *p;
	unsigned int i;

	if (!way_is_good(m, c, depth, bottom, space, &taken))
		return true;
	if (m->nr_paths == m->max_paths) {
		m->stats.overflows++;
		return false;
	}
	p = &m->paths[m->nr_paths++];
	p->va = base;
	for (i = 0; i <= depth; i++)
		p->va += (uint64_t)c[i].index << level_shift(m, bottom + i);
	p->va = canonical(m, &m->spaces[space], p->va);
	p->live = live;
	p->live_g = live_g;
	p->own = own;
	p->space = space;
	p->level = (uint8_t)bottom;
	p->hier = taken;
	p->stale = stale;
	return true;
}

static uint64_t root_len(const struct pwm *m, const struct space *s)
{
	unsigned int shift = level_shift(m, s->levels - 1);

	return s->va_bits > shift ? (uint64_t)8 << (s->va_bits - shift) : 8;
}

/* Ways that end at the top of the climb: roots, and stale pointers. False: no room for more. */
static bool emit(struct pwm *m, const struct climb *c, unsigned int depth)
{
	const struct table *t = &m->tables[c[depth].table];
	uint32_t i;

	for (i = t->roots; i != NIL; i = m->spaces[i].next_root) {
		const struct space *s = &m->spaces[i];

		if (depth < s->levels && c[depth].index * 8ull < root_len(m, s) &&
		    !add_path(m, c, depth, s->levels - 1 - depth, 0, i, s->ran, s->ran_g, 0, 0,
			      false))
			return false;
	}
	for (i = t->stale; i != NIL; i = m->ents[i].child_next) {
		const struct ent *e = &m->ents[i];
		struct dec d;

		if (depth >= e->level)
			continue;
		pwm_decode(m, e->space, e->val, e->level, &d);
		if (!add_path(m, c, depth, e->level - 1u - depth, e->va, e->space,
			      e->live & ~e->own, e->live & ~e->own, e->own, e->hier | d.perm, true))
			return false;
	}
	return true;
}

void pwm_paths_find(struct pwm *m, uint32_t t, uint64_t pa)
{
	struct climb c[PWM_MAX_LEVELS];
	unsigned int depth = 0;

	m->nr_paths = 0;
	c[0] = (struct climb){ t, m->tables[t].parents, (uint32_t)((pa - m->tables[t].pa) / 8) };
	if (!emit(m, c, 0))
		return;
	while (pwm_look_below(m)) {
		const struct edge *e;

		if (c[depth].edge == NIL || depth == TOP) {
			if (!depth)
				return;
			depth--;
			continue;
		}
		e = &m->edges[c[depth].edge];
		c[depth].edge = e->up_next;
		depth++;
		c[depth] = (struct climb){ e->parent, m->tables[e->parent].parents,
					   (uint32_t)((e->loc - m->tables[e->parent].pa) / 8) };
		if (!emit(m, c, depth))
			return;
	}
}

/* Ways down ---------------------------------------------------------------------------------- */

uint64_t pwm_walk_from(const struct pwm *m, uint32_t space, uint64_t table, unsigned int level,
		       uint64_t va, unsigned int stop, unsigned int *at, unsigned int *hier,
		       uint64_t *src)
{
	for (;;) {
		uint64_t index = va >> level_shift(m, level) & ((1u << m->index_lg2) - 1);
		uint64_t loc = table + index * 8, val = pwm_mem_read(m, loc);
		struct dec d;

		*at = level;
		*src = loc;
		pwm_decode(m, space, val, level, &d);
		if (d.kind != K_TABLE || level == stop)
			return val;
		*hier |= d.perm;
		table = d.oa;
		level--;
	}
}

uint64_t pwm_walk_now(const struct pwm *m, const struct space *s, uint64_t va, unsigned int stop,
		      unsigned int *level, unsigned int *hier, uint64_t *src)
{
	uint32_t space = (uint32_t)(s - m->spaces);
	unsigned int top = s->levels - 1;
	uint64_t mask = ((uint64_t)1 << s->va_bits) - 1;
	uint64_t index = (va & mask) >> level_shift(m, top), val;
	struct dec d;

	*hier = 0;
	*level = top;
	*src = s->root + index * 8;
	val = pwm_mem_read(m, *src);
	pwm_decode(m, space, val, top, &d);
	if (d.kind != K_TABLE || top == stop || !top)
		return val;
	*hier = d.perm;
	return pwm_walk_from(m, space, d.oa, top - 1, va, stop, level, hier, src);
}

/* Spaces ------------------------------------------------------------------------------------- */

static uint32_t space_find(const struct pwm *m, const struct space *want)
{
	uint32_t i;

	for (i = m->top_space; i-- > 0;) {
		const struct space *s = &m->spaces[i];

		if (s->used && s->root == want->root && s->asid == want->asid &&
		    s->vmid == want->vmid && s->half == want->half && s->regime == want->regime &&
		    s->arch == want->arch && s->va_bits == want->va_bits)
			return i;
	}
	return NIL;
}

/* The node of a root. It may be there, as another root's or a table, and shorter. */
static uint32_t root_table(struct pwm *m, const struct space *s)
{
	uint32_t t = pwm_table_find(m, s->root), pages;
	uint64_t len = root_len(m, s);

	if (t == NIL || m->tables[t].pa != s->root)
		t = table_new(m, s->root, len);
	if (t == NIL)
		return NIL;
	if (m->tables[t].len < len) {
		m->tables[t].len = (uint32_t)len;
		m->tables[t].scanned = 0;
	}
	pages = (uint32_t)(len >> m->cfg.page_lg2);
	if (pages > 1)
		m->big_roots |= pages; /* a power of two */
	return t;
}

static uint32_t space_new(struct pwm *m, const struct space *want)
{
	uint32_t i = 0, t;

	while (i < m->max_spaces && m->spaces[i].used)
		i++;
	if (i == m->max_spaces) {
		m->stats.overflows++;
		return NIL;
	}
	if (i >= m->top_space)
		m->top_space = i + 1;
	m->spaces[i] = *want;
	m->spaces[i].used = 1;
	t = root_table(m, want);
	if (t == NIL) {
		m->spaces[i].used = 0;
		return NIL;
	}
	m->spaces[i].table = t;
	m->spaces[i].next_root = m->tables[t].roots;
	m->tables[t].roots = i;
	scan(m, want->arch, t, want->levels - 1);
	return i;
}

/* A CPU loads a root: from now on it may hold all of it. */
uint32_t pwm_space_load(struct pwm *m, uint32_t cpu, const struct space *want)
{
	uint32_t i = space_find(m, want);
	struct space *s;

	if (i == NIL)
		i = space_new(m, want);
	if (i == NIL)
		return NIL;
	s = &m->spaces[i];
	s->cur |= CPU_BIT(cpu);
	s->ran |= CPU_BIT(cpu);
	s->ran_g |= CPU_BIT(cpu);
	s->gen++;
	m->cpu[cpu].cur[want->half] = i;
	return i;
}

bool pwm_space_empty(const struct pwm *m, const struct space *s)
{
	uint64_t at, len = root_len(m, s);

	for (at = 0; at < len; at += 8)
		if (pwm_mem_read(m, s->root + at))
			return false;
	return true;
}

/*
 * A root leaves when no CPU has it and no CPU can hold anything of it; it is read afresh when it
 * comes back. Nobody says when a root dies in a real system.
 */
void pwm_space_retire(struct pwm *m, uint32_t i)
{
	struct space *s = &m->spaces[i];
	uint32_t *link = &m->tables[s->table].roots;
	uint32_t e, t = s->table;

	if (s->cur)
		return;
	if (s->ran_g) {
		for (e = m->nr_ents; e-- > 0;)
			if (m->ents[m->all[e]].space == i)
				return;
		if (!pwm_space_empty(m, s))
			return;
	}
	/* while the root is one: dropping an entry may drop the tables that it alone reached */
	for (e = m->nr_ents; e-- > 0;)
		if (m->ents[m->all[e]].space == i)
			pwm_ent_drop(m, &m->ents[m->all[e]]);
	while (*link != i)
		link = &m->spaces[*link].next_root;
	*link = s->next_root;
	s->used = 0;
	pwm_table_collect(m, t);
}
