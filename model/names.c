/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The words of a trace.
 */
#include "trace.h"

const char *const pwm_barrier_names[PWM_NR_BARRIERS] = {
	[PWM_DSB_ISH] = "dsb ish",
	[PWM_DSB_ISHST] = "dsb ishst",
	[PWM_DSB_ISHLD] = "dsb ishld",
	[PWM_DSB_NSH] = "dsb nsh",
	[PWM_DSB_NSHST] = "dsb nshst",
	[PWM_DSB_NSHLD] = "dsb nshld",
	[PWM_DSB_OSH] = "dsb osh",
	[PWM_DSB_OSHST] = "dsb oshst",
	[PWM_DSB_OSHLD] = "dsb oshld",
	[PWM_DMB_ISH] = "dmb ish",
	[PWM_DMB_ISHST] = "dmb ishst",
	[PWM_DMB_ISHLD] = "dmb ishld",
	[PWM_ISB] = "isb",
	[PWM_ERET] = "eret",
	[PWM_EXCEPTION] = "exception",
	[PWM_MFENCE] = "mfence",
	[PWM_SERIALISE] = "serialise",
	[PWM_FENCE] = "fence rw",
	[PWM_FENCE_W] = "fence w",
	[PWM_FENCE_I] = "fence i",
	[PWM_SFENCE_W] = "sfence.w.inval",
	[PWM_SFENCE_IR] = "sfence.inval.ir",
	[PWM_TLBSYNC] = "tlbsync",
	[PWM_DSB_SY] = "dsb sy",
	[PWM_DSB_ST] = "dsb st",
	[PWM_DSB_LD] = "dsb ld",
	[PWM_DMB_SY] = "dmb sy",
	[PWM_DMB_ST] = "dmb st",
	[PWM_DMB_LD] = "dmb ld",
	[PWM_DMB_OSH] = "dmb osh",
	[PWM_DMB_OSHST] = "dmb oshst",
	[PWM_DMB_OSHLD] = "dmb oshld",
	[PWM_DMB_NSH] = "dmb nsh",
	[PWM_DMB_NSHST] = "dmb nshst",
	[PWM_DMB_NSHLD] = "dmb nshld",
	[PWM_STORE_FENCE] = "sfence",
	[PWM_LOAD_FENCE] = "lfence",
	[PWM_FENCE_R] = "fence r",
	[PWM_FENCE_TSO] = "fence tso",
	[PWM_DSB_SY_NXS] = "dsb synxs",
	[PWM_DSB_ISH_NXS] = "dsb ishnxs",
	[PWM_DSB_OSH_NXS] = "dsb oshnxs",
	[PWM_DSB_NSH_NXS] = "dsb nshnxs",
};

const char *const pwm_tlbi_names[PWM_NR_TLBI] = {
	"vae1",	 "vaae1",   "vale1",	  "vaale1", "aside1", "vmalle1", "vmalls12e1",
	"alle1", "ipas2e1", "ipas2le1",	  "vae2",   "vale2",  "alle2",	 "vae3",
	"vale3", "alle3",   "vmallws2e1", "pa",	    "pal",    "paall",
};

const char *const pwm_op_names[PWM_NR_OPS] = {
	[PWM_OP_NONE] = "",
	[PWM_OP_CONFIG] = "config",
	[PWM_OP_SITE] = "site",
	[PWM_OP_STORE] = "store",
	[PWM_OP_LOAD] = "load",
	[PWM_OP_SNAPSHOT] = "snapshot",
	[PWM_OP_ZERO] = "zero",
	[PWM_OP_BARRIER] = "barrier",
	[PWM_OP_TLBI] = "tlbi",
	[PWM_OP_INVLPG] = "invlpg",
	[PWM_OP_INVPCID] = "invpcid",
	[PWM_OP_INVLPGB] = "invlpgb",
	[PWM_OP_SFENCE] = "sfence",
	[PWM_OP_SINVAL] = "sinval",
	[PWM_OP_ROOT] = "root",
	[PWM_OP_SYSREG] = "sysreg",
	[PWM_OP_ACCESS] = "access",
	[PWM_OP_IPI] = "ipi",
	[PWM_OP_TABLE_NEW] = "table-new",
	[PWM_OP_TABLE_FREE] = "table-free",
	[PWM_OP_PAGE_FREE] = "page-free",
	[PWM_OP_ASID_FREE] = "asid-free",
	[PWM_OP_CONTRACT] = "contract",
	[PWM_OP_LAZY] = "lazy",
	[PWM_OP_IRQ] = "irq",
	[PWM_OP_END] = "end",
	[PWM_OP_HFENCE_GVMA] = "hfence.gvma",
	[PWM_OP_HFENCE_VVMA] = "hfence.vvma",
	[PWM_OP_HINVAL_GVMA] = "hinval.gvma",
	[PWM_OP_HINVAL_VVMA] = "hinval.vvma",
	[PWM_OP_INVEPT] = "invept",
	[PWM_OP_INVVPID] = "invvpid",
	[PWM_OP_LAZY_TLB] = "lazy-tlb",
	[PWM_OP_GUEST] = "guest",
	[PWM_OP_POWER] = "cpu",
};

const char *const pwm_half_names[PWM_NR_HALVES] = { "lower", "upper", "hyp", "guest" };
const char *const pwm_sysreg_names[PWM_NR_SYSREGS] = { "mair", "translation", "pge", "vmid" };
const char *const pwm_promise_names[PWM_NR_PROMISES] = {
	"map", "unmap", "protect", "clean", "old", "dirty?", "failed", "begin",
};
const char *const pwm_lazy_names[PWM_NR_LAZY] = { "begin", "end", "pause", "resume", "flush" };
const char *const pwm_arch_names[PWM_NR_ARCHES] = { "arm64", "x86", "riscv" };
const char *const pwm_key_names[PWM_NR_KEYS] = {
	[PWM_KEY_ARCH] = "arch",	 [PWM_KEY_CPUS] = "cpus",
	[PWM_KEY_PAGE_LG2] = "page-lg2", [PWM_KEY_VA_BITS] = "va-bits",
	[PWM_KEY_LEVELS] = "levels",	 [PWM_KEY_BBM] = "bbm",
	[PWM_KEY_PA_BITS] = "pa-bits",	 [PWM_KEY_FEATURES] = "features",
	[PWM_KEY_MAIR] = "mair",
};

const struct flag_name pwm_feature_names[] = {
	{ "ets2", PWM_ETS2 },
	{ "haf", PWM_HAF },
	{ "hd", PWM_HD },
	{ "lpa2", PWM_LPA2 },
	{ "hpd", PWM_HPD },
	{ "wxn", PWM_WXN },
	{ "repeat", PWM_REPEAT },
	{ "nt", PWM_NT },
	{ "pcid", PWM_PCID },
	{ "tce", PWM_TCE },
	{ "x2apic", PWM_X2APIC },
	{ "nx", PWM_NX },
	{ "shstk", PWM_SHSTK },
	{ "svvptc", PWM_SVVPTC },
	{ "svinval", PWM_SVINVAL },
	{ "svnapot", PWM_SVNAPOT },
	{ "svadu", PWM_SVADU },
	{ "svpbmt", PWM_SVPBMT },
	{ "sw60", PWM_SW60 },
	{ "no-wx", PWM_NO_WX },
	{ "play", PWM_PLAY },
	{ "perf", PWM_PERF },
	{ "foreign", PWM_FOREIGN },
	{ "mbe", PWM_MBE },
	{ "exec-only", PWM_EXEC_ONLY },
	{ NULL, 0 },
};
const struct flag_name pwm_store_flags[] = {
	{ "release", PWM_RELEASE }, { "cas", PWM_CAS },	      { "half", PWM_HALF },
	{ "nontemp", PWM_NONTEMP }, { "reread", PWM_REREAD }, { NULL, 0 },
};
const struct flag_name pwm_access_flags[] = {
	{ "r", PWM_R },
	{ "w", PWM_W },
	{ "x", PWM_X },
	{ "user", PWM_USER },
	{ "nofault", PWM_NOFAULT },
	{ "dep", PWM_DEP },
	{ "new", PWM_MUST_NEW },
	{ NULL, 0 },
};
const struct flag_name pwm_contract_flags[] = {
	{ "nofault", PWM_NOFAULT },	{ "lazy", PWM_LAZY }, { "all-cpus", PWM_ALL_CPUS },
	{ "immediate", PWM_IMMEDIATE }, { NULL, 0 },
};

/* Good until the process ends: names of steps for reports are few. */
const char *pwm_step_name(uint32_t arch, uint32_t op, uint32_t kind)
{
	(void)arch;
	if (op == PWM_OP_BARRIER && kind < PWM_NR_BARRIERS)
		return pwm_barrier_names[kind];
	if (op == PWM_OP_TLBI && (kind & 0xff) < PWM_NR_TLBI)
		return pwm_tlbi_names[kind & 0xff];
	if (op == PWM_OP_CONTRACT && (kind & 0xff) < PWM_NR_PROMISES)
		return pwm_promise_names[kind & 0xff];
	return op < PWM_NR_OPS ? pwm_op_names[op] : "?";
}
