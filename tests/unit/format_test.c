/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * One list for every format, whatever it is: attributes to entries and back, every combination at
 * every level; every output address bit; every kind of entry; changes of rights. The library is
 * asked on one side, the reference of the format and its row of facts on the other.
 */
#include "../harness/harness.h"
#include "../ref/observe.h"

static struct world w;
static struct ref_regime regime;
static struct ref_geometry geo;
static uint32_t can_say[PW_MAX_LEVELS][(PW_PERM_ALL + 1) / 32];

/* @test for every format and every regime that it serves; with @caps those that they matter to. */
static void each_regime(uint32_t caps, uint32_t nr_pages, void (*test)(void))
{
	for (uint32_t i = 0; i < WORLD_NR_FORMATS; i++) {
		for (uint32_t n = 0; n < PW_NR_REGIMES; n++) {
			struct world_options o = { .regime = n, .caps = caps };

			if (!(world_formats[i].regimes >> n & 1) ||
			    (caps && !world_formats[i].by_cpu))
				continue;
			o.nr_pages = nr_pages;
			harness_note("format", i);
			harness_note("regime", n);
			if (!world_open(&w, &world_formats[i], &o))
				continue;
			regime = observe_regime(&w);
			geo = observe_geometry(&w);
			test();
			world_close(&w);
		}
	}
}

static bool one_privilege(void)
{
	return w.pt.regime == PW_REGIME_EL2 || w.pt.regime == PW_REGIME_EL3;
}

/* Attributes to entries and back ------------------------------------------------------------- */

static void learn_perms(unsigned int level)
{
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		uint32_t bit = 1u << perm % 32;

		can_say[level][perm / 32] &= ~bit;
		if (ref_can_say(&regime, level, perm))
			can_say[level][perm / 32] |= bit;
	}
}

/* The least that can be said. */
static uint32_t plain_perm(unsigned int level)
{
	uint32_t perm = 0;

	learn_perms(level);
	while (perm < PW_PERM_ALL && !(can_say[level][perm / 32] >> perm % 32 & 1))
		perm++;
	return perm;
}

/* What the format's facts say about these attributes. */
static bool expressible(const struct pw_attr *a, unsigned int level)
{
	const struct world_format *f = w.format;
	uint32_t flags = f->flags;

	if (w.pt.regime != PW_REGIME_EL3)
		flags &= ~PW_ATTR_NSE;
	if (!geo.contig_lg2[level])
		flags &= ~PW_ATTR_CONTIGUOUS;
	if (a->flags & ~flags)
		return false;
	if (!(a->flags & PW_ATTR_VALID) && (!f->can_be_invalid || a->flags & PW_ATTR_NSE))
		return false;
	if (a->flags & PW_ATTR_DBM && !(a->perm & PW_PERM_W)) /* it means writable */
		return false;
	return can_say[level][a->perm / 32] >> a->perm % 32 & 1;
}

static bool same(const struct pw_attr *x, const struct pw_attr *y)
{
	return x->perm == y->perm && x->flags == y->flags && x->memtype == y->memtype &&
	       x->mem_index == y->mem_index && x->share == y->share && x->soft == y->soft &&
	       x->key == y->key && x->perm_index == 0;
}

/* An expressible combination: out comes what went in, and the reference reads the same. */
static uint64_t round_trip(const struct pw_attr *asked, unsigned int level)
{
	struct pw_attr want = ref_held(&geo, asked), got, ref;
	uint64_t raw = 0, slot = 0;

	if (!EXPECT_EQ(pw_attr_encode(&w.pt, asked, level, &raw), 0) ||
	    !EXPECT_EQ(pw_attr_decode(&w.pt, raw, level, &got), 0))
		return 0;
	want = ref_visible(&geo, &want);
	want.share = w.format->share ? asked->share : 0;
	ref = w.format->ref->attr(&regime, raw, level);
	ref = ref_visible(&geo, &ref);
	if (asked->memtype == PW_MEM_INDEX)
		want.memtype = ref.memtype;
	else
		want.mem_index = got.mem_index;
	EXPECT(same(&got, &want));
	EXPECT(same(&ref, &want));
	EXPECT_EQ(w.format->ref->kind(&regime, raw, level),
		  want.flags & PW_ATTR_VALID ? PW_KIND_LEAF : PW_KIND_INVALID);
	EXPECT_EQ(w.format->ref->reserved(&regime, raw, level), 0);
	EXPECT_EQ(pw_entry_reserved(&w.pt, raw, level), 0);
	EXPECT_EQ(w.format->ref->leaf_pa(&regime, raw, level, slot), 0);
	return raw;
}

static struct pw_attr some_attr(uint32_t perm, uint32_t flags, uint32_t n)
{
	const struct world_format *f = w.format;
	struct pw_attr a = { .perm = perm, .flags = flags };

	a.memtype = f->type[n % 3].memtype;
	a.mem_index = f->type[n % 3].index;
	a.soft = n % f->nr_soft;
	a.key = n % f->nr_keys;
	a.share = f->share && n % 2 ? PW_SHARE_INNER : PW_SHARE_NONE;
	return a;
}

static void every_combination(void)
{
	uint64_t nr = 0;

	for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++) {
		harness_note("level", level);
		learn_perms(level);
		for (uint32_t i = 0; i <= (PW_PERM_ALL << 12 | PW_ATTR_ALL); i++) {
			struct pw_attr a = some_attr(i >> 12, i & PW_ATTR_ALL, i / 7);
			uint64_t raw;
			int err;

			harness_note("perm", a.perm);
			harness_note("flags", a.flags);
			if (expressible(&a, level)) {
				round_trip(&a, level);
				nr++;
				continue;
			}
			err = pw_attr_encode(&w.pt, &a, level, &raw);
			if (a.flags & PW_ATTR_CONTIGUOUS && !geo.contig_lg2[level])
				EXPECT(err == PW_ERANGE || err == PW_EOPNOTSUPP);
			else
				EXPECT_EQ(err, PW_EOPNOTSUPP);
		}
	}
	EXPECT(nr >= 24);
}

TEST(encode_and_decode_every_combination)
{
	each_regime(0, 4, every_combination);
}

/* The registers' say: other rights can be said, and the same laws hold. */
TEST(encode_and_decode_with_other_registers)
{
	each_regime(PW_CAP_NO_WP | PW_CAP_MBE, 4, every_combination);
	each_regime(PW_CAP_SMEP | PW_CAP_EXEC_ONLY | PW_CAP_SUM | PW_CAP_XNX, 4, every_combination);
	each_regime(PW_CAP_SMAP | PW_CAP_MBE | PW_CAP_EXEC_ONLY | PW_CAP_MXR, 4, every_combination);
	each_regime(PW_CAP_SMAP | PW_CAP_SMEP | PW_CAP_NO_NX | PW_CAP_SUM | PW_CAP_MXR, 4,
		    every_combination);
}

/* Memory types by name and by number, software bits, keys, shareability: one at a time. */
static void other_attributes(void)
{
	const struct world_format *f = w.format;
	int no_type;
	uint32_t known = 0; /* bit t: some number means memory type t */
	struct pw_attr a;
	uint64_t raw;

	for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++) {
		harness_note("level", level);
		for (uint32_t i = 0; i < 2 * f->nr_index; i++) {
			int err;

			a = some_attr(PW_PERM_R, f->base, 0);
			a.memtype = PW_MEM_INDEX;
			a.mem_index = i;
			harness_note("index", i);
			err = pw_attr_encode(&w.pt, &a, level, &raw);
			if (i >= f->nr_index)
				EXPECT(err == PW_EINVAL || err == PW_EOPNOTSUPP);
			else if (err) /* a number that the manual reserves */
				EXPECT(f->index_reserved >> i & 1);
			else if (EXPECT(!(f->index_reserved >> i & 1)))
				known |= 1u << w.format->ref
						       ->attr(&regime, round_trip(&a, level), level)
						       .memtype;
		}
		for (uint32_t type = PW_MEM_INDEX + 1; type < PW_MEM_OTHER; type++) {
			a = some_attr(PW_PERM_R, f->base, 0);
			a.memtype = type;
			harness_note("type", type);
			if (!(known >> type & 1))
				EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), PW_EOPNOTSUPP);
			else
				round_trip(&a, level);
		}
		a.memtype = PW_MEM_OTHER;
		no_type = f->type[0].memtype == PW_MEM_INDEX ? PW_EOPNOTSUPP : PW_EINVAL;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), no_type);
		a.memtype = PW_NR_MEMTYPES;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), no_type);
		for (uint32_t soft = 0; soft <= 2 * f->nr_soft; soft++) {
			a = some_attr(PW_PERM_R, f->base, 0);
			a.soft = soft;
			harness_note("soft", soft);
			if (soft < f->nr_soft)
				round_trip(&a, level);
			else
				EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), PW_EINVAL);
		}
		for (uint32_t key = 0; key <= 2 * f->nr_keys; key++) {
			a = some_attr(PW_PERM_R, f->base, 0);
			a.key = key;
			harness_note("key", key);
			if (key < f->nr_keys)
				round_trip(&a, level);
			else
				EXPECT(pw_attr_encode(&w.pt, &a, level, &raw) < 0);
		}
		for (uint32_t share = 0; share < 5; share++) {
			a = some_attr(PW_PERM_R, f->base, 0);
			a.share = share;
			harness_note("share", share);
			if (share != 1 && share < 4)
				round_trip(&a, level);
			else if (f->share)
				EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), PW_EINVAL);
		}
	}
}

TEST(encode_and_decode_other_attributes)
{
	each_regime(0, 4, other_attributes);
}

static void unknown(void)
{
	const struct pw_attr good = some_attr(PW_PERM_R, w.format->base, 0);
	uint64_t raw;

	for (unsigned int n = 0; n < 32; n++) {
		struct pw_attr a = good;

		harness_note("bit", n);
		a.perm |= 1u << n;
		if (!(PW_PERM_ALL >> n & 1))
			EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.flags |= 1u << n;
		if (!(PW_ATTR_ALL >> n & 1))
			EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EINVAL);
		a = good;
		a.perm_index = 1u << n;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), PW_EOPNOTSUPP);
	}
	for (unsigned int level = 0; level < 16; level++) {
		int want = level >= w.pt.levels		  ? PW_EINVAL :
			   pw_table_leaf_ok(&w.pt, level) ? 0 :
							    PW_ERANGE;

		harness_note("level", level);
		EXPECT_EQ(pw_attr_encode(&w.pt, &good, level, &raw), want);
	}
}

TEST(encode_refuses_what_is_unknown)
{
	each_regime(0, 4, unknown);
}

/* Addresses ---------------------------------------------------------------------------------- */

/* A leaf of @level from @va to @pa, by the library and by the reference. */
static void one_leaf(unsigned int level, uint64_t va, uint64_t pa)
{
	uint64_t size = pw_table_leaf_size(&w.pt, level), at = va - w.pt.first.v;
	struct pw_attr a = some_attr(PW_PERM_R, w.format->base, 0), got, want;
	struct pw_range range = pw_range_len(va, size);
	struct ref_translation naive;
	struct pw_translation t;

	harness_note("va", va);
	harness_note("pa", pa);
	if (!EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(pa), &a, 0, NULL, NULL), 0))
		return;
	for (unsigned int n = 0; n < 2; n++) {
		uint64_t in = n ? size - 1 : 0;

		EXPECT_EQ(pw_translate(&w.pt, pw_va_of(va + in), &t), 0);
		EXPECT_EQ(t.level, level);
		EXPECT_EQ(t.pa.v, pa + in);
		ref_translate(&regime, at + in, &naive);
		EXPECT_EQ(naive.err, 0);
		EXPECT_EQ(naive.level, level);
		EXPECT_EQ(naive.pa, pa + in);
		EXPECT_EQ(naive.entry, t.entry);
	}
	/* The address takes nothing away from the attributes. */
	want = ref_held(&geo, &a);
	EXPECT_EQ(pw_attr_decode(&w.pt, t.entry, level, &got), 0);
	EXPECT(got.perm == want.perm && got.flags == want.flags && got.memtype == want.memtype &&
	       got.soft == want.soft && got.key == want.key);
	EXPECT_EQ(pw_entry_reserved(&w.pt, t.entry, level), 0);
	EXPECT_EQ(pw_unmap(&w.pt, range, PW_STRICT, NULL, NULL), 0);
}

/* Each bit of an output address, at each level; and one bit beyond. */
static void output_bits(void)
{
	struct pw_attr a = some_attr(PW_PERM_R, w.format->base, 0);
	uint32_t pa_bits = w.format->ref->pa_bits;

	EXPECT_EQ(w.pt.pa_max, (1ull << pa_bits) - 1);
	for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w.pt, level);
		struct pw_range range = pw_range_len(w.pt.first.v, size);

		for (unsigned int bit = 0; bit < 64; bit++) {
			uint64_t pa = 1ull << bit;

			harness_note("bit", bit);
			if (bit >= pa_bits)
				EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(pa), &a, 0, NULL, NULL),
					  PW_ERANGE);
			else if (pa < world_page_bytes(&w))
				EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(pa), &a, 0, NULL, NULL),
					  PW_EINVAL);
			else if (pa >= size) /* else: no leaf of this level */
				one_leaf(level, w.pt.first.v + size, pa);
		}
		one_leaf(level, w.pt.first.v, w.pt.pa_max - (size - 1));
		one_leaf(level, w.pt.first.v, 0);
	}
}

TEST(output_address_bits)
{
	each_regime(0, 16, output_bits);
}

/* Each bit of a table's address: the tables themselves lie there. */
TEST(table_address_bits)
{
	for (uint32_t i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];

		for (unsigned int bit = f->page_lg2 + 6; bit < f->ref->pa_bits; bit++) {
			struct world_options o = { .nr_pages = 16, .pa_base = 1ull << bit };

			harness_note("format", i);
			harness_note("bit", bit);
			if (!world_open(&w, f, &o))
				continue;
			regime = observe_regime(&w);
			geo = observe_geometry(&w);
			one_leaf(0, w.pt.first.v, 0);
			one_leaf(0, w.pt.last.v - (world_page_bytes(&w) - 1), 0);
			world_close(&w);
		}
	}
}

/* First, last, and where an index changes, of each level; beside the half nothing can be. */
static void input_edges(void)
{
	struct pw_attr a = some_attr(PW_PERM_R, w.format->base, 0);
	uint64_t page = world_page_bytes(&w);
	bool upper = w.pt.flags & PW_TABLE_UPPER;
	uint64_t beside = upper ? w.pt.first.v - page : w.pt.last.v + 1;

	for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++) {
		uint64_t size = pw_table_leaf_size(&w.pt, level);

		harness_note("level", level);
		if (size > w.pt.last.v - w.pt.first.v)
			continue;
		one_leaf(level, w.pt.first.v, size);
		one_leaf(level, w.pt.last.v - (size - 1), size);
		for (unsigned int bit = 0; bit < w.pt.va_bits; bit++) {
			uint64_t va = w.pt.first.v | 1ull << bit;

			if (1ull << bit < size)
				continue;
			one_leaf(level, va, size);
			one_leaf(level, va - size, size); /* the last before the carry */
		}
	}
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(beside, page), pw_pa_of(0), &a, 0, NULL, NULL),
		  world_beside(&w));
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(w.pt.first.v ^ 1ull << 62, page), pw_pa_of(0), &a, 0,
			 NULL, NULL),
		  world_beside(&w));
	EXPECT_EQ(pw_map(&w.pt, pw_range_len(upper ? 0 : 0 - page, page), pw_pa_of(0), &a, 0, NULL,
			 NULL),
		  PW_ERANGE);
	EXPECT_EQ(w.balance, 0);
}

TEST(input_address_edges)
{
	for (uint32_t i = 0; i < WORLD_NR_FORMATS; i++) {
		const struct world_format *f = &world_formats[i];

		for (uint32_t bits = f->min_va_bits; bits <= f->max_va_bits; bits += f->va_step) {
			for (unsigned int upper = 0; upper < 2; upper++) {
				struct world_options o = { .nr_pages = 16,
							   .va_bits = bits,
							   .flags = upper ? PW_TABLE_UPPER : 0 };

				if (upper && f->halves == WORLD_LOWER)
					continue;
				harness_note("format", i);
				harness_note("bits", bits);
				harness_note("upper", upper);
				if (!world_open(&w, f, &o))
					continue;
				regime = observe_regime(&w);
				geo = observe_geometry(&w);
				input_edges();
				world_close(&w);
			}
		}
	}
}

/* Kinds -------------------------------------------------------------------------------------- */

/* One entry, at one level: the same kind, reserved or not, attributes and address. */
static void one_entry(uint64_t raw, unsigned int level)
{
	uint32_t kind = w.format->ref->kind(&regime, raw, level);
	uint64_t reserved = w.format->ref->reserved(&regime, raw, level);
	struct pw_attr got, want;
	int err = pw_attr_decode(&w.pt, raw, level, &got);

	harness_note("entry", raw);
	EXPECT_EQ(!pw_entry_reserved(&w.pt, raw, level), !reserved);
	if (kind != PW_KIND_LEAF && kind != PW_KIND_INVALID) {
		EXPECT_EQ(err, kind == PW_KIND_BAD ? PW_EDOM : PW_ENOENT);
		return;
	}
	if (!EXPECT_EQ(err, 0))
		return;
	want = w.format->ref->attr(&regime, raw, level);
	want = ref_visible(&geo, &want);
	EXPECT(same(&got, &want));
}

/* Leaves, tables and garbage, with up to three bits flipped, all pairs of bits among them. */
static void kinds(void)
{
	for (unsigned int level = 0; level < w.pt.levels; level++) {
		uint64_t form[4] = { 0, world_table(&w, w.base, level), 0, ~0ull };

		harness_note("level", level);
		if (pw_table_leaf_ok(&w.pt, level)) {
			struct pw_attr a = some_attr(plain_perm(level), w.format->base, 0);

			EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &form[2]), 0);
		}
		for (unsigned int f = 0; f < 4; f++) {
			for (unsigned int i = 0; i < 64; i++)
				for (unsigned int j = i; j < 64; j++)
					one_entry(form[f] ^ 1ull << i ^ 1ull << j, level);
			for (unsigned int n = 0; n < 2000; n++)
				one_entry(form[f] ^ 1ull << harness_below(64) ^
						  1ull << harness_below(64) ^
						  1ull << harness_below(64),
					  level);
		}
		for (unsigned int n = 0; n < 4000; n++)
			one_entry(harness_random() & harness_random(), level);
	}
}

TEST(kinds_of_entries)
{
	each_regime(0, 16, kinds);
	each_regime(PW_CAP_NO_NX | PW_CAP_MBE | PW_CAP_SUM | PW_CAP_XNX, 16, kinds);
	each_regime(PW_CAP_EXEC_ONLY | PW_CAP_MXR | PW_CAP_SMAP | PW_CAP_SMEP, 16, kinds);
}

/* A CPU with fewer output address bits, fewer sizes of leaves, and no extensions. */
static void on_a_small_cpu(void)
{
	w.cfg.pa_bits = 40;
	w.cfg.leaf_levels = 2;
	w.cfg.caps.flags = 0;
	w.cfg.root.v = 0;
	w.base = 0;
	if (!EXPECT_EQ(pw_table_init(&w.pt, &w.cfg), 0))
		return;
	regime = observe_regime(&w);
	geo = observe_geometry(&w);
	if (w.format->small_cpu)
		kinds();
}

TEST(kinds_of_entries_on_a_small_cpu)
{
	each_regime(0, 16, on_a_small_cpu);
}

/* Fields ------------------------------------------------------------------------------------- */

static uint64_t bits_of(const struct pw_field *f)
{
	return (~0ull >> (63 - (f->last - f->first))) << f->first;
}

/* Fields of entries of one kind and level, as a mask; no two of them overlap. */
static uint64_t all_fields(uint8_t in, unsigned int level)
{
	const struct pw_fields *fields = w.format->fields;
	uint64_t all = 0;

	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];

		if (!(f->in & in) || !(f->levels >> level & 1))
			continue;
		harness_note("field", i);
		EXPECT(f->first <= f->last && f->last < 64);
		EXPECT(f->name && f->name[0] && f->source && f->source[0]);
		EXPECT_EQ(all & bits_of(f), 0);
		all |= bits_of(f);
	}
	return all;
}

/* The flag that bit @n of a leaf is, by the table. */
static uint32_t flag_of(unsigned int n, unsigned int level)
{
	const struct pw_fields *fields = w.format->fields;

	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];

		if (f->in & PW_IN_LEAF && f->levels >> level & 1 && bits_of(f) >> n & 1)
			return f->attr;
	}
	return 0;
}

/* Every bit that encoding can set is named; flipping a bit flips its flag, and no other. */
static void leaf_fields(unsigned int level)
{
	uint64_t named = all_fields(PW_IN_LEAF, level), used = 0;

	learn_perms(level);
	for (uint32_t i = 0; i <= (PW_PERM_ALL << 12 | PW_ATTR_ALL); i++) {
		struct pw_attr a = some_attr(i >> 12, i & PW_ATTR_ALL, i / 7);
		uint64_t raw = 0;

		if (expressible(&a, level) && !pw_attr_encode(&w.pt, &a, level, &raw))
			used |= raw;
	}
	for (uint32_t i = 0; i < 1024; i++) {
		struct pw_attr a = some_attr(PW_PERM_R, w.format->base, i);
		uint64_t raw = 0;

		a.memtype = PW_MEM_INDEX;
		a.mem_index = i % 16;
		if (!pw_attr_encode(&w.pt, &a, level, &raw))
			used |= raw;
	}
	EXPECT(used != 0);
	EXPECT_EQ(used & ~named, 0);
	for (unsigned int n = 0; n < 64; n++) {
		struct pw_attr a = some_attr(PW_PERM_R, w.format->base, 0), x, y;
		uint32_t flag = flag_of(n, level);
		uint64_t raw = 0;

		harness_note("bit", n);
		a.flags &= ~(uint32_t)PW_ATTR_GLOBAL; /* arm64: its bit marks what is invalid */
		if (one_privilege())
			flag &= ~(uint32_t)PW_ATTR_GLOBAL;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &raw), 0);
		if (pw_attr_decode(&w.pt, raw, level, &x) ||
		    pw_attr_decode(&w.pt, raw ^ 1ull << n, level, &y))
			continue;
		if (!(named >> n & 1)) /* what has no row has no meaning */
			EXPECT(same(&x, &y));
		/* dirty is arm64's write bit under DBM; NSE stands where nG does */
		EXPECT_EQ((x.flags ^ y.flags) & ~(uint32_t)(PW_ATTR_DIRTY | PW_ATTR_NSE),
			  flag & ~(uint32_t)(PW_ATTR_DIRTY | PW_ATTR_NSE));
		if (flag & PW_ATTR_DIRTY)
			EXPECT((x.flags ^ y.flags) & PW_ATTR_DIRTY);
	}
}

/* And where a flag is asked for, its bit is set, or clear where it is inverted. */
static void flags_are_bits(unsigned int level)
{
	const struct pw_fields *fields = w.format->fields;
	uint32_t seen = 0;

	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];
		struct pw_attr a = some_attr(PW_PERM_R | PW_PERM_W, w.format->base, 0);
		uint64_t on = 0, off = 0, addr;

		if (!f->attr || !(f->in & PW_IN_LEAF) || !(f->levels >> level & 1))
			continue;
		harness_note("field", i);
		EXPECT_EQ(f->attr & (f->attr - 1), 0);
		EXPECT_EQ(f->first, f->last);
		EXPECT(f->attr & (w.format->flags | PW_ATTR_VALID | PW_ATTR_NSE));
		seen |= f->attr;
		if (f->attr & PW_ATTR_NSE ||
		    (one_privilege() && f->attr & (PW_ATTR_GLOBAL | PW_ATTR_VALID)) ||
		    (f->attr & PW_ATTR_VALID && !w.format->can_be_invalid))
			continue;
		/* arm64: what is invalid has its mark in the bit of global */
		a.flags &= ~(f->attr & PW_ATTR_VALID ? PW_ATTR_GLOBAL : 0u);
		a.flags |= f->attr & PW_ATTR_DBM ? PW_ATTR_DIRTY : 0;
		a.flags &= ~f->attr;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &off), 0);
		a.flags |= f->attr;
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, level, &on), 0);
		/* RISC-V says in an address how large a group is */
		addr = f->attr & PW_ATTR_CONTIGUOUS && w.format->ref->alike ? 0xfull << 10 : 0;
		if (f->attr & PW_ATTR_VALID) /* and the mark of what is only not valid */
			EXPECT(__builtin_popcountll(on ^ off) <= 2 && (on ^ off) & bits_of(f));
		else
			EXPECT_EQ((on ^ off) & ~addr, bits_of(f));
	}
	EXPECT(seen & PW_ATTR_ACCESSED);
}

/* Levels that have such entries, and flags where there are leaves: rows say nothing else. */
static void rows(void)
{
	const struct pw_fields *fields = w.format->fields;
	uint32_t leaves = 0, tables = (1u << w.format->max_levels) - 2u;

	for (unsigned int level = 0; pw_table_leaf_ok(&w.pt, level); level++)
		leaves |= 1u << level;
	for (size_t i = 0; i < fields->nr; i++) {
		const struct pw_field *f = &fields->field[i];
		uint32_t levels = (f->in & PW_IN_LEAF ? leaves : 0) |
				  (f->in & PW_IN_TABLE ? tables : 0);

		harness_note("field", i);
		EXPECT(f->levels != 0);
		EXPECT_EQ(f->levels & ~levels, 0);
		EXPECT(f->in & PW_IN_LEAF || f->attr == 0);
	}
}

static void fields(void)
{
	if (!w.format->fields)
		return;
	rows();
	for (unsigned int level = 0; level < w.pt.levels; level++) {
		uint64_t tables = all_fields(PW_IN_TABLE, level);

		harness_note("level", level);
		EXPECT_EQ(level ? world_table(&w, 0, level) & ~tables : 0, 0);
		EXPECT_EQ(level ? world_table(&w, w.pt.pa_max & ~(w.page_size - 1), level) &
					  ~tables :
				  0,
			  0);
		if (!pw_table_leaf_ok(&w.pt, level))
			continue;
		leaf_fields(level);
		flags_are_bits(level);
	}
}

TEST(fields_are_what_accessors_say)
{
	each_regime(0, 16, fields);
	each_regime(PW_CAP_MBE, 16, fields);
}

/* Changes of rights -------------------------------------------------------------------------- */

/* What was asked for is there, what was to go is gone, and nothing else of the entry is changed. */
static void one_change(uint64_t *slot, uint64_t was, uint32_t flags, const struct pw_change *c)
{
	struct pw_range range = pw_range_len(w.pt.first.v, world_page_bytes(&w));
	uint32_t gone = c->perm_clear & ~c->perm_set;
	uint64_t dbm = flags & PW_ATTR_DBM ? 1ull << 51 : 0;
	struct pw_attr all = { .perm = PW_PERM_ALL };
	struct pw_attr got;
	int err;

	*slot = was;
	err = pw_protect(&w.pt, range, c, 0, NULL, NULL);
	if (err) {
		EXPECT_EQ(err, PW_EOPNOTSUPP);
		EXPECT_EQ(*slot, was);
	} else if (EXPECT_EQ(pw_attr_decode(&w.pt, *slot, 0, &got), 0)) {
		/* the supervisor's rights may be the user's, whose the page is */
		all.perm = (c->perm_set & ~(got.perm >> 3)) | got.perm;
		all = ref_visible(&geo, &all);
		EXPECT_EQ(all.perm & c->perm_set & ~(got.perm | got.perm >> 3), 0);
		EXPECT_EQ(got.perm & gone, 0);
		EXPECT_EQ((*slot ^ was) & ~(w.format->ref->perm_bits(0) | dbm), 0);
		/* arm64: hardware goes on marking what is written, unless nobody may write */
		EXPECT_EQ(got.flags & PW_ATTR_DBM, gone & PW_PERM_W ? 0 : flags & PW_ATTR_DBM);
	}
}

static void changes(void)
{
	struct pw_range range = pw_range_len(w.pt.first.v, world_page_bytes(&w));
	struct pw_attr plain = some_attr(plain_perm(0), w.format->base, 0);
	struct pw_translation t;
	uint64_t nr = 0;

	EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(0), &plain, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_translate(&w.pt, range.first, &t), 0);
	for (uint32_t i = 0; i < 2 * (PW_PERM_ALL + 1); i++) {
		uint32_t dbm = i & 1 ? PW_ATTR_DBM & w.format->flags : 0;
		struct pw_attr a = some_attr(i / 2, w.format->base | dbm, 0);
		uint64_t *slot = world_slot(&w, t.step[t.nr_steps - 1].entry_pa.v, 0);
		uint64_t raw = 0;

		if (!expressible(&a, 0) || (i & 1 && !dbm))
			continue;
		harness_note("perm", a.perm);
		EXPECT_EQ(pw_attr_encode(&w.pt, &a, 0, &raw), 0);
		nr++;
		for (uint32_t n = 0; n < 64 * 64; n++) {
			struct pw_change c = { .perm_clear = n / 64, .perm_set = n % 64 };

			harness_note("clear", c.perm_clear);
			harness_note("set", c.perm_set);
			one_change(slot, raw, a.flags, &c);
		}
	}
	EXPECT(nr >= 3);
}

TEST(changes_of_rights)
{
	each_regime(0, 16, changes);
	each_regime(PW_CAP_SMEP | PW_CAP_MBE | PW_CAP_SUM | PW_CAP_XNX, 16, changes);
	each_regime(PW_CAP_SMAP | PW_CAP_EXEC_ONLY | PW_CAP_MXR, 16, changes);
	each_regime(PW_CAP_NO_WP | PW_CAP_NO_NX | PW_CAP_MBE | PW_CAP_EXEC_ONLY | PW_CAP_SUM |
			    PW_CAP_MXR,
		    16, changes);
}

/* The plain ones must not be refused. */
static void plain_changes(void)
{
	uint32_t no_write = one_privilege() ? PW_PERM_W : w.format->no_write;
	uint32_t no_exec = one_privilege() ? PW_PERM_X : w.format->no_exec;
	const struct pw_change change[] = {
		{ .perm_clear = no_write },
		{ .perm_set = PW_PERM_W },
		{ .perm_clear = no_exec },
		{ .perm_set = PW_PERM_X },
		{ .perm_clear = no_write | no_exec },
	};
	const uint32_t want[] = { PW_PERM_R | PW_PERM_X, PW_PERM_R | PW_PERM_W | PW_PERM_X,
				  PW_PERM_R | PW_PERM_W, PW_PERM_R | PW_PERM_W | PW_PERM_X,
				  PW_PERM_R };
	struct pw_range range = pw_range_len(w.pt.first.v, world_page_bytes(&w));
	struct pw_attr a = some_attr(PW_PERM_R | PW_PERM_W | PW_PERM_X, w.format->base, 0);
	struct pw_translation t;

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		harness_note("change", i);
		EXPECT_EQ(pw_map(&w.pt, range, pw_pa_of(0), &a, 0, NULL, NULL), 0);
		EXPECT_EQ(pw_protect(&w.pt, range, &change[i], 0, NULL, NULL), 0);
		EXPECT_EQ(pw_translate(&w.pt, range.first, &t), 0);
		EXPECT_EQ(t.perm, want[i]);
		EXPECT_EQ(pw_unmap(&w.pt, range, PW_STRICT, NULL, NULL), 0);
	}
}

TEST(plain_changes_are_possible)
{
	each_regime(0, 16, plain_changes);
}
