/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a world's tables hold: once as the library's iterator says, once as the naive walker
 * reads it from raw memory; and the comparison of both with a reference map.
 */
#ifndef PW_TESTS_OBSERVE_H
#define PW_TESTS_OBSERVE_H

#include "../env/env.h"
#include "ref_walk.h"

/* The sizes of a world's format. */
struct ref_geometry observe_geometry(const struct world *w);

/* The naive walker's view of a world. */
struct ref_regime observe_regime(const struct world *w);

/*
 * Leaves and tables as pw_iter_next() yields them. Runs must tile the address space, nest with
 * their tables, and be merged as far as they can be; failed expectations say where not.
 */
void observe_iterate(const struct world *w, struct ref_map *to);

/* The same as the naive walker sees it. */
void observe_walk(const struct world *w, struct ref_map *to);

/*
 * Iterator, walker and @want agree? @tables: on tables, too.
 * The tables that were seen are stored in @want.
 */
bool observe_check(const struct world *w, struct ref_map *want, bool tables);

/* pw_translate() and pw_translate_pa() of one offset against @want and the naive walker. */
bool observe_translate(const struct world *w, const struct ref_map *want, uint64_t at);

#endif
