/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <string.h>

#include "ref_walk.h"

static uint64_t span(const struct ref_regime *r, uint32_t level)
{
	return 1ull << (r->format->page_lg2 + r->format->index_lg2 * level);
}

/* Which entry of the table of @level, or of the root tables that lie side by side? */
static uint64_t index_of(const struct ref_regime *r, uint64_t va, uint32_t level)
{
	uint64_t index = va / span(r, level);

	if (level == r->levels - 1)
		return (va & (~0ull >> (64 - r->va_bits))) / span(r, level);
	return index % (1ull << r->format->index_lg2);
}

static bool read_entry(const struct ref_regime *r, uint64_t pa, uint64_t *entry)
{
	uint64_t offset = pa - r->memory.base;

	if (offset > r->memory.size - 8)
		return false;
	memcpy(entry, r->memory.bytes + offset, 8);
	return true;
}

void ref_translate(const struct ref_regime *r, uint64_t at, struct ref_translation *t)
{
	uint64_t above[PW_MAX_LEVELS] = { 0 }, table = r->root, index = 0;
	const struct ref_format *f = r->format;

	memset(t, 0, sizeof(*t));
	for (uint32_t level = r->levels; level-- > 0;) {
		index = index_of(r, r->first + at, level);
		if (!read_entry(r, table + index * 8, &t->entry)) {
			t->kind = PW_KIND_BAD;
			t->err = PW_EFAULT;
			return;
		}
		t->level = level;
		t->size = span(r, level);
		t->kind = f->kind(r, t->entry, level);
		above[t->steps++] = t->entry;
		if (t->kind != PW_KIND_TABLE)
			break;
		table = f->table_pa(r, t->entry, level);
	}
	t->err = t->kind == PW_KIND_LEAF ? 0 : t->kind == PW_KIND_BAD ? PW_EDOM : PW_ENOENT;
	if (t->kind != PW_KIND_LEAF && t->kind != PW_KIND_INVALID)
		return;
	t->pa = f->leaf_pa(r, t->entry, t->level, index) + at % t->size;
	t->perm = f->perm(r, t->entry, t->level, above, t->steps - 1);
}

/* The entries of a contiguous group must agree: one mapping, aligned to its size. */
static bool group_is_whole(const struct ref_regime *r, uint64_t table, uint64_t index,
			   uint32_t level)
{
	const struct ref_format *f = r->format;
	uint64_t nr = 1ull << f->contig_lg2[level], from = index & ~(nr - 1);
	uint64_t first = 0, entry = 0;

	if (nr == 1 || !read_entry(r, table + from * 8, &first))
		return false;
	for (uint64_t i = 0; i < nr; i++) {
		if (!read_entry(r, table + (from + i) * 8, &entry))
			return false;
		if ((f->alike && entry != first) ||
		    f->leaf_pa(r, entry, level, from + i) !=
			    f->leaf_pa(r, first, level, from) + i * span(r, level))
			return false;
		if (!f->alike && f->page_lg2 >= 12 && entry != first + i * span(r, level))
			return false;
	}
	return f->leaf_pa(r, first, level, from) % (nr * span(r, level)) == 0;
}

static bool collect(const struct ref_regime *r, uint64_t table, uint64_t at, uint32_t level,
		    uint64_t from, uint64_t nr, struct ref_map *to)
{
	const struct ref_format *f = r->format;

	for (uint64_t i = from; i < from + nr; i++, at += span(r, level)) {
		struct ref_leaf leaf = { .at = at, .level = level };
		uint64_t entry = 0;
		uint32_t kind;

		if (!read_entry(r, table + i * 8, &entry))
			return false;
		kind = f->kind(r, entry, level);
		if (kind == PW_KIND_HOLE)
			continue;
		if (kind == PW_KIND_TABLE) {
			ref_add_table(to, at, level - 1);
			if (!collect(r, f->table_pa(r, entry, level), at, level - 1, 0,
				     1ull << f->index_lg2, to))
				return false;
			continue;
		}
		if ((kind != PW_KIND_LEAF && kind != PW_KIND_INVALID) ||
		    f->reserved(r, entry, level))
			return false;
		leaf.attr = f->attr(r, entry, level);
		if (leaf.attr.flags & PW_ATTR_CONTIGUOUS && !group_is_whole(r, table, i, level))
			return false;
		leaf.pa = f->leaf_pa(r, entry, level, i);
		ref_add_leaf(to, &leaf);
	}
	return true;
}

bool ref_collect(const struct ref_regime *r, struct ref_map *to)
{
	uint32_t top = r->levels - 1;
	uint64_t from = index_of(r, r->first, top);

	to->nr = 0;
	to->nr_tables = 0;
	return collect(r, r->root, 0, top, from, index_of(r, r->last, top) - from + 1, to);
}

bool ref_can_say(const struct ref_regime *r, uint32_t level, uint32_t perm)
{
	uint64_t mask = r->format->perm_bits(level), bits = 0;
	uint64_t plain = r->format->plain(level);

	/* Every subset of the mask, the empty one last. */
	do {
		bits = (bits - 1) & mask;
		if (r->format->kind(r, plain | bits, level) == PW_KIND_LEAF &&
		    !r->format->reserved(r, plain | bits, level) &&
		    r->format->perm(r, plain | bits, level, NULL, 0) == perm)
			return true;
	} while (bits);
	return false;
}
