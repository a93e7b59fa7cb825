/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V, 64 bits: both halves hang on satp, which also says how deep the tables are. The notes of
 * a Linux dump know the kernel's own root (swapper_pg_dir - va_kernel_pa_offset) and VA_BITS, which
 * is what this machine runs with; no process lives in that root's user half. Which extensions the
 * CPU has no register tells: what the kernel wrote is taken for what the CPU can do.
 */
#include <elf.h>
#include <string.h>

#include <pagewalk/riscv.h>

#include "arch.h"

#define BIT(n) (1ull << (n))

/* --- roots --------------------------------------------------------------------------------- */

enum { SATP, SSTATUS, MENVCFG, NR_REGS };

static const struct arch_reg regs[NR_REGS] = {
	[SATP] = { "satp", "root, and Sv39, Sv48 or Sv57" },
	[SSTATUS] = { "sstatus", "what the kernel may do with user pages (SUM, MXR)" },
	[MENVCFG] = { "menvcfg", "whether there are memory types (PBMTE)" },
};

#define SATP_MODE_SHIFT 60
#define MENVCFG_PBMTE	BIT(62)

struct roots {
	uint64_t v[NR_REGS];
	bool known[NR_REGS];
	bool kernel_only; /* the kernel's own root: no process in its user half */
	char from[96];
};

static int read_registers(const struct options *o, const struct pw_registers *file, struct roots *r)
{
	unsigned int i;

	for (i = 0; i < NR_REGS; i++)
		r->known[i] = pw_registers_get(file, regs[i].name, &r->v[i]);
	if (!r->known[SATP]) {
		complain("%s: cpu %u: expected satp among the registers: gdb's `info "
			 "all-registers` has it",
			 o->registers, o->cpu);
		return EXIT_SOURCE;
	}
	snprintf(r->from, sizeof(r->from), "satp of cpu %u", o->cpu);
	return 0;
}

/* The kernel's own root as the notes tell it; false when they do not. */
static bool notes_root(const struct pw_source *s, uint64_t *root)
{
	uint64_t swapper, offset;

	if (!note_number(s, "SYMBOL(swapper_pg_dir)", &swapper) ||
	    !note_number(s, "NUMBER(va_kernel_pa_offset)", &offset))
		return false;
	*root = swapper - offset;
	return true;
}

/* As satp would say it. */
static int read_notes(const struct options *o, const struct pw_source *s, struct roots *r)
{
	uint64_t root, va_bits;

	if (!notes_root(s, &root) || !note_number(s, "NUMBER(VA_BITS)", &va_bits) ||
	    (va_bits != 39 && va_bits != 48 && va_bits != 57)) {
		complain("%s: no VMCOREINFO with swapper_pg_dir, va_kernel_pa_offset and VA_BITS, "
			 "so the root is not known: give --registers or --satp",
			 o->source);
		return EXIT_SOURCE;
	}
	r->v[SATP] = (PW_RISCV_SV39 + (va_bits - 39) / 9) << SATP_MODE_SHIFT | root >> 12;
	r->known[SATP] = true;
	r->kernel_only = true;
	strcpy(r->from, "VMCOREINFO, swapper_pg_dir");
	return 0;
}

static int read_roots(const struct options *o, const struct pw_source *s,
		      const struct pw_registers *file, struct roots *r)
{
	uint64_t v;
	bool satp = arch_given(o, &arch_riscv, SATP, &v);
	int status = file ? read_registers(o, file, r) : satp ? 0 : read_notes(o, s, r);
	unsigned int i;

	for (i = 0; i < NR_REGS && !status; i++) {
		if (arch_given(o, &arch_riscv, i, &r->v[i]))
			r->known[i] = true;
	}
	if (satp)
		strcpy(r->from, "--satp");
	return status;
}

static int fill_half(const struct options *o, struct half *h, const struct roots *r, bool upper)
{
	const struct pw_riscv_regs v = { .satp = r->v[SATP], .sstatus = r->v[SSTATUS] };
	int err;

	h->cfg.caps.flags = PW_CAP_SVNAPOT | PW_CAP_SVRSW60T59B;
	if (!r->known[MENVCFG] || (r->v[MENVCFG] & MENVCFG_PBMTE))
		h->cfg.caps.flags |= PW_CAP_SVPBMT;
	err = pw_riscv_decode_regs(&v, upper, &h->cfg);
	if (err) {
		complain("%s: %s is 0x%llx: %s", o->source, r->from, (unsigned long long)v.satp,
			 err == PW_ENOENT ? "that CPU runs without paging (Bare)" :
					    "a reserved mode");
		return EXIT_SOURCE;
	}
	h->cfg.instance = &pw_riscv64_hooked;
	h->lookup = pw_riscv64_hooked_lookup;
	h->types_known = true;
	h->fields = &pw_riscv64_fields;
	snprintf(h->shape, sizeof(h->shape), "Sv%u", h->cfg.va_bits);
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

/* --- words --------------------------------------------------------------------------------- */

/* By PBMT: what the platform says of this memory, non-cacheable, I/O. */
static const char *memtype(const struct half *h, const struct pw_attr *attr)
{
	static const char *const names[] = { "PMA", "NC", "IO", "pbmt3" };

	(void)h;
	return names[attr->mem_index & 3u];
}

static const struct arch_word words[] = {
	{ PW_ATTR_VALID, "", " invalid" },    { PW_ATTR_GLOBAL, " global", "" },
	{ PW_ATTR_ACCESSED, " A", "" },	      { PW_ATTR_DIRTY, " D", "" },
	{ PW_ATTR_CONTIGUOUS, " NAPOT", "" },
};

/* --- the kernel's own dump ----------------------------------------------------------------- */

#define N    BIT(63)
#define PBMT (3ull << 61)
#define RSW  (3ull << 8)

/* As Linux 6.12 prints it: these bits end a row, and physical addresses do not. */
static uint64_t ptdump_bits(uint64_t e, unsigned int level)
{
	(void)level;
	return e & (N | PBMT | 0x3ff);
}

static bool ptdump_noted(uint64_t e)
{
	(void)e;
	return false;
}

static void print_bits(uint64_t e)
{
	static const char letters[] = "DAGUXWRV";
	static const char *const types[] = { "  ..  ", "MT(NC)", "MT(IO)", "MT(?\?)" };
	static const char *const soft[] = { "  ..  ", "RSW(1)", "RSW(2)", "RSW(3)" };
	unsigned int i;

	out_text(e & N ? " N " : " . ");
	out_text(types[e >> 61 & 3]);
	out_char(' ');
	out_text(soft[e >> 8 & 3]);
	for (i = 0; i < 8; i++) {
		out_char(' ');
		out_char(e & BIT(7 - i) ? letters[i] : '.');
	}
}

/* What has none of the bits is not printed. */
static void ptdump_print(const struct half *h, const struct ptdump_row *row)
{
	static const char *const names[] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

	(void)h;
	if (!row->bits)
		return;
	out_text("0x");
	out_hex(row->start, 16);
	out_text("-0x");
	out_hex(row->end, 16);
	out_text("    0x");
	out_hex(row->pa, 16);
	out_char(' ');
	out_size(row->start, row->end - 1, 10);
	out_char(' ');
	/* by size: a kernel that knows five levels calls 1 GiB a PUD, however many are in use */
	out_text(names[row->level]);
	print_bits(row->bits);
	out_char('\n');
}

static const struct arch_ptdump ptdump = {
	.kernel = "Linux 6.12",
	.bits = ptdump_bits,
	.noted = ptdump_noted,
	.print = ptdump_print,
};

static const struct pw_executor *ledger_start(union counter *c)
{
	pw_riscv_counter_init(&c->riscv);
	return &c->riscv.e.x;
}

static void ledger_row(const union counter *c)
{
	const struct pw_riscv_counts *n = &c->riscv.n;

	out_dec(n->sfence, 12);
	out_dec(n->full, 20);
	out_dec(n->remote, 15);
}

static const struct arch_ledger ledger_counts = {
	.columns = "  sfence.vma  of them without VA  remote fences",
	.note = "  counted on the hart that changes the tables; at a remote fence every other\n"
		"  one does the same; more than 64 pages are fenced at once, without an address;\n"
		"  NAPOT groups are broken, fenced and made again\n",
	.reshaper = &pw_riscv64_hooked_reshaper,
	.start = ledger_start,
	.row = ledger_row,
};

const struct arch arch_riscv = {
	.name = "riscv64",
	.option = "riscv",
	.machine = EM_RISCV,
	.regs = regs,
	.nr_regs = NR_REGS,
	.telltale = "satp",
	.root_option = { "--satp", "--satp" },
	.roots = find_roots,
	.memtype = memtype,
	.words = words,
	.nr_words = sizeof(words) / sizeof(words[0]),
	.one_exec = true,
	.ptdump = &ptdump,
	.ledger = &ledger_counts,
};
