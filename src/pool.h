/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Pages for tables, reserved before the first store of an operation: op->nr_needed of them, or
 * none. They are a list that needs no memory of its own; pw_pool_take() (change.c) takes from it.
 *
 * Inline for who reserves: map, unmap and protect come here from one place, pw_split() from one.
 */
#ifndef PW_SRC_POOL_H
#define PW_SRC_POOL_H

#include "pass.h"

/* Pages taken and not used go back. */
static inline void pw_pool_release(struct pw_op *op)
{
	while (op->pool) {
		uint64_t pa, *page = pw_pool_take(op, &pa);

		pw_env_put_table(op->env, pa, page);
	}
}

/* 0; PW_ENOMEM, with none kept */
static inline int pw_pool_reserve(struct pw_op *op)
{
	uint64_t i;

	for (i = 0; i < op->nr_needed; i++) {
		uint64_t pa, *page = pw_env_get_table(op->env, &pa);

		if (!page) {
			pw_pool_release(op);
			return PW_ENOMEM;
		}
		pw_env_write(op->env, page, (uint64_t)(uintptr_t)op->pool);
		pw_env_write(op->env, page + 1, pa);
		op->pool = page;
	}
	return 0;
}

#endif
