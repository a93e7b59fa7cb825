/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the tests of the arm64 formats share: the formats as the manual has them, in numbers of the
 * tests' own, and a handle over an arena of host memory that poses as physical memory.
 */
#ifndef PW_TESTS_UNIT_ARM64_ARENA_H
#define PW_TESTS_UNIT_ARM64_ARENA_H

#include <pagewalk/arm64.h>
#include <pagewalk/pagewalk.h>

#include <string.h>

#include "../harness/harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Where bits above [47] of an output address are: PA[first] at entry bit @at, and so on. */
struct high_bits {
	unsigned int first, at, nr;
};

struct arm64_format {
	const char *name;
	const struct pw_instance *inst[2]; /* direct, hooked */
	unsigned int page, index;	   /* granule and bits of an index, powers of two */
	unsigned int max_levels, leaf_levels;
	unsigned int min_va, max_va, pa_bits;
	struct high_bits high;
	unsigned int contig[4]; /* entries of a group by level, as a power of two */
	uint64_t leaf_res0[4];	/* by level */
	uint64_t table_res0;
};

/* The arena: up to 16 root tables of 64K, and tables behind them. */
#define ARENA_BYTES (4u << 20)
#define MAIR	    0x0000bb00f04404ffull

static uint64_t arena[ARENA_BYTES / 8] __attribute__((aligned(1 << 20)));

static struct {
	const struct arm64_format *f;
	bool hooked;
	uint64_t base; /* physical address of the arena */
	uint64_t next; /* of it, handed out so far */
	uint32_t balance;
	struct pw_env env;
	struct pw_table_config cfg;
	struct pw_table pt;
	struct pw_arm64_counter counter;
} a;

static void *arena_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	uint64_t at = pa.v - a.base;

	(void)ctx;
	return at < ARENA_BYTES && len <= ARENA_BYTES - at ? (uint8_t *)arena + at : NULL;
}

static uint64_t arena_load(void *ctx, const uint64_t *slot)
{
	(void)ctx;
	return *slot;
}

static void arena_store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	(void)ctx, (void)order;
	*slot = val;
}

static bool arena_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	(void)ctx;
	if (*slot != *old) {
		*old = *slot;
		return false;
	}
	*slot = val;
	return true;
}

static void *arena_get(void *ctx, struct pw_pa *pa)
{
	uint8_t *page = (uint8_t *)arena + a.next;
	uint64_t bytes = 1ull << a.f->page;

	(void)ctx;
	if (a.next + bytes > ARENA_BYTES)
		return NULL;
	memset(page, 0xa5, bytes);
	pa->v = a.base + a.next;
	a.next += bytes;
	a.balance++;
	return page;
}

static void arena_put(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)pa, (void)virt;
	a.balance--;
}

/*
 * A handle over an empty root at the arena's start. @base: 0 puts the arena where output addresses
 * end. The caller may have set a.cfg's regime, caps, levels and the like before: arena_reset().
 */
static void arena_reset(const struct arm64_format *f, bool hooked, unsigned int va_bits)
{
	memset(&a, 0, sizeof(a));
	memset(arena, 0, sizeof(arena));
	a.f = f;
	a.hooked = hooked;
	a.base = (1ull << f->pa_bits) - ARENA_BYTES;
	pw_arm64_counter_init(&a.counter);
	a.env = (struct pw_env){
		.size = sizeof(a.env),
		.phys_offset = (uint64_t)(uintptr_t)arena - a.base,
		.mem_first = { a.base },
		.mem_last = { a.base + ARENA_BYTES - 1 },
		.get_table = arena_get,
		.put_table = arena_put,
	};
	if (hooked) {
		a.env.phys_to_virt = arena_virt;
		a.env.load = arena_load;
		a.env.store = arena_store;
		a.env.cas = arena_cas;
	}
	a.cfg = (struct pw_table_config){
		.size = sizeof(a.cfg),
		.instance = f->inst[hooked],
		.env = &a.env,
		.exec = &a.counter.e.x,
		.root = { a.base },
		.va_bits = va_bits,
		.mair = MAIR,
	};
}

static bool arena_init(void)
{
	if (!EXPECT_EQ(pw_table_init(&a.pt, &a.cfg), 0))
		return false;
	a.next = pw_table_root_size(&a.pt);
	if (a.next < 1ull << a.f->page)
		a.next = 1ull << a.f->page;
	return true;
}

static inline bool arena_open(const struct arm64_format *f, bool hooked, unsigned int va_bits)
{
	arena_reset(f, hooked, va_bits);
	return arena_init();
}

static unsigned int shift_of(const struct arm64_format *f, unsigned int level)
{
	return f->page + level * f->index;
}

/* An output address as an entry has it, bit by bit. */
static uint64_t manual_addr(const struct arm64_format *f, uint64_t pa)
{
	uint64_t e = 0;

	for (unsigned int bit = 0; bit < 52; bit++) {
		unsigned int at = bit;

		if (f->high.nr && bit >= f->high.first && bit < f->high.first + f->high.nr)
			at = bit - f->high.first + f->high.at;
		if (pa >> bit & 1)
			e |= 1ull << at;
	}
	return e;
}

/* The slot of @level that stands for offset @at, by hand; NULL where there is no table. */
static uint64_t *arena_slot(uint64_t at, unsigned int level)
{
	unsigned int l = (unsigned int)a.pt.levels - 1;
	uint64_t *table = arena, i = at >> shift_of(a.f, l);

	for (; l > level; l--) {
		uint64_t e = table[i], pa = 0;

		if ((e & 3) != 3)
			return NULL;
		for (unsigned int bit = a.f->page; bit < a.f->pa_bits; bit++)
			if (manual_addr(a.f, 1ull << bit) & e)
				pa |= 1ull << bit;
		table = arena_virt(NULL, pw_pa_of(pa), 1u << a.f->page);
		if (!EXPECT(table))
			return NULL;
		i = at >> shift_of(a.f, l - 1) & ((1ull << a.f->index) - 1);
	}
	return &table[i];
}

#define LPA2_HIGH        \
	{                \
		50, 8, 2 \
	}
#define LPA_HIGH          \
	{                 \
		48, 12, 4 \
	}

#endif
