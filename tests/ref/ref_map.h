/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The reference: what a set of page tables maps, as a sorted list of leaves, changed by the
 * plainest code that can be right. It knows no tables' memory, only sizes; and of entries what a
 * reference format says of attributes that share a bit.
 *
 * Addresses are offsets from the first address of the handle, so that nothing wraps.
 */
#ifndef PW_TESTS_REF_MAP_H
#define PW_TESTS_REF_MAP_H

#include <pagewalk/pagewalk.h>

#define REF_MAX_LEAVES 131072u
#define REF_MAX_TABLES 1024u

struct ref_format; /* see ref_walk.h */

/* What is particular to a format, given by the tests. */
struct ref_geometry {
	const struct ref_format *format;
	uint32_t page_lg2;
	uint32_t index_lg2;
	uint32_t levels;
	uint32_t top_leaf; /* the highest level that can have leaves */
	uint32_t contig_lg2[PW_MAX_LEVELS];
	uint32_t regime; /* enum pw_regime */
	uint32_t caps;	 /* PW_CAP_* */
	bool live;
};

struct ref_leaf {
	uint64_t at; /* offset */
	uint64_t pa;
	uint32_t level;
	struct pw_attr attr; /* mem_index and memtype as decoded; CONTIGUOUS included */
};

struct ref_table {
	uint64_t at;
	uint32_t level; /* of its entries */
};

/* A list of leaves in ascending order, and of the tables below the root. */
struct ref_map {
	struct ref_geometry geo;
	uint32_t nr;
	uint32_t nr_tables;
	struct ref_leaf leaf[REF_MAX_LEAVES];
	struct ref_table table[REF_MAX_TABLES];
};

/* What a change is expected to do. */
struct ref_result {
	uint32_t errors; /* bit -e set: error e applies; 0: success */
	uint64_t changed;
	uint64_t holes;
	uint64_t nr_entries;
};

#define REF_ERROR(e) (1u << -(e)) /* errors from -1 to -31 */

void ref_map_init(struct ref_map *m, const struct ref_geometry *geo);
void ref_map_copy(struct ref_map *to, const struct ref_map *from);

uint64_t ref_leaf_size(const struct ref_geometry *geo, uint32_t level);

/* Append; the caller goes in ascending order. */
void ref_add_leaf(struct ref_map *m, const struct ref_leaf *leaf);
void ref_add_table(struct ref_map *m, uint64_t at, uint32_t level);

/* The leaf that covers @at, or NULL. */
const struct ref_leaf *ref_find(const struct ref_map *m, uint64_t at);

/*
 * Changes, on closed ranges of whole pages. When an error applies nothing is changed. @next may be
 * the map itself. PW_ATTR_CONTIGUOUS is set in new leaves where the group lies in the range, is
 * empty before, and PW_CONTIGUOUS is given.
 */
void ref_do_map(struct ref_map *m, uint64_t first, uint64_t last, uint64_t pa,
		const struct pw_attr *attr, uint32_t flags, struct ref_result *res);
void ref_do_unmap(struct ref_map *m, uint64_t first, uint64_t last, uint32_t flags,
		  struct ref_result *res);
void ref_do_protect(struct ref_map *m, uint64_t first, uint64_t last,
		    const struct pw_change *change, uint32_t flags, struct ref_result *res);

/*
 * Attributes as the bits of a leaf hold them, when these were asked for; and after a change. arm64
 * has an execute bit for EL1 that does nothing while EL0 can write: ref_visible() is what remains
 * of them to see.
 */
struct pw_attr ref_held(const struct ref_geometry *geo, const struct pw_attr *attr);
struct pw_attr ref_changed(const struct ref_geometry *geo, const struct pw_attr *attr,
			   const struct pw_change *change);

struct pw_attr ref_visible(const struct ref_geometry *geo, const struct pw_attr *attr);

/* Equal leaves, as far as visible? On a difference, its index in *@where. Tables likewise. */
bool ref_same_leaves(const struct ref_map *a, const struct ref_map *b, uint32_t *where);
bool ref_same_tables(const struct ref_map *a, const struct ref_map *b, uint32_t *where);

#endif
