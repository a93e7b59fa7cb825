/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the tests of the gather share: an executor that only records, an environment of four tables,
 * and a gather over them.
 */
#ifndef PW_TESTS_UNIT_GATHER_ENV_H
#define PW_TESTS_UNIT_GATHER_ENV_H

#include <pagewalk/pagewalk.h>

#include "../../src/gather.h"
#include "../harness/harness.h"

#define NR_SLOTS  8
#define NR_TABLES 4
#define BASE_PA	  0x40000000ull
#define TOP	  0xffffffffffffffffull

enum event { RUN = 1, FREE };

/* What happened, in order; the last plan is copied, ranges and all. */
static struct {
	enum event event[32];
	struct pw_pa freed[32];
	unsigned int nr;
	unsigned int plans;
	struct pw_plan plan;
	struct pw_flush range[NR_SLOTS];
	unsigned int asserts;
	unsigned int bug; /* the last */
	bool in_interrupt;
	unsigned int hook_loads;
	unsigned int hook_stores;
	unsigned int metadata;
} rec;

static uint64_t arena[NR_TABLES][512] __attribute__((aligned(4096)));
static uint64_t meta[NR_TABLES];
static struct pw_gather g;
static struct pw_flush slots[NR_SLOTS];
static struct pw_executor exec;
static struct pw_env env;
static struct pw_table table;

static inline void rec_run(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	rec.event[rec.nr++] = RUN;
	rec.plans++;
	rec.plan = *plan;
	for (uint32_t i = 0; i < plan->nr_ranges; i++)
		rec.range[i] = plan->ranges[i];
}

static inline void rec_free(struct pw_pa pa, void *virt)
{
	uint64_t page = (pa.v - BASE_PA) / 4096;

	EXPECT(page < NR_TABLES && virt == arena[page]);
	rec.freed[rec.nr] = pa;
	rec.event[rec.nr++] = FREE;
}

static inline void rec_put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx;
	/* Freed memory may be overwritten at once. */
	*(uint64_t *)virt = TOP;
	rec_free(pa, virt);
}

static inline void rec_grace(void *ctx, const struct pw_env *e, struct pw_pa pa, void *virt)
{
	(void)ctx;
	EXPECT(e == &env);
	rec_free(pa, virt);
}

static inline bool rec_in_interrupt(void *ctx)
{
	(void)ctx;
	return rec.in_interrupt;
}

static inline void rec_assert(void *ctx, unsigned int bug)
{
	(void)ctx;
	rec.bug = bug;
	rec.asserts++;
}

static inline void *hook_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	(void)ctx;
	EXPECT_EQ(len, 4096);
	return arena[(pa.v - BASE_PA) / 4096];
}

static inline uint64_t hook_load(void *ctx, const uint64_t *slot)
{
	(void)ctx;
	rec.hook_loads++;
	return *slot;
}

static inline void hook_store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	(void)ctx;
	(void)order;
	rec.hook_stores++;
	*slot = val;
}

static inline bool hook_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	(void)ctx;
	(void)old;
	(void)val;
	EXPECT(slot == NULL); /* the gather needs none of these */
	return false;
}

static inline uint64_t *hook_metadata(void *ctx, struct pw_pa pa)
{
	(void)ctx;
	rec.metadata++;
	return &meta[(pa.v - BASE_PA) / 4096];
}

static inline struct pw_pa table_pa(unsigned int n)
{
	return pw_pa_of(BASE_PA + n * 4096ull);
}

/* A live handle, of a format and a kind of environment that @env serves. */
static inline void init_table(const struct pw_instance *instance)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE,
		.instance = instance,
		.env = &env,
		.exec = &exec,
		.root = { BASE_PA },
	};

	EXPECT_EQ(pw_table_init(&table, &cfg), 0);
}

static inline void setup_slots(uint32_t nr)
{
	rec = (__typeof__(rec)){ .nr = 0 };
	exec = (struct pw_executor){ .size = sizeof(exec), .run = rec_run };
	env = (struct pw_env){
		.size = sizeof(env),
		.phys_offset = (uint64_t)(uintptr_t)arena - BASE_PA,
		.put_table = rec_put_table,
		.in_interrupt = rec_in_interrupt,
		.assert_fail = rec_assert,
	};
	init_table(&pw_arm64_4k_direct);
	EXPECT_EQ(pw_gather_init(&g, &exec, nr ? slots : NULL, nr), 0);
}

static inline void setup(void)
{
	setup_slots(NR_SLOTS);
}

static inline struct pw_flush pages(uint64_t first, uint64_t last)
{
	return (struct pw_flush){
		.first = pw_va_of(first), .last = pw_va_of(last), .asid = 1, .page_lg2 = 12
	};
}

static inline void note(uint64_t first, uint64_t last)
{
	struct pw_flush f = pages(first, last);

	pw_gather_note(&g, 0, &f, PW_BEFORE_STORES);
}

static inline bool has_range(uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < g.owed.nr_ranges; i++)
		if (slots[i].first.v == first && slots[i].last.v == last)
			return true;
	return false;
}

#endif
