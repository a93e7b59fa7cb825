/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V, Sv39 to Sv57 and the G-stage, Sv39x4 to Sv57x4: entries, what SFENCE.VMA, HFENCE.GVMA,
 * HFENCE.VVMA and those of Svinval cover.
 *
 * A guest's access is translated twice: by its own tables (vsatp), which are the guest's matter and
 * no roots here, and by the G-stage (hgatp). A TLB may hold the product of both. HFENCE.GVMA orders
 * stores before all later implicit reads for the G-stage, so whatever was combined from an entry
 * that it names must go with it: unlike on arm64 nothing is owed for combined entries, and
 * HFENCE.VVMA, which is about the guest's own tables, does nothing for the G-stage.
 *
 * Source: The RISC-V Instruction Set Manual, volume II: "Supervisor-Level ISA", the sections on
 * SFENCE.VMA, Sv39, Svnapot, Svpbmt, Svinval, Svadu, Svvptc; of the hypervisor extension
 * "Hypervisor Guest Address Translation and Protection (hgatp) Register", "Hypervisor
 * Memory-Management Fence Instructions", "Guest Physical Address Translation".
 */
#include "private.h"

#define BIT(n) ((uint64_t)1 << (n))

#define E_V BIT(0)
#define E_R BIT(1)
#define E_W BIT(2)
#define E_X BIT(3)
#define E_U BIT(4)
#define E_G BIT(5)
#define E_A BIT(6)
#define E_D BIT(7)
#define E_N BIT(63)

static uint64_t reserved_bits(const struct pwm *m)
{
	uint64_t bits = (uint64_t)0x3ff << 54;

	if (m->cfg.features & PWM_SVNAPOT)
		bits &= ~E_N;
	if (m->cfg.features & PWM_SVPBMT)
		bits &= ~((uint64_t)3 << 61);
	if (m->cfg.features & PWM_SW60)
		bits &= ~((uint64_t)3 << 59);
	return bits;
}

static void decode_leaf(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	uint64_t low = level_size(m, level) - 1;
	unsigned int rights = 0;

	d->kind = K_LEAF;
	if (val & E_R)
		rights |= P_KR;
	if (val & E_W)
		rights |= P_KW;
	if (val & E_X)
		rights |= P_KX;
	/* user rights lie three bits up; a supervisor's need SUM, and never are to execute */
	d->perm = (uint8_t)(val & E_U ? rights << 3 : rights);
	d->global = (val & E_G) != 0;
	d->accessed = (val & E_A) != 0;
	d->dirty = (val & E_D) != 0;
	d->hw_dirty = (m->cfg.features & PWM_SVADU) && (val & E_W);
	d->memtype = (uint8_t)(val >> 61 & 3);
	d->cacheable = 1;
	if ((val & E_W && !(val & E_R)) || d->memtype == 3)
		d->reserved = 1;
	if (val & E_N) {
		if (level || (d->oa >> 12 & 15) != 8)
			d->reserved = 1;
		d->contig = 4;
		d->oa &= ~(uint64_t)0xffff;
	} else if (d->oa & low) {
		d->reserved = 1;
	}
	if (d->reserved) {
		d->kind = K_INVALID;
		d->cacheable = 0;
	}
}

static void decode(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	__builtin_memset(d, 0, sizeof(*d));
	if (!(val & E_V))
		return;
	d->oa = (val >> 10 & (BIT(44) - 1)) << 12;
	if (val & reserved_bits(m)) {
		d->reserved = 1;
		return;
	}
	if (val & (E_R | E_W | E_X)) {
		decode_leaf(m, val, level, d);
		return;
	}
	if (!level || val & (E_D | E_A | E_U | E_N | (uint64_t)3 << 61)) {
		d->reserved = 1;
		return;
	}
	d->kind = K_TABLE;
	d->cacheable = 1;
	/* global for all that lies below */
	if (val & E_G)
		d->perm = P_GLOBAL;
}

static uint64_t key(const struct pwm *m, uint64_t val, unsigned int level)
{
	uint64_t soft = BIT(8) | BIT(9);
	struct dec d;

	decode(m, val, level, &d);
	if (d.kind == K_INVALID)
		return 0;
	if (d.kind == K_TABLE)
		return d.oa | E_V | (uint64_t)d.perm << 56;
	if (m->cfg.features & PWM_SW60)
		soft |= (uint64_t)3 << 59;
	return val & ~soft;
}

/*
 * The G-stage: the same entries, but every access is one of a user's, and G is ignored. Rights to
 * the guest are the kernel's here, as on arm64; without U there are none.
 */
static void decode_g(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	decode(m, val, level, d);
	d->global = 0;
	if (d->kind == K_TABLE)
		d->perm = 0;
	else
		d->perm = (uint8_t)(d->perm >> 3);
}

static uint64_t key_g(const struct pwm *m, uint64_t val, unsigned int level)
{
	return key(m, val & ~E_G, level);
}

/*
 * With an address, leaves only: "orders only accesses to leaf PTEs". With an ASID, no globals.
 * HFENCE.GVMA is "similar", and taken for the same.
 */
static enum miss covers(const struct pwm *m, const struct op *op, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];

	if (s->regime != op->regime)
		return m->now.op == PWM_OP_HFENCE_VVMA || m->now.op == PWM_OP_HINVAL_VVMA ?
			       MISS_STAGE2 :
			       MISS_REGIME;
	if (op->vmid != PWM_ANY_ASID && op->vmid != s->vmid)
		return MISS_VMID;
	if (op->asid != PWM_ANY_ASID && e->global)
		return MISS_GLOBAL;
	if (op->asid != PWM_ANY_ASID && op->asid != s->asid)
		return MISS_ASID;
	if (e->kind == K_TABLE && !op->tables)
		return MISS_LAST_LEVEL;
	return MISS_NONE;
}

static const char *conflict(const struct pwm *m, const struct dec *a, unsigned int la,
			    const struct dec *b, unsigned int lb)
{
	(void)m;
	if (la != lb)
		return "RV-TLB-8";
	if (a->contig != b->contig ||
	    (a->contig && (a->oa != b->oa || a->perm != b->perm || a->memtype != b->memtype)))
		return "RV-NAPOT-2";
	return NULL;
}

/* What SFENCE.VMA settles beside translations: that satp was written, a control, an ASID reused. */
static void fenced(struct pwm *m, struct cpu *c, const struct op *op)
{
	c->root_step = 0;
	if (op->all && (c->reuse_asid == PWM_ANY_ASID || op->asid == PWM_ANY_ASID ||
			op->asid == c->reuse_asid))
		c->reuse_step = 0;
	if (op->all && op->asid == PWM_ANY_ASID)
		c->config_step = 0;
	c->last_sfence = m->step;
}

/* And HFENCE.GVMA, of hgatp. */
static void guest_fenced(struct pwm *m, struct cpu *c, const struct op *op)
{
	c->guest_root_step = 0;
	c->last_hfence = m->step;
	if (!op->all)
		return;
	if (op->vmid == PWM_ANY_ASID || op->vmid == c->guest_reuse_vmid)
		c->guest_reuse_step = 0;
	c->hfence_all = m->step;
	c->hfence_all_vmid = op->vmid;
}

/*
 * HFENCE.VVMA is of no regime that there is here, and looks at everything: any guest address may
 * have been combined from any entry of the G-stage.
 */
void pwm_riscv_step(struct pwm *m, const struct pwm_step *s)
{
	bool vvma = s->op == PWM_OP_HFENCE_VVMA || s->op == PWM_OP_HINVAL_VVMA;
	bool gvma = s->op == PWM_OP_HFENCE_GVMA || s->op == PWM_OP_HINVAL_GVMA;
	bool inval = s->op == PWM_OP_SINVAL || s->op == PWM_OP_HINVAL_GVMA ||
		     s->op == PWM_OP_HINVAL_VVMA;
	bool by_va = (s->kind & PWM_RS1) && !vvma;
	uint32_t tag = s->kind & PWM_RS2 ? (uint32_t)s->b : PWM_ANY_ASID;
	uint64_t va = gvma ? s->a << 2 : s->a;
	struct cpu *c = &m->cpu[s->cpu];
	struct op op = {
		.cpus = CPU_BIT(s->cpu),
		.first = by_va ? va & ~(uint64_t)0xfff : 0,
		.last = by_va ? va | 0xfff : ~(uint64_t)0,
		.asid = gvma ? PWM_ANY_ASID : tag,
		.vmid = gvma ? tag : PWM_ANY_ASID,
		.regime = gvma ? PWM_STAGE2 :
			  vvma ? PWM_NO_REGIME :
				 PWM_EL1,
		.level = 0xff,
		.all = !by_va,
		.globals = gvma || !(s->kind & PWM_RS2),
		.tables = !by_va,
		.stage1 = !gvma,
		.stage2 = gvma,
		.immediate = !inval,
		.local_order = !inval || c->svinval,
	};

	if (s->op == PWM_OP_SFENCE)
		fenced(m, c, &op);
	if (vvma) /* for all that is known */
		m->perf_useful = true;
	if (s->op == PWM_OP_HFENCE_GVMA)
		guest_fenced(m, c, &op);
	pwm_maint_run(m, s->cpu, &op);
}

static const char *const rules[R_NR] = {
	[R_STALE] = "RV-TLB-1",
	[R_INVISIBLE] = "RV-TLB-6",
	[R_INCOMPLETE] = "RV-TLB-7",
	[R_UNSYNCED] = "RV-TLB-7",
	[R_LOCAL] = "RV-TLB-5",
	[R_ASID] = "RV-TLB-4",
	[R_GLOBAL] = "RV-TLB-3",
	[R_TABLE] = "RV-TLB-2",
	[R_LEVEL] = "RV-TLB-1",
	[R_RANGE] = "RV-TLB-1",
	[R_STAGE2] = "RV-TLB-1",
	[R_REGIME] = "RV-TLB-1",
	[R_VMID] = "RV-TLB-1",
	[R_EARLY] = "RV-TLB-1",
	[R_LINK] = "RV-PUB-1",
	[R_NEW] = "RV-PUB-2",
	[R_NEW_CSE] = "RV-PUB-2",
	[R_NEW_REMOTE] = "RV-PUB-4",
	[R_SPURIOUS] = "RV-SPUR-1",
	[R_LOST_RMW] = "RV-AD-1",
	[R_CLEAN] = "RV-AD-2",
	[R_OLD] = "RV-AD-5",
	[R_FORMAT] = "RV-FMT-1",
	[R_HALF] = "RV-FMT-2",
	[R_WX] = "RV-WX-1",
	[R_ASID_REUSE] = "RV-SATP-2",
	[R_ROOT] = "RV-SATP-1",
	[R_CONFIG] = "RV-PMP-1",
	[R_UNCLEAN] = "RV-TLB-8",
	[R_GROUP] = "RV-NAPOT-1",
	[R_GROUP_DIRTY] = "RV-NAPOT-3",
	[R_FETCH] = "RV-PUB-2",
	[R_ALIAS_WX] = "RV-WX-2",
	[R_ALIAS_TYPE] = "RV-ALIAS-1",
	[R_WX_STALE] = "RV-WX-3",
};

static const char *const guest_rules[R_NR] = {
	[R_STALE] = "RV-H-1",
	[R_INVISIBLE] = "RV-TLB-6",
	[R_INCOMPLETE] = "RV-TLB-7",
	[R_UNSYNCED] = "RV-TLB-7",
	[R_LOCAL] = "RV-H-3",
	[R_VMID] = "RV-H-4",
	[R_ASID] = "RV-H-1",
	[R_GLOBAL] = "RV-H-1",
	[R_TABLE] = "RV-H-5",
	[R_LEVEL] = "RV-H-1",
	[R_RANGE] = "RV-H-1",
	[R_STAGE2] = "RV-H-2",
	[R_REGIME] = "RV-H-1",
	[R_EARLY] = "RV-H-1",
	[R_LINK] = "RV-PUB-1",
	[R_NEW] = "RV-PUB-2",
	[R_NEW_CSE] = "RV-PUB-2",
	[R_NEW_REMOTE] = "RV-PUB-4",
	[R_SPURIOUS] = "RV-SPUR-1",
	[R_LOST_RMW] = "RV-AD-1",
	[R_CLEAN] = "RV-AD-2",
	[R_OLD] = "RV-AD-5",
	[R_FORMAT] = "RV-FMT-1",
	[R_HALF] = "RV-FMT-2",
	[R_WX] = "RV-WX-1",
	[R_ASID_REUSE] = "RV-H-7",
	[R_ROOT] = "RV-H-6",
	[R_CONFIG] = "RV-PMP-1",
	[R_UNCLEAN] = "RV-TLB-8",
	[R_GROUP] = "RV-NAPOT-1",
	[R_GROUP_DIRTY] = "RV-NAPOT-3",
	[R_FETCH] = "RV-PUB-2",
	[R_ALIAS_WX] = "RV-WX-2",
	[R_ALIAS_TYPE] = "RV-ALIAS-1",
	[R_WX_STALE] = "RV-WX-3",
};

static const struct arch g_stage = { .decode = decode_g,
				     .key = key_g,
				     .covers = covers,
				     .conflict = conflict,
				     .rules = guest_rules };

const struct arch pwm_arch_riscv = { .decode = decode,
				     .key = key,
				     .covers = covers,
				     .conflict = conflict,
				     .rules = rules,
				     .stage2 = &g_stage };
