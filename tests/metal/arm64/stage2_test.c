/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Stage 2: what a hypervisor at EL2 lets EL1 see, as intermediate physical addresses.
 *
 * The test runs at EL2, called from EL1 by HVC, and EL1 stands still meanwhile. Stage 1 is off for
 * it, so each address that EL1 uses is an intermediate physical one. AT S12E1R, S12E1W and their
 * like for EL0 say what both stages make of it; and EL1 is entered for a load, a store or a fetch,
 * which comes back by "hvc", or by an abort that stage 2 takes to EL2.
 *
 * EL2 itself translates nothing, so its accesses are without caches; a machine that has some would
 * need them cleaned of what EL1 left there.
 */
#include "../ops.h"
#include "board.h"

#include "../../harness/harness.h"

#define DATA_FIRST 0x60000000ull
#define DATA_LAST  (BOOT_RAM_END - 1)
#define VMID	   0x5
#define HVC	   0xd4000002u /* "hvc #0"; the number in [20:5] */
#define ROOT_SIZE  0x100000    /* 16 tables side by side, of 64K */

#define MSR(reg, val) __asm__ volatile("msr " reg ", %0\n\tisb" : : "r"((uint64_t)(val)) : "memory")
#define MRS(reg, val) __asm__ volatile("mrs %0, " reg : "=r"(val))

/* 52 bits of 16K would begin at level 0, which QEMU 7.2 takes for a mistake (always a fault). */
static const struct stage2 {
	const char *name;
	const struct pw_instance *instance;
	const struct pw_reshaper *reshaper;
	unsigned int choice; /* of stage 1, with the same granule and size */
	uint32_t ipa_bits;
	uint32_t sl0; /* VTCR_EL2.SL0: where the first lookup is, by granule */
} stages[] = {
#define STAGE2(format) &pw_arm64_s2_##format##_direct, &pw_arm64_s2_##format##_direct_reshaper
	{ "stage 2, 4K, 40 bits", STAGE2(4k), 0, 40, 1 },	      /* two tables at level 1 */
	{ "stage 2, 16K, 40 bits", STAGE2(16k), 1, 40, 1 },	      /* 16 at level 2 */
	{ "stage 2, 64K, 44 bits", STAGE2(64k), 2, 44, 1 },	      /* four at level 2 */
	{ "stage 2, 4K LPA2, 52 bits", STAGE2(4k_lpa2), 3, 52, 2 },   /* 16 at level 0 */
	{ "stage 2, 16K LPA2, 51 bits", STAGE2(16k_lpa2), 4, 51, 2 }, /* 16 at level 1 */
	{ "stage 2, 64K LPA, 52 bits", STAGE2(64k_lpa), 5, 52, 2 },   /* level 1 */
};
#define NR_STAGES (sizeof(stages) / sizeof(stages[0]))

static uint8_t root[ROOT_SIZE] __attribute__((aligned(ROOT_SIZE)));
static struct pw_table pt;
static const struct stage2 *now;
static bool ages;

static volatile uint64_t *page_at(uint64_t pa)
{
	return (volatile uint64_t *)(uintptr_t)pa;
}

/* Pages begin with "hvc" and their number, as in live_test.c with "svc". */
static uint64_t page_word(uint64_t pa)
{
	return pa >> 12 << 32 | HVC | (pa >> 12 & 0xffff) << 5;
}

static void mark_page(uint64_t pa)
{
	if (pa >= DATA_FIRST && pa <= DATA_LAST)
		page_at(pa)[0] = page_word(pa);
}

/* What is entered at EL1 ends in "hvc", or in an abort of stage 2: of this address. */
static bool came_back(uint64_t ipa, uint32_t abort)
{
	uint64_t hpfar;

	if (METAL_EC(metal_trap.esr) == METAL_EC_HVC)
		return true;
	MRS("hpfar_el2", hpfar);
	harness_note("syndrome", metal_trap.esr);
	EXPECT_EQ(METAL_EC(metal_trap.esr), abort);
	EXPECT_EQ(metal_trap.far, ipa);
	EXPECT_EQ((hpfar & 0xffffffffff0ull) << 8, ipa & ~0xfffull);
	return false;
}

static bool load(uint64_t ipa, uint64_t *pa)
{
	uint64_t val = metal_enter_el1((uint64_t)(uintptr_t)metal_load_el1, ipa);

	if (!came_back(ipa, METAL_EC_DATA_LOW))
		return false;
	*pa = val >> 32 << 12;
	return true;
}

/* Its own address goes to the second word of the page: where the tables say, or nowhere. */
static bool store(uint64_t ipa, uint64_t walked)
{
	bool done;

	if (walked)
		page_at(walked)[1] = 0;
	metal_enter_el1((uint64_t)(uintptr_t)metal_store_el1, ipa + 8);
	done = came_back(ipa + 8, METAL_EC_DATA_LOW);
	if (walked)
		EXPECT_EQ(page_at(walked)[1], done ? ipa + 8 : 0);
	return done;
}

static bool fetch(uint64_t ipa, uint64_t walked, uint64_t *pa)
{
	uint64_t number;

	metal_enter_el1(ipa, 0);
	if (!came_back(ipa, METAL_EC_FETCH_LOW))
		return false;
	number = metal_trap.esr & 0xffff;
	*pa = (walked >> 12 & 0xffff) == number ? walked : number << 12;
	return true;
}

#define PAR_F  1ull
#define PAR_S  (1ull << 9) /* the fault was stage 2's */
#define PAR_PA 0x000ffffffffff000ull

/* Both privileges: S2AP does not tell them apart. */
static uint64_t ask_mmu(uint64_t va, bool write)
{
	uint64_t el1, el0;

	if (write) {
		__asm__ volatile("at s12e1w, %0\n\tisb" : : "r"(va) : "memory");
		MRS("par_el1", el1);
		__asm__ volatile("at s12e0w, %0\n\tisb" : : "r"(va) : "memory");
	} else {
		__asm__ volatile("at s12e1r, %0\n\tisb" : : "r"(va) : "memory");
		MRS("par_el1", el1);
		__asm__ volatile("at s12e0r, %0\n\tisb" : : "r"(va) : "memory");
	}
	MRS("par_el1", el0);
	EXPECT_EQ(el0, el1);
	return el1;
}

/*
 * QEMU (arm64-at-s12-permission-kills) ends itself when stage 2 does not give AT the right it asks
 * for. The accesses have to do then.
 */
static bool at_kills;

static bool is_permission(uint64_t esr)
{
	return (esr & 0x3c) == METAL_PERMISSION_0;
}

static bool ask(uint64_t ipa, uint32_t perm, uint64_t *pa)
{
	uint64_t walked = 0, loaded = 0, par;
	struct pw_translation t;
	bool done;

	if (!pw_translate(&pt, pw_va_of(ipa), &t)) {
		walked = t.pa.v;
		mark_page(walked);
	}
	if (perm == PW_PERM_X)
		return fetch(ipa, walked, pa);
	done = perm == PW_PERM_W ? store(ipa, walked) : load(ipa, &loaded);
	if (!done && at_kills && is_permission(metal_trap.esr))
		return false;
	par = ask_mmu(ipa, perm == PW_PERM_W);
	EXPECT_EQ(done, !(par & PAR_F));
	*pa = par & PAR_PA;
	if (!done && ipa <= pt.last.v)
		EXPECT(par & PAR_S);
	if (done && perm == PW_PERM_R)
		EXPECT_EQ(loaded, *pa);
	return done;
}

static uint32_t nr_free(void)
{
	return boot_nr_free;
}

/* FEAT_XNX: ID_AA64MMFR1_EL1. */
static uint32_t has_xnx(void)
{
	uint64_t mmfr1;

	MRS("id_aa64mmfr1_el1", mmfr1);
	return mmfr1 >> 28 & 0xf ? PW_CAP_XNX : 0;
}

#define R  PW_PERM_R
#define W  PW_PERM_W
#define X  PW_PERM_X
#define UX PW_PERM_USER_X

static const uint32_t perms[] = { R | W, R, R | X, R | W | X, W, X, W | X, 0 };
static const uint32_t xnx_perms[] = {
	R | W, R, R | X, R | W | X, W, R | UX, R | X | UX, W | X, UX
};

static struct metal_space space_of(void)
{
	bool xnx = pt.caps.flags & PW_CAP_XNX;
	uint64_t big = pw_table_leaf_size(&pt, 2);

	return (struct metal_space){
		.live = &pt,
		.va = 1ull << (now->ipa_bits - 2),
		.pa = DATA_FIRST,
		.pa_first = DATA_FIRST,
		.pa_last = DATA_LAST,
		.big_pa = DATA_FIRST & ~(big - 1),
		.has_big = pw_table_leaf_ok(&pt, 2) && DATA_LAST - DATA_FIRST < big,
		.contiguous = true,
		.ages = ages,
		.perms = xnx ? xnx_perms : perms,
		.nr_perms = xnx ? sizeof(xnx_perms) / sizeof(xnx_perms[0]) :
				  sizeof(perms) / sizeof(perms[0]),
		.holds = R | W | X | (xnx ? UX : 0),
		.asks = R | W | X,
		.attr = { .flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
			  .memtype = PW_MEM_NORMAL,
			  .share = PW_SHARE_INNER },
		.ask = ask,
		.load = load,
		.keeps = metal_deviates("arm64-keeps-stale"),
		.nr_free = nr_free,
	};
}

/* VTCR_EL2: T0SZ, SL0, write-back and inner shareable walks, TG0, PS, HA, DS. */
static uint64_t vtcr(void)
{
	uint64_t tcr = boot_tcr(&boot_choices[now->choice], 0); /* TG0, IPS and DS are here, too */

	return (64 - now->ipa_bits) | now->sl0 << 6 | 1ull << 8 | 1ull << 10 | 3ull << 12 |
	       (tcr & 3ull << 14) | (tcr >> 32 & 7) << 16 | (uint64_t)ages << 21 | 1ull << 31 |
	       (tcr >> 59 & 1) << 32;
}

static int make_tables(uint32_t bbm)
{
	const struct boot_choice *choice = &boot_choices[now->choice];
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE,
		.instance = now->instance,
		.reshaper = now->reshaper,
		.env = &boot_env,
		.exec = &metal_exec.x,
		.root = { (uint64_t)(uintptr_t)root },
		.va_bits = now->ipa_bits,
		.pa_bits = boot_cpu.pa_bits < choice->bits ? boot_cpu.pa_bits : choice->bits,
		.regime = PW_REGIME_STAGE2,
		.asid = VMID,
		.caps = { .flags = has_xnx() | (ages ? PW_CAP_HAF : 0) |
				   (bbm >= 2 ? PW_CAP_BBM_ABORTS_OK : 0),
			  .bbm_level = bbm },
	};

	memset(root, 0, sizeof(root));
	return pw_table_init(&pt, &cfg);
}

/* What EL1 executes: start.S, where it is. */
static int map_program(void)
{
	struct pw_attr attr = { .perm = R | X | (pt.caps.flags & PW_CAP_XNX ? UX : 0),
				.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
				.memtype = PW_MEM_NORMAL,
				.share = PW_SHARE_INNER };
	extern char __text[], __rodata[];
	uint64_t first = (uint64_t)(uintptr_t)__text, end = (uint64_t)(uintptr_t)__rodata;

	return pw_map(&pt, pw_range_len(first, end - first), pw_pa_of(first), &attr, 0, NULL, NULL);
}

static void begin(uint32_t bbm)
{
	struct pw_arm64_s2_regs regs;
	struct pw_table_config cfg = { 0 };
	struct pw_arm64_half half;

	MSR("vtcr_el2", vtcr());
	MSR("vttbr_el2", (uint64_t)(uintptr_t)root | (uint64_t)VMID << 48);
	EXPECT_EQ(make_tables(bbm), 0);
	MRS("hcr_el2", regs.hcr);
	MSR("hcr_el2", regs.hcr | 1); /* VM */
	__asm__ volatile("tlbi alle1\n\tdsb nsh\n\tisb" : : : "memory");
	EXPECT_EQ(map_program(), 0);
	/* the registers, read back, say what the tables are */
	MRS("vtcr_el2", regs.vtcr);
	MRS("vttbr_el2", regs.vttbr);
	MRS("hcr_el2", regs.hcr);
	EXPECT_EQ(pw_arm64_decode_s2_regs(&regs, &half, &cfg), 0);
	EXPECT_EQ(cfg.va_bits, pt.va_bits);
	EXPECT_EQ(cfg.levels, pt.levels);
	EXPECT_EQ(cfg.root.v, pt.root.v);
	EXPECT_EQ(cfg.asid, VMID);
	EXPECT_EQ(half.granule, boot_choices[now->choice].granule);
}

static void end(void)
{
	uint64_t hcr;

	MRS("hcr_el2", hcr);
	MSR("hcr_el2", hcr & ~1ull);
	__asm__ volatile("tlbi alle1\n\tdsb nsh\n\tisb" : : : "memory");
}

/* At EL2, for each way that the CPU has, with stage 1 of EL1 off. */
static void (*body)(void);
static uint32_t bbm_level;

static void at_el2(void)
{
	uint64_t sctlr;

	MRS("sctlr_el1", sctlr);
	MSR("sctlr_el1", sctlr & ~1ull);
	for (unsigned int i = 0; i < NR_STAGES && !harness_failures(); i++) {
		now = &stages[i];
		boot_init(&boot_choices[now->choice]);
		if (boot_cannot(&boot_choices[now->choice]))
			continue;
		begin(bbm_level);
		body();
		end();
	}
	MSR("sctlr_el1", sctlr);
}

/* Where the guest was entered at EL1 there is nobody to ask. */
static void run_at_el2(void (*fn)(void), uint32_t bbm, bool with_ages)
{
	if (metal_entry_level < 2)
		return;
	at_kills = metal_deviates("arm64-at-s12-permission-kills");
	body = fn;
	bbm_level = bbm;
	ages = with_ages;
	metal_hvc(at_el2);
}

static void random_changes(void)
{
	struct metal_space s = space_of();

	metal_puts(now->name);
	metal_puts(": ");
	metal_random_changes(&s, metal_checks);
}

TEST(stage2_is_named_where_it_cannot_be)
{
	if (metal_entry_level < 2)
		metal_puts("left out: stage 2: the guest was entered at EL1\n");
}

TEST(stage2_random_changes_by_break_before_make)
{
	metal_exec.caps = 0;
	run_at_el2(random_changes, 0, false);
}

/* With range operations, and without breaks, as far as the CPU goes. */
TEST(stage2_random_changes_in_place)
{
	boot_init(&boot_choices[0]);
	metal_exec.caps = boot_cpu.tlbirange ? PW_CAP_TLBIRANGE | PW_CAP_TTL : 0;
	run_at_el2(random_changes, boot_cpu.bbm, false);
	metal_exec.caps = 0;
}

TEST(stage2_random_changes_with_access_flags)
{
	boot_init(&boot_choices[0]);
	metal_exec.caps = 0;
	if (boot_cpu.ages >= 1)
		run_at_el2(random_changes, 0, true);
}

static void staleness(void)
{
	struct metal_space s = space_of();

	mark_page(s.pa);
	mark_page(s.pa + pw_table_leaf_size(&pt, 0));
	metal_staleness(&s);
}

TEST(stage2_missing_invalidation_reads_the_wrong_page)
{
	metal_exec.caps = 0;
	run_at_el2(staleness, 0, false);
}
