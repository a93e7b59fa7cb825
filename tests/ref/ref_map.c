/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdlib.h>
#include <string.h>

#include "ref_walk.h"

void ref_map_init(struct ref_map *m, const struct ref_geometry *geo)
{
	m->geo = *geo;
	m->nr = 0;
	m->nr_tables = 0;
}

void ref_map_copy(struct ref_map *to, const struct ref_map *from)
{
	to->geo = from->geo;
	to->nr = from->nr;
	to->nr_tables = from->nr_tables;
	memcpy(to->leaf, from->leaf, from->nr * sizeof(from->leaf[0]));
	memcpy(to->table, from->table, from->nr_tables * sizeof(from->table[0]));
}

uint64_t ref_leaf_size(const struct ref_geometry *geo, uint32_t level)
{
	return 1ull << (geo->page_lg2 + level * geo->index_lg2);
}

static uint64_t size_of(const struct ref_map *m, const struct ref_leaf *leaf)
{
	return ref_leaf_size(&m->geo, leaf->level);
}

static uint64_t last_of(const struct ref_map *m, const struct ref_leaf *leaf)
{
	return leaf->at + size_of(m, leaf) - 1;
}

void ref_add_leaf(struct ref_map *m, const struct ref_leaf *leaf)
{
	if (m->nr == REF_MAX_LEAVES)
		abort();
	m->leaf[m->nr++] = *leaf;
}

void ref_add_table(struct ref_map *m, uint64_t at, uint32_t level)
{
	if (m->nr_tables == REF_MAX_TABLES)
		abort();
	m->table[m->nr_tables++] = (struct ref_table){ at, level };
}

/* Index of the first leaf that ends at or after @at. */
static uint32_t index_of(const struct ref_map *m, uint64_t at)
{
	uint32_t lo = 0, hi = m->nr;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (last_of(m, &m->leaf[mid]) < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct ref_leaf *ref_find(const struct ref_map *m, uint64_t at)
{
	uint32_t i = index_of(m, at);

	return i < m->nr && m->leaf[i].at <= at ? &m->leaf[i] : NULL;
}

static bool same_mapping(const struct pw_attr *a, const struct pw_attr *b)
{
	const uint32_t mask = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_DBM | PW_ATTR_GUARDED |
			      PW_ATTR_NS;

	return a->perm == b->perm && (a->flags & mask) == (b->flags & mask) &&
	       a->memtype == b->memtype && a->mem_index == b->mem_index && a->share == b->share &&
	       a->key == b->key;
}

static bool table_below(const struct ref_map *m, uint64_t at, uint32_t level)
{
	for (uint32_t i = 0; i < m->nr_tables; i++)
		if (m->table[i].level + 1 == level && m->table[i].at == at)
			return true;
	return false;
}

/* The largest new leaf at @at: aligned, inside, and where no table is. */
static uint32_t leaf_level(const struct ref_map *m, uint64_t at, uint64_t last, uint64_t pa,
			   uint32_t max)
{
	uint32_t level = max;

	for (; level; level--) {
		uint64_t size = ref_leaf_size(&m->geo, level);

		if (at % size == 0 && pa % size == 0 && last - at >= size - 1 &&
		    !table_below(m, at, level))
			break;
	}
	return level;
}

/* May the new leaf be one of a contiguous group? The group was all empty, without tables. */
static bool contiguous(const struct ref_map *m, const struct ref_leaf *leaf, uint64_t first,
		       uint64_t last)
{
	uint64_t size = size_of(m, leaf);
	uint64_t group = size << m->geo.contig_lg2[leaf->level];
	uint64_t at = leaf->at & ~(group - 1);
	uint32_t i;

	if (group == size || at < first || last - at < group - 1)
		return false;
	if ((leaf->pa - leaf->at) % group)
		return false;
	i = index_of(m, at);
	if (i < m->nr && m->leaf[i].at < at + group)
		return false;
	for (uint64_t n = at; leaf->level && n < at + group; n += size)
		if (table_below(m, n, leaf->level))
			return false;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct ref_leaf *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

void ref_do_map(struct ref_map *m, uint64_t first, uint64_t last, uint64_t pa,
		const struct pw_attr *attr, uint32_t flags, struct ref_result *res)
{
	static struct ref_leaf fresh[REF_MAX_LEAVES];
	uint32_t max = m->geo.top_leaf, nr = 0;
	uint64_t at = first;
	struct ref_leaf leaf = { .attr = *attr };

	memset(res, 0, sizeof(*res));
	if (flags & PW_MAX_LEVEL_MASK && ((flags & PW_MAX_LEVEL_MASK) >> 8) - 1 < max)
		max = ((flags & PW_MAX_LEVEL_MASK) >> 8) - 1;
	while (at <= last) {
		const struct ref_leaf *old = ref_find(m, at);
		uint64_t want = pa + (at - first);

		if (old && (old->pa + (at - old->at) != want || !same_mapping(&old->attr, attr))) {
			res->errors = REF_ERROR(PW_EEXIST);
			return;
		}
		if (old) {
			at = last_of(m, old) + 1;
			continue;
		}
		leaf.at = at;
		leaf.pa = want;
		leaf.level = leaf_level(m, at, last, want, max);
		leaf.attr.flags = attr->flags & ~PW_ATTR_CONTIGUOUS;
		if (flags & PW_CONTIGUOUS && contiguous(m, &leaf, first, last))
			leaf.attr.flags |= PW_ATTR_CONTIGUOUS;
		if (nr == REF_MAX_LEAVES)
			abort();
		fresh[nr++] = leaf;
		res->changed += size_of(m, &leaf);
		res->nr_entries++;
		at += size_of(m, &leaf);
	}
	for (uint32_t i = 0; i < nr; i++)
		ref_add_leaf(m, &fresh[i]);
	qsort(m->leaf, m->nr, sizeof(m->leaf[0]), by_address);
}

/* Does the leaf, or the contiguous group it belongs to, reach out of the range? */
static bool partial(const struct ref_map *m, const struct ref_leaf *leaf, uint64_t first,
		    uint64_t last)
{
	uint64_t size = size_of(m, leaf), at;

	if (leaf->attr.flags & PW_ATTR_CONTIGUOUS)
		size <<= m->geo.contig_lg2[leaf->level];
	at = leaf->at & ~(size - 1);
	return at < first || last - at < size - 1;
}

/* What unmap and protect check alike. */
static void check(const struct ref_map *m, uint64_t first, uint64_t last, uint32_t flags,
		  struct ref_result *res)
{
	uint64_t mapped = 0;

	memset(res, 0, sizeof(*res));
	for (uint32_t i = index_of(m, first); i < m->nr && m->leaf[i].at <= last; i++) {
		uint64_t from = m->leaf[i].at > first ? m->leaf[i].at : first;
		uint64_t to = last_of(m, &m->leaf[i]) < last ? last_of(m, &m->leaf[i]) : last;

		mapped += to - from + 1;
		if (partial(m, &m->leaf[i], first, last))
			res->errors |= REF_ERROR(PW_EBUSY);
	}
	res->holes = last - first + 1 - mapped;
	if (res->holes && flags & PW_STRICT)
		res->errors |= REF_ERROR(PW_ENOENT);
}

void ref_do_unmap(struct ref_map *m, uint64_t first, uint64_t last, uint32_t flags,
		  struct ref_result *res)
{
	uint32_t to = 0;

	check(m, first, last, flags, res);
	if (res->errors)
		return;
	for (uint32_t i = 0; i < m->nr; i++) {
		if (m->leaf[i].at < first || m->leaf[i].at > last) {
			m->leaf[to++] = m->leaf[i];
			continue;
		}
		res->changed += size_of(m, &m->leaf[i]);
		res->nr_entries++;
	}
	m->nr = to;
}

struct pw_attr ref_held(const struct ref_geometry *geo, const struct pw_attr *attr)
{
	struct pw_attr to = *attr;

	geo->format->hold(geo, &to);
	return to;
}

struct pw_attr ref_changed(const struct ref_geometry *geo, const struct pw_attr *attr,
			   const struct pw_change *change)
{
	struct pw_attr to = *attr;

	to.perm = (to.perm & ~change->perm_clear) | change->perm_set;
	to.flags = (to.flags & ~change->flags_clear) | change->flags_set;
	return ref_held(geo, &to);
}

struct pw_attr ref_visible(const struct ref_geometry *geo, const struct pw_attr *attr)
{
	struct pw_attr to = *attr;

	geo->format->show(geo, &to);
	return to;
}

static bool same_attr(const struct pw_attr *a, const struct pw_attr *b)
{
	return a->perm == b->perm && a->flags == b->flags && a->memtype == b->memtype &&
	       a->mem_index == b->mem_index && a->share == b->share && a->soft == b->soft &&
	       a->key == b->key;
}

/*
 * While a CPU may be walking: what was not global becomes so (arm64's rule RWHZWS, which the fake
 * format keeps, too), and a NAPOT group (RISC-V), which is one translation, says something else.
 */
static bool must_break(const struct ref_geometry *geo, const struct pw_attr *a,
		       const struct pw_attr *b)
{
	struct pw_attr use = *b;

	if (!geo->live || !(a->flags & b->flags & PW_ATTR_VALID))
		return false;
	if (geo->regime < PW_REGIME_STAGE2)
		return b->flags & ~a->flags & PW_ATTR_GLOBAL;
	if (geo->regime != PW_REGIME_RISCV && geo->regime != PW_REGIME_RISCV_G)
		return false;
	use.flags ^= (a->flags ^ b->flags) & (PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
	return (a->flags & PW_ATTR_CONTIGUOUS) && !same_attr(a, &use);
}

void ref_do_protect(struct ref_map *m, uint64_t first, uint64_t last,
		    const struct pw_change *change, uint32_t flags, struct ref_result *res)
{
	check(m, first, last, flags, res);
	for (uint32_t i = index_of(m, first); i < m->nr && m->leaf[i].at <= last; i++) {
		struct pw_attr to = ref_changed(&m->geo, &m->leaf[i].attr, change);

		if (must_break(&m->geo, &m->leaf[i].attr, &to))
			res->errors |= REF_ERROR(PW_EBUSY);
	}
	if (res->errors)
		return;
	for (uint32_t i = index_of(m, first); i < m->nr && m->leaf[i].at <= last; i++) {
		struct pw_attr to = ref_changed(&m->geo, &m->leaf[i].attr, change);

		if (same_attr(&to, &m->leaf[i].attr))
			continue;
		m->leaf[i].attr = to;
		res->changed += size_of(m, &m->leaf[i]);
		res->nr_entries++;
	}
}

bool ref_same_leaves(const struct ref_map *a, const struct ref_map *b, uint32_t *where)
{
	uint32_t i = 0;

	for (; i < a->nr && i < b->nr; i++) {
		struct pw_attr x = ref_visible(&a->geo, &a->leaf[i].attr);
		struct pw_attr y = ref_visible(&b->geo, &b->leaf[i].attr);

		if (a->leaf[i].at != b->leaf[i].at || a->leaf[i].pa != b->leaf[i].pa ||
		    a->leaf[i].level != b->leaf[i].level || !same_attr(&x, &y))
			break;
	}
	*where = i;
	return i == a->nr && i == b->nr;
}

bool ref_same_tables(const struct ref_map *a, const struct ref_map *b, uint32_t *where)
{
	uint32_t i = 0;

	for (; i < a->nr_tables && i < b->nr_tables; i++)
		if (a->table[i].at != b->table[i].at || a->table[i].level != b->table[i].level)
			break;
	*where = i;
	return i == a->nr_tables && i == b->nr_tables;
}
