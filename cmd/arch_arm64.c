/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64: TTBRn and TCR decide when there are any. The notes of a Linux dump say less: where the
 * kernel's root is (swapper_pg_dir - kimage_voffset), the page size, and how large the kernel's
 * half is (TCR_EL1.T1SZ; not VA_BITS, which says 52 on a machine that runs with 48). LPA2 is not in
 * the notes: with 4K and 16K pages it is what a half of more than 48 bits needs, and Linux uses it
 * for nothing else.
 */
#include <elf.h>
#include <string.h>

#include <pagewalk/arm64.h>

#include "arch.h"

#define BIT(n) (1ull << (n))

/* --- roots --------------------------------------------------------------------------------- */

enum { TTBR0, TTBR1, TCR, MAIR, SCTLR, TCR2, PIR, PIRE0, NR_REGS };

static const struct arch_reg regs[NR_REGS] = {
	[TTBR0] = { "ttbr0", "root of the user half" },
	[TTBR1] = { "ttbr1", "root of the kernel half" },
	[TCR] = { "tcr", "granule and size of both halves" },
	[MAIR] = { "mair", "memory types" },
	[SCTLR] = { "sctlr", "whether what is writable is never executable (WXN)" },
	[TCR2] = { "tcr2", "whether permissions are indirect (PIE)" },
	[PIR] = { "pir", "then what each index permits the kernel" },
	[PIRE0] = { "pire0", "and the user" },
};

/* What was learnt, and from where. */
struct roots {
	struct pw_arm64_regs regs;
	bool known[NR_REGS];
	bool has_swapper; /* from the notes: as it is, not as TTBR1 would hold it */
	uint64_t swapper;
	char from[2][96]; /* by TTBR0, TTBR1 */
};

static void learn(struct roots *roots, unsigned int reg, uint64_t v)
{
	uint64_t *const place[NR_REGS] = {
		[TTBR0] = &roots->regs.ttbr0, [TTBR1] = &roots->regs.ttbr1,
		[TCR] = &roots->regs.tcr,     [MAIR] = &roots->regs.mair,
		[SCTLR] = &roots->regs.sctlr, [TCR2] = &roots->regs.tcr2,
		[PIR] = &roots->regs.pir,     [PIRE0] = &roots->regs.pire0,
	};

	*place[reg] = v;
	roots->known[reg] = true;
}

#define HCR_TGE	 BIT(27)
#define HCR_E2H	 BIT(34)
#define CPSR_EL	 (3u << 2)
#define CPSR_EL2 (2u << 2)
#define TCR_SH0	 12
#define TCR_T1SZ 16
#define TCR_SH1	 28
#define TCR_TG1	 30
#define TCR_IPS	 32
#define TCR_DS	 BIT(59)
#define IPS_52	 6u

/*
 * Which regime? A kernel that runs at EL2 with HCR_EL2.{E2H,TGE} set lives in TTBRn_EL2, and so
 * does its hypervisor code at EL2 while TGE is clear for a guest. The EL1 registers are then the
 * guest's, or stale.
 */
static bool is_vhe(const struct pw_registers *r)
{
	uint64_t hcr, cpsr = 0;

	if (!pw_registers_get(r, "HCR_EL2", &hcr) || !(hcr & HCR_E2H))
		return false;
	(void)pw_registers_get(r, "cpsr", &cpsr);
	return (hcr & HCR_TGE) || (cpsr & CPSR_EL) == CPSR_EL2;
}

/* Some gdb stubs have a short name for what belongs to EL1. */
static void read_registers(const struct options *o, const struct pw_registers *file,
			   struct roots *roots)
{
	static const struct {
		const char *el1, *el2, *also;
	} names[NR_REGS] = {
		[TTBR0] = { "TTBR0_EL1", "TTBR0_EL2", NULL },
		[TTBR1] = { "TTBR1_EL1", "TTBR1_EL2", NULL },
		[TCR] = { "TCR_EL1", "TCR_EL2", NULL },
		[MAIR] = { "MAIR_EL1", "MAIR_EL2", NULL },
		[SCTLR] = { "SCTLR_EL1", "SCTLR_EL2", "SCTLR" },
		[TCR2] = { "TCR2_EL1", "TCR2_EL2", NULL },
		[PIR] = { "PIR_EL1", "PIR_EL2", NULL },
		[PIRE0] = { "PIRE0_EL1", "PIRE0_EL2", NULL },
	};
	bool vhe = is_vhe(file);
	unsigned int i;
	uint64_t v;

	roots->regs.regime = vhe ? PW_REGIME_EL20 : PW_REGIME_EL10;
	for (i = 0; i < NR_REGS; i++) {
		if (pw_registers_get(file, vhe ? names[i].el2 : names[i].el1, &v) ||
		    (!vhe && names[i].also && pw_registers_get(file, names[i].also, &v)))
			learn(roots, i, v);
	}
	for (i = 0; i < 2; i++)
		snprintf(roots->from[i], sizeof(roots->from[i]), "TTBR%u_EL%d of cpu %u", i,
			 vhe ? 2 : 1, o->cpu);
}

static void read_options(const struct options *o, struct roots *roots)
{
	unsigned int i;
	uint64_t v;

	for (i = 0; i < NR_REGS; i++) {
		if (!arch_given(o, &arch_arm64, i, &v))
			continue;
		learn(roots, i, v);
		if (i == TTBR0 || i == TTBR1)
			snprintf(roots->from[i], sizeof(roots->from[i]), "--%s", regs[i].name);
	}
}

/* The kernel's own root as the notes tell it; false when they do not. */
static bool notes_root(const struct pw_source *s, uint64_t *root)
{
	uint64_t swapper, voffset;

	if (!note_number(s, "SYMBOL(swapper_pg_dir)", &swapper) ||
	    !note_number(s, "NUMBER(kimage_voffset)", &voffset))
		return false;
	*root = swapper - voffset;
	return true;
}

/*
 * As TCR would say it. The notes do not say IPS: where a machine has 48 bits only, the others are
 * zero. Linux has all of its memory inner shareable.
 */
static int notes_tcr(const struct options *o, const struct pw_source *s, uint64_t t1sz,
		     struct roots *roots)
{
	uint64_t page_size = 4096, tg1;

	(void)note_number(s, "PAGESIZE", &page_size);
	tg1 = page_size == 65536 ? 3 : page_size == 16384 ? 1 : 2;
	if (tg1 == 2 && page_size != 4096) {
		complain("%s: VMCOREINFO: expected PAGESIZE 4096, 16384 or 65536, found %llu",
			 o->source, (unsigned long long)page_size);
		return EXIT_SOURCE;
	}
	if (t1sz > 63) {
		complain("%s: VMCOREINFO: expected TCR_EL1_T1SZ below 64, found %llu", o->source,
			 (unsigned long long)t1sz);
		return EXIT_SOURCE;
	}
	roots->regs.tcr = t1sz << TCR_T1SZ | (uint64_t)PW_SHARE_INNER << TCR_SH1 | tg1 << TCR_TG1 |
			  (uint64_t)IPS_52 << TCR_IPS;
	if (page_size != 65536 && t1sz < 16)
		roots->regs.tcr |= TCR_DS;
	roots->known[TCR] = true;
	return 0;
}

static int read_notes(const struct options *o, const struct pw_source *s, struct roots *roots)
{
	uint64_t t1sz;
	size_t len;

	if (roots->known[TTBR0] || roots->known[TTBR1])
		return 0;
	if (!pw_source_vmcoreinfo(s, &len)) {
		complain("%s: no VMCOREINFO note, so the root is not known: give --registers, or "
			 "--ttbr1 and --tcr",
			 o->source);
		return EXIT_SOURCE;
	}
	if (!notes_root(s, &roots->swapper) || !note_number(s, "NUMBER(TCR_EL1_T1SZ)", &t1sz)) {
		complain(
			"%s: VMCOREINFO: expected swapper_pg_dir, kimage_voffset and TCR_EL1_T1SZ; "
			"give --registers, or --ttbr1 and --tcr",
			o->source);
		return EXIT_SOURCE;
	}
	roots->has_swapper = true;
	roots->known[TTBR1] = true;
	strcpy(roots->from[1], "VMCOREINFO, swapper_pg_dir");
	return roots->known[TCR] ? 0 : notes_tcr(o, s, t1sz, roots);
}

/* By granule, and whether descriptors hold 52-bit addresses. */
static const struct {
	const char *granule;
	const struct pw_instance *instance[2];
	pw_lookup_fn *lookup[2];
	const struct pw_fields *fields[2];
} formats[] = {
	[PW_ARM64_4K] = { "4K",
			  { &pw_arm64_4k_hooked, &pw_arm64_4k_lpa2_hooked },
			  { pw_arm64_4k_hooked_lookup, pw_arm64_4k_lpa2_hooked_lookup },
			  { &pw_arm64_4k_fields, &pw_arm64_4k_lpa2_fields } },
	[PW_ARM64_16K] = { "16K",
			   { &pw_arm64_16k_hooked, &pw_arm64_16k_lpa2_hooked },
			   { pw_arm64_16k_hooked_lookup, pw_arm64_16k_lpa2_hooked_lookup },
			   { &pw_arm64_16k_fields, &pw_arm64_16k_lpa2_fields } },
	[PW_ARM64_64K] = { "64K",
			   { &pw_arm64_64k_hooked, &pw_arm64_64k_lpa_hooked },
			   { pw_arm64_64k_hooked_lookup, pw_arm64_64k_lpa_hooked_lookup },
			   { &pw_arm64_64k_fields, &pw_arm64_64k_lpa_fields } },
};

/* A half that makes no sense is said, and is no reason not to show the other. */
static void fill_half(const struct options *o, struct half *h, const struct roots *roots,
		      bool upper)
{
	struct pw_arm64_half shape;
	bool wide;
	int err = pw_arm64_decode_regs(&roots->regs, upper, &shape, &h->cfg);

	/* firmware leaves anything in the fields of a half that is off */
	if (shape.off) {
		h->off = upper ? "TCR.EPD1" : "TCR.EPD0";
		return;
	}
	if (err) {
		complain("%s: TCR 0x%llx: %s half: %s", o->source,
			 (unsigned long long)roots->regs.tcr, h->name,
			 err == PW_EDOM	      ? "a reserved granule" :
			 err == PW_EOPNOTSUPP ? "128-bit descriptors, which cannot be read" :
						"a TxSZ that the granule does not allow");
		h->lost = true;
		return;
	}
	wide = shape.lpa2 || shape.lpa;
	h->cfg.instance = formats[shape.granule].instance[wide];
	h->lookup = formats[shape.granule].lookup[wide];
	h->fields = formats[shape.granule].fields[wide];
	if (upper && roots->has_swapper)
		h->cfg.root = pw_pa_of(roots->swapper);
	h->cfg.any_asid = upper; /* the kernel half is the same in every address space */
	memcpy(h->from, roots->from[upper], sizeof(h->from));
	snprintf(h->shape, sizeof(h->shape), "%s granule%s", formats[shape.granule].granule,
		 shape.lpa2 ? " (LPA2)" : "");
	h->types_known = roots->known[MAIR];
	h->has_share = shape.lpa2; /* the place is the address's */
	h->share = roots->regs.tcr >> (upper ? TCR_SH1 : TCR_SH0) & 3u;
	h->state = HALF_KNOWN;
}

static int find_roots(const struct options *o, struct space *sp, const struct pw_registers *file)
{
	struct roots roots = { .regs.regime = PW_REGIME_EL10 };
	unsigned int i;
	int status;

	if (file)
		read_registers(o, file, &roots);
	if (file && !roots.known[TCR]) {
		complain("%s: cpu %u: expected TCR_EL%d among the registers", o->registers, o->cpu,
			 roots.regs.regime == PW_REGIME_EL20 ? 2 : 1);
		return EXIT_SOURCE;
	}
	read_options(o, &roots);
	status = read_notes(o, sp->source, &roots);
	if (status)
		return status;
	if (!roots.known[TCR]) {
		complain("%s: a root without --tcr: granule and size are not known", o->source);
		return EXIT_USAGE;
	}
	for (i = 0; i < 2; i++) {
		if (roots.known[i ? TTBR1 : TTBR0])
			fill_half(o, &sp->half[i], &roots, i);
	}
	return 0;
}

/*
 * With KPTI a CPU at EL0 has the trampoline's little table in TTBR1. That is what the CPU sees, so
 * it is what we show; but whoever looks for the kernel should know.
 */
static void mention(const struct options *o, const struct space *sp)
{
	const struct half *h = &sp->half[1];
	uint64_t root;

	if (!o->registers || h->state != HALF_KNOWN || arch_given(o, &arch_arm64, TTBR1, &root))
		return;
	if (notes_root(sp->source, &root) && root != h->cfg.root.v)
		complain("note: TTBR1 of cpu %u is 0x%llx, not the kernel's swapper_pg_dir "
			 "0x%llx: a trampoline (KPTI) while the CPU runs user code; leave out "
			 "--registers for the kernel's own view",
			 o->cpu, (unsigned long long)h->cfg.root.v, (unsigned long long)root);
}

/* --- words --------------------------------------------------------------------------------- */

static const char *memtype(const struct half *h, const struct pw_attr *attr)
{
	static const char *const names[PW_NR_MEMTYPES] = {
		[PW_MEM_NORMAL] = "normal",
		[PW_MEM_NORMAL_TAGGED] = "normal-tagged",
		[PW_MEM_NORMAL_NC] = "normal-nc",
		[PW_MEM_NORMAL_WT] = "normal-wt",
		[PW_MEM_DEVICE_nGnRnE] = "device-nGnRnE",
		[PW_MEM_DEVICE_nGnRE] = "device-nGnRE",
		[PW_MEM_DEVICE_nGRE] = "device-nGRE",
		[PW_MEM_DEVICE_GRE] = "device-GRE",
	};
	static const char *const indexes[] = { "attr0", "attr1", "attr2", "attr3",
					       "attr4", "attr5", "attr6", "attr7" };

	if (h->types_known && names[attr->memtype])
		return names[attr->memtype];
	return indexes[attr->mem_index & 7u];
}

static const struct arch_word words[] = {
	{ PW_ATTR_VALID, "", " invalid" },   { PW_ATTR_GLOBAL, " global", "" },
	{ PW_ATTR_ACCESSED, " AF", "" },     { PW_ATTR_DBM, " DBM", "" },
	{ PW_ATTR_CONTIGUOUS, " cont", "" }, { PW_ATTR_GUARDED, " GP", "" },
	{ PW_ATTR_NS, " NS", "" },
};

/* --- the kernel's own dump ----------------------------------------------------------------- */

/*
 * As Linux 6.12 prints it. Nothing but these bits ends a row. Table permissions are not looked at,
 * and the names of memory types follow Linux's numbering of AttrIndx, not MAIR.
 */
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

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static uint64_t ptdump_bits(uint64_t e, unsigned int level)
{
	uint64_t mask = 0;
	unsigned int i;

	(void)level;
	for (i = 0; i < NR_COLUMNS; i++)
		mask |= columns[i].mask;
	return e & mask;
}

static bool ptdump_noted(uint64_t e)
{
	(void)e;
	return false;
}

static void ptdump_print(const struct half *h, const struct ptdump_row *row)
{
	unsigned int i;

	out_text("0x");
	out_hex(row->start, 16);
	out_text("-0x");
	out_hex(row->end, 16);
	out_text("   ");
	out_size(row->start, row->end - 1, 10);
	out_char(' ');
	/*
	 * The kernel folds levels that a CPU does not have into the top one, so these fit; but for
	 * blocks of a kernel with two levels. There it notes a hole by the depth it is at, which is
	 * the top one's, and a block as what reads it: the PMD.
	 */
	out_text(row->bits && row->level == 1 ? "PMD" : level_name(h, row->level));
	for (i = 0; i < NR_COLUMNS && row->bits; i++) {
		bool set = (row->bits & columns[i].mask) == columns[i].value;
		const char *text = set ? columns[i].set : columns[i].clear;

		if (text) {
			out_char(' ');
			out_text(text);
		}
	}
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
	pw_arm64_counter_init(&c->arm64);
	return &c->arm64.e.x;
}

static void ledger_row(const union counter *c)
{
	const struct pw_arm64_counts *n = &c->arm64.n;

	out_dec(n->publish, 18);
	out_dec(n->tlbi, 8);
	out_dec(n->dsb_ishst + n->dsb_ish, 8);
	out_dec(n->isb, 8);
	if (n->tlbi_full)
		out_text("  (full flush)");
}

static const struct arch_ledger ledger_counts = {
	.columns = "  publish barriers    tlbi     dsb     isb",
	.note = "  a publish barrier is dsb ishst; isb, counted under dsb and isb as well; in the\n"
		"  last row the invalidation's own serve for it; more than 512 pages are\n"
		"  invalidated by one full flush\n",
	.hint = 1ull << 52,
	.start = ledger_start,
	.row = ledger_row,
};

const struct arch arch_arm64 = {
	.name = "arm64",
	.option = "arm64",
	.machine = EM_AARCH64,
	.regs = regs,
	.nr_regs = NR_REGS,
	.telltale = "TCR_EL1",
	.root_option = { "--ttbr0", "--ttbr1" },
	.roots = find_roots,
	.mention = mention,
	.memtype = memtype,
	.words = words,
	.nr_words = sizeof(words) / sizeof(words[0]),
	.share = { " non-shareable", "", " outer", "" },
	.ptdump = &ptdump,
	.ledger = &ledger_counts,
};
