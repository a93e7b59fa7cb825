/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Several changers in shared mode beside lock-free readers, for ThreadSanitizer and by themselves.
 *
 *        | 0 0 0 | 1 1 1 | 2 2 2 | 3 3 3 | 0 0 0 | 1 1 1 | ...     pages, by the changer that owns
 *        |        one table        |        another one      |     them: no table is anybody's
 *
 * A changer is the only one to change its own pages, so it knows what each of them holds, and looks
 * after every step. Tables come and go all the while; one that was unlinked is handed out again
 * when everybody, changers too, has passed a quiescent point. In the end everything is unmapped,
 * and every table was given back.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define NR_CHANGERS 4u
#define NR_READERS  2u
#define NR_THREADS  (NR_CHANGERS + NR_READERS)
#define NR_PAGES    96u
#define CHUNK	    3u	   /* pages of one changer, side by side */
#define NR_SMALL    360u   /* pages in chunks, over a border between two tables */
#define NR_BLOCKS   8u	   /* and behind them what a block covers, of one changer each */
#define GIVE_UP_MS  60000u /* somebody who is on the way may wait for a processor */

enum state { NOTHING, WRITABLE, READ_ONLY };

static struct world world;
static bool stop;
static uint64_t page, block, small_at, blocks_at;
static uint64_t nr_again, nr_unlinked;

/* Memory ------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t users[NR_PAGES];
static uint64_t passes[NR_THREADS]; /* quiescent points that each thread passed; at its end: ~0 */
enum page_state { FREE, TAKEN, WAITING };

static struct {
	enum page_state state;
	uint64_t goal[NR_THREADS]; /* WAITING: for these */
} pages[NR_PAGES];

static uint64_t *table_users(void *ctx, struct pw_pa pa)
{
	(void)ctx;
	return &users[(pa.v - world.base) / page];
}

static void *virt_of(uint32_t i)
{
	return world.memory + i * page;
}

static void set_state(uint32_t i, enum page_state state)
{
	pages[i].state = state;
	__atomic_store_n(&world.state[i], state == FREE ? WORLD_FREE : WORLD_TAKEN,
			 __ATOMIC_RELAXED);
}

static bool has_waited(uint32_t i)
{
	for (unsigned int t = 0; t < NR_THREADS; t++)
		if (__atomic_load_n(&passes[t], __ATOMIC_ACQUIRE) < pages[i].goal[t])
			return false;
	return true;
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	void *virt = NULL;

	(void)ctx;
	pthread_mutex_lock(&lock);
	for (uint32_t i = world.root_pages; i < NR_PAGES && !virt; i++) {
		if (pages[i].state == WAITING && has_waited(i))
			set_state(i, FREE);
		if (pages[i].state != FREE)
			continue;
		set_state(i, TAKEN);
		users[i] = 0; /* before the table is linked; ThreadSanitizer looks */
		*pa = pw_pa_of(world.base + i * page);
		virt = virt_of(i);
	}
	pthread_mutex_unlock(&lock);
	return virt;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	uint32_t i = (uint32_t)((pa.v - world.base) / page);

	(void)ctx;
	pthread_mutex_lock(&lock);
	EXPECT(virt == virt_of(i) && pages[i].state == TAKEN);
	set_state(i, FREE);
	pthread_mutex_unlock(&lock);
}

static void defer(void *ctx, const struct pw_env *env, struct pw_pa pa, void *virt)
{
	uint32_t i = (uint32_t)((pa.v - world.base) / page);

	(void)ctx;
	(void)env;
	pthread_mutex_lock(&lock);
	EXPECT(virt == virt_of(i) && pages[i].state == TAKEN);
	pages[i].state = WAITING;
	for (unsigned int t = 0; t < NR_THREADS; t++) {
		uint64_t now = __atomic_load_n(&passes[t], __ATOMIC_ACQUIRE);

		pages[i].goal[t] = now == UINT64_MAX ? now : now + 1;
	}
	nr_unlinked++;
	pthread_mutex_unlock(&lock);
}

static void run_plan(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	EXPECT(!pw_plan_empty(plan));
}

/* Threads ------------------------------------------------------------------------------------ */

struct thread {
	pthread_t id;
	unsigned int me;
	uint64_t random;
	uint64_t done, wrong;
	uint8_t small[NR_SMALL], blocks[NR_BLOCKS]; /* enum state, of my own */
};

static struct thread thread[NR_THREADS];

static uint64_t below(struct thread *t, uint64_t n)
{
	t->random = t->random * 6364136223846793005ull + 1442695040888963407ull;
	return (t->random >> 33) % n;
}

static void quiesce(const struct thread *t)
{
	__atomic_add_fetch(&passes[t->me], 1, __ATOMIC_RELEASE);
}

/* What @va is, as my own pages must be. */
static void look(struct thread *t, uint64_t va, unsigned int state)
{
	struct pw_translation now;
	int err = pw_translate(&world.pt, pw_va_of(va), &now);

	if (state == NOTHING)
		t->wrong += err != PW_ENOENT;
	else
		t->wrong += err || now.pa.v != va ||
			    !(now.perm & PW_PERM_W) != (state == READ_ONLY);
}

static int change(uint64_t va, uint64_t len, unsigned int state, uint32_t flags,
		  struct pw_result *res)
{
	struct pw_range range = pw_range_len(va, len);
	struct pw_change ro = { .perm_clear = world.format->no_write };
	struct pw_attr attr = world_attr(&world, PW_PERM_W);

	switch (state) {
	case WRITABLE:
		return pw_map_shared(&world.pt, range, pw_pa_of(va), &attr, flags, NULL, res);
	case READ_ONLY:
		return pw_protect_shared(&world.pt, range, &ro, 0, NULL, res);
	default:
		return pw_unmap_shared(&world.pt, range, 0, NULL, res);
	}
}

/* Until it is done: a table may just be coming or going, or there may be no page for one. */
static void change_all(struct thread *t, uint64_t va, uint64_t len, unsigned int state,
		       uint32_t flags)
{
	uint64_t end = va + len, give_up = harness.now_ms() + GIVE_UP_MS;
	struct pw_result res;
	int err;

	while ((err = change(va, end - va, state, flags, &res))) {
		if ((err != PW_EAGAIN && err != PW_ENOMEM) || harness.now_ms() > give_up) {
			t->wrong++;
			return;
		}
		t->wrong += res.where.first.v < va || res.where.last.v != end - 1;
		va = res.where.first.v;
		__atomic_add_fetch(&nr_again, 1, __ATOMIC_RELAXED);
		quiesce(t);
		sched_yield();
	}
}

static unsigned int next_state(struct thread *t, unsigned int state)
{
	if (state == NOTHING)
		return WRITABLE;
	return state == WRITABLE && below(t, 2) ? READ_ONLY : NOTHING;
}

/* Pages of one chunk: all of those that are alike become something else. */
static void change_small(struct thread *t)
{
	uint64_t chunk = below(t, NR_SMALL / CHUNK / NR_CHANGERS) * NR_CHANGERS + t->me;
	uint64_t first = chunk * CHUNK, i = below(t, CHUNK), n = 1;
	unsigned int old = t->small[first + i], now = next_state(t, old);

	while (i + n < CHUNK && t->small[first + i + n] == old)
		n++;
	change_all(t, small_at + (first + i) * page, n * page, now, 0);
	memset(&t->small[first + i], (int)now, n);
	for (i = 0; i < CHUNK; i++)
		look(t, small_at + (first + i) * page, t->small[first + i]);
}

/* What a block covers, as a block or as pages. */
static void change_block(struct thread *t)
{
	uint64_t b = below(t, NR_BLOCKS / NR_CHANGERS) * NR_CHANGERS + t->me;
	uint64_t va = blocks_at + b * block;
	unsigned int now = next_state(t, t->blocks[b]);

	change_all(t, va, block, now, below(t, 2) ? PW_MAX_LEVEL(0) : 0);
	t->blocks[b] = (uint8_t)now;
	look(t, va, now);
	look(t, va + block - page, now);
}

static void clean_up(struct thread *t)
{
	for (uint64_t i = 0; i < NR_SMALL; i++)
		if (t->small[i] != NOTHING)
			change_all(t, small_at + i * page, page, NOTHING, 0);
	for (uint64_t b = 0; b < NR_BLOCKS; b++)
		if (t->blocks[b] != NOTHING)
			change_all(t, blocks_at + b * block, block, NOTHING, 0);
}

static void *change_loop(void *arg)
{
	struct thread *t = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (below(t, 8))
			change_small(t);
		else
			change_block(t);
		t->done++;
		quiesce(t);
	}
	clean_up(t);
	__atomic_store_n(&passes[t->me], UINT64_MAX, __ATOMIC_RELEASE);
	return NULL;
}

/* Everything that is mapped is mapped to itself. */
static void *read_loop(void *arg)
{
	struct thread *t = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		for (unsigned int i = 0; i < 64; i++) {
			uint64_t va = small_at + below(t, blocks_at + NR_BLOCKS * block - small_at);
			struct pw_pa pa;
			int err = pw_translate_pa(&world.pt, pw_va_of(va), &pa);

			t->done += !err;
			t->wrong += err ? err != PW_ENOENT : pa.v != va;
		}
		quiesce(t);
	}
	__atomic_store_n(&passes[t->me], UINT64_MAX, __ATOMIC_RELEASE);
	return NULL;
}

/* -------------------------------------------------------------------------------------------- */

static bool prepare(const struct world_format *format, bool hooked)
{
	struct world_options o = {
		.hooked = hooked, .reshape = true, .flags = PW_TABLE_LIVE, .nr_pages = NR_PAGES
	};

	if (!world_open(&world, format, &o))
		return false;
	world.unobserved = true;
	page = world_page_bytes(&world);
	block = pw_table_leaf_size(&world.pt, 1);
	/* the small ones over a border between two tables */
	small_at = block - NR_SMALL / 2 * page;
	blocks_at = 2 * block;
	world.env.get_table = get_table;
	world.env.put_table = put_table;
	world.env.table_users = table_users;
	world.exec.run = run_plan;
	world.exec.free_after_grace = defer;
	memset(pages, 0, sizeof(pages));
	memset(users, 0, sizeof(users));
	memset(passes, 0, sizeof(passes));
	memset(thread, 0, sizeof(thread));
	stop = false;
	nr_again = nr_unlinked = 0;
	return true;
}

static void changers(const struct world_format *format, bool hooked)
{
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 8, wrong = 0;
	bool idle = false;

	if (!prepare(format, hooked))
		return;
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread[i].me = i;
		thread[i].random = harness_random();
		EXPECT_EQ(pthread_create(&thread[i].id, NULL,
					 i < NR_CHANGERS ? change_loop : read_loop, &thread[i]),
			  0);
	}
	while (harness.now_ms() < end)
		sched_yield();
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		EXPECT_EQ(pthread_join(thread[i].id, NULL), 0);
		wrong += thread[i].wrong;
		idle |= !thread[i].done;
	}
	EXPECT_EQ(wrong, 0);
	EXPECT(!idle);
	EXPECT(nr_unlinked > 0);
	for (uint32_t i = world.root_pages; i < NR_PAGES; i++)
		EXPECT(pages[i].state != TAKEN);
	EXPECT_EQ(world.violations, 0);
	EXPECT_EQ(world.asserts, 0);
	world_close(&world);
}

TEST(changers_arm64_direct)
{
	changers(&world_formats[WORLD_ARM64], false);
}

TEST(changers_arm64_hooked)
{
	changers(&world_formats[WORLD_ARM64], true);
}

TEST(changers_lpa2)
{
	changers(&world_formats[WORLD_LPA2], false);
}

TEST(changers_16k)
{
	changers(&world_formats[WORLD_16K], false);
}
