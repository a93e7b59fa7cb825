/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "../ref/observe.h"
#include "env.h"

const struct world_observer *world_observer;

static void violation(struct world *w, const char *what)
{
	w->violations++;
	EXPECT(w->violations == 0);
	harness.put(w->format->name);
	harness.put(w->hooked ? " (hooked): " : " (direct): ");
	harness.put(what);
	harness.put("\n");
}

static void event(struct world *w, enum world_event e)
{
	if (w->nr_events < WORLD_MAX_EVENTS)
		w->event[w->nr_events++] = (uint8_t)e;
}

/* Memory ------------------------------------------------------------------------------------- */

void *world_virt(const struct world *w, uint64_t pa, uint64_t len)
{
	uint64_t offset = pa - w->base;
	uint64_t size = w->nr_pages * w->page_size;

	return offset < size && len <= size - offset ? w->memory + offset : NULL;
}

/*
 * Contents of a new page are undefined: something that would pass for valid entries. Atomic, for
 * a reader's way to the page is an address dependency, which ThreadSanitizer does not know.
 */
static void poison(const struct world *w, uint32_t page, uint64_t salt)
{
	uint64_t *slot = (uint64_t *)(void *)(w->memory + page * w->page_size);

	for (uint64_t i = 0; i < w->page_size / 8; i++)
		__atomic_store_n(&slot[i],
				 0xa5a5a5a5a5a5a003ull ^ (salt + i) * 0x1000 ^ (uint64_t)page << 53,
				 __ATOMIC_RELAXED);
}

static uint32_t page_of(const struct world *w, const void *p)
{
	return (uint32_t)((uint64_t)((const uint8_t *)p - w->memory) / w->page_size);
}

/* Hooks of readers look at it. */
static void set_state(struct world *w, uint64_t page, enum world_page state)
{
	__atomic_store_n(&w->state[page], (uint8_t)state, __ATOMIC_RELAXED);
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	struct world *w = ctx;

	event(w, WORLD_GET);
	w->nr_gets++;
	if (w->fail_at && w->nr_gets >= w->fail_at)
		return NULL;
	for (uint32_t i = 0; i < w->nr_pages; i++) {
		uint32_t page = (w->next + i) % w->nr_pages;

		if (w->state[page] != WORLD_FREE)
			continue;
		w->next = page + 1;
		set_state(w, page, WORLD_TAKEN);
		w->balance++;
		pa->v = w->base + page * w->page_size;
		if (w->env.flags & PW_ENV_ZEROED)
			memset(w->memory + page * w->page_size, 0, w->page_size);
		else
			poison(w, page, w->nr_gets);
		world_tell_page(w, pa->v, true);
		return w->memory + page * w->page_size;
	}
	return NULL;
}

/* Was the last plan one that invalidates cached walks? */
static bool walks_invalidated(const struct world *w)
{
	const struct world_plan *last = &w->plan[(w->nr_plans - 1) % WORLD_MAX_PLANS];
	bool tables = last->plan.full;

	for (uint32_t i = 0; i < last->plan.nr_ranges && i < WORLD_MAX_RANGES; i++)
		tables |= last->range[i].flags & PW_FLUSH_TABLES;
	return tables;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	struct world *w = ctx;
	uint64_t page = (pa.v - w->base) / w->page_size;

	event(w, WORLD_PUT);
	if (page >= w->nr_pages || page < w->root_pages || pa.v % w->page_size) {
		violation(w, "put_table: not a table page");
		return;
	}
	if (virt != w->memory + page * w->page_size)
		violation(w, "put_table: address and pointer differ");
	if (w->state[page] == WORLD_FREE) {
		violation(w, "put_table: returned twice");
		return;
	}
	if (w->state[page] == WORLD_LINKED && (w->pt.flags & PW_TABLE_LIVE) &&
	    (!w->nr_plans || !walks_invalidated(w)))
		violation(w, "put_table: before the invalidation");
	world_tell_page(w, pa.v, false);
	set_state(w, page, WORLD_FREE);
	w->balance--;
	poison(w, (uint32_t)page, 0);
}

/* Hooks -------------------------------------------------------------------------------------- */

static void *phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	struct world *w = ctx;

	if (!len || pa.v % len || (len > w->page_size && pa.v != w->cfg.root.v))
		violation(w, "phys_to_virt: not aligned to the table's size");
	return world_virt(w, pa.v, len);
}

static void check_slot(struct world *w, const uint64_t *slot)
{
	const uint8_t *p = (const uint8_t *)slot;

	if (p < w->memory || p >= w->memory + w->nr_pages * w->page_size)
		violation(w, "slot outside memory");
	else if ((uint64_t)(p - w->memory) % 8)
		violation(w, "slot not aligned");
	else if (__atomic_load_n(&w->state[page_of(w, slot)], __ATOMIC_RELAXED) == WORLD_FREE)
		violation(w, "slot in a page that is no table");
}

static uint64_t hook_load(void *ctx, const uint64_t *slot)
{
	struct world *w = ctx;

	check_slot(w, slot);
	__atomic_add_fetch(&w->loads, 1, __ATOMIC_RELAXED);
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE); /* shared mode asks for it */
}

static void hook_store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	struct world *w = ctx;

	check_slot(w, slot);
	__atomic_add_fetch(&w->stores, 1, __ATOMIC_RELAXED);
	if (w->on_store)
		w->on_store(w, slot);
	world_tell_store(w, slot, val, order == PW_RELEASE ? WORLD_RELEASE : WORLD_PLAIN);
	if (order == PW_RELEASE)
		__atomic_store_n(slot, val, __ATOMIC_RELEASE);
	else
		__atomic_store_n(slot, val, __ATOMIC_RELAXED);
}

static bool hook_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	struct world *w = ctx;

	check_slot(w, slot);
	__atomic_add_fetch(&w->cas, 1, __ATOMIC_RELAXED);
	if (w->on_cas)
		w->on_cas(w, slot);
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) == *old)
		world_tell_store(w, slot, val, WORLD_CAS);
	return __atomic_compare_exchange_n(slot, old, val, false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

static bool in_interrupt(void *ctx)
{
	return ((struct world *)ctx)->in_interrupt;
}

static struct pw_gather *current_gather(void *ctx)
{
	return ((struct world *)ctx)->current;
}

static void assert_fail(void *ctx, unsigned int bug)
{
	(void)bug;
	((struct world *)ctx)->asserts++;
}

/* Executor ----------------------------------------------------------------------------------- */

static void run(void *ctx, const struct pw_plan *plan)
{
	struct world *w = ctx;
	struct world_plan *to = &w->plan[w->nr_plans++ % WORLD_MAX_PLANS];

	event(w, WORLD_RUN);
	if (pw_plan_empty(plan))
		violation(w, "run: an empty plan");
	if (plan->size != sizeof(*plan))
		violation(w, "run: the plan's size");
	if (plan->nr_ranges && plan->full && w->pt.regime < 32 && plan->full >> w->pt.regime & 1)
		violation(w, "run: ranges and a full flush");
	memset(to, 0, sizeof(*to));
	to->plan = *plan;
	for (uint32_t i = 0; i < plan->nr_ranges && i < WORLD_MAX_RANGES; i++)
		to->range[i] = plan->ranges[i];
	to->plan.ranges = NULL;
	if (world_observed(w))
		world_observer->run(w, plan);
}

static void free_after_grace(void *ctx, const struct pw_env *env, struct pw_pa pa, void *virt)
{
	event(ctx, WORLD_GRACE);
	env->put_table(env->ctx, pa, virt);
}

/* Opening and closing ------------------------------------------------------------------------ */

/* The next size of an input address that the format allows, with some pages in it. */
static uint32_t va_bits_of(const struct world_format *f, uint32_t wanted)
{
	uint32_t least = f->page_lg2 + (f->halves == WORLD_SIGNED) + 4;
	uint32_t va_bits = f->min_va_bits;

	if (!wanted)
		return f->max_va_bits;
	while (va_bits < f->max_va_bits && (va_bits < wanted || va_bits < least))
		va_bits += f->va_step ? f->va_step : 1;
	return va_bits;
}

static uint32_t flags_of(const struct world_format *f, const struct world_options *o)
{
	uint32_t flags = o->flags;

	if (!f->live && !o->any_live)
		flags &= ~PW_TABLE_LIVE;
	if (f->halves == WORLD_LOWER)
		flags &= ~PW_TABLE_UPPER;
	return flags;
}

/* Places the arena: a handle knows the last output address and the root's size. */
static void place(struct world *w, uint64_t pa_base)
{
	struct pw_table probe;
	uint64_t size;

	w->cfg.root = pw_pa_of(0);
	w->root_pages = 1;
	if (!EXPECT_EQ(pw_table_init(&probe, &w->cfg), 0))
		return;
	if (pw_table_root_size(&probe) > w->page_size)
		w->root_pages = (uint32_t)(pw_table_root_size(&probe) / w->page_size);
	w->nr_pages = (w->nr_pages + 2 * w->root_pages - 1) & ~(w->root_pages - 1);
	size = w->nr_pages * w->page_size;
	w->base = pa_base ? pa_base : probe.pa_max + 1 - size;
}

static void fill_env(struct world *w, const struct world_options *o)
{
	w->env = (struct pw_env){
		.size = sizeof(w->env),
		.flags = o->zeroed ? PW_ENV_ZEROED : 0,
		.ctx = w,
		.get_table = get_table,
		.put_table = put_table,
		.in_interrupt = in_interrupt,
		.current_gather = current_gather,
		.assert_fail = assert_fail,
	};
	if (w->hooked) {
		w->env.phys_to_virt = phys_to_virt;
		w->env.load = hook_load;
		w->env.store = hook_store;
		w->env.cas = hook_cas;
	}
	w->exec = (struct pw_executor){
		.size = sizeof(w->exec), .ctx = w, .run = run, .free_after_grace = free_after_grace
	};
}

bool world_open(struct world *w, const struct world_format *format,
		const struct world_options *options)
{
	static const struct world_options defaults;
	const struct world_options *o = options ? options : &defaults;

	memset(w, 0, sizeof(*w));
	w->format = format;
	w->hooked = o->hooked;
	w->page_size = 1ull << format->page_lg2;
	w->nr_pages = o->nr_pages ? o->nr_pages : format->page_lg2 < 16 ? 64 : 32;
	w->va_bits = va_bits_of(format, o->va_bits);
	fill_env(w, o);
	w->cfg = (struct pw_table_config){
		.size = sizeof(w->cfg),
		.flags = flags_of(format, o),
		.instance = o->hooked ? format->hooked : format->direct,
		.reshaper = !o->reshape ? NULL :
			    o->hooked	? format->hooked_reshaper :
					  format->direct_reshaper,
		.env = &w->env,
		.exec = &w->exec,
		.va_bits = w->va_bits,
		.regime = o->regime,
		.asid = 0x2a,
		.any_asid = o->flags & PW_TABLE_UPPER ? 1 : 0,
		.mair = o->mair ? o->mair : format->mair,
		.caps = { .flags = o->caps | format->caps },
	};
	place(w, o->pa_base);
	if (!EXPECT(w->nr_pages <= WORLD_MAX_PAGES))
		return false;
	w->memory = aligned_alloc(4096, (w->nr_pages * w->page_size + 4095) & ~4095ull);
	if (!EXPECT(w->memory != NULL))
		return false;
	w->env.phys_offset = (uint64_t)(uintptr_t)w->memory - w->base;
	w->env.mem_first = pw_pa_of(w->base);
	w->env.mem_last = pw_pa_of(w->base + w->nr_pages * w->page_size - 1);
	w->cfg.root = pw_pa_of(w->base);
	for (uint32_t page = w->root_pages; page < w->nr_pages; page++)
		poison(w, page, 0);
	memset(w->memory, 0, w->root_pages * w->page_size);
	memset(w->state, WORLD_LINKED, w->root_pages);
	w->next = w->root_pages;
	if (EXPECT_EQ(pw_table_init(&w->pt, &w->cfg), 0))
		return true;
	world_close(w);
	return false;
}

void world_close(struct world *w)
{
	if (w->memory && world_observed(w))
		world_observer->close(w);
	free(w->memory);
	w->memory = NULL;
}

static void each(const struct world_options *options, bool live, void (*test)(struct world *w))
{
	static const struct world_options defaults;
	struct world_options o = options ? *options : defaults;
	static struct world w;

	for (uint32_t i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i / 2];

		if (live && !f->live)
			continue;
		harness_note("format", i / 2);
		harness_note("hooked", i % 2);
		o.hooked = i % 2;
		if (!world_open(&w, f, &o))
			continue;
		test(&w);
		EXPECT_EQ(w.violations, 0);
		world_close(&w);
	}
}

void world_each(const struct world_options *options, void (*test)(struct world *w))
{
	each(options, false, test);
}

void world_each_live(const struct world_options *options, void (*test)(struct world *w))
{
	each(options, true, test);
}

/* Tables by hand ------------------------------------------------------------------------------ */

uint64_t *world_slot(struct world *w, uint64_t pa, uint64_t index)
{
	return (uint64_t *)world_virt(w, pa, w->page_size) + index;
}

uint64_t world_page(struct world *w)
{
	struct pw_pa pa = { 0 };
	void *virt = get_table(w, &pa);

	if (EXPECT(virt != NULL))
		memset(virt, 0, w->page_size);
	return pa.v;
}

/* Looking ------------------------------------------------------------------------------------ */

uint8_t *world_snapshot(const struct world *w)
{
	uint8_t *copy = malloc(w->nr_pages * w->page_size);

	if (copy)
		memcpy(copy, w->memory, w->nr_pages * w->page_size);
	return copy;
}

/*
 * Only pages in use at the time count: a page that was reserved and came back may hold anything,
 * so it is the allocator that fills free pages, here and in put_table().
 */
bool world_unchanged(const struct world *w, const uint8_t *snapshot)
{
	for (uint32_t page = 0; page < w->nr_pages; page++)
		if (w->state[page] != WORLD_FREE &&
		    memcmp(w->memory + page * w->page_size, snapshot + page * w->page_size,
			   w->page_size) != 0)
			return false;
	return true;
}

void world_forget(struct world *w)
{
	w->nr_plans = 0;
	w->nr_events = 0;
	w->nr_gets = 0;
	w->loads = 0;
	w->stores = 0;
	w->cas = 0;
}

uint32_t world_mark_linked(struct world *w)
{
	struct pw_range all = { w->pt.first, w->pt.last };
	struct pw_iter it;
	struct pw_run r;
	uint32_t nr = 1;

	if (!EXPECT_EQ(pw_iter_init(&it, &w->pt, all, PW_WANT_TABLE_PRE, 0), 0))
		return 0;
	while (pw_iter_next(&it, &r) > 0) {
		uint64_t page = (r.pa.v - w->base) / w->page_size;

		if (r.kind != PW_RUN_TABLE_PRE)
			continue;
		if (EXPECT(page < w->nr_pages && w->state[page] != WORLD_FREE))
			w->state[page] = WORLD_LINKED;
		nr++;
	}
	return nr;
}

struct pw_attr world_attr(const struct world *w, uint32_t perm)
{
	struct pw_attr attr = {
		.perm = PW_PERM_R | perm,
		.flags = w->format->base,
		.memtype = w->format->type[0].memtype,
		.mem_index = w->format->type[0].index,
		.share = PW_SHARE_INNER,
	};

	return attr;
}

uint64_t world_foreign(const struct world *w, uint32_t level)
{
	struct ref_regime r = observe_regime(w);

	for (unsigned int n = 7; n < 64; n++) {
		uint64_t entry = 0x12345ull << 28 | 1ull << n;

		if (r.format->kind(&r, entry, level) == PW_KIND_NONPRESENT)
			return entry;
	}
	EXPECT(false); /* every format has one */
	return 0;
}

uint64_t world_table(const struct world *w, uint64_t pa, uint32_t level)
{
	return w->format->ref->table(pa, level);
}

uint64_t world_last_index(const struct world *w)
{
	uint64_t shift = w->format->page_lg2 + (w->pt.levels - 1) * w->format->index_lg2;

	return (w->pt.last.v & (~0ull >> (64 - w->va_bits))) >> shift;
}
