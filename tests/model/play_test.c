/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Play mode with choosers other than a seed.
 *
 * Exhaustive: small programs of two CPUs, every interleaving and every result of every access. The
 * chooser plays back a prefix of choices and takes 0 behind it; the next run raises the last choice
 * that can be raised:
 *
 *	0 0 0    0 0 1    0 1 0 ...	until none can
 *
 * What is reachable is compared with the published verdicts ("Relaxed virtual memory in Armv8-A",
 * and the aarch64-VMSA catalogue), and with the enumerator of tests/ref for one entry.
 *
 * Bytes: a string picks the steps and the results, as a fuzzer would. No string may make a complete
 * sequence fail, and the same string gives the same history.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage; /* memory only */
static struct pwm *m;
static void *mem;

#define LEAF  0x13000ull
#define PAGE  0x0060000000080f03ull
#define OTHER 0x0060000000085f03ull

static void open_model(uint32_t (*choose)(void *ctx, uint32_t n), uint32_t features)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .nr_cpus = 2,
				  .features = PWM_PLAY | features,
				  .max_unclean = 64,
				  .max_tables = 16,
				  .max_spaces = 4,
				  .ctx = &stage,
				  .read = image_read,
				  .choose = choose };
	size_t len = pwm_size(&cfg);

	mem = malloc(len);
	m = pwm_init(mem, len, &cfg);
	for (uint64_t at = 0x10000; at < LEAF; at += 0x1000)
		image_write(&stage, at, (at + 0x1000) | 3);
	image_write(&stage, LEAF, 0);
	image_write(&stage, LEAF + 8, PAGE + 0x1000);
}

static void load_roots(void)
{
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		pwm_root(m, cpu, PWM_LOWER, 0x10000, 1);
		pwm_barrier(m, cpu, PWM_ISB);
	}
}

static void store(uint32_t cpu, uint64_t val)
{
	pwm_store(m, cpu, LEAF, val, PWM_PLAIN);
	image_write(&stage, LEAF, val);
}

/* Every choice --------------------------------------------------------------------------------- */

static struct {
	uint8_t taken[64], of[64];
	uint32_t nr, at;
} path;

static uint32_t every_choice(void *ctx, uint32_t n)
{
	(void)ctx;
	if (path.at == path.nr) {
		if (!EXPECT(path.nr < sizeof(path.taken)))
			return 0;
		path.taken[path.nr] = 0;
		path.of[path.nr++] = (uint8_t)n;
	}
	EXPECT_EQ(path.of[path.at], n); /* a history is a function of its choices */
	return path.taken[path.at++];
}

static bool next_path(void)
{
	while (path.nr && path.taken[path.nr - 1] + 1 == path.of[path.nr - 1])
		path.nr--;
	path.at = 0;
	if (!path.nr)
		return false;
	path.taken[path.nr - 1]++;
	return true;
}

enum op {
	END = 0,
	CLEAR, /* the leaf becomes invalid */
	SET,   /* the leaf maps PAGE */
	MAKE,  /* the leaf maps another page */
	DSB,
	DSB_ST,
	DSB_LD,
	DMB_LD,
	ISB,
	TLBI,
	TLBI_LOCAL,
	TELL,	 /* flag = 1 */
	LOOK,	 /* reads the flag */
	ACCESS,	 /* of the page, address independent */
	DEPENDS, /* of the page, address dependent on the flag */
};

/* What both CPUs saw: flag, then the access. */
struct seen {
	uint32_t flag, fault, stale;
	uint64_t pa;
};

struct program {
	const char *name;
	uint64_t was;
	uint8_t cpu0[10], cpu1[6];
	bool (*bad)(const struct seen *s);
	bool allowed;
	uint32_t features;
};

static uint32_t flag;

static void perform(uint32_t cpu, enum op op, struct seen *s)
{
	static const uint8_t barriers[] = { [DSB] = PWM_DSB_ISH,
					    [DSB_ST] = PWM_DSB_ISHST,
					    [DSB_LD] = PWM_DSB_ISHLD,
					    [DMB_LD] = PWM_DMB_ISHLD,
					    [ISB] = PWM_ISB };
	struct pwm_outcome o;

	switch (op) {
	case CLEAR:
		store(cpu, 0);
		break;
	case SET:
		store(cpu, PAGE);
		break;
	case MAKE:
		store(cpu, OTHER);
		break;
	case TLBI:
	case TLBI_LOCAL:
		pwm_tlbi(m, cpu, PWM_VALE1 | (op == TLBI ? PWM_IS : 0), 0, 1);
		break;
	case TELL:
		flag = 1;
		break;
	case LOOK:
		s->flag = flag;
		break;
	case ACCESS:
	case DEPENDS:
		o = pwm_access(m, cpu, 0, PWM_R | (op == DEPENDS && s->flag ? PWM_DEP : 0));
		s->fault = o.fault;
		s->stale = o.stale;
		s->pa = o.pa;
		break;
	default:
		pwm_barrier(m, cpu, barriers[op]);
		break;
	}
}

/* One history: which CPU goes next is a choice as well. */
static struct seen once(const struct program *p)
{
	struct seen s = { 0 };
	uint32_t a = 0, b = 0;

	open_model(every_choice, p->features);
	image_write(&stage, LEAF, p->was);
	load_roots();
	flag = 0;
	while (p->cpu0[a] || p->cpu1[b]) {
		bool second = !p->cpu0[a];

		if (p->cpu0[a] && p->cpu1[b])
			second = every_choice(NULL, 2);
		if (second)
			perform(1, p->cpu1[b++], &s);
		else
			perform(0, p->cpu0[a++], &s);
	}
	free(mem);
	return s;
}

static bool stale_after_news(const struct seen *s)
{
	return s->flag && s->pa == 0x80000;
}

static bool fault_after_news(const struct seen *s)
{
	return s->flag && s->fault;
}

static bool stale(const struct seen *s)
{
	return s->pa == 0x80000;
}

static bool fault(const struct seen *s)
{
	return s->fault != 0;
}

static const struct program programs[] = {
	/* one CPU, valid to invalid */
	{ "V2I", PAGE, { CLEAR, ACCESS }, { 0 }, stale, true, 0 },
	{ "V2I-DSB-TLBI-DSB", PAGE, { CLEAR, DSB, TLBI, DSB, ACCESS }, { 0 }, stale, true, 0 },
	{ "V2I-DSB-TLBI-DSB-ISB",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, ISB, ACCESS },
	  { 0 },
	  stale,
	  false,
	  0 },
	{ "V2I-DSB.ST-TLBI-DSB-ISB",
	  PAGE,
	  { CLEAR, DSB_ST, TLBI, DSB, ISB, ACCESS },
	  { 0 },
	  stale,
	  false,
	  0 },
	{ "V2I-DSB.LD-TLBI-DSB-ISB",
	  PAGE,
	  { CLEAR, DSB_LD, TLBI, DSB, ISB, ACCESS },
	  { 0 },
	  stale,
	  true,
	  0 },
	{ "V2I-DSB-TLBI-DSB.ST-ISB",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB_ST, ISB, ACCESS },
	  { 0 },
	  stale,
	  true,
	  0 },
	{ "V2I-TLBI-DSB-ISB", PAGE, { CLEAR, TLBI, DSB, ISB, ACCESS }, { 0 }, stale, true, 0 },
	/* one CPU, invalid to valid */
	{ "I2V-DSB", 0, { SET, DSB, ACCESS }, { 0 }, fault, true, 0 },
	{ "I2V-DSB-ISB", 0, { SET, DSB, ISB, ACCESS }, { 0 }, fault, false, 0 },
	{ "I2V-DSB.LD-ISB", 0, { SET, DSB_LD, ISB, ACCESS }, { 0 }, fault, true, 0 },
	{ "I2V-DSB+ETS2", 0, { SET, DSB, ACCESS }, { 0 }, fault, false, PWM_ETS2 },
	/* two CPUs: a mapping goes, and the other one hears of it */
	{ "MP+shoot+po",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, TELL },
	  { LOOK, ACCESS },
	  stale_after_news,
	  true,
	  0 },
	{ "MP+shoot+DMBLD",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, TELL },
	  { LOOK, DMB_LD, ACCESS },
	  stale_after_news,
	  false,
	  0 },
	{ "MP+shoot+addr",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, TELL },
	  { LOOK, DEPENDS },
	  stale_after_news,
	  false,
	  0 },
	{ "MP+shoot+DSB",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, TELL },
	  { LOOK, DSB, ACCESS },
	  stale_after_news,
	  false,
	  0 },
	{ "MP.RT.EL1+tlbi",
	  PAGE,
	  { CLEAR, DSB, TLBI_LOCAL, DSB, TELL },
	  { LOOK, DSB, ISB, ACCESS },
	  stale_after_news,
	  true,
	  0 },
	{ "MP.RT.EL1+tlbiis",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, TELL },
	  { LOOK, DSB, ISB, ACCESS },
	  stale_after_news,
	  false,
	  0 },
	/* two CPUs: a mapping comes */
	{ "MP.RTf.inv+dmb+po", 0, { SET, DSB, TELL }, { LOOK, ACCESS }, fault_after_news, true, 0 },
	{ "MP.RTf.inv+dmb+addr",
	  0,
	  { SET, DSB, TELL },
	  { LOOK, DEPENDS },
	  fault_after_news,
	  false,
	  0 },
	{ "MP.RTf.inv+dmb+dsb-isb",
	  0,
	  { SET, DSB, TELL },
	  { LOOK, DSB, ISB, ACCESS },
	  fault_after_news,
	  false,
	  0 },
	/* break-before-make */
	{ "MP.BBM1+dsb-tlbiis-dsb-dsb+dsb-isb",
	  PAGE,
	  { CLEAR, DSB, TLBI, DSB, MAKE, DSB, TELL },
	  { LOOK, DSB, ISB, ACCESS },
	  stale_after_news,
	  false,
	  0 },
	{ "MPV2I2V-no-bbm",
	  PAGE,
	  { CLEAR, DSB, MAKE, DSB, TELL },
	  { LOOK, DSB, ISB, ACCESS },
	  stale_after_news,
	  true,
	  0 },
};

TEST(every_history_of_small_programs)
{
	uint64_t histories = 0;

	for (unsigned int i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const struct program *p = &programs[i];
		uint64_t bad = 0, good = 0;

		harness_note("program", i);
		memset(&path, 0, sizeof(path));
		do {
			struct seen s = once(p);

			bad += p->bad(&s);
			good += !p->bad(&s);
		} while (next_path() && harness_failures() < 4);
		if (!EXPECT_EQ(bad != 0, p->allowed))
			harness.put(p->name), harness.put("\n");
		EXPECT(good > 0);
		histories += bad + good;
	}
	EXPECT(histories > 300);
}

/* One CPU, one entry, every program of five steps: what may be cached, by hand. */

/*
 * A TLB of one entry that holds all it may: "held" is the old page, "sure" that the store over it
 * is visible, "taken" by a TLBI not completed, "used" by what was fetched before.
 */
struct tlb {
	bool valid, held, sure, taken, used;
};

static void step_tlb(struct tlb *t, enum op op)
{
	switch (op) {
	case CLEAR:
		if (t->valid)
			*t = (struct tlb){ .held = true };
		break;
	case SET:
		*t = (struct tlb){ .valid = true };
		break;
	case DSB:
		if (t->held && t->taken)
			t->held = false, t->used = true;
		t->taken = false;
		t->sure = true;
		break;
	case DSB_ST:
		t->sure = true;
		break;
	case TLBI:
		t->taken |= t->held && t->sure;
		break;
	default: /* ISB */
		t->used = false;
		break;
	}
}

TEST(every_program_of_one_entry)
{
	static const uint8_t ops[] = { CLEAR, SET, DSB, DSB_ST, TLBI, ISB };

	for (unsigned int n = 0; n < 6 * 6 * 6 * 6 * 6; n++) {
		struct program p = { "", PAGE, { 0 }, { 0 }, stale, false, 0 };
		struct tlb t = { .valid = true };
		bool reached = false;

		harness_note("program", n);
		for (unsigned int k = 0, rest = n; k < 5; k++, rest /= 6) {
			p.cpu0[k] = ops[rest % 6];
			step_tlb(&t, p.cpu0[k]);
		}
		p.cpu0[5] = ACCESS;
		memset(&path, 0, sizeof(path));
		do {
			struct seen s = once(&p);

			reached |= s.pa == 0x80000;
		} while (next_path());
		if (!EXPECT_EQ(reached, t.valid || t.held || t.used))
			return;
	}
}

/* Bytes ---------------------------------------------------------------------------------------- */

static const uint8_t *bytes;
static size_t nr_bytes;

static uint32_t byte_choice(void *ctx, uint32_t n)
{
	(void)ctx;
	if (!nr_bytes)
		return 0;
	nr_bytes--;
	return *bytes++ % n;
}

/* A history that the bytes pick. Returns a digest of what was seen. */
static uint64_t play(const uint8_t *from, size_t len)
{
	static const uint8_t ops[] = { CLEAR, SET, DSB, DSB_ST, TLBI, ISB, ACCESS, DMB_LD };
	uint64_t digest = 14695981039346656037ull;
	struct seen s = { 0 };

	bytes = from;
	nr_bytes = len;
	open_model(byte_choice, 0);
	load_roots();
	while (nr_bytes) {
		uint32_t what = byte_choice(NULL, 10), cpu = byte_choice(NULL, 2);
		struct pwm_outcome o[8], got;
		uint32_t nr, i;

		if (what < 6 || what == 7) {
			perform(cpu, ops[what], &s);
		} else if (what == 6) {
			nr = pwm_outcomes(m, cpu, 0, PWM_R, o, 8);
			got = pwm_access(m, cpu, 0, PWM_R);
			for (i = 0; i < nr && (o[i].pa != got.pa || o[i].fault != got.fault); i++)
				;
			EXPECT(i < nr); /* one of the set */
			digest = (digest ^ got.pa ^ got.fault ^ (uint64_t)got.stale << 9) *
				 1099511628211ull;
		} else if (what == 8) {
			/* the whole of it, on this CPU, whatever came before */
			store(cpu, 0);
			perform(0, DSB, &s);
			perform(1, DSB, &s);
			perform(cpu, TLBI, &s);
			perform(cpu, DSB, &s);
			perform(0, ISB, &s);
			perform(1, ISB, &s);
			for (i = 0; i < 2; i++) {
				got = pwm_access(m, i, 0, PWM_R);
				EXPECT_EQ(got.fault, 1);
				EXPECT_EQ(got.stale, 0);
			}
		} else {
			got = pwm_access(m, cpu, 0x1000, PWM_R);
			EXPECT_EQ(got.pa, 0x81000); /* nobody touches it */
		}
	}
	free(mem);
	return digest;
}

TEST(bytes_pick_the_history)
{
	uint8_t text[64];
	uint64_t differ = 0;

	for (unsigned int n = 0; n < 3000; n++) {
		uint64_t first;
		size_t len = harness_below(sizeof(text));

		harness_note("string", n);
		for (size_t i = 0; i < len; i++)
			text[i] = (uint8_t)harness_random();
		first = play(text, len);
		EXPECT_EQ(play(text, len), first);
		if (len)
			text[harness_below(len)] ^= 1;
		differ += play(text, len) != first;
		if (harness_failures())
			return;
	}
	EXPECT(differ > 100); /* a byte matters */
}

/* A page that may be stale: some string finds it, and some other does not. */
TEST(bytes_reach_the_whole_set)
{
	uint32_t seen = 0;

	for (unsigned int n = 0; n < 256; n++) {
		uint8_t text = (uint8_t)n;
		struct pwm_outcome o;

		bytes = &text;
		nr_bytes = 0;
		open_model(byte_choice, 0);
		image_write(&stage, LEAF, PAGE);
		load_roots();
		store(0, OTHER);
		store(0, 0);
		nr_bytes = 1;
		o = pwm_access(m, 1, 0, PWM_R);
		seen |= o.fault ? 1 : o.pa == 0x80000 ? 2 : o.pa == 0x85000 ? 4 : 8;
		free(mem);
	}
	EXPECT_EQ(seen, 7);
}
