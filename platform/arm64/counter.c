/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/arm64.h>

static void count_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	struct pw_arm64_counter *c = ctx;

	if (kind == PW_ARM64_DSB_ISHST)
		c->n.dsb_ishst++;
	else
		c->n.dsb_ish++;
}

static void count_isb(void *ctx)
{
	struct pw_arm64_counter *c = ctx;

	c->n.isb++;
}

static void count_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	struct pw_arm64_counter *c = ctx;

	(void)operand;
	c->n.tlbi++;
	if (op == PW_ARM64_ASIDE1IS || !pw_arm64_tlbi_takes_operand(op))
		c->n.tlbi_full++;
	else if (pw_arm64_tlbi_name(op)[0] == 'R')
		c->n.tlbi_range++;
}

static void count_run(void *ctx, const struct pw_plan *plan)
{
	struct pw_arm64_executor *e = ctx;
	struct pw_arm64_counter *c = e->ops_ctx;

	c->n.plans++;
	if (plan->publish)
		c->n.publish++;
	pw_arm64_run_plan(plan, e);
}

void pw_arm64_counter_init(struct pw_arm64_counter *c)
{
	static const struct pw_arm64_ops ops = {
		.dsb = count_dsb,
		.isb = count_isb,
		.tlbi = count_tlbi,
	};

	pw_arm64_executor_init(&c->e, &ops, c);
	c->e.x.run = count_run;
	c->n = (struct pw_arm64_counts){ 0 };
}
