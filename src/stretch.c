/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The loops over neighbouring slots, for entries that are memory and for hooked ones.
 */
#include "stretch.h"

uint64_t pw_direct_same(const struct pw_env *env, const uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern)
{
	return pw_stretch_same(&pw_mem_direct, env, slot, nr, mask, pattern);
}

uint64_t pw_direct_empty(const struct pw_env *env, const uint64_t *slot, uint64_t nr)
{
	return pw_stretch_empty(&pw_mem_direct, env, slot, nr);
}

PW_SMALL void pw_direct_zero(const struct pw_env *env, uint64_t *slot, uint64_t nr)
{
	pw_stretch_zero(&pw_mem_direct, env, slot, nr);
}

uint64_t pw_direct_flip(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern, uint64_t delta)
{
	return pw_stretch_flip(&pw_mem_direct, env, slot, nr, mask, pattern, delta);
}

PW_SMALL uint64_t pw_direct_flip_cas(const struct pw_env *env, uint64_t *slot, uint64_t nr,
				     uint64_t mask, uint64_t pattern, uint64_t clear, uint64_t set)
{
	return pw_stretch_flip_cas(&pw_mem_direct, env, slot, nr, mask, pattern, clear, set);
}

uint64_t pw_hooked_same(const struct pw_env *env, const uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern)
{
	return pw_stretch_same(&pw_mem_hooked, env, slot, nr, mask, pattern);
}

uint64_t pw_hooked_empty(const struct pw_env *env, const uint64_t *slot, uint64_t nr)
{
	return pw_stretch_empty(&pw_mem_hooked, env, slot, nr);
}

void pw_hooked_zero(const struct pw_env *env, uint64_t *slot, uint64_t nr)
{
	pw_stretch_zero(&pw_mem_hooked, env, slot, nr);
}

uint64_t pw_hooked_flip(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			uint64_t pattern, uint64_t delta)
{
	return pw_stretch_flip(&pw_mem_hooked, env, slot, nr, mask, pattern, delta);
}

uint64_t pw_hooked_flip_cas(const struct pw_env *env, uint64_t *slot, uint64_t nr, uint64_t mask,
			    uint64_t pattern, uint64_t clear, uint64_t set)
{
	return pw_stretch_flip_cas(&pw_mem_hooked, env, slot, nr, mask, pattern, clear, set);
}
