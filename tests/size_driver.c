/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What a product with one format uses: map, unmap, protect, the run iterator and the gather with
 * lazy MMU mode, over arm64 4K tables in memory. Linked for its size (tests/size.sh), never run.
 */
#include <pagewalk/pagewalk.h>

#define NR_RANGES 8

/* A product's own state: filled in at boot. */
extern struct pw_env boot_env;
extern struct pw_executor boot_exec;
struct pw_env boot_env;
struct pw_executor boot_exec;

static struct pw_table pt;
static struct pw_gather gather;
static struct pw_flush ranges[NR_RANGES];

static int init(void)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE,
		.instance = &pw_arm64_4k_direct,
		.env = &boot_env,
		.exec = &boot_exec,
	};
	int err = pw_table_init(&pt, &cfg);

	return err ? err : pw_gather_init(&gather, &boot_exec, ranges, NR_RANGES);
}

static uint64_t walk(struct pw_range range)
{
	uint64_t bytes = 0;
	struct pw_iter it;
	struct pw_run run;

	if (pw_iter_init(&it, &pt, range, PW_WANT_LEAVES, 0))
		return 0;
	while (pw_iter_next(&it, &run) > 0)
		bytes += run.last.v - run.first.v + 1;
	return bytes;
}

int _start(void);
int _start(void)
{
	static const struct pw_attr attr = { .perm = PW_PERM_R, .flags = PW_ATTR_VALID };
	static const struct pw_change ro = { .perm_clear = PW_PERM_W };
	struct pw_range range = pw_range_len(0x200000, 0x400000);
	int err = init();

	if (err)
		return err;
	pw_lazy_enable(&gather, &boot_env);
	err = pw_map(&pt, range, pw_pa_of(0x80000000), &attr, 0, &gather, NULL);
	if (!err)
		err = pw_protect(&pt, range, &ro, 0, &gather, NULL);
	if (!err && walk(range))
		err = pw_unmap(&pt, range, 0, &gather, NULL);
	pw_lazy_disable(&gather, &boot_env);
	return err;
}
