/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "watch.h"

#define MAX_OWED 64u

static struct {
	struct pwm *m;
	void *mem;
	struct world *w;
	struct pw_env env; /* the world's own hooks */
	struct pw_arm64_executor x;
	uint32_t verdicts;
	bool tolerate;
	char rules[256];
	/* promises of the open batch */
	bool lazy;
	struct {
		uint32_t promise;
		struct pw_range range;
	} owed[MAX_OWED];
	uint32_t nr_owed;
} watch;

/* The model's hooks ---------------------------------------------------------------------------- */

static uint64_t read_entry(void *ctx, uint64_t pa)
{
	const uint64_t *slot = world_virt(ctx, pa, 8);

	return slot ? *slot : 0;
}

/* Pages of the world's memory are compared; of others nobody knows what they hold. */
static int same_contents(void *ctx, uint64_t pa, uint64_t pb, uint64_t len)
{
	const void *a = world_virt(ctx, pa, len), *b = world_virt(ctx, pb, len);

	return a && b && !memcmp(a, b, len);
}

static void found(void *ctx, const struct pwm_verdict *v)
{
	char text[2048];

	(void)ctx;
	watch.verdicts++;
	snprintf(text, sizeof(text), "%s ", v->rule->id);
	if (!strstr(watch.rules, text) && strlen(watch.rules) + strlen(text) < sizeof(watch.rules))
		strcat(watch.rules, text);
	if (watch.tolerate)
		return;
	EXPECT(watch.verdicts == 0);
	pwm_report(watch.m, v, text, sizeof(text), NULL, NULL);
	fputs(text, stdout);
}

/* The environment ------------------------------------------------------------------------------ */

static uint64_t pa_of(const uint64_t *slot)
{
	return watch.w->base + (uint64_t)((const uint8_t *)slot - watch.w->memory);
}

static uint64_t load(void *ctx, const uint64_t *slot)
{
	uint64_t val = watch.env.load(ctx, slot);

	pwm_load(watch.m, 0, pa_of(slot), val);
	return val;
}

static void store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	pwm_store(watch.m, 0, pa_of(slot), val, order == PW_RELEASE ? PWM_RELEASE : PWM_PLAIN);
	watch.env.store(ctx, slot, val, order);
}

static bool cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	if (*slot == *old)
		pwm_store(watch.m, 0, pa_of(slot), val, PWM_CAS | PWM_RELEASE); /* env.h */
	return watch.env.cas(ctx, slot, old, val);
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	void *virt = watch.env.get_table(ctx, pa);

	if (virt)
		pwm_table_new(watch.m, 0, pa->v);
	return virt;
}

static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	pwm_table_free(watch.m, 0, pa.v);
	watch.env.put_table(ctx, pa, virt);
}

/* The executor --------------------------------------------------------------------------------- */

static void dsb(void *ctx, enum pw_arm64_dsb kind)
{
	(void)ctx;
	pwm_barrier(watch.m, 0, kind == PW_ARM64_DSB_ISHST ? PWM_DSB_ISHST : PWM_DSB_ISH);
}

static void isb(void *ctx)
{
	(void)ctx;
	pwm_barrier(watch.m, 0, PWM_ISB);
}

static void tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	static const uint32_t ops[PW_ARM64_NR_TLBI] = {
		[PW_ARM64_VAE1IS] = PWM_VAE1,	  [PW_ARM64_VALE1IS] = PWM_VALE1,
		[PW_ARM64_VAAE1IS] = PWM_VAAE1,	  [PW_ARM64_VAALE1IS] = PWM_VAALE1,
		[PW_ARM64_ASIDE1IS] = PWM_ASIDE1, [PW_ARM64_VMALLE1IS] = PWM_VMALLE1,
		[PW_ARM64_VAE2IS] = PWM_VAE2,	  [PW_ARM64_VALE2IS] = PWM_VALE2,
		[PW_ARM64_ALLE2IS] = PWM_ALLE2,	  [PW_ARM64_VAE3IS] = PWM_VAE3,
		[PW_ARM64_VALE3IS] = PWM_VALE3,	  [PW_ARM64_ALLE3IS] = PWM_ALLE3,
	};

	(void)ctx;
	pwm_tlbi_raw(watch.m, 0, ops[op] | PWM_IS, operand);
}

static const struct pw_arm64_ops watch_ops = { .dsb = dsb, .isb = isb, .tlbi = tlbi };

static void run(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	pw_arm64_run_plan(plan, &watch.x);
}

/* Opening -------------------------------------------------------------------------------------- */

static void load_roots(const struct world *w)
{
	uint32_t half = w->pt.flags & PW_TABLE_UPPER ? PWM_UPPER : PWM_LOWER;

	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		pwm_root_in(watch.m, cpu, half, w->base, w->pt.any_asid ? PWM_ANY_ASID : w->pt.asid,
			    PWM_EL1, 0, (uint32_t)w->pt.va_bits);
		pwm_barrier(watch.m, cpu, PWM_ISB);
	}
}

bool watch_open(struct world *w, uint32_t features)
{
	struct pwm_config cfg = {
		.size = sizeof(cfg),
		.arch = PWM_ARM64,
		.nr_cpus = 2,
		.page_lg2 = w->format->page_lg2,
		.va_bits = (uint32_t)w->pt.va_bits,
		.bbm = w->pt.caps.bbm_level,
		.features = features | (w->format == &world_formats[WORLD_LPA2] ? PWM_LPA2 : 0),
		.max_unclean = 1u << 15,
		.max_tables = 1024,
		.mair = w->pt.mair,
		.ctx = w,
		.read = read_entry,
		.verdict = found,
		.same_contents = same_contents
	};
	size_t len = pwm_size(&cfg);

	memset(&watch, 0, sizeof(watch));
	watch.w = w;
	watch.env = w->env;
	watch.mem = malloc(len);
	watch.m = pwm_init(watch.mem, len, &cfg);
	if (!EXPECT(watch.m != NULL))
		return false;
	pw_arm64_executor_init(&watch.x, &watch_ops, NULL);
	w->env.load = load;
	w->env.store = store;
	w->env.cas = cas;
	w->env.get_table = get_table;
	w->env.put_table = put_table;
	w->exec.run = run;
	w->exec.free_after_grace = NULL;
	load_roots(w);
	return true;
}

void watch_close(void)
{
	struct pwm_stats s;

	pwm_get_stats(watch.m, &s);
	EXPECT_EQ(s.overflows, 0);
	free(watch.mem);
	watch.mem = NULL;
}

struct pwm *watch_model(void)
{
	return watch.m;
}

struct pw_arm64_executor *watch_executor(void)
{
	return &watch.x;
}

uint32_t watch_verdicts(void)
{
	return watch.verdicts;
}

const char *watch_rules(void)
{
	return watch.rules;
}

void watch_tolerate(bool tolerate)
{
	watch.tolerate = tolerate;
}

/* Operations ----------------------------------------------------------------------------------- */

static void owe(uint32_t what, uint64_t first, uint64_t last)
{
	if (!EXPECT(watch.nr_owed < MAX_OWED))
		return;
	watch.owed[watch.nr_owed].promise = what;
	watch.owed[watch.nr_owed++].range = (struct pw_range){ pw_va_of(first), pw_va_of(last) };
}

/*
 * What a batch maps and then changes again is not what it promised: that it does not fault holds
 * for the rest of the mapping only.
 */
static void supersede(struct pw_range range)
{
	uint32_t nr = watch.nr_owed;

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t what = watch.owed[i].promise;
		uint64_t first = watch.owed[i].range.first.v, last = watch.owed[i].range.last.v;

		if ((what & 0xff) != PWM_MAP || first > range.last.v || last < range.first.v)
			continue;
		watch.owed[i].promise = PWM_MAP;
		if (first < range.first.v)
			owe(what, first, range.first.v - 1);
		if (last > range.last.v)
			owe(what, range.last.v + 1, last);
	}
}

static void promise(uint32_t what, struct pw_range range, int err)
{
	if (err) {
		pwm_contract(watch.m, 0, PWM_FAILED, range.first.v, range.last.v);
		return;
	}
	if (!watch.lazy) {
		pwm_contract(watch.m, 0, what, range.first.v, range.last.v);
		return;
	}
	pwm_contract(watch.m, 0, what | PWM_LAZY, range.first.v, range.last.v);
	supersede(range);
	owe(what, range.first.v, range.last.v);
}

static void begin(struct pw_range range)
{
	/* a range that makes no sense begins all the same */
	(void)range;
	pwm_contract(watch.m, 0, PWM_BEGIN, 0, 0);
}

int watch_map(struct world *w, struct pw_range range, struct pw_pa pa, const struct pw_attr *attr,
	      uint32_t flags, struct pw_gather *g)
{
	int err;

	begin(range);
	err = pw_map(&w->pt, range, pa, attr, flags, g, NULL);
	/* what is not valid faults, and what users reach may */
	promise(PWM_MAP | (attr->flags & PW_ATTR_VALID && !(attr->perm & PW_PERM_USER_R) ?
				   PWM_NOFAULT :
				   0),
		range, err);
	return err;
}

/*
 * A load of the page that goes, still on its way: the invalidation must wait for it. Only where
 * there is something to load and the debt is paid at once.
 */
static void load_before(struct pw_range range)
{
	struct pwm_step s = { .op = PWM_OP_ACCESS, .kind = PWM_R, .a = range.first.v };
	struct pwm_outcome o;

	if (!watch.lazy && pwm_outcomes(watch.m, 0, s.a, PWM_R, &o, 1) == 1 && !o.fault)
		pwm_take(watch.m, &s);
}

int watch_unmap(struct world *w, struct pw_range range, uint32_t flags, struct pw_gather *g)
{
	int err;

	begin(range);
	load_before(range);
	err = pw_unmap(&w->pt, range, flags, g, NULL);
	if (err) /* it took nothing away: the load comes back in its own time */
		pwm_barrier(watch.m, 0, PWM_DMB_ISH);
	promise(PWM_UNMAP, range, err);
	return err;
}

int watch_protect(struct world *w, struct pw_range range, const struct pw_change *change,
		  struct pw_gather *g)
{
	int err;

	begin(range);
	err = pw_protect(&w->pt, range, change, 0, g, NULL);
	promise(PWM_PROTECT, range, err);
	return err;
}

int watch_split(struct world *w, struct pw_range range, uint64_t budget, uint32_t flags,
		struct pw_gather *g)
{
	struct pw_sweep s = { .range = range, .next = range.first };
	int err = 0, e;

	while (!s.done && err != PW_ENOMEM) {
		s.budget = budget;
		begin(range);
		e = pw_split(&w->pt, &s, flags, g, NULL);
		promise(PWM_PROTECT, range, 0); /* what was done before an error, too */
		err = e ? e : err;
	}
	return err;
}

void watch_lazy_begin(struct world *w, struct pw_gather *g)
{
	struct pwm_step s = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_BEGIN };

	pw_lazy_enable(g, &w->env);
	pwm_take(watch.m, &s);
	watch.lazy = true;
}

void watch_lazy_end(struct world *w, struct pw_gather *g)
{
	struct pwm_step s = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_END };

	pw_lazy_disable(g, &w->env);
	pwm_take(watch.m, &s);
	watch.lazy = false;
	for (uint32_t i = 0; i < watch.nr_owed; i++) {
		struct pw_range r = watch.owed[i].range;

		pwm_contract(watch.m, 0, watch.owed[i].promise, r.first.v, r.last.v);
	}
	watch.nr_owed = 0;
}
