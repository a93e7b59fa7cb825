/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Lines of a trace: pagewalk-trace(5). Written by pwm_step_text(), read by pwm_parse_line(), and
 * each reads what the other writes.
 */
#include "trace.h"

/* Writing -------------------------------------------------------------------------------------- */

static void put_flags(struct text *t, const struct flag_name *f, uint32_t bits)
{
	for (; f->name; f++) {
		if (!(bits & f->bit))
			continue;
		pwm_put_text(t, " ");
		pwm_put_text(t, f->name);
	}
}

static void put_number(struct text *t, const char *key, uint64_t v)
{
	pwm_put_text(t, " ");
	pwm_put_text(t, key);
	pwm_put_hex(t, v);
}

static void put_all_or(struct text *t, bool given, uint64_t v)
{
	if (given)
		put_number(t, "", v);
	else
		pwm_put_text(t, " all");
}

static void put_root(struct text *t, const struct pwm_step *s)
{
	pwm_put_text(t, " ");
	pwm_put_text(t, pwm_half_names[(s->kind & 0xff) % PWM_NR_HALVES]);
	if (s->kind & PWM_OFF) {
		pwm_put_text(t, " off");
		return;
	}
	put_number(t, "", s->a);
	if (s->b == PWM_ANY_ASID)
		pwm_put_text(t, " any");
	else
		put_number(t, "", s->b);
	pwm_put_text(t, s->kind & PWM_NOFLUSH ? " noflush" : "");
	if (s->c & 0xff)
		put_number(t, "regime=", s->c & 0xff);
	if (s->c >> 16 & 0xffff)
		put_number(t, "vmid=", s->c >> 16 & 0xffff);
	if (s->c >> 32)
		put_number(t, "bits=", s->c >> 32);
}

static void put_tlbi(struct text *t, const struct pwm_step *s)
{
	pwm_put_text(t, s->kind & PWM_RANGED ? " r" : " ");
	pwm_put_text(t, pwm_tlbi_names[(s->kind & 0xff) % PWM_NR_TLBI]);
	pwm_put_text(t, s->kind & PWM_IS ? "is" : s->kind & PWM_OS ? "os" : "");
	pwm_put_text(t, s->kind & PWM_NXS ? "nxs" : "");
	put_number(t, "raw=", s->a);
}

static void put_invlpgb(struct text *t, const struct pwm_step *s)
{
	bool raw = s->kind & PWM_RAW;

	put_number(t, raw ? "raw=" : "", s->a);
	put_number(t, raw ? "edx=" : "", s->b);
	if (raw)
		put_number(t, "ecx=", s->c);
	else
		pwm_put_text(t, s->kind & 1 ? " all" : "");
}

static void put_mode(struct text *t, const struct pwm_step *s)
{
	if (s->op == PWM_OP_POWER)
		pwm_put_text(t, s->kind ? " on" : " off");
	else
		pwm_put_text(t, s->kind ? " enter" : " leave");
}

static void put_arguments(struct text *t, const struct pwm_step *s)
{
	switch (s->op) {
	case PWM_OP_STORE:
		put_number(t, "", s->a);
		put_number(t, "", s->b);
		put_flags(t, pwm_store_flags, s->kind);
		if (s->kind & PWM_OLD)
			put_number(t, "old=", s->c);
		break;
	case PWM_OP_TLBI:
		put_tlbi(t, s);
		break;
	case PWM_OP_INVEPT:
		put_number(t, "", s->kind);
		put_number(t, "", s->a);
		break;
	case PWM_OP_INVPCID:
	case PWM_OP_INVVPID:
		put_number(t, "", s->kind);
		put_number(t, "", s->b);
		put_number(t, "", s->a);
		break;
	case PWM_OP_INVLPGB:
		put_invlpgb(t, s);
		break;
	case PWM_OP_SFENCE:
	case PWM_OP_SINVAL:
	case PWM_OP_HFENCE_GVMA:
	case PWM_OP_HFENCE_VVMA:
	case PWM_OP_HINVAL_GVMA:
	case PWM_OP_HINVAL_VVMA:
		put_all_or(t, s->kind & PWM_RS1, s->a);
		put_all_or(t, s->kind & PWM_RS2, s->b);
		break;
	case PWM_OP_ROOT:
		put_root(t, s);
		break;
	case PWM_OP_SYSREG:
		pwm_put_text(t, " ");
		pwm_put_text(t, pwm_sysreg_names[s->kind % PWM_NR_SYSREGS]);
		put_number(t, "", s->a);
		break;
	case PWM_OP_ACCESS:
		put_number(t, "", s->a);
		put_flags(t, pwm_access_flags, s->kind);
		break;
	case PWM_OP_CONTRACT:
		pwm_put_text(t, " ");
		pwm_put_text(t, pwm_promise_names[(s->kind & 0xff) % PWM_NR_PROMISES]);
		put_number(t, "", s->a);
		put_number(t, "", s->b);
		put_flags(t, pwm_contract_flags, s->kind);
		if (s->c)
			put_number(t, "regime=", s->c);
		break;
	case PWM_OP_LAZY:
		pwm_put_text(t, " ");
		pwm_put_text(t, pwm_lazy_names[s->kind % PWM_NR_LAZY]);
		if (s->kind == PWM_LAZY_FLUSH) {
			put_number(t, "", s->a);
			put_number(t, "", s->b);
		}
		break;
	case PWM_OP_POWER:
	case PWM_OP_IRQ:
	case PWM_OP_LAZY_TLB:
	case PWM_OP_GUEST:
		put_mode(t, s);
		break;
	case PWM_OP_ASID_FREE:
		put_number(t, "", s->b);
		break;
	default: /* an address, or an address and a number */
		put_number(t, "", s->a);
		if (s->op == PWM_OP_LOAD || s->op == PWM_OP_SNAPSHOT || s->op == PWM_OP_ZERO ||
		    s->op == PWM_OP_PAGE_FREE)
			put_number(t, "", s->b);
		break;
	}
}

static void put_config(struct text *t, const struct pwm_step *s)
{
	const char *between = " ";
	const struct flag_name *f;

	pwm_put_text(t, "config ");
	pwm_put_text(t, pwm_key_names[s->kind % PWM_NR_KEYS]);
	if (s->kind == PWM_KEY_ARCH && s->a < PWM_NR_ARCHES) {
		pwm_put_text(t, " ");
		pwm_put_text(t, pwm_arch_names[s->a]);
	} else if (s->kind == PWM_KEY_FEATURES && s->a) {
		for (f = pwm_feature_names; f->name; f++) {
			if (!(s->a & f->bit))
				continue;
			pwm_put_text(t, between);
			pwm_put_text(t, f->name);
			between = ",";
		}
	} else {
		put_number(t, "", s->a);
	}
}

size_t pwm_step_text(uint32_t arch, const struct pwm_step *s, char *buf, size_t len)
{
	struct text t = { buf, len, 0 };
	const char *p;

	(void)arch;
	if (s->op == PWM_OP_CONFIG) {
		put_config(&t, s);
	} else if (s->op == PWM_OP_BARRIER && s->kind < PWM_NR_BARRIERS) {
		/* the CPU stands behind the first word */
		char word[2] = { 0, 0 };

		for (p = pwm_barrier_names[s->kind]; *p && *p != ' '; p++) {
			word[0] = *p;
			pwm_put_text(&t, word);
		}
		pwm_put_text(&t, " ");
		pwm_put_dec(&t, s->cpu);
		pwm_put_text(&t, p);
	} else if (s->op == PWM_OP_END) {
		pwm_put_text(&t, s->kind ? "end audit" : "end");
	} else if (s->op < PWM_NR_OPS) {
		pwm_put_text(&t, pwm_op_names[s->op]);
		pwm_put_text(&t, " ");
		pwm_put_dec(&t, s->cpu);
		put_arguments(&t, s);
	}
	return pwm_text_end(&t);
}

/* Reading -------------------------------------------------------------------------------------- */

struct word {
	const char *s;
	size_t len;
};

struct line {
	const char *at, *end;
	const char *expected; /* what was, once something is wrong */
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct word next_word(struct line *l)
{
	struct word w;

	while (l->at < l->end && blank(*l->at))
		l->at++;
	w.s = l->at;
	while (l->at < l->end && !blank(*l->at))
		l->at++;
	w.len = (size_t)(l->at - w.s);
	return w;
}

static bool is(struct word w, const char *s)
{
	size_t i;

	/* a line may have bytes of 0, and none of them is the end of @s */
	for (i = 0; i < w.len; i++)
		if (!s[i] || w.s[i] != s[i])
			return false;
	return !s[i];
}

static bool bad(struct line *l, const char *expected)
{
	if (!l->expected)
		l->expected = expected;
	return false;
}

static bool digits(struct word w, uint64_t *v)
{
	bool hex = w.len > 2 && w.s[0] == '0' && w.s[1] == 'x';
	size_t i = hex ? 2 : 0;

	*v = 0;
	if (i == w.len)
		return false;
	for (; i < w.len; i++) {
		char c = w.s[i];
		uint64_t d = c >= '0' && c <= '9'	 ? (uint64_t)(c - '0') :
			     hex && c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10) :
			     hex && c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10) :
							   99;

		if (d == 99 || (hex ? *v >> 60 : *v > (~(uint64_t)0 - d) / 10) != 0)
			return false;
		*v = hex ? *v << 4 | d : *v * 10 + d;
	}
	return true;
}

static bool number(struct line *l, uint64_t *v)
{
	return digits(next_word(l), v) || bad(l, "a number: decimal, or hexadecimal with 0x");
}

static bool small(struct line *l, uint64_t max, uint64_t *v, const char *expected)
{
	return (digits(next_word(l), v) && *v <= max) || bad(l, expected);
}

static bool name_of(struct line *l, const char *const *names, uint32_t n, uint16_t *v,
		    const char *expected)
{
	struct word w = next_word(l);
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (w.len && names[i] && is(w, names[i])) {
			*v = (uint16_t)i;
			return true;
		}
	}
	return bad(l, expected);
}

/* key=number */
static bool keyed(struct word w, const char *key, uint64_t *v)
{
	size_t n = 0;

	while (n < w.len && key[n] && key[n] == w.s[n])
		n++;
	return !key[n] && digits((struct word){ w.s + n, w.len - n }, v);
}

static bool flag(struct word w, const struct flag_name *f, uint16_t *bits)
{
	for (; f->name; f++) {
		if (is(w, f->name)) {
			*bits = (uint16_t)(*bits | f->bit);
			return true;
		}
	}
	return false;
}

static bool parse_store(struct line *l, struct pwm_step *s)
{
	struct word w;

	if (!number(l, &s->a) || !number(l, &s->b))
		return false;
	while ((w = next_word(l)).len) {
		if (keyed(w, "old=", &s->c))
			s->kind |= PWM_OLD;
		else if (!flag(w, pwm_store_flags, &s->kind))
			return bad(l, "release, cas, half, nontemp, reread or old=VALUE");
	}
	return true;
}

/* Takes @s off the end of the word, if it is there. */
static bool ends_in(struct word *w, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (w->len <= len || w->s[w->len - len + i] != s[i])
			return false;
	w->len -= len;
	return true;
}

/* Which operations have a form for ranges. */
static bool has_range(uint32_t op)
{
	switch (op) {
	case PWM_ASIDE1:
	case PWM_VMALLE1:
	case PWM_VMALLS12E1:
	case PWM_VMALLWS2E1:
	case PWM_ALLE1:
	case PWM_ALLE2:
	case PWM_ALLE3:
	case PWM_PAALL:
		return false;
	default:
		return true;
	}
}

static bool tlbi_op(struct word w, uint16_t *kind)
{
	uint16_t bits = ends_in(&w, "nxs", 3) ? PWM_NXS : 0;
	uint32_t i;

	if (ends_in(&w, "is", 2))
		bits |= PWM_IS;
	else if (ends_in(&w, "os", 2))
		bits |= PWM_OS;
	if (w.len > 2 && w.s[0] == 'r') {
		bits |= PWM_RANGED;
		w.s++;
		w.len--;
	}
	for (i = 0; i < PWM_NR_TLBI; i++) {
		if (is(w, pwm_tlbi_names[i])) {
			*kind = (uint16_t)(bits | i);
			return !(bits & PWM_RANGED) || has_range(i);
		}
	}
	return false;
}

static bool parse_tlbi(struct line *l, struct pwm_step *s)
{
	uint64_t va = 0, asid = 0, ttl = 0, num = 0, scale = 0, tg = 1, shift = 12, raw;
	struct word w = next_word(l);

	if (!tlbi_op(w, &s->kind))
		return bad(l, "a TLBI operation, such as vae1is");
	while ((w = next_word(l)).len) {
		if (keyed(w, "raw=", &raw)) {
			s->a = raw;
			return !next_word(l).len || bad(l, "nothing behind raw=");
		}
		if (!keyed(w, "va=", &va) && !keyed(w, "asid=", &asid) && !keyed(w, "ttl=", &ttl) &&
		    !keyed(w, "num=", &num) && !keyed(w, "scale=", &scale) &&
		    !keyed(w, "tg=", &tg) && !keyed(w, "shift=", &shift))
			return bad(l, "raw=, va=, asid=, ttl=, num=, scale=, tg= or shift=");
	}
	if (asid > 0xffff || ttl > 15 || num > 31 || scale > 3 || tg > 3 || shift > 16)
		return bad(l, "fields that fit the operand");
	if (s->kind & PWM_RANGED)
		s->a = (va >> shift & 0x1fffffffff) | ttl << 37 | num << 39 | scale << 44 |
		       tg << 46 | asid << 48;
	else
		s->a = (va >> 12 & 0xfffffffffff) | ttl << 44 | asid << 48;
	return true;
}

static bool all_or(struct line *l, uint64_t *v, uint16_t *kind, uint16_t bit)
{
	struct word w = next_word(l);

	if (is(w, "all") && w.len)
		return true;
	*kind |= bit;
	return digits(w, v) || bad(l, "all, or a number");
}

static bool parse_root(struct line *l, struct pwm_step *s)
{
	uint64_t regime = 0, vmid = 0, bits = 0;
	struct word w;

	if (!name_of(l, pwm_half_names, PWM_NR_HALVES, &s->kind, "lower, upper, hyp or guest"))
		return false;
	w = next_word(l);
	if (is(w, "off")) {
		s->kind |= PWM_OFF;
		return true;
	}
	if (!digits(w, &s->a))
		return bad(l, "a number: decimal, or hexadecimal with 0x; or off");
	w = next_word(l);
	s->b = PWM_ANY_ASID;
	if (!(w.len && is(w, "any")) && (!digits(w, &s->b) || s->b > 0xffff))
		return bad(l, "an ASID, or any");
	if (s->kind == PWM_HYP)
		regime = PWM_EL2;
	if (s->kind == PWM_GUEST)
		regime = PWM_STAGE2;
	while ((w = next_word(l)).len) {
		if (is(w, "noflush"))
			s->kind |= PWM_NOFLUSH;
		else if (!keyed(w, "regime=", &regime) && !keyed(w, "vmid=", &vmid) &&
			 !keyed(w, "bits=", &bits))
			return bad(l, "noflush, regime=, vmid= or bits=");
	}
	if (regime > PWM_STAGE2 || vmid > 0xffff || bits > 64)
		return bad(l, "a regime, a VMID and a size that exist");
	s->c = regime | vmid << 16 | bits << 32;
	return true;
}

static bool parse_contract(struct line *l, struct pwm_step *s)
{
	struct word w;

	if (!name_of(l, pwm_promise_names, PWM_NR_PROMISES, &s->kind,
		     "map, unmap, protect, clean, old, dirty?, begin or failed") ||
	    !number(l, &s->a) || !number(l, &s->b))
		return false;
	if (s->a > s->b)
		return bad(l, "a last byte at or above the first");
	while ((w = next_word(l)).len)
		if (!flag(w, pwm_contract_flags, &s->kind) && !keyed(w, "regime=", &s->c))
			return bad(l, "nofault, lazy, all-cpus, immediate or regime=");
	return true;
}

static bool parse_flags(struct line *l, const struct flag_name *f, uint16_t *kind,
			const char *expected)
{
	struct word w;

	while ((w = next_word(l)).len)
		if (!flag(w, f, kind))
			return bad(l, expected);
	return true;
}

static bool parse_invlpgb(struct line *l, struct pwm_step *s)
{
	struct word w = next_word(l);

	if (keyed(w, "raw=", &s->a)) {
		s->kind = PWM_RAW;
		return (keyed(next_word(l), "edx=", &s->b) && keyed(next_word(l), "ecx=", &s->c)) ||
		       bad(l, "edx= and ecx= behind raw=");
	}
	if (!digits(w, &s->a))
		return bad(l, "a number, or raw=");
	if (!number(l, &s->b))
		return false;
	w = next_word(l);
	s->kind = w.len && is(w, "all");
	return !w.len || s->kind || bad(l, "all, or the end of the line");
}

static bool parse_arguments(struct line *l, struct pwm_step *s)
{
	struct word w;
	uint64_t v;

	switch (s->op) {
	case PWM_OP_STORE:
		return parse_store(l, s);
	case PWM_OP_TLBI:
		return parse_tlbi(l, s);
	case PWM_OP_INVEPT:
		if (!small(l, 2, &v, "an INVEPT type, 1 or 2"))
			return false;
		if (!v)
			return bad(l, "an INVEPT type, 1 or 2");
		s->kind = (uint16_t)v;
		return number(l, &s->a);
	case PWM_OP_INVPCID:
	case PWM_OP_INVVPID:
		if (!small(l, 3, &v, "a type, 0 to 3"))
			return false;
		s->kind = (uint16_t)v;
		return number(l, &s->b) && number(l, &s->a);
	case PWM_OP_INVLPGB:
		return parse_invlpgb(l, s);
	case PWM_OP_SFENCE:
	case PWM_OP_SINVAL:
	case PWM_OP_HFENCE_GVMA:
	case PWM_OP_HFENCE_VVMA:
	case PWM_OP_HINVAL_GVMA:
	case PWM_OP_HINVAL_VVMA:
		return all_or(l, &s->a, &s->kind, PWM_RS1) && all_or(l, &s->b, &s->kind, PWM_RS2);
	case PWM_OP_ROOT:
		return parse_root(l, s);
	case PWM_OP_SYSREG:
		return name_of(l, pwm_sysreg_names, PWM_NR_SYSREGS, &s->kind,
			       "mair, translation, pge or vmid") &&
		       number(l, &s->a);
	case PWM_OP_ACCESS:
		return number(l, &s->a) && parse_flags(l, pwm_access_flags, &s->kind,
						       "r, w, x, user, nofault, dep or new");
	case PWM_OP_CONTRACT:
		return parse_contract(l, s);
	case PWM_OP_LAZY:
		if (!name_of(l, pwm_lazy_names, PWM_NR_LAZY, &s->kind,
			     "begin, end, pause, resume or flush"))
			return false;
		return s->kind != PWM_LAZY_FLUSH || (number(l, &s->a) && number(l, &s->b));
	case PWM_OP_POWER:
		w = next_word(l);
		s->kind = is(w, "on");
		return s->kind || is(w, "off") || bad(l, "on or off");
	case PWM_OP_IRQ:
	case PWM_OP_LAZY_TLB:
	case PWM_OP_GUEST:
		w = next_word(l);
		s->kind = is(w, "enter");
		return s->kind || is(w, "leave") || bad(l, "enter or leave");
	case PWM_OP_ASID_FREE:
		return number(l, &s->b);
	case PWM_OP_LOAD:
	case PWM_OP_SNAPSHOT:
	case PWM_OP_ZERO:
	case PWM_OP_PAGE_FREE:
		return number(l, &s->a) && number(l, &s->b);
	default:
		return number(l, &s->a);
	}
}

static bool parse_features(struct line *l, uint64_t *v)
{
	struct word w = next_word(l);

	if (digits(w, v))
		return true;
	*v = 0;
	while (w.len) {
		const struct flag_name *f;
		struct word one = { w.s, 0 };

		while (one.len < w.len && w.s[one.len] != ',')
			one.len++;
		for (f = pwm_feature_names; f->name && !is(one, f->name); f++)
			;
		if (!f->name)
			return bad(l, "names of features with commas between them");
		*v |= f->bit;
		w.s += one.len;
		w.len -= one.len;
		if (w.len) {
			w.s++;
			w.len--;
		}
	}
	return true;
}

static bool parse_config(struct line *l, struct pwm_step *s)
{
	uint16_t arch;

	if (!name_of(l, pwm_key_names, PWM_NR_KEYS, &s->kind, "a key of the configuration"))
		return false;
	if (s->kind == PWM_KEY_ARCH) {
		if (!name_of(l, pwm_arch_names, PWM_NR_ARCHES, &arch, "arm64, x86 or riscv"))
			return false;
		s->a = arch;
		return true;
	}
	return s->kind == PWM_KEY_FEATURES ? parse_features(l, &s->a) : number(l, &s->a);
}

/* Barriers: the first word, the CPU, and what else the name has. */
static bool parse_barrier(struct line *l, struct word first, struct pwm_step *s)
{
	struct word rest;
	uint64_t cpu;
	uint32_t i;

	if (!small(l, PWM_MAX_CPUS - 1, &cpu, "a CPU"))
		return false;
	rest = next_word(l);
	for (i = 0; i < PWM_NR_BARRIERS; i++) {
		const char *n = pwm_barrier_names[i];
		size_t k;

		for (k = 0; k < first.len && n[k] == first.s[k]; k++)
			;
		if (k != first.len || (n[k] && n[k] != ' '))
			continue;
		if (n[k] ? rest.len && is(rest, n + k + 1) : !rest.len) {
			s->op = PWM_OP_BARRIER;
			s->cpu = (uint8_t)cpu;
			s->kind = (uint16_t)i;
			return true;
		}
	}
	return bad(l, "a kind of barrier, such as ishst");
}

static bool is_barrier(struct word w)
{
	static const char *const firsts[] = {
		"dsb",	  "dmb",       "isb",	"eret",		  "exception", "mfence",
		"lfence", "serialise", "fence", "sfence.w.inval", "tlbsync",   "sfence.inval.ir"
	};
	size_t i;

	for (i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (is(w, firsts[i]))
			return true;
	return false;
}

/* "sfence 0" is x86's, and RISC-V's says what it fences. */
static bool is_store_fence(uint32_t arch, struct word first, struct line l)
{
	return arch != PWM_RISCV && is(first, pwm_barrier_names[PWM_STORE_FENCE]) &&
	       next_word(&l).len && !next_word(&l).len;
}

static bool parse_step(uint32_t arch, struct line *l, struct word first, struct pwm_step *s)
{
	uint64_t cpu;
	uint8_t i;

	if (is_barrier(first) || is_store_fence(arch, first, *l))
		return parse_barrier(l, first, s);
	for (i = PWM_OP_CONFIG; i < PWM_NR_OPS && !is(first, pwm_op_names[i]); i++)
		;
	if (i == PWM_NR_OPS || i == PWM_OP_SITE || i == PWM_OP_BARRIER)
		return bad(l, "a step, such as store, dsb or tlbi");
	s->op = i;
	if (i == PWM_OP_CONFIG)
		return parse_config(l, s);
	if (i == PWM_OP_END) {
		struct word w = next_word(l);

		s->kind = w.len && is(w, "audit");
		return !w.len || s->kind || bad(l, "audit, or the end of the line");
	}
	if (!small(l, PWM_MAX_CPUS - 1, &cpu, "a CPU"))
		return false;
	s->cpu = (uint8_t)cpu;
	return parse_arguments(l, s);
}

int pwm_parse_line(uint32_t arch, const char *line, size_t len, struct pwm_step *s,
		   const char **site, size_t *site_len, const char **expected)
{
	struct line l = { line, line + len, NULL };
	struct word first;
	size_t i;

	__builtin_memset(s, 0, sizeof(*s));
	*site = NULL;
	*site_len = 0;
	for (i = 0; i < len && line[i] != '#'; i++) {
		if (line[i] != '@')
			continue;
		*site = line + i + 1;
		while (i + 1 < len && !blank(line[i + 1]))
			i++;
		*site_len = (size_t)(line + i + 1 - *site);
		break;
	}
	l.end = *site ? *site - 1 : line + i;
	first = next_word(&l);
	if (!first.len)
		return 0;
	if (parse_step(arch, &l, first, s) &&
	    (!next_word(&l).len || bad(&l, "the end of the line")))
		return 1;
	*expected = l.expected;
	return -1;
}
