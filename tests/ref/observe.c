/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "observe.h"

#include "../harness/harness.h"

static struct ref_map seen, walked;

struct ref_geometry observe_geometry(const struct world *w)
{
	struct ref_geometry geo = {
		.page_lg2 = w->format->page_lg2,
		.index_lg2 = w->format->index_lg2,
		.levels = (uint32_t)w->pt.levels,
		.format = w->format->ref,
		.regime = w->pt.regime,
		.caps = w->pt.caps.flags,
		.live = w->pt.flags & PW_TABLE_LIVE,
	};

	for (uint32_t level = 0; level < w->pt.levels; level++) {
		if (pw_table_leaf_ok(&w->pt, level))
			geo.top_leaf = level;
		geo.contig_lg2[level] = pw_table_contig_lg2(&w->pt, level);
	}
	return geo;
}

struct ref_regime observe_regime(const struct world *w)
{
	struct ref_regime r = {
		.format = w->format->ref,
		.memory = { w->memory, w->base, w->nr_pages * w->page_size },
		.root = w->pt.root.v,
		.va_bits = w->va_bits,
		.levels = (uint32_t)w->pt.levels,
		.first = w->pt.first.v,
		.last = w->pt.last.v,
		.regime = w->pt.regime,
		.caps = w->pt.caps.flags,
		.mair = w->pt.mair,
		.pa_bits = w->cfg.pa_bits ? w->cfg.pa_bits : w->format->ref->pa_bits,
		.leaf_levels = w->cfg.leaf_levels ? w->cfg.leaf_levels :
						    w->format->ref->leaf_levels,
		.enc_mask = w->cfg.enc_mask,
		.shared_bit = w->cfg.flags & PW_TABLE_SHARED_BIT,
	};

	return r;
}

/* Iteration ---------------------------------------------------------------------------------- */

/* Bits of an entry of @level that hold an address. */
static uint64_t address_bits(const struct world *w, uint32_t level)
{
	const struct ref_format *f = w->format->ref;
	uint64_t mask = 0;

	for (unsigned int n = f->page_lg2; n < f->pa_bits; n++)
		mask |= f->table(1ull << n, level) ^ f->table(0, level);
	return mask;
}

/* Bits without effect where they stand may keep runs apart, too. */
static bool same_run_attr(const struct world *w, const struct pw_run *a, const struct pw_run *b)
{
	struct pw_attr x, y;

	if ((a->entry ^ b->entry) & ~address_bits(w, a->level))
		return false;
	if (pw_attr_decode(&w->pt, a->entry, a->level, &x) ||
	    pw_attr_decode(&w->pt, b->entry, b->level, &y))
		return false;
	return x.perm == y.perm && x.flags == y.flags && x.mem_index == y.mem_index &&
	       x.share == y.share && x.soft == y.soft && x.key == y.key;
}

/* Could the second run have been part of the first? */
static bool mergeable(const struct world *w, const struct pw_run *a, const struct pw_run *b)
{
	if (a->kind != b->kind || a->level != b->level || a->inherited != b->inherited)
		return false;
	if (a->kind == PW_RUN_HOLE)
		return true;
	if (a->kind != PW_RUN_LEAF && a->kind != PW_RUN_INVALID)
		return false;
	return a->pa.v + (a->last.v - a->first.v) + 1 == b->pa.v && same_run_attr(w, a, b);
}

static void add_run(const struct world *w, const struct pw_run *run, struct ref_map *to)
{
	uint64_t size = ref_leaf_size(&to->geo, run->level);
	struct ref_leaf leaf = { .level = run->level };

	EXPECT_EQ(run->nr * size, run->last.v - run->first.v + 1);
	EXPECT_EQ(pw_attr_decode(&w->pt, run->entry, run->level, &leaf.attr), 0);
	EXPECT_EQ(run->kind == PW_RUN_LEAF, !!(leaf.attr.flags & PW_ATTR_VALID));
	for (uint64_t i = 0; i < run->nr; i++) {
		leaf.at = run->first.v - w->pt.first.v + i * size;
		leaf.pa = run->pa.v + i * size;
		ref_add_leaf(to, &leaf);
	}
}

static void iterate_leaves(const struct world *w, struct ref_map *to)
{
	struct pw_range all = { w->pt.first, w->pt.last };
	uint64_t at = w->pt.first.v;
	struct pw_run run, before = { .nr = 0 };
	struct pw_iter it;
	int err;

	if (!EXPECT_EQ(pw_iter_init(&it, &w->pt, all,
				    PW_WANT_LEAVES | PW_WANT_INVALID | PW_WANT_HOLES |
					    PW_WANT_NONPRESENT,
				    0),
		       0))
		return;
	while ((err = pw_iter_next(&it, &run)) > 0) {
		if (!EXPECT_EQ(run.first.v, at) || !EXPECT(run.last.v >= run.first.v))
			return;
		EXPECT(!before.nr || !mergeable(w, &before, &run));
		EXPECT_EQ(run.partial, 0);
		if (run.kind == PW_RUN_LEAF || run.kind == PW_RUN_INVALID)
			add_run(w, &run, to);
		else
			EXPECT_EQ(run.kind, PW_RUN_HOLE);
		at = run.last.v + 1;
		before = run;
	}
	EXPECT_EQ(err, 0);
	EXPECT_EQ(at, w->pt.last.v + 1);
}

static void iterate_tables(const struct world *w, struct ref_map *to)
{
	struct pw_range all = { w->pt.first, w->pt.last };
	struct pw_run run, open[PW_MAX_LEVELS] = { { .nr = 0 } };
	unsigned int depth = 0;
	struct pw_iter it;
	int err;

	if (!EXPECT_EQ(pw_iter_init(&it, &w->pt, all, PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST, 0),
		       0))
		return;
	while ((err = pw_iter_next(&it, &run)) > 0) {
		uint64_t size = ref_leaf_size(&to->geo, run.level);

		EXPECT_EQ(run.nr, 1);
		EXPECT_EQ(run.level, to->geo.levels - 1 - depth + (run.kind == PW_RUN_TABLE_POST));
		EXPECT_EQ(run.first.v % size, 0);
		EXPECT_EQ(run.last.v - run.first.v, size - 1);
		if (run.kind == PW_RUN_TABLE_POST) {
			if (!EXPECT(depth > 0))
				return;
			depth--;
			EXPECT_EQ(run.first.v, open[depth].first.v);
			continue;
		}
		if (!EXPECT_EQ(run.kind, PW_RUN_TABLE_PRE) || !EXPECT(depth < PW_MAX_LEVELS))
			return;
		open[depth++] = run;
		ref_add_table(to, run.first.v - w->pt.first.v, run.level - 1);
	}
	EXPECT_EQ(err, 0);
	EXPECT_EQ(depth, 0);
}

void observe_iterate(const struct world *w, struct ref_map *to)
{
	struct ref_geometry geo = observe_geometry(w);

	ref_map_init(to, &geo);
	iterate_leaves(w, to);
	iterate_tables(w, to);
}

void observe_walk(const struct world *w, struct ref_map *to)
{
	struct ref_geometry geo = observe_geometry(w);
	struct ref_regime r = observe_regime(w);

	ref_map_init(to, &geo);
	EXPECT(ref_collect(&r, to));
}

/* Comparison --------------------------------------------------------------------------------- */

static void show_leaf(const char *who, const struct ref_map *m, uint32_t i)
{
	const struct ref_leaf *leaf = &m->leaf[i];
	const struct {
		const char *name;
		uint64_t value;
	} field[] = {
		{ " at ", leaf->at },
		{ " pa ", leaf->pa },
		{ " level ", leaf->level },
		{ " perm ", leaf->attr.perm },
		{ " flags ", leaf->attr.flags },
		{ " memtype ", leaf->attr.memtype },
		{ " index ", leaf->attr.mem_index },
		{ " share ", leaf->attr.share },
		{ " soft ", leaf->attr.soft },
		{ " key ", leaf->attr.key },
	};

	harness.put("  ");
	harness.put(who);
	if (i >= m->nr) {
		harness.put(" ends here\n");
		return;
	}
	for (unsigned int n = 0; n < sizeof(field) / sizeof(field[0]); n++) {
		harness.put(field[n].name);
		harness_put_hex(field[n].value);
	}
	harness.put("\n");
}

static bool compare(const char *who, const struct ref_map *got, const struct ref_map *want,
		    bool tables)
{
	uint32_t i = 0;

	if (!EXPECT(ref_same_leaves(got, want, &i))) {
		show_leaf(who, got, i);
		show_leaf("wanted", want, i);
		return false;
	}
	return !tables || EXPECT(ref_same_tables(got, want, &i));
}

bool observe_check(const struct world *w, struct ref_map *want, bool tables)
{
	uint64_t failures = harness_failures();

	observe_iterate(w, &seen);
	if (!compare("iterator", &seen, want, tables))
		return false;
	observe_walk(w, &walked);
	if (!compare("walker", &walked, want, tables) || !compare("walker", &walked, &seen, true))
		return false;
	want->nr_tables = seen.nr_tables;
	for (uint32_t i = 0; i < seen.nr_tables; i++)
		want->table[i] = seen.table[i];
	return harness_failures() == failures;
}

bool observe_translate(const struct world *w, const struct ref_map *want, uint64_t at)
{
	const struct ref_leaf *leaf = ref_find(want, at);
	bool valid = leaf && leaf->attr.flags & PW_ATTR_VALID;
	struct pw_va va = pw_va_of(w->pt.first.v + at);
	uint64_t failures = harness_failures();
	struct ref_regime r = observe_regime(w);
	struct ref_translation naive;
	struct pw_translation t;
	struct pw_pa pa = { 1 };

	harness_note("va", va.v);
	EXPECT_EQ(pw_translate(&w->pt, va, &t), valid ? 0 : PW_ENOENT);
	EXPECT_EQ(t.kind, !leaf ? PW_KIND_HOLE : valid ? PW_KIND_LEAF : PW_KIND_INVALID);
	EXPECT_EQ(t.leaf_size, ref_leaf_size(&want->geo, t.level));
	EXPECT_EQ(t.nr_steps, want->geo.levels - t.level);
	EXPECT_EQ(t.step[t.nr_steps - 1].entry, t.entry);
	EXPECT_EQ(t.step[t.nr_steps - 1].kind, t.kind);
	if (leaf) {
		EXPECT_EQ(t.pa.v, leaf->pa + (at - leaf->at));
		EXPECT_EQ(t.level, leaf->level);
	}
	EXPECT_EQ(pw_translate_pa(&w->pt, va, &pa), valid ? 0 : PW_ENOENT);
	EXPECT_EQ(pa.v, valid ? t.pa.v : 1);
	ref_translate(&r, at, &naive);
	EXPECT_EQ(naive.kind, t.kind);
	EXPECT_EQ(naive.entry, t.entry);
	EXPECT_EQ(naive.level, t.level);
	EXPECT_EQ(naive.steps, t.nr_steps);
	if (valid) {
		EXPECT_EQ(naive.pa, t.pa.v);
		EXPECT_EQ(t.perm, naive.perm);
	}
	return harness_failures() == failures;
}
