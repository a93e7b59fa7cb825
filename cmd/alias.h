/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Memory that is mapped at more than one address, in ways that do not go together.
 */
#ifndef PAGEWALK_CMD_ALIAS_H
#define PAGEWALK_CMD_ALIAS_H

#include "cmd.h"

/* Leaves of one kind that lead from @va on to @pa to @last_pa (included). */
struct mapping {
	const struct half *h;
	uint64_t pa, last_pa;
	uint64_t va;
	uint64_t entry; /* the first one's */
	uint32_t perm;
	uint16_t level;
};

struct aliases {
	struct mapping *list;
	size_t nr, room;
	bool lost; /* no memory: nothing is known */
};

void aliases_add(struct aliases *a, const struct half *h, const struct pw_run *run);
void aliases_free(struct aliases *a);

struct alias_rule {
	uint32_t (*sides)(const struct mapping *m); /* bits; 0: it does not matter */
	uint32_t (*against)(uint32_t sides);	    /* the sides that conflict with these */
	uint32_t first;				    /* sides that are told first */
};

extern const struct alias_rule alias_wx, alias_types;

/* @a and @b both lead to @pa to @last_pa (included), and may not. */
typedef void alias_fn(void *ctx, const struct mapping *a, const struct mapping *b, uint64_t pa,
		      uint64_t last_pa);

/* Every stretch of memory that conflicts, once, ascending; sorts the list. */
void aliases_find(struct aliases *a, const struct alias_rule *rule, alias_fn *found, void *ctx);

/* Of @m the part that leads to @pa to @last_pa. */
struct pw_run mapping_run(const struct mapping *m, uint64_t pa, uint64_t last_pa);

#endif
