/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * One step: checked, and handed to whom it concerns.
 */
#include "private.h"

static void load_step(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];
	uint32_t at = (uint32_t)(s->a >> 3) % NR_SEEN;

	c->seen_pa[at] = s->a + 1;
	c->seen_val[at] = s->b;
}

/* Does another space have this tag, with something that one of @cpus may hold? */
static bool asid_taken(struct pwm *m, uint32_t space, uint32_t asid, cpumask cpus)
{
	const struct space *n = &m->spaces[space];
	uint32_t i;

	for (i = pwm_space_next(m, 0); i != NIL; i = pwm_space_next(m, i + 1)) {
		const struct space *s = &m->spaces[i];

		/* of a second stage, another size of the space is another root as well */
		bool same = s->root == n->root &&
			    (s->va_bits == n->va_bits || s->regime != PWM_STAGE2);

		if (s->asid != asid || s->half != n->half || s->regime != n->regime ||
		    s->vmid != n->vmid || !(s->ran & cpus) || s->asid == PWM_ANY_ASID || same)
			continue;
		/* a reserved root holds nothing */
		if (!pwm_space_empty(m, s) && !pwm_space_empty(m, n))
			return true;
	}
	return false;
}

/* Guest-physical spaces of RISC-V have two bits more than virtual ones: a root of four pages. */
#define X4 2u

static bool is_hgatp(const struct pwm *m, uint32_t half)
{
	return m->cfg.arch == PWM_RISCV && half == PWM_GUEST;
}

/* EPT pointer: memory type, walk length less 1 (4 or 5 levels), A/D flag, root. SDM 3C, 24.6.11. */
#define EPTP_LENGTH(x) (((x) >> 3 & 7) + 1)
#define EPTP_AD	       ((uint64_t)1 << 6)
#define EPTP_ROOT      0x000ffffffffff000ull

static bool eptp_ok(uint64_t x)
{
	return ((x & 7) == 0 || (x & 7) == 6) && (EPTP_LENGTH(x) == 4 || EPTP_LENGTH(x) == 5) &&
	       !(x & 0xf00) && !(x & ~EPTP_ROOT & ~(uint64_t)0xfff);
}

/*
 * A space has one page at least, and not more than there are; 0: as configured. hgatp has Sv39x4,
 * Sv48x4 and Sv57x4, whatever satp has.
 */
static bool root_ok(const struct pwm *m, const struct pwm_step *s)
{
	uint32_t half = s->kind & 0xff, regime = (uint32_t)(s->c & 0xff);
	uint64_t bits = s->c >> 32 & 0xffff;

	if (half >= PWM_NR_HALVES || regime > PWM_STAGE2)
		return false;
	if (s->kind & PWM_OFF)
		return !s->a && !s->b && !s->c;
	if (m->cfg.arch == PWM_X86 && half == PWM_GUEST)
		return !bits && eptp_ok(s->a);
	if (is_hgatp(m, half))
		return !(s->a & 0x3fff) && (!bits || bits == 41 || bits == 50 || bits == 59);
	return !bits || (bits > m->cfg.page_lg2 && bits <= m->cfg.va_bits);
}

/* How a root's entries are read, and how many levels and address bits it has. */
static void shape(const struct pwm *m, struct space *s)
{
	uint32_t x4 = is_hgatp(m, s->half) ? X4 : 0;

	s->arch = arch_in(m, s->regime);
	s->levels = m->cfg.levels;
	if (m->cfg.arch == PWM_X86 && s->half == PWM_GUEST) {
		if (s->root & EPTP_AD)
			s->arch = m->arch->stage2_ad;
		s->levels = (uint32_t)EPTP_LENGTH(s->root);
		s->va_bits = m->cfg.page_lg2 + s->levels * m->index_lg2;
		s->root &= EPTP_ROOT;
		s->asid = s->vmid = 0; /* the root is the tag */
	}
	if (x4 && s->va_bits)
		s->levels = (s->va_bits - X4 - m->cfg.page_lg2) / m->index_lg2;
	if (!s->va_bits)
		s->va_bits = m->cfg.va_bits + x4;
	while (s->va_bits <= level_shift(m, s->levels - 1))
		s->levels--;
}

/*
 * Writing hgatp orders nothing. A fence may come before or after it: no guest runs in between, so
 * nothing of the old root is read any more.
 */
static void hgatp_owes(struct pwm *m, uint32_t cpu, uint32_t space, const struct space *s)
{
	struct cpu *c = &m->cpu[cpu];
	bool fenced = c->hfence_all > c->hgatp_step &&
		      (c->hfence_all_vmid == PWM_ANY_ASID || c->hfence_all_vmid == s->vmid);

	if (c->last_write > c->last_hfence)
		c->guest_root_step = m->step;
	if (!fenced && asid_taken(m, space, s->asid, CPU_BIT(cpu))) {
		c->guest_reuse_step = m->step;
		c->guest_reuse_vmid = s->vmid;
	}
	c->hgatp_step = m->step;
}

/* Nor does writing satp; and with an ASID reused, the fence must come behind it. */
static void satp_owes(struct pwm *m, uint32_t cpu, uint32_t space, const struct space *s)
{
	struct cpu *c = &m->cpu[cpu];

	if (c->last_write > c->last_sfence)
		c->root_step = m->step;
	if (asid_taken(m, space, s->asid, m->cpus)) {
		c->reuse_step = m->step;
		c->reuse_asid = s->asid;
	}
}

/* c: regime in bits 7:0, VMID in 31:16, address bits in 47:32 */
static void root_step(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];
	struct space want = { .root = s->a,
			      .asid = (uint32_t)s->b,
			      .half = s->kind & 0xff,
			      .regime = (uint32_t)(s->c & 0xff),
			      .vmid = (uint32_t)(s->c >> 16 & 0xffff),
			      .va_bits = (uint32_t)(s->c >> 32 & 0xffff) };
	uint32_t space, old = c->cur[want.half];

	if (c->lazy_store && !c->irq)
		pwm_say_at(m, "ALL-LAZY-1", PWM_ERROR, 0, 0, s->a, 0, 0);
	if (s->kind & PWM_OFF) {
		pwm_root_off(m, s, want.half);
		if (m->cfg.arch == PWM_X86 && want.half == PWM_LOWER)
			pwm_x86_step(m, s);
		return;
	}
	shape(m, &want);
	if (m->cfg.arch == PWM_X86 && !(m->cfg.features & PWM_PCID))
		want.asid = 0;
	if (old != NIL)
		m->spaces[old].cur &= ~CPU_BIT(s->cpu);
	c->cur[want.half] = NIL;
	space = pwm_space_load(m, s->cpu, &want);
	if (old != NIL && old != space && m->spaces[old].used && !m->spaces[old].cur &&
	    (m->cfg.features & PWM_FOREIGN) && pwm_space_empty(m, &m->spaces[old]))
		pwm_space_retire(m, old);
	if (want.half == PWM_LOWER && c->lazy_space != space)
		c->lazy_space = NIL;
	if (space == NIL)
		return;
	/* VM entry drops nothing that comes from the EPT */
	if (m->cfg.arch == PWM_X86 && want.half == PWM_GUEST)
		return;
	if (m->cfg.arch == PWM_X86) {
		pwm_x86_root(m, s);
		if (s->kind & PWM_NOFLUSH && asid_taken(m, space, want.asid, m->cpus))
			pwm_say_at(m, rule_name(m, R_ASID_REUSE), PWM_ERROR, 0, 0, s->a, 0, 0);
		return;
	}
	if (m->cfg.arch == PWM_RISCV) {
		if (want.regime == PWM_STAGE2)
			hgatp_owes(m, s->cpu, space, &want);
		else
			satp_owes(m, s->cpu, space, &want);
		return;
	}
	/* VTTBR has the VMID as well */
	if (want.half == PWM_GUEST)
		c->vmid = want.vmid;
	if (old != space) {
		c->root_step = m->step;
	}
	if (want.half == PWM_LOWER && asid_taken(m, space, want.asid, m->cpus))
		pwm_say_at(m, rule_name(m, R_ASID_REUSE), PWM_ERROR, 0, 0, s->a, 0, 0);
}

static void sysreg_step(struct pwm *m, const struct pwm_step *s)
{
	struct cpu *c = &m->cpu[s->cpu];

	switch (s->kind) {
	case PWM_MAIR:
		m->cfg.mair = s->a;
		c->config_step = m->step;
		break;
	case PWM_TRANSLATION:
		c->config_step = m->step;
		break;
	case PWM_VMID:
		c->vmid = s->a;
		break;
	default:
		c->config_step = 0;
		pwm_x86_step(m, s);
		break;
	}
}

static void asid_free(struct pwm *m, const struct pwm_step *s)
{
	uint32_t i;

	for (i = 0; i < m->nr_ents; i++) {
		struct ent *e = &m->ents[m->all[i]];

		if (e->live && !e->global && e->kind != K_INVALID &&
		    m->spaces[e->space].regime == PWM_EL1 && m->spaces[e->space].asid == s->b &&
		    pwm_ent_differs(m, e)) {
			pwm_say(m, rule_name(m, R_ASID_REUSE), PWM_ERROR, e);
			return;
		}
	}
}

/* A full invalidation settles what a change of control owes. */
static void tlbi_step(struct pwm *m, const struct pwm_step *s)
{
	uint32_t which = s->kind & 0xff;

	if (which == PWM_VMALLE1 || which == PWM_ALLE1 || which == PWM_ALLE2 ||
	    which == PWM_ALLE3 || which == PWM_VMALLS12E1)
		m->cpu[s->cpu].config_step = 0;
	pwm_arm64_tlbi(m, s);
}

static void flush_step(struct pwm *m, const struct pwm_step *s)
{
	if (s->op == PWM_OP_INVPCID && s->kind == 2)
		m->cpu[s->cpu].config_step = 0;
	pwm_x86_step(m, s);
}

/* Are the fields what the operation can have here? What nobody can have done is wrong.c's. */
static bool sensible(const struct pwm *m, const struct pwm_step *s)
{
	uint32_t arch = m->cfg.arch, low = s->kind & 0xff;

	switch (s->op) {
	case PWM_OP_TLBI:
		return arch == PWM_ARM64;
	case PWM_OP_INVLPG:
	case PWM_OP_INVPCID:
	case PWM_OP_INVLPGB:
	case PWM_OP_INVVPID:
		return arch == PWM_X86 && s->kind < 4;
	case PWM_OP_INVEPT:
		return arch == PWM_X86 && (s->kind == 1 || s->kind == 2);
	case PWM_OP_SFENCE:
	case PWM_OP_SINVAL:
	case PWM_OP_HFENCE_GVMA:
	case PWM_OP_HFENCE_VVMA:
	case PWM_OP_HINVAL_GVMA:
	case PWM_OP_HINVAL_VVMA:
		return arch == PWM_RISCV && s->kind < 4;
	case PWM_OP_ROOT:
		return root_ok(m, s);
	case PWM_OP_SYSREG:
		return s->kind < PWM_NR_SYSREGS && (s->kind != PWM_CR4_PGE || arch == PWM_X86);
	case PWM_OP_IPI:
		return s->a < m->cfg.nr_cpus;
	case PWM_OP_POWER:
		return s->kind < 2;
	case PWM_OP_LAZY_TLB:
		return arch == PWM_X86 && s->kind < 2;
	case PWM_OP_GUEST:
		return arch != PWM_ARM64 && s->kind < 2;
	case PWM_OP_CONTRACT:
		return low < PWM_NR_PROMISES && s->a <= s->b;
	case PWM_OP_LAZY:
		return s->kind < PWM_NR_LAZY;
	default:
		return s->op != PWM_OP_NONE && s->op < PWM_NR_OPS;
	}
}

static void take(struct pwm *m, const struct pwm_step *s)
{
	switch (s->op) {
	case PWM_OP_STORE:
	case PWM_OP_ZERO:
		pwm_store_step(m, s);
		break;
	case PWM_OP_LOAD:
		load_step(m, s);
		break;
	case PWM_OP_SNAPSHOT:
		pwm_snapshot_step(m, s);
		break;
	case PWM_OP_BARRIER:
		pwm_order_barrier(m, s->cpu, s->kind);
		break;
	case PWM_OP_TLBI:
		tlbi_step(m, s);
		break;
	case PWM_OP_INVLPG:
	case PWM_OP_INVPCID:
	case PWM_OP_INVLPGB:
	case PWM_OP_INVEPT:
	case PWM_OP_INVVPID:
		flush_step(m, s);
		break;
	case PWM_OP_SFENCE:
	case PWM_OP_SINVAL:
	case PWM_OP_HFENCE_GVMA:
	case PWM_OP_HFENCE_VVMA:
	case PWM_OP_HINVAL_GVMA:
	case PWM_OP_HINVAL_VVMA:
		pwm_riscv_step(m, s);
		break;
	case PWM_OP_ROOT:
		root_step(m, s);
		break;
	case PWM_OP_SYSREG:
		sysreg_step(m, s);
		break;
	case PWM_OP_ACCESS:
		pwm_judge_access(m, s);
		break;
	case PWM_OP_IPI:
		if (m->cfg.arch == PWM_X86)
			pwm_x86_step(m, s);
		break;
	case PWM_OP_TABLE_NEW:
	case PWM_OP_TABLE_FREE:
		pwm_judge_table_free(m, s);
		break;
	case PWM_OP_PAGE_FREE:
		pwm_judge_page_free(m, s);
		break;
	case PWM_OP_ASID_FREE:
		asid_free(m, s);
		break;
	case PWM_OP_CONTRACT:
		pwm_judge_contract(m, s);
		break;
	case PWM_OP_LAZY:
	case PWM_OP_IRQ:
		pwm_lazy_step(m, s);
		break;
	case PWM_OP_LAZY_TLB:
	case PWM_OP_GUEST:
	case PWM_OP_POWER:
		pwm_mode_step(m, s);
		break;
	case PWM_OP_END:
		pwm_judge_end(m, s);
		break;
	default:
		break;
	}
}

int pwm_refuse(struct pwm *m, const char *expected)
{
	m->refused = expected;
	m->stats.refused++;
	return -1;
}

int pwm_take(struct pwm *m, const struct pwm_step *s)
{
	const char *expected;

	if (s->op == PWM_OP_CONFIG || s->op == PWM_OP_SITE)
		return 0;
	expected = pwm_step_wrong(m, s);
	if (!expected && !sensible(m, s))
		expected = "a step that this machine has";
	if (expected)
		return pwm_refuse(m, expected);
	m->refused = NULL;
	m->looks_below = s->op == PWM_OP_END ? LOOKS_AUDIT : LOOKS_BELOW;
	m->step++;
	m->now = *s;
	m->perf_useful = false;
	take(m, s);
	return 0;
}

/* Shorthands ---------------------------------------------------------------------------------- */

uint32_t pwm_site(struct pwm *m, const char *file, uint32_t line)
{
	const uint32_t max = sizeof(m->sites) / sizeof(m->sites[0]);
	uint32_t i = (uint32_t)(((uintptr_t)file >> 3) + line) % max, n;

	for (n = 0; n < max; n++, i = (i + 1) % max) {
		if (m->sites[i].file == file && m->sites[i].line == line)
			return i + 1;
		if (m->sites[i].file)
			continue;
		m->sites[i].file = file;
		m->sites[i].line = line;
		return i + 1;
	}
	return 0;
}

void pwm_set_site(struct pwm *m, uint32_t site)
{
	m->site = site;
}

const char *pwm_refused(const struct pwm *m)
{
	return m->refused;
}

int pwm_do(struct pwm *m, uint32_t cpu, uint32_t op, uint32_t kind, uint64_t a, uint64_t b,
	   uint64_t c)
{
	struct pwm_step s = { .op = (uint8_t)op,
			      .cpu = (uint8_t)cpu,
			      .kind = (uint16_t)kind,
			      .site = m->site,
			      .a = a,
			      .b = b,
			      .c = c };

	/* a number that does not fit is not another one */
	if (s.cpu != cpu)
		return pwm_refuse(m, "a CPU that the configuration has");
	if (s.op != op || s.kind != kind)
		return pwm_refuse(m, "a step that this machine has");
	return pwm_take(m, &s);
}

int pwm_root(struct pwm *m, uint32_t cpu, uint32_t half, uint64_t root, uint32_t asid)
{
	return pwm_do(m, cpu, PWM_OP_ROOT, half, root, asid, 0);
}

int pwm_root_in(struct pwm *m, uint32_t cpu, uint32_t half, uint64_t root, uint32_t asid,
		uint32_t regime, uint32_t vmid, uint32_t va_bits)
{
	/* fields that are too large are of no regime */
	bool fits = regime <= PWM_STAGE2 && vmid <= 0xffff && va_bits <= 64;
	uint64_t how = regime | (uint64_t)vmid << 16 | (uint64_t)va_bits << 32;

	return pwm_do(m, cpu, PWM_OP_ROOT, half, root, asid, fits ? how : 0xff);
}

int pwm_store(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t val, uint32_t kind)
{
	return pwm_do(m, cpu, PWM_OP_STORE, kind, pa, val, 0);
}

int pwm_load(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t val)
{
	return pwm_do(m, cpu, PWM_OP_LOAD, 0, pa, val, 0);
}

int pwm_barrier(struct pwm *m, uint32_t cpu, uint32_t kind)
{
	return pwm_do(m, cpu, PWM_OP_BARRIER, kind, 0, 0, 0);
}

int pwm_tlbi_raw(struct pwm *m, uint32_t cpu, uint32_t op, uint64_t operand)
{
	return pwm_do(m, cpu, PWM_OP_TLBI, op, operand, 0, 0);
}

int pwm_tlbi(struct pwm *m, uint32_t cpu, uint32_t op, uint64_t va, uint32_t asid)
{
	if (op & PWM_RANGED)
		return pwm_refuse(m, "pwm_tlbi_raw() for a range");
	if (asid > 0xffff)
		return pwm_refuse(m, "an ASID below 2^16");
	return pwm_tlbi_raw(m, cpu, op,
			    (va >> 12 & (((uint64_t)1 << 44) - 1)) | (uint64_t)asid << 48);
}

int pwm_contract(struct pwm *m, uint32_t cpu, uint32_t promise, uint64_t first, uint64_t last)
{
	return pwm_contract_in(m, cpu, promise, first, last, PWM_EL1);
}

int pwm_contract_in(struct pwm *m, uint32_t cpu, uint32_t promise, uint64_t first, uint64_t last,
		    uint32_t regime)
{
	return pwm_do(m, cpu, PWM_OP_CONTRACT, promise, first, last, regime);
}

int pwm_table_new(struct pwm *m, uint32_t cpu, uint64_t pa)
{
	return pwm_do(m, cpu, PWM_OP_TABLE_NEW, 0, pa, 0, 0);
}

int pwm_table_free(struct pwm *m, uint32_t cpu, uint64_t pa)
{
	return pwm_do(m, cpu, PWM_OP_TABLE_FREE, 0, pa, 0, 0);
}

int pwm_page_free(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t len)
{
	return pwm_do(m, cpu, PWM_OP_PAGE_FREE, 0, pa, len, 0);
}

int pwm_ipi(struct pwm *m, uint32_t cpu, uint32_t to)
{
	return pwm_do(m, cpu, PWM_OP_IPI, 0, to, 0, 0);
}

int pwm_invlpg(struct pwm *m, uint32_t cpu, uint64_t va)
{
	return pwm_do(m, cpu, PWM_OP_INVLPG, 0, va, 0, 0);
}

int pwm_sfence(struct pwm *m, uint32_t cpu, uint32_t which, uint64_t va, uint32_t asid)
{
	return pwm_do(m, cpu, PWM_OP_SFENCE, which, va, asid, 0);
}
