/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The scrambled format, bit by bit: where each bit of the plain entry went, counted up instead of
 * rotated. Its manual is the comment at the top of the format.
 */
#include "ref_walk.h"

/* Plain bit @n of an entry of @level: the low byte and the rest go round on their own. */
static unsigned int place(unsigned int n, uint32_t level)
{
	return n < 8 ? (n + 3 * level + 1) % 8 : 8 + (n - 8 + 7 + 11 * level) % 56;
}

static bool bit(uint64_t entry, unsigned int n, uint32_t level)
{
	return entry >> place(n, level) & 1;
}

static uint64_t bits(uint64_t entry, unsigned int high, unsigned int low, uint32_t level)
{
	uint64_t v = 0;

	for (unsigned int n = low; n <= high; n++)
		v |= (uint64_t)bit(entry, n, level) << (n - low);
	return v;
}

static uint32_t kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	bool leaf_here = level < r->leaf_levels;

	if (entry == 0)
		return PW_KIND_HOLE;
	switch (bits(entry, 1, 0, level)) {
	case 0:
		return bit(entry, 2, level) && leaf_here ? PW_KIND_INVALID : PW_KIND_NONPRESENT;
	case 1:
		return leaf_here ? PW_KIND_LEAF : PW_KIND_BAD;
	case 2:
		return level ? PW_KIND_TABLE : PW_KIND_BAD;
	default:
		return PW_KIND_BAD;
	}
}

/* Address bits below the leaf's size. */
static uint64_t reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint64_t res0 = 0;

	if (kind(r, entry, level) != PW_KIND_LEAF)
		return 0;
	for (unsigned int n = 8; n < 8 + 3 * level; n++)
		res0 |= 1ull << place(n, level);
	return entry & res0;
}

static uint64_t table_pa(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	(void)r;
	return bits(entry, 55, 8, level) << 8;
}

static uint64_t leaf_pa(const struct ref_regime *r, uint64_t entry, uint32_t level, uint64_t index)
{
	uint64_t pa = table_pa(r, entry, level);

	(void)index;
	return pa - pa % (256ull << 3 * level);
}

static uint64_t table(uint64_t pa, uint32_t level)
{
	uint64_t entry = 1ull << place(1, level);

	for (unsigned int n = 8; n < 56; n++)
		entry |= (pa >> n & 1) << place(n, level);
	return entry;
}

static uint32_t perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
		     const uint64_t *above, uint32_t nr)
{
	bool ro = bit(entry, 3, level), xn = bit(entry, 4, level);
	uint32_t p;

	(void)r;
	for (uint32_t i = 0; i < nr; i++) {
		ro |= bit(above[i], 3, level + nr - i);
		xn |= bit(above[i], 4, level + nr - i);
	}
	p = PW_PERM_R | (ro ? 0 : PW_PERM_W) | (xn ? 0 : PW_PERM_X);
	/* The user has what the kernel has, or nothing. */
	return bit(entry, 7, level) ? p | p << 3 : p;
}

static uint64_t plain(uint32_t level)
{
	return 1ull << place(0, level);
}

static uint64_t perm_bits(uint32_t level)
{
	return 1ull << place(3, level) | 1ull << place(4, level) | 1ull << place(7, level);
}

static struct pw_attr attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	struct pw_attr a = { .perm = perm(r, entry, level, NULL, 0) };

	a.flags |= bits(entry, 1, 0, level) == 1 ? PW_ATTR_VALID : 0;
	a.flags |= bit(entry, 5, level) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 6, level) && r->format->contig_lg2[level] ? PW_ATTR_CONTIGUOUS : 0;
	a.flags |= bit(entry, 63, level) ? 0 : PW_ATTR_GLOBAL;
	a.mem_index = (uint32_t)bits(entry, 58, 56, level);
	a.soft = (uint32_t)bits(entry, 62, 59, level);
	return a;
}

static void hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	uint32_t p = a->perm & (PW_PERM_R | PW_PERM_W | PW_PERM_X);

	(void)geo;
	a->perm = a->perm & PW_PERM_USER_R ? p | p << 3 : p;
	a->share = 0;
}

static void show(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo, (void)a;
}

const struct ref_format ref_fake = {
	.page_lg2 = 8,
	.index_lg2 = 3,
	.leaf_levels = 3,
	.pa_bits = 56,
	.contig_lg2 = { 2, 1 },
	.kind = kind,
	.reserved = reserved,
	.leaf_pa = leaf_pa,
	.table_pa = table_pa,
	.table = table,
	.attr = attr,
	.perm = perm,
	.plain = plain,
	.perm_bits = perm_bits,
	.hold = hold,
	.show = show,
};
