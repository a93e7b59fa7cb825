/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From control and status registers to a handle's configuration.
 *
 *   satp    63:60 MODE   59:44 ASID               43:0 PPN
 *   hgatp   63:60 MODE   59:58 zero  57:44 VMID   43:0 PPN, [1:0] always zero
 */
#include <pagewalk/riscv.h>

#define MODE_SHIFT   60
#define ID_SHIFT     44
#define ASID_MASK    0xffffu
#define VMID_MASK    0x3fffu
#define PPN_MASK     (((uint64_t)1 << ID_SHIFT) - 1)
#define PAGE_SHIFT   12
#define ROOT_PAGES   4u /* of a G-stage root */
#define LEVEL_BITS   9u
#define SV39_BITS    39u
#define G_STAGE_BITS 2u /* more than the first stage */
#define SSTATUS_SUM  ((uint64_t)1 << 18)
#define SSTATUS_MXR  ((uint64_t)1 << 19)
#define DECODED_CAPS (PW_CAP_SUM | PW_CAP_MXR)

/* Address bits of the first stage; 0, PW_ENOENT, PW_EDOM. */
static int bits_of(uint64_t atp, uint32_t *va_bits)
{
	uint32_t mode = (uint32_t)(atp >> MODE_SHIFT);

	if (mode == PW_RISCV_BARE)
		return PW_ENOENT;
	if (mode < PW_RISCV_SV39 || mode > PW_RISCV_SV57)
		return PW_EDOM;
	*va_bits = SV39_BITS + (mode - PW_RISCV_SV39) * LEVEL_BITS;
	return 0;
}

static void decode(uint64_t atp, uint32_t va_bits, uint16_t id, uint32_t caps,
		   struct pw_table_config *cfg)
{
	cfg->root = pw_pa_of((atp & PPN_MASK) << PAGE_SHIFT);
	cfg->va_bits = va_bits;
	cfg->asid = id;
	cfg->caps.flags = (cfg->caps.flags & ~DECODED_CAPS) | caps;
}

static uint32_t mxr_of(const struct pw_riscv_regs *regs)
{
	return regs->sstatus & SSTATUS_MXR ? PW_CAP_MXR : 0;
}

int pw_riscv_decode_regs(const struct pw_riscv_regs *regs, bool upper, struct pw_table_config *cfg)
{
	uint32_t va_bits = 0;
	int err = bits_of(regs->satp, &va_bits);

	if (err)
		return err;
	decode(regs->satp, va_bits, (uint16_t)(regs->satp >> ID_SHIFT & ASID_MASK),
	       mxr_of(regs) | (regs->sstatus & SSTATUS_SUM ? PW_CAP_SUM : 0), cfg);
	cfg->flags = upper ? cfg->flags | PW_TABLE_UPPER : cfg->flags & ~PW_TABLE_UPPER;
	return 0;
}

int pw_riscv_decode_hgatp(const struct pw_riscv_regs *regs, struct pw_table_config *cfg)
{
	uint32_t va_bits = 0;
	int err = bits_of(regs->hgatp, &va_bits);

	if (!err && (regs->hgatp & (ROOT_PAGES - 1u)))
		err = PW_EDOM;
	if (err)
		return err;
	decode(regs->hgatp, va_bits + G_STAGE_BITS, (uint16_t)(regs->hgatp >> ID_SHIFT & VMID_MASK),
	       mxr_of(regs), cfg);
	cfg->flags &= ~PW_TABLE_UPPER;
	return 0;
}
