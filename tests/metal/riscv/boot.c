/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A machine's own page tables, made and changed with the library. Read boot.S first.
 *
 * Three things are asked for, and each is a few lines below:
 *
 *   an environment   where pages for tables come from, and how physical addresses become pointers.
 *                    Everything is mapped to where it is, so the two are the same (phys_offset 0).
 *   an executor      who carries out what a change owes to the hart. pw_riscv_insns has the real
 *                    instructions (SFENCE.VMA and so on).
 *   a handle         the tables. There are two for the same root. boot_map() uses one that is not
 *                    live: nobody walks these tables yet, so nothing is owed. From boot_paging()
 *                    on, the hart may have cached what they said, even that an address was not
 *                    mapped, and the handle is a live one.
 *
 * Each part of the program gets the rights that it needs and no others: code is not writable, data
 * is not executable. A store to code, from now on, is a page fault.
 *
 * A and D (accessed, dirty) are set from the start: on a hart that does not write them itself, the
 * first access would be a page fault otherwise.
 */
#include "boot.h"

#define NR_TABLES 256u

/* The program's parts, from guest.ld, each on pages of its own. */
extern char __text[], __rodata[], __data[], __end[];

#define AT(symbol) ((uint64_t)(uintptr_t)(symbol))

static uint64_t pool[NR_TABLES][512] __attribute__((aligned(4096)));
static uint32_t free_list[NR_TABLES];

uint32_t boot_nr_free;

struct pw_env boot_env;
struct pw_riscv_executor boot_exec;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	uint64_t *table;

	(void)ctx;
	if (!boot_nr_free)
		return NULL; /* PW_ENOMEM, and nothing was changed */
	table = pool[free_list[--boot_nr_free]];
	*pa = pw_pa_of(AT(table));
	return table;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx, (void)virt;
	free_list[boot_nr_free++] = (uint32_t)((pa.v - AT(pool)) / sizeof(pool[0]));
}

/*
 * May these addresses fault for a moment, while leaves get another size? Not where the library's
 * code, this stack or the tables are: the hart could not go on. A change there would be refused
 * (PW_EBUSY). Behind the program nobody looks meanwhile: one hart, no interrupts.
 */
static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx;
	return range.first.v >= AT(__end);
}

/* A new root: any page, filled with empty entries. */
uint64_t *boot_new_root(void)
{
	struct pw_pa pa;
	uint64_t *root = get_table(NULL, &pa);

	for (unsigned int i = 0; root && i < 512; i++)
		root[i] = 0;
	return root;
}

/* What satp says of these tables: MODE 8, 9, 10 for 39, 48, 57 bits; ASID 0. */
uint64_t boot_satp(const uint64_t *root, uint32_t va_bits)
{
	return (uint64_t)(PW_RISCV_SV39 + (va_bits - 39) / 9) << 60 | AT(root) >> 12;
}

/*
 * @va_bits: 39, 48 or 57. One root translates both halves, the lower half of addresses and the
 * upper (whose upper bits are all ones), and each is a handle: PW_TABLE_UPPER in @flags.
 */
int boot_table_init(struct pw_table *pt, uint64_t *root, uint32_t va_bits, uint32_t flags,
		    uint32_t caps)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = flags,
		.instance = &pw_riscv64_direct,
		.reshaper = &pw_riscv64_direct_reshaper, /* leaves may be split, put together */
		.env = &boot_env,
		.exec = &boot_exec.x,
		.root = pw_pa_of(AT(root)),
		.va_bits = va_bits,
		.any_asid = 1, /* what is global is fenced for every ASID */
		.caps = { .flags = caps | (boot_cpu.svnapot ? PW_CAP_SVNAPOT : 0) |
				   (boot_cpu.svpbmt ? PW_CAP_SVPBMT : 0) |
				   (boot_cpu.updates_ad ? PW_CAP_SVADU : 0) },
	};

	return pw_table_init(pt, &cfg);
}

/* From @first to @end to where it is, with these rights, by the largest leaves that fit. */
static int identity(struct pw_table *pt, uint64_t first, uint64_t end, uint32_t perm,
		    uint32_t memtype)
{
	struct pw_attr attr = {
		.perm = perm,
		.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
		.memtype = (uint8_t)memtype,
	};

	return pw_map(pt, pw_range_len(first, end - first), pw_pa_of(first), &attr, 0, NULL, NULL);
}

/* Without Svpbmt entries say nothing of memory types: the platform alone knows that this is I/O. */
static int device(struct pw_table *pt, uint64_t first)
{
	return identity(pt, first, first + 4096, PW_PERM_R | PW_PERM_W,
			boot_cpu.svpbmt ? PW_MEM_DEVICE_nGnRnE : PW_MEM_NORMAL);
}

int boot_map(struct pw_table *pt)
{
	int err = device(pt, BOOT_UART);

	if (!err)
		err = device(pt, BOOT_POWEROFF);
	if (!err)
		err = identity(pt, AT(__text), AT(__rodata), PW_PERM_R | PW_PERM_X, PW_MEM_NORMAL);
	if (!err)
		err = identity(pt, AT(__rodata), AT(__data), PW_PERM_R, PW_MEM_NORMAL);
	if (!err)
		err = identity(pt, AT(__data), BOOT_RAM_END, PW_PERM_R | PW_PERM_W, PW_MEM_NORMAL);
	return err;
}

/* Tables with three, four or five levels, and translation with them. @pt: the live handle. */
int boot_run_on_own_tables(struct pw_table *pt, uint32_t va_bits)
{
	uint64_t *root = boot_new_root();
	int err = root ? boot_table_init(pt, root, va_bits, 0, 0) : PW_ENOMEM;

	if (!err)
		err = boot_map(pt);
	if (!err)
		err = boot_table_init(pt, root, va_bits, PW_TABLE_LIVE, 0);
	if (!err)
		boot_paging(boot_satp(root, va_bits));
	return err;
}

/*
 * A change of live tables. When this returns, no store to these pages can succeed any more: the
 * library wrote the entries, and had the executor drop what the hart had cached of them. A leaf
 * that holds more than these pages was cut for it; where may_fault() says that it must not be, this
 * is PW_EBUSY, and nothing was changed.
 */
int boot_seal(struct pw_table *pt, uint64_t first, uint64_t size)
{
	static const struct pw_change read_only = { .perm_clear = PW_PERM_W };

	return pw_protect(pt, pw_range_len(first, size), &read_only, 0, NULL, NULL);
}

void boot_init(void)
{
	for (boot_nr_free = 0; boot_nr_free < NR_TABLES; boot_nr_free++)
		free_list[boot_nr_free] = NR_TABLES - 1 - boot_nr_free;
	boot_env = (struct pw_env){ .size = sizeof(boot_env),
				    .get_table = get_table,
				    .put_table = put_table,
				    .may_fault = may_fault };
	pw_riscv_executor_init(&boot_exec, &pw_riscv_insns, NULL);
	boot_exec.caps = boot_cpu.svinval ? PW_RISCV_SVINVAL : 0;
}
