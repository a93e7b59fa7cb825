/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A small arena and handles over it, for the RISC-V tests: 64 pages that pose as physical memory
 * from RV_BASE on, the first four of which are the root, driven by the direct or the hooked
 * instance. Pages are handed out with something in them that passes for valid entries.
 */
#ifndef PW_TESTS_RISCV_ENV_H
#define PW_TESTS_RISCV_ENV_H

#include <pagewalk/pagewalk.h>
#include <string.h>

#include "../harness/harness.h"

#define RV_PAGES 64u
#define RV_BASE	 0x80000000ull

/* Entries as the privileged specification writes them, bit by bit. */
#define V	  0x001ull
#define R	  0x002ull
#define W	  0x004ull
#define X	  0x008ull
#define U	  0x010ull
#define G	  0x020ull
#define A	  0x040ull
#define D	  0x080ull
#define PPN(n)	  ((uint64_t)(n) << 10)
#define PBMT_NC	  (1ull << 61)
#define PBMT_IO	  (2ull << 61)
#define N	  (1ull << 63)
#define ALL_RVEXT (PW_CAP_SVNAPOT | PW_CAP_SVPBMT | PW_CAP_SVRSW60T59B)

struct rv {
	bool hooked;
	bool g;
	struct pw_env env;
	struct pw_table pt;
	uint64_t *mem; /* RV_PAGES pages */
	bool taken[RV_PAGES];
	unsigned int balance; /* pages handed out */
	unsigned int stores;  /* hooked: by the engine */
};

static inline void *rv_get_table(void *ctx, struct pw_pa *pa)
{
	struct rv *rv = ctx;

	for (unsigned int page = 4; page < RV_PAGES; page++) {
		uint64_t *t = rv->mem + page * 512u;

		if (rv->taken[page])
			continue;
		rv->taken[page] = true;
		rv->balance++;
		pa->v = RV_BASE + page * 4096u;
		for (unsigned int i = 0; i < 512; i++)
			t[i] = PPN(0xbad000u + i) | V | R | A;
		return t;
	}
	return NULL;
}

static inline void rv_put_table(void *ctx, struct pw_pa pa, void *virt)
{
	struct rv *rv = ctx;
	uint64_t page = (pa.v - RV_BASE) / 4096u;

	if (EXPECT(page >= 4 && page < RV_PAGES && rv->taken[page])) {
		EXPECT(virt == rv->mem + page * 512u);
		rv->taken[page] = false;
		rv->balance--;
	}
}

static inline void *rv_phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	struct rv *rv = ctx;

	if (pa.v < RV_BASE || pa.v + len > RV_BASE + RV_PAGES * 4096u)
		return NULL;
	return rv->mem + (pa.v - RV_BASE) / 8u;
}

static inline uint64_t rv_load(void *ctx, const uint64_t *slot)
{
	(void)ctx;
	return *slot;
}

static inline void rv_store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	(void)order;
	((struct rv *)ctx)->stores++;
	*slot = val;
}

static inline bool rv_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	(void)ctx, (void)slot, (void)old, (void)val;
	EXPECT(!"compare-and-swap on an inactive table");
	return false;
}

static inline void rv_assert(void *ctx, unsigned int bug)
{
	(void)ctx;
	EXPECT_EQ(bug, 0);
}

/* What pw_table_init() is to be asked; the caller may change it. */
static inline struct pw_table_config rv_config(const struct rv *rv, uint32_t va_bits,
					       uint32_t flags, uint32_t caps)
{
	return (struct pw_table_config){
		.size = sizeof(struct pw_table_config),
		.flags = flags,
		.instance = rv->g      ? rv->hooked ? &pw_riscv64_g_hooked : &pw_riscv64_g_direct :
			    rv->hooked ? &pw_riscv64_hooked :
					 &pw_riscv64_direct,
		.env = &rv->env,
		.root = { RV_BASE },
		.va_bits = va_bits,
		.caps = { .flags = caps },
	};
}

/* An empty arena; no handle yet. */
static inline void rv_arena(struct rv *rv, bool g, bool hooked)
{
	static _Alignas(16384) uint64_t memory[RV_PAGES * 512u];

	memset(rv, 0, sizeof(*rv));
	memset(memory, 0, sizeof(memory));
	rv->hooked = hooked;
	rv->g = g;
	rv->mem = memory;
	rv->env = (struct pw_env){
		.size = sizeof(rv->env),
		.ctx = rv,
		.phys_offset = (uint64_t)(uintptr_t)memory - RV_BASE,
		.mem_first = { RV_BASE },
		.mem_last = { RV_BASE + RV_PAGES * 4096u - 1u },
		.get_table = rv_get_table,
		.put_table = rv_put_table,
		.assert_fail = rv_assert,
	};
	if (hooked) {
		rv->env.phys_to_virt = rv_phys_to_virt;
		rv->env.load = rv_load;
		rv->env.store = rv_store;
		rv->env.cas = rv_cas;
	}
}

static inline bool rv_open(struct rv *rv, bool g, bool hooked, uint32_t va_bits, uint32_t flags,
			   uint32_t caps)
{
	struct pw_table_config cfg;

	rv_arena(rv, g, hooked);
	cfg = rv_config(rv, va_bits, flags, caps);
	return EXPECT_EQ(pw_table_init(&rv->pt, &cfg), 0);
}

/* The table at @pa. */
static inline uint64_t *rv_table(struct rv *rv, uint64_t pa)
{
	return rv->mem + (pa - RV_BASE) / 8u;
}

/* The slot that decides about @va, which the handle must have an entry for at @level. */
static inline uint64_t *rv_slot(struct rv *rv, uint64_t va, unsigned int level)
{
	struct pw_translation t;

	(void)!pw_translate(&rv->pt, pw_va_of(va), &t);
	if (!EXPECT(t.nr_steps) || !EXPECT_EQ(t.step[t.nr_steps - 1].level, level))
		return rv->mem;
	return rv_table(rv, t.step[t.nr_steps - 1].entry_pa.v);
}

/* Tables by hand down to level 0 for @va: its slot. */
static inline uint64_t *rv_tables_to(struct rv *rv, uint64_t va, unsigned int level)
{
	uint64_t ia = va - rv->pt.first.v, *t = rv->mem;
	unsigned int l = (unsigned int)rv->pt.levels - 1u;
	uint64_t i = rv->pt.root_skip + (ia >> (12u + 9u * l));

	for (; l > level; l--) {
		struct pw_pa pa = { 0 };
		uint64_t *below;

		if (t[i] & V) {
			below = rv_table(rv, (t[i] >> 10) << 12);
		} else {
			below = rv_get_table(rv, &pa);
			if (!EXPECT(below != NULL))
				return rv->mem;
			memset(below, 0, 4096);
			t[i] = PPN(pa.v >> 12) | V;
		}
		t = below;
		i = ia >> (12u + 9u * (l - 1u)) & 511u;
	}
	return t + i;
}

#endif
