/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Plans as arm64 instructions, instruction by instruction; operands bit by bit; the counter, the
 * printer, and system registers.
 */
#include <pagewalk/arm64.h>
#include <pagewalk/pagewalk.h>

#include "../harness/harness.h"

#define TOP   0xffffffffffffffffull
#define UPPER 0xffff800000000000ull

enum kind { ISHST = 1, ISH, ISB, TLBI, COMPLETE };

struct step {
	enum kind kind;
	enum pw_arm64_tlbi op;
	uint64_t operand;
};

static struct {
	struct step step[64];
	unsigned int nr;
} trace;

static void add(enum kind kind, enum pw_arm64_tlbi op, uint64_t operand)
{
	if (trace.nr < 64)
		trace.step[trace.nr] = (struct step){ kind, op, operand };
	trace.nr++;
}

static void log_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	EXPECT(ctx == &trace);
	add(kind == PW_ARM64_DSB_ISHST ? ISHST : ISH, 0, 0);
}

static void log_isb(void *ctx)
{
	EXPECT(ctx == &trace);
	add(ISB, 0, 0);
}

static void log_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	EXPECT(ctx == &trace);
	add(TLBI, op, operand);
}

static const struct pw_arm64_ops log_ops = {
	.dsb = log_dsb,
	.isb = log_isb,
	.tlbi = log_tlbi,
};

static struct pw_arm64_executor x;

static void run(const struct pw_plan *plan)
{
	void (*complete)(void *, const struct pw_plan *) = x.x.complete;

	trace.nr = 0;
	pw_arm64_executor_init(&x, &log_ops, &trace);
	EXPECT_EQ(x.x.size, sizeof(struct pw_executor));
	x.x.complete = complete;
	x.x.run(x.x.ctx, plan);
}

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static void expect_steps(const struct step *want, unsigned int nr)
{
	EXPECT_EQ(trace.nr, nr);
	for (unsigned int i = 0; i < nr && i < trace.nr; i++) {
		EXPECT_EQ(trace.step[i].kind, want[i].kind);
		EXPECT_EQ(trace.step[i].op, want[i].op);
		EXPECT_EQ(trace.step[i].operand, want[i].operand);
	}
}

static struct pw_flush range(uint64_t first, uint64_t last)
{
	return (struct pw_flush){
		.first = pw_va_of(first), .last = pw_va_of(last), .asid = 0x12, .page_lg2 = 12
	};
}

static struct pw_plan plan_of(const struct pw_flush *ranges, uint32_t nr, uint32_t before)
{
	return (struct pw_plan){
		.size = sizeof(struct pw_plan), .before = before, .nr_ranges = nr, .ranges = ranges
	};
}

/* Plans */

TEST(plan_publish)
{
	static const struct step want[] = { { ISHST, 0, 0 }, { ISB, 0, 0 } };
	struct pw_plan p = plan_of(NULL, 0, PW_BEFORE_NOTHING);

	p.publish = 1;
	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_permission_change)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000001ull },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000002ull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(0x1000, 0x2fff);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);

	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_unmap_waits_for_loads)
{
	static const struct step want[] = {
		{ ISH, 0, 0 },
		{ TLBI, PW_ARM64_VAE1IS, 0x0012000000000001ull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(0x1000, 0x1fff);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_ALL);

	f.flags = PW_FLUSH_TABLES;
	run(&p);
	expect_steps(want, NR(want));
}

/* The invalidation publishes, too: one barrier in front, one isb behind. */
TEST(plan_publish_and_ranges)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VAALE1IS, 0x00000ff800000000ull },
		{ TLBI, PW_ARM64_VAAE1IS, 0x00000ff800000200ull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f[2] = { range(UPPER, UPPER + 0xfff),
				 range(UPPER + 0x200000, UPPER + 0x200fff) };
	struct pw_plan p = plan_of(f, 2, PW_BEFORE_STORES);

	f[0].flags = PW_FLUSH_ANY_ASID;
	f[1].flags = PW_FLUSH_ANY_ASID | PW_FLUSH_TABLES;
	p.publish = 1;
	run(&p);
	expect_steps(want, NR(want));
}

/* Even where the invalidation itself has nothing to wait for. */
TEST(plan_publish_and_ranges_without_wait)
{
	static const struct step want[] = { { ISHST, 0, 0 },
					    { TLBI, PW_ARM64_VALE1IS, 0x0012000000000000ull },
					    { ISH, 0, 0 },
					    { ISB, 0, 0 } };
	struct pw_flush f = range(0, 0);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_NOTHING);

	p.publish = 1;
	run(&p);
	expect_steps(want, NR(want));
	p.before = PW_BEFORE_ALL; /* which is more than publishing asks for */
	run(&p);
	EXPECT_EQ(trace.step[0].kind, ISH);
	EXPECT_EQ(trace.nr, NR(want));
}

TEST(plan_without_wait)
{
	static const struct step want[] = { { TLBI, PW_ARM64_VALE1IS, 0x0012000000000000ull },
					    { ISH, 0, 0 },
					    { ISB, 0, 0 } };
	struct pw_flush f = range(0, 0);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_NOTHING);

	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_empty_is_no_instruction)
{
	struct pw_plan p = plan_of(NULL, 0, PW_BEFORE_ALL);

	run(&p);
	EXPECT_EQ(trace.nr, 0);
}

/* For each regime: everything; one page, by each combination of flags. */
static const struct {
	enum pw_arm64_tlbi all;
	enum pw_arm64_tlbi va[4]; /* index: PW_FLUSH_TABLES, PW_FLUSH_ANY_ASID */
	uint64_t asid[4];
} regime_ops[PW_ARM64_NR_REGIMES] = {
	[PW_REGIME_EL10] = { PW_ARM64_VMALLE1IS,
			     { PW_ARM64_VALE1IS, PW_ARM64_VAE1IS, PW_ARM64_VAALE1IS,
			       PW_ARM64_VAAE1IS },
			     { 0x12, 0x12, 0, 0 } },
	[PW_REGIME_EL20] = { PW_ARM64_VMALLE1IS,
			     { PW_ARM64_VALE1IS, PW_ARM64_VAE1IS, PW_ARM64_VAALE1IS,
			       PW_ARM64_VAAE1IS },
			     { 0x12, 0x12, 0, 0 } },
	[PW_REGIME_EL2] = { PW_ARM64_ALLE2IS,
			    { PW_ARM64_VALE2IS, PW_ARM64_VAE2IS, PW_ARM64_VALE2IS,
			      PW_ARM64_VAE2IS },
			    { 0, 0, 0, 0 } },
	[PW_REGIME_EL3] = { PW_ARM64_ALLE3IS,
			    { PW_ARM64_VALE3IS, PW_ARM64_VAE3IS, PW_ARM64_VALE3IS,
			      PW_ARM64_VAE3IS },
			    { 0, 0, 0, 0 } },
};

TEST(plan_of_every_regime_and_flag)
{
	for (unsigned int r = 0; r < PW_ARM64_NR_REGIMES; r++) {
		for (unsigned int flags = 0; flags < 4; flags++) {
			struct pw_flush f = range(0x5000, 0x5fff);
			struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);
			struct step want[] = {
				{ ISHST, 0, 0 },
				{ TLBI, regime_ops[r].va[flags],
				  regime_ops[r].asid[flags] << 48 | 0x5 },
				{ ISH, 0, 0 },
				{ ISB, 0, 0 },
			};

			f.regime = (uint8_t)r;
			f.flags = (uint8_t)flags;
			run(&p);
			expect_steps(want, NR(want));
		}
	}
}

TEST(plan_full_of_every_regime)
{
	struct pw_plan p = plan_of(NULL, 0, PW_BEFORE_ALL);
	struct step all[PW_ARM64_NR_REGIMES + 3] = { { ISH, 0, 0 } };

	for (unsigned int r = 0; r < PW_ARM64_NR_REGIMES; r++) {
		struct step want[] = {
			{ ISH, 0, 0 },
			{ TLBI, regime_ops[r].all, 0 },
			{ ISH, 0, 0 },
			{ ISB, 0, 0 },
		};

		all[r + 1] = want[1];
		p.full = 1u << r;
		run(&p);
		expect_steps(want, NR(want));
	}
	all[PW_ARM64_NR_REGIMES + 1].kind = ISH;
	all[PW_ARM64_NR_REGIMES + 2].kind = ISB;
	p.full = (1u << PW_ARM64_NR_REGIMES) - 1;
	run(&p);
	expect_steps(all, NR(all));
}

TEST(plan_full_covers_ranges_of_its_regime_only)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VMALLE1IS, 0 },
		{ TLBI, PW_ARM64_VALE2IS, 0x2 },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f[2] = { range(0x1000, 0x1fff), range(0x2000, 0x2fff) };
	struct pw_plan p = plan_of(f, 2, PW_BEFORE_STORES);

	f[1].regime = PW_REGIME_EL2;
	p.full = 1u << PW_REGIME_EL10;
	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_stride_is_the_page_size)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000200ull },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000400ull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(0x200000, 0x5fffff);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);

	f.page_lg2 = 21;
	f.level = 1;
	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_unaligned_ends_cover_their_pages)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000001ull },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000002ull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(0x1fff, 0x2000);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);

	run(&p);
	expect_steps(want, NR(want));
}

TEST(plan_range_at_the_top_does_not_wrap)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0x00120ffffffffffeull },
		{ TLBI, PW_ARM64_VALE1IS, 0x00120fffffffffffull },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(TOP - 0x1fff, TOP);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);

	run(&p);
	expect_steps(want, NR(want));
}

static void log_complete(void *ctx, const struct pw_plan *plan)
{
	const struct pw_arm64_executor *e = ctx;

	EXPECT(e == &x);
	EXPECT_EQ(plan->before, PW_BEFORE_STORES);
	add(COMPLETE, 0, 0);
	/* An erratum that wants everything twice. */
	e->ops->tlbi(e->ops_ctx, PW_ARM64_VALE1IS, 0);
	e->ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
}

TEST(plan_erratum_hook_runs_after_completion)
{
	static const struct step want[] = {
		{ ISHST, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0x0012000000000001ull },
		{ ISH, 0, 0 },
		{ COMPLETE, 0, 0 },
		{ TLBI, PW_ARM64_VALE1IS, 0 },
		{ ISH, 0, 0 },
		{ ISB, 0, 0 },
	};
	struct pw_flush f = range(0x1000, 0x1fff);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);
	struct pw_plan publish = plan_of(NULL, 0, PW_BEFORE_STORES);

	x.x.complete = log_complete;
	run(&p);
	expect_steps(want, NR(want));
	publish.publish = 1; /* invalidates nothing: the hook has nothing to repeat */
	run(&publish);
	EXPECT_EQ(trace.nr, 2);
	x.x.complete = NULL;
}

/* Operands */

/* Where each bit of the address goes: [55:12] to [43:0], all others nowhere. */
static uint64_t va_field(unsigned int bit)
{
	return bit >= 12 && bit <= 55 ? 1ull << (bit - 12) : 0;
}

TEST(operand_address_bit_by_bit)
{
	uint64_t all = (1ull << 44) - 1;

	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t one = 1ull << bit;

		EXPECT_EQ(pw_arm64_tlbi_operand(pw_va_of(one), 0, 0), va_field(bit));
		EXPECT_EQ(pw_arm64_tlbi_operand(pw_va_of(~one), 0, 0), all & ~va_field(bit));
	}
}

/* The sign bits of an upper-half address must not reach TTL and ASID. */
TEST(operand_of_both_halves_bit_by_bit)
{
	static const uint64_t base[] = { 0, 0xfff0000000000000ull, 0xffff000000000000ull,
					 0xff00000000000000ull };

	for (unsigned int h = 0; h < NR(base); h++) {
		for (unsigned int bit = 0; bit < 56; bit++) {
			struct pw_va va = pw_va_of(base[h] ^ 1ull << bit);
			uint64_t want = ((base[h] >> 12) & ((1ull << 44) - 1)) ^ va_field(bit);

			EXPECT_EQ(pw_arm64_tlbi_operand(va, 0, 0), want);
			EXPECT_EQ(pw_arm64_tlbi_operand(va, 0x5a5a, 0), want | 0x5a5aull << 48);
			EXPECT_EQ(pw_arm64_tlbi_operand(va, 0, 0x9), want | 0x9ull << 44);
		}
	}
	EXPECT_EQ(pw_arm64_tlbi_operand(pw_va_of(0xffff800080000000ull), 0, 0),
		  0x00000ff800080000ull);
}

TEST(operand_asid_and_ttl_bit_by_bit)
{
	for (unsigned int bit = 0; bit < 16; bit++)
		EXPECT_EQ(pw_arm64_tlbi_operand(pw_va_of(0), (uint16_t)(1u << bit), 0),
			  1ull << (48 + bit));
	for (unsigned int bit = 0; bit < 32; bit++)
		EXPECT_EQ(pw_arm64_tlbi_operand(pw_va_of(0), 0, 1u << bit),
			  bit < 4 ? 1ull << (44 + bit) : 0);
}

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const char *const op_names[PW_ARM64_NR_TLBI] = {
	[PW_ARM64_VAE1IS] = "VAE1IS",
	[PW_ARM64_VALE1IS] = "VALE1IS",
	[PW_ARM64_VAAE1IS] = "VAAE1IS",
	[PW_ARM64_VAALE1IS] = "VAALE1IS",
	[PW_ARM64_ASIDE1IS] = "ASIDE1IS",
	[PW_ARM64_VMALLE1IS] = "VMALLE1IS",
	[PW_ARM64_VAE2IS] = "VAE2IS",
	[PW_ARM64_VALE2IS] = "VALE2IS",
	[PW_ARM64_ALLE2IS] = "ALLE2IS",
	[PW_ARM64_VAE3IS] = "VAE3IS",
	[PW_ARM64_VALE3IS] = "VALE3IS",
	[PW_ARM64_ALLE3IS] = "ALLE3IS",
	[PW_ARM64_RVAE1IS] = "RVAE1IS",
	[PW_ARM64_RVALE1IS] = "RVALE1IS",
	[PW_ARM64_RVAAE1IS] = "RVAAE1IS",
	[PW_ARM64_RVAALE1IS] = "RVAALE1IS",
	[PW_ARM64_RVAE2IS] = "RVAE2IS",
	[PW_ARM64_RVALE2IS] = "RVALE2IS",
	[PW_ARM64_RVAE3IS] = "RVAE3IS",
	[PW_ARM64_RVALE3IS] = "RVALE3IS",
	[PW_ARM64_IPAS2E1IS] = "IPAS2E1IS",
	[PW_ARM64_IPAS2LE1IS] = "IPAS2LE1IS",
	[PW_ARM64_RIPAS2E1IS] = "RIPAS2E1IS",
	[PW_ARM64_RIPAS2LE1IS] = "RIPAS2LE1IS",
	[PW_ARM64_VMALLS12E1IS] = "VMALLS12E1IS",
	[PW_ARM64_ALLE1IS] = "ALLE1IS",
};

TEST(operation_names)
{
	for (unsigned int op = 0; op < PW_ARM64_NR_TLBI; op++)
		EXPECT(same_text(pw_arm64_tlbi_name((enum pw_arm64_tlbi)op), op_names[op]));
	EXPECT(same_text(pw_arm64_tlbi_name(PW_ARM64_NR_TLBI), "?"));
}

/* Counter and printer */

TEST(counter_counts)
{
	struct pw_arm64_counter c;
	struct pw_flush f = range(0x1000, 0x3fff);
	struct pw_plan p = plan_of(&f, 1, PW_BEFORE_STORES);

	pw_arm64_counter_init(&c);
	EXPECT_EQ(c.n.plans, 0);
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.plans, 1);
	EXPECT_EQ(c.n.publish, 0);
	EXPECT_EQ(c.n.dsb_ishst, 1);
	EXPECT_EQ(c.n.dsb_ish, 1);
	EXPECT_EQ(c.n.isb, 1);
	EXPECT_EQ(c.n.tlbi, 3);
	EXPECT_EQ(c.n.tlbi_full, 0);
	p.publish = 1;
	p.before = PW_BEFORE_ALL;
	p.full = (1u << PW_ARM64_NR_REGIMES) - 1;
	c.e.x.run(c.e.x.ctx, &p);
	EXPECT_EQ(c.n.plans, 2);
	EXPECT_EQ(c.n.publish, 1);
	EXPECT_EQ(c.n.dsb_ishst, 1);
	EXPECT_EQ(c.n.dsb_ish, 3);
	EXPECT_EQ(c.n.isb, 2);
	EXPECT_EQ(c.n.tlbi, 3 + PW_ARM64_NR_REGIMES);
	EXPECT_EQ(c.n.tlbi_full, PW_ARM64_NR_REGIMES);
	c.e.ops->tlbi(c.e.ops_ctx, PW_ARM64_ASIDE1IS, 1ull << 48);
	EXPECT_EQ(c.n.tlbi_full, PW_ARM64_NR_REGIMES + 1);
	pw_arm64_counter_init(&c);
	EXPECT_EQ(c.n.tlbi, 0);
}

static struct {
	char text[512];
	unsigned int len;
	unsigned int lines;
} out;

static void put(void *ctx, const char *line)
{
	EXPECT(ctx == &out);
	out.lines++;
	while (*line && out.len < sizeof(out.text) - 1)
		out.text[out.len++] = *line++;
}

static void put_lower(const char *text)
{
	char line[2] = "";

	for (; *text; text++) {
		line[0] = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
		put(&out, line);
	}
}

TEST(printer_prints_a_plan)
{
	struct pw_arm64_printer p;
	struct pw_flush f = range(0xffff800080000000ull, 0xffff800080000fffull);
	struct pw_plan plan = plan_of(&f, 1, PW_BEFORE_ALL);

	out = (__typeof__(out)){ .len = 0 };
	f.asid = 0xabcd;
	plan.publish = 1;
	pw_arm64_printer_init(&p, put, &out);
	p.e.x.run(p.e.x.ctx, &plan);
	plan.nr_ranges = 0;
	p.e.x.run(p.e.x.ctx, &plan);
	plan.full = 1u << PW_REGIME_EL10;
	plan.publish = 0;
	plan.before = PW_BEFORE_STORES;
	p.e.x.run(p.e.x.ctx, &plan);
	EXPECT(same_text(out.text, "dsb ish\ntlbi vale1is, 0xabcd0ff800080000\ndsb ish\nisb\n"
				   "dsb ishst\nisb\n"
				   "dsb ishst\ntlbi vmalle1is\ndsb ish\nisb\n"));
	EXPECT_EQ(out.lines, 10);
}

TEST(printer_names_every_operation)
{
	struct pw_arm64_printer p;

	pw_arm64_printer_init(&p, put, &out);
	for (unsigned int op = 0; op < PW_ARM64_NR_TLBI; op++) {
		bool all = op == PW_ARM64_VMALLE1IS || op == PW_ARM64_ALLE2IS ||
			   op == PW_ARM64_ALLE3IS || op == PW_ARM64_VMALLS12E1IS ||
			   op == PW_ARM64_ALLE1IS;
		char got[512];

		out = (__typeof__(out)){ .len = 0 };
		p.e.ops->tlbi(p.e.ops_ctx, (enum pw_arm64_tlbi)op, 0x123456789abcdef0ull);
		for (unsigned int i = 0; i < sizeof(got); i++)
			got[i] = out.text[i];
		out = (__typeof__(out)){ .len = 0 };
		put_lower("tlbi ");
		put_lower(op_names[op]);
		put_lower(all ? "\n" : ", 0x123456789abcdef0\n");
		EXPECT(same_text(got, out.text));
	}
}

/* System registers */

/* 4K granules and 48 bits in both halves, 16-bit ASIDs, IPS of 48 bits. */
#define TCR_4K_48 (16ull | 16ull << 16 | 2ull << 30 | 5ull << 32 | 1ull << 36)
#define TCR_DS	  (1ull << 59)
#define TCR_IPS	  (7ull << 32)

static uint64_t with_ips(uint64_t tcr, uint64_t ips)
{
	return (tcr & ~TCR_IPS) | ips << 32;
}

static struct pw_arm64_half half;
static struct pw_table_config cfg;

static int decode(uint64_t tcr, uint64_t ttbr0, uint64_t ttbr1, bool upper)
{
	struct pw_arm64_regs r = { .ttbr0 = ttbr0, .ttbr1 = ttbr1, .tcr = tcr, .mair = 0x44ff };

	half = (struct pw_arm64_half){ .granule = 99 };
	cfg = (struct pw_table_config){ .root = { 1 } };
	return pw_arm64_decode_regs(&r, upper, &half, &cfg);
}

TEST(regs_of_a_kernel)
{
	EXPECT_EQ(decode(TCR_4K_48, 0x0001000041000001ull, 0x0042000042000001ull, true), 0);
	EXPECT_EQ(half.granule, PW_ARM64_4K);
	EXPECT_EQ(half.va_bits, 48);
	EXPECT_EQ(half.lpa2, 0);
	EXPECT_EQ(half.off, 0);
	EXPECT_EQ(cfg.root.v, 0x42000000); /* neither CnP nor ASID */
	EXPECT_EQ(cfg.va_bits, 48);
	EXPECT_EQ(cfg.mair, 0x44ff);
	EXPECT_EQ(cfg.asid, 1); /* A1 clear: of TTBR0, for both halves */
	EXPECT_EQ(cfg.flags, PW_TABLE_UPPER);
	EXPECT_EQ(cfg.caps.flags, 0);
	EXPECT_EQ(decode(TCR_4K_48, 0x0001000041000001ull, 0x0042000042000001ull, false), 0);
	EXPECT_EQ(cfg.root.v, 0x41000000);
	EXPECT_EQ(cfg.flags, 0);
}

TEST(regs_asid)
{
	uint64_t tcr = TCR_4K_48;

	EXPECT_EQ(decode(tcr, 0x1234ull << 48, 0x5678ull << 48, true), 0);
	EXPECT_EQ(cfg.asid, 0x1234);
	EXPECT_EQ(decode(tcr | 1ull << 22, 0x1234ull << 48, 0x5678ull << 48, false), 0);
	EXPECT_EQ(cfg.asid, 0x5678);
	tcr &= ~(1ull << 36); /* AS clear: 8 bits */
	EXPECT_EQ(decode(tcr, 0x1234ull << 48, 0x5678ull << 48, false), 0);
	EXPECT_EQ(cfg.asid, 0x34);
	EXPECT_EQ(decode(tcr | 1ull << 22, 0x1234ull << 48, 0x5678ull << 48, true), 0);
	EXPECT_EQ(cfg.asid, 0x78);
}

TEST(regs_granule_encodings_differ_between_halves)
{
	static const uint32_t tg0[] = { PW_ARM64_4K, PW_ARM64_64K, PW_ARM64_16K };
	static const uint32_t tg1[] = { 99, PW_ARM64_16K, PW_ARM64_4K, PW_ARM64_64K };
	uint64_t base = TCR_4K_48 & ~(3ull << 30);

	for (uint64_t tg = 0; tg < 3; tg++) {
		EXPECT_EQ(decode(base | tg << 14, 0, 0, false), 0);
		EXPECT_EQ(half.granule, tg0[tg]);
	}
	for (uint64_t tg = 1; tg < 4; tg++) {
		EXPECT_EQ(decode(base | tg << 30, 0, 0, true), 0);
		EXPECT_EQ(half.granule, tg1[tg]);
	}
	EXPECT_EQ(decode(base | 3ull << 14, 0, 0, false), PW_EDOM);
	EXPECT_EQ(cfg.root.v, 1);
	EXPECT_EQ(decode(base, 0, 0, true), PW_EDOM);
	EXPECT_EQ(cfg.root.v, 1);
	EXPECT_EQ(half.off, 0);
	EXPECT_EQ(decode(base | 1ull << 23, 0, 0, true), PW_EDOM); /* said even so */
	EXPECT_EQ(half.off, 1);
}

TEST(regs_off)
{
	EXPECT_EQ(decode(TCR_4K_48 | 1ull << 7, 0, 0, false), 0);
	EXPECT_EQ(half.off, 1);
	EXPECT_EQ(decode(TCR_4K_48 | 1ull << 7, 0, 0, true), 0);
	EXPECT_EQ(half.off, 0);
	EXPECT_EQ(decode(TCR_4K_48 | 1ull << 23, 0, 0, true), 0);
	EXPECT_EQ(half.off, 1);
	EXPECT_EQ(decode(TCR_4K_48 | 1ull << 23, 0, 0, false), 0);
	EXPECT_EQ(half.off, 0);
}

/* Every TxSZ of every granule, with and without DS: smallest and largest that are accepted. */
TEST(regs_sizes)
{
	static const struct {
		uint64_t tg0, tg1, ds;
		unsigned int min, max;
	} row[] = {
		{ 0, 2, 0, 16, 48 },	  { 0, 2, TCR_DS, 12, 48 }, { 2, 1, 0, 16, 48 },
		{ 2, 1, TCR_DS, 12, 48 }, { 1, 3, 0, 12, 47 },	    { 1, 3, TCR_DS, 12, 47 },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		for (unsigned int sz = 0; sz < 64; sz++) {
			int want = sz >= row[i].min && sz <= row[i].max ? 0 : PW_ERANGE;
			uint64_t tcr = 5ull << 32 | row[i].tg0 << 14 | row[i].tg1 << 30 | row[i].ds;

			EXPECT_EQ(decode(tcr | sz | 16ull << 16, 0, 0, false), want);
			EXPECT_EQ(half.va_bits, 64 - sz);
			EXPECT_EQ(decode(tcr | sz << 16 | 16ull, 0, 0, true), want);
			EXPECT_EQ(half.va_bits, 64 - sz);
			EXPECT_EQ(half.lpa2, row[i].ds && half.granule != PW_ARM64_64K);
			if (!want)
				EXPECT_EQ(cfg.va_bits, 64 - sz);
		}
	}
}

TEST(regs_52_bit_root)
{
	uint64_t ttbr = 0x000012345678afc0ull | 0xbull << 2 | 1;
	uint64_t in_place = 0x000012345678afc0ull | 0xbull << 2;
	uint64_t wide = 0x000b12345678afc0ull;
	uint64_t tcr64 = 12ull | 16ull << 16 | 1ull << 14 | 3ull << 30;

	EXPECT_EQ(decode(with_ips(TCR_4K_48 | TCR_DS, 6), ttbr, 0, false), 0);
	EXPECT_EQ(cfg.root.v, wide);
	EXPECT_EQ(decode(with_ips(tcr64, 6), ttbr, 0, false), 0);
	EXPECT_EQ(cfg.root.v, wide);
	EXPECT_EQ(decode(with_ips(tcr64, 6), 0, ttbr, true), 0);
	EXPECT_EQ(cfg.root.v, wide);
	EXPECT_EQ(decode(with_ips(TCR_4K_48, 6), ttbr, 0, false), 0); /* no LPA2 */
	EXPECT_EQ(cfg.root.v, in_place);
	EXPECT_EQ(decode(with_ips(TCR_4K_48 | TCR_DS, 5), ttbr, 0, false), 0); /* 48-bit IPS */
	EXPECT_EQ(cfg.root.v, in_place);
	EXPECT_EQ(decode(with_ips(tcr64, 5), ttbr, 0, false), 0);
	EXPECT_EQ(cfg.root.v, in_place);
}

static uint32_t caps(uint64_t tcr, uint64_t sctlr, bool upper)
{
	struct pw_arm64_regs r = { .tcr = TCR_4K_48 | tcr, .sctlr = sctlr };

	cfg = (struct pw_table_config){ .caps = { .flags = PW_CAP_TTL | PW_CAP_WXN | PW_CAP_HPD,
						  .bbm_level = 2 } };
	EXPECT_EQ(pw_arm64_decode_regs(&r, upper, &half, &cfg), 0);
	EXPECT_EQ(cfg.caps.bbm_level, 2);
	EXPECT_EQ(cfg.caps.flags & PW_CAP_TTL, PW_CAP_TTL); /* not in these registers: kept */
	return cfg.caps.flags & ~PW_CAP_TTL;
}

TEST(regs_capabilities)
{
	EXPECT_EQ(caps(0, 0, false), 0);
	EXPECT_EQ(caps(1ull << 39, 0, false), PW_CAP_HAF);
	EXPECT_EQ(caps(3ull << 39, 0, false), PW_CAP_HAF | PW_CAP_HD);
	EXPECT_EQ(caps(1ull << 40, 0, false), 0); /* HD needs HA */
	EXPECT_EQ(caps(1ull << 41, 0, false), PW_CAP_HPD);
	EXPECT_EQ(caps(1ull << 41, 0, true), 0);
	EXPECT_EQ(caps(1ull << 42, 0, true), PW_CAP_HPD);
	EXPECT_EQ(caps(1ull << 42, 0, false), 0);
	EXPECT_EQ(caps(0, 1ull << 19, false), PW_CAP_WXN);
	EXPECT_EQ(caps(0, ~(1ull << 19), false), 0);
}

TEST(regs_lower_half_clears_the_upper_flag)
{
	struct pw_arm64_regs r = { .tcr = TCR_4K_48 };

	cfg = (struct pw_table_config){ .flags = PW_TABLE_UPPER | PW_TABLE_LIVE };
	EXPECT_EQ(pw_arm64_decode_regs(&r, false, &half, &cfg), 0);
	EXPECT_EQ(cfg.flags, PW_TABLE_LIVE);
}
