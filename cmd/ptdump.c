/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The text of /sys/kernel/debug/kernel_page_tables, as an arm64 kernel (6.12) prints it.
 *
 * A row is a stretch of entries of one level with the same bits under a mask; nothing else ends a
 * row but the end of the address space. Table permissions are not looked at, and the names of
 * memory types follow Linux's numbering of AttrIndx, not MAIR: that is how the kernel does it. The
 * kernel also ends a row at its region markers; a dump does not say where those are, so we do not.
 */
#include "cmd.h"

#define BIT(n) (1ull << (n))

/* The columns, left to right: which bits, what they print when they equal @value, and else. */
static const struct {
	uint64_t mask, value;
	const char *set, *clear;
} columns[] = {
	{ BIT(0), BIT(0), " ", "F" },
	{ BIT(6), BIT(6), "USR", "   " },
	{ BIT(7), BIT(7), "ro", "RW" },
	{ BIT(53), BIT(53), "NX", "x " },
	{ 3 * BIT(8), 3 * BIT(8), "SHD", "   " },
	{ BIT(10), BIT(10), "AF", "  " },
	{ BIT(11), BIT(11), "NG", "  " },
	{ BIT(52), BIT(52), "CON", "   " },
	{ BIT(1), BIT(1), "   ", "BLK" },
	{ BIT(54), BIT(54), "UXN", "   " },
	{ BIT(50), BIT(50), "GP", "  " },
	{ 7 * BIT(2), 3 * BIT(2), "DEVICE/nGnRnE", NULL },
	{ 7 * BIT(2), 4 * BIT(2), "DEVICE/nGnRE", NULL },
	{ 7 * BIT(2), 2 * BIT(2), "MEM/NORMAL-NC", NULL },
	{ 7 * BIT(2), 0, "MEM/NORMAL", NULL },
	{ 7 * BIT(2), BIT(2), "MEM/NORMAL-TAGGED", NULL },
};

#define NR (sizeof(columns) / sizeof(columns[0]))

/* The stretch under construction. */
struct note {
	bool open;
	uint64_t start;
	uint64_t bits;
	unsigned int level;
};

static uint64_t bits_of(uint64_t e)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < NR; i++)
		mask |= columns[i].mask;
	return e & mask;
}

static void print_row(const struct half *h, const struct note *n, uint64_t end)
{
	unsigned int i;

	out_text("0x");
	out_hex(n->start, 16);
	out_text("-0x");
	out_hex(end, 16);
	out_text("   ");
	out_size(n->start, end - 1, 10);
	out_char(' ');
	out_text(pw_level_name(h->pt.instance, n->level, (unsigned int)h->pt.levels));
	for (i = 0; i < NR && n->bits; i++) {
		bool set = (n->bits & columns[i].mask) == columns[i].value;
		const char *text = set ? columns[i].set : columns[i].clear;

		if (text) {
			out_char(' ');
			out_text(text);
		}
	}
	out_char('\n');
}

static void note(const struct half *h, struct note *n, uint64_t start, unsigned int level,
		 uint64_t e)
{
	uint64_t bits = bits_of(e);

	if (n->open && n->level == level && n->bits == bits)
		return;
	if (n->open)
		print_row(h, n, start);
	n->open = true;
	n->start = start;
	n->level = level;
	n->bits = bits;
}

int dump_ptdump(const struct options *o, const struct half *h)
{
	int status = EXIT_FINE;
	struct note n = { 0 };
	struct pw_range range;
	struct pw_iter it;
	struct pw_run run;

	if (!space_range(o, h, &range))
		return EXIT_FINE;
	if (pw_iter_init(&it, &h->pt, range,
			 PW_WANT_ALL & ~(PW_WANT_TABLE_PRE | PW_WANT_TABLE_POST),
			 PW_IGNORE_PA | PW_IGNORE_SOFT))
		return EXIT_USAGE;
	while (pw_iter_next(&it, &run) > 0) {
		if (run.kind == PW_RUN_BAD) {
			complain("%s: 0x%016llx: entry 0x%llx at physical address 0x%llx: %s",
				 o->source, (unsigned long long)run.first.v,
				 (unsigned long long)run.entry, (unsigned long long)run.entry_pa.v,
				 pw_strerror(run.err));
			status = EXIT_FINDINGS;
		}
		/*
		 * The kernel's walker tells ptdump of every PTE, but above that only of leaves
		 * and holes: what is neither belongs to the row before it.
		 */
		if (run.level > 0 && (run.kind == PW_RUN_NONPRESENT || run.kind == PW_RUN_BAD))
			continue;
		note(h, &n, run.first.v, run.level, run.entry);
	}
	if (n.open)
		print_row(h, &n, range.last.v + 1);
	return status;
}
