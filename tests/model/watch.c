/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "feed.h"
#include "watch.h"

#define MAX_OWED 64u

static struct {
	struct pwm *m;
	void *mem;
	struct world *w;
	struct pw_env env; /* the world's own hooks */
	uint32_t verdicts;
	const char *either; /* a rule: it is for the program to live with either translation */
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
	if (watch.either && v->cls == PWM_UNPRED && !strcmp(v->rule->id, watch.either))
		return;
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

static void run(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	feed_run(plan);
}

/* Opening -------------------------------------------------------------------------------------- */

bool watch_open(struct world *w, uint32_t features)
{
	return watch_open_with(w, features, 0);
}

bool watch_open_with(struct world *w, uint32_t features, uint32_t caps)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .nr_cpus = 2,
				  .page_lg2 = w->format->page_lg2,
				  .bbm = w->pt.caps.bbm_level,
				  .max_unclean = 1u << 15,
				  .max_tables = 1024,
				  .mair = w->pt.mair,
				  .ctx = w,
				  .read = read_entry,
				  .verdict = found,
				  .same_contents = same_contents };
	size_t len;

	feed_config(w, features, &cfg);
	len = pwm_size(&cfg);
	memset(&watch, 0, sizeof(watch));
	watch.w = w;
	w->unobserved = true;
	watch.env = w->env;
	watch.mem = malloc(len);
	watch.m = pwm_init(watch.mem, len, &cfg);
	if (!EXPECT(watch.m != NULL))
		return false;
	w->env.load = load;
	w->env.store = store;
	w->env.cas = cas;
	w->env.get_table = get_table;
	w->env.put_table = put_table;
	w->exec.run = run;
	w->exec.free_after_grace = NULL;
	feed_open(watch.m, w, caps);
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
	return feed_arm64();
}

uint32_t watch_verdicts(void)
{
	return watch.verdicts;
}

const char *watch_rules(void)
{
	return watch.rules;
}

void watch_either(const char *rule)
{
	watch.either = rule;
}

void watch_tolerate(bool tolerate)
{
	watch.tolerate = tolerate;
}

/* Operations ----------------------------------------------------------------------------------- */

/* A promise about the world's addresses. */
static void contract(uint32_t what, uint64_t first, uint64_t last)
{
	struct pwm_step s = { .op = PWM_OP_CONTRACT,
			      .kind = (uint16_t)what,
			      .a = first,
			      .b = last,
			      .c = feed_regime() };

	pwm_take(watch.m, &s);
}

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
		contract(PWM_FAILED, range.first.v, range.last.v);
		return;
	}
	if (!watch.lazy) {
		contract(what, range.first.v, range.last.v);
		return;
	}
	contract(what | PWM_LAZY, range.first.v, range.last.v);
	supersede(range);
	owe(what, range.first.v, range.last.v);
}

static void begin(struct pw_range range)
{
	/* a range that makes no sense begins all the same */
	(void)range;
	contract(PWM_BEGIN, 0, 0);
}

int watch_map(struct world *w, struct pw_range range, struct pw_pa pa, const struct pw_attr *attr,
	      uint32_t flags, struct pw_gather *g)
{
	uint32_t what = PWM_MAP;
	int err;

	begin(range);
	err = pw_map(&w->pt, range, pa, attr, flags, g, NULL);
	/* what is not valid faults, what users reach may, and on RISC-V anything: for a while with
	   Svvptc, and where the fault handler fences and tries again */
	if ((attr->flags & PW_ATTR_VALID) && !(attr->perm & PW_PERM_USER_R) &&
	    !(w->pt.caps.flags & (PW_CAP_SVVPTC | PW_CAP_FIX_UP)))
		what |= PWM_NOFAULT;
	promise(what, range, err);
	return err;
}

/*
 * A load of the page that goes, still on its way: the invalidation must wait for it. Only where
 * there is something to load and the debt is paid at once.
 */
void watch_load_before(struct pw_range range)
{
	struct pwm_step s = { .op = PWM_OP_ACCESS, .kind = PWM_R, .a = range.first.v };
	struct pwm_outcome o;

	if (!watch.lazy && feed_regime() == PWM_EL1 &&
	    pwm_outcomes(watch.m, 0, s.a, PWM_R, &o, 1) == 1 && !o.fault)
		pwm_take(watch.m, &s);
}

int watch_unmap(struct world *w, struct pw_range range, uint32_t flags, struct pw_gather *g)
{
	int err;

	begin(range);
	watch_load_before(range);
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

int watch_collapse(struct world *w, struct pw_range range, uint32_t flags, struct pw_gather *g)
{
	struct pw_sweep sweep = { .range = range, .next = range.first };
	int err = 0, e;

	while (!sweep.done) {
		sweep.budget = 600;
		begin(range);
		e = pw_collapse(&w->pt, &sweep, flags, g, NULL);
		if (e && e != PW_EBUSY) {
			promise(PWM_PROTECT, range, e);
			return e;
		}
		promise(PWM_PROTECT, range, 0); /* what was refused is as it was */
		err = e ? e : err;
	}
	return err;
}

void watch_lazy_begin(struct world *w, struct pw_gather *g)
{
	struct pwm_step s = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_BEGIN };

	pw_lazy_enable(g, &w->env);
	if (feed_has_lazy())
		pwm_take(watch.m, &s);
	watch.lazy = true;
}

void watch_lazy_end(struct world *w, struct pw_gather *g)
{
	struct pwm_step s = { .op = PWM_OP_LAZY, .kind = PWM_LAZY_END };

	pw_lazy_disable(g, &w->env);
	if (feed_has_lazy())
		pwm_take(watch.m, &s);
	watch.lazy = false;
	for (uint32_t i = 0; i < watch.nr_owed; i++) {
		struct pw_range r = watch.owed[i].range;

		contract(watch.owed[i].promise, r.first.v, r.last.v);
	}
	watch.nr_owed = 0;
}
