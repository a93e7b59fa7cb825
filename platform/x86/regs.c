/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From control registers and from an EPT pointer to a handle's configuration. Intel SDM Vol. 3A,
 * "Control Registers" (2.5), "Paging Modes and Control Bits" (4.1; newer printings: 5.1).
 */
#include <pagewalk/x86.h>

#define CR0_WP	 ((uint64_t)1 << 16)
#define CR0_PG	 ((uint64_t)1 << 31)
#define CR3_ADDR 0x000ffffffffff000ull /* LAM's bits 62:61 lie above */
#define CR3_PCID 0xfffu		       /* with CR4.PCIDE; else PWT and PCD of the walk */
#define CR4_PAE	 ((uint64_t)1 << 5)
#define CR4_PGE	 ((uint64_t)1 << 7)
#define CR4_LA57 ((uint64_t)1 << 12)
#define CR4_PCID ((uint64_t)1 << 17)
#define CR4_SMEP ((uint64_t)1 << 20)
#define CR4_SMAP ((uint64_t)1 << 21)
#define CR4_PKE	 ((uint64_t)1 << 22)
#define CR4_CET	 ((uint64_t)1 << 23)
#define CR4_PKS	 ((uint64_t)1 << 24)
#define EFER_LME ((uint64_t)1 << 8)
#define EFER_LMA ((uint64_t)1 << 10)
#define EFER_NXE ((uint64_t)1 << 11)

#define REGS_CAPS (PW_CAP_NO_NX | PW_CAP_NO_WP | PW_CAP_SMEP | PW_CAP_SMAP)

static uint32_t caps_of(const struct pw_x86_regs *regs)
{
	uint32_t caps = 0;

	if (!(regs->efer & EFER_NXE))
		caps |= PW_CAP_NO_NX;
	if (!(regs->cr0 & CR0_WP))
		caps |= PW_CAP_NO_WP;
	if (regs->cr4 & CR4_SMEP)
		caps |= PW_CAP_SMEP;
	if (regs->cr4 & CR4_SMAP)
		caps |= PW_CAP_SMAP;
	return caps;
}

int pw_x86_decode_regs(const struct pw_x86_regs *regs, bool upper, struct pw_x86_mode *mode,
		       struct pw_table_config *cfg)
{
	__builtin_memset(mode, 0, sizeof(*mode));
	if (!(regs->efer & EFER_LMA))
		return PW_EOPNOTSUPP;
	if (!(regs->efer & EFER_LME) || !(regs->cr0 & CR0_PG) || !(regs->cr4 & CR4_PAE))
		return PW_EDOM;
	mode->va_bits = regs->cr4 & CR4_LA57 ? 57 : 48;
	mode->pcid = (regs->cr4 & CR4_PCID) != 0;
	mode->global = (regs->cr4 & CR4_PGE) != 0;
	mode->user_keys = (regs->cr4 & CR4_PKE) != 0;
	mode->kernel_keys = (regs->cr4 & CR4_PKS) != 0;
	mode->shadow_stack = (regs->cr4 & CR4_CET) != 0;
	cfg->root = pw_pa_of(regs->cr3 & CR3_ADDR & ~cfg->enc_mask);
	cfg->va_bits = mode->va_bits;
	cfg->asid = mode->pcid ? (uint16_t)(regs->cr3 & CR3_PCID) : 0;
	cfg->mair = regs->pat;
	cfg->flags = upper ? cfg->flags | PW_TABLE_UPPER : cfg->flags & ~PW_TABLE_UPPER;
	cfg->caps.flags = (cfg->caps.flags & ~REGS_CAPS) | caps_of(regs);
	return 0;
}

#define EPTP_TYPE	  0x7u
#define EPTP_LENGTH_SHIFT 3 /* of a walk, less one */
#define EPTP_LENGTH_MASK  0x7u
#define EPTP_AD		  ((uint64_t)1 << 6)
#define EPTP_SSS	  ((uint64_t)1 << 7)
#define EPTP_ADDR	  0x000ffffffffff000ull
#define EPTP_RESERVED	  0xfff0000000000f00ull

#define EPT_UC 0u
#define EPT_WB 6u

int pw_ept_decode_eptp(uint64_t eptp, struct pw_ept_mode *mode, struct pw_table_config *cfg)
{
	uint32_t length = ((uint32_t)(eptp >> EPTP_LENGTH_SHIFT) & EPTP_LENGTH_MASK) + 1;
	uint32_t ad = PW_CAP_HAF | PW_CAP_HD;

	mode->va_bits = 12 + 9 * length;
	mode->ad = (eptp & EPTP_AD) != 0;
	mode->mem_index = (uint32_t)eptp & EPTP_TYPE;
	mode->shadow_stack = (eptp & EPTP_SSS) != 0;
	if (length != 4 && length != 5)
		return PW_ERANGE;
	if ((eptp & EPTP_RESERVED) || (mode->mem_index != EPT_UC && mode->mem_index != EPT_WB))
		return PW_EDOM;
	cfg->root = pw_pa_of(eptp & EPTP_ADDR);
	cfg->va_bits = mode->va_bits;
	cfg->flags &= ~PW_TABLE_UPPER;
	cfg->caps.flags = (cfg->caps.flags & ~ad) | (mode->ad ? ad : 0);
	return 0;
}
