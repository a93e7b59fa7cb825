/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A new table is linked by a store with release order, after each of its slots was written: a
 * walker that follows the link must never find what the page held before (rule A64-PUB-1).
 */
#include <pagewalk/arm64.h>
#include <pagewalk/pagewalk.h>

#include "../harness/harness.h"

#define NR_PAGES 8u
#define PA_BASE	 0x40000000ull

static _Alignas(4096) uint64_t page[NR_PAGES][512];
static bool written[NR_PAGES][512];
static unsigned int used, linked, relaxed_links, early_links;

static void *phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	(void)ctx, (void)len;
	return (char *)page + (pa.v - PA_BASE);
}

static uint64_t load(void *ctx, const uint64_t *slot)
{
	(void)ctx;
	return *slot;
}

/* Does the value lead to one of our pages, as a table entry? */
static unsigned int leads_to(uint64_t val)
{
	uint64_t pa = val & 0xfffffffff000;

	if ((val & 3) != 3 || pa < PA_BASE || pa >= PA_BASE + sizeof(page))
		return 0;
	return (unsigned int)((pa - PA_BASE) / 4096);
}

static void store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	unsigned int child = leads_to(val), i;

	(void)ctx;
	if (child) {
		linked++;
		relaxed_links += order != PW_RELEASE;
		for (i = 0; i < 512; i++)
			early_links += !written[child][i];
	}
	written[(slot - page[0]) / 512][(slot - page[0]) % 512] = true;
	*slot = val;
}

static bool cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	(void)ctx, (void)slot, (void)old, (void)val;
	return false;
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	unsigned int i;

	(void)ctx;
	if (used == NR_PAGES)
		return NULL;
	for (i = 0; i < 512; i++)
		page[used][i] = 0x3; /* what was there would pass for an entry */
	pa->v = PA_BASE + used * 4096u;
	return page[used++];
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)pa, (void)virt;
}

TEST(tables_are_filled_and_then_linked_with_release)
{
	static const struct pw_attr attr = { .perm = PW_PERM_R,
					     .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED };
	struct pw_env env = {
		.size = sizeof(env),
		.phys_to_virt = phys_to_virt,
		.load = load,
		.store = store,
		.cas = cas,
		.get_table = get_table,
		.put_table = put_table,
	};
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.instance = &pw_arm64_4k_hooked,
		.env = &env,
		.va_bits = 48,
		.root = { PA_BASE },
	};
	struct pw_result res;
	struct pw_table pt;
	unsigned int i;

	used = 1;
	for (i = 0; i < 512; i++)
		page[0][i] = 0;
	EXPECT_EQ(pw_table_init(&pt, &cfg), 0);
	/* data far from our pages, over the edge of two leaf tables */
	EXPECT_EQ(pw_map(&pt, pw_range_len(0x1ff000, 0x3000), pw_pa_of(0x880001000), &attr, 0, NULL,
			 &res),
		  0);
	EXPECT_EQ(res.nr_tables, 4);
	EXPECT_EQ(linked, 4);
	EXPECT_EQ(relaxed_links, 0);
	EXPECT_EQ(early_links, 0);
}
