/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 VMSAv8-64 stage 1 descriptors: the attributes. Type and address are arm64_addr.h's, and
 * arm64_s1_formats.h joins the two, a format for each granule and address size.
 *
 *   63     62:61    60       59        58:55  54   53   52    51   50
 *   NSTbl  APTable  XNTable  PXNTable  soft   UXN  PXN  Cont  DBM  GP
 *
 *   49:12            11  10  9:8  7:6  5   4:2   1:0
 *   output address   nG  AF  SH   AP   NS  Attr  type
 *
 * Sources: Arm ARM (DDI 0487), D8.3 "VMSAv8-64 descriptor formats", D8.4 "Stage 1 permissions".
 * With LPA2 output address bits [51:50] take the place of SH in bits [9:8], and shareability
 * comes from TCR. At EL3, bit 11 is NSE.
 *
 * With indirect permissions (S1PIE; TCR2.PIE, PW_CAP_PIE) bits 54, 53, 51 and 6 are an index into
 * PIR_ELx, which says what the privileged may do, and PIRE0_ELx, which says it of the user. Then
 * tables take nothing away, WXN means nothing, and bit 7 is the dirty state (nDirty) of whatever
 * may be written. Overlays (S1POE; PW_CAP_POE) add a key in bits [62:60], which takes further
 * rights away by a register that each thread has for itself: permissions here are those before.
 * Tables take nothing away then, either.
 *
 * Present-but-invalid is Linux's convention: bit 0 clear, bit 11 (nG) set, all else as in the
 * valid leaf. An invalid entry without bit 11 that is not zero is somebody's (a swap entry).
 */
#ifndef PW_FORMAT_ARM64_S1_H
#define PW_FORMAT_ARM64_S1_H

#include "arm64_addr.h"

#define PW_A64_ATTRINDX (7ull << 2)
#define PW_A64_NS	(1ull << 5)
#define PW_A64_AP_EL0	(1ull << 6) /* AP[1] */
#define PW_A64_AP_RO	(1ull << 7) /* AP[2] */
#define PW_A64_NG	(1ull << 11)
#define PW_A64_NSE	PW_A64_NG /* at EL3 */
#define PW_A64_POINDEX	60u	  /* 3 bits, with PW_CAP_POE */

/* One privilege (EL2, EL3): XN in bit 54, AP[1] and nG without meaning. */
PW_INLINE bool pw_a64_one_privilege(uint32_t regime)
{
	return regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;
}

PW_INLINE uint64_t pw_a64_kind_mask(const struct pw_table *pt, unsigned int level)
{
	(void)pt, (void)level;
	return PW_A64_TYPE | PW_A64_NG | PW_A64_AP_EL0;
}

/* Type and address. At EL3 the address space is one of four, by NS and NSE: a part of where an
   entry leads. */
PW_INLINE uint64_t pw_a64_fixed(const struct pw_table *pt, uint64_t addr)
{
	return PW_A64_TYPE | addr | (pt->regime == PW_REGIME_EL3 ? PW_A64_NSE : 0);
}

/* Are permissions indirect? */
PW_INLINE bool pw_a64_pie(const struct pw_table *pt)
{
	return pt->caps.flags & PW_CAP_PIE;
}

/* Is bit 7 of this leaf its dirty state, and no right? */
PW_INLINE bool pw_a64_dirty_state(const struct pw_table *pt, uint64_t e)
{
	return (e & PW_A64_DBM) || (pt->caps.flags & PW_CAP_PIE);
}

/* What hardware may write: the access flag, and AP[2] where it is the (clean) dirty state. */
PW_INLINE uint64_t pw_a64_merge(const struct pw_table *pt, uint64_t e, uint64_t other,
				unsigned int level)
{
	(void)level;
	e |= other & PW_A64_AF;
	return pw_a64_dirty_state(pt, e) ? e & (other | ~PW_A64_AP_RO) : e;
}

PW_INLINE uint64_t pw_a64_unused(const struct pw_table *pt, uint64_t e, uint32_t what,
				 unsigned int level)
{
	(void)level;
	if (what & PW_ATTR_ACCESSED)
		e &= ~PW_A64_AF;
	return (what & PW_ATTR_DIRTY) && pw_a64_dirty_state(pt, e) ? e | PW_A64_AP_RO : e;
}

/*
 * What tables take away, as bits 0 to 3: PXNTable (privileged execution), XNTable (the user's, or
 * the one privilege's), APTable[0] (all of EL0's access), APTable[1] (writing).
 */
PW_INLINE uint32_t pw_a64_inherit(const struct pw_table *pt, uint32_t acc, uint64_t e,
				  unsigned int level)
{
	(void)level;
	/* rules RJHSVW and IVWPGP: nor where permissions are by index or overlay */
	if (pt->caps.flags & (PW_CAP_HPD | PW_CAP_PIE | PW_CAP_POE))
		return 0;
	return acc | (uint32_t)(e >> 59 & 0xfu);
}

/* The index into PIR_ELx and PIRE0_ELx: bits 54, 53, 51 and 6. */
PW_INLINE uint32_t pw_a64_pi_index(uint64_t e)
{
	return (uint32_t)((e >> 51 & 0xcu) | (e >> 50 & 2u) | (e >> 6 & 1u));
}

/*
 * Arm ARM, D8.4.1.3 "Stage 1 Indirect permissions": what each 4-bit value of PIR_ELx and PIRE0_ELx
 * allows, X, W and R as bits 2 to 0. 8 and up are without overlay; 4, 11, 13 and 15 are reserved,
 * and allow nothing. Bit 3 marks what is more than that to rule RVFPJF: 6 is read and write, and
 * execute where an overlay takes write away; 9 is a guarded control stack, which ordinary accesses
 * may read.
 */
#define PW_A64_PI_PERMS 0x070305917b305410ull
#define PW_A64_PI_MORE	8u

PW_INLINE uint32_t pw_a64_pi_rights(uint64_t pir, uint32_t index)
{
	return PW_A64_PI_PERMS >> (pir >> 4u * index & 15u) * 4u & 15u;
}

/*
 * Direct permissions are the indirect ones of registers that nobody can write: UXN, PXN, AP[2] and
 * AP[1] are the index, and these the registers. Arm ARM, "Stage 1 permissions": privileged code may
 * always read; memory that EL0 may write is never privileged-executable.
 */
#define PW_A64_DIRECT_PRIV 0x88ccaace88ccaaceull
#define PW_A64_DIRECT_USER 0x80c080c0a2e2a2e2ull
#define PW_A64_DIRECT_ONE  0x88cc88ccaaeeaaeeull /* one privilege */

/*
 * DBM makes a read-only entry writable: hardware clears AP[2] at the first write (and where it does
 * not, an operating system does the same in its fault handler).
 */
PW_COLD uint32_t pw_a64_perm(const struct pw_table *pt, uint64_t e, unsigned int level,
			     uint32_t acc)
{
	bool one = pw_a64_one_privilege(pt->regime);
	uint32_t caps = pt->caps.flags, index = pw_a64_pi_index(e), priv, user = 0, perm;
	uint64_t pir = pt->pir, pire0 = pt->pire0;

	(void)level;
	if (!(caps & PW_CAP_PIE)) {
		/* an entry's upper half is where acc's bits come from, see inherit() */
		index = ((uint32_t)(e >> 53) | acc) << 2 & 0xcu;
		index |= (uint32_t)((e >> 7 & ~(e >> 51)) | acc >> 3) << 1 & 2u;
		index |= (uint32_t)(e >> 6) & ~(acc >> 2) & 1u;
		pir = one ? PW_A64_DIRECT_ONE : PW_A64_DIRECT_PRIV;
		pire0 = PW_A64_DIRECT_USER;
	}
	priv = pw_a64_pi_rights(pir, index);
	if (!one)
		user = pw_a64_pi_rights(pire0, index);
	/* rule RVFPJF: where the user may write and the privileged execute, neither may anything */
	if ((priv & (PW_PERM_X | PW_A64_PI_MORE)) && (user & (PW_PERM_W | PW_A64_PI_MORE)))
		return 0;
	perm = (priv & 7u) | (user & 7u) << 3;
	if ((caps & (PW_CAP_WXN | PW_CAP_PIE)) == PW_CAP_WXN)
		perm &= ~((perm & (PW_PERM_W | PW_PERM_USER_W)) << 1);
	return perm;
}

/*
 * A privileged mapping may not fault: Linux's rule for kernel entries, and ours. Which ones those
 * are, an index does not say at a glance.
 */
PW_INLINE bool pw_a64_publish(const struct pw_table *pt, uint64_t e, unsigned int level)
{
	(void)level;
	return (e & PW_A64_VALID) && (pw_a64_one_privilege(pt->regime) || !(e & PW_A64_AP_EL0) ||
				      (pt->caps.flags & PW_CAP_PIE));
}

/*
 * An invalid entry is never cached (rule IWZCBG); software bits are not part of a translation. An
 * access flag that is cleared by itself leaves none either that matters: entries that were cached
 * with it set go on being used, which an estimate of the use of memory can live with (as Linux's).
 */
PW_INLINE bool pw_a64_stale(const struct pw_table *pt, uint64_t old, uint64_t now,
			    unsigned int level)
{
	(void)pt, (void)level;
	return (old & PW_A64_VALID) && ((old ^ now) & ~(PW_A64_SOFT | (old & PW_A64_AF)));
}

/*
 * The cold part: neutral attributes at the API's edge.
 */

/*
 * Attributes that are one bit of a leaf: the flags, and the permissions of two privileges. Bit 11
 * is here twice: which of the two a regime has, pw_a64_flags() says. The last one, DBM, is part of
 * the index where permissions are indirect.
 */
static const struct pw_attr_bit pw_a64_flag_bits[] = {
	{ PW_ATTR_VALID, 0, 0 },       { PW_ATTR_NS, 5, 0 },   { PW_ATTR_ACCESSED, 10, 0 },
	{ PW_ATTR_GLOBAL, 11, 1 },     { PW_ATTR_NSE, 11, 0 }, { PW_ATTR_GUARDED, 50, 0 },
	{ PW_ATTR_CONTIGUOUS, 52, 0 }, { PW_ATTR_DBM, 51, 0 },
};
#define PW_A64_FLAG_BITS(pt) pw_a64_flag_bits, (pw_a64_pie(pt) ? 7u : 8u)
static const struct pw_attr_bit pw_a64_perm_bits[] = {
	{ PW_PERM_USER_R, 6, 0 },
	{ PW_PERM_W, 7, 1 },
	{ PW_PERM_X, 53, 1 },
	{ PW_PERM_USER_X, 54, 1 },
};

/* Flags that a leaf of this level can have; groups are where the granule's contig_mask() says. */
PW_COLD uint32_t pw_a64_flags(const struct pw_table *pt, unsigned int level)
{
	uint32_t flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY |
			 PW_ATTR_DBM | PW_ATTR_GUARDED | PW_ATTR_NS;

	if (level < (pt->granule_lg2 == 12u ? 3u : 2u))
		flags |= PW_ATTR_CONTIGUOUS;
	if (pt->regime == PW_REGIME_EL3)
		flags |= PW_ATTR_NSE;
	return flags;
}

/* The MAIR bytes that have a name; Arm ARM, MAIR_EL1. Of the names, these are arm64's. */
static const uint8_t pw_a64_mair_of[] = {
	[PW_MEM_NORMAL] = 0xff,	     [PW_MEM_NORMAL_TAGGED] = 0xf0, [PW_MEM_NORMAL_NC] = 0x44,
	[PW_MEM_NORMAL_WT] = 0xbb,   [PW_MEM_DEVICE_nGnRnE] = 0x00, [PW_MEM_DEVICE_nGnRE] = 0x04,
	[PW_MEM_DEVICE_nGRE] = 0x08, [PW_MEM_DEVICE_GRE] = 0x0c,
};
#define PW_A64_NR_MEMTYPES (PW_MEM_DEVICE_GRE + 1u)
_Static_assert(sizeof(pw_a64_mair_of) == PW_A64_NR_MEMTYPES, "a byte for each name");

PW_COLD uint32_t pw_a64_memtype(uint64_t mair, uint32_t index)
{
	uint32_t type;

	for (type = PW_MEM_NORMAL; type < PW_A64_NR_MEMTYPES; type++) {
		if (pw_a64_mair_of[type] == (mair >> (8u * index) & 0xffu))
			return type;
	}
	return PW_MEM_OTHER;
}

/* The index of a memory type, or an error. */
PW_INLINE int pw_a64_mem_index(const struct pw_table *pt, const struct pw_attr *attr)
{
	uint32_t i = attr->mem_index;

	if (attr->memtype >= PW_MEM_OTHER || (attr->memtype == PW_MEM_INDEX && i > 7u))
		return PW_EINVAL;
	if (attr->memtype >= PW_A64_NR_MEMTYPES)
		return PW_EOPNOTSUPP;
	if (attr->memtype != PW_MEM_INDEX) {
		for (i = 0; pw_a64_memtype(pt->mair, i) != attr->memtype; i++)
			if (i == 7u)
				return PW_EOPNOTSUPP;
	}
	return (int)i;
}

/*
 * One mask each: what to clear and what to set so that permissions change as asked. AP[1] with
 * AP[2] clear gives EL0 both rights: what happens to writing must be said as well.
 */
PW_INLINE int pw_a64_change_perm(const struct pw_table *pt, uint32_t clear, uint32_t set,
				 uint64_t *c, uint64_t *s)
{
	clear &= ~set;
	if ((clear & PW_PERM_R) ||
	    ((set & PW_PERM_USER_W) && (~set & (PW_PERM_W | PW_PERM_USER_R))) ||
	    ((set & PW_PERM_USER_R) && !(set & PW_PERM_USER_W) && !(clear & PW_PERM_W)) ||
	    ((clear & PW_PERM_USER_W) && !(clear & (PW_PERM_USER_R | PW_PERM_W))))
		return PW_EOPNOTSUPP;
	if (pw_a64_one_privilege(pt->regime)) {
		if ((clear | set) & (PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X))
			return PW_EOPNOTSUPP;
		/* the one XN is where user's is */
		clear = (clear & PW_PERM_W) | (clear & PW_PERM_X) << 3;
		set = (set & PW_PERM_W) | (set & PW_PERM_X) << 3;
	}
	if (clear & PW_PERM_W)
		*c |= PW_A64_DBM;
	pw_attr_bits_change(pw_a64_perm_bits, 4, clear, set, c, s);
	return 0;
}

/*
 * Four bits say what is allowed, so there are 16 entries to try: AP[2:1], PXN and UXN, or an index.
 * Where several allow the same, the first is the index that was asked for, or execute-never wins;
 * with one privilege AP[1] is RES1 and PXN RES0.
 */
PW_COLD int pw_a64_encode_perm(const struct pw_table *pt, const struct pw_attr *attr, uint64_t *raw)
{
	uint32_t first = pw_a64_one_privilege(pt->regime) ? 9u : 12u, up = 6, n;

	if (pw_a64_pie(pt)) {
		first = attr->perm_index;
		up = 50;
	}
	for (n = 0; n < 16u; n++) {
		uint64_t i = n ^ first, e = (i & 0xcu) << 51 | (i & 2u) << up | (i & 1u) << 6;

		if (pw_a64_perm(pt, e, 0, 0) == attr->perm) {
			*raw |= e;
			return 0;
		}
	}
	return PW_EOPNOTSUPP;
}

/* A leaf's bits but for its address; the shareability only where @share, its SH field, is. */
PW_COLD int pw_a64_encode_leaf(const struct pw_table *pt, const struct pw_attr *attr,
			       unsigned int level, uint32_t share, uint64_t *raw)
{
	uint32_t flags = attr->flags, alien;
	uint64_t clear = 0;
	int err, index;

	if ((attr->perm & ~PW_PERM_ALL) || (flags & ~PW_ATTR_ALL) || attr->soft > 15u ||
	    attr->share > 3u || attr->share == 1u)
		return PW_EINVAL;
	alien = flags & ~pw_a64_flags(pt, level);
	if (level >= pt->leaf_levels || alien == PW_ATTR_CONTIGUOUS)
		return PW_ERANGE;
	/* DBM means writable; what is not valid has no room for NSE */
	if (alien || attr->key > (pt->caps.flags & PW_CAP_POE ? 7u : 0) ||
	    attr->perm_index > (pw_a64_pie(pt) ? 15u : 0) ||
	    ((flags & PW_ATTR_DBM) && !(attr->perm & (PW_PERM_W | PW_PERM_USER_W))) ||
	    (flags & (PW_ATTR_NSE | PW_ATTR_VALID)) == PW_ATTR_NSE)
		return PW_EOPNOTSUPP;
	index = pw_a64_mem_index(pt, attr);
	if (index < 0)
		return index;
	*raw = (uint64_t)attr->soft << 55 | (uint64_t)share << 8 | (uint64_t)index << 2 |
	       (uint64_t)attr->key << PW_A64_POINDEX | pw_a64_leaf_type(level);
	err = pw_a64_encode_perm(pt, attr, raw);
	if (pw_a64_one_privilege(pt->regime))
		flags |= PW_ATTR_GLOBAL;
	pw_attr_bits_change(PW_A64_FLAG_BITS(pt), ~flags, flags, &clear, raw);
	if (!(flags & PW_ATTR_VALID))
		*raw = (*raw & ~PW_A64_VALID) | PW_A64_NG;
	if ((flags & PW_ATTR_DBM) && !(flags & PW_ATTR_DIRTY))
		*raw |= PW_A64_AP_RO; /* writable, clean */
	return err;
}

PW_INLINE int pw_a64_encode(const struct pw_table *pt, const struct pw_attr *attr,
			    unsigned int level, uint64_t *raw)
{
	return pw_a64_encode_leaf(pt, attr, level, attr->share, raw);
}

PW_INLINE int pw_a64_lpa2_encode(const struct pw_table *pt, const struct pw_attr *attr,
				 unsigned int level, uint64_t *raw)
{
	return pw_a64_encode_leaf(pt, attr, level, 0, raw);
}

PW_COLD void pw_a64_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				struct pw_attr *attr)
{
	uint32_t flags = pw_attr_bits_read(PW_A64_FLAG_BITS(pt), raw) & pw_a64_flags(pt, level);

	if (!(flags & PW_ATTR_VALID))
		flags &= ~PW_ATTR_NSE;
	if (pw_a64_one_privilege(pt->regime))
		flags |= PW_ATTR_GLOBAL;
	attr->perm = pw_a64_perm(pt, raw, level, 0);
	attr->key = pt->caps.flags & PW_CAP_POE ? (uint32_t)(raw >> PW_A64_POINDEX) & 7u : 0;
	attr->perm_index = 0;
	if (pw_a64_pie(pt)) {
		attr->perm_index = pw_a64_pi_index(raw);
		if (attr->perm & (PW_PERM_W | PW_PERM_USER_W))
			flags |= PW_ATTR_DBM;
	}
	if ((flags & PW_ATTR_DBM) && !(raw & PW_A64_AP_RO))
		flags |= PW_ATTR_DIRTY;
	attr->flags = flags;
	attr->mem_index = (uint32_t)(raw >> 2) & 7u;
	attr->memtype = pw_a64_memtype(pt->mair, attr->mem_index);
	attr->share = (uint32_t)(raw >> 8) & 3u;
	attr->soft = (uint32_t)(raw >> 55) & 15u;
}

PW_INLINE void pw_a64_lpa2_decode_leaf(const struct pw_table *pt, uint64_t raw, unsigned int level,
				       struct pw_attr *attr)
{
	pw_a64_decode_leaf(pt, raw, level, attr);
	attr->share = 0; /* in TCR */
}

/*
 * Validity and globality share bit 11: making a leaf invalid sets it, and making it valid leaves
 * it set (non-global) unless the change also sets PW_ATTR_GLOBAL. Where a change clears it without
 * making the leaf valid, it depends on the leaf: only a valid one stays one. With one privilege
 * making it valid clears it. At EL3 that is NSE, which a change can set or clear only together with
 * making the leaf valid; and not set while a CPU may be walking, for that is another address space
 * under a live leaf, and how() cannot tell it from non-global.
 */
PW_COLD int pw_a64_change(const struct pw_table *pt, const struct pw_change *change,
			  unsigned int level, uint64_t *clear, uint64_t *set)
{
	uint32_t on = change->flags_set, off = change->flags_clear & ~on, both = on | off;
	bool one = pw_a64_one_privilege(pt->regime), unmarks;
	int err;

	*clear = 0;
	*set = 0;
	/* a group's business; a permission unless DBM is set; not there; what invalid means */
	if ((both & (PW_ATTR_CONTIGUOUS | PW_ATTR_DIRTY | ~pw_a64_flags(pt, level))) ||
	    (one && (off & PW_ATTR_GLOBAL)) || ((off & PW_ATTR_VALID) && (on & PW_ATTR_GLOBAL)) ||
	    ((both & PW_ATTR_NSE) && !(on & PW_ATTR_VALID)) ||
	    ((on & PW_ATTR_NSE) && (pt->flags & PW_TABLE_LIVE)) ||
	    /* how a bit of an index has to change depends on what the others are */
	    (pw_a64_pie(pt) && ((both & PW_ATTR_DBM) | change->perm_clear | change->perm_set)))
		return PW_EOPNOTSUPP;
	if (one)
		on = on & PW_ATTR_VALID ? on | PW_ATTR_GLOBAL : on & ~PW_ATTR_GLOBAL;
	pw_attr_bits_change(PW_A64_FLAG_BITS(pt), off, on, clear, set);
	if (off & PW_ATTR_VALID)
		*set |= PW_A64_NG;
	unmarks = !(on & PW_ATTR_VALID) && !(change->raw_set & PW_A64_NG) &&
		  (((*clear & ~*set) | change->raw_clear) & PW_A64_NG);
	err = pw_a64_change_perm(pt, change->perm_clear, change->perm_set, clear, set);
	return err ? err : unmarks;
}

#endif
