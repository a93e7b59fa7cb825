/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A plan as x86-64 instructions.
 *
 * What goes away by what:
 *
 *                      leaf of an address   walks of an address   other PCIDs   global entries
 *   INVLPG             yes                  all of this PCID      no            yes
 *   INVPCID 0          yes                  yes                   that one      no
 *   INVPCID 1          all of that PCID     all of that PCID      that one      no
 *   INVPCID 2          everything           everything            all           yes
 *   MOV CR3            all of this PCID     all of this PCID      no            no
 *   CR4.PGE toggled    everything           everything            all           yes
 *
 * INVLPG drops every cached walk of its PCID, but only its own leaf: where a table was unlinked,
 * the leaves below need one each all the same. The plan's range covers them. INVPCID 0, and with
 * EFER.TCE (AMD) INVLPG, drop the walks of their own address only; the range covers an address
 * below each unlinked table, too. No walk is global: those of other PCIDs through a table of all
 * address spaces outlive INVLPG, whatever they led to.
 *
 * One INVLPG is enough for a large page, however many TLB entries hold parts of it, because it
 * looks at the size that the tables say. So sizes may not change without an invalidation of the old
 * one, which collapse and split owe.
 *
 * Remote CPUs. The store must be visible before the other CPU invalidates, or it reads the old
 * entry again right afterwards. An IPI through the memory-mapped APIC is a store and ordered; one
 * through x2APIC's WRMSR is not: hence MFENCE and LFENCE before we ask.
 */
#include <pagewalk/x86_plan.h>

static bool is_mine(const struct pw_flush *f)
{
	return f->regime == PW_REGIME_X86;
}

/* Steps of a range: each is one leaf at least. */
static uint64_t steps_of(const struct pw_flush *f)
{
	return (f->last.v >> f->page_lg2) - (f->first.v >> f->page_lg2) + 1;
}

/* May the current PCID be all that holds such entries, or are they global, which no walk is? */
static bool is_local(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	if (!(e->caps & PW_X86_PCIDE))
		return true;
	if (f->flags & PW_FLUSH_ANY_ASID)
		return (e->caps & PW_X86_ALL_GLOBAL) && !(f->flags & PW_FLUSH_TABLES);
	return f->asid == e->pcid;
}

/* How much is to be done on one CPU? */
enum scope {
	ONE_BY_ONE,
	WHOLE_PCID, /* of entries that are not global */
	EVERYTHING,
};

static enum scope scope_of(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	uint64_t max = e->max_single ? e->max_single : PW_X86_MAX_SINGLE;
	bool pcid = e->caps & PW_X86_PCIDE, invpcid = e->caps & PW_X86_INVPCID;
	bool many = (f->flags & PW_FLUSH_ALL) || steps_of(f) > max;

	if (f->flags & PW_FLUSH_ANY_ASID)
		return many || !is_local(f, e) ? EVERYTHING : ONE_BY_ONE;
	if (pcid && (f->asid != e->pcid || e->twin) && !invpcid)
		return EVERYTHING; /* nothing else reaches another PCID */
	return many ? WHOLE_PCID : ONE_BY_ONE;
}

static void everything(const struct pw_x86_executor *e)
{
	if (e->caps & PW_X86_INVPCID)
		e->ops->invpcid(e->ops_ctx, PW_X86_INVPCID_ALL_GLOBAL, 0, pw_va_of(0));
	else
		e->ops->toggle_pge(e->ops_ctx);
}

/* The PCID of the user half, where isolation gives it one of its own: it caches the same tables. */
static bool has_twin(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	return (e->caps & PW_X86_PCIDE) && e->twin && !(f->flags & PW_FLUSH_ANY_ASID);
}

static uint16_t twin_of(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	return f->asid ^ e->twin;
}

static void whole_pcid(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	if (is_local(f, e))
		e->ops->reload_cr3(e->ops_ctx);
	else
		e->ops->invpcid(e->ops_ctx, PW_X86_INVPCID_PCID, f->asid, pw_va_of(0));
	if (has_twin(f, e))
		e->ops->invpcid(e->ops_ctx, PW_X86_INVPCID_PCID, twin_of(f, e), pw_va_of(0));
}

/* The loop ends by distance, since the last page may be the last of all. */
static void one_by_one(const struct pw_flush *f, const struct pw_x86_executor *e)
{
	uint64_t stride = (uint64_t)1 << f->page_lg2, va = f->first.v & ~(stride - 1);

	for (;; va += stride) {
		if (is_local(f, e))
			e->ops->invlpg(e->ops_ctx, pw_va_of(va));
		else
			e->ops->invpcid(e->ops_ctx, PW_X86_INVPCID_ADDRESS, f->asid, pw_va_of(va));
		if (has_twin(f, e))
			e->ops->invpcid(e->ops_ctx, PW_X86_INVPCID_ADDRESS, twin_of(f, e),
					pw_va_of(va));
		if (f->last.v - va < stride)
			break;
	}
}

static void local_ranges(const struct pw_plan *plan, const struct pw_x86_executor *e)
{
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		const struct pw_flush *f = &plan->ranges[i];

		if (!is_mine(f))
			continue;
		switch (scope_of(f, e)) {
		case EVERYTHING:
			everything(e);
			return;
		case WHOLE_PCID:
			whole_pcid(f, e);
			break;
		case ONE_BY_ONE:
		default:
			one_by_one(f, e);
			break;
		}
	}
}

static bool owes_ept(const struct pw_plan *plan)
{
	bool owed = plan->full & (1u << PW_REGIME_EPT);

	for (uint32_t i = 0; i < plan->nr_ranges; i++)
		owed |= plan->ranges[i].regime == PW_REGIME_EPT;
	return owed;
}

/* EPT knows no invalidation by address: guest-physical and combined mappings of a root, or all. */
static void local_ept(const struct pw_plan *plan, const struct pw_x86_executor *e)
{
	bool all = plan->full & (1u << PW_REGIME_EPT);

	if (owes_ept(plan))
		e->ops->invept(e->ops_ctx, all ? PW_X86_INVEPT_ALL : PW_X86_INVEPT_CONTEXT,
			       all ? 0 : e->eptp);
}

void pw_x86_run_local(const struct pw_plan *plan, const struct pw_x86_executor *e)
{
	if (plan->full & (1u << PW_REGIME_X86))
		everything(e);
	else
		local_ranges(plan, e);
	local_ept(plan, e);
}

static void invlpgb(const struct pw_x86_executor *e, const struct pw_x86_invlpgb_range *r)
{
	struct pw_x86_invlpgb operand = pw_x86_invlpgb_operand(r);

	e->ops->invlpgb(e->ops_ctx, &operand);
}

/* A range by INVLPGB: steps of 4K or 2M, as many at a time as the CPU takes. */
static void broadcast_range(const struct pw_flush *f, const struct pw_x86_executor *e,
			    uint16_t pcid)
{
	bool any = f->flags & PW_FLUSH_ANY_ASID;
	struct pw_x86_invlpgb_range r = {
		.has_pcid = !any && (e->caps & PW_X86_PCIDE),
		.pcid = pcid,
		.global = any,
		.leaf = !(f->flags & PW_FLUSH_TABLES),
		.large = f->page_lg2 >= 21,
	};
	unsigned int lg2 = r.large ? 21 : 12;
	uint64_t max = e->invlpgb_max ? e->invlpgb_max : 1;
	uint64_t va = f->first.v >> lg2 << lg2, nr = ((f->last.v - va) >> lg2) + 1;

	if (f->flags & PW_FLUSH_ALL) { /* no address: everything of the PCID */
		r.leaf = false;
		r.large = false;
		invlpgb(e, &r);
		return;
	}
	while (nr) {
		r.va = pw_va_of(va);
		r.nr = (uint32_t)(nr < max ? nr : max);
		invlpgb(e, &r);
		nr -= r.nr;
		va += (uint64_t)r.nr << lg2;
	}
}

static void broadcast(const struct pw_plan *plan, const struct pw_x86_executor *e)
{
	struct pw_x86_invlpgb_range all = { .global = true };

	if (plan->full & (1u << PW_REGIME_X86)) {
		invlpgb(e, &all);
		e->ops->tlbsync(e->ops_ctx);
		return;
	}
	for (uint32_t i = 0; i < plan->nr_ranges; i++) {
		const struct pw_flush *f = &plan->ranges[i];

		if (!is_mine(f))
			continue;
		broadcast_range(f, e, f->asid);
		if (has_twin(f, e))
			broadcast_range(f, e, twin_of(f, e));
	}
	e->ops->tlbsync(e->ops_ctx);
}

/* Is there anything of linear addresses? */
static bool owes_linear(const struct pw_plan *plan)
{
	bool owed = plan->full & (1u << PW_REGIME_X86);

	for (uint32_t i = 0; i < plan->nr_ranges; i++)
		owed |= is_mine(&plan->ranges[i]);
	return owed;
}

void pw_x86_run_plan(const struct pw_plan *plan, const struct pw_x86_executor *e)
{
	/* INVLPGB knows nothing of the EPT: where that is owed, the others are asked for all */
	bool by_broadcast = (e->caps & PW_X86_INVLPGB) && owes_linear(plan) && !owes_ept(plan);

	if (!plan->full && !plan->nr_ranges)
		return;
	if (by_broadcast) {
		broadcast(plan, e);
	} else {
		pw_x86_run_local(plan, e);
		if (e->x.remote) {
			e->ops->fence(e->ops_ctx);
			e->x.remote(e->x.ctx, plan);
		}
	}
	if (e->x.complete)
		e->x.complete(e->x.ctx, plan);
}

static void run(void *ctx, const struct pw_plan *plan)
{
	pw_x86_run_plan(plan, ctx);
}

void pw_x86_executor_init(struct pw_x86_executor *e, const struct pw_x86_ops *ops, void *ops_ctx)
{
	*e = (struct pw_x86_executor){
		.x = { .size = sizeof(e->x), .ctx = e, .run = run },
		.ops = ops,
		.ops_ctx = ops_ctx,
	};
}
