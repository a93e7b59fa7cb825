/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdio.h>
#include <string.h>

#include <pagewalk/riscv_plan.h>
#include <pagewalk/x86_plan.h>

#include "../harness/harness.h"
#include "machine.h"

struct world machine_world;
struct machine_log machine_log;

static struct pw_env hooks; /* the world's own */
static bool may_break;
static bool new_tables; /* there are some that no entry leads to yet */
static union {
	struct pw_arm64_printer arm64;
	struct pw_x86_printer x86;
	struct pw_riscv_printer riscv;
} printer;

/* What a machine can be: capabilities of the handle and of the executor. */
static const struct word {
	const char *name;
	uint32_t flags; /* PW_TABLE_* */
	uint32_t caps;	/* PW_CAP_* */
	uint32_t exec;	/* of the architecture's executor */
} known[] = {
	{ "upper", PW_TABLE_UPPER, 0, 0 }, /* kernel half: any ASID */
	{ "tlbirange", 0, 0, PW_CAP_TLBIRANGE },
	{ "ttl", 0, 0, PW_CAP_TTL },
	{ "hafdbs", 0, PW_CAP_HAF | PW_CAP_HD, 0 },
	{ "aborts-ok", 0, PW_CAP_BBM_ABORTS_OK, 0 },
	{ "pcid", 0, 0, PW_X86_PCIDE },
	{ "invpcid", 0, 0, PW_X86_INVPCID },
	{ "invlpgb", 0, 0, PW_X86_INVLPGB },
	{ "global", 0, 0, PW_X86_ALL_GLOBAL },
	{ "svinval", 0, 0, PW_RISCV_SVINVAL },
	{ "svvptc", 0, PW_CAP_SVVPTC, 0 },
	{ "fix-up", 0, PW_CAP_FIX_UP, 0 },
	{ "svadu", 0, PW_CAP_SVADU, 0 },
};

/* The log -------------------------------------------------------------------------------------- */

/* The line for @text in a log of counts; else the last one, if that says the same. */
static uint64_t line_for(const char *text)
{
	uint64_t i;

	for (i = machine_log.counts ? 0 : machine_log.nr - !!machine_log.nr; i < machine_log.nr;
	     i++)
		if (!strcmp(machine_log.line[i].text, text))
			return i;
	return machine_log.nr;
}

static void log_add(const char *text, uint64_t n, bool merge)
{
	uint64_t i = merge || machine_log.counts ? line_for(text) : machine_log.nr;

	if (i == machine_log.nr) {
		if (!EXPECT(i < MACHINE_MAX_LINES))
			return;
		snprintf(machine_log.line[i].text, MACHINE_LINE, "%s", text);
		machine_log.line[i].count = 0;
		machine_log.nr++;
	}
	machine_log.line[i].count += n;
}

void machine_log_line(const char *text, uint64_t n)
{
	log_add(text, n, true);
}

void machine_log_begin(bool counts)
{
	world_mark_linked(&machine_world);
	world_forget(&machine_world);
	memset(&machine_log, 0, sizeof(machine_log));
	machine_log.counts = counts;
}

void machine_log_text(uint64_t i, char *text, size_t len)
{
	const char *line = machine_log.line[i].text;
	unsigned long long n = machine_log.line[i].count;

	if (!strcmp(line, "write") || !strcmp(line, "free"))
		snprintf(text, len, "%s %llu", line, n);
	else if (machine_log.counts)
		snprintf(text, len, "%llu %s", n, line);
	else
		snprintf(text, len, "%s", line);
}

/* One instruction of the printer's; counted ones are all of a name. */
static void put(void *ctx, const char *text)
{
	char line[MACHINE_LINE];

	(void)ctx;
	snprintf(line, sizeof(line), "%s", text);
	/* operands begin behind the comma; of those that have no comma, behind the name */
	line[strcspn(line, machine_log.counts ? ",\n" : "\n")] = '\0';
	if (machine_log.counts && !strncmp(line, "invlpg ", 7))
		line[6] = '\0';
	if (machine_log.counts && !strncmp(line, "sfence.vma 0", 12))
		line[10] = '\0';
	log_add(line, 1, false);
}

/* Hooks ---------------------------------------------------------------------------------------- */

static uint64_t page_of(const uint64_t *slot)
{
	return (uint64_t)((const uint8_t *)slot - machine_world.memory) / machine_world.page_size;
}

/* New tables and reserved pages are nobody's yet: what is written there reaches no walker. */
static void note_write(const uint64_t *slot)
{
	uint64_t page =
		(uint64_t)((const uint8_t *)slot - machine_world.memory) / machine_world.page_size;

	if (machine_world.state[page] == WORLD_LINKED)
		machine_log_line("write", 1);
}

/* A store that may have linked new tables: what is written there from now on reaches walkers. */
static void note_links(const uint64_t *slot)
{
	if (!new_tables || machine_world.state[page_of(slot)] != WORLD_LINKED)
		return;
	world_mark_linked(&machine_world);
	new_tables = false;
	for (uint32_t i = 0; i < machine_world.nr_pages; i++)
		new_tables |= machine_world.state[i] == WORLD_TAKEN;
}

static void store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	note_write(slot);
	hooks.store(ctx, slot, val, order);
	note_links(slot);
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	new_tables = true;
	return hooks.get_table(ctx, pa);
}

static bool cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	bool done = hooks.cas(ctx, slot, old, val);

	if (done) {
		note_write(slot);
		note_links(slot);
	}
	return done;
}

/* A table of before; what was reserved and not used comes back as well, and is no news. */
static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	uint64_t page = (pa.v - machine_world.base) / machine_world.page_size;

	if (machine_world.state[page] == WORLD_LINKED) {
		machine_log_line("free", 1);
		/* the world wants the invalidation in the last plan; the log has the order */
		machine_world.state[page] = WORLD_TAKEN;
	}
	hooks.put_table(ctx, pa, virt);
}

static bool may_fault(void *ctx, struct pw_range range)
{
	(void)ctx, (void)range;
	return may_break;
}

static void (*recorded)(void *ctx, const struct pw_plan *plan); /* the world's own run() */

static void run(void *ctx, const struct pw_plan *plan)
{
	bool invalidate = plan->full || plan->nr_ranges;

	log_add(!invalidate    ? "plan publish" :
		!plan->publish ? "plan invalidate" :
				 "plan publish+invalidate",
		1, false);
	recorded(ctx, plan);
	if (machine_world.pt.regime <= PW_REGIME_STAGE2)
		printer.arm64.e.x.run(printer.arm64.e.x.ctx, plan);
	else if (machine_world.pt.regime <= PW_REGIME_EPT)
		printer.x86.e.x.run(printer.x86.e.x.ctx, plan);
	else
		printer.riscv.e.x.run(printer.riscv.e.x.ctx, plan);
}

/* Opening -------------------------------------------------------------------------------------- */

/* The executor of one CPU of several, whoever else there is being asked as they are asked there. */
static void open_printer(uint32_t caps, bool alone)
{
	uint32_t regime = machine_world.pt.regime;

	if (regime <= PW_REGIME_STAGE2) {
		pw_arm64_printer_init(&printer.arm64, put, NULL);
		printer.arm64.e.caps = caps;
		if (caps & PW_CAP_TLBIRANGE)
			machine_world.exec.max_pages = PW_ARM64_RANGE_MAX;
	} else if (regime <= PW_REGIME_EPT) {
		pw_x86_printer_init(&printer.x86, put, NULL);
		printer.x86.e.caps = caps;
		printer.x86.e.pcid = machine_world.pt.asid;
		printer.x86.e.eptp = 0x7000001e;
		printer.x86.e.invlpgb_max = 8;
		if (alone)
			printer.x86.e.x.remote = NULL;
	} else {
		pw_riscv_printer_init(&printer.riscv, put, NULL);
		printer.riscv.e.caps = caps;
		if (alone)
			printer.riscv.e.x.remote = NULL;
	}
}

static const struct world_format *format_of(const char *name)
{
	for (unsigned int i = 0; i < WORLD_NR_FORMATS; i++)
		if (!strcmp(world_formats[i].name, name))
			return &world_formats[i];
	return NULL;
}

static void hook(bool nofault)
{
	struct world *w = &machine_world;

	hooks = w->env;
	if (w->hooked) {
		w->env.store = store;
		w->env.cas = cas;
	}
	w->env.get_table = get_table;
	w->env.put_table = put_table;
	w->env.may_fault = may_fault;
	may_break = !nofault;
	recorded = w->exec.run;
	w->exec.run = run;
}

/*
 * Beside the words of known[]: bbm=N; alone (one CPU); va=N (bits); el2, vhe (EL2&0); no-fault
 * (nothing may be broken for a while: env->may_fault() says no); no-reshaper.
 */
bool machine_open(const char *words, bool hooked)
{
	struct world_options o = {
		.hooked = hooked, .reshape = true, .flags = PW_TABLE_LIVE, .nr_pages = 600
	};
	const struct world_format *format = NULL;
	bool alone = false, nofault = false;
	uint32_t bbm = 0, exec = 0;
	char text[256], *save = NULL;

	snprintf(text, sizeof(text), "%s", words);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		unsigned int i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i].name, w))
			i++;
		if (i < sizeof(known) / sizeof(known[0])) {
			o.flags |= known[i].flags;
			o.caps |= known[i].caps;
			exec |= known[i].exec;
		} else if (!strcmp(w, "alone")) {
			alone = true;
		} else if (!strcmp(w, "no-fault")) {
			nofault = true;
		} else if (!strcmp(w, "no-reshaper")) {
			o.reshape = false;
		} else if (!strcmp(w, "el2")) {
			o.regime = PW_REGIME_EL2;
		} else if (!strcmp(w, "vhe")) {
			o.regime = PW_REGIME_EL20;
		} else if (sscanf(w, "bbm=%u", &bbm) != 1 && sscanf(w, "va=%u", &o.va_bits) != 1) {
			EXPECT(!format);
			format = format_of(w);
		}
	}
	if (!EXPECT(format != NULL) || !world_open(&machine_world, format, &o))
		return false;
	machine_world.pt.flags |= PW_TABLE_LIVE; /* the table of formats speaks of some only */
	machine_world.pt.caps.bbm_level = bbm;
	open_printer(exec, alone);
	hook(nofault);
	return true;
}

void machine_close(void)
{
	EXPECT_EQ(machine_world.violations, 0);
	EXPECT_EQ(machine_world.asserts, 0);
	world_close(&machine_world);
}
