/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The environment's hooks, called from here and nowhere else.
 */
#include "mem.h"

uint64_t pw_env_load(const struct pw_env *env, const uint64_t *slot)
{
	return env->load(env->ctx, slot);
}

void pw_env_store(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	env->store(env->ctx, slot, val, PW_RELAXED);
}

void pw_env_store_release(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	env->store(env->ctx, slot, val, PW_RELEASE);
}

bool pw_env_cas(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val)
{
	return env->cas(env->ctx, slot, old, val);
}

/* Atomic either way: a reader without a lock may still be on its way into the table. */
PW_SMALL uint64_t pw_env_read(const struct pw_env *env, const uint64_t *slot)
{
	return env->load ? env->load(env->ctx, slot) : pw_direct_load(env, slot);
}

PW_SMALL uint64_t pw_env_acquire(const struct pw_env *env, const uint64_t *slot)
{
	return env->load ? env->load(env->ctx, slot) : __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

PW_SMALL void pw_env_write(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	if (env->store)
		env->store(env->ctx, slot, val, PW_RELAXED);
	else
		pw_direct_store(env, slot, val);
}

PW_SMALL void pw_env_link(const struct pw_env *env, uint64_t *slot, uint64_t val)
{
	if (env->store)
		env->store(env->ctx, slot, val, PW_RELEASE);
	else
		pw_direct_store_release(env, slot, val);
}

PW_SMALL bool pw_env_try(const struct pw_env *env, uint64_t *slot, uint64_t *old, uint64_t val)
{
	if (env->cas)
		return env->cas(env->ctx, slot, old, val);
	return __atomic_compare_exchange_n(slot, old, val, false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

uint64_t *pw_env_table(const struct pw_env *env, uint64_t pa, uint32_t len)
{
	return env->phys_to_virt(env->ctx, pw_pa_of(pa), len);
}

PW_SMALL uint64_t *pw_env_direct_table(const struct pw_env *env, uint64_t pa, uint32_t len)
{
	return pw_direct_table(env, pa, len);
}

PW_SMALL uint64_t *pw_env_get_table(const struct pw_env *env, uint64_t *pa)
{
	struct pw_pa page = { 0 };
	void *virt = env->get_table ? env->get_table(env->ctx, &page) : NULL;

	*pa = page.v;
	return virt;
}

PW_SMALL void pw_env_put_table(const struct pw_env *env, uint64_t pa, void *virt)
{
	if (env->put_table)
		env->put_table(env->ctx, pw_pa_of(pa), virt);
}

PW_SMALL void pw_env_sync(const struct pw_env *env, const uint64_t *slot, uint64_t nr)
{
	if (env->sync_table)
		env->sync_table(env->ctx, slot, (size_t)nr * sizeof(*slot));
}

PW_SMALL void pw_env_bug(const struct pw_env *env, enum pw_bug bug)
{
	if (env && env->assert_fail)
		env->assert_fail(env->ctx, bug);
	else
		__builtin_trap();
}
