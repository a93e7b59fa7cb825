/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A plugin for QEMU's TCG: how many barriers and TLB invalidations does an arm64 guest execute?
 *
 * When QEMU translates a block it shows each instruction's bytes. Those that count, a few in a
 * thousand, get a callback that runs each time the instruction is executed; all the others run as
 * they would without the plugin. What is counted is therefore what the CPU does, not what some
 * layer of the guest says that it does.
 *
 * The guest says what to count for: "movz xzr, #0x5700 + N" does nothing on any CPU, no compiler
 * emits it, and here it opens row N (row 0: nothing is counted). At the end, each row that was
 * opened is a line of the file named by out=: row, publish barriers, dsb, isb, tlbi, and how many
 * of those are range operations. A publish barrier is a "dsb ishst" whose next instruction of all
 * these is an isb: an entry was made visible, and nothing was invalidated in between.
 *
 * One row is open for the whole machine: give it one CPU (-smp 1).
 *
 * The interface is what QEMU's documentation says of it ("TCG Plugins", docs/devel); no header of
 * QEMU is needed, which Debian does not ship. Instruction callbacks have been the same in all
 * versions of it; the one function that changed, in version 3, is qemu_plugin_insn_data().
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef PLUGIN_API
#error "-DPLUGIN_API=N: the version of the interface to be loaded as (tests/origin.sh tries)"
#endif

/* QEMU's */

typedef uint64_t qemu_plugin_id_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;

/* The head of what qemu_plugin_install() is told. */
struct plugin_info {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
};

#define NO_REGS 0 /* a callback that looks at no register */

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags,
					    void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *),
				    void *userdata);

/* QEMU looks these up by name. */
#define SHOWN __attribute__((visibility("default")))
SHOWN extern int qemu_plugin_version;
SHOWN int qemu_plugin_install(qemu_plugin_id_t id, const struct plugin_info *info, int argc,
			      char **argv);

int qemu_plugin_version = PLUGIN_API;

/*
 * qemu_plugin_insn_data(): up to version 2 it returns where the bytes are, from 3 on it copies
 * them. Found by name, since there is no one declaration for both.
 */
static const void *(*insn_data)(const struct qemu_plugin_insn *insn);
static size_t (*insn_data_copy)(const struct qemu_plugin_insn *insn, void *dest, size_t len);

static uint32_t insn_word(const struct qemu_plugin_insn *insn)
{
	unsigned char b[4] = { 0 };

	if (insn_data)
		memcpy(b, insn_data(insn), sizeof(b));
	else
		insn_data_copy(insn, b, sizeof(b));
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* What an instruction is (Arm ARM, C4.1 "A64 instruction set encoding", barriers and SYS) */

enum kind { OTHER = 0, MARK, DSB_ISHST, DSB, ISB, TLBI, TLBI_RANGE, NR_KINDS };

#define MARK_BITS   0xd2800000u /* movz xzr, #imm16 */
#define MARK_MASK   0xffe0001fu
#define MARK_IMM    0x5700u
#define NR_ROWS	    64u
#define DSB_BITS    0xd503309fu /* CRm in [11:8]; 0 and 4 are SSBB and PSSBB */
#define DSB_NXS	    0xd503323fu /* FEAT_XS: the kind in [11:10] */
#define ISB_BITS    0xd50330dfu
#define BARRIER	    0xfffff0ffu
#define BARRIER_NXS 0xfffff3ffu
#define CRM_ISHST   0xau
#define SYS_CRN_8_9 0xd5088000u /* SYS with CRn 8, or 9 (FEAT_XS): TLBI */
#define SYS_MASK    0xfff8e000u

static unsigned int field(uint32_t w, unsigned int at, unsigned int bits)
{
	return w >> at & ((1u << bits) - 1);
}

/* Ranges of stage 1 have CRm 2, 5 and 6; those of stage 2 CRm 0 and 4, and op2 2, 3, 6 and 7. */
static bool is_range(uint32_t w)
{
	unsigned int crm = field(w, 8, 4), op1 = field(w, 16, 3), op2 = field(w, 5, 3);

	if (crm == 2 || crm == 5 || crm == 6)
		return true;
	return op1 == 4 && ((crm == 0 && (op2 == 2 || op2 == 6)) ||
			    (crm == 4 && (op2 == 2 || op2 == 3 || op2 == 6 || op2 == 7)));
}

static enum kind kind_of(uint32_t w)
{
	unsigned int crm = field(w, 8, 4), imm = field(w, 5, 16);

	if ((w & MARK_MASK) == (MARK_BITS | 31u) && (imm & ~0xffu) == MARK_IMM)
		return MARK;
	if ((w & BARRIER) == DSB_BITS && crm != 0 && crm != 4)
		return crm == CRM_ISHST ? DSB_ISHST : DSB;
	if ((w & BARRIER_NXS) == DSB_NXS)
		return DSB;
	if ((w & BARRIER) == ISB_BITS)
		return ISB;
	if ((w & SYS_MASK) == SYS_CRN_8_9)
		return is_range(w) ? TLBI_RANGE : TLBI;
	return OTHER;
}

/* What was executed */

static struct row {
	bool open;
	uint64_t publish;
	uint64_t nr[NR_KINDS];
} rows[NR_ROWS];

static struct row *row = &rows[0];
static enum kind last;
static char out[4096];

static void executed(unsigned int vcpu, void *userdata)
{
	uint32_t w = (uint32_t)(uintptr_t)userdata;
	enum kind kind = kind_of(w);

	(void)vcpu;
	if (kind == MARK) {
		row = &rows[field(w, 5, 16) % NR_ROWS];
		row->open = true;
	} else {
		row->nr[kind]++;
		if (kind == ISB && last == DSB_ISHST)
			row->publish++;
	}
	last = kind;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t w = insn_word(insn);

		if (kind_of(w) != OTHER)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, NO_REGS,
							       (void *)(uintptr_t)w);
	}
}

static void ended(qemu_plugin_id_t id, void *userdata)
{
	FILE *f = fopen(out, "w");

	(void)id, (void)userdata;
	if (!f) {
		perror(out);
		return;
	}
	for (unsigned int n = 1; n < NR_ROWS; n++) {
		const uint64_t *nr = rows[n].nr;

		if (rows[n].open)
			fprintf(f,
				"%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
				n, rows[n].publish, nr[DSB_ISHST] + nr[DSB], nr[ISB],
				nr[TLBI] + nr[TLBI_RANGE], nr[TLBI_RANGE]);
	}
	if (fclose(f))
		perror(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct plugin_info *info, int argc, char **argv)
{
	void *found;

	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			snprintf(out, sizeof(out), "%s", argv[i] + 4);
	if (!out[0] || strcmp(info->target_name, "aarch64") != 0) {
		fprintf(stderr, "plugin: out=FILE is missing, or this is no aarch64 machine\n");
		return -1;
	}
	found = dlsym(RTLD_DEFAULT, "qemu_plugin_insn_data");
	if (!found)
		return -1;
	if (info->version.cur < 3)
		insn_data = (const void *(*)(const struct qemu_plugin_insn *))found;
	else
		insn_data_copy = (size_t(*)(const struct qemu_plugin_insn *, void *, size_t))found;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
