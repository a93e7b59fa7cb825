/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <string.h>

#include "ref_walk.h"

#define ENTRIES 512u

static uint64_t bits(uint64_t v, unsigned int high, unsigned int low)
{
	return v >> low & (~0ull >> (63 - (high - low)));
}

static bool bit(uint64_t v, unsigned int n)
{
	return v >> n & 1;
}

uint32_t ref_levels(uint32_t va_bits)
{
	uint32_t levels = 1;

	while (12 + 9 * levels < va_bits)
		levels++;
	return levels;
}

static uint64_t span(uint32_t level)
{
	return 4096ull << 9 * level;
}

static bool read_entry(const struct ref_regime *r, uint64_t pa, uint64_t *entry)
{
	uint64_t offset = pa - r->memory.base;

	if (offset > r->memory.size - 8)
		return false;
	memcpy(entry, r->memory.bytes + offset, 8);
	return true;
}

/* Blocks: 2M, 1G, and with LPA2 512G. */
static bool block_allowed(bool lpa2, uint32_t level)
{
	return level == 1 || level == 2 || (lpa2 && level == 3);
}

uint32_t ref_kind(bool lpa2, uint64_t entry, uint32_t level)
{
	bool leaf_form = level == 0 ? bit(entry, 1) : !bit(entry, 1);

	if (entry == 0)
		return PW_KIND_HOLE;
	if (!bit(entry, 0)) {
		/* Linux's convention: bit 11 marks a leaf that is only not valid. */
		if (bit(entry, 11) && leaf_form && (level == 0 || block_allowed(lpa2, level)))
			return PW_KIND_INVALID;
		return PW_KIND_NONPRESENT;
	}
	if (level == 0)
		return bit(entry, 1) ? PW_KIND_LEAF : PW_KIND_BAD;
	if (bit(entry, 1))
		return PW_KIND_TABLE;
	return block_allowed(lpa2, level) ? PW_KIND_LEAF : PW_KIND_BAD;
}

/* Bits [47:12], or with LPA2 [49:12] and [9:8] as [51:50]. */
static uint64_t table_pa(bool lpa2, uint64_t entry)
{
	if (lpa2)
		return bits(entry, 49, 12) << 12 | bits(entry, 9, 8) << 50;
	return bits(entry, 47, 12) << 12;
}

uint64_t ref_entry_pa(bool lpa2, uint64_t entry, uint32_t level)
{
	uint64_t pa = table_pa(lpa2, entry);

	return pa - pa % span(level);
}

static uint32_t perm_of(const struct ref_regime *r, uint64_t entry, uint64_t limits)
{
	bool read_only = bit(entry, 7) && !bit(entry, 51); /* clean, with DBM: writable */
	bool user = bit(entry, 6);
	bool pxn = bit(entry, 53), uxn = bit(entry, 54);
	uint32_t perm = PW_PERM_R;

	/* @limits: bits [62:59] of the tables above: no write, no EL0, UXN, PXN */
	read_only |= bit(limits, 62);
	uxn |= bit(limits, 60);
	if (r->one_privilege) {
		perm |= (read_only ? 0 : PW_PERM_W) | (uxn ? 0 : PW_PERM_X);
		if (r->wxn && !read_only)
			perm &= ~PW_PERM_X;
		return perm;
	}
	user &= !bit(limits, 61);
	pxn |= bit(limits, 59);
	if (!read_only)
		perm |= PW_PERM_W;
	if (user)
		perm |= PW_PERM_USER_R | (read_only ? 0 : PW_PERM_USER_W);
	if (!pxn)
		perm |= PW_PERM_X;
	if (!uxn)
		perm |= PW_PERM_USER_X;
	return perm;
}

/* What the regime takes away from a leaf whatever its own bits say. */
static uint32_t effective(const struct ref_regime *r, uint32_t perm)
{
	/* Memory that EL0 can write is never executable at EL1. */
	if (perm & PW_PERM_USER_W)
		perm &= ~PW_PERM_X;
	if (r->wxn && perm & PW_PERM_W)
		perm &= ~PW_PERM_X;
	if (r->wxn && perm & PW_PERM_USER_W)
		perm &= ~PW_PERM_USER_X;
	return perm;
}

static uint32_t memtype_of(uint8_t mair)
{
	static const struct {
		uint8_t mair;
		uint8_t memtype;
	} names[] = {
		{ 0xff, PW_MEM_NORMAL },	{ 0xf0, PW_MEM_NORMAL_TAGGED },
		{ 0x44, PW_MEM_NORMAL_NC },	{ 0xbb, PW_MEM_NORMAL_WT },
		{ 0x00, PW_MEM_DEVICE_nGnRnE }, { 0x04, PW_MEM_DEVICE_nGnRE },
		{ 0x08, PW_MEM_DEVICE_nGRE },	{ 0x0c, PW_MEM_DEVICE_GRE },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].mair == mair)
			return names[i].memtype;
	return PW_MEM_OTHER;
}

struct pw_attr ref_entry_attr(const struct ref_regime *r, uint64_t entry)
{
	struct ref_regime plain = { .one_privilege = r->one_privilege };
	struct pw_attr a = { .perm = perm_of(&plain, entry, 0) };

	a.flags |= bit(entry, 0) ? PW_ATTR_VALID : 0;
	if (r->one_privilege || (bit(entry, 0) && !bit(entry, 11)))
		a.flags |= PW_ATTR_GLOBAL;
	a.flags |= bit(entry, 10) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 51) ? PW_ATTR_DBM : 0;
	a.flags |= bit(entry, 51) && !bit(entry, 7) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 52) ? PW_ATTR_CONTIGUOUS : 0;
	a.flags |= bit(entry, 50) ? PW_ATTR_GUARDED : 0;
	a.flags |= bit(entry, 5) ? PW_ATTR_NS : 0;
	a.mem_index = (uint32_t)bits(entry, 4, 2);
	a.memtype = memtype_of((uint8_t)(r->mair >> 8 * a.mem_index));
	a.share = r->lpa2 ? 0 : (uint32_t)bits(entry, 9, 8);
	a.soft = (uint32_t)bits(entry, 58, 55);
	return a;
}

void ref_translate(const struct ref_regime *r, uint64_t at, struct ref_translation *t)
{
	uint64_t table = r->root, limits = 0;

	memset(t, 0, sizeof(*t));
	for (uint32_t level = ref_levels(r->va_bits); level-- > 0;) {
		uint64_t index = at / span(level) % ENTRIES;

		if (!read_entry(r, table + index * 8, &t->entry)) {
			t->kind = PW_KIND_BAD;
			t->err = PW_EFAULT;
			return;
		}
		t->steps++;
		t->level = level;
		t->size = span(level);
		t->kind = ref_kind(r->lpa2, t->entry, level);
		if (t->kind != PW_KIND_TABLE)
			break;
		if (!r->no_hierarchy)
			limits |= t->entry;
		table = table_pa(r->lpa2, t->entry);
	}
	t->err = t->kind == PW_KIND_LEAF ? 0 : t->kind == PW_KIND_BAD ? PW_EDOM : PW_ENOENT;
	if (t->kind != PW_KIND_LEAF && t->kind != PW_KIND_INVALID)
		return;
	t->pa = ref_entry_pa(r->lpa2, t->entry, t->level) + at % t->size;
	t->perm = effective(r, perm_of(r, t->entry, limits));
}

/* The entries of a contiguous group must agree: 16 of them, one mapping. */
static bool group_is_whole(const struct ref_regime *r, uint64_t table, uint64_t index,
			   uint32_t level)
{
	uint64_t first = 0, entry = 0;

	if (level > 2 || !read_entry(r, table + (index & ~15ull) * 8, &first))
		return false;
	for (uint64_t i = 0; i < 16; i++) {
		if (!read_entry(r, table + ((index & ~15ull) + i) * 8, &entry))
			return false;
		if (entry != first + i * span(level))
			return false;
	}
	return ref_entry_pa(r->lpa2, first, level) % (16 * span(level)) == 0;
}

static bool collect(const struct ref_regime *r, uint64_t table, uint64_t at, uint32_t level,
		    uint64_t nr, struct ref_map *to)
{
	for (uint64_t i = 0; i < nr; i++, at += span(level)) {
		struct ref_leaf leaf = { .at = at, .level = level };
		uint64_t entry = 0;
		uint32_t kind;

		if (!read_entry(r, table + i * 8, &entry))
			return false;
		kind = ref_kind(r->lpa2, entry, level);
		if (kind == PW_KIND_HOLE)
			continue;
		if (kind == PW_KIND_TABLE) {
			ref_add_table(to, at, level - 1);
			if (!collect(r, table_pa(r->lpa2, entry), at, level - 1, ENTRIES, to))
				return false;
			continue;
		}
		if (kind != PW_KIND_LEAF && kind != PW_KIND_INVALID)
			return false;
		if (bit(entry, 52) && !group_is_whole(r, table, i, level))
			return false;
		leaf.pa = ref_entry_pa(r->lpa2, entry, level);
		leaf.attr = ref_entry_attr(r, entry);
		ref_add_leaf(to, &leaf);
	}
	return true;
}

bool ref_collect(const struct ref_regime *r, struct ref_map *to)
{
	uint32_t top = ref_levels(r->va_bits) - 1;

	to->nr = 0;
	to->nr_tables = 0;
	return collect(r, r->root, 0, top, 1ull << (r->va_bits - 12 - 9 * top), to);
}
