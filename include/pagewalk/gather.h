/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The gather: the one owner of maintenance debt, and lazy MMU mode.
 *
 * Every change of a live table leaves a debt: a publish barrier, stale translations, freed tables.
 * The change notes it in a gather, once per run or call, never per entry. Outside lazy MMU mode
 * the change pays before it returns; inside, the debt waits until the gather is flushed.
 *
 *     struct pw_flush slots[16];
 *     struct pw_gather g;
 *
 *     pw_gather_init(&g, &executor, slots, 16);
 *     pw_lazy_enable(&g, env);
 *     err = pw_protect(pt, range, &ro, 0, &g, NULL);    -- owes one barrier, one range
 *     err = pw_protect(pt, alias, &ro, 0, &g, NULL);    -- owes one more range
 *     pw_lazy_disable(&g, env);                         -- one plan for both
 *
 * Lazy MMU mode is a counter in the gather: enable and disable nest, pause and resume nest, every
 * disable flushes (a nested one too), an interrupt handler pays at once.
 *
 * The storage for ranges is the caller's, of any size, none included: what does not fit becomes a
 * full flush of the regime, or of one address space (pw_gather_by_tag()). A gather belongs to one
 * task: nothing here is atomic.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_GATHER_H
#define PAGEWALK_GATHER_H

#include <pagewalk/executor.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_table;

struct pw_gather {
	uint32_t size;		 /* sizeof(struct pw_gather) */
	uint32_t enable_count;	 /* lazy MMU mode: nested enables */
	uint32_t pause_count;	 /* nested pauses */
	uint32_t max_ranges;	 /* size of ranges[] */
	uint32_t max_pages;	 /* beyond this many pages in one flush: a full flush; 0: never */
	uint32_t free_len;	 /* size of the queued tables in bytes */
	struct pw_flush *ranges; /* the caller's: owed.ranges, to write */
	struct pw_plan owed;	 /* the debt; nr_freed counts the queued tables */
	const struct pw_executor *exec; /* who pays */
	const struct pw_env *free_env;	/* environment of the queued tables */
	struct pw_pa free_head;		/* queue of tables, linked through their slot 0 */
};

/*
 * pw_gather_init - an empty gather, lazy MMU mode off
 * @g:       to be initialised; its old contents are ignored
 * @exec:    who carries plans out; must outlive @g
 * @ranges:  storage for @nr ranges, or NULL with @nr 0
 * @nr:      number of entries in @ranges
 *
 * The threshold to a full flush is @exec->max_pages in all, or 512 (Linux's choice for arm64 with
 * 4K pages and no range operations); write @g->max_pages for another, 0 for none.
 *
 * Context:   any; the caller owns @g.
 * Hardware:  nothing.
 * Return:    0; PW_EINVAL for a NULL @g or @exec, an @exec without run or with size 0, or a NULL
 *            @ranges with a non-zero @nr.
 */
int pw_gather_init(struct pw_gather *g, const struct pw_executor *exec, struct pw_flush *ranges,
		   uint32_t nr) PW_MUST_CHECK;

/*
 * pw_gather_plan - what is owed now, as data
 * @g:     the gather
 * @plan:  filled in; points into @g, good until @g is used again
 *
 * Context:   any; the caller owns @g.
 * Hardware:  nothing is carried out, the debt stays.
 */
void pw_gather_plan(const struct pw_gather *g, struct pw_plan *plan);

/*
 * pw_gather_flush - pay the debt now
 * @g:  the gather, in lazy MMU mode or not
 *
 * Runs the plan if it is not empty, then frees the queued tables (through free_after_grace()).
 *
 * Context:   whatever the executor allows.
 * Hardware:  every change noted in @g has taken effect when it returns.
 * Return:    the number of plans that were run, 0 or 1.
 */
int pw_gather_flush(struct pw_gather *g);

/*
 * pw_gather_owes - is there anything left to pay?
 * @g:  the gather
 *
 * Context:   any; the caller owns @g.
 * Return:    true when a plan is not empty or tables are queued. A gather must not be dropped
 *            while this is true.
 */
bool pw_gather_owes(const struct pw_gather *g) PW_MUST_CHECK;

/*
 * pw_gather_by_regime, pw_gather_by_tag - what becomes of ranges that do not fit
 * @g:  the gather
 * @f:  the range that it has no room for
 *
 * For struct pw_executor.give_way; not to be called. The first is what happens without: all ranges
 * of the regime of @f give way to one bit, everything of that regime is invalidated.
 *
 * With the second, those of the tag of @f (ASID, PCID, VMID) give way to one with PW_FLUSH_ALL:
 * arm64 TLBI ASIDE1IS, VMALLS12E1IS; x86-64 a CR3 load or INVPCID of one PCID; RISC-V SFENCE.VMA
 * x0, asid. Other address spaces keep theirs, and so do global entries: a range that may hold one
 * is for any ASID, and it, or one that has no room beside other tags, does as the first.
 *
 * Context:   as who notes the debt.
 */
void pw_gather_by_regime(struct pw_gather *g, const struct pw_flush *f);
void pw_gather_by_tag(struct pw_gather *g, const struct pw_flush *f);

/*
 * pw_gather_publish, pw_gather_stale - note a debt by hand
 * @g:      the gather
 * @flush:  the stale range
 * @before: what must be complete before the invalidation, enum pw_before
 *
 * For code that writes entries itself (the kernel vocabulary does). Pays at once unless lazy MMU
 * mode is active. Adjacent ranges with equal tags are merged. What is no range (no such regime or
 * @before, ends reversed, a page of 2^64 bytes) goes to the assert hook, and is not noted.
 *
 * Context:   as pw_gather_flush(); @env as for pw_lazy_enable().
 */
void pw_gather_publish(struct pw_gather *g, const struct pw_env *env);
void pw_gather_stale(struct pw_gather *g, const struct pw_env *env, const struct pw_flush *flush,
		     uint32_t before);

/*
 * pw_lazy_enable, pw_lazy_disable - lazy MMU mode, nestable
 * @g:    the gather
 * @env:  asked whether this is an interrupt handler (env->in_interrupt); may be NULL
 *
 * enable: counts up. disable: counts down and flushes, nested or not. Both do nothing in an
 * interrupt handler and while the mode is paused. A disable without enable goes to the assert
 * hook and changes nothing.
 *
 * Context:   the task that owns @g.
 * Hardware:  after any disable every earlier change has taken effect.
 */
void pw_lazy_enable(struct pw_gather *g, const struct pw_env *env);
void pw_lazy_disable(struct pw_gather *g, const struct pw_env *env);

/*
 * pw_lazy_pause, pw_lazy_resume - leave lazy MMU mode for a while, nestable
 * @g:    the gather
 * @env:  as above
 *
 * The first pause flushes. Between pause and resume every change pays at once, and enable and
 * disable do nothing. Both do nothing in an interrupt handler. A resume without pause goes to
 * the assert hook and changes nothing.
 *
 * Context:   the task that owns @g.
 */
void pw_lazy_pause(struct pw_gather *g, const struct pw_env *env);
void pw_lazy_resume(struct pw_gather *g, const struct pw_env *env);

/*
 * pw_lazy_active - may a debt wait?
 *
 * Return: true when enabled, not paused and not in an interrupt handler.
 */
bool pw_lazy_active(const struct pw_gather *g, const struct pw_env *env) PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
