/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Addresses are chosen so that operations meet: four leaves of level 1 side by side, and one leaf
 * of level 2 further up. Most mappings lead to where the order of addresses says, so that blocks
 * and groups come about, are cut by what covers them in part, and are put together again by sweeps.
 *
 * The questions come in between: at the edges of what was changed, just outside of it, and
 * anywhere. They also fill the machine's TLB with what the next operation makes stale.
 */
#include "ops.h"

#include "../harness/harness.h"

#define NR_BLOCKS 4
#define NR_SLOTS  4
#define MAX_BATCH 4
#define NR_WARM	  64 /* pages that most of the small operations are about */

static struct {
	const struct metal_space *s;
	uint64_t page; /* bytes of a leaf of level 0, 1, 2 */
	uint64_t block;
	uint64_t big;
	uint64_t nr_ops;
	uint64_t nr_refused;
	uint64_t nr_compared;
	struct pw_gather gather;
	struct pw_flush slots[NR_SLOTS];
	struct pw_range changed[MAX_BATCH];
} now;

static uint64_t big_va(void)
{
	return now.s->va + 2 * now.big;
}

static bool may_ask(uint64_t pa)
{
	return pa >= now.s->pa_first && pa <= now.s->pa_last;
}

/* One address: every kind of access that can be asked about. */
static void compare(uint64_t va)
{
	struct pw_translation t;
	int err = pw_translate(now.s->live, pw_va_of(va), &t);

	harness_note("address", va);
	if (!err && !may_ask(t.pa.v))
		return;
	for (uint32_t perm = PW_PERM_R; perm <= PW_PERM_USER_X; perm <<= 1) {
		uint64_t pa = 0;
		bool got;

		if (!(now.s->asks & perm))
			continue;
		harness_note("right", perm);
		got = now.s->ask(va, perm, &pa);
		now.nr_compared++;
		if (EXPECT_EQ(got, !err && (t.perm & perm)) && got)
			EXPECT_EQ(pa, t.pa.v);
	}
}

static uint64_t some_page(void)
{
	return now.s->va + harness_below(NR_BLOCKS * now.block / now.page) * now.page;
}

/* The leaf of level 2 is larger than the memory behind it. */
static uint64_t some_big_page(void)
{
	uint64_t nr = (now.s->pa_last + 1 - now.s->pa_first) / now.page;

	return big_va() + now.s->pa_first - now.s->big_pa + harness_below(nr) * now.page;
}

static void compare_around(struct pw_range r)
{
	compare(r.first.v);
	compare(r.last.v + 1 - now.page);
	if (r.first.v > now.s->va)
		compare(r.first.v - now.page);
	compare(r.last.v + 1);
	for (unsigned int n = 0; n < 3; n++)
		compare(some_page());
	if (now.s->has_big)
		compare(some_big_page());
}

static struct pw_range some_range(void)
{
	uint64_t first = now.s->va, nr = 1;

	if (now.s->has_big && !harness_below(4))
		return pw_range_len(some_big_page() & ~(now.page - 1), now.page);
	switch (harness_below(4)) {
	case 0: /* a few pages */
		first = now.s->va + harness_below(NR_WARM) * now.page;
		nr = 1 + harness_below(20);
		break;
	case 1: /* blocks */
		first += harness_below(NR_BLOCKS) * now.block;
		nr = now.block / now.page * (1 + harness_below(2));
		break;
	case 2: /* groups of up to 128 pages */
		first += harness_below(NR_BLOCKS * now.block / now.page / 16) * 16 * now.page;
		nr = 16 * (1 + harness_below(8));
		break;
	default: /* the end of one block and the beginning of the next */
		first += (1 + harness_below(NR_BLOCKS - 1)) * now.block - 8 * now.page;
		nr = 8 + harness_below(16);
		break;
	}
	return pw_range_len(first, nr * now.page);
}

static struct pw_attr some_attr(void)
{
	struct pw_attr attr = now.s->attr;

	attr.perm = now.s->perms[harness_below(now.s->nr_perms)];
	if (now.s->ages && !harness_below(4))
		attr.flags &= ~(uint32_t)(PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
	return attr;
}

static int some_map(struct pw_range *r, struct pw_gather *g)
{
	struct pw_attr attr = some_attr();
	uint64_t pa = now.s->pa + (r->first.v - now.s->va);
	uint32_t flags = now.s->contiguous && harness_below(2) ? PW_CONTIGUOUS : 0;

	if (now.s->has_big && (r->first.v >= big_va() || !harness_below(16))) {
		*r = pw_range_len(big_va(), now.big);
		pa = now.s->big_pa;
	} else if (!harness_below(8)) {
		pa += harness_below(4) * now.page;
	}
	return pw_map(now.s->live, *r, pw_pa_of(pa), &attr, flags, g, NULL);
}

/* To other rights as a whole, or one right alone taken away or given back. */
static int some_protect(struct pw_range r, struct pw_gather *g)
{
	struct pw_change c = { .perm_clear = PW_PERM_ALL };

	switch (harness_below(4)) {
	case 0:
		c.perm_clear = PW_PERM_W | PW_PERM_USER_W;
		break;
	case 1:
		c.perm_clear = PW_PERM_X | PW_PERM_USER_X;
		break;
	case 2:
		c.perm_clear = 0;
		c.perm_set = PW_PERM_W;
		break;
	default:
		c.perm_set = now.s->perms[harness_below(now.s->nr_perms)];
		break;
	}
	if (now.s->holds)
		c.perm_clear &= now.s->holds;
	return pw_protect(now.s->live, r, &c, 0, g, NULL);
}

static int some_sweep(struct pw_gather *g)
{
	struct pw_sweep sweep = { .range = pw_range_len(now.s->va, NR_BLOCKS * now.block),
				  .next = pw_va_of(now.s->va),
				  .budget = 1 + harness_below(2048) };

	return pw_collapse(now.s->live, &sweep, now.s->contiguous ? PW_CONTIGUOUS : 0, g, NULL);
}

/* Return: what was changed, or would have been. Refusals are as good as changes here. */
static struct pw_range operation(struct pw_gather *g)
{
	struct pw_range r = some_range();
	int err;

	harness_note("operation", now.nr_ops++);
	switch (harness_below(8)) {
	case 0:
	case 1:
	case 2:
		err = some_map(&r, g);
		break;
	case 3:
	case 4:
		err = pw_unmap(now.s->live, r, 0, g, NULL);
		break;
	case 5:
		r = pw_range_len(now.s->va, NR_BLOCKS * now.block);
		err = some_sweep(g);
		break;
	default:
		err = some_protect(r, g);
		break;
	}
	now.nr_refused += err != 0;
	return r;
}

/* What is to become stale has to be cached first. */
static void warm_up(void)
{
	uint64_t pa;

	for (unsigned int n = 0; now.s->keeps && n < NR_WARM; n++)
		(void)now.s->load(now.s->va + n * now.page, &pa);
}

/* In lazy MMU mode nothing may be asked before it ends. Return: the number of operations. */
static uint64_t batch(void)
{
	uint64_t nr = 1 + harness_below(MAX_BATCH);

	EXPECT_EQ(pw_gather_init(&now.gather, now.s->live->exec, now.slots,
				 (uint32_t)harness_below(NR_SLOTS + 1)),
		  0);
	pw_lazy_enable(&now.gather, now.s->live->env);
	for (uint64_t n = 0; n < nr; n++)
		now.changed[n] = operation(&now.gather);
	pw_lazy_disable(&now.gather, now.s->live->env);
	return nr;
}

static void use(const struct metal_space *s)
{
	now.s = s;
	now.page = pw_table_leaf_size(s->live, 0);
	now.block = pw_table_leaf_size(s->live, 1);
	now.big = pw_table_leaf_size(s->live, 2);
	now.nr_ops = now.nr_refused = now.nr_compared = 0;
}

void metal_random_changes(const struct metal_space *s, uint64_t checks)
{
	uint32_t nr_free = s->nr_free();

	use(s);
	/* every test starts from the seed: other tables, another sequence */
	for (uint64_t n = s->live->levels + (s->va >> 63) * PW_MAX_LEVELS; n; n--)
		(void)harness_random();
	while (now.nr_compared < checks && !harness_failures()) {
		uint64_t nr = 1;

		warm_up();
		if (harness_below(3))
			now.changed[0] = operation(NULL);
		else
			nr = batch();
		while (nr--)
			compare_around(now.changed[nr]);
	}
	EXPECT_EQ(
		pw_unmap(s->live,
			 pw_range_len(s->va, s->has_big ? 3 * now.big : 2 * NR_BLOCKS * now.block),
			 0, NULL, NULL),
		0);
	compare_around(pw_range_len(s->va, NR_BLOCKS * now.block));
	EXPECT_EQ(s->nr_free(), nr_free);
	harness_put_dec(now.nr_compared);
	metal_puts(" comparisons after ");
	harness_put_dec(now.nr_ops);
	metal_puts(" changes, ");
	harness_put_dec(now.nr_refused);
	metal_puts(" of them refused\n");
	EXPECT(now.nr_refused * 3 < now.nr_ops * 2);
}

void metal_staleness(const struct metal_space *s)
{
	struct pw_table quiet = *s->live;
	struct pw_range r;
	struct pw_flush f = { .asid = s->live->asid, .regime = (uint8_t)s->live->regime };
	struct pw_plan plan = { .size = sizeof(plan),
				.publish = 1,
				.before = PW_BEFORE_ALL,
				.nr_ranges = 1,
				.ranges = &f };
	struct pw_attr attr = s->attr;
	uint64_t pa = 0;

	use(s);
	quiet.flags &= ~PW_TABLE_LIVE; /* changes owe nothing, it believes */
	r = pw_range_len(s->va, now.page);
	attr.perm = s->perms[0];
	f.first = r.first;
	f.last = r.last;
	f.page_lg2 = (uint8_t)s->live->granule_lg2;
	f.granule_lg2 = f.page_lg2;
	f.flags = s->live->any_asid ? PW_FLUSH_ANY_ASID : 0;
	EXPECT_EQ(pw_map(s->live, r, pw_pa_of(s->pa), &attr, 0, NULL, NULL), 0);
	EXPECT(s->load(s->va, &pa));
	EXPECT_EQ(pa, s->pa);
	EXPECT_EQ(pw_unmap(&quiet, r, PW_KEEP_TABLES, NULL, NULL), 0);
	EXPECT_EQ(pw_map(&quiet, r, pw_pa_of(s->pa + now.page), &attr, 0, NULL, NULL), 0);
	EXPECT(s->load(s->va, &pa));
	EXPECT(pa == s->pa || pa == s->pa + now.page);
	if (s->keeps)
		EXPECT_EQ(pa, s->pa); /* what a missing invalidation looks like: the wrong page */
	s->live->exec->run(s->live->exec->ctx, &plan);
	EXPECT(s->load(s->va, &pa));
	EXPECT_EQ(pa, s->pa + now.page);
	EXPECT_EQ(pw_unmap(s->live, r, 0, NULL, NULL), 0);
	EXPECT(!s->load(s->va, &pa));
}
