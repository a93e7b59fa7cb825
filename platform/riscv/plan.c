/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A plan as RISC-V fences.
 *
 * What a fence orders, earlier stores before later implicit reads of this hart:
 *
 *   sfence.vma x0, x0     every level, every address space
 *   sfence.vma x0, asid   every level, this address space but what is global
 *   sfence.vma va, x0     leaves of this address, every address space
 *   sfence.vma va, asid   leaves of this address, this address space but what is global
 *
 * So a changed pointer needs a fence without an address: one with the address would leave the old
 * pointer in use. The G-stage's HFENCE.GVMA is of the same kind, with VMIDs, and its address comes
 * shifted right by 2, because guest-physical addresses have two bits more than a register could
 * otherwise hold (Sv32x4; the shift is the same in all modes).
 *
 * With Svinval many addresses need two fences in all instead of one each: SFENCE.W.INVAL orders the
 * stores before the invalidations, SFENCE.INVAL.IR those before what follows.
 */
#include <pagewalk/riscv_plan.h>

static bool guest(const struct pw_flush *f)
{
	return f->regime == PW_REGIME_RISCV_G;
}

static bool is_mine(const struct pw_plan *plan, const struct pw_flush *f)
{
	return (f->regime == PW_REGIME_RISCV || guest(f)) && !(plan->full & (1u << f->regime));
}

/* One fence, or one invalidation between the two fences of Svinval. */
static void fence(const struct pw_riscv_executor *e, bool g_stage, bool inval,
		  const struct pw_riscv_fence *f)
{
	const struct pw_riscv_ops *ops = e->ops;

	if (g_stage && inval)
		ops->hinval_gvma(e->ops_ctx, f);
	else if (g_stage)
		ops->hfence_gvma(e->ops_ctx, f);
	else if (inval)
		ops->sinval_vma(e->ops_ctx, f);
	else
		ops->sfence_vma(e->ops_ctx, f);
}

static bool one_by_one(const struct pw_flush *f, const struct pw_riscv_executor *e)
{
	uint64_t max = e->max_single ? e->max_single : PW_RISCV_MAX_SINGLE;
	uint64_t more = (f->last.v >> f->page_lg2) - (f->first.v >> f->page_lg2);

	return !(f->flags & (PW_FLUSH_TABLES | PW_FLUSH_ALL)) && more < max;
}

/* The loop ends by distance, since the last page may be the last of all. */
static void run_flush(const struct pw_riscv_executor *e, const struct pw_flush *f, bool inval)
{
	uint64_t stride = (uint64_t)1 << f->page_lg2, va = f->first.v & ~(stride - 1);
	struct pw_riscv_fence op = { .rs2 = f->asid, .has_rs2 = !(f->flags & PW_FLUSH_ANY_ASID) };

	if (!one_by_one(f, e)) {
		fence(e, guest(f), inval, &op);
		return;
	}
	op.has_rs1 = true;
	for (;; va += stride) {
		op.rs1 = guest(f) ? va >> 2 : va;
		fence(e, guest(f), inval, &op);
		if (f->last.v - va < stride)
			break;
	}
}

static void run_full(const struct pw_plan *plan, const struct pw_riscv_executor *e, bool inval)
{
	static const struct pw_riscv_fence all = { 0 };

	if (plan->full & (1u << PW_REGIME_RISCV))
		fence(e, false, inval, &all);
	if (plan->full & (1u << PW_REGIME_RISCV_G))
		fence(e, true, inval, &all);
}

void pw_riscv_run_local(const struct pw_plan *plan, const struct pw_riscv_executor *e)
{
	bool inval = e->caps & PW_RISCV_SVINVAL;

	if (inval)
		e->ops->sfence_w_inval(e->ops_ctx);
	run_full(plan, e, inval);
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		if (is_mine(plan, &plan->ranges[i]))
			run_flush(e, &plan->ranges[i], inval);
	}
	if (inval)
		e->ops->sfence_inval_ir(e->ops_ctx);
}

void pw_riscv_run_plan(const struct pw_plan *plan, const struct pw_riscv_executor *e)
{
	if (!plan->full && !plan->nr_ranges)
		return;
	pw_riscv_run_local(plan, e);
	if (e->x.remote) {
		e->ops->fence(e->ops_ctx);
		e->x.remote(e->x.ctx, plan);
	}
	if (e->x.complete)
		e->x.complete(e->x.ctx, plan);
}

static void run(void *ctx, const struct pw_plan *plan)
{
	pw_riscv_run_plan(plan, ctx);
}

void pw_riscv_executor_init(struct pw_riscv_executor *e, const struct pw_riscv_ops *ops,
			    void *ops_ctx)
{
	*e = (struct pw_riscv_executor){
		.x = { .size = sizeof(e->x), .ctx = e, .run = run },
		.ops = ops,
		.ops_ctx = ops_ctx,
	};
}
