/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64: what a handle needs from the control registers and from an EPT pointer, and what neutral
 * attributes are in the entries of both formats. Source: Intel SDM Vol. 3.
 *
 * x86-64 entries
 *
 * PW_PERM_* are effective rights: what CR0.WP, CR4.SMEP and CR4.SMAP make of R/W, U/S and XD, as
 * struct pw_caps says. An entry is the one that grants exactly what is asked for; what none grants
 * is PW_EOPNOTSUPP. A user page is read, written and executed by supervisors as by users, except:
 * with PW_CAP_SMAP neither PW_PERM_R nor _W, with PW_CAP_SMEP no PW_PERM_X; a supervisor page
 * always has PW_PERM_R.
 *
 * In a change R/W is one bit for both privileges, and so is XD: PW_PERM_W and _X, given to a user
 * page, are the user's, too. Who changes PW_PERM_USER_R changes whose page it is:
 *   - set: writing and executing must be said, for both privileges as the entry then grants them;
 *   - cleared: PW_PERM_X with PW_CAP_SMEP, and PW_PERM_W with PW_CAP_SMAP, must be said, for
 *     supervisors would get them. The user's other rights go by themselves.
 * Where it is not named PW_PERM_USER_W and _X cannot be set, nor cleared without PW_PERM_W and _X.
 * PW_PERM_R cannot be cleared.
 *
 * PW_ATTR_VALID is always there and cannot be cleared (PW_EOPNOTSUPP): an entry that is not present
 * and holds a real address is what L1 terminal fault reads through. PW_ATTR_DIRTY on a page that is
 * not writable is a shadow stack where CR4.CET is set. struct pw_attr.soft are bits 11:9, then
 * 58:52; key are bits 62:59, which are a protection key where CR4.PKE or PKS says so.
 *
 * Raw masks are the same for leaves of every size, so they cannot touch PAT: where it stands in a
 * 4K leaf others say that they are leaves, and where it stands in others a 4K leaf has its address.
 *
 * EPT entries
 *
 * Rights are PW_PERM_R, _W and _X, and _USER_X with PW_CAP_MBE. Refused are writing without
 * reading, executing without reading unless PW_CAP_EXEC_ONLY, and no right at all: such an entry is
 * misconfigured, or not present. A change that would make one of a leaf in its range, by neutral
 * words or by raw masks, is PW_EOPNOTSUPP. mem_index is EPT's memory type; soft are bits 11, 56:52,
 * 59, 62.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_X86_H
#define PAGEWALK_X86_H

#include <pagewalk/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IA32_PAT after reset: WB, WT, UC-, UC, twice. */
#define PW_X86_PAT_RESET 0x0007040600070406ull

/* Control registers of one CPU, as a debugger shows them. */
struct pw_x86_regs {
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer; /* IA32_EFER */
	uint64_t pat;  /* IA32_PAT; PW_X86_PAT_RESET if not known */
};

/* What the registers say about paging. */
struct pw_x86_mode {
	uint32_t va_bits;      /* 48 or 57 (CR4.LA57); 0: not long mode */
	uint32_t pcid;	       /* CR4.PCIDE: CR3 holds a PCID */
	uint32_t global;       /* CR4.PGE: else PW_ATTR_GLOBAL is ignored */
	uint32_t user_keys;    /* CR4.PKE: protection keys of user pages count */
	uint32_t kernel_keys;  /* CR4.PKS: and those of supervisor pages */
	uint32_t shadow_stack; /* CR4.CET */
};

/*
 * pw_x86_decode_regs - fill in a handle's configuration from control registers
 * @regs:   the registers
 * @upper:  the half of the address space that the handle will be; both have the same root
 * @mode:   set: what else they say
 * @cfg:    root, va_bits, asid (the PCID, or 0), mair (the PAT), caps and PW_TABLE_UPPER are set,
 *          the rest is left alone. An enc_mask that is there already is taken out of the root.
 *
 * Of the capabilities, those that the registers show are set or cleared (PW_CAP_NO_NX, _NO_WP,
 * _SMEP, _SMAP), the others kept. SMAP as if EFLAGS.AC were clear: it is while a kernel does not
 * say otherwise.
 *
 * Context:   any.
 * On error:  @cfg is unchanged.
 * Return:    0; PW_EOPNOTSUPP not long mode (EFER.LMA is clear): paging is off, or of 32 bits;
 *            PW_EDOM what no CPU in long mode has: CR0.PG or CR4.PAE clear, LME clear.
 */
int pw_x86_decode_regs(const struct pw_x86_regs *regs, bool upper, struct pw_x86_mode *mode,
		       struct pw_table_config *cfg) PW_MUST_CHECK;

/* What an EPT pointer says besides where the root is. */
struct pw_ept_mode {
	uint32_t va_bits;      /* of guest-physical addresses: 48 or 57, by the walk's length */
	uint32_t ad;	       /* accessed and dirty flags are on */
	uint32_t mem_index;    /* the memory type of walks: 0 (UC) or 6 (WB) */
	uint32_t shadow_stack; /* access rights of supervisor shadow-stack pages are enforced */
};

/*
 * pw_ept_decode_eptp - fill in a handle's configuration from an EPT pointer
 * @eptp:  the VMCS field
 * @mode:  set: what else it says
 * @cfg:   root, va_bits, and of the capabilities PW_CAP_HAF and _HD (set together, where accessed
 *         and dirty flags are on) are set, the rest is left alone: PW_CAP_MBE and _EXEC_ONLY are
 *         not in the pointer. PW_TABLE_UPPER is cleared: there is no upper half.
 *
 * Source:    Intel SDM Vol. 3C, "Extended-Page-Table Pointer (EPTP)" (24.6.11; newer: 25.6.11).
 * Context:   any.
 * On error:  @cfg is unchanged.
 * Return:    0; PW_ERANGE a walk of neither 4 nor 5 levels; PW_EDOM a reserved bit or memory type.
 */
int pw_ept_decode_eptp(uint64_t eptp, struct pw_ept_mode *mode, struct pw_table_config *cfg)
	PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
