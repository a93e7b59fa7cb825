/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A naive walker: reads one entry at a time, and recurses. What an entry means it asks a reference
 * format, one for each format of the library and each in a file of its own, written from the manual
 * of its architecture alone. They share nothing with the library but the names of attributes.
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
	const struct ref_format *format;
	struct ref_memory memory;
	uint64_t root;
	uint32_t va_bits; /* of the whole input address: both halves of a signed one */
	uint32_t levels;
	uint64_t first;	 /* address of offset 0 */
	uint64_t last;	 /* the last address */
	uint32_t regime; /* enum pw_regime */
	uint32_t caps;	 /* PW_CAP_* */
	uint64_t mair;
	uint32_t pa_bits;
	uint32_t leaf_levels; /* leaves at levels 0 to leaf_levels - 1 */
	uint64_t enc_mask;
	bool shared_bit; /* enc_mask, when set, says shared */
};

/* One format as its manual has it. Levels are the library's: 0 is the leaf-most one. */
struct ref_format {
	uint32_t page_lg2;
	uint32_t index_lg2;
	uint32_t leaf_levels; /* the most */
	uint32_t pa_bits;     /* the most */
	uint32_t variant;     /* the file's own: which of a family */
	bool alike;	      /* all entries of a contiguous group are the same */
	uint32_t contig_lg2[PW_MAX_LEVELS];

	/* enum pw_kind */
	uint32_t (*kind)(const struct ref_regime *r, uint64_t entry, uint32_t level);
	/* bits that a valid entry must not have, and this one has */
	uint64_t (*reserved)(const struct ref_regime *r, uint64_t entry, uint32_t level);
	/* of the leaf in slot @index of its table; of a table; and an entry for a table */
	uint64_t (*leaf_pa)(const struct ref_regime *r, uint64_t entry, uint32_t level,
			    uint64_t index);
	uint64_t (*table_pa)(const struct ref_regime *r, uint64_t entry, uint32_t level);
	uint64_t (*table)(uint64_t pa, uint32_t level);
	/* what the bits of a leaf say, valid or not; what they hold is ref_changed()'s business */
	struct pw_attr (*attr)(const struct ref_regime *r, uint64_t entry, uint32_t level);
	/* effective PW_PERM_* below the tables above[0] (the root's entry) to above[nr - 1] */
	uint32_t (*perm)(const struct ref_regime *r, uint64_t entry, uint32_t level,
			 const uint64_t *above, uint32_t nr);
	/* a valid leaf without them, and the bits that decide its PW_PERM_* */
	uint64_t (*plain)(uint32_t level);
	uint64_t (*perm_bits)(uint32_t level);

	/* attributes asked for, as the bits hold them; and as they are to be seen */
	void (*hold)(const struct ref_geometry *geo, struct pw_attr *attr);
	void (*show)(const struct ref_geometry *geo, struct pw_attr *attr);
};

extern const struct ref_format ref_arm64_4k, ref_arm64_4k_lpa2;
extern const struct ref_format ref_arm64_16k, ref_arm64_16k_lpa2;
extern const struct ref_format ref_arm64_64k, ref_arm64_64k_lpa;
extern const struct ref_format ref_arm64_s2_4k, ref_arm64_s2_4k_lpa2;
extern const struct ref_format ref_arm64_s2_16k, ref_arm64_s2_16k_lpa2;
extern const struct ref_format ref_arm64_s2_64k, ref_arm64_s2_64k_lpa;
extern const struct ref_format ref_x86_64, ref_ept;
extern const struct ref_format ref_riscv64, ref_riscv64_g;
extern const struct ref_format ref_fake;

/* Bits [high:low] of @v, and one of them: for the files of the formats. */
static inline uint64_t ref_bits(uint64_t v, unsigned int high, unsigned int low)
{
	return v >> low & (~0ull >> (63 - (high - low)));
}

static inline bool ref_bit(uint64_t v, unsigned int n)
{
	return v >> n & 1;
}

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

/* One address, as an offset. */
void ref_translate(const struct ref_regime *r, uint64_t at, struct ref_translation *t);

/* Can a leaf of @level say exactly @perm, by any combination of the bits that decide it? Where an
   entry is no leaf for a combination, that says nothing. */
bool ref_can_say(const struct ref_regime *r, uint32_t level, uint32_t perm);

/*
 * Every leaf and every table below the root, in ascending order.
 * Return: false when a table is outside memory, an encoding is reserved, a contiguous group is not
 * whole, or a non-present entry is neither empty nor present-but-invalid.
 */
bool ref_collect(const struct ref_regime *r, struct ref_map *to);

#endif
