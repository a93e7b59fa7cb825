/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64 and EPT, written from the Intel SDM Vol. 3A, "4-level paging and 5-level paging", "Access
 * rights", "Paging and memory typing"; Vol. 3C, "The extended page table mechanism (EPT)".
 */
#include "ref_walk.h"

#define bit  ref_bit
#define bits ref_bits

static uint64_t span(uint32_t level)
{
	return 4096ull << 9 * level;
}

/* x86-64 ------------------------------------------------------------------------------------- */

/* PTEs map pages; PDEs and PDPTEs map when PS is set. */
static bool maps(uint64_t entry, uint32_t level)
{
	return level == 0 || bit(entry, 7);
}

/* Present entries alone: tables 4-14 to 4-20, the rows "Reserved (must be 0)". */
static uint64_t reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	uint64_t must_be_0 = 0;

	if (!bit(entry, 0))
		return 0;
	for (unsigned int n = 12; n < 52; n++) {
		bool beyond = n >= r->pa_bits && 1ull << n != r->enc_mask;
		/* of a PS entry: address bits below its size; bit 12 is PAT */
		bool low = level && maps(entry, level) && level < r->leaf_levels && n > 12 &&
			   1ull << n < span(level);

		must_be_0 |= beyond || low ? 1ull << n : 0;
	}
	if (r->caps & PW_CAP_NO_NX)
		must_be_0 |= 1ull << 63;
	if (level >= r->leaf_levels)
		must_be_0 |= 1ull << 7;
	return entry & must_be_0;
}

static uint32_t kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	if (entry == 0)
		return PW_KIND_HOLE;
	if (!bit(entry, 0)) /* bits 63:1 ignored; L1TF: never an address of ours */
		return PW_KIND_NONPRESENT;
	if (reserved(r, entry, level))
		return PW_KIND_BAD;
	return maps(entry, level) ? PW_KIND_LEAF : PW_KIND_TABLE;
}

static uint64_t table_pa(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	(void)level;
	return (bits(entry, 51, 12) << 12) & ~r->enc_mask;
}

static uint64_t leaf_pa(const struct ref_regime *r, uint64_t entry, uint32_t level, uint64_t index)
{
	uint64_t pa = table_pa(r, entry, level);

	(void)index;
	return pa - pa % span(level);
}

/* Rights are the leaf's to limit: a table's entry allows all. */
static uint64_t table(uint64_t pa, uint32_t level)
{
	(void)level;
	return pa | 7; /* P, R/W, U/S */
}

/* 4.6.1: every entry of the walk has a say. */
static uint32_t perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
		     const uint64_t *above, uint32_t nr)
{
	bool writable = bit(entry, 1), user = bit(entry, 2), xd = bit(entry, 63);
	bool wp = !(r->caps & PW_CAP_NO_WP), nxe = !(r->caps & PW_CAP_NO_NX);
	bool smep = r->caps & PW_CAP_SMEP, smap = r->caps & PW_CAP_SMAP;
	uint32_t p = 0;

	(void)level;
	for (uint32_t i = 0; i < nr; i++) {
		writable &= bit(above[i], 1);
		user &= bit(above[i], 2);
		xd |= bit(above[i], 63);
	}
	xd &= nxe;
	/* user-mode accesses: user-mode addresses only */
	if (user)
		p |= PW_PERM_USER_R | (writable ? PW_PERM_USER_W : 0) | (xd ? 0 : PW_PERM_USER_X);
	/* supervisor-mode accesses; data of user-mode addresses not under SMAP */
	if (!(user && smap))
		p |= PW_PERM_R | (writable || !wp ? PW_PERM_W : 0);
	if (!(user && smep) && !xd)
		p |= PW_PERM_X;
	return p;
}

static uint64_t plain(uint32_t level)
{
	return level ? 1ull << 7 | 1 : 1;
}

static uint64_t perm_bits(uint32_t level)
{
	(void)level;
	return 1ull << 1 | 1ull << 2 | 1ull << 63;
}

/* IA32_PAT: byte PAT:PCD:PWT. */
static uint32_t pat_type(uint64_t pat, uint32_t index)
{
	switch (pat >> 8 * index & 0xff) {
	case 0:
		return PW_MEM_DEVICE_nGnRnE; /* UC */
	case 1:
		return PW_MEM_NORMAL_NC; /* WC */
	case 4:
		return PW_MEM_NORMAL_WT;
	case 5:
		return PW_MEM_WP;
	case 6:
		return PW_MEM_NORMAL; /* WB */
	case 7:
		return PW_MEM_UC_MINUS;
	default:
		return PW_MEM_OTHER;
	}
}

static struct pw_attr attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	struct pw_attr a = { .perm = perm(r, entry, level, NULL, 0) };
	bool pat = level == 0 ? bit(entry, 7) : bit(entry, 12);
	bool enc_set = entry & r->enc_mask;

	a.flags |= bit(entry, 0) ? PW_ATTR_VALID : 0;
	a.flags |= bit(entry, 5) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 6) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 8) ? PW_ATTR_GLOBAL : 0;
	if (r->enc_mask && enc_set != r->shared_bit)
		a.flags |= PW_ATTR_ENCRYPTED;
	a.mem_index = (uint32_t)((uint64_t)pat << 2 | bits(entry, 4, 3));
	a.memtype = pat_type(r->mair, a.mem_index);
	a.soft = (uint32_t)(bits(entry, 11, 9) | bits(entry, 58, 52) << 3);
	a.key = (uint32_t)bits(entry, 62, 59);
	return a;
}

/*
 * Three bits and the control registers. Of what is asked for, the bits are: whose the page is, and
 * whether anybody may write or execute it; from there everybody's rights follow.
 */
static void hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	struct ref_regime r = { .caps = geo->caps };
	bool user = a->perm & PW_PERM_USER_R;
	uint64_t entry = user ? 1ull << 2 : 0;

	a->share = 0;
	for (uint64_t i = 0; i < 8; i++) /* what can be said is said */
		if (perm(&r, (i & 3) << 1 | (i >> 2) << 63, 0, NULL, 0) == a->perm)
			return;
	entry |= a->perm & (PW_PERM_W | PW_PERM_USER_W) ? 1ull << 1 : 0;
	entry |= a->perm & (PW_PERM_X | PW_PERM_USER_X) ? 0 : 1ull << 63;
	a->perm = perm(&r, entry, 0, NULL, 0);
}

static void show(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo, (void)a;
}

const struct ref_format ref_x86_64 = {
	.page_lg2 = 12,
	.index_lg2 = 9,
	.leaf_levels = 3,
	.pa_bits = 52,
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

/* EPT ---------------------------------------------------------------------------------------- */

/* 28.3.2: present when any of bits 2:0 is set, or bit 10 under mode-based execute control. */
static bool ept_present(const struct ref_regime *r, uint64_t entry)
{
	return bits(entry, 2, 0) || (r->caps & PW_CAP_MBE && bit(entry, 10));
}

/* 28.3.3.1: what is an EPT misconfiguration. */
static uint64_t ept_reserved(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	bool leaf = maps(entry, level), x = bit(entry, 2);
	uint64_t must_be_0 = 0, type = bits(entry, 5, 3);

	if (!ept_present(r, entry))
		return 0;
	if (r->caps & PW_CAP_MBE)
		x |= bit(entry, 10);
	for (unsigned int n = 12; n < 52; n++) {
		bool low = leaf && level < r->leaf_levels && 1ull << n < span(level);

		must_be_0 |= low || n >= r->pa_bits ? 1ull << n : 0;
	}
	if (level >= r->leaf_levels)
		must_be_0 |= 1ull << 7;
	if (!leaf)
		must_be_0 |= 0xfull << 3;
	else if (type == 2 || type == 3 || type == 7)
		must_be_0 |= 7ull << 3;
	if (bit(entry, 1) && !bit(entry, 0))
		must_be_0 |= 1ull << 1;
	if (x && !bit(entry, 0) && !(r->caps & PW_CAP_EXEC_ONLY))
		must_be_0 |= 1ull << 2 | 1ull << 10;
	return entry & must_be_0;
}

static uint32_t ept_kind(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	if (entry == 0)
		return PW_KIND_HOLE;
	if (!ept_present(r, entry))
		return PW_KIND_NONPRESENT;
	if (ept_reserved(r, entry, level))
		return PW_KIND_BAD;
	return maps(entry, level) ? PW_KIND_LEAF : PW_KIND_TABLE;
}

static uint32_t ept_perm(const struct ref_regime *r, uint64_t entry, uint32_t level,
			 const uint64_t *above, uint32_t nr)
{
	uint32_t p;

	(void)level;
	for (uint32_t i = 0; i < nr; i++)
		entry &= above[i] | ~0x407ull;
	p = (bit(entry, 0) ? PW_PERM_R : 0) | (bit(entry, 1) ? PW_PERM_W : 0) |
	    (bit(entry, 2) ? PW_PERM_X : 0);
	if (r->caps & PW_CAP_MBE && bit(entry, 10))
		p |= PW_PERM_USER_X;
	return p;
}

static uint64_t ept_plain(uint32_t level)
{
	return level ? 1ull << 7 : 0;
}

static uint64_t ept_perm_bits(uint32_t level)
{
	(void)level;
	return 7 | 1ull << 10;
}

static struct pw_attr ept_attr(const struct ref_regime *r, uint64_t entry, uint32_t level)
{
	struct pw_attr a = { .perm = ept_perm(r, entry, level, NULL, 0), .flags = PW_ATTR_VALID };

	a.flags |= bit(entry, 6) ? PW_ATTR_IGNORE_PAT : 0;
	a.flags |= bit(entry, 8) ? PW_ATTR_ACCESSED : 0;
	a.flags |= bit(entry, 9) ? PW_ATTR_DIRTY : 0;
	a.flags |= bit(entry, 63) ? PW_ATTR_SUPPRESS_VE : 0;
	a.mem_index = (uint32_t)bits(entry, 5, 3);
	a.memtype = a.mem_index == 7 ? PW_MEM_OTHER : pat_type(a.mem_index, 0);
	a.soft = (uint32_t)(bits(entry, 11, 11) | bits(entry, 56, 52) << 1 |
			    bits(entry, 59, 59) << 6 | bits(entry, 62, 62) << 7);
	return a;
}

static void ept_hold(const struct ref_geometry *geo, struct pw_attr *a)
{
	(void)geo;
	a->share = 0;
}

const struct ref_format ref_ept = {
	.page_lg2 = 12,
	.index_lg2 = 9,
	.leaf_levels = 3,
	.pa_bits = 52,
	.kind = ept_kind,
	.reserved = ept_reserved,
	.leaf_pa = leaf_pa,
	.table_pa = table_pa,
	.table = table,
	.attr = ept_attr,
	.perm = ept_perm,
	.plain = ept_plain,
	.perm_bits = ept_perm_bits,
	.hold = ept_hold,
	.show = show,
};
