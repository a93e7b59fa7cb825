/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A plan as arm64 instructions.
 *
 * Publishing needs two steps: "dsb ishst" makes the stores visible to the table walkers of all
 * CPUs, and "isb" drops what this CPU already fetched or speculated from the entry while it was
 * invalid. Kernel code takes no fault for a mapping that was just made, so neither may be left out.
 *
 * Invalidating needs four: a barrier, or a walker could still read the old entry and cache it again
 * after the TLBI; the TLBIs, which broadcast; "dsb ish" to wait until every CPU has done them, the
 * completion of accesses that used the old translation included; and "isb" for this CPU, whose
 * instructions behind the barrier may already have been translated the old way.
 *
 * The barrier in front is "dsb ishst" where only stores matter. Where a page goes away it must be
 * the full "dsb ish": an older load of this CPU may still be waiting for its translation, and would
 * fault or read another page if the invalidation passed it.
 *
 * Sources: Arm ARM (DDI 0487), "TLB maintenance requirements and the TLB maintenance instructions",
 * "Ordering and completion of TLB maintenance instructions", "Using break-before-make".
 */
#include <pagewalk/arm64.h>

struct regime_ops {
	enum pw_arm64_tlbi all;
	enum pw_arm64_tlbi va;	 /* leaf and cached table walks */
	enum pw_arm64_tlbi leaf; /* last level only */
	enum pw_arm64_tlbi va_any_asid;
	enum pw_arm64_tlbi leaf_any_asid;
	bool asid; /* translations are tagged */
};

/*
 * EL2&0 shares the operations of EL1&0: while HCR_EL2.{E2H,TGE} is {1,1}, as it is in a host
 * kernel at EL2, they act on EL2&0, and only they have a form for all ASIDs.
 */
#define EL10_OPS                                                                         \
	{                                                                                \
		PW_ARM64_VMALLE1IS, PW_ARM64_VAE1IS, PW_ARM64_VALE1IS, PW_ARM64_VAAE1IS, \
			PW_ARM64_VAALE1IS, true                                          \
	}

static const struct regime_ops regimes[PW_ARM64_NR_REGIMES] = {
	[PW_REGIME_EL10] = EL10_OPS,
	[PW_REGIME_EL20] = EL10_OPS,
	[PW_REGIME_EL2] = { PW_ARM64_ALLE2IS, PW_ARM64_VAE2IS, PW_ARM64_VALE2IS, PW_ARM64_VAE2IS,
			    PW_ARM64_VALE2IS, false },
	[PW_REGIME_EL3] = { PW_ARM64_ALLE3IS, PW_ARM64_VAE3IS, PW_ARM64_VALE3IS, PW_ARM64_VAE3IS,
			    PW_ARM64_VALE3IS, false },
};

static enum pw_arm64_tlbi range_op(const struct pw_flush *f)
{
	const struct regime_ops *r = &regimes[f->regime];
	bool any = f->flags & PW_FLUSH_ANY_ASID;

	if (f->flags & PW_FLUSH_TABLES)
		return any ? r->va_any_asid : r->va;
	return any ? r->leaf_any_asid : r->leaf;
}

/*
 * No level hint: a hint that is wrong invalidates nothing, and a plan does not say whether the CPU
 * has FEAT_TTL. The loop ends by distance, since the last page may be the last of all.
 */
static void run_range(const struct pw_arm64_executor *e, const struct pw_flush *f)
{
	enum pw_arm64_tlbi op = range_op(f);
	bool tagged = regimes[f->regime].asid && !(f->flags & PW_FLUSH_ANY_ASID);
	uint64_t stride = (uint64_t)1 << f->page_lg2;
	uint64_t va = f->first.v & ~(stride - 1);

	for (;;) {
		e->ops->tlbi(e->ops_ctx, op,
			     pw_arm64_tlbi_operand(pw_va_of(va), tagged ? f->asid : 0, 0));
		if (f->last.v - va < stride)
			break;
		va += stride;
	}
}

static void run_full(const struct pw_arm64_executor *e, uint32_t full)
{
	for (uint32_t r = 0; r < PW_ARM64_NR_REGIMES; r++)
		if (full & (1u << r))
			e->ops->tlbi(e->ops_ctx, regimes[r].all, 0);
}

static void run_invalidation(const struct pw_plan *plan, const struct pw_arm64_executor *e)
{
	const struct pw_arm64_ops *ops = e->ops;

	if (plan->before == PW_BEFORE_STORES)
		ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISHST);
	else if (plan->before == PW_BEFORE_ALL)
		ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
	run_full(e, plan->full);
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		uint32_t regime = plan->ranges[i].regime;

		/* no handle of another architecture is live, so there are no others */
		if (regime < PW_ARM64_NR_REGIMES && !(plan->full & (1u << regime)))
			run_range(e, &plan->ranges[i]);
	}
	ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
	if (e->x.complete)
		e->x.complete(e->x.ctx, plan);
	ops->isb(e->ops_ctx);
}

void pw_arm64_run_plan(const struct pw_plan *plan, const struct pw_arm64_executor *e)
{
	if (plan->publish) {
		e->ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISHST);
		e->ops->isb(e->ops_ctx);
	}
	if (plan->full || plan->nr_ranges)
		run_invalidation(plan, e);
}

static void run(void *ctx, const struct pw_plan *plan)
{
	pw_arm64_run_plan(plan, ctx);
}

void pw_arm64_executor_init(struct pw_arm64_executor *e, const struct pw_arm64_ops *ops,
			    void *ops_ctx)
{
	*e = (struct pw_arm64_executor){
		.x = { .size = sizeof(e->x), .ctx = e, .run = run },
		.ops = ops,
		.ops_ctx = ops_ctx,
	};
}
