/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Shared mode in a test's words: offsets from the handle's first address, and the counts of tables
 * as an environment keeps them.
 */
#ifndef PW_TESTS_SHARED_ENV_H
#define PW_TESTS_SHARED_ENV_H

#include <string.h>

#include "../env/env.h"
#include "../harness/harness.h"

static struct world w;
static uint64_t users[WORLD_MAX_PAGES];

/* The count of each table, as an environment keeps it: in its page structures. */
static inline uint64_t *table_users(void *ctx, struct pw_pa pa)
{
	const struct world *world = ctx;

	return &users[(pa.v - world->base) / world->page_size];
}

static inline void count_tables(struct world *world)
{
	memset(users, 0, sizeof(users));
	world->env.table_users = table_users;
}

static inline int map(struct world *world, uint64_t at, uint64_t len, uint64_t pa, uint32_t flags,
		      struct pw_result *res)
{
	struct pw_attr attr = world_attr(world, PW_PERM_W);

	return pw_map_shared(&world->pt, pw_range_len(world->pt.first.v + at, len), pw_pa_of(pa),
			     &attr, flags, NULL, res);
}

static inline int map_exclusive(struct world *world, uint64_t at, uint64_t len, uint64_t pa)
{
	struct pw_attr attr = world_attr(world, PW_PERM_W);

	return pw_map(&world->pt, pw_range_len(world->pt.first.v + at, len), pw_pa_of(pa), &attr, 0,
		      NULL, NULL);
}

static inline int unmap(struct world *world, uint64_t at, uint64_t len, uint32_t flags,
			struct pw_result *res)
{
	return pw_unmap_shared(&world->pt, pw_range_len(world->pt.first.v + at, len), flags, NULL,
			       res);
}

static inline int protect(struct world *world, uint64_t at, uint64_t len, uint32_t flags,
			  struct pw_result *res)
{
	struct pw_change c = { .perm_clear = world->format->no_write };

	return pw_protect_shared(&world->pt, pw_range_len(world->pt.first.v + at, len), &c, flags,
				 NULL, res);
}

static inline bool open_arm64(uint32_t flags, uint32_t caps)
{
	struct world_options o = {
		.hooked = true, .reshape = true, .flags = flags, .va_bits = 39, .caps = caps
	};

	return world_open(&w, &world_formats[WORLD_ARM64], &o);
}

#endif
