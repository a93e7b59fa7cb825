/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64, both stages, written from the Arm ARM (DDI 0487): "VMSAv8-64 translation table format
 * descriptors", "Stage 1 permissions", "Stage 2 permissions", "Stage 2 memory type and Cacheability
 * attributes", "The Contiguous bit".
 */
#include "ref_walk.h"

#define bit  ref_bit
#define bits ref_bits

/* How output addresses of 52 bits are held. */
enum form {
	FORM_48,   /* they are not: bits [47:n] */
	FORM_LPA2, /* TCR.DS: bits [49:n], and [9:8] as [51:50] */
	FORM_LPA,  /* 64K: bits [47:16], and [15:12] as [51:48] */
};

static bool one_privilege(uint32_t regime)
{
	return regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;
}

static uint64_t span(const struct ref_regime *r, uint32_t level)
{
	return 1ull << (r->format->page_lg2 + r->format->index_lg2 * level);
}

static uint32_t kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	/* Pages have bit 1 set, blocks clear. */
	bool leaf_form = bit(entry, 1) == (level == 0);
	bool leaf_here = level < r->leaf_levels;

	if (entry == 0)
		return PW_KIND_HOLE;
	if (!bit(entry, 0)) {
		/* Linux's convention: bit 11 marks a leaf that is only not valid. */
		return bit(entry, 11) && leaf_form && leaf_here ? PW_KIND_INVALID :
								  PW_KIND_NONPRESENT;
	}
	if (leaf_form)
		return leaf_here ? PW_KIND_LEAF : PW_KIND_BAD;
	return level ? PW_KIND_TABLE : PW_KIND_BAD;
}

static uint64_t table_pa(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint32_t low = r->format->page_lg2;

	(void)level;
	switch (r->format->variant) {
	case FORM_LPA2:
		return bits(entry, 49, low) << low | bits(entry, 9, 8) << 50;
	case FORM_LPA:
		return bits(entry, 47, 16) << 16 | bits(entry, 15, 12) << 48;
	default:
		return bits(entry, 47, low) << low;
	}
}

static uint64_t leaf_pa(const struct ref_regime *r, uint64_t entry, uint32_t level, uint64_t index)
{
	uint64_t pa = table_pa(r, entry, level);

	(void)index;
	return pa - pa % span(r, level);
}

static uint64_t table(uint64_t pa, uint32_t level)
{
	(void)level;
	return pa | 3;
}

static uint64_t table_lpa(uint64_t pa, uint32_t level)
{
	(void)level;
	return bits(pa, 47, 0) | bits(pa, 51, 48) << 12 | 3;
}

static uint64_t table_lpa2(uint64_t pa, uint32_t level)
{
	(void)level;
	return bits(pa, 49, 0) | bits(pa, 51, 50) << 8 | 3;
}

/* Bits that no field claims and that are not IGNORED: RES0. */
static uint64_t reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint32_t k = kind(r, entry, level);
	uint64_t res0 = 0;

	if (k != PW_KIND_LEAF && k != PW_KIND_TABLE)
		return 0;
	if (k == PW_KIND_TABLE) /* [50:48] are, [58:51] are IGNORED; in a leaf 50 is GP */
		res0 |= 1ull << 50;
	for (uint32_t n = 12; n < 50; n++) {
		bool low = n < r->format->page_lg2; /* below the granule */

		if (k == PW_KIND_LEAF && 1ull << n < span(r, level) && n >= r->format->page_lg2)
			low = true; /* below the block */
		if (r->format->variant == FORM_LPA && n < 16)
			low = false;
		if (k == PW_KIND_LEAF && level && n == 16)
			low = false; /* nT */
		if (n >= 48 && r->format->variant != FORM_LPA2)
			low = true;
		res0 |= low ? 1ull << n : 0;
	}
	return entry & res0;
}

/* @limits: bits [62:59] of the tables above: no write, no EL0, UXN, PXN. */
static uint32_t own_perm(const struct ref_regime *r, uint64_t entry, uint64_t limits)
{
	/* DBM: clean but writable; a limit from above stands. */
	bool read_only = (bit(entry, 7) && !bit(entry, 51)) || bit(limits, 62);
	bool user = bit(entry, 6) && !bit(limits, 61);
	bool uxn = bit(entry, 54) || bit(limits, 60);
	bool pxn = bit(entry, 53) || bit(limits, 59);
	uint32_t perm = PW_PERM_R | (read_only ? 0 : PW_PERM_W);

	if (one_privilege(r->regime))
		return perm | (uxn ? 0 : PW_PERM_X);
	if (user)
		perm |= PW_PERM_USER_R | (read_only ? 0 : PW_PERM_USER_W);
	return perm | (pxn ? 0 : PW_PERM_X) | (uxn ? 0 : PW_PERM_USER_X);
}

static uint32_t perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
		     const uint64_t *above, uint32_t nr)
{
	bool wxn = r->caps & PW_CAP_WXN;
	uint64_t limits = 0;
	uint32_t p;

	(void)level;
	for (uint32_t i = 0; i < nr && !(r->caps & PW_CAP_HPD); i++)
		limits |= above[i];
	p = own_perm(r, entry, limits);
	/* Memory that EL0 can write is never executable at EL1. */
	if (p & PW_PERM_USER_W)
		p &= ~PW_PERM_X;
	if (wxn && p & PW_PERM_W)
		p &= ~PW_PERM_X;
	if (wxn && p & PW_PERM_USER_W)
		p &= ~PW_PERM_USER_X;
	return p;
}

static uint64_t plain(uint32_t level)
{
	return level ? 1 : 3;
}

static uint64_t perm_bits(uint32_t level)
{
	(void)level;
	return 3ull << 6 | 3ull << 53;
}

static uint32_t memtype_of(uint8_t mair)
{
	switch (mair) {
	case 0xff:
		return PW_MEM_NORMAL;
	case 0xf0:
		return PW_MEM_NORMAL_TAGGED;
	case 0x44:
		return PW_MEM_NORMAL_NC;
	case 0xbb:
		return PW_MEM_NORMAL_WT;
	case 0x00:
		return PW_MEM_DEVICE_nGnRnE;
	case 0x04:
		return PW_MEM_DEVICE_nGnRE;
	case 0x08:
		return PW_MEM_DEVICE_nGRE;
	case 0x0c:
		return PW_MEM_DEVICE_GRE;
	default:
		return PW_MEM_OTHER;
	}
}

static struct pw_attr attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	struct pw_attr a = { .perm = own_perm(r, entry, 0) };

	a.flags |= bit(entry, 0) ? PW_ATTR_VALID : 0;
	if (one_privilege(r->regime) || (bit(entry, 0) && !bit(entry, 11)))
		a.flags |= PW_ATTR_GLOBAL;
	a.flags |= bit(entry, 10) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 51) ? PW_ATTR_DBM : 0;
	a.flags |= bit(entry, 51) && !bit(entry, 7) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 52) && r->format->contig_lg2[level] ? PW_ATTR_CONTIGUOUS : 0;
	a.flags |= bit(entry, 50) ? PW_ATTR_GUARDED : 0;
	a.flags |= bit(entry, 5) ? PW_ATTR_NS : 0;
	if (r->regime == PW_REGIME_EL3 && bit(entry, 0) && bit(entry, 11))
		a.flags |= PW_ATTR_NSE;
	a.mem_index = (uint32_t)bits(entry, 4, 2);
	a.memtype = memtype_of((uint8_t)(r->mair >> 8 * a.mem_index));
	a.share = r->format->variant == FORM_LPA2 ? 0 : (uint32_t)bits(entry, 9, 8);
	a.soft = (uint32_t)bits(entry, 58, 55);
	return a;
}

/* One write bit serves both privileges; and "invalid" is marked where "not global" stands. */
static void hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	a->perm &= ~PW_PERM_USER_W;
	if (a->perm & PW_PERM_USER_R && a->perm & PW_PERM_W)
		a->perm |= PW_PERM_USER_W;
	if (one_privilege(geo->regime))
		a->flags |= PW_ATTR_GLOBAL;
	else if (!(a->flags & PW_ATTR_VALID))
		a->flags &= ~PW_ATTR_GLOBAL;
	if (!(a->flags & PW_ATTR_VALID))
		a->flags &= ~PW_ATTR_NSE;
	if (!(a->perm & PW_PERM_W))
		a->flags &= ~PW_ATTR_DBM;
	if (!(a->flags & PW_ATTR_DBM))
		a->flags &= ~PW_ATTR_DIRTY;
	if (geo->format->variant == FORM_LPA2)
		a->share = 0;
}

/* The execute bit for EL1 does nothing while EL0 can write. */
static void show(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo;
	if (a->perm & PW_PERM_USER_W)
		a->perm &= ~PW_PERM_X;
}

/* Stage 2 ------------------------------------------------------------------------------------ */

/* Bit 50, RES0 in a valid leaf, marks one that is only not valid. */
static uint32_t s2_kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	bool leaf = bit(entry, 1) == (level == 0) && level < r->leaf_levels;

	if (entry == 0 || bit(entry, 0))
		return kind(r, entry, level);
	return bit(entry, 50) && leaf ? PW_KIND_INVALID : PW_KIND_NONPRESENT;
}

static uint64_t s2_reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint64_t res0 = 1ull << 50;

	if (!bit(entry, 0) || kind(r, entry, level) == PW_KIND_BAD)
		return 0;
	if (kind(r, entry, level) == PW_KIND_TABLE)
		res0 |= 0x1full << 59; /* no APTable, XNTable in this stage */
	else if (!(r->caps & PW_CAP_XNX))
		res0 |= 1ull << 53;
	return reserved(r, entry, level) | (entry & res0);
}

/* Tables have no say. */
static uint32_t s2_perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
			const uint64_t *above, uint32_t nr)
{
	uint32_t p = bit(entry, 6) ? PW_PERM_R : 0;

	(void)level, (void)above, (void)nr;
	p |= bit(entry, 7) || bit(entry, 51) ? PW_PERM_W : 0;
	if (!(r->caps & PW_CAP_XNX))
		return p | (bit(entry, 54) ? 0 : PW_PERM_X);
	switch (bits(entry, 54, 53)) {
	case 0:
		return p | PW_PERM_X | PW_PERM_USER_X;
	case 1:
		return p | PW_PERM_USER_X;
	case 2:
		return p;
	default:
		return p | PW_PERM_X;
	}
}

/* MemAttr[3:2] 0: Device, by [1:0]; else outer, then inner: 1 NC, 2 write-through, 3 write-back. */
static uint32_t s2_memtype(uint32_t caps, uint32_t memattr)
{
	static const uint32_t device[] = { PW_MEM_DEVICE_nGnRnE, PW_MEM_DEVICE_nGnRE,
					   PW_MEM_DEVICE_nGRE, PW_MEM_DEVICE_GRE };

	if (memattr < 4)
		return device[memattr];
	if (memattr == 5)
		return PW_MEM_NORMAL_NC;
	if (caps & PW_CAP_FWB) /* 6: write-back, whatever stage 1 says */
		return memattr == 6 ? PW_MEM_NORMAL : PW_MEM_OTHER;
	if (memattr == 10)
		return PW_MEM_NORMAL_WT;
	return memattr == 15 ? PW_MEM_NORMAL : PW_MEM_OTHER;
}

static struct pw_attr s2_attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	struct pw_attr a = { .perm = s2_perm(r, entry, level, NULL, 0), .flags = PW_ATTR_GLOBAL };

	a.flags |= bit(entry, 0) ? PW_ATTR_VALID : 0;
	a.flags |= bit(entry, 10) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 51) ? PW_ATTR_DBM : 0;
	a.flags |= bit(entry, 51) && bit(entry, 7) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 52) && r->format->contig_lg2[level] ? PW_ATTR_CONTIGUOUS : 0;
	a.mem_index = (uint32_t)bits(entry, 5, 2);
	a.memtype = s2_memtype(r->caps, a.mem_index);
	a.share = r->format->variant == FORM_LPA2 ? 0 : (uint32_t)bits(entry, 9, 8);
	a.soft = (uint32_t)bits(entry, 58, 55);
	return a;
}

static void s2_hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	a->flags |= PW_ATTR_GLOBAL;
	if (!(a->perm & PW_PERM_W))
		a->flags &= ~PW_ATTR_DBM;
	if (!(a->flags & PW_ATTR_DBM))
		a->flags &= ~PW_ATTR_DIRTY;
	if (geo->format->variant == FORM_LPA2)
		a->share = 0;
}

static void s2_show(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo, (void)a;
}

#define STAGE1                                                                            \
	.kind = kind, .reserved = reserved, .leaf_pa = leaf_pa, .table_pa = table_pa,     \
	.attr = attr, .perm = perm, .plain = plain, .perm_bits = perm_bits, .hold = hold, \
	.show = show

#define STAGE2                                                                                     \
	.kind = s2_kind, .reserved = s2_reserved, .leaf_pa = leaf_pa, .table_pa = table_pa,        \
	.attr = s2_attr, .perm = s2_perm, .plain = plain, .perm_bits = perm_bits, .hold = s2_hold, \
	.show = s2_show

const struct ref_format ref_arm64_4k = {
	STAGE1,		  .table = table, .page_lg2 = 12,     .index_lg2 = 9,
	.leaf_levels = 3, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 4, 4, 4 },
};

const struct ref_format ref_arm64_4k_lpa2 = {
	STAGE1,		  .table = table_lpa2, .page_lg2 = 12,	     .index_lg2 = 9,
	.leaf_levels = 4, .pa_bits = 52,       .variant = FORM_LPA2, .contig_lg2 = { 4, 4, 4 },
};

const struct ref_format ref_arm64_16k = {
	STAGE1,		  .table = table, .page_lg2 = 14,     .index_lg2 = 11,
	.leaf_levels = 2, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 7, 5 },
};

const struct ref_format ref_arm64_16k_lpa2 = {
	STAGE1,		  .table = table_lpa2, .page_lg2 = 14,	     .index_lg2 = 11,
	.leaf_levels = 3, .pa_bits = 52,       .variant = FORM_LPA2, .contig_lg2 = { 7, 5 },
};

const struct ref_format ref_arm64_64k = {
	STAGE1,		  .table = table, .page_lg2 = 16,     .index_lg2 = 13,
	.leaf_levels = 2, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 5, 5 },
};

const struct ref_format ref_arm64_64k_lpa = {
	STAGE1,		  .table = table_lpa, .page_lg2 = 16,	   .index_lg2 = 13,
	.leaf_levels = 3, .pa_bits = 52,      .variant = FORM_LPA, .contig_lg2 = { 5, 5 },
};

const struct ref_format ref_arm64_s2_4k = {
	STAGE2,		  .table = table, .page_lg2 = 12,     .index_lg2 = 9,
	.leaf_levels = 3, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 4, 4, 4 },
};

const struct ref_format ref_arm64_s2_4k_lpa2 = {
	STAGE2,		  .table = table_lpa2, .page_lg2 = 12,	     .index_lg2 = 9,
	.leaf_levels = 4, .pa_bits = 52,       .variant = FORM_LPA2, .contig_lg2 = { 4, 4, 4 },
};

const struct ref_format ref_arm64_s2_16k = {
	STAGE2,		  .table = table, .page_lg2 = 14,     .index_lg2 = 11,
	.leaf_levels = 2, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 7, 5 },
};

const struct ref_format ref_arm64_s2_16k_lpa2 = {
	STAGE2,		  .table = table_lpa2, .page_lg2 = 14,	     .index_lg2 = 11,
	.leaf_levels = 3, .pa_bits = 52,       .variant = FORM_LPA2, .contig_lg2 = { 7, 5 },
};

const struct ref_format ref_arm64_s2_64k = {
	STAGE2,		  .table = table, .page_lg2 = 16,     .index_lg2 = 13,
	.leaf_levels = 2, .pa_bits = 48,  .variant = FORM_48, .contig_lg2 = { 5, 5 },
};

const struct ref_format ref_arm64_s2_64k_lpa = {
	STAGE2,		  .table = table_lpa, .page_lg2 = 16,	   .index_lg2 = 13,
	.leaf_levels = 3, .pa_bits = 52,      .variant = FORM_LPA, .contig_lg2 = { 5, 5 },
};
