/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From a source to page tables: which roots, which format.
 *
 * The registers decide when there are any. The notes of a Linux dump say less: where the kernel's
 * root is (swapper_pg_dir - kimage_voffset) and how large its half is (TCR_EL1.T1SZ; not VA_BITS,
 * which says 52 on a machine that runs with 48). LPA2 is not in the notes: with 4K pages it is
 * what a half of more than 48 bits needs, and Linux uses it for nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* What was learnt about the registers, and from where. */
struct roots {
	struct pw_arm64_regs regs;
	bool ttbr[2];
	bool tcr;
	bool mair;
	uint32_t regime;
	char from[2][96];
};

#define HCR_TGE (1ull << 27)
#define HCR_E2H (1ull << 34)

/* A register under its name, or under the short one that QEMU gives it. */
static bool reg(const struct pw_registers *r, const char *name, const char *also, uint64_t *v)
{
	return pw_registers_get(r, name, v) || (also && pw_registers_get(r, also, v));
}

/*
 * A kernel that runs at EL2 with HCR_EL2.{E2H,TGE} set lives in TTBRn_EL2, and the EL1 registers
 * are a guest's, or stale.
 */
static void roots_from_registers(const struct options *o, const struct pw_registers *r,
				 struct roots *roots)
{
	uint64_t hcr = 0;
	bool vhe = reg(r, "HCR_EL2", NULL, &hcr) && (hcr & HCR_E2H) && (hcr & HCR_TGE);
	unsigned int i;

	roots->regime = vhe ? PW_REGIME_EL20 : PW_REGIME_EL10;
	roots->ttbr[0] = reg(r, vhe ? "TTBR0_EL2" : "TTBR0_EL1", NULL, &roots->regs.ttbr0);
	roots->ttbr[1] = reg(r, vhe ? "TTBR1_EL2" : "TTBR1_EL1", NULL, &roots->regs.ttbr1);
	roots->tcr = reg(r, vhe ? "TCR_EL2" : "TCR_EL1", NULL, &roots->regs.tcr);
	roots->mair = reg(r, vhe ? "MAIR_EL2" : "MAIR_EL1", NULL, &roots->regs.mair);
	(void)reg(r, vhe ? "SCTLR_EL2" : "SCTLR_EL1", vhe ? NULL : "SCTLR", &roots->regs.sctlr);
	for (i = 0; i < 2; i++)
		snprintf(roots->from[i], sizeof(roots->from[i]), "TTBR%u_EL%d of cpu %u", i,
			 vhe ? 2 : 1, o->cpu);
}

static int read_registers(const struct options *o, struct roots *roots)
{
	struct pw_registers *r;
	struct pw_source_error err;

	if (!o->registers)
		return 0;
	if (pw_registers_open(o->registers, o->cpu, &r, &err)) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	roots_from_registers(o, r, roots);
	pw_registers_close(r);
	if (!roots->tcr) {
		complain("%s: cpu %u: expected TCR_EL1 among the registers", o->registers, o->cpu);
		return EXIT_SOURCE;
	}
	return 0;
}

static void read_options(const struct options *o, struct roots *roots)
{
	if (o->has_ttbr0) {
		roots->regs.ttbr0 = o->regs.ttbr0;
		roots->ttbr[0] = true;
		strcpy(roots->from[0], "--ttbr0");
	}
	if (o->has_ttbr1) {
		roots->regs.ttbr1 = o->regs.ttbr1;
		roots->ttbr[1] = true;
		strcpy(roots->from[1], "--ttbr1");
	}
	if (o->has_tcr) {
		roots->regs.tcr = o->regs.tcr;
		roots->tcr = true;
	}
	if (o->has_mair) {
		roots->regs.mair = o->regs.mair;
		roots->mair = true;
	}
	if (o->has_sctlr)
		roots->regs.sctlr = o->regs.sctlr;
}

/* The kernel's own root as the notes tell it; false when they do not. */
static bool notes_root(const struct pw_source *s, uint64_t *root)
{
	uint64_t swapper, voffset;
	size_t len;
	const char *info = pw_source_vmcoreinfo(s, &len);

	if (!info || !pw_vmcoreinfo_number(info, len, "SYMBOL(swapper_pg_dir)", &swapper) ||
	    !pw_vmcoreinfo_number(info, len, "NUMBER(kimage_voffset)", &voffset))
		return false;
	*root = swapper - voffset;
	return true;
}

static int read_notes(const struct options *o, const struct pw_source *s, struct roots *roots)
{
	uint64_t root, t1sz, page_size = 4096, tg1;
	size_t len;
	const char *info = pw_source_vmcoreinfo(s, &len);

	if (roots->ttbr[0] || roots->ttbr[1])
		return 0;
	if (!info) {
		complain("%s: no VMCOREINFO note, so the root is not known: give --registers, or "
			 "--ttbr1 and --tcr",
			 o->source);
		return EXIT_SOURCE;
	}
	if (!notes_root(s, &root) ||
	    !pw_vmcoreinfo_number(info, len, "NUMBER(TCR_EL1_T1SZ)", &t1sz)) {
		complain(
			"%s: VMCOREINFO: expected swapper_pg_dir, kimage_voffset and TCR_EL1_T1SZ; "
			"give --registers, or --ttbr1 and --tcr",
			o->source);
		return EXIT_SOURCE;
	}
	(void)pw_vmcoreinfo_number(info, len, "PAGESIZE", &page_size);
	tg1 = page_size == 65536 ? 3 : page_size == 16384 ? 1 : 2;
	roots->regs.ttbr1 = root;
	roots->ttbr[1] = true;
	strcpy(roots->from[1], "VMCOREINFO, swapper_pg_dir");
	if (!roots->tcr) {
		roots->regs.tcr = (t1sz & 63u) << 16 | tg1 << 30;
		if (page_size == 4096 && t1sz < 16)
			roots->regs.tcr |= 1ull << 59; /* DS */
	}
	roots->tcr = true;
	return 0;
}

static int half_init(const struct options *o, struct space *sp, const struct roots *roots,
		     unsigned int i)
{
	struct half *h = &sp->half[i];
	int err;

	h->name = i ? "kernel" : "user";
	if (!roots->ttbr[i])
		return 0;
	h->cfg.size = sizeof(h->cfg);
	err = pw_arm64_decode_regs(&roots->regs, i, &h->shape, &h->cfg);
	if (err) {
		complain("%s: TCR 0x%llx: %s half: %s", o->source,
			 (unsigned long long)roots->regs.tcr, h->name,
			 err == PW_EDOM ? "a reserved granule" :
					  "a TxSZ that the granule does not allow");
		return EXIT_SOURCE;
	}
	if (h->shape.granule != PW_ARM64_4K) {
		complain("%s: the %s half uses the %s granule; only 4K can be read so far",
			 o->source, h->name, h->shape.granule == PW_ARM64_16K ? "16K" : "64K");
		return EXIT_SOURCE;
	}
	if (h->shape.off)
		return 0;
	memcpy(h->from, roots->from[i], sizeof(h->from));
	h->mair_known = roots->mair;
	h->cfg.regime = roots->regime;
	h->cfg.instance = h->shape.lpa2 ? &pw_arm64_4k_lpa2_hooked : &pw_arm64_4k_hooked;
	h->cfg.env = memory_env(sp->memory);
	h->cfg.any_asid = (uint16_t)i; /* the kernel half is the same in every address space */
	err = pw_table_init(&h->pt, &h->cfg);
	if (err) {
		complain("%s: the %s half's root 0x%llx: %s", o->source, h->name,
			 (unsigned long long)h->cfg.root.v, pw_strerror(err));
		return EXIT_SOURCE;
	}
	h->known = true;
	return 0;
}

/*
 * With KPTI a CPU at EL0 has the trampoline's little table in TTBR1. That is what the CPU sees, so
 * it is what we show; but whoever looks for the kernel should know.
 */
static void mention_trampoline(const struct options *o, const struct space *sp)
{
	uint64_t root;

	if (o->verbose < 0 || !o->registers || !sp->half[1].known || o->has_ttbr1)
		return;
	if (notes_root(sp->source, &root) && root != sp->half[1].cfg.root.v)
		complain("note: TTBR1 of cpu %u is 0x%llx, not the kernel's swapper_pg_dir "
			 "0x%llx: a "
			 "trampoline (KPTI) while the CPU runs user code; leave out --registers "
			 "for the "
			 "kernel's own view",
			 o->cpu, (unsigned long long)sp->half[1].cfg.root.v,
			 (unsigned long long)root);
}

static int space_roots(const struct options *o, struct space *sp)
{
	struct roots roots = { 0 };
	int status = read_registers(o, &roots);
	unsigned int i;

	if (status)
		return status;
	read_options(o, &roots);
	status = read_notes(o, sp->source, &roots);
	if (status)
		return status;
	if (!roots.tcr) {
		complain("%s: a root without --tcr: granule and size are not known", o->source);
		return EXIT_USAGE;
	}
	for (i = 0; i < 2; i++) {
		status = half_init(o, sp, &roots, i);
		if (status)
			return status;
	}
	mention_trampoline(o, sp);
	if (!space_wants(o, sp, 0) && !space_wants(o, sp, 1)) {
		complain("%s: no root of the %s half: give --registers or --ttbr%d", o->source,
			 o->user ? "user" : "kernel", o->user ? 0 : 1);
		return EXIT_SOURCE;
	}
	return 0;
}

int space_open(const struct options *o, struct space *sp)
{
	struct pw_source_error err;
	size_t i;
	int status;

	memset(sp, 0, sizeof(*sp));
	if (pw_source_open(o->source, &sp->source, &err)) {
		complain("%s", err.text);
		return EXIT_SOURCE;
	}
	for (i = 0; i < pw_source_nr_warnings(sp->source) && o->verbose >= 0; i++)
		complain("warning: %s", pw_source_warning(sp->source, i));
	if (pw_source_machine(sp->source) != PW_MACHINE_ARM64) {
		complain(
			"%s: offset 18: expected an arm64 core (ELF machine 183), found machine %u",
			o->source, pw_source_elf_machine(sp->source));
		space_close(sp);
		return EXIT_SOURCE;
	}
	sp->memory = memory_new(sp->source, !strcmp(o->command, "protect"));
	status = sp->memory ? space_roots(o, sp) : EXIT_SOURCE;
	if (status)
		space_close(sp);
	return status;
}

void space_close(struct space *sp)
{
	memory_free(sp->memory);
	pw_source_close(sp->source);
	sp->memory = NULL;
	sp->source = NULL;
}

bool space_wants(const struct options *o, const struct space *sp, unsigned int half)
{
	bool asked = half ? o->kernel : o->user;

	return sp->half[half].known && (asked || (!o->kernel && !o->user));
}

bool space_range(const struct options *o, const struct half *h, struct pw_range *range)
{
	*range = pw_range_of(h->pt.first.v, h->pt.last.v);
	if (!o->has_range)
		return true;
	if (o->range.last.v < range->first.v || o->range.first.v > range->last.v)
		return false;
	if (o->range.first.v > range->first.v)
		range->first = o->range.first;
	if (o->range.last.v < range->last.v)
		range->last = o->range.last;
	return true;
}
