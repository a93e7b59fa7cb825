/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Steps that nobody can have made: what of them is wrong.
 *
 * A step that is refused was not checked, and what comes behind it is judged without it. So the
 * usual mistakes of those who report steps are named, and not taken for something else: a register
 * as it is (CR3 with its PCID, satp with its mode, TTBR with its ASID) where an address is wanted,
 * another architecture's barrier, a range that wraps.
 */
#include "private.h"

#define OF(arch) (1u << (arch))

/* Of which architecture a barrier is. */
static const uint8_t barrier_of[PWM_NR_BARRIERS] = {
	[PWM_DSB_ISH] = OF(PWM_ARM64),	   [PWM_DSB_ISHST] = OF(PWM_ARM64),
	[PWM_DSB_ISHLD] = OF(PWM_ARM64),   [PWM_DSB_NSH] = OF(PWM_ARM64),
	[PWM_DSB_NSHST] = OF(PWM_ARM64),   [PWM_DSB_NSHLD] = OF(PWM_ARM64),
	[PWM_DSB_OSH] = OF(PWM_ARM64),	   [PWM_DSB_OSHST] = OF(PWM_ARM64),
	[PWM_DSB_OSHLD] = OF(PWM_ARM64),   [PWM_DMB_ISH] = OF(PWM_ARM64),
	[PWM_DMB_ISHST] = OF(PWM_ARM64),   [PWM_DMB_ISHLD] = OF(PWM_ARM64),
	[PWM_ISB] = OF(PWM_ARM64),	   [PWM_ERET] = OF(PWM_ARM64),
	[PWM_EXCEPTION] = OF(PWM_ARM64),   [PWM_MFENCE] = OF(PWM_X86),
	[PWM_SERIALISE] = OF(PWM_X86),	   [PWM_FENCE] = OF(PWM_RISCV),
	[PWM_FENCE_W] = OF(PWM_RISCV),	   [PWM_FENCE_I] = OF(PWM_RISCV),
	[PWM_SFENCE_W] = OF(PWM_RISCV),	   [PWM_SFENCE_IR] = OF(PWM_RISCV),
	[PWM_TLBSYNC] = OF(PWM_X86),	   [PWM_DSB_SY] = OF(PWM_ARM64),
	[PWM_DSB_ST] = OF(PWM_ARM64),	   [PWM_DSB_LD] = OF(PWM_ARM64),
	[PWM_DMB_SY] = OF(PWM_ARM64),	   [PWM_DMB_ST] = OF(PWM_ARM64),
	[PWM_DMB_LD] = OF(PWM_ARM64),	   [PWM_DMB_OSH] = OF(PWM_ARM64),
	[PWM_DMB_OSHST] = OF(PWM_ARM64),   [PWM_DMB_OSHLD] = OF(PWM_ARM64),
	[PWM_DMB_NSH] = OF(PWM_ARM64),	   [PWM_DMB_NSHST] = OF(PWM_ARM64),
	[PWM_DMB_NSHLD] = OF(PWM_ARM64),   [PWM_STORE_FENCE] = OF(PWM_X86),
	[PWM_LOAD_FENCE] = OF(PWM_X86),	   [PWM_FENCE_R] = OF(PWM_RISCV),
	[PWM_FENCE_TSO] = OF(PWM_RISCV),   [PWM_DSB_SY_NXS] = OF(PWM_ARM64),
	[PWM_DSB_ISH_NXS] = OF(PWM_ARM64), [PWM_DSB_OSH_NXS] = OF(PWM_ARM64),
	[PWM_DSB_NSH_NXS] = OF(PWM_ARM64),
};

/* The operations whose operand is an address. */
static const uint8_t has_address[PWM_NR_TLBI] = {
	[PWM_VAE1] = 1,	   [PWM_VAAE1] = 1,    [PWM_VALE1] = 1, [PWM_VAALE1] = 1,
	[PWM_IPAS2E1] = 1, [PWM_IPAS2LE1] = 1, [PWM_VAE2] = 1,	[PWM_VALE2] = 1,
	[PWM_VAE3] = 1,	   [PWM_VALE3] = 1,    [PWM_PA] = 1,	[PWM_PAL] = 1,
};

#define STORE_FLAGS    (PWM_RELEASE | PWM_CAS | PWM_HALF | PWM_NONTEMP | PWM_OLD | PWM_REREAD)
#define ACCESS_FLAGS   (PWM_R | PWM_W | PWM_X | PWM_USER | PWM_NOFAULT | PWM_DEP | PWM_MUST_NEW)
#define CONTRACT_FLAGS (PWM_NOFAULT | PWM_LAZY | PWM_ALL_CPUS | PWM_IMMEDIATE)

static bool wraps(uint64_t first, uint64_t bytes)
{
	return bytes && first > ~(uint64_t)0 - (bytes - 1);
}

static const char *wrong_tlbi(const struct pwm_step *s)
{
	uint32_t which = s->kind & 0xff;

	if (which >= PWM_NR_TLBI)
		return "an operation of enum pwm_tlbi";
	if (s->kind & ~(0xffu | PWM_IS | PWM_OS | PWM_RANGED | PWM_NXS) ||
	    (s->kind & PWM_IS && s->kind & PWM_OS))
		return "PWM_IS or PWM_OS, PWM_RANGED, PWM_NXS, and no bit beside those";
	if (s->kind & PWM_RANGED && !has_address[which])
		return "a range of an operation that has an address";
	return NULL;
}

/* More of hgatp and the EPT pointer is step.c's matter. */
static const char *wrong_root(const struct pwm *m, const struct pwm_step *s)
{
	bool guest = (s->kind & 0xff) == PWM_GUEST;

	if (s->kind & PWM_OFF)
		return NULL;
	if (guest != ((s->c & 0xff) == PWM_STAGE2))
		return "PWM_GUEST for PWM_STAGE2, and for no other regime";
	if (m->cfg.arch == PWM_X86 && guest)
		return NULL;
	if (s->a & 63 || s->a >> m->cfg.pa_bits)
		return "the root's physical address, without ASID, VMID, mode and flags";
	if (s->b > PWM_ANY_ASID)
		return "an ASID below 2^16, or PWM_ANY_ASID";
	return NULL;
}

/* Sign-extended, but guest-physical addresses. */
static bool canonical(const struct pwm *m, uint64_t va, uint32_t regime)
{
	uint64_t high;

	if (regime == PWM_STAGE2)
		return true;
	high = va >> (m->cfg.arch == PWM_ARM64 ? m->cfg.va_bits : m->cfg.va_bits - 1);
	return !high || high == ~(uint64_t)0 >> (m->cfg.arch == PWM_ARM64 ? m->cfg.va_bits :
									    m->cfg.va_bits - 1);
}

static const char *wrong_contract(const struct pwm *m, const struct pwm_step *s)
{
	if (s->kind & ~(0xffu | CONTRACT_FLAGS))
		return "flags that a promise has";
	if (s->c > PWM_STAGE2)
		return "a regime that exists";
	if (!canonical(m, s->a, (uint32_t)s->c) || !canonical(m, s->b, (uint32_t)s->c))
		return "addresses that are sign-extended, without a tag";
	return NULL;
}

const char *pwm_step_wrong(const struct pwm *m, const struct pwm_step *s)
{
	if (s->cpu >= m->cfg.nr_cpus)
		return "a CPU that the configuration has";
	switch (s->op) {
	case PWM_OP_STORE:
		return s->kind & ~STORE_FLAGS ? "flags that a store has" :
		       s->a & 7		      ? "an address that is a multiple of 8" :
						NULL;
	case PWM_OP_LOAD:
	case PWM_OP_SNAPSHOT:
	case PWM_OP_TABLE_NEW:
	case PWM_OP_TABLE_FREE:
		return s->a & 7 ? "an address that is a multiple of 8" : NULL;
	case PWM_OP_ZERO:
		return (s->a | s->b) & 7 || s->b > (uint64_t)1 << 21 || wraps(s->a, s->b) ?
			       "whole entries, of 2 MiB at most, below 2^64" :
			       NULL;
	case PWM_OP_PAGE_FREE:
		return !s->b || wraps(s->a, s->b) ? "bytes, at least one, all below 2^64" : NULL;
	case PWM_OP_BARRIER:
		return s->kind >= PWM_NR_BARRIERS || !(barrier_of[s->kind] & OF(m->cfg.arch)) ?
			       "a barrier of this architecture" :
			       NULL;
	case PWM_OP_TLBI:
		return wrong_tlbi(s);
	case PWM_OP_ROOT:
		return wrong_root(m, s);
	case PWM_OP_SYSREG:
		return s->kind == PWM_VMID && s->a > 0xffff ? "a VMID below 2^16" : NULL;
	case PWM_OP_ACCESS:
		return s->kind & ~ACCESS_FLAGS ? "flags that an access has" : NULL;
	case PWM_OP_CONTRACT:
		return wrong_contract(m, s);
	case PWM_OP_LAZY:
		return s->kind == PWM_LAZY_FLUSH && s->a > s->b ?
			       "a last byte at or above the first" :
			       NULL;
	default:
		return NULL;
	}
}
