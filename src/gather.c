/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The gather: maintenance debt, merged, and paid at most once.
 *
 * Ranges. An array of the caller's holds what is stale. Two ranges with equal tags that overlap or
 * touch are one; no two such ranges are ever kept, so a new one needs a single pass: whatever it
 * meets is taken out, joined to it, and the result put back at the end. When the array is full, or
 * the ranges hold more pages than it is worth to invalidate one by one, every range of that regime
 * gives way to one bit: a full flush covers them all, and is always allowed. Unless the executor
 * knows better (struct pw_executor.give_way; gather_tag.c does).
 *
 * Freed tables. A table that was unlinked may still be walked, by a CPU that has the pointer to it
 * in a walk cache, until the invalidation has completed. It waits in a queue that needs no memory:
 * each table's slot 0 holds the address of the next. Such an address is aligned to a table, so its
 * low bits are clear, which no format takes for a present entry; and it is written by one store,
 * so that a late walker reads either the old entry or "not present". The end of the queue is known
 * by count, because 0 is an address too.
 */
#include "gather.h"
#include "mem.h"

#define DEFAULT_MAX_PAGES 512u

PW_SMALL int pw_gather_init(struct pw_gather *g, const struct pw_executor *exec,
			    struct pw_flush *ranges, uint32_t nr)
{
	if (!g || !exec || !exec->run || !exec->size || (nr && !ranges))
		return PW_EINVAL;
	__builtin_memset(g, 0, sizeof(*g));
	g->size = sizeof(*g);
	g->max_ranges = nr;
	g->max_pages = exec->max_pages ? exec->max_pages : DEFAULT_MAX_PAGES;
	g->exec = exec;
	g->owed.size = sizeof(g->owed);
	g->ranges = ranges;
	g->owed.ranges = ranges;
	return 0;
}

void pw_gather_plan(const struct pw_gather *g, struct pw_plan *plan)
{
	*plan = g->owed;
}

bool pw_gather_owes(const struct pw_gather *g)
{
	return g->owed.publish || g->owed.full || g->owed.nr_ranges || g->owed.nr_freed;
}

/* Ranges */

/* Everything but the addresses, as one word. */
static uint64_t tags(const struct pw_flush *f)
{
	uint64_t word;

	_Static_assert(sizeof(*f) == offsetof(struct pw_flush, asid) + sizeof(word),
		       "tags: a word");
	__builtin_memcpy(&word, (const char *)f + offsetof(struct pw_flush, asid), sizeof(word));
	return word;
}

/*
 * Do they overlap, or does one begin right behind the other? In units of two bytes, for pages have
 * more, so that neither sum wraps at the top.
 */
static bool meet(const struct pw_flush *a, const struct pw_flush *b)
{
	uint64_t first = a->first.v > b->first.v ? a->first.v : b->first.v;
	uint64_t last = a->last.v < b->last.v ? a->last.v : b->last.v;

	return first >> 1 <= (last >> 1) + 1;
}

PW_SMALL void pw_gather_by_regime(struct pw_gather *g, const struct pw_flush *f)
{
	uint32_t i = 0;

	g->owed.full |= 1u << f->regime;
	while (i < g->owed.nr_ranges) {
		if (g->ranges[i].regime == f->regime)
			g->ranges[i] = g->ranges[--g->owed.nr_ranges];
		else
			i++;
	}
}

/* Pages of a range but for one: there may be 2^64. */
static uint64_t more_pages(const struct pw_flush *f)
{
	return (f->last.v - f->first.v) >> f->page_lg2;
}

static void add_range(struct pw_gather *g, const struct pw_flush *flush)
{
	struct pw_flush f = *flush;
	uint32_t i = 0;
	uint64_t in_page = ((uint64_t)1 << f.page_lg2) - 1, pages = 0, max = g->max_pages;

	f.first.v &= ~in_page;
	f.last.v |= in_page;
	if (f.flags & PW_FLUSH_ANY_ASID)
		f.asid = 0;
	while (i < g->owed.nr_ranges) {
		struct pw_flush *r = &g->ranges[i];

		if (tags(r) != tags(&f) || !meet(r, &f)) {
			/* it was let in: below the threshold, if there is one */
			pages += more_pages(r) + 1;
			i++;
			continue;
		}
		if (r->first.v < f.first.v)
			f.first = r->first;
		if (r->last.v > f.last.v)
			f.last = r->last;
		*r = g->ranges[--g->owed.nr_ranges];
	}
	if (g->owed.nr_ranges == g->max_ranges ||
	    (max && (more_pages(&f) >= max || more_pages(&f) + pages >= max)))
		(g->exec->give_way ? g->exec->give_way : pw_gather_by_regime)(g, &f);
	else
		g->ranges[g->owed.nr_ranges++] = f;
}

/* Notes */

PW_SMALL void pw_gather_note(struct pw_gather *g, uint32_t publish, const struct pw_flush *flush,
			     uint32_t before)
{
	if (publish)
		g->owed.publish = 1;
	if (!flush)
		return;
	if (before > g->owed.before)
		g->owed.before = before;
	if (!(g->owed.full & (1u << flush->regime)))
		add_range(g, flush);
}

PW_SMALL int pw_gather_settle(struct pw_gather *g, const struct pw_env *env)
{
	if (pw_lazy_active(g, env))
		return 0;
	return pw_gather_flush(g);
}

/*
 * A debt that was noted by hand. An interrupt handler may have come in the middle of a note of the
 * task that owns @g, so it leaves @g alone and pays with a gather of its own.
 */
static void note_by_hand(struct pw_gather *g, const struct pw_env *env, uint32_t publish,
			 const struct pw_flush *flush, uint32_t before)
{
	struct pw_flush slot;
	struct pw_gather own;

	if (!pw_in_interrupt(env)) {
		pw_gather_note(g, publish, flush, before);
		pw_gather_settle(g, env);
		return;
	}
	if (pw_gather_init(&own, g->exec, &slot, 1))
		return; /* not reached: g->exec was good enough for g */
	own.max_pages = g->max_pages;
	pw_gather_note(&own, publish, flush, before);
	pw_gather_flush(&own);
}

void pw_gather_publish(struct pw_gather *g, const struct pw_env *env)
{
	note_by_hand(g, env, 1, NULL, PW_BEFORE_NOTHING);
}

PW_SMALL void pw_gather_stale(struct pw_gather *g, const struct pw_env *env,
			      const struct pw_flush *flush, uint32_t before)
{
	if (flush->regime >= PW_NR_REGIMES || flush->first.v > flush->last.v ||
	    flush->page_lg2 >= 64 || before > PW_BEFORE_ALL) {
		pw_env_bug(env, PW_BUG_STALE_RANGE);
		return;
	}
	note_by_hand(g, env, 0, flush, before);
}

/* Freed tables */

static uint64_t *table_meta(const struct pw_env *env, struct pw_pa pa)
{
	return env->table_metadata ? env->table_metadata(env->ctx, pa) : NULL;
}

static void write_link(const struct pw_env *env, struct pw_pa pa, void *virt, uint64_t link)
{
	uint64_t *meta = table_meta(env, pa);

	if (meta)
		*meta = link;
	else
		pw_env_write(env, virt, link);
}

static uint64_t read_link(const struct pw_env *env, struct pw_pa pa, const void *virt)
{
	const uint64_t *meta = table_meta(env, pa);

	return meta ? *meta : pw_env_read(env, virt);
}

/* Host addresses are not kept: what phys_to_virt() returns may be a slot of a cache. */
static void *table_virt(const struct pw_gather *g, struct pw_pa pa)
{
	const struct pw_env *env = g->free_env;

	if (env->phys_to_virt)
		return pw_env_table(env, pa.v, g->free_len);
	return (void *)(uintptr_t)(pa.v + env->phys_offset);
}

static void free_table(const struct pw_gather *g, struct pw_pa pa, void *virt)
{
	const struct pw_executor *x = g->exec;
	const struct pw_env *env = g->free_env;

	if (x->free_after_grace)
		x->free_after_grace(x->ctx, env, pa, virt);
	else
		pw_env_put_table(env, pa.v, virt);
}

static void free_queue(struct pw_gather *g)
{
	while (g->owed.nr_freed) {
		struct pw_pa pa = g->free_head;
		void *virt = table_virt(g, pa);

		if (!virt) {
			pw_env_bug(g->free_env, PW_BUG_LOST_TABLE);
			g->owed.nr_freed = 0;
			return;
		}
		/* The link first: the page is not ours any more once it is freed. */
		g->free_head = pw_pa_of(read_link(g->free_env, pa, virt));
		g->owed.nr_freed--;
		free_table(g, pa, virt);
	}
}

/* A table maps as much as one leaf of the level above its own; entries have 8 bytes. */
static uint32_t table_len(const struct pw_table *pt)
{
	return (uint32_t)(8ull << pt->index_lg2);
}

PW_SMALL void pw_gather_admit(struct pw_gather *g, const struct pw_table *pt)
{
	if (g->owed.nr_freed && (g->free_env != pt->env || g->free_len != table_len(pt)))
		(void)pw_gather_flush(g);
}

PW_SMALL void pw_gather_queue_table(struct pw_gather *g, const struct pw_table *pt, struct pw_pa pa,
				    void *virt)
{
	g->free_env = pt->env;
	g->free_len = table_len(pt);
	write_link(pt->env, pa, virt, g->owed.nr_freed ? g->free_head.v : 0);
	g->free_head = pa;
	g->owed.nr_freed++;
}

/* Payment */

PW_SMALL int pw_gather_flush(struct pw_gather *g)
{
	int ran = !pw_plan_empty(&g->owed);

	if (ran)
		g->exec->run(g->exec->ctx, &g->owed);
	g->owed.publish = 0;
	g->owed.before = PW_BEFORE_NOTHING;
	g->owed.full = 0;
	g->owed.nr_ranges = 0;
	free_queue(g);
	return ran;
}

/* Lazy MMU mode */

/* In an interrupt handler, or between pause and resume. */
static bool lazy_off(const struct pw_gather *g, const struct pw_env *env)
{
	return g->pause_count || pw_in_interrupt(env);
}

PW_SMALL bool pw_lazy_active(const struct pw_gather *g, const struct pw_env *env)
{
	return g->enable_count && !lazy_off(g, env);
}

PW_SMALL void pw_lazy_enable(struct pw_gather *g, const struct pw_env *env)
{
	if (lazy_off(g, env))
		return;
	if (g->enable_count == UINT32_MAX)
		pw_env_bug(env, PW_BUG_LAZY_DEPTH);
	else
		g->enable_count++;
}

PW_SMALL void pw_lazy_disable(struct pw_gather *g, const struct pw_env *env)
{
	if (lazy_off(g, env))
		return;
	if (!g->enable_count) {
		pw_env_bug(env, PW_BUG_LAZY_DISABLE);
		return;
	}
	g->enable_count--;
	pw_gather_flush(g);
}

PW_SMALL void pw_lazy_pause(struct pw_gather *g, const struct pw_env *env)
{
	if (pw_in_interrupt(env))
		return;
	if (g->pause_count == UINT32_MAX) {
		pw_env_bug(env, PW_BUG_LAZY_DEPTH);
		return;
	}
	if (!g->pause_count++)
		pw_gather_flush(g);
}

PW_SMALL void pw_lazy_resume(struct pw_gather *g, const struct pw_env *env)
{
	if (pw_in_interrupt(env))
		return;
	if (!g->pause_count)
		pw_env_bug(env, PW_BUG_LAZY_RESUME);
	else
		g->pause_count--;
}
