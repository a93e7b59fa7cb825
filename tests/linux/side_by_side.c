/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What docs/kernel-and-native.md says of its two columns: over the same tables they count the same
 * and leave the same entries. tests/examples.sh takes the code out of the page and puts it before
 * this file (-include): the functions that are called here are its own.
 */
#include "../../examples/machine.h"

#include <pagewalk/format.h>

#define START 0xffff800000000000ul
#define END   (START + 4 * PMD_SIZE)

/* A table with pages, holes and an invalid page; a hole; a block; a page. */
static int fill(void)
{
	if (machine_init() || machine_map(&init_mm, START, 8, 0x80000, PROT_KERNEL) ||
	    machine_map(&init_mm, START + 20 * PAGE_SIZE, 3, 0x80020, PROT_KERNEL | PTE_RDONLY) ||
	    machine_map(&init_mm, START + 3 * PMD_SIZE, 1, 0x90000, PROT_KERNEL))
		return -1;
	machine_map_block(&init_mm, START + 2 * PMD_SIZE, 0xa0000, PROT_KERNEL);
	set_pte(machine_pte(&init_mm, START),
		__pte(pte_val(*machine_pte(&init_mm, START)) & ~PTE_VALID));
	return 0;
}

static int table(struct pw_table *pt)
{
	static struct pw_env env;
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_UPPER | PW_TABLE_LIVE,
		.instance = &pw_arm64_4k_direct,
		.env = &env,
		.exec = &machine.counter.e.x,
		.va_bits = VA_BITS,
		.root = { (uint64_t)((char *)init_mm.pgd - machine.frames) + PA_BASE },
	};

	env = machine.env;
	env.get_table = NULL; /* no table is made, and none could come back */
	return pw_table_init(pt, &cfg);
}

int main(void)
{
	const struct pw_range all = { { START }, { END - 1 } };
	static char kernel[NR_FRAMES * PAGE_SIZE];
	struct pw_table pt;
	uint64_t mapped;

	if (fill() || table(&pt))
		return machine_fail("set-up");
	init_mm.priv = (char[]){ "read" };
	mapped = native_mapped(&pt, all);
	if (mapped != 12 * PAGE_SIZE + PMD_SIZE || mapped != kernel_mapped(START, END))
		return machine_fail("counting");
	if (kernel_read_only(START, END))
		return machine_fail("kernel_read_only");
	memcpy(kernel, machine.frames, sizeof(kernel));
	free(machine.frames);

	machine.used = 0;
	if (fill() || table(&pt) || native_read_only(&pt, all))
		return machine_fail("native_read_only");
	if (memcmp(kernel, machine.frames, machine.used * PAGE_SIZE))
		return machine_fail("the two are not the same");
	return machine_done();
}
