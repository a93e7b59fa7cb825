/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Traces: both forms say the same, what is malformed is named, a report reads as it should; and
 * what a real operating system does, eight points of it, each by a generator.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;

/* Both forms ----------------------------------------------------------------------------------- */

static int parse(const char *line, struct pwm_step *s, const char **want)
{
	const char *site;
	size_t len;

	return pwm_parse_line(PWM_ARM64, line, strlen(line), s, &site, &len, want);
}

/* Steps with two operands that may be absent each. */
static bool is_fence(const struct pwm_step *s)
{
	return s->op == PWM_OP_SFENCE || s->op == PWM_OP_SINVAL ||
	       (s->op >= PWM_OP_HFENCE_GVMA && s->op <= PWM_OP_HINVAL_VVMA);
}

/* Invalidations of x86 and RISC-V that have a type. */
static bool typed(struct pwm_step *s)
{
	s->kind = (uint16_t)harness_below(4);
	if (is_fence(s)) {
		s->a = s->kind & PWM_RS1 ? s->a : 0;
		s->b = s->kind & PWM_RS2 ? s->b : 0;
		return true;
	}
	if (s->op == PWM_OP_INVPCID || s->op == PWM_OP_INVVPID)
		return true;
	if (s->op == PWM_OP_INVEPT) {
		s->kind = (uint16_t)(1 + harness_below(2));
		s->b = 0;
		return true;
	}
	s->kind = 0;
	return false;
}

/* A step whose fields are those that its operation has. */
static struct pwm_step random_step(void)
{
	struct pwm_step s = { .op = (uint8_t)(PWM_OP_STORE +
					      harness_below(PWM_NR_OPS - PWM_OP_STORE)),
			      .cpu = (uint8_t)harness_below(64),
			      .a = harness_random(),
			      .b = harness_random() };

	if (typed(&s))
		return s;
	switch (s.op) {
	case PWM_OP_STORE:
		s.kind = (uint16_t)(harness_below(64) & 0x3f);
		s.c = s.kind & PWM_OLD ? harness_random() : 0;
		break;
	case PWM_OP_BARRIER:
		s.kind = (uint16_t)harness_below(PWM_NR_BARRIERS);
		s.a = s.b = 0;
		break;
	case PWM_OP_TLBI:
		s.kind = (uint16_t)(harness_below(PWM_NR_TLBI) | (harness_below(2) ? PWM_IS : 0) |
				    (harness_below(2) ? PWM_NXS : 0));
		if ((s.kind & 0xff) < PWM_ASIDE1 && harness_below(2))
			s.kind |= PWM_RANGED;
		s.b = 0;
		break;
	case PWM_OP_INVLPGB:
		s.kind = (uint16_t)harness_below(3);
		s.c = s.kind & PWM_RAW ? harness_random() : 0;
		break;
	case PWM_OP_ROOT:
		s.kind = (uint16_t)(harness_below(2) | (harness_below(2) ? PWM_NOFLUSH : 0));
		s.b &= 0xffff;
		s.c = harness_below(4) | harness_below(65536) << 16 | harness_below(64) << 32;
		if (!harness_below(8)) {
			s.kind = (uint16_t)((s.kind & 0xff) | PWM_OFF);
			s.a = s.b = s.c = 0;
		}
		break;
	case PWM_OP_SYSREG:
		s.kind = (uint16_t)harness_below(PWM_NR_SYSREGS);
		s.b = 0;
		break;
	case PWM_OP_ACCESS:
		s.kind = (uint16_t)(harness_random() & 0x70f);
		s.b = 0;
		break;
	case PWM_OP_CONTRACT:
		s.kind = (uint16_t)(harness_below(PWM_NR_PROMISES) | (harness_random() & 0xf00));
		s.b |= s.a;
		s.c = harness_below(4);
		break;
	case PWM_OP_LAZY:
		s.kind = (uint16_t)harness_below(PWM_NR_LAZY);
		if (s.kind != PWM_LAZY_FLUSH)
			s.a = s.b = 0;
		break;
	case PWM_OP_IRQ:
	case PWM_OP_LAZY_TLB:
	case PWM_OP_GUEST:
	case PWM_OP_POWER:
		s.kind = (uint16_t)harness_below(2);
		s.a = s.b = 0;
		break;
	case PWM_OP_END:
		s.kind = (uint16_t)harness_below(2);
		s.a = s.b = 0;
		s.cpu = 0;
		break;
	case PWM_OP_ASID_FREE:
		s.a = 0;
		break;
	case PWM_OP_IPI:
	case PWM_OP_INVLPG:
	case PWM_OP_TABLE_NEW:
	case PWM_OP_TABLE_FREE:
		s.b = 0;
		break;
	default:
		break;
	}
	return s;
}

TEST(trace_forms_agree)
{
	for (unsigned int n = 0; n < 20000 && !harness_failures(); n++) {
		struct pwm_step s = random_step(), t, u;
		const char *want = "";
		uint8_t record[PWM_RECORD];
		char line[256];

		harness_note("operation", s.op);
		pwm_step_text(PWM_ARM64, &s, line, sizeof(line));
		if (!EXPECT_EQ(parse(line, &t, &want), 1))
			printf("%s: expected %s\n", line, want);
		EXPECT(!memcmp(&s, &t, sizeof(s)));
		s.site = (uint32_t)harness_random();
		pwm_put_record(record, &s);
		EXPECT_EQ(pwm_get_record(record, &u, &want), 0);
		EXPECT(!memcmp(&s, &u, sizeof(s)));
	}
}

TEST(trace_records_are_pinned)
{
	/* operation, CPU, kind, site, address, value */
	static const uint8_t want[PWM_RECORD] = "\x03\x02\x01\0"
						"\x09\0\0\0"
						"\x08\x30\x01\0\0\0\0\0"
						"\x77\x66\x55\x44\x33\x22\x11\0";
	struct pwm_step s = { .op = PWM_OP_STORE,
			      .cpu = 2,
			      .kind = PWM_RELEASE,
			      .site = 9,
			      .a = 0x13008,
			      .b = 0x11223344556677 };
	uint8_t record[PWM_RECORD];
	const char *expected;

	EXPECT_EQ(sizeof(s), PWM_RECORD);
	pwm_put_record(record, &s);
	EXPECT(!memcmp(record, want, sizeof(want)));
	pwm_put_header(record);
	EXPECT_EQ(pwm_is_header(record), 1);
	record[8] = 2;
	EXPECT_EQ(pwm_is_header(record), -1);
	record[0] = 'x';
	EXPECT_EQ(pwm_is_header(record), 0);
	memset(record, 0, sizeof(record));
	EXPECT_EQ(pwm_get_record(record, &s, &expected), -1);
	record[0] = PWM_NR_OPS;
	EXPECT_EQ(pwm_get_record(record, &s, &expected), -1);
	record[0] = PWM_OP_SITE;
	record[2] = 25;
	EXPECT_EQ(pwm_get_record(record, &s, &expected), -1);
	EXPECT(strstr(expected, "24 bytes") != NULL);
}

TEST(trace_malformed_lines)
{
	static const char *const lines[][2] = {
		{ "frob 1", "a step" },
		{ "store", "a CPU" },
		{ "store 64 0 0", "a CPU" },
		{ "store 0 0x1000", "a number" },
		{ "store 0 0x1000 0xfffffffffffffffff", "a number" },
		{ "store 0 0x1000 99999999999999999999", "a number" },
		{ "store 0 0x1000 1 gently", "release" },
		{ "dsb 0 yes", "a kind of barrier" },
		{ "isb 0 ish", "a kind of barrier" },
		{ "tlbi 0 vae9 va=0", "a TLBI operation" },
		{ "tlbi 0 rvmalle1is", "a TLBI operation" },
		{ "tlbi 0 rpaallos", "a TLBI operation" },
		{ "tlbi 0 nxs", "a TLBI operation" },
		{ "dmb 0 ishnxs", "a kind of barrier" },
		{ "sfence 0 0", "a number" },
		{ "sfence", "a CPU" },
		{ "tlbi 0 vae1is vax=0", "raw=" },
		{ "tlbi 0 vae1is va=0 ttl=16", "fields that fit" },
		{ "tlbi 0 vae1is raw=0 va=0", "nothing behind" },
		{ "root 0 middle 0 0", "lower" },
		{ "root 0 lower 0 65536", "an ASID" },
		{ "root 0 lower 0 1 vmid=65536", "a regime" },
		{ "access 0 0 q", "r, w, x" },
		{ "contract 0 hope 0 1", "map" },
		{ "contract 0 map 2 1", "a last byte" },
		{ "lazy 0 maybe", "begin" },
		{ "irq 0", "enter or leave" },
		{ "config arch z80", "arm64" },
		{ "config features haf,flux", "names of features" },
		{ "config colour 1", "a key" },
		{ "snapshot 0 0 0 0", "the end of the line" },
		{ "site 0", "a step" },
		{ "end now", "audit" },
	};
	struct pwm_step s;
	const char *want, *site;
	size_t len;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		want = "";
		harness_note("line", i);
		EXPECT_EQ(parse(lines[i][0], &s, &want), -1);
		if (!EXPECT(strstr(want, lines[i][1]) != NULL))
			printf("%s: %s\n", lines[i][0], want);
	}
	/* RISC-V's says what it fences, x86's has nothing to say */
	EXPECT_EQ(pwm_parse_line(PWM_RISCV, "sfence 0", 8, &s, &site, &len, &want), -1);
	EXPECT_EQ(pwm_parse_line(PWM_X86, "sfence 0", 8, &s, &site, &len, &want), 1);
	EXPECT_EQ(s.op, PWM_OP_BARRIER);
	EXPECT_EQ(parse("  # nothing", &s, &want), 0);
	EXPECT_EQ(parse("", &s, &want), 0);
}

/* A byte of 0 is as wrong as any other: no word ends there, and nothing is read behind it. */
TEST(trace_lines_with_zero_bytes)
{
	static const char *const words[] = { "isb", "end", "store", "sfence.inval.ir", "config" };
	char line[64];
	struct pwm_step s;
	const char *want, *site;
	size_t len, site_len;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		harness_note("word", i);
		for (size_t zeros = 1; zeros < 32; zeros++) {
			memset(line, 0, sizeof(line));
			len = strlen(words[i]);
			memcpy(line, words[i], len);
			want = "";
			EXPECT_EQ(pwm_parse_line(PWM_ARM64, line, len + zeros, &s, &site, &site_len,
						 &want),
				  -1);
			EXPECT(strstr(want, "a step") != NULL);
		}
	}
	want = "";
	EXPECT_EQ(pwm_parse_line(PWM_ARM64, "isb 0 \0", 7, &s, &site, &site_len, &want), -1);
	EXPECT_EQ(pwm_parse_line(PWM_ARM64, "access 0 0 r\0w", 14, &s, &site, &site_len, &want),
		  -1);
}

/* Telling the model ---------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void step(const char *format, ...)
{
	char line[160];
	const char *want = "";
	struct pwm_step s;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!EXPECT_EQ(parse(line, &s, &want), 1) || !EXPECT_EQ(stage_step(&stage, &s), 0))
		printf("%s: %s\n", line, want);
}

/* CPU 0 and 1 on tables as in the litmus files: page i of 512 is 0x80000 + i pages; ASID 1. */
static void start(uint32_t features)
{
	struct pwm_config cfg = {
		.size = sizeof(cfg), .nr_cpus = 4, .features = features, .max_unclean = 2048
	};

	EXPECT(stage_open(&stage, &cfg));
	step("snapshot 0 0x10000 0x11003");
	step("snapshot 0 0x11000 0x12003");
	step("snapshot 0 0x12000 0x13003");
	for (unsigned int i = 0; i < 512; i++)
		step("snapshot 0 0x%x 0x%llx", 0x13000 + 8 * i,
		     0x0060000000000f03ull | (0x80000ull + i) << 12);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		step("root %u lower 0x10000 1", cpu);
		step("isb %u", cpu);
	}
}

static void clear(unsigned int page)
{
	step("store 0 0x%x 0", 0x13000 + 8 * page);
}

static void make(unsigned int page, unsigned long frame)
{
	step("store 0 0x%x 0x%llx", 0x13000 + 8 * page,
	     0x0060000000000f03ull | (unsigned long long)frame << 12);
}

static void flush(unsigned int page)
{
	step("dsb 0 ishst");
	step("tlbi 0 vale1is va=0x%x asid=1", page << 12);
	step("dsb 0 ish");
}

static void end(const char *rule)
{
	if (rule)
		EXPECT(stage_has(&stage, rule));
	else if (!EXPECT_EQ(stage.nr_verdicts, 0))
		printf("%s\n", stage.verdict[0].rule->id);
	stage_close(&stage);
}

static const char golden[] =
	"pagewalk: ERROR: A64-TLBI-2: TLBI before the store was visible\n"
	"  The TLBI ran while the store that changed the entry was not visible to all walkers, "
	"so a\n"
	"  walker may have cached the old value again right behind it. A dsb ishst belongs "
	"between\n"
	"  the two; dsb ishld, or a non-shareable dsb, is not enough.\n"
	"  address 0x3000, level 0, ASID 1, entry at 0x13018\n"
	"  may be used by CPU 0,1\n"
	"  held   0x60000080003f03 (page at 0x80003000, kernel rw-, user ---, type 0x0, dirty)\n"
	"  tables 0x0 (not valid)\n"
	"  changed:     step 520, CPU 0\n"
	"  maintenance: tlbi vale1is, step 522, CPU 0\n"
	"  noticed:     contract unmap, step 525, CPU 0\n"
	"  manual:      Arm ARM D8.17 (D8.14, D8.16 in older issues), R_DDMVT; "
	"litmus V2I-W-DSB.LD-TLBI\n";

TEST(report_reads)
{
	char text[2048];

	start(0);
	clear(3);
	step("dsb 0 ishld");
	step("tlbi 0 vale1is va=0x3000 asid=1");
	step("dsb 0 ish");
	step("isb 0");
	step("contract 0 unmap 0x3000 0x3fff");
	if (EXPECT_EQ(stage.nr_verdicts, 1)) {
		pwm_report(stage.m, &stage.verdict[0], text, sizeof(text), NULL, NULL);
		EXPECT(!strcmp(text, golden));
		if (harness_failures())
			fputs(text, stdout);
	}
	stage_close(&stage);
}

/* A real operating system: numbers as in the list of what it does ------------------------------ */

/* 1 and 2: it promises nothing; a fixmap slot is used over and over, once without its TLBI. */
static void fixmap(unsigned int drop)
{
	start(PWM_FOREIGN);
	for (unsigned int n = 0; n < 200; n++) {
		clear(7);
		if (n != drop)
			flush(7);
		step("isb 0");
		make(7, 0x90000 + n);
		step("dsb 0 ishst");
		step("isb 0");
	}
}

TEST(os_revalidation)
{
	fixmap(~0u);
	end(NULL);
	fixmap(100);
	EXPECT_EQ(stage.nr_verdicts, 1);
	end("A64-BBM-9");
}

/* 3: a gathered unmap owes nothing before its pages are used again; one flush closes it all. */
TEST(os_deferred_obligations)
{
	start(PWM_FOREIGN);
	for (unsigned int i = 0; i < 512; i++)
		clear(i);
	for (unsigned int n = 0; n < 3000; n++)
		step("isb 1");
	step("dsb 0 ishst");
	step("tlbi 0 aside1is asid=1");
	step("dsb 0 ish");
	for (unsigned int i = 0; i < 512; i++)
		make(i, 0x90000 + i);
	end(NULL);
}

TEST(os_deferred_and_forgotten)
{
	start(PWM_FOREIGN);
	for (unsigned int i = 0; i < 512; i++)
		clear(i);
	step("dsb 0 ishst");
	step("tlbi 0 aside1is asid=2");
	step("dsb 0 ish");
	make(17, 0x90000);
	end("A64-BBM-9");
}

/* 3: an entry that was never accessed owes nothing. */
TEST(os_not_accessed)
{
	start(PWM_FOREIGN);
	step("snapshot 0 0x13008 0x0060000080001b03");
	clear(1);
	make(1, 0x95000);
	end(NULL);
}

/* 4: hardware sets the access flag and makes pages dirty, and no step says so. */
TEST(os_hardware_bits)
{
	start(PWM_FOREIGN | PWM_HAF | PWM_HD);
	step("snapshot 0 0x13008 0x0068000080001b83"); /* DBM, clean, not accessed */
	/* dirty and accessed behind everybody's back, then a store that knows it */
	image_write(&stage, 0x13008, 0x0068000080001f03ull);
	step("store 0 0x13008 0x0168000080001f03 cas reread");
	step("contract 0 protect 0x1000 0x1fff");
	end(NULL);
}

/* 5: roots come and go; a table page is a root again, with other contents. */
static void roots(unsigned int flush_asid)
{
	start(PWM_FOREIGN);
	clear(9); /* of a space that stays */
	for (unsigned int n = 0; n < 300; n++) {
		unsigned int root = 0x40000 + (n & 3) * 0x2000, asid = 2 + n % 7;

		step("store 0 0x%x 0x11003", root);
		step("dsb 0 ishst");
		step("root 0 lower 0x%x %u", root, asid);
		step("isb 0");
		step("root 0 lower 0x30000 0");
		step("isb 0");
		step("store 0 0x%x 0", root);
		step("dsb 0 ishst");
		if (n != flush_asid)
			step("tlbi 0 aside1is asid=%u", asid);
		step("dsb 0 ish");
		step("isb 0");
	}
}

TEST(os_roots_come_and_go)
{
	struct pwm_stats s;

	roots(~0u);
	pwm_get_stats(stage.m, &s);
	EXPECT(s.spaces < 8);
	EXPECT(s.tables < 12);
	EXPECT_EQ(s.overflows, 0);
	EXPECT_EQ(stage.nr_verdicts, 0);
	make(9, 0x99000);
	end("A64-BBM-9");
}

/* 6: small top tables, several to a page; tables shared; one table at two levels. */
TEST(os_small_and_shared_tables)
{
	start(PWM_FOREIGN);
	/* 128-byte tops at 0x50000 and 0x50080 that share the table of level 2 */
	step("snapshot 0 0x50000 0x11003");
	step("snapshot 0 0x50080 0x11003");
	step("root 2 lower 0x50000 5 bits=43");
	step("isb 2");
	step("root 3 lower 0x50080 6 bits=43");
	step("isb 3");
	clear(9);
	step("dsb 0 ishst");
	step("tlbi 0 vale1is va=0x9000 asid=1");
	step("tlbi 0 vale1is va=0x9000 asid=5");
	step("dsb 0 ish");
	step("isb 0");
	make(9, 0x99000); /* ASID 6 was forgotten */
	EXPECT_EQ(stage.nr_verdicts, 1);
	EXPECT_EQ(stage.verdict[0].asid, 6);
	end("A64-BBM-9");
}

TEST(os_table_at_two_levels)
{
	start(PWM_FOREIGN);
	/* the zero page of reserved tables is a root, and a table of level 2 below another root */
	step("snapshot 0 0x60000 0x30003");
	step("root 2 lower 0x30000 0");
	step("root 3 lower 0x60000 8");
	step("isb 2");
	step("isb 3");
	step("store 0 0x30000 0x12003");
	step("dsb 0 ishst");
	step("isb 3");
	step("store 0 0x30000 0");
	step("dsb 0 ishst");
	step("tlbi 0 vaae1is va=0");
	step("dsb 0 ish");
	step("contract 3 unmap 0 0xfff");
	end(NULL);
}

/* 7: a pair of ASIDs for one space, an interrupt between TLBI and barrier. */
TEST(os_pairs_and_interrupts)
{
	start(PWM_FOREIGN);
	for (unsigned int n = 0; n < 100; n++) {
		step("root 0 lower 0x10000 %u", n & 1);
		step("isb 0");
		clear(n);
		step("dsb 0 ishst");
		step("tlbi 0 vale1is va=0x%x asid=1", n << 12);
		step("exception 0");
		step("dsb 0 ishst");
		step("eret 0");
		step("tlbi 0 vale1is va=0x%x asid=0", n << 12);
		step("exception 0");
		step("eret 0");
		step("dsb 0 ish");
		step("isb 0");
		make(n, 0x99000 + n);
	}
	end(NULL);
}

TEST(os_one_of_a_pair)
{
	start(PWM_FOREIGN);
	step("root 0 lower 0x10000 0");
	step("isb 0");
	clear(4);
	flush(4); /* ASID 1 only */
	make(4, 0x99000);
	EXPECT_EQ(stage.verdict[0].asid, 0);
	end("A64-BBM-9");
}

TEST(os_interrupt_loses_the_barrier)
{
	start(PWM_FOREIGN);
	clear(4);
	step("dsb 0 ishst");
	step("tlbi 0 vale1is va=0x4000 asid=1");
	step("exception 0");
	step("eret 0");
	make(4, 0x99000);
	end("A64-BBM-9");
}

/* 8: DC ZVA zeroes a table: every entry of it is stored. */
TEST(os_zeroed_by_the_block)
{
	start(PWM_FOREIGN);
	step("zero 0 0x13000 64");
	EXPECT_EQ(image_read(&stage, 0x13038), 0);
	make(0, 0x99000);
	end("A64-BBM-9");
}
