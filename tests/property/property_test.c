/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Random sequences of changes against a trivially correct reference.
 *
 * A scenario is one world twice, direct and hooked, that see the same operations: map, unmap and
 * protect, single and as vectors, in a few spots of the address space that are chosen to collide,
 * with page requests that fail now and then. After every operation
 *
 *   both worlds give the same result, the same plans and the same bytes of memory;
 *   the iterator, the naive walker and the reference map list the same leaves, and
 *   translations at their edges agree;
 *   as many pages are out as there are tables; an error changed nothing;
 *   whatever may still be cached was invalidated by the plans, in the right order: at once, or, in
 *   lazy MMU mode, when a batch of operations ends.
 *
 * Runs for harness.seconds in all; the replay command is printed with a failure.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

#define NR_SPOTS	 6
#define MAX_RANGES	 4
#define OPS_PER_SCENARIO 60
#define NR_PAGES	 160
#define MAX_SLOTS	 8
#define MAX_DEBTS	 262144u

enum op_kind { OP_MAP, OP_UNMAP, OP_PROTECT };

struct op {
	enum op_kind kind;
	uint32_t flags;
	uint32_t nr; /* ranges; one goes through the single form half of the time */
	bool vec;
	uint32_t fail_at;
	uint64_t first[MAX_RANGES]; /* offsets */
	uint64_t last[MAX_RANGES];
	uint64_t pa[MAX_RANGES];
	struct pw_attr attr;
	struct pw_change change;
};

/* What must be invalidated until the gather has been flushed. */
struct debt {
	uint64_t first, last;
	uint32_t level;
	uint32_t before;
	bool global; /* no flush of a tag reaches it */
};

static struct world world[2]; /* direct, hooked */
static struct pw_gather gather[2];
static struct pw_flush slots[2][MAX_SLOTS];
static bool lazy; /* a batch is open: debts wait */
static struct debt debt[MAX_DEBTS];
static uint32_t nr_debts;
static bool owe_publish;
static struct ref_map map, next;
static uint64_t spot[NR_SPOTS];
static uint32_t perms[PW_PERM_ALL + 1], nr_perms;
static uint64_t nr_ops, nr_refused;

static bool chance(uint64_t percent)
{
	return harness_below(100) < percent;
}

/* Making up operations ----------------------------------------------------------------------- */

static uint64_t reach(void)
{
	return world[0].pt.last.v - world[0].pt.first.v;
}

static uint64_t leaf_bytes(uint32_t level)
{
	return ref_leaf_size(&map.geo, level);
}

/* A place where ranges of several operations meet: an edge of a table or of everything. */
static void choose_spots(void)
{
	for (unsigned int i = 0; i < NR_SPOTS; i++) {
		uint32_t level = (uint32_t)harness_below(map.geo.levels);

		spot[i] = harness_random() & reach();
		spot[i] -= spot[i] % leaf_bytes(level);
	}
	spot[0] = 0;
	spot[1] = reach(); /* the last byte */
	spot[2] = spot[3] & ~(leaf_bytes(1) - 1);
}

/* Bytes: pages, contiguous groups, blocks, and something in between. */
static uint64_t choose_length(void)
{
	uint64_t page = leaf_bytes(0);
	uint64_t pages = 1 + harness_below(20);
	uint32_t level = (uint32_t)harness_below(map.geo.top_leaf + 1u);

	switch (harness_below(5)) {
	case 0:
		return pages * page;
	case 1:
		return (page << map.geo.contig_lg2[0]) * (1 + harness_below(3));
	case 2:
		return leaf_bytes(level) * (1 + harness_below(3));
	case 3:
		return (leaf_bytes(level) << map.geo.contig_lg2[level]) + pages * page;
	default:
		return leaf_bytes(level) + pages * page;
	}
}

/* From the start of one leaf, or of its group, to the end of another not far away. */
static void choose_mapped(uint64_t *first, uint64_t *last)
{
	uint32_t i = (uint32_t)harness_below(map.nr);
	uint32_t j = i + (uint32_t)harness_below(map.nr - i < 40 ? map.nr - i : 40);
	uint64_t size[2] = { leaf_bytes(map.leaf[i].level), leaf_bytes(map.leaf[j].level) };

	if (map.leaf[i].attr.flags & PW_ATTR_CONTIGUOUS)
		size[0] <<= map.geo.contig_lg2[map.leaf[i].level];
	if (map.leaf[j].attr.flags & PW_ATTR_CONTIGUOUS)
		size[1] <<= map.geo.contig_lg2[map.leaf[j].level];
	*first = map.leaf[i].at & ~(size[0] - 1);
	*last = map.leaf[j].at | (size[1] - 1);
}

/* A range of whole pages around a spot. */
static void choose_range(uint64_t *first, uint64_t *last)
{
	uint64_t page = leaf_bytes(0);
	uint64_t length = choose_length();
	uint64_t at = spot[harness_below(NR_SPOTS)];
	uint64_t shift = harness_below(4) * page * harness_below(20);

	if (chance(25))
		shift = leaf_bytes((uint32_t)harness_below(map.geo.top_leaf + 1u));
	if (chance(30))
		shift = length;
	at = at > shift ? at - shift : 0;
	at -= at % page;
	/* Thousands of small leaves at an edge are slow: mostly not where tables are that large. */
	if (chance(map.geo.index_lg2 > 9 && length >= leaf_bytes(1) ? 90 : 20))
		at -= at % leaf_bytes(1);
	*first = at;
	*last = reach() - at < length - 1 ? reach() : at + (length - 1);
}

/*
 * An output address: congruent with @at as far as it takes to map @length bytes with few leaves,
 * mostly with the same distance for all, so that ranges that overlap can be identical.
 */
static uint64_t choose_pa(uint64_t at, uint64_t length)
{
	uint64_t pa_max = world[0].pt.pa_max;
	uint32_t level = 0;
	uint64_t size, pa;

	while (level < map.geo.top_leaf && leaf_bytes(level + 1) <= length)
		level++;
	/* Now and then one level less, where that stays small. */
	if (level && length / leaf_bytes(level - 1) <= 1024 && chance(30))
		level--;
	size = leaf_bytes(level);
	if (map.geo.contig_lg2[level] && chance(50))
		size <<= map.geo.contig_lg2[level];
	if (chance(10)) /* the last output addresses */
		pa = pa_max + 1 - length;
	else if (chance(60))
		pa = at + (pa_max > 1ull << 40 ? 0x540000000000ull & pa_max : 0x8000000);
	else
		pa = harness_random() & pa_max;
	pa = pa - pa % size + at % size;
	if (pa > pa_max || pa_max - pa < length - 1)
		pa = at % size;
	return pa;
}

/* Rights that the format can say, found once a scenario. */
static void choose_perms(void)
{
	struct ref_regime r = observe_regime(&world[0]);

	nr_perms = 0;
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++)
		if (perm & (PW_PERM_R | PW_PERM_USER_R) && ref_can_say(&r, 0, perm))
			perms[nr_perms++] = perm;
	EXPECT(nr_perms > 2);
}

static struct pw_attr choose_attr(void)
{
	const struct world_format *format = world[0].format;
	unsigned int type = chance(80) ? 0 : (unsigned int)harness_below(3);
	struct pw_attr a = { .flags = PW_ATTR_VALID };
	bool optional = format->base & PW_ATTR_GLOBAL && map.geo.regime != PW_REGIME_EL2 &&
			map.geo.regime != PW_REGIME_EL3;

	if (format->can_be_invalid && chance(15))
		a.flags = 0;
	a.flags |= format->base & PW_ATTR_GLOBAL && (!optional || chance(50)) ? PW_ATTR_GLOBAL : 0;
	a.flags |= chance(80) ? format->base & PW_ATTR_ACCESSED : 0;
	a.flags |= format->base & ~(PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED);
	a.flags |= chance(10) ? format->flags & PW_ATTR_GUARDED : 0;
	a.perm = chance(50) ? PW_PERM_R | PW_PERM_W : perms[harness_below(nr_perms)];
	a.memtype = format->type[type].memtype;
	a.mem_index = format->type[type].index;
	a.soft = chance(20) ? (uint32_t)harness_below(format->nr_soft) : 0;
	a.key = chance(20) ? (uint32_t)harness_below(format->nr_keys) : 0;
	a.share = format->share ? PW_SHARE_INNER : PW_SHARE_NONE;
	return a;
}

static struct pw_change choose_change(void)
{
	const struct world_format *f = world[0].format;
	bool one = map.geo.regime == PW_REGIME_EL2 || map.geo.regime == PW_REGIME_EL3;
	uint32_t global = f->base & PW_ATTR_GLOBAL;
	struct pw_change c = { 0 };

	switch (harness_below(one || !global ? 10 : 11)) {
	case 0:
	case 1:
		c.perm_clear = one ? PW_PERM_W : f->no_write;
		break;
	case 2:
		c.perm_set = PW_PERM_W;
		break;
	case 3:
		c.perm_clear = one ? PW_PERM_X : f->no_exec;
		break;
	case 4:
		c.perm_set = PW_PERM_X;
		break;
	case 5:
		c.flags_clear = PW_ATTR_ACCESSED;
		break;
	case 6:
		c.flags_set = PW_ATTR_ACCESSED;
		break;
	case 7:
		if (f->can_be_invalid)
			c.flags_clear = PW_ATTR_VALID;
		else
			c.flags_clear = PW_ATTR_DIRTY;
		break;
	case 8:
		c.flags_set = PW_ATTR_VALID;
		break;
	case 9:
		c.flags_set = PW_ATTR_VALID | global;
		break;
	default:
		c.flags_clear = PW_ATTR_GLOBAL;
		break;
	}
	return c;
}

/* Ranges of a vector are disjoint, for map in ascending order. */
static bool overlaps(const struct op *op, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < op->nr; i++)
		if (first <= op->last[i] && last >= op->first[i])
			return true;
	return false;
}

static void choose_ranges(struct op *op)
{
	uint32_t want = chance(70) ? 1 : 1 + (uint32_t)harness_below(MAX_RANGES);

	for (uint32_t tries = 0; op->nr < want && tries < 20; tries++) {
		uint64_t first, last;

		if (map.nr && op->kind != OP_MAP && chance(60))
			choose_mapped(&first, &last);
		else
			choose_range(&first, &last);
		if (overlaps(op, first, last))
			continue;
		if (op->kind == OP_MAP && op->nr && first < op->first[op->nr - 1])
			continue;
		op->first[op->nr] = first;
		op->last[op->nr] = last;
		op->pa[op->nr] = choose_pa(first, last - first + 1);
		op->nr++;
	}
	op->vec = op->nr > 1 || chance(50);
}

static struct op choose_op(void)
{
	static const uint32_t max_level[] = { PW_MAX_LEVEL(0), PW_MAX_LEVEL(1), PW_MAX_LEVEL(2) };
	struct op op = { .kind = chance(45) ? OP_MAP : chance(50) ? OP_UNMAP : OP_PROTECT };

	choose_ranges(&op);
	if (op.kind == OP_MAP) {
		op.attr = choose_attr();
		op.flags = chance(50) ? PW_CONTIGUOUS : 0;
		if (op.last[0] - op.first[0] < 1024 * leaf_bytes(0) && op.nr == 1 && chance(20))
			op.flags |= max_level[harness_below(3)];
		op.fail_at = chance(10) ? 1 + (uint32_t)harness_below(6) : 0;
	} else {
		op.flags = chance(15) ? PW_STRICT : 0;
		if (op.kind == OP_UNMAP && chance(20))
			op.flags |= PW_KEEP_TABLES;
		op.change = choose_change();
	}
	return op;
}

/* Carrying them out -------------------------------------------------------------------------- */

static int apply(struct world *w, const struct op *op, struct pw_result *res)
{
	struct pw_gather *g = lazy ? &gather[w->hooked] : NULL;
	struct pw_mapping maps[MAX_RANGES] = { 0 };
	struct pw_range r[MAX_RANGES] = { 0 };

	for (uint32_t i = 0; i < op->nr; i++) {
		r[i] = pw_range_of(w->pt.first.v + op->first[i], w->pt.first.v + op->last[i]);
		maps[i] = (struct pw_mapping){ r[i], pw_pa_of(op->pa[i]) };
	}
	if (op->kind == OP_MAP)
		return op->vec ? pw_map_vec(&w->pt, maps, op->nr, &op->attr, op->flags, g, res) :
				 pw_map(&w->pt, r[0], maps[0].pa, &op->attr, op->flags, g, res);
	if (op->kind == OP_UNMAP)
		return op->vec ? pw_unmap_vec(&w->pt, r, op->nr, op->flags, g, res) :
				 pw_unmap(&w->pt, r[0], op->flags, g, res);
	return op->vec ? pw_protect_vec(&w->pt, r, op->nr, &op->change, op->flags, g, res) :
			 pw_protect(&w->pt, r[0], &op->change, op->flags, g, res);
}

/* The same on the reference: @next is what should be, whatever the errors. */
static void predict(const struct op *op, struct ref_result *sum)
{
	struct pw_attr attr = ref_held(&map.geo, &op->attr);

	ref_map_copy(&next, &map);
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < op->nr; i++) {
		struct ref_result one;

		if (op->kind == OP_MAP)
			ref_do_map(&next, op->first[i], op->last[i], op->pa[i], &attr, op->flags,
				   &one);
		else if (op->kind == OP_UNMAP)
			ref_do_unmap(&next, op->first[i], op->last[i], op->flags, &one);
		else
			ref_do_protect(&next, op->first[i], op->last[i], &op->change, op->flags,
				       &one);
		sum->errors |= one.errors;
		sum->changed += one.changed;
		sum->holes += one.holes;
		sum->nr_entries += one.nr_entries;
	}
}

/* Debts -------------------------------------------------------------------------------------- */

/* Does a range of a plan reach what is stale? */
static bool reaches(const struct world *w, const struct pw_flush *f, const struct debt *d)
{
	if (f->regime != w->pt.regime ||
	    (!(f->flags & PW_FLUSH_ANY_ASID) && (f->asid != w->pt.asid || d->global)))
		return false;
	if (f->flags & PW_FLUSH_ALL)
		return true;
	return f->first.v - w->pt.first.v <= d->first && f->last.v - w->pt.first.v >= d->last &&
	       1ull << f->page_lg2 <= leaf_bytes(d->level) &&
	       (f->level == PW_FLUSH_LEVELS || f->level == d->level);
}

/* Was it invalidated by what was run? */
static bool invalidated(const struct world *w, const struct debt *d)
{
	for (uint32_t p = 0; p < w->nr_plans; p++) {
		const struct world_plan *plan = &w->plan[p];

		if (plan->plan.before < d->before)
			continue;
		if (plan->plan.full & 1u << w->pt.regime)
			return true;
		for (uint32_t i = 0; i < plan->plan.nr_ranges; i++)
			if (reaches(w, &plan->range[i], d))
				return true;
	}
	return false;
}

static bool published(const struct world *w)
{
	for (uint32_t p = 0; p < w->nr_plans; p++)
		if (w->plan[p].plan.publish)
			return true;
	return false;
}

/* What hardware may cache, and software may not be allowed to fault on. */
static bool cacheable(const struct pw_attr *a)
{
	return a->flags & PW_ATTR_VALID && a->flags & PW_ATTR_ACCESSED;
}

static bool must_publish(const struct pw_attr *a)
{
	return a->flags & PW_ATTR_VALID && !(a->perm & (PW_PERM_USER_R | PW_PERM_USER_X));
}

static bool same_rights(const struct pw_attr *a, const struct pw_attr *b)
{
	const uint32_t mask = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED;

	return a->perm == b->perm && ((a->flags ^ b->flags) & mask) == 0;
}

/* From @a to @b: nothing that a CPU which holds @a must be told. An access flag that is cleared
   alone is seen late, and nobody minds. */
static bool none_to_tell(const struct pw_attr *a, const struct pw_attr *b)
{
	struct pw_attr late = *b;

	late.flags |= a->flags & PW_ATTR_ACCESSED;
	return same_rights(a, &late);
}

/* A second stage has no global entries, and no hardware keeps those of the fake format. */
static bool knows_global(const struct world *w)
{
	return w->format != &world_formats[WORLD_FAKE] && w->pt.regime != PW_REGIME_STAGE2 &&
	       w->pt.regime != PW_REGIME_EPT && w->pt.regime != PW_REGIME_RISCV_G;
}

/* Where what becomes valid needs a barrier of its own. */
static bool knows_publish(const struct world *w)
{
	return w->pt.regime < PW_REGIME_STAGE2;
}

/* Compare the reference before (map) and after (next): what may be cached and is stale now. */
static void note_debts(void)
{
	uint32_t n = 0, global = knows_global(&world[0]) ? PW_ATTR_GLOBAL : 0;

	for (uint32_t i = 0; i < map.nr; i++) {
		const struct ref_leaf *old = &map.leaf[i];
		const struct ref_leaf *now;
		bool valid;

		while (n < next.nr && next.leaf[n].at < old->at)
			n++;
		now = n < next.nr && next.leaf[n].at == old->at ? &next.leaf[n] : NULL;
		valid = now && now->attr.flags & PW_ATTR_VALID;
		if (!cacheable(&old->attr) || (now && none_to_tell(&old->attr, &now->attr)))
			continue;
		if (!EXPECT(nr_debts < MAX_DEBTS))
			return;
		debt[nr_debts++] = (struct debt){ old->at, old->at + (leaf_bytes(old->level) - 1),
						  old->level,
						  valid ? PW_BEFORE_STORES : PW_BEFORE_ALL,
						  old->attr.flags & global };
	}
	for (uint32_t i = 0; i < next.nr; i++) {
		const struct ref_leaf *old = ref_find(&map, next.leaf[i].at);

		if (knows_publish(&world[0]) && must_publish(&next.leaf[i].attr) &&
		    !(old && same_rights(&old->attr, &next.leaf[i].attr)))
			owe_publish = true;
	}
}

/* All of it must be paid now. */
static void settle(const struct world *w)
{
	for (uint32_t i = 0; i < nr_debts; i++) {
		const struct debt *d = &debt[i];

		harness_note("stale", d->first);
		if (!EXPECT(invalidated(w, d)))
			return;
	}
	EXPECT(!owe_publish || published(w));
	nr_debts = 0;
	owe_publish = false;
}

/* Nothing outside of what was asked for is invalidated, but for the whole of an unlinked table. */
static void check_excess(const struct world *w, const struct op *op)
{
	uint64_t first = op->first[0], last = op->last[0];

	for (uint32_t i = 1; i < op->nr; i++) {
		first = op->first[i] < first ? op->first[i] : first;
		last = op->last[i] > last ? op->last[i] : last;
	}
	for (uint32_t p = 0; p < w->nr_plans; p++) {
		for (uint32_t i = 0; i < w->plan[p].plan.nr_ranges; i++) {
			const struct pw_flush *f = &w->plan[p].range[i];
			uint64_t stride = 1ull << f->page_lg2;

			if (f->flags & PW_FLUSH_ALL)
				continue;
			EXPECT(f->first.v - w->pt.first.v >= (first & ~(stride - 1)));
			EXPECT(f->last.v - w->pt.first.v <= (last | (stride - 1)));
		}
	}
}

/* One step ----------------------------------------------------------------------------------- */

static bool same_plans(void)
{
	if (world[0].nr_plans != world[1].nr_plans || world[0].nr_plans > WORLD_MAX_PLANS)
		return false;
	return memcmp(world[0].plan, world[1].plan, world[0].nr_plans * sizeof(world[0].plan[0])) ==
	       0;
}

static bool same_memory(void)
{
	return memcmp(world[0].memory, world[1].memory, world[0].nr_pages * world[0].page_size) ==
	       0;
}

/* A table without anything in it, inside the range, has no business there after unmap. */
static void check_no_empty_tables(const struct op *op)
{
	for (uint32_t i = 0; i < next.nr_tables; i++) {
		uint64_t at = next.table[i].at;
		uint64_t last = at + (leaf_bytes(next.table[i].level + 1) - 1);
		bool used = false;

		if (!overlaps(op, at, last))
			continue;
		for (uint32_t t = 0; t < next.nr_tables; t++)
			used |= next.table[t].level + 1 == next.table[i].level &&
				next.table[t].at >= at && next.table[t].at <= last;
		for (uint32_t l = 0; l < next.nr; l++)
			used |= next.leaf[l].at >= at && next.leaf[l].at <= last;
		harness_note("empty table", at);
		EXPECT(used);
	}
}

static void check_refused(const struct op *op, int err, const struct pw_result *res,
			  const struct ref_result *want)
{
	/* Pages that wait for a flush may be missed. */
	bool may_be_out = op->fail_at || (lazy && world[0].balance > NR_PAGES / 2);

	if (!(may_be_out && err == PW_ENOMEM)) {
		harness_note("error", (uint64_t)-err);
		EXPECT(err > -32 && want->errors & REF_ERROR(err));
	}
	EXPECT_EQ(res->changed, 0);
	EXPECT_EQ(res->nr_entries, 0);
	EXPECT_EQ(world[0].nr_plans, 0);
	if (err != PW_ENOMEM)
		EXPECT(overlaps(op, res->where.first.v - world[0].pt.first.v,
				res->where.last.v - world[0].pt.first.v));
	nr_refused++;
}

static void check_done(const struct op *op, const struct pw_result *res,
		       const struct ref_result *want, uint32_t tables_before)
{
	uint32_t added = next.nr_tables - tables_before;

	EXPECT_EQ(want->errors, 0);
	EXPECT_EQ(res->changed, want->changed);
	EXPECT_EQ(res->holes, want->holes);
	EXPECT_EQ(res->nr_entries, want->nr_entries);
	EXPECT_EQ(res->nr_tables, op->kind == OP_MAP ? added : 0 - added);
	if (op->kind == OP_UNMAP && !(op->flags & PW_KEEP_TABLES))
		check_no_empty_tables(op);
	if (world[0].pt.flags & PW_TABLE_LIVE) {
		/* what an open batch made invalid is paid for before it becomes valid again */
		if (lazy && world[0].nr_plans) {
			EXPECT(op->kind != OP_UNMAP);
			EXPECT_EQ(world[0].nr_plans, 1);
			settle(&world[0]);
		}
		note_debts();
		if (lazy)
			return;
		settle(&world[0]);
		check_excess(&world[0], op);
	} else {
		EXPECT_EQ(world[0].nr_plans, 0);
	}
}

static void check_translations(void)
{
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t at = harness_random() & reach();

		if (i < 3)
			at = spot[harness_below(NR_SPOTS)];
		else if (i < 7 && map.nr) {
			const struct ref_leaf *leaf = &map.leaf[harness_below(map.nr)];

			at = leaf->at + (harness_random() & (leaf_bytes(leaf->level) - 1));
			if (i == 5)
				at = leaf->at - 1;
			if (i == 6)
				at = leaf->at + leaf_bytes(leaf->level);
		}
		for (unsigned int w = 0; w < 2; w++)
			observe_translate(&world[w], &map, at & reach());
	}
}

static void note_op(const struct op *op)
{
	harness_note("operation", op->kind);
	harness_note("flags", op->flags);
	harness_note("first", world[0].pt.first.v + op->first[0]);
	harness_note("last", world[0].pt.first.v + op->last[0]);
	harness_note("pa", op->pa[0]);
	harness_note("ranges", op->nr);
}

static void step(void)
{
	struct op op = choose_op();
	struct pw_result res[2] = { 0 };
	struct ref_result want;
	uint32_t tables_before = map.nr_tables;
	int err[2];

	note_op(&op);
	predict(&op, &want);
	for (unsigned int w = 0; w < 2; w++) {
		world_forget(&world[w]);
		world[w].fail_at = op.fail_at;
		memset(&res[w], 0, sizeof(res[w]));
		err[w] = apply(&world[w], &op, &res[w]);
	}
	nr_ops++;
	EXPECT_EQ(err[0], err[1]);
	EXPECT(memcmp(&res[0], &res[1], sizeof(res[0])) == 0);
	EXPECT(same_plans());
	EXPECT(same_memory());
	if (err[0])
		check_refused(&op, err[0], &res[0], &want);
	if (err[0] || want.errors)
		ref_map_copy(&next, &map);
	if (harness_failures() || !observe_check(&world[0], &next, err[0] != 0))
		return;
	if (!err[0])
		check_done(&op, &res[0], &want, tables_before);
	for (unsigned int w = 0; w < 2; w++)
		EXPECT_EQ(world[w].balance, next.nr_tables + (lazy ? gather[w].owed.nr_freed : 0));
	EXPECT_EQ(world_mark_linked(&world[0]), next.nr_tables + 1);
	EXPECT_EQ(world_mark_linked(&world[1]), next.nr_tables + 1);
	EXPECT_EQ(world[0].asserts + world[1].asserts, 0);
	ref_map_copy(&map, &next);
	check_translations();
}

/* Lazy MMU mode for some operations; room for few ranges, or for none. */
static void begin_batch(void)
{
	uint32_t nr = (uint32_t)harness_below(MAX_SLOTS + 1);

	lazy = true;
	for (unsigned int w = 0; w < 2; w++) {
		EXPECT_EQ(pw_gather_init(&gather[w], &world[w].exec, nr ? slots[w] : NULL, nr), 0);
		pw_lazy_enable(&gather[w], &world[w].env);
	}
}

static void end_batch(void)
{
	uint32_t balance = world[0].balance - gather[0].owed.nr_freed;

	lazy = false;
	for (unsigned int w = 0; w < 2; w++) {
		world_forget(&world[w]);
		pw_lazy_disable(&gather[w], &world[w].env);
		EXPECT(!pw_gather_owes(&gather[w]));
		EXPECT_EQ(world[w].balance, balance);
		EXPECT(world[w].nr_plans <= 1);
	}
	EXPECT(same_plans());
	EXPECT(same_memory());
	settle(&world[0]);
}

/* Unmap everything that is whole: the tables must all come back. */
static void drain(void)
{
	for (unsigned int w = 0; w < 2; w++) {
		struct pw_range all = { world[w].pt.first, world[w].pt.last };

		world_forget(&world[w]);
		EXPECT_EQ(pw_unmap(&world[w].pt, all, 0, NULL, NULL), 0);
		EXPECT_EQ(world[w].balance, 0);
	}
	EXPECT(same_plans());
	EXPECT(same_memory());
}

static bool is_riscv(const struct world_format *f)
{
	return f->regimes & (1u << PW_REGIME_RISCV | 1u << PW_REGIME_RISCV_G);
}

static void scenario(const struct world_format *format)
{
	struct world_options o = { .nr_pages = NR_PAGES, .any_live = true };
	struct ref_geometry geo;
	bool up = true;

	o.flags = (chance(50) ? PW_TABLE_LIVE : 0) | (chance(50) ? PW_TABLE_UPPER : 0);
	o.va_bits = format->min_va_bits +
		    (uint32_t)harness_below(format->max_va_bits - format->min_va_bits + 1u);
	if (chance(60))
		o.va_bits = format->max_va_bits;
	o.zeroed = chance(20);
	if (format->regimes >> PW_REGIME_EL3 & 1 && !(o.flags & PW_TABLE_UPPER))
		o.regime = (uint32_t)harness_below(PW_ARM64_NR_REGIMES);
	if (chance(30))
		o.caps = is_riscv(format) ? PW_CAP_SVADU : PW_CAP_HAF | PW_CAP_HD;
	for (unsigned int w = 0; w < 2; w++) {
		o.hooked = w == 1;
		up &= world_open(&world[w], format, &o);
	}
	if (chance(50)) {
		world[0].exec.give_way = pw_gather_by_tag;
		world[1].exec.give_way = pw_gather_by_tag;
	}
	if (up) {
		geo = observe_geometry(&world[0]);
		ref_map_init(&map, &geo);
		choose_spots();
		choose_perms();
		nr_debts = 0;
		owe_publish = false;
		for (unsigned int i = 0; i < OPS_PER_SCENARIO && !harness_failures(); i++) {
			harness_note("step", i);
			if (!lazy && chance(10))
				begin_batch();
			step();
			if (lazy && chance(20))
				end_batch();
		}
		if (lazy)
			end_batch();
		if (!harness_failures())
			drain();
	}
	EXPECT_EQ(world[0].violations + world[1].violations, 0);
	for (unsigned int w = 0; w < 2; w++)
		world_close(&world[w]);
}

/* Scenarios of one format, for its share of the time, and at least a few. */
static void scenarios(const struct world_format *format)
{
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / WORLD_NR_FORMATS;
	uint64_t nr = 0;

	nr_ops = 0;
	nr_refused = 0;
	while (!harness_failures() && (nr < 3 || harness.now_ms() < end)) {
		harness_note("scenario", nr);
		scenario(format);
		nr++;
	}
	/* Refusals are worth testing, but most operations must get through; a few scenarios alone
	   may be of the kind that is mostly refused. */
	EXPECT(nr_refused < nr_ops);
	EXPECT(nr_ops < 1000 || nr_refused * 2 < nr_ops);
	harness.put(format->name);
	harness.put(": ");
	harness_put_dec(nr_ops);
	harness.put(" operations, ");
	harness_put_dec(nr_refused);
	harness.put(" refused, seed ");
	harness_put_dec(harness.seed);
	harness.put("\n");
}

TEST(random_operations)
{
	for (uint32_t i = 0; i < WORLD_NR_FORMATS; i++) {
		harness_note("format", i);
		scenarios(&world_formats[i]);
	}
}
