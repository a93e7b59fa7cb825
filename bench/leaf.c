/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * One operation over 262144 pages (1 GiB of 4K pages), R times, by the library or by the limit
 * loop: a plain scalar loop over the very same 512 tables, which knows where they are and asks for
 * nothing.
 *
 *     leaf OP WHO ROUNDS      OP: map, protect, iterate, translate, unmap; WHO: library, limit, or
 *                             a format, for the library with that one (map, protect, iterate)
 *
 * bench/instructions counts instructions per entry as the difference of two runs under callgrind,
 * so that set-up does not count; `leaf time` prints medians of interleaved rounds.
 */
#include <pagewalk/arm64.h>
#include <pagewalk/pagewalk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GIB	  (1ull << 30)
#define NR_PAGES  (GIB >> 12)
#define NR_CALLS  4096u		    /* of "page" */
#define NR_TABLES (NR_PAGES / 512u) /* of arm64 4K; no format has more */
#define VA_BASE	  0xffff800000000000ull
#define PA_BASE	  0x40000000ull
#define DATA_PA	  0x880000000ull
#define ARENA	  (8ull << 20)

/* What is particular to a format here. */
static const struct format {
	const char *name;
	const struct pw_instance *instance;
	uint32_t page_lg2, va_bits;
	bool upper;
	uint64_t mair;
} formats[] = {
	{ "arm64-4k", &pw_arm64_4k_direct, 12, 48, true, 0xff },
	{ "arm64-4k-lpa2", &pw_arm64_4k_lpa2_direct, 12, 48, true, 0xff },
	{ "arm64-16k", &pw_arm64_16k_direct, 14, 48, true, 0xff },
	{ "arm64-16k-lpa2", &pw_arm64_16k_lpa2_direct, 14, 48, true, 0xff },
	{ "arm64-64k", &pw_arm64_64k_direct, 16, 48, true, 0xff },
	{ "arm64-64k-lpa", &pw_arm64_64k_lpa_direct, 16, 48, true, 0xff },
	{ "arm64-s2-4k", &pw_arm64_s2_4k_direct, 12, 48, false, 0 },
	{ "arm64-s2-4k-lpa2", &pw_arm64_s2_4k_lpa2_direct, 12, 48, false, 0 },
	{ "arm64-s2-16k", &pw_arm64_s2_16k_direct, 14, 48, false, 0 },
	{ "arm64-s2-64k", &pw_arm64_s2_64k_direct, 16, 48, false, 0 },
	{ "x86-64", &pw_x86_64_direct, 12, 48, true, 0x06 },
	{ "ept", &pw_ept_direct, 12, 48, false, 0 },
	{ "riscv64", &pw_riscv64_direct, 12, 48, true, 0 },
	{ "riscv64-g", &pw_riscv64_g_direct, 12, 50, false, 0 },
};
#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct format *format = &formats[0];
static uint64_t va_base;
static char *arena;
static uint64_t arena_used;
static uint64_t *free_list;
static struct pw_env env;
static struct pw_table pt;
static struct pw_arm64_counter counter;
static uint64_t *leaf_table[NR_TABLES];
static uint64_t first_leaf;
static volatile uint64_t sink;

static uint64_t page_bytes(void)
{
	return 1ull << format->page_lg2;
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	void *page = free_list;

	(void)ctx;
	if (free_list) {
		free_list = (uint64_t *)(uintptr_t)free_list[0];
	} else {
		if (arena_used == ARENA)
			return NULL;
		page = arena + arena_used;
		arena_used += page_bytes();
	}
	pa->v = PA_BASE + (uint64_t)((char *)page - arena);
	return page;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)pa;
	((uint64_t *)virt)[0] = (uint64_t)(uintptr_t)free_list;
	free_list = virt;
}

static struct pw_attr attr = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
	.memtype = PW_MEM_NORMAL,
	.share = PW_SHARE_INNER,
};
static const struct pw_change changes[2] = { { .perm_clear = PW_PERM_W },
					     { .perm_set = PW_PERM_W } };

static void must(int err)
{
	if (err) {
		fprintf(stderr, "leaf: %s\n", pw_strerror(err));
		exit(3);
	}
}

static struct pw_range whole(void)
{
	return pw_range_len(va_base, NR_PAGES << format->page_lg2);
}

static void map_all(void)
{
	must(pw_map(&pt, whole(), pw_pa_of(DATA_PA), &attr, PW_MAX_LEVEL(0), NULL, NULL));
}

static void set_up(void)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = format->upper ? PW_TABLE_UPPER : 0,
		.instance = format->instance,
		.env = &env,
		.va_bits = format->va_bits,
		.mair = format->mair,
	};
	uint64_t i, bytes = 1ull << 16; /* of the largest root */
	void *root;

	arena = aligned_alloc(bytes, ARENA);
	if (!arena)
		exit(3);
	env.size = sizeof(env);
	env.phys_offset = (uint64_t)(uintptr_t)arena - PA_BASE;
	env.get_table = get_table;
	env.put_table = put_table;
	root = get_table(NULL, &cfg.root);
	arena_used = bytes;
	memset(root, 0, bytes);
	if (format->instance == &pw_ept_direct || format->instance == &pw_riscv64_g_direct)
		attr.flags &= ~(uint32_t)PW_ATTR_GLOBAL;
	va_base = format->upper ? VA_BASE : 0;
	pw_arm64_counter_init(&counter);
	cfg.exec = &counter.e.x;
	must(pw_table_init(&pt, &cfg));
	map_all();
	for (i = 0;
	     i < NR_TABLES && i << (2u * format->page_lg2 - 3u) < NR_PAGES << format->page_lg2;
	     i++) {
		struct pw_translation t;

		must(pw_translate(&pt, pw_va_of(va_base + (i << (2u * format->page_lg2 - 3u))),
				  &t));
		leaf_table[i] = (uint64_t *)(uintptr_t)(t.step[t.nr_steps - 1].entry_pa.v +
							env.phys_offset);
	}
	first_leaf = leaf_table[0][0];
}

/*
 * The limit loops. Entries are read and written with relaxed atomics, as any code must that a
 * table walker runs beside; each checks what the operation must check and no more.
 */
#define LOAD(p)	    __atomic_load_n((p), __ATOMIC_RELAXED)
#define STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

static void limit_map(void)
{
	uint64_t e = first_leaf, i, j;

	for (i = 0; i < NR_TABLES; i++) {
		uint64_t *t = leaf_table[i];

		for (j = 0; j < 512; j++) {
			if (LOAD(&t[j]))
				return;
			STORE(&t[j], e);
			e += 4096;
		}
	}
}

static void limit_protect(uint64_t clear, uint64_t set)
{
	uint64_t i, j;

	for (i = 0; i < NR_TABLES; i++) {
		uint64_t *t = leaf_table[i];

		for (j = 0; j < 512; j++) {
			uint64_t e = LOAD(&t[j]);

			if (e & 1)
				STORE(&t[j], (e & ~clear) | set);
		}
	}
}

static void limit_iterate(void)
{
	uint64_t i, j, nr = 0;

	for (i = 0; i < NR_TABLES; i++) {
		const uint64_t *t = leaf_table[i];

		for (j = 0; j < 512; j++)
			nr += LOAD(&t[j]) & 1;
	}
	sink = nr;
}

static void limit_unmap(void)
{
	uint64_t i, j;

	for (i = 0; i < NR_TABLES; i++) {
		uint64_t *t = leaf_table[i];

		for (j = 0; j < 512; j++) {
			if (LOAD(&t[j]) & 1)
				STORE(&t[j], 0);
		}
	}
}

static void limit_translate(void)
{
	const uint64_t *root = (uint64_t *)(uintptr_t)(pt.root.v + env.phys_offset);
	uint64_t i, va = VA_BASE, sum = 0;

	for (i = 0; i < NR_PAGES; i++) {
		const uint64_t *t = root;
		uint64_t e = 0;
		int shift;

		va = VA_BASE + (va * 0x9e3779b97f4a7c15ull & (GIB - 1));
		for (shift = 39; shift >= 12; shift -= 9) {
			e = LOAD(&t[va >> shift & 511]);
			if ((e & 3) != 3)
				break;
			t = (const uint64_t *)(uintptr_t)((e & 0xfffffffff000) + env.phys_offset);
		}
		sum += (e & 0xfffffffff000) | (va & 4095);
	}
	sink = sum;
}

static void lib_iterate(void)
{
	struct pw_iter it;
	struct pw_run run;
	uint64_t nr = 0;

	must(pw_iter_init(&it, &pt, whole(), PW_WANT_LEAVES, 0));
	while (pw_iter_next(&it, &run) > 0)
		nr += run.nr;
	if (nr != NR_PAGES)
		exit(3);
	sink = nr;
}

static void lib_translate(void)
{
	uint64_t i, va = VA_BASE, sum = 0;
	struct pw_pa pa;

	for (i = 0; i < NR_PAGES; i++) {
		va = VA_BASE + (va * 0x9e3779b97f4a7c15ull & (GIB - 1));
		must(pw_arm64_4k_direct_lookup(&pt, pw_va_of(va), &pa));
		sum += pa.v;
	}
	sink = sum;
}

/*
 * What an operation needs to find. It stays outside run(), which is all that is counted or timed:
 * what clearing costs depends on which memset() the C library takes for a CPU.
 */
/* A page by itself, as many calls as make one table's start and its end, and some tables. */
static void lib_pages(const struct pw_change *c)
{
	struct pw_result res;
	uint64_t i;

	for (i = 0; i < NR_CALLS; i++) {
		must(pw_protect(&pt, pw_range_len(va_base + (i << format->page_lg2), page_bytes()),
				c, 0, NULL, &res));
		if (res.nr_entries != 1)
			exit(3);
	}
}

static void prepare(const char *op)
{
	uint64_t i;

	if (!strcmp(op, "unmap")) {
		map_all();
		return;
	}
	if (strcmp(op, "map") != 0)
		return;
	for (i = 0; i < NR_TABLES && leaf_table[i]; i++)
		memset(leaf_table[i], 0, page_bytes());
}

static int __attribute__((noinline)) run(const char *op, int library, unsigned int round)
{
	const struct pw_change *c = &changes[round & 1];
	struct pw_result res;

	if (!strcmp(op, "map")) {
		if (library)
			map_all();
		else
			limit_map();
	} else if (!strcmp(op, "protect")) {
		if (library) {
			must(pw_protect(&pt, whole(), c, 0, NULL, &res));
			if (res.nr_entries != NR_PAGES)
				exit(3);
		} else {
			limit_protect(round & 1 ? 0x80 : 0, round & 1 ? 0 : 0x80);
		}
	} else if (!strcmp(op, "page") && library) {
		lib_pages(c);
	} else if (!strcmp(op, "iterate")) {
		if (library)
			lib_iterate();
		else
			limit_iterate();
	} else if (!strcmp(op, "translate")) {
		if (library)
			lib_translate();
		else
			limit_translate();
	} else if (!strcmp(op, "unmap")) {
		if (library)
			must(pw_unmap(&pt, whole(), PW_KEEP_TABLES, NULL, &res));
		else
			limit_unmap();
	} else {
		return 2;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double once(const char *op, int library, unsigned int round)
{
	struct timespec a, b;

	prepare(op);
	clock_gettime(CLOCK_MONOTONIC, &a);
	run(op, library, round);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
	       (double)NR_PAGES;
}

static int times(void)
{
	static const char *const ops[] = { "map", "protect", "iterate", "translate" };
	double lib[15], limit[15];
	unsigned int i, r;

	printf("%-10s %10s %10s %7s\n", "", "library", "limit", "ratio");
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		for (r = 0; r < 15; r++) {
			lib[r] = once(ops[i], 1, 2 * r);
			limit[r] = once(ops[i], 0, 2 * r + 1);
		}
		qsort(lib, 15, sizeof(*lib), compare);
		qsort(limit, 15, sizeof(*limit), compare);
		printf("%-10s %7.2f ns %7.2f ns %7.2f\n", ops[i], lib[7], limit[7],
		       lib[7] / limit[7]);
	}
	return 0;
}

static void choose(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			format = &formats[i];
}

int main(int argc, char **argv)
{
	unsigned int r, rounds;

	if (argc == 4)
		choose(argv[2]);
	set_up();
	if (argc == 2 && !strcmp(argv[1], "time"))
		return times();
	if (argc != 4) {
		fprintf(stderr, "usage: leaf time | leaf OP library|limit|FORMAT ROUNDS\n");
		return 2;
	}
	rounds = (unsigned int)atoi(argv[3]);
	for (r = 0; r < rounds; r++) {
		prepare(argv[1]);
		if (run(argv[1], strcmp(argv[2], "limit") != 0, r))
			return 2;
	}
	return 0;
}
