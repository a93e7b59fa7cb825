/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Lock-free readers beside one writer, for ThreadSanitizer and by themselves.
 *
 * The writer maps, unmaps and protects random pieces of a live handle; the readers translate and
 * iterate all the while. Unlinked tables are freed when every reader has passed a quiescent point
 * (the executor's free_after_grace). Every page that is mapped at all is mapped to itself, so a
 * reader knows whether what it saw was ever true.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define NR_READERS   3
#define NR_PAGES     64
#define MAX_DEFERRED 256

struct reader {
	pthread_t thread;
	const struct world *w;
	uint64_t random;
	uint64_t passes; /* quiescent points passed; written by the reader */
	uint64_t found;	 /* mapped addresses seen */
	uint64_t wrong;
};

static struct world world;
static struct reader reader[NR_READERS];
static bool stop;
static uint64_t span; /* bytes of the region that changes, from address 0 */

/* Tables that wait until every reader has passed, since they were unlinked. */
static struct {
	struct pw_pa pa;
	void *virt;
} deferred[MAX_DEFERRED];
static unsigned int nr_deferred;

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 20;
}

/* Readers ------------------------------------------------------------------------------------ */

static void read_one(struct reader *r)
{
	uint64_t va = next_random(&r->random) % span;
	struct pw_translation t;
	struct pw_pa pa;
	int err = pw_translate(&r->w->pt, pw_va_of(va), &t);

	if (!err) {
		r->found++;
		r->wrong += t.pa.v != va || t.kind != PW_KIND_LEAF || !(t.perm & PW_PERM_R);
	} else {
		r->wrong += err != PW_ENOENT;
	}
	err = pw_translate_pa(&r->w->pt, pw_va_of(va), &pa);
	r->wrong += err ? err != PW_ENOENT : pa.v != va;
}

static void read_all(struct reader *r)
{
	struct pw_iter it;
	struct pw_run run;
	uint64_t done = 0; /* behind the last run */

	if (pw_iter_init(&it, &r->w->pt, pw_range_of(0, span - 1),
			 PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_HOLES | PW_WANT_NONPRESENT,
			 0)) {
		r->wrong++;
		return;
	}
	while (pw_iter_next(&it, &run) > 0) {
		/*
		 * Never bad, never elsewhere, always onward. A run may begin below the one before
		 * it: where there were pages a moment ago there can be a block now.
		 */
		r->wrong += run.kind == PW_RUN_BAD || run.last.v < done;
		if (run.kind == PW_RUN_LEAF || run.kind == PW_RUN_INVALID)
			r->wrong += run.pa.v != run.first.v;
		done = run.last.v + 1;
	}
}

static void *read_loop(void *arg)
{
	struct reader *r = arg;

	for (uint64_t n = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); n++) {
		for (unsigned int i = 0; i < 64; i++)
			read_one(r);
		if (n % 4 == 0)
			read_all(r);
		__atomic_add_fetch(&r->passes, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Grace periods ------------------------------------------------------------------------------ */

static void wait_for_readers(void)
{
	for (unsigned int i = 0; i < NR_READERS; i++) {
		/* Two: the first may have begun before the table was unlinked. */
		uint64_t goal = __atomic_load_n(&reader[i].passes, __ATOMIC_ACQUIRE) + 2;

		while (__atomic_load_n(&reader[i].passes, __ATOMIC_ACQUIRE) < goal)
			sched_yield();
	}
}

static void free_deferred(void)
{
	if (nr_deferred)
		wait_for_readers();
	for (unsigned int i = 0; i < nr_deferred; i++)
		world.env.put_table(world.env.ctx, deferred[i].pa, deferred[i].virt);
	nr_deferred = 0;
}

static void defer(void *ctx, const struct pw_env *env, struct pw_pa pa, void *virt)
{
	(void)ctx;
	(void)env;
	if (EXPECT(nr_deferred < MAX_DEFERRED)) {
		deferred[nr_deferred].pa = pa;
		deferred[nr_deferred].virt = virt;
		nr_deferred++;
	}
}

/* The writer --------------------------------------------------------------------------------- */

static void write_one(struct pw_gather *g)
{
	static const struct pw_change change[] = {
		{ .perm_clear = PW_PERM_W },
		{ .perm_set = PW_PERM_W },
		{ .flags_clear = PW_ATTR_VALID },
		{ .flags_set = PW_ATTR_VALID | PW_ATTR_GLOBAL },
	};
	struct pw_attr attr = world_attr(&world, harness_below(2) ? PW_PERM_W : 0);
	uint64_t page = world_page_bytes(&world);
	uint64_t block = pw_table_leaf_size(&world.pt, 1);
	bool blocks = harness_below(2);
	uint64_t unit = blocks ? block : page;
	uint64_t first = harness_below(span / unit) * unit;
	uint64_t left = (span - first) / unit;
	uint64_t len = (1 + harness_below(left < 12 ? left : 12)) * unit;
	struct pw_range range = pw_range_len(first, len);
	uint32_t flags = harness_below(2) ? PW_MAX_LEVEL(0) : 0;
	int err;

	switch (harness_below(4)) {
	case 0:
	case 1:
		err = pw_map(&world.pt, range, pw_pa_of(first), &attr, flags, g, NULL);
		break;
	case 2:
		err = pw_unmap(&world.pt, range, 0, g, NULL);
		break;
	default:
		err = pw_protect(&world.pt, range, &change[harness_below(4)], 0, g, NULL);
		break;
	}
	EXPECT(err == 0 || err == PW_EEXIST || err == PW_EBUSY || err == PW_ENOMEM);
}

/* In lazy MMU mode half of the time: freed tables then wait for the flush as well. */
static void write_some(unsigned int nr)
{
	struct pw_flush slots[8];
	struct pw_gather g;

	EXPECT_EQ(pw_gather_init(&g, &world.exec, slots, 8), 0);
	if (harness_below(2))
		pw_lazy_enable(&g, &world.env);
	for (unsigned int i = 0; i < nr; i++)
		write_one(&g);
	if (g.enable_count)
		pw_lazy_disable(&g, &world.env);
	EXPECT(!pw_gather_owes(&g));
	free_deferred();
}

static void run(const struct world_format *format, bool hooked)
{
	struct world_options o = { .hooked = hooked, .flags = PW_TABLE_LIVE, .nr_pages = NR_PAGES };
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 8;
	uint64_t found = 0, wrong = 0;

	if (!world_open(&world, format, &o))
		return;
	span = pw_table_leaf_size(&world.pt, 1) * 24;
	world.exec.free_after_grace = defer;
	stop = false;
	memset(reader, 0, sizeof(reader));
	for (unsigned int i = 0; i < NR_READERS; i++) {
		reader[i].w = &world;
		reader[i].random = harness_random();
		EXPECT_EQ(pthread_create(&reader[i].thread, NULL, read_loop, &reader[i]), 0);
	}
	do
		write_some(1 + (unsigned int)harness_below(10));
	while (harness.now_ms() < end);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < NR_READERS; i++) {
		EXPECT_EQ(pthread_join(reader[i].thread, NULL), 0);
		found += reader[i].found;
		wrong += reader[i].wrong;
	}
	EXPECT(found > 0);
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(world.violations, 0);
	world_close(&world);
}

TEST(readers_beside_a_writer_direct)
{
	run(&world_formats[WORLD_ARM64], false);
}

TEST(readers_beside_a_writer_hooked)
{
	run(&world_formats[WORLD_ARM64], true);
}

TEST(readers_beside_a_writer_lpa2)
{
	run(&world_formats[WORLD_LPA2], false);
}

TEST(readers_beside_a_writer_fake)
{
	run(&world_formats[WORLD_FAKE], false);
}
