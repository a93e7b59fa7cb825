/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V Sv39, Sv48, Sv57 and the G-stage, written from the privileged specification: "Sv39", its
 * "Virtual Address Translation Process", "Svnapot", "Svpbmt", "Svrsw60t59b", and of the hypervisor
 * extension "Guest Physical Address Translation".
 */
#include "ref_walk.h"

#define bit  ref_bit
#define bits ref_bits

enum stage { STAGE_FIRST, STAGE_G };

static bool pointer(uint64_t entry) /* R, W and X zero */
{
	return bits(entry, 3, 1) == 0;
}

/* Reserved for what it is, V aside. */
static bool malformed(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint64_t pbmt = bits(entry, 62, 61), ppn = bits(entry, 53, 10);

	/* "bits 60-54 are reserved" but for what Svrsw60t59b makes of two of them */
	if (bits(entry, 58, 54))
		return true;
	if (bits(entry, 60, 59) && !(r->caps & PW_CAP_SVRSW60T59B))
		return true;
	if (pbmt && !(r->caps & PW_CAP_SVPBMT))
		return true;
	if (bit(entry, 63) && !(r->caps & PW_CAP_SVNAPOT))
		return true;
	if (pointer(entry)) /* "For non-leaf PTEs, the D, A, and U bits are reserved" */
		return level == 0 || bit(entry, 7) || bit(entry, 6) || bit(entry, 4) || pbmt ||
		       bit(entry, 63);
	if (bit(entry, 2) && !bit(entry, 1))
		return true;
	if (ppn % (1ull << 9 * level)) /* a misaligned superpage */
		return true;
	if (pbmt == 3)
		return true;
	/* Svnapot: 64K alone is defined */
	return bit(entry, 63) && (level || bits(entry, 13, 10) != 8);
}

static uint32_t kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	if (entry == 0)
		return PW_KIND_HOLE;
	if (!bit(entry, 0)) /* what would be a leaf, were it valid */
		return pointer(entry) || malformed(r, entry, level) ? PW_KIND_NONPRESENT :
								      PW_KIND_INVALID;
	if (malformed(r, entry, level))
		return PW_KIND_BAD;
	return pointer(entry) ? PW_KIND_TABLE : PW_KIND_LEAF;
}

/* That something is wrong, not where. */
static uint64_t reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint64_t bad = bit(entry, 0) && malformed(r, entry, level) ? entry : 0;

	if (r->format->variant != STAGE_G || !bit(entry, 0))
		return bad;
	if (bit(entry, 5)) /* "G ... should be cleared by software" */
		bad |= 1ull << 5;
	if (!pointer(entry) && !bit(entry, 4)) /* every access is a user's */
		bad |= 1ull << 4;
	return bad;
}

static uint64_t table_pa(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	(void)r, (void)level;
	return bits(entry, 53, 10) << 12;
}

static uint64_t leaf_pa(const struct ref_regime *r, uint64_t entry, uint32_t level, uint64_t index)
{
	uint64_t ppn = bits(entry, 53, 10);

	(void)r;
	if (bit(entry, 63) && level == 0) /* the address's bits take the place of PPN[3:0] */
		ppn = ppn - ppn % 16 + index % 16;
	return (ppn - ppn % (1ull << 9 * level)) << 12;
}

static uint64_t table(uint64_t pa, uint32_t level)
{
	(void)level;
	return (pa >> 12) << 10 | 1;
}

static uint32_t rights_of(uint32_t caps, uint64_t entry)
{
	uint32_t rights = bit(entry, 1) ? PW_PERM_R : 0;

	rights |= bit(entry, 2) ? PW_PERM_W : 0;
	rights |= bit(entry, 3) ? PW_PERM_X : 0;
	if (caps & PW_CAP_MXR && bit(entry, 3))
		rights |= PW_PERM_R;
	return rights;
}

static uint32_t first_perm(uint32_t caps, uint64_t entry)
{
	uint32_t rights = rights_of(caps, entry), p = 0;

	if (!bit(entry, 4))
		return rights;
	p |= rights & PW_PERM_R ? PW_PERM_USER_R : 0;
	p |= rights & PW_PERM_W ? PW_PERM_USER_W : 0;
	p |= rights & PW_PERM_X ? PW_PERM_USER_X : 0;
	if (caps & PW_CAP_SUM) /* loads and stores; fetches never */
		p |= rights & (PW_PERM_R | PW_PERM_W);
	return p;
}

/* Tables have no say. */
static uint32_t perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
		     const uint64_t *above, uint32_t nr)
{
	(void)level, (void)above, (void)nr;
	if (r->format->variant == STAGE_G)
		return bit(entry, 4) ? rights_of(r->caps, entry) : 0;
	return first_perm(r->caps, entry);
}

static uint64_t plain(uint32_t level)
{
	(void)level;
	return 1;
}

static uint64_t perm_bits(uint32_t level)
{
	(void)level;
	return 0xfull << 1;
}

static struct pw_attr attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	static const uint32_t type[] = { PW_MEM_NORMAL, PW_MEM_NORMAL_NC, PW_MEM_DEVICE_nGnRnE,
					 PW_MEM_OTHER };
	struct pw_attr a = { .perm = perm(r, entry, level, NULL, 0) };

	a.flags |= bit(entry, 0) ? PW_ATTR_VALID : 0;
	a.flags |= bit(entry, 5) && r->format->variant != STAGE_G ? PW_ATTR_GLOBAL : 0;
	a.flags |= bit(entry, 6) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 7) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 63) && level == 0 ? PW_ATTR_CONTIGUOUS : 0;
	a.mem_index = (uint32_t)bits(entry, 62, 61);
	a.memtype = type[a.mem_index];
	a.soft = (uint32_t)(bits(entry, 9, 8) | bits(entry, 60, 59) << 2);
	return a;
}

/* R, W and X are one set of bits, whoever has them; what is written can be read. */
static void hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	uint32_t user = a->perm >> 3, rights = (a->perm | user) & 7;
	uint64_t entry;

	a->share = 0;
	rights |= rights & PW_PERM_W ? PW_PERM_R : 0;
	entry = (uint64_t)rights << 1 | (user ? 1ull << 4 : 0);
	a->perm = geo->format->variant == STAGE_G ? rights_of(geo->caps, entry) :
						    first_perm(geo->caps, entry);
}

static void show(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo, (void)a;
}

#define RISCV                                                                             \
	.page_lg2 = 12, .index_lg2 = 9, .leaf_levels = 5, .pa_bits = 56, .alike = true,   \
	.contig_lg2 = { 4 }, .kind = kind, .reserved = reserved, .leaf_pa = leaf_pa,      \
	.table_pa = table_pa, .table = table, .attr = attr, .perm = perm, .plain = plain, \
	.perm_bits = perm_bits, .hold = hold, .show = show

const struct ref_format ref_riscv64 = { RISCV, .variant = STAGE_FIRST };
const struct ref_format ref_riscv64_g = { RISCV, .variant = STAGE_G };
