/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * How algorithms reach entries. Like a format, a kind of environment is a static const struct of
 * plain inline functions that is passed as a constant and folds away.
 *
 * Hooks are called through the out-of-line functions of env.c only: an instance's object holds no
 * indirect call at all, neither in a loop nor outside (a test looks).
 */
#ifndef PW_SRC_MEM_H
#define PW_SRC_MEM_H

#include <pagewalk/env.h>

#include "format/format.h"

struct pw_mem {
	const char *name;
	bool hooked;
	uint64_t (*load)(const struct pw_env *env, const uint64_t *slot);
	void (*store)(const struct pw_env *env, uint64_t *slot, uint64_t val);
	/* after every earlier store: links a filled table (rule A64-PUB-1) */
	void (*store_release)(const struct pw_env *env, uint64_t *slot, uint64_t val);
	bool (*cas)(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val);
	/* host address of a table, NULL when it is outside memory; the second for hot paths */
	uint64_t *(*table)(const struct pw_env *env, uint64_t pa, uint32_t len);
	uint64_t *(*table_inline)(const struct pw_env *env, uint64_t pa, uint32_t len);

	/* stretch.c, out of line: loops over @nr neighbouring slots; see stretch.h */
	uint64_t (*same)(const struct pw_env *env, const uint64_t *slot, uint64_t nr, uint64_t mask,
			 uint64_t pattern);
	uint64_t (*empty)(const struct pw_env *env, const uint64_t *slot, uint64_t nr);
	void (*zero)(const struct pw_env *env, uint64_t *slot, uint64_t nr);
	uint64_t (*flip)(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			 uint64_t pattern, uint64_t delta);
	uint64_t (*flip_cas)(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			     uint64_t pattern, uint64_t clear, uint64_t set);
};

/* stretch.c */
uint64_t pw_direct_same(const struct pw_env *env, const uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern);
uint64_t pw_direct_empty(const struct pw_env *env, const uint64_t *slot, uint64_t nr);
void pw_direct_zero(const struct pw_env *env, uint64_t *slot, uint64_t nr);
uint64_t pw_direct_flip(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern, uint64_t delta);
uint64_t pw_direct_flip_cas(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			    uint64_t pattern, uint64_t clear, uint64_t set);
uint64_t pw_hooked_same(const struct pw_env *env, const uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern);
uint64_t pw_hooked_empty(const struct pw_env *env, const uint64_t *slot, uint64_t nr);
void pw_hooked_zero(const struct pw_env *env, uint64_t *slot, uint64_t nr);
uint64_t pw_hooked_flip(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern, uint64_t delta);
uint64_t pw_hooked_flip_cas(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			    uint64_t pattern, uint64_t clear, uint64_t set);

/* env.c */
uint64_t pw_env_load(const struct pw_env *env, const uint64_t *slot);
void pw_env_store(const struct pw_env *env, uint64_t *slot, uint64_t val);
void pw_env_store_release(const struct pw_env *env, uint64_t *slot, uint64_t val);
/* a slot of a table that is not in the tree: by the hooks, where there are any */
uint64_t pw_env_read(const struct pw_env *env, const uint64_t *slot);
void pw_env_write(const struct pw_env *env, uint64_t *slot, uint64_t val);
bool pw_env_cas(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val);
/* likewise by the hooks, where there are any: a load that is ordered before every later access;
   a store with release order; a compare-and-swap, likewise */
uint64_t pw_env_acquire(const struct pw_env *env, const uint64_t *slot);
void pw_env_link(const struct pw_env *env, uint64_t *slot, uint64_t val);
bool pw_env_try(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val);
uint64_t *pw_env_table(const struct pw_env *env, uint64_t pa, uint32_t len);
uint64_t *pw_env_direct_table(const struct pw_env *env, uint64_t pa, uint32_t len);
uint64_t *pw_env_get_table(const struct pw_env *env, uint64_t *pa);
void pw_env_put_table(const struct pw_env *env, uint64_t pa, void *virt);
/* @nr slots were written: for walkers that are not coherent */
void pw_env_sync(const struct pw_env *env, const uint64_t *slot, uint64_t nr);
/* a precondition is broken; may return */
void pw_env_bug(const struct pw_env *env, enum pw_bug bug);

PW_INLINE uint64_t pw_direct_load(const struct pw_env *env, const uint64_t *slot)
{
	(void)env;
	return __atomic_load_n(slot, __ATOMIC_RELAXED);
}

PW_INLINE void pw_direct_store(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	(void)env;
	__atomic_store_n(slot, val, __ATOMIC_RELAXED);
}

PW_INLINE void pw_direct_store_release(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	(void)env;
	__atomic_store_n(slot, val, __ATOMIC_RELEASE);
}

PW_INLINE bool pw_direct_cas(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val)
{
	(void)env;
	return __atomic_compare_exchange_n(slot, old, val, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

PW_INLINE uint64_t *pw_direct_table(const struct pw_env *env, uint64_t pa, uint32_t len)
{
	if (env->mem_last.v && (pa < env->mem_first.v || pa + len - 1 > env->mem_last.v))
		return NULL;
	return (uint64_t *)(uintptr_t)(pa + env->phys_offset);
}

static const struct pw_mem pw_mem_direct = {
	.name = "direct",
	.hooked = false,
	.load = pw_direct_load,
	.store = pw_direct_store,
	.store_release = pw_direct_store_release,
	.cas = pw_direct_cas,
	.table = pw_env_direct_table,
	.table_inline = pw_direct_table,
	.same = pw_direct_same,
	.empty = pw_direct_empty,
	.zero = pw_direct_zero,
	.flip = pw_direct_flip,
	.flip_cas = pw_direct_flip_cas,
};

static const struct pw_mem pw_mem_hooked = {
	.name = "hooked",
	.hooked = true,
	.load = pw_env_load,
	.store = pw_env_store,
	.store_release = pw_env_store_release,
	.cas = pw_env_cas,
	.table = pw_env_table,
	.table_inline = pw_env_table,
	.same = pw_hooked_same,
	.empty = pw_hooked_empty,
	.zero = pw_hooked_zero,
	.flip = pw_hooked_flip,
	.flip_cas = pw_hooked_flip_cas,
};

#endif
