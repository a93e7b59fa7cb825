/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The engine on live tables: map, protect and unmap with real instructions, each checked by an
 * access. The root is the upper half that the CPU walks.
 */
#include "board.h"

#include "../../harness/harness.h"

#define VA	  0xffffff8040000000ull
#define NR_TABLES 16
#define NR_PAGES  8

static uint64_t pool[NR_TABLES][512] __attribute__((aligned(4096)));
static uint64_t data[NR_PAGES][512] __attribute__((aligned(4096)));
static uint32_t in_use; /* one bit for each table of the pool */
static struct pw_env env;
static struct pw_table pt;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	for (unsigned int i = 0; i < NR_TABLES; i++) {
		if (in_use & 1u << i)
			continue;
		in_use |= 1u << i;
		pa->v = (uint64_t)(uintptr_t)pool[i];
		return pool[i];
	}
	return NULL;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	uint64_t i = (pa.v - (uint64_t)(uintptr_t)pool) / sizeof(pool[0]);

	(void)ctx;
	EXPECT(virt == pool[i]);
	in_use &= ~(1u << i);
}

static void setup(void)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE | PW_TABLE_UPPER,
		.instance = &pw_arm64_4k_direct,
		.env = &env,
		.exec = &metal_exec.x,
		.root = { (uint64_t)(uintptr_t)metal_upper },
		.va_bits = METAL_VA_BITS,
		.any_asid = 1,
		.mair = 0x00ff,
	};

	env = (struct pw_env){ .size = sizeof(env),
			       .get_table = get_table,
			       .put_table = put_table };
	EXPECT_EQ(pw_table_init(&pt, &cfg), 0);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		data[i][0] = 0x1000 + i;
}

static const struct pw_attr rw = {
	.perm = PW_PERM_R | PW_PERM_W,
	.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
	.memtype = PW_MEM_NORMAL,
	.share = PW_SHARE_INNER,
};
static const struct pw_change ro = { .perm_clear = PW_PERM_W };

static struct pw_range pages(uint64_t first, uint64_t nr)
{
	return pw_range_len(VA + first * 4096, nr * 4096);
}

TEST(engine_map_protect_unmap_live)
{
	uint64_t val = 0;

	setup();
	EXPECT_EQ(metal_read(VA, &val), METAL_TRANSLATION_0 + 1);
	EXPECT_EQ(pw_map(&pt, pages(0, NR_PAGES), pw_pa_of((uint64_t)(uintptr_t)data), &rw, 0, NULL,
			 NULL),
		  0);
	for (uint64_t i = 0; i < NR_PAGES; i++) {
		EXPECT_EQ(metal_read(VA + i * 4096, &val), METAL_NO_FAULT);
		EXPECT_EQ(val, 0x1000 + i);
		EXPECT_EQ(metal_write(VA + i * 4096, 0x1000 + i), METAL_NO_FAULT);
	}
	EXPECT_EQ(pw_protect(&pt, pages(2, 3), &ro, 0, NULL, NULL), 0);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		EXPECT_EQ(metal_write(VA + i * 4096, 0x1000 + i),
			  i >= 2 && i < 5 ? METAL_PERMISSION_0 + 3 : METAL_NO_FAULT);
	EXPECT_EQ(pw_unmap(&pt, pages(0, 1), 0, NULL, NULL), 0);
	EXPECT_EQ(metal_read(VA, &val), METAL_TRANSLATION_0 + 3);
	EXPECT_EQ(metal_read(VA + 4096, &val), METAL_NO_FAULT);
	EXPECT_EQ(pw_unmap(&pt, pages(0, NR_PAGES), 0, NULL, NULL), 0);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		EXPECT(metal_read(VA + i * 4096, &val) != METAL_NO_FAULT);
	EXPECT_EQ(in_use, 0);
}

/* In lazy MMU mode the changes wait for one commit. */
TEST(engine_lazy_batch_live)
{
	struct pw_flush slots[NR_PAGES];
	struct pw_gather g;
	uint64_t val = 0;

	setup();
	EXPECT_EQ(pw_gather_init(&g, &metal_exec.x, slots, NR_PAGES), 0);
	pw_lazy_enable(&g, &env);
	EXPECT_EQ(pw_map(&pt, pages(0, NR_PAGES), pw_pa_of((uint64_t)(uintptr_t)data), &rw, 0, &g,
			 NULL),
		  0);
	pw_lazy_disable(&g, &env);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		EXPECT_EQ(metal_write(VA + i * 4096, i), METAL_NO_FAULT);
	pw_lazy_enable(&g, &env);
	metal_counts = (struct pw_arm64_counts){ 0 };
	for (uint64_t i = 0; i < NR_PAGES; i += 2)
		EXPECT_EQ(pw_protect(&pt, pages(i, 1), &ro, 0, &g, NULL), 0);
	EXPECT_EQ(metal_counts.isb, 0);
	EXPECT(pw_gather_owes(&g));
	pw_lazy_disable(&g, &env);
	EXPECT_EQ(metal_counts.tlbi, NR_PAGES / 2);
	EXPECT_EQ(metal_counts.dsb_ish, 1); /* one completion for all of them */
	for (uint64_t i = 0; i < NR_PAGES; i++)
		EXPECT_EQ(metal_write(VA + i * 4096, i),
			  i % 2 ? METAL_NO_FAULT : METAL_PERMISSION_0 + 3);
	EXPECT_EQ(pw_unmap(&pt, pages(0, NR_PAGES), 0, NULL, NULL), 0);
	EXPECT(metal_read(VA, &val) != METAL_NO_FAULT);
	EXPECT_EQ(in_use, 0);
}
