/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V: what a handle needs from the control and status registers of a CPU. Sources: RISC-V
 * privileged specification, "Supervisor Address Translation and Protection (satp) Register",
 * "Supervisor Status (sstatus) Register"; hypervisor extension, "Hypervisor Guest Address
 * Translation and Protection (hgatp) Register".
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_RISCV_H
#define PAGEWALK_RISCV_H

#include <pagewalk/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Registers of one CPU, as a debugger shows them. Of a guest: vsatp and vsstatus. */
struct pw_riscv_regs {
	uint64_t satp;
	uint64_t sstatus; /* 0 if not known */
	uint64_t hgatp;	  /* 0 if there is none: no guest, or bare */
};

/* MODE of satp and hgatp */
#define PW_RISCV_BARE 0u
#define PW_RISCV_SV39 8u /* Sv39x4 in hgatp, and so on */
#define PW_RISCV_SV48 9u
#define PW_RISCV_SV57 10u

/*
 * pw_riscv_decode_regs - fill in a handle's configuration from satp and sstatus
 * @regs:   the registers
 * @upper:  the half: one root translates both
 * @cfg:    root, va_bits, asid, caps and PW_TABLE_UPPER are set, the rest is left alone: the caller
 *          chooses pw_riscv64_direct or _hooked, and the environment
 *
 * Of the capabilities, PW_CAP_SUM and PW_CAP_MXR are set or cleared and the others kept: no
 * register of the supervisor's says which extensions there are.
 *
 * A table entry with G makes all leaves below global, whatever they say. The library writes none;
 * where others did, in tables that a CPU walks, @cfg->any_asid has to be set, or the fences for
 * what is below are for one ASID and leave it.
 *
 * Context:   any.
 * On error:  @cfg is unchanged.
 * Return:    0; PW_ENOENT satp is bare: addresses are not translated, there is no table;
 *            PW_EDOM a reserved or custom mode.
 */
int pw_riscv_decode_regs(const struct pw_riscv_regs *regs, bool upper, struct pw_table_config *cfg)
	PW_MUST_CHECK;

/*
 * pw_riscv_decode_hgatp - the same for the G-stage, from hgatp and sstatus
 * @regs:   the registers; sstatus.MXR is the hypervisor's and counts in both stages
 * @cfg:    root, va_bits and asid (the VMID) are set, PW_TABLE_UPPER is cleared, PW_CAP_MXR is set
 *          or cleared and PW_CAP_SUM cleared, which has no meaning here; the caller chooses
 *          pw_riscv64_g_direct or _hooked
 *
 * Context:   any.
 * On error:  @cfg is unchanged.
 * Return:    0; PW_ENOENT hgatp is bare; PW_EDOM a reserved or custom mode, or a root that is not
 *            aligned to its 16K.
 */
int pw_riscv_decode_hgatp(const struct pw_riscv_regs *regs, struct pw_table_config *cfg)
	PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
