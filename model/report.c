/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Verdicts, and what they look like.
 */
#include "text.h"

/* Saying it ------------------------------------------------------------------------------------ */

static void deliver(struct pwm *m, const char *id, uint32_t cls, struct pwm_verdict *v)
{
	v->rule = pwm_rule_of_id(id);
	v->cls = cls;
	v->trigger.step = m->step;
	v->trigger.site = m->now.site;
	v->trigger.cpu = m->now.cpu;
	v->trigger_op = m->now.op;
	v->trigger_kind = m->now.kind;
	if (cls < PWM_NR_CLASSES)
		m->stats.verdicts[cls]++;
	if (cls == PWM_REDUNDANT)
		m->stats.redundant++;
	if (m->cfg.verdict)
		m->cfg.verdict(m->cfg.ctx, v);
}

void pwm_say(struct pwm *m, const char *rule, uint32_t cls, const struct ent *e)
{
	const struct space *s = &m->spaces[e->space];
	struct pwm_verdict v = { .level = e->level,
				 .asid = e->global ? PWM_ANY_ASID : s->asid,
				 .cpus_lo = (uint32_t)e->live,
				 .cpus_hi = (uint32_t)(e->live >> 32),
				 .is_table = e->kind == K_TABLE,
				 .regime = s->regime,
				 .vmid = s->vmid,
				 .combined = e->kind == K_COMBINED,
				 .va = e->va,
				 .src = e->src,
				 .old_value = e->val };
	unsigned int level, hier;
	uint64_t src;

	v.new_value = pwm_walk_now(m, s, e->va, e->level, &level, &hier, &src);
	v.store.step = e->since;
	v.store.site = e->site;
	v.store.cpu = e->cpu;
	/* what came near, or what is under way */
	if (e->miss_step) {
		v.maintenance.step = e->miss_step;
		v.maintenance.site = e->miss_site;
		v.maintenance.cpu = e->miss_cpu;
		v.maintenance_op = e->miss_op;
		v.maintenance_kind = e->miss_kind;
	}
	deliver(m, rule, cls, &v);
}

/* Of what the step is about: an entry, or a promise. */
static uint32_t regime_now(const struct pwm *m)
{
	if (m->now.op == PWM_OP_CONTRACT)
		return (uint32_t)m->now.c;
	return m->now.op == PWM_OP_STORE && m->nr_paths ? m->spaces[m->paths[0].space].regime :
							  PWM_EL1;
}

void pwm_say_at(struct pwm *m, const char *rule, uint32_t cls, uint64_t va, unsigned int level,
		uint64_t src, uint64_t old_value, uint64_t new_value)
{
	struct pwm_verdict v = { .level = level,
				 .asid = PWM_ANY_ASID,
				 .regime = regime_now(m),
				 .va = va,
				 .src = src,
				 .old_value = old_value,
				 .new_value = new_value };

	deliver(m, rule, cls, &v);
}

/* Text ----------------------------------------------------------------------------------------- */

void pwm_put_text(struct text *t, const char *s)
{
	for (; *s; s++, t->at++)
		if (t->at + 1 < t->len)
			t->buf[t->at] = *s;
}

void pwm_put_hex(struct text *t, uint64_t v)
{
	char digits[17];
	int i = 16;

	digits[16] = 0;
	do {
		digits[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	pwm_put_text(t, "0x");
	pwm_put_text(t, digits + i);
}

void pwm_put_dec(struct text *t, uint64_t v)
{
	char digits[21];
	int i = 20;

	digits[20] = 0;
	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	pwm_put_text(t, digits + i);
}

size_t pwm_text_end(struct text *t)
{
	if (t->len)
		t->buf[t->at < t->len ? t->at : t->len - 1] = 0;
	return t->at;
}

static void put_perm(struct text *t, unsigned int perm)
{
	char p[] = "kernel ---, user ---";

	p[7] = perm & P_KR ? 'r' : '-';
	p[8] = perm & P_KW ? 'w' : '-';
	p[9] = perm & P_KX ? 'x' : '-';
	p[17] = perm & P_UR ? 'r' : '-';
	p[18] = perm & P_UW ? 'w' : '-';
	p[19] = perm & P_UX ? 'x' : '-';
	pwm_put_text(t, p);
}

/*
 * Regimes of one privilege, and second stages: one right to read and one to write. Where a guest
 * may execute can differ, but on RISC-V.
 */
static void put_one_perm(struct text *t, const struct pwm *m, unsigned int perm, uint32_t regime)
{
	bool guest = regime == PWM_STAGE2, arm64 = m->cfg.arch == PWM_ARM64;
	char p[] = "---";

	p[0] = perm & P_KR ? 'r' : '-';
	p[1] = perm & P_KW ? 'w' : '-';
	p[2] = perm & (P_KX | P_UX) ? 'x' : '-';
	pwm_put_text(t, guest ? "guest " : "");
	pwm_put_text(t, p);
	if (!guest || m->cfg.arch == PWM_RISCV || !(perm & P_KX) == !(perm & P_UX))
		return;
	if (perm & P_KX)
		pwm_put_text(t, arm64 ? " (at EL1)" : " (supervisor)");
	else
		pwm_put_text(t, arm64 ? " (at EL0)" : " (user)");
}

static void put_entry(struct text *t, const struct pwm *m, uint64_t val, unsigned int level,
		      uint32_t regime)
{
	struct dec d;

	arch_in(m, regime)->decode(m, val, level, &d);
	pwm_put_hex(t, val);
	if (d.kind == K_INVALID) {
		pwm_put_text(t, d.reserved ? " (reserved encoding)" : " (not valid)");
		return;
	}
	pwm_put_text(t, d.kind == K_TABLE ? " (table at " : level ? " (block at " : " (page at ");
	pwm_put_hex(t, d.oa);
	if (d.kind == K_LEAF) {
		pwm_put_text(t, ", ");
		if (regime != PWM_EL1)
			put_one_perm(t, m, d.perm, regime);
		else
			put_perm(t, d.perm);
		pwm_put_text(t, ", type ");
		pwm_put_hex(t, d.memtype);
		pwm_put_text(t, d.global && regime != PWM_STAGE2 ? ", global" : "");
		pwm_put_text(t, d.contig ? ", contiguous" : "");
		pwm_put_text(t, d.accessed ? "" : ", not accessed");
		pwm_put_text(t, d.dirty ? ", dirty" : "");
	}
	pwm_put_text(t, ")");
}

size_t pwm_describe(const struct pwm *m, uint64_t value, uint32_t level, char *buf, size_t len)
{
	struct text t = { buf, len, 0 };

	put_entry(&t, m, value, level, PWM_EL1);
	return pwm_text_end(&t);
}

struct naming {
	const struct pwm *m;
	const char *(*name)(void *ctx, uint32_t site);
	void *ctx;
};

static void put_site(struct text *t, const struct naming *n, uint32_t site)
{
	const char *s;

	if (!site)
		return;
	pwm_put_text(t, " at ");
	if (n->name) {
		s = n->name(n->ctx, site);
		pwm_put_text(t, s ? s : "?");
	} else if (site <= sizeof(n->m->sites) / sizeof(n->m->sites[0]) &&
		   n->m->sites[site - 1].file) {
		pwm_put_text(t, n->m->sites[site - 1].file);
		pwm_put_text(t, ":");
		pwm_put_dec(t, n->m->sites[site - 1].line);
	} else {
		pwm_put_text(t, "?");
	}
}

static void put_when(struct text *t, const struct naming *n, uint64_t step, uint32_t cpu,
		     uint32_t site)
{
	pwm_put_text(t, "step ");
	pwm_put_dec(t, step);
	pwm_put_text(t, ", CPU ");
	pwm_put_dec(t, cpu);
	put_site(t, n, site);
	pwm_put_text(t, "\n");
}

static void put_step_name(struct text *t, const struct pwm *m, uint32_t op, uint32_t kind)
{
	if (op == PWM_OP_TLBI)
		pwm_put_text(t, kind & PWM_RANGED ? "tlbi r" : "tlbi ");
	if (op == PWM_OP_CONTRACT)
		pwm_put_text(t, "contract ");
	pwm_put_text(t, pwm_step_name(m->cfg.arch, op, kind));
	if (op == PWM_OP_TLBI)
		pwm_put_text(t, kind & PWM_IS ? "is" : kind & PWM_OS ? "os" : "");
}

/* Words up to column 90, two in. */
static void put_wrapped(struct text *t, const char *s)
{
	size_t column = 0, n;

	while (*s) {
		char word[2] = { 0, 0 };

		for (n = 0; s[n] && s[n] != ' '; n++)
			;
		if (column && column + 1 + n > 88) {
			pwm_put_text(t, "\n");
			column = 0;
		}
		pwm_put_text(t, column ? " " : "  ");
		column += column ? n + 1 : n;
		for (; n; n--) {
			word[0] = *s++;
			pwm_put_text(t, word);
		}
		while (*s == ' ')
			s++;
	}
}

static void put_cpus(struct text *t, uint64_t cpus)
{
	const char *between = " ";
	uint32_t c;

	for (c = 0; c < 64; c++) {
		if (!(cpus & CPU_BIT(c)))
			continue;
		pwm_put_text(t, between);
		pwm_put_dec(t, c);
		between = ",";
	}
}

/* What the translation is tagged with, in the words of its architecture. */
static void put_tag(struct text *t, const struct pwm *m, const struct pwm_verdict *v)
{
	bool x86 = m->cfg.arch == PWM_X86, guest = v->regime == PWM_STAGE2;

	if (!x86 && (guest || v->vmid)) {
		pwm_put_text(t, ", VMID ");
		pwm_put_dec(t, v->vmid);
	}
	if (guest || v->asid == PWM_ANY_ASID || (x86 && !(m->cfg.features & PWM_PCID)))
		return;
	pwm_put_text(t, x86 ? ", PCID " : ", ASID ");
	pwm_put_dec(t, v->asid);
}

static void put_place(struct text *t, const struct pwm *m, const struct pwm_verdict *v)
{
	bool held = v->cpus_lo | v->cpus_hi;

	if (v->va || v->src || held) {
		pwm_put_text(t, v->regime == PWM_STAGE2 ? "  guest address " : "  address ");
		pwm_put_hex(t, v->va);
		pwm_put_text(t, ", level ");
		pwm_put_dec(t, v->level);
		/* without a holder a verdict is about the tables, and has no tag */
		if (held)
			put_tag(t, m, v);
		if (v->src || held) {
			pwm_put_text(t, ", entry at ");
			pwm_put_hex(t, v->src);
		}
		pwm_put_text(t, "\n");
	}
	if (held) {
		pwm_put_text(t, "  may be used by CPU");
		put_cpus(t, v->cpus_lo | (uint64_t)v->cpus_hi << 32);
		pwm_put_text(t,
			     v->combined ? ", combined with the guest's own translations\n" : "\n");
	}
}

size_t pwm_report(const struct pwm *m, const struct pwm_verdict *v, char *buf, size_t len,
		  const char *(*site_name)(void *ctx, uint32_t site), void *ctx)
{
	struct text t = { buf, len, 0 };
	struct naming n = { m, site_name, ctx };

	pwm_put_text(&t, "pagewalk: ");
	pwm_put_text(&t, pwm_class_name(v->cls));
	pwm_put_text(&t, ": ");
	pwm_put_text(&t, v->rule->id);
	pwm_put_text(&t, ": ");
	pwm_put_text(&t, v->rule->title);
	pwm_put_text(&t, "\n");
	put_wrapped(&t, v->rule->sentence);
	pwm_put_text(&t, "\n");
	put_place(&t, m, v);
	if (v->old_value || v->cpus_lo | v->cpus_hi) {
		pwm_put_text(&t, v->cpus_lo | v->cpus_hi ? "  held   " : "  old    ");
		put_entry(&t, m, v->old_value, v->level, v->regime);
		pwm_put_text(&t, "\n");
	}
	if (v->new_value || v->old_value || v->cpus_lo | v->cpus_hi) {
		pwm_put_text(&t, "  tables ");
		put_entry(&t, m, v->new_value, v->level, v->regime);
		pwm_put_text(&t, "\n");
	}
	if (v->store.step) {
		pwm_put_text(&t, "  changed:     ");
		put_when(&t, &n, v->store.step, v->store.cpu, v->store.site);
	}
	if (v->maintenance.step) {
		pwm_put_text(&t, "  maintenance: ");
		put_step_name(&t, m, v->maintenance_op, v->maintenance_kind);
		pwm_put_text(&t, ", ");
		put_when(&t, &n, v->maintenance.step, v->maintenance.cpu, v->maintenance.site);
	}
	pwm_put_text(&t, "  noticed:     ");
	put_step_name(&t, m, v->trigger_op, v->trigger_kind);
	pwm_put_text(&t, ", ");
	put_when(&t, &n, v->trigger.step, v->trigger.cpu, v->trigger.site);
	pwm_put_text(&t, "  manual:      ");
	pwm_put_text(&t, v->rule->section);
	pwm_put_text(&t, "\n");
	return pwm_text_end(&t);
}
