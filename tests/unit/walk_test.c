/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The callback form: table hooks come in pairs on every way out, and control is what a callback
 * returns.
 */
#include "../harness/harness.h"
#include "../ref/observe.h"

#define MAX_STEPS 2048

/* What the callbacks saw, in order. */
struct step {
	char what; /* ( ) or r */
	uint32_t level;
	uint64_t first;
	uint64_t last;
};

/* What they should do: at step @at of kind @what return @ret, @times times. */
static struct {
	struct step step[MAX_STEPS];
	unsigned int nr;
	char what;
	unsigned int at;
	int ret;
	unsigned int times;
	unsigned int asked;
} seen_by;

static int answer(char what)
{
	if (what != seen_by.what || seen_by.asked++ < seen_by.at || !seen_by.times)
		return PW_WALK_NEXT;
	seen_by.times--;
	return seen_by.ret;
}

static void note(char what, uint32_t level, struct pw_range r)
{
	if (seen_by.nr < MAX_STEPS)
		seen_by.step[seen_by.nr] = (struct step){ what, level, r.first.v, r.last.v };
	seen_by.nr++;
}

static int pre(struct pw_walk *walk, unsigned int level, struct pw_range r)
{
	EXPECT(walk->priv == &seen_by);
	note('(', level, r);
	return answer('(');
}

static void post(struct pw_walk *walk, unsigned int level, struct pw_range r)
{
	EXPECT(walk->priv == &seen_by);
	note(')', level, r);
}

static int leaf(struct pw_walk *walk, const struct pw_run *run)
{
	EXPECT(walk->priv == &seen_by);
	EXPECT_EQ(run->kind, PW_RUN_LEAF);
	note('r', run->level, pw_range_of(run->first.v, run->last.v));
	return answer('r');
}

static const struct pw_walk_ops ops = {
	.want = PW_WANT_LEAVES,
	.run = leaf,
	.pre_table = pre,
	.post_table = post,
};

/* Walk a range where the @at-th callback of kind @what returns @ret, @times times. */
static int walk(const struct world *w, struct pw_range range, char what, unsigned int at, int ret,
		unsigned int times)
{
	seen_by = (__typeof__(seen_by)){ .what = what, .at = at, .ret = ret, .times = times };
	return pw_walk_range(&w->pt, range, &ops, &seen_by);
}

/*
 * Hooks nest: each post closes the innermost open pre of its level; a pre that was refused (STOP,
 * SKIP or an error) has none. Return: tables left open.
 */
static unsigned int nesting(const struct world *w)
{
	const struct step *open[PW_MAX_LEVELS] = { NULL };
	unsigned int depth = 0, seen = 0;

	for (unsigned int i = 0; i < seen_by.nr && i < MAX_STEPS; i++) {
		const struct step *s = &seen_by.step[i];
		bool refused = seen_by.what == '(' && s->what == '(' && seen == seen_by.at;

		if (s->what == ')') {
			if (!EXPECT(depth > 0))
				return 0;
			depth--;
			EXPECT_EQ(s->level, open[depth]->level);
			EXPECT_EQ(s->last, open[depth]->last);
		} else if (s->what == '(') {
			if (!EXPECT(depth < PW_MAX_LEVELS))
				return 0;
			EXPECT_EQ(s->level, w->pt.levels - 1 - depth);
			seen++;
			if (!refused || seen_by.ret == PW_WALK_AGAIN)
				open[depth++] = s;
		} else if (EXPECT(depth > 0)) {
			/* A run lies in the innermost open table. */
			EXPECT_EQ(s->level, open[depth - 1]->level);
			EXPECT(s->first >= open[depth - 1]->first);
			EXPECT(s->last <= open[depth - 1]->last);
		}
	}
	return depth;
}

/* Three pages in two neighbouring leaf tables, and two blocks behind them. */
static struct pw_range build(struct world *w)
{
	uint64_t page = world_page_bytes(w), block = pw_table_leaf_size(&w->pt, 1);
	uint64_t base = w->pt.first.v;
	struct pw_attr attr = world_attr(w, 0);

	EXPECT_EQ(pw_map(&w->pt, pw_range_len(base + block - 2 * page, 3 * page), pw_pa_of(0),
			 &attr, 0, NULL, NULL),
		  0);
	EXPECT_EQ(pw_map(&w->pt, pw_range_len(base + 2 * block, 2 * block), pw_pa_of(0), &attr, 0,
			 NULL, NULL),
		  0);
	return pw_range_len(base + block - 2 * page, 3 * block + 2 * page);
}

static unsigned int count(char what, uint32_t level)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < seen_by.nr && i < MAX_STEPS; i++)
		nr += seen_by.step[i].what == what && seen_by.step[i].level == level;
	return nr;
}

static void every_table_has_hooks(struct world *w)
{
	struct pw_range range = build(w);
	uint32_t root = (uint32_t)w->pt.levels - 1;

	EXPECT_EQ(walk(w, range, 0, 0, 0, 0), 0);
	EXPECT_EQ(nesting(w), 0);
	EXPECT_EQ(count('(', root), 1);
	EXPECT_EQ(count(')', root), 1);
	EXPECT_EQ(seen_by.step[0].what, '(');
	EXPECT_EQ(seen_by.step[0].level, root);
	EXPECT_EQ(seen_by.step[0].first, range.first.v);
	EXPECT_EQ(seen_by.step[0].last, range.last.v);
	EXPECT_EQ(count('(', 0), 2);
	EXPECT_EQ(count(')', 0), 2);
	EXPECT_EQ(count('r', 0), 2); /* no run crosses a table */
	EXPECT_EQ(count('r', 1), 1);
	for (uint32_t level = 0; level <= root; level++)
		EXPECT_EQ(count('(', level), level ? 1 : 2);
}

TEST(walk_hooks_every_table)
{
	struct world_options upper = { .flags = PW_TABLE_UPPER };

	world_each(NULL, every_table_has_hooks);
	world_each(&upper, every_table_has_hooks);
}

/* Whatever the n-th run returns, every table that was opened is closed. */
static void runs_stop(struct world *w)
{
	struct pw_range range = build(w);

	for (unsigned int n = 0; n < 3; n++) {
		harness_note("n", n);
		EXPECT_EQ(walk(w, range, 'r', n, PW_WALK_STOP, 1), 0);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(count('r', 0) + count('r', 1), n + 1);
		EXPECT_EQ(walk(w, range, 'r', n, PW_EPERM, 1), PW_EPERM);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(count('r', 0) + count('r', 1), n + 1);
		EXPECT_EQ(walk(w, range, 'r', n, -12345, 1), -12345);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(walk(w, range, 'r', n, PW_WALK_SKIP, 1), 0); /* as NEXT */
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(count('r', 0) + count('r', 1), 3);
	}
}

TEST(walk_closes_tables_when_a_run_stops)
{
	world_each(NULL, runs_stop);
}

/* Whatever the n-th pre returns, that table has no post, and all others have. */
static void tables_stop(struct world *w)
{
	struct pw_range range = build(w);
	unsigned int nr = (unsigned int)w->pt.levels + 1;

	for (unsigned int n = 0; n < nr; n++) {
		unsigned int closed;

		harness_note("n", n);
		EXPECT_EQ(walk(w, range, '(', n, PW_WALK_STOP, 1), 0);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(walk(w, range, '(', n, PW_ENOMEM, 1), PW_ENOMEM);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(walk(w, range, '(', n, PW_WALK_SKIP, 1), 0);
		EXPECT_EQ(nesting(w), 0);
		closed = 0;
		for (uint32_t level = 0; level < w->pt.levels; level++)
			closed += count('(', level) - count(')', level);
		EXPECT_EQ(closed, 1);
	}
	/* Passing over the first leaf table leaves the second and the blocks. */
	EXPECT_EQ(walk(w, range, '(', nr - 2, PW_WALK_SKIP, 1), 0);
	EXPECT_EQ(count('r', 0), 1);
	EXPECT_EQ(count('r', 1), 1);
}

TEST(walk_tables_that_stop_have_no_post)
{
	world_each(NULL, tables_stop);
}

/* AGAIN: post for the innermost table, then that table again, from the run's first address. */
static void again(struct world *w)
{
	struct pw_range range = build(w);

	for (unsigned int n = 0; n < 3; n++) {
		unsigned int i = 0, runs = 0;

		harness_note("n", n);
		EXPECT_EQ(walk(w, range, 'r', n, PW_WALK_AGAIN, 1), 0);
		EXPECT_EQ(nesting(w), 0);
		EXPECT_EQ(count('r', 0) + count('r', 1), 4);
		while (i < seen_by.nr && (seen_by.step[i].what != 'r' || runs++ < n))
			i++;
		if (!EXPECT(i + 3 < seen_by.nr))
			return;
		EXPECT_EQ(seen_by.step[i + 1].what, ')');
		EXPECT_EQ(seen_by.step[i + 2].what, '(');
		EXPECT_EQ(seen_by.step[i + 2].level, seen_by.step[i].level);
		EXPECT_EQ(seen_by.step[i + 2].first, seen_by.step[i].first);
		EXPECT_EQ(seen_by.step[i + 3].what, 'r');
		EXPECT_EQ(seen_by.step[i + 3].first, seen_by.step[i].first);
	}
}

TEST(walk_again_repeats_the_table)
{
	world_each(NULL, again);
}

static void again_forever(struct world *w)
{
	struct pw_range range = build(w);

	EXPECT_EQ(walk(w, range, 'r', 0, PW_WALK_AGAIN, 100), 0);
	EXPECT_EQ(nesting(w), 0);
	EXPECT_EQ(walk(w, range, 'r', 0, PW_WALK_AGAIN, ~0u), PW_EAGAIN);
}

/* Bounded: 100 times in a row at one address, and then it is an error. */
TEST(walk_again_is_bounded)
{
	world_each(NULL, again_forever);
}

/* One hook without the other; without both, runs merge across tables. */
static void some_hooks(struct world *w)
{
	const struct pw_walk_ops only_pre = { .pre_table = pre },
				 only_post = { .post_table = post };
	const struct pw_walk_ops only_run = { .want = PW_WANT_LEAVES, .run = leaf };
	struct pw_range range = build(w);
	unsigned int tables = (unsigned int)w->pt.levels + 1;

	seen_by = (__typeof__(seen_by)){ .nr = 0 };
	EXPECT_EQ(pw_walk_range(&w->pt, range, &only_pre, &seen_by), 0);
	EXPECT_EQ(seen_by.nr, tables);
	seen_by = (__typeof__(seen_by)){ .nr = 0 };
	EXPECT_EQ(pw_walk_range(&w->pt, range, &only_post, &seen_by), 0);
	EXPECT_EQ(seen_by.nr, tables);
	EXPECT_EQ(seen_by.step[tables - 1].level, w->pt.levels - 1);
	seen_by = (__typeof__(seen_by)){ .nr = 0 };
	EXPECT_EQ(pw_walk_range(&w->pt, range, &only_run, &seen_by), 0);
	EXPECT_EQ(seen_by.nr, 2); /* three pages, two blocks */
}

TEST(walk_with_some_hooks)
{
	world_each(NULL, some_hooks);
}

static int unmap_it(struct pw_walk *walk_of, const struct pw_run *run)
{
	struct pw_table *pt = walk_of->priv;

	return pw_unmap(pt, pw_range_of(run->first.v, run->last.v), 0, NULL, NULL);
}

static int protect_it(struct pw_walk *walk_of, const struct pw_run *run)
{
	const struct pw_change ro = { .perm_clear = PW_PERM_W };
	struct pw_table *pt = walk_of->priv;

	return pw_protect(pt, pw_range_of(run->first.v, run->last.v), &ro, 0, NULL, NULL);
}

static void change_inside(struct world *w)
{
	const struct pw_walk_ops protect = { .want = PW_WANT_LEAVES, .run = protect_it };
	const struct pw_walk_ops unmap = { .want = PW_WANT_LEAVES, .run = unmap_it };
	struct pw_range range = build(w);

	EXPECT_EQ(pw_walk_range(&w->pt, range, &protect, &w->pt), 0);
	EXPECT_EQ(pw_walk_range(&w->pt, range, &unmap, &w->pt), 0);
	EXPECT_EQ(w->balance, 0);
}

TEST(walk_callbacks_may_change_the_run)
{
	world_each(NULL, change_inside);
}

static void refuses(struct world *w)
{
	const struct pw_walk_ops nothing = { .want = PW_WANT_LEAVES };
	struct pw_walk_ops bad = nothing;
	uint64_t first = w->pt.first.v;

	build(w);
	EXPECT_EQ(pw_walk_range(&w->pt, pw_range_of(first, w->pt.last.v), &nothing, NULL), 0);
	EXPECT_EQ(pw_walk_range(&w->pt, pw_range_of(first + 1, first), &nothing, NULL), PW_EINVAL);
	EXPECT_EQ(pw_walk_range(&w->pt, pw_range_of(~first, ~first), &nothing, NULL), PW_ERANGE);
	bad.want = 0x100;
	EXPECT_EQ(pw_walk_range(&w->pt, pw_range_of(first, first), &bad, NULL), PW_EINVAL);
	bad.want = PW_WANT_LEAVES;
	bad.ignore = 0x100;
	EXPECT_EQ(pw_walk_range(&w->pt, pw_range_of(first, first), &bad, NULL), PW_EINVAL);
}

TEST(walk_refuses)
{
	world_each(NULL, refuses);
}
