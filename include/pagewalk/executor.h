/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Executors carry plans out: real instructions, a counter, a printer, a recorder, the model.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_EXECUTOR_H
#define PAGEWALK_EXECUTOR_H

#include <pagewalk/env.h>
#include <pagewalk/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_executor {
	uint32_t size;	    /* sizeof(struct pw_executor) of the caller; 0 is refused */
	uint32_t max_pages; /* in one plan, before a full flush is cheaper; 0: 512 */
	void *ctx;	    /* handed to every hook */

	/*
	 * run - carry out a plan
	 * pre:  the stores the plan speaks of have been made by this CPU, in program order
	 *       before the call; the plan is not empty
	 * post: when it returns, plan->publish, plan->before, the invalidation of every range (or
	 *       of plan->full) on every CPU that may hold it, its completion, and the
	 *       synchronisation of this CPU's context have happened, in that order. May be called
	 *       in any context that the changes are made in, interrupts included. Cannot fail.
	 */
	void (*run)(void *ctx, const struct pw_plan *plan);

	/*
	 * remote - (optional) make other CPUs carry a plan out: an IPI or a remote fence
	 * pre:  called by run() of architectures whose invalidation is local (x86 INVLPG, RISC-V
	 *       SFENCE.VMA), after this CPU's stores are visible to every CPU
	 * post: every other CPU that may hold the translations has invalidated them. Must not be
	 *       called with interrupts off where it waits for them. arm64 does not use it: its
	 *       TLBI ...IS broadcasts.
	 */
	void (*remote)(void *ctx, const struct pw_plan *plan);

	/*
	 * give_way - (optional) a gather has no room for another range; without it,
	 *            pw_gather_by_regime()
	 * pre:  @f meets none of g->ranges that has equal tags; all g->max_ranges are in use, or
	 *       g->max_pages are exceeded with it
	 * post: g->ranges, g->owed.nr_ranges and g->owed.full cover what they did before, and @f.
	 *       There is pw_gather_by_tag().
	 */
	void (*give_way)(struct pw_gather *g, const struct pw_flush *f);

	/*
	 * complete - (optional) runs after the invalidation has completed, before anything relies
	 *            on it: the place for errata that want it twice
	 * pre:  plan->ranges or plan->full were just invalidated and completed
	 */
	void (*complete)(void *ctx, const struct pw_plan *plan);

	/*
	 * free_after_grace - (optional) free a table when no lock-free reader can hold it
	 * pre:  the table is unreachable from the root, and the invalidation has completed
	 * post: env->put_table(env->ctx, pa, virt) will be called after a grace period (at once
	 *       is right where there are no lock-free readers; without the hook the engine calls
	 *       put_table() itself)
	 */
	void (*free_after_grace)(void *ctx, const struct pw_env *env, struct pw_pa pa, void *virt);
};

#ifdef __cplusplus
}
#endif
#endif
