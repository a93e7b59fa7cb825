/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/x86_plan.h>

static void count_invlpg(void *ctx, struct pw_va va)
{
	struct pw_x86_counter *c = ctx;

	(void)va;
	c->n.invlpg++;
}

static void count_invpcid(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va)
{
	struct pw_x86_counter *c = ctx;

	(void)pcid, (void)va;
	c->n.invpcid++;
	if (type != PW_X86_INVPCID_ADDRESS)
		c->n.full++;
}

static void count_full(void *ctx)
{
	struct pw_x86_counter *c = ctx;

	c->n.full++;
}

static void count_invlpgb(void *ctx, const struct pw_x86_invlpgb *o)
{
	struct pw_x86_counter *c = ctx;

	(void)o;
	c->n.invlpgb++;
}

static void count_tlbsync(void *ctx)
{
	struct pw_x86_counter *c = ctx;

	c->n.tlbsync++;
}

static void count_invept(void *ctx, enum pw_x86_invept type, uint64_t eptp)
{
	(void)type, (void)eptp;
	count_full(ctx);
}

static void count_fence(void *ctx)
{
	(void)ctx;
}

static void count_remote(void *ctx, const struct pw_plan *plan)
{
	struct pw_x86_counter *c = ctx;

	(void)plan;
	c->n.remote++;
}

static void count_run(void *ctx, const struct pw_plan *plan)
{
	struct pw_x86_counter *c = ctx;

	c->n.plans++;
	if (plan->publish)
		c->n.publish++;
	pw_x86_run_plan(plan, &c->e);
}

void pw_x86_counter_init(struct pw_x86_counter *c)
{
	static const struct pw_x86_ops ops = {
		.invlpg = count_invlpg,
		.invpcid = count_invpcid,
		.reload_cr3 = count_full,
		.toggle_pge = count_full,
		.invlpgb = count_invlpgb,
		.tlbsync = count_tlbsync,
		.invept = count_invept,
		.fence = count_fence,
	};

	pw_x86_executor_init(&c->e, &ops, c);
	c->e.x.ctx = c;
	c->e.x.run = count_run;
	c->e.x.remote = count_remote;
	c->n = (struct pw_x86_counts){ 0 };
}
