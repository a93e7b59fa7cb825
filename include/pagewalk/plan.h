/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A plan: the maintenance that a gather owes, as data.
 *
 * Three columns, carried out in this order:
 *
 *   publish    entries became valid and may not fault: their stores must be visible to the table
 *              walkers, and earlier "invalid" results dropped (arm64: dsb ishst; isb)
 *   before     what must be complete before the invalidation: stores only, or everything
 *              (arm64: dsb ishst for permission changes, dsb ish for unmap: an older load must
 *              not pass the invalidation of its page)
 *   ranges     translations that may be cached and are stale now; or everything of a regime
 *
 * After the ranges the executor waits for completion on every CPU and synchronises its own
 * context (arm64: dsb ish; isb). Only then are freed tables given back.
 *
 * A plan is a snapshot: it points into its gather and is good until the gather is used again.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_PLAN_H
#define PAGEWALK_PLAN_H

#include <pagewalk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Translation regimes; a plan's ranges are tagged with theirs. */
enum pw_regime {
	PW_REGIME_EL10 = 0, /* arm64 EL1&0, stage 1 */
	PW_REGIME_EL2,	    /* arm64 EL2 (E2H clear): one privilege */
	PW_REGIME_EL20,	    /* arm64 EL2&0 (VHE) */
	PW_REGIME_EL3,	    /* arm64 EL3: one privilege */
	PW_REGIME_STAGE2,   /* arm64 EL1&0, stage 2 */
	PW_REGIME_X86,	    /* x86-64, linear addresses */
	PW_REGIME_EPT,	    /* x86-64, guest-physical addresses */
	PW_REGIME_RISCV,    /* RISC-V supervisor, or VS-stage */
	PW_REGIME_RISCV_G,  /* RISC-V G-stage */
	PW_NR_REGIMES
};

/* struct pw_flush.flags */
#define PW_FLUSH_TABLES	  0x1u /* a table entry changed: cached table walks too, not only leaves */
#define PW_FLUSH_ANY_ASID 0x2u /* entries may be tagged with any ASID (or are global) */
#define PW_FLUSH_ALL	  0x4u /* everything of the tag at any address, but no global entry */

/* One range of stale translations. */
struct pw_flush {
	struct pw_va first; /* closed, page-aligned first byte */
	struct pw_va last;
	uint16_t asid;	     /* the tag; meaningless with PW_FLUSH_ANY_ASID */
	uint8_t regime;	     /* enum pw_regime */
	uint8_t flags;	     /* PW_FLUSH_* */
	uint8_t page_lg2;    /* every entry in the range maps at least this much, in bytes */
	uint8_t level;	     /* level of every entry (0 leaf-most), or PW_FLUSH_LEVELS */
	uint8_t granule_lg2; /* of the tables, in bytes; 0: not known, so no hints */
	uint8_t unit_lg2;    /* range operations count addresses in this unit (arm64 with
				TCR.DS: 16); 0: in granules */
};

#define PW_FLUSH_LEVELS 0xffu /* entries of several levels: no level hint */

/* What must be complete before the first invalidation. */
enum pw_before {
	PW_BEFORE_NOTHING = 0,
	PW_BEFORE_STORES, /* this CPU's earlier stores */
	PW_BEFORE_ALL,	  /* this CPU's earlier loads and stores */
};

struct pw_plan {
	uint32_t size;		       /* sizeof(struct pw_plan) */
	uint32_t publish;	       /* non-zero: the publish barrier is owed */
	uint32_t before;	       /* enum pw_before */
	uint32_t full;		       /* bit r set: everything of enum pw_regime r, all ASIDs */
	uint32_t nr_ranges;	       /* 0 when full covers it */
	uint32_t nr_freed;	       /* tables that wait for the invalidation; for information */
	const struct pw_flush *ranges; /* nr_ranges of them */
};

/* true when there is nothing to do */
static inline bool pw_plan_empty(const struct pw_plan *p)
{
	return !p->publish && !p->full && p->nr_ranges == 0;
}

#ifdef __cplusplus
}
#endif
#endif
