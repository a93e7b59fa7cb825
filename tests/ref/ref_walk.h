/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A naive walker of arm64 stage 1 tables with the 4K granule, written from the descriptor formats
 * of the Arm ARM (DDI 0487, "VMSAv8-64 descriptor formats") alone. It shares nothing with the
 * library but the names of attributes, reads one entry at a time, and recurses.
 */
#ifndef PW_TESTS_REF_WALK_H
#define PW_TESTS_REF_WALK_H

#include "ref_map.h"

/* Memory as the walker sees it. */
struct ref_memory {
	const uint8_t *bytes;
	uint64_t base; /* physical address of bytes[0] */
	uint64_t size;
};

struct ref_regime {
	struct ref_memory memory;
	uint64_t root;
	uint32_t va_bits;
	uint64_t first; /* address of offset 0 */
	bool lpa2;
	bool one_privilege; /* EL2, EL3 */
	bool no_hierarchy;  /* TCR.HPD */
	bool wxn;
	uint64_t mair;
};

/* What an address leads to. */
struct ref_translation {
	uint32_t kind; /* enum pw_kind */
	int err;       /* as pw_translate() */
	uint64_t pa;
	uint64_t entry;
	uint64_t size;	/* what the last entry spans */
	uint32_t level; /* of the last entry, 0 leaf-most */
	uint32_t perm;	/* effective */
	uint32_t steps;
};

/* Levels of tables for an input address size. */
uint32_t ref_levels(uint32_t va_bits);

/* One address, as an offset. */
void ref_translate(const struct ref_regime *r, uint64_t at, struct ref_translation *t);

/* Kind of one entry. */
uint32_t ref_kind(bool lpa2, uint64_t entry, uint32_t level);

/* Output address and attributes of one leaf, present or not. */
uint64_t ref_entry_pa(bool lpa2, uint64_t entry, uint32_t level);
struct pw_attr ref_entry_attr(const struct ref_regime *r, uint64_t entry);

/*
 * Every leaf and every table below the root, in ascending order.
 * Return: false when a table is outside memory, an encoding is reserved, a contiguous group is not
 * whole, or a non-present entry is neither empty nor present-but-invalid.
 */
bool ref_collect(const struct ref_regime *r, struct ref_map *to);

#endif
