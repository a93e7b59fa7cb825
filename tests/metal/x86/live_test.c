/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program's own tables, four levels and five, and changes of them while the CPU walks
 * them.
 */
#include "../ops.h"
#include "board.h"

#include "../../harness/harness.h"

/* Another entry of the root than where we live. */
#define VA 0x10000000000ull

extern char __text[], __rodata[], __data[];

static struct pw_table live;
static uint64_t nr_asked; /* of KVM_TRANSLATE */

/*
 * QEMU (x86-stale-fetch-in-large-leaf) goes on executing from where a large leaf was, but at the
 * one address that INVLPG named. So where the last fetch that was done went through a large leaf,
 * one that should not be done any more counts only after an INVLPG of its own page.
 */
static uint8_t fetched_from_large[0x10000];
static bool stale_fetches;

static bool fetch(uint64_t va, uint32_t privilege, uint64_t *pa)
{
	uint8_t *large = &fetched_from_large[va >> 12 & 0xffff];
	uint64_t val = 0;
	struct pw_translation t;
	bool mapped = !pw_translate(&live, pw_va_of(va), &t);
	bool may = mapped && (t.perm & (privilege ? PW_PERM_USER_X : PW_PERM_X));

	if (stale_fetches && *large && !may)
		pw_x86_insns.invlpg(NULL, pw_va_of(va));
	if (metal_probe(va, METAL_FETCH | privilege, &val) != METAL_NO_FAULT) {
		EXPECT_EQ(metal_cr2, va);
		return false;
	}
	*large = mapped && t.level;
	*pa = t.pa.v; /* what was executed is one of our pages; which one, a read shows */
	return true;
}

static bool ask(uint64_t va, uint32_t perm, uint64_t *pa)
{
	uint32_t user = perm & (PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X);
	uint32_t what = user ? METAL_USER : 0;
	struct metal_translation t = { .va = va };
	struct pw_translation walked;
	uint64_t val = 0;

	if (perm & (PW_PERM_X | PW_PERM_USER_X))
		return fetch(va, what, pa);
	if (perm & (PW_PERM_W | PW_PERM_USER_W)) {
		what |= METAL_WRITE; /* of what should be there already */
		if (!pw_translate(&live, pw_va_of(va), &walked))
			val = metal_page_word(walked.pa.v);
	}
	if (metal_probe(va, what, &val) != METAL_NO_FAULT) {
		EXPECT_EQ(metal_cr2, va);
		return false;
	}
	*pa = val >> 32 << 12;
	/* that one looks at the tables, rights apart */
	if (perm == PW_PERM_R && metal_translate(&t)) {
		EXPECT(t.valid);
		EXPECT_EQ(t.pa, *pa);
		nr_asked++;
	}
	return true;
}

static bool load(uint64_t va, uint64_t *pa)
{
	uint64_t val = 0;

	if (metal_probe(va, 0, &val) != METAL_NO_FAULT)
		return false;
	*pa = val >> 32 << 12;
	return true;
}

static uint32_t nr_free(void)
{
	return boot_nr_free;
}

static bool open_tables(uint32_t va_bits)
{
	static const struct pw_attr user = {
		.perm = PW_PERM_R | PW_PERM_X | PW_PERM_USER_R | PW_PERM_USER_X,
		.flags = PW_ATTR_VALID,
		.memtype = PW_MEM_NORMAL,
	};

	stale_fetches = metal_deviates("x86-stale-fetch-in-large-leaf");
	memset(fetched_from_large, 0, sizeof(fetched_from_large));
	metal_set_caps(0);
	boot_leave_own_tables();
	metal_set_user_page(2 * VA);
	boot_init();
	if (!EXPECT_EQ(boot_run_on_own_tables(&live, va_bits), 0))
		return false;
	return EXPECT_EQ(pw_map(&live, pw_range_len(2 * VA, 4096),
				pw_pa_of((uint64_t)(uintptr_t)metal_user_page), &user, 0, NULL,
				NULL),
			 0);
}

#define R      PW_PERM_R
#define W      PW_PERM_W
#define X      PW_PERM_X
#define USER_R PW_PERM_USER_R
#define USER_W PW_PERM_USER_W
#define USER_X PW_PERM_USER_X

/* All eight, without SMEP and SMAP. */
static const uint32_t perms[] = {
	R | W,
	R,
	R | X,
	R | W | X,
	R | USER_R,
	R | W | USER_R | USER_W,
	R | X | USER_R | USER_X,
	R | W | X | USER_R | USER_W | USER_X,
};

static struct metal_space space(void)
{
	return (struct metal_space){
		.live = &live,
		.va = VA,
		.pa = METAL_DATA_FIRST,
		.pa_first = METAL_DATA_FIRST,
		.pa_last = METAL_DATA_LAST,
		.has_big = boot_cpu.leaf_levels > 2,
		.ages = true,
		.perms = perms,
		.nr_perms = sizeof(perms) / sizeof(perms[0]),
		.asks = PW_PERM_ALL,
		.attr = { .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
			  .memtype = PW_MEM_NORMAL },
		.ask = ask,
		.load = load,
		.keeps = !metal_translate(&(struct metal_translation){ 0 }),
		.nr_free = nr_free,
	};
}

static void random_changes(uint32_t va_bits)
{
	struct metal_space s;

	if (!open_tables(va_bits))
		return;
	s = space();
	nr_asked = 0;
	metal_random_changes(&s, metal_checks);
	if (nr_asked) {
		harness_put_dec(nr_asked);
		metal_puts(" addresses translated by KVM\n");
	}
}

/* On its own tables the program's code cannot be written any more, nor its data be executed. */
static void own_tables(uint32_t va_bits)
{
	uint64_t val = 0, zero = 0, text = (uint64_t)(uintptr_t)__text;
	uint64_t sealed = METAL_DATA_FIRST + 0x5000;

	if (!open_tables(va_bits))
		return;
	EXPECT_EQ(metal_probe(text, 0, &val), METAL_NO_FAULT);
	EXPECT_EQ(metal_probe(text, METAL_WRITE, &zero), METAL_PF_P | METAL_PF_W);
	EXPECT_EQ(*(uint64_t *)(uintptr_t)__text, val);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__rodata, METAL_WRITE, &zero),
		  METAL_PF_P | METAL_PF_W);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__data, METAL_FETCH, &zero),
		  METAL_PF_P | METAL_PF_I);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__data, METAL_USER, &zero),
		  METAL_PF_P | METAL_PF_U);
	EXPECT_EQ(metal_probe(0, 0, &zero), 0); /* NULL */
	EXPECT_EQ(metal_probe(BOOT_RAM, 0, &zero), 0);
	/* in the middle of a leaf of 2 MiB, which is cut for it; written to just before */
	val = metal_page_word(sealed);
	EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &val), METAL_NO_FAULT);
	EXPECT_EQ(boot_seal(&live, sealed, 4096), 0);
	EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &val), METAL_PF_P | METAL_PF_W);
	/* its neighbour is still written to, until its rights alone change */
	val = metal_page_word(sealed + 4096);
	EXPECT_EQ(metal_probe(sealed + 4096, METAL_WRITE, &val), METAL_NO_FAULT);
	EXPECT_EQ(boot_seal(&live, sealed + 4096, 4096), 0);
	EXPECT_EQ(metal_probe(sealed + 4096, METAL_WRITE, &val), METAL_PF_P | METAL_PF_W);
}

TEST(own_tables_4_levels)
{
	own_tables(48);
}

TEST(own_tables_5_levels)
{
	own_tables(57);
}

/* One INVLPG, of its first address, is what a leaf of any size costs. */
TEST(a_large_leaf_goes_as_a_whole)
{
	struct pw_attr attr = { .perm = PW_PERM_R | PW_PERM_W | PW_PERM_X,
				.flags = PW_ATTR_VALID,
				.memtype = PW_MEM_NORMAL };
	struct pw_range r = pw_range_len(VA, 0x200000);
	uint64_t last = VA + 0x1ff000, val = 0;

	if (!open_tables(48))
		return;
	EXPECT_EQ(pw_map(&live, r, pw_pa_of(METAL_DATA_FIRST), &attr, 0, NULL, NULL), 0);
	EXPECT_EQ(metal_probe(last, 0, &val), METAL_NO_FAULT);
	EXPECT_EQ(metal_probe(last, METAL_FETCH, &val), METAL_NO_FAULT);
	EXPECT_EQ(pw_unmap(&live, r, PW_KEEP_TABLES, NULL, NULL), 0);
	EXPECT_EQ(metal_probe(last, 0, &val), 0);
	EXPECT_EQ(metal_probe(last, METAL_FETCH, &val),
		  stale_fetches ? METAL_NO_FAULT : METAL_PF_I);
	pw_x86_insns.invlpg(NULL, pw_va_of(last));
	EXPECT_EQ(metal_probe(last, METAL_FETCH, &val), METAL_PF_I);
}

TEST(random_changes_4_levels)
{
	random_changes(48);
}

TEST(random_changes_5_levels)
{
	random_changes(57);
}

TEST(a_missing_invalidation_reads_the_wrong_page)
{
	struct metal_space s;

	if (!open_tables(48))
		return;
	s = space();
	metal_staleness(&s);
}
