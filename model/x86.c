/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64: entries, what INVLPG, INVPCID, MOV CR3 and INVLPGB cover, and INVEPT (ept.c).
 *
 * Source: Intel SDM volume 3A, 4.5 "4-level paging and 5-level paging", 4.10 "Caching translation
 * information" (chapter 5 in newer printings); AMD APM volume 2, 5.5 "Translation lookaside
 * buffer" for INVLPGB, TLBSYNC and EFER.TCE.
 */
#include "private.h"

#define BIT(n) ((uint64_t)1 << (n))

#define E_P    BIT(0)
#define E_RW   BIT(1)
#define E_US   BIT(2)
#define E_A    BIT(5)
#define E_D    BIT(6)
#define E_PS   BIT(7)
#define E_G    BIT(8)
#define E_NX   BIT(63)
#define E_SOFT (BIT(9) | BIT(10) | BIT(11) | (uint64_t)0x7f << 52)
#define E_ADDR (BIT(52) - BIT(12))

static void decode(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d)
{
	bool nx = (m->cfg.features & PWM_NX) && (val & E_NX);
	uint64_t low = level_size(m, level) - 1;

	__builtin_memset(d, 0, sizeof(*d));
	if (!(val & E_P))
		return;
	d->reserved = (val & E_ADDR) >> m->cfg.pa_bits != 0 ||
		      ((val & E_NX) && !(m->cfg.features & PWM_NX));
	d->accessed = (val & E_A) != 0;
	d->oa = val & E_ADDR;
	d->cacheable = 1;
	if (level && !(val & E_PS)) {
		d->kind = K_TABLE;
		d->perm = (uint8_t)((val & E_RW ? 0 : P_KW | P_UW) |
				    (val & E_US ? 0 : P_UR | P_UW | P_UX) | (nx ? P_KX | P_UX : 0));
		return;
	}
	if (level > 2 || (level && (val & E_ADDR & low & ~BIT(12)))) {
		d->reserved = 1;
		d->cacheable = 0;
		return;
	}
	d->kind = K_LEAF;
	d->oa &= ~low;
	d->perm = (uint8_t)(P_KR | (val & E_RW ? P_KW : 0) | (nx ? 0 : P_KX));
	if (val & E_US)
		d->perm |= (uint8_t)(P_UR | (val & E_RW ? P_UW : 0) | (nx ? 0 : P_UX));
	d->global = (val & E_G) != 0;
	d->memtype = (uint8_t)((val >> 3 & 3) | (level ? val >> 12 & 1 : val >> 7 & 1) << 2);
	if (m->cfg.mair)
		d->memtype = (uint8_t)(m->cfg.mair >> d->memtype * 8);
	d->share = (uint8_t)(val >> 59 & 15);
	d->dirty = (val & E_D) != 0;
	d->hw_dirty = (val & E_RW) != 0;
	if ((m->cfg.features & PWM_SHSTK) && !(val & E_RW) && d->dirty)
		d->nt = 1; /* a shadow-stack page */
}

static uint64_t key(const struct pwm *m, uint64_t val, unsigned int level)
{
	struct dec d;

	decode(m, val, level, &d);
	if (d.kind == K_INVALID)
		return 0;
	if (d.kind == K_TABLE)
		return d.oa | E_P | (uint64_t)d.perm << 56;
	return val & ~E_SOFT;
}

/*
 * INVLPG drops the translation of its address, global or not, and every paging-structure entry of
 * the current PCID (4.10.4.1), with EFER.TCE only those of its address.
 */
enum miss pwm_x86_covers(const struct pwm *m, const struct op *op, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];

	if (s->regime == PWM_STAGE2 && !op->stage2)
		return m->now.op == PWM_OP_INVVPID ? MISS_STAGE2 : MISS_REGIME;
	if (s->regime == PWM_STAGE2)
		return op->by_root && op->root != s->root ? MISS_VMID : MISS_NONE;
	if (!op->stage1)
		return MISS_REGIME;
	if (e->kind == K_TABLE && !op->all && (m->cfg.features & PWM_TCE) &&
	    (op->first ^ e->va) >> level_shift(m, e->level))
		return MISS_RANGE;
	if (e->kind == K_TABLE && op->leaves)
		return MISS_LAST_LEVEL;
	if (e->global && op->all && !op->globals)
		return MISS_GLOBAL;
	if (e->global && op->no_globals)
		return MISS_GLOBAL;
	if (!e->global && op->asid != PWM_ANY_ASID && op->asid != s->asid)
		return MISS_ASID;
	return MISS_NONE;
}

const char *pwm_x86_conflict(const struct pwm *m, const struct dec *a, unsigned int la,
			     const struct dec *b, unsigned int lb)
{
	(void)m, (void)a, (void)b;
	return la != lb ? "X86-SIZE-1" : NULL;
}

/* Linear addresses are of one regime, and have no VMID: both are 0. */
static void invalidate(struct pwm *m, uint32_t cpu, struct op *op)
{
	op->every_table = !op->leaves;
	op->stage1 = !op->stage2 && op->regime == PWM_EL1;
	if (op->all)
		op->last = ~(uint64_t)0;
	/* All of them are serialising: this CPU's own stores have drained. */
	pwm_order_visible(m, cpu);
	pwm_maint_run(m, cpu, op);
}

static uint32_t pcid_of(const struct pwm *m, uint32_t cpu)
{
	uint32_t i = m->cpu[cpu].cur[PWM_LOWER];

	return i == NIL ? 0 : m->spaces[i].asid;
}

static void invpcid(struct pwm *m, const struct pwm_step *s)
{
	struct op op = { .cpus = CPU_BIT(s->cpu), .immediate = 1, .local_order = 1 };

	op.asid = s->kind < 2 ? (uint32_t)s->b : PWM_ANY_ASID;
	op.all = s->kind != 0;
	op.globals = s->kind == 2;
	op.first = s->a & ~(uint64_t)0xfff;
	op.last = op.first | 0xfff;
	invalidate(m, s->cpu, &op);
}

/* rAX of INVLPGB: what is given, and what it is about (APM volume 3, INVLPGB). */
#define B_VA	 BIT(0)
#define B_PCID	 BIT(1)
#define B_ASID	 BIT(2)
#define B_GLOBAL BIT(3)
#define B_FINAL	 BIT(4)

/* ECX has how many pages more, and bit 31 for those of 2M; EDX the ASID, and the PCID above it. */
static void invlpgb_raw(struct pwm *m, const struct pwm_step *s)
{
	uint64_t page = s->c >> 31 & 1 ? BIT(21) : BIT(12), n = (s->c & 0xffff) + 1;
	bool guest = s->a & B_ASID && s->b & 0xffff;
	struct op op = {
		.cpus = m->cpus & ~m->off,
		.regime = guest ? PWM_NO_REGIME : PWM_EL1,
		.all = !(s->a & B_VA),
		.globals = (s->a & B_GLOBAL) != 0,
		.no_globals = !(s->a & B_GLOBAL),
		.leaves = (s->a & B_FINAL) != 0,
		.asid = s->a & B_PCID ? (uint32_t)(s->b >> 16 & 0xfff) : PWM_ANY_ASID,
		.first = s->a & ~(page - 1),
	};

	op.last = op.first + n * page - 1;
	if (op.last < op.first)
		op.last = ~(uint64_t)0;
	invalidate(m, s->cpu, &op);
}

static void invlpgb(struct pwm *m, const struct pwm_step *s)
{
	struct op op = { .cpus = m->cpus & ~m->off };

	op.all = s->kind & 1;
	op.globals = s->kind & 1;
	op.asid = s->kind & 1 ? PWM_ANY_ASID : (uint32_t)s->b;
	op.first = s->a & ~(uint64_t)0xfff;
	op.last = op.first | 0xfff;
	invalidate(m, s->cpu, &op);
}

static void invept(struct pwm *m, const struct pwm_step *s)
{
	struct op op = { .cpus = CPU_BIT(s->cpu),
			 .asid = PWM_ANY_ASID,
			 .vmid = PWM_ANY_ASID,
			 .regime = PWM_STAGE2,
			 .root = s->a & E_ADDR,
			 .by_root = s->kind == 1,
			 .all = 1,
			 .globals = 1,
			 .stage2 = 1,
			 .immediate = 1,
			 .local_order = 1 };

	invalidate(m, s->cpu, &op);
}

/* A guest's own translations are not known here: it looks at what they may have come from. */
static void invvpid(struct pwm *m, const struct pwm_step *s)
{
	struct op op = {
		.cpus = CPU_BIT(s->cpu), .regime = PWM_NO_REGIME, .all = 1, .immediate = 1
	};

	m->perf_useful = true;
	invalidate(m, s->cpu, &op);
}

void pwm_x86_step(struct pwm *m, const struct pwm_step *s)
{
	struct op op = { .cpus = CPU_BIT(s->cpu), .immediate = 1, .local_order = 1 };
	struct cpu *c = &m->cpu[s->cpu];

	switch (s->op) {
	case PWM_OP_INVLPG:
		op.asid = pcid_of(m, s->cpu);
		op.first = s->a & ~(uint64_t)0xfff;
		op.last = op.first | 0xfff;
		invalidate(m, s->cpu, &op);
		break;
	case PWM_OP_INVPCID:
		invpcid(m, s);
		break;
	case PWM_OP_INVLPGB:
		if (s->kind & PWM_RAW)
			invlpgb_raw(m, s);
		else
			invlpgb(m, s);
		break;
	case PWM_OP_INVEPT:
		invept(m, s);
		break;
	case PWM_OP_INVVPID:
		invvpid(m, s);
		break;
	case PWM_OP_IPI:
		if ((m->cfg.features & PWM_X2APIC) && c->novis != NIL)
			pwm_say_at(m, "X86-TLB-4", PWM_ERROR, 0, 0, 0, 0, 0);
		else
			pwm_order_visible(m, s->cpu);
		break;
	default: /* CR4.PGE was toggled, or CR0.PG cleared */
		op.all = 1;
		op.globals = 1;
		op.asid = PWM_ANY_ASID;
		invalidate(m, s->cpu, &op);
		break;
	}
}

/* MOV CR3: the new PCID's non-global translations go, unless bit 63 says otherwise. */
void pwm_x86_root(struct pwm *m, const struct pwm_step *s)
{
	struct op op = { .cpus = CPU_BIT(s->cpu), .immediate = 1, .local_order = 1, .all = 1 };
	uint32_t i, space = m->cpu[s->cpu].cur[PWM_LOWER];

	if (!(s->kind & PWM_NOFLUSH) || !(m->cfg.features & PWM_PCID)) {
		op.asid = m->cfg.features & PWM_PCID ? (uint32_t)s->b : PWM_ANY_ASID;
		invalidate(m, s->cpu, &op);
		return;
	}
	for (i = m->nr_ents; i-- > 0;) {
		struct ent *e = &m->ents[m->all[i]];
		bool owed = !(m->cfg.features & PWM_FOREIGN) || e->cpu == s->cpu ||
			    e->skipped & CPU_BIT(s->cpu);

		if (e->space != space)
			continue;
		/* whoever left this CPU out is told here; else an IPI may be on its way yet */
		e->skipped &= ~CPU_BIT(s->cpu);
		if (owed && e->live & CPU_BIT(s->cpu) && pwm_ent_differs(m, e)) {
			pwm_say(m, rule_name(m, R_ASID), PWM_ERROR, e);
			return;
		}
	}
}

static const char *const rules[R_NR] = {
	[R_STALE] = "X86-TLB-1",      [R_INVISIBLE] = "X86-TLB-2",  [R_INCOMPLETE] = "X86-TLB-5",
	[R_UNSYNCED] = "X86-TLB-5",   [R_LOCAL] = "X86-TLB-3",	    [R_ASID] = "X86-TLB-7",
	[R_GLOBAL] = "X86-TLB-6",     [R_TABLE] = "X86-WALK-1",	    [R_LEVEL] = "X86-TLB-1",
	[R_RANGE] = "X86-WALK-3",     [R_STAGE2] = "X86-TLB-1",	    [R_REGIME] = "X86-TLB-1",
	[R_VMID] = "X86-TLB-1",	      [R_EARLY] = "X86-TLB-1",	    [R_LINK] = "X86-PUB-1",
	[R_NEW] = "X86-SPUR-1",	      [R_NEW_CSE] = "X86-SPUR-1",   [R_NEW_REMOTE] = "X86-SPUR-1",
	[R_SPURIOUS] = "X86-SPUR-1",  [R_LOST_RMW] = "X86-AD-3",    [R_CLEAN] = "X86-AD-1",
	[R_OLD] = "X86-AD-2",	      [R_FORMAT] = "X86-RES-1",	    [R_HALF] = "X86-RES-2",
	[R_WX] = "X86-WX-1",	      [R_ASID_REUSE] = "X86-TLB-7", [R_ROOT] = "X86-TLB-7",
	[R_CONFIG] = "X86-CR-1",      [R_UNCLEAN] = "X86-SIZE-1",   [R_GROUP] = "X86-SIZE-1",
	[R_GROUP_DIRTY] = "X86-AD-1", [R_FETCH] = "X86-SPUR-1",	    [R_ALIAS_WX] = "X86-WX-2",
	[R_ALIAS_TYPE] = "X86-MT-1",  [R_WX_STALE] = "X86-WX-3",
};

const struct arch pwm_arch_x86 = { .decode = decode,
				   .key = key,
				   .covers = pwm_x86_covers,
				   .conflict = pwm_x86_conflict,
				   .rules = rules,
				   .stage2 = &pwm_arch_ept,
				   .stage2_ad = &pwm_arch_ept_ad };
