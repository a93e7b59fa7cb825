/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/riscv_plan.h>

static void count(struct pw_riscv_counter *c, uint64_t *what, const struct pw_riscv_fence *f)
{
	++*what;
	if (!f->has_rs1)
		c->n.full++;
}

static void count_sfence(void *ctx, const struct pw_riscv_fence *f)
{
	struct pw_riscv_counter *c = ctx;

	count(c, &c->n.sfence, f);
}

static void count_hfence(void *ctx, const struct pw_riscv_fence *f)
{
	struct pw_riscv_counter *c = ctx;

	count(c, &c->n.hfence, f);
}

static void count_inval(void *ctx, const struct pw_riscv_fence *f)
{
	struct pw_riscv_counter *c = ctx;

	count(c, &c->n.sinval, f);
}

/* Those that only order cost nothing that a plan could save. */
static void count_nothing(void *ctx)
{
	(void)ctx;
}

static void count_remote(void *ctx, const struct pw_plan *plan)
{
	struct pw_riscv_counter *c = ctx;

	(void)plan;
	c->n.remote++;
}

static void count_run(void *ctx, const struct pw_plan *plan)
{
	struct pw_riscv_counter *c = ctx;

	c->n.plans++;
	if (plan->publish)
		c->n.publish++;
	pw_riscv_run_plan(plan, &c->e);
}

void pw_riscv_counter_init(struct pw_riscv_counter *c)
{
	static const struct pw_riscv_ops ops = {
		.sfence_vma = count_sfence,
		.hfence_gvma = count_hfence,
		.sinval_vma = count_inval,
		.hinval_gvma = count_inval,
		.sfence_w_inval = count_nothing,
		.sfence_inval_ir = count_nothing,
		.fence = count_nothing,
	};

	pw_riscv_executor_init(&c->e, &ops, c);
	c->e.x.ctx = c;
	c->e.x.run = count_run;
	c->e.x.remote = count_remote;
	c->n = (struct pw_riscv_counts){ 0 };
}
