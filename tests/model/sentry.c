/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Every live world of every test runs on the model: what its hooked instance stores, which table
 * pages come and go, and the plans, as the instructions that the executor of the architecture makes
 * of them. A verdict is a violation of the world's, and so a failure of the test.
 *
 * No promise is known here (engine_test and reshape_test make those, watch.c); but that what is
 * stored may be stored, that what is freed is not walked any more, and, when a world is closed with
 * nothing stored since its latest plan, that nothing is stale.
 *
 * The model comes with the first store, when the test has said what the machine can do. Loads are
 * not reported, so what tests do behind the engine's back needs no steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "feed.h"

/* of one world; the first says most */
#define MAX_REPORTS 4u

struct sentry {
	struct world *w;
	struct pwm *m;
	uint64_t nr_stores;
	uint64_t nr_settled; /* stores when the latest plan was run */
};

static uint64_t read_entry(void *ctx, uint64_t pa)
{
	const struct sentry *s = ctx;
	const uint64_t *slot = world_virt(s->w, pa, 8);

	/* other threads may read the tables, or mark what they use */
	return slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;
}

/* Pages of the world's memory are compared; of others nobody knows what they hold. */
static int same_contents(void *ctx, uint64_t pa, uint64_t pb, uint64_t len)
{
	const struct sentry *s = ctx;
	const void *a = world_virt(s->w, pa, len), *b = world_virt(s->w, pb, len);

	return a && b && !memcmp(a, b, len);
}

static void found(void *ctx, const struct pwm_verdict *v)
{
	struct sentry *s = ctx;
	char text[2048];

	/* for the program to live with, by design: a size change in place */
	if (v->cls == PWM_UNPRED &&
	    (!strcmp(v->rule->id, "A64-BBM-5") || !strcmp(v->rule->id, "X86-SIZE-1") ||
	     !strcmp(v->rule->id, "RV-TLB-8")))
		return;
	s->w->violations++;
	EXPECT(s->w->violations == 0);
	if (s->w->violations > MAX_REPORTS)
		return;
	pwm_report(s->m, v, text, sizeof(text), NULL, NULL);
	printf("%s: %s", s->w->format->name, text);
}

static uint32_t features_of(const struct world *w)
{
	uint32_t caps = w->pt.caps.flags, f = 0;

	if (w->pt.regime >= PW_REGIME_RISCV)
		return caps & PW_CAP_SVADU ? PWM_SVADU : 0;
	f |= caps & (PW_CAP_HAF | PW_CAP_HD) ? PWM_HAF : 0;
	f |= caps & PW_CAP_HD ? PWM_HD : 0;
	return f | (w->pt.caps.bbm_level == 1 ? PWM_NT : 0);
}

/* Live tables of a format that the model has. */
static bool watched(const struct world *w)
{
	return (w->pt.flags & PW_TABLE_LIVE) && w->format != &world_formats[WORLD_FAKE];
}

static struct sentry *sentry_of(struct world *w)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .nr_cpus = 2,
				  .page_lg2 = w->format->page_lg2,
				  .bbm = w->pt.caps.bbm_level,
				  .max_unclean = 4096,
				  .max_tables = 1024,
				  .mair = w->pt.regime == PW_REGIME_STAGE2 ? 0 : w->pt.mair,
				  .read = read_entry,
				  .verdict = found,
				  .same_contents = same_contents };
	struct sentry *s = w->sentry;
	size_t len;

	if (s) {
		feed_use(s->m, w);
		return s;
	}
	if (!watched(w))
		return NULL;
	feed_config(w, features_of(w), &cfg);
	cfg.ctx = s = calloc(1, sizeof(*s));
	len = pwm_size(&cfg);
	s->w = w;
	s->m = pwm_init(malloc(len), len, &cfg);
	w->sentry = s;
	if (!EXPECT(s->m != NULL))
		abort();
	feed_open(s->m, w, 0);
	return s;
}

static void on_store(struct world *w, const uint64_t *slot, uint64_t val, enum world_store how)
{
	static const uint32_t kinds[] = { [WORLD_PLAIN] = PWM_PLAIN,
					  [WORLD_RELEASE] = PWM_RELEASE,
					  [WORLD_CAS] = PWM_CAS | PWM_RELEASE };
	struct sentry *s = sentry_of(w);

	if (!s)
		return;
	s->nr_stores++;
	pwm_store(s->m, 0, w->base + (uint64_t)((const uint8_t *)slot - w->memory), val,
		  kinds[how]);
}

static void on_page(struct world *w, uint64_t pa, bool comes)
{
	struct sentry *s = sentry_of(w);

	if (!s)
		return;
	if (comes)
		pwm_table_new(s->m, 0, pa);
	else
		pwm_table_free(s->m, 0, pa);
}

static void on_run(struct world *w, const struct pw_plan *plan)
{
	struct sentry *s = w->sentry ? sentry_of(w) : NULL;

	if (!s)
		return;
	feed_run(plan);
	s->nr_settled = s->nr_stores;
}

static void on_close(struct world *w)
{
	struct sentry *s = w->sentry ? sentry_of(w) : NULL;
	struct pwm_step step = { .op = PWM_OP_CONTRACT, .kind = PWM_UNMAP, .b = ~(uint64_t)0 };

	if (!s)
		return;
	step.c = feed_regime();
	if (s->nr_settled == s->nr_stores)
		pwm_take(s->m, &step);
	free(s->m);
	free(s);
	w->sentry = NULL;
}

static const struct world_observer observer = {
	.store = on_store, .page = on_page, .run = on_run, .close = on_close
};

__attribute__((constructor)) static void begin(void)
{
	world_observer = &observer;
}
