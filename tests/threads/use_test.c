/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Hardware that marks pages, in threads of its own, beside pw_test_and_clear(), for ThreadSanitizer
 * and by itself. Each time that a mark is set in an entry that had none is counted by who set it,
 * and each time that one is found by who found it: in the end the two agree, page by page. A mark
 * that was lost would be missing, one that was found twice too much.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../env/env.h"
#include "../harness/harness.h"

#define NR_CPUS	 2
#define NR_PAGES 24u

struct cpu {
	pthread_t thread;
	uint64_t random;
	uint64_t set[2][NR_PAGES]; /* marks that were set: accessed, dirty; by page */
};

static struct world w;
static struct cpu cpu[NR_CPUS];
static uint64_t *slots; /* of the pages */
/* Accessed and dirty: the bit, and its value when that is so. */
static uint64_t mask[2], value[2];
static uint64_t found[2][NR_PAGES];
static bool stop;

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 20;
}

/* What the walker of a CPU does: one mark, by one atomic exchange. Each bit by itself, so that one
   is written while the other is looked at. */
static void *mark(void *arg)
{
	struct cpu *c = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		uint64_t r = next_random(&c->random), page = r / 2 % NR_PAGES;
		uint64_t *slot = slots + page, e = __atomic_load_n(slot, __ATOMIC_RELAXED);
		unsigned int what = r & 1;

		if ((e & mask[what]) == value[what])
			continue;
		if (__atomic_compare_exchange_n(slot, &e, (e & ~mask[what]) | value[what], false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			c->set[what][page]++;
	}
	return NULL;
}

static void count(void *ctx, const struct pw_use *use)
{
	uint64_t page = (use->range.first.v - w.pt.first.v) / world_page_bytes(&w);

	(void)ctx;
	if (!EXPECT(page < NR_PAGES))
		return;
	found[0][page] += !!(use->what & PW_ATTR_ACCESSED);
	found[1][page] += !!(use->what & PW_ATTR_DIRTY);
}

static int look(uint64_t first, uint64_t nr, uint32_t what)
{
	uint64_t page = world_page_bytes(&w);

	return pw_test_and_clear(&w.pt, pw_range_len(w.pt.first.v + first * page, nr * page), what,
				 0, count, NULL, NULL, NULL);
}

/* Pages that were not written to yet; and what it looks like when they are. */
static bool prepare(void)
{
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	struct pw_range range = pw_range_len(w.pt.first.v, NR_PAGES * world_page_bytes(&w));
	struct pw_translation t;
	uint64_t was, looks;

	attr.flags |= w.format->flags & (PW_ATTR_DIRTY | PW_ATTR_DBM);
	if (!EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(0), &attr, PW_MAX_LEVEL(0), NULL, NULL), 0) ||
	    !EXPECT_EQ(pw_translate(&w.pt, range.first, &t), 0))
		return false;
	slots = world_virt(&w, t.step[t.nr_steps - 1].entry_pa.v, 8);
	for (looks = 0; looks < 2; looks++) {
		was = slots[0];
		EXPECT_EQ(look(0, NR_PAGES, looks ? PW_ATTR_DIRTY : PW_ATTR_ACCESSED), 0);
		mask[looks] = was ^ slots[0];
		value[looks] = was & mask[looks];
	}
	memset(found, 0, sizeof(found));
	return EXPECT(mask[0] && mask[1]);
}

static void run(const struct world_format *format, bool hooked)
{
	struct world_options o = { .hooked = hooked,
				   .reshape = true,
				   .flags = PW_TABLE_LIVE,
				   .pa_base = 1ull << 40,
				   .caps = PW_CAP_HAF | PW_CAP_HD };
	static const uint32_t what[] = { PW_ATTR_ACCESSED, PW_ATTR_DIRTY,
					 PW_ATTR_ACCESSED | PW_ATTR_DIRTY };
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 8, sum = 0;

	if (!world_open(&w, format, &o))
		return;
	w.unobserved = true;
	if (!prepare())
		return;
	stop = false;
	memset(cpu, 0, sizeof(cpu));
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		cpu[i].random = harness_random();
		EXPECT_EQ(pthread_create(&cpu[i].thread, NULL, mark, &cpu[i]), 0);
	}
	do {
		uint64_t first = harness_below(NR_PAGES);

		EXPECT_EQ(look(first, 1 + harness_below(NR_PAGES - first), what[harness_below(3)]),
			  0);
	} while (harness.now_ms() < end);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		EXPECT_EQ(pthread_join(cpu[i].thread, NULL), 0);
	EXPECT_EQ(look(0, NR_PAGES, what[2]), 0);
	for (unsigned int i = 0; i < 2 * NR_PAGES; i++) {
		unsigned int page = i / 2;

		harness_note("page", page);
		EXPECT_EQ(found[i % 2][page], cpu[0].set[i % 2][page] + cpu[1].set[i % 2][page]);
		sum += found[i % 2][page];
	}
	EXPECT(sum > NR_PAGES);
	EXPECT_EQ(w.violations, 0);
	EXPECT_EQ(w.asserts, 0);
	world_close(&w);
}

TEST(no_mark_is_lost_arm64)
{
	run(&world_formats[WORLD_ARM64], false);
}

TEST(no_mark_is_lost_arm64_hooked)
{
	run(&world_formats[WORLD_ARM64], true);
}

TEST(no_mark_is_lost_x86)
{
	run(&world_formats[WORLD_X86_64], false);
}

TEST(no_mark_is_lost_riscv)
{
	run(&world_formats[WORLD_RISCV64], false);
}
