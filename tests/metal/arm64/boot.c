/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A machine's own page tables, made with the library, turned on, and changed while they are in use.
 *
 * An arm64 CPU translates by two sets of tables: TTBR0_EL1 leads to those of the lower half of the
 * address space, TTBR1_EL1 to those of the upper half. TCR_EL1 says how large the halves are, and
 * of what size pages are; MAIR_EL1, what the memory types are that entries name by number. Then one
 * bit, SCTLR_EL1.M, turns it on: from the next instruction on, every address is looked up, that of
 * this instruction first. So the tables must map the program to where it is. start.S has these few
 * instructions (boot_translate).
 *
 * What the library wants to know is here:
 *
 *   an environment   where pages for tables come from. Everything is mapped to where it is, so a
 *                    table's address is its pointer (phys_offset 0).
 *   an executor      who carries out what a change owes to the CPU. pw_arm64_insns has the real
 *                    instructions.
 *   a handle         the tables. There are two of the lower half. What maps the program is not
 *                    live: nobody walks these tables yet, so nothing is owed. From
 *                    boot_translate() on the CPU may have cached what they say.
 *
 * Each part of the program gets the rights that it needs and no others: code is not writable, data
 * is not executable.
 */
#include "boot.h"

#define POOL_LG2  22 /* 4 MiB of pages for tables, of any granule */
#define POOL_SIZE (1u << POOL_LG2)

static uint8_t pool[POOL_SIZE] __attribute__((aligned(65536)));
static uint32_t free_list[POOL_SIZE / 4096];
static uint32_t page_lg2;

struct boot_cpu boot_cpu;
struct pw_env boot_env;
uint32_t boot_nr_free;

#define CHOICE(format) &pw_arm64_##format##_direct, &pw_arm64_##format##_direct_reshaper
const struct boot_choice boot_choices[BOOT_NR_CHOICES] = {
	{ "4K", CHOICE(4k), PW_ARM64_4K, 48 },
	{ "16K", CHOICE(16k), PW_ARM64_16K, 48 },
	{ "64K", CHOICE(64k), PW_ARM64_64K, 48 },
	{ "4K LPA2", CHOICE(4k_lpa2), PW_ARM64_4K, 52 },
	{ "16K LPA2", CHOICE(16k_lpa2), PW_ARM64_16K, 52 },
	{ "64K LPA", CHOICE(64k_lpa), PW_ARM64_64K, 52 },
};

/* The environment: pages for tables, from a list of free ones. */

static void *get_table(void *ctx, struct pw_pa *pa)
{
	uint64_t at;

	(void)ctx;
	if (!boot_nr_free)
		return NULL; /* PW_ENOMEM, and nothing was changed */
	at = (uint64_t)(uintptr_t)pool + ((uint64_t)free_list[--boot_nr_free] << page_lg2);
	*pa = pw_pa_of(at);
	return (void *)(uintptr_t)at;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)virt;
	free_list[boot_nr_free++] = (uint32_t)((pa.v - (uint64_t)(uintptr_t)pool) >> page_lg2);
}

/* May these addresses fault for a moment, while leaves get another size? Not where we live. */
static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx;
	return range.first.v >= BOOT_RAM_END;
}

/* A new root: any page, filled with empty entries. */
void *boot_get_page(struct pw_pa *pa)
{
	void *page = get_table(NULL, pa);

	return page ? memset(page, 0, (size_t)1 << page_lg2) : NULL;
}

/* What the CPU can do. Arm ARM, D19.2 "General system control registers": ID_AA64MMFRn_EL1. */

static uint32_t field(uint64_t reg, unsigned int at)
{
	return (uint32_t)(reg >> at) & 0xf;
}

static void read_cpu(void)
{
	static const uint8_t pa_bits[16] = { 32, 36, 40, 42, 44, 48, 52 };
	uint64_t mmfr0, mmfr1, mmfr2, isar0;

	__asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(mmfr0));
	__asm__("mrs %0, id_aa64mmfr1_el1" : "=r"(mmfr1));
	__asm__("mrs %0, s3_0_c0_c7_2" : "=r"(mmfr2)); /* ID_AA64MMFR2_EL1 */
	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
	boot_cpu = (struct boot_cpu){
		.pa_bits = pa_bits[field(mmfr0, 0)],
		.bbm = field(mmfr2, 52),
		.ages = field(mmfr1, 0),
		.lva = field(mmfr2, 16) != 0,
		.tlbirange = field(isar0, 56) >= 2,
		.ttl = field(mmfr2, 48) != 0,
	};
	/* three fields, three meanings: 4K counts from 0, 16K from 1, 64K is or is not */
	boot_cpu.granule[PW_ARM64_4K] = field(mmfr0, 28) > 7 ? 0 : 1 + (uint8_t)field(mmfr0, 28);
	boot_cpu.granule[PW_ARM64_16K] = (uint8_t)field(mmfr0, 20);
	boot_cpu.granule[PW_ARM64_64K] = field(mmfr0, 24) > 7 ? 0 : 1 + boot_cpu.lva;
}

const char *boot_cannot(const struct boot_choice *choice)
{
	uint32_t has = boot_cpu.granule[choice->granule];

	if (!has)
		return "ID_AA64MMFR0_EL1 does not have the granule";
	if (choice->bits > 48 && has < 2)
		return choice->granule == PW_ARM64_64K ?
			       "ID_AA64MMFR2_EL1.VARange does not have 52-bit addresses" :
			       "ID_AA64MMFR0_EL1 does not have 52-bit addresses with the granule";
	if (choice->bits > 48 && boot_cpu.pa_bits < 52)
		return "ID_AA64MMFR0_EL1.PARange is below 52 bits";
	return NULL;
}

/*
 * TCR_EL1: both halves alike. Walks are cacheable and inner shareable, as the program's own stores
 * to its tables are: so a walker sees them without any cache maintenance.
 */
#define TCR_SH0_INNER	 (3ull << 12)
#define TCR_WRITE_BACK	 (1ull << 8 | 1ull << 10) /* IRGN0, ORGN0 */
#define TCR_UPPER	 16			  /* most fields: the same, further up */
#define TCR_TG0		 14
#define TCR_TG1		 30
#define TCR_IPS		 32
#define TCR_ASID_16_BITS (1ull << 36)
#define TCR_HA		 (1ull << 39)
#define TCR_HD		 (1ull << 40)
#define TCR_DS		 (1ull << 59)

uint64_t boot_tcr(const struct boot_choice *choice, uint32_t ages)
{
	static const uint8_t tg0[3] = { 0, 2, 1 }, tg1[3] = { 2, 1, 3 };
	static const uint8_t ips[8] = { 32, 36, 40, 42, 44, 48, 52 };
	uint64_t half = (64 - choice->bits) | TCR_WRITE_BACK | TCR_SH0_INNER, size = 0;
	uint32_t pa_bits = boot_cpu.pa_bits < choice->bits ? boot_cpu.pa_bits : choice->bits;

	while (ips[size] != pa_bits)
		size++;
	return half | half << TCR_UPPER | (uint64_t)tg0[choice->granule] << TCR_TG0 |
	       (uint64_t)tg1[choice->granule] << TCR_TG1 | size << TCR_IPS | TCR_ASID_16_BITS |
	       (ages >= 1 ? TCR_HA : 0) | (ages >= 2 ? TCR_HD : 0) |
	       (choice->bits > 48 && choice->granule != PW_ARM64_64K ? TCR_DS : 0);
}

/* The tables */

#define MAIR_VAL 0x00ffull /* 0: normal memory, write-back; 1: Device-nGnRnE */

static int table_init(struct pw_table *pt, const struct boot_choice *choice, struct pw_pa root,
		      uint32_t flags, const struct pw_executor *exec, const struct pw_caps *caps)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = flags,
		.instance = choice->instance,
		.reshaper = choice->reshaper, /* leaves may be split and put together */
		.env = &boot_env,
		.exec = exec,
		.root = root,
		.va_bits = choice->bits,
		.pa_bits = boot_cpu.pa_bits < choice->bits ? boot_cpu.pa_bits : choice->bits,
		.any_asid = 1, /* what is global is cached for all */
		.mair = MAIR_VAL,
		.caps = *caps,
	};

	return pw_table_init(pt, &cfg);
}

/* From @first to @end to where it is, with these rights, by the largest leaves that fit. */
static int identity(struct pw_table *pt, uint64_t first, uint64_t end, uint32_t perm,
		    uint32_t memtype)
{
	struct pw_attr attr = {
		.perm = perm,
		.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED,
		.memtype = memtype,
		.share = PW_SHARE_INNER,
	};

	return pw_map(pt, pw_range_len(first, end - first), pw_pa_of(first), &attr, 0, NULL, NULL);
}

/* The program's parts, from guest.ld, each on pages of its own. NULL is mapped nowhere. */
extern char __text[], __rodata[], __data[];

#define AT(symbol) ((uint64_t)(uintptr_t)(symbol))

static int map_program(struct pw_table *pt)
{
	int err = identity(pt, METAL_UART, METAL_UART + BOOT_UART_LEN, PW_PERM_R | PW_PERM_W,
			   PW_MEM_DEVICE_nGnRnE);

	if (!err)
		err = identity(pt, AT(__text), AT(__rodata), PW_PERM_R | PW_PERM_X, PW_MEM_NORMAL);
	if (!err)
		err = identity(pt, AT(__rodata), AT(__data), PW_PERM_R, PW_MEM_NORMAL);
	if (!err)
		err = identity(pt, AT(__data), BOOT_RAM_END, PW_PERM_R | PW_PERM_W, PW_MEM_NORMAL);
	return err;
}

int boot_run_on_own_tables(struct boot_space *s, const struct boot_choice *choice,
			   const struct pw_executor *exec, const struct pw_caps *caps)
{
	uint32_t ages = caps->flags & PW_CAP_HD ? 2 : caps->flags & PW_CAP_HAF ? 1 : 0;
	struct boot_regs regs = { .mair = MAIR_VAL, .tcr = boot_tcr(choice, ages) };
	struct pw_pa lower, upper;
	int err = boot_get_page(&lower) && boot_get_page(&upper) ? 0 : PW_ENOMEM;

	if (!err)
		err = table_init(&s->lower, choice, lower, 0, NULL, caps);
	if (!err)
		err = map_program(&s->lower);
	if (!err)
		err = table_init(&s->lower, choice, lower, PW_TABLE_LIVE, exec, caps);
	if (!err)
		err = table_init(&s->upper, choice, upper, PW_TABLE_LIVE | PW_TABLE_UPPER, exec,
				 caps);
	if (err)
		return err;
	regs.ttbr0 = lower.v; /* below 2^48, or bits [51:48] would go to [5:2] */
	regs.ttbr1 = upper.v;
	boot_translate(&regs);
	return 0;
}

/*
 * A change of live tables. When this returns, no store to these pages can succeed any more: the
 * library wrote the entries, and had the executor drop what the CPU had cached of them.
 */
int boot_seal(struct boot_space *s, uint64_t first, uint64_t size)
{
	static const struct pw_change read_only = { .perm_clear = PW_PERM_W };

	return pw_protect(&s->lower, pw_range_len(first, size), &read_only, 0, NULL, NULL);
}

void boot_init(const struct boot_choice *choice)
{
	uint32_t nr;

	read_cpu();
	page_lg2 = pw_instance_granule_lg2(choice->instance);
	nr = POOL_SIZE >> page_lg2;
	for (boot_nr_free = 0; boot_nr_free < nr; boot_nr_free++)
		free_list[boot_nr_free] = nr - 1 - boot_nr_free;
	boot_env = (struct pw_env){ .size = sizeof(boot_env),
				    .get_table = get_table,
				    .put_table = put_table,
				    .may_fault = may_fault };
}
