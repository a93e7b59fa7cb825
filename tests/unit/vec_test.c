/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The vector forms: all ranges are checked before the first store, one plan pays for all, and what
 * the last range is refused for leaves the first one alone.
 */
#include <stdlib.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

#define NR 5u

static const struct pw_change ro = { .perm_clear = PW_PERM_W };

/* Ranges of two pages, @stride apart. */
static void lay_out(const struct world *w, uint64_t stride, struct pw_mapping *maps,
		    struct pw_range *ranges)
{
	uint64_t page = world_page_bytes(w);

	for (uint64_t n = 0; n < NR; n++) {
		ranges[n] = pw_range_len(w->pt.first.v + n * stride, 2 * page);
		maps[n] = (struct pw_mapping){ ranges[n], pw_pa_of(n * 16 * page) };
	}
}

static void one_plan(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	struct pw_mapping maps[NR];
	struct pw_range ranges[NR];
	struct pw_flush slots[NR];
	struct pw_gather g;
	struct pw_result res;

	lay_out(w, block + 3 * page, maps, ranges);
	EXPECT_EQ(pw_map_vec(&w->pt, maps, NR, &attr, 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, page * 2 * NR);
	EXPECT_EQ(res.nr_entries, 2 * NR);
	EXPECT_EQ(res.nr_tables, w->balance);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(w->plan[0].plan.publish, 1);
	EXPECT_EQ(w->plan[0].plan.nr_ranges, 0);
	world_mark_linked(w);
	/* With room for all of them, each range is invalidated by itself; one commit. */
	EXPECT_EQ(pw_gather_init(&g, &w->exec, slots, NR), 0);
	world_forget(w);
	EXPECT_EQ(pw_protect_vec(&w->pt, ranges, NR, &ro, PW_STRICT, &g, &res), 0);
	EXPECT_EQ(res.changed, page * 2 * NR);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(w->plan[0].plan.publish, 1);
	EXPECT_EQ(w->plan[0].plan.nr_ranges, NR);
	for (unsigned int n = 0; n < NR; n++) {
		EXPECT_EQ(w->plan[0].range[n].first.v, ranges[n].first.v);
		EXPECT_EQ(w->plan[0].range[n].last.v, ranges[n].last.v);
	}
	world_forget(w);
	EXPECT_EQ(pw_unmap_vec(&w->pt, ranges, NR, PW_STRICT, NULL, &res), 0);
	EXPECT_EQ(res.changed, page * 2 * NR);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(w->plan[0].plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(w->event[0], WORLD_RUN);
	EXPECT_EQ(w->balance, 0);
}

TEST(vec_is_one_commit)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each_live(&live, one_plan);
	world_each_live(&upper, one_plan);
}

/* A refusal because of range @bad changes nothing anywhere. */
static void refused_by_each(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	struct pw_mapping maps[NR];
	struct pw_range ranges[NR];
	struct pw_result res;
	uint8_t *before;

	lay_out(w, block, maps, ranges);
	EXPECT_EQ(pw_map_vec(&w->pt, maps, NR, &attr, 0, NULL, NULL), 0);
	for (unsigned int bad = 0; bad < NR; bad++) {
		struct pw_mapping other[NR];
		struct pw_range wide[NR];

		harness_note("bad", bad);
		lay_out(w, block, other, wide);
		before = world_snapshot(w);
		world_forget(w);
		wide[bad].last.v += page; /* a hole */
		EXPECT_EQ(pw_unmap_vec(&w->pt, wide, NR, PW_STRICT, NULL, &res), PW_ENOENT);
		EXPECT_EQ(res.where.first.v, ranges[bad].last.v + 1);
		EXPECT_EQ(res.changed, 0);
		EXPECT_EQ(pw_protect_vec(&w->pt, wide, NR, &ro, PW_STRICT, NULL, &res), PW_ENOENT);
		EXPECT_EQ(res.where.first.v, ranges[bad].last.v + 1);
		EXPECT_EQ(res.changed, 0);
		for (unsigned int n = 0; n < NR; n++) { /* all but one of them are news */
			other[n].range.first.v += 4 * page;
			other[n].range.last.v += 4 * page;
		}
		other[bad].range = ranges[bad];
		other[bad].pa.v += page;
		EXPECT_EQ(pw_map_vec(&w->pt, other, NR, &attr, 0, NULL, &res), PW_EEXIST);
		EXPECT(res.where.first.v >= ranges[bad].first.v);
		EXPECT(res.where.last.v <= ranges[bad].last.v);
		EXPECT_EQ(res.changed, 0);
		/* Misaligned, or elsewhere. */
		lay_out(w, block, other, wide);
		wide[bad].first.v++;
		other[bad].range = wide[bad];
		EXPECT_EQ(pw_unmap_vec(&w->pt, wide, NR, 0, NULL, NULL), PW_EINVAL);
		EXPECT_EQ(pw_protect_vec(&w->pt, wide, NR, &ro, 0, NULL, NULL), PW_EINVAL);
		EXPECT_EQ(pw_map_vec(&w->pt, other, NR, &attr, 0, NULL, NULL), PW_EINVAL);
		wide[bad] = pw_range_len(w->pt.flags & PW_TABLE_UPPER ? 0 : 0 - page, page);
		EXPECT_EQ(pw_unmap_vec(&w->pt, wide, NR, 0, NULL, NULL), PW_ERANGE);
		EXPECT_EQ(pw_protect_vec(&w->pt, wide, NR, &ro, 0, NULL, NULL), PW_ERANGE);
		EXPECT(world_unchanged(w, before));
		EXPECT_EQ(w->stores + w->cas, 0);
		EXPECT_EQ(w->nr_plans, 0);
		free(before);
	}
}

TEST(vec_refused_by_any_range)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each(&live, refused_by_each);
	world_each(&upper, refused_by_each);
}

static void fails_at_every_request(struct world *w)
{
	uint64_t block = pw_table_leaf_size(&w->pt, 1);
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	struct pw_mapping maps[NR];
	struct pw_range ranges[NR];
	uint8_t *before = world_snapshot(w);
	uint32_t needed;
	unsigned int n = 0;
	int err;

	lay_out(w, block, maps, ranges);
	needed = NR + (uint32_t)w->pt.levels - 2; /* leaf tables, and one of each level above */
	do {
		world_forget(w);
		w->fail_at = ++n;
		harness_note("n", n);
		err = pw_map_vec(&w->pt, maps, NR, &attr, 0, NULL, NULL);
		if (!err)
			break;
		EXPECT_EQ(err, PW_ENOMEM);
		EXPECT_EQ(w->balance, 0);
		EXPECT(world_unchanged(w, before));
		EXPECT_EQ(w->nr_plans, 0);
	} while (n < 40);
	EXPECT_EQ(err, 0);
	EXPECT_EQ(w->balance, needed);
	EXPECT_EQ(n, needed + 1); /* those that ranges share are asked for once */
	free(before);
}

TEST(vec_map_fails_at_every_page_request)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, fails_at_every_request);
}

/* Map: disjoint and ascending. The others: any order, and an overlap finds the work done. */
static void orders(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct pw_attr attr = world_attr(w, PW_PERM_W);
	struct pw_mapping maps[NR], swapped[2];
	struct pw_range ranges[NR], twice[2];
	struct pw_result res;

	lay_out(w, 4 * page, maps, ranges);
	swapped[0] = maps[1];
	swapped[1] = maps[0];
	EXPECT_EQ(pw_map_vec(&w->pt, swapped, 2, &attr, 0, NULL, NULL), PW_EINVAL);
	swapped[0] = maps[0];
	EXPECT_EQ(pw_map_vec(&w->pt, swapped, 2, &attr, 0, NULL, NULL), PW_EINVAL);
	swapped[1].range.first.v += page;
	swapped[1].range.last.v += page;
	EXPECT_EQ(pw_map_vec(&w->pt, swapped, 2, &attr, 0, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(w->balance, 0);
	EXPECT_EQ(pw_map_vec(&w->pt, maps, 0, &attr, 0, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_unmap_vec(&w->pt, ranges, 0, 0, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_protect_vec(&w->pt, ranges, 0, &ro, 0, NULL, NULL), PW_EINVAL);
	EXPECT_EQ(pw_map_vec(&w->pt, maps, NR, &attr, 0, NULL, NULL), 0);
	twice[0] = ranges[2];
	twice[1] = pw_range_of(ranges[0].first.v, ranges[4].last.v);
	EXPECT_EQ(pw_protect_vec(&w->pt, twice, 2, &ro, 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, page * 2 * NR);
	EXPECT_EQ(pw_unmap_vec(&w->pt, twice, 2, 0, NULL, &res), 0);
	EXPECT_EQ(res.changed, page * 2 * NR);
	EXPECT_EQ(w->balance, 0);
}

TEST(vec_orders_and_overlaps)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(NULL, orders);
	world_each(&live, orders);
}

/* The last page and the first one, in one list; the end does not wrap into the start. */
static void both_ends(struct world *w)
{
	uint64_t page = world_page_bytes(w);
	struct pw_attr attr = world_attr(w, 0);
	struct pw_mapping maps[2] = {
		{ pw_range_len(w->pt.first.v, page), pw_pa_of(0) },
		{ pw_range_of(w->pt.last.v - (page - 1), w->pt.last.v), pw_pa_of(page) },
	};
	struct pw_range ranges[2] = { maps[1].range, maps[0].range };
	struct pw_result res;

	EXPECT_EQ(pw_map_vec(&w->pt, maps, 2, &attr, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_unmap_vec(&w->pt, ranges, 2, PW_STRICT, NULL, &res), 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT_EQ(w->balance, 0);
}

TEST(vec_of_both_ends)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER | PW_TABLE_LIVE };

	world_each(NULL, both_ends);
	world_each(&upper, both_ends);
}
