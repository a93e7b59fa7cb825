/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Translation of one address, as the hardware would walk it.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_TRANSLATE_H
#define PAGEWALK_TRANSLATE_H

#include <pagewalk/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an entry is. */
enum pw_kind {
	PW_KIND_HOLE = 0,   /* empty: all zero */
	PW_KIND_LEAF,	    /* a valid page or block */
	PW_KIND_TABLE,	    /* points to a table of the next level down */
	PW_KIND_INVALID,    /* present-but-invalid leaf: keeps address and attributes */
	PW_KIND_NONPRESENT, /* invalid and not ours: swap entries and the like; opaque */
	PW_KIND_BAD,	    /* reserved encoding, or a table outside memory */
};

/* One step of the walk, from the root down. */
struct pw_step {
	struct pw_pa entry_pa; /* where the entry lies */
	uint64_t entry;	       /* what it holds */
	uint32_t level;
	uint32_t kind; /* enum pw_kind */
};

struct pw_translation {
	struct pw_pa pa;    /* of the address asked for (also when present-but-invalid) */
	uint64_t leaf_size; /* bytes that the last entry spans */
	uint64_t entry;	    /* the last entry read */
	uint32_t level;	    /* its level */
	uint32_t kind;	    /* enum pw_kind of it */
	uint32_t perm;	    /* PW_PERM_*: effective, table attributes and WXN applied */
	uint32_t nr_steps;  /* entries read, 1 to PW_MAX_LEVELS; 0: the root is out of reach */
	struct pw_step step[PW_MAX_LEVELS];
};

/*
 * pw_translate - where does an address lead, with which rights, through which entries?
 * @pt:  the handle
 * @va:  any byte address; a tag in the top byte must have been removed, unless the handle says
 *       PW_CAP_TBI (Arm ARM, "Address tagging": bit 55 then decides the half)
 * @t:   filled in as far as the walk came, also on errors but PW_ERANGE and PW_EINVAL
 *
 * Context:   lock-free: any number may run beside one writer; tables that a writer unlinks must
 *            outlive the call (see free_after_grace). Every entry is read once.
 * Hardware:  nothing is changed; stale TLB entries may say otherwise meanwhile.
 * Return:    0; PW_ENOENT not mapped (hole, non-present, present-but-invalid: see t->kind);
 *            PW_EINVAL non-canonical; PW_ERANGE not in the handle's half; PW_EFAULT the next
 *            table lies outside memory; PW_EDOM a reserved encoding.
 */
int pw_translate(const struct pw_table *pt, struct pw_va va, struct pw_translation *t)
	PW_MUST_CHECK;

/*
 * pw_translate_pa - the same, address only
 * @pa: set on success only
 *
 * Who knows the instance has a faster form of it: see pw_*_lookup() in format.h.
 *
 * Context, Return: as pw_translate().
 */
int pw_translate_pa(const struct pw_table *pt, struct pw_va va, struct pw_pa *pa) PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
