/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * pw_protect(): clear before set, at every level, valid or not; what it owes; what needs
 * break-before-make; and bits that hardware may write meanwhile.
 */
#include <stdlib.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

static const struct pw_change ro = { .perm_clear = PW_PERM_W };
static const struct pw_change rw = { .perm_set = PW_PERM_W };
static const struct pw_change invalid = { .flags_clear = PW_ATTR_VALID };
static const struct pw_change valid = { .flags_set = PW_ATTR_VALID };

static int map(struct world *w, uint64_t at, uint64_t len, uint64_t pa, uint32_t flags)
{
	struct pw_attr attr = world_attr(w, PW_PERM_W);

	return pw_map(&w->pt, pw_range_len(w->pt.first.v + at, len), pw_pa_of(pa), &attr, flags,
		      NULL, NULL);
}

static int protect(struct world *w, uint64_t at, uint64_t len, const struct pw_change *change,
		   uint32_t flags, struct pw_result *res)
{
	return pw_protect(&w->pt, pw_range_len(w->pt.first.v + at, len), change, flags, NULL, res);
}

static struct pw_translation look(const struct world *w, uint64_t at)
{
	struct pw_translation t;
	int err = pw_translate(&w->pt, pw_va_of(w->pt.first.v + at), &t);

	EXPECT(err == 0 || err == PW_ENOENT);
	return t;
}

/* Attributes --------------------------------------------------------------------------------- */

static void clear_then_set(struct world *w)
{
	const struct pw_change both = { .perm_clear = PW_PERM_W, .perm_set = PW_PERM_W };
	const struct pw_change rx = { .perm_clear = PW_PERM_W, .perm_set = PW_PERM_X };
	uint64_t page = world_page_bytes(w);
	struct pw_result res;

	EXPECT_EQ(map(w, 0, 4 * page, 0, 0), 0);
	EXPECT_EQ(protect(w, page, 2 * page, &rx, 0, &res), 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT_EQ(res.nr_entries, 2);
	EXPECT_EQ(look(w, 0).perm, PW_PERM_R | PW_PERM_W);
	EXPECT_EQ(look(w, page).perm, PW_PERM_R | PW_PERM_X);
	EXPECT_EQ(look(w, 2 * page).perm, PW_PERM_R | PW_PERM_X);
	EXPECT_EQ(look(w, 3 * page).perm, PW_PERM_R | PW_PERM_W);
	/* A bit named in both ends up set. */
	EXPECT_EQ(protect(w, 0, 4 * page, &both, 0, &res), 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT_EQ(look(w, page).perm, PW_PERM_R | PW_PERM_W | PW_PERM_X);
	EXPECT_EQ(look(w, 0).perm, PW_PERM_R | PW_PERM_W);
	/* Nothing to change: nothing written, nothing owed. */
	world_forget(w);
	EXPECT_EQ(protect(w, 0, 4 * page, &rw, 0, &res), 0);
	EXPECT_EQ(res.changed, 0);
	EXPECT_EQ(res.nr_entries, 0);
	EXPECT_EQ(w->stores + w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT_EQ(w->nr_gets, 0);
}

TEST(protect_clears_then_sets)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(NULL, clear_then_set);
	world_each(&live, clear_then_set);
}

/* Each level, to invalid and back: everything else is kept, bit for bit. */
static void round_trip(struct world *w)
{
	const struct pw_change back = { .flags_set = w->format->base &
						     (PW_ATTR_VALID | PW_ATTR_GLOBAL) };

	for (unsigned int level = 0; pw_table_leaf_ok(&w->pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w->pt, level);
		uint64_t group = size << pw_table_contig_lg2(&w->pt, level);
		struct pw_translation before, t;
		struct pw_result res;

		harness_note("level", level);
		EXPECT_EQ(map(w, group, group, 3 * group, PW_CONTIGUOUS), 0);
		before = look(w, group);
		EXPECT_EQ(before.level, level);
		if (!w->format->can_be_invalid) {
			EXPECT_EQ(protect(w, group, group, &invalid, 0, &res), PW_EOPNOTSUPP);
			EXPECT_EQ(look(w, group).entry, before.entry);
			continue;
		}
		EXPECT_EQ(protect(w, group, group, &invalid, 0, &res), 0);
		EXPECT_EQ(res.changed, group);
		t = look(w, group);
		EXPECT_EQ(t.kind, PW_KIND_INVALID);
		EXPECT_EQ(t.level, level);
		EXPECT_EQ(t.pa.v, 3 * group);
		if (w->format->linux_invalid)
			EXPECT_EQ(t.entry, (before.entry & ~1ull) | 1ull << 11);
		/* Rights of what is not valid may change, and it stays invalid. */
		EXPECT_EQ(protect(w, group, group, &ro, 0, NULL), 0);
		EXPECT_EQ(look(w, group).kind, PW_KIND_INVALID);
		EXPECT_EQ(protect(w, group, group, &rw, 0, NULL), 0);
		EXPECT_EQ(look(w, group).entry, t.entry);
		EXPECT_EQ(protect(w, group, group, &back, 0, &res), 0);
		EXPECT_EQ(res.changed, group);
		EXPECT_EQ(look(w, group).entry, before.entry);
		EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v + group, group), 0, NULL,
				   NULL),
			  0);
	}
}

TEST(protect_invalid_round_trip_at_every_level)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(&live, round_trip);
	world_each(&upper, round_trip);
}

/* Where every translation is global, so is what comes back. */
TEST(protect_invalid_round_trip_of_one_privilege)
{
	static struct world w;

	for (unsigned int i = 0; i < 2 * WORLD_NR_FORMATS; i++) {
		struct world_options o = { .flags = PW_TABLE_LIVE,
					   .regime = i % 2 ? PW_REGIME_EL3 : PW_REGIME_EL2 };
		const struct world_format *f = &world_formats[i / 2];
		uint64_t page = 1ull << f->page_lg2;
		struct pw_translation before;

		if (!(f->regimes >> PW_REGIME_EL2 & 1))
			continue;
		if (!world_open(&w, f, &o))
			return;
		EXPECT_EQ(map(&w, 0, page, 0, 0), 0);
		before = look(&w, 0);
		EXPECT_EQ(protect(&w, 0, page, &invalid, 0, NULL), 0);
		EXPECT_EQ(protect(&w, 0, page, &valid, 0, NULL), 0);
		EXPECT_EQ(look(&w, 0).entry, before.entry);
		world_close(&w);
	}
}

/* Bits that nobody understands are kept: software's, PBHA, and what the raw masks name. */
TEST(protect_keeps_other_bits)
{
	const uint64_t others = 0xfull << 59 | 5ull << 55;
	const struct pw_change raw = { .raw_clear = 4ull << 55, .raw_set = 2ull << 55 };
	static struct world w;
	struct pw_translation t;

	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	EXPECT_EQ(map(&w, 0, 4096, 0, 0), 0);
	t = look(&w, 0);
	*world_slot(&w, t.step[3].entry_pa.v, 0) |= others;
	EXPECT_EQ(protect(&w, 0, 4096, &ro, 0, NULL), 0);
	EXPECT_EQ(look(&w, 0).entry, t.entry | others | 1ull << 7);
	EXPECT_EQ(protect(&w, 0, 4096, &raw, 0, NULL), 0);
	EXPECT_EQ(look(&w, 0).entry, (t.entry | others | 1ull << 7 | 2ull << 55) & ~(4ull << 55));
	world_close(&w);
}

/* Raw masks that touch the output address or the type of the entry. */
TEST(protect_refuses_raw_masks)
{
	static const uint64_t bad[] = { 1, 2, 3, 1ull << 12, 1ull << 47, 1ull << 30, ~0ull };
	static struct world w;
	uint8_t *before;

	if (!world_open(&w, &world_formats[WORLD_ARM64], NULL))
		return;
	EXPECT_EQ(map(&w, 0, 4096, 0, 0), 0);
	before = world_snapshot(&w);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pw_change set = { .raw_set = bad[i] }, clear = { .raw_clear = bad[i] };

		harness_note("mask", bad[i]);
		EXPECT_EQ(protect(&w, 0, 4096, &set, 0, NULL), PW_EINVAL);
		EXPECT_EQ(protect(&w, 0, 4096, &clear, 0, NULL), PW_EINVAL);
	}
	EXPECT(world_unchanged(&w, before));
	free(before);
	world_close(&w);
}

/* Refusals ----------------------------------------------------------------------------------- */

static void holes(struct world *w)
{
	uint64_t page = world_page_bytes(w), base = w->pt.first.v;
	struct pw_result res;
	uint8_t *before;

	EXPECT_EQ(map(w, page, 2 * page, 0, 0), 0);
	before = world_snapshot(w);
	world_forget(w);
	EXPECT_EQ(protect(w, 0, 3 * page, &ro, PW_STRICT, &res), PW_ENOENT);
	EXPECT_EQ(res.where.first.v, base);
	EXPECT(res.where.last.v < base + page);
	EXPECT_EQ(protect(w, page, 3 * page, &ro, PW_STRICT, &res), PW_ENOENT);
	EXPECT_EQ(res.where.first.v, base + 3 * page);
	EXPECT_EQ(res.changed, 0);
	EXPECT(world_unchanged(w, before));
	EXPECT_EQ(w->nr_plans, 0);
	free(before);
	EXPECT_EQ(protect(w, 0, 4 * page, &ro, 0, &res), 0);
	EXPECT_EQ(res.changed, 2 * page);
	EXPECT_EQ(res.holes, 2 * page);
	EXPECT_EQ(w->nr_gets, 0);
}

TEST(protect_holes)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, holes);
}

static void refuse(struct world *w, uint64_t at, uint64_t size, uint64_t first, uint64_t len)
{
	uint64_t base = w->pt.first.v;
	uint8_t *before = world_snapshot(w);
	struct pw_result res;

	world_forget(w);
	harness_note("first", first);
	harness_note("len", len);
	EXPECT_EQ(protect(w, first, len, &ro, 0, &res), PW_EBUSY);
	EXPECT_EQ(res.changed, 0);
	EXPECT(res.where.first.v >= base + at && res.where.first.v >= base + first);
	EXPECT(res.where.last.v < base + at + size && res.where.last.v < base + first + len);
	EXPECT(res.where.first.v <= res.where.last.v);
	EXPECT_EQ(w->stores + w->cas, 0);
	EXPECT_EQ(w->nr_plans, 0);
	EXPECT(world_unchanged(w, before));
	free(before);
}

static void parts(struct world *w)
{
	uint64_t page = world_page_bytes(w);

	for (unsigned int level = 0; pw_table_leaf_ok(&w->pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w->pt, level);
		uint64_t group = size << pw_table_contig_lg2(&w->pt, level);

		harness_note("level", level);
		if (level) {
			EXPECT_EQ(map(w, size, size, size, 0), 0);
			refuse(w, size, size, size, page);
			refuse(w, size, size, 0, size + page);
			refuse(w, size, size, 2 * size - page, 2 * page);
			EXPECT_EQ(protect(w, 0, 3 * size, &ro, 0, NULL), 0);
			EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v + size, size), 0,
					   NULL, NULL),
				  0);
		}
		if (group != size) {
			EXPECT_EQ(map(w, group, group, group, PW_CONTIGUOUS), 0);
			refuse(w, group, group, group, group - size);
			refuse(w, group, group, 2 * group - size, size);
			EXPECT_EQ(protect(w, 0, 3 * group, &ro, 0, NULL), 0);
			EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v + group, group), 0,
					   NULL, NULL),
				  0);
		}
	}
}

TEST(protect_names_what_is_covered_in_part)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each(&live, parts);
}

/* Memory type, shareability, from non-global to global: only what is not valid, or not live. */
TEST(protect_refuses_what_needs_break_before_make)
{
	static const struct pw_change change[] = {
		{ .raw_clear = 7ull << 2, .raw_set = 1ull << 2 },
		{ .raw_clear = 3ull << 8, .raw_set = 2ull << 8 },
		{ .flags_set = PW_ATTR_GLOBAL },
	};
	static struct world w;

	for (unsigned int i = 0; i < 6; i++) {
		struct world_options o = { .flags = i % 2 ? PW_TABLE_LIVE : 0 };
		struct pw_attr attr;
		struct pw_result res;
		uint8_t *before;

		harness_note("change", i);
		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		attr = world_attr(&w, 0);
		attr.flags &= ~PW_ATTR_GLOBAL;
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 8192), pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		before = world_snapshot(&w);
		EXPECT_EQ(protect(&w, 0, 8192, &change[i / 2], 0, &res), i % 2 ? PW_EBUSY : 0);
		if (i % 2) {
			EXPECT(world_unchanged(&w, before));
			EXPECT_EQ(res.where.first.v, 0);
			EXPECT_EQ(protect(&w, 0, 8192, &invalid, 0, NULL), 0);
			if (i / 2 < 2)
				EXPECT_EQ(protect(&w, 0, 8192, &change[i / 2], 0, NULL), 0);
		}
		free(before);
		world_close(&w);
	}
}

/* The only entry of the arena with this value. */
static uint64_t *slot_of(const struct world *w, uint64_t entry)
{
	uint64_t *slots = (uint64_t *)(void *)w->memory;

	for (uint64_t i = 0; i < w->nr_pages * w->page_size / 8; i++)
		if (slots[i] == entry)
			return slots + i;
	return NULL;
}

/*
 * bug-28: hardware writes the dirty state of a group to any of its entries. Whether a change has
 * work to do is asked of each: one that was left clean would fault for ever in a device that does
 * not set it.
 */
TEST(protect_asks_every_entry_of_a_group)
{
	static struct world w;

	for (unsigned int i = 0; i < 2 * 16; i++) {
		struct world_options o = { .hooked = i & 1,
					   .flags = PW_TABLE_LIVE,
					   .caps = PW_CAP_HAF | PW_CAP_HD };
		struct pw_attr attr;
		struct pw_result res;

		harness_note("dirty entry", i / 2);
		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		attr = world_attr(&w, PW_PERM_W);
		attr.flags |= PW_ATTR_DBM;
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 16 * 4096), pw_pa_of(0), &attr,
				 PW_CONTIGUOUS, NULL, NULL),
			  0);
		for (unsigned int page = 0; page < 16; page++) {
			struct pw_translation t = look(&w, page * 4096ull);
			uint64_t *slot = slot_of(&w, t.entry);

			EXPECT(t.entry & 1ull << 52);
			if (!EXPECT(slot != NULL))
				continue;
			*slot |= 1ull << 7; /* clean: not writable until hardware makes it so */
			if (page == i / 2)
				*slot &= ~(1ull << 7);
		}
		EXPECT_EQ(protect(&w, 0, 16 * 4096, &rw, 0, &res), 0);
		EXPECT_EQ(res.nr_entries, 15);
		for (unsigned int page = 0; page < 16; page++)
			EXPECT(!(look(&w, page * 4096ull).entry & 1ull << 7));
		world_close(&w);
	}
}

static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return true;
}

/*
 * Broken and made again, run by run: what lies behind the first run of a table, a hole or another
 * right between them, is changed as well, and so is the next table; each is invalidated.
 */
TEST(protect_breaks_every_run)
{
	static const struct pw_change global = { .flags_set = PW_ATTR_GLOBAL };
	/* pages of the first table, and of the second; rights differ */
	static const uint32_t first[] = { 3, 10, 14, 511, 512, 700 }, nr[] = { 4, 4, 2, 1, 3, 5 };
	static struct world w;

	for (unsigned int hooked = 0; hooked < 2; hooked++) {
		struct world_options o = { .hooked = hooked,
					   .reshape = true,
					   .flags = PW_TABLE_LIVE };
		struct pw_attr attr;
		struct pw_result res;
		uint64_t pages = 0;

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		w.env.may_fault = may_fault;
		for (unsigned int i = 0; i < 6; i++) {
			attr = world_attr(&w, i == 2 ? PW_PERM_W : 0);
			attr.flags &= ~PW_ATTR_GLOBAL;
			EXPECT_EQ(pw_map(&w.pt, pw_range_len(first[i] * 4096ull, nr[i] * 4096ull),
					 pw_pa_of(first[i] * 4096ull), &attr, 0, NULL, NULL),
				  0);
			pages += nr[i];
		}
		world_forget(&w);
		EXPECT_EQ(protect(&w, 0, 1024 * 4096, &global, 0, &res), 0);
		EXPECT_EQ(res.nr_entries, pages);
		EXPECT_EQ(res.changed, pages * 4096);
		for (unsigned int i = 0; i < 6; i++) {
			bool invalidated = false;

			harness_note("run", i);
			for (unsigned int page = first[i]; page < first[i] + nr[i]; page++) {
				EXPECT_EQ(pw_attr_decode(&w.pt, look(&w, page * 4096ull).entry, 0,
							 &attr),
					  0);
				EXPECT(attr.flags & PW_ATTR_GLOBAL);
				EXPECT(attr.flags & PW_ATTR_VALID);
			}
			for (uint32_t p = 0; p < w.nr_plans; p++)
				invalidated |= w.plan[p].plan.nr_ranges &&
					       w.plan[p].range[0].first.v <= first[i] * 4096ull &&
					       w.plan[p].range[0].last.v >=
						       (first[i] + nr[i]) * 4096ull - 1;
			EXPECT(invalidated);
		}
		EXPECT_EQ(w.violations, 0);
		world_close(&w);
	}
}

/* Writable and executable, where the handle forbids it: by map, by either bit, at once. */
static void no_wx(struct world *w)
{
	const struct pw_change x = { .perm_set = PW_PERM_X };
	const struct pw_change w_to_x = { .perm_clear = PW_PERM_W, .perm_set = PW_PERM_X };
	struct pw_attr attr = world_attr(w, PW_PERM_W | PW_PERM_X);
	uint64_t page = world_page_bytes(w);
	uint8_t *before;

	EXPECT_EQ(pw_map(&w->pt, pw_range_len(w->pt.first.v, page), pw_pa_of(0), &attr, 0, NULL,
			 NULL),
		  PW_EPERM);
	EXPECT_EQ(w->balance, 0);
	EXPECT_EQ(map(w, 0, 2 * page, 0, 0), 0);
	before = world_snapshot(w);
	EXPECT_EQ(protect(w, 0, 2 * page, &x, 0, NULL), PW_EPERM);
	EXPECT(world_unchanged(w, before));
	EXPECT_EQ(protect(w, page, page, &w_to_x, 0, NULL), 0);
	free(before);
	before = world_snapshot(w);
	EXPECT_EQ(protect(w, 0, 2 * page, &rw, 0, NULL), PW_EPERM);
	EXPECT_EQ(protect(w, 0, 2 * page, &x, 0, NULL), PW_EPERM);
	EXPECT(world_unchanged(w, before));
	free(before);
	EXPECT_EQ(protect(w, 0, 2 * page, &ro, 0, NULL), 0);
	EXPECT_EQ(protect(w, 0, 2 * page, &x, 0, NULL), 0);
}

TEST(protect_refuses_writable_and_executable)
{
	struct world_options o = { .flags = PW_TABLE_NO_WX };
	struct world_options live = { .flags = PW_TABLE_NO_WX | PW_TABLE_LIVE };

	world_each(&o, no_wx);
	world_each(&live, no_wx);
}

static int map_as(struct world *w, uint64_t at, uint32_t perm)
{
	struct pw_attr attr = world_attr(w, perm);

	return pw_map(&w->pt, pw_range_len(w->pt.first.v + at, 4096), pw_pa_of(0), &attr, 0, NULL,
		      NULL);
}

/* In an EPT writing is one right for all of a guest, executing may be two: W^X asks for both. */
TEST(writable_and_executable_by_mode)
{
	static const uint32_t exec[] = { PW_PERM_X, PW_PERM_USER_X, PW_PERM_X | PW_PERM_USER_X };
	const struct pw_change w_on = { .perm_set = PW_PERM_W };

	for (unsigned int i = 0; i < 6; i++) {
		struct world_options o = { .hooked = i & 1u,
					   .caps = PW_CAP_MBE,
					   .flags = PW_TABLE_NO_WX };
		const struct pw_change x_on = { .perm_set = exec[i / 2] };
		struct world w;

		harness_note("i", i);
		if (!world_open(&w, &world_formats[WORLD_EPT], &o))
			return;
		EXPECT_EQ(map_as(&w, 0, PW_PERM_W | exec[i / 2]), PW_EPERM);
		EXPECT_EQ(map_as(&w, 0, PW_PERM_W), 0);
		EXPECT_EQ(protect(&w, 0, 4096, &x_on, 0, NULL), PW_EPERM);
		EXPECT_EQ(map_as(&w, 4096, exec[i / 2]), 0);
		EXPECT_EQ(protect(&w, 4096, 4096, &w_on, 0, NULL), PW_EPERM);
		world_close(&w);
	}
}

/* Debts -------------------------------------------------------------------------------------- */

static void debts(struct world *w)
{
	uint64_t page = world_page_bytes(w), base = w->pt.first.v;
	const struct world_plan *p = &w->plan[0];

	EXPECT_EQ(map(w, 0, 4 * page, 0, 0), 0);
	/* Other rights: a publish barrier, and the leaves, after this CPU's stores. */
	world_forget(w);
	EXPECT_EQ(protect(w, page, 2 * page, &ro, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->plan.publish, 1);
	EXPECT_EQ(p->plan.before, PW_BEFORE_STORES);
	EXPECT_EQ(p->plan.full, 0);
	EXPECT_EQ(p->plan.nr_ranges, 1);
	EXPECT_EQ(p->range[0].first.v, base + page);
	EXPECT_EQ(p->range[0].last.v, base + 3 * page - 1);
	EXPECT_EQ(p->range[0].flags & PW_FLUSH_TABLES, 0);
	EXPECT_EQ(p->range[0].level, 0);
	EXPECT_EQ(p->range[0].page_lg2, w->format->page_lg2);
	/* Only what changed: the pages between are like that already. */
	world_forget(w);
	EXPECT_EQ(protect(w, 0, 2 * page, &ro, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->range[0].first.v, base);
	/* Valid to invalid: no publish; loads and stores must be done. */
	world_forget(w);
	EXPECT_EQ(protect(w, 0, page, &invalid, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->plan.publish, 0);
	EXPECT_EQ(p->plan.before, PW_BEFORE_ALL);
	EXPECT_EQ(p->plan.nr_ranges, 1);
	/* Invalid to other rights: nothing. */
	world_forget(w);
	EXPECT_EQ(protect(w, 0, page, &rw, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 0);
	/* Invalid to valid: a publish barrier and no invalidation. */
	EXPECT_EQ(protect(w, 0, page, &valid, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 1);
	EXPECT_EQ(p->plan.publish, 1);
	EXPECT_EQ(p->plan.nr_ranges, 0);
	EXPECT_EQ(p->plan.full, 0);
}

TEST(protect_debts)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };
	struct world_options upper = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };

	world_each_live(&live, debts);
	world_each_live(&upper, debts);
}

/*
 * In stage 2 other rights wait for older loads, too (A64-TLBI-2b): a guest's load that is still
 * under way may fault where the hypervisor does not expect it any more.
 */
TEST(protect_of_stage_2_waits_for_loads)
{
	static const struct pw_change all[] = {
		{ .perm_clear = PW_PERM_W },
		{ .perm_set = PW_PERM_W },
		{ .flags_clear = PW_ATTR_VALID },
		{ .raw_set = 1ull << 55 }, /* software's, of what is invalid by now */
	};

	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];
		static struct world w;

		harness_note("format", i);
		if (!(f->regimes >> PW_REGIME_STAGE2 & 1))
			continue;
		if (!world_open(&w, f, NULL))
			return;
		w.pt.flags |= PW_TABLE_LIVE;
		w.pt.exec = &w.exec;
		EXPECT_EQ(map(&w, 0, world_page_bytes(&w), 0, 0), 0);
		for (unsigned int n = 0; n < 4; n++) {
			world_forget(&w);
			EXPECT_EQ(protect(&w, 0, world_page_bytes(&w), &all[n], 0, NULL), 0);
			EXPECT_EQ(w.nr_plans, n < 3);
			if (n == 3)
				break;
			EXPECT_EQ(w.plan[0].plan.before, PW_BEFORE_ALL);
			EXPECT_EQ(w.plan[0].plan.nr_ranges, 1);
		}
		world_close(&w);
	}
}

/* The threshold of the executor is that of an operation's own gather, too. */
static void threshold(struct world *w)
{
	uint64_t page = world_page_bytes(w);

	w->exec.max_pages = 2;
	EXPECT_EQ(map(w, 0, 4 * page, 0, 0), 0);
	world_forget(w);
	EXPECT_EQ(protect(w, 0, 2 * page, &ro, 0, NULL), 0);
	EXPECT_EQ(w->plan[0].plan.full, 0);
	EXPECT_EQ(protect(w, 0, 3 * page, &rw, 0, NULL), 0);
	EXPECT_EQ(w->nr_plans, 2);
	EXPECT_EQ(w->plan[1].plan.full, 0); /* rights that are given back are two pages' */
	EXPECT_EQ(protect(w, 0, 3 * page, &ro, 0, NULL), 0);
	EXPECT_EQ(w->plan[2].plan.full, 1u << w->pt.regime);
}

TEST(protect_knows_the_executors_threshold)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each_live(&live, threshold);
}

/* Whichever entry comes first, one that may not fault is enough to owe the publish barrier. */
static void mixed(struct world *w)
{
	uint64_t page = world_page_bytes(w);

	for (unsigned int user_first = 0; user_first < 2; user_first++) {
		for (unsigned int n = 0; n < 2; n++) {
			struct pw_attr attr = world_attr(w, n != user_first ? PW_PERM_USER_R : 0);

			EXPECT_EQ(pw_map(&w->pt, pw_range_len(w->pt.first.v + n * page, page),
					 pw_pa_of(n * page), &attr, 0, NULL, NULL),
				  0);
		}
		world_forget(w);
		EXPECT_EQ(protect(w, 0, 2 * page, &rw, 0, NULL), 0);
		EXPECT_EQ(w->nr_plans, 1);
		EXPECT_EQ(w->plan[0].plan.publish, 1);
		EXPECT_EQ(pw_unmap(&w->pt, pw_range_len(w->pt.first.v, 2 * page), 0, NULL, NULL),
			  0);
	}
}

TEST(protect_publishes_for_any_entry_that_may_not_fault)
{
	struct world_options live = { .flags = PW_TABLE_LIVE };

	world_each_live(&live, mixed);
}

/* N pages in T tables, bracketed: one plan, whatever N and T. */
TEST(protect_debts_as_instructions)
{
	struct world_options o = { .flags = PW_TABLE_LIVE | PW_TABLE_UPPER };
	struct pw_arm64_counter c;
	struct pw_flush slots[16];
	struct pw_gather g;
	static struct world w;

	pw_arm64_counter_init(&c);
	if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
		return;
	w.cfg.exec = &c.e.x;
	EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0);
	EXPECT_EQ(map(&w, 0x1fe000, 0x204000, 0x1fe000 + 0x1000, 0), 0); /* 516 pages, 3 tables */
	c.n = (struct pw_arm64_counts){ 0 };
	EXPECT_EQ(protect(&w, 0x1fe000, 0x4000, &ro, 0, NULL), 0);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.tlbi, 4);
	EXPECT_EQ(c.n.tlbi_full, 0);
	EXPECT_EQ(c.n.dsb_ish, 1);
	/* Page by page: as many plans; in lazy MMU mode one for all. */
	c.n = (struct pw_arm64_counts){ 0 };
	for (uint64_t n = 0; n < 8; n++)
		EXPECT_EQ(protect(&w, 0x200000 + n * 0x2000, 4096, n ? &ro : &rw, 0, NULL), 0);
	EXPECT_EQ(c.n.plans, 8);
	EXPECT_EQ(c.n.tlbi, 8);
	EXPECT_EQ(pw_gather_init(&g, &c.e.x, slots, 16), 0);
	pw_lazy_enable(&g, &w.env);
	c.n = (struct pw_arm64_counts){ 0 };
	for (uint64_t n = 0; n < 8; n++)
		EXPECT_EQ(pw_protect(&w.pt,
				     pw_range_len(w.pt.first.v + 0x300000 + n * 0x2000, 4096), &ro,
				     0, &g, NULL),
			  0);
	EXPECT_EQ(c.n.plans, 0);
	pw_lazy_disable(&g, &w.env);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.tlbi, 8);
	EXPECT_EQ(c.n.dsb_ish, 1);
	EXPECT_EQ(c.n.tlbi_full, 0);
	world_close(&w);
}

/* Hardware's own writes ---------------------------------------------------------------------- */

/* The slot that "hardware" writes just before the engine's next compare-and-swap. */
static uint64_t *racing;
static bool (*plain_cas)(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val);

static bool racing_cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	if (racing == slot) {
		*slot = (*slot | 1ull << 10) & ~(1ull << 7); /* accessed, and dirty */
		racing = NULL;
	}
	return plain_cas(ctx, slot, old, val);
}

/*
 * A handle that makes no blocks finds one, which the CPU takes for one all the same: it is changed.
 * Where it is not taken for one, it is a bad entry.
 */
static void block_of_another(struct world *w)
{
	struct pw_change c = { .perm_clear = w->format->no_write };
	uint64_t block = pw_table_leaf_size(&w->pt, 1);
	struct pw_result res = { 0 };
	struct pw_translation t;

	if (w->pt.levels < 2)
		return;
	EXPECT_EQ(map(w, 0, block, 0, 0), 0);
	w->cfg.leaf_levels = 1;
	EXPECT_EQ(pw_table_init(&w->pt, &w->cfg), 0);
	if (pw_translate(&w->pt, w->pt.first, &t) == PW_EDOM) {
		EXPECT_EQ(protect(w, 0, block, &c, 0, &res), PW_EDOM);
		return;
	}
	EXPECT(look(w, 0).perm & w->format->no_write);
	EXPECT_EQ(protect(w, 0, block, &c, 0, &res), 0);
	EXPECT_EQ(res.changed, block);
	EXPECT_EQ(look(w, 0).perm & w->format->no_write, 0);
}

TEST(protect_of_a_block_that_the_handle_would_not_make)
{
	world_each(NULL, block_of_another);
}

/* No access or dirty bit is lost where hardware manages them; elsewhere plain stores will do. */
TEST(protect_loses_no_hardware_bit)
{
	const struct pw_change soft = { .raw_set = 1ull << 55 };

	for (unsigned int live = 0; live < 2; live++) {
		struct world_options o = { .hooked = true,
					   .flags = live ? PW_TABLE_LIVE : 0,
					   .caps = PW_CAP_HAF | PW_CAP_HD };
		static struct world w;
		struct pw_translation t;
		struct pw_attr attr;

		if (!world_open(&w, &world_formats[WORLD_ARM64], &o))
			return;
		attr = world_attr(&w, PW_PERM_W);
		attr.flags |= PW_ATTR_DBM;
		attr.flags &= ~PW_ATTR_ACCESSED;
		EXPECT_EQ(pw_map(&w.pt, pw_range_len(0, 8192), pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		t = look(&w, 0);
		racing = world_slot(&w, t.step[3].entry_pa.v, 0);
		plain_cas = w.env.cas;
		w.env.cas = racing_cas;
		world_forget(&w);
		EXPECT_EQ(protect(&w, 0, 8192, &soft, 0, NULL), 0);
		if (live) {
			EXPECT_EQ(w.cas, 3); /* one of them lost the race */
			EXPECT_EQ(w.stores, 0);
			EXPECT_EQ(look(&w, 0).entry,
				  ((t.entry | 1ull << 10) & ~(1ull << 7)) | 1ull << 55);
		} else {
			EXPECT_EQ(w.cas, 0);
			EXPECT_EQ(w.stores, 2);
		}
		EXPECT_EQ(look(&w, 4096).entry, (t.entry | 1ull << 55) + 4096);
		world_close(&w);
	}
}
