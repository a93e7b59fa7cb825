/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64: what a handle needs from the system registers, and executors for its maintenance.
 *
 * One function turns a plan into barriers and TLBI operations, whoever carries them out: the real
 * instructions, the counter and the printer see the same sequence. Sources: Arm ARM (DDI 0487),
 * "TLB maintenance instructions", "Ordering and completion of TLB maintenance".
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_ARM64_H
#define PAGEWALK_ARM64_H

#include <pagewalk/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* System registers of one CPU, as a debugger shows them: those of one regime. */
struct pw_arm64_regs {
	uint64_t ttbr0;
	uint64_t ttbr1;	 /* of EL1&0 and EL2&0 */
	uint64_t tcr;	 /* TCR_ELx */
	uint64_t mair;	 /* MAIR_ELx */
	uint64_t sctlr;	 /* SCTLR_ELx, 0 if not known */
	uint64_t tcr2;	 /* TCR2_ELx, 0 if not known or not there */
	uint64_t pir;	 /* PIR_ELx, PIRE0_ELx: with FEAT_S1PIE */
	uint64_t pire0;	 /* of EL1&0 and EL2&0 */
	uint32_t regime; /* whose they are: PW_REGIME_EL10, _EL2, _EL20 or _EL3 */
};

/* Those of stage 2. */
struct pw_arm64_s2_regs {
	uint64_t vttbr; /* VTTBR_EL2 */
	uint64_t vtcr;	/* VTCR_EL2 */
	uint64_t hcr;	/* HCR_EL2 */
};

enum pw_arm64_granule {
	PW_ARM64_4K = 0,
	PW_ARM64_16K,
	PW_ARM64_64K,
};

/* What the registers say about one half, or about the one input range of EL2, EL3 and stage 2. */
struct pw_arm64_half {
	uint32_t granule; /* enum pw_arm64_granule */
	uint32_t lpa2;	  /* TCR.DS: 52-bit descriptors of 4K and 16K */
	uint32_t va_bits; /* 64 - TxSZ */
	uint32_t off;	  /* EPDn: walks of this half are disabled; stage 2: HCR_EL2.VM is clear */
	uint32_t lpa;	  /* 64K, and a 52-bit output size: its 52-bit descriptors */
	uint32_t pa_bits; /* the output size, as far as the descriptors reach */
};

/*
 * pw_arm64_decode_regs - fill in a handle's configuration from system registers
 * @regs:   the registers
 * @upper:  the half: true TTBR1, false TTBR0
 * @half:   set: granule, descriptors, sizes
 * @cfg:    root, va_bits, regime, asid, mair, pir, pire0, caps and PW_TABLE_UPPER are set, the rest
 *          is left alone: the caller chooses the instance that @half asks for, and the environment
 *
 * Of the capabilities, those that the registers show are set or cleared (PW_CAP_HAF, _HD, _HPD,
 * _WXN, _TBI, _PIE, _POE), the others kept. pa_bits too is the caller's: @half->pa_bits, or what
 * the format can hold.
 *
 * Context:   any.
 * On error:  @cfg is unchanged; @half says what was found (firmware leaves a half that is off
 *            with a reserved granule), but for PW_EINVAL.
 * Return:    0; PW_EDOM a reserved granule; PW_ERANGE a TxSZ that the granule does not allow;
 *            PW_EOPNOTSUPP 128-bit descriptors (FEAT_D128); PW_EINVAL no such regime, or an upper
 *            half of one that has none.
 */
int pw_arm64_decode_regs(const struct pw_arm64_regs *regs, bool upper, struct pw_arm64_half *half,
			 struct pw_table_config *cfg) PW_MUST_CHECK;

/*
 * pw_arm64_decode_s2_regs - the same for stage 2
 * @regs:   the registers
 * @half:   set: granule, descriptors, sizes
 * @cfg:    root, va_bits, levels, regime, asid (the VMID) and caps (PW_CAP_HAF, _HD, _FWB) are set,
 *          PW_TABLE_UPPER is cleared, the rest is left alone. PW_CAP_XNX is in an ID register:
 *          the caller's
 *
 * Whether levels and va_bits go together, pw_table_init() asks.
 *
 * Context, On error: as pw_arm64_decode_regs().
 * Return:    0; PW_EDOM a reserved granule or start level; PW_ERANGE as above; PW_EOPNOTSUPP
 *            128-bit descriptors, or permissions by index or overlay (FEAT_S2PIE, FEAT_S2POE).
 */
int pw_arm64_decode_s2_regs(const struct pw_arm64_s2_regs *regs, struct pw_arm64_half *half,
			    struct pw_table_config *cfg) PW_MUST_CHECK;

/* Regimes that the executors know, from PW_REGIME_EL10 on: those of stage 1. */
#define PW_ARM64_NR_REGIMES 4u

/* Barriers that table maintenance uses; inner shareable. */
enum pw_arm64_dsb {
	PW_ARM64_DSB_ISHST, /* stores */
	PW_ARM64_DSB_ISH,   /* loads and stores, and completion of TLBI */
};

/* TLBI operations, all inner shareable (broadcast). */
enum pw_arm64_tlbi {
	PW_ARM64_VAE1IS,    /* by address and ASID: leaf and cached table walks */
	PW_ARM64_VALE1IS,   /* by address and ASID: last level only */
	PW_ARM64_VAAE1IS,   /* by address, all ASIDs */
	PW_ARM64_VAALE1IS,  /* by address, all ASIDs, last level only */
	PW_ARM64_ASIDE1IS,  /* everything of an ASID */
	PW_ARM64_VMALLE1IS, /* everything of EL1&0 */
	PW_ARM64_VAE2IS,
	PW_ARM64_VALE2IS,
	PW_ARM64_ALLE2IS,
	PW_ARM64_VAE3IS,
	PW_ARM64_VALE3IS,
	PW_ARM64_ALLE3IS,
	PW_ARM64_NR_TLBI
};

/* "VALE1IS" and the like. */
const char *pw_arm64_tlbi_name(enum pw_arm64_tlbi op);

/*
 * pw_arm64_tlbi_operand - the register operand of a TLBI by address
 * @va:    any address in the page; bits [55:12] are used, upper half or lower
 * @asid:  bits [63:48]; pass 0 for the operations without ASID
 * @ttl:   bits [47:44], 0: no hint
 *
 * Source: Arm ARM, TLBI VAE1IS: ASID [63:48], TTL [47:44], VA[55:12] [43:0] - whatever the granule.
 */
uint64_t pw_arm64_tlbi_operand(struct pw_va va, uint16_t asid, unsigned int ttl);

/* One CPU's maintenance instructions. */
struct pw_arm64_ops {
	void (*dsb)(void *ctx, enum pw_arm64_dsb kind);
	void (*isb)(void *ctx);
	void (*tlbi)(void *ctx, enum pw_arm64_tlbi op, uint64_t operand);
};

/*
 * An executor over such instructions: run() is pw_arm64_run_plan().
 * @x.complete, if the caller sets it, runs after the completing dsb and is followed by nothing:
 * an erratum hook repeats what it needs itself.
 */
struct pw_arm64_executor {
	struct pw_executor x; /* hand &x to pw_gather_init() and pw_table_config.exec */
	const struct pw_arm64_ops *ops;
	void *ops_ctx;
};

void pw_arm64_executor_init(struct pw_arm64_executor *e, const struct pw_arm64_ops *ops,
			    void *ops_ctx);

/*
 * pw_arm64_run_plan - a plan as instructions
 *
 *   publish:         dsb ishst; isb
 *   ranges or full:  dsb ishst or dsb ish (plan->before); tlbi ...; dsb ish; [complete]; isb
 *
 * A range is invalidated page by page (flush->page_lg2 is the stride). For EL2&0 the operations of
 * EL1&0 are used, which act on EL2&0 while HCR_EL2.{E2H,TGE} is {1,1}.
 */
void pw_arm64_run_plan(const struct pw_plan *plan, const struct pw_arm64_executor *e);

/* The real instructions; defined where the target is aarch64. Needs EL1 or higher. */
extern const struct pw_arm64_ops pw_arm64_insns;

/* A counter of instructions; an executor of its own. */
struct pw_arm64_counts {
	uint64_t dsb_ishst;
	uint64_t dsb_ish;
	uint64_t isb;
	uint64_t tlbi;	    /* all operations */
	uint64_t tlbi_full; /* those without an address */
	uint64_t publish;   /* plans with a publish barrier: dsb ishst; isb pairs */
	uint64_t plans;	    /* plans run */
};

struct pw_arm64_counter {
	struct pw_arm64_executor e; /* hand &counter.e.x on */
	struct pw_arm64_counts n;
};

void pw_arm64_counter_init(struct pw_arm64_counter *c);

/*
 * A printer: one line each, "dsb ishst\n", "tlbi vale1is, 0x000000ffff800080\n" and the like, to a
 * function of the caller's.
 */
struct pw_arm64_printer {
	struct pw_arm64_executor e; /* hand &printer.e.x on */
	void (*put)(void *ctx, const char *line);
	void *put_ctx;
};

void pw_arm64_printer_init(struct pw_arm64_printer *p, void (*put)(void *ctx, const char *line),
			   void *put_ctx);

#ifdef __cplusplus
}
#endif
#endif
