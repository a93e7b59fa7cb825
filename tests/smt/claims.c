/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Claims about a format, each a function that must return 1 whatever its arguments are. This file
 * is compiled for one format and one level, together with the format's header and its reference:
 * not a model of them, the code itself. clang folds a claim into code without calls, loops and
 * memory; ll2smt.py turns that into bit-vector logic, and a solver looks for arguments that break
 * it. Entries are all 2^64, capabilities all 2^32, MAIR or PAT any.
 *
 *   CLAIM_HEADER, CLAIM_FORMAT   the format's header and its struct pw_fmt
 *   CLAIM_SOURCE, CLAIM_REF      the reference's file and its struct ref_format
 *   CLAIM_LEVEL, CLAIM_REGIME    what is looked at
 *   CLAIM_LEAF_LEVELS            levels that can have leaves
 *   CLAIM_SHARE                  1: the entry holds the shareability
 */
#include "../../src/format/format.h"

/* All is to be one function. */
#undef PW_SMALL
#define PW_SMALL inline __attribute__((always_inline))
#undef PW_COLD
#define PW_COLD PW_INLINE

#include "../../src/attr.c"
/* smt.sh: the includes of CLAIM_HEADER and CLAIM_SOURCE stand here. */

#define LEVEL	CLAIM_LEVEL
#define SHIFT	(CLAIM_FORMAT.geo->granule_lg2 + CLAIM_LEVEL * CLAIM_FORMAT.geo->index_lg2)
#define ALIGNED (~0ull << SHIFT)
#define PAGES	(~0ull << CLAIM_FORMAT.geo->granule_lg2)
#define PA_MAX	((1ull << CLAIM_FORMAT.geo->pa_bits) - 1u)

static inline __attribute__((always_inline)) struct pw_table handle(uint64_t caps, uint64_t mair)
{
	struct pw_table pt = {
		.levels = CLAIM_FORMAT.geo->max_levels,
		.granule_lg2 = CLAIM_FORMAT.geo->granule_lg2,
		.index_lg2 = CLAIM_FORMAT.geo->index_lg2,
		.leaf_levels = CLAIM_FORMAT.geo->leaf_levels,
		.pa_max = PA_MAX,
		.regime = CLAIM_REGIME,
		.mair = mair,
		.caps = { .flags = (uint32_t)caps },
	};

	return pt;
}

static inline __attribute__((always_inline)) struct ref_regime regime(uint64_t caps, uint64_t mair)
{
	struct ref_regime r = {
		.format = &CLAIM_REF,
		.levels = CLAIM_FORMAT.geo->max_levels,
		.leaf_levels = CLAIM_FORMAT.geo->leaf_levels,
		.pa_bits = CLAIM_FORMAT.geo->pa_bits,
		.regime = CLAIM_REGIME,
		.mair = mair,
		.caps = (uint32_t)caps,
	};

	return r;
}

static inline __attribute__((always_inline)) struct ref_geometry geometry(uint64_t caps)
{
	struct ref_geometry g = { .format = &CLAIM_REF,
				  .regime = CLAIM_REGIME,
				  .caps = (uint32_t)caps };

	return g;
}

static inline __attribute__((always_inline)) bool is_leaf(uint32_t kind)
{
	return kind == PW_KIND_LEAF || kind == PW_KIND_INVALID;
}

/* Capabilities that change what rights are are the reference's to know, too; arm64's PIE is not. */
static inline __attribute__((always_inline)) uint64_t known(uint64_t caps)
{
	return caps & ~(uint64_t)(PW_CAP_PIE | PW_CAP_POE | PW_CAP_WXN);
}

/* What an entry is: the library and the reference agree on every one. */
bool claim_kinds(uint64_t e, uint64_t caps);
bool claim_kinds(uint64_t e, uint64_t caps)
{
	struct ref_regime r = regime(known(caps), 0);
	struct pw_table pt = handle(known(caps), 0);
	uint32_t kind = CLAIM_FORMAT.kind(&pt, e, LEVEL);

	return kind == CLAIM_REF.kind(&r, e, LEVEL) && (kind == PW_KIND_HOLE) == (e == 0);
}

/* A reserved bit is reported exactly where the reference has one. */
bool claim_reserved(uint64_t e, uint64_t caps);
bool claim_reserved(uint64_t e, uint64_t caps)
{
	struct ref_regime r = regime(known(caps), 0);
	struct pw_table pt = handle(known(caps), 0);
	uint32_t kind = CLAIM_FORMAT.kind(&pt, e, LEVEL);
	uint64_t bad = CLAIM_FORMAT.reserved(&pt, e, kind, LEVEL);

	return !bad == !CLAIM_REF.reserved(&r, e, LEVEL);
}

#if CLAIM_LEVEL < CLAIM_LEAF_LEVELS
/* Attributes and output address of every leaf, in every slot. */
bool claim_leaves(uint64_t e, uint64_t caps, uint64_t mair, uint64_t index);
bool claim_leaves(uint64_t e, uint64_t caps, uint64_t mair, uint64_t index)
{
	struct ref_regime r = regime(known(caps), mair);
	struct ref_geometry g = geometry(known(caps));
	struct pw_table pt = handle(known(caps), mair);
	struct pw_attr got, want;

	index &= 511;
	if (!is_leaf(CLAIM_FORMAT.kind(&pt, e, LEVEL)))
		return true;
	CLAIM_FORMAT.decode_leaf(&pt, e, LEVEL, &got);
	want = CLAIM_REF.attr(&r, e, LEVEL);
	CLAIM_REF.show(&g, &want);
	return got.perm == want.perm && got.flags == want.flags && got.memtype == want.memtype &&
	       got.mem_index == want.mem_index && got.share == want.share &&
	       got.soft == want.soft && got.key == want.key && got.perm_index == 0 &&
	       CLAIM_FORMAT.leaf_pa(&pt, pw_flat(&CLAIM_FORMAT, e, index, LEVEL), LEVEL) ==
		       CLAIM_REF.leaf_pa(&r, e, LEVEL, index);
}

/* Rights below a table with any entry. */
bool claim_rights(uint64_t e, uint64_t table, uint64_t caps);
bool claim_rights(uint64_t e, uint64_t table, uint64_t caps)
{
	struct ref_regime r = regime(caps & ~(uint64_t)(PW_CAP_PIE | PW_CAP_POE), 0);
	struct pw_table pt = handle(r.caps, 0);
	uint32_t acc = CLAIM_FORMAT.inherit(&pt, 0, table, LEVEL + 1u);

	return CLAIM_FORMAT.kind(&pt, table, LEVEL + 1u) != PW_KIND_TABLE ||
	       CLAIM_FORMAT.kind(&pt, e, LEVEL) != PW_KIND_LEAF ||
	       CLAIM_FORMAT.perm(&pt, e, LEVEL, acc) == CLAIM_REF.perm(&r, e, LEVEL, &table, 1);
}

/* What encode() takes, decode() gives back; and the entry is well formed, at any address. */
bool claim_encode(uint64_t attrs, uint64_t soft_key, uint64_t index_share, uint64_t pa,
		  uint64_t caps, uint64_t mair);
bool claim_encode(uint64_t attrs, uint64_t soft_key, uint64_t index_share, uint64_t pa,
		  uint64_t caps, uint64_t mair)
{
	struct ref_geometry g = geometry(known(caps));
	struct pw_table pt = handle(known(caps), mair);
	struct pw_attr want = {
		.perm = (uint32_t)attrs,
		.flags = (uint32_t)(attrs >> 32),
		.mem_index = (uint32_t)index_share,
		.share = (uint32_t)(index_share >> 32),
		.soft = (uint32_t)soft_key,
		.key = (uint32_t)(soft_key >> 32),
	};
	struct pw_attr got;
	uint64_t raw = 0;
	uint32_t share = CLAIM_SHARE ? want.share : 0, kind;

	pa &= PA_MAX & ALIGNED;
	if (CLAIM_FORMAT.encode(&pt, &want, LEVEL, &raw))
		return true;
	kind = want.flags & PW_ATTR_VALID ? PW_KIND_LEAF : PW_KIND_INVALID;
	CLAIM_REF.hold(&g, &want);
	CLAIM_REF.show(&g, &want);
	if (want.flags & PW_ATTR_CONTIGUOUS && CLAIM_REF.alike)
		pa &= ~0ull << (SHIFT + 4u);
	raw = CLAIM_FORMAT.make_leaf(raw, pa, LEVEL);
	if (CLAIM_FORMAT.kind(&pt, raw, LEVEL) != kind ||
	    CLAIM_FORMAT.reserved(&pt, raw, kind, LEVEL))
		return false;
	CLAIM_FORMAT.decode_leaf(&pt, raw, LEVEL, &got);
	return got.perm == want.perm && got.flags == want.flags &&
	       got.mem_index == want.mem_index && got.soft == want.soft && got.key == want.key &&
	       got.share == share &&
	       CLAIM_FORMAT.leaf_pa(&pt, pw_flat(&CLAIM_FORMAT, raw, 0, LEVEL), LEVEL) == pa;
}

/* The leaf behind a leaf: one leaf size further, else the same. */
bool claim_next(uint64_t e, uint64_t caps);
bool claim_next(uint64_t e, uint64_t caps)
{
	struct pw_table pt = handle(known(caps), 0);
	struct pw_attr x, y;
	uint64_t pa, next;

	if (CLAIM_FORMAT.kind(&pt, e, LEVEL) != PW_KIND_LEAF ||
	    CLAIM_FORMAT.reserved(&pt, e, PW_KIND_LEAF, LEVEL) ||
	    (CLAIM_REF.alike && e & CLAIM_FORMAT.contig_mask(LEVEL)))
		return true;
	pa = CLAIM_FORMAT.leaf_pa(&pt, e, LEVEL);
	if (PA_MAX - pa < (2ull << SHIFT) - 1u)
		return true;
	next = CLAIM_FORMAT.next_leaf(e, LEVEL);
	CLAIM_FORMAT.decode_leaf(&pt, e, LEVEL, &x);
	CLAIM_FORMAT.decode_leaf(&pt, next, LEVEL, &y);
	return CLAIM_FORMAT.kind(&pt, next, LEVEL) == PW_KIND_LEAF &&
	       CLAIM_FORMAT.leaf_pa(&pt, next, LEVEL) == pa + (1ull << SHIFT) && x.perm == y.perm &&
	       x.flags == y.flags && x.mem_index == y.mem_index && x.soft == y.soft &&
	       x.key == y.key && x.share == y.share;
}
#endif

#if CLAIM_LEVEL > 0
/* Tables: the reference finds them where the library put them, and reads any as the library. */
bool claim_tables(uint64_t e, uint64_t pa, uint64_t caps);
bool claim_tables(uint64_t e, uint64_t pa, uint64_t caps)
{
	struct ref_regime r = regime(known(caps), 0);
	struct pw_table pt = handle(known(caps), 0);
	uint64_t made;

	pa &= PA_MAX & PAGES;
	made = CLAIM_FORMAT.make_table(&pt, pa, LEVEL);
	if (CLAIM_REF.kind(&r, made, LEVEL) != PW_KIND_TABLE ||
	    CLAIM_REF.reserved(&r, made, LEVEL) || CLAIM_REF.table_pa(&r, made, LEVEL) != pa)
		return false;
	return CLAIM_FORMAT.kind(&pt, e, LEVEL) != PW_KIND_TABLE ||
	       CLAIM_FORMAT.table_pa(&pt, e, LEVEL) == CLAIM_REF.table_pa(&r, e, LEVEL);
}
#endif
