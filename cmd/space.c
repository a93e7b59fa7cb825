/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From a source to page tables. Which roots there are, and of which format, the architecture's own
 * file knows; here is what they have in common. What is said outranks what is found: options,
 * then a registers file, then the notes in the dump.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"

/* Options that this dump has no use for are a mistake, not something to pass over. */
static int check_given(const struct options *o, const struct arch *arch)
{
	unsigned int i;

	if (o->has_cpu && !o->registers && !arch->cpu_notes) {
		complain("--cpu needs --registers: a dump of %s does not name its CPUs' roots",
			 arch->name);
		return EXIT_USAGE;
	}
	for (i = 0; i < o->nr_given; i++) {
		const struct given_reg *g = &o->given[i];

		if (g->arch == arch)
			continue;
		complain("--%s is a register of %s, and %s is a dump of %s",
			 g->arch->regs[g->reg].name, g->arch->name, o->source, arch->name);
		return EXIT_USAGE;
	}
	return 0;
}

/*
 * The handle of one half, over memory of its own: private copies are made in granules. A root
 * outside the dump is said once, and there is nothing to look at behind it.
 */
static int half_init(const struct options *o, struct space *sp, struct half *h)
{
	unsigned long long root = h->cfg.root.v;
	int err;

	h->memory = memory_new(sp->source, !strcmp(o->command, "protect"),
			       1u << pw_instance_granule_lg2(h->cfg.instance));
	if (!h->memory) {
		complain("%s: out of memory", o->source);
		return EXIT_SOURCE;
	}
	h->cfg.size = sizeof(h->cfg);
	h->cfg.env = memory_env(h->memory);
	err = pw_table_init(&h->pt, &h->cfg);
	if (err) {
		complain("%s: the %s half's root 0x%llx (%s): %s", o->source, h->name, root,
			 h->from, pw_strerror(err));
		return EXIT_SOURCE;
	}
	if (pw_source_bytes(sp->source, h->cfg.root.v, pw_table_root_size(&h->pt)))
		return 0;
	if (h->state == HALF_KNOWN) {
		complain("%s: the %s half's root 0x%llx (%s) %s", o->source, h->name, root, h->from,
			 pw_source_fault(sp->source) ? "cannot be read" : "is not in the dump");
		h->missing = true;
	}
	h->state = HALF_UNKNOWN;
	h->lost = true;
	return 0;
}

static int read_roots(const struct options *o, struct space *sp)
{
	struct pw_registers *file = NULL;
	struct pw_source_error err;
	int status;

	if (o->registers && pw_registers_open(o->registers, o->cpu, &file, &err)) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	status = sp->arch->roots(o, sp, file);
	pw_registers_close(file);
	return status;
}

static int space_roots(const struct options *o, struct space *sp)
{
	int status = check_given(o, sp->arch);
	unsigned int i;

	if (!status)
		status = read_roots(o, sp);
	for (i = 0; i < 2 && !status; i++) {
		if (sp->half[i].state != HALF_UNKNOWN)
			status = half_init(o, sp, &sp->half[i]);
	}
	if (status)
		return status;
	if (sp->arch->mention && o->verbose >= 0)
		sp->arch->mention(o, sp);
	if (!space_wants(o, sp, 0) && !space_wants(o, sp, 1)) {
		if (sp->half[0].lost || sp->half[1].lost)
			return EXIT_SOURCE;
		return space_no_root(o, sp, !o->user);
	}
	return 0;
}

/* A registers file has registers that no other architecture has. */
static int arch_of_registers(const struct options *o, const struct arch **arch)
{
	struct pw_registers *file;
	struct pw_source_error err;
	unsigned int i;
	uint64_t v;

	if (pw_registers_open(o->registers, o->cpu, &file, &err)) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	for (i = 0; i < nr_archs && !*arch; i++) {
		if (pw_registers_get(file, archs[i]->telltale, &v))
			*arch = archs[i];
	}
	pw_registers_close(file);
	return 0;
}

/* The dump does not say which machine it is of: an option does, or the registers that are given. */
static int guess_arch(const struct options *o, struct space *sp)
{
	int status = 0;

	sp->arch = o->arch;
	if (!sp->arch && o->nr_given)
		sp->arch = o->given[0].arch;
	if (!sp->arch && o->registers)
		status = arch_of_registers(o, &sp->arch);
	if (status || sp->arch)
		return status;
	complain(
		"%s: %s that does not say which machine it is of: give --arch=arm64, x86 or riscv, "
		"and --registers or a root",
		o->source, pw_source_kind(sp->source));
	return EXIT_SOURCE;
}

static int find_arch(const struct options *o, struct space *sp)
{
	char list[128] = "";
	unsigned int i;

	if (pw_source_elf_machine(sp->source) == EM_NONE)
		return guess_arch(o, sp);
	sp->arch = arch_of_machine(pw_source_elf_machine(sp->source));
	if (sp->arch && o->arch && o->arch != sp->arch) {
		complain("--arch=%s: %s is a dump of %s", o->arch->option, o->source,
			 sp->arch->name);
		return EXIT_USAGE;
	}
	if (sp->arch)
		return 0;
	for (i = 0; i < nr_archs; i++) {
		size_t n = strlen(list);

		snprintf(list + n, sizeof(list) - n, "%s%s (%u)", i ? ", " : "", archs[i]->name,
			 archs[i]->machine);
	}
	complain("%s: offset 18: expected the ELF machine of %s; found machine %u", o->source, list,
		 pw_source_elf_machine(sp->source));
	return EXIT_SOURCE;
}

static int open_source(const struct options *o, struct space *sp, struct pw_source_error *err)
{
	return o->raw ? pw_source_open_raw(o->source, o->raw_base, &sp->source, err) :
			pw_source_open(o->source, &sp->source, err);
}

/* Those that are new. */
static void say_warnings(const struct options *o, struct space *sp)
{
	for (; sp->nr_said < pw_source_nr_warnings(sp->source); sp->nr_said++) {
		if (o->verbose >= 0)
			complain("warning: %s", pw_source_warning(sp->source, sp->nr_said));
	}
}

int space_open(const struct options *o, struct space *sp)
{
	struct pw_source_error err;
	unsigned int i;
	int status;

	memset(sp, 0, sizeof(*sp));
	if (open_source(o, sp, &err)) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	say_warnings(o, sp);
	status = find_arch(o, sp);
	for (i = 0; i < 2; i++) {
		sp->half[i].name = i ? "kernel" : "user";
		sp->half[i].arch = sp->arch;
	}
	if (!status)
		status = space_roots(o, sp);
	if (status)
		(void)space_close(o, sp);
	return status;
}

int space_close(const struct options *o, struct space *sp)
{
	const char *fault = pw_source_fault(sp->source);
	int status = fault ? EXIT_SOURCE : 0;
	unsigned int i;

	say_warnings(o, sp);
	if (fault)
		complain("%s", fault);
	for (i = 0; i < 2; i++) {
		memory_free(sp->half[i].memory);
		sp->half[i].memory = NULL;
	}
	pw_source_close(sp->source);
	sp->source = NULL;
	return status;
}

bool space_wants(const struct options *o, const struct space *sp, unsigned int half)
{
	bool asked = half ? o->kernel : o->user;

	return sp->half[half].state == HALF_KNOWN && (asked || (!o->kernel && !o->user));
}

bool space_range(const struct options *o, const struct half *h, struct pw_range *range)
{
	uint64_t in_page = (1ull << h->pt.granule_lg2) - 1;

	*range = pw_range_of(h->pt.first.v, h->pt.last.v);
	if (!o->has_range)
		return true;
	if (o->range.last.v < range->first.v || o->range.first.v > range->last.v)
		return false;
	if (o->range.first.v > range->first.v)
		range->first.v = o->range.first.v & ~in_page;
	if (o->range.last.v < range->last.v)
		range->last.v = o->range.last.v | in_page;
	return true;
}

int space_no_root(const struct options *o, const struct space *sp, unsigned int half)
{
	const struct half *h = &sp->half[half];

	if (h->off)
		complain("%s: no addresses in the %s half: %s switches it off", o->source, h->name,
			 h->off);
	else if (!h->lost)
		complain("%s: no root of the %s half: give --registers or %s", o->source, h->name,
			 sp->arch->root_option[half]);
	return EXIT_SOURCE;
}

int space_missing(const struct options *o, const struct space *sp)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (sp->half[i].missing && (o->kernel == o->user || (i ? o->kernel : o->user)))
			return EXIT_SOURCE;
	}
	return 0;
}

int space_check_range(const struct options *o, const struct space *sp)
{
	const struct half *h;
	struct pw_range part;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (space_wants(o, sp, i) && space_range(o, &sp->half[i], &part))
			return 0;
	}
	i = (unsigned int)(o->range.first.v >> 63);
	if (o->kernel != o->user)
		i = o->kernel;
	h = &sp->half[i];
	if (h->state != HALF_KNOWN)
		return space_no_root(o, sp, i);
	complain("--range: 0x%llx-0x%llx: none of the %s half's addresses, 0x%llx-0x%llx",
		 (unsigned long long)o->range.first.v, (unsigned long long)o->range.last.v + 1,
		 h->name, (unsigned long long)h->pt.first.v, (unsigned long long)h->pt.last.v + 1);
	return EXIT_USAGE;
}
