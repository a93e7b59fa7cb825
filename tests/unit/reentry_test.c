/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * bug-23: an allocator that changes the rights of what it hands out comes back into the library in
 * the middle of an operation, and cuts the very block that is about to be cut. Both have to be done
 * then, by tables that hold both, and none may be lost.
 *
 * Pages are asked for before the first store, and the cut looks at the tables again: so whatever
 * get_table() did by pw_protect() is found, not overwritten.
 */
#include "../env/env.h"
#include "../harness/harness.h"

static struct world w;
static void *(*get_page)(void *ctx, struct pw_pa *pa);
static unsigned int calls, enter_at, depth; /* of get_table() */
static int inner_err;
static struct pw_range inner;

static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	struct pw_change ro = { .perm_clear = w.format->no_write };

	if (!depth && ++calls == enter_at) {
		depth++;
		inner_err = pw_protect(&w.pt, inner, &ro, 0, NULL, NULL);
		depth--;
	}
	return get_page(ctx, pa);
}

/* Writable everywhere but where the inner change, and the outer one if there is one, were. */
static void expect_rights(uint64_t first, uint64_t size, const struct pw_range *outer)
{
	uint64_t page = world_page_bytes(&w), step = page;

	if (size / page > 2048)
		step = size / 1021 & ~(page - 1);
	for (uint64_t va = first; va - first < size; va += step) {
		bool ro = (va >= inner.first.v && va <= inner.last.v) ||
			  (outer && va >= outer->first.v && va <= outer->last.v);
		struct pw_translation t;

		if (!EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va), &t), 0))
			return;
		EXPECT_EQ(t.pa.v, va - w.pt.first.v);
		EXPECT_EQ(!(t.perm & PW_PERM_W), ro);
	}
}

/* A block of @level, and a change of one of its pages that is interrupted by that of another. */
static void enter(unsigned int level, bool unmap, uint64_t between)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level), page = world_page_bytes(&w);
	uint64_t block = w.pt.first.v + size;
	struct pw_attr attr = world_attr(&w, PW_PERM_W);
	struct pw_change ro = { .perm_clear = w.format->no_write };
	struct pw_range outer = pw_range_len(block + 5 * page, page);
	struct pw_result res;
	struct pw_translation t;

	if (w.pt.last.v - w.pt.first.v < 4 * size || 2 * size > w.pt.pa_max)
		return;
	inner = pw_range_len(block + between, page);
	depth = 1; /* map asks, too */
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(block, size), pw_pa_of(size), &attr, 0, NULL, NULL),
		  0);
	depth = 0;
	calls = 0;
	inner_err = 1;
	if (unmap)
		EXPECT_EQ(pw_unmap(&w.pt, outer, 0, NULL, &res), 0);
	else
		EXPECT_EQ(pw_protect(&w.pt, outer, &ro, 0, NULL, &res), 0);
	EXPECT_EQ(inner_err, 0);
	if (unmap) {
		EXPECT_EQ(pw_translate(&w.pt, outer.first, &t), PW_ENOENT);
		expect_rights(block, 5 * page, NULL);
		expect_rights(block + 6 * page, size - 6 * page, NULL);
	} else {
		expect_rights(block, size, &outer);
	}
	/* every table that was taken is in the tree, or came back */
	EXPECT_EQ(world_mark_linked(&w), 1 + w.balance);
	EXPECT_EQ(pw_unmap(&w.pt, pw_range_len(block, size), 0, NULL, NULL), 0);
	EXPECT_EQ(w.balance, 0);
}

static void each_place(unsigned int level)
{
	uint64_t page = world_page_bytes(&w), size = pw_table_leaf_size(&w.pt, level);

	for (enter_at = 1; enter_at <= level; enter_at++) {
		harness_note("request", enter_at);
		for (unsigned int unmap = 0; unmap < 2; unmap++) {
			enter(level, unmap, 6 * page);	  /* beside it */
			enter(level, unmap, 2 * page);	  /* before it */
			enter(level, unmap, size - page); /* at the other end */
		}
	}
}

TEST(get_table_may_protect)
{
	for (unsigned int i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		for (unsigned int live = 0; live < 5; live++) {
			struct world_options o = { .hooked = i & 1,
						   .reshape = true,
						   .flags = live ? PW_TABLE_LIVE : 0,
						   .pa_base = 1ull << 40,
						   .caps = live == 3 ? PW_CAP_BBM_ABORTS_OK : 0 };

			harness_note("format", i / 2);
			harness_note("hooked", i & 1);
			harness_note("live", live);
			if (i / 2 == WORLD_FAKE)
				o.pa_base = 0;
			if (!world_open(&w, &world_formats[i / 2], &o))
				return;
			w.env.may_fault = may_fault;
			get_page = w.env.get_table;
			w.env.get_table = get_table;
			w.pt.caps.bbm_level = live ? live - 1 : 0;
			for (unsigned int level = 1; pw_table_leaf_ok(&w.pt, level); level++) {
				harness_note("level", level);
				each_place(level);
			}
			EXPECT_EQ(w.violations, 0);
			EXPECT_EQ(w.asserts, 0);
			world_close(&w);
		}
	}
}
