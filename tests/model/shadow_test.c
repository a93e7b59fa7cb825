/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The model against "everything that could be cached" (tests/ref/ref_cached.h): random stores,
 * barriers and invalidations of two CPUs; after each step both name everything stale, and must name
 * the same. And after each store both say whether what it brings may be cached together with what
 * is cached, at each level of FEAT_BBM: not, either in another size, or wrong.
 *
 * With --seconds N as long as that, else 60,000 steps of each architecture, and of the G-stage and
 * the EPT, whose spaces have a VMID, or the root alone, for an ASID. In half of the
 * scenarios each CPU runs a space of its own, in the others both run one.
 *
 * On arm64, stores and further TLBIs of both CPUs come between a TLBI and the DSB that completes
 * it; and stores of both, with more invalidations of the same CPU, between that DSB and its context
 * synchronisation.
 *
 * Not tried: spaces that a CPU has run and does not run now (the model takes all of them for held),
 * and tables linked with stores in them that are not visible (rule *-PUB-1).
 *
 * A difference is cut down to the shortest sequence that it follows from, and printed as one.
 */
#include <stdio.h>
#include <string.h>

#include "../harness/harness.h"
#include "../ref/ref_cached.h"
#include "image.h"

static struct stage stage;
static struct rc ref;
static uint32_t arch;
static bool guest;		    /* guest-physical addresses */
static bool tce, globals, together; /* both CPUs run the first space */
static unsigned int bbm;	    /* level of FEAT_BBM */
static unsigned int window;	    /* a CPU that has not synchronised its context; RC_CPUS */
static rc_set got[RC_CPUS];
static int said; /* by the model, of the latest step: RC_CLEAN... */
static bool stored;
static uint64_t nr_steps, nr_stale, nr_either, nr_wrong, missed, extra;

/* The same values as descriptors --------------------------------------------------------------- */

/* Two roots, each of four pages where it has to be, then the others. */
static const uint64_t table_pa[] = {
	0x10000, 0x14000, 0x18000, 0x19000, 0x1a000, 0x1b000, 0x1c000
};

/* The EPT has a level more: a table whose only entry leads to what is the root elsewhere. */
#define EPT_TOP(s) (0x20000ull + (s)*0x1000)

static uint64_t root_of(unsigned int s)
{
	return arch == PWM_X86 && guest ? EPT_TOP(s) : table_pa[s];
}

static uint64_t location(unsigned int loc)
{
	return table_pa[loc / 2] + (loc & 1) * 8;
}

static uint64_t pointer(uint64_t pa)
{
	if (arch == PWM_X86)
		return pa | (guest ? 7 : 0x63);
	return arch == PWM_ARM64 ? pa | 3 : pa >> 2 | 1;
}

static uint64_t leaf(uint64_t pa, unsigned int level, bool global)
{
	if (arch == PWM_ARM64)
		return pa | (global ? 0x700 : 0xf00) | (level ? 1 : 3);
	if (arch == PWM_X86 && guest)
		return pa | 0x37 | (level ? 0x80 : 0);
	if (arch == PWM_X86)
		return pa | 0x63 | (level ? 0x80 : 0) | (global ? 0x100 : 0);
	return pa >> 2 | 0xc7 | (guest ? 0x10 : 0) | (global ? 0x20 : 0);
}

static uint64_t descriptor(unsigned int loc, unsigned int val)
{
	if (!val)
		return 0;
	if (loc < 8 && val >= RC_BLOCK)
		return leaf(rc_output(&ref, loc < 4 ? 2 : 1, loc & 1, val), 1, false);
	if (loc < 4)
		return pointer(table_pa[2 + val - 1]);
	if (loc < 8)
		return pointer(table_pa[4 + val - 1]);
	return leaf(rc_output(&ref, 0, loc & 1, val), 0, val == RC_GLOBAL);
}

static uint64_t address(unsigned int i, unsigned int j, unsigned int k)
{
	return (uint64_t)i << 30 | (uint64_t)j << 21 | (uint64_t)k << 12;
}

/* What the model says -------------------------------------------------------------------------- */

static void element(void *ctx, uint64_t root, uint32_t asid, uint64_t va, uint32_t level,
		    uint64_t value, int table, uint64_t cpus)
{
	unsigned int s = root == root_of(1), i = va >> 30 & 1, j = va >> 21 & 1, k = va >> 12 & 1;
	int e = -1;

	(void)ctx, (void)asid;
	for (unsigned int v = 1; v < 6; v++) {
		if (level == 2 && table && v < 3 && value == descriptor(0, v))
			e = (int)RC_W2(s, i, v - 1);
		if (level == 2 && !table && v >= 4 && value == descriptor(0, v))
			e = (int)RC_TG(s, i, v - 4);
		if (level == 1 && table && v < 4 && value == descriptor(4, v))
			e = (int)RC_W1(s, i, j, v - 1);
		if (level == 1 && !table && v >= 4 && value == descriptor(4 + j, v))
			e = (int)RC_TB(s, i, j, v - 4);
		if (level == 0 && !table && v < (globals ? 4 : 3) && value == descriptor(8 + k, v))
			e = (int)RC_TP(s, i, j, k, v - 1);
	}
	if (!EXPECT(e >= 0))
		return;
	for (unsigned int c = 0; c < RC_CPUS; c++)
		if (cpus >> c & 1)
			got[c] |= RC_BIT(e);
}

static void print_set(const char *what, unsigned int cpu, rc_set x)
{
	for (unsigned int e = 0; e < RC_ELEMENTS; e++)
		if (x & RC_BIT(e))
			printf("  %s on CPU %u: element %u\n", what, cpu, e);
}

/* The worst that the model says of a conflict: A64-BBM-12 is something else. */
static int worst_said(void)
{
	int found = RC_CLEAN;

	for (uint32_t i = 0; i < stage.nr_verdicts && i < STAGE_VERDICTS; i++) {
		const char *id = stage.verdict[i].rule->id;
		int now = stage.verdict[i].cls == PWM_UNPRED ? RC_EITHER : RC_WRONG;

		if ((!strncmp(id, "A64-BBM-", 8) && strcmp(id, "A64-BBM-12")) ||
		    !strcmp(id, "X86-SIZE-1") || !strcmp(id, "RV-TLB-8"))
			found = now > found ? now : found;
	}
	return found;
}

static bool compare(bool print)
{
	int least = stored ? ref.clash : RC_CLEAN, most = stored ? ref.clash_all : RC_CLEAN;
	bool same = said >= least && said <= most;

	missed += said < least;
	extra += said > most;
	nr_either += least == RC_EITHER;
	nr_wrong += least == RC_WRONG;
	if (!same && print)
		printf("  of a conflict: wanted %d to %d, got %d\n", least, most, said);
	memset(got, 0, sizeof(got));
	pwm_each_stale(stage.m, element, NULL);
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		rc_set want = rc_stale(&ref, c);

		nr_stale += want != 0;
		missed += (want & ~got[c]) != 0;
		extra += (got[c] & ~want) != 0;
		if (want == got[c])
			continue;
		if (print) {
			print_set("missed", c, want & ~got[c]);
			print_set("extra", c, got[c] & ~want);
		}
		same = false;
	}
	return same;
}

/* Acts: what both sides are told. A scenario is a list of them, so that it can be cut down. ---- */

enum { TAKE = 0, STORE, VISIBLE, INVALIDATE, COMPLETE, SYNCHRONISE, LOAD };

static struct act {
	uint8_t what;
	uint16_t step; /* acts of one step belong together */
	unsigned int cpu, x, y;
	bool now;
	rc_set covered;
	struct pwm_step s;
} acts[2048];
static unsigned int nr_acts, nr_now;

static void perform(const struct act *a)
{
	switch (a->what) {
	case TAKE:
		EXPECT_EQ(stage_step(&stage, &a->s), 0);
		said = worst_said();
		stored = false;
		stage.nr_verdicts = 0;
		break;
	case STORE:
		rc_store(&ref, a->cpu, a->x, a->y);
		stored = true;
		break;
	case VISIBLE:
		rc_visible(&ref, a->cpu);
		break;
	case INVALIDATE:
		rc_invalidate(&ref, a->cpu, a->x, a->covered, a->y, a->now);
		break;
	case COMPLETE:
		rc_complete(&ref, a->cpu);
		break;
	case SYNCHRONISE:
		rc_synchronise(&ref, a->cpu);
		break;
	default:
		for (unsigned int other = 0; other < RC_SPACES; other++)
			ref.cur[a->cpu][other] = other == a->x;
		ref.ran[a->cpu][a->x] = true;
		break;
	}
}

static void act(struct act a)
{
	a.step = (uint16_t)nr_now;
	if (EXPECT(nr_acts < sizeof(acts) / sizeof(acts[0])))
		acts[nr_acts++] = a;
	perform(&a);
}

static void take(struct pwm_step s)
{
	act((struct act){ .what = TAKE, .s = s });
}

/* Steps ---------------------------------------------------------------------------------------- */

static void barrier(unsigned int cpu, unsigned int kind)
{
	take((struct pwm_step){
		.op = PWM_OP_BARRIER, .cpu = (uint8_t)cpu, .kind = (uint16_t)kind });
}

static void publish(unsigned int cpu)
{
	barrier(cpu, arch == PWM_ARM64 ? PWM_DSB_ISHST : arch == PWM_X86 ? PWM_MFENCE : PWM_FENCE);
	act((struct act){ .what = VISIBLE, .cpu = cpu });
}

static void do_store(unsigned int cpu)
{
	unsigned int loc = (unsigned int)harness_below(RC_LOCS), val;

	if (loc < 4)
		val = (unsigned int)harness_below(1 + RC_MID + 2);
	else if (loc < 8)
		val = (unsigned int)harness_below(RC_BLOCK + 2);
	else
		val = (unsigned int)harness_below(globals ? 4 : 3);
	if (loc < 4 && val > RC_MID)
		val += RC_BLOCK - RC_MID - 1;
	if (loc < 8 && val && val < RC_BLOCK)
		for (unsigned int c = 0; c < RC_CPUS; c++)
			publish(c);
	take((struct pwm_step){ .op = PWM_OP_STORE,
				.cpu = (uint8_t)cpu,
				.a = location(loc),
				.b = descriptor(loc, val) });
	act((struct act){ .what = STORE, .cpu = cpu, .x = loc, .y = val });
}

/* Elements that an operation names; @va: an address, or ~0; @s: a space, or all. */
struct names {
	uint64_t va;
	int space;
	bool leaves_global, pointers, every_pointer;
};

static bool at(const struct names *n, unsigned int level, unsigned int i, unsigned int j,
	       unsigned int k)
{
	unsigned int shift = 12 + 9 * level;

	return n->va == ~0ull || n->va >> shift == address(i, j, k) >> shift;
}

static rc_set named(const struct names *n)
{
	rc_set x = 0;

	for (unsigned int b = 0; b < 16; b++) {
		unsigned int s = b & 1, i = b >> 1 & 1, j = b >> 2 & 1, k = b >> 3;
		bool mine = n->space < 0 || n->space == (int)s;

		for (unsigned int v = 0; v < 3; v++) {
			bool global = v + 1 == RC_GLOBAL;

			if ((global ? n->leaves_global : mine) && at(n, 0, i, j, k))
				x |= RC_BIT(RC_TP(s, i, j, k, v));
			if (mine && n->pointers && (n->every_pointer || at(n, 1, i, j, 0)))
				x |= RC_BIT(RC_W1(s, i, j, v));
			if (mine && v < 2 && at(n, 1, i, j, 0))
				x |= RC_BIT(RC_TB(s, i, j, v));
			if (mine && v < 2 && n->pointers && (n->every_pointer || at(n, 2, i, 0, 0)))
				x |= RC_BIT(RC_W2(s, i, v));
			if (mine && v < 2 && at(n, 2, i, 0, 0))
				x |= RC_BIT(RC_TG(s, i, v));
		}
	}
	return x;
}

static unsigned int spaces_of(const struct names *n)
{
	return n->va != ~0ull ? 0 : n->space < 0 ? 3 : 1u << n->space;
}

static void invalidate(unsigned int cpu, unsigned int cpus, const struct names *n, bool now)
{
	act((struct act){ .what = INVALIDATE,
			  .cpu = cpu,
			  .x = cpus,
			  .y = spaces_of(n),
			  .now = now,
			  .covered = named(n) });
}

static void do_tlbi(unsigned int cpu)
{
	static const uint8_t ops[] = { PWM_VAE1,   PWM_VAAE1,  PWM_VALE1,
				       PWM_VAALE1, PWM_ASIDE1, PWM_VMALLE1 };
	unsigned int op = ops[harness_below(6)], s = (unsigned int)harness_below(2);
	bool all = op == PWM_ASIDE1 || op == PWM_VMALLE1, is = harness_below(3) != 0;
	bool asid = op == PWM_VAE1 || op == PWM_VALE1 || op == PWM_ASIDE1;
	struct names n = { .va = address(harness_below(2) != 0, harness_below(2) != 0,
					 harness_below(2) != 0),
			   .space = asid ? (int)s : -1,
			   .leaves_global = op != PWM_ASIDE1,
			   .pointers = op != PWM_VALE1 && op != PWM_VAALE1 };
	struct pwm_step x = { .op = PWM_OP_TLBI, .cpu = (uint8_t)cpu };

	x.kind = (uint16_t)(op | (is ? PWM_IS : 0));
	x.a = (all ? 0 : n.va >> 12) | (asid ? (uint64_t)(s + 1) << 48 : 0);
	if (all)
		n.va = ~0ull;
	take(x);
	invalidate(cpu, is ? 3 : 1u << cpu, &n, false);
}

static void complete(unsigned int cpu)
{
	barrier(cpu, PWM_DSB_ISH);
	act((struct act){ .what = VISIBLE, .cpu = cpu });
	act((struct act){ .what = COMPLETE, .cpu = cpu });
}

static void synchronise(unsigned int cpu)
{
	barrier(cpu, PWM_ISB);
	act((struct act){ .what = SYNCHRONISE, .cpu = cpu });
}

/*
 * Between the barrier and its context synchronisation a CPU goes on to use what it has invalidated.
 * Until then the other one invalidates nothing: what is under way elsewhere when something comes
 * into use is not followed to the letter (maint.c).
 */
static void go_on(void)
{
	unsigned int r = (unsigned int)harness_below(10);

	if (!r--) {
		complete(window);
		synchronise(window);
		window = RC_CPUS;
	} else if (!r--) {
		complete(window);
	} else if (!r--) {
		do_tlbi(window);
	} else if (!r--) {
		publish((unsigned int)harness_below(RC_CPUS));
	} else {
		do_store((unsigned int)harness_below(RC_CPUS));
	}
}

/* An invalidation, or what completes those under way; stores come in between. */
static void do_arm64(unsigned int cpu)
{
	unsigned int r = (unsigned int)harness_below(5), other = 1 - cpu;

	if (r)
		do_tlbi(cpu);
	if (r == 4) {
		complete(other);
		synchronise(other);
		complete(cpu);
		window = cpu;
	} else if (r != 1) {
		complete(cpu);
		synchronise(cpu);
	}
}

static void do_invlpg(unsigned int cpu)
{
	unsigned int kind = (unsigned int)harness_below(6), s = (unsigned int)harness_below(2);
	struct names n = { .va = address(harness_below(2) != 0, harness_below(2) != 0,
					 harness_below(2) != 0),
			   .space = together ? 0 : (int)cpu,
			   .leaves_global = true,
			   .pointers = true,
			   .every_pointer = !tce };
	struct pwm_step x = { .op = PWM_OP_INVLPG, .cpu = (uint8_t)cpu, .a = n.va };

	if (kind >= 3) { /* INVPCID of one space, of everything, of everything but globals */
		x = (struct pwm_step){ .op = PWM_OP_INVPCID,
				       .cpu = (uint8_t)cpu,
				       .kind = (uint16_t)(kind - 2),
				       .b = s + 1 };
		n.va = ~0ull;
		n.space = kind == 3 ? (int)s : -1;
		n.leaves_global = kind == 4;
		n.every_pointer = true;
	}
	take(x);
	act((struct act){ .what = VISIBLE, .cpu = cpu });
	invalidate(cpu, 1u << cpu, &n, true);
}

/* INVEPT: everything of a root, or of all. */
static void do_invept(unsigned int cpu)
{
	bool all = harness_below(2);
	unsigned int s = (unsigned int)harness_below(2);
	struct names n = { .va = ~0ull, .space = all ? -1 : (int)s, .pointers = true };

	n.leaves_global = all;
	n.every_pointer = true;
	take((struct pwm_step){ .op = PWM_OP_INVEPT,
				.cpu = (uint8_t)cpu,
				.kind = all ? 2 : 1,
				.a = root_of(s) | 0x1e });
	act((struct act){ .what = VISIBLE, .cpu = cpu });
	invalidate(cpu, 1u << cpu, &n, true);
}

/* SFENCE.VMA, or HFENCE.GVMA, for which nothing is global. */
static void do_sfence(unsigned int cpu)
{
	unsigned int which = (unsigned int)harness_below(4), s = (unsigned int)harness_below(2);
	struct names n = { .va = which & PWM_RS1 ?
					 address(harness_below(2) != 0, harness_below(2) != 0,
						 harness_below(2) != 0) :
					 ~0ull,
			   .space = which & PWM_RS2 ? (int)s : -1,
			   .leaves_global = !(which & PWM_RS2),
			   .pointers = !(which & PWM_RS1) };

	publish(cpu);
	take((struct pwm_step){ .op = guest ? PWM_OP_HFENCE_GVMA : PWM_OP_SFENCE,
				.cpu = (uint8_t)cpu,
				.kind = (uint16_t)which,
				.a = !(which & PWM_RS1) ? 0 :
				     guest		? n.va >> 2 :
							  n.va,
				.b = s + 1 });
	invalidate(cpu, 1u << cpu, &n, true);
}

static void random_step(void)
{
	unsigned int cpu = (unsigned int)harness_below(RC_CPUS);
	unsigned int r = (unsigned int)harness_below(100);

	if (window < RC_CPUS) {
		go_on();
	} else if (r < 55) {
		do_store(cpu);
	} else if (r < 65) {
		publish(cpu);
	} else if (arch == PWM_X86 && guest) {
		do_invept(cpu);
	} else if (arch == PWM_X86) {
		do_invlpg(cpu);
	} else if (arch == PWM_RISCV) {
		do_sfence(cpu);
	} else {
		do_arm64(cpu);
	}
	nr_steps++;
}

static void load_root(unsigned int cpu, unsigned int s)
{
	if (guest && arch == PWM_X86)
		take((struct pwm_step){
			.op = PWM_OP_SNAPSHOT, .a = EPT_TOP(s), .b = pointer(table_pa[s]) });
	if (guest)
		take((struct pwm_step){ .op = PWM_OP_ROOT,
					.cpu = (uint8_t)cpu,
					.kind = PWM_GUEST,
					.a = root_of(s) | (arch == PWM_X86 ? 0x1e : 0),
					.c = PWM_STAGE2 | (s + 1) << 16 });
	else
		take((struct pwm_step){ .op = PWM_OP_ROOT,
					.cpu = (uint8_t)cpu,
					.kind = PWM_NOFLUSH,
					.a = table_pa[s],
					.b = s + 1 });
	if (arch == PWM_ARM64)
		barrier(cpu, PWM_ISB);
	act((struct act){ .what = LOAD, .cpu = cpu, .x = s });
}

static bool set_up(void)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .arch = arch,
				  .nr_cpus = RC_CPUS,
				  .va_bits = 39,
				  .levels = 3,
				  .max_unclean = 256,
				  .max_tables = 32,
				  .max_spaces = 4 };

	cfg.features = arch == PWM_X86 ? PWM_PCID | (tce ? PWM_TCE : 0) : 0;
	cfg.bbm = bbm;
	memset(&ref, 0, sizeof(ref));
	ref.tagged = true;
	ref.sizes = arch != PWM_ARM64;
	ref.bbm = bbm;
	return EXPECT(stage_open(&stage, &cfg));
}

/* Does the list without its steps from @skip to @end - 1 end in a difference? */
static bool differs(unsigned int skip, unsigned int end)
{
	bool same = true;

	if (!set_up())
		return false;
	for (unsigned int i = 0; i < nr_acts && same; i++) {
		if (acts[i].step >= skip && acts[i].step < end)
			continue;
		perform(&acts[i]);
		if (i + 1 == nr_acts || acts[i + 1].step != acts[i].step)
			same = compare(false);
	}
	stage_close(&stage);
	return !same;
}

/* The shortest sequence that a difference still follows from, as lines of a litmus file. */
static void shrink(void)
{
	uint64_t stale = nr_stale, miss = missed, more = extra, either = nr_either, bad = nr_wrong;
	char line[128];

	for (unsigned int n = 20; n; n /= 2) {
		for (unsigned int at = 1; at <= nr_now;) {
			unsigned int to = 0;

			if (!differs(at, at + n)) {
				at++;
				continue;
			}
			for (unsigned int i = 0; i < nr_acts; i++)
				if (acts[i].step < at || acts[i].step >= at + n)
					acts[to++] = acts[i];
			if (to == nr_acts)
				at++;
			nr_acts = to;
		}
	}
	for (unsigned int i = 0; i < nr_acts; i++) {
		if (acts[i].what != TAKE)
			continue;
		pwm_step_text(arch, &acts[i].s, line, sizeof(line));
		puts(line);
	}
	if (set_up()) {
		for (unsigned int i = 0; i < nr_acts; i++)
			perform(&acts[i]);
		compare(true);
		stage_close(&stage);
	}
	nr_stale = stale, missed = miss, extra = more, nr_either = either, nr_wrong = bad;
}

static bool scenario(void)
{
	tce = arch == PWM_X86 && harness_below(2);
	globals = !guest && harness_below(2); /* a second stage knows none */
	together = harness_below(2);
	bbm = arch == PWM_ARM64 ? (unsigned int)harness_below(4) : 0;
	nr_acts = nr_now = 0;
	window = RC_CPUS;
	if (!set_up())
		return false;
	load_root(0, 0);
	load_root(1, together ? 0 : 1);
	for (unsigned int n = 0; n < 40; n++) {
		struct pwm_stats st;

		harness_note("step", n);
		nr_now = n + 1;
		random_step();
		if (!compare(false)) {
			stage_close(&stage);
			shrink();
			return false;
		}
		pwm_get_stats(stage.m, &st);
		EXPECT_EQ(st.overflows, 0);
	}
	stage_close(&stage);
	return true;
}

static void run(uint32_t which, bool second_stage, const char *name)
{
	uint64_t end = harness.now_ms() + harness.seconds * 1000 / 5, n = 0;
	uint64_t seed;

	arch = which;
	guest = second_stage;
	nr_steps = nr_stale = nr_either = nr_wrong = missed = extra = 0;
	while (!harness_failures() && (n < 1500 || harness.now_ms() < end)) {
		seed = harness_random();
		(void)seed;
		harness_note("scenario", n++);
		if (!EXPECT(scenario()))
			break;
	}
	printf("%s: %llu steps, %llu with something stale, %llu conflicts and %llu of size only, "
	       "missed %llu, extra %llu, seed %llu\n",
	       name, (unsigned long long)nr_steps, (unsigned long long)nr_stale,
	       (unsigned long long)nr_wrong, (unsigned long long)nr_either,
	       (unsigned long long)missed, (unsigned long long)extra,
	       (unsigned long long)harness.seed);
	EXPECT(nr_stale * 4 > nr_steps);
}

TEST(shadow_arm64)
{
	run(PWM_ARM64, false, "arm64");
}

TEST(shadow_x86)
{
	run(PWM_X86, false, "x86");
}

TEST(shadow_riscv)
{
	run(PWM_RISCV, false, "RISC-V");
}

TEST(shadow_g_stage)
{
	run(PWM_RISCV, true, "RISC-V G-stage");
}

TEST(shadow_ept)
{
	run(PWM_X86, true, "EPT");
}
