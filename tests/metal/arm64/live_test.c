/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program's own tables, of every granule and address size that the CPU has, and changes of
 * them while the CPU walks them.
 *
 * The machine is asked twice. AT makes a walk and says in PAR_EL1 where it led, or why not; a real
 * load, store or fetch goes by what the TLB holds. Both have to be what pw_translate() says: AT
 * finds what is wrong in tables, the access finds what was not invalidated.
 */
#include "../ops.h"
#include "board.h"

#include "../../harness/harness.h"

/* Memory to be mapped: a leaf of level 1 begins here with every granule. */
#define DATA_FIRST 0x60000000ull
#define DATA_LAST  (BOOT_RAM_END - 1)

#define SVC 0xd4000001u /* "svc #0"; the number in [20:5] */

#define NR_FETCHES 8

static struct boot_space space;

/*
 * Pages begin with "svc", whose number says which page was executed, and with the page's number;
 * the second word is for writing. They get that when they are first asked about, through the
 * program's own mapping of them.
 */
static uint64_t page_word(uint64_t pa)
{
	return pa >> 12 << 32 | SVC | (pa >> 12 & 0xffff) << 5;
}

static volatile uint64_t *page_at(uint64_t pa)
{
	return (volatile uint64_t *)(uintptr_t)pa;
}

static void mark_page(uint64_t pa)
{
	volatile uint64_t *page = page_at(pa);

	if (pa < DATA_FIRST || pa > DATA_LAST || page[0] == page_word(pa))
		return;
	page[0] = page_word(pa);
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			 :
			 : "r"(pa)
			 : "memory");
}

/* PAR_EL1 after AT: Arm ARM, C5.5 "A64 System instructions for address translation". */
#define PAR_F	 1ull
#define PAR_PA	 0x000ffffffffff000ull
#define AT(op)	 __asm__ volatile("at " op ", %0\n\tisb" : : "r"(va) : "memory")
#define FST(par) ((uint32_t)((par) >> 1) & 0x3f)

static uint64_t ask_mmu(uint64_t va, uint32_t perm)
{
	uint64_t par;

	if (perm == PW_PERM_R)
		AT("s1e1r");
	else if (perm == PW_PERM_W)
		AT("s1e1w");
	else if (perm == PW_PERM_USER_R)
		AT("s1e0r");
	else
		AT("s1e0w");
	__asm__ volatile("mrs %0, par_el1" : "=r"(par));
	return par;
}

/* The syndrome of an access that was refused: of its kind, and of this address. */
static void expect_trap(uint64_t va, uint32_t what)
{
	uint32_t want = METAL_EC_DATA;

	if (what & METAL_FETCH)
		want = what & METAL_USER ? METAL_EC_FETCH_LOW : METAL_EC_FETCH;
	EXPECT_EQ(METAL_EC(metal_trap.esr), want);
	EXPECT_EQ(metal_trap.far, va);
	if (!(what & METAL_FETCH))
		EXPECT_EQ(METAL_WNR(metal_trap.esr), what & METAL_WRITE ? 1 : 0);
}

/*
 * QEMU (arm64-stale-fetch-in-large-leaf) goes on executing from where a large leaf was, but at the
 * one address that TLBI named. So where the last fetch that was done went through a large leaf, the
 * next one counts only after an invalidation of its own page.
 */
static uint8_t fetched_from_large[0x10000];
static bool stale_fetches;

static void drop_page(uint64_t va)
{
	pw_arm64_insns.dsb(NULL, PW_ARM64_DSB_ISH);
	pw_arm64_insns.tlbi(NULL, PW_ARM64_VAAE1IS, pw_arm64_tlbi_operand(pw_va_of(va), 0, 0));
	pw_arm64_insns.dsb(NULL, PW_ARM64_DSB_ISH);
	pw_arm64_insns.isb(NULL);
}

/* A fetch says which page it hit by 16 bits of its number. */
static bool fetch(uint64_t va, uint32_t user, const struct pw_translation *t, uint64_t *pa)
{
	uint8_t *large = &fetched_from_large[va >> space.upper.granule_lg2 & 0xffff];
	uint64_t number = 0;

	if (stale_fetches && *large)
		drop_page(va);
	if (metal_probe(va, METAL_FETCH | user, &number) != METAL_NO_FAULT) {
		expect_trap(va, METAL_FETCH | user);
		return false;
	}
	EXPECT_EQ(metal_trap.elr, va + 4);
	*pa = (t->pa.v >> 12 & 0xffff) == number ? t->pa.v : number << 12;
	*large = t->level != 0;
	return true;
}

/* What is written has to arrive where the tables say. */
static uint32_t write_word(uint64_t va, uint32_t user, uint64_t walked)
{
	uint64_t val = harness_random() | 1;
	volatile uint64_t *page = page_at(walked);
	uint32_t status;

	if (walked)
		page[1] = 0;
	status = metal_probe(va + 8, METAL_WRITE | user, &val);
	if (walked)
		EXPECT_EQ(page[1], status == METAL_NO_FAULT ? val : 0);
	return status;
}

static bool ask(uint64_t va, uint32_t perm, uint64_t *pa)
{
	uint32_t user = perm & (PW_PERM_USER_R | PW_PERM_USER_W | PW_PERM_USER_X) ? METAL_USER : 0;
	bool write = perm & (PW_PERM_W | PW_PERM_USER_W);
	uint64_t walked = 0, par, val = 0;
	struct pw_translation t;
	uint32_t status;

	if (!pw_translate(&space.upper, pw_va_of(va), &t)) {
		walked = t.pa.v;
		mark_page(walked);
	}
	if (perm & (PW_PERM_X | PW_PERM_USER_X))
		return fetch(va, user, &t, pa);
	par = ask_mmu(va, perm);
	if (write)
		status = write_word(va, user, walked);
	else
		status = metal_probe(va, METAL_READ | user, &val);
	EXPECT_EQ(status, par & PAR_F ? FST(par) : METAL_NO_FAULT);
	if (status != METAL_NO_FAULT) {
		expect_trap(write ? va + 8 : va, (write ? METAL_WRITE : METAL_READ) | user);
		return false;
	}
	*pa = par & PAR_PA;
	if (!write)
		EXPECT_EQ(val, page_word(*pa));
	return true;
}

static bool load(uint64_t va, uint64_t *pa)
{
	uint64_t val = 0;

	if (metal_probe(va, METAL_READ, &val) != METAL_NO_FAULT)
		return false;
	*pa = val >> 32 << 12;
	return true;
}

static uint32_t nr_free(void)
{
	return boot_nr_free;
}

/* Range operations and level hints: what the CPU has, or none. */
static void use_executor(bool plain)
{
	metal_exec.caps = 0;
	metal_exec.x.max_pages = 0;
	if (plain)
		return;
	if (boot_cpu.ttl)
		metal_exec.caps |= PW_CAP_TTL;
	if (boot_cpu.tlbirange) {
		metal_exec.caps |= PW_CAP_TLBIRANGE;
		metal_exec.x.max_pages = PW_ARM64_RANGE_MAX;
	}
}

/* Known before the first tables are made. */
static const struct boot_cpu *cpu(void)
{
	if (!boot_cpu.pa_bits)
		boot_init(&boot_choices[0]);
	return &boot_cpu;
}

/* false: the CPU cannot do that. */
static bool open_tables(const struct boot_choice *choice, const struct pw_caps *caps)
{
	metal_first_tables();
	boot_init(choice);
	memset(fetched_from_large, 0, sizeof(fetched_from_large));
	stale_fetches = metal_deviates("arm64-stale-fetch-in-large-leaf");
	if (boot_cannot(choice))
		return false;
	return EXPECT_EQ(boot_run_on_own_tables(&space, choice, &metal_exec.x, caps), 0);
}

/* An access flag that hardware sets, and dirty state, as far as the CPU goes. */
static struct pw_caps caps_with(uint32_t bbm, uint32_t ages)
{
	struct pw_caps caps = { .bbm_level = bbm };

	if (ages >= 1)
		caps.flags |= PW_CAP_HAF;
	if (ages >= 2)
		caps.flags |= PW_CAP_HD;
	if (bbm >= 2)
		caps.flags |= PW_CAP_BBM_ABORTS_OK; /* QEMU has none */
	return caps;
}

#define R  PW_PERM_R
#define W  PW_PERM_W
#define X  PW_PERM_X
#define UR PW_PERM_USER_R
#define UW PW_PERM_USER_W
#define UX PW_PERM_USER_X

/* AP[2:1], PXN and UXN: all that they can say. What the user may write is not executed at EL1. */
static const uint32_t perms[] = {
	R | W,
	R | W | X,
	R | W | UX,
	R | W | X | UX,
	R | W | UR | UW,
	R | W | UR | UW | UX,
	R,
	R | X,
	R | UX,
	R | X | UX,
	R | UR,
	R | X | UR,
	R | UR | UX,
	R | X | UR | UX,
};

/* Those that can be written: for entries that begin clean. */
static const uint32_t dirty_perms[] = {
	R | W, R | W | X, R | W | UX, R | W | X | UX, R | W | UR | UW, R | W | UR | UW | UX,
};

static struct metal_space space_of(uint32_t ages, bool dirty)
{
	uint64_t big = pw_table_leaf_size(&space.upper, 2);
	struct metal_space s = {
		.live = &space.upper,
		.va = space.upper.first.v,
		.pa = DATA_FIRST,
		.pa_first = DATA_FIRST,
		.pa_last = DATA_LAST,
		.big_pa = DATA_FIRST & ~(big - 1),
		.has_big = pw_table_leaf_ok(&space.upper, 2) && DATA_LAST - DATA_FIRST < big,
		.contiguous = true,
		.ages = ages != 0,
		.perms = dirty ? dirty_perms : perms,
		.nr_perms = dirty ? sizeof(dirty_perms) / sizeof(dirty_perms[0]) :
				    sizeof(perms) / sizeof(perms[0]),
		.asks = PW_PERM_ALL,
		.attr = { .flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED |
				   PW_ATTR_DIRTY | (dirty ? PW_ATTR_DBM : 0),
			  .memtype = PW_MEM_NORMAL,
			  .share = PW_SHARE_INNER },
		.ask = ask,
		.load = load,
		.keeps = metal_deviates("arm64-keeps-stale"),
		.nr_free = nr_free,
	};

	return s;
}

/* Each way to translate takes its share of the comparisons. */
static void random_changes(uint32_t bbm, uint32_t ages, bool dirty, bool plain)
{
	struct pw_caps caps = caps_with(bbm, ages);

	for (unsigned int i = 0; i < BOOT_NR_CHOICES && !harness_failures(); i++) {
		struct metal_space s;

		if (!open_tables(&boot_choices[i], &caps))
			continue;
		use_executor(plain);
		s = space_of(ages, dirty);
		metal_puts(boot_choices[i].name);
		metal_puts(": ");
		metal_random_changes(&s, metal_checks);
	}
	metal_first_tables();
	use_executor(true);
}

TEST(what_this_cpu_cannot_do_is_named)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < BOOT_NR_CHOICES; i++) {
		const char *why;

		boot_init(&boot_choices[i]);
		why = boot_cannot(&boot_choices[i]);
		nr += !why;
		if (!why)
			continue;
		metal_puts("left out: ");
		metal_puts(boot_choices[i].name);
		metal_puts(": ");
		metal_puts(why);
		metal_puts("\n");
	}
	EXPECT(nr > 0);
}

/* The handle that the CPU's own registers ask for is the one that was made. */
TEST(the_registers_say_what_the_tables_are)
{
	struct pw_caps caps = caps_with(0, 0);

	for (unsigned int i = 0; i < BOOT_NR_CHOICES; i++) {
		const struct boot_choice *choice = &boot_choices[i];
		struct pw_arm64_regs regs = { .regime = PW_REGIME_EL10 };
		struct pw_table_config cfg = { 0 };
		struct pw_arm64_half half;

		if (!open_tables(choice, &caps))
			continue;
		__asm__ volatile("mrs %0, ttbr0_el1" : "=r"(regs.ttbr0));
		__asm__ volatile("mrs %0, ttbr1_el1" : "=r"(regs.ttbr1));
		__asm__ volatile("mrs %0, tcr_el1" : "=r"(regs.tcr));
		__asm__ volatile("mrs %0, mair_el1" : "=r"(regs.mair));
		for (unsigned int upper = 0; upper < 2; upper++) {
			EXPECT_EQ(pw_arm64_decode_regs(&regs, upper, &half, &cfg), 0);
			EXPECT_EQ(half.granule, choice->granule);
			EXPECT_EQ(half.va_bits, choice->bits);
			EXPECT_EQ(half.lpa2 || half.lpa, choice->bits == 52);
			EXPECT_EQ(cfg.root.v, upper ? space.upper.root.v : space.lower.root.v);
			EXPECT_EQ(cfg.mair, space.upper.mair);
		}
	}
	metal_first_tables();
}

/* On its own tables the program's code cannot be written any more, nor its data be executed. */
TEST(own_tables_give_each_part_its_rights)
{
	extern char __text[], __rodata[], __data[];
	uint64_t text = (uint64_t)(uintptr_t)__text, data = (uint64_t)(uintptr_t)__data;
	struct pw_caps caps = caps_with(0, 0);

	for (unsigned int i = 0; i < BOOT_NR_CHOICES; i++) {
		uint64_t size, val = 0, zero = 0, sealed = DATA_FIRST;
		uint32_t perm0 = METAL_PERMISSION_0;

		if (!open_tables(&boot_choices[i], &caps))
			continue;
		size = pw_table_leaf_size(&space.lower, 0);
		EXPECT_EQ(metal_probe(text, METAL_READ, &val), METAL_NO_FAULT);
		EXPECT_EQ(metal_probe(text, METAL_WRITE, &zero), perm0 + 3);
		EXPECT_EQ(*page_at(text), val);
		EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__rodata, METAL_WRITE, &zero),
			  perm0 + 3);
		EXPECT_EQ(metal_probe(data, METAL_FETCH, &zero), perm0 + 3);
		EXPECT_EQ(metal_probe(data, METAL_READ | METAL_USER, &zero), perm0 + 3);
		EXPECT(metal_probe(0, METAL_READ, &zero) != METAL_NO_FAULT); /* NULL */
		EXPECT(metal_probe(BOOT_RAM_END, METAL_READ, &zero) != METAL_NO_FAULT);
		/* in a larger leaf, which is cut for it; written to just before */
		EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &zero), METAL_NO_FAULT);
		EXPECT_EQ(boot_seal(&space, sealed, size), PW_EBUSY); /* it may not fault */
		EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &zero), METAL_NO_FAULT);
		space.lower.caps.bbm_level = 3; /* but be cut in place */
		EXPECT_EQ(boot_seal(&space, sealed, size), 0);
		EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &zero), perm0 + 3);
		EXPECT_EQ(metal_probe(sealed + size, METAL_WRITE, &zero), METAL_NO_FAULT);
	}
	metal_first_tables();
}

/* Break-before-make, with plain TLBIs. */
TEST(random_changes_by_break_before_make)
{
	random_changes(0, 0, false, true);
}

/* By FEAT_BBM level 1, with range operations and hints. */
TEST(random_changes_through_nt)
{
	if (cpu()->bbm >= 1)
		random_changes(1, 0, false, false);
}

TEST(random_changes_in_place)
{
	if (cpu()->bbm >= 2)
		random_changes(cpu()->bbm, 0, false, false);
}

/* Access flags are the CPU's, which sets them while we change entries. */
TEST(random_changes_with_access_flags)
{
	if (cpu()->ages >= 1)
		random_changes(0, 1, false, false);
}

/* And dirty state: pages begin clean, and the first write is the CPU's to note. */
TEST(random_changes_with_dirty_state)
{
	if (cpu()->ages >= 2)
		random_changes(cpu()->bbm, 2, true, false);
}

TEST(a_missing_invalidation_reads_the_wrong_page)
{
	struct pw_caps caps = caps_with(0, 0);

	for (unsigned int i = 0; i < BOOT_NR_CHOICES; i++) {
		struct metal_space s;

		if (!open_tables(&boot_choices[i], &caps))
			continue;
		s = space_of(0, false);
		mark_page(s.pa);
		mark_page(s.pa + pw_table_leaf_size(&space.upper, 0));
		metal_staleness(&s);
	}
	metal_first_tables();
}

/*
 * One TLBI, of its first address, is what a leaf of any size costs. Where fetches go on by mistake,
 * they do so until QEMU forgets its code for another reason, so not each of them has to show it.
 */
static unsigned int fetches_after_unmap(const struct pw_range *r)
{
	uint64_t size = pw_table_leaf_size(&space.upper, 0), val = 0;
	unsigned int nr = 0;

	for (uint64_t n = 1; n <= NR_FETCHES; n++)
		EXPECT_EQ(metal_probe(r->last.v + 1 - n * size, METAL_READ, &val),
			  METAL_TRANSLATION_0 + 2);
	for (uint64_t n = 1; n <= NR_FETCHES; n++) {
		uint64_t va = r->last.v + 1 - n * size;

		nr += metal_probe(va, METAL_FETCH, &val) == METAL_NO_FAULT;
		drop_page(va);
		EXPECT_EQ(metal_probe(va, METAL_FETCH, &val), METAL_TRANSLATION_0 + 2);
	}
	return nr;
}

TEST(a_large_leaf_goes_as_a_whole)
{
	struct pw_caps caps = caps_with(0, 0);
	struct pw_attr attr = { .perm = PW_PERM_R | PW_PERM_W | PW_PERM_X,
				.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
				.memtype = PW_MEM_NORMAL,
				.share = PW_SHARE_INNER };
	unsigned int nr = 0;

	for (unsigned int i = 0; i < BOOT_NR_CHOICES; i++) {
		uint64_t val = 0, size, page;
		struct pw_range r;

		if (!open_tables(&boot_choices[i], &caps))
			continue;
		size = pw_table_leaf_size(&space.upper, 1);
		page = pw_table_leaf_size(&space.upper, 0);
		r = pw_range_len(space.upper.first.v, size);
		EXPECT_EQ(pw_map(&space.upper, r, pw_pa_of(DATA_FIRST), &attr, 0, NULL, NULL), 0);
		for (uint64_t n = 1; n <= NR_FETCHES; n++) {
			uint64_t at = size - n * page;

			mark_page(DATA_FIRST + at);
			EXPECT_EQ(metal_probe(r.first.v + at, METAL_READ, &val), METAL_NO_FAULT);
			EXPECT_EQ(metal_probe(r.first.v + at, METAL_FETCH, &val), METAL_NO_FAULT);
		}
		EXPECT_EQ(pw_unmap(&space.upper, r, PW_KEEP_TABLES, NULL, NULL), 0);
		nr += fetches_after_unmap(&r);
	}
	EXPECT_EQ(nr != 0, stale_fetches);
	metal_first_tables();
}

static uint64_t entry_at(uint64_t va)
{
	struct pw_translation t = { 0 };

	(void)!pw_translate(&space.upper, pw_va_of(va), &t);
	return t.entry;
}

static struct pw_attr attr_at(uint64_t va)
{
	struct pw_attr attr = { 0 };

	EXPECT_EQ(pw_attr_decode(&space.upper, entry_at(va), 0, &attr), 0);
	return attr;
}

static void map_one(uint64_t va, uint32_t perm, uint32_t flags)
{
	struct pw_attr attr = { .perm = perm,
				.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | flags,
				.memtype = PW_MEM_NORMAL,
				.share = PW_SHARE_INNER };

	mark_page(DATA_FIRST);
	EXPECT_EQ(pw_map(&space.upper, pw_range_len(va, pw_table_leaf_size(&space.upper, 0)),
			 pw_pa_of(DATA_FIRST), &attr, 0, NULL, NULL),
		  0);
}

static void unmap_one(uint64_t va)
{
	EXPECT_EQ(pw_unmap(&space.upper, pw_range_len(va, pw_table_leaf_size(&space.upper, 0)), 0,
			   NULL, NULL),
		  0);
}

/* Without hardware that sets it, an access flag that is clear is a fault of its own. */
TEST(an_access_flag_is_a_fault_or_is_set)
{
	for (unsigned int n = 0; n < 2 * BOOT_NR_CHOICES; n++) {
		bool ages = n >= BOOT_NR_CHOICES;
		struct pw_caps caps = caps_with(0, ages);
		uint64_t va, par, val = 0;
		uint32_t want = ages ? METAL_NO_FAULT : METAL_ACCESS_FLAG_0 + 3;

		if ((ages && !cpu()->ages) ||
		    !open_tables(&boot_choices[n % BOOT_NR_CHOICES], &caps))
			continue;
		va = space.upper.first.v;
		map_one(va, R | W, 0);
		par = ask_mmu(va, PW_PERM_R);
		EXPECT_EQ(par & PAR_F ? FST(par) : METAL_NO_FAULT, want);
		EXPECT_EQ(metal_probe(va, METAL_READ, &val), want);
		EXPECT_EQ(attr_at(va).flags & PW_ATTR_ACCESSED, ages ? PW_ATTR_ACCESSED : 0);
		unmap_one(va);
	}
	metal_first_tables();
}

/*
 * A clean page becomes dirty by the first write, and by that alone. Cleaned again, the next write
 * is noted only because the change invalidated what was cached.
 */
TEST(the_first_write_makes_a_page_dirty)
{
	static const struct pw_change clean = { .raw_set = 1ull << 7 };
	struct pw_caps caps = caps_with(0, 2);

	for (unsigned int i = 0; i < BOOT_NR_CHOICES && cpu()->ages >= 2; i++) {
		uint64_t va, val = 0;

		if (!open_tables(&boot_choices[i], &caps))
			continue;
		va = space.upper.first.v;
		map_one(va, R | W, PW_ATTR_DBM | PW_ATTR_ACCESSED);
		EXPECT_EQ(metal_probe(va, METAL_READ, &val), METAL_NO_FAULT);
		EXPECT_EQ(attr_at(va).flags & PW_ATTR_DIRTY, 0);
		EXPECT_EQ(metal_probe(va, METAL_WRITE, &val), METAL_NO_FAULT);
		EXPECT_EQ(attr_at(va).flags & PW_ATTR_DIRTY, PW_ATTR_DIRTY);
		EXPECT_EQ(pw_protect(&space.upper,
				     pw_range_len(va, pw_table_leaf_size(&space.upper, 0)), &clean,
				     0, NULL, NULL),
			  0);
		EXPECT_EQ(attr_at(va).flags & PW_ATTR_DIRTY, 0);
		EXPECT_EQ(metal_probe(va, METAL_WRITE, &val), METAL_NO_FAULT);
		EXPECT_EQ(attr_at(va).flags & PW_ATTR_DIRTY, PW_ATTR_DIRTY);
		unmap_one(va);
	}
	metal_first_tables();
}
