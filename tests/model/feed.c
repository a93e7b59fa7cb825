/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/riscv_plan.h>
#include <pagewalk/x86_plan.h>

#include "../harness/harness.h"
#include "feed.h"

static struct {
	struct pwm *m;
	const struct world *w;
	uint32_t cpu; /* who executes: 1 while it is asked */
	struct pw_arm64_executor arm64;
	struct pw_x86_executor x86;
	struct pw_riscv_executor riscv;
} feed;

static void take(uint32_t op, uint32_t kind, uint64_t a, uint64_t b)
{
	struct pwm_step s = {
		.op = (uint8_t)op, .cpu = (uint8_t)feed.cpu, .kind = (uint16_t)kind, .a = a, .b = b
	};

	EXPECT_EQ(pwm_take(feed.m, &s), 0);
}

static void barrier(uint32_t kind)
{
	pwm_barrier(feed.m, feed.cpu, kind);
}

/* arm64 ---------------------------------------------------------------------------------------- */

static void dsb(void *ctx, enum pw_arm64_dsb kind)
{
	(void)ctx;
	barrier(kind == PW_ARM64_DSB_ISHST ? PWM_DSB_ISHST : PWM_DSB_ISH);
}

static void isb(void *ctx)
{
	(void)ctx;
	barrier(PWM_ISB);
}

static void tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	static const uint32_t ops[PW_ARM64_NR_TLBI] = {
		[PW_ARM64_VAE1IS] = PWM_VAE1,
		[PW_ARM64_VALE1IS] = PWM_VALE1,
		[PW_ARM64_VAAE1IS] = PWM_VAAE1,
		[PW_ARM64_VAALE1IS] = PWM_VAALE1,
		[PW_ARM64_ASIDE1IS] = PWM_ASIDE1,
		[PW_ARM64_VMALLE1IS] = PWM_VMALLE1,
		[PW_ARM64_VAE2IS] = PWM_VAE2,
		[PW_ARM64_VALE2IS] = PWM_VALE2,
		[PW_ARM64_ALLE2IS] = PWM_ALLE2,
		[PW_ARM64_VAE3IS] = PWM_VAE3,
		[PW_ARM64_VALE3IS] = PWM_VALE3,
		[PW_ARM64_ALLE3IS] = PWM_ALLE3,
		[PW_ARM64_RVAE1IS] = PWM_VAE1 | PWM_RANGED,
		[PW_ARM64_RVALE1IS] = PWM_VALE1 | PWM_RANGED,
		[PW_ARM64_RVAAE1IS] = PWM_VAAE1 | PWM_RANGED,
		[PW_ARM64_RVAALE1IS] = PWM_VAALE1 | PWM_RANGED,
		[PW_ARM64_RVAE2IS] = PWM_VAE2 | PWM_RANGED,
		[PW_ARM64_RVALE2IS] = PWM_VALE2 | PWM_RANGED,
		[PW_ARM64_RVAE3IS] = PWM_VAE3 | PWM_RANGED,
		[PW_ARM64_RVALE3IS] = PWM_VALE3 | PWM_RANGED,
		[PW_ARM64_IPAS2E1IS] = PWM_IPAS2E1,
		[PW_ARM64_IPAS2LE1IS] = PWM_IPAS2LE1,
		[PW_ARM64_RIPAS2E1IS] = PWM_IPAS2E1 | PWM_RANGED,
		[PW_ARM64_RIPAS2LE1IS] = PWM_IPAS2LE1 | PWM_RANGED,
		[PW_ARM64_VMALLS12E1IS] = PWM_VMALLS12E1,
		[PW_ARM64_ALLE1IS] = PWM_ALLE1,
	};

	(void)ctx;
	pwm_tlbi_raw(feed.m, feed.cpu, ops[op] | PWM_IS, operand);
}

static const struct pw_arm64_ops arm64_ops = { .dsb = dsb, .isb = isb, .tlbi = tlbi };

/* The guest is the current one already. */
static void vmid(void *ctx, uint16_t id, bool enter)
{
	(void)ctx, (void)enter;
	EXPECT(feed.w->pt.any_asid || id == feed.w->pt.asid);
}

/* x86-64 --------------------------------------------------------------------------------------- */

/* Write-back walks of the world's levels; accessed and dirty flags if it has them. */
static uint64_t eptp_of(const struct world *w)
{
	bool ad = w->pt.caps.flags & (PW_CAP_HAF | PW_CAP_HD);

	return w->base | (uint64_t)(w->pt.levels - 1) << 3 | 6 | (ad ? 1 << 6 : 0);
}

static void invlpg(void *ctx, struct pw_va va)
{
	(void)ctx;
	take(PWM_OP_INVLPG, 0, va.v, 0);
}

static void invpcid(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va)
{
	(void)ctx;
	take(PWM_OP_INVPCID, type, va.v, pcid);
}

static void reload_cr3(void *ctx)
{
	(void)ctx;
	take(PWM_OP_ROOT, PWM_LOWER, feed.w->base, feed.w->pt.asid);
}

static void toggle_pge(void *ctx)
{
	(void)ctx;
	take(PWM_OP_SYSREG, PWM_CR4_PGE, 0, 0);
}

/* The model knows pages and everything; a range is its pages. */
static void invlpgb(void *ctx, const struct pw_x86_invlpgb *o)
{
	uint64_t step = o->ecx & 1u << 31 ? 1ull << 21 : 4096, nr = (o->ecx & 0xffff) + 1u;
	uint64_t pcid = o->rax & 2 ? o->edx >> 16 & 0xfff : feed.w->pt.asid;

	(void)ctx;
	if (!(o->rax & 1)) {
		take(PWM_OP_INVLPGB, 1, 0, pcid);
		return;
	}
	for (uint64_t i = 0; i < nr; i++)
		take(PWM_OP_INVLPGB, 0, (o->rax & ~0xfffull) + i * step, pcid);
}

static void invept(void *ctx, enum pw_x86_invept type, uint64_t eptp)
{
	(void)ctx;
	take(PWM_OP_INVEPT, type, eptp, 0);
}

static void tlbsync(void *ctx)
{
	(void)ctx;
	barrier(PWM_TLBSYNC);
}

static void x86_fence(void *ctx)
{
	(void)ctx;
	barrier(PWM_MFENCE);
}

static const struct pw_x86_ops x86_ops = {
	.invlpg = invlpg,
	.invpcid = invpcid,
	.reload_cr3 = reload_cr3,
	.toggle_pge = toggle_pge,
	.invlpgb = invlpgb,
	.tlbsync = tlbsync,
	.invept = invept,
	.fence = x86_fence,
};

static void x86_remote(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	take(PWM_OP_IPI, 0, 1, 0);
	feed.cpu = 1;
	pw_x86_run_local(plan, &feed.x86);
	feed.cpu = 0;
}

/* RISC-V --------------------------------------------------------------------------------------- */

static void fenced(uint32_t op, const struct pw_riscv_fence *f)
{
	take(op, (f->has_rs1 ? PWM_RS1 : 0) | (f->has_rs2 ? PWM_RS2 : 0), f->rs1, f->rs2);
}

static void sfence_vma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	fenced(PWM_OP_SFENCE, f);
}

static void sinval_vma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	fenced(PWM_OP_SINVAL, f);
}

static void hfence_gvma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	fenced(PWM_OP_HFENCE_GVMA, f);
}

static void hinval_gvma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	fenced(PWM_OP_HINVAL_GVMA, f);
}

static void w_inval(void *ctx)
{
	(void)ctx;
	barrier(PWM_SFENCE_W);
}

static void inval_ir(void *ctx)
{
	(void)ctx;
	barrier(PWM_SFENCE_IR);
}

static void riscv_fence(void *ctx)
{
	(void)ctx;
	barrier(PWM_FENCE);
}

static const struct pw_riscv_ops riscv_ops = {
	.sfence_vma = sfence_vma,
	.hfence_gvma = hfence_gvma,
	.sinval_vma = sinval_vma,
	.hinval_gvma = hinval_gvma,
	.sfence_w_inval = w_inval,
	.sfence_inval_ir = inval_ir,
	.fence = riscv_fence,
};

static void riscv_remote(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	take(PWM_OP_IPI, 0, 1, 0);
	feed.cpu = 1;
	pw_riscv_run_local(plan, &feed.riscv);
	feed.cpu = 0;
}

/* Which of them -------------------------------------------------------------------------------- */

static enum pwm_arch_id arch_of(const struct world *w)
{
	if (w->pt.regime <= PW_REGIME_STAGE2)
		return PWM_ARM64;
	return w->pt.regime <= PW_REGIME_EPT ? PWM_X86 : PWM_RISCV;
}

void feed_config(const struct world *w, uint32_t features, struct pwm_config *cfg)
{
	cfg->arch = arch_of(w);
	cfg->features = features;
	/* hgatp's spaces have two bits more than satp's, which are what is configured */
	cfg->va_bits = w->va_bits - (w->pt.regime == PW_REGIME_RISCV_G ? 2 : 0);
	cfg->levels =
		(uint32_t)w->pt.levels; /* fewer where tables of the root stand side by side */
	if (w->format == &world_formats[WORLD_LPA2] ||
	    w->format == &world_formats[WORLD_16K_LPA2] ||
	    w->format == &world_formats[WORLD_S2_4K_LPA2] ||
	    w->format == &world_formats[WORLD_S2_16K_LPA2])
		cfg->features |= PWM_LPA2;
	if (w->format == &world_formats[WORLD_64K_LPA] ||
	    w->format == &world_formats[WORLD_S2_64K_LPA])
		cfg->pa_bits = 52;
	if (cfg->arch == PWM_X86)
		cfg->features |= PWM_NX;
	if (w->pt.caps.flags & PW_CAP_MBE)
		cfg->features |= PWM_MBE;
	if (w->pt.caps.flags & PW_CAP_EXEC_ONLY)
		cfg->features |= PWM_EXEC_ONLY;
	if (cfg->arch == PWM_RISCV) {
		cfg->features |= PWM_SVPBMT | PWM_SW60;
		if (w->pt.caps.flags & PW_CAP_SVNAPOT)
			cfg->features |= PWM_SVNAPOT;
		cfg->pa_bits = 56;
	}
	if (cfg->arch == PWM_X86)
		cfg->pa_bits = 52;
}

bool feed_has_lazy(void)
{
	return arch_of(feed.w) == PWM_ARM64;
}

uint32_t feed_regime(void)
{
	switch (feed.w->pt.regime) {
	case PW_REGIME_EL2:
		return PWM_EL2;
	case PW_REGIME_EL3:
		return PWM_EL3;
	case PW_REGIME_STAGE2:
	case PW_REGIME_EPT:
	case PW_REGIME_RISCV_G:
		return PWM_STAGE2;
	default:
		return PWM_EL1;
	}
}

static uint32_t half_of(const struct world *w)
{
	switch (feed_regime()) {
	case PWM_EL2:
	case PWM_EL3:
		return PWM_HYP;
	case PWM_STAGE2:
		return PWM_GUEST;
	default: /* elsewhere there is one root */
		return arch_of(w) == PWM_ARM64 && w->pt.flags & PW_TABLE_UPPER ? PWM_UPPER :
										 PWM_LOWER;
	}
}

static void load_roots(void)
{
	const struct world *w = feed.w;
	bool ept = w->pt.regime == PW_REGIME_EPT;
	bool s2 = feed_regime() == PWM_STAGE2, tagged = feed_regime() == PWM_EL1;
	uint32_t asid = tagged ? w->pt.asid : 0;

	if (tagged && w->pt.any_asid && arch_of(w) == PWM_ARM64)
		asid = PWM_ANY_ASID;
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		pwm_root_in(feed.m, cpu, half_of(w), ept ? eptp_of(w) : w->base, asid,
			    feed_regime(), s2 ? w->pt.asid : 0, ept ? 0 : w->va_bits);
		feed.cpu = cpu;
		if (s2 && arch_of(w) == PWM_ARM64)
			take(PWM_OP_SYSREG, PWM_VMID, w->pt.asid, 0);
		if (arch_of(w) == PWM_ARM64)
			barrier(PWM_ISB);
		if (arch_of(w) == PWM_RISCV)
			take(s2 ? PWM_OP_HFENCE_GVMA : PWM_OP_SFENCE, 0, 0, 0);
	}
	feed.cpu = 0;
}

void feed_use(struct pwm *m, const struct world *w)
{
	feed.m = m;
	feed.w = w;
	feed.cpu = 0;
	feed.x86.pcid = w->pt.asid;
	feed.x86.eptp = eptp_of(w);
}

void feed_open(struct pwm *m, const struct world *w, uint32_t caps)
{
	pw_arm64_executor_init(&feed.arm64, &arm64_ops, NULL);
	feed.arm64.vmid = vmid;
	feed.arm64.caps = caps;
	pw_x86_executor_init(&feed.x86, &x86_ops, NULL);
	feed.x86.x.remote = x86_remote;
	feed.x86.caps = caps;
	feed.x86.invlpgb_max = 8;
	pw_riscv_executor_init(&feed.riscv, &riscv_ops, NULL);
	feed.riscv.x.remote = riscv_remote;
	feed.riscv.caps = caps;
	feed_use(m, w);
	load_roots();
}

void feed_run(const struct pw_plan *plan)
{
	switch (arch_of(feed.w)) {
	case PWM_X86:
		pw_x86_run_plan(plan, &feed.x86);
		break;
	case PWM_RISCV:
		pw_riscv_run_plan(plan, &feed.riscv);
		break;
	case PWM_ARM64:
	default:
		pw_arm64_run_plan(plan, &feed.arm64);
		break;
	}
}

void feed_from_another_pcid(void)
{
	feed.x86.pcid = feed.w->pt.asid ^ 1;
}

struct pw_arm64_executor *feed_arm64(void)
{
	return &feed.arm64;
}
