/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The list of format_test.c goes on: sizes of handles, where fields stand, a leaf in other sizes,
 * what use leaves in it, neighbours, what a CPU may go on using after a change, whose a page is.
 * Every format, every regime, every level; what an entry means the format's reference says.
 */
#include <string.h>

#include "../harness/harness.h"
#include "../ref/observe.h"

static struct world w;
static struct ref_regime regime;

static bool one_privilege(void)
{
	return w.pt.regime == PW_REGIME_EL2 || w.pt.regime == PW_REGIME_EL3;
}

static unsigned int lowest;
static void (*of_level)(unsigned int level);

/* @test for every format and every regime that it serves. */
static void each_regime(bool live, uint32_t caps, void (*test)(void))
{
	for (uint32_t i = 0; i < WORLD_NR_FORMATS; i++) {
		for (uint32_t n = 0; n < PW_NR_REGIMES; n++) {
			struct world_options o = { .regime = n, .caps = caps, .reshape = true };

			if (!(world_formats[i].regimes >> n & 1))
				continue;
			o.nr_pages = 24;
			/* so high that no bit of an attribute is mistaken for one of an address */
			o.pa_base = i == WORLD_FAKE ? 0 : 1ull << 40;
			harness_note("format", i);
			harness_note("regime", n);
			if (!world_open(&w, &world_formats[i], &o))
				continue;
			if (live) {
				w.pt.flags |= PW_TABLE_LIVE;
				w.pt.exec = &w.exec;
			}
			regime = observe_regime(&w);
			test();
			EXPECT_EQ(w.balance, 0);
			EXPECT_EQ(w.violations, 0);
			world_close(&w);
		}
	}
}

static void levels(void)
{
	for (unsigned int level = lowest; pw_table_leaf_ok(&w.pt, level); level++) {
		harness_note("level", level);
		of_level(level);
	}
}

/* And for every level from @from on. */
static void each_level(bool live, uint32_t caps, unsigned int from, void (*test)(unsigned int))
{
	lowest = from;
	of_level = test;
	each_regime(live, caps, levels);
}

/* The second leaf of a level. */
static struct pw_range second(unsigned int level)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level);

	return pw_range_len(w.pt.first.v + size, size);
}

/* What is mapped there is one leaf of @level, or a table full of leaves one level down. */
static bool map(const struct pw_attr *attr, unsigned int level, unsigned int max)
{
	return EXPECT_EQ(pw_map(&w.pt, second(level), pw_pa_of(pw_table_leaf_size(&w.pt, level)),
				attr, PW_MAX_LEVEL(max), NULL, NULL),
			 0);
}

static void unmap(unsigned int level)
{
	EXPECT_EQ(pw_unmap(&w.pt, second(level), 0, NULL, NULL), 0);
	world_forget(&w);
}

static void split(unsigned int level)
{
	struct pw_sweep s = { .range = second(level),
			      .next = second(level).first,
			      .budget = UINT64_MAX };

	EXPECT_EQ(pw_split(&w.pt, &s, PW_MAX_LEVEL(level - 1), NULL, NULL), 0);
	EXPECT(s.done);
}

static void collapse(unsigned int level)
{
	struct pw_sweep s = { .range = second(level),
			      .next = second(level).first,
			      .budget = UINT64_MAX };

	EXPECT_EQ(pw_collapse(&w.pt, &s, PW_MAX_LEVEL(level), NULL, NULL), 0);
	EXPECT(s.done);
}

/* The entry for @va, which must be one of @level; and its slot. */
static uint64_t entry(uint64_t va, unsigned int level, uint64_t **slot)
{
	uint64_t bytes = 8ull << w.format->index_lg2, pa;
	struct pw_translation t;
	int err = pw_translate(&w.pt, pw_va_of(va), &t);

	EXPECT(err == 0 || err == PW_ENOENT); /* present-but-invalid: its steps are told, too */
	if (!EXPECT(t.nr_steps > 0) || !EXPECT_EQ(t.level, level))
		return 0;
	pa = t.step[t.nr_steps - 1].entry_pa.v;
	if (slot)
		*slot = world_slot(&w, pa & ~(bytes - 1), (pa & (bytes - 1)) / 8);
	return t.step[t.nr_steps - 1].entry;
}

/* The last child's address: the one whose address differs most from its parent's. */
static uint64_t last_child(unsigned int level)
{
	return second(level).last.v - (pw_table_leaf_size(&w.pt, level - 1) - 1);
}

/* The sizes of input addresses that there are, and the one that there is when none is asked for. */
static void input_sizes(void)
{
	const struct world_format *f = w.format;
	struct pw_table_config cfg = w.cfg;
	struct pw_table pt;

	cfg.root.v = 0; /* aligned for any */
	for (uint32_t bits = 0; bits <= 64; bits++) {
		bool has = !bits || (bits >= f->min_va_bits && bits <= f->max_va_bits &&
				     (bits - f->min_va_bits) % f->va_step == 0);

		harness_note("bits", bits);
		cfg.va_bits = bits;
		EXPECT_EQ(pw_table_init(&pt, &cfg) == 0, has);
		/* of a signed one a handle is a half */
		if (has)
			EXPECT_EQ(pt.last.v - pt.first.v, (1ull << ((bits ? bits : f->max_va_bits) -
								    (f->halves == WORLD_SIGNED))) -
								  1);
	}
}

TEST(input_address_sizes)
{
	each_regime(false, 0, input_sizes);
}

/* Where fields stand ------------------------------------------------------------------------- */

static const struct pw_field *field_of(uint8_t in, unsigned int bit, unsigned int level)
{
	for (size_t i = 0; i < w.format->fields->nr; i++) {
		const struct pw_field *f = &w.format->fields->field[i];

		if (f->in & in && f->levels >> level & 1 && bit >= f->first && bit <= f->last)
			return f;
	}
	return NULL;
}

static bool is_address(const struct pw_field *f)
{
	return f && (strstr(f->name, "address") || strstr(f->name, "PPN"));
}

/* What leads elsewhere is an address, all of an address leads elsewhere or is not allowed; and what
   makes another thing of an entry has a name. */
static void places(uint8_t in, uint64_t e, unsigned int level)
{
	const struct ref_format *ref = regime.format;
	uint32_t kind = ref->kind(&regime, e, level);

	EXPECT_EQ(kind, in == PW_IN_TABLE ? PW_KIND_TABLE : PW_KIND_LEAF);
	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct pw_field *f = field_of(in, bit, level);
		uint64_t now = e ^ 1ull << bit;
		uint32_t other = ref->kind(&regime, now, level);
		bool leads = other == kind &&
			     (in == PW_IN_TABLE ? ref->table_pa(&regime, now, level) !=
							  ref->table_pa(&regime, e, level) :
						  ref->leaf_pa(&regime, now, level, 1) !=
							  ref->leaf_pa(&regime, e, level, 1));

		harness_note("bit", bit);
		if (leads)
			EXPECT(is_address(f));
		if (is_address(f))
			EXPECT(leads || other != kind || ref->reserved(&regime, now, level));
		if (other != kind && other != PW_KIND_BAD)
			EXPECT(field_of(PW_IN_LEAF | PW_IN_TABLE, bit, level));
	}
}

static void all_places(void)
{
	struct pw_attr a = world_attr(&w, PW_PERM_W);
	uint64_t raw;

	for (unsigned int level = 0; level < w.pt.levels; level++) {
		harness_note("level", level);
		if (level)
			places(PW_IN_TABLE, world_table(&w, w.base, level), level);
		if (!pw_table_leaf_ok(&w.pt, level))
			continue;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), 0);
		places(PW_IN_LEAF, raw, level);
	}
}

TEST(fields_are_where_entries_have_them)
{
	each_regime(false, 0, all_places);
}

/* Sizes -------------------------------------------------------------------------------------- */

/* A leaf that is cut is what mapping in the smaller size would have written, and back again. */
static void one_size(const struct pw_attr *attr, unsigned int level)
{
	uint64_t large, first, last;

	if (!map(attr, level, level))
		return;
	large = entry(second(level).first.v, level, NULL);
	split(level);
	first = entry(second(level).first.v, level - 1, NULL);
	last = entry(last_child(level), level - 1, NULL);
	collapse(level);
	EXPECT_EQ(entry(second(level).first.v, level, NULL), large);
	unmap(level);
	if (!map(attr, level, level - 1))
		return;
	EXPECT_EQ(entry(second(level).first.v, level - 1, NULL), first);
	EXPECT_EQ(entry(last_child(level), level - 1, NULL), last);
	unmap(level);
}

/* All that can be said of a leaf, one thing at a time. */
static void sizes(unsigned int level)
{
	const struct world_format *f = w.format;
	const struct pw_attr base = world_attr(&w, PW_PERM_W);
	struct pw_attr a;
	uint64_t raw;

	for (uint32_t i = 0; i <= PW_PERM_ALL; i++) {
		harness_note("perm", i);
		a = base;
		a.perm = i;
		if (!pw_attr_encode(&w.pt, &a, level, &raw))
			one_size(&a, level);
	}
	for (uint32_t flag = 1; flag < PW_ATTR_ALL; flag <<= 1) {
		harness_note("flag", flag);
		a = base;
		a.flags ^= flag;
		if (!(flag & PW_ATTR_CONTIGUOUS) && !pw_attr_encode(&w.pt, &a, level, &raw))
			one_size(&a, level);
	}
	for (uint32_t i = 0; i < f->nr_index; i++) {
		harness_note("index", i);
		a = base;
		a.memtype = PW_MEM_INDEX;
		a.mem_index = i;
		if (!(f->index_reserved >> i & 1))
			one_size(&a, level);
	}
	for (uint32_t soft = 1; soft < f->nr_soft; soft <<= 1) {
		harness_note("soft", soft);
		a = base;
		a.soft = soft;
		one_size(&a, level);
	}
	for (uint32_t key = 1; key < f->nr_keys; key <<= 1) {
		harness_note("key", key);
		a = base;
		a.key = key;
		one_size(&a, level);
	}
	a = base;
	a.share = PW_SHARE_OUTER;
	one_size(&a, level);
}

TEST(attributes_in_other_sizes)
{
	each_level(false, 0, 1, sizes);
}

/* Where a bit of a leaf of @level is one level down; 64: nowhere. */
static unsigned int bit_below(unsigned int bit, unsigned int level)
{
	if (w.format == &world_formats[WORLD_X86_64] && level == 1 && bit == 12)
		return 7; /* PAT */
	if (w.format < &world_formats[WORLD_X86_64])
		return bit == 16 ? 64 : bit; /* arm64: nT says what is being done, and is no more */
	return bit;
}

/* Bits that nobody understands are kept, too. */
static void kept(unsigned int level)
{
	const struct pw_attr base = world_attr(&w, PW_PERM_W);
	uint64_t first = second(level).first.v, large, small, now, *slot;

	if (w.format == &world_formats[WORLD_FAKE]) /* there each level has its own places */
		return;
	if (!map(&base, level, level))
		return;
	large = entry(first, level, NULL);
	split(level);
	small = entry(first, level - 1, NULL);
	collapse(level);
	for (unsigned int bit = 0; bit < 64; bit++) {
		unsigned int below = bit_below(bit, level);

		now = large ^ 1ull << bit;
		harness_note("bit", bit);
		if (regime.format->kind(&regime, now, level) != PW_KIND_LEAF ||
		    regime.format->reserved(&regime, now, level) ||
		    regime.format->leaf_pa(&regime, now, level, 1) !=
			    regime.format->leaf_pa(&regime, large, level, 1) ||
		    (w.format < &world_formats[WORLD_X86_64] && bit == 52)) /* contiguous below */
			continue;
		EXPECT_EQ(entry(first, level, &slot), large);
		*slot = now;
		split(level);
		EXPECT_EQ(entry(first, level - 1, NULL), small ^ (below < 64 ? 1ull << below : 0));
		collapse(level);
		EXPECT_EQ(entry(first, level, &slot), below < 64 ? now : large);
		*slot = large;
	}
	unmap(level);
}

TEST(unknown_bits_in_other_sizes)
{
	each_level(false, 0, 1, kept);
}

/* Use ---------------------------------------------------------------------------------------- */

/* What is clean, and what hardware or a handler would make of it. */
static struct pw_attr clean(void)
{
	struct pw_attr a = world_attr(&w, PW_PERM_W);

	a.flags &= ~(uint32_t)(PW_ATTR_ACCESSED | PW_ATTR_DIRTY);
	a.flags |= PW_ATTR_DBM & w.format->flags;
	return a;
}

/* One child is used, and then all of it was; and is not, when that is taken away again. */
static void use(unsigned int level)
{
	static const uint32_t uses[] = { 0, PW_ATTR_ACCESSED, PW_ATTR_DIRTY,
					 PW_ATTR_ACCESSED | PW_ATTR_DIRTY };
	const uint32_t both = PW_ATTR_ACCESSED | PW_ATTR_DIRTY;

	for (unsigned int i = 0; i < 16; i++) {
		uint32_t used = uses[i % 4] & w.format->flags, off = uses[i / 4], left;
		struct pw_attr a = clean(), before, got;
		uint64_t raw, *slot, *one;

		harness_note("use", used);
		harness_note("off", off);
		if (!map(&a, level, level - 1))
			return;
		a.flags |= used;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level - 1, &raw), 0);
		a.flags &= ~used;
		EXPECT_EQ(pw_attr_decode(&w.pt, entry(last_child(level), level - 1, &one),
					 level - 1, &before),
			  0);
		EXPECT_EQ(before.flags & both, 0);
		*one |= raw;
		if (used & PW_ATTR_DIRTY && w.format->flags & PW_ATTR_DBM)
			*one &= raw | ~(1ull << 7); /* arm64 stage 1: AP[2] is clear when dirty */
		collapse(level);
		EXPECT_EQ(pw_attr_decode(&w.pt, entry(second(level).first.v, level, &slot), level,
					 &got),
			  0);
		EXPECT_EQ(got.flags & both, used);
		EXPECT_EQ(got.flags & ~both, before.flags);
		EXPECT_EQ(got.perm, before.perm);
		left = used & ~off;
		if (off)
			EXPECT_EQ(pw_test_and_clear(&w.pt, second(level), off, 0, NULL, NULL, NULL,
						    NULL),
				  0);
		EXPECT_EQ(pw_attr_decode(&w.pt, *slot, level, &got), 0);
		EXPECT_EQ(got.flags & both, left);
		unmap(level);
	}
}

TEST(use_is_gathered_and_cleared)
{
	each_level(false, 0, 1, use);
}

/* Neighbours --------------------------------------------------------------------------------- */

/* What an operation makes of two slots, the first of which may be empty. */
struct outcome {
	int err;
	uint64_t now[2];
	uint64_t changed;
};

static struct outcome operate(bool unmap, uint64_t *slot, uint64_t a, uint64_t b,
			      struct pw_range range)
{
	const struct pw_change c = { .flags_clear = PW_ATTR_ACCESSED };
	struct pw_result res;
	struct outcome o;

	slot[0] = a;
	slot[1] = b;
	o.err = unmap ? pw_unmap(&w.pt, range, PW_KEEP_TABLES, NULL, &res) :
			pw_protect(&w.pt, range, &c, 0, NULL, &res);
	o.now[0] = slot[0];
	o.now[1] = slot[1];
	o.changed = res.changed;
	return o;
}

/*
 * Two entries that differ in a bit beside where they lead: whether they are one run to the engine
 * or not, each becomes what it becomes alone, or neither changes.
 */
static void two(unsigned int level, uint64_t *slot, uint64_t a, uint64_t b)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level);
	struct pw_range range = pw_range_len(w.pt.first.v + 2 * size, 2 * size);

	for (unsigned int unmap = 0; unmap < 2; unmap++) {
		struct outcome x = operate(unmap, slot, a, 0, range);
		struct outcome y = operate(unmap, slot, 0, b, range);
		struct outcome both = operate(unmap, slot, a, b, range);

		harness_note("unmap", unmap);
		EXPECT_EQ(x.err, 0);
		EXPECT_EQ(both.err, y.err);
		EXPECT_EQ(both.now[0], y.err ? a : x.now[0]);
		EXPECT_EQ(both.now[1], y.now[1]);
		if (!y.err)
			EXPECT_EQ(both.changed, x.changed + y.changed);
	}
	slot[0] = slot[1] = 0;
}

/* No table, and of no group: those would be more than one entry's business. */
static bool is_alone(uint64_t e, unsigned int level)
{
	return regime.format->kind(&regime, e, level) != PW_KIND_TABLE &&
	       !(regime.format->attr(&regime, e, level).flags & PW_ATTR_CONTIGUOUS);
}

static void neighbours(unsigned int level)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level), e[2], *slot;
	struct pw_range range = pw_range_len(w.pt.first.v + 2 * size, 2 * size);
	uint32_t kind;

	if (w.pt.last.v - w.pt.first.v < 4 * size || w.pt.pa_max < 4 * size)
		return;
	for (unsigned int valid = w.format->can_be_invalid ? 0 : 1; valid < 2; valid++) {
		struct pw_attr a = world_attr(&w, PW_PERM_W | PW_PERM_X);

		harness_note("valid", valid);
		a.flags &= valid ? ~0u : ~(uint32_t)PW_ATTR_VALID;
		if (!EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(2 * size), &a, PW_MAX_LEVEL(level),
				      NULL, NULL),
			       0))
			return;
		e[0] = entry(range.first.v, level, &slot);
		e[1] = slot[1];
		kind = regime.format->kind(&regime, e[0], level);
		for (unsigned int n = 0; n < 400; n++) {
			uint64_t both = n < 64 ? 0 : 1ull << harness_below(64);
			uint64_t one = 1ull << (n < 64 ? n : harness_below(64));

			harness_note("both", both);
			harness_note("one", one);
			if (regime.format->kind(&regime, e[0] ^ both, level) != kind ||
			    !is_alone(e[0] ^ both, level) || !is_alone(e[1] ^ both ^ one, level))
				continue;
			two(level, slot, e[0] ^ both, e[1] ^ both ^ one);
		}
		EXPECT_EQ(pw_unmap(&w.pt, range, 0, NULL, NULL), 0);
	}
}

TEST(neighbours_of_another_kind)
{
	each_level(false, 0, 0, neighbours);
	each_level(false, PW_CAP_NO_NX | PW_CAP_MBE | PW_CAP_XNX, 0, neighbours);
}

/* What is owed ------------------------------------------------------------------------------- */

static bool is_arm64(void)
{
	return w.format < &world_formats[WORLD_X86_64];
}

/* Raw changes touch neither the type, nor the address, nor what says of which memory that is. */
static bool is_refused(uint64_t e, uint64_t now, unsigned int level)
{
	const struct ref_format *ref = regime.format;

	if (is_arm64() && ((level && (e ^ now) & 1ull << 16) || /* nT stands among the address */
			   (w.pt.regime == PW_REGIME_EL3 && (e ^ now) & 1ull << 11)))
		return true;
	/* raw masks are for leaves of every size: PAT is PS, or an address, in another one */
	if (w.pt.regime == PW_REGIME_X86 && (e ^ now) & (1ull << 7 | 1ull << 12))
		return true;
	if (w.pt.regime == PW_REGIME_EPT && (e ^ now) & 1ull << 7)
		return true;
	return ref->kind(&regime, now, level) != PW_KIND_LEAF ||
	       ref->leaf_pa(&regime, now, level, 1) != ref->leaf_pa(&regime, e, level, 1);
}

/*
 * Arm ARM, rule RWHZWS: memory type, shareability, address space, and global over non-global go by
 * break-before-make; other architectures have no such rule.
 */
static bool is_broken(uint64_t e, uint64_t now, unsigned int level)
{
	struct pw_attr x = regime.format->attr(&regime, e, level);
	struct pw_attr y = regime.format->attr(&regime, now, level);

	if (!is_arm64())
		return false;
	return x.mem_index != y.mem_index || x.share != y.share ||
	       (x.flags ^ y.flags) & PW_ATTR_NS ||
	       (w.pt.regime < PW_REGIME_STAGE2 && y.flags & ~x.flags & PW_ATTR_GLOBAL) ||
	       /* of one privilege, too: its entries are global whatever the bit */
	       (one_privilege() && e & ~now & 1ull << 11);
}

/*
 * May a CPU go on using what the entry was? Software bits are nobody's. Accessed that is cleared is
 * an estimate; accessed and dirty that are set need not be seen (on arm64, where dirty is a right,
 * setting either is a change like any other).
 */
static bool is_quiet(uint64_t e, uint64_t now, unsigned int level)
{
	struct pw_attr x = regime.format->attr(&regime, e, level);
	struct pw_attr y = regime.format->attr(&regime, now, level);
	uint32_t gone = x.flags & ~y.flags, come = y.flags & ~x.flags;

	if (x.soft != y.soft)
		return true;
	if (is_arm64())
		return gone == PW_ATTR_ACCESSED;
	return gone == PW_ATTR_ACCESSED || come == PW_ATTR_ACCESSED || come == PW_ATTR_DIRTY;
}

static bool is_contiguous(uint64_t bit, unsigned int level)
{
	return (is_arm64() && bit == 1ull << 52) ||
	       regime.format->attr(&regime, bit, level).flags & PW_ATTR_CONTIGUOUS;
}

/* Every bit of a leaf is flipped while CPUs may be using it. */
static void flips(const struct pw_attr *attr, unsigned int level)
{
	uint64_t e, now, *slot;
	struct pw_change c;
	unsigned int quiet = 0, loud = 0;
	int err;

	if (w.format == &world_formats[WORLD_FAKE] || !map(attr, level, level))
		return; /* in the fake format a bit is another one at each level */
	e = entry(second(level).first.v, level, &slot);
	for (unsigned int bit = 0; bit < 64; bit++) {
		now = e ^ 1ull << bit;
		if (is_contiguous(1ull << bit, level) ||
		    (regime.format->kind(&regime, now, level) == PW_KIND_LEAF &&
		     regime.format->reserved(&regime, now, level))) /* means nothing yet */
			continue;
		harness_note("bit", bit);
		c = (struct pw_change){ .raw_set = now & ~e, .raw_clear = e & ~now };
		world_forget(&w);
		err = pw_protect(&w.pt, second(level), &c, 0, NULL, NULL);
		if (is_refused(e, now, level) || is_broken(e, now, level)) {
			EXPECT(is_refused(e, now, level) ?
				       err == PW_EINVAL || err == PW_EOPNOTSUPP :
				       err == PW_EBUSY);
			EXPECT_EQ(*slot, e);
			EXPECT_EQ(w.nr_plans, 0);
			continue;
		}
		EXPECT_EQ(err, 0);
		EXPECT_EQ(*slot, now);
		EXPECT_EQ(w.nr_plans && w.plan[0].plan.nr_ranges, !is_quiet(e, now, level));
		*(is_quiet(e, now, level) ? &quiet : &loud) += 1;
		*slot = e;
	}
	EXPECT(quiet >= 2);
	EXPECT(loud >= 3);
	unmap(level);
}

static void owed(unsigned int level)
{
	struct pw_attr a = world_attr(&w, PW_PERM_W);

	a.flags |= PW_ATTR_DIRTY & w.format->flags;
	a.flags |= PW_ATTR_DBM & w.format->flags;
	flips(&a, level);
	a = clean();
	flips(&a, level);
	a = world_attr(&w, 0);
	a.flags &= ~(uint32_t)PW_ATTR_GLOBAL;
	flips(&a, level);
}

TEST(what_a_change_owes)
{
	each_level(true, 0, 0, owed);
	each_level(true, PW_CAP_XNX | PW_CAP_MBE | PW_CAP_SUM | PW_CAP_SMEP, 0, owed);
}

/* What matches every address space is invalidated in every one. */
static void scope(unsigned int level)
{
	const struct pw_change c = { .perm_clear = w.format->no_write };

	if (w.format == &world_formats[WORLD_FAKE] || w.pt.regime == PW_REGIME_EL3 ||
	    !(w.format->flags & ~w.format->loose & PW_ATTR_GLOBAL) || one_privilege() ||
	    w.pt.regime == PW_REGIME_STAGE2)
		return;
	for (unsigned int global = 0; global < 2; global++) {
		struct pw_attr a = world_attr(&w, PW_PERM_W);

		harness_note("global", global);
		a.flags &= global ? ~0u : ~(uint32_t)PW_ATTR_GLOBAL;
		if (!map(&a, level, level))
			return;
		world_forget(&w);
		EXPECT_EQ(pw_protect(&w.pt, second(level), &c, 0, NULL, NULL), 0);
		EXPECT_EQ(w.nr_plans, 1);
		EXPECT_EQ(w.plan[0].plan.nr_ranges, 1);
		EXPECT_EQ(!!(w.plan[0].range[0].flags & PW_FLUSH_ANY_ASID), global);
		EXPECT_EQ(w.plan[0].range[0].asid, global ? 0 : 0x2a);
		unmap(level);
	}
}

TEST(global_is_for_every_address_space)
{
	each_level(true, 0, 0, scope);
}

/*
 * A NAPOT group that harts may be using is broken for anything but software bits, and accessed and
 * dirty, which hardware writes to one of its entries alone. Nobody here may break it.
 */
static void groups(unsigned int level)
{
	static const struct {
		struct pw_change change;
		bool in_place;
	} rows[] = {
		{ { .flags_set = PW_ATTR_ACCESSED }, true },
		{ { .flags_set = PW_ATTR_DIRTY }, true },
		{ { .raw_set = 3ull << 8 }, true },
		{ { .raw_set = 3ull << 59 }, true },
		{ { .flags_clear = PW_ATTR_ACCESSED | PW_ATTR_DIRTY }, true },
		{ { .raw_clear = 3ull << 59 | 3ull << 8 }, true },
		{ { .perm_clear = PW_PERM_W | PW_PERM_USER_W }, false },
		{ { .perm_set = PW_PERM_X }, false },
		{ { .raw_set = 1ull << 61 }, false },
	};
	struct pw_attr a = clean();
	struct pw_range range = pw_range_len(w.pt.first.v + (16u << 12), 16u << 12);

	if (level || !w.format->ref->alike)
		return;
	EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(16u << 12), &a, PW_CONTIGUOUS, NULL, NULL), 0);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pw_change c = rows[i].change;

		harness_note("row", i);
		c.perm_clear &= w.pt.regime == PW_REGIME_RISCV_G ? 7u : ~0u;
		EXPECT_EQ(pw_protect(&w.pt, range, &c, 0, NULL, NULL),
			  rows[i].in_place ? 0 : PW_EBUSY);
	}
	EXPECT_EQ(pw_unmap(&w.pt, range, 0, NULL, NULL), 0);
	world_forget(&w);
}

TEST(a_group_of_like_entries_in_place)
{
	each_level(true, 0, 0, groups);
}

/* A page becomes the user's, and comes back, where supervisors keep their rights to it. */
static void user_changes(void)
{
	const struct pw_change change[] = {
		{ .perm_set = PW_PERM_W | PW_PERM_USER_R | PW_PERM_USER_W,
		  .perm_clear = PW_PERM_X | PW_PERM_USER_X },
		{ .perm_set = PW_PERM_USER_R,
		  .perm_clear = w.format->no_write | PW_PERM_X | PW_PERM_USER_X },
		{ .perm_set = PW_PERM_W | PW_PERM_USER_R | PW_PERM_USER_W,
		  .perm_clear = PW_PERM_X | PW_PERM_USER_X },
		{ .perm_clear = PW_PERM_USER_R | PW_PERM_USER_W },
	};
	const uint32_t want[] = { PW_PERM_R | PW_PERM_W | PW_PERM_USER_R | PW_PERM_USER_W,
				  PW_PERM_R | PW_PERM_USER_R,
				  PW_PERM_R | PW_PERM_W | PW_PERM_USER_R | PW_PERM_USER_W,
				  PW_PERM_R | PW_PERM_W };
	struct pw_range range = pw_range_len(w.pt.first.v, world_page_bytes(&w));
	struct pw_attr a = world_attr(&w, 0);
	struct pw_translation t;

	if (!w.format->user || one_privilege() || w.format == &world_formats[WORLD_FAKE])
		return;
	EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(0), &a, 0, NULL, NULL), 0);
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		harness_note("change", i);
		EXPECT_EQ(pw_protect(&w.pt, range, &change[i], 0, NULL, NULL), 0);
		EXPECT_EQ(pw_translate(&w.pt, range.first, &t), 0);
		EXPECT_EQ(t.perm, want[i]);
	}
	EXPECT_EQ(pw_unmap(&w.pt, range, PW_STRICT, NULL, NULL), 0);
}

TEST(pages_become_a_users)
{
	each_regime(false, 0, user_changes);
}
