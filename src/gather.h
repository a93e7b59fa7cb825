/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The gather as the engine sees it. An operation notes its debts while it changes entries, and
 * settles once, at its end:
 *
 *     pw_gather_note(g, 0, &flush, PW_BEFORE_ALL);      -- once per run
 *     pw_gather_queue_table(g, pt, pa, virt);           -- for each table it unlinked
 *     pw_gather_settle(g, env);                         -- pays, unless lazy MMU mode is active
 *
 * A gather is not safe against its own task's interrupt handlers: an operation that runs in one
 * must not use the gather that env->current_gather() names but one of its own.
 */
#ifndef PW_SRC_GATHER_H
#define PW_SRC_GATHER_H

#include <pagewalk/table.h>

/* True in an interrupt handler, as far as @env knows. @env may be NULL. */
static inline bool pw_in_interrupt(const struct pw_env *env)
{
	return env && env->in_interrupt && env->in_interrupt(env->ctx);
}

/*
 * pw_gather_note - note a debt, never pay it
 * @g:        the gather
 * @publish:  non-zero: entries became valid that may not fault
 * @flush:    stale translations, or NULL; ends are widened to whole pages
 * @before:   enum pw_before, what the invalidation of @flush must wait for
 */
void pw_gather_note(struct pw_gather *g, uint32_t publish, const struct pw_flush *flush,
		    uint32_t before);

/*
 * pw_gather_admit - before an operation: may tables of this handle be queued?
 * @pt:  the handle
 *
 * A queue holds tables of one environment and one size. What waits there of another is flushed and
 * given back now, so that queueing, deep inside an operation, needs no stack for it.
 */
void pw_gather_admit(struct pw_gather *g, const struct pw_table *pt);

/*
 * pw_gather_queue_table - a table was unlinked: give it back after the next flush
 * @pt:    the handle it was unlinked from, admitted before; pt->env gets it back
 * @pa:    its address
 * @virt:  where it is to be written now
 *
 * Writes slot 0 of the table (or its metadata), once.
 */
void pw_gather_queue_table(struct pw_gather *g, const struct pw_table *pt, struct pw_pa pa,
			   void *virt);

/*
 * pw_gather_settle - the end of an operation
 *
 * Pays what is owed, unless lazy MMU mode is active. Return: the number of plans run, 0 or 1.
 */
int pw_gather_settle(struct pw_gather *g, const struct pw_env *env);

#endif
