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
 * The second form is the first one and more, so a plan that owes both is carried out by the second
 * alone.
 *
 * Stage 2 is invalidated by intermediate physical address, which does not reach the entries that
 * combine both stages: a TLB may keep those under the virtual address alone. So a second TLBI, of
 * everything of stage 1, has to follow, and only after the first has completed, or a combined entry
 * could be made again from a stage 2 entry that is about to go.
 *
 * Sources: Arm ARM (DDI 0487), "TLB maintenance requirements and the TLB maintenance instructions",
 * "Ordering and completion of TLB maintenance instructions", "Using break-before-make".
 */
#include <pagewalk/arm64.h>

/* What the executors know: stage 1, and stage 2 behind it. */
#define NR_REGIMES (PW_ARM64_NR_REGIMES + 1u)
_Static_assert(PW_REGIME_STAGE2 == PW_ARM64_NR_REGIMES, "stage 2 comes last");

/* An operation by address, and the same over a range of them. */
struct pair {
	uint8_t one;
	uint8_t range;
};

struct regime_ops {
	struct pair va;	  /* leaf and cached table walks */
	struct pair leaf; /* last level only */
	struct pair va_any_asid;
	struct pair leaf_any_asid;
	uint8_t all;	 /* everything of every tag */
	uint8_t all_tag; /* everything of one */
	bool asid;	 /* operands carry a tag */
};

#define PAIR(op)                              \
	{                                     \
		PW_ARM64_##op, PW_ARM64_R##op \
	}

/*
 * EL2&0 shares the operations of EL1&0: while HCR_EL2.{E2H,TGE} is {1,1}, as it is in a host
 * kernel at EL2, they act on EL2&0, and only they have a form for all ASIDs.
 */
#define EL10_OPS                                                                         \
	{                                                                                \
		.va = PAIR(VAE1IS), .leaf = PAIR(VALE1IS), .va_any_asid = PAIR(VAAE1IS), \
		.leaf_any_asid = PAIR(VAALE1IS), .all = PW_ARM64_VMALLE1IS,              \
		.all_tag = PW_ARM64_ASIDE1IS, .asid = true                               \
	}

#define UNTAGGED_OPS(both, last, everything, of_tag)                             \
	{                                                                        \
		.va = PAIR(both), .leaf = PAIR(last), .va_any_asid = PAIR(both), \
		.leaf_any_asid = PAIR(last), .all = PW_ARM64_##everything,       \
		.all_tag = PW_ARM64_##of_tag                                     \
	}

static const struct regime_ops regimes[NR_REGIMES] = {
	[PW_REGIME_EL10] = EL10_OPS,
	[PW_REGIME_EL20] = EL10_OPS,
	[PW_REGIME_EL2] = UNTAGGED_OPS(VAE2IS, VALE2IS, ALLE2IS, ALLE2IS),
	[PW_REGIME_EL3] = UNTAGGED_OPS(VAE3IS, VALE3IS, ALLE3IS, ALLE3IS),
	[PW_REGIME_STAGE2] = UNTAGGED_OPS(IPAS2E1IS, IPAS2LE1IS, ALLE1IS, VMALLS12E1IS),
};

static const struct pair *pair_of(const struct pw_flush *f)
{
	const struct regime_ops *r = &regimes[f->regime];
	bool any = f->flags & PW_FLUSH_ANY_ASID;

	if (f->flags & PW_FLUSH_TABLES)
		return any ? &r->va_any_asid : &r->va;
	return any ? &r->leaf_any_asid : &r->leaf;
}

static void tlbi(const struct pw_arm64_executor *e, unsigned int op, uint64_t operand)
{
	e->ops->tlbi(e->ops_ctx, (enum pw_arm64_tlbi)op, operand);
}

/* The level for a hint: only where all entries are leaves of one level, and tables stayed. */
static unsigned int hint_level(const struct pw_arm64_executor *e, const struct pw_flush *f)
{
	if (!(e->caps & PW_CAP_TTL) || (f->flags & PW_FLUSH_TABLES))
		return PW_FLUSH_LEVELS;
	return f->level;
}

static uint16_t tag_of(const struct pw_flush *f)
{
	return regimes[f->regime].asid && !(f->flags & PW_FLUSH_ANY_ASID) ? f->asid : 0;
}

static void run_one(const struct pw_arm64_executor *e, const struct pw_flush *f, uint64_t va)
{
	unsigned int ttl = pw_arm64_tlbi_ttl(f->granule_lg2, hint_level(e, f));

	tlbi(e, pair_of(f)->one, pw_arm64_tlbi_operand(pw_va_of(va), tag_of(f), ttl));
}

/* Step by step. The loop ends by distance, since the last step may be the last of all. */
static void run_steps(const struct pw_arm64_executor *e, const struct pw_flush *f)
{
	uint64_t stride = (uint64_t)1 << f->page_lg2;
	uint64_t va = f->first.v & ~(stride - 1);

	for (;; va += stride) {
		run_one(e, f, va);
		if (f->last.v - va < stride)
			break;
	}
}

/*
 * One range operation: the largest scale that @nr granules fill at least once, and as many of that
 * as they fill. Returns the granules covered.
 */
static uint64_t run_range_op(const struct pw_arm64_executor *e, const struct pw_flush *f,
			     uint64_t va, uint64_t nr)
{
	struct pw_arm64_range r = {
		.base = pw_va_of(va),
		.granule_lg2 = f->granule_lg2,
		.unit_lg2 = f->unit_lg2 ? f->unit_lg2 : f->granule_lg2,
		.level = hint_level(e, f),
		.asid = tag_of(f),
	};
	uint64_t times;

	for (r.scale = 3; !(nr >> (5 * r.scale + 1)); r.scale--)
		;
	times = nr >> (5 * r.scale + 1);
	if (times > 32)
		times = 32;
	r.num = (unsigned int)times - 1;
	tlbi(e, pair_of(f)->range, pw_arm64_tlbi_range_operand(&r));
	return times << (5 * r.scale + 1);
}

/*
 * A range in granules. Range operations cover even numbers of them, so an odd one is left to the
 * end; and with TCR.DS they begin at multiples of 64K, so what comes before goes one by one. From
 * there on, what is covered is a multiple of 64 granules until scale 0 comes, after which at most
 * one granule is left: the base stays aligned.
 */
static void run_ranges(const struct pw_arm64_executor *e, const struct pw_flush *f)
{
	uint64_t granule = (uint64_t)1 << f->granule_lg2;
	uint64_t unit = f->unit_lg2 ? (uint64_t)1 << f->unit_lg2 : granule;
	uint64_t va = f->first.v & ~(granule - 1);
	uint64_t nr = ((f->last.v - va) >> f->granule_lg2) + 1;

	while (nr) {
		uint64_t n = 1;

		if (nr == 1 || (va & (unit - 1)))
			run_one(e, f, va);
		else
			n = run_range_op(e, f, va, nr);
		nr -= n;
		va += n << f->granule_lg2;
	}
}

/* Without addresses? A stage 2 of any VMID, too: by address there is the current one alone. */
static bool is_whole(const struct pw_flush *f)
{
	return (f->flags & PW_FLUSH_ALL) ||
	       ((f->flags & PW_FLUSH_ANY_ASID) && f->regime == PW_REGIME_STAGE2);
}

/* One step needs no range operation, whatever its size. */
static void run_flush(const struct pw_arm64_executor *e, const struct pw_flush *f)
{
	const struct regime_ops *r = &regimes[f->regime];

	if (is_whole(f))
		tlbi(e, f->flags & PW_FLUSH_ANY_ASID ? r->all : r->all_tag,
		     pw_arm64_tlbi_operand(pw_va_of(0), tag_of(f), 0));
	else if ((e->caps & PW_CAP_TLBIRANGE) && f->granule_lg2 &&
		 f->last.v >> f->page_lg2 != f->first.v >> f->page_lg2)
		run_ranges(e, f);
	else
		run_steps(e, f);
}

/* Is this range still to be done, once the full invalidations are? */
static bool is_owed(const struct pw_plan *plan, uint32_t i, bool stage2)
{
	uint32_t regime = plan->ranges[i].regime;

	/* no handle of another architecture can be live, so there are no others */
	return regime < NR_REGIMES && !(plan->full & (1u << regime)) &&
	       (regime == PW_REGIME_STAGE2) == stage2;
}

/* The ranges of one VMID, from the first of them on: @i. */
static void run_vmid(const struct pw_plan *plan, const struct pw_arm64_executor *e, uint32_t i)
{
	uint16_t vmid = plan->ranges[i].asid;
	bool combined = false;

	if (e->vmid)
		e->vmid(e->ops_ctx, vmid, true);
	for (; i < plan->nr_ranges; i++) {
		const struct pw_flush *f = &plan->ranges[i];

		if (!is_owed(plan, i, true) || f->asid != vmid)
			continue;
		run_flush(e, f);
		combined |= !is_whole(f); /* that is of both stages */
	}
	if (combined) {
		e->ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
		tlbi(e, PW_ARM64_VMALLE1IS, 0);
	}
	if (e->vmid) {
		/* the operations must be done with the VMID that they were meant for */
		e->ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
		e->vmid(e->ops_ctx, vmid, false);
	}
}

static void run_stage2(const struct pw_plan *plan, const struct pw_arm64_executor *e)
{
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		uint32_t before = 0;

		if (!is_owed(plan, i, true))
			continue;
		while (!is_owed(plan, before, true) ||
		       plan->ranges[before].asid != plan->ranges[i].asid)
			before++;
		if (before == i)
			run_vmid(plan, e, i);
	}
}

static void run_invalidation(const struct pw_plan *plan, const struct pw_arm64_executor *e)
{
	const struct pw_arm64_ops *ops = e->ops;

	if (plan->before == PW_BEFORE_ALL)
		ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
	else if (plan->before == PW_BEFORE_STORES || plan->publish)
		ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISHST);
	for (uint32_t r = 0; r < NR_REGIMES; r++) {
		if (plan->full & (1u << r))
			tlbi(e, regimes[r].all, 0);
	}
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		if (is_owed(plan, i, false))
			run_flush(e, &plan->ranges[i]);
	}
	run_stage2(plan, e);
	ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISH);
	if (e->x.complete)
		e->x.complete(e->x.ctx, plan);
	ops->isb(e->ops_ctx);
}

void pw_arm64_run_plan(const struct pw_plan *plan, const struct pw_arm64_executor *e)
{
	if (plan->full || plan->nr_ranges) {
		run_invalidation(plan, e);
	} else if (plan->publish) {
		e->ops->dsb(e->ops_ctx, PW_ARM64_DSB_ISHST);
		e->ops->isb(e->ops_ctx);
	}
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
