/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64: both halves hang on CR3. It comes from a registers file, or from the note that QEMU adds
 * for each CPU; the notes of a Linux dump know the kernel's own root: init_top_pgt, which the
 * kernel's image map (-2 GiB) and phys_base turn into a physical address. That one has no user half
 * to speak of.
 */
#include <elf.h>
#include <string.h>

#include <pagewalk/x86.h>

#include "../sources/qemu_x86.h"
#include "arch.h"

#define BIT(n) (1ull << (n))

/* --- roots --------------------------------------------------------------------------------- */

enum { CR0, CR3, CR4, EFER, PAT, NR_REGS };

static const struct arch_reg regs[NR_REGS] = {
	[CR0] = { "cr0", "whether the kernel may write to read-only pages (WP)" },
	[CR3] = { "cr3", "root" },
	[CR4] = { "cr4", "four or five levels (LA57); SMEP, SMAP" },
	[EFER] = { "efer", "whether there is an execute-disable bit (NXE)" },
	[PAT] = { "pat", "IA32_PAT: memory types" },
};

#define PAGE_ADDR  0x000ffffffffff000ull
#define CR3_PTI	   BIT(12) /* Linux: of each pair of roots the user's is the upper one */
#define CR4_PAE	   BIT(5)
#define CR4_LA57   BIT(12)
#define KERNEL_MAP 0xffffffff80000000ull /* where Linux links its image to */

/* What is not known is as every 64-bit kernel has it: PG, WP, PE; NXE, LMA, LME. */
#define CR0_USUAL  (BIT(31) | BIT(16) | BIT(0))
#define EFER_USUAL (BIT(11) | BIT(10) | BIT(8))

/* What was learnt, and from where. */
struct roots {
	uint64_t v[NR_REGS];
	bool known[NR_REGS];
	uint64_t enc_mask;
	bool kernel_only; /* the kernel's own root: no process in its user half */
	char from[96];
};

static void learn(struct roots *r, unsigned int reg, uint64_t v)
{
	r->v[reg] = v;
	r->known[reg] = true;
}

static int read_registers(const struct options *o, const struct pw_registers *file, struct roots *r)
{
	unsigned int i;
	uint64_t v;

	for (i = 0; i < NR_REGS; i++) {
		if (pw_registers_get(file, regs[i].name, &v))
			learn(r, i, v);
	}
	if (!r->known[CR3] || !r->known[CR4]) {
		complain("%s: cpu %u: expected cr3 and cr4 among the registers", o->registers,
			 o->cpu);
		return EXIT_SOURCE;
	}
	snprintf(r->from, sizeof(r->from), "CR3 of cpu %u", o->cpu);
	return 0;
}

/* QEMU's note of a CPU; it does not say EFER or PAT. */
static bool read_qemu(const struct options *o, const struct pw_source *s, struct roots *r)
{
	struct pw_qemu_x86 cpu;
	size_t len;
	const void *note = pw_source_qemu_note(s, o->cpu, &len);

	if (!pw_qemu_x86_state(note, len, &cpu))
		return false;
	learn(r, CR0, cpu.cr0);
	learn(r, CR3, cpu.cr3);
	learn(r, CR4, cpu.cr4);
	snprintf(r->from, sizeof(r->from), "QEMU's note, CR3 of cpu %u", o->cpu);
	return true;
}

/* The kernel's own root as the notes tell it; false when they do not. */
static bool notes_root(const struct pw_source *s, uint64_t *root)
{
	uint64_t top, phys_base;

	if ((!note_number(s, "SYMBOL(init_top_pgt)", &top) &&
	     !note_number(s, "SYMBOL(swapper_pg_dir)", &top)) ||
	    !note_number(s, "NUMBER(phys_base)", &phys_base))
		return false;
	*root = top - KERNEL_MAP + phys_base;
	return true;
}

/* Four or five levels, where CR4 is not known. */
static void read_levels(const struct pw_source *s, struct roots *r)
{
	uint64_t la57;

	if (!r->known[CR4] && note_number(s, "NUMBER(pgtable_l5_enabled)", &la57))
		learn(r, CR4, CR4_PAE | (la57 ? CR4_LA57 : 0));
}

static int read_notes(const struct options *o, const struct pw_source *s, struct roots *r)
{
	bool qemu = read_qemu(o, s, r);
	uint64_t root;

	if (o->has_cpu && !qemu) {
		complain("%s: no note of QEMU's about cpu %u (it has %u): give --registers",
			 o->source, o->cpu, pw_source_nr_qemu_notes(s));
		return EXIT_SOURCE;
	}
	if (o->has_cpu || (qemu && !notes_root(s, &root)))
		return 0;
	if (!notes_root(s, &root)) {
		complain(
			"%s: neither VMCOREINFO (init_top_pgt, phys_base) nor a note of QEMU's, so "
			"the root is not known: give --registers, or --cr3 and --cr4",
			o->source);
		return EXIT_SOURCE;
	}
	learn(r, CR3, root);
	strcpy(r->from, "VMCOREINFO, init_top_pgt");
	r->kernel_only = true;
	return 0;
}

static int read_roots(const struct options *o, const struct pw_source *s,
		      const struct pw_registers *file, struct roots *r)
{
	bool cr3 = arch_given(o, &arch_x86, CR3, &r->v[CR3]);
	unsigned int i;
	uint64_t v;
	int status = file		? read_registers(o, file, r) :
		     cr3 && !o->has_cpu ? 0 :
					  read_notes(o, s, r);

	if (status)
		return status;
	for (i = 0; i < NR_REGS; i++) {
		if (arch_given(o, &arch_x86, i, &v))
			learn(r, i, v);
	}
	if (cr3) {
		strcpy(r->from, "--cr3");
		r->kernel_only = false;
	}
	read_levels(s, r);
	(void)note_number(s, "NUMBER(sme_mask)", &r->enc_mask);
	if (!r->known[CR4]) {
		complain("%s: a root without --cr4: four or five levels is not known", o->source);
		return EXIT_USAGE;
	}
	return 0;
}

static int fill_half(const struct options *o, struct half *h, const struct roots *r, bool upper)
{
	const struct pw_x86_regs v = {
		.cr0 = r->known[CR0] ? r->v[CR0] : CR0_USUAL,
		.cr3 = r->v[CR3],
		.cr4 = r->v[CR4],
		.efer = r->known[EFER] ? r->v[EFER] : EFER_USUAL,
		.pat = r->known[PAT] ? r->v[PAT] : PW_X86_PAT_RESET,
	};
	struct pw_x86_mode mode;

	h->cfg.enc_mask = r->enc_mask;
	if (pw_x86_decode_regs(&v, upper, &mode, &h->cfg)) {
		complain("%s: %s: that CPU does not run with 64-bit paging (CR0.PG, CR4.PAE, "
			 "EFER.LMA)",
			 o->source, r->from);
		return EXIT_SOURCE;
	}
	h->cfg.instance = &pw_x86_64_hooked;
	h->lookup = pw_x86_64_hooked_lookup;
	h->cfg.regime = PW_REGIME_X86;
	h->types_known = r->known[PAT];
	h->fields = &pw_x86_64_fields;
	memcpy(h->from, r->from, sizeof(h->from));
	h->state = upper || !r->kernel_only ? HALF_KNOWN : HALF_EMPTY;
	return 0;
}

static int find_roots(const struct options *o, struct space *sp, const struct pw_registers *file)
{
	struct roots r = { 0 };
	int status = read_roots(o, sp->source, file, &r);
	unsigned int i;

	for (i = 0; i < 2 && !status; i++)
		status = fill_half(o, &sp->half[i], &r, i);
	return status;
}

/*
 * With page-table isolation each process has two roots, side by side; that of user code maps of
 * the kernel only the way in. It is what the CPU sees, so it is what we show.
 */
static void mention(const struct options *o, const struct space *sp)
{
	const struct half *h = &sp->half[1];
	struct pw_pa pa;
	uint64_t va;

	(void)o;
	if (h->state != HALF_KNOWN || !sp->half[0].state || !(h->cfg.root.v & CR3_PTI) ||
	    !note_number(sp->source, "SYMBOL(swapper_pg_dir)", &va) ||
	    pw_translate_pa(&h->pt, pw_va_of(va), &pa) != PW_ENOENT)
		return;
	complain("note: the root 0x%llx (%s) does not map the kernel: it is what user code runs "
		 "with (page-table isolation); the kernel's for the same process is 0x%llx",
		 (unsigned long long)h->cfg.root.v, h->from,
		 (unsigned long long)(h->cfg.root.v & ~CR3_PTI));
}

/* --- words --------------------------------------------------------------------------------- */

static const char *memtype(const struct half *h, const struct pw_attr *attr)
{
	static const char *const names[PW_NR_MEMTYPES] = {
		[PW_MEM_NORMAL] = "WB",	       [PW_MEM_NORMAL_NC] = "WC", [PW_MEM_NORMAL_WT] = "WT",
		[PW_MEM_DEVICE_nGnRnE] = "UC", [PW_MEM_UC_MINUS] = "UC-", [PW_MEM_WP] = "WP",
	};
	static const char *const indexes[] = { "pat0", "pat1", "pat2", "pat3",
					       "pat4", "pat5", "pat6", "pat7" };

	if (h->types_known && names[attr->memtype])
		return names[attr->memtype];
	return indexes[attr->mem_index & 7u];
}

static const struct arch_word words[] = {
	{ PW_ATTR_GLOBAL, " global", "" },
	{ PW_ATTR_ACCESSED, " A", "" },
	{ PW_ATTR_DIRTY, " D", "" },
	{ PW_ATTR_ENCRYPTED, " encrypted", "" },
};

/* --- the kernel's own dump ----------------------------------------------------------------- */

#define P   BIT(0)
#define RW  BIT(1)
#define US  BIT(2)
#define PSE BIT(7) /* of a page it is PAT */
#define NX  BIT(63)

/*
 * As Linux 6.12 prints debugfs' page_tables/kernel. All bits but the address's tell rows apart,
 * printed or not; so PAT of a large leaf, which stands among them, is never seen.
 */
static uint64_t ptdump_bits(uint64_t e, unsigned int level)
{
	(void)level;
	return e & ~PAGE_ADDR;
}

/* What a table takes away the kernel does look at, and prints nothing of it. */
static uint64_t ptdump_effective(uint64_t above, uint64_t e)
{
	if (above == ~0ull) /* at the root */
		above = RW | US;
	return (above & e & (RW | US)) | ((above | e) & NX);
}

/* Linux keeps large leaves that it made not-present: PS stays. */
static bool ptdump_noted(uint64_t e)
{
	return e & PSE;
}

static void print_bits(uint64_t e, unsigned int level)
{
	static const struct {
		uint64_t bit;
		const char *set, *clear;
		uint8_t page, block; /* has it there */
	} columns[] = {
		{ US, "USR ", "    ", 1, 1 },	  { RW, "RW ", "ro ", 1, 1 },
		{ BIT(3), "PWT ", "    ", 1, 1 }, { BIT(4), "PCD ", "    ", 1, 1 },
		{ PSE, "PSE ", "    ", 0, 1 },	  { PSE, "PAT ", "    ", 1, 0 },
		{ BIT(8), "GLB ", "    ", 1, 1 }, { NX, "NX ", "x  ", 1, 1 },
	};
	unsigned int i;

	if (!(e & P)) {
		out_text("                              ");
		return;
	}
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		bool here = level ? columns[i].block : columns[i].page;

		out_text(here && (e & columns[i].bit) ? columns[i].set : columns[i].clear);
	}
}

static void ptdump_print(const struct half *h, const struct ptdump_row *row)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d" };

	out_text("0x");
	out_hex(row->start, 16);
	out_text("-0x");
	out_hex(row->end, 16);
	out_text("   ");
	out_size(row->start, row->end - 1, 10);
	out_char(' ');
	print_bits(row->bits, row->level);
	out_text(row->level == h->pt.levels - 1 ? "pgd" : names[row->level]);
	out_char('\n');
}

static const struct arch_ptdump ptdump = {
	.kernel = "Linux 6.12",
	.both_halves = true,
	.skip_root_entries = 16, /* a hypervisor's, in the eyes of Linux */
	.bits = ptdump_bits,
	.effective = ptdump_effective,
	.noted = ptdump_noted,
	.print = ptdump_print,
};

static const struct pw_executor *ledger_start(union counter *c)
{
	pw_x86_counter_init(&c->x86);
	return &c->x86.e.x;
}

static void ledger_row(const union counter *c)
{
	const struct pw_x86_counts *n = &c->x86.n;

	out_dec(n->invlpg, 8);
	out_dec(n->full, 14);
	out_dec(n->remote, 12);
}

static const struct arch_ledger ledger_counts = {
	.columns = "  invlpg  full flushes  IPI rounds",
	.note = "  counted on the CPU that changes the tables; in an IPI round every other one\n"
		"  does the same. x86 has no publish barrier: what the hooks save is the\n"
		"  invalidation, put off to the end; more than 33 pages are one full flush\n",
	.start = ledger_start,
	.row = ledger_row,
};

const struct arch arch_x86 = {
	.name = "x86-64",
	.option = "x86",
	.machine = EM_X86_64,
	.regs = regs,
	.nr_regs = NR_REGS,
	.telltale = "cr3",
	.root_option = { "--cr3", "--cr3" },
	.roots = find_roots,
	.mention = mention,
	.memtype = memtype,
	.words = words,
	.nr_words = sizeof(words) / sizeof(words[0]),
	.cpu_notes = true,
	.one_exec = true,
	.ptdump = &ptdump,
	.ledger = &ledger_counts,
};
